"""DESKTOP-02 … DESKTOP-05, DESKTOP-11 on forged timelines: both edges of each time, and what must not be blamed."""

import pytest

from chaos.history import History
from chaos.history.absences import deaf_to_logouts
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import alone, framed, played

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
READY = "1 switch ann AVAILABLE\n0 fin-a a stands\n0 fin-b a stands\n"


def findings(check: Check, text: str, *, lasts_s: float = 400.0) -> list[Finding]:
    return found(alone(check), History(played(framed(READY + text, lasts_s=lasts_s, fault="away"))))


def said(check: Check, text: str, **how: float) -> list[Outcome]:
    return [finding.outcome for finding in findings(check, text, **how)]


def gone(how: str, *more: str) -> str:
    return "\n".join((f"20 ann leaves {how}", *more))


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [(58.9, VIOLATED), (59.0, HELD), (60.0, HELD), (65.0, HELD), (65.1, VIOLATED)],
)
@pytest.mark.parametrize("how", ["goodbye", "end", "drop"])
def test_the_wait_is_a_minute_at_both_edges(how: str, after_s: float, outcome: Outcome) -> None:
    text = gone(how, f"{20 + after_s} fin-a wants ann LOGOUT 255")
    assert said(desktop.a_logout_waits_a_minute, text) == [outcome]


def test_a_logout_that_never_comes_is_missed_by_both_clauses_and_by_neither_before_its_time() -> None:
    for check in (desktop.a_logout_waits_a_minute, desktop.a_closed_browser_ends_in_code_255):
        assert said(check, gone("drop")) == [VIOLATED]
        assert said(check, gone("drop", "84 ann returns")) == []
        assert said(check, gone("drop"), lasts_s=84.0) == []


@pytest.mark.parametrize(
    ("check", "how"),
    [
        (desktop.a_logout_waits_a_minute, "drop"),
        (desktop.a_closed_browser_ends_in_code_255, "drop"),
        (desktop.a_crash_ends_in_a_logout, "silence"),
    ],
)
def test_of_a_logout_that_never_comes_it_is_shown_what_became_of_the_agent_instead(check: Check, how: str) -> None:
    (finding,) = findings(check, gone(how, "100 switch ann NOT_READY 7"))
    assert [item.at_s for item in finding.evidence] == [20.0, 100.0]
    assert finding.evidence[-1].text == "the last that the switch says of ann: NOT_READY"
    assert finding.stretch == (20.0, 20.0), "since when it was to come is not moved by what came later"


def test_a_logout_of_somebody_whose_client_is_there_is_a_violation() -> None:
    text = gone("drop", "21 ann returns", "390 fin-a wants ann LOGOUT 255")
    (finding,) = findings(desktop.nobody_who_is_there_is_logged_out, text)
    assert finding.outcome is VIOLATED
    assert "whose client is there" in finding.reason


def test_a_logout_of_whose_other_client_is_there_is_a_violation() -> None:
    text = "10 ann moves fin-a two\n" + gone("drop", "21 ann returns", "80 fin-a wants ann LOGOUT 255")
    assert said(desktop.nobody_who_is_there_is_logged_out, text) == [VIOLATED]


@pytest.mark.parametrize(
    "text",
    [
        gone("drop", "80 fin-a wants ann LOGOUT 255"),  # nobody was there
        gone("drop", "79.5 ann returns", "80 fin-a wants ann LOGOUT 255"),  # too late
        gone("drop", "30 ann returns", "85 fin-a wants ann LOGOUT 255"),  # DESKTOP-11 has a word for it
        # Too late, and on a call, whose end is waited for.
        "2 switch ann TALKING\n" + gone("drop", "85 ann returns", "200 fin-a wants ann LOGOUT 255"),
        "2 switch ann TALKING\n" + gone("silence", "185 ann returns", "300 fin-a wants ann LOGOUT 255"),
    ],
)
def test_a_logout_that_an_absence_explains_is_none_of_somebody_who_is_there(text: str) -> None:
    assert said(desktop.nobody_who_is_there_is_logged_out, text) == [HELD]


