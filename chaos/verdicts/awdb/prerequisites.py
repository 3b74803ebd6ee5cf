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
from chaos.history.awdb_entries import entries, heard_at
from chaos.history.awdb_links import PRIMARY, SECONDARY, Stretch, losses, was_there
from chaos.history.awdb_traffic import connections, heard
from chaos.history.credentials import was_surely_uncached
from chaos.history.faults import fault_spans
from chaos.history.relays import awdb_blind
from chaos.journal import AwdbStep, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.awdb.controls import heard_around
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, any_of, grid, made_by, nodes

ASKERS = ("agent GET", "agent PUT", "agent POST", "administrator")

NOT_CONFIGURED = "no secondary is configured"
NOT_REACHED = "the secondary cannot be reached"
NO_DISTRIBUTOR = "its Distributor does not run"
MISSING = (NOT_CONFIGURED, NOT_REACHED, NO_DISTRIBUTOR)
# What was once found to be so may be taken for so ever after.
USED_BEFORE = "the secondary was used before"
# Nor is what was once found to be missing so for ever.
MET_AGAIN = "nothing is missing any more"
# The primary's own Distributor is none of them.
NOT_ITS_OWN = "the primary's Distributor does not run"
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
    return may_lack_between(history, request.sent_s, request.at_s)


def may_lack_between(history: History, from_s: float, to_s: float) -> bool:
    return any(
        span.injecting_s <= to_s and (span.rolled_back_s is None or from_s <= span.rolled_back_s)
        for span in fault_spans(history)
        if span.kind in _BY_KIND
    )


def _lost_without_prerequisites(history: History) -> bool:
    stood_still = any(span.kind in _BY_KIND for span in fault_spans(history))
    return bool(losses(history, PRIMARY)) and (stood_still or bool(_lacks(history)))


@check(
    grid(
        pairs=(("node", "missing", "ask"), ("node", "used"), ("node", "met")),
        node=nodes,
        missing=MISSING,
        ask=ASKERS,
        used=(USED_BEFORE,),
        met=(MET_AGAIN, NOT_ITS_OWN),
        unfit=any_of(
            made_by("used", {USED_BEFORE: "distributor-stopped"}),
            made_by("met", {MET_AGAIN: "distributor-stopped", NOT_ITS_OWN: "own-distributor-stopped"}),
        ),
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
                    used = {"used": USED_BEFORE} if _has_served(history, person[0], lost.from_s) else {}
                    cell = Cell.of(node=person[0], missing=lack.what, ask=asker_of(own[0]), **used)
                    yield _of_one(history, cell, own, lost, lack)
        yield from _met_again(history, lost)
    yield from _strayed(history)
    yield from _by_entries(history)


def _has_served(history: History, node: str, before_s: float) -> bool:
    """Whether somebody was let in there by the secondary: it may have answered, and been dropped."""
    return any(
        one.node == node
        and one.at_s < before_s
        and was_let_in(one)
        and heard(history, one).of(AwdbStep.ANSWERED, side=SECONDARY)
        for one in asked(history)
    )


def _met_again(history: History, lost: Stretch) -> Iterator[Finding]:
    """Of people who ask with the primary lost and the secondary there, once what was missing is so no more, and while
    nothing is missing but the Distributor of the primary."""
    for node, name in people(history):
        runs: dict[tuple[str, str], list[RestExchange]] = {}
        for one in people(history)[node, name]:
            met = _met(history, one)
            if met is None or not was_there(history, SECONDARY, one) or not lost.covers(one) or one.wrong_password:
                continue
            run = runs.setdefault((met, one.resource), [])
            if not (run and was_let_in(run[-1])):
                run.append(one)
        for (met, _), run in runs.items():
            yield _goes_there(history, name, run, lost, met)


def _met(history: History, one: RestExchange) -> str | None:
    """How it stands with the prerequisites of the secondary, which are there; None if that shows nothing."""
    near = [span for span in fault_spans(history) if span.kind in _BY_KIND and _may_last(span, one)]
    if near:
        is_its_own = all(span.kind == "StoppedDistributor" and "primary" in span.target for span in near)
        return NOT_ITS_OWN if is_its_own and any(span.covers(one.sent_s, one.at_s) for span in near) else None
    return MET_AGAIN if any(_was_missing(span, one) for span in fault_spans(history)) else None


def _may_last(span: FaultSpan, one: RestExchange) -> bool:
    return span.injecting_s <= one.at_s and (span.rolled_back_s is None or one.sent_s <= span.rolled_back_s)


def _was_missing(span: FaultSpan, before: RestExchange) -> bool:
    """Whether that fault had taken a prerequisite of the secondary away, and had given it back before that request."""
    is_of_secondary = span.kind in _BY_KIND and "primary" not in span.target
    return (
        is_of_secondary
        and span.bit is not None
        and span.rolled_back_s is not None
        and span.rolled_back_s < before.sent_s
    )


def _goes_there(history: History, name: str, run: Sequence[RestExchange], lost: Stretch, met: str) -> Finding:
    cell, lines = Cell.of(node=run[0].node, met=met), (lost.cited(), *(cited(one) for one in run[:4]))
    if was_let_in(run[-1]):
        if heard(history, run[-1]).of(AwdbStep.ANSWERED, side=SECONDARY):
            return held(cell, f"{met}, and the secondary is used", *lines)
        return inconclusive(cell, f"{name} was let in, but not by the secondary AWDB: cached, perhaps", *lines)
    if len(run) < bounds.TRIES_IN_VAIN:
        return inconclusive(cell, f"{name} asked {len(run)} time(s) only", *lines)
    if (run[0].node, name) not in ever_let_in(history):
        return inconclusive(cell, f"{name} was not let in at any other time either", *lines)
    what = f"is not authenticated by the secondary AWDB, though {met if met == MET_AGAIN else 'it lacks nothing'}"
    return violated(cell, f"{name} at {run[0].node} {what}", *lines)


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


def _by_entries(history: History) -> Iterator[Finding]:
    """Whoever opens an event stream, or the desktop, signs in for that. By what he is let in is not documented, and so
    it counts only where the secondary was asked meanwhile, at nobody else's request, and answered."""
    for entry in (one for one in entries(history) if one.ok):
        met = heard_at(history, entry)
        answered = met.of(AwdbStep.ANSWERED, side=SECONDARY)
        if not met.is_certain or not answered:
            continue
        for lost in (one for one in losses(history, PRIMARY) if one.lasts(entry.from_s, entry.to_s)):
            for lack in (one for one in _lacks(history) if one.covers_at(entry.from_s) and one.covers_at(entry.to_s)):
                said = f"{entry.agent} came in by the {entry.kind} and the secondary AWDB although {lack.what}"
                lines = (Evidence.of(answered[0], "the secondary AWDB was asked, and answered"), entry.cited())
                yield violated(Cell.of(node=entry.node, missing=lack.what), said, lost.cited(), *lines)


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
