"""CTI-04 and CTI-05: who of a node's clients is not told that it has lost its CTI server, however it has."""

from collections.abc import Iterator
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.gaps import OUT_OF_SERVICE
from chaos.history.hearing import deaf
from chaos.history.lateness import clock_error_s
from chaos.history.people import at_work, homes, streams_lost
from chaos.journal import EventSeen
from chaos.verdicts.cti.causes import told_out
from chaos.verdicts.finding import Finding, missed
from chaos.verdicts.grid import Cell


def left_out(
    history: History, node: str | None, cell: Cell, from_s: float, due_s: float, within_s: float
) -> Iterator[Finding]:
    """People at that node whom it did not tell in time, and who heard from it later on: nothing was wrong with them.

    from_s: since when it may have told of that loss. due_s: until when it was to tell. within_s: so long after the
    first who was told everybody was to be; late for everybody is said elsewhere.
    """
    if node is None or deaf(history) is not None:
        return
    told = told_out(history, node, from_s)
    until_s = due_s if told is None else max(due_s, told.at_s + within_s)
    until_s += clock_error_s(history, from_s, until_s)
    for agent in at_work(history):
        if homes(history).get(agent) != node or streams_lost(history, [agent]):
            continue
        own = _heard(history, node, agent, from_s)
        later = next((seen for seen in own if seen.at_s > until_s), None)
        if later is None or any(seen.system_status == OUT_OF_SERVICE for seen in own if seen.at_s <= until_s):
            continue
        lines = [Evidence.of(told, f"{node} told {told.agent} that it is out of service")] if told is not None else []
        lines.append(Evidence.of(later, f"{node} tells {agent} something else: the first that {agent} hears of it"))
        untold = missed(cell, f"{node} did not tell {agent} that it is out of service", *lines)
        yield replace(untold, from_s=due_s if told is None else told.at_s)


def _heard(history: History, node: str, agent: str, from_s: float) -> list[EventSeen]:
    return history.of(EventSeen, lambda seen: seen.node == node, agent=agent, from_s=from_s)
