"""What an idle connection through the embedded server costs, in kB: `python tests/toxiproxy/idle.py CONNECTIONS`."""

import asyncio
import os
import socket
import sys
from pathlib import Path
from random import Random

from chaos import clock
from chaos.toxiproxy.metrics import Metrics
from chaos.toxiproxy.registry import Registry


def resident_kb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1000


async def measured_kb(connections: int) -> float:
    """Both far ends are plain sockets of this process, which cost what they cost without a proxy too."""
    loop = asyncio.get_running_loop()
    upstream = socket.create_server(("127.0.0.1", 0), backlog=1024)
    upstream.setblocking(False)
    registry = Registry(rng=Random(1), metrics=Metrics(proxies=False, runtime=False))
    body = f'{{"name": "p", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:{upstream.getsockname()[1]}"}}'
    proxy = await registry.create(body.encode())
    address = ("127.0.0.1", int(proxy.listen.rpartition(":")[2]))
    ends: list[socket.socket] = []

    async def some(count: int) -> None:
        for _ in range(count):
            client = socket.socket()
            client.setblocking(False)
            await loop.sock_connect(client, address)
            server, _ = await loop.sock_accept(upstream)
            await loop.sock_sendall(client, b"x")
            await loop.sock_recv(server, 1)
            ends.extend((client, server))

    await some(100)  # what is paid only once is not counted
    before_kb = resident_kb()
    await some(connections)
    found_kb = (resident_kb() - before_kb) / connections
    for end in ends:
        end.close()
    await registry.clear()
    upstream.close()
    return found_kb


def main() -> None:
    connections = int(sys.argv[1])
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * connections + 1000), hard))
    sys.stdout.write(f"{clock.run(measured_kb(connections), virtual=False):.1f}\n")


if __name__ == "__main__":
    main()
