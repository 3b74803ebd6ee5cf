"""CTI-01 … CTI-05 on forged timelines: which side is tried when, and what is taken for a loss; bounds at both edges."""

import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.history import History
from chaos.journal import Timeline
from chaos.verdicts import Outcome, cti
from chaos.verdicts.check import Check
from chaos.verdicts.cti.loss import ASKED_IN_VAIN
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import alone, each_node, framed, played, without

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
ALONE = ("fin-a",)
BOTH = ("fin-a", "fin-b")
TICK_S = 1e-6


def findings(
    check: Check, text: str, *, fault: str = "reset", lasts_s: float = 100.0, nodes: Iterable[str] = BOTH,
    clock: str = "virtual", more: str = "",
) -> list[Finding]:  # fmt: skip
    story = framed(text, lasts_s=lasts_s, fault=fault) + more
    return found(alone(check), History(played(story, nodes=tuple(nodes), clock=clock)))


def said(check: Check, text: str, **how: object) -> set[Outcome]:
    """The outcomes that there are among the findings."""
    return {finding.outcome for finding in findings(check, text, **how)}  # type: ignore[arg-type]


LOSES_A = each_node("0 NODE a stands\n10 NODE a is-reset")


def tries(node: str, sides: str, *, from_s: float = 10.5, every_s: float = 2.0, opens_last: bool = True) -> str:
    """One attempt on each of these sides in turn, refused all but the last."""
    lines = []
    for n, side in enumerate(sides):
        outcome = "opens" if opens_last and n == len(sides) - 1 else "refused"
        lines.append(f"{from_s + every_s * n} {node} {side} {outcome}")
    return "\n".join(lines)


def both_try(sides: str, **how: object) -> str:
    return LOSES_A + "\n" + "\n".join(tries(node, sides, **how) for node in BOTH)  # type: ignore[arg-type]


# --- CTI-01 ----------------------------------------------------------------------------------------------------------


B_SERVES = "10.6 fin-b b opens\n10.7 fin-b says IN"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"11 fin-a b opens\n12 fin-a b closes\n{B_SERVES}", VIOLATED),
        (f"11 fin-a b opens\n11.5 fin-a says IN\n12 fin-a b closes\n{B_SERVES}", HELD),
        (f"11 fin-a b opens\n12 fin-a b is-reset\n{B_SERVES}", HELD),  # it was not the node
        (f"11 fin-a b opens\n{B_SERVES}", HELD),
        ("11 fin-a b opens\n12 fin-a b closes", HELD),  # perhaps nothing can be read there
        (f"9 fault slow-b injecting\n11 fin-a b opens\n12 fin-a b closes\n{B_SERVES}", INCONCLUSIVE),
    ],
)
def test_a_session_on_b_that_the_node_gives_up_unread_is_no_fail_over(lines: str, expected: Outcome) -> None:
    seen = findings(cti.fails_over_to_b, f"{LOSES_A}\n{lines}")
    assert expected in {one.outcome for one in seen if one.cell.get("node") == "fin-a"}
    assert VIOLATED not in {one.outcome for one in seen if one.cell.get("node") == "fin-b"} or "fin-b" not in lines


def test_opening_a_session_on_side_b_is_a_fail_over_by_that_kind_of_loss() -> None:
    found_ = findings(cti.fails_over_to_b, both_try("b"))
    assert {(one.cell["node"], one.cell["loss"], one.outcome) for one in found_} == {
        ("fin-a", "reset", HELD), ("fin-b", "reset", HELD),
    }  # fmt: skip


@pytest.mark.parametrize("sides", ["", "a", "aaaa"])
def test_never_trying_side_b_is_a_violation(sides: str) -> None:
    assert said(cti.fails_over_to_b, both_try(sides)) == {VIOLATED}


def test_a_node_is_not_blamed_for_what_the_next_fault_left_no_time_for() -> None:
    """Side B is made to fail in the instant in which side A is lost: what came then is nobody's first attempt."""
    next_one = "\n10.2 fault withheld-b injecting"
    assert VIOLATED not in said(cti.fails_over_to_b, both_try("b") + next_one)


def test_a_node_is_not_blamed_for_attempts_at_side_b_while_that_is_cut_and_nobody_can_see_them() -> None:
    """Found by exploring: side B was lost to a cut, and side A to a reset before that was mended."""
    cut = "\n5 fault cut-b injecting\n6 fault cut-b bitten\n40 fault cut-b rolling-back\n41 fault cut-b rolled-back"
    assert said(cti.fails_over_to_b, both_try("a", from_s=14.5) + cut) == {INCONCLUSIVE}
    mended = cut.replace("40 ", "7 ").replace("41 ", "8 ")
    assert said(cti.fails_over_to_b, both_try("a", from_s=14.5) + mended) == {VIOLATED}


def test_a_node_whose_own_webapp_goes_just_then_has_not_lost_its_session_to_the_link() -> None:
    """Found by exploring: its Tomcat was stopping, and closed the session in the instant of a reset on that side."""
    text = both_try("") + "\n8 fault webapp injecting\n60 fin-a a opens\n11 fin-b b opens"
    assert {one.cell["node"] for one in findings(cti.fails_over_to_b, text)} == {"fin-b"}
    assert {one.cell["node"] for one in findings(cti.fails_over_to_b, text.replace("8 fault", "12 fault"))} == set(BOTH)


def test_one_node_of_two_that_never_tries_side_b_is_a_violation_of_that_node() -> None:
    text = LOSES_A + "\n" + tries("fin-a", "b") + "\n" + tries("fin-b", "a")
    bad = [one for one in findings(cti.fails_over_to_b, text) if one.outcome is VIOLATED]
    assert [one.cell["node"] for one in bad] == ["fin-b"]


def test_a_session_held_in_reserve_on_side_b_leaves_the_clause_open() -> None:
    text = "\n".join([LOSES_A, each_node("0 NODE b stands"), tries("fin-b", "b")])
    assert INCONCLUSIVE in said(cti.fails_over_to_b, text)
    assert HELD not in said(cti.b_is_tried_once_before_a, text)


def test_our_own_probes_are_never_taken_for_finesse() -> None:
    probes = "0 ours a stands\n11 ours b opens\n12 ours a opens\n13 ours b refused\n14 ours b refused"
    assert said(cti.fails_over_to_b, LOSES_A + "\n" + probes) == {VIOLATED}
    assert said(cti.b_is_tried_once_before_a, both_try("babab") + "\n" + probes) == {HELD}


SIMPLEX = "\n5 fault simplex injecting\n5 fault simplex injected\n5 fault simplex bitten\n99 fault simplex held"
SIMPLEX += "\n100.5 fault simplex rolling-back\n101 fault simplex lifted"


def test_keeping_to_side_a_is_right_without_a_side_b_if_it_was_seen_for_long() -> None:
    assert said(cti.only_a_is_tried, both_try("a" * 16), more=SIMPLEX) == {HELD}
    assert said(cti.only_a_is_tried, both_try("a" * 14), more=SIMPLEX) == {INCONCLUSIVE}


@pytest.mark.parametrize(("pause_s", "outcome"), [(59.0, HELD), (61.0, VIOLATED)])
def test_a_pause_of_more_than_a_minute_between_attempts_is_a_violation(pause_s: float, outcome: Outcome) -> None:
    again = tries("fin-a", "a" * 16, from_s=10.5 + 2.0 * 3 + pause_s)
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "a" * 4, opens_last=False) + "\n" + again
    assert said(cti.only_a_is_tried, text, more=SIMPLEX, nodes=ALONE, lasts_s=120) == {outcome}


