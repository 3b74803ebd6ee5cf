"""A CTI server's process that is killed on a whole lab: proven, started again by its guardian or by us."""

from dataclasses import replace

import pytest

from chaos.clock import now
from chaos.errors import InjectFailed
from chaos.experiment.steady import brought_about
from chaos.faults.base import Field
from chaos.faults.injection import injected
from chaos.faults.killed_process import KilledProcess
from chaos.inventory import load
from chaos.journal import ConsoleSaid, CtiSeen, CtiStep, FaultSeen, Journal
from chaos.mock.service import ServiceState as Life
from chaos.undo.entries import ServiceAsFound
from chaos.wire.console.service import ServiceState
from tests.experiment.labs import MOCK, OpenLab, in_lab

PG, CG = "pg-a.mock.test", "Cisco ICM ucce CG1A"
FAULT = KilledProcess("cti.a", "ctisvr.exe")
WHOLE = ["injecting", "injected", "bitten", "held", "rolling-back", "rolled-back", "lifted"]


async def ready(on: OpenLab) -> tuple[Journal, Field]:
    """A steady lab, with a journal that knows the sessions that stand."""
    assert await brought_about(on.lab, on.journal(), "before", within_s=300.0)
    journal = on.journal()
    for link in on.lab.links.values():
        for session in link.relay.sessions():
            journal.record(
                CtiSeen(side=link.side, connection=session.connection, step=CtiStep.STANDING, client=session.client)
            )
    return journal, on.field(journal)


def phases(journal: Journal) -> list[str]:
    return [seen.phase.value for seen in journal.timeline().of(FaultSeen, lambda seen: seen.fault == FAULT.name)]


def sent(journal: Journal) -> list[str]:
    return [seen.sent for seen in journal.timeline().of(ConsoleSaid, lambda seen: seen.host == PG)]


def test_it_bites_finesse_moves_and_the_node_manager_brings_it_back_without_us() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await ready(on)
        server, from_s = on.mock.pair.a, now()

        def state() -> Life:
            return server.state

        async with injected(FAULT, field) as under_way:
            proof = await under_way.bite()
            assert proof is not None
            assert "pg-a.mock.test ended ctisvr.exe" in proof
            assert "2 session(s) on side A ended" in proof
            assert state() is Life.STOPPED
            assert field.undo.owed() == (ServiceAsFound(PG, CG, ServiceState.STARTED),)
            await on.until_nodes_at("cti-b", 2)
        assert phases(journal) == WHOLE
        assert state() is Life.STARTED
        assert 15.0 <= now() - from_s <= 60.0
        assert field.undo.owed() == ()
        assert not [command for command in sent(journal) if " stop " in command or " start " in command]

    in_lab(story)


def test_where_the_node_manager_does_nothing_the_service_is_restarted() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await ready(on)
        on.mock.windows[PG].node_manager_s = None
        async with injected(replace(FAULT, back_within_s=20.0), field) as under_way:
            assert await under_way.bite() is not None
        assert phases(journal) == WHOLE
        assert on.mock.pair.a.state is Life.STARTED
        assert [command for command in sent(journal) if "query" not in command] == [
            'taskkill /F /IM "ctisvr.exe"',
            f'sc.exe stop "{CG}"',
            f'sc.exe start "{CG}"',
        ]
        assert field.undo.owed() == ()

    in_lab(story)


def test_a_rollback_is_safe_twice_and_without_an_injection() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await ready(on)
        await FAULT.rollback(field)
        assert on.nodes_at("cti-a") == 2, "a rollback of nothing breaks nothing"
        await FAULT.inject(field)
        await FAULT.rollback(field)
        await FAULT.rollback(field)
        assert on.mock.pair.a.state is Life.STARTED
        assert not [command for command in sent(journal) if " stop " in command or " start " in command]

    in_lab(story)


def test_on_a_side_without_sessions_nothing_is_proven() -> None:
    async def story(on: OpenLab) -> None:
        _, field = await ready(on)
        async with injected(KilledProcess("cti.b", "ctisvr.exe"), field) as under_way:
            assert await under_way.bite() is None

    in_lab(story)


def test_without_its_injection_nothing_is_proven() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await ready(on)
        async with injected(FAULT, replace(field, faults_do_nothing=True)) as under_way:
            assert await under_way.bite() is None
        assert phases(journal)[-1] == "lifted"
        assert on.nodes_at("cti-a") == 2

    in_lab(story)


def test_a_process_that_is_not_there_is_an_error_and_the_lab_is_in_order_again() -> None:
    async def story(on: OpenLab) -> None:
        _, field = await ready(on)
        await on.mock.pair.a.die()
        with pytest.raises(InjectFailed, match="start it"):
            async with injected(FAULT, field):
                pytest.fail("it must not have been injected")
        assert field.undo.owed() == ()
        await on.mock.pair.a.start()

    in_lab(story)


def test_an_end_that_the_relay_saw_is_no_proof_if_the_console_ended_nothing() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = await ready(on)
        from_s = journal.now_s()
        await on.mock.pair.a.die()
        await on.until_nodes_at("cti-b", 2)
        assert FAULT.bitten(journal.timeline(), from_s, field) is None

    in_lab(story)


def test_what_cannot_be_seen_or_reached_is_unfit() -> None:
    inventory = load(MOCK)
    assert "no console" in (FAULT.unfit(inventory) or "")
    assert "cannot be seen" in (KilledProcess("cti.a", "opc.exe").unfit(inventory) or "")
    assert "cannot be seen" in (KilledProcess("awdb.primary", "ctisvr.exe").unfit(inventory) or "")
    without = inventory.model_copy(update={"links": {}})
    assert "no link cti-a" in (FAULT.unfit(without) or "")
