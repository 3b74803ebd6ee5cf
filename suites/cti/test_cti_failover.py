"""CTI fail-over: Finesse loses its CTI server, and finds one again.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "CTI Failover".
"""

import pytest

from chaos.journal import SwitchAct
from chaos.plugin import Judge, Play
from chaos.verdicts import cti
from suites.cti import experiments as on


@pytest.mark.clause("CTI-06")
def test_every_request_in_the_gap_is_answered_with_503(play: Play, judge: Judge) -> None:
    """While failing over, Finesse answers every client request with 503; SystemInfo alone tells why."""
    judge(cti.requests_get_503, play(on.GAP_B_BACK))


@pytest.mark.clause("CTI-07")
def test_no_event_is_published_in_the_gap(play: Play, judge: Judge) -> None:
    """While failing over, Finesse publishes nothing, whatever happens at the switch meanwhile."""
    judge(cti.no_events_in_the_gap, play(on.GAP_B_BACK))


@pytest.mark.clause("CTI-08")
def test_requests_and_events_work_again_after_the_gap(play: Play, judge: Judge) -> None:
    """Once reconnected, Finesse says so, answers requests and publishes events."""
    judge(cti.answers_and_publishes_again, play(on.GAP_B_BACK))


@pytest.mark.clause("CTI-08")
def test_requests_and_events_work_again_after_a_short_fail_over(play: Play, judge: Judge) -> None:
    """Once reconnected, Finesse says so, answers requests and publishes events, also if B took over at once."""
    judge(cti.answers_and_publishes_again, play(on.A_RESET))


@pytest.mark.clause("CTI-09")
def test_a_state_changed_and_a_call_ended_in_the_gap_are_told_after_it(play: Play, judge: Judge) -> None:
    """What became of agents and calls during the fail-over is published once it is over."""
    judge(cti.gap_changes_are_published, play(on.GAP_B_BACK), SwitchAct.SET_STATE, SwitchAct.CLEAR)


@pytest.mark.clause("CTI-09")
def test_a_call_begun_and_data_changed_in_the_gap_are_told_after_it(play: Play, judge: Judge) -> None:
    """What became of calls and their data during the fail-over is published once it is over."""
    acts = (SwitchAct.MAKE_CALL, SwitchAct.ANSWER, SwitchAct.SET_DATA)
    judge(cti.gap_changes_are_published, play(on.GAP_A_BACK), *acts)


@pytest.mark.clause("CTI-10")
def test_a_call_wholly_inside_the_gap_leaves_no_event(play: Play, judge: Judge) -> None:
    """A call that began and ended during the fail-over is never published."""
    judge(cti.gap_call_leaves_no_event, play(on.GAP_B_BACK))


@pytest.mark.clause("CTI-11")
def test_a_conference_survives_and_its_end_puts_the_desktop_right(play: Play, judge: Judge) -> None:
    """A conference with an outside party may look incomplete after the fail-over; the phone works on, and once the
    agent has dropped off, the desktop is right again."""
    judge(cti.conference_is_survived, play(on.CONFERENCE))
