"""CLIENT-04, CLIENT-13 to CLIENT-15: when a desktop moves to the other server, and that it stays there."""

from collections.abc import Iterator
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.absences import LOGOUT
from chaos.history.browsers import desktops_blind
from chaos.history.desktops import REASONS, STATES, FailOver, cited, fail_overs, named, says_back
from chaos.history.gaps import IN_SERVICE
from chaos.journal import BoshPart, DesktopNotice, DesktopRequested, RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.client.common import (
    HEARS,
    SLOW,
    cell,
    desktops,
    has_desktops,
    hears,
    is_slow,
    lost_bosh,
    streams,
    unused,
)
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated
from chaos.verdicts.grid import Cell, grid, nodes

BEFORE, AT, AFTER = "before the alternate's turn", "at the alternate's turn", "after the alternate's turn"
TURNS = (BEFORE, AT, AFTER)
# Whether its BOSH connection still stood: whose does not can only be back at a server that lets it in.
KEPT, LOST = "BOSH kept", "BOSH lost"


def _turn(one: FailOver, turn: str) -> Cell:
    return cell(one, turn=turn, bosh=LOST if lost_bosh(one, before=one.goes or one.read) else KEPT)


def _seen_there(one: FailOver) -> list[DesktopRequested]:
    return [look for look in one.alternate_looks if look.system_status == IN_SERVICE]


def _last_look(one: FailOver, there: DesktopRequested) -> DesktopRequested | None:
    """The one more look at the current server that the alternate's answer brings about."""
    move = one.move_after(there)
    return next(
        (
            look
            for look in one.looks()
            if look.number > there.number
            and 0 <= look.sent_s - there.ended_s <= bounds.DESKTOP_ACTS_S
            and (move is None or look.number < move.begins.number)
        ),
        None,
    )


def _is_passed_over(one: FailOver, there: DesktopRequested) -> bool:
    """Whether nothing came of it that the alternate was seen available, neither a look nor the end. A current server
    that had just said IN_SERVICE may be connected to meanwhile, and then the alternate's turn is the next one."""
    limit_s = there.ended_s + bounds.DESKTOP_ACTS_S
    if one.first_look is None or there.number < one.first_look.number:
        return False  # the XMPP library may mend it, and the logic has not begun
    good = (look for look in one.looks() if look.system_status == IN_SERVICE)
    if any(abs(look.ended_s - there.ended_s) <= bounds.DESKTOP_ACTS_S for look in good):
        return False
    ends_s = min(one.until_s, one.solved_s if one.solved_s is not None else one.until_s)
    move = one.move_after(there)
    goes_s = move.begins.sent_s if move is not None else ends_s
    after = [
        look.sent_s
        for look in one.looks()
        if look.number > there.number and 0 <= look.sent_s - there.ended_s <= bounds.DESKTOP_ACTS_S
    ]
    # A look that was due at that time anyhow is none that this brought about, unless the desktop goes upon it.
    over_s = min(ends_s, goes_s)
    seen_again = any(there.number < seen.number and seen.ended_s <= over_s for seen in _seen_there(one))
    goes_upon = {at_s for at_s in after if not seen_again and over_s - at_s <= bounds.DESKTOP_ACTS_S}
    answered = [at_s for at_s in after if at_s in goes_upon or not _is_due(one, at_s)]
    return not answered and min(ends_s, goes_s) > limit_s


def _is_due(one: FailOver, at_s: float) -> bool:
    """Whether a look at the current server at that time comes a period after another one."""
    period = bounds.DESKTOP_POLL
    return any(period.min_s <= at_s - look.sent_s <= period.max_s for look in one.looks())


