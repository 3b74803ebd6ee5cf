"""The Windows driver against the mock host."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from chaos import clock
from chaos.clients.console import ConsoleExchange, WindowsConsole
from chaos.clients.console.errors import ActionRefused, StateNotReached, UnknownService
from chaos.mock.consoles import MockWindows, ServerKey, ServiceControl, WindowsVariants
from chaos.wire.console.service import ServiceState
from tests.mock.consoles.lab import OPERATOR, FakeServices

KEY = ServerKey.generate()
CG, DISTRIBUTOR = "Cisco ICM acme CG1A", "Cisco ICM acme Distributor"
NAMES = ("BFE", CG, "Cisco ICM acme PG1A", DISTRIBUTOR, "Cisco ICM Diagnostic Framework", "MSSQLSERVER")


def host_services(*, start_s: float = 20.0, stop_s: float = 5.0, **states: ServiceState) -> FakeServices:
    return FakeServices(names=NAMES, start_s=start_s, stop_s=stop_s, states=dict(states))


@asynccontextmanager
async def windows_lab(
    services: ServiceControl,
    variants: WindowsVariants | None = None,
    *,
    pattern: str = "Cisco ICM*",
    settle_s: float = 300.0,
    poll_s: float = 1.0,
    record: Callable[[ConsoleExchange], None] = lambda exchange: None,
) -> AsyncIterator[WindowsConsole]:
    host = MockWindows(KEY, [OPERATOR], services, variants)
    port = await host.start("127.0.0.1", 0)
    console = WindowsConsole(
        "127.0.0.1",
        port,
        OPERATOR.user,
        OPERATOR.password,
        KEY.public,
        host="cti-a",
        pattern=pattern,
        settle_s=settle_s,
        poll_s=poll_s,
        record=record,
    )
    try:
        async with console:
            yield console
    finally:
        await host.stop()


@pytest.mark.parametrize(
    "variants",
    [
        WindowsVariants(),
        WindowsVariants(interactive_only=True),
        WindowsVariants(posix_status=True),
        WindowsVariants(page_services=2),
        WindowsVariants(localised=True),
        WindowsVariants(encoding="utf-16", localised=True),
        WindowsVariants(encoding="utf-16-le"),
    ],
    ids=["plain", "keyboard-interactive", "posix status", "listing in pages", "German", "UTF-16", "UTF-16 unmarked"],
)
def test_services_are_found_by_pattern_stopped_and_started(variants: WindowsVariants) -> None:
    services = host_services()

    async def play() -> None:
        async with windows_lab(services, variants) as console:
            assert [line.name for line in await console.services()] == list(NAMES[1:5])
            assert (await console.stop("cisco icm * cg1a")).state is ServiceState.STOPPED
            assert (await console.service(CG)).state is ServiceState.STOPPED
            assert (await console.start(CG)).state is ServiceState.STARTED
            assert (await console.restart("*Distributor")).state is ServiceState.STARTED

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {CG}", f"start {CG}", f"stop {DISTRIBUTOR}", f"start {DISTRIBUTOR}"]


def test_the_ordinary_clock_does_as_well() -> None:
    services = host_services(start_s=0.2, stop_s=0.1)

    async def play() -> None:
        async with windows_lab(services, WindowsVariants(reply_s=0.01), poll_s=0.05) as console:
            assert (await console.restart(CG)).state is ServiceState.STARTED

    clock.run(play(), virtual=False)
    assert services.log == [f"stop {CG}", f"start {CG}"]


def test_an_answer_takes_the_time_it_takes() -> None:
    async def play() -> list[float]:
        took_s = []
        async with windows_lab(host_services(), WindowsVariants(reply_s=12.0)) as console:
            await console.services()
            for _ in range(20):
                before_s = clock.now()
                await console.services()
                took_s.append(clock.now() - before_s)
        return took_s

    assert clock.run(play(), virtual=True) == pytest.approx([12.0] * 20, abs=0.1)


def test_what_is_done_already_is_no_error() -> None:
    services = host_services()

    async def play() -> None:
        async with windows_lab(services) as console:
            assert (await console.start(CG)).state is ServiceState.STARTED
            await console.stop(CG)
            assert (await console.stop(CG)).state is ServiceState.STOPPED

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {CG}"]


def test_a_service_in_the_middle_of_a_start_is_let_finish_and_then_stopped() -> None:
    services = host_services()

    async def play() -> None:
        async with windows_lab(services, WindowsVariants(reply_s=0.1)) as console:
            await console.stop(CG)
            starting = asyncio.create_task(services.start(CG))
            await asyncio.sleep(1.0)
            assert (await console.stop(CG)).state is ServiceState.STOPPED
            await starting

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {CG}", f"start {CG}", f"stop {CG}"]


def test_a_start_while_the_service_is_still_stopping_is_given_again() -> None:
    """k2: Windows says 1056, and nobody will ever carry the order out."""
    services = host_services(stop_s=40.0)

    async def play() -> float:
        async with windows_lab(services) as console:
            stopping = asyncio.create_task(services.stop(CG))
            await asyncio.sleep(1.0)
            before_s = clock.now()
            assert (await console.start(CG)).state is ServiceState.STARTED
            await stopping
            return clock.now() - before_s

    assert clock.run(play(), virtual=True) < 65.0
    assert services.log == [f"stop {CG}", f"start {CG}"]


def test_an_account_that_is_no_administrator_is_told_so() -> None:
    async def play() -> None:
        async with windows_lab(host_services(), WindowsVariants(elevated=False)) as console:
            with pytest.raises(ActionRefused, match=r"error 5, Access is denied\.; log in as an administrator"):
                await console.stop(CG)

    clock.run(play(), virtual=True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Cisco ICM acme CG2A", "no service that fits 'Cisco ICM acme CG2A'.*'Cisco ICM acme CG1A'"),
        ("Cisco ICM acme *", "several services that fit.*'Cisco ICM acme CG1A', 'Cisco ICM acme PG1A'"),
        ("BFE", "no service that fits 'BFE'"),
    ],
)
def test_a_name_that_fits_none_or_several_or_lies_outside_is_not_acted_upon(name: str, message: str) -> None:
    services = host_services()

    async def play() -> None:
        async with windows_lab(services) as console:
            with pytest.raises(UnknownService, match=message):
                await console.stop(name)

    clock.run(play(), virtual=True)
    assert services.log == []


def test_a_service_that_fails_to_start_is_an_error_when_its_time_is_over() -> None:
    services = FakeServices(names=NAMES, broken=frozenset({CG}))

    async def play() -> None:
        async with windows_lab(services, settle_s=60.0) as console:
            await console.stop(CG)
            with pytest.raises(StateNotReached, match="is STOPPED instead of STARTED after 60 s"):
                await console.start(CG)

    clock.run(play(), virtual=True)


def test_every_command_is_recorded() -> None:
    seen: list[ConsoleExchange] = []

    async def play() -> None:
        async with windows_lab(host_services(), record=seen.append) as console:
            await console.stop(CG)

    clock.run(play(), virtual=True)
    assert [exchange.sent for exchange in seen][1:4] == [f'sc.exe {verb} "{CG}"' for verb in ("query", "stop", "query")]
    assert f"SERVICE_NAME: {CG}" in seen[2].received
    assert OPERATOR.password not in repr(seen)


def test_what_was_found_once_is_not_looked_for_again() -> None:
    said: list[ConsoleExchange] = []

    async def play() -> None:
        async with windows_lab(host_services(), record=said.append) as console:
            exact = await console.find("*CG1A")
            await console.stop("*CG1A")
            await console.service(exact)
            await console.close()  # the connection, and with it what is known of that host
            await console.service("*CG1A")

    clock.run(play(), virtual=True)
    commands = [one.sent for one in said]
    listings = [n for n, sent in enumerate(commands) if "state= all" in sent]
    assert listings == [0, len(commands) - 2]


def test_a_service_that_is_there_no_more_is_said_so_and_looked_for_again() -> None:
    services = host_services()

    async def play() -> None:
        async with windows_lab(services) as console:
            await console.service("*CG1A")
            del services.states[CG]
            with pytest.raises(UnknownService, match="any more"):
                await console.service("*CG1A")
            with pytest.raises(UnknownService, match="no service that fits"):
                await console.service("*CG1A")
            services.states["Cisco ICM acme CG1A"] = ServiceState.STARTED
            assert (await console.service("*CG1A")).name == CG

    clock.run(play(), virtual=True)