@pytest.mark.parametrize(("first_s", "outcome"), [(59.0, HELD), (61.0, VIOLATED)])
def test_a_node_that_does_not_try_for_a_minute_after_its_loss_has_given_up(first_s: float, outcome: Outcome) -> None:
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "a" * 16, from_s=10.0 + first_s)
    more = SIMPLEX.replace("99 ", "117 ").replace("100.5 ", "118 ").replace("101 ", "119 ")
    assert said(cti.only_a_is_tried, text, more=more, nodes=ALONE, lasts_s=120) == {outcome}


_READS = each_node("0 NODE a stands\n10 NODE a is-reset\n10.2 NODE says OUT\n10.5 NODE b opens\n14 NODE b is-reset")
_LONELY = "".join(
    f"\n{at_s} fault lonely {phase}"
    for at_s, *phases in (
        (13, "injecting", "injected"),
        (16, "bitten"),
        (40, "held", "rolling-back", "rolled-back", "lifted"),
    )
    for phase in phases
)
_WHILE_READ = "lost on side B while agents and calls were read over it"


@pytest.mark.parametrize(
    ("sides", "outcome"), [("ababa", HELD), ("babab", HELD), ("aabab", VIOLATED), ("abbab", VIOLATED), ("ab", None)]
)
def test_a_session_that_is_lost_while_it_is_read_has_not_ended_the_turns(sides: str, outcome: Outcome | None) -> None:
    text = _READS + "\n" + "\n".join(tries(node, sides, from_s=14.5) for node in BOTH)
    there = findings(cti.alternates_until_success, text, more=REFUSING + _LONELY)
    seen = {one.outcome for one in there if one.cell.get("session") == _WHILE_READ}
    assert seen == ({outcome} if outcome else set())


_ONE = "0 fin-a a stands\n0 fin-b b stands\n13 fin-a a is-reset\n13.2 fin-a says OUT\n"


@pytest.mark.parametrize(
    ("check", "sides", "outcome"),
    [
        (cti.b_is_tried_once_before_a, "baba", HELD),
        (cti.b_is_tried_once_before_a, "bbab", VIOLATED),
        (cti.b_is_tried_once_before_a, "abab", VIOLATED),
        (cti.alternates_until_success, "baba", HELD),
        (cti.alternates_until_success, "babb", VIOLATED),
        (cti.alternates_until_success, "babba", VIOLATED),
    ],
)
def test_a_node_that_alone_is_refused_takes_turns_whatever_session_the_other_one_has(
    check: Check, sides: str, outcome: Outcome
) -> None:
    text = _ONE + tries("fin-a", sides, from_s=13.5)
    of_it = [one for one in findings(check, text, fault="alone") if one.cell.get("peer")]
    assert {(one.cell["node"], one.cell["peer"], one.outcome) for one in of_it} == {("fin-a", "in service", outcome)}
    # Where the other one has lost its session, too, that is no such case.
    lost = text + "\n12 fin-b b is-reset"
    assert not [one for one in findings(check, lost, fault="alone") if one.cell.get("peer")]


@pytest.mark.parametrize(
    ("sides", "outcome"), [("aaaa", HELD), ("aaa", INCONCLUSIVE), ("", VIOLATED), ("aba", VIOLATED)]
)
def test_a_node_that_alone_is_refused_keeps_to_side_a_without_a_side_b(sides: str, outcome: Outcome) -> None:
    text = _ONE.replace("fin-b b", "fin-b a") + tries("fin-a", sides, from_s=13.5)
    more = SIMPLEX.replace("99 ", "117 ").replace("100.5 ", "118 ").replace("101 ", "119 ")
    of_it = findings(cti.only_a_is_tried, text, fault="alone", more=more, lasts_s=120)
    assert [(one.cell.get("peer"), one.outcome) for one in of_it] == [("in service", outcome)]


def test_a_session_that_was_in_service_is_no_such_one() -> None:
    text = _READS + each_node("\n11 NODE says IN\n14.1 NODE says OUT") + "\n"
    text += "\n".join(tries(node, "aabab", from_s=14.5) for node in BOTH)
    there = findings(cti.alternates_until_success, text, more=REFUSING + _LONELY)
    assert not [one for one in there if one.cell.get("session")]


def test_a_node_that_never_tries_again_has_given_up_unless_somebody_may_have_been_it() -> None:
    text = "0 fin-a a stands\n10 fin-a a is-reset"
    assert said(cti.only_a_is_tried, text, more=SIMPLEX, nodes=ALONE) == {VIOLATED}
    assert said(cti.only_a_is_tried, text + "\n15 whoever a nameless", more=SIMPLEX, nodes=ALONE) == {INCONCLUSIVE}
    # Side B is put back before a minute is over: what a restarted Tomcat does then is its own affair.
    early = SIMPLEX.replace("99 ", "59 ").replace("100.5 ", "60 ").replace("101 ", "61 ")
    assert said(cti.only_a_is_tried, text, more=early, nodes=ALONE) == {INCONCLUSIVE}


def test_each_loss_without_a_side_b_is_looked_at_by_itself() -> None:
    again = "\n50 fin-a a is-reset\n" + tries("fin-a", "aaab", from_s=50.5)
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "a" * 16)
    both = findings(cti.only_a_is_tried, text + again, more=SIMPLEX, nodes=ALONE)
    assert [(one.cell.get("turn"), one.outcome) for one in both] == [("first loss", HELD), ("later loss", VIOLATED)]


@pytest.mark.parametrize("sides", ["b", "aaab", "aabaa", "a" * 20 + "b"])
def test_trying_a_side_b_that_is_not_configured_is_a_violation(sides: str) -> None:
    assert VIOLATED in said(cti.only_a_is_tried, both_try(sides), more=SIMPLEX)


def test_trying_an_unconfigured_side_b_under_another_name_is_a_violation_too() -> None:
    assert VIOLATED in said(cti.only_a_is_tried, both_try("a" * 16) + "\n15 stranger b refused", more=SIMPLEX)


@pytest.mark.parametrize("how", ["nameless", "says-nothing"])
def test_any_connection_to_a_side_b_that_is_not_configured_is_a_violation(how: str) -> None:
    text = both_try("a" * 16) + f"\n15 whoever b {how}"
    assert VIOLATED in said(cti.only_a_is_tried, text, more=SIMPLEX)
    # Somebody looks at that port in quiet times, too.
    assert VIOLATED not in said(cti.only_a_is_tried, f"2 whoever b {how}\n{text}", more=SIMPLEX)
    assert VIOLATED not in said(cti.only_a_is_tried, text.replace("15 whoever b", "15 whoever a"), more=SIMPLEX)


PUT_BACK = "\n5 fault simplex injecting\n5 fault simplex injected\n5 fault simplex bitten\n6 fault simplex held"
PUT_BACK += "\n7 fault simplex rolling-back\n8 fault simplex rolled-back\n8.5 fault simplex lifted"


@pytest.mark.parametrize(("sides", "outcome"), [("b", HELD), ("ab", HELD), ("aaaa", VIOLATED)])
def test_who_loses_side_a_once_side_b_is_put_back_fails_over_to_it(sides: str, outcome: Outcome) -> None:
    found_ = findings(cti.fails_over_to_b, both_try(sides), more=PUT_BACK)
    assert {(one.cell["put_back"], one.outcome) for one in found_} == {("side B", outcome)}
    # Of what a node does without a side B this says nothing.
    assert said(cti.only_a_is_tried, both_try(sides), more=PUT_BACK) == set()


