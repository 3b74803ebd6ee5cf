"""One experiment as it was seen: its timeline, and facts that are worked out from it once."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, cast

from chaos.errors import EvidenceError
from chaos.journal import FaultPhase, FaultSeen, Header, Lateness, Observation, Step, Timeline

O = TypeVar("O", bound=Observation)  # noqa: E741  (the field's letter for an observation)
P = ParamSpec("P")
T = TypeVar("T")

_UNKNOWN = object()


class History:
    """What checks read. Everything after the last rollback began is our own mending, and left out of `story`.

    whole: the timeline from the first line to the last. story: until the last fault began to be rolled back. It may be
    made for a timeline that still grows: what has been worked out is forgotten when it does.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.whole = timeline

    @property
    def story(self) -> Timeline:
        return _story_of(self)

    @property
    def header(self) -> Header:
        """Raises EvidenceError: the journal has none."""
        return self.whole.header

    @property
    def experiment(self) -> str:
        return self.header.experiment

    @property
    def nodes(self) -> tuple[str, ...]:
        return self.header.nodes

    def of(
        self,
        kind: type[O],
        where: Callable[[O], bool] | None = None,
        *,
        agent: str | None = None,
        from_s: float = float("-inf"),
        to_s: float = float("inf"),
    ) -> list[O]:
        """Observations of the story, of one kind, that satisfy `where`, with from_s <= at_s <= to_s, in order.
        agent: only this one's, of a kind that says whose each is."""
        return self.story.of(kind, where, agent=agent, from_s=from_s, to_s=to_s)

    def first(self, kind: type[O], where: Callable[[O], bool] | None = None, *, from_s: float = float("-inf")) -> O:
        """The first such observation of the story. Raises EvidenceError: there is none."""
        return self.story.first(kind, where, from_s=from_s)


def fact(work: Callable[Concatenate[History, P], T]) -> Callable[Concatenate[History, P], T]:
    """A fact about a history: worked out when it is first asked for, and kept with its timeline; so is the
    EvidenceError that it may raise. Arguments must be hashable. What it returns is shared: give tuples, not lists.
    """

    def known(history: History, /, *args: P.args, **more: P.kwargs) -> T:
        memo = history.whole.memo
        key = (work, args, tuple(sorted(more.items()))) if more else (work, args)
        found = memo.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            try:
                found = work(history, *args, **more)
            except EvidenceError as error:
                found = error
            memo[key] = found
        if isinstance(found, EvidenceError):
            raise found
        return cast(T, found)

    known.__name__, known.__doc__, known.__wrapped__ = work.__name__, work.__doc__, work  # type: ignore[attr-defined]
    return known


@fact
def _story_of(history: History) -> Timeline:
    """Until the last fault is taken away, for what comes then is our own mending; or until a step that is noted later,
    where a story goes on after its faults and says so.

    How late the loop was is noted from time to time; the first such note after the end speaks of the story too.
    """
    whole = history.whole
    rollbacks = whole.of(FaultSeen, lambda seen: seen.phase is FaultPhase.ROLLING_BACK)
    if not rollbacks:
        return whole
    end: Observation = max((*rollbacks, *whole.of(Step)), key=lambda seen: seen.number)
    story = Timeline((seen for seen in whole if seen.at_s <= end.at_s), torn=whole.torn)
    late = whole.of(Lateness, from_s=end.at_s)
    if late:
        story.add(_at(late[0], end.at_s))
    return story


def _at(late: Lateness, at_s: float) -> Lateness:
    return Lateness(at_s=at_s, number=late.number, worst_s=late.worst_s, since_s=late.since_s)
