"""From what the peripheral tells to GED-188 messages. Pure."""

from collections.abc import Iterable, Mapping
from functools import singledispatch
from typing import Any, TypedDict

from chaos.mock.peripheral import (
    AgentSnapshot,
    AgentStateChanged,
    BeginCall,
    CallData,
    CallEvent,
    CallSnapshot,
    Cleared,
    Conferenced,
    ConnectionCleared,
    DataUpdate,
    Delivered,
    EndCall,
    Established,
    Event,
    Failed,
    Held,
    Originated,
    Party,
    Peripheral,
    Retrieved,
    ServiceInitiated,
    Transferred,
)
from chaos.wire.ged188 import agents, events, requests
from chaos.wire.ged188.fields import Message, NamedVariable
from chaos.wire.ged188.values import (
    AgentState,
    CallMask,
    ConnectionDeviceIdType,
    DeviceIdType,
    LocalConnectionState,
    PeripheralType,
)

STATIC = ConnectionDeviceIdType.STATIC
"""Connections are named by the phone's number, which does not change."""

DNIS_MAX = 31
VOICE_MRD = 1
"""The media routing domain of calls (Cisco_Voice)."""

CALL_BITS: Mapping[type[CallEvent], CallMask] = {
    BeginCall: CallMask.BEGIN_CALL,
    EndCall: CallMask.END_CALL,
    DataUpdate: CallMask.DATA_UPDATE,
    ServiceInitiated: CallMask.SERVICE_INITIATED,
    Originated: CallMask.ORIGINATED,
    Delivered: CallMask.DELIVERED,
    Established: CallMask.ESTABLISHED,
    Failed: CallMask.FAILED,
    Held: CallMask.HELD,
    Retrieved: CallMask.RETRIEVED,
    Conferenced: CallMask.CONFERENCED,
    Transferred: CallMask.TRANSFERRED,
    ConnectionCleared: CallMask.CONNECTION_CLEARED,
    Cleared: CallMask.CLEARED,
}
"""The bit of CallMsgMask that asks for an event."""


class View:
    """What a message needs to know besides the event: the peripheral as it is now."""

    def __init__(self, peripheral: Peripheral) -> None:
        self.peripheral = peripheral
        self.peripheral_id = peripheral.config.peripheral_id
        self.peripheral_type = peripheral.config.peripheral_type
        self.now_s = peripheral.now()

    def device_type(self, device: str) -> DeviceIdType:
        """Ours or somebody else's."""
        ours = device in self.peripheral.calls.devices
        return DeviceIdType.AGENT_DEVICE if ours else DeviceIdType.EXTERNAL


def message(event: Event, view: View) -> Message:
    """The GED-188 message for an event."""
    return _message(event, view)


@singledispatch
def _message(event: Any, view: View) -> Message:
    raise TypeError(f"no GED-188 message for {type(event).__name__}")


class _Prefix(TypedDict):
    peripheral_id: int
    peripheral_type: PeripheralType


class _Connection(_Prefix):
    connection_device_id_type: ConnectionDeviceIdType
    connection_call_id: int
    connection_device_id: str


class _State(TypedDict):
    local_connection_state: LocalConnectionState
    event_cause: Any


class _Data(TypedDict):
    ani: str
    dnis: str
    dialed_number: str
    call_variables: tuple[str | None, ...]
    call_wrapup_data: str
    named_variables: tuple[NamedVariable, ...]


def _prefix(view: View) -> _Prefix:
    return {"peripheral_id": view.peripheral_id, "peripheral_type": view.peripheral_type}


def _connection(event: CallEvent, view: View) -> _Connection:
    return {
        **_prefix(view),
        "connection_device_id_type": STATIC,
        "connection_call_id": event.call_id,
        "connection_device_id": event.device,
    }


def _state(event: CallEvent) -> _State:
    return {"local_connection_state": event.local_state, "event_cause": event.cause}


