"""IPPA-01 to -03, -06, -07, -10 to -12: what the phone shows of a lost server, and when."""

from collections.abc import Iterator
from dataclasses import replace

from chaos.history import History
from chaos.history.desktops import CTI, NOTIFICATION, WEBAPP
from chaos.history.doors import doors_blind
from chaos.history.phones import RETRY, PhoneLoss, asks_to_sign_in, by_agent, cited, phone_losses, phones_blind
from chaos.history.screens import STATE, truth
from chaos.journal import PhoneAct, PhoneActed, PhonePushed, PhoneRequested, PhoneScreen
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.check import Check, check
from chaos.verdicts.finding import Finding, held, missed, not_here, timed, violated
from chaos.verdicts.grid import Cell, Values, grid, made_by, nodes
from chaos.verdicts.ippa.beside import others_go_on
from chaos.verdicts.ippa.common import (
    AGAIN,
    cell,
    has_phones,
    is_owed,
    message_in_time,
    phones,
    retry_leads_away,
    returns,
    says_no_more,
    seen_late,
)
from chaos.verdicts.ippa.doors import POLLED, no_records, polls_finding
from chaos.verdicts.outcome import Outcome

KEYS = (RETRY, "Exit")
FAST, SLOW = "fast", "slow"
LIST = "list of reasons"
AT_EDGES = ("READY", "TALKING")
_LATE_BACK = "{} is back {:.0f} s after the loss at the earliest: it has no fast one"
CHANGES = CALL_OVER, OTHER_STATE = "his call was over", "another state"


# `page`: what the phone showed when its server was lost, other than the page at which its agent works.
@check(
    phones(page=(LIST,), unfit=made_by("page", {LIST: "phones-without-notification"})),
    needs=has_phones,
    rests_on=(phones_blind,),
)
def the_phone_says_unavailable(history: History) -> Iterator[Finding]:
    """When its server goes out of service, the phone shows that the server is unavailable, with Retry and Exit."""
    for one in phone_losses(history):
        if not is_owed(one):
            continue
        before = _seen_last(history, one)
        if before is not None and before.page == "menu":
            yield _says_unavailable(one, Cell.of(**dict(cell(one).at), page=LIST))
            continue
        yield _says_unavailable(one, cell(one))
        if before is not None and _asked_for_list(history, one):
            what = f"the phone of {one.agent} shows no list of reasons to who asks to be Not Ready"
            yield not_here(Cell.of(node=one.node, page=LIST), what, cited(before))


def _seen_last(history: History, one: PhoneLoss) -> PhoneScreen | None:
    """What the phone showed when its server was lost."""
    return next((seen for seen in _before(history, one) if isinstance(seen, PhoneScreen) and not seen.control), None)


def _asked_for_list(history: History, one: PhoneLoss) -> bool:
    """Whether the last thing that its agent did before was to press the key that leads to one."""
    last = next((seen for seen in _before(history, one) if isinstance(seen, PhoneActed)), None)
    return last is not None and last.ok and (last.act, last.detail) == (PhoneAct.PRESS, "NotReady")


def _before(history: History, one: PhoneLoss) -> Iterator[PhoneScreen | PhoneActed | PhonePushed | PhoneRequested]:
    """What that phone told before the loss, the last first."""
    return (seen for seen in reversed(by_agent(history)[one.agent]) if seen.at_s < one.lost_s)


def _says_unavailable(one: PhoneLoss, at: Cell) -> Finding:
    shown = one.message
    if shown is None:
        what = f"the phone of {one.agent} does not show that {one.node} is unavailable"
        against = violated if one.screens else missed
        return against(at, what, one.cited(), *(cited(screen) for screen in one.screens[:3]))
    if (stray := one.stray(one.lost_s, one.mending_s)) is not None:
        what = f"the phone of {one.agent} is led to the page of another phone"
        return violated(at, what, one.cited(), cited(stray))
    if (poor := _without_keys(one)) is not None:
        missing = next(key for key in KEYS if key not in poor.keys)
        return violated(at, f"the screen of {one.agent} has no key {missing}", one.cited(), cited(poor))
    if (led := retry_leads_away(one)) is not None:
        what = f"Retry leads the phone of {one.agent} to another screen, though {one.node} is down"
        return violated(at, what, one.cited(), cited(shown), cited(led))
    if (other := says_no_more(one)) is not None:
        what = f"the phone of {one.agent} does not say so any more, though {one.node} is down"
        return violated(at, what, one.cited(), cited(shown), cited(other))
    return held(at, "the phone says so, with Retry and Exit", one.cited(), cited(shown))


