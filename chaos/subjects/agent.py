"""An agent at work: signs in at one node, asks it for things, receives its events."""

import ssl
from collections.abc import Callable

from chaos.clients.events import EventStream
from chaos.clients.rest import Answer, FinesseRest
from chaos.inventory import Agent, FinesseNode
from chaos.journal import Journal
from chaos.wire import finesse
from chaos.wire.finesse import Action, DialogRequest, UserRequest, UserState

# No call ever has this id: what is asked for it must be answered, and changes nothing.
NO_CALL = "0"


class WorkingAgent:
    """One person's REST client and event stream at one node. Requests never raise for what the node does."""

    def __init__(
        self,
        agent: Agent,
        node: FinesseNode,
        password: str,
        domain: str,
        journal_of: Callable[[], Journal | None],
        *,
        tls: ssl.SSLContext,
        timeout_s: float,
    ) -> None:
        self.agent = agent
        self.node = node
        self.rest = FinesseRest(
            node,
            journal_of,
            tls=tls,
            timeout_s=timeout_s,
            agent=agent.id,
            user=agent.id,
            password=password,
        )
        self.events = EventStream(node, agent, password, domain, journal_of, tls=tls, timeout_s=timeout_s)
        self._requests = 0

    @property
    def id(self) -> str:
        return self.agent.id

    async def close(self) -> None:
        await self.events.close()
        await self.rest.close()

    async def user(self) -> Answer:
        return await self.rest.get("User/{id}", f"User/{self.id}")

    async def dialogs(self) -> Answer:
        return await self.rest.get("User/{id}/Dialogs", f"User/{self.id}/Dialogs")

    async def set_state(self, state: UserState) -> Answer:
        """PUT User; the answer only says that it was sent on, the event says what came of it."""
        body = finesse.write_user_request(UserRequest(state))
        return await self.rest.send("PUT", "User/{id}", f"User/{self.id}", body, request_id=self._request_id())

    async def sign_in(self) -> Answer:
        body = finesse.write_user_request(UserRequest(UserState.LOGIN, extension=self.agent.extension))
        return await self.rest.send("PUT", "User/{id}", f"User/{self.id}", body, request_id=self._request_id())

    async def ask_for_everything(self, state: UserState) -> None:
        """Every kind of request once, none of which changes anything: the agent is put into `state`, which it is in;
        the calls that are asked for do not exist, and the one that is to be made leads from a device to itself."""
        device = self.agent.extension
        await self.user()
        await self.set_state(state)
        await self.dialogs()
        call = DialogRequest(Action.MAKE_CALL, from_address=device, to_address=device)
        await self._act("POST", "User/{id}/Dialogs", f"User/{self.id}/Dialogs", call)
        await self.rest.get("Dialog/{id}", f"Dialog/{NO_CALL}")
        drop = DialogRequest(Action.DROP, target_media_address=device)
        await self._act("PUT", "Dialog/{id}", f"Dialog/{NO_CALL}", drop)
        await self.rest.get("User/{id}/ReasonCodes", f"User/{self.id}/ReasonCodes?category=NOT_READY")

    async def _act(self, method: str, resource: str, path: str, request: DialogRequest) -> Answer:
        body = finesse.write_dialog_request(request)
        return await self.rest.send(method, resource, path, body, request_id=self._request_id())

    def _request_id(self) -> str:
        self._requests += 1
        return f"{self.id}-{self._requests}"
