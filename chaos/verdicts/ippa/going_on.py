"""IPPA-04, -05, -08, -09: what the agent can do, at which server, and what the phone does not do by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.absences import CONNECTION_FAILURE, LOGOUT
from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP
from chaos.history.doors import doors_blind
from chaos.history.happenings import EARLY_S
from chaos.history.phone_work import worked
from chaos.history.phones import (
    BOTH,
    ERROR,
    EXIT,
    REASONS,
    RETRY,
    SERVICES,
    PhoneLoss,
    asks_to_sign_in,
    by_agent,
    cited,
    is_out,
    phone_losses,
    phones_blind,
)
from chaos.journal import (
    PhoneAct,
    PhoneActed,
    PhonePushed,
    PhoneRequested,
    PhoneScreen,
    StateAsked,
    SwitchActed,
    SwitchAgentSeen,
)
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.finding import Finding, held, not_here, violated
from chaos.verdicts.grid import Cell, grid, nodes
from chaos.verdicts.ippa.common import (
    AGAIN,
    cell,
    has_phones,
    is_owed,
    phones,
    retry_leads_away,
    returns,
    says_no_more,
    signs_in,
)
from chaos.verdicts.ippa.doors import DOORS, no_records, other_doors_are_quiet

AT_ONCE = "at once"
WRONG = "another password"
# The keys by which one works: of a page of somebody who is signed in.
_STATE_KEYS = frozenset({"Ready", "NotReady"})


def _other(history: History, one: PhoneLoss) -> tuple[str, ...]:
    return tuple(node for node in history.nodes if node != one.node)


# `door`: at which of the other node's doors nothing came, by its own word.
@check(phones(unfit=no_records, door=DOORS), needs=has_phones, rests_on=(phones_blind, doors_blind))
def the_alternate_is_never_asked(history: History) -> Iterator[Finding]:
    """The phone is sent to no other server, is offered none, and asks none, until the agent opens its service."""
    losses = phone_losses(history)
    yield from other_doors_are_quiet(history)
    for agent, seen in by_agent(history).items():
        bad = _led(history, seen)
        if bad is None:
            continue
        # Whatever goes on at that moment: it never does. Outside of a loss the cell is the node alone.
        one = next((one for one in losses if one.agent == agent and one.lost_s <= bad[1].at_s <= one.until_s), None)
        lines = (cited(bad[1]),) if one is None else (one.cited(), cited(bad[1]))
        yield violated(Cell.of(node=bad[0]) if one is None else cell(one), _LED.format(agent), *lines)
    for one in losses:
        # What the agent opens himself, and what comes of that, is his.
        until_s = min(one.opened.begun_s if one.opened is not None else one.until_s, one.stays_until_s)
        others = _other(history, one)
        last = [seen for seen in one.seen if seen.at_s <= until_s]
        led = next((seen for seen in last if _leads(seen, others)), None)
        if led is not None:
            yield violated(cell(one), _LED.format(one.agent), one.cited(), cited(led))
        elif is_owed(one) and until_s - one.lost_s >= bounds.PHONE_STAYS_S:
            yield held(cell(one), "it has to do with its own server alone", one.cited(), *map(cited, last[-1:]))


_LED = "the phone of {} is led to another server"
_Seen = PhoneActed | PhoneRequested | PhonePushed | PhoneScreen


def _led(history: History, seen: Sequence[_Seen]) -> tuple[str, _Seen] | None:
    """The node whose service the agent opened first, and what leads his phone to another before he opens that one."""
    opened = [act for act in seen if isinstance(act, PhoneActed) and act.act is PhoneAct.OPEN]
    if not opened or opened[0].detail not in history.nodes:
        return None
    node = opened[0].detail
    others = tuple(one for one in history.nodes if one != node)
    until_s = next((act.begun_s for act in opened if act.detail != node), float("inf"))
    bad = next((one for one in seen if opened[0].begun_s <= one.at_s < until_s and _leads(one, others)), None)
    return None if bad is None else (node, bad)


def _leads(seen: _Seen, others: tuple[str, ...]) -> bool:
    if isinstance(seen, PhoneRequested):
        return seen.node in others
    if isinstance(seen, PhonePushed | PhoneScreen):
        return any(host in others for host in seen.hosts)
    return False


@check(
    grid(
        pairs=(("node", "reason"), ("node", "again"), ("node", "typed")),
        node=nodes,
        reason=(*REASONS, TOMCAT),
        again=AGAIN,  # the same agent goes over once more, after he has come back by hand
        typed=(WRONG,),  # what he types at the other server before his password
    ),
    needs=has_phones,
    rests_on=(phones_blind,),
)
def the_agent_goes_over_by_hand(history: History) -> Iterator[Finding]:
    """To use the other server the agent leaves the service, opens the other one, signs in there, and works."""
    for one in phone_losses(history):
        yield from _went(history, one)
        yield from _mistyped(history, one)


def _going(one: PhoneLoss) -> Cell:
    at = {"node": one.node, "reason": one.reason}
    return Cell.of(**at, **({"again": one.reason} if one.went and one.reason in AGAIN else {}))


def _went(history: History, one: PhoneLoss) -> Iterator[Finding]:
    others, at = _other(history, one), _going(one)
    opened_s = one.opened.begun_s if one.opened is not None else one.until_s
    by_itself = [seen for seen in one.screens if seen.node in others and seen.at_s < min(opened_s, one.stays_until_s)]
    if by_itself and not asks_to_sign_in(by_itself[0]):
        what = f"the phone of {one.agent} goes over by itself"
        yield violated(at, what, one.cited(), cited(by_itself[0]))
        return
    pressed = next((act for act in one.acts if act.act is PhoneAct.PRESS and act.detail == "Exit"), None)
    if pressed is not None and one.reason != TOMCAT:
        shown = [seen for seen in one.screens if seen.at_s <= pressed.at_s]
        # A key that is not there leads nowhere: whether it has to be there is another clause's.
        offered = [seen for seen in shown if seen.at_s <= pressed.begun_s]
        is_offered = not offered or "Exit" in offered[-1].keys
        if shown and is_offered and shown[-1].page not in (SERVICES, ERROR):
            yield violated(at, "Exit does not leave the service", one.cited(), cited(pressed), cited(shown[-1]))
            return
        # The message came from the server, and so does what its key leads to.
        if not pressed.ok and offered and offered[-1].unavailable and is_offered:
            yield violated(at, "Exit leads to nothing", one.cited(), cited(offered[-1]), cited(pressed))
            return
    if one.opened is None or one.left is None:
        return
    called = _called_back(one, one.left)
    if called is not None:
        what = f"{one.node} still sends the phone of {one.agent} somewhere, who has left it"
        yield violated(at, what, one.cited(), cited(one.left), cited(called))
        return
    sent = signs_in(one, one.opened.at_s)
    if sent is None:
        return
    if not sent.ok and is_out(history, one.opened.detail or others[0], sent.begun_s):
        return
    if not sent.ok:
        what = f"{one.agent} is not let in at {sent.node or others[0]}"
        yield violated(at, what, one.cited(), cited(one.opened), cited(sent))
    elif (out := _signed_out(history, one, sent)) is not None:
        what = f"{one.agent} is signed out at {sent.node or others[0]}, and has not asked for it"
        line = Evidence.of(out, f"the switch: {out.agent} {out.state}")
        yield violated(at, what, one.cited(), cited(one.left), cited(sent), line)
    elif (asked := _still_asked_for(history, one, sent)) is not None:
        what = f"{one.node}, back again, asks for a state of {one.agent}, who has left it"
        line = Evidence.of(asked, f"{one.node} asks a CTI server for {one.agent} {asked.state}")
        yield violated(at, what, one.cited(), cited(one.left), cited(sent), line)
    else:
        yield from _worked_there(history, one, sent, at)


def _mistyped(history: History, one: PhoneLoss) -> Iterator[Finding]:
    """Signing in by hand takes the agent's own password, there, too."""
    if one.opened is None:
        return
    for act in one.acts:
        if act.act is not PhoneAct.SEND_WRONG or act.at_s < one.opened.at_s:
            continue
        at, lines = Cell.of(node=one.node, typed=WRONG), (one.cited(), cited(one.opened), cited(act))
        if act.ok:
            yield violated(at, f"{one.agent} is let in at {act.node} with a password that is not his", *lines)
        elif not is_out(history, act.node, act.begun_s):
            yield held(at, "with another password nobody is let in", *lines)