def test_without_a_side_b_or_while_nodes_are_started_with_it_nobody_has_to_fail_over_to_it() -> None:
    assert said(cti.fails_over_to_b, both_try("aaaa"), more=SIMPLEX) == set()
    late = PUT_BACK.replace("\n8 ", "\n12 ").replace("\n8.5 ", "\n12.5 ")
    assert said(cti.fails_over_to_b, both_try("aaaa"), more=late) == set()


@pytest.mark.parametrize("line", ["stranger b refused", "whoever b nameless", "fin-a b opens"])
def test_what_connects_to_side_b_once_it_is_being_put_back_has_business_there(line: str) -> None:
    text = both_try("a" * 16) + f"\n60 {line}"
    back = SIMPLEX.replace("99 ", "57 ").replace("100.5 ", "58 ").replace("101 ", "59 ")
    assert VIOLATED not in said(cti.only_a_is_tried, text, more=back)
    assert VIOLATED in said(cti.only_a_is_tried, text.replace("\n60 ", "\n15 "), more=back)


# --- CTI-02 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", ["ba", "bab", "baba"])
def test_b_once_and_then_a_is_right(sides: str) -> None:
    assert said(cti.b_is_tried_once_before_a, both_try(sides)) == {HELD}


@pytest.mark.parametrize("sides", ["a", "ab", "bb", "bba", "bbba"])
def test_b_never_or_more_than_once_before_a_is_a_violation(sides: str) -> None:
    assert said(cti.b_is_tried_once_before_a, both_try(sides)) == {VIOLATED}


def test_a_loss_by_heartbeats_is_looked_at_by_itself() -> None:
    text = LOSES_A.replace("is-reset", "closes") + "\n" + "\n".join(tries(node, "ab") for node in BOTH)
    bad = findings(cti.b_is_tried_once_before_a, text, fault="withheld-xxx")
    assert {(one.cell["loss"], one.outcome) for one in bad} == {("heartbeats", VIOLATED)}


def test_a_side_b_that_accepts_at_once_shows_nothing() -> None:
    assert said(cti.b_is_tried_once_before_a, both_try("b")) == set()


def test_attempts_at_a_side_that_is_cut_are_not_seen_so_nothing_is_said() -> None:
    assert said(cti.b_is_tried_once_before_a, both_try("bb"), fault="cut") == set()


def test_a_side_a_that_is_tried_before_side_b_has_refused_is_a_violation() -> None:
    lines = "10.5 NODE b dangles\n11 NODE a refused\n11.5 NODE b is-closed"
    assert said(cti.b_is_tried_once_before_a, LOSES_A + "\n" + each_node(lines)) == {VIOLATED}
    assert said(cti.b_is_tried_once_before_a, LOSES_A + "\n" + each_node(lines.replace("11.5", "10.9"))) == {HELD}


def test_attempts_beside_those_of_the_nodes_leave_the_count_open() -> None:
    assert INCONCLUSIVE in said(cti.b_is_tried_once_before_a, both_try("ba") + "\n10.7 stranger b refused")


def test_an_attempt_that_never_said_whose_it_was_is_inconclusive_with_two_nodes_and_counts_with_one() -> None:
    assert said(cti.b_is_tried_once_before_a, both_try("ba") + "\n10.7 whoever b nameless") == {INCONCLUSIVE}
    alone = "0 fin-a a stands\n10 fin-a a is-reset\n10.7 whoever b nameless\n" + tries("fin-a", "ba", from_s=11)
    assert said(cti.b_is_tried_once_before_a, alone, nodes=ALONE) == {VIOLATED}


@pytest.mark.parametrize(("again", "outcome"), [("ba", HELD), ("bba", VIOLATED), ("aba", VIOLATED)])
def test_each_loss_of_side_a_is_looked_at_by_itself(again: str, outcome: Outcome) -> None:
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "ba")
    text += "\n50 fin-a a is-reset\n" + tries("fin-a", again, from_s=50.5)
    both = findings(cti.b_is_tried_once_before_a, text, nodes=ALONE)
    assert [(one.cell.get("turn"), one.outcome) for one in both] == [("first loss", HELD), ("later loss", outcome)]


@pytest.mark.parametrize(("bare", "outcome"), [
    ("10.2 whoever a says-nothing", VIOLATED),  # before side B
    ("10.7 whoever b says-nothing", VIOLATED),  # the second attempt at side B
    ("12.7 whoever b says-nothing", INCONCLUSIVE),  # after side A: CTI-03 may speak of it
    ("10.2 whoever a nameless", INCONCLUSIVE),  # its end was not seen
    ("9.9 whoever a says-nothing", INCONCLUSIVE),  # before any node had lost its session
    ("2 whoever a says-nothing\n10.2 whoever a says-nothing", INCONCLUSIVE),  # somebody looks at that port anyhow
])  # fmt: skip
def test_a_connection_without_a_word_is_wrong_where_it_would_be_so_of_each_node(bare: str, outcome: Outcome) -> None:
    found_ = said(cti.b_is_tried_once_before_a, both_try("ba", opens_last=False) + "\n" + bare)
    assert (VIOLATED in found_) == (outcome is VIOLATED)
    assert outcome in found_


def test_a_connection_without_a_word_that_one_node_may_have_made_rightly_blames_nobody() -> None:
    """It may be the one attempt at side B of a node that was not seen to make any."""
    text = LOSES_A + "\n" + tries("fin-a", "ba") + "\n10.7 whoever b says-nothing\n" + tries("fin-b", "a", from_s=12)
    assert said(cti.b_is_tried_once_before_a, text) == {INCONCLUSIVE}


# --- CTI-03 ----------------------------------------------------------------------------------------------------------

REFUSING = "\n5 fault b-refused injecting waits\n5 fault b-refused injected waits\n11 fault b-refused bitten waits"
REFUSING += (
    "\n99 fault b-refused held waits\n100.5 fault b-refused rolling-back waits\n101 fault b-refused lifted waits"
)


def in_turns(sides: str, more: str = "", **how: object) -> set[Outcome]:
    return said(cti.alternates_until_success, both_try(sides) + "\n" + more, more=REFUSING, **how)


@pytest.mark.parametrize("sides", ["babab", "bababa", "babababab"])
def test_taking_turns_until_one_side_accepts_is_right(sides: str) -> None:
    assert in_turns(sides) <= {HELD}
    assert VIOLATED not in in_turns(sides)


@pytest.mark.parametrize(("bare", "is_wrong"), [
    ("15 whoever a says-nothing", True),  # B 10.5, A 12.5, B 14.5 and A 16.5: side A twice in a row
    ("60 whoever a says-nothing", True),  # both have long succeeded
    ("14.8 whoever b nameless", False),  # what became of it was not seen
])  # fmt: skip
def test_a_connection_without_a_word_is_an_attempt_out_of_turn_of_whichever_node(bare: str, is_wrong: bool) -> None:
    assert (VIOLATED in in_turns("babab", bare)) == is_wrong
    assert HELD not in in_turns("babab", bare)


