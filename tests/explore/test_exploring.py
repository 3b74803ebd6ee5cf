"""Handing numbers to workers, with executors that play nothing, and once with everything that is real."""

import importlib
import inspect
import multiprocessing
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.errors import EvidenceError, UsageError
from chaos.explore import file, story
from chaos.explore.coverage import page
from chaos.explore.drawing import drawn
from chaos.explore.exploring import Explorer, Plan, Workers, cluster, processes
from chaos.explore.judging import Violation
from chaos.explore.playing import Result, Task, played
from chaos.explore.replaying import replays
from chaos.explore.schedule import IN_USE, OTHER, Break, Do, Doing, Moment, Schedule, Seat, State, When
from chaos.inventory import load
from chaos.mock.defects import parse_break
from chaos.run.options import RunOptions
from chaos.run.session import ChaosSession
from chaos.verdicts.check import Check
from chaos.verdicts.checks import CHECKS
from tests.explore.orders import ORDERS
from tests.inventory.labs import REPOSITORY

INVENTORY = load(Path(__file__).parents[2] / "inventories" / "mock.yaml", os.environ)
PLAN = Plan(seed=5, inventory=INVENTORY, numbers=9)


class Hands(Executor):
    """Answers at once. answer: what comes of a task; it may raise."""

    def __init__(self, answer: Callable[[Task], Result]) -> None:
        self.answer = answer
        self.tasks: list[Task] = []

    def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[Result]:  # type: ignore[override]
        (task,) = args
        assert isinstance(task, Task)
        self.tasks.append(task)
        future: Future[Result] = Future()
        try:
            future.set_result(self.answer(task))
        except (BrokenProcessPool, ArithmeticError) as error:
            future.set_exception(error)
        return future


def explorer(answer: Callable[[Task], Result], plan: Plan = PLAN) -> tuple[Explorer, Hands, list[Result]]:
    hands, told = Hands(answer), list[Result]()
    return Explorer(plan, Workers(lambda: hands, 2, lambda _, futures: None), told.append), hands, told


def good(task: Task) -> Result:
    return Result(task.number, task.schedule, held=("CTI-01",), lab_s=10.0)


def test_whoever_interrupts_ends_those_who_work_and_no_thread_of_theirs_complains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[object] = []
    monkeypatch.setattr(threading, "excepthook", said.append)

    def interrupt(_: Result) -> None:
        raise KeyboardInterrupt

    one = Explorer(PLAN, processes(2), interrupt)
    with pytest.raises(KeyboardInterrupt):
        one.explore(lambda: False)
    assert multiprocessing.active_children() == []
    assert len(one.explored.results) == 1
    assert said == []


def test_every_number_is_played_once() -> None:
    one, hands, told = explorer(good)
    explored = one.explore(lambda: False)
    assert (
        sorted(result.number for result in explored.results) == list(range(9)) == sorted(t.number for t in hands.tasks)
    )
    assert len(told) == 9
    assert explored.lab_s == 90.0


def test_without_a_number_it_goes_on_until_the_time_is_over() -> None:
    one, hands, _ = explorer(good, replace(PLAN, numbers=None))
    one.explore(lambda: len(hands.tasks) >= 20)
    assert len(hands.tasks) == 20


def test_the_first_violation_of_each_clause_is_made_small_and_no_other() -> None:
    clauses = {2: ("CTI-09",), 4: ("CTI-09",), 6: ("CTI-07", "CTI-09")}

    def answer(task: Task) -> Result:
        said = tuple(Violation(clause, "", "wrong") for clause in clauses.get(task.number, ()))
        return replace(good(task), violations=said, small=task.schedule if task.shrink else None)

    one, hands, _ = explorer(answer)
    explored = one.explore(lambda: False)
    assert [result.number for result in explored.found] == [2, 4, 6]
    assert [(task.number, task.shrink) for task in hands.tasks if task.shrink] == [(2, ("CTI-09",)), (6, ("CTI-07",))]
    assert sorted(explored.small) == [2, 6]


def test_a_number_whose_worker_died_is_played_by_another_one() -> None:
    died: list[int] = []

    def answer(task: Task) -> Result:
        if task.number == 3 and len(died) < 2:
            died.append(task.number)
            raise BrokenProcessPool("killed")
        return good(task)

    one, _, _ = explorer(answer)
    assert sorted(result.number for result in one.explore(lambda: False).results) == list(range(9))


