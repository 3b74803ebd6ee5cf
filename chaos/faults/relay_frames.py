"""GED-188 frames in one direction of a connection, followed without holding the bytes back; what a frame tells."""

import struct
from collections.abc import Callable
from enum import Enum
from typing import Final

from chaos.wire.ged188 import FailureConf, Frame, Ged188Error, Message, MessageType, OpenReq, Tag, parse
from chaos.wire.ged188.layout import NEWEST

_HEADER = struct.Struct(">II")
# A header that promises more than this, or a type beyond this, is none: so begin TLS (0x16030100 bytes), HTTP and text.
# Whatever is smaller is a frame, known to us or not: what lies in it need not be read to know where the next begins.
_LENGTH_MAX = 0xFFFF
_TYPE_MAX = 0xFFFF
_EXCERPT = 32
# A client's name goes into every line about it: so many unknown fields of its OPEN_REQ, and so many bytes of each.
_UNKNOWN_MAX = 4
_SHOWN_MAX = 64

FROM_CLIENT: Final = frozenset({MessageType.OPEN_REQ, MessageType.HEARTBEAT_REQ, MessageType.SET_AGENT_STATE_REQ})
FROM_SERVER: Final = frozenset(
    {MessageType.OPEN_CONF, MessageType.FAILURE_CONF, MessageType.FAILURE_EVENT, MessageType.HEARTBEAT_CONF}
)
_ANSWERS = frozenset({MessageType.HEARTBEAT_CONF, MessageType.FAILURE_CONF})


class Follower:
    """Follows the frames of one direction, given its bytes in any pieces.

    watched: the message types whose whole frames are shown to `seen` (type, frame, whether none of it has been passed
    on yet); its answer says whether to drop the frame. garbage: offset in the stream, the first bytes. armed: whether
    confirmations may have to be dropped, so that their first bytes must wait.
    """

    def __init__(
        self,
        watched: frozenset[MessageType],
        seen: Callable[[int, bytes, bool], bool],
        garbage: Callable[[int, bytes], None],
        armed: Callable[[], bool],
    ) -> None:
        self._watched = watched
        self._seen = seen
        self._garbage = garbage
        self._armed = armed
        self._frame = bytearray()  # of the frame that is being read: its header, and all of it if it is watched
        self._passed = 0  # how much of _frame was passed on already
        self._skip = 0  # bytes left of a frame that nobody watches
        self._deaf = False
        self._offset = 0

    def feed(self, data: bytes) -> bytes:
        """What of the bytes so far is to be passed on now."""
        if self._deaf:
            return data
        out = bytearray()
        at = 0
        while at < len(data) and not self._deaf:
            if self._skip:
                step = min(self._skip, len(data) - at)
                out += data[at : at + step]
                self._skip -= step
                self._offset += step
            else:
                step = min(self._wanted() - len(self._frame), len(data) - at)
                self._frame += data[at : at + step]
                if len(self._frame) >= _HEADER.size:
                    self._advance(out, data, at + step)
            at += step
        if self._deaf:
            out += data[at:]
        elif self._frame and not self._must_wait():
            out += self.release()
        return bytes(out)

    @property
    def is_deaf(self) -> bool:
        """Whether this direction cannot be followed any more."""
        return self._deaf

    def release(self) -> bytes:
        """The bytes that were kept back; they count as passed from now on."""
        kept = bytes(self._frame[self._passed :])
        self._passed = len(self._frame)
        return kept

    def _wanted(self) -> int:
        if len(self._frame) < _HEADER.size:
            return _HEADER.size
        return _HEADER.size + int(_HEADER.unpack_from(self._frame)[0])

    def _advance(self, out: bytearray, data: bytes, at: int) -> None:
        """The header is there, maybe the whole frame; `at` is where `data` goes on after it."""
        length, kind = _HEADER.unpack_from(self._frame)
        if not 0 < kind <= _TYPE_MAX or length > _LENGTH_MAX:
            out += self.release()
            self._deaf = True
            self._garbage(self._offset, bytes(self._frame + data[at : at + _EXCERPT])[:_EXCERPT])
            self._frame.clear()
        elif kind not in self._watched:
            out += self.release()
            self._skip = length
            self._next_frame()
        elif len(self._frame) == _HEADER.size + length:
            dropped = self._seen(kind, bytes(self._frame), self._passed == 0)
            if not dropped:
                out += self.release()
            self._next_frame()

    def _next_frame(self) -> None:
        self._offset += len(self._frame)
        self._frame.clear()
        self._passed = 0

    def _must_wait(self) -> bool:
        if not self._armed():
            return False
        return len(self._frame) < _HEADER.size or _HEADER.unpack_from(self._frame)[1] in _ANSWERS


def fingerprint(request: OpenReq) -> str:
    """What tells one CTI client from another, from nothing but its OPEN_REQ.

    Clients behind one proxy share their source address. UniqueInstanceID (protocol 24) is made for this. Without it,
    ClientID and ClientSignature stand for the client, then what else it says of itself: application path, agent, and
    fields with tags that we do not know (UniqueInstanceID has no published number). Masks and times are not used: one
    client may change them from one session to the next.
    """
    if request.unique_instance_id:
        return request.unique_instance_id
    name = f"{request.client_id or ''}/{request.client_signature or ''}"
    more = {
        "path": request.application_path_id,
        "agent": request.agent_id,
        "extension": request.agent_extension,
        "instrument": request.agent_instrument,
    }
    known = [f" {key}={value}" for key, value in more.items() if value not in (None, "")]
    others = [(tag, data) for tag, data in request.extra if tag != Tag.CLIENT_PASSWORD]
    unknown = [f" {tag}={_shown(data[:_SHOWN_MAX])}" for tag, data in others[:_UNKNOWN_MAX]]
    return name + "".join(known + unknown)


def invoke_id_of(frame: bytes) -> int:
    return int.from_bytes(frame[8:12], "big")


def parsed(frame: bytes, version: int = NEWEST) -> Message | str:
    """The message, of a session of that protocol; or what is wrong with it, without its bytes, which may hold a
    password."""
    try:
        return parse(Frame(int.from_bytes(frame[4:8], "big"), frame[8:], frame), version)
    except Ged188Error as error:
        return error.reason


def _shown(data: bytes) -> str:
    text = data.rstrip(b"\0").decode("latin-1")
    return text if text.isascii() and text.isprintable() else data.hex()


def failure_of(frame: bytes) -> str:
    message = parsed(frame)
    if not isinstance(message, FailureConf):
        return str(message)
    return name_of(message.status if message.failure_code is None else message.failure_code)


def name_of(value: int | None) -> str:
    """A status by its name, or by its number where it has none."""
    return value.name if isinstance(value, Enum) else str(value)
