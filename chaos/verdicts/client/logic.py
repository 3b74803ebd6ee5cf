"""CLIENT-06 to -08, CLIENT-10, -11, CLIENT-16 to -20: what starts a desktop's logic, and in which order it goes on."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from chaos.history import Evidence, History
from chaos.history.browsers import by_agent, desktops_blind
from chaos.history.desktops import (
    BLOCKED,
    BOSH,
    CTI,
    EVENT,
    NOTIFICATION,
    OWN_DATA,
    PRESENCE,
    STATES,
    TOMCAT,
    WEBAPP,
    FailOver,
    cited,
    fail_overs,
    is_lost_in_silence,
    says_lost,
    trigger_of,
)
from chaos.history.gaps import IN_SERVICE
from chaos.journal import BoshPart, DesktopNotice, DesktopRequested
from chaos.verdicts import bounds
from chaos.verdicts.check import Check, check
from chaos.verdicts.client.alarms import false_alarms
from chaos.verdicts.client.common import (
    ANOTHER,
    HEARS,
    HUNG,
    IN_SILENCE,
    NOT_LET_IN,
    OTHER_SOURCES,
    TURNED_DOWN,
    bosh_asked,
    cell,
    desktops,
    has_desktops,
    hears,
    lost_bosh,
    ready,
    silences,
    sought_until_s,
    streams,
    unused,
)
from chaos.verdicts.client.looking import left_alone
from chaos.verdicts.client.telling import loss_told
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, Grid, Values, nodes
from chaos.verdicts.outcome import Outcome

_REASONS = {EVENT: (CTI,), BOSH: (NOTIFICATION, BLOCKED), PRESENCE: (TOMCAT, WEBAPP)}
_BROUGHT = {EVENT: CTI, BOSH: BLOCKED, PRESENCE: TOMCAT}
_NAMES = {EVENT: "the event OUT_OF_SERVICE", BOSH: "a lost BOSH connection", PRESENCE: "an unavailable finesse"}
# A browser's own times may be a hair's breadth off.
_CLOCKS_S = 0.05
# Whoever takes an event for a repetition of the one before does so within this time (ours).
_AMID_S = 3.0
AMID = "another event"
RETURNED, MOVED = "reconnected", "moved"


def _trigger(trigger: str, sentence: str) -> Check:
    def find(history: History) -> Iterator[Finding]:
        for one in fail_overs(history):
            if one.trigger == trigger:
                yield from _started(one, _where(history, one))
        if trigger == PRESENCE:
            yield from false_alarms(history)

    find.__name__, find.__doc__ = f"{trigger}_alone_starts_the_logic", sentence
    reasons = _REASONS[trigger]
    # `soon`: for which reason a page lost its server that had just come back to it.
    # `brought`: for which one whose event stream an attempt of the XMPP library had brought back.
    # `amid`: what came over its event stream just before. How soon other triggers than an event come is a lab's affair.
    more: dict[str, Values] = {"amid": (AMID,)} if trigger == EVENT else {}
    cells = desktops(*reasons, soon=reasons, brought=(_BROUGHT[trigger],), **more)
    return check(cells, needs=has_desktops, rests_on=(desktops_blind,))(find)


def _where(history: History, one: FailOver) -> Cell:
    more = {}
    if one.before_s is not None and one.trigger_s - one.before_s <= bounds.DESKTOP_SOON_S:
        more["soon"] = one.reason
    if _is_brought(history, one):
        more["brought"] = one.reason
    if one.trigger == EVENT and _is_amid(history, one):
        more["amid"] = AMID
    return cell(one, **{axis: reason for axis, reason in more.items() if reason is not None})


def _is_amid(history: History, one: FailOver) -> bool:
    """Whether another event came over the same event stream just before, or with it."""
    told = (
        seen
        for seen in by_agent(history)[one.agent]
        if isinstance(seen, DesktopRequested) and (seen.node, seen.resource) == (one.node, one.stream)
    )
    return any("User" in seen.told and 0 <= one.trigger_s - seen.ended_s <= _AMID_S for seen in told)


def _is_brought(history: History, one: FailOver) -> bool:
    """Whether what the same page had lost before was its event stream alone, and an attempt has brought that back."""
    so_far = [other for other in fail_overs(history) if other.agent == one.agent]
    before = so_far[so_far.index(one) - 1] if one.nth > 1 else None
    return before is not None and before.mended is not None and before.first_look is None


def _started(one: FailOver, at: Cell) -> Iterator[Finding]:
    within_s = bounds.BOSH_GIVEN_UP_S if one.trigger == BOSH else bounds.DESKTOP_POLL.max_s
    limit_s = one.trigger_s + within_s
    look = one.first_look
    others = [seen for seen in one.seen if trigger_of(seen) not in (None, one.trigger) and seen.node == one.node]
    before = [seen for seen in others if seen.ended_s <= (look.sent_s if look is not None else limit_s)]
    if look is not None and look.sent_s <= limit_s:
        if before:
            yield inconclusive(at, "another trigger came before it looked", one.cited(), cited(before[0]))
        else:
            yield held(at, f"{_NAMES[one.trigger]} alone starts the logic", one.cited(), cited(look))
    elif _nothing_comes(one, limit_s) and one.until_s >= limit_s:
        yield missed(at, f"{_NAMES[one.trigger]} does not start the logic", one.cited())


def _nothing_comes(one: FailOver, limit_s: float) -> bool:
    """Whether its trigger has led to nothing by then: what comes later may be for another loss. Attempts that the XMPP
    library was still making then may take their time."""
    if one.returned_s is None:
        return True
    is_trying = one.trigger == BOSH and any(attempt.sent_s <= limit_s for attempt in one.attempts)
    return one.returned_s > limit_s and not is_trying


each_trigger_alone = {
    EVENT: _trigger(EVENT, "A SystemInfo event with OUT_OF_SERVICE alone starts the desktop's fail-over logic."),
    BOSH: _trigger(BOSH, "A BOSH connection that is lost alone starts the desktop's fail-over logic."),
    PRESENCE: _trigger(PRESENCE, "That the user finesse becomes unavailable alone starts the fail-over logic."),
}
"""CLIENT-06, CLIENT-07, CLIENT-08, by trigger."""


# So many looks that led to a request show how a desktop requests BOSH (ours).
_MANNER = 3
_TRIES = (HUNG, TURNED_DOWN, NOT_LET_IN)
# Which of the three brings the connection back.
MENDERS = ("the first attempt", "the second attempt", "the third attempt")


# `mended`: by which attempt. `tries`: how they failed, where it was not at once. `source`: of which losses BOSH is not
# the source.
@check(
    desktops(NOTIFICATION, BLOCKED, mended=MENDERS, tries=_TRIES, source=tuple(OTHER_SOURCES.values())),
    needs=has_desktops,
    rests_on=(desktops_blind,),
)
def three_attempts_come_first(history: History) -> Iterator[Finding]:
    """If BOSH is the source, the XMPP library makes three attempts to reconnect, and the logic begins only then."""
    for one in fail_overs(history):
        if one.trigger != BOSH:
            yield from _begins_at_once(one)
            continue
        attempts = one.attempts
        lines = (one.cited(), *(cited(attempt) for attempt in attempts[:5]))
        if (look := _looked_before(history, one)) is not None:
            what = f"{one.agent}'s desktop looks at {look.node} before the attempts to reconnect are over"
            yield violated(cell(one), what, *lines, cited(look))
        elif (more := _one_more(one)) is not None:
            what = f"{one.agent}'s desktop makes one more attempt to reconnect, and its logic has not begun"
            yield violated(cell(one), what, *lines, cited(more))
        elif any("session" in attempt.told for attempt in attempts):  # one of them was successful: nothing was lost
            if (early := _told_though_mended(one)) is not None:
                what = f"{one.agent}'s desktop takes itself for disconnected, though an attempt has brought it back"
                yield violated(cell(one), what, *lines, Evidence.of(early, early.text))
            else:
                yield from _mended(one, lines)
        elif one.first_look is None:
            yield inconclusive(cell(one), "its logic was not seen to begin", *lines)
        elif (early := _told_before(one)) is not None:
            what = f"{one.agent}'s desktop takes itself for disconnected before the third attempt"
            yield violated(cell(one), what, *lines, Evidence.of(early, early.text))
        elif (amid := next((more for nth, more in _without_a_look(one) if nth == 0), None)) is not None:
            what = f"{one.agent}'s desktop makes one more attempt to reconnect, though its logic has begun"
            yield violated(cell(one), what, *lines, cited(amid))
        elif len(attempts) == bounds.BOSH_ATTEMPTS:
            how = next((how for how, is_so in _HOW.items() if all(is_so(attempt) for attempt in attempts)), None)
            at = cell(one) if how is None else cell(one, tries=how)
            yield held(at, "three attempts come before the logic", *lines)
        else:
            what = f"{one.agent}'s desktop makes {len(attempts)} attempts to reconnect before its logic begins"
            yield violated(cell(one), what, *lines)


def _begins_at_once(one: FailOver) -> Iterator[Finding]:
    """Where BOSH is not the source, and stands, it is not reconnected before the logic begins."""
    at = Cell.of(node=one.node, stream=one.stream, source=OTHER_SOURCES[one.trigger])
    attempt = next(iter(one.attempts), None)
    own = [seen for seen in one.seen if seen.node == one.node and seen.part is not None]
    before = [seen for seen in own if attempt is not None and seen.number < attempt.number]
    if any(trigger_of(seen) == BOSH or seen.part is BoshPart.END for seen in before):
        return
    if attempt is not None:
        what = f"{one.agent}'s desktop reconnects BOSH, which stands, before its logic begins"
        yield violated(at, what, one.cited(), cited(attempt))
    elif one.first_look is not None:
        yield held(at, "BOSH stands, and the logic begins without it", one.cited(), cited(one.first_look))


def _one_more(one: FailOver) -> DesktopRequested | None:
    """The attempt after the third one in vain, where no look at its server shows that the logic has begun."""
    in_vain = itertools.takewhile(lambda attempt: "session" not in attempt.told, one.attempts)
    if one.first_look is not None or len(list(in_vain)) < bounds.BOSH_ATTEMPTS:
        return None
    return one.attempts[bounds.BOSH_ATTEMPTS] if len(one.attempts) > bounds.BOSH_ATTEMPTS else None


def _without_a_look(one: FailOver) -> list[tuple[int, DesktopRequested]]:
    """Requests for BOSH that came upon no look of their own, the one upon that having failed, by the how manieth look
    they came after: where most looks lead to one request, more than one is not how this desktop requests BOSH."""
    looks = sorted((look for look in one.looks() if look.sent_s <= sought_until_s(one)), key=lambda look: look.ended_s)
    by_look: list[list[DesktopRequested]] = [[] for _ in looks]
    for seen in bosh_asked(one):
        nth = sum(look.ended_s <= seen.sent_s + _CLOCKS_S for look in looks) - 1
        if nth >= 0 and seen not in one.attempts:
            by_look[nth].append(seen)
    # After the last look anything may have come of it, and to go on after one is to be seen after others.
    whole = [some for some in by_look[:-1] if some]
    if sum(len(some) == 1 for some in whole) <= len(whole) / 2 or len(whole) < _MANNER:
        return []
    return [
        (nth, some[1])
        for nth, some in enumerate(by_look[:-1])
        if len(some) > 1 and "session" not in some[0].told and some[1].sent_s > some[0].ended_s + _CLOCKS_S
    ]


def _hangs(attempt: DesktopRequested) -> bool:
    """Whether nothing answers it for longer than a browser takes to be refused."""
    return attempt.status is None and attempt.ended_s - attempt.sent_s >= bounds.DESKTOP_ACTS_S


def _is_turned_down(attempt: DesktopRequested) -> bool:
    """Whether it is answered, by a status or by the end of the session."""
    return attempt.status is not None and not {"session", "refused"} & set(attempt.told)


def _is_not_let_in(attempt: DesktopRequested) -> bool:
    """Whether it has brought a session, to which nobody can sign in."""
    return "refused" in attempt.told


_HOW: Mapping[str, Callable[[DesktopRequested], bool]] = {
    HUNG: _hangs,
    TURNED_DOWN: _is_turned_down,
    NOT_LET_IN: _is_not_let_in,
}
"""How an attempt fails, other than at once."""


def _mended(one: FailOver, lines: Sequence[Evidence]) -> Iterator[Finding]:
    """Nothing starts the logic when an attempt was enough, and its own cell is the attempt's."""
    if one.first_look is None and one.mended is not None and _goes_on(one, one.mended):
        vain = one.attempts.index(one.mended)
        if vain < len(MENDERS):
            at = Cell.of(node=one.node, stream=one.stream, mended=MENDERS[vain])
            yield held(at, f"{MENDERS[vain]} is enough", *lines)


