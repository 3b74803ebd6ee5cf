"""Axes and words of the DESKTOP clauses."""

from collections.abc import Sequence

from chaos.errors import EvidenceError
from chaos.history import History
from chaos.history.absences import Absence, absences, state_before
from chaos.journal import Header
from chaos.verdicts.grid import Cell

LOADS = ("0", "1")
GOODBYES = ("goodbye", "end", "drop")
STATES = {"NOT_READY": "Not Ready", "AVAILABLE": "Ready", "WORK_NOT_READY": "Wrap-Up", "WORK_READY": "Wrap-Up"}
IDLE = ("Not Ready", "Ready", "Wrap-Up")
CODE = 255

TELEPHONE = "telephone"


def askers(header: Header) -> Sequence[str]:
    """Who asks the CTI server for a forced logout: each node, and our own telephone."""
    return (*header.nodes, TELEPHONE)


def has_absences(history: History) -> bool:
    """Does somebody's client leave, by our doing?"""
    try:
        return any(one.how != "lost" for one in absences(history))
    except EvidenceError:
        return False


def load_of(history: History, agent: str) -> str:
    return "1" if agent in history.header.logged_out else "0"


def state_at(history: History, agent: str, at_s: float) -> str:
    """As the switch told it last; "" if it never did."""
    seen = state_before(history, agent, at_s)
    return "" if seen is None else seen.state


def cell_of(history: History, one: Absence, **more: str) -> Cell:
    return Cell.of(node=one.node, how=one.how, load=load_of(history, one.agent), **more)