@pytest.mark.parametrize(
    ("slow", "expected"),
    [
        ("", VIOLATED),
        ("5 fault slow-b injecting\n5 fault slow-b injected\n6 fault slow-b bitten", VIOLATED),
        ("17 fault slow-b injecting\n17 fault slow-b injected\n19 fault slow-b bitten", VIOLATED),
    ],
)
@pytest.mark.parametrize(("at_s", "knows"), [("22", True), ("19", False)])
def test_who_knows_of_its_success_connects_to_no_other_side_on_a_slow_link_either(
    slow: str, expected: Outcome, at_s: str, knows: bool
) -> None:
    """B opens at 18.5 s; a link that keeps back for 3 s what its server says lets the node know at 21.5 s."""
    found_so = in_turns("babab", f"{at_s} whoever a says-nothing\n{slow}")
    assert (expected in found_so) == (knows or not slow)


def test_which_side_accepts_in_the_end_is_judged_over_thirty_attempts_only() -> None:
    long = findings(cti.alternates_until_success, both_try("ba" * 15 + "b", every_s=1.0), more=REFUSING)
    assert {one.cell.get("ends") for one in long if one.outcome is HELD} >= {"B"}
    short = findings(cti.alternates_until_success, both_try("ba" * 10 + "b", every_s=1.0), more=REFUSING)
    assert all(one.cell.get("ends") is None for one in short)


@given(turns=st.integers(4, 12), repeated=st.integers(1, 100), times=st.integers(2, 4))
def test_any_alternation_with_one_side_repeated_is_a_violation(turns: int, repeated: int, times: int) -> None:
    sides = list(itertools.islice(itertools.cycle("ba"), turns + 1))
    # From the first return to side A on; a side B repeated before that is CTI-02's.
    place = 1 + repeated % (len(sides) - 1)
    sides[place] = sides[place] * times
    assert VIOLATED in in_turns("".join(sides))


def test_attempts_that_go_on_after_a_success_are_a_violation() -> None:
    assert VIOLATED in in_turns("babab", each_node("25 NODE a refused"))


def test_a_success_that_was_lost_again_may_be_followed_by_attempts() -> None:
    assert VIOLATED not in in_turns("babab", each_node("60 NODE b is-reset\n60 NODE a opens"))


def test_sessions_under_another_name_are_a_violation() -> None:
    assert VIOLATED in in_turns("babab", "30 stranger a opens")


@pytest.mark.parametrize(
    ("also", "wanted"), [("", False), ("\n30 fin-b b opens", True), ("\n30 fin-b a refused", True)]
)
def test_a_node_whose_own_session_was_spared_may_have_it_and_not_try(also: str, wanted: bool) -> None:
    """A fault of ours that hit one node only says so by itself; it makes no second session of the other's first."""
    text = "\n".join([LOSES_A.replace("\n10 fin-b a is-reset", ""), tries("fin-a", "babab")]) + also
    assert (VIOLATED in said(cti.alternates_until_success, text, more=REFUSING)) is wanted


def test_trying_both_sides_at_once_is_a_violation() -> None:
    lines = each_node("10.5 NODE b refused\n12 NODE a dangles\n12.5 NODE b refused\n13 NODE a is-closed")
    text = "\n".join([LOSES_A, lines, *(tries(node, "abab", from_s=14.0) for node in BOTH)])
    assert VIOLATED in said(cti.alternates_until_success, text, more=REFUSING)


PHASES = ("injecting", "injected", "bitten", "held")
B_REFUSES = "".join(f"\n10 fault b-refused {phase}" for phase in PHASES)


@pytest.mark.parametrize(("sides", "outcomes"), [("b" * 12, {VIOLATED}), ("b" * 3, set())])
def test_whoever_stops_to_try_is_found_out_where_attempts_at_one_side_are_not_seen(
    sides: str, outcomes: set[Outcome]
) -> None:
    text = both_try(sides, opens_last=False) + B_REFUSES
    assert said(cti.alternates_until_success, text, fault="cut", lasts_s=300) == outcomes


def test_after_a_loss_of_side_b_the_sides_take_turns_too() -> None:
    lost_b = "\n".join(f"60 {node} b is-reset\n" + tries(node, "bbba", from_s=61) for node in BOTH)
    b_reset = "\n".join(f"59.9 fault reset-b {phase}" for phase in PHASES)
    text = "\n".join((both_try("bababab"), lost_b, b_reset)) + B_REFUSES
    assert VIOLATED in said(cti.alternates_until_success, text)


# --- CTI-04: misses --------------------------------------------------------------------------------------------------


def beats(node: str, pattern: str, *, from_s: float) -> str:
    """Heartbeats every 5 s: x withheld, . confirmed."""
    return "\n".join(f"{from_s + 5 * n} {node} a {'miss' if beat == 'x' else 'beat'}" for n, beat in enumerate(pattern))


def both_beat(pattern: str) -> str:
    return "\n".join(
        f"0 {node} a stands\n" + beats(node, pattern, from_s=from_s) for node, from_s in (("fin-a", 2), ("fin-b", 3))
    )


@pytest.mark.parametrize("pattern", ["xx", "x.xx", "xx.xx.xx"])
def test_misses_that_are_followed_by_two_answers_are_tolerated(pattern: str) -> None:
    good = findings(cti.misses_are_tolerated, both_beat(f"..{pattern}.."), fault=f"withheld-{pattern}")
    assert {(one.cell["node"], one.cell["side"], one.cell["pattern"], one.outcome) for one in good} == {
        (node, "a", pattern, HELD) for node in BOTH
    }


@pytest.mark.parametrize("seen", ["xx.", "xx", "x..", "", "x.x.."])
def test_another_pattern_than_the_wanted_one_is_inconclusive(seen: str) -> None:
    assert said(cti.misses_are_tolerated, both_beat(f"..{seen}"), fault="withheld-xx") == {INCONCLUSIVE}


@pytest.mark.parametrize("line", ["59 fin-b a closes", "22 fin-b b refused", "23 fin-b says OUT"])
def test_whatever_a_loss_would_bring_is_a_violation(line: str) -> None:
    assert VIOLATED in said(cti.misses_are_tolerated, both_beat("..xx..") + "\n" + line, fault="withheld-xx")


@pytest.mark.parametrize("end", ["is-closed", "is-reset"])
def test_a_session_that_somebody_else_ended_is_inconclusive(end: str) -> None:
    text = both_beat("..xx") + f"\n24 fin-a a {end}"
    assert said(cti.misses_are_tolerated, text, fault="withheld-xx") == {INCONCLUSIVE}


def test_a_node_that_was_not_there_to_be_judged_is_said_to_be_missing() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", "..xx..", from_s=2)
    found_ = findings(cti.misses_are_tolerated, text, fault="withheld-xx")
    assert {(one.cell.get("node"), one.outcome) for one in found_} == {("fin-a", HELD), ("fin-b", INCONCLUSIVE)}


# --- CTI-04: three misses --------------------------------------------------------------------------------------------


def lost_after(declared_s: float, *, misses: str = "xxx", told_s: float | None = None) -> str:
    """One node; its first confirmation is withheld at 12 s."""
    told_s = declared_s + 0.1 if told_s is None else told_s
    return "0 fin-a a stands\n" + "\n".join(
        [beats("fin-a", "." + misses, from_s=7), f"{declared_s} fin-a a closes", f"{told_s} fin-a says OUT"]
    )