def _told_though_mended(one: FailOver) -> DesktopNotice | None:
    """What says that the connection is lost, of a BOSH connection that the XMPP library has mended, and that nothing
    has cost it since: no other trigger, and no data that were refused."""
    good = next((attempt for attempt in one.attempts if "session" in attempt.told and _goes_on(one, attempt)), None)
    if good is None:
        return None
    doubts = [
        seen.number
        for seen in one.seen
        if seen.number > good.number and (trigger_of(seen) is not None or seen.status is None or seen.status >= 500)
    ]
    until = min(doubts, default=float("inf"))
    return next((seen for seen in one.notices if says_lost(seen.text) and seen.number < until), None)


def _goes_on(one: FailOver, opened: DesktopRequested) -> bool:
    """Whether somebody was let in over it: while Tomcat stops there is a session, and nobody who checks who he is."""
    after = [seen for seen in one.seen if seen.node == opened.node and seen.number > opened.number]
    own = itertools.takewhile(lambda seen: seen.part is not BoshPart.OPEN, after)
    return sum(seen.part is BoshPart.GO_ON and seen.status is not None for seen in own) >= _SIGNED_IN


def _looked_before(history: History, one: FailOver) -> DesktopRequested | None:
    """A look at either server while the XMPP library still tries. Who looked at the other one in peace, shortly before
    the loss, has a habit of it, which is not the logic."""
    if not one.attempts:
        return None
    end_s, from_s = one.attempts[-1].ended_s - _CLOCKS_S, one.trigger_s - bounds.DESKTOP_GAP_S
    before = (
        seen
        for seen in by_agent(history)[one.agent]
        if isinstance(seen, DesktopRequested) and from_s <= seen.sent_s < one.trigger_s and not seen.is_look
    )
    habits = {seen.node for seen in before if seen.resource == "GET SystemInfo" and seen.node != one.node}
    looks = (seen for seen in one.seen if seen.resource == "GET SystemInfo" and one.trigger_s <= seen.sent_s < end_s)
    return next((seen for seen in looks if seen.node not in habits), None)


