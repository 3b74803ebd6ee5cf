"""CTI-04 and CTI-05: who of a node's clients is not told that it has lost its CTI server, however it has."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.gaps import OUT_OF_SERVICE
from chaos.history.hearing import deaf
from chaos.history.lateness import clock_error_s
from chaos.history.people import SOCKET, XMPP, at_work, homes, stream_gone, stream_of, streams_lost
from chaos.inventory.model import RELEASES_WITHOUT_TLS
from chaos.journal import EventSeen, Header, StreamChange, StreamState, SwitchLooked
from chaos.verdicts.cti.causes import told_out
from chaos.verdicts.finding import Finding, held, missed
from chaos.verdicts.grid import Cell

SIGNED_OUT = "signed out"


def no_such_stream(header: Header, cell: Cell, _: Mapping[str, str]) -> str | None:
    """Why no client of this lab has its event stream over that, or nobody is there who is signed out."""
    if cell.get("stream") == XMPP and header.transport not in ("tcp", ""):
        return "clients of this lab have their event streams over HTTP: give it transport tcp"
    if cell.get("stream") == SOCKET and header.release in RELEASES_WITHOUT_TLS:
        return f"the notification service of {header.release} knows no WebSocket"
    if cell.get("state") == SIGNED_OUT and {node for _, node in header.spare} != set(header.nodes):
        return "the lab has nobody to spare at each node"
    return None


def left_out(
    history: History,
    node: str | None,
    cell: Cell,
    from_s: float,
    due_s: float,
    within_s: float,
    *,
    by_stream: bool = False,
) -> Iterator[Finding]:
    """People at that node whom it did not tell in time, and who heard from it later on: nothing was wrong with them.

    from_s: since when it may have told of that loss. due_s: until when it was to tell. within_s: so long after the
    first who was told everybody was to be; late for everybody is said elsewhere. by_stream: who was told in time is
    said, too, with what he hears by, and whether he is signed out.
    """
    if node is None or deaf(history) is not None:
        return
    told = told_out(history, node, from_s)
    until_s = due_s if told is None else max(due_s, told.at_s + within_s)
    until_s += clock_error_s(history, from_s, until_s)
    for agent in _there(history, node, from_s):
        own = _heard(history, node, agent, from_s)
        where = Cell.of(**dict(cell.at), **_as_whom(history, agent, from_s)) if by_stream else cell
        in_time = next((seen for seen in own if seen.system_status == OUT_OF_SERVICE and seen.at_s <= until_s), None)
        if in_time is not None:
            if by_stream and in_time.at_s + clock_error_s(history, from_s, in_time.at_s) <= from_s + within_s:
                yield held(where, f"{node} told {agent}", Evidence.of(in_time, f"{agent} heard OUT_OF_SERVICE"))
            continue
        later = next((seen for seen in own if seen.at_s > until_s), None)
        if later is None or stream_gone(history, agent, from_s, later.at_s):
            continue
        lines = [Evidence.of(told, f"{node} told {told.agent} that it is out of service")] if told is not None else []
        lines.append(Evidence.of(later, f"{node} tells {agent} something else: the first that {agent} hears of it"))
        untold = missed(where, f"{node} did not tell {agent} that it is out of service", *lines)
        yield replace(untold, from_s=due_s if told is None else told.at_s)


def _there(history: History, node: str, at_s: float) -> Iterator[str]:
    """Who has a client at that node then: those at work, as long as none of their streams is lost, and others."""
    work = at_work(history)
    yield from (one for one in work if homes(history).get(one) == node and not streams_lost(history, [one]))
    came = history.of(StreamChange, lambda seen: seen.node == node and seen.agent not in work, to_s=at_s)
    for agent, last in {seen.agent: seen for seen in came}.items():
        if last.state is StreamState.CONNECTED:
            yield agent


def _as_whom(history: History, agent: str, at_s: float) -> dict[str, str]:
    """What he hears by, and that he is signed out, as far as the switch was asked."""
    stream = stream_of(history, agent, at_s)
    found = {} if stream is None else {"stream": stream}
    looked = history.of(SwitchLooked, agent=agent, to_s=at_s)
    out = agent not in at_work(history) and bool(looked) and looked[-1].state == "LOGOUT"
    return found | ({"state": SIGNED_OUT} if out else {})


def _heard(history: History, node: str, agent: str, from_s: float) -> list[EventSeen]:
    return history.of(EventSeen, lambda seen: seen.node == node, agent=agent, from_s=from_s)
