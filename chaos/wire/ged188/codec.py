"""Frames to messages and messages to bytes.

Reading is tolerant where the documents leave room (order of floats, unknown tags, numbers outside an enumeration,
counts that do not match, a missing NUL, the fixed part of a neighbouring protocol version), writing is exact.
"""

from functools import lru_cache
from struct import Struct
from struct import error as StructError
from typing import Any, Final

from chaos.wire.ged188.catalogue import Tag
from chaos.wire.ged188.errors import BadField, BadLength, EncodeError, FieldTooLong, Ged188Error, Truncated
from chaos.wire.ged188.fields import (
    CALL_VARIABLES,
    Entries,
    Floating,
    Message,
    Named,
    NamedArray,
    NamedVariable,
    Number,
    Raw,
    Text,
    UnknownMessage,
    Variables,
)
from chaos.wire.ged188.framing import HEADER, MAX_MESSAGE, Frame, Framer
from chaos.wire.ged188.layout import NEWEST, OLDEST, WIDE_FLOATS, Layout, Slot, compile_layout, members
from chaos.wire.ged188.registry import CLASSES
from chaos.wire.ged188.session import FailureConf, OpenReq
from chaos.wire.ged188.values import ControlFailure, Status

MAX_NAMED: Final = 2000
"""Bytes of all NAMEDVAR and NAMEDARRAY data in one message."""
NAME_LIMIT: Final = 33
VALUE_LIMIT: Final = 211
SHORT_FAILURE: Final = Struct(">II")
LONG_FAILURE: Final = Struct(">IHI")
STATUSES: Final = {status.value: status for status in Status}
FAILURES: Final = {failure.value: failure for failure in ControlFailure}

_layouts: dict[tuple[type[Message], int, int], Layout] = {}


def layout_of(cls: type[Message], version: int, unique_instance_tag: int = Tag.UNIQUE_INSTANCE_ID) -> Layout:
    key = cls, min(max(version, OLDEST), NEWEST), int(unique_instance_tag)
    layout = _layouts.get(key)
    if layout is None:
        layout = _layouts[key] = compile_layout(*key)
    return layout


# Reading


def parse(
    frame: Frame,
    version: int = NEWEST,
    *,
    unique_instance_tag: int = Tag.UNIQUE_INSTANCE_ID,
    lenient: bool = False,
) -> Message:
    """The message in a frame.

    version: protocol of the session; an OPEN_REQ is read by the version that it announces.
    unique_instance_tag: tag of OPEN_REQ.UniqueInstanceID, whose number no document prints.
    lenient: a floating field that cannot be read (BadField, FieldTooLong) is left out and kept in `extra`.
    Raises Ged188Error (Truncated, BadLength, BadField, FieldTooLong), its offset counted from the header's first byte.
    """
    cls = CLASSES.get(frame.type)
    if cls is None:
        return UnknownMessage(frame.type, frame.body)
    body = frame.body
    if cls is FailureConf:
        return _parse_failure(body, version)
    if cls is OpenReq and len(body) >= 8:
        version = int.from_bytes(body[4:8], "big")
    layout = layout_of(cls, version, unique_instance_tag)
    try:
        return _parse(layout, body)
    except Ged188Error as error:
        other = _parse_as_neighbour(layout, body, version, unique_instance_tag)
        if other is not None:
            return other
        if lenient and isinstance(error, BadField):
            return _parse(layout, body, lenient=True)
        raise error


def _parse(layout: Layout, body: bytes, *, lenient: bool = False) -> Message:
    cls = layout.cls
    size = layout.fixed.size
    if len(body) < size or (cls.EXACT and len(body) != size):
        reason = f"{cls.__name__} has a body of {len(body)} bytes, {'' if cls.EXACT else 'at least '}{size} are due"
        raise (BadLength if cls.EXACT else Truncated)(reason, HEADER.size + min(len(body), size), body)
    values: dict[str, Any] = dict(zip(layout.names, layout.fixed.unpack_from(body), strict=True))
    for name, numbers in layout.enums:
        number = values[name]
        values[name] = numbers.get(number, number)
    for name in layout.truths:
        values[name] = values[name] != 0
    if len(body) > size:
        _parse_floats(layout, body, size, values, lenient=lenient)
    for name, many, floating in layout.counts:
        # A count that is right says nothing new: None stands for it, so that lists can be changed without minding it.
        # A floating count of 0 is kept, since leaving it out makes another message.
        listed = len(values.get(many, ()))
        if values.get(name) == listed and (listed or not floating):
            values[name] = None
    return cls(**values)


