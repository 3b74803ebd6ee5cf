"""The clause map: what became of each clause that was to be judged, as a value, as `summary.json`, as a table."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chaos.report.explained import Explained
from chaos.report.judged import Judged
from chaos.report.known import LAPSED, WaiverRow
from chaos.report.timings import PlayedRow, RecoveryRow, TimingRow, timings_of
from chaos.report.together import Group, arranged
from chaos.verdicts import CLAUSES, Outcome, Verdict, drawn_together, worst
from chaos.verdicts.grid import CellState

UNFIT = "UNFIT"
NOT_RUN = "NOT RUN"
# Of summary.json (docs/summary.schema.json): raised when a field changes its meaning or goes, not for a new one.
SCHEMA = 1

_ORDER = {row.id: number for number, row in enumerate(CLAUSES)}
_TEXTS = {row.id: row.text for row in CLAUSES}
_STYLES = {
    Outcome.HELD.value: "green",
    Outcome.VIOLATED.value: "bold red",
    Outcome.INCONCLUSIVE.value: "bold yellow",
    UNFIT: "dim",
    NOT_RUN: "dim",
}
# A table with test names needs this many columns; a narrower one counts the tests and names those that did not hold.
_WIDE = 132
# Below this it has no room for figures and counts either; ids, verdicts and cells stand whole on the narrowest.
_NARROW = 72
# More clauses without tests than this are counted in the conclusion, not named; summary.json names them all.
_NAMED_MAX = 12
# So many groups of violated clauses does the conclusion tell.
_TOLD_MAX = 2
# And so many clauses that go with one are named.
_WITH_MAX = 4


@dataclass(frozen=True)
class CellRow:
    """One cell of a test's grid. at: axis → value. outcome: an Outcome's value, UNFIT or UNJUDGED. looks: how many
    findings speak of it. by: the experiments in which that outcome was found."""

    at: Mapping[str, str]
    outcome: str
    reason: str
    looks: int
    by: Sequence[str] = ()


@dataclass(frozen=True)
class TestRow:
    """One clause test in the map. verdict: an Outcome's value or UNFIT. measured, bound: None if it was not timed.
    grid: empty for a statement that was judged without one. explained: of a VIOLATED one. timings: every timed look at
    it, by experiment and cell. known: tickets under which all that is wrong is known."""

    __test__ = False  # pytest takes classes of this name for tests

    test: str
    name: str
    experiment: str
    verdict: str
    reason: str
    measured: str | None
    bound: str | None
    grid: tuple[CellRow, ...] = ()
    explained: Explained | None = None
    timings: tuple[TimingRow, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClauseRow:
    """One clause in the map. verdict: an Outcome's value, UNFIT or NOT RUN. tests: node ids. defects: names. cells:
    how many of its grid's cells came to what; empty without a grid."""

    id: str
    text: str
    verdict: str
    reason: str
    measured: str | None
    bound: str | None
    tests: tuple[str, ...]
    defects: tuple[str, ...]
    details: tuple[TestRow, ...]
    cells: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether it is VIOLATED, and all of that is known."""
        wrong = [one for one in self.details if one.verdict == Outcome.VIOLATED]
        return bool(wrong) and all(one.known for one in wrong)

    @property
    def covered(self) -> str:
        """ "12 of 14": how many cells held of all that its statement speaks of; "" without a grid."""
        total = sum(self.cells.values())
        return f"{self.cells.get(Outcome.HELD, 0)} of {total}" if total else ""

    @property
    def unfit_cells(self) -> int:
        """How many cells this lab cannot host, tests that it cannot host as a whole left aside."""
        return self.cells.get(UNFIT, 0)


@dataclass(frozen=True)
class Summary:
    """A whole run. clock: "virtual" or "real"; lab_s: seconds of the lab's clock, wall_s: seconds it took. untested:
    clauses that were asked for and that no test of the run judges. seeded: defects of the mock that were switched on.
    replay: the arguments of `finesse-chaos run` that play it again, clauses left out; () if that is not known.
    deployment: "lab" or "mock". nodes: Finesse nodes. played: each experiment; recoveries: how long each lasted.
    waivers: what became of each. ended: why the run ended before every test had judged; "" if all of them have.
    changed: why the lab is still changed; "" if it is as it was found."""

    clauses: tuple[ClauseRow, ...]
    seed: int
    clock: str
    lab_s: float
    wall_s: float
    lab: str
    release: str
    started: str
    untested: tuple[str, ...] = ()
    seeded: tuple[str, ...] = ()
    replay: tuple[str, ...] = ()
    deployment: str = ""
    nodes: tuple[str, ...] = ()
    played: tuple[PlayedRow, ...] = ()
    recoveries: tuple[RecoveryRow, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()
    ended: str = ""
    changed: str = ""

    def counts(self) -> dict[str, int]:
        """How many clauses came to each verdict; those that none came to are left out."""
        found = {verdict: sum(row.verdict == verdict for row in self.clauses) for verdict in _STYLES}
        return {verdict: count for verdict, count in found.items() if count}

    def conclusion(self) -> str:
        """The run in one line."""
        findings = self.findings()
        between = "; " if self.groups else ". " if findings else "."
        return f"{self.headline()}{between}{findings}"

    @property
    def unfit_cells(self) -> int:
        """How many cells of all grids this lab cannot host."""
        return sum(row.unfit_cells for row in self.clauses)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """What is violated, in groups of what goes together, that first which is the nearest to what is wrong."""
        return arranged([one.explained for row in self.clauses for one in row.details if one.explained is not None])

    def violated(self) -> list[tuple["TestRow", Explained]]:
        """The tests that are violated, with what is said of them, in the order of the groups."""
        tests = {id(one.explained): one for row in self.clauses for one in row.details}
        return [(tests[id(told)], told) for group in self.groups for told in group.all]

    def headline(self) -> str:
        """How many clauses came to what."""
        if not self.clauses:
            return "No clause was to be judged"
        told = ", ".join(f"{count} {verdict}" for verdict, count in self.counts().items())
        return f"{len(self.clauses)} clause{'s' if len(self.clauses) > 1 else ''}: {told}"

    def findings(self) -> str:
        """What the conclusion says beside its figures: what is wrong, and what somebody has to know."""
        ended = f" The run ended early: {self.ended}." if self.ended else ""
        ended += f" THE LAB IS STILL CHANGED: {self.changed}." if self.changed else ""
        violated = self._violated()
        wrong = f"{violated}." if violated else ""
        return f"{wrong}{ended}{self._waived()}{self._uncovered()}{self._untold()}{self._seeded()}".strip()

    def _violated(self) -> str:
        """What is wrong, in so many words: of the first groups, the others have a line each below."""
        told = []
        for group in self.groups[:_TOLD_MAX]:
            others = group.with_it
            more = f" and {len(others) - _WITH_MAX} more" if len(others) > _WITH_MAX else ""
            along = f"; {', '.join(others[:_WITH_MAX])}{more} with it" if others else ""
            told.append(f"{group.name}: {group.first.short or 'violated'}{along}")
        more_groups = len(self.groups) - _TOLD_MAX
        return "; ".join([*told, *([f"and {more_groups} more"] if more_groups > 0 else [])])

    def _waived(self) -> str:
        """A known failure is one all the same; a waiver that has lapsed is told where everybody looks."""
        known = [row.id for row in self.clauses if row.is_known]
        said = f" Known issues: {', '.join(known)}." if known else ""
        lapsed = list(dict.fromkeys(f"{one.clause} ({one.ticket})" for one in self.waivers if one.state == LAPSED))
        return said + (f" WAIVERS HAVE LAPSED: {', '.join(lapsed)}." if lapsed else "")

    def _seeded(self) -> str:
        """A run of the mock with a defect of ours must not be taken for the product's."""
        return f" The mock had defects switched on: {', '.join(self.seeded)}." if self.seeded else ""

    def _uncovered(self) -> str:
        """A HELD that leaves something out says so."""
        if not self.unfit_cells:
            return ""
        cells = sum(sum(row.cells.values()) for row in self.clauses)
        return f" {self.unfit_cells} of {cells} cells are unfit for this lab."

    def _untold(self) -> str:
        """What was asked for, and has no test: whoever reads the conclusion must not take it for judged."""
        if not self.untested:
            return ""
        tested, untested = len(self.clauses), len(self.untested)
        which = f" ({', '.join(self.untested)})" if untested <= _NAMED_MAX else ""
        return f" {tested + untested} were asked for: {_has(tested)} tests, {_has(untested)} none{which}."


