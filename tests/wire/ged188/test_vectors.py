"""Literal bytes, both ways."""

import re

import pytest

from chaos.wire.ged188 import Decoder, encode
from chaos.wire.ged188.layout import compile_layout
from chaos.wire.ged188.registry import CLASSES
from tests.wire.ged188.vectors import VECTORS, Vector

by_name = pytest.mark.parametrize("vector", VECTORS, ids=lambda v: re.sub(r"\W+", "-", v.name))

FIXED_SIZES = {
    # type: bytes of the fixed part in protocol 24, counted in the guide's tables
    1: 0,
    2: 4,
    3: 44,
    4: 32,
    5: 4,
    6: 4,
    7: 8,
    8: 4,
    9: 54,
    10: 50,
    11: 22,
    12: 22,
    13: 20,
    14: 22,
    15: 46,
    16: 24,
    17: 46,
    18: 46,
    20: 44,
    23: 26,
    24: 16,
    25: 40,
    26: 30,
    27: 4,
    30: 62,
    31: 26,
    35: 10,
    36: 16,
    37: 34,
    38: 21,
    39: 4,
    42: 14,
    43: 4,
    44: 14,
    45: 4,
    46: 14,
    47: 4,
    48: 40,
    49: 16,
    50: 36,
    51: 14,
    54: 16,
    55: 4,
    56: 32,
    57: 14,
    62: 14,
    63: 4,
    64: 40,
    65: 16,
    82: 14,
    83: 16,
    84: 10,
    85: 6,
    232: 12,
    233: 6,
    234: 4,
    278: 4,
    279: 6,
    280: 2,
}


@by_name
def test_a_published_message_reads_as_documented(vector: Vector) -> None:
    assert Decoder(vector.version).feed(vector.wire) == [vector.message]


@by_name
def test_a_message_is_written_as_published(vector: Vector) -> None:
    assert encode(vector.message, vector.version) == vector.wire


FLOATS = {
    # what a field holds – bytes, NUL included, or the code of a number – and its tags, as in the guide's tables
    4: (84,),
    12: (5, 68, 69),
    16: (4,),
    20: (95,),
    32: (10, 96, 223),
    40: (8, 11, 12, 46, 51, 77, 78),
    41: tuple(range(13, 23)),
    64: (1, 2, 3, 6, 23, *range(25, 39), 41, 42, 43, 47, 49, 50, 53, 58, 60, 206, 219, 231, 303, 308),
    131: (9,),
    251: (82,),
    252: (83,),
    255: (7,),
    None: (194,),
    "B": (232,),
    "H": (40, 57, 59, 61, 64, 65, 75, 123, 218, 220, 224, 228, 230, 255, 257),
    "I": (24, 39, 56, 62, 63, 72, 73, 110, 121, 122, 131, 150, 202, 208, 229, 244, 266),
    "i": (97,),
}


def test_floating_fields_are_as_wide_as_in_the_guide() -> None:
    seen: dict[int, set[object]] = {}
    for cls in CLASSES.values():
        for tag, slot in compile_layout(cls, 24, 308).floats.items():
            form = slot.number.format[1:] if slot.number else slot.limit
            seen.setdefault(int(tag), set()).add(form)
    assert seen == {tag: {form} for form, tags in FLOATS.items() for tag in tags}


def test_fixed_parts_are_as_long_as_in_the_guide() -> None:
    sizes = {kind: compile_layout(cls, 24, 308).fixed.size for kind, cls in CLASSES.items()}
    assert sizes == FIXED_SIZES


@pytest.mark.parametrize(
    ("kind", "version", "size"),
    [(4, 14, 26), (4, 18, 26), (4, 19, 30), (4, 23, 30), (4, 24, 32), (4, 25, 32), (232, 23, 8), (232, 24, 12)],
)
def test_fixed_parts_grew_with_the_protocol(kind: int, version: int, size: int) -> None:
    assert compile_layout(CLASSES[kind], version, 308).fixed.size == size
