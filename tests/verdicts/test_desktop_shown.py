"""DESKTOP-18 to DESKTOP-21 on forged timelines: what clients are told of a logout, two calls, a call handed over."""

import pytest

from chaos.verdicts import Outcome, desktop
from tests.verdicts.leaving import HELD, INCONCLUSIVE, VIOLATED, findings, said
from tests.verdicts.test_desktop_load import CALL, HUNG_UP, OTHERS, asked, on_call

MADE = asked("ann", "AVAILABLE", "NOT_READY 50002")
HEARD = ("60 ann hears READY",)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ("80.2 ann hears NOT_READY why=50002", HELD),
        ("82 ann hears NOT_READY why=50002", HELD),
        ("79.8 ann hears NOT_READY why=50002", HELD),
        ("80.2 ann hears NOT_READY why=50002 label=Connection-Failure", HELD),
        ("80.2 ann hears NOT_READY why=50002 label=Device-Error", VIOLATED),
        ("80.2 ann hears NOT_READY why=50001", VIOLATED),
        ("80.2 ann hears NOT_READY", VIOLATED),
        ("80.2 ann hears READY", VIOLATED),
        ("", VIOLATED),
    ],
)
def test_whoever_has_a_client_there_is_told_what_has_become_of_him(told: str, outcome: Outcome) -> None:
    assert said(desktop.load_0_says_connection_failure, *MADE, *HEARD, told) == [HELD, outcome]
    (_, finding) = findings(desktop.load_0_says_connection_failure, *MADE, *HEARD, told)
    assert finding.cell["shown"] == "events"


@pytest.mark.parametrize(
    "more",
    [
        (),  # nobody knows whether she hears
        (*HEARD, "70 ann leaves drop"),
        (*HEARD, "70 ann leaves drop", "79 ann returns"),  # she may have had to come first
        (*HEARD, "82 ann does set-state AVAILABLE", "82.1 switch ann AVAILABLE"),  # before it had to be told
    ],
)
def test_who_is_not_there_or_is_something_else_by_then_is_not_looked_at(more: tuple[str, ...]) -> None:
    assert said(desktop.load_0_says_connection_failure, *MADE, *more) == [HELD]


@pytest.mark.parametrize(
    ("told", "outcome"), [("LOGOUT", HELD), ("LOGOUT why=50002", HELD), ("NOT_READY", VIOLATED), ("", VIOLATED)]
)
def test_who_is_logged_out_is_told_so_with_a_reason_or_without(told: str, outcome: Outcome) -> None:
    told = f"80.2 cid hears {told}" if told else ""
    text = (
        "1 switch cid AVAILABLE",
        "60 cid hears READY",
        "80 fin-a wants cid LOGOUT 255",
        "80.1 switch cid LOGOUT 50002",
    )
    assert said(desktop.load_1_logs_out, *text, told) == [HELD, outcome]
    called = on_call("cid", *OTHERS, "60 cid hears TALKING", told)
    assert said(desktop.load_1_logs_out_on_a_call, *called) == [HELD, outcome]


@pytest.mark.parametrize(
    ("shown", "cell", "outcome"),
    [
        ("106 ann is NOT_READY why=50002", "answers", HELD),
        ("106 ann is NOT_READY", "answers", VIOLATED),
        ("106 ann shown fin-b READY", "answers", VIOLATED),
        ("100.2 ann hears NOT_READY why=50002", "events", HELD),
        ("100.2 ann hears NOT_READY", "events", VIOLATED),
    ],
)
def test_what_he_is_after_the_call_is_shown_and_told(shown: str, cell: str, outcome: Outcome) -> None:
    made = on_call("ann", "100.1 switch ann NOT_READY 50002", shown)
    first, second = findings(desktop.load_0_waits_for_the_call, *made)
    assert (first.outcome, second.outcome, second.cell["shown"]) == (HELD, outcome, cell)


TWO = ("60 switch 7 2001 HOLD", "2 switch 7 2004 CONNECT", "61 switch 8 2001 CONNECT", "61 switch 8 2002 CONNECT")


@pytest.mark.parametrize(("after", "outcome"), [("NOT_READY 50002", HELD), ("AVAILABLE", VIOLATED)])
def test_who_has_called_somebody_for_advice_has_a_cell_of_his_own(after: str, outcome: Outcome) -> None:
    check = desktop.load_0_waits_for_the_call
    over = ("90 bob does clear 8", "90 end-of 8 2001", "90 end-of 8 2002", f"100.1 switch ann {after}")
    (finding,) = findings(check, *on_call("ann", *TWO, *over))
    assert (finding.outcome, finding.cell["calls"]) == (outcome, "two")
    # The first of both is no end.
    early = findings(check, *on_call("ann", *TWO, *over, "90.1 switch ann NOT_READY 50002"))
    assert [one.outcome for one in early] == [VIOLATED]


