"""The monitors of one session: of single devices and calls (PERIPHERAL_MONITOR), of teams (SUPERVISOR).

Source: CTI Server Message Reference Guide, "Peripheral Monitor Service": an event is told once for each monitor that it
matches, under the monitor's number. A monitor of a call ends with the call, all end with the session.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chaos.mock.cti_server import translate
from chaos.mock.cti_server.asking import BadRequest
from chaos.mock.peripheral import AgentStateChanged, Event, Peripheral
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Message, Service, Status

MONITORS_MAX = 4096


@dataclass(frozen=True, slots=True)
class _Monitor:
    """What is watched: a device, else a call, else the agents of a team."""

    device: str | None
    call_id: int | None
    team_id: int | None
    members: frozenset[str]
    call_mask: int
    agent_mask: int

    def matches(self, event: Event) -> bool:
        if isinstance(event, AgentStateChanged):
            agent = event.agent
            ours = agent.agent_id in self.members or (self.device is not None and agent.device == self.device)
            return ours and bool(self.agent_mask & (1 << agent.state))
        if not self.call_mask & translate.CALL_BITS[type(event)]:
            return False
        return event.call_id == self.call_id if self.device is None else event.device == self.device


class Monitors:
    """Numbers begin with 1: 0 is the session itself."""

    def __init__(self, peripheral: Peripheral) -> None:
        self._peripheral = peripheral
        self._numbers = itertools.count(1)
        self._monitors: dict[int, _Monitor] = {}

    def start(self, req: wire.MonitorStartReq) -> int:
        """Watch a device or a call. Raises BadRequest."""
        device, call_id = req.monitored_device_id, None if req.monitored_device_id else req.connection_call_id
        if device is not None and device not in self._peripheral.calls.devices:
            raise BadRequest(Status.INVALID_DEVICE, f"no phone {device!r}")
        if device is None and self._peripheral.calls.get(req.connection_call_id) is None:
            raise BadRequest(Status.INVALID_CALLID, f"no call {req.connection_call_id}")
        if any((one.device, one.call_id, one.team_id) == (device, call_id, None) for one in self._monitors.values()):
            raise BadRequest(Status.MONITOR_ALREADY_EXISTS, f"{device or call_id} is watched already")
        return self._add(_Monitor(device, call_id, None, frozenset(), req.call_msg_mask, req.agent_state_mask))

    def start_team(self, req: wire.MonitorAgentTeamStartReq) -> int:
        """Watch the states of a team's agents. Raises BadRequest."""
        team = next((one for one in self._peripheral.teams if one.team_id == req.team_id), None)
        if team is None:
            raise BadRequest(Status.TEAM_NOT_FOUND, f"no team {req.team_id}")
        if any(one.team_id == req.team_id for one in self._monitors.values()):
            raise BadRequest(Status.AGENT_TEAM_MONITOR_ALREADY_EXISTS, f"team {req.team_id} is watched already")
        members = frozenset(team.members)
        return self._add(_Monitor(None, None, team.team_id, members, 0, int(wire.AgentMask.ALL)))

    def change(self, req: wire.ChangeMonitorMaskReq) -> Message:
        """Raises BadRequest: there is no such monitor."""
        monitor = self._known(req.monitor_id)
        self._monitors[req.monitor_id] = replace(monitor, call_mask=req.call_msg_mask, agent_mask=req.agent_state_mask)
        return wire.ChangeMonitorMaskConf(req.invoke_id)

    def stop(self, req: wire.MonitorStopReq) -> Message:
        """Raises BadRequest: there is no such monitor."""
        self._known(req.monitor_id)
        del self._monitors[req.monitor_id]
        return wire.MonitorStopConf(req.invoke_id)

    def stop_team(self, req: wire.MonitorAgentTeamStopReq) -> Message:
        """Raises BadRequest: there is no such monitor."""
        self._known(req.monitor_id)
        del self._monitors[req.monitor_id]
        return wire.MonitorAgentTeamStopConf(req.invoke_id)

    def matching(self, event: Event) -> Iterator[int]:
        """Numbers of the monitors that an event is to be told under."""
        for number, monitor in tuple(self._monitors.items()):
            if monitor.matches(event):
                yield number
            elif monitor.call_id is not None and self._peripheral.calls.get(monitor.call_id) is None:
                del self._monitors[number]  # its call is over, and the last was told

    def _add(self, monitor: _Monitor) -> int:
        if len(self._monitors) >= MONITORS_MAX:
            raise BadRequest(Status.FUNCTION_NOT_AVAILABLE, f"more than {MONITORS_MAX} monitors")
        number = next(self._numbers)
        self._monitors[number] = monitor
        return number

    def _known(self, monitor_id: int) -> _Monitor:
        try:
            return self._monitors[monitor_id]
        except KeyError:
            raise BadRequest(Status.INVALID_MONITORID, f"no monitor {monitor_id}") from None


Monitoring = Callable[[Monitors, Any], Message]

MONITORING: Mapping[type[Message], tuple[Service, Monitoring]] = {
    wire.MonitorStartReq: (
        Service.PERIPHERAL_MONITOR,
        lambda monitors, req: wire.MonitorStartConf(req.invoke_id, monitors.start(req)),
    ),
    wire.ChangeMonitorMaskReq: (Service.PERIPHERAL_MONITOR, Monitors.change),
    wire.MonitorStopReq: (Service.PERIPHERAL_MONITOR, Monitors.stop),
    wire.MonitorAgentTeamStartReq: (
        Service.SUPERVISOR,
        lambda monitors, req: wire.MonitorAgentTeamStartConf(req.invoke_id, monitors.start_team(req)),
    ),
    wire.MonitorAgentTeamStopReq: (Service.SUPERVISOR, Monitors.stop_team),
}
"""Requests about monitors, the service each needs, and what is done."""
