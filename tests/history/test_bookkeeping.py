"""What our own clients lose, tell twice or are given from a store is held against them, not against a product."""

from collections.abc import Sequence

import pytest

from chaos.history import History
from chaos.history.bookkeeping import belied
from chaos.journal import About, CtiSeen, CtiStep, Ended, EventSeen, Observation, RestExchange, TeamSeen, Timeline


def seen(*observations: Observation) -> History:
    timeline = Timeline()
    for one in observations:
        timeline.add(one)
    return History(timeline)


def event(line: int, nth: int) -> EventSeen:
    about = About.USER
    return EventSeen(
        at_s=float(line), number=line, node="fin-a", agent="1001", about=about, event="PUT", source="x", nth=nth
    )


def events(*nths: int) -> Sequence[EventSeen]:
    return [event(line, nth) for line, nth in enumerate(nths, 1)]


def answer(number: int, sent_s: float, at_s: float, dated_s: int | None, node: str = "fin-a") -> RestExchange:
    return RestExchange(
        at_s=at_s,
        number=number,
        nth=number,
        sent_s=sent_s,
        dated_s=dated_s,
        node=node,
        agent=None,
        resource="GET SystemInfo",
        path="SystemInfo",
    )


@pytest.mark.parametrize("nths", [(), (1,), (1, 2, 3), (0, 0), (0,)], ids=str)
def test_whoever_notes_all_or_does_not_count_is_believed(nths: tuple[int, ...]) -> None:
    assert belied(seen(*events(*nths))) == ()


@pytest.mark.parametrize(
    ("nths", "said"),
    [
        ((2,), "EventSeen 1 is not in this journal (line 1)"),
        ((1, 2, 4), "EventSeen 3 is not in this journal (line 3)"),
        ((1, 1, 3), "EventSeen 1 stands in this journal again (line 2)"),
        ((1, 2, 1), "EventSeen 1 stands in this journal again (line 3)"),
        ((0, 2, 3), "one EventSeen has no number (line 1)"),
        ((1, 2, 0), "one EventSeen has no number (line 3)"),
    ],
)
def test_one_that_is_lost_or_told_again_is_named(nths: tuple[int, ...], said: str) -> None:
    (why,) = belied(seen(*events(*nths)))
    assert said in why


def test_those_of_teams_are_numbered_by_themselves() -> None:
    team = TeamSeen(at_s=2.0, number=2, node="fin-a", agent="1001", nth=1)
    assert belied(seen(event(1, 1), team, event(3, 2))) == ()
    assert belied(seen(event(1, 1), team, event(3, 3)))


@pytest.mark.parametrize(("counted", "believed"), [((), True), ((2,), True), ((3,), False), ((1,), False)])
def test_the_last_line_says_how_many_there_were(counted: tuple[int, ...], believed: bool) -> None:
    attempts = [
        CtiSeen(at_s=float(n), number=n, side="a", connection=n, step=CtiStep.ATTEMPT, client="fin-a") for n in (1, 2)
    ]
    ended = Ended(at_s=9.0, number=9, counted=tuple(("CtiSeen", count) for count in counted))
    why = belied(seen(*attempts, ended))
    assert (not why) is believed
    assert believed or f"of {counted[0]} CtiSeen 2 are in this journal" in why[0]


def test_a_last_line_that_does_not_say_how_many_there_were_proves_nothing() -> None:
    assert belied(seen(*events(1, 2), Ended(at_s=9.0, number=9)))
    assert belied(seen(*events(1, 2), Ended(at_s=9.0, number=9, counted=(("EventSeen", 2),)))) == ()
    assert belied(seen(*events(0, 0), Ended(at_s=9.0, number=9))) == ()


def test_an_answer_that_was_made_before_one_that_had_been_there_is_an_old_one() -> None:
    (why,) = belied(seen(answer(1, 0.0, 0.1, 1_000), answer(2, 5.0, 5.1, 1_005), answer(3, 9.0, 9.1, 1_000)))
    assert "old answers" in why
    assert "made 5 s before one that fin-a had given at 5.100 s" in why


@pytest.mark.parametrize(
    "answers",
    [
        [answer(1, 0.0, 0.1, 1_000), answer(2, 5.0, 5.1, 1_005), answer(3, 9.0, 9.1, 1_009)],
        # One that was under way when the other came may have been made before it.
        [answer(1, 8.0, 8.1, 1_008), answer(2, 0.0, 9.0, 1_000)],
        # The text of a Date is used a little longer than its second.
        [answer(1, 0.0, 0.1, 1_002), answer(2, 0.2, 0.3, 1_000)],
        # Each node has a clock of its own.
        [answer(1, 0.0, 0.1, 5_000, "fin-a"), answer(2, 5.0, 5.1, 1_000, "fin-b")],
        [answer(1, 0.0, 0.1, None), answer(2, 5.0, 5.1, None)],
    ],
)
def test_answers_of_their_time_are_believed(answers: list[RestExchange]) -> None:
    assert belied(seen(*answers)) == ()
