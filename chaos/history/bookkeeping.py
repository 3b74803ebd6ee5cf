"""Whether what we were told stands in the journal, all of it, once, and was an answer to what was asked.

Whoever listens or asks numbers what comes in before anything is made of it (`Journal.nth`), the others count what they
see, and a journal's last line says how many there were. One that is missing or that comes twice was lost or repeated by
us, between the wire and the journal; then this journal speaks of nobody. And an answer says by its node's clock when it
was made (`Date`): one made before another that was there before it was asked for is an old one, kept by somebody on
the way. Where no answer has a date nothing is known of that.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chaos.history.history import History, fact
from chaos.journal import (
    EventSeen,
    RestExchange,
    SwitchAgentSeen,
    SwitchCallSeen,
    TeamSeen,
    Timeline,
)

# Servers work out the text of a Date once a second, and use it a little longer (ours).
DATE_S = 2.0

Numbered = EventSeen | TeamSeen | RestExchange | SwitchAgentSeen | SwitchCallSeen
_NUMBERED: tuple[type[Numbered], ...] = (EventSeen, TeamSeen, RestExchange, SwitchAgentSeen, SwitchCallSeen)


@fact
def belied(history: History) -> tuple[str, ...]:
    """Why nothing that this journal's clients and relays saw is to be believed; empty if nothing says so."""
    whole = history.whole
    found = (
        *(_misnumbered(kind.__name__, whole.of(kind)) for kind in _NUMBERED),
        *(_missing(whole, dict(whole.ended.counted)) if whole.ended is not None else ()),
        next(_old(whole.of(RestExchange)), None),
    )
    return tuple(why for why in found if why is not None)


def _misnumbered(name: str, lines: Sequence[Numbered]) -> str | None:
    """A journal that breaks off has the first of them; one in which none has a number is from before they had."""
    if not any(line.nth for line in lines):
        return None
    for due, line in enumerate(lines, 1):
        if line.nth != due:
            lost = f"{name} {due} is not in this journal"
            again = f"{name} {line.nth} stands in this journal again" if line.nth else f"one {name} has no number"
            return f"we do not note all that we see: {lost if line.nth > due else again} (line {line.number})"
    return None


def _missing(whole: Timeline, counted: Mapping[str, int]) -> Iterator[str]:
    for kind in _NUMBERED:
        if kind.__name__ not in counted and any(line.nth for line in whole.of(kind)):
            yield f"the last line of this journal does not say how many {kind.__name__} there were"
    noted = Counter(type(seen).__name__ for seen in whole)
    for name, due in counted.items():
        if noted[name] != due:
            yield f"we do not note all that we see: of {due} {name} {noted[name]} are in this journal"


def _old(answers: Iterable[RestExchange]) -> Iterator[str]:
    """Answers that were made before others that were there before they were asked for."""
    newest: dict[str, list[RestExchange]] = {}  # at each node, each made later than the one before
    for answer in answers:
        if answer.dated_s is None:
            continue
        known = newest.setdefault(answer.node, [])
        before = next((one for one in reversed(known) if one.at_s <= answer.sent_s), None)
        if before is not None and _made_before_s(answer, before) > DATE_S:
            yield (
                f"our clients are given old answers, or a node's clock was set back: that to {answer.resource} at "
                f"{answer.at_s:.3f} s was made "
                f"{_made_before_s(answer, before)} s before one that {answer.node} had given at {before.at_s:.3f} s"
            )
        if not known or _made_before_s(known[-1], answer) > 0:
            known.append(answer)


def _made_before_s(one: RestExchange, other: RestExchange) -> int:
    return (other.dated_s or 0) - (one.dated_s or 0)
