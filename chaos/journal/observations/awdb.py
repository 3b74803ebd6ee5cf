"""What the relays before the AWDBs see."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation


class AwdbStep(StrEnum):
    """What the relay before an AWDB saw or did on one connection; what the bytes mean is not looked at."""

    STANDING = "standing"  # a connection that stood open when the journal began
    ATTEMPT = "attempt"  # a connection arrived
    ACCEPTED = "accepted"  # the AWDB accepted it
    REFUSED = "refused"  # by the relay, on our order
    SERVER_DOWN = "server-down"  # the AWDB did not accept it
    ASKED = "asked"  # the client began to send, for the first time or after the server had sent
    ANSWERED = "answered"  # the server began to send
    CLOSED_BY_CLIENT = "closed-by-client"
    CLOSED_BY_SERVER = "closed-by-server"
    CLOSED_BY_RELAY = "closed-by-relay"  # on our order


@dataclass(frozen=True, slots=True, kw_only=True)
class AwdbSeen(Observation):
    """One step of one connection to an AWDB through the relay of `side` ("a": the primary, "b": the secondary).

    connection: running number over both sides. size: of the first piece in bytes (ASKED, ANSWERED); of everything that
    went up and down at the end. is_ours: a probe of the harness, not Finesse.
    """

    side: str
    connection: int
    step: AwdbStep
    size: int | None = None
    detail: str | None = None
    is_ours: bool = False
