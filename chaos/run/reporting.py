"""One run's bookkeeping in pytest: what was judged, what ended it, what it leaves behind, and the exit status.

The plugin registers one RunReport; tests tell it what they judged.
"""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import shlex
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.clock import real_now, stopwatch
from chaos.errors import InventoryError, LabRefused, RollbackFailed, UsageError
from chaos.inventory import load
from chaos.nights.waivers import known_issues
from chaos.preflight import NothingCanBeJudged
from chaos.redaction import KNOWN
from chaos.report import Explained, Judged, annotate, explained
from chaos.run.again import replay_of
from chaos.run.artefacts import RESULTS, SUMMARY, Told, leave_behind, release_of
from chaos.run.asked import Asked, alone_in, remove_if_empty, run_options
from chaos.run.bundled import inventory_file
from chaos.run.console import result_console
from chaos.run.exits import EXIT_USAGE, status_of_error, status_of_run
from chaos.run.intent import FILE as INTENT
from chaos.run.marks import clause_of
from chaos.run.plan import unreadable
from chaos.run.selection import wanted
from chaos.run.terminal import LOG, OwnTerminal, PytestTerminal
from chaos.verdicts import Outcome, Verdict

# What a disk says that is full, or takes no more of us: no bug of ours.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)

if TYPE_CHECKING:
    from chaos.journal import Timeline
    from chaos.run.session import ChaosSession


