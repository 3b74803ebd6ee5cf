"""CTI-07 to CTI-09: what is told of a team to those who follow it, beside what everybody is told of himself.

A team is no axis: who may follow one is the product's affair. Of a team a supervisor who was let follow it is told
(developer guide, Team Notification); to others what was told before the first loss is to be told after it.
"""

from collections.abc import Iterator, Sequence

from chaos.history import Evidence, History
from chaos.history.happenings import EARLY_S, STOOD_S, USER, Happening, happenings
from chaos.history.hearing import TOLD_S, deaf, first_loss_s
from chaos.history.history import fact
from chaos.history.people import at_work, streams_lost, team_of
from chaos.history.screens import STATE, truth
from chaos.journal import EventSeen, TeamFollowed, TeamSeen
from chaos.verdicts import bounds
from chaos.verdicts.cti.failover import FailOver, after
from chaos.verdicts.finding import Finding, missed

OTHER = "other"


def told_of_team_in_gap(one: FailOver, agent: str, history: History, out: EventSeen, to_s: float) -> list[TeamSeen]:
    """What reached that agent of its team after its notice of OUT_OF_SERVICE, before the node was back."""
    told = history.of(TeamSeen, agent=agent, from_s=one.gap.told_s, to_s=to_s)
    return [seen for seen in told if seen.node == one.node and seen.number > out.number]


def team_untold(history: History, one: FailOver) -> Iterator[Finding]:
    """States of somebody in a team that nobody who follows it is told after the notice."""
    for listener, member, from_s in _pairs(history, one):
        for happening in happenings(history, member):
            if happening.aspect != STATE or happening.until_s - happening.at_s < STOOD_S:
                continue
            if from_s < happening.at_s <= one.next_s - bounds.RESYNC_S:
                catching_up = happening.at_s < from_s + bounds.RESYNC_S - TOLD_S
                within_s = bounds.RESYNC_S if catching_up else TOLD_S
                if not _is_told(history, listener, happening, within_s):
                    act = Evidence.of(happening.seen, str(happening))
                    cell = after(one, agent=listener, event=USER)
                    said = f"{one.node} does not tell {listener} what {member} of its team does after its notice"
                    yield missed(cell, said, act, *one.gap.cited())


def gap_untold_to_team(history: History, one: FailOver) -> Iterator[Finding]:
    """States that somebody in a team came to in the gap, of which nobody who follows it is told after it."""
    for listener, member, from_s in _pairs(history, one):
        row, until_s = truth(history, member), from_s + bounds.RESYNC_S
        was, now = row.at(one.gap.told_s), row.at(from_s)
        if until_s > one.next_s or was is None or now is None:
            continue
        value = now.screen.get(STATE)
        stays = all(step.screen.get(STATE) == value for step in row.between(from_s, until_s))
        if value == was.screen.get(STATE) or not stays or _last_told(history, listener, member, until_s) == value:
            continue
        line = Evidence.of(now.seen, f"at the switch the state of {member} is {value}")
        said = f"{listener} was never told what {member} of its team came to in the gap"
        yield missed(after(one, agent=listener), said, line, *one.gap.cited())


def _pairs(history: History, one: FailOver) -> Iterator[tuple[str, str, float]]:
    """Who hears well of whom, and since when the node is back for the one who hears."""
    if one.gap.back is None or deaf(history):
        return
    for listener in one.people(history):
        if streams_lost(history, [listener], to_s=one.next_s):
            continue
        own = one.gap.own(listener)
        from_s = one.back_s if own is None or own[1] is None else own[1].at_s
        yield from ((listener, member, from_s) for member in _heard_of(history, listener))


@fact
def _heard_of(history: History, listener: str) -> tuple[str, ...]:
    """Of whom that agent is to be told as of somebody of its team: it leads it, or was told all before the first loss.

    A node that lost its CTI server before this journal, as when our relays are put in, may tell nothing in all of it.
    """
    led = {seen.team for seen in history.of(TeamFollowed, agent=listener) if seen.leads}
    if led:
        return tuple(member for member in at_work(history) if team_of(history, member) in led)
    begun_s = min((seen.at_s for seen in history.of(TeamSeen, agent=listener)), default=float("inf"))
    return tuple(member for member in at_work(history) if _was_heard(history, listener, member, begun_s))


def _was_heard(history: History, listener: str, member: str, begun_s: float) -> bool:
    told: Sequence[Happening] = [
        one
        for one in happenings(history, member)
        if one.aspect == STATE
        and begun_s < one.at_s < first_loss_s(history) - TOLD_S
        and one.until_s - one.at_s >= STOOD_S
    ]
    return bool(told) and all(_is_told(history, listener, one, TOLD_S) for one in told)


def _is_told(history: History, listener: str, happening: Happening, within_s: float) -> bool:
    told = history.of(TeamSeen, agent=listener, from_s=happening.at_s - EARLY_S, to_s=happening.at_s + within_s)
    return any(seen.of == happening.agent and seen.state == happening.value for seen in told)


def _last_told(history: History, listener: str, member: str, at_s: float) -> str | None:
    told = [seen for seen in history.of(TeamSeen, agent=listener, to_s=at_s) if seen.of == member]
    return told[-1].state if told else None
