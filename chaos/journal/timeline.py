"""Observations in order, by kind: grows as things are seen, and is what everything else reads."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, TypeVar, cast, overload

from chaos.errors import EvidenceError
from chaos.journal.observations.base import Observation
from chaos.journal.observations.course import Ended, Header

O = TypeVar("O", bound=Observation)  # noqa: E741  (the field's letter for an observation)


P = TypeVar("P", bound=Observation)
Q = TypeVar("Q", bound=Observation)

_BY_TIME = attrgetter("at_s")


class _Row:
    """The observations of one kind, and their times beside them for bisection; and the same of each agent's own."""

    __slots__ = ("_agents", "_sorted", "seen", "times_s")

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.times_s: list[float] = []
        self._agents: dict[str | None, _Row] = {}
        self._sorted = 0

    def add(self, seen: Observation) -> None:
        self.seen.append(seen)
        self.times_s.append(seen.at_s)

    def of_agent(self, agent: str) -> "_Row":
        """Of a kind that has an `agent`. What a crowd saw is sorted once, and not gone through for each of it."""
        for seen in self.seen[self._sorted :]:
            own = self._agents.get(seen.agent)
            if own is None:
                own = self._agents[seen.agent] = _Row()
            own.add(seen)
        self._sorted = len(self.seen)
        return self._agents.get(agent, _NONE)


_NONE = _Row()


class Timeline:
    """A journal in memory, ascending in `at_s`. `torn`: the file's last line was cut off by a crash.

    It is indexed by kind, so that asking for one kind from some time on costs what there is of it, not what there is
    of everything: waits ask again whenever it has grown.
    """

    __slots__ = ("_all", "_asked", "_rows", "memo", "torn")

    def __init__(self, observations: Iterable[Observation] = (), torn: bool = False) -> None:
        self._all: list[Observation] = []
        self._rows: dict[type[Observation], _Row] = {}
        self.memo: dict[Any, Any] = {}
        """What has been worked out from it; whoever puts something here does so for a timeline that grows no more."""
        self.torn = torn
        self._asked: set[type[Observation]] | None = None
        for seen in observations:
            self.add(seen)

    def add(self, seen: Observation) -> None:
        """One more, later than all there are."""
        self._all.append(seen)
        row = self._rows.get(type(seen))
        if row is None:
            row = self._rows[type(seen)] = _Row()
        row.add(seen)
        if self.memo:
            self.memo.clear()

    @property
    def observations(self) -> Sequence[Observation]:
        self._note(Observation)
        return self._all

    def __iter__(self) -> Iterator[Observation]:
        self._note(Observation)
        return iter(self._all)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeline):
            return NotImplemented
        return self._all == other._all and self.torn == other.torn

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __len__(self) -> int:
        return len(self._all)

    @property
    def header(self) -> Header:
        """The first line. Raises EvidenceError: there is none."""
        for seen in self._row(Header).seen:
            return cast(Header, seen)
        raise EvidenceError("the journal has no header: it does not say what was played, or where")

    @property
    def end_s(self) -> float:
        """When the last thing was seen."""
        self._note(Observation)
        return self._all[-1].at_s if self._all else 0.0

    @property
    def ended(self) -> Ended | None:
        """The last line of a whole journal, else None."""
        self._note(Ended)
        last = self._all[-1] if self._all else None
        return last if isinstance(last, Ended) else None

    def of(
        self,
        kind: type[O],
        where: Callable[[O], bool] | None = None,
        *,
        agent: str | None = None,
        from_s: float = float("-inf"),
        to_s: float = float("inf"),
    ) -> list[O]:
        """Observations of one kind that satisfy `where`, with from_s <= at_s <= to_s, in order. agent: only this one's,
        of a kind that says whose each is."""
        row = self._row(kind) if agent is None else self._row(kind).of_agent(agent)
        first = bisect_left(row.times_s, from_s)
        last = bisect_right(row.times_s, to_s, lo=first)
        found: list[O] = row.seen[first:last]
        return found if where is None else [seen for seen in found if where(seen)]

    @overload
    def of_any(self, first: type[O], second: type[P], /) -> list[O | P]: ...

    @overload
    def of_any(self, first: type[O], second: type[P], third: type[Q], /) -> list[O | P | Q]: ...

    @overload
    def of_any(self, *kinds: type[Observation]) -> list[Observation]: ...

    def of_any(self, *kinds: type[Observation]) -> list[Any]:
        """Observations of any of these kinds, in order."""
        found = [seen for kind in kinds for seen in self._row(kind).seen]
        return sorted(found, key=_BY_TIME)

    def first(self, kind: type[O], where: Callable[[O], bool] | None = None, *, from_s: float = float("-inf")) -> O:
        """The first such observation. Raises EvidenceError: there is none."""
        row = self._row(kind)
        for n in range(bisect_left(row.times_s, from_s), len(row.seen)):
            seen: O = row.seen[n]
            if where is None or where(seen):
                return seen
        raise EvidenceError(f"no {kind.__name__} of the kind looked for was seen from {max(from_s, 0.0):.3f} s on")

    @contextmanager
    def noting_what_is_asked(self) -> Iterator[set[type[Observation]]]:
        """Notes the kinds that are asked for inside: who asked only for these learns nothing new from others.

        Going through everything (`iter`, `end_s`, `observations`) is asking for `Observation`.
        """
        before, self._asked = self._asked, set()
        try:
            yield self._asked
        finally:
            if before is not None:
                before |= self._asked
            self._asked = before

    def _note(self, kind: type[Observation]) -> None:
        if self._asked is not None:
            self._asked.add(kind)

    def _row(self, kind: type[Observation]) -> _Row:
        self._note(kind)
        return self._rows.get(kind, _NONE)