def test_a_number_that_no_worker_survives_is_lost_and_said() -> None:
    def answer(task: Task) -> Result:
        if task.number == 3:
            raise BrokenProcessPool("killed")
        return good(task)

    one, _, _ = explorer(answer)
    explored = one.explore(lambda: False)
    assert explored.lost == [3]
    assert len(explored.results) == 8


def test_the_page_says_what_was_played_and_what_came_to_nothing() -> None:
    schedule = Schedule((Break("link-cut", "a"), Break("sessions-refused", "b", Moment(When.OPENED, 1))))
    text = page([Result(0, schedule), Result(1, schedule, missed=(2,)), Result(2, Schedule(schedule.acts[:1]))])
    moments = text.partition("## Fault × what")[0]
    row = {line.split("|")[1].strip(): line for line in moments.splitlines() if line.startswith("| ")}
    assert row["link-cut, side A"].startswith("| link-cut, side A | 3 | – |")
    assert "link-cut, the side in use" not in row
    folded = next(line for line in moments.splitlines() if line.startswith("In no cell"))
    assert "; link-cut (side B, the side in use, the other side); link-silent; " in folded, "dashes alone are one line"
    assert [cell.strip() for cell in row["sessions-refused, side B"].split("|")[2:8]] == ["–", "–", "–", "–", "–", "1"]


def test_the_page_begins_with_its_seed_its_families_and_what_came_of_it() -> None:
    """It began with "5 schedules." and no more."""
    one = Schedule((Break("link-cut", "a"),))
    bad = Violation("CTI-09", "node a", "a call is shown for ever")
    results = [
        Result(0, one, violations=(bad,), held=("CTI-01",)), Result(1, one, held=("CTI-01",)), Result(2, one),
        Result(3, one, held=("CTI-01",), error="the proxy is gone"),
    ]  # fmt: skip
    assert page(results, ("CTI", "AWDB"), 7, lost=[4]).splitlines()[2] == (
        "Seed 7. Families: CTI, AWDB. 5 schedules: 1 VIOLATED, 1 could not be played to their end, 1 HELD, "
        "1 showed nothing, 1 lost with their workers."
    )
    assert page(results[1:2], (), 7).splitlines()[2] == (
        "Seed 7. Families: all (CTI, AWDB, CLIENT, DESKTOP, IPPA). 1 schedule: 1 HELD."
    )


def test_a_scheduler_that_is_not_there_is_told() -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'finesse-chaos[cluster]'")
    with pytest.raises(UsageError, match="no Dask scheduler answers at tcp"):
        cluster("tcp://127.0.0.1:9")


def test_suites_and_table_pair_the_same_checks_with_the_same_clauses() -> None:
    """What the suites judge each clause by, heard from their tests."""
    judged: dict[str, list[Check]] = {}
    for path in sorted((REPOSITORY / "suites").glob("*/test_*.py")):
        module = importlib.import_module(f"suites.{path.parent.name}.{path.stem}")
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_"):
                clause = next(mark.args[0] for mark in vars(test)["pytestmark"] if mark.name == "clause")
                test(judge=judged.setdefault(clause, []).append)
    assert judged.keys() == CHECKS.keys()
    for clause, checks in CHECKS.items():
        assert sorted(map(id, judged[clause])) == sorted(map(id, checks)), clause


def _violated(schedule: Schedule, tmp_path: Path, *defects: str) -> set[str]:
    once = played(schedule, INVENTORY, tmp_path, seed=1, defects=defects)
    assert once.error is None
    assert once.judged is not None
    return {one.clause for one in once.judged.violations}


def test_a_schedule_is_played_and_judged_by_every_check(tmp_path: Path) -> None:
    lost_twice = Schedule(
        (Break("link-cut", "a", for_s=25.0), Break("sessions-reset", "b", Moment(When.TOLD_IN, 1, 9.0), 0.5)),
        (State.TALKING, State.TALKING, State.READY, State.NOT_READY),
    )
    sound, broken = tmp_path / "sound", tmp_path / "broken"
    sound.mkdir()
    broken.mkdir()
    assert _violated(lost_twice, sound) == set()
    assert "CTI-01" in _violated(lost_twice, broken, "never-fails-over")


