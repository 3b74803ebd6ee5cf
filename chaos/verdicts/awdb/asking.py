"""AWDB-04: no AWDB is asked about somebody before the cache has expired, and one is afterwards."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from chaos.history import Evidence, History
from chaos.history.asking import asked as asked_of_all
from chaos.history.asking import asker_of, cited, is_about_settings, was_let_in, who
from chaos.history.awdb_entries import SIGN_IN_PAGE, Entry, entries, heard_at
from chaos.history.awdb_links import PLACES, dark_of, darks, is_deaf, was_dark
from chaos.history.awdb_traffic import TRIED, connections, has_seats, heard, in_use, needs_awdb, steady_from_s
from chaos.history.credentials import Again, agains
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbSeen, AwdbStep, RestExchange, StreamChange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.ages import cited_again, is_just_before, is_long_after, must_be_good
from chaos.verdicts.awdb.along import OTHERS, asked_along
from chaos.verdicts.awdb.asks import ASKERS, REQUESTS, at
from chaos.verdicts.awdb.controls import heard_around, unheard
from chaos.verdicts.awdb.desktop import no_page
from chaos.verdicts.awdb.echoes import echoed
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes
from chaos.verdicts.outcome import Outcome

IN_A_ROW, JUST_BEFORE, LONG_AFTER = WHEN = ("many in a row", "just before the end", "long after the end")
SILENT = "no AWDB was asked about cached credentials"


def _hears_finesse(history: History) -> bool:
    return any(not one.is_ours and one.node is not None for one in connections(history).values())


@check(
    grid(
        node=nodes,
        ask=ASKERS,
        request=(*REQUESTS, SIGN_IN_PAGE),
        when=WHEN,
        awdb=tuple(PLACES.values()),
        # `others`: somebody is asked about who is not cached, while others are.
        others=(OTHERS,),
        pairs=(("node", "request"), ("node", "ask", "when"), ("node", "when", "awdb"), ("node", "others")),
        # The half hour is over once; which AWDB is in use then makes no difference to who is cached.
        allowed=lambda cell: (cell.get("awdb"), cell.get("when")) != ("primary", JUST_BEFORE),
        unfit=no_page("request"),
    ),
    needs=_hears_finesse,
    rests_on=(awdb_blind,),
)
def no_awdb_is_asked_before_the_cache_expires(history: History) -> Iterator[Finding]:
    """While credentials are cached no AWDB is asked about them, though one is there; long after, one is."""
    judged = [one for one in agains(history) if _can_be_judged(history, one)]
    cached = [one for one in judged if must_be_good(one)]
    for one in cached:
        yield _cached(history, one)
    in_turn = sorted(cached, key=lambda one: (one.then.node, who(one.then)))  # stable: each person's in their order
    for _, run in groupby(in_turn, key=lambda one: (one.then.node, who(one.then), asker_of(one.then))):
        yield from _in_a_row(history, tuple(run))
    yield from _at_page(history)
    yield from _afterwards(history, [one for one in judged if must_be_good(one) or _was_known(history, one)])
    yield from echoed(history)
    yield from asked_along(history)
    for one in judged:
        if is_long_after(one) and not _is_dark(history, one):
            yield _long_after(history, one)


def _can_be_judged(history: History, one: Again) -> bool:
    """Settings are another matter: an AWDB may be asked whether somebody is an administrator still."""
    return one.then.sent_s > steady_from_s(history) and not is_about_settings(one.then)


def _is_dark(history: History, one: Again) -> bool:
    return was_dark(history) and dark_of(history, one.then) is not None


def _place(history: History, one: Again) -> dict[str, str]:
    side = in_use(history, one.then.node, one.then.sent_s)
    return {} if side is None or _is_dark(history, one) else {"awdb": PLACES[side]}


def _cached(history: History, one: Again) -> Finding:
    """One request of somebody who is cached."""
    when = {"when": JUST_BEFORE} if is_just_before(one) else {}
    cell = Cell.of(**at(one.then), **when, **_place(history, one))
    met, lines = heard(history, one.then), cited_again(one)
    asked = met.of(AwdbStep.ASKED, AwdbStep.ATTEMPT)
    if asked:
        lines += tuple(Evidence.of(step, f"awdb-{step.side}: {step.step}") for step in asked[:2])
        if not met.is_certain:
            return inconclusive(cell, "an AWDB was asked something, and at whose request is open", *lines)
        return violated(cell, f"an AWDB was asked about {who(one.then)}, whose credentials were cached", *lines)
    if not was_let_in(one.then):
        return inconclusive(cell, f"{who(one.then)} was not let in, though cached: see AWDB-03", *lines)
    controls = heard_around(history, one.then.node, one.then.sent_s, one.then.at_s)
    if controls is None or not met.is_certain or is_deaf(history, one.then):
        return inconclusive(cell, unheard(one.then.node), *lines)
    return held(cell, SILENT, *lines, *controls)


def _at_page(history: History) -> Iterator[Finding]:
    """Of who signs in to the desktop while he is cached, and an AWDB is there."""
    for entry in entries(history):
        since = _cached_by(history, entry)
        if entry.kind != SIGN_IN_PAGE or since is None or _was_dark_at(history, entry):
            continue
        cell, met = Cell.of(node=entry.node, request=SIGN_IN_PAGE), heard_at(history, entry)
        lines, asked = (cited(since, "an AWDB was asked"), entry.cited()), met.of(AwdbStep.ASKED, AwdbStep.ATTEMPT)
        if not met.is_certain:
            yield inconclusive(cell, "whether an AWDB was asked at this sign-in is open", *lines)
        elif asked:
            said = f"an AWDB was asked about {entry.agent} at the sign-in page, whose credentials were cached"
            yield violated(cell, said, *lines, Evidence.of(asked[0], f"awdb-{asked[0].side}: {asked[0].step}"))
        elif entry.ok and (controls := heard_around(history, entry.node, entry.from_s, entry.to_s)) is not None:
            yield held(cell, SILENT, *lines, *controls)


def _was_dark_at(history: History, entry: Entry) -> bool:
    return was_dark(history) and any(dark.lasts(entry.from_s, entry.to_s) for dark in darks(history))


def _cached_by(history: History, entry: Entry) -> RestExchange | None:
    """The request at which an AWDB was asked about him, by which he must be cached then; None if there is none."""
    before = [
        one
        for one in agains(history)
        if (one.then.node, who(one.then)) == (entry.node, entry.agent) and one.then.at_s <= entry.from_s
    ]
    base = before[-1].authenticated if before else None
    if base is None or entry.to_s - base.sent_s + before[-1].error_s > bounds.CACHE_LIFE_S:
        return None
    return base


def _was_known(history: History, one: Again) -> bool:
    """Whether he was let in without a word to an AWDB: then he was cached, whoever talks to one at other times."""
    return was_let_in(one.then) and not heard(history, one.then).of(*TRIED)


def _afterwards(history: History, cached: Sequence[Again]) -> Iterator[Finding]:
    """What an AWDB is asked though nobody's request needs it comes at the requests of people who are cached, or right
    after them: ahead of time, or once more.

    Whose question it is cannot be read, and Finesse may look after its connections by itself, at any time, or after it
    has used one. So it is held against it only if it is seen at two of these requests, and nothing of the kind comes at
    other times; and only where nothing was asked so long before, unless after other questions nothing has followed.
    Where people sit at desktops or phones nothing follows: what these ask for is theirs to choose.
    """
    if has_seats(history):
        return
    tries = sorted(
        (
            seen
            for one in connections(history).values()
            if not one.is_ours
            for seen in one.steps
            if seen.step in TRIED and seen.at_s > steady_from_s(history)
        ),
        key=lambda seen: seen.at_s,
    )
    needed = needs_awdb(history, frozenset(one.then.number for one in cached))
    unneeded = [seen for seen in tries if not needed(seen.at_s) and not _opens_stream(history, seen.at_s)]
    if any(_last_end_s(history, seen.at_s) < seen.at_s - bounds.ALONE_S for seen in unneeded):
        return  # by itself, at whatever time
    at_cached = [(one, seen) for seen in unneeded if (one := _at_whose(cached, seen.at_s)) is not None]
    uses_s = [seen.at_s for seen in tries if needed(seen.at_s)]
    alone = [(one, seen) for one, seen in at_cached if _idle_s(one, uses_s, seen.at_s) > bounds.ALONE_S]
    is_due_to_use = len(at_cached) < len(unneeded) or not _are_uses_quiet(cached, uses_s, at_cached)
    found = alone if is_due_to_use else at_cached
    if len({(one.then.node, one.then.number) for one, _ in found}) > 1:
        one, seen = (alone or found)[0]
        said = f"an AWDB was asked after {who(one.then)} had been answered, whose credentials were cached"
        lines = (*cited_again(one), Evidence.of(seen, f"awdb-{seen.side}: {seen.step}"))
        yield violated(Cell.of(**at(one.then), **_place(history, one)), said, *lines)


def _opens_stream(history: History, at_s: float) -> bool:
    """Whoever opens an event stream is asked about before it is open."""
    return bool(history.of(StreamChange, from_s=at_s, to_s=at_s + bounds.ALONE_S))


def _at_whose(cached: Sequence[Again], at_s: float) -> Again | None:
    """Whose request, of those who are cached, was the last one to be sent before that time, and answered no longer than
    a short time before it; None if it was none's. cached: in the order in which they were sent."""
    n = bisect_right(cached, at_s, key=lambda one: one.then.sent_s)
    return cached[n - 1] if n and at_s <= cached[n - 1].then.at_s + bounds.ALONE_S else None


