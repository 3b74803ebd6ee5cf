"""Plays experiments in one lab, each once, or loads what a saved run has of them, and remembers what came of it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from chaos import clock
from chaos.errors import ChaosError, EvidenceError, InventoryError, LabRefused, RollbackFailed, Unfit, UsageError
from chaos.experiment import Experiment, play
from chaos.journal import FaultPhase, FaultSeen, Header, JournalError, Timeline, load
from chaos.preflight import RunPreflight
from chaos.report import PlayedRow
from chaos.run.fitness import fitness
from chaos.run.intent import Intent, read_intent
from chaos.run.opened import OpenLab
from chaos.run.options import RunOptions
from chaos.run.staying import staying
from chaos.waits import Waits


def journal_path(options: RunOptions, experiment: str) -> Path:
    """Where its journal lies: of the run itself, or of the one that is judged again."""
    return (options.rejudge or options.folder) / "journals" / f"{experiment}.jsonl"


class OneLab:
    """begins: told of each experiment before it is played. survey: whether what preflight finds is written down.

    timelines, failed: of what was played or loaded, and why it could not be, by name. broken_by: what went wrong when
    an experiment was to leave the lab as it had found it; None if it did. interrupted: what became of an experiment
    that a signal (Ctrl-C, SIGTERM, SIGHUP) broke off; None if none did. Until `close` they are taken.
    """

    def __init__(
        self,
        options: RunOptions,
        progress: Callable[[str], None],
        begins: Callable[[Experiment], None],
        *,
        waits: Waits | None = None,
        looking: Waits | None = None,
        survey: bool = True,
    ) -> None:
        self.options = options
        self.timelines: dict[str, Timeline] = {}
        self.failed: dict[str, ChaosError] = {}
        self.played: list[PlayedRow] = []
        self.lab_s = 0.0
        self.broken_by: RollbackFailed | None = None
        self._not_kept: JournalError | None = None
        self.interrupted: str | None = None
        self._progress = progress
        self._begins = begins
        self._intent = Intent() if options.rejudge is None else read_intent(options.rejudge)
        self._preflight = RunPreflight(
            options.folder if survey else None, options.env, progress, looking, options.inventory_name
        )
        self.lab = OpenLab(options, self._preflight, waits or Waits(), progress)

    def tried(self, experiment: Experiment, clause: str) -> None:
        """Play it for that clause, unless it was, or could not be. Raises RollbackFailed: the lab was broken before
        anything was played; InventoryError, LabRefused, UsageError: nothing more can be played."""
        if experiment.name in self.timelines or experiment.name in self.failed:
            return
        try:
            self.timeline(experiment, clause)
        except Unfit as error:
            if self._forbidden(clause) is None:
                self.failed[experiment.name] = error
        except RollbackFailed:
            if self.broken_by is None:
                raise
        except (InventoryError, LabRefused, UsageError):
            raise
        except ChaosError as error:
            self.failed[experiment.name] = error

    def timeline(self, experiment: Experiment, clause: str | None = None) -> Timeline:
        """The experiment's timeline, played or loaded once. clause: the one that it is wanted for.

        Raises Unfit: this lab cannot host it, or preflight found that the clause cannot be judged here.
        RollbackFailed: the lab is still broken. ChaosError: it could not even begin; asking again gives the same error.
        """
        name = experiment.name
        if name in self.failed:
            raise self.failed[name]
        if clause is not None:
            self.require_fit(experiment, clause)
        if name not in self.timelines:
            try:
                self.timelines[name] = self._load(name) if self.options.rejudge else self._play(experiment)
            except ChaosError as error:
                self.failed[name] = error
                raise
        return self.timelines[name]

    def require_fit(self, experiment: Experiment, clause: str) -> None:
        """Raises Unfit: preflight found why that clause cannot be judged on this lab. ChaosError: it did not open."""
        inventory = self.options.inventory
        if self.options.rejudge or inventory is None:
            return
        if inventory.deployment != "mock" and fitness([experiment], inventory).reason is not None:
            return  # which `_play` says, and needs no lab for
        lab = self.lab.opened()
        fit = fitness([experiment], lab.inventory, self._preflight.reason(clause))
        if fit.reason is not None and not fit.not_hosted:
            raise Unfit(fit.reason)

    def left_out(self, name: str, clauses: Sequence[str]) -> str | None:
        """Why nothing is known of that experiment, wanted for these clauses: the lab cannot host it, or preflight spoke
        against each of them; None if it was played, or another thing went wrong."""
        error = self.failed.get(name)
        if name in self.timelines or (error is not None and not isinstance(error, Unfit)):
            return None
        if error is not None:
            return str(error)
        forbidden = [self._forbidden(clause) for clause in clauses]
        return forbidden[0] if forbidden and all(forbidden) else None

    def _forbidden(self, clause: str) -> str | None:
        return self._preflight.reason(clause) if self.lab.is_open else None

    def _load(self, name: str) -> Timeline:
        path = journal_path(self.options, name)
        try:
            is_there = path.exists()
        except OSError as error:  # a folder above it may not be searched
            raise EvidenceError(f"{path} cannot be read: {error.strerror}; check the permissions") from error
        if not is_there:
            raise self._intent.missing(name, path.parent.parent)
        timeline = loaded(path, name)
        for other in self.timelines.values():  # the first one is as good as any
            _require_one_run(path, timeline.header, other.header)
            break
        self.lab_s += timeline.end_s
        return timeline

    def _play(self, experiment: Experiment) -> Timeline:
        inventory = self.options.inventory
        if inventory is None:
            raise Unfit("no inventory was given")
        reason = None if inventory.deployment == "mock" else experiment.unfit(inventory)
        if reason is not None:
            raise Unfit(reason)
        if self.broken_by is not None:
            raise EvidenceError("not played: the lab could not be restored before that")
        if self._not_kept is not None:
            # Where one journal found no room, the next would not either: a lab is broken for no evidence.
            raise EvidenceError(f"not played: the journal before that could not be kept: {self._not_kept}")
        lab = self.lab.opened()
        reason = experiment.unfit(lab.inventory)  # of a mock it is whole only now: the launcher gives it consoles
        if reason is not None:
            raise Unfit(reason)
        self._begins(experiment)
        path = journal_path(self.options, experiment.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with clock.stopwatch() as elapsed_s:
                timeline = self.lab.run(play(experiment, lab, path, seed=self.options.seed))
        except RollbackFailed as error:
            self.lab.not_restored, self.broken_by = str(error), error
            with suppress(ChaosError):  # then nothing of it is judged
                self.timelines[experiment.name] = load(path)
                self.lab_s += self.timelines[experiment.name].end_s
            raise
        except JournalError as error:
            self._not_kept = error
            raise
        except KeyboardInterrupt:
            self._broken_off(experiment.name, path)
            raise
        self.lab_s += timeline.end_s
        self.played.append(PlayedRow(experiment.name, round(timeline.end_s, 3), round(elapsed_s(), 3)))
        return timeline

    def _broken_off(self, name: str, path: Path) -> None:
        """What had been played of it took the lab's time, too."""
        seen = Timeline()
        with suppress(ChaosError):  # the signal came before there was a journal
            seen = load(path)
        self.lab_s += seen.end_s
        self.interrupted = f"{name} was interrupted: {undone_in(seen)}"
        self._progress(self.interrupted)

    def close(self) -> None:
        """Leave the lab, stop the mock, close the loop, give the signals back. Safe twice."""
        self.lab.close()