def third_miss(text: str, **how: object) -> set[Outcome]:
    return said(
        cti.three_misses_are_loss, text, fault="withheld-xxx", lasts_s=how.pop("lasts_s", 60), nodes=ALONE, **how
    )


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [
        (12.5, HELD),
        (12.5 - TICK_S, VIOLATED),
        (15.0, HELD),
        (17.5, HELD),
        (17.5 + TICK_S, VIOLATED),
        (10.0, VIOLATED),
        (20.0, VIOLATED),
    ],
)
def test_the_loss_is_declared_three_intervals_after_the_first_miss(after_s: float, outcome: Outcome) -> None:
    assert third_miss(lost_after(12 + after_s, told_s=28.0)) == {outcome}


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [(12.8, HELD), (12.8 - TICK_S, INCONCLUSIVE), (12.2 - TICK_S, VIOLATED), (17.2, HELD), (17.8 + TICK_S, VIOLATED)],
)
def test_a_late_loop_widens_the_span_and_an_edge_inside_it_is_inconclusive(after_s: float, outcome: Outcome) -> None:
    text = lost_after(12 + after_s, told_s=28.0) + "\n13 late 0.05\n18 late 0.3\n35 late 0.01"
    assert third_miss(text, clock="real") == {outcome}


def test_three_misses_are_counted_from_where_they_are_in_a_row() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", ".x.xxx", from_s=7) + "\n37 fin-a a closes\n37.1 fin-a says OUT"
    assert said(cti.three_misses_are_loss, text, fault="withheld-x.xxx", nodes=ALONE) == {HELD}
    early = (
        text.replace("37 fin-a a closes", "30 fin-a a closes").replace("37.1", "30.1").replace("32.0 fin-a a miss", "")
    )
    early = "\n".join(line for line in early.splitlines() if not line.startswith("32"))
    assert VIOLATED in said(cti.three_misses_are_loss, early, fault="withheld-x.xxx", nodes=ALONE)


def test_a_loss_after_two_misses_only_is_never_right() -> None:
    text = "0 fin-a a stands\n7 fin-a a beat\n12 fin-a a miss\n17 fin-a a miss\nEND fin-a a closes\n27.1 fin-a says OUT"
    for end, outcome in (("17.5", VIOLATED), ("22", VIOLATED), ("27", INCONCLUSIVE)):
        assert third_miss(text.replace("END", end)) == {outcome}, end


def test_a_node_that_never_notices_three_misses_is_a_violation_when_the_bound_is_over() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", ".xxx", from_s=7)
    assert third_miss(text, lasts_s=29.5) == {INCONCLUSIVE}
    assert third_miss(text, lasts_s=29.6) == {VIOLATED}


def test_clients_that_are_told_much_too_late_or_too_early_are_a_violation() -> None:
    assert VIOLATED in third_miss(lost_after(27.0, told_s=80.0), lasts_s=90)
    assert VIOLATED in third_miss(lost_after(27.0, told_s=22.5), lasts_s=90)
    untold = lost_after(27.0).replace("27.1 fin-a says OUT", "")
    assert INCONCLUSIVE in third_miss(untold, lasts_s=90)
    assert VIOLATED not in third_miss(untold, lasts_s=90)


@pytest.mark.parametrize(
    ("told", "outcomes"),
    [
        ("27.1 ann hears OUT", {HELD}),  # nobody knows whether cid hears
        ("27.1 ann hears OUT\n50 cid hears IN", {HELD, VIOLATED}),
        ("50 fin-a says IN", {HELD, INCONCLUSIVE, VIOLATED}),
        ("27.1 fin-a says OUT\n50 fin-a says IN", {HELD}),
        ("9 fin-a says OUT\n50 fin-a says IN", {HELD, INCONCLUSIVE}),  # it had told already
    ],
)
def test_whoever_is_not_told_of_three_misses_and_hears_later_on_was_left_out(told: str, outcomes: set[Outcome]) -> None:
    assert third_miss(lost_after(27.0).replace("27.1 fin-a says OUT", told), lasts_s=90) == outcomes


_OTHER = ((14.95, "injected"), (15.2, "bitten"), (40, "held"), (40, "rolling-back"), (40, "lifted"))


@pytest.mark.parametrize("fault", ["withheld-xx", "withheld-xxx", "silent"])
@pytest.mark.parametrize("other", ["reset", "cut", "killed", "stopped-a"])
def test_misses_are_not_blamed_for_what_another_fault_may_have_done(fault: str, other: str) -> None:
    """Sessions on the same side are ended by something else while heartbeats are missing there."""
    text = "0 fin-a a stands\n8 fin-a a beat\n13 fin-a a miss\n14.9 fault " + other + " injecting"
    text += "\n15 fin-a a closes\n15 fin-a says OUT\n15.1 fin-a b opens"
    text += "".join(f"\n{at_s} fault {other} {phase}" for at_s, phase in _OTHER)
    for check in (cti.misses_are_tolerated, cti.three_misses_are_loss, cti.silence_is_loss_after_three_misses):
        assert VIOLATED not in said(check, text, fault=fault, lasts_s=60, nodes=ALONE)


# --- CTI-04: silence -------------------------------------------------------------------------------------------------


def silent(tried_after_s: float | None, *, last_beat_s: float = 8.0) -> str:
    """One node; its last confirmed heartbeat is at 8 s, the next was due at 13 s."""
    text = f"0 fin-a a stands\n{last_beat_s} fin-a a beat"
    return text if tried_after_s is None else text + f"\n{last_beat_s + 5 + tried_after_s} fin-a b opens"


def silence(text: str, **how: object) -> set[Outcome]:
    lasts_s = how.pop("lasts_s", 60)
    return said(cti.silence_is_loss_after_three_misses, text, fault="silent", lasts_s=lasts_s, nodes=ALONE, **how)


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [(12.5, HELD), (12.5 - TICK_S, VIOLATED), (17.5, HELD), (17.5 + TICK_S, VIOLATED), (10.0, VIOLATED)],
)
def test_a_silent_link_is_lost_three_intervals_after_the_first_overdue_heartbeat(
    after_s: float, outcome: Outcome
) -> None:
    assert silence(silent(after_s)) == {outcome}


def test_a_heartbeat_that_was_overdue_before_or_confirmed_after_is_no_measure() -> None:
    assert silence(silent(15.0, last_beat_s=1.0)) == {INCONCLUSIVE}
    assert silence(silent(15.0) + "\n13 fin-a a beat") == {INCONCLUSIVE}


def test_a_heartbeat_that_was_answered_just_before_the_silence_may_not_have_arrived() -> None:
    """Then the node misses it, and counts from the one before; if it did arrive, from itself."""
    beats_s = "0 fin-a a stands\n4.99 fin-a a beat\n9.99 fin-a a beat"
    assert silence(beats_s + "\n24.99 fin-a b opens") == {INCONCLUSIVE}
    assert silence(beats_s + "\n29.99 fin-a b opens") == {INCONCLUSIVE}
    assert silence(beats_s + "\n20 fin-a b opens") == {VIOLATED}
    assert silence(beats_s + "\n32.6 fin-a b opens") == {VIOLATED}


@pytest.mark.parametrize(
    ("at_s", "number"), [(9.9, None), (10.1, 0), (12.9, 0), (13.1, 1), (18.1, 2), (23.1, 3), (28.1, None)]
)
@pytest.mark.parametrize(("after_s", "outcome"), [(15.0, HELD), (11.0, VIOLATED)])
def test_what_is_asked_over_a_silent_link_is_no_heartbeat(
    at_s: float, number: int | None, after_s: float, outcome: Outcome
) -> None:
    """The silence begins at 10 s, heartbeats are due at 13, 18 and 23 s."""
    text = silent(after_s) + f"\n{at_s} ann asks PUT User/{{id}} 500 work wants=state=READY"
    said_of = findings(cti.silence_is_loss_after_three_misses, text, fault="silent", lasts_s=60, nodes=ALONE)
    asked = set() if number is None or at_s > 13 + after_s else {ASKED_IN_VAIN[number]}
    assert {(one.outcome, one.cell.get("asked")) for one in said_of} == {(outcome, when) for when in (None, *asked)}


