"""The Cisco Finesse Tomcat: REST over TLS, and the life of the Webapp within it."""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast
from xml.etree.ElementTree import Element, SubElement

from aiohttp import web
from aiohttp.typedefs import Middleware

from chaos.mock.defects import Defect
from chaos.mock.finesse import documents
from chaos.mock.finesse.administration import Administration, InvalidSetting
from chaos.mock.finesse.config import NodeConfig, NodeOptions, UserRecord
from chaos.mock.finesse.credentials import Checked, Credentials, Lockout
from chaos.mock.finesse.desktop import DesktopPages
from chaos.mock.finesse.failures import (
    ApiFailure,
    database_error,
    internal_error,
    invalid,
    missing,
    out_of_service,
)
from chaos.mock.finesse.listener import TlsListener
from chaos.mock.finesse.webapp import Webapp
from chaos.mock.service import Service
from chaos.wire.finesse import (
    BadDocument,
    DialogsChange,
    SystemStatus,
    parse_cluster_config,
    parse_dialog_request,
    parse_enterprise_database_config,
    parse_system_config,
    parse_user_request,
    write_api_errors,
    write_cluster_config,
    write_dialog,
    write_dialogs,
    write_enterprise_database_config,
    write_system_config,
    write_system_info,
    write_user,
)
from chaos.wire.finesse.documents import DECLARATION
from chaos.wire.finesse.fields import Many, Nested
from chaos.wire.finesse.shapes import REASON_CODE, USER
from chaos.wire.xml import pretty

NAME = "Cisco Finesse Tomcat"
BODY_BYTES = 256 * 1024
SHUTDOWN_S = 1.0
REQUEST_ID_BYTES = 1024
XML = "application/xml"

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and when it came, on the loop's clock."""

    user: str
    password: str = field(repr=False)
    administrator: bool
    asked_s: float


CALLER = web.RequestKey("caller", Caller)
"""Where a request's checked caller stands."""


