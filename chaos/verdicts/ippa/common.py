"""What checks of IP phones share: their grid, the cell of a loss, and the message in time."""

from collections.abc import Iterator

from chaos.history import History
from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP
from chaos.history.lateness import clock_error_s
from chaos.history.phones import BOTH, ERROR, REASONS, RETRY, SERVICES, PhoneLoss, cited, phone_losses
from chaos.journal import PhoneAct, PhoneActed, PhoneScreen
from chaos.verdicts import bounds
from chaos.verdicts.bound import Span
from chaos.verdicts.finding import Finding, inconclusive, missed, timed, violated
from chaos.verdicts.grid import Cell, Grid, Unfit, Values, any_of, made_by, nodes
from chaos.verdicts.ippa.doors import tries

# For these the same phone loses its server twice.
AGAIN = (WEBAPP, NOTIFICATION, CTI)
# What the agent was doing when the server was lost.
STATES = ("NOT_READY", "READY", "TALKING")


# By which experiments a phone loses its server for a reason, and the same phone once more.
_LOST_BY = {
    WEBAPP: "phones-without-webapp",
    NOTIFICATION: "phones-without-notification",
    CTI: "phones-without-cti",
    BOTH: "phones-without-either",
}
_NOT_LOST = (made_by("reason", _LOST_BY), made_by("again", _LOST_BY))


def phones(*reasons: str, unfit: Unfit | None = None, **more: Values) -> Grid:
    """Each node, each of these reasons (none: all that the IP Phone Agent notices), crossed; with `node` besides
    `again`: for which reason a phone lost its server whose agent had signed in anew after a loss, `state`: what the
    agent was doing, and more axes of one clause."""
    wanted = reasons or REASONS
    axes: dict[str, Values] = {
        "reason": wanted,
        "again": tuple(reason for reason in AGAIN if reason in wanted),
        "state": STATES,
        **more,
    }
    return Grid({"node": nodes, **axes}, pairs=tuple(("node", axis) for axis in axes), unfit=any_of(unfit, *_NOT_LOST))


def has_phones(history: History) -> bool:
    """A phone lost its server."""
    return bool(phone_losses(history))


def cell(one: PhoneLoss) -> Cell:
    at = {"node": one.node, "reason": one.reason}
    if one.nth > 1 and one.reason in AGAIN:
        at["again"] = one.reason
    if one.state in STATES:
        at["state"] = one.state
    if one.first_back is not None:
        at["first"] = one.first_back
    return Cell.of(**at)


def is_owed(one: PhoneLoss) -> bool:
    """Whether it has to show that the server is unavailable: that was lost for long enough, and the agent there."""
    # Without Tomcat there is no page at all: the phone shows an error of its own.
    return one.reason != TOMCAT and one.watched_s >= bounds.PHONE_GIVES_UP.max_s


def message_in_time(history: History, one: PhoneLoss) -> Iterator[Finding]:
    """The message, some 15 s after the loss, if it is owed."""
    if not is_owed(one) or one.lost is None:
        return
    if one.message is None:
        what = f"the phone of {one.agent} does not show within {one.watched_s:.1f} s that {one.node} is unavailable"
        against = violated if one.screens else missed
        yield against(cell(one), what, one.cited(), *(cited(screen) for screen in one.screens[:2]))
        return
    tried = tries(history, one)
    if tried is not None and tried.problem:
        yield violated(cell(one), tried.problem, *tried.lines, cited(one.message))
        return
    error_s = 2 * clock_error_s(history, one.lost_s, one.message.at_s)
    took_s = one.message.at_s - one.lost_s
    measured = Span(max(0.0, took_s - error_s), took_s + error_s)
    what = f"the phone of {one.agent}: from the loss of {one.node} to its message"
    if tried is None and bounds.PHONE_THIRD_TRY_MIN_S < measured.hi_s < bounds.PHONE_GIVES_UP.min_s:
        why = f"{what} {took_s:.1f} s: two tries, or three of which the first came soon; its log was not read"
        yield inconclusive(cell(one), why, one.cited(), cited(one.message))
        return
    bound = bounds.PHONE_GIVES_UP if tried is None else bounds.PHONE_GIVES_UP_IN_PHASE
    yield timed(cell(one), what, measured, bound, one.cited(), cited(one.message))


def seen_late(history: History, one: PhoneLoss) -> Finding | None:
    """That the server is back was seen later than the next try would have: tries do not come every 5 s any more."""
    if not returns(one) or one.in_s is None or one.back is None:
        return None
    error_s = 2 * clock_error_s(history, one.in_s, one.back.at_s)
    after_s = one.back.at_s - one.in_s
    if after_s - error_s <= bounds.PHONE_SEES_S:
        return None
    what = f"the phone of {one.agent} shows that {one.node} is back only {after_s:.1f} s later"
    return violated(cell(one), what, one.cited(), cited(one.back))


def returns(one: PhoneLoss) -> bool:
    """Whether the phone has to show that the server is back: it is, and the agent stayed to see it."""
    # A Tomcat that was stopped knows of nobody any more, though it may have shown the message before it went.
    return (
        one.reason != TOMCAT
        and one.message is not None
        and one.in_s is not None
        and min(one.until_s, one.stays_until_s) >= one.in_s + bounds.PHONE_RETURN.max_s
    )


def signs_in(one: PhoneLoss, from_s: float) -> PhoneActed | None:
    """The agent fills in a form, whosever it is, after that moment."""
    return next((act for act in one.acts if act.act is PhoneAct.SEND and act.at_s >= from_s), None)


def says_no_more(one: PhoneLoss) -> PhoneScreen | None:
    """A page of the server that came after the message, while it is down and the agent there, and is another one."""
    if one.message is None:
        return None
    shown = (seen for seen in one.after(one.message.at_s) if seen.at_s < one.mending_s)
    return next((seen for seen in shown if not seen.unavailable and seen.page not in (SERVICES, ERROR)), None)


def retry_leads_away(one: PhoneLoss) -> PhoneScreen | None:
    """What the key Retry brought, if that is no page of the server at all: the key has to work."""
    for act in one.acts:
        if act.act is PhoneAct.PRESS and act.detail == RETRY and act.at_s < one.mending_s:
            # What is shown stands before the act that brought it, which is noted when it is done.
            near = [seen for seen in one.screens if abs(seen.at_s - act.at_s) <= bounds.AT_ONCE_S]
            led = next((seen for seen in near if seen.page in (SERVICES, ERROR)), None)
            is_by_hand = one.left is not None and abs(one.left.at_s - act.at_s) <= bounds.AT_ONCE_S
            if led is not None and not is_by_hand:
                return led
    return None
