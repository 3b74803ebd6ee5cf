"""CLIENT-01, -05 to -08 and -17 to -20 on forged timelines: who is told, who is told nothing, and the reasons."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.history.desktops import BLOCKED, BOSH, CTI, NOTIFICATION, STATES, TOMCAT, WEBAPP, says_back, says_lost
from chaos.journal import DesktopRequested, Timeline
from chaos.verdicts import client
from chaos.verdicts.checks import CHECKS
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found
from tests.verdicts.desk_stories import (
    ELSEWHERE,
    HELD,
    INCONCLUSIVE,
    MOVES,
    QUIET,
    RETURNS,
    SEEKS,
    TRIES,
    VIOLATED,
    silent,
)
from tests.verdicts.desks import BACK, LOST, Forger, every, findings, outcomes

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
        (20, 40, True),  # it had not looked for one by then
    ],
)
@pytest.mark.parametrize("tries", ["", "11 tries-cti fin-a"])
def test_a_node_that_takes_its_time_has_no_loss_that_is_over_by_the_first_look(
    connected_s: float, back_s: float, expected: bool, tries: str
) -> None:
    if tries and connected_s == 20:  # it was refused, and a node that is not would be back
        expected = False
    told = f"10 others-are-told fin-a OUT\n10 told OUT\n10 shows {LOST}\n{tries}\n{connected_s} connects fin-a"
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
