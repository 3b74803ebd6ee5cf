"""CLIENT-04, -11 and -13 to -15 on forged timelines: moving to the other server, back at one's own, exactly once."""

import pytest

from chaos.history import History
from chaos.history.desktops import BLOCKED, CTI, STATES, fail_overs
from chaos.verdicts import client
from chaos.verdicts.check import Check
from chaos.verdicts.client import moving
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found
from tests.verdicts.desk_stories import GOES, HELD, LIVES, MOVES, RETURNS, SEEKS, TRIES, VIOLATED
from tests.verdicts.desks import BACK, LOST, Forger, every, findings, outcomes

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