def _has(count: int) -> str:
    return f"{count} {'has' if count == 1 else 'have'}"


def summarize(
    judged: Sequence[Judged],
    defects: Mapping[str, Sequence[str]],
    *,
    seed: int,
    clock: str,
    lab_s: float,
    wall_s: float,
    lab: str,
    release: str,
    wanted: Sequence[str],
    started: str = "",
    untested: Sequence[str] = (),
    seeded: Sequence[str] = (),
    replay: Sequence[str] = (),
    deployment: str = "",
    nodes: Sequence[str] = (),
    played: Sequence[PlayedRow] = (),
    recoveries: Sequence[RecoveryRow] = (),
    waivers: Sequence[WaiverRow] = (),
    ended: str = "",
    changed: str = "",
) -> Summary:
    """The map of the clauses `wanted` and of any other that was judged, in the catalogue's order.

    A clause's verdict is the worst of its tests. Tests that were unfit do not weigh, but its reason tells of them.
    untested: asked for, and judged by no test. defects: of the mock, names by clause; none for a live lab.
    started: wall time, ISO 8601. lab_s, wall_s: seconds. ended: why some tests never judged, "" if all have.
    changed: why the lab is still changed, "" if it is not.
    """
    tests: dict[str, list[Judged]] = {id: [] for id in wanted}
    for one in judged:
        tests.setdefault(one.clause, []).append(one)
    ids = sorted(tests, key=lambda id: (_ORDER.get(id, len(_ORDER)), id))
    rows = tuple(_clause_row(id, tests[id], tuple(defects.get(id, ())), ended) for id in ids)
    return Summary(
        rows,
        seed,
        clock,
        round(lab_s, 6),
        round(wall_s, 3),
        lab,
        release,
        started,
        tuple(untested),
        tuple(seeded),
        tuple(replay),
        deployment,
        tuple(nodes),
        tuple(played),
        tuple(recoveries),
        tuple(waivers),
        ended,
        changed,
    )


