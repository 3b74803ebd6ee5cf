"""CLIENT-01, CLIENT-05: what the agent reads."""

from collections.abc import Callable, Iterator, Sequence

from chaos.history import Evidence, History
from chaos.history.desktops import BOSH, FailOver, desktops_blind, fail_overs, named, says_back, says_lost
from chaos.journal import DesktopNotice
from chaos.verdicts import bounds
from chaos.verdicts.check import check
from chaos.verdicts.client.common import cell, desktops, has_desktops
from chaos.verdicts.finding import Finding, held, inconclusive, missed, violated


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def agent_is_told_of_the_loss(history: History) -> Iterator[Finding]:
    """When its server goes out of service, the desktop says that the connection is lost."""
    for one in fail_overs(history):
        begun_s = one.begun_s
        if begun_s is None:
            begun_s = one.trigger_s + bounds.BOSH_GIVEN_UP_S
        limit_s = begun_s + bounds.DESKTOP_ACTS_S
        if one.trigger == BOSH and one.first_look is None and one.returned_s is not None:
            continue  # the XMPP library has mended it: nothing was lost
        # What comes before the logic begins is as good: of a lost BOSH connection it may be said at once.
        yield _told(history, one, says_lost, one.trigger_s, limit_s, "that the connection is lost")


@check(desktops(), needs=has_desktops, rests_on=(desktops_blind,))
def agent_is_told_of_the_return(history: History) -> Iterator[Finding]:
    """If the current server is the first to be back, the desktop says that it has reconnected."""
    for one in fail_overs(history):
        back_s = one.returned_s
        if back_s is not None and one.first_look is not None:
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