def test_silence_that_is_never_noticed_is_judged_when_the_bound_is_over() -> None:
    assert silence(silent(None), lasts_s=30.5) == {INCONCLUSIVE}
    assert silence(silent(None), lasts_s=30.6) == {VIOLATED}


# --- CTI-04, without a miss ------------------------------------------------------------------------------------------

KEPT = "0 fin-a a stands\n10 fin-a a is-reset\n10.1 fin-a says OUT\n10.5 fin-a b opens\n11 fin-a says IN"
BEATS = "\n".join(f"{at_s} fin-a b beat" for at_s in (15.5, 20.5, 25.5, 30.5))
GIVES_UP = "33 fin-a b closes\n33.1 fin-a says OUT"


def kept(*lines: str) -> set[Outcome]:
    return said(cti.confirmed_sessions_are_kept, "\n".join((KEPT, *lines)), lasts_s=60, nodes=ALONE)


def test_a_session_that_stands_while_its_heartbeats_are_confirmed_is_kept() -> None:
    assert kept(BEATS) == {HELD}


def test_a_node_that_gives_a_session_up_of_which_nothing_was_missed_violates() -> None:
    assert VIOLATED in kept(BEATS, GIVES_UP)
    assert VIOLATED in kept("16 fin-a b closes\n16.1 fin-a says OUT")


@pytest.mark.parametrize(
    "lines",
    [
        (BEATS, "32 fin-a b miss", GIVES_UP),  # a confirmation was withheld
        (BEATS, "33 fin-a b is-closed\n33.1 fin-a says OUT"),  # the server ended it
        (BEATS, "33 fin-a b is-reset\n33.1 fin-a says OUT"),  # we did
        (BEATS, "33 fin-a b closes"),  # nobody was told of a loss
        (BEATS, "32 fault other injecting", GIVES_UP),  # of a fault that may aim anywhere
    ],
)
def test_a_session_that_something_else_may_have_ended_blames_nobody(lines: tuple[str, ...]) -> None:
    assert VIOLATED not in kept(*lines)


def slow(until_s: float = 50.0, *, bites: bool = True) -> str:
    """Confirmations on side B come late from 12 s on."""
    begun = "12 fault slow-b injecting\n12 fault slow-b injected" + ("\n18 fault slow-b bitten" if bites else "")
    end = f"{until_s} fault slow-b held\n" if bites else ""
    over = f"{until_s + 1} fault slow-b rolled-back\n{until_s + 1} fault slow-b lifted"
    return f"{begun}\n{end}{until_s} fault slow-b rolling-back\n{over}"


def late(*lines: str) -> set[tuple[bool, Outcome]]:
    """Of each session on side B: whether that is its cell, and what was found."""
    found_ = findings(cti.confirmed_sessions_are_kept, "\n".join((KEPT, *lines)), lasts_s=60, nodes=ALONE)
    return {(one.cell.get("answers") is not None, one.outcome) for one in found_ if one.cell["side"] == "b"}


def test_a_session_whose_heartbeats_are_confirmed_late_and_in_time_is_kept() -> None:
    assert late(BEATS, slow()) == {(True, HELD)}
    assert late(BEATS, slow(47.9)) == {(False, HELD)}  # not for as many heartbeats as are to be seen
    assert late(BEATS, slow(bites=False)) == {(False, INCONCLUSIVE)}  # whether it was slow at all is not known


def test_a_node_that_takes_late_confirmations_for_misses_violates() -> None:
    assert late(BEATS, slow(), GIVES_UP) == {(True, VIOLATED)}


def test_a_link_that_was_not_seen_to_be_slow_only_may_have_cost_a_session() -> None:
    assert late(BEATS, slow(bites=False), GIVES_UP) == set()
    assert late(BEATS, slow(32.0), GIVES_UP) == set()  # it was being mended
    assert late(BEATS, slow(), "32 fin-a b miss", GIVES_UP) == set()


def test_a_session_that_never_was_in_service_may_be_given_up() -> None:
    text = KEPT.replace("11 fin-a says IN", "") + "\n16 fin-a b closes\n16.1 fin-a says OUT"
    assert VIOLATED not in said(cti.confirmed_sessions_are_kept, text, lasts_s=60, nodes=ALONE)


@pytest.mark.parametrize(("ended_s", "outcome"), [(28.0, INCONCLUSIVE), (29.6, VIOLATED)])
def test_a_server_that_ends_a_session_saves_no_node_that_was_late_by_then(ended_s: float, outcome: Outcome) -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", ".xxx", from_s=7) + f"\n{ended_s} fin-a a is-closed"
    assert said(cti.three_misses_are_loss, text, fault="withheld-xxx", lasts_s=60, nodes=ALONE) == {outcome}


# --- CTI-05 ----------------------------------------------------------------------------------------------------------


def socket_lost(*, tried_s: float | None, told_s: float | None) -> str:
    """One node; the order to break its socket is given at 10 s, and it is seen broken at 10.25 s."""
    lines = ["0 fin-a a stands", "10.25 fin-a a is-reset"]
    lines += [] if tried_s is None else [f"{tried_s} fin-a b opens"]
    lines += [] if told_s is None else [f"{told_s} fin-a says OUT"]
    return "\n".join(lines)


def at_once(text: str, **how: object) -> set[Outcome]:
    return said(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE, **how)


@pytest.mark.parametrize(
    ("noticed_s", "outcome"),
    [
        (10.25 + TICK_S, HELD),
        (11.0, HELD),  # a second after the order, which is the worst that it can have been
        (11.0 + TICK_S, INCONCLUSIVE),
        (11.25, INCONCLUSIVE),
        (11.25 + 2 * TICK_S, VIOLATED),
        (25.0, VIOLATED),
    ],
)
def test_a_failed_socket_is_told_within_a_fifth_of_an_interval(noticed_s: float, outcome: Outcome) -> None:
    assert at_once(socket_lost(tried_s=10.5, told_s=noticed_s)) == {outcome}


@pytest.mark.parametrize(
    ("beats", "cell"),
    [
        ("5 fin-a a beat", None),
        ("5 fin-a a miss", "missing"),
        ("4 fin-a a miss\n9 fin-a a miss", "missing"),
        ("4 fin-a a miss\n9 fin-a a beat", None),
        ("5 fin-a a beat\n9.9 fin-a a miss", "missing"),
        ("5 fin-a a miss\n5.5 fin-b a beat", "missing"),  # of another session
    ],
)
@pytest.mark.parametrize(("told_s", "outcome"), [(10.5, HELD), (15.25, VIOLATED)])
def test_a_socket_that_fails_while_a_heartbeat_is_missing_is_a_loss_of_its_own_kind(
    beats: str, cell: str | None, told_s: float, outcome: Outcome
) -> None:
    text = "0 fin-b a stands\n" + socket_lost(tried_s=10.5, told_s=told_s) + "\n" + beats
    found_ = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60)
    assert {(one.outcome, one.cell.get("beats")) for one in found_ if one.cell.get("node") == "fin-a"} == {
        (outcome, cell)
    }


