"""JSON as Go's `encoding/json` reads and writes it, with its error texts: clients of Toxiproxy see them.

What differs from Python's `json`: only the first value of a body counts, keys match regardless of letter case, a
repeated key is applied again, `null` leaves a field alone, integers must be written as such and fit 64 bits, and
`<`, `>` and `&` are written escaped.
"""

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NoReturn

from chaos.toxiproxy.errors import GoJsonError

_DEPTH_MAX = 100
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BLANKS = b" \t\r\n"
_ESCAPES = {
    0x22: '"',
    0x5C: "\\",
    0x2F: "/",
    0x62: "\b",
    0x66: "\f",
    0x6E: "\n",
    0x72: "\r",
    0x74: "\t",
}
_QUOTED = {"'": "\\'", '"': '"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"} | {
    "\t": "\\t",
    "\v": "\\v",
}
_INT64 = range(-(2**63), 2**63)
# Floats from here to there are written without an exponent.
_FIXED_MIN, _FIXED_MAX = struct.unpack("<ff", struct.pack("<ff", 1e-6, 1e21))


class Kind(Enum):
    """What a field holds; the value is Go's name for it."""

    STRING = "string"
    BOOL = "bool"
    INT64 = "int64"
    INT = "int"
    FLOAT32 = "float32"


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object: its members in the order in which they were written, repeated ones included."""

    pairs: tuple[tuple[str, "Value"], ...]


Value = Members | Sequence["Value"] | str | Numeral | bool | None
Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Struct:
    """How Go would name a structure in its errors, and the fields that it has.

    fields: a kind, or a structure of its own. type_name: for "cannot unmarshal … of type".
    owner: for "Go struct field".
    """

    type_name: str
    owner: str
    fields: Mapping[str, "Kind | Struct"]


def decode(body: bytes) -> Value:
    """The first JSON value in the body; what follows it is ignored. Raises GoJsonError with Go's text."""
    reader = _Reader(body)
    if reader.peek() < 0:
        raise GoJsonError("EOF")
    return reader.value(0)


def bind(value: Value, into: Struct) -> dict[str, object]:
    """Field name to value, for the fields that are present and not null; structures become dicts of their own.

    Raises GoJsonError for the first value of a wrong type, in the order of the text.
    """
    if value is None:
        return {}
    if not isinstance(value, Members):
        raise GoJsonError(f"json: cannot unmarshal {_describe(value)} into Go value of type {into.type_name}")
    return _members(value, into, into.owner, "")


