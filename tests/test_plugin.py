"""The plugin in a pytest run of its own, on the mock, with suites that are written here for the purpose."""

import json
import signal
from contextlib import suppress
from pathlib import Path

import pytest

# Imported here, so that every inner run finds them instead of importing them anew: pytester forgets what a run has
# imported, and a test after it would replace something in a module that is not the one in use.
import chaos.mock.deployment
import chaos.run.catalogue_map
import chaos.run.reporting  # noqa: F401
from chaos.journal import Ended, FaultPhase, FaultSeen, load
from chaos.run.terminal import _Redacted

pytest_plugins = ["pytester"]

FULL_DISK = Path("/dev/full")
MOCK = Path(__file__).parents[1] / "inventories" / "mock.yaml"

HEAD = '''
import signal
from dataclasses import dataclass

import pytest

from chaos.errors import ChaosError
from chaos.experiment import Experiment
from chaos.faults.base import Fault
from chaos.faults.noop import NothingHappens
from chaos.history import Evidence
from chaos.verdicts.check import check
from chaos.verdicts.finding import held, violated
from chaos.verdicts.grid import Cell, grid


@dataclass(frozen=True)
class Trial(Fault):
    """Breaks nothing, and proves whatever is wanted of it. A rollback can be told to fail so often."""

    fails: int = 0
    inject_fails: bool = False
    rollbacks = []

    @property
    def name(self):
        return "trial"

    async def inject(self, field):
        if self.inject_fails:
            raise ChaosError("it would not be broken")

    async def rollback(self, field):
        self.rollbacks.append(1)
        if len(self.rollbacks) <= self.fails:
            raise ChaosError("the console is gone")

    def bitten(self, timeline, from_s, field):
        return "it bit"

    def lifted(self, timeline, from_s, field):
        return "it lifted"


def experiment(name, fault, during=None, **more):
    async def story(stage):
        async with stage.fault(fault):
            if during is not None:
                await during(stage)

    return Experiment(name, f"A trial called {name}", story, **more)


WHOLE = Cell.of(part="whole")


@check(grid(part=("whole",)))
def holds(history):
    yield held(WHOLE, "so it was", Evidence(1.0, "seen to hold"))


@check(grid(part=("whole",)))
def breaks(history):
    yield violated(WHOLE, "so it was not", Evidence(1.0, "seen to break"))
'''


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> "Suite":
    monkeypatch.setenv("COLUMNS", "160")
    return Suite(pytester)


class Suite:
    """Runs clause tests that are given as text; afterwards it knows what the run said and left."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.folder = pytester.path / "run"

    def run(self, tests: str, *options: str, lab: bool = True) -> pytest.RunResult:
        self._pytester.makepyfile(test_trial=HEAD + tests)
        of_run = ["--inventory", str(MOCK), "--run-folder", str(self.folder), "--no-page"] if lab else []
        arguments = ["-p", "no:cacheprovider", "-p", "no:randomly", *of_run, *options]
        result = self._pytester.runpytest_inprocess(*arguments, no_reraise_ctrlc=True)
        self.said = str(result.stdout) + str(result.stderr)
        return result

    def verdicts(self) -> dict[str, str]:
        rows = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))["clauses"]
        return {row["id"]: row["verdict"] for row in rows}

    def journal(self, name: str) -> Path:
        return self.folder / "journals" / f"{name}.jsonl"

    def ended(self, name: str) -> Ended | None:
        return load(self.journal(name)).ended


def clause_test(name: str, check: str, experiment: str, clause: str = "CTI-01") -> str:
    return f"""

@pytest.mark.clause({clause!r})
@pytest.mark.plays({experiment})
def test_{name}(judge):
    judge({check})
