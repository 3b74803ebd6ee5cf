"""CTI-09 and CTI-10 on forged timelines: what of the gap is told after it, and what must never be."""

import pytest

from chaos.verdicts import Outcome, cti
from tests.verdicts.failing_over import HELD_CALL, STORY, at, findings, instead, outcome, without
from tests.verdicts.script import DEVICES

CHECK = cti.clients_show_the_truth
GHOSTS = cti.a_call_of_the_gap_leaves_no_trace
HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
TOLD = HELD_CALL.replace("7:", "").replace("+", " ")


def test_each_change_of_the_gap_is_judged_at_each_node_by_events_and_by_answers() -> None:
    seen = {(one.cell["node"], one.cell["change"], one.cell["shown"]) for one in findings(CHECK)}
    for shown in ("events", "answers"):
        assert {("fin-a", change, shown) for change in ("state HOLD", "state READY", "held", "callVariable1")} <= seen
        assert {("fin-b", change, shown) for change in ("state LOGOUT", "held", "callVariable2")} <= seen


@pytest.mark.parametrize(
    ("untold", "agent", "change"),
    [
        ("50.3 ann hears HOLD", "ann", "state HOLD"),
        ("50.3 cid hears READY", "cid", "state READY"),
        ("50.3 dan hears LOGOUT", "dan", "state LOGOUT"),
        ("50.3 ann hears PUT 7", "ann", "held"),
        ("50.3 bob hears PUT 7", "bob", "callVariable2"),
    ],
)
def test_a_change_that_is_never_told_is_a_violation(untold: str, agent: str, change: str) -> None:
    where = {"agent": agent, "change": change, "shown": "events"}
    assert at(CHECK, **where) is HELD
    assert at(CHECK, text=without(untold), **where) is VIOLATED
    assert at(CHECK, text=without(untold, "12.1 ann gets User"), **where) is INCONCLUSIVE


@pytest.mark.parametrize(
    ("at_s", "expected"), [("50.2", HELD), ("55", HELD), ("60", HELD), ("60.2", VIOLATED), ("90", VIOLATED)]
)
def test_it_is_told_within_ten_seconds_of_in_service(at_s: str, expected: Outcome) -> None:
    text = instead("50.3 cid hears READY", f"{at_s} cid hears READY").replace("65.0 switch cid", "95.0 switch cid")
    text = text.replace("65.1 cid hears NOT_READY", "95.1 cid hears NOT_READY").replace("70.0 cid", "96 cid")
    assert at(CHECK, text=text, change="state READY", shown="events") is expected


def test_it_counts_from_in_service_however_long_ago_the_session_opened() -> None:
    """b3: 45 to 140 s between the two."""
    assert outcome(CHECK, text=instead("50 fin-a b opens", "11 fin-a b opens")) is HELD


@pytest.mark.parametrize(
    ("told", "change"),
    [
        (TOLD.replace("callVariable2=last", "callVariable2=late"), "callVariable2"),
        (TOLD.replace("callVariable2=last", "callVariable3=last"), "callVariable2"),
        (TOLD.replace("HELD", "ACTIVE"), "held"),
        (TOLD.replace(" 2002=ACTIVE", ""), None),
    ],
)
def test_a_call_is_told_as_it_is_in_every_part(told: str, change: str | None) -> None:
    text = STORY.replace(f"50.3 bob hears PUT 7 ACTIVE {TOLD}", f"50.3 bob hears PUT 7 ACTIVE {told}")
    assert text != STORY
    assert outcome(CHECK, text=text) is VIOLATED
    if change is not None:
        assert at(CHECK, text=text, agent="bob", change=change, shown="events") is VIOLATED


def test_all_that_the_gap_held_may_be_told_in_order_and_clients_may_be_told_what_has_not_changed() -> None:
    """The latest state to everybody, or to those for whom something changed: guides differ, and both are right."""
    more = (
        "50.2 ann hears TALKING",
        "50.25 cid hears NOT_READY",
        "50.4 bob hears TALKING",
        f"50.25 bob hears PUT 7 ACTIVE {TOLD.replace('HELD', 'ACTIVE').replace('=last', '=new')}",
    )
    assert outcome(CHECK, *more) is HELD


