"""Axes and words of the DESKTOP clauses."""

from collections.abc import Mapping, Sequence

from chaos.errors import EvidenceError
from chaos.history import Evidence, History
from chaos.history.absences import BACK, CLOSED, Absence, absences, forced_logouts, state_before, states
from chaos.history.asking import is_taken
from chaos.history.screens import devices
from chaos.journal import Header, RestExchange, StateAsked, SwitchAgentSeen, SwitchLooked
from chaos.verdicts.grid import Cell

LOADS = ("0", "1")
GOODBYES = ("goodbye", "end", "drop")
# A desktop in a browser that is closed, or left by Back, says goodbye as well as it can.
BROWSERS = (CLOSED, BACK)
# Its page is loaded again, and it comes back by itself.
REFRESHED = "browser-refreshed"
CLIENT, BROWSER = "client", "browser"
STATES = {"NOT_READY": "Not Ready", "AVAILABLE": "Ready", "WORK_NOT_READY": "Wrap-Up", "WORK_READY": "Wrap-Up"}
IDLE = ("Not Ready", "Ready", "Wrap-Up")
CODE = 255
BROWSERS_EXPERIMENT = "browsers-left"
# So many spare agents of LOAD 1 at each node do the experiments have at desks; or none.
LOAD_1_NEEDED = 3

TELEPHONE = "telephone"
WANTS = ("another state",)
"""What who is on a call has asked for, to be in after it."""


def askers(header: Header) -> Sequence[str]:
    """Who asks the CTI server for a forced logout: each node, and our own telephone."""
    return (*header.nodes, TELEPHONE)


def has_absences(history: History) -> bool:
    """Does somebody's client leave, by our doing?"""
    try:
        return any(one.how != "lost" for one in absences(history))
    except EvidenceError:
        return False


def asks_for_logouts(history: History) -> bool:
    """Does a node ask for a logout that nobody at a desktop has asked for?"""
    try:
        return bool(forced_logouts(history))
    except EvidenceError:
        return False


def load_of(history: History, agent: str) -> str:
    return "1" if agent in history.header.logged_out else "0"


def state_at(history: History, agent: str, at_s: float) -> str:
    """As the switch told it last, or said when it was asked; "" if it never did."""
    told = state_before(history, agent, at_s)
    looked = history.whole.of(SwitchLooked, lambda seen: seen.agent == agent, to_s=at_s)
    if looked and (told is None or looked[-1].at_s > told.at_s):
        return looked[-1].state
    return "" if told is None else told.state


def of_the_call(history: History, agent: str, at_s: float) -> Mapping[str, str]:
    """What is behind the call that he is on then: his state before it, and whether he has asked for another one since,
    which he would have after it."""
    told = states(history, agent)
    idle = [seen for seen in told if seen.at_s < at_s and seen.state in STATES]
    if not idle:
        return {}
    own = history.of(
        RestExchange,
        lambda seen: seen.agent == agent and bool(seen.wanted) and is_taken(seen),
        from_s=idle[-1].at_s,
        to_s=at_s,
    )
    # What made him so is answered once the switch has told of it.
    own = [seen for seen in own if seen.sent_s > idle[-1].at_s]
    wants = any(("state", state) in seen.wanted for seen in own for state in ("READY", "NOT_READY"))
    return {"was": STATES[idle[-1].state], **({"wants": WANTS[0]} if wants else {})}


def cell_of(history: History, one: Absence, **more: str) -> Cell:
    return Cell.of(node=one.node, how=one.how, load=load_of(history, one.agent), **more)


def another_telephone(history: History, asked: StateAsked) -> str | None:
    """Whose telephone it names, if that is another agent's: what is asked for would be done there, or nowhere."""
    whose = devices(history).get(asked.device or "")
    return whose if whose != asked.agent else None


def said(seen: SwitchAgentSeen) -> Evidence:
    """What the switch told of an agent's state, in words."""
    return Evidence.of(seen, f"the switch: {seen.agent} {seen.state} {seen.reason_code or ''}".rstrip())


def no_load_1(header: Header, cell: Cell, _: Mapping[str, str]) -> str | None:
    """Why a cell of LOAD 1 cannot be had."""
    return lacks_load_1(header, cell, _) if cell.get("load") == "1" else None


def no_browser(_: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    """Why a cell of browsers cannot be had."""
    is_one = cell.get("how") in (*BROWSERS, REFRESHED) or cell.get("of") == BROWSER
    return not_hosted.get(BROWSERS_EXPERIMENT) if is_one else None


def unfit(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    return no_load_1(header, cell, not_hosted) or no_browser(header, cell, not_hosted)


def of_clients(cell: Cell) -> bool:
    """Browsers are watched of people of LOAD 0 who are Not Ready: a node knows no LOAD, and one BOSH session of all."""
    is_one = cell.get("how") in BROWSERS or cell.get("of") == BROWSER
    return not is_one or (cell.get("load") in (None, "0") and cell.get("state") in (None, IDLE[0]))


def lacks_load_1(header: Header, _: Cell, __: Mapping[str, str]) -> str | None:
    """Why nothing can be said of LOAD 1 here."""
    there = [node for agent, node in header.spare if agent in header.logged_out]
    if all(there.count(node) >= LOAD_1_NEEDED for node in header.nodes):
        return None
    needed = f"{LOAD_1_NEEDED} spare agents of LOAD 1 are needed at each node"
    return f"{needed}: say `load: 1` of those whom Unified CCE logs out"
