"""A violated clause for whoever reads it in the morning: what, since when, where, who noticed, why, and again. Pure.

Theory of operation: everything is read out of the verdict's findings and the journals that they cite. What diverged is
what a finding against the product cites and others do not: checks cite the frame of a look, too – the notice that a
gap begins, what we did ourselves –, and many looks share that. So the thing cited least often is what went wrong there;
where nothing but the frame is cited, what went wrong is that nothing came.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.history import Evidence
from chaos.journal import (
    AwdbSeen,
    ControlSent,
    CtiSeen,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    DesktopShown,
    EventSeen,
    FaultSeen,
    Header,
    Observation,
    PhoneActed,
    PhonePushed,
    PhoneRequested,
    PhoneScreen,
    PresenceSeen,
    RestExchange,
    StateAsked,
    SteadyState,
    Step,
    StreamChange,
    StreamState,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
    SwitchLooked,
    Timeline,
)
from chaos.report.noticed import counted, listed, noticed, short_names
from chaos.verdicts import Outcome, Verdict, clause
from chaos.verdicts.finding import Finding

# Axes have up to dozens of values; more than these are counted.
_VALUES_MAX = 6
_AGENTS_MAX = 8

# Where what went wrong was seen, by the kind of observation.
_COMPONENTS: Mapping[type[Observation], tuple[str, str]] = {
    RestExchange: (
        "Finesse's REST API (Cisco Finesse Tomcat)",
        "the wrong thing is an answer that it gave, or failed to give",
    ),
    EventSeen: (
        "Finesse's events (its web application, which publishes them, or Cisco Finesse Notification Service)",
        "the wrong thing is an event that a client got",
    ),
    PresenceSeen: ("Cisco Finesse Notification Service", "the wrong thing is a presence that it told"),
    StreamChange: ("Cisco Finesse Notification Service", "the wrong thing happened to a client's event stream"),
    CtiSeen: (
        "Finesse's client of the CTI servers",
        "the wrong thing was seen on its connections, between Finesse and the CTI server",
    ),
    StateAsked: ("Finesse's requests to the CTI server", "the wrong thing is what it asked of an agent's state"),
    AwdbSeen: ("Finesse's connection to the AWDBs", "the wrong thing was seen on its connections to them"),
    SwitchAgentSeen: (
        "the CTI server, or what Finesse asked of it",
        "the wrong thing is an agent's state as the switch itself tells it",
    ),
    SwitchCallSeen: ("the CTI server or the switch", "the wrong thing is a call as the switch itself tells it"),
    SwitchLooked: ("Finesse's picture of agents and calls", "the switch itself, asked directly, says otherwise"),
    DesktopRequested: ("the Finesse desktop in the browser", "the wrong thing is a request that it sent"),
    DesktopNotice: ("the Finesse desktop in the browser", "the wrong thing is what it showed"),
    DesktopShown: ("the Finesse desktop in the browser", "the wrong thing is what it showed"),
    PhoneScreen: (
        "the Finesse IP Phone Agent (a web application of Cisco Finesse Tomcat)",
        "the wrong thing is what the phone's display showed",
    ),
    PhoneRequested: (
        "the Finesse IP Phone Agent (a web application of Cisco Finesse Tomcat)",
        "the wrong thing is what a phone's request to it came to",
    ),
    PhonePushed: (
        "the Finesse IP Phone Agent (a web application of Cisco Finesse Tomcat)",
        "the wrong thing is an order that it sent to a phone, or failed to send",
    ),
}  # fmt: skip

_OURS = (SwitchActed, DesktopActed, PhoneActed, FaultSeen, Step, SteadyState, ControlSent, Header)


@dataclass(frozen=True)
class Divergence:
    """Where a journal first shows that the statement does not hold. evidence: the line of it; None: only what did not
    come. seen: that observation. from_s: of an absence, since when something was to come."""

    finding: Finding
    evidence: Evidence | None
    seen: Observation | None
    from_s: float | None

    @property
    def at_s(self) -> float:
        """When the statement stopped holding: of what took too long, when its bound was passed."""
        between, bound = measured_between(self.finding), self.finding.bound
        if between is not None and bound is not None:
            began_s, ended_s = between
            return min(ended_s, began_s + bound.max_s)
        at_s = self.evidence.at_s if self.evidence is not None else self.from_s
        return at_s if at_s is not None else 0.0

    @property
    def is_absence(self) -> bool:
        """Whether there is nothing to be seen of it, since nothing came."""
        return self.evidence is None and measured_between(self.finding) is None

    @property
    def place(self) -> tuple[float, int]:
        """Its place in the journal: by time, and inside one instant by its line."""
        return (self.at_s, self.evidence.number or 0 if self.evidence is not None else 0)


def measured_between(finding: Finding) -> tuple[float, float] | None:
    """From when to when was measured, if that is from the first to the last thing that is cited; else None."""
    times = [item.at_s for item in finding.evidence if item.at_s is not None]
    if finding.measured is None or finding.bound is None or len(times) < 2:
        return None
    took_s = max(times) - min(times)
    is_it = finding.measured.lo_s - 0.001 <= took_s <= finding.measured.hi_s + 0.001
    return (min(times), max(times)) if is_it else None


@dataclass(frozen=True)
class Explained:
    """A violated clause in words. failing: "axis: the values that fail (of how many)", of its grid. again: the one
    command that plays it again; "" if that is not known. defects: those of the mock that were switched on."""

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
    against = [one for one in verdict.findings if one.outcome is Outcome.VIOLATED]
    diverged = _in_order(_divergences(verdict, against, by_name), list(by_name))
    header = next((header for timeline in timelines for header in timeline.of(Header)), None)
    nodes = header.nodes if header else ()
    about = clause(verdict.clause)
    first = diverged[0] if diverged else None
    timeline = by_name.get(first.finding.experiment) if first else None
    return Explained(
        clause=verdict.clause,
        expected=f"{about.text} (Cisco Finesse Administration Guide, “{about.section}”, {about.id})"
        + (f" Bound: {verdict.bound}." if verdict.bound else ""),
        seen=_seen(verdict, diverged, nodes),
        since=_since(first),
        where=_where(verdict, diverged, nodes),
        agents=" ".join(noticed(timeline)) if timeline is not None else "",
        likely=_likely(verdict, first, diverged, nodes),
        cells=_cells(verdict),
        failing=tuple(_failing(verdict)),
        again=again,
        defects=tuple(defects),
    )


def divergences(verdict: Verdict, timeline: Timeline) -> list[Divergence]:
    """Where this journal shows that the statement does not hold, the first one first; empty unless it is VIOLATED."""
    if verdict.outcome is not Outcome.VIOLATED:
        return []
    names = [header.experiment for header in timeline.of(Header)[:1]]
    against = [one for one in verdict.findings if one.outcome is Outcome.VIOLATED and one.experiment in ("", *names)]
    return _in_order(_divergences(verdict, against, dict.fromkeys(("", *names), timeline)), names)


def evidence_in_order(verdict: Verdict) -> list[Evidence]:
    """All that the findings which decided it cite, once each: experiment by experiment, in the order of time and,
    inside one instant, of the journal's lines; facts of a whole run last."""
    deciding = [one for one in verdict.findings if one.outcome is verdict.outcome] if _is_against(verdict) else []
    cited = [
        Evidence(item.at_s, item.text, item.number, item.experiment or one.experiment or None)
        for one in deciding
        for item in one.evidence
    ]
    names = list(dict.fromkeys(item.experiment for item in (*verdict.evidence, *cited)))
    unique = dict.fromkeys(cited or verdict.evidence)
    infinity = float("inf")
    return sorted(
        unique,
        key=lambda item: (
            names.index(item.experiment), infinity if item.at_s is None else item.at_s, item.number or 0,
        ),
    )  # fmt: skip


