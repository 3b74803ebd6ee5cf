"""CTI-08 on forged timelines: what people ask for after a fail-over is done as they asked, and told once."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.journal import Header, Timeline
from chaos.verdicts import Outcome, cti
from chaos.verdicts.ruling import found
from tests.verdicts.failing_over import LASTS_S, STORY, findings, outcome
from tests.verdicts.script import alone, framed, played

CHECK = cti.answers_and_publishes_again
HELD, VIOLATED = Outcome.HELD, Outcome.VIOLATED


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        # cid becomes Ready at 70 s and Not Ready at 71 s; calls cid → dan, 71, from 72 to 77 s, with data at 75 s.
        ("69.95 cid asks PUT User/{id} 202 work", "state=READY"),
        ("70.95 cid asks PUT User/{id} 202 work", "state=NOT_READY"),
        ("71.95 cid asks POST User/{id}/Dialogs 202 work wants=number=2004", "action=MAKE_CALL"),
        ("73.95 dan asks PUT Dialog/{id} 202 work of=71", "action=ANSWER"),
        ("74.95 cid asks PUT Dialog/{id} 202 work of=71 wants=action=UPDATE_CALL_DATA", "callVariable1=70.0"),
        ("76.95 dan asks PUT Dialog/{id} 202 work of=71", "action=DROP"),
    ],
)
def test_what_is_asked_for_and_comes_about_is_done(asked: str, wanted: str) -> None:
    assert outcome(CHECK, f"{asked} wants={wanted}") is HELD


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("69.95 cid asks PUT User/{id} 202 work", "state=WORK"),
        ("71.95 cid asks POST User/{id}/Dialogs 202 work wants=number=2001", "action=MAKE_CALL"),
        ("73.95 dan asks PUT Dialog/{id} 202 work of=71", "action=HOLD"),
        ("74.95 cid asks PUT Dialog/{id} 202 work of=71", "action=CONFERENCE"),
        ("74.95 cid asks PUT Dialog/{id} 202 work of=71 wants=action=UPDATE_CALL_DATA", "callVariable1=other"),
        ("74.95 cid asks PUT Dialog/{id} 202 work of=71 wants=action=UPDATE_CALL_DATA", "callVariable2=70.0"),
        ("74.95 cid asks PUT Dialog/{id} 202 work of=71 wants=action=UPDATE_CALL_DATA", "wrapUpReason=sold"),
        ("71.6 dan asks PUT Dialog/{id} 202 work of=71", "action=DROP"),
    ],
)
def test_what_is_accepted_and_done_otherwise_is_a_violation(asked: str, wanted: str) -> None:
    assert outcome(CHECK, f"{asked} wants={wanted}") is VIOLATED


_CONFERENCE = "\n".join((STORY, *(f"79 switch 90 {device} CONNECT" for device in ("2001", "2003", "2004"))))
_LEAVES = "81 cid asks PUT Dialog/{id} 202 work of=90 wants=action=DROP\n81.1 switch 90 2003 NULL"


@pytest.mark.parametrize(
    ("more", "is_wrong"),
    [
        ("", False),
        ("81.1 switch 90 2004 NULL", True),  # dan has not asked for it
        ("81.1 switch 90 2004 NULL\n81.2 switch 91 2004 CONNECT\n81.2 switch 91 2001 CONNECT", True),
        ("81.05 switch 91 2004 CONNECT\n81.1 switch 90 2004 NULL", False),  # it goes on under another number
        ("82 dan does clear 90\n82 switch 90 2004 NULL", False),
        ("82 dan asks PUT Dialog/{id} 202 work of=90 wants=action=DROP\n82.1 switch 90 2004 NULL", False),
    ],
)
def test_who_drops_off_a_conference_leaves_the_others_in_it(more: str, is_wrong: bool) -> None:
    reasons = [one.reason for one in findings(CHECK, "\n".join((_CONFERENCE, _LEAVES, more)))]
    assert any("ended the call for the others" in reason for reason in reasons) is is_wrong


@pytest.mark.parametrize(("reason", "expected"), [("10", HELD), ("11", VIOLATED), ("0", VIOLATED)])
def test_the_reason_that_is_asked_for_is_given_at_the_switch(reason: str, expected: Outcome) -> None:
    asked = f"77.95 cid asks PUT User/{{id}} 202 work wants=state=NOT_READY wants=reason={reason}"
    at_work = ("77.5 switch cid AVAILABLE", "77.6 cid hears READY", "78 switch cid NOT_READY 10")
    assert outcome(CHECK, asked, *at_work, "78.1 cid hears NOT_READY") is expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (("77.91 AVAILABLE READY", "78.41 NOT_READY NOT_READY"), HELD),
        # Late, and in order.
        (("78.45 AVAILABLE READY", "78.65 NOT_READY NOT_READY"), HELD),
        # Each looks like what the other one asked for.
        (("78.41 AVAILABLE READY",), VIOLATED),
    ],
)
def test_two_requests_for_states_are_not_mixed_up(told: tuple[str, ...], expected: Outcome) -> None:
    """Found by a break of one agent that some seeds did not show."""
    asked = [
        "77.9 cid asks PUT User/{id} 202 wants=state=READY",
        "78.4 cid asks PUT User/{id} 202 work wants=state=NOT_READY",
    ]
    for line in told:
        at, switch, shown = line.split()
        asked += [f"{at} switch cid {switch}", f"{float(at) + 0.02:.2f} cid hears {shown}"]
    assert outcome(CHECK, *asked) is expected


@pytest.mark.parametrize(("value", "expected"), [("70.0", HELD), ("other", VIOLATED)])
def test_data_that_are_given_with_a_call_are_its_own(value: str, expected: Outcome) -> None:
    asked = "71.95 cid asks POST User/{id}/Dialogs 202 work wants=action=MAKE_CALL wants=number=2004"
    assert outcome(CHECK, f"{asked} wants=callVariable1={value}") is expected


TWICE = (
    "69.95 cid asks PUT User/{id} 202 work mark=11 wants=state=READY",
    "70.95 cid asks PUT User/{id} 202 work mark=12 wants=state=NOT_READY",
)


def test_a_mark_that_no_event_bears_any_more_is_a_violation() -> None:
    assert outcome(CHECK, *TWICE) is VIOLATED
    assert outcome(CHECK, *TWICE, "70.12 cid hears READY mark=11") is HELD


def test_of_a_product_whose_events_bear_no_marks_they_are_not_looked_for() -> None:
    timeline = played(framed("\n".join((STORY, *TWICE)), lasts_s=LASTS_S))
    told = Timeline(replace(one, request_ids=False) if isinstance(one, Header) else one for one in timeline)
    seen = [[one.reason for one in found(alone(CHECK), History(journal))] for journal in (timeline, told)]
    assert [any("requestId" in reason for reason in reasons) for reasons in seen] == [True, False]


def test_of_one_request_alone_nothing_is_said() -> None:
    assert outcome(CHECK, TWICE[0]) is HELD


@pytest.mark.parametrize(
    "again",
    [
        "72.3 cid hears POST 71 ALERTING 2003=INITIATED 2004=ALERTING",
        "74.5 dan hears POST 71 ACTIVE 2003=ACTIVE 2004=ACTIVE",
        "78 cid hears DELETE 71 DROPPED",
    ],
)
def test_a_call_is_told_once_to_begin_and_once_to_be_over(again: str) -> None:
    assert outcome(CHECK, again) is VIOLATED


def test_a_change_of_a_call_may_be_told_again() -> None:
    assert outcome(CHECK, "74.6 cid hears PUT 71 ACTIVE 2003=ACTIVE 2004=ACTIVE") is HELD


def test_what_is_still_up_may_be_told_as_new_once_when_the_node_is_back() -> None:
    assert outcome(CHECK, "50.3 ann hears POST 7 ACTIVE 2001=HELD 2002=ACTIVE callVariable1=late") is HELD


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("76.5 dan asks GET Dialog/{id} 404 of=71", VIOLATED),
        ("76.5 dan asks GET Dialog/{id} 200 of=71", HELD),
        ("76.5 ann asks GET Dialog/{id} 404 of=71", HELD),  # she is not in it
        ("72.5 dan asks GET Dialog/{id} 404 of=71", HELD),  # it has only just begun
        ("80 dan asks GET Dialog/{id} 404 of=71", HELD),  # it is over
    ],
)
def test_a_call_that_an_agent_is_in_is_shown_by_its_number(line: str, expected: Outcome) -> None:
    assert outcome(CHECK, line) is expected
