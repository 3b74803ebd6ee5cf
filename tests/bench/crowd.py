"""One lab with its crowd: what it costs to open it, and what a fail-over of everybody costs."""

import logging
import resource
import sys
import tempfile
from pathlib import Path

from chaos.experiment import Experiment, Stage
from chaos.history import History
from chaos.inventory import load
from chaos.run.options import RunOptions
from chaos.run.session import ChaosSession
from chaos.verdicts import Outcome, cti
from chaos.verdicts.ruling import judged
from suites.cti.losses import A_RESET

SEED = 1


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _largest_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


async def _nothing(stage: Stage) -> None:
    await stage.watch(stage.heartbeat_interval_s)


def crowd(inventory: Path) -> dict[str, object]:
    """Open it, have everybody sign in, play `a-reset` once, and judge it. Raises ChaosError."""
    logging.disable()  # a proxy says of each connection that it could not be made
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-bench-") as name:
        options = RunOptions(folder=Path(name), seed=SEED, inventory=load(inventory))
        session = ChaosSession(options)
        try:
            begun_s = _processor_s()
            session.timeline(Experiment("opening", "Everybody signs in", _nothing))
            opened_s = _processor_s()
            timeline = session.timeline(A_RESET)
            found = judged("CTI-05", cti.socket_failure_is_loss_at_once, [History(timeline)], [], {}, {})
            ended_s = _processor_s()
        finally:
            session.close()
    violated = sum(state.outcome == Outcome.VIOLATED for state in found.grid)
    return {
        "at_work": options.inventory.at_work if options.inventory else 0,
        "opened_s": round(opened_s - begun_s, 3),
        "experiment_s": round(ended_s - opened_s, 3),
        "largest_mb": round(_largest_mb(), 1),
        # The other kinds of losses are not played here.
        "verdict": f"{found.covered} cells HELD, {violated} VIOLATED",
    }
