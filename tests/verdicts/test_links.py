"""CTI-01, CTI-02, CTI-03 on forged timelines: which side is tried, how often, in which order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.verdicts import Outcome, cti
from tests.verdicts.script import each_node, framed, played, verdict, without

LOSES_A = each_node("0 NODE a stands\n10 NODE a is-reset")
LASTS_S = 100.0


def tries(node: str, sides: str, *, from_s: float = 10.5, every_s: float = 2.0, opens_last: bool = True) -> str:
    """One attempt on each of these sides in turn, refused all but the last."""
    lines = []
    for n, side in enumerate(sides):
        outcome = "opens" if opens_last and n == len(sides) - 1 else "refused"
        lines.append(f"{from_s + every_s * n} {node} {side} {outcome}")
    return "\n".join(lines)


def both_try(sides: str, **how: object) -> str:
    return LOSES_A + "\n" + "\n".join(tries(node, sides, **how) for node in ("fin-a", "fin-b"))  # type: ignore[arg-type]


# --- CTI-01, duplex ----------------------------------------------------------------------------------------------


def test_opening_a_session_on_side_b_is_a_fail_over() -> None:
    assert verdict(cti.fails_over_to_b, both_try("b"), lasts_s=LASTS_S).outcome is Outcome.HELD


@pytest.mark.parametrize("sides", ["", "a", "aaaa"])
def test_never_trying_side_b_is_a_violation(sides: str) -> None:
    assert verdict(cti.fails_over_to_b, both_try(sides), lasts_s=LASTS_S).outcome is Outcome.VIOLATED


def test_one_node_of_two_that_never_tries_side_b_is_a_violation() -> None:
    text = LOSES_A + "\n" + tries("fin-a", "b") + "\n" + tries("fin-b", "a")
    found = verdict(cti.fails_over_to_b, text, lasts_s=LASTS_S)
    assert found.outcome is Outcome.VIOLATED
    assert "fin-b" in found.reason


def test_a_side_b_that_accepts_nobody_proves_nothing() -> None:
    assert (
        verdict(cti.fails_over_to_b, both_try("bab", opens_last=False), lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE
    )


def test_a_session_held_in_reserve_on_side_b_leaves_the_clause_open() -> None:
    text = "\n".join([LOSES_A, each_node("0 NODE b stands"), tries("fin-b", "b")])
    assert verdict(cti.fails_over_to_b, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE
    assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_a_node_without_a_session_on_side_a_makes_it_inconclusive() -> None:
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "b")
    assert verdict(cti.fails_over_to_b, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_a_session_that_was_still_opening_when_the_fault_began_was_not_standing() -> None:
    text = "0 fin-a a stands\n10.2 fin-b a opens\n" + each_node("10.3 NODE a is-reset\n11 NODE b opens")
    assert verdict(cti.fails_over_to_b, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_a_session_that_is_not_lost_makes_it_inconclusive() -> None:
    text = each_node("0 NODE a stands\n11 NODE b opens")
    assert verdict(cti.fails_over_to_b, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_our_own_probes_are_never_taken_for_finesse() -> None:
    probes = "0 ours a stands\n11 ours b opens\n12 ours a opens\n13 ours b refused\n14 ours b refused"
    text = LOSES_A + "\n" + probes
    assert verdict(cti.fails_over_to_b, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED
    held = both_try("babab") + "\n" + probes
    assert verdict(cti.b_is_tried_once_before_a, held, lasts_s=LASTS_S).outcome is Outcome.HELD
    assert verdict(cti.alternates_until_success, held, lasts_s=LASTS_S).outcome is Outcome.HELD


# --- CTI-01, simplex ---------------------------------------------------------------------------------------------


def test_keeping_to_side_a_is_right_without_a_side_b() -> None:
    assert verdict(cti.only_a_is_tried, both_try("aaaa"), lasts_s=LASTS_S).outcome is Outcome.HELD


def test_three_attempts_are_too_few_to_say_that_a_node_keeps_to_side_a() -> None:
    assert verdict(cti.only_a_is_tried, both_try("aaa"), lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("sides", ["b", "aaab", "aabaa"])
def test_trying_a_side_b_that_is_not_configured_is_a_violation(sides: str) -> None:
    assert verdict(cti.only_a_is_tried, both_try(sides), lasts_s=LASTS_S).outcome is Outcome.VIOLATED


def test_trying_an_unconfigured_side_b_under_another_name_is_a_violation_too() -> None:
    text = both_try("aaaa") + "\n15 stranger b refused"
    assert verdict(cti.only_a_is_tried, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED


# --- CTI-02 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", ["ba", "bab", "baba"])
def test_b_once_and_then_a_is_right(sides: str) -> None:
    assert verdict(cti.b_is_tried_once_before_a, both_try(sides), lasts_s=LASTS_S).outcome is Outcome.HELD


@pytest.mark.parametrize("sides", ["a", "ab", "bb", "bba", "bbba"])
def test_b_never_or_more_than_once_before_a_is_a_violation(sides: str) -> None:
    assert verdict(cti.b_is_tried_once_before_a, both_try(sides), lasts_s=LASTS_S).outcome is Outcome.VIOLATED


@pytest.mark.parametrize("sides", ["", "b"])
def test_a_node_that_does_not_come_back_to_side_a_is_inconclusive(sides: str) -> None:
    assert verdict(cti.b_is_tried_once_before_a, both_try(sides), lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_a_side_b_that_accepts_gives_no_reason_to_try_side_a() -> None:
    text = LOSES_A + "\n" + each_node("11 NODE b opens\n30 NODE b is-reset\n31 NODE a opens")
    assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_a_side_a_that_is_tried_before_side_b_has_refused_is_a_violation() -> None:
    lines = "10.5 NODE b dangles\n11 NODE a refused\n11.5 NODE b is-closed"
    text = LOSES_A + "\n" + each_node(lines)
    assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED
    earlier = LOSES_A + "\n" + each_node(lines.replace("11.5", "10.9"))
    assert verdict(cti.b_is_tried_once_before_a, earlier, lasts_s=LASTS_S).outcome is Outcome.HELD


def test_an_attempt_that_the_node_itself_gave_up_may_be_seen_to_end_after_the_next_one_began() -> None:
    text = LOSES_A + "\n" + each_node("10.5 NODE b dangles\n11 NODE a refused\n11.5 NODE b closes")
    assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is Outcome.HELD


def test_attempts_beside_those_of_the_nodes_leave_the_count_open() -> None:
    text = both_try("ba") + "\n10.7 stranger b refused"
    assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_an_attempt_that_never_said_whose_it_was_is_inconclusive_with_two_nodes_and_counts_with_one() -> None:
    text = both_try("ba") + "\n10.7 whoever b nameless"
    assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE
    alone = "0 fin-a a stands\n10 fin-a a is-reset\n10.7 whoever b nameless\n" + tries("fin-a", "ba", from_s=11)
    found = verdict(cti.b_is_tried_once_before_a, alone, lasts_s=LASTS_S, nodes=("fin-a",))
    assert found.outcome is Outcome.VIOLATED


def test_what_shares_an_instant_is_judged_in_the_order_in_which_it_was_seen() -> None:
    for sides, outcome in (("ba", Outcome.HELD), ("ab", Outcome.VIOLATED)):
        text = LOSES_A + "\n" + "\n".join(tries(node, sides, from_s=10.0, every_s=0.0) for node in ("fin-a", "fin-b"))
        assert verdict(cti.b_is_tried_once_before_a, text, lasts_s=LASTS_S).outcome is outcome


# --- CTI-03 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", ["babab", "bababa", "babababab"])
def test_taking_turns_until_one_side_accepts_is_right(sides: str) -> None:
    assert verdict(cti.alternates_until_success, both_try(sides), lasts_s=LASTS_S).outcome is Outcome.HELD


def test_fewer_than_four_turns_after_the_first_are_inconclusive() -> None:
    assert verdict(cti.alternates_until_success, both_try("baba"), lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_a_node_that_never_succeeds_is_inconclusive() -> None:
    text = both_try("bababa", opens_last=False)
    assert verdict(cti.alternates_until_success, text, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


def test_only_one_node_that_repeats_a_side_is_a_violation() -> None:
    text = "\n".join([LOSES_A, tries("fin-a", "bababa"), tries("fin-b", "babbaba")])
    assert verdict(cti.alternates_until_success, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED


@given(turns=st.integers(4, 12), repeated=st.integers(1, 100), times=st.integers(2, 4))
def test_any_alternation_with_one_side_repeated_is_a_violation(turns: int, repeated: int, times: int) -> None:
    sides = list(itertools.islice(itertools.cycle("ba"), turns + 1))
    # From the first return to side A on; a side B repeated before that is CTI-02's.
    place = 1 + repeated % (len(sides) - 1)
    sides[place] = sides[place] * times
    assert verdict(cti.alternates_until_success, both_try("".join(sides)), lasts_s=LASTS_S).outcome is Outcome.VIOLATED


def test_attempts_that_go_on_after_a_success_are_a_violation() -> None:
    text = both_try("babab") + "\n" + each_node("25 NODE a refused")
    assert verdict(cti.alternates_until_success, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED


def test_a_success_that_was_lost_again_may_be_followed_by_attempts() -> None:
    text = both_try("babab") + "\n" + each_node("40 NODE b is-reset\n40 NODE a opens")
    assert verdict(cti.alternates_until_success, text, lasts_s=LASTS_S).outcome is Outcome.HELD


def test_sessions_under_another_name_are_a_violation() -> None:
    text = both_try("babab") + "\n30 stranger a opens"
    assert verdict(cti.alternates_until_success, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED


def test_trying_both_sides_at_once_is_a_violation() -> None:
    lines = each_node("10.5 NODE b refused\n12 NODE a dangles\n12.5 NODE b refused\n13 NODE a is-closed")
    text = "\n".join([LOSES_A, lines, *(tries(node, "abab", from_s=14.0) for node in ("fin-a", "fin-b"))])
    assert verdict(cti.alternates_until_success, text, lasts_s=LASTS_S).outcome is Outcome.VIOLATED


def test_quiet_must_last_three_periods_after_the_success() -> None:
    # One node, so that nothing else shares its instants; OPEN_CONF is the third observation of the last attempt.
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "babab", from_s=11.0, every_s=2.0)
    opened_s = 11.0 + 4 * 2.0 + 2e-6
    for lasts_s, outcome in (
        (opened_s + 6.0, Outcome.HELD),
        (opened_s + 6.0 - 1e-5, Outcome.INCONCLUSIVE),
        (opened_s + 20.0, Outcome.HELD),
    ):
        found = verdict(cti.alternates_until_success, text, lasts_s=lasts_s, nodes=("fin-a",))
        assert found.outcome is outcome, found


def test_quiet_after_attempts_at_one_instant_must_still_last_a_heartbeat_interval() -> None:
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "babab", from_s=11.0, every_s=0.0)
    for lasts_s, outcome in ((15.9, Outcome.INCONCLUSIVE), (16.1, Outcome.HELD)):
        found = verdict(cti.alternates_until_success, text, lasts_s=lasts_s, nodes=("fin-a",))
        assert found.outcome is outcome, found


CHECKS = (
    (cti.fails_over_to_b, both_try("b")),
    (cti.only_a_is_tried, both_try("aaaaa")),
    (cti.b_is_tried_once_before_a, both_try("ba")),
    (cti.alternates_until_success, both_try("bababab")),
)


@pytest.mark.parametrize(("check", "text"), CHECKS, ids=lambda one: getattr(one, "__name__", ""))
def test_missing_one_thing_that_is_no_whole_attempt_never_makes_a_good_story_a_violation(
    check: object, text: str
) -> None:
    """An attempt of which nothing was seen cannot be told from one that was not made; all else must not matter."""
    from chaos.run.session import judged

    timeline = played(framed(text, lasts_s=LASTS_S))
    assert judged("CTI-00", check, timeline).outcome is Outcome.HELD  # type: ignore[arg-type]
    for gone in timeline:
        found = judged("CTI-00", check, without(timeline, gone))  # type: ignore[arg-type]
        assert found.outcome is not Outcome.VIOLATED, (gone, found)
