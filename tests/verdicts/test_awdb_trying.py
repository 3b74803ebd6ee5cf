"""AWDB-06 and AWDB-11 on forged journals: good, bad in one place only, and short."""

from collections.abc import Callable

import pytest

from chaos.journal import AwdbSeen, AwdbStep, RestExchange
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import finesse_tries_at_every_request as tries_
from chaos.verdicts.awdb import requests_get_401
from chaos.verdicts.awdb.asks import ADMINISTRATOR_REQUESTS, AGENT_REQUESTS
from tests.verdicts.awdb_forged import ADMINS, NODES, PEOPLE, Forged, holds_everywhere, is_, verdict, violated_at

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
REQUESTS = [*AGENT_REQUESTS, *ADMINISTRATOR_REQUESTS]
Odd = tuple[str, int]


def both_lost(
    odd: Odd | None = None,
    tried: str = "",
    status: int | None = 401,
    back: str = "a",
    fails: int = 1,
    rounds: int = 4,
    meets: str = "reset",
    at_once: int = 2,
) -> Forged:
    """Everybody's credentials have lapsed; both AWDBs refuse; an agent and the administrator of each node ask for
    everything, some times; then one AWDB is back, and they ask until they are let in.

    odd: node and the how manieth of its requests makes Finesse try other sides than it should, or ends so. fails: how
    often people fail once one is back. meets: what a probe of a lost one does. at_once: how many attempts two people
    who ask at once bring about.
    """
    forged = Forged(experiment=f"back {back}").look(1).looks(100, 460, meets, meets)
    for n, node in enumerate(NODES):
        forged.hears(101 + 150 * n, node, "b", answered=False)
        count, turn = 0, 0
        for k in range(rounds):
            for m, request in enumerate(REQUESTS):
                count, turn = count + 1, turn + 1
                who = ADMINS[node] if request.startswith("administrator") else PEOPLE[node][0]
                is_odd = odd == (node, count)
                sides = "ab"[(turn + 1) % 2]
                forged.asks(
                    102 + 150 * n + 20 * k + m,
                    who,
                    status if is_odd else 401,
                    request.removeprefix("administrator "),
                    tried=tried if is_odd else sides,
                )
        forged.hears(102 + 150 * n + 20 * rounds, node, "a", answered=False)
        asks_at_once(forged, 190 + 150 * n, node, at_once)
        forged.hears(195 + 150 * n, node, "a", answered=False)
    forged.looks(470, 530, "open" if back == "a" else meets, "open" if back == "b" else meets)
    for n, node in enumerate(NODES):
        for k, request in enumerate(("GET Dialog/{id}", "PUT Dialog/{id}", "POST User/{id}/Dialogs", "GET User/{id}")):
            who = ADMINS[node] if k == 3 else PEOPLE[node][0]
            for m in range(fails):
                forged.asks(475 + 20 * n + 4 * k + m, who, 401, request, tried="b")
            forged.asks(475 + 20 * n + 4 * k + fails, who, 404, request, by=back)
    return forged


def asks_at_once(forged: Forged, at_s: float, node: str, tries: int) -> Forged:
    """Two people of that node, of whom the second comes while it tries for the first."""
    forged.asks(at_s, PEOPLE[node][0], 401, "GET Dialog/{id}")
    forged.asks(at_s + 0.002, PEOPLE[node][1], 401, "GET Dialog/{id}")
    for n in range(tries):
        forged.traffic(at_s + 0.003 + 0.001 * n, "ab"[n % 2], answered=False)
    return forged


# AWDB-06


def test_every_request_tries_by_turns_until_one_answers() -> None:
    assert holds_everywhere(verdict(tries_, both_lost(), both_lost(back="b"), both_lost(meets="silence")))


