"""One play of a seed in a process of its own, and the first difference between the journals of two."""

import os
import re
import subprocess
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
_DATE = re.compile(rb'"started":"[^"]*"')
_LIMIT_S = 1800.0


def play(
    python: str, inventory: str | Path, clauses: Sequence[str], seed: int, folder: Path, *, hash_seed: int
) -> str | None:
    """Play and judge; None if every clause HELD, else the end of what the run said. A long run's two labs take turns or
    are played side by side, as the hashes are odd or even."""
    ended = subprocess.run(
        [
            *(python, "-m", "chaos", "run", *clauses, "-i", str(inventory)),
            *("--seed", str(seed), "--folder", str(folder), "--no-page", "--processes", str(1 + hash_seed % 2)),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    if ended.returncode == 0:
        return None
    return f"exit status {ended.returncode}\n{ended.stdout[-6000:]}{ended.stderr[-2000:]}"


def difference(one: Path, other: Path) -> str | None:
    """Where the journals of two runs first differ but for the date, with the lines before; None: nowhere."""
    played = [path for folder in (one, other) for path in (folder / "journals").iterdir()]
    # In the order of playing: what differs in one journal differs in all that come after.
    for name in dict.fromkeys(path.name for path in sorted(played, key=lambda path: path.stat().st_mtime_ns)):
        lines, others = (_lines(folder / "journals" / name) for folder in (one, other))
        for number, (line, another) in enumerate(zip_longest(lines, others, fillvalue=b"(no line)")):
            if line != another:
                before = [text.decode() for text in lines[max(0, number - 2) : number]]
                return "\n".join([f"{name}:{number + 1}", *before, f"- {line.decode()}", f"+ {another.decode()}"])
    return None


def _lines(journal: Path) -> list[bytes]:
    return _DATE.sub(b"", journal.read_bytes(), count=1).splitlines() if journal.exists() else []
