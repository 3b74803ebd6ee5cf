"""CLIENT-06 to -08, -10 and -16 on forged timelines: triggers, attempts, and their order."""

import pytest

from chaos.history.desktops import BLOCKED, BOSH, CTI, EVENT, NOTIFICATION, PRESENCE, TOMCAT, WEBAPP
from chaos.verdicts import client
from chaos.verdicts.outcome import Outcome
from tests.verdicts.desk_stories import HELD, INCONCLUSIVE, MOVES, RETURNS, TRIES, VIOLATED
from tests.verdicts.desks import BACK, IN_SILENCE, LOST, every, findings, outcomes


@pytest.mark.parametrize(
    ("trigger", "line", "reason"), [(EVENT, "10 told OUT", CTI), (PRESENCE, "10 told gone", TOMCAT)]
)
def test_a_trigger_alone_starts_the_logic_within_one_period(trigger: str, line: str, reason: str) -> None:
    check = client.each_trigger_alone[trigger]
    assert outcomes(check, f"{line}\n21 looks fin-a OUT", reason=reason) == HELD
    assert outcomes(check, f"{line}\n21.1 looks fin-a OUT", reason=reason) == VIOLATED
    assert outcomes(check, line, reason=reason) == VIOLATED
    assert outcomes(check, f"{line}\n15 closes", reason=reason) == set()


def test_an_event_just_before_the_trigger_is_no_reason_to_pass_over_it() -> None:
    check = client.each_trigger_alone[EVENT]
    [one] = findings(check, "7.5 hears fin-a\n10 told OUT\n12 looks fin-a OUT", reason=CTI)
    assert (one.outcome, one.cell.get("amid")) == (Outcome.HELD, "another event")
    for long_before in ("6.5 hears fin-a", "9 hears fin-b"):
        [other] = findings(check, f"{long_before}\n10 told OUT\n12 looks fin-a OUT", reason=CTI)
        assert other.cell.get("amid") is None


@pytest.mark.parametrize(("trigger", "line", "reason"), [(EVENT, "told OUT", CTI), (PRESENCE, "told gone", TOMCAT)])
def test_a_logic_that_another_loss_has_begun_was_not_begun_by_the_first_one(
    trigger: str, line: str, reason: str
) -> None:
    later = f"60 {line}\n61 looks fin-a IN\n61 reads fin-a User\n61 reads fin-a Dialogs\n61 shows {BACK}"
    check = client.each_trigger_alone[trigger]
    assert outcomes(check, f"10 {line}\n{later}", reason=reason) == VIOLATED
    assert outcomes(check, f"10 {line}\n11 looks fin-a OUT\n{later}", reason=reason) == HELD


def test_attempts_that_are_under_way_may_take_their_time_before_the_logic_begins() -> None:
    check = client.each_trigger_alone[BOSH]
    back = f"101 looks fin-a IN\n101 tries opens\n101 reads fin-a User\n101 reads fin-a Dialogs\n101 shows {BACK}"
    hang = "10 bosh fails\n40 tries fails 28\n70 tries fails 28\n100 tries fails 28"
    assert outcomes(check, f"{hang}\n{back}", reason=BLOCKED) == set()
    assert outcomes(check, f"10 bosh fails\n{back}", reason=BLOCKED) == VIOLATED


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


def test_attempts_whose_sign_in_is_refused_have_brought_nothing_and_count() -> None:
    check = client.three_attempts_come_first
    refused = "10 bosh fails\n13 is-not-let-in\n16 is-not-let-in\n19 is-not-let-in\n"
    [one] = findings(check, f"{refused}19 looks fin-a IN", reason=BLOCKED)
    assert (one.outcome, one.cell.get("tries")) == (Outcome.HELD, "a session is there, and lets nobody in")
    assert outcomes(check, f"{refused}22 is-not-let-in\n22 looks fin-a IN", reason=BLOCKED) == VIOLATED
    assert outcomes(check, f"{refused}22 is-not-let-in", reason=BLOCKED) == VIOLATED, "and no logic at all"
    brought = "10 bosh fails\n13 is-not-let-in\n16 tries opens\n16 lives fin-a\n16 lives fin-a\n16 lives fin-a"
    [mended] = findings(check, brought, reason=BLOCKED)
    assert (mended.outcome, mended.cell.get("mended")) == (Outcome.HELD, "the second attempt")


