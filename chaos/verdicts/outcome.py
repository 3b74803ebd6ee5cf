"""The three answers."""

from enum import StrEnum


class Outcome(StrEnum):
    """VIOLATED outweighs INCONCLUSIVE outweighs HELD."""

    HELD = "HELD"
    INCONCLUSIVE = "INCONCLUSIVE"
    VIOLATED = "VIOLATED"