def text_of(value: object) -> str:
    """Compact JSON text of plain Python values as Go's encoder writes it. Floats are 32 bits wide."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return _float32_text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string_text(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_string_text(str(k))}:{text_of(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(text_of(v) for v in value) + "]"
    raise TypeError(f"no JSON for {value!r}")


def float32(number: float) -> float:
    """The nearest number that has 32 bits. Raises OverflowError if it is out of range."""
    if math.isinf(number):
        raise OverflowError(f"{number} is out of range")
    return float(struct.unpack("<f", struct.pack("<f", number))[0])


# --- binding ---------------------------------------------------------------------------------------------------------


def _members(value: Members, into: Struct, owner: str, path: str) -> dict[str, object]:
    found: dict[str, object] = {}
    folded = {name.casefold(): name for name in into.fields}
    for key, item in value.pairs:
        name = key if key in into.fields else folded.get(key.casefold())
        if name is None or item is None:
            continue
        kind = into.fields[name]
        place = f"{path}{name}"
        if isinstance(kind, Kind):
            found[name] = _scalar(item, kind, f"{owner}.{place}")
        elif isinstance(item, Members):
            inner = _members(item, kind, kind.owner, f"{place}.")
            found[name] = {**_as_dict(found.get(name)), **inner}
        else:
            raise _mismatch(_describe(item), f"{owner}.{place}", kind.type_name)
    return found


def _as_dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _scalar(value: Value, kind: Kind, field: str) -> Scalar:
    if kind is Kind.STRING and isinstance(value, str):
        return value
    if kind is Kind.BOOL and isinstance(value, bool):
        return value
    if kind in (Kind.STRING, Kind.BOOL) or not isinstance(value, Numeral):
        raise _mismatch(_describe(value), field, kind.value)
    number = _float32_of(value.text) if kind is Kind.FLOAT32 else _integer_of(value.text)
    if number is None:
        raise _mismatch(f"number {value.text}", field, kind.value)
    return number


def _integer_of(text: str) -> int | None:
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        return None
    return int(text) if int(text) in _INT64 else None


def _float32_of(text: str) -> float | None:
    try:
        return float32(float(text))
    except OverflowError:
        return None


def _mismatch(what: str, field: str, type_name: str) -> GoJsonError:
    return GoJsonError(f"json: cannot unmarshal {what} into Go struct field {field} of type {type_name}")


def _describe(value: Value) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case Numeral():
            return "number"
        case Members():
            return "object"
        case _:
            return "array"


# --- writing ---------------------------------------------------------------------------------------------------------


def _string_text(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found.group()):04x}", plain)


def _float32_text(number: float) -> str:
    shortest = next(text for digits in range(1, 10) if _means(text := f"{number:.{digits}g}", number))
    decimal = Decimal(shortest).normalize()
    return f"{decimal:f}" if not number or _FIXED_MIN <= abs(number) < _FIXED_MAX else f"{decimal:e}"


def _means(text: str, number: float) -> bool:
    try:
        return float32(float(text)) == number
    except OverflowError:
        return False


# --- reading ---------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads one value, and stops at the first byte that Go's scanner would refuse."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def peek(self) -> int:
        """The next byte that is not blank, or -1 at the end."""
        while self._at < len(self._body) and self._body[self._at] in _BLANKS:
            self._at += 1
        return self._body[self._at] if self._at < len(self._body) else -1

    def value(self, depth: int) -> Value:
        if depth > _DEPTH_MAX:
            raise GoJsonError("exceeded max depth")
        first = self.peek()
        if first == ord("{"):
            return self._object(depth)
        if first == ord("["):
            return self._array(depth)
        if first == ord('"'):
            return self._string()
        if first == ord("-") or ord("0") <= first <= ord("9"):
            return self._number()
        for word, meaning in ((b"true", True), (b"false", False), (b"null", None)):
            if first == word[0]:
                self._word(word)
                return meaning
        return self._refuse("looking for beginning of value")

    def _object(self, depth: int) -> Members:
        self._at += 1
        pairs: list[tuple[str, Value]] = []
        if self.peek() == ord("}"):
            self._at += 1
            return Members(())
        while True:
            if self.peek() != ord('"'):
                self._refuse("looking for beginning of object key string")
            key = self._string()
            if self.peek() != ord(":"):
                self._refuse("after object key")
            self._at += 1
            pairs.append((key, self.value(depth + 1)))
            if not self._goes_on(ord("}"), "after object key:value pair"):
                return Members(tuple(pairs))

    def _array(self, depth: int) -> list[Value]:
        self._at += 1
        items: list[Value] = []
        if self.peek() == ord("]"):
            self._at += 1
            return items
        while True:
            items.append(self.value(depth + 1))
            if not self._goes_on(ord("]"), "after array element"):
                return items

    def _goes_on(self, closing: int, place: str) -> bool:
        found = self.peek()
        if found not in (closing, ord(",")):
            self._refuse(place)
        self._at += 1
        return found == ord(",")

    def _word(self, word: bytes) -> None:
        name = word.decode()
        for expected in word:
            if self._at >= len(self._body) or self._body[self._at] != expected:
                self._refuse(f"in literal {name} (expecting '{chr(expected)}')")
            self._at += 1

    def _number(self) -> Numeral:
        found = _NUMBER.match(self._body, self._at)
        if found is None:  # a lone minus
            self._at += 1
            self._refuse("in numeric literal")
        self._at = found.end()
        follows = self._body[self._at : self._at + 1]
        if follows == b"." and b"." not in found.group():
            self._at += 1
            self._refuse("after decimal point in numeric literal")
        if follows in (b"e", b"E") and b"e" not in found.group().lower():
            self._at += 1 + (self._body[self._at + 1 : self._at + 2] in (b"+", b"-"))
            self._refuse("in exponent of numeric literal")
        return Numeral(found.group().decode())

    def _string(self) -> str:
        self._at += 1
        start, pieces = self._at, []
        while True:
            byte = self._byte("in string literal")
            if byte == ord('"'):
                pieces.append(self._body[start : self._at].decode("utf-8", "replace"))
                self._at += 1
                return _without_surrogates("".join(pieces))
            if byte < 0x20:
                self._refuse("in string literal")
            if byte == ord("\\"):
                pieces.append(self._body[start : self._at].decode("utf-8", "replace"))
                self._at += 1
                pieces.append(self._escape())
                start = self._at
            else:
                self._at += 1

    def _escape(self) -> str:
        byte = self._byte("in string escape code")
        if byte in _ESCAPES:
            self._at += 1
            return _ESCAPES[byte]
        if byte != ord("u"):
            self._refuse("in string escape code")
        self._at += 1
        for _ in range(4):
            if self._byte("") not in b"0123456789abcdefABCDEF":
                self._refuse("in \\u hexadecimal character escape")
            self._at += 1
        return chr(int(self._body[self._at - 4 : self._at], 16))

    def _byte(self, place: str) -> int:
        if self._at >= len(self._body):
            self._refuse(place)
        return self._body[self._at]

    def _refuse(self, place: str) -> NoReturn:
        if self._at >= len(self._body):
            raise GoJsonError("unexpected EOF")
        byte = chr(self._body[self._at])
        shown = _QUOTED.get(byte) or (byte if byte.isprintable() else f"\\x{ord(byte):02x}")
        raise GoJsonError(f"invalid character '{shown}' {place}")


def _without_surrogates(text: str) -> str:
    """Escaped surrogate pairs become one character; a lone surrogate becomes U+FFFD, as in Go."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
