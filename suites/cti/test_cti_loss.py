"""CTI fail-over: what Finesse takes for a loss of its CTI server, and which server it tries next.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "CTI Failover".
"""

import pytest

from chaos.plugin import Judge
from chaos.verdicts import cti
from suites.cti import experiments as on

REFUSED = (
    on.REFUSED_AFTER_RESET,
    on.REFUSED_AFTER_CLOSE,
    on.REFUSED_AFTER_HEARTBEATS,
    on.REFUSED_AFTER_KILL,
)


@pytest.mark.clause("CTI-01")
@pytest.mark.plays(
    on.A_RESET, on.A_CLOSED, on.A_CUT, on.A_SILENT, on.A_KILLED, on.A_STOPPED, on.THREE_MISSES, on.SIMPLEX
)
def test_finesse_fails_over_to_side_b_when_it_is_configured(judge: Judge) -> None:
    """In a duplex deployment with both sides configured, whoever loses side A opens a session on side B."""
    judge(cti.fails_over_to_b)


@pytest.mark.clause("CTI-01")
@pytest.mark.plays(on.SIMPLEX, on.ONE_ALONE)
def test_finesse_keeps_to_side_a_when_no_side_b_is_configured(judge: Judge) -> None:
    """Without a side B in its administration there is no fail-over: side A is retried, and nothing else."""
    judge(cti.only_a_is_tried)


@pytest.mark.clause("CTI-02")
@pytest.mark.plays(*REFUSED, on.LONG_B_BACK, on.ONE_ALONE, on.BROKEN_AMID_MISSES)
def test_side_b_is_tried_exactly_once_before_side_a_again(judge: Judge) -> None:
    """Having lost side A, Finesse tries side B once; if that fails it turns to side A again."""
    judge(cti.b_is_tried_once_before_a)


@pytest.mark.clause("CTI-03")
@pytest.mark.plays(*REFUSED, on.LONG_A_BACK, on.LONG_B_BACK, on.GAPS_BY_RESET, on.ONE_ALONE)
def test_sides_take_turns_until_one_accepts(judge: Judge) -> None:
    """Attempts alternate, one a side, until one succeeds, on whichever side that is; then they stop."""
    judge(cti.alternates_until_success)


@pytest.mark.clause("CTI-04")
@pytest.mark.plays(on.MISSES)
def test_one_and_two_missed_heartbeats_are_tolerated(judge: Judge) -> None:
    """One or two unconfirmed heartbeats in a row are not a loss, however often: only consecutive misses count."""
    judge(cti.misses_are_tolerated)


@pytest.mark.clause("CTI-04")
@pytest.mark.plays(on.MISSES, on.THREE_MISSES, on.LATER_MISSES)
def test_three_missed_heartbeats_are_a_loss(judge: Judge) -> None:
    """The third unconfirmed heartbeat in a row is a loss, about three intervals after the first."""
    judge(cti.three_misses_are_loss)


@pytest.mark.clause("CTI-04")
@pytest.mark.plays(on.MISSES, on.THREE_MISSES, on.LATER_MISSES, on.LATE_ANSWERS)
def test_a_session_whose_heartbeats_are_confirmed_is_kept(judge: Judge) -> None:
    """Without a missed heartbeat there is no loss: no session in service is given up while its socket stands, nor if
    each of them is confirmed late and before the next one is due."""
    judge(cti.confirmed_sessions_are_kept)


@pytest.mark.clause("CTI-04")
@pytest.mark.plays(on.A_SILENT)
def test_a_silent_link_is_a_loss_after_three_heartbeats(judge: Judge) -> None:
    """A link on which nothing comes through any more is lost like one whose heartbeats are not confirmed."""
    judge(cti.silence_is_loss_after_three_misses)


@pytest.mark.clause("CTI-05")
@pytest.mark.plays(on.A_RESET, on.A_CLOSED, on.A_CUT, on.A_KILLED, on.A_STOPPED, on.BROKEN_AMID_MISSES)
def test_a_socket_that_fails_is_a_loss_at_once(judge: Judge) -> None:
    """A failure of the CTI socket is a loss without waiting for any heartbeat: reset, close, cut, a dead server."""
    judge(cti.socket_failure_is_loss_at_once)
