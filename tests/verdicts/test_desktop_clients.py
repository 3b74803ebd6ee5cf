"""DESKTOP-03 and DESKTOP-11 on forged timelines: two clients of one person, another door, a crash that is soon over, a
state that changes meanwhile, and somebody who has just come."""

import pytest

from chaos.verdicts import Outcome, desktop
from tests.verdicts.test_desktop_leaving import HELD, VIOLATED, findings, gone, said

LATER = "390 fin-a wants bob LOGOUT 255"


@pytest.mark.parametrize(("at_s", "outcome"), [("80", HELD), ("84", HELD), ("60", VIOLATED), ("95", VIOLATED)])
def test_of_two_clients_the_last_begins_the_minute(at_s: str, outcome: Outcome) -> None:
    window = "3 ann returns\n5 ann moves fin-a two\n8 ann leaves drop two\n"
    (finding,) = findings(desktop.a_logout_waits_a_minute, window + gone("drop", f"{at_s} fin-a wants ann LOGOUT 255"))
    assert (finding.outcome, finding.cell["clients"]) == (outcome, "two, one gone before the other")


def test_a_state_that_changes_meanwhile_begins_no_minute() -> None:
    for at_s, outcome in ((80, HELD), (100, VIOLATED)):
        text = gone("drop", "40 ann does set-state AVAILABLE", "40 switch ann AVAILABLE")
        (finding,) = findings(desktop.a_logout_waits_a_minute, f"{text}\n{at_s} fin-a wants ann LOGOUT 255")
        assert (finding.outcome, finding.cell["meanwhile"]) == (outcome, "his state is changed")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("190 ann moves fin-b\n200 fin-b wants ann LOGOUT 255", VIOLATED),
        ("199 ann moves fin-b\n200 fin-b wants ann LOGOUT 255", HELD),  # he may not have been there as yet
        ("100 ann moves fin-b\n200 fin-b wants ann LOGOUT 255", VIOLATED),
        ("20 ann moves fin-b\n60 fin-b wants ann LOGOUT 255", HELD),  # he may have gone before this began
    ],
)
def test_a_logout_by_a_node_to_which_somebody_has_just_come(text: str, outcome: Outcome) -> None:
    assert said(desktop.nobody_who_is_there_is_logged_out, text) == [outcome]


def test_who_is_back_before_a_crash_is_noticed_is_not_logged_out() -> None:
    check = desktop.who_is_back_in_time_stays
    for later, outcome in ((LATER.replace("bob", "ann"), HELD), ("105 fin-a wants ann LOGOUT 255", VIOLATED)):
        text = gone("silence", "45 ann returns", later, LATER.replace("bob", "ann"))
        (finding,) = findings(check, text)
        assert (finding.outcome, finding.cell["how"], finding.cell["back"]) == (outcome, "silence", "at once")
    # When it is noticed he may be back too late for the minute, or just in time for it.
    assert findings(check, gone("silence", "85 ann returns", LATER.replace("bob", "ann"))) == []