def _told_before(one: FailOver) -> DesktopNotice | None:
    """What says that the connection is lost, while the XMPP library still tries."""
    end = one.attempts[-1].number if one.attempts else 0
    return next((seen for seen in one.notices if says_lost(seen.text) and seen.number < end), None)


# `hears`: what the connection that was requested brought. `second`: it was lost while the desktop looked for a server,
# for which another trigger had been the reason.
@check(
    desktops(NOTIFICATION, BLOCKED, hears=HEARS, second=(ANOTHER,)),
    needs=has_desktops,
    rests_on=(desktops_blind,),
)
def bosh_is_requested_when_in_service(history: History) -> Iterator[Finding]:
    """When the current server says IN_SERVICE, and BOSH is down, a BOSH connection is requested; never before that."""
    for one in fail_overs(history):
        if one.first_look is None:
            continue
        end_s = sought_until_s(one)
        asked = [seen for seen in bosh_asked(one) if seen.number > one.first_look.number]
        good = [look for look in one.looks() if look.system_status == IN_SERVICE and look.sent_s <= end_s]
        early = [seen for seen in asked if not any(_upon(look, seen) for look in good)]
        again = _asked_again(one, asked)
        if early:
            what = f"{one.agent}'s desktop requests BOSH of a server that has not said IN_SERVICE"
            yield violated(cell(one), what, one.cited(), cited(early[0]))
        elif asked and not lost_bosh(one, before=asked[0]):
            # Whatever took the server away: of that the grid has no cells where BOSH stands.
            what = f"{one.agent}'s desktop requests BOSH though it has a connection"
            yield violated(Cell.of(node=one.node), what, one.cited(), cited(asked[0]))
        elif again is not None:
            what = f"{one.agent}'s desktop requests BOSH once more though it has a connection by then"
            yield violated(Cell.of(node=one.node), what, one.cited(), *map(cited, again))
        elif one.trigger == BOSH and (more := [seen for nth, seen in _without_a_look(one) if nth > 0]):
            what = f"{one.agent}'s desktop requests BOSH once more without another look"
            yield violated(cell(one), what, one.cited(), cited(more[0]))
        elif (twice := _asked_at_once(asked)) is not None:
            what = f"{one.agent}'s desktop requests two BOSH connections at a time"
            yield violated(Cell.of(node=one.node), what, one.cited(), *map(cited, twice))
        if one.trigger != BOSH:
            yield from _requested_amid(one, asked, [look for look in good if _is_without_bosh(one, look)])
            continue
        if not lost_bosh(one):
            continue
        left = [look for look in good if not any(_upon(look, seen) for seen in asked)]
        if left and left[0].ended_s + bounds.DESKTOP_ACTS_S <= one.until_s:
            what = f"{one.agent}'s desktop requests no BOSH connection of a server in service"
            yield violated(cell(one), what, one.cited(), cited(left[0]))
        elif good and not left and not early and again is None:
            yield held(cell(one), "BOSH is requested upon IN_SERVICE", cited(good[0]), cited(asked[0]))
            opened = next((seen for seen in reversed(asked) if "session" in seen.told), None)
            if opened is not None and one.sign_in is None and (heard := hears(history, one, opened)) is not None:
                yield heard


