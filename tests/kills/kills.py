"""Killing the harness at a random moment of a random experiment, and looking whether its lab is healed."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

from chaos.clock import now
from chaos.inventory import Inventory
from chaos.safety.healing import REPORT, HandHealing, debts
from chaos.safety.identity import identity_of
from chaos.safety.lease import held_by
from chaos.safety.places import place_of
from chaos.undo.file import FILE
from chaos.undo.whose import LabIdentity
from tests.kills.lab import Look, Talk, WatchedLab, watched_lab
from tests.kills.newborn import PATIENCE_S, Newborn, nursery
from tests.kills.victim import HARD_EXIT

# A lab must be healed within so long of the death, and of the end of whatever trouble was made beside it.
HEALED_WITHIN_S = 30.0
_LONGEST_LIFE_S = 3.0
_TROUBLE_S = 3.0
# So many victims in a hundred die before the lab was guarded, in the middle of their own start.
_EARLY_PERCENT = 8


class Death(StrEnum):
    """How a harness ends, and what is wrong beside it."""

    SIGKILL = "SIGKILL"
    SIGTERM = "SIGTERM"
    HARD_EXIT = "os._exit"
    TORN = "lost machine, torn log"
    EDITED = "lost machine, edited inventory"
    DEAD_REAPER = "reaper killed first"
    FULL_DISK = "nothing can be written"
    DRIPPING = "proxy API drips"
    TALKATIVE = "talkative consoles"


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and what became of the lab. healed_s: from the death, or the end of the trouble if that is later, to the
    last lease given up. changed: how many things were put back. by_hand: nobody else was left to heal."""

    death: Death
    healed_s: float
    changed: int
    by_hand: bool
    wrong: tuple[str, ...]
    last_words: str

    @property
    def ok(self) -> bool:
        return not self.wrong and self.healed_s <= HEALED_WITHIN_S


@dataclass
class _Scene:
    """One kill while it goes on."""

    lab: WatchedLab
    identity: LabIdentity
    victim: Newborn
    death: Death
    dice: Random
    life_s: float
    reaper: int | None = None
    died_s: float = 0.0
    by_hand: bool = False

    @property
    def folder(self) -> Path:
        return place_of(self.lab.env).folder_of(self.identity)


async def kill_once(lab: WatchedLab, victim: Newborn, death: Death, dice: Random, found: Look) -> Kill:
    """Let it live for a while, kill it, wait until nobody has the lab any more, and look."""
    scene = _Scene(lab, await identity_of(lab.inventory), victim, death, dice, dice.uniform(0.0, _LONGEST_LIFE_S))
    reports_before = len(_reports(scene.folder))
    victim.tell(f"go {scene.life_s}\n" if death is Death.HARD_EXIT else "go\n")
    if dice.randrange(100) >= _EARLY_PERCENT or death is Death.HARD_EXIT:
        guarded = await victim.until_said("guarded ")
        scene.reaper = int(guarded.split()[1]) if guarded else None
    wrong = await _DEATHS.get(death, _killed)(scene)
    await _until_nobody_has(scene)
    if not scene.by_hand and list(debts(lab.env, scene.identity)):
        # Harness and reaper died in one moment: as after a lost machine, the next one heals.
        if scene.reaper is not None and death not in (Death.DEAD_REAPER, Death.FULL_DISK):
            wrong.append("its reaper lived, and left something owed")
        await _heal_by_hand(scene, lab.inventory)
    healed_s = max(0.0, now() - scene.died_s)
    await victim.gone()
    await lab.until_at_rest(PATIENCE_S)
    wrong += (await lab.look()).differs_from(found)
    reports = _reports(scene.folder)[reports_before:]
    wrong += [f"{report['by']} says: {report}" for report in reports if not report["ok"] and not scene.by_hand]
    changed = sum(not one["words"].startswith("is as it was") for report in reports for one in report["undone"])
    return Kill(death, healed_s, changed, scene.by_hand, tuple(wrong), " / ".join(victim.said[-4:]))


