"""DESKTOP-06, DESKTOP-07, DESKTOP-12, DESKTOP-13 on forged timelines: whom a forced logout meets."""

import pytest

from chaos.history import History
from chaos.history.absences import telephone_contradicted
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from chaos.verdicts.ruling import found
from tests.verdicts.leaving import HELD, INCONCLUSIVE, STAND, VIOLATED, findings, said
from tests.verdicts.script import NODES, framed, played

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


CID_GONE = ("2 switch cid NOT_READY", "50 cid leaves goodbye")


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("110 fin-a wants cid LOGOUT 255", "130 cid returns"), HELD),
        (("130 cid returns",), VIOLATED),
        (("70 switch cid LOGOUT", "130 cid returns"), HELD),  # there is nobody to be logged out
        (("100 cid returns",), HELD),  # in time
        (("85 switch cid TALKING", "130 cid returns"), HELD),  # the logout waits for the end of the call
    ],
)
def test_who_is_waited_for_is_not_forgotten_over_a_logout_of_nobody(lines: tuple[str, ...], outcome: Outcome) -> None:
    check = desktop.a_logout_of_nobody_hurts_nobody_else
    assert said(check, *OUT, *CID_GONE, *lines) == [outcome]


def test_who_goes_after_a_logout_of_nobody_is_not_waited_for_then() -> None:
    check = desktop.a_logout_of_nobody_hurts_nobody_else
    for left_s in (23, 79):
        lines = (f"{left_s} cid leaves goodbye", "170 cid returns")
        assert said(check, *OUT, "2 switch cid NOT_READY", *lines) == [HELD]


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


@pytest.mark.parametrize(
    ("told", "contradicts"),
    [
        ("80.1 switch ann NOT_READY 50002", False),
        ("80.1 switch ann NOT_READY", False),  # it was told of it, though otherwise than a node
        ("70 switch ann NOT_READY", True),
        ("79 switch ann TALKING\n89 switch ann NOT_READY", False),  # it came of it after the call
        ("82 switch ann TALKING\n89 switch ann NOT_READY", True),
        ("80.1 switch ann NOT_READY\n85 fin-b wants ann LOGOUT 255", False),  # which changes nothing any more
        ("80.1 switch ann LOGOUT", True),
        ("", True),
    ],
)
def test_our_telephone_missed_nothing_of_a_logout_that_is_told_to_it_for_another_reason(
    told: str, contradicts: bool
) -> None:
    lines = ("1 switch ann AVAILABLE", "80 fin-a wants ann LOGOUT 255", told, "90 ann is NOT_READY why=50002")
    history = History(played(framed("\n".join((STAND, *lines)), lasts_s=400.0, fault="away")))
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


@pytest.mark.parametrize(("asked_s", "outcome"), [(110.1, HELD), (80.0, VIOLATED), (115.1, VIOLATED), (None, VIOLATED)])
def test_a_call_that_begins_within_the_minute_is_waited_for_as_well(asked_s: float | None, outcome: Outcome) -> None:
    first = ("1 switch ann AVAILABLE", "20 ann leaves drop", "35 ann moves fin-b", "60 switch ann TALKING")
    asked = () if asked_s is None else (f"{asked_s} fin-a wants ann LOGOUT 255",)
    over = ("110 end-of 7 2001", "110.2 switch ann NOT_READY 50002", "120 ann shown fin-b NOT_READY")
    (finding,) = findings(desktop.a_logout_after_the_call, *first, *asked, *over)
    assert (finding.outcome, finding.cell["began"]) == (outcome, "within the minute")
    assert said(desktop.a_logout_at_the_first_node, *first, *asked, *over) == []


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
