"""Which tests the suites have, and what each plays: found by pytest as a run finds it, without playing anything."""

import contextlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from chaos.errors import UsageError
from chaos.run.fitness import ClauseTest
from chaos.run.marks import clause_of, experiments_of


def tests_in(suites: Path, alone: Sequence[str]) -> list[ClauseTest]:
    """Every clause test of the suites, in their order. alone: pytest's options that keep other set-ups out.

    Raises UsageError: they cannot be read. KeyboardInterrupt: which pytest has taken for itself.
    """
    collector = _Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = pytest.main([str(suites), *alone, "--collect-only", "-q"], plugins=[collector])
    if status == pytest.ExitCode.INTERRUPTED and not collector.broken:  # else it could not read them
        raise KeyboardInterrupt
    if status == pytest.ExitCode.USAGE_ERROR:  # a mark that says what cannot be; what was collected until then is known
        collector.broken.append(said.getvalue().strip() or "pytest does not say why")
    if collector.broken:
        raise UsageError(f"the suites cannot be read: {collector.broken[0]}")
    return collector.tests


_PLACE = re.compile(r"(\S+\.py:\d+): ")


def unreadable(longrepr: str) -> str:
    """Why a file cannot be read, and where: the last line of what pytest says of it, and the last place in it, which
    may be in another file that it imports. Pure."""
    lines = longrepr.strip().splitlines()
    why = lines[-1].removeprefix("E").strip() if lines else "?"
    places = [found[1] for line in lines if (found := _PLACE.match(line)) is not None]
    return f"{why} ({places[-1]})" if places else why


class _Collector:
    """A plugin that keeps what is collected."""

    def __init__(self) -> None:
        self.tests: list[ClauseTest] = []
        self.broken: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(f"{report.nodeid}: {unreadable(report.longreprtext)}")

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        self.broken.append(f"{excinfo.typename}: {excinfo.value}")
        return True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            if item.get_closest_marker("clause") is not None:
                self.tests.append(ClauseTest(clause_of(item), item.name, experiments_of(item)))
