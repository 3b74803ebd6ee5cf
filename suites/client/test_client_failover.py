"""Client fail-over: what the Finesse desktop does when the server that it is connected to goes out of service.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "Finesse Client
Failover". Desktops run in browsers; the harness sees their network log and what stands on their screens.
"""

import pytest

from chaos.history.desktops import BOSH, CTI, EVENT, NOTIFICATION, PRESENCE, TOMCAT, WEBAPP
from chaos.plugin import Judge
from chaos.verdicts import client
from suites.client import experiments as on


@pytest.mark.clause("CLIENT-01")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.OTHER_SIDE)
def test_the_agent_is_told_that_the_connection_is_lost(judge: Judge) -> None:
    """Whatever takes the server away, a notice says so at once; of BOSH alone, after the XMPP library's attempts."""
    judge(client.agent_is_told_of_the_loss)


@pytest.mark.clause("CLIENT-02")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.NOWHERE)
def test_the_desktop_keeps_checking_the_current_server(judge: Judge) -> None:
    """Until it is at a server again, the desktop goes on asking the current one for SystemInfo."""
    judge(client.current_is_checked)


@pytest.mark.clause("CLIENT-03")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.NOWHERE)
def test_the_desktop_checks_whether_the_other_server_is_available(judge: Judge) -> None:
    """It asks the other server for SystemInfo as well, and does not go there unless that is in service."""
    judge(client.alternate_is_checked)


@pytest.mark.clause("CLIENT-04")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN)
def test_the_agent_is_signed_in_at_the_other_server_automatically(judge: Judge) -> None:
    """The other server is available: the agent is signed in there, and has typed nothing."""
    judge(client.agent_is_signed_in_automatically)


@pytest.mark.clause("CLIENT-04")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN)
def test_the_agent_is_signed_in_exactly_once(judge: Judge) -> None:
    """Nobody is signed in twice, there or at the server that was lost."""
    judge(client.agent_is_signed_in_once)


@pytest.mark.clause("CLIENT-05")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.AT_THE_TURN, on.OTHER_SIDE)
def test_the_agent_is_told_that_the_desktop_has_reconnected(judge: Judge) -> None:
    """The current server is the first to be back: a notice says that the desktop has reconnected."""
    judge(client.agent_is_told_of_the_return)


@pytest.mark.clause("CLIENT-06")
@pytest.mark.plays(on.NO_CTI, on.NO_CTI_AGAIN, on.OTHER_SIDE)
def test_an_out_of_service_event_alone_is_a_trigger(judge: Judge) -> None:
    """BOSH stands and finesse is available; that SystemInfo is OUT_OF_SERVICE is enough."""
    judge(client.each_trigger_alone[EVENT])


@pytest.mark.clause("CLIENT-07")
@pytest.mark.plays(on.NO_BOSH, on.NO_NOTIFICATION, on.NO_BOSH_AGAIN, on.NO_NOTIFICATION_AGAIN)
def test_a_lost_bosh_connection_alone_is_a_trigger(judge: Judge) -> None:
    """Nothing else is told, since nothing can be: that BOSH is disconnected is enough."""
    judge(client.each_trigger_alone[BOSH])


@pytest.mark.clause("CLIENT-08")
@pytest.mark.plays(on.NO_TOMCAT, on.NO_WEBAPP, on.NO_TOMCAT_AGAIN, on.NO_WEBAPP_AGAIN)
def test_an_unavailable_finesse_alone_is_a_trigger(judge: Judge) -> None:
    """BOSH stands and no event comes: that the user finesse is unavailable is enough."""
    judge(client.each_trigger_alone[PRESENCE])


@pytest.mark.clause("CLIENT-09")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.NOWHERE)
def test_the_current_server_is_polled_every_ten_seconds(judge: Judge) -> None:
    """Over six intervals at least, whatever the trigger was."""
    judge(client.current_is_looked_at_every_ten_seconds)