def _is_back(one: FailOver, look: DesktopRequested) -> bool:
    """Whether that look found the current server recovered: in service, and BOSH not seen to be out of reach."""
    if look.system_status != IN_SERVICE:
        return False
    move = one.move_after(look)
    end = move.begins.number if move is not None else float("inf")
    tries = [
        seen
        for seen in one.seen
        if seen.part is BoshPart.OPEN and seen.node == one.node and look.number < seen.number < end
    ]
    # What a later look finds is not what this one has found; but a try may take longer than a look is apart.
    next_s = min((other.sent_s for other in one.looks() if other.number > look.number), default=float("inf"))
    upon = [seen for seen in tries if seen.sent_s < next_s] or tries
    return not upon or any("session" in seen.told for seen in upon)


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def agent_is_signed_in_automatically(history: History) -> Iterator[Finding]:
    """If the other server is available, the agent is signed in there, and nobody types anything."""
    for one in fail_overs(history):
        goes = one.goes
        if goes is None:
            if (left_out := unused(one)) is not None:
                what = f"{one.agent}'s desktop sees {left_out.node} available, and the agent is not signed in there"
                yield violated(cell(one), what, one.cited(), cited(left_out))
            continue
        sign_in = one.sign_in
        limit_s = goes.sent_s + 2 * bounds.DESKTOP_ACTS_S
        reads = [
            seen
            for seen in one.seen
            if sign_in is not None and seen.node == sign_in.node and seen.user_state not in (None, "LOGOUT")
        ]
        if sign_in is not None and (device := _another_telephone(history, sign_in)) is not None:
            what = f"{one.agent}'s desktop signs the agent in at telephone {device}, which is not his"
            yield violated(cell(one), what, one.cited(), cited(sign_in))
        elif sign_in is not None and (left := _left(one, sign_in)) is not None:
            what = f"{one.agent}'s desktop signs the agent in at {goes.node}, and leaves again by itself"
            yield violated(cell(one), what, one.cited(), cited(sign_in), cited(left))
        elif sign_in is not None and (out := _signs_out(one, sign_in)) is not None:
            what = f"{one.agent}'s desktop signs the agent in at {goes.node}, and out again by itself"
            yield violated(cell(one), what, one.cited(), cited(sign_in), cited(out))
        elif sign_in is not None and (ready := _makes_ready(one, sign_in)) is not None:
            what = f"{one.agent}'s desktop signs the agent in at {goes.node}, and makes him Ready by itself"
            yield violated(cell(one), what, one.cited(), cited(sign_in), cited(ready))
        elif sign_in is not None and reads and reads[0].sent_s <= limit_s:
            yield held(cell(one), "signed in by itself", one.cited(), cited(sign_in), cited(reads[0]))
        elif one.until_s >= limit_s:
            what = f"{one.agent}'s desktop goes to {goes.node}, and does not sign the agent in there"
            yield violated(cell(one), what, one.cited(), cited(goes))


def _signs_out(one: FailOver, sign_in: DesktopRequested) -> DesktopRequested | None:
    """What it asks for to sign him out again, though nobody has done anything at that desktop."""
    after = (seen for seen in one.seen if seen.number > sign_in.number and seen.status in range(200, 300))
    return next((seen for seen in after if seen.wanted == LOGOUT or seen.resource.endswith(" logout")), None)


def _makes_ready(one: FailOver, sign_in: DesktopRequested) -> DesktopRequested | None:
    """What it asks for to make him Ready, though nobody has done anything at that desktop."""
    after = (seen for seen in one.seen if seen.number > sign_in.number and seen.status in range(200, 300))
    return next((seen for seen in after if seen.wanted == "READY"), None)


def _another_telephone(history: History, sign_in: DesktopRequested) -> str | None:
    """At which telephone it signs him in, if it says that, and if it is another one than he had typed in himself."""
    own = dict(history.header.extensions).get(sign_in.agent)
    return None if own is None or sign_in.extension in (None, own) else sign_in.extension


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def agent_is_signed_in_once(history: History) -> Iterator[Finding]:
    """Whoever moves is signed in exactly once: by one request, and at no other server afterwards."""
    for one in fail_overs(history):
        if one.sign_in is None:
            continue
        first = one.sign_in
        signs_in = [seen for seen in one.seen if seen.wanted == "LOGIN" and seen.number > first.number]
        again = next((seen for seen in signs_in if seen.status in range(200, 300)), None)
        if again is not None:
            what = f"{one.agent}'s desktop signs the agent in once more"
            yield violated(cell(one), what, one.cited(), cited(first), cited(again))
        elif one.until_s >= first.ended_s + bounds.DESKTOP_ACTS_S:
            yield held(cell(one), "signed in once", one.cited(), cited(first))


