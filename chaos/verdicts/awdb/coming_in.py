"""AWDB-05, AWDB-12: with one AWDB lost, who signs in to the desktop, or opens an event stream, by the other one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.history import Evidence, History
from chaos.history.asking import asked
from chaos.history.awdb_entries import SIGN_IN_PAGE, Entry, entries, heard_at
from chaos.history.awdb_links import NAMES, OPEN, PLACES, SIDES, Stretch, losses, stretches
from chaos.history.awdb_traffic import in_use
from chaos.history.lateness import clock_error_s
from chaos.journal import AwdbStep
from chaos.verdicts import bounds
from chaos.verdicts.awdb.desktop import INVALID, TIMED_OUT
from chaos.verdicts.awdb.prerequisites import may_lack_between
from chaos.verdicts.bound import Span
from chaos.verdicts.finding import Finding, held, inconclusive, timed, violated
from chaos.verdicts.grid import Cell


@dataclass(frozen=True, slots=True)
class _Run:
    """What one person tried in one way, again and again until he was let in, while one AWDB was lost and the other was
    there. meets: nobody else had asked that node for anything since the loss, and it had used the lost one."""

    tries: Sequence[Entry]
    lost: Stretch
    meets: bool

    @property
    def first(self) -> Entry:
        return self.tries[0]

    @property
    def is_in(self) -> bool:
        return self.tries[-1].ok

    @property
    def failed(self) -> int:
        return len(self.tries) - self.is_in

    @property
    def other(self) -> str:
        return next(side for side in SIDES if side != self.lost.side)

    @property
    def name(self) -> str:
        return f"{self.first.agent} at {self.first.node}"

    def cited(self) -> tuple[Evidence, ...]:
        return self.lost.cited(), *(one.cited() for one in self.tries[-4:])

    def is_by_the_other(self, history: History) -> bool:
        met = heard_at(history, self.tries[-1])
        return met.is_certain and bool(met.of(AwdbStep.ANSWERED, side=self.other))

    def may_have_another_reason(self, history: History) -> str | None:
        """Why what he met may be no AWDB's doing."""
        words = [one.text.casefold() for one in self.tries if one.text and not one.ok]
        if any(not any(known.casefold() in said for known in (INVALID, TIMED_OUT)) for said in words):
            return f"{self.name} was turned away by the {self.first.kind}, perhaps for another reason"
        like_it = [one for one in entries(history) if _who(one) == _who(self.first)]
        if not any(one.ok for one in like_it):
            return f"{self.name} was not let in by the {self.first.kind} at any other time, either"
        return None


def _who(one: Entry) -> tuple[str, str, str]:
    return one.node, one.agent, one.kind


def _runs(history: History) -> Iterator[_Run]:
    for side in SIDES:
        other = next(one for one in SIDES if one != side)
        there = [one for one in stretches(history, other) if one.met == OPEN]
        for lost in losses(history, side):
            runs: dict[tuple[str, str, str], list[Entry]] = {}
            for one in entries(history):
                is_there = any(stretch.lasts(one.from_s, one.to_s) for stretch in there)
                if not is_there or not lost.lasts(one.from_s, one.to_s):
                    continue
                run = runs.setdefault(_who(one), [])
                if not may_lack_between(history, one.from_s, one.to_s) and not (run and run[-1].ok):
                    run.append(one)
            yield from (_Run(run, lost, _meets(history, run[0], lost)) for run in runs.values() if run)


def _meets(history: History, first: Entry, lost: Stretch) -> bool:
    others = [(one.node, one.sent_s) for one in asked(history)]
    others += [(one.node, one.from_s) for one in entries(history) if one is not first]
    is_first = not any(node == first.node and lost.from_s <= at_s < first.from_s for node, at_s in others)
    return is_first and in_use(history, first.node, lost.from_s) == lost.side


def came_in(history: History) -> bool:
    """Whether anybody tried to, while one AWDB was lost."""
    return next(_runs(history), None) is not None


def comes_in_by_the_other(history: History) -> Iterator[Finding]:
    """AWDB-05."""
    for run in _runs(history):
        cell, lines = Cell.of(node=run.first.node, request=run.first.kind), run.cited()
        what = f"though {NAMES[run.other]} is there and {NAMES[run.lost.side]} alone is lost"
        is_late = run.is_in and run.failed > bounds.RETRIES and run.lost.met != "silence"
        if is_late or (not run.is_in and run.failed >= bounds.TRIES_IN_VAIN):
            why = run.may_have_another_reason(history)
            how = f"at the {len(run.tries)}th try only" if is_late else "not at all"
            said = f"{run.name} was let in by the {run.first.kind} {how}, {what}"
            yield violated(cell, said, *lines) if why is None else inconclusive(cell, why, *lines)
        elif run.is_in and run.is_by_the_other(history):
            yield held(cell, "the other AWDB authenticated whoever was not cached", *lines)


def comes_in_at_the_retry(history: History) -> Iterator[Finding]:
    """AWDB-12, of the sign-in page."""
    for run in _runs(history):
        if run.first.kind != SIGN_IN_PAGE:
            continue
        cell, lines = Cell.of(node=run.first.node, lost=PLACES[run.lost.side], ask=SIGN_IN_PAGE), run.cited()
        if run.failed > bounds.RETRIES:
            why = run.may_have_another_reason(history)
            said = f"{run.name} tried again to sign in to the desktop, in vain"
            yield violated(cell, said, *lines) if why is None else inconclusive(cell, why, *lines)
        elif run.is_in and run.meets and run.lost.met == "silence" and run.is_by_the_other(history):
            slowest = max(run.tries, key=lambda one: one.to_s - one.from_s)
            took_s, error_s = slowest.to_s - slowest.from_s, clock_error_s(history, slowest.from_s, slowest.to_s)
            measured = Span(max(0.0, took_s - error_s), took_s + error_s)
            said = "whoever met the loss at the sign-in page was let in, at the retry at latest; the slowest answer"
            yield timed(cell, said, measured, bounds.DATABASE_TIMEOUT, *lines)
