"""What is shown of agents and calls, from the model alone."""

from collections.abc import Callable
from typing import Any

from chaos.mock.control.view import people_shown
from chaos.mock.peripheral import AgentConfig, Peripheral, PeripheralConfig
from chaos.wire.ged188.values import AgentState


def peripheral() -> Peripheral:
    def never(after_s: float, do: Callable[[], None]) -> None:
        """Outside parties do not pick up."""

    agents = (
        AgentConfig("1001", "x", "2001", login_name="anna", team="Sales"),
        AgentConfig("1002", "x", "2002", supervisor=True),
    )
    return Peripheral(PeripheralConfig(agents=agents), now=lambda: 12.345, call_later=never)


def shown(model: Peripheral, number: int) -> Any:
    return people_shown(model)["agents"][number]


def test_who_is_signed_out_can_sign_in_at_his_own_phone_and_nothing_else() -> None:
    anna, other = people_shown(peripheral())["agents"]
    assert anna == {
        "id": "1001", "name": "anna", "team": "Sales", "supervisor": False, "phone": "2001", "signed_in": False,
        "state": "LOGOUT", "reason": 0, "since_s": 0.0, "after_call": None, "states": ["LOGIN"], "calls": [],
    }  # fmt: skip
    assert (other["name"], other["supervisor"]) == ("1002", True)


def test_who_is_signed_in_shows_the_states_that_are_open_to_him_with_reason_and_phone() -> None:
    model = peripheral()
    model.agents.login("1001", None, "2002")
    model.agents.set_state("1001", AgentState.NOT_READY, 7)
    anna = shown(model, 0)
    assert (anna["phone"], anna["state"], anna["reason"], anna["since_s"]) == ("2002", "NOT_READY", 7, 12.3)
    assert anna["states"] == ["LOGOUT", "AVAILABLE"]


def test_a_state_that_is_asked_for_while_on_the_phone_is_shown_as_what_comes_next() -> None:
    model = peripheral()
    model.agents.login("1001", None, "2001")
    call = model.calls.make("2001", "2002").call_id
    model.calls.answer(call, "2002")
    model.agents.set_state("1001", AgentState.AVAILABLE)
    anna = shown(model, 0)
    assert (anna["state"], anna["after_call"], anna["calls"]) == ("TALKING", "AVAILABLE", [call])


def test_a_call_shows_its_parties_and_what_can_be_done_at_each_phone() -> None:
    model = peripheral()
    model.agents.login("1001", None, "2001")
    call = model.calls.make("2001", "2002").call_id

    def orders() -> dict[str, tuple[str | None, str, tuple[str, ...]]]:
        (found,) = people_shown(model)["calls"]
        assert found["id"] == call
        parties = found["parties"]
        return {one["phone"]: (one["agent"], one["state"], tuple(one["orders"])) for one in parties}

    assert orders() == {"2001": ("1001", "INITIATE", ("hang-up",)), "2002": (None, "ALERTING", ("answer",))}
    model.calls.answer(call, "2002")
    model.calls.hold(call, "2001")
    assert orders() == {
        "2001": ("1001", "HOLD", ("retrieve", "hang-up")), "2002": (None, "CONNECT", ("hold", "hang-up")),
    }  # fmt: skip


def test_nothing_can_be_done_at_a_phone_that_is_not_the_peripherals() -> None:
    model = peripheral()
    model.calls.make("2001", "5550100")
    outside = people_shown(model)["calls"][0]["parties"][1]
    assert (outside["phone"], outside["orders"]) == ("5550100", [])
