"""What the switch tells unasked, as observations. Pure."""

from typing import Any

from chaos.clients.cti_session import name_of
from chaos.journal import Observation, SwitchAgentSeen, SwitchCallSeen
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, LocalConnectionState, Message, MessageType

# With a reason code: it means nothing in any other state.
_REASONED = frozenset({AgentState.NOT_READY, AgentState.LOGOUT})

WRAP_UP = "wrapUpReason"
"""The name under which a call's wrap-up data stand among its variables."""


def heard(event: Any) -> Observation | None:
    """An agent or call event as the journal has it; None if it names no agent."""
    if isinstance(event, wire.AgentStateEvent):
        if not event.agent_id:
            return None
        reason = event.event_reason_code if event.agent_state in _REASONED else None
        return SwitchAgentSeen(
            agent=event.agent_id, state=name_of(event.agent_state), reason_code=reason, pending=_pending(event)
        )
    call_id, device = _about(event)
    return SwitchCallSeen(
        call_id=str(call_id),
        happening=_happening(event),
        device=device,
        state=_state(event),
        variables=call_data(event) if isinstance(event, wire.BeginCallEvent | wire.CallDataUpdateEvent) else (),
    )


def _pending(event: wire.AgentStateEvent) -> str | None:
    """The state that comes next, where the switch says so."""
    following = event.next_agent_state
    return None if following in (None, event.agent_state, wire.NONE_16) else name_of(following)


def call_data(message: Any) -> tuple[tuple[str, str], ...]:
    """Call data of a message by the names that Finesse gives them; what it leaves out is left out."""
    numbered = ((f"callVariable{n}", value) for n, value in enumerate(message.call_variables or (), 1))
    told = [(name, value) for name, value in numbered if value is not None]
    told += [(variable.name, variable.value) for variable in message.named_variables]
    if message.call_wrapup_data is not None:
        told.append((WRAP_UP, message.call_wrapup_data))
    return tuple(told)


def _about(event: Any) -> tuple[int, str | None]:
    """(call id, device) that a call event is about."""
    if isinstance(event, wire.CallConferencedEvent | wire.CallTransferredEvent):
        return event.primary_call_id, event.primary_device_id
    return event.connection_call_id, event.connection_device_id


def _state(event: Any) -> str | None:
    """The state of the connection that the event is about; the event that ends it has no field for that."""
    if isinstance(event, wire.EndCallEvent):
        return LocalConnectionState.NULL.name
    state = getattr(event, "local_connection_state", LocalConnectionState.NONE)
    return None if state == LocalConnectionState.NONE else name_of(state)


def _happening(event: Message) -> str:
    """ "established" for CALL_ESTABLISHED_EVENT, "begin" for BEGIN_CALL_EVENT."""
    words = MessageType(event.TYPE).name.removesuffix("_EVENT").split("_")
    return "-".join(word for word in words if word != "CALL").lower()
