"""Who plays which part in an experiment: pure choices among the people of a lab."""

import itertools
from collections.abc import Sequence
from typing import TypeVar

from chaos.errors import UsageError
from chaos.experiment.draws import Draws
from chaos.inventory import FinesseNode
from chaos.subjects.agent import WorkingAgent

T = TypeVar("T")


def drawn_nodes(nodes: Sequence[FinesseNode], at_work: int, draws: Draws) -> Sequence[FinesseNode]:
    """In any order; the one where more people work stays the first, or they could not take turns."""
    return nodes if at_work % len(nodes) else draws.order_for_run("nodes", nodes)


def by_turns(people: Sequence[WorkingAgent], nodes: Sequence[FinesseNode], draws: Draws) -> tuple[WorkingAgent, ...]:
    """People by turns at the nodes; who comes first at each is drawn, for the whole run: of the gap of one experiment
    and the next one's each person has to have seen every moment."""
    there = [[one for one in people if one.node.host == node.host] for node in nodes]
    columns = [draws.order_for_run("people at work", some) for some in there]
    return tuple(one for row in itertools.zip_longest(*columns) for one in row if one is not None)


def fresh(spare: Sequence[WorkingAgent], nodes: Sequence[FinesseNode], each: int) -> Sequence[Sequence[WorkingAgent]]:
    """So many rows, each of one person at each node: whose credentials were good longest ago, and among those that
    have lapsed first the ones whose password was never found good, in case a product caches that, too.

    Raises UsageError: there are fewer.
    """
    rows: list[tuple[WorkingAgent, ...]] = []
    chosen: set[str] = set()
    for _ in range(each):
        row = []
        for node in nodes:
            left = [one for one in spare if one.node.host == node.host and one.id not in chosen]
            if not left:
                raise UsageError(
                    f"the lab has {len(spare)} spare agents, {each} at each node are needed: say so as `spare`"
                )
            row.append(min(left, key=_known_s))
            chosen.add(row[-1].id)
        rows.append(tuple(row))
    return rows


def desks(
    spare: Sequence[WorkingAgent], nodes: Sequence[FinesseNode], each: int, logged_out: int
) -> Sequence[Sequence[WorkingAgent]]:
    """Per node so many of LOAD 0, and after them so many of LOAD 1, or none of these where there are fewer.

    From the end, where nobody looks for fresh ones first. Raises UsageError: there are fewer of LOAD 0.
    """
    there = [[one for one in reversed(spare) if one.node.host == node.host] for node in nodes]
    stay = [[one for one in people if one.agent.load == 0][:each] for people in there]
    go = [[one for one in people if one.agent.load == 1][:logged_out] for people in there]
    if any(len(row) < each for row in stay):
        raise UsageError(f"{each} spare agents of LOAD 0 are needed at each node")
    if any(len(row) < logged_out for row in go):
        go = [[] for _ in there]
    return tuple((*zero, *one) for zero, one in zip(stay, go, strict=True))


def one_at_each(spare: Sequence[WorkingAgent], nodes: Sequence[FinesseNode]) -> Sequence[WorkingAgent]:
    """One spare person at each node, from the end; who is not logged out when his desktop is gone (LOAD 0) goes before.
    Nobody, where a node has none."""
    there = [[one for one in reversed(spare) if one.node.host == node.host] for node in nodes]
    return [min(people, key=lambda one: one.agent.load) for people in there] if all(there) else []


def in_turn(people: Sequence[T], count: int, turn: int) -> Sequence[T]:
    """The same people, from others on: at turn 1 from those that come after the first so many, as far as there are so
    many; then round again."""
    begin = turn * count % len(people) if people else 0
    begin = begin if begin + count <= len(people) else max(0, len(people) - count)
    return (*people[begin:], *people[:begin])


def shared_out(people: Sequence[T], nodes: Sequence[FinesseNode], each: int, who: str) -> Sequence[Sequence[T]]:
    """The first so many for the first node, the next for the next one. Raises UsageError: there are fewer of `who`."""
    if len(people) < each * len(nodes):
        raise UsageError(f"the lab has {len(people)} {who}, {each} for each node are needed")
    return [people[n * each : (n + 1) * each] for n in range(len(nodes))]


def _known_s(agent: WorkingAgent) -> tuple[float, float]:
    """When the agent's credentials were last good, and when they were last found good."""
    rest = agent.rest
    never = float("-inf")
    return (
        never if rest.last_good_s is None else rest.last_good_s,
        never if rest.last_let_in_s is None else rest.last_let_in_s,
    )
