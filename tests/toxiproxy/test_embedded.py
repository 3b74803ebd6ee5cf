"""What only the embedded server promises: no hang, no crash, bounded memory, nothing left behind."""

import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path
from random import Random

import pytest

from chaos import clock
from chaos.errors import UsageError
from chaos.toxiproxy import AddressError, ToxiproxyServer, serve
from chaos.toxiproxy import proxy as proxy_module
from chaos.toxiproxy.connection import End, receive_buffer
from chaos.toxiproxy.link import Link
from chaos.toxiproxy.proxy import DIAL_DEADLINE_S
from chaos.toxiproxy.toxics import TOXICS
from chaos.toxiproxy.toxics.slicer import cuts
from tests.toxiproxy.lab import EOF, RST, Lab, others, play_embedded

SOON_S = 2.0  # real seconds for what must not wait for anybody; the virtual clock does not move at all


@pytest.mark.parametrize("virtual", [True, False])
@pytest.mark.parametrize("kind", sorted(TOXICS))
def test_toxics_come_and_go_promptly_while_the_peer_does_not_read(kind: str, virtual: bool) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        server.send(bytes(26_000_000))
        neighbour = {"type": "latency", "name": "neighbour", "attributes": {"latency": 20}}
        await lab.ask("POST", "/proxies/p/toxics", neighbour)
        began_s = lab.now()
        path = await lab.toxic(kind, stream="downstream")
        assert (await lab.ask("PATCH", path, {"toxicity": 0.5})).status == 200
        assert (await lab.ask("GET", "/proxies")).status == 200
        assert (await lab.ask("DELETE", path)).status == 204
        await client.close()
        assert (await lab.ask("POST", "/proxies/p/toxics", {"type": "noop"})).status == 200
        assert (await lab.ask("PATCH", "/proxies/p", {"enabled": False})).status == 200
        assert (await lab.ask("DELETE", "/proxies/p")).status == 204
        assert lab.now() - began_s < SOON_S

    play_embedded(scenario, virtual=virtual)


def test_a_peer_that_does_not_read_stalls_the_sender_and_little_is_held() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("bandwidth", rate=0)
        client, server = await lab.pair(port)
        client.send(bytes(64_000_000))
        assert await server.is_silent(1.0)
        assert client.writer.transport.get_write_buffer_size() > 48_000_000
        await lab.ask("POST", "/reset")
        assert await server.receive(64_000_000) == bytes(64_000_000)

    play_embedded(scenario, virtual=True)


def test_tiny_chunks_before_a_stalled_toxic_are_bounded_too() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slicer", average_size=1)
        await lab.toxic("bandwidth", rate=0)
        client, server = await lab.pair(port)
        client.send(bytes(8_000_000))
        assert await server.is_silent(1.0)
        await lab.ask("DELETE", "/proxies/p/toxics/slicer_upstream")
        await lab.ask("DELETE", "/proxies/p/toxics/bandwidth_upstream")
        assert await server.receive(8_000_000) == bytes(8_000_000)

    play_embedded(scenario, virtual=True)


