"""AWDB-01: without its prerequisites there is no fail-over to the secondary AWDB."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.history import Evidence, FaultSpan, History
from chaos.history.asking import (
    asked,
    asker_of,
    cited,
    ever_let_in,
    is_about_settings,
    people,
    was_let_in,
    was_turned_away,
    who,
)
from chaos.history.awdb_links import PRIMARY, SECONDARY, Stretch, losses
from chaos.history.awdb_traffic import connections, heard, talks_unasked, was_in_use
from chaos.history.credentials import was_surely_uncached
from chaos.history.faults import fault_spans
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbSeen, AwdbStep, RestExchange, StreamChange, StreamState
from chaos.verdicts import bounds
from chaos.verdicts.awdb.controls import heard_around
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, grid, made_by, nodes

ASKERS = ("agent GET", "agent PUT", "agent POST", "administrator")

NOT_CONFIGURED = "no secondary is configured"
NOT_REACHED = "the secondary cannot be reached"
NO_DISTRIBUTOR = "its Distributor does not run"
MISSING = (NOT_CONFIGURED, NOT_REACHED, NO_DISTRIBUTOR)
# What was once found to be so may be taken for so ever after.
USED_BEFORE = "the secondary was used before"
_BY_KIND = {"UnconfiguredSecondaryAwdb": NOT_CONFIGURED, "StoppedDistributor": NO_DISTRIBUTOR}


@dataclass(frozen=True, slots=True)
class _Lack:
    """A prerequisite that is missing, by a fault that says so, or because the link to the secondary is lost."""

    what: str
    by: FaultSpan | Stretch

    def covers(self, request: RestExchange) -> bool:
        if isinstance(self.by, Stretch):
            return self.by.covers(request)
        return self.by.bit is not None and self.by.covers(request.sent_s, request.at_s)

    def covers_at(self, at_s: float) -> bool:
        """Whether it was missing then."""
        if isinstance(self.by, Stretch):
            return self.by.lasts(at_s, at_s)
        return self.by.bit is not None and self.by.bit.at_s <= at_s and self.by.covers(at_s, at_s)


def _lacks(history: History) -> list[_Lack]:
    spans = [span for span in fault_spans(history) if span.kind in _BY_KIND]
    configured = [_Lack(_BY_KIND[span.kind], span) for span in spans if "primary" not in span.target]
    return configured + [_Lack(NOT_REACHED, lost) for lost in losses(history, SECONDARY)]


def may_lack_prerequisites(history: History, request: RestExchange) -> bool:
    """Whether a prerequisite, besides that the secondary can be reached, was or may have been missing then."""
    return any(
        span.injecting_s <= request.at_s and (span.rolled_back_s is None or request.sent_s <= span.rolled_back_s)
        for span in fault_spans(history)
        if span.kind in _BY_KIND
    )


def _lost_without_prerequisites(history: History) -> bool:
    return bool(losses(history, PRIMARY)) and bool(_lacks(history))


@check(
    grid(
        pairs=(("node", "missing", "ask"), ("node", "used")),
        node=nodes,
        missing=MISSING,
        ask=ASKERS,
        used=(USED_BEFORE,),
        unfit=made_by("used", {USED_BEFORE: "distributor-stopped"}),
    ),
    needs=_lost_without_prerequisites,
    rests_on=(awdb_blind,),
)
def there_is_no_fail_over_without_prerequisites(history: History) -> Iterator[Finding]:
    """With the primary AWDB lost and a prerequisite of the secondary missing, nobody is authenticated.

    Whoever is let in without any traffic to an AWDB is still cached, and shows nothing. That the failures were the
    AWDB's doing is seen by the same people's being let in at another time, with the same password.
    """
    for lost in losses(history, PRIMARY):
        for lack in _lacks(history):
            for person, requests in people(history).items():
                meanwhile = [one for one in requests if lost.covers(one) and lack.covers(one)]
                for resource in dict.fromkeys(one.resource for one in meanwhile):
                    own = [one for one in meanwhile if one.resource == resource]
                    used = {"used": USED_BEFORE} if was_in_use(history, person[0], SECONDARY, lost.from_s) else {}
                    cell = Cell.of(node=person[0], missing=lack.what, ask=asker_of(own[0]), **used)
                    yield _of_one(history, cell, own, lost, lack)
    yield from _strayed(history)
    yield from _by_streams(history)


def _strayed(history: History) -> Iterator[Finding]:
    """A secondary that is not in the administration is not even connected to, by whichever node, whatever comes of it:
    nobody else has the address of its proxy."""
    for lack in _lacks(history):
        if lack.what != NOT_CONFIGURED:
            continue
        came = [one.steps[0] for one in connections(history).values() if one.side == SECONDARY and not one.is_ours]
        came = [seen for seen in came if seen.step is AwdbStep.ATTEMPT and lack.covers_at(seen.at_s)]
        for seen in came[:1]:
            line = Evidence.of(seen, "somebody connected to the secondary AWDB")
            yield violated(Cell.of(missing=lack.what), "Finesse connected to a secondary that is not configured", line)


def _by_streams(history: History) -> Iterator[Finding]:
    """Whoever opens an event stream signs in for that. By what he is let in is not documented, and so it counts only
    where the secondary was asked meanwhile, at nobody else's request, and answered."""
    for opened in history.of(StreamChange, lambda one: one.state is StreamState.CONNECTED and one.asked_s is not None):
        from_s, to_s = opened.asked_s or opened.at_s, opened.at_s
        answered = _answered_alone(history, opened, from_s)
        if answered is None:
            continue
        for lost in (one for one in losses(history, PRIMARY) if one.lasts(from_s, to_s)):
            for lack in (one for one in _lacks(history) if one.covers_at(from_s) and one.covers_at(to_s)):
                said = f"{opened.agent} opened an event stream by the secondary AWDB although {lack.what}"
                lines = (
                    Evidence.of(answered, "the secondary AWDB was asked, and answered"),
                    Evidence.of(opened, "let in"),
                )
                yield violated(Cell.of(node=opened.node, missing=lack.what), said, lost.cited(), *lines)


