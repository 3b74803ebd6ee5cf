"""A virtual loop's own network: what its ends see is what the ends of the kernel's TCP on loopback see."""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
import trustme

from chaos import clock, network
from chaos.network import HOSTS, OURS, own_address, tcp_socket

OWN, KERNEL = f"{HOSTS}.1", "127.0.0.1"
BOTH = pytest.mark.parametrize("host", [OWN, KERNEL], ids=["own network", "the kernel's TCP"])
LINGER_0 = struct.pack("ii", 1, 0)


def virtually(main: Coroutine[Any, Any, Any]) -> Any:
    return clock.run(main, virtual=True)


class Heard(asyncio.Protocol):
    """What one end was told, in order."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.over = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.told.append(data)

    def eof_received(self) -> bool:
        self.told.append("end")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append(None if exc is None else type(exc))
        self.over.set_result(None)


@contextlib.asynccontextmanager
async def pair(host: str) -> AsyncIterator[tuple[Heard, Heard]]:
    """A client and the server's end of its connection."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[Heard] = loop.create_future()

    def arrival() -> Heard:
        heard = Heard()
        loop.call_soon(arrived.set_result, heard)
        return heard

    server = await loop.create_server(arrival, host, 0)
    _, client = await loop.create_connection(Heard, *server.sockets[0].getsockname()[:2])
    far = await arrived
    try:
        yield client, far
    finally:
        server.close()
        for end in (client, far):
            end.transport.abort()
            await end.over


def seen_after(host: str, story: Callable[[Heard, Heard], Awaitable[None]]) -> tuple[list[object], list[object]]:
    async def main() -> tuple[list[object], list[object]]:
        async with pair(host) as (client, far):
            await story(client, far)
            await asyncio.sleep(1.0)
            return list(client.told), list(far.told)

    return virtually(main())  # type: ignore[no-any-return]


async def talks(client: Heard, far: Heard) -> None:
    client.transport.write(b"hello")
    far.transport.write(b"good")
    far.transport.write(b" day")


async def closes(client: Heard, far: Heard) -> None:
    client.transport.write(b"bye")
    client.transport.close()


async def resets(client: Heard, far: Heard) -> None:
    far.transport.write(b"you will not read this")
    await asyncio.sleep(1.0)
    client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    client.transport.abort()


async def leaves_something_unread(client: Heard, far: Heard) -> None:
    client.transport.pause_reading()
    far.transport.write(b"nobody reads this")
    await asyncio.sleep(1.0)
    client.transport.abort()


async def says_its_last_word_and_listens_on(client: Heard, far: Heard) -> None:
    far.eof_received = lambda: far.told.append("end") or True  # type: ignore[method-assign, func-returns-value]
    client.transport.write(b"that is all")
    client.transport.write_eof()
    await asyncio.sleep(1.0)
    far.transport.write(b"and this is the answer")


@pytest.mark.parametrize(
    "story",
    [talks, closes, resets, leaves_something_unread, says_its_last_word_and_listens_on],
    ids=lambda s: s.__name__,
)
def test_both_ends_are_told_what_the_kernel_s_tcp_tells(story: Callable[[Heard, Heard], Awaitable[None]]) -> None:
    def joined(told: list[object]) -> list[object]:
        """How the bytes are cut is not promised."""
        data = b"".join(one for one in told if isinstance(one, bytes))
        return [*([data] if data else []), *(one for one in told if not isinstance(one, bytes))]

    own, kernel = seen_after(OWN, story), seen_after(KERNEL, story)
    assert [joined(told) for told in own] == [joined(told) for told in kernel]


@BOTH
def test_the_first_bytes_to_a_peer_who_has_gone_are_lost_without_an_error_and_the_next_meet_one(host: str) -> None:
    async def main() -> list[object]:
        listening = tcp_socket(host)
        client = tcp_socket(host)
        with listening, client:
            listening.bind((host, 0))
            listening.listen()
            client.connect(listening.getsockname())
            client.setblocking(False)
            far, _ = listening.accept()
            far.close()
            await asyncio.sleep(0.5)  # of the virtual clock: what is on its way arrives
            assert client.send(b"into the void") == 13
            await asyncio.sleep(0.5)
            with pytest.raises((BrokenPipeError, ConnectionResetError)) as met:
                client.send(b"again")
            return [met.value.errno]

    assert virtually(main()) == [errno.EPIPE]


