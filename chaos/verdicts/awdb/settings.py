"""AWDB-09: with both AWDBs lost and nothing cached, settings can neither be read nor changed."""

from collections.abc import Iterator, Sequence

from chaos.history import History
from chaos.history.asking import CONSOLE, UNAVAILABLE, asked, cited, verb_of, was_good, was_let_in
from chaos.history.awdb_links import Dark, darks, was_dark
from chaos.history.credentials import idle_s_min, was_surely_uncached
from chaos.history.relays import awdb_blind
from chaos.journal import OTHERWISE, SHOWN, Header, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import SILENT, both_silent
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid

FORBIDDEN = 403
TRIES = ("first try", "second try", "later try")
READ, CHANGED = HOW = ("read", "changed")
# What the administration console shows and saves, as far as the API has it and it can be saved as it is.
ON_THE_PUBLISHER = ("SystemConfig", "EnterpriseDatabaseConfig", "ClusterConfig")
AT_EVERY_NODE = ("ReasonCodes", "Users")
SETTINGS = (*ON_THE_PUBLISHER, *AT_EVERY_NODE)
# In which answer it shows that something was made; what is changed is read by its own address.
_SHOWN_IN = {"POST ReasonCode": ("GET ReasonCodes", "ReasonCodes")}


def _places(header: Header) -> Sequence[str]:
    """The axis of settings: where each can be had. On CCE the configuration API runs on the publisher only."""
    everywhere = [_place(setting, node) for node in header.nodes for setting in AT_EVERY_NODE]
    return [*(_place(setting, node) for node in header.nodes[:1] for setting in ON_THE_PUBLISHER), *everywhere]


def _place(setting: str, node: str) -> str:
    return f"{setting} at {node}"


@check(
    grid(
        setting=_places,
        how=HOW,
        turn=TRIES,
        loss=(SILENT,),
        pairs=(("setting", "how", "turn"), ("setting", "how", "loss")),
        allowed=lambda cell: cell["how"] == READ or cell["setting"].startswith(ON_THE_PUBLISHER),
    ),
    needs=was_dark,
    rests_on=(awdb_blind,),
)
def settings_are_closed(history: History) -> Iterator[Finding]:
    """Administrators can neither read settings nor change them; at another time, with the same password, they can."""
    for dark in darks(history):
        counts: dict[tuple[str, str], int] = {}
        for one in asked(history):
            if one.agent is not None or not dark.covers(one) or one.wrong_password:
                continue
            if one.resource in CONSOLE:
                yield from _let_in(history, one, dark)
                yield from _saved_all_the_same(history, one, dark)
            elif _setting(one) in SETTINGS:
                nth = counts[one.node, one.resource] = counts.get((one.node, one.resource), -1) + 1
                yield from _saved_all_the_same(history, one, dark)
                if idle_s_min(history, one) > bounds.CACHE_GONE_S:
                    yield _closed(history, one, TRIES[min(nth, len(TRIES) - 1)], dark)


def _setting(one: RestExchange) -> str:
    return one.resource.partition(" ")[2]


def _let_in(history: History, one: RestExchange, dark: Dark) -> Iterator[Finding]:
    """The rest of what the console holds, of which this lab may have nothing: only who is let in is one thing too many.

    What has no content cannot be saved; but who is told so was let in.
    """
    how = READ if verb_of(one) == "GET" else CHANGED
    is_open = was_good(one) if how == READ else was_let_in(one) and one.status != FORBIDDEN
    if is_open and was_surely_uncached(history, one, bounds.CACHE_GONE_S):
        cell = Cell.of(node=one.node, setting=_place(_setting(one), one.node), how=how)
        yield violated(cell, f"{_setting(one)} could be {how} without any AWDB", *dark.cited(), cited(one))


def _saved_all_the_same(history: History, one: RestExchange, dark: Dark) -> Iterator[Finding]:
    """What was to be saved otherwise, and was refused, reads otherwise afterwards, with nobody having saved it."""
    if was_good(one) or OTHERWISE not in dict(one.wanted):
        return
    where = (one.node, *_SHOWN_IN.get(one.resource, (f"GET {_setting(one)}", one.path)))
    about = history.of(RestExchange, lambda seen: seen.agent is None and (seen.node, seen.resource) == where[:2])
    read = [seen for seen in about if seen.path == where[2] and was_good(seen) and seen.more]
    before = [seen for seen in read if seen.at_s < one.sent_s]
    later = [seen for seen in read if seen.sent_s > one.at_s]
    if before and later and before[-1].more != later[0].more:
        # What was saved before was saved as it had been read.
        changes = history.of(RestExchange, lambda seen: seen.agent is None and verb_of(seen) != "GET")
        meanwhile = [seen for seen in changes if one.sent_s < seen.at_s < later[0].at_s and was_good(seen)]
        if not any(_setting(seen).startswith(_setting(one)) for seen in meanwhile):
            cell = Cell.of(node=one.node, setting=_place(_setting(one), one.node), how=CHANGED)
            lines = (cited(before[-1], "as it was"), *dark.cited(), cited(one), cited(later[0], "otherwise"))
            yield violated(cell, f"a change of {_setting(one)} was refused, and made all the same", *lines)


def _closed(history: History, one: RestExchange, turn: str, dark: Dark) -> Finding:
    how = READ if verb_of(one) == "GET" else CHANGED
    cell = Cell.of(node=one.node, setting=_place(_setting(one), one.node), how=how, turn=turn, **both_silent(dark))
    otherwise = _when_it_was_open(history, one)
    lines = (*(cited(other) for other in otherwise[:1]), *dark.cited(), cited(one))
    if was_good(one) and not was_surely_uncached(history, one, bounds.CACHE_GONE_S):
        return inconclusive(cell, "the administrator was cached since before this journal began, perhaps", *lines)
    if was_good(one):
        return violated(cell, f"{_setting(one)} could be {how} without any AWDB", *lines)
    if SHOWN in dict(one.more):
        return violated(cell, f"{_setting(one)} could not be {how}, and the refusal shows it all the same", *lines)
    if not otherwise:
        return inconclusive(cell, f"{_setting(one)} could not be {how} at any other time, either", *lines)
    if one.status == UNAVAILABLE:
        return inconclusive(cell, f"{one.node} was out of service", *lines)
    return held(cell, "settings could neither be read nor changed", *lines)


def _when_it_was_open(history: History, one: RestExchange) -> Sequence[RestExchange]:
    """The same request at the same node, when it succeeded."""
    seen = history.whole.of(RestExchange, lambda seen: seen.agent is None and was_good(seen))
    return [other for other in seen if (other.node, other.resource) == (one.node, one.resource)]
