"""Documents written out by hand from the developer guide and from captures, read and written."""

import re
from typing import Any

import pytest

from chaos.wire import finesse as f

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

SYSTEM_INFO_126 = """\
<SystemInfo>
  <currentTimestamp>2025-02-03T09:15:42.118Z</currentTimestamp>
  <deploymentType>UCCE</deploymentType>
  <lastCTIHeartbeatStatus>success</lastCTIHeartbeatStatus>
  <lastSuccessCTIHeartbeatTime>1738574140907</lastSuccessCTIHeartbeatTime>
  <ctiVersion>24</ctiVersion>
  <ctiHeartbeatInterval>5</ctiHeartbeatInterval>
  <ctiMMode></ctiMMode>
  <ctiTimeInMMode>-1</ctiTimeInMMode>
  <finesseMMode></finesseMMode>
  <finesseTimeInMMode>-1</finesseTimeInMMode>
  <license></license>
  <peripheralId>5000</peripheralId>
  <primaryNode>
    <host>fin-a.lab.example</host>
    <httpsPort>8445</httpsPort>
    <xmppPort>5222</xmppPort>
    <xmppSecurePort>5223</xmppSecurePort>
  </primaryNode>
  <secondaryNode>
    <host>fin-b.lab.example</host>
  </secondaryNode>
  <status>IN_SERVICE</status>
  <statusReason></statusReason>
  <systemAuthMode>NON_SSO</systemAuthMode>
  <timezoneOffset>60</timezoneOffset>
  <uri>/finesse/api/SystemInfo</uri>
  <xmppDomain>fin-a.lab.example</xmppDomain>
  <xmppPubSubDomain>pubsub.fin-a.lab.example</xmppPubSubDomain>
  <ctiServers>
    <ctiServer>
      <host>pg-a.lab.example</host>
      <connectedDuration>86400</connectedDuration>
      <active>true</active>
    </ctiServer>
    <ctiServer>
      <host>pg-b.lab.example</host>
      <connectedDuration>0</connectedDuration>
      <active>false</active>
    </ctiServer>
  </ctiServers>
</SystemInfo>
"""
INFO_126 = f.SystemInfo(
    status=f.SystemStatus.IN_SERVICE,
    status_reason="",
    current_timestamp="2025-02-03T09:15:42.118Z",
    deployment_type="UCCE",
    last_heartbeat_status=f.HeartbeatStatus.SUCCESS,
    last_heartbeat_ms=1738574140907,
    cti_version=24,
    cti_heartbeat_interval_s=5,
    cti_maintenance_mode="",
    cti_maintenance_s=-1,
    finesse_maintenance_mode="",
    finesse_maintenance_s=-1,
    license="",
    peripheral_id=5000,
    primary_node=f.Node("fin-a.lab.example", 8445, 5222, 5223),
    secondary_node=f.Node("fin-b.lab.example"),
    system_auth_mode="NON_SSO",
    timezone_offset_min=60,
    xmpp_domain="fin-a.lab.example",
    xmpp_pubsub_domain="pubsub.fin-a.lab.example",
    cti_servers=(f.CtiServer("pg-a.lab.example", 86400, True), f.CtiServer("pg-b.lab.example", 0, False)),
)

