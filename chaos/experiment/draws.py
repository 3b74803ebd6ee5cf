"""What an experiment's schedule leaves open, drawn from the run's seed.

A story says what happens and in which order; when exactly within a heartbeat or a poll, how long a pause is, who of
several does it and which node comes first is left open, and a product must not depend on it. Every purpose has a
generator of its own, seeded by the seed, the experiment and the purpose: one draw more in one place moves no other.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

# A pause lasts so much of what is written, at least and at most. Never less: a conference that stands for less than
# half a second is taken for the way to a transfer, and what is written allows for that (seed 21: CTI-08 was blamed).
_PAUSE = (1.0, 1.8)
_DIGITS = 3  # of a second: journals are read by people


class Draws:
    """seed: the run's; None: nothing is drawn, and everything is as it is written (in real time: a lab has its own
    chances). experiment: its name.
    """

    def __init__(self, seed: int | None, experiment: str) -> None:
        self._seed = seed
        self._experiment = experiment
        self._generators: dict[str, Random] = {}

    def of(self, purpose: str) -> Random | None:
        """The generator of that purpose."""
        if self._seed is None:
            return None
        if purpose not in self._generators:
            self._generators[purpose] = Random(f"{self._seed}/{self._experiment}/{purpose}")
        return self._generators[purpose]

    def phase_s(self, purpose: str, period_s: float, *, otherwise_s: float) -> float:
        """A moment within a period that goes round beside us."""
        rng = self.of(purpose)
        return otherwise_s if rng is None else round(rng.uniform(0.0, period_s), _DIGITS)

    def pause_s(self, about_s: float) -> float:
        """How long a pause is in which nothing has to happen."""
        rng = self.of("pauses")
        return about_s if rng is None else round(about_s * rng.uniform(*_PAUSE), _DIGITS)

    def order(self, purpose: str, what: Sequence[T]) -> list[T]:
        """These, in any order."""
        return _shuffled(self.of(purpose), what)

    def order_for_run(self, purpose: str, what: Sequence[T]) -> list[T]:
        """These, in any order that is the same for all experiments of a run: what one does at one node another does at
        the other, and a grid counts on both."""
        return _shuffled(None if self._seed is None else Random(f"{self._seed}/{purpose}"), what)


def _shuffled(rng: Random | None, what: Sequence[T]) -> list[T]:
    found = list(what)
    if rng is not None:
        rng.shuffle(found)
    return found
