"""AWDB-01, AWDB-05, AWDB-06, AWDB-07 and AWDB-12 on forged timelines: good, bad, short."""

import pytest

from chaos.errors import EvidenceError
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import (
    asks_at_every_request,
    goes_to_the_secondary,
    no_fail_over_without,
    retry_succeeds,
    serves_nobody_but_tells_events,
)
from tests.verdicts.awdb_forged import Forged, is_

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
MISSING = "it is made of cheese"


# --- AWDB-01


def refused_and_let_in_later() -> Forged:
    forged = Forged().probe(10, "a", "reset").asks(20, "ann", 401, tried="b").asks(21, "ann", 401, tried="a")
    return forged.probe(30, "a", "open").asks(40, "ann", by="a")


def test_nobody_authenticated_until_the_primary_is_back_is_no_fail_over() -> None:
    assert is_(no_fail_over_without(refused_and_let_in_later().timeline(), MISSING), HELD, MISSING)


def test_a_secondary_that_answers_and_lets_in_is_a_fail_over() -> None:
    forged = refused_and_let_in_later().asks(22, "bob", by="b")
    assert is_(no_fail_over_without(forged.timeline(), MISSING), VIOLATED, "although it is made of cheese")


def test_somebody_who_is_not_let_in_later_either_proves_nothing() -> None:
    forged = refused_and_let_in_later().asks(23, "bob", 401).asks(50, "bob", 401, by="a")
    assert is_(no_fail_over_without(forged.timeline(), MISSING), INCONCLUSIVE, "bob", "either")


def test_somebody_who_was_let_in_unasked_in_between_proves_nothing() -> None:
    forged = refused_and_let_in_later().asks(22, "ann")
    assert is_(no_fail_over_without(forged.timeline(), MISSING), INCONCLUSIVE, "without traffic")


def test_cached_people_alone_prove_nothing() -> None:
    forged = Forged().probe(10, "a", "reset").asks(20, "ann").probe(30, "a", "open").asks(40, "ann")
    with pytest.raises(EvidenceError, match="nobody whom no cache knew"):
        no_fail_over_without(forged.timeline(), MISSING)


def test_a_primary_that_was_never_lost_proves_nothing() -> None:
    with pytest.raises(EvidenceError, match="never seen to be lost"):
        no_fail_over_without(Forged().asks(20, "ann", 401).timeline(), MISSING)


def test_what_happened_after_the_mending_began_is_not_of_that_time() -> None:
    """The probe that finds the link open comes a little after the order that opened it."""
    forged = Forged().probe(10, "a", "reset").asks(20, "ann", 401)
    forged.rolls_back(25, "awdb-a-refused").asks(27, "ann", by="b").probe(30, "a", "open")
    assert is_(no_fail_over_without(forged.timeline(), MISSING), HELD)


# --- AWDB-05


def primary_lost() -> Forged:
    return Forged().probe(10, "a", "refused").asks(20, "ann", 500, tried="a").asks(21, "ann", by="b")


def test_every_node_that_is_served_by_the_secondary_has_gone_there() -> None:
    assert is_(goes_to_the_secondary(primary_lost().asks(30, "bob", by="b").timeline()), HELD, "fin-a", "fin-b")


def test_a_node_that_lets_nobody_in_has_not_gone_there() -> None:
    forged = primary_lost().asks(30, "bob", 401, tried="a").asks(31, "bob", 401, tried="a")
    assert is_(goes_to_the_secondary(forged.timeline()), VIOLATED, "bob at fin-b")


def test_one_failure_is_not_enough_to_say_so() -> None:
    forged = primary_lost().asks(30, "bob", 401, tried="a")
    assert is_(goes_to_the_secondary(forged.timeline()), INCONCLUSIVE, "1 time(s)")


def test_being_let_in_without_asking_the_secondary_shows_nothing() -> None:
    assert is_(goes_to_the_secondary(primary_lost().asks(30, "bob").timeline()), INCONCLUSIVE, "not asked")


def test_a_node_that_nobody_asked_is_missed() -> None:
    with pytest.raises(EvidenceError, match="fin-b"):
        goes_to_the_secondary(primary_lost().timeline())


def test_people_who_were_cached_do_not_count() -> None:
    forged = primary_lost().asks(1, "bob", by="a").asks(30, "bob", by="b")
    with pytest.raises(EvidenceError, match="fin-b"):
        goes_to_the_secondary(forged.timeline())


# --- AWDB-12


def test_a_retry_that_is_let_in_by_the_other_awdb_is_as_documented() -> None:
    verdict = retry_succeeds(primary_lost().timeline())
    assert is_(verdict, HELD, "at the retry")
    assert verdict.bound is not None


def test_a_first_request_that_is_let_in_is_as_documented_too() -> None:
    assert is_(retry_succeeds(Forged().probe(10, "a", "refused").asks(20, "ann", by="b").timeline()), HELD)


def test_a_retry_in_vain_is_a_violation_though_a_third_request_succeeds() -> None:
    forged = Forged().probe(10, "a", "silence").asks(20, "ann", 500).asks(40, "ann", 500).asks(60, "ann", by="b")
    assert is_(retry_succeeds(forged.timeline()), VIOLATED, "in vain")


def test_somebody_who_did_not_try_again_shows_nothing() -> None:
    forged = Forged().probe(10, "a", "silence").asks(20, "ann", None, failure="timeout")
    assert is_(retry_succeeds(forged.timeline()), INCONCLUSIVE, "did not try again")


def test_an_answer_later_than_any_database_time_out_is_a_violation() -> None:
    forged = Forged().probe(10, "a", "silence").asks(20, "ann", None, failure="timeout", took_s=80.0)
    assert is_(retry_succeeds(forged.asks(110, "ann", by="b").timeline()), VIOLATED, "outside the bound")