"""


ONE = 'ONE = experiment("one", Trial())\n'


def test_a_clause_that_holds_passes_and_the_status_is_0(suite: Suite) -> None:
    result = suite.run(ONE + clause_test("held", "holds", "ONE"))
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    assert suite.verdicts() == {"CTI-01": "HELD"}
    ended = suite.ended("one")
    assert ended is not None
    assert ended.error is None


def test_a_violated_clause_fails_with_its_evidence_and_the_status_is_1(suite: Suite) -> None:
    tests = ONE + clause_test("held", "holds", "ONE") + clause_test("violated", "breaks", "ONE")
    result = suite.run(tests)
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    assert "CTI-01 VIOLATED: so it was not" in suite.said
    assert "1.000 s  seen to break" in suite.said
    assert "Traceback" not in suite.said
    assert "def judge" not in suite.said
    assert suite.said.count("playing one") == 1, "two tests of one experiment share its journal"


def test_a_fault_that_does_not_bite_is_an_error_without_a_traceback_and_the_status_is_3(suite: Suite) -> None:
    result = suite.run('NONE = experiment("none", NothingHappens())\n' + clause_test("idle", "holds", "NONE"))
    result.assert_outcomes(errors=1)
    assert result.ret == 3
    assert "fault nothing-happens never proved that it bit" in suite.said
    assert "def judge" not in suite.said
    assert suite.verdicts() == {"CTI-01": "INCONCLUSIVE"}


def test_a_rollback_that_fails_twice_ends_the_session_with_status_4(suite: Suite) -> None:
    tests = 'BAD = experiment("bad", Trial(fails=2))\n' + ONE
    result = suite.run(tests + clause_test("broken", "holds", "BAD") + clause_test("after", "holds", "ONE"))
    assert result.ret == 4
    assert "trial could not be rolled back: the console is gone; the lab is still broken" in suite.said
    assert not suite.journal("one").exists(), "nothing more is played in a broken lab"
    ended = suite.ended("bad")
    assert ended is not None
    assert ended.error is not None
    assert "could not be rolled back" in ended.error


def test_a_rollback_that_fails_once_is_tried_again(suite: Suite) -> None:
    result = suite.run('BAD = experiment("bad", Trial(fails=1))\n' + clause_test("held", "holds", "BAD"))
    assert result.ret == 0
    phases = [seen.phase for seen in load(suite.journal("bad")).of(FaultSeen)]
    assert phases[-4:] == [FaultPhase.ROLLING_BACK, FaultPhase.FAILED, FaultPhase.ROLLED_BACK, FaultPhase.LIFTED]


def test_a_fault_that_cannot_be_injected_is_rolled_back_and_judges_nothing(suite: Suite) -> None:
    result = suite.run('BAD = experiment("bad", Trial(inject_fails=True))\n' + clause_test("idle", "holds", "BAD"))
    assert result.ret == 3
    assert "it would not be broken" in suite.said
    phases = [seen.phase for seen in load(suite.journal("bad")).of(FaultSeen)]
    assert FaultPhase.ROLLED_BACK in phases


def test_an_experiment_that_the_lab_cannot_host_is_skipped_with_the_reason(suite: Suite) -> None:
    tests = ONE + 'MANY = experiment("many", Trial(), agents=99)\n'
    result = suite.run(tests + clause_test("held", "holds", "ONE") + clause_test("many", "holds", "MANY", "CTI-02"))
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == 0
    assert "unfit for this lab: 99 agents are needed, " in suite.said
    assert suite.verdicts() == {"CTI-01": "HELD", "CTI-02": "UNFIT"}


def test_a_lab_on_which_nothing_could_be_judged_is_unfit(suite: Suite) -> None:
    result = suite.run('MANY = experiment("many", Trial(), agents=99)\n' + clause_test("many", "holds", "MANY"))
    result.assert_outcomes(skipped=1)
    assert result.ret == 5


def test_a_clause_test_that_judges_nothing_is_an_error(suite: Suite) -> None:
    result = suite.run(
        ONE
        + """
@pytest.mark.clause("CTI-01")
@pytest.mark.plays(ONE)
def test_lazy(judge):
    pass
"""
    )
    assert result.ret == 3
    assert "test_lazy judged nothing" in suite.said
    assert suite.verdicts() == {"CTI-01": "INCONCLUSIVE"}


def test_a_clause_test_that_cannot_judge_is_wrong_usage(suite: Suite) -> None:
    result = suite.run("""
@pytest.mark.clause("CTI-01")
def test_green_by_mistake():
    pass
