"""Known issues of a run: what became of each waiver. Values only; who applies waivers is `chaos/nights/waivers.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

APPLIED = "applied"
LAPSED = "lapsed"
OTHER_RELEASE = "of another release"
NOT_NEEDED = "not needed"
NO_CELL = "names no cell"
NOT_JUDGED = "not judged"
LOUD = (LAPSED, NO_CELL, NOT_NEEDED)


@dataclass(frozen=True)
class WaiverRow:
    """One waiver and what became of it. cell: axis → value, empty: the whole clause. expires: the last day, ISO 8601.
    state: one of the words above. said: one sentence for whoever reads the run."""

    clause: str
    cell: Mapping[str, str]
    release: str
    reason: str
    ticket: str
    expires: str
    state: str
    said: str

    @property
    def is_loud(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state in LOUD