def test_trying_both_at_each_request_is_fine_too() -> None:
    forged = both_lost()
    for one in [line for line in forged.lines if isinstance(line, RestExchange) and 100 < line.sent_s < 460]:
        forged.traffic(one.sent_s + 0.005, "a", answered=False).traffic(one.sent_s + 0.006, "b", answered=False)
    assert is_(verdict(tries_, forged, both_lost(back="b"), both_lost(meets="silence")), HELD)


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("nth", [2, 6, 8, 9, 17, 25, 44])
def test_one_request_at_which_nothing_is_tried_is_a_violation(node: str, nth: int) -> None:
    found = verdict(tries_, both_lost((node, nth)), both_lost(back="b"))
    assert is_(found, VIOLATED, f"{node} did not try any AWDB")
    assert len([one for one in found.findings if one.outcome is VIOLATED]) == 1


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("nth", [3, 10, 30])
def test_trying_the_same_awdb_twice_is_a_violation(node: str, nth: int) -> None:
    """The request before tried that one."""
    again = "ab"[nth % 2]
    assert is_(verdict(tries_, both_lost((node, nth), again)), VIOLATED, "again, and not the other one")


def test_what_something_else_tried_in_between_is_not_held_against_the_turns() -> None:
    forged = both_lost(("fin-a", 3), "b").traffic(104.0 - 0.5, "a", answered=False)
    assert not violated_at(verdict(tries_, forged, both_lost(back="b")))


def test_silence_of_a_relay_that_heard_nobody_before_and_after_shows_nothing() -> None:
    forged = Forged().look(1).looks(100, 400, "reset", "reset").asks(200, "ann", 401)
    found = verdict(tries_, forged)
    assert any("silence shows nothing" in one.reason for one in found.findings)
    assert found.outcome is INCONCLUSIVE


def test_a_question_on_a_connection_that_has_fallen_silent_is_not_seen_and_nobodys_fault() -> None:
    forged = Forged().look(1).looks(100, 400, "silence", "reset").hears(190, "fin-a", "b", answered=False)
    waits = forged.asks(200, "ann", 500, took_s=5.0).hears(210, "fin-a", "b", answered=False)
    assert verdict(tries_, waits).outcome is INCONCLUSIVE
    assert is_(verdict(tries_, waits.asks(206, "ann", 500)), VIOLATED, "did not try any AWDB")


def test_a_node_that_never_uses_its_secondary_is_another_clauses_business() -> None:
    forged = Forged().look(1).looks(100, 400, "reset", "reset")
    for n in range(4):
        forged.asks(200 + n, "ann", 401, tried="a")
    assert is_(verdict(tries_, forged), INCONCLUSIVE, "see AWDB-05")


@pytest.mark.parametrize("tries", [0, 1])
def test_one_attempt_for_two_who_ask_at_once_is_a_violation(tries: int) -> None:
    found = verdict(tries_, both_lost(at_once=tries), both_lost(back="b"))
    assert is_(found, VIOLATED, "2 people asked fin-")
    assert len(violated_at(found)) == 2


@pytest.mark.parametrize("tries", [2, 3, 4])
def test_each_of_two_who_ask_at_once_makes_it_try(tries: int) -> None:
    assert is_(verdict(tries_, both_lost(at_once=tries), both_lost(back="b"), both_lost(meets="silence")), HELD)


def test_where_each_request_alone_makes_it_try_twice_two_at_once_make_it_try_four_times() -> None:
    def forged(at_once: int) -> Forged:
        found = both_lost(at_once=at_once)
        for one in [line for line in found.lines if isinstance(line, RestExchange) and 100 < line.sent_s < 460]:
            if not any(0 <= one.sent_s - at_s < 0.01 for at_s in (190.0, 190.002, 340.0, 340.002)):
                found.traffic(one.sent_s + 0.005, "a", answered=False).traffic(one.sent_s + 0.006, "b", answered=False)
        return found

    assert is_(verdict(tries_, forged(2), both_lost(back="b")), VIOLATED, "which tried 2 time(s)")
    assert not violated_at(verdict(tries_, forged(6), both_lost(back="b")))


def test_what_one_person_asks_for_at_once_may_be_one_question() -> None:
    forged = both_lost(back="b").asks(250, "ann", 401, "GET Dialog/{id}", tried="a").asks(250.002, "ann", 401)
    assert not violated_at(verdict(tries_, forged))


