"""Call events on a call's way to an agent and beside it: queues, routes, networks, voice streams, greetings.

Network recording (267 to 275) and CALL_ATTRIBUTE_CHANGE_EVENT are left out: the guide numbers the former in two ways,
the latter not at all. Fields whose width no edition prints (DequeueType, PriorityQueueNumber and the like) are kept as
they came.
Source: CTI Server Message Reference Guide (protocol 24), "Application Level Interfaces", call event messages.
"""

# ruff: noqa: RUF009 – the calls return dataclass fields, which is how a class body becomes the wire table.

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from chaos.wire.ged188.agents import SkillGroup
from chaos.wire.ged188.catalogue import MessageType, Tag
from chaos.wire.ged188.events import CallEvent, Cause, Connection, Device, State
from chaos.wire.ged188.fields import (
    Message,
    NamedArray,
    NamedVariable,
    b2,
    count,
    entries,
    i4,
    named_arrays,
    named_variables,
    number,
    raw,
    string,
    u2,
    u4,
    variables,
)
from chaos.wire.ged188.values import (
    NONE_16,
    NULL_ID,
    ConnectionDeviceIdType,
    DeviceIdType,
    EventCause,
    LineType,
    LocalConnectionState,
)


@dataclass(frozen=True, slots=True)
class CallDivertedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_DIVERTED_EVENT

    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    diverting_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    diverting_device_id: str | None = string(Tag.DIVERTING_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)


@dataclass(frozen=True, slots=True)
class CallQueuedEvent(CallEvent):
    """num_queued: calls in the queue, this one included. skill_groups: where it waits, without a state."""

    TYPE: ClassVar[int] = MessageType.CALL_QUEUED_EVENT

    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    queue_device_type: Device = u2(NONE_16, DeviceIdType)
    calling_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    last_redirect_device_type: Device = u2(NONE_16, DeviceIdType)
    num_queued: int = u2()
    num_skill_groups: int | None = count("skill_groups")
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    queue_device_id: str | None = string(Tag.QUEUE_DEVID, 64)
    calling_device_id: str | None = string(Tag.CALLING_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)
    last_redirect_device_id: str | None = string(Tag.LAST_REDIRECT_DEVID, 64)
    skill_groups: tuple[SkillGroup, ...] = entries(SkillGroup, 20)


@dataclass(frozen=True, slots=True)
class CallDequeuedEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_DEQUEUED_EVENT

    queue_device_type: Device = u2(NONE_16, DeviceIdType)
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    num_queued: int = u2()
    num_skill_groups: int | None = count("skill_groups")
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    queue_device_id: str | None = string(Tag.QUEUE_DEVID, 64)
    skill_groups: tuple[SkillGroup, ...] = entries(SkillGroup, 20)


@dataclass(frozen=True, slots=True)
class CallReachedNetworkEvent(CallEvent):
    TYPE: ClassVar[int] = MessageType.CALL_REACHED_NETWORK_EVENT

    line_handle: int = u2(NONE_16)
    line_type: LineType | int = u2(NONE_16, LineType)
    trunk_used_device_type: Device = u2(NONE_16, DeviceIdType)
    called_device_type: Device = u2(NONE_16, DeviceIdType)
    local_connection_state: State = u2(NONE_16, LocalConnectionState)
    event_cause: Cause = u2(NONE_16, EventCause)
    _: KW_ONLY
    trunk_used_device_id: str | None = string(Tag.TRUNK_USED_DEVID, 64)
    called_device_id: str | None = string(Tag.CALLED_DEVID, 64)
    trunk_number: int | None = number(Tag.TRUNK_NUMBER, "I")
    trunk_group_number: int | None = number(Tag.TRUNK_GROUP_NUMBER, "I")


@dataclass(frozen=True, slots=True)
class CallTranslationRouteEvent(Message):
    """Data of a call that is to arrive by a translation route. It names no call: there is none yet."""

    TYPE: ClassVar[int] = MessageType.CALL_TRANSLATION_ROUTE_EVENT

    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    _: KW_ONLY
    ani: str | None = string(Tag.ANI, 40)
    ani_ii: bytes | None = raw(Tag.ANI_II, 255)
    uui: bytes | None = raw(Tag.UUI, 131)
    dnis: str | None = string(Tag.DNIS, 32)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    ced: str | None = string(Tag.CED, 40)
    router_call_key_day: int | None = number(Tag.ROUTER_CALL_KEY_DAY, "I")
    router_call_key_call_id: int | None = number(Tag.ROUTER_CALL_KEY_CALLID, "I")
    router_call_key_sequence_number: int | None = number(Tag.ROUTER_CALL_KEY_SEQUENCE_NUM, "I")
    call_variables: tuple[str | None, ...] = variables()
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()