async def _killed(scene: _Scene) -> list[str]:
    await asyncio.sleep(scene.life_s)
    scene.victim.kill(signal.SIGKILL)
    scene.died_s = now()
    return []


async def _told(scene: _Scene) -> list[str]:
    await asyncio.sleep(scene.life_s)
    scene.victim.kill(signal.SIGTERM)
    scene.died_s = now()
    status = await scene.victim.gone()
    return [] if status in (0, -signal.SIGTERM) else [f"SIGTERM ended it with status {status}"]


async def _left(scene: _Scene) -> list[str]:
    status = await scene.victim.gone()
    scene.died_s = now()
    return [] if status == HARD_EXIT else [f"it did not end by os._exit but with {status}"]


async def _lost(scene: _Scene) -> None:
    """Machine and reaper are lost at once."""
    await asyncio.sleep(scene.life_s)
    # The reaper is stopped first, so that it does nothing in the moment between the two.
    for pid, number in (
        (scene.reaper, signal.SIGSTOP),
        (scene.victim.pid, signal.SIGKILL),
        (scene.reaper, signal.SIGKILL),
    ):
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
    await scene.victim.gone()
    await _until_nobody_has(scene)


async def _torn(scene: _Scene) -> list[str]:
    """The log's last line is cut short; then somebody heals by hand."""
    await _lost(scene)
    log = scene.folder / FILE
    if log.exists() and (data := log.read_bytes()):
        last = data[:-1].rfind(b"\n") + 1
        os.truncate(log, len(data) - scene.dice.randint(1, len(data) - last))
    await _heal_by_hand(scene, scene.lab.inventory)
    return []


async def _edited(scene: _Scene) -> list[str]:
    """Somebody edits the inventory, and heals by hand as another user with another state folder."""
    await _lost(scene)
    edited = scene.lab.inventory
    edits = [_renamed, _hosts_renamed, _without_links, _rearranged]
    for edit in scene.dice.sample(edits, scene.dice.randint(1, len(edits))):
        edited = edit(edited, scene.dice)
    await _heal_by_hand(scene, edited, HOME="/nonexistent", XDG_STATE_HOME=f"/tmp/nobody-{scene.dice.randrange(10**9)}")
    return []


def _renamed(inventory: Inventory, dice: Random) -> Inventory:
    return inventory.model_copy(update={"name": f"other-{dice.randrange(1000)}"})


def _hosts_renamed(inventory: Inventory, dice: Random) -> Inventory:
    """Every host but the publisher, whose name is the one that its certificate proves."""
    number = dice.randrange(1000)

    def host(one: Any, name: str) -> Any:
        return one.model_copy(update={"host": f"{name}-{number}.edited.test"})

    cti, awdb = inventory.cti, inventory.awdb
    assert awdb is not None
    return inventory.model_copy(
        update={
            "subscriber": host(inventory.subscriber, "s"),
            "cti": cti.model_copy(update={"a": host(cti.a, "a"), "b": host(cti.b, "b")}),
            "awdb": awdb.model_copy(
                update={"primary": host(awdb.primary, "p"), "secondary": host(awdb.secondary, "q")}
            ),
        }
    )


def _without_links(inventory: Inventory, dice: Random) -> Inventory:
    return inventory.model_copy(update={"links": {}, "proxies": {}})


def _rearranged(inventory: Inventory, dice: Random) -> Inventory:
    """The two AW hosts have changed places, names and all but their keys."""
    awdb = inventory.awdb
    assert awdb is not None
    assert awdb.secondary is not None
    swapped = {
        "primary": awdb.secondary.model_copy(update={"host": awdb.primary.host}),
        "secondary": awdb.primary.model_copy(update={"host": awdb.secondary.host}),
    }
    return inventory.model_copy(update={"awdb": awdb.model_copy(update=swapped)})


async def _without_reaper(scene: _Scene) -> list[str]:
    """The reaper dies first; a while later, in which it may have been replaced, the harness."""
    if scene.reaper is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(scene.reaper, signal.SIGKILL)
    await asyncio.sleep(scene.life_s * 2)
    scene.victim.kill(signal.SIGKILL)
    scene.died_s = now()
    return []