def _requested_amid(
    one: FailOver, asked: Sequence[DesktopRequested], good: Sequence[DesktopRequested]
) -> Iterator[Finding]:
    """Whatever it was that took the server away: BOSH is looked at, and requested if it was lost meanwhile."""
    left = [look for look in good if not any(_upon(look, seen) for seen in asked)]
    at = Cell.of(node=one.node, stream=one.stream, second=ANOTHER)
    if left and left[0].ended_s + bounds.DESKTOP_ACTS_S <= one.until_s:
        what = f"{one.agent}'s desktop requests no BOSH connection of a server in service, though it lost its own"
        yield violated(at, what, one.cited(), cited(left[0]))
    elif good and not left:
        yield held(at, "BOSH, lost meanwhile, is requested upon IN_SERVICE", cited(good[0]), cited(asked[0]))


def _is_without_bosh(one: FailOver, look: DesktopRequested) -> bool:
    """Whether its BOSH connection was lost before that look was sent, and none has been brought since."""
    before = [seen for seen in one.seen if seen.node == one.node and seen.ended_s <= look.sent_s - _CLOCKS_S]
    lost_s = max((seen.ended_s for seen in before if trigger_of(seen) == BOSH), default=None)
    return lost_s is not None and not any("session" in seen.told and seen.ended_s >= lost_s for seen in before)