@BOTH
def test_where_nobody_listens_a_connection_is_refused(host: str) -> None:
    async def main() -> None:
        bound = tcp_socket(host)
        with bound:
            bound.bind((host, 0))
            at = bound.getsockname()[:2]
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*at)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*at)

    virtually(main())


@BOTH
def test_an_address_is_taken_once_and_is_free_again_when_its_listener_has_closed(host: str) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(asyncio.Protocol, host, 0)
        at = first.sockets[0].getsockname()[:2]
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE).lower()):
            await loop.create_server(asyncio.Protocol, *at)
        first.close()
        await asyncio.sleep(0.1)
        (await loop.create_server(asyncio.Protocol, *at)).close()

    virtually(main())


@BOTH
def test_who_was_not_accepted_is_reset_when_the_listener_closes(host: str) -> None:
    async def main() -> list[object]:
        listening = tcp_socket(host)
        listening.bind((host, 0))
        listening.listen()
        _, client = await asyncio.get_running_loop().create_connection(Heard, *listening.getsockname()[:2])
        listening.close()
        await asyncio.wait_for(client.over, 5.0)
        return client.told

    assert virtually(main()) == [ConnectionResetError]


@BOTH
def test_many_who_come_at_once_are_accepted_in_the_order_of_their_coming(host: str) -> None:
    async def main() -> None:
        with tcp_socket(host) as listening:
            listening.bind((host, 0))
            listening.listen(64)
            listening.setblocking(False)
            loop = asyncio.get_running_loop()
            clients = [(await loop.create_connection(Heard, *listening.getsockname()[:2]))[1] for _ in range(40)]
            for client in clients:
                far, name = await loop.sock_accept(listening)
                assert name == client.transport.get_extra_info("sockname")
                assert far.getpeername() == name
                far.close()
            for client in clients:
                await client.over

    virtually(main())


def test_tls_goes_over_it_and_checks_the_name() -> None:
    async def main() -> tuple[bytes, str]:
        authority = trustme.CA()
        serving, asking = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
        authority.issue_cert(OWN).configure_cert(serving)
        authority.configure_trust(asking)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        server = await asyncio.start_server(answer, OWN, 8445, ssl=serving)
        async with server:
            reader, writer = await asyncio.open_connection(OWN, 8445, ssl=asking)
            writer.write(b"is anybody there\n")
            said = await reader.read()
            peer = writer.get_extra_info("peername")
            writer.close()
            with pytest.raises(ssl.SSLError):
                await asyncio.open_connection(OWN, 8445, ssl=asking, server_hostname="elsewhere.test")
            return said, f"{peer[0]}:{peer[1]}"

    assert virtually(main()) == (b"is anybody there\n", f"{OWN}:8445")


def test_more_than_fits_waits_until_the_peer_reads() -> None:
    async def main() -> int:
        async with pair(OWN) as (client, far):
            far.transport.pause_reading()
            client.transport.write(b"x" * 20_000_000)
            await asyncio.sleep(5.0)
            assert client.transport.get_write_buffer_size() > 10_000_000
            far.transport.resume_reading()
            await asyncio.sleep(5.0)
            return sum(len(data) for data in far.told if isinstance(data, bytes))

    assert virtually(main()) == 20_000_000


def test_two_loops_do_not_meet() -> None:
    async def listens() -> None:
        async with await asyncio.start_server(lambda *_: None, OWN, 42027):
            await asyncio.to_thread(lambda: virtually(dials()))

    async def dials() -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(OWN, 42027)

    virtually(listens())


@pytest.mark.parametrize("virtual", [True, False], ids=["virtual", "real time"])
def test_only_a_virtual_loop_has_a_network_of_its_own(virtual: bool) -> None:
    async def main() -> tuple[str, bool]:
        with tcp_socket(OWN) as sock:
            return own_address(), isinstance(sock, network.Wire)

    assert clock.run(main(), virtual=virtual) == ((OURS, True) if virtual else ("127.0.0.1", False))
