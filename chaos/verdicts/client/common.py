"""What checks of desktops share: their grid, and the cell of a fail-over."""

from chaos.history import History
from chaos.history.desktops import REASONS, STATES, FailOver, fail_overs
from chaos.verdicts.grid import Cell, Grid, grid, nodes


def desktops(*reasons: str) -> Grid:
    """Each node, each of these reasons (none: all), each state of the agent, crossed."""
    return grid(node=nodes, reason=reasons or REASONS, state=STATES)


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
    return Cell.of(**at)


def sought_until_s(one: FailOver) -> float:
    """Until when it looked for a server: its end, or the end of what was seen of it."""
    return one.until_s if one.solved_s is None else one.solved_s
