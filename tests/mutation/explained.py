"""Survivors that were looked at: why no clause can, or need, notice them."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant

FILE = Path(__file__).parent / "explained.toml"


@dataclass(frozen=True, slots=True)
class Explained:
    """One survivor, known as a mutant is, or all those of a kind. allowed: a sound product may do it; else no client
    can see it.

    None of function, was, became: whatever it is. A function speaks for what stands in it, too; a class is one.
    """

    file: str
    allowed: bool
    why: str
    function: str | None = None
    was: str | None = None
    became: str | None = None

    def covers(self, mutant: Mutant) -> bool:
        """Is this reason about that mutant?"""
        inside = self.function is None or mutant.function == self.function
        if self.function and mutant.function.startswith(f"{self.function}."):
            inside = True
        return (
            self.file == mutant.file
            and inside
            and self.was in (None, mutant.was)
            and self.became in (None, mutant.became)
        )


def explained(path: Path = FILE) -> list[Explained]:
    """What stands in the file. Raises ValueError: one of them says no reason, or would cover a whole file."""
    found = [Explained(**one) for one in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])]
    for one in found:
        if not one.why.strip():
            raise ValueError(f"{path.name}: {one} says no reason")
        if one.function is None and one.was is None:
            raise ValueError(
                f"{path.name}: {one} names neither a function nor what was changed, and covers a whole file"
            )
    return found


def reason_for(mutant: Mutant, among: Iterable[Explained]) -> Explained | None:
    """The first that is about it."""
    return next((one for one in among if one.covers(mutant)), None)


def unused(among: Iterable[Explained], known: Iterable[Mutant]) -> list[Explained]:
    """Those that are about nothing any more."""
    every = list(known)
    return [one for one in among if not any(one.covers(mutant) for mutant in every)]
