"""CTI-04 on forged timelines: misses, three misses, silence, and sessions without a miss."""

import pytest

from chaos.verdicts import Outcome, cti
from chaos.verdicts.cti.loss import ASKED_IN_VAIN
from tests.verdicts.losses import (
    ALONE,
    BOTH,
    HELD,
    INCONCLUSIVE,
    KEPT,
    TICK_S,
    VIOLATED,
    beats,
    both_beat,
    findings,
    late,
    lost_after,
    said,
    slow,
)

# --- CTI-04: misses --------------------------------------------------------------------------------------------------


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


def third_miss(text: str, **how: object) -> set[Outcome]:
    return said(
        cti.three_misses_are_loss, text, fault="withheld-xxx", lasts_s=how.pop("lasts_s", 60), nodes=ALONE, **how
    )


# --- CTI-04: three misses --------------------------------------------------------------------------------------------


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


def silent(tried_after_s: float | None, *, last_beat_s: float = 8.0) -> str:
    """One node; its last confirmed heartbeat is at 8 s, the next was due at 13 s."""
    text = f"0 fin-a a stands\n{last_beat_s} fin-a a beat"
    return text if tried_after_s is None else text + f"\n{last_beat_s + 5 + tried_after_s} fin-a b opens"


def silence(text: str, **how: object) -> set[Outcome]:
    lasts_s = how.pop("lasts_s", 60)
    return said(cti.silence_is_loss_after_three_misses, text, fault="silent", lasts_s=lasts_s, nodes=ALONE, **how)


# --- CTI-04: silence -------------------------------------------------------------------------------------------------


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


BEATS = "\n".join(f"{at_s} fin-a b beat" for at_s in (15.5, 20.5, 25.5, 30.5))

GIVES_UP = "33 fin-a b closes\n33.1 fin-a says OUT"


def kept(*lines: str) -> set[Outcome]:
    return said(cti.confirmed_sessions_are_kept, "\n".join((KEPT, *lines)), lasts_s=60, nodes=ALONE)


# --- CTI-04, without a miss ------------------------------------------------------------------------------------------


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
