"""Compiles message classes into tables that `codec` works with: one `Layout` a class and protocol version."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from struct import Struct
from typing import Any

from chaos.wire.ged188.fields import (
    CALL_VARIABLES,
    META,
    Entries,
    Fixed,
    Floating,
    Message,
    Named,
    NamedVariable,
    Number,
    Raw,
    Text,
    Variables,
)

OLDEST, NEWEST, WIDE_FLOATS = 9, 25, 20
"""Protocols older or newer than these are laid out like these; from 20 on tag and length take two bytes each."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one floating field goes. Exactly one of the readers is set: `number`, `text`, or neither for bytes.

    index: which of the ten call variables, or which member of the list's entry. repeated: entry class of NAMEDVAR and
    NAMEDARRAY. many: the list field that the entry belongs to.
    """

    name: str
    limit: int | None
    number: Struct | None = None
    numbers: Mapping[int, IntEnum] | None = None
    text: bool = False
    index: int = -1
    many: str = ""
    member: str = ""
    repeated: type[Any] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How one class looks on the wire in one protocol version."""

    cls: type[Message]
    fixed: Struct
    names: tuple[str, ...]
    """Fixed fields in wire order."""
    enums: tuple[tuple[str, Mapping[int, IntEnum]], ...]
    truths: tuple[str, ...]
    counts: tuple[tuple[str, str, bool], ...]
    """A counting field, the list it counts, whether it is a floating field itself."""
    floats: Mapping[int, Slot]
    specs: tuple[tuple[str, Floating], ...]
    """Floating fields in the order of sending."""
    head: Struct


def compile_layout(cls: type[Message], version: int, unique_instance_tag: int) -> Layout:
    declared = [(f.name, f.metadata[META]) for f in fields(cls) if META in f.metadata]
    known = [(name, spec) for name, spec in declared if getattr(spec, "since", 0) <= version]
    fixed = [(name, spec) for name, spec in known if isinstance(spec, Fixed)]
    plain = [(name, spec) for name, spec in known if not isinstance(spec, Fixed)]
    floating = [(name, _renumbered(name, spec, unique_instance_tag)) for name, spec in plain]
    counting = [(name, spec) for name, spec in known if isinstance(spec, Fixed | Number) and spec.counts]
    return Layout(
        cls=cls,
        fixed=Struct(">" + "".join(spec.code for _, spec in fixed)),
        names=tuple(name for name, _ in fixed),
        enums=tuple((name, spec.numbers) for name, spec in fixed if spec.numbers),
        truths=tuple(name for name, spec in fixed if spec.truth),
        counts=tuple((name, spec.counts, isinstance(spec, Number)) for name, spec in counting),
        floats={tag: slot for name, spec in floating for tag, slot in _slots(name, spec)},
        specs=tuple(floating),
        head=Struct(">HH" if version >= WIDE_FLOATS else ">BB"),
    )


_members_of: dict[type[Any], tuple[tuple[str, Floating], ...]] = {}


def members(entry: type[Any]) -> tuple[tuple[str, Floating], ...]:
    """The floating fields of a list's entry, in documented order. Every row of a list asks: they are kept."""
    if entry not in _members_of:
        _members_of[entry] = tuple((f.name, f.metadata[META]) for f in fields(entry))
    return _members_of[entry]


def _renumbered(name: str, spec: Floating, unique_instance_tag: int) -> Floating:
    if name == "unique_instance_id" and isinstance(spec, Text):
        return Text(unique_instance_tag, spec.limit, spec.since)
    return spec


def _slots(name: str, spec: Floating) -> list[tuple[int, Slot]]:
    match spec:
        case Number(tag, code, numbers):
            return [(tag, Slot(name, None, Struct(">" + code), numbers))]
        case Text(tag, limit, _, alias):
            also = [(alias, Slot(name, None, text=True))] if alias is not None else []
            return [(tag, Slot(name, limit, text=True)), *also]
        case Raw(tag, limit):
            return [(tag, Slot(name, limit))]
        case Variables(tag, limit):
            return [(tag + i, Slot(name, limit, text=True, index=i)) for i in range(CALL_VARIABLES)]
        case Named(tag, entry):
            most = 251 if entry is NamedVariable else 252
            return [(tag, Slot(name, most, repeated=entry))]
        case Entries(entry, _):
            return [
                pair for i, (member, inner) in enumerate(members(entry)) for pair in _members(name, i, member, inner)
            ]


def _members(many: str, index: int, member: str, inner: Floating) -> list[tuple[int, Slot]]:
    return [
        (tag, Slot(f"{many}.{member}", s.limit, s.number, s.numbers, s.text, index, many, member))
        for tag, s in _slots(member, inner)
    ]