def _parse_as_neighbour(layout: Layout, body: bytes, version: int, tag: int) -> Message | None:
    """The message, if another version's fixed part fits without a remainder and without unknown tags.

    The guides disagree on which version brought some fields (SessionType of OPEN_CONF).
    """
    tried = {layout.names}
    for other in range(NEWEST, OLDEST - 1, -1):
        neighbour = layout_of(layout.cls, other, tag)
        if neighbour.names in tried or (other >= WIDE_FLOATS) != (version >= WIDE_FLOATS):
            continue
        tried.add(neighbour.names)
        try:
            message = _parse(neighbour, body)
        except Ged188Error:
            continue
        if not message.extra:
            return message
    return None


def _parse_floats(layout: Layout, body: bytes, position: int, values: dict[str, Any], *, lenient: bool = False) -> None:
    """Fill `values` from the floating part, which starts at `position` of the body."""
    head, slots, end = layout.head, layout.floats, len(body)
    extra: list[tuple[int, bytes]] = []
    rows: dict[str, list[dict[str, Any]]] = {}
    last: dict[str, int] = {}
    while position < end:
        start = position
        if position + head.size > end:
            raise Truncated(f"{layout.cls.__name__} ends in the head of a field", HEADER.size + start, body[start:])
        tag, length = head.unpack_from(body, position)
        position += head.size
        data = body[position : position + length]
        if len(data) < length:
            reason = f"field {tag} of {layout.cls.__name__} announces {length} bytes, {len(data)} are left"
            raise Truncated(reason, HEADER.size + start, body[start:])
        position += length
        slot = slots.get(tag)
        if slot is None:
            extra.append((tag, data))
            continue
        try:
            value = _value(layout, slot, tag, data, start)
        except BadField:
            if not lenient:
                raise
            extra.append((tag, data))
            continue
        if slot.many:
            _add_member(rows.setdefault(slot.many, []), last, slot, value)
        elif slot.repeated:
            values.setdefault(slot.name, []).append(value)
        elif slot.index >= 0:
            into = values.setdefault(slot.name, [None] * CALL_VARIABLES)
            if into[slot.index] is None:
                into[slot.index] = value
            else:
                extra.append((tag, data))
        elif slot.name in values:
            extra.append((tag, data))
        else:
            values[slot.name] = value
    for name, spec in layout.specs:
        if isinstance(spec, Entries) and name in rows:
            values[name] = tuple(spec.entry(**row) for row in rows[name])
        elif isinstance(spec, Variables | Named) and name in values:
            values[name] = tuple(values[name])
    if extra:
        values["extra"] = tuple(extra)


def _add_member(rows: list[dict[str, Any]], last: dict[str, int], slot: Slot, value: Any) -> None:
    # Members of an entry keep their order, so one that does not come after the last begins a new entry.
    if not rows or slot.index <= last[slot.many]:
        rows.append({})
    rows[-1][slot.member] = value
    last[slot.many] = slot.index


def _value(layout: Layout, slot: Slot, tag: int, data: bytes, start: int) -> Any:
    if slot.number is not None:
        if len(data) != slot.number.size:
            raise _bad(BadField, layout, slot, f"has {len(data)} bytes, {slot.number.size} are due", start, data)
        number = slot.number.unpack(data)[0]
        return number if slot.numbers is None else slot.numbers.get(number, number)
    if slot.limit is not None and len(data) > slot.limit:
        raise _bad(FieldTooLong, layout, slot, f"has {len(data)} bytes, {slot.limit} at most", start, data)
    if slot.text:
        return _read_text(data)
    if slot.repeated is not None:
        return _read_named(layout, slot, data, start)
    return data


def _read_text(data: bytes) -> str:
    # Latin-1 keeps every byte of what ought to be ASCII. Nothing after a NUL belongs to a STRING.
    return data.partition(b"\0")[0].decode("latin-1")


def _read_named(layout: Layout, slot: Slot, data: bytes, start: int) -> NamedVariable | NamedArray:
    lead = 1 if slot.repeated is NamedArray else 0
    name, nul, rest = data[lead:].partition(b"\0")
    if not nul:
        raise _bad(BadField, layout, slot, "has no NUL after its name", start, data)
    words = name.decode("latin-1"), _read_text(rest)
    return NamedArray(data[0], *words) if lead else NamedVariable(*words)


def _bad(kind: type[BadField], layout: Layout, slot: Slot, what: str, start: int, data: bytes) -> BadField:
    message = layout.cls.__name__
    reason = f"{message}.{slot.name} {what}"
    return kind(reason, HEADER.size + start, data, message=message, field=slot.name)