def _is_against(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.VIOLATED


def _divergences(verdict: Verdict, against: Sequence[Finding], by_name: Mapping[str, Timeline]) -> Iterator[Divergence]:
    cited = Counter(
        (one.experiment, item.number) for one in verdict.findings for item in one.evidence if item.number is not None
    )
    seen_by_number = {
        name: {seen.number: seen for seen in timeline}
        for name, timeline in by_name.items()
        if any(one.experiment == name for one in against)
    }
    for one in against:
        known = seen_by_number.get(one.experiment, {})
        wrong = [
            (cited[one.experiment, item.number], item.at_s or 0.0, item.number or 0, n)
            for n, item in enumerate(one.evidence)
            if item.number is not None and not _is_frame(known.get(item.number))
        ]
        if wrong:
            item = one.evidence[min(wrong)[3]]
            yield Divergence(one, item, known.get(item.number or 0), None)
        else:
            times = [item.at_s for item in one.evidence if item.at_s is not None]
            yield Divergence(one, None, None, min(times, default=one.from_s))


def _is_frame(seen: Observation | None) -> bool:
    """Whether it only says in which frame was looked: what we did, and the notice that a gap begins or ends."""
    if isinstance(seen, EventSeen):
        return seen.control or seen.system_status is not None
    if isinstance(seen, StreamChange):
        return seen.state is StreamState.LEFT
    return isinstance(seen, _OURS)


def _in_order(diverged: Iterable[Divergence], played: Sequence[str]) -> list[Divergence]:
    order = {name: n for n, name in enumerate(played)}
    return sorted(diverged, key=lambda one: (order.get(one.finding.experiment, len(order)), *one.place))


def _seen(verdict: Verdict, diverged: Sequence[Divergence], nodes: Sequence[str]) -> str:
    measured = f"; measured {verdict.measured}" if verdict.measured else ""
    against = [one.finding for one in diverged]
    if not against:
        return verdict.reason + measured
    reasons = Counter(_without_node(one.reason, nodes) for one in against)
    told = [f"{reason} ({counted(count, 'time')})" for reason, count in reasons.most_common(_VALUES_MAX)]
    more = len(reasons) - len(told)
    experiments = list(dict.fromkeys(one.experiment for one in against if one.experiment))
    where = f"; in {listed(experiments)}" if experiments else ""
    judged = f", of {len(verdict.findings):,} looks" if len(verdict.findings) > len(against) else ""
    return f"{'; '.join(told)}{f'; and {more} more' if more > 0 else ''}{judged}{where}{measured}"


def _without_node(reason: str, nodes: Sequence[str]) -> str:
    """The reason without the node: where it was is said elsewhere, of all nodes, and the same at both is told once."""
    for node in nodes:
        reason = reason.removeprefix(f"{node}: ").replace(node, "a node")
    return reason


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


def _where(verdict: Verdict, diverged: Sequence[Divergence], nodes: Sequence[str]) -> str:
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
    agents = Counter(agent for one in diverged if (agent := _agent_of(one)))
    if agents:
        shown = [f"{agent} ({counted(count, 'time')})" for agent, count in sorted(agents.items())[:_AGENTS_MAX]]
        more = len(agents) - len(shown)
        parts.append(f"agents {', '.join(shown)}{f' and {more} more' if more > 0 else ''}")
    return "; ".join(parts)


def _of_the_others(verdict: Verdict, failing: Sequence[str], nodes: Sequence[str]) -> str:
    names = short_names(nodes)
    told = []
    for node in nodes:
        if node in failing:
            continue
        held = sum(one.outcome is Outcome.HELD and _speaks_of(one, node) for one in verdict.findings)
        told.append(f"{names[node]} held in {counted(held, 'look')}" if held else f"{names[node]} was not judged")
    return "; ".join(told)


def _speaks_of(one: Finding, node: str) -> bool:
    return one.cell.get("node") == node or node in one.reason or any(node in item.text for item in one.evidence)


def _agent_of(one: Divergence) -> str | None:
    agent = getattr(one.seen, "agent", None) or getattr(one.seen, "user_id", None)
    return str(agent) if agent else None


def _likely(verdict: Verdict, first: Divergence | None, diverged: Sequence[Divergence], nodes: Sequence[str]) -> str:
    about = clause(verdict.clause)
    kinds = Counter(type(one.seen) for one in diverged if one.seen is not None)
    kind = next((kind for kind, _ in kinds.most_common() if kind in _COMPONENTS), None)
    if kind is not None:
        component, why = _COMPONENTS[kind]
        said = f"{component}, in what it does of “{about.section}”: {why}"
    elif first is not None:
        said = f"the part of Finesse that does “{about.section}”: what it was to do did not come"
    else:
        said = f"the part of Finesse that does “{about.section}”"
    return "; ".join((said, *_narrowed(verdict, diverged, nodes)))


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
            yield f"only for {axis} {_shown(bad)} ({len(bad)} of {len(all_)}; the others do not fail)"


def _by_axis(verdict: Verdict) -> Iterator[tuple[str, list[str], list[str]]]:
    """(axis, values with a failing cell, all values that this lab can host), in the grid's order."""
    axes = dict.fromkeys(axis for state in verdict.grid for axis, _ in state.cell.at)
    for axis in axes:
        states = [(value, state.outcome) for state in verdict.grid if (value := state.cell.get(axis)) is not None]
        bad = list(dict.fromkeys(value for value, outcome in states if outcome == Outcome.VIOLATED))
        if bad:
            yield axis, bad, list(dict.fromkeys(value for value, outcome in states if outcome != "UNFIT"))


def _shown(values: Sequence[str]) -> str:
    more = len(values) - _VALUES_MAX
    return ", ".join(values[:_VALUES_MAX]) + (f" and {more} more" if more > 0 else "")


def _cells(verdict: Verdict) -> str:
    if not verdict.grid:
        return ""
    bad = sum(state.outcome == Outcome.VIOLATED for state in verdict.grid)
    return f"{bad} of {len(verdict.grid)}"


def _failing(verdict: Verdict) -> Iterator[str]:
    for axis, bad, all_ in _by_axis(verdict):
        which = f"all {len(all_)}" if len(bad) == len(all_) > 1 else f"{_shown(bad)} ({len(bad)} of {len(all_)})"
        yield f"{axis}: {which}"
