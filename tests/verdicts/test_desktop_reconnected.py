"""DESKTOP-09, DESKTOP-10 on forged timelines: what who was at work is after a node had lost its CTI session."""

import pytest

from chaos.verdicts import Outcome, desktop
from tests.verdicts.leaving import HELD, INCONCLUSIVE, VIOLATED, findings, said

GAP = (
    "1 ann asks PUT User/{id} 202 wants=state=LOGIN",
    "20 fin-a a is-reset",
    "20.1 fin-a says OUT",
    "22 fin-a b opens",
    "23 fin-a says IN",
)


@pytest.mark.parametrize(("why", "outcomes"), [("50002", {HELD}), ("10", {VIOLATED}), ("50001", {VIOLATED})])
def test_not_ready_is_for_the_lost_connection_afterwards(why: str, outcomes: set[Outcome]) -> None:
    told = (f"24 switch ann NOT_READY {why}", f"24 ann hears NOT_READY why={why}", f"35 ann is NOT_READY why={why}")
    assert set(said(desktop.not_ready_says_why, *GAP, "2 switch ann NOT_READY 10", *told)) == outcomes
    assert len(said(desktop.not_ready_says_why, *GAP, "2 switch ann NOT_READY 10", *told)) == 3


def test_who_was_told_of_the_loss_before_just_in_time_is_not_told_of_it_again() -> None:
    """Found by exploring: a node was lost anew in the instant in which it told what the first loss had made of him."""
    twice = (*GAP, "2 switch ann NOT_READY 10", "20.09 switch ann NOT_READY 50002", "24 switch ann NOT_READY 50002")
    assert said(desktop.not_ready_says_why, *twice) == []


def test_whose_event_stream_was_lost_could_not_be_told() -> None:
    """Found by exploring: the notification service was stopped while the node had no CTI session."""
    told = (*GAP, "2 switch ann NOT_READY 10", "24 switch ann NOT_READY 50002", "35 ann is NOT_READY why=50002")
    assert sorted(said(desktop.not_ready_says_why, *told)) == [HELD, HELD, VIOLATED]
    for lost in ("10 ann stream lost", "21 ann stream lost"):
        assert sorted(said(desktop.not_ready_says_why, *told, lost)) == [HELD, HELD, INCONCLUSIVE]
        back = (lost, "24.5 ann returns", "26 ann hears NOT_READY why=50002")
        assert set(said(desktop.not_ready_says_why, *told, *back)) == {HELD}
    # It was back before that: whoever can hear has to be told.
    assert sorted(said(desktop.not_ready_says_why, *told, "10 ann stream lost", "15 ann returns")) == [
        HELD,
        HELD,
        VIOLATED,
    ]


def test_ready_stays_and_says_why_the_next_time() -> None:
    check = desktop.ready_says_why_next
    ready = (*GAP, "2 switch ann AVAILABLE", "50 ann asks PUT User/{id} 202 wants=state=NOT_READY")
    good = ("50.1 switch ann NOT_READY 50002", "50.1 ann hears NOT_READY why=50002", "56 ann is NOT_READY why=50002")
    bad = ("50.1 switch ann NOT_READY", "50.1 ann hears NOT_READY", "56 ann is NOT_READY")
    assert set(said(check, *ready, *good)) == {HELD}
    assert set(said(check, *ready, *bad)) == {VIOLATED}
    assert said(check, *ready, "24 switch ann NOT_READY 50002", *good) == [VIOLATED]


@pytest.mark.parametrize(("at_s", "expected"), [(23.1, set()), (32.9, set()), (33.1, {VIOLATED})])
def test_who_asks_for_not_ready_before_the_return_can_have_been_seen_is_owed_nothing(
    at_s: float, expected: set[Outcome]
) -> None:
    """Found by exploring: in the instant of IN_SERVICE, a second before the CTI server sees that its client is back."""
    asks = (f"{at_s} ann asks PUT User/{{id}} 202 wants=state=NOT_READY", f"{at_s + 0.05} switch ann NOT_READY")
    shown = (f"{at_s + 0.05} ann hears NOT_READY", f"{at_s + 4} ann is NOT_READY")
    told = said(desktop.ready_says_why_next, *GAP, "2 switch ann AVAILABLE", *asks, *shown)
    assert set(told) == expected


