"""AWDB-05, AWDB-12: with one AWDB lost settings can be read and changed by the other one, at the retry at latest."""

from collections.abc import Iterator, Sequence

from chaos.history import History
from chaos.history.asking import UNAVAILABLE, asked, cited, verb_of, was_let_in
from chaos.history.awdb_links import NAMES, PLACES, SIDES, Stretch, losses, was_there
from chaos.history.relays import awdb_blind
from chaos.journal import Header, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.prerequisites import may_lack_prerequisites
from chaos.verdicts.awdb.settings import CHANGED, HOW, ON_THE_PUBLISHER, READ
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid

# Can be saved as it was read only where the inventory names the AWDB account's password, which nobody is shown.
_WITH_PASSWORD = "EnterpriseDatabaseConfig"


def _publisher(header: Header) -> str:
    """On CCE the configuration API runs on the publisher only."""
    return header.nodes[0]


def _setting(one: RestExchange) -> str:
    return one.resource.partition(" ")[2]


def _runs(history: History) -> Iterator[tuple[Stretch, Sequence[RestExchange]]]:
    """What the administrator asked of one setting while one AWDB was lost and the other one was there: the same request
    again and again, until he was let in. A node that is out of service looks at nobody's credentials."""
    node = _publisher(history.header)
    own = [
        one
        for one in asked(history)
        if one.agent is None and one.node == node and _setting(one) in ON_THE_PUBLISHER
        if not one.wrong_password and one.status != UNAVAILABLE
    ]
    for side in SIDES:
        other = next(one for one in SIDES if one != side)
        for lost in losses(history, side):
            runs: dict[str, list[RestExchange]] = {}
            for one in own:
                if not lost.covers(one) or not was_there(history, other, one) or may_lack_prerequisites(history, one):
                    continue
                run = runs.setdefault(one.resource, [])
                run.append(one)
                if was_let_in(one):
                    yield lost, runs.pop(one.resource)
            yield from ((lost, run) for run in runs.values())


def _settings_were_asked_for(history: History) -> bool:
    return next(_runs(history), None) is not None


@check(
    grid(
        setting=ON_THE_PUBLISHER,
        how=HOW,
        lost=tuple(PLACES.values()),
        allowed=lambda cell: cell["how"] == READ or cell["setting"] != _WITH_PASSWORD,
    ),
    needs=_settings_were_asked_for,
    rests_on=(awdb_blind,),
)
def settings_are_open_by_the_other_awdb(history: History) -> Iterator[Finding]:
    """With one AWDB lost, settings can be read and changed, at the first retry at latest.

    Whether an AWDB is asked about them is not documented: who is cached may be let in without.
    """
    for lost, run in _runs(history):
        found = _opened(history, lost, run)
        if found is not None:
            yield found


def _met_silence(history: History) -> bool:
    return any(lost.met == "silence" for lost, _ in _runs(history))


@check(grid(how=HOW, lost=tuple(PLACES.values())), needs=_met_silence, rests_on=(awdb_blind,))
def a_retry_of_settings_succeeds(history: History) -> Iterator[Finding]:
    """With one AWDB lost without notice, an administrator's first request for settings may fail, its retry may not."""
    for lost, run in _runs(history):
        if lost.met == "silence":
            yield from _retried(history, lost, run)


def _retried(history: History, lost: Stretch, run: Sequence[RestExchange]) -> Iterator[Finding]:
    setting, how, is_open = _setting(run[0]), READ if verb_of(run[0]) == "GET" else CHANGED, was_let_in(run[-1])
    cell, lines = Cell.of(how=how, lost=PLACES[lost.side]), (lost.cited(), *(cited(one) for one in run[-4:]))
    if len(run) - is_open > bounds.RETRIES:
        if is_open or _was_ever_open(history, run[0]):
            yield violated(cell, f"the administrator tried again to have {setting} {how}, in vain", *lines)
        else:
            yield inconclusive(cell, f"{setting} could not be {how} at any other time, either", *lines)
    elif is_open and (how == READ or setting != _WITH_PASSWORD):
        yield held(cell, f"settings could be {how}, at the retry at latest", *lines)


def _opened(history: History, lost: Stretch, run: Sequence[RestExchange]) -> Finding | None:
    setting, how = _setting(run[0]), READ if verb_of(run[0]) == "GET" else CHANGED
    lines = (lost.cited(), *(cited(one) for one in run[-4:]))
    other = next(side for side in SIDES if side != lost.side)
    what = f"though {NAMES[other]} is there and {NAMES[lost.side]} alone is lost"
    cell = Cell.of(setting=setting, how=how, lost=PLACES[lost.side])
    if was_let_in(run[-1]):
        if len(run) - 1 > bounds.RETRIES and lost.met != "silence":
            # Of a loss that nobody could overlook the first request has told the node, if nothing did before.
            return violated(cell, f"{setting} could be {how} at the {len(run)}th request only, {what}", *lines)
        is_asked_for = how == READ or setting != _WITH_PASSWORD
        return held(cell, f"settings could be {how}", *lines) if is_asked_for else None
    if len(run) < bounds.TRIES_IN_VAIN:
        return inconclusive(cell, f"{setting} was to be {how} {len(run)} time(s) only", *lines)
    if not _was_ever_open(history, run[0]):
        return inconclusive(cell, f"{setting} could not be {how} at any other time, either", *lines)
    return violated(cell, f"{setting} could not be {how}, {what}", *lines)


def _was_ever_open(history: History, one: RestExchange) -> bool:
    """Whether it was let in at some other time: a control of the account, and of what this node lets be done."""
    alike = history.whole.of(RestExchange, lambda seen: seen.agent is None and was_let_in(seen))
    return any((seen.node, seen.resource) == (one.node, one.resource) for seen in alike)
