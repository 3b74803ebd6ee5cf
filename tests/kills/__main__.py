"""`python -m tests.kills --kills 500`: kill the harness so often, and print what became of its lab."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from chaos import clock
from tests.kills.kills import HEALED_WITHIN_S, Kill, kills, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    options = parser.parse_args()

    def told(number: int, kill: Kill) -> None:
        if not kill.ok:
            sys.stdout.write(f"kill {number} ({kill.death}): {kill.healed_s:.2f} s, {kill.wrong}; {kill.last_words}\n")
        if number % 10 == 0:
            sys.stdout.write(f"{number} kills\n")
        sys.stdout.flush()

    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-kills-") as folder, clock.stopwatch() as elapsed_s:
        done = clock.run(kills(options.kills, options.seed, Path(folder), told), virtual=False)
        sys.stdout.write(f"{table(done)}\nin {elapsed_s():.0f} s; the limit is {HEALED_WITHIN_S:g} s for each\n")
    return 0 if all(kill.ok for kill in done) else 1


if __name__ == "__main__":
    sys.exit(main())
