"""Supervisors' requests, and the teams they are told of.

Source: CTI Server Message Reference Guide, "Supervisor Service". Whispering is not offered by Unified CCE's own switch;
intercepting is refused here, which is a limit of the mock.
"""

from collections.abc import Callable, Iterator

from chaos.mock.cti_server.asking import ANY, CONTROL, SUPERVISOR, Asking, BadRequest, Handlers, agent_named
from chaos.mock.peripheral import AgentSnapshot, Peripheral, Refused, Team
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import AgentState, ControlFailure, LocalConnectionState, Message, Status, SupervisoryAction
from chaos.wire.ged188.supervision import ListedTeam, TeamMember

MEMBERS_MAX = 64
NAME_MAX = 31
_PRIMARY_SUPERVISOR = 1
_FREE = frozenset({AgentState.NOT_READY, AgentState.AVAILABLE})


def team_events(peripheral: Peripheral, supervised_by: str | None) -> Iterator[Message]:
    """The teams as a supervisor's session is told of them when it is opened; 64 members a message.

    supervised_by: only the teams of this supervisor; None: all.
    """
    for team in peripheral.teams:
        if supervised_by is not None and supervised_by not in team.supervisors:
            continue
        members = [_member(peripheral, team, agent_id) for agent_id in team.members]
        for first in range(0, len(members), MEMBERS_MAX):
            yield wire.AgentTeamConfigEvent(
                peripheral.config.peripheral_id,
                team.team_id,
                agent_team_name=team.name[:NAME_MAX],
                members=tuple(members[first : first + MEMBERS_MAX]),
            )


def _member(peripheral: Peripheral, team: Team, agent_id: str) -> TeamMember:
    agent = peripheral.agents.get(agent_id)
    assert agent is not None, "teams are made of the configured agents"
    return TeamMember(
        agent_id=agent_id,
        agent_flags=_PRIMARY_SUPERVISOR if agent_id in team.supervisors else 0,
        agent_state=agent.state,
        state_duration=int(peripheral.now() - agent.since_s),
    )


def _list_teams(req: wire.ListAgentTeamReq, peripheral: Peripheral, _: Asking) -> Message:
    supervisor = next((agent for agent in peripheral.agents.all() if agent.number == req.supervisor_id), None)
    if supervisor is None or not any(supervisor.agent_id in team.supervisors for team in peripheral.teams):
        raise BadRequest(Status.SUPERVISOR_NOT_FOUND, f"no supervisor {req.supervisor_id}")
    teams = [team for team in peripheral.teams if supervisor.agent_id in team.supervisors]
    return wire.ListAgentTeamConf(req.invoke_id, teams=tuple(ListedTeam(team_id=team.team_id) for team in teams))


def _desk_settings(req: wire.AgentDeskSettingsReq, peripheral: Peripheral, _: Asking) -> Message:
    agent_named(peripheral, req.agent_id, req.agent_instrument, req.agent_extension)
    return wire.AgentDeskSettingsConf(req.invoke_id, req.peripheral_id)


def _assist(req: wire.SupervisorAssistReq, peripheral: Peripheral, _: Asking) -> Message:
    return _call_supervisor(req, peripheral, wire.SupervisorAssistConf)


def _emergency(req: wire.EmergencyCallReq, peripheral: Peripheral, _: Asking) -> Message:
    return _call_supervisor(req, peripheral, wire.EmergencyCallConf)


def _call_supervisor(
    req: wire.SupervisorAssistReq | wire.EmergencyCallReq, peripheral: Peripheral, conf: Callable[..., Message]
) -> Message:
    """Call a supervisor of the agent's team who is signed in and not on the phone; an active call is held meanwhile."""
    device = req.connection_device_id or req.agent_instrument or req.agent_extension
    agent = peripheral.agents.at(device) if device else agent_named(peripheral, req.agent_id, None, None)
    if agent is None or not agent.device:
        raise Refused(ControlFailure.INVALID_AGENT_ID, f"nobody is signed in at {device!r}")
    supervisor = _free_supervisor(peripheral, agent)
    if supervisor is None:
        raise BadRequest(Status.SUPERVISOR_NOT_FOUND, f"no supervisor of {agent.agent_id} is free")
    calls = peripheral.calls
    active = [call for call, state in calls.at(agent.device) if state is LocalConnectionState.CONNECT]
    if active:
        made = calls.consult(active[0], agent.device, supervisor.device)
    else:
        made = calls.make(agent.device, supervisor.device)
    return conf(
        req.invoke_id,
        made.call_id,
        wire.ConnectionDeviceIdType.STATIC,
        connection_device_id=made.device,
    )


def _free_supervisor(peripheral: Peripheral, of: AgentSnapshot) -> AgentSnapshot | None:
    names = [one for team in peripheral.teams if of.agent_id in team.members for one in team.supervisors]
    agents = [peripheral.agents.get(name) for name in names if name != of.agent_id]
    return next((one for one in agents if one is not None and one.state in _FREE and not _busy(peripheral, one)), None)


def _busy(peripheral: Peripheral, agent: AgentSnapshot) -> bool:
    return bool(peripheral.calls.at(agent.device))


def _supervise(req: wire.SuperviseCallReq, peripheral: Peripheral, _: Asking) -> Message:
    if not isinstance(req.supervisory_action, SupervisoryAction):
        raise BadRequest(Status.INVALID_SUPERVISORY_ACTION, f"no action {req.supervisory_action}")
    device = req.supervisor_connection_device_id or req.supervisor_instrument
    if not device:
        raise BadRequest(Status.REQUIRED_DATA_MISSING, "SupervisorConnectionDeviceID is missing")
    call_id = req.supervisor_connection_call_id
    match req.supervisory_action:
        case SupervisoryAction.CLEAR:
            peripheral.calls.clear_connection(call_id, device)
        case SupervisoryAction.MONITOR:
            call_id = peripheral.calls.monitor(device, _agents_phone(req, peripheral)).call_id
        case SupervisoryAction.BARGE_IN:
            call_id = peripheral.calls.barge_in(call_id, device).call_id
        case SupervisoryAction.INTERCEPT:
            call_id = peripheral.calls.intercept(call_id, device, _agents_phone(req, peripheral)).call_id
        case other:
            raise Refused(ControlFailure.OPERATION_REJECTION, f"{other.name} is not offered")
    return wire.SuperviseCallConf(
        req.invoke_id,
        call_id,
        wire.ConnectionDeviceIdType.STATIC,
        connection_device_id=device,
    )


def _agents_phone(req: wire.SuperviseCallReq, peripheral: Peripheral) -> str:
    device = req.agent_connection_device_id or req.agent_instrument or req.agent_extension
    agent = peripheral.agents.at(device) if device else agent_named(peripheral, req.agent_id, None, None)
    if agent is None or not agent.device:
        raise Refused(ControlFailure.INVALID_AGENT_ID, f"nobody is signed in at {device!r}")
    return agent.device


HANDLERS: Handlers = {
    wire.ListAgentTeamReq: (SUPERVISOR, _list_teams),
    wire.AgentDeskSettingsReq: (ANY, _desk_settings),
    wire.SupervisorAssistReq: (CONTROL, _assist),
    wire.EmergencyCallReq: (CONTROL, _emergency),
    wire.SuperviseCallReq: (SUPERVISOR, _supervise),
}
