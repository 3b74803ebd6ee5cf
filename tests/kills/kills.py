"""Killing the harness at a random moment of a random experiment, and looking whether its lab is healed."""

import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

from chaos.clock import now
from chaos.safety.healing import REPORT, heal_by_hand
from chaos.safety.identity import identity_of
from chaos.safety.lease import held_by
from chaos.safety.places import place_of
from chaos.undo.file import FILE
from tests.kills.lab import Look, WatchedLab, mock_up
from tests.kills.victim import HARD_EXIT

HEALED_WITHIN_S = 5.0
_PATIENCE_S = 60.0
_LONGEST_LIFE_S = 2.0
# So many victims in a hundred die before the lab was guarded, in the middle of their own start.
_EARLY_PERCENT = 8


class Death(StrEnum):
    """How a harness ends."""

    SIGKILL = "SIGKILL"
    SIGTERM = "SIGTERM"
    HARD_EXIT = "os._exit"
    TORN = "lost machine, torn log"


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and what became of the lab. healed_s: from the death to the last lease given up. took_s: what the healer
    itself says, None if nothing was owed. changed: how many things were put back."""

    death: Death
    healed_s: float
    took_s: float | None
    changed: int
    wrong: tuple[str, ...]
    last_words: str

    @property
    def ok(self) -> bool:
        return not self.wrong and self.healed_s <= HEALED_WITHIN_S


class Victim:
    """A harness that waits for "go"."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.reaper: int | None = None
        self.said: list[str] = []
        self._guarded = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def born(cls, lab: WatchedLab, seed: int) -> "Victim":
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.kills.victim", str(lab.inventory_path), str(seed)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=lab.env,
            )
        )

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            words = line.decode().strip()
            self.said.append(words)
            if words.startswith("guarded "):
                self.reaper = int(words.split()[1])
                self._guarded.set()
        self._guarded.set()

    def go(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words.encode())

    async def guarded(self) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            await self._guarded.wait()

    def kill(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def gone(self) -> int:
        async with asyncio.timeout(_PATIENCE_S):
            status = await self.process.wait()
            await self._reading
        return status


async def kill_once(lab: WatchedLab, victim: Victim, death: Death, dice: Random, found: Look) -> Kill:
    """Let it live for a while, kill it, wait until nobody has the lab any more, and look."""
    folder = place_of(lab.env).folder_of(await identity_of(lab.inventory))
    reports_before = len(_reports(folder))
    life_s = dice.uniform(0.0, _LONGEST_LIFE_S)
    is_early = dice.randrange(100) < _EARLY_PERCENT
    victim.go(f"go {life_s}\n" if death is Death.HARD_EXIT else "go\n")
    if not is_early:
        await victim.guarded()
    wrong: list[str] = []
    died_s = now()
    match death:
        case Death.HARD_EXIT:
            if await victim.gone() != HARD_EXIT:
                wrong.append("it did not end by os._exit")
            died_s = now()
        case Death.SIGTERM:
            await asyncio.sleep(life_s)
            victim.kill(signal.SIGTERM)
            status = await victim.gone()
            died_s = now()
            if status not in (0, -signal.SIGTERM):
                wrong.append(f"SIGTERM ended it with status {status}")
        case Death.SIGKILL:
            await asyncio.sleep(life_s)
            victim.kill(signal.SIGKILL)
            died_s = now()
        case Death.TORN:
            await asyncio.sleep(life_s)
            died_s = await _torn(lab, folder, victim, dice)
    await _until_nobody_has(lab)
    healed_s = now() - died_s
    await victim.gone()
    wrong += (await lab.look()).differs_from(found)
    reports = _reports(folder)[reports_before:]
    wrong += [f"{report['by']} says: {report}" for report in reports if not report["ok"]]
    return Kill(
        death,
        healed_s,
        sum(report["took_s"] for report in reports) if reports else None,
        sum(not one["words"].startswith("is as it was") for report in reports for one in report["undone"]),
        tuple(wrong),
        " / ".join(victim.said[-3:]),
    )


async def _torn(lab: WatchedLab, folder: Path, victim: Victim, dice: Random) -> float:
    """Machine and reaper are lost at once, the log's last line is cut short; then somebody heals by hand."""
    if victim.reaper is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim.reaper, signal.SIGKILL)
    victim.kill(signal.SIGKILL)
    await victim.gone()
    await _until_nobody_has(lab)
    log = folder / FILE
    if log.exists() and (data := log.read_bytes()):
        last = data[:-1].rfind(b"\n") + 1
        os.truncate(log, len(data) - dice.randint(1, len(data) - last))
    died_s = now()
    await heal_by_hand(lab.inventory, lab.env, lambda _: None)
    return died_s


async def _until_nobody_has(lab: WatchedLab) -> None:
    """Wait until the lease is free: harness and reaper are gone then."""
    place, identity = place_of(lab.env), await identity_of(lab.inventory)
    async with asyncio.timeout(_PATIENCE_S):
        while held_by(place, identity) is not None:  # noqa: ASYNC110 – other processes hold it
            await asyncio.sleep(0.01)


def _reports(folder: Path) -> list[dict[str, Any]]:
    path = folder / REPORT
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def kills(
    count: int, seed: int, folder: Path, told: Callable[[int, Kill], None] = lambda _n, _k: None
) -> list[Kill]:
    """So many kills of harnesses that use one lab, one after the other."""
    dice = Random(seed)
    done: list[Kill] = []
    async with mock_up(folder, os.environ) as lab:
        found = await lab.look()
        deaths = [death for _ in range(count // len(Death) + 1) for death in Death][:count]
        dice.shuffle(deaths)
        async with _ahead(lab, dice) as next_victim:
            for number, death in enumerate(deaths, 1):
                kill = await kill_once(lab, await next_victim(), death, dice, found)
                done.append(kill)
                told(number, kill)
    return done


@contextlib.asynccontextmanager
async def _ahead(lab: WatchedLab, dice: Random) -> AsyncIterator[Callable[[], "asyncio.Future[Victim]"]]:
    """Victims, each started while the one before it lives and dies."""
    waiting = asyncio.ensure_future(Victim.born(lab, dice.randrange(2**32)))

    async def swap(ready: "asyncio.Future[Victim]") -> Victim:
        return await ready

    def next_victim() -> "asyncio.Future[Victim]":
        nonlocal waiting
        ready, waiting = waiting, asyncio.ensure_future(Victim.born(lab, dice.randrange(2**32)))
        return asyncio.ensure_future(swap(ready))

    try:
        yield next_victim
    finally:
        unused = await waiting
        unused.kill(signal.SIGKILL)
        await unused.gone()


def table(done: Sequence[Kill]) -> str:
    """Figures by kind of death."""
    lines = [f"{'death':<24}{'kills':>6}{'healed':>8}{'changed':>9}   seconds to heal: min, median, max"]
    for death in Death:
        of = [kill for kill in done if kill.death is death]
        if not of:
            continue
        times = [kill.healed_s for kill in of]
        lines.append(
            f"{death:<24}{len(of):>6}{sum(kill.ok for kill in of):>8}{sum(kill.changed > 0 for kill in of):>9}"
            f"   {min(times):.2f}  {statistics.median(times):.2f}  {max(times):.2f}"
        )
    lines.append(f"{'all':<24}{len(done):>6}{sum(kill.ok for kill in done):>8}")
    return "\n".join(lines)
