"""What is done at the switch, and the event that tells an agent of it."""

from chaos.history import History
from chaos.journal import About, EventSeen, SwitchAct, SwitchActed

USER, APPEARS, CHANGES, GOES = EVENTS = (
    "User",
    "Dialog that appears",
    "Dialog that changes",
    "Dialog that goes",
)
_BY_ACT = {
    SwitchAct.SET_STATE: USER,
    SwitchAct.MAKE_CALL: APPEARS,
    SwitchAct.HOLD: CHANGES,
    SwitchAct.RETRIEVE: CHANGES,
    SwitchAct.SET_DATA: CHANGES,
    SwitchAct.CLEAR: GOES,
}
# The switch's word for a state, where Finesse has another one.
_STATES = {"AVAILABLE": "READY", "WORK_NOT_READY": "WORK"}


def event_of(act: SwitchActed) -> str | None:
    """What kind of event tells of it; None if it is none that is looked for here."""
    return _BY_ACT.get(act.act)


def state_of(act: SwitchActed) -> str | None:
    """Finesse's word for the state that was set."""
    return _STATES.get(act.value or "", act.value)


def told_by(history: History, act: SwitchActed, from_s: float, to_s: float) -> EventSeen | None:
    """The first event in that time that told the agent of that act; None if none did."""
    told = history.of(EventSeen, lambda seen: _tells(seen, act), agent=act.agent, from_s=from_s, to_s=to_s)
    return told[0] if told else None


def _tells(seen: EventSeen, act: SwitchActed) -> bool:
    kind = event_of(act)
    if kind == USER:
        return seen.about is About.USER and seen.user_state == state_of(act)
    call = next((call for call in seen.calls if call.call_id == act.call_id), None)
    if call is None or seen.about not in (About.DIALOG, About.DIALOGS):
        return False
    gone = seen.event == "DELETE"
    if kind == GOES:
        return gone
    return not gone and seen.event == ("POST" if kind == APPEARS else "PUT")
