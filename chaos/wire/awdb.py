"""The small language between the mock's Finesse and its AWDB. Sans I/O.

The product speaks JDBC to SQL Server there. Neither side of that is under test: what matters is that credentials travel
over TCP, through whatever proxy is between, to a server that can be slow, silent, gone or full of garbage. So the mock
has a language of its own: one JSON object a line. A client begins with `Hello`, is answered by `Welcome` or `Refused`,
and then asks; each answer carries the id of its question. Passwords never travel, digests of them do.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from chaos.errors import PeerError

LINE_BYTES = 4096
"""Bytes of the longest line, its end included."""
TEXT_CHARS = 256
"""Characters of the longest text in a message."""
ID_MAX = 2**31 - 1

_EXCERPT_CHARS = 60


class AwdbWireError(PeerError):
    """The peer sent what is no message. decoded: the messages that came before it."""

    def __init__(self, said: str, decoded: "tuple[Message, ...]" = ()) -> None:
        super().__init__(said)
        self.decoded = decoded


class TooLong(AwdbWireError):
    """A line has no end within LINE_BYTES, or a message would not fit into one."""


class Role(StrEnum):
    """What a person in the database may do. NONE: there is no such person."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hello:
    """First line of a client: which database it wants, and its account there. secret: see `secret_of`."""

    database: str
    username: str
    secret: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The database is open. distributor: whether the host's Distributor keeps it in step. revision: of its content."""

    host: str
    distributor: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Refused:
    """No such database, or a wrong account. The server closes after it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Is this the secret of that user? user: id or login name."""

    id: int
    user: str
    secret: str


@dataclass(frozen=True, slots=True)
class Authenticated:
    """good: it is. role: what the user may do, whether it is or not."""

    id: int
    good: bool
    role: Role


@dataclass(frozen=True, slots=True)
class Lookup:
    """What may this user do?"""

    id: int
    user: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the user may do."""

    id: int
    role: Role


@dataclass(frozen=True, slots=True)
class Failed:
    """The server could not answer that question."""

    id: int
    reason: str


Question = Authenticate | Lookup
Reply = Authenticated | Found | Failed
Message = Hello | Welcome | Refused | Question | Reply

_TYPES: dict[str, type[Message]] = {
    "hello": Hello,
    "welcome": Welcome,
    "refused": Refused,
    "authenticate": Authenticate,
    "authenticated": Authenticated,
    "lookup": Lookup,
    "found": Found,
    "failed": Failed,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def secret_of(password: str) -> str:
    """The digest of a password that is stored and sent in its place."""
    return hashlib.sha256(b"finesse-chaos awdb\0" + password.encode("utf-8", "surrogatepass")).hexdigest()


def encode(message: Message) -> bytes:
    """One line. Raises TooLong: a text of the message is longer than TEXT_CHARS, or all of them than a line."""
    values = asdict(message)
    for name, value in values.items():
        if isinstance(value, str) and len(value) > TEXT_CHARS:
            raise TooLong(f"{name} has {len(value)} characters, at most {TEXT_CHARS} go into a message")
    line = json.dumps({"type": _NAMES[type(message)], **values}, separators=(",", ":")).encode() + b"\n"
    if len(line) > LINE_BYTES:
        raise TooLong(f"a message of {len(line)} bytes, a line has at most {LINE_BYTES}")
    return line


class Decoder:
    """Cuts a byte stream into messages; holds less than one line. Once it has raised, it raises the same for good."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._error: AwdbWireError | None = None

    @property
    def pending(self) -> int:
        """Bytes of a line that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Message]:
        """All messages that `data` completes. Raises AwdbWireError, with those before the bad one in `decoded`."""
        if self._error is not None:
            raise self._error
        self._buffer += data
        messages: list[Message] = []
        try:
            while (end := self._buffer.find(b"\n")) >= 0:
                if end >= LINE_BYTES:
                    raise TooLong(f"a line of {end + 1} bytes, at most {LINE_BYTES} are one")
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                messages.append(_message(line))
            if len(self._buffer) >= LINE_BYTES:
                raise TooLong(f"no end of line within {LINE_BYTES} bytes")
        except AwdbWireError as error:
            error.decoded = tuple(messages)
            self._error = error
            self._buffer.clear()
            raise
        return messages


def _message(line: bytes) -> Message:
    try:
        values = json.loads(line.decode())
    except (ValueError, RecursionError):  # no UTF-8, no JSON, or JSON too deep to read
        raise AwdbWireError(f"a line that is no JSON: {_excerpt(line)}") from None
    if not isinstance(values, dict):
        raise AwdbWireError(f"a line that is no object: {_excerpt(line)}")
    name = values.pop("type", None)
    kind = _TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise AwdbWireError(f"a message of unknown type: {_excerpt(line)}")
    wanted = {field.name: field.type for field in fields(kind)}
    if set(values) != set(wanted):
        raise AwdbWireError(f"a {name} with other fields than {', '.join(wanted)}: {_excerpt(line)}")
    try:
        return kind(**{key: _checked(wanted[key], value) for key, value in values.items()})
    except ValueError as error:
        raise AwdbWireError(f"a {name} with a field that {error}: {_excerpt(line)}") from None


def _checked(kind: Any, value: object) -> Any:
    """The value, if a field of that kind takes it. Raises ValueError, worded as the end of a sentence."""
    if kind is Role:
        if value not in tuple(Role):
            raise ValueError("names no role")
        return Role(str(value))
    if type(value) is not kind:  # a bool is an int to isinstance
        raise ValueError(f"is no {kind.__name__}")
    if isinstance(value, str):
        _check_text(value)
    elif type(value) is int and not 0 <= value <= ID_MAX:
        raise ValueError(f"is not from 0 to {ID_MAX}")
    return value


def _check_text(value: str) -> None:
    if len(value) > TEXT_CHARS:
        raise ValueError(f"has more than {TEXT_CHARS} characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds half a character")


def _excerpt(line: bytes) -> str:
    text = line.decode("ascii", "backslashreplace")
    return repr(text if len(text) <= _EXCERPT_CHARS else text[:_EXCERPT_CHARS] + "…")
