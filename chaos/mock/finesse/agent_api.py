"""What agents ask: users, dialogs, reason codes. An administrator may read them.

Source: Finesse developer guide, User, Dialog, ReasonCode and ConnectedUsersInfo APIs.
"""

from xml.etree.ElementTree import Element, SubElement

from aiohttp import web

from chaos.mock.finesse import documents
from chaos.mock.finesse.answers import accepted, document, parsed, request_id, tree
from chaos.mock.finesse.callers import Callers
from chaos.mock.finesse.config import ReasonRecord
from chaos.mock.finesse.failures import ApiFailure, invalid
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.finesse import (
    DialogsChange,
    parse_dialog_request,
    parse_user_request,
    write_dialog,
    write_dialogs,
    write_system_info,
    write_user,
)
from chaos.wire.finesse.fields import Many, Nested
from chaos.wire.finesse.shapes import REASON_CODE, USER


class AgentApi:
    """The resources of one node that the Webapp stands behind."""

    def __init__(self, webapp: Webapp, callers: Callers, reasons: tuple[ReasonRecord, ...]) -> None:
        self._webapp, self._callers, self._reasons = webapp, callers, reasons

    def add_to(self, router: web.UrlDispatcher, api: str) -> None:
        """Serve the resources below that path."""
        router.add_get(f"{api}/SystemInfo", self._get_system_info)
        router.add_get(f"{api}/Users", self._get_users)
        router.add_get(f"{api}/ConnectedUsersInfo", self._get_connected_users)
        router.add_get(f"{api}/User/{{id}}", self._get_user)
        router.add_put(f"{api}/User/{{id}}", self._put_user)
        router.add_get(f"{api}/User/{{id}}/Dialogs", self._get_dialogs)
        router.add_post(f"{api}/User/{{id}}/Dialogs", self._post_dialog)
        router.add_get(f"{api}/User/{{id}}/ReasonCodes", self._get_user_reasons)
        router.add_get(f"{api}/Dialog/{{id}}", self._get_dialog)
        router.add_put(f"{api}/Dialog/{{id}}", self._put_dialog)
        router.add_get(f"{api}/ReasonCodes", self._get_reasons)
        router.add_get(f"{api}/ReasonCode/{{id}}", self._get_reason)

    async def _get_system_info(self, request: web.Request) -> web.StreamResponse:
        return document(write_system_info(self._webapp.system_info_shown()))

    async def _get_users(self, request: web.Request) -> web.StreamResponse:
        await self._callers.administrator(request)
        root = Element("Users")
        Many("User", Nested(USER)).write(root, self._webapp.users(), event=False)
        return tree(root)

    async def _get_connected_users(self, request: web.Request) -> web.StreamResponse:
        """Who is connected to this node, as numbers. Source: Finesse developer guide, "ConnectedUsersInfo" (12.6)."""
        await self._callers.administrator(request)
        clients = self._webapp.clients()
        desktops = sum(client.endswith("/desktop") for client in clients)
        root = Element("ConnectedUsersInfo")
        for name, count in (
            ("desktopUsers", desktops),
            ("fippaUsers", 0),
            ("thirdPartyUsers", len(clients) - desktops),
            ("totalConnectedUsers", len(clients)),
            ("totalConnectedUsersViaProxy", 0),
        ):
            SubElement(root, name).text = str(count)
        return tree(root)

    # Users

    async def _get_user(self, request: web.Request) -> web.StreamResponse:
        record = self._callers.own(await self._callers.caller(request), request, administrators=True)
        return document(write_user(self._webapp.user(record.login_id)))

    async def _put_user(self, request: web.Request) -> web.StreamResponse:
        caller = await self._callers.caller(request)
        record = self._callers.own(caller, request)
        body = await parsed(request, parse_user_request)
        return await accepted(
            request,
            lambda answered: self._webapp.control.put_user(
                record.login_id,
                body,
                password=caller.password,
                request_id=request_id(request),
                answered=answered,
            ),
        )

    # Dialogs

    async def _get_dialogs(self, request: web.Request) -> web.StreamResponse:
        record = self._callers.own(await self._callers.caller(request), request, administrators=True)
        return document(write_dialogs(DialogsChange(self._webapp.dialogs(record.login_id))))

    async def _post_dialog(self, request: web.Request) -> web.StreamResponse:
        record = self._callers.own(await self._callers.caller(request), request)
        body = await parsed(request, parse_dialog_request)
        return await accepted(
            request,
            lambda answered: self._webapp.control.make_call(
                record.login_id, body, request_id=request_id(request), answered=answered
            ),
        )

    async def _get_dialog(self, request: web.Request) -> web.StreamResponse:
        login_id = self._callers.login_id(await self._callers.caller(request))
        return document(write_dialog(self._webapp.dialog(login_id, request.match_info["id"])))

    async def _put_dialog(self, request: web.Request) -> web.StreamResponse:
        login_id = self._callers.login_id(await self._callers.caller(request))
        dialog_id = request.match_info["id"]
        self._webapp.dialog(login_id, dialog_id)
        body = await parsed(request, parse_dialog_request)
        return await accepted(
            request,
            lambda answered: self._webapp.control.act(
                login_id, dialog_id, body, request_id=request_id(request), answered=answered
            ),
        )

    # Reason codes

    async def _get_user_reasons(self, request: web.Request) -> web.StreamResponse:
        self._callers.own(await self._callers.caller(request), request, administrators=True)
        return self._reason_codes(request)

    async def _get_reasons(self, request: web.Request) -> web.StreamResponse:
        await self._callers.administrator(request)
        return self._reason_codes(request)

    def _reason_codes(self, request: web.Request) -> web.StreamResponse:
        category = request.query.get("category")
        if category not in (None, "NOT_READY", "LOGOUT", "ALL"):
            raise invalid("category")
        found = [
            documents.configured_reason(record)
            for record in self._reasons
            if category in (None, "ALL", record.category)
        ]
        root = Element("ReasonCodes")
        Many("ReasonCode", Nested(REASON_CODE)).write(root, found, event=False)
        return tree(root)

    async def _get_reason(self, request: web.Request) -> web.StreamResponse:
        await self._callers.caller(request)
        for record in self._reasons:
            if str(record.reason_id) == request.match_info["id"]:
                root = Element("ReasonCode")
                Nested(REASON_CODE).write(root, documents.configured_reason(record), event=False)
                return tree(root)
        raise ApiFailure(404, "Not Found", "REASON_CODE_NOT_FOUND", request.match_info["id"])
