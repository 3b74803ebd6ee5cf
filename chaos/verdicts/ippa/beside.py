"""IPPA-10, IPPA-11: whoever is at the phone of a server that is well goes on, whatever the other server has lost."""

from collections.abc import Iterator

from chaos.history import FaultSpan, History
from chaos.history.absences import LOGOUT
from chaos.history.desktops import reason_of
from chaos.history.evidence import Evidence
from chaos.history.faults import fault_spans
from chaos.history.gaps import gaps
from chaos.history.phones import asks_to_sign_in, by_agent, cited, home_at
from chaos.journal import PhoneAct, PhoneActed, PhoneScreen, SwitchAgentSeen
from chaos.verdicts import bounds
from chaos.verdicts.finding import Finding, held, violated
from chaos.verdicts.grid import Cell

_LEAVES = ("Exit", "SignOut")


def others_go_on(history: History, reason: str) -> Iterator[Finding]:
    """Of each loss for that reason, at each phone whose agent had signed in at another node before."""
    for span in fault_spans(history):
        for node in history.nodes:
            if span.injected_s is not None and reason_of(history, span, node) == reason:
                for agent in by_agent(history):
                    yield from _goes_on(history, agent, span, Cell.of(node=node, beside=reason))


def _goes_on(history: History, agent: str, span: FaultSpan, at: Cell) -> Iterator[Finding]:
    seen, from_s = by_agent(history)[agent], span.injecting_s
    home = home_at(seen, 0.0, from_s)
    if home in (None, at.get("node")):
        return
    acts = [one for one in seen if isinstance(one, PhoneActed) and one.begun_s >= from_s]
    leaves = (act.begun_s for act in acts if act.act in _GOES or (act.act in _KEYS and act.detail in _LEAVES))
    mended_s = history.story.end_s if span.rolled_back_s is None else span.rolled_back_s + bounds.PHONE_RETURN.max_s
    to_s = min([mended_s, *leaves])
    if _is_concerned(history, agent, str(home), from_s, to_s):
        return
    # What his own key brings is its answer.
    shown = [one for one in seen if isinstance(one, PhoneScreen) and not one.control and from_s <= one.at_s < to_s]
    by_itself = [one for one in shown if not any(act.begun_s <= one.at_s <= act.at_s for act in acts)]
    line = Evidence(from_s, f"{at.get('node')} is lost: {at.get('beside')}", is_frame=True)
    bad = next((one for one in by_itself if one.unavailable or asks_to_sign_in(one)), None)
    if bad is not None:
        what = "says that its server is unavailable" if bad.unavailable else "asks for a sign-in"
        said = f"the phone of {agent}, at {home}, which is well, {what}"
        yield violated(at, said, line, cited(bad))
    elif to_s - from_s >= bounds.PHONE_STAYS_S:
        yield held(at, "whoever is at the other server's phone goes on", line, *map(cited, shown[-1:]))


def _is_concerned(history: History, agent: str, home: str, from_s: float, to_s: float) -> bool:
    """Whether his own server may have been lost as well, or he may have been signed out."""
    spans = (span for span in fault_spans(history) if reason_of(history, span, home) is not None)
    begin_s = from_s - bounds.PHONE_RETURN.max_s
    lost = any(
        span.injecting_s <= to_s and (span.rolled_back_s is None or begin_s <= span.rolled_back_s) for span in spans
    )
    out = any(
        gap.node == home and gap.told_s <= to_s and (gap.back_s is None or begin_s <= gap.back_s)
        for gap in gaps(history)
    )
    signed_out = history.of(
        SwitchAgentSeen, lambda seen: (seen.agent, seen.state) == (agent, LOGOUT), from_s=from_s, to_s=to_s
    )
    return lost or out or bool(signed_out)


_GOES = (PhoneAct.LEAVE, PhoneAct.OPEN, PhoneAct.SEND)
_KEYS = (PhoneAct.PRESS, PhoneAct.PICK)