def _asked_again(one: FailOver, asked: Sequence[DesktopRequested]) -> tuple[DesktopRequested, DesktopRequested] | None:
    """A request that has brought a BOSH connection, and the next one for another, which nothing had cost it since."""
    for brought, again in pairwise(asked):
        between = [seen for seen in one.seen if seen.node == one.node and brought.number < seen.number < again.number]
        answers = [seen for seen in between if seen.part is BoshPart.GO_ON and seen.status is not None]
        is_lost = any(seen.part is BoshPart.END or trigger_of(seen) == BOSH for seen in between)
        if "session" in brought.told and len(answers) >= _SIGNED_IN and not is_lost:
            return brought, again
    return None


def _asked_at_once(asked: Sequence[DesktopRequested]) -> tuple[DesktopRequested, DesktopRequested] | None:
    """Two requests for a connection of the same kind, both of which brought one, and of which one was sent while the
    other was under way."""
    brought = sorted((seen for seen in asked if "session" in seen.told), key=lambda seen: seen.sent_s)
    return next(
        (
            (first, second)
            for first, second in pairwise(brought)
            if second.sent_s <= max(first.ended_s - _CLOCKS_S, first.sent_s) and first.resource == second.resource
        ),
        None,
    )


# A session that is answered so often has signed in: mechanism, restart of the stream, resource.
_SIGNED_IN = 3


