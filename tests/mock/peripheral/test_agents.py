"""Signing in and out, states asked for, forced logout."""

import pytest

from chaos.errors import UsageError
from chaos.mock.peripheral import AgentConfig, AgentStateChanged, PeripheralConfig, Refused
from chaos.wire.ged188 import AgentState, ControlFailure
from tests.mock.peripheral.stage import Stage


def test_signing_in_shows_login_and_then_not_ready() -> None:
    stage = Stage()
    stage.agents.login("1001", "secret", "2001")
    assert stage.agent_events() == [("1001", "LOGIN", 0), ("1001", "NOT_READY", 0)]
    at = stage.agents.at("2001")
    assert at is not None
    assert at.agent_id == "1001"


@pytest.mark.parametrize(
    ("agent_id", "password", "device", "code"),
    [
        ("1999", "secret", "2001", ControlFailure.INVALID_AGENT_ID),
        ("1001", "wrong", "2001", ControlFailure.INVALID_PASSWORD),
        ("1001", "secret", "2999", ControlFailure.INVALID_LOGON_DEVICE),
        ("1001", "secret", "2002", ControlFailure.EXTENSION_IN_USE),
        ("1002", "secret", "2001", ControlFailure.AGENT_ALREADY_SIGNED_ON),
    ],
)
def test_a_sign_in_is_refused_with_its_own_code(
    agent_id: str, password: str, device: str, code: ControlFailure
) -> None:
    stage = Stage()
    stage.ready(2)
    with pytest.raises(Refused) as refused:
        stage.agents.login(agent_id, password, device)
    assert refused.value.code is code
    assert stage.told == []


def test_single_sign_on_needs_no_password() -> None:
    stage = Stage()
    stage.agents.login("1001", None, "2001")
    assert stage.state(1) == ("NOT_READY", 0)


def test_a_new_reason_in_the_same_state_is_told_and_the_same_reason_is_not() -> None:
    stage = Stage()
    stage.ready(1)
    for reason in (7, 8, 8):
        stage.agents.set_state("1001", AgentState.NOT_READY, reason)
    assert stage.agent_events() == [("1001", "NOT_READY", 7), ("1001", "NOT_READY", 8)]


def test_signing_out_goes_by_way_of_not_ready() -> None:
    stage = Stage()
    stage.ready(1)
    with pytest.raises(Refused) as refused:
        stage.agents.set_state("1001", AgentState.LOGOUT)
    assert refused.value.code is ControlFailure.STATE_INCOMPATIBILITY
    stage.agents.set_state("1001", AgentState.NOT_READY)
    stage.agents.set_state("1001", AgentState.LOGOUT, 3)
    assert stage.state(1) == ("LOGOUT", 3)
    assert stage.agents.at("2001") is None


def test_the_logout_event_still_names_the_phone() -> None:
    stage = Stage()
    stage.ready(1)
    stage.agents.set_state("1001", AgentState.LOGOUT, 999)
    event = stage.told[-1]
    assert isinstance(event, AgentStateChanged)
    assert (event.agent.state, event.agent.device) == (AgentState.LOGOUT, "2001")


def test_a_supervisor_signs_out_a_talking_agent_and_the_call_goes_on() -> None:
    stage = Stage()
    call_id = stage.talk().call_id
    stage.agents.set_state("1002", AgentState.LOGOUT, 999)
    assert stage.state(2) == ("LOGOUT", 999)
    assert stage.calls.get(call_id) is not None


def test_nobody_asks_for_talking() -> None:
    stage = Stage()
    stage.ready(1)
    with pytest.raises(Refused):
        stage.agents.set_state("1001", AgentState.TALKING)


def test_a_state_asked_for_while_talking_waits_and_is_announced_once() -> None:
    stage = Stage()
    call_id = stage.talk().call_id
    stage.agents.set_state("1002", AgentState.WORK_NOT_READY)
    (event,) = stage.told
    assert isinstance(event, AgentStateChanged)
    assert (event.agent.state, event.agent.after_call) == (AgentState.TALKING, AgentState.WORK_NOT_READY)
    stage.calls.hold(call_id, "2002")
    stage.calls.clear_connection(call_id, "2001")
    assert stage.agent_events()[1:] == [
        ("1002", "HOLD", 0),
        ("1001", "NOT_READY", 50006),
        ("1002", "WORK_NOT_READY", 0),
    ]
    stage.agents.set_state("1002", AgentState.AVAILABLE)
    assert stage.state(2) == ("AVAILABLE", 0)


