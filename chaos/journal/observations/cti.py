"""What the relays before the CTI servers see."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation

# How the harness names itself to a CTI server; what the relays see of it is not Finesse's doing.
OUR_CLIENT = "finesse-chaos"


class CtiStep(StrEnum):
    """What the CTI relay saw or did on one connection."""

    STANDING = "standing"  # a session that stood open when the journal began
    ATTEMPT = "attempt"  # a connection arrived
    OPEN_REQ = "open-req"
    OPEN_CONF = "open-conf"
    REJECTED = "rejected"  # the server answered OPEN_REQ with FAILURE_CONF
    REFUSED = "refused"  # by the relay, on our order
    SERVER_DOWN = "server-down"  # the CTI server did not accept the connection
    HEARTBEAT_REQ = "heartbeat-req"
    HEARTBEAT_CONF = "heartbeat-conf"
    HEARTBEAT_WITHHELD = "heartbeat-withheld"
    FAILURE_EVENT = "failure-event"
    CLOSED_BY_CLIENT = "closed-by-client"
    CLOSED_BY_SERVER = "closed-by-server"
    CLOSED_BY_RELAY = "closed-by-relay"  # on our order
    GARBAGE = "garbage"  # not GED-188; the bytes are passed on all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class CtiSeen(Observation):
    """One step of one CTI connection through the relay of `side`.

    connection: running number over both sides. client: what tells one Finesse node from the other in its OPEN_REQ; None
    until that came; ours begins with OUR_CLIENT. detail: status names, reset or fin, an excerpt of garbage.
    """

    side: str
    connection: int
    step: CtiStep
    client: str | None = None
    invoke_id: int | None = None
    detail: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is a probe of the harness, not a Finesse node."""
        return self.client is not None and self.client.startswith(OUR_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAsked(Observation):
    """A client asked the CTI server for an agent's state, as the relay of `side` saw it on its way there.

    connection, client: as of CtiSeen. agent: his id, as it was sent, or None. state: by its name. forced: with the flag
    that makes a sign-in or sign-out forced. device: the telephone that it names; None: none.
    """

    side: str
    connection: int
    client: str | None
    agent: str | None
    state: str
    reason_code: int
    forced: bool
    device: str | None = None
