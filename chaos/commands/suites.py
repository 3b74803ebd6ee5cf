"""Where the suites are, and playing them under pytest with our plugin."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.run.exits import EXIT_USAGE

if TYPE_CHECKING:
    import pytest

SUITES = "suites"


def suites_folder(given: Path | None) -> Path:
    """The suites' folder. Raises UsageError: there is none."""
    from chaos.errors import UsageError

    found = given or Path(SUITES)
    if not found.is_dir():
        raise UsageError(f"there is no folder {found}: run this beside the project's suites, or give --suites DIR")
    return found


def play_by_pytest(what: tuple[str, ...], suites: Path | None, arguments: list[str]) -> None:
    """Run the suites' tests of these families and clauses under our plugin."""
    import pytest

    from chaos.run.selection import wanted

    clause_ids = wanted(what)
    folder = suites_folder(suites)
    selected = ["--clauses", ",".join(clause_ids)] if what else []
    # This command has imported `chaos` before pytest could rewrite its asserts; it has none that pytest should explain.
    quiet = ["-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"]
    options = ["-p", "no:cacheprovider", "--no-header", "-q", *quiet, *arguments, *selected]
    ending = _Ending()
    pytest.main([str(folder), *options], plugins=[ending])
    sys.exit(ending.status())


class _Ending:
    """The exit status of a run, as our plugin has set it: what pytest returns for wrong usage means a broken lab."""

    def __init__(self) -> None:
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: "pytest.Session") -> None:
        self._session = session

    def status(self) -> int:
        """Wrong usage if no session has begun: nothing was touched then."""
        return EXIT_USAGE if self._session is None else int(self._session.exitstatus)