@pytest.mark.parametrize(
    ("asked", "cell"),
    [
        ("9 ann asks PUT User/{id} 202", "just before"),
        ("4 ann asks PUT User/{id} 202", None),
        ("9 ann asks GET User/{id} 200", None),
        ("9 bob asks PUT User/{id} 202", None),
        ("10.3 ann asks PUT User/{id} 202", None),
    ],
)
def test_a_loss_just_after_the_cti_server_has_confirmed_something_is_looked_at_by_itself(
    asked: str, cell: str | None
) -> None:
    for told_s, outcome in ((10.5, HELD), (15.0, VIOLATED)):
        text = "0 fin-b a stands\n" + socket_lost(tried_s=10.5, told_s=told_s) + "\n" + asked
        found_ = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60)
        assert {(one.outcome, one.cell.get("asked")) for one in found_ if one.cell.get("node") == "fin-a"} == {
            (outcome, cell)
        }


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("9 ann asks PUT User/{id} 400", "the request that was to show it was refused: 400"),
        ("8 ann asks PUT User/{id} 400\n9 ann asks PUT User/{id} 202", None),
        ("4 ann asks PUT User/{id} 400", None),
        ("9 ann asks PUT User/{id} 503", None),
    ],
)
def test_a_refusal_of_what_was_to_be_asked_just_before_a_loss_is_why_nobody_looked_there(
    asked: str, why: str | None
) -> None:
    """It said "nobody looked there" of ten requests that were answered with 400."""
    text = "0 fin-b a stands\n" + socket_lost(tried_s=10.5, told_s=10.5) + "\n" + asked
    found_ = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60)
    doubts = [one for one in found_ if one.outcome is INCONCLUSIVE and one.cell.get("asked")]
    assert [one.reason for one in doubts] == ([why] if why else [])
    assert all("PUT User/{id} → 400" in one.evidence[0].text for one in doubts)
    assert HELD in {one.outcome for one in found_ if one.cell.get("node") == "fin-a" and one not in doubts}


def test_a_socket_that_failed_is_not_owed_to_what_was_injected_just_after_that() -> None:
    """Two faults in one instant: the notice came before the second, and was not early for it."""
    later = "\n10.4 fault cut injecting\n10.4 fault cut injected\n10.4 fault cut bitten"
    assert at_once(socket_lost(tried_s=10.5, told_s=10.3) + later) <= {HELD, INCONCLUSIVE}


def test_a_loss_that_was_told_already_is_not_owed_to_the_fault_that_came_then() -> None:
    """Heartbeats are withheld from 0 s on; the link is cut when clients are told, just before the session is closed."""
    text = "0 fin-a a stands\n20 fin-a says OUT\n20.1 fault cut injecting\n20.2 fin-a a is-closed\n20.3 fin-a b opens"
    text += "\n20.1 fault cut injected\n20.3 fault cut bitten\n28 fault cut held\n30 fault cut rolling-back"
    text += "\n30 ann hears IN"
    assert VIOLATED not in said(cti.socket_failure_is_loss_at_once, text, fault="withheld-xxx", lasts_s=60, nodes=ALONE)


def test_a_session_that_is_lost_before_the_node_is_back_is_not_told_again() -> None:
    text = "0 fin-a a stands\n8 fin-a says OUT\n9 fin-a a opens\n10.25 fin-a a is-reset\n20 fin-a a opens"
    assert at_once(text + "\n20.1 fin-a says IN") == set()


LEFT_OUT = "0 fin-a a stands\n10.25 fin-a a is-reset\n10.5 fin-a b opens\n10.4 ann hears OUT"


@pytest.mark.parametrize(
    ("more", "outcomes"),
    [
        ("", {HELD}),  # nobody knows whether she hears
        ("30 cid hears IN", {HELD, VIOLATED}),
        ("10.9 cid hears OUT\n30 cid hears IN", {HELD}),
        ("20 cid stream lost\n30 cid hears IN", {HELD}),
    ],
)
def test_whoever_is_not_told_and_hears_later_on_was_left_out(more: str, outcomes: set[Outcome]) -> None:
    assert at_once(f"{LEFT_OUT}\n{more}") == outcomes


def _not_at_work(text: str, who: str) -> History:
    """As of a lab in which that agent is one to spare."""
    timeline = played(framed(text, lasts_s=60), nodes=ALONE)
    agents = tuple(one for one in timeline.header.agents if one[0] != who)
    header = replace(timeline.header, agents=agents, spare=((who, "fin-a"),))
    return History(Timeline((header, *list(timeline)[1:])))


LOOKS_ON = "0.1 cid moves fin-a\n0.2 looked cid LOGOUT"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (LOOKS_ON, set()),  # nobody knows whether he heard anything then
        (f"{LOOKS_ON}\n10.4 cid hears OUT", {HELD}),
        (f"{LOOKS_ON}\n14 cid hears OUT", {VIOLATED}),
        (f"{LOOKS_ON}\n20 cid hears IN", {VIOLATED}),
        (f"{LOOKS_ON}\n14 cid leaves drop\n20 cid hears IN", set()),
        ("0.1 cid moves fin-a\n0.2 looked cid NOT_READY\n10.4 cid hears OUT", set()),  # who is signed in
    ],
)
def test_who_is_there_and_signed_out_is_told_like_those_at_work(more: str, expected: set[Outcome]) -> None:
    text = f"{socket_lost(tried_s=10.5, told_s=None)}\n10.3 ann hears OUT\n{more}"
    seen = found(alone(cti.socket_failure_is_loss_at_once), _not_at_work(text, "cid"))
    assert {one.outcome for one in seen if one.cell.get("state") == "signed out"} == expected


@pytest.mark.parametrize(
    ("heard", "expected"),
    [("10.3 ann hears OUT", HELD), ("13.3 ann hears OUT", VIOLATED), ("30 ann hears IN", VIOLATED)],
)
def test_whoever_hears_by_another_kind_of_door_is_told_like_anybody(heard: str, expected: Outcome) -> None:
    text = f"{socket_lost(tried_s=10.5, told_s=None)}\n0.1 ann moves fin-a bosh\n10.3 cid hears OUT\n{heard}"
    seen = findings(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE)
    assert {one.outcome for one in seen if one.cell.get("stream") == "BOSH"} == {expected}


SILENT = "0 fin-a a stands\n17.5 fin-a a is-closed\n18 fin-a b opens\n40.1 fin-a b is-reset"


def ends_with_silence(*, told_s: float | None, asked: str) -> set[Outcome]:
    """A silence from 10 s on ends from 17.4 s to 17.6 s; afterwards another fault is played."""
    phases = ((17.4, "rolling-back"), (17.6, "rolled-back"), (17.6, "lifted"))
    over = "\n".join(f"{at_s} fault silent {phase}" for at_s, phase in phases)
    begun = "10 fault silent injecting\n10 fault silent injected\n17.2 fault silent bitten\n17.3 fault silent held"
    told = "" if told_s is None else f"{told_s} fin-a says OUT\n{told_s + 0.5} fin-a says IN"
    text = framed(f"{SILENT}\n{begun}\n{over}\n{told}\n{asked}", lasts_s=60, fault="reset-b", fault_at_s=40.0)
    seen = found(alone(cti.socket_failure_is_loss_at_once), History(played(text, nodes=ALONE)))
    return {one.outcome for one in seen if one.cell.get("asked") == "under way"}


