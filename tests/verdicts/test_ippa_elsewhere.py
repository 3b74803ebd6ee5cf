"""IPPA on forged time lines: the other server, which the agent goes to by hand."""

import pytest

from chaos.history import History
from chaos.history.desktops import CTI, NOTIFICATION, WEBAPP
from chaos.verdicts import ippa
from chaos.verdicts.ippa.beside import others_go_on
from chaos.verdicts.outcome import Outcome
from tests.verdicts.handsets import Handset, findings, outcomes
from tests.verdicts.phone_stories import GOES, HELD, INCONCLUSIVE, RETURNS, VIOLATED, WAITS

# --- the other server -------------------------------------------------------------------------------------------------


def test_the_agent_goes_over_by_hand_and_works() -> None:
    assert outcomes(ippa.the_agent_goes_over_by_hand, GOES) == {HELD}
    assert outcomes(ippa.the_alternate_is_never_asked, GOES) == {HELD}


def test_who_is_not_let_in_there_or_cannot_work_or_cannot_leave_is_a_violation() -> None:
    check = ippa.the_agent_goes_over_by_hand
    assert outcomes(check, GOES.replace("sends fin-b", "sends fin-b in-vain")) == {VIOLATED}
    assert outcomes(check, GOES.replace("65 switch AVAILABLE", "65 switch NOT_READY")) == {VIOLATED}
    assert outcomes(check, GOES.replace("64 switch NOT_READY", "64 switch AVAILABLE")) == {VIOLATED}
    assert outcomes(check, GOES.replace("60 shows services", "60 shows unavailable")) == {VIOLATED}
    assert outcomes(check, WAITS) == set()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("55 says fin-b OUT_OF_SERVICE", set()),
        ("30 says fin-b OUT_OF_SERVICE\n40 says fin-b IN_SERVICE", {VIOLATED}),
        ("55 says fin-b OUT_OF_SERVICE\n58 says fin-b IN_SERVICE", set()),
    ],
)
def test_a_server_that_is_out_of_service_itself_lets_nobody_in(lines: str, expected: set[Outcome]) -> None:
    """Found by exploring: the other node was lost in the instant in which the agent went there."""
    text = f"{GOES.replace('sends fin-b', 'sends fin-b in-vain')}\n{lines}"
    assert outcomes(ippa.the_agent_goes_over_by_hand, text) == expected


def test_a_key_that_is_not_offered_leaves_nothing() -> None:
    check = ippa.the_agent_goes_over_by_hand
    stays = GOES.replace("60 shows services", "60 shows unavailable keys=Retry")
    assert outcomes(check, stays) == {HELD}
    assert outcomes(check, stays.replace("keys=Retry", "keys=Retry+Exit")) == {VIOLATED}


@pytest.mark.parametrize(
    "line", ["30 asks fin-b", "30 pushed fin-b", "30 shows unavailable hosts=fin-b", "12 asks fin-b"]
)
def test_whatever_leads_to_the_other_server_is_a_violation(line: str) -> None:
    assert outcomes(ippa.the_alternate_is_never_asked, f"{WAITS}\n{line}") == {VIOLATED}


def test_whom_the_old_server_signs_out_at_the_other_one_does_not_work_there() -> None:
    check = ippa.the_agent_goes_over_by_hand
    assert outcomes(check, GOES + "100 switch-tells LOGOUT") == {VIOLATED}
    assert outcomes(check, GOES + "99 presses SignOut\n100 switch-tells LOGOUT") == {HELD}
    assert outcomes(check, GOES + "100 switch-tells NOT_READY") == {HELD}


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("76 wants fin-a NOT_READY", VIOLATED),
        ("76 wants fin-a NOT_READY forced", HELD),
        ("76 wants fin-b NOT_READY", HELD),
        ("68 wants fin-a NOT_READY", HELD),  # before it is back
        ("76 opens fin-a\n77 wants fin-a NOT_READY", HELD),  # he is there again
    ],
)
def test_the_old_server_asks_for_nothing_in_the_name_of_who_has_left_it(line: str, outcome: Outcome) -> None:
    back = "70 mends\n71 probe OUT\n72 probe IN\n"
    assert outcomes(ippa.the_agent_goes_over_by_hand, GOES + back + line) == {outcome}


