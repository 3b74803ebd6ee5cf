"""Literal bytes, both ways."""

import re

import pytest

from chaos.wire.ged188 import Decoder, encode
from chaos.wire.ged188.layout import compile_layout
from chaos.wire.ged188.registry import CLASSES
from tests.wire.ged188.vectors import VECTORS, Vector
from tests.wire.ged188.vectors_calls import CALL_VECTORS

by_name = pytest.mark.parametrize("vector", [*VECTORS, *CALL_VECTORS], ids=lambda v: re.sub(r"\W+", "-", v.name))

# fmt: off
FIXED_SIZES = {
    # type: bytes of the fixed part in protocol 24, counted in the guide's tables
    1: 0, 2: 4, 3: 44, 4: 32, 5: 4, 6: 4, 7: 8, 8: 4, 9: 54, 10: 50, 11: 22, 12: 22, 13: 20, 14: 22, 15: 46, 16: 24,
    17: 46, 18: 46, 19: 32, 20: 44, 21: 40, 22: 4, 23: 26, 24: 16, 25: 40, 26: 30, 27: 4, 28: 14, 29: 4, 30: 62,
    31: 26, 32: 6, 33: 4, 34: 28, 35: 10, 36: 16, 37: 34, 38: 21, 39: 4, 40: 20, 41: 4, 42: 14, 43: 4, 44: 14, 45: 4,
    46: 14, 47: 4, 48: 40, 49: 16, 50: 36, 51: 14, 52: 16, 53: 4, 54: 16, 55: 4, 56: 32, 57: 14, 58: 42, 59: 14,
    60: 20, 61: 4, 62: 14, 63: 4, 64: 40, 65: 16, 78: 10, 79: 40, 82: 14, 83: 16, 84: 10, 85: 6, 86: 34, 91: 20,
    92: 4, 93: 24, 94: 8, 95: 8, 96: 4, 97: 16, 98: 4, 99: 24, 100: 16, 101: 8, 102: 8, 103: 8, 104: 4, 105: 34,
    106: 8, 107: 10, 108: 4, 109: 6, 110: 10, 111: 4, 112: 8, 113: 344, 114: 16, 115: 596, 116: 34, 117: 20, 118: 14,
    119: 14, 121: 14, 122: 14, 123: 14, 124: 22, 125: 10, 128: 16, 129: 4, 130: 4, 131: 8, 132: 64, 133: 8, 134: 10,
    135: 8, 136: 8, 137: 8, 138: 4, 139: 14, 140: 4, 141: 30, 142: 4, 143: 6, 144: 8, 145: 8, 146: 4, 147: 34,
    148: 12, 149: 28, 150: 4, 230: 4, 231: 4, 232: 12, 233: 6, 234: 4, 236: 2, 237: 2, 248: 20, 249: 10, 250: 4, 278: 4,
    279: 6, 280: 2,
}
# fmt: on


@by_name
def test_a_published_message_reads_as_documented(vector: Vector) -> None:
    assert Decoder(vector.version).feed(vector.wire) == [vector.message]


@by_name
def test_a_message_is_written_as_published(vector: Vector) -> None:
    assert encode(vector.message, vector.version) == vector.wire


FLOATS = {
    # what a field holds – bytes, NUL included, or the code of a number – and its tags, as in the guide's tables
    4: (84,),
    12: (5, 68, 69, 86),
    16: (4, 173),
    20: (95,),
    32: (10, 67, 93, 96, 137, 138, 223, 243),
    40: (8, 11, 12, 46, 51, 77, 78, 80),
    41: tuple(range(13, 23)),
    8: (177, 178, 179, 180, 209, 269, 270),
    64: (
        *(1, 2, 3, 6, 23, *range(25, 39), *range(41, 46), *range(47, 51), 52, 53, 58, 60, 76, 79, 81, 85, 90, 91, 94),
        *(125, 133, 190, 206, 219, 231, 303, 308),
    ),
    128: (66, 134),
    131: (9,),
    251: (82,),
    252: (83,),
    255: (7, 207, 215),
    None: (194,),
    "B": (232,),
    "H": (40, 57, 59, 61, 64, 65, 70, 71, 75, 87, 88, 123, 183, 189, 218, 220, 224, 228, 230, 255, 257),
    "I": (
        24,
        39,
        56,
        62,
        63,
        72,
        73,
        89,
        92,
        110,
        121,
        122,
        126,
        131,
        150,
        184,
        185,
        192,
        202,
        208,
        210,
        221,
        229,
        244,
        266,
    ),
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
    [
        *[(4, 9, 26), (4, 18, 26), (4, 19, 30), (4, 23, 30), (4, 24, 32), (4, 25, 32), (232, 23, 8), (232, 24, 12)],
        *[(30, 9, 56), (30, 10, 58), (30, 19, 62), (31, 9, 24), (31, 10, 26), (38, 9, 16), (38, 10, 21)],
        *[(56, 13, 28), (56, 14, 32), (105, 19, 30), (105, 20, 34), (128, 18, 12), (128, 19, 16)],
    ],
)
def test_fixed_parts_grew_with_the_protocol(kind: int, version: int, size: int) -> None:
    assert compile_layout(CLASSES[kind], version, 308).fixed.size == size