USER = """\
<User>
  <uri>/finesse/api/User/1101</uri>
  <roles>
    <role>Agent</role>
  </roles>
  <loginId>1101</loginId>
  <loginName>a.agent</loginName>
  <state>NOT_READY</state>
  <stateChangeTime>2025-02-03T09:15:40.001Z</stateChangeTime>
  <mediaType>1</mediaType>
  <pendingState></pendingState>
  <reasonCodeId>16</reasonCodeId>
  <ReasonCode>
    <category>NOT_READY</category>
    <uri>/finesse/api/ReasonCode/16</uri>
    <code>10</code>
    <label>Training</label>
    <forAll>true</forAll>
    <systemCode>false</systemCode>
    <id>16</id>
  </ReasonCode>
  <settings>
    <wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming>
    <wrapUpOnOutgoing>OPTIONAL</wrapUpOnOutgoing>
    <deviceSelection>enabled</deviceSelection>
  </settings>
  <extension>2101</extension>
  <firstName>Ann &amp; Co</firstName>
  <lastName>Agent</lastName>
  <teamId>5001</teamId>
  <teamName>Sales</teamName>
  <skillTargetId>5011</skillTargetId>
  <dialogs>/finesse/api/User/1101/Dialogs</dialogs>
  <teams/>
  <wrapUpTimer>7200</wrapUpTimer>
</User>
"""
AGENT = f.User(
    login_id="1101",
    state=f.UserState.NOT_READY,
    uri="/finesse/api/User/1101",
    roles=("Agent",),
    login_name="a.agent",
    state_change_time="2025-02-03T09:15:40.001Z",
    media_type="1",
    pending_state="",
    reason_code_id=16,
    reason_code=f.ReasonCode(10, "Training", "NOT_READY", 16, "/finesse/api/ReasonCode/16", True, False),
    settings=f.UserSettings("OPTIONAL", "OPTIONAL", "enabled"),
    extension="2101",
    first_name="Ann & Co",
    last_name="Agent",
    team_id="5001",
    team_name="Sales",
    skill_target_id="5011",
    dialogs_uri="/finesse/api/User/1101/Dialogs",
    teams=(),
    wrap_up_timer_s=7200,
)

SYSTEM_CONFIG = """\
<SystemConfig>
  <uri>/finesse/api/SystemConfig</uri>
  <cti>
    <host>pg-a.lab.example</host>
    <port>42027</port>
    <backupHost>pg-b.lab.example</backupHost>
    <backupPort>43027</backupPort>
    <peripheralId>5000</peripheralId>
    <secure>false</secure>
  </cti>
</SystemConfig>
"""
DATABASE_CONFIG = """\
<EnterpriseDatabaseConfig>
  <uri>/finesse/api/EnterpriseDatabaseConfig</uri>
  <host>aw-a.lab.example</host>
  <backupHost>aw-b.lab.example</backupHost>
  <port>1433</port>
  <databaseName>ucce_awdb</databaseName>
  <domain>lab.example</domain>
  <username>fin_user</username>
  <password></password>
</EnterpriseDatabaseConfig>
"""
CLUSTER_CONFIG = """\
<ClusterConfig>
  <uri>/finesse/api/ClusterConfig</uri>
  <secondaryNode>
    <host>fin-b.lab.example</host>
  </secondaryNode>
</ClusterConfig>
"""
API_ERRORS = """\
<ApiErrors>
  <ApiError>
    <ErrorType>Service Unavailable</ErrorType>
    <ErrorData></ErrorData>
    <ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage>
  </ApiError>
</ApiErrors>
"""
DIALOGS = """\
<Dialogs>
  <Dialog>
    <associatedDialogUri></associatedDialogUri>
    <fromAddress>2101</fromAddress>
    <id>53149001</id>
    <mediaType>Voice</mediaType>
    <participants/>
    <state>ACTIVE</state>
    <toAddress>2102</toAddress>
    <uri>/finesse/api/Dialog/53149001</uri>
  </Dialog>
</Dialogs>
"""
DIALOG = f.Dialog(
    "53149001", f.DialogState.ACTIVE, from_address="2101", to_address="2102", uri="/finesse/api/Dialog/53149001"
)

