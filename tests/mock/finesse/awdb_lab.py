"""Two AW hosts behind paths that can fall silent or be cut, for a node or for its credentials alone."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from chaos.mock.awdb import AwHost, Central, DatabaseAccount, Record
from chaos.mock.finesse import Address, Administration, CtiSettings
from chaos.mock.finesse.administration import DatabaseSettings
from chaos.mock.finesse.awdb_credentials import AwdbCredentials
from chaos.mock.finesse.awdb_link import AwdbOptions
from chaos.mock.finesse.hooks import NodeDefects
from chaos.wire.awdb import Role, secret_of
from tests.mock.finesse.lab import PASSWORDS, Lab, agents, lab, node_defects

ACCOUNT = DatabaseAccount("ucce_awdb", "fin", "db-secret")
HALF_HOUR_S = 1800.0


class Path:
    """A TCP forwarder. silent: swallows everything, in both directions; connections stay. cut: resets, then refuses."""

    def __init__(self, to: Address) -> None:
        self._to = to
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.silent = False
        self.connections = 0
        self.at = Address("127.0.0.1", 0)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.at.port)
        self.at = Address("127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def cut(self) -> None:
        """Reset what is open, refuse what comes."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            sock = writer.get_extra_info("socket")
            if sock.fileno() != -1:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        while self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=1.0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections += 1
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            there_reader, there = await asyncio.open_connection(self._to.host, self._to.port)
        except OSError:
            await _close(writer)
            self._tasks.discard(task)
            self._writers.discard(writer)
            return
        self._writers.add(there)
        await asyncio.gather(self._pump(reader, there), self._pump(there_reader, writer))
        for each in (writer, there):
            await _close(each)
            self._writers.discard(each)
        self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                if not self.silent:
                    writer.write(data)
        except ConnectionError:
            writer.transport.abort()
        writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except ConnectionError:
        return


@dataclass
class Databases:
    """Both AW hosts, the paths to them, and what Finesse's administration says about them."""

    central: Central
    primary: AwHost
    secondary: AwHost
    path_a: Path
    path_b: Path
    settings: DatabaseSettings

    @property
    def asked(self) -> tuple[int, int]:
        """Questions so far at the primary and at the secondary."""
        return len(self.primary.database.asked), len(self.secondary.database.asked)


def people() -> tuple[Record, ...]:
    found = tuple(Record(a.agent_id, a.login_name, secret_of(PASSWORDS[a.agent_id])) for a in agents())
    return (*found, Record("admin", "admin", secret_of(PASSWORDS["admin"]), Role.ADMINISTRATOR))


@asynccontextmanager
async def databases(*, duplex: bool = True, former: bool = False) -> AsyncIterator[Databases]:
    """Both hosts started. duplex: the secondary is configured in Finesse. former: it was, once."""
    central = Central(people())
    primary, secondary = (AwHost(name, central, ACCOUNT, port=0) for name in ("aw-a.lab.example", "aw-b.lab.example"))
    await primary.start()
    await secondary.start()
    path_a, path_b = (Path(Address("127.0.0.1", host.database.port)) for host in (primary, secondary))
    await path_a.open()
    await path_b.open()
    settings = DatabaseSettings(
        path_a.at,
        path_b.at if duplex else None,
        database="ucce_awdb",
        username="fin",
        password="db-secret",
        former_secondary=path_b.at if former else None,
    )
    try:
        yield Databases(central, primary, secondary, path_a, path_b, settings)
    finally:
        await path_a.cut()
        await path_b.cut()
        await primary.stop()
        await secondary.stop()


@asynccontextmanager
async def checked_there(
    of: Databases, *, defects: Collection[str] = (), options: AwdbOptions | None = None
) -> AsyncIterator[AwdbCredentials]:
    """Started credentials without a node around them."""
    administration = Administration(CtiSettings(Address("127.0.0.1", 1)), database=of.settings)
    credentials = AwdbCredentials(administration, options=options, defects=node_defects(*defects))
    credentials.start()
    try:
        yield credentials
    finally:
        await credentials.stop()


@dataclass
class AwdbLab:
    """A node in service, and its databases."""

    lab: Lab
    databases: Databases
    credentials: AwdbCredentials

    def rest(self, user: str, password: str | None = None) -> httpx.AsyncClient:
        """A client that waits longer than any time-out of the node."""
        client = self.lab.rest(user, password)
        client.timeout = httpx.Timeout(60.0)
        return client

    async def status(self, user: str, path: str | None = None, password: str | None = None) -> int:
        """The status of one request, on a connection of its own."""
        async with self.rest(user, password) as client:
            return (await client.get(f"/finesse/api/{path or f'User/{user}'}")).status_code


@asynccontextmanager
async def awdb_lab(
    *, duplex: bool = True, former: bool = False, defects: Collection[str] = (), **changes: object
) -> AsyncIterator[AwdbLab]:
    made: list[AwdbCredentials] = []

    def credentials(administration: Administration, asked: NodeDefects) -> AwdbCredentials:
        made.append(AwdbCredentials(administration, defects=asked))
        return made[0]

    async with (
        databases(duplex=duplex, former=former) as both,
        lab(defects=defects, database=both.settings, credentials=credentials, **changes) as node_lab,  # type: ignore[arg-type]
    ):
        yield AwdbLab(node_lab, both, made[0])
