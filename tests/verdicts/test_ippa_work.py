"""IPPA on forged time lines: what the agent was doing, his calls, and keys that are pressed meanwhile."""

import pytest

from chaos.history import History
from chaos.history import phones as losses
from chaos.history.desktops import CTI, WEBAPP
from chaos.history.faults import FaultSpan
from chaos.verdicts import ippa
from chaos.verdicts.check import Check
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found, judged
from tests.verdicts.handsets import Handset, findings, outcomes
from tests.verdicts.phone_stories import GOES, HELD, RETURNS, VIOLATED, WAITS

SHOWN_BEFORE = "9.2 calls 9\n9.3 shows call 9\n9.4 hangs-up 9\n9.5 shows home"


def _all(check: Check, text: str, *, meanwhile: str = SHOWN_BEFORE) -> set[Outcome]:
    return {one.outcome for one in found(check, History(Handset().play(text, meanwhile=meanwhile)))}


# --- what the agent was doing, and calls ------------------------------------------------------------------------------


def test_the_cell_of_a_loss_says_what_the_agent_was_doing() -> None:
    lost = Handset().play(WAITS, meanwhile="9.2 switch TALKING")
    (one,) = found(ippa.the_phone_says_unavailable, History(lost))
    assert one.cell["state"] == "TALKING"
    (one,) = findings(ippa.the_phone_says_unavailable, WAITS)
    assert one.cell.get("state") is None


@pytest.mark.parametrize(("text", "outcome"), [(WAITS, HELD), ("", VIOLATED)])
def test_a_list_of_reasons_gives_way_to_the_message_like_any_page(text: str, outcome: Outcome) -> None:
    lost = Handset().play(text, before="8 shows menu\n8 presses NotReady")
    assert [(one.cell.get("page"), one.outcome) for one in found(ippa.the_phone_says_unavailable, History(lost))] == [
        ("list of reasons", outcome)
    ]


@pytest.mark.parametrize(
    ("before", "pages"),
    [
        ("8 shows menu\n8 presses NotReady\n8.5 shows home\n8.5 picks Lunch", [None]),
        ("8 shows away\n8 presses NotReady", [None, "list of reasons"]),
        ("8 presses NotReady in-vain", [None]),
        ("", [None]),
    ],
)
def test_a_lab_without_reasons_has_no_such_list(before: str, pages: list[str | None]) -> None:
    lost = found(ippa.the_phone_says_unavailable, History(Handset().play(WAITS, before=before)))
    assert [one.cell.get("page") for one in lost] == pages
    assert [one.outcome for one in lost if not one.is_unfit] == [HELD]


def test_a_later_screen_without_a_key_is_a_violation_as_the_first_would_be() -> None:
    """Found by a break: the third page for an unavailable server had no Exit."""
    text = f"{WAITS}\n50 shows unavailable keys=Retry"
    assert outcomes(ippa.the_phone_says_unavailable, text) == {VIOLATED}


@pytest.mark.parametrize(
    ("check", "text", "shown", "over"),
    [
        (ippa.it_asks_to_sign_in_when_both_are_back, RETURNS, "95 shows call 1", "99 shows home"),
        (ippa.the_agent_goes_over_by_hand, GOES, "67 shows call 1 at=fin-b", "71 shows home at=fin-b"),
    ],
)
def test_whose_phone_hides_a_call_or_its_end_cannot_work(check: Check, text: str, shown: str, over: str) -> None:
    """Found by breaks: after the return, and at the other server, the home screen had no call data."""
    assert shown in text
    assert _all(check, text) == {HELD}
    assert _all(check, text.replace(shown, "")) == {VIOLATED}
    assert _all(check, text.replace(over, "")) == {VIOLATED}


def test_a_layout_that_shows_no_data_at_all_hides_no_call() -> None:
    text = RETURNS.replace("95 shows call 1", "")
    assert _all(ippa.it_asks_to_sign_in_when_both_are_back, text, meanwhile="") == {HELD}


def test_without_a_call_nothing_is_held_of_his_work() -> None:
    text = "\n".join(line for line in RETURNS.splitlines() if "calls" not in line and "hangs-up" not in line)
    assert _all(ippa.it_asks_to_sign_in_when_both_are_back, text) == set()


@pytest.mark.parametrize(("state", "outcome"), [("LOGOUT", HELD), ("NOT_READY", VIOLATED)])
def test_who_asks_to_be_signed_out_is(state: str, outcome: Outcome) -> None:
    text = f"{GOES}\n80 switch NOT_READY\n81 presses SignOut\n81 picks End\n83 switch {state}"
    assert _all(ippa.the_agent_goes_over_by_hand, text) == {outcome}


def test_a_key_to_sign_out_that_there_is_not_is_missed_by_who_is_not_ready_alone() -> None:
    away = f"{GOES}\n80 switch NOT_READY\n81 presses SignOut in-vain\n83 switch NOT_READY"
    assert _all(ippa.the_agent_goes_over_by_hand, away) == {VIOLATED}
    assert _all(ippa.the_agent_goes_over_by_hand, away.replace("80 switch NOT_READY", "80 switch TALKING")) == {HELD}


@pytest.mark.parametrize("line", ["5 asks fin-b", "5 pushed fin-b", "5 shows home hosts=fin-b"])
def test_the_alternate_is_not_asked_while_nothing_is_lost_either(line: str) -> None:
    lost = Handset().play(WAITS, before=line)
    bad = [one for one in found(ippa.the_alternate_is_never_asked, History(lost)) if one.outcome is VIOLATED]
    assert [one.cell["node"] for one in bad] == ["fin-a"]


