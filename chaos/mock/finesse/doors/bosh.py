"""Clients' streams over BOSH: each request is held until the codec (`chaos.wire.xmpp.bosh`) has an answer for it."""

import asyncio
import secrets
from collections.abc import Callable, Iterable

from aiohttp import web

from chaos.mock.finesse.config import NodeOptions
from chaos.mock.finesse.cti_connection import reset
from chaos.mock.finesse.doors.session import STANZA_BYTES, Door, SessionOwner, XmppSession
from chaos.wire.xmpp import (
    BadBosh,
    BoshBody,
    BoshStream,
    BoshTerms,
    StreamEvent,
    parse_body,
    terminated,
)

# Openfire allows pages of other origins by default (xmpp.httpbind.cors.enabled); the desktop's page comes from 8445.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}


class BoshChannel:
    """One client's session, and its requests that are open. over: called once nothing will be answered any more."""

    door = Door.BOSH
    can_start_tls = False
    is_by_bosh = True

    def __init__(
        self,
        owner: SessionOwner,
        options: NodeOptions,
        first: BoshBody,
        *,
        is_encrypted: bool,
        over: Callable[["BoshChannel"], None],
    ) -> None:
        terms = BoshTerms(kept_bytes_max=options.xmpp_buffer_bytes)
        self.is_encrypted = is_encrypted
        self.stream = BoshStream(first, secrets.token_hex(8), terms)
        self._over = over
        self._waiting: dict[int, list[asyncio.Future[bytes]]] = {}
        self._held: list[StreamEvent] = []
        self._failed = False
        self._flush_due: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._session = XmppSession(owner, self, options)
        self._session.began()

    def request(self, body: BoshBody) -> asyncio.Future[bytes]:
        """The answer to come; ConnectionResetError if there will be none."""
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting.setdefault(body.rid, []).append(answer)
        self._session.heard()
        self._take(self.stream.receive(body, self._loop.time()))
        self._flush()
        return answer

    def _take(self, events: Iterable[StreamEvent]) -> None:
        for event in events:
            if self._session.is_checking:
                self._held.append(event)
            else:
                self._session.take([event])

    # The session's side

    def open_stream(self, domain: str, id: str, to: str | None) -> None:
        self.stream.open_stream(domain, id)

    def send(self, stanza: bytes) -> None:
        if stanza.startswith(b"<stream:error>"):
            self._failed = True
        self.stream.send(stanza)
        # Not at once: what else is said in this turn goes into the same answer.
        if self._flush_due is None:
            self._flush_due = self._loop.call_soon(self._flush)

    def start_tls(self) -> None:
        raise AssertionError("STARTTLS is never offered over BOSH")

    def resume(self, *, restart: bool) -> None:
        held, self._held = self._held, []
        self._take(held)

    def close(self) -> None:
        self.stream.end("remote-stream-error" if self._failed else None)
        self._flush()

    def abort(self) -> None:
        self.stream.end()
        for answers in self._waiting.values():
            for answer in answers:
                if not answer.done():
                    answer.set_exception(ConnectionResetError())
        self._forget()

    # Answering

    def _flush(self) -> None:
        if self._flush_due is not None:
            self._flush_due.cancel()
            self._flush_due = None
        now_s = self._loop.time()
        for rid, body in self.stream.answers(now_s):
            for answer in self._waiting.pop(rid, ()):
                if not answer.done():
                    answer.set_result(body)
        if self._timer is not None:
            self._timer.cancel()
        if self.stream.is_silent(now_s):
            if not self._session.is_kept:
                self._forget()
        else:
            self._timer = self._loop.call_later(max(0.0, self.stream.due_s() - now_s), self._flush)
        if self.stream.is_over:
            self._session.lost()

    def _forget(self) -> None:
        """The client has been silent for too long, or the service dies."""
        self.stream.end()
        if self._timer is not None:
            self._timer.cancel()
        for answers in self._waiting.values():  # those whose predecessor never came
            for answer in answers:
                if not answer.done():
                    answer.set_result(terminated())
        self._waiting.clear()
        self._over(self)
        self._session.lost()


class BoshDoor:
    """The sessions of one service, by their ids."""

    def __init__(self, owner: SessionOwner, options: NodeOptions, is_open: Callable[[], bool]) -> None:
        self._owner, self._options, self._is_open = owner, options, is_open
        self._channels: dict[str, BoshChannel] = {}

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Serve it there."""
        for path in ("/http-bind", "/http-bind/"):
            router.add_post(path, self._post)
            router.add_route("OPTIONS", path, self._options_asked)

    def close(self) -> None:
        """Forget the sessions that have ended, whose clients have not been told."""
        for channel in tuple(self._channels.values()):
            channel.abort()

    async def _options_asked(self, request: web.Request) -> web.Response:
        return web.Response(headers=CORS)

    async def _post(self, request: web.Request) -> web.Response:
        if not self._is_open():
            return web.Response(status=502)
        try:
            async with asyncio.timeout(self._options.xmpp_login_s):
                sent = await request.read()
            body = parse_body(sent, max_bytes=STANZA_BYTES)
        except BadBosh as error:
            return _xml(terminated(error.condition))
        except TimeoutError:
            if request.transport is not None:  # an answer would have to wait for the rest of the request
                request.transport.abort()
            return web.Response(status=408)
        if body.sid is None and len(self._channels) >= self._options.connections:
            return _xml(terminated("internal-server-error"))
        channel = self._channel(body, request)
        if channel is None:
            return _xml(terminated("item-not-found"))
        try:
            return _xml(await channel.request(body))
        except ConnectionResetError:
            if request.transport is not None:
                reset(request.transport)
            return web.Response(status=502)

    def _channel(self, body: BoshBody, request: web.Request) -> BoshChannel | None:
        if body.sid is not None:
            return self._channels.get(body.sid)
        made = BoshChannel(self._owner, self._options, body, is_encrypted=request.secure, over=self._forget)
        self._channels[made.stream.sid] = made
        return made

    def _forget(self, channel: BoshChannel) -> None:
        self._channels.pop(channel.stream.sid, None)


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/xml", charset="utf-8", headers=CORS)
