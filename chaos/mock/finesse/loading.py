"""Reading agents and calls over a session that has just opened."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from chaos.mock.finesse.view import View
from chaos.wire.ged188.agents import AgentStateEvent, QueryAgentStateConf, QueryAgentStateReq
from chaos.wire.ged188.events import CallConferencedEvent, CallTransferredEvent
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.requests import SnapshotCallConf, SnapshotCallReq, SnapshotDeviceConf, SnapshotDeviceReq
from chaos.wire.ged188.values import ConnectionDeviceIdType

Ask = Callable[[Message], Awaitable[Message]]


class Loading:
    """Fills a fresh view, and keeps what the server tells meanwhile.

    What a snapshot contains already is not taken a second time; everything else told during the loading is news, to be
    taken when the node is in service. Which it is depends on the order in which the server wrote, not on when whoever
    asked gets its turn: with an answer and the end of its call in one segment, the end came after.
    """

    def __init__(self, ask: Ask, *, before: View, agents: Sequence[str], peripheral_id: int) -> None:
        self._ask, self._before, self._agents, self._peripheral_id = ask, before, agents, peripheral_id
        self._told: list[Message] = []
        self._told_before: dict[int, int] = {}
        self._contained: dict[object, int] = {}
        self.view = View()

    def event(self, message: Message) -> None:
        """The server told something unasked."""
        self._told.append(message)

    def answer(self, message: Message) -> None:
        """An answer came, after what was told until now."""
        if isinstance(message, QueryAgentStateConf | SnapshotCallConf):
            self._told_before[message.invoke_id] = len(self._told)

    async def run(self, now: Callable[[], datetime]) -> None:
        """Ask for everything: agents, their devices, the calls there."""
        await _all(self._agent(agent_id, now) for agent_id in self._agents)
        found: set[tuple[int, str]] = set()
        await _all(self._device(device, found) for device in sorted(self.view.extensions()))
        by_call = dict(sorted(found, reverse=True))
        await _all(self._call(call_id, device, now) for call_id, device in sorted(by_call.items()))

    def news(self) -> list[Message]:
        """What was told and is not contained in a snapshot, in order."""
        return [
            message for number, message in enumerate(self._told) if number >= self._contained.get(_about(message), 0)
        ]

    async def _agent(self, agent_id: str, now: Callable[[], datetime]) -> None:
        conf = await self._ask(QueryAgentStateReq(peripheral_id=self._peripheral_id, agent_id=agent_id))
        if isinstance(conf, QueryAgentStateConf):
            self.view.take_agent(agent_id, conf, self._before.agents.get(agent_id), now())
            self._contained[agent_id] = self._told_before.pop(conf.invoke_id)

    async def _device(self, device: str, found: set[tuple[int, str]]) -> None:
        conf = await self._ask(SnapshotDeviceReq(peripheral_id=self._peripheral_id, agent_instrument=device))
        if isinstance(conf, SnapshotDeviceConf):
            calls = (call.call_conn_call_id for call in conf.calls)
            found.update((call_id, device) for call_id in calls if call_id is not None)

    async def _call(self, call_id: int, device: str, now: Callable[[], datetime]) -> None:
        conf = await self._ask(
            SnapshotCallReq(
                peripheral_id=self._peripheral_id,
                connection_call_id=call_id,
                connection_device_id_type=ConnectionDeviceIdType.STATIC,
                connection_device_id=device,
            )
        )
        if isinstance(conf, SnapshotCallConf):
            self.view.take_call(call_id, conf, self._before.calls.get(call_id), now())
            self._contained[call_id] = self._told_before.pop(conf.invoke_id)


def _about(message: Message) -> object:
    if isinstance(message, AgentStateEvent):
        return message.agent_id
    if isinstance(message, CallConferencedEvent | CallTransferredEvent):
        return message.primary_call_id
    return getattr(message, "connection_call_id", None)


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Do all at once; the first failure ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(_await(one))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _await(work: Awaitable[None]) -> None:
    await work