@pytest.mark.parametrize("line", ["55 cid hears NOT_READY", "61 cid hears NOT_READY", "55 bob hears DELETE 7 DROPPED"])
def test_what_is_told_right_and_belied_later_is_a_violation(line: str) -> None:
    assert outcome(CHECK, line) is VIOLATED


def test_what_was_belied_while_nobody_asked_the_switch_is_inconclusive() -> None:
    lines = ("61 cid hears NOT_READY", "61.5 cid hears READY")
    assert at(CHECK, *lines, agent="cid", shown="events", change="state READY") is INCONCLUSIVE


def test_a_call_that_is_up_is_not_told_of_as_over_though_it_is_put_right_at_once() -> None:
    """The switch, asked before and after it, said that it is up, and nothing of it in between."""
    over, looked = "50.25 bob hears DELETE 7 DROPPED", "10.2 looked bob TALKING"
    assert outcome(CHECK, looked, over) is VIOLATED
    # Before it began, or in the gap, it may have been over; and nobody is told too late of one that is up.
    assert outcome(CHECK, over) is INCONCLUSIVE
    assert outcome(CHECK, looked, "30 switch 7 2002 NULL", "31 switch 7 2002 CONNECT", over) is not VIOLATED
    assert outcome(CHECK, looked) is HELD


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("62.2 cid is READY", "62.2 cid is NOT_READY"),
        ("62.2 dan is LOGOUT", "62.2 dan is NOT_READY"),
        ("62.2 ann sees 7:2001=HELD", "62.2 ann sees 7:2001=ACTIVE"),
        ("62.2 bob sees " + HELD_CALL, "62.2 bob sees nothing"),
        ("62.2 bob sees " + HELD_CALL, "62.2 bob sees " + HELD_CALL.replace("=last", "=new")),
        ("100.2 cid sees nothing", "100.2 cid sees 71"),
        ("100.2 ann is NOT_READY", "100.2 ann is READY"),
    ],
)
def test_an_answer_that_shows_what_is_not_so_is_a_violation(old: str, new: str) -> None:
    assert at(CHECK, text=instead(old, new), shown="answers") is VIOLATED


def test_an_answer_may_be_a_moment_older_than_the_switchs_word() -> None:
    assert outcome(CHECK, "64.5 ann is HOLD", "64.5 ann sees " + HELD_CALL) is HELD
    assert outcome(CHECK, "63.9 ann is NOT_READY") is HELD  # or newer: our telephone heard later


def test_without_the_switchs_word_before_the_gap_nothing_is_said_of_an_agent() -> None:
    text = without("0.1 looked cid")
    assert at(CHECK, text=text, agent="cid") is INCONCLUSIVE


@pytest.mark.parametrize("told", ["POST 71 ALERTING", "PUT 71 ACTIVE", "DELETE 71 DROPPED"])
def test_a_call_of_others_has_no_place_on_a_screen(told: str) -> None:
    others = f"76 ann hears {told} 2003=ACTIVE 2004=ACTIVE"
    assert outcome(CHECK, others) is VIOLATED
    # Who is told of others' calls anyway is told of them afterwards, too; not that they are over.
    anyway = "5 ann hears PUT 61 ACTIVE 2003=ACTIVE 2004=ACTIVE"
    assert outcome(CHECK, anyway, others) is (VIOLATED if "DELETE" in told else HELD)


# --- CTI-10 ------------------------------------------------------------------------------------------------------


def test_ghosts_of_each_kind_are_judged_at_both_nodes() -> None:
    seen = {(one.cell["node"], one.cell["ghost"], one.cell["shown"]) for one in findings(GHOSTS)}
    assert len(seen) == 12


@pytest.mark.parametrize("number", ["8", "9", "10"])
@pytest.mark.parametrize("what", ["POST {} ALERTING", "PUT {} ACTIVE", "DELETE {} DROPPED"])
@pytest.mark.parametrize("at_s", ["30", "50.4", "75", "129"])
def test_any_event_about_a_ghost_at_any_time_is_a_violation(number: str, what: str, at_s: str) -> None:
    assert outcome(GHOSTS, f"{at_s} dan hears {what.format(number)}") is VIOLATED


