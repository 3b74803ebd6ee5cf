"""IPPA on forged time lines: the message of a lost server, and the edge of a CTI fail-over."""

import pytest

from chaos.history import History
from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP
from chaos.history.phones import BOTH, REASONS, phone_losses
from chaos.report.lanes_phones import phones
from chaos.verdicts import ippa
from chaos.verdicts.check import Check
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found
from tests.verdicts.handsets import Handset, findings, outcomes
from tests.verdicts.phone_stories import HELD, INCONCLUSIVE, RETURNS, VIOLATED, WAITS

# --- the message ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", REASONS)
def test_the_message_with_both_keys_is_held_whatever_the_reason(reason: str) -> None:
    assert outcomes(ippa.the_phone_says_unavailable, WAITS, reason) == {HELD}
    assert outcomes(ippa.three_tries_take_fifteen_seconds, WAITS, reason) == {HELD}


@pytest.mark.parametrize("screen", ["wait", "home", "unavailable keys=Retry", "unavailable keys=Exit"])
def test_other_words_and_missing_keys_are_violations(screen: str) -> None:
    assert outcomes(ippa.the_phone_says_unavailable, f"25 shows {screen}") == {VIOLATED}


@pytest.mark.parametrize(
    ("at_s", "outcome"),
    # From the loss at 10 s. Which three tries come 12 s after it only the node's own log can say.
    [(20.4, VIOLATED), (22.0, INCONCLUSIVE), (22.6, HELD), (27.4, HELD), (27.6, VIOLATED), (40.0, VIOLATED)],
)
def test_some_fifteen_seconds_have_two_edges(at_s: float, outcome: Outcome) -> None:
    for check, reason in (
        (ippa.three_tries_take_fifteen_seconds, BOTH),
        (ippa.out_of_service_is_noticed, CTI),
        (ippa.lost_xmpp_is_noticed, NOTIFICATION),
        (ippa.happens_without[WEBAPP], WEBAPP),
        (ippa.happens_without[NOTIFICATION], NOTIFICATION),
    ):
        assert outcomes(check, f"{at_s} shows unavailable", reason) == {outcome}


def test_a_message_that_never_comes_is_a_violation_of_each_reason() -> None:
    assert outcomes(ippa.out_of_service_is_noticed, "", WEBAPP) == {VIOLATED}
    assert outcomes(ippa.lost_xmpp_is_noticed, "", NOTIFICATION) == {VIOLATED}
    assert outcomes(ippa.happens_without[WEBAPP], "", WEBAPP) == {VIOLATED}


def test_a_check_of_one_reason_says_nothing_of_another() -> None:
    assert outcomes(ippa.out_of_service_is_noticed, "", NOTIFICATION) == set()
    assert outcomes(ippa.lost_xmpp_is_noticed, "", CTI) == set()


def test_without_tomcat_no_message_is_owed() -> None:
    assert outcomes(ippa.the_phone_says_unavailable, "40 shows error", TOMCAT) == set()
    assert outcomes(ippa.three_tries_take_fifteen_seconds, "40 shows error", TOMCAT) == set()


def test_of_who_leaves_before_it_is_due_nothing_is_said() -> None:
    assert outcomes(ippa.the_phone_says_unavailable, "20 leaves") == set()


@pytest.mark.parametrize(("together", "reasons"), [((WEBAPP, TOMCAT), [TOMCAT]), ((WEBAPP, CTI), []), ((CTI,), [CTI])])
def test_without_tomcat_nothing_else_counts_and_of_a_loss_without_a_name_nothing_is_said(
    together: tuple[str, ...], reasons: list[str]
) -> None:
    lost = Handset(" & ".join(together)).play("", lasts_s=130.0)
    assert [one.reason for one in phone_losses(History(lost))] == reasons


@pytest.mark.parametrize(("before", "reasons"), [("8 probe IN", [CTI]), ("8 probe OUT", [])])
def test_a_node_that_was_out_of_service_before_was_not_lost_by_this_fault(before: str, reasons: list[str]) -> None:
    lost = Handset(CTI).play("", lasts_s=130.0, before=before)
    assert [one.reason for one in phone_losses(History(lost))] == reasons


def test_a_fault_that_did_nothing_has_taken_no_node_from_a_phone() -> None:
    """Found with injectors that do nothing: the phone was to show a loss that there was not."""
    assert phone_losses(History(Handset(CTI).play("", lasts_s=130.0, bites=False))) == ()


@pytest.mark.parametrize(
    ("meanwhile", "losses"),
    [
        ("9.2 presses Exit\n9.3 shows services\n9.4 opens fin-b", 0),
        ("9.2 opens fin-b\n9.3 sends fin-b", 0),
        ("9.2 presses Ready", 1),
    ],
)
def test_who_has_gone_over_by_hand_before_the_node_is_lost_has_lost_nothing(meanwhile: str, losses: int) -> None:
    """Found by exploring: a service takes its time to stop, and a phone that works at the other node was blamed."""
    lost = Handset(TOMCAT).play("", lasts_s=130.0, meanwhile=meanwhile)
    assert len(phone_losses(History(lost))) == losses


