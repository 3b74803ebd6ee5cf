"""The command: what it says to wrong usage, and how its servers and its runs come to their end."""

import contextlib
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from chaos.commands import main as command
from chaos.errors import UsageError
from chaos.inventory import load as load_inventory
from chaos.journal import FaultPhase, FaultSeen, load
from chaos.run.asked import alone_in
from chaos.run.mock_up import next_block
from chaos.verdicts import CLAUSES
from tests.places import own_block
from tests.suites.runs import MOCK, ROOT, Running, finesse_chaos, play, running

SIGNALS = [signal.SIGINT, signal.SIGTERM]


class Said:
    """What the command said before it left, and with which status."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        self.status = command.status_of(arguments)
        self.out, self.err = capsys.readouterr()


def _text_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "lab.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _mock_with(old: str, new: str) -> str:
    text = (ROOT / MOCK).read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new)


@pytest.fixture(autouse=True)
def nothing_is_started(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is turned away for wrong usage must not have got as far as to open anything."""
    if "touches_nothing" not in request.fixturenames:
        return

    def touched(*_: object, **__: object) -> NoReturn:
        raise AssertionError("something was opened")

    monkeypatch.setattr("pytest.main", touched)
    monkeypatch.setattr(socket.socket, "bind", touched)
    monkeypatch.setattr(socket.socket, "connect", touched)


@pytest.fixture
def touches_nothing() -> None:
    """Marks a test of wrong usage."""


@pytest.mark.usefixtures("touches_nothing")
def test_an_inventory_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Said(monkeypatch, capsys, "run", "CTI", "-i", "/nowhere/lab.yaml")
    assert said.status == 2
    assert "/nowhere/lab.yaml" in said.err
    assert "found no such file" in said.err


@pytest.mark.usefixtures("touches_nothing")
@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("name: lab\n  deployment: mock\n", r"lab\.yaml:2:\d+", "mapping values are not allowed"),
        (_mock_with("name: mock", "name: mock\ncolour: blue"), r"lab\.yaml:4:1", "colour"),
        (_mock_with("probe_interval_s: 5", "probe_interval_s: fast"), r"lab\.yaml:\d+:\d+", "timing.probe_interval_s"),
        (_mock_with("release: 12.6(2)", "release: 3.1"), r"lab\.yaml:5:\d+", "release"),
        ("", r"lab\.yaml", "expected"),
        ("- just\n- a list\n", r"lab\.yaml:1:1", "expected"),
    ],
    ids=["syntax", "unknown-key", "wrong-type", "unknown-release", "empty", "list"],
)
def test_a_wrong_inventory_names_file_line_and_key(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    text: str,
    where: str,
    what: str,
) -> None:
    said = Said(monkeypatch, capsys, "run", "CTI", "-i", _text_of(tmp_path, text))
    assert said.status == 2
    assert re.search(where, said.err), said.err
    assert what in said.err
    assert "nothing was touched" in said.err