@check(
    grid(
        pairs=(
            ("node", "reason"),
            ("node", "turn", "bosh"),
            ("node", "again"),
            ("turn", "stream"),
            ("reason", "stream"),
            ("node", "slow"),
            ("slow", "stream"),
        ),
        node=nodes,
        reason=REASONS,
        turn=TURNS,
        bosh=(KEPT, LOST),
        state=STATES,
        again=REASONS,
        stream=streams,
        slow=(SLOW,),
    ),
    needs=has_desktops,
    rests_on=(desktops_blind,),
)
def it_looks_once_more_before_it_moves(history: History) -> Iterator[Finding]:
    """The other server seen available, the current one is checked once more, and the desktop stays if that is back."""
    for one in fail_overs(history):
        goes, there = one.goes, _seen_there(one)
        passed_over = next((seen for seen in there if _is_passed_over(one, seen)), None)
        if passed_over is not None:
            what = f"{one.agent}'s desktop sees {passed_over.node} available, and does not look at {one.node} once more"
            yield violated(cell(one), what, one.cited(), cited(passed_over))
            continue
        if goes is None:
            yield from _stayed(one, there)
            continue
        before = [look for look in there if look.number < goes.number]
        look = _last_look(one, before[-1]) if before else None
        lines = (one.cited(), *(cited(seen) for seen in before[-1:]), *([cited(look)] if look else []), cited(goes))
        if look is None:
            yield violated(cell(one), f"{one.agent}'s desktop moves without one more look at {one.node}", *lines)
        elif _is_back(one, look):
            yield violated(cell(one), f"{one.agent}'s desktop moves although {one.node} is back", *lines)
        else:
            back = [seen for seen in one.looks() if seen.number < before[-1].number and _is_back(one, seen)]
            if back:
                yield violated(cell(one), f"{one.agent}'s desktop did not stay with {one.node}", cited(back[0]), *lines)
            else:
                yield held(_turn(one, AFTER), "one more look, then it moves", *lines)


def _stayed(one: FailOver, there: list[DesktopRequested]) -> Iterator[Finding]:
    """It is back at the current server: by a look of its own, or by the one more that the alternate brought about."""
    back_s = one.returned_s
    if back_s is None or one.first_look is None:
        return
    found = [look for look in one.looks() if look.system_status == IN_SERVICE and look.ended_s <= back_s]
    if not found:
        return
    upon = [seen for seen in there if seen.number < found[-1].number and _last_look(one, seen) is found[-1]]
    if upon and is_slow(found[-1]):
        at = Cell.of(node=one.node, stream=one.stream, slow=SLOW)
        yield held(at, "it waits for the answer of that look", cited(upon[-1]), cited(found[-1]))
    if upon:
        yield held(_turn(one, AT), "one more look finds it back: it stays", cited(upon[-1]), cited(found[-1]))
    elif not [seen for seen in there if seen.ended_s <= back_s]:
        yield held(_turn(one, BEFORE), "it is back before that: it stays", one.cited(), cited(found[-1]))


# `hears`: what its event stream there brought.
@check(desktops(hears=HEARS), needs=has_desktops, rests_on=(desktops_blind,))
def it_moves_if_that_look_finds_it_down(history: History) -> Iterator[Finding]:
    """If the current server is still down at that check, the desktop connects the agent to the other one."""
    for one in fail_overs(history):
        for there in _seen_there(one):
            look = _last_look(one, there)
            if look is None and not _is_passed_over(one, there):
                continue
            if look is not None and _is_back(one, look):
                continue
            move = one.move_after(there)
            if move is not None and move.is_refused and move.begins is not one.goes:
                continue  # it goes, and that server does not let it in: it goes on looking
            goes = move.begins if move is not None else None
            seen_s = there.ended_s if look is None else look.ended_s
            limit_s = seen_s + bounds.DESKTOP_ACTS_S
            lines = (one.cited(), cited(there), *([cited(look)] if look is not None else []))
            if goes is not None and look is not None and goes.number > look.number and goes.sent_s <= limit_s:
                yield from _connected(history, one, goes, *lines)
            elif one.until_s >= limit_s and (one.returned_s is None or one.returned_s > limit_s):
                what = f"{one.agent}'s desktop does not go to {there.node}"
                yield replace(missed(cell(one), what, *lines), to_s=limit_s)
            break


