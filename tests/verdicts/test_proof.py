"""Whether a journal can be trusted: what takes a verdict away altogether, and what only takes the green."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.journal import CtiSeen, Ended, FaultPhase, FaultSeen, Lateness, SteadyState, Timeline
from chaos.verdicts import Outcome, Verdict
from chaos.verdicts.check import Check, check
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell, grid
from chaos.verdicts.proof import baseless, unfinished
from chaos.verdicts.ruling import judged
from tests.verdicts.script import framed, played

WHOLE = framed("0 fin-a a stands\n20 fin-a b opens", lasts_s=60)
ONE = grid(part=("whole",))
CELL = Cell.of(part="whole")
SEEN = Evidence(40.0, "seen")


@check(ONE)
def good(_: History) -> Iterator[Finding]:
    yield held(CELL, "good", SEEN)


@check(ONE)
def bad(_: History) -> Iterator[Finding]:
    yield violated(CELL, "bad", SEEN)


@check(ONE)
def short(_: History) -> Iterator[Finding]:
    raise EvidenceError("too little was seen")


def said(by: Check, timeline: Timeline) -> Verdict:
    return judged("X-01", by, [History(timeline)])


def outcomes(text: str) -> tuple[Outcome, Outcome]:
    """What becomes of a HELD and of a VIOLATED with this journal."""
    timeline = played(text)
    return said(good, timeline).outcome, said(bad, timeline).outcome


def changed(old: str, new: str) -> str:
    assert old in WHOLE, old
    return WHOLE.replace(old, new)


BOTH = (Outcome.HELD, Outcome.VIOLATED)
NO_GREEN = (Outcome.INCONCLUSIVE, Outcome.VIOLATED)
NOTHING = (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)


def test_a_whole_journal_is_judged() -> None:
    assert outcomes(WHOLE) == BOTH
    assert baseless(played(WHOLE)) == ()
    assert unfinished(played(WHOLE)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (changed("10.0 fault reset bitten", ""), NOTHING),
        (changed("10.0 fault reset bitten", "40 fault reset not-bitten"), NOTHING),
        (changed("0 steady before ok", ""), NOTHING),
        (changed("0 steady before ok", "0 steady before missing"), NOTHING),
        ("\n".join(line for line in WHOLE.splitlines() if "fault" not in line), NOTHING),
        (changed("61 fault reset lifted", ""), NO_GREEN),
        (changed("61 fault reset lifted", "61 fault reset not-lifted"), NO_GREEN),
        (changed("62 steady after ok", ""), NO_GREEN),
        (changed("62 steady after ok", "62 steady after missing"), NO_GREEN),
        (changed("63 end", ""), NO_GREEN),
        (changed("63 end", "63 end a wait came to nothing"), NO_GREEN),
        ("", NOTHING),
    ],
)
def test_what_is_missing_takes_the_verdict_or_the_green(text: str, expected: tuple[Outcome, Outcome]) -> None:
    assert outcomes(text) == expected


def with_another_fault(*phases: str, waits: str) -> str:
    return WHOLE + "\n".join(f"{15 + n} fault refused {phase} {waits}" for n, phase in enumerate(phases))


def test_a_second_fault_has_to_bite_and_to_lift_as_well() -> None:
    assert outcomes(with_another_fault("injecting", "bitten", "held", "rolling-back", "lifted", waits="")) == BOTH
    assert outcomes(with_another_fault("injecting", "rolling-back", "lifted", waits="")) == NOTHING
    assert outcomes(with_another_fault("injecting", "bitten", "held", "rolling-back", waits="")) == NO_GREEN
    assert outcomes(with_another_fault("injecting", "bitten", "rolling-back", "lifted", waits="")) == NO_GREEN
    slipped = with_another_fault("injecting", "bitten", "not-held", "rolling-back", "lifted", waits="")
    assert outcomes(slipped) == NOTHING


def test_a_fault_that_is_injected_again_has_to_prove_itself_again() -> None:
    once = ("injecting", "bitten", "held", "rolling-back", "lifted")
    assert outcomes(with_another_fault(*once, *once, waits="")) == BOTH
    assert outcomes(with_another_fault(*once, "injecting", "held", "rolling-back", "lifted", waits="")) == NOTHING
    assert outcomes(with_another_fault(*once, "injecting", "bitten", "rolling-back", "lifted", waits="")) == NO_GREEN


def test_a_fault_that_lay_in_wait_for_a_product_that_never_came_takes_only_the_green() -> None:
    """The product may be at fault for not coming its way, so a violation stands."""
    assert outcomes(with_another_fault("injecting", "rolling-back", "lifted", waits="waits")) == NO_GREEN
    assert outcomes(with_another_fault("injecting", "bitten", "held", "rolling-back", "lifted", waits="waits")) == BOTH
    assert outcomes(with_another_fault("injecting", "bitten", "held", "rolling-back", waits="waits")) == NO_GREEN


def test_a_torn_journal_is_never_green_even_if_it_seems_to_have_an_end() -> None:
    whole = played(WHOLE)
    for torn in (Timeline(whole.observations, torn=True), Timeline(whole.observations[:-1], torn=True)):
        assert said(good, torn).outcome is Outcome.INCONCLUSIVE
        assert "in the middle of a line" in said(good, torn).reason
        assert said(bad, torn).outcome is Outcome.VIOLATED


def test_a_journal_cut_off_anywhere_is_never_green() -> None:
    whole = played(WHOLE).observations
    for length in range(len(whole)):
        assert said(good, Timeline(whole[:length], torn=True)).outcome is Outcome.INCONCLUSIVE


def test_too_little_evidence_is_inconclusive_and_says_why_the_experiment_ended_early() -> None:
    assert said(short, played(WHOLE)).outcome is Outcome.INCONCLUSIVE
    found = said(short, played(changed("63 end", "63 end the lab vanished")))
    assert "too little was seen" in found.reason
    assert "the lab vanished" in found.reason


def test_a_journal_without_a_header_is_inconclusive() -> None:
    @check(ONE)
    def reads_header(history: History) -> Iterator[Finding]:
        yield held(CELL, history.header.lab, SEEN)

    headless = Timeline(played(WHOLE).observations[1:])
    assert said(reads_header, headless).outcome is Outcome.INCONCLUSIVE


def test_the_story_ends_where_the_last_fault_begins_to_be_rolled_back() -> None:
    text = (
        with_another_fault("injecting", "bitten", "held", "rolling-back", "lifted", waits="") + "\n61 fin-a a refused"
    )
    story = History(played(text)).story
    assert story.end_s == pytest.approx(60.0, abs=1e-5)
    assert isinstance(story.observations[-1], FaultSeen)
    assert story.observations[-1].phase is FaultPhase.ROLLING_BACK
    assert len(story.of(CtiSeen)) == 4  # standing, and the three steps of the attempt at 20 s; not the one at 61 s
    assert not story.of(SteadyState, lambda seen: seen.when == "after")
    assert not story.of(Ended)


def test_a_story_without_a_rollback_is_the_whole_journal() -> None:
    timeline = played("0 steady before ok\n5 fault reset injecting\n9 fin-a a refused")
    assert History(timeline).story == timeline


def test_lateness_noted_after_the_story_counts_once_and_does_not_lengthen_it() -> None:
    story = History(played(WHOLE + "\n61 late 0.7\n66 late 9.0", clock="real")).story
    assert [seen.worst_s for seen in story.of(Lateness)] == [0.7]
    assert story.end_s == pytest.approx(60.0, abs=1e-5)


def test_an_injector_that_failed_and_was_never_seen_to_bite_proves_nothing() -> None:
    assert outcomes(changed("10.0 fault reset bitten", "10.0 fault reset failed")) == NOTHING


def test_a_verdict_on_a_copy_is_the_same() -> None:
    timeline = played(WHOLE)
    copy = Timeline(tuple(replace(seen) for seen in timeline.observations))
    assert said(good, copy) == said(good, timeline)
