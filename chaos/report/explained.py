"""A violated clause for whoever reads it in the morning: what, since when, where, who noticed, why, and again. Pure.

Everything is read out of the verdict's findings and the journals that they cite; what of that went wrong first is said
in `diverged.py`, and whose doing it is in `components.py`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.history.happenings import NOTICE
from chaos.journal import Header, Timeline
from chaos.report.components import GENERAL, component
from chaos.report.diverged import Divergence, divergences, measured_between
from chaos.report.noticed import counted, listed, noticed, short_names
from chaos.verdicts import CLAUSES, Outcome, Verdict, clause
from chaos.verdicts.axes import AXES
from chaos.verdicts.finding import Finding
from chaos.verdicts.grid import Cell
from chaos.verdicts.verdict import UNJUDGED

# Axes have up to dozens of values; more than these are counted.
_VALUES_MAX = 6
_AGENTS_MAX = 8
_END = "end"
"""The axis of where something was in the end."""
_SECONDS = re.compile(r"\d+(?:\.\d+)?(?: (?:to|…) \d+(?:\.\d+)?)? s\b")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")
_OUTSIDE = " lies outside the bound"


@dataclass(frozen=True)
class Explained:
    """A violated clause in words. failing: "axis: the values that fail (of how many)", of its grid. again: the one
    command that plays it again; "" if that is not known. defects: those of the mock that were switched on. short:
    what was seen most often, and where, in one clause of a sentence. agents: what they noticed in the experiment in
    which it was seen first, which the text names: there may be others, and agents.md has each. rank: of several that
    are violated the smallest is the nearest to what is wrong, by its own shape alone. fails, spared: axis → the
    values with a failing cell, and those without that have held. places: experiments and nodes in which it was seen.
    began: experiment → when it first did not hold there, in seconds."""

    clause: str
    expected: str
    seen: str
    since: str
    where: str
    agents: str
    likely: str
    cells: str
    failing: tuple[str, ...]
    again: str
    defects: tuple[str, ...] = ()
    short: str = ""
    rank: tuple[float, ...] = ()
    fails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    began: Mapping[str, float] = field(default_factory=dict)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """(label, text), in the order in which they are read."""
        shown = (
            ("seeded defect", ", ".join(self.defects) + " (this is a run of the mock with a defect that we put in)"),
            ("expected", self.expected),
            ("seen", self.seen),
            ("first divergence", self.since),
            ("where", self.where),
            ("agents noticed", self.agents),
            ("likely", self.likely),
            ("failing cells", "; ".join((self.cells, *self.failing))),
            ("play it again", self.again),
        )
        return tuple((label, text) for label, text in shown if text and (label != "seeded defect" or self.defects))


def explained(
    verdict: Verdict, timelines: Sequence[Timeline], again: str = "", defects: Sequence[str] = ()
) -> Explained | None:
    """None unless it is VIOLATED. timelines: all journals of the run, in the order in which they were played."""
    if verdict.outcome is not Outcome.VIOLATED:
        return None
    by_name = {header.experiment: timeline for timeline in timelines for header in timeline.of(Header)[:1]}
    diverged = divergences(verdict, by_name)
    header = next((header for timeline in timelines for header in timeline.of(Header)), None)
    nodes = header.nodes if header else ()
    about = clause(verdict.clause)
    first = diverged[0] if diverged else None
    timeline = by_name.get(first.finding.experiment) if first else None
    people = _people(diverged, by_name)
    reasons = _reasons(diverged, nodes, people)
    return Explained(
        clause=verdict.clause,
        expected=f"{about.text} (Cisco Finesse Administration Guide, “{about.section}”, {about.id})"
        + (f" Bound: {verdict.bound}." if verdict.bound else ""),
        seen=_seen(verdict, diverged, reasons),
        since=_since(first),
        where=_where(verdict, diverged, nodes, people),
        agents=f"In {first.finding.experiment}: {' '.join(noticed(timeline))}"
        if first and timeline is not None
        else "",
        likely=_likely(verdict, first, diverged, nodes),
        cells=_cells(verdict),
        failing=tuple(_failing(verdict)),
        again=again,
        defects=tuple(defects),
        short=_short(verdict, diverged, reasons, nodes),
        rank=_rank(verdict, diverged, list(by_name)),
        fails={axis: tuple(bad) for axis, bad, _ in _by_axis(verdict)},
        spared=dict(_spared(verdict)),
        places=tuple(dict.fromkeys(_place(one, nodes) for one in diverged if one.finding.experiment)),
        began=_began(diverged),
    )


def _people(diverged: Sequence[Divergence], by_name: Mapping[str, Timeline]) -> re.Pattern[str] | None:
    """What finds agents in a text. None: nobody was seen."""
    names = {one.finding.experiment for one in diverged}
    seen_by = {
        agent
        for name in names & set(by_name)
        for seen in by_name[name]
        if isinstance(agent := getattr(seen, "agent", None), str)
    }
    return re.compile("|".join(rf"\b{re.escape(agent)}\b" for agent in sorted(seen_by))) if seen_by else None


def _reasons(diverged: Sequence[Divergence], nodes: Sequence[str], people: re.Pattern[str] | None) -> Counter[str]:
    """What was seen, how often each: without the node and the agent, who are told elsewhere, all of them. Where seconds
    alone differ they are told from the smallest to the largest."""
    found: dict[str, Counter[str]] = {}
    for one in diverged:
        # What a screen or a peer said may have lines of its own; this is to stand on one.
        reason, own = " ".join(one.finding.reason.split()), one.finding.cell.get("node")
        for node in nodes:
            # Whoever is sent to one node and finds another wrong is not to look for it at the first.
            is_other = own is not None and own != node and len(nodes) == 2
            reason = reason.removeprefix(f"{node}: ") if not is_other else reason
            reason = reason.replace(node, "the other node" if is_other else "a node")
        reason = (people.sub("an agent", reason) if people else reason).removeprefix("an agent: ")
        reason = _INSTANT.sub("(a time)", reason)
        if reason.endswith(_OUTSIDE) and one.finding.measured and (bound := one.finding.bound):
            figures = f": {one.finding.measured} (allowed: {bound.min_s:g} … {bound.max_s:g} s)"
            reason = reason.removesuffix(_OUTSIDE) + figures
        found.setdefault(_SECONDS.sub("… s", reason), Counter())[reason] += 1
    return Counter({_spanned(list(reasons)): reasons.total() for reasons in found.values()})


def _spanned(reasons: Sequence[str]) -> str:
    """One text for several that differ in seconds alone: how long something took from the shortest to the longest, and
    of moments the first's. reasons: the first one first."""
    spans = []
    has_moments = False
    for alike in zip(*(_SECONDS.finditer(reason) for reason in reasons), strict=True):
        texts = [one[0] for one in alike]
        figures = sorted({figure for text in texts for figure in re.findall(r"[\d.]+", text)}, key=float)
        is_moment = alike[0].string[: alike[0].start()].endswith(("from ", "at ", "after ", "before ", "until "))
        is_one = len(set(texts)) == 1
        has_moments = has_moments or (is_moment and not is_one)
        spans.append(texts[0] if is_moment or is_one else f"{figures[0]} to {figures[-1]} s")
    told = iter(spans)
    return _SECONDS.sub(lambda _: next(told), reasons[0]) + (", the first time" if has_moments else "")


