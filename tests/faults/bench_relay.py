"""What the relay adds to a heartbeat's round trip, in real time: `python -m tests.faults.bench_relay`.

One run measures both ways in turn, through the relay and directly, so that whatever else the machine does hits both.
Clients, relay, server and the journal's file share one process and one loop, as in a mock run; the figures are
therefore upper limits for a lab, where the relay has the loop to itself.

On a machine with more work than processors the kernel takes the processor away in the middle of a round trip, for
milliseconds, and the longer way is hit more often. Such round trips are known from the kernel's count of involuntary
switches. Both figures are printed, with them and without; without them is what the relay adds.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos import clock
from chaos.faults.relay import CtiRelay
from chaos.journal import Journal
from chaos.wire.ged188 import HeartbeatReq, OpenConf, encode
from tests.faults.relaying import open_req

BEAT = len(encode(HeartbeatReq(0)))
OPEN = len(encode(open_req("session-000")))


@dataclass(frozen=True)
class Figures:
    """One way. trips_s: every round trip, ascending. undisturbed_s: those in which the processor was ours (else: all).

    processor_s: processor time a round trip, of everything in the process.
    """

    trips_s: Sequence[float]
    undisturbed_s: Sequence[float]
    processor_s: float


def percentile_s(ascending_s: Sequence[float], percent: float) -> float:
    return ascending_s[min(len(ascending_s) - 1, int(len(ascending_s) * percent / 100))]


def involuntary_switches() -> int:
    """How often the kernel has taken the processor from this process; 0 for ever where it does not tell."""
    with contextlib.suppress(ImportError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
    return 0


class Server(asyncio.Protocol):
    """Confirms whatever comes; knows messages by their order only, so that it costs little."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.opened = False

    def data_received(self, data: bytes) -> None:
        if not self.opened:
            self.opened = True
            self.transport.write(encode(OpenConf(1)))
            data = data[OPEN:]
        for at in range(0, len(data), BEAT):
            self.transport.write(data[at : at + 7] + b"\x06" + data[at + 8 : at + 12])


class Client(asyncio.Protocol):
    """One session; `beat` gives the round trip in seconds."""

    def __init__(self) -> None:
        self.waiting: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(time.perf_counter())

    async def exchange(self, request: bytes) -> float:
        self.waiting = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self.transport.write(request)
        async with asyncio.timeout(10):
            return await self.waiting - begun


async def measure(sessions: int, beats: int, pause_s: float, journal: Journal) -> tuple[Figures, Figures]:
    """(direct, through the relay): `beats` round trips each way, on so many sessions each way, `pause_s` between."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=2 * sessions)
    target = server.sockets[0].getsockname()
    relay = CtiRelay(
        "a",
        listen=("127.0.0.1", 0),
        upstream=target,
        journal_of=lambda: journal,
        connections=itertools.count(1),
    )
    await relay.start()
    trips: dict[bool, list[float]] = {False: [], True: []}
    undisturbed: dict[bool, list[float]] = {False: [], True: []}
    processor_s = dict.fromkeys(trips, 0.0)
    clients: dict[bool, list[Client]] = {False: [], True: []}
    for through in clients:
        for number in range(sessions):
            _, client = await loop.create_connection(Client, *(relay.address if through else target))
            await client.exchange(encode(open_req(f"session-{number:03}")))
            clients[through].append(client)
    choice = random.Random(1)
    for number, through in itertools.product(range(beats), (False, True)):
        await asyncio.sleep(pause_s)
        client = choice.choice(clients[through])
        switches, before_s = involuntary_switches(), time.process_time()
        trip_s = await client.exchange(encode(HeartbeatReq(number)))
        processor_s[through] += time.process_time() - before_s
        trips[through].append(trip_s)
        if involuntary_switches() == switches:
            undisturbed[through].append(trip_s)
    assert len(relay.sessions()) == sessions
    for client in itertools.chain.from_iterable(clients.values()):
        client.transport.abort()
    await relay.stop()
    server.close()
    await server.wait_closed()
    direct, relayed = (
        Figures(sorted(trips[through]), sorted(undisturbed[through] or trips[through]), processor_s[through] / beats)
        for through in trips
    )
    return direct, relayed


def run(sessions: int, beats: int, pause_s: float) -> tuple[Figures, Figures]:
    """`measure` on the ordinary loop, with a journal on disk."""

    async def main() -> tuple[Figures, Figures]:
        with tempfile.TemporaryDirectory() as folder:
            journal = Journal(Path(folder) / "bench.jsonl", clock.now)
            try:
                return await measure(sessions, beats, pause_s, journal)
            finally:
                journal.close()

    return clock.run(main(), virtual=False)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--beats", type=int, default=2000, help="round trips each way")
    parser.add_argument("--pause-ms", type=float, default=2.0, help="between two round trips")
    chosen = parser.parse_args(arguments)
    raise_file_limit(8 * chosen.sessions + 100)
    direct, relayed = run(chosen.sessions, chosen.beats, chosen.pause_ms / 1000)
    added_s = percentile_s(relayed.undisturbed_s, 99) - percentile_s(direct.undisturbed_s, 99)
    rows = [
        (f"{name}p{percent}", percentile_s(one, percent), percentile_s(other, percent))
        for name, one, other in (
            ("", direct.undisturbed_s, relayed.undisturbed_s),
            ("all ", direct.trips_s, relayed.trips_s),
        )
        for percent in (50, 90, 99)
    ]
    rows.append(("cpu", direct.processor_s, relayed.processor_s))
    disturbed = (len(way.trips_s) - len(way.undisturbed_s) for way in (direct, relayed))
    lines = [
        f"{chosen.sessions} sessions, {chosen.beats} heartbeats each way",
        "           direct    relay    added",
        *(f"  {name:<7} {a * 1000:7.3f} {b * 1000:8.3f} {(b - a) * 1000:8.3f} ms" for name, a, b in rows),
        "  disturbed {:5} {:8}  (left out, but for the rows called all)".format(*disturbed),
        f"adds {added_s * 1000:.3f} ms at the 99th percentile: {'within' if added_s <= 0.001 else 'ABOVE'} 1 ms",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if added_s <= 0.001 else 1


def raise_file_limit(wanted: int) -> None:
    """Allow this process so many open files, as far as the system lets it."""
    with contextlib.suppress(ImportError):  # other systems than POSIX have no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, wanted)), hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
