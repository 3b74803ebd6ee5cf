"""The embedded server's figures beside the Go original's, from one run: `scripts/bench-proxy`.

Each server runs in a process of its own, alone on the proxy's side; clients and the server behind the proxies are
processes of ours too. The servers are measured in turn, several rounds, and the median counts, so that whatever else
the machine does hits all of them. Needs Linux: it reads what a process has used from /proc.
"""

import argparse
import contextlib
import functools
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.request import ProxyHandler, Request, build_opener

from tests.faults.bench_relay import raise_file_limit
from tests.toxiproxy import go_server
from tests.toxiproxy.bench import load
from tests.toxiproxy.bench.load import Address

CONNECTIONS = (1, 50, 500)


@dataclass(frozen=True)
class Server:
    """A proxy server to be measured, or none at all: then clients connect directly."""

    name: str
    pid: int
    proxy: Address


@dataclass(frozen=True)
class Scale:
    """How much is done in each round."""

    rounds: int
    megabytes: int
    requests: int
    connections: int
    idle: int
    rate: float
    for_s: float


FULL = Scale(rounds=3, megabytes=256, requests=4000, connections=1000, idle=2000, rate=200, for_s=5)
QUICK = Scale(rounds=1, megabytes=16, requests=200, connections=80, idle=100, rate=100, for_s=0.5)


def commands() -> Iterator[tuple[str, list[str] | str]]:
    """(name, command without the port) of each server, or in place of the command why it is missing."""
    ours = [sys.executable, "-m", "chaos", "proxy", "--host", "127.0.0.1"]
    yield "embedded", [*ours, "--loop", "asyncio"]
    if importlib.util.find_spec("uvloop") is None:
        yield "with uvloop", "uvloop is not installed: pip install 'finesse-chaos[uvloop]'"
    else:
        yield "with uvloop", [*ours, "--loop", "uvloop"]
    try:
        yield f"Go {go_server.VERSION}", [str(go_server.built()), "-host", "127.0.0.1"]
    except go_server.Missing as why:
        yield f"Go {go_server.VERSION}", str(why)


@contextlib.contextmanager
def started(name: str, command: Sequence[str], upstream: Address) -> Iterator[Server]:
    """The server with one proxy to the upstream."""
    port = go_server.free_port()
    with go_server.running([*command, "--port" if "chaos" in command else "-port", str(port)], port) as process:
        wanted = {"name": "bench", "listen": "127.0.0.1:0", "upstream": f"{upstream[0]}:{upstream[1]}"}
        request = Request(f"http://127.0.0.1:{port}/proxies", json.dumps(wanted).encode(), method="POST")
        with build_opener(ProxyHandler({})).open(request, timeout=load.PATIENCE_S) as answer:
            listen = json.load(answer)["listen"]
        server = Server(name, process.pid, ("127.0.0.1", int(listen.rpartition(":")[2])))
        load.come_and_go(server.proxy, 200)  # what is paid only once is not counted
        yield server


@contextlib.contextmanager
def upstream_running() -> Iterator[Address]:
    command = [sys.executable, "-m", "tests.toxiproxy.bench.upstream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield "127.0.0.1", int(process.stdout.readline())
        finally:
            process.kill()


def costs(server: Server, scale: Scale) -> dict[str, float]:
    """One round's figures of one server, by name and unit."""

    def spent(work: Callable[[], object]) -> tuple[float, object]:
        before_s = load.processor_s(server.pid)
        result = work()
        return load.processor_s(server.pid) - before_s, result

    bulk_s, took_s = spent(lambda: load.fill(server.proxy, scale.megabytes))
    small_s, _ = spent(lambda: load.ask(server.proxy, scale.requests))
    coming_s, coming_took_s = spent(lambda: load.come_and_go(server.proxy, scale.connections))
    assert isinstance(took_s, float)
    assert isinstance(coming_took_s, float)
    return {
        "CPU per MB, ms": bulk_s / scale.megabytes * 1e3,
        "throughput, MB/s": scale.megabytes / took_s,
        "CPU per request of 100 B, µs": small_s / scale.requests * 1e6,
        "CPU per connection, µs": coming_s / scale.connections * 1e6,
        "connections/s, 4 at a time": scale.connections / coming_took_s,
        "memory of an idle connection, kB": load.idle(
            server.proxy, scale.idle, functools.partial(load.resident_kb, server.pid)
        ),
    }


def added(servers: Sequence[Server], upstream: Address, scale: Scale) -> list[dict[str, float]]:
    """One round's added delay of each server: what the way through it takes more than the direct one."""
    figures: list[dict[str, float]] = [{} for _ in servers]
    for count in CONNECTIONS:
        addresses = [upstream, *(server.proxy for server in servers)]
        direct, *through = load.paced(addresses, count, rate=scale.rate, for_s=scale.for_s)
        for row, delays in zip(figures, through, strict=True):
            row[f"added delay p50, {count} conn., µs"] = (delays.p50_s - direct.p50_s) * 1e6
            row[f"added delay p99, {count} conn., µs"] = (delays.p99_s - direct.p99_s) * 1e6
    return figures


def measure(scale: Scale) -> tuple[dict[str, dict[str, float]], list[str]]:
    """(the median of each figure by server, what was missing and why)."""
    rounds: dict[str, list[dict[str, float]]] = {}
    missing = []
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(upstream_running())
        servers = []
        for name, command in commands():
            if isinstance(command, str):
                missing.append(f"{name} was not measured: {command}")
            else:
                servers.append(stack.enter_context(started(name, command, upstream)))
        for _ in range(scale.rounds):
            for server, row in zip(servers, added(servers, upstream, scale), strict=True):
                rounds.setdefault(server.name, []).append({**costs(server, scale), **row})
    figures = {name: {figure: _of_rounds(figure, rows) for figure in rows[0]} for name, rows in rounds.items()}
    return figures, missing


def _of_rounds(figure: str, rows: Sequence[dict[str, float]]) -> float:
    """The median; of memory the most, since what a process has once been given it uses again in the next round."""
    found = [row[figure] for row in rows]
    return max(found) if "memory" in figure else median(found)


def table(figures: dict[str, dict[str, float]]) -> str:
    """As Markdown, a column a server."""
    names = list(figures)
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for row in figures[names[0]]:
        cells = (f"{figures[name][row]:.{3 if 'per MB' in row else 1 if 'kB' in row else 0}f}" for name in names)
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a few seconds instead of minutes; the figures mean little"
    )
    chosen = parser.parse_args(arguments)
    raise_file_limit(16_384)
    figures, missing = measure(QUICK if chosen.quick else FULL)
    busy = os.getloadavg()[0]
    machine = f"{os.cpu_count()} processors, Linux {platform.release()}, Python {platform.python_version()}"
    sys.stdout.write(f"{machine}, load at the end {busy:.1f}\n\n{table(figures)}\n")
    sys.stdout.writelines(f"{line}\n" for line in missing)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
