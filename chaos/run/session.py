"""One run: what is to be played, what was, its journals, and what there is to judge a clause on.

The plugin makes one for a pytest session. Experiments are played when a clause test first asks for them, and once only;
those of a long run on a virtual clock in two labs, side by side.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from chaos import clock
from chaos.errors import ChaosError, RollbackFailed, Unfit, UsageError
from chaos.experiment import Experiment
from chaos.history import History
from chaos.journal import Timeline
from chaos.report import PlayedRow
from chaos.run.bundled import suites_folder
from chaos.run.cells import Table, fillings, named
from chaos.run.fitness import nothing_left
from chaos.run.forked import labs_at_once
from chaos.run.intent import Intent, NotPlayed, intended, write_intent
from chaos.run.lengths import Ahead, dealt, lengths_for
from chaos.run.one_lab import OneLab, journal_path, loaded
from chaos.run.options import RunOptions
from chaos.run.second_lab import Became, SecondLab, raised
from chaos.verdicts.hosting import Filling
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

    Until `close` Ctrl-C, SIGTERM and SIGHUP are taken: the experiment that runs is rolled back first.
    """

    def __init__(self, options: RunOptions, progress: Callable[[str], None] = lambda _: None) -> None:
        self.options = options
        self.waits = Waits()
        self._progress = progress
        self._histories: dict[str, History] = {}
        self._wanted: list[tuple[str, tuple[Experiment, ...]]] = []
        self._looking, self._playing, self._there = Waits(), "opening the lab", "opening the lab"
        self._one = OneLab(options, progress, self._begins, waits=self.waits, looking=self._looking)
        self._second: SecondLab | None = None
        self._is_waiting = False
        self._has_begun = False
        self._ahead: Ahead | None = None
        self._intent: Intent | None = None
        self._fillings: Table | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether a signal has come. One that comes while Python destroys an object is told of by nothing else."""
        return self._one.lab.interrupts.came

    @property
    def interrupted(self) -> str | None:
        """What became of an experiment that a signal broke off; None if none did."""
        there = self._second.left.interrupted if self._second is not None and self._second.left is not None else None
        return "; ".join(filter(None, (self._one.interrupted, there))) or None

    @property
    def lab_s(self) -> float:
        """Seconds of the lab's clock that were played, or loaded; of two labs together."""
        return self._one.lab_s

    @property
    def played(self) -> Sequence[PlayedRow]:
        """What was played, in the order in which it was wanted."""
        return self._one.played

    @property
    def not_restored(self) -> str | None:
        """Why the lab is still broken; None if it is not."""
        return self._one.lab.not_restored

    @property
    def broken_by(self) -> RollbackFailed | None:
        """What went wrong when an experiment was to leave the lab as it had found it; None if it did."""
        return self._one.broken_by

    def filling(self, clause: str, test: str) -> Filling:
        """Which of its experiments fill which cell of that test's grid, as on the mock."""
        if self._fillings is None:
            self._fillings = fillings(suites_folder())
        return self._fillings.get(named(clause, test), {})

    def timelines(self) -> list[Timeline]:
        """What has been played or loaded so far."""
        return list(self._one.timelines.values())

    def waiting_for(self) -> str:
        """What is being waited for and for how much longer, in one line; "" for nothing. From any thread."""
        looking = self._looking.shown_all()
        if looking:
            return f"preflight: {looking}"
        if self._is_waiting and self._second is not None:
            return f"waiting for the second lab: {self._there}"
        waiting = self.waits.shown()
        return f"{self._playing}: {waiting}" if waiting else ""

    def histories(self) -> list[History]:
        """Of all that, with the facts that were worked out."""
        return [self._history(name) for name in self._one.timelines]

    def forget(self, name: str) -> None:
        """Let go of what was played under that name; its journal stays where it was written."""
        self._one.timelines.pop(name, None)
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
        self._play((*self._wanted, (clause, tuple(experiments))))
        for experiment in experiments:
            self._one.require_fit(experiment, clause)
        names = dict.fromkeys(experiment.name for experiment in experiments)
        failed = {name: error for name, error in self._one.failed.items() if name in names}
        not_hosted = {name: str(error) for name, error in failed.items() if isinstance(error, Unfit)}
        reason = nothing_left(names, not_hosted) or self._not_asked_for(clause, names)
        if reason is not None:
            raise Unfit(reason)
        return Played(
            named=[self._history(name) for name in names if name in self._one.timelines],
            others=[self._history(name) for name in self._one.timelines if name not in names],
            missing={name: str(error) for name, error in failed.items() if name not in not_hosted},
            not_hosted=not_hosted,
        )

    def _not_asked_for(self, clause: str, names: Iterable[str]) -> str | None:
        """Why nothing can be said of that clause on a saved run which was never to play anything for it, nor played any
        of it for another clause; None otherwise. A part of what belongs to a clause is not enough to hold it."""
        others = (one.name for id, some in self._wanted if id == clause for one in some)
        reasons: dict[str, str] = {}
        for name in (*names, *others):
            error = self._one.failed.get(name)
            if not (isinstance(error, Unfit) or (isinstance(error, NotPlayed) and not error.was_due)):
                return None
            reasons[name] = str(error)
        return "; ".join(dict.fromkeys(reasons[name] for name in names)) or None

    def _play(self, wanted: Sequence[tuple[str, tuple[Experiment, ...]]]) -> None:
        pairs = [(clause, experiment) for clause, some in wanted for experiment in some]
        try:
            if not self._has_begun and not self.options.rejudge:
                self._has_begun = True
                self._begin({experiment.name: experiment for _, experiment in pairs}, pairs)
            elsewhere = () if self._second is None else self._second.names
            for clause, experiment in pairs:
                if experiment.name in elsewhere:
                    continue
                self._one.tried(experiment, clause)
                if self._ahead is not None and experiment.name not in self._one.timelines:
                    self._ahead.will_not_be(experiment.name)
                if self._second is not None:
                    self._second.hear()
        except BaseException:
            self._break_off()
            raise
        self._gather([experiment.name for _, experiment in pairs])
        self._know_what_was_left_out(pairs)

    def _begin(self, experiments: Mapping[str, Experiment], pairs: Sequence[tuple[str, Experiment]]) -> None:
        """Look ahead how long all of it takes, as far as that is known, and let a second lab begin if that is long. A
        mock hosts everything once it is launched."""
        inventory = self.options.inventory
        if inventory is None:
            return
        is_mock = inventory.deployment == "mock"
        unfit = {} if is_mock else {name: one.unfit(inventory) for name, one in experiments.items()}
        left_out = {name: reason for name, reason in unfit.items() if reason is not None}
        self._intend(intended(experiments, left_out, (clause for clause, _ in pairs)))
        fit = [name for name in experiments if unfit.get(name) is None]
        lengths = lengths_for(inventory, suites_folder(), self.options.folder.parent, virtual=self.options.virtual)
        labs = dealt(fit, suites_folder()) if self.options.virtual else (tuple(fit),)
        at_once = labs_at_once(len(labs), self.options.processes)
        elapsed_s = ExitStack().enter_context(clock.stopwatch()) if self.options.virtual else None
        self._ahead = Ahead(fit, lengths, at_once=at_once, elapsed_s=elapsed_s)
        self._progress(f"to be played: {self._ahead.whole}")
        if len(labs) == 1:
            return
        self._progress(f"in two labs, {'side by side' if at_once > 1 else 'one after the other'}")

        def begins(name: str) -> None:
            self._there = self._says(name, experiments[name].title, where=" in the second lab")

        theirs = [pair for pair in pairs if pair[1].name in labs[-1]]
        self._second = SecondLab(self.options, theirs, begins)
        self._second.play(apart=at_once > 1)

    def _intend(self, intent: Intent) -> None:
        """Raises UsageError: the run's folder takes nothing."""
        if intent == self._intent:
            return
        try:
            write_intent(intent, self.options.folder)
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(
                f"{self.options.folder} cannot be written: {why}; name another one with --folder"
            ) from None
        self._intent = intent

    def _begins(self, experiment: Experiment) -> None:
        self._playing = self._says(experiment.name, experiment.title)

    def _says(self, name: str, title: str, where: str = "") -> str:
        """That it is played, its place in the run, and how long that takes; given without the title."""
        ahead = self._ahead.begins(name) if self._ahead is not None else ""
        more = f" ({ahead})" if ahead else ""
        self._progress(f"playing {name}{where}: {title}{more}")
        return name + more

    def _break_off(self) -> None:
        if self._second is not None:
            self._second.stop()
            if self._second.left is not None and self._second.left.interrupted is not None:
                self._progress(self._second.left.interrupted)
            for one in self._second.became.values():
                with suppress(ChaosError):
                    self._adopt(one)

    def _gather(self, order: Sequence[str]) -> None:
        """What was played in the second lab becomes ours, as if it had been played here, in the order of the plan.

        Raises InventoryError, LabRefused, UsageError, RollbackFailed: as that lab has."""
        second = self._second
        if second is None or all(name in self._one.timelines or name in self._one.failed for name in second.names):
            return
        self._is_waiting = True
        try:
            second.finish()
        except BaseException:
            self._break_off()
            raise
        finally:
            self._is_waiting = False
        for became in second.became.values():
            self._adopt(became)
        place = {name: n for n, name in enumerate(dict.fromkeys(order))}
        one = self._one
        one.timelines = {name: one.timelines[name] for name in sorted(one.timelines, key=place.__getitem__)}
        one.played.sort(key=lambda row: place[row.experiment])
        left = second.left
        if left is not None and left.broken_by is not None and one.broken_by is None:
            one.broken_by = RollbackFailed(left.broken_by)
        if left is not None:
            one.lab.not_restored = one.lab.not_restored or left.not_restored
        if left is not None and left.ended_by is not None:
            raise raised(left.ended_by)

    def _know_what_was_left_out(self, pairs: Sequence[tuple[str, Experiment]]) -> None:
        """All is played: what was not, since this lab cannot host it, is not due any more."""
        if self._intent is None:
            return
        clauses: dict[str, list[str]] = {}
        for clause, experiment in pairs:
            clauses.setdefault(experiment.name, []).append(clause)
        reasons = {name: self._one.left_out(name, ids) for name, ids in clauses.items()}
        left_out = {name: reason for name, reason in reasons.items() if reason is not None}
        self._intend(intended(clauses, left_out, (clause for clause, _ in pairs)))

    def _adopt(self, became: Became) -> None:
        one, name = self._one, became.name
        if became.row is not None:
            try:
                one.timelines[name] = timeline = loaded(self.journal_path(name), name)
            except ChaosError as error:
                one.failed[name] = error
            else:
                one.played.append(became.row)
                one.lab_s += timeline.end_s
        elif became.failed is not None:
            one.failed[name] = raised(became.failed)
            if isinstance(one.failed[name], RollbackFailed):
                with suppress(ChaosError):  # then nothing of it is judged
                    one.timelines[name] = loaded(self.journal_path(name), name)

    def _history(self, name: str) -> History:
        if name not in self._histories:
            self._histories[name] = History(self._one.timelines[name])
        return self._histories[name]

    def journal_path(self, experiment: str) -> Path:
        """Where that experiment's journal lies."""
        return journal_path(self.options, experiment)

    def timeline(self, experiment: Experiment, clause: str | None = None) -> Timeline:
        """The experiment's timeline, played here or loaded, once. clause: the one that it is wanted for. Raises what
        `OneLab.timeline` does."""
        return self._one.timeline(experiment, clause)

    def close(self) -> None:
        """Leave the lab, stop the mock, close the loop, give the signals back. Safe twice."""
        if self._second is not None:
            self._second.stop()
        self._one.close()
