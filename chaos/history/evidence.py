"""What a finding cites: one line of the journal, in words."""

from dataclasses import dataclass

from chaos.journal import Observation


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is cited; at_s is its time in the journal, None for a fact of the whole run.

    number: the observation's in its journal, None if it is no single one. experiment: whose journal that is, None for
    the one that is being judged. is_frame: it says in which frame was looked – when a gap began, when a client left,
    what was lost –, and is never itself what is wrong.
    """

    at_s: float | None
    text: str
    number: int | None = None
    experiment: str | None = None
    is_frame: bool = False

    @staticmethod
    def frame(seen: Observation, text: str) -> "Evidence":
        """That observation, in words, as the frame in which was looked."""
        return Evidence(seen.at_s, text, seen.number or None, is_frame=True)

    @staticmethod
    def of(seen: Observation, text: str) -> "Evidence":
        """That observation, in words."""
        return Evidence(seen.at_s, text, seen.number or None)

    def __str__(self) -> str:
        where = f"  ({self.experiment})" if self.experiment else ""
        return self.text + where if self.at_s is None else f"{self.at_s:10.3f} s  {self.text}{where}"
