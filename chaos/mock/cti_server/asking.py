"""What requests have in common: who asks, what makes a request unacceptable, how it is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.errors import ChaosError
from chaos.mock.cti_server.hooks import SwitchDefects
from chaos.mock.peripheral import AgentSnapshot, Peripheral, Refused
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import ControlFailure, Message, Service, Status

CONTROL = Service.CLIENT_CONTROL
STATE_CONTROL = Service.CLIENT_CONTROL | Service.AGENT_STATE_CONTROL_ONLY
DATA = Service.CALL_DATA_UPDATE
SUPERVISOR = Service.SUPERVISOR
ANY = Service(0)


class BadRequest(ChaosError):
    """The request itself is not acceptable; the server answers with FAILURE_CONF."""

    def __init__(self, status: Status, what: str) -> None:
        super().__init__(f"{status.name} ({status.value}): {what}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks. services: granted. opened_at: the peripheral's event count when the session was opened. client: who it
    is, whichever session of his it is."""

    services: int
    opened_at: int
    defects: SwitchDefects
    client: str = ""


Handler = Callable[[Any, Peripheral, Asking], Message]
Handlers = Mapping[type[Message], tuple[Service, Handler]]
"""Requests, the service (any of these bits) each needs, and what is done. ANY needs none."""


def answered(
    request: Any, needed: Service, services: int, peripheral_id: int, handle: Callable[[], Message]
) -> Message:
    """Carry out a request and return the confirmation, which may be a refusal. Events go their own way."""
    try:
        if needed and not services & needed:
            raise BadRequest(Status.FUNCTION_NOT_AVAILABLE, f"{type(request).__name__} needs a service not granted")
        if getattr(request, "peripheral_id", peripheral_id) != peripheral_id:
            raise BadRequest(Status.INVALID_PERIPHERAL_ID, f"no peripheral {request.peripheral_id}")
        return handle()
    except BadRequest as bad:
        return wire.FailureConf(request.invoke_id, bad.status)
    except Refused as refused:
        return wire.ControlFailureConf(request.invoke_id, refused.code)


def required(value: str | None, name: str, *, empty: bool = False) -> str:
    """A field that must be there. Raises BadRequest."""
    if value is None or not (value or empty):
        raise BadRequest(Status.REQUIRED_DATA_MISSING, f"{name} is missing")
    return value


def agent_named(
    peripheral: Peripheral, agent_id: str | None, instrument: str | None, extension: str | None
) -> AgentSnapshot:
    """The agent that a request is about. Raises BadRequest (names that belong to different agents), Refused."""
    device = required(agent_id or instrument or extension, "AgentID, AgentInstrument or AgentExtension")
    agent = peripheral.agents.get(agent_id) if agent_id else peripheral.agents.at(device)
    if agent is None:
        raise Refused(ControlFailure.INVALID_AGENT_ID, f"no agent {device!r}")
    if not is_consistent(agent, instrument, extension):
        raise BadRequest(Status.INCONSISTENT_AGENT_DATA, f"agent {agent.agent_id} is not at {instrument or extension}")
    return agent


def is_consistent(agent: AgentSnapshot, instrument: str | None, extension: str | None) -> bool:
    """Whether the phones named beside an agent are his; whoever is signed out has none that could contradict.

    Source: CTI Server Message Reference Guide, status 32. Of a remote agent's `instrument;phone` the first part counts.
    """
    named = {one.partition(";")[0] for one in (instrument, extension) if one}
    return not named or (not agent.device and len(named) == 1) or named == {agent.device}
