"""A mock with its control, in this process and on the ordinary clock, and an HTTP client that sends what it is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos import clock
from chaos.inventory import load
from chaos.mock.control.control import Control
from chaos.mock.control.server import ControlServer
from chaos.mock.control.view import LinkState
from chaos.mock.deployment import Deployment
from chaos.run.launcher import launch
from tests.suites.runs import ROOT

TOKEN = "a-token-that-is-told"
A, B = "fin-a.mock.test", "fin-b.mock.test"
ANSWER_S = 20.0


@dataclass
class FakeLinks:
    """One link that remembers."""

    is_cut: bool = False
    listens: bool = True

    def shown(self) -> list[LinkState]:
        return [LinkState("cti-a", "x:1", "y:1", "cut" if self.is_cut else "whole")]

    async def cut(self, name: str) -> None:
        self._check(name)
        self.is_cut = True

    async def mend(self, name: str) -> None:
        self._check(name)
        if not self.listens:
            raise OSError("x:1 is taken")
        self.is_cut = False

    def _check(self, name: str) -> None:
        if name != "cti-a":
            raise KeyError(name)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Room:
    """What a test has. at: where the control listens."""

    mock: Deployment
    links: FakeLinks
    control: Control
    server: ControlServer
    at: tuple[str, int]
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.at)
        self.writers.append(writer)
        return reader, writer

    async def ask(
        self, path: str, body: bytes | None = None, *, method: str | None = None, token: str = TOKEN, **headers: str
    ) -> Answer:
        """headers: by names with `_` for `-`; those that are "" are left out."""
        sent = {"Host": "{}:{}".format(*self.at), "Connection": "close"}
        if body is not None:
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"{method or ('GET' if body is None else 'POST')} /{token}/{path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value) + "\r\n"
        reader, writer = await self.connect()
        writer.write(head.encode("latin-1") + (body or b""))
        async with asyncio.timeout(ANSWER_S):
            raw = await reader.read(1 << 22)
            while piece := await reader.read(1 << 22):
                raw += piece
        lines, _, rest = raw.partition(b"\r\n\r\n")
        status, *named = lines.decode("latin-1").split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in named)}
        return Answer(int(status.split(" ")[1]), found, rest)

    async def order(self, **order: object) -> Answer:
        return await self.ask("orders", json.dumps(order).encode())

    async def until(self, seen: Callable[[Any], bool], *, within_s: float = 20.0) -> Any:
        """Wait until the state says so."""
        state: Any = None

        async def looked() -> bool:
            nonlocal state
            state = (await self.ask("state")).json
            return seen(state)

        await until(looked, within_s=within_s)
        return state


async def until(seen: Callable[[], Awaitable[bool]], *, within_s: float = 10.0) -> None:
    """Look every 50 ms. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not await seen():  # noqa: ASYNC110 – what is looked at is at the far end of a connection
            await asyncio.sleep(0.05)


def in_room(work: Callable[[Room], Awaitable[None]], *, has_page: bool = True) -> None:
    """Play that with a mock without proxies."""

    async def main() -> None:
        inventory = load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}})
        launched = await launch(inventory, fast=True, tomcat_start_s=1.5)
        links = FakeLinks()
        control = Control(launched.deployment, links)
        server = ControlServer(control, has_page=has_page, token=TOKEN)
        room: Room | None = None
        try:
            await server.start("127.0.0.1", 0)
            port = int(server.url.split(":")[2].split("/")[0])
            room = Room(launched.deployment, links, control, server, ("127.0.0.1", port))
            await asyncio.gather(*(node.until_in_service() for node in launched.deployment.nodes.values()))
            await work(room)
        finally:
            await server.stop()
            await launched.stop()
            for writer in room.writers if room is not None else ():
                writer.close()

    clock.run(main(), virtual=False)


def service(state: Any, id: str) -> Any:
    """One service of a state."""
    groups = (*state["nodes"], *state["sides"], *state["databases"])
    return next(one for group in groups for one in group["services"] if one["id"] == id)


def agent(state: Any, id: str) -> Any:
    return next(one for one in state["agents"] if one["id"] == id)
