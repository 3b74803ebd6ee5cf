"""Notifications as captured, read and written."""

import pytest

from chaos.wire import finesse as f
from chaos.wire.xml import local_name, parse_xml

USER_EVENT = """\
<Update>
  <data>
    <user>
      <dialogs>/finesse/api/User/1101/Dialogs</dialogs>
      <extension></extension>
      <firstName>Ann</firstName>
      <lastName>Agent 21</lastName>
      <loginId>1101</loginId>
      <loginName>a_agent</loginName>
      <mediaType>1</mediaType>
      <pendingState></pendingState>
      <reasonCodeId>-1</reasonCodeId>
      <roles>
        <role>Agent</role>
        <role>Supervisor</role>
      </roles>
      <settings>
        <wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming>
        <wrapUpOnOutgoing>OPTIONAL</wrapUpOnOutgoing>
      </settings>
      <state>LOGOUT</state>
      <stateChangeTime>2025-02-03T10:46:22.083Z</stateChangeTime>
      <teamId>5001</teamId>
      <teamName>Sales</teamName>
      <teams>
        <Team>
          <id>5001</id>
          <name>Sales</name>
          <uri>/finesse/api/Team/5001</uri>
        </Team>
      </teams>
      <uri>/finesse/api/User/1101</uri>
      <wrapUpTimer>7200</wrapUpTimer>
    </user>
  </data>
  <event>PUT</event>
  <requestId></requestId>
  <source>/finesse/api/User/1101</source>
</Update>"""
USER_UPDATE = f.Update(
    event=f.UpdateEvent.PUT,
    source="/finesse/api/User/1101",
    request_id="",
    payload=f.User(
        login_id="1101",
        state=f.UserState.LOGOUT,
        uri="/finesse/api/User/1101",
        roles=("Agent", "Supervisor"),
        login_name="a_agent",
        state_change_time="2025-02-03T10:46:22.083Z",
        media_type="1",
        pending_state="",
        reason_code_id=-1,
        settings=f.UserSettings("OPTIONAL", "OPTIONAL"),
        extension="",
        first_name="Ann",
        last_name="Agent 21",
        team_id="5001",
        team_name="Sales",
        dialogs_uri="/finesse/api/User/1101/Dialogs",
        teams=(f.Team("5001", "Sales", "/finesse/api/Team/5001"),),
        wrap_up_timer_s=7200,
    ),
)

FAILURE = """\
<Update>
  <data>
    <apiErrors>
      <apiError>
        <peripheralErrorCode>10125</peripheralErrorCode>
        <errorType>Invalid Device</errorType>
        <errorMessage>CF_INVALID_LOGON_DEVICE_SPECIFIED</errorMessage>
        <peripheralErrorText>text of the peripheral error</peripheralErrorText>
        <peripheralErrorMsg>PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID</peripheralErrorMsg>
        <errorData>260</errorData>
      </apiError>
    </apiErrors>
  </data>
  <requestId>harness-42</requestId>
  <source>/finesse/api/User/1101</source>
  <event>put</event>
</Update>"""
FAILURE_UPDATE = f.Update(
    event=f.UpdateEvent.PUT,
    source="/finesse/api/User/1101",
    request_id="harness-42",
    payload=f.ApiErrors(
        (
            f.ApiError(
                "Invalid Device",
                "CF_INVALID_LOGON_DEVICE_SPECIFIED",
                "260",
                "10125",
                "text of the peripheral error",
                "PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID",
            ),
        )
    ),
)

DIALOGS_EVENT = """\
<Update>
  <data>
    <dialogs>
      <Dialog>
        <associatedDialogUri></associatedDialogUri>
        <fromAddress>2101</fromAddress>
        <id>53149001</id>
        <mediaProperties>
          <mediaId>1</mediaId>
          <DNIS>2102</DNIS>
          <callType>AGENT_INSIDE</callType>
          <dialedNumber>2102</dialedNumber>
          <outboundClassification></outboundClassification>
          <callvariables>
            <CallVariable>
              <name>callVariable1</name>
              <value></value>
            </CallVariable>
          </callvariables>
        </mediaProperties>
        <mediaType>Voice</mediaType>
        <participants>
          <Participant>
            <actions>
              <action>ANSWER</action>
            </actions>
            <mediaAddress>2102</mediaAddress>
            <mediaAddressType>AGENT_DEVICE</mediaAddressType>
            <startTime>2025-02-03T09:20:00.000Z</startTime>
            <state>ALERTING</state>
            <stateCause></stateCause>
            <stateChangeTime>2025-02-03T09:20:00.000Z</stateChangeTime>
          </Participant>
          <Participant>
            <mediaAddress>2101</mediaAddress>
            <mediaAddressType></mediaAddressType>
            <state>INITIATED</state>
            <stateCause></stateCause>
          </Participant>
        </participants>
        <state>ALERTING</state>
        <toAddress>2102</toAddress>
        <uri>/finesse/api/Dialog/53149001</uri>
      </Dialog>
    </dialogs>
  </data>
  <event>POST</event>
  <requestId></requestId>
  <source>/finesse/api/User/1102/Dialogs</source>
</Update>"""
TIME = "2025-02-03T09:20:00.000Z"
CALL = f.Dialog(
    id="53149001",
    state=f.DialogState.ALERTING,
    from_address="2101",
    to_address="2102",
    media_properties=f.MediaProperties(
        media_id="1",
        dnis="2102",
        call_type="AGENT_INSIDE",
        dialed_number="2102",
        outbound_classification="",
        call_variables=(f.CallVariable("callVariable1", ""),),
    ),
    participants=(
        f.Participant(
            "2102",
            f.ParticipantState.ALERTING,
            (f.Action.ANSWER,),
            start_time=TIME,
            state_change_time=TIME,
        ),
        f.Participant("2101", f.ParticipantState.INITIATED, None, ""),
    ),
    uri="/finesse/api/Dialog/53149001",
)
DIALOGS_UPDATE = f.Update(f.UpdateEvent.POST, "/finesse/api/User/1102/Dialogs", "", f.DialogsChange((CALL,)))

