"""What a browser's network log says of a desktop's event stream over WebSocket, as observations. Pure.

A socket has one number in the log, and any number of frames. Each that comes is noted, as answers over BOSH are. Frames
that the page sends hold passwords, and are looked at for the stream's end alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from chaos.journal import BoshPart, DesktopRequested
from chaos.subjects.network_log import BODY_BYTES_MAX, number_of, told_by
from chaos.wire.xmpp import BadStream, Stanza, StreamClosed, StreamOpened, parse_frame

SWITCHED = 101
"""The status of what comes over a WebSocket: that of its handshake."""
RESOURCE = "WebSocket"
_CLOSE = "<close"


@dataclass(slots=True)
class SocketLog:
    """One WebSocket of one page. hosts: of the lab's nodes."""

    agent: str
    number: str
    url: str
    hosts: Sequence[str]
    sent_s: float = 0.0
    is_open: bool = False
    is_left: bool = False
    is_over: bool = False
    failure: str = field(default="net::ERR_CONNECTION_CLOSED")

    def take(self, event: str, params: Mapping[str, Any], at_s: float) -> DesktopRequested | None:
        """What an event of the log shows, None if it is nothing new. event: its name after `Network.`.

        Raises KeyError, TypeError, ValueError: the event cannot be read.
        """
        match event:
            case "webSocketWillSendHandshakeRequest":
                self.sent_s = at_s
            case "webSocketFrameSent":
                self.is_left = self.is_left or str(params["response"]["payloadData"]).startswith(_CLOSE)
            case "webSocketFrameError":
                self.failure = str(params["errorMessage"])
            case "webSocketFrameReceived":
                return self._received(str(params["response"]["payloadData"]), at_s)
            case "webSocketClosed" if not self.is_over:
                self.is_over = True
                return self._closed(at_s)
        return None

    def _received(self, text: str, at_s: float) -> DesktopRequested | None:
        try:
            brought = parse_frame(text, max_bytes=BODY_BYTES_MAX)
        except BadStream:
            return None
        if isinstance(brought, StreamOpened) and not self.is_open:
            self.is_open = True
            return self._seen(BoshPart.OPEN, self.sent_s, at_s, told=("session",))
        if isinstance(brought, StreamClosed) and not self.is_left and self.is_open:
            self.is_over = True
            return self._seen(BoshPart.GO_ON, at_s, at_s, told=("terminate",))
        if isinstance(brought, Stanza):  # an answer to a ping, too: whoever has it is alive there
            return self._seen(BoshPart.GO_ON, at_s, at_s, told=tuple(told_by(brought.element)))
        return None

    def _closed(self, at_s: float) -> DesktopRequested:
        if not self.is_open:
            return self._seen(BoshPart.OPEN, self.sent_s, at_s, failure=self.failure)
        if self.is_left:
            return self._seen(BoshPart.END, at_s, at_s)
        return self._seen(BoshPart.GO_ON, at_s, at_s, failure=self.failure)

    def _seen(
        self, part: BoshPart, sent_s: float, ended_s: float, *, told: tuple[str, ...] = (), failure: str | None = None
    ) -> DesktopRequested:
        host = urlsplit(self.url).hostname or ""
        return DesktopRequested(
            agent=self.agent,
            node=host if host in self.hosts else "",
            resource=RESOURCE,
            sent_s=sent_s,
            ended_s=ended_s,
            status=None if failure is not None else SWITCHED,
            failure=failure,
            part=part,
            told=told,
            request=number_of(self.number),
        )