@pytest.mark.clause("CLIENT-10")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.AT_THE_TURN, on.NOWHERE)
def test_in_service_and_bosh_down_a_bosh_connection_is_requested(judge: Judge) -> None:
    """IN_SERVICE first, then the BOSH connection is looked at, and requested if it is down."""
    judge(client.bosh_is_requested_when_in_service)


@pytest.mark.clause("CLIENT-11")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.AT_THE_TURN, on.OTHER_SIDE)
def test_in_service_and_bosh_up_the_data_are_refreshed(judge: Judge) -> None:
    """With both there again, and not before, the desktop reads the agent and his calls anew."""
    judge(client.data_are_refreshed)


@pytest.mark.clause("CLIENT-12")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.NOWHERE)
def test_the_other_server_is_polled_every_ten_seconds(judge: Judge) -> None:
    """Over six intervals at least, while it is out of reach."""
    judge(client.alternate_is_looked_at_every_ten_seconds)


@pytest.mark.clause("CLIENT-13")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN, on.AT_THE_TURN, on.OTHER_SIDE)
def test_the_current_server_is_looked_at_once_more_before_the_desktop_moves(judge: Judge) -> None:
    """The other server is seen available: one more look at the current one, and if that is back, it stays there."""
    judge(client.it_looks_once_more_before_it_moves)


@pytest.mark.clause("CLIENT-14")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN)
def test_the_desktop_moves_if_the_current_server_is_still_down(judge: Judge) -> None:
    """The one more look finds the current server down: the agent is connected to the other one."""
    judge(client.it_moves_if_that_look_finds_it_down)


@pytest.mark.clause("CLIENT-15")
@pytest.mark.plays(*on.LOSSES, *on.AGAIN)
def test_the_desktop_does_not_go_back_by_itself(judge: Judge) -> None:
    """The failed server has recovered: whoever moved stays where he is."""
    judge(client.it_never_goes_back)


@pytest.mark.clause("CLIENT-16")
@pytest.mark.plays(on.NO_BOSH, on.NO_NOTIFICATION, on.NO_BOSH_AGAIN, on.NO_NOTIFICATION_AGAIN, on.NO_CTI, on.NO_TOMCAT)
def test_the_xmpp_library_makes_three_attempts_first(judge: Judge) -> None:
    """Not two and not four attempts to reconnect come before the desktop takes itself for disconnected; and none where
    BOSH is not the source."""
    judge(client.three_attempts_come_first)


@pytest.mark.clause("CLIENT-17")
@pytest.mark.plays(on.NO_TOMCAT, on.NO_TOMCAT_AGAIN)
def test_desktops_fail_over_when_tomcat_goes_down(judge: Judge) -> None:
    """Without Tomcat nothing answers at all: desktops move, or wait for it."""
    judge(client.fails_over_because_of[TOMCAT])


@pytest.mark.clause("CLIENT-18")
@pytest.mark.plays(on.NO_WEBAPP, on.NO_WEBAPP_AGAIN)
def test_desktops_fail_over_when_the_webapp_goes_down(judge: Judge) -> None:
    """Tomcat answers OUT_OF_SERVICE for a Webapp that is down: desktops move, or wait for it."""
    judge(client.fails_over_because_of[WEBAPP])


@pytest.mark.clause("CLIENT-19")
@pytest.mark.plays(on.NO_NOTIFICATION, on.NO_NOTIFICATION_AGAIN)
def test_desktops_fail_over_when_the_notification_service_goes_down(judge: Judge) -> None:
    """Without the Notification Service nothing is told any more: desktops move, or wait for it."""
    judge(client.fails_over_because_of[NOTIFICATION])


@pytest.mark.clause("CLIENT-20")
@pytest.mark.plays(on.NO_CTI, on.NO_CTI_AGAIN)
def test_desktops_fail_over_when_both_cti_servers_are_lost(judge: Judge) -> None:
    """A node without any CTI server serves nobody: desktops move, or wait for it."""
    judge(client.fails_over_because_of[CTI])
