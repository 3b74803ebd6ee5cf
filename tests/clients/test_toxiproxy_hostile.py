"""A proxy server that hangs, drips or floods: every call ends in time, within little memory, with a clear error."""

import asyncio
import contextlib
import gzip
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from chaos import clock
from chaos.clients.bounded import ANSWER_BYTES_MAX
from chaos.clients.toxiproxy import ServerFailed, Toxic, Toxiproxy, ToxiproxyError, Unreachable
from chaos.toxiproxy import ToxiproxyServer
from tests.clients.test_toxiproxy import calls

TIMEOUT_S = 0.3
# The rest is what a busy machine needs.
WITHIN_S = TIMEOUT_S + 1.0
MEMORY_BYTES_MAX = 6 * ANSWER_BYTES_MAX

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

BOMB = gzip.compress(bytes(200_000_000))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def _drips_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X")
        await asyncio.sleep(0.05)


async def _drips_its_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 10000\r\n\r\n")
    while True:
        writer.write(b" ")
        await asyncio.sleep(0.05)


async def _drips_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\n \r\n")
        await asyncio.sleep(0.05)


async def _flood(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while True:
        writer.write(piece)
        await writer.drain()


async def _never_ends_its_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    await _flood(writer, bytes(65536))


async def _never_ends_its_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    await _flood(writer, b"10000\r\n" + bytes(65536) + b"\r\n")


async def _never_ends_its_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    await _flood(writer, b"X-More: " + b"x" * 1000 + b"\r\n")


async def _always_says_continue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
        await asyncio.sleep(0.01)


async def _sends_a_bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)
    await writer.drain()
    await reader.read()


async def _leads_in_circles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /version\r\nContent-Length: 0\r\n\r\n")
    await reader.read()


async def _says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _nests_deep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = b"[" * 100_000
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await reader.read()


@contextlib.asynccontextmanager
async def behaving(behave: Behave, *, timeout_s: float = TIMEOUT_S) -> AsyncIterator[Toxiproxy]:
    """A client of a server that behaves so at each connection, once it was asked something."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await behave(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield Toxiproxy(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=timeout_s)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (_drips_headers, Unreachable),
        (_drips_its_body, Unreachable),
        (_drips_chunks, Unreachable),
        (_never_ends_its_body, ToxiproxyError),
        (_never_ends_its_chunks, ToxiproxyError),
        (_never_ends_its_headers, Unreachable),
        (_always_says_continue, Unreachable),
        (_sends_a_bomb, ServerFailed),
        (_leads_in_circles, ServerFailed),
        (_says_nothing, Unreachable),
    ],
)
def test_every_call_to_a_hostile_server_ends_in_time_and_within_little_memory(
    behave: Behave, expected: type[ToxiproxyError]
) -> None:
    async def main() -> None:
        async with behaving(behave) as client:
            for call in calls(client):
                tracemalloc.reset_peak()
                began_s, before = clock.now(), tracemalloc.get_traced_memory()[0]
                with pytest.raises(expected) as failed:
                    await call()
                assert clock.now() - began_s < WITHIN_S
                assert tracemalloc.get_traced_memory()[1] - before < MEMORY_BYTES_MAX
                assert len(str(failed.value)) < 400
                assert str(failed.value).isprintable()
            # It never answered as an awake server does, so it was sent no order that it could carry out later.
            assert not client.has_unknown_orders("p")

    tracemalloc.start()
    try:
        clock.run(main(), virtual=False)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("behave", [_never_ends_its_body, _never_ends_its_chunks])
def test_an_answer_that_is_too_large_is_not_read_on(behave: Behave) -> None:
    async def main() -> None:
        async with behaving(behave, timeout_s=60.0) as client:
            with pytest.raises(ServerFailed, match=f"an answer of more than {ANSWER_BYTES_MAX} bytes"):
                await client.proxies()

    clock.run(main(), virtual=False)


def test_json_that_is_nested_beyond_reason_is_an_answer_that_makes_no_sense() -> None:
    async def main() -> None:
        async with behaving(_nests_deep) as client:
            with pytest.raises(ServerFailed, match="not JSON"):
                await client.proxies()

    clock.run(main(), virtual=False)


def test_a_server_that_does_not_even_accept_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())

        async def main() -> None:
            client = Toxiproxy(f"http://127.0.0.1:{full.getsockname()[1]}", timeout_s=TIMEOUT_S)
            began_s = clock.now()
            with pytest.raises(Unreachable, match="timed out"):
                await client.proxies()
            assert TIMEOUT_S - 0.05 < clock.now() - began_s < WITHIN_S

        clock.run(main(), virtual=False)
        for filler in fillers:
            filler.close()


def _awake_then(behave: Behave) -> Behave:
    """Answers what is asked, and behaves so at the first order."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            body = b'{"name":"p","listen":"l","upstream":"u","enabled":true,"toxics":[]}'
            writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            request = await reader.readuntil(b"\r\n\r\n")
            if not request.startswith(b"GET"):
                await behave(reader, writer)

    return serve