@dataclass(frozen=True, slots=True)
class AgentPreCallEvent(Message):
    """A call is on its way to an agent. agent_skill_target_id came with protocol 20."""

    TYPE: ClassVar[int] = MessageType.AGENT_PRE_CALL_EVENT

    monitor_id: int = u4()
    num_named_variables: int | None = count("named_variables")
    num_named_arrays: int | None = count("named_arrays")
    service_number: int = u4(NULL_ID)
    service_id: int = u4(NULL_ID)
    skill_group_number: int = u4(NULL_ID)
    skill_group_id: int = u4(NULL_ID)
    skill_group_priority: int = u2()
    mrd_id: int = i4()
    agent_skill_target_id: int = u4(since=20)
    _: KW_ONLY
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    router_call_key_day: int | None = number(Tag.ROUTER_CALL_KEY_DAY, "I")
    router_call_key_call_id: int | None = number(Tag.ROUTER_CALL_KEY_CALLID, "I")
    router_call_key_sequence_number: int | None = number(Tag.ROUTER_CALL_KEY_SEQUENCE_NUM, "I")
    ani: str | None = string(Tag.ANI, 40)
    ani_ii: bytes | None = raw(Tag.ANI_II, 255)
    uui: bytes | None = raw(Tag.UUI, 131)
    dialed_number: str | None = string(Tag.DIALED_NUMBER, 40)
    ced: str | None = string(Tag.CED, 40)
    call_type_id: int | None = number(Tag.CALL_TYPE_ID, "I")
    pre_call_invoke_id: int | None = number(Tag.PRE_CALL_INVOKE_ID, "I")
    call_variables: tuple[str | None, ...] = variables()
    named_variables: tuple[NamedVariable, ...] = named_variables()
    named_arrays: tuple[NamedArray, ...] = named_arrays()
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)


@dataclass(frozen=True, slots=True)
class AgentPreCallAbortEvent(Message):
    """The call that AGENT_PRE_CALL_EVENT announced does not come."""

    TYPE: ClassVar[int] = MessageType.AGENT_PRE_CALL_ABORT_EVENT

    monitor_id: int = u4()
    mrd_id: int = i4()
    _: KW_ONLY
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    router_call_key_day: int | None = number(Tag.ROUTER_CALL_KEY_DAY, "I")
    router_call_key_call_id: int | None = number(Tag.ROUTER_CALL_KEY_CALLID, "I")
    router_call_key_sequence_number: int | None = number(Tag.ROUTER_CALL_KEY_SEQUENCE_NUM, "I")


@dataclass(frozen=True, slots=True)
class RtpStartedEvent(Message):
    """direction: 0 input, 1 output, 2 both. rtp_type: 0 audio, 1 video, 2 data. packet_size: milliseconds."""

    TYPE: ClassVar[int] = MessageType.RTP_STARTED_EVENT

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    client_port: int = u4()
    direction: int = u2()
    rtp_type: int = u2()
    bit_rate: int = u4()
    echo_cancellation: bool = b2()
    packet_size: int = u4()
    payload_type: int = u2()
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    sending_address: str | None = string(Tag.SENDING_ADDRESS, 64)
    sending_port: int | None = number(Tag.SENDING_PORT, "I")


@dataclass(frozen=True, slots=True)
class RtpStoppedEvent(Message):
    TYPE: ClassVar[int] = MessageType.RTP_STOPPED_EVENT

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    client_port: int = u4()
    direction: int = u2()
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    client_address: str | None = string(Tag.CLIENT_ADDRESS, 64)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
    agent_extension: str | None = string(Tag.AGENT_EXTENSION, 16)
    agent_instrument: str | None = string(Tag.AGENT_INSTRUMENT, 64)
    sending_address: str | None = string(Tag.SENDING_ADDRESS, 64)
    sending_port: int | None = number(Tag.SENDING_PORT, "I")


@dataclass(frozen=True, slots=True)
class CallAgentGreetingEvent(Message):
    """event_code: 0 the greeting has started, 1 it has ended well, 2 it failed."""

    TYPE: ClassVar[int] = MessageType.CALL_AGENT_GREETING_EVENT

    monitor_id: int = u4()
    peripheral_id: int = u4(NULL_ID)
    connection_device_id_type: Connection = u2(NONE_16, ConnectionDeviceIdType)
    connection_call_id: int = u4(NULL_ID)
    event_code: int = u2()
    peripheral_error_code: int = u4()
    _: KW_ONLY
    connection_device_id: str | None = string(Tag.CONNECTION_DEVID, 64)
    agent_id: str | None = string(Tag.AGENT_ID, 12, alias=Tag.AGENT_ID_LONG)
