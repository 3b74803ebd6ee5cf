"""Proof that verdicts mean something: what holds is HELD, and what is broken is called VIOLATED.

Which breaks which clause's tests catch is shown by `scripts/wall`, and stands in docs/defects.md.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.mock.defects import CtiDefect
from chaos.verdicts import CLAUSES
from tests.suites.runs import MOCK, ROOT, Ran, finesse_chaos, play
from tests.wall.breaks import BREAKS

FAMILIES = ("CTI", "AWDB")
JUDGED = [clause.id for clause in CLAUSES if clause.family in FAMILIES]
REPEATED = 3
# One for each clause; all the others, narrowed, stand on the wall (`scripts/wall`, docs/defects.md).
PROOF = {texts[0]: clause for clause, texts in BREAKS.items()}
# To play all of these would take half of the time of all tests. One of each family shows that the command itself tells
# of it; another part of the wall is played with every commit, and the whole by `scripts/wall`.
OF_EACH_FAMILY = {clause.partition("-")[0]: name for name, clause in reversed(PROOF.items())}

Wanted = Callable[[str], Ran]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Wanted:
    """The runs that the tests below look at, by name, each played once: when the first test asks for it.

    Several at a time are played by several workers (`pytest -n`), each of which plays its own tests' runs only.
    """
    root = tmp_path_factory.mktemp("proof")

    @functools.cache
    def played(name: str) -> Ran:
        if name == "no-faults":
            return play("--no-faults", folder=root / name)
        if name == "standby":
            return play("CTI", folder=root / name, inventory=str(_standby(root)))
        if name in PROOF:
            return play(PROOF[name], "--mock-defect", name, folder=root / name)
        return play(*FAMILIES, folder=root / name)

    return played


def _standby(root: Path) -> Path:
    """The mock's inventory with a pair of which one side is active."""
    text = (ROOT / MOCK).read_text(encoding="utf-8")
    assert "both-accept" in text
    path = root / "standby.yaml"
    path.write_text(text.replace("both-accept", "active-standby"), encoding="utf-8")
    return path


@pytest.mark.timeout(240)
def test_what_was_seen_of_a_lab_that_could_not_be_restored_is_judged(tmp_path: Path) -> None:
    """A node that gives up is never in service again, and its settings cannot be put back: that is its own doing."""
    broken = play("CTI-01", "--mock-defect", "gives-up-without-b@after=8", folder=tmp_path)
    assert broken.verdicts()["CTI-01"] == "VIOLATED", broken.said
    assert "nothing more is played" in broken.said
    assert broken.status == 4
    changed = broken.summary()["changed"]
    assert changed.startswith("b-side-unconfigured could not be rolled back")
    assert f"THE LAB IS STILL CHANGED: {changed}." in broken.summary()["conclusion"]


@pytest.mark.timeout(480)
def test_every_clause_is_held_by_the_clean_mock(ran: Wanted) -> None:
    clean = ran("clean-0")
    assert clean.verdicts() == dict.fromkeys(JUDGED, "HELD"), clean.said
    assert clean.status == 0


@pytest.mark.timeout(480)
def test_repeated_runs_give_the_same_verdicts(ran: Wanted) -> None:
    """Each run has a seed of its own. Thirty in a row: `scripts/wall --clean 30`."""
    clean = [ran(f"clean-{number}") for number in range(REPEATED)]
    assert len({one.summary()["seed"] for one in clean}) == REPEATED
    assert all(one.details() == clean[0].details() for one in clean)


@pytest.mark.timeout(480)
def test_judging_a_saved_run_again_gives_the_same_verdicts_and_plays_nothing(ran: Wanted, tmp_path: Path) -> None:
    clean = ran("clean-0")
    before = clean.journals()
    folder = tmp_path / "again"
    again = finesse_chaos("rejudge", str(clean.folder), *FAMILIES, "--no-page", "--folder", str(folder), folder=folder)
    assert again.status == clean.status
    assert again.summary()["clauses"] == clean.summary()["clauses"]
    assert again.summary()["seed"] == clean.summary()["seed"]
    assert not again.journals()
    assert clean.journals() == before
    assert "playing" not in again.out


@pytest.mark.timeout(480)
@pytest.mark.parametrize("name", OF_EACH_FAMILY.values())
def test_each_defect_is_caught_by_its_own_clause(ran: Wanted, name: str) -> None:
    """Only its clause's tests are run; at least one of them finds the clause VIOLATED, and says by what."""
    caught = ran(name)
    clause = PROOF[name]
    assert caught.verdicts() == {clause: "VIOLATED"}, caught.said
    assert caught.status == 1
    assert f"{clause} VIOLATED: " in caught.out


@pytest.mark.timeout(480)
def test_judging_a_violation_again_finds_the_same_violation(ran: Wanted, tmp_path: Path) -> None:
    caught = ran(CtiDefect.GAP_EVENTS.value)
    folder = tmp_path / "again"
    again = finesse_chaos("rejudge", str(caught.folder), "CTI-07", "--no-page", "--folder", str(folder), folder=folder)
    assert again.status == 1
    assert again.summary()["clauses"] == caught.summary()["clauses"]


@pytest.mark.timeout(480)
def test_no_clause_is_held_when_the_injectors_do_nothing(ran: Wanted) -> None:
    idle = ran("no-faults")
    assert idle.verdicts() == dict.fromkeys((clause.id for clause in CLAUSES), "INCONCLUSIVE"), idle.said
    assert set(idle.details().values()) == {"INCONCLUSIVE"}
    assert idle.status == 3


@pytest.mark.timeout(480)
def test_a_pair_with_a_standby_side_violates_nothing(ran: Wanted) -> None:
    """An older pair, of which only the active side accepts: what cannot be judged there is not called a violation."""
    standby = ran("standby")
    assert "VIOLATED" not in standby.details().values(), standby.said
    assert standby.status in (0, 3)