""")
    assert result.ret == 2
    assert "is marked CTI-01 and judges nothing" in suite.said
    assert not suite.folder.exists()


@pytest.mark.parametrize("mark", ['"CTI-99"', '"CTI-01", "CTI-02"', ""])
def test_a_mark_that_names_no_clause_is_wrong_usage(suite: Suite, mark: str) -> None:
    result = suite.run(f"""
@pytest.mark.clause({mark})
def test_odd(judge):
    pass
""")
    assert result.ret == 2
    assert "not in the catalogue" in suite.said


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("@pytest.mark.plays(ONE)", "judges and needs exactly one @pytest.mark.clause(…), it has 0"),
        ('@pytest.mark.clause("CTI-01")', "plays nothing: mark it with @pytest.mark.plays(EXPERIMENT, …)"),
        ('@pytest.mark.plays()\n@pytest.mark.clause("CTI-01")', "plays nothing: mark it with"),
        (
            '@pytest.mark.plays(ONE)\n@pytest.mark.clause("CTI-01")\n@pytest.mark.clause("CTI-02")',
            "judges and needs exactly one @pytest.mark.clause(…), it has 2",
        ),
        ('@pytest.mark.plays("one")\n@pytest.mark.clause("CTI-01")', "plays 'one', which is no Experiment"),
    ],
)
def test_a_judgement_without_clause_or_experiment_is_wrong_usage_before_anything_is_played(
    suite: Suite, marks: str, message: str
) -> None:
    result = suite.run(f"{ONE}\n\n{marks}\ndef test_odd(judge):\n    judge(holds)\n")
    assert result.ret == 2
    assert f"test_odd {message}" in suite.said
    assert not suite.folder.exists()


@pytest.mark.parametrize(("by", "named"), [("lambda history: []", "<lambda>"), ("print", "print"), ("'held'", "held")])
def test_what_is_no_check_judges_nothing_and_is_wrong_usage(suite: Suite, by: str, named: str) -> None:
    """A function that calls a journal HELD would pass by the grid, the witnesses and the run's other journals."""
    odd = f"""

@pytest.mark.clause("CTI-01")
@pytest.mark.plays(ONE)
def test_odd(judge):
    judge({by})
"""
    result = suite.run(ONE + odd + clause_test("after", "holds", "ONE"))
    assert result.ret == 2
    assert f"test_odd judges by {named}, which is no check: make it one with @check(grid(…))" in suite.said
    assert "Traceback" not in suite.said
    assert not suite.journal("one").exists(), "nothing is played for it, nor after it"
    assert suite.verdicts() == {"CTI-01": "INCONCLUSIVE"}


def test_a_check_that_held_does_not_cover_for_what_is_no_check(suite: Suite) -> None:
    odd = """

@pytest.mark.clause("CTI-01")
@pytest.mark.plays(ONE)
def test_odd(judge):
    judge(print)
"""
    result = suite.run(ONE + clause_test("before", "holds", "ONE") + odd)
    assert result.ret == 2
    assert suite.verdicts() == {"CTI-01": "INCONCLUSIVE"}


def test_a_story_that_is_cut_short_is_inconclusive_with_the_reason(suite: Suite) -> None:
    tests = """
async def gives_up(stage):
    raise ChaosError("the switch was silent")

SHORT = experiment("short", Trial(), gives_up)
"""
    result = suite.run(tests + clause_test("short", "holds", "SHORT"))
    assert result.ret == 3
    assert "the switch was silent" in suite.said


