"""What checks of desktops share: their grid, and the cell of a fail-over."""

from chaos.history import History
from chaos.history.desktops import BLOCKED, CTI, NOTIFICATION, REASONS, STATES, WEBAPP, FailOver, fail_overs
from chaos.verdicts import bounds
from chaos.verdicts.grid import Cell, Grid, grid, nodes

# For these the same page loses its server several times: one for each trigger, and BOSH alone, whose attempts count.
AGAIN = (WEBAPP, NOTIFICATION, CTI, BLOCKED)


def desktops(*reasons: str) -> Grid:
    """Each node, each of these reasons (none: all), each state of the agent, crossed; and `again`: for which reason a
    page lost its server that had lost one before."""
    wanted = reasons or REASONS
    again = tuple(reason for reason in AGAIN if reason in wanted)
    pairs = (("node", "reason", "state"), *((("node", "again"),) if again else ()))
    return grid(pairs=pairs, node=nodes, reason=wanted, state=STATES, again=again)


def has_desktops(history: History) -> bool:
    """A desktop was seen to meet a trigger."""
    return bool(fail_overs(history))


def cell(one: FailOver, **more: str) -> Cell:
    """Where it lies; parts that are not known are left out, so that it fills no cell but can be VIOLATED."""
    at = {"node": one.node, **more}
    if one.reason is not None:
        at["reason"] = one.reason
    if one.state is not None:
        at["state"] = one.state
    if one.nth > 1 and one.reason in AGAIN:
        at["again"] = one.reason
    return Cell.of(**at)


def polls_needed(one: FailOver) -> int:
    """So many looks at a server show that it is looked at; who loses it again does not wait so long."""
    return bounds.DESKTOP_POLLS_AGAIN_MIN if one.nth > 1 else bounds.DESKTOP_POLLS_MIN


def sought_until_s(one: FailOver) -> float:
    """Until when it looked for a server: its end, or the end of what was seen of it."""
    return one.until_s if one.solved_s is None else one.solved_s