def _seen(verdict: Verdict, diverged: Sequence[Divergence], reasons: Counter[str]) -> str:
    measured = f"; measured {verdict.measured}" if verdict.measured else ""
    if not reasons:
        return verdict.reason + measured
    told = [f"{reason} ({counted(count, 'finding')})" for reason, count in reasons.most_common(_VALUES_MAX)]
    more = len(reasons) - len(told)
    experiments = list(dict.fromkeys(one.finding.experiment for one in diverged if one.finding.experiment))
    where = f"; in {listed(experiments)}" if experiments else ""
    return f"{'; '.join(told)}{f'; and {more} more' if more > 0 else ''}{where}{measured}"


def _short(verdict: Verdict, diverged: Sequence[Divergence], reasons: Counter[str], nodes: Sequence[str]) -> str:
    names = short_names(nodes)
    at = [names[node] for node in _failing_nodes(diverged, nodes)]
    said = next((reason for reason, _ in reasons.most_common(1)), verdict.reason)
    return said + (f" (at {listed(at)})" if at else "")


def _rank(verdict: Verdict, diverged: Sequence[Divergence], played: Sequence[str]) -> tuple[float, ...]:
    """How near it is to the cause, by the shape of the failure alone. A notice of service that never came stands before
    all, since gaps are judged by it. Then what is wrong most often comes first, each thing counted once though many
    findings cite it; of these, what only sums other clauses up comes last, and before it what holds in every case of
    which the clause speaks and is wrong beside them; then, what was seen before what did not come; what was certain
    first; what fails as a whole, and in part in the fewest respects; and at last the catalogue's order, in which it is
    told what comes of what."""
    if not diverged:
        return (1.0, 0.0, float(verdict.clause in GENERAL))
    first = diverged[0]
    wrong = {
        (one.finding.experiment, one.evidence.number if one.evidence is not None else one.finding) for one in diverged
    }
    experiment = played.index(first.finding.experiment) if first.finding.experiment in played else len(played)
    narrowed = sum(len(bad) < len(all_) for axis, bad, all_ in _by_axis(verdict) if axis != "node")
    part = len(_failing_cells(verdict)) / len(verdict.grid) if verdict.grid else 0.0
    is_beside = bool(verdict.grid) and not part
    order = (experiment, first.due_s, -round(part, 6), narrowed, CLAUSES.index(clause(verdict.clause)))
    kinds = next((bad for axis, bad, _ in _by_axis(verdict) if axis == "event"), [])
    has_notice = not (first.is_absence and kinds == [NOTICE])
    return tuple(map(float, (has_notice, -len(wrong), verdict.clause in GENERAL, is_beside, first.is_absence, *order)))