def _worked_there(history: History, one: PhoneLoss, sent: PhoneActed, at: Cell) -> Iterator[Finding]:
    """What he could do there, each time that he signed in at that server."""
    assert one.left is not None
    sends = [act for act in one.acts if act.act is PhoneAct.SEND and act.at_s >= sent.at_s and act.node == sent.node]
    for each in sends:
        lines = (one.cited(), cited(one.left), cited(each))
        if not each.ok and _is_in(one, each):
            continue
        if not each.ok and not is_out(history, sent.node or "", each.begun_s):
            yield violated(at, f"{one.agent} is not let in once more at {sent.node}", *lines)
        elif (work := worked(history, one, each, within_s=bounds.PHONE_CALL_S)) is not None:
            if work.problem:
                yield violated(at, work.problem, *lines, *work.lines)
            elif work.has_call:
                yield held(at, "the agent works at the other server", *lines, *work.lines)


def _is_in(one: PhoneLoss, sent: PhoneActed) -> bool:
    """Whether he was shown his own page there, and no form: who has not signed out there is in once he opens it."""
    shown = [seen for seen in one.screens if seen.at_s <= sent.begun_s]
    return bool(shown) and shown[-1].node == sent.node and not _STATE_KEYS.isdisjoint(shown[-1].keys)


