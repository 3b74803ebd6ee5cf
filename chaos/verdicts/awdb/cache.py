"""AWDB-02 and AWDB-03: how long credentials are cached, and that they are good without any AWDB meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.absences import LOGOUT
from chaos.history.asking import (
    ADMINISTRATOR,
    asked,
    asker_of,
    cited,
    is_about_settings,
    verb_of,
    was_good,
    was_let_in,
    who,
)
from chaos.history.awdb_entries import EVENT_STREAM, SIGN_IN_PAGE
from chaos.history.awdb_links import SIDES, Dark, dark_of, darks, was_dark
from chaos.history.awdb_traffic import connections, is_alone, talks_unasked
from chaos.history.credentials import Again, agains
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbStep, RestExchange, StreamChange, StreamState
from chaos.verdicts import bounds
from chaos.verdicts.awdb.ages import (
    cited_again,
    depends_on_the_reading,
    is_just_after,
    is_just_before,
    is_young,
    must_be_good,
    must_have_lapsed,
    were_good,
)
from chaos.verdicts.awdb.asks import ASKERS, REQUESTS, SILENT, VERBS, at, both_silent
from chaos.verdicts.awdb.desktop import no_page
from chaos.verdicts.awdb.signing_in import cached_people_sign_in
from chaos.verdicts.bound import Bound, Span
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid, nodes

EDGES = BEFORE, AFTER = ("just before", "just after")
ORDERS = ("secondary first", "primary first")


@check(
    grid(
        node=nodes,
        edge=EDGES,
        ask=ASKERS,
        cached_by=VERBS,
        lost=ORDERS,
        # Who asks at the edge, whose request has cached the credentials, and which AWDB was lost first have nothing to
        # do with one another.
        pairs=(("node", "edge", "ask"), ("node", "edge", "cached_by"), ("node", "edge", "lost")),
    ),
    needs=lambda history: any(map(_says_how_long, agains(history))),
    rests_on=(awdb_blind,),
)
def credentials_are_cached_for_half_an_hour(history: History) -> Iterator[Finding]:
    """A person's credentials are good until 30 minutes after the request that cached them, and no longer.

    Looked at just before and just after, with both AWDBs lost, or by whether an AWDB is asked. Whether a request in
    between prolongs that time is open, since the chapter can be read both ways; but it is the one or the other.
    """
    for one in agains(history):
        if is_just_before(one):
            yield _just_before(history, one)
        elif is_just_after(one):
            yield _just_after(history, one)
    yield from _in_between(history)
    yield from _one_reading(history)


def _says_how_long(one: Again) -> bool:
    return is_just_before(one) or must_have_lapsed(one) or depends_on_the_reading(one)


def _cell(history: History, one: Again, edge: str) -> Cell:
    cached = one.authenticated if edge == BEFORE and one.authenticated is not None else one.last
    at = {"node": one.then.node, "edge": edge, "ask": asker_of(one.then)}
    if cached.agent is not None:
        at["cached_by"] = verb_of(cached)
    dark = dark_of(history, one.then) if was_dark(history) else None
    return Cell.of(**at, **({} if dark is None else {"lost": dark.order}))


def _just_before(history: History, one: Again) -> Finding:
    assert one.age is not None
    cell, lines, good = _cell(history, one, BEFORE), cited_again(one), were_good(history, one.then)
    name = f"{who(one.then)} at {one.then.node}"
    if good is None:
        return inconclusive(cell, f"whether {name} was cached just before the end cannot be told", *lines)
    if not good and not _served_young(history, one.then):
        return inconclusive(cell, f"no cached credentials were of any use at {one.then.node}: see AWDB-03", *lines)
    age = Span(one.age.lo_s, one.age.hi_s)
    if not good:
        # No duration of the cache's was measured, only that it is over: the age at that look lies where it may.
        return violated(
            cell, f"the credentials of {name} had lapsed just before half an hour was over, {_old(age)}", *lines
        )
    bound = Bound(bounds.CACHE_LIFE_S - bounds.CACHE_EDGE_S, bounds.CACHE_LIFE_S, "AWDB-02: 30 minutes")
    finding = held(cell, f"the credentials of {name} were still good just before half an hour was over", *lines)
    return replace(finding, measured=age, bound=bound)


def _old(age: Span) -> str:
    return f"{age} old"


def _just_after(history: History, one: Again) -> Finding:
    cell, lines, good = _cell(history, one, AFTER), cited_again(one), were_good(history, one.then)
    name = f"{who(one.then)} at {one.then.node}"
    if good is None:
        return inconclusive(cell, f"whether {name} was cached just after the end cannot be told", *lines)
    idle = Span(one.idle.lo_s, one.idle.hi_s)
    if good:
        return violated(
            cell, f"the credentials of {name} were still good just after half an hour was over, {_old(idle)}", *lines
        )
    bound = Bound(bounds.CACHE_LIFE_S, bounds.CACHE_LIFE_S + bounds.CACHE_EDGE_S, "AWDB-02: 30 minutes")
    finding = held(cell, f"the credentials of {name} had lapsed just after half an hour was over", *lines)
    return replace(finding, measured=idle, bound=bound)


def _served_young(history: History, request: RestExchange) -> bool:
    """Whether anybody's young credentials were good for such a request at that node."""
    return any(
        is_young(other) and other.then.node == request.node and were_good(history, other.then)
        for other in agains(history)
        if asker_of(other.then) == asker_of(request)
    )