class Tomcat(Service):
    """REST of one node, on port 8445. It starts the Webapp and takes it down with itself.

    port: where it listens, from the first start on.
    """

    def __init__(
        self,
        config: NodeConfig,
        webapp: Webapp,
        *,
        ssl_context: ssl.SSLContext,
        credentials: Credentials,
        administration: Administration,
        options: NodeOptions,
    ) -> None:
        super().__init__(NAME, start_s=options.tomcat_start_s)
        self.port = config.rest_port
        self.webapp = webapp
        self._config, self._ssl, self._options = config, ssl_context, options
        self._credentials, self._administration = credentials, administration
        self._runner: web.AppRunner | None = None
        self._listener: TlsListener | None = None
        self._lockout = self._new_lockout()

    # Service

    async def _open(self) -> None:
        self._lockout = self._new_lockout()
        self._credentials.start()
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        self._runner = runner
        server = runner.server
        assert server is not None
        self._listener = TlsListener(
            cast(Callable[[], asyncio.BaseProtocol], server), self._ssl, connections=self._options.connections
        )
        self.port = self.webapp.rest_port = self._listener.open(self._config.listen, self.port)
        await self.webapp.start()

    async def _close(self) -> None:
        if self._listener is not None:
            await self._listener.close_door()
        await self.webapp.stop()
        await self._end(reset=False)

    async def _kill(self) -> None:
        if self._listener is not None:
            await self._listener.close_door()
            await self._listener.end(reset=True)
        await self.webapp.die()
        await self._end(reset=True)

    async def _end(self, *, reset: bool) -> None:
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        if runner is not None:
            await runner.cleanup()
        if listener is not None:
            await listener.end(reset=reset)
        await self._credentials.stop()

    def _new_lockout(self) -> Lockout:
        return Lockout(
            wrong_passwords=self._options.wrong_passwords,
            lockout_s=self._options.lockout_s,
            now=lambda: asyncio.get_running_loop().time(),
        )

    # Routing

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=BODY_BYTES, middlewares=[_guarded(self)])
        api = "/finesse/api"
        add = application.router
        add.add_get(f"{api}/SystemInfo", self._get_system_info)
        add.add_get(f"{api}/Users", self._get_users)
        add.add_get(f"{api}/ConnectedUsersInfo", self._get_connected_users)
        add.add_get(f"{api}/User/{{id}}", self._get_user)
        add.add_put(f"{api}/User/{{id}}", self._put_user)
        add.add_get(f"{api}/User/{{id}}/Dialogs", self._get_dialogs)
        add.add_post(f"{api}/User/{{id}}/Dialogs", self._post_dialog)
        add.add_get(f"{api}/User/{{id}}/ReasonCodes", self._get_user_reasons)
        add.add_get(f"{api}/Dialog/{{id}}", self._get_dialog)
        add.add_put(f"{api}/Dialog/{{id}}", self._put_dialog)
        add.add_get(f"{api}/ReasonCodes", self._get_reasons)
        add.add_get(f"{api}/ReasonCode/{{id}}", self._get_reason)
        add.add_get(f"{api}/SystemConfig", self._get_system_config)
        add.add_put(f"{api}/SystemConfig", self._put_system_config)
        add.add_get(f"{api}/EnterpriseDatabaseConfig", self._get_database_config)
        add.add_put(f"{api}/EnterpriseDatabaseConfig", self._put_database_config)
        add.add_get(f"{api}/ClusterConfig", self._get_cluster_config)
        add.add_put(f"{api}/ClusterConfig", self._put_cluster_config)
        DesktopPages(
            self.webapp,
            check=self.check,
            succeeded=lambda user, password, asked_s: self._credentials.succeeded(user, password, asked_s=asked_s),
            defects=self.webapp.defects,
        ).add_to(add)
        return application

    def remember(self, request: web.Request, status: int) -> None:
        """The request was answered with that status: one that succeeded makes its credentials good for a while."""
        caller = request.get(CALLER)
        if caller is not None and status < 400:
            self._credentials.succeeded(caller.user, caller.password, asked_s=caller.asked_s)

    def check_service(self, request: web.Request) -> None:
        """Raise what every request gets while out of service. SystemInfo is how clients learn of it, and excepted."""
        webapp, path = self.webapp, request.path
        if path == "/finesse/api/SystemInfo" or not path.startswith("/finesse/api/"):
            return
        is_dialogs = request.method == "GET" and path.startswith("/finesse/api/User/") and path.endswith("/Dialogs")
        is_user = request.method == "PUT" and path.startswith("/finesse/api/User/")
        if webapp.status is SystemStatus.IN_SERVICE:
            if is_dialogs and webapp.reconnected and Defect.STILL_503_AFTER_RECONNECT in webapp.defects:
                raise out_of_service()
            return
        if webapp.in_gap and is_dialogs and Defect.GAP_ANSWERS_DIALOGS in webapp.defects:
            return
        if webapp.in_gap and is_user and Defect.GAP_500 in webapp.defects:
            raise internal_error()
        raise out_of_service()

    # Resources

    async def _get_system_info(self, request: web.Request) -> web.StreamResponse:
        return _document(write_system_info(self.webapp.system_info()))

    async def _get_users(self, request: web.Request) -> web.StreamResponse:
        await self._administrator(request)
        root = Element("Users")
        Many("User", Nested(USER)).write(root, self.webapp.users(), event=False)
        return _document(_whole(root))

    async def _get_connected_users(self, request: web.Request) -> web.StreamResponse:
        """Who is connected to this node, as numbers. Source: Finesse developer guide, "ConnectedUsersInfo" (12.6)."""
        await self._administrator(request)
        clients = self.webapp.clients()
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
        return _document(_whole(root))

    async def _get_user(self, request: web.Request) -> web.StreamResponse:
        record = self._own(await self._caller(request), request, administrators=True)
        return _document(write_user(self.webapp.user(record.login_id)))

    async def _put_user(self, request: web.Request) -> web.StreamResponse:
        caller = await self._caller(request)
        record = self._own(caller, request)
        body = _parsed(parse_user_request, await _body(request))
        return await _accepted(
            request,
            lambda answered: self.webapp.put_user(
                record.login_id,
                body,
                password=caller.password,
                request_id=_request_id(request),
                answered=answered,
            ),
        )

    async def _get_dialogs(self, request: web.Request) -> web.StreamResponse:
        record = self._own(await self._caller(request), request, administrators=True)
        return _document(write_dialogs(DialogsChange(self.webapp.dialogs(record.login_id))))

    async def _post_dialog(self, request: web.Request) -> web.StreamResponse:
        record = self._own(await self._caller(request), request)
        body = _parsed(parse_dialog_request, await _body(request))
        return await _accepted(
            request,
            lambda answered: self.webapp.make_call(
                record.login_id, body, request_id=_request_id(request), answered=answered
            ),
        )

    async def _get_dialog(self, request: web.Request) -> web.StreamResponse:
        caller = await self._caller(request)
        return _document(write_dialog(self.webapp.dialog(self._login_id(caller), request.match_info["id"])))

    async def _put_dialog(self, request: web.Request) -> web.StreamResponse:
        login_id = self._login_id(await self._caller(request))
        dialog_id = request.match_info["id"]
        self.webapp.dialog(login_id, dialog_id)
        body = _parsed(parse_dialog_request, await _body(request))
        return await _accepted(
            request,
            lambda answered: self.webapp.act(
                login_id, dialog_id, body, request_id=_request_id(request), answered=answered
            ),
        )

    async def _get_user_reasons(self, request: web.Request) -> web.StreamResponse:
        self._own(await self._caller(request), request, administrators=True)
        return self._reasons(request)

    async def _get_reasons(self, request: web.Request) -> web.StreamResponse:
        await self._administrator(request)
        return self._reasons(request)

    def _reasons(self, request: web.Request) -> web.StreamResponse:
        category = request.query.get("category")
        if category not in (None, "NOT_READY", "LOGOUT", "ALL"):
            raise invalid("category")
        found = [
            documents.configured_reason(record)
            for record in self._config.reasons
            if category in (None, "ALL", record.category)
        ]
        root = Element("ReasonCodes")
        Many("ReasonCode", Nested(REASON_CODE)).write(root, found, event=False)
        return _document(_whole(root))

    async def _get_reason(self, request: web.Request) -> web.StreamResponse:
        await self._caller(request)
        for record in self._config.reasons:
            if str(record.reason_id) == request.match_info["id"]:
                root = Element("ReasonCode")
                Nested(REASON_CODE).write(root, documents.configured_reason(record), event=False)
                return _document(_whole(root))
        raise ApiFailure(404, "Not Found", "REASON_CODE_NOT_FOUND", request.match_info["id"])

    async def _get_system_config(self, request: web.Request) -> web.StreamResponse:
        await self._configuring(request)
        return _document(write_system_config(self._administration.system_config()))

    async def _put_system_config(self, request: web.Request) -> web.StreamResponse:
        await self._configuring(request)
        body = _parsed(parse_system_config, await _body(request))
        try:
            self._administration.save_system_config(body)
        except InvalidSetting as error:
            raise (missing(error.name) if error.missing else invalid(error.name)) from None
        return web.Response(status=200)

    async def _get_database_config(self, request: web.Request) -> web.StreamResponse:
        await self._configuring(request)
        config = self._administration.enterprise_database_config()
        if config is None:
            raise ApiFailure(404, "Not Found", "", request.path)
        return _document(write_enterprise_database_config(config))

    async def _put_database_config(self, request: web.Request) -> web.StreamResponse:
        await self._configuring(request)
        body = _parsed(parse_enterprise_database_config, await _body(request))
        try:
            self._administration.save_enterprise_database_config(body)
        except InvalidSetting as error:
            raise (missing(error.name) if error.missing else invalid(error.name)) from None
        return web.Response(status=200)

    async def _get_cluster_config(self, request: web.Request) -> web.StreamResponse:
        await self._configuring(request)
        return _document(write_cluster_config(self._administration.cluster_config()))

    async def _put_cluster_config(self, request: web.Request) -> web.StreamResponse:
        await self._configuring(request)
        body = _parsed(parse_cluster_config, await _body(request))
        try:
            self._administration.save_cluster_config(body)
        except InvalidSetting as error:
            raise (missing(error.name) if error.missing else invalid(error.name)) from None
        return web.Response(status=200)

    # Who asks

    async def check(self, user: str, password: str) -> Checked:
        """Are these good? Wrong ones are counted; a database that is down is no wrong password."""
        if not user or self._lockout.is_locked(user):
            return Checked.BAD
        checked = await self._credentials.check(user, password)
        if checked is Checked.BAD:
            self._lockout.wrong(user)
        elif checked is Checked.GOOD:
            self._lockout.right(user)
        return checked

    async def _caller(self, request: web.Request) -> Caller:
        """Check the credentials. Raises ApiFailure 401 or 500."""
        asked_s = asyncio.get_running_loop().time()
        user, password = _basic(request)
        checked = await self.check(user, password)
        if checked is Checked.FAILED:
            raise database_error()
        if checked is Checked.UNAVAILABLE and Defect.UNAUTHORIZED_IS_500 in self.webapp.defects:
            raise internal_error()
        if checked is not Checked.GOOD:
            raise _unauthorized(user)
        caller = Caller(user, password, self._credentials.is_administrator(user), asked_s)
        request[CALLER] = caller
        return caller

    async def _administrator(self, request: web.Request) -> Caller:
        caller = await self._caller(request)
        if not caller.administrator:
            raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", caller.user)
        return caller

    async def _configuring(self, request: web.Request) -> None:
        """Whether settings may be read or changed. Raises ApiFailure: they may not.

        On CCE the configuration API runs on the primary node only. The database has the last word on who is an
        administrator, so that without any of them settings are out of reach even while credentials are cached.
        """
        try:
            caller = await self._administrator(request)
            if not self._config.is_primary:
                raise ApiFailure(403, "Forbidden", "Configuration is possible on the primary node only")
            consulted = await self._credentials.consult(caller.user)
        except ApiFailure:
            if self._settings_are_open(request):
                return
            raise
        if consulted is Checked.BAD:
            raise _unauthorized(caller.user)
        if consulted is not Checked.GOOD and not self._settings_are_open(request):
            raise database_error()

    def _settings_are_open(self, request: web.Request) -> bool:
        """By a defect, to whoever was an administrator when there was a database."""
        defect = (
            Defect.SETTINGS_READABLE_WITHOUT_DATABASE
            if request.method == "GET"
            else Defect.SETTINGS_WRITABLE_WITHOUT_DATABASE
        )
        if defect not in self.webapp.defects or not self._config.is_primary or not self._credentials.is_cut_off:
            return False
        return self._credentials.is_administrator(_basic(request)[0])

    def _login_id(self, caller: Caller) -> str:
        record = self.webapp.record(caller.user)
        return record.login_id if record else caller.user

    def _own(self, caller: Caller, request: web.Request, *, administrators: bool = False) -> UserRecord:
        """The user of the address, who must be the caller himself. Raises ApiFailure."""
        asked = request.match_info["id"]
        record = self.webapp.record(asked)
        if caller.administrator and administrators:
            if record is None:
                raise ApiFailure(404, "User Not Found", "UNKNOWN_USER", asked)
            return record
        if record is None or record.login_id != self._login_id(caller):
            raise ApiFailure(401, "Invalid Authorization User Specified", "UNAUTHORIZED", asked)
        return record


