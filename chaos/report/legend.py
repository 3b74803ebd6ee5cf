"""What the bars and marks of each lane of a timeline picture mean: as much of it as a picture has. Pure."""

from collections.abc import Iterator, Sequence

from chaos.report.drawing import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, PURPLE, SKY, VERMILION
from chaos.report.marks import Lane, Shape

Sign = tuple[Shape | None, str, str]
"""(shape, None for a bar; colour; words)"""

# By how a lane's title begins; of several that fit the first one.
_SIGNS: tuple[tuple[str, str, tuple[Sign, ...]], ...] = (
    ("Violated here", "Violated here", (
        (Shape.CROSS, VERMILION, "wrong from here on"),
        (Shape.DIAMOND, VERMILION, "where what was measured ends"),
        (None, VERMILION, "did not come"),
        (None, GREEN, "allowed"),
    )),
    ("Steady state", "Steady state", ((Shape.CHECK, GREEN, "holds"), (Shape.CROSS, VERMILION, "something is missing"))),
    ("Faults", "Faults", (
        (None, ORANGE, "in force"),
        (Shape.DOWN, BLACK, "seen to take effect"),
        (Shape.UP, BLACK, "seen to be over"),
        (Shape.CROSS, VERMILION, "not seen to, or failed"),
    )),
    ("CTI side", "CTI", (
        (None, BLUE, "session of Finesse"),
        (None, GREY, "of the harness"),
        (Shape.RIGHT, BLUE, "attempt to connect"),
        (Shape.RIGHT, GREY, "attempt of the harness"),
        (Shape.CROSS, VERMILION, "attempt refused, session ended"),
        (Shape.TICK, SKY, "heartbeat confirmed"),
        (Shape.RING, VERMILION, "confirmation withheld"),
        (Shape.RING, GREY, "heartbeat never confirmed"),
        (Shape.SQUARE, VERMILION, "failure, or garbage"),
    )),
    ("AWDB", "AWDB", (
        (Shape.RIGHT, BLUE, "Finesse connects"),
        (Shape.DOWN, BLUE, "asks"),
        (Shape.TICK, SKY, "is answered"),
        (Shape.CROSS, VERMILION, "refused, or nobody there"),
        (Shape.RIGHT, GREY, "the harness connects"),
        (Shape.DOWN, GREY, "asks"),
        (Shape.TICK, GREY, "is answered"),
        (Shape.CROSS, GREY, "is refused"),
    )),
    ("Link probes", "Link probes", ((Shape.TICK, GREEN, "came through"), (Shape.CROSS, VERMILION, "did not"))),
    ("Services", "Services", (
        (None, GREEN, "started"),
        (None, VERMILION, "stopped"),
        (None, ORANGE, "on its way"),
        (None, GREY, "in another state"),
    )),
    ("Finesse ", "Finesse", (
        (None, GREEN, "told IN_SERVICE"),
        (None, VERMILION, "told OUT_OF_SERVICE"),
        (None, GREY, "gave no answer, or told another state"),
        (None, PALE, "nothing told yet"),
        (Shape.TICK, GREEN, "answer 2xx"),
        (Shape.TICK, ORANGE, "4xx"),
        (Shape.TICK, VERMILION, "5xx"),
        (Shape.TICK, PURPLE, "503"),
        (Shape.TICK, GREY, "another"),
        (Shape.CROSS, BLACK, "no answer"),
    )),
    ("Agents’ events", "Events", (
        (Shape.DIAMOND, VERMILION, "system event"),
        (Shape.DOT, BLUE, "user event"),
        (Shape.UP, GREEN, "call event"),
        (Shape.SQUARE, PURPLE, "presence"),
        (Shape.SQUARE, GREY, "another"),
        (Shape.CHECK, BLACK, "stream stands"),
        (Shape.CROSS, BLACK, "stream lost, or error event"),
    )),
    ("Desktops in browsers", "Browsers", (
        (None, SKY, "signed in at the first node"),
        (None, ORANGE, "at the second"),
        (None, GREY, "elsewhere"),
        (Shape.DIAMOND, BLACK, "notice on the screen"),
        (Shape.TICK, GREEN, "looks: in service"),
        (Shape.CROSS, VERMILION, "looks, or asks, in vain"),
        (Shape.UP, BLUE, "event stream opened"),
        (Shape.DOWN, GREY, "it brings something, or ends"),
    )),
    ("Desktops", "Desktops", (
        (None, SKY, "from what was done to what was shown"),
        (Shape.CHECK, GREEN, "went through"),
        (Shape.CROSS, BLACK, "did not"),
    )),
    ("IP phones", "IP phones", (
        (None, GREEN, "shows text"),
        (None, SKY, "a menu"),
        (None, ORANGE, "asks for something"),
        (None, GREY, "the phone’s own services"),
        (None, VERMILION, "unavailable, or an error"),
        (Shape.UP, BLUE, "the agent does something"),
        (Shape.CROSS, VERMILION, "request in vain"),
    )),
    ("Telephone switch", "Switch", (
        (Shape.DOWN, BLACK, "we act"),
        (Shape.CROSS, VERMILION, "refused"),
        (Shape.TICK, BLUE, "an agent’s state"),
        (Shape.TICK, GREEN, "a call"),
    )),
    ("Consoles", "Consoles", ((None, GREY, "a command, until its answer"),)),
)  # fmt: skip


def legend(lanes: Sequence[Lane]) -> list[tuple[str, tuple[Sign, ...]]]:
    """(whose, its signs), of the signs that these lanes have, in the order of the lanes."""
    found: dict[str, set[tuple[Shape | None, str]]] = {}
    for lane in lanes:
        found.setdefault(_of(lane)[0], set()).update(signs_of(lane))
    known = {name: signs for _, name, signs in _SIGNS}
    shown = ((name, tuple(sign for sign in known.get(name, ()) if sign[:2] in used)) for name, used in found.items())
    return [(name, signs) for name, signs in shown if signs]


def unexplained(lane: Lane) -> set[tuple[Shape | None, str]]:
    """What the lane has and no legend tells."""
    return set(signs_of(lane)) - {sign[:2] for sign in _of(lane)[1]}


def signs_of(lane: Lane) -> Iterator[tuple[Shape | None, str]]:
    for row in lane.rows:
        yield from ((mark.shape, mark.colour) for mark in row.marks)
        yield from ((None, bar.colour) for bar in row.bars)


def _of(lane: Lane) -> tuple[str, tuple[Sign, ...]]:
    return next(((name, signs) for prefix, name, signs in _SIGNS if lane.title.startswith(prefix)), ("", ()))