def _in_between(history: History) -> Iterator[Finding]:
    """Away from the edges only what contradicts counts: it is said of the part of the grid where it was seen."""
    for one in agains(history):
        if must_have_lapsed(one) and not is_just_after(one) and were_good(history, one.then):
            cell = Cell.of(node=one.then.node, edge=AFTER, ask=asker_of(one.then))
            yield violated(
                cell, f"the credentials of {who(one.then)} were good after more than half an hour", *cited_again(one)
            )


def _one_reading(history: History) -> Iterator[Finding]:
    """Whether the half hour counts from the question to the AWDB or from the last success is the same for everybody."""
    told = [
        (one, good)
        for one in agains(history)
        if depends_on_the_reading(one) and (good := were_good(history, one.then)) is not None
    ]
    prolonged = [one for one, good in told if good]
    # About settings an AWDB may be asked whoever is cached.
    lapsed = [one for one, good in told if not good and not is_about_settings(one.then)]
    if not prolonged or not lapsed:
        return
    for one, other in ((few, many) for few, many in _fewer(prolonged, lapsed)):
        cell = Cell.of(node=one.then.node, ask=asker_of(one.then))
        did, did_not = ("is", "is not") if one in prolonged else ("is not", "is")
        yield violated(
            cell,
            f"the half hour of {who(one.then)} at {one.then.node} {did} prolonged by a {verb_of(one.last)} in between; "
            f"that of {who(other.then)} at {other.then.node} {did_not}, by a {verb_of(other.last)}",
            *cited_again(one),
            *cited_again(other),
        )


def _fewer(some: Sequence[Again], others: Sequence[Again]) -> list[tuple[Again, Again]]:
    few, many = (some, others) if len(some) <= len(others) else (others, some)
    return [(one, many[0]) for one in few]


# --- AWDB-03 ---------------------------------------------------------------------------------------------------------

FIRST, LATER, AFTER_WRONG, AFTER_FAILED, AFTER_SIGN_OUT, LAST = TURNS = (
    "first request",
    "later request",
    "after a wrong password",
    "after a request that failed",
    "after a sign-out",
    "just before the end",
)


@check(
    grid(
        node=nodes,
        ask=ASKERS,
        request=(*REQUESTS, EVENT_STREAM, SIGN_IN_PAGE),
        turn=TURNS,
        loss=(SILENT,),
        pairs=(("node", "request"), ("node", "ask", "turn"), ("node", "loss")),
        # There is one administrator, whom some nodes are asked about just before the end, and others just after it. He
        # signs in to no telephone.
        allowed=lambda cell: cell.get("ask") != ADMINISTRATOR or cell.get("turn") not in (LAST, AFTER_SIGN_OUT),
        unfit=no_page("request"),
    ),
    needs=was_dark,
    rests_on=(awdb_blind,),
)
def cached_users_stay_authenticated(history: History) -> Iterator[Finding]:
    """With both AWDBs lost, everybody whose credentials were cached less than half an hour ago is let in, to an event
    stream and to the desktop as well."""
    before: dict[tuple[str, str, str], RestExchange] = {}
    known = {one.then.number: one for one in agains(history)}
    for request in asked(history):
        dark = dark_of(history, request)
        if dark is None:
            continue
        person = (request.node, who(request))
        one = known.get(request.number)
        if one is not None and not request.wrong_password and must_be_good(one) and not is_about_settings(request):
            turn = _turn(one, before.get((*person, "")), before.get((*person, asker_of(request))))
            yield _stays(history, one, dark, turn)
        before[*person, ""] = before[*person, asker_of(request)] = request
    yield from _streams(history)
    yield from cached_people_sign_in(history)


