"""What agents and supervisors ask that the CTI server has to do with: users and dialogs.

Source: Finesse developer guide, User and Dialog APIs.
"""

from collections.abc import Iterator
from contextlib import suppress
from xml.etree.ElementTree import Element

from aiohttp import web

from chaos.mock.finesse.answers import accepted, document, parsed, request_id, tree
from chaos.mock.finesse.callers import Callers, mismatch
from chaos.mock.finesse.commands import SUPERVISORY
from chaos.mock.finesse.control import no_dialog
from chaos.mock.finesse.failures import ApiFailure, internal_error, missing, of_status
from chaos.mock.finesse.resources.route import Asked, Route, Who
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.finesse import (
    DialogsChange,
    UserState,
    parse_dialog_request,
    parse_user_request,
    write_dialog,
    write_dialogs,
    write_system_info,
    write_user,
)
from chaos.wire.finesse.fields import Many, Nested
from chaos.wire.finesse.shapes import USER


class AgentApi:
    """The resources of one node that the Webapp stands behind."""

    def __init__(self, webapp: Webapp, callers: Callers) -> None:
        self._webapp, self._callers = webapp, callers

    def routes(self) -> Iterator[Route]:
        """All of them."""
        yield Route("GET", "SystemInfo", Who.ANYBODY, self._get_system_info)
        yield Route("GET", "Users", Who.ADMINISTRATOR, self._get_users)
        yield Route("GET", "User/{id}", Who.LED, self._get_user)
        yield Route("PUT", "User/{id}", Who.LED, self._put_user)
        yield Route("GET", "User/{id}/Dialogs", Who.LED, self._get_dialogs)
        yield Route("POST", "User/{id}/Dialogs", Who.SELF, self._post_dialog)
        yield Route("GET", "Dialog/{dialog}", Who.USER, self._get_dialog)
        yield Route("PUT", "Dialog/{dialog}", Who.USER, self._put_dialog)

    async def _get_system_info(self, asked: Asked) -> web.StreamResponse:
        refused = self._webapp.info_status()
        if refused is not None:
            raise of_status(refused)
        return document(write_system_info(self._webapp.system_info_shown()))

    # Users

    async def _get_users(self, asked: Asked) -> web.StreamResponse:
        root = Element("Users")
        Many("User", Nested(USER)).write(root, self._webapp.users(), event=False)
        return tree(root)

    async def _get_user(self, asked: Asked) -> web.StreamResponse:
        if self._webapp.is_unreadable(asked.user.login_id):
            raise internal_error()
        return document(write_user(self._webapp.user(asked.user.login_id)))

    async def _put_user(self, asked: Asked) -> web.StreamResponse:
        """His own state, or as a supervisor that of somebody in his team."""
        caller, login_id = asked.by, asked.user.login_id
        own = login_id == self._callers.login_id(caller)
        if caller.administrator and not own:
            raise mismatch(asked.params["id"])
        body = await parsed(asked.request, parse_user_request)
        if own and body.reason_code_id is None and self._webapp.wants_reason(asked.user, body.state or ""):
            raise missing("reasonCodeId")
        if own and body.state == UserState.LOGOUT:
            self._callers.signs_out(caller)
        return await accepted(
            asked.request,
            lambda answered: self._webapp.control.put_user(
                login_id,
                body,
                password=(None if asked.user.signs_on else caller.password) if own else "",
                request_id=request_id(asked.request),
                answered=answered,
                supervisor=not own,
            ),
            headers=self._callers.opened(caller, asked.request) if body.state == UserState.LOGIN else None,
        )

    # Dialogs

    async def _get_dialogs(self, asked: Asked) -> web.StreamResponse:
        return document(write_dialogs(DialogsChange(self._webapp.dialogs(asked.user.login_id))))

    async def _post_dialog(self, asked: Asked) -> web.StreamResponse:
        body = await parsed(asked.request, parse_dialog_request)
        if body.requested_action in SUPERVISORY:
            self._must_lead(asked, body.to_address or "")
        return await accepted(
            asked.request,
            lambda answered: self._webapp.control.make_call(
                asked.user.login_id, body, request_id=request_id(asked.request), answered=answered
            ),
        )

    def _must_lead(self, asked: Asked, extension: str) -> None:
        """Raises ApiFailure: he is no supervisor, or whoever is signed in there belongs to no team of his."""
        if not asked.user.supervises:
            raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", asked.by.user)
        if not extension:
            raise missing("toAddress")
        record = self._webapp.signed_in_at(extension)
        if record is None or record.team_id not in asked.user.supervises:
            raise ApiFailure(400, "Invalid Destination", "INVALID_DESTINATION", extension)

    async def _get_dialog(self, asked: Asked) -> web.StreamResponse:
        """Whoever may read a user's list of dialogs may read each of them."""
        own, dialog_id = self._callers.login_id(asked.by), asked.params["dialog"]
        for login_id in (own, *self._callers.looked_after(asked.by)):
            with suppress(ApiFailure):
                return document(write_dialog(self._webapp.dialog(login_id, dialog_id)))
        raise no_dialog(dialog_id)

    async def _put_dialog(self, asked: Asked) -> web.StreamResponse:
        login_id, dialog_id = self._callers.login_id(asked.by), asked.params["dialog"]
        self._webapp.dialog(login_id, dialog_id)
        body = await parsed(asked.request, parse_dialog_request)
        return await accepted(
            asked.request,
            lambda answered: self._webapp.control.act(
                login_id,
                dialog_id,
                body,
                request_id=request_id(asked.request),
                answered=answered,
                supervisor=bool(self._callers.supervised_by(asked.by)),
            ),
        )
