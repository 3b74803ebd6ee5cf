"""AWDB-02, AWDB-03 and AWDB-04 on forged timelines: good, bad, short."""

import pytest

from chaos.errors import EvidenceError
from chaos.journal import Lateness, SteadyState
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import asked_only_after_expiry, cached_for_half_an_hour, cached_users_stay
from tests.verdicts.awdb_forged import Forged, is_

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE


def in_the_dark(inside: int = 200, outside: int = 401, young: int = 200) -> Forged:
    """ann is asked about at 1 s and asks again at 20 s and at 29:59, bob once more at 30:01; both AWDBs are lost."""
    return (
        Forged()
        .asks(1, "ann", by="a")
        .asks(2, "bob", by="a")
        .both_down(10)
        .asks(20, "ann", young)
        .asks(1 + 1799, "ann", inside)
        .asks(2 + 1801, "bob", outside, tried="b")
    )


def test_in_just_before_and_out_just_after_is_half_an_hour() -> None:
    verdict = cached_for_half_an_hour(in_the_dark().timeline())
    assert is_(verdict, HELD, "an AWDB was asked")
    assert verdict.measured is not None
    assert 1798.9 < verdict.measured.lo_s < 1800 < verdict.measured.hi_s < 1801.1


def test_out_just_before_is_too_short() -> None:
    assert is_(cached_for_half_an_hour(in_the_dark(inside=401).timeline()), VIOLATED, "lapsed before")


def test_in_just_after_is_too_long() -> None:
    assert is_(cached_for_half_an_hour(in_the_dark(outside=200).timeline()), VIOLATED, "still good")


def test_how_long_a_cache_of_no_use_lasts_cannot_be_seen() -> None:
    timeline = in_the_dark(inside=401, young=401).timeline()
    assert is_(cached_for_half_an_hour(timeline), INCONCLUSIVE, "how long they last")
    assert is_(cached_users_stay(timeline), VIOLATED, "though cached")


@pytest.mark.parametrize(("at_s", "missing"), [(1700.0, "before"), (1801.5, "before")])
def test_both_edges_must_have_been_looked_at_closely(at_s: float, missing: str) -> None:
    forged = Forged().asks(1, "ann", by="a").asks(2, "bob", by="a").both_down(10)
    forged.asks(1 + at_s, "ann", 200 if at_s < 1800 else 401).asks(2 + 1801, "bob", 401)
    assert is_(cached_for_half_an_hour(forged.timeline()), INCONCLUSIVE, f"just {missing}")


def test_the_far_edge_must_have_been_looked_at_closely_too() -> None:
    forged = Forged().asks(1, "ann", by="a").asks(2, "bob", by="a").both_down(10)
    forged.asks(1 + 1799, "ann").asks(2 + 1900, "bob", 401)
    assert is_(cached_for_half_an_hour(forged.timeline()), INCONCLUSIVE, "just after")


def test_somebody_who_may_have_been_cached_before_tells_nothing_of_the_near_edge() -> None:
    """The first request made Finesse ask nobody: its credentials are older than it."""
    forged = Forged().asks(1, "ann").asks(2, "bob", by="a").both_down(10)
    forged.asks(1 + 1799, "ann", 401).asks(2 + 1801, "bob", 401)
    assert is_(cached_for_half_an_hour(forged.timeline()), INCONCLUSIVE, "just before")


def test_a_request_across_the_edge_is_neither_in_nor_out() -> None:
    forged = Forged().asks(1, "ann", by="a").asks(2, "bob", by="a").both_down(10)
    forged.asks(1 + 1798, "ann", 401, took_s=5.0).asks(2 + 1801, "bob", 401)
    assert is_(cached_for_half_an_hour(forged.timeline()), INCONCLUSIVE, "just before")


def test_a_clock_that_is_not_exact_widens_both_edges() -> None:
    forged = in_the_dark(inside=401)
    forged.lines.append(Lateness(at_s=3000.0, worst_s=1.5))
    assert is_(cached_for_half_an_hour(forged.timeline(clock="real")), INCONCLUSIVE, "just before")


