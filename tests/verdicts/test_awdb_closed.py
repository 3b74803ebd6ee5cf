"""AWDB-08, AWDB-09 and AWDB-10 on forged journals: good, bad in one place only, and short."""

from dataclasses import replace

import pytest

from chaos.journal import SHOWN, RestExchange, Screen, SwitchAgentSeen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import settings_are_closed, sign_in_says_invalid, signed_in_users_read_timed_out
from chaos.verdicts.awdb.desktop import STATES
from chaos.verdicts.check import Check
from tests.verdicts.awdb_forged import ADMINS, NODES, PEOPLE, Forged, holds_everywhere, is_, verdict, violated_at

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
INVALID, TIMED_OUT = "Invalid user ID or password", "Operation timed out"
LOST_S = 2000.0
SILENT_S = 4000.0

# --- AWDB-09 ---------------------------------------------------------------------------------------------------------

AT_EVERY_NODE = ["GET ReasonCodes", "GET Users"]
ON_THE_PUBLISHER = [f"{verb} {name}" for name in ("SystemConfig", "EnterpriseDatabaseConfig", "ClusterConfig")
                    for verb in ("GET", "PUT")]  # fmt: skip

PLACES = [(node, one) for node in NODES for one in AT_EVERY_NODE] + [("fin-a", one) for one in ON_THE_PUBLISHER]


def settings(
    odd: tuple[str, str, int] | None = None, *, status: int = 200, before: int = 200, at_s: float = LOST_S
) -> Forged:
    """Settings are read and saved at 10 s, both AWDBs are lost later, and each is asked for three times; once more long
    after that, when both have fallen silent.

    odd: node, request and the how manieth of them is answered with that status."""
    forged = Forged().look(1).looks(at_s - 10, at_s + 300, "reset", "reset")
    for n, node in enumerate(NODES):
        requests = [*AT_EVERY_NODE, *(ON_THE_PUBLISHER if n == 0 else ())]
        for k, request in enumerate(requests):
            forged.asks(10 + 20 * n + k, ADMINS[node], before, request, by="a")
            for m in range(3):
                proper = status if odd == (node, request, m + 1) else 401
                forged.asks(at_s + 100 * n + 30 * m + k, ADMINS[node], proper, request)
            forged.asks(at_s + SILENT_S + 20 * n + k, ADMINS[node], 401, request)
    return forged.looks(at_s + SILENT_S - 10, at_s + SILENT_S + 60, "silence", "silence")


def test_settings_that_can_neither_be_read_nor_changed_are_as_documented() -> None:
    assert holds_everywhere(verdict(settings_are_closed, settings()))


def test_settings_that_are_refused_and_shown_all_the_same_are_a_violation() -> None:
    forged = settings()
    n, one = next((n, one) for n, one in enumerate(forged.lines) if one.at_s > LOST_S and _reads(one))
    assert isinstance(one, RestExchange)
    forged.lines[n] = replace(one, more=((SHOWN, ""),))
    found = verdict(settings_are_closed, forged)
    assert is_(found, VIOLATED, "shows it all the same")
    assert len(violated_at(found)) == 1


def _reads(one: object) -> bool:
    return isinstance(one, RestExchange) and one.resource == "GET SystemConfig"


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(
    ("node", "request_"),
    [*((node, one) for node in NODES for one in AT_EVERY_NODE), *(("fin-a", one) for one in ON_THE_PUBLISHER)],
)
def test_one_setting_that_is_open_at_one_try_is_a_violation(node: str, request_: str, nth: int) -> None:
    found = verdict(settings_are_closed, settings((node, request_, nth)))
    assert is_(found, VIOLATED, "without any AWDB")
    assert len(violated_at(found)) == 1


@pytest.mark.parametrize(
    ("request_", "status", "expected"),
    [
        ("GET WrapUpReasons", 200, True),
        ("GET PhoneBooks", 404, False),  # this lab has none
        ("POST ReasonCode", 400, True),  # it was looked at, and has no content
        ("DELETE ReasonCode/{id}", 404, True),
        ("DELETE ReasonCode/{id}", 403, False),
        ("PUT ReasonCode/{id}", 401, False),
        ("PUT ReasonCode/{id}", 500, False),
    ],
)
def test_the_rest_of_the_console_is_closed_too(request_: str, status: int, expected: bool) -> None:
    found = verdict(settings_are_closed, settings().asks(LOST_S + 120, "admin-a", status, request_))
    assert found.outcome is (VIOLATED if expected else HELD), found.reason


