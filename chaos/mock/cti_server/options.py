"""What can be chosen about a mock CTI server, and what it tells about its sessions."""

from dataclasses import dataclass
from enum import Enum, StrEnum

from chaos.wire.ged188.values import Status


class Side(StrEnum):
    """The two sides of a duplex installation."""

    A = "A"
    B = "B"


class Role(Enum):
    """What a server does with clients. Where both sides accept, both are ACTIVE."""

    ACTIVE = "active"
    STANDBY = "standby"


class StandbyAnswer(Enum):
    """How the inactive side turns clients away: by refusing TCP, or by a status in FAILURE_CONF.

    The guides contradict each other, so all are offered. Source: Finesse administration guide, "Test Connection"
    (refuse); CTI Server Message Reference Guide 24 (107) and 25 (15); CTI pages of Unified CCX (92).
    """

    REFUSE_TCP = None
    OFFLINE = Status.CTI_SERVER_OFFLINE
    NOT_MASTER = Status.SERVER_NOT_MASTER
    INVALID_CLIENT = Status.INVALID_CLIENT_FOR_STANDBY


@dataclass(frozen=True, slots=True)
class CtiOptions:
    """Choices of one server.

    client_password: what clients must send, None accepts any. tolerant: openings that public clients send against the
    guide are taken, see `opening.forgiven`. long_failure: FAILURE_CONF in the ten-byte form that the guide prints from
    protocol 24 on. versions: lowest and highest protocol spoken.
    goodbye: an orderly stop sends FAILURE_EVENT (15) first. standby_answer: see there.
    open_limit_s: a client that sends no OPEN_REQ for so long is reset. close_limit_s: how long a client may take to
    hang up after CLOSE_CONF or a refused OPEN_REQ, and how long a stop waits for goodbyes to be taken.
    write_limit: bytes that may wait for a client which does not read; at more it is reset. clients_max: connections.
    start_s, stop_s: how long starting and stopping take.
    """

    client_password: bytes | None = None
    tolerant: bool = False
    long_failure: bool = False
    versions: tuple[int, int] = (9, 25)
    goodbye: bool = True
    standby_answer: StandbyAnswer = StandbyAnswer.REFUSE_TCP
    open_limit_s: float = 30.0
    close_limit_s: float = 5.0
    write_limit: int = 1 << 18
    clients_max: int = 128
    start_s: float = 0.0
    stop_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """An open session, for tests and for people who look. opened_s: loop time. services: as granted."""

    peer: tuple[str, int]
    client_id: str
    version: int
    services: int
    idle_timeout_s: int
    opened_s: float
