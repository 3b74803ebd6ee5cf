"""A document as a flat table of texts, whatever its shape: element by its path → what stands in it.

So whoever compares documents compares all that this package can read of them, and none that it learns to read later is
left out by oversight.
"""

from collections.abc import Collection, Iterator
from typing import Any

from chaos.wire.finesse.fields import Many, Nested, Shape
from chaos.wire.finesse.model import Dialog, Participant, SystemInfo, User
from chaos.wire.finesse.shapes import DIALOG, PARTICIPANT, SYSTEM_INFO, USER

_SHAPES: dict[type[Any], Shape[Any]] = {
    User: USER,
    Dialog: DIALOG,
    Participant: PARTICIPANT,
    SystemInfo: SYSTEM_INFO,
}


def texts(
    document: User | Dialog | Participant | SystemInfo, leave_out: Collection[str] = frozenset()
) -> dict[str, str]:
    """What stands in each element that is not empty, "settings/wrapUpOnIncoming" → "OPTIONAL"; of elements of one name
    all, in alphabetical order.

    leave_out: paths of which nothing is asked for.
    """
    return dict(_of_shape(document, _SHAPES[type(document)], "", leave_out))


def _of_shape(
    value: object, shape: Shape[Any], within: str = "", leave_out: Collection[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    for row in shape.rows:
        content, path = getattr(value, row.attribute), within + row.element
        if content is None or path in leave_out:
            continue
        if isinstance(row.kind, Nested):
            yield from _of_shape(content, row.kind.shape, f"{path}/", leave_out)
        elif isinstance(row.kind, Many):
            if said := " ".join(sorted(_of_one(one, row.kind) for one in content)):
                yield path, said
        elif said := _plain(content):
            yield path, said


def _of_one(item: object, many: Many) -> str:
    if isinstance(many.kind, Nested):
        return " ".join(text for _, text in _of_shape(item, many.kind.shape))
    return _plain(item)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
