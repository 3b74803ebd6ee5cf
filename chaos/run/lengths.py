"""How long experiments take: as they did on this lab before, else as they did on the mock.

Most of an experiment's time is what the product's documents say, and so the mock's lab time is near a lab's.
`scripts/lengths` writes the table `lengths.json` beside the suites from a run of the mock.
"""

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.errors import UsageError
from chaos.inventory import Inventory
from chaos.nights.saved import SUMMARY, saved_run
from chaos.report import Summary
from chaos.run.shares import shares

TABLE = "lengths.json"
# So many of a lab's last runs tell how long it takes.
_RUNS_MAX = 5


@dataclass(frozen=True)
class Length:
    """lab_s: of the lab's clock. waited_s: what whoever waits waits for. runs: of this lab, from which that is known;
    0: from the mock."""

    lab_s: float
    waited_s: float
    runs: int


def lengths_for(inventory: Inventory, suites: Path, reports: Path, *, virtual: bool) -> dict[str, Length]:
    """Experiments by name; one that was never played anywhere is left out."""
    table = _table(suites / TABLE)
    known = {name: Length(lab_s, wall_s if virtual else lab_s, 0) for name, (lab_s, wall_s) in table.items()}
    clock = "virtual" if virtual else "real"
    earlier = [run for run in _earlier(reports) if (run.lab, run.clock, run.seeded) == (inventory.name, clock, ())]
    return known | measured(earlier[:_RUNS_MAX])


def measured(runs: Sequence[Summary]) -> dict[str, Length]:
    """As they were in these runs: the median of each. Pure."""
    seen: dict[str, list[tuple[float, float]]] = {}
    for run in runs:
        for one in run.played:
            seen.setdefault(one.experiment, []).append((one.lab_s, one.wall_s))
    found = {}
    for name, some in seen.items():
        lab_s, wall_s = (statistics.median(column) for column in zip(*some, strict=True))
        found[name] = Length(lab_s, wall_s, len(some))
    return found


def _earlier(reports: Path) -> Iterable[Summary]:
    """The newest first; what cannot be read is no reason not to play."""
    try:
        numbered = [path for path in reports.iterdir() if path.name.isdecimal() and (path / SUMMARY).is_file()]
    except OSError:
        return
    for path in sorted(numbered, key=lambda path: -int(path.name))[: 4 * _RUNS_MAX]:
        try:
            yield saved_run(path).summary
        except UsageError:
            continue


def dealt(names: Sequence[str], suites: Path) -> tuple[tuple[str, ...], ...]:
    """The experiments of each lab, if these are played on a virtual clock."""
    return shares(names, table_s(suites))


def table_s(suites: Path) -> Mapping[str, float]:
    """Seconds of a processor by experiment, as they stand beside the suites: the same on every machine."""
    return {name: wall_s for name, (_, wall_s) in _table(suites / TABLE).items()}


def _table(path: Path) -> Mapping[str, tuple[float, float]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): (float(lab_s), float(wall_s)) for name, (lab_s, wall_s) in document.items()}
    except (OSError, ValueError, RecursionError, TypeError, AttributeError):
        return {}  # suites of somebody's own


# A machine's pace before anything is over: as if so many seconds had gone as in the table. Little, so that a busy one
# is told after one or two experiments; not nothing, since the first ones are no sample of all.
_PRIOR_S = 2.0


class Ahead:
    """What is still to be played, and for how long, while it is played. at_once: in so many labs at the same time.

    elapsed_s: real seconds since playing began, where the length of a run is that of its computing (a virtual clock):
    lengths were measured on another machine, or on this one when it was less busy, so what is left is told at the pace
    of what is over. None: a lab's seconds are what they are.
    """

    def __init__(
        self,
        names: Iterable[str],
        lengths: Mapping[str, Length],
        *,
        at_once: int = 1,
        elapsed_s: Callable[[], float] | None = None,
    ) -> None:
        self._left = list(dict.fromkeys(names))
        self._count = len(self._left)
        self._lengths = lengths
        self._at_once = at_once
        self._elapsed_s = elapsed_s
        self._begun_s: list[float] = []

    @property
    def whole(self) -> str:
        """The run beforehand, in words: "49 experiments, about 4 h 10 min"."""
        many = "1 experiment" if self._count == 1 else f"{self._count} experiments"
        known = [self._lengths[name] for name in self._left if name in self._lengths]
        careful = untimed(known) if self._elapsed_s is not None else ""
        return f"{many}, {in_all(self._left, self._lengths, self._at_once)}{careful}"

    def begins(self, name: str) -> str:
        """What to say as that one begins: its place, how long it takes, and how long all that is left does."""
        if name not in self._left:
            return ""
        place = self._count - len(self._left) + 1
        own, pace = self._lengths.get(name), self._pace()
        left = in_all(self._left, self._lengths, self._at_once / pace)
        is_known = any(one in self._lengths for one in self._left)
        self._left.remove(name)
        self._begun_s.append(own.waited_s if own is not None else 0.0)
        took = f"about {duration(own.waited_s * pace)}" if own is not None else "for how long is not known"
        return f"{place} of {self._count}, {took}" + (f"; all that is left: {left}" if is_known else "")

    def _pace(self) -> float:
        """How much longer it takes than was thought, by what is over, and half of what other labs have under way."""
        over = len(self._begun_s) - self._at_once + 1
        if self._elapsed_s is None or over <= 0:
            return 1.0
        over_s = (sum(self._begun_s[:over]) + sum(self._begun_s[over:]) / 2) / self._at_once
        return (self._elapsed_s() + _PRIOR_S) / (over_s + _PRIOR_S)

    def will_not_be(self, name: str) -> None:
        """That one is not played after all."""
        if name in self._left:
            self._left.remove(name)
            self._count -= 1


def in_all(names: Sequence[str], lengths: Mapping[str, Length], at_once: float = 1) -> str:
    """How long they take together, in words."""
    unknown = sum(name not in lengths for name in names)
    known_s = sum(lengths[name].waited_s for name in names if name in lengths) / at_once
    if unknown == len(names):
        return "for how long is not known" if names else "nothing"
    more = f" and {unknown} of which that is not known" if unknown else ""
    return f"about {duration(known_s)}{more}"


def untimed(lengths: Sequence[Length]) -> str:
    """What has to be said where a run's length is that of its computing and this machine was never timed."""
    is_known = not lengths or any(one.runs for one in lengths)
    return "" if is_known else " on an idle machine, and maybe several times that (this one was not timed yet)"


def duration(seconds: float) -> str:
    """As people say it: 45 s, 3 min 20 s, 4 h 10 min."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