def test_a_second_logout_is_one_too_many_for_who_is_back_and_nothing_to_who_is_not() -> None:
    again = ("80 fin-a wants ann LOGOUT 255", "85 fin-a wants ann LOGOUT 255")
    check = desktop.nobody_who_is_there_is_logged_out
    assert said(check, gone("drop", "81 ann returns", *again)) == [HELD, VIOLATED]
    assert said(check, gone("drop", *again)) == [HELD, HELD]
    own = gone("drop", "81 ann returns", again[0], "90 ann leaves drop", "150 fin-a wants ann LOGOUT 255")
    assert said(check, own) == [HELD, HELD]


def test_a_node_that_was_out_of_service_within_the_minute_is_not_blamed_for_a_logout() -> None:
    text = "30 fin-a says OUT\n50 fin-a a opens\n51 fin-a says IN\n80 fin-a wants ann LOGOUT 255"
    assert said(desktop.nobody_who_is_there_is_logged_out, text) == []


def test_whoever_signs_out_by_himself_is_not_logged_out_by_force() -> None:
    text = gone(
        "drop", "21 ann returns", "300 ann asks PUT User/{id} 202 wants=state=LOGOUT", "300.1 fin-a wants ann LOGOUT"
    )
    assert said(desktop.a_logout_waits_a_minute, text) == []


@pytest.mark.parametrize(("code", "outcome"), [("255", HELD), ("0", VIOLATED), ("999", VIOLATED)])
def test_the_code_is_255(code: str, outcome: Outcome) -> None:
    text = gone("goodbye", f"80 fin-a wants ann LOGOUT {code}")
    assert said(desktop.a_closed_browser_ends_in_code_255, text) == [outcome]


@pytest.mark.parametrize(
    ("logout", "outcome"), [("255", HELD), ("0", VIOLATED), ("999", VIOLATED), ("255 unforced", VIOLATED)]
)
@pytest.mark.parametrize(
    ("how", "check"),
    [
        ("silence", desktop.a_crash_ends_in_a_logout),
        ("browser-crashed", desktop.a_crash_ends_in_a_logout),
        ("slow", desktop.a_slow_goodbye_is_like_a_crash),
    ],
)
def test_the_logout_after_a_crash_is_a_forced_one_with_code_255(
    how: str, check: Check, logout: str, outcome: Outcome
) -> None:
    assert said(check, gone(how, f"190 fin-a wants ann LOGOUT {logout}")) == [outcome]


@pytest.mark.parametrize(("asked_s", "outcome"), [(79.0, HELD), (85.0, HELD), (78.9, VIOLATED), (85.1, VIOLATED)])
def test_it_comes_after_a_minute_however_the_browser_was_left(asked_s: float, outcome: Outcome) -> None:
    for how in ("goodbye", "browser-closed"):
        text = gone(how, f"{asked_s} fin-a wants ann LOGOUT 255")
        assert said(desktop.a_closed_browser_ends_in_code_255, text) == [outcome]


@pytest.mark.parametrize(("at", "outcome"), [("2001", HELD), ("2003", VIOLATED), ("2999", HELD)])
def test_it_names_no_telephone_of_another_agent(at: str, outcome: Outcome) -> None:
    text = gone("drop", f"80 fin-a wants ann LOGOUT 255 at={at}")
    assert said(desktop.a_closed_browser_ends_in_code_255, text) == [outcome]
    text = gone("silence", f"150 fin-a wants ann LOGOUT 255 at={at}")
    assert said(desktop.a_crash_ends_in_a_logout, text) == [outcome]


def test_whom_a_call_reaches_while_he_is_gone_may_be_waited_for() -> None:
    called = ("50 switch ann TALKING", "110.1 fin-a wants ann LOGOUT 255")
    for check, outcomes in (
        (desktop.a_logout_waits_a_minute, []),
        (desktop.a_closed_browser_ends_in_code_255, [HELD]),
    ):
        assert said(check, gone("drop", *called)) == outcomes
        assert said(check, gone("drop", called[0])) == []
        assert said(check, gone("drop", called[1])) == [VIOLATED]


