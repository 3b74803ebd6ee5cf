"""What consoles say of hosts and their services."""

from dataclasses import dataclass

from chaos.journal.observations.base import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSeen(Observation):
    """A console said in what state a service is. state: STOPPED, STARTING, STARTED, STOPPING or UNKNOWN."""

    host: str
    service: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSaid(Observation):
    """One exchange with a console; secrets are left out by the client."""

    host: str
    sent: str
    received: str
    sent_s: float