@pytest.mark.parametrize("before", [AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.WORK_NOT_READY])
def test_with_load_0_a_desktop_that_is_gone_leaves_not_ready_50002(before: AgentState) -> None:
    # DESKTOP-18
    stage = Stage()
    put_in(stage, 2, before)
    stage.agents.set_state("1002", AgentState.LOGOUT, 255, forced=True)
    assert stage.state(2) == ("NOT_READY", 50002)


def test_with_load_0_a_talking_agent_is_put_not_ready_when_the_call_ends_and_not_before() -> None:
    # DESKTOP-19
    stage = Stage()
    call_id = stage.talk().call_id
    stage.agents.set_state("1002", AgentState.LOGOUT, 255, forced=True)
    assert stage.state(2) == ("TALKING", 0)
    stage.calls.hold(call_id, "2002")
    assert stage.state(2) == ("HOLD", 0)
    stage.calls.clear_connection(call_id, "2002")
    assert stage.state(2) == ("NOT_READY", 50002)


@pytest.mark.parametrize("before", [AgentState.NOT_READY, AgentState.AVAILABLE, AgentState.WORK_NOT_READY])
def test_with_load_1_a_desktop_that_is_gone_signs_out_with_50002(before: AgentState) -> None:
    # DESKTOP-20
    stage = Stage()
    put_in(stage, 4, before)
    stage.agents.set_state("1004", AgentState.LOGOUT, 255, forced=True)
    assert stage.state(4) == ("LOGOUT", 50002)


def test_with_load_1_a_talking_agent_is_signed_out_at_once_and_the_call_lives_on() -> None:
    # DESKTOP-21
    stage = Stage()
    stage.ready(1, 4)
    call_id = stage.calls.make("2001", "2004").call_id
    stage.calls.answer(call_id, "2004")
    stage.agents.set_state("1004", AgentState.LOGOUT, 255, forced=True)
    assert stage.state(4) == ("LOGOUT", 50002)
    assert stage.calls.states_at("2004") == stage.calls.states_at("2001") != ()
    stage.calls.clear_connection(call_id, "2001")
    assert stage.state(4) == ("LOGOUT", 50002)


def test_a_forced_logout_of_somebody_signed_out_changes_nothing() -> None:
    # DESKTOP-06
    stage = Stage()
    stage.agents.set_state("1001", AgentState.LOGOUT, 255, forced=True)
    assert stage.told == []


def test_signing_in_at_a_phone_with_a_call_shows_talking() -> None:
    stage = Stage()
    stage.ready(1)
    call_id = stage.calls.make("2001", "2002").call_id
    stage.calls.answer(call_id, "2002")
    stage.agents.login("1002", "secret", "2002")
    assert stage.state(2) == ("TALKING", 0)


def test_the_time_in_a_state_starts_with_the_state() -> None:
    stage = Stage()
    stage.clock.pass_s(3)
    stage.ready(1)
    stage.clock.pass_s(4)
    stage.agents.set_state("1001", AgentState.NOT_READY)
    agent = stage.agents.get("1001")
    assert agent is not None
    assert agent.since_s == 7


@pytest.mark.parametrize(("agent_id", "extension"), [("123456789012", "2001"), ("1001", "2" * 16), ("", "2001")])
def test_a_name_that_the_protocol_cannot_carry_is_refused_at_once(agent_id: str, extension: str) -> None:
    with pytest.raises(UsageError, match="characters"):
        PeripheralConfig((AgentConfig(agent_id, "x", extension),))


def put_in(stage: Stage, n: int, state: AgentState) -> None:
    """Bring agent n into a state; Wrap-Up is reached by way of a call."""
    stage.ready(1, n)
    if state is AgentState.WORK_NOT_READY:
        call_id = stage.calls.make("2001", f"200{n}").call_id
        stage.calls.answer(call_id, f"200{n}")
        stage.agents.set_state(f"100{n}", state)
        stage.calls.clear_connection(call_id, "2001")
    else:
        stage.agents.set_state(f"100{n}", state)
    assert stage.state(n)[0] == state.name
