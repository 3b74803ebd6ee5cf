"""The harness's end of the reaper: it starts one, replaces one that dies, and sends it home.

Theory of operation: the reaper (`chaos.safety.reaping`) holds one end of a pipe. The harness writes a goodbye when it
has left the lab in good order; an end of file without it means that the harness is gone (SIGKILL, a crash, `os._exit`).
The kernel closes the harness's end whatever happened, so nothing has to be polled and nobody has to be asked. The
reaper has a session of its own, so that Ctrl-C at the terminal does not reach it.

What the reaper needs to know goes through the pipe as well, and nothing of it through a file: a full disk must not keep
a lab from its reaper. Secrets in it are references, which the reaper resolves from environment or files as the harness
did. It holds the lab's lease from the beginning, by inheritance.

A thread waits for the reaper's death and starts another. If that cannot be done, the run has to end, healed.
"""

import asyncio
import contextlib
import os
import pickle
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from chaos import clock
from chaos.errors import UsageError
from chaos.inventory import Inventory
from chaos.safety.places import Place
from chaos.safety.reaping import GOODBYE, LENGTH_BYTES, READY, Orders
from chaos.undo.whose import LabIdentity

# Starting Python and importing the clients takes a second; slow machines get more.
_READY_WITHIN_S = 60.0
_GONE_WITHIN_S = 10.0
# A reaper that dies again and again is killed by something that will kill the next one, too.
_REPLACED_MAX = 5


class NoReaper(UsageError):
    """The reaper could not be started. Nothing was touched."""


class Reaper:
    """The harness's end. `start` returns once the reaper is ready; `dismiss` sends it home.

    notices: what happened to it meanwhile, in words, for whoever prints; filled by a thread.
    """

    def __init__(self, spawn: Callable[[], "_Process"], lost: Callable[[str], None]) -> None:
        self.notices: list[str] = []
        self._spawn = spawn
        self._lost = lost
        self._turn = threading.Lock()
        self._is_wanted = True
        self._process = spawn()
        threading.Thread(target=self._keep, name="keeps the reaper", daemon=True).start()

    @classmethod
    async def start(
        cls,
        folder: Path,
        inventory: Inventory,
        env: Mapping[str, str],
        lease: Sequence[int],
        *,
        place: Place,
        identity: LabIdentity = LabIdentity.NOBODY,
        lost: Callable[[str], None] = lambda _: None,
    ) -> "Reaper":
        """lease: the open files of the lab's lease. lost: is told, from a thread, that there is no reaper any more.

        Raises NoReaper.
        """
        orders = pickle.dumps(Orders(folder, inventory, place, identity))
        environ, files = dict(env), tuple(lease)
        starting = asyncio.ensure_future(
            clock.in_thread(cls, lambda: _Process.started(folder, orders, environ, files), lost)
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting})
            if not starting.cancelled() and starting.exception() is None:
                await starting.result().dismiss()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_watching(self) -> bool:
        """Whether it is still there."""
        return self._process.is_alive()

    async def dismiss(self) -> None:
        """Say goodbye and wait for it to go. Safe twice. Raises nothing."""
        with self._turn:
            was_wanted, self._is_wanted = self._is_wanted, False
        if was_wanted:
            await clock.in_thread(self._process.dismiss)

    def _keep(self) -> None:
        for _ in range(_REPLACED_MAX):
            dead = self._process
            status = dead.wait()
            with self._turn:
                if not self._is_wanted:
                    return
                try:
                    self._process = self._spawn()
                except NoReaper as error:
                    why = str(error)
                    break
                dead.hang_up()
            self.notices.append(f"the reaper has died (status {status}); process {self.pid} has taken its place")
        else:
            why = f"it has died {_REPLACED_MAX} times"
            self._process.wait()
            with self._turn:
                if not self._is_wanted:
                    return
        self._lost(f"the lab has no reaper any more ({why}): ending the run, so that it is healed")


class _Process:
    """One reaper process and our end of its pipe."""

    def __init__(self, process: "subprocess.Popen[bytes]", pipe: int) -> None:
        self.pid = process.pid
        self._process = process
        self._pipe = pipe
        self._turn = threading.Lock()

    @classmethod
    def started(cls, folder: Path, orders: bytes, env: Mapping[str, str], lease: Sequence[int]) -> "_Process":
        """Raises NoReaper. Blocks until it is ready."""
        watched, pipe = os.pipe()
        os.set_blocking(pipe, False)
        output = folder / f"reaper-{os.getuid()}.log"
        try:
            with _opened(output) as said_to:
                process = subprocess.Popen(
                    [sys.executable, "-m", "chaos.safety.reaping", ",".join(str(file) for file in lease)],
                    stdin=watched,
                    stdout=subprocess.PIPE,
                    stderr=said_to,
                    env=dict(env),
                    pass_fds=tuple(lease),
                    start_new_session=True,
                )
        except OSError as error:
            os.close(pipe)
            raise NoReaper(f"the reaper could not be started: {error}") from error
        finally:
            os.close(watched)
        self = cls(process, pipe)
        assert process.stdout is not None
        with process.stdout as said:
            if (
                _handed_over(pipe, orders)
                and select.select([said], [], [], _READY_WITHIN_S)[0]
                and said.readline() == READY
            ):
                return self
        self.dismiss()
        raise NoReaper(f"the reaper did not get ready within {_READY_WITHIN_S:g} s; see {output}")

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        return self._process.wait()

    def hang_up(self) -> None:
        """Close our end. Safe twice."""
        with self._turn:
            pipe, self._pipe = self._pipe, -1
            if pipe >= 0:
                os.close(pipe)

    def dismiss(self) -> None:
        with contextlib.suppress(OSError):  # it has gone already
            os.write(self._pipe, GOODBYE)
        self.hang_up()
        try:
            self._process.wait(_GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _handed_over(pipe: int, orders: bytes) -> bool:
    """Whether the reaper has taken its orders; one that hangs does not hold us up."""
    left = len(orders).to_bytes(LENGTH_BYTES, "big") + orders
    while left:
        if not select.select([], [pipe], [], _READY_WITHIN_S)[1]:
            return False
        try:
            left = left[os.write(pipe, left) :]
        except BlockingIOError:
            continue
        except OSError:
            return False
    return True


def _opened(output: Path) -> IO[bytes]:
    """Where the reaper says what it did; nowhere if that cannot be kept."""
    try:
        return output.open("ab")
    except OSError:
        return open(os.devnull, "wb")
