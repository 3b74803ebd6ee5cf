"""Healing a lab from its undo log: by the next run, by the reaper, or by hand (`finesse-chaos heal`).

Whoever heals holds the lab's lease. What was done, and what remains, stands as one JSON line in `heals.jsonl` beside
the log.
"""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.clock import wall_now
from chaos.errors import UsageError
from chaos.inventory import Inventory
from chaos.safety.lease import HEALS, Lease, lab_folder
from chaos.undo.file import FileUndoLog
from chaos.undo.hands import Hands
from chaos.undo.performers import Healing, Patience, undo_all

REPORT = "heals.jsonl"
# Whoever heals a lab is waited for so long, which is a little longer than healing may take.
WAIT_S = 1260.0


async def heal(
    log: FileUndoLog, inventory: Inventory, env: Mapping[str, str], *, by: str, patience: Patience | None = None
) -> Healing:
    """Undo what the log owes, and keep a report of it beside the log; a log that owes nothing is left alone.

    by: who heals, for the report.
    """
    if not log.owed() and not log.unreadable:
        return Healing(())
    hands = Hands(inventory, env)
    began = wall_now().isoformat(timespec="milliseconds")
    try:
        healing = await undo_all(log, hands, unreadable=log.unreadable, patience=patience)
    finally:
        await hands.close()
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
        file.write(json.dumps(shown, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class ByHand:
    """What healing by hand came to. folder: where the lab's log and the report stand."""

    healing: Healing
    folder: Path


async def heal_by_hand(inventory: Inventory, env: Mapping[str, str], say: Callable[[str], None]) -> ByHand:
    """What `finesse-chaos heal` does: take the lease, waiting for a reaper, and undo what is owed.

    Raises LabInUse, NoLease, UsageError: nothing was touched. UndoLogUnreadable.
    """
    if inventory.deployment != "live":
        raise UsageError(
            "a built-in mock ends with its run; there is nothing to heal. Name the inventory of a live lab"
        )
    folder = lab_folder(inventory, env)
    lease = await Lease.take(folder, HEALS, wait_s=WAIT_S, waiting=say)
    try:
        log = FileUndoLog(folder)
        try:
            return ByHand(await heal(log, inventory, env, by="hand"), folder)
        finally:
            log.close()
    finally:
        lease.give_up()
