"""The tables: every document's elements, in the order in which Finesse's REST answers list them."""

from chaos.wire.finesse import model as m
from chaos.wire.finesse.fields import (
    AskedInteger,
    Inside,
    Integer,
    Many,
    Nested,
    OneOf,
    RawText,
    Row,
    Shape,
    Text,
    Truth,
)

TEXT, RAW, NUMBER, ASKED_NUMBER, TRUTH = Text(), RawText(), Integer(), AskedInteger(), Truth()
USER_STATE = OneOf(m.UserState)
ACTION = OneOf(m.Action)
UPDATE_EVENT = OneOf(m.UpdateEvent)

NODE = Shape(
    m.Node,
    (
        Row("host", "host", TEXT),
        Row("https_port", "httpsPort", NUMBER),
        Row("xmpp_port", "xmppPort", NUMBER),
        Row("xmpp_secure_port", "xmppSecurePort", NUMBER),
    ),
)

CTI_SERVER = Shape(
    m.CtiServer,
    (
        Row("host", "host", TEXT),
        Row("connected_duration_s", "connectedDuration", NUMBER),
        Row("active", "active", TRUTH),
    ),
)

SYSTEM_INFO = Shape(
    m.SystemInfo,
    (
        Row("current_timestamp", "currentTimestamp", TEXT),
        Row("deployment_type", "deploymentType", TEXT),
        Row("last_heartbeat_status", "lastCTIHeartbeatStatus", OneOf(m.HeartbeatStatus)),
        Row("last_heartbeat_ms", "lastSuccessCTIHeartbeatTime", NUMBER),
        Row("cti_version", "ctiVersion", NUMBER),
        Row("cti_heartbeat_interval_s", "ctiHeartbeatInterval", NUMBER),
        Row("cti_maintenance_mode", "ctiMMode", TEXT),
        Row("cti_maintenance_s", "ctiTimeInMMode", NUMBER),
        Row("finesse_maintenance_mode", "finesseMMode", TEXT),
        Row("finesse_maintenance_s", "finesseTimeInMMode", NUMBER),
        Row("license", "license", TEXT),
        Row("peripheral_id", "peripheralId", NUMBER),
        Row("primary_node", "primaryNode", Nested(NODE)),
        Row("secondary_node", "secondaryNode", Nested(NODE)),
        Row("status", "status", OneOf(m.SystemStatus)),
        Row("status_reason", "statusReason", TEXT),
        Row("system_auth_mode", "systemAuthMode", TEXT),
        Row("timezone_offset_min", "timezoneOffset", NUMBER),
        Row("uri", "uri", TEXT),
        Row("xmpp_domain", "xmppDomain", TEXT),
        Row("xmpp_pubsub_domain", "xmppPubSubDomain", TEXT),
        Row("cti_servers", "ctiServers", Many("ctiServer", Nested(CTI_SERVER))),
    ),
)

REASON_CODE = Shape(
    m.ReasonCode,
    (
        Row("category", "category", TEXT),
        Row("uri", "uri", TEXT),
        Row("code", "code", NUMBER),
        Row("label", "label", TEXT),
        Row("for_all", "forAll", TRUTH),
        Row("system_code", "systemCode", TRUTH),
        Row("id", "id", NUMBER),
    ),
    sort_events=False,
)

USER_SETTINGS = Shape(
    m.UserSettings,
    (
        Row("wrap_up_on_incoming", "wrapUpOnIncoming", TEXT),
        Row("wrap_up_on_outgoing", "wrapUpOnOutgoing", TEXT),
        Row("device_selection", "deviceSelection", TEXT),
    ),
)

MOBILE_AGENT = Shape(m.MobileAgent, (Row("mode", "mode", TEXT), Row("dial_number", "dialNumber", TEXT)))

TEAM = Shape(m.Team, (Row("id", "id", TEXT), Row("name", "name", TEXT), Row("uri", "uri", TEXT)))

USER = Shape(
    m.User,
    (
        Row("uri", "uri", TEXT),
        Row("roles", "roles", Many("role", TEXT)),
        Row("login_id", "loginId", TEXT),
        Row("login_name", "loginName", TEXT),
        Row("state", "state", USER_STATE),
        Row("state_change_time", "stateChangeTime", TEXT),
        Row("media_type", "mediaType", TEXT),
        Row("pending_state", "pendingState", USER_STATE),
        Row("reason_code_id", "reasonCodeId", NUMBER),
        Row("reason_code", "ReasonCode", Nested(REASON_CODE)),
        Row("settings", "settings", Nested(USER_SETTINGS)),
        Row("extension", "extension", TEXT),
        Row("mobile_agent", "mobileAgent", Nested(MOBILE_AGENT)),
        Row("first_name", "firstName", TEXT),
        Row("last_name", "lastName", TEXT),
        Row("team_id", "teamId", TEXT),
        Row("team_name", "teamName", TEXT),
        Row("skill_target_id", "skillTargetId", TEXT),
        Row("dialogs_uri", "dialogs", TEXT),
        Row("teams", "teams", Many("Team", Nested(TEAM))),
        Row("wrap_up_timer_s", "wrapUpTimer", NUMBER),
    ),
)

