"""A proxy server that hung and wakes up carries out no old order of ours, or it is undone again."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from chaos import clock
from chaos.clients.toxiproxy import ProxyState, Toxic, Toxiproxy, ToxiproxyError, Unreachable
from chaos.errors import RollbackFailed
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.proxy import put_back
from tests.toxiproxy import go_server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops processes with SIGSTOP")

TIMEOUT_S = 0.4
UPSTREAM = "127.0.0.1:9"
SLOW = Toxic("latency", "upstream", "slow", 1.0, {"latency": 7, "jitter": 0})
OURS = Toxic("timeout", "downstream", "ours", 1.0, {"timeout": 0})

Order = Callable[[Toxiproxy], Awaitable[object]]

ORDERS: dict[str, Order] = {
    "create": lambda client: client.create("new", "127.0.0.1:0", UPSTREAM),
    "cut": lambda client: client.update("p", enabled=False),
    "lead elsewhere": lambda client: client.update("p", upstream="127.0.0.1:10"),
    "silence": lambda client: client.add_toxic("p", OURS),
    "change a toxic": lambda client: client.update_toxic("p", "slow", attributes={"latency": 1}),
    "remove a toxic": lambda client: client.remove_toxic("p", "slow"),
    "delete": lambda client: client.delete("p"),
    "reset": lambda client: client.reset(),
}


@pytest.fixture(params=["embedded", pytest.param("go", marks=pytest.mark.timeout(go_server.BUILD_S + 60))])
def process(request: pytest.FixtureRequest) -> Iterator[tuple["subprocess.Popen[bytes]", Toxiproxy]]:
    """A server in a process of its own, which can be stopped and woken, and a client of it."""
    port = go_server.free_port()
    if request.param == "go":
        try:
            command = [str(go_server.built()), "-host", "127.0.0.1", "-port", str(port)]
        except go_server.Missing as why:
            pytest.skip(f"the Go Toxiproxy was not tested: {why}")
    else:
        command = [sys.executable, "-m", "chaos", "proxy", "--host", "127.0.0.1", "--port", str(port)]
    with go_server.running(command, port) as running:
        yield running, Toxiproxy(f"http://127.0.0.1:{port}", timeout_s=TIMEOUT_S)


def _put_to_sleep(server: "subprocess.Popen[bytes]") -> None:
    """Over when all of its threads stand still."""
    server.send_signal(signal.SIGSTOP)
    os.waitpid(server.pid, os.WUNTRACED)


async def _prepared(client: Toxiproxy) -> ProxyState:
    await client.create("p", "127.0.0.1:0", UPSTREAM)
    await client.add_toxic("p", SLOW)
    found = await client.proxy("p")
    assert found is not None
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_a_server_that_was_asked_while_it_slept_has_nothing_to_carry_out_when_it_wakes(
    process: tuple["subprocess.Popen[bytes]", Toxiproxy], order: str
) -> None:
    server, client = process

    async def story() -> None:
        await _prepared(client)
        before = await client.proxies()
        _put_to_sleep(server)
        for _ in range(3):
            with pytest.raises(Unreachable):
                await ORDERS[order](client)
        server.send_signal(signal.SIGCONT)
        patient = Toxiproxy(client.api_url)
        for _ in range(5):
            assert await patient.proxies() == before
            await asyncio.sleep(0.1)

    clock.run(story(), virtual=False)


class Middle:
    """Between client and server: passes requests, but holds the first order back for a while, as a server does that
    falls asleep between two requests."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.holds_for_s: float | None = None
        self.held = 0
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        its_reader, its_writer = await asyncio.open_connection(*self._target)
        back = asyncio.create_task(self._back(its_reader, writer))
        self._tasks.add(back)
        try:
            while data := await reader.read(65536):
                if self.holds_for_s is not None and not data.startswith(b"GET"):
                    holds_for_s, self.holds_for_s = self.holds_for_s, None
                    self.held += 1
                    await asyncio.sleep(holds_for_s)
                its_writer.write(data)
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:  # asyncio would print it as unhandled
            pass
        finally:
            its_writer.close()
            writer.transport.abort()

    async def _back(self, its_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await its_reader.read(65536):
                writer.write(data)


@contextlib.asynccontextmanager
async def _behind_a_middle() -> AsyncIterator[tuple[Middle, Toxiproxy, Toxiproxy]]:
    """(what is between, a client through it, a client of the server itself)."""
    server = ToxiproxyServer(port=0)
    await server.start()
    middle = Middle(server.address)
    url = await middle.start()
    try:
        yield middle, Toxiproxy(url, timeout_s=TIMEOUT_S), Toxiproxy(server.api_url)
    finally:
        await middle.stop()
        await server.stop()


@pytest.mark.parametrize("order", [order for order in ORDERS if order not in ("create", "reset")])
@pytest.mark.parametrize("asleep_s", [0.7, 1.8])
def test_an_order_that_fell_between_two_moments_is_undone_when_it_is_carried_out_late(
    order: str, asleep_s: float
) -> None:
    async def story() -> None:
        async with _behind_a_middle() as (middle, client, direct):
            found = await _prepared(direct)
            middle.holds_for_s = asleep_s
            with pytest.raises(ToxiproxyError):
                await ORDERS[order](client)
            assert middle.held == 1
            assert client.has_unknown_orders("p")
            await put_back(client, "p", found, within_s=10.0)
            assert await direct.proxy("p") == found
            assert not client.has_unknown_orders("p")
            await asyncio.sleep(asleep_s)
            assert await direct.proxy("p") == found

    clock.run(story(), virtual=False)


def test_what_never_sticks_is_said_to_remain() -> None:
    async def story() -> None:
        async with _behind_a_middle() as (middle, client, direct):
            found = await _prepared(direct)
            middle.holds_for_s = 0.6
            with pytest.raises(ToxiproxyError):
                await client.update("p", enabled=False)

            async def meddle() -> None:
                while True:
                    with contextlib.suppress(ToxiproxyError):  # it is deleted and made anew meanwhile
                        await direct.update("p", enabled=False)
                    await asyncio.sleep(0.05)

            meddling = asyncio.create_task(meddle())
            with pytest.raises(RollbackFailed, match="could not be put back"):
                await put_back(client, "p", found, within_s=2.0)
            meddling.cancel()
            await asyncio.gather(meddling, return_exceptions=True)

    clock.run(story(), virtual=False)


def test_nothing_is_watched_when_every_order_was_answered() -> None:
    async def story() -> None:
        server = ToxiproxyServer(port=0)
        await server.start()
        client = Toxiproxy(server.api_url)
        found = await _prepared(client)
        await client.update("p", enabled=False)
        began_s = clock.now()
        await put_back(client, "p", found, within_s=10.0)
        assert clock.now() - began_s == 0.0
        await server.stop()

    clock.run(story(), virtual=True)
