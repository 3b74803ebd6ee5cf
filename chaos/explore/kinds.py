"""Of what kind a folder with journals of schedules is; a file of that name says so. Light: asked of any folder."""

from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What the journals are of; also the name of the files."""

    SOAK = "soak"
    REPLAY = "replay"

    @property
    def one(self) -> str:
        """What one of them is called."""
        return "stretch" if self is Kind.SOAK else "schedule"

    @property
    def many(self) -> str:
        return "stretches" if self is Kind.SOAK else "schedules"

    def file_in(self, folder: Path) -> Path:
        """For machines."""
        return folder / f"{self.value}.json"

    def page_in(self, folder: Path) -> Path:
        """For people."""
        return folder / f"{self.value}.md"


# What an exploration leaves for machines.
EXPLORED = "explored.json"


def is_exploration(folder: Path) -> bool:
    return (folder / EXPLORED).is_file()


def kind_in(folder: Path) -> Kind | None:
    """None: that folder is a run's, or nobody's."""
    return next((kind for kind in Kind if kind.file_in(folder).is_file()), None)