CLUSTER = "ClusterConfig"


@pytest.mark.parametrize(
    ("refused", "saved_s", "after", "expected"),
    [
        (401, None, "1", HELD),
        (401, None, "2", VIOLATED),
        (401, None, "", HELD),  # it could not be read
        (401, LOST_S + 305, "2", HELD),  # somebody has saved it since
        (401, 30.0, "2", VIOLATED),  # that was before, and as it was read
        (500, None, "2", VIOLATED),
    ],
)
def test_a_setting_that_reads_otherwise_after_a_change_was_refused_is_a_violation(
    refused: int, saved_s: float | None, after: str, expected: Outcome
) -> None:
    forged = settings().asks(20, "admin-a", 200, f"GET {CLUSTER}", by="a", mark="1")
    forged.asks(LOST_S + 120, "admin-a", refused, f"PUT {CLUSTER}", otherwise=True)
    if saved_s is not None:
        forged.asks(saved_s, "admin-a", 200, f"PUT {CLUSTER}", by="a")
    if after:
        forged.asks(LOST_S + 310, "admin-a", 200, f"GET {CLUSTER}", by="a", mark=after)
    found = verdict(settings_are_closed, forged)
    assert found.outcome is expected, found.reason


@pytest.mark.parametrize(
    ("request_", "asked", "read", "at", "after", "expected"),
    [
        ("PUT ReasonCode/{id}", "ReasonCode/16", "GET ReasonCode/{id}", "ReasonCode/16", "2", VIOLATED),
        ("PUT ReasonCode/{id}", "ReasonCode/16", "GET ReasonCode/{id}", "ReasonCode/16", "1", HELD),
        ("PUT ReasonCode/{id}", "ReasonCode/16", "GET ReasonCode/{id}", "ReasonCode/17", "2", HELD),  # another one
        ("PUT LayoutConfig/default", "L", "GET LayoutConfig/default", "L", "2", VIOLATED),
        ("POST ReasonCode", "ReasonCode", "GET ReasonCodes", "ReasonCodes", "2", VIOLATED),
        ("POST ReasonCode", "ReasonCode", "GET ReasonCodes", "ReasonCodes", "1", HELD),
    ],
)
def test_what_the_console_was_refused_and_reads_otherwise_afterwards_is_a_violation(
    request_: str, asked: str, read: str, at: str, after: str, expected: Outcome
) -> None:
    forged = settings().asks(20, "admin-a", 200, read, by="a", mark="1", path=at)
    forged.asks(LOST_S + 120, "admin-a", 401, request_, otherwise=True, path=asked)
    forged.asks(LOST_S + 310, "admin-a", 200, read, by="a", mark=after, path=at)
    found = verdict(settings_are_closed, forged)
    assert found.outcome is expected, found.reason


def test_a_reason_that_was_changed_by_somebody_is_no_reason_that_was_made() -> None:
    forged = settings().asks(20, "admin-a", 200, "GET ReasonCodes", by="a", mark="1", path="ReasonCodes")
    forged.asks(LOST_S + 120, "admin-a", 401, "POST ReasonCode", otherwise=True, path="ReasonCode")
    forged.asks(LOST_S + 305, "admin-a", 200, "PUT ReasonCode/{id}", by="a", path="ReasonCode/16")
    forged.asks(LOST_S + 310, "admin-a", 200, "GET ReasonCodes", by="a", mark="2", path="ReasonCodes")
    assert verdict(settings_are_closed, forged).outcome is HELD


def test_settings_that_never_could_be_had_show_nothing() -> None:
    assert is_(verdict(settings_are_closed, settings(before=401)), INCONCLUSIVE, "at any other time, either")


def test_an_administrator_who_is_cached_shows_nothing() -> None:
    assert is_(verdict(settings_are_closed, settings(at_s=700.0)), INCONCLUSIVE, "nobody looked")


def test_a_node_that_is_out_of_service_closes_nothing() -> None:
    found = verdict(settings_are_closed, settings(("fin-a", "GET SystemConfig", 2), status=503))
    assert is_(found, INCONCLUSIVE, "out of service")