@pytest.mark.usefixtures("touches_nothing")
def test_a_folder_is_no_inventory(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(monkeypatch, capsys, "run", "CTI", "-i", str(ROOT))
    assert said.status == 2
    assert str(ROOT) in said.err


@pytest.mark.usefixtures("touches_nothing")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "CTI-4", "-i", MOCK), "'CTI-4' is no family and no clause (did you mean CTI-04"),
        (("run", "desktops", "-i", MOCK), "did you mean DESKTOP"),
        (("run", "CTI", "-i", MOCK, "--mock-defect", "gap-evens"), "'gap-evens' (did you mean gap-events"),
        (("run", "CTI", "-i", MOCK, "--mock-defect", "GAP-500"), "'GAP-500' (did you mean gap-500"),
        (("run", "CTI", "-i", MOCK, "--suites", "/nowhere"), "there is no folder /nowhere"),
        (("run", "CTI", "-i", MOCK, "--loop", "uvloop"), "uvloop is for real time (--real-time)"),
        (("proxy", "--loop", "libev"), "'libev' is not one of"),
        (("heal",), "Missing option '-i'"),
        (("run", "CTI", "-i", MOCK, "--seed", "many"), "'many' is not a valid integer"),
        (("fly",), "No such command 'fly'"),
        (("mock", "up", "--block", "x"), "--block x is not the beginning of a loopback address"),
        (("mock", "up", "--block", "127.0.\u0663"), "is not the beginning of a loopback address"),
        (("mock", "up", "--for", "nan"), "'nan' is no number of seconds"),
        (("mock", "up", "--for", "-1"), "-1.0 is not in the range"),
        (("mock", "up", "--tomcat-start", "inf"), "'inf' is no number of seconds"),
        (("mock", "up", "--folder", ""), "'--folder': it is empty: is a variable of the shell not set?"),
        (("run", "CTI", "-i", ""), "'--inventory': it is empty"),
        (("run", "CTI", "-i", MOCK, "--folder", ""), "'--folder': it is empty"),
        (("run", "CTI", "-i", MOCK, "--waivers", ""), "'--waivers': it is empty"),
        (("rejudge", ""), "'RUN': it is empty"),
        (("compare", "reports/0001", ""), "'RUN': it is empty"),
        (("replay", ""), "'SCHEDULE.yaml...': it is empty"),
        (("soak", "15m", "--folder", ""), "'--folder': it is empty"),
        (("proxy", "--config", ""), "'--config': it is empty"),
        (("explore", "--scheduler", ""), "'--scheduler': it is empty"),
        (("heal", "-i", "mock"), "a built-in mock ends with its run"),
        (("mock", "up", "--defect", "ghost"), "ghost-end or ghost-call"),
        (("mock", "up", "-i", "/nowhere/lab.yaml"), "/nowhere/lab.yaml"),
        (("proxy", "--config", "/nowhere.json"), "'/nowhere.json' does not exist"),
        (("clauses", "--suites", "/nowhere"), "there is no folder /nowhere"),
    ],
)
def test_wrong_usage_is_one_message_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(ROOT)
    said = Said(monkeypatch, capsys, *arguments)
    assert said.status == 2
    assert message in said.err


@pytest.mark.usefixtures("touches_nothing")
def test_a_file_that_cannot_be_written_is_refused_before_anybody_waits_for_what_would_be_in_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Said(monkeypatch, capsys, "preflight", "--json", "/nowhere/found.json")
    assert (said.status, said.out) == (2, "")
    assert "/nowhere/found.json cannot be written: there is no folder /nowhere; name another file" in said.err


