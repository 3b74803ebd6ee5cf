"""What a run leaves behind: its folder, the clause map, the Allure page, and what pytest says at the end.

The plugin registers one RunReport; tests tell it what they judged.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chaos.clock import real_now, stopwatch
from chaos.errors import InventoryError, UsageError
from chaos.inventory import Inventory, load
from chaos.report import (
    Judged,
    annotate,
    build_html,
    print_map,
    summarize,
    tools_folder,
    write_run_files,
    write_summary,
)
from chaos.run.bundled import inventory_file
from chaos.run.exits import EXIT_HELD, EXIT_INCONCLUSIVE, EXIT_NOT_RESTORED, EXIT_USAGE, EXIT_VIOLATED
from chaos.run.marks import clause_of
from chaos.run.session import ChaosSession, RunOptions
from chaos.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from chaos.journal import Timeline

RESULTS = "allure-results"
PAGE = "report.html"
SUMMARY = "summary.json"
LATEST = "latest"


class RunReport:
    """One run's bookkeeping, as a pytest plugin of its own."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.session: ChaosSession | None = None
        self.refused = False  # wrong usage or inventory, found when the lab was to be opened
        self.options = _options(config)
        self.rows: list[Judged] = []
        self._started = real_now().isoformat(timespec="seconds")
        self._stack = contextlib.ExitStack()
        self._elapsed_s = self._stack.enter_context(stopwatch())
        self._wanted: list[str] = []
        self._is_interrupted = False
        self._last: Path | None = None
        if not config.option.allure_report_dir:
            config.option.allure_report_dir = str(self.options.folder / RESULTS)

    # -- what tests tell ---------------------------------------------------------------------------------------------

    def progress(self, text: str) -> None:
        """One line for whoever waits; long work is never silent."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if reporter is None:
            return
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            reporter.ensure_newline()
            reporter.write_line(f"  {text}")

    def judged(self, item: pytest.Item, verdict: Verdict, timeline: Timeline | None) -> None:
        """timeline: what was judged; None for a verdict on all journals, which shows the one that decided it."""
        timeline = timeline or self._decisive(verdict)
        experiment = timeline.header.experiment if timeline is not None else ""
        row = self._row(item, experiment, verdict)
        annotate(row, timeline, self._journal(experiment))

    def _decisive(self, verdict: Verdict) -> Timeline | None:
        """The timeline on which the verdict rests most: of its weightiest finding that came from a journal."""
        timelines = {one.header.experiment: one for one in (self.session.timelines() if self.session else [])}
        cited = [item.experiment for item in verdict.evidence] + [one.experiment for one in verdict.findings]
        return next((timelines[name] for name in cited if name in timelines), None)

    def unfit(self, item: pytest.Item, experiment: str, reason: str) -> None:
        annotate(self._row(item, experiment, None, reason), None, None)

    def could_not_play(self, item: pytest.Item, experiment: str, reason: str) -> None:
        verdict = Verdict(clause_of(item), Outcome.INCONCLUSIVE, reason)
        annotate(self._row(item, experiment, verdict), None, None)

    def _row(self, item: pytest.Item, experiment: str, verdict: Verdict | None, unfit: str | None = None) -> Judged:
        text = inspect.getdoc(getattr(item, "obj", None)) or ""
        row = Judged(clause_of(item), item.nodeid, text, experiment, verdict, unfit)
        self.rows.append(row)
        return row

    def _journal(self, experiment: str) -> Path | None:
        if self.session is None:
            return None
        path = self.session.journal_path(experiment)
        return path if path.exists() else None

    # -- what pytest asks --------------------------------------------------------------------------------------------

    def pytest_report_header(self) -> list[str]:
        return [self._headline()]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        marks = {str(mark.args[0]) for item in session.items for mark in item.iter_markers("clause") if mark.args}
        self._wanted = sorted(marks)
        if self._config.option.verbose < 0:  # quiet runs have no header
            self.progress(self._headline())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that broke before it could judge has judged nothing: its clause is INCONCLUSIVE."""
        clause = dict(report.user_properties).get("clause")
        if report.failed and isinstance(clause, str) and not any(row.test == report.nodeid for row in self.rows):
            reason = f"the test broke: {report.longreprtext.strip().splitlines()[-1] if report.longreprtext else '?'}"
            verdict = Verdict(clause, Outcome.INCONCLUSIVE, reason)
            self.rows.append(Judged(clause, report.nodeid, "", "", verdict))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        session.exitstatus = self.exit_status(exitstatus)
        if session.exitstatus == EXIT_USAGE:
            _remove_if_empty(self.options.folder)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._is_interrupted = excinfo.errisinstance(KeyboardInterrupt)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """What was broken off or is still broken, the clause map, and what belongs beside it."""
        if self.session is not None and self.session.interrupted:
            terminalreporter.write_line(self.session.interrupted)
        if self.session is not None and self.session.not_restored:
            terminalreporter.write_line(f"the lab is still broken: {self.session.not_restored}", red=True)
        if not self.rows:
            return
        self._leave_behind()

    def _headline(self) -> str:
        clock = "virtual" if self.options.virtual else "real"
        inventory = self.options.inventory
        what = f"judging {self.options.rejudge} again" if self.options.rejudge else inventory.name if inventory else "?"
        return f"finesse-chaos: {what}, seed {self.options.seed}, {clock} clock, artefacts in {self.options.folder}"

    def exit_status(self, pytest_status: int) -> int:
        """Our status: not restored, violated, wrong usage, inconclusive (or interrupted), held – in this order."""
        outcomes = {row.verdict.outcome for row in self.rows if row.verdict is not None}
        if self.session is not None and self.session.not_restored:
            return EXIT_NOT_RESTORED
        if Outcome.VIOLATED in outcomes:
            return EXIT_VIOLATED
        is_untouched = not self.rows and self.session is None and not self._is_interrupted
        if self.refused or (is_untouched and pytest_status in (EXIT_USAGE, pytest.ExitCode.USAGE_ERROR)):
            return EXIT_USAGE
        if outcomes != {Outcome.HELD} or pytest_status != pytest.ExitCode.OK:
            return EXIT_INCONCLUSIVE  # a run in which nothing was judged, all being unfit, is not green either
        return EXIT_HELD

    def _leave_behind(self) -> None:
        from rich.console import Console

        from chaos.run.catalogue_map import defects_by_clause

        folder = self.options.folder
        inventory = self.options.inventory
        header = self._any_header()
        summary = summarize(
            self.rows,
            defects_by_clause(),
            seed=header.seed if header else self.options.seed,
            clock=header.clock if header else ("virtual" if self.options.virtual else "real"),
            lab_s=round(self.session.lab_s, 3) if self.session else 0.0,
            wall_s=round(self._elapsed_s(), 3),
            lab=header.lab if header else (inventory.name if inventory else ""),
            release=header.release if header else (inventory.release if inventory else ""),
            wanted=self._wanted,
            started=self._started,
        )
        write_summary(summary, folder / SUMMARY)
        results = Path(self._config.option.allure_report_dir)
        write_run_files(results, summary)
        console = Console()
        console.print()
        print_map(summary, console)
        page = folder / PAGE
        if self._config.option.no_page:
            left: Path | str = "the HTML page was not wanted (--no-page)"
        else:
            left = build_html(results, page, tools_folder(self.options.env))
        if self.options.rejudge is None:  # what was judged again is no later run
            _point_latest_at(folder)
        if isinstance(left, str):
            console.print(f"no HTML page: {left}", soft_wrap=True, highlight=False)
        self._last = left if isinstance(left, Path) else folder / SUMMARY

    def pytest_unconfigure(self) -> None:
        """The very last line: where the report is."""
        if self._last is not None:
            print(f"report: {self._last}")  # noqa: T201  (pytest's own reporter has closed by now)

    def _any_header(self) -> Any:
        timelines = self.session.timelines() if self.session else []
        return timelines[0].header if timelines else None