def test_an_administrator_who_may_be_cached_since_before_the_journal_blames_nobody() -> None:
    forged = Forged().look(1).looks(100, 300, "reset", "reset").asks(150, "admin-a", 200, "GET SystemConfig")
    assert is_(verdict(settings_are_closed, forged), INCONCLUSIVE)


def test_a_loss_that_ended_before_it_should_blames_nobody() -> None:
    forged = settings(("fin-a", "GET SystemConfig", 2)).look(LOST_S + 20, "open", "reset")
    assert verdict(settings_are_closed, forged).outcome is INCONCLUSIVE


# --- AWDB-08 and AWDB-10 ---------------------------------------------------------------------------------------------

CHECKS = {Screen.SIGN_IN: (sign_in_says_invalid, INVALID), Screen.NOTICE: (signed_in_users_read_timed_out, TIMED_OUT)}


def at_desktops(
    screen: Screen, odd: tuple[str, int] | None = None, text: str | None = "No", *, ok: bool = False,
    came: bool = True, control: bool = True, deployment: str = "mock", people: int = 2, times: int = 4,
) -> Forged:  # fmt: skip
    """Two people of each node sign in (before, or for a control after), and try four times without any AWDB:
    in another state each time, if they are signed in; once more long after that, when both have fallen silent.

    odd: who reads that text at the how manieth try."""
    forged = Forged(deployment=deployment).look(1).looks(LOST_S - 10, LOST_S + 300, "reset", "reset")
    proper = CHECKS[screen][1]
    for n, node in enumerate(NODES):
        for k, who in enumerate(PEOPLE[node][:people]):
            if control:
                at_s = 10 + k + 5 * n if screen is Screen.NOTICE else LOST_S + 400 + k + 5 * n
                forged.shows(at_s, who, Screen.SIGN_IN, None, ok=True)
            for m in range(times):
                at_s = LOST_S + 100 * n + 10 * k + m
                is_odd = odd == (who, m + 1)
                if screen is Screen.NOTICE:
                    forged.is_in(at_s - 0.5, who, tuple(STATES)[m])
                forged.shows(at_s, who, screen, text if is_odd else f"Sorry: {proper.lower()}.", ok=ok and is_odd,
                             came=came or not is_odd)  # fmt: skip
        if times == 4:
            silent_s = LOST_S + SILENT_S + 20 * n
            forged.asks(silent_s, PEOPLE[node][2], 401, "GET Dialog/{id}")
            forged.shows(silent_s + 1, PEOPLE[node][0], screen, proper)
    return forged.looks(LOST_S + SILENT_S - 10, LOST_S + SILENT_S + 60, "silence", "silence")


@pytest.mark.parametrize("screen", CHECKS)
@pytest.mark.parametrize(("noticed", "expected"), [(True, VIOLATED), (False, HELD)])
def test_other_words_once_a_silence_is_noticed_are_a_violation(
    screen: Screen, noticed: bool, expected: Outcome
) -> None:
    at_s = LOST_S + SILENT_S + (2 if noticed else -1)
    found = verdict(CHECKS[screen][0], at_desktops(screen).shows(at_s, "ann", screen, "No"))
    assert found.outcome is expected, found.reason


@pytest.mark.parametrize("screen", CHECKS)
def test_the_documented_words_are_as_documented(screen: Screen) -> None:
    assert holds_everywhere(verdict(CHECKS[screen][0], at_desktops(screen)))


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("who", ["ann", "cid", "bob", "dan"])
@pytest.mark.parametrize("screen", CHECKS)
def test_other_words_for_one_person_at_one_try_are_a_violation(screen: Screen, who: str, nth: int) -> None:
    found = verdict(CHECKS[screen][0], at_desktops(screen, (who, nth)))
    assert is_(found, VIOLATED, "does not say", "“No”")
    assert len(violated_at(found)) == 1


def test_the_notice_is_to_be_seen_in_each_state_at_each_node() -> None:
    forged = at_desktops(Screen.NOTICE)
    forged.lines = [
        line for line in forged.lines if not (isinstance(line, SwitchAgentSeen) and line.agent in ("bob", "dan"))
    ]
    assert is_(verdict(signed_in_users_read_timed_out, forged), INCONCLUSIVE, "node fin-b, state Ready")


