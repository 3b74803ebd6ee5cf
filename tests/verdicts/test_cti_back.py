"""CTI-08 on forged timelines: requests and events once a node has reconnected."""

import pytest

from chaos.verdicts import Outcome, cti
from tests.verdicts.failing_over import STORY, at, instead, outcome, without

CHECK = cti.answers_and_publishes_again
HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE


@pytest.mark.parametrize("answer", ["503", "500", "401", "403", "timeout", "refused"])
@pytest.mark.parametrize("asked", ["ann asks PUT Dialog/{id}", "dan asks GET User/{id}", "admin fin-b asks GET Users"])
@pytest.mark.parametrize("at_s", ["50.2", "51", "75", "120"])
def test_a_request_that_is_refused_after_the_notice_is_a_violation(answer: str, asked: str, at_s: str) -> None:
    assert outcome(CHECK, f"{at_s} {asked} {answer}") is VIOLATED


@pytest.mark.parametrize(
    "line",
    [
        "50.05 ann asks GET User/{id} 503",  # sent before the notice
        "51 ann asks PUT Dialog/{id} 404",  # there is no such call
        "51 ann asks POST User/{id}/Dialogs 400",
        "51 admin fin-b asks GET SystemConfig 403",  # settings are the publisher's
        "51 ann asks GET User/{id} 401 wrongly",  # with a wrong password
    ],
)
def test_what_is_turned_down_for_what_it_asks_is_an_answer(line: str) -> None:
    assert outcome(CHECK, line) is HELD


@pytest.mark.parametrize(("until_s", "expected"), [("60", HELD), ("40", HELD), ("15", VIOLATED)])
def test_without_an_awdb_whoever_is_not_cached_is_turned_away(until_s: str, expected: Outcome) -> None:
    lost = "11 fault no-awdb injecting\n11 fault no-awdb injected\n11 fault no-awdb bitten"
    there = f"{until_s} fault no-awdb held\n{until_s} fault no-awdb rolling-back\n{until_s} fault no-awdb rolled-back"
    lifted = f"{until_s} fault no-awdb lifted"
    assert outcome(CHECK, f"{lost}\n{there}\n{lifted}\n52 ann asks GET User/{{id}} 401") is expected


def test_who_asks_about_somebody_else_is_turned_away_as_before() -> None:
    assert outcome(CHECK, "51 ann asks GET User/{id} 401 user=bob") is HELD
    let_in = "9 ann asks GET User/{id} 200 user=bob"
    assert outcome(CHECK, let_in, "51 ann asks GET User/{id} 401 user=bob") is VIOLATED
    assert outcome(CHECK, "51 ann asks GET User/{id} 503 user=bob") is VIOLATED


@pytest.mark.parametrize(
    ("before", "expected"),
    [("400", VIOLATED), ("202", VIOLATED), ("401", HELD), ("400\n9.5 ann asks PUT User/{id} 401 user=bob", HELD)],
)
def test_a_supervisor_may_change_afterwards_what_he_could_before(before: str, expected: Outcome) -> None:
    """Who was let in, though what he asked for cannot be done, is not turned away."""
    asked = before if "user" not in before else before.replace("\n", " user=bob\n", 1)
    let_in = f"9 ann asks PUT User/{{id}} {asked}" + ("" if "user" in before else " user=bob")
    assert outcome(CHECK, let_in, "51 ann asks PUT User/{id} 401 user=bob") is expected


_LEADS = ("0.2 ann follows Sales", "0.3 bob hears NOT_READY id=Sales", "9 ann asks GET User/{id} 200 user=bob")
_ASKS = "ann asks PUT User/{id} 401 user=bob"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (_LEADS, VIOLATED),
        ((*_LEADS, f"9.1 {_ASKS}"), VIOLATED),  # since a fail-over before this journal, too
        (("0.2 ann follows Sales alone", *_LEADS[1:]), HELD),  # she is in it, and does not lead it
        ((_LEADS[0], "0.3 bob hears NOT_READY id=Care", _LEADS[2]), HELD),  # he is in another one
        (_LEADS[:2], HELD),  # she is not shown him
        ((*_LEADS, "50.3 switch bob LOGOUT"), HELD),  # he is signed out
    ],
)
def test_who_leads_a_team_by_the_nodes_own_word_may_ask_for_its_states(
    lines: tuple[str, ...], expected: Outcome
) -> None:
    asked = at(CHECK, *lines, f"51 {_ASKS}", node="fin-a", ask="agent PUT User/{id}", moment="at once")
    assert asked is expected


