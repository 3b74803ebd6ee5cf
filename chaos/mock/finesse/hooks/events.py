"""What the Webapp asks as it publishes: whether an event is told, and what is told besides."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.finesse.hooks.databases import DatabaseHooks
from chaos.mock.finesse.screen import Change, Kind

GAP_EVENT_INTERVAL_S = 1.0

_EVENTS = {Kind.USER: "user", Kind.APPEARED: "dialog-new", Kind.CHANGED: "dialog-changed", Kind.GONE: "dialog-gone"}


class Publisher(Protocol):
    """The Webapp, as its hooks see it."""

    def everything(self) -> Iterable[Change]:
        """What clients were last shown, as if all of it had changed."""

    def publish_change(self, change: Change) -> None:
        """Publish it, whatever state the node is in."""


class EventHooks(DatabaseHooks):
    """Asked for everything that the Webapp publishes."""

    def _began(self) -> None:
        super()._began()
        self._timers: set[asyncio.TimerHandle] = set()

    def process_ended(self) -> None:
        """The Webapp's process has ended: nothing that was put off is told any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def tells(self, change: Change) -> bool:
        """Is this change, of a node in service, told its agent? It is, after a fail-over (CTI-08), and without a
        database (AWDB-07)."""
        return not self._breaks or not self._keeps_back(_EVENTS[change.kind], change.agent_id)

    def tells_failure(self, agent_id: str) -> bool:
        """Is the failure of this agent's request told? It is, as `tells` says."""
        return not self._breaks or not self._keeps_back("error", agent_id)

    def _keeps_back(self, event: str, agent_id: str) -> bool:
        facts: dict[Axis, Fact] = {Axis.EVENT: event, Axis.AGENT: self._agent(agent_id)}
        mute, cut_off = Defect.MUTE_AFTER_RECONNECT, Defect.EVENTS_STOP_WITH_DATABASE
        return bool(
            (self._reconnected and self._bites(mute, since_s=self._back_for_s(), key=self._losses, facts=facts))
            or (self._cut_off and self._bites(cut_off, since_s=self._cut_off_for_s(), key=self._outages, facts=facts))
        )

    def told_of_service(self, agents: Iterable[str]) -> frozenset[str] | None:
        """Which of the agents are told that the node is in service: None, which is everybody (CTI-08)."""
        if not self._reconnected or not self._has(Defect.NO_IN_SERVICE_NOTICE):
            return None
        return frozenset(
            agent
            for agent in agents
            if not self._bites(Defect.NO_IN_SERVICE_NOTICE, number=self._losses, facts={Axis.AGENT: self._agent(agent)})
        )

    def went_out_of_service(self, publisher: Publisher) -> None:
        """Clients have just been told that the node is out of service. From now on nothing is published (CTI-07)."""
        if self._in_gap and self._has(Defect.GAP_EVENTS):
            self._tell_in_gap(publisher)

    def _tell_in_gap(self, publisher: Publisher) -> None:
        if not self._in_gap:
            return
        for change in publisher.everything():
            facts = {Axis.EVENT: _EVENTS[change.kind], Axis.AGENT: self._agent(change.agent_id)}
            if self._bites(Defect.GAP_EVENTS, since_s=self._gap_lasts_s(), key=self._losses, facts=facts):
                publisher.publish_change(change)
        self._later(GAP_EVENT_INTERVAL_S, lambda: self._tell_in_gap(publisher))

    def _later(self, delay_s: float, work: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            work()

        timer = asyncio.get_running_loop().call_later(delay_s, fire)
        self._timers.add(timer)
