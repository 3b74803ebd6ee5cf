"""DESKTOP-01, DESKTOP-18 to DESKTOP-21 on forged timelines: what LOAD makes of a forced logout."""

import pytest

from chaos.verdicts import Outcome, desktop
from tests.verdicts.leaving import HELD, INCONCLUSIVE, VIOLATED, findings, said
from tests.verdicts.test_desktop_races import moved

ASKED = "80 fin-a wants AGENT LOGOUT 255"


def asked(agent: str, before: str, *after: str) -> tuple[str, ...]:
    return (
        f"1 switch {agent} {before}",
        ASKED.replace("AGENT", agent),
        *(f"80.1 switch {agent} {one}" for one in after),
    )


@pytest.mark.parametrize("before", ["NOT_READY 10", "AVAILABLE", "WORK_NOT_READY"])
@pytest.mark.parametrize(
    ("after", "default", "says"),
    [
        (("NOT_READY 50002",), HELD, HELD),
        (("NOT_READY",), HELD, VIOLATED),
        (("NOT_READY 50001",), HELD, VIOLATED),
        (("LOGOUT 50002",), VIOLATED, VIOLATED),
        (("WORK_NOT_READY",), VIOLATED, VIOLATED),
    ],
)
def test_load_0_is_not_ready_for_connection_failure(
    before: str, after: tuple[str, ...], default: Outcome, says: Outcome
) -> None:
    text = asked("ann", before, *after)
    assert said(desktop.load_0_is_not_ready, *text) == [default]
    assert said(desktop.load_0_says_connection_failure, *text) == [says]


def test_load_0_that_leaves_somebody_ready_or_tells_nothing_is_a_violation() -> None:
    assert said(desktop.load_0_is_not_ready, *asked("ann", "AVAILABLE")) == [VIOLATED]
    assert said(desktop.load_0_says_connection_failure, *asked("ann", "NOT_READY 10")) == [VIOLATED]


def test_who_is_not_ready_for_it_already_is_told_nothing() -> None:
    text = asked("ann", "NOT_READY 50002")
    assert said(desktop.load_0_is_not_ready, *text) == [HELD]
    assert said(desktop.load_0_says_connection_failure, *text) == []


def test_what_is_asked_for_next_is_no_consequence() -> None:
    text = (
        *asked("ann", "AVAILABLE", "NOT_READY 50002"),
        "81 ann does set-state AVAILABLE",
        "81.1 switch ann AVAILABLE",
    )
    assert said(desktop.load_0_says_connection_failure, *text) == [HELD]


@pytest.mark.parametrize(
    ("again", "outcome"),
    [
        ("90 switch ann AVAILABLE", VIOLATED),
        ("90 switch ann TALKING", HELD),
        ("90 switch ann LOGOUT 50004", HELD),
        ("90 switch ann AVAILABLE\n90.000001 ann does set-state AVAILABLE", HELD),
        ("89 ann does set-state AVAILABLE\n90 switch ann AVAILABLE", HELD),
    ],
)
def test_what_becomes_of_somebody_lasts_until_somebody_does_something(again: str, outcome: Outcome) -> None:
    text = asked("ann", "AVAILABLE", "NOT_READY 50002")
    for check in (desktop.load_0_is_not_ready, desktop.load_0_says_connection_failure):
        assert said(check, *text, again) == [outcome]
    out = ("1 switch cid AVAILABLE", "80 fin-a wants cid LOGOUT 255", "80.1 switch cid LOGOUT 50002")
    assert said(desktop.load_1_logs_out, *out, "90 switch cid NOT_READY") == [VIOLATED]
    assert said(desktop.a_sign_in_before_the_crash_is_noticed, *moved("silence", *text[1:], again)) != [HELD]


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ("NOT_READY why=50002", HELD),
        ("NOT_READY", VIOLATED),
        ("NOT_READY why=50001", VIOLATED),
        ("READY", VIOLATED),
    ],
)
def test_what_became_of_somebody_is_what_his_node_shows_him(shown: str, outcome: Outcome) -> None:
    text = asked("ann", "AVAILABLE", "NOT_READY 50002")
    assert said(desktop.load_0_says_connection_failure, *text, f"90 ann is {shown}") == [outcome]
    # … and what a node shows that did not ask for it, once it has had the time to be told.
    assert said(desktop.load_0_says_connection_failure, *text, f"90 ann shown fin-b {shown}") == [outcome]
    assert said(desktop.load_0_says_connection_failure, *text, f"80.5 ann shown fin-b {shown}") == [HELD]


