"""Earlier nights for the report's generator, in its own form: a line of JSON a run, each night a run of its own.

Results of several nights that are put together would be taken for retries.
"""

import json
import os
import shutil
from pathlib import Path

# Of earlier runs: what a page shows of each test, and what it holds.
NIGHTS_MAX = 30
_SIZE_MAX = 64 * 1024 * 1024


def borrowed(history: Path, scratch: Path) -> Path:
    """A copy of the history to work on. What is no line of it, a torn one for instance, is left out: the generator
    makes no page for it."""
    copy = scratch / "history.jsonl"
    lines = []
    if history.is_file() and history.stat().st_size <= _SIZE_MAX:
        with history.open("rb") as file:
            lines = [line.strip() for line in file if _is_one(line)]
    copy.write_bytes(b"".join(line + b"\n" for line in lines[-NIGHTS_MAX:]))
    return copy


def given_back(copy: Path, history: Path) -> None:
    """The history with this run in it, whole or not at all."""
    fresh = history.with_name(f".{history.name}-{os.getpid()}")
    try:
        shutil.copyfile(copy, fresh)
        fresh.replace(history)
    finally:
        fresh.unlink(missing_ok=True)


def _is_one(line: bytes) -> bool:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and isinstance(document.get("testResults"), dict)
