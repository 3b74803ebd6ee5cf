"""CTI-06 and CTI-07: requests and events while a node is failing over."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.faults import slowed_by_s
from chaos.history.happenings import KINDS, NOTICE, USER, Happening, events_of, happenings, kind_of
from chaos.history.hearing import deaf, deaf_to_notices, first_loss_s, heard_after, heard_before
from chaos.history.people import STREAMS, stream_of, streams_lost
from chaos.history.relays import cti_blind
from chaos.history.sessions import ended_before, sessions
from chaos.history.telephone import telephone_missed
from chaos.journal import EventSeen, RestExchange, StreamChange, TeamSeen
from chaos.verdicts import bounds
from chaos.verdicts.carried_out import carried_out
from chaos.verdicts.check import check
from chaos.verdicts.cti.comers import CAME, nobody_comes, told_to_comers
from chaos.verdicts.cti.failover import (
    ASKS,
    END,
    MOMENTS,
    SIDES,
    SYSTEM_INFO,
    FailOver,
    agents,
    ask_of,
    fail_overs,
    moment_of,
    told_out_of_service,
)
from chaos.verdicts.cti.teams import OTHER, told_of_team_in_gap
from chaos.verdicts.cti.untold import no_such_stream
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, any_of, grid, nodes

_CITED_MAX = 4
# What stands in a gap: a session that is open, over which agents and calls are not read yet.
SESSIONS = ("open, and not in service",)
_UNKNOWN = (404, 405, 501)
# Source: failover chapter, "Service Unavailable"; developer guide, Cisco Finesse API Errors, SERVER_OUT_OF_SERVICE.
_UNAVAILABLE = ("unavailable", "out_of_service")


@check(
    grid(
        pairs=(("node", "ask", "moment"), ("node", "ask", "session"), ("node", "lost", "back")),
        node=nodes,
        ask=(*ASKS, SYSTEM_INFO),
        moment=MOMENTS,
        session=SESSIONS,
        lost=SIDES,
        back=SIDES,
        allowed=lambda cell: cell.get("lost") != cell.get("back") or cell.get("lost") is None,
    ),
    needs=told_out_of_service,
    rests_on=(
        cti_blind,
        deaf_to_notices,
    ),
)
def requests_get_503(history: History) -> Iterator[Finding]:
    """From its OUT_OF_SERVICE notice to its IN_SERVICE a node answers every request with 503; SystemInfo alone answers,
    and says OUT_OF_SERVICE."""
    for one in fail_overs(history):
        looks: dict[tuple[str, str, bool], list[RestExchange]] = {}
        for seen in _requests_in(history, one):
            kind = ask_of(seen), moment_of(one.gap, seen.sent_s), is_being_read(history, one.node, seen.sent_s)
            looks.setdefault(kind, []).append(seen)
        for (ask, moment, is_read), answers in looks.items():
            yield from _answers(one, ask, moment, answers, **({"session": SESSIONS[0]} if is_read else {}))
        yield from nothing_is_kept_for_later(history, one)


def nothing_is_kept_for_later(history: History, one: FailOver) -> Iterator[Finding]:
    """What was answered with 503 is not carried out either, neither then nor once the node is back."""
    refused = history.of(
        RestExchange,
        lambda seen: seen.node == one.node and seen.status == 503 and bool(seen.wanted),
        from_s=one.gap.told_s,
        to_s=one.closes_s,
    )
    for seen in refused:
        done = carried_out(history, seen, seen.at_s, one.gap.ends_s + bounds.RESYNC_S)
        if done is not None:
            cell = Cell.of(node=one.node, ask=ask_of(seen), moment=moment_of(one.gap, seen.sent_s))
            line = Evidence.of(seen, f"{ask_of(seen)} → 503")
            yield violated(cell, f"{one.node} carried out what it had refused", line, done, *one.gap.cited())


def _requests_in(history: History, one: FailOver) -> list[RestExchange]:
    """Sent after the node had said so, and over before it is back; or sent long before that, and kept waiting."""
    return history.of(
        RestExchange,
        lambda seen: (
            seen.node == one.node
            # Whoever asks with a wrong password may be turned away for that first, and so may who asks for what this
            # release does not have.
            and not (seen.wrong_password and seen.status == 401)
            and not _is_unknown(history, seen)
            and one.gap.told_s <= seen.sent_s
            and (seen.at_s <= one.closes_s or seen.sent_s <= one.closes_s - bounds.PARKED_S)
        ),
        from_s=one.gap.told_s,
    )


def _is_unknown(history: History, seen: RestExchange) -> bool:
    """Whether the node said before the first loss, too, that it has no such resource, or not for this verb. There are
    reason codes in any release; of one that is none only a node in service can know."""
    is_there = ask_of(seen) in ASKS or (seen.status == 404 and seen.resource.endswith("ReasonCode/{id}"))
    if seen.status not in _UNKNOWN or is_there:
        return False
    before = history.of(
        RestExchange,
        lambda one: (one.node, one.path, one.resource) == (seen.node, seen.path, seen.resource),
        to_s=first_loss_s(history),
    )
    return any(one.status == seen.status for one in before)


def is_being_read(history: History, node: str, at_s: float) -> bool:
    """Whether a session of a node that is out of service was open then, as far as the node could know: what a CTI
    server says may reach it late by our own doing. It lasted, or ended when the node may have been reading still."""
    late_s = slowed_by_s(history)
    return any(
        one.opened.at_s + late_s < at_s and not ended_before(one.ended_s, at_s) for one in sessions(history, node)
    )


def _answers(one: FailOver, ask: str, moment: str, answers: list[RestExchange], **session: str) -> Iterator[Finding]:
    cell = Cell.of(node=one.node, ask=ask, moment=moment, lost=one.lost, back=one.back, **session)
    is_info = ask == SYSTEM_INFO
    odd = [seen for seen in answers if (_lies if is_info else _not_503)(seen)]
    if odd:
        what = "SystemInfo did not say OUT_OF_SERVICE" if is_info else "a request was not answered with 503"
        # What CTI servers say may be late: that the node is out of service it says itself.
        wrong = violated(cell, f"{one.node}: in the gap {what}", *_cited(odd), *one.gap.cited())
        yield replace(wrong, minds_delay=False)
    good = [seen for seen in answers if seen not in odd and (not is_info or seen.system_status is not None)]
    if good and not odd:
        says = f"{len(good)} of them, all " + ("OUT_OF_SERVICE" if is_info else "503")
        yield held(cell, "answered as documented", Evidence.of(good[0], f"{ask} at {one.node}: {says}"))


def _not_503(seen: RestExchange) -> bool:
    """Another status, or an error document that says something else than "Service Unavailable"."""
    said = f"{seen.error_type or ''} {seen.error_message or ''}".strip().casefold()
    return seen.status != 503 or (bool(said) and not any(word in said for word in _UNAVAILABLE))


def _lies(seen: RestExchange) -> bool:
    """It is answered with 200 and OUT_OF_SERVICE. With 503 it may be, and where no answer came nothing is said."""
    return seen.status not in (None, 503) and (seen.status != 200 or seen.system_status != "OUT_OF_SERVICE")


def _cited(odd: list[RestExchange]) -> list[Evidence]:
    return [
        Evidence.of(
            seen,
            f"{ask_of(seen)} → {seen.status or seen.failure} {seen.system_status or seen.error_type or ''}".rstrip(),
        )
        for seen in odd[:_CITED_MAX]
    ]


@check(
    grid(
        pairs=(
            ("agent", "event", "moment"),
            ("node", "event", "lost", "back"),
            ("node", "stream"),
            ("node", "session"),
            ("node", "came"),
        ),
        node=nodes,
        agent=agents,
        event=KINDS,
        stream=STREAMS,
        session=SESSIONS,
        came=CAME,
        moment=MOMENTS,
        lost=SIDES,
        back=SIDES,
        unfit=any_of(no_such_stream, nobody_comes),
        allowed=lambda cell: cell.get("lost") != cell.get("back") or cell.get("lost") is None,
    ),
    needs=told_out_of_service,
    rests_on=(
        cti_blind,
        deaf,
        telephone_missed,
    ),
)
def no_events_in_the_gap(history: History) -> Iterator[Finding]:
    """Between its OUT_OF_SERVICE and its IN_SERVICE notice a node publishes nothing, whatever happens at the switch."""
    for one in fail_overs(history):
        for agent, out, _ in one.gap.heard:
            published = [seen for seen in _events_in(history, one, agent) if seen.number > out.number]
            yield from _published(history, one, agent, published)
            own = one.gap.own(agent)
            back_s = min(own[1].at_s if own is not None and own[1] is not None else one.closes_s, one.closes_s)
            yield from _published_to_team(one, agent, told_of_team_in_gap(one, agent, history, out, back_s))
            if agent in one.people(history):
                yield from _silence(history, one, agent, {_event_kind(seen) for seen in published})
                yield from _silence_while_read(history, one, agent, published)
        yield from told_to_comers(history, one)


def _events_in(history: History, one: FailOver, agent: str) -> list[EventSeen]:
    """What reached that agent before the node was back; its own stream keeps the order of what it carries.

    Where its own notice of IN_SERVICE never came, that of others tells when it was too late.
    """
    own = one.gap.own(agent)
    back = own[1] if own is not None else None
    to_s = min(back.at_s if back is not None else one.closes_s, one.gap.ends_s)
    events = events_of(history, agent, one.gap.told_s, to_s)
    return [
        seen for seen in events if seen.node == one.node and seen is not back and not _announces(history, one, seen)
    ]


def _announces(history: History, one: FailOver, seen: EventSeen) -> bool:
    """The notice that announces the gap is no event of it, which may be told twice; nor is the one that says that it is
    over, when it is."""
    if kind_of(seen) != NOTICE:
        return False
    if seen.system_status != "OUT_OF_SERVICE":
        return seen.at_s >= one.closes_s
    return not _is_told_again(history, one, seen)


def _is_told_again(history: History, one: FailOver, seen: EventSeen) -> bool:
    """Whether that stream had brought OUT_OF_SERVICE long before, and nothing has come between that is to be announced:
    a stream that is opened anew may bring the last notice, and a session that was found and lost is another loss."""
    own = one.gap.own(seen.agent)
    if own is None or seen.at_s <= own[0].at_s + bounds.RESYNC_S / 2 or seen.at_s >= one.closes_s:
        return False
    anew = history.of(StreamChange, agent=seen.agent, from_s=own[0].at_s, to_s=seen.at_s)
    ends_s = [each.ended_s for each in sessions(history, one.node) if each.ended_s is not None]
    return not anew and not any(own[0].at_s < ended_s <= seen.at_s for ended_s in ends_s)


def _event_kind(seen: EventSeen) -> str:
    kind = kind_of(seen)
    return kind if kind in KINDS else OTHER


def _published(history: History, one: FailOver, agent: str, events: list[EventSeen]) -> Iterator[Finding]:
    for seen in events:
        cell = Cell.of(
            node=one.node,
            agent=agent,
            event=_event_kind(seen),
            moment=moment_of(one.gap, seen.at_s),
            lost=one.lost,
            back=one.back,
            **_by(history, agent, seen.at_s),
        )
        line = Evidence.of(seen, f"{seen.node} → {seen.agent}: {kind_of(seen)} {seen.source}")
        wrong = violated(cell, f"{one.node} published in the gap", line, *one.gap.cited())
        # What CTI servers say may be late: that it is out of service the node says itself, over the same stream.
        yield replace(wrong, minds_delay=False)


def _by(history: History, agent: str, at_s: float) -> dict[str, str]:
    """What the agent hears by, as far as that is known."""
    stream = stream_of(history, agent, at_s)
    return {} if stream is None else {"stream": stream}


def _published_to_team(one: FailOver, agent: str, told: list[TeamSeen]) -> Iterator[Finding]:
    for seen in told:
        cell = Cell.of(node=one.node, agent=agent, event=OTHER, moment=moment_of(one.gap, seen.at_s))
        line = Evidence.of(seen, f"{seen.node} → {agent}: of its team, {seen.of} {seen.state}")
        yield violated(cell, f"{one.node} published in the gap", line, *one.gap.cited())


def _silence(history: History, one: FailOver, agent: str, broken: set[str]) -> Iterator[Finding]:
    """What happened to that agent in the gap and was not told, as far as its ears are known to have been open."""
    for kind in KINDS:
        if kind in broken:
            continue
        for moment in MOMENTS:
            there = [
                happening
                for happening in happenings(history, agent)
                if happening.kind == kind
                and one.gap.told_s <= happening.at_s <= one.closes_s - bounds.PUBLISH_S
                and moment_of(one.gap, happening.at_s) == moment
            ]
            if there:
                yield _unheard(history, one, moment, there)


def _silence_while_read(
    history: History, one: FailOver, agent: str, published: Sequence[EventSeen]
) -> Iterator[Finding]:
    """The same of what the CTI server told the node while agents and calls were being read, which it may do late by our
    own doing."""
    late_s = slowed_by_s(history)
    there = [
        happening
        for happening in happenings(history, agent)
        if happening.kind == USER
        and one.gap.told_s <= happening.at_s <= one.closes_s - late_s - bounds.PUBLISH_S
        and is_being_read(history, one.node, happening.at_s + late_s)
    ]
    if there and not published:
        found = _unheard(history, one, moment_of(one.gap, there[0].at_s), there)
        yield replace(found, cell=Cell.of(node=one.node, agent=agent, session=SESSIONS[0]))


def _unheard(history: History, one: FailOver, moment: str, there: list[Happening]) -> Finding:
    agent, kind = there[0].agent, there[0].kind
    by = _by(history, agent, one.gap.told_s)
    cell = Cell.of(node=one.node, agent=agent, event=kind, moment=moment, lost=one.lost, back=one.back, **by)
    why = deaf(history)
    if why is not None:
        return inconclusive(cell, why)
    lost = streams_lost(history, [agent], to_s=one.gap.ends_s)
    if lost:
        return inconclusive(cell, f"the event stream of {agent} was lost", *lost[:1])
    last_s = one.closes_s if moment == END else there[-1].at_s
    before = heard_before(history, agent, kind, there[0].at_s)
    after = heard_after(history, agent, kind, last_s)
    if before is None or after is None:
        when = "before" if before is None else "after"
        return inconclusive(cell, f"{agent} was not heard to hear a {kind} shortly {when} that", *one.gap.cited())
    acts = [Evidence.of(happening.seen, str(happening)) for happening in there[:2]]
    return held(cell, "nothing was published", before.cited(), *acts, after.cited())
