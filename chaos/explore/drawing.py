"""Which schedule has which number: a pure function of the seed, so that any machine can play any of them.

First every single fault in every state of two people, then every ordered pair of a loss and a second fault at each
moment, each in an order of the seed's; from then on more at once, at random. A second fault on CTI links is placed by
where the nodes are: first on the side that they use or are on their way to, where it meets them; then on the side that
they left, and what they use is lost while it lasts. What is left open (pauses, who does what meanwhile) is drawn from
the seed and the number.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from chaos.explore.grammar import (
    AWDB_FAULTS,
    BROWSER_FAULTS,
    CTI_FAULTS,
    DESERTIONS,
    FAULTS,
    LOSSES,
    NEEDS_SESSIONS,
    NODE_FAULTS,
)
from chaos.explore.schedule import (
    AT_WORK,
    FAMILIES,
    IN_USE,
    OTHER,
    ROLES,
    SEAT_OF,
    SEATED,
    Act,
    Break,
    Do,
    Doing,
    Moment,
    Schedule,
    Seat,
    State,
    When,
)

_AT_BROWSERS, _AT_PHONES = ("CLIENT", "DESKTOP"), ("IPPA",)

# What two people can be in together.
PAIRS: tuple[tuple[State, State], ...] = (
    (State.NOT_READY, State.NOT_READY),
    (State.READY, State.NOT_READY),
    (State.TALKING, State.TALKING),
    (State.HELD, State.TALKING),
    (State.RINGING, State.NOT_READY),
    (State.WRAP_UP, State.READY),
    (State.SIGNED_OUT, State.READY),
)

# When a second fault comes, told from what the first one causes. The numbers are over both nodes.
PHASES: tuple[Moment, ...] = (
    Moment(When.BEGUN, 1),  # in the same instant
    Moment(When.LOST, 1),
    Moment(When.LOST, 2),
    Moment(When.TOLD_OUT, 1),
    Moment(When.ATTEMPT, 1),
    Moment(When.ATTEMPT, 2),
    Moment(When.OPENED, 1),
    Moment(When.OPENED, 2),
    Moment(When.TOLD_IN, 1),
    Moment(When.TOLD_IN, 1, 1.0),
    Moment(When.TOLD_IN, 1, 8.0),
    Moment(When.OVER, 1),
    Moment(When.OVER, 1, 4.0),
)
# Likewise, when the first one takes a node from those who sit there.
SEAT_PHASES: tuple[Moment, ...] = (
    Moment(When.BEGUN, 1),
    Moment(When.SCREEN_LOST, 1),
    Moment(When.SCREEN_LOST, 1, 11.0),  # one look at each server later
    Moment(When.TOLD_OUT, 1),
    Moment(When.MOVED, 1),
    Moment(When.MOVED, 1, 1.0),
    Moment(When.OVER, 1),
    Moment(When.OVER, 1, 4.0),
    Moment(When.OVER, 1, 20.0),
)
_SEAT_MOMENTS = (When.SCREEN_LOST, When.MOVED)
_MOMENTS = (When.LOST, When.ATTEMPT, When.OPENED, When.TOLD_OUT, When.TOLD_IN, When.BEAT, When.MESSAGE)
_PAUSES_S = (0.0, 0.0, 0.0, 0.2, 1.0, 3.0, 9.0)
# By these moments nodes have found the side that they went to, and use it.
_FOUND = (When.OPENED, When.TOLD_IN, When.OVER)
# What changes what clients are shown, so that it matters whether it is told.
_TELLING = (
    *(Doing.READY, Doing.NOT_READY, Doing.SIGN_OUT),
    *(Doing.CALL, Doing.ANSWER, Doing.HANG_UP, Doing.HOLD, Doing.RETRIEVE, Doing.DATA),
)
_IN_GAPS_S = (0.0, 0.1, 0.5, 1.5)
# Long enough for the nodes to have found the other side, mostly.
_WAY_BACK_S = (1.0, 3.0, 9.0)
# Of schedules in which only CTI and AWDB links suffer, so many have people at desktops and IP phones, too.
_SEATED_IN = 0.25
# A session is about to be missed anywhere between two of its heartbeats.
_BEAT_S = 5.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is enumerated. kinds: of the faults, on their sides; at: of the second one. pair: where two people are.
    is_left: nobody is where the second one is, so that what they use is lost while it lasts.
    """

    kinds: tuple[tuple[str, str], ...]
    at: Moment | None = None
    pair: tuple[State, State] | None = None
    is_left: bool = False


