"""What observations keep of Finesse's documents: all that is said, so that whoever compares them leaves nothing out."""

from dataclasses import fields, replace

import pytest

from chaos.clients.documents import as_path, calls_seen, more_of, more_of_node, queues_listed, users_listed
from chaos.wire.finesse import (
    CallVariable,
    Dialog,
    MediaProperties,
    Node,
    Participant,
    ReasonCode,
    SystemInfo,
    Team,
    UnknownPayload,
    User,
    UserSettings,
)

REASON = ReasonCode(10, "Training", "NOT_READY", 16, "/ReasonCode/16", for_all=True, system_code=False)
USER = User(
    login_id="1101",
    state="NOT_READY",
    uri="/User/1101",
    roles=("Supervisor", "Agent"),
    login_name="ann",
    state_change_time="noon",
    media_type="1",
    pending_state="WORK",
    reason_code_id=16,
    reason_code=REASON,
    settings=UserSettings("REQUIRED", "OPTIONAL", "enabled"),
    extension="2101",
    first_name="Ann",
    last_name="Agent",
    team_id="5001",
    team_name="Sales",
    skill_target_id="5011",
    dialogs_uri="/User/1101/Dialogs",
    teams=(Team("5002", "Support", "/Team/5002"),),
    wrap_up_timer_s=7200,
)
# What has a field of its own in observations, or is known to the node of sign-in alone.
_ELSEWHERE = {"state", "extension", "mobile_agent"}
DIALOG = Dialog(
    id="53",
    state="ACTIVE",
    associated_dialog_uri="/Dialog/52",
    secondary_id="51",
    from_address="2101",
    to_address="2102",
    media_type="Voice",
    media_properties=MediaProperties(
        **{one.name: one.name for one in fields(MediaProperties) if one.name != "call_variables"},
        call_variables=(CallVariable("callVariable1", "x"),),
    ),
    participants=(Participant("2101", "ACTIVE", (), "AGENT_DEVICE", "at ten", "a cause", "at eleven"),),
    uri="/Dialog/53",
)


@pytest.mark.parametrize("field", sorted({one.name for one in fields(User)} - _ELSEWHERE))
def test_whatever_else_a_user_document_says_makes_a_difference(field: str) -> None:
    assert dict(more_of(USER)) != dict(more_of(replace(USER, **{field: None})))


@pytest.mark.parametrize("field", sorted(one.name for one in fields(ReasonCode)))
def test_whatever_a_reason_says_makes_a_difference(field: str) -> None:
    another = replace(USER, reason_code=replace(REASON, **{field: None}))
    assert dict(more_of(USER))["reasonCode"] != dict(more_of(another))["reasonCode"]


@pytest.mark.parametrize("field", sorted({one.name for one in fields(Dialog)} - {"media_properties", "participants"}))
def test_whatever_a_dialog_says_makes_a_difference(field: str) -> None:
    assert calls_seen((DIALOG,)) != calls_seen((replace(DIALOG, **{field: None}),))


@pytest.mark.parametrize("field", sorted(one.name for one in fields(MediaProperties)))
def test_whatever_is_said_of_the_call_behind_it_makes_a_difference(field: str) -> None:
    assert DIALOG.media_properties is not None
    other = replace(DIALOG, media_properties=replace(DIALOG.media_properties, **{field: None}))
    assert calls_seen((DIALOG,)) != calls_seen((other,))


@pytest.mark.parametrize("field", sorted(one.name for one in fields(Participant)))
def test_whatever_is_said_of_a_party_makes_a_difference(field: str) -> None:
    assert DIALOG.participants is not None
    other = replace(DIALOG, participants=(replace(DIALOG.participants[0], **{field: None}),))
    assert calls_seen((DIALOG,)) != calls_seen((other,))


def test_a_node_is_marked_by_what_it_goes_on_saying_of_itself_alone() -> None:
    here = SystemInfo("IN_SERVICE", current_timestamp="noon", primary_node=Node("fin-a"), xmpp_domain="fin-a")
    later = replace(here, current_timestamp="one", last_heartbeat_ms=7, cti_maintenance_s=-1, status_reason="x")
    other = replace(here, xmpp_domain="fin-b")
    marks = [dict(more_of_node(info))["digest"] for info in (here, later, other)]
    assert marks[0] == marks[1] != marks[2]
    assert dict(more_of_node(later))["currentTimestamp"] == "one"
    assert dict(more_of_node(replace(here, primary_node=Node("fin-b"))))["primaryNode"] == "fin-b"


def test_queues_of_a_list_are_known_by_what_leads_to_them_and_of_nothing_else() -> None:
    listed = (
        "<Queues><Queue><uri>/finesse/api/Queue/10</uri><name>A</name></Queue>"
        "<Queue><uri>/finesse/api/Queue/11</uri></Queue><Queue><uri>elsewhere</uri></Queue><Queue/></Queues>"
    )
    assert queues_listed(UnknownPayload("Queues", listed)) == ("10", "11")
    assert queues_listed(UnknownPayload("Teams", listed)) == ()
    assert queues_listed(UnknownPayload("Queues", "<Queues/>")) == ()
    assert queues_listed(None) == ()


def test_users_are_listed_by_themselves_and_in_their_team() -> None:
    users = "<users><User><loginId>1001</loginId><state>READY</state></User><User><state>READY</state></User></users>"
    found = (("1001", "READY"),)
    assert users_listed(UnknownPayload("Users", users.replace("users>", "Users>"))) == found
    assert users_listed(UnknownPayload("Team", f"<Team><id>1</id>{users}</Team>")) == found
    assert users_listed(UnknownPayload("Team", "<Team><id>1</id></Team>")) == ()
    assert users_listed(UnknownPayload("Queue", f"<Queue>{users}</Queue>")) == ()


@pytest.mark.parametrize("base", ["https://fin-a", "https://fin-a:8445", "HTTP://[::1]:8082"])
def test_a_resource_is_the_same_however_it_is_addressed(base: str) -> None:
    def addressed(before: str) -> User:
        teams = tuple(Team(number, "A", f"{before}/finesse/api/Team/{number}") for number in ("5001", "5002"))
        return replace(USER, uri=f"{before}/finesse/api/User/1001", teams=teams)

    assert dict(more_of(addressed(base))) == dict(more_of(addressed("")))
    assert as_path(f"{base}/elsewhere") == f"{base}/elsewhere"