@pytest.mark.parametrize(("nth", "state"), [*enumerate(STATES.values(), 1)])
def test_a_notice_that_does_not_come_in_one_state_is_a_violation_of_that_state(nth: int, state: str) -> None:
    found = verdict(signed_in_users_read_timed_out, at_desktops(Screen.NOTICE, ("cid", nth), None))
    assert [one.cell.get("state") for one in found.findings if one.outcome is VIOLATED] == [state]


@pytest.mark.parametrize("screen", CHECKS)
def test_a_desktop_that_lets_it_pass_is_a_violation(screen: Screen) -> None:
    found = verdict(CHECKS[screen][0], at_desktops(screen, ("bob", 2), None, ok=True))
    assert is_(found, VIOLATED, "lets it pass")


def test_a_desktop_that_turns_somebody_away_and_is_open_to_him_is_a_violation() -> None:
    forged = at_desktops(Screen.SIGN_IN).shows(LOST_S + 200, "dan", Screen.SIGN_IN, INVALID, opens=True)
    found = verdict(sign_in_says_invalid, forged)
    assert is_(found, VIOLATED, "and is open to him")
    assert {one.cell["node"] for one in found.findings if one.outcome is VIOLATED} == {"fin-b"}


@pytest.mark.parametrize(("at_s", "forced", "expected"), [
    (0.005, False, VIOLATED), (0.9, False, VIOLATED), (1.2, False, HELD), (-4.0, False, HELD), (0.005, True, HELD),
])  # fmt: skip
def test_what_is_done_though_the_desktop_says_that_it_timed_out_is_a_violation(
    at_s: float, forced: bool, expected: Outcome
) -> None:
    """The last try of dan's, at 113 s; a logout by force is what the node owes to who is gone."""
    forged = at_desktops(Screen.NOTICE).wants(LOST_S + 113 + at_s, "fin-b", "dan", "AVAILABLE", forced=forced)
    assert is_(verdict(signed_in_users_read_timed_out, forged), expected)


@pytest.mark.parametrize("screen", CHECKS)
def test_a_page_that_does_not_come_shows_nothing_and_one_without_a_word_is_a_violation(screen: Screen) -> None:
    found = verdict(CHECKS[screen][0], at_desktops(screen, ("bob", 2), None, came=False))
    assert is_(found, INCONCLUSIVE, "no page")
    assert is_(verdict(CHECKS[screen][0], at_desktops(screen, ("bob", 2), None)), VIOLATED, "does not say")


@pytest.mark.parametrize(
    ("screen", "words"), [(Screen.SIGN_IN, "any other time"), (Screen.NOTICE, "been seen to sign in")]
)
def test_people_who_were_never_seen_to_sign_in_show_nothing(screen: Screen, words: str) -> None:
    assert is_(verdict(CHECKS[screen][0], at_desktops(screen, control=False)), INCONCLUSIVE, words)


@pytest.mark.parametrize("screen", CHECKS)
def test_several_people_and_several_tries_have_to_be_seen(screen: Screen) -> None:
    check = CHECKS[screen][0]
    assert is_(verdict(check, at_desktops(screen, people=1)), INCONCLUSIVE, "another person")
    assert is_(verdict(check, at_desktops(screen, times=2)), INCONCLUSIVE, "later try")


@pytest.mark.parametrize("screen", CHECKS)
def test_somebody_who_is_cached_does_not_count(screen: Screen) -> None:
    forged = at_desktops(screen, ("ann", 2)).asks(LOST_S - 300, "ann", 200, by="a")
    assert not violated_at(verdict(CHECKS[screen][0], forged))


@pytest.mark.parametrize("screen", CHECKS)
def test_a_desktop_that_is_a_program_in_a_browser_is_unfit(screen: Screen) -> None:
    found = verdict(CHECKS[screen][0], Forged(deployment="live").look(1).looks(10, 60, "reset", "reset"))
    assert {state.outcome for state in found.grid} == {"UNFIT"}
    assert found.fit == 0


@pytest.mark.parametrize("check", [settings_are_closed, sign_in_says_invalid, signed_in_users_read_timed_out])
def test_without_a_time_in_which_both_were_lost_there_is_nothing_to_judge(check: Check) -> None:
    forged = Forged().looks(1, 300, "reset", "open").asks(20, "admin-a", 200, "GET SystemConfig")
    assert is_(verdict(check, forged), INCONCLUSIVE)
