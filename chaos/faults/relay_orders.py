"""What a CTI relay can be told: whom to refuse and how, what to withhold, whether anything passes."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from chaos.journal import OUR_CLIENT
from chaos.wire.ged188 import Status

# How a companion names itself (see `chaos.faults.companion`).
COMPANION = f"{OUR_CLIENT}-companion"


class Refusal(StrEnum):
    """How a session is refused."""

    RESET = "reset"
    """A reset once its OPEN_REQ has come (or 1 s after it connected, if none came)."""
    CLOSE = "close"
    """A FIN once its OPEN_REQ has come (or after 1 s)."""
    FAILURE = "failure"
    """FAILURE_CONF in answer to its OPEN_REQ, then a FIN (only the FIN if none came within 1 s)."""
    SILENCE = "silence"
    """Its OPEN_REQ is never answered (a FIN after 1 s if none came): the client has to give it up by itself."""
    TCP_RESET = "tcp-reset"
    """A reset as soon as it connects: who it was stays unknown."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open CTI session. since_s: on the loop's clock.

    deaf_to: whose bytes the relay cannot follow any more, "client" or "server".
    """

    connection: int
    client: str | None
    since_s: float
    deaf_to: tuple[str, ...] = ()


@dataclass(slots=True)
class Refusing:
    """An order to refuse, and how often each client has been refused under it."""

    how: Refusal
    times: int | None
    status: Status
    only: tuple[str, ...] = ()
    done: Counter[str | None] = field(default_factory=Counter)

    def is_due(self, client: str | None) -> bool:
        """A companion is let in: it is to be broken like a session of Finesse's that stands already."""
        if client is not None and client.startswith(COMPANION):
            return False
        if self.only and not any(one in (client or "") for one in self.only):
            return False
        return self.times is None or self.done[client] < self.times


@dataclass(slots=True)
class Orders:
    """What the relay has been told and connections obey.

    withhold_all: withhold every confirmation. plan_of_new: the pattern for connections to come. silent: pass nothing.
    """

    refusing: Refusing | None = None
    withhold_all: bool = False
    plan_of_new: str = ""
    silent: bool = False
