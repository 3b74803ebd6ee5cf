"""What the embedded server bears: toxics that make much of little, many connections, a process at its limits."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from statistics import median

import pytest

from chaos import clock
from chaos.toxiproxy.link import Link
from chaos.toxiproxy.toxics import TOXICS, Entry
from chaos.toxiproxy.toxics.base import Direction
from chaos.toxiproxy.toxics.latency import Latency
from tests.toxiproxy.lab import Lab, play_embedded


class _Socket:
    """A source and a destination of a link, for looking into it."""

    def __init__(self) -> None:
        self.is_read = True
        self.sent = 0
        self.writes = 0

    def pause(self) -> None:
        self.is_read = False

    def resume(self) -> None:
        self.is_read = True

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        self.writes += 1

    def finish(self) -> None: ...

    def buffered_bytes(self) -> int:
        return self.sent


@pytest.mark.parametrize(
    ("chain", "held_bytes_max"),
    [
        ([], 300_000),
        (["noop"], 1_000_000),
        (["latency", "noop", "noop"], 35_000_000),  # 1024 chunks, as in the original
        (["bandwidth"], 600_000),
        (["slicer", "bandwidth"], 1_000_000),  # pieces of one byte, each with its cost
    ],
)
def test_a_link_stops_reading_before_it_holds_much(chain: list[str], held_bytes_max: int) -> None:
    attributes: dict[str, dict[str, int]] = {"slicer": {"average_size": 1}, "latency": {"latency": 60_000}}

    async def main() -> None:
        entries = [
            Entry(TOXICS[kind](**attributes.get(kind, {})), kind, kind, "upstream", 1.0, Direction.UPSTREAM)
            for kind in chain
        ]
        ends = _Socket()
        link = Link(ends, ends, entries, rng=Random(1), loop=asyncio.get_running_loop())
        link.begin()
        fed = 0
        while ends.is_read:
            link.put(bytes(32_768))
            fed += 32_768
            assert fed < 40_000_000
        await asyncio.sleep(1)  # what is done in later turns is done
        queued = sum(stub._queued_bytes for stub in link._stubs)
        assert queued + ends.sent <= held_bytes_max
        link.abandon()

    clock.run(main(), virtual=True)


@contextlib.asynccontextmanager
async def _always_asked_for_its_version(lab: Lab) -> AsyncIterator[list[float]]:
    """Real seconds that each `GET /version` takes meanwhile, one after the other on one connection."""
    reader, writer = await asyncio.open_connection(*lab.api)
    took_s: list[float] = []

    async def ask() -> None:
        while True:
            began_s = time.perf_counter()
            writer.write(b"GET /version HTTP/1.1\r\nHost: lab\r\n\r\n")
            await reader.readuntil(b"}")
            took_s.append(time.perf_counter() - began_s)

    task = asyncio.create_task(ask())
    try:
        yield took_s
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.transport.abort()


@pytest.mark.parametrize("chain", [["slicer"], ["slicer", "noop", "slicer"], ["slicer", "bandwidth"]])
def test_no_toxic_starves_the_loop(chain: list[str]) -> None:
    """300 kB in pieces of a byte kept everybody else waiting for 3.8 s."""

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        for number, kind in enumerate(chain):
            attributes = {"slicer": {"average_size": 1}, "bandwidth": {"rate": 1_000_000}}.get(kind, {})
            wanted = {"type": kind, "name": f"t{number}", "stream": "downstream", "attributes": attributes}
            assert (await lab.ask("POST", "/proxies/p/toxics", wanted)).status == 200
        client, server = await lab.pair(port)
        story = Random(1).randbytes(300_000)
        async with _always_asked_for_its_version(lab) as took_s:
            server.send(story)
            assert await client.receive(len(story), within_s=60) == story
        assert len(took_s) > 20, "the API must have had its turns in between"
        assert max(took_s) < 0.5
        assert median(took_s) < 0.1

    play_embedded(scenario, virtual=False)


@pytest.mark.parametrize("how", ["update", "remove"])
def test_a_slicer_in_the_middle_of_its_work_can_be_changed_and_removed(how: str) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("slicer", average_size=1)
        client, server = await lab.pair(port)
        story = Random(1).randbytes(3_000_000)
        client.send(story)
        await server.receive(1)
        began_s = lab.now()
        if how == "remove":
            assert (await lab.ask("DELETE", path)).status == 204
        else:
            assert (await lab.ask("PATCH", path, {"attributes": {"average_size": 100_000}})).status == 200
        assert await server.receive(len(story) - 1, within_s=20) == story[1:]
        assert lab.now() - began_s < 5, "whole chunks pass from now on"

    play_embedded(scenario, virtual=False)


def test_a_removed_toxic_passes_its_many_tiny_chunks_on_in_large_ones() -> None:
    async def main() -> None:
        entries = [Entry(Latency(latency=60_000), "latency", "latency", "upstream", 1.0, Direction.UPSTREAM)]
        ends = _Socket()
        link = Link(ends, ends, entries, rng=Random(1), loop=asyncio.get_running_loop())
        link.begin()
        for _ in range(100_000):
            link.put(b"tiny")
        link.remove(entries[0])
        assert ends.sent == 400_000
        assert ends.writes <= 2 + 400_000 / (32 * 1024)

    clock.run(main(), virtual=True)


@pytest.mark.parametrize("upstream", ["localhost", "127.0.0.1"])
def test_an_upstream_named_by_its_host_is_looked_up_once_a_connection(
    upstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def look_up(host: object, *others: object, **more: object) -> object:
        if host == upstream and not upstream[0].isdigit():
            asked.append(host)
        return getaddrinfo(host, *others, **more)  # type: ignore[arg-type]

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy(upstream=f"{upstream}:{lab.upstream.address.rpartition(':')[2]}")
        for count in range(1, 4):
            client, server = await lab.pair(port)
            client.send(b"x")
            assert await server.receive(1) == b"x"
            assert len(asked) == (count if upstream == "localhost" else 0)

    play_embedded(scenario, virtual=True)


@pytest.mark.parametrize("virtual", [True, False])
def test_delays_under_a_millisecond_are_added_up(virtual: bool) -> None:
    """2,000 pieces with 100 µs after each take 0.2 s; rounded up to the timer's millisecond, they would take 2 s."""

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slicer", average_size=10, delay=100)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(bytes(20_000))
        await server.receive(20_000)
        assert 0.12 <= lab.now() - began_s <= (0.26 if lab.exact else 0.6)

    play_embedded(scenario, virtual=virtual)