def test_a_message_that_is_not_shown_again_is_a_violation() -> None:
    later = WAITS + "60 shows home"
    assert outcomes(ippa.the_phone_says_unavailable, later) == {VIOLATED}
    assert outcomes(ippa.the_phone_says_unavailable, WAITS + "60 shows services") == {HELD}
    assert outcomes(ippa.the_phone_says_unavailable, WAITS + "70 mends\n71 shows home") == {HELD}


def test_who_signs_in_at_once_after_the_return_fills_a_cell() -> None:
    soon = RETURNS.replace("90 shows home\n90 sends", "76 shows home\n76 sends")
    check = ippa.it_asks_to_sign_in_when_both_are_back
    assert [one.cell.get("sent") for one in findings(check, soon)] == ["at once"]
    assert [one.cell.get("sent") for one in findings(check, RETURNS)] == [None]
    assert outcomes(check, soon.replace("76 sends fin-a", "76 sends fin-a in-vain")) == {VIOLATED}


def test_whose_first_state_is_asked_for_in_vain_cannot_work() -> None:
    vain = RETURNS.replace("92 switch NOT_READY", "92 switch AVAILABLE")
    (one,) = findings(ippa.it_asks_to_sign_in_when_both_are_back, vain)
    assert (one.outcome, "cannot become Not Ready" in one.reason) == (VIOLATED, True)


@pytest.mark.parametrize(("reason", "outcome"), [("10", HELD), ("11", VIOLATED), ("0", VIOLATED), ("50002", HELD)])
def test_the_reason_that_is_picked_is_the_one_that_it_was_before(reason: str, outcome: Outcome) -> None:
    check = ippa.it_asks_to_sign_in_when_both_are_back
    after = f"{RETURNS}\n91.5 switch-tells NOT_READY {reason}"
    before = "3 picks Lunch\n3.5 switch-tells NOT_READY 10"
    assert outcomes(check, after, before=before) == {outcome}
    assert outcomes(check, after) == {HELD}, "nobody knows which reason that is"
    assert outcomes(check, after, before=f"{before}\n6 picks Lunch\n6.5 switch-tells NOT_READY 12") == {HELD}


def test_a_phone_that_goes_over_by_itself_is_a_violation() -> None:
    assert outcomes(ippa.the_agent_goes_over_by_hand, "25 shows home at=fin-b") == {VIOLATED}


@pytest.mark.parametrize(("vain", "outcome"), [(" in-vain", HELD), ("", VIOLATED)])
def test_at_the_other_server_it_takes_his_own_password(vain: str, outcome: Outcome) -> None:
    wrong = GOES.replace("62 shows home", f"61.5 mistypes fin-b{vain}\n62 shows home")
    found = [one for one in findings(ippa.the_agent_goes_over_by_hand, wrong) if one.cell.get("typed")]
    assert [one.outcome for one in found] == [outcome]
    assert not any(one.cell.get("typed") for one in findings(ippa.the_agent_goes_over_by_hand, GOES))


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ("", "", HELD),
        ("", " in-vain", VIOLATED),
        (" in-vain", " in-vain", INCONCLUSIVE),  # the lab lets nobody else sign in there anyway
        (" in-vain", "", INCONCLUSIVE),
    ],
)
def test_whoever_could_sign_in_at_a_phone_can_again(before: str, after: str, outcome: Outcome) -> None:
    text = f"{RETURNS}\n110 lends fin-a{after}"
    check = ippa.it_asks_to_sign_in_when_both_are_back
    found = [one for one in findings(check, text, WEBAPP, before=f"3 lends fin-a{before}") if one.cell.get("lent")]
    assert [one.outcome for one in found] == [outcome]