def _seen(journal: Path) -> list[str]:
    """What was seen, without the header, which names the experiment, and the chain, which begins with it."""
    return [re.sub(r',"chain":"[^"]*"', "", line) for line in journal.read_text().splitlines()[1:]]


def test_what_was_found_is_played_again_byte_for_byte(tmp_path: Path) -> None:
    schedule = drawn(5, 700, ("CTI",))
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    assert played(schedule, INVENTORY, first, seed=5).judged is not None
    options = RunOptions(folder=again, seed=6, inventory=INVENTORY)
    session = ChaosSession(options)
    try:
        (one,) = replays(session, {"cti-01-700": file.read(file.written(schedule, seed=5))})
    finally:
        session.close()
    assert one.trouble is None
    assert _seen(again / "journals" / "cti-01-700.jsonl") == _seen(first / "journals" / "schedule.jsonl")


def test_a_fault_finds_the_side_in_use_wherever_the_nodes_have_gone(tmp_path: Path) -> None:
    """To B after the first loss, back to A after the second one; the other side is where they are going meanwhile."""
    breaks = (
        Break("sessions-reset", IN_USE, for_s=0.5),
        Break("sessions-reset", IN_USE, Moment(When.OVER, 1, 1.0), 0.5),
        Break("sessions-reset", IN_USE, Moment(When.OVER, 2, 1.0), 0.5),
        Break("link-cut", OTHER, Moment(When.LOST, 5), 0.5),
    )
    once = played(Schedule(breaks), INVENTORY, tmp_path, seed=1)
    assert once.judged is not None
    assert (once.error, once.missed, once.judged.violations) == (None, (), ())
    lines = _seen(tmp_path / "journals" / "schedule.jsonl")
    injected = [re.findall('"fault":"([^"]*)"', one) for one in lines if '"injecting"' in one]
    assert injected == [["a-sessions-reset"], ["b-sessions-reset"], ["a-sessions-reset"], ["b-link-cut"]]


def test_an_act_whose_moment_does_not_come_is_left_out_and_said(tmp_path: Path) -> None:
    schedule = Schedule((Break("sessions-reset", "a", for_s=0.5), Do(Doing.READY, 1, Moment(When.OPENED, 900))))
    assert played(schedule, INVENTORY, tmp_path, seed=1).missed == (2,)


def test_a_node_is_taken_from_people_at_desktops_and_phones_who_are_judged_too(tmp_path: Path) -> None:
    acts = (
        Break("node-without-cti", "a", for_s=60.0),
        Break("event-stream-blocked", "b", Moment(When.SCREEN_LOST), for_s=25.0),
        Do(Doing.LEAVE_PAGE, 1, Moment(When.MOVED)),
        Do(Doing.GO_OVER, 1, Moment(When.SCREEN_LOST, 1, 30.0)),
    )
    once = played(Schedule(acts, seats=(Seat.DESKTOP, Seat.PHONE)), INVENTORY, tmp_path, seed=1)
    assert once.error is None
    assert once.missed == ()
    assert once.judged is not None
    assert once.judged.violations == ()
    assert {"CLIENT-01", "IPPA-01", "IPPA-06"} <= set(once.judged.held)


def test_a_desktop_that_could_not_be_told_finds_out_as_it_reconnects(tmp_path: Path) -> None:
    """Found by exploring: the node goes out of service in the seconds in which the browser cannot reach it."""
    acts = (
        Break("node-out-of-reach", "a", Moment(When.START, 1, 2.251), for_s=6.0),
        Break("node-without-cti", "a", Moment(When.OVER), for_s=90.0),
    )
    once = played(Schedule(acts, seats=(Seat.DESKTOP,)), INVENTORY, tmp_path, seed=12)
    assert once.judged is not None
    assert once.judged.violations == ()
    assert "CLIENT-01" in once.judged.held


