"""What the timeline picture shows, as values: lanes of rows of bars and marks, read out of a journal. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from chaos.journal import (
    About,
    CtiSeen,
    CtiStep,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    PresenceSeen,
    RestExchange,
    SteadyState,
    StreamChange,
    StreamState,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
    Timeline,
)
from chaos.report.drawing import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, PURPLE, SKY, VERMILION
from chaos.report.lanes_beside import awdb, consoles, desktops, probes, services
from chaos.report.lanes_desktops import browsers
from chaos.report.lanes_phones import phones
from chaos.report.marks import Bar, Lane, Mark, Row, Shape, Stick
from chaos.report.noticed import short_names
from chaos.report.steps import act_text

_REFUSALS = {
    CtiStep.REFUSED: "refused",
    CtiStep.REJECTED: "rejected",
    CtiStep.SERVER_DOWN: "server down",
}
_ENDS = {
    CtiStep.CLOSED_BY_CLIENT: "ended from Finesse’s side",
    CtiStep.CLOSED_BY_SERVER: "ended from the CTI server’s side",
    CtiStep.CLOSED_BY_RELAY: "broken by the relay",
}
_EVENT_SHAPES = {
    About.SYSTEM: (Shape.DIAMOND, VERMILION),
    About.USER: (Shape.DOT, BLUE),
    About.DIALOG: (Shape.UP, GREEN),
    About.DIALOGS: (Shape.UP, GREEN),
    About.ERRORS: (Shape.CROSS, BLACK),
    About.OTHER: (Shape.SQUARE, GREY),
}
# A state told so soon has been there from the beginning, as far as a reader cares.
_AT_ONCE_S = 0.05
# The classes of REST answers, in the order of their rows.
_ANSWERS = (("2xx", GREEN), ("4xx", ORANGE), ("5xx", VERMILION), ("500", VERMILION), ("503", PURPLE))
_NO_ANSWER = "no answer"
# Latencies are drawn logarithmically, between these.
_LATENCY_MIN_S, _LATENCY_MAX_S = 0.001, 10.0
_ANSWER_COLOURS = dict(_ANSWERS) | {"other": GREY, "no answer": BLACK}


def lanes(timeline: Timeline) -> tuple[Lane, ...]:
    """Every lane that has a source in the journal, in reading order: cause first, then what was seen of it."""
    found = [_steady(timeline), *_faults(timeline)]
    known = nodes(timeline)
    found += [
        _cti_side(timeline, side, known) for side in sorted({"a", "b"} | {seen.side for seen in timeline.of(CtiSeen)})
    ]
    found += [*awdb(timeline), *probes(timeline), *services(timeline)]
    found += [_node(timeline, node) for node in known]
    found += [
        *_agents(timeline),
        *desktops(timeline),
        *browsers(timeline),
        *phones(timeline),
        *_switch(timeline),
        *consoles(timeline),
    ]
    names = short_names(known)
    return tuple(_short(lane, names) for lane in found)


def _short(lane: Lane, names: Mapping[str, str]) -> Lane:
    """With nodes as people call them: there is no room for domains."""
    rows = tuple(replace(row, name=_replaced(row.name, names)) for row in lane.rows)
    return Lane(_replaced(lane.title, names), rows)


def _replaced(text: str, names: Mapping[str, str]) -> str:
    for node, name in names.items():
        text = text.replace(node, name)
    return text


def nodes(timeline: Timeline) -> list[str]:
    """The Finesse nodes: those that the header names, then any other that was asked."""
    named = [node for header in timeline.of(Header) for node in header.nodes]
    return list(dict.fromkeys([*named, *(seen.node for seen in timeline.of(RestExchange))]))


def _steady(timeline: Timeline) -> Lane:
    marks = tuple(
        Mark(
            seen.at_s,
            Shape.CHECK if seen.ok else Shape.CROSS,
            GREEN if seen.ok else VERMILION,
            f"steady state {seen.when}: {'holds' if seen.ok else 'missing ' + ', '.join(seen.missing)}",
            f"{seen.when}: holds" if seen.ok else f"{seen.when}: missing",
        )
        for seen in timeline.of(SteadyState)
    )
    return Lane("Steady state", (Row("", marks, shelves=1),))


def _faults(timeline: Timeline) -> list[Lane]:
    names = dict.fromkeys(seen.fault for seen in timeline.of(FaultSeen))
    return [Lane("Faults", tuple(_fault(timeline, name) for name in names))] if names else []


_FAULT_MARKS = {
    FaultPhase.BITTEN: (Shape.DOWN, BLACK, "takes effect"),
    FaultPhase.LIFTED: (Shape.UP, BLACK, "is over"),
    FaultPhase.NOT_BITTEN: (Shape.CROSS, VERMILION, "takes no effect"),
    FaultPhase.NOT_LIFTED: (Shape.CROSS, VERMILION, "is not over"),
    FaultPhase.FAILED: (Shape.CROSS, VERMILION, "failed"),
}


def _fault(timeline: Timeline, name: str) -> Row:
    bars: list[Bar] = []
    since_s: float | None = None
    seen_of = timeline.of(FaultSeen, lambda seen: seen.fault == name)
    for seen in seen_of:
        if seen.phase is FaultPhase.INJECTING:
            since_s = seen.at_s
        elif seen.phase is FaultPhase.ROLLED_BACK and since_s is not None:
            bars.append(Bar(since_s, seen.at_s, ORANGE, "", f"{name}: {since_s:.3f} … {seen.at_s:.3f} s"))
            since_s = None
    if since_s is not None:
        hint = f"{name}: from {since_s:.3f} s, never seen rolled back"
        bars.append(Bar(since_s, timeline.end_s, ORANGE, "never rolled back", hint, is_hatched=True))
    marks = tuple(
        Mark(seen.at_s, shape, colour, f"{seen.at_s:.3f} s {name} {words}: {seen.detail or ''}", words)
        for seen in seen_of
        if seen.phase in _FAULT_MARKS
        for shape, colour, words in (_FAULT_MARKS[seen.phase],)
    )
    return Row(name, marks, tuple(bars), shelves=1)


def _cti_side(timeline: Timeline, side: str, known: Sequence[str]) -> Lane:
    steps = timeline.of(CtiSeen, lambda seen: seen.side == side)
    by_connection: dict[int, list[CtiSeen]] = {}
    for seen in steps:
        by_connection.setdefault(seen.connection, []).append(seen)
    by_client: dict[str, list[list[CtiSeen]]] = {}
    for about in by_connection.values():
        by_client.setdefault(_client_name(about, known), []).append(about)
    names = sorted(by_client, key=lambda name: (name.startswith("harness"), name))
    rows = tuple(_cti_row(name, by_client[name], timeline.end_s) for name in names)
    return Lane(f"CTI side {side.upper()}", rows or (Row("no connection seen", shelves=0),))


def _client_name(about: Sequence[CtiSeen], known: Sequence[str]) -> str:
    """Whose connection it is, as the node's name where the client's own name holds it."""
    client = next((seen.client for seen in about if seen.client is not None), None)
    if client is None:
        return "who is not known"
    if any(seen.is_ours for seen in about):
        return "harness’s telephone"
    return next((node for node in known if node in client), client.strip("/ "))


def _cti_row(name: str, connections: Sequence[Sequence[CtiSeen]], end_s: float) -> Row:
    is_ours = name.startswith("harness")
    bars = [bar for about in connections for bar in _session(name, about, end_s, GREY if is_ours else BLUE)]
    marks = [mark for about in connections for mark in _cti_marks(name, about, GREY if is_ours else BLUE)]
    return Row(name, tuple(marks), tuple(bars), shelves=0 if is_ours else 2)


def _session(name: str, about: Sequence[CtiSeen], end_s: float, colour: str) -> Iterator[Bar]:
    opened = next((seen for seen in about if seen.step in (CtiStep.STANDING, CtiStep.OPEN_CONF)), None)
    if opened is None:
        return
    ended = next((seen for seen in about if seen.step in _ENDS and seen.at_s >= opened.at_s), None)
    to_s = end_s if ended is None else ended.at_s
    how = "still open at the end" if ended is None else _ENDS[ended.step]
    hint = f"{name}: session {opened.connection}, {opened.at_s:.3f} … {to_s:.3f} s, {how}"
    yield Bar(opened.at_s, to_s, colour, "", hint)


def _cti_marks(name: str, about: Sequence[CtiSeen], colour: str) -> Iterator[Mark]:
    opened = any(seen.step in (CtiStep.STANDING, CtiStep.OPEN_CONF) for seen in about)
    answered = {seen.invoke_id for seen in about if seen.step in (CtiStep.HEARTBEAT_CONF, CtiStep.HEARTBEAT_WITHHELD)}
    refused = any(seen.step in _REFUSALS for seen in about)
    for seen in about:
        hint = f"{seen.at_s:.3f} s {name}: {seen.step}{f' ({seen.detail})' if seen.detail else ''}"
        if seen.step is CtiStep.ATTEMPT and not refused:
            yield Mark(seen.at_s, Shape.RIGHT, colour, hint, "opens a session" if opened else "")
        elif seen.step in _REFUSALS:
            yield Mark(seen.at_s, Shape.CROSS, VERMILION, hint, _REFUSALS[seen.step])
        elif seen.step in _ENDS and opened:
            yield Mark(seen.at_s, Shape.CROSS, VERMILION, hint, _end_label(seen))
        elif seen.step is CtiStep.HEARTBEAT_CONF:
            yield Mark(seen.at_s, Shape.TICK, SKY, hint)
        elif seen.step is CtiStep.HEARTBEAT_WITHHELD:
            yield Mark(seen.at_s, Shape.RING, VERMILION, hint, "withheld")
        elif seen.step is CtiStep.HEARTBEAT_REQ and seen.invoke_id not in answered:
            yield Mark(seen.at_s, Shape.RING, GREY, hint + ": never confirmed", "unconfirmed")
        elif seen.step in (CtiStep.GARBAGE, CtiStep.FAILURE_EVENT):
            yield Mark(seen.at_s, Shape.SQUARE, VERMILION, hint, str(seen.step))


def _end_label(seen: CtiSeen) -> str:
    return _ENDS[seen.step] + (f" ({seen.detail})" if seen.detail in ("reset", "fin") else "")


def _node(timeline: Timeline, node: str) -> Lane:
    exchanges = timeline.of(RestExchange, lambda seen: seen.node == node)
    looks = [seen for seen in exchanges if _is_system_info(seen)]
    others = [seen for seen in exchanges if not _is_system_info(seen)]
    rows = [Row("told its clients", (), tuple(_service(timeline, node)), shelves=0, thick_px=15.0)]
    if looks:
        rows.append(Row(f"SystemInfo ({len(looks)})", tuple(map(_answer, looks)), shelves=0, thick_px=9.0))
    for kind in dict.fromkeys([*(name for name, _ in _ANSWERS), "other", "no answer"]):
        of_kind = [seen for seen in others if _kind(seen) == kind]
        if of_kind:
            rows.append(
                Row(f"requests: {kind} ({len(of_kind)})", tuple(map(_answer, of_kind)), shelves=0, thick_px=9.0)
            )
    if exchanges:
        rows.append(_latency(exchanges))
    return Lane(f"Finesse {node}", tuple(rows))


def _latency(exchanges: Sequence[RestExchange]) -> Row:
    """How long each answer took, or was waited for in vain."""
    most_s = max(seen.at_s - seen.sent_s for seen in exchanges)
    if most_s < _LATENCY_MIN_S:
        return Row("latency", shelves=0, empty="no answer that came took longer than 1 ms")
    sticks = tuple(
        Stick(seen.at_s, _share(seen.at_s - seen.sent_s), _ANSWER_COLOURS[_kind(seen)]) for seen in exchanges
    )
    return Row(f"latency, ≤ {most_s:.3f} s", shelves=0, thick_px=18.0, sticks=sticks)


def _share(took_s: float) -> float:
    """Its height, 0 to 1."""
    inside_s = min(max(took_s, _LATENCY_MIN_S), _LATENCY_MAX_S)
    return math.log(inside_s / _LATENCY_MIN_S) / math.log(_LATENCY_MAX_S / _LATENCY_MIN_S)


def _is_system_info(seen: RestExchange) -> bool:
    return seen.resource.rpartition(" ")[2] == "SystemInfo"


def _kind(seen: RestExchange) -> str:
    if seen.status is None:
        return "no answer"
    if seen.status in (500, 503):
        return str(seen.status)
    return {2: "2xx", 4: "4xx", 5: "5xx"}.get(seen.status // 100, "other")


def _answer(seen: RestExchange) -> Mark:
    kind = _kind(seen)
    if seen.status is not None:
        return Mark(seen.at_s, Shape.TICK, _ANSWER_COLOURS[kind], "")  # too many to be pointed at
    who = f" (agent {seen.agent})" if seen.agent else ""
    hint = f"{seen.at_s:.3f} s {seen.resource}{who}: {seen.failure or 'no answer'}"
    return Mark(seen.at_s, Shape.CROSS, _ANSWER_COLOURS[kind], hint)


def _service(timeline: Timeline, node: str) -> Iterator[Bar]:
    """The node's state as its clients were told it, by event or answer; a node that does not answer tells none."""
    told: list[tuple[float, str]] = []
    for seen in timeline.of_any(EventSeen, RestExchange):
        if seen.node != node:
            continue
        if isinstance(seen, RestExchange) and seen.status is None and _is_system_info(seen):
            if told and told[-1][1] != _NO_ANSWER and seen.sent_s >= told[-1][0]:
                told.append((seen.at_s, _NO_ANSWER))
            continue
        if seen.system_status is None:
            continue
        if isinstance(seen, RestExchange) and told and seen.sent_s < told[-1][0]:
            continue  # it was on its way when the state changed
        if not told or told[-1][1] != seen.system_status:
            told.append((seen.at_s, seen.system_status))
    if not told or told[0][0] > _AT_ONCE_S:
        yield Bar(0.0, told[0][0] if told else timeline.end_s, PALE, "nothing told yet" if told else "nothing told")
    ends_s = [at_s for at_s, _ in told[1:]] + [timeline.end_s]
    for (from_s, status), to_s in zip(told, ends_s, strict=False):
        is_in = status == "IN_SERVICE"
        colour = GREEN if is_in else VERMILION if status == "OUT_OF_SERVICE" else GREY
        yield Bar(from_s, to_s, colour, status, f"{node}: {status} from {from_s:.3f} s", is_hatched=not is_in)