@pytest.mark.parametrize("virtual", [True, False])
def test_what_a_client_sends_before_the_upstream_accepts_arrives(
    virtual: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before CPython 3.11.4 a transport could not be paused that early, and the first bytes were lost."""
    accepts = asyncio.Event()

    async def dialled(upstream: str, loop: asyncio.AbstractEventLoop) -> socket.socket:
        await accepts.wait()
        return await dial(upstream, loop)

    dial = proxy_module._dial
    monkeypatch.setattr(proxy_module, "_dial", dialled)
    story = bytes(range(256)) * 65536

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        whole, brief, closed = [await lab.connect(port) for _ in range(3)]
        whole.send(story)
        brief.send(b"brief")
        for client in (brief, closed):
            client.writer.write_eof()
        await asyncio.sleep(0.1)
        assert whole.writer.transport.get_write_buffer_size() > 0, "the client must be stalled while nobody reads"
        accepts.set()
        servers = [await lab.upstream.accepted() for _ in range(3)]
        assert await servers[0].receive(len(story)) == story
        assert await servers[1].receive(5) == b"brief"
        assert await servers[1].ending() == EOF
        assert await servers[2].ending() == EOF

    play_embedded(scenario, virtual=virtual)


def _blackhole() -> tuple[str, list[socket.socket]]:
    """An address that answers no connection attempt: a listener whose backlog is full."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    fillers = []
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(address)
        fillers.append(filler)
    return f"127.0.0.1:{address[1]}", [listener, *fillers]


@pytest.mark.skipif(not os.path.exists("/proc"), reason="only Linux drops attempts when the backlog is full")
def test_an_unreachable_upstream_blocks_nothing_and_is_given_up_in_time() -> None:
    address, sockets = _blackhole()

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy(upstream=address)
        began_s = lab.now()
        clients = [await lab.connect(port) for _ in range(3)]
        assert await clients[0].ending(within_s=100) == EOF
        assert lab.took(began_s, DIAL_DEADLINE_S)
        began_s = lab.now()
        clients = [await lab.connect(port) for _ in range(3)]
        assert await clients[0].is_silent(1)
        assert (await lab.ask("POST", "/proxies/p/toxics", {"type": "noop"})).status == 200
        assert (await lab.ask("PATCH", "/proxies/p", {"enabled": False})).status == 200
        for client in clients:
            assert await client.ending() == EOF
        await lab.ask("PATCH", "/proxies/p", {"enabled": True})
        waiting = await lab.connect(port)
        assert await waiting.is_silent(1)
        assert (await lab.ask("DELETE", "/proxies/p")).status == 204
        assert lab.took(began_s, 2)

    try:
        play_embedded(scenario, virtual=True)
    finally:
        for sock in sockets:
            sock.close()


def test_a_negative_rate_stalls_and_heals_instead_of_killing_the_server() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("bandwidth", rate=-7)
        client, server = await lab.pair(port)
        client.send(b"held")
        assert await server.is_silent(100)
        await lab.ask("DELETE", path)
        assert await server.receive(4) == b"held"

    play_embedded(scenario, virtual=True)


@pytest.mark.parametrize(("average", "variation"), [(0, 0), (-1, 0), (0, 5), (1, 1000), (10, -5), (3, 3)])
def test_any_slicer_passes_the_bytes_on(average: int, variation: int) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slicer", average_size=average, size_variation=variation)
        client, server = await lab.pair(port)
        data = bytes(range(256)) * 4
        client.send(data)
        assert await server.receive(len(data)) == data

    play_embedded(scenario, virtual=True)


def test_slices_are_near_their_average_and_complete() -> None:
    ends = list(cuts(32768, 100, 10, Random(3)))
    sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    assert sum(sizes) == 32768
    assert ends[-1] == 32768
    assert all(1 <= size <= 110 for size in sizes)
    assert 50 <= sum(sizes) / len(sizes) <= 110


def test_after_its_limit_a_source_is_read_no_more_and_is_reset() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("limit_data", bytes=100)
        await lab.toxic("slow_close", stream="downstream", delay=1000)
        client, server = await lab.pair(port)
        client.send(bytes(32_000_000))
        assert await server.receive(100) == bytes(100)
        assert await server.some() == b""
        await asyncio.sleep(0.5)
        assert client.writer.transport.get_write_buffer_size() > 16_000_000
        assert await client.ending() == RST

    play_embedded(scenario, virtual=True)


def test_a_client_whose_upstream_is_still_dialled_is_closed_when_its_proxy_stops() -> None:
    address, sockets = _blackhole()

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy(upstream=address)
        client = await lab.connect(port)
        assert await client.is_silent(1)
        began_s = lab.now()
        assert (await lab.ask("DELETE", "/proxies/p")).status == 204
        assert await client.ending() == EOF
        assert lab.took(began_s, 0)

    try:
        play_embedded(scenario, virtual=True)
    finally:
        for sock in sockets:
            sock.close()


class _Received(Link):
    """A link that only keeps what is read."""

    def __init__(self) -> None:
        self.data = asyncio.Queue[bytes]()

    def put(self, data: bytes) -> None:
        self.data.put_nowait(data)

    def end(self) -> None: ...


def test_a_socket_that_finishes_sends_all_and_is_read_meanwhile() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        loop = asyncio.get_running_loop()
        end = End(ours, receive_buffer(), loop)
        end.feeds = received = _Received()
        end.resume()
        end.write(bytes(5_000_000))
        assert end.buffered_bytes() > 0
        end.finish()
        theirs.send(b"meanwhile")
        async with asyncio.timeout(5):
            assert await received.data.get() == b"meanwhile"
            count = 0
            while data := await loop.sock_recv(theirs, 1_000_000):
                count += len(data)
            assert end.is_closed
        assert count == 5_000_000
        theirs.close()

    clock.run(main(), virtual=True)


def test_removing_reset_peer_returns_at_once_and_does_not_save_what_it_hit() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("reset_peer", timeout=5000)
        hit, _ = await lab.pair(port)
        spared, server = await lab.pair(port)
        began_s = lab.now()
        hit.send(b"x")
        await asyncio.sleep(1)
        assert (await lab.ask("PATCH", path, {"attributes": {"timeout": 9000}})).status == 200
        assert (await lab.ask("DELETE", path)).status == 204
        assert lab.took(began_s, 1)
        spared.send(b"y")
        assert await server.receive(1) == b"y"
        assert await hit.ending(within_s=10) == RST
        assert lab.took(began_s, 5)

    play_embedded(scenario, virtual=True)


def test_a_long_chain_of_toxics_works() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        for number in range(300):
            wanted = {"type": "latency", "name": f"t{number}", "stream": "upstream", "attributes": {"latency": 10}}
            assert (await lab.ask("POST", "/proxies/p/toxics", wanted)).status == 200
        began_s = lab.now()
        client.send(b"x")
        assert await server.receive(1) == b"x"
        assert lab.took(began_s, 3)

    play_embedded(scenario, virtual=True)


def test_a_latency_does_not_shorten_the_next_one_for_chunks_that_queued() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=100)
        wanted = {"type": "latency", "name": "more", "stream": "upstream", "attributes": {"latency": 100}}
        await lab.ask("POST", "/proxies/p/toxics", wanted)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(b"a")
        await asyncio.sleep(0.05)
        client.send(b"b")
        await server.receive(1)
        assert lab.took(began_s, 0.2)
        await server.receive(1)
        assert lab.took(began_s, 0.25)

    play_embedded(scenario, virtual=True)