def test_a_fast_bandwidth_keeps_its_rate_though_its_waits_are_shorter_than_a_timer() -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("bandwidth", rate=50_000)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(bytes(10_000_000))
        await server.receive(10_000_000)
        assert 0.19 <= lab.now() - began_s <= 0.21

    play_embedded(scenario, virtual=True)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads what the process holds in /proc")
def test_an_idle_connection_costs_no_more_than_10_kb() -> None:
    """A receive buffer of its own made it 70 kB. In a process of its own, where nothing else grows meanwhile."""
    program = Path(__file__).parent / "idle.py"
    ran = subprocess.run([sys.executable, program, "1000"], capture_output=True, text=True, timeout=60, check=True)
    assert 0 < float(ran.stdout) <= 10.0


@pytest.mark.skipif(os.name == "nt", reason="the limit of open files is a POSIX one")
@pytest.mark.parametrize("virtual", [True, False])
def test_a_proxy_without_descriptors_accepts_again_once_there_are_some(
    virtual: bool, caplog: pytest.LogCaptureFixture
) -> None:
    import resource

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client = await lab.connect(port)
        (await lab.upstream.accepted()).send(b"x")
        assert await client.receive(1) == b"x"
        waiting = socket.create_connection(("127.0.0.1", port))  # accepted only in the loop's next turn
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (waiting.fileno() + 1, hard))
        try:
            await asyncio.sleep(0.5)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        with waiting:
            server = await lab.upstream.accepted()
            waiting.send(b"late")
            assert await server.receive(4) == b"late"

    play_embedded(scenario, virtual=virtual)
    assert [record.message for record in caplog.records] == [
        "proxy p: no client is accepted for 1 s: [Errno 24] Too many open files"
    ]