def test_an_answer_after_our_own_act_says_nothing_of_what_was_before() -> None:
    not_ready = (
        *GAP,
        "2 switch ann NOT_READY 10",
        "24.1 switch ann NOT_READY 50002",
        "24.1 ann hears NOT_READY why=50002",
    )
    acted = ("34 ann does set-state AVAILABLE", "34 switch ann AVAILABLE", "36 ann is READY")
    assert set(said(desktop.not_ready_says_why, *not_ready, *acted)) == {HELD}
    assert set(said(desktop.not_ready_says_why, *not_ready, "33 ann is READY", *acted)) == {HELD, VIOLATED}


def test_what_our_own_act_at_the_switch_caused_is_noted_just_before_it_and_no_violation() -> None:
    """The switch answers an act after it has told what came of it."""
    ready = (*GAP, "2 switch ann AVAILABLE")
    acted = (
        "48 switch ann NOT_READY 50002",
        "48 ann hears NOT_READY why=50002",
        "48.000001 ann does set-state NOT_READY",
    )
    assert set(said(desktop.ready_says_why_next, *ready, *acted)) == {HELD}
    assert said(desktop.ready_says_why_next, *ready, "47 switch ann NOT_READY 50002", *acted) == [VIOLATED]


def test_who_was_moved_at_the_telephone_just_before_the_loss_was_not_ready_by_his_own_doing() -> None:
    """Found by exploring: the act stood two seconds before the notice, to the tenth of a second."""
    ready = (*GAP, "2 switch ann AVAILABLE")
    for at_s in (18.0, 18.2, 19.9):
        acted = (
            f"{at_s} ann does set-state NOT_READY",
            f"{at_s} switch ann NOT_READY",
            "24 switch ann NOT_READY 50002",
        )
        assert VIOLATED not in said(desktop.ready_says_why_next, *ready, *acted), at_s


@pytest.mark.parametrize("state", ["RESERVED", "TALKING"])
def test_who_is_called_was_not_moved_by_his_node(state: str) -> None:
    ready = (*GAP, "2 switch ann AVAILABLE", f"48 switch ann {state}")
    assert said(desktop.ready_says_why_next, *ready) == []
    not_ready = (*GAP, "2 switch ann NOT_READY 10")
    assert set(said(desktop.not_ready_says_why, *not_ready)) == {VIOLATED}
    assert said(desktop.not_ready_says_why, *not_ready, f"21 switch ann {state}") == []


@pytest.mark.parametrize(("why", "outcome"), [("50002", HELD), ("", VIOLATED)])
def test_a_call_in_between_does_not_pay_what_is_owed(why: str, outcome: Outcome) -> None:
    call = ("30 switch ann RESERVED", "31 switch ann TALKING", "31.1 ann does answer 7", "40 switch ann AVAILABLE")
    asks = ("50 ann asks PUT User/{id} 202 wants=state=NOT_READY", f"50.1 switch ann NOT_READY {why}")
    shown = (f"50.1 ann hears NOT_READY why={why or 0}", f"54 ann is NOT_READY why={why or 0}")
    told = findings(desktop.ready_says_why_next, *GAP, "2 switch ann AVAILABLE", *call, *asks, *shown)
    assert {(one.outcome, one.cell["between"]) for one in told} == {(outcome, "a call")}