def _clause_row(id: str, judged: Sequence[Judged], defects: tuple[str, ...], ended: str) -> ClauseRow:
    details = tuple(_test_row(one) for one in judged)
    verdicts = [one.verdict for one in judged if one.verdict is not None]
    verdict, measured, bound = NOT_RUN, None, None
    reason = f"none of its tests ran: {ended}" if ended else "none of its tests ran"
    if verdicts:
        weightiest = worst(verdicts)
        verdict, reason = weightiest.outcome.value, weightiest.reason
        shown = _shown_figure(weightiest, verdicts)
        measured, bound = _figures(shown)
        unfit = sum(one.verdict is None for one in judged)
        if unfit:
            reason += f" ({unfit} of {len(judged)} tests unfit for this lab)"
    elif judged:
        verdict, reason = UNFIT, judged[0].unfit or "not judged"
    cells = Counter(cell.outcome for row in details for cell in row.grid)
    tests = tuple(one.test for one in judged)
    return ClauseRow(id, _TEXTS.get(id, ""), verdict, reason, measured, bound, tests, defects, details, dict(cells))


def _test_row(judged: Judged) -> TestRow:
    verdict = judged.verdict
    if verdict is None:
        reason = judged.unfit or "not judged"
        return TestRow(judged.test, judged.name, judged.experiment, UNFIT, reason, None, None)
    measured, bound = _figures(verdict)
    grid = tuple(_cell_row(verdict, one) for one in verdict.grid)
    return TestRow(
        judged.test,
        judged.name,
        judged.experiment,
        verdict.outcome.value,
        verdict.reason,
        measured,
        bound,
        grid,
        judged.explained,
        timings_of(verdict),
        judged.known,
    )


def _cell_row(verdict: Verdict, one: CellState) -> CellRow:
    found = (verdict.findings[number] for number in one.findings)
    by = dict.fromkeys(each.experiment for each in found if each.outcome == one.outcome and each.experiment)
    return CellRow(dict(one.cell.at), str(one.outcome), one.reason, len(one.findings), tuple(by))