def _connected(history: History, one: FailOver, goes: DesktopRequested, *lines: Evidence) -> Iterator[Finding]:
    """It has gone there; whoever has no BOSH connection there, or hears nothing by it, is not connected."""
    opened = _stream_there(one, goes)
    yield _is_connected(one, goes, opened, *lines)
    if opened is not None and (heard := hears(history, one, opened)) is not None:
        yield heard


def _stream_there(one: FailOver, goes: DesktopRequested) -> DesktopRequested | None:
    limit_s = goes.sent_s + 2 * bounds.DESKTOP_ACTS_S
    there = (seen for seen in one.seen if seen.node == goes.node and seen.sent_s <= limit_s)
    return next((seen for seen in there if seen.part is BoshPart.OPEN and "session" in seen.told), None)


def _is_connected(one: FailOver, goes: DesktopRequested, opened: DesktopRequested | None, *lines: Evidence) -> Finding:
    limit_s = goes.sent_s + 2 * bounds.DESKTOP_ACTS_S
    if opened is not None:
        if (silent := _falls_silent(one, opened)) is not None:
            what = f"{one.agent}'s desktop goes to {goes.node}, and has no event stream there any more"
            return violated(cell(one), what, *lines, cited(goes), cited(opened), cited(silent))
        if _is_told_nothing(one, opened):
            what = f"{one.agent}'s desktop goes to {goes.node}, and is not even told there that finesse is available"
            return violated(cell(one), what, *lines, cited(goes), cited(opened))
        return held(cell(one), "still down: it moves", *lines, cited(goes), cited(opened))
    if one.until_s < limit_s:
        return inconclusive(cell(one), f"{one.agent}'s desktop was not watched for long enough", *lines, cited(goes))
    what = f"{one.agent}'s desktop goes to {goes.node}, and has no BOSH connection there"
    return violated(cell(one), what, *lines, cited(goes))


def _falls_silent(one: FailOver, opened: DesktopRequested) -> DesktopRequested | None:
    """The last sign of its event stream there, if none came for too long while its page was still watched. A stream
    that breaks is a trigger, with which this fail-over ends."""
    signs = [seen for seen in _stream_at(one, opened) if seen.status is not None]
    left = _left(one, opened)
    if left is not None:
        return left
    return signs[-1] if one.until_s - signs[-1].ended_s > bounds.STREAM_SILENT_S else None


def _stream_at(one: FailOver, since: DesktopRequested) -> list[DesktopRequested]:
    """What became of event streams at that node from that request on."""
    return [
        seen for seen in one.seen if seen.node == since.node and seen.part is not None and seen.number >= since.number
    ]


def _left(one: FailOver, since: DesktopRequested) -> DesktopRequested | None:
    """How the desktop ended its event stream at that node by itself, to have none there any more."""
    signs = _stream_at(one, since)
    last = next((seen for seen in reversed(signs) if seen.part in (BoshPart.OPEN, BoshPart.END)), None)
    if last is None or last.part is not BoshPart.END:
        return None
    return last if one.until_s - last.ended_s > bounds.DESKTOP_ACTS_S else None


