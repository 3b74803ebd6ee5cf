"""CTI-07: what is told in a gap to who opens a desktop in it.

A notification service may hand what was published last to whoever comes (XEP-0060, 12.5.3), and nobody knows what that
is. So people come twice in one gap: whatever the second stay brings and the first did not was published in between.
"""

from collections.abc import Iterator, Mapping

from chaos.history import Evidence, History
from chaos.history.gaps import OUT_OF_SERVICE
from chaos.history.happenings import events_of, kind_of
from chaos.history.hearing import deaf
from chaos.journal import EventSeen, Header, StreamChange, StreamState
from chaos.verdicts.cti.failover import FailOver
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell

CAME = ("twice in the gap",)


def nobody_comes(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
    """Why nobody of this lab opens a desktop in a gap."""
    if cell.get("came") is None:
        return None
    if {node for _, node in header.spare} != set(header.nodes):
        return "the lab has nobody to spare at each node"
    return not_hosted.get("gaps-by-close")


def told_to_comers(history: History, one: FailOver) -> Iterator[Finding]:
    """Events that a second stay in the gap brought, and neither the first one nor any before."""
    for agent, _ in history.header.spare:
        came = history.of(
            StreamChange,
            lambda seen: seen.state is StreamState.CONNECTED and seen.node == one.node,
            agent=agent,
            from_s=one.gap.told_s,
            to_s=one.closes_s,
        )
        if len(came) < 2:
            continue
        cell = Cell.of(node=one.node, came=CAME[0])
        own_back_s = min((seen.at_s for seen in _notices(history, one, agent, came[-1].at_s)), default=one.closes_s)
        told = events_of(history, agent, one.gap.told_s, min(own_back_s, one.closes_s))
        first = {seen.item for seen in told if seen.at_s < came[1].at_s}
        new = [seen for seen in told if seen.at_s >= came[1].at_s and seen.item and seen.item not in first]
        wrong = [seen for seen in new if seen.system_status != OUT_OF_SERVICE and seen.node == one.node]
        for seen in wrong[:1]:
            line = Evidence.of(seen, f"{seen.node} → {agent}: {kind_of(seen)} {seen.source}, which nobody had told him")
            yield violated(cell, f"{one.node} published in the gap", line, *one.gap.cited())
        heard = history.of(EventSeen, lambda seen: seen.control, agent=agent, from_s=came[-1].at_s, to_s=one.closes_s)
        if heard and not wrong and deaf(history) is None:
            lines = [Evidence.of(seen, f"{agent} came to {one.node}") for seen in came[:2]]
            yield held(cell, "nothing was published", *lines, Evidence.of(heard[0], f"{agent} heard himself"))


def _notices(history: History, one: FailOver, agent: str, from_s: float) -> list[EventSeen]:
    """That node's own word to him that it is in service."""
    return history.of(
        EventSeen,
        lambda seen: seen.node == one.node and seen.system_status == "IN_SERVICE",
        agent=agent,
        from_s=from_s,
    )
