"""The harness that is killed: it guards the lab as a run does, then breaks things by real faults until it dies.

Forked by `tests.kills.nursery`. It waits for "go" on its standard input, says "guarded PID" (of its reaper) once it may
change something, and then what it does. SIGTERM ends it as it ends a run: it rolls back and leaves in good order. With
"go SECONDS" it ends by `os._exit` so long after it was guarded.
"""

import asyncio
import os
import signal
import sys
from random import Random

from chaos import clock
from chaos.clock import now
from chaos.experiment.lab import Lab
from chaos.experiment.waiting import JournalUntil
from chaos.faults.base import Fault, Field
from chaos.faults.broken_sessions import BrokenSessions
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.cut_link import CutLink
from chaos.faults.refused_sessions import RefusedSessions
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.silent_link import SilentLink
from chaos.faults.slow_awdb_link import SlowAwdbLink
from chaos.faults.slow_link import SlowLink
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_b_side import UnconfiguredBSide
from chaos.inventory import Inventory, load
from chaos.journal import Journal
from chaos.safety.guard import Guard

HARD_EXIT = 9
_PAUSE_S_MAX = 0.3
_FINESSE_SERVICES = ("Cisco Finesse Notification Service", "Cisco Finesse Tomcat")


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def link_faults(inventory: Inventory) -> list[Fault]:
    faults: list[Fault] = []
    for side in ("a", "b"):
        faults += [CutLink(side), SilentLink(side), SlowLink(side), BrokenSessions(side), RefusedSessions(side)]
        faults += [CutAwdbLink(side), SilentAwdbLink(side), SlowAwdbLink(side)]
    return [fault for fault in faults if fault.unfit(inventory) is None]


def service_faults(inventory: Inventory) -> list[Fault]:
    faults: list[Fault] = [StoppedDistributor("awdb.primary"), StoppedService("cti.b", "Cisco ICM * CG1B")]
    faults += [StoppedService(role, name) for role in ("publisher", "subscriber") for name in _FINESSE_SERVICES]
    return [fault for fault in faults if fault.unfit(inventory) is None]


async def harm(lab: Lab, dice: Random) -> None:
    """One experiment at random: links, services, both, or settings, again and again until somebody ends it."""
    field = _field(lab)
    links, services = link_faults(lab.inventory), service_faults(lab.inventory)
    kinds: list[list[Fault]] = [links, services, links + services, [UnconfiguredBSide()]]
    choice = dice.choices(kinds, [3, 2, 3, 2])[0]
    if choice[0] in links:
        say("placing links")
        await lab.place_links()
    while True:
        fault = dice.choice(choice)
        say(f"injecting {fault.name}")
        try:
            await fault.inject(field)
            await asyncio.sleep(dice.uniform(0.0, _PAUSE_S_MAX))
        finally:
            say(f"rolling back {fault.name}")
            await fault.rollback(field)


def _field(lab: Lab) -> Field:
    journal = lab.journal = Journal(None, now, redactor=lab.redactor())
    return Field(
        inventory=lab.inventory,
        journal=journal,
        links=lab.links,
        awdb=lab.awdb,
        heartbeat_interval_s=lab.heartbeat_interval_s,
        until=JournalUntil(journal),
        admin=lab.admin,
        consoles=lab.consoles,
        undo=lab.undo,
    )


async def live(inventory: Inventory, dice: Random, hard_exit_after_s: float | None) -> None:
    guard = Guard(inventory, os.environ, say)
    await guard.open()
    assert guard.reaper is not None
    say(f"guarded {guard.reaper.pid}")
    if hard_exit_after_s is not None:
        asyncio.get_running_loop().call_later(hard_exit_after_s, os._exit, HARD_EXIT)
    try:
        lab = Lab(inventory, os.environ, undo=guard.undo)
        try:
            await lab.reach()
            await harm(lab, dice)
        finally:
            await lab.close()
    finally:
        await guard.close()


async def until_told(work: asyncio.Task[None]) -> int:
    """0 if SIGTERM ended it and everything was rolled back."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return 0
    return 1


def main(inventory: str, seed: int) -> int:
    loaded = load(inventory)
    told = sys.stdin.readline().split()
    if not told:
        return 0  # nobody needs us any more
    hard_exit_after_s = float(told[1]) if len(told) > 1 else None

    async def begin() -> int:
        return await until_told(asyncio.ensure_future(live(loaded, Random(seed), hard_exit_after_s)))

    return clock.run(begin(), virtual=False)