def _signed_out(history: History, one: PhoneLoss, sent: PhoneActed) -> SwitchAgentSeen | None:
    """That he is signed out where he works, before he asks for it himself, or we do at the switch: the server that he
    left has nothing to say about him any more."""
    own = (act.begun_s for act in one.acts if act.begun_s > sent.at_s and (act.act in _ENDS or act.detail == "SignOut"))
    ours = history.whole.of(
        SwitchActed, lambda act: act.agent == one.agent and (act.value or "").startswith(LOGOUT), from_s=sent.at_s
    )
    ends_s = min([*own, *(act.at_s - EARLY_S for act in ours), one.until_s])
    told = history.of(
        SwitchAgentSeen, lambda seen: (seen.agent, seen.state) == (one.agent, LOGOUT), from_s=sent.at_s, to_s=ends_s
    )
    return told[0] if told else None


def _still_asked_for(history: History, one: PhoneLoss, sent: PhoneActed) -> StateAsked | None:
    """What the old server, back again, asks for in the name of who has signed in at the other one, and is there still.

    Not what a node does of agents whose client is gone: that goes by a minute, and says so.
    """
    if one.in_s is None:
        return None
    # Whose Exit did not get through may be shown the old server's pages again, and press their keys.
    own = (
        act.begun_s
        for act in one.acts
        if act.begun_s > sent.at_s and (act.act is PhoneAct.OPEN or act.node == one.node)
    )
    asked = history.of(
        StateAsked,
        lambda seen: (seen.client, seen.agent) == (one.node, one.agent) and not seen.forced,
        from_s=max(one.mending_s, sent.at_s),
        to_s=min([*own, one.in_s + bounds.PHONE_STAYS_S, one.until_s]),
    )
    return next((seen for seen in asked if seen.state != LOGOUT and seen.reason_code != CONNECTION_FAILURE), None)


_ENDS = (PhoneAct.LEAVE, PhoneAct.OPEN, PhoneAct.SEND)


def _called_back(one: PhoneLoss, left: PhoneActed) -> PhonePushed | None:
    """What the service that the agent has left makes his phone do all the same.

    Who leaves by the phone's own key, or whose Exit did not get through, has told the service nothing; a Tomcat that
    was stopped knows of nobody any more.
    """
    if one.reason != TOMCAT and (left.act is not PhoneAct.PRESS or not left.ok):
        return None
    opened_again_s = min(
        (act.at_s for act in one.acts if act.act is PhoneAct.OPEN and act.detail == one.node and act.at_s > left.at_s),
        default=float("inf"),
    )
    pushed = (seen for seen in one.seen if isinstance(seen, PhonePushed) and one.node in seen.hosts)
    return next((seen for seen in pushed if left.at_s + bounds.AT_ONCE_S < seen.at_s < opened_again_s), None)