def test_what_is_told_once_more_has_not_become_of_him_again() -> None:
    """As a CTI server tells it that has an event of an agent's state for each of his skill groups."""
    text = asked("ann", "AVAILABLE", "NOT_READY 50002", "NOT_READY 50002")
    assert said(desktop.load_0_says_connection_failure, *text) == [HELD]
    text = asked("ann", "AVAILABLE", "NOT_READY 50002", "NOT_READY 50001")
    assert said(desktop.load_0_says_connection_failure, *text) == [VIOLATED]
    out = ("1 switch cid AVAILABLE", "80 fin-a wants cid LOGOUT 255", *2 * ("80.1 switch cid LOGOUT 50002",))
    assert said(desktop.load_1_logs_out, *out) == [HELD]
    late = ("1 switch cid AVAILABLE", "80 fin-a wants cid LOGOUT 255", "80.1 switch cid NOT_READY 50002")
    assert said(desktop.load_1_logs_out, *late, "82 switch cid LOGOUT 50002") == [VIOLATED]


def test_what_a_node_shows_of_what_somebody_asked_for_since_is_no_part_of_it() -> None:
    late = ("85 ann does set-state AVAILABLE", "85.1 switch ann AVAILABLE", "90 ann is READY")
    assert said(desktop.load_0_says_connection_failure, *asked("ann", "AVAILABLE", "NOT_READY 50002"), *late) == [HELD]


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (("LOGOUT 50002",), HELD),
        (("LOGOUT 50001",), VIOLATED),
        (("NOT_READY 50002",), VIOLATED),
        ((), VIOLATED),
        (("NOT_READY 20001", "LOGOUT 50002"), HELD),  # nobody is logged out but from Not Ready
        (("AVAILABLE", "LOGOUT 50002"), VIOLATED),
    ],
)
def test_load_1_is_logged_out_for_system_failure(after: tuple[str, ...], outcome: Outcome) -> None:
    text = ("1 switch cid AVAILABLE", "80 fin-a wants cid LOGOUT 255", *(f"80.1 switch cid {one}" for one in after))
    assert said(desktop.load_1_logs_out, *text) == [outcome]


CALL = ("2 switch 7 2001 CONNECT", "3 switch ann TALKING", "3 switch cid TALKING")
HUNG_UP = "100 ann does clear 7"


def on_call(agent: str, *after: str, hung_up: bool = True) -> tuple[str, ...]:
    first = (f"1 switch {agent} AVAILABLE", *CALL, f"80 {agent} does set-state LOGOUT+255")
    return (*first, *after, *((HUNG_UP,) if hung_up else ()), "100 end-of 7 " + {"ann": "2001", "cid": "2003"}[agent])


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (("100.1 switch ann NOT_READY 50002",), HELD),
        (("100.1 switch ann AVAILABLE",), VIOLATED),
        (("81 switch ann NOT_READY 50002",), VIOLATED),
        (("81 switch ann LOGOUT 50002",), VIOLATED),
        ((), VIOLATED),
    ],
)
def test_load_0_waits_for_the_end_of_the_call(after: tuple[str, ...], outcome: Outcome) -> None:
    assert said(desktop.load_0_waits_for_the_call, *on_call("ann", *after)) == [outcome]


@pytest.mark.parametrize(("before", "was"), [("AVAILABLE", "Ready"), ("NOT_READY", "Not Ready")])
def test_what_is_behind_the_call_has_a_cell_of_its_own(before: str, was: str) -> None:
    text = on_call("ann", "100.1 switch ann NOT_READY 50002")
    text = (text[0].replace("AVAILABLE", before), *text[1:])
    (finding,) = findings(desktop.load_0_waits_for_the_call, *text)
    assert (finding.outcome, finding.cell["was"]) == (HELD, was)


@pytest.mark.parametrize(("wanted", "asked_for"), [("READY", "AVAILABLE"), ("NOT_READY", "NOT_READY")])
def test_who_has_asked_for_another_state_on_the_call_has_a_cell_of_its_own(wanted: str, asked_for: str) -> None:
    for at_s, cell in ((60, "another state"), (0.5, None)):
        asks = (f"{at_s} ann asks PUT User/{{id}} 202 wants=state={wanted}", f"{at_s} fin-a wants ann {asked_for}")
        (finding,) = findings(
            desktop.load_0_waits_for_the_call, *on_call("ann", *asks, "100.1 switch ann NOT_READY 50002")
        )
        assert (finding.outcome, finding.cell.get("wants")) == (HELD, cell)


