"""The steady state: found, brought about, and named if it cannot be had."""

import asyncio

import pytest

from chaos.clients.cti_session import SwitchRefused
from chaos.clock import now
from chaos.experiment.steady import brought_about
from chaos.journal import Journal, SteadyState
from chaos.wire.finesse import UserState
from chaos.wire.ged188 import AgentState
from tests.experiment.labs import OpenLab, in_lab


async def _steady(on: OpenLab, within_s: float = 300.0) -> SteadyState:
    """Whether it came about in a journal of its own."""
    journal = on.journal()
    held = await brought_about(on.lab, journal, "before", within_s=within_s)
    shown = journal.timeline().of(SteadyState)
    assert len(shown) == 1
    assert shown[0].ok is held
    assert bool(shown[0].missing) is not held
    return shown[0]


def test_everybody_is_signed_in_and_not_ready_with_a_stream_and_a_telephone() -> None:
    async def story(on: OpenLab) -> None:
        assert (await _steady(on)).ok
        assert on.lab.switch is not None
        assert on.lab.switch.is_open
        for agent in on.lab.agents:
            assert agent.events.is_open
            assert await on.lab.switch.agent_state(agent.id) is AgentState.NOT_READY
        assert on.nodes_at("cti-a") == 2
        assert on.nodes_at("cti-b") == 0

    in_lab(story)


def test_a_steady_state_that_holds_costs_no_time() -> None:
    async def story(on: OpenLab) -> None:
        await _steady(on)
        before_s = now()
        assert (await _steady(on)).ok
        assert now() == before_s

    in_lab(story)


def test_sessions_that_strayed_to_side_b_are_sent_back_to_side_a() -> None:
    async def story(on: OpenLab) -> None:
        a = on.lab.links["cti-a"]
        await _steady(on)
        await a.proxies.update(a.name, enabled=False)
        await on.until_nodes_at("cti-b", 2)
        await a.proxies.update(a.name, enabled=True)
        assert (await _steady(on)).ok
        assert on.nodes_at("cti-a") == 2
        assert on.nodes_at("cti-b") == 0

    in_lab(story)


def test_a_call_that_was_left_is_ended_at_the_switch() -> None:
    async def story(on: OpenLab) -> None:
        await _steady(on)
        switch = on.lab.switch
        assert switch is not None
        first, second = on.lab.agents[:2]
        call = await switch.make_call(first.id, second.agent.extension)
        await switch.answer(second.id, call)
        assert (await _steady(on)).ok
        assert not await switch.calls_at(first.agent.extension)
        assert not await switch.calls_at(second.agent.extension)

    in_lab(story)


def test_whoever_was_signed_out_or_made_ready_is_back_at_work() -> None:
    async def story(on: OpenLab) -> None:
        await _steady(on)
        assert on.lab.switch is not None
        first, second = on.lab.agents[:2]
        await first.set_state(UserState.LOGOUT)
        await second.set_state(UserState.READY)
        await asyncio.sleep(1.0)
        assert await on.lab.switch.agent_state(second.id) is AgentState.AVAILABLE
        assert (await _steady(on)).ok
        for agent in (first, second):
            assert await on.lab.switch.agent_state(agent.id) is AgentState.NOT_READY

    in_lab(story)


def test_a_stream_and_a_telephone_that_were_lost_are_opened_again() -> None:
    async def story(on: OpenLab) -> None:
        await _steady(on)
        assert on.lab.switch is not None
        await on.lab.switch.close()
        await on.lab.agents[0].events.close()
        assert (await _steady(on)).ok
        assert on.lab.switch.is_open
        assert on.lab.agents[0].events.is_open

    in_lab(story)


def test_a_node_that_is_down_is_named_when_the_time_is_over() -> None:
    async def story(on: OpenLab) -> None:
        await _steady(on)
        await on.mock.nodes["fin-b.mock.test"].stop()
        from_s = now()
        shown = await _steady(on, within_s=60.0)
        assert shown.missing == ("fin-b.mock.test is not in service",)
        assert 60.0 <= now() - from_s < 90.0

    in_lab(story)


def test_a_switch_that_does_not_hang_up_is_named_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on: OpenLab) -> None:
        await _steady(on)
        switch = on.lab.switch
        assert switch is not None
        first, second = on.lab.agents[:2]
        await switch.make_call(first.id, second.agent.extension)

        async def refused(*_: object) -> None:
            raise SwitchRefused("ClearConnection", 1)

        monkeypatch.setattr(switch, "clear", refused)
        shown = await _steady(on, within_s=20.0)
        assert any("could not be ended" in what for what in shown.missing)

    in_lab(story)


def test_a_journal_that_ends_meanwhile_disturbs_nobody() -> None:
    """Between experiments clients go on living, without a journal."""

    async def story(on: OpenLab) -> None:
        await _steady(on)
        on.lab.journal = None
        await asyncio.sleep(60.0)
        assert (await on.lab.agents[0].user()).status == 200
        journal: Journal = on.journal()
        assert len(journal.timeline()) == 0

    in_lab(story)
