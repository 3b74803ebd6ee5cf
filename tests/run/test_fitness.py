"""Preflight foretells what a run finds: one judgement of what a lab can host, seen from both."""

import json
import re
from pathlib import Path

import pytest

from chaos.commands.suites import alone
from chaos.errors import UsageError
from chaos.experiment import Experiment
from chaos.inventory import Inventory, load
from chaos.preflight import ALL, Finding, Row, State, Survey
from chaos.run.fitness import ClauseTest, fitness, foretold, nothing_left
from chaos.run.plan import tests_in as plan_of
from tests.suites.runs import ROOT, finesse_chaos

MOCK = ROOT / "inventories" / "mock.yaml"


async def _story(_: object) -> None: ...


def experiment(name: str, *, agents: int = 2, spare: int = 0) -> Experiment:
    return Experiment(name, name, _story, agents=agents, spare=spare)


@pytest.fixture(scope="module")
def lab() -> Inventory:
    described = load(MOCK)
    return described.model_copy(update={"agents": described.agents[:3]})


HOSTED, UNHOSTED, SPARE = experiment("hosted"), experiment("unhosted", agents=4), experiment("spare", spare=2)


def test_a_test_is_unfit_if_none_of_its_experiments_can_be_hosted(lab: Inventory) -> None:
    assert fitness([HOSTED], lab).reason is None
    both = fitness([UNHOSTED, SPARE], lab)
    assert both.reason == (
        "4 agents are needed, 3 are named; 4 agents at work and 2 spare ones are needed, 3 are named"
    )
    part = fitness([HOSTED, UNHOSTED], lab)
    assert (part.reason, set(part.not_hosted)) == (None, {"unhosted"})
    assert fitness([], lab).reason is None
    assert nothing_left([], {"unhosted": "why"}) is None


def test_what_preflight_found_against_a_clause_makes_it_unfit_too(lab: Inventory) -> None:
    assert fitness([HOSTED], lab, "the service stands still").reason == "the service stands still"


def test_a_survey_tells_what_the_lab_cannot_host_once_for_each_reason(lab: Inventory) -> None:
    found = Survey("lab", "12.6(2)", "now", ("CTI-01", "CTI-02", "CTI-03", "AWDB-01"), ())
    tests = [
        ClauseTest("CTI-01", "a", (HOSTED,)),
        ClauseTest("CTI-02", "b", (UNHOSTED,)),
        ClauseTest("CTI-03", "c", (HOSTED,)),
        ClauseTest("CTI-03", "d", (UNHOSTED,)),
        ClauseTest("AWDB-01", "e", (SPARE,)),
    ]
    told = foretold(tests, lab, found)
    assert told.fit() == ("CTI-01", "CTI-03")
    assert {row.check: row.finding.state for row in told.rows} == {
        "inventory: 4 agents are needed, 3 are named": State.BAD,
        "inventory (in part): 4 agents are needed, 3 are named": State.WARN,
        "inventory: 4 agents at work and 2 spare ones are needed, 3 are named": State.BAD,
    }


def test_what_is_unfit_for_another_reason_is_not_told_twice(lab: Inventory) -> None:
    row = Row("lease", "lab", ALL, Finding(State.BAD, "used", "wait"), 0.1)
    found = Survey("lab", "12.6(2)", "now", ("CTI-02",), (row,))
    assert foretold([ClauseTest("CTI-02", "b", (UNHOSTED,))], lab, found) == found


def test_the_plan_of_our_suites_has_every_test_with_what_it_plays() -> None:
    suites = ROOT / "suites"
    tests = plan_of(suites, alone(suites))
    marked = re.findall(
        r'pytest\.mark\.clause\("(.+?)"\)', "".join(path.read_text() for path in suites.rglob("test_*.py"))
    )
    assert sorted(test.clause for test in tests) == sorted(marked)
    assert all(test.experiments for test in tests)


def test_a_plan_of_suites_in_which_a_mark_is_wrong_is_no_plan(tmp_path: Path) -> None:
    """A run refuses them, so nothing can be foretold of it."""
    text = "import pytest\n\n\n@pytest.mark.clause('CTI-05')\ndef test_one(judge):\n    pass\n"
    (tmp_path / "test_one.py").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot be read: .*test_one plays nothing: mark it with"):
        plan_of(tmp_path, ())


def _spoilt(tmp_path: Path, *without: str) -> str:
    lines = MOCK.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "lab.yaml"
    path.write_text("".join(line for line in lines if not re.search("|".join(without), line)), encoding="utf-8")
    return str(path)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "without",
    [(r"id: 10010(0[4-9]|[12]\d)",), (r"id: 10010(0[6-9]|[12]\d)", "outside_number")],
    ids=["three-agents", "five-agents-and-no-outside-number"],
)
def test_preflight_and_run_say_the_same_of_every_clause(tmp_path: Path, without: tuple[str, ...]) -> None:
    """Three agents: preflight said that all clauses can be judged, and the run found twelve of them unfit."""
    lab = _spoilt(tmp_path, *without)
    looked = finesse_chaos("preflight", "-i", lab, "--json", str(tmp_path / "found.json"), folder=tmp_path)
    assert looked.status == 3, looked.said
    folder = tmp_path / "run"
    ran = finesse_chaos("run", "-i", lab, "--no-page", "--no-faults", "--folder", str(folder), folder=folder)
    unfit = {clause for clause, verdict in ran.verdicts().items() if verdict == "UNFIT"}
    foretold_unfit = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["unfit"]
    assert unfit == set(foretold_unfit)
    assert unfit
    assert "HELD" not in ran.verdicts().values()