def _is_told_nothing(one: FailOver, opened: DesktopRequested) -> bool:
    """Its event stream there is answered, and brings nothing in time: who is not present is told nothing, and is not
    there for Finesse either."""
    limit_s = opened.ended_s + bounds.PRESENT_S
    if one.until_s < limit_s:
        return False
    there = [seen for seen in one.seen if seen.node == opened.node and seen.part is BoshPart.GO_ON]
    after = [seen for seen in there if seen.number > opened.number]
    return bool(after) and not any(seen.told and seen.ended_s <= limit_s for seen in after)


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def it_never_goes_back(history: History) -> Iterator[Finding]:
    """Having moved, the desktop stays where it is, also once the failed server is in service again."""
    for one in fail_overs(history):
        former = _left_before(history, one)
        if former is not None and (tried := _tried_unseen(one, former)) is not None:
            what = f"{one.agent}'s desktop tries {former}, which it had left, for {one.node}"
            yield violated(cell(one), what, one.cited(), cited(tried))
        if one.sign_in is None:
            continue
        moved_s = one.sign_in.ended_s
        back = [
            seen
            for seen in one.seen
            if seen.node == one.node
            and seen.sent_s > moved_s
            and (_signs_in(seen) or seen.part is BoshPart.OPEN or seen.resource == "page")
        ]
        if (said := _says_it_is_back(history, one, one.sign_in)) is not None:
            line = Evidence.of(said, said.text)
            yield violated(cell(one), f"{one.agent}'s desktop says that it is back", one.cited(), line)
        elif back:
            what = f"{one.agent}'s desktop goes back to {one.node}"
            yield violated(cell(one), what, one.cited(), cited(one.sign_in), cited(back[0]))
        if said is not None or back:
            continue
        there = _in_service(history, one, moved_s)
        if there is not None and one.until_s - there.at_s >= bounds.STAYS_S:
            lives = [seen for seen in one.seen if seen.node == one.sign_in.node and seen.ended_s >= there.at_s]
            if lives and one.until_s - lives[-1].sent_s <= bounds.STAYS_S:
                seen = Evidence.of(there, f"{one.node} is in service again")
                yield held(cell(one), "it stays", one.cited(), cited(one.sign_in), seen, cited(lives[-1]))


def _left_before(history: History, one: FailOver) -> str | None:
    """The server that this page had left for the one that it loses now; None: it was always there."""
    so_far = [other for other in fail_overs(history) if other.agent == one.agent]
    of_page = so_far[: so_far.index(one)][-(one.nth - 1) :] if one.nth > 1 else []
    return next((other.node for other in reversed(of_page) if other.sign_in is not None), None)


def _tried_unseen(one: FailOver, former: str) -> DesktopRequested | None:
    """What it asks of the server that it had left, before that has told it that it is in service, or without a look at
    the current one: to go there is the logic's affair, and the XMPP library tries the current server alone."""
    there = next((look.number for look in one.looks(former) if look.system_status == IN_SERVICE), float("inf"))
    begun = next((look.number for look in one.looks()), float("inf"))
    end = max(there, begun)
    asked = (seen for seen in one.seen if seen.node == former and one.trigger_s <= seen.sent_s and seen.number < end)
    return next(
        (seen for seen in asked if _signs_in(seen) or seen.part is BoshPart.OPEN or seen.resource == "page"), None
    )


def _signs_in(seen: DesktopRequested) -> bool:
    """Whether it asks for something in the agent's name: looks alone are nobody's."""
    return seen.wanted == "LOGIN" or "User/{id}" in seen.resource


def _says_it_is_back(history: History, one: FailOver, sign_in: DesktopRequested) -> DesktopNotice | None:
    """What tells an agent who has moved that he is back at the server that had failed; by the browser's order, since
    the notice of a move is shown at the same time as that is over."""
    after = (seen for seen in one.notices if seen.number > sign_in.number and says_back(seen.text))
    return next((seen for seen in after if named(seen.text, history.nodes) == {one.node}), None)


def _in_service(history: History, one: FailOver, from_s: float) -> RestExchange | None:
    """When the failed server was seen in service after its fail-over; where only the way was blocked it always was."""
    looks = history.of(
        RestExchange, lambda seen: seen.node == one.node and seen.system_status is not None, from_s=from_s
    )
    return next((seen for seen in looks if seen.system_status == IN_SERVICE), None)
