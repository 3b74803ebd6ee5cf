"""A mock that loses its CTI servers: what its tests do to it, and what they see."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from chaos import clock
from chaos.mock.finesse import Address
from chaos.wire.finesse import Dialog, Update
from tests.mock.finesse.lab import Client, Lab, lab

AGENT_CALL = (
    "<Dialog><requestedAction>MAKE_CALL</requestedAction>"
    "<fromAddress>2001</fromAddress><toAddress>{}</toAddress></Dialog>"
)


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def both_down(found: Lab) -> None:
    await found.b.die()
    await found.a.die()


async def gap(found: Lab, client: Client) -> None:
    """Lose both sides, and wait until the client knows."""
    before = client.xmpp.statuses().count("OUT_OF_SERVICE")
    await both_down(found)
    await client.xmpp.until(lambda: client.xmpp.statuses().count("OUT_OF_SERVICE") > before)


async def back(found: Lab) -> None:
    await found.b.start()
    await found.node.until_in_service()
    await asyncio.sleep(0.1)


def action(name: str, device: str) -> str:
    return (
        f"<Dialog><targetMediaAddress>{device}</targetMediaAddress><requestedAction>{name}</requestedAction></Dialog>"
    )


def data(value: str) -> str:
    return (
        "<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>UPDATE_CALL_DATA</requestedAction>"
        f"<mediaProperties><callvariables><CallVariable><name>callVariable3</name><value>{value}</value>"
        "</CallVariable></callvariables></mediaProperties></Dialog>"
    )


async def talking(found: Lab) -> tuple[Client, Client, str]:
    """Two agents in a call, by REST."""
    ann, bob = await found.client("1101"), await found.client("1102")
    await ann.sign_in("2001")
    await bob.sign_in("2002")
    assert (await ann.post("User/1101/Dialogs", AGENT_CALL.format("2002"), "call-1")).status_code == 202
    await bob.xmpp.until(lambda: bool(bob.xmpp.dialog_events()))
    dialog_id = bob.xmpp.dialog_events()[0][1]
    assert (await bob.put(f"Dialog/{dialog_id}", action("ANSWER", "2002"), "call-2")).status_code == 202
    await ann.xmpp.until(lambda: ann.xmpp.states()[-1] == "TALKING")
    await bob.xmpp.until(lambda: bob.xmpp.states()[-1] == "TALKING")
    return ann, bob, dialog_id


def variable(update: Update, index: int) -> str | None:
    assert isinstance(update.payload, Dialog)
    assert update.payload.media_properties is not None
    assert update.payload.media_properties.call_variables is not None
    return update.payload.media_properties.call_variables[index].value


class Deafening:
    """A relay that can keep from the node what the CTI server says, while the server goes on hearing the node.

    Silence in both directions would not do: after 20 s without a client message the server itself resets.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.withhold: Callable[[int], bool] = lambda number: False
        self.answers = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Deafening":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        ways = (self._copy(reader, back, heard=True), self._copy(there, writer, heard=False))
        tasks = {asyncio.get_running_loop().create_task(way) for way in ways}
        self._tasks |= tasks
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        back.transport.abort()
        writer.transport.abort()
        await asyncio.wait(tasks)
        self._tasks -= tasks

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, heard: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                beat = not heard and len(data) == 12 and data[7] == 6
                self.answers += beat
                if heard or not self.withhold(self.answers):
                    writer.write(data)


@asynccontextmanager
async def before_relay(*defects: str) -> AsyncIterator[tuple[Lab, Deafening, Client]]:
    """A lab whose node reaches side A through a relay, and an agent who is signed in."""
    async with lab(defects=defects) as found, Deafening(found.a.port) as relay:
        found.administration.cti = replace(found.administration.cti, a=Address("127.0.0.1", relay.port))
        await found.node.tomcat.stop()
        await found.node.tomcat.start()
        await found.node.until_in_service()
        ann = await found.client()
        await ann.sign_in("2001")
        yield found, relay, ann


async def until_heartbeat(relay: Deafening, number: int) -> float:
    """Wait for the n-th answer of the server; loop time."""
    while relay.answers < number:  # noqa: ASYNC110 – the relay has no event to wait for
        await asyncio.sleep(0.01)
    return now_s()


async def silent_loss(*defects: str) -> tuple[float, list[int]]:
    """Seconds from the last answered heartbeat to OUT_OF_SERVICE, and how a PUT fared meanwhile."""
    async with before_relay(*defects) as (_, relay, ann):
        last_answer_s = await until_heartbeat(relay, 2)
        assert "<lastCTIHeartbeatStatus>success<" in (await ann.get("SystemInfo")).text
        relay.withhold = lambda number: True
        statuses = [(await ann.state("READY")).status_code]
        await ann.xmpp.until(lambda: "OUT_OF_SERVICE" in ann.xmpp.statuses())
        return now_s() - last_answer_s, statuses
