"""Observations in order: what a verdict reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chaos.errors import EvidenceError
from chaos.journal.observations import Ended, Header, Observation

O = TypeVar("O", bound=Observation)  # noqa: E741  (the field's letter for an observation)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A journal in memory, ascending in `at_s`. `torn`: the file's last line was cut off by a crash."""

    observations: Sequence[Observation]
    torn: bool = False

    def __iter__(self) -> Iterator[Observation]:
        return iter(self.observations)

    def __len__(self) -> int:
        return len(self.observations)

    @property
    def header(self) -> Header:
        """The first line. Raises EvidenceError: there is none."""
        for seen in self.observations:
            if isinstance(seen, Header):
                return seen
        raise EvidenceError("the journal has no header: it does not say what was played, or where")

    @property
    def end_s(self) -> float:
        """When the last thing was seen."""
        return self.observations[-1].at_s if self.observations else 0.0

    @property
    def ended(self) -> Ended | None:
        """The last line of a whole journal, else None."""
        last = self.observations[-1] if self.observations else None
        return last if isinstance(last, Ended) else None

    def of(
        self,
        kind: type[O],
        where: Callable[[O], bool] = lambda _: True,
        *,
        from_s: float = float("-inf"),
        to_s: float = float("inf"),
    ) -> list[O]:
        """Observations of one kind that satisfy `where`, with from_s <= at_s <= to_s, in order."""
        return [
            seen for seen in self.observations if isinstance(seen, kind) and from_s <= seen.at_s <= to_s and where(seen)
        ]

    def first(self, kind: type[O], where: Callable[[O], bool] = lambda _: True, *, from_s: float = float("-inf")) -> O:
        """The first such observation. Raises EvidenceError: there is none."""
        for seen in self.observations:
            if isinstance(seen, kind) and seen.at_s >= from_s and where(seen):
                return seen
        raise EvidenceError(f"no {kind.__name__} of the kind looked for was seen from {max(from_s, 0.0):.3f} s on")