def _point_latest_at(folder: Path) -> None:
    """`latest` beside the run's folder leads to it: a link where the system has links, else a copy of the summary."""
    if not folder.name.isdigit():
        return  # a folder that the user chose, wherever it is
    latest = folder.parent / LATEST
    fresh = folder.parent / f".{LATEST}-{os.getpid()}"
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.name, target_is_directory=True)
        fresh.replace(latest)
    except OSError:
        latest.mkdir(exist_ok=True)
        for name in (SUMMARY, PAGE):
            if (folder / name).exists():
                shutil.copyfile(folder / name, latest / name)


def _options(config: pytest.Config) -> RunOptions:
    """What the run is asked for, checked before anything is touched; leaves with our own status if it is wrong."""
    option = config.option
    try:
        inventory = load(inventory_file(Path(option.inventory))) if option.inventory and not option.rejudge else None
        _check_defects(option.mock_defect, inventory)
        rejudge = Path(option.rejudge) if option.rejudge else None
        if rejudge is not None and not (rejudge / "journals").is_dir():
            raise UsageError(f"{rejudge} holds no journals: name the folder of a run, for instance reports/latest")
        return RunOptions(
            folder=_folder(config),
            seed=option.chaos_seed if option.chaos_seed is not None else new_seed(),
            inventory=inventory,
            rejudge=rejudge,
            real_time=option.real_time,
            defects=tuple(option.mock_defect),
            faults_do_nothing=option.no_faults,
            env=dict(os.environ),
        )
    except (InventoryError, UsageError) as error:
        pytest.exit(str(error), returncode=EXIT_USAGE)


def _check_defects(names: Sequence[str], inventory: Inventory | None) -> None:
    """Raises UsageError: there is no such defect, or nothing that could have it."""
    from chaos.run.launcher import breaks_named

    breaks_named(names)
    if names and inventory is not None and inventory.deployment != "mock":
        raise UsageError(f"{inventory.name} is a live lab: only the mock has defects to switch on")


def _folder(config: pytest.Config) -> Path:
    """Where artefacts go. Raises UsageError: it cannot be made, or another run's journals are there."""
    given = config.option.run_folder
    try:
        folder = Path(given) if given else run_folder(config.invocation_params.dir / "reports")
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("journals/*")):
            raise UsageError(f"{folder} holds the journals of another run: name a folder of its own for this one")
    except OSError as error:
        raise UsageError(f"{error.filename}: no folder for artefacts can be made: {error.strerror}") from error
    return folder.resolve()


def _remove_if_empty(folder: Path) -> None:
    """Nothing was touched, so nothing is left behind either."""
    for path in (folder / RESULTS, folder):
        with contextlib.suppress(OSError):
            path.rmdir()


def new_seed() -> int:
    """A seed for a run that was given none; it is printed and kept, so that the run can be had again."""
    return random.SystemRandom().randrange(2**32)


def run_folder(root: Path) -> Path:
    """A fresh folder below `root`: running numbers, so that names sort and nothing is overwritten."""
    root.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(path.name) for path in root.iterdir() if path.name.isdigit()), default=0)
    while True:
        folder = root / f"{number:04d}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder
