"""One account's REST client at one Finesse node; every request ends as one observation, whatever the node does."""

import asyncio
import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import httpx

from chaos.clients.documents import calls_seen, digest, error_of, more_of, more_of_node, users_listed
from chaos.clients.http import HttpSession
from chaos.clients.shown import Known
from chaos.clock import now
from chaos.inventory import FinesseNode
from chaos.journal import SHOWN, Journal, RestExchange
from chaos.wire import finesse
from chaos.wire.finesse import BadDocument

# Of a request's time, for TCP and for TLS each: a handshake that is cancelled from outside, as the time-out of the
# whole request does, leaves its socket open.
_SHARE_TO_CONNECT = 0.45
# Longer answers are not kept to be recognised.
_KEPT_BYTES_MAX = 8192
# Nobody's password: what an account sends that is to be refused.
WRONG_PASSWORD = "finesse-chaos-wrong"
UNAUTHORIZED = 401
_USER_AGENT = f"python-httpx/{httpx.__version__}"

Document = object  # any of chaos.wire.finesse's documents

_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timeout"),
    (httpx.TimeoutException, "timeout"),
    (httpx.ConnectError, "refused"),
    (httpx.NetworkError, "reset"),
    (httpx.RemoteProtocolError, "reset"),
    (httpx.HTTPError, "protocol"),
    (ssl.SSLError, "tls"),
    (OSError, "reset"),
)
_FOREIGN = tuple(kind for kind, _ in _FAILURES)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request ended. status: None if no answer came, then `failure` says why. document: None if it had none."""

    status: int | None
    failure: str | None
    document: Document | None


class FinesseRest:
    """Requests of one account; `journal_of` gives the journal of the moment, or None between experiments.

    agent: the agent's id as it stands in observations, None for the administrator and for anonymous probes.
    Nothing a node does raises: refusal, reset, silence and garbage are answers without a status.
    """

    def __init__(
        self,
        node: FinesseNode,
        journal_of: Callable[[], Journal | None],
        *,
        tls: ssl.SSLContext,
        timeout_s: float,
        agent: str | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        self.node = node
        self._journal_of = journal_of
        self._agent = agent
        self._settings = Known()
        self._timeout_s = timeout_s
        self._user = user
        self._authorization = None if user is None else _basic(user, password or "")
        self.last_good_s: float | None = None
        """When the last request that succeeded was sent, on the loop's clock: credentials may be cached since then."""
        self.last_let_in_s: float | None = None
        """When the last request was sent whose credentials were found good, whatever became of it otherwise."""
        host = f"[{node.dial}]" if ":" in node.dial else node.dial
        self._session = HttpSession(
            f"https://{host}:{node.https_port}/finesse/api/",
            tls=tls,
            fields={"Host": f"{node.host}:{node.https_port}", "User-Agent": _USER_AGENT},
            connect_s=_SHARE_TO_CONNECT * timeout_s,
            read_s=timeout_s,
        )

    async def close(self) -> None:
        await self._session.aclose()

    def was_let_in(self) -> None:
        """Somebody else has just been let in with the same account at the same node."""
        self.last_good_s = self.last_let_in_s = now()

    async def get(self, resource: str, path: str, *, wrong_password: bool = False) -> Answer:
        """GET `path` (below /finesse/api/); `resource` is its name without ids, for instance "User/{id}".

        wrong_password: send one that is not the account's, which Finesse cannot have cached.
        """
        return await self._request("GET", resource, path, wrong_password=wrong_password)

    async def head(self, resource: str, path: str) -> Answer:
        """HEAD `path`, as `get`: nothing but what an answer says of itself."""
        return await self._request("HEAD", resource, path)

    async def send(
        self,
        method: str,
        resource: str,
        path: str,
        body: bytes,
        *,
        request_id: str | None = None,
        wanted: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """PUT or POST a document. wanted: what it asks to be done, as the observation has it."""
        return await self._request(method, resource, path, body, request_id, wanted=wanted)

    async def _request(
        self,
        method: str,
        resource: str,
        path: str,
        body: bytes | None = None,
        request_id: str | None = None,
        *,
        wrong_password: bool = False,
        wanted: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        began_s, began_in = now(), self._journal_of()
        sent_s = began_in.moment_s() if began_in is not None else 0.0
        authorization = _basic(self._user or "", WRONG_PASSWORD) if wrong_password else self._authorization
        response, failure = await self._exchange(method, path, body, request_id, authorization)
        journal = self._journal_of()
        nth = 0 if journal is None else journal.nth(RestExchange)
        document = None if response is None else _document(response.content)
        answer = Answer(None if response is None else response.status_code, failure, document)
        if answer.status is not None and not wrong_password:
            if 200 <= answer.status < 300:
                self.last_good_s = began_s
            if 200 <= answer.status < 500 and answer.status != UNAUTHORIZED:
                self.last_let_in_s = began_s
        if journal is not None:
            journal.record(
                RestExchange(
                    nth=nth,
                    dated_s=None if response is None else _dated_s(response.headers.get("Date", "")),
                    sent_s=sent_s if journal is began_in else 0.0,
                    node=self.node.host,
                    agent=self._agent,
                    resource=f"{method} {resource}",
                    path=path,
                    request_id=request_id,
                    status=answer.status,
                    failure=failure,
                    wrong_password=wrong_password,
                    wanted=tuple(wanted.items()),
                    document=_name_of(document) if answer.status == 200 else None,
                    **(_seen(document) | self._refused(f"{method} {resource}", response)),
                )
            )
        return answer

    def _refused(self, request: str, response: httpx.Response | None) -> dict[str, Any]:
        """What is said of settings whose reading was refused: that most of them are shown all the same."""
        if self._agent is None and response is not None and request.startswith("GET ") and request.endswith("Config"):
            if response.status_code == 200:
                self._settings.read(request, response.content)
            elif self._settings.is_shown(request, response.content):
                return {"more": ((SHOWN, ""),)}
        return {}

    async def _exchange(
        self,
        method: str,
        path: str,
        body: bytes | None,
        request_id: str | None,
        authorization: str | None,
    ) -> tuple[httpx.Response | None, str | None]:
        fields = {} if body is None else {"Content-Type": "application/xml"}
        if request_id is not None:
            fields["requestId"] = request_id
        if authorization is not None:
            fields["Authorization"] = authorization
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._session.request(method, path, fields=fields, content=body, sni=self.node.host)
        except _FOREIGN as error:
            return None, _failure(error)
        return response, None


@lru_cache(maxsize=64)
def _dated_s(date: str) -> int | None:
    """Source: RFC 9110, 5.6.7. None: there is no date, or none that can be read."""
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def _basic(user: str, password: str) -> str:
    """Source: RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _failure(error: Exception) -> str:
    """The one boundary at which foreign exceptions become words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return next(word for kind, word in _FAILURES if isinstance(error, kind))


def _document(content: bytes) -> Document | None:
    return _kept(content) if len(content) <= _KEPT_BYTES_MAX else _read(content)


def _read(content: bytes) -> Document | None:
    if not content.strip():
        return None
    try:
        return finesse.parse_document(content)
    except BadDocument:
        return None


# Whoever asks again and again is mostly answered what was answered before; documents are frozen, and may be shared.
_kept = lru_cache(maxsize=256)(_read)


def _name_of(document: Document | None) -> str:
    """The name of its root; "" if there is none that can be read."""
    match document:
        case None:
            return ""
        case finesse.UnknownPayload():
            return document.root
        case finesse.DialogsChange():
            return "Dialogs"
    return type(document).__name__


def _seen(document: Document | None) -> dict[str, Any]:
    """What an answer's document says, as fields of an observation."""
    if isinstance(document, finesse.SystemInfo):
        interval = document.cti_heartbeat_interval_s
        return {
            "system_status": str(document.status or "") or None,
            "heartbeat_interval_s": None if interval is None else float(interval),
            "more": more_of_node(document),
        }
    if isinstance(document, finesse.User):
        code = document.reason_code.code if document.reason_code else None
        state = str(document.state or "") or None
        more = {"extension": document.extension, "more": more_of(document)}
        return {"user_state": state, "reason_code": code, **more}
    if isinstance(document, finesse.DialogsChange):
        return {"calls": calls_seen(document.dialogs)}
    if isinstance(document, finesse.Dialog):
        return {"calls": calls_seen((document,))}
    if isinstance(document, finesse.SystemConfig):
        b = f"{document.backup_host}:{document.backup_port}" if document.backup_host else ""
        return {"cti_b": b, "more": digest(document)}
    if isinstance(document, finesse.EnterpriseDatabaseConfig):
        return {"awdb_b": document.backup_host or "", "more": digest(document)}
    if isinstance(document, finesse.ClusterConfig):
        return {"more": digest(document)}
    if isinstance(document, finesse.UnknownPayload):
        listed = users_listed(document)
        return {"listed": listed} if listed else {"more": digest(document)}
    if isinstance(document, finesse.ApiErrors) and document.errors:
        kind, words = error_of(document)
        return {"error_type": kind, "error_message": words}
    return {}