@pytest.mark.parametrize(
    "beside", [lambda forged: forged.opens_stream(193.001, "eve"), lambda forged: forged.traffic(222, "b")]
)
def test_what_else_may_have_made_it_try_leaves_open_what_two_at_once_did(beside: Callable[[Forged], Forged]) -> None:
    """Somebody comes in otherwise meanwhile, and a node that talks to an AWDB at other times, too."""
    forged = asks_at_once(both_lost(back="b"), 193, "fin-a", 1)
    assert violated_at(verdict(tries_, forged))
    assert not violated_at(verdict(tries_, beside(forged)))


def test_who_is_cached_needs_no_attempt_beside_another_one() -> None:
    forged = Forged().look(1).asks(50, "cid", 200, by="a").looks(100, 400, "reset", "reset")
    forged.asks(150, "ann", 401, tried="a").asks(200, "ann", 401, tried="a").asks(200.002, "cid", 200)
    assert not violated_at(verdict(tries_, forged.hears(210, "fin-a", "b", answered=False)))


@pytest.mark.parametrize("back", ["a", "b"])
def test_it_must_be_seen_that_an_answer_ends_it(back: str) -> None:
    other = {"a": "b", "b": "a"}[back]
    place = {"a": "primary", "b": "secondary"}[back]
    assert is_(verdict(tries_, both_lost(back=other)), INCONCLUSIVE, f"back {place}")


@pytest.mark.parametrize("back", ["a", "b"])
def test_going_on_failing_when_an_awdb_is_back_is_a_violation(back: str) -> None:
    assert is_(verdict(tries_, both_lost(back=back, fails=3)), VIOLATED, "is back, and")


def connected(*tries_s: float, ends_s: float | None = None, answers: bool = True) -> Forged:
    """The primary is back; ann is let in by a connection that stands from then on, and asks for more each second, from
    480 s on. tries_s: when the secondary is tried. ends_s: when that ends. answers: by it, not by new ones."""
    forged = both_lost()
    forged.lines = [line for line in forged.lines if line.at_s < 474]
    forged.looks(474, 530, "open", "reset")
    steps = [(476.001, AwdbStep.ATTEMPT), (476.002, AwdbStep.ASKED), (476.003, AwdbStep.ANSWERED)]
    for n in range(4):
        forged.asks(480 + n, "ann", 404, "GET Dialog/{id}", by="" if answers else "a")
        if answers:
            steps += [(480.006 + n, AwdbStep.ASKED), (480.007 + n, AwdbStep.ANSWERED)]
    forged.asks(476, "ann", 404, "GET Dialog/{id}")
    steps += [] if ends_s is None else [(ends_s, AwdbStep.CLOSED_BY_CLIENT)]
    forged.lines += [AwdbSeen(at_s=at_s, side="a", connection=7, step=step) for at_s, step in sorted(steps)]
    for at_s in tries_s:
        forged.traffic(at_s, "b", answered=False)
    return forged


@pytest.mark.parametrize("tries_s", [(480.003, 481.003), (480.008, 483.003), (476.008, 480.003)])
def test_trying_the_other_one_once_one_has_answered_is_a_violation(tries_s: tuple[float, ...]) -> None:
    found = verdict(tries_, connected(*tries_s))
    assert is_(found, VIOLATED, "though it was connected to the primary AWDB, which answered")
    assert len(violated_at(found)) == 1


@pytest.mark.parametrize(
    "forged",
    [
        connected(),
        connected(answers=False),
        connected(480.003),  # a look of Finesse's own, perhaps
        connected(480.003, 481.003, 481.5),  # … as it is seen to look at other times
        connected(480.003, 481.003, ends_s=481.0035),  # for a connection that ends
        connected(480.003, 481.003, answers=False),  # and asks by new ones
        connected(476.0005, 480.003),  # before that answered
    ],
)
def test_that_only_one_is_tried_is_said_of_a_node_that_is_connected(forged: Forged) -> None:
    assert not violated_at(verdict(tries_, forged))


# AWDB-11


def test_401_once_the_loss_is_noticed_is_as_documented() -> None:
    assert holds_everywhere(verdict(requests_get_401, both_lost(), both_lost(meets="silence")))


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("nth", [3, 6, 8, 9, 10, 17, 25, 44])
@pytest.mark.parametrize("status", [500, 503, None])
def test_one_other_answer_from_then_on_is_a_violation(node: str, nth: int, status: int | None) -> None:
    found = verdict(requests_get_401, both_lost((node, nth), "a", status))
    assert is_(found, VIOLATED, "instead of 401")
    assert len(violated_at(found)) == 1


