"""What keeps a lab safe from us: its lease, its undo log, and the reaper, from before the first change to the last.

Only a lab that outlives us needs it. For the built-in mock there is `NoGuard`, which looks the same.
"""

from collections.abc import Callable, Mapping

from chaos.errors import RollbackFailed
from chaos.inventory import Inventory
from chaos.safety import mark
from chaos.safety.container import require_outliving
from chaos.safety.healing import WAIT_S, debts, heal, heal_folder
from chaos.safety.identity import identity_of
from chaos.safety.lease import RUNS, LabInUse, Lease
from chaos.safety.places import Place, existing, make_own_folder, place_of
from chaos.safety.reaper import Reaper
from chaos.undo.entries import MarkLeft, Undo, UndoLog
from chaos.undo.file import FileUndoLog
from chaos.undo.whose import LabIdentity

Say = Callable[[str], None]


def _mute(_: str) -> None:
    """For whoever does not listen."""


class NoGuard:
    """For a lab that ends with us. undo: in memory."""

    def __init__(self) -> None:
        self.undo = UndoLog()

    async def open(self) -> None:
        """Nothing has to be kept."""

    async def close(self) -> None:
        """Nothing has to be healed."""

    def last_words(self) -> list[str]:
        """What to say if we leave now: nothing, the lab goes with us."""
        return []

    def still(self) -> list[str]:
        """What is being undone now."""
        return self.undo.underway.words()

    def notices(self) -> list[str]:
        """There is no reaper to tell of."""
        return []


class Guard:
    """For a lab that outlives us. undo: on disk, once it is open. say: is told in words what is going on. name: the
    inventory's, as the user would type it, for the command that heals.

    has_healed: it was open and has left a lab to which nothing is owed. lost: is told, from a thread, if the reaper is
    gone and cannot be replaced: then the run has to end, healed.
    """

    def __init__(
        self,
        inventory: Inventory,
        env: Mapping[str, str],
        say: Say = _mute,
        *,
        name: str = "INVENTORY",
        lost: Say = _mute,
    ) -> None:
        self.undo = UndoLog()
        self.reaper: Reaper | None = None
        self.identity = LabIdentity.NOBODY
        self.has_healed = False
        self._inventory = inventory
        self._env = env
        self._say = say
        self._name = name
        self._lost = lost
        self._lease: Lease | None = None
        self._log: FileUndoLog | None = None

    async def open(self) -> None:
        """Take the lease, heal what a run left behind that died, and have the reaper watch us.

        Raises NoReaperHere, LabInUse, NoLease, NoPlace, NoReaper: nothing was touched. UndoLogUnreadable, UndoNotKept.
        RollbackFailed: what an earlier run left behind could not be healed.
        """
        doubt = require_outliving()
        if doubt is not None:
            self._say(doubt)
        try:
            self.identity = await identity_of(self._inventory)
            place = place_of(self._env)
            if place.doubt is not None:
                self._say(place.doubt)
            others = [one for one in existing(self._env) if one.root != place.root]
            self._lease = await Lease.take(place, self.identity, RUNS, wait_s=WAIT_S, waiting=self._say, others=others)
            left_over = await self._nobody_elsewhere(place)
            await self._heal_debts()
            for line in await mark.take_away(left_over):
                self._say(line)
            folder = place.folder_of(self.identity)
            make_own_folder(folder)
            self._log = FileUndoLog(folder, self.identity)
            self._log.start_afresh(self.identity)
            self.reaper = await Reaper.start(
                folder,
                self._inventory,
                self._env,
                self._lease.files,
                place=place,
                identity=self.identity,
                lost=self._lost,
            )
            self.undo = self._log
            for line in await mark.leave(self._inventory, place, self._log):
                self._say(line)
        except BaseException:
            await self._leave()
            raise

    async def _nobody_elsewhere(self, place: Place) -> list[mark.Mark]:
        """Marks that our own dead have left. Raises LabInUse: another machine has the lab, or had it and is silent."""
        living, left_over = await mark.others(self._inventory, place)
        if living:
            raise LabInUse(f"the lab is {living[0]}")
        return left_over

    async def _heal_debts(self) -> None:
        """Heal what earlier runs left, in whatever log it stands. Raises RollbackFailed."""
        remains = []
        for number, folder in enumerate(debts(self._env, self.identity)):
            if not number:
                self._say("an earlier run has died and left the lab changed: healing it first")
            healing = await heal_folder(
                folder, self._inventory, self._env, by="next run", today=self.identity, say=self._say
            )
            remains += healing.remains()
        if remains:
            raise RollbackFailed(f"{'; '.join(remains)}. Then: {self._command}")

    async def close(self) -> None:
        """Heal what is still owed, take our mark away, send the reaper home, give up the lease. Safe twice.

        Raises RollbackFailed: something remains, in words; it stays in the log for `finesse-chaos heal`.
        """
        log = self._log
        try:
            if log is not None and (log.owed() or log.unreadable):
                if self._owed():
                    self._say("the lab is not as it was found: healing it")
                healing = await heal(log, self._inventory, self._env, by="run", today=self.identity, say=self._say)
                for undone in healing.undone:
                    if not undone.thing.startswith("mark "):  # that it goes with us needs no words
                        self._say(f"{undone.thing} {undone.words}")
                if not healing.ok:
                    raise RollbackFailed(f"{'; '.join(healing.remains())}. Then: {self._command}")
            self.has_healed = self.has_healed or log is not None
        finally:
            await self._leave()

    def _owed(self) -> list[Undo]:
        """What is owed but for our own mark."""
        return [undo for undo in self.undo.owed() if not isinstance(undo, MarkLeft)]

    @property
    def _command(self) -> str:
        return f"finesse-chaos heal -i {self._name}"

    def still(self) -> list[str]:
        """What is being undone now, for whoever waits and is not told by us."""
        return [] if self.undo.underway.is_told else self.undo.underway.words()

    def notices(self) -> list[str]:
        """What happened to the reaper since this was last asked, in words."""
        if self.reaper is None:
            return []
        notices, self.reaper.notices = self.reaper.notices, []
        return notices

    def last_words(self) -> list[str]:
        """What to say if we leave now, in the middle of healing: what is owed, who goes on, how to heal by hand."""
        owed = self._owed()
        if not owed:
            return []
        lines = [f"still owed to the lab: {undo.thing}" for undo in owed]
        if self.reaper is not None and self.reaper.is_watching():
            lines.append(f"the reaper (process {self.reaper.pid}) heals it now; whether it could: {self._command}")
        else:
            lines.append(f"nothing heals it now; run: {self._command}")
        return lines

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


def guard_for(
    inventory: Inventory, env: Mapping[str, str], say: Say = _mute, *, name: str = "INVENTORY", lost: Say = _mute
) -> Guard | NoGuard:
    """The guard that a lab of this kind needs."""
    return Guard(inventory, env, say, name=name, lost=lost) if inventory.deployment == "live" else NoGuard()