async def _without_room(scene: _Scene) -> list[str]:
    """From some moment on neither harness nor reaper can write to any file."""
    full_s = scene.dice.uniform(0.0, scene.life_s)
    await asyncio.sleep(full_s)
    for pid in (scene.victim.pid, scene.reaper):
        if pid:
            with contextlib.suppress(OSError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
    await asyncio.sleep(scene.life_s - full_s)
    scene.victim.kill(signal.SIGKILL)
    scene.died_s = now()
    return []


async def _in_trouble(scene: _Scene) -> list[str]:
    """What a healer needs is in trouble for some seconds, from shortly before the death."""
    await asyncio.sleep(scene.life_s)
    trouble_s = scene.dice.uniform(0.5, _TROUBLE_S)
    if scene.death is Death.DRIPPING:
        scene.lab.gate.drips_until_s = now() + trouble_s
    else:
        Talk.until_s = now() + trouble_s
    scene.victim.kill(signal.SIGKILL)
    scene.died_s = now() + trouble_s
    return []


_DEATHS = {
    Death.SIGTERM: _told,
    Death.HARD_EXIT: _left,
    Death.TORN: _torn,
    Death.EDITED: _edited,
    Death.DEAD_REAPER: _without_reaper,
    Death.FULL_DISK: _without_room,
    Death.DRIPPING: _in_trouble,
    Death.TALKATIVE: _in_trouble,
}


async def _heal_by_hand(scene: _Scene, inventory: Inventory, **env: str) -> None:
    scene.by_hand = True
    scene.died_s = scene.died_s or now()
    await HandHealing(inventory, {**scene.lab.env, **env}, lambda _: None).heal()


async def _until_nobody_has(scene: _Scene) -> None:
    """Wait until the lease is free: harness and reaper are gone then."""
    place = place_of(scene.lab.env)
    async with asyncio.timeout(PATIENCE_S):
        while held_by(place, scene.identity) is not None:  # noqa: ASYNC110 – other processes hold it
            await asyncio.sleep(0.02)


def _reports(folder: Path) -> list[dict[str, Any]]:
    path = folder / REPORT
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def kills(
    count: int, seed: int, folder: Path, told: Callable[[int, Kill], None] = lambda _n, _k: None
) -> list[Kill]:
    """So many kills of harnesses that use one lab in that folder, one after the other; the first that went wrong ends
    them."""
    dice = Random(seed)
    done: list[Kill] = []
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(Talk.taught())
        born = await stack.enter_async_context(nursery(folder))
        lab = await stack.enter_async_context(watched_lab(folder, os.environ))
        found = await lab.look()
        deaths = [death for _ in range(count // len(Death) + 1) for death in Death][:count]
        dice.shuffle(deaths)
        for number, death in enumerate(deaths, 1):
            victim = await born.born("victim", [str(lab.inventory_path), str(dice.randrange(2**32))], lab.env)
            kill = await kill_once(lab, victim, death, dice, found)
            done.append(kill)
            told(number, kill)
            if kill.wrong:
                break  # the next one would begin in a broken lab
    return done


def table(done: Sequence[Kill]) -> str:
    """Figures by kind of death."""
    lines = [f"{'death':<32}{'kills':>6}{'healed':>8}{'changed':>9}{'by hand':>9}   s to heal: median, 99 %, worst"]
    for death in Death:
        of = [kill for kill in done if kill.death is death]
        if not of:
            continue
        times = sorted(kill.healed_s for kill in of)
        lines.append(
            f"{death:<32}{len(of):>6}{sum(kill.ok for kill in of):>8}{sum(kill.changed > 0 for kill in of):>9}"
            f"{sum(kill.by_hand for kill in of):>9}   {statistics.median(times):.2f}  "
            f"{times[min(len(times) - 1, int(len(times) * 0.99))]:.2f}  {times[-1]:.2f}"
        )
    lines.append(f"{'all':<32}{len(done):>6}{sum(kill.ok for kill in done):>8}")
    return "\n".join(lines)
