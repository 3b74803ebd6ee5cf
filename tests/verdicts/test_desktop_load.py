"""DESKTOP-01, DESKTOP-06 … DESKTOP-13, DESKTOP-18 … DESKTOP-21 on forged timelines. Ann and bob are of LOAD 0, cid and
dan of LOAD 1."""

import pytest

from chaos.history import History
from chaos.history.absences import telephone_contradicted
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import NODES, alone, framed, played

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
STAND = "0 fin-a a stands\n0 fin-b a stands\n"


def findings(check: Check, *lines: str, lasts_s: float = 400.0) -> list[Finding]:
    text = STAND + "\n".join(lines)
    return found(alone(check), History(played(framed(text, lasts_s=lasts_s, fault="away"))))


def said(check: Check, *lines: str, lasts_s: float = 400.0) -> list[Outcome]:
    return [finding.outcome for finding in findings(check, *lines, lasts_s=lasts_s)]


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


# --- races -----------------------------------------------------------------------------------------------------------

OUT = ("1 switch ann LOGOUT", "20 ann leaves goodbye", "80 fin-a wants ann LOGOUT 255", "95 ann returns")
IN_AGAIN = ("96 ann asks PUT User/{id} 202 wants=state=LOGIN", "96.1 switch ann NOT_READY")


def test_a_logout_of_nobody_does_no_harm() -> None:
    check = desktop.a_logout_of_nobody_does_no_harm
    assert said(check, *OUT, *IN_AGAIN) == [HELD]
    assert said(check, *(line for line in OUT if "wants" not in line), *IN_AGAIN) == [HELD]
    assert said(check, *OUT, "80.1 switch ann NOT_READY", *IN_AGAIN) == [VIOLATED]
    assert said(check, *OUT, "81 fin-a a closes", *IN_AGAIN) == [VIOLATED]
    assert said(check, *OUT, "80.2 switch bob LOGOUT 255", *IN_AGAIN) == [HELD]
    assert said(desktop.a_logout_of_nobody_hurts_nobody_else, *OUT, *IN_AGAIN) == [HELD]
    assert said(desktop.a_logout_of_nobody_hurts_nobody_else, *OUT, "80.2 switch bob LOGOUT 255") == [VIOLATED]
    assert said(check, *OUT, *IN_AGAIN, "99 switch ann WORK_NOT_READY") == [VIOLATED]
    assert said(check, *OUT, "96 ann asks PUT User/{id} 202 wants=state=LOGIN") == [VIOLATED]
    assert said(check, *OUT, "96 ann asks PUT User/{id} 503 wants=state=LOGIN") == [VIOLATED]
    assert said(check, *OUT) == [INCONCLUSIVE]


@pytest.mark.parametrize(("shown", "outcome"), [("LOGOUT", HELD), ("NOT_READY", VIOLATED), ("READY", VIOLATED)])
def test_whoever_was_logged_out_while_signed_out_is_shown_so(shown: str, outcome: Outcome) -> None:
    check = desktop.a_logout_of_nobody_does_no_harm
    for node in NODES:
        assert said(check, *OUT, f"95.5 ann shown {node} {shown}", *IN_AGAIN) == [outcome]
    # He may have signed in again by then, and what was asked for before he had gone is no part of it.
    assert said(check, *OUT, *IN_AGAIN, f"96.2 ann shown fin-a {shown}") == [HELD]
    assert said(check, *OUT, f"21 ann shown fin-a {shown}", *IN_AGAIN) == [HELD]


def test_a_node_that_shows_somebody_who_signs_in_next_otherwise_does_not_contradict_our_telephone() -> None:
    shown = "95.5 ann shown fin-a NOT_READY why=50002"
    for told, contradicts in (("LOGIN", False), ("NOT_READY", True)):
        text = "\n".join((STAND, *OUT, shown, IN_AGAIN[0], f"96.1 switch ann {told}"))
        history = History(played(framed(text, lasts_s=400.0, fault="away")))
        assert (telephone_contradicted(history) is not None) is contradicts


def test_whoever_was_logged_out_while_signed_out_is_not_so_for_it_the_next_time() -> None:
    check = desktop.a_logout_of_nobody_does_no_harm
    late = (IN_AGAIN[0], "96.1 switch ann NOT_READY 50002")
    assert said(check, *OUT, *late) == [VIOLATED]
    assert said(check, *OUT, IN_AGAIN[0], "96.1 switch ann NOT_READY 10") == [HELD]
    # Another logout may have brought it, or a node that lost its CTI session.
    assert said(check, *OUT, "96.05 fin-b wants ann LOGOUT 255", *late) == [HELD]
    assert said(check, *OUT, "94 fin-b says OUT", "95 fin-b says IN", *late) == [HELD]