def test_the_catalogue_lists_every_clause_with_its_tests_and_defects(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    said = Said(monkeypatch, capsys, "clauses")
    assert said.status == 0
    counted = {family: len(set(re.findall(rf"{family}-\d\d", said.out))) for family in ("CTI", "AWDB", "CLIENT")}
    assert counted == {"CTI": 11, "AWDB": 12, "CLIENT": 20}
    assert len(set(re.findall(r"(?:CTI|AWDB|CLIENT|DESKTOP|IPPA)-\d\d", said.out))) == 77
    assert "test_side_b_is_tried_exactly_once_before_side_a_again" in said.out
    assert "a-again-before-b" in said.out
    assert re.search(r"\d+ of 77 clauses are tested", said.out)


def test_the_catalogue_is_to_be_had_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    rows = json.loads(Said(monkeypatch, capsys, "clauses", "--json").out)
    assert len(rows) == 77
    one = next(row for row in rows if row["id"] == "CTI-06")
    assert one["section"] == "CTI Failover"
    assert one["tests"]
    assert all(test.startswith("suites/cti/test_") for test in one["tests"]), "as in summary.json, not of this machine"
    assert any(defect.startswith("gap-answers") for defect in one["defects"])


def test_without_an_inventory_the_mock_is_played_in_any_folder(tmp_path: Path) -> None:
    for number, named in enumerate(((), ("-i", "mock")), start=1):
        ran = finesse_chaos(
            "run", "CTI-05", *named, "--no-page", folder=tmp_path / f"reports/000{number}", cwd=tmp_path
        )
        assert (ran.status, ran.verdicts()) == (0, {"CTI-05": "HELD"}), ran.said
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_judging_again_leaves_the_latest_run_the_latest(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    assert finesse_chaos("run", "CTI-05", "--no-page", folder=reports / "0001", cwd=tmp_path).status == 0
    again = finesse_chaos("rejudge", "reports/latest", "--no-page", folder=reports / "0002", cwd=tmp_path)
    assert again.verdicts()["CTI-05"] == "HELD"
    assert (reports / "latest").resolve() == reports / "0001"


def test_two_runs_at_once_do_not_share_a_folder(tmp_path: Path) -> None:
    """Neither has journals there yet when both begin; they wrote over each other's, and both were HELD."""
    folder = tmp_path / "run"
    with running("run", "CTI-05", "--no-page", "--folder", str(folder), log=tmp_path / "log") as first:
        first.until_said("artefacts in")
        second = finesse_chaos("run", "CTI-05", "--no-page", "--folder", str(folder), folder=folder)
        assert second.status == 2, second.said
        assert (
            f"another run is at work in {folder}" in second.said or "holds the journals of another run" in second.said
        )
        assert first.process.wait(120) == 0, first.said
    played = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["played"]
    journals = {path.stem for path in (folder / "journals").iterdir()}
    assert len(played) > 1
    assert journals == {one["experiment"] for one in played}


def test_pytest_on_the_suites_does_not_share_a_folder_either(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "suites", "--inventory", "mock", "--run-folder", str(tmp_path)]
    with alone_in(tmp_path):
        ran = subprocess.run([*command, "--clauses", "CTI-05"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 2, ran.stdout
    assert f"another run is at work in {tmp_path}" in ran.stdout + ran.stderr
    assert not (tmp_path / "journals").exists()


def test_a_folder_called_as_the_built_in_inventory_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "mock").mkdir()
    ran = finesse_chaos("run", "CTI-05", "--no-page", folder=tmp_path / "reports/0001", cwd=tmp_path)
    assert (ran.status, ran.verdicts()) == (0, {"CTI-05": "HELD"}), ran.said


def test_a_folder_is_free_again_when_its_run_has_ended(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(UsageError, match="another run is at work"), alone_in(tmp_path):
        raise AssertionError("both are in it")
    with alone_in(tmp_path):
        pass


def test_a_file_called_mock_is_taken_before_the_inventory_of_that_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mock").write_text("colour: blue\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = Said(monkeypatch, capsys, "run", "-i", "mock")
    assert (said.status, "colour" in said.err) == (2, True)


def test_the_example_of_a_lab_can_be_had_without_a_checkout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Said(monkeypatch, capsys, "inventory", "example")
    assert said.status == 0
    assert said.out == (ROOT / "inventories" / "lab.example.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "left", "says"),
    [
        (("rejudge", "it"), ("explored.json", "found/cti-09-417.yaml"), "`finesse-chaos replay it/found` plays"),
        (("rejudge", "it"), ("explored.json",), "is an exploration, which keeps the journals of what it found alone"),
        (("rejudge", "it"), (), "it holds no journals"),
        (("rejudge", "nowhere"), (), "there is no folder nowhere"),
        (("compare", "it", "it"), ("explored.json",), "it is an exploration: `compare` takes runs"),
        (("compare", "nowhere", "it"), (), "nowhere is no run: there is no such folder; name the folder of a run"),
        (("compare", "it/0041", "it"), ("0043/x", "0100/x"), "the runs there are 0043 to 0100 (`--keep` takes away"),
        (("compare", "it", "it", "--json", "--markdown"), (), "--json and --markdown are two forms of one answer"),
    ],
)
def test_what_is_no_run_is_called_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    given: tuple[str, ...],
    left: tuple[str, ...],
    says: str,
) -> None:
    for name in ("summary", *left):
        (tmp_path / "it" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "it" / name).write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = Said(monkeypatch, capsys, *given)
    assert (said.status, says in said.err) == (2, True), said.err
    assert not (tmp_path / "reports").exists()


def test_judging_a_folder_without_journals_is_wrong_usage(tmp_path: Path) -> None:
    ran = finesse_chaos("rejudge", str(tmp_path), folder=tmp_path)
    assert ran.status == 2
    assert "holds no journals" in ran.said


def test_a_journal_that_was_edited_judges_nothing(tmp_path: Path) -> None:
    """One line that is none of ours: the clause is INCONCLUSIVE, and file and line are named."""
    run = play("CTI-05", folder=tmp_path / "run")
    assert run.status == 0, run.said
    journal = run.folder / "journals" / "a-reset.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines()
    journal.write_text("\n".join([*lines[:5], "what is this?", *lines[6:]]) + "\n", encoding="utf-8")
    again = finesse_chaos(
        "rejudge",
        str(run.folder),
        "CTI-05",
        "--no-page",
        "--folder",
        str(tmp_path / "again"),
        folder=tmp_path / "again",
    )
    assert again.status == 3
    assert "a-reset.jsonl:6: " in again.said


def test_a_run_shows_verdicts_and_nothing_of_pytest_and_says_what_has_no_test(tmp_path: Path) -> None:
    tested = set(
        re.findall(r'clause\("([A-Z]+-\d+)"\)', "".join(path.read_text() for path in (ROOT / "suites").rglob("*.py")))
    )
    untested = [row.id for row in CLAUSES if row.id not in tested][:1]
    run = play("CTI-05", *untested, folder=tmp_path / "run")
    assert run.status == 0, run.said
    assert "CTI-05 HELD: a socket that fails is a loss at once" in run.out
    assert run.summary()["untested"] == untested
    for clause in untested:
        assert f"2 were asked for: 1 has tests, 1 has none ({clause})" in run.out
    for word in ("pytest", "passed", "deselected", "====", "!!!!"):
        assert word not in run.said.replace(str(tmp_path), "")
    assert "1 passed" in (run.folder / "pytest.log").read_text(encoding="utf-8")
    assert run.out.rstrip().splitlines()[-1] == f"report: {run.folder / 'summary.json'}"


# --- servers for people ----------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _is_refused(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("number", SIGNALS)
def test_the_proxy_answers_and_ends_at_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    port = _free_port()
    with running("proxy", "--host", "127.0.0.1", "--port", str(port), log=tmp_path / "log") as proxy:
        proxy.until_said(f"http://127.0.0.1:{port}")
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        asked.request("GET", "/version")
        answer = asked.getresponse()
        assert (answer.status, b"2.12" in answer.read()) == (200, True)
        # The connection stays open: a client that is still there must not hold the server up.
        assert proxy.told(number, within_s=5.0) == 0
        asked.close()
        assert "stopped" in proxy.said
        assert "Traceback" not in proxy.said
    assert _is_refused("127.0.0.1", port)


def test_a_proxy_on_a_port_that_is_taken_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = finesse_chaos("proxy", "--host", "127.0.0.1", "--port", port, folder=tmp_path)
    assert ran.status == 2
    assert port in ran.err
    assert "address already in use" in ran.err


def _mock_up(tmp_path: Path, *more: str) -> "contextlib.AbstractContextManager[Running]":
    folder = str(tmp_path / "mock")
    return running("mock", "up", "--block", own_block(), "--folder", folder, *more, log=tmp_path / "mock.log")


def test_a_mock_in_a_folder_with_a_relative_name_is_found_from_elsewhere(tmp_path: Path) -> None:
    up = ("mock", "up", "--block", own_block(), "--folder", "labs/mock")
    with running(*up, log=tmp_path / "mock.log", cwd=tmp_path) as mock:
        mock.until_said("Ctrl-C stops it")
        path = tmp_path / "labs" / "mock" / "inventory.yaml"
        *_, use, end = mock.said.splitlines()
        assert (use, end) == (f"use it with: finesse-chaos run -i {path}", "Ctrl-C stops it"), (
            "on the screen's last lines"
        )
        assert "disposable" not in mock.said, "what stands in that file is not printed, too"
        lab = load_inventory(path)
        assert lab.tls.ca is not None
        assert lab.tls.ca.is_absolute()
        assert lab.tls.ca.is_file()
        assert lab.admin.password.reveal({}) == "mock-admin"
        assert mock.told(signal.SIGTERM) == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_the_mock_answers_and_ends_at_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    block = own_block()
    with _mock_up(tmp_path) as mock:
        mock.until_said("Ctrl-C stops it")
        context = ssl.create_default_context(cafile=tmp_path / "mock" / "ca.pem")
        context.check_hostname = False
        asked = http.client.HTTPSConnection(f"{block}.1", 8445, timeout=5, context=context)
        asked.request("GET", "/finesse/api/SystemInfo", headers={"Host": "fin-a.mock.test:8445"})
        answer = asked.getresponse()
        assert answer.status == 200
        told = answer.read()
        assert b"<SystemInfo>" in told
        assert re.findall(rb"<active>(\w+)</active>", told) == [b"true", b"false"], "side A was there when they looked"
        assert mock.told(number, within_s=10.0) == 0
        assert mock.said.splitlines()[-1] == "the mock has ended"
        asked.close()
        assert "Traceback" not in mock.said
    assert all(_is_refused(f"{block}.{host}", port) for host, port in ((1, 8445), (1, 5223), (2, 8445), (3, 42027)))


def test_two_mocks_at_one_address_are_one_too_many(tmp_path: Path) -> None:
    with _mock_up(tmp_path) as mock:
        mock.until_said("Ctrl-C stops it")
        block = own_block()
        second = finesse_chaos("mock", "up", "--block", block, "--folder", str(tmp_path / "2"), folder=tmp_path)
        assert second.status == 5
        assert "the mock could not be started" in second.err
        assert f"listen tcp {block}.1:8474: bind: address already in use; is another one running there?" in second.err
        assert f"--block {next_block(block)}\n" in second.err
        assert mock.told(signal.SIGTERM) == 0


def test_a_mock_leaves_the_folder_of_another_alone_until_that_one_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "mock"
    again = ("mock", "up", "--block", next_block(own_block()), "--folder", str(folder), "--for", "0")
    with _mock_up(tmp_path) as mock:
        mock.until_said("Ctrl-C stops it")
        kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        second = finesse_chaos(*again, folder=tmp_path)
        assert second.status == 2
        assert f"--folder {folder} is in use by another `mock up`" in second.err
        assert "name a folder of its own for this one" in second.err
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept
        mock.process.kill()
        mock.process.wait(10)
        assert finesse_chaos(*again, folder=tmp_path).status == 0, "whoever was killed holds nothing any more"
    assert (folder / "ca.pem").read_bytes() != kept[folder / "ca.pem"]


# --- runs that are broken off ----------------------------------------------------------------------------------------


def _injected(journal: Path) -> bool:
    return journal.exists() and re.search('"phase": ?"injected"', journal.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_in_real_time_that_is_interrupted_rolls_back_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "run"
    command = ("run", "CTI-05", "-i", MOCK, "--real-time", "--no-page", "--folder", str(folder))
    journal = folder / "journals" / "a-reset.jsonl"
    with running(*command, log=tmp_path / "log") as run:
        run.until("a fault was injected", lambda: _injected(journal))
        assert run.told(number, within_s=30.0) == 130
        assert f"{number.name}: rolling back what was injected" in run.said
        assert run.said.count("a-reset was interrupted: rolled back: a-sessions-reset") == 1
        assert "Traceback" not in run.said
    timeline = load(journal)
    played_s = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["lab_s"]
    assert played_s == pytest.approx(timeline.end_s, abs=0.001)
    assert timeline.ended is not None
    assert timeline.ended.error == "interrupted"
    assert FaultPhase.ROLLED_BACK in [seen.phase for seen in timeline.of(FaultSeen)]


# --- a lab in another process ----------------------------------------------------------------------------------------


def _lab(tmp_path: Path) -> str:
    return str(tmp_path / "mock" / "inventory.yaml")


@pytest.mark.minutes
@pytest.mark.timeout(400)
def test_a_mock_in_another_process_is_a_lab_like_any_other(tmp_path: Path) -> None:
    """The way of a live lab: real time, proxies elsewhere, secrets in files; CTI-05 is HELD by it."""
    with _mock_up(tmp_path) as mock:
        mock.until_said("Ctrl-C stops it")
        ran = play("CTI-05", folder=tmp_path / "run", inventory=_lab(tmp_path))
        assert ran.verdicts() == {"CTI-05": "HELD"}, ran.said
        assert ran.status == 0
        assert mock.told(signal.SIGTERM) == 0
        assert "Traceback" not in mock.said


@pytest.mark.minutes
@pytest.mark.timeout(400)
def test_a_lab_that_vanishes_in_the_middle_is_told_without_a_traceback(tmp_path: Path) -> None:
    """Its proxies vanish with it: what was changed at them cannot be put back, and the run says so."""
    folder = tmp_path / "run"
    with _mock_up(tmp_path) as mock:
        mock.until_said("Ctrl-C stops it")
        lab = Path(_lab(tmp_path))
        lab.write_text(lab.read_text(encoding="utf-8").replace("recovery_timeout_s: 600", "recovery_timeout_s: 5"))
        journal = folder / "journals" / "a-reset.jsonl"
        command = ("run", "CTI-05", "-i", str(lab), "--no-page", "--folder", str(folder))
        with running(*command, log=tmp_path / "log") as run:
            run.until("a fault was injected", lambda: _injected(journal))
            killer = threading.Timer(1.0, mock.process.kill)
            killer.start()
            status = run.process.wait(240)
            killer.join()
            assert status in (3, 4), run.said
            assert "Traceback" not in run.said
            assert "HELD" not in run.said
