"""Playing the suites under pytest with our plugin, and with nothing else of whoever's pytest that is."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.commands.signals import interrupts
from chaos.run.exits import EXIT_INCONCLUSIVE

if TYPE_CHECKING:
    from chaos.run.options import RunOptions

REPORTS = "reports"

# Empty on purpose: pytest would otherwise look for the configuration of the folder it is called in, or of one above
# the environment we are installed in.
_CONFIGURATION = Path(__file__).parent / "pytest.ini"
_ALONE = ("--disable-plugin-autoload", "-p", "chaos.plugin", "-p", "allure_pytest.plugin", "-p", "no:cacheprovider")
# What these say would go to the terminal, past the log into which pytest's reporter is sent.
_QUIET = ("-p", "no:terminalprogress", "-p", "no:unraisableexception", "-p", "no:threadexception")
_FROM_OUTSIDE = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")


def alone(suites: Path) -> list[str]:
    """Options with which pytest reads these suites the same way everywhere.

    Neither another project's configuration, `conftest.py` and environment, nor plugins that happen to be installed
    beside us (random orders, reruns, time limits) change what is played.
    """
    # This command has imported `chaos` before pytest could rewrite its asserts; it has none that pytest should explain.
    unwarned = ["-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"]
    places = ["-c", str(_CONFIGURATION), "--rootdir", str(suites.parent), "--confcutdir", str(suites)]
    for name in _FROM_OUTSIDE:
        os.environ.pop(name, None)
    return [*places, *_ALONE, *_QUIET, *unwarned]


def play_by_pytest(suites: Path, what: tuple[str, ...], options: "RunOptions", *, page: bool, strict: bool) -> None:
    """Run the suites' tests of these families and clauses under our plugin, and leave with its status."""
    import warnings

    import pytest

    from chaos.run.asked import Asked, alone_in
    from chaos.run.live import terminal
    from chaos.run.selection import wanted

    # The plugin asks for nothing more: the options themselves are handed to it as a value.
    arguments = ["--rejudge", str(options.rejudge)] if options.rejudge else ["--inventory", "given"]
    arguments += ["--clauses", ",".join(wanted(what))] if what else []
    asked = Asked(options, page, strict, interrupts, terminal())
    # Of a plugin that could not write: whoever waits is told in our words, by the run.
    warnings.filterwarnings("ignore", message="A plugin raised an exception during an old-style hookwrapper teardown")
    with alone_in(options.folder):
        status = pytest.main([str(suites), *alone(suites), *arguments], plugins=[asked])
    if asked.status is None and asked.bug is not None:
        raise asked.bug
    if asked.status is None and status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt  # no session has begun that could say so
    sys.exit(EXIT_INCONCLUSIVE if asked.status is None else asked.status)