def test_a_logout_that_is_not_forced_is_a_violation() -> None:
    text = gone("goodbye", "80 fin-a wants ann LOGOUT 255 unforced")
    assert said(desktop.a_closed_browser_ends_in_code_255, text) == [VIOLATED]


def test_the_code_of_a_logout_after_a_call_is_255_too() -> None:
    talks = "2 switch ann TALKING\n"
    for code, outcome in (("255", HELD), ("0", VIOLATED)):
        text = talks + gone("drop", f"120 fin-a wants ann LOGOUT {code}")
        assert said(desktop.a_closed_browser_ends_in_code_255, text) == [outcome]
    assert said(desktop.a_closed_browser_ends_in_code_255, talks + gone("drop")) == []


@pytest.mark.parametrize(("state", "named"), [("AVAILABLE", "Ready"), ("NOT_READY", "Not Ready")])
def test_a_crash_has_the_cell_of_the_agents_state(state: str, named: str) -> None:
    (one,) = findings(desktop.a_crash_ends_in_a_logout, f"2 switch ann {state}\n" + gone("silence"))
    assert (one.outcome, one.cell["state"]) == (VIOLATED, named)


def test_a_state_of_which_nothing_was_told_is_what_the_switch_said_when_it_was_asked() -> None:
    """Whoever was signed in by an earlier experiment: of cid nothing else is known here."""
    text = "2 looked cid NOT_READY\n20 cid leaves silence"
    (one,) = findings(desktop.a_crash_ends_in_a_logout, text)
    assert one.cell["state"] == "Not Ready"
    assert findings(desktop.a_crash_ends_in_a_logout, "20 cid leaves silence") == []


def test_who_is_on_a_call_and_back_in_time_is_not_logged_out_when_it_ends_either() -> None:
    talks = "2 switch ann TALKING\n" + gone("drop", "25 ann returns", "120 end-of 7 2001")
    for at_s in (80, 120.2):
        text = talks + f"\n{at_s} fin-a wants ann LOGOUT 255"
        assert said(desktop.who_is_back_in_time_stays, text) == [VIOLATED]
    later = "\n300 cid leaves drop\n360 fin-a wants cid LOGOUT 255"
    (one, *_) = findings(desktop.who_is_back_in_time_stays, talks + later)
    assert (one.outcome, one.cell["state"]) == (HELD, "Talking")


def test_whose_call_ends_while_his_page_is_away_is_back_in_time_all_the_same() -> None:
    talks, later = "2 switch ann HOLD\n", "300 cid leaves drop\n360 fin-a wants cid LOGOUT 255"
    for ends_s, cell in ((70, "his call ended"), (85, None)):
        away = talks + gone("end", "79 ann returns", f"{ends_s} end-of 7 2001", later)
        (one, *_) = findings(desktop.who_is_back_in_time_stays, away)
        assert (one.outcome, one.cell["back"], one.cell.get("meanwhile")) == (HELD, "after 59 s", cell)
        out = f"{away}\n{ends_s + 0.2 if cell is None else 80} fin-a wants ann LOGOUT 255"
        assert VIOLATED in said(desktop.who_is_back_in_time_stays, out)


def test_who_had_signed_out_or_is_on_a_call_is_judged_elsewhere() -> None:
    for state in ("LOGOUT", "TALKING"):
        text = f"2 switch ann {state}\n" + gone("drop", "80 fin-a wants ann LOGOUT 255")
        assert said(desktop.a_logout_waits_a_minute, text) == []


def test_a_node_that_is_out_of_service_meanwhile_is_not_blamed() -> None:
    text = gone("drop", "30 fin-a says OUT", "50 fin-a a opens", "51 fin-a says IN")
    assert said(desktop.a_logout_waits_a_minute, text) == []


@pytest.mark.parametrize(("after_s", "outcome"), [(58.0, VIOLATED), (60.0, HELD), (182.0, HELD), (182.1, VIOLATED)])
def test_a_crash_ends_within_three_minutes(after_s: float, outcome: Outcome) -> None:
    text = gone("silence", f"{20 + after_s} fin-a wants ann LOGOUT 255")
    assert said(desktop.a_crash_ends_in_a_logout, text) == [outcome]