def test_a_change_with_an_error_changes_nothing() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy()
        path = await lab.toxic("latency", latency=5)
        before = (await lab.ask("GET", path)).body
        assert (await lab.ask("PATCH", path, {"attributes": {"latency": 6, "jitter": "x"}})).status == 400
        assert (await lab.ask("GET", path)).body == before

    play_embedded(scenario, virtual=True)


def test_reset_goes_on_after_a_proxy_that_cannot_start() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy("a", listen=f"127.0.0.1:{lab.api[1]}", enabled=False)
        await lab.proxy("b", enabled=False)
        assert (await lab.ask("POST", "/reset")).status == 500
        assert (await lab.ask("GET", "/proxies/b")).json["enabled"] is True

    play_embedded(scenario, virtual=True)


def _passed(seed: int) -> list[bool]:
    passed: list[bool] = []

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("limit_data", toxicity=0.5, bytes=0)
        for _ in range(24):
            client, server = await lab.pair(port)
            client.send(b"x")
            passed.append(await server.some() == b"x")

    play_embedded(scenario, virtual=True, seed=seed)
    return passed


def test_the_seed_decides_which_connections_a_toxic_bites() -> None:
    assert _passed(7) == _passed(7)
    assert _passed(7) != _passed(8)
    assert set(_passed(7)) == {True, False}


@pytest.mark.parametrize("virtual", [True, False])
def test_200_connections_echo_byte_for_byte(virtual: bool) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slicer", average_size=3000, size_variation=500)
        await lab.toxic("latency", stream="downstream", latency=30, jitter=20)

        async def one(number: int) -> None:
            data = Random(number).randbytes(40_000)
            client = await lab.connect(port)
            client.send(data)
            assert await client.receive(len(data), within_s=60) == data
            await client.close()

        async def echo() -> None:
            server = await lab.upstream.accepted()
            with contextlib.suppress(asyncio.IncompleteReadError):
                server.send(await server.receive(40_000, within_s=60))
            assert await server.some(within_s=60) == b""
            await server.close()

        async with asyncio.TaskGroup() as group:
            for number in range(200):
                group.create_task(one(number))
                group.create_task(echo())

    play_embedded(scenario, virtual=virtual)


def _open_sockets() -> int:
    return sum(
        os.readlink(f"/proc/self/fd/{fd}").startswith("socket") for fd in os.listdir("/proc/self/fd") if _is_open(fd)
    )