def _idle_s(one: Again, uses_s: Sequence[float], at_s: float) -> float:
    """How long before that request somebody had made Finesse ask last, who needed it; less than 0: since then."""
    n = bisect_left(uses_s, at_s)
    return one.then.sent_s - uses_s[n - 1] if n else math.inf


def _are_uses_quiet(cached: Sequence[Again], uses_s: Sequence[float], found: Sequence[tuple[Again, AwdbSeen]]) -> bool:
    """Whether what was found cannot come of Finesse's having used an AWDB so long before: other uses were followed by
    nothing for as long, as far as nobody who is cached came in that time."""
    after_s = [seen.at_s - uses_s[n - 1] for _, seen in found if (n := bisect_left(uses_s, seen.at_s))]
    reach_s = max((bounds.SHORTLY_S, *(one for one in after_s if one <= 2 * bounds.ALONE_S)))
    then_s = sorted([*(seen.at_s for _, seen in found), *(one.then.sent_s for one in cached)])
    last_s = [one_s for one_s, next_s in pairwise((*uses_s, math.inf)) if next_s > one_s + reach_s]
    quiet = sum(bisect_right(then_s, use_s) == bisect_right(then_s, use_s + reach_s) for use_s in last_s)
    return quiet >= bounds.QUIET_USES


