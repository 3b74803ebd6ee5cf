"""What every observation has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing seen. When (`at_s`), and the how manieth it is in its journal (`number`, from 1), the journal sets."""

    at_s: float = 0.0
    number: int = 0

    def __init_subclass__(cls) -> None:
        """Raises TypeError: a field has the name of something else that stands in a journal's line."""
        taken = {"kind", "chain"} & cls.__annotations__.keys()
        if taken:
            raise TypeError(f"{cls.__name__} has a field {taken.pop()!r}: a line of the journal has that name already")
