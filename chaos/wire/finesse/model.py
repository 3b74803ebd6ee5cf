"""What Finesse documents say, as values.

A field is None where the document has no such element, or where a number or truth value is not one; it is then not
written either. A text is "" where the element is empty. Enum-like fields hold the enum member when the value is known
in any letter case, otherwise the peer's own text: an unknown state is something to record, not an error.

Source: Finesse developer guide (SystemInfo, User, Dialog, SystemConfig, EnterpriseDatabaseConfig, ClusterConfig,
Notifications), element names and orders as in public captures of 12.5.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class SystemStatus(StrEnum):
    """The two values of SystemInfo's `status`."""

    IN_SERVICE = "IN_SERVICE"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"


class HeartbeatStatus(StrEnum):
    """How the last heartbeat to the CTI server went."""

    SUCCESS = "success"
    FAILURE = "failure"


class UserState(StrEnum):
    """States of an agent; LOGIN stands in requests only."""

    LOGIN = "LOGIN"
    LOGOUT = "LOGOUT"
    NOT_READY = "NOT_READY"
    READY = "READY"
    RESERVED = "RESERVED"
    RESERVED_OUTBOUND = "RESERVED_OUTBOUND"
    RESERVED_OUTBOUND_PREVIEW = "RESERVED_OUTBOUND_PREVIEW"
    TALKING = "TALKING"
    HOLD = "HOLD"
    WORK = "WORK"
    WORK_READY = "WORK_READY"
    UNKNOWN = "UNKNOWN"


class DialogState(StrEnum):
    """States of a voice dialog."""

    INITIATING = "INITIATING"
    INITIATED = "INITIATED"
    ALERTING = "ALERTING"
    ACTIVE = "ACTIVE"
    FAILED = "FAILED"
    DROPPED = "DROPPED"
    ACCEPTED = "ACCEPTED"


class ParticipantState(StrEnum):
    """States of one party of a voice dialog."""

    INITIATING = "INITIATING"
    INITIATED = "INITIATED"
    ALERTING = "ALERTING"
    ACTIVE = "ACTIVE"
    HELD = "HELD"
    FAILED = "FAILED"
    WRAP_UP = "WRAP_UP"
    DROPPED = "DROPPED"
    ACCEPTED = "ACCEPTED"


class Action(StrEnum):
    """What may be asked of a dialog."""

    MAKE_CALL = "MAKE_CALL"
    ANSWER = "ANSWER"
    HOLD = "HOLD"
    RETRIEVE = "RETRIEVE"
    DROP = "DROP"
    CONSULT_CALL = "CONSULT_CALL"
    TRANSFER = "TRANSFER"
    TRANSFER_SST = "TRANSFER_SST"
    CONFERENCE = "CONFERENCE"
    SEND_DTMF = "SEND_DTMF"
    UPDATE_CALL_DATA = "UPDATE_CALL_DATA"
    SILENT_MONITOR = "SILENT_MONITOR"
    BARGE_CALL = "BARGE_CALL"
    PARTICIPANT_DROP = "PARTICIPANT_DROP"
    START_RECORDING = "START_RECORDING"
    ACCEPT = "ACCEPT"
    CLOSE = "CLOSE"
    REJECT = "REJECT"


class UpdateEvent(StrEnum):
    """What a notification says of its object."""

    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Node:
    """One Finesse node in SystemInfo; the ports appear after 12.5."""

    host: str | None
    https_port: int | None = None
    xmpp_port: int | None = None
    xmpp_secure_port: int | None = None


