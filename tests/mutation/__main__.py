"""`python -m tests.mutation N`: change one place of the mock's product code, play everything, and say what survived.

Every mutant is played in a process on a copy of the project; the working tree is never touched. Played are the families
whose clean run executes the changed line, one after the other, until one notices. A mutant is *caught* if a clause is
VIOLATED, *stopped* if none is and not all are HELD, or if the run broke down; else it has *survived*, and is to be
caught or explained in `explained.toml`.
"""

import argparse
import json
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.mutation.explained import explained, reason_for, unused
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.product import FAMILIES, MOCK, ROOT, executed, files, told
from tests.wall.forks import FOREIGN, Ended, Job, run_all, warm

RESULTS = ROOT / "reports" / "mutation.json"
UNEXPLAINED_AT_MOST = 5.0
# A family takes 5 to 25 s of a free machine; a mutant may keep it waiting for ever.
PATIENCE_S = 400.0
COPIED = ("chaos", "suites", "inventories")
CAUGHT, STOPPED, SURVIVED = "caught", "stopped", "survived"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("number", type=int, nargs="?", default=20, metavar="N", help="how many mutants (default: 20)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="which ones; it is printed")
    parser.add_argument("--file", help="only of files whose path contains this")
    parser.add_argument("--at-once", type=int, default=2, help="processes at once")
    parser.add_argument("--list", action="store_true", help="say which they are, and play none")
    wanted = parser.parse_args()
    began_s = time.monotonic()
    _say(f"seed {wanted.seed}")
    lines = {family: executed(family) for family in FAMILIES}
    every = [one for one in _all(lines) if not wanted.file or wanted.file in one.file]
    chosen = random.Random(wanted.seed).sample(every, min(wanted.number, len(every)))
    _say(f"{len(every)} mutants of lines that a clean run executes; {len(chosen)} are played")
    for reason in unused(explained(), _known()):
        _say(f"a reason for nothing that there is: {reason}")
    if wanted.list:
        for one in chosen:
            _say(f"  {one}")
        return 0
    unexplained = _play(chosen, lines, wanted.at_once)
    _say(f"in {time.monotonic() - began_s:.0f} s")
    return 0 if 100.0 * unexplained <= UNEXPLAINED_AT_MOST * len(chosen) else 1


def _all(lines: Mapping[str, Mapping[str, frozenset[int]]]) -> list[Mutant]:
    """Those of lines that are executed."""
    executed_somewhere = {(path, line) for by_file in lines.values() for path, seen in by_file.items() for line in seen}
    return [one for one in _known() if (one.file, one.line) in executed_somewhere]


def _known() -> list[Mutant]:
    of_breaks = told()
    return [one for path in files() for one in mutants((ROOT / path).read_bytes(), str(path), told=of_breaks)]


def _play(chosen: list[Mutant], lines: Mapping[str, Mapping[str, frozenset[int]]], at_once: int) -> int:
    """Play them; how many have survived without a reason."""
    reasons = explained()
    counts: Counter[str] = Counter()
    survivors: list[Mutant] = []
    known: dict[str, str] = {}
    for mutant, outcome, details in _played(chosen, lines, at_once):
        counts[outcome] += 1
        known[str(mutant)] = f"{outcome}: {details}"
        _say(f"{outcome:9} {mutant}  {details}".rstrip())
        if outcome == SURVIVED:
            survivors.append(mutant)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _say("")
    unexplained = 0
    for mutant in survivors:
        reason = reason_for(mutant, reasons)
        words = "unexplained" if reason is None else f"{'allowed' if reason.allowed else 'unseen'}: {reason.why}"
        _say(f"survivor: {mutant}\n    {words}")
        if reason is None:
            unexplained += 1
            _say(_entry(mutant))
    _say(
        f"{len(chosen)} mutants: {counts[CAUGHT]} caught, {counts[STOPPED]} stopped, {counts[SURVIVED]} survived, "
        f"{unexplained} of them unexplained ({100.0 * unexplained / max(1, len(chosen)):.1f} %)"
    )
    return unexplained


def _entry(mutant: Mutant) -> str:
    """What `explained.toml` would have of it, but for the reason."""
    names = {"file": mutant.file, "function": mutant.function, "was": mutant.was, "became": mutant.became}
    lines = [f"    {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in names.items()]
    return "\n".join(["    [[survivor]]", *lines, "    allowed = true", '    why = ""'])


def _played(
    chosen: list[Mutant], lines: Mapping[str, Mapping[str, frozenset[int]]], at_once: int
) -> Iterator[tuple[Mutant, str, str]]:
    warm(FOREIGN)
    if "chaos" in sys.modules:
        raise RuntimeError("the project itself was imported: every mutant would be played on the sound mock")
    families = {one: [family for family in FAMILIES if one.line in lines[family].get(one.file, ())] for one in chosen}
    found: dict[Mutant, list[tuple[str, str]]] = {one: [] for one in chosen}
    left = deque(chosen)
    by_job: dict[str, Mutant] = {}

    def ready(folder: Path) -> Iterator[Job]:
        while left:
            mutant = left.popleft()
            place = folder / str(len(by_job))
            places = ("-i", MOCK, "--no-page", "--processes", "1", "--folder", str(place / "run"))
            job = Job(place.name, ("run", families[mutant].pop(0), *places), place / "tree", place)
            by_job[job.name] = mutant
            yield _copied(job, mutant)

    with tempfile.TemporaryDirectory(prefix="finesse-chaos-mutation-") as folder:
        while left:  # again where one was put back while no other waited
            for ended in run_all(ready(Path(folder)), at_once=at_once, within_s=PATIENCE_S):
                mutant = by_job[ended.job.name]
                found[mutant].append(_outcome(ended))
                shutil.rmtree(ended.job.folder, ignore_errors=True)
                if found[mutant][-1][0] != CAUGHT and families[mutant]:
                    left.appendleft(mutant)
                else:
                    yield mutant, *_worst(found[mutant])


def _worst(outcomes: list[tuple[str, str]]) -> tuple[str, str]:
    """What all families together say."""
    worst = min((outcome for outcome, _ in outcomes), key=(CAUGHT, STOPPED, SURVIVED).index)
    return worst, "; ".join(details for outcome, details in outcomes if outcome == worst and details)


def _copied(job: Job, mutant: Mutant) -> Job:
    """The job, with its tree and the change in it. Compiled files go along: a source that is unchanged is known by its
    time and size."""
    for name in COPIED:
        shutil.copytree(ROOT / name, job.root / name, symlinks=True)
    changed = job.root / mutant.file
    changed.write_bytes(mutant.applied(changed.read_bytes()))
    return job


def _outcome(ended: Ended) -> tuple[str, str]:
    path = ended.job.folder / "run" / "summary.json"
    if not path.exists():
        last = ended.said.strip().splitlines()[-1:] or [""]
        return STOPPED, "its time was over" if ended.status is None else last[0][:200]
    rows = [row for row in json.loads(path.read_text(encoding="utf-8"))["clauses"] if row["verdict"] != "NOT RUN"]
    violated = [row["id"] for row in rows if row["verdict"] == "VIOLATED"]
    if violated:
        return CAUGHT, ", ".join(violated)
    doubtful = [row["id"] for row in rows if row["verdict"] != "HELD"]
    if doubtful or not rows or ended.status:
        return STOPPED, ", ".join(doubtful) or f"status {ended.status}"
    return SURVIVED, ""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
