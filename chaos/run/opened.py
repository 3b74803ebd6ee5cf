"""The lab of one run: its loop, the mock if there is one, whoever guards it. Opened once, left whatever happens."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from chaos import clock
from chaos.errors import ChaosError, RollbackFailed, Unfit, UsageError
from chaos.experiment import Lab
from chaos.preflight import RunPreflight
from chaos.run.descriptors import make_room
from chaos.run.interrupts import Interrupts
from chaos.run.launcher import Launched, launch
from chaos.run.options import RunOptions
from chaos.safety.guard import Guard, NoGuard, guard_for
from chaos.waits import Waits

T = TypeVar("T")


class OpenLab:
    """not_restored: why the lab is still broken, None if it is not. Until `close` Ctrl-C, SIGTERM and SIGHUP are
    taken: what runs then is rolled back first.
    """

    def __init__(
        self, options: RunOptions, preflight: RunPreflight, waits: Waits, progress: Callable[[str], None]
    ) -> None:
        self._options, self._waits, self._progress = options, waits, progress
        self.preflight = preflight
        self.not_restored: str | None = None
        self._runner: asyncio.Runner | None = None
        self._launched: Launched | None = None
        self._guard: Guard | NoGuard | None = None
        self._lab: Lab | None = None
        self._not_open: ChaosError | None = None
        self.interrupts = Interrupts(progress, still=self._still, last_words=self._last_words)
        self.interrupts.install()

    @property
    def is_open(self) -> bool:
        return self._lab is not None

    def opened(self) -> Lab:
        """The loop, the mock if there is one, and the lab, made when they are first needed.

        A lab that could not be opened is not tried again: whoever asks gets the same error at once.
        """
        if self._lab is not None:
            return self._lab
        if self._not_open is not None:
            raise self._not_open
        try:
            self._lab = self._open()
        except RollbackFailed as error:  # an earlier run's damage, or ours while the lab was opened
            self.not_restored = str(error)
            self._not_open = error
            raise
        except ChaosError as error:
            self._not_open = error
            raise
        except OSError as error:
            self._not_open = UsageError(f"the lab could not be opened: {error}; nothing was changed{self._hint(error)}")
            raise self._not_open from error
        return self._lab

    def _hint(self, error: OSError) -> str:
        inventory = self._options.inventory
        is_mock = inventory is not None and inventory.deployment == "mock"
        if error.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL) and is_mock:
            return "; the mock needs this machine's loopback interface: ip link set lo up"
        return ""

    def _open(self) -> Lab:
        options = self._options
        if options.inventory is None:
            raise Unfit("no inventory was given")
        make_room(options.inventory)
        self._runner = clock.runner(virtual=options.virtual, kind=options.loop)
        inventory = options.inventory
        if inventory.deployment == "mock":
            self._progress("starting the mock deployment")
            self._launched = self.run(launch(inventory, defects=options.defects))
            inventory = self._launched.inventory
        # First of all: what a run left behind that died is healed before preflight looks, and nobody else breaks it.
        self._guard = guard_for(
            inventory, options.env, self._progress, name=options.inventory_name, lost=self.interrupts.end
        )
        self.run(self._guard.open(), doing="opening the lab")
        self.run(self.preflight.before(inventory))
        lab = Lab(
            inventory,
            options.env,
            faults_do_nothing=options.faults_do_nothing,
            undo=self._guard.undo,
            orders=self._launched.orders if self._launched else None,
            waits=self._waits,
        )
        self._progress(f"opening lab {inventory.name}")
        try:
            self.run(lab.open())
            self.run(self.preflight.after(inventory))
        except BaseException:
            self._leave(lab.close(), "leaving the lab")
            raise
        return lab

    def run(
        self, work: Coroutine[Any, Any, T], *, patient: bool = False, doing: str = "the experiment is broken off"
    ) -> T:
        """Run this on the loop; Ctrl-C breaks it off, unless `patient`. Raises UsageError: there is no loop."""
        if self._runner is None:
            work.close()
            raise UsageError("the session has no loop: it is closed, or was never opened")
        try:
            return self.interrupts.run(self._runner, work, patient=patient, doing=doing)
        finally:
            for line in self._guard.notices() if self._guard else ():
                self._progress(line)

    def _still(self) -> list[str]:
        return self._guard.still() if self._guard else []

    def _last_words(self) -> list[str]:
        return self._guard.last_words() if self._guard else []

    def _leave(self, work: Coroutine[Any, Any, None], doing: str) -> None:
        """Heal, whatever else goes wrong; what could not be healed is kept for the exit status and the user."""
        try:
            self.run(work, patient=True, doing=doing)
        except Exception as error:  # a bug on the way out must not keep what comes after it from healing
            self.not_restored = self.not_restored or str(error) or repr(error)
            self._progress(f"could not leave the lab as it was found: {error}")

    def close(self) -> None:
        """Leave the lab, stop the mock, close the loop, give the signals back. Safe twice."""
        with self.interrupts.leaving():
            try:
                self._close()
            finally:
                self.interrupts.restore()

    def _close(self) -> None:
        if self._runner is None:
            return
        try:
            if self._lab is not None:
                self._leave(self._lab.close(), "leaving the lab")
            if self._guard is not None:
                self._leave(self._guard.close(), "looking whether anything is owed to the lab")
                self._forgive()
            if self._launched is not None:
                self._leave(self._launched.stop(), "stopping the mock")
        finally:
            self._lab, self._launched, self._guard = None, None, None
            runner, self._runner = self._runner, None
            runner.close()

    def _forgive(self) -> None:
        """A rollback that failed is no damage any more once the guard has put everything back as it was found."""
        guard = self._guard
        if self.not_restored and isinstance(guard, Guard) and guard.has_healed:
            self._progress(f"it was healed on leaving, although: {self.not_restored}")
            self.not_restored = None
