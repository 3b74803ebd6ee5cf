"""A harness in a process of its own that owes a proxy, for tests of reaper and lease.

    python -m tests.safety.guarded INVENTORY API_URL

It opens the lab's guard, owes the proxy cti-a as it finds it, switches it off, says "ready REAPER-PID" and waits. A
line on its standard input makes it leave in good order.
"""

import os
import signal
import sys
from pathlib import Path

from chaos import clock
from chaos.clients.toxiproxy import Toxiproxy
from chaos.inventory import load
from chaos.safety.guard import Guard
from chaos.undo.entries import ProxyAsFound
from chaos.undo.proxy import put_back


async def live(inventory: Path, api_url: str) -> None:
    guard = Guard(load(inventory), os.environ)
    await guard.open()
    assert guard.reaper is not None
    proxies = Toxiproxy(api_url)
    found = await proxies.proxy("cti-a")
    undo = ProxyAsFound(api_url, "cti-a", found)
    await guard.undo.before(undo)
    await proxies.update("cti-a", enabled=False)
    sys.stdout.write(f"ready {guard.reaper.pid}\n")
    sys.stdout.flush()
    await clock.in_thread(sys.stdin.readline)
    await put_back(proxies, "cti-a", found, within_s=5.0)
    await guard.undo.done(undo.thing)
    await guard.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it is to die of it, not to end in good order
    clock.run(live(Path(sys.argv[1]), sys.argv[2]), virtual=False)