ORDERS: dict[str, Callable[[Toxiproxy], Awaitable[object]]] = {
    "create": lambda client: client.create("p", "127.0.0.1:0", "u:1"),
    "update": lambda client: client.update("p", enabled=False),
    "delete": lambda client: client.delete("p"),
    "add a toxic": lambda client: client.add_toxic("p", Toxic("noop")),
    "update a toxic": lambda client: client.update_toxic("p", "t", toxicity=1),
    "remove a toxic": lambda client: client.remove_toxic("p", "t"),
    "reset": lambda client: client.reset(),
    "populate": lambda client: client.populate([]),
}


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_whose_answer_never_comes_is_remembered_as_unknown(order: str) -> None:
    async def main() -> None:
        async with behaving(_awake_then(_says_nothing)) as client:
            assert await client.proxy("p") is not None
            assert not client.has_unknown_orders("p")
            with pytest.raises(Unreachable):
                await ORDERS[order](client)
            assert client.has_unknown_orders("p")
            assert client.has_unknown_orders("q") == (order in ("reset", "populate"))
            client.forget_unknown_orders("p")
            assert client.has_unknown_orders("p") == (order in ("reset", "populate"))

    clock.run(main(), virtual=False)


@pytest.mark.parametrize("order", ORDERS)
def test_a_server_that_hangs_is_sent_no_order(order: str) -> None:
    """What it was not sent it cannot carry out when it wakes."""
    heard: list[bytes] = []

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())

    async def main() -> None:
        async with behaving(hangs) as client:
            with pytest.raises(Unreachable):
                await ORDERS[order](client)
            assert not client.has_unknown_orders("p")
            await asyncio.sleep(0.05)
            assert heard == [b""]

    clock.run(main(), virtual=False)


@pytest.mark.parametrize(("behave", "ends_within_s"), [(_says_nothing, 0.3), (_drips_its_body, 0.3)])
def test_a_question_that_is_cancelled_ends_at_once(behave: Behave, ends_within_s: float) -> None:
    async def main() -> None:
        async with behaving(behave, timeout_s=60.0) as client:
            for call in calls(client):
                task = asyncio.ensure_future(call())
                await asyncio.sleep(0.1)
                began_s = clock.now()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert clock.now() - began_s < ends_within_s

    clock.run(main(), virtual=False)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("impatient", [False, True])
def test_an_order_that_is_cancelled_waits_a_second_for_its_answer_and_no_more(order: str, impatient: bool) -> None:
    async def main() -> None:
        async with behaving(_awake_then(_says_nothing), timeout_s=60.0) as client:
            task = asyncio.ensure_future(ORDERS[order](client))
            await asyncio.sleep(0.2)
            began_s = clock.now()
            task.cancel()
            if impatient:
                await asyncio.sleep(0.1)
                task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert clock.now() - began_s < (0.6 if impatient else 1.6)
            assert impatient or clock.now() - began_s > 0.9
            assert client.has_unknown_orders("p")

    clock.run(main(), virtual=False)


def test_an_order_that_is_cancelled_is_over_when_the_call_returns() -> None:
    """What undoes it must not overtake it."""

    async def main() -> None:
        server = ToxiproxyServer(port=0)
        await server.start()
        client = Toxiproxy(server.api_url)
        for number in range(30):
            task = asyncio.ensure_future(client.create(f"p{number}", "127.0.0.1:0", "u:1"))
            await asyncio.sleep(0.0003 * number)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            before = sorted(server.registry.proxies)
            await asyncio.sleep(0.05)
            assert sorted(server.registry.proxies) == before
            assert not client.has_unknown_orders("p")
        await server.stop()

    clock.run(main(), virtual=False)
