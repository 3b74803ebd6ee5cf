"""What checks of desktops share: their grid, and the cell of a fail-over."""

from collections.abc import Sequence

from chaos.history import Evidence, History
from chaos.history.absences import is_broken, state_before, states_after
from chaos.history.desktops import (
    BLOCKED,
    BOSH,
    CTI,
    EVENT,
    NOTIFICATION,
    PRESENCE,
    REASONS,
    STATES,
    TOMCAT,
    WEBAPP,
    FailOver,
    cited,
    fail_overs,
    trigger_of,
)
from chaos.history.gaps import IN_SERVICE
from chaos.history.history import fact
from chaos.history.untold import Untold, untold
from chaos.journal import BoshPart, DesktopRequested, Header, SwitchAgentSeen
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell, Grid, Values, any_of, made_by, nodes

HEARS = ("an event of the agent",)
"""What came over an event stream once somebody had done something to the agent."""


# By which experiments desktops lose their server for a reason, and the same page once more.
_LOST_BY = {
    TOMCAT: "desktops-without-tomcat",
    WEBAPP: "desktops-without-webapp",
    NOTIFICATION: "desktops-without-notification",
    CTI: "desktops-without-cti",
    BLOCKED: "desktops-without-bosh",
}
SLOW = "slow answers"
"""Looks whose answer took so long that it is no matter of course that it is waited for."""


def is_slow(look: DesktopRequested) -> bool:
    return look.ended_s - look.sent_s >= bounds.DESKTOP_ANSWER_SLOW_S


def is_unreadable(look: DesktopRequested) -> bool:
    """Whether it was answered, and not by a SystemInfo."""
    return look.status is not None and look.system_status is None


IN_SILENCE = "heartbeats that nothing answers"
"""How a node loses its CTI servers, other than by a reset."""
OVER_AT_ONCE, ANOTHER = "by the first look", "another trigger"
HUNG, TURNED_DOWN = "nothing answers them", "they are turned down by answers"
NOT_LET_IN = "a session is there, and lets nobody in"
OTHER_SOURCES = {EVENT: "an event OUT_OF_SERVICE", PRESENCE: "an unavailable finesse"}
"""What a desktop is told over a BOSH connection that stands, by trigger."""


def _is_answerable(cell: Cell) -> bool:
    """A browser's tools can answer a request in the server's place, and no handshake of a WebSocket."""
    return cell.get("tries") not in (TURNED_DOWN, NOT_LET_IN) or cell.get("stream") != "WebSocket"


_NOT_LOST = any_of(
    made_by("reason", _LOST_BY),
    made_by("again", {reason: f"{name}-again" for reason, name in _LOST_BY.items()}),
    made_by("brought", {reason: f"{name}-again" for reason, name in _LOST_BY.items()}),
    made_by("over", {OVER_AT_ONCE: "desktops-and-cti-fail-overs"}),
    # Where a node can be refused alone.
    made_by("said", {"OUT_OF_SERVICE": _LOST_BY[CTI]}),
    made_by("says", {"nothing of a system": "desktops-with-no-server"}),
    made_by("slow", {SLOW: _LOST_BY[CTI]}),
    made_by("second", {ANOTHER: "desktops-with-no-server"}),
    made_by("source", {OTHER_SOURCES[EVENT]: _LOST_BY[CTI], OTHER_SOURCES[PRESENCE]: _LOST_BY[TOMCAT]}),
    made_by(
        "tries",
        {
            HUNG: f"{_LOST_BY[NOTIFICATION]}-again",
            TURNED_DOWN: f"{_LOST_BY[BLOCKED]}-again",
            NOT_LET_IN: f"{_LOST_BY[BLOCKED]}-again",
        },
    ),
)

# Two looks in vain are more than one more look takes, and a sign-in a little (ours).
_WAITS_S = bounds.DESKTOP_GAP_S + bounds.DESKTOP_ACTS_S


def desktops(*reasons: str, **more: Values) -> Grid:
    """Each node, each of these reasons (none: all), each state of the agent, crossed; `stream`: over what its event
    stream came; and `again`: for which reason a page lost its server that had lost one before. more: axes of one
    clause, with each node and each kind of stream."""
    wanted = reasons or REASONS
    axes: dict[str, Values] = {
        "node": nodes,
        "reason": wanted,
        "state": STATES,
        "stream": streams,
        "again": wanted,
        **more,
    }
    own = tuple(pair for axis in more for pair in (("node", axis), (axis, "stream")))
    pairs = (("node", "reason", "state"), ("node", "reason", "stream"), ("node", "again"), ("again", "stream"), *own)
    return Grid(axes, pairs=pairs, unfit=_NOT_LOST, allowed=_is_answerable)


def streams(header: Header) -> Sequence[str]:
    """An axis: where a lab has one kind of stream alone, nothing is asked of the other."""
    return header.streams