def _turn(one: Again, last: RestExchange | None, like_it: RestExchange | None) -> str:
    """What came before it, of the same person in the same dark. like_it: the last one with its verb."""
    if is_just_before(one):
        return LAST
    if dict(one.last.wanted).get("state") == LOGOUT:
        return AFTER_SIGN_OUT
    if like_it is None:
        return FIRST
    if last is not None and last.wrong_password:
        return AFTER_WRONG
    return AFTER_FAILED if last is not None and not was_good(last) else LATER


def _is_quiet(history: History, request: RestExchange) -> bool:
    """Whether nothing made its node wait as that request came: nothing else was under way there, it was not trying to
    connect, and it had tried both in vain, so that no connection is left on which it may wait for an answer. What it
    tries later is at this request."""
    others = [one for one in connections(history).values() if not one.is_ours and one.node in (None, request.node)]
    tried = [one for one in others if one.steps[0].step is AwdbStep.ATTEMPT and not one.answered]
    came_s = request.sent_s
    is_trying = any(one.steps[0].at_s <= came_s <= (one.ended_s or came_s) for one in tried)
    has_tried = {one.side for one in tried if one.node == request.node and (one.ended_s or came_s) < came_s}
    is_told_apart = is_alone(history, request) and not talks_unasked(history, request.node)
    return is_told_apart and not is_trying and has_tried == set(SIDES)


def _stays(history: History, one: Again, dark: Dark, turn: str) -> Finding:
    cell, lines = Cell.of(**at(one.then), turn=turn, **both_silent(dark)), (*dark.cited(), *cited_again(one))
    name = f"{who(one.then)} at {one.then.node}"
    if was_let_in(one.then):
        return held(cell, "everybody whose credentials were cached was let in without any AWDB", *lines)
    if "silence" in (dark.primary.met, dark.secondary.met) and not _is_quiet(history, one.then):
        # Whoever asks while an attempt to connect is under way is not served anyhow (AWDB-07).
        return inconclusive(cell, f"{name} was turned away while an attempt to reach an AWDB may have lasted", *lines)
    return violated(cell, f"{name} was not let in, though cached", *lines)


def _streams(history: History) -> Iterator[Finding]:
    """Of each event stream that somebody who was cached tried to open without any AWDB."""
    for opened in _opened(history):
        dark = next((one for one in darks(history) if one.lasts(opened.asked_s or opened.at_s, opened.at_s)), None)
        base = _authenticated_before(history, opened)
        if dark is None or base is None:
            continue
        cell = Cell.of(node=opened.node, request=EVENT_STREAM)
        lines = (*dark.cited(), cited(base, "an AWDB was asked"), Evidence.of(opened, f"event stream {opened.state}"))
        if opened.state is StreamState.CONNECTED:
            yield held(cell, "everybody whose credentials were cached was let in without any AWDB", *lines)
        elif "silence" in (dark.primary.met, dark.secondary.met):
            why = "was not let in to an event stream while an attempt to reach an AWDB may have lasted"
            yield inconclusive(cell, f"{opened.agent} at {opened.node} {why}", *lines)
        elif not _could_open(history, opened, dark):
            why = "opened no event stream with an AWDB there, either"
            yield inconclusive(cell, f"{opened.agent} at {opened.node} {why}", *lines)
        else:
            said = "was not let in to an event stream, though cached"
            yield violated(cell, f"{opened.agent} at {opened.node} {said}", *lines)


def _opened(history: History) -> Sequence[StreamChange]:
    return history.of(
        StreamChange,
        lambda one: one.asked_s is not None and one.state in (StreamState.CONNECTED, StreamState.FAILED),
    )


def _authenticated_before(history: History, opened: StreamChange) -> RestExchange | None:
    """The request by which the person must be cached at that time, whichever way the half hour counts; None if none."""
    person = (opened.node, opened.agent)
    before = [
        one
        for one in agains(history)
        if (one.then.node, who(one.then)) == person and one.then.at_s <= (opened.asked_s or opened.at_s)
    ]
    base = before[-1].authenticated if before else None
    if base is None or opened.at_s - base.sent_s + before[-1].error_s > bounds.CACHE_LIFE_S:
        return None
    return base


def _could_open(history: History, opened: StreamChange, dark: Dark) -> bool:
    """Whether the same person was let in there at another time: a control of the password, and of the door."""
    return any(
        one.state is StreamState.CONNECTED
        and (one.node, one.agent, one.transport) == (opened.node, opened.agent, opened.transport)
        and not dark.lasts(one.at_s, one.at_s)
        for one in _opened(history)
    )