def test_a_phone_of_which_its_tomcat_has_forgotten_is_owed_nothing_until_somebody_signs_in_again() -> None:
    lost = f"20 mends\n40 probe IN\n60 again {CTI.replace(' ', '-')}"
    assert outcomes(ippa.the_phone_says_unavailable, lost, TOMCAT) == set()
    signs_in = f"{lost}\n45 shows sign-in\n46 shows home\n46 sends fin-a"
    assert outcomes(ippa.the_phone_says_unavailable, signs_in, TOMCAT) == {VIOLATED}


@pytest.mark.parametrize(("back", "outcome"), [("", set()), ("17 probe IN", set()), ("11.5 probe IN", {VIOLATED})])
def test_two_losses_one_after_the_other_are_two_and_one_that_comes_at_once_is_not_counted_from(
    back: str, outcome: set[Outcome]
) -> None:
    again = f"11 mends\n{back}\n22 again {NOTIFICATION.replace(' ', '-')}"
    assert outcomes(ippa.the_phone_says_unavailable, again) == outcome


# --- the edge of a CTI fail-over --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "outcome"), [("", {HELD}), ("19 shows unavailable", {VIOLATED})])
def test_a_fast_cti_fail_over_shows_nothing(text: str, outcome: set[Outcome]) -> None:
    lines = f"{text}\n20 mends\n21 probe IN"
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, lines, lasts_s=60.0) == outcome


@pytest.mark.parametrize(
    ("was", "change", "cell"),
    [
        ("TALKING", "13 switch NOT_READY", "his call was over"),
        ("AVAILABLE", "13 switch NOT_READY", "another state"),
        ("AVAILABLE", "13 switch AVAILABLE", None),
        ("AVAILABLE", "22 switch NOT_READY", None),
        ("AVAILABLE", "", None),
    ],
)
@pytest.mark.parametrize(
    ("shown", "outcome"),
    [("22 shows away", HELD), ("", HELD), ("22 shows sign-in", VIOLATED), ("19 shows unavailable", VIOLATED)],
)
def test_what_becomes_of_the_agent_in_a_fast_one_makes_no_difference(
    was: str, change: str, cell: str | None, shown: str, outcome: Outcome
) -> None:
    text = f"{change}\n{shown}\n20 mends\n21 probe IN"
    lost = Handset().play(text, lasts_s=60.0, meanwhile=f"9.2 switch {was}")
    (one,) = found(ippa.only_a_slow_cti_fail_over_is_shown, History(lost))
    assert (one.cell.get("meanwhile"), one.outcome) == (cell, outcome)


def test_whoever_signs_out_after_a_fast_one_is_asked_to_sign_in_as_he_should_be() -> None:
    back = "15 mends\n16 probe IN\n90 shows sign-in\n90 presses SignOut"
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, back) == {HELD}
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, f"{back}\n60 shows sign-in") == {VIOLATED}


@pytest.mark.parametrize(
    ("check", "reason"), [(ippa.out_of_service_is_noticed, CTI), (ippa.lost_xmpp_is_noticed, NOTIFICATION)]
)
def test_a_loss_that_is_over_before_the_third_try_shows_nothing(check: Check, reason: str) -> None:
    over = "20 mends\n21 probe IN"
    (one,) = findings(check, over, reason, lasts_s=60.0)
    assert (one.outcome, one.cell.get("pace")) == (HELD, "fast")
    for screen in ("unavailable", "sign-in"):
        assert outcomes(check, f"24 shows {screen}\n{over}", reason, lasts_s=60.0) == {VIOLATED}
    assert outcomes(check, over, reason, lasts_s=30.0) == set()


def test_a_notification_service_that_cannot_be_back_so_soon_has_no_fast_loss() -> None:
    (one,) = findings(ippa.lost_xmpp_is_noticed, "20 mends\n21 probe OUT\n24 probe IN", NOTIFICATION, lasts_s=60.0)
    assert one.is_unfit


def test_a_slow_one_shows_the_message_and_one_between_is_not_judged() -> None:
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, "25 shows unavailable\n30 mends\n31 probe IN") == {HELD}
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, "30 mends\n31 probe IN") == {VIOLATED}
    assert outcomes(ippa.only_a_slow_cti_fail_over_is_shown, "24 mends\n25 probe IN") == set()


# --- observers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["screen", "request", "push"])
def test_a_phone_of_which_something_was_not_seen_is_not_believed(what: str) -> None:
    text = f"{WAITS}\n28 misses {what}\n29 shows unavailable\n29 asks fin-a\n29 pushed fin-a"
    for check in (ippa.the_phone_says_unavailable, ippa.the_alternate_is_never_asked):
        assert outcomes(check, text) <= {INCONCLUSIVE}
    assert findings(ippa.the_phone_says_unavailable, text)


# --- the picture ------------------------------------------------------------------------------------------------------


def test_the_screens_of_a_phone_have_a_lane() -> None:
    (lane,) = phones(Handset().play(RETURNS))
    (row,) = lane.rows
    assert [bar.text for bar in row.bars][:4] == ["sign-in", "State: READY", "unavailable", "unavailable"]
    assert "[Retry] [Exit]" in row.bars[2].hint
