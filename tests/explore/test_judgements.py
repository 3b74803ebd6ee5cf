"""What is left of a soak and of a replay, and what is said meanwhile."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.commands.paced import paced
from chaos.errors import EvidenceError, UsageError
from chaos.explore.judgements import Judgement, Judgements, begun, counted, gather, judged_as, page, write
from chaos.explore.judging import Violation
from chaos.explore.kinds import Kind, kind_in
from chaos.explore.schedule import Act, Break, Do, Doing, Moment, When, begins, broken_in
from chaos.verdicts import Outcome

GOOD = Judgement("stretch-0001", 900.0, 2, ("CTI-01", "CTI-08"))
BAD = Judgement("stretch-0002", 900.0, 1, ("CTI-01",), (Violation("CTI-09", "node a", "a call is shown for ever"),))
SILENT = Judgement("stretch-0004", 900.0)
SHORT = Judgement("stretch-0003", 12.0, 0, ("CTI-01",), trouble="cut short: the proxy is gone")


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (GOOD, Outcome.HELD),
        (BAD, Outcome.VIOLATED),
        (SHORT, Outcome.INCONCLUSIVE),
        (replace(BAD, trouble="cut short: the proxy is gone"), Outcome.VIOLATED),
        (SILENT, None),
    ],
)
def test_a_violation_outweighs_what_could_not_be_judged_and_nothing_seen_is_not_held(
    one: Judgement, outcome: Outcome | None
) -> None:
    assert one.outcome is outcome


@pytest.mark.parametrize(
    ("kind", "rows", "says"),
    [
        (Kind.SOAK, [], "0 stretches, 0 min of the lab's time: none was judged; nodes were out of service 0 times"),
        (Kind.SOAK, [BAD], "1 stretch, 15 min of the lab's time: 1 VIOLATED; nodes were out of service 1 time"),
        (
            Kind.REPLAY,
            [GOOD, BAD, SHORT, SILENT],
            "4 schedules, 45 min of the lab's time: 1 VIOLATED, 1 INCONCLUSIVE, 1 HELD, 1 showed nothing; "
            "nodes were out of service 3 times",
        ),
    ],
)
def test_how_many_there_are_is_one_line(kind: Kind, rows: list[Judgement], says: str) -> None:
    assert counted(Judgements(kind, 5, rows)) == says


@pytest.mark.parametrize(
    ("kind", "rows", "outcomes"),
    [
        (Kind.SOAK, [GOOD, SILENT], {Outcome.HELD}),
        (Kind.SOAK, [SILENT], {Outcome.INCONCLUSIVE}),
        (Kind.SOAK, [GOOD, SHORT, BAD], {Outcome.HELD, Outcome.INCONCLUSIVE, Outcome.VIOLATED}),
        (Kind.REPLAY, [GOOD, SILENT], {Outcome.HELD, Outcome.INCONCLUSIVE}),
        (Kind.REPLAY, [GOOD], {Outcome.HELD}),
    ],
)
def test_one_of_many_stretches_may_show_nothing_and_a_schedule_that_was_asked_for_may_not(
    kind: Kind, rows: list[Judgement], outcomes: set[Outcome]
) -> None:
    assert judged_as(Judgements(kind, 5, rows)) == outcomes


def test_a_page_has_every_stretch_and_a_word_on_those_that_did_not_hold() -> None:
    text = page(Judgements(Kind.SOAK, 5, [GOOD, BAD, SHORT, SILENT], is_whole=True))
    assert [line.split(" | ")[1] for line in text.splitlines() if line.startswith("| stretch-")] == [
        "HELD",
        "VIOLATED",
        "INCONCLUSIVE",
        "–",
    ]
    assert [line for line in text.splitlines() if line.startswith("- ")] == [
        "- stretch-0002: VIOLATED CTI-09 at node a: a call is shown for ever",
        "- stretch-0003: cut short: the proxy is gone",
    ]
    assert "not played to its end" not in text


def test_a_page_names_the_faults_of_each_stretch_and_hours_as_hours() -> None:
    """Which faults a stretch had stood nowhere but in its journal."""
    acts: tuple[Act, ...] = (
        Break("link-cut", "a", Moment(When.START, 1, 1.2)),
        Do(Doing.READY, 1),
        Break("peer-stopped", "in-use"),
    )
    steps = [begins(number, act) for number, act in enumerate(acts, 1)]
    assert broken_in(steps) == ("link-cut on side A at start + 1.2 s", "peer-stopped on the side in use at start")
    assert broken_in([*steps, "act 3 came to nothing: another is in its way"]) == (
        "link-cut on side A at start + 1.2 s",
    )
    all_of_them = Judgements(Kind.SOAK, 5, [replace(GOOD, lab_s=5400.0, faults=broken_in(steps)), SILENT])
    rows = [line for line in page(all_of_them).splitlines() if line.startswith("| stretch-")]
    assert rows[0].endswith("| link-cut on side A at start + 1.2 s; peer-stopped on the side in use at start |")
    assert rows[1].endswith("| 0 | – |")
    assert "2 stretches, 1.8 h of the lab's time" in page(all_of_them)


def kept(folder: Path) -> tuple[bool, list[str]]:
    left = json.loads((folder / "soak.json").read_text())
    return left["is_whole"], [one["name"] for one in left["stretches"]]


def test_what_was_judged_is_on_disk_from_the_beginning_whenever_it_is_due_and_after_an_interrupt(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    seen: list[tuple[bool, list[str]]] = []
    due = iter([False, True])

    def rows() -> Iterator[Judgement]:
        for one in (GOOD, BAD):
            seen.append(kept(tmp_path))
            yield one
        seen.append(kept(tmp_path))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gather(rows(), Judgements(Kind.SOAK, 5), tmp_path, said.append, lambda: next(due))
    assert seen == [(False, []), (False, []), (False, ["stretch-0001", "stretch-0002"])]
    assert kept(tmp_path) == (False, ["stretch-0001", "stretch-0002"])
    assert said == [
        "stretch-0002: VIOLATED CTI-09 at node a: a call is shown for ever",
        "2 stretches, 30 min of the lab's time: 1 VIOLATED, 1 HELD; nodes were out of service 3 times",
    ]


def test_what_came_to_its_end_is_whole_and_of_a_replay_each_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    gather([GOOD], Judgements(Kind.REPLAY, 5), tmp_path, said.append, lambda: False)
    assert said == ["stretch-0001: nothing is violated; something of CTI-01, CTI-08 was seen to hold"]
    assert json.loads((tmp_path / "replay.json").read_text())["is_whole"] is True


def test_a_folder_says_of_what_its_journals_are_and_how_far_they_went(tmp_path: Path) -> None:
    assert kind_in(tmp_path) is None
    write(Judgements(Kind.REPLAY, 7, [GOOD], is_whole=True), tmp_path)
    assert kind_in(tmp_path) is Kind.REPLAY
    assert begun(Kind.REPLAY, tmp_path) == Judgements(Kind.REPLAY, 7, is_whole=True)
    for text in ("{", "[]", "{}", '{"seed": null, "is_whole": true}'):
        (tmp_path / "replay.json").write_text(text)
        with pytest.raises(UsageError, match=r"replay\.json is not what a replay leaves"):
            begun(Kind.REPLAY, tmp_path)


def test_a_disk_that_takes_nothing_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "soak.json").mkdir()
    with pytest.raises(EvidenceError, match=r"soak\.json cannot be written: .*; make room there, then `finesse-chaos"):
        write(Judgements(Kind.SOAK, 5), tmp_path)


def test_whoever_waits_is_told_every_so_often_by_real_time() -> None:
    now_s = 0.0
    is_due = paced(lambda: now_s, 10.0)
    told = []
    for now_s in (1.0, 9.9, 10.0, 11.0, 19.9, 25.0, 34.9, 35.0):
        told.append((now_s, is_due()))
    assert [at_s for at_s, yes in told if yes] == [10.0, 25.0, 35.0]