def test_a_retry_that_no_awdb_was_asked_about_shows_nothing() -> None:
    forged = Forged().probe(10, "a", "silence").asks(20, "ann", 500).asks(40, "ann")
    assert is_(retry_succeeds(forged.timeline()), INCONCLUSIVE, "not by the other AWDB")


# --- AWDB-06


def both_refuse(*tries: str, node: str = "ann") -> Forged:
    """Requests one second apart, during which Finesse tries these sides; then the primary is back."""
    forged = Forged().both_down(10, "reset").asks(5, node, 200, by="b")
    for n, tried in enumerate(tries):
        forged.asks(2000 + n, node, 401, tried=tried)
    return forged.probe(3000, "a", "open")


def test_every_request_tries_by_turns_until_one_answers() -> None:
    forged = both_refuse("b", "a", "b", "a").asks(3010, "ann", 401, tried="b").asks(3011, "ann", by="a")
    assert is_(asks_at_every_request(forged.timeline(nodes=("fin-a",))), HELD)


def test_trying_both_at_each_request_is_fine_too() -> None:
    forged = both_refuse("ab", "ab", "ab", "ab").asks(3010, "ann", by="a")
    assert is_(asks_at_every_request(forged.timeline(nodes=("fin-a",))), HELD)


def test_a_request_at_which_nothing_is_tried_is_a_violation() -> None:
    forged = both_refuse("b", "a", "", "b").asks(3010, "ann", by="a")
    assert is_(asks_at_every_request(forged.timeline()), VIOLATED, "did not try any")


def test_trying_the_same_awdb_again_is_a_violation() -> None:
    forged = both_refuse("b", "b", "a", "b").asks(3010, "ann", by="a")
    assert is_(asks_at_every_request(forged.timeline()), VIOLATED, "awdb-b again")


def test_a_node_that_never_uses_its_secondary_is_another_clauses_business() -> None:
    forged = Forged().both_down(10, "reset")
    for n in range(4):
        forged.asks(2000 + n, "ann", 401, tried="a")
    assert is_(asks_at_every_request(forged.timeline()), INCONCLUSIVE, "AWDB-05")


def test_few_requests_show_no_pattern() -> None:
    assert is_(asks_at_every_request(both_refuse("b", "a", "b").timeline()), INCONCLUSIVE, "only 3 requests")


def test_it_must_be_seen_that_an_answer_ends_it() -> None:
    assert is_(asks_at_every_request(both_refuse("b", "a", "b", "a").timeline()), INCONCLUSIVE, "asked again")


def test_going_on_failing_when_an_awdb_is_back_is_a_violation() -> None:
    forged = both_refuse("b", "a", "b", "a")
    for n in range(3):
        forged.asks(3010 + n, "ann", 401, tried="a")
    assert is_(asks_at_every_request(forged.timeline()), VIOLATED, "not let in")


# --- AWDB-07


def failing_over(*, served_s: float | None = None, told_s: float | None = 23.1, act_s: float = 23.0) -> Forged:
    """At fin-a an attempt lasts from 21 s to 31 s at ann's request; cid, who is cached, asks meanwhile, and works."""
    forged = Forged().asks(1, "cid", by="a").both_down(10, "silence")
    forged.asks(20, "ann", 401, took_s=11.5).traffic(21, "b", lasts_s=10.0)
    if served_s is None:
        forged.asks(22, "cid", 200, took_s=9.2)
    else:
        forged.asks(22, "cid", 200, took_s=served_s - 22)
    return forged.becomes(act_s, "cid", "AVAILABLE", told_s=told_s)


ONE = ("fin-a",)


def test_waiting_requests_and_flowing_events_are_as_documented() -> None:
    assert is_(serves_nobody_but_tells_events(failing_over().timeline(nodes=ONE)), HELD)


def test_a_request_that_is_processed_meanwhile_is_a_violation() -> None:
    forged = failing_over(served_s=22.1)
    assert is_(serves_nobody_but_tells_events(forged.timeline(nodes=ONE)), VIOLATED, "processed a request")


@pytest.mark.parametrize("told_s", [None, 32.0])
def test_an_event_that_comes_never_or_afterwards_is_a_violation(told_s: float | None) -> None:
    forged = failing_over(told_s=told_s)
    assert is_(serves_nobody_but_tells_events(forged.timeline(nodes=ONE)), VIOLATED, "told no event")


def test_an_event_that_nothing_caused_shows_nothing() -> None:
    forged = failing_over(act_s=40.0, told_s=40.1)
    assert is_(serves_nobody_but_tells_events(forged.timeline(nodes=ONE)), INCONCLUSIVE, "nothing happened")


def test_an_event_that_was_caused_at_the_very_end_shows_nothing() -> None:
    forged = failing_over(act_s=30.9, told_s=None)
    assert is_(serves_nobody_but_tells_events(forged.timeline(nodes=ONE)), INCONCLUSIVE, "nothing happened")


def test_a_node_that_nobody_else_asked_shows_nothing() -> None:
    forged = Forged().both_down(10, "silence").asks(20, "ann", 401, took_s=11.5).traffic(21, "b", lasts_s=10.0)
    assert is_(serves_nobody_but_tells_events(forged.timeline(nodes=ONE)), INCONCLUSIVE, "nobody asked")


def test_every_node_has_to_be_seen() -> None:
    assert is_(serves_nobody_but_tells_events(failing_over().timeline()), INCONCLUSIVE, "fin-b")


def test_an_attempt_that_fails_at_once_leaves_no_time_to_look() -> None:
    forged = Forged().both_down(10, "reset").asks(20, "ann", 401, tried="b")
    with pytest.raises(EvidenceError, match="long enough"):
        serves_nobody_but_tells_events(forged.timeline())
