"""CTI fail-over: Finesse loses its CTI server, and finds one again.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "CTI Failover".
"""

import pytest

from chaos.journal import SwitchAct
from chaos.plugin import Judge, Play
from chaos.verdicts import cti
from suites.cti import experiments as on


@pytest.mark.clause("CTI-01")
def test_finesse_fails_over_to_side_b_when_it_is_configured(play: Play, judge: Judge) -> None:
    """In a duplex deployment with both sides configured, whoever loses side A opens a session on side B."""
    judge(cti.fails_over_to_b, play(on.A_RESET))


@pytest.mark.clause("CTI-01")
def test_finesse_keeps_to_side_a_when_no_side_b_is_configured(play: Play, judge: Judge) -> None:
    """Without a side B in its administration there is no fail-over: side A is retried, and nothing else."""
    judge(cti.only_a_is_tried, play(on.SIMPLEX))


@pytest.mark.clause("CTI-02")
def test_side_b_is_tried_exactly_once_before_side_a_again(play: Play, judge: Judge) -> None:
    """Having lost side A, Finesse tries side B once; if that fails it turns to side A again."""
    judge(cti.b_is_tried_once_before_a, play(on.B_REFUSES_ONCE))


@pytest.mark.clause("CTI-03")
def test_sides_take_turns_until_side_b_accepts(play: Play, judge: Judge) -> None:
    """Attempts alternate, one a side, until one succeeds; then they stop. Here it is side B that accepts."""
    judge(cti.alternates_until_success, play(on.GAP_B_BACK))


@pytest.mark.clause("CTI-03")
def test_sides_take_turns_until_side_a_accepts(play: Play, judge: Judge) -> None:
    """Attempts alternate, one a side, until one succeeds; then they stop. Here it is side A that accepts."""
    judge(cti.alternates_until_success, play(on.GAP_A_BACK))


@pytest.mark.clause("CTI-04")
def test_two_missed_heartbeats_are_tolerated(play: Play, judge: Judge) -> None:
    """Two unconfirmed heartbeats in a row are not a loss, if the third is confirmed."""
    judge(cti.misses_are_tolerated, play(on.TWO_MISSES), "xx")


@pytest.mark.clause("CTI-04")
def test_misses_that_are_not_in_a_row_are_tolerated(play: Play, judge: Judge) -> None:
    """A miss, an answer and two misses are not a loss: only consecutive misses count."""
    judge(cti.misses_are_tolerated, play(on.MISS_ANSWER_TWO_MISSES), "x.xx")


@pytest.mark.clause("CTI-04")
def test_three_missed_heartbeats_are_a_loss(play: Play, judge: Judge) -> None:
    """The third unconfirmed heartbeat in a row is a loss, about three intervals after the first."""
    judge(cti.three_misses_are_loss, play(on.THREE_MISSES))


@pytest.mark.clause("CTI-04")
def test_a_silent_link_is_a_loss_after_three_heartbeats(play: Play, judge: Judge) -> None:
    """A link on which nothing comes through any more is lost like one whose heartbeats are not confirmed."""
    judge(cti.silence_is_loss_after_three_misses, play(on.A_SILENT))


@pytest.mark.clause("CTI-05")
def test_a_reset_socket_is_a_loss_at_once(play: Play, judge: Judge) -> None:
    """A failure of the CTI socket is a loss without waiting for any heartbeat: here a reset."""
    judge(cti.socket_failure_is_loss_at_once, play(on.A_RESET))


@pytest.mark.clause("CTI-05")
def test_a_closed_socket_is_a_loss_at_once(play: Play, judge: Judge) -> None:
    """A failure of the CTI socket is a loss without waiting for any heartbeat: here an orderly close."""
    judge(cti.socket_failure_is_loss_at_once, play(on.A_CLOSED))


@pytest.mark.clause("CTI-05")
def test_a_socket_cut_and_refused_is_a_loss_at_once(play: Play, judge: Judge) -> None:
    """A failure of the CTI socket is a loss without waiting for any heartbeat: here a cut, and refusal after it."""
    judge(cti.socket_failure_is_loss_at_once, play(on.A_CUT))


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
