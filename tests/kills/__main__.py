"""`python -m tests.kills --kills 1000`: kill the harness so often, and print what became of its labs."""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from chaos import clock
from tests.kills.kills import HEALED_WITHIN_S, Death, Kill, kills, table

ROOT = Path(__file__).parents[2]


def told(number: int, kill: Kill) -> None:
    if not kill.ok:
        sys.stdout.write(f"kill ({kill.death}): {kill.healed_s:.2f} s, {kill.wrong}; {kill.last_words}\n")
        sys.stdout.flush()


def in_json(number: int, kill: Kill) -> None:
    sys.stdout.write(json.dumps(asdict(kill)) + "\n")
    sys.stdout.flush()


async def one_lab(count: int, seed: int, folder: Path, done: list[Kill]) -> None:
    """So many kills in a process of their own, with a lab of their own; again from where one went wrong."""
    while count > 0:
        place = folder / str(seed)
        place.mkdir(parents=True)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kills", "--one-lab", str(place)),
            *("--kills", str(count), "--seed", str(seed)),
            stdout=asyncio.subprocess.PIPE,
            stderr=(errors := (place / "stderr").open("wb")),
            cwd=ROOT,
        )
        errors.close()
        assert process.stdout is not None
        before = count
        async for line in process.stdout:
            fields = json.loads(line)
            kill = Kill(**{**fields, "death": Death(fields["death"]), "wrong": tuple(fields["wrong"])})
            done.append(kill)
            told(len(done), kill)
            count -= 1
            if len(done) % 20 == 0:
                sys.stdout.write(f"{len(done)} kills, {sum(one.ok for one in done)} healed\n")
                sys.stdout.flush()
        if await process.wait() and count == before:
            raise RuntimeError(f"the lab with seed {seed} broke: {(place / 'stderr').read_text()[-2000:]}")
        seed += 1_000_003


async def several_labs(count: int, labs: int, seed: int, folder: Path) -> list[Kill]:
    done: list[Kill] = []
    shares = [count // labs + (number < count % labs) for number in range(labs)]
    await asyncio.gather(*(one_lab(share, seed + n, folder, done) for n, share in enumerate(shares)))
    return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--labs", type=int, default=3, help="how many labs at the same time")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--one-lab", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_lab is not None:
        clock.run(kills(options.kills, options.seed, options.one_lab, in_json), virtual=False)
        return 0
    sys.stdout.write(f"seed {options.seed}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-kills-") as folder, clock.stopwatch() as elapsed_s:
        done = clock.run(several_labs(options.kills, options.labs, options.seed, Path(folder)), virtual=False)
        sys.stdout.write(f"{table(done)}\nin {elapsed_s():.0f} s; the limit is {HEALED_WITHIN_S:g} s for each\n")
    return 0 if all(kill.ok for kill in done) else 1


if __name__ == "__main__":
    sys.exit(main())
