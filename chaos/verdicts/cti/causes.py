"""By what a CTI session was lost: the fault that was in force, in the words of the grids."""

import itertools
from collections.abc import Sequence

from chaos.history import FaultSpan, History
from chaos.history.desktops import TOMCAT, WEBAPP, reason_of
from chaos.history.faults import fault_spans
from chaos.history.gaps import OUT_OF_SERVICE, notices
from chaos.history.sessions import Attempt, Loss, ended_before, named_attempts, nameless, node_of
from chaos.journal import EventSeen, PresenceSeen, RestExchange
from chaos.verdicts.bounds import GIVES_UP_PAUSES, GIVES_UP_S, NOTICE_S

RESET, CLOSE, CUT, SILENCE, HEARTBEATS, KILLED = "reset", "close", "cut", "silence", "heartbeats", "killed process"
STOPPED = "stopped service"

# A session ends a moment after the order that breaks it, at the latest when a silence has been noticed; the relay may
# note its end just before the order is noted to have been given.
_BEFORE_S = 0.5
# The relay may note the end of a session so much later than its node saw it (ours): a proxy ends both sides at once.
SEEN_LATER_S = 0.5


def side_of(span: FaultSpan) -> str:
    """The CTI side that a fault aims at: "a" of "cti-a", of "cti.a" and of a service there, "" if it is none."""
    return span.target[4:5] if span.target.startswith(("cti-", "cti.")) else ""


def loss_by(span: FaultSpan) -> str | None:
    """What such a fault makes of a session; None if it ends none."""
    if span.kind == "BrokenSessions":
        return RESET if span.parameter("reset") == "True" else CLOSE
    if span.kind == "WithheldHeartbeats":
        return HEARTBEATS if "xxx" in (span.parameter("pattern") or "") else None
    if span.kind == "StoppedService":
        return STOPPED if side_of(span) else None
    return {"CutLink": CUT, "SilentLink": SILENCE, "KilledProcess": KILLED}.get(span.kind)


def cause(history: History, loss: Loss) -> tuple[FaultSpan, str] | None:
    """The fault to which a loss is owed, and how it was; None if none was in force there, or the node itself went."""
    node = node_of(history, loss.client)
    if node is not None and _goes_itself(history, node, loss.lost_s):
        return None
    found = [
        (span, how)
        for span in fault_spans(history)
        if (how := loss_by(span)) is not None
        and side_of(span) == loss.side
        and span.injecting_s - _BEFORE_S <= loss.lost_s
        and (span.rolling_back_s is None or loss.lost_s <= span.rolling_back_s)
    ]
    # Of two that were injected about then, it is not owed to the one that came after it, or after it was told.
    told = told_out(history, node, loss.lost_s - _BEFORE_S)
    known_s = loss.lost_s if told is None else min(told.at_s, loss.lost_s)
    before = [one for one in found if one[0].injecting_s <= known_s]
    return (before or found)[-1] if found else None


def silence_that_ended(history: History, loss: Loss) -> FaultSpan | None:
    """The silence with which a session ended that had lain in it: the proxy closes what it silenced; None if none."""
    return next((one for one in fault_spans(history) if _ends_with(one, loss)), None)


def _ends_with(span: FaultSpan, loss: Loss) -> bool:
    """Whether the session that was lost lay in that silence to its end."""
    silent = span.kind == "SilentLink" and span.rolling_back_s is not None and side_of(span) == loss.side
    if not silent or loss.session.opened_s is None or loss.session.opened_s > span.injecting_s:
        return False
    until_s = float("inf") if span.rolled_back_s is None else span.rolled_back_s
    return (span.rolling_back_s or 0.0) <= loss.lost_s <= until_s + SEEN_LATER_S


def refused_alone(history: History, loss: Loss) -> FaultSpan | None:
    """The fault by which that node alone lost its session and was refused any other, while another one kept its own."""
    node = node_of(history, loss.client)
    for span in fault_spans(history):
        hosts = span.target.removeprefix("cti/").split("+")
        until_s = history.story.end_s if span.rolling_back_s is None else span.rolling_back_s
        if span.kind != "LonelyNode" or node not in hosts or not span.injecting_s - _BEFORE_S <= loss.lost_s <= until_s:
            continue
        others = [tries for client, tries in named_attempts(history).items() if node_of(history, client) not in hosts]
        if any(_stands(one, span.injecting_s, until_s) for tries in others for one in tries):
            return span
    return None


def _stands(session: Attempt, from_s: float, to_s: float) -> bool:
    opened_s = session.opened_s
    return opened_s is not None and opened_s <= from_s and not ended_before(session.ended_s, to_s)


def _goes_itself(history: History, node: str, at_s: float) -> bool:
    """Whether a service that holds the node's session was being stopped, or stood still: it ends sessions by itself. Or
    is stopped so soon after it that nobody needs to have been told before."""
    return any(
        span.injecting_s <= at_s + NOTICE_S and not ended_before(span.rolled_back_s, at_s)
        for span in _stops(history, node)
    )


def _stops(history: History, node: str | None) -> list[FaultSpan]:
    """What stops the services that hold that node's session."""
    if node is None:
        return []
    return [span for span in fault_spans(history) if reason_of(history, span, node) in (TOMCAT, WEBAPP)]