def test_a_request_whose_sign_in_is_refused_is_made_anew_upon_in_service() -> None:
    check = client.bosh_is_requested_when_in_service
    text = f"{TRIES}\n19 looks fin-a IN\n19 is-not-let-in\n29 looks fin-a IN\n"
    assert outcomes(check, text, reason=BLOCKED) == VIOLATED
    opens = "29.5 tries opens\n29.5 reads fin-a User\n29.5 reads fin-a Dialogs"
    assert outcomes(check, text + opens, reason=BLOCKED) == HELD


LOOKS_IN_VAIN = "\n".join(f"{at} looks fin-a IN\n{at} tries fails" for at in (19, 29, 39, 49))
"""Upon each look BOSH is requested once; `TRIES` come before them."""


def test_an_attempt_of_the_library_amid_the_logic_is_one_too_many() -> None:
    check = client.three_attempts_come_first
    text = f"{TRIES}\n{LOOKS_IN_VAIN}"
    assert outcomes(check, text, reason=BLOCKED) == HELD
    assert outcomes(check, f"{text}\n23 tries fails", reason=BLOCKED) == VIOLATED
    assert outcomes(check, f"{text}\n33 tries fails", reason=BLOCKED) == HELD, "that is another clause's"


def test_bosh_is_requested_once_upon_a_look() -> None:
    check = client.bosh_is_requested_when_in_service
    text = f"{TRIES}\n{LOOKS_IN_VAIN}"
    assert outcomes(check, text, reason=BLOCKED) == HELD
    assert outcomes(check, f"{text}\n32 tries fails", reason=BLOCKED) >= VIOLATED
    every_time = "\n".join(f"{at} tries fails" for at in (22, 32, 42, 52))
    assert outcomes(check, f"{text}\n{every_time}", reason=BLOCKED) == HELD, "so it requests BOSH"
    assert outcomes(check, f"{text}\n52 tries fails", reason=BLOCKED) == HELD, "no look shows what came of that"


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


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        ("gadget-looks", HELD),
        ("frame-looks", HELD),  # twice in peace
        ("looks", VIOLATED),  # the page's own
    ],
)
def test_what_a_gadget_asks_for_is_no_look_of_the_desktops(asks: str, expected: set[Outcome]) -> None:
    """Neither while the XMPP library tries, nor between two looks of the desktop's."""
    own = "1.5 asks-for fin-a LOGIN 202"
    peace = f"5 {asks} fin-a IN\n8 {asks} fin-a IN"
    logic = every(10, 19, 289, "looks fin-a OUT")
    text = f"{own}\n{peace}\n{TRIES}\n13.5 {asks} fin-a OUT\n22 {asks} fin-a OUT\n{logic}"
    for check in (client.three_attempts_come_first, client.current_is_looked_at_every_ten_seconds):
        seen = outcomes(check, text, reason=NOTIFICATION)
        assert seen == expected if expected == HELD else seen >= expected


def test_a_frame_that_did_not_look_in_peace_may_be_the_desktops_own() -> None:
    text = f"1.5 asks-for fin-a LOGIN 202\n{TRIES}\n13.5 frame-looks fin-a OUT\n19 looks fin-a OUT"
    assert outcomes(client.three_attempts_come_first, text, reason=NOTIFICATION) == VIOLATED
    gadget = text.replace("frame-looks", "gadget-looks")
    assert outcomes(client.three_attempts_come_first, gadget, reason=NOTIFICATION) == HELD
    alone = gadget.replace("19 looks", "19 gadget-looks")
    assert outcomes(client.three_attempts_come_first, alone, reason=NOTIFICATION) == VIOLATED, "nothing else looks"


def test_a_loss_that_a_node_finds_by_its_heartbeats_is_a_cell_of_its_own() -> None:
    check = client.fails_over_because_of[CTI]
    found = {one.cell.get("loss"): one.outcome for one in findings(check, RETURNS, reason=IN_SILENCE)}
    assert found == {None: Outcome.HELD, "heartbeats that nothing answers": Outcome.HELD}
    assert {one.cell.get("loss") for one in findings(check, RETURNS, reason=CTI)} == {None}
    assert "heartbeats that nothing answers" not in {
        one.cell.get("loss") for one in findings(check, "10 told OUT", reason=IN_SILENCE)
    }


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