def test_who_goes_over_once_more_fills_another_cell() -> None:
    back = "75 mends\n77 probe IN\n79 opens fin-a\n80 shows home at=fin-a\n80 sends fin-a"
    again = f"95 again {CTI.replace(' ', '-')}\n120 shows services\n120 presses Exit"
    again += "\n121 opens fin-b\n122 sends fin-b in-vain"
    first, second = findings(ippa.the_agent_goes_over_by_hand, f"{GOES}\n{back}\n{again}", lasts_s=200.0)
    assert first.cell.get("again") is None
    assert (second.outcome, second.cell["again"]) == (VIOLATED, CTI)


def test_a_node_that_loads_for_long_has_no_fast_fail_over_and_its_cells_are_unfit() -> None:
    def states(loads_s: int) -> set[str]:
        looks = "\n".join(f"{at_s} probe OUT" for at_s in range(42, 41 + loads_s, 2))
        lost = Handset().play(f"25 shows unavailable\n41 mends\n{looks}\n{41 + loads_s} probe IN", lasts_s=160.0)
        verdict = judged("IPPA-12", ippa.only_a_slow_cti_fail_over_is_shown, [History(lost)])
        return {one.outcome for one in verdict.grid if one.cell.get("pace") != "slow" and one.cell["node"] == "fin-a"}

    assert states(45) == {"UNFIT"}
    assert states(6) == {"UNJUDGED"}


@pytest.mark.parametrize(
    ("mends_s", "back_s", "is_unfit"), [(17.0, 21.6, False), (17.0, 29.0, True), (24.0, 29.0, False)]
)
def test_a_node_that_is_late_back_from_a_short_loss_has_no_fast_fail_over(
    mends_s: float, back_s: float, is_unfit: bool
) -> None:
    late = f"{mends_s} mends\n{back_s - 0.5} probe OUT\n{back_s} probe IN"
    seen = findings(ippa.only_a_slow_cti_fail_over_is_shown, late, lasts_s=160.0)
    assert {one.is_unfit for one in seen} == ({True} if is_unfit else {False} if back_s < 22 else set())


KNOWN = "3 shows home\n5 switch AVAILABLE\n6 shows away\n8 switch NOT_READY"

_RIGHT = RETURNS.replace("91 picks", "91 shows away\n91 picks").replace("93 switch", "92.5 shows home\n93 switch")


@pytest.mark.parametrize(
    ("text", "before", "outcome"),
    [
        (_RIGHT, KNOWN, HELD),
        (RETURNS, KNOWN, VIOLATED),  # the home screen of who is Ready, and he is not
        (_RIGHT.replace("92.5 shows home", "92.5 shows away"), KNOWN, VIOLATED),  # and the other way round
        (f"{RETURNS}\n91.5 switch-tells NOT_READY 10", KNOWN, HELD),  # just now, and the phone need not show it yet
        (RETURNS, "3 shows home\n5 switch AVAILABLE", HELD),  # what it shows of who is Not Ready is not known
        (RETURNS.replace("90 shows home", "90 shows wait"), KNOWN, HELD),  # of no state that is known
    ],
)
def test_a_phone_that_shows_its_agent_in_another_state_is_a_violation(text: str, before: str, outcome: Outcome) -> None:
    assert outcomes(ippa.it_asks_to_sign_in_when_both_are_back, text, before=before) == {outcome}


@pytest.mark.parametrize(
    ("injected_s", "next_s", "rolling_back_s", "is_one"),
    [
        (24.0, 30.0, None, True),
        (34.0, 41.0, None, True),  # its console took 14 s to stop it
        (34.0, 49.0, None, True),
        (34.0, 49.1, None, False),
        (None, 35.0, None, True),
        (34.0, 41.0, 40.0, False),  # it was mended by then
    ],
)
def test_faults_of_one_loss_follow_each_other_once_the_first_is_there(
    injected_s: float | None, next_s: float, rolling_back_s: float | None, is_one: bool
) -> None:
    first = _span(20.0, injected_s, rolling_back_s)
    assert losses._are_one([first], _span(next_s, next_s, None)) is is_one


def _span(injecting_s: float, injected_s: float | None, rolling_back_s: float | None) -> FaultSpan:
    return FaultSpan(
        name="fault",
        kind="StoppedService",
        target="publisher/Cisco Finesse Notification Service",
        parameters=(),
        lies_in_wait=False,
        injecting_s=injecting_s,
        injected_s=injected_s,
        rolling_back_s=rolling_back_s,
        rolled_back_s=rolling_back_s,
        bit=None,
        held=None,
        lifted=None,
        broke_off=None,
        failed=None,
    )


# --- a key that is pressed meanwhile ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17 presses Ready\n25 shows unavailable\n40 shows unavailable", {HELD}),
        ("17 presses Ready\n35 shows unavailable\n40 shows unavailable", {VIOLATED}),
        ("12 presses Ready\n25 shows unavailable\n40 shows unavailable", set()),  # before the first try
        ("24 presses Ready\n25 shows unavailable\n40 shows unavailable", set()),  # the third may have been in vain
    ],
)
def test_a_key_that_is_pressed_between_two_tries_changes_nothing(text: str, expected: set[Outcome]) -> None:
    seen = [one for one in findings(ippa.three_tries_take_fifteen_seconds, text, WEBAPP) if one.cell.get("pressed")]
    assert {one.outcome for one in seen} == expected