@pytest.mark.parametrize(("why", "outcome"), [("50002", HELD), ("", VIOLATED)])
def test_wrap_up_in_between_does_not_pay_what_is_owed(why: str, outcome: Outcome) -> None:
    call = ("30 switch ann RESERVED", "31 switch ann TALKING", "31.1 ann does answer 7")
    wraps = ("35 ann asks PUT User/{id} 202 wants=state=WORK", "40 switch ann WORK_NOT_READY")
    asks = ("50 ann asks PUT User/{id} 202 wants=state=NOT_READY", f"50.1 switch ann NOT_READY {why}")
    shown = (f"50.1 ann hears NOT_READY why={why or 0}", f"54 ann is NOT_READY why={why or 0}")
    check, ready = desktop.ready_says_why_next, (*GAP, "2 switch ann AVAILABLE")
    told = findings(check, *ready, *call, *wraps, *asks, *shown)
    assert {(one.outcome, one.cell["between"]) for one in told} == {(outcome, "Wrap-Up, after a call")}
    # Who has not asked for it is in Wrap-Up by his node's doing.
    assert said(check, *ready, "30 switch ann WORK_NOT_READY") == [VIOLATED]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (("49.9 switch ann NOT_READY 50002", "50 switch ann TALKING"), [HELD]),
        (("49.9 switch ann NOT_READY 50006", "50 switch ann TALKING"), [VIOLATED]),
        (("49.9 switch ann NOT_READY", "50 switch ann TALKING"), [VIOLATED]),
        (("50 switch ann TALKING",), []),  # a switch need not tell that
        (("49.9 switch ann NOT_READY 50006", "51 fin-a says OUT"), []),
    ],
)
def test_who_calls_somebody_is_not_ready_for_the_lost_connection_if_he_is(
    told: tuple[str, ...], outcome: list[Outcome]
) -> None:
    calls = "50 ann does make-call 7 =2002"
    assert said(desktop.ready_says_why_next, *GAP, "2 switch ann AVAILABLE", calls, *told) == outcome


@pytest.mark.parametrize(("why", "outcome"), [("50002", HELD), ("", VIOLATED)])
def test_who_is_ready_and_asks_for_it_once_more_is_still_owed_the_reason(why: str, outcome: Outcome) -> None:
    once_more = "40 ann asks PUT User/{id} 202 wants=state=READY"
    asks = ("50 ann asks PUT User/{id} 202 wants=state=NOT_READY", f"50.1 switch ann NOT_READY {why}")
    shown = (f"50.1 ann hears NOT_READY why={why or 0}", f"54 ann is NOT_READY why={why or 0}")
    check, ready = desktop.ready_says_why_next, (*GAP, "2 switch ann AVAILABLE", *asks, *shown)
    for more, between in ((once_more, "Ready, which he is, asked for once more"), ("40 ann is READY", "nothing")):
        assert {(one.outcome, one.cell["between"]) for one in findings(check, *ready, more)} == {(outcome, between)}
    # Whom that makes Not Ready was moved by nobody's wish.
    assert said(check, *ready, once_more, "40.1 switch ann NOT_READY") == [VIOLATED]


@pytest.mark.parametrize(
    "asked",
    [
        ("49.9 ann does set-state NOT_READY",),
        ("50 bob asks PUT User/{id} 202 user=ann", "50.05 fin-a wants ann NOT_READY 999"),
    ],
)
@pytest.mark.parametrize(("why", "outcome"), [("50002", HELD), ("999", VIOLATED), ("", VIOLATED)])
def test_whoever_asks_for_him_the_next_reason_is_the_lost_connection(
    asked: tuple[str, ...], why: str, outcome: Outcome
) -> None:
    shown = (f"50.1 switch ann NOT_READY {why}", f"50.1 ann hears NOT_READY why={why or 0}")
    looked = (f"54 ann is NOT_READY why={why or 0}",)
    told = findings(desktop.ready_says_why_next, *GAP, "2 switch ann AVAILABLE", *asked, *shown, *looked)
    assert {one.outcome for one in told} == {outcome}
    assert len(told) == 3


@pytest.mark.parametrize(
    "asked", [(), ("50 bob asks PUT User/{id} 401 user=ann",), ("50 bob asks PUT User/{id} 202 user=bob",)]
)
def test_who_is_not_ready_though_nobody_asked_for_it_is_so_by_his_node(asked: tuple[str, ...]) -> None:
    told = said(desktop.ready_says_why_next, *GAP, "2 switch ann AVAILABLE", *asked, "50.1 switch ann NOT_READY 999")
    assert told == [VIOLATED]