def known_kinds(families: Sequence[str]) -> tuple[str, ...]:
    """The kinds of faults that concern these families; all if none is named."""
    kinds: dict[str, object] = {}
    for family in families or FAMILIES:
        kinds |= _KINDS[family]
    return tuple(kinds)


_KINDS: Mapping[str, Mapping[str, object]] = {
    "CTI": CTI_FAULTS,
    "AWDB": AWDB_FAULTS,
    "CLIENT": {**NODE_FAULTS, **BROWSER_FAULTS},
    "DESKTOP": {**NODE_FAULTS, **BROWSER_FAULTS},
    "IPPA": NODE_FAULTS,
}


def known_seats(families: Sequence[str]) -> tuple[Seat, ...]:
    """Where people sit whom these families are about; everywhere if none is named."""
    wanted = families or FAMILIES
    at = {Seat.DESKTOP: _AT_BROWSERS, Seat.PHONE: _AT_PHONES}
    return tuple(seat for seat, about in at.items() if set(about) & set(wanted))


def enumerated(families: Sequence[str] = ()) -> tuple[int, int]:
    """How many single faults and how many ordered pairs come before what is drawn at random."""
    singles, pairs = _frames(tuple(families))
    return len(singles), len(pairs)


@lru_cache(maxsize=4)
def _frames(families: tuple[str, ...]) -> tuple[tuple[_Frame, ...], tuple[_Frame, ...]]:
    kinds = known_kinds(families)
    placed = [(kind, side) for kind in kinds for side in "ab"]
    first = [kind for kind in (*LOSSES, *DESERTIONS) if kind in kinds] or list(LOSSES)
    singles = tuple(_Frame((one,), pair=pair) for one in placed for pair in PAIRS)
    pairs = [
        frame
        for kind in first
        for other in kinds
        for at in (SEAT_PHASES if kind in DESERTIONS else PHASES)
        if _go_together(kind, other)
        for frame in _pairs(kind, other, at)
    ]
    return singles, tuple(sorted(pairs, key=lambda frame: frame.is_left))


def _pairs(first: str, second: str, at: Moment) -> Iterator[_Frame]:
    one = (first, IN_USE if first in CTI_FAULTS else "a")
    if second not in CTI_FAULTS:
        yield from (_Frame((one, (second, side)), at) for side in "ab")
        return
    there = IN_USE if first in DESERTIONS or at.when in _FOUND else OTHER
    # Nobody comes anew to the side that they use, and nobody is kept alive yet where they are going.
    if CTI_FAULTS[second].by != ("refusing" if there == IN_USE else "heartbeats"):
        yield _Frame((one, (second, there)), at)
    if second not in NEEDS_SESSIONS:
        yield _Frame((one, (second, OTHER if there == IN_USE else IN_USE)), at, is_left=True)


def _go_together(one: str, other: str) -> bool:
    """Sessions of one experiment are made to end in good order, or to be reset (see `Experiment.lingers`)."""
    resets = {"sessions-reset"}
    return not ((FAULTS[one].orderly and other in resets) or (FAULTS[other].orderly and one in resets))


@lru_cache(maxsize=4)
def _order(seed: int, families: tuple[str, ...]) -> tuple[_Frame, ...]:
    singles, pairs = (list(some) for some in _frames(families))
    random.Random(f"{seed}/singles").shuffle(singles)
    random.Random(f"{seed}/pairs").shuffle(pairs)
    return (*singles, *sorted(pairs, key=lambda frame: frame.is_left))


def drawn(seed: int, number: int, families: Sequence[str] = ()) -> Schedule:
    """The schedule of that number, from 0."""
    order = _order(seed, tuple(families))
    rng = random.Random(f"{seed}/{number}")
    frame = order[number] if number < len(order) else _at_random(rng, tuple(families))
    breaks = _breaks(rng, frame)
    if number >= len(order):
        breaks = [*breaks, _third(rng, breaks, tuple(families))]
    seats = _seats(rng, breaks, tuple(families))
    acts: list[Act] = [*breaks, *_doings(rng, len(breaks), seats), *_in_the_last_gap(rng, len(breaks))]
    first = frame.pair or rng.choice(PAIRS)
    return Schedule(tuple(acts), (*first, *rng.choice(PAIRS)), seats)


