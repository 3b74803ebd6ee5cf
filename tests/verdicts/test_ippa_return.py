"""IPPA on forged time lines: a server that is back."""

import pytest

from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP
from chaos.history.phones import BOTH
from chaos.verdicts import ippa
from chaos.verdicts.check import Check
from chaos.verdicts.outcome import Outcome
from tests.verdicts.handsets import findings, outcomes
from tests.verdicts.phone_stories import GOES, HELD, INCONCLUSIVE, RETURNS, VIOLATED, WAITS

# --- the return -------------------------------------------------------------------------------------------------------


def test_the_return_is_told_in_time() -> None:
    assert outcomes(ippa.the_phone_tells_the_return, RETURNS) == {HELD}
    assert outcomes(ippa.it_asks_to_sign_in_when_both_are_back, RETURNS) == {HELD}


@pytest.mark.parametrize("check", [ippa.the_phone_tells_the_return, ippa.it_asks_to_sign_in_when_both_are_back])
def test_a_phone_that_is_led_to_the_page_of_another_one_is_told_nothing(check: Check) -> None:
    assert outcomes(check, RETURNS + "75 asks fin-a SEPAABBCCDDEEFF") == {VIOLATED}
    assert outcomes(check, RETURNS + "75 asks fin-a {device}") == {HELD}


def test_the_message_of_another_phone_is_not_its_own() -> None:
    check = ippa.the_phone_says_unavailable
    assert outcomes(check, WAITS + "\n25 asks fin-a SEPAABBCCDDEEFF") == {VIOLATED}
    assert outcomes(check, WAITS + "\n25 asks fin-a") == {HELD}


@pytest.mark.parametrize(("at_s", "outcome"), [(82.4, HELD), (83.5, INCONCLUSIVE), (84.6, VIOLATED)])
def test_a_return_that_is_told_late_is_a_violation_from_the_edge_on(at_s: float, outcome: Outcome) -> None:
    assert outcomes(ippa.the_phone_tells_the_return, RETURNS.replace("75 shows", f"{at_s} shows")) == {outcome}


def test_a_return_that_is_never_told_is_a_violation_and_of_its_reason_too() -> None:
    text = WAITS + "70 mends\n72 probe IN"
    assert outcomes(ippa.the_phone_tells_the_return, text, WEBAPP) == {VIOLATED}
    assert outcomes(ippa.happens_without[WEBAPP], text, WEBAPP) == {VIOLATED}


def test_a_tomcat_that_was_stopped_after_the_message_has_nobody_to_tell_of_the_return() -> None:
    """Found by exploring: the CTI servers went first, and the message was shown while Tomcat was still stopping."""
    assert outcomes(ippa.the_phone_tells_the_return, WAITS + "70 mends\n72 probe IN", TOMCAT) == set()


def test_a_node_that_is_not_seen_to_be_back_owes_no_return() -> None:
    assert outcomes(ippa.the_phone_tells_the_return, WAITS + "70 mends") == set()


@pytest.mark.parametrize(("state", "outcome"), [("AVAILABLE", {VIOLATED}), ("NOT_READY", set())])
def test_who_has_no_key_to_pause_with_cannot_work_unless_he_pauses_anyway(state: str, outcome: set[Outcome]) -> None:
    came = RETURNS.partition("91 picks")[0]
    text = f"{came}\n91 switch NOT_READY\n91 presses NotReady in-vain\n92 switch {state}\n93 presses NotReady in-vain"
    assert outcomes(ippa.it_asks_to_sign_in_when_both_are_back, text) == outcome


