"""CLIENT-02, -03, -09, -12 and -17 on forged timelines: who is looked at, how often, and what is not asked for."""

import pytest

from chaos.history.desktops import BLOCKED, CTI, EVENT, NOTIFICATION
from chaos.verdicts import client
from chaos.verdicts.outcome import Outcome
from tests.verdicts.desk_stories import GOES, HELD, LIBRARY_RETURNS, LIVES, MOVES, RETURNS, SEEKS, TRIES, VIOLATED
from tests.verdicts.desks import BACK, LOST, every, findings, outcomes

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
