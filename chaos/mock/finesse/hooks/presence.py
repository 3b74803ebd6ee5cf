"""What a node asks about people whose clients are gone: when that is noticed, and what becomes of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.desktop import DesktopDefect as D
from chaos.mock.defects.hooks import Fact
from chaos.mock.defects.narrowing import Break
from chaos.mock.finesse.hooks.pages import PageHooks
from chaos.mock.finesse.screen import Screen
from chaos.wire.finesse import User, UserState
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.values import AgentState, ForcedFlag

_NEVER_S = 1e6
_WORDS = {
    AgentState.LOGOUT: "LOGOUT",
    AgentState.NOT_READY: "NOT_READY",
    AgentState.AVAILABLE: "READY",
    AgentState.WORK_NOT_READY: "WORK",
    AgentState.WORK_READY: "WORK_READY",
    AgentState.TALKING: "TALKING",
    AgentState.HOLD: "HOLD",
    AgentState.RESERVED: "RESERVED",
}
_AT_ONCE_S = 1.0
_SHOWN_IDLE_S = 60.0
# Within this time before its end something was sent into a silence.
_IN_SILENCE_S = 100.0
_LATELY_S = 150.0
_ON_CALL = (AgentState.TALKING, AgentState.HOLD)
SILENT = "silent"
ANOTHER_NAME = "Device Error"
CONNECTION_FAILURE = 50002


class PresenceHooks(PageHooks):
    """Asked by the notification service and by `ForcedLogouts`. how: as `GoneHow` has it."""

    def silence_s(self, user: str, proper: float, *, by_bosh: bool = False, by_socket: bool = False) -> float:
        """After how long a silence of a user's client it is gone (DESKTOP-02). by_bosh, by_socket: as desktops in
        browsers are."""
        if not self._breaks:
            return proper
        if self._crash(D.CRASH_NOT_NOTICED, user) or self._crash(D.SLOW_NOT_NOTICED, user):
            return _NEVER_S
        if (by_bosh and self.keeps_silent(user)) or (by_socket and self._crash(D.SLOW_SOCKET_NOT_NOTICED, user)):
            return _NEVER_S
        told = (D.CRASH_STAYS_WHEN_TOLD, D.SLOW_STAYS_WHEN_TOLD)
        if self._is_told_something(user) and any(self._crash(defect, user) for defect in told):
            return _NEVER_S
        is_asked_for = self._now_s() - self._request_s.get(user.lower(), -_IN_SILENCE_S) < _IN_SILENCE_S
        if is_asked_for and self._crash(D.ASKING_IS_LIVING, user):
            return _NEVER_S
        late = self._crash(D.CRASH_NOTICED_LATE, user)
        return proper + (late.number(Axis.LATE) if late else 0.0)

    def keeps_silent(self, user: str) -> bool:
        """Does a user's session by BOSH stay that has no request open any more? It does not (DESKTOP-02, -08)."""
        if not self._breaks:
            return False
        kept = (D.BROWSER_CRASH_NOT_NOTICED, D.SLOW_BOSH_NOT_NOTICED)
        told = (D.TOLD_BROWSER_STAYS, D.CRASH_STAYS_WHEN_TOLD, D.SLOW_STAYS_WHEN_TOLD)
        return any(self._crash(defect, user) for defect in (*kept, *(told if self._is_told_something(user) else ())))

    def _is_told_something(self, user: str) -> bool:
        return self._now_s() - self._news_sent_s.get(user.lower(), -_IN_SILENCE_S) < _IN_SILENCE_S

    def tells_unavailable(self, user: str, how: str) -> bool:
        """Are the user's other clients told that this one is gone? They are (DESKTOP-02)."""
        return not (self._breaks and how == SILENT and self._crash(D.CRASH_NOT_TOLD, user))

    def logout_wait_s(self, user: str, how: str, state: int, proper: float, others: int) -> float | None:
        """How long is waited with the forced logout: `proper` (DESKTOP-03); None: nobody is waited for.

        others: who fell silent and is waited for already.
        """
        if not self._breaks:
            return proper
        # A client by BOSH to which something was to be told is taken to have dropped its connection.
        if how in (SILENT, "dropped") and state in _ON_CALL and self._crash(D.SLOW_ON_CALL_FORGOTTEN, user):
            return None
        if how == SILENT:
            if self._crash(D.CRASH_FORGOTTEN, user) or self._crash(D.SLOW_FORGOTTEN, user):
                return None
            if others and self._crash(D.CRASHES_ONE_BY_ONE, user):
                return None
            late = self._crash(D.CRASH_WAITED_FOR, user) or self._crash(D.SLOW_WAITED_FOR, user)
            return proper + (late.number(Axis.LATE) if late else 0.0)
        if self._gone(D.GOODBYE_FORGOTTEN, user, how, state):
            return None
        again = user.lower() in self._logged_out and self._gone(D.SECOND_LEAVING_EARLY, user, how, state)
        if again:
            return proper - again.number(Axis.LATE)
        first_s = self._left_first.pop(user.lower(), None)
        if first_s is not None and self._now_s() - first_s < proper:
            if self._gone(D.TWO_CLIENTS_FORGOTTEN, user, how, state):
                return None
            if self._gone(D.WAIT_FROM_FIRST_CLIENT, user, how, state):
                return proper - (self._now_s() - first_s)
        for defect, sign in (
            (D.LOGOUT_EARLY, -1),
            (D.LOGOUT_LATE, 1),
            (D.REFRESH_TOO_LONG, 1),
            (D.GLITCH_WAITED_FOR, 1),
        ):
            one = self._gone(defect, user, how, state)
            if one is not None:
                return proper + sign * one.number(Axis.LATE)
        return proper

    def forgives(self, user: str, how: str, state: int, now: int, *, is_again: bool, after_s: float) -> bool:
        """Is who is back in time not logged out? He is not, whatever became of him meanwhile (DESKTOP-11). state, now:
        his as he went, and as he is back. is_again: for the second time within a minute. after_s: how long he was
        away, no time at all if he took the place of a client that had crashed."""
        went, came = self._doors.get(user.lower(), ("", ""))
        if self._breaks and went and went != came and self._gone(D.ANOTHER_DOOR_LOGS_OUT, user, how, state):
            return False
        if self._breaks and came == "WebSocket" and self._gone(D.BACK_BY_SOCKET_LOGS_OUT, user, how, state):
            return False
        took_place = after_s < _AT_ONCE_S and how != "presence"
        if self._breaks and took_place and self._gone(D.CRASH_RETURN_LOGS_OUT, user, how, state):
            return False
        if self._breaks and is_again and self._gone(D.SECOND_REFRESH_LOGS_OUT, user, how, state):
            return False
        if self._breaks and now == AgentState.RESERVED and self._gone(D.RING_LOGS_OUT, user, how, state):
            return False
        if self._breaks and now != state and self._gone(D.CHANGE_LOGS_OUT, user, how, state):
            return False
        return not (self._breaks and self._gone(D.REFRESH_LOGS_OUT, user, how, state))

    def came_by(self, user: str, door: str) -> None:
        """A user has a client again, by that door."""
        self._doors[user] = (self._doors.get(user, ("", ""))[0], door)

    def went_by(self, user: str, door: str, *, is_last: bool) -> None:
        """A client of a user's by that door is gone."""
        if is_last:
            self._doors[user] = (door, "")
        else:
            self._left_first[user] = self._now_s()

    def begins_anew_with_state(self, user: str, how: str, state: int) -> bool:
        """Does the wait begin anew when he is in another state? It does not (DESKTOP-03)."""
        return bool(self._breaks and self._gone(D.STATE_BEGINS_ANEW, user, how, state))

    def logs_newcomer_out_s(self, user: str, state: int) -> float | None:
        """How long after he came somebody is logged out who is signed in and was not here before: he is not, None
        (DESKTOP-03)."""
        if not self._breaks or state in (AgentState.LOGOUT, AgentState.UNKNOWN):
            return None
        one = self._gone(D.NEWCOMER_LOGGED_OUT, user, "presence", state)
        return None if one is None else one.number(Axis.LATE)

    def was_asked_for(self, user: str) -> None:
        """Something was asked for in that user's name."""
        if self._breaks:
            self._request_s[user.lower()] = self._now_s()

    def takes_for_client(self, user: str, how: str, state: int) -> bool:
        """Does a request of who is waited for count as if he were back? It does not (DESKTOP-03)."""
        return bool(self._breaks and self._gone(D.REQUEST_FORGIVES, user, how, state))

    def overlooks_socket(self, user: str, how: str) -> bool:
        """Is it overlooked that a user's last client, by WebSocket, is gone? It is not (DESKTOP-12)."""
        return bool(self._breaks and self._gone(D.SOCKET_GLITCH_FORGOTTEN, user, how, AgentState.UNKNOWN))

    def counts_others(self, user: str, how: str) -> bool:
        """Is who has another client at this node taken to be there? He is (DESKTOP-03)."""
        return not (self._breaks and self._gone(D.OTHER_CLIENT_IGNORED, user, how, AgentState.UNKNOWN))

    def forgets_call(self, user: str, how: str, state: int) -> bool:
        """Is somebody not logged out whose call was over before the minute was? He is (DESKTOP-13)."""
        return bool(self._breaks and state in _ON_CALL and self._gone(D.SHORT_CALL_FORGETS_LOGOUT, user, how, state))

    def begins_anew(self, user: str, how: str, state: int) -> bool:
        """Does the wait for a new absence begin with it? It does (DESKTOP-11)."""
        return not (self._breaks and self._gone(D.REFRESH_ADDS_UP, user, how, state))

    def spares(self, user: str, how: str, state: int, *, has_moved: bool) -> bool:
        """Is somebody not logged out, since he has done something in the meantime? He is (DESKTOP-12)."""
        return bool(self._breaks and has_moved and self._gone(D.MOVED_ARE_SPARED, user, how, state))

    def waits_for_call(self, user: str, how: str, state: int) -> bool | None:
        """Does the forced logout wait for the end of a call (DESKTOP-13)? None: it is forgotten."""
        if self._breaks and self._gone(D.CALL_FORGETS_LOGOUT, user, how, state):
            return None
        if self._breaks and state not in _ON_CALL and self._gone(D.NEW_CALL_NOT_WAITED_FOR, user, how, state):
            return False
        return not (self._breaks and self._gone(D.CALL_NOT_WAITED_FOR, user, how, state))

    def takes_for_over(self, user: str, how: str, state: int) -> bool:
        """Is a call that is put on hold, or taken back, taken to be over? It is not (DESKTOP-13)."""
        return bool(self._breaks and self._gone(D.HELD_CALL_IS_OVER, user, how, state))

    @property
    def minds_what_was(self) -> bool:
        """Does it matter in which state somebody was before a call? It does not (DESKTOP-13)."""
        return bool(self._breaks)

    def spares_ready(self, user: str, how: str, state: int, now: int) -> bool:
        """Is who is Ready after the call not logged out? He is (DESKTOP-13). now: his state then."""
        is_ready = now == AgentState.AVAILABLE
        return bool(self._breaks and is_ready and self._gone(D.READY_IS_SPARED, user, how, state))

    def takes_one_for_all(self, user: str, how: str, state: int) -> bool:
        """Is the end of one of several calls taken for the end of all? It is not (DESKTOP-13)."""
        return bool(self._breaks and self._gone(D.ONE_CALL_IS_ENOUGH, user, how, state))

    def after_call_s(self, user: str, how: str, state: int) -> float:
        """How long after the end of a call it comes: at once (DESKTOP-13)."""
        one = self._gone(D.LOGOUT_LONG_AFTER_CALL, user, how, state) if self._breaks else None
        return 0.0 if one is None else one.number(Axis.LATE)

    def forced_logout(
        self, request: SetAgentStateReq, how: str, state: int, present: Callable[[], str | None]
    ) -> SetAgentStateReq:
        """What the CTI server is asked: for the logout of this agent, with code 255 (DESKTOP-05).

        present: somebody who is at work at this node.
        """
        user = request.agent_id or ""
        if not self._breaks:
            return request
        self._logged_out.add(user.lower())
        if how == SILENT and self._crash(D.CRASH_WITHOUT_CODE, user):
            return replace(request, event_reason_code=0)
        if how == SILENT and self._crash(D.CRASH_RACE_ASKS_OTHERWISE, user):
            return replace(request, agent_state=AgentState.AVAILABLE, event_reason_code=0)
        if how == SILENT and self._crash(D.SLOW_NOT_FORCED, user):
            return replace(request, forced_flag=ForcedFlag.NO)
        if self._gone(D.ANOTHER_CODE, user, how, state):
            return replace(request, event_reason_code=0)
        if self._gone(D.LOGOUT_NOT_FORCED, user, how, state):
            return replace(request, forced_flag=ForcedFlag.NO)
        if self._gone(D.NOT_READY_INSTEAD, user, how, state):
            return replace(request, agent_state=AgentState.NOT_READY, forced_flag=ForcedFlag.NO)
        if self._gone(D.LOGOUT_OF_SOMEBODY_ELSE, user, how, state):
            other = present()
            return replace(request, agent_id=other, agent_instrument=None) if other else request
        return request

    def names_another_telephone(self, user: str, how: str, state: int) -> bool:
        """Is another agent's telephone named? It is his own (DESKTOP-05)."""
        return bool(self._breaks and self._gone(D.LOGOUT_AT_ANOTHER_TELEPHONE, user, how, state))

    def ends_session(self, user: str, state: int) -> bool:
        """Does the node lose its CTI session over the forced logout of somebody who is signed out? It does not
        (DESKTOP-06)."""
        if not self._breaks or state != AgentState.LOGOUT:
            return False
        return self._gone(D.NOBODY_ENDS_THE_SESSION, user, "presence", state) is not None

    def ends_all_waits(self, user: str, state: int) -> bool:
        """Are those forgotten whom the node waits for when somebody who is signed out is logged out by force? They are
        not (DESKTOP-06)."""
        if not self._breaks or state != AgentState.LOGOUT:
            return False
        return self._gone(D.NOBODY_ENDS_ALL_WAITS, user, "presence", state) is not None

    def restarts_all(self, user: str, how: str, state: int) -> bool:
        """Does his going begin the waits for others anew? It does not (DESKTOP-03)."""
        return bool(self._breaks and self._gone(D.WAIT_IS_SHARED, user, how, state))

    def asks_again_s(self, user: str, how: str, state: int) -> float | None:
        """How long after the forced logout another one comes, of who is back by then: none does, None (DESKTOP-03)."""
        one = self._gone(D.LOGOUT_TWICE, user, how, state) if self._breaks else None
        return None if one is None else one.number(Axis.LATE)

    def cannot_read(self, user: str, state: int) -> bool:
        """Can the node not show somebody who was signed out when he was logged out by force? It can (DESKTOP-06)."""
        if not self._breaks or state != AgentState.LOGOUT:
            return False
        if self._gone(D.NOBODY_SHOWN_NOT_READY, user, "presence", state):
            self._shown_idle[user] = self._now_s() + _SHOWN_IDLE_S
        return self._gone(D.NOBODY_CANNOT_BE_READ, user, "presence", state) is not None

    def shown_of_lost(self, login_id: str, proper: Screen, *, is_home: bool) -> Screen:
        """What answers show of somebody whose connection was lost, here or at the other node: what is (DESKTOP-07,
        DESKTOP-09, DESKTOP-12, DESKTOP-18, DESKTOP-20). is_home: he has had a client here."""
        reason = proper.user.reason_code
        is_idle = self._shown_idle.get(login_id, 0.0) > self._now_s() if self._shown_idle else False
        if is_idle and proper.user.state == UserState.LOGOUT:
            return replace(proper, user=replace(proper.user, state=UserState.NOT_READY))
        if not self._breaks or reason is None or not is_lost(proper.user):
            return proper
        if login_id in self._after_call and self._gone(D.LOAD_0_SHOWN_WITHOUT_REASON_AFTER_CALL, login_id, "", 0):
            return replace(proper, user=replace(proper.user, reason_code=None, reason_code_id=-1))
        if self._gone(D.RECONNECT_REASON_NOT_TOLD, login_id, "", 0) and self._reconnected:
            return replace(proper, user=replace(proper.user, reason_code=None, reason_code_id=-1))
        if self._gone(D.LOAD_0_SHOWN_WITHOUT_REASON, login_id, "", 0) and proper.user.state == UserState.NOT_READY:
            return replace(proper, user=replace(proper.user, reason_code=None, reason_code_id=-1))
        if not is_home and self._gone(D.LOAD_0_UNTOLD_ELSEWHERE, login_id, "", 0):
            return replace(proper, user=replace(proper.user, reason_code=None, reason_code_id=-1))
        is_out = proper.user.state == UserState.LOGOUT
        if is_out and not is_home and self._gone(D.LOAD_1_UNTOLD_ELSEWHERE, login_id, "", 0):
            stale = replace(proper.user, state=UserState.NOT_READY, reason_code=None, reason_code_id=-1)
            return replace(proper, user=stale)
        if self._gone(D.LOST_BY_ANOTHER_NAME, login_id, "", 0) and self._reconnected:
            return replace(proper, user=replace(proper.user, reason_code=replace(reason, label=ANOTHER_NAME)))
        hidden = self._crash(D.CRASH_RACE_NOT_SHOWN, login_id) or self._gone(D.GLITCH_NOT_SHOWN, login_id, "dropped", 0)
        if hidden:
            return replace(proper, user=replace(proper.user, state=UserState.READY))
        if self._crash(D.CRASH_RACE_SHOWN_OTHERWISE, login_id):
            return replace(proper, user=replace(proper.user, state=UserState.TALKING))
        return proper

    def tells_call_is_over(self, login_id: str, proper: Screen) -> bool:
        """Is a call in which this user is logged out told to be over to the others in it? It is not (DESKTOP-21)."""
        if not self._breaks or proper.user.state != UserState.LOGOUT or not is_lost(proper.user):
            return False
        return self._gone(D.LOAD_1_TELLS_CALL_IS_OVER, login_id, "", 0) is not None

    def tells_as_dropped(self, login_id: str, proper: Screen) -> bool:
        """Are others told that such a call is dropped? They are not (DESKTOP-21)."""
        if not self._breaks or proper.user.state != UserState.LOGOUT or not is_lost(proper.user):
            return False
        return self._gone(D.LOAD_1_CALL_TOLD_AS_DROPPED, login_id, "", 0) is not None

    def tells_without(self, login_id: str, proper: Screen) -> bool:
        """Are others told a call in which this user is logged out as if he had left it? They are not (DESKTOP-21)."""
        if not self._breaks or proper.user.state != UserState.LOGOUT or not is_lost(proper.user):
            return False
        return self._gone(D.LOAD_1_TOLD_AS_DROPPED, login_id, "", 0) is not None

    def _lost_lately(self, user: str) -> bool:
        """Was he told to be Not Ready, or logged out, for a lost connection in the last minutes?"""
        return self._now_s() - self._lost_s.get(user, -_LATELY_S) < _LATELY_S

    def _crash(self, defect: Defect, user: str) -> Break | None:
        return self._bites(defect, facts={Axis.AGENT: self._agent(user), Axis.GONE: SILENT})

    def _gone(self, defect: Defect, user: str, how: str, state: int) -> Break | None:
        facts: Mapping[Axis, Fact] = {
            Axis.AGENT: self._agent(user),
            Axis.GONE: how,
            Axis.STATE: state_word(state),
        }
        return self._bites(defect, facts=facts)


def is_lost(user: User) -> bool:
    """Is somebody shown Not Ready, or logged out, for a lost connection?"""
    return user.reason_code is not None and user.reason_code.code == CONNECTION_FAILURE


def state_word(state: int) -> str:
    """An agent's state in the words of a narrowing, "" if there is none for it."""
    return _WORDS.get(AgentState(state), "") if state in set(AgentState) else ""
