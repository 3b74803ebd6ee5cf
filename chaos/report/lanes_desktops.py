"""The lane of desktops in browsers: where each is signed in, at whom it looks, and what stands on its screen."""

import itertools
from collections.abc import Iterator, Sequence

from chaos.journal import (
    BoshPart,
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    Observation,
    Timeline,
)
from chaos.report.drawing import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILION
from chaos.report.marks import Bar, Lane, Mark, Row, Shape

_COLOURS = (SKY, ORANGE)


def browsers(timeline: Timeline) -> Iterator[Lane]:
    """One row a desktop; nothing where nobody sat at a browser."""
    told: dict[str, list[Observation]] = {}
    for seen in timeline.of_any(DesktopActed, DesktopNotice, DesktopRequested):
        told.setdefault(seen.agent if seen.window == 1 else f"{seen.agent} ({seen.window})", []).append(seen)
    if told:
        nodes = timeline.header.nodes
        rows = tuple(
            Row(agent, tuple(_marks(seen)), tuple(_homes(seen, nodes, timeline.end_s))) for agent, seen in told.items()
        )
        yield Lane("Desktops in browsers", rows)


def _homes(told: Sequence[Observation], nodes: Sequence[str], end_s: float) -> Iterator[Bar]:
    """From each sign-in that went through to the next, or until somebody left."""
    moves: list[tuple[float, str]] = []
    for seen in told:
        if isinstance(seen, DesktopRequested) and seen.wanted == "LOGIN" and seen.status in range(200, 300):
            moves.append((seen.ended_s, seen.node))
        elif isinstance(seen, DesktopActed) and seen.act in (DesktopAct.CLOSE, DesktopAct.CRASH, DesktopAct.BACK):
            moves.append((seen.at_s, ""))
    for (from_s, node), (to_s, _) in itertools.pairwise([*moves, (end_s, "")]):
        if node:
            colour = _COLOURS[nodes.index(node) % len(_COLOURS)] if node in nodes else GREY
            short = node.partition(".")[0]
            yield Bar(from_s, to_s, colour, short, f"{from_s:.3f} … {to_s:.3f} s: signed in at {node}")


def _marks(told: Sequence[Observation]) -> Iterator[Mark]:
    for seen in told:
        if isinstance(seen, DesktopNotice) and seen.text and not seen.control:
            yield Mark(seen.shown_s, Shape.DIAMOND, BLACK, f"{seen.shown_s:.3f} s: “{seen.text}”", seen.text)
        elif isinstance(seen, DesktopRequested) and not seen.is_look:
            yield from _request(seen)


def _request(seen: DesktopRequested) -> Iterator[Mark]:
    end = f"HTTP {seen.status}" if seen.status is not None else seen.failure
    hint = f"{seen.sent_s:.3f} s: {seen.resource} at {seen.node}: {seen.system_status or end}"
    if seen.resource == "GET SystemInfo":
        is_in = seen.system_status == "IN_SERVICE"
        yield Mark(seen.sent_s, Shape.TICK if is_in else Shape.CROSS, GREEN if is_in else VERMILION, hint)
    elif seen.part is BoshPart.OPEN:
        is_up = "session" in seen.told
        yield Mark(seen.sent_s, Shape.UP if is_up else Shape.CROSS, BLUE if is_up else VERMILION, hint)
    elif seen.part is BoshPart.GO_ON and (seen.status != 200 or seen.told):
        yield Mark(seen.ended_s, Shape.DOWN, GREY, f"{hint} {' '.join(seen.told)}".rstrip())