def test_whoever_was_logged_out_while_signed_out_can_work_the_next_time() -> None:
    check = desktop.a_logout_of_nobody_does_no_harm
    ready = ("97 ann asks PUT User/{id} 202 wants=state=READY", "97.1 switch ann AVAILABLE")
    assert said(check, *OUT, *IN_AGAIN, *ready) == [HELD]
    # A request that was sent on may be answered with 200 as well.
    taken = [line.replace(" 202 ", " 200 ") for line in (*IN_AGAIN, *ready)]
    assert said(check, *OUT, *taken) == [HELD]
    assert said(check, *OUT, *taken[:-1]) == [VIOLATED]
    assert said(check, *OUT, *IN_AGAIN, ready[0]) == [VIOLATED]
    # Refused, or asked for otherwise soon after, or at a node that went: nothing is said of it.
    assert said(check, *OUT, *IN_AGAIN, ready[0].replace("202", "401")) == [HELD]
    assert said(check, *OUT, *IN_AGAIN, ready[0], "99 ann asks PUT User/{id} 202 wants=state=NOT_READY") == [HELD]
    assert said(check, *OUT, *IN_AGAIN, ready[0], "98 fin-b says OUT", "99 fin-b says IN") == [HELD]
    assert said(check, *OUT, *IN_AGAIN, "96.5 switch 7 2001 INITIATE", ready[0]) == [HELD]


@pytest.mark.parametrize("end", ["500", "unknown"])
def test_whoever_was_logged_out_while_signed_out_is_still_served(end: str) -> None:
    check = desktop.a_logout_of_nobody_does_no_harm
    assert said(check, *OUT, f"95 ann asks GET User/{{id}} {end}", *IN_AGAIN) == [VIOLATED]
    assert said(check, *OUT, "95 ann asks GET User/{id} 404", *IN_AGAIN) == [HELD]
    out = ("94 fin-a says OUT", f"94.5 ann asks GET User/{{id}} {end}", "95 fin-a a opens", "95.5 fin-a says IN")
    assert VIOLATED not in said(check, *OUT, *out, *IN_AGAIN)


def moved(how: str, *more: str) -> tuple[str, ...]:
    return ("1 switch ann AVAILABLE", f"20 ann leaves {how}", "35 ann moves fin-b", *more)


@pytest.mark.parametrize(
    ("check", "how"),
    [(desktop.a_sign_in_before_the_crash_is_noticed, "silence"), (desktop.a_logout_at_the_first_node, "drop")],
)
@pytest.mark.parametrize(
    ("told", "shown", "outcome"),
    [
        ("NOT_READY 50002", "NOT_READY", HELD),
        ("LOGOUT 50002", "LOGOUT", HELD),
        ("", "READY", HELD),
        ("WORK_NOT_READY", "WORK", VIOLATED),
        ("NOT_READY 50002", "READY", VIOLATED),
        ("NOT_READY 50002", "", INCONCLUSIVE),
    ],
)
def test_a_race_has_a_documented_set_of_outcomes(
    check: Check, how: str, told: str, shown: str, outcome: Outcome
) -> None:
    lines = ["80 fin-a wants ann LOGOUT 255"]
    lines += [f"80.1 switch ann {told}"] if told else []
    lines += [f"90 ann shown fin-b {shown}"] if shown else []
    assert said(check, *moved(how, *lines)) == [outcome]


@pytest.mark.parametrize(
    ("check", "how"),
    [(desktop.a_sign_in_before_the_crash_is_noticed, "silence"), (desktop.a_logout_at_the_first_node, "drop")],
)
def test_who_hears_of_himself_at_the_other_node_has_to_be_told(check: Check, how: str) -> None:
    lines = ["80 fin-a wants ann LOGOUT 255", "80.1 switch ann NOT_READY 50002", "90 ann shown fin-b NOT_READY"]
    heard = "40 ann hears READY node=fin-b"
    assert said(check, *moved(how, heard, *lines)) == [VIOLATED]
    assert said(check, *moved(how, heard, "80.2 ann hears NOT_READY node=fin-b", *lines)) == [HELD]
    assert said(check, *moved(how, heard, "82 ann loses fin-b", *lines)) == [HELD]
    assert said(check, *moved(how, *lines)) == [HELD]


def test_who_is_signed_out_for_another_reason_later_is_shown_as_he_is_then() -> None:
    out = ("80 fin-a wants ann LOGOUT 255", "80.1 switch ann NOT_READY 50002", "86.2 switch ann LOGOUT 50004")
    for check, how in (
        (desktop.a_sign_in_before_the_crash_is_noticed, "silence"),
        (desktop.a_logout_at_the_first_node, "drop"),
    ):
        assert said(check, *moved(how, *out, "90 ann shown fin-b LOGOUT")) == [HELD]
        assert said(check, *moved(how, *out, "90 ann shown fin-b NOT_READY")) == [VIOLATED]


