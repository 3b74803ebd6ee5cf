"""CLIENT-01 to CLIENT-20 on forged timelines: good, bad, too short, and both edges of each bound."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.history.desktops import (
    BLOCKED,
    BOSH,
    CTI,
    EVENT,
    NOTIFICATION,
    PRESENCE,
    STATES,
    TOMCAT,
    WEBAPP,
    fail_overs,
    says_back,
    says_lost,
)
from chaos.journal import DesktopRequested, Timeline
from chaos.verdicts import client
from chaos.verdicts.check import Check
from chaos.verdicts.checks import CHECKS
from chaos.verdicts.client import moving
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found
from tests.verdicts.desks import BACK, LOST, Forger, every, findings, outcomes

HELD, VIOLATED, INCONCLUSIVE = {Outcome.HELD}, {Outcome.VIOLATED}, {Outcome.INCONCLUSIVE}

SEEKS = "\n".join(
    (
        "10 told OUT",
        f"10 shows {LOST}",
        every(10, 10, 80, "looks fin-a OUT"),
        every(10, 15, 85, "looks fin-b fails"),
    )
)
RETURNS = f"{SEEKS}\n90 looks fin-a IN\n90 reads fin-a User\n90 reads fin-a Dialogs\n90 shows {BACK}"
GOES = "95 goes fin-b\n95 looks fin-b IN\n95 opens fin-b\n95 signs-in fin-b 202"
GOES += "\n95 reads fin-b User\n95 reads fin-b Dialogs"
LIVES = "106 is-present fin-b\n" + every(30, 125, 275, "lives fin-b")
MOVES = f"{SEEKS}\n90 looks fin-a OUT\n95 looks fin-b IN\n95 looks fin-a OUT\n{GOES}"
LIBRARY_RETURNS = "\n".join(
    (
        "10 bosh fails\n13 tries fails\n16 tries fails\n19 tries fails",
        every(10, 19, 89, "looks fin-a OUT"),
        f"99 looks fin-a IN\n99 tries opens\n99 reads fin-a User\n99 reads fin-a Dialogs\n99 shows {BACK}",
        every(30, 125, 275, "lives fin-a"),
    )
)
TRIES = "10 bosh fails\n13 tries fails\n16 tries fails\n19 tries fails"


# --- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_a_notice_of_the_loss_is_held_in_the_cell_of_the_agents_state(state: str) -> None:
    (one,) = findings(client.agent_is_told_of_the_loss, RETURNS, state=state)
    assert one.outcome is Outcome.HELD
    assert (one.cell["node"], one.cell["reason"], one.cell["state"]) == ("fin-a", CTI, state)


@pytest.mark.parametrize(("at_s", "expected"), [(15.0, HELD), (15.1, VIOLATED)])
def test_a_notice_of_the_loss_comes_within_five_seconds_of_the_trigger(at_s: float, expected: set[Outcome]) -> None:
    late = RETURNS.replace(f"10 shows {LOST}", f"{at_s} shows {LOST}")
    assert outcomes(client.agent_is_told_of_the_loss, late) == expected


def test_no_notice_and_one_with_other_words_are_violations() -> None:
    assert outcomes(client.agent_is_told_of_the_loss, RETURNS.replace(f"10 shows {LOST}", "")) == VIOLATED
    assert outcomes(client.agent_is_told_of_the_loss, RETURNS.replace(LOST, "Please wait.")) == VIOLATED


def test_who_was_watched_for_two_seconds_shows_nothing() -> None:
    assert outcomes(client.agent_is_told_of_the_loss, "10 told OUT\n12 closes") == INCONCLUSIVE


def test_of_bosh_alone_the_notice_may_wait_for_the_librarys_attempts() -> None:
    seeks = f"{TRIES}\n19 looks fin-a IN\n19 shows {LOST}\n90 lives fin-a"
    assert outcomes(client.agent_is_told_of_the_loss, seeks, reason=BLOCKED) == HELD
    late = seeks.replace("19 shows", "25 shows")
    assert outcomes(client.agent_is_told_of_the_loss, late, reason=BLOCKED) == VIOLATED


def test_who_says_that_bosh_is_lost_that_the_library_has_mended_is_wrong() -> None:
    check = client.three_attempts_come_first
    opens, signs_in = "10 bosh fails\n13 tries fails\n16 tries opens", "\n16 lives fin-a" * 3
    mended = f"{opens}{signs_in}\n16 reads fin-a User\n16 reads fin-a Dialogs"
    assert outcomes(check, mended, reason=BLOCKED) == HELD
    assert outcomes(check, f"{opens}\n16 lives fin-a\n19 shows {LOST}", reason=BLOCKED) == set()  # nobody was let in
    for at_s in (11, 17):
        assert outcomes(check, f"{mended}\n{at_s} shows {LOST}", reason=BLOCKED) == VIOLATED
    assert outcomes(check, f"{mended}\n18 told OUT\n18 shows {LOST}", reason=BLOCKED) == HELD


@pytest.mark.parametrize(
    ("attempts", "mender"),
    [
        ("13 tries opens", "the first attempt"),
        ("13 tries fails\n16 tries opens", "the second attempt"),
        ("13 tries fails\n16 tries fails\n19 tries opens", "the third attempt"),
    ],
)
def test_the_attempt_that_mends_bosh_has_a_cell_of_its_own_and_no_other(attempts: str, mender: str) -> None:
    lives = "\n19 lives fin-a" * 3
    [one] = findings(client.three_attempts_come_first, f"10 bosh fails\n{attempts}{lives}", reason=BLOCKED)
    assert (one.outcome, one.cell["mended"], one.cell.get("reason")) == (Outcome.HELD, mender, None)


def test_who_makes_sure_once_the_library_has_mended_bosh_has_lost_nothing() -> None:
    mended = (
        "10 bosh fails\n13 tries fails\n16 tries opens\n16 looks fin-a IN\n16 reads fin-a User\n16 reads fin-a Dialogs"
    )
    checks = (client.agent_is_told_of_the_loss, client.agent_is_told_of_the_return, client.three_attempts_come_first)
    for check in (*checks, client.bosh_is_requested_when_in_service):
        assert outcomes(check, mended, reason=BLOCKED) == set()
    out = mended.replace("16 looks fin-a IN", "16 looks fin-a OUT")
    assert outcomes(client.agent_is_told_of_the_loss, out, reason=BLOCKED) == VIOLATED


def test_bosh_that_the_library_mends_is_no_loss() -> None:
    mended = "10 bosh fails\n13 tries opens\n13 reads fin-a User\n13 reads fin-a Dialogs"
    assert outcomes(client.agent_is_told_of_the_loss, mended, reason=BLOCKED) == set()
    assert outcomes(client.each_trigger_alone[BOSH], mended, reason=BLOCKED) == set()


@pytest.mark.parametrize(("at_s", "expected"), [(95.0, HELD), (95.1, VIOLATED)])
def test_a_notice_of_the_return_comes_within_five_seconds(at_s: float, expected: set[Outcome]) -> None:
    late = RETURNS.replace(f"90 shows {BACK}", f"{at_s} shows {BACK}")
    assert outcomes(client.agent_is_told_of_the_return, late) == expected


def test_a_return_without_a_notice_is_a_violation_and_a_move_needs_none() -> None:
    assert outcomes(client.agent_is_told_of_the_return, RETURNS.replace(f"90 shows {BACK}", "")) == VIOLATED
    assert outcomes(client.agent_is_told_of_the_return, MOVES) == set()


def test_a_notice_that_nobody_can_read_tells_nothing() -> None:
    gone = RETURNS.replace(f"10 shows {LOST}", f"10 shows {LOST}\n10.2 shows Welcome")
    assert outcomes(client.agent_is_told_of_the_loss, gone) == VIOLATED
    assert outcomes(client.agent_is_told_of_the_loss, gone.replace("10.2 ", "11.2 ")) == HELD
    covered = RETURNS + f"\n90.2 shows {LOST}"
    assert outcomes(client.agent_is_told_of_the_return, covered) == VIOLATED


@pytest.mark.parametrize(("found_so", "expected"), [("IN", "by the first look"), ("OUT", None), ("fails", None)])
def test_a_loss_that_is_over_by_the_first_look_has_a_cell_of_its_own(found_so: str, expected: str | None) -> None:
    short = f"10 told OUT\n10 shows {LOST}\n13 looks fin-a {found_so}\n23 looks fin-a IN\n23 reads fin-a User"
    (one,) = findings(client.agent_is_told_of_the_loss, short)
    assert (one.outcome, one.cell.get("over")) == (Outcome.HELD, expected)
    (untold,) = findings(client.agent_is_told_of_the_loss, short.replace(f"10 shows {LOST}\n", ""))
    assert (untold.outcome, untold.cell.get("over")) == (Outcome.VIOLATED, expected)


@pytest.mark.parametrize(
    ("connected_s", "back_s", "expected"),
    [
        (11, 40, True),  # it loads
        (11, 12, False),  # it was back by the first look
        (12.5, 40, False),  # it had just got its session
        (20, 40, False),  # it had none by then
    ],
)
def test_a_node_that_goes_on_loading_has_no_loss_that_is_over_by_the_first_look(
    connected_s: float, back_s: float, expected: bool
) -> None:
    told = f"10 others-are-told fin-a OUT\n10 told OUT\n10 shows {LOST}\n{connected_s} connects fin-a"
    found_so = "IN" if back_s < 13 else "OUT"
    looks = f"13 looks fin-a {found_so}\n{back_s} others-are-told fin-a IN\n50 looks fin-a IN\n50 reads fin-a User"
    seen = findings(client.agent_is_told_of_the_loss, f"{told}\n{looks}")
    assert any(one.is_unfit and one.cell.get("over") for one in seen) is expected
    assert Outcome.HELD in {one.outcome for one in seen}


def test_of_a_lost_bosh_connection_the_first_look_does_not_find_the_loss_over() -> None:
    seeks = f"{TRIES}\n19 looks fin-a IN\n19 shows {LOST}\n90 lives fin-a"
    (one,) = findings(client.agent_is_told_of_the_loss, seeks, reason=BLOCKED)
    assert one.cell.get("over") is None


def test_another_trigger_while_it_looks_has_a_cell_of_its_own_and_changes_no_period() -> None:
    for check in (client.current_is_looked_at_every_ten_seconds, client.alternate_is_looked_at_every_ten_seconds):
        seen = findings(check, f"{RETURNS}\n42 bosh fails".replace("90 reads", "90 tries opens\n90 reads", 1))
        assert {one.outcome for one in seen} == HELD
        assert [one.cell.get("second") for one in seen].count("another trigger") == 1
        assert not [one for one in findings(check, RETURNS) if one.cell.get("second")]
    anew = f"{RETURNS.replace('50 looks fin-a OUT', '')}\n42 bosh fails\n42 looks fin-a OUT\n52 looks fin-a OUT"
    (bad, *_) = findings(client.current_is_looked_at_every_ten_seconds, anew)
    assert bad.outcome is Outcome.VIOLATED


def test_what_comes_of_a_short_loss_may_take_the_place_of_its_notice() -> None:
    short = f"10 told OUT\n10 shows {LOST}\n10.5 looks fin-a IN\n10.5 reads fin-a User\n10.5 shows {BACK}"
    assert outcomes(client.agent_is_told_of_the_loss, short) == HELD


def test_a_notice_of_another_server_is_a_violation_and_one_that_names_both_is_none() -> None:
    for words, check in ((LOST, client.agent_is_told_of_the_loss), (BACK, client.agent_is_told_of_the_return)):
        assert outcomes(check, RETURNS.replace(words, words.replace("fin-a", "fin-b"))) == VIOLATED
        assert outcomes(check, RETURNS.replace(words, f"{words} Not fin-b.mock.test!")) == HELD
        assert outcomes(check, RETURNS.replace(words, words.replace("fin-a", "the server"))) == HELD


@pytest.mark.parametrize("text", [LOST, "The connection to the server was lost", "Disconnected from fin-a"])
def test_words_for_a_loss(text: str) -> None:
    assert says_lost(text)
    assert not says_back(text)


@pytest.mark.parametrize("text", [BACK, "The connection is restored", "You are connected again"])
def test_words_for_a_return(text: str) -> None:
    assert says_back(text)
    assert not says_lost(text)


# --- who is told nothing ---------------------------------------------------------------------------------------------

# Ann's event stream goes on, and she is told nothing; at second 10 somebody else was, and her node is out until 60.
ELSEWHERE = "10 others-are-told fin-a OUT\n" + every(10, 10, 60, "probe fin-a OUT")
QUIET = f"{ELSEWHERE}\n20 lives fin-a"


def silent(text: str, check: Check = client.agent_is_told_of_the_loss, reason: str = CTI) -> set[Outcome]:
    return outcomes(check, text, reason=reason, lasts_s=100.0)


def test_who_is_told_nothing_of_a_loss_that_others_are_told_of_is_not_told_and_does_not_fail_over() -> None:
    for reason, told in ((CTI, "OUT"), (WEBAPP, "gone"), (TOMCAT, "gone")):
        quiet = QUIET.replace("are-told fin-a OUT", f"are-told fin-a {told}")
        [one] = findings(client.agent_is_told_of_the_loss, quiet, reason=reason, lasts_s=100.0)
        assert (one.outcome, one.cell["node"], one.cell["reason"]) == (Outcome.VIOLATED, "fin-a", reason)
        assert silent(quiet, client.fails_over_because_of[reason], reason) == VIOLATED
        assert silent(quiet, client.fails_over_because_of[NOTIFICATION], reason) == set()


@pytest.mark.parametrize(("out_s", "expected"), [(35.0, VIOLATED), (34.9, set())])
def test_a_loss_that_is_over_before_everybody_must_have_been_told_blames_nobody(
    out_s: float, expected: set[Outcome]
) -> None:
    short = f"10 others-are-told fin-a OUT\n20 lives fin-a\n20 probe fin-a OUT\n{out_s} lifts\n{out_s} probe fin-a IN"
    assert silent(short) == expected


@pytest.mark.parametrize(("until_s", "expected"), [(69.1, VIOLATED), (68.9, set())])
def test_where_nobody_was_told_a_fault_that_has_bitten_is_enough_after_a_minute(
    until_s: float, expected: set[Outcome]
) -> None:
    assert silent(f"20 lives fin-a\n{until_s} lifts") == expected


@pytest.mark.parametrize(
    "line",
    [
        "7 told OUT",  # a fail-over that had begun before
        "34 told OUT",  # late, as long as no bound is passed
        "12 bosh fails",
        "12 tries opens",
        "12 looks fin-a OUT",
        "12 reads fin-a User 503",
        "12 signs-out fin-a",
        "12 closes",
        "12 leaves crash",
        "12 leaves offline",
        "8 leaves offline",
        "12 leaves slow",
    ],
)
def test_whoever_has_an_occasion_of_his_own_or_is_not_there_was_not_forgotten(line: str) -> None:
    seen = findings(client.fails_over_because_of[CTI], f"{QUIET}\n{line}", lasts_s=100.0)
    assert not [one for one in seen if "meets no trigger" in one.reason]


def test_whose_event_stream_brings_nothing_any_more_or_whose_way_is_blocked_was_not_forgotten() -> None:
    assert silent(ELSEWHERE) == set()
    for reason in (NOTIFICATION, BLOCKED):
        assert silent(QUIET, reason=reason) == set()


# --- looking ---------------------------------------------------------------------------------------------------------


def test_both_servers_are_looked_at_until_the_end() -> None:
    for check in (client.current_is_checked, client.alternate_is_checked):
        assert outcomes(check, RETURNS) == HELD
        assert outcomes(check, SEEKS, lasts_s=95.0) == HELD


@pytest.mark.parametrize(("last_s", "expected"), [(65.1, HELD), (64.9, VIOLATED)])
def test_a_server_that_is_not_looked_at_for_more_than_25_seconds_is_forgotten(
    last_s: float, expected: set[Outcome]
) -> None:
    seeks = f"10 told OUT\n{every(10, 10, 60, 'looks fin-a OUT')}\n{last_s} looks fin-a OUT"
    assert outcomes(client.current_is_checked, seeks, lasts_s=90.0) == expected


def test_looks_that_hang_are_looks_and_no_reason_to_leave_out_any() -> None:
    current, other = every(10, 22, 82, "looks fin-a OUT 12"), every(10, 27, 87, "looks fin-b OUT 12")
    both, three = f"10 told OUT\n{current}\n{other}", every(10, 22, 42, "looks fin-a OUT 12")
    for check in (client.current_is_checked, client.alternate_is_looked_at_every_ten_seconds):
        assert outcomes(check, both, lasts_s=90.0) == HELD
    assert outcomes(client.current_is_checked, f"10 told OUT\n{three}\n{other}", lasts_s=90.0) == VIOLATED
    every_other = every(20, 27, 87, "looks fin-b OUT 12")
    check = client.alternate_is_looked_at_every_ten_seconds
    assert outcomes(check, f"10 told OUT\n{current}\n{every_other}", lasts_s=90.0) == VIOLATED


def test_a_desktop_that_looks_at_one_server_alone_is_a_violation_of_the_other() -> None:
    current = f"10 told OUT\n{every(10, 10, 80, 'looks fin-a OUT')}"
    other = f"10 told OUT\n10 looks fin-a OUT\n{every(10, 15, 85, 'looks fin-b OUT')}"
    assert outcomes(client.alternate_is_checked, current, lasts_s=90.0) == VIOLATED
    assert outcomes(client.current_is_checked, other, lasts_s=90.0) == VIOLATED


def test_a_desktop_without_bosh_that_looks_at_nobody_is_a_violation() -> None:
    for check in (client.current_is_checked, client.alternate_is_checked):
        assert outcomes(check, TRIES, reason=BLOCKED, lasts_s=96.0) == VIOLATED
        assert outcomes(check, TRIES, reason=BLOCKED, lasts_s=94.0) == set()


def test_a_desktop_that_returns_without_having_looked_is_a_violation() -> None:
    returns = "10 told OUT\n10 reads fin-a User\n10 reads fin-a Dialogs"
    assert outcomes(client.current_is_checked, returns) == VIOLATED


def test_a_short_fail_over_shows_no_keeping_on() -> None:
    assert outcomes(client.current_is_checked, "10 told OUT\n10 looks fin-a OUT\n20 closes") == set()


def test_who_takes_a_server_for_down_that_says_that_it_is_in_service_has_not_checked_it() -> None:
    check, late = client.alternate_is_checked, "95 looks fin-b IN\n105 looks fin-b IN\n115 looks fin-b IN"
    goes = f"{late}\n{{at}} looks fin-b IN\n{GOES.replace('95 ', '{at} ')}"
    assert outcomes(check, f"{SEEKS}\n{goes.format(at=125.1)}") == HELD | VIOLATED
    assert outcomes(check, f"{SEEKS}\n{goes.format(at=124.9)}") == HELD


def test_who_takes_his_own_server_for_down_that_says_that_it_is_in_service_has_not_checked_it() -> None:
    check, deaf = client.current_is_checked, f"{SEEKS}\n90 looks fin-a IN\n"
    assert Outcome.VIOLATED in outcomes(check, deaf + every(10, 100, 300, "looks fin-a OUT"))
    assert outcomes(check, f"{deaf}100 looks fin-a OUT\n110 closes") == HELD, "not for long enough"
    assert outcomes(check, f"{deaf}90 reads fin-a User 503\n" + every(10, 100, 300, "looks fin-a OUT")) == HELD
    assert outcomes(check, f"{deaf}50 bosh fails\n" + every(10, 100, 300, "looks fin-a OUT")) == HELD


def test_who_takes_his_server_for_recovered_of_which_that_has_said_nothing_has_not_checked_it() -> None:
    check = client.current_is_checked
    assert outcomes(check, RETURNS.replace("90 looks fin-a IN", "90 looks fin-a nothing")) == {*HELD, *VIOLATED}
    assert outcomes(check, RETURNS.replace("90 looks fin-a IN", "90 looks fin-a nothing\n90 looks fin-a IN")) == HELD


def test_an_answer_of_something_else_has_a_cell_of_its_own_and_makes_the_next_look_no_later() -> None:
    check = client.alternate_is_looked_at_every_ten_seconds
    said = RETURNS.replace("35 looks fin-b fails", "35 looks fin-b nothing")
    [one] = [one for one in findings(check, said) if one.cell.get("says")]
    assert (one.outcome, one.cell["says"]) == (Outcome.HELD, "nothing of a system")
    assert not [one for one in findings(check, RETURNS) if one.cell.get("says")]
    late = said.replace("\n45 looks fin-b fails", "")
    assert Outcome.VIOLATED in outcomes(check, late)


def test_a_server_that_was_out_of_service_is_believed_once_it_is_not() -> None:
    check, was_out = client.alternate_is_checked, MOVES.replace("35 looks fin-b fails", "35 looks fin-b OUT")
    assert [one.cell["said"] for one in findings(check, was_out) if one.cell.get("said")] == ["OUT_OF_SERVICE"]
    assert not [one for one in findings(check, MOVES) if one.cell.get("said")]
    stays = was_out.replace(GOES, every(10, 105, 295, "looks fin-b IN") + "\n" + every(10, 100, 290, "looks fin-a OUT"))
    assert Outcome.VIOLATED in outcomes(check, stays)


@pytest.mark.parametrize(("took_s", "is_slow"), [("2.5", True), ("2.4", False)])
def test_answers_that_say_late_that_a_server_is_in_service_have_cells_of_their_own(took_s: str, is_slow: bool) -> None:
    back = RETURNS.replace("90 looks fin-a IN", f"90 looks fin-a IN {took_s}")
    seen = findings(client.current_is_checked, back)
    assert any(one.cell.get("slow") for one in seen) == is_slow
    assert {one.outcome for one in seen} == HELD
    there = MOVES.replace("95 looks fin-b IN\n95 looks fin-a OUT", f"95 looks fin-b IN {took_s}\n95 looks fin-a OUT")
    seen = findings(client.alternate_is_checked, there)
    assert any(one.cell.get("slow") for one in seen) == is_slow
    assert {one.outcome for one in seen} == HELD


def test_going_to_a_server_that_is_out_of_service_is_a_violation() -> None:
    goes = f"{SEEKS}\n95 looks fin-b OUT\n95 looks fin-a OUT\n{GOES.replace('looks fin-b IN', 'looks fin-b OUT')}"
    assert Outcome.VIOLATED in outcomes(client.alternate_is_checked, goes)
    assert outcomes(client.alternate_is_checked, MOVES) == HELD


@pytest.mark.parametrize(("period_s", "expected"), [(9.0, HELD), (11.0, HELD), (8.9, VIOLATED), (11.1, VIOLATED)])
def test_each_server_is_looked_at_every_ten_seconds(period_s: float, expected: set[Outcome]) -> None:
    looks = every(period_s, 10, 10 + 7 * period_s, "looks fin-a OUT")
    others = every(period_s, 12, 12 + 7 * period_s, "looks fin-b OUT")
    seeks = f"10 told OUT\n{looks}\n{others}"
    assert outcomes(client.current_is_looked_at_every_ten_seconds, seeks, lasts_s=95.0) == expected
    assert outcomes(client.alternate_is_looked_at_every_ten_seconds, seeks, lasts_s=95.0) == expected


@pytest.mark.parametrize(("period_s", "expected"), [(10.0, HELD), (12.5, VIOLATED)])
def test_answers_that_take_their_time_make_the_next_look_no_later(period_s: float, expected: set[Outcome]) -> None:
    looks = every(period_s, 12.5, 12.5 + 7 * period_s, "looks fin-a OUT 2.5")
    others = every(period_s, 15, 15 + 7 * period_s, "looks fin-b OUT 2.5")
    for check in (client.current_is_looked_at_every_ten_seconds, client.alternate_is_looked_at_every_ten_seconds):
        seen = findings(check, f"10 told OUT\n{looks}\n{others}", lasts_s=110.0)
        assert {one.outcome for one in seen if one.cell.get("slow")} == expected
        quick = findings(check, f"10 told OUT\n{looks}\n{others}".replace(" 2.5", " 2.4"), lasts_s=110.0)
        assert not [one for one in quick if one.cell.get("slow")]


def test_five_intervals_are_too_few_and_one_slow_look_among_many_is_a_violation() -> None:
    few = f"10 told OUT\n{every(10, 10, 60, 'looks fin-a OUT')}"
    assert outcomes(client.current_is_looked_at_every_ten_seconds, few, lasts_s=65.0) == set()
    slow = f"10 told OUT\n{every(10, 10, 80, 'looks fin-a OUT')}\n95 looks fin-a OUT"
    assert outcomes(client.current_is_looked_at_every_ten_seconds, slow, lasts_s=100.0) == VIOLATED


@pytest.mark.parametrize(("lasts_s", "expected"), [(84.9, set()), (85.1, VIOLATED)])
def test_looks_that_end_are_a_violation_whether_or_not_enough_intervals_were_seen(
    lasts_s: float, expected: set[Outcome]
) -> None:
    current, other = every(10, 10, 60, "looks fin-a OUT"), every(10, 10, 60, "looks fin-b OUT")
    longer = {"fin-a": every(10, 10, 80, "looks fin-a OUT"), "fin-b": every(10, 10, 80, "looks fin-b OUT")}
    ends = f"10 told OUT\n{current}\n{longer['fin-b']}"
    assert outcomes(client.current_is_looked_at_every_ten_seconds, ends, lasts_s=lasts_s) == expected
    ends = f"10 told OUT\n{longer['fin-a']}\n{other}"
    assert outcomes(client.alternate_is_looked_at_every_ten_seconds, ends, lasts_s=lasts_s) == expected
    # Whoever is at a server again has nothing more to look for.
    back = f"10 told OUT\n{current}\n{other}\n70 looks fin-a IN\n70 reads fin-a User"
    for check in (client.current_is_looked_at_every_ten_seconds, client.alternate_is_looked_at_every_ten_seconds):
        assert outcomes(check, back, lasts_s=200.0) in (set(), HELD)


def test_the_one_more_look_is_no_poll() -> None:
    assert outcomes(client.current_is_looked_at_every_ten_seconds, MOVES) == HELD
    assert outcomes(client.alternate_is_looked_at_every_ten_seconds, MOVES) == HELD


# --- triggers, attempts, order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "line", "reason"), [(EVENT, "10 told OUT", CTI), (PRESENCE, "10 told gone", TOMCAT)]
)
def test_a_trigger_alone_starts_the_logic_within_one_period(trigger: str, line: str, reason: str) -> None:
    check = client.each_trigger_alone[trigger]
    assert outcomes(check, f"{line}\n21 looks fin-a OUT", reason=reason) == HELD
    assert outcomes(check, f"{line}\n21.1 looks fin-a OUT", reason=reason) == VIOLATED
    assert outcomes(check, line, reason=reason) == VIOLATED
    assert outcomes(check, f"{line}\n15 closes", reason=reason) == set()


THEN = "80 injects\n81 told gone\n82 looks fin-a OUT"
PEACE, ALARM = "30 lifts\n40 leaves refresh", f"50 lives fin-a\n50 shows {LOST}\n{THEN}"


def test_who_takes_himself_for_disconnected_in_peace_has_met_none_of_the_triggers() -> None:
    check = client.each_trigger_alone[PRESENCE]
    assert outcomes(check, f"{PEACE}\n{ALARM}", reason=TOMCAT) == HELD | VIOLATED
    assert outcomes(check, f"{PEACE}\n{ALARM.replace(LOST, BACK)}", reason=TOMCAT) == HELD
    assert outcomes(client.each_trigger_alone[EVENT], f"{PEACE}\n{ALARM}", reason=TOMCAT) == set()


@pytest.mark.parametrize("before", [
    "30 lifts",  # the fault may have been the reason
    "30 lifts\n46 leaves refresh",  # the page is not loaded yet
    f"{PEACE}\n44 reads fin-a User 503",
    f"{PEACE}\n44 looks fin-a fails",
    f"{PEACE}\n44 looks fin-a fails 10",
    f"{PEACE}\n44 bosh fails",
    f"{PEACE}\n55 looks fin-a fails 10",  # asked for before it, and never answered
])  # fmt: skip
def test_who_has_a_reason_to_take_himself_for_disconnected_is_not_blamed_for_that(before: str) -> None:
    assert outcomes(client.each_trigger_alone[PRESENCE], f"{before}\n{ALARM}", reason=TOMCAT) <= HELD


def test_a_stream_that_has_brought_nothing_may_have_been_given_up() -> None:
    check = client.each_trigger_alone[PRESENCE]
    assert outcomes(check, f"{PEACE}\n48 lives fin-a\n50 shows {LOST}\n{THEN}", reason=TOMCAT) == HELD


@pytest.mark.parametrize(
    ("trigger", "line", "reason"),
    [(EVENT, "told OUT", CTI), (BOSH, "bosh fails", BLOCKED), (PRESENCE, "told gone", TOMCAT)],
)
def test_a_trigger_over_a_stream_that_the_library_has_mended_has_a_cell_of_its_own(
    trigger: str, line: str, reason: str
) -> None:
    check, lives = client.each_trigger_alone[trigger], "\n13 lives fin-a" * 3
    mended = f"10 bosh fails\n13 tries opens{lives}\n13 reads fin-a User\n13 reads fin-a Dialogs\n100 {line}"
    seen = findings(check, f"{mended}\n109 looks fin-a OUT", reason=reason)
    assert [(one.outcome, one.cell.get("brought")) for one in seen] == [(Outcome.HELD, reason)]
    assert outcomes(check, mended, reason=reason) == VIOLATED
    [plain] = findings(check, f"10 {line}\n19 looks fin-a OUT", reason=reason)
    assert plain.cell.get("brought") is None


def test_two_triggers_before_the_first_look_show_neither_alone() -> None:
    both = "10 told OUT\n11 told gone\n12 looks fin-a OUT"
    assert outcomes(client.each_trigger_alone[EVENT], both) == INCONCLUSIVE
    assert outcomes(client.each_trigger_alone[PRESENCE], both) == set()


@pytest.mark.parametrize(("count", "expected"), [(0, VIOLATED), (2, VIOLATED), (3, HELD), (4, VIOLATED)])
def test_three_attempts_come_first_neither_two_nor_four(count: int, expected: set[Outcome]) -> None:
    tries = "\n".join(f"{12 + 2 * n} tries fails" for n in range(count))
    text = f"10 bosh fails\n{tries}\n30 looks fin-a IN\n30 tries fails"
    assert outcomes(client.three_attempts_come_first, text, reason=BLOCKED) == expected


@pytest.mark.parametrize(
    ("took_s", "expected"), [("8", "nothing answers them"), ("5", "nothing answers them"), ("4.9", None)]
)
def test_attempts_that_nothing_answers_have_a_cell_of_their_own_and_count(took_s: str, expected: str | None) -> None:
    check = client.three_attempts_come_first
    hang = "\n".join(("10 bosh fails", *(f"{at_s} tries fails {took_s}" for at_s in (21, 32, 43))))
    (one,) = findings(check, f"{hang}\n43 looks fin-a fails", reason=BLOCKED)
    assert (one.outcome, one.cell.get("tries")) == (Outcome.HELD, expected)
    assert outcomes(check, f"{hang}\n54 tries fails {took_s}\n54 looks fin-a fails", reason=BLOCKED) == VIOLATED
    (two,) = findings(
        check, f"{hang.replace('32 tries fails ' + took_s, '32 tries fails')}\n43 looks fin-a IN", reason=BLOCKED
    )
    assert (two.outcome, two.cell.get("tries")) == (Outcome.HELD, None)


def test_a_desktop_that_says_lost_before_the_third_attempt_is_disconnected_too_early() -> None:
    text = f"{TRIES}\n19 looks fin-a IN\n19.1 shows {LOST}"
    assert outcomes(client.three_attempts_come_first, text, reason=BLOCKED) == HELD
    early = text.replace("19.1 shows", "14 shows")
    assert outcomes(client.three_attempts_come_first, early, reason=BLOCKED) == VIOLATED


@pytest.mark.parametrize("node", ["fin-a", "fin-b"])
def test_a_look_at_either_server_before_the_third_attempt_is_over_is_too_early(node: str) -> None:
    check, after = client.three_attempts_come_first, f"{TRIES}\n19 looks fin-a IN\n19.1 looks {node} OUT"
    assert outcomes(check, after, reason=BLOCKED) == HELD
    for at_s in (11, 17, 18.9):
        assert outcomes(check, f"{after}\n{at_s} looks {node} OUT", reason=BLOCKED) == VIOLATED
    mended = "10 bosh fails\n13 tries opens\n13 lives fin-a"
    assert outcomes(check, f"{mended}\n14 looks {node} OUT", reason=BLOCKED) <= INCONCLUSIVE
    assert outcomes(check, f"{mended}\n12 looks {node} OUT", reason=BLOCKED) == VIOLATED


def test_who_looks_at_the_other_server_in_peace_has_a_habit_of_it() -> None:
    text = f"{TRIES}\n19 looks fin-a IN\n17 looks fin-b OUT"
    check = client.three_attempts_come_first
    assert outcomes(check, f"7 looks fin-b OUT\n{text}", reason=BLOCKED) == HELD
    assert outcomes(check, f"7 looks fin-a IN\n{text}", reason=BLOCKED) == VIOLATED


def test_attempts_that_are_turned_down_by_answers_have_a_cell_of_their_own_and_count() -> None:
    check = client.three_attempts_come_first
    downs = "10 bosh fails\n13 is-turned-down 503\n16 is-turned-down terminate\n19 is-turned-down 404\n"
    [one] = findings(check, f"{downs}19 looks fin-a IN", reason=BLOCKED)
    assert (one.outcome, one.cell.get("tries")) == (Outcome.HELD, "they are turned down by answers")
    [mixed] = findings(check, f"{downs.replace('16 is-turned-down terminate', '16 tries fails')}19 looks fin-a IN")
    assert (mixed.outcome, mixed.cell.get("tries")) == (Outcome.HELD, None)
    assert outcomes(check, f"{downs}22 is-turned-down 503\n22 looks fin-a IN", reason=BLOCKED) == VIOLATED
    assert outcomes(check, f"{downs}22 is-turned-down 503", reason=BLOCKED) == VIOLATED, "and no logic at all"
    signs_in = "\n22 lives fin-a" * 3
    assert outcomes(check, f"{downs}22 tries opens{signs_in}", reason=BLOCKED) == VIOLATED
    assert outcomes(check, downs, reason=BLOCKED) == INCONCLUSIVE


@pytest.mark.parametrize(("told", "reason"), [("OUT", CTI), ("gone", TOMCAT)])
def test_bosh_that_is_not_the_source_is_not_reconnected_before_the_logic(told: str, reason: str) -> None:
    check, seeks = client.three_attempts_come_first, f"10 told {told}\n10 looks fin-a OUT"
    [one] = findings(check, seeks, reason=reason)
    assert one.outcome is Outcome.HELD
    assert one.cell.get("source")
    assert one.cell.get("reason") is None
    late = seeks.replace("10 looks", "13 looks")
    assert outcomes(check, late.replace("13 looks", "13 tries opens\n13 looks"), reason=reason) == VIOLATED
    lost_too = late.replace("13 looks", "11 bosh fails\n13 tries fails\n13 looks")
    assert outcomes(check, lost_too, reason=reason) == set(), "then it is a source, too"


def test_attempts_after_which_no_logic_was_seen_show_nothing() -> None:
    assert outcomes(client.three_attempts_come_first, TRIES, reason=BLOCKED) == INCONCLUSIVE
    assert outcomes(client.each_trigger_alone[BOSH], TRIES, reason=BLOCKED) == VIOLATED
    assert outcomes(client.each_trigger_alone[BOSH], TRIES + "\n40 closes", reason=BLOCKED) == set()


def test_bosh_is_requested_upon_in_service_and_not_before() -> None:
    check, seeks = client.bosh_is_requested_when_in_service, f"{TRIES}\n19 looks fin-a OUT\n29 looks fin-a IN"
    good = f"{seeks}\n29 tries opens\n29 reads fin-a User\n29 reads fin-a Dialogs"
    assert outcomes(check, good, reason=NOTIFICATION) == HELD
    assert outcomes(check, seeks, reason=NOTIFICATION) == VIOLATED
    assert outcomes(check, f"{seeks}\n30 closes", reason=NOTIFICATION) == set()
    early = good.replace("19 looks fin-a OUT", "19 looks fin-a OUT\n20 tries fails")
    assert Outcome.VIOLATED in outcomes(check, early, reason=NOTIFICATION)
    late = good.replace("29 tries opens", "34.1 tries opens")
    assert Outcome.VIOLATED in outcomes(check, late, reason=NOTIFICATION)


def test_data_are_read_again_both_and_at_once() -> None:
    check = client.data_are_refreshed
    assert outcomes(check, RETURNS) == HELD
    assert outcomes(check, RETURNS.replace("90 reads fin-a Dialogs", "")) == VIOLATED
    assert outcomes(check, RETURNS.replace("90 reads fin-a User", "")) == VIOLATED
    assert outcomes(check, RETURNS.replace("90 reads fin-a User", "95.1 reads fin-a User")) == VIOLATED
    assert outcomes(check, RETURNS.replace("90 looks fin-a IN", "")) == VIOLATED


def test_data_that_are_asked_for_and_not_answered_are_nobodys_failure() -> None:
    """Found by exploring: the way to the node was cut in the instant in which the desktop was back."""
    cut = RETURNS.replace("reads fin-a User", "reads fin-a User fails")
    cut = cut.replace("reads fin-a Dialogs", "reads fin-a Dialogs fails")
    assert outcomes(client.data_are_refreshed, cut) == INCONCLUSIVE
    assert outcomes(client.fails_over_because_of[CTI], cut) == set()
    without = RETURNS.replace("reads fin-a User", "reads fin-a User fails").replace("90 reads fin-a Dialogs", "")
    assert outcomes(client.data_are_refreshed, without) == VIOLATED


def test_data_of_a_server_that_is_out_of_service_again_are_nobodys_failure() -> None:
    """Found by exploring: CTI was lost in the instant in which the desktop was back, and it could not be told."""
    out = RETURNS.replace("reads fin-a User", "reads fin-a User 503")
    out = out.replace("reads fin-a Dialogs", "reads fin-a Dialogs 503")
    assert outcomes(client.data_are_refreshed, out) == INCONCLUSIVE
    assert outcomes(client.fails_over_because_of[CTI], out) == set()
    # Before it is seen in service, that it is out of service is no news.
    early = out.replace("90 looks fin-a IN", "91 looks fin-a IN")
    assert outcomes(client.fails_over_because_of[CTI], early) == VIOLATED
    wrong = RETURNS.replace("reads fin-a User", "reads fin-a User 401")
    assert outcomes(client.data_are_refreshed, wrong) == VIOLATED


@pytest.mark.parametrize(("trigger", "reason"), [("OUT", CTI), ("gone", WEBAPP)])
def test_a_server_that_says_in_service_once_it_is_lost_keeps_its_desktop_for_nothing(trigger: str, reason: str) -> None:
    check = client.fails_over_because_of[reason]
    kept = f"10 told {trigger}\n10 shows {LOST}\n10 looks fin-a IN\n10 shows {BACK}\n10 reads fin-a User 503"
    kept += "\n10 reads fin-a Dialogs 503"
    assert outcomes(check, f"{kept}\n70.1 lives fin-a", reason=reason, lasts_s=80.0) == VIOLATED
    assert (
        outcomes(check, f"{kept}\n69.9 lives fin-a", reason=reason, lasts_s=80.0) == set()
    )  # it may have fallen silent
    kept += "\n80 lives fin-a"

    def is_blamed(lines: str) -> bool:
        seen = findings(check, f"{kept}\n{lines}", reason=reason, lasts_s=200.0)
        return any("says IN_SERVICE" in one.reason for one in seen)

    assert is_blamed("")
    # It was in service, and is out of service again; or nothing could be told.
    for told in (f"10 told {trigger}", "11 told OUT", "30 told gone", "30 bosh fails", "10 tries opens"):
        assert not is_blamed(told), told
    # It was refused once, and is answered afterwards; and whoever looks on has not been kept.
    assert not is_blamed("20 reads fin-a User")
    assert not is_blamed(every(10, 20, 190, "looks fin-a OUT"))


POLLS = "4.5 reads fin-a Dialogs\n8.5 reads fin-a Dialogs"
"""What a gadget asks for all along, for instance; the page was loaded at second 1."""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (POLLS, HELD),
        (POLLS.splitlines()[0], VIOLATED),  # once is no habit
        (POLLS.replace("4.5", "2.5"), VIOLATED),  # it has just come
        (f"4.4 hears fin-a\n{POLLS}", VIOLATED),  # for a reason
        (POLLS.replace("Dialogs", "User"), VIOLATED),  # something else
    ],
)
def test_what_a_page_asks_for_all_along_is_no_sign_that_it_is_back(before: str, expected: set[Outcome]) -> None:
    text = f"{before}\n{TRIES}\n19.5 looks fin-a OUT\n22 reads fin-a Dialogs\n29.5 looks fin-a IN\n29.5 tries opens"
    text += f"\n29.5 reads fin-a User\n29.5 reads fin-a Dialogs\n29.5 shows {BACK}"
    seen = outcomes(client.data_are_refreshed, text, reason=NOTIFICATION)
    assert seen == HELD if expected == HELD else seen >= VIOLATED
    if expected == HELD:
        assert outcomes(client.bosh_is_requested_when_in_service, text, reason=NOTIFICATION) == HELD
        slow = text.replace("29.5 looks fin-a IN", "31 looks fin-a IN 3").replace("29.5 tries", "31 tries")
        slow = slow.replace("29.5 reads", "31 reads") + "\n30 reads fin-a Dialogs"  # while that look is under way
        assert outcomes(client.data_are_refreshed, slow, reason=NOTIFICATION) == HELD
        late = text.replace("29.5 reads fin-a User", "34.6 reads fin-a User")
        assert outcomes(client.data_are_refreshed, late, reason=NOTIFICATION) == VIOLATED


def test_what_a_browser_asks_by_itself_before_a_look_is_no_move() -> None:
    asks = "\n".join(
        f"{line.split()[0]} may-look fin-b\n{line}" if " looks fin-b" in line else line for line in MOVES.splitlines()
    )
    assert asks.count("may-look") > 2
    for check in (client.it_looks_once_more_before_it_moves, client.agent_is_signed_in_automatically):
        assert outcomes(check, asks) == outcomes(check, MOVES) == HELD


def test_data_that_are_read_before_bosh_is_connected_are_too_early() -> None:
    seeks = f"{TRIES}\n29 looks fin-a IN\n29 reads fin-a User\n29 reads fin-a Dialogs\n29 shows {BACK}"
    assert outcomes(client.data_are_refreshed, seeks, reason=NOTIFICATION) == VIOLATED
    good = seeks.replace("29 looks fin-a IN", "29 looks fin-a IN\n29 tries opens")
    assert outcomes(client.data_are_refreshed, good, reason=NOTIFICATION) == HELD


# --- moving ----------------------------------------------------------------------------------------------------------


def test_whoever_moves_is_signed_in_and_reads() -> None:
    check = client.agent_is_signed_in_automatically
    assert outcomes(check, MOVES) == HELD
    assert outcomes(check, MOVES.replace("95 signs-in fin-b 202", "")) == VIOLATED
    assert outcomes(check, MOVES.replace("95 signs-in fin-b 202", "95 signs-in fin-b 401")) == VIOLATED
    assert outcomes(check, SEEKS) == set()


def test_who_sees_the_other_server_available_and_never_goes_there_is_not_signed_in() -> None:
    check, stays = client.agent_is_signed_in_automatically, MOVES.replace(GOES, "")
    assert outcomes(check, stays, lasts_s=125.1) == VIOLATED
    assert outcomes(check, stays, lasts_s=124.9) == set()
    back = f"{stays}\n100 looks fin-a IN\n100 reads fin-a User\n100 reads fin-a Dialogs"
    assert outcomes(check, back, lasts_s=200.0) == set()


def test_one_more_look_comes_before_the_move() -> None:
    check = client.it_looks_once_more_before_it_moves
    (one,) = findings(check, MOVES)
    assert (one.outcome, one.cell["turn"], one.cell["reason"]) == (Outcome.HELD, moving.AFTER, CTI)
    assert outcomes(check, MOVES.replace("95 looks fin-a OUT\n95 goes", "95 goes")) == VIOLATED


def test_a_move_although_that_look_found_it_back_is_a_violation() -> None:
    back = MOVES.replace("95 looks fin-a OUT\n95 goes", "95 looks fin-a IN\n95 goes")
    assert outcomes(client.it_looks_once_more_before_it_moves, back) == VIOLATED


def test_whose_bosh_connection_stands_has_turns_of_his_own() -> None:
    for text, reason, bosh in (
        (MOVES, CTI, moving.KEPT),
        (f"{TRIES}\n{MOVES.partition(chr(10))[2]}", BLOCKED, moving.LOST),
    ):
        (one,) = findings(client.it_looks_once_more_before_it_moves, text, reason=reason)
        assert (one.outcome, one.cell["turn"], one.cell["bosh"]) == (Outcome.HELD, moving.AFTER, bosh)


def test_staying_is_held_at_the_turn_at_which_it_is_back() -> None:
    (before,) = findings(client.it_looks_once_more_before_it_moves, RETURNS)
    assert (before.outcome, before.cell["turn"]) == (Outcome.HELD, moving.BEFORE)
    stays = f"{SEEKS}\n95 looks fin-b IN\n95 looks fin-a IN\n95 reads fin-a User\n95 reads fin-a Dialogs"
    (at,) = findings(client.it_looks_once_more_before_it_moves, stays)
    assert (at.outcome, at.cell["turn"]) == (Outcome.HELD, moving.AT)


def test_in_service_without_bosh_is_not_back() -> None:
    tries = f"{TRIES}\n19 looks fin-a IN\n19 tries fails\n24 looks fin-b IN\n24 looks fin-a IN\n24 tries fails"
    goes = f"{tries}\n{GOES.replace('95 ', '24 ')}\n25 is-present fin-b\n{every(30, 54, 274, 'lives fin-b')}"
    assert outcomes(client.it_looks_once_more_before_it_moves, goes, reason=BLOCKED) == HELD
    assert outcomes(client.it_moves_if_that_look_finds_it_down, goes, reason=BLOCKED) == HELD
    assert outcomes(client.it_moves_if_that_look_finds_it_down, tries, reason=BLOCKED) == VIOLATED


def test_bosh_that_comes_upon_a_later_look_does_not_mend_an_earlier_one() -> None:
    tries = f"{TRIES}\n19 looks fin-a IN\n19 tries fails\n24 looks fin-b IN\n24 looks fin-a IN\n24 tries fails"
    on = every(10, 29, 89, "looks fin-a IN") + "\n" + every(10, 29.1, 89.1, "tries fails")
    later = f"{tries}\n{on}\n99 looks fin-a IN\n99 tries opens\n99 reads fin-a User\n99 reads fin-a Dialogs"
    assert outcomes(client.it_moves_if_that_look_finds_it_down, later, reason=BLOCKED) == VIOLATED
    slow = f"{TRIES}\n19 looks fin-a OUT\n24 looks fin-b IN\n24 looks fin-a IN\n25 looks fin-a IN\n26 tries opens"
    slow += "\n27 reads fin-a User\n27 reads fin-a Dialogs"
    assert Outcome.VIOLATED not in outcomes(client.it_moves_if_that_look_finds_it_down, slow, reason=BLOCKED)


def test_a_move_without_asking_for_bosh_of_a_current_server_in_service_is_a_violation() -> None:
    seeks = f"{TRIES}\n19 looks fin-a IN\n19 tries fails\n24 looks fin-b IN\n24 looks fin-a IN"
    goes = f"{seeks}\n{GOES.replace('95 ', '24 ')}"
    assert outcomes(client.it_looks_once_more_before_it_moves, goes, reason=BLOCKED) == VIOLATED


def test_staying_although_that_look_finds_it_down_is_a_violation() -> None:
    check, stays = client.it_moves_if_that_look_finds_it_down, MOVES.replace(GOES, "")
    assert outcomes(check, f"{MOVES}\n{LIVES}") == HELD
    assert outcomes(check, stays) == VIOLATED
    assert outcomes(check, stays, lasts_s=99.0) == set()
    assert outcomes(check, MOVES.replace(GOES, GOES.replace("95 ", "105.1 "))) == VIOLATED


def test_it_stays_where_it_is_for_a_minute_after_the_failed_server_is_back() -> None:
    check, there = client.it_never_goes_back, f"{MOVES}\n120 probe fin-a IN\n{every(10, 100, 170, 'lives fin-b')}"
    assert outcomes(check, there, lasts_s=179.9) == set()
    assert outcomes(check, there, lasts_s=180.1) == HELD
    moved = f"{there}\n{every(10, 180, 200, 'lives fin-b')}"
    assert outcomes(check, MOVES, lasts_s=205.0) == set()
    for what in ("tries opens", "signs-in fin-a 202", "goes fin-a"):
        assert outcomes(check, f"{moved}\n150 looks fin-a IN\n150 {what}", lasts_s=205.0) == VIOLATED


def test_it_stays_after_its_second_move_too() -> None:
    back = "120 probe fin-a IN\n200 told OUT fin-b\n200 looks fin-b OUT\n205 looks fin-a IN\n205 looks fin-b OUT"
    twice = f"{MOVES}\n{back}\n205 goes fin-a\n205 looks fin-a IN\n205 opens fin-a\n205 signs-in fin-a 202"
    stays = f"{twice}\n210 probe fin-b IN\n{every(10, 210, 290, 'lives fin-a')}"
    told = History(Forger(CTI, STATES[0]).play(stays, lasts_s=300.0))
    assert [one.outcome for one in found(client.it_never_goes_back, told)][-1:] == [Outcome.HELD]
    goes = History(Forger(CTI, STATES[0]).play(f"{stays}\n250 goes fin-b", lasts_s=300.0))
    assert [one.outcome for one in found(client.it_never_goes_back, goes)][-1:] == [Outcome.VIOLATED]


def test_where_it_has_moved_to_it_tries_no_other_server_that_it_has_not_seen_in_service() -> None:
    check, lost = client.it_never_goes_back, f"{MOVES}\n{LIVES}\n280 told OUT fin-b"
    assert outcomes(check, f"{lost}\n283 looks fin-a IN\n283 looks fin-b OUT\n283 goes fin-a") == set()
    for look in ("", "281 looks fin-a OUT", "284 looks fin-a IN"):
        for tries in ("opens fin-a", "fails-to-open fin-a", "goes fin-a", "reads fin-a User"):
            assert outcomes(check, f"{lost}\n{look}\n283 {tries}") == VIOLATED
    # Whose page never moved is the logic's affair.
    assert outcomes(check, "10 told OUT\n13 opens fin-b") == set()


@pytest.mark.parametrize("tries", ["opens fin-a", "goes fin-a", "signs-in fin-a 202"])
def test_where_it_has_moved_to_it_goes_nowhere_without_a_look_at_its_server(tries: str) -> None:
    check, lost = client.it_never_goes_back, f"{MOVES}\n{LIVES}\n280 told OUT fin-b"
    for at_s in (280, 283):
        assert outcomes(check, f"{lost}\n{at_s} looks fin-a IN\n{at_s} {tries}") == VIOLATED
    assert outcomes(check, f"{lost}\n281 looks fin-a IN\n283 looks fin-b fails\n283 {tries}") == set()
    assert outcomes(check, f"{lost}\n280 looks fin-b OUT\n283 looks fin-a IN\n283 {tries}") == set()


def test_a_desktop_of_which_nothing_is_heard_after_that_does_not_show_that_it_stays() -> None:
    assert outcomes(client.it_never_goes_back, f"{MOVES}\n120 probe fin-a IN", lasts_s=205.0) == set()


@pytest.mark.parametrize("act", ["back", "refresh"])
def test_what_comes_of_an_act_of_ours_is_not_the_desktops_own_doing(act: str) -> None:
    there = f"{MOVES}\n120 probe fin-a IN\n{every(10, 100, 170, 'lives fin-b')}"
    assert outcomes(client.it_never_goes_back, f"{there}\n185 leaves {act}", lasts_s=205.0) == HELD
    assert outcomes(client.it_never_goes_back, f"{there}\n150 leaves {act}", lasts_s=205.0) == set()
    assert outcomes(client.it_never_goes_back, f"{there}\n150 goes fin-a\n185 leaves {act}", lasts_s=205.0) == VIOLATED


def test_a_page_that_is_loaded_again_stays_at_the_server_that_its_desktop_has_moved_to() -> None:
    told = Forger(CTI, STATES[0]).play(f"{MOVES}\n150 leaves refresh\n160 told OUT fin-b", lasts_s=205.0)
    assert [one.node for one in fail_overs(History(told))] == ["fin-a", "fin-b"]


# --- reasons ---------------------------------------------------------------------------------------------------------


def test_a_fail_over_ends_in_a_return_or_a_move() -> None:
    check = client.fails_over_because_of[CTI]
    ends = {finding.cell["end"]: finding.outcome for text in (RETURNS, MOVES) for finding in findings(check, text)}
    assert ends == {"reconnected": Outcome.HELD, "moved": Outcome.HELD}


def test_a_desktop_that_has_given_up_is_a_violation_and_one_that_still_looks_is_none() -> None:
    check = client.fails_over_because_of[CTI]
    assert outcomes(check, SEEKS, lasts_s=300.0) == VIOLATED
    assert outcomes(check, SEEKS, lasts_s=100.0) == INCONCLUSIVE
    assert outcomes(check, RETURNS, reason=TOMCAT) == set()
    trigger, last = findings(check, SEEKS, lasts_s=300.0)[0].evidence
    assert (trigger.at_s or 0.0) < (last.at_s or 0.0)
    assert "SystemInfo" in last.text, "the last look is what shows since when it has given up"


@pytest.mark.parametrize("there", ["100 looks fin-a IN", "95 looks fin-b IN\n95 looks fin-a OUT"])
def test_a_desktop_that_sees_a_server_in_service_and_goes_nowhere_is_a_violation(there: str) -> None:
    check = client.fails_over_because_of[CTI]
    looks = f"{SEEKS}\n{there}\n{every(10, 110, 170, 'looks fin-a OUT')}"
    assert outcomes(check, looks, lasts_s=175.0) == VIOLATED
    looks = f"{SEEKS}\n{there}\n96 looks fin-b fails"
    assert outcomes(check, looks, lasts_s=115.0) == INCONCLUSIVE


@pytest.mark.parametrize(("reason", "told"), [(TOMCAT, "gone"), (CTI, "OUT")])
def test_a_server_that_is_left_alone_is_a_violation_of_what_took_the_other_one(reason: str, told: str) -> None:
    check, sound = client.fails_over_because_of[reason], RETURNS.replace("told OUT", f"told {told}")
    assert outcomes(check, sound, reason=reason) == HELD
    for whom, times in (("fin-b fails", every(10, 25, 85, "looks fin-b fails")), ("fin-a OUT", "")):
        left = (
            sound.replace(times, "")
            if times
            else "\n".join(line for line in sound.splitlines() if not (whom in line and float(line.split()[0]) > 40))
        )
        assert Outcome.VIOLATED in outcomes(check, left, reason=reason)


def test_a_fail_over_of_which_nobody_is_told_is_a_violation_of_its_reason() -> None:
    check = client.fails_over_because_of[CTI]
    for text in (RETURNS, MOVES):
        assert outcomes(check, text.replace(f"10 shows {LOST}", "")) == HELD | VIOLATED
        assert outcomes(check, text.replace(f"10 shows {LOST}", f"22 shows {LOST}")) == HELD | VIOLATED


def test_a_return_long_after_the_other_server_was_there_is_a_violation_and_one_at_once_is_none() -> None:
    check = client.fails_over_because_of[NOTIFICATION]
    there = f"{TRIES}\n19 looks fin-a OUT\n19 shows {LOST}\n24 looks fin-b IN\n24 looks fin-a OUT"
    back = "looks fin-a IN\n{at} tries opens\n{at} reads fin-a User"
    assert outcomes(check, f"{there}\n60 {back.format(at=60)}", reason=NOTIFICATION) == VIOLATED
    assert outcomes(check, f"{there}\n29 {back.format(at=29)}", reason=NOTIFICATION) == HELD


def test_a_current_server_in_service_that_does_not_take_bosh_is_no_reason_to_be_there() -> None:
    check, looks = client.fails_over_because_of[NOTIFICATION], every(10, 29, 89, "looks fin-a IN")
    tries = every(10, 29.5, 89.5, "tries fails")
    assert outcomes(check, f"{TRIES}\n19 looks fin-a OUT\n{looks}", reason=NOTIFICATION, lasts_s=95.0) == VIOLATED
    in_vain = (
        f"{TRIES}\n19 looks fin-a OUT\n19 shows {LOST}\n{looks}\n{tries}\n{every(10, 24, 94, 'looks fin-b fails')}"
    )
    assert outcomes(check, in_vain, reason=NOTIFICATION, lasts_s=95.0) == INCONCLUSIVE


# --- observers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hole", ["30 skips", "50 control", "50 control asked", "50 control shown"])
def test_a_log_with_a_hole_and_a_screen_that_was_not_seen_are_not_believed(hole: str) -> None:
    for check in (client.agent_is_told_of_the_loss, client.current_is_checked, client.it_never_goes_back):
        assert outcomes(check, f"{RETURNS}\n{hole}") <= INCONCLUSIVE
    assert outcomes(client.current_is_checked, f"{RETURNS}\n50 control asked shown") == HELD
    earlier = f"{RETURNS}\n40 control asked shown\n50 control shown"
    assert outcomes(client.current_is_checked, earlier) == INCONCLUSIVE


@pytest.mark.parametrize("again", ["looks fin-a OUT", "looks fin-b fails", "tries fails", "reads fin-a User"])
def test_times_that_are_out_of_order_break_no_check(again: str) -> None:
    """An observer that repeats what is old is one of ours that is broken, and no reason to judge nothing at all."""
    told = Forger(CTI, STATES[0]).play(f"{RETURNS}\n96 {again}", lasts_s=100.0)
    late = {seen.number for seen in told.of(DesktopRequested, lambda seen: seen.sent_s == 96.0)}
    moved = [replace(seen, sent_s=11.0) if seen.number in late else seen for seen in told]  # type: ignore[call-arg]
    for checks in CHECKS.values():
        for check in checks:
            found(check, History(Timeline(moved)))


def test_a_node_that_answers_nobody_excuses_what_we_see_unless_we_have_stopped_it() -> None:
    text = f"10 told gone\n10 looks fin-a fails\n{every(5, 12, 82, 'probe fin-a fails')}"
    assert outcomes(client.current_is_checked, text, reason=TOMCAT, lasts_s=90.0) == VIOLATED
    assert outcomes(client.current_is_checked, text, reason=CTI, lasts_s=90.0) == INCONCLUSIVE


def test_on_a_real_clock_a_period_that_may_be_either_is_open() -> None:
    looks = every(11, 10, 90, "looks fin-a OUT")
    check = client.current_is_looked_at_every_ten_seconds
    assert outcomes(check, f"10 told OUT\n{looks}", lasts_s=95.0, clock="real") == INCONCLUSIVE


# --- the same page, again --------------------------------------------------------------------------------------------


AGAIN = "120 told OUT\n120 looks fin-a OUT\n125 looks fin-b fails\n130 looks fin-a OUT\n135 looks fin-b fails"
AGAIN_BACK = f"{AGAIN}\n140 looks fin-a IN\n140 reads fin-a User\n140 reads fin-a Dialogs\n140 shows {BACK}"


def test_a_page_that_loses_its_server_again_has_cells_of_its_own() -> None:
    twice = f"{RETURNS}\n{AGAIN_BACK}\n120 shows {LOST}"
    first, second = findings(client.agent_is_told_of_the_loss, twice)
    assert (first.cell.get("again"), second.cell.get("again")) == (None, CTI)
    assert {first.outcome, second.outcome} == HELD
    assert outcomes(client.agent_is_told_of_the_loss, f"{RETURNS}\n{AGAIN_BACK}") == HELD | VIOLATED


def test_two_looks_at_each_server_are_enough_the_second_time() -> None:
    for check in (client.current_is_checked, client.alternate_is_checked):
        assert [one.cell.get("again") for one in findings(check, f"{RETURNS}\n{AGAIN_BACK}")] == [None, CTI]


def test_a_page_that_somebody_signs_in_to_anew_begins_anew() -> None:
    (one,) = findings(client.agent_is_told_of_the_loss, RETURNS)
    assert one.cell.get("again") is None


# --- what is not asked for -------------------------------------------------------------------------------------------


def test_a_bosh_connection_that_stands_is_not_asked_for_again() -> None:
    asked = RETURNS.replace("90 reads fin-a User", "90 tries opens\n90 reads fin-a User")
    assert outcomes(client.bosh_is_requested_when_in_service, asked) == VIOLATED
    lost_too = asked.replace("10 told OUT", "10 told OUT\n12 bosh fails")
    assert outcomes(client.bosh_is_requested_when_in_service, lost_too) == HELD


def test_bosh_that_is_lost_while_it_looks_is_requested_upon_in_service_whatever_the_first_trigger_was() -> None:
    check = client.bosh_is_requested_when_in_service
    amid = RETURNS.replace("10 told OUT", "10 told OUT\n12 bosh fails")
    [one] = findings(check, amid.replace("90 reads fin-a User", "95 tries opens\n95 reads fin-a User"))
    assert (one.outcome, one.cell["second"], one.cell.get("reason")) == (Outcome.HELD, "another trigger", None)
    assert outcomes(check, f"{amid}\n96 lives fin-a") == VIOLATED
    assert outcomes(check, f"{amid}\n94 closes") == set(), "it was not watched for long enough"
    # One that is lost only as the answer comes is a matter of the next look.
    assert outcomes(check, RETURNS.replace("10 told OUT", "10 told OUT\n90 bosh fails")) == set()
    brought = amid.replace("90 looks fin-a IN", "85 looks fin-a IN\n85 tries opens\n90 looks fin-a IN")
    assert outcomes(check, f"{brought}\n96 lives fin-a") == HELD, "it has one by then"


def test_a_bosh_connection_that_has_come_is_not_asked_for_once_more() -> None:
    check = client.bosh_is_requested_when_in_service
    asked = f"{TRIES}\n22 looks fin-a IN\n22 tries opens\n" + "22 lives fin-a\n" * 3
    assert outcomes(check, asked, reason=BLOCKED) == HELD
    assert outcomes(check, f"{asked}23 tries opens", reason=BLOCKED) == VIOLATED
    assert outcomes(check, f"{asked}23 bosh fails\n24 looks fin-a IN\n24 tries opens", reason=BLOCKED) == HELD
    vain = asked.replace("22 lives fin-a\n" * 3, "22 lives fin-a\n")
    assert outcomes(check, f"{vain}24 looks fin-a IN\n24 tries opens", reason=BLOCKED) == HELD, "it was not let in"


def test_two_bosh_connections_are_not_asked_for_at_a_time() -> None:
    check, once = client.bosh_is_requested_when_in_service, f"{TRIES}\n22 looks fin-a IN\n22 tries opens"
    assert Outcome.VIOLATED in outcomes(check, f"{once}\n22 tries opens\n22 lives fin-a", reason=BLOCKED)
    assert outcomes(check, f"{once}\n22.1 tries opens\n22 lives fin-a", reason=BLOCKED) == HELD
    vain = f"{TRIES}\n22 looks fin-a IN\n22 tries fails\n22 tries opens"
    assert outcomes(check, vain, reason=BLOCKED) == HELD, "it was refused at once"


def test_an_alternate_that_is_seen_available_is_not_passed_over() -> None:
    over = f"{SEEKS}\n85 looks fin-b IN\n90 looks fin-a OUT\n95 looks fin-b IN\n95 looks fin-a OUT\n{GOES}\n{LIVES}"
    over = over.replace("\n85 looks fin-b fails", "").replace("90 looks fin-a OUT", "91 looks fin-a OUT")
    assert outcomes(client.it_looks_once_more_before_it_moves, over) == VIOLATED
    assert outcomes(client.it_moves_if_that_look_finds_it_down, over) == VIOLATED


def test_a_look_that_is_due_anyhow_is_not_the_one_more_look() -> None:
    due = f"{SEEKS}\n85 looks fin-b IN\n90 looks fin-a OUT\n95 looks fin-b IN\n95 looks fin-a OUT\n{GOES}"
    due = due.replace("\n85 looks fin-b fails", "")
    assert outcomes(client.it_looks_once_more_before_it_moves, due) == VIOLATED
    assert outcomes(client.it_looks_once_more_before_it_moves, MOVES) == HELD


def test_an_alternate_that_is_seen_while_the_current_server_is_connected_to_has_its_turn_later() -> None:
    over = f"{SEEKS}\n85 looks fin-b IN\n90 looks fin-a OUT\n95 looks fin-b IN\n95 looks fin-a OUT\n{GOES}\n{LIVES}"
    over = over.replace("\n85 looks fin-b fails", "\n84 looks fin-a IN\n84 tries fails").replace("90 looks", "91 looks")
    assert Outcome.VIOLATED not in outcomes(client.it_looks_once_more_before_it_moves, over, reason=BLOCKED)
    assert Outcome.VIOLATED not in outcomes(client.it_moves_if_that_look_finds_it_down, over, reason=BLOCKED)


def test_whoever_has_no_bosh_connection_at_the_other_server_is_not_connected_there() -> None:
    deaf = MOVES.replace("95 opens fin-b\n", "")
    assert outcomes(client.it_moves_if_that_look_finds_it_down, deaf) == VIOLATED
    assert outcomes(client.it_moves_if_that_look_finds_it_down, f"{MOVES}\n{LIVES}", lasts_s=300.0) == HELD


def test_a_server_that_is_out_of_service_as_the_desktop_comes_in_has_not_let_it_in() -> None:
    """Found by exploring. What it says later, or had said before, is no excuse."""
    came = f"{SEEKS}\n90 looks fin-a OUT\n95 looks fin-b IN\n95 looks fin-a OUT\n95 goes fin-b\n"
    assert outcomes(client.it_moves_if_that_look_finds_it_down, f"{came}95 looks fin-b OUT") != VIOLATED
    assert outcomes(client.it_moves_if_that_look_finds_it_down, f"{came}95 looks fin-b IN") == VIOLATED
    assert outcomes(client.it_moves_if_that_look_finds_it_down, f"{came}97 looks fin-b OUT") == VIOLATED
    assert outcomes(client.it_moves_if_that_look_finds_it_down, came) == VIOLATED


@pytest.mark.parametrize(("last_s", "expected"), [(224, HELD), (226, HELD), (215, VIOLATED)])
def test_whose_event_stream_falls_silent_at_the_other_server_is_not_connected_there(
    last_s: int, expected: set[Outcome]
) -> None:
    stays = f"{MOVES}\n96 is-present fin-b\n{every(10, 105, last_s, 'lives fin-b')}"
    assert outcomes(client.it_moves_if_that_look_finds_it_down, stays, lasts_s=299.0) == expected


def test_who_was_not_watched_for_longer_than_a_stream_may_be_silent_is_connected() -> None:
    assert outcomes(client.it_moves_if_that_look_finds_it_down, MOVES, lasts_s=169.0) == HELD
    assert outcomes(client.it_moves_if_that_look_finds_it_down, f"{MOVES}\n150 closes") == HELD


@pytest.mark.parametrize(("at_s", "expected"), [("110", HELD), ("110.1", VIOLATED), ("120", VIOLATED)])
def test_who_is_present_there_late_was_not_there(at_s: str, expected: set[Outcome]) -> None:
    late = f"{MOVES}\n{LIVES}".replace("106 is-present", f"100 lives fin-b\n{at_s} is-present")
    assert outcomes(client.it_moves_if_that_look_finds_it_down, late) == expected


def test_who_is_told_nothing_at_the_other_server_is_not_connected_there() -> None:
    check, deaf = client.it_moves_if_that_look_finds_it_down, LIVES.replace("is-present", "lives")
    assert outcomes(check, f"{MOVES}\n{deaf}") == VIOLATED
    assert outcomes(check, f"{MOVES}\n96 lives fin-b\n109 closes") == HELD


@pytest.mark.parametrize(("first_s", "is_late"), [(21.0, False), (21.1, True), (9.0, False)])
def test_the_other_server_is_looked_at_within_a_period_of_the_first_look(first_s: float, is_late: bool) -> None:
    looks = every(10, 10, 90, "looks fin-a OUT")
    seeks = f"10 told OUT\n{looks}\n{every(10, first_s, first_s + 70, 'looks fin-b OUT')}"
    judged = outcomes(client.alternate_is_looked_at_every_ten_seconds, seeks, lasts_s=100.0)
    assert (Outcome.VIOLATED in judged) is is_late


def test_who_is_signed_in_and_leaves_again_by_itself_is_not_signed_in() -> None:
    check = client.agent_is_signed_in_automatically
    assert outcomes(check, f"{MOVES}\n97 leaves-session fin-b") == VIOLATED
    assert outcomes(check, f"{MOVES}\n97 leaves-session fin-b\n98 opens fin-b") == HELD
    assert outcomes(check, f"{MOVES}\n97 leaves-session fin-b\n98 closes") == HELD


@pytest.mark.parametrize(
    ("tokens", "judged"),
    [("97 tokens fin-b 20", HELD), ("97 tokens fin-b", HELD), ("97 tokens fin-b 40", VIOLATED), ("", VIOLATED)],
)
def test_who_leaves_because_the_tokens_are_at_their_end_has_not_left_by_itself(
    tokens: str, judged: set[Outcome]
) -> None:
    works = f"{MOVES}\n{tokens}\n97 is-present fin-b\n{every(5, 97, 117, 'lives fin-b')}"
    leaves = f"{works}\n117 logs-out fin-b\n117 leaves-session fin-b"
    for check in (client.agent_is_signed_in_automatically, client.it_moves_if_that_look_finds_it_down):
        assert outcomes(check, leaves, lasts_s=140.0) == judged


@pytest.mark.parametrize(
    ("cookies", "life_s", "judged"),
    [("0", 20.0, HELD), ("0", 40.0, VIOLATED), ("2", 40.0, HELD), (None, 40.0, HELD), ("0", None, HELD)],
)
def test_a_token_of_which_no_time_is_told_has_its_full_life_where_no_cookies_were_left(
    cookies: str | None, life_s: float | None, judged: set[Outcome]
) -> None:
    counted = "" if cookies is None else f"1 cookies {cookies}"
    works = f"{counted}\n{MOVES}\n97 tokens fin-b\n97 is-present fin-b\n{every(5, 97, 117, 'lives fin-b')}"
    leaves = f"{works}\n117 logs-out fin-b\n117 leaves-session fin-b"
    check = client.agent_is_signed_in_automatically
    assert outcomes(check, leaves, lasts_s=140.0, refresh_token_s=life_s) == judged


def test_who_is_signed_in_and_out_again_by_itself_is_not_signed_in() -> None:
    check = client.agent_is_signed_in_automatically
    assert outcomes(check, f"{MOVES}\n135 signs-out fin-b") == VIOLATED
    assert outcomes(check, f"{MOVES}\n{LIVES}") == HELD


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("130 switch AVAILABLE\n130.2 hears {there}", HELD),
        ("130 switch AVAILABLE\n135 hears {there}", HELD),
        ("130 switch AVAILABLE\n135.1 hears {there}", VIOLATED),
        ("130 switch AVAILABLE\n130 hears {elsewhere}", VIOLATED),
        ("130 switch AVAILABLE\n130.2 hears {there}\n160 switch NOT_READY", VIOLATED),
        ("100 switch AVAILABLE", set()),  # he has just moved
        ("119 switch AVAILABLE", set()),  # when something else is broken
        ("297 switch AVAILABLE", set()),  # too late to be told of
    ],
)
def test_whose_event_stream_does_not_tell_of_him_is_not_connected(lines: str, expected: set[Outcome]) -> None:
    for check, text, reason, node in (
        (client.it_moves_if_that_look_finds_it_down, f"{MOVES}\n{LIVES}", CTI, "fin-b"),
        (client.bosh_is_requested_when_in_service, LIBRARY_RETURNS, NOTIFICATION, "fin-a"),
    ):
        elsewhere = "fin-a" if node == "fin-b" else "fin-b"
        told = lines.format(there=node, elsewhere=elsewhere)
        seen = findings(check, f"{text}\n120 lifts\n{told}", reason=reason)
        assert {one.outcome for one in seen if one.cell.get("hears")} == expected


def test_a_server_that_is_lost_soon_after_the_return_has_a_cell_of_its_own() -> None:
    check = client.each_trigger_alone[EVENT]
    for lost_s, is_soon in ((150, True), (151, False)):
        again = f"{lost_s} told OUT\n{lost_s} looks fin-a OUT"
        first, second = findings(check, f"{RETURNS}\n{again}")
        assert (first.cell.get("soon"), second.cell.get("soon")) == (None, CTI if is_soon else None)
        assert second.outcome is Outcome.HELD
    first, second = findings(check, f"{RETURNS}\n150 told OUT")
    assert (second.outcome, second.cell.get("soon")) == (Outcome.VIOLATED, CTI)


def test_data_that_are_read_at_the_other_server_are_not_refreshed() -> None:
    elsewhere = RETURNS.replace("90 reads fin-a", "90 reads fin-b")
    assert outcomes(client.data_are_refreshed, elsewhere) == VIOLATED


def test_a_notice_of_the_return_before_it_is_so_is_a_violation() -> None:
    check = client.agent_is_told_of_the_return
    assert outcomes(check, RETURNS.replace(f"90 shows {BACK}", f"80 shows {BACK}\n90 shows {BACK}")) == VIOLATED
    # In service, and its BOSH connection still lost.
    half = f"{TRIES}\n19 looks fin-a IN\n19 shows {BACK}\n19.5 tries fails"
    assert outcomes(check, half, reason=BLOCKED) == VIOLATED
    whole = f"{TRIES}\n19 looks fin-a IN\n19.5 tries opens\n19.5 shows {BACK}"
    assert outcomes(check, whole, reason=BLOCKED) == HELD


def test_a_loss_that_is_told_again_though_nothing_was_lost_is_a_violation() -> None:
    check, again = client.agent_is_told_of_the_return, f"{RETURNS}\n93 shows {LOST}"
    assert outcomes(check, again) == VIOLATED
    assert outcomes(check, f"{again}\n92 told OUT") == HELD  # the next fail-over, which is not over
    assert outcomes(check, f"{again}\n92 looks fin-a OUT") == HELD


def test_what_the_library_has_mended_may_be_told() -> None:
    mended = f"10 bosh fails\n13 tries opens\n13 shows {BACK}\n13 reads fin-a User\n13 reads fin-a Dialogs"
    assert VIOLATED.isdisjoint(outcomes(client.agent_is_told_of_the_return, mended, reason=BLOCKED))
    early = mended.replace(f"13 shows {BACK}", f"12 shows {BACK}")
    assert outcomes(client.agent_is_told_of_the_return, early, reason=BLOCKED) == VIOLATED


def test_who_has_moved_may_be_told_that_he_is_connected_again() -> None:
    moved = f"{MOVES}\n96 shows You are connected again, to fin-b."
    assert outcomes(client.agent_is_told_of_the_return, moved) == set()


@pytest.mark.parametrize(
    "line", ["150 reads fin-a User", "150 shows Successfully reconnected to fin-a.", "150 tries opens"]
)
def test_whoever_has_moved_has_nothing_more_to_do_with_the_failed_server(line: str) -> None:
    stays = f"{MOVES}\n100 probe fin-a IN\n{every(10, 100, 290, 'lives fin-b')}"
    assert outcomes(client.it_never_goes_back, stays) == HELD
    assert outcomes(client.it_never_goes_back, f"{stays}\n{line}") == VIOLATED
    at_once = f"{MOVES}\n95 shows {BACK}\n100 probe fin-a IN\n{every(10, 100, 290, 'lives fin-b')}"
    assert outcomes(client.it_never_goes_back, at_once) == VIOLATED
    goodbye = "150 shows Successfully reconnected to fin-b."
    assert outcomes(client.it_never_goes_back, f"{stays}\n{goodbye}") == HELD


# --- the other server lets nobody in ---------------------------------------------------------------------------------

REFUSED_MOVE = "95 looks fin-b IN\n95 looks fin-a OUT\n95 goes fin-b\n95 looks fin-b IN\n95 fails-to-open fin-b"
LET_IN = GOES.replace("95 ", "105 ")
IN_VAIN = f"{SEEKS}\n90 looks fin-a OUT\n{REFUSED_MOVE}\n100 looks fin-a OUT"
IN_VAIN += f"\n105 looks fin-b IN\n105 looks fin-a OUT\n{LET_IN}"
LOOKS_ON = (
    client.current_is_checked,
    client.alternate_is_checked,
    client.current_is_looked_at_every_ten_seconds,
    client.alternate_is_looked_at_every_ten_seconds,
    client.it_looks_once_more_before_it_moves,
    client.it_moves_if_that_look_finds_it_down,
    client.agent_is_signed_in_automatically,
    client.fails_over_because_of[CTI],
)


@pytest.mark.parametrize("check", LOOKS_ON, ids=lambda check: check.name)
def test_whoever_is_not_let_in_by_the_other_server_goes_on_looking_and_is_not_blamed(check: Check) -> None:
    assert outcomes(check, f"{IN_VAIN}\n{LIVES}") == HELD


@pytest.mark.parametrize(("at_s", "expected"), [(97.0, HELD), (105.9, HELD), (106.1, VIOLATED), (111.0, VIOLATED)])
def test_whoever_is_not_let_in_looks_at_each_server_within_a_period_after_that(
    at_s: float, expected: set[Outcome]
) -> None:
    vain = f"{SEEKS}\n90 looks fin-a OUT\n{REFUSED_MOVE}"
    for check, look in (
        (client.current_is_looked_at_every_ten_seconds, "a OUT"),
        (client.alternate_is_looked_at_every_ten_seconds, "b fails"),
    ):
        told = findings(check, f"{vain}\n{at_s} looks fin-{look}", lasts_s=114.0)
        assert {one.outcome for one in told if one.cell.get("vain")} == expected
        assert outcomes(check, vain, lasts_s=105.9) == HELD, "nothing was due as yet"
        assert Outcome.VIOLATED in outcomes(check, vain, lasts_s=106.1)


def test_whoever_is_not_let_in_and_gives_up_is_blamed() -> None:
    gives_up = f"{SEEKS}\n90 looks fin-a OUT\n{REFUSED_MOVE}"
    for check in (client.current_is_checked, client.alternate_is_checked, client.fails_over_because_of[CTI]):
        assert outcomes(check, gives_up, lasts_s=200.0) == VIOLATED


def test_who_is_turned_down_for_his_own_fault_was_not_refused() -> None:
    turned_down = MOVES.replace("95 signs-in fin-b 202", "95 signs-in fin-b 401")
    (one,) = fail_overs(History(Forger(CTI, STATES[0]).play(turned_down, lasts_s=120.0)))
    assert [move.is_refused for move in one.moves] == [False]


# --- exactly once ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("telephone", "expected"), [("2001", HELD), ("2002", VIOLATED), ("", HELD)])
def test_whoever_moves_is_signed_in_at_his_own_telephone(telephone: str, expected: set[Outcome]) -> None:
    at = f"{MOVES}\n{LIVES}".replace("signs-in fin-b 202", f"signs-in fin-b 202 {telephone}")
    assert outcomes(client.agent_is_signed_in_automatically, at) == expected


def test_who_is_signed_in_and_made_ready_by_itself_is_not_signed_in_alone() -> None:
    check = client.agent_is_signed_in_automatically
    assert outcomes(check, f"{MOVES}\n97 asks-for fin-b READY 202\n{LIVES}") == VIOLATED
    for line in ("97 asks-for fin-b READY 503", "97 asks-for fin-b NOT_READY"):
        assert outcomes(check, f"{MOVES}\n{line}\n{LIVES}") == HELD


def test_whoever_moves_is_signed_in_exactly_once() -> None:
    check = client.agent_is_signed_in_once
    assert outcomes(check, MOVES, lasts_s=120.0) == HELD
    assert outcomes(check, RETURNS, lasts_s=120.0) == set()
    for node in ("fin-a", "fin-b"):
        assert outcomes(check, f"{MOVES}\n110 signs-in {node} 202", lasts_s=120.0) == VIOLATED
    assert outcomes(check, f"{MOVES}\n96 signs-in fin-b 503", lasts_s=120.0) == HELD
    assert outcomes(check, MOVES, lasts_s=97.0) == set()
