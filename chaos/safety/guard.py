"""What keeps a lab safe from us: its lease, its undo log, and the reaper, from before the first change to the last.

Only a lab that outlives us needs it. For the built-in mock there is `NoGuard`, which looks the same.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from chaos.errors import RollbackFailed
from chaos.inventory import Inventory
from chaos.safety.healing import WAIT_S, heal
from chaos.safety.lease import RUNS, Lease, lab_folder
from chaos.safety.reaper import Reaper
from chaos.undo.entries import UndoLog
from chaos.undo.file import FileUndoLog

Say = Callable[[str], None]


class NoGuard:
    """For a lab that ends with us. undo: in memory."""

    def __init__(self) -> None:
        self.undo = UndoLog()

    async def open(self) -> None:
        """Nothing has to be kept."""

    async def close(self) -> None:
        """Nothing has to be healed."""


class Guard:
    """For a lab that outlives us. undo: on disk, once it is open. say: is told in words what is going on."""

    def __init__(self, inventory: Inventory, env: Mapping[str, str], say: Say = lambda _: None) -> None:
        self.folder: Path = lab_folder(inventory, env)
        self.undo = UndoLog()
        self.reaper: Reaper | None = None
        self._inventory = inventory
        self._env = env
        self._say = say
        self._lease: Lease | None = None
        self._log: FileUndoLog | None = None

    async def open(self) -> None:
        """Take the lease, heal what a run left behind that died, and have the reaper watch us.

        Raises LabInUse, NoLease, NoReaper: nothing was touched. UndoLogUnreadable. RollbackFailed: what an earlier run
        left behind could not be healed.
        """
        try:
            self._lease = await Lease.take(self.folder, RUNS, wait_s=WAIT_S, waiting=self._say)
            self._log = FileUndoLog(self.folder)
            if self._log.owed() or self._log.unreadable:
                self._say("an earlier run has died and left the lab changed: healing it first")
                await self._heal("next run")
            self._log.start_afresh()
            self.reaper = await Reaper.start(self.folder, self._inventory, self._env, self._lease.file)
        except BaseException:
            await self._leave()
            raise
        self.undo = self._log

    async def close(self) -> None:
        """Heal what is still owed, send the reaper home, give up the lease. Safe twice.

        Raises RollbackFailed: something remains, in words; it stays in the log for `finesse-chaos heal`.
        """
        try:
            if self._log is not None and self._log.owed():
                self._say("the lab is not as it was found: healing it")
                await self._heal("run")
        finally:
            await self._leave()

    async def _heal(self, by: str) -> None:
        assert self._log is not None
        healing = await heal(self._log, self._inventory, self._env, by=by)
        for line in healing.words():
            self._say(line)
        if not healing.ok:
            remains = "; ".join(line for line in healing.words() if line.startswith("REMAINS"))
            raise RollbackFailed(f"{remains}. Then: finesse-chaos heal ({self._log.path})")

    async def _leave(self) -> None:
        reaper, self.reaper = self.reaper, None
        log, self._log = self._log, None
        lease, self._lease = self._lease, None
        if reaper is not None:
            await reaper.dismiss()
        if log is not None:
            log.close()
        if lease is not None:
            lease.give_up()


def guard_for(inventory: Inventory, env: Mapping[str, str], say: Say = lambda _: None) -> Guard | NoGuard:
    """The guard that a lab of this kind needs."""
    return Guard(inventory, env, say) if inventory.deployment == "live" else NoGuard()
