"""Exit statuses of every command, and which one a run or an error comes to. Pure.

One table for all commands; it stands in README.md.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from chaos.errors import InventoryError, LabRefused, RollbackFailed, UsageError

if TYPE_CHECKING:
    from chaos.verdicts import Outcome

EXIT_HELD: Final = 0
"""Every clause that could be judged held; for other commands: done."""
EXIT_VIOLATED: Final = 1
EXIT_USAGE: Final = 2
"""Wrong usage or inventory; nothing was touched."""
EXIT_INCONCLUSIVE: Final = 3
"""Something could not be judged, or the harness itself broke."""
EXIT_NOT_RESTORED: Final = 4
"""The lab is still changed, by this run or by an earlier one."""
EXIT_UNFIT: Final = 5
"""Nothing can be judged on this lab, or somebody else uses it."""
EXIT_KNOWN: Final = 6
"""Clauses are VIOLATED, and all that is wrong is a known issue; everything else that was judged held."""
EXIT_INTERRUPTED: Final = 130
"""Ctrl-C, SIGTERM or SIGHUP; what was injected has been rolled back."""


def status_of_error(error: BaseException) -> int:
    """The status of a command that ends with this error."""
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    if isinstance(error, RollbackFailed):
        return EXIT_NOT_RESTORED
    if isinstance(error, LabRefused):
        return EXIT_UNFIT
    if isinstance(error, InventoryError | UsageError):
        return EXIT_USAGE
    return EXIT_INCONCLUSIVE


def status_of_run(
    outcomes: "Collection[Outcome]",
    *,
    ended_by: int | None = None,
    not_restored: bool = False,
    broke: bool = False,
    known: bool = False,
) -> int:
    """The status of a run.

    outcomes: of what was judged. ended_by: the status of what ended the run early (None: nothing did). not_restored:
    the lab is still changed. broke: something of ours did, beside the verdicts. known: beside these outcomes something
    is VIOLATED and known.
    """
    from chaos.verdicts import Outcome  # every pytest run imports this file, by our plugin

    if not_restored or ended_by == EXIT_NOT_RESTORED:
        return EXIT_NOT_RESTORED
    if ended_by == EXIT_INTERRUPTED:
        return EXIT_INTERRUPTED
    if Outcome.VIOLATED in outcomes:
        return EXIT_VIOLATED
    if ended_by is not None:
        return ended_by
    if broke or Outcome.INCONCLUSIVE in outcomes:
        return EXIT_INCONCLUSIVE
    if known:
        return EXIT_KNOWN
    return EXIT_HELD if outcomes else EXIT_UNFIT  # a run in which nothing was judged is not green
