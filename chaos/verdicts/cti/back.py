"""CTI-08: requests and events once a node has found a CTI server again."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.calls import is_incomplete
from chaos.history.faults import is_awdb_disturbed
from chaos.history.happenings import KINDS, NOTICE, STOOD_S, Happening, happenings, kind_of, tellers
from chaos.history.hearing import TOLD_S, deaf
from chaos.history.history import fact
from chaos.history.people import at_work, streams_lost, team_of
from chaos.history.relays import cti_blind
from chaos.history.screens import STATE, Aspect, asked_about, is_signed_out, told, truth
from chaos.history.telephone import telephone_missed
from chaos.journal import RestExchange, TeamFollowed
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.cti.doing import marks_lost, not_done
from chaos.verdicts.cti.failover import (
    ADMIN_ASKS,
    AGENT_ASKS,
    ASKS,
    AT_ONCE,
    LATER,
    SIDES,
    SYSTEM_INFO,
    FailOver,
    after,
    agents,
    as_heard,
    ask_of,
    fail_overs,
    moment_after,
    returned,
)
from chaos.verdicts.cti.newcomers import newcomers_untold
from chaos.verdicts.cti.node import beats_misshown, clock_misshown, primary_misshown, servers_misshown
from chaos.verdicts.cti.pending import pending_invented, pending_untold
from chaos.verdicts.cti.saying import has_changed, said_otherwise
from chaos.verdicts.cti.strays import changed_after_end, told_twice
from chaos.verdicts.cti.teams import team_untold
from chaos.verdicts.cti.truth import wrong_answers
from chaos.verdicts.cti.unchanged import SO_ALREADY, unchanged
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import grid, nodes

# What is always shown to whoever asks for it; the rest may be turned down for what was asked, like a call that is none.
_FORBIDDEN = (401, 403)
_LET = frozenset({202, 400})
_USER = "GET User/{id}"
_PLAIN = frozenset(
    f"{who} GET {what}"
    for who, what in (
        ("agent", "User/{id}"),
        ("agent", "User/{id}/Dialogs"),
        ("agent", "User/{id}/ReasonCodes"),
        ("administrator", "User/{id}"),
        ("administrator", "User/{id}/Dialogs"),
        ("administrator", "Users"),
        ("administrator", "ReasonCodes"),
    )
)
_CITED_MAX = 4
_PUBLISHED = frozenset({*AGENT_ASKS, *ADMIN_ASKS} - {"GET ConnectedUsersInfo"})
"""What the documents of these are called is published."""


@check(
    grid(
        pairs=(
            ("node", "ask", "moment"),
            ("node", "back", "ask"),
            ("agent", "event"),
            ("node", "back", "event"),
            ("node", "so_already"),
        ),
        node=nodes,
        back=SIDES,
        ask=ASKS,
        agent=agents,
        event=(*KINDS, NOTICE),
        so_already=SO_ALREADY,
        moment=(AT_ONCE, LATER),
    ),
    needs=returned,
    rests_on=(
        cti_blind,
        deaf,
        telephone_missed,
    ),
)
def answers_and_publishes_again(history: History) -> Iterator[Finding]:
    """Once it has reconnected, a node tells its clients so, answers what they ask, and publishes what happens."""
    for one in fail_overs(history):
        if one.gap.back is None:
            continue
        yield from as_heard(history, _notices(history, one))
        yield from _requests(history, one)
        yield from not_done(history, one)
        yield from marks_lost(history, one)
        yield from pending_untold(history, one)
        yield from pending_invented(history, one)
        yield from servers_misshown(history, one)
        yield from beats_misshown(history, one)
        yield from clock_misshown(history, one)
        yield from primary_misshown(history, one)
        yield from team_untold(history, one)
        yield from newcomers_untold(history, one)
        yield from as_heard(history, unchanged(history, one))
        for agent in one.people(history):
            yield from as_heard(history, _events(history, one, agent))
            yield from told_twice(history, one, agent)
            yield from changed_after_end(history, one, agent)
            # Whoever is answered with what is no more has not been answered.
            for answer, finding in wrong_answers(history, one, agent):
                yield replace(finding, cell=after(one, ask=ask_of(answer), moment=moment_after(one, answer)))
            yield from _otherwise(history, one, agent)


def _otherwise(history: History, one: FailOver, agent: str) -> Iterator[Finding]:
    """Documents that do not say what they are to say."""
    own = one.gap.own(agent)
    from_s = one.back_s if own is None or own[1] is None else own[1].at_s
    for seen, said, line in itertools.islice(said_otherwise(history, one, agent, from_s), 1):
        if isinstance(seen, RestExchange):
            cell = after(one, ask=ask_of(seen), moment=moment_after(one, seen))
        else:
            cell = after(one, agent=agent, event=kind_of(seen))
        yield violated(cell, said, line, *one.gap.cited())


def _notices(history: History, one: FailOver) -> Iterator[Finding]:
    """Whoever was told that the node is out of service is told that it is back."""
    for agent, out, back in one.gap.heard:
        cell = after(one, agent=agent, event=NOTICE)
        if back is not None:
            line = Evidence.of(back, f"{one.node} → {agent}: IN_SERVICE")
            yield held(cell, "it was told that the node is back", *one.gap.cited(), line)
            continue
        why = deaf(history) or next(iter(streams_lost(history, [agent], to_s=one.back_s)), None)
        if why is not None or one.next_s < one.back_s + bounds.RESYNC_S:
            yield inconclusive(cell, f"{agent} was not seen to hear well and long enough ({why})", *one.gap.cited())
            continue
        line = Evidence.of(out, f"{one.node} → {agent}: OUT_OF_SERVICE, and nothing after it")
        yield missed(cell, f"{one.node} never told {agent} that it is in service again", line, *one.gap.cited())


def _requests(history: History, one: FailOver) -> Iterator[Finding]:
    asked = history.of(
        RestExchange,
        # Whoever asks with a wrong password is turned away at any time, and without an AWDB whoever is not cached.
        lambda seen: (
            seen.node == one.node
            and seen.sent_s >= one.back_s
            and not seen.wrong_password
            and not is_awdb_disturbed(history, seen.sent_s, seen.at_s)
        ),
        from_s=one.back_s,
        to_s=one.next_s,
    )
    looks: dict[tuple[str, str], list[RestExchange]] = {}
    for seen in asked:
        looks.setdefault((ask_of(seen), moment_after(one, seen)), []).append(seen)
    for (ask, moment), answers in looks.items():
        cell = after(one, ask=ask, moment=moment)
        odd = [seen for seen in answers if _is_odd(history, one, seen)]
        if odd:
            lines = [_line(history, seen) for seen in odd[:_CITED_MAX]]
            yield violated(cell, f"{one.node} did not answer a request after its notice", *lines, *one.gap.cited())
        elif ask in ASKS:
            yield held(cell, "answered again", _line(history, answers[0]), *one.gap.cited())


def _is_odd(history: History, one: FailOver, seen: RestExchange) -> bool:
    return _turned_away(history, one, seen) or _denied(history, seen) or has_changed(history, seen)


def _turned_away(history: History, one: FailOver, seen: RestExchange) -> bool:
    """Who asks about somebody else is let in if he leads his team: then he was before the gap, too. Whether something
    can be changed is asked only once it is known that he may: what is turned down for itself (400) has let him in."""
    if seen.agent is None or asked_about(seen) in (None, seen.agent) or seen.status not in _FORBIDDEN:
        return _refused(history, seen)
    before = history.of(
        RestExchange,
        lambda other: (other.agent, other.resource, other.path) == (seen.agent, seen.resource, seen.path),
        to_s=one.gap.told_s,
    )
    said = {other.status for other in before}
    return 200 in said or (bool(said & _LET) and said <= _LET) or _is_led(history, seen)


def _is_led(history: History, seen: RestExchange) -> bool:
    """Whether who asks for a state of somebody leads his team, by the node's own document of him, and is shown him:
    supervisors may ask for states of those whom they lead (developer guide, User—Change Agent State). A node that lost
    its CTI server before this journal, as when our relays are put in, may turn that away in all of it.

    Both are signed in: of others the guide says nothing.
    """
    of, asker = asked_about(seen), seen.agent
    if seen.resource != "PUT User/{id}" or of is None or asker is None or of not in at_work(history):
        return False
    led = {one.team for one in history.of(TeamFollowed, agent=asker) if one.leads and one.node == seen.node}
    shown = history.of(
        RestExchange,
        lambda one: (one.node, one.resource, one.path, one.status) == (seen.node, _USER, seen.path, 200),
        agent=asker,
    )
    there = not any(is_signed_out(history, agent, seen.sent_s) for agent in (asker, of))
    return there and bool(shown) and team_of(history, of) in led


def _refused(history: History, seen: RestExchange) -> bool:
    if seen.resource == SYSTEM_INFO:
        return seen.system_status != "IN_SERVICE"
    if not _is_what_was_asked_for(history, seen):
        return True
    if ask_of(seen) in _PLAIN:
        return seen.status != 200
    # Settings are there, but the publisher's alone: the other node may forbid them.
    forbidden = (401, 404) if "Config" in seen.resource else _FORBIDDEN
    return seen.status is None or seen.status >= 500 or seen.status in forbidden


def _denied(history: History, seen: RestExchange) -> bool:
    """Whether an agent is not shown a call that it was in all the while. A conference may be missing (CTI-11)."""
    if seen.agent is None or seen.resource != "GET Dialog/{id}" or seen.status == 200:
        return False
    call_id = seen.path.rpartition("/")[2]
    if is_incomplete(history, seen.agent, call_id, seen.sent_s):
        return False
    row, up = truth(history, seen.agent), Aspect("call", call_id)
    first = row.at(seen.sent_s - bounds.ANSWERS_S)
    steps = [*([first] if first else []), *row.between(seen.sent_s - bounds.ANSWERS_S, seen.at_s)]
    return bool(steps) and all(up in step.screen for step in steps)


def _is_what_was_asked_for(history: History, seen: RestExchange) -> bool:
    """A document that is read with success is that of the resource: of User/{id}/Dialogs, Dialogs.

    Whoever answers 200 with something else, or with what nobody can read, has not answered. Saving brings no document.
    """
    if not seen.resource.startswith("GET ") or seen.status != 200 or seen.document is None:
        return True
    is_known = seen.resource in _PUBLISHED or seen.resource in _named_alike(history)
    return _is_named_alike(seen) if is_known else bool(seen.document)


def _is_named_alike(seen: RestExchange) -> bool:
    name = next(part for part in reversed(seen.resource.partition(" ")[2].split("/")) if part != "{id}")
    return (seen.document or "").lower() == name.lower()


@fact
def _named_alike(history: History) -> frozenset[str]:
    """Resources of which a document was seen that is called like them. Of the others it is enough that theirs can be
    read: what the documents of most are called is not published."""
    seen = history.of(RestExchange, lambda seen: seen.status == 200 and _is_named_alike(seen))
    return frozenset(one.resource for one in seen)


def _line(history: History, seen: RestExchange) -> Evidence:
    brought = "" if _is_what_was_asked_for(history, seen) else f" with {seen.document or 'nothing that can be read'}"
    return Evidence.of(seen, f"{ask_of(seen)} at {seen.node} → {seen.status or seen.failure}{brought}")


def _events(history: History, one: FailOver, agent: str) -> Iterator[Finding]:
    """What happened to that agent since the notice, and whether an event of the right kind told it."""
    own = one.gap.own(agent)
    from_s = one.back_s if own is None or own[1] is None else own[1].at_s
    heard: dict[str, list[Evidence]] = {}
    soon, late = (tellers(history, agent, within_s) for within_s in (TOLD_S, bounds.RESYNC_S))
    for happening in happenings(history, agent):
        if not from_s < happening.at_s <= one.next_s - TOLD_S or happening.until_s - happening.at_s < STOOD_S:
            continue
        if is_incomplete(history, agent, happening.aspect.call_id, happening.at_s):
            continue
        if happening.aspect != STATE and is_signed_out(history, agent, happening.at_s):
            continue
        # While the node still tells of what the gap left to tell, what is new may wait its turn.
        is_catching_up = happening.at_s < from_s + bounds.RESYNC_S - TOLD_S
        event = (late if is_catching_up else soon)[happening]
        if event is None:
            yield _untold(history, one, happening)
        else:
            line = Evidence.of(event, f"{event.node} → {agent}: {happening.kind} told {happening.aspect}")
            heard.setdefault(happening.kind, []).append(line)
    for kind, lines in heard.items():
        cell = after(one, agent=agent, event=kind)
        yield held(cell, "what happened was published", *one.gap.cited(), *lines[:2], *lines[2:][-1:])


def _untold(history: History, one: FailOver, happening: Happening) -> Finding:
    cell = after(one, agent=happening.agent, event=happening.kind)
    act = Evidence.of(happening.seen, str(happening))
    why = deaf(history)
    lost = streams_lost(history, [happening.agent], to_s=happening.at_s + TOLD_S)
    if why is not None or lost:
        return inconclusive(cell, why or "its event stream was lost", act, *lost[:1])
    shown = told(history, happening.agent).at(happening.at_s)
    if shown is not None and shown.screen.get(happening.aspect) == happening.value:
        return inconclusive(cell, "clients were shown that before our telephone at the switch was told", act)
    return missed(cell, f"{one.node} does not publish what happens after its notice", act, *one.gap.cited())
