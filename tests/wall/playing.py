"""Plays breaks and lawful variants against the suites, each in a process of its own, and says what came of it."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import yaml

from chaos.mock.defects import parse_break
from tests.wall.forks import FOREIGN, OURS, Ended, Job, run_all, warm

ROOT = Path(__file__).parents[2]
MOCK = "inventories/mock.yaml"
FAMILIES = ("CTI", "AWDB", "CLIENT", "DESKTOP", "IPPA")
# A clause on the mock takes some five seconds of a free machine; whoever takes so much longer hangs.
PATIENCE_S = 300.0
CRASHED = "CRASHED"
"""Instead of a verdict: the run left no clause map behind."""

LAWFUL: Mapping[str, str] = MappingProxyType(
    {
        "after a gap, the latest state is told": "{told_after_gap: everything}",
        "two seconds between OUT_OF_SERVICE and the first attempt": "{dial_pause_s: 2}",
        "45 s between a CTI session and IN_SERVICE": "{loading_s: 45}",
        "140 s between a CTI session and IN_SERVICE": "{loading_s: 140}",
        "a request tries both AWDBs": "{awdb_attempts: 2}",
        "each answer of REST takes 60 ms, each event 0.3 s": "{answer_s: 0.06, tell_s: 0.3}",
        "9 s before each attempt at a CTI side": "{dial_pause_s: 9, retry_pause_s: 9}",
        "documents, events and HTTP are spelled otherwise": "{spelling: other}",
        "each item of an event is delivered twice": "{delivered: twice}",
        "each question to the AWDB has a connection of its own": "{awdb_connection: each question}",
        "the XMPP library waits 1, 2 and 8 s before its attempts": "{library_pauses_s: [1, 2, 8]}",
        "a gadget in each desktop asks for SystemInfo and the calls every 7 s": "{gadgets_s: 7}",
        "the IP Phone Agent polls for the first time 3 s after OUT_OF_SERVICE": "{phone_first_try_s: 3}",
    }
)
"""What a sound product is free to do, as `mock.variants` in an inventory."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the suites said. name: of the break, or of the variant. verdicts: by clause. why: what was said of it.
    shown: did the break show, or was it never given the occasion?"""

    name: str
    verdicts: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    wall_s: float = 0.0
    shown: bool = False

    def own(self) -> str:
        """What the clause that the break breaks came to."""
        return self.verdicts.get(parse_break(self.name).defect.clause, CRASHED)

    def noticed(self) -> list[str]:
        """Clauses that are not HELD, in words."""
        return [f"{clause} {verdict}" for clause, verdict in self.verdicts.items() if verdict != "HELD"]


def play_breaks(texts: Sequence[str], root: Path, *, at_once: int, families: bool = False) -> Iterator[Outcome]:
    """Play each break against its own clause, or against its whole family."""
    jobs = []
    for number, text in enumerate(texts):
        clause = parse_break(text).defect.clause
        what = clause.partition("-")[0] if families else clause
        jobs.append(_job(text, root / str(number), what, "--mock-defect", text))
    return _outcomes(jobs, at_once)


def play_lawful(names: Iterable[str], root: Path, *, at_once: int) -> Iterator[Outcome]:
    """Play the sound mock as each of these variants."""
    text = (ROOT / MOCK).read_text(encoding="utf-8")
    jobs = []
    for number, name in enumerate(names):
        folder = root / f"lawful-{number}"
        folder.mkdir(parents=True)
        inventory = folder / "mock.yaml"
        inventory.write_text(_with_variants(text, LAWFUL[name]), encoding="utf-8")
        jobs.append(_job(name, folder, *FAMILIES, inventory=str(inventory)))
    return _outcomes(jobs, at_once)


def play_clean(times: int, root: Path, *, at_once: int) -> Iterator[Outcome]:
    """Play the sound mock so often, each time with a seed of its own."""
    return _outcomes([_job(f"clean {n}", root / f"clean-{n}", *FAMILIES) for n in range(times)], at_once)


def _with_variants(inventory: str, variants: str) -> str:
    """The inventory, with these variants (YAML) of its mock."""
    lab = yaml.safe_load(inventory)
    lab["mock"]["variants"] = yaml.safe_load(variants)
    return str(yaml.safe_dump(lab, sort_keys=False))


def _job(name: str, folder: Path, *arguments: str, inventory: str = MOCK) -> Job:
    places = ("-i", inventory, "--no-page", "--folder", str(folder / "run"))
    return Job(name, ("run", *arguments, *places), ROOT, folder)


def _outcomes(jobs: Sequence[Job], at_once: int) -> Iterator[Outcome]:
    warm((*FOREIGN, *OURS))
    for ended in run_all(jobs, at_once=at_once, within_s=PATIENCE_S):
        yield _outcome(ended)
        shutil.rmtree(ended.job.folder, ignore_errors=True)


def _outcome(ended: Ended) -> Outcome:
    path = ended.job.folder / "run" / "summary.json"
    if not path.exists():
        last = ended.said.strip().splitlines()[-1:] or ["it said nothing"]
        why = "its time was over" if ended.status is None else last[0]
        return Outcome(ended.job.name, {}, why, ended.wall_s, ended.shown)
    rows = json.loads(path.read_text(encoding="utf-8"))["clauses"]
    judged = {row["id"]: row["verdict"] for row in rows if row["verdict"] != "NOT RUN"}
    reasons = [row["reason"] for row in rows if row["verdict"] not in ("HELD", "NOT RUN") and row.get("reason")]
    return Outcome(ended.job.name, judged, "; ".join(reasons), ended.wall_s, ended.shown)