@pytest.mark.parametrize(("why", "outcome"), [("50002", HELD), ("", VIOLATED)])
def test_a_call_that_is_put_on_hold_after_the_logout_has_a_cell_of_its_own(why: str, outcome: Outcome) -> None:
    check, over = desktop.load_0_waits_for_the_call, f"100.1 switch ann NOT_READY {why}"
    held = ("85 switch ann HOLD", "90 switch ann TALKING")
    for since, cell in ((held, "put on hold, and taken back"), (held[:1], None), ((), None)):
        (finding,) = findings(check, *on_call("ann", *since, over))
        assert (finding.outcome, finding.cell.get("later")) == (outcome, cell)


def test_a_call_that_nobody_ends_was_cut() -> None:
    cut = on_call("ann", "100.1 switch ann NOT_READY 50002", hung_up=False)
    assert said(desktop.load_0_waits_for_the_call, *cut) == [VIOLATED]
    cut = on_call("cid", "80.1 switch cid LOGOUT 50002", hung_up=False)
    assert said(desktop.load_1_logs_out_on_a_call, *cut) == [VIOLATED]


@pytest.mark.parametrize(
    ("after", "outcome"),
    [(("80.1 switch cid LOGOUT 50002",), HELD), (("83 switch cid LOGOUT 50002",), VIOLATED), ((), VIOLATED)],
)
def test_load_1_is_logged_out_at_once_in_the_middle_of_a_call(after: tuple[str, ...], outcome: Outcome) -> None:
    assert said(desktop.load_1_logs_out_on_a_call, *on_call("cid", *after)) == [outcome]


OTHERS = ("2 switch 7 2003 CONNECT", "80.1 switch cid LOGOUT 50002")


@pytest.mark.parametrize(
    ("since", "outcome"),
    [
        (("90 ann hears DELETE 7 ACTIVE 2001=ACTIVE",), VIOLATED),
        (("90 end-of 7 2001",), VIOLATED),
        # Another call's, or somebody had ended it, at his telephone or at his desktop.
        (("90 ann hears DELETE 8 ACTIVE 2001=ACTIVE",), HELD),
        (("89 ann does clear 7", "89.1 end-of 7 2001", "90 ann hears DELETE 7 ACTIVE 2001=ACTIVE"), HELD),
        (("89.1 end-of 7 2001", "89.2 ann does clear 7"), HELD),
        (("89 ann asks PUT Dialog/{id} 202 of=7 wants=requestedAction=DROP", "89.1 end-of 7 2001"), HELD),
        # Nobody knows what a node tells whose link was broken; who is on no call for the switch has left it.
        (("85 fault reset injecting", "90 ann hears DELETE 7 ACTIVE 2001=ACTIVE"), INCONCLUSIVE),
        (("89 switch ann NOT_READY", "90 ann hears DELETE 7 ACTIVE 2001=ACTIVE"), HELD),
    ],
)
def test_a_call_that_lives_on_does_so_for_the_others_in_it(since: tuple[str, ...], outcome: Outcome) -> None:
    assert said(desktop.load_1_logs_out_on_a_call, *on_call("cid", *OTHERS, *since)) == [outcome]


def test_a_conference_has_a_cell_of_its_own() -> None:
    third = "2 switch 7 2004 CONNECT"
    for more, cell in (((third,), "three"), ((), None), ((third, "70 end-of 7 2004"), None)):
        (finding,) = findings(desktop.load_1_logs_out_on_a_call, *on_call("cid", *OTHERS, *more))
        assert (finding.outcome, finding.cell.get("parties")) == (HELD, cell)
    cut = on_call("cid", *OTHERS, third, "81 end-of 7 2004")
    assert said(desktop.load_1_logs_out_on_a_call, *cut) == [VIOLATED]


@pytest.mark.parametrize(("state", "call"), [("TALKING", "talking"), ("HOLD", "on hold")])
def test_a_call_on_hold_is_a_call_with_a_cell_of_its_own(state: str, call: str) -> None:
    def held_call(agent: str, *after: str) -> tuple[str, ...]:
        return (*on_call(agent, *after), f"50 switch {agent} {state}")

    (waits,) = findings(desktop.load_0_waits_for_the_call, *held_call("ann", "100.1 switch ann NOT_READY 50002"))
    (cut,) = findings(desktop.load_0_waits_for_the_call, *held_call("ann", "81 switch ann NOT_READY 50002"))
    (out,) = findings(desktop.load_1_logs_out_on_a_call, *held_call("cid", "80.1 switch cid LOGOUT 50002"))
    assert [one.outcome for one in (waits, cut, out)] == [HELD, VIOLATED, HELD]
    assert {one.cell["call"] for one in (waits, cut, out)} == {call}