def _seats(rng: random.Random, breaks: Sequence[Break], families: tuple[str, ...]) -> tuple[Seat, ...]:
    """Somebody sits wherever a node is taken away; of the rest now and then, since they cost as much as all others."""
    known = known_seats(families)
    if any(one.fault in DESERTIONS for one in breaks) or rng.random() < _SEATED_IN:
        return known
    return ()


def of_a_day(seed: int, number: int) -> Schedule:
    """The stretch of that number, from 0, of a long service: side A is lost, and every other time a second fault comes
    at some moment of the fail-over."""
    rng = random.Random(f"{seed}/day/{number}")
    frame = rng.choice(_frames(("CTI",))[1])
    if number % 2 == 0:
        frame = _Frame(frame.kinds[:1])
    first, *second = _breaks(rng, frame)
    breaks = [replace(first, for_s=FAULTS[first.fault].lasts_s[-1]), *second]
    doings = (*_doings(rng, len(breaks), ()), *_in_the_last_gap(rng, len(breaks)))
    return Schedule((*breaks, *doings), (*rng.choice(PAIRS), *rng.choice(PAIRS)))


def _at_random(rng: random.Random, families: tuple[str, ...]) -> _Frame:
    return rng.choice(_frames(families)[1])


def _breaks(rng: random.Random, frame: _Frame) -> list[Break]:
    breaks = []
    for number, (kind, side) in enumerate(frame.kinds):
        at = Moment(When.START, 1, round(rng.uniform(0.0, _BEAT_S), 3))
        if number and frame.at is not None:
            at = frame.at
        breaks.append(Break(kind, side, at, rng.choice(FAULTS[kind].lasts_s)))
    if frame.is_left:
        breaks[-1] = replace(breaks[-1], for_s=FAULTS[breaks[-1].fault].lasts_s[-1])
        kind = rng.choice([kind for kind in LOSSES if all(_go_together(kind, one.fault) for one in breaks)])
        at = Moment(When.BEGUN, len(breaks), rng.choice(_WAY_BACK_S))
        breaks.append(Break(kind, IN_USE, at, rng.choice(FAULTS[kind].lasts_s)))
    return breaks


def _third(rng: random.Random, before: Sequence[Break], families: tuple[str, ...]) -> Break:
    kinds = [kind for kind in known_kinds(families) if all(_go_together(kind, one.fault) for one in before)]
    kind = rng.choice(kinds)
    side = IN_USE if kind in NEEDS_SESSIONS else rng.choice(ROLES if kind in CTI_FAULTS else ("a", "b"))
    return Break(kind, side, _moment(rng, len(before), ()), rng.choice(FAULTS[kind].lasts_s))


def _doings(rng: random.Random, breaks: int, seats: Sequence[Seat]) -> list[Do]:
    known = [do for do in Doing if SEAT_OF.get(do) in (None, *seats)]
    found = []
    for _ in range(rng.choice((0, 1, 2, 3, 5))):
        do = rng.choice(known)
        who = rng.randint(1, SEATED if do in SEAT_OF else AT_WORK)
        found.append(Do(do, who, _moment(rng, breaks, seats)))
    return found


def _in_the_last_gap(rng: random.Random, breaks: int) -> list[Do]:
    """What people do as the last fault comes: what it ends is told when it is over, or is not."""
    found = []
    for who in rng.sample(range(1, AT_WORK + 1), rng.choice((0, 2, 3, 4))):
        found.append(Do(rng.choice(_TELLING), who, Moment(When.BEGUN, breaks, rng.choice(_IN_GAPS_S))))
    return found


def _moment(rng: random.Random, breaks: int, seats: Sequence[Seat]) -> Moment:
    """A moment of something that goes on while so many faults are injected."""
    when = rng.choice((*_MOMENTS, *(_SEAT_MOMENTS if seats else ()), When.BEGUN, When.OVER))
    most = {When.BEGUN: breaks, When.OVER: breaks, When.MESSAGE: 30, When.BEAT: 8}.get(when, 4)
    return Moment(when, rng.randint(1, most), rng.choice(_PAUSES_S))
