"""All defects against all clauses, and many runs in a row: longer than a test may take.

    python -m tests.suites.matrix [--family CTI|AWDB] [--at-once N] [--only DEFECT …] [--repeat N]

Prints a row for each defect: which clauses' tests call the mock with that defect VIOLATED (V), and which cannot judge
it (i). Ends with status 1 if a defect is not caught by its own clause, or if a clause has no defect that it alone
catches. `--repeat N` plays the clean mock N times instead, and compares the verdicts.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chaos.mock.defects import Defect
from chaos.verdicts import CLAUSES
from tests.suites.runs import Ran, play

FAMILIES = ("CTI", "AWDB")
_LETTERS = {"HELD": ".", "VIOLATED": "V", "INCONCLUSIVE": "i", "UNFIT": "u", "NOT RUN": "-"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--family", choices=FAMILIES, default="CTI")
    parser.add_argument("--only", nargs="+", metavar="DEFECT", choices=[defect.value for defect in Defect], default=[])
    parser.add_argument("--repeat", type=int)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-matrix-") as root:
        if wanted.repeat:
            return repeated(wanted.repeat, Path(root), wanted.at_once)
        only = [defect for defect in Defect if defect.value in wanted.only]
        return matrix(wanted.family, only or _of(wanted.family), Path(root), wanted.at_once)


def _of(family: str) -> list[Defect]:
    return [defect for defect in Defect if defect.clause.startswith(family + "-")]


def repeated(times: int, root: Path, at_once: int) -> int:
    """Play the clean mock so often; 1 if two runs differ in the verdict of any test."""
    with ThreadPoolExecutor(at_once) as pool:
        runs = list(pool.map(lambda number: play(*FAMILIES, folder=root / str(number)), range(times)))
    different = {tuple(sorted(run.details().items())) for run in runs}
    for run in runs:
        _say(f"{run.folder.name:4}{run.status:3}{run.summary()['seed']:12}  {' '.join(run.verdicts().values())}")
    _say(f"{times} runs, {len(different)} different outcome(s)")
    return 0 if len(different) == 1 and all(run.status == 0 for run in runs) else 1


def matrix(family: str, defects: list[Defect], root: Path, at_once: int) -> int:
    """Play the family once with each defect, and print who notices."""
    clauses = [clause.id for clause in CLAUSES if clause.family == family]
    _say(f"{'':28}{'own':8}" + " ".join(clause.partition("-")[2] for clause in clauses))
    found: dict[Defect, Mapping[str, str]] = {}
    with ThreadPoolExecutor(at_once) as pool:
        runs = pool.map(lambda defect: _with(family, defect, root), defects)
        for defect, run in zip(defects, runs, strict=True):
            found[defect] = run.verdicts()
            letters = [_LETTERS[found[defect].get(clause, "NOT RUN")] for clause in clauses]
            _say(f"{defect.value:28}{defect.clause:8}" + "  ".join(letters))
    missed = [defect for defect in defects if found[defect].get(defect.clause) != "VIOLATED"]
    shared = [clause for clause in clauses if clause in {one.clause for one in defects}]
    shared = [clause for clause in shared if not any(_alone(found[one], clause) for one in defects)]
    _say(f"not caught by their own clause: {', '.join(missed) or 'none'}")
    _say(f"clauses without a defect that they alone catch: {', '.join(shared) or 'none'}")
    return 1 if missed or shared else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _with(family: str, defect: Defect, root: Path) -> Ran:
    return play(family, "--mock-defect", defect.value, folder=root / defect.value)


def _alone(verdicts: Mapping[str, str], clause: str) -> bool:
    return [one for one, verdict in verdicts.items() if verdict == "VIOLATED"] == [clause]


if __name__ == "__main__":
    sys.exit(main())
