"""The link's decisions, without any I/O."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import UnexpectedStep
from chaos.mock.defects import Defect
from chaos.mock.finesse.config import Side
from chaos.mock.finesse.link import (
    TABLE,
    Beats,
    Order,
    Phase,
    Seen,
    attempts,
    beat_answered,
    beat_due,
    decide,
    misses_needed,
    sides_to_try,
)

BOTH = (Side.A, Side.B)


def order_of(lost: Side | None, *defects: Defect, sides: tuple[Side, ...] = BOTH, many: int = 8) -> str:
    return "".join(side.value for side in islice(attempts(lost, sides, defects), many))


def test_at_start_up_the_sides_are_tried_from_a_on() -> None:
    assert order_of(None) == "ABABABAB"


def test_after_losing_a_the_sides_alternate_from_b_on() -> None:
    assert order_of(Side.A) == "BABABABA"


def test_after_losing_b_the_sides_alternate_from_a_on() -> None:
    assert order_of(Side.B) == "ABABABAB"


def test_without_a_b_side_only_a_is_tried() -> None:
    assert order_of(Side.A, sides=(Side.A,)) == "AAAAAAAA"


@pytest.mark.parametrize(
    ("defect", "order"),
    [
        (Defect.B_TWICE_IN_FIRST_ROUND, "BBABABAB"),
        (Defect.A_AGAIN_BEFORE_B, "ABABABAB"),
        (Defect.LATER_ROUNDS_TWICE, "BABBAABB"),
    ],
)
def test_a_defect_of_the_order_breaks_its_own_round_only(defect: Defect, order: str) -> None:
    assert order_of(Side.A, defect) == order
    assert order_of(None, defect) == "ABABABAB"


def test_the_sides_are_those_configured_unless_a_defect_says_otherwise() -> None:
    assert sides_to_try(BOTH, former_b=False, defects=()) == BOTH
    assert sides_to_try((Side.A,), former_b=True, defects=()) == (Side.A,)
    assert sides_to_try((Side.A,), former_b=True, defects=[Defect.UNCONFIGURED_SIDE_TRIED]) == BOTH
    assert sides_to_try((Side.A,), former_b=False, defects=[Defect.UNCONFIGURED_SIDE_TRIED]) == (Side.A,)
    assert sides_to_try(BOTH, former_b=False, defects=[Defect.NEVER_FAILS_OVER]) == (Side.A,)


def lost_after(answers: str, *, needed: int = 3, accumulate: bool = False) -> int | None:
    """How many beats were sent when the link was declared lost. answers: for each beat y or n."""
    beats = Beats()
    for number, answered in enumerate(answers):
        found = beat_due(beats, number, needed=needed, accumulate=accumulate)
        if found is None:
            return number
        beats = beat_answered(found, number) if answered == "y" else found
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


def test_the_defects_of_counting_shift_the_third_miss_and_nothing_else() -> None:
    assert misses_needed(3, ()) == 3
    assert lost_after("ynnnnnn", needed=misses_needed(3, [Defect.TWO_MISSES_ARE_LOSS])) == 3
    assert lost_after("ynnnnnn", needed=misses_needed(3, [Defect.FOUR_MISSES_NEEDED])) == 5
    assert lost_after("ynynnyyy", accumulate=True) == 5
    assert lost_after("ynnyyyyy", accumulate=True) is None
    assert lost_after("ynnnnnnn", accumulate=True) == 4


@given(st.text("yn", max_size=60))
def test_loss_is_declared_exactly_when_three_misses_in_a_row_have_passed(answers: str) -> None:
    at = answers.find("nnn")
    expected = at + 3 if at >= 0 and at + 3 < len(answers) else None
    assert lost_after(answers) == expected


def test_a_lost_session_in_service_is_followed_by_an_attempt_at_once_and_a_failed_attempt_by_a_pause() -> None:
    for seen in (Seen.SOCKET_DOWN, Seen.SILENT, Seen.ENDED):
        assert decide(Phase.UP, seen) == (Phase.CONNECTING, Order.FAIL_OVER)
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
