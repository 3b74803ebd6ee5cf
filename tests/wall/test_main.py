"""The command of the wall: what is wrong with what was named is said before anything is played."""

import sys

import pytest

from chaos.run.exits import EXIT_USAGE
from tests.wall import __main__ as wall


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["clings-too-a"], "scripts/wall: the mock has no defect 'clings-too-a'"),
        (["CTI-01", "CTI-99"], "scripts/wall: the mock has no defect 'CTI-99'"),
        (["cti-01", "gap-500@nod=b"], "scripts/wall: "),
    ],
)
def test_what_is_neither_a_clause_nor_a_break_is_one_line_and_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["scripts/wall", *words])
    monkeypatch.setattr(wall, "play_breaks", lambda *_, **__: pytest.fail("something was played"))
    assert wall.main() == EXIT_USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(told)
    assert said.err.count("\n") == 1
