"""Healing a lab from its undo logs: by the next run, by the reaper, or by hand (`finesse-chaos heal`).

A lab's debts are found by what the lab is known by, not by a file's name: every log in this machine's folder and in the
user's own that shares a mark with the inventory is one of this lab (see `chaos.safety.identity`). Whoever heals holds
the lab's lease. What was done, and what remains, stands as one JSON line in `heals.jsonl` beside the log.
"""

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.clock import wall_now
from chaos.errors import UsageError
from chaos.inventory import Inventory
from chaos.redaction import KNOWN
from chaos.safety import mark
from chaos.safety.identity import identity_of
from chaos.safety.lease import HEALS, LabInUse, Lease
from chaos.safety.places import Place, existing, place_to_heal_from
from chaos.undo.entries import MarkLeft
from chaos.undo.file import FILE, FileUndoLog, UndoLogUnreadable, owed_in, whose
from chaos.undo.hands import OwnHands
from chaos.undo.performers import Patience
from chaos.undo.undoing import Healing, Say, to_the_end, undo_all
from chaos.undo.whose import LabIdentity

REPORT = "heals.jsonl"
# Of a report of years its end is read.
_TAIL_BYTES = 64 * 1024
_LINE = re.compile(r"[0-9]{1,9}")
_HEALERS = {"reaper": "the reaper", "next run": "the run after", "run": "the run itself", "hand": "hand"}
# Whoever heals a lab is waited for so long, which is a little longer than healing may take.
WAIT_S = 1260.0


def debts(env: Mapping[str, str], today: LabIdentity) -> Iterator[Path]:
    """Folders whose logs owe something to this lab, whoever wrote them and whatever it was called then.

    A log that does not say whose it is belongs to whoever would keep his own in the same folder.
    """
    for place in existing(env):
        for folder in place.all_labs():
            try:
                lab = whose(folder / FILE)
            except OSError:
                lab = LabIdentity.NOBODY  # opening it says why it cannot be read
            if lab is not None and (lab.overlaps(today) or folder.name == place.folder_of(today).name):
                yield folder


def still_owed(env: Mapping[str, str], today: LabIdentity) -> tuple[str, ...]:
    """What is owed to this lab, in words, for whoever only looks. While somebody has the lab, part of it is what he is
    doing. Raises NoPlace."""
    return tuple(thing for folder in debts(env, today) for thing in owed_in(folder / FILE))


async def heal(
    log: FileUndoLog,
    inventory: Inventory,
    env: Mapping[str, str],
    *,
    by: str,
    today: LabIdentity = LabIdentity.NOBODY,
    patience: Patience | None = None,
    say: Say | None = None,
) -> Healing:
    """Undo what the log owes, and keep a report of it beside the log; a log that owes nothing is left alone.

    by: who heals, for the report. today: what the lab is known by. say: see `undo_all`. Whoever is cancelled meanwhile
    is so when it is over.
    """
    if not log.owed() and not log.unreadable:
        return Healing(())
    return await to_the_end(_heal(log, inventory, env, by, today, patience, say))


async def _heal(
    log: FileUndoLog,
    inventory: Inventory,
    env: Mapping[str, str],
    by: str,
    today: LabIdentity,
    patience: Patience | None,
    say: Say | None,
) -> Healing:
    hands = OwnHands(inventory, env, then=log.lab, today=today, is_trusted=not log.is_foreign)
    began = wall_now().isoformat(timespec="milliseconds")
    is_only_marked = not log.unreadable and all(isinstance(undo, MarkLeft) for undo in log.owed())
    try:
        healing = await undo_all(log, hands, unreadable=log.unreadable, patience=patience, say=say)
    finally:
        await hands.close()
    if not (is_only_marked and healing.ok):  # that our own mark goes with us is no healing
        _keep_report(log.path.parent / REPORT, by, began, healing)
    return healing


def _keep_report(path: Path, by: str, began: str, healing: Healing) -> None:
    shown = {
        "by": by,
        "began": began,
        "ok": healing.ok,
        "took_s": round(healing.took_s, 3),
        "undone": [asdict(one) for one in healing.undone],
        "unreadable": list(healing.unreadable),
    }
    # A full disk must not undo what was healed; the caller says in words what this file would.
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(KNOWN.told_in(shown), ensure_ascii=False) + "\n")


def last_healed(env: Mapping[str, str], today: LabIdentity) -> str | None:
    """When this user's logs of that lab were last worked off, and by whom, in words; None if no report says so."""
    reports = (_last_of(place.folder_of(today) / REPORT) for place in existing(env))
    began, told = max((one for one in reports if one is not None), default=("", ""))
    return f"it was last healed at {began}, {told}" if began else None


