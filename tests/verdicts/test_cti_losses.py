"""CTI-01 to CTI-03 on forged timelines, both edges; and that none of CTI-01 to -05 blames for want of evidence."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.history import History
from chaos.verdicts import Outcome, cti
from chaos.verdicts.check import Check
from chaos.verdicts.ruling import found
from tests.verdicts.losses import (
    ALONE,
    BOTH,
    HELD,
    INCONCLUSIVE,
    VIOLATED,
    beats,
    both_beat,
    findings,
    lost_after,
    said,
)
from tests.verdicts.script import alone, each_node, framed, played, without

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


B_SERVES = "10.6 fin-b b opens\n10.7 fin-b says IN"


# --- CTI-01 ----------------------------------------------------------------------------------------------------------


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
    ("check", "before", "after", "outcomes"),
    [
        # Its Tomcat starts anew, and so does the order in which it tries sides.
        (cti.alternates_until_success, "bab", "bba", set()),
        (cti.alternates_until_success, "ba", "aba", set()),
        (cti.b_is_tried_once_before_a, "", "abab", set()),
        (cti.b_is_tried_once_before_a, "b", "baba", set()),
        # What it had done wrong by then counts.
        (cti.alternates_until_success, "baa", "bab", {VIOLATED}),
        (cti.b_is_tried_once_before_a, "bba", "bab", {VIOLATED}),
    ],
)
def test_a_node_that_is_started_anew_while_it_looks_for_a_session_begins_with_side_a(
    check: Check, before: str, after: str, outcomes: set[Outcome]
) -> None:
    """Found by exploring: a node that was refused by both sides alone lost its Tomcat for a moment, too."""
    text = _ONE + tries("fin-a", before, opens_last=False, from_s=15.5) + "\n" + tries("fin-a", after, from_s=25.5)
    started = "\n23 fault webapp injecting\n24 fault webapp bitten\n25 fault webapp rolling-back"
    found_ = [one for one in findings(check, text + started, fault="alone") if one.cell.get("peer")]
    assert {one.outcome for one in found_} == outcomes


def test_a_node_that_is_stopped_has_not_given_up_for_as_long_as_that_lasts() -> None:
    text = "0 fin-a a stands\n10 fin-a a is-reset\n" + tries("fin-a", "a" * 4, opens_last=False)
    stopped = "\n20 fault webapp injecting\n21 fault webapp bitten\n95 fault webapp rolling-back"
    assert said(cti.only_a_is_tried, text, more=SIMPLEX, nodes=ALONE, lasts_s=120) == {VIOLATED}
    assert said(cti.only_a_is_tried, text + stopped, more=SIMPLEX, nodes=ALONE, lasts_s=120) == {INCONCLUSIVE}
    never = "0 fin-a a stands\n10 fin-a a is-reset"
    assert said(cti.only_a_is_tried, never + stopped, more=SIMPLEX, nodes=ALONE, lasts_s=120) == {INCONCLUSIVE}


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


REFUSING = "\n5 fault b-refused injecting waits\n5 fault b-refused injected waits\n11 fault b-refused bitten waits"
REFUSING += (
    "\n99 fault b-refused held waits\n100.5 fault b-refused rolling-back waits\n101 fault b-refused lifted waits"
)


def in_turns(sides: str, more: str = "", **how: object) -> set[Outcome]:
    return said(cti.alternates_until_success, both_try(sides) + "\n" + more, more=REFUSING, **how)


# --- CTI-03 ----------------------------------------------------------------------------------------------------------


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


# --- missing evidence ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("check", "text", "fault"), GOOD, ids=lambda one: getattr(one, "name", ""))
def test_missing_one_observation_never_makes_a_good_story_a_violation(check: Check, text: str, fault: str) -> None:
    timeline = played(framed(text, lasts_s=60, fault=fault))
    assert {one.outcome for one in found(alone(check), History(timeline))} == {HELD}
    for gone in timeline:
        outcomes = {one.outcome for one in found(alone(check), History(without(timeline, gone)))}
        if check is cti.fails_over_to_b and getattr(gone, "side", "") == "b":
            continue  # an attempt that no relay saw was not made, as far as anybody can tell
        assert VIOLATED not in outcomes, gone


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


# --- attempts that are never answered --------------------------------------------------------------------------------


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