def test_an_answer_that_shows_a_ghost_is_a_violation() -> None:
    assert at(GHOSTS, "75 cid sees 9", shown="answers") is VIOLATED


def test_an_event_after_the_story_is_one_too() -> None:
    assert outcome(GHOSTS, "130 cid hears POST 9 ACTIVE") is VIOLATED


@pytest.mark.parametrize("state", ["TALKING", "RESERVED", "WORK", "HOLD"])
@pytest.mark.parametrize(
    "told", ["51 dan hears {}", "51 dan hears {} source=/finesse/api/Dialog/9", "51 cid team dan {}"]
)
def test_a_state_that_only_such_a_call_brought_is_a_trace_of_it(told: str, state: str) -> None:
    assert outcome(GHOSTS, told.format(state)) is VIOLATED


def test_an_event_from_the_resource_of_such_a_call_is_one_unless_somebody_asked() -> None:
    told = "51 dan hears LOGOUT source=/finesse/api/Dialog/9"
    assert outcome(GHOSTS, told) is VIOLATED
    assert outcome(GHOSTS, told + " mark=7") is HELD
    assert outcome(GHOSTS, told.replace("/9", "/99")) is HELD


@pytest.mark.parametrize("name", ["secondaryId={}", "associatedDialogUri=/finesse/api/Dialog/{}"])
def test_nor_is_a_later_call_said_to_be_that_of_a_ghost(name: str) -> None:
    told = f"75.4 cid hears PUT 71 ACTIVE 2003=ACTIVE 2004=ACTIVE {name}"
    assert outcome(GHOSTS, told.format("9")) is VIOLATED
    assert outcome(GHOSTS, told.format("99")) is HELD
    # One that was up already may have been consulted from it.
    assert outcome(GHOSTS, told.format("9").replace("cid hears PUT 71", "ann hears PUT 7")) is HELD


@pytest.mark.parametrize("state", ["NOT_READY", "LOGOUT", "READY"])
def test_another_state_is_none(state: str) -> None:
    assert outcome(GHOSTS, f"51 dan hears {state}") is HELD


def test_nor_is_the_state_of_who_has_a_call_once_there_is_a_session_again_or_was_in_none() -> None:
    assert outcome(GHOSTS, "50.03 switch cid TALKING", "50.2 cid hears TALKING", "50.3 switch cid AVAILABLE") is HELD
    assert outcome(GHOSTS, "51 ann hears WORK") is HELD


def test_who_does_not_hear_dialogs_proves_nothing() -> None:
    deaf = "\n".join(
        line for line in STORY.splitlines() if not any(word in line for word in ("hears P", "hears D", "gets Dialog"))
    )
    assert {finding.outcome for finding in findings(GHOSTS, deaf) if finding.cell["shown"] == "events"} == {
        INCONCLUSIVE
    }
    for check in (CHECK, cti.answers_and_publishes_again, cti.no_events_in_the_gap):
        assert VIOLATED not in {finding.outcome for finding in findings(check, deaf)}


def test_a_call_that_outlives_the_session_is_no_ghost() -> None:
    later = STORY.replace("45.2 switch 10 2003 NULL", "50.05 switch 10 2003 NULL")
    later = later.replace("45.2 switch 10 2004 NULL", "50.05 switch 10 2004 NULL")
    assert at(GHOSTS, "50.2 cid hears POST 10 ACTIVE", "50.3 cid hears DELETE 10 DROPPED", text=later) is not VIOLATED


def test_clients_must_have_been_watched_long_enough() -> None:
    short = "\n".join(line for line in STORY.splitlines() if float(line.split()[0]) < 75.0)
    assert at(GHOSTS, text=short + "\n76 fault again injecting\n76 fault again bitten", shown="events") is not HELD


def test_a_call_that_was_never_there_is_not_told_to_be_over() -> None:
    assert outcome(CHECK, "55 cid hears DELETE 99 DROPPED") is VIOLATED
    assert at(CHECK, "55 ann hears DELETE 99 DROPPED", agent="ann", shown="events") is VIOLATED


