"""Faults of ours that do not what they say, each as a context manager that patches the fault's class for one run."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from chaos.clients.console.vos import VosConsole
from chaos.clients.console.windows import WindowsConsole
from chaos.clients.devtools import Devtools
from chaos.clients.rest import Answer, FinesseRest
from chaos.clients.toxiproxy import Toxiproxy
from chaos.faults.awdb_relay import AwdbRelay
from chaos.faults.base import Field
from chaos.faults.link import PlacedLink
from chaos.faults.relay import CtiRelay, Cut
from chaos.faults.service_fault import ServiceFault
from chaos.faults.slow_link import SlowLink
from chaos.journal import CtiStep
from chaos.run.orders import ServiceOrder
from chaos.subjects.desktops import BrowserDesktop

Inject = Callable[[Any, Field], Awaitable[None]]
_TOOLS = (
    (CtiRelay, "cut"),
    (CtiRelay, "refuse"),
    (CtiRelay, "withhold"),
    (AwdbRelay, "cut"),
    (AwdbRelay, "refuse"),
    (Devtools, "clear_cookies"),
)


@contextmanager
def instead(kind: type[Any], inject: Inject) -> Iterator[None]:
    with patch.object(kind, "inject", inject):
        yield


@contextmanager
def does_nothing(kind: type[Any]) -> Iterator[None]:
    """All that it does otherwise it does, its looks too; what it works with does nothing."""
    real: Inject = kind.inject

    async def inject(fault: Any, field: Field) -> None:
        with _idle_tools():
            await real(fault, field)

    with instead(kind, inject):
        yield


@contextmanager
def _idle_tools() -> Iterator[None]:
    async def no_order(*_: Any, **__: Any) -> None:
        return None

    async def taken(*_: Any, **__: Any) -> Answer:
        return Answer(202, None, None)

    async def ended(*_: Any) -> tuple[int, ...]:
        return (1,)

    patches: list[Any] = [patch.object(kind, name, lambda *_, **__: None) for kind, name in _TOOLS]
    patches += [patch.object(Toxiproxy, name, no_order) for name in ("update", "add_toxic")]
    patches += [patch.object(WindowsConsole, "stop", no_order), patch.object(WindowsConsole, "kill", ended)]
    patches += [patch.object(ServiceOrder, "stop", no_order)]
    patches += [patch.object(VosConsole, name, no_order) for name in ("restart", "stop")]
    patches += [patch.object(FinesseRest, "send", taken), patch.object(BrowserDesktop, "block", no_order)]
    patches += [patch.object(BrowserDesktop, "answer", no_order)]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _other(fault: Any) -> Any:
    """The same fault on the other side."""
    if isinstance(fault, ServiceFault):
        turned = {
            "cti.a": "cti.b",
            "cti.b": "cti.a",
            "awdb.primary": "awdb.secondary",
            "awdb.secondary": "awdb.primary",
            "publisher": "subscriber",
            "subscriber": "publisher",
        }
        return replace(fault, role=turned[fault.role])
    return replace(fault, side="b" if fault.side == "a" else "a")


@contextmanager
def on_the_wrong_side(kind: type[Any]) -> Iterator[None]:
    real: Inject = kind.inject
    undo = kind.rollback

    async def inject(fault: Any, field: Field) -> None:
        await real(_other(fault), field)

    async def rollback(fault: Any, field: Field) -> None:
        await undo(_other(fault), field)
        await undo(fault, field)

    with patch.object(kind, "inject", inject), patch.object(kind, "rollback", rollback):
        yield


@contextmanager
def late(kind: type[Any], by_s: float) -> Iterator[None]:
    """It is said to be in force, and is so much later; not at all if it has been undone by then."""
    real, undo = kind.inject, kind.rollback
    coming: dict[str, asyncio.Task[None]] = {}

    async def inject(fault: Any, field: Field) -> None:
        async def then() -> None:
            await asyncio.sleep(by_s)
            await real(fault, field)

        coming[fault.name] = asyncio.create_task(then())

    async def rollback(fault: Any, field: Field) -> None:
        task = coming.pop(fault.name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await undo(fault, field)

    with patch.object(kind, "inject", inject), patch.object(kind, "rollback", rollback):
        yield


@contextmanager
def lifts_early(kind: type[Any], after_s: float) -> Iterator[None]:
    """It is undone after so long, and nothing says so."""
    real, undo = kind.inject, kind.rollback
    coming: dict[str, asyncio.Task[None]] = {}

    async def inject(fault: Any, field: Field) -> None:
        async def then() -> None:
            await asyncio.sleep(after_s)
            if isinstance(fault, ServiceFault):
                host, service = await fault._place(field)
                await field.consoles[host].start(service)
            elif hasattr(fault, "mend"):
                await fault.mend(fault._placed(field))
            else:
                await undo(fault, field)

        await real(fault, field)
        coming[fault.name] = asyncio.create_task(then())

    async def rollback(fault: Any, field: Field) -> None:
        task = coming.pop(fault.name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await undo(fault, field)

    with patch.object(kind, "inject", inject), patch.object(kind, "rollback", rollback):
        yield


@contextmanager
def ends_late(kind: type[Any], by_s: float) -> Iterator[None]:
    """It is said to be undone, and is so much later."""
    undo = kind.rollback
    coming: set[asyncio.Task[None]] = set()

    async def rollback(fault: Any, field: Field) -> None:
        async def then() -> None:
            await asyncio.sleep(by_s)
            await undo(fault, field)

        task = asyncio.create_task(then())
        coming.add(task)
        task.add_done_callback(coming.discard)

    with patch.object(kind, "rollback", rollback):
        yield


# --- half -------------------------------------------------------------------------------------------------------------


@contextmanager
def cuts_one_connection_only(kind: type[Any] = CtiRelay) -> Iterator[None]:
    """Of several connections through a relay only the oldest one is cut."""
    cut = kind.cut

    def half(relay: Any, how: Cut) -> None:
        every = dict(relay._open)
        for number in list(every)[1:]:
            relay._open.pop(number)
        try:
            cut(relay, how)
        finally:
            relay._open.update(every)

    with patch.object(kind, "cut", half):
        yield


@contextmanager
def cuts_softly() -> Iterator[None]:
    """What was to be a reset is a close, though it is called a reset: at the relay, and at the proxy, which does not
    linger and so makes no reset of it again."""

    def soft(relay: Any, how: Cut, **more: Any) -> None:
        for connection in tuple(relay._open.values()):
            connection.end(CtiStep.CLOSED_BY_RELAY, how.value)
            connection.leave()

    async def not_at_all(link: PlacedLink, wanted: bool) -> None:
        return None

    with patch.object(CtiRelay, "cut", soft), patch.object(PlacedLink, "linger", not_at_all):
        yield


@contextmanager
def one_stream_only() -> Iterator[None]:
    """A link that was to fall silent does so one way."""
    add = Toxiproxy.add_toxic

    async def half(proxies: Toxiproxy, proxy: str, toxic: Any) -> Any:
        if toxic.name == "finesse-chaos-silence-downstream":
            return toxic
        return await add(proxies, proxy, toxic)

    with patch.object(Toxiproxy, "add_toxic", half):
        yield


@contextmanager
def half_as_late() -> Iterator[None]:
    """A link that was to be slow is so by half of what was meant."""
    real: Inject = SlowLink.inject

    async def inject(fault: SlowLink, field: Field) -> None:
        await real(replace(fault, latency_s=fault.latency_s / 2), field)

    with instead(SlowLink, inject):
        yield


@contextmanager
def spares_one_node(kind: type[Any], name: str) -> Iterator[None]:
    """An order of a relay's is not obeyed by connections of every second client: `name` is the connection's method."""
    real = getattr(kind, name)
    clients: list[str | None] = []

    def half(connection: Any, *args: Any) -> Any:
        if connection.name not in clients:
            clients.append(connection.name)
        if clients.index(connection.name) % 2:
            return False
        return real(connection, *args)

    with patch.object(kind, name, half):
        yield


@contextmanager
def answers_every_second() -> Iterator[None]:
    """Of the requests that were to be answered in a server's place every second one is sent to it, our looks too."""
    reply, asked = BrowserDesktop._reply, 0

    async def half(browser: BrowserDesktop, params: Any) -> None:
        nonlocal asked
        asked += 1
        if asked % 2:
            await reply(browser, params)
        else:
            await browser._call("Fetch.continueRequest", requestId=str(params["requestId"]))

    with patch.object(BrowserDesktop, "_reply", half):
        yield


@contextmanager
def no_cookies() -> Iterator[None]:
    """Whoever counts a browser's cookies finds none."""

    async def none(*_: Any) -> int:
        return 0

    with patch.object(Devtools, "cookies", none):
        yield
