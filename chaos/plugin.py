"""The pytest plugin: options, the fixture `judge`, and what a run leaves behind.

`pytest suites --inventory FILE` does what `finesse-chaos run` does. HELD passes, VIOLATED fails with its evidence,
INCONCLUSIVE is an error (in Allure: broken), unfit for this lab is a skip with its reason. Nothing else is ever green.

Heavy parts are imported when the first fixture asks for them: this file is loaded by every pytest run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chaos.errors import ChaosError, InventoryError, LabRefused, RollbackFailed, Unfit, UsageError
from chaos.run.exits import EXIT_USAGE
from chaos.run.marks import check_judging, clause_of, experiments_of

if TYPE_CHECKING:
    from chaos.run.reporting import RunReport
    from chaos.run.session import ChaosSession
    from chaos.verdicts import Verdict
    from chaos.verdicts.check import Check

Judge = Callable[["Check"], "Verdict"]
"""A suite that judges by anything else is a type error already."""

RUN = "finesse-chaos-run"
_INCONCLUSIVE = ("inconclusive", True)
_PASSED = pytest.StashKey[bool]()


class Inconclusive(ChaosError):
    """A clause could not be judged. Not an AssertionError: the report calls it broken, not failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("finesse-chaos", "chaos tests for Cisco Finesse")
    group.addoption("--inventory", metavar="FILE", help="the lab to run against, or 'mock'")
    group.addoption("--clauses", metavar="IDS", help="families and clauses to judge, separated by commas")
    group.addoption("--run-folder", metavar="DIR", help="where this run's artefacts go (default: reports/<number>)")
    group.addoption("--rejudge", metavar="RUN", help="judge the journals of a saved run again; plays nothing")
    group.addoption("--chaos-seed", metavar="N", type=int, help="the seed of every random choice (default: random)")
    group.addoption("--real-time", action="store_true", help="an ordinary clock for the mock too")
    group.addoption("--loop", choices=("asyncio", "uvloop", "auto"), default="asyncio", help="in real time")
    group.addoption("--no-page", action="store_true", help="build no HTML page at the end")
    group.addoption("--strict-grid", action="store_true", help="a cell that this lab cannot host is inconclusive")
    group.addoption("--no-faults", action="store_true", help="leave the injectors out: no clause may be held then")
    group.addoption("--waivers", metavar="FILE", type=Path, help="failures that are known, see docs/nights.md")
    group.addoption("--mock-defect", metavar="NAME", action="append", default=[], help="switch a mock's defect on")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(id): the clause of the catalogue that the test judges")
    config.addinivalue_line("markers", "plays(*experiments): what is played for the test before anything is judged")
    if config.option.inventory or config.option.rejudge:
        if config.getoption("tx", None):
            pytest.exit("a lab has one run at a time, in one process: leave -n (pytest-xdist) out", EXIT_USAGE)
        from chaos.run.asked import Asked
        from chaos.run.reporting import RunReport

        asked = (one for one in config.pluginmanager.get_plugins() if isinstance(one, Asked))
        config.pluginmanager.register(RunReport(config, next(asked, None)), RUN)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every clause mark names a clause of the catalogue, and its test judges it; only the chosen clauses stay.

    Raises pytest.UsageError: they do not. In a run of ours that ends the run instead, with our own status.
    """
    report: RunReport | None = config.pluginmanager.get_plugin(RUN)
    try:
        _select(config, items)
        if report is not None and not any(_named(item) for item in items):
            raise UsageError(f"there is no test of a clause in {' '.join(config.args)}: name the folder of the suites")
    except UsageError as error:
        if report is None:
            raise pytest.UsageError(str(error)) from None
        report.end(error)
        items.clear()


def _select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Raises UsageError: a mark or a name is wrong, or nothing is left."""
    from chaos.run.selection import no_test_judges, wanted
    from chaos.verdicts import CLAUSES

    known = {clause.id for clause in CLAUSES}
    for item in items:
        _check_marks(config, item, known)
    if not config.option.clauses:
        return
    chosen = wanted(config.option.clauses.split(","))
    left = [item for item in items if not _named(item).intersection(chosen)]
    if len(left) == len(items):
        raise UsageError(no_test_judges(chosen))
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _check_marks(config: pytest.Config, item: pytest.Item, known: set[str]) -> None:
    for mark in item.iter_markers("clause"):
        item.user_properties.append(("clause", mark.args[0] if mark.args else None))
        if len(mark.args) != 1 or mark.args[0] not in known:
            raise UsageError(f"{item.nodeid}: clause{mark.args} is not in the catalogue; see `finesse-chaos clauses`")
        if not _judges(item):
            raise UsageError(
                f"{item.nodeid} is marked {mark.args[0]} and judges nothing: it must use the fixture judge"
            )
    if not _judges(item):
        return
    check_judging(item)
    if config.pluginmanager.has_plugin(RUN) and config.pluginmanager.has_plugin("timeout"):
        # Every wait of an experiment has its own deadline; a limit from outside would cut it down in the middle.
        item.add_marker(pytest.mark.timeout(0))