USER_REQUEST = Shape(
    m.UserRequest,
    (
        Row("state", "state", USER_STATE),
        Row("extension", "extension", TEXT),
        Row("reason_code_id", "reasonCodeId", ASKED_NUMBER),
        Row("logout_all_media", "logoutAllMedia", TRUTH),
        Row("mobile_agent", "mobileAgent", Nested(MOBILE_AGENT)),
    ),
)

CALL_VARIABLE = Shape(m.CallVariable, (Row("name", "name", TEXT), Row("value", "value", RAW)))
CALL_VARIABLES = Many("CallVariable", Nested(CALL_VARIABLE))
ACTION_PARAMS = Many("ActionParam", Nested(CALL_VARIABLE))

MEDIA_PROPERTIES = Shape(
    m.MediaProperties,
    (
        Row("media_id", "mediaId", TEXT),
        Row("dnis", "DNIS", TEXT),
        Row("call_key_call_id", "callKeyCallId", TEXT),
        Row("call_key_prefix", "callKeyPrefix", TEXT),
        Row("call_key_sequence_num", "callKeySequenceNum", TEXT),
        Row("call_type", "callType", TEXT),
        Row("dialed_number", "dialedNumber", TEXT),
        Row("outbound_classification", "outboundClassification", TEXT),
        Row("queue_name", "queueName", TEXT),
        Row("queue_number", "queueNumber", TEXT),
        Row("wrap_up_reason", "wrapUpReason", TEXT),
        Row("call_variables", "callvariables", CALL_VARIABLES),
    ),
    sort_events=False,  # as captured: mediaId first and the call variables last, the others sorted
)

PARTICIPANT = Shape(
    m.Participant,
    (
        Row("actions", "actions", Many("action", ACTION)),
        Row("media_address", "mediaAddress", TEXT),
        Row("media_address_type", "mediaAddressType", TEXT),
        Row("start_time", "startTime", TEXT),
        Row("state", "state", OneOf(m.ParticipantState)),
        Row("state_cause", "stateCause", TEXT),
        Row("state_change_time", "stateChangeTime", TEXT),
    ),
)

DIALOG = Shape(
    m.Dialog,
    (
        Row("associated_dialog_uri", "associatedDialogUri", TEXT),
        Row("from_address", "fromAddress", TEXT),
        Row("id", "id", TEXT),
        Row("media_properties", "mediaProperties", Nested(MEDIA_PROPERTIES)),
        Row("media_type", "mediaType", TEXT),
        Row("participants", "participants", Many("Participant", Nested(PARTICIPANT))),
        Row("secondary_id", "secondaryId", TEXT),
        Row("state", "state", OneOf(m.DialogState)),
        Row("to_address", "toAddress", TEXT),
        Row("uri", "uri", TEXT),
    ),
)

API_ERROR = Shape(
    m.ApiError,
    (
        Row("error_type", "ErrorType", TEXT),
        Row("error_data", "ErrorData", TEXT),
        Row("error_message", "ErrorMessage", TEXT),
        Row("peripheral_error_code", "PeripheralErrorCode", TEXT),
        Row("peripheral_error_msg", "PeripheralErrorMsg", TEXT),
        Row("peripheral_error_text", "PeripheralErrorText", TEXT),
    ),
    event_rows=(
        Row("peripheral_error_code", "peripheralErrorCode", TEXT),
        Row("error_type", "errorType", TEXT),
        Row("error_message", "errorMessage", TEXT),
        Row("peripheral_error_text", "peripheralErrorText", TEXT),
        Row("peripheral_error_msg", "peripheralErrorMsg", TEXT),
        Row("error_data", "errorData", TEXT),
    ),
)

CTI_CONFIG = Shape(
    m.SystemConfig,
    (
        Row("host", "host", TEXT),
        Row("port", "port", NUMBER),
        Row("backup_host", "backupHost", TEXT),
        Row("backup_port", "backupPort", NUMBER),
        Row("peripheral_id", "peripheralId", NUMBER),
        Row("secure", "secure", TRUTH),
    ),
)

ENTERPRISE_DATABASE_CONFIG = Shape(
    m.EnterpriseDatabaseConfig,
    (
        Row("uri", "uri", TEXT),
        Row("host", "host", TEXT),
        Row("backup_host", "backupHost", TEXT),
        Row("port", "port", NUMBER),
        Row("backup_port", "backupPort", NUMBER),
        Row("database_name", "databaseName", TEXT),
        Row("domain", "domain", TEXT),
        Row("username", "username", TEXT),
        Row("password", "password", RAW),
    ),
)

CLUSTER_CONFIG = Shape(
    m.ClusterConfig,
    (Row("uri", "uri", TEXT), Row("secondary_host", "secondaryNode", Inside("host", TEXT))),
)
