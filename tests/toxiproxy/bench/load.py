"""The load: what is asked of one proxy, and what it costs the process behind it. Blocking sockets; one process."""

import math
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

Address = tuple[str, int]
REQUEST = b"e" + bytes(99)
MEGABYTE = 1_000_000
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Delays:
    """Round trips in seconds: the median and the 99th percentile."""

    p50_s: float
    p99_s: float


def processor_s(pid: int) -> float:
    """Processor time that a process has used so far, all of its threads, to the nanosecond. Linux only."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def resident_kb(pid: int) -> int:
    """Memory that a process holds now, in KB of 1024 bytes. Linux only."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def connect(address: Address) -> socket.socket:
    sock = socket.create_connection(address, timeout=PATIENCE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def receive(sock: socket.socket, count: int, buffer: bytearray) -> None:
    """Read so many bytes and throw them away."""
    while count > 0:
        got = sock.recv_into(buffer, min(count, len(buffer)))
        if not got:
            raise ConnectionError(f"the proxy closed with {count} bytes still to come")
        count -= got


def fill(address: Address, megabytes: int) -> float:
    """Download so many megabytes over one connection; the seconds that it took."""
    count, buffer = megabytes * MEGABYTE, bytearray(1 << 20)
    with connect(address) as sock:
        sock.sendall(b"f" + count.to_bytes(8, "big"))
        began = time.perf_counter()
        receive(sock, count, buffer)
        return time.perf_counter() - began


def ask(address: Address, requests: int) -> None:
    """So many requests of 100 bytes, one after the other, over one connection."""
    buffer = bytearray(len(REQUEST))
    with connect(address) as sock:
        for _ in range(requests):
            sock.sendall(REQUEST)
            receive(sock, len(REQUEST), buffer)


def come_and_go(address: Address, connections: int, *, threads: int = 4) -> float:
    """So many connections, a request on each, some at a time; the seconds that it took."""

    def one_thread() -> None:
        buffer = bytearray(len(REQUEST))
        for _ in range(connections // threads):
            with connect(address) as sock:
                sock.sendall(REQUEST)
                receive(sock, len(REQUEST), buffer)

    workers = [threading.Thread(target=one_thread) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


def idle(address: Address, connections: int, look: Callable[[], int]) -> float:
    """What one idle connection holds, as `look` tells it before and while they are open."""
    before = look()
    socks: list[socket.socket] = []
    buffer = bytearray(len(REQUEST))
    try:
        for _ in range(connections):
            sock = connect(address)
            socks.append(sock)
            sock.sendall(REQUEST)
            receive(sock, len(REQUEST), buffer)
        return (look() - before) / connections
    finally:
        for sock in socks:
            sock.close()


def _warm(address: Address) -> socket.socket:
    """A connection that has carried a request: that it is made is not counted."""
    sock = connect(address)
    sock.sendall(REQUEST)
    receive(sock, len(REQUEST), bytearray(len(REQUEST)))
    return sock


def paced(addresses: Sequence[Address], connections: int, *, rate: float, for_s: float) -> list[Delays]:
    """Round trips of requests that leave at a fixed rate, whatever the answers do, so that a late one counts as late.

    rate: requests a second to each address, spread over its connections. The addresses are served in turn, so that
    whatever else the machine does hits all of them.
    """
    socks = [[_warm(address) for _ in range(connections)] for address in addresses]
    due_at: dict[socket.socket, float] = {}
    trips: dict[int, list[float]] = {number: [] for number in range(len(addresses))}
    whose = {sock: number for number, of_one in enumerate(socks) for sock in of_one}
    with selectors.DefaultSelector() as selector:
        for sock in whose:
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ)
        began = time.perf_counter()
        total, sent = math.ceil(rate * for_s) * len(addresses), 0
        pause_s = 1 / (rate * len(addresses))
        while sent < total or due_at:
            now = time.perf_counter()
            while sent < total and began + sent * pause_s <= now:
                turn, number = divmod(sent, len(addresses))
                sock = socks[number][turn % connections]
                # A connection that still waits is left out: a stalled proxy is seen in the answers that are late.
                if sock not in due_at:
                    due_at[sock] = began + sent * pause_s
                    sock.send(REQUEST)
                sent += 1
            until_next_s = began + sent * pause_s - time.perf_counter() if sent < total else PATIENCE_S
            # The selector's clock counts whole milliseconds; it is asked again and again for less.
            events = selector.select(0 if until_next_s < 0.002 else until_next_s - 0.001)
            arrived = time.perf_counter()
            for key, _ in events:
                found = key.fileobj
                assert isinstance(found, socket.socket)
                if len(found.recv(65536)) and found in due_at:
                    trips[whose[found]].append(arrived - due_at.pop(found))
            if sent >= total and arrived - began > for_s + PATIENCE_S:
                raise TimeoutError(f"{len(due_at)} requests were not answered within {PATIENCE_S:.0f} s")
    for sock in whose:
        sock.close()
    found_delays = []
    for number in trips:
        cuts = quantiles(trips[number], n=100, method="inclusive")
        found_delays.append(Delays(cuts[49], cuts[98]))
    return found_delays
