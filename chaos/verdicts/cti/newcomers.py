"""CTI-08: who opens a desktop while a node is out of service, or once it is back, is told what happens to him after
that, as those are who stayed.

Newcomers are no axis: a lab need not have anybody to spare. What is found of them counts all the same.
"""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.happenings import STOOD_S, USER, happenings, tellers
from chaos.history.hearing import TOLD_S, deaf
from chaos.history.people import homes
from chaos.history.screens import STATE
from chaos.journal import StreamChange, StreamState
from chaos.verdicts import bounds
from chaos.verdicts.cti.failover import FailOver, after
from chaos.verdicts.finding import Finding, missed


def newcomers_untold(history: History, one: FailOver) -> Iterator[Finding]:
    """States of somebody who connected after the loss was told, of which no event tells once the node is back."""
    if one.gap.back is None or deaf(history):
        return
    for agent, _ in history.header.spare:
        for came_s, from_s, to_s in _stays(history, one, agent):
            told = tellers(history, agent, TOLD_S)
            for happening in happenings(history, agent):
                stood = happening.until_s - happening.at_s >= STOOD_S
                if happening.aspect != STATE or not stood or not from_s < happening.at_s <= to_s - TOLD_S:
                    continue
                if told[happening] is None:
                    act = Evidence.of(happening.seen, str(happening))
                    when = "during its fail-over" if came_s <= one.back_s else "after its notice"
                    said = f"{one.node} does not tell {agent}, who came {when}, what happens"
                    yield missed(after(one, event=USER), said, act, *one.gap.cited())


def _stays(history: History, one: FailOver, agent: str) -> Iterator[tuple[float, float, float]]:
    """When that agent came, who had no client there; from when it was well connected, and the node had told all that
    the gap had left to tell; until it left."""
    if homes(history).get(agent) != one.node:
        return
    changes = history.of(StreamChange, agent=agent)
    for n, seen in enumerate(changes):
        was_there = n > 0 and changes[n - 1].state is StreamState.CONNECTED
        has_come = seen.state is StreamState.CONNECTED and seen.node == one.node and not was_there
        if not has_come or not one.gap.told_s < seen.at_s <= one.next_s:
            continue
        left_s = changes[n + 1].at_s if n + 1 < len(changes) else one.next_s
        yield seen.at_s, max(seen.at_s + TOLD_S, one.back_s + bounds.RESYNC_S), min(left_s, one.next_s)