def _judges(item: pytest.Item) -> bool:
    return "judge" in getattr(item, "fixturenames", ())


def _named(item: pytest.Item) -> set[str]:
    return {str(mark.args[0]) for mark in item.iter_markers("clause")}


def _report(request: pytest.FixtureRequest) -> RunReport:
    report: RunReport | None = request.config.pluginmanager.get_plugin(RUN)
    if report is None:
        pytest.skip("clause tests need a lab: give --inventory FILE (or --rejudge RUN)")
    return report


@pytest.fixture(scope="session")
def chaos_session(request: pytest.FixtureRequest) -> Iterator[ChaosSession]:
    """The run: made when the first clause test asks for it, closed after the last."""
    from chaos.run.session import ChaosSession

    report = _report(request)
    session = ChaosSession(report.options, report.progress)
    report.session = session
    report.show_waits(session)
    for item in request.session.items:
        if _judges(item):
            session.want(clause_of(item), experiments_of(item))
    try:
        yield session
    finally:
        report.leave()


@contextmanager
def _troubles(request: pytest.FixtureRequest, report: RunReport, experiment: str) -> Iterator[None]:
    """What can go wrong when something is played, as pytest's outcomes."""
    try:
        yield
    except Unfit as unfit:
        report.unfit(request.node, experiment, str(unfit))
        pytest.skip(f"unfit for this lab: {unfit}")
    except KeyboardInterrupt as error:
        report.end(error, "interrupted: nothing more is played")
        pytest.skip("the run was interrupted")
    except RollbackFailed as error:
        report.end(error, f"the lab could not be restored: {error}")
        report.could_not_judge(request.node, experiment, str(error))
        raise Inconclusive(f"{experiment}: the lab could not be restored: {error}") from None
    except (InventoryError, LabRefused, UsageError) as error:
        report.end(error)
        pytest.skip(f"nothing was played: {error}")
    except ChaosError as error:
        report.could_not_judge(request.node, experiment, str(error))
        raise Inconclusive(f"nothing is known of {experiment}: {error}") from None


@pytest.fixture
def judge(chaos_session: ChaosSession, request: pytest.FixtureRequest) -> Iterator[Judge]:
    """`judge(check)` judges once, keeps the verdict for the report, and fails the test unless it HELD.

    The check is given every journal of the run; those of the experiments that the test `plays` must be there.
    """
    from chaos.verdicts import Outcome
    from chaos.verdicts.check import Check
    from chaos.verdicts.ruling import judged

    clause = clause_of(request.node)
    report = _report(request)
    verdicts: list[Verdict] = []

    def on_grid(check: Check) -> Verdict:
        experiments = experiments_of(request.node)
        names = ", ".join(experiment.name for experiment in experiments)
        with _troubles(request, report, names):
            played = chaos_session.played_for(clause, experiments)
            if chaos_session.broken_by is not None:
                report.mar(chaos_session.broken_by)
            filling = chaos_session.filling(clause, request.node.originalname)
            found = judged(clause, check, played.named, played.others, played.missing, played.not_hosted, filling)
            if found.grid and not found.fit:
                raise Unfit(found.grid[0].reason)
        return found

    def judge(check: Check) -> Verdict:
        if not isinstance(check, Check):
            # Not only an error of this test: whatever else held, a clause that this test was to judge was not judged.
            name = getattr(check, "__name__", check)
            wrong = UsageError(
                f"{request.node.nodeid} judges by {name}, which is no check: make it one with @check(grid(…))"
            )
            report.end(wrong)
            report.could_not_judge(request.node, "", str(wrong))
            raise Inconclusive(str(wrong))
        verdict = on_grid(check)
        verdicts.append(verdict)
        report.judged(request.node, verdict)
        if verdict.outcome is Outcome.VIOLATED:
            pytest.fail(str(verdict), pytrace=False)
        if verdict.outcome is Outcome.INCONCLUSIVE:
            raise Inconclusive(str(verdict))
        return verdict

    yield judge
    if not verdicts and request.node.stash.get(_PASSED, False):
        raise Inconclusive(f"{request.node.nodeid} judged nothing")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a user sees of an inconclusive verdict is its evidence, not a traceback."""
    report = yield
    item.stash[_PASSED] = report.when == "call" and report.passed
    if call.excinfo is not None and call.excinfo.errisinstance(Inconclusive):
        report.longrepr = str(call.excinfo.value)
        report.user_properties.append(_INCONCLUSIVE)
    return report


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """A clause that could not be judged is an error in pytest's words too, not a failure."""
    if report.failed and report.when == "call" and _INCONCLUSIVE in report.user_properties:
        return "error", "E", "INCONCLUSIVE"
    return None