def disturbed_by(history: History, span: FaultSpan) -> FaultSpan | None:
    """Another fault that could have ended sessions on the same side while that one was in force; None if none was."""
    end_s = history.story.end_s if span.rolling_back_s is None else span.rolling_back_s
    return next(
        (
            one
            for one in fault_spans(history)
            if one is not span
            and side_of(one) == side_of(span)
            and loss_by(one) is not None
            and one.injecting_s <= end_s
            and (one.rolled_back_s is None or one.rolled_back_s >= span.injecting_s)
        ),
        None,
    )


def watched_until_s(history: History, loss: Loss, span: FaultSpan) -> float:
    """Until when what a node does after that loss can be put down to it: the fault's rollback, the next loss, or the
    node's own end."""
    ends_s = [history.story.end_s]
    if span.rolling_back_s is not None and span.kind not in ("BrokenSessions", "WithheldHeartbeats"):
        ends_s.append(span.rolling_back_s)
    ends_s += [one.injecting_s for one in fault_spans(history) if one.injecting_s > loss.lost_s and loss_by(one)]
    return min(*ends_s, stopped_after_s(history, loss))


def stopped_after_s(history: History, loss: Loss) -> float:
    """When a service that holds the node's session was next stopped after that loss; infinite if none was. From then on
    the node does not go on with what it did, but begins anew."""
    stops = _stops(history, node_of(history, loss.client))
    return min((one.injecting_s for one in stops if one.injecting_s > loss.lost_s), default=float("inf"))


def gave_up_s(history: History, loss: Loss, until_s: float) -> float | None:
    """Since when a node that had no session did not look for one; None if it never paused for so long, or was stopped.

    So long is many times its longest pause until then, and a minute at least, whether it went on later or not.
    """
    until_s = min(until_s, stopped_after_s(history, loss))
    tries = [one for one in loss.tries if one.at_s <= until_s]
    if not tries:
        return None
    ends_s = next((one.at_s for one in tries if one.opened_s is not None), until_s)
    # What nobody can be said to have sent may have been this node's.
    times_s = [*(one.at_s for one in tries), *(seen.at_s for seen in nameless(history))]
    looked_s = sorted(at_s for at_s in times_s if tries[0].at_s <= at_s < ends_s)
    longest_s = tries[0].at_s - loss.lost_s
    for last_s, next_s in itertools.pairwise([*looked_s, ends_s]):
        # Who waits for an answer is looking for one, however long that lasts.
        if any(one.at_s <= last_s and not ended_before(_over_s(one), next_s - GIVES_UP_S) for one in tries):
            longest_s = max(longest_s, next_s - last_s)
            continue
        if next_s - last_s > max(GIVES_UP_PAUSES * longest_s, GIVES_UP_S):
            return last_s
        longest_s = max(longest_s, next_s - last_s)
    return None


def _over_s(attempt: Attempt) -> float | None:
    return attempt.failed_s if attempt.ended_s is None else attempt.ended_s


def cell_of(history: History, client: str, **more: str) -> dict[str, str]:
    """The axes of a cell for that client: its node, as far as its name says so, and more."""
    node = node_of(history, client)
    return {**({"node": node} if node else {}), **more}


def attempts_unseen(history: History, sides: Sequence[str], from_s: float, to_s: float) -> bool:
    """Whether attempts at these sides may have been made that no relay saw: their proxy accepted nothing, or passed no
    name on."""
    return any(
        span.kind in ("CutLink", "SilentLink")
        and side_of(span) in sides
        and span.injecting_s <= to_s
        and (span.rolled_back_s is None or span.rolled_back_s >= from_s)
        for span in fault_spans(history)
    )


def told_out(history: History, node: str | None, from_s: float, to_s: float = float("inf")) -> EventSeen | None:
    """The first event by which that node told its clients OUT_OF_SERVICE in that stretch; None if nobody heard one."""
    said = (
        seen
        for seen in (notices(history, node) if node is not None else ())
        if isinstance(seen, EventSeen) and seen.system_status == OUT_OF_SERVICE and from_s <= seen.at_s <= to_s
    )
    return next(said, None)


def is_out(history: History, node: str | None, at_s: float) -> bool:
    """Whether the last that the node had told its clients before then is that it is out of service, or that the user
    finesse is gone, as when its Webapp stops: whatever it loses meanwhile is not told again."""
    if node is None:
        return False
    said = [seen for seen in notices(history, node) if isinstance(seen, EventSeen) and seen.at_s < at_s]
    gone = history.of(
        PresenceSeen, lambda seen: (seen.node, seen.of, seen.available) == (node, "finesse", False), to_s=at_s
    )
    told = [seen for seen in said if seen.system_status is not None]
    if not told:
        return bool(gone)
    return told[-1].system_status == OUT_OF_SERVICE or any(seen.at_s > told[-1].at_s for seen in gone)


def still_in_service(history: History, node: str | None, from_s: float) -> RestExchange | None:
    """The first answer of SystemInfo, asked for after that time, in which the node takes itself for in service."""
    said = (
        seen
        for seen in (notices(history, node) if node is not None else ())
        if isinstance(seen, RestExchange) and seen.system_status != OUT_OF_SERVICE and seen.sent_s >= from_s
    )
    return next(said, None)
