"""Carries orders out, by what the deployment has anyhow."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chaos.errors import ChaosError
from chaos.mock.control.orders import (
    CallOrder,
    DisconnectOrder,
    LinkOrder,
    Order,
    OrderRefused,
    PhoneOrder,
    ServiceOrder,
    StateOrder,
)
from chaos.mock.control.things import things
from chaos.mock.control.view import LinkState, Shown, state_of
from chaos.mock.deployment import Deployment
from chaos.wire.ged188.values import AgentState

AT_ONCE_S = 0.5
"""An order that takes longer is answered meanwhile; a Tomcat starts for half a minute."""
FAILURES_KEPT = 20


class Links(Protocol):
    """The proxies before the deployment. They are not its own: whoever started it made them."""

    def shown(self) -> Iterable[LinkState]:
        """Each link as it is now."""

    async def cut(self, name: str) -> None:
        """Let nothing through, and end what goes through now. Raises KeyError; ChaosError."""

    async def mend(self, name: str) -> None:
        """Let everything through again. Raises KeyError; ChaosError: it cannot listen."""


class NoLinks:
    """Of a deployment without proxies."""

    def shown(self) -> Iterable[LinkState]:
        return ()

    async def cut(self, name: str) -> None:
        raise KeyError(name)

    async def mend(self, name: str) -> None:
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an order. finished: False while it is still under way."""

    said: str
    finished: bool = True


class Control:
    """Orders to one deployment. `stop` it before the deployment: what is under way is broken off."""

    def __init__(self, deployment: Deployment, links: Links | None = None) -> None:
        self._deployment = deployment
        self._links = links or NoLinks()
        self._things = things(deployment)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._failures: deque[Shown] = deque(maxlen=FAILURES_KEPT)
        self._numbers = 0

    def state(self) -> Shown:
        """What is, as values of JSON."""
        return state_of(self._deployment, self._things, self._links.shown(), tuple(self._failures))

    async def carry_out(self, order: Order) -> Done:
        """Raises OrderRefused, or what the deployment raises: a ChaosError, or OSError if a port is taken."""
        match order:
            case ServiceOrder():
                return await self._service(order)
            case LinkOrder():
                return await self._link(order)
            case DisconnectOrder():
                return self._disconnect(order)
            case StateOrder():
                return self._state(order)
            case CallOrder():
                call = self._deployment.peripheral.calls.make(order.phone, order.number)
                return Done(f"{order.phone} calls {order.number}: call {call.call_id}")
            case PhoneOrder():
                return self._phone(order)

    async def stop(self) -> None:
        """End what is under way. Safe twice."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _service(self, order: ServiceOrder) -> Done:
        thing = self._things.get(order.service)
        if thing is None:
            raise OrderRefused(f"there is no service {order.service!r}; there are {', '.join(self._things)}")
        what = f"{order.do} {thing.title} on {thing.host}"
        before = self._under_way.get(thing.id)
        if before is not None:
            if order.do != "kill":
                raise OrderRefused(f"{thing.title} on {thing.host} is {thing.state.value.lower()}: wait for that")
            # A process that is killed does not go on with what it was told.
            await thing.kill()
            await asyncio.wait({before}, timeout=AT_ONCE_S)
            return Done(f"{what}: done")
        verbs = {"start": thing.start, "stop": thing.stop, "kill": thing.kill}
        task = asyncio.create_task(verbs[order.do](), name=what)
        self._under_way[thing.id] = task
        task.add_done_callback(lambda _: self._under_way.pop(thing.id, None))
        finished, _ = await asyncio.wait({task}, timeout=AT_ONCE_S)
        if not finished:
            task.add_done_callback(self._ended_later)
            return Done(f"{what}: under way", finished=False)
        task.result()
        return Done(f"{what}: done")

    def _ended_later(self, task: "asyncio.Task[None]") -> None:
        """Whoever gave the order has been answered: what went wrong is shown."""
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        self._numbers += 1
        self._failures.append({"number": self._numbers, "said": f"{task.get_name()}: {error}"})
        if not isinstance(error, ChaosError | OSError):
            task.get_loop().call_exception_handler({"message": task.get_name(), "exception": error, "task": task})

    async def _link(self, order: LinkOrder) -> Done:
        try:
            await (self._links.cut(order.link) if order.do == "cut" else self._links.mend(order.link))
        except KeyError:
            names = ", ".join(link.name for link in self._links.shown()) or "none"
            raise OrderRefused(f"there is no link {order.link!r}; there are {names}") from None
        return Done(f"{order.do} link {order.link}: done")

    def _disconnect(self, order: DisconnectOrder) -> Done:
        node = self._deployment.nodes.get(order.node)
        if node is None:
            raise OrderRefused(f"there is no node {order.node!r}; there are {', '.join(self._deployment.nodes)}")
        for session in node.notification.sessions:
            if str(session.jid) == order.client:
                session.abort()
                return Done(f"{order.client} was cut off")
        raise OrderRefused(f"{order.client} is not connected to {order.node}")

    def _state(self, order: StateOrder) -> Done:
        agents = self._deployment.peripheral.agents
        config = next((one for one in self._deployment.peripheral.config.agents if one.agent_id == order.agent), None)
        if config is None:
            raise OrderRefused(f"there is no agent {order.agent!r}")
        if order.state is AgentState.LOGIN:
            agents.login(order.agent, None, config.extension)
        else:
            agents.set_state(order.agent, order.state, order.reason)
        return Done(f"agent {order.agent}: {order.state.name}")

    def _phone(self, order: PhoneOrder) -> Done:
        calls = self._deployment.peripheral.calls
        act = {
            "answer": calls.answer,
            "hold": calls.hold,
            "retrieve": calls.retrieve,
            "hang-up": calls.clear_connection,
        }[order.do]
        act(order.call, order.phone)
        return Done(f"{order.do} at {order.phone}: call {order.call}")