def _reads_in_vain(one: FailOver, seen: DesktopRequested) -> bool:
    """It asks for its data, and nothing answers: its way was cut just then. Or the server that was back is out of
    service again, of which nobody told it: it was not connected yet when that was published."""
    there = ready(one)
    is_out_again = seen.status == 503 and there is not None and seen.sent_s >= there.ended_s
    return seen.resource in OWN_DATA and (seen.status is None or is_out_again)


def _upon(look: DesktopRequested, seen: DesktopRequested) -> bool:
    return 0 <= seen.sent_s - look.ended_s <= bounds.DESKTOP_ACTS_S


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def data_are_refreshed(history: History) -> Iterator[Finding]:
    """With the current server in service and BOSH connected, the desktop reads the agent and his calls again."""
    for one in fail_overs(history):
        there = ready(one)
        if one.first_look is None:
            continue
        early = (
            one.read is not None and one.returned_s is not None and (there is None or one.read.sent_s < there.ended_s)
        )
        if early and one.read is not None:
            what = f"{one.agent}'s desktop reads its data before BOSH and the server are there"
            yield violated(cell(one), what, one.cited(), cited(one.read))
        if there is None or one.sign_in is not None:
            continue
        limit_s = there.ended_s + bounds.DESKTOP_ACTS_S
        # What the other server says of him may be old: it is another node's.
        asked = [
            seen
            for seen in one.seen
            if seen.resource in OWN_DATA and seen.node == one.node and there.ended_s <= seen.sent_s <= limit_s
        ]
        vain = [seen for seen in asked if _reads_in_vain(one, seen)]
        missing = OWN_DATA - {seen.resource for seen in asked if seen.status == 200 or seen in vain}
        if not missing and not vain:
            yield held(cell(one), "it reads the agent and his calls again", one.cited(), cited(there))
        elif not missing:
            yield inconclusive(cell(one), "it asks for its data, and is not answered", one.cited(), cited(vain[0]))
        elif one.until_s >= limit_s:
            what = f"{one.agent}'s desktop does not read {', '.join(sorted(missing))} again"
            yield violated(cell(one), what, one.cited(), cited(there))


def _reason(reason: str) -> Check:
    def find(history: History) -> Iterator[Finding]:
        for one in fail_overs(history):
            if one.reason == reason:
                told = loss_told(history, one)
                if told is not None and told.outcome is Outcome.VIOLATED:
                    yield told
                yield from _in_silence(history, one) if reason == CTI else ()
                yield from _failed_over(one)
                yield from _leaves_alone(one)
        for silent in silences(history):
            if silent.reason == reason:
                what = f"{silent.agent}'s desktop does not fail over: it meets no trigger, and goes on as before"
                yield missed(cell(silent), what, *silent.cited())

    words = {CTI: "Finesse has lost both CTI servers"}.get(reason, f"{reason} goes down")
    find.__name__ = f"fails_over_without_{reason.replace(' ', '_').lower()}"
    find.__doc__ = f"When {words}, desktops tell it, look for a server, and are at one in the end."
    pairs: list[tuple[str, ...]] = [
        ("node", "state", "end"),
        ("node", "stream", "end"),
        ("node", "again", "end"),
        ("again", "stream"),
    ]
    # `loss`: how a node lost its CTI servers, where it was not by a reset.
    more: dict[str, Values] = {"loss": (IN_SILENCE,)} if reason == CTI else {}
    pairs += [("node", "loss"), ("loss", "stream")] if reason == CTI else []
    axes: dict[str, Values] = {"node": nodes, "state": STATES, "end": (RETURNED, MOVED), "stream": streams}
    cells = Grid({**axes, "again": (reason,), **more}, pairs=tuple(pairs))
    return check(cells, needs=has_desktops, rests_on=(desktops_blind,))(find)


def _in_silence(history: History, one: FailOver) -> Iterator[Finding]:
    """However its node lost the CTI servers: the event reached it, and its logic began."""
    if is_lost_in_silence(history, one) and one.first_look is not None:
        at = Cell.of(node=one.node, stream=one.stream, loss=IN_SILENCE)
        yield held(at, "it fails over", one.cited(), cited(one.first_look))


