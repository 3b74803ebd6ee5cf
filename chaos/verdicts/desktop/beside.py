"""What others are shown of whom a forced logout made something else: by lists of his team, and by its events.

Who may follow a team, or look at it, is the product's affair, and whether a supervisor is at work the lab's: this is no
cell. A team is told to a supervisor who was let follow it (developer guide, Team Notification), and to whoever was told
of him before.
"""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.absences import LOGOUT, is_disturbed, is_there
from chaos.history.hearing import deaf_clients
from chaos.history.people import homes, team_of
from chaos.journal import RestExchange, SwitchAgentSeen, TeamFollowed, TeamSeen
from chaos.verdicts import bounds
from chaos.verdicts.desktop.common import said
from chaos.verdicts.desktop.shown import stands_until_s
from chaos.verdicts.finding import Finding, missed, violated
from chaos.verdicts.grid import Cell


def shown_to_others(
    history: History, cell: Cell, agent: str, told: SwitchAgentSeen, line: Evidence
) -> Iterator[Finding]:
    """What his team is shown, if not as the switch has him."""
    yield from _listed(history, cell, agent, told, line)
    if deaf_clients(history) is None:
        for listener in history.of(TeamFollowed):
            yield from _told(history, cell, agent, told, line, listener)


def _listed(history: History, cell: Cell, agent: str, told: SwitchAgentSeen, line: Evidence) -> Iterator[Finding]:
    from_s = told.at_s + bounds.ANSWERS_S
    lists = history.of(
        RestExchange,
        lambda seen: agent in dict(seen.listed) and seen.sent_s >= from_s,
        from_s=from_s,
        to_s=stands_until_s(history, agent, told),
    )
    for seen in lists:
        state = dict(seen.listed)[agent]
        if state != told.state and not is_disturbed(history, seen.node, told.at_s, seen.at_s):
            what = f"{seen.node} shows {seen.agent} that {agent} of the team is {state}"
            yield violated(cell, what, line, said(told), Evidence.of(seen, what))
            return


def _told(
    history: History, cell: Cell, agent: str, told: SwitchAgentSeen, line: Evidence, by: TeamFollowed
) -> Iterator[Finding]:
    from_s, to_s = told.at_s - bounds.CONSEQUENCE_S, told.at_s + bounds.CONSEQUENCE_S
    if stands_until_s(history, agent, told) < to_s or by.at_s > from_s or homes(history).get(by.agent) != by.node:
        return
    is_here = is_there(history, by.agent, by.node, from_s, to_s)
    if by.agent == agent or not is_here or is_disturbed(history, by.node, from_s, to_s):
        return
    heard = history.of(TeamSeen, agent=by.agent, from_s=by.at_s)
    if not any(seen.at_s < from_s for seen in heard) or not any(seen.at_s > to_s for seen in heard):
        return  # of anybody, before and after it: else nobody knows whether that client hears of its team
    own = [seen for seen in heard if seen.of == agent and seen.at_s <= to_s]
    after = [seen for seen in own if seen.at_s >= told.at_s - bounds.NOTICE_S]
    last = own[-1] if own else None
    if last is None and not (by.leads and team_of(history, agent) == by.team):
        return
    if after and last is not None and (how := _otherwise(history, last, told)) is not None:
        what = f"{by.node} tells {by.agent} that {agent} of the team is {how}"
        yield violated(cell, what, line, said(told), Evidence.of(last, what))
    elif not after and (last is None or last.state != told.state):
        what = f"{by.node} does not tell {by.agent}, who follows the team, that {agent} is {told.state}"
        yield missed(
            cell, what, line, said(told), *([] if last is None else [Evidence.of(last, f"told of last: {last.state}")])
        )


def _otherwise(history: History, seen: TeamSeen, told: SwitchAgentSeen) -> str | None:
    """How it is told, if not as it is. Whether a team is told of reasons is a node's affair, as long as it goes on."""
    if seen.state != told.state:
        return str(seen.state)
    names = history.of(TeamSeen, lambda other: other.node == seen.node and other.reason_code is not None)
    if told.state == LOGOUT or not names or seen.reason_code == told.reason_code:
        return None
    return f"{seen.state} {seen.reason_code or 'without a reason'}"
