"""A bare client for a database: sockets and the codec, nothing of the mock's Finesse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from chaos.mock.awdb import AwDatabase, Central, DatabaseAccount, DatabaseOptions, Distributor, Record
from chaos.wire.awdb import Decoder, Hello, Message, Role, Welcome, encode, secret_of

ACCOUNT = DatabaseAccount("ucce_awdb", "fin", "db-secret")
HELLO = Hello("ucce_awdb", "fin", secret_of("db-secret"))
LIMIT_S = 30.0


def central() -> Central:
    return Central(
        [
            Record("1101", "ann", secret_of("secret1")),
            Record("1102", "bob", secret_of("secret2"), Role.SUPERVISOR),
            Record("admin", "admin", secret_of("admin-secret"), Role.ADMINISTRATOR),
        ]
    )


@asynccontextmanager
async def database(options: DatabaseOptions | None = None, people: Central | None = None) -> AsyncIterator[AwDatabase]:
    """A started database in step with its central configuration; its Distributor is stopped with it."""
    made = AwDatabase("aw-a.lab.example", ACCOUNT, port=0, options=options)
    distributor = Distributor("ucce", people or central(), made)
    await made.start()
    await distributor.start()
    try:
        yield made
    finally:
        await distributor.stop()
        await made.stop()
        assert made.clients == 0


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._decoder = Decoder()
        self._messages: list[Message] = []

    def send(self, *messages: Message) -> None:
        self.writer.write(b"".join(encode(message) for message in messages))

    async def next(self) -> Message | None:
        """The next message; None: the server closed or reset."""
        async with asyncio.timeout(LIMIT_S):
            while not self._messages:
                try:
                    data = await self.reader.read(4096)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self._messages += self._decoder.feed(data)
        return self._messages.pop(0)

    async def ask(self, message: Message) -> Message | None:
        self.send(message)
        return await self.next()

    async def greet(self) -> Welcome:
        welcome = await self.ask(HELLO)
        assert isinstance(welcome, Welcome)
        return welcome


@asynccontextmanager
async def client(of: AwDatabase) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(of.host, of.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
