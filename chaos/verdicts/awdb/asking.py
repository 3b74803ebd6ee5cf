"""AWDB-04: no AWDB is asked about somebody before the cache has expired, and one is afterwards."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from chaos.history import Evidence, History
from chaos.history.asking import asked as asked_of_all
from chaos.history.asking import asker_of, cited, is_about_settings, was_let_in, who
from chaos.history.awdb_links import PLACES, dark_of, is_deaf, was_dark
from chaos.history.awdb_traffic import TRIED, connections, has_seats, heard, in_use, steady_from_s
from chaos.history.credentials import Again, agains
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbStep, StreamChange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.ages import cited_again, is_just_before, is_long_after, must_be_good
from chaos.verdicts.awdb.asks import ASKERS, REQUESTS, at
from chaos.verdicts.awdb.controls import heard_around, unheard
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes

IN_A_ROW, JUST_BEFORE, LONG_AFTER = WHEN = ("many in a row", "just before the end", "long after the end")
SILENT = "no AWDB was asked about cached credentials"


def _hears_finesse(history: History) -> bool:
    return any(not one.is_ours and one.node is not None for one in connections(history).values())


@check(
    grid(
        node=nodes,
        ask=ASKERS,
        request=REQUESTS,
        when=WHEN,
        awdb=tuple(PLACES.values()),
        pairs=(("node", "request"), ("node", "ask", "when"), ("node", "when", "awdb")),
        # The half hour is over once; which AWDB is in use then makes no difference to who is cached.
        allowed=lambda cell: (cell.get("awdb"), cell.get("when")) != ("primary", JUST_BEFORE),
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
    yield from _afterwards(history, [one for one in judged if _was_known(history, one)])
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


def _was_known(history: History, one: Again) -> bool:
    """Whether he was let in without a word to an AWDB: then he was cached, whoever talks to one at other times."""
    return was_let_in(one.then) and not heard(history, one.then).of(*TRIED)


def _afterwards(history: History, cached: Sequence[Again]) -> Iterator[Finding]:
    """What an AWDB is asked while nobody's request is under way comes right after one of somebody who is cached.

    Finesse may look after its connections by itself, at any time, or after it has used one. So it is held against it
    only if nothing was asked so long before that request, if it is seen twice, and if nothing of the kind comes at
    other times. Where people sit at desktops or phones nothing follows: what these ask for is theirs to choose.
    """
    if has_seats(history):
        return
    tries = [
        seen
        for one in connections(history).values()
        if not one.is_ours
        for seen in one.steps
        if seen.step in TRIED and seen.at_s > steady_from_s(history)
    ]
    tried_s = [seen.at_s for seen in tries]
    unasked = [seen for seen in tries if not _is_under_way(history, seen.at_s)]
    found = [(one, seen) for seen in unasked if (one := _alone_before(cached, tried_s, seen.at_s)) is not None]
    led = {(one.then.node, one.then.number) for one, _ in found}
    after_somebody = all(_last_end_s(history, seen.at_s) >= seen.at_s - bounds.ALONE_S for seen in unasked)
    for one, seen in found[:1]:
        if len(led) > 1 and after_somebody:
            said = f"an AWDB was asked after {who(one.then)} had been answered, whose credentials were cached"
            lines = (*cited_again(one), Evidence.of(seen, f"awdb-{seen.side}: {seen.step}"))
            yield violated(Cell.of(**at(one.then), **_place(history, one)), said, *lines)


def _is_under_way(history: History, at_s: float) -> bool:
    if any(one.sent_s <= at_s <= one.at_s for one in asked_of_all(history)):
        return True
    # Who opens an event stream is asked about before it is open.
    return bool(history.of(StreamChange, from_s=at_s, to_s=at_s + bounds.ALONE_S))


def _alone_before(cached: Sequence[Again], tried_s: Sequence[float], at_s: float) -> Again | None:
    """Whose request, of those who are cached, was answered just before that time, when no AWDB had been asked for long;
    None if it was none's."""
    before = [one for one in cached if one.then.at_s < at_s <= one.then.at_s + bounds.ALONE_S]
    if not before:
        return None
    one = max(before, key=lambda one: one.then.at_s)
    earlier = [tried for tried in tried_s if one.then.sent_s - bounds.ALONE_S < tried < at_s]
    return None if earlier else one


def _last_end_s(history: History, at_s: float) -> float:
    return max((one.at_s for one in asked_of_all(history) if one.at_s < at_s), default=float("-inf"))


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
    elif all(str(finding.outcome) == "HELD" for finding in findings):
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
