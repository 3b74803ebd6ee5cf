"""What is a whole number and what only looks like one."""

import pytest

from chaos.wire.digits import DIGITS_MAX, whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * DIGITS_MAX, 10**DIGITS_MAX - 1)])
def test_ascii_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "-1", "1_0", "1.0", "1e3", "\u00b2", "\u0663", "9" * (DIGITS_MAX + 1), "9" * 4400]
)
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None
