"""Made-up labs, night after night: how long recoveries last, how they scatter, and from when on they are slower."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.report import RecoveryRow, Summary
from chaos.report.timings import LOADING, OUT_OF_SERVICE, STEADY_AGAIN

NODES = ("fin-a", "fin-b")


@dataclass(frozen=True)
class MadeLab:
    """night: how far a whole night is off, relative; each: one figure; hiccups: the part of figures that take half as
    long again; probe_s: what each is measured to; missing: the part of figures that a night lacks."""

    night: float = 0.01
    each: float = 0.05
    hiccups: float = 0.02
    probe_s: float = 1.0
    missing: float = 0.03
    experiments: int = 20


def nights(lab: MadeLab, rng: random.Random, count: int, slower: Sequence[float] = ()) -> list[Summary]:
    """So many nights; the last `len(slower)` of them take that much longer, 0.05 is 5 %."""
    true_s = {
        (what, f"e{n}", node): math.exp(rng.uniform(math.log(8), math.log(90)))
        for what in (OUT_OF_SERVICE, LOADING, STEADY_AGAIN)
        for n in range(lab.experiments)
        for node in (NODES if what != STEADY_AGAIN else ("",))
    }
    factors = [0.0] * (count - len(slower)) + list(slower)
    return [_night(lab, rng, true_s, 1 + factor) for factor in factors]


def _night(lab: MadeLab, rng: random.Random, true_s: dict[tuple[str, str, str], float], factor: float) -> Summary:
    whole = math.exp(rng.gauss(0, lab.night)) * factor
    rows = []
    for (what, experiment, node), middle_s in true_s.items():
        if rng.random() < lab.missing:
            continue
        took_s = middle_s * whole * math.exp(rng.gauss(0, lab.each)) * (1.5 if rng.random() < lab.hiccups else 1)
        lo_s = max(0.0, took_s - rng.uniform(0, lab.probe_s))
        rows.append(RecoveryRow(experiment, what, node, lo_s, lo_s + lab.probe_s, 1))
    return summary(recoveries=tuple(rows))


def summary(**given: object) -> Summary:
    """A night of the lab "made", with what is given."""
    fields: dict[str, object] = {
        "clauses": (),
        "seed": 1,
        "clock": "real",
        "lab_s": 1.0,
        "wall_s": 1.0,
        "lab": "made",
        "release": "12.6(2)",
        "started": "2026-01-01T00:00:00+00:00",
        "deployment": "lab",
        "nodes": NODES,
    }
    return Summary(**(fields | given))  # type: ignore[arg-type]
