"""What nodes show and tell of whom a forced logout made something else: by answers, and by events to his clients."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.absences import LOGOUT, is_disturbed, is_there, left_alone_until_s, states
from chaos.history.hearing import deaf_clients
from chaos.history.labels import wrong_label
from chaos.history.screens import asked_about
from chaos.journal import EventSeen, RestExchange, SwitchAgentSeen
from chaos.verdicts import bounds
from chaos.verdicts.desktop.common import said
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell

SHOWN = EVENTS, ANSWERS = "events", "answers"


def stands_until_s(history: History, agent: str, told: SwitchAgentSeen) -> float:
    """Until when he is so, and nobody has done anything about it."""
    again = [seen.at_s for seen in states(history, agent) if seen.at_s > told.at_s]
    return min([left_alone_until_s(history, agent, told.at_s), *again])


def looks_at(history: History, agent: str, told: SwitchAgentSeen) -> list[RestExchange]:
    """What nodes answered about him while he was so."""
    from_s = told.at_s + bounds.ANSWERS_S
    found = history.of(
        RestExchange,
        lambda seen: asked_about(seen) == agent and seen.user_state is not None and seen.sent_s >= from_s,
        from_s=from_s,
        to_s=stands_until_s(history, agent, told),
    )
    return [seen for seen in found if not is_disturbed(history, seen.node, told.at_s, seen.at_s)]


def shown_otherwise(history: History, agent: str, told: SwitchAgentSeen) -> tuple[str, Evidence] | None:
    """How a node shows him, if not as the switch has him. What it shows of the reason of who is signed out is its own
    affair, if it shows none."""
    for seen in looks_at(history, agent, told):
        how = _otherwise(history, seen, told)
        if how is not None:
            return f"{seen.node} shows {agent} {how}", Evidence.of(seen, f"{seen.node} shows {agent} {how}")
    return None


def _otherwise(history: History, seen: RestExchange | EventSeen, told: SwitchAgentSeen) -> str | None:
    says_why = seen.reason_code == told.reason_code or (told.state == LOGOUT and seen.reason_code is None)
    label = wrong_label(history, seen)
    if seen.user_state == told.state and says_why and label is None:
        return None
    return f"{seen.user_state} {label or seen.reason_code or 'without a reason'}"


def told_by_events(
    history: History, cell: Cell, agent: str, told: SwitchAgentSeen, line: Evidence
) -> Iterator[Finding]:
    """Whether he is told so wherever he has a client, which has told him of himself before. The last event counts."""
    to_s = told.at_s + bounds.CONSEQUENCE_S
    if stands_until_s(history, agent, told) < to_s:
        return
    for node in history.nodes:
        is_here = is_there(history, agent, node, told.at_s - bounds.CONSEQUENCE_S, to_s)
        if not is_here or is_disturbed(history, node, told.at_s - bounds.CONSEQUENCE_S, to_s):
            continue
        own = history.of(
            EventSeen,
            lambda seen, node=node: seen.agent == agent and seen.node == node and seen.user_state is not None,  # type: ignore[misc]
            to_s=to_s,
        )
        after = [seen for seen in own if seen.at_s >= told.at_s - bounds.NOTICE_S]
        if len(after) == len(own) and not after:
            continue  # nobody knows whether that client hears
        how = _otherwise(history, after[-1], told) if after else None
        if after and how is None:
            tells = Evidence.of(after[-1], f"{node} → {agent}: {told.state}")
            yield held(cell, "an event tells it", line, said(told), tells)
        elif deaf_clients(history) is not None:
            yield inconclusive(cell, "this run's clients do not hear all", line, said(told))
        elif how is not None:
            tells = Evidence.of(after[-1], f"{node} → {agent}: {how}")
            yield violated(cell, f"{node} tells {agent} that he is {how}", line, said(told), tells)
        else:
            yield missed(cell, f"{node} does not tell {agent} that he is {told.state}", line, said(told))
