"""IP phones: what the Finesse IP Phone Agent does when the server that it is connected to goes out of service.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "Finesse IP Phone Agent
Failover". The harness emulates the phone; what it shows is what an agent would see.
"""

import pytest

from chaos.history.desktops import NOTIFICATION, WEBAPP
from chaos.plugin import Judge
from chaos.verdicts import ippa
from suites.ippa import experiments as on


@pytest.mark.clause("IPPA-01")
@pytest.mark.plays(*on.LOSSES)
def test_the_phone_shows_that_the_server_is_unavailable(judge: Judge) -> None:
    """Whatever takes the server away, the phone says so, and offers Retry and Exit."""
    judge(ippa.the_phone_says_unavailable)


@pytest.mark.clause("IPPA-02")
@pytest.mark.plays(*on.LOSSES, on.EDGES)
def test_the_phone_tells_that_the_server_is_back(judge: Judge) -> None:
    """The IP Phone Agent keeps checking that server, and shows another screen once it is back."""
    judge(ippa.the_phone_tells_the_return)


@pytest.mark.clause("IPPA-03")
@pytest.mark.plays(*on.LOSSES, on.EDGES)
def test_it_gives_up_after_three_tries_in_fifteen_seconds(judge: Judge) -> None:
    """A try every 5 s, three in vain: the message comes some 15 s after the loss."""
    judge(ippa.three_tries_take_fifteen_seconds)


@pytest.mark.clause("IPPA-04")
@pytest.mark.plays(*on.LOSSES, on.NO_TOMCAT, on.EDGES)
def test_the_alternate_server_is_never_asked(judge: Judge) -> None:
    """The phone is led to no other server, and asks none, until the agent himself opens its service."""
    judge(ippa.the_alternate_is_never_asked)


@pytest.mark.clause("IPPA-05")
@pytest.mark.plays(*on.LOSSES, on.NO_TOMCAT)
def test_the_agent_goes_to_the_alternate_by_hand(judge: Judge) -> None:
    """He leaves the service, opens the other one, signs in, and works there; nothing of it happens by itself."""
    judge(ippa.the_agent_goes_over_by_hand)


@pytest.mark.clause("IPPA-06")
@pytest.mark.plays(on.NO_WEBAPP, on.NO_CTI, on.EDGES)
def test_out_of_service_is_polled_three_times(judge: Judge) -> None:
    """SystemInfo says OUT_OF_SERVICE: three polls in vain, and the message comes."""
    judge(ippa.out_of_service_is_noticed)


@pytest.mark.clause("IPPA-07")
@pytest.mark.plays(on.NO_NOTIFICATION, on.EDGES)
def test_lost_xmpp_is_tried_three_times(judge: Judge) -> None:
    """The XMPP connection is lost: three tries in vain, and the message comes; if one of them is not, it does not."""
    judge(ippa.lost_xmpp_is_noticed)


@pytest.mark.clause("IPPA-08")
@pytest.mark.plays(*on.LOSSES, on.EDGES)
def test_the_agent_signs_in_again_when_both_are_back(judge: Judge) -> None:
    """With SystemInfo and XMPP both back, and not before, the sign-in screen comes; the agent signs in and works."""
    judge(ippa.it_asks_to_sign_in_when_both_are_back)


@pytest.mark.clause("IPPA-09")
@pytest.mark.plays(*on.LOSSES)
def test_nothing_else_leads_on(judge: Judge) -> None:
    """As long as they are not back the screen stays, whatever is pressed: only the other service leads on."""
    judge(ippa.nothing_else_goes_on)


@pytest.mark.clause("IPPA-10")
@pytest.mark.plays(on.NO_WEBAPP)
def test_it_happens_when_the_webapp_goes_down(judge: Judge) -> None:
    """Without the Finesse Webapp the server is unavailable, until that is back."""
    judge(ippa.happens_without[WEBAPP])


@pytest.mark.clause("IPPA-11")
@pytest.mark.plays(on.NO_NOTIFICATION)
def test_it_happens_when_the_notification_service_goes_down(judge: Judge) -> None:
    """Without the Notification Service the server is unavailable, until that is back."""
    judge(ippa.happens_without[NOTIFICATION])


@pytest.mark.clause("IPPA-12")
@pytest.mark.plays(on.NO_CTI, on.EDGES)
def test_only_a_slow_cti_fail_over_is_shown(judge: Judge) -> None:
    """A CTI fail-over of 12 s is not shown, one of 20 s and more is."""
    judge(ippa.only_a_slow_cti_fail_over_is_shown)