def test_the_first_node_has_to_ask_and_a_crash_may_be_noticed_later() -> None:
    assert said(desktop.a_logout_at_the_first_node, *moved("drop")) == [VIOLATED]
    assert said(desktop.a_sign_in_before_the_crash_is_noticed, *moved("silence")) == []


def test_a_crash_after_which_something_else_is_asked_for_than_a_logout_is_a_violation() -> None:
    """He is at the other node by then: signed out or Not Ready he may be, and nothing else."""
    check, ready = desktop.a_sign_in_before_the_crash_is_noticed, "150 fin-a wants ann AVAILABLE 0"
    assert said(check, *moved("silence", ready)) == [VIOLATED]
    # The node at which he works passes on what he asks for, and so does the first one, as it may.
    assert said(check, *moved("silence", ready.replace("fin-a", "fin-b"))) == []
    by_himself = "149 ann asks PUT User/{id} 202 wants=state=READY"
    assert said(check, *moved("silence", by_himself, ready)) == []
    assert said(check, *moved("silence", ready, "50 ann is READY")) == [VIOLATED]
    # Long before a node may have noticed it, or so long after it that something else has brought it.
    assert said(check, *moved("silence", ready.replace("150", "30"))) == []
    assert said(check, *moved("silence", ready.replace("150", "210"))) == []


def test_a_websocket_that_breaks_off_has_a_cell_of_its_own() -> None:
    lines = ("80 fin-a wants ann LOGOUT 255", "80.1 switch ann NOT_READY 50002", "92 ann shown fin-b NOT_READY")
    for by, cell in (("websocket", "WebSocket"), ("xmpp", None)):
        for told, outcome in ((lines, HELD), (lines[2:], VIOLATED)):
            (finding,) = findings(desktop.a_logout_at_the_first_node, *moved(f"drop {by}", *told))
            assert (finding.outcome, finding.cell.get("stream")) == (outcome, cell)


@pytest.mark.parametrize(("asked_s", "outcome"), [(79.0, HELD), (85.0, HELD), (85.1, VIOLATED), (78.9, VIOLATED)])
def test_after_a_glitch_the_first_node_asks_after_a_minute(asked_s: float, outcome: Outcome) -> None:
    lines = (f"{asked_s} fin-a wants ann LOGOUT 255", f"{asked_s + 0.1} switch ann NOT_READY 50002")
    check = desktop.a_logout_at_the_first_node
    assert said(check, *moved("drop", *lines, "92 ann shown fin-b NOT_READY")) == [outcome]


def talking(*more: str) -> tuple[str, ...]:
    first = ("1 switch ann AVAILABLE", "3 switch ann TALKING", "20 ann leaves drop", "35 ann moves fin-b")
    return (*first, "110 end-of 7 2001", *more, "120 ann shown fin-b NOT_READY")


@pytest.mark.parametrize(
    ("asked_s", "outcome"),
    [(110.1, HELD), (80.0, VIOLATED), (109.9, VIOLATED), (115.1, VIOLATED)],
)
def test_on_a_call_the_logout_comes_after_its_end(asked_s: float, outcome: Outcome) -> None:
    lines = (f"{asked_s} fin-a wants ann LOGOUT 255", f"{asked_s + 0.1} switch ann NOT_READY 50002")
    assert said(desktop.a_logout_after_the_call, *talking(*lines)) == [outcome]
    assert said(desktop.a_logout_after_the_call, *talking()) == [VIOLATED]


@pytest.mark.parametrize(("before", "was"), [("AVAILABLE", "Ready"), ("NOT_READY", "Not Ready")])
def test_who_would_be_ready_after_the_call_is_logged_out_as_well(before: str, was: str) -> None:
    lines = (f"1 switch ann {before}", *talking("110 switch ann AVAILABLE")[1:])
    asks = "90 ann asks PUT User/{id} 202 wants=state=READY"
    logout = ("110.1 fin-a wants ann LOGOUT 255", "110.2 switch ann NOT_READY 50002")
    check = desktop.a_logout_after_the_call
    for more, wants in (((), None), ((asks,), "another state")):
        (finding,) = findings(check, *lines, *more, *logout)
        assert (finding.outcome, finding.cell["was"], finding.cell.get("wants")) == (HELD, was, wants)
        assert said(check, *lines, *more) == [VIOLATED]