@pytest.mark.parametrize(("status", "said"), [(200, "prolonged"), (401, "did not prolong")])
def test_whether_a_request_prolongs_the_time_is_noted_and_not_judged(status: int, said: str) -> None:
    forged = in_the_dark().asks(1 + 1830, "ann", status)
    assert is_(cached_for_half_an_hour(forged.timeline()), HELD, "noted only", said)


def test_without_a_time_in_which_both_were_lost_there_is_nothing_to_judge() -> None:
    forged = Forged().asks(1, "ann", by="a").probe(10, "a", "refused").asks(1800, "ann")
    for check in (cached_for_half_an_hour, cached_users_stay):
        with pytest.raises(EvidenceError, match="secondary"):
            check(forged.timeline())


def test_cached_people_are_let_in_without_any_awdb() -> None:
    assert is_(cached_users_stay(in_the_dark().timeline()), HELD)


def test_a_cache_that_lapses_too_soon_is_not_the_business_of_those_who_are_young() -> None:
    assert is_(cached_users_stay(in_the_dark(inside=401).timeline()), HELD)


def test_nobody_young_asked_so_nothing_is_held() -> None:
    forged = Forged().asks(1, "ann", by="a").both_down(10).asks(1800, "ann")
    with pytest.raises(EvidenceError, match="shortly before"):
        cached_users_stay(forged.timeline())


def one_is_there(*, at_29_59: str = "", long_after: str = "b") -> Forged:
    """The primary is lost, the secondary answers; the sides that Finesse asks are given."""
    forged = Forged().probe(5, "a", "refused")
    forged.asks(10, "ann", by="b").asks(20, "bob", by="b")
    return forged.asks(10 + 1799, "ann", by=at_29_59).asks(20 + 1900, "bob", by=long_after)


def test_nobody_is_asked_about_cached_credentials_and_somebody_is_afterwards() -> None:
    assert is_(asked_only_after_expiry(one_is_there().timeline()), HELD)


def test_being_asked_about_cached_credentials_is_a_violation() -> None:
    assert is_(asked_only_after_expiry(one_is_there(at_29_59="b").timeline()), VIOLATED, "cached credentials")


def test_being_asked_about_young_credentials_is_a_violation_too() -> None:
    forged = one_is_there().asks(30, "bob", by="b")
    assert is_(asked_only_after_expiry(forged.timeline()), VIOLATED, "cached credentials")


def test_not_being_asked_after_they_have_lapsed_is_a_violation() -> None:
    assert is_(asked_only_after_expiry(one_is_there(long_after="").timeline()), VIOLATED, "was not asked")


def test_a_finesse_that_talks_to_its_awdb_unasked_cannot_be_blamed_for_traffic() -> None:
    forged = one_is_there(at_29_59="b").traffic(500, "b")
    assert is_(asked_only_after_expiry(forged.timeline()), INCONCLUSIVE, "unasked")


def test_silence_proves_something_even_beside_such_talk_but_the_rest_does_not() -> None:
    forged = one_is_there().traffic(500, "b")
    assert is_(asked_only_after_expiry(forged.timeline()), INCONCLUSIVE, "unasked")


def test_talk_before_the_steady_state_is_that_of_event_streams_and_excuses_nothing() -> None:
    forged = one_is_there(at_29_59="b").traffic(1, "b")
    forged.lines.append(SteadyState(at_s=4.0, when="before", ok=True))
    assert is_(asked_only_after_expiry(forged.timeline()), VIOLATED, "cached credentials")


def test_traffic_while_somebody_else_asked_is_nobodys() -> None:
    forged = one_is_there(at_29_59="b").asks(10 + 1798.99, "cid", took_s=1.0)
    assert is_(asked_only_after_expiry(forged.timeline()), INCONCLUSIVE, "just before they lapsed")


def test_links_without_any_traffic_are_not_where_finesse_goes() -> None:
    forged = Forged().probe(5, "a", "refused").asks(10, "ann").asks(1809, "ann")
    with pytest.raises(EvidenceError, match="proxies"):
        asked_only_after_expiry(forged.timeline())


def test_an_edge_that_nobody_looked_at_holds_nothing() -> None:
    forged = Forged().probe(5, "a", "refused").asks(10, "ann", by="b").asks(1809, "ann")
    assert is_(asked_only_after_expiry(forged.timeline()), INCONCLUSIVE, "long after")