def test_a_goodbye_that_does_not_arrive_is_judged_as_a_crash_by_its_own_clause() -> None:
    text = gone("slow", "199 fin-a wants ann LOGOUT 255")
    assert said(desktop.a_slow_goodbye_is_like_a_crash, text) == [HELD]
    assert said(desktop.a_slow_goodbye_is_like_a_crash, gone("slow")) == [VIOLATED]
    assert said(desktop.a_crash_ends_in_a_logout, text) == []


@pytest.mark.parametrize(("door", "stream"), [("xmpp", "a connection"), ("websocket", "WebSocket"), ("bosh", "BOSH")])
@pytest.mark.parametrize(("logout_s", "outcome"), [(199, HELD), (203, VIOLATED)])
def test_a_goodbye_that_does_not_arrive_has_a_cell_for_how_its_client_comes(
    door: str, stream: str, logout_s: int, outcome: Outcome
) -> None:
    text = gone(f"slow {door}", f"{logout_s} fin-a wants ann LOGOUT 255")
    (finding,) = findings(desktop.a_slow_goodbye_is_like_a_crash, text)
    assert (finding.outcome, finding.cell["stream"]) == (outcome, stream)


LOOKED_ON = "5 ann told there\n6 ann told gone\n7 ann told there\n"


@pytest.mark.parametrize(("after_s", "outcome"), [(1.0, HELD), (122.0, HELD), (122.1, VIOLATED)])
def test_a_crash_is_noticed_within_two_minutes(after_s: float, outcome: Outcome) -> None:
    text = LOOKED_ON + gone("silence", f"{20 + after_s} ann told gone")
    assert said(desktop.a_crash_is_noticed, text) == [outcome]


def test_a_crash_that_nobody_is_told_of_counts_only_if_the_onlooker_hears_such_things() -> None:
    assert said(desktop.a_crash_is_noticed, LOOKED_ON + gone("silence", "300 ann told there")) == [VIOLATED]
    assert said(desktop.a_crash_is_noticed, LOOKED_ON + gone("silence")) == [INCONCLUSIVE]
    deaf = "5 ann told there\n" + gone("silence", "300 ann told there")
    assert said(desktop.a_crash_is_noticed, deaf) == [INCONCLUSIVE]
    assert said(desktop.a_crash_is_noticed, gone("silence")) == []


@pytest.mark.parametrize(("noticed_s", "outcome"), [(100, HELD), (150, VIOLATED)])
def test_what_is_told_in_the_silence_has_a_cell_of_its_own(noticed_s: int, outcome: Outcome) -> None:
    for at_s, cell in ((60, "something, in the silence"), (22, None), (noticed_s - 1, None)):
        text = LOOKED_ON + gone("browser-crashed", f"{at_s} switch ann AVAILABLE", f"{noticed_s} ann told gone")
        (finding,) = findings(desktop.a_crash_is_noticed, text)
        assert (finding.outcome, finding.cell.get("told")) == (outcome, cell)


@pytest.mark.parametrize(("noticed_s", "outcome"), [(100, HELD), (150, VIOLATED)])
def test_a_crash_on_a_call_has_a_cell_of_its_own(noticed_s: int, outcome: Outcome) -> None:
    on = "2 switch ann TALKING\n"
    for more, cell in (("60 switch ann HOLD", "all the while"), ("60 switch ann NOT_READY", None)):
        text = on + LOOKED_ON + gone("silence", more, f"{noticed_s} ann told gone")
        (finding,) = findings(desktop.a_crash_is_noticed, text)
        assert (finding.outcome, finding.cell.get("call")) == (outcome, cell)


