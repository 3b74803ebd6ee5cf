"""What every stream is, whatever it comes over."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.inventory import FinesseNode


class StreamFailed(PeerError):
    """It did not come to a session; says why."""


class Asked(Enum):
    """What came of an iq. GONE: the server knows nobody there."""

    ANSWERED = "answered"
    GONE = "gone"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what comes in, at the moment it comes. lost: told once, with the reason, if an open stream ends by
    itself."""

    event: Callable[[Element], None]
    presence: Callable[[Element], None]
    lost: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose stream, and where. domain: the node's XMPP domain. tls: a client's context."""

    node: FinesseNode
    domain: str
    user: str
    password: str = field(repr=False)
    resource: str
    tls: ssl.SSLContext


class Stream(Protocol):
    """One stream, opened once."""

    @property
    def jid(self) -> str:
        """The full one; as asked for until it is open."""

    async def open(self, within_s: float) -> None:
        """Sign in, bind and be present. Raises StreamFailed. `close` it, too, if this fails or is cancelled."""

    def send(self, stanza: bytes) -> None:
        """Send one stanza, as in a TCP stream, after whatever is on its way."""

    async def ask(self, payload: Element, to: str, within_s: float) -> Asked:
        """Send an iq of type get and wait for its answer."""

    async def order(self, payload: Element, to: str, within_s: float) -> bool:
        """Send an iq of type set; whether the answer says that it was done."""

    def go_deaf(self) -> None:
        """From now on nothing is sent by itself, and what comes is forgotten; the connection stays."""

    def say_goodbye(self) -> None:
        """Send that we are unavailable, and then the end of the stream, without waiting."""

    async def close(self, *, in_order: bool = False) -> None:
        """End it for good; nothing stays behind. in_order: end the stream first, and wait a little for the node to do
        so, too. Safe twice."""
