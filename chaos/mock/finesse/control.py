"""Requests that need the CTI server: states, calls, and what is done to them. Each is answered with 202 once the CTI
server has taken it; what comes of it is told by events."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from chaos.mock.finesse import commands
from chaos.mock.finesse.config import ReasonRecord
from chaos.mock.finesse.cti_link import CtiLink, CtiLost, CtiSilent
from chaos.mock.finesse.failures import (
    ApiFailure,
    asynchronous,
    internal_error,
    invalid,
    is_refusal,
    of_status,
    out_of_service,
)
from chaos.mock.finesse.publishing import Answered, Publishing
from chaos.mock.finesse.screen import Kind
from chaos.mock.finesse.turns import TooMany, Turns
from chaos.mock.finesse.view import Agent
from chaos.wire.finesse import Action, DialogRequest, UserRequest, UserState
from chaos.wire.ged188.errors import EncodeError
from chaos.wire.ged188.fields import Message

# What a client calls the parameter that would not fit into a field of the CTI request.
_PARAMETERS = {
    "dialed_number": "toAddress",
    "agent_extension": "toAddress",
    "call_wrapup_data": "wrapUpReason",
    "agent_instrument": "extension",
}


class Control:
    """The requests of one run of the Webapp.

    link: None while there is none. is_serving: does the node serve clients? reply_s: how long the CTI server's word is
    waited for. queue_limit: requests that may wait for one object. carried_out: what is sent for what was asked.
    refuses_unchanged: asked with whether what is asked for is so already. drop_status: with what who drops off is
    answered instead.
    """

    def __init__(
        self,
        publishing: Publishing,
        *,
        link: Callable[[], CtiLink | None],
        is_serving: Callable[[], bool],
        reasons: Sequence[ReasonRecord],
        peripheral_id: int,
        reply_s: float,
        queue_limit: int,
        carried_out: Callable[[Message], Message] = lambda command: command,
        refuses_unchanged: Callable[[bool], bool] = lambda _: False,
        drop_status: Callable[[str, str], int | None] = lambda _login_id, _dialog_id: None,
    ) -> None:
        self._carried_out, self._refuses_unchanged, self._drop_status = carried_out, refuses_unchanged, drop_status
        self._publishing, self._link, self._is_serving = publishing, link, is_serving
        self._reasons, self._peripheral_id, self._reply_s = reasons, peripheral_id, reply_s
        self._turns = Turns(queue_limit)

    async def put_user(
        self,
        login_id: str,
        request: UserRequest,
        *,
        password: str | None,
        request_id: str,
        answered: Answered,
        supervisor: bool = False,
    ) -> None:
        """Change a user's state. Returns when it is to be answered with 202. Raises ApiFailure.

        password: his; None: he has signed on elsewhere, which the CTI server is told instead (SSOEnabled).
        supervisor: it is his who asks.
        """
        async with self._in_turn(f"User/{login_id}"):
            make = commands.state_of_another if supervisor else commands.agent_state
            command = make(
                request,
                login_id,
                self._agent(login_id),
                password=password,
                reasons=self._reasons,
                peripheral_id=self._peripheral_id,
            )
            key = (Kind.USER.name, login_id)
            if self._refuses_unchanged(self._publishing.screens[login_id].user.state == request.state):
                raise of_status(400, login_id)
            if command is not None:
                if request.state == UserState.LOGIN:
                    self._publishing.reached_by(login_id, request.mobile_agent)
                await self._send(command, key, request_id, answered, on_call=None)
            else:
                self._publishing.expect(key, request_id)
            if command is None or self._publishing.screens[login_id].user.state == request.state:
                self._publishing.after(answered, lambda: self._publishing.tell_unchanged(login_id, key))

    async def make_call(self, login_id: str, request: DialogRequest, *, request_id: str, answered: Answered) -> None:
        """Make a call. As `put_user`."""
        async with self._in_turn(f"User/{login_id}/Dialogs"):
            supervises = request.requested_action in commands.SUPERVISORY
            make = commands.supervise if supervises else commands.make_call
            command: Message = make(request, self._agent(login_id), peripheral_id=self._peripheral_id)
            key = (Kind.APPEARED.name, login_id)
            await self._send(command, key, request_id, answered, on_call=f"/finesse/api/User/{login_id}/Dialogs")

    async def act(
        self,
        login_id: str,
        dialog_id: str,
        request: DialogRequest,
        *,
        request_id: str,
        answered: Answered,
        supervisor: bool = False,
    ) -> None:
        """Act on a dialog that the user has. As `put_user`. supervisor: the user is one."""
        async with self._in_turn(f"Dialog/{dialog_id}"):
            view = self._publishing.view
            shown = self._publishing.screens.get(login_id)
            call = view.calls.get(int(dialog_id)) if shown is not None and dialog_id in shown.dialogs else None
            if call is None:
                raise no_dialog(dialog_id)
            command = commands.act(
                request,
                call,
                self._agent(login_id),
                view,
                peripheral_id=self._peripheral_id,
                supervisor=supervisor,
            )
            instead = self._drop_status(login_id, dialog_id) if request.requested_action == Action.DROP else None
            if instead is not None:
                if instead >= 400:
                    raise of_status(instead, login_id)
                return
            key = (Kind.CHANGED.name, login_id, dialog_id)
            properties = self._publishing.screens[login_id].dialogs[dialog_id].media_properties
            has = set() if properties is None else set(properties.call_variables or ())
            if self._refuses_unchanged(bool(request.call_variables) and set(request.call_variables) <= has):
                raise of_status(400, login_id)
            await self._send(command, key, request_id, answered, on_call=f"/finesse/api/Dialog/{dialog_id}")

    def _agent(self, login_id: str) -> Agent:
        return self._publishing.view.agents.get(login_id, Agent())

    async def _send(
        self, command: Message, key: tuple[str, ...], request_id: str, answered: Answered, *, on_call: str | None
    ) -> None:
        """Send a request to the CTI server and wait for its word."""
        link = self._link()
        if link is None:
            raise out_of_service()
        self._publishing.expect(key, request_id)
        try:
            conf = await link.request(self._carried_out(command), self._reply_s)
        except CtiSilent:
            self._publishing.expect_nothing(key)
            raise internal_error() from None
        except CtiLost:
            self._publishing.expect_nothing(key)
            raise internal_error() if self._is_serving() else out_of_service() from None
        except EncodeError as error:
            self._publishing.expect_nothing(key)
            raise invalid(_PARAMETERS.get(error.field, error.field)) from None
        if is_refusal(conf):
            self._publishing.expect_nothing(key)
            source = on_call or f"/finesse/api/User/{key[1]}"
            errors = asynchronous(conf, on_call=on_call is not None)
            self._publishing.after(answered, lambda: self._publishing.tell_failure(errors, key[1], source, request_id))
        else:
            self._publishing.after(answered, None)

    @asynccontextmanager
    async def _in_turn(self, key: str) -> AsyncIterator[None]:
        try:
            async with self._turns.turn(key):
                if not self._is_serving():  # it may have changed while we waited
                    raise out_of_service()
                yield
        except TooMany:
            raise out_of_service() from None


def no_dialog(dialog_id: str) -> ApiFailure:
    """404: the user has no such dialog."""
    return ApiFailure(404, "Dialog Not Found", "Invalid dialogId specified for dialog", dialog_id)
