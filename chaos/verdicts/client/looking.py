"""CLIENT-02, CLIENT-03, CLIENT-09, CLIENT-12: at whom a desktop looks that has lost its server, and how often."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chaos.history import History
from chaos.history.browsers import desktops_blind
from chaos.history.desktops import BOSH, FailOver, cited, fail_overs, trigger_of
from chaos.history.gaps import IN_SERVICE, OUT_OF_SERVICE
from chaos.history.lateness import clock_error_s
from chaos.journal import DesktopRequested
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import check
from chaos.verdicts.client.common import (
    ANOTHER,
    SLOW,
    cell,
    desktops,
    has_desktops,
    is_slow,
    is_unreadable,
    lost_bosh,
    polls_needed,
    sought_until_s,
    unused,
)
from chaos.verdicts.finding import Finding, held, missed, timed, violated
from chaos.verdicts.outcome import Outcome

# A browser's own times may be a hair's breadth off.
_CLOCKS_S = 0.05

# `slow`: a server whose answers took so long that a look which waits for the last one's answer would be late; or one
# that says so late that it is in service.
SLOWLY = (SLOW,)


@check(desktops(slow=SLOWLY), needs=has_desktops, rests_on=(desktops_blind,))
def current_is_checked(history: History) -> Iterator[Finding]:
    """As long as it looks for a server the desktop keeps checking whether the current one has recovered."""
    for one in fail_overs(history):
        yield from _kept_up(one, one.looks(), f"{one.node}, its current server")
        # Of a lost BOSH connection the XMPP library may have mended it, and nobody had to look.
        if one.trigger != BOSH and one.returned_s is not None and one.first_look is None:
            what = f"{one.agent}'s desktop takes {one.node} for recovered and has not checked"
            yield violated(cell(one), what, one.cited())
        elif one.returned_s is not None and (taken := _takes_for_back(one)) is not None:
            what = f"{one.agent}'s desktop takes {one.node} for recovered, of which that has said nothing"
            yield violated(cell(one), what, one.cited(), cited(taken))
        yield from _believed(one)


def _takes_for_back(one: FailOver) -> DesktopRequested | None:
    """The last look before its return, where no look has shown its server in service; the XMPP library's attempts need
    none, nor does an event that says so."""
    if any("IN_SERVICE" in seen.told for seen in one.seen if seen.ended_s <= (one.returned_s or 0.0) + _CLOCKS_S):
        return None
    if one.mended is not None or one.returned_s is None:
        return None
    before = [look for look in one.looks() if look.ended_s <= one.returned_s + _CLOCKS_S]
    return None if not before or any(look.system_status == IN_SERVICE for look in before) else before[-1]


def _believed(one: FailOver) -> Iterator[Finding]:
    """Whoever has checked, and is told that his server is in service, knows it; but where BOSH is lost as well, that
    has to come first."""
    if lost_bosh(one):
        return
    good = next((look for look in one.looks() if look.system_status == IN_SERVICE), None)
    if good is None or (one.goes is not None and one.goes.number < good.number):
        return
    more = {"slow": SLOW} if is_slow(good) else {}
    if one.returned_s is not None and one.returned_s <= good.ended_s + bounds.DESKTOP_ACTS_S:
        if more:
            yield held(cell(one, **more), "it waits for the answer", one.cited(), cited(good))
        return
    later = [seen for seen in one.seen if seen.node == one.node and seen.number > good.number]
    if any(seen.status is None or seen.status >= 500 for seen in later):
        return  # it says so, and does not serve
    if sought_until_s(one) >= good.ended_s + bounds.DESKTOP_GAP_S:
        what = f"{one.agent}'s desktop is told by {one.node} that it is in service, and takes it for down"
        yield violated(cell(one, **more), what, one.cited(), cited(good))


# `said`: what the other server had said in the same fail-over before it was there.
SAID = (OUT_OF_SERVICE,)


@check(desktops(slow=SLOWLY, said=SAID), needs=has_desktops, rests_on=(desktops_blind,))
def alternate_is_checked(history: History) -> Iterator[Finding]:
    """It also checks whether the other server is available, and goes there only if that is in service."""
    for one in fail_overs(history):
        yield from _kept_up(one, one.alternate_looks, "the other server")
        yield from _went_unseen(one)
        if (left := unused(one)) is not None:
            what = f"{one.agent}'s desktop is told by {left.node} that it is in service, and takes it for down"
            yield violated(cell(one), what, one.cited(), cited(left))
        elif one.goes is not None:
            before = [look for look in one.alternate_looks if look.number < one.goes.number]
            if not before or before[-1].system_status != IN_SERVICE:
                continue
            if is_slow(before[-1]):
                yield held(cell(one, slow=SLOW), "it waits for the answer", one.cited(), cited(before[-1]))
            out = next((look for look in before if look.system_status == OUT_OF_SERVICE), None)
            if out is not None:
                what = "it believes a server that was out of service"
                yield held(cell(one, said=SAID[0]), what, one.cited(), cited(out), cited(before[-1]))


def _kept_up(one: FailOver, looks: Sequence[DesktopRequested], whom: str) -> Iterator[Finding]:
    if (left := left_alone(one, looks, whom)) is not None:
        yield left
    elif len(looks) >= polls_needed(one):
        yield held(cell(one), f"it keeps looking at {whom}", one.cited(), *(cited(look) for look in looks[:3]))


def left_alone(one: FailOver, looks: Sequence[DesktopRequested], whom: str) -> Finding | None:
    """That it did not look there for longer than any slow look takes, also before the first look and after the last."""
    begun_s, end_s = one.begun_s, sought_until_s(one)
    if begun_s is None:
        begun_s = min(one.trigger_s + bounds.BOSH_GIVEN_UP_S, end_s)
    times = [begun_s, *(look.sent_s for look in looks if look.sent_s <= end_s), end_s]
    gap = max(itertools.pairwise(times), key=lambda pair: pair[1] - pair[0])
    if gap[1] - gap[0] <= bounds.DESKTOP_GAP_S:
        return None
    what = f"{one.agent}'s desktop does not look at {whom} from {gap[0]:.1f} to {gap[1]:.1f} s"
    lines = (one.cited(), *(cited(look) for look in looks[:3]))
    return replace(missed(cell(one), what, *lines), from_s=gap[0], to_s=gap[1])


def _went_unseen(one: FailOver) -> Iterator[Finding]:
    goes = next((seen for seen in one.seen if seen.resource == "page" and seen.node not in (one.node, "")), None)
    if goes is None:
        return
    answers = [look for look in one.alternate_looks if look.number < goes.number]
    if answers and answers[-1].system_status != IN_SERVICE:
        what = f"{one.agent}'s desktop goes to {goes.node}, which is not in service"
        yield violated(cell(one), what, one.cited(), cited(answers[-1]), cited(goes))


# `says`: an answer that was none of the server's own, as of what stands before it.
SAYS = ("nothing of a system",)
# `vain`: the look that comes after the other server did not let it in.
VAIN = ("it was not let in",)
# `second`: the looks between which another trigger came.
SECOND = (ANOTHER,)


@check(desktops(slow=SLOWLY, vain=VAIN, second=SECOND, says=SAYS), needs=has_desktops, rests_on=(desktops_blind,))
def current_is_looked_at_every_ten_seconds(history: History) -> Iterator[Finding]:
    """Whatever the trigger, SystemInfo of the current server is asked for every 10 s."""
    for one in fail_overs(history):
        # The one more look that the alternate's answer brings about is none of these.
        asides = [look.ended_s for look in one.alternate_looks if look.system_status == IN_SERVICE]
        regular = [look for look in one.looks() if not any(0 <= look.sent_s - at_s < 1.0 for at_s in asides)]
        yield from _in_time(history, one, regular, f"looks at {one.node}, the current server")
        yield from _ends(one, one.looks(), f"{one.node}, its current server")
        yield from _goes_on(history, one, one.looks(), f"looks at {one.node}, the current server")


@check(desktops(slow=SLOWLY, vain=VAIN, second=SECOND, says=SAYS), needs=has_desktops, rests_on=(desktops_blind,))
def alternate_is_looked_at_every_ten_seconds(history: History) -> Iterator[Finding]:
    """Meanwhile the other server is checked every 10 s, too."""
    for one in fail_overs(history):
        yield from _begins_late(history, one)
        yield from _in_time(history, one, one.alternate_looks, "looks at the other server")
        yield from _ends(one, one.alternate_looks, "the other server")
        yield from _goes_on(history, one, one.alternate_looks, "looks at the other server")


def _begins_late(history: History, one: FailOver) -> Iterator[Finding]:
    """The first look at the other server comes a period after the first one at the current server, or sooner."""
    looks = one.alternate_looks
    if one.first_look is None or not looks or looks[0].sent_s <= one.first_look.sent_s:
        return
    took_s = looks[0].sent_s - one.first_look.sent_s
    error_s = 2 * clock_error_s(history, one.first_look.sent_s, looks[0].sent_s)
    measured = Span(max(0.0, took_s - error_s), took_s + error_s)
    what = f"{one.agent}: from the first look at {one.node} to the first one at the other server"
    first = timed(
        cell(one), what, measured, bounds.DESKTOP_FIRST_POLL, one.cited(), cited(one.first_look), cited(looks[0])
    )
    if first.outcome is not Outcome.HELD:
        yield first


def _ends(one: FailOver, looks: Sequence[DesktopRequested], whom: str) -> Iterator[Finding]:
    """Whoever has looked there so far and then does not any more has no interval that would be too long."""
    if looks and (left := left_alone(one, looks, whom)) is not None:
        yield left


def _goes_on(history: History, one: FailOver, looks: Sequence[DesktopRequested], what: str) -> Iterator[Finding]:
    """Whoever was not let in may begin to look anew, which is no rest: the next look comes a period after that try at
    the latest. A try that was still under way at the end shows nothing."""
    tries, end_s = one.moves, sought_until_s(one)
    for move, following in itertools.zip_longest(tries, tries[1:]):
        until_s = end_s if following is None else following.begins.sent_s
        over_s = max(seen.ended_s for seen in move.seen)
        if not move.is_refused or over_s >= until_s:
            continue
        look = next((seen for seen in looks if over_s < seen.sent_s <= until_s), None)
        error_s = 2 * clock_error_s(history, over_s, until_s if look is None else look.sent_s)
        took_s = (until_s if look is None else look.sent_s) - over_s
        measured = Span(max(0.0, took_s - error_s), took_s + error_s)
        about = (one.cited(), cited(move.begins), *([cited(look)] if look is not None else []))
        after = timed(
            cell(one, vain=VAIN[0]), f"{one.agent}: not let in, {what}", measured, bounds.DESKTOP_NEXT_POLL, *about
        )
        if look is not None or after.outcome is Outcome.VIOLATED:
            yield after


def _in_time(history: History, one: FailOver, looks: Sequence[DesktopRequested], what: str) -> Iterator[Finding]:
    end_s = sought_until_s(one)
    # Whoever was not let in by the other server begins to look anew.
    tries_s = [move.begins.sent_s for move in one.moves]
    pairs = [
        (before, after)
        for before, after in itertools.pairwise([look for look in looks if look.sent_s <= end_s])
        if not any(before.sent_s <= at_s <= after.sent_s for at_s in tries_s)
    ]
    triggers_s = [seen.ended_s for seen in one.seen if seen.node == one.node and trigger_of(seen) is not None]
    found: list[Finding] = []
    for before, after in pairs:
        error_s = 2 * clock_error_s(history, before.sent_s, after.sent_s)
        took_s = after.sent_s - before.sent_s
        measured = Span(max(0.0, took_s - error_s), max(0.0, took_s + error_s))
        more = {"slow": SLOW} if is_slow(before) else {}
        if any(before.sent_s < at_s < after.sent_s for at_s in triggers_s):
            more["second"] = ANOTHER
        if is_unreadable(before):
            more["says"] = SAYS[0]
        at = cell(one, **more)
        found.append(timed(at, f"{one.agent}: {what}", measured, bounds.DESKTOP_POLL, cited(before), cited(after)))
    bad = [finding for finding in found if finding.outcome is not Outcome.HELD]
    if bad:
        yield from bad
    elif len(found) >= polls_needed(one):
        yield from found
