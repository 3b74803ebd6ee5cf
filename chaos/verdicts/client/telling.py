"""CLIENT-01, CLIENT-05: what the agent reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from chaos.history import Evidence, History
from chaos.history.browsers import desktops_blind
from chaos.history.desktops import BOSH, FailOver, fail_overs, named, says_back, says_lost, trigger_of
from chaos.history.gaps import IN_SERVICE, OUT_OF_SERVICE, gaps
from chaos.journal import CtiSeen, CtiStep, DesktopNotice, DesktopRequested
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.client.common import OVER_AT_ONCE, bosh_asked, cell, desktops, has_desktops, silences
from chaos.verdicts.finding import Finding, held, inconclusive, missed, not_here, violated

# A browser's own times may be a hair's breadth off.
_CLOCKS_S = 0.05
# A node that is not in service for so long after it has its CTI session is loading (ours).
_LOADS_S = 1.0
_TRIES = (CtiStep.ATTEMPT, CtiStep.OPEN_REQ)


# `over`: of a server that the desktop's first look finds in service again.
OVER = (OVER_AT_ONCE,)


@check(desktops(over=OVER), needs=has_desktops, rests_on=(desktops_blind,))
def agent_is_told_of_the_loss(history: History) -> Iterator[Finding]:
    """When its server goes out of service, the desktop says that the connection is lost."""
    for one in fail_overs(history):
        if (told := loss_told(history, one)) is not None:
            yield replace(told, cell=cell(one, over=OVER_AT_ONCE)) if _is_over(one) else told
        if (why := _cannot_be_over(history, one)) is not None:
            yield not_here(cell(one, over=OVER_AT_ONCE), why, one.cited())
    for silent in silences(history):
        what = f"{silent.agent}'s desktop shows nothing of it that {silent.node} is out of service"
        yield missed(cell(silent), what, *silent.cited())


def _is_over(one: FailOver) -> bool:
    """Whether the first look at the server finds it in service again; of a lost BOSH connection it always was."""
    look = one.first_look
    return one.trigger != BOSH and look is not None and look.system_status == IN_SERVICE


def _cannot_be_over(history: History, one: FailOver) -> str | None:
    """Why no loss of such a node is over by the first look. None: nothing shows that.

    It has its CTI session well before the look was answered, and goes on loading; or it tries another CTI server
    for the first time only after the look.
    """
    look = one.first_look
    if one.trigger == BOSH or look is None:
        return None
    for gap in gaps(history):
        session_s, back_s = gap.reconnected_s, gap.back_s
        if gap.node != one.node or session_s is None or back_s is None or not gap.told_s < look.ended_s < back_s:
            continue
        if gap.told_s < session_s <= look.ended_s - _LOADS_S:
            return f"{one.node} has its CTI session by the first look, and loads for {back_s - session_s:.0f} s"
        tried = history.of(CtiSeen, lambda seen: seen.step in _TRIES and not seen.is_ours, from_s=gap.told_s)
        if session_s > look.ended_s and tried and tried[0].at_s > look.ended_s:
            return f"{one.node} tries another CTI server only {tried[0].at_s - gap.told_s:.0f} s after its loss"
    return None


def loss_told(history: History, one: FailOver) -> Finding | None:
    """Whether the loss was told; None: the XMPP library has mended it, and nothing was lost."""
    begun_s = one.begun_s
    if begun_s is None:
        begun_s = one.trigger_s + bounds.BOSH_GIVEN_UP_S
    if one.trigger == BOSH and one.first_look is None and one.returned_s is not None:
        return None
    # What comes before the logic begins is as good: of a lost BOSH connection it may be said at once.
    limit_s = begun_s + bounds.DESKTOP_ACTS_S
    return _told(history, one, says_lost, one.trigger_s, limit_s, "that the connection is lost")


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def agent_is_told_of_the_return(history: History) -> Iterator[Finding]:
    """If the current server is the first to be back, the desktop says that it has reconnected, and not before."""
    for one in fail_overs(history):
        early = _too_early(one)
        if early is not None:
            what = f"{one.agent}'s desktop says that it has reconnected, and {one.node} is not back"
            yield violated(cell(one), what, one.cited(), *_cited([early]))
            continue
        back_s = one.returned_s
        if back_s is not None and (again := _takes_back(one, back_s)) is not None:
            what = f"{one.agent}'s desktop says that the connection is lost again, which nothing shows"
            yield violated(cell(one), what, one.cited(), *_cited([again]))
        elif back_s is not None and one.first_look is not None:
            yield _told(history, one, says_back, back_s, back_s + bounds.DESKTOP_ACTS_S, "that it has reconnected")


def _told(
    history: History, one: FailOver, says: Callable[[str], bool], from_s: float, limit_s: float, what: str
) -> Finding:
    shown = [seen for seen in one.notices if from_s <= seen.shown_s]
    good = next((seen for seen in shown if says(seen.text)), None)
    lines = (one.cited(), *_cited(shown[:3]))
    if good is not None and good.shown_s <= limit_s:
        other = named(good.text, history.nodes)
        if other and one.node not in other:
            return violated(cell(one), f"the desktop says {what}, of another server than {one.node}", *lines)
        if (gone := _gone_at_once(one, good, says)) is not None:
            return violated(cell(one), f"the notice {what} stands for {gone:.2f} s only", *lines)
        return held(cell(one), f"the desktop says {what}", one.cited(), *_cited([good]))
    if one.until_s < limit_s:
        return inconclusive(cell(one), f"{one.agent}'s desktop was watched for too short a time", *lines)
    if good is not None:
        return violated(cell(one), f"the desktop says {what} only {good.shown_s - from_s:.1f} s later", *lines)
    against = violated if shown else missed
    return against(cell(one), f"the desktop does not say {what}", *lines)


def _too_early(one: FailOver) -> DesktopNotice | None:
    """What tells an agent that he has reconnected who has not: he goes on working at a server that is lost.

    The server has said IN_SERVICE by then, and BOSH, where it was lost, has a session again. Of BOSH that the XMPP
    library mends nobody has to look.
    """
    moved_s = one.sign_in.sent_s if one.sign_in is not None else float("inf")
    for notice in one.notices:
        if not says_back(notice.text) or notice.shown_s >= moved_s:
            continue
        by_s = notice.shown_s + _CLOCKS_S
        is_told = one.first_look is None or any(
            look.system_status == IN_SERVICE and look.ended_s <= by_s for look in one.looks()
        )
        lost_s = max((seen.ended_s for seen in one.seen if _loses_bosh(one, seen, notice)), default=None)
        if lost_s is None and one.trigger == BOSH:
            lost_s = one.trigger_s
        has_bosh = lost_s is None or any(
            "session" in seen.told and lost_s <= seen.ended_s <= by_s for seen in bosh_asked(one)
        )
        if not (is_told and has_bosh):
            return notice
    return None


def _takes_back(one: FailOver, back_s: float) -> DesktopNotice | None:
    """What says that the connection is lost after the return, though the server goes on to serve: a new loss would end
    this fail-over by its trigger, and whatever is refused is a reason to doubt."""
    good_s = min((notice.shown_s for notice in one.notices if says_back(notice.text)), default=back_s)
    lost = next((seen for seen in one.notices if says_lost(seen.text) and seen.shown_s > max(back_s, good_s)), None)
    if lost is None:
        return None
    answers = (seen for seen in one.seen if seen.node == one.node and back_s <= seen.ended_s <= lost.shown_s)
    doubts = any(seen.status is None or seen.status >= 400 or seen.system_status == OUT_OF_SERVICE for seen in answers)
    return None if doubts else lost


def _loses_bosh(one: FailOver, seen: DesktopRequested, notice: DesktopNotice) -> bool:
    return seen.node == one.node and seen.number < notice.number and trigger_of(seen) == BOSH


def _gone_at_once(one: FailOver, good: DesktopNotice, says: Callable[[str], bool]) -> float | None:
    """How long it stood, if too short to be read; what comes of the fail-over may take its place at any time."""
    later = next((seen for seen in one.notices if seen.number > good.number and not says(seen.text)), None)
    if later is None or later.shown_s - good.shown_s >= bounds.NOTICE_STANDS_S:
        return None
    is_news = says is says_lost and one.solved_s is not None and one.solved_s <= later.shown_s
    return None if is_news else later.shown_s - good.shown_s


def _cited(shown: Sequence[DesktopNotice]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(seen.shown_s, f"{seen.agent}'s screen: {seen.text or 'no notice'}", seen.number or None)
        for seen in shown
    )