def _parse_failure(body: bytes, version: int) -> FailureConf:
    """Ten bytes are the long form. Where a Text makes both fit, no Status needs the upper half of its four bytes."""
    if len(body) < SHORT_FAILURE.size:
        raise Truncated(f"FailureConf has a body of {len(body)} bytes, 8 or 10 are due", HEADER.size + len(body), body)
    layout = layout_of(FailureConf, version)
    is_long = len(body) == LONG_FAILURE.size or body[4:6] != b"\0\0"
    order = (_long_failure, _short_failure) if is_long else (_short_failure, _long_failure)
    read: list[FailureConf] = []
    trouble: Ged188Error | None = None
    for form in order:
        try:
            read.append(form(layout, body))
        except Ged188Error as error:
            trouble = trouble or error
    if trouble is not None and not read:
        raise trouble
    return next((conf for conf in read if not conf.extra), read[0])


def _short_failure(layout: Layout, body: bytes) -> FailureConf:
    invoke_id, status = SHORT_FAILURE.unpack_from(body)
    values: dict[str, Any] = {}
    _parse_floats(layout, body, SHORT_FAILURE.size, values)
    return FailureConf(invoke_id, STATUSES.get(status, status), **values)


def _long_failure(layout: Layout, body: bytes) -> FailureConf:
    if len(body) < LONG_FAILURE.size:
        raise Truncated("FailureConf is too short for its long form", HEADER.size + len(body), body)
    invoke_id, code, error = LONG_FAILURE.unpack_from(body)
    values: dict[str, Any] = {}
    _parse_floats(layout, body, LONG_FAILURE.size, values)
    return FailureConf(invoke_id, None, FAILURES.get(code, code), error, **values)


class Decoder:
    """Bytes in, messages out: a Framer and `parse` together.

    version: protocol of the session, the newest until told otherwise. An OPEN_REQ that passes sets it to what it
        announces; who reads the server's side sets it by hand. Once it has raised, it raises the same for good.
    """

    def __init__(self, version: int = NEWEST, *, unique_instance_tag: int = Tag.UNIQUE_INSTANCE_ID) -> None:
        self.version = version
        self._tag = unique_instance_tag
        self._framer = Framer()

    @property
    def pending(self) -> int:
        """Bytes of a message that is not complete yet."""
        return self._framer.pending

    def feed(self, data: bytes) -> list[Message]:
        """All messages that `data` completes. Raises Ged188Error with a stream offset; see its `decoded`."""
        offset = self._framer.offset
        trouble: Ged188Error | None = None
        try:
            frames = self._framer.feed(data)
        except Ged188Error as error:
            frames = [frame for frame in error.decoded if isinstance(frame, Frame)]
            trouble = error
        messages: list[Message] = []
        try:
            for frame in frames:
                message = parse(frame, self.version, unique_instance_tag=self._tag)
                if isinstance(message, OpenReq):
                    self.version = message.version_number
                messages.append(message)
                offset += len(frame.raw)
        except Ged188Error as error:
            error.offset += offset
            self._framer.poison(error)
            trouble = error
        if trouble is not None:
            trouble.decoded = tuple(messages)
            raise trouble
        return messages

    def eof(self) -> None:
        """The stream has ended. Raises Truncated when it did so inside a message."""
        self._framer.eof()


# Writing


def encode(message: Message, version: int = NEWEST, *, unique_instance_tag: int = Tag.UNIQUE_INSTANCE_ID) -> bytes:
    """The bytes of a message, header included.

    Fields that `version` does not have are left out. An OPEN_REQ is written in the version that it announces.
    Raises EncodeError naming message, field and value.
    """
    if isinstance(message, UnknownMessage):
        return _framed(message, message.type, message.body)
    if isinstance(message, OpenReq):
        version = message.version_number
    layout = layout_of(type(message), version, unique_instance_tag)
    parts = [_failure_fixed(message) if isinstance(message, FailureConf) else _fixed(layout, message)]
    for name, spec in layout.specs:
        value = getattr(message, name)
        if value is not None or isinstance(spec, Number):  # a count is written though nobody has set it
            _write(parts, layout.head, message, name, name, spec, value)
    _check_named(layout, message)
    if message.extra and message.EXACT:
        raise EncodeError(type(message).__name__, "extra", message.extra, "this message has no floating fields")
    for tag, data in message.extra:
        parts.append(_float(layout.head, message, "extra", tag, data))
    return _framed(message, message.TYPE, b"".join(parts))


def _framed(message: Message, kind: int, body: bytes) -> bytes:
    most = MAX_MESSAGE - HEADER.size
    if len(body) > most:
        raise EncodeError(type(message).__name__, "body", f"{len(body)} bytes", f"a body holds {most} at most")
    return HEADER.pack(len(body), kind) + body


def _fixed(layout: Layout, message: Message) -> bytes:
    values = [getattr(message, name) for name in layout.names]
    for name, many, floating in layout.counts:
        if not floating and getattr(message, name) is None:
            values[layout.names.index(name)] = len(getattr(message, many))
    try:
        return layout.fixed.pack(*values)
    except StructError:
        # One by one, the culprit is found and named.
        rows = zip(layout.names, layout.fixed.format[1:], values, strict=True)
        return b"".join(_pack(Struct(f">{code}"), message, name, value) for name, code, value in rows)


