"""The second lab of a long run on a mock: its share is played in a process of its own, or here before ours.

Both give the same journals, so that a run's do not depend on where it was played. Journals lie in the run's folder;
what else came of an experiment is told in the few kinds of words below, and what was read back is judged here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chaos.errors import ChaosError, EvidenceError, InventoryError, LabRefused, RollbackFailed, Unfit, UsageError
from chaos.experiment import Experiment
from chaos.redaction import KNOWN
from chaos.report import PlayedRow
from chaos.run.forked import Broke, Forked, Tell
from chaos.run.one_lab import OneLab
from chaos.run.options import RunOptions

LOG = "second-lab.log"
"""Beside the journals, and only if something broke."""

Wanted = tuple[str, Experiment]
"""A clause, and what is to be played for it."""

# As what an error is known again on this side: the first that it is one of.
_KINDS = (Unfit, RollbackFailed, InventoryError, LabRefused, UsageError, EvidenceError, ChaosError)


@dataclass(frozen=True, slots=True)
class Begins:
    """This experiment is played now."""

    name: str


@dataclass(frozen=True, slots=True)
class Became:
    """What came of one. row: None if it was not played to its end. failed: why it could not be, as which kind."""

    name: str
    row: PlayedRow | None = None
    failed: tuple[type[ChaosError], str] | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """The lab was left. broken_by: why an experiment could not be rolled back; not_restored: why the lab is still
    changed; ended_by: why nothing more could be played there; interrupted: what became of what a signal broke off."""

    broken_by: str | None = None
    not_restored: str | None = None
    ended_by: tuple[type[ChaosError], str] | None = None
    interrupted: str | None = None


class SecondLab:
    """begins: told of each experiment that is played. became: what is known by now, by name. left: how it was left,
    None if it has not been."""

    def __init__(self, options: RunOptions, wanted: Sequence[Wanted], begins: Callable[[str], None]) -> None:
        self.names = tuple(dict.fromkeys(experiment.name for _, experiment in wanted))
        self.became: dict[str, Became] = {}
        self.left: Left | None = None
        self._options, self._wanted = options, wanted
        self._begins = begins
        self._broke = "it was not played any more"
        self._forked: Forked | None = None

    def play(self, *, apart: bool) -> None:
        """apart: let it begin, in a process of its own. Else play all of it now, here; raises KeyboardInterrupt."""
        if apart:
            log = self._options.folder / LOG
            self._forked = Forked(lambda tell: play_share(self._options, self._wanted, tell), log)
        else:
            play_share(self._options, self._wanted, self._hear)

    def hear(self) -> None:
        """What has come of it since the last time; does not wait."""
        if self._forked is not None:
            self._take(self._forked.heard())

    def finish(self) -> None:
        """Wait until all of it has been played. Of what was not, `became` then says why."""
        if self._forked is not None:
            self._take(self._forked.rest())
        for name in self.names:
            lost = (EvidenceError, f"nothing more was heard of it: {self._broke}")
            self.became.setdefault(name, Became(name, failed=lost))

    def stop(self) -> None:
        """Break it off: what is played there is rolled back. What was played until then is known. Safe twice."""
        if self._forked is not None:
            self._forked.stop()
            self._take(self._forked.rest())

    def _take(self, said: Iterable[Any]) -> None:
        for one in said:
            self._hear(one)

    def _hear(self, said: Any) -> None:
        match said:
            case Begins(name):
                self._begins(name)
            case Became(name):
                self.became[name] = said
            case Left():
                self.left = said
            case Broke(why):
                self._broke = KNOWN.told(why)


def play_share(options: RunOptions, wanted: Sequence[Wanted], tell: Tell) -> None:
    """Play these in a lab of their own, and tell what came of each. Raises KeyboardInterrupt, once that is told."""
    known: set[str] = set()
    one = OneLab(options, lambda _: None, lambda experiment: tell(Begins(experiment.name)), survey=False)
    ended_by: ChaosError | None = None
    try:
        for clause, experiment in wanted:
            one.tried(experiment, clause)
            found = _became(one, experiment.name)
            if found is not None and experiment.name not in known:
                known.add(experiment.name)
                tell(found)
    except (InventoryError, LabRefused, UsageError, RollbackFailed) as error:
        ended_by = error
    finally:
        one.close()
        broken_by = None if one.broken_by is None else KNOWN.told(str(one.broken_by))
        ended = None if ended_by is None else _as_words(ended_by)
        tell(Left(broken_by, one.lab.not_restored, ended, one.interrupted))


def _became(one: OneLab, name: str) -> Became | None:
    if name in one.failed:
        return Became(name, failed=_as_words(one.failed[name]))
    if name not in one.timelines:
        return None  # preflight forbade that clause, and it may be wanted for another
    return Became(name, next(row for row in one.played if row.experiment == name))


def _as_words(error: ChaosError) -> tuple[type[ChaosError], str]:
    return next(kind for kind in _KINDS if isinstance(error, kind)), KNOWN.told(str(error))


def raised(failed: tuple[type[ChaosError], str]) -> ChaosError:
    """That error, as it was over there."""
    kind, words = failed
    return kind(words)