def _data(data: CallData) -> _Data:
    return {
        "ani": data.ani,
        "dnis": data.dnis[:DNIS_MAX],
        "dialed_number": data.dialed_number,
        "call_variables": data.variables,
        "call_wrapup_data": data.wrap_up,
        "named_variables": tuple(NamedVariable(name, value) for name, value in data.named.items()),
    }


def parties(call_id: int, devices: Iterable[str]) -> tuple[events.Party, ...]:
    """The list of parties of a conference or transfer."""
    return tuple(
        events.Party(party_call_id=call_id, party_device_id_type=STATIC, party_device_id=device) for device in devices
    )


@_message.register
def _(event: BeginCall, view: View) -> Message:
    return events.BeginCallEvent(call_type=event.call_type, **_connection(event, view), **_data(event.data))


@_message.register
def _(event: EndCall, view: View) -> Message:
    return events.EndCallEvent(**_connection(event, view))


@_message.register
def _(event: DataUpdate, view: View) -> Message:
    return events.CallDataUpdateEvent(
        call_type=event.call_type,
        new_connection_device_id_type=STATIC,
        new_connection_call_id=event.call_id,
        new_connection_device_id=event.device,
        **_connection(event, view),
        **_data(event.data),
    )


@_message.register
def _(event: ServiceInitiated, view: View) -> Message:
    return events.CallServiceInitiatedEvent(
        calling_device_type=view.device_type(event.calling),
        calling_device_id=event.calling,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Originated, view: View) -> Message:
    return events.CallOriginatedEvent(
        calling_device_type=view.device_type(event.calling),
        calling_device_id=event.calling,
        called_device_type=view.device_type(event.called),
        called_device_id=event.called,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Delivered, view: View) -> Message:
    return events.CallDeliveredEvent(
        alerting_device_type=view.device_type(event.alerting),
        alerting_device_id=event.alerting,
        calling_device_type=view.device_type(event.calling),
        calling_device_id=event.calling,
        called_device_type=view.device_type(event.called),
        called_device_id=event.called,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Established, view: View) -> Message:
    return events.CallEstablishedEvent(
        answering_device_type=view.device_type(event.answering),
        answering_device_id=event.answering,
        calling_device_type=view.device_type(event.calling),
        calling_device_id=event.calling,
        called_device_type=view.device_type(event.called),
        called_device_id=event.called,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Failed, view: View) -> Message:
    return events.CallFailedEvent(
        failing_device_type=view.device_type(event.failing),
        failing_device_id=event.failing,
        called_device_type=view.device_type(event.called),
        called_device_id=event.called,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Held, view: View) -> Message:
    return events.CallHeldEvent(
        holding_device_type=view.device_type(event.holding),
        holding_device_id=event.holding,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Retrieved, view: View) -> Message:
    return events.CallRetrievedEvent(
        retrieving_device_type=view.device_type(event.retrieving),
        retrieving_device_id=event.retrieving,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: ConnectionCleared, view: View) -> Message:
    return events.CallConnectionClearedEvent(
        releasing_device_type=view.device_type(event.releasing),
        releasing_device_id=event.releasing,
        **_connection(event, view),
        **_state(event),
    )


@_message.register
def _(event: Cleared, view: View) -> Message:
    return events.CallClearedEvent(**_connection(event, view), **_state(event))


@_message.register
def _(event: Conferenced, view: View) -> Message:
    return events.CallConferencedEvent(
        primary_device_id_type=STATIC,
        primary_call_id=event.call_id,
        primary_device_id=event.device,
        secondary_device_id_type=STATIC,
        secondary_call_id=event.secondary_id,
        secondary_device_id=event.added,
        controller_device_type=view.device_type(event.controller),
        controller_device_id=event.controller,
        added_party_device_type=view.device_type(event.added),
        added_party_device_id=event.added,
        parties=parties(event.call_id, event.parties),
        **_prefix(view),
        **_state(event),
    )


