"""Teams, as the agents' configuration makes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from chaos.mock.peripheral.states import AgentConfig

FIRST_TEAM_ID = 5001


@dataclass(frozen=True, slots=True)
class Team:
    """members: agent ids, supervisors included, as configured. supervisors: those of them who supervise the others."""

    team_id: int
    name: str
    members: tuple[str, ...]
    supervisors: tuple[str, ...]


def teams_of(agents: Sequence[AgentConfig]) -> tuple[Team, ...]:
    """The teams, by name; their numbers follow the names, as those of the nodes' configuration do."""
    teams = []
    for team_id, name in enumerate(sorted({agent.team for agent in agents}), FIRST_TEAM_ID):
        members = [agent for agent in agents if agent.team == name]
        supervisors = tuple(agent.agent_id for agent in members if agent.supervisor)
        teams.append(Team(team_id, name, tuple(agent.agent_id for agent in members), supervisors))
    return tuple(teams)