@pytest.mark.parametrize(
    ("logout_s", "outcome"), [("150.1", HELD), ("120", HELD), ("202.1", VIOLATED), (None, VIOLATED)]
)
def test_who_is_gone_on_a_call_that_is_over_in_time_is_logged_out_in_time(
    logout_s: str | None, outcome: Outcome
) -> None:
    talks = "2 switch ann TALKING\n"
    logout = () if logout_s is None else (f"{logout_s} fin-a wants ann LOGOUT 255",)
    (finding,) = findings(desktop.a_slow_goodbye_is_like_a_crash, talks + gone("slow", "150 end-of 7 2001", *logout))
    assert (finding.outcome, finding.cell["call"]) == (outcome, "over before the three minutes are")
    # What a node does of a longer call, or of one more, nobody has said of a crash.
    for more in (("199 end-of 7 2001",), ("150 end-of 7 2001", "160 switch 8 2001 CONNECT"), ()):
        assert said(desktop.a_slow_goodbye_is_like_a_crash, talks + gone("slow", *more, *logout)) == []


@pytest.mark.parametrize(
    ("asks", "cell"),
    [
        ("40 ann asks GET User/{id} 200", "he asks for something"),
        ("40 ann asks GET User/{id} 401", None),
        ("81 ann asks GET User/{id} 200", None),
        ("19 ann asks GET User/{id} 200", None),
    ],
)
def test_a_request_is_no_client_and_has_a_cell_of_its_own(asks: str, cell: str | None) -> None:
    for logout, outcome in (("80 fin-a wants ann LOGOUT 255", HELD), ("", VIOLATED)):
        (finding,) = findings(desktop.a_logout_waits_a_minute, gone("end", asks, logout))
        assert (finding.outcome, finding.cell.get("meanwhile")) == (outcome, cell)


def test_a_telephone_that_rings_as_he_is_back_has_a_cell_of_its_own() -> None:
    for rings_s, cell in ((23, "his telephone began to ring"), (26, None)):
        text = gone("goodbye", f"{rings_s} switch ann RESERVED", "25 ann returns", LATER)
        (first, *_) = findings(desktop.who_is_back_in_time_stays, text)
        assert (first.outcome, first.cell.get("meanwhile")) == (HELD, cell)
        assert VIOLATED in said(desktop.who_is_back_in_time_stays, text + "\n80 fin-a wants ann LOGOUT 255")


def test_a_logout_of_the_next_absence_is_none_of_the_one_before_it() -> None:
    text = gone("goodbye", "20.1 ann returns", "21 ann leaves drop", LATER)
    assert VIOLATED not in said(desktop.who_is_back_in_time_stays, text + "\n81 fin-a wants ann LOGOUT 255")
    assert VIOLATED in said(desktop.who_is_back_in_time_stays, text + "\n79 fin-a wants ann LOGOUT 255")


LATER = "300 ann leaves drop\n360 fin-a wants ann LOGOUT 255"


@pytest.mark.parametrize(("back_s", "cell"), [(5.0, "at once"), (59.0, "after 59 s")])
def test_who_is_back_in_time_is_not_logged_out(back_s: float, cell: str) -> None:
    text = gone("end", f"{20 + back_s} ann returns", LATER)
    (first, *_) = findings(desktop.who_is_back_in_time_stays, text)
    assert (first.outcome, first.cell["back"]) == (HELD, cell)
    (bad, *_) = findings(desktop.who_is_back_in_time_stays, text + "\n80 fin-a wants ann LOGOUT 255")
    assert bad.outcome is VIOLATED


@pytest.mark.parametrize(("left_s", "turn"), [(45, "the second within a minute"), (78, None)])
def test_who_is_back_for_the_second_time_within_a_minute_stays_as_well(left_s: int, turn: str | None) -> None:
    text = gone("end", "25 ann returns", f"{left_s} ann leaves end", f"{left_s + 5} ann returns", LATER)
    (finding,) = [one for one in findings(desktop.who_is_back_in_time_stays, text) if one.outcome is HELD]
    assert finding.cell.get("turn") == turn
    logout = f"{left_s + 60} fin-a wants ann LOGOUT 255"
    (bad,) = [
        one for one in findings(desktop.who_is_back_in_time_stays, f"{text}\n{logout}") if one.outcome is VIOLATED
    ]
    assert bad.cell.get("turn") == turn


def test_who_is_back_in_time_proves_nothing_of_a_node_that_never_asks() -> None:
    assert said(desktop.who_is_back_in_time_stays, gone("end", "25 ann returns")) == [INCONCLUSIVE]