ANSWERS: dict[str, tuple[str, Any, Any, Any]] = {
    "SystemInfo": (SYSTEM_INFO_126, INFO_126, f.parse_system_info, f.write_system_info),
    "User": (USER, AGENT, f.parse_user, f.write_user),
    "Dialogs": (DIALOGS, f.DialogsChange((DIALOG,)), f.parse_dialogs, f.write_dialogs),
    "no Dialogs": ("<Dialogs/>\n", f.DialogsChange(), f.parse_dialogs, f.write_dialogs),
    "ApiErrors": (
        API_ERRORS,
        f.ApiErrors((f.ApiError("Service Unavailable", "SERVER_OUT_OF_SERVICE", ""),)),
        f.parse_api_errors,
        f.write_api_errors,
    ),
    "SystemConfig": (
        SYSTEM_CONFIG,
        f.SystemConfig("pg-a.lab.example", 42027, "pg-b.lab.example", 43027, 5000, False),
        f.parse_system_config,
        f.write_system_config,
    ),
    "EnterpriseDatabaseConfig": (
        DATABASE_CONFIG,
        f.EnterpriseDatabaseConfig(
            "aw-a.lab.example", 1433, "aw-b.lab.example", None, "ucce_awdb", "lab.example", "fin_user", ""
        ),
        f.parse_enterprise_database_config,
        f.write_enterprise_database_config,
    ),
    "ClusterConfig": (
        CLUSTER_CONFIG,
        f.ClusterConfig("fin-b.lab.example"),
        f.parse_cluster_config,
        f.write_cluster_config,
    ),
}

REQUESTS: dict[str, tuple[str, Any, Any, Any]] = {
    "sign in": (
        "<User><state>LOGIN</state><extension>2101</extension></User>",
        f.UserRequest(f.UserState.LOGIN, "2101"),
        f.parse_user_request,
        f.write_user_request,
    ),
    "not ready with a reason": (
        "<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>",
        f.UserRequest(f.UserState.NOT_READY, reason_code_id=16),
        f.parse_user_request,
        f.write_user_request,
    ),
    "sign out of all media": (
        "<User><state>LOGOUT</state><logoutAllMedia>true</logoutAllMedia></User>",
        f.UserRequest(f.UserState.LOGOUT, logout_all_media=True),
        f.parse_user_request,
        f.write_user_request,
    ),
    "make a call": (
        "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2101</fromAddress>"
        "<toAddress>2102</toAddress></Dialog>",
        f.DialogRequest(f.Action.MAKE_CALL, from_address="2101", to_address="2102"),
        f.parse_dialog_request,
        f.write_dialog_request,
    ),
    "update call data": (
        "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><callvariables><CallVariable>"
        "<name>callVariable1</name><value> x </value></CallVariable></callvariables></mediaProperties></Dialog>",
        f.DialogRequest(f.Action.UPDATE_CALL_DATA, call_variables=(f.CallVariable("callVariable1", " x "),)),
        f.parse_dialog_request,
        f.write_dialog_request,
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_read_and_written_as_in_the_guide(name: str) -> None:
    text, value, parse, write = ANSWERS[name]
    assert parse(text) == value
    assert write(value) == (HEAD + text).encode()
    assert f.parse_document(write(value)) == value


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_read_and_written_as_in_the_guide(name: str) -> None:
    text, value, parse, write = REQUESTS[name]
    assert parse(text) == value
    assert re.sub(r">\s+<", "><", write(value).decode()).strip() == text
    assert f.parse_document(text) == value


def test_a_target_may_stand_before_the_action() -> None:
    text = "<Dialog><targetMediaAddress>2102</targetMediaAddress><requestedAction>ANSWER</requestedAction></Dialog>"
    assert f.parse_dialog_request(text) == f.DialogRequest(f.Action.ANSWER, "2102")


def test_fields_of_later_releases_are_none_in_a_12_5_answer_and_are_not_written() -> None:
    info = f.parse_system_info("<SystemInfo><primaryNode><host>a</host></primaryNode></SystemInfo>")
    assert info.status is None
    assert info.status_reason is None
    assert info.secondary_node is None
    assert info.cti_servers is None
    assert info.primary_node == f.Node("a", None, None, None)
    assert b"ctiMMode" not in f.write_system_info(info)
    assert b"Port" not in f.write_system_info(info)


@pytest.mark.parametrize("text", ["IN_SERVICE", "in_service", "  In_Service\n"])
def test_enum_values_are_known_in_any_letter_case(text: str) -> None:
    status = f.parse_system_info(f"<SystemInfo><status>{text}</status></SystemInfo>").status
    assert status is f.SystemStatus.IN_SERVICE


def test_unknown_enum_values_stay_text_as_the_peer_wrote_them() -> None:
    assert f.parse_system_info("<SystemInfo><status>Partial_Service</status></SystemInfo>").status == "Partial_Service"
    user = f.parse_user("<User><state>Zombie</state></User>")
    assert user.state == "Zombie"
    assert not isinstance(user.state, f.UserState)
    dialog = f.parse_dialog(
        "<Dialog><state>ODD</state><participants><Participant><state>odder</state><actions><action>FLY</action>"
        "</actions></Participant></participants></Dialog>"
    )
    assert dialog.participants is not None
    assert (dialog.state, dialog.participants[0].state, dialog.participants[0].actions) == ("ODD", "odder", ("FLY",))


@pytest.mark.parametrize("text", ["", "soon", "1.5", "1e3", "9" * 19, "٣", "--1", "+5", "0x10", "-"])
def test_numbers_that_are_none_read_as_none(text: str) -> None:
    info = f.parse_system_info(f"<SystemInfo><ctiVersion>{text}</ctiVersion></SystemInfo>")
    assert info.cti_version is None


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("False", False), ("1", None), ("", None), ("yes", None)])
def test_truth_values_read_in_any_letter_case_and_nothing_else(text: str, value: bool | None) -> None:
    config = f.parse_system_config(f"<SystemConfig><cti><secure>{text}</secure></cti></SystemConfig>")
    assert config.secure is value