def _last_of(report: Path) -> tuple[str, str] | None:
    """When its last healing began, and what that came to. Not being able to read it is no trouble: it is but a word."""
    try:
        with report.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            last = json.loads(file.read().splitlines()[-1])
        undone = sum(bool(one["ok"]) for one in last["undone"])
        rest = "" if last["ok"] else ", and not all of it"
        words = f"by {_HEALERS[last['by']]}: {undone} thing{'' if undone == 1 else 's'} undone{rest}"
        return str(last["began"]), words
    except (OSError, ValueError, RecursionError, KeyError, TypeError, IndexError):
        return None


async def heal_folder(
    folder: Path,
    inventory: Inventory,
    env: Mapping[str, str],
    *,
    by: str,
    today: LabIdentity,
    say: Say,
    opened: Callable[[FileUndoLog], None] = lambda _: None,
) -> Healing:
    """As `heal`, for the log in that folder, in words; one that cannot be opened remains, and stops no other."""
    try:
        log = FileUndoLog(folder)
    except UndoLogUnreadable as error:
        healing = Healing((), (str(error),))
    else:
        opened(log)
        try:
            healing = await heal(log, inventory, env, by=by, today=today, say=say)
        finally:
            log.close()
    for line in healing.words():
        say(line)
    return healing


@dataclass(frozen=True, slots=True)
class ByHand:
    """What healing by hand came to. logs: what owed something. before: when the lab was healed before that, and by
    whom, in words; None if nobody knows."""

    healings: tuple[Healing, ...]
    logs: tuple[Path, ...]
    before: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the lab is as it was found."""
        return all(healing.ok for healing in self.healings)


class HandHealing:
    """What `finesse-chaos heal` does: take the lease, waiting for a reaper, and undo what is owed.

    open: logs that are being worked off, for whoever breaks it off and has to say what is still owed.
    """

    def __init__(self, inventory: Inventory, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.open: list[FileUndoLog] = []
        self._inventory = inventory
        self._env = env
        self._say = say

    def still(self) -> list[str]:
        """What is being undone now, for whoever waits and is not told by us."""
        return [line for log in self.open if not log.underway.is_told for line in log.underway.words()]

    def last_words(self) -> list[str]:
        """What is owed if healing is left now."""
        return [f"still owed to the lab: {undo.thing}" for log in self.open for undo in log.owed()]

    async def heal(self) -> ByHand:
        """Says in words what was done and what remains.

        Raises LabInUse, NoLease, NoPlace, UsageError: nothing was touched. UndoLogUnreadable.
        """
        today, place, lease = await self._taken()
        try:
            living, left_over = await mark.others(self._inventory, place)
            for one in living:
                if not one.is_stale:
                    raise LabInUse(f"the lab is {one}; wait until that has ended")
            before = last_healed(self._env, today)
            healings, logs = [], []
            for folder in debts(self._env, today):
                logs.append(folder / FILE)
                healing = await heal_folder(
                    folder, self._inventory, self._env, by="hand", today=today, say=self._say, opened=self.open.append
                )
                healings.append(healing)
            if all(healing.ok for healing in healings):
                for line in await mark.take_away([*living, *left_over]):
                    self._say(line)
            return ByHand(tuple(healings), tuple(logs), before)
        finally:
            lease.give_up()

    async def strike(self, what: str) -> None:
        """Strike one line, "FOLDER:LINE" as messages name it, that a person has put right. Raises UsageError."""
        name, _, line = what.rpartition(":")
        today, _, lease = await self._taken()
        try:
            folder = next((one for one in debts(self._env, today) if one.name == name), None)
            if folder is None or not _LINE.fullmatch(line):
                owing = ", ".join(one.name for one in debts(self._env, today)) or "none"
                raise UsageError(
                    f"there is no line {what!r} to strike: give LOG:LINE; logs that owe something: {owing}"
                )
            log = FileUndoLog(folder)
            try:
                log.strike(int(line))
            finally:
                log.close()
        finally:
            lease.give_up()

    async def _taken(self) -> tuple[LabIdentity, Place, Lease]:
        if self._inventory.deployment != "live":
            raise UsageError(
                "a built-in mock ends with its run; there is nothing to heal. Name the inventory of a live lab"
            )
        today, place = await identity_of(self._inventory), place_to_heal_from(self._env)
        others = [one for one in existing(self._env) if one.root != place.root]
        lease = await Lease.take(place, today, HEALS, wait_s=WAIT_S, waiting=self._say, others=others)
        return today, place, lease
