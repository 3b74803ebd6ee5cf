"""What a node's own records say of who came to its doors."""

from dataclasses import dataclass

from chaos.journal.observations.base import Observation

ITSELF = "itself"
"""Instead of a node: a request that it sent to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAsked(Observation):
    """A line of a node's access log, noted when it was read.

    came_from: a node of this lab by its name, ITSELF, "" for anybody else. asked: method and path, the device of an IP
    phone left out, which is `device`. said_s: when, in seconds on the node's own clock, to a second. mark: of a request
    that we sent on purpose.
    """

    node: str
    came_from: str
    asked: str
    status: int
    said_s: float
    device: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorHeld(Observation):
    """A connection to one of a node's doors that another node of this lab made. node: whose door; far: who came. port:
    of the door. far_port: at the other end, which tells connections apart. table: the node in whose table it stood."""

    node: str
    far: str
    port: int
    far_port: int
    state: str
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorsRead(Observation):
    """A record of a node was read. what: "log" or "connections". failure: why it could not be, None if it was.

    noted: how many observations were made of it, which stand before this. others: how many connections of anybody else
    its XMPP doors have, which shows that the table has what comes there.
    """

    node: str
    what: str
    failure: str | None = None
    noted: int = 0
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorMarked(Observation):
    """We asked the node for something only for its log to have it; noted when it was answered."""

    node: str
    mark: str
    sent_s: float
    ok: bool
