"""Faults of services on a whole lab: stopped, restarted, the Distributor; settings without the secondary AWDB."""

import asyncio
from dataclasses import replace

import pytest

from chaos.clients.console.errors import UnknownService
from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field
from chaos.faults.injection import injected
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_secondary_awdb import UnconfiguredSecondaryAwdb
from chaos.inventory import Inventory, load
from chaos.journal import ConsoleSaid, FaultSeen, Journal, ServiceSeen
from chaos.mock.service import ServiceState as Life
from chaos.undo.entries import DATABASE_CONFIG, ServiceAsFound, Undo, UndoLog, service_thing
from chaos.undo.hands import OwnHands
from chaos.undo.undoing import undo_all
from chaos.wire.console.service import ServiceState
from tests.experiment.labs import MOCK, OpenLab, in_lab

SQL = "MSSQLSERVER"
FNS = "Cisco Finesse Notification Service"
WHOLE = ["injecting", "injected", "bitten", "held", "rolling-back", "rolled-back", "lifted"]


class RecordingLog(UndoLog):
    """Remembers what was owed, and in which state each service was when that was written."""

    def __init__(self, on: OpenLab) -> None:
        super().__init__()
        self.kept: list[tuple[Undo, Life]] = []
        self._on = on

    async def _keep(self, undo: Undo) -> None:
        self.kept.append((undo, self._on.mock.aw_hosts["aw-a.mock.test"].database.state))


def ready(on: OpenLab) -> tuple[Journal, Field]:
    journal = on.journal()
    return journal, replace(on.field(journal), awdb=on.lab.awdb, awdb_password=on.lab.awdb_password)


def phases(journal: Journal, fault: Fault) -> list[str]:
    return [seen.phase.value for seen in journal.timeline().of(FaultSeen, lambda seen: seen.fault == fault.name)]


def states(journal: Journal) -> list[str]:
    return [seen.state for seen in journal.timeline().of(ServiceSeen)]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (StoppedService("awdb.primary", SQL), ["STARTED", "STOPPED", "STOPPED", "STARTED"]),
        (StoppedService("subscriber", FNS), ["STARTED", "STOPPED", "STOPPED", "STARTED"]),
        (StoppedDistributor("awdb.secondary"), ["STARTED", "STOPPED", "STOPPED", "STARTED"]),
    ],
    ids=["sql-server", "appliance", "distributor"],
)
def test_it_bites_is_proven_by_what_the_console_reads_and_lifts(fault: Fault, seen: list[str]) -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        async with injected(fault, field) as under_way:
            assert await under_way.bite() is not None
        assert phases(journal, fault) == WHOLE
        assert states(journal) == seen
        assert field.undo.owed() == ()
        assert {service.state for host in on.mock.aw_hosts.values() for service in host.services.values()} == {
            Life.STARTED
        }

    in_lab(story)


def test_what_is_stopped_is_really_gone_and_nothing_else_is() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        primary, secondary = on.mock.aw_hosts["aw-a.mock.test"], on.mock.aw_hosts["aw-b.mock.test"]
        async with injected(StoppedDistributor("awdb.secondary"), field) as under_way:
            await under_way.bite()
            assert secondary.distributor.state is Life.STOPPED
            assert secondary.database.state is Life.STARTED
            assert primary.distributor.state is Life.STARTED
            assert await on.lab.awdb["awdb-b"].probe() == "open"

    in_lab(story)


@pytest.mark.parametrize(
    "fault",
    [StoppedService("awdb.primary", SQL), StoppedDistributor("awdb.primary")],
    ids=["sql-server", "distributor"],
)
@pytest.mark.parametrize("after_s", [0.5, 6.0, 25.0])
def test_a_service_that_comes_back_by_itself_did_not_stay_stopped(fault: Fault, after_s: float) -> None:
    """Somebody, or the recovery that Windows has for services, starts it again behind our back."""

    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        host = on.mock.aw_hosts["aw-a.mock.test"]
        async with injected(fault, field) as under_way:
            assert await under_way.bite() is not None
            await asyncio.sleep(after_s)
            service = host.database if isinstance(fault, StoppedService) else host.distributor
            await service.start()
            await asyncio.sleep(20.0)
        assert "not-held" in phases(journal, fault)
        assert "held" not in phases(journal, fault)
        assert phases(journal, fault)[-1] == "lifted"
        assert {service.state for service in host.services.values()} == {Life.STARTED}

    in_lab(story)


def test_how_it_was_found_is_on_record_before_it_is_touched() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        log = RecordingLog(on)
        async with injected(StoppedService("awdb.primary", SQL), replace(field, undo=log)) as under_way:
            await under_way.bite()
            assert log.find(service_thing("aw-a.mock.test", SQL)) is not None
        assert [state for _, state in log.kept] == [Life.STARTED] * 2
        assert log.owed() == ()

    in_lab(story)


# --- services that need each other (k3)

AGENT, TOMCAT = "SQLSERVERAGENT", "Cisco Finesse Tomcat"
AW = "aw-a.mock.test"


def orders(journal: Journal, host: str) -> list[str]:
    """What was ordered at that host's console, in order."""
    said = journal.timeline().of(ConsoleSaid, lambda seen: seen.host == host)
    return [words for seen in said if " stop " in (words := seen.sent.strip()) or " start " in words]


def test_services_that_need_it_are_stopped_before_and_started_after_it() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        agent = on.mock.sql_agents[AW]

        def state() -> Life:
            return agent.state

        async with injected(StoppedService("awdb.primary", SQL), field) as under_way:
            assert await under_way.bite() is not None
            assert state() is Life.STOPPED
            assert field.undo.owed() == (
                ServiceAsFound(AW, AGENT, ServiceState.STARTED, because_of=SQL),
                ServiceAsFound(AW, SQL, ServiceState.STARTED),
            )
        assert state() is Life.STARTED
        assert on.mock.aw_hosts[AW].database.state is Life.STARTED
        assert field.undo.owed() == ()
        assert orders(journal, AW) == [
            f'sc.exe stop "{AGENT}"',
            f'sc.exe stop "{SQL}"',
            f'sc.exe start "{SQL}"',
            f'sc.exe start "{AGENT}"',
        ]

    in_lab(story)


def test_a_dependent_that_stood_still_is_left_so() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        await on.mock.sql_agents[AW].stop()
        async with injected(StoppedService("awdb.primary", SQL), field) as under_way:
            assert await under_way.bite() is not None
            assert field.undo.owed() == (ServiceAsFound(AW, SQL, ServiceState.STARTED),)
        assert on.mock.sql_agents[AW].state is Life.STOPPED
        await on.mock.sql_agents[AW].start()

    in_lab(story)


def test_without_its_dependents_windows_refuses_and_the_remedy_is_named() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        with pytest.raises(InjectFailed, match=r"error 1051.*stop them first: sc.exe enumdepend"):
            async with injected(StoppedService("awdb.primary", SQL, alone=True), field):
                pytest.fail("it must not have been injected")
        assert on.mock.aw_hosts[AW].database.state is Life.STARTED
        assert field.undo.owed() == ()

    in_lab(story)


def test_what_is_owed_of_services_that_need_each_other_is_undone_in_order_by_whoever_heals() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        await StoppedService("awdb.primary", SQL).inject(field)
        stopped = len(orders(journal, AW))
        hands = OwnHands(on.lab.inventory, {})
        try:
            healing = await undo_all(field.undo, hands)
        finally:
            await hands.close()
        assert healing.ok
        assert stopped == 2
        assert on.mock.sql_agents[AW].state is Life.STARTED
        assert on.mock.aw_hosts[AW].database.state is Life.STARTED

    in_lab(story)


@pytest.mark.parametrize("alone", [False, True])
def test_finesses_notification_service_is_bounced_as_the_guide_says(alone: bool) -> None:
    """Tomcat is stopped before it and started after it, or left alone if that is what is asked for."""

    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        node = on.lab.inventory.finesse_nodes()[1].host
        async with injected(StoppedService("subscriber", FNS, alone=alone), field) as under_way:
            assert await under_way.bite() is not None
            assert on.mock.nodes[node].tomcat.state is (Life.STARTED if alone else Life.STOPPED)
        assert on.mock.nodes[node].tomcat.state is Life.STARTED
        assert field.undo.owed() == ()
        whole = [("stop", TOMCAT), ("stop", FNS), ("start", FNS), ("start", TOMCAT)]
        wanted = [f"utils service {verb} {name}" for verb, name in (whole[1:3] if alone else whole)]
        assert orders(journal, node) == wanted

    in_lab(story)


def test_a_rollback_is_safe_twice_and_starts_nothing_that_it_did_not_stop() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        database = on.mock.aw_hosts["aw-a.mock.test"].database

        def state() -> Life:
            return database.state

        fault = StoppedService("awdb.primary", SQL)
        await fault.inject(field)
        await fault.rollback(field)
        await fault.rollback(field)
        assert state() is Life.STARTED
        await database.stop()
        await fault.rollback(field)
        assert state() is Life.STOPPED, "somebody else's stop is left alone"
        await database.start()

    in_lab(story)


def test_a_service_that_stands_still_already_is_not_injected_and_stays_as_it_is() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        database = on.mock.aw_hosts["aw-a.mock.test"].database
        await database.stop()
        with pytest.raises(InjectFailed, match="start it"):
            async with injected(StoppedService("awdb.primary", SQL), field):
                pytest.fail("it must not have been injected")
        assert database.state is Life.STOPPED
        assert field.undo.owed() == ()
        assert "failed" in phases(journal, StoppedService("awdb.primary", SQL))
        await database.start()

    in_lab(story)


def test_a_service_that_is_not_there_is_named_and_nothing_is_owed() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        with pytest.raises(UnknownService, match="NoSuchThing"):
            await StoppedService("awdb.primary", "NoSuchThing").inject(field)
        assert field.undo.owed() == ()

    in_lab(story)


def test_without_its_injection_nothing_is_proven() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        fault = StoppedDistributor("awdb.secondary")
        async with injected(fault, replace(field, faults_do_nothing=True)) as under_way:
            assert await under_way.bite() is None
        assert phases(journal, fault)[-1] == "lifted"
        assert states(journal) == ["STARTED"]

    in_lab(story)


def _without_consoles(inventory: Inventory) -> Inventory:
    awdb = inventory.awdb
    assert awdb is not None
    return inventory.model_copy(update={"awdb": awdb.model_copy(update={"secondary": None})})


def test_a_lab_without_the_host_or_its_console_is_unfit_and_told_what_is_missing() -> None:
    inventory = load(MOCK)
    assert "no console" in (StoppedService("awdb.primary", SQL).unfit(inventory) or "")
    assert "no awdb.secondary" in (StoppedDistributor("awdb.secondary").unfit(_without_consoles(inventory)) or "")


def test_the_distributor_is_found_by_the_instance_that_the_inventory_names() -> None:
    async def story(on: OpenLab) -> None:
        inventory = on.lab.inventory
        assert inventory.awdb is not None
        assert inventory.awdb.primary.ssh is not None
        host = inventory.awdb.primary
        assert StoppedDistributor("awdb.primary").pattern(host) == "Cisco ICM ucce Distributor"
        other = host.model_copy(update={"ssh": inventory.awdb.primary.ssh.model_copy(update={"instance": None})})
        assert StoppedDistributor("awdb.primary").pattern(other) == "Cisco ICM * Distributor"

    in_lab(story)


# --- settings without the secondary AWDB


def test_the_secondary_is_taken_out_of_the_settings_read_at_a_restart_and_put_back() -> None:
    async def story(on: OpenLab) -> None:
        journal, field = ready(on)
        fault = UnconfiguredSecondaryAwdb()
        found = on.mock.administration.database
        assert found is not None
        assert found.secondary is not None
        async with injected(fault, field) as under_way:
            assert await under_way.bite() is not None
            meanwhile = on.mock.administration.database
            assert meanwhile is not None
            assert meanwhile.secondary is None
            assert meanwhile.password == found.password
            assert field.undo.find(DATABASE_CONFIG) is not None
        assert phases(journal, fault) == WHOLE
        after = on.mock.administration.database
        assert after is not None
        assert (after.primary, after.secondary, after.password) == (found.primary, found.secondary, found.password)
        assert field.undo.owed() == ()
        await fault.rollback(field)

    in_lab(story)


def test_settings_cannot_be_saved_without_the_password_of_the_account() -> None:
    inventory = load(MOCK)
    assert inventory.awdb is not None
    without = inventory.model_copy(update={"awdb": inventory.awdb.model_copy(update={"account": None})})
    assert "awdb.account" in (UnconfiguredSecondaryAwdb().unfit(without) or "")
    assert "no awdb.secondary" in (UnconfiguredSecondaryAwdb().unfit(_without_consoles(inventory)) or "")
    assert "no console to restart Tomcat" in (UnconfiguredSecondaryAwdb().unfit(inventory) or "")
