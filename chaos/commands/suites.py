"""Playing the suites under pytest with our plugin, and with nothing else of whoever's pytest that is."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.run.exits import EXIT_USAGE

if TYPE_CHECKING:
    import pytest

# Empty on purpose: pytest would otherwise look for the configuration of the folder it is called in, or of one above
# the environment we are installed in.
_CONFIGURATION = Path(__file__).parent / "pytest.ini"
_ALONE = ("--disable-plugin-autoload", "-p", "chaos.plugin", "-p", "allure_pytest.plugin", "-p", "no:cacheprovider")
_FROM_OUTSIDE = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")


def play_by_pytest(what: tuple[str, ...], suites: Path | None, arguments: list[str]) -> None:
    """Run the suites' tests of these families and clauses under our plugin.

    The same pytest everywhere: neither another project's configuration, `conftest.py` and environment, nor plugins that
    happen to be installed beside us (random orders, reruns, time limits) change what is played.
    """
    import pytest

    from chaos.run.bundled import suites_folder
    from chaos.run.selection import wanted

    clause_ids = wanted(what)
    folder = suites_folder(suites)
    selected = ["--clauses", ",".join(clause_ids)] if what else []
    # This command has imported `chaos` before pytest could rewrite its asserts; it has none that pytest should explain.
    quiet = ["-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"]
    places = ["-c", str(_CONFIGURATION), "--rootdir", str(folder.parent), "--confcutdir", str(folder)]
    options = [*places, *_ALONE, "--no-header", "-q", *quiet, *arguments, *selected]
    for name in _FROM_OUTSIDE:
        os.environ.pop(name, None)
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