def _failure_fixed(message: FailureConf) -> bytes:
    if message.failure_code is None:
        return _pack(SHORT_FAILURE, message, "status", message.invoke_id, message.status)
    long = message.invoke_id, message.failure_code, message.peripheral_error_code
    return _pack(LONG_FAILURE, message, "failure_code", *long)


def _pack(form: Struct, message: Message, field: str, *values: Any) -> bytes:
    try:
        return form.pack(*values)
    except StructError as error:
        shown = values[0] if len(values) == 1 else values
        raise EncodeError(type(message).__name__, field, shown, str(error)) from None


def _write(
    parts: list[bytes], head: Struct, message: Message, path: str, name: str, spec: Floating, value: Any
) -> None:
    """Append the floats of one field. path: how errors name it."""
    match spec:
        case Number(tag, code, counts=counts):
            if counts and value is None:
                value = len(getattr(message, counts)) or None
            if value is not None:
                parts.append(_float(head, message, path, tag, _pack(_number(code), message, path, value)))
        case Text(tag, limit):
            if value is not None:
                parts.append(_float(head, message, path, tag, _text(message, path, value, limit)))
        case Raw(tag, limit):
            if value is not None:
                if len(value) > limit:
                    raise EncodeError(type(message).__name__, path, value, f"{limit} bytes at most")
                parts.append(_float(head, message, path, tag, bytes(value)))
        case Variables(tag, limit):
            if len(value) != CALL_VARIABLES:
                raise EncodeError(type(message).__name__, path, value, f"{CALL_VARIABLES} values, None for none")
            for i, one in enumerate(value):
                if one is not None:  # as most are
                    _write(parts, head, message, f"{path}[{i}]", name, Text(tag + i, limit), one)
        case Named(tag):
            _write_named(parts, head, message, path, tag, value)
        case Entries(entry, most):
            _write_entries(parts, head, message, path, entry, most, value)


@lru_cache
def _number(code: str) -> Struct:
    return Struct(">" + code)


def _write_entries(
    parts: list[bytes], head: Struct, message: Message, path: str, entry: type[Any], most: int, rows: Any
) -> None:
    if len(rows) > most:
        raise EncodeError(type(message).__name__, path, rows, f"{most} entries at most, not {len(rows)}")
    last = len(members(entry))
    for i, row in enumerate(rows):
        values = [getattr(row, member) for member, _ in members(entry)]
        present = [k for k, value in enumerate(values) if value is not None]
        # A reader tells entries apart by members that come again, so an entry must begin no later than the last ended.
        if not present or present[0] > last:
            raise EncodeError(type(message).__name__, f"{path}[{i}]", row, "could not be told from the entry before it")
        last = present[-1]
        for k in present:
            member, spec = members(entry)[k]
            _write(parts, head, message, f"{path}[{i}].{member}", member, spec, values[k])


def _write_named(parts: list[bytes], head: Struct, message: Message, path: str, tag: int, items: Any) -> None:
    for i, item in enumerate(items):
        where = f"{path}[{i}]"
        lead = _pack(Struct(">B"), message, f"{where}.index", item.index) if isinstance(item, NamedArray) else b""
        name = _text(message, f"{where}.name", item.name, NAME_LIMIT)
        data = lead + name + _text(message, f"{where}.value", item.value, VALUE_LIMIT)
        parts.append(_float(head, message, where, tag, data))


def _check_named(layout: Layout, message: Message) -> None:
    """Variables and arrays of a message share one limit: names, values, their NULs and the indices of arrays."""
    total = 0
    for name, spec in layout.specs:
        if isinstance(spec, Named):
            for item in getattr(message, name):
                total += len(item.name) + len(item.value) + (3 if isinstance(item, NamedArray) else 2)
                if total > MAX_NAMED:
                    raise EncodeError(type(message).__name__, name, item, f"over {MAX_NAMED} bytes of named data")


def _text(message: Message, path: str, value: str, limit: int) -> bytes:
    try:
        data = value.encode("latin-1")
    except UnicodeEncodeError:
        raise EncodeError(type(message).__name__, path, value, "one byte a character (latin-1)") from None
    if b"\0" in data or len(data) >= limit:
        raise EncodeError(type(message).__name__, path, value, f"{limit - 1} bytes at most, none of them NUL")
    return data + b"\0"


def _float(head: Struct, message: Message, path: str, tag: int, data: bytes) -> bytes:
    try:
        return head.pack(tag, len(data)) + data
    except StructError:
        shown = f"tag {tag}, {len(data)} bytes"
        raise EncodeError(type(message).__name__, path, shown, "does not fit a field's head in this protocol") from None
