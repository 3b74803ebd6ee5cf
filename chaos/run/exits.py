"""Exit statuses of a run."""

from typing import Final

EXIT_HELD: Final = 0  # every clause that could be judged held
EXIT_VIOLATED: Final = 1
EXIT_USAGE: Final = 2  # wrong usage or inventory; nothing was touched
EXIT_INCONCLUSIVE: Final = 3  # something could not be judged, or the run was interrupted
EXIT_NOT_RESTORED: Final = 4  # the lab is still broken
