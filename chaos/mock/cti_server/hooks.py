"""What the code of the CTI servers asks: what a new session is told, and what a telephone may do. Both sides share it.

A defect stands here only because the product cannot do by itself what breaks the clause: a node learns of nothing but
by its CTI server.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chaos.mock.defects.axes import DIALOG_EVENTS, Axis
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.desktop import DesktopDefect
from chaos.mock.defects.hooks import Fact, Hooks
from chaos.mock.defects.narrowing import Break
from chaos.mock.peripheral import (
    AgentSnapshot,
    AgentStateChanged,
    CallEvent,
    Conferenced,
    Consequence,
    DataUpdate,
    Established,
    Event,
    Held,
    Load,
    Policy,
    Reconnected,
    Retrieved,
    Transferred,
)
from chaos.mock.peripheral.calls import EndedCall
from chaos.mock.peripheral.states import WRONG_REASON, Reason
from chaos.wire.ged188.values import AgentState

_GHOSTS = (CtiDefect.GHOST_CALL, CtiDefect.LATE_GHOST_CALL, CtiDefect.GHOST_END)
_ACTS: Mapping[type[CallEvent], str] = {
    Established: "answer",
    Held: "hold",
    Retrieved: "retrieve",
    Conferenced: "join",
    Transferred: "join",
    DataUpdate: "data",
}


_STATES: Mapping[AgentState, str] = {
    AgentState.NOT_READY: "NOT_READY",
    AgentState.AVAILABLE: "READY",
    AgentState.WORK_NOT_READY: "WORK",
    AgentState.WORK_READY: "WORK",
    AgentState.TALKING: "TALKING",
    AgentState.HOLD: "HOLD",
}
_AT_WORK: Mapping[str, Any] = {"state": AgentState.WORK_NOT_READY, "waits": False, "reason": 0}
_CONSEQUENCES: Mapping[DesktopDefect, Mapping[str, Any]] = {
    DesktopDefect.LOAD_0_LOGS_OUT: {"state": AgentState.LOGOUT},
    DesktopDefect.LOAD_0_STAYS: {"state": None},
    DesktopDefect.LOAD_0_IN_WRAP_UP: _AT_WORK,
    DesktopDefect.CRASH_RACE_ENDS_AT_WORK: _AT_WORK,
    DesktopDefect.GLITCH_ENDS_AT_WORK: _AT_WORK,
    DesktopDefect.LOAD_0_WITHOUT_REASON: {"reason": 0},
    DesktopDefect.LOAD_0_WRONG_REASON: {"reason": WRONG_REASON},
    DesktopDefect.LOAD_0_LATE: {},
    DesktopDefect.LOAD_0_CUTS_CALL: {"ends_calls": True},
    DesktopDefect.LOAD_0_FORGETS_CALL: {"state": None},
    DesktopDefect.LOAD_0_OUT_ON_CALL: {"state": AgentState.LOGOUT, "waits": False},
    DesktopDefect.LOAD_1_NOT_READY: {"state": AgentState.NOT_READY},
    DesktopDefect.LOAD_1_WRONG_REASON: {"reason": WRONG_REASON},
    DesktopDefect.LOAD_1_KEEPS_SEAT: {"keeps_seat": True},
    DesktopDefect.LOAD_1_STAYS: {"state": None},
    DesktopDefect.LOAD_1_WAITS_FOR_CALL: {"waits": True},
    DesktopDefect.LOAD_1_CUTS_CALL: {"ends_calls": True},
    DesktopDefect.LOAD_1_STAYS_ON_CALL: {"state": None},
    DesktopDefect.LOAD_1_DROPS_ANOTHER: {"drops_another": True},
    DesktopDefect.LOAD_0_ENDS_WITH_ONE_CALL: {"ends_with_one": True},
    DesktopDefect.LOAD_0_ENDS_WITH_TRANSFER: {"ends_with_transfer": True},
    DesktopDefect.LOAD_1_CUTS_CONSULTATION: {"ends_two": True},
}
"""What each of these makes of an agent whose desktop is gone, instead of what is proper."""

_WEARING_OFF = (
    DesktopDefect.LOAD_0_WEARS_OFF,
    DesktopDefect.LOAD_0_LASTS_NOT_AFTER_CALL,
    DesktopDefect.LOAD_1_WEARS_OFF,
)

_RECONNECTIONS: Mapping[tuple[bool, DesktopDefect], Reconnected] = {
    (True, DesktopDefect.RECONNECT_WITHOUT_REASON): Reconnected.NOTHING,
    (True, DesktopDefect.RECONNECT_WRONG_REASON): Reconnected.WRONG_REASON,
    (False, DesktopDefect.RECONNECT_NOT_READY): Reconnected.NOT_READY,
    (False, DesktopDefect.RECONNECT_FORGETS): Reconnected.NOTHING,
    (False, DesktopDefect.RECONNECT_LOGS_OUT): Reconnected.LOGGED_OUT,
    (False, DesktopDefect.RECONNECT_OWN_REASON): Reconnected.OWN_REASON,
    (False, DesktopDefect.RECONNECT_FORGETS_SOON): Reconnected.FORGETS_SOON,
    (False, DesktopDefect.RECONNECT_OWES_FOR_EVER): Reconnected.FOR_EVER,
    (False, DesktopDefect.RECONNECT_FORGETS_WITH_CALL): Reconnected.FORGETS_WITH_CALL,
    (False, DesktopDefect.RECONNECT_FORGETS_ON_CALL): Reconnected.FORGETS_ON_CALL,
    (False, DesktopDefect.RECONNECT_CANCELS): Reconnected.CANCELS,
    (False, DesktopDefect.RECONNECT_YIELDS): Reconnected.YIELDS,
    (False, DesktopDefect.RECONNECT_FORGETS_OFF_HOOK): Reconnected.FORGETS_OFF_HOOK,
    (False, DesktopDefect.RECONNECT_FORGETS_WITH_WRAP_UP): Reconnected.FORGETS_WITH_WRAP_UP,
    (False, DesktopDefect.RECONNECT_FORGETS_WHEN_ASKED): Reconnected.FORGETS_WHEN_ASKED,
}
"""Of those who are Not Ready, and of others."""


class SwitchDefects(Hooks, Policy):
    """places: `a` or `b` of each node, by the name under which its CTI sessions introduce themselves."""

    def __init__(
        self,
        breaks: Iterable[Break] = (),
        *,
        names: Mapping[str, frozenset[str]] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(breaks, names=names)
        self._places = places or {}
        self.ghosts: dict[str, Break] = {}
        """Calls that were made up, by the id of their dialog, with the break that says what of them is to be told."""

    def ghost_told_after_s(self, client: str, ended: EndedCall, gap: object) -> float | None:
        """How long after it was opened a session is told of a call that was up only while its client had none: never,
        which is None (CTI-10).

        gap: tells this absence of the client from others.
        """
        if not self._breaks:
            return None
        facts = self._ghosts(client, ended)
        for defect in (CtiDefect.GHOST_BY_ID, CtiDefect.GHOST_NAMED):
            untold = self._bites(defect, key=(client, gap), facts=facts)
            if untold is not None:
                self.ghosts[str(ended.call_id)] = untold
                return None
        for defect in _GHOSTS:
            one = self._bites(defect, key=(client, gap), facts=facts)
            if one is not None:
                self.ghosts[str(ended.call_id)] = one
                return one.number(Axis.LATE)
        return None

    def states_told_after_s(self, client: str, ended: EndedCall, gap: object) -> float | None:
        """How long after it was opened a session is told of states that came of such a call: never, None (CTI-10)."""
        one = self._bites(CtiDefect.GHOST_STATES, key=(client, gap), facts=self._ghosts(client, ended))
        return None if one is None else one.number(Axis.LATE)

    def _ghosts(self, client: str, ended: EndedCall) -> dict[Axis, Fact]:
        return {
            Axis.NODE: self._places.get(client, "a"),
            Axis.ACT: {_ACTS[type(event)] for event in ended.told if type(event) in _ACTS},
            Axis.AGENT: {name for event in ended.told for name in self._agent(event.device)},
            Axis.EVENT: DIALOG_EVENTS,
        }

    def consequence(self, agent: AgentSnapshot, load: Load, proper: Consequence) -> Consequence:
        """What becomes of an agent whose desktop is gone: what LOAD says (DESKTOP-01, DESKTOP-18 to DESKTOP-21)."""
        if not self._breaks:
            return proper
        facts: dict[Axis, Fact] = {
            Axis.AGENT: self._agent(agent.agent_id),
            Axis.LOAD: str(int(load)),
            Axis.STATE: _STATES.get(agent.state, ""),
        }
        if agent.reason and self._bites(DesktopDefect.LOAD_0_KEEPS_REASON, facts=facts) is not None:
            return replace(proper, state=None)
        if self._bites(DesktopDefect.LOAD_0_ENDS_WITH_PARTNER, facts=facts) is not None:
            return replace(proper, ends_with_partner=True)
        if self._bites(DesktopDefect.LOAD_0_ENDS_WITH_HOLD, facts=facts) is not None:
            return replace(proper, ends_with_hold=True)
        if agent.after_call is not None and self._bites(DesktopDefect.LOAD_0_YIELDS, facts=facts) is not None:
            return replace(proper, state=None)
        for defect, otherwise in _CONSEQUENCES.items():
            one = self._bites(defect, facts=facts)
            if one is not None:
                return replace(proper, **otherwise, late_s=one.number(Axis.LATE))
        for defect in (DesktopDefect.LOAD_0_HOLDS_CALL, DesktopDefect.LOAD_1_HOLDS_CALL):
            held = self._bites(defect, facts=facts)
            if held is not None:
                return replace(proper, holds_s=held.number(Axis.LATE))
        cut = self._bites(DesktopDefect.LOAD_1_CUTS_CALL_LATER, facts=facts)
        if cut is not None:
            return replace(proper, ends_calls=True, ends_calls_s=cut.number(Axis.LATE))
        for defect in _WEARING_OFF:
            one = self._bites(defect, facts=facts)
            if one is not None:
                return replace(proper, wears_off_s=one.number(Axis.LATE))
        return proper

    def told(self, client: str, event: Event) -> Event:
        """What this client is told of what becomes of somebody: what all are told (DESKTOP-18)."""
        if not self._breaks or client in self._places or not isinstance(event, AgentStateChanged):
            return event
        agent = event.agent
        if agent.state is not AgentState.NOT_READY or agent.reason != Reason.CONNECTION_FAILURE:
            return event
        facts = {Axis.AGENT: self._agent(agent.agent_id)}
        if self._bites(DesktopDefect.LOAD_0_REASON_FOR_NODES_ALONE, facts=facts) is None:
            return event
        return replace(event, agent=replace(agent, reason=0))

    def signs_nobody_in(self, agent_id: str) -> bool:
        """Is who was signed out left so by a forced logout? He is (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        return self._bites(DesktopDefect.NOBODY_IS_SIGNED_IN, facts=facts) is None

    def sends_another_home(self, agent_id: str) -> bool:
        """Is somebody else signed out, as if he had asked for it? Nobody is (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        return self._bites(DesktopDefect.NOBODY_SENDS_ANOTHER_HOME, facts=facts) is not None

    def hurts_another(self, agent_id: str) -> bool:
        """Is somebody else logged out for somebody who was signed out? Nobody is (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        return self._bites(DesktopDefect.NOBODY_HURTS_ANOTHER, facts=facts) is not None

    def lets_in(self, agent_id: str) -> bool:
        """May who was logged out by force while he was signed out sign in again? He may (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        return self._bites(DesktopDefect.NOBODY_COMES_BACK, facts=facts) is None

    def keeps_reason(self, agent_id: str) -> bool:
        """Is he Not Ready for it at his next sign-in? He is not (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        return self._bites(DesktopDefect.NOBODY_KEEPS_REASON, facts=facts) is not None

    def refuses_ready(self, agent_id: str) -> bool:
        """Can he not become Ready the first time after that? He can (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        return self._bites(DesktopDefect.NOBODY_IS_NOT_READY, facts=facts) is not None

    def keeps_for_s(self, agent_id: str) -> float | None:
        """How long after the next sign-in a forced logout comes that met nobody: never, None (DESKTOP-06)."""
        facts = {Axis.AGENT: self._agent(agent_id), Axis.STATE: "LOGOUT"}
        one = self._bites(DesktopDefect.NOBODY_IS_CAUGHT_LATER, facts=facts)
        return None if one is None else one.number(Axis.LATE)

    def reconnected(self, agent_id: str, client: str, state: AgentState) -> Reconnected:
        """What becomes of an agent whose CTI client is back (DESKTOP-09, DESKTOP-10)."""
        if not self._breaks:
            return Reconnected.AS_DOCUMENTED
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(agent_id), Axis.NODE: self._places.get(client, "a")}
        for (applies, defect), comes in _RECONNECTIONS.items():
            if (state is AgentState.NOT_READY) is applies and self._bites(defect, facts=facts) is not None:
                return comes
        return Reconnected.AS_DOCUMENTED

    def phone_works(self, call_id: int, device: str, act: str) -> bool:
        """Does the telephone work on a conference that is older than the newest session? It does (CTI-11).

        device: the telephone's number. act: hold, retrieve, drop.
        """
        facts = {Axis.ACT: act, Axis.AGENT: self._agent(device)}
        return not self._bites(CtiDefect.CONFERENCE_FREEZES_PHONE, key=call_id, facts=facts)