def _answered_alone(history: History, opened: StreamChange, from_s: float) -> AwdbSeen | None:
    """What the secondary answered that node while the stream was being opened, with nothing else under way there."""
    under_way = [(one.node, one.sent_s, one.at_s) for one in asked(history)]
    under_way += [
        (one.node, one.asked_s, one.at_s)
        for one in history.of(StreamChange, lambda one: one is not opened)
        if one.asked_s is not None
    ]
    is_alone = not any(
        node == opened.node and sent_s < opened.at_s and at_s > from_s for node, sent_s, at_s in under_way
    )
    if not is_alone or talks_unasked(history, opened.node):
        return None
    known = connections(history)
    steps = history.of(
        AwdbSeen,
        lambda one: one.step is AwdbStep.ANSWERED and one.side == SECONDARY,
        from_s=from_s,
        to_s=opened.at_s,
    )
    return next((one for one in steps if known[one.connection].node == opened.node), None)


def _by_nobody(history: History, one: RestExchange) -> bool:
    """Whether nobody can have said that these credentials are good."""
    met = heard(history, one)
    listened = heard_around(history, one.node, one.sent_s, one.at_s) is not None and not is_about_settings(one)
    return (
        met.is_certain
        and listened
        and not met.of(AwdbStep.ANSWERED)
        and was_surely_uncached(history, one, bounds.CACHE_GONE_S)
    )


def _of_one(history: History, cell: Cell, requests: Sequence[RestExchange], lost: Stretch, lack: _Lack) -> Finding:
    for one in requests:
        by_secondary = heard(history, one).of(AwdbStep.ANSWERED, side=SECONDARY) if was_let_in(one) else ()
        if by_secondary:
            let_in_by = (lost.cited(), cited(one, "the secondary AWDB was asked, and answered"))
            if not heard(history, one).is_certain:
                return inconclusive(cell, "whose question the secondary AWDB answered is open", *let_in_by)
            return violated(cell, f"Finesse went to the secondary AWDB although {lack.what}", *let_in_by)
        if was_let_in(one) and _by_nobody(history, one):
            unasked = (lost.cited(), cited(one, "no AWDB was asked, and nothing was cached"))
            return violated(cell, f"{who(one)} was let in although {lack.what}, and the primary AWDB is lost", *unasked)
    let_in = [one for one in requests if was_let_in(one)]
    lines = (lost.cited(), *(cited(one) for one in requests[:3]))
    name = f"{who(requests[0])} at {requests[0].node}"
    if let_in:
        return inconclusive(
            cell, f"{name} was let in meanwhile, but not by the secondary AWDB: cached, perhaps", *lines
        )
    refused = [one for one in requests if was_turned_away(one)]
    if len(refused) < bounds.TRIES_IN_VAIN:
        return inconclusive(cell, f"{name} asked {len(refused)} time(s) only", *lines)
    if (requests[0].node, who(requests[0])) not in ever_let_in(history):
        return inconclusive(cell, f"{name} was not let in at any other time either", *lines)
    return held(cell, f"nobody was authenticated while {lack.what}", *lines)