@pytest.mark.parametrize(("first", "expected"), [("18 fin-a b opens", set()), ("18 fin-a a opens", {VIOLATED})])
def test_who_lost_side_a_as_a_silence_ended_tries_b_first_whatever_was_under_way(
    first: str, expected: set[Outcome]
) -> None:
    phases = ((17.4, "rolling-back"), (17.6, "rolled-back"), (17.6, "lifted"))
    over = "\n".join(f"{at_s} fault silent {phase}" for at_s, phase in phases)
    begun = "10 fault silent injecting\n10 fault silent injected\n17.2 fault silent bitten\n17.3 fault silent held"
    lost = f"0 fin-a a stands\n17.5 fin-a a is-closed\n{first}"
    text = framed(f"{lost}\n{begun}\n{over}\n17.7 fin-a says OUT", lasts_s=60, fault="reset-b", fault_at_s=40.0)
    again = "\n25 fin-a b refused\n26 fin-a a is-reset\n26 fault reset injecting"
    seen = found(alone(cti.b_is_tried_once_before_a), History(played(text + again, nodes=ALONE)))
    assert {one.outcome for one in seen if "before side B" in one.reason} == expected


WAITING = "18.2 ann asks PUT User/{id} 500 for=2"
AT_ONCE = "16.2 ann asks PUT User/{id} 202 for=0.1"


@pytest.mark.parametrize("asked", [WAITING, AT_ONCE])
@pytest.mark.parametrize(
    ("told_s", "expected"), [(17.7, HELD), (18.3, HELD), (18.5, INCONCLUSIVE), (18.7, VIOLATED), (22.0, VIOLATED)]
)
def test_a_session_that_is_closed_while_requests_wait_is_a_loss_at_once(
    asked: str, told_s: float, expected: Outcome
) -> None:
    assert ends_with_silence(told_s=told_s, asked=asked) == {expected}


@pytest.mark.parametrize("asked", ["", "9 ann asks PUT User/{id} 202", "16.2 ann asks PUT User/{id} 400 for=0.1"])
def test_without_a_request_under_way_that_says_nothing(asked: str) -> None:
    assert ends_with_silence(told_s=22.0, asked=asked) == {INCONCLUSIVE}


def test_a_silence_that_was_a_loss_before_it_ended_is_judged_by_its_heartbeats() -> None:
    assert ends_with_silence(told_s=16.0, asked=WAITING) == set()


def test_a_loss_that_nobody_is_told_of_is_a_violation_if_they_hear() -> None:
    text = socket_lost(tried_s=10.5, told_s=None)
    assert VIOLATED not in at_once(text)
    assert VIOLATED in at_once(text + "\n30 fin-a says IN")


def test_another_server_may_be_looked_for_later_than_the_loss_is_told() -> None:
    assert at_once(socket_lost(tried_s=12.5, told_s=10.3)) == {HELD}


def test_a_late_loop_straddles_the_edge_of_at_once() -> None:
    assert at_once(socket_lost(tried_s=10.5, told_s=10.9) + "\n12 late 0.2", clock="real") == {INCONCLUSIVE}


def test_who_heard_nothing_blames_only_a_node_that_still_takes_itself_for_in_service() -> None:
    deaf = socket_lost(tried_s=10.5, told_s=None)
    assert at_once(deaf) == {INCONCLUSIVE}
    assert at_once(deaf + "\n20 fin-a shows IN") == {INCONCLUSIVE}, "it looked for another server before"
    assert at_once(socket_lost(tried_s=None, told_s=None) + "\n20 fin-a shows IN") == {VIOLATED}
    assert at_once(socket_lost(tried_s=None, told_s=None) + "\n20 fin-a shows OUT") == {INCONCLUSIVE}


def test_kinds_of_loss_are_told_apart() -> None:
    for fault, kind in (("reset", "reset"), ("closed", "close"), ("cut", "cut"), ("killed", "killed process")):
        text = socket_lost(tried_s=10.5, told_s=10.5)
        assert {
            one.cell["loss"] for one in findings(cti.socket_failure_is_loss_at_once, text, fault=fault, nodes=ALONE)
        } == {kind}


# --- missing evidence ------------------------------------------------------------------------------------------------

GOOD = (
    (cti.misses_are_tolerated, both_beat("..xx..."), "withheld-xx"),
    (cti.three_misses_are_loss, lost_after(27.0) + "\n0 fin-b a stands\n" + beats("fin-b", ".xxx", from_s=9)
     + "\n29 fin-b a closes\n29.1 fin-b says OUT\n27.5 fin-a b opens\n29.5 fin-b b opens", "withheld-xxx"),
    (cti.silence_is_loss_after_three_misses,
     each_node("0 NODE a stands\n3 NODE a beat\n8 NODE a beat\n28 NODE b opens\n28 NODE says OUT"), "silent"),
    (cti.fails_over_to_b, both_try("b"), "reset"),
    (cti.socket_failure_is_loss_at_once,
     each_node("0 NODE a stands\n10.2 NODE a is-reset\n10.3 NODE says OUT\n10.4 NODE b opens"), "reset"),
)  # fmt: skip


@pytest.mark.parametrize(("check", "text", "fault"), GOOD, ids=lambda one: getattr(one, "name", ""))
def test_missing_one_observation_never_makes_a_good_story_a_violation(check: Check, text: str, fault: str) -> None:
    timeline = played(framed(text, lasts_s=60, fault=fault))
    assert {one.outcome for one in found(alone(check), History(timeline))} == {HELD}
    for gone in timeline:
        outcomes = {one.outcome for one in found(alone(check), History(without(timeline, gone)))}
        if check is cti.fails_over_to_b and getattr(gone, "side", "") == "b":
            continue  # an attempt that no relay saw was not made, as far as anybody can tell
        assert VIOLATED not in outcomes, gone


# --- attempts that are never answered --------------------------------------------------------------------------------


def unanswered(sides: str, *, every_s: float = 10.0, given_up_s: float = 9.0) -> str:
    """Each node tries these sides in turn, is never answered, and gives each attempt up so long after it has begun;
    the last one opens."""
    lines = [LOSES_A]
    for node in BOTH:
        for n, side in enumerate(sides):
            at_s = 10.5 + every_s * n
            last = n == len(sides) - 1
            lines.append(f"{at_s} {node} {side} {'opens' if last else 'unanswered'}")
            if not last:
                lines.append(f"{at_s + given_up_s} {node} {side} closes")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (unanswered("bab"), {HELD}),
        (unanswered("bbab"), {VIOLATED}),
        (unanswered("aab"), {VIOLATED}),
        (unanswered("bab", given_up_s=10.8), {HELD}),  # it closes the old one when the new one has begun already
        (unanswered("bab", given_up_s=16.0), {VIOLATED}),  # it tries side A though it waits for side B still
    ],
)
def test_an_attempt_that_is_never_answered_is_one_try(text: str, expected: set[Outcome]) -> None:
    found_ = findings(cti.b_is_tried_once_before_a, text, more=REFUSING, lasts_s=LONG_S)
    assert {one.outcome for one in found_} == expected, [str(one) for one in found_]
    assert {one.cell.get("refusal") for one in found_ if one.outcome is HELD} <= {"silence"}


def test_who_waits_for_an_answer_for_minutes_has_not_given_up() -> None:
    text = unanswered("bab", every_s=75.0, given_up_s=74.0)
    for check in (cti.b_is_tried_once_before_a, cti.alternates_until_success):
        assert VIOLATED not in said(check, text, more=REFUSING, lasts_s=LONG_S)


LONG_S = 260.0