def test_what_was_told_wrongly_just_before_the_gap_must_not_stay_on_the_screen() -> None:
    gone = ("10.45 bob hears DELETE 7 DROPPED", "59 looked bob")
    assert outcome(CHECK, *gone, text=without("50.3 bob hears PUT 7")) is VIOLATED


def test_a_call_that_goes_on_without_him_is_taken_off_his_list() -> None:
    left = ("40 switch 7 2002 NULL", "50.3 bob hears PUT 7 ACTIVE 2001=HELD")
    where = {"agent": "bob", "change": "call ended", "shown": "events"}
    text = without("50.3 bob hears PUT 7")
    assert at(CHECK, *left, text=text, **where) is VIOLATED
    assert at(CHECK, *left, "50.4 bob hears DELETE 7 DROPPED", text=text, **where) is HELD
    never_told = without("bob hears PUT 7", "bob hears POST 7")
    assert at(CHECK, "40 switch 7 2002 NULL", text=never_told, **where) is not VIOLATED


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("60 cid hears READY at=2003", HELD),
        ("60 cid hears READY at=", VIOLATED),
        ("60 cid hears READY at=2001", VIOLATED),
        ("60 dan hears LOGOUT at=", HELD),
        ("60 dan hears LOGOUT at=2004", VIOLATED),
        ("60 cid is READY at=", VIOLATED),
        ("49 cid hears READY at=2001", HELD),  # said of the gap elsewhere
    ],
)
def test_an_agent_is_shown_at_its_own_extension_as_long_as_it_is_signed_in(line: str, expected: Outcome) -> None:
    assert outcome(CHECK, line) is expected


CALLING = "74.5 cid hears PUT 71 ACTIVE 2003=ACTIVE 2004=ACTIVE"


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ("from=2003 to=2004", HELD),
        ("from=2004 to=2003", VIOLATED),
        ("from=2003 to=", VIOLATED),
        ("from=2003 to=2002", VIOLATED),
        ("", HELD),
    ],
)
def test_a_call_leads_from_who_made_it_to_whom_it_was_made(addresses: str, expected: Outcome) -> None:
    assert outcome(CHECK, "72 cid does make-call 71 =2004", f"{CALLING} {addresses}") is expected


def test_of_a_call_that_others_have_joined_no_address_is_said_to_be_wrong() -> None:
    joined = "74 switch 71 conferenced"
    assert outcome(CHECK, "72 cid does make-call 71 =2004", joined, f"{CALLING} from=2004 to=2003") is HELD


@pytest.mark.parametrize("rings_s", ["47.5", "52"])
def test_what_becomes_of_calls_where_nobody_is_signed_in_is_owed_to_nobody(rings_s: str) -> None:
    """It rings at dan's device, who has signed out in the gap; whether anybody is told of that is not documented."""
    device = DEVICES["dan"]
    for check in (CHECK, cti.answers_and_publishes_again):
        assert outcome(check, f"{rings_s} switch 99 {device} ALERTING", f"64 switch 99 {device} NULL") is HELD


@pytest.mark.parametrize(
    ("shown", "expected"), [("why=", HELD), ("why=10", HELD), ("why=50002", VIOLATED), ("why=11", VIOLATED)]
)
def test_a_reason_is_the_one_that_the_switch_gave(shown: str, expected: Outcome) -> None:
    assert outcome(CHECK, "78 switch cid NOT_READY 10", f"80 cid hears NOT_READY {shown}") is expected


@pytest.mark.parametrize(("shown", "expected"), [("7", HELD), ("10", HELD), ("8", VIOLATED)])
def test_a_reason_that_was_told_while_the_node_had_no_session_cannot_be_asked_for(
    shown: str, expected: Outcome
) -> None:
    """Found with a lawful pause before the first attempt: the answer to who is in what state has no reason in it."""
    told = ("10.2 switch cid NOT_READY 7", "47 switch cid AVAILABLE 10")
    assert outcome(CHECK, *told, f"60 cid hears READY why={shown}") is expected


def test_a_reason_that_the_switch_did_not_name_is_no_other_one() -> None:
    assert outcome(CHECK, "80 cid hears NOT_READY why=50002") is HELD
