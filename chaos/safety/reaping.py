"""The reaper itself: a process of its own that heals the lab when the harness has died, however it died.

    python -m chaos.safety.reaping FD,FD,…          the open files of the lease; orders and goodbye come on stdin

It ignores SIGTERM, which a machine that shuts down sends to all at once: it ends as soon as the harness does, or when
it has healed, which is bounded in time. While it waits it refreshes the mark that other machines see. Nothing that it
notes matters to it: a full disk, a closed terminal or a folder that cannot be read stops no healing.
"""

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos import clock
from chaos.inventory import Inventory
from chaos.safety.places import Place
from chaos.undo.whose import LabIdentity

READY, GOODBYE = b"ready\n", b"goodbye\n"
LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Orders:
    """What a reaper needs to know. folder: where the lab's undo log is."""

    folder: Path
    inventory: Inventory
    place: Place
    identity: LabIdentity


def main(lease: Sequence[int]) -> int:
    """0: sent home, or the lab is healed; 4: something remains."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Imported before it says that it is ready: when the harness has died every second counts, and the disk may be full.
    import paramiko

    from chaos.safety.healing import heal
    from chaos.safety.lease import HEALS, Lease
    from chaos.undo.file import FileUndoLog

    assert paramiko
    orders = _orders()
    held = Lease.inherited(lease)
    with contextlib.suppress(OSError):
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
    os.dup2(2, 1)
    over = threading.Event()
    threading.Thread(target=_refresh, args=(orders, over), daemon=True).start()
    if _said_goodbye():
        return 0
    over.set()
    held.note(HEALS)

    async def healed() -> bool:
        log = FileUndoLog(orders.folder)
        try:
            healing = await heal(log, orders.inventory, os.environ, by="reaper", today=orders.identity, say=_said)
        finally:
            log.close()
        for line in healing.words():
            _said(line)
        return healing.ok

    return 0 if clock.run(healed(), virtual=False) else 4


def _orders() -> Orders:
    """From whoever started us, and nobody else: it is our own parent's end of the pipe."""
    length = int.from_bytes(_exactly(LENGTH_BYTES), "big")
    orders = pickle.loads(_exactly(length))
    assert isinstance(orders, Orders)
    return orders


def _exactly(count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            raise EOFError("the harness has gone before it gave its orders")
        data += more
    return data


def _said(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _said_goodbye() -> bool:
    """Wait until the harness says goodbye, or is gone."""
    said = b""
    while more := os.read(0, 64):
        said += more
        if said.endswith(GOODBYE):
            return True
    return False


def _refresh(orders: Orders, over: threading.Event) -> None:
    """Refresh the marks that the log owes, again and again; in a thread, since a proxy server may be slow."""
    from chaos.safety import mark
    from chaos.undo.entries import MarkLeft
    from chaos.undo.file import FILE
    from chaos.undo.lines import read

    while not over.wait(mark.REFRESH_S):
        with contextlib.suppress(Exception):  # other machines take us for stale then, no more
            owed = read((orders.folder / FILE).read_bytes()).owed.values()
            marks = [undo for undo in owed if isinstance(undo, MarkLeft)]
            clock.run(mark.refresh(marks, orders.place), virtual=False)


if __name__ == "__main__":
    # Under this name, so that what was pickled as chaos.safety.reaping.Orders is the class that is asked for.
    from chaos.safety.reaping import main as reap

    status = reap([int(file) for file in sys.argv[1].split(",")])
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(status)  # a thread that hangs in a call to somebody outside must not keep the lease
