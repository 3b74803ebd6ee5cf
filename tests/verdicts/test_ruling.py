"""From findings to one verdict: what outweighs what, and what nobody judged."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.journal import RestExchange
from chaos.verdicts import Outcome, Span
from chaos.verdicts.bound import Bound
from chaos.verdicts.check import Check, check
from chaos.verdicts.finding import Finding, held, inconclusive, timed, violated
from chaos.verdicts.grid import Cell, grid, made_by, nodes
from chaos.verdicts.ruling import judged, ruled
from tests.verdicts.script import framed, played
from tests.verdicts.test_grid import header

SPACE = grid(node=nodes, side=("a", "b"))
CELLS = SPACE.cells(header())


def a_finding(outcome: Outcome, cell: Cell) -> Finding:
    return Finding(cell, outcome, f"{outcome} there")


def every(outcome: Outcome = Outcome.HELD) -> list[Finding]:
    return [a_finding(outcome, cell) for cell in CELLS]


def test_held_needs_a_held_finding_in_every_cell() -> None:
    verdict = ruled("X-01", SPACE, header(), every())
    assert verdict.outcome is Outcome.HELD
    assert verdict.covered == "4 of 4"


@pytest.mark.parametrize(
    ("by", "not_hosted", "outcome"),
    [
        ({"one"}, {"one": "it takes twelve agents"}, Outcome.HELD),
        ({"one", "two"}, {"one": "it takes twelve agents"}, Outcome.INCONCLUSIVE),  # the other one could have filled it
        ({"one", "two"}, {"one": "it takes twelve agents", "two": "it takes a console"}, Outcome.HELD),
        ({"one"}, {}, Outcome.INCONCLUSIVE),
        (set(), {"one": "it takes twelve agents"}, Outcome.INCONCLUSIVE),  # nobody knows who fills it
    ],
)
def test_what_only_experiments_fill_that_the_lab_cannot_host_is_unfit(
    by: set[str], not_hosted: dict[str, str], outcome: Outcome
) -> None:
    filling = {"node *, side b": frozenset(by)}
    some = [one for one in every() if one.cell["side"] == "a"]
    verdict = ruled("X-01", SPACE, header(), some, not_hosted, filling)
    assert verdict.outcome is outcome
    if outcome is Outcome.HELD:
        assert verdict.covered == "2 of 4"
        assert {one.reason for one in verdict.grid if one.outcome == "UNFIT"} == {"; ".join(not_hosted.values())}
    full = ruled("X-01", SPACE, header(), [*every(), a_finding(Outcome.VIOLATED, CELLS[-1])], not_hosted, filling)
    assert full.outcome is Outcome.VIOLATED, "what was seen there counts all the same"


def test_a_cell_that_nobody_judged_makes_it_inconclusive_and_is_named() -> None:
    verdict = ruled("X-01", SPACE, header(), every()[:-1])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "1 of 4 cells were not judged: node fin-b, side b: nobody looked there" in verdict.reason


def test_cells_that_one_doubt_leaves_open_say_it_once() -> None:
    doubt = "the experiment was cut short"
    open_ones = [a_finding(Outcome.HELD, cell).doubted(doubt) for cell in CELLS[:2]]
    verdict = ruled("X-01", SPACE, header(), [*open_ones, inconclusive(Cell(), doubt), *every()[2:]])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == (
        f"{doubt}; 2 of 4 cells were not judged: node fin-a, side a and node fin-a, side b: "
        "would have been HELD (HELD there), but for that"
    )


def test_one_violated_finding_outweighs_everything_and_every_place_of_it_is_said() -> None:
    bad = [violated(CELLS[1], "it answered", Evidence(7.0, "an answer", 12)), violated(CELLS[3], "it answered")]
    verdict = ruled("X-01", SPACE, header(), [*every(), *bad])
    assert verdict.outcome is Outcome.VIOLATED
    assert "node fin-a, side b" in verdict.reason
    assert "node fin-b, side b" in verdict.reason
    assert verdict.evidence[0].number == 12


def test_a_violated_finding_of_a_part_of_the_space_or_beside_it_counts_too() -> None:
    for cell in (Cell(), Cell.of(node="fin-a"), Cell.of(agent="1001")):
        assert ruled("X-01", SPACE, header(), [*every(), violated(cell, "wrong")]).outcome is Outcome.VIOLATED


def test_a_held_finding_of_a_part_of_the_space_fills_nothing() -> None:
    assert ruled("X-01", SPACE, header(), [held(Cell(), "all is well")]).outcome is Outcome.INCONCLUSIVE


def test_a_cell_that_one_good_look_has_filled_stays_filled() -> None:
    verdict = ruled("X-01", SPACE, header(), [*every(), inconclusive(CELLS[0], "that look was late")])
    assert verdict.outcome is Outcome.HELD


def test_a_doubt_about_a_whole_journal_takes_the_green() -> None:
    verdict = ruled("X-01", SPACE, header(), [*every(), inconclusive(Cell(), "the journal breaks off")])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the journal breaks off" in verdict.reason


def test_unfit_cells_are_counted_and_not_held_against_it() -> None:
    space = grid(node=nodes, side=("a", "b"), unfit=made_by("side", {"b": "b-lost"}))
    some = [finding for finding in every() if finding.cell["side"] == "a"]
    verdict = ruled("X-01", space, header(), some, {"b-lost": "no link cti-b"})
    assert verdict.outcome is Outcome.HELD
    assert verdict.covered == "2 of 4"
    assert "2 of 4" in verdict.reason


def test_a_grid_of_which_the_lab_can_host_nothing_is_not_held() -> None:
    space = grid(side=("b",), unfit=made_by("side", {"b": "b-lost"}))
    assert ruled("X-01", space, header(), [], {"b-lost": "no link"}).outcome is Outcome.INCONCLUSIVE


def test_no_journal_at_all_is_inconclusive() -> None:
    assert ruled("X-01", SPACE, None, []).outcome is Outcome.INCONCLUSIVE


def test_the_figure_that_is_shown_is_the_one_nearest_to_an_edge() -> None:
    bound = Bound(0.0, 10.0, "X-01")
    found = [
        timed(cell, "it took", Span(took, took), bound) for cell, took in zip(CELLS, (1.0, 9.5, 3.0, 2.0), strict=True)
    ]
    assert ruled("X-01", SPACE, header(), found).measured == Span(9.5, 9.5)


@given(st.lists(st.tuples(st.sampled_from(list(Outcome)), st.sampled_from([*CELLS, Cell(), Cell.of(node="fin-a")]))))
def test_a_verdict_is_held_only_if_every_cell_has_a_held_finding_and_none_is_violated(
    drawn: list[tuple[Outcome, Cell]],
) -> None:
    findings = [a_finding(outcome, cell) for outcome, cell in drawn]
    verdict = ruled("X-01", SPACE, header(), findings)
    filled = {cell for outcome, cell in drawn if outcome is Outcome.HELD}
    if any(outcome is Outcome.VIOLATED for outcome, _ in drawn):
        assert verdict.outcome is Outcome.VIOLATED
    elif verdict.outcome is Outcome.HELD:
        assert set(CELLS) <= filled
    assert verdict == ruled("X-01", SPACE, header(), findings), "the same findings give the same verdict"


# --- checks on journals ----------------------------------------------------------------------------------------------

WHOLE = "0 fin-a a stands\n0 fin-b a stands"


def speaks(*findings: Finding, needs: Callable[[History], bool] = lambda _: True) -> Check:
    @check(grid(node=nodes), needs=needs)
    def made(history: History) -> Iterator[Finding]:
        """Says what it was told to say."""
        yield from findings

    return made


def history(text: str = WHOLE, *, clock: str = "virtual", lasts_s: float = 60.0) -> History:
    return History(played(framed(text, lasts_s=lasts_s), clock=clock))


GOOD = [held(Cell.of(node=node), "fine") for node in ("fin-a", "fin-b")]


def test_a_check_is_given_all_journals_and_those_it_was_not_played_for_need_not_show_anything() -> None:
    good = judged("X-01", speaks(*GOOD), [history()], [history()])
    assert good.outcome is Outcome.HELD
    assert {finding.experiment for finding in good.findings} == {"trial"} or good.findings[0].experiment

    def only_long(one: History) -> bool:
        return one.whole.end_s > 70

    assert judged("X-01", speaks(*GOOD, needs=only_long), [history(lasts_s=90)], [history()]).outcome is Outcome.HELD
    assert judged("X-01", speaks(*GOOD, needs=only_long), [history()]).outcome is Outcome.INCONCLUSIVE


def test_a_violation_in_a_journal_that_it_was_not_played_for_counts() -> None:
    bad = speaks(*GOOD, violated(Cell.of(node="fin-b"), "wrong"), needs=lambda one: one.whole.end_s > 70)
    assert judged("X-01", bad, [], [history(lasts_s=90)]).outcome is Outcome.VIOLATED


def test_an_experiment_that_could_not_be_played_takes_the_green() -> None:
    verdict = judged("X-01", speaks(*GOOD), [history()], [], {"b-lost": "the console was gone"})
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "nothing is known of b-lost: the console was gone" in verdict.reason


def test_what_kept_many_from_being_played_is_said_once() -> None:
    missing = {"a-lost": "no room", "b-lost": "the console was gone", "a-cut": "no room"}
    reason = judged("X-01", speaks(*GOOD), [history()], [], missing).reason
    assert "nothing is known of a-lost, a-cut: no room" in reason
    assert reason.count("no room") == 1
    assert "nothing is known of b-lost: the console was gone" in reason


@pytest.mark.parametrize("line", ["10.0 fault reset bitten", "59.999 fault reset held", "61.0 fault reset lifted"])
def test_a_journal_whose_fault_lacks_a_proof_is_never_green(line: str) -> None:
    text = framed(WHOLE, lasts_s=60.0)
    assert line in text
    one = History(played(text.replace(line, "")))
    assert judged("X-01", speaks(*GOOD), [one]).outcome is Outcome.INCONCLUSIVE


def test_what_a_check_cannot_judge_is_inconclusive_with_its_reason() -> None:
    @check(grid(node=nodes))
    def short(_: History) -> Iterator[Finding]:
        """Sees too little."""
        raise EvidenceError("too little was seen")
        yield

    verdict = judged("X-01", short, [history()])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "too little was seen" in verdict.reason


# --- witnesses -------------------------------------------------------------------------------------------------------

BLAME = [violated(Cell.of(node="fin-a"), "wrong", Evidence(30.0, "seen"))]


def outcome_of(one: History, *findings: Finding) -> Outcome:
    return judged("X-01", speaks(*(findings or BLAME)), [one]).outcome


def test_who_was_late_blames_nobody() -> None:
    assert outcome_of(history(clock="real")) is Outcome.VIOLATED
    assert outcome_of(history(WHOLE + "\n32 late 25", clock="real")) is Outcome.INCONCLUSIVE
    assert outcome_of(history(WHOLE + "\n32 late 25")) is Outcome.VIOLATED, "time stands still while we are late"


def _asked(at_s: float, status: int | None) -> RestExchange:
    failure = None if status else "timeout"
    return RestExchange(
        at_s=at_s, sent_s=at_s - 1, node="fin-a", agent=None, resource="GET SystemInfo", path="/", status=status,
        failure=failure,
    )  # fmt: skip


def _with(*exchanges: RestExchange) -> History:
    timeline = played(framed(WHOLE, lasts_s=60.0), clock="virtual")
    return History(type(timeline)(sorted([*timeline, *exchanges], key=lambda seen: seen.at_s)))


def test_who_got_no_answer_from_a_node_at_all_does_not_blame_it() -> None:
    assert outcome_of(_with(_asked(28.0, None), _asked(31.0, None))) is Outcome.INCONCLUSIVE
    assert outcome_of(_with(_asked(28.0, None), _asked(31.0, 503))) is Outcome.VIOLATED
    assert outcome_of(_with(_asked(8.0, None), _asked(11.0, None))) is Outcome.VIOLATED, "that was long before"


def _slow(begins_s: float, over_s: float) -> str:
    begun = (
        f"{begins_s} fault slow-b injecting",
        f"{begins_s} fault slow-b injected",
        f"{begins_s + 4} fault slow-b bitten",
    )
    return "\n".join((WHOLE, *begun, f"{over_s} fault slow-b rolled-back", f"{over_s} fault slow-b lifted"))


def test_who_was_told_late_by_a_fault_of_ours_is_not_blamed_for_it() -> None:
    assert outcome_of(history(_slow(20.0, 45.0))) is Outcome.INCONCLUSIVE
    assert outcome_of(history(_slow(12.0, 27.0))) is Outcome.INCONCLUSIVE, "what it had kept back came later still"
    assert outcome_of(history(_slow(12.0, 20.0))) is Outcome.VIOLATED, "that was long before"
    assert outcome_of(history(_slow(32.0, 45.0))) is Outcome.VIOLATED, "that came after it"


def test_what_is_about_delays_blames_whoever_was_told_late() -> None:
    assert outcome_of(history(_slow(20.0, 45.0)), replace(BLAME[0], minds_delay=False)) is Outcome.VIOLATED


def test_what_rests_on_a_fault_that_slipped_is_inconclusive_either_way() -> None:
    slipped = framed(WHOLE, lasts_s=60.0).replace("59.999 fault reset held", "20 fault reset not-held")
    one = History(played(slipped))
    assert outcome_of(one) is Outcome.INCONCLUSIVE
    assert outcome_of(one, *GOOD) is Outcome.INCONCLUSIVE


def test_what_rests_on_a_relay_that_cannot_follow_is_inconclusive() -> None:
    deaf = history(WHOLE + "\n20 fin-a a garbage")
    assert outcome_of(deaf) is Outcome.INCONCLUSIVE