@pytest.mark.parametrize(("request_", "who", "expected"), [
    ("PUT User/{id}", "ann", VIOLATED), ("GET User/{id}", "ann", HELD), ("PUT User/{id}", "cid", HELD),
])  # fmt: skip
def test_what_is_refused_with_401_and_done_is_a_violation(request_: str, who: str, expected: Outcome) -> None:
    """A state that is asked for at the CTI server; it has to be the one who asked, for a state."""
    forged = both_lost().asks(240, "ann", 401, request_, tried="a").wants(240.02, "fin-a", who, "NOT_READY")
    found = verdict(requests_get_401, forged, both_lost(meets="silence"))
    assert found.outcome is expected, found.reason


@pytest.mark.parametrize(("done_s", "expected"), [(240.02, VIOLATED), (240.9, VIOLATED), (242.0, HELD), (239.0, HELD)])
def test_a_call_that_is_refused_with_401_and_made_is_a_violation(done_s: float, expected: Outcome) -> None:
    forged = both_lost().is_at_the_switch(230, "ann")
    forged.asks(240, "ann", 401, "POST User/{id}/Dialogs", tried="a", wanted={"action": "MAKE_CALL"})
    found = verdict(requests_get_401, forged.is_at_the_switch(done_s, "ann", call="8"), both_lost(meets="silence"))
    assert found.outcome is expected, found.reason


@pytest.mark.parametrize("status", [200, 404])
def test_somebody_never_seen_to_be_authenticated_may_be_cached_since_before_the_journal(status: int) -> None:
    assert not violated_at(verdict(requests_get_401, both_lost(("fin-a", 17), "", status)))


def test_letting_somebody_in_who_has_lapsed_is_a_violation() -> None:
    forged = Forged().look(1).asks(10, "ann", 200, by="a").looks(2000, 2200, "reset", "reset")
    forged.asks(2010, "cid", 401).asks(2100, "ann", 200)
    assert is_(verdict(requests_get_401, forged), VIOLATED, "answers 200 instead of 401")


@pytest.mark.parametrize("statuses", [(500, 500), (None, 500)])
def test_two_requests_that_fail_otherwise_may_be_the_loss_that_is_not_noticed_yet(statuses: tuple[int, ...]) -> None:
    forged = Forged().look(1).looks(100, 400, "reset", "reset")
    for n, status in enumerate(statuses):
        forged.asks(200 + n, "ann", status)
    assert is_(verdict(requests_get_401, forged), INCONCLUSIVE, "nobody looked")
    assert is_(verdict(requests_get_401, forged.asks(210, "ann", 500)), VIOLATED, "instead of 401")


def test_people_who_are_cached_are_not_meant() -> None:
    forged = Forged().look(1).asks(50, "ann", 200, by="a").looks(100, 400, "reset", "reset")
    forged.asks(200, "cid", 401).asks(201, "cid", 401).asks(202, "ann", 200)
    assert not violated_at(verdict(requests_get_401, forged))


@pytest.mark.parametrize(("status", "expected"), [(200, True), (202, True), (401, False), (404, False), (503, False)])
def test_a_wrong_password_lets_nobody_in_whoever_is_cached(status: int, expected: bool) -> None:
    forged = Forged().look(1).asks(50, "ann", 200, by="a").looks(100, 400, "reset", "reset")
    forged.asks(200, "cid", 401).asks(201, "cid", 401).asks(202, "ann", status, wrong=True)
    found = verdict(requests_get_401, forged)
    assert bool(violated_at(found)) is expected
    assert ("with a wrong password" in found.reason) is expected


def test_people_who_were_never_let_in_may_just_have_a_wrong_password() -> None:
    forged = both_lost()
    forged.lines = [line for line in forged.lines if line.at_s < 465]
    assert is_(verdict(requests_get_401, forged), INCONCLUSIVE, "at any other time")


def test_settings_are_another_clauses_business() -> None:
    forged = both_lost().asks(250, "admin-a", 500, "GET SystemConfig", tried="a")
    assert is_(verdict(requests_get_401, forged, both_lost(meets="silence")), HELD)
