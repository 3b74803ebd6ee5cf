"""What the contract tests stand on: one of the servers, an upstream, and plain sockets that say how they ended."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chaos import clock
from chaos.toxiproxy import ToxiproxyServer

# No answer and no chunk takes longer in real time; a scenario that needs more says so.
PATIENCE_S = 5.0
EOF, RST = "EOF", "RST"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One end of a TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def receive(self, count: int, *, within_s: float = PATIENCE_S) -> bytes:
        async with asyncio.timeout(within_s):
            return await self.reader.readexactly(count)

    async def some(self, *, within_s: float = PATIENCE_S) -> bytes:
        """The next bytes, whatever their number."""
        async with asyncio.timeout(within_s):
            return await self.reader.read(65536)

    async def ending(self, *, within_s: float = PATIENCE_S) -> str:
        """EOF or RST; what still arrives before is thrown away."""
        async with asyncio.timeout(within_s):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionResetError:
                return RST
        return EOF

    async def is_silent(self, for_s: float) -> bool:
        """Whether neither a byte nor an end arrives in that time."""
        try:
            async with asyncio.timeout(for_s):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


class Lab:
    """A Toxiproxy server under test, and an upstream server behind its proxies.

    exact: whether times may be wrong by a millisecond at most; otherwise by what a busy machine needs.
    """

    def __init__(self, api: tuple[str, int], upstream: "Upstream", *, exact: bool) -> None:
        self.api = api
        self.upstream = upstream
        self.exact = exact
        self.wires: list[Wire] = []

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def took(self, since_s: float, expected_s: float) -> bool:
        """Whether `expected_s` have passed since then, as exactly as this lab can tell."""
        error_s = self.now() - since_s - expected_s
        return abs(error_s) <= 0.001 if self.exact else -0.02 <= error_s <= 0.35

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """One request on a connection of its own. body: bytes and text go as they are, all else as JSON."""
        reader, writer = await asyncio.open_connection(*self.api)
        if body is not None and not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        content = body if isinstance(body, bytes) else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: lab", "Connection: close", f"Content-Length: {len(content)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        async with asyncio.timeout(PATIENCE_S):
            raw = await reader.read()
        writer.close()
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        pairs = (field.partition(": ") for field in fields)
        return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, rest)

    async def proxy(self, name: str = "p", **fields: object) -> int:
        """Make a proxy to the upstream; returns its port."""
        wanted = {"name": name, "listen": "127.0.0.1:0", "upstream": self.upstream.address, **fields}
        answer = await self.ask("POST", "/proxies", wanted)
        assert answer.status == 201, answer
        return port_of(answer.json["listen"])

    async def toxic(self, type_name: str, *, stream: str = "upstream", toxicity: float = 1.0, **attributes: int) -> str:
        """Put a toxic on proxy `p`; returns its path."""
        wanted = {"type": type_name, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        answer = await self.ask("POST", "/proxies/p/toxics", wanted)
        assert answer.status == 200, answer
        return f"/proxies/p/toxics/{type_name}_{stream}"

    async def connect(self, port: int) -> Wire:
        """A client whose server side is not waited for."""
        wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
        self.wires.append(wire)
        return wire

    async def pair(self, port: int) -> tuple[Wire, Wire]:
        """A client connected through the proxy, and the server's end of it."""
        client = await self.connect(port)
        return client, await self.upstream.accepted()

    async def is_refused(self, port: int) -> bool:
        try:
            wire = await self.connect(port)
        except ConnectionRefusedError:
            return True
        await wire.close()
        return False


class Upstream:
    """A server that hands out what it accepts."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._all: list[Wire] = []
        self._accepted: asyncio.Queue[Wire] = asyncio.Queue()
        self.address = ""

    async def start(self) -> None:
        async def on_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = Wire(reader, writer)
            self._all.append(wire)
            self._accepted.put_nowait(wire)

        self._server = await asyncio.start_server(on_client, "127.0.0.1", 0, backlog=1024)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def accepted(self) -> Wire:
        async with asyncio.timeout(PATIENCE_S):
            return await self._accepted.get()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for wire in self._all:
            wire.writer.transport.abort()


Scenario = Callable[[Lab], Awaitable[None]]
Play = Callable[[Scenario], None]


def others() -> list["asyncio.Task[Any]"]:
    """Tasks beside the running one."""
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def port_of(listen: str) -> int:
    return int(listen.rpartition(":")[2])


@contextlib.asynccontextmanager
async def _lab(api: tuple[str, int], *, exact: bool) -> AsyncIterator[Lab]:
    upstream = Upstream()
    await upstream.start()
    lab = Lab(api, upstream, exact=exact)
    try:
        yield lab
    finally:
        for wire in lab.wires:
            wire.writer.transport.abort()
        await upstream.stop()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def play_embedded(scenario: Scenario, *, virtual: bool, seed: int = 1, loop: str = "asyncio") -> None:
    """Play against a fresh embedded server on the same loop; afterwards nothing of it may be left."""

    async def main() -> None:
        server = ToxiproxyServer(port=0, seed=seed, proxy_metrics=True)
        await server.start()
        try:
            async with _lab(server.address, exact=virtual) as lab:
                await scenario(lab)
        finally:
            await server.stop()
        assert not others(), others()

    clock.run(main(), virtual=virtual, kind=loop)


def play_foreign(scenario: Scenario, api: tuple[str, int]) -> None:
    """Play against a server that runs already, in real time; its proxies are deleted before."""

    async def main() -> None:
        async with _lab(api, exact=False) as lab:
            for name in (await lab.ask("GET", "/proxies")).json:
                await lab.ask("DELETE", f"/proxies/{quote(name, safe='')}")
            await scenario(lab)

    clock.run(main(), virtual=False)
