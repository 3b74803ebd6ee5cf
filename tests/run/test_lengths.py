"""How long a run takes, beforehand and while it goes on."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from chaos.commands.suites import alone
from chaos.experiment import Experiment
from chaos.inventory import Inventory, load
from chaos.report import PlayedRow, write_summary
from chaos.run import plan
from chaos.run.bundled import suites_folder
from chaos.run.fitness import ClauseTest
from chaos.run.lengths import Ahead, Length, duration, lengths_for
from chaos.run.planning import planned, print_plan, whole
from tests.nights.labs import summary
from tests.suites.runs import ROOT, finesse_chaos


async def _story(stage: object) -> None:
    pass


ONE, TWO, THREE = (Experiment(name, "It plays", _story) for name in ("one", "two", "three"))
NEVER = Experiment("never", "It never plays", _story, needs=(lambda inventory: "no link cti-b",))
LENGTHS = {"one": Length(100.0, 100.0, 0), "two": Length(60.0, 60.0, 3)}


@pytest.fixture
def mock() -> Inventory:
    return load(ROOT / "inventories" / "mock.yaml", {})


def test_every_experiment_of_the_suites_has_a_length_and_no_other() -> None:
    """After a new experiment: `scripts/lengths`."""
    suites = suites_folder()
    played = {one.name for test in plan.tests_in(suites, alone(suites)) for one in test.experiments}
    inventory = load(ROOT / "inventories" / "mock.yaml", {})
    assert set(lengths_for(inventory, suites, Path("/nowhere"), virtual=True)) == played


def test_the_lengths_of_a_labs_own_runs_are_taken_before_the_mocks(tmp_path: Path, mock: Inventory) -> None:
    (tmp_path / "lengths.json").write_text('{"one": [100, 1.0], "two": [60, 0.5]}')
    base = summary(lab="mock", clock="virtual")
    runs = [
        replace(base, played=(PlayedRow("one", 90.0, 2.0),)),
        replace(base, played=(PlayedRow("one", 94.0, 4.0),)),
        replace(base, lab="berlin", played=(PlayedRow("one", 1.0, 1.0),)),
        replace(base, clock="real", played=(PlayedRow("one", 1.0, 1.0),)),
        replace(base, seeded=("ghost-call",), played=(PlayedRow("one", 1.0, 1.0),)),
    ]
    for n, run in enumerate(runs, 1):
        (tmp_path / "reports" / f"{n:04d}").mkdir(parents=True)
        write_summary(run, tmp_path / "reports" / f"{n:04d}" / "summary.json")
    (tmp_path / "reports" / "0009").mkdir()
    (tmp_path / "reports" / "0009" / "summary.json").write_text("torn")
    found = lengths_for(mock, tmp_path, tmp_path / "reports", virtual=True)
    assert found == {"one": Length(92.0, 3.0, 2), "two": Length(60.0, 0.5, 0)}


def test_suites_of_somebodys_own_have_no_lengths(tmp_path: Path, mock: Inventory) -> None:
    assert lengths_for(mock, tmp_path, tmp_path, virtual=True) == {}


def test_what_is_ahead_is_told_at_each_beginning() -> None:
    ahead = Ahead(["one", "two", "one", "three"], LENGTHS)
    assert ahead.whole == "3 experiments, about 2 min 40 s and 1 of which that is not known"
    assert ahead.begins("one").startswith("1 of 3, about 1 min 40 s; all that is left: about 2 min 40 s")
    ahead.will_not_be("two")
    assert ahead.begins("three") == "2 of 2, for how long is not known"
    assert ahead.begins("another") == ""


def test_what_is_left_is_told_at_the_pace_of_what_is_over() -> None:
    """A busy machine took six times as long, and the last line said that all that was left was about 1 s."""
    lengths = {f"e{n}": Length(100.0, 4.0, 0) for n in range(6)}
    now_s = 0.0
    ahead = Ahead(lengths, lengths, at_once=2, elapsed_s=lambda: now_s)
    assert ahead.whole == (
        "6 experiments, about 12 s on an idle machine, and maybe several times that (this one was not timed yet)"
    )
    assert ahead.begins("e0") == "1 of 6, about 4 s; all that is left: about 12 s"
    assert ahead.begins("e1") == "2 of 6, about 4 s; all that is left: about 10 s", "nothing is over yet"
    now_s = 12.0
    assert ahead.begins("e2") == "3 of 6, about 11 s; all that is left: about 22 s", "one is over, and another half"
    now_s = 24.0
    assert ahead.begins("e3") == "4 of 6, about 15 s; all that is left: about 22 s"
    timed = {name: replace(one, runs=1) for name, one in lengths.items()}
    assert Ahead(timed, timed, at_once=2, elapsed_s=lambda: now_s).whole == "6 experiments, about 12 s"
    on_a_lab = Ahead(lengths, lengths)
    assert [on_a_lab.begins(name) for name in ("e0", "e1", "e2")][-1].endswith("all that is left: about 16 s")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "1 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3599, "1 h 0 min"), (15000, "4 h 10 min")],
)
def test_a_duration_is_told_as_people_say_it(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_a_plan_names_what_cannot_be_played_and_the_most_that_a_lab_may_need(mock: Inventory) -> None:
    lab = mock.model_copy(update={"deployment": "lab", "name": "berlin"})
    tests = [ClauseTest("CTI-01", "a", (ONE, TWO)), ClauseTest("CTI-02", "b", (ONE, NEVER))]
    found = planned(tests, lab, LENGTHS)
    assert [(one.name, one.clauses, one.unfit) for one in found] == [
        ("one", ("CTI-01", "CTI-02"), None), ("two", ("CTI-01",), None), ("never", ("CTI-02",), "no link cti-b"),
    ]  # fmt: skip
    most = duration(160 + lab.timing.recovery_timeout_s)
    said = whole(found[:2], lab, virtual=False)
    assert said.startswith("2 clauses by 2 experiments, about 2 min 40 s; ")
    assert f"at most {most}" in said
    stream = io.StringIO()
    print_plan(found, lab, Console(file=stream, width=200), virtual=False)
    assert "never cannot be played on this lab: no link cti-b" in stream.getvalue()
    assert "3 of its runs" in stream.getvalue()


def test_the_command_tells_it_last_and_plays_nothing(tmp_path: Path) -> None:
    ran = finesse_chaos("plan", "CTI-05", folder=tmp_path, cwd=tmp_path)
    assert ran.status == 0, ran.said
    assert ran.out.splitlines()[-1].startswith("mock, Finesse 12.6(2), virtual clock: 1 clause by ")
    assert list(tmp_path.iterdir()) == []