@_message.register
def _(event: Transferred, view: View) -> Message:
    return events.CallTransferredEvent(
        primary_device_id_type=STATIC,
        primary_call_id=event.call_id,
        primary_device_id=event.device,
        secondary_device_id_type=STATIC,
        secondary_call_id=event.secondary_id,
        secondary_device_id=event.added,
        transferring_device_type=view.device_type(event.controller),
        transferring_device_id=event.controller,
        transferred_device_type=view.device_type(event.added),
        transferred_device_id=event.added,
        parties=parties(event.call_id, event.parties),
        **_prefix(view),
        **_state(event),
    )


@_message.register
def _(event: AgentStateChanged, view: View) -> Message:
    agent = event.agent
    return agents.AgentStateEvent(
        skill_group_state=agent.state,
        state_duration=int(view.now_s - agent.since_s),
        skill_group_number=agent.skill_group,
        agent_state=agent.state,
        event_reason_code=agent.reason,
        icm_agent_id=agent.number,
        next_agent_state=agent.after_call,
        direction=view.peripheral.direction(agent),
        **_work(agent, view),
        **_prefix(view),
    )


class _Work(TypedDict):
    mrd_id: int
    num_tasks: int
    agent_mode: int
    max_task_limit: int
    max_beyond_task_limit: int
    agent_availability_status: int
    agent_id: str
    agent_extension: str
    agent_instrument: str
    skill_groups: tuple[agents.SkillGroup, ...]


def _work(agent: AgentSnapshot, view: View) -> _Work:
    """What an event and an answer tell alike: the work of a voice agent, who does one thing at a time.

    Who is signed out is told with his skill group and an empty extension: public clients that were used at sites take
    both for granted in every message.
    """
    return {
        "mrd_id": VOICE_MRD,
        "num_tasks": len(view.peripheral.calls.at(agent.device)) if agent.device else 0,
        "agent_mode": 1,
        "max_task_limit": 1,
        "max_beyond_task_limit": 1,
        "agent_availability_status": int(agent.state is AgentState.AVAILABLE),
        "agent_id": agent.agent_id,
        "agent_extension": agent.device,
        "agent_instrument": agent.device,
        "skill_groups": _skill_groups(agent),
    }


def _skill_groups(agent: AgentSnapshot) -> tuple[agents.SkillGroup, ...]:
    return (
        agents.SkillGroup(
            skill_group_number=agent.skill_group,
            skill_group_id=agent.skill_group,
            skill_group_priority=0,
            skill_group_state=agent.state,
        ),
    )


def agent_state(invoke_id: int, agent: AgentSnapshot, view: View) -> Message:
    """The answer to QUERY_AGENT_STATE_REQ."""
    return agents.QueryAgentStateConf(
        invoke_id, agent_state=agent.state, icm_agent_id=agent.number, **_work(agent, view)
    )


def call_snapshot(invoke_id: int, call: CallSnapshot, shown: Iterable[Party], view: View) -> Message:
    """The answer to SNAPSHOT_CALL_REQ. shown: the parties that are told."""
    return requests.SnapshotCallConf(
        invoke_id,
        call_type=call.call_type,
        call_devices=tuple(
            requests.CallDevice(
                call_conn_call_id=call.call_id,
                call_conn_device_id_type=STATIC,
                call_conn_device_id=party.device,
                call_device_id_type=view.device_type(party.device),
                call_device_id=party.device,
                call_device_conn_state=party.state,
            )
            for party in shown
        ),
        **_data(call.data),
    )


def device_snapshot(invoke_id: int, device: str, calls: Iterable[tuple[int, LocalConnectionState]]) -> Message:
    """The answer to SNAPSHOT_DEVICE_REQ."""
    return requests.SnapshotDeviceConf(
        invoke_id,
        calls=tuple(
            requests.DeviceCall(
                call_conn_call_id=call_id,
                call_conn_device_id_type=STATIC,
                call_conn_device_id=device,
                call_state=state,
            )
            for call_id, state in calls
        ),
    )
