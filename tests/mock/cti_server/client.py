"""A CTI client for tests, and a stage with servers, a peripheral and such clients on the virtual clock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

from chaos import clock
from chaos.mock.cti_server import CtiOptions, CtiServer, Side
from chaos.mock.cti_server.hooks import SwitchDefects
from chaos.mock.defects import parse_break
from chaos.mock.peripheral import AgentConfig, Load, Peripheral, PeripheralConfig
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, Decoder, Message, Service

M = TypeVar("M", bound=Message)

PATIENCE_S = 200.0
SERVICES = (
    Service.SUPERVISOR
    | Service.ALL_EVENTS
    | Service.CLIENT_CONTROL
    | Service.CALL_DATA_UPDATE
    | Service.CONFIG_EVENTS
    | Service.UPDATE_EVENTS
)

OPEN = wire.OpenReq(
    invoke_id=1,
    version_number=24,
    idle_timeout=600,
    peripheral_id=5000,
    services_requested=int(SERVICES),
    call_msg_mask=0x0FFFFFFF,
    agent_state_mask=0x3FFF,
    config_msg_mask=0xFF,
    client_id="Finesse",
    client_password=b"",
)


class Client:
    """One TCP connection; every wait ends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._decoder = Decoder()
        self._messages: list[Message] = []
        self.raw = b""
        self._invoke_id = 100

    def send(self, message: Message | bytes) -> None:
        """Write a message, or bytes as they are."""
        data = message if isinstance(message, bytes) else wire.encode(message, self._decoder.version)
        self.writer.write(data)

    async def next(self) -> Message:
        """The next message. Raises EOFError or ConnectionResetError when the connection ends instead."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._messages:
                data = await self._reader.read(65536)
                if not data:
                    raise EOFError
                self.raw += data
                self._messages += self._decoder.feed(data)
        return self._messages.pop(0)

    async def until(self, kind: type[M]) -> M:
        """Messages up to the first of a kind; that one."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message

    async def open(self, request: wire.OpenReq = OPEN) -> Message:
        """Open a session; the answer. What is told unasked right after is left to be read."""
        self._decoder.version = request.version_number
        self.send(request)
        return await self.next()

    async def ask(self, request: Any) -> Message:
        """Send a request under a fresh invoke id; its answer. Events on the way are dropped."""
        self._invoke_id += 1
        self.send(replace(request, invoke_id=self._invoke_id))
        while True:
            message = await self.next()
            if getattr(message, "invoke_id", None) == self._invoke_id:
                return message

    async def told(self) -> list[Message]:
        """All that was told so far: what stands before the answer to a heartbeat."""
        self._invoke_id += 1
        self.send(wire.HeartbeatReq(self._invoke_id))
        messages = []
        while not isinstance(message := await self.next(), wire.HeartbeatConf):
            messages.append(message)
        assert message.invoke_id == self._invoke_id
        return messages

    async def ending(self) -> tuple[str, list[Message]]:
        """How the connection ends ("closed" or "reset") and what came before."""
        messages = []
        while True:
            try:
                messages.append(await self.next())
            except EOFError:
                return "closed", messages
            except ConnectionResetError:
                return "reset", messages

    async def hang_up(self) -> None:
        """Close the connection."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


class Stage:
    """Agents 1001 to 1003 at 2001 to 2003 (1003 has LOAD 1 and supervises them), and the clients of one test."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        agents = tuple(
            AgentConfig(
                f"100{n}", "secret", f"200{n}", load=Load.LOGOUT if n == 3 else Load.NOT_READY, supervisor=n == 3
            )
            for n in (1, 2, 3)
        )
        self.peripheral = Peripheral(
            PeripheralConfig(agents, first_call_id=1), now=loop.time, call_later=loop.call_later
        )
        self.servers: list[CtiServer] = []
        self.clients: list[Client] = []

    def server(self, side: Side = Side.A, **named: Any) -> CtiServer:
        """A server that is not started yet. named: single options, and `defects`, as texts."""
        defects = SwitchDefects(map(parse_break, named.pop("defects", ())))
        server = CtiServer(side, self.peripheral, options=CtiOptions(**named), defects=defects)
        self.servers.append(server)
        return server

    async def started(self, **named: Any) -> CtiServer:
        """A server that is started."""
        server = self.server(**named)
        await server.start()
        return server

    async def client(self, server: CtiServer) -> Client:
        """A client that is connected, without a session."""
        client = Client(*await asyncio.open_connection(server.host, server.port))
        self.clients.append(client)
        return client

    async def session(self, server: CtiServer, **named: Any) -> Client:
        """A client with an open session, whose welcome has been read. named: fields of OPEN_REQ to change."""
        client = await self.client(server)
        answer = await client.open(replace(OPEN, **named))
        assert isinstance(answer, wire.OpenConf), answer
        await client.told()
        return client

    def ready(self, *numbers: int) -> None:
        """Sign agents in and make them Ready, without a CTI client."""
        for n in numbers:
            self.peripheral.agents.login(f"100{n}", "secret", f"200{n}")
            self.peripheral.agents.set_state(f"100{n}", AgentState.AVAILABLE)

    def number_of(self, agent_id: str) -> int:
        """The ICM agent id."""
        agent = self.peripheral.agents.get(agent_id)
        assert agent is not None
        return agent.number

    def talk(self) -> int:
        """1001 calls 1002, who answers; the call's id."""
        self.ready(1, 2)
        call_id = self.peripheral.calls.make("2001", "2002").call_id
        self.peripheral.calls.answer(call_id, "2002")
        return call_id

    async def conference(self) -> int:
        """1001, 1002 and an outside party; the call's id."""
        first = self.talk()
        second = self.peripheral.calls.consult(first, "2001", "95551234").call_id
        await asyncio.sleep(self.peripheral.config.outside_answer_s)
        self.peripheral.calls.conference(first, second, "2001")
        return first


@asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    stage = Stage()
    try:
        yield stage
    finally:
        for client in stage.clients:
            await client.hang_up()
        for server in stage.servers:
            await server.stop()


def play(scene: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    """Run a scene on the virtual clock. Nothing goes wrong in a callback, and no task or connection is left behind."""
    troubles: list[dict[str, Any]] = []

    async def whole() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
        async with _stage() as stage:
            await scene(stage)
        assert [server.connections for server in stage.servers] == [0] * len(stage.servers)
        assert [server.sessions for server in stage.servers] == [()] * len(stage.servers)
        assert asyncio.all_tasks() == {asyncio.current_task()}, asyncio.all_tasks()

    clock.run(whole(), virtual=True)
    assert troubles == []