def test_a_bug_in_a_story_is_rolled_back_and_stands_in_the_journal(suite: Suite) -> None:
    tests = """
async def stumbles(stage):
    raise ZeroDivisionError("a bug of ours")

BUG = experiment("bug", Trial(), stumbles)
"""
    result = suite.run(tests + clause_test("bug", "holds", "BUG"))
    assert result.ret == 3
    ended = suite.ended("bug")
    assert ended is not None
    assert ended.error == "ZeroDivisionError: a bug of ours"
    assert FaultPhase.ROLLED_BACK in [seen.phase for seen in load(suite.journal("bug")).of(FaultSeen)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("times", [1, 3], ids=["once", "impatiently"])
def test_a_signal_while_a_fault_is_injected_rolls_it_back_and_says_so(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, times: int
) -> None:
    """Also the second and third signal, which come while the rollback is under way."""
    # On a busy machine they come later than one keystroke that is delivered twice, and would end this very process.
    monkeypatch.setattr("chaos.run.interrupts._SAME_S", 60.0)
    tests = f"""
async def interrupted(stage):
    signal.raise_signal({int(number)})
    await stage.watch(3600.0)

@dataclass(frozen=True)
class Slow(Trial):
    async def rollback(self, field):
        import asyncio
        for _ in range({times - 1}):
            signal.raise_signal({int(number)})
            await asyncio.sleep(5.0)
        await super().rollback(field)

LONG = experiment("long", Slow(), interrupted)
"""
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    result = suite.run(tests + ONE + clause_test("long", "holds", "LONG") + clause_test("after", "holds", "ONE"))
    assert result.ret == 130
    assert suite.verdicts() == {"CTI-01": "NOT RUN"}, "an interrupted run leaves its summary"
    assert "1 clause: 1 NOT RUN. The run ended early: it was interrupted." in suite.said
    assert "none of its tests ran: it was interrupted" in (suite.folder / "front.md").read_text(encoding="utf-8")
    assert "KeyboardInterrupt" not in suite.said
    assert f"{number.name}: rolling back what was injected" in suite.said
    assert suite.said.count("long was interrupted: rolled back: trial") == 1
    ended = suite.ended("long")
    assert ended is not None
    assert ended.error == "interrupted"
    assert FaultPhase.ROLLED_BACK in [seen.phase for seen in load(suite.journal("long")).of(FaultSeen)]
    assert not suite.journal("one").exists()
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(
    ("never", "status", "why"),
    [
        ("signal.raise_signal(signal.SIGTERM)", 130, "it was interrupted"),
        ("pytest.skip('not today')", 3, "it was skipped, or pytest was told to stop"),
    ],
)
def test_a_clause_of_which_only_some_tests_came_to_judge_is_not_held(
    suite: Suite, never: str, status: int, why: str
) -> None:
    """A signal between two tests of a clause: the first has held, and nobody may take it for both."""
    tests = ONE + clause_test("held", "holds", "ONE") + clause_test("never", "holds", "ONE")
    before, _, after = tests.rpartition("judge(")
    result = suite.run(f"{before}{never}\n    judge({after}")
    assert result.ret == status
    assert suite.verdicts() == {"CTI-01": "INCONCLUSIVE"}
    assert f"this test never judged: {why}" in suite.said


FULL = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    yield
    raise OSError(28, "No space left on device")
"""


def test_a_disk_that_is_full_is_told_with_its_place_and_is_no_bug_of_ours(
    suite: Suite, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(FULL)
    result = suite.run(ONE + clause_test("held", "holds", "ONE"))
    assert result.ret == 3
    assert f"{suite.folder}: No space left on device; make room there, then `finesse-chaos rejudge" in suite.said
    assert "please report" not in suite.said


def test_a_summary_that_cannot_be_written_leaves_nothing_half_and_names_its_place(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "summary.json")

    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr("chaos.run.session.write_intent", lambda *_: None)
    result = suite.run(ONE + clause_test("held", "holds", "ONE"))
    assert result.ret == 3
    assert "the report cannot be written: summary.json: No space left on device; make room there, then" in suite.said
    assert not list(suite.folder.glob("*.new"))


def test_a_test_that_breaks_of_several_errors_at_once_says_one_of_them(suite: Suite) -> None:
    broken = """
@pytest.fixture
def lab_is_gone():
    raise ExceptionGroup("both", [OSError("a cable"), OSError("another cable")])


@pytest.mark.clause("CTI-01")
@pytest.mark.plays(ONE)
def test_broken(lab_is_gone, judge):
    judge(holds)
"""
    assert suite.run(ONE + broken).ret == 3
    summary = (suite.folder / "summary.json").read_text(encoding="utf-8")
    assert "the test broke: OSError: another cable" in summary


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full here")
def test_after_a_journal_that_found_no_room_no_lab_is_broken_for_nothing(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.run.one_lab.journal_path", lambda *_: FULL_DISK)
    tests = ONE + 'TWO = experiment("two", Trial())\n'
    result = suite.run(
        tests + clause_test("first", "holds", "ONE") + clause_test("second", "breaks", "TWO", clause="CTI-02")
    )
    assert result.ret == 3
    assert "playing one" in suite.said
    assert "playing two" not in suite.said
    assert "not played: the journal before that could not be kept: /dev/full: cannot be written: No space" in suite.said
    assert suite.verdicts() == {"CTI-01": "INCONCLUSIVE", "CTI-02": "INCONCLUSIVE"}


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full here")
def test_what_pytest_says_and_finds_no_room_for_is_left_out_and_ends_nothing() -> None:
    log = _Redacted(FULL_DISK)
    for _ in range(3):
        assert log.write("a line\n" * 5000) == 35_000
        log.flush()
    with suppress(OSError):
        log.close()
    assert log.closed


def test_where_nothing_was_touched_nothing_is_left(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("chaos.run.opened.make_room", refuses)
    assert suite.run(ONE + clause_test("held", "holds", "ONE")).ret == 2
    assert "the mock needs this machine's loopback interface: ip link set lo up" in suite.said
    assert not suite.folder.exists()


def test_clauses_that_no_test_judges_are_wrong_usage(suite: Suite) -> None:
    result = suite.run(ONE + clause_test("held", "holds", "ONE"), "--clauses", "AWDB-01")
    assert result.ret == 2
    assert "no test judges AWDB-01" in suite.said
    assert not suite.folder.exists()


def test_only_the_chosen_clauses_are_played(suite: Suite) -> None:
    other = """
@check(grid(part=("whole",)))
def other(history):
    yield held(WHOLE, "so it was too", Evidence(1.0, "seen"))

TWO = experiment("two", Trial())
"""
    tests = ONE + other + clause_test("held", "holds", "ONE") + clause_test("other", "other", "TWO", "CTI-02")
    result = suite.run(tests, "--clauses", "cti-02")
    result.assert_outcomes(passed=1, deselected=1)
    assert suite.verdicts() == {"CTI-02": "HELD"}
    assert not suite.journal("one").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--clauses", "CTI-77"), "'CTI-77' is no family and no clause"),
        (("--mock-defect", "gap-evens"), "the mock has no defect 'gap-evens'"),
        (("--rejudge", "nowhere"), "there is no folder nowhere"),
    ],
)
def test_wrong_options_are_wrong_usage_and_leave_nothing(suite: Suite, options: tuple[str, ...], message: str) -> None:
    result = suite.run(ONE + clause_test("held", "holds", "ONE"), *options)
    assert result.ret == 2
    assert message in suite.said
    assert not suite.folder.exists()


@pytest.mark.parametrize("workers", ["-n2", "-nauto"])
def test_several_processes_at_one_lab_are_refused_in_one_sentence(suite: Suite, workers: str) -> None:
    pytest.importorskip("xdist")
    result = suite.run(ONE + clause_test("held", "holds", "ONE"), workers)
    assert result.ret == 2
    assert suite.said.strip() == "Exit: a lab has one run at a time, in one process: leave -n (pytest-xdist) out"
    assert not suite.folder.exists()


def test_a_folder_with_journals_is_not_written_to_again(suite: Suite) -> None:
    tests = ONE + clause_test("held", "holds", "ONE")
    assert suite.run(tests).ret == 0
    before = suite.journal("one").read_bytes()
    assert suite.run(tests).ret == 2
    assert "holds the journals of another run" in suite.said
    assert suite.journal("one").read_bytes() == before


def test_clause_tests_without_a_lab_are_skipped(suite: Suite) -> None:
    result = suite.run(ONE + clause_test("held", "holds", "ONE"), lab=False)
    result.assert_outcomes(skipped=1)
    assert result.ret == 0


def test_the_runners_own_time_limit_does_not_cut_an_experiment_down(suite: Suite) -> None:
    """In a lab an experiment takes minutes, and has deadlines of its own."""
    pytest.importorskip("pytest_timeout")
    tests = """
async def in_real_time(stage):
    import time
    time.sleep(1.0)

SLOW = experiment("slow", Trial(), in_real_time)
"""
    result = suite.run(tests + clause_test("slow", "holds", "SLOW"), "-o", "timeout=0.5")
    assert result.ret == 0
