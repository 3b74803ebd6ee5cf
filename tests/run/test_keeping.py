"""The last N runs stay; nothing else is touched."""

from pathlib import Path

import pytest

from chaos.run.keeping import history_of, keep_the_last, to_go


@pytest.mark.parametrize(
    ("finished", "keep", "own", "gone"),
    [
        (["0001", "0002", "0003"], 2, "0003", ["0001"]),
        (["0001", "0002", "0003"], 1, "0003", ["0001", "0002"]),
        (["0001", "0002", "0003"], 3, "0003", []),
        (["0001", "0002", "0003"], 9, "0003", []),
        (["9", "10", "100"], 2, "100", ["9"]),  # by number, not by letters
        (["0001", "0005", "0009"], 2, "0005", ["0001"]),  # another run was faster
        (["0001", "latest", "mine"], 1, "0002", []),
        ([], 1, "0001", []),
    ],
)
def test_the_newest_stay_and_ones_own(finished: list[str], keep: int, own: str, gone: list[str]) -> None:
    assert to_go(finished, keep, own) == gone


def _run(reports: Path, name: str, *, finished: bool = True) -> Path:
    folder = reports / name
    (folder / "journals").mkdir(parents=True)
    if finished:
        (folder / "summary.json").write_text("{}")
    return folder


def test_runs_that_go_on_links_and_what_others_put_there_stay(tmp_path: Path) -> None:
    outside = _run(tmp_path / "elsewhere", "0001")
    reports = tmp_path / "reports"
    for name in ("0002", "0003", "0009"):
        _run(reports, name)
    going_on = _run(reports, "0004", finished=False)
    mine = _run(reports, "before-upgrade")
    (reports / "0001").symlink_to(outside)
    (reports / "latest").symlink_to("0009")
    left_over = reports / ".going-0000"
    left_over.mkdir()
    assert keep_the_last(reports / "0009", 1) == []
    assert {path.name for path in reports.iterdir()} == {"0001", "0004", "0009", "before-upgrade", "latest"}
    assert outside.exists()
    assert going_on.exists()
    assert mine.exists()


def test_what_cannot_be_taken_away_is_told_and_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _run(tmp_path, "0002")
    _run(tmp_path, "0001")

    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    (said,) = keep_the_last(own, 1)
    assert str(tmp_path / "0001") in said
    assert "Permission denied" in said


def test_each_lab_has_a_history_and_a_folder_of_ones_own_has_none(tmp_path: Path) -> None:
    assert history_of(tmp_path / "0001", "berlin/../x") == tmp_path / "history" / "berlin_.._x.jsonl"
    assert history_of(tmp_path / "0001", "..") == tmp_path / "history" / "lab.jsonl"
    assert history_of(tmp_path / "mine", "berlin") is None
