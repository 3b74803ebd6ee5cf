"""The command of the wall: what is wrong with what was named is said before anything is played."""

import sys
from collections.abc import Iterator

import pytest

from chaos.run.exits import EXIT_USAGE
from tests.wall import __main__ as wall
from tests.wall.breaks import BREAKS
from tests.wall.playing import Outcome


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


@pytest.mark.parametrize("text", ["x", "3", "0/4", "5/4", "1/0", "-1/2", "/"])
def test_what_is_no_part_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["scripts/wall", f"--part={text}"])
    with pytest.raises(SystemExit) as left:
        wall.main()
    assert left.value.code == EXIT_USAGE
    assert f"'{text}' is no part" in capsys.readouterr().err


def test_parts_are_all_of_it_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[str] = []

    def play(texts: list[str], *_: object, **__: object) -> Iterator[Outcome]:
        played.extend(texts)
        return iter(())

    monkeypatch.setattr(wall, "play_breaks", play)
    for part in ("1/3", "2/3", "3/3"):
        monkeypatch.setattr(sys, "argv", ["scripts/wall", "--part", part, "CTI-01", "AWDB-12"])
        wall.main()
    assert sorted(played) == sorted([*BREAKS["CTI-01"], *BREAKS["AWDB-12"]])