class RunReport:
    """One run's bookkeeping, as a pytest plugin of its own. asked: by the command; None: by pytest's own options.

    Raises InventoryError, UsageError: what is asked for is wrong; nothing was touched.
    """

    def __init__(self, config: pytest.Config, asked: Asked | None = None) -> None:
        self._config = config
        self._asked = asked or _asked_of_pytest(config)
        self.options = self._asked.options
        self._replayed = replay_of(self.options)
        self.session: ChaosSession | None = None
        self.rows: list[Judged] = []
        self._started = real_now().isoformat(timespec="seconds")
        self._today = real_now().date()
        self._stack = contextlib.ExitStack()
        if asked is None:  # a command has locked it already, by a descriptor of its own
            try:
                self._stack.enter_context(alone_in(self.options.folder))
            except UsageError as error:
                pytest.exit(str(error), returncode=EXIT_USAGE)
        self._elapsed_s = self._stack.enter_context(stopwatch())
        self._wanted: list[str] = []
        self._tests: dict[str, str] = {}
        self._ended_why = ""
        self._untested: list[str] = []
        self._ended_by: int | None = None
        self._was_refused = False
        self._marred_by: int | None = None
        self._broke = False
        self._has_left = False
        self._last: Path | None = None
        self._terminal = (
            PytestTerminal(config) if asked is None else OwnTerminal(config, self.options.folder / LOG, asked.tty)
        )
        if not config.option.allure_report_dir:
            config.option.allure_report_dir = str(self.options.folder / RESULTS)

    # -- what tests tell ---------------------------------------------------------------------------------------------

    def progress(self, text: str) -> None:
        """One line for whoever waits; long work is never silent."""
        self._terminal.line(text)

    def show_waits(self, session: ChaosSession) -> None:
        """Below everything else: what is being waited for."""
        self._terminal.show(session.waiting_for)

    def end(self, error: BaseException, why: str = "") -> None:
        """Nothing more is played: the run ends with this error. The first one counts."""
        if self._ended_by is None:
            self._ended_by = status_of_error(error)
            # By whoever has the lab, before anybody looked at it; what preflight found is worth its page.
            self._was_refused = isinstance(error, LabRefused) and not isinstance(error, NothingCanBeJudged)
            is_signal = isinstance(error, KeyboardInterrupt)
            self._ended_why = "it was interrupted" if is_signal else KNOWN.told(why or str(error))
            self._terminal.trouble(why or str(error))

    def mar(self, error: RollbackFailed) -> None:
        """The lab could not be restored: nothing more is played, and what was is judged all the same."""
        if self._marred_by is None:
            self._marred_by = status_of_error(error)
            self._terminal.trouble(f"the lab could not be restored, nothing more is played: {error}")

    def judged(self, item: pytest.Item, verdict: Verdict) -> None:
        """The report shows the journal that decided it."""
        timeline = self._decisive(verdict)
        experiment = timeline.header.experiment if timeline is not None else ""
        again = self._replayed.command(*self._to_ask(verdict))
        told = explained(verdict, self._timelines(), again, self._replayed.seeded)
        release = release_of(self._timelines(), self.options.inventory)
        known = known_issues(verdict, self.options.waivers, release, self._today)
        row = self._row(item, experiment, verdict, told=told, known=known)
        annotate(row, timeline, self._journal(experiment))

    def _to_ask(self, verdict: Verdict) -> tuple[str, ...]:
        """The clauses to be asked for so that it shows again: what violates one may have been played for another."""
        if self.session is None:
            return (verdict.clause,)
        bad = [one.experiment for one in verdict.findings if one.outcome is Outcome.VIOLATED and one.experiment]
        return self.session.asked_with(verdict.clause, bad)

    def _decisive(self, verdict: Verdict) -> Timeline | None:
        """The timeline on which the verdict rests most: of its weightiest finding that came from a journal."""
        timelines = {one.header.experiment: one for one in self._timelines()}
        cited = [item.experiment for item in verdict.evidence] + [one.experiment for one in verdict.findings]
        return next((timelines[name] for name in cited if name in timelines), None)

    def unfit(self, item: pytest.Item, experiment: str, reason: str) -> None:
        annotate(self._row(item, experiment, None, KNOWN.told(reason)), None, None)

    def could_not_judge(self, item: pytest.Item, experiment: str, reason: str) -> None:
        verdict = Verdict(clause_of(item), Outcome.INCONCLUSIVE, KNOWN.told(reason))
        annotate(self._row(item, experiment, verdict), None, None)

    def _timelines(self) -> list[Timeline]:
        return self.session.timelines() if self.session else []

    def _row(
        self,
        item: pytest.Item,
        experiment: str,
        verdict: Verdict | None,
        unfit: str | None = None,
        told: Explained | None = None,
        known: tuple[str, ...] = (),
    ) -> Judged:
        text = inspect.getdoc(getattr(item, "obj", None)) or ""
        row = Judged(clause_of(item), item.nodeid, text, experiment, verdict, unfit, told, known)
        self._add(row)
        return row

    def _add(self, row: Judged) -> None:
        self.rows.append(row)
        self._terminal.verdict(row)

    def _journal(self, experiment: str) -> Path | None:
        if self.session is None:
            return None
        path = self.session.journal_path(experiment)
        return path if path.exists() else None

    # -- what pytest asks --------------------------------------------------------------------------------------------

    def pytest_plugin_registered(self, plugin_name: str) -> None:
        self._terminal.registered(plugin_name)

    def pytest_report_header(self) -> list[str]:
        return [self._headline()]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be read is wrong usage: nothing has been played yet."""
        if report.failed:
            self.end(UsageError(f"{report.nodeid or 'the suites'} cannot be read: {unreadable(report.longreprtext)}"))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        found = [(item.nodeid, mark) for item in session.items for mark in item.iter_markers("clause")]
        self._tests = {test: str(mark.args[0]) for test, mark in found if mark.args}
        marks = set(self._tests.values())
        asked = self._config.option.clauses
        self._wanted = sorted(marks)
        self._untested = [id for id in wanted(asked.split(",") if asked else ()) if id not in marks]
        is_headless = self._config.option.verbose < 0 or isinstance(self._terminal, OwnTerminal)  # of pytest's header
        if is_headless and self._ended_by is None:
            self.progress(self._headline())
        for waiver in self.options.waivers:
            if waiver.expires < self._today:
                self._terminal.trouble(
                    f"the waiver of {waiver.clause} ({waiver.ticket}) LAPSED on {waiver.expires}: what is VIOLATED "
                    f"there counts; renew 'expires' of {waiver.place}, or strike it"
                )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """After what ended the run no test is begun: it would only say the same again."""
        self._look_for_interrupts()
        return True if self._ended_by is not None else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that broke before it could judge has judged nothing: its clause is INCONCLUSIVE."""
        clause = dict(report.user_properties).get("clause")
        if report.failed and isinstance(clause, str) and not any(row.test == report.nodeid for row in self.rows):
            reason = f"the test broke: {_last_said(report.longreprtext)}"
            self._add(Judged(clause, report.nodeid, "", "", Verdict(clause, Outcome.INCONCLUSIVE, KNOWN.told(reason))))
        elif report.failed and clause is None:
            self._broke = True

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C or such a signal between two experiments, or wrong usage that the plugin found."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            self.end(UsageError(str(excinfo.value.msg)))
        elif excinfo.errisinstance(KeyboardInterrupt):
            self.end(excinfo.value, "interrupted")

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """A bug of ours: one sentence; pytest writes the traceback."""
        self._broke = True
        if isinstance(excinfo.value, OSError) and excinfo.value.errno in _NO_ROOM:
            self._cannot_write(excinfo.value)
            return
        where = self.options.folder / LOG if isinstance(self._terminal, OwnTerminal) else "above"
        self._terminal.trouble(
            f"the harness broke: {excinfo.typename}: {excinfo.value}; please report it with its traceback ({where})"
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Leave the lab before anything else, tell what became of the run after everything else."""
        self.leave()
        try:
            yield
        except KeyboardInterrupt as error:
            self.end(error, "interrupted")
        except Exception as error:
            self._broke = True
            self._terminal.trouble(f"the harness broke at the end of the run: {type(error).__name__}: {error}")
        try:
            self._told(exitstatus)
        except KeyboardInterrupt as error:
            self.end(error, f"interrupted while the report was being made; {self._again()}")
        except OSError as error:
            self._broke = True
            self._cannot_write(error)
        session.exitstatus = self._asked.status = self.exit_status(exitstatus)

    def _cannot_write(self, error: OSError) -> None:
        """Told once; what follows from it says nothing more."""
        where, why = error.filename or self.options.folder, error.strerror or str(error)
        again = f", then {self._again()}" if self.session is not None and self.session.timelines() else ""
        self._terminal.trouble(f"the report cannot be written: {where}: {why}; make room there{again}")

    def _look_for_interrupts(self) -> None:
        if self._asked.interrupts or (self.session is not None and self.session.is_interrupted):
            self.end(KeyboardInterrupt(), "interrupted: nothing more is played")

    def leave(self) -> None:
        """Leave the lab as it was found. Safe twice."""
        if self.session is None or self._has_left:
            return
        self._has_left = True
        if not (self.options.rejudge or self._was_refused):
            self.progress("leaving the lab")
        try:
            self.session.close()
        except KeyboardInterrupt as error:
            self.end(error, "interrupted")
            self.session.close()
        self._terminal.quiet()
        self._look_for_interrupts()

    def exit_status(self, pytest_status: int) -> int:
        """Our status: see `chaos.run.exits`."""
        fine = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
        if any(row.known for row in self.rows):
            fine.add(pytest.ExitCode.TESTS_FAILED)  # as they should; what else failed has said so itself
        outcomes = {row.verdict.outcome for row in self.rows if row.verdict is not None and not row.known}
        if self._asked.strict and any(row.leaves_something_out for row in self.rows):
            outcomes.add(Outcome.INCONCLUSIVE)
        return status_of_run(
            outcomes,
            ended_by=self._ended_by if self._ended_by is not None else self._marred_by,
            not_restored=self.session is not None and self.session.not_restored is not None,
            broke=self._broke or pytest_status not in fine,
            known=any(row.known for row in self.rows),
        )

    def _told(self, pytest_status: int) -> None:
        """What was broken off or is still changed, the clause map, and what belongs beside it."""
        session = self.session
        if session is not None and session.interrupted and session.timelines():  # what became of it was said then
            self._terminal.line(f"`finesse-chaos rejudge {self.options.folder}` judges what was played")
        if session is not None and session.not_restored:
            self._terminal.trouble(f"the lab is still changed: {session.not_restored}")
        is_nothing = self._was_refused or self.exit_status(pytest_status) == EXIT_USAGE
        if self._wanted and (self.rows or not is_nothing):
            self._leave_behind()
        else:
            self._leave_nothing()

    def _leave_nothing(self) -> None:
        """Nothing was touched: what says that nothing was judged is worth no folder, unless the user has chosen it."""
        folder = self.options.folder
        (folder / LOG).unlink(missing_ok=True)
        if not (folder / "journals").exists():
            (folder / INTENT).unlink(missing_ok=True)
            shutil.rmtree(folder / RESULTS, ignore_errors=True)
        remove_if_empty(folder / RESULTS, folder)

    def _headline(self) -> str:
        options = self.options
        where = f"artefacts in {options.folder}"
        if options.rejudge:
            return f"finesse-chaos: judging {options.rejudge} again, {where}"
        clock = "virtual" if options.virtual else "real"
        name = options.inventory.name if options.inventory else "?"
        return f"finesse-chaos: {name}, seed {options.seed}, {clock} clock, {where}"

    def _again(self) -> str:
        """How the report that was not made can be had."""
        run = self.options.rejudge or self.options.folder
        return f"`finesse-chaos rejudge {shlex.quote(str(run))}` makes another one"

    def _left_unjudged(self) -> bool:
        """Whether some tests never came to judge. Of a clause of which others did, nobody may take these for all."""
        rows = {row.test for row in self.rows}
        begun = {row.clause for row in self.rows}
        left = {test: clause for test, clause in self._tests.items() if test not in rows}
        reason = f"this test never judged: {self._ended_why or 'it was skipped, or pytest was told to stop'}"
        for test, clause in left.items():
            if clause in begun:
                self._add(Judged(clause, test, "", "", Verdict(clause, Outcome.INCONCLUSIVE, reason)))
        return bool(left)

    def _leave_behind(self) -> None:
        ended = self._ended_why if self._left_unjudged() else ""
        run = Told(
            options=self.options,
            session=self.session,
            rows=self.rows,
            replayed=self._replayed,
            wanted=self._wanted,
            untested=self._untested,
            started=self._started,
            today=self._today,
            wall_s=self._elapsed_s(),
            ended=ended,
        )
        results, summary = Path(self._config.option.allure_report_dir), self.options.folder / SUMMARY
        try:
            self._last = leave_behind(run, results, result_console(), page=self._asked.page)
        finally:
            if self._last is None and summary.exists():  # whatever came between, this is there to be read
                self._last = summary

    def pytest_unconfigure(self) -> None:
        """The very last line: where the report is."""
        self._terminal.close()
        if self._last is not None:
            print(f"report: {self._last}")  # noqa: T201  (pytest's own reporter has closed by now)


def _asked_of_pytest(config: pytest.Config) -> Asked:
    """What pytest's own options ask for; leaves with our own status if it is wrong."""
    option = config.option
    try:
        options = run_options(
            inventory=load(inventory_file(Path(option.inventory)), os.environ) if not option.rejudge else None,
            inventory_name=option.inventory or "INVENTORY",
            reports=config.invocation_params.dir / "reports",
            folder=option.run_folder,
            rejudge=option.rejudge,
            seed=option.chaos_seed,
            real_time=option.real_time,
            loop=option.loop,
            defects=option.mock_defect,
            faults_do_nothing=option.no_faults,
            waivers=option.waivers,
        )
    except (InventoryError, UsageError) as error:
        pytest.exit(str(error), returncode=EXIT_USAGE)
    return Asked(options, page=not option.no_page, strict=option.strict_grid)


def _last_said(traceback: str) -> str:
    """Its last line with words: of several errors together a frame is drawn around each, which ends with a rule."""
    said = (line.strip(" |+-") for line in reversed(traceback.splitlines()))
    return next((line for line in said if line), "?")
