"""Faults of services on a whole lab: stopped, restarted, the Distributor; settings without the secondary AWDB."""

from dataclasses import replace

import pytest

from chaos.clients.console.errors import UnknownService
from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field, injected
from chaos.faults.restarted_service import RestartedService
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_secondary_awdb import UnconfiguredSecondaryAwdb
from chaos.inventory import Inventory, load
from chaos.journal import FaultSeen, Journal, ServiceSeen
from chaos.mock.service import ServiceState as Life
from chaos.undo.entries import DATABASE_CONFIG, ServiceAsFound, Undo, UndoLog
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
        (RestartedService("awdb.primary", SQL), ["STARTED", "STOPPED", "STARTED", "STARTED"]),
    ],
    ids=["sql-server", "appliance", "distributor", "restart"],
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


def test_how_it_was_found_is_on_record_before_it_is_touched() -> None:
    async def story(on: OpenLab) -> None:
        _, field = ready(on)
        log = RecordingLog(on)
        async with injected(StoppedService("awdb.primary", SQL), replace(field, undo=log)) as under_way:
            await under_way.bite()
            assert log.owed() == (ServiceAsFound("aw-a.mock.test", SQL, ServiceState.STARTED),)
        assert [state for _, state in log.kept] == [Life.STARTED]
        assert log.owed() == ()

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
