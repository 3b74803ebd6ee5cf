"""What CTI-01 to CTI-03 share: whether the administration has a side B, who loses side A, and who is refused alone."""

from chaos.history import FaultSpan, History
from chaos.history.faults import fault_spans
from chaos.history.sessions import (
    Attempt,
    Loss,
    ended_before,
    losses,
    named_attempts,
)
from chaos.journal import CtiSeen
from chaos.verdicts.cti.causes import (
    cause,
    refused_alone,
    side_of,
)
from chaos.verdicts.grid import any_of, made_by

# A node that alone has no session takes turns all the same, and does not do as the other one does.
PEER = ("in service",)
_ALONE = "one-node-alone"
WHILE_READ = {side: f"lost on side {side.upper()} while agents and calls were read over it" for side in "ab"}
# One node alone can be refused, and both at once by either side, only where they name themselves.
HOSTED_ALONE = any_of(
    made_by("peer", dict.fromkeys(PEER, _ALONE)), made_by("session", dict.fromkeys(WHILE_READ.values(), _ALONE))
)
TURNS = ("first loss", "later loss")


def turns_away(history: History, side: str) -> bool:
    """Whether that side turned sessions down on our order at any time."""
    return any(span.kind == "RefusedSessions" and side_of(span) == side for span in fault_spans(history))


def simplex_spans(history: History) -> tuple[FaultSpan, ...]:
    return tuple(span for span in fault_spans(history) if span.kind == "UnconfiguredBSide")


def without_b(history: History, at_s: float) -> bool:
    """Whether side B was out of the administration then. Nodes are started anew as it is put back."""
    spans = simplex_spans(history)
    return any(span.injecting_s <= at_s and not ended_before(span.rolling_back_s, at_s) for span in spans)


def with_b(history: History, at_s: float) -> bool:
    """Whether every node had been started with side B then."""
    spans = simplex_spans(history)
    return all(at_s < span.injecting_s or ended_before(span.rolled_back_s, at_s) for span in spans)


def was_put_back(history: History, at_s: float) -> bool:
    """Whether that was after side B had been out of the administration."""
    return any(ended_before(span.rolled_back_s, at_s) for span in simplex_spans(history))


def loses_a(history: History) -> bool:
    """Side A's sessions are ended by a fault, with a side B configured all along."""
    return not is_simplex(history) and (loses_a_with_b(history) or refuses_one_alone(history))


def refuses_one_alone(history: History) -> bool:
    """One node alone loses its session, and is refused by both sides."""
    return any(refused_alone(history, loss) for loss in noted_losses(history))


def loses_a_with_b(history: History) -> bool:
    """Side A's sessions are ended by a fault, with a side B configured then."""
    return any(
        loss.side == "a" and with_b(history, loss.lost_s) and cause(history, loss) for loss in noted_losses(history)
    )


def refuses_b(history: History) -> bool:
    """Side A is lost, and side B turns somebody down."""
    return loses_a(history) and (turns_away(history, "b") or refuses_one_alone(history))


def is_simplex(history: History) -> bool:
    """Side A is lost without a side B in the administration."""
    return bool(simplex_spans(history))


def noted_losses(history: History) -> tuple[Loss, ...]:
    """The losses, if there are faults and relays at all; a check that asks for more says what is missing."""
    return losses(history) if fault_spans(history) and history.of(CtiSeen) else ()


def in_reserve(history: History, loss: Loss) -> Attempt | None:
    """A session that the node had on side B already when it lost side A."""
    return next(
        (
            one
            for one in named_attempts(history)[loss.client]
            if one.side == "b"
            and one.opened_s is not None
            and one.at_s <= loss.lost_s
            and not ended_before(one.ended_s, loss.lost_s)
        ),
        None,
    )
