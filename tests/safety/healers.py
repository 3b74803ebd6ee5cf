"""What tests of healing share: a Toxiproxy server, a lab's inventory, and logs that owe something."""

import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from chaos import clock
from chaos.clients.toxiproxy import Toxiproxy
from chaos.inventory import Inventory, load
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import Undo, UndoLog
from chaos.undo.performers import Patience
from tests.inventory.labs import REPOSITORY

UPSTREAM, RELAY = "127.0.0.1:9", "127.0.0.1:10"

BRISK = Patience(proxy_s=3.0, service_s=30.0, settings_s=30.0, all_s=60.0, settle_s=2.0)


def virtual(story: Coroutine[Any, Any, None]) -> None:
    clock.run(story, virtual=True)


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[tuple[ToxiproxyServer, Toxiproxy]]:
    server = ToxiproxyServer(port=0)
    await server.start()
    try:
        yield server, Toxiproxy(server.api_url, timeout_s=3.0)
    finally:
        await server.stop()


def inventory() -> Inventory:
    return load(REPOSITORY / "inventories" / "lab.example.yaml")


async def log_with(*undos: Undo) -> UndoLog:
    log = UndoLog()
    for undo in undos:
        await log.before(undo)
    return log
