"""`scripts/drifts`: how often a drift is flagged where nothing has changed, and how soon one of 5 % where it has.

Each comparison is as `finesse-chaos compare` makes it, of the nights up to one. Labs are made up: how much a whole
night is off, how much each figure scatters, hiccups, probes, what is missing.
"""

import argparse
import random
import statistics
import sys

from chaos.nights.drift import NEW_MAX, drifts
from chaos.nights.series import series_of
from tests.nights.labs import MadeLab, nights

LABS = {
    "calm: nights ±0.5 %, figures ±3 %": MadeLab(night=0.005, each=0.03),
    "usual: nights ±1 %, figures ±5 %": MadeLab(),
    "noisy: nights ±1.5 %, figures ±15 %, hiccups": MadeLab(night=0.015, each=0.15, hiccups=0.05),
    "rough: nights ±2.5 %, figures ±20 %, hiccups": MadeLab(night=0.025, each=0.2, hiccups=0.05),
}
OLD = 20


def false_flags(lab: MadeLab, times: int, seed: int) -> int:
    """In how many comparisons of nights that are all alike something is flagged."""
    rng = random.Random(seed)
    return sum(bool(drifts(series_of(some), len(some)).found) for some in _alike(lab, rng, times))


def _alike(lab: MadeLab, rng: random.Random, times: int):  # type: ignore[no-untyped-def]
    for _ in range(times):
        yield nights(lab, rng, OLD + NEW_MAX)


def flagged_after(lab: MadeLab, rng: random.Random, slower: float) -> int | None:
    """The first night, counted from where everything got slower, whose comparison flags it; None: not within ten."""
    some = nights(lab, rng, OLD + NEW_MAX, [slower] * NEW_MAX)
    for new in range(1, NEW_MAX + 1):
        upto = some[: OLD + new]
        if any(drift.change > 0 for drift in drifts(series_of(upto), len(upto)).found):
            return new
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alike", type=int, default=1000, help="comparisons of nights that are alike, for each lab")
    parser.add_argument("--slower", type=int, default=100, help="labs that become 5 %% slower, of each kind")
    parser.add_argument("--seed", type=int, default=20261128)
    asked = parser.parse_args()
    for name, lab in LABS.items():
        false = false_flags(lab, asked.alike, asked.seed)
        rng = random.Random(asked.seed + 1)
        when = [flagged_after(lab, rng, 0.05) for _ in range(asked.slower)]
        seen = [night for night in when if night is not None]
        middle = f", in the middle after {statistics.median(seen):g}" if seen else ""
        sys.stdout.write(
            f"{name}: {false} of {asked.alike} comparisons flag what is not there; "
            f"5 % slower is flagged within {NEW_MAX} nights in {len(seen)} of {asked.slower}{middle}\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