# `first`: which of two was back first, while the screen has to stay. `sent`: how soon after the return he signs in.
# `lent`: for which reason the server was lost at whose phone somebody else signs in after the return.
@check(phones(first=(NOTIFICATION, CTI), sent=(AT_ONCE,), lent=AGAIN), needs=has_phones, rests_on=(phones_blind,))
def it_asks_to_sign_in_when_both_are_back(history: History) -> Iterator[Finding]:
    """When SystemInfo and XMPP are both back, and not before, the sign-in screen comes; then the agent can work."""
    for one in phone_losses(history):
        if one.message is not None:
            yield from _resumed(history, one)
        yield from _lent(history, one)


def _resumed(history: History, one: PhoneLoss) -> Iterator[Finding]:
    if one.half_s is not None:
        early = [seen for seen in one.after(one.half_s[0]) if not seen.unavailable and seen.at_s < one.half_s[1]]
        if early:
            what = f"the phone of {one.agent} goes on though only one of both is back"
            yield violated(cell(one), what, one.cited(), cited(early[0]))
            return
    if one.back is None or not returns(one):
        return
    if (stray := one.stray(one.mending_s, one.until_s)) is not None:
        what = f"the phone of {one.agent} is led to the page of another phone"
        yield violated(cell(one), what, one.cited(), cited(stray))
        return
    if not asks_to_sign_in(one.back):
        what = f"the phone of {one.agent} goes on without a sign-in"
        yield violated(cell(one), what, one.cited(), cited(one.message or one.back), cited(one.back))
        return
    sent = signs_in(one, one.back.at_s)
    if sent is None or one.stays_until_s < sent.at_s:
        return
    if not sent.ok:
        yield violated(cell(one), f"{one.agent} is not let in again", one.cited(), cited(one.back), cited(sent))
    elif (work := worked(history, one, sent, within_s=bounds.PHONE_CALL_S)) is not None:
        lines = (one.cited(), cited(one.back), cited(sent), *work.lines)
        if work.problem:
            yield violated(cell(one), f"{work.problem} again", *lines)
        elif work.has_call and (one.reason != BOTH or _half_was_seen(one)):
            soon = {"sent": AT_ONCE} if sent.begun_s - one.back.at_s <= bounds.AT_ONCE_S else {}
            yield held(Cell.of(**dict(cell(one).at), **soon), "the agent signs in again, and works", *lines)


def _lent(history: History, one: PhoneLoss) -> Iterator[Finding]:
    """Once a server is back, whoever could sign in at a phone before can again, not only who was there."""
    if one.reason not in AGAIN or one.in_s is None:
        return
    at = Cell.of(node=one.node, lent=one.reason)
    for act in one.acts:
        if act.act is not PhoneAct.SEND_FOR_ANOTHER or act.node != one.node or act.begun_s < one.in_s:
            continue
        before = [
            seen
            for seen in by_agent(history)[one.agent]
            if isinstance(seen, PhoneActed) and seen.act is act.act and seen.begun_s < one.lost_s
        ]
        could = next((seen for seen in before if seen.ok and seen.node == one.node), None)
        if could is None:
            what = f"{one.node} lets nobody else sign in at the phone of {one.agent} before it is lost"
            yield from (not_here(at, what, cited(seen)) for seen in before[:1])
        elif act.ok:
            yield held(at, "somebody else can sign in at the phone", one.cited(), cited(could), cited(act))
        elif not is_out(history, one.node, act.begun_s):
            what = f"at the phone of {one.agent} nobody else is let in once {one.node} is back"
            yield violated(at, what, one.cited(), cited(could), cited(act))


