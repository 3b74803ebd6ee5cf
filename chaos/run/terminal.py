"""What a user sees of a run: our own lines from `finesse-chaos run`, pytest's with ours between from `pytest suites`.

Theory of operation: the command plays its suites under pytest, but its users asked for verdicts. So pytest's own
reporter writes into a file of the run's folder instead (its tracebacks are of use to whoever mends a suite), and the
terminal gets one line for each step and each verdict, with the evidence of those that did not hold.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest
from _pytest.terminal import TerminalReporter
from rich.console import Console
from rich.text import Text

from chaos.redaction import KNOWN
from chaos.report import Judged
from chaos.run.live import LiveLine
from chaos.verdicts import Outcome

LOG = "pytest.log"
REPORTER = "terminalreporter"
_STYLES = {Outcome.HELD: "green", Outcome.VIOLATED: "bold red", Outcome.INCONCLUSIVE: "bold yellow"}


class PytestTerminal:
    """Our lines between pytest's own, which shows verdicts by itself."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def line(self, text: str) -> None:
        """One line for whoever waits; long work is never silent."""
        reporter = self._config.pluginmanager.get_plugin(REPORTER)
        if reporter is None:
            return
        with _uncaptured(self._config):
            reporter.ensure_newline()
            reporter.write_line(f"  {KNOWN.told(text)}")

    def trouble(self, text: str) -> None:
        """Why the run ends early, or what of the lab is still changed."""
        self.line(text)

    def verdict(self, row: Judged) -> None:
        """What a test came to."""

    def registered(self, name: str) -> None:
        """A plugin of that name is there now."""

    def show(self, text: Callable[[], str]) -> None:
        """pytest's own progress is enough."""

    def quiet(self) -> None:
        """There is no live line."""

    def close(self) -> None:
        """Nothing has to be closed."""


class OwnTerminal:
    """Ours alone; what pytest says goes into `log`."""

    def __init__(self, config: pytest.Config, log: Path, tty: TextIO | None = None) -> None:
        self._config = config
        self._console = Console(highlight=False, soft_wrap=True)
        self._log: TextIO = _Redacted(log)
        self._tty = tty
        self._has_taken_over = False
        self._live: LiveLine | None = None

    def show(self, text: Callable[[], str]) -> None:
        """Keep a live line below everything else."""
        if self._live is None:
            self._live = LiveLine(text, self._tty)

    def registered(self, name: str) -> None:
        """A plugin of that name is there now: pytest's reporter is sent to the log as soon as it is made."""
        if name == REPORTER and not self._has_taken_over:
            self._has_taken_over = True
            plugins = self._config.pluginmanager
            plugins.unregister(name=REPORTER)
            plugins.register(TerminalReporter(self._config, self._log), REPORTER)

    def line(self, text: str) -> None:
        """One line for whoever waits; long work is never silent."""
        self._print(Text(f"  {text}"))

    def trouble(self, text: str) -> None:
        """Why the run ends early, or what of the lab is still changed."""
        self._print(Text(text, style="bold red"))

    def verdict(self, row: Judged) -> None:
        """What a test came to, with the evidence if it did not hold."""
        verdict = row.verdict
        if verdict is None:
            self._print(Text.assemble(f"    {row.clause} ", ("UNFIT", "dim"), f": {row.name}: {row.unfit}"))
            return
        outcome = (verdict.outcome.value, _STYLES[verdict.outcome])
        known = f" (known: {', '.join(row.known)})" if row.known else ""
        self._print(Text.assemble(f"    {row.clause} ", outcome, f"{known}: {row.name}"))
        if verdict.outcome is not Outcome.HELD:
            self._print(Text("\n".join(f"      {line}" for line in str(verdict).splitlines())))

    def hide(self) -> None:
        """Take the live line off, for whoever prints past us."""
        if self._live is not None:
            self._live.off()

    def quiet(self) -> None:
        """No live line any more. Safe twice."""
        if self._live is not None:
            self._live.close()

    def close(self) -> None:
        """Close the log. Safe twice."""
        self.quiet()
        with contextlib.suppress(OSError):
            self._log.close()

    def _print(self, text: Text) -> None:
        told = KNOWN.told(text.plain)
        self.hide()
        with _uncaptured(self._config):
            self._console.print(text if told == text.plain else Text(told))


class _Redacted(io.TextIOWrapper):
    """A log without secrets. What is written is one line or more, as pytest's reporter does it.

    What finds no room is left out, from there on: a log is worth no run, and pytest would take it for its own end.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("wb"), encoding="utf-8", errors="backslashreplace")
        self._is_full = False

    def write(self, text: str) -> int:
        if not self._is_full:
            try:
                super().write(KNOWN.told(text))
            except OSError:
                self._is_full = True
        return len(text)

    def flush(self) -> None:
        if not self._is_full:
            try:
                super().flush()
            except OSError:
                self._is_full = True


@contextlib.contextmanager
def _uncaptured(config: pytest.Config) -> Iterator[None]:
    """pytest keeps what tests print; our lines are for the user."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        yield