@pytest.mark.parametrize(("asked_s", "outcome"), [(100.0, VIOLATED), (110.1, HELD)])
def test_of_two_calls_the_end_of_one_is_not_the_end_of_both(asked_s: float, outcome: Outcome) -> None:
    second = ("85 switch 7 2001 HOLD", "90 switch 8 2001 CONNECT", "99 end-of 8 2001")
    lines = (f"{asked_s} fin-a wants ann LOGOUT 255", f"{asked_s + 0.1} switch ann NOT_READY 50002")
    assert said(desktop.a_logout_after_the_call, *talking(*second, *lines)) == [outcome]


# --- reconnected -----------------------------------------------------------------------------------------------------

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


# --- calls that are on hold, short, or between -----------------------------------------------------------------------


@pytest.mark.parametrize(("state", "call"), [("TALKING", "talking"), ("HOLD", "on hold")])
def test_a_call_on_hold_is_a_call_with_a_cell_of_its_own(state: str, call: str) -> None:
    def held_call(agent: str, *after: str) -> tuple[str, ...]:
        return (*on_call(agent, *after), f"50 switch {agent} {state}")

    (waits,) = findings(desktop.load_0_waits_for_the_call, *held_call("ann", "100.1 switch ann NOT_READY 50002"))
    (cut,) = findings(desktop.load_0_waits_for_the_call, *held_call("ann", "81 switch ann NOT_READY 50002"))
    (out,) = findings(desktop.load_1_logs_out_on_a_call, *held_call("cid", "80.1 switch cid LOGOUT 50002"))
    assert [one.outcome for one in (waits, cut, out)] == [HELD, VIOLATED, HELD]
    assert {one.cell["call"] for one in (waits, cut, out)} == {call}


@pytest.mark.parametrize(
    ("asked_s", "outcome"), [(78.9, VIOLATED), (79.0, HELD), (85.0, HELD), (85.1, VIOLATED), (None, VIOLATED)]
)
def test_after_a_call_that_is_over_before_the_minute_is_the_minute_counts(
    asked_s: float | None, outcome: Outcome
) -> None:
    first = ("1 switch ann AVAILABLE", "3 switch ann TALKING", "20 ann leaves drop", "35 ann moves fin-b")
    asked_for = () if asked_s is None else (f"{asked_s} fin-a wants ann LOGOUT 255",)
    text = (*first, "60 end-of 7 2001", "60 switch ann NOT_READY 50002", *asked_for, "99 ann shown fin-b NOT_READY")
    (one,) = findings(desktop.a_logout_after_the_call, *text)
    assert (one.outcome, one.cell["call"]) == (outcome, "ends before")


@pytest.mark.parametrize("code", ["0", "255 unforced"])
def test_a_logout_that_is_not_forced_or_has_another_code_is_none_of_the_first_nodes(code: str) -> None:
    lines = (f"80 fin-a wants ann LOGOUT {code}", "80.1 switch ann LOGOUT", "90 ann shown fin-b LOGOUT")
    assert said(desktop.a_logout_at_the_first_node, *moved("drop", *lines)) == [VIOLATED]


def test_what_we_asked_for_since_is_not_what_the_other_node_showed_of_a_logout() -> None:
    lines = ("80 fin-a wants ann LOGOUT 255", "80.1 switch ann LOGOUT 50002")
    later = ("90 ann asks PUT User/{id} 202 wants=state=LOGIN", "91 ann shown fin-b NOT_READY")
    assert said(desktop.a_logout_at_the_first_node, *moved("drop", *lines, *later)) == [INCONCLUSIVE]


def test_who_is_signed_in_again_stays_so() -> None:
    check = desktop.a_logout_of_nobody_does_no_harm
    assert said(check, *OUT, *IN_AGAIN, "110 switch ann LOGOUT") == [VIOLATED]
    by_himself = ("109 ann asks PUT User/{id} 202 wants=state=LOGOUT", "110 switch ann LOGOUT")
    assert said(check, *OUT, *IN_AGAIN, *by_himself) == [HELD]
    gone_again = ("100 ann leaves drop", "160 fin-a wants ann LOGOUT 255", "160.1 switch ann LOGOUT 50002")
    assert said(check, *OUT, *IN_AGAIN, *gone_again)[0] is HELD


def test_who_is_signed_in_again_and_logged_out_by_the_switch_is_harmed_though_no_relay_heard_of_it() -> None:
    def judged(*lines: str) -> list[Outcome]:
        text = STAND + "\n".join((*OUT, *IN_AGAIN, *lines))
        check = desktop.a_logout_of_nobody_does_no_harm
        return [one.outcome for one in found(check, History(played(framed(text, lasts_s=400.0, fault="away"))))]

    assert judged("101 switch ann LOGOUT 50002") == [VIOLATED]
    assert judged("100 ann does set-state LOGOUT", "101 switch ann LOGOUT") == [HELD]


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