@pytest.mark.parametrize("name", ["ReasonCode", "reasonCode", "REASONCODE"])
def test_the_reason_code_element_is_read_in_every_spelling(name: str) -> None:
    user = f.parse_user(f"<User><reasonCodeId>-1</reasonCodeId><{name}><code>50002</code></{name}></User>")
    assert user.reason_code_id == -1
    assert user.reason_code is not None
    assert user.reason_code.code == 50002
    assert user.reason_code.id is None


def test_namespaces_comments_and_unknown_elements_do_not_matter() -> None:
    text = (
        '<?pi x?><!-- c --><n:user xmlns:n="u:n" xmlns="u:d"><future><state>READY</state></future>'
        "<n:LOGINID>1101</n:LOGINID><State>HOLD</State></n:user>"
    )
    assert f.parse_user(text) == f.User(login_id="1101", state=f.UserState.HOLD)


def test_of_repeated_elements_the_first_counts() -> None:
    assert f.parse_user("<User><state>READY</state><state>HOLD</state></User>").state is f.UserState.READY


def test_a_value_hidden_in_deeper_elements_is_not_taken_for_the_value() -> None:
    assert f.parse_user("<User><state><x>READY</x></state></User>").state == ""


def test_a_user_without_identity_is_a_request_and_one_with_it_an_answer() -> None:
    assert isinstance(f.parse_document("<User><state>READY</state></User>"), f.UserRequest)
    assert isinstance(f.parse_document("<User><loginId>1</loginId></User>"), f.User)
    assert isinstance(f.parse_document("<Dialog><id>1</id></Dialog>"), f.Dialog)


def test_an_unknown_root_is_kept_with_its_xml() -> None:
    assert f.parse_document("<Teams><Team>1</Team></Teams>") == f.UnknownPayload(
        "Teams", "<Teams><Team>1</Team></Teams>"
    )


def test_a_password_is_written_but_never_shown() -> None:
    config = f.EnterpriseDatabaseConfig("aw", password="s3cret")
    assert b"<password>s3cret</password>" in f.write_enterprise_database_config(config)
    assert "s3cret" not in repr(config)


def test_a_system_config_without_its_cti_wrapper_is_read_too() -> None:
    assert f.parse_system_config("<SystemConfig><host>a</host><port>1</port></SystemConfig>") == f.SystemConfig(
        "a", 1, uri=None
    )


def test_what_a_user_typed_into_an_address_comes_back_without_spoiling_the_answer() -> None:
    errors = f.ApiErrors((f.ApiError("User Not Found", "UNKNOWN_USER", "<\x00&]]>"),))
    assert f.parse_api_errors(f.write_api_errors(errors)).errors[0].error_data == "<\ufffd&]]>"