def has_desktops(history: History) -> bool:
    """A desktop was seen to lose its server: to meet a trigger, or none that it should have met."""
    return bool(fail_overs(history)) or bool(silences(history))


@fact
def silences(history: History) -> tuple[Untold, ...]:
    """Desktops that sat at a lost server and met no trigger, for longer than any takes."""
    return tuple(one for one in untold(history) if one.is_by(bounds.DESKTOP_TOLD_S, bounds.BOSH_GIVEN_UP_S))


def cell(one: FailOver | Untold, **more: str) -> Cell:
    """Where it lies; parts that are not known are left out, so that it fills no cell but can be VIOLATED."""
    at = {"node": one.node, "stream": one.stream, **more}
    if one.reason is not None:
        at["reason"] = one.reason
    if one.state is not None:
        at["state"] = one.state
    if isinstance(one, FailOver) and one.nth > 1 and one.reason is not None:
        at["again"] = one.reason
    return Cell.of(**at)


def polls_needed(one: FailOver) -> int:
    """So many looks at a server show that it is looked at; who loses it again does not wait so long."""
    return bounds.DESKTOP_POLLS_AGAIN_MIN if one.nth > 1 else bounds.DESKTOP_POLLS_MIN


def sought_until_s(one: FailOver) -> float:
    """Until when it looked for a server: its end, or the end of what was seen of it."""
    return one.until_s if one.solved_s is None else one.solved_s


def unused(one: FailOver) -> DesktopRequested | None:
    """What showed the other server in service so long before the end that the agent should have been there, were it for
    one more look and a sign-in. Where it did not let him in, what it said until then counts for nothing."""
    refused = max((move.begins.number for move in one.moves if move.is_refused), default=0)
    there = (look for look in one.alternate_looks if look.system_status == IN_SERVICE and look.number > refused)
    return next((look for look in there if look.ended_s + _WAITS_S <= sought_until_s(one)), None)


def lost_bosh(one: FailOver, *, before: DesktopRequested | None = None) -> bool:
    """Whether its BOSH connection was lost as well, and not mended before it looked there; before: that request, which
    may end an older connection itself."""
    end = float("inf") if before is None else before.number
    begins = 0 if one.mended is None else one.mended.number
    lost = (seen for seen in one.seen if trigger_of(seen) == BOSH and seen.node == one.node)
    is_trigger = one.trigger == BOSH and one.mended is None
    return is_trigger or any(begins < seen.number < end for seen in lost)


def bosh_asked(one: FailOver) -> list[DesktopRequested]:
    """Every BOSH connection that was asked for of the current server."""
    return [seen for seen in one.seen if seen.part is BoshPart.OPEN and seen.node == one.node]


def ready(one: FailOver) -> DesktopRequested | None:
    """What first showed that the current server is in service and BOSH connected."""
    good = next((look for look in one.looks() if look.system_status == IN_SERVICE), None)
    if good is None:
        return None
    if not lost_bosh(one):
        return good
    return next((seen for seen in bosh_asked(one) if "session" in seen.told and seen.sent_s >= good.ended_s), None)


def hears(history: History, one: FailOver, opened: DesktopRequested) -> Finding | None:
    """Whether that event stream brings what becomes of the agent: who is connected is told of it. None: nothing became
    of him by the switch's word while it stood, and nothing else was broken."""
    from_s, to_s = opened.ended_s + bounds.PRESENT_S, one.until_s - bounds.DESKTOP_ACTS_S
    told = [
        seen
        for seen in states_after(history, one.agent, from_s, to_s)
        if not _is_told_again(history, seen)
        and not is_broken(history, seen.at_s - bounds.NOTICE_S, seen.at_s + bounds.DESKTOP_ACTS_S)
    ]
    if not told:
        return None
    own = [seen for seen in one.seen if seen.node == opened.node and seen.part is BoshPart.GO_ON]
    events = [seen for seen in own if "User" in seen.told]
    at = cell(one, hears=HEARS[0])
    for now in told:
        near = (event.ended_s - now.at_s for event in events)
        if not any(-bounds.NOTICE_S <= after_s <= bounds.DESKTOP_ACTS_S for after_s in near):
            line = Evidence.of(now, f"the switch: {now.agent} {now.state}")
            what = f"{one.agent}'s event stream at {opened.node} does not tell the desktop that he is {now.state}"
            return violated(at, what, one.cited(), cited(opened), line)
    return held(at, "its event stream tells it of the agent", one.cited(), cited(opened), cited(events[-1]))


def _is_told_again(history: History, seen: SwitchAgentSeen) -> bool:
    """Whether the switch said so before, as for a node that is back: who knows it has nothing to tell."""
    before = state_before(history, seen.agent, seen.at_s)
    return before is not None and (before.state, before.reason_code) == (seen.state, seen.reason_code)