def test_what_is_always_shown_must_be_shown() -> None:
    assert outcome(CHECK, "51 ann asks GET User/{id}/Dialogs 404") is VIOLATED


@pytest.mark.parametrize("brings", ["", "ApiErrors", "Users", "UserRequest"])
@pytest.mark.parametrize("asked", ["ann asks GET User/{id}", "ann asks GET User/{id}/ReasonCodes"])
def test_whatever_is_not_what_was_asked_for_is_no_answer(asked: str, brings: str) -> None:
    assert outcome(CHECK, f"51 {asked} 200 brings={brings}") is VIOLATED


def test_an_answer_to_the_administrator_is_the_list_that_he_asked_for() -> None:
    assert outcome(CHECK, "51 admin fin-b asks GET Users 200 brings=Users") is HELD
    assert outcome(CHECK, "51 admin fin-b asks GET Users 200 brings=") is VIOLATED


@pytest.mark.parametrize(
    "line",
    [
        "51 ann asks GET User/{id} 200 brings=User",
        "51 ann asks GET User/{id}/Dialogs 200 brings=Dialogs",
        "51 ann asks GET ReasonCode/{id} 200 brings=reasonCode",
        "51 ann asks PUT SystemConfig 200 brings=",
    ],
)
def test_the_document_of_the_resource_is_an_answer(line: str) -> None:
    assert outcome(CHECK, line) is HELD


@pytest.mark.parametrize("asked", ["cid asks POST User/{id}/Dialogs 202 work", "bob asks PUT User/{id} 202 work"])
def test_a_request_that_is_accepted_and_changes_nothing_is_a_violation(asked: str) -> None:
    assert outcome(CHECK, f"95 {asked}") is VIOLATED


@pytest.mark.parametrize(
    "line",
    [
        "95 cid asks POST User/{id}/Dialogs 202",  # it was not meant to change anything
        "60 ann asks PUT User/{id} 202 work",  # she is in a call, for whose end her state may be kept
        "69.95 cid asks PUT User/{id} 202 work",  # she becomes Ready at 70 s
        "128 bob asks PUT User/{id} 202 work",  # nobody looked long enough afterwards
        "95 bob asks PUT User/{id} 202 work wants=state=NOT_READY",  # he is that already
    ],
)
def test_an_accepted_request_is_not_blamed_without_need(line: str) -> None:
    assert outcome(CHECK, line) is HELD


def test_system_info_must_say_that_the_node_is_in_service() -> None:
    assert outcome(CHECK, "60 fin-a shows OUT") is VIOLATED


@pytest.mark.parametrize("agent", ["ann", "dan"])
def test_whoever_was_told_that_the_node_is_gone_is_told_that_it_is_back(agent: str) -> None:
    node, other = ("fin-a", "cid") if agent == "ann" else ("fin-b", "bob")
    text = instead(f"50.1 {node} says IN", f"50.1 {other} hears IN")
    assert at(CHECK, text=text, agent=agent, event="SystemInfo PUT") is VIOLATED
    assert at(CHECK, text=text, agent=other, event="SystemInfo PUT") is HELD


@pytest.mark.parametrize(
    ("untold", "event"),
    [
        ("70.1 cid hears READY", "User PUT"),
        ("71.1 dan hears NOT_READY", "User PUT"),
        ("72.1 cid hears POST 71", "Dialogs POST"),
        ("74.1 ann hears PUT 70", "Dialog PUT"),
        ("75.1 bob hears PUT 70", "Dialog PUT"),
        ("77.1 dan hears DELETE 71", "Dialogs DELETE"),
    ],
)
def test_one_event_that_is_missing_after_the_gap_is_a_violation(untold: str, event: str) -> None:
    agent = untold.split()[1]
    assert at(CHECK, text=without(untold), agent=agent, event=event) is VIOLATED
    # Unless whoever did not hear it is known not to hear all.
    assert at(CHECK, text=without(untold, "12.1 bob gets User"), agent=agent, event=event) is INCONCLUSIVE