def test_a_call_that_is_handed_over_goes_on() -> None:
    check, over = desktop.load_0_waits_for_the_call, "100.1 switch ann NOT_READY 50002"
    handed = ("2 switch 7 2004 CONNECT", "85 dan does transfer 7", "85 end-of 7 2004", "85 switch 7 2002 CONNECT")
    (finding,) = findings(check, *on_call("ann", *handed, over))
    assert (finding.outcome, finding.cell["later"]) == (HELD, "handed over to somebody else")
    (finding,) = findings(check, *on_call("ann", *handed, "100.1 switch ann AVAILABLE"))
    assert finding.outcome is VIOLATED


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        (("83 switch 7 2003 HOLD",), VIOLATED),
        (("83 switch 7 2001 HOLD",), VIOLATED),
        (("83 ann does hold 7", "83 switch 7 2001 HOLD"), HELD),
        (("82.9 switch 7 2001 HOLD", "83.1 ann does hold 7"), HELD),  # what comes of an act may be told before it
        (("83 dan does consult 9", "83 switch 7 2003 HOLD"), HELD),
        (("70 switch 7 2003 HOLD", "83 switch 7 2003 HOLD"), HELD),  # it was on hold
        (("83 fault reset injecting", "83 switch 7 2003 HOLD"), INCONCLUSIVE),
    ],
)
def test_a_call_that_lives_on_is_put_on_hold_by_somebody_in_it_alone(held: tuple[str, ...], outcome: Outcome) -> None:
    text = ("1 switch cid AVAILABLE", *CALL, "2 switch 7 2003 CONNECT", "80 cid does set-state LOGOUT+255")
    over = ("80.1 switch cid LOGOUT 50002", HUNG_UP, "100 end-of 7 2003")
    assert said(desktop.load_1_logs_out_on_a_call, *text, *held, *over) == [outcome]


def test_who_hands_his_call_over_has_ended_his_part_in_it() -> None:
    text = ("1 switch cid AVAILABLE", *CALL, "2 switch 7 2003 CONNECT", "80 cid does set-state LOGOUT+255")
    handed = ("80.1 switch cid LOGOUT 50002", "100 end-of 7 2003")
    assert said(desktop.load_1_logs_out_on_a_call, *text, *handed, "100.1 cid does transfer 7") == [HELD]
    assert said(desktop.load_1_logs_out_on_a_call, *text, *handed) == [VIOLATED]


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ("84 dan hears PUT 7 ACTIVE 2004=ACTIVE 2003=ACTIVE", HELD),
        ("84 dan hears PUT 7 ACTIVE 2004=ACTIVE 2003=DROPPED", VIOLATED),
        ("84 dan sees 7:2004=ACTIVE+2003=DROPPED", VIOLATED),
        ("81 dan sees 7:2004=ACTIVE+2003=DROPPED", HELD),  # it may not have been told as yet
        ("84 dan hears PUT 7 DROPPED 2004=ACTIVE 2003=ACTIVE", VIOLATED),
        ("84 dan hears PUT 7 ACTIVE 2004=ACTIVE 2003=HELD", VIOLATED),
        ("84 dan hears PUT 7 ACTIVE 2004=HELD 2003=ACTIVE", VIOLATED),
        ("84 dan hears PUT 7 ACTIVE 2004=HELD 2003=ACTIVE\n84.5 dan does hold 7\n84.6 switch 7 2004 HOLD", HELD),
        ("84 dan sees 8:2004=ACTIVE+2003=DROPPED", HELD),  # nobody knows by which number he is shown this one
        ("10 dan hears POST 7 ACTIVE 2004=ACTIVE 2003=ACTIVE\n84 dan sees nothing", VIOLATED),
        ("10 dan hears POST 7 ACTIVE 2004=ACTIVE 2003=ACTIVE\n81 dan sees nothing", HELD),
        ("10 dan hears POST 7 ACTIVE 2004=ACTIVE 2003=ACTIVE\n84 dan sees 7:2004=ACTIVE+2003=ACTIVE", HELD),
        ("99 dan hears PUT 7 ACTIVE 2004=ACTIVE 2003=DROPPED", HELD),  # a telephone may be told later than a node
        ("79 dan hears PUT 7 ACTIVE 2004=ACTIVE 2003=DROPPED", HELD),
    ],
)
def test_others_are_shown_a_call_that_lives_on_with_who_is_in_it(shown: str, outcome: Outcome) -> None:
    text = (
        "1 switch cid AVAILABLE",
        *CALL,
        "2 switch 7 2003 CONNECT",
        "2 switch 7 2004 CONNECT",
        "3 switch dan TALKING",
    )
    out = ("80 cid does set-state LOGOUT+255", "80.1 switch cid LOGOUT 50002", HUNG_UP, "100 end-of 7 2003")
    assert said(desktop.load_1_logs_out_on_a_call, *text, *out, shown) == [outcome]


@pytest.mark.parametrize(
    ("again", "outcome"),
    [
        (("120 cid asks PUT User/{id} 202 wants=state=LOGIN", "120.1 switch cid NOT_READY"), HELD),
        (("120 cid asks PUT User/{id} 202 wants=state=LOGIN",), VIOLATED),
        (("120 cid asks PUT User/{id} 400 wants=state=LOGIN",), VIOLATED),
        (("120 cid asks PUT User/{id} 503 wants=state=LOGIN",), HELD),  # whether a node serves is another matter
        (("119 fin-a says OUT", "120 cid asks PUT User/{id} 202 wants=state=LOGIN", "121 fin-a says IN"), HELD),
        (("110 switch cid NOT_READY", "120 cid asks PUT User/{id} 400 wants=state=LOGIN"), VIOLATED),
        (("120 cid asks PUT User/{id} 202 wants=state=LOGIN", "124 switch cid NOT_READY"), HELD),
    ],
)
def test_who_was_logged_out_can_sign_in_again(again: tuple[str, ...], outcome: Outcome) -> None:
    out = ("1 switch cid AVAILABLE", "80 fin-a wants cid LOGOUT 255", "80.1 switch cid LOGOUT 50002")
    assert said(desktop.load_1_logs_out, *out, *again) == [outcome]
    text = ("1 switch cid AVAILABLE", *CALL, "2 switch 7 2003 CONNECT", "80 cid does set-state LOGOUT+255")
    over = ("80.1 switch cid LOGOUT 50002", HUNG_UP, "100 end-of 7 2003")
    assert said(desktop.load_1_logs_out_on_a_call, *text, *over, *again) == [outcome]