def _agents(timeline: Timeline) -> list[Lane]:
    # Who gets nothing is news, so whoever is at work has a row.
    homes = {agent: node for header in timeline.of(Header) for agent, node in header.agents}
    own: dict[str, list[EventSeen | PresenceSeen | StreamChange]] = {agent: [] for agent in homes}
    for seen in timeline.of_any(EventSeen, PresenceSeen, StreamChange):
        own.setdefault(seen.agent, []).append(seen)
    if not own:
        return []
    rows = tuple(_agent(agent, own[agent], homes.get(agent, "")) for agent in sorted(own))
    return [Lane("Agents’ events", rows)]


def _agent(agent: str, own: Iterable[EventSeen | PresenceSeen | StreamChange], home: str) -> Row:
    marks: list[Mark] = []
    last_told = ""
    for seen in own:
        if isinstance(seen, EventSeen):
            if seen.control:
                continue
            shape, colour = _EVENT_SHAPES[seen.about]
            words = _event_words(seen)
            hint = f"{seen.at_s:.3f} s {seen.event} {seen.source} {words}"
            marks.append(Mark(seen.at_s, shape, colour, hint, "" if words == last_told else words))
            last_told = words
        elif isinstance(seen, PresenceSeen):
            words = f"{seen.of} {'available' if seen.available else 'unavailable'}"
            marks.append(Mark(seen.at_s, Shape.SQUARE, PURPLE, f"{seen.at_s:.3f} s presence: {words}", words))
        else:
            shape = Shape.CHECK if seen.state is StreamState.CONNECTED else Shape.CROSS
            words = f"stream {seen.state}"
            marks.append(Mark(seen.at_s, shape, BLACK, f"{seen.at_s:.3f} s {words}: {seen.reason or ''}", words))
        home = seen.node
    return Row(f"{agent} at {home.partition('.')[0]}", tuple(marks), shelves=3, empty="no event was seen")