def _guarded(tomcat: Tomcat) -> Middleware:
    """Errors as documents, 503 first, and the requestId on every answer."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            tomcat.check_service(request)
            response = await handler(request)
        except ApiFailure as failure:
            response = _failed(failure)
        except web.HTTPMethodNotAllowed as error:
            allowed = ",".join(sorted({*error.allowed_methods, "OPTIONS"}))
            response = _failed(ApiFailure(405, "Method Not Allowed", headers={"Allow": allowed}))
        except web.HTTPNotFound:
            response = _failed(ApiFailure(404, "Not Found", "", request.path))
        except web.HTTPRequestEntityTooLarge:
            response = _failed(ApiFailure(400, "Bad Request", "The body is too long"))
        tomcat.remember(request, response.status)
        if not response.prepared and _request_id(request):
            response.headers["requestId"] = _request_id(request)
        return response

    return guard


async def _accepted(request: web.Request, work: Callable[[asyncio.Event], Awaitable[None]]) -> web.StreamResponse:
    """Do the work, then write 202 before anything else is told about it."""
    answered = asyncio.Event()
    try:
        await work(answered)
        response = web.Response(status=202)
        if _request_id(request):
            response.headers["requestId"] = _request_id(request)
        await response.prepare(request)
        await response.write_eof()
        return response
    finally:
        answered.set()


def _document(body: bytes) -> web.Response:
    return web.Response(body=body, content_type=XML, charset="utf-8")


def _failed(failure: ApiFailure) -> web.Response:
    return web.Response(
        status=failure.http,
        body=write_api_errors(failure.errors),
        content_type=XML,
        charset="utf-8",
        headers=failure.headers,
    )


def _whole(root: Element) -> bytes:
    return (DECLARATION + pretty(root) + "\n").encode()


def _request_id(request: web.Request) -> str:
    """The client's mark on its request, "" if there is none that can be echoed."""
    value = request.headers.get("requestId", "")
    return value if len(value) <= REQUEST_ID_BYTES and value.isprintable() else ""


async def _body(request: web.Request) -> bytes:
    return await request.read()


def _parsed(parse: Callable[[bytes], T], body: bytes) -> T:
    try:
        return parse(body)
    except BadDocument:
        raise ApiFailure(400, "Bad Request", "The body is not the document expected here") from None


def _basic(request: web.Request) -> tuple[str, str]:
    """User and password of Basic authorization; empty if there is none that can be read."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


def _unauthorized(user: str) -> ApiFailure:
    headers = {"WWW-Authenticate": 'Basic realm="Cisco Finesse"'}
    return ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", user, headers=headers)
