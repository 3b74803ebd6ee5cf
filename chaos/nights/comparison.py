"""Two runs of one lab held against each other, with the nights between and before them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from chaos.errors import UsageError
from chaos.nights.drift import NEW_MAX, NEW_MIN, NIGHTS_MAX, OLD_MIN, Drift, drifts
from chaos.nights.flips import Cells, Flip, flips, shrunk, spread
from chaos.nights.saved import Saved, lab_of
from chaos.nights.series import figures, series_of
from chaos.report import Summary
from chaos.report.timings import OUT_OF_SERVICE
from chaos.verdicts import Outcome

# A single figure that changed by less is what any two nights show.
_MOVED_MIN = 0.05
_MOVED_MAX = 10
_DRAWN = (
    "times out of service are not held against each other one by one: how long a fault lasts is drawn from the seed, "
    "and the seeds differ"
)


@dataclass(frozen=True)
class Moved:
    """A timing of which only two runs are known: its spans do not meet. It may be a drift, or that night."""

    name: str
    before_lo_s: float
    before_hi_s: float
    after_lo_s: float
    after_hi_s: float


@dataclass(frozen=True)
class Comparison:
    """before, after: names of the runs. nights: names of those in which drifts were looked for, () if there are too
    few. drifted: with `since` a place in nights. seen_from: the least change that would be seen, by series. moved: what
    only the two runs say. notes: what whoever reads this has to know."""

    before: str
    after: str
    flips: tuple[Flip, ...]
    spread: tuple[Cells, ...]
    shrunk: tuple[Cells, ...]
    nights: tuple[str, ...]
    drifted: tuple[Drift, ...]
    seen_from: dict[str, float]
    moved: tuple[Moved, ...]
    notes: tuple[str, ...]

    @property
    def is_worse(self) -> bool:
        """A clause is VIOLATED that was not, or at more cells; or a timing has drifted."""
        violated = any(flip.after == Outcome.VIOLATED for flip in self.flips)
        return violated or bool(self.spread) or bool(self.drifted)

    @property
    def says_less(self) -> bool:
        """Something was judged that is no longer."""
        judged = (Outcome.HELD, Outcome.VIOLATED)
        return bool(self.shrunk) or any(flip.before in judged and flip.after not in judged for flip in self.flips)


def compared(before: Saved, after: Saved, nights: Sequence[Saved], notes: Sequence[str] = ()) -> Comparison:
    """nights: those of the lab up to `after`, oldest first. Raises UsageError: the runs are one, or of two labs."""
    _require_one_lab(before, after)
    nights = nights[-NIGHTS_MAX:]
    found = drifts(series_of([night.summary for night in nights]), len(nights), new_max=_new(before, nights))
    enough = len(nights) >= OLD_MIN + NEW_MIN
    with_moved = not enough and before.summary.clock == after.summary.clock
    drawn = with_moved and _drawn_otherwise(before.summary, after.summary)
    return Comparison(
        _name(before, after),
        _name(after, before),
        flips(before.summary, after.summary),
        spread(before.summary, after.summary),
        shrunk(before.summary, after.summary),
        tuple(night.name for night in nights) if enough else (),
        found.found,
        found.seen_from,
        _moved(before, after, but=OUT_OF_SERVICE if drawn else "") if with_moved else (),
        (*notes, *_differences(before, after), *_too_few(nights), *([_DRAWN] if drawn else [])),
    )


def _new(before: Saved, nights: Sequence[Saved]) -> int:
    """A drift may have begun in any of the nights since `before`, and at least in the last ten."""
    since = [night for night in nights if before.number is not None and (night.number or 0) > before.number]
    return max(NEW_MAX, len(since))


def _require_one_lab(before: Saved, after: Saved) -> None:
    if before.folder == after.folder:
        raise UsageError(f"{before.folder} and {after.folder} are one run: name two")
    old, new = lab_of(before.summary), lab_of(after.summary)
    for what, one, other in zip(("lab", "deployment", "nodes"), old, new, strict=True):
        if one and other and one != other:
            raise UsageError(
                f"{before.folder} and {after.folder} are runs of different labs: {what} {_listed(one)} and "
                f"{_listed(other)}; compare runs of one inventory"
            )


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def _name(run: Saved, other: Saved) -> str:
    return run.name if run.folder.parent == other.folder.parent else str(run.folder)


def _differences(before: Saved, after: Saved) -> list[str]:
    old, new = before.summary, after.summary
    said = []
    for what, one, other in (
        ("release", old.release, new.release),
        ("clock", old.clock, new.clock),
        ("the mock's defects", ", ".join(old.seeded) or "none", ", ".join(new.seeded) or "none"),
    ):
        if one != other:
            said.append(f"{what}: {one} before, {other} after")
    return said


def _too_few(nights: Sequence[Saved]) -> list[str]:
    least = OLD_MIN + NEW_MIN
    if len(nights) >= least:
        return []
    word = "night" if len(nights) == 1 else "nights"
    return [
        f"a drift takes {least} nights of one lab, release and clock to be told from chance: {len(nights)} {word} of "
        f"{nights[-1].summary.lab} up to this one"
        if nights
        else "no nights are known"
    ]


def _drawn_otherwise(before: Summary, after: Summary) -> bool:
    """Whether the pauses of faults were other ones: in real time none is drawn. A node that is kept from both CTI
    servers is out of service for as long as that lasts, which is no doing of the product's."""
    return "virtual" in (before.clock, after.clock) and before.seed != after.seed


def _moved(before: Saved, after: Saved, *, but: str) -> tuple[Moved, ...]:
    """The figures whose spans lie farthest from each other, in two runs. but: a kind of recovery that is left out."""
    old = {figure.key: figure for figure in figures(before.summary)}
    found = []
    for new in figures(after.summary):
        if but in new.groups:
            continue
        one = old.get(new.key)
        if one is None or max(one.lo_s, new.lo_s) <= min(one.hi_s, new.hi_s):
            continue
        middle_s, later_s = (one.lo_s + one.hi_s) / 2, (new.lo_s + new.hi_s) / 2
        if middle_s >= 1 and abs(later_s / middle_s - 1) >= _MOVED_MIN:
            moved = Moved(", ".join(filter(None, new.key)), one.lo_s, one.hi_s, new.lo_s, new.hi_s)
            found.append((abs(later_s / middle_s - 1), moved))
    return tuple(moved for _, moved in sorted(found, key=lambda one: -one[0])[:_MOVED_MAX])
