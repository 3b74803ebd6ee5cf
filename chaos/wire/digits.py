"""Whole numbers as others write them.

`int` takes more than that: digits of every script, signs, blanks and underscores. `str.isdigit` takes what `int` does
not ("²"), and of more than 4,300 digits `int` takes none (ValueError): what a stranger sends is looked at first.
"""

DIGITS_MAX = 18
"""As many as fit into 64 bits."""


def whole_number(text: str) -> int | None:
    """The number that these ASCII digits are, None if they are not, or more than `DIGITS_MAX`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None
