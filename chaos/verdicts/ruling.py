"""From findings to a verdict: one pure function for all clauses.

VIOLATED if any finding is. HELD if every cell that this lab can host has a HELD finding. Else INCONCLUSIVE, naming the
cells that nobody judged, or why they could not be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.history.bookkeeping import belied
from chaos.journal import Header
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding, inconclusive
from chaos.verdicts.grid import Cell, CellState, Grid
from chaos.verdicts.hosting import Filling, not_to_be_filled
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.proof import baseless, cut_short, unfinished
from chaos.verdicts.verdict import UNFIT, UNJUDGED, Verdict
from chaos.verdicts.witness import witnessed

_NAMED_MAX = 5


def judged(
    clause: str,
    checked: Check,
    played: Sequence[History],
    others: Sequence[History] = (),
    missing: Mapping[str, str] = MappingProxyType({}),
    not_hosted: Mapping[str, str] = MappingProxyType({}),
    filling: Filling = MappingProxyType({}),
) -> Verdict:
    """The verdict of a check on all journals of a run that it can speak about; never raises for lack of evidence.

    played: those that were played for it; a doubt about one of these stands in the way of a HELD. others: the rest of
    the run's, whose findings count like any, but which need not show anything. missing: experiments that were to be
    played for it and could not be, or whose journal cannot be read, with the reason. not_hosted: those that
    this lab cannot host: unfit cells. filling: which of the experiments fill a cell.
    """
    findings = [finding for history in played for finding in (*found(checked, history), *_in_doubt(history))]
    for history in others:
        findings += [finding for finding in found(checked, history) if finding.outcome is not Outcome.INCONCLUSIVE]
    alike: dict[str, list[str]] = {}  # what ends a run, or fills a disk, keeps many from being played
    for experiment, reason in missing.items():
        alike.setdefault(reason, []).append(experiment)
    for reason, experiments in alike.items():
        findings.append(inconclusive(Cell(), f"nothing is known of {', '.join(experiments)}: {reason}"))
    header = next((one for history in (*played, *others) for one in history.whole.of(Header)), None)
    return ruled(clause, checked.grid, header, findings, not_hosted, filling)


def found(checked: Check, history: History) -> list[Finding]:
    """What a check finds in one journal, as far as that journal and whoever looked can be trusted."""
    try:
        if not checked.needs(history):
            return []
        doubts = _nothing_told(history)
        if doubts:
            findings = [inconclusive(Cell(), "; ".join(doubts))]
        else:
            why = checked.doubt(history)
            findings = [_doubted(witnessed(history, finding), why) for finding in checked.find(history)]
    except EvidenceError as error:
        findings = [inconclusive(Cell(), "; ".join((str(error), *cut_short(history.whole))))]
    doubts = unfinished(history.whole)
    return [_stamped(_tempered(finding, doubts), history) for finding in findings]


def _in_doubt(history: History) -> list[Finding]:
    """What stands in the way of a HELD for which that journal was played, whatever others show: a fault of ours that
    did not do what it says, an experiment that was cut short."""
    doubts = (*_nothing_told(history), *unfinished(history.whole))
    return [_stamped(inconclusive(Cell(), "; ".join(doubts)), history)] if doubts else []


def _nothing_told(history: History) -> tuple[str, ...]:
    """Why nothing at all may be judged from that journal."""
    return (*baseless(history.whole), *belied(history))


def _doubted(finding: Finding, why: str | None) -> Finding:
    return finding if why is None or finding.outcome is Outcome.INCONCLUSIVE else finding.doubted(why)


def _tempered(finding: Finding, doubts: Iterable[str]) -> Finding:
    """A HELD from an experiment that is in doubt is INCONCLUSIVE: without proof nothing is green."""
    doubts = tuple(doubts)
    return finding.doubted("; ".join(doubts)) if doubts and finding.outcome is Outcome.HELD else finding


def _stamped(finding: Finding, history: History) -> Finding:
    headers = history.whole.of(Header)
    return replace(finding, experiment=headers[0].experiment if headers else "")


def ruled(
    clause: str,
    grid: Grid,
    header: Header | None,
    findings: Sequence[Finding],
    not_hosted: Mapping[str, str] = MappingProxyType({}),
    filling: Filling = MappingProxyType({}),
) -> Verdict:
    """One verdict from all findings over a grid."""
    weighed = sorted(findings, key=lambda finding: _WEIGHT[finding.outcome])
    cells = () if header is None else grid.cells(header)
    lying = _lying_in(cells, weighed)
    states = (
        () if header is None else tuple(_state(grid, header, cell, lying[cell], not_hosted, filling) for cell in cells)
    )
    against = [finding for finding in weighed if finding.outcome is Outcome.VIOLATED]
    if against:
        return _verdict(clause, Outcome.VIOLATED, _reason(against), against[0], weighed, states)
    # A cell that one good look has filled stays filled; a doubt about a whole journal that was played for this clause,
    # or an experiment that could not be played, is outweighed by nothing.
    open_cells = [state for state in states if state.outcome in (Outcome.INCONCLUSIVE, UNJUDGED)]
    broken = [finding for finding in weighed if finding.outcome is Outcome.INCONCLUSIVE and not finding.cell.at]
    fit = [state for state in states if state.outcome != UNFIT]
    if open_cells or broken or not fit:
        why = _why_open(open_cells, broken, states)
        shown = next((finding for finding in weighed if finding.outcome is Outcome.INCONCLUSIVE), None)
        return _verdict(clause, Outcome.INCONCLUSIVE, why, shown, weighed, states)
    return _verdict(clause, Outcome.HELD, _all_held(states, weighed), _tightest(weighed), weighed, states)


_WEIGHT = {Outcome.VIOLATED: 0, Outcome.INCONCLUSIVE: 1, Outcome.HELD: 2}


def _lying_in(cells: Sequence[Cell], findings: Sequence[Finding]) -> Mapping[Cell, list[tuple[int, Finding]]]:
    """Which findings, with their places, lie in which of these cells: looked up by the axes that a cell has."""
    lying: dict[Cell, list[tuple[int, Finding]]] = {cell: [] for cell in cells}
    groups = {tuple(axis for axis, _ in cell.at) for cell in cells}
    for n, finding in enumerate(findings):
        at = dict(finding.cell.at)
        for axes in groups:
            if all(axis in at for axis in axes):
                part = Cell(tuple((axis, at[axis]) for axis in axes))
                if part in lying:
                    lying[part].append((n, finding))
    return lying


def _state(
    grid: Grid,
    header: Header,
    cell: Cell,
    own: Sequence[tuple[int, Finding]],
    not_hosted: Mapping[str, str],
    filling: Filling,
) -> CellState:
    numbers = tuple(n for n, _ in own)
    outcomes = {finding.outcome for _, finding in own}
    for outcome in (Outcome.VIOLATED, Outcome.HELD, Outcome.INCONCLUSIVE):
        if outcome in outcomes:
            reason = next(finding.reason for _, finding in own if finding.outcome is outcome)
            is_unfit = outcome is Outcome.INCONCLUSIVE and any(finding.is_unfit for _, finding in own)
            return CellState(cell, UNFIT if is_unfit else outcome, reason, numbers)
    lack = grid.lacks(header, cell, not_hosted) or not_to_be_filled(cell, header.nodes, filling, not_hosted)
    if lack is not None:
        return CellState(cell, UNFIT, lack)
    return CellState(cell, UNJUDGED, "nobody looked there")


def _reason(against: Sequence[Finding]) -> str:
    """What is wrong, and everywhere that it is: one sentence, then the other places."""
    first = against[0]
    others = list(dict.fromkeys(str(one.cell) for one in against if one.cell != first.cell))
    where = f"{first.reason} (at {first.cell}, in {first.experiment or 'this journal'}"
    if others:
        more = f" and {len(others) - _NAMED_MAX} more" if len(others) > _NAMED_MAX else ""
        where += f"; likewise at {'; at '.join(others[:_NAMED_MAX])}{more}"
    return where + ")"


def _why_open(open_cells: Sequence[CellState], broken: Sequence[Finding], states: Sequence[CellState]) -> str:
    parts = [f"{one.experiment}: {one.reason}" if one.experiment else one.reason for one in broken[:_NAMED_MAX]]
    if open_cells:
        told = {one.reason for one in broken[:_NAMED_MAX]}
        alike: dict[str, list[str]] = {}
        for state in open_cells[:_NAMED_MAX]:
            alike.setdefault(_without(state.reason, told), []).append(str(state.cell))
        named = "; ".join(f"{' and '.join(cells)}: {why}" for why, cells in alike.items())
        more = f"; and {len(open_cells) - _NAMED_MAX} more" if len(open_cells) > _NAMED_MAX else ""
        parts.append(f"{len(open_cells)} of {len(states)} cells were not judged: {named}{more}")
    if not parts:
        parts.append(
            "there was nothing to judge: no journal that it can speak about, or no cell that this lab can host"
        )
    return "; ".join(parts)


def _without(reason: str, told: Iterable[str]) -> str:
    """A cell's reason without the doubt about its whole journal, which stands before it already."""
    doubt = next((one for one in told if reason.endswith(f", but {one}")), None)
    return reason if doubt is None else reason.removesuffix(f", but {doubt}") + ", but for that"


