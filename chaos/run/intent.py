"""What a run is asked for and is to play, on disk before anything is played: so that a run that broke off is known
again as one.

A journal that is missing does not say why. What the lab could not host is *unfit*; what the run never came to was not
judged, and whoever judges that run again must not take the one for the other. Nor does a journal say which clauses it
was played for: a run that is killed has no summary, and judging it again is about what it was asked for alone.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.errors import ChaosError, EvidenceError, Unfit
from chaos.redaction import KNOWN

FILE = "experiments.json"
"""In the run's folder."""

_SIZE_MAX = 1024 * 1024


class NotPlayed(EvidenceError):
    """A saved run holds no journal of an experiment. was_due: it was to be played there, and the run never came to it;
    else nobody had asked for it there, or nobody knows any more."""

    def __init__(self, words: str, *, was_due: bool) -> None:
        super().__init__(words)
        self.was_due = was_due


@dataclass(frozen=True, slots=True)
class Intent:
    """due: names of the experiments that are to be played. left_out: those that are not, although somebody asked for
    them: the lab cannot host them, or preflight spoke against every clause that they are for; name → reason. asked: the
    clauses that are to be judged; none where nobody knows any more."""

    due: tuple[str, ...] = ()
    left_out: Mapping[str, str] | None = None
    asked: tuple[str, ...] = ()

    def missing(self, name: str, run: Path) -> ChaosError:
        """Why that run holds no journal of this experiment."""
        if self.left_out and name in self.left_out:
            return Unfit(self.left_out[name])
        held = f"{run} holds no journal of {name}: it was"
        if name in self.due:
            return NotPlayed(f"{held} to be played in that run, which ended before; play it again", was_due=True)
        return NotPlayed(f"{held} not played in that run", was_due=False)


def intended(names: Iterable[str], left_out: Mapping[str, str], asked: Iterable[str]) -> Intent:
    """Of what is asked for; what is left out is not due."""
    due = tuple(name for name in dict.fromkeys(names) if name not in left_out)
    return Intent(due, dict(left_out), tuple(dict.fromkeys(asked)))


def write_intent(intent: Intent, folder: Path) -> None:
    """Whole or not at all. Raises OSError."""
    told = {name: KNOWN.told(reason) for name, reason in (intent.left_out or {}).items()}
    path = folder / FILE
    unfinished = path.with_name(path.name + ".new")
    document = {"asked": list(intent.asked), "due": list(intent.due), "left_out": told}
    unfinished.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_intent(folder: Path) -> Intent:
    """Of a saved run. Nothing is due in one that has no such file, or one that cannot be read: earlier releases'."""
    try:
        path = folder / FILE
        document = (
            json.loads(path.read_text(encoding="utf-8")) if path.is_file() and path.stat().st_size <= _SIZE_MAX else {}
        )
        due, left_out, asked = document["due"], document["left_out"], document.get("asked", ())
        return Intent(
            tuple(str(name) for name in due),
            {str(name): str(why) for name, why in left_out.items()},
            tuple(str(clause) for clause in asked),
        )
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return Intent()
