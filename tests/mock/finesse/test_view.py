"""The view and the screens drawn from it, from forged CTI messages."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from chaos.mock.finesse.config import DEFAULT_REASONS, UserRecord
from chaos.mock.finesse.documents import dialog, stamp, user
from chaos.mock.finesse.screen import Change, Kind, Painter, Screen, changes, screen_of
from chaos.mock.finesse.view import Agent, View
from chaos.wire.finesse import Dialog
from chaos.wire.ged188.agents import AgentStateEvent, QueryAgentStateConf
from chaos.wire.ged188.events import (
    BeginCallEvent,
    CallClearedEvent,
    CallConferencedEvent,
    CallConnectionClearedEvent,
    CallDataUpdateEvent,
    CallDeliveredEvent,
    CallEstablishedEvent,
    CallFailedEvent,
    CallHeldEvent,
    CallOriginatedEvent,
    CallServiceInitiatedEvent,
    CallTransferredEvent,
    EndCallEvent,
    Party,
)
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.requests import CallDevice, SnapshotCallConf
from chaos.wire.ged188.session import HeartbeatConf
from chaos.wire.ged188.values import AgentState, CallType
from chaos.wire.ged188.values import LocalConnectionState as State

NOW = datetime(2026, 3, 1, 9, 0, 0, 118000, tzinfo=UTC)
ANN, BOB = UserRecord("1101", "a.agent"), UserRecord("1102", "b.baker")


def signed_in(*pairs: tuple[str, str]) -> View:
    view = View()
    for agent_id, extension in pairs:
        view.apply(AgentStateEvent(agent_id=agent_id, agent_extension=extension, agent_state=AgentState.NOT_READY), NOW)
    return view


def feed(view: View, *messages: Message, after_s: float = 0) -> list[bool]:
    return [view.apply(message, NOW + timedelta(seconds=after_s)) for message in messages]


def begun(call_id: int, device: str, **more: object) -> BeginCallEvent:
    return BeginCallEvent(connection_call_id=call_id, connection_device_id=device, **more)  # type: ignore[arg-type]


def in_call(view: View, call_id: int = 7, a: str = "2001", b: str = "2002") -> None:
    """Two parties talk."""
    at_a = {"connection_call_id": call_id, "connection_device_id": a}
    at_b = {"connection_call_id": call_id, "connection_device_id": b}
    names = {"calling_device_id": a, "called_device_id": b}
    feed(
        view,
        begun(call_id, a, call_type=CallType.AGENT_INSIDE),
        CallServiceInitiatedEvent(**at_a, calling_device_id=a, local_connection_state=State.INITIATE),  # type: ignore[arg-type]
        CallOriginatedEvent(**at_a, **names, local_connection_state=State.INITIATE),  # type: ignore[arg-type]
        CallDeliveredEvent(**at_b, **names, alerting_device_id=b, local_connection_state=State.ALERTING),  # type: ignore[arg-type]
        CallEstablishedEvent(**at_a, **names, answering_device_id=b, local_connection_state=State.CONNECT),  # type: ignore[arg-type]
        CallEstablishedEvent(**at_b, **names, answering_device_id=b, local_connection_state=State.CONNECT),  # type: ignore[arg-type]
    )


def states(view: View, call_id: int = 7) -> dict[str, str]:
    return {
        str(party.media_address): str(party.state) for party in dialog(view.calls[call_id], view).participants or ()
    }


def test_an_event_of_a_call_that_never_began_is_no_call() -> None:
    view = signed_in(("1101", "2001"))
    taken = feed(
        view,
        CallEstablishedEvent(connection_call_id=9, connection_device_id="2001", local_connection_state=State.CONNECT),
        EndCallEvent(connection_call_id=9, connection_device_id="2001"),
        HeartbeatConf(1),
        AgentStateEvent(agent_state=AgentState.AVAILABLE),
        CallConferencedEvent(primary_call_id=9, secondary_call_id=10),
    )
    assert taken == [False] * 5
    assert view.calls == {}


def test_login_is_a_step_and_not_a_state() -> None:
    view = View()
    view.apply(AgentStateEvent(agent_id="1101", agent_state=AgentState.LOGIN, agent_extension="2001"), NOW)
    assert view.agents == {}


def test_a_state_began_as_long_ago_as_its_duration_says() -> None:
    view = View()
    view.apply(AgentStateEvent(agent_id="1101", agent_state=AgentState.NOT_READY, state_duration=90), NOW)
    assert stamp(view.agents["1101"].since) == "2026-03-01T08:58:30.118Z"


def test_system_reasons_have_a_label_and_no_id_and_configured_ones_both() -> None:
    agent = Agent(AgentState.NOT_READY, "2001", 50002, NOW)
    system = user(ANN, agent, DEFAULT_REASONS)
    assert system.reason_code is not None
    assert (system.reason_code_id, system.reason_code.label) == (-1, "Connection Failure")
    configured = user(ANN, Agent(AgentState.NOT_READY, "2001", 10, NOW), DEFAULT_REASONS)
    assert configured.reason_code_id == 16
    assert user(ANN, Agent(AgentState.AVAILABLE, "2001", 0, NOW), DEFAULT_REASONS).reason_code_id is None


def test_a_busy_callee_leaves_a_failed_call_that_can_only_be_dropped() -> None:
    view = signed_in(("1101", "2001"))
    at_a = {"connection_call_id": 7, "connection_device_id": "2001"}
    feed(
        view,
        begun(7, "2001"),
        CallServiceInitiatedEvent(**at_a, local_connection_state=State.INITIATE),  # type: ignore[arg-type]
        CallFailedEvent(**at_a, local_connection_state=State.FAIL, failing_device_id="2002"),  # type: ignore[arg-type]
    )
    shown = dialog(view.calls[7], view)
    assert shown.state == "FAILED"
    assert [action for party in shown.participants or () for action in party.actions or ()] == ["DROP"]


def test_whoever_drops_off_loses_the_dialog_and_the_others_go_on() -> None:
    view = signed_in(("1101", "2001"), ("1102", "2002"), ("1103", "2003"))
    in_call(view)
    in_call(view, 8, "2001", "2003")
    parties = tuple(Party(party_device_id=device) for device in ("2002", "2001", "2003"))
    feed(
        view,
        CallHeldEvent(connection_call_id=7, connection_device_id="2001", local_connection_state=State.HOLD),
        CallConferencedEvent(primary_call_id=7, secondary_call_id=8, controller_device_id="2001", parties=parties),
    )
    assert states(view) == {"2001": "ACTIVE", "2002": "ACTIVE", "2003": "ACTIVE"}
    assert list(view.calls) == [7]
    feed(
        view,
        CallConnectionClearedEvent(
            connection_call_id=7,
            connection_device_id="2002",
            releasing_device_id="2001",
            local_connection_state=State.CONNECT,
        ),
        EndCallEvent(connection_call_id=7, connection_device_id="2001"),
    )
    assert view.calls_at("2001") == ()
    assert [call.call_id for call in view.calls_at("2002")] == [7]
    assert states(view)["2001"] == "DROPPED"


def test_after_a_transfer_the_one_who_transferred_is_out_and_the_outside_party_in() -> None:
    view = signed_in(("1101", "2001"), ("1102", "2002"))
    in_call(view)
    in_call(view, 8, "2001", "0555")
    parties = tuple(Party(party_device_id=device) for device in ("2002", "0555"))
    feed(
        view,
        CallTransferredEvent(primary_call_id=7, secondary_call_id=8, transferring_device_id="2001", parties=parties),
    )
    assert states(view) == {"2002": "ACTIVE", "0555": "ACTIVE"}
    feed(view, CallClearedEvent(connection_call_id=7, connection_device_id="2002"))
    assert dialog(view.calls[7], view).state == "DROPPED"


def test_call_data_are_laid_over_what_was_known() -> None:
    view = signed_in(("1101", "2001"))
    in_call(view)
    variables = (None, "two") + (None,) * 8
    feed(view, CallDataUpdateEvent(connection_call_id=7, connection_device_id="2001", call_variables=variables))
    feed(view, CallDataUpdateEvent(connection_call_id=7, connection_device_id="2001", call_wrapup_data="done"))
    assert view.calls[7].facts.variables[:3] == ("", "two", "")
    assert view.calls[7].facts.wrap_up == "done"
    assert view.calls[7].call_type == CallType.AGENT_INSIDE


def snapshot(*devices: str, kind: CallType = CallType.AGENT_INSIDE, state: State = State.CONNECT) -> SnapshotCallConf:
    return SnapshotCallConf(
        call_type=kind,
        call_devices=tuple(CallDevice(call_device_id=device, call_device_conn_state=state) for device in devices),
    )


def test_a_snapshot_equal_to_what_was_known_draws_the_same_screen() -> None:
    before = signed_in(("1101", "2001"), ("1102", "2002"))
    in_call(before)
    after = View()
    later = NOW + timedelta(seconds=40)
    for agent_id, extension in (("1101", "2001"), ("1102", "2002")):
        conf = QueryAgentStateConf(agent_state=AgentState.NOT_READY, agent_extension=extension)
        after.take_agent(agent_id, conf, before.agents[agent_id], later)
    after.take_call(7, snapshot("2001", "2002"), before.calls[7], later)
    old, new = (screen_of(ANN, view, DEFAULT_REASONS) for view in (before, after))
    assert old == new


def test_a_snapshot_of_a_two_party_call_with_an_outside_party_is_whole() -> None:
    view = signed_in(("1101", "2001"))
    view.take_call(7, snapshot("2001", "0555", kind=CallType.OUT), None, NOW)
    assert states(view) == {"2001": "ACTIVE", "0555": "ACTIVE"}
    assert not view.calls[7].incomplete


def test_a_snapshot_of_a_conference_leaves_out_parties_that_are_no_agents_and_later_events_do_not_bring_them() -> None:
    view = signed_in(("1101", "2001"), ("1102", "2002"))
    view.take_call(7, snapshot("2001", "2002", "0555", kind=CallType.CONFERENCE), None, NOW)
    assert states(view) == {"2001": "ACTIVE", "2002": "ACTIVE"}
    assert view.calls[7].incomplete
    parties = tuple(Party(party_device_id=device) for device in ("2002", "2001", "0555"))
    feed(
        view,
        CallConferencedEvent(primary_call_id=7, secondary_call_id=8, controller_device_id="2001", parties=parties),
        CallConnectionClearedEvent(
            connection_call_id=7,
            connection_device_id="2001",
            releasing_device_id="0555",
            local_connection_state=State.CONNECT,
        ),
    )
    assert states(view) == {"2001": "ACTIVE", "2002": "ACTIVE"}


def test_a_call_wholly_between_two_screens_leaves_no_change() -> None:
    view = signed_in(("1101", "2001"))
    old = screen_of(ANN, view, DEFAULT_REASONS)
    in_call(view)
    feed(view, EndCallEvent(connection_call_id=7, connection_device_id="2001"))
    assert list(changes("1101", old, screen_of(ANN, view, DEFAULT_REASONS), view)) == []


def test_a_change_knows_its_node_source_and_event() -> None:
    shown = Screen(user(ANN, Agent(), DEFAULT_REASONS))
    update = Change(Kind.USER, "1101", shown.user).update("r")
    assert (str(update.event), update.source, update.request_id) == ("PUT", "/finesse/api/User/1101", "r")
    for kind, event, source in (
        (Kind.APPEARED, "POST", "/finesse/api/User/1101/Dialogs"),
        (Kind.CHANGED, "PUT", "/finesse/api/Dialog/7"),
        (Kind.GONE, "DELETE", "/finesse/api/User/1101/Dialogs"),
    ):
        change = Change(kind, "1101", Dialog("7"))
        assert (str(change.update().event), change.source) == (event, source)
        assert change.node == "/finesse/api/User/1101/Dialogs"


@pytest.mark.parametrize("seed", range(7, 19))
def test_a_painter_draws_what_is_drawn_without_one_after_every_event(seed: int) -> None:
    """The short cut must not show: the same random story, drawn both ways after each message."""
    choice = Random(seed)
    view, painter = View(), Painter(DEFAULT_REASONS)
    records = [UserRecord(f"110{number}") for number in range(4)]
    stories: list[Message] = []
    for number in range(300):
        a, b = choice.sample(["2000", "2001", "2002", "2003", "0555"], 2)
        call_id = choice.randrange(3)
        where = {"connection_call_id": call_id, "connection_device_id": a}
        both = tuple(Party(party_device_id=device) for device in (a, b))
        state = choice.choice([State.CONNECT, State.HOLD, State.NULL, State.ALERTING])
        stories.append(
            choice.choice(
                [
                    begun(call_id, a),
                    CallOriginatedEvent(**where, called_device_id=b, local_connection_state=State.INITIATE),  # type: ignore[arg-type]
                    CallDeliveredEvent(**where, alerting_device_id=a, local_connection_state=State.ALERTING),  # type: ignore[arg-type]
                    CallHeldEvent(**where, local_connection_state=state),  # type: ignore[arg-type]
                    CallConnectionClearedEvent(**where, releasing_device_id=b, local_connection_state=state),  # type: ignore[arg-type]
                    EndCallEvent(**where),  # type: ignore[arg-type]
                    CallConferencedEvent(primary_call_id=call_id, secondary_call_id=(call_id + 1) % 3, parties=both),
                    AgentStateEvent(
                        agent_id=f"110{number % 4}",
                        agent_extension=f"200{number % 4}",
                        agent_state=choice.choice([AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.LOGOUT]),
                    ),
                ]
            )
        )
    shown, spared = 0, 0
    last = {record.login_id: painter.screen(record, view) for record in records}
    for number, message in enumerate(stories):
        (taken,) = feed(view, message, after_s=number)
        for record in records:
            drawn = painter.screen(record, view)
            assert drawn == screen_of(record, view, DEFAULT_REASONS)
            if drawn != last[record.login_id]:
                assert taken
                assert record.login_id in view.concerned
            elif taken and record.login_id not in view.concerned:
                spared += 1
            last[record.login_id] = drawn
            shown += len(drawn.dialogs)
    assert shown > 50
    assert spared > 50