def _reopened(one: PhoneLoss) -> Iterator[Finding]:
    """Who leaves the service of a lost server, and opens it again while it is lost, gets the message or the form that
    asks to sign in, and is not let in."""
    if one.reason not in _LETS_NOBODY_IN or one.message is None or one.left is None:
        return
    at = Cell.of(node=one.node, reopened=one.reason)
    until_s = one.mending_s if one.opened is None else min(one.mending_s, one.opened.begun_s)
    shown = [seen for seen in one.screens if one.left.at_s <= seen.at_s < until_s and seen.node == one.node]
    # What comes once a form was sent is what that brought.
    sent_s = min((act.begun_s for act in one.acts if act.act is PhoneAct.SEND), default=float("inf"))
    other = next((seen for seen in shown if not _leads_nowhere(seen) and seen.at_s < sent_s), None)
    if other is not None:
        what = f"{one.agent}, who opens the service of {one.node} again, which is down, is shown “{_headed(other)}”"
        yield violated(at, what, one.cited(), cited(one.message), cited(other))
    # A service that cannot be opened has no form to send, and lets nobody in.
    for act in one.acts:
        is_again = act.act is PhoneAct.OPEN and act.detail == one.node and one.left.at_s <= act.begun_s < until_s
        if is_again and not act.ok:
            yield held(at, f"{one.node}, which is down, cannot be opened", one.cited(), cited(one.message), cited(act))
    for act in one.acts:
        if (
            act.act is PhoneAct.SEND
            and act.node == one.node
            and one.left.at_s <= act.begun_s
            and act.at_s < one.mending_s
        ):
            lines = (one.cited(), cited(one.message), cited(act))
            # The form is gone as well where the message takes its place.
            shown = [screen for screen in one.screens if act.begun_s <= screen.at_s <= act.at_s]
            if act.ok and not (shown and shown[-1].unavailable):
                yield violated(at, f"{one.agent} is let in at {one.node}, which is down", *lines)
            else:
                yield held(at, f"{one.node}, which is down, lets nobody in", *lines)


def _leads_nowhere(screen: PhoneScreen) -> bool:
    return screen.unavailable or asks_to_sign_in(screen) or screen.page in (SERVICES, ERROR)


def _half_was_seen(one: PhoneLoss) -> bool:
    return one.half_s is not None and one.half_s[1] - one.half_s[0] >= bounds.PHONE_RETURN.max_s


def _headed(screen: PhoneScreen) -> str:
    """A screen by its head alone: agents and calls, which stand below, are each one's own."""
    return " / ".join(part for part in (screen.title, screen.prompt) if part) or screen.page


# Whether one is let in who signs in while XMPP alone is lost is not documented.
_LETS_NOBODY_IN = (WEBAPP, CTI)


# `reopened`: for which reason the server was lost whose service the agent has left, and opens once more.
@check(phones(reopened=_LETS_NOBODY_IN), needs=has_phones, rests_on=(phones_blind,))
def nothing_else_goes_on(history: History) -> Iterator[Finding]:
    """As long as they are not back the screen stays, whatever key is pressed; only the other service leads on, to which
    there is a way by Exit."""
    for one in phone_losses(history):
        if one.message is None:
            continue
        yield from _reopened(one)
        down_s = min(one.mending_s, one.stays_until_s)
        other = says_no_more(one) or retry_leads_away(one)
        said = (seen for seen in one.messages if one.lost_s <= seen.at_s < down_s)
        stuck = next((seen for seen in said if EXIT not in seen.keys), None)
        retried = next((act for act in one.acts if act.detail == RETRY and one.message.at_s < act.at_s < down_s), None)
        if other is not None:
            what = f"the phone of {one.agent} shows “{_headed(other)}” instead of the message though {one.node} is down"
            yield violated(cell(one), what, one.cited(), replace(cited(one.message), is_frame=True), cited(other))
        elif stuck is not None:
            what = f"the screen of {one.agent} has no key {EXIT}, by which alone there is a way on to the other service"
            yield violated(cell(one), what, one.cited(), replace(cited(one.message), is_frame=True), cited(stuck))
        elif retried is not None and down_s - one.message.at_s >= bounds.PHONE_STAYS_S:
            yield held(cell(one), "the screen stays", one.cited(), cited(one.message), cited(retried))
