"""One run: what is to be played, what was, its journals, and what there is to judge a clause on.

The plugin makes one for a pytest session. Experiments are played when a clause test first asks for them, and once only.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chaos import clock
from chaos.errors import ChaosError, EvidenceError, InventoryError, LabRefused, RollbackFailed, Unfit, UsageError
from chaos.experiment import Experiment, play
from chaos.history import History
from chaos.journal import FaultPhase, FaultSeen, Timeline, load
from chaos.preflight import RunPreflight
from chaos.report import PlayedRow
from chaos.run.bundled import suites_folder
from chaos.run.fitness import fitness, nothing_left
from chaos.run.lengths import Ahead, lengths_for
from chaos.run.opened import OpenLab
from chaos.run.options import RunOptions
from chaos.waits import Waits


@dataclass(frozen=True, slots=True)
class Played:
    """What there is to judge a clause on. named: histories of the experiments that were played for it. others: the
    rest of the run's. missing: experiments that could not be played, not_hosted: that this lab cannot host; name →
    reason.
    """

    named: Sequence[History]
    others: Sequence[History]
    missing: Mapping[str, str]
    not_hosted: Mapping[str, str]


class ChaosSession:
    """Plays and remembers. `progress` is told in words what is going on.

    interrupted: what became of an experiment that Ctrl-C or SIGTERM broke off; None if neither did. Until `close` both
    signals are taken: the experiment that runs is rolled back first.
    """

    def __init__(self, options: RunOptions, progress: Callable[[str], None] = lambda _: None) -> None:
        self.options = options
        self.interrupted: str | None = None
        self.lab_s = 0.0
        self.played: list[PlayedRow] = []
        self._progress = progress
        self._timelines: dict[str, Timeline] = {}
        self._histories: dict[str, History] = {}
        self._wanted: list[tuple[str, tuple[Experiment, ...]]] = []
        self._failed: dict[str, ChaosError] = {}
        self._broken_by: RollbackFailed | None = None
        self.waits = Waits()
        self._looking, self._playing = Waits(), "opening the lab"
        self._preflight = RunPreflight(options.folder, options.env, progress, self._looking)
        self._lab = OpenLab(options, self._preflight, self.waits, progress)
        self._ahead: Ahead | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether a signal has come. One that comes while Python destroys an object is told of by nothing else."""
        return self._lab.interrupts.came

    @property
    def not_restored(self) -> str | None:
        """Why the lab is still broken; None if it is not."""
        return self._lab.not_restored

    @property
    def broken_by(self) -> RollbackFailed | None:
        """What went wrong when an experiment was to leave the lab as it had found it; None if it did."""
        return self._broken_by

    def timelines(self) -> list[Timeline]:
        """What has been played or loaded so far."""
        return list(self._timelines.values())

    def waiting_for(self) -> str:
        """What is being waited for and for how much longer, in one line; "" for nothing. From any thread."""
        looking = self._looking.shown_all()
        if looking:
            return f"preflight: {looking}"
        waiting = self.waits.shown()
        return f"{self._playing}: {waiting}" if waiting else ""

    def histories(self) -> list[History]:
        """Of all that, with the facts that were worked out."""
        return [self._history(name) for name in self._timelines]

    def forget(self, name: str) -> None:
        """Let go of what was played under that name; its journal stays where it was written."""
        self._timelines.pop(name, None)
        self._histories.pop(name, None)

    def want(self, clause: str, experiments: Sequence[Experiment]) -> None:
        """That clause is to be judged on these. What is wanted is played when something is first judged."""
        self._wanted.append((clause, tuple(experiments)))

    def asked_with(self, clause: str, names: Sequence[str]) -> tuple[str, ...]:
        """That clause, and the one besides that has to be asked for so that one of these experiments is played."""
        players = [one for name in names for one, played in self._wanted if any(each.name == name for each in played)]
        return (clause,) if clause in players or not players else (clause, players[0])

    def played_for(self, clause: str, experiments: Sequence[Experiment]) -> Played:
        """Play everything that is wanted and has not been played, then give what there is for that clause.

        Raises Unfit: this lab cannot host that clause, or none of these experiments; RollbackFailed: the lab was broken
        before anything was played; InventoryError, LabRefused, UsageError: nothing more can be played. What else goes
        wrong with one experiment is told in `missing`. Once a lab could not be restored nothing more is played, but
        what was seen until then is judged, of the experiment that broke it, too: it may be the product's doing.
        """
        if self._ahead is None and not self.options.rejudge:
            self._look_ahead()
        for wanted_by, some in (*self._wanted, (clause, tuple(experiments))):
            for experiment in some:
                self._tried(experiment, wanted_by)
        for experiment in experiments:
            self._require_fit(experiment, clause)
        names = dict.fromkeys(experiment.name for experiment in experiments)
        failed = {name: error for name, error in self._failed.items() if name in names}
        not_hosted = {name: str(error) for name, error in failed.items() if isinstance(error, Unfit)}
        reason = nothing_left(names, not_hosted)
        if reason is not None:
            raise Unfit(reason)
        return Played(
            named=[self._history(name) for name in names if name in self._timelines],
            others=[self._history(name) for name in self._timelines if name not in names],
            missing={name: str(error) for name, error in failed.items() if name not in not_hosted},
            not_hosted=not_hosted,
        )

    def _look_ahead(self) -> None:
        """How long all of it takes, as far as that is known. A mock hosts everything once it is launched."""
        inventory = self.options.inventory
        if inventory is None:
            return
        is_mock = inventory.deployment == "mock"
        fit = (one for _, some in self._wanted for one in some if is_mock or one.unfit(inventory) is None)
        reports = self.options.folder.parent
        lengths = lengths_for(inventory, suites_folder(), reports, virtual=self.options.virtual)
        self._ahead = Ahead((one.name for one in fit), lengths)
        self._progress(f"to be played: {self._ahead.whole}")

    def _tried(self, experiment: Experiment, clause: str) -> None:
        if experiment.name in self._timelines or experiment.name in self._failed:
            return
        try:
            self.timeline(experiment, clause)
        except Unfit as error:
            if self._ahead is not None:
                self._ahead.will_not_be(experiment.name)
            if self._preflight_forbids(clause) is None:
                self._failed[experiment.name] = error
        except RollbackFailed:
            if self._broken_by is None:
                raise
        except (InventoryError, LabRefused, UsageError):
            raise
        except ChaosError as error:
            self._failed[experiment.name] = error

    def _preflight_forbids(self, clause: str) -> str | None:
        return self._preflight.reason(clause) if self._lab.is_open else None

    def _history(self, name: str) -> History:
        if name not in self._histories:
            self._histories[name] = History(self._timelines[name])
        return self._histories[name]

    def journal_path(self, experiment: str) -> Path:
        return (self.options.rejudge or self.options.folder) / "journals" / f"{experiment}.jsonl"

    def timeline(self, experiment: Experiment, clause: str | None = None) -> Timeline:
        """The experiment's timeline, played or loaded once. clause: the one that it is wanted for.

        Raises Unfit: this lab cannot host it, or preflight found that the clause cannot be judged here.
        RollbackFailed: the lab is still broken. ChaosError: it could not even begin; asking again gives the same error.
        """
        name = experiment.name
        if name in self._failed:
            raise self._failed[name]
        if clause is not None:
            self._require_fit(experiment, clause)
        if name not in self._timelines:
            try:
                self._timelines[name] = self._load(name) if self.options.rejudge else self._play(experiment)
            except ChaosError as error:
                self._failed[name] = error
                raise
        return self._timelines[name]

    def _require_fit(self, experiment: Experiment, clause: str) -> None:
        """Raises Unfit: preflight found why that clause cannot be judged on this lab. ChaosError: it did not open."""
        inventory = self.options.inventory
        if self.options.rejudge or inventory is None:
            return
        if inventory.deployment != "mock" and fitness([experiment], inventory).reason is not None:
            return  # which `_play` says, and needs no lab for
        lab = self._lab.opened()
        fit = fitness([experiment], lab.inventory, self._preflight.reason(clause))
        if fit.reason is not None and not fit.not_hosted:
            raise Unfit(fit.reason)

    def _load(self, name: str) -> Timeline:
        path = self.journal_path(name)
        if not path.exists():
            raise Unfit(f"{self.options.rejudge} holds no journal of {name}: it was not played in that run")
        timeline = load(path)
        played = timeline.header.experiment if len(timeline) else None
        if played != name:
            raise EvidenceError(f"{path} is the journal of {played or 'nothing'}, not of {name}: was it mixed up?")
        self.lab_s += timeline.end_s
        return timeline

    def _play(self, experiment: Experiment) -> Timeline:
        inventory = self.options.inventory
        if inventory is None:
            raise Unfit("no inventory was given")
        reason = None if inventory.deployment == "mock" else experiment.unfit(inventory)
        if reason is not None:
            raise Unfit(reason)
        if self._broken_by is not None:
            raise EvidenceError("not played: the lab could not be restored before that")
        lab = self._lab.opened()
        reason = experiment.unfit(lab.inventory)  # of a mock it is whole only now: the launcher gives it consoles
        if reason is not None:
            raise Unfit(reason)
        ahead = self._ahead.begins(experiment.name) if self._ahead is not None else ""
        self._progress(f"playing {experiment.name}: {experiment.title}{f' ({ahead})' if ahead else ''}")
        self._playing = f"{experiment.name}{f' ({ahead})' if ahead else ''}"
        path = self.journal_path(experiment.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with clock.stopwatch() as elapsed_s:
                timeline = self._lab.run(play(experiment, lab, path, seed=self.options.seed))
        except RollbackFailed as error:
            self._lab.not_restored, self._broken_by = str(error), error
            with suppress(ChaosError):  # then nothing of it is judged
                self._timelines[experiment.name] = load(path)
            raise
        except KeyboardInterrupt:
            self.interrupted = f"{experiment.name} was interrupted: {undone_in(path)}"
            self._progress(self.interrupted)
            raise
        self.lab_s += timeline.end_s
        self.played.append(PlayedRow(experiment.name, round(timeline.end_s, 3), round(elapsed_s(), 3)))
        return timeline

    def close(self) -> None:
        """Leave the lab, stop the mock, close the loop, give the signals back. Safe twice."""
        self._lab.close()


def undone_in(path: Path) -> str:
    """What became of the faults of an experiment that was broken off, in words, from its journal."""
    faults = load(path).of(FaultSeen)
    touched = dict.fromkeys(seen.fault for seen in faults if seen.phase is FaultPhase.INJECTING)
    back = {seen.fault for seen in faults if seen.phase is FaultPhase.ROLLED_BACK}
    left = [fault for fault in touched if fault not in back]
    if left:
        return f"not rolled back: {', '.join(left)}"
    return f"rolled back: {', '.join(touched)}" if touched else "nothing had been injected yet"
