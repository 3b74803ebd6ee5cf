"""A schedule as a value: in what states people are, which faults are injected, and what people do, each at its moment.

A moment is counted in what is seen, not in seconds alone, so that a schedule means the same on a slower lab: "when the
second session opens", "0.4 s after the first act is over".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

AT_WORK = 4

# Here, where nothing is imported that plays: whoever asks for what there is not is told so at once.
FAMILIES = ("CTI", "AWDB", "CLIENT", "DESKTOP", "IPPA")
"""Those of which schedules are drawn."""
EVERY_S_MIN: Final = 240.0
"""Of a soak: a fail-over, its faults and what comes after take so long."""

IN_USE, OTHER = "in-use", "other"
"""Sides by what they are as an act begins: the one on which a node opened its newest session, and the one besides.
While nodes fail over the latter is where they go."""
ROLES = (IN_USE, OTHER)


class When(StrEnum):
    """What a moment is counted from. Whatever is seen counts from the story's beginning, over all nodes."""

    START = "start"  # people are in their states, and the first act may begin
    BEAT = "beat"  # a heartbeat of a node was confirmed
    LOST = "lost"  # a session of a node ended
    ATTEMPT = "attempt"  # a node came to open a session
    OPENED = "opened"  # a session of a node was opened
    MESSAGE = "message"  # anything was seen on a CTI connection of a node
    TOLD_OUT = "told-out-of-service"  # a client was told so, by event or answer
    TOLD_IN = "told-in-service"  # a client was told so by event
    ASKED = "asked"  # a node began to ask an AWDB
    SCREEN_LOST = "screen-lost"  # a desktop or an IP phone showed that its server is lost
    MOVED = "moved"  # a desktop asked to sign in
    BEGUN = "begun"  # the nth act began
    OVER = "over"  # the nth act is over


class State(StrEnum):
    """What an agent is in when the story begins. Agents are paired: first and second, third and fourth."""

    NOT_READY = "not-ready"
    READY = "ready"
    TALKING = "talking"  # with the other of the pair
    HELD = "held"  # likewise, on hold
    RINGING = "ringing"  # the pair's first calls the second
    WRAP_UP = "wrap-up"
    SIGNED_OUT = "signed-out"


class Doing(StrEnum):
    """What somebody does. At the telephone, past Finesse, unless it says otherwise."""

    READY = "ready"
    NOT_READY = "not-ready"
    SIGN_OUT = "sign-out"
    SIGN_IN = "sign-in"
    CALL = "call"  # the other of the pair
    ANSWER = "answer"
    HOLD = "hold"
    RETRIEVE = "retrieve"
    HANG_UP = "hang-up"
    DATA = "data"
    GHOST = "ghost"  # a call that is over at once
    ASK = "ask"  # for everything that an agent can ask a node for
    READY_BY_DESKTOP = "ready-by-desktop"
    NOT_READY_BY_DESKTOP = "not-ready-by-desktop"
    ASK_WRONGLY = "ask-wrongly"  # with a wrong password, which makes the node ask an AWDB
    # At a desktop in a browser.
    CLOSE_BROWSER = "close-browser"
    LEAVE_PAGE = "leave-page"  # by Back
    REFRESH = "refresh"
    CRASH_BROWSER = "crash-browser"
    OPEN_BROWSER = "open-browser"  # anew, at the same node, and sign in
    # At an IP phone.
    PRESS_READY = "press-ready"
    PRESS_NOT_READY = "press-not-ready"
    RETRY = "retry"
    GO_OVER = "go-over"  # by hand to the other node
    SIGN_IN_AT_PHONE = "sign-in-at-phone"


class Seat(StrEnum):
    """Where people sit besides those at work: one at each node, who are its first and second."""

    DESKTOP = "desktops"  # in a browser
    PHONE = "phones"  # an IP phone


SEAT_OF: Mapping[Doing, Seat] = {
    Doing.CLOSE_BROWSER: Seat.DESKTOP,
    Doing.LEAVE_PAGE: Seat.DESKTOP,
    Doing.REFRESH: Seat.DESKTOP,
    Doing.CRASH_BROWSER: Seat.DESKTOP,
    Doing.OPEN_BROWSER: Seat.DESKTOP,
    Doing.PRESS_READY: Seat.PHONE,
    Doing.PRESS_NOT_READY: Seat.PHONE,
    Doing.RETRY: Seat.PHONE,
    Doing.GO_OVER: Seat.PHONE,
    Doing.SIGN_IN_AT_PHONE: Seat.PHONE,
}
"""Who does it; all others are of those at work."""
SEATED = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """The nth time that `when` is seen, and `then_s` seconds after it; 0.0 is the same instant."""

    when: When = When.START
    nth: int = 1
    then_s: float = 0.0

    def __str__(self) -> str:
        counted = self.when.value if self.when is When.START else f"{self.when.value} {self.nth}"
        return f"{counted} + {self.then_s:g} s" if self.then_s else counted


@dataclass(frozen=True, slots=True)
class Break:
    """A fault of a kind of `chaos.explore.grammar.FAULTS` on that side, for so long from its injection. side: "a", "b",
    or of a CTI link's one of ROLES."""

    fault: str
    side: str
    at: Moment = Moment()
    for_s: float = 10.0

    def __str__(self) -> str:
        return f"{self.fault} on {self.place} at {self.at}, for {self.for_s:g} s"

    @property
    def place(self) -> str:
        """Its side in words."""
        return {IN_USE: "the side in use", OTHER: "the other side"}.get(self.side, f"side {self.side.upper()}")


@dataclass(frozen=True, slots=True)
class Do:
    """who: their place among those at work, or of those who sit there, from 1."""

    do: Doing
    who: int
    at: Moment = Moment()

    def __str__(self) -> str:
        return f"agent {self.who}: {self.do.value} at {self.at}"


Act = Break | Do


def begins(number: int, act: Act) -> str:
    """What a journal's step says as the act of that number, from 1, begins."""
    return f"act {number}: {act}"


_BEGUN = re.compile(r"act (\d+): (\S+ on .+ at .+), for \S+ s")
_IN_VAIN = re.compile(r"act (\d+) (?:is left out|came to nothing)\b.*", re.DOTALL)


def broken_in(steps: Iterable[str]) -> tuple[str, ...]:
    """Which faults a journal with these steps has seen, each with its place and moment: "link-cut on side A at start";
    without those that came to nothing."""
    told = list(steps)
    in_vain = {found[1] for step in told if (found := _IN_VAIN.fullmatch(step))}
    begun = (found for step in told if (found := _BEGUN.fullmatch(step)))
    return tuple(found[2] for found in begun if found[1] not in in_vain)


@dataclass(frozen=True, slots=True)
class Schedule:
    """begin: the state of each of the four at work. acts: in the order of their numbers, from 1; moments rule when.
    seats: where others sit besides."""

    acts: tuple[Act, ...]
    begin: tuple[State, ...] = (State.NOT_READY,) * AT_WORK
    seats: tuple[Seat, ...] = ()

    @property
    def breaks(self) -> tuple[Break, ...]:
        return tuple(act for act in self.acts if isinstance(act, Break))

    def __str__(self) -> str:
        who = ", ".join([*(state.value for state in self.begin), *(f"and some at {seat.value}" for seat in self.seats)])
        return "; ".join([f"agents {who}", *map(str, self.acts)])