def _event_words(seen: EventSeen) -> str:
    if seen.garbage is not None:
        return "garbage"
    if seen.user_state is not None:
        return seen.user_state
    if seen.system_status is not None:
        return seen.system_status
    if seen.error_type is not None:
        return seen.error_type
    gone = "call gone" if seen.event == "DELETE" and seen.about in (About.DIALOG, About.DIALOGS) else ""
    return gone or ", ".join(dict.fromkeys(call.state for call in seen.calls if call.state))


def _switch(timeline: Timeline) -> list[Lane]:
    acts = tuple(
        Mark(
            seen.at_s,
            Shape.DOWN if seen.ok else Shape.CROSS,
            BLACK if seen.ok else VERMILION,
            f"{seen.at_s:.3f} s {act_text(seen)}",
            act_text(seen),
        )
        for seen in timeline.of(SwitchActed)
    )
    reports = tuple(_report(seen) for seen in timeline.of_any(SwitchAgentSeen, SwitchCallSeen))
    rows = []
    if acts:
        rows.append(Row("we act, past Finesse", acts, shelves=4))
    if reports:
        rows.append(Row(f"it reports ({len(reports)})", reports, shelves=0, thick_px=9.0))
    return [Lane("Telephone switch", tuple(rows))] if rows else []


def _report(seen: SwitchAgentSeen | SwitchCallSeen) -> Mark:
    if isinstance(seen, SwitchAgentSeen):
        return Mark(seen.at_s, Shape.TICK, BLUE, f"{seen.at_s:.3f} s agent {seen.agent} is {seen.state}")
    return Mark(seen.at_s, Shape.TICK, GREEN, f"{seen.at_s:.3f} s call {seen.call_id}: {seen.happening}")