def _shown_figure(weightiest: Verdict, verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict whose figure stands for the clause: the weightiest, or an equal one if that was not timed."""
    if weightiest.measured is not None:
        return weightiest
    equals = (one for one in verdicts if one.outcome is weightiest.outcome and one.measured is not None)
    return next(equals, weightiest)


def _figures(verdict: Verdict) -> tuple[str | None, str | None]:
    measured = None if verdict.measured is None else str(verdict.measured)
    bound = None if verdict.bound is None else f"{verdict.bound.min_s:g} … {verdict.bound.max_s:g} s"
    return measured, bound


def write_summary(summary: Summary, path: Path) -> None:
    """Write `summary.json`, whole or not at all."""
    document = {"schema": SCHEMA} | asdict(summary) | {"conclusion": summary.conclusion()}
    unfinished = path.with_name(path.name + ".new")
    try:
        unfinished.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def print_map(summary: Summary, console: Console) -> None:
    """Print the map, those that did not hold with their reasons, and the conclusion. Piped, a clause is one line."""
    console.print(_table(summary, console))
    console.print(
        f"lab {summary.lab}, release {summary.release}, seed {summary.seed}: {summary.lab_s:.0f} s of the lab's time "
        f"({summary.clock} clock) in {summary.wall_s:.1f} s",
        markup=False,
        highlight=False,
        soft_wrap=not console.is_terminal,
    )
    for row in summary.clauses:
        _print_reasons(row, console)
    not_run: dict[str, list[str]] = {}  # an interrupted run has one reason for many
    for row in summary.clauses:
        if row.verdict == NOT_RUN:
            not_run.setdefault(row.reason, []).append(row.id)
    for reason, ids in not_run.items():
        text = Text.assemble((f"{drawn_together(ids)} {NOT_RUN}", _STYLES[NOT_RUN]), f": {reason}")
        console.print(text, soft_wrap=not console.is_terminal)
    names = {id(told): one for one, told in summary.violated()}
    for group in summary.groups:
        _print_group(group, names, console)
    for one in summary.waivers:
        console.print(Text(one.said, style="bold yellow" if one.is_loud else ""), soft_wrap=not console.is_terminal)
    console.print(Text(summary.conclusion(), style="bold"), soft_wrap=not console.is_terminal)


def _table(summary: Summary, console: Console) -> Table:
    """One row a clause, with as many columns as there is room for; piped, a row is one line, so names are counted."""
    wide, narrow = console.is_terminal and console.width >= _WIDE, console.width < _NARROW
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for title in ("Clause", "Verdict", "Cells"):
        table.add_column(title, no_wrap=True)
    has_defects = not narrow and any(row.defects for row in summary.clauses)  # a live lab has none
    if not narrow:
        flat = wide or not console.is_terminal
        table.add_column("Measured (bound)" if flat else "Measured\n(bound)", no_wrap=True)
        table.add_column("Tests", overflow="fold")
    if has_defects:
        table.add_column("Defects it catches" if wide else "Defects", overflow="fold")
    for row in summary.clauses:
        columns = [Text(row.id), Text(row.verdict, style=_STYLES[row.verdict]), Text(row.covered or "–")]
        if not narrow:
            tests = "\n".join(one.name for one in row.details) if wide else str(len(row.tests))
            columns += [_figure_text(row, wide=flat), Text(tests or "–")]
        if has_defects:
            columns.append(Text(("\n".join(row.defects) if wide else str(len(row.defects))) if row.defects else "–"))
        table.add_row(*columns)
    return table


def _figure_text(row: ClauseRow, *, wide: bool) -> Text:
    if row.measured is None:
        return Text("–")
    if row.bound is None:
        return Text(row.measured)
    return Text(row.measured + (" " if wide else "\n") + f"({row.bound})")


def _print_reasons(row: ClauseRow, console: Console) -> None:
    """One paragraph for each test of the clause that was not judged, or whose failure nothing explains."""
    troubled = [one for one in row.details if one.verdict != Outcome.HELD and one.explained is None]
    for one in troubled:
        known = f" (known: {', '.join(one.known)})" if one.known else ""
        console.print(Text.assemble((f"{row.id} {one.verdict}", _STYLES[one.verdict]), f"{known}: {one.name}"))
        console.print(Text("    " + one.reason), soft_wrap=not console.is_terminal)


def _print_group(group: Group, tests: Mapping[int, TestRow], console: Console) -> None:
    """What is the nearest to a cause in all its lines; what goes with it in one each."""
    for number, told in enumerate(group.all):
        one = tests[id(told)]
        known = f" (known: {', '.join(one.known)})" if one.known else ""
        style = _STYLES[one.verdict]
        console.print(Text.assemble((f"{told.clause} {one.verdict}", style), f"{known}: {one.name}"))
        lines = told.lines() if number == 0 else (("with", f"{group.first.clause}: {group.others[number - 1].why}"),)
        for label, text in lines if number == 0 else (("seen", told.short or one.reason), *lines):
            # The command is not wrapped anywhere: whoever copies it copies one line.
            unwrapped = label == "play it again" or not console.is_terminal
            console.print(Text.assemble(f"    {label}: ", (text, "bold")), soft_wrap=unwrapped)
