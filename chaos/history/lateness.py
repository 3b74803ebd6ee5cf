"""How late we were ourselves: what a real-time journal cannot know more exactly."""

from dataclasses import dataclass

from chaos.history.history import History, fact
from chaos.journal import Lateness

# A real-time journal in which nobody noted how late the loop was is taken to be off by so much (ours).
UNKNOWN_S = 0.05


@dataclass(frozen=True, slots=True)
class Late:
    """From `from_s` to `to_s` the loop woke at most `worst_s` too late."""

    from_s: float
    to_s: float
    worst_s: float


@fact
def lateness(history: History) -> tuple[Late, ...]:
    """In order, and without overlaps; empty on the virtual clock, which waits for us."""
    return tuple(Late(seen.since_s, seen.at_s, seen.worst_s) for seen in history.whole.of(Lateness))


def clock_error_s(history: History, from_s: float = float("-inf"), to_s: float = float("inf")) -> float:
    """How far two times in that stretch may be off: 0 on the virtual clock, else the worst lateness near them."""
    if history.header.clock == "virtual":
        return 0.0
    near = [late.worst_s for late in lateness(history) if late.from_s <= to_s and from_s <= late.to_s]
    return max(near, default=UNKNOWN_S)