@pytest.mark.parametrize(
    ("instead_of", "told", "expected"),
    [
        ("70.1 cid hears READY", "70.9 cid hears READY", HELD),
        ("70.1 cid hears READY", "80 cid hears READY", VIOLATED),
        ("70.1 cid hears READY", "70.1 cid hears WORK", VIOLATED),
        (
            "75.1 bob hears PUT 70",
            "75.1 bob hears PUT 70 ACTIVE 2001=ACTIVE 2002=ACTIVE callVariable2=70.0 #",
            VIOLATED,
        ),
        ("72.1 cid hears POST 71", "72.1 cid hears PUT 71", VIOLATED),
    ],
)
def test_an_event_tells_what_happened_and_soon(instead_of: str, told: str, expected: Outcome) -> None:
    assert outcome(CHECK, text=instead(instead_of, told)) is expected


def test_nothing_is_asked_of_a_node_that_never_came_back() -> None:
    gone = "\n".join(line for line in STORY.splitlines() if not any(word in line for word in (" b opens", "says IN")))
    assert "HELD" not in str(at(CHECK, text=gone))


def test_our_telephone_may_hear_of_it_after_the_clients_do() -> None:
    """What the switch told late was published before: a telephone that missed it is no fault of the product."""
    assert outcome(CHECK, text=without("72.0 switch 70 2001 INITIATE")) is not VIOLATED


def test_whatever_the_telephone_missed_takes_the_edge_off() -> None:
    text = without("70.1 cid hears READY")
    assert at(CHECK, "99 looked cid READY", text=text, agent="cid", event="User PUT") is INCONCLUSIVE


def test_a_product_that_tells_nothing_before_the_first_loss_is_not_told_from_deaf_clients() -> None:
    """It published no dialogs before this gap either. A former fail-over may have broken it, whose own journal says so;
    or the clients lose what is Finesse's, whatever they hear of themselves."""
    mute = "\n".join(line for line in STORY.splitlines() if "hears P" not in line and "hears D" not in line)
    assert at(CHECK, text=mute, event="Dialogs POST") is INCONCLUSIVE
    deaf = "\n".join(line for line in mute.splitlines() if "gets Dialog" not in line)
    assert at(CHECK, text=deaf, event="Dialogs POST") is INCONCLUSIVE


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("51 ann asks GET MediaDomain 200 brings=MediaDomains",), HELD),  # what it is called is not published
        (("51 ann asks GET MediaDomain 200 brings=",), VIOLATED),
        (("51 ann asks GET User/{id}/ReasonCodes 200 brings=User",), VIOLATED),
        (("3 ann asks GET Team/{id} 200 brings=Team", "51 ann asks GET Team/{id} 200 brings=User"), VIOLATED),
    ],
)
def test_a_document_is_called_as_its_resource_is_known_to_be(lines: tuple[str, ...], expected: Outcome) -> None:
    assert outcome(CHECK, *lines) is expected


_TALKS = "4.6 ann hears PUT 60 ACTIVE"
_OF_THE_PAST = instead("75.1 bob hears PUT 70", "75.1 bob hears PUT 70 ACTIVE 2001=ACTIVE 2002=ACTIVE #")


@pytest.mark.parametrize(
    ("told", "is_deaf"),
    [
        ("4.6 ann hears PUT 60 ACTIVE 2001=INITIATED 2002=ALERTING #", False),  # as it had been
        ("4.6 ann hears PUT 60 ACTIVE 2001=ACTIVE 2002=ALERTING #", True),  # of half of it: the other half may be lost
        ("4.6 ann hears PUT 60 ACTIVE 2001=HELD 2002=ALERTING #", True),  # of something else
        ("4.6 ann hears TALKING #", True),  # nothing of the call
        ("5.4 ann hears PUT 60 ACTIVE 2001=INITIATED 2002=ALERTING #", True),  # too late to come of that
    ],
)
def test_whoever_is_told_what_was_before_is_not_deaf(told: str, is_deaf: bool) -> None:
    """Before the first loss, too: what it has heard is the very event that was to tell it."""
    text = "\n".join(line for line in _OF_THE_PAST.splitlines() if not line.startswith("5.6 ann hears PUT 60"))
    text = instead(_TALKS, told, text)
    assert at(CHECK, text=text, agent="bob", event="Dialog PUT") is (INCONCLUSIVE if is_deaf else VIOLATED)
