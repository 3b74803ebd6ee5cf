"""Nights: the last N runs stay, and each lab has a history that the report's own generator reads and writes."""

import contextlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

SUMMARY = "summary.json"
HISTORY = "history"
_GOING = ".going-"


def to_go(finished: Iterable[str], keep: int, own: str) -> list[str]:
    """Which of these runs' folders go so that `keep` stay, the newest and one's own among them. Pure.

    finished: names; what is no number is no run of ours.
    """
    numbered = sorted((name for name in finished if name.isdecimal()), key=int)
    others = [name for name in numbered if name != own]
    stay = keep - 1 if own in numbered else keep
    return others[: max(0, len(others) - stay)]


def keep_the_last(own: Path, keep: int) -> list[str]:
    """Take older runs beside this one away; what could not be, in words.

    A run that is going on has no summary yet, and stays; so does whatever is a link, or was put there by somebody else.
    """
    reports, trouble = own.parent, []
    finished = [
        path.name
        for path in reports.iterdir()
        if path.name.isdecimal() and not path.is_symlink() and (path / SUMMARY).is_file()
    ]
    left_over = [path for path in reports.glob(f"{_GOING}*") if path.is_dir() and not path.is_symlink()]
    for name in to_go(finished, keep, own.name):
        going = reports / f"{_GOING}{name}"
        try:
            # Renamed first: what was broken off in the middle must not be taken for a run.
            (reports / name).rename(going)
        except OSError as error:
            trouble.append(f"{reports / name} could not be taken away (--keep): {error.strerror or error}")
        else:
            left_over.append(going)
    for going in left_over:
        shutil.rmtree(going, ignore_errors=True)
        if going.exists():
            trouble.append(f"{going} could not be taken away (--keep): remove it by hand")
    return trouble


def history_of(own: Path, lab: str) -> Path | None:
    """Where that lab's history stands, beside its runs; None for a run in a folder of the user's own."""
    if not own.name.isdecimal():
        return None
    safe = re.sub(r"[^\w.-]", "_", lab).strip(".") or "lab"
    folder = own.parent / HISTORY
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder / f"{safe}.jsonl"
