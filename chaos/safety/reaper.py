"""The reaper: a process of its own that heals the lab when the harness has died, however it died.

Theory of operation: it holds one end of a pipe. The harness writes a goodbye when it has left the lab in good order; an
end of file without it means that the harness is gone (SIGKILL, a crash, `os._exit`). The kernel closes the harness's
end whatever happened, so nothing has to be polled and nobody has to be asked. The reaper has a session of its own, so
that Ctrl-C at the terminal does not reach it, and it ignores SIGTERM, which a machine that shuts down sends to all at
once: it ends as soon as the harness does, or when it has healed, which is bounded in time.

It gets a copy of the inventory, in which secrets are references, and resolves them from the environment or files as the
harness did. It holds the lab's lease from the beginning, by inheritance.
"""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from chaos import clock
from chaos.errors import UsageError
from chaos.inventory import Inventory, dump, load

READY, GOODBYE = b"ready\n", b"goodbye\n"
# Starting Python and importing the clients takes a second; slow machines get more.
_READY_WITHIN_S = 60.0
_GONE_WITHIN_S = 10.0

INVENTORY, OUTPUT = "inventory.yaml", "reaper.log"


class NoReaper(UsageError):
    """The reaper could not be started. Nothing was touched."""


class Reaper:
    """The harness's end. `start` returns once the reaper is ready; `dismiss` sends it home."""

    def __init__(self, process: subprocess.Popen[bytes], goodbye: int) -> None:
        self.pid = process.pid
        self._process = process
        self._goodbye = goodbye

    @classmethod
    async def start(cls, folder: Path, inventory: Inventory, env: Mapping[str, str], lease: int) -> "Reaper":
        """lease: the open file of the lab's lease. Raises NoReaper."""
        starting = asyncio.ensure_future(clock.in_thread(_started, folder, inventory, env, lease))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting})
            if not starting.cancelled() and starting.exception() is None:
                await starting.result().dismiss()
            raise

    def is_watching(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    async def dismiss(self) -> None:
        """Say goodbye and wait for it to go. Safe twice. Raises nothing."""
        goodbye, self._goodbye = self._goodbye, -1
        if goodbye >= 0:
            await clock.in_thread(_dismissed, self._process, goodbye)


def _started(folder: Path, inventory: Inventory, env: Mapping[str, str], lease: int) -> Reaper:
    watched, goodbye = os.pipe()
    try:
        copy = folder / INVENTORY
        copy.write_text(dump(inventory), encoding="utf-8")
        with (folder / OUTPUT).open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "chaos.safety.reaper", str(folder), str(lease)],
                stdin=watched,
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(env),
                pass_fds=(lease,),
                start_new_session=True,
            )
    except OSError as error:
        os.close(goodbye)
        raise NoReaper(f"the reaper could not be started: {error}") from error
    finally:
        os.close(watched)
    assert process.stdout is not None
    with process.stdout as said:
        is_told = bool(select.select([said], [], [], _READY_WITHIN_S)[0])
        if is_told and said.readline() == READY:
            return Reaper(process, goodbye)
    _dismissed(process, goodbye)
    raise NoReaper(f"the reaper did not get ready within {_READY_WITHIN_S:g} s; see {folder / OUTPUT}")


def _dismissed(process: subprocess.Popen[bytes], goodbye: int) -> None:
    with contextlib.suppress(OSError):  # it has gone already
        os.write(goodbye, GOODBYE)
    os.close(goodbye)
    try:
        process.wait(_GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(folder: Path, lease: int) -> int:
    """The reaper itself. 0: sent home, or the lab is healed; 4: something remains."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Imported before it says that it is ready: when the harness has died every second counts, and the disk may be full.
    from chaos.safety.healing import heal
    from chaos.safety.lease import HEALS, Lease
    from chaos.undo.file import FileUndoLog

    _import_clients()
    inventory = load(folder / INVENTORY)
    held = Lease.inherited(lease, folder)
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    os.dup2(2, 1)
    if _said_goodbye():
        return 0
    held.note(HEALS)

    async def healed() -> bool:
        log = FileUndoLog(folder)
        try:
            healing = await heal(log, inventory, os.environ, by="reaper")
        finally:
            log.close()
        for line in healing.words():
            sys.stderr.write(f"{line}\n")
        return healing.ok

    return 0 if clock.run(healed(), virtual=False) else 4


def _import_clients() -> None:
    import paramiko

    assert paramiko


def _said_goodbye() -> bool:
    """Wait until the harness says goodbye, or is gone."""
    said = b""
    while more := os.read(0, 64):
        said += more
        if said.endswith(GOODBYE):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
