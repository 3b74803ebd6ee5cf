"""What can go wrong with GED-188 bytes. Peers' errors are `Ged188Error`, our own are `EncodeError`."""

from copy import copy
from typing import Self

from chaos.errors import PeerError, UsageError

EXCERPT = 32
"""Bytes of evidence that an error keeps, at most."""


class Ged188Error(PeerError):
    """The peer's bytes are not GED-188.

    offset: byte at which the trouble stands: in the message (0 is its header's first byte) when `parse` raised, in the
        stream when a Framer or Decoder raised.
    data: the offending bytes, 32 at most.
    decoded: frames (Framer) or messages (Decoder) of the same `feed` call that were whole before the trouble.
    """

    def __init__(self, reason: str, offset: int = 0, data: bytes = b"") -> None:
        excerpt = bytes(data[:EXCERPT])
        super().__init__(reason, offset, excerpt)
        self.reason = reason
        self.offset = offset
        self.data = excerpt
        self.decoded: tuple[object, ...] = ()

    def again(self) -> Self:
        """The same error to raise once more, without what was decoded before it and without its old traceback."""
        twin = copy(self)
        twin.decoded = ()
        return twin

    def __str__(self) -> str:
        return f"{self.reason} (at byte {self.offset}: {self.data.hex(' ') or 'nothing'})"


class Oversize(Ged188Error):
    """A header announces more than a message may hold."""


class Truncated(Ged188Error):
    """Bytes end inside a message, or a message inside one of its fields."""


class BadLength(Ged188Error):
    """A message of fixed length has another one."""


class BadField(Ged188Error):
    """A field's bytes do not make a value. `message` and `field` name it."""

    def __init__(self, reason: str, offset: int = 0, data: bytes = b"", *, message: str = "", field: str = "") -> None:
        super().__init__(reason, offset, data)
        self.message = message
        self.field = field


class FieldTooLong(BadField):
    """A floating field is longer than documented (a server answers INVALID_FIELD_LENGTH)."""


class EncodeError(UsageError):
    """We tried to send what GED-188 cannot carry. `message`, `field` and `value` say what."""

    def __init__(self, message: str, field: str, value: object, remedy: str) -> None:
        shown = repr(value)
        super().__init__(f"{message}.{field} = {shown[:80]}{'…' if len(shown) > 80 else ''}: {remedy}")
        self.message = message
        self.field = field
        self.value = value
