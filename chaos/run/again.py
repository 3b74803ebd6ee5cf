"""How a run is played again as it was played: one command."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from chaos.run.intent import read_intent
from chaos.run.options import RunOptions
from chaos.verdicts import CLAUSES

_SUMMARY = "summary.json"
_SIZE_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Replay:
    """arguments: of `finesse-chaos run`, without clauses. seeded: the mock's defects among them. saved: the run
    that was judged again, if nothing but its journals is known."""

    arguments: tuple[str, ...] = ()
    seeded: tuple[str, ...] = ()
    saved: Path | None = None

    def command(self, *clauses: str) -> str:
        """One line for a shell, which plays these clauses again; or judges them again where no more is known."""
        if self.arguments:
            return shlex.join(["finesse-chaos", "run", *clauses, *self.arguments])
        return shlex.join(["finesse-chaos", "rejudge", str(self.saved), *clauses])


def replay_of(options: RunOptions) -> Replay:
    """Of a run that is judged again: as its own summary has it."""
    if options.rejudge is not None:
        return _as_saved(options.rejudge)
    words = ["-i", options.inventory_name, "--seed", str(options.seed)]
    words += [word for defect in options.defects for word in ("--mock-defect", defect)]
    words += ["--real-time"] if options.real_time else []
    words += ["--loop", options.loop] if options.loop != "asyncio" else []
    words += ["--no-faults"] if options.faults_do_nothing else []
    return Replay(tuple(words), tuple(options.defects))


def judged_in(folder: Path) -> tuple[str, ...]:
    """The clauses that a saved run was asked for: those that its summary has; one that was killed before it had one put
    them on disk before it began (`chaos.run.intent`). None of them if neither can be read: then nobody knows."""
    document = _summary(folder)
    rows = document.get("clauses") if isinstance(document, dict) else None
    found = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    known = {clause.id for clause in CLAUSES}
    judged = tuple(one for one in found if isinstance(one, str) and one in known)
    return judged or tuple(one for one in read_intent(folder).asked if one in known)


def _as_saved(folder: Path) -> Replay:
    document = _summary(folder)
    return Replay(_words(document, "replay"), _words(document, "seeded"), folder)


def _summary(folder: Path) -> object:
    """One that is not there, or is of an older release, is no trouble: the journals are what counts."""
    try:
        path = folder / _SUMMARY
        if path.is_file() and path.stat().st_size <= _SIZE_MAX:
            return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        pass
    return {}


def _words(document: object, name: str) -> tuple[str, ...]:
    value = document.get(name) if isinstance(document, dict) else None
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()