def _is_open(fd: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{fd}")


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="counts sockets in /proc")
@pytest.mark.parametrize("virtual", [True, False])
def test_stop_leaves_no_task_and_no_socket_and_the_port_can_be_used_again(virtual: bool) -> None:
    async def main() -> None:
        async def until_it_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        upstream = await asyncio.start_server(until_it_ends, "127.0.0.1", 0)
        host, port = upstream.sockets[0].getsockname()
        before = _open_sockets()
        server = ToxiproxyServer(port=0)
        for _ in range(2):
            await server.start()
            body = {"name": "p", "listen": "127.0.0.1:0", "upstream": f"{host}:{port}"}
            proxy = await server.registry.create(json.dumps(body).encode())
            clients = [await asyncio.open_connection("127.0.0.1", int(proxy.listen[10:])) for _ in range(5)]
            held = await asyncio.open_connection(*server.address)  # a request that never comes
            for _, writer in clients:
                writer.write(b"x")
            await asyncio.sleep(0.05)
            await server.stop()
            await server.stop()
            assert server.address[1] == held[1].get_extra_info("peername")[1]
            for reader, writer in [*clients, held]:
                assert await reader.read() == b""
                writer.transport.abort()
            await asyncio.sleep(0.05)
            assert not others()
        assert _open_sockets() == before
        upstream.close()

    clock.run(main(), virtual=virtual)


def test_starting_twice_and_a_busy_port_are_typed_errors() -> None:
    async def main() -> None:
        server = ToxiproxyServer(port=0)
        await server.start()
        with pytest.raises(UsageError):
            await server.start()
        with pytest.raises(AddressError, match="address already in use"):
            await ToxiproxyServer(port=server.address[1]).start()
        await server.stop()

    clock.run(main(), virtual=True)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_proxies_listen_on_ipv6_and_dial_it() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.proxy("p")
        port = await lab.proxy(
            "outer", listen="[::1]:0", upstream="localhost:" + lab.upstream.address.rpartition(":")[2]
        )
        reader, writer = await asyncio.open_connection("::1", port)
        server = await lab.upstream.accepted()
        writer.write(b"six")
        assert await server.receive(3) == b"six"
        server.send(b"four")
        assert await reader.readexactly(4) == b"four"
        writer.transport.abort()
        assert await server.ending() in (EOF, RST)

    play_embedded(scenario, virtual=True)


def test_a_request_that_stalls_is_answered_in_time_and_holds_nobody_up() -> None:
    async def scenario(lab: Lab) -> None:
        reader, writer = await asyncio.open_connection(*lab.api)
        began_s = lab.now()
        writer.write(b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert (await lab.ask("GET", "/version")).status == 200
        assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
        assert lab.took(began_s, 15)
        assert (await reader.read()).endswith(b'"status":400}\n')
        assert lab.now() - began_s <= 16.1
        writer.close()

    play_embedded(scenario, virtual=True)


def test_metrics_are_unknown_unless_asked_for_and_can_tell_of_the_process() -> None:
    async def main() -> None:
        for wanted, status in ((False, b"404"), (True, b"200")):
            server = ToxiproxyServer(port=0, runtime_metrics=wanted)
            await server.start()
            reader, writer = await asyncio.open_connection(*server.address)
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            answer = await reader.read()
            assert answer.split()[1] == status
            assert (b"\nprocess_cpu_seconds_total " in answer) == wanted
            writer.close()
            await server.stop()

    clock.run(main(), virtual=True)


def test_serve_creates_the_proxies_of_a_file_and_closes_all_when_cancelled(tmp_path: Path) -> None:
    config = tmp_path / "proxies.json"
    config.write_text(json.dumps([{"name": "a", "listen": "127.0.0.1:0", "upstream": "u:1"}]), encoding="utf-8")

    async def main() -> None:
        ready: asyncio.Future[ToxiproxyServer] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve("127.0.0.1", 0, config=config, seed=1, on_ready=ready.set_result))
        server = await ready
        assert list(server.registry.proxies) == ["a"]
        port = int(server.registry.proxies["a"].listen.rpartition(":")[2])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for closed in (port, server.address[1]):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", closed)
        assert not others()

    clock.run(main(), virtual=True)


@pytest.mark.parametrize("text", ["", "nonsense", "{}", None])
def test_serve_runs_without_a_file_that_is_wrong(
    tmp_path: Path, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "proxies.json"
    if text is not None:
        config.write_text(text, encoding="utf-8")

    async def main() -> None:
        ready: asyncio.Future[ToxiproxyServer] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve("127.0.0.1", 0, config=config, on_ready=ready.set_result))
        assert not (await ready).registry.proxies
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    clock.run(main(), virtual=True)
    assert str(config) in caplog.text
