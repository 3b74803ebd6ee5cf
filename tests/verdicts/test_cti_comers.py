"""CTI-07 on forged timelines: who opens a desktop in a gap, and what happens while agents and calls are being read."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.journal import About, EventSeen, Observation, StreamChange, StreamState, Timeline
from chaos.verdicts import Outcome, cti
from chaos.verdicts.cti.comers import told_to_comers
from chaos.verdicts.cti.failover import fail_overs
from tests.verdicts.failing_over import LASTS_S, STORY, at, instead, outcome
from tests.verdicts.script import framed, played

HELD, VIOLATED = Outcome.HELD, Outcome.VIOLATED
EVE = "eve"
READ = "open, and not in service"


def _stream(at_s: float, state: StreamState = StreamState.CONNECTED) -> StreamChange:
    return StreamChange(at_s=at_s, node="fin-a", agent=EVE, transport="xmpp", state=state)


def _event(at_s: float, item: str, *, control: bool = False, status: str | None = None) -> EventSeen:
    about = About.USER if status is None else About.SYSTEM
    return EventSeen(
        at_s=at_s, node="fin-a", agent=EVE, about=about, event="PUT", source="", user_id=EVE, item=item,
        control=control, system_status=status,
    )  # fmt: skip


TWICE = (_stream(20.0), _stream(25.0, StreamState.LEFT), _stream(25.1), _event(25.3, "", control=True))


def _found(*more: Observation) -> set[Outcome]:
    timeline = played(framed(STORY, lasts_s=LASTS_S))
    header, story = timeline.header, list(timeline)[1:]
    header = replace(header, spare=((EVE, "fin-a"),))
    every = sorted((*story, *more), key=lambda seen: seen.at_s)
    history = History(Timeline(replace(seen, number=n) for n, seen in enumerate((header, *every), 1)))
    return {finding.outcome for one in fail_overs(history) for finding in told_to_comers(history, one)}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], {HELD}),
        ([_event(20.1, "7")], {HELD}),  # the last that was published, which whoever comes may be given
        ([_event(20.1, "7"), _event(25.2, "7")], {HELD}),  # the same once more
        ([_event(25.2, "8")], {VIOLATED}),
        ([_event(20.1, "7"), _event(25.2, "8")], {VIOLATED}),
        ([_event(25.2, "")], {HELD}),  # nobody knows whether it is another one
        ([_event(25.2, "8", status="OUT_OF_SERVICE")], {HELD}),
        ([_event(50.1, "8", status="IN_SERVICE"), _event(50.2, "9")], {HELD}),
    ],
)
def test_a_second_stay_in_the_gap_brings_nothing_that_the_first_did_not(
    told: list[EventSeen], expected: set[Outcome]
) -> None:
    assert _found(*TWICE, *told) == expected


def test_who_came_once_only_may_have_been_told_what_was_published_before() -> None:
    assert _found(_stream(20.0), _event(20.1, "7"), _event(20.3, "", control=True)) == set()


def test_who_was_not_heard_to_hear_says_nothing_by_silence() -> None:
    assert _found(*TWICE[:3]) == set()
    assert _found(*TWICE[:3], _event(25.2, "8")) == {VIOLATED}


def test_what_happens_while_a_session_is_being_read_over_is_not_told_either() -> None:
    text = instead("50 fin-a b opens", "25 fin-a b opens")
    assert at(cti.no_events_in_the_gap, text=text, node="fin-a", session=READ) is HELD
    assert at(cti.no_events_in_the_gap, text=STORY, node="fin-a", session=READ) is None
    told = "\n".join((text, "40 cid hears READY"))
    assert outcome(cti.no_events_in_the_gap, told) is VIOLATED
    assert at(cti.no_events_in_the_gap, text=told, agent="cid", session=READ) is None