def test_who_comes_too_late_has_been_logged_out() -> None:
    assert said(desktop.who_is_back_in_time_stays, gone("end", "80 fin-a wants ann LOGOUT 255", "81 ann returns")) == [
        HELD
    ]
    assert said(desktop.who_is_back_in_time_stays, gone("end", "81 ann returns")) == [VIOLATED]


def test_a_lost_state_that_no_relay_heard_the_reason_of_makes_the_relays_doubtful() -> None:
    def deaf(text: str) -> str | None:
        story = framed(READY.splitlines()[0] + "\n" + text, lasts_s=400.0, fault="away")  # no session, no heartbeats
        return deaf_to_logouts(History(played(story)))

    assert "no relay heard" in (deaf(gone("drop", "80 switch ann NOT_READY 50002")) or "")
    heard = gone("drop", "80 fin-a wants ann LOGOUT 255", "80.1 switch ann NOT_READY 50002")
    assert deaf(heard) is None
    # No node asks so soon: it was the switch's own doing.
    assert deaf(gone("drop", "40 switch ann NOT_READY 50002")) is None


# --- browsers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["browser-closed", "browser-back"])
def test_a_browser_that_is_closed_or_left_has_cells_of_its_own(how: str) -> None:
    for check in (desktop.a_logout_waits_a_minute, desktop.a_closed_browser_ends_in_code_255):
        idle = "2 switch ann NOT_READY\n" + gone(how, "80 fin-a wants ann LOGOUT 255")
        (finding,) = findings(check, idle)
        assert (finding.outcome, finding.cell["how"]) == (HELD, how)


def test_a_crash_of_a_browser_is_told_apart_from_one_of_a_client() -> None:
    for how, of in (("silence", "client"), ("browser-crashed", "browser")):
        (finding,) = findings(desktop.a_crash_ends_in_a_logout, gone(how, "199 fin-a wants ann LOGOUT 255"))
        assert (finding.outcome, finding.cell["of"]) == (HELD, of)


@pytest.mark.parametrize(("state", "named"), [("AVAILABLE", "Ready"), ("NOT_READY", "Not Ready")])
def test_whoever_is_back_in_time_is_so_in_a_state(state: str, named: str) -> None:
    text = f"2 switch ann {state}\n" + gone("drop", "25 ann returns", "80 fin-a wants ann LOGOUT 255")
    (finding,) = findings(desktop.who_is_back_in_time_stays, text)
    assert (finding.outcome, finding.cell["state"]) == (VIOLATED, named)


@pytest.mark.parametrize(("waits_s", "outcome"), [(60.0, VIOLATED), (63.0, INCONCLUSIVE), (66.0, VIOLATED)])
def test_whoever_is_back_after_the_minute_may_be_in_time_where_all_waits_take_a_little_longer(
    waits_s: float, outcome: Outcome
) -> None:
    text = gone("drop", "81 ann returns", "200 ann leaves drop", f"{200 + waits_s} fin-a wants ann LOGOUT 255")
    assert said(desktop.who_is_back_in_time_stays, text) == [outcome]


def test_an_absence_that_another_one_follows_soon_shows_nothing() -> None:
    twice = gone("drop", "25 ann returns", "30 ann leaves drop", "35 ann returns", "300 bob leaves drop")
    (finding,) = findings(desktop.who_is_back_in_time_stays, twice)
    assert finding.evidence[0].at_s == 30.0


@pytest.mark.parametrize(("noticed_s", "outcome"), [(100, HELD), (150, VIOLATED)])
def test_what_a_program_asks_for_in_the_silence_has_a_cell_of_its_own(noticed_s: int, outcome: Outcome) -> None:
    for asks, cell in (("60 ann is READY", "he asks for something"), ("60 ann asks GET User/{id} 401", None)):
        text = LOOKED_ON + gone("silence", asks, f"{noticed_s} ann told gone")
        (finding,) = findings(desktop.a_crash_is_noticed, text)
        assert (finding.outcome, finding.cell.get("meanwhile")) == (outcome, cell)
