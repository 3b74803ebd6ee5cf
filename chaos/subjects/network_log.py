"""What a browser's network log says of a desktop, as observations: whom it asked for what, and what came of it. Pure.

Bodies are looked into and then forgotten: they hold passwords.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

from chaos.errors import PeerError
from chaos.journal import RENDERS, BoshPart, DesktopRequested
from chaos.wire import finesse
from chaos.wire.digits import whole_number
from chaos.wire.xml import local_name
from chaos.wire.xmpp import JID, BadJid, BadStream, parse_presence, parse_pubsub_events, parse_stanza

BODY_BYTES_MAX = 1 << 20
LOOK = "finesse-chaos-look"
"""In the query of a request that we made ourselves."""

_TOKEN = "/desktop/sso/token"
_LASTS = ("refresh_token_expires_in", "refreshTokenExpiresIn", "refresh_expires_in")
_API = re.compile(r"/finesse/api/([A-Za-z]+)(?:/([^/?]+)(?:/([A-Za-z]+))?)?/?")
_RID = re.compile(r"<body\b[^>]*>")
_SID = re.compile(r"\bsid=")
_END = re.compile(r"\btype=[\"']terminate[\"']")
_STATE = re.compile(r"<state>\s*([A-Z_]+)\s*</state>")
_EXTENSION = re.compile(r"<extension>\s*([^<]*?)\s*</extension>")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the log has it. wanted, extension, part: read from its body. document: of the frame that asks."""

    method: str
    url: str
    sent_s: float
    wanted: str | None
    part: BoshPart | None
    extension: str | None = None
    document: str | None = None

    @staticmethod
    def of(params: Mapping[str, Any]) -> "Sent":
        """From `Network.requestWillBeSent`. Raises KeyError, TypeError, ValueError."""
        request = params["request"]
        url, body = str(request["url"]), str(request.get("postData") or "")
        is_put = request["method"] == "PUT"
        matched = _STATE.search(body) if is_put else None
        at = _EXTENSION.search(body) if is_put else None
        part = _part(body) if "/http-bind" in url else None
        return Sent(
            str(request["method"]),
            url,
            float(params["timestamp"]),
            matched.group(1) if matched else None,
            part,
            at.group(1) if at else None,
            _document(params.get("documentURL")),
        )

    @property
    def needs_body(self) -> bool:
        """Whether what the answer says matters."""
        return self.part is not None or "/finesse/api/" in self.url or _TOKEN in self.url


def _document(url: object) -> str | None:
    """Its path; of a gadget's, which a container renders, that of the gadget, too. What else it says may be secret."""
    if not isinstance(url, str) or not url:
        return None
    parts = urlsplit(url)
    gadget = urlsplit(next(iter(parse_qs(parts.query).get("url", ())), "")).path
    return f"{parts.path}{RENDERS}{gadget}" if gadget else parts.path


def _part(body: str) -> BoshPart | None:
    matched = _RID.search(body)
    if matched is None:
        return None
    if not _SID.search(matched.group()):
        return BoshPart.OPEN
    return BoshPart.END if _END.search(matched.group()) else BoshPart.GO_ON


def requested(
    agent: str,
    sent: Sent,
    hosts: Sequence[str],
    *,
    sent_s: float,
    ended_s: float,
    status: int | None,
    failure: str | None,
    body: bytes,
    number: str = "",
) -> DesktopRequested:
    """The observation."""
    parts = urlsplit(sent.url)
    host = parts.hostname or ""
    told = tuple(_told(body)) if sent.part is not None else ()
    resource = _resource(sent.method, parts.path)
    system, user = _says(resource, body) if status == 200 else (None, None)
    lasts_s = _lasts_s(body) if status == 200 and resource.endswith("sso/token") else None
    return DesktopRequested(
        agent=agent,
        node=host if host in hosts else "",
        resource=resource,
        sent_s=sent_s,
        ended_s=ended_s,
        status=status,
        failure=failure,
        wanted=sent.wanted,
        extension=sent.extension,
        part=sent.part,
        told=told,
        is_look=LOOK in parts.query,
        request=number_of(number),
        system_status=system,
        user_state=user,
        lasts_s=lasts_s,
        document=sent.document,
    )


def _resource(method: str, path: str) -> str:
    if path.startswith("/http-bind"):
        return "BOSH"
    if path == _TOKEN:
        return f"{method} sso/token"
    matched = _API.fullmatch(path)
    if matched is None:
        # In which request a desktop asks for a forced logout is not documented; its path will say so.
        return f"{method} logout" if method != "GET" and "logout" in path.lower() else "page"
    root, number, more = matched.groups()
    return f"{method} {root}" + ("/{id}" if number else "") + (f"/{more}" if more else "")


def _lasts_s(body: bytes) -> float | None:
    """How long a refresh token is good, as far as an answer with tokens says it; its fields are not documented."""
    try:
        found = json.loads(body)
        said = next((found[name] for name in _LASTS if name in found), None)
        lasts_s = math.nan if said is None else float(said)
    except (ValueError, RecursionError, OverflowError, TypeError):
        return None
    return lasts_s if math.isfinite(lasts_s) else None


def number_of(request_id: str) -> int | None:
    """ "17", or Chrome's "2048.17"; its documents have ids of another kind."""
    return whole_number(request_id.rpartition(".")[2])


def _says(resource: str, body: bytes) -> tuple[str | None, str | None]:
    """The status of a system, the state of a user, as far as it is one and can be read."""
    try:
        if resource == "GET SystemInfo":
            return str(finesse.parse_system_info(body).status or "") or None, None
        if resource == "GET User/{id}":
            return None, str(finesse.parse_user(body).state or "") or None
    except PeerError:
        pass
    return None, None


def _told(body: bytes) -> Iterator[str]:
    """What a BOSH answer brought, in words."""
    try:
        answer = parse_stanza(body, max_bytes=BODY_BYTES_MAX)
    except BadStream:
        return
    if answer.get("type") == "terminate":
        yield "terminate"
    elif answer.get("sid"):
        yield "session"
    for child in answer:
        yield from told_by(child)


def told_by(stanza: Element) -> Iterator[str]:
    """What a stanza brought, in words."""
    if local_name(stanza) == "failure":  # RFC 6120, 6.4.5: SASL
        yield "refused"
    elif local_name(stanza) == "presence":
        told = parse_presence(stanza)
        if _local(told.from_) == "finesse":
            yield "finesse unavailable" if told.kind == "unavailable" else "finesse available"
    elif local_name(stanza) == "message":
        for event in parse_pubsub_events(stanza):
            yield from _status(event.payload_text)


def _status(payload: str) -> Iterator[str]:
    try:
        told = finesse.parse_update(payload).payload
    except PeerError:
        return
    if isinstance(told, finesse.SystemInfo) and told.status:
        yield str(told.status)
    elif isinstance(told, finesse.User):
        yield "User"


def _local(jid: str | None) -> str | None:
    try:
        return None if jid is None else JID.parse(jid).local
    except BadJid:
        return None
