"""Survivors that were looked at: why no clause can, or need, notice them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "explained.toml"


@dataclass(frozen=True, slots=True)
class Explained:
    """One survivor, known as a mutant is. allowed: a sound product may do it; else no client can see it."""

    file: str
    function: str
    was: str
    became: str
    allowed: bool
    why: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.file, self.function, self.was, self.became)


def explained(path: Path = FILE) -> list[Explained]:
    """What stands in the file. Raises ValueError: one of them says no reason."""
    found = [Explained(**one) for one in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])]
    for one in found:
        if not one.why.strip():
            raise ValueError(f"{path.name}: {one.key} says no reason")
    return found