def loaded(path: Path, name: str) -> Timeline:
    """The journal of that experiment. Raises EvidenceError: it is another one's; JournalError: it is none."""
    with staying():
        timeline = load(path)
    if not len(timeline):
        raise EvidenceError(f"{path} has no whole line: was it cut off? play the experiment again")
    played = timeline.header.experiment
    if played != name:
        raise EvidenceError(f"{path} is the journal of {played}, not of {name}: was it mixed up?")
    return timeline


# What all journals of one run have in common.
_OF_A_RUN = ("lab", "deployment", "release", "clock", "seed")


def _require_one_run(path: Path, header: Header, other: Header) -> None:
    """Raises EvidenceError: they are of two runs, so that one verdict would speak of two labs at once."""
    differs = [name for name in _OF_A_RUN if getattr(header, name) != getattr(other, name)]
    if differs:
        name = differs[0]
        raise EvidenceError(
            f"{path} is of another run: its {name} is {getattr(header, name)}, that of {other.experiment} is"
            f" {getattr(other, name)}; keep the journals of each run in a folder of their own"
        )


def undone_in(timeline: Timeline) -> str:
    """What became of the faults of an experiment that was broken off, in words."""
    faults = timeline.of(FaultSeen)
    touched = dict.fromkeys(seen.fault for seen in faults if seen.phase is FaultPhase.INJECTING)
    back = {seen.fault for seen in faults if seen.phase is FaultPhase.ROLLED_BACK}
    left = [fault for fault in touched if fault not in back]
    if left:
        return f"not rolled back: {', '.join(left)}"
    return f"rolled back: {', '.join(touched)}" if touched else "nothing had been injected yet"