def test_as_long_as_it_is_down_the_screen_stays() -> None:
    check = ippa.nothing_else_goes_on
    assert outcomes(check, WAITS + "70 mends") == {HELD}
    assert outcomes(check, WAITS + "45 shows home\n70 mends") == {VIOLATED}
    assert outcomes(check, WAITS + "45 shows sign-in\n70 mends") == {VIOLATED}
    assert outcomes(check, "25 shows unavailable\n70 mends") == set(), "nobody pressed Retry"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("43 shows unavailable keys=Retry", VIOLATED),
        ("43 shows unavailable keys=Exit", HELD),  # that Retry is there is IPPA-01's affair
        ("71 shows unavailable keys=Retry", HELD),  # it was on its way back
    ],
)
def test_as_long_as_it_is_down_there_is_a_way_on(shown: str, expected: Outcome) -> None:
    assert outcomes(ippa.nothing_else_goes_on, f"{WAITS}\n{shown}\n70 mends") == {expected}


def test_who_opens_the_lost_service_once_more_is_not_let_in() -> None:
    check, left = ippa.nothing_else_goes_on, "25 shows unavailable\n40 presses Exit\n42 opens fin-a"
    [one] = findings(check, f"{left}\n44 sends fin-a in-vain\n70 mends")
    assert (one.outcome, one.cell["reopened"]) == (HELD, CTI)
    assert outcomes(check, f"{left} in-vain\n70 mends") == {HELD}
    assert outcomes(check, f"{left}\n44 sends fin-a\n70 mends") == {VIOLATED}
    assert outcomes(check, f"{left}\n44 shows unavailable\n44 sends fin-a\n70 mends") == {HELD}
    assert outcomes(check, f"{left}\n42 shows home\n44 sends fin-a in-vain\n70 mends") == {VIOLATED, HELD}
    assert outcomes(check, f"{left}\n42 shows sign-in\n44 sends fin-a in-vain\n70 mends") == {HELD}
    assert outcomes(check, f"{left}\n70 mends\n71 sends fin-a") == set(), "it was on its way back"
    assert outcomes(check, f"{left}\n44 sends fin-a\n70 mends", reason=NOTIFICATION) == set()


_THERE = "3 opens fin-b\n4 shows home at=fin-b\n4 sends fin-b"


# --- at the other server ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [WEBAPP, NOTIFICATION])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25 shows away at=fin-b\n70 mends\n72 probe IN", {HELD}),
        ("25 shows unavailable at=fin-b\n70 mends\n72 probe IN", {VIOLATED}),
        ("26 shows sign-in at=fin-b\n70 mends\n72 probe IN", {VIOLATED}),
        ("25 shows unavailable at=fin-b\n25 presses Ready\n70 mends\n72 probe IN", {HELD}),  # her key is refused so
        ("24 presses Exit\n25 shows sign-in at=fin-b\n70 mends\n72 probe IN", set()),  # she has left, and too soon
        ("12 switch-tells LOGOUT\n25 shows sign-in at=fin-b\n70 mends", set()),  # as she was signed out
    ],
)
def test_whoever_is_at_the_phone_of_a_server_that_is_well_goes_on(
    reason: str, text: str, expected: set[Outcome]
) -> None:
    played = Handset(reason).play(text, lasts_s=130.0, before=_THERE)
    assert {one.outcome for one in others_go_on(History(played), reason)} == expected


@pytest.mark.parametrize(
    ("screen", "expected"), [("home", {HELD}), ("sign-in", {HELD, VIOLATED}), ("error", {HELD, VIOLATED})]
)
def test_who_has_not_signed_out_there_is_in_once_he_opens_it(screen: str, expected: set[Outcome]) -> None:
    """Found by exploring: he went over twice, and there was no form to sign in with the second time."""
    again = f"74 shows services\n75 opens fin-b\n75 shows {screen} at=fin-b\n76 sends fin-b in-vain"
    assert outcomes(ippa.the_agent_goes_over_by_hand, f"{GOES}\n{again}") == expected