def _since(first: Divergence | None) -> str:
    if first is None:
        return ""
    experiment = first.finding.experiment or "this journal"
    between, bound = measured_between(first.finding), first.finding.bound
    if between is not None and bound is not None:
        began_s, ended_s = between
        allowed = f"{began_s + bound.min_s:.3f} … {began_s + bound.max_s:.3f} s was allowed"
        lines = ", ".join(str(item.number) for item in first.finding.evidence if item.number is not None)
        where = f"in {experiment}" + (f", lines {lines} of its journal" if lines else "")
        return f"{first.at_s:.3f} s: it began at {began_s:.3f} s and ended at {ended_s:.3f} s; {allowed} ({where})"
    if first.evidence is None:
        since = "" if first.from_s is None else f" that was to come from {first.from_s:.3f} s on"
        return f"nothing came{since}, in {experiment}: {first.finding.reason}"
    at_s = "" if first.evidence.at_s is None else f"{first.evidence.at_s:.3f} s: "
    return f"{at_s}{first.evidence.text} (in {experiment}, line {first.evidence.number} of its journal)"


def _node_of(one: Divergence, nodes: Sequence[str]) -> str | None:
    """Whose it is: the cell says so, else what was seen, else the words."""
    node = one.finding.cell.get("node") or getattr(one.seen, "node", None)
    if node in nodes:
        return str(node)
    client = getattr(one.seen, "client", None) or ""
    said = (one.finding.reason, client, *(item.text for item in one.finding.evidence))
    return next((known for text in said for known in nodes if known in text), None)


