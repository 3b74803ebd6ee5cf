"""Lanes of what stands beside the fail-over of CTI: AWDB connections, probes of links, services, desktops, consoles."""

from collections.abc import Iterable, Iterator

from chaos.journal import AwdbSeen, AwdbStep, ConsoleSaid, DesktopShown, LinkProbed, ServiceSeen, Timeline
from chaos.report.drawing import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILION
from chaos.report.marks import Bar, Lane, Mark, Row, Shape

_SIDES = {"a": "primary", "b": "secondary"}
_AWDB_MARKS = {
    AwdbStep.ATTEMPT: (Shape.RIGHT, BLUE, ""),
    AwdbStep.ASKED: (Shape.DOWN, BLUE, ""),
    AwdbStep.ANSWERED: (Shape.TICK, SKY, ""),
    AwdbStep.REFUSED: (Shape.CROSS, VERMILION, "refused"),
    AwdbStep.SERVER_DOWN: (Shape.CROSS, VERMILION, "server down"),
}
_SERVICE_COLOURS = {"STARTED": GREEN, "STOPPED": VERMILION, "STARTING": ORANGE, "STOPPING": ORANGE}


def awdb(timeline: Timeline) -> Iterator[Lane]:
    """What the relays before the AWDBs saw, one lane a side."""
    for side in sorted({seen.side for seen in timeline.of(AwdbSeen)}):
        rows = []
        for is_ours, name in ((False, "Finesse"), (True, "harness’s probes")):
            steps = [seen for seen in timeline.of(AwdbSeen) if seen.side == side and seen.is_ours is is_ours]
            marks = tuple(_awdb_mark(seen) for seen in steps if seen.step in _AWDB_MARKS)
            if marks:
                rows.append(Row(name, marks, shelves=0 if is_ours else 1))
        yield Lane(f"AWDB {_SIDES.get(side, side)}", tuple(rows))


def _awdb_mark(seen: AwdbSeen) -> Mark:
    shape, colour, label = _AWDB_MARKS[seen.step]
    hint = f"{seen.at_s:.3f} s connection {seen.connection}: {seen.step}{f' ({seen.detail})' if seen.detail else ''}"
    return Mark(seen.at_s, shape, GREY if seen.is_ours else colour, hint, label)


def probes(timeline: Timeline) -> Iterator[Lane]:
    """What came of going through links as a client would."""
    probed = timeline.of(LinkProbed)
    names = dict.fromkeys(seen.link for seen in probed)
    if names:
        yield Lane("Link probes", tuple(_probed(probed, name) for name in names))


def _probed(probed: Iterable[LinkProbed], name: str) -> Row:
    marks = tuple(
        Mark(
            seen.at_s,
            Shape.TICK if seen.outcome == "open" else Shape.CROSS,
            GREEN if seen.outcome == "open" else VERMILION,
            f"{seen.at_s:.3f} s {seen.link}: {seen.outcome} after {seen.took_s:.3f} s",
            "" if seen.outcome == "open" else seen.outcome,
        )
        for seen in probed
        if seen.link == name
    )
    return Row(name, marks, shelves=1)


def services(timeline: Timeline) -> Iterator[Lane]:
    """The states of services as consoles read them back."""
    seen_of: dict[tuple[str, str], list[ServiceSeen]] = {}
    for seen in timeline.of(ServiceSeen):
        seen_of.setdefault((seen.host, seen.service), []).append(seen)
    if seen_of:
        rows = tuple(
            Row(f"{_short(service)} on {host}", bars=tuple(_states(states, timeline.end_s)), shelves=0)
            for (host, service), states in seen_of.items()
        )
        yield Lane("Services", rows)


def _short(service: str) -> str:
    """Every service is called "Cisco Finesse …", and there is room for some twenty letters."""
    return service.removeprefix("Cisco ").removeprefix("Finesse ")


def _states(states: list[ServiceSeen], end_s: float) -> Iterator[Bar]:
    """From one reading to the next; what a service was before the first is not known."""
    ends_s = [seen.at_s for seen in states[1:]] + [end_s]
    for seen, to_s in zip(states, ends_s, strict=True):
        hint = f"{seen.at_s:.3f} s {seen.service} on {seen.host}: {seen.state}"
        colour = _SERVICE_COLOURS.get(seen.state, GREY)
        yield Bar(seen.at_s, to_s, colour, seen.state, hint, is_hatched=seen.state != "STARTED")


def desktops(timeline: Timeline) -> Iterator[Lane]:
    """What desktops showed when something had been done there."""
    shown = timeline.of(DesktopShown)
    places = dict.fromkeys((seen.agent, seen.node) for seen in shown)
    if places:
        rows = tuple(
            Row(
                f"{agent} at {node.partition('.')[0]}",
                tuple(_shown(seen) for seen in shown if (seen.agent, seen.node) == (agent, node)),
                tuple(_asked(seen) for seen in shown if (seen.agent, seen.node) == (agent, node)),
            )
            for agent, node in places
        )
        yield Lane("Desktops", rows)


def _shown(seen: DesktopShown) -> Mark:
    words = seen.text or ("went through" if seen.ok else "nothing shown")
    shape, colour = (Shape.CHECK, GREEN) if seen.ok else (Shape.CROSS, BLACK)
    return Mark(seen.at_s, shape, colour, f"{seen.at_s:.3f} s {seen.screen}: {words}", words)


def _asked(seen: DesktopShown) -> Bar:
    return Bar(seen.asked_s, seen.at_s, SKY, "", f"{seen.screen}: done at {seen.asked_s:.3f} s")


def consoles(timeline: Timeline) -> Iterator[Lane]:
    """Commands given on consoles, from sending to the end of the answer."""
    said = timeline.of(ConsoleSaid)
    hosts = dict.fromkeys(seen.host for seen in said)
    rows = tuple(Row(host, bars=tuple(_said(said, host)), shelves=0) for host in hosts)
    if rows:
        yield Lane("Consoles", rows)


def _said(said: Iterable[ConsoleSaid], host: str) -> Iterator[Bar]:
    for seen in said:
        if seen.host == host:
            yield Bar(seen.sent_s, seen.at_s, GREY, seen.sent, f"{seen.sent_s:.3f} … {seen.at_s:.3f} s: {seen.sent}")
