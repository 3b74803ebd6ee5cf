"""Ending a process on a Windows host: the driver against the mock, and the Node Manager that starts it again."""

import asyncio

import pytest

from chaos import clock
from chaos.clients.console.errors import ActionRefused, UnknownProcess
from chaos.mock.appliance import WINDOWS_PLATFORM, HostServices
from chaos.mock.consoles import WindowsVariants
from chaos.mock.service import Service
from chaos.mock.service import ServiceState as Life
from chaos.wire.console.service import ServiceState
from tests.mock.consoles.lab import FakeServices
from tests.mock.consoles.test_windows_end_to_end import windows_lab

CG = "Cisco ICM acme CG1A"


class Counted(Service):
    """A service that counts what was done to it."""

    def __init__(self) -> None:
        super().__init__(CG, start_s=5.0)
        self.opened = self.killed = 0

    def now(self) -> Life:
        """Its state, which a type checker believes to stay as it was last seen."""
        return self.state

    async def _open(self) -> None:
        self.opened += 1

    async def _close(self) -> None:
        return

    async def _kill(self) -> None:
        self.killed += 1


def host(service: Service, node_manager_s: float | None = 10.0) -> HostServices:
    return HostServices({CG: service}, WINDOWS_PLATFORM, images={"ctisvr.exe": CG}, node_manager_s=node_manager_s)


@pytest.mark.parametrize(
    "variants",
    [WindowsVariants(), WindowsVariants(posix_status=True), WindowsVariants(localised=True)],
    ids=["plain", "posix status", "German"],
)
def test_a_killed_process_is_gone_at_once_and_started_again_while_its_service_reads_started(
    variants: WindowsVariants,
) -> None:
    async def play() -> None:
        service = Counted()
        services = host(service)
        await service.start()
        async with windows_lab(services, variants) as console:
            assert await console.kill("CTISVR.exe") == (4712,)
            killed_s = clock.now()
            assert (service.state, service.killed) == (Life.STOPPED, 1)
            assert (await console.service(CG)).state is ServiceState.STARTED
            with pytest.raises(UnknownProcess, match=r"no process 'ctisvr\.exe' runs on"):
                await console.kill("ctisvr.exe")
            await asyncio.sleep(killed_s + 14.0 - clock.now())
            assert service.opened == 1
            await asyncio.sleep(1.5)
            assert (service.now(), service.opened) == (Life.STARTED, 2)
        await services.close()

    clock.run(play(), virtual=True)


def test_what_an_operator_stopped_after_its_process_died_is_not_started_again() -> None:
    async def play() -> None:
        service = Counted()
        services = host(service)
        await service.start()
        async with windows_lab(services) as console:
            await console.kill("ctisvr.exe")
            assert (await console.stop(CG)).state is ServiceState.STOPPED
            await asyncio.sleep(60.0)
            assert service.state is Life.STOPPED
            assert (await console.start(CG)).state is ServiceState.STARTED
            assert service.opened == 2

    clock.run(play(), virtual=True)


def test_a_process_that_is_killed_while_it_is_started_again_starts_once_more() -> None:
    async def play() -> None:
        service = Counted()
        services = host(service)
        await service.start()
        async with windows_lab(services) as console:
            await console.kill("ctisvr.exe")
            await asyncio.sleep(12.0)
            assert service.now() is Life.STARTING
            await console.kill("ctisvr.exe")
            assert service.now() is Life.STOPPED
            await asyncio.sleep(16.0)
            assert (service.now(), service.opened) == (Life.STARTED, 2)

    clock.run(play(), virtual=True)


@pytest.mark.parametrize("after_s", [0.0, 5.0, 12.0, 20.0])
def test_a_host_that_closes_leaves_no_node_manager_behind(after_s: float) -> None:
    async def play() -> None:
        service = Counted()
        services = host(service)
        await service.start()
        assert await services.kill("ctisvr.exe")
        await asyncio.sleep(after_s)
        await services.close()
        await services.close()
        assert service.state is (Life.STARTED if after_s > 15.0 else Life.STOPPED)
        assert len(asyncio.all_tasks()) == 1

    clock.run(play(), virtual=True)


def test_who_is_no_administrator_ends_nothing_and_is_told_so() -> None:
    async def play() -> None:
        service = Counted()
        await service.start()
        async with windows_lab(host(service), WindowsVariants(elevated=False)) as console:
            with pytest.raises(ActionRefused, match=r"exit status 1.*Access is denied.*log in as an administrator"):
                await console.kill("ctisvr.exe")
        assert service.killed == 0

    clock.run(play(), virtual=True)


def test_a_host_without_processes_of_its_own_knows_none() -> None:
    async def play() -> None:
        async with windows_lab(FakeServices(names=(CG,))) as console:
            with pytest.raises(UnknownProcess):
                await console.kill("ctisvr.exe")

    clock.run(play(), virtual=True)