def _failing_nodes(diverged: Sequence[Divergence], nodes: Sequence[str]) -> list[str]:
    found = {_node_of(one, nodes) for one in diverged}
    return [node for node in nodes if node in found]


def _where(
    verdict: Verdict, diverged: Sequence[Divergence], nodes: Sequence[str], people: re.Pattern[str] | None
) -> str:
    names = short_names(nodes)
    failing = _failing_nodes(diverged, nodes)
    parts = []
    if not failing:
        parts.append("at no single node")
    elif len(failing) == len(nodes):
        both = "both nodes" if len(nodes) == 2 else f"all {len(nodes)} nodes"
        parts.append(f"at {listed(names[node] for node in failing)}" + (f" ({both})" if len(nodes) > 1 else ""))
    else:
        parts.append(f"{listed(names[node] for node in failing)} only ({_of_the_others(verdict, failing, nodes)})")
    agents = Counter(agent for one in diverged if (agent := _agent_of(one, people)))
    if agents:
        shown = [f"{agent} ({counted(count, 'finding')})" for agent, count in sorted(agents.items())[:_AGENTS_MAX]]
        more = len(agents) - len(shown)
        parts.append(f"agents {', '.join(shown)}{f' and {more} more' if more > 0 else ''}")
    return "; ".join(parts)


def _of_the_others(verdict: Verdict, failing: Sequence[str], nodes: Sequence[str]) -> str:
    names = short_names(nodes)
    told = []
    for node in nodes:
        if node in failing:
            continue
        has_held = any(one.outcome is Outcome.HELD and _speaks_of(one, node) for one in verdict.findings)
        own = [state.outcome for state in verdict.grid if state.cell.get("node") == node]
        cells = f" in {own.count(Outcome.HELD)} of its {counted(len(own), 'cell')}" if own else ""
        told.append(f"{names[node]} held{cells}" if has_held else f"{names[node]} was not judged")
    return "; ".join(told)


def _speaks_of(one: Finding, node: str) -> bool:
    return one.cell.get("node") == node or node in one.reason or any(node in item.text for item in one.evidence)


def _agent_of(one: Divergence, people: re.Pattern[str] | None) -> str | None:
    """Whose it is: the words say so, else what was seen, else what it was to come of, which may be anybody's doing."""
    named = people.search(one.finding.reason) if people else None
    if named is not None:
        return named[0]
    seen = one.seen if one.seen is not None else one.cause
    agent = getattr(seen, "agent", None) or getattr(seen, "user_id", None)
    return str(agent) if agent else None


def _likely(verdict: Verdict, first: Divergence | None, diverged: Sequence[Divergence], nodes: Sequence[str]) -> str:
    """By what went wrong first: what comes of it later may be seen elsewhere."""
    kind = type(first.seen) if first is not None and first.seen is not None else None
    return "; ".join((*component(verdict.clause, kind), *_narrowed(verdict, diverged, nodes)))


def _narrowed(verdict: Verdict, diverged: Sequence[Divergence], nodes: Sequence[str]) -> Iterator[str]:
    """What the shape of the failure says: one node or all, some values of an axis or all."""
    names = short_names(nodes)
    failing = _failing_nodes(diverged, nodes)
    if failing and len(failing) < len(nodes):
        yield f"only at {listed(names[node] for node in failing)}, so look at that node's service and settings first"
    elif failing and len(nodes) > 1:
        yield "at every node alike, so it is the release or a setting that they share, not one machine"
    for axis, bad, all_ in _by_axis(verdict):
        if axis != "node" and len(bad) < len(all_):
            words = f", {AXES[axis]}" if axis in AXES else ""
            rest = _of_the_other_values(verdict, axis, [value for value in all_ if value not in bad])
            yield f"only for “{_shown(bad)}” ({axis}{words}: {len(bad)} of {len(all_)}; {rest})"