@dataclass(frozen=True, slots=True)
class CtiServer:
    """One configured CTI server as this node sees it (12.6)."""

    host: str | None
    connected_duration_s: int | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """State of the answering node.

    last_heartbeat_ms: epoch milliseconds. cti_heartbeat_interval_s: seconds. The maintenance times are seconds,
    negative outside of maintenance mode. `xmpp_domain` is the answering node's own name.
    """

    status: SystemStatus | str | None
    status_reason: str | None = ""
    current_timestamp: str | None = ""
    deployment_type: str | None = None
    last_heartbeat_status: HeartbeatStatus | str | None = None
    last_heartbeat_ms: int | None = None
    cti_version: int | None = None
    cti_heartbeat_interval_s: int | None = None
    cti_maintenance_mode: str | None = None
    cti_maintenance_s: int | None = None
    finesse_maintenance_mode: str | None = None
    finesse_maintenance_s: int | None = None
    license: str | None = None
    peripheral_id: int | None = None
    primary_node: Node | None = None
    secondary_node: Node | None = None
    system_auth_mode: str | None = None
    timezone_offset_min: int | None = None
    uri: str | None = "/finesse/api/SystemInfo"
    xmpp_domain: str | None = None
    xmpp_pubsub_domain: str | None = None
    cti_servers: tuple[CtiServer, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A reason code. `id` is the database key used in requests, `code` the number in reports and events."""

    code: int | None
    label: str | None = None
    category: str | None = None
    id: int | None = None
    uri: str | None = None
    for_all: bool | None = None
    system_code: bool | None = None


@dataclass(frozen=True, slots=True)
class UserSettings:
    """Wrap-up and device settings of an agent."""

    wrap_up_on_incoming: str | None = None
    wrap_up_on_outgoing: str | None = None
    device_selection: str | None = None


@dataclass(frozen=True, slots=True)
class MobileAgent:
    """How a mobile agent is reached; known only to the node where it signed in."""

    mode: str | None
    dial_number: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A team that a user supervises."""

    id: str | None
    name: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """An agent or supervisor. `reason_code_id` is -1 where there is no reason, None in READY."""

    login_id: str | None
    state: UserState | str | None = None
    uri: str | None = None
    roles: tuple[str, ...] | None = None
    login_name: str | None = None
    state_change_time: str | None = None
    media_type: str | None = None
    pending_state: UserState | str | None = None
    reason_code_id: int | None = None
    reason_code: ReasonCode | None = None
    settings: UserSettings | None = None
    extension: str | None = None
    mobile_agent: MobileAgent | None = None
    first_name: str | None = None
    last_name: str | None = None
    team_id: str | None = None
    team_name: str | None = None
    skill_target_id: str | None = None
    dialogs_uri: str | None = None
    teams: tuple[Team, ...] | None = None
    wrap_up_timer_s: int | None = None


@dataclass(frozen=True, slots=True)
class UserRequest:
    """Body of `PUT /finesse/api/User/{id}`. A missing state is None: the server answers "Parameter Missing"."""

    state: UserState | str | None
    extension: str | None = None
    reason_code_id: int | None = None
    logout_all_media: bool | None = None
    mobile_agent: MobileAgent | None = None


@dataclass(frozen=True, slots=True)
class CallVariable:
    """One call variable; its value is kept to the blank."""

    name: str | None
    value: str | None = ""


@dataclass(frozen=True, slots=True)
class MediaProperties:
    """What is known of the call behind a dialog."""

    media_id: str | None = None
    dnis: str | None = None
    call_type: str | None = None
    dialed_number: str | None = None
    outbound_classification: str | None = None
    queue_number: str | None = None
    queue_name: str | None = None
    call_key_call_id: str | None = None
    call_key_sequence_num: str | None = None
    call_key_prefix: str | None = None
    wrap_up_reason: str | None = None
    call_variables: tuple[CallVariable, ...] | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """One party of a dialog. `actions` None: the element is missing, as in a DELETE event."""

    media_address: str | None
    state: ParticipantState | str | None = None
    actions: tuple[Action | str, ...] | None = ()
    media_address_type: str | None = "AGENT_DEVICE"
    start_time: str | None = None
    state_cause: str | None = ""
    state_change_time: str | None = None


@dataclass(frozen=True, slots=True)
class Dialog:
    """A voice call. `id` is a decimal string."""

    id: str | None
    state: DialogState | str | None = None
    associated_dialog_uri: str | None = ""
    secondary_id: str | None = None
    from_address: str | None = None
    to_address: str | None = None
    media_type: str | None = "Voice"
    media_properties: MediaProperties | None = None
    participants: tuple[Participant, ...] | None = ()
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class DialogsChange:
    """A collection of dialogs: a REST answer, or those that appeared or went in an event."""

    dialogs: tuple[Dialog, ...] = ()


@dataclass(frozen=True, slots=True)
class DialogRequest:
    """Body of `POST …/User/{id}/Dialogs` and of `PUT …/Dialog/{id}`.

    action_params: names and values, as `dtmfString` of SEND_DTMF. associated_dialog_uri: of BARGE_CALL.
    """

    requested_action: Action | str | None
    target_media_address: str | None = None
    from_address: str | None = None
    to_address: str | None = None
    call_variables: tuple[CallVariable, ...] = ()
    wrap_up_reason: str | None = None
    action_params: tuple[CallVariable, ...] = ()
    associated_dialog_uri: str | None = None


@dataclass(frozen=True, slots=True)
class ApiError:
    """One error, of an HTTP answer or of a notification; the peripheral fields exist since 12.5, in notifications."""

    error_type: str | None
    error_message: str | None = ""
    error_data: str | None = ""
    peripheral_error_code: str | None = None
    peripheral_error_text: str | None = None
    peripheral_error_msg: str | None = None


@dataclass(frozen=True, slots=True)
class ApiErrors:
    """The body of an error answer, and the payload of an asynchronous failure."""

    errors: tuple[ApiError, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """CTI servers of the deployment, as configured on the primary node."""

    host: str | None
    port: int | None = None
    backup_host: str | None = None
    backup_port: int | None = None
    peripheral_id: int | None = None
    secure: bool | None = None
    uri: str | None = "/finesse/api/SystemConfig"


@dataclass(frozen=True, slots=True)
class EnterpriseDatabaseConfig:
    """The AWDB of the deployment. The password is never shown in a repr."""

    host: str | None
    port: int | None = None
    backup_host: str | None = None
    backup_port: int | None = None
    database_name: str | None = None
    domain: str | None = None
    username: str | None = None
    password: str | None = field(default="", repr=False)
    uri: str | None = "/finesse/api/EnterpriseDatabaseConfig"


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """The secondary node of the pair."""

    secondary_host: str | None
    uri: str | None = "/finesse/api/ClusterConfig"


@dataclass(frozen=True, slots=True)
class UnknownPayload:
    """A document with a root that has no type here: its name without namespace, and its XML."""

    root: str
    xml: str


Payload = SystemInfo | User | Dialog | DialogsChange | ApiErrors | UnknownPayload


@dataclass(frozen=True, slots=True)
class Update:
    """One notification. `request_id` echoes the request's header, "" when unsolicited; the link is best-effort."""

    event: UpdateEvent | str | None
    source: str | None
    request_id: str | None = ""
    payload: Payload | None = None


Document = (
    SystemInfo
    | User
    | UserRequest
    | Dialog
    | DialogsChange
    | DialogRequest
    | ApiErrors
    | SystemConfig
    | EnterpriseDatabaseConfig
    | ClusterConfig
    | Update
    | UnknownPayload
)
