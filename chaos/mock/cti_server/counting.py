"""Statistics of agents and skill groups, as Finesse polls them: what the peripheral knows now, every other counter 0.

Source: CTI Server Message Reference Guide, QUERY_AGENT_STATISTICS and QUERY_SKILL_GROUP_STATISTICS. That the mock keeps
no history of handled calls is a limit of the mock.
"""

from collections import Counter
from collections.abc import Sequence

from chaos.mock.cti_server.asking import ANY, Asking, BadRequest, Handlers, agent_named
from chaos.mock.peripheral import AgentSnapshot, Peripheral
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import NULL_ID, AgentState, Message, Status

_READY = frozenset(
    {AgentState.AVAILABLE, AgentState.TALKING, AgentState.HOLD, AgentState.RESERVED, AgentState.WORK_READY}
)


def _agent(req: wire.QueryAgentStatisticsReq, peripheral: Peripheral, _: Asking) -> Message:
    agent = agent_named(peripheral, req.agent_id, req.agent_instrument, req.agent_extension)
    if agent.state is AgentState.LOGOUT:
        raise BadRequest(Status.AGENT_NOT_LOGGED_ON, f"agent {agent.agent_id} is signed out")
    in_state_s = int(peripheral.now() - agent.since_s)
    available_s = in_state_s if agent.state is AgentState.AVAILABLE else 0
    not_ready_s = in_state_s if agent.state is AgentState.NOT_READY else 0
    return wire.QueryAgentStatisticsConf(
        req.invoke_id,
        req.peripheral_id,
        avail_time_session=available_s,
        logged_on_time_session=in_state_s,
        not_ready_time_session=not_ready_s,
        icm_available_time_session=available_s,
        routable_time_session=in_state_s,
        avail_time_today=available_s,
        logged_on_time_today=in_state_s,
        not_ready_time_today=not_ready_s,
        icm_available_time_today=available_s,
        routable_time_today=in_state_s,
        agent_extension=agent.device or None,
        agent_id=agent.agent_id,
        agent_instrument=agent.device or None,
    )


def _skill_group(req: wire.QuerySkillGroupStatisticsReq, peripheral: Peripheral, _: Asking) -> Message:
    asked = req.skill_group_id if req.skill_group_number == NULL_ID else req.skill_group_number
    agents = [agent for agent in peripheral.agents.all() if agent.skill_group == asked]
    if not agents:
        raise BadRequest(Status.INVALID_SKILL_GROUP, f"no skill group {asked}")
    states = Counter(agent.state for agent in agents)
    here = len(agents) - states[AgentState.LOGOUT]
    ins, outs, others = _talking(agents, peripheral)
    return wire.QuerySkillGroupStatisticsConf(
        req.invoke_id,
        req.peripheral_id,
        asked,
        asked,
        agents_logged_on=here,
        agents_avail=states[AgentState.AVAILABLE],
        agents_not_ready=states[AgentState.NOT_READY],
        agents_ready=sum(states[state] for state in _READY),
        agents_talking_in=ins,
        agents_talking_out=outs,
        agents_talking_other=others,
        agents_work_not_ready=states[AgentState.WORK_NOT_READY],
        agents_work_ready=states[AgentState.WORK_READY],
        agents_reserved=states[AgentState.RESERVED],
        agents_hold=states[AgentState.HOLD],
        agents_icm_available=states[AgentState.AVAILABLE],
    )


def _talking(agents: Sequence[AgentSnapshot], peripheral: Peripheral) -> tuple[int, int, int]:
    """Agents on the phone, by the direction of their calls: from outside, to outside, among themselves."""
    ways = Counter(peripheral.direction(agent) for agent in agents if agent.state is AgentState.TALKING)
    return ways[1], ways[2], ways[3] + ways[4]


HANDLERS: Handlers = {
    wire.QueryAgentStatisticsReq: (ANY, _agent),
    wire.QuerySkillGroupStatisticsReq: (ANY, _skill_group),
}
