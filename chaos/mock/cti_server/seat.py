"""Whom and what an OPEN_REQ names: the agent and the phone of a session that watches one of them."""

from chaos.mock.cti_server.asking import is_consistent
from chaos.mock.peripheral import AgentSnapshot, CallEvent, Event, Peripheral
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Service


class Seat:
    """The seat of one session (CLIENT_EVENTS); without that service nothing is its own."""

    def __init__(self, request: wire.OpenReq, services: int, peripheral: Peripheral) -> None:
        self._request, self._services, self._peripheral = request, services, peripheral

    def agent(self) -> AgentSnapshot | None:
        """The agent by his id, else whoever is signed in at the phone."""
        agents, req = self._peripheral.agents, self._request
        if req.agent_id:
            return agents.get(req.agent_id)
        device = req.agent_instrument or req.agent_extension
        return agents.at(device) if device else None

    def device(self) -> str | None:
        """The phone that is named, else the agent's."""
        if device := self._request.agent_instrument or self._request.agent_extension:
            return device
        agent = self.agent()
        return agent.device if agent and agent.device else None

    def owns(self, event: Event) -> bool:
        """Is the event about this seat?"""
        if not self._services & Service.CLIENT_EVENTS:
            return False
        if isinstance(event, CallEvent):
            return event.device == self.device()
        return event.agent.agent_id == self._request.agent_id or event.agent.device == self.device()

    def is_known(self) -> bool:
        """Are the agent and the phone that are named configured?"""
        req = self._request
        if req.agent_id and self._peripheral.agents.get(req.agent_id) is None:
            return False
        named = {one for one in (req.agent_extension, req.agent_instrument) if one}
        return named <= self._peripheral.calls.devices

    def is_consistent(self) -> bool:
        """Do the agent and the phone that are named belong together?"""
        req, agent = self._request, self.agent()
        return not req.agent_id or agent is None or is_consistent(agent, req.agent_instrument, req.agent_extension)
