"""CLIENT-08: desktops that take themselves for disconnected although nothing has happened."""

from collections.abc import Iterator, Sequence

from chaos.history import Evidence, History
from chaos.history.browsers import by_agent
from chaos.history.desktops import cited, says_lost, state_at, trigger_of
from chaos.history.faults import fault_spans
from chaos.history.lateness import clock_error_s
from chaos.journal import BoshPart, DesktopAct, DesktopActed, DesktopNotice, DesktopRequested, Observation
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding, violated
from chaos.verdicts.grid import Cell

# So long before it nothing may have gone wrong, or have been done at the browser: longer than a silent stream takes to
# be given up, and than a page takes to load (ours).
_PEACE_S = bounds.BOSH_GIVEN_UP_S
_ACT_S = 5.0
_LOADS = (DesktopAct.OPEN, DesktopAct.REFRESH)


def false_alarms(history: History) -> Iterator[Finding]:
    """A desktop in peace, whose event stream has just brought something, says that the connection is lost. Whatever
    that was, it was none of the three triggers."""
    for agent, about in by_agent(history).items():
        for n, seen in enumerate(about):
            if isinstance(seen, DesktopNotice) and not seen.control and says_lost(seen.text):
                last = _in_peace(history, about, n, seen.shown_s)
                if last is not None:
                    state = state_at(history, agent, seen.shown_s)
                    cell = Cell.of(node=last.node, **({"state": state} if state is not None else {}))
                    what = f"the desktop of {agent} takes itself for disconnected, and none of the three triggers came"
                    yield violated(cell, what, cited(last), Evidence(seen.shown_s, seen.text, seen.number or None))


def _in_peace(history: History, about: Sequence[Observation], nth: int, at_s: float) -> DesktopRequested | None:
    """What its event stream brought last, if that was just then, and nothing went wrong for long enough before."""
    acts = [one for one in about[:nth] if isinstance(one, DesktopActed) and one.act is not DesktopAct.CONTROL]
    opened = [one.begun_s for one in acts if one.act in _LOADS]
    from_s = max(at_s - _PEACE_S, *opened[-1:], 0.0)
    if any(span.injecting_s < at_s and from_s < (span.rolled_back_s or at_s) for span in fault_spans(history)):
        return None
    if clock_error_s(history, from_s, at_s) > bounds.PUBLISH_S:
        return None
    # The next poll of its event stream, sent as the last one is answered, has all that is to come before it.
    sent_by_s = at_s - bounds.PUBLISH_S
    requests = [seen for seen in about if isinstance(seen, DesktopRequested) and seen.ended_s > from_s]
    near = [seen for seen in requests if seen.ended_s <= at_s or seen.sent_s < sent_by_s]
    if any(_is_bad(seen) for seen in near) or any(_disturbs(one, from_s, at_s) for one in acts):
        return None
    brought = [seen for seen in near if seen.part is BoshPart.GO_ON and seen.ended_s <= at_s]
    last = brought[-1] if brought else None
    return last if last is not None and at_s - last.ended_s < bounds.PUBLISH_S else None


def _disturbs(one: DesktopActed, from_s: float, at_s: float) -> bool:
    """Something was done at the browser just then, or something else than to load the page and to sign in since."""
    return one.at_s > at_s - _ACT_S or (one.at_s > from_s and one.act not in (*_LOADS, DesktopAct.SIGN_IN))


def _is_bad(seen: DesktopRequested) -> bool:
    """It may be a reason to take the connection for lost, documented or not."""
    return trigger_of(seen) is not None or seen.status is None or seen.status >= 400 or "terminate" in seen.told