def _leaves_alone(one: FailOver) -> Iterator[Finding]:
    """Of both servers: where it is in the end says nothing of how it looked for one."""
    for looks, whom in ((one.looks(), f"{one.node}, its current server"), (one.alternate_looks, "the other server")):
        if (left := left_alone(one, looks, whom)) is not None:
            yield left


def _failed_over(one: FailOver) -> Iterator[Finding]:
    sign_in, look, ripe = one.sign_in, one.first_look, _ripe(one)
    if ripe is not None:
        what = f"{one.agent}'s desktop stays without a server, though {ripe.node} was seen in service"
        yield violated(cell(one), what, one.cited(), cited(ripe))
    elif look is not None and sign_in is not None:
        yield held(cell(one, end=MOVED), "it is signed in at the other server", one.cited(), cited(sign_in))
    elif look is not None and one.returned_s is not None and one.read is not None:
        yield held(cell(one, end=RETURNED), "it is back at its server", one.cited(), cited(one.read))
    elif (said := _kept_for_nothing(one)) is not None:
        what = f"{one.node} says IN_SERVICE, and {one.agent}'s desktop stays there, where it is refused"
        yield violated(cell(one), what, one.cited(), *map(cited, said))
    elif any(_reads_in_vain(one, seen) and seen.sent_s >= (one.returned_s or float("inf")) for seen in one.seen):
        return  # it is back as far as it can tell
    else:
        last = max(
            (seen for seen in one.seen if seen.resource == "GET SystemInfo"), key=lambda seen: seen.sent_s, default=None
        )
        last_s = one.trigger_s if last is None else last.sent_s
        if one.until_s - last_s > bounds.BOSH_GIVEN_UP_S:
            lines = (one.cited(),) if last is None else (one.cited(), cited(last))
            yield missed(cell(one), f"{one.agent}'s desktop has given up at {last_s:.1f} s", *lines)
        else:
            yield inconclusive(cell(one), f"{one.agent}'s desktop was not seen to come to an end", one.cited())


def _kept_for_nothing(one: FailOver) -> tuple[DesktopRequested, DesktopRequested] | None:
    """A look that its server answers IN_SERVICE, and the data that are refused then, though its event stream stands
    from the trigger on, and has told it of no other loss a minute later: that server was never back."""
    if one.trigger == BOSH or one.returned_s is None or one.sign_in is not None:
        return None
    later = [seen for seen in one.seen if seen.node == one.node and seen.number > one.triggered.number]
    good = next((seen for seen in later if seen.system_status == IN_SERVICE), None)
    if good is None or any(
        trigger_of(seen) is not None or seen.part in (BoshPart.OPEN, BoshPart.END) for seen in later
    ):
        return None
    after = [seen for seen in later if seen.number > good.number and seen.part is None]
    refused = [seen for seen in after if seen.resource in OWN_DATA and seen.status == 503]
    if not refused or len(refused) < len(after):
        return None
    known_s = max(
        (seen.ended_s for seen in later if seen.part is BoshPart.GO_ON and seen.status is not None), default=0.0
    )
    return (good, refused[0]) if known_s - after[-1].ended_s >= bounds.BOSH_GIVEN_UP_S else None


def _ripe(one: FailOver) -> DesktopRequested | None:
    """What showed a server in service so long before the end that it should have been there: one more look, a sign-in.

    Of the current server that is no sign where BOSH was asked for upon it, in vain.
    """
    waits_s = bounds.DESKTOP_GAP_S + bounds.DESKTOP_ACTS_S
    in_vain = [seen for seen in bosh_asked(one) if "session" not in seen.told]
    back = [
        look
        for look in one.looks()
        if look.system_status == IN_SERVICE and not any(_upon(look, seen) for seen in in_vain)
    ]
    end_s = sought_until_s(one)
    return unused(one) or next((look for look in back[:1] if look.ended_s + waits_s <= end_s), None)


fails_over_because_of = {reason: _reason(reason) for reason in (TOMCAT, WEBAPP, NOTIFICATION, CTI)}
"""CLIENT-17 to CLIENT-20, by reason."""
