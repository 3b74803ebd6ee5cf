"""The mechanics of document tables: which attribute stands in which element, and how its value is spelt.

A `Shape` is one dataclass and its rows. Reading looks children up by local name in any letter case and order; writing
follows the table (REST) or sorts by name (events).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from xml.etree.ElementTree import Element

from chaos.wire.digits import whole_number
from chaos.wire.xml import BadDocument, children_named, local_name

T = TypeVar("T")


class Kind(Protocol):
    """How one value is read from its element and written into one."""

    def read(self, element: Element) -> Any:
        """The value; None if it is not one of this kind."""

    def write(self, element: Element, value: Any, *, event: bool) -> None:
        """Fill the element, which has its name already. `event`: in the spelling of notifications."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute and its element's name."""

    attribute: str
    element: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """A dataclass as an element.

    rows: in the order of REST documents.
    sort_events: in notifications the children are sorted by name.
    event_rows: where given, their fixed order and spelling in notifications.
    """

    cls: type[T]
    rows: Sequence[Row]
    sort_events: bool = True
    event_rows: Sequence[Row] = ()
    _lower: Sequence[tuple[str, Row]] = field(init=False, repr=False, compare=False)
    _in_events: Sequence[Row] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Both are asked for again at every document.
        object.__setattr__(self, "_lower", tuple((row.element.lower(), row) for row in self.rows))
        by_name = sorted(self.rows, key=lambda row: row.element.lower()) if self.sort_events else self.rows
        object.__setattr__(self, "_in_events", self.event_rows or by_name)

    def read(self, element: Element) -> T:
        children: dict[str, Element] = {}
        for child in element:
            children.setdefault(local_name(child).lower(), child)
        values: dict[str, Any] = {}
        for name, row in self._lower:
            found = children.get(name)
            values[row.attribute] = None if found is None else row.kind.read(found)
        return self.cls(**values)

    def write(self, element: Element, value: T, *, event: bool) -> None:
        for row in self._in_events if event else self.rows:
            content = getattr(value, row.attribute)
            if content is not None:
                child = Element(row.element)
                row.kind.write(child, content, event=event)
                element.append(child)


def _text(element: Element) -> str:
    return (element.text or "").strip(" \t\r\n")


class Text:
    """Text without its outer blanks, XML's four."""

    def read(self, element: Element) -> str:
        return _text(element)

    def write(self, element: Element, value: str, *, event: bool) -> None:
        element.text = str(value)


class RawText:
    """Text to the blank."""

    def read(self, element: Element) -> str:
        return element.text or ""

    def write(self, element: Element, value: str, *, event: bool) -> None:
        element.text = value


class Integer:
    """A decimal integer of at most 18 digits; anything else reads as None."""

    def read(self, element: Element) -> int | None:
        text = _text(element)
        number = whole_number(text.removeprefix("-"))
        return -number if number is not None and text.startswith("-") else number

    def write(self, element: Element, value: int, *, event: bool) -> None:
        element.text = str(value)


class AskedInteger(Integer):
    """As `Integer`, of what a client asks for: anything else is a mistake of his, and not the same as nothing."""

    def read(self, element: Element) -> int | None:
        """Raises BadDocument."""
        found = super().read(element)
        if found is None and _text(element):
            raise BadDocument(f"{local_name(element)} is {_text(element)[:40]!r}, no number")
        return found


class Truth:
    """`true` or `false` in any letter case; anything else reads as None."""

    def read(self, element: Element) -> bool | None:
        return {"true": True, "false": False}.get(_text(element).lower())

    def write(self, element: Element, value: bool, *, event: bool) -> None:
        element.text = "true" if value else "false"


class OneOf:
    """A member of the enum, whatever its letter case; an unknown value stays text, as the peer wrote it."""

    def __init__(self, enum: type[StrEnum]) -> None:
        self._members = {member.value.lower(): member for member in enum}

    def read(self, element: Element) -> str:
        text = _text(element)
        return self._members.get(text.lower(), text)

    def write(self, element: Element, value: str, *, event: bool) -> None:
        element.text = str(value)


class Nested:
    """An element that holds a whole shape."""

    def __init__(self, shape: Shape[Any]) -> None:
        self.shape = shape

    def read(self, element: Element) -> Any:
        return self.shape.read(element)

    def write(self, element: Element, value: Any, *, event: bool) -> None:
        self.shape.write(element, value, event=event)


class Many:
    """A tuple of equal elements inside one outer element; others beside them are passed over."""

    def __init__(self, name: str, kind: Kind) -> None:
        self._name, self.kind = name, kind

    def read(self, element: Element) -> tuple[Any, ...]:
        return tuple(self.kind.read(child) for child in children_named(element, self._name))

    def write(self, element: Element, value: Sequence[Any], *, event: bool) -> None:
        for item in value:
            child = Element(self._name)
            self.kind.write(child, item, event=event)
            element.append(child)


class Inside:
    """A value one element deeper, as the host of ClusterConfig's `secondaryNode`."""

    def __init__(self, name: str, kind: Kind) -> None:
        self._name, self._kind = name, kind

    def read(self, element: Element) -> Any:
        child = next(children_named(element, self._name), None)
        return None if child is None else self._kind.read(child)

    def write(self, element: Element, value: Any, *, event: bool) -> None:
        child = Element(self._name)
        self._kind.write(child, value, event=event)
        element.append(child)
