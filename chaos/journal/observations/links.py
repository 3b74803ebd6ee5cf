"""What our own looks at links say: probes, proxies, companions."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProbed(Observation):
    """We went through the proxy of a link as a client would: what came of it.

    link: its name. outcome: "open" (through to the server), "refused" (the proxy accepts nothing), "reset" (accepted,
    then reset: what lies behind refuses), "server-down" (the relay was reached, the server was not), "silence".
    took_s: until the outcome was clear.
    """

    link: str
    outcome: str
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLeft(Observation):
    """A probe of a link was broken off before anything came of it, since whoever looked had to leave. It says nothing
    of the link; but its connection is ours, and no client's. took_s: since it began."""

    link: str
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSeen(Observation):
    """The proxy server said how the proxy of a link stands. toxics: their names."""

    link: str
    enabled: bool
    toxics: tuple[str, ...]


class Heard(StrEnum):
    """What a companion heard on its session."""

    OPENED = "opened"
    CONFIRMED = "confirmed"  # a heartbeat of its own was confirmed
    MISSED = "missed"  # one was not, before the next was due
    RESET = "reset"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionHeard(Observation):
    """What came of a CTI session of our own, which goes the same way as Finesse's: through proxy and relay of `link`.

    It sees a fault from the side on which Finesse is: a reset as a reset, a withheld confirmation as a missing one.
    """

    link: str
    heard: Heard
