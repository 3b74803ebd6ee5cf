"""The command against a separate `mock up`, in real time, and what a run makes of its own preflight."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos import clock
from chaos.errors import Unfit
from chaos.experiment import Experiment, Stage
from chaos.inventory import load
from chaos.preflight import Finding, NothingCanBeJudged, Row, RunPreflight, State
from chaos.run.options import RunOptions
from chaos.run.session import ChaosSession
from chaos.run.surveying import _Looking
from tests.places import own_block
from tests.preflight.lab import MOCK, Rig, play
from tests.suites.runs import Ran, finesse_chaos, running


@dataclass(frozen=True)
class Up:
    """A `mock up`. folder: where its inventory and secrets are."""

    folder: Path

    def look(self, tmp_path: Path, *more: str, inventory: Path | None = None) -> Ran:
        lab = inventory or self.folder / "inventory.yaml"
        return finesse_chaos("preflight", "-i", str(lab), *more, folder=tmp_path)

    def spoilt(self, tmp_path: Path, old: str, new: str) -> Path:
        """A copy of its inventory, secrets and all, with one text in it changed."""
        copy = tmp_path / "lab"
        shutil.copytree(self.folder, copy)
        path = copy / "inventory.yaml"
        text = path.read_text(encoding="utf-8").replace(str(self.folder), str(copy))
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    place = tmp_path_factory.mktemp("up")
    folder = place / "mock"
    with running("mock", "up", "--block", own_block(), "--folder", str(folder), log=place / "mock.log") as mock:
        mock.until_said("Ctrl-C stops it")
        yield Up(folder)


def test_a_healthy_lab_is_fit_in_a_few_seconds(up: Up, tmp_path: Path) -> None:
    with clock.stopwatch() as elapsed_s:
        ran = up.look(tmp_path, "CTI", "AWDB", "CLIENT-18", "--all-agents", "--json", str(tmp_path / "found.json"))
        took_s = elapsed_s()
    assert ran.status == 0, ran.said
    assert "CTI-01 … CTI-11, AWDB-01 … AWDB-12, CLIENT-18" in ran.out
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert {check["state"] for check in found["checks"]} == {"ok"}
    assert took_s < 45  # the consoles' banners take eight seconds each, two at a time


def test_a_mock_is_started_to_be_looked_at_and_some_clauses_may_be_unfit(tmp_path: Path) -> None:
    text = MOCK.read_text(encoding="utf-8")
    path = tmp_path / "mock.yaml"
    path.write_text("".join(line for line in text.splitlines(True) if "outside_number" not in line), encoding="utf-8")
    ran = finesse_chaos("preflight", "-i", str(path), "CTI", folder=tmp_path)
    assert ran.status == 3, ran.said
    assert "to fix it: give outside_number" in ran.out
    assert "CTI-11 because" in ran.out
    ran = finesse_chaos("preflight", "-i", str(path), "CTI-04", folder=tmp_path)
    assert ran.status == 0, ran.said


def test_a_wrong_inventory_is_refused_before_anything_is_opened(up: Up, tmp_path: Path) -> None:
    path = up.spoilt(tmp_path, "disposable: true", "disposable: false")
    ran = up.look(tmp_path, inventory=path)
    assert ran.status == 2
    assert "disposable" in ran.err


def test_a_missing_secret_and_a_ca_that_is_none_are_a_wrong_inventory(up: Up, tmp_path: Path) -> None:
    path = up.spoilt(tmp_path, "name: mock", "name: spoilt")
    (path.parent / "ca.pem").write_text("no certificate\n", encoding="utf-8")
    ran = up.look(tmp_path, inventory=path)
    assert (ran.status, "tls.ca" in ran.err) == (2, True)
    (path.parent / "secrets" / "admin").unlink()
    ran = up.look(tmp_path, inventory=path)
    assert ran.status == 2


def test_a_lab_that_is_not_there_is_fit_for_nothing_and_a_run_says_so_at_once(up: Up, tmp_path: Path) -> None:
    text = (up.folder / "inventory.yaml").read_text(encoding="utf-8")
    address = str(load(up.folder / "inventory.yaml").publisher.address)
    gone = up.spoilt(tmp_path, address.rpartition(".")[0], "127.9.9")
    assert address in text
    looked = up.look(tmp_path, inventory=gone)
    assert looked.status == 5, looked.said
    assert "refuses connections" in looked.out
    folder = tmp_path / "run"
    ran = finesse_chaos("run", "CTI-05", "-i", str(gone), "--no-page", "--folder", str(folder), folder=folder)
    assert ran.status == 5, ran.said
    assert "no clause can be judged" in ran.said
    assert json.loads((folder / "preflight.json").read_text(encoding="utf-8"))["fit"] == []


# --- in a run --------------------------------------------------------------------------------------------------------


def test_a_run_keeps_what_it_found_and_a_clause_carries_the_reason(tmp_path: Path) -> None:
    said: list[str] = []

    async def scene(rig: Rig) -> RunPreflight:
        await rig.deployment.aw_hosts["aw-a.mock.test"].distributor.stop()
        preflight = RunPreflight(tmp_path / "run", rig.env, said.append)
        await preflight.before(rig.inventory)
        return preflight

    preflight = play(tmp_path, scene)
    assert preflight.reason("CTI-01") is None
    assert "Distributor is STOPPED" in str(preflight.reason("AWDB-03"))
    kept = json.loads((tmp_path / "run" / "preflight.json").read_text(encoding="utf-8"))
    assert "AWDB-03" in kept["unfit"]
    assert any("BAD aw-a.mock.test: services" in line for line in said)


def test_what_had_to_wait_for_the_runs_own_proxies_is_looked_at_after_them(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> RunPreflight:
        await rig.deployment.nodes["fin-a.mock.test"].until_in_service()
        # Embedded by the inventory, and up already all the same: as after the run has placed its links.
        described = rig.inventory.model_copy(update={"proxies": load(MOCK).proxies, "links": rig.inventory.links})
        preflight = RunPreflight(tmp_path / "run", rig.env)
        for side in ("cti-a", "cti-b"):
            await rig.proxies.update(side, enabled=False)
        await asyncio.sleep(60)
        for name in rig.inventory.links:
            if name.startswith("awdb"):
                await rig.proxies.update(name, enabled=False)
        await preflight.before(described)
        assert preflight.found is not None
        assert "agents: passwords" in preflight.found.waiting()
        for name in rig.inventory.links:
            await rig.proxies.update(name, enabled=True)
        for node in rig.deployment.nodes.values():
            await node.until_in_service()
        await preflight.after(described)
        return preflight

    preflight = play(tmp_path, scene)
    assert preflight.found is not None
    assert not preflight.found.waiting()
    assert not preflight.found.problems()


def test_a_run_does_not_begin_where_nothing_can_be_judged(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        await rig.deployment.nodes["fin-a.mock.test"].tomcat.stop()
        with pytest.raises(NothingCanBeJudged, match=r"fin-a\.mock\.test: REST"):
            await RunPreflight(tmp_path / "run", rig.env).before(rig.inventory)

    play(tmp_path, scene)


def test_a_session_skips_what_preflight_found_unfit_and_plays_the_rest(tmp_path: Path) -> None:
    played: list[str] = []

    async def story(_: Stage) -> None:
        played.append("once")

    mock = load(MOCK)
    links = {name: link for name, link in mock.links.items() if name.startswith("cti-")}
    simple = mock.model_copy(update={"awdb": None, "links": links})
    session = ChaosSession(RunOptions(tmp_path, 1, inventory=simple))
    experiment = Experiment("nothing", "Nothing happens", story)
    try:
        with pytest.raises(Unfit, match="no AWDB is described"):
            session.timeline(experiment, "AWDB-02")
        assert not played
        assert session.timeline(experiment, "CTI-01").end_s >= 0
        assert played == ["once"]
    finally:
        session.close()
    assert "AWDB-02" in json.loads((tmp_path / "preflight.json").read_text(encoding="utf-8"))["unfit"]


def test_who_waits_is_told_how_many_checks_are_done_and_what_is_still_waited_for() -> None:
    async def scene() -> list[str]:
        looking = _Looking("berlin")
        said = [looking.__rich__().plain]
        with looking.waits.on("fin-a: services", 60.0), looking.waits.on("fin-b: clock", 10.0):
            await asyncio.sleep(4)
            looking.done(Row("x", "", (), Finding(State.OK, ""), 0.1))
            said.append(looking.__rich__().plain)
        return said

    assert clock.run(scene(), virtual=True) == [
        "looking at berlin",
        "1 done; still fin-a: services and 1 more, at most 56 s more",
    ]
