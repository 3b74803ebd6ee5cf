"""Who works where, and whose event stream stayed up."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.journal import EventSeen, RestExchange, StreamChange, StreamState

STREAMS = BOSH, SOCKET, XMPP = ("BOSH", "WebSocket", "XMPP")
"""By what a client is told of events: requests that wait, or a connection of its own."""
_DOORS = {"bosh": BOSH, "websocket": SOCKET, "xmpp": XMPP, "tcp": XMPP}


@fact
def homes(history: History) -> Mapping[str, str]:
    """The node at which each agent works: as the header says, else where it asks, or where it receives its events."""
    seen = {one.agent: one.node for one in history.of(EventSeen)}
    asked = {one.agent: one.node for one in history.of(RestExchange) if one.agent is not None}
    header = history.header
    return MappingProxyType(seen | asked | dict(header.spare) | dict(header.agents))


def at_work(history: History) -> tuple[str, ...]:
    """Agents who are signed in and at work all the time, in the inventory's order."""
    return tuple(agent for agent, _ in history.header.agents) or tuple(homes(history))


def streams_lost(
    history: History, agents: Iterable[str], *, from_s: float = 0.0, to_s: float = float("inf")
) -> list[Evidence]:
    """Event streams of these agents that were lost or refused meanwhile: what they did not show proves nothing."""
    who = set(agents)
    lost = history.of(
        StreamChange,
        lambda seen: seen.agent in who and seen.state is not StreamState.CONNECTED,
        from_s=from_s,
        to_s=to_s,
    )
    return [Evidence.of(seen, f"{seen.agent}: {seen.transport} stream {seen.state}") for seen in lost]


def stream_gone(history: History, agent: str, from_s: float, to_s: float) -> list[Evidence]:
    """As `streams_lost`, of one agent; its stream may have been lost before, too, if it was not back by from_s."""
    before = history.of(StreamChange, agent=agent, to_s=from_s)
    since_s = before[-1].at_s if before and before[-1].state is not StreamState.CONNECTED else from_s
    return streams_lost(history, [agent], from_s=since_s, to_s=to_s)


def stream_of(history: History, agent: str, at_s: float) -> str | None:
    """By what the agent's client had opened its event stream last, before that; None if that is not known. Who is at
    work may have opened it before the journal began."""
    opened = history.whole.of(StreamChange, lambda seen: seen.state is StreamState.CONNECTED, agent=agent, to_s=at_s)
    was = history.header.transport if agent in at_work(history) else ""
    door = opened[-1].transport if opened else was
    return _DOORS.get(door.partition(" ")[0])


@fact
def team_of(history: History, agent: str) -> str | None:
    """The team to which that agent belongs, as the first document says that does."""
    documents: list[EventSeen | RestExchange] = [*history.of(EventSeen, agent=agent)]
    documents += history.of(RestExchange, agent=agent)
    return next((team for seen in documents if (team := dict(seen.more).get("teamId"))), None)
