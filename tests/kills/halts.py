"""Halting runs at random moments by Ctrl-C or SIGTERM, and looking when the lab is as it was found, and with what
status the run leaves: on the built-in mock, which ends with the run, and on a lab in another process.

    python -m tests.kills.halts --halts 500
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from random import Random

from chaos import clock
from chaos.clock import now
from chaos.run.exits import EXIT_INTERRUPTED, EXIT_NOT_RESTORED
from chaos.safety.mark import PREFIX
from tests.kills.lab import Look, WatchedLab, watched_lab
from tests.kills.newborn import Newborn, Nursery, nursery

ROOT = Path(__file__).parents[2]
HEALTHY_WITHIN_S = 2.0
_LAB_S, _MOCK_S = 45.0, 12.0
_PATIENCE_S = 60.0
_TWICE_PERCENT = 15
# Clauses whose experiments break different things: links, sessions, services, settings.
_CLAUSES = ("CTI-01", "CTI-02", "CTI-04", "CTI-05", "CTI-08", "CTI-11", "AWDB-01", "AWDB-05", "AWDB-07", "AWDB-10")
# Whoever is told before the first line of ours runs dies as Python does.
_ROLLED_BACK = ("rolled back:", "nothing had been injected yet", "leaving the lab")
_UNBORN = (-signal.SIGINT, -signal.SIGTERM)


class Where(StrEnum):
    MOCK = "built-in mock"
    LAB = "lab in another process"
    TWICE = "lab, told twice"


@dataclass(frozen=True, slots=True)
class Halt:
    """One halt. healthy_s: from the signal until the lab was as it was found, of the built-in mock until the run said
    that it had rolled back; exit_s: until the run was gone."""

    where: Where
    number: str
    after_s: float
    healthy_s: float
    exit_s: float
    status: int
    wrong: tuple[str, ...]


async def halt(at: Nursery, lab: WatchedLab, found: Look, where: Where, dice: Random, folder: Path) -> Halt:
    """Start a run, tell it to stop at a random moment, and look."""
    inventory = "mock" if where is Where.MOCK else str(lab.inventory_path)
    what = [] if where is Where.MOCK else dice.sample(_CLAUSES, 2)
    arguments = ["run", *what, "-i", inventory, "--folder", str(folder), "--no-page"]
    arguments += ["--seed", str(dice.randrange(2**32))]
    after_s = dice.uniform(0.0, _MOCK_S if where is Where.MOCK else _LAB_S)
    number = dice.choice((signal.SIGINT, signal.SIGTERM))
    run = await at.born("run", arguments, {**lab.env, "PYTHONUNBUFFERED": "1"})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(after_s):
            await run.gone()
    has_ended = run.ended is not None
    told_s = now()
    run.kill(number)
    looking = asyncio.create_task(_healthy_at(lab, found))
    if where is Where.TWICE:
        await asyncio.sleep(dice.uniform(0.35, 1.0))
        run.kill(dice.choice((signal.SIGINT, signal.SIGTERM)))
    status = await run.gone()
    exit_s = now() - told_s
    healthy_at_s = _rolled_back_at(run, told_s) if where is Where.MOCK else await looking
    looking.cancel()
    wrong = _wrong(run, where, status, has_ended, folder)
    if healthy_at_s is None:
        wrong += (await lab.look()).differs_from(found)
    healthy_s = (healthy_at_s or now()) - told_s
    return Halt(where, number.name, round(after_s, 2), healthy_s, exit_s, status, tuple(wrong))


def _rolled_back_at(run: Newborn, told_s: float) -> float:
    """When it said so, at the latest when it was gone."""
    lines = zip(run.said_s, run.said, strict=True)
    return next((at_s for at_s, line in lines if at_s >= told_s and any(word in line for word in _ROLLED_BACK)), now())


def _wrong(run: Newborn, where: Where, status: int, has_ended: bool, folder: Path) -> list[str]:
    said = "\n".join(run.said)
    right = {EXIT_INTERRUPTED, EXIT_NOT_RESTORED} if where is Where.TWICE else {EXIT_INTERRUPTED}
    wrong = []
    if status not in right and not has_ended and status not in _UNBORN:
        wrong.append(f"status {status}")
    if "Traceback" in said or "!!!" in said or "_pytest" in said:
        wrong.append("what no user should see")
    if "opening lab" in said and where is not Where.TWICE and not (folder / "summary.json").exists():
        wrong.append("no summary")
    return [f"{one}; it said: {said[-1500:]}" for one in wrong]


async def _healthy_at(lab: WatchedLab, found: Look) -> float | None:
    """When everything was as it was found, and stayed so for a moment; None if it was not."""
    until_s, since_s = now() + _PATIENCE_S, None
    while now() < until_s:
        if _without_marks(await lab.look()).differs_from(found):
            since_s = None
        elif since_s is None:
            since_s = now()
        elif now() - since_s > 1.0:
            return since_s
        await asyncio.sleep(0.03)
    return None


def _without_marks(look: Look) -> Look:
    """Our own mark says that we are still there, and changes nothing."""
    if PREFIX.encode() not in look.proxies:
        return look
    shown = {name: proxy for name, proxy in json.loads(look.proxies).items() if not name.startswith(PREFIX)}
    return Look(json.dumps(shown, separators=(",", ":")).encode(), look.services, look.config)


async def _left_after(lab: WatchedLab, found: Look) -> list[str]:
    """What is still changed when a reaper has had its time too; our own mark counts as well."""
    until_s = now() + _PATIENCE_S
    while (left := (await lab.look()).differs_from(found)) and now() < until_s:  # noqa: ASYNC110 – others heal it
        await asyncio.sleep(0.1)
    return left


async def halts(count: int, seed: int, folder: Path, told: Callable[[Halt], None]) -> list[Halt]:
    """So many halts of runs of one lab in that folder, and of the mock, one after the other."""
    dice = Random(seed)
    done: list[Halt] = []
    async with nursery(folder) as at, watched_lab(folder, os.environ) as lab:
        found = await lab.look()
        for number in range(count):
            kind = Where.MOCK if number % 2 else Where.TWICE if dice.randrange(100) < _TWICE_PERCENT else Where.LAB
            one = await halt(at, lab, found, kind, dice, folder / f"run-{number}")
            left = await _left_after(lab, found)
            if left:
                one = replace(one, wrong=(*one.wrong, *left))
            done.append(one)
            told(one)
            await lab.until_in_service(_PATIENCE_S)
            if left:
                break  # the next one would begin in a broken lab
    return done


async def several_labs(count: int, labs: int, seed: int, folder: Path, told: Callable[[Halt], None]) -> None:
    """Each lab in a process of its own."""

    async def one_lab(share: int, lab_seed: int) -> None:
        place = folder / str(lab_seed)
        place.mkdir()
        with (place / "stderr").open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.kills.halts", "--one-lab", str(place)),
                *("--halts", str(share), "--seed", str(lab_seed)),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
            )
        assert process.stdout is not None
        async for line in process.stdout:
            fields = json.loads(line)
            told(Halt(**{**fields, "where": Where(fields["where"]), "wrong": tuple(fields["wrong"])}))
        if await process.wait():
            raise RuntimeError((place / "stderr").read_text()[-2000:])

    shares = [count // labs + (number < count % labs) for number in range(labs)]
    await asyncio.gather(*(one_lab(share, seed + n) for n, share in enumerate(shares)))


def table(done: Sequence[Halt]) -> str:
    """Figures by where the run was."""
    lines = [
        f"{'where':<26}{'halts':>6}{'right':>7}   s until healthy: median, 99 %, worst   s until gone: median, worst"
    ]
    for where in Where:
        of = [one for one in done if one.where is where]
        if not of:
            continue
        healthy, gone = sorted(one.healthy_s for one in of), sorted(one.exit_s for one in of)
        lines.append(
            f"{where:<26}{len(of):>6}{sum(not one.wrong for one in of):>7}   {statistics.median(healthy):.2f}  "
            f"{healthy[min(len(of) - 1, int(len(of) * 0.99))]:.2f}  {healthy[-1]:.2f}   "
            f"{statistics.median(gone):.2f}  {gone[-1]:.2f}"
        )
    lines.append(f"{'all':<26}{len(done):>6}{sum(not one.wrong for one in done):>7}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/halts", description=__doc__)
    parser.add_argument("--halts", type=int, default=500)
    parser.add_argument("--labs", type=int, default=4, help="how many labs at the same time")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--one-lab", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    done: list[Halt] = []

    def in_json(one: Halt) -> None:
        sys.stdout.write(json.dumps(asdict(one)) + "\n")
        sys.stdout.flush()

    def told(one: Halt) -> None:
        done.append(one)
        if one.wrong:
            sys.stdout.write(f"halt {one.number} after {one.after_s} s ({one.where}): {one.wrong}\n")
        if len(done) % 20 == 0:
            sys.stdout.write(f"{len(done)} halts\n")
        sys.stdout.flush()

    if options.one_lab is not None:
        clock.run(halts(options.halts, options.seed, options.one_lab, in_json), virtual=False)
        return 0
    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-halts-") as folder, clock.stopwatch() as elapsed_s:
        clock.run(several_labs(options.halts, options.labs, options.seed, Path(folder), told), virtual=False)
        sys.stdout.write(f"{table(done)}\nin {elapsed_s():.0f} s; healthy within {HEALTHY_WITHIN_S:g} s is wanted\n")
    return 0 if len(done) == options.halts and not any(one.wrong for one in done) else 1


if __name__ == "__main__":
    sys.exit(main())
