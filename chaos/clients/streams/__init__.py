"""One client's XMPP stream to a node's notification service, by whichever of its doors: TCP, BOSH or WebSocket.

`Stream` is what all of them are; nothing here records, that is `chaos.clients.events`.
"""

from collections.abc import Callable, Mapping

from chaos.clients.streams.bosh import BoshStream
from chaos.clients.streams.stream import Asked, Ears, Stream, StreamFailed, Wanted
from chaos.clients.streams.tcp import TcpStream
from chaos.clients.streams.websocket import WebSocketStream
from chaos.inventory import Transport

__all__ = ["Asked", "Ears", "Stream", "StreamFailed", "Wanted", "stream_over"]

_KINDS: Mapping[Transport, Callable[[Wanted, Ears], Stream]] = {
    "tcp": TcpStream,
    "bosh": BoshStream,
    "websocket": WebSocketStream,
}


def stream_over(transport: Transport, wanted: Wanted, ears: Ears) -> Stream:
    """A stream by that door; not open."""
    return _KINDS[transport](wanted, ears)