def _without_keys(one: PhoneLoss) -> PhoneScreen | None:
    """A screen that says so and lacks a key: the first, or whatever Retry brought later."""
    said = (seen for seen in one.messages if one.lost_s <= seen.at_s < one.mending_s)
    return next((seen for seen in said if not set(KEYS) <= set(seen.keys)), None)


@check(phones(), needs=has_phones, rests_on=(phones_blind,))
def the_phone_tells_the_return(history: History) -> Iterator[Finding]:
    """It keeps checking that server, and tells the agent when it is back."""
    for one in phone_losses(history):
        if returns(one):
            yield _returned(one)


def _returned(one: PhoneLoss, where: Cell | None = None) -> Finding:
    assert one.in_s is not None
    assert one.message is not None
    at = cell(one) if where is None else where
    if (stray := one.stray(one.mending_s, one.until_s)) is not None:
        what = f"the phone of {one.agent} is led to the page of another phone"
        return violated(at, what, one.cited(), cited(one.message), cited(stray))
    if one.back is None:
        what = f"the phone of {one.agent} does not show that {one.node} is back"
        return violated(at, what, one.cited(), cited(one.message))
    measured = Span(max(0.0, one.back.at_s - one.in_s), max(0.0, one.back.at_s - one.out_s))
    what = f"the phone of {one.agent}: from the return of {one.node} to another screen"
    return timed(at, what, measured, bounds.PHONE_RETURN, one.cited(), cited(one.message), cited(one.back))


# `polls`: for which reason its tries were counted in the node's own log.
# `pressed`: for which reason the server was being tried when the agent pressed a key.
@check(phones(unfit=no_records, polls=POLLED, pressed=AGAIN), needs=has_phones, rests_on=(phones_blind, doors_blind))
def three_tries_take_fifteen_seconds(history: History) -> Iterator[Finding]:
    """It tries every 5 s and gives up after three attempts in vain: some 15 s from the loss to the message."""
    for one in phone_losses(history):
        yield from polls_finding(history, one)
        late = seen_late(history, one)
        if late is not None:
            yield late
        else:
            yield from message_in_time(history, one)
        if one.reason in AGAIN and _pressed_meanwhile(one):
            for finding in message_in_time(history, one):
                yield replace(finding, cell=Cell.of(node=one.node, pressed=one.reason))


def _pressed_meanwhile(one: PhoneLoss) -> bool:
    """Whether its agent pressed a key, and stayed, when there had been tries in vain, and none could be the last."""
    from_s, to_s = one.lost_s + bounds.PHONE_TRY_EVERY.max_s, one.lost_s + bounds.PHONE_THIRD_TRY_MIN_S
    return any(act.act is PhoneAct.PRESS and from_s < act.begun_s < to_s for act in one.acts)


def _of(name: str, sentence: str, *reasons: str, comes_back: bool = False, fast: str | None = None) -> Check:
    """fast: of which reason a loss is judged, too, that is over before the third try."""

    def find(history: History) -> Iterator[Finding]:
        for one in phone_losses(history):
            if one.reason not in reasons:
                continue
            if one.reason == fast:
                yield from _over_before_the_third(one)
            found = list(message_in_time(history, one))
            bad = [finding for finding in found if finding.outcome is not Outcome.HELD]
            if comes_back and returns(one):
                bad += _wrongly_back(one)
            yield from bad or found
        for reason in reasons if comes_back else ():
            yield from others_go_on(history, reason)

    find.__name__, find.__doc__ = name, sentence
    more: dict[str, Values] = {} if fast is None else {"pace": (FAST,)}
    if comes_back:
        more["beside"] = reasons  # what the other server has lost, of whoever goes on
    return check(phones(*reasons, unfit=None, **more), needs=has_phones, rests_on=(phones_blind, doors_blind))(find)


def _over_before_the_third(one: PhoneLoss) -> Iterator[Finding]:
    """Of three tries the third was not in vain: nothing is shown."""
    at = Cell.of(node=one.node, pace=FAST)
    if one.in_s is None or is_owed(one):
        return
    if one.in_s - one.lost_s <= bounds.PHONE_GIVES_UP.min_s:
        yield from _fast(one, one.in_s, at)
    else:
        yield not_here(at, _LATE_BACK.format(one.node, one.in_s - one.lost_s), one.cited())


out_of_service_is_noticed = _of(
    "out_of_service_is_noticed",
    "SystemInfo that says OUT_OF_SERVICE is polled every 5 s, and after three polls in vain the message comes.",
    WEBAPP,
    CTI,
    fast=CTI,
)
lost_xmpp_is_noticed = _of(
    "lost_xmpp_is_noticed",
    "A lost XMPP connection is tried again every 5 s, and after three tries in vain the message comes.",
    NOTIFICATION,
    fast=NOTIFICATION,
)


