"""The link's decisions, without any I/O."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import UnexpectedStep
from chaos.mock.finesse.config import Side
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.link import (
    TABLE,
    Beats,
    Order,
    Phase,
    Seen,
    attempts,
    beat_answered,
    beat_sent,
    decide,
)

BOTH = (Side.A, Side.B)


def order_of(lost: Side | None, *, sides: tuple[Side, ...] = BOTH, many: int = 8) -> str:
    return "".join(side.value for side in islice(attempts(lost, sides), many))


def test_at_start_up_the_sides_are_tried_from_a_on() -> None:
    assert order_of(None) == "ABABABAB"


def test_after_losing_a_the_sides_alternate_from_b_on() -> None:
    assert order_of(Side.A) == "BABABABA"


def test_after_losing_b_the_sides_alternate_from_a_on() -> None:
    assert order_of(Side.B) == "ABABABAB"


def test_without_a_b_side_only_a_is_tried() -> None:
    assert order_of(Side.A, sides=(Side.A,)) == "AAAAAAAA"


def lost_after(answers: str) -> int | None:
    """How many beats were sent when the link was declared lost. answers: for each beat y or n."""
    beats, sound = Beats(), NodeDefects()
    for number, answered in enumerate(answers):
        if sound.heartbeat_due(len(beats.unanswered), needed=3):
            return number
        beats = beat_sent(beats, number)
        beats = beat_answered(beats, number) if answered == "y" else beats
    return None


@pytest.mark.parametrize(
    ("answers", "lost"),
    [
        ("yyyyyyyy", None),
        ("ynnyyyyy", None),
        ("ynynnyyy", None),
        ("ynnynnyy", None),
        ("ynnnnnnn", 4),
        ("nnnnnnnn", 3),
    ],
)
def test_three_missed_heartbeats_in_a_row_are_a_loss_and_two_are_not(answers: str, lost: int | None) -> None:
    assert lost_after(answers) == lost


def test_a_late_answer_settles_its_heartbeat_and_the_earlier_ones_but_not_the_later() -> None:
    beats = Beats((1, 2, 3))
    assert beat_answered(beats, 2) == Beats((3,))
    assert beat_answered(beats, 3) == Beats()
    assert beat_answered(beats, 9) == beats


@given(st.text("yn", max_size=60))
def test_loss_is_declared_exactly_when_three_misses_in_a_row_have_passed(answers: str) -> None:
    at = answers.find("nnn")
    expected = at + 3 if at >= 0 and at + 3 < len(answers) else None
    assert lost_after(answers) == expected


def test_a_lost_session_in_service_is_followed_by_an_attempt_at_once_and_a_failed_attempt_by_a_pause() -> None:
    for seen in (Seen.SOCKET_DOWN, Seen.SILENT, Seen.ENDED):
        assert decide(Phase.UP, seen) == (Phase.PAUSED, Order.FAIL_OVER)
    for seen in (Seen.SOCKET_DOWN, Seen.OVERDUE):
        assert decide(Phase.CONNECTING, seen) == (Phase.PAUSED, Order.PAUSE)
        assert decide(Phase.OPENING, seen) == (Phase.PAUSED, Order.PAUSE)


def test_every_phase_but_stopped_can_be_stopped() -> None:
    assert {phase for phase in Phase if (phase, Seen.STOP) in TABLE} == set(Phase) - {Phase.STOPPED}


def test_every_phase_is_reached_from_stopped() -> None:
    reached = {Phase.STOPPED}
    while True:
        more = {after for (before, _), (after, _) in TABLE.items() if before in reached} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(Phase)


def test_a_step_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(UnexpectedStep, match=r"LOADED.*STOPPED"):
        decide(Phase.STOPPED, Seen.LOADED)