def _all_held(states: Sequence[CellState], findings: Sequence[Finding]) -> str:
    fit = [state for state in states if state.outcome != UNFIT]
    said = f"held at {len(fit)} of {len(states)} cells" if len(fit) < len(states) else f"held at all {len(fit)} cells"
    reasons = list(dict.fromkeys(finding.reason for finding in findings if finding.outcome is Outcome.HELD))
    return f"{reasons[0]} ({said})" if len(reasons) == 1 else said


def _tightest(findings: Sequence[Finding]) -> Finding | None:
    """The measured finding that came nearest to an edge of its bound; any finding where none is measured."""
    timed = [finding for finding in findings if finding.measured and finding.bound]
    if not timed:
        return next(iter(findings), None)
    return min(timed, key=_margin)


def _margin(finding: Finding) -> float:
    assert finding.measured is not None
    assert finding.bound is not None
    return finding.bound.margin(finding.measured)


def _verdict(
    clause: str,
    outcome: Outcome,
    reason: str,
    shown: Finding | None,
    findings: Sequence[Finding],
    states: tuple[CellState, ...],
) -> Verdict:
    evidence: tuple[Evidence, ...] = ()
    if shown is not None:
        evidence = tuple(
            Evidence(item.at_s, item.text, item.number, shown.experiment or None) for item in shown.evidence
        )
    return Verdict(
        clause,
        outcome,
        reason,
        evidence,
        shown.measured if shown else None,
        shown.bound if shown else None,
        tuple(findings),
        states,
    )
