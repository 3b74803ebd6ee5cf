"""The telephone at the switch, against the mock's CTI servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from chaos import clock
from chaos.clients.cti import CallRef, CtiClient, SwitchLost, SwitchRefused, only_to_be_heard
from chaos.journal import SwitchAct, SwitchActed, SwitchAgentSeen, SwitchCallSeen, SwitchLooked
from chaos.mock.cti_server import CtiOptions, CtiServer, Side
from chaos.mock.peripheral import AgentConfig, Peripheral, PeripheralConfig
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, ControlFailure
from tests.clients.phoning import Journaled, play

CALL = CallRef(7, "2001", "2001")


@dataclass
class Switchboard:
    """Two mock servers before one peripheral, and the telephone."""

    phone: CtiClient
    a: CtiServer
    b: CtiServer
    peripheral: Peripheral
    notes: Journaled


@contextlib.asynccontextmanager
async def switchboard(*, extensions: dict[str, str] | None = None) -> AsyncIterator[Switchboard]:
    loop = asyncio.get_running_loop()
    agents = tuple(AgentConfig(f"100{i}", "pw", f"200{i}") for i in (1, 2))
    peripheral = Peripheral(PeripheralConfig(agents), now=loop.time, call_later=loop.call_later)
    a, b = CtiServer(Side.A, peripheral), CtiServer(Side.B, peripheral, options=CtiOptions(goodbye=False))
    await a.start()
    await b.start()
    notes = Journaled()
    phone = CtiClient(
        [("127.0.0.1", a.port), ("127.0.0.1", b.port)],
        peripheral_id=5000,
        journal_of=notes.of,
        extensions={"1001": "2001", "1002": "2002"} if extensions is None else extensions,
    )
    try:
        assert await phone.open()
        for agent in ("1001", "1002"):
            peripheral.agents.login(agent, "pw", f"20{agent[2:]}")
        yield Switchboard(phone, a, b, peripheral, notes)
    finally:
        await phone.close()
        await a.stop()
        await b.stop()


def test_agents_states_are_set_asked_for_and_seen() -> None:
    async def main() -> None:
        async with switchboard() as on:
            await on.phone.set_agent_state("1001", AgentState.AVAILABLE)
            assert await on.phone.agent_state("1001") is AgentState.AVAILABLE
            await on.phone.set_agent_state("1001", AgentState.NOT_READY, 12)
            assert await on.phone.agent_state("2001") is AgentState.NOT_READY
            await on.phone.set_agent_state("1002", AgentState.LOGOUT, 5, password="pw")
            await on.phone.set_agent_state("1002", AgentState.LOGIN, password="pw")
            assert await on.phone.agent_state("1002") is AgentState.NOT_READY
            acts = on.notes.acts()
            assert [(act, agent, ok, value) for act, agent, ok, _, value in acts] == [
                (SwitchAct.SET_STATE, "1001", True, "AVAILABLE"),
                (SwitchAct.SET_STATE, "1001", True, "NOT_READY"),
                (SwitchAct.SET_STATE, "1002", True, "LOGOUT"),
                (SwitchAct.SET_STATE, "1002", True, "LOGIN"),
            ]
            numbered = [one.nth for one in on.notes.all(SwitchAgentSeen)]
            assert numbered == list(range(1, len(numbered) + 1))
            seen = [(one.state, one.reason_code) for one in on.notes.all(SwitchAgentSeen) if one.agent == "1001"]
            assert ("AVAILABLE", None) in seen
            assert ("NOT_READY", 12) in seen

    play(main)


def test_a_call_is_made_answered_held_retrieved_given_data_and_cleared() -> None:
    async def main() -> None:
        async with switchboard() as on:
            call = await on.phone.make_call("1001", "2002")
            await on.phone.answer("1002", call)
            await on.phone.set_call_data(call, {"callVariable3": "gold", "wrapUpReason": "sold", "user.colour": "blue"})
            data = on.peripheral.calls.all()[0].data
            assert (data.variables[2], data.wrap_up, dict(data.named)) == ("gold", "sold", {"user.colour": "blue"})
            await on.phone.hold("1002", call)
            (at_2002,) = await on.phone.calls_at("2002")
            assert (at_2002.call_id, at_2002.state) == (call.call_id, wire.LocalConnectionState.HOLD)
            await on.phone.retrieve("1002", at_2002)
            await on.phone.clear("1001", call)
            assert await on.phone.calls_at("2001") == ()
            number = str(call.call_id)
            assert on.notes.acts() == [
                (SwitchAct.MAKE_CALL, "1001", True, number, "2002"),
                (SwitchAct.ANSWER, "1002", True, number, None),
                (
                    SwitchAct.SET_DATA,
                    "1001",
                    True,
                    number,
                    "callVariable3=gold, wrapUpReason=sold, user.colour=blue",
                ),
                (SwitchAct.HOLD, "1002", True, number, None),
                (SwitchAct.RETRIEVE, "1002", True, number, None),
                (SwitchAct.CLEAR, "1001", True, number, None),
            ]
            happenings = [one.happening for one in on.notes.all(SwitchCallSeen) if one.device == "2002"]
            assert happenings == [
                "begin", "delivered", "established", "data-update", "held", "retrieved",
                "connection-cleared", "connection-cleared", "cleared", "end",
            ]  # fmt: skip

    play(main)


def test_the_switch_is_asked_for_all_it_knows_and_tells_each_connections_state() -> None:
    async def main() -> None:
        async with switchboard() as on:
            call = await on.phone.make_call("1001", "2002")
            await on.phone.answer("1002", call)
            await on.phone.hold("1002", call)
            await on.phone.set_call_data(call, {"callVariable3": "gold", "wrapUpReason": "sold"})
            await on.phone.look_at("1001")
            (looked,) = on.notes.all(SwitchLooked)
            (at_switch,) = looked.calls
            assert (looked.agent, looked.state, at_switch.call_id) == ("1001", "TALKING", str(call.call_id))
            assert dict(at_switch.parties) == {"2001": "CONNECT", "2002": "HOLD"}
            told = dict(at_switch.variables)
            assert (told["callVariable3"], told["wrapUpReason"]) == ("gold", "sold")
            seen = on.notes.all(SwitchCallSeen)
            states = [one.state for one in seen if one.device == "2002" and one.state is not None]
            assert states == ["ALERTING", "CONNECT", "HOLD"]
            data = [dict(one.variables) for one in seen if one.happening == "data-update"]
            assert {one["callVariable3"] for one in data} == {"gold"}
            await on.phone.clear("1001", call)
            await on.phone.look_at("1001")
            assert on.notes.all(SwitchLooked)[-1].calls == ()

    play(main)


def test_a_call_is_transferred_and_the_agent_leaves_it() -> None:
    async def main() -> None:
        async with switchboard() as on:
            call = await on.phone.make_call("1001", "2002")
            await on.phone.answer("1002", call)
            second = await on.phone.consult("1001", call, "5550100")
            await asyncio.sleep(5.0)
            with only_to_be_heard():
                await on.phone.transfer("1001", call, second)
            assert await on.phone.calls_at("2001") == ()
            (known,) = on.peripheral.calls.all()
            assert sorted(party.device for party in known.parties) == ["2002", "5550100"]
            assert [one.control for one in on.notes.all(SwitchActed)] == [False, False, False, True]

    play(main)


def test_a_conference_with_an_outside_party_is_formed_and_left() -> None:
    async def main() -> None:
        async with switchboard() as on:
            since_s = clock.now()
            call = await on.phone.make_call("1001", "2002")
            await on.phone.answer("1002", call)
            second = await on.phone.consult("1001", call, "5550100")
            await on.phone.wait_for(
                lambda event: (
                    isinstance(event, wire.CallEstablishedEvent) and event.connection_call_id == second.call_id
                ),
                10.0,
                since_s=since_s,
            )
            joined = await on.phone.conference("1001", call, second)
            assert joined.call_id == call.call_id
            (known,) = on.peripheral.calls.all()
            assert sorted(party.device for party in known.parties) == ["2001", "2002", "5550100"]
            await on.phone.clear("1001", joined)
            assert await on.phone.calls_at("2001") == ()
            assert len(await on.phone.calls_at("2002")) == 1
            acts = [(act, call_id, value) for act, _, ok, call_id, value in on.notes.acts() if ok]
            assert acts[2:] == [
                (SwitchAct.CONSULT, str(second.call_id), "5550100"),
                (SwitchAct.CONFERENCE, str(call.call_id), None),
                (SwitchAct.CLEAR, str(call.call_id), None),
            ]

    play(main)


def test_when_its_side_dies_it_goes_on_with_the_other() -> None:
    async def main() -> None:
        async with switchboard() as on:
            call = await on.phone.make_call("1001", "2002")
            assert on.phone.address == ("127.0.0.1", on.a.port)
            await on.a.die()
            await on.phone.answer("1002", call)
            assert on.phone.address == ("127.0.0.1", on.b.port)
            await on.b.stop()
            with pytest.raises(SwitchLost, match="no session"):
                await on.phone.clear("1001", call)
            assert on.notes.acts()[-1][:3] == (SwitchAct.CLEAR, "1001", False)

    play(main)


def test_agents_and_their_phones_are_learned_from_the_switch() -> None:
    async def main() -> None:
        async with switchboard(extensions={}) as on:
            await on.phone.close()
            await on.phone.open()
            call = await on.phone.make_call("1001", "2002")
            await on.phone.answer("2002", call)
            await on.phone.clear("2001", call)
            assert [(act, agent) for act, agent, *_ in on.notes.acts()] == [
                (SwitchAct.MAKE_CALL, "1001"),
                (SwitchAct.ANSWER, "1002"),
                (SwitchAct.CLEAR, "1001"),
            ]

    play(main)


def test_a_telephone_is_whose_who_signed_in_there_last() -> None:
    async def main() -> None:
        async with switchboard(extensions={"1002": "2001", "1001": "2002"}) as on:
            for agent in ("1001", "1002"):
                await on.phone.look_at(agent)  # they have changed places
            call = await on.phone.make_call("2001", "2002")
            await on.phone.clear("2001", call)
            assert {agent for _, agent, *_ in on.notes.acts()} == {"1001"}

    play(main)


def test_what_the_mock_refuses_is_refused_with_its_code() -> None:
    async def main() -> None:
        async with switchboard() as on:
            with pytest.raises(SwitchRefused) as caught:
                await on.phone.make_call("1001", "2001")
            assert caught.value.code is ControlFailure.INVALID_DESTINATION
            with pytest.raises(SwitchRefused) as caught:
                await on.phone.answer("1001", CALL)
            assert isinstance(caught.value.code, ControlFailure)
            assert [act.ok for act in on.notes.all(SwitchActed)] == [False, False]

    play(main)