SYSTEM_EVENT = """\
<Update>
  <data>
    <systemInfo>
      <status>OUT_OF_SERVICE</status>
      <statusReason></statusReason>
      <uri>/finesse/api/SystemInfo</uri>
    </systemInfo>
  </data>
  <event>PUT</event>
  <requestId></requestId>
  <source>/finesse/api/SystemInfo</source>
</Update>"""
SYSTEM_UPDATE = f.Update(
    f.UpdateEvent.PUT,
    "/finesse/api/SystemInfo",
    "",
    f.SystemInfo(f.SystemStatus.OUT_OF_SERVICE, current_timestamp=None),
)

CAPTURES = {
    "user": (USER_EVENT, USER_UPDATE),
    "failure": (FAILURE, FAILURE_UPDATE),
    "dialogs": (DIALOGS_EVENT, DIALOGS_UPDATE),
    "systemInfo": (SYSTEM_EVENT, SYSTEM_UPDATE),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_a_notification_is_read_and_written_as_captured(name: str) -> None:
    text, update = CAPTURES[name]
    assert f.parse_update(text) == update
    assert f.parse_update("\n" + text + "\n  ") == update
    assert f.write_update(update).decode() == text
    assert f.parse_document(text) == update


def test_one_changed_call_is_a_dialog_of_its_own() -> None:
    update = f.Update(f.UpdateEvent.PUT, "/finesse/api/Dialog/53149001", "r1", CALL)
    text = f.write_update(update).decode()
    assert "<data>\n    <dialog>\n      <associatedDialogUri>" in text
    assert f.parse_update(text) == update


@pytest.mark.parametrize("word", ["put", "PUT", "Put"])
@pytest.mark.parametrize("root", ["user", "User"])
def test_the_two_spellings_of_a_user_event_mean_the_same(word: str, root: str) -> None:
    text = (
        f"<Update><source>s</source><event>{word}</event><data><{root}><loginId>1</loginId></{root}></data>"
        "<requestId>r</requestId></Update>"
    )
    assert f.parse_update(text) == f.Update(f.UpdateEvent.PUT, "s", "r", f.User(login_id="1"))


@pytest.mark.parametrize("root", ["ApiErrors/ApiError/ErrorType", "apiErrors/apiError/errorType"])
def test_the_two_spellings_of_an_error_mean_the_same(root: str) -> None:
    outer, middle, inner = root.split("/")
    text = f"<Update><data><{outer}><{middle}><{inner}>X</{inner}></{middle}></{outer}></data></Update>"
    payload = f.parse_update(text).payload
    assert isinstance(payload, f.ApiErrors)
    assert payload.errors[0].error_type == "X"


def test_an_unknown_payload_is_kept_as_xml_and_an_absent_one_is_none() -> None:
    update = f.parse_update("<Update><data><team><id>5</id></team></data><event>FLY</event></Update>")
    assert update == f.Update("FLY", None, None, f.UnknownPayload("team", "<team><id>5</id></team>"))
    assert f.parse_update(f.write_update(update)).payload is not None
    for text in ("<Update/>", "<Update><data/></Update>", "<Update><data>soon</data></Update>"):
        assert f.parse_update(text) == f.Update(None, None, None, None)


def test_the_text_of_a_notification_must_be_an_update() -> None:
    with pytest.raises(f.WrongRoot):
        f.parse_update("<User/>")
    with pytest.raises(f.MalformedXml):
        f.parse_update("&lt;Update/&gt;")


def test_the_elements_of_an_event_are_sorted_by_name_and_those_of_an_answer_are_not() -> None:
    user = f.User(
        login_id="1", state=f.UserState.HOLD, reason_code_id=-1, reason_code=f.ReasonCode(1), skill_target_id=""
    )
    info = f.SystemInfo(f.SystemStatus.IN_SERVICE, last_heartbeat_status="failure", last_heartbeat_ms=1, cti_version=24)
    for thing in (user, info):
        names = [local_name(child) for child in parse_xml(f.write_update(f.Update("PUT", "s", "", thing)))[0][0]]
        assert names == sorted(names, key=str.lower)
    answer = [local_name(child) for child in parse_xml(f.write_system_info(info))]
    assert answer[:3] == ["currentTimestamp", "lastCTIHeartbeatStatus", "lastSuccessCTIHeartbeatTime"]
