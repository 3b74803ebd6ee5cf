"""What the Webapp asks as it publishes: whether, when and with what an event is told, and what is told besides."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from chaos.mock.defects.awdb import AwdbDefect
from chaos.mock.defects.axes import FIELDS, Axis
from chaos.mock.defects.client import ClientDefect
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.desktop import DesktopDefect
from chaos.mock.defects.hooks import Fact
from chaos.mock.defects.narrowing import Break
from chaos.mock.finesse.documents import USER_STATES
from chaos.mock.finesse.hooks.acts import acts_between
from chaos.mock.finesse.hooks.databases import DatabaseHooks
from chaos.mock.finesse.hooks.fields import with_wrong
from chaos.mock.finesse.hooks.presence import ANOTHER_NAME, is_lost
from chaos.mock.finesse.screen import Change, Kind, Screen
from chaos.wire.finesse import Dialog, User, UserState
from chaos.wire.ged188.agents import AgentStateEvent
from chaos.wire.ged188.fields import Message

GAP_EVENT_INTERVAL_S = 1.0
TWICE_S = 0.2

EVENTS = {Kind.USER: "user", Kind.APPEARED: "dialog-new", Kind.CHANGED: "dialog-changed", Kind.GONE: "dialog-gone"}
"""Kinds of changes in the words of a narrowing."""

_UNTOLD: Mapping[str, tuple[Defect, Defect]] = {
    "BOSH": (AwdbDefect.BOSH_TEAM_UNTOLD_WHILE_TRYING, AwdbDefect.BOSH_UNTOLD_WHILE_TRYING),
    "WebSocket": (AwdbDefect.SOCKET_TEAM_UNTOLD_WHILE_TRYING, AwdbDefect.SOCKET_UNTOLD_WHILE_TRYING),
}
"""By the door by which a client came: what it is told nothing of, its teams or anything."""
_NOT_TOLD = (CtiDefect.LOSS_NOT_TOLD, CtiDefect.SILENCE_NOT_TOLD)
_DOORS = {"BOSH": "bosh", "WebSocket": "websocket"}
"""By the name of a door: how narrowings call it, where that is not by XMPP."""

_HIDING = {
    (False, False): DesktopDefect.LOAD_0_NOT_TOLD,
    (False, True): DesktopDefect.LOAD_0_NOT_TOLD_AFTER_CALL,
    (True, False): DesktopDefect.LOAD_1_NOT_TOLD,
    (True, True): DesktopDefect.LOAD_1_NOT_TOLD_ON_CALL,
}
"""What is not told of whom a lost connection logged out, or made Not Ready, on a call or idle."""
_UNTOLD_TO_TEAM = {
    (False, False): DesktopDefect.LOAD_0_UNTOLD_TO_TEAM,
    (False, True): DesktopDefect.LOAD_0_UNTOLD_TO_TEAM_AFTER_CALL,
    (True, False): DesktopDefect.LOAD_1_UNTOLD_TO_TEAM,
    (True, True): DesktopDefect.LOAD_1_UNTOLD_TO_TEAM_ON_CALL,
}
"""The same, of what is not told to those who follow his team."""

Send = Callable[[Change], None]
Announce = Callable[[Iterable[str] | None], None]
"""Tells these agents how the node is; None: everybody."""


class Publisher(Protocol):
    """What the Webapp publishes by, as its hooks see it."""

    @property
    def screens(self) -> Mapping[str, Screen]:
        """What clients were last shown, by agent."""

    def everything(self) -> Iterable[Change]:
        """What clients were last shown, as if all of it had changed."""

    def publish_change(self, change: Change) -> None:
        """Publish it, whatever state the node is in."""

    def publish_refusal(self, login_id: str) -> None:
        """Publish that a request of this agent was refused, whatever state the node is in."""


class EventHooks(DatabaseHooks):
    """Asked for everything that the Webapp publishes."""

    def _began(self) -> None:
        super()._began()
        self._timers: set[asyncio.TimerHandle] = set()
        self._publisher: Publisher | None = None
        self._past: dict[str, Screen] = {}
        self._told: dict[tuple[str, str | None], User | Dialog] = {}
        self._last: dict[str, Change] = {}
        self._waiting: list[Callable[[], None]] = []
        self._newcomers: set[str] = set()
        self._gap_comers: set[str] = set()

    def has_tried(self) -> None:
        super().has_tried()
        while self._waiting:
            self._waiting.pop(0)()

    def process_ended(self) -> None:
        """The Webapp's process has ended: nothing that was put off is told any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def client_came(self, login_id: str) -> None:
        """A client of this agent is there from now on."""
        if self._reconnected:
            self._newcomers.add(login_id)
        (self._gap_comers.add if self._in_gap else self._gap_comers.discard)(login_id)
        if self._in_gap and self._has(CtiDefect.GAP_COMERS_TOLD):
            self._later(TWICE_S, lambda: self._tell_comer(login_id))

    # The node's own state

    def announces_loss(self, screens: Mapping[str, Screen], announce: Announce) -> None:
        """Tell clients that the node is out of service: all of them, at once (CTI-05).

        screens: what they see, by agent.
        """
        if self._in_gap and self._has(CtiDefect.GAP_NOTICE_AGAIN):
            self._announce_again(screens, announce)
        is_silent = self._loss == "silent" and self._has(ClientDefect.SILENT_LOSS_UNTOLD)
        if is_silent and self._bites(ClientDefect.SILENT_LOSS_UNTOLD, facts={Axis.TRIGGER: "event"}):
            return
        tells = (*_NOT_TOLD, CtiDefect.LOSS_TOLD_LATE, CtiDefect.LOSS_UNTOLD_SIGNED_OUT)
        if not self._in_gap or not any(self._has(one) for one in tells):
            announce(None)
            return
        in_time: list[str] = []
        late: list[str] = []
        loss, late_s = self._losses, 0.0
        for agent, screen in screens.items():
            facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(agent), Axis.STATE: str(screen.user.state)}
            if any(self._bites(one, number=loss, facts=facts) for one in _NOT_TOLD):
                continue
            if not screen.user.extension and self._bites(CtiDefect.LOSS_UNTOLD_SIGNED_OUT, number=loss, facts=facts):
                continue
            one = self._bites(CtiDefect.LOSS_TOLD_LATE, number=loss, facts=facts)
            (late if one else in_time).append(agent)
            late_s = one.number(Axis.LATE) if one else late_s
        announce(in_time)
        if late:
            self._later(late_s, lambda: announce(late) if self._in_gap and self._losses == loss else None)

    def _announce_again(self, screens: Mapping[str, Screen], announce: Announce) -> None:
        loss = self._losses

        def tell(agent: str) -> None:
            if self._in_gap and self._losses == loss:
                announce([agent])

        for agent, screen in screens.items():
            facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(agent), Axis.STATE: str(screen.user.state)}
            one = self._bites(CtiDefect.GAP_NOTICE_AGAIN, number=loss, facts=facts)
            if one is not None:
                self._later(one.number(Axis.LATE), partial(tell, agent))

    def announces_return(self, agents: Iterable[str], announce: Announce) -> None:
        """Tell clients that the node is in service: all of them (CTI-08)."""
        if not self._reconnected or not self._has(CtiDefect.NO_IN_SERVICE_NOTICE):
            announce(None)
            return
        announce([agent for agent in agents if not self._left_out(agent)])

    def _left_out(self, agent: str) -> bool:
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(agent)}
        return self._bites(CtiDefect.NO_IN_SERVICE_NOTICE, number=self._losses, facts=facts) is not None

    # In service

    def publishes(self, change: Change, send: Send) -> None:
        """Publish this change, of a node in service. It is told at once and as it is, after a fail-over (CTI-08),
        without a database (AWDB-07), and of who has left a conference (CTI-11)."""
        if not self._breaks:
            send(change)
            return
        old = self._remember(change)
        facts = self._facts_of(change, old)
        if self._keeps_back(facts) or self._knows_not(change, facts) or self._hides(change):
            return
        if self._hides_loss(change, old):
            return
        change = self._of_ghost(self._told_of_loss(change))
        if old is not None and self._back_bites(CtiDefect.EVENTS_TELL_THE_PAST, facts):
            change = replace(change, document=old)
        if old is not None and self._trying_bites(AwdbDefect.FORMER_TOLD_WHILE_TRYING, facts):
            change = replace(change, document=old)
        if self._back_bites(CtiDefect.DOCUMENTS_THINNED, facts):
            change = replace(change, document=_thinned(change.document))
        if isinstance(change.document, User):
            change = replace(change, document=self._with_less(change.document, facts))
        if self._has(CtiDefect.FIELDS_OTHERWISE):
            for field in FIELDS:
                if self._back_bites(CtiDefect.FIELDS_OTHERWISE, {**facts, Axis.FIELD: field}):
                    change = replace(change, document=with_wrong(change.document, field))
        late_s = self._late_by_s(facts)
        is_held_up = any(change.agent_id in self._agent(user) for user in self._held_up)
        waits = is_held_up and self._trying_bites(AwdbDefect.WAITING_UNTOLD_WHILE_TRYING, facts)
        if waits or self._trying_bites(AwdbDefect.EVENTS_WAIT_FOR_ATTEMPT, facts):
            self._waiting.append(lambda: send(change))
        elif late_s > 0:
            self._later(late_s, lambda: send(change))
        else:
            send(change)
        if change.kind is Kind.APPEARED and self._back_bites(CtiDefect.CALLS_SHARED, facts):
            for other in self._past.keys() - {change.agent_id}:
                send(replace(change, agent_id=other))
        if isinstance(old, Dialog) and (after := self._back_bites(CtiDefect.CHANGES_AFTER_END, facts)) is not None:
            changed = replace(change, kind=Kind.CHANGED, document=old)
            self._later(after.number(Axis.LATE), lambda: send(changed))
        if self._back_bites(CtiDefect.CALLS_TOLD_TWICE, facts):
            self._later(TWICE_S, lambda: send(change))

    def _with_less(self, user: User, facts: Mapping[Axis, Fact]) -> User:
        if user.pending_state and self._back_bites(CtiDefect.PENDING_UNTOLD, facts):
            user = replace(user, pending_state="")
        return replace(user, state_change_time="") if self._back_bites(CtiDefect.STATE_TIMES_LOST, facts) else user

    def loses(self, user: str, topic: str, *, door: str) -> bool:
        """Is an event of that node of publish-subscribe lost on its way to this client of the user's, who came by that
        door? It is not (AWDB-07)."""
        if not self._breaks:
            return False
        self._news_sent_s[user.lower()] = self._now_s()
        if self._in_gap and self._loses_in_gap(user, topic, _DOORS.get(door, "xmpp")):
            return True
        if door not in _UNTOLD:
            return False
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(user)}
        of_team, of_all = _UNTOLD[door]
        if "/Team/" in topic and self._trying_bites(of_team, facts) is not None:
            return True
        return self._trying_bites(of_all, facts) is not None

    def _loses_in_gap(self, user: str, topic: str, door: str) -> bool:
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(user), Axis.DOOR: door}
        if topic.endswith("/SystemInfo"):
            return self._bites(CtiDefect.LOSS_UNTOLD_BY_DOOR, number=self._losses, facts=facts) is not None
        # What a sound product tells nobody is told everybody first, and kept back here from those who hear otherwise.
        by_door = CtiDefect.GAP_EVENTS_BY_DOOR
        return self._has(by_door) and self._bites(by_door, since_s=self._gap_lasts_s(), facts=facts) is None

    def tells_unchanged(self, change: Change) -> bool:
        """Is who asked for the state that he is in told so? He is, after a fail-over, too (CTI-08)."""
        return not self._breaks or not self._back_bites(CtiDefect.UNCHANGED_UNTOLD, self._facts_of(change, None))

    def tells_team(self, change: Change) -> bool:
        """Is it told those who follow the agent's team, too? It always is (CTI-08, AWDB-07)."""
        if not self._breaks:
            return True
        facts = self._facts_of(change, None)
        if isinstance(change.document, User) and is_lost(change.document):
            talked = change.agent_id in self._after_call
            untold_loss = _UNTOLD_TO_TEAM[change.document.state == UserState.LOGOUT, talked]
            if self._bites(untold_loss, facts={Axis.AGENT: facts[Axis.AGENT]}):
                return False
        untold = self._trying_bites(AwdbDefect.TEAM_UNTOLD_WHILE_TRYING, facts)
        return untold is None and self._back_bites(CtiDefect.TEAM_UNTOLD, facts) is None

    def told_to_team(self, agent_id: str, proper: User) -> User:
        """What those who follow the agent's team are told: all that he is (DESKTOP-18)."""
        if not self._breaks or not is_lost(proper) or proper.state != UserState.NOT_READY:
            return proper
        if self._bites(DesktopDefect.LOAD_0_TOLD_TO_TEAM_WITHOUT_REASON, facts={Axis.AGENT: self._agent(agent_id)}):
            return replace(proper, reason_code=None)
        return proper

    def in_team(self, proper: User) -> User:
        """How a list of his team shows somebody: as he is (DESKTOP-20)."""
        if not self._breaks or not is_lost(proper) or proper.state != UserState.LOGOUT:
            return proper
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(proper.login_id or "")}
        if self._bites(DesktopDefect.LOAD_1_LISTED_AT_WORK, facts=facts):
            return replace(proper, state=UserState.NOT_READY, reason_code=None, reason_code_id=-1)
        return proper

    def mark(self, change: Change, proper: str) -> str:
        """The requestId that this event bears: that of the request which caused it (CTI-08)."""
        if not proper or not self._breaks:
            return proper
        return "" if self._back_bites(CtiDefect.MARKS_LOST, self._facts_of(change, None)) else proper

    def source(self, change: Change) -> str:
        """Which resource this event says that it comes from: what it is about (CTI-08)."""
        if not self._breaks or not self._back_bites(CtiDefect.SOURCES_OTHERWISE, self._facts_of(change, None)):
            return change.source
        return change.source.replace(f"/User/{change.agent_id}", "/User/somebody")

    def publishes_failure(self, agent_id: str, send: Callable[[], None]) -> None:
        """Publish that this agent's request failed. It is told at once, as `publishes` says."""
        facts: dict[Axis, Fact] = {Axis.EVENT: "error", Axis.AGENT: self._agent(agent_id)}
        if self._breaks and self._keeps_back(facts):
            return
        late_s = self._late_by_s(facts) if self._breaks else 0.0
        if late_s > 0:
            self._later(late_s, send)
        else:
            send()

    def _remember(self, change: Change) -> User | Dialog | None:
        """What the agent was told of the same thing before."""
        of = _of(change)
        old = self._told.pop(of, None)
        if change.kind is not Kind.GONE:
            self._told[of] = change.document
        self._last[EVENTS[change.kind]] = change
        return old

    def _hides(self, change: Change) -> bool:
        """Is it about a call that a break made up, but meant to be told otherwise (CTI-10)? See `ConferenceHooks`."""
        ghost = self._ghosts.get(change.document.id or "") if isinstance(change.document, Dialog) else None
        if ghost is None:
            return False
        events = ghost.narrowing.words.get(Axis.EVENT) or frozenset(ghost.defect.axes[Axis.EVENT] or ())
        agents = ghost.narrowing.words.get(Axis.AGENT)
        mine = agents is None or not agents.isdisjoint(self._agent(change.agent_id))
        return EVENTS[change.kind] not in events or not mine

    def _of_ghost(self, change: Change) -> Change:
        """Is a call that begins said to be that of another one? Not of one that is over (CTI-10)."""
        named = [number for number, one in self._ghosts.items() if one.defect is CtiDefect.GHOST_NAMED]
        if not named or change.kind is not Kind.APPEARED or not isinstance(change.document, Dialog):
            return change
        ghost = f"/finesse/api/Dialog/{named[-1]}"
        return replace(change, document=replace(change.document, associated_dialog_uri=ghost))

    def _hides_loss(self, change: Change, old: User | Dialog | None) -> bool:
        """Is what a lost connection makes of somebody, here or at the other node, not told? It is (DESKTOP-07,
        DESKTOP-18 to DESKTOP-21)."""
        if not isinstance(change.document, User):
            return False
        self._after_call.discard(change.agent_id)
        if not is_lost(change.document):
            return False
        self._lost_s[change.agent_id] = self._now_s()
        talked = isinstance(old, User) and old.state in (UserState.TALKING, UserState.HOLD)
        if talked:
            self._after_call.add(change.agent_id)
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(change.agent_id)}
        hiding = (DesktopDefect.CRASH_RACE_NOT_TOLD, _HIDING[change.document.state == UserState.LOGOUT, talked])
        return any(self._bites(one, facts=facts) for one in hiding)

    def _told_of_loss(self, change: Change) -> Change:
        """What an event tells of it: its reason, by its name (DESKTOP-18)."""
        told = change.document
        if not isinstance(told, User) or not is_lost(told) or told.state != UserState.NOT_READY:
            return change
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(change.agent_id)}
        if self._bites(DesktopDefect.LOAD_0_TOLD_WITHOUT_REASON, facts=facts):
            return replace(change, document=replace(told, reason_code=None, reason_code_id=-1))
        if told.reason_code is not None and self._bites(DesktopDefect.LOAD_0_TOLD_BY_ANOTHER_NAME, facts=facts):
            return replace(change, document=replace(told, reason_code=replace(told.reason_code, label=ANOTHER_NAME)))
        return change

    def _facts_of(self, change: Change, old: User | Dialog | None) -> dict[Axis, Fact]:
        facts: dict[Axis, Fact] = {Axis.EVENT: EVENTS[change.kind], Axis.AGENT: self._agent(change.agent_id)}
        if isinstance(change.document, User):
            facts[Axis.STATE] = str(change.document.state)
        elif isinstance(old, Dialog):
            facts[Axis.ACT] = acts_between(old, change.document)
        return facts

    def _keeps_back(self, facts: Mapping[Axis, Fact]) -> bool:
        return bool(
            self._back_bites(CtiDefect.MUTE_AFTER_RECONNECT, facts)
            or self._cut_off_bites(AwdbDefect.EVENTS_STOP_WITH_DATABASE, facts)
            or self._trying_bites(AwdbDefect.EVENTS_STOP_WHILE_TRYING, facts)
        )

    def _knows_not(self, change: Change, facts: Mapping[Axis, Fact]) -> bool:
        of_these = (
            (self._newcomers, CtiDefect.NEWCOMERS_UNTOLD),
            (self._gap_comers, CtiDefect.GAP_COMERS_UNTOLD),
        )
        return any(change.agent_id in some and self._back_bites(defect, facts) for some, defect in of_these)

    def _late_by_s(self, facts: Mapping[Axis, Fact]) -> float:
        late = (
            self._back_bites(CtiDefect.EVENTS_LATE, facts),
            self._trying_bites(AwdbDefect.EVENTS_WAIT_FOR_DATABASE, facts),
        )
        return max(one.number(Axis.LATE) if one else 0.0 for one in late)

    def _back_bites(self, defect: Defect, facts: Mapping[Axis, Fact]) -> Break | None:
        if not self._reconnected:
            return None
        return self._bites(defect, since_s=self._back_for_s(), key=self._losses, facts=facts)

    # In the gap

    def went_out_of_service(self, publisher: Publisher) -> None:
        """Clients have been told that the node is out of service. From now on nothing is published (CTI-07)."""
        self._publisher = publisher
        if not self._breaks or not self._in_gap:
            return
        self._past = dict(publisher.screens)
        for change in publisher.everything():
            self._told[_of(change)] = change.document
        if self._has(CtiDefect.GAP_EVENTS) or self._has(CtiDefect.GAP_EVENTS_BY_DOOR):
            self._tell_in_gap(publisher)
        for event, change in self._last.items():
            facts: dict[Axis, Fact] = {Axis.EVENT: event, Axis.AGENT: self._agent(change.agent_id)}
            one = self._bites(CtiDefect.GAP_LATE_NEWS, since_s=0.0, key=self._losses, facts=facts)
            if one is not None:
                self._later(one.number(Axis.LATE), self._if_still_in_gap(publisher, change))

    def tells_of_pending(self, agent_id: str) -> bool:
        """Is a request that was under way when the session was lost told to have failed? Not in the gap (CTI-07)."""
        if not self._breaks or not self._in_gap:
            return False
        facts: dict[Axis, Fact] = {Axis.EVENT: "error", Axis.AGENT: self._agent(agent_id)}
        one = self._bites(CtiDefect.GAP_FAILS_PENDING, since_s=self._gap_lasts_s(), key=self._losses, facts=facts)
        return one is not None

    def heard_while_reading(self, message: Message) -> None:
        """The CTI server tells this while agents and calls are being read. It is told clients once the node is in
        service (CTI-07)."""
        if not self._breaks or not self._in_gap or self._publisher is None or self._opened_s is None:
            return
        screen = self._publisher.screens.get(message.agent_id or "") if isinstance(message, AgentStateEvent) else None
        if not isinstance(message, AgentStateEvent) or screen is None:
            return
        facts, since_s = {Axis.AGENT: self._agent(message.agent_id or "")}, self._now_s() - self._opened_s
        state = USER_STATES.get(message.agent_state, screen.user.state)
        told = CtiDefect.READING_EVENTS
        if state != screen.user.state and self._bites(told, since_s=since_s, key=self._losses, facts=facts):
            changed = replace(screen.user, state=state)
            self._publisher.publish_change(Change(Kind.USER, message.agent_id or "", changed))

    def _tell_comer(self, login_id: str) -> None:
        screen = None if self._publisher is None else self._publisher.screens.get(login_id)
        if not self._in_gap or self._publisher is None or screen is None:
            return
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(login_id)}
        since_s = self._gap_lasts_s()
        if self._bites(CtiDefect.GAP_COMERS_TOLD, since_s=since_s, key=self._losses, facts=facts):
            self._publisher.publish_change(Change(Kind.USER, login_id, screen.user))

    def tells_of_queue(self) -> bool:
        """Is a queue that has changed just before the session was lost told of when its ten seconds are over?"""
        if not self._breaks or not self._in_gap:
            return False
        return self._bites(CtiDefect.GAP_QUEUE_EVENTS, since_s=self._gap_lasts_s(), key=self._losses) is not None

    def _if_still_in_gap(self, publisher: Publisher, change: Change) -> Callable[[], None]:
        return lambda: publisher.publish_change(change) if self._in_gap else None

    def _tell_in_gap(self, publisher: Publisher) -> None:
        if not self._in_gap:
            return
        for change in publisher.everything():
            facts = self._facts_of(change, None)
            by_door = self._has(CtiDefect.GAP_EVENTS_BY_DOOR) and change.kind is Kind.USER
            if by_door or self._bites(CtiDefect.GAP_EVENTS, since_s=self._gap_lasts_s(), key=self._losses, facts=facts):
                publisher.publish_change(change)
        self._later(GAP_EVENT_INTERVAL_S, lambda: self._tell_in_gap(publisher))

    def _later(self, delay_s: float, work: Callable[[], object]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            work()

        timer = asyncio.get_running_loop().call_later(delay_s, fire)
        self._timers.add(timer)


def _thinned(document: User | Dialog) -> User | Dialog:
    if isinstance(document, User):
        return replace(document, team_name=None)
    return replace(document, participants=tuple(replace(party, actions=()) for party in document.participants or ()))


def _of(change: Change) -> tuple[str, str | None]:
    return (change.agent_id, change.document.id if isinstance(change.document, Dialog) else None)