def _wrongly_back(one: PhoneLoss) -> list[Finding]:
    """What is wrong with how the return is shown, if anything is."""
    back = _returned(one)
    if back.outcome is Outcome.VIOLATED:
        return [back]
    if one.back is None or asks_to_sign_in(one.back):
        return []
    what = f"the phone of {one.agent} goes on without a sign-in"
    return [violated(cell(one), what, one.cited(), cited(one.back))]


happens_without = {
    WEBAPP: _of("happens_without_the_webapp", "It happens when the Webapp goes down.", WEBAPP, comes_back=True),
    NOTIFICATION: _of(
        "happens_without_the_notification_service",
        "It happens when the Notification Service goes down.",
        NOTIFICATION,
        comes_back=True,
    ),
}
"""IPPA-10, IPPA-11, by reason."""


# `meanwhile`: what became of the agent in a fast one.
@check(
    grid(
        pairs=(("node", "pace", "state"), ("node", "meanwhile")),
        node=nodes,
        pace=(FAST, SLOW),
        state=AT_EDGES,
        meanwhile=CHANGES,
    ),
    needs=has_phones,
    rests_on=(phones_blind, doors_blind),
)
def only_a_slow_cti_fail_over_is_shown(history: History) -> Iterator[Finding]:
    """A CTI fail-over that takes longer than some 15 s is shown as an unavailable server, a faster one is not."""
    for one in phone_losses(history):
        if one.reason != CTI:
            continue
        yield from _cannot_be_fast(one)
        if is_owed(one):
            slow = _paced(one, SLOW)
            for finding in message_in_time(history, one):
                yield replace(finding, cell=slow)
        elif one.in_s is not None and one.in_s - one.lost_s > bounds.PHONE_GIVES_UP.min_s:
            if one.mending_s - one.lost_s <= bounds.PHONE_FAST_S:
                yield from _not_fast(one, _LATE_BACK.format(one.node, one.in_s - one.lost_s))
        elif one.in_s is not None:
            changed = _changed_in(history, one, one.in_s)
            at = _paced(one, FAST)
            for finding in _fast(one, one.in_s, at if changed is None else Cell.of(**dict(at.at), meanwhile=changed)):
                yield finding


def _changed_in(history: History, one: PhoneLoss, in_s: float) -> str | None:
    """What became of the agent by the switch's word while his node was out of service; None: nothing, or who knows."""
    row = truth(history, one.agent)
    states = [None if known is None else known.screen.get(STATE) for known in (row.at(one.lost_s), row.at(in_s))]
    if None in states or states[0] == states[1]:
        return None
    return CALL_OVER if states[0] == "TALKING" else OTHER_STATE


def _cannot_be_fast(one: PhoneLoss) -> Iterator[Finding]:
    """A node that loads for so long once its CTI servers let it in again has no fail-over that is fast."""
    loads_s = one.out_s - one.mending_s
    if loads_s >= bounds.PHONE_GIVES_UP.min_s:
        what = f"{one.node} is out of service {loads_s:.0f} s after its CTI servers are back: it has no fast one"
        yield from _not_fast(one, what)


def _not_fast(one: PhoneLoss, what: str) -> Iterator[Finding]:
    for state in AT_EDGES:
        yield not_here(Cell.of(node=one.node, pace=FAST, state=state), what, one.cited())
    for change in CHANGES:
        yield not_here(Cell.of(node=one.node, pace=FAST, meanwhile=change), what, one.cited())


def _paced(one: PhoneLoss, pace: str) -> Cell:
    return Cell.of(node=one.node, pace=pace, **({} if one.state is None else {"state": one.state}))


def _fast(one: PhoneLoss, in_s: float, where: Cell | None = None) -> Iterator[Finding]:
    at, line = where or _paced(one, FAST), f"after {in_s - one.lost_s:.1f} s it is back"
    if one.message is not None:
        if one.lost_s + bounds.PHONE_THIRD_TRY_MIN_S <= one.message.at_s <= in_s:
            return  # a third try whose first came soon may have been in vain before it was back
        what = f"the phone of {one.agent} shows a fail-over of {in_s - one.lost_s:.1f} s as an unavailable server"
        yield violated(at, what, one.cited(), cited(one.message))
    elif (asked := next((seen for seen in one.after(one.lost_s) if asks_to_sign_in(seen)), None)) is not None:
        what = f"the phone of {one.agent} asks for a sign-in after a fail-over of {in_s - one.lost_s:.1f} s"
        yield violated(at, what, one.cited(), cited(asked))
    elif one.stays_until_s >= in_s + bounds.PHONE_RETURN.max_s:
        yield held(at, f"nothing is shown: {line}", one.cited())
