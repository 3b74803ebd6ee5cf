"""`python -m tests.same --times 100 CTI`: play a seed so often; are all journals the same but for their dates?

Each play is a process of its own with another PYTHONHASHSEED. The first difference is printed, with the lines before
it. Exit status 1: they differ, or a play failed.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clock.labs import hogs
from tests.same.same import difference, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/same", description=__doc__)
    parser.add_argument("clauses", nargs="*", help="families or clauses (default: all)")
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=0, help="play so many seeds once each, and only look at verdicts")
    parser.add_argument("--inventory", default="inventories/mock.yaml")
    parser.add_argument("--hogs", type=int, default=0, help="so many processes beside it that only compute")
    parser.add_argument(
        "--python",
        action="append",
        help="a Python that has finesse-chaos; several take turns (default: this one)",
    )
    asked = parser.parse_args()
    pythons = asked.python or [sys.executable]
    with tempfile.TemporaryDirectory() as scratch, hogs(asked.hogs):
        if asked.seeds:
            return _verdicts(asked, pythons, Path(scratch))
        return _same(asked, pythons, Path(scratch))


def _same(asked: argparse.Namespace, pythons: list[str], scratch: Path) -> int:
    first: dict[str, Path] = {}
    differ = 0
    for number in range(1, asked.times + 1):
        python = pythons[(number - 1) % len(pythons)]
        folder = scratch / str(number)
        said = play(python, asked.inventory, asked.clauses, asked.seed, folder, hash_seed=number)
        if said is not None:
            _say(f"play {number} ({python}): {said}")
            return 1
        if python not in first:
            first[python] = folder
            continue
        found = difference(first[python], folder)
        differ += found is not None
        _say(f"play {number} ({python}): {found or 'the same'}")
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    _say(f"seed {asked.seed}: {asked.times - differ} of {asked.times} plays gave the same journals")
    return min(differ, 1)


def _verdicts(asked: argparse.Namespace, pythons: list[str], scratch: Path) -> int:
    failed = []
    for seed in range(asked.seed, asked.seed + asked.seeds):
        folder = scratch / str(seed)
        said = play(pythons[seed % len(pythons)], asked.inventory, asked.clauses, seed, folder, hash_seed=0)
        if said is not None:
            failed.append(seed)
            _say(f"seed {seed}: {said}")
        with contextlib.suppress(OSError):
            subprocess.run(["rm", "-rf", str(folder)], check=True)
    _say(f"{asked.seeds - len(failed)} of {asked.seeds} seeds kept every verdict; not {failed}")
    return min(len(failed), 1)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
