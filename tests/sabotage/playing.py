"""Plays the suites on the sound mock under one saboteur at a time, and says what came of it."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.run.exits import EXIT_INCONCLUSIVE, EXIT_NOT_RESTORED
from tests.sabotage.saboteurs import Saboteur
from tests.wall.forks import FOREIGN, OURS, Ended, Job, run_all, warm
from tests.wall.playing import MOCK, ROOT

# A run whose steady state does not come back waits for it again and again, in virtual time.
PATIENCE_S = 300.0
_WRONG = ("HELD", "VIOLATED")
# What cannot cut or close cannot put a lab back either, and says so.
_SEEN_THROUGH = (EXIT_INCONCLUSIVE, EXIT_NOT_RESTORED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """status: the command's, None if its time was over. verdicts, reasons: by clause."""

    saboteur: Saboteur
    status: int | None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    wall_s: float = 0.0

    @property
    def believed(self) -> tuple[str, ...]:
        """Clauses that rest on what was broken and were judged all the same, and any that blames the mock."""
        wrong = [one for one in self.saboteur.rests if self.verdicts.get(one) in _WRONG]
        wrong += [one for one, verdict in self.verdicts.items() if verdict == "VIOLATED" and one not in wrong]
        return tuple(f"{one} {self.verdicts[one]}" for one in wrong)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is not as it should be, in words; empty if this saboteur was seen through."""
        found = list(self.believed)
        found += [f"{one} has no verdict" for one in self.saboteur.rests if one not in self.verdicts]
        found += [f"{one} gives no reason" for one in self.saboteur.rests if not self.reasons.get(one, "x")]
        if self.saboteur.rests and self.status not in _SEEN_THROUGH:
            found.append(f"exit status {self.status}")
        if "Traceback" in self.said:
            found.append("a traceback")
        return tuple(found)


def play(saboteurs: Sequence[Saboteur], root: Path, *, at_once: int, keep: bool = False) -> Iterator[Outcome]:
    """Each in a process of its own, in the order in which they end. keep: their folders stay."""
    warm((*FOREIGN, *OURS))
    by_name = {one.name: one for one in saboteurs}
    jobs = [_job(one, root / str(n)) for n, one in enumerate(saboteurs)]
    for ended in run_all(jobs, at_once=at_once, within_s=PATIENCE_S):
        yield _outcome(ended, by_name[ended.job.name])
        if not keep:
            shutil.rmtree(ended.job.folder, ignore_errors=True)


def _job(saboteur: Saboteur, folder: Path) -> Job:
    places = ("-i", MOCK, "--no-page", "--folder", str(folder / "run"))
    return Job(saboteur.name, ("run", *saboteur.rests, *saboteur.plays, *places), ROOT, folder, saboteur.made)


def _outcome(ended: Ended, saboteur: Saboteur) -> Outcome:
    path = ended.job.folder / "run" / "summary.json"
    if not path.exists():
        return Outcome(saboteur, ended.status, said=ended.said, wall_s=ended.wall_s)
    rows = json.loads(path.read_text(encoding="utf-8"))["clauses"]
    judged = [row for row in rows if row["verdict"] != "NOT RUN"]
    return Outcome(
        saboteur,
        ended.status,
        {row["id"]: row["verdict"] for row in judged},
        {row["id"]: row.get("reason") or "" for row in judged},
        ended.said,
        ended.wall_s,
    )