@pytest.mark.parametrize(("defect", "family"), [("other-attempts@times=4", "CLIENT"), ("xmpp-loss-ignored", "IPPA")])
def test_a_defect_of_desktops_and_of_phones_is_found_by_exploring(tmp_path: Path, defect: str, family: str) -> None:
    acts = (Break("notification-stopped", "a", for_s=90.0),)
    seats = (Seat.DESKTOP,) if family == "CLIENT" else (Seat.PHONE,)
    once = played(Schedule(acts, seats=seats), INVENTORY, tmp_path, seed=1, defects=(defect,))
    assert once.judged is not None
    assert family in {one.clause.partition("-")[0] for one in once.judged.violations}


_POOL = """
import os, signal
from chaos.explore.exploring import processes
if __name__ == "__main__":
    pool = processes(1).make()
    print(pool.submit(os.getpid).result(), flush=True)
    signal.pause()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the end of a foreign process is waited for as Linux has it")
def test_a_worker_ends_with_whoever_started_it(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(_POOL)
    with subprocess.Popen([sys.executable, str(tmp_path / "pool.py")], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        worker = os.pidfd_open(int(owner.stdout.readline()))
        owner.kill()
        ended, _, _ = select.select([worker], [], [], 20.0)
        os.close(worker)
    assert ended


@pytest.mark.slow
def test_a_cluster_plays_what_one_process_would_though_a_worker_is_lost() -> None:
    """Two Dask workers in processes of their own, one of which is killed with numbers in hand."""
    distributed = pytest.importorskip("distributed", reason="Dask is missing: pip install 'finesse-chaos[cluster]'")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as local:
        victim = next(iter(local.workers.values())).process.pid
        killed: list[int] = []

        def kill_one(result: Result) -> None:
            if not killed:
                killed.append(result.number)
                os.kill(victim, signal.SIGKILL)

        one = Explorer(Plan(5, INVENTORY, numbers=6), cluster(local.scheduler_address), kill_one)
        explored = one.explore(lambda: False)
    assert killed
    assert {result.number: result.schedule for result in explored.results} == {n: drawn(5, n) for n in range(6)}
    assert not explored.found


@pytest.mark.slow
def test_processes_play_what_one_process_would() -> None:
    one = Explorer(Plan(5, INVENTORY, numbers=3), processes(2), lambda result: None)
    explored = one.explore(lambda: False)
    assert {result.number: result.schedule for result in explored.results} == {n: drawn(5, n) for n in range(3)}
    assert not explored.found
    assert not explored.broken


def test_each_defect_that_needs_an_order_can_be_read_and_there_are_twenty() -> None:
    defects = [parse_break(text) for text in ORDERS]
    assert len(set(defects)) == len(ORDERS) >= 20
    assert all("order=" in str(one) for one in defects)


def test_a_bug_of_ours_in_one_schedule_is_said_and_the_others_are_played() -> None:
    def answer(task: Task) -> Result:
        if task.number == 3:
            raise ZeroDivisionError("in a check")
        return good(task)

    one, _, _ = explorer(answer)
    explored = one.explore(lambda: False)
    assert len(explored.results) == 9
    assert [result.error for result in explored.broken] == ["a bug of the harness: ZeroDivisionError: in a check"]


def test_what_violates_something_only_once_is_said() -> None:
    def answer(task: Task) -> Result:
        said = (Violation("CTI-09", "", "wrong"),) if task.number == 2 and task.shrink is None else ()
        return replace(good(task), violations=said)

    one, _, _ = explorer(answer)
    explored = one.explore(lambda: False)
    assert explored.unsteady == [2]
    assert explored.small == {}


def test_a_schedule_that_shows_nothing_is_counted() -> None:
    one, _, _ = explorer(lambda task: replace(good(task), held=() if task.number in (1, 4) else ("CTI-01",)))
    assert sorted(result.number for result in one.explore(lambda: False).silent) == [1, 4]


def test_whoever_asks_in_gaps_and_dies_ends_the_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody would have asked in the gap, and nobody would have said so."""

    async def dies(stage: object, node: str) -> None:
        raise EvidenceError("nobody asks any more")

    monkeypatch.setattr(story, "_asks_in_gaps", dies)
    once = played(Schedule((Break("sessions-reset", "a", for_s=0.5),)), INVENTORY, tmp_path, seed=1)
    assert once.error == "nobody asks any more"
