"""How a message class declares its wire layout: every field carries its wire form in its dataclass metadata.

A class body is the table: fixed fields in wire order, then floating fields in the order in which we send them. The
helpers return dataclass fields, so that a declaration reads `invoke_id: int = u4()`. They are typed Any because a type
checker must take them for the field's default value; fixed fields may be given by position, floating ones (after
`KW_ONLY`) by name only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar

from chaos.wire.ged188.catalogue import Tag

META = "ged188"
CALL_VARIABLES = 10


@dataclass(frozen=True, slots=True)
class Fixed:
    """A field of the fixed part. code: of `struct`; numbers: number to enum member; since: first protocol with it.

    counts: the list field whose length it tells, else "". truth: it is a BOOL.
    """

    code: str
    numbers: Mapping[int, IntEnum] | None = None
    since: int = 0
    counts: str = ""
    truth: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A floating number, absent when None. counts: as in `Fixed`."""

    tag: int
    code: str
    numbers: Mapping[int, IntEnum] | None = None
    since: int = 0
    counts: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A floating STRING, absent when None. limit: bytes, NUL included. alias: a second tag that is read, never sent."""

    tag: int
    limit: int
    since: int = 0
    alias: int | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Floating UNSPEC bytes, absent when None."""

    tag: int
    limit: int
    since: int = 0


@dataclass(frozen=True, slots=True)
class Variables:
    """CallVariable1 to 10, ten floats with consecutive tags."""

    tag: int
    limit: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A list: each entry is a row of floats, its members in documented order. most: entries, at most."""

    entry: type[Any]
    most: int
    since: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """NAMEDVAR or NAMEDARRAY floats."""

    tag: int
    entry: type[Any]


Floating = Number | Text | Raw | Variables | Entries | Named
Spec = Fixed | Floating


def numbers_of(enum: type[IntEnum] | None) -> Mapping[int, IntEnum] | None:
    return {member.value: member for member in enum} if enum else None


def _fixed(code: str, default: int, enum: type[IntEnum] | None, since: int) -> Any:
    numbers = numbers_of(enum)
    return field(
        default=default if numbers is None else numbers.get(default, default),
        metadata={META: Fixed(code, numbers, since)},
    )


def u1(default: int = 0, enum: type[IntEnum] | None = None, *, since: int = 0) -> Any:
    return _fixed("B", default, enum, since)


def u2(default: int = 0, enum: type[IntEnum] | None = None, *, since: int = 0) -> Any:
    return _fixed("H", default, enum, since)


def u4(default: int = 0, enum: type[IntEnum] | None = None, *, since: int = 0) -> Any:
    return _fixed("I", default, enum, since)


def i4(default: int = 0, enum: type[IntEnum] | None = None, *, since: int = 0) -> Any:
    return _fixed("i", default, enum, since)


def b2(default: bool = False) -> Any:
    return field(default=default, metadata={META: Fixed("H", truth=True)})


def count(of: str, *, since: int = 0) -> Any:
    """A USHORT that tells the length of the list field `of`. None, the default: as many as listed."""
    return field(default=None, metadata={META: Fixed("H", counts=of, since=since)})


def number(tag: Tag, code: str, enum: type[IntEnum] | None = None, *, since: int = 0, counts: str = "") -> Any:
    return field(default=None, metadata={META: Number(tag, code, numbers_of(enum), since, counts)})


def string(tag: Tag, limit: int, *, since: int = 0, alias: Tag | None = None) -> Any:
    return field(default=None, metadata={META: Text(tag, limit, since, alias)})


def raw(tag: Tag, limit: int, *, since: int = 0) -> Any:
    return field(default=None, metadata={META: Raw(tag, limit, since)})


def variables() -> Any:
    spec = Variables(Tag.CALL_VAR_1, 41)
    return field(default=(None,) * CALL_VARIABLES, metadata={META: spec})


def entries(entry: type[Any], most: int, *, since: int = 0) -> Any:
    return field(default=(), metadata={META: Entries(entry, most, since)})


def named_variables() -> Any:
    return field(default=(), metadata={META: Named(Tag.NAMED_VARIABLE, NamedVariable)})


def named_arrays() -> Any:
    return field(default=(), metadata={META: Named(Tag.NAMED_ARRAY, NamedArray)})


@dataclass(frozen=True, slots=True)
class NamedVariable:
    """An ECC variable: a name of up to 32 bytes, a value of up to 210."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class NamedArray:
    """One element of an ECC array: its index (0 to 255), name and value as in `NamedVariable`."""

    index: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all messages.

    extra: floating fields with a tag that this message does not have, and repetitions of one that may stand only once:
        (tag, data) in wire order. They are sent after all other fields.
    """

    TYPE: ClassVar[int]
    EXACT: ClassVar[bool] = False
    """True: no floating part at all, so any other length is an error."""

    extra: tuple[tuple[int, bytes], ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class UnknownMessage(Message):
    """A message whose type has no class here. body: all bytes after the header."""

    type: int
    body: bytes = b""