def _of_the_other_values(verdict: Verdict, axis: str, others: Sequence[str]) -> str:
    """What did not fail may have held, or nobody may have looked."""
    held = {state.cell.get(axis) for state in verdict.grid if state.outcome == Outcome.HELD}
    unseen = [value for value in others if value not in held]
    if not unseen:
        return "the others held"
    return "the others were not judged" if len(unseen) == len(others) else f"not judged: {_shown(unseen)}"


def _failing_cells(verdict: Verdict) -> set[Cell]:
    """Those in which it was seen not to hold; of a finding that lacks some axes, all of the part of which it speaks.
    What came to no end at all came to none of the ends."""
    cells = [state.cell for state in verdict.grid]
    failing = {state.cell for state in verdict.grid if state.outcome == Outcome.VIOLATED}
    unmet = [state.cell for state in verdict.grid if state.outcome == UNJUDGED]
    axes = {axis for cell in cells for axis, _ in cell.at}
    for at in {one.cell.at for one in verdict.findings if one.outcome is Outcome.VIOLATED}:
        part = {(axis, value) for axis, value in at if axis in axes}
        failing.update(cell for cell in cells if part.issubset(cell.at))
        if _END in axes and _END not in dict(at):
            failing.update(cell for cell in unmet if {pair for pair in cell.at if pair[0] != _END} <= part)
    return failing


def _spared(verdict: Verdict) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(axis, its values that have held and in no cell of which it fails)."""
    for axis, bad, all_ in _by_axis(verdict):
        held = {state.cell.get(axis) for state in verdict.grid if state.outcome == Outcome.HELD}
        yield axis, tuple(value for value in all_ if value not in bad and value in held)


def _began(diverged: Sequence[Divergence]) -> dict[str, float]:
    began: dict[str, float] = {}
    for one in diverged:
        began[one.finding.experiment] = round(min(one.at_s, began.get(one.finding.experiment, one.at_s)), 6)
    return began


def _place(one: Divergence, nodes: Sequence[str]) -> str:
    return f"{one.finding.experiment} {_node_of(one, nodes) or ''}".strip()


def _by_axis(verdict: Verdict) -> Iterator[tuple[str, list[str], list[str]]]:
    """(axis, values with a failing cell, all values that this lab can host), in the grid's order."""
    failing = _failing_cells(verdict)
    for axis in dict.fromkeys(axis for state in verdict.grid for axis, _ in state.cell.at):
        states = [(value, state) for state in verdict.grid if (value := state.cell.get(axis)) is not None]
        bad = list(dict.fromkeys(value for value, state in states if state.cell in failing))
        if bad:
            yield axis, bad, list(dict.fromkeys(value for value, state in states if state.outcome != "UNFIT"))


def _shown(values: Sequence[str]) -> str:
    more = len(values) - _VALUES_MAX
    return ", ".join(values[:_VALUES_MAX]) + (f" and {more} more" if more > 0 else "")


def _cells(verdict: Verdict) -> str:
    """How many of its grid's cells fail, and what a cell is."""
    if not verdict.grid:
        return ""
    bad = len(_failing_cells(verdict))
    axes = sorted({axis for state in verdict.grid for axis, _ in state.cell.at})
    told = f"{bad} of {len(verdict.grid):,} (a cell is one case that has to hold; cases differ in {listed(axes)}; "
    if bad:
        return told + "each may have been looked at many times, and each look is one finding)"
    parts = dict.fromkeys(str(one.cell) for one in verdict.findings if one.outcome is Outcome.VIOLATED)
    return f"{told}none of these was seen to fail; what failed lies outside of them: {_shown(list(parts))})"


def _failing(verdict: Verdict) -> Iterator[str]:
    for axis, bad, all_ in _by_axis(verdict):
        which = f"all {len(all_)}" if len(bad) == len(all_) > 1 else f"{_shown(bad)} ({len(bad)} of {len(all_)})"
        words = "" if axis == "node" else f" ({AXES[axis]})" if axis in AXES else ""
        yield f"{axis}{words}: {which}"