def _last_end_s(history: History, at_s: float) -> float:
    return max((one.at_s for one in asked_of_all(history) if one.sent_s <= at_s), default=float("-inf"))


def _in_a_row(history: History, run: Sequence[Again]) -> Iterator[Finding]:
    """Many requests one after the other, none of which made Finesse ask."""
    if len(run) < bounds.IN_A_ROW:
        return
    first, last = run[0].then, run[-1].then
    cell = Cell.of(node=first.node, ask=asker_of(first), when=IN_A_ROW, **_place(history, run[0]))
    findings = [_cached(history, one) for one in run]
    controls = heard_around(history, first.node, first.sent_s, last.at_s)
    lines = (cited(first, f"the first of {len(run)}"), cited(last, "the last"))
    if controls is None:
        yield inconclusive(cell, unheard(first.node), *lines)
    elif all(finding.outcome is Outcome.HELD for finding in findings):
        yield held(cell, SILENT, *lines, *controls)


def _long_after(history: History, one: Again) -> Finding:
    cell = Cell.of(**at(one.then), when=LONG_AFTER, **_after_place(history, one))
    met, lines = heard(history, one.then), cited_again(one)
    asked = met.of(AwdbStep.ASKED, AwdbStep.ATTEMPT)
    if not met.is_certain:
        return inconclusive(cell, "whether an AWDB was asked at this request is open", *lines)
    if asked:
        return held(cell, "an AWDB was asked after they had lapsed", *lines, Evidence.of(asked[0], "an AWDB is asked"))
    if not was_let_in(one.then):
        return inconclusive(cell, f"{who(one.then)} was not let in, and no AWDB was asked", *lines)
    controls = heard_around(history, one.then.node, one.then.sent_s, one.then.at_s)
    if controls is None or is_deaf(history, one.then):
        return inconclusive(cell, unheard(one.then.node), *lines)
    return missed(cell, f"no AWDB was asked about {who(one.then)}, whose credentials had lapsed", *lines)


def _after_place(history: History, one: Again) -> dict[str, str]:
    """The AWDB that answered at this request, if one did."""
    side = in_use(history, one.then.node, one.then.at_s)
    return {} if side is None else {"awdb": PLACES[side]}
