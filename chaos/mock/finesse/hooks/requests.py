"""What Tomcat asks about a request before it serves it, and with what it answers while the node was away or is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from xml.etree.ElementTree import ParseError, fromstring

from chaos.mock.defects.axes import FIELDS, ROUTES, Axis
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.finesse.failures import ApiFailure
from chaos.mock.finesse.hooks.events import EventHooks
from chaos.mock.finesse.hooks.fields import with_wrong_call, with_wrong_user
from chaos.mock.finesse.screen import Screen
from chaos.wire.finesse import Dialog, HeartbeatStatus, ParticipantState, SystemInfo, SystemStatus, UserState
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.requests import (
    ClearCallReq,
    ClearConnectionReq,
    ConferenceCallReq,
    MakeCallReq,
    SetCallDataReq,
    TransferCallReq,
)
from chaos.wire.ged188.values import AgentState

UNAVAILABLE, ACCEPTED, FAILED, UNAUTHORIZED, NOT_FOUND = 503, 202, 500, 401, 404
KEPT_S = 1.0
READS = ("GET", "HEAD")

# What a broken node says in the gap instead, in the order in which breaks are looked at. None: as usual.
_IN_GAP: tuple[tuple[Defect, int | None], ...] = (
    (CtiDefect.GAP_ANSWERS, None),
    (CtiDefect.GAP_ACCEPTS, ACCEPTED),
    (CtiDefect.GAP_500, 500),
    (CtiDefect.GAP_401, 401),
    (CtiDefect.GAP_404, 404),
)
_AFTER_GAP: tuple[tuple[Defect, int], ...] = (
    (CtiDefect.REFUSES_AFTER_RECONNECT, UNAVAILABLE),
    (CtiDefect.FAILS_AFTER_RECONNECT, 500),
    (CtiDefect.ACCEPTS_IN_VAIN, ACCEPTED),
    (CtiDefect.REFUSES_WHAT_CAN_BE_DONE, 400),
    (CtiDefect.LOSES_RESOURCES, NOT_FOUND),
)


_STATES: Mapping[int, AgentState] = {
    AgentState.AVAILABLE: AgentState.NOT_READY,
    AgentState.NOT_READY: AgentState.AVAILABLE,
    AgentState.WORK_NOT_READY: AgentState.NOT_READY,
}


_STATES_WITH_REASONS: Mapping[int, str] = {AgentState.NOT_READY: "NOT_READY", AgentState.LOGOUT: "LOGOUT"}


def _otherwise(command: Message) -> Message | None:
    """Something else of the same kind; None where there is nothing like it."""
    match command:
        case SetAgentStateReq() if command.agent_state in _STATES:
            return replace(command, agent_state=_STATES[command.agent_state])
        case SetCallDataReq():
            return replace(command, call_variables=(*command.call_variables[1:], *command.call_variables[:1]))
        case MakeCallReq():
            return replace(command, call_variables=(*command.call_variables[1:], *command.call_variables[:1]))
        case ConferenceCallReq():
            shared = {one.name for one in fields(TransferCallReq)} & {one.name for one in fields(command)}
            return TransferCallReq(**{name: getattr(command, name) for name in shared})
    return None


def _is_on_hold(call: Dialog) -> bool:
    return any(party.state == ParticipantState.HELD for party in call.participants or ())


class RequestHooks(EventHooks):
    """Asked for each request to the API but SystemInfo, which is how clients learn of a fail-over."""

    async def refusal(self, status: SystemStatus) -> int | None:
        """The status with which the service refuses the request that is served now; None: it is let through.

        503 while out of service (CTI-06), and none in service (CTI-08). 202: it is not carried out, but taken.
        """
        proper = None if status is SystemStatus.IN_SERVICE else UNAVAILABLE
        request = self._served()
        if not self._breaks or request is None or request.resource not in ROUTES:
            return proper
        if self._in_gap and proper is not None:
            return await self._refusal_in_gap(request.user, request.verb)
        if self._reconnected and proper is None:
            since_s = self._back_for_s()
            if self._is_led(request) and self._bites(CtiDefect.SUPERVISORS_FAIL, since_s=since_s, key=self._losses):
                return FAILED
            if self._is_led(request) and self._bites(
                CtiDefect.SUPERVISORS_TURNED_AWAY, since_s=since_s, key=self._losses
            ):
                return UNAUTHORIZED
            for defect, answer in _AFTER_GAP:
                if self._bites(defect, since_s=since_s, key=self._losses):
                    return answer
        return proper

    async def _refusal_in_gap(self, user: str, verb: str) -> int | None:
        if self._opened_s is not None:
            for reading in (CtiDefect.READING_ANSWERS, CtiDefect.READING_500):
                if self._bites(reading, since_s=self._now_s() - self._opened_s, key=self._losses):
                    return FAILED if reading is CtiDefect.READING_500 else None if verb in READS else ACCEPTED
        since_s = self._gap_lasts_s()
        if self._bites(CtiDefect.GAP_ERROR_EVENTS, since_s=since_s, key=self._losses) and self._publisher is not None:
            for login_id in self._agent(user) & self._publisher.screens.keys():
                self._publisher.publish_refusal(login_id)
        served = self._served_in_gap()
        if served is not None and self._bites(served, since_s=since_s, key=self._losses):
            return None if verb in READS else ACCEPTED
        for defect, answer in _IN_GAP:
            if self._bites(defect, since_s=since_s, key=self._losses):
                # Without a CTI server nothing can be carried out; but the usual answer does not wait for that.
                return ACCEPTED if answer is None and verb not in READS else answer
        if self._bites(CtiDefect.GAP_WAITS, since_s=since_s, key=self._losses):
            while self._in_gap:  # noqa: ASYNC110 – the next session may be lost before this task runs again
                await asyncio.sleep(0.1)
            return None
        return UNAVAILABLE

    def _served_in_gap(self) -> Defect | None:
        """The defect by which the request that is served now is answered, for what or for whom it asks."""
        request, screens = self._served(), {} if self._publisher is None else self._publisher.screens
        if request is None:
            return None
        if request.resource == "Dialog" and any(request.number in screen.dialogs for screen in screens.values()):
            return CtiDefect.GAP_SERVES_CALLS
        return CtiDefect.GAP_SERVES_SUPERVISORS if self._is_led(request) else None

    def worded(self, proper: ApiFailure) -> ApiFailure:
        """What a refusal of the whole node says: in the gap, that the service is unavailable (CTI-06)."""
        if not self._breaks or not self._in_gap:
            return proper
        one = self._bites(CtiDefect.GAP_SAYS_OTHERWISE, since_s=self._gap_lasts_s(), key=self._losses)
        return proper if one is None else ApiFailure(proper.http, "Not Found", "UNKNOWN_USER")

    async def takes_sign_in(self, read: Callable[[], Awaitable[bytes]]) -> bool:
        """Does who asks to sign in get 202 in the gap? He is refused like anybody (CTI-06). read: its body."""
        if not self._breaks or not self._in_gap or not self._has(CtiDefect.GAP_TAKES_SIGN_INS):
            return False
        if str(UserState.LOGIN).encode() not in await read():
            return False
        return bool(self._bites(CtiDefect.GAP_TAKES_SIGN_INS, since_s=self._gap_lasts_s(), key=self._losses))

    async def reads_first(self, read: Callable[[], Awaitable[bytes]]) -> bool:
        """Is a body that is no document refused for that in the gap? It gets 503 like any (CTI-06). read: the body."""
        request = self._served()
        if not self._breaks or not self._in_gap or request is None or request.verb in READS:
            return False
        if not self._has(CtiDefect.GAP_READS_BODIES):
            return False
        try:
            fromstring(await read())
        except ParseError:
            return bool(self._bites(CtiDefect.GAP_READS_BODIES, since_s=self._gap_lasts_s(), key=self._losses))
        return False

    def serves_respelled(self, *, is_so: bool) -> bool:
        """Is a path that is spelled otherwise than usual served in the gap? It is refused like any (CTI-06)."""
        if not is_so or not self._breaks or not self._in_gap:
            return False
        return bool(self._bites(CtiDefect.GAP_SERVES_RESPELLED, since_s=self._gap_lasts_s(), key=self._losses))

    def keeps_for_later(self) -> bool:
        """Is the request that is refused in the gap now kept all the same? It is forgotten (CTI-06)."""
        if not self._breaks or not self._in_gap:
            return False
        return bool(self._bites(CtiDefect.KEEPS_FOR_LATER, since_s=self._gap_lasts_s(), key=self._losses))

    def carry_out_later(self, request: Callable[[], Awaitable[object]]) -> None:
        """Serve that request soon after the fail-over, when nobody waits for its answer any more."""

        async def serve() -> None:
            while self._in_gap:  # noqa: ASYNC110 – the next session may be lost before this task runs again
                await asyncio.sleep(0.1)
            await asyncio.sleep(KEPT_S)
            with suppress(Exception):
                await request()

        task = asyncio.get_running_loop().create_task(serve())
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    def _began(self) -> None:
        super()._began()
        self._kept: set[asyncio.Task[None]] = set()
        self._stood: str | None = None

    def process_ended(self) -> None:
        """The Webapp's process has ended: what was kept is gone with it."""
        super().process_ended()
        for task in self._kept:
            task.cancel()

    def carried_out(self, command: Message) -> Message:
        """What is sent to the CTI server for the request that is served now: what was asked for (CTI-08)."""
        self._asked_s = self._now_s() if self._breaks else self._asked_s
        if not self._breaks or not self._reconnected:
            return command
        if isinstance(command, SetAgentStateReq) and self._asks_for_another_reason(command):
            return replace(command, event_reason_code=command.event_reason_code + 1)
        if isinstance(command, ClearConnectionReq):
            one = self._bites(CtiDefect.DROPS_FOR_ALL, since_s=self._back_for_s(), key=self._losses)
            about = {field.name: getattr(command, field.name) for field in fields(ClearCallReq)}
            return command if one is None else ClearCallReq(**about)
        other = _otherwise(command)
        if other is None or not self._bites(CtiDefect.DOES_OTHERWISE, since_s=self._back_for_s(), key=self._losses):
            return command
        return other

    def refuses_unchanged(self, *, is_so: bool) -> bool:
        """Is what is asked for refused because it is so already? It is not, after a fail-over either (CTI-08)."""
        if not self._breaks or not self._reconnected or not is_so:
            return False
        return self._bites(CtiDefect.UNCHANGED_REFUSED, since_s=self._back_for_s(), key=self._losses) is not None

    def _asks_for_another_reason(self, command: SetAgentStateReq) -> bool:
        facts: dict[Axis, Fact] = {}
        if command.agent_state in _STATES_WITH_REASONS:
            facts[Axis.STATE] = _STATES_WITH_REASONS[command.agent_state]
        since_s = self._back_for_s()
        return bool(command.event_reason_code) and bool(
            self._bites(CtiDefect.REASONS_OTHERWISE, since_s=since_s, key=self._losses, facts=facts)
        )

    def status_shown(self, proper: SystemStatus) -> SystemStatus:
        """The status that SystemInfo shows who asks: the node's own, in the gap (CTI-06) and after it (CTI-08)."""
        if not self._breaks:
            return proper
        if self._in_gap and self._bites(CtiDefect.GAP_SAYS_IN_SERVICE, since_s=self._gap_lasts_s(), key=self._losses):
            return SystemStatus.IN_SERVICE
        if self._reconnected and self._bites(
            CtiDefect.SAYS_OUT_OF_SERVICE, since_s=self._back_for_s(), key=self._losses
        ):
            return SystemStatus.OUT_OF_SERVICE
        return proper

    def info_status(self) -> int | None:
        """The status with which SystemInfo is refused; None: it is answered, in the gap, too (CTI-06)."""
        if not self._breaks or not self._in_gap:
            return None
        one = self._bites(CtiDefect.GAP_INFO_404, since_s=self._gap_lasts_s(), key=self._losses)
        return None if one is None else NOT_FOUND

    def shown(self, login_id: str, proper: Screen) -> Screen:
        """What the answer to the request that is served now shows of one agent: what is (CTI-08)."""
        past = self._past.get(login_id) if self._breaks and self._reconnected else None
        if past is not None and self._bites(CtiDefect.SHOWS_THE_PAST, since_s=self._back_for_s(), key=self._losses):
            return past
        proper = self._without_held(proper)
        if not self._breaks or not self._reconnected or not self._has(CtiDefect.ANSWERS_OTHERWISE):
            return proper
        facts, since_s = {Axis.AGENT: self._agent(login_id)}, self._back_for_s()
        for field in FIELDS:
            if self._bites(
                CtiDefect.ANSWERS_OTHERWISE, since_s=since_s, key=self._losses, facts={Axis.FIELD: field, **facts}
            ):
                proper = Screen(
                    with_wrong_user(proper.user, field),
                    {number: with_wrong_call(dialog, field) for number, dialog in proper.dialogs.items()},
                )
        return proper

    def _without_held(self, proper: Screen) -> Screen:
        left = {number: one for number, one in proper.dialogs.items() if not _is_on_hold(one)}
        if not self._breaks or not self._reconnected or len(left) == len(proper.dialogs):
            return proper
        one = self._bites(CtiDefect.LISTS_LACK_HELD, since_s=self._back_for_s(), key=self._losses)
        return proper if one is None else replace(proper, dialogs=left)

    def node_shown(self, proper: SystemInfo) -> SystemInfo:
        """What SystemInfo shows who asks, besides the status: what is (CTI-08)."""
        if self._breaks and self._in_gap:
            empty = self._bites(CtiDefect.GAP_INFO_EMPTY, since_s=self._gap_lasts_s(), key=self._losses)
            return replace(proper, status=None) if empty else proper
        if not self._breaks or not self._reconnected:
            return proper
        if self._bites(CtiDefect.NODE_OTHERWISE, since_s=self._back_for_s(), key=self._losses):
            return replace(proper, primary_node=proper.secondary_node, secondary_node=proper.primary_node)
        if self._bites(CtiDefect.BEATS_OTHERWISE, since_s=self._back_for_s(), key=self._losses):
            return replace(proper, last_heartbeat_status=HeartbeatStatus.FAILURE)
        if self._bites(CtiDefect.TIME_STANDS_STILL, since_s=self._back_for_s(), key=self._losses):
            self._stood = self._stood or proper.current_timestamp
            return replace(proper, current_timestamp=self._stood)
        if self._bites(CtiDefect.SERVER_OTHERWISE, since_s=self._back_for_s(), key=self._losses):
            servers = tuple(replace(one, active=n == 0) for n, one in enumerate(proper.cti_servers or ()))
            return replace(proper, cti_servers=servers)
        return proper