def test_who_goes_on_without_a_sign_in_or_cannot_work_after_it_is_a_violation() -> None:
    check = ippa.it_asks_to_sign_in_when_both_are_back
    assert outcomes(check, RETURNS.replace("75 shows sign-in", "75 shows home")) == {VIOLATED}
    assert outcomes(check, RETURNS.replace("sends fin-a", "sends fin-a in-vain")) == {VIOLATED}
    assert outcomes(check, RETURNS.replace("93 switch AVAILABLE", "93 switch NOT_READY")) == {VIOLATED}
    assert outcomes(check, RETURNS.replace("92 switch NOT_READY", "92 switch AVAILABLE")) == {VIOLATED}
    assert outcomes(check, RETURNS.replace("93 switch AVAILABLE", "")) == set()


def test_one_of_two_is_not_enough() -> None:
    check = ippa.it_asks_to_sign_in_when_both_are_back
    half = RETURNS.replace("70 mends\n", "45 mends\n70 mends\n")
    assert outcomes(check, half, BOTH) == {HELD}
    assert outcomes(check, half + "50 shows sign-in", BOTH) == {VIOLATED}
    assert outcomes(check, RETURNS.replace("70 mends\n", "69 mends\n70 mends\n"), BOTH) == set()


@pytest.mark.parametrize(("at_s", "outcome"), [(79.4, {HELD}), (79.6, {VIOLATED})])
def test_a_server_that_is_back_is_seen_by_the_next_try(at_s: float, outcome: set[Outcome]) -> None:
    late = RETURNS.replace("75 shows", f"{at_s} shows")
    assert outcomes(ippa.three_tries_take_fifteen_seconds, late) == outcome


def test_a_reason_that_goes_on_without_a_sign_in_is_a_violation_of_its_own_clause() -> None:
    silent = RETURNS.replace("75 shows sign-in", "75 shows home")
    assert outcomes(ippa.happens_without[NOTIFICATION], RETURNS, NOTIFICATION) == {HELD}
    assert outcomes(ippa.happens_without[NOTIFICATION], silent, NOTIFICATION) == {VIOLATED}


def test_a_fast_fail_over_asks_nobody_to_sign_in() -> None:
    asked = "20 mends\n21 probe IN\n22 shows sign-in"
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, asked, lasts_s=60.0) == {VIOLATED}


@pytest.mark.parametrize("screen", ["services", "error"])
def test_retry_has_to_lead_to_a_page_of_the_server(screen: str) -> None:
    assert outcomes(ippa.the_phone_says_unavailable, f"{WAITS}\n40 presses Retry\n40 shows unavailable") == {HELD}
    for check in (ippa.the_phone_says_unavailable, ippa.nothing_else_goes_on):
        assert outcomes(check, f"{WAITS}\n40 presses Retry\n40 shows {screen}") == {VIOLATED}


def test_the_same_phone_that_loses_its_server_again_has_a_cell_of_its_own() -> None:
    kind = CTI.replace(" ", "-")
    twice = f"{RETURNS}\n110 again {kind}\n126 shows unavailable"
    found = findings(ippa.the_phone_says_unavailable, twice, lasts_s=180.0)
    assert [one.cell.get("again") for one in found] == [None, CTI]
    assert VIOLATED not in {one.outcome for one in found}
    silent = findings(ippa.the_phone_says_unavailable, f"{RETURNS}\n110 again {kind}", lasts_s=180.0)
    assert [one.cell.get("again") for one in silent if one.outcome is VIOLATED] == [CTI]


def test_a_phone_that_has_left_is_not_called_back() -> None:
    assert outcomes(ippa.the_agent_goes_over_by_hand, f"{GOES}\n75 pushed fin-a") == {VIOLATED}
    assert outcomes(ippa.the_agent_goes_over_by_hand, f"{GOES}\n61 pushed fin-a") == {HELD}


def test_a_service_that_was_not_told_of_it_may_go_on() -> None:
    """Found by exploring: Exit was pressed in the instant in which the service went, and did not get through."""
    in_vain = GOES.replace("60 presses Exit", "60 presses Exit in-vain")
    assert outcomes(ippa.the_agent_goes_over_by_hand, f"{in_vain}\n75 pushed fin-a") == {HELD}
