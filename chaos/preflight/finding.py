"""Checks and what they found, as small values; and what follows for the clauses. Pure."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from chaos.preflight.context import Context

ALL = ("*",)
"""Needed by every clause."""


class State(StrEnum):
    """ok: as it should be. warn: the run goes on. bad: what needs it cannot be judged. skipped: not looked at."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. seen: in words. remedy: how to mend it, "" if there is nothing to mend.

    later: it could not be seen yet, but can once the run's own proxies are in place.
    """

    state: State
    seen: str
    remedy: str = ""
    later: bool = False


def ok(seen: str) -> Finding:
    return Finding(State.OK, seen)


def warn(seen: str, remedy: str) -> Finding:
    return Finding(State.WARN, seen, remedy)


def bad(seen: str, remedy: str) -> Finding:
    return Finding(State.BAD, seen, remedy)


class NotLooked(ChaosError):
    """Within a check: it could not look, because something else is missing. Ends as a skipped finding."""

    def __init__(self, reason: str, *, later: bool = False) -> None:
        super().__init__(reason)
        self.later = later


@dataclass(frozen=True, slots=True)
class Check:
    """One look at the lab that changes nothing.

    name: of the check, unique. about: host, port or account that it looks at. needed_by: families, clause ids, or ALL.
    deadline_s: after that it is bad. cheap: also done at the start of a run against the mock.
    """

    name: str
    about: str
    run: "Callable[[Context], Awaitable[Finding]]"
    needed_by: tuple[str, ...]
    deadline_s: float
    cheap: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A check that was done. took_s: on the loop's clock."""

    check: str
    about: str
    needed_by: tuple[str, ...]
    finding: Finding
    took_s: float

    def concerns(self, clause: str) -> bool:
        """Whether that clause leans on what was looked at."""
        return any(need in ("*", clause) or clause.startswith(f"{need}-") for need in self.needed_by)


@dataclass(frozen=True, slots=True)
class Survey:
    """A whole preflight. clauses: the ids that were asked about. at: wall time, ISO 8601. made: links whose proxies
    were missing, and were made: all that was changed on the lab."""

    lab: str
    release: str
    at: str
    clauses: tuple[str, ...]
    rows: tuple[Row, ...]
    made: tuple[str, ...] = ()

    def unfit(self) -> dict[str, str]:
        """Clauses that cannot be judged here, each with its reasons in one text."""
        return {clause: reason for clause in self.clauses if (reason := self.reason(clause)) is not None}

    def reason(self, clause: str) -> str | None:
        """Why this clause cannot be judged on this lab; None if nothing speaks against it."""
        return "; ".join(f"{row.check}: {row.finding.seen}" for row in self.against(clause)) or None

    def against(self, clause: str) -> tuple[Row, ...]:
        """What speaks against judging this clause here."""
        return tuple(row for row in self._in(State.BAD) if row.concerns(clause))

    def fit(self) -> tuple[str, ...]:
        """Clauses that can be judged."""
        unfit = self.unfit()
        return tuple(clause for clause in self.clauses if clause not in unfit)

    def problems(self) -> tuple[Row, ...]:
        """What is wrong or doubtful, the worst first."""
        return (*self._in(State.BAD), *self._in(State.WARN))

    def waiting(self) -> frozenset[str]:
        """Names of the checks that can only look once the run's own proxies are in place."""
        return frozenset(row.check for row in self.rows if row.finding.later)

    def _in(self, state: State) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.finding.state is state)

    def with_rows(self, rows: Iterable[Row]) -> "Survey":
        """The same with these rows instead of those of the same checks."""
        new = {row.check: row for row in rows}
        kept = tuple(new.pop(row.check, row) for row in self.rows)
        return replace(self, rows=(*kept, *new.values()))

    def to_json(self) -> dict[str, Any]:
        """As `preflight.json` has it."""
        return {
            "lab": self.lab,
            "release": self.release,
            "at": self.at,
            "fit": list(self.fit()),
            "unfit": self.unfit(),
            "checks": [
                {
                    "check": row.check,
                    "about": row.about,
                    "state": row.finding.state.value,
                    "seen": row.finding.seen,
                    "remedy": row.finding.remedy,
                    "needed_by": list(row.needed_by),
                    "took_s": round(row.took_s, 3),
                }
                for row in self.rows
            ],
        }
