"""Earlier nights in the generator's own form: each is a run, and a torn line costs that line."""

import json
from pathlib import Path

import pytest

from chaos.report import build_html
from chaos.report.past import NIGHTS_MAX, borrowed, given_back
from chaos.report.tool import missing, tools_folder


def _line(name: str) -> bytes:
    return json.dumps({"uuid": name, "testResults": {}}).encode() + b"\n"


def test_what_is_no_line_of_a_history_is_left_out_and_only_the_last_nights_are_taken(tmp_path: Path) -> None:
    history = tmp_path / "h.jsonl"
    history.write_bytes(b"".join(_line(f"n{n}") for n in range(NIGHTS_MAX + 5)) + b'{"torn": \n[1]\n"x"\n\xff\n')
    (tmp_path / "scratch").mkdir()
    lines = borrowed(history, tmp_path / "scratch").read_bytes().splitlines()
    assert [json.loads(line)["uuid"] for line in lines] == [f"n{n}" for n in range(5, NIGHTS_MAX + 5)]
    assert borrowed(tmp_path / "absent", tmp_path / "scratch").read_bytes() == b""


def test_a_history_is_given_back_whole(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(_line("a"))
    given_back(tmp_path / "copy", tmp_path / "h.jsonl")
    assert (tmp_path / "h.jsonl").read_bytes() == _line("a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "h.jsonl"]


def test_a_second_night_is_a_run_of_its_own_in_the_report_and_no_retry(tmp_path: Path) -> None:
    import os

    tools = tools_folder(os.environ)
    if missing(tools) is not None:
        pytest.skip(str(missing(tools)))
    history = tmp_path / "history.jsonl"
    for night, status in enumerate(("passed", "failed"), 1):
        results = tmp_path / f"{night}"
        results.mkdir()
        result = {
            "uuid": f"00000000-0000-0000-0000-00000000000{night}", "historyId": "h1", "testCaseId": "t1",
            "fullName": "s#test_x", "name": "X", "status": status, "stage": "finished", "start": 1000 * night,
            "stop": 1000 * night + 5, "labels": [], "parameters": [], "statusDetails": {},
        }  # fmt: skip
        (results / "x-result.json").write_text(json.dumps(result))
        page = build_html(results, tmp_path / f"{night}.html", tools, history=history)
        assert isinstance(page, Path), page
    nights = [json.loads(line) for line in history.read_text().splitlines()]
    (first,), (second,) = (list(night["testResults"].values()) for night in nights)
    assert (first["status"], second["status"]) == ("passed", "failed")
