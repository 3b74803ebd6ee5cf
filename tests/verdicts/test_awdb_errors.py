"""AWDB-08 … AWDB-11 on forged timelines: good, bad, short."""

import pytest

from chaos.errors import EvidenceError
from chaos.journal import Screen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import (
    requests_get_401,
    settings_are_closed,
    sign_in_says_invalid,
    signed_in_says_timed_out,
)
from tests.verdicts.awdb_forged import Forged, is_

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
LONG_AFTER_S = 2000.0


# --- AWDB-08 and AWDB-10


@pytest.mark.parametrize("text", ["Invalid user ID or password", "Error: invalid user id or password."])
def test_the_documented_words_at_sign_in(text: str) -> None:
    forged = Forged().both_down().shows(LONG_AFTER_S, "ann", Screen.SIGN_IN, text)
    assert is_(sign_in_says_invalid(forged.timeline()), HELD, "ann signs in")


def test_other_words_at_sign_in_are_a_violation() -> None:
    forged = Forged().both_down().shows(LONG_AFTER_S, "ann", Screen.SIGN_IN, "Out of order")
    assert is_(sign_in_says_invalid(forged.timeline()), VIOLATED, "Out of order")


def test_a_sign_in_that_succeeds_is_a_violation() -> None:
    forged = Forged().both_down().shows(LONG_AFTER_S, "ann", Screen.SIGN_IN, None, ok=True)
    assert is_(sign_in_says_invalid(forged.timeline()), VIOLATED, "lets it pass")


def test_a_page_that_cannot_be_read_shows_nothing() -> None:
    forged = Forged().both_down().shows(LONG_AFTER_S, "ann", Screen.SIGN_IN, None)
    assert is_(sign_in_says_invalid(forged.timeline()), INCONCLUSIVE, "could be read")


def test_somebody_who_is_cached_does_not_count_at_sign_in() -> None:
    forged = Forged().asks(500, "ann").both_down().shows(LONG_AFTER_S, "ann", Screen.SIGN_IN, "Out of order")
    with pytest.raises(EvidenceError, match="lapsed"):
        sign_in_says_invalid(forged.timeline())


def signed_in(text: str | None = "Operation timed out", *, ok: bool = False, at_s: float = LONG_AFTER_S) -> Forged:
    forged = Forged().shows(1, "ann", Screen.SIGN_IN, None, ok=True).both_down()
    return forged.shows(at_s, "ann", Screen.NOTICE, text, ok=ok)


def test_the_documented_words_for_whoever_is_signed_in() -> None:
    assert is_(signed_in_says_timed_out(signed_in().timeline()), HELD)


def test_other_words_for_whoever_is_signed_in_are_a_violation() -> None:
    assert is_(signed_in_says_timed_out(signed_in("No").timeline()), VIOLATED, "“No”")
    assert is_(signed_in_says_timed_out(signed_in(None, ok=True).timeline()), VIOLATED)


def test_somebody_signed_in_a_moment_ago_is_cached_and_shows_nothing() -> None:
    with pytest.raises(EvidenceError, match="lapsed"):
        signed_in_says_timed_out(signed_in("No", at_s=100.0).timeline())


def test_somebody_who_was_never_seen_to_sign_in_shows_nothing() -> None:
    forged = Forged().both_down().shows(LONG_AFTER_S, "ann", Screen.NOTICE, "Operation timed out")
    assert is_(signed_in_says_timed_out(forged.timeline()), INCONCLUSIVE, "sign in")


# --- AWDB-09


def administered(*, get: int = 500, put: int = 500, before: int = 200) -> Forged:
    forged = Forged().asks(1, None, before, resource="GET SystemConfig")
    forged.asks(2, None, before, resource="PUT SystemConfig").both_down()
    forged.asks(LONG_AFTER_S, None, get, resource="GET SystemConfig")
    return forged.asks(LONG_AFTER_S + 1, None, put, resource="PUT SystemConfig")


def test_settings_that_can_neither_be_read_nor_changed_are_as_documented() -> None:
    assert is_(settings_are_closed(administered().timeline()), HELD)


@pytest.mark.parametrize(("status", "what"), [({"get": 200}, "read"), ({"put": 202}, "changed")])
def test_settings_that_can_be_read_or_changed_are_a_violation(status: dict[str, int], what: str) -> None:
    assert is_(settings_are_closed(administered(**status).timeline()), VIOLATED, f"were {what}")


def test_settings_that_never_could_be_read_show_nothing() -> None:
    assert is_(settings_are_closed(administered(before=401).timeline()), INCONCLUSIVE, "before, either")


def test_an_administrator_who_is_cached_shows_nothing() -> None:
    forged = Forged().asks(1, None, resource="GET SystemConfig").asks(2, None, resource="PUT SystemConfig").both_down()
    forged.asks(60, None, 500, resource="GET SystemConfig").asks(61, None, 500, resource="PUT SystemConfig")
    assert is_(settings_are_closed(forged.timeline()), INCONCLUSIVE, "lapsed")


def test_an_administrator_who_only_reads_shows_half_of_it() -> None:
    forged = Forged().asks(1, None, resource="GET SystemConfig").both_down()
    forged.asks(LONG_AFTER_S, None, 500, resource="GET SystemConfig")
    assert is_(settings_are_closed(forged.timeline()), INCONCLUSIVE, "changed")


# --- AWDB-11


def refused_with(*statuses: int | None) -> Forged:
    forged = Forged().asks(1, "ann", by="a").asks(2, "bob", by="a").both_down()
    for agent in ("ann", "bob"):
        for n, status in enumerate(statuses):
            forged.asks(LONG_AFTER_S + n, agent, status, failure=None if status else "timeout")
    return forged


@pytest.mark.parametrize("statuses", [(401, 401, 401), (500, 401, 401), (None, 500, 401)])
def test_401_once_the_loss_is_noticed_is_as_documented(statuses: tuple[int | None, ...]) -> None:
    assert is_(requests_get_401(refused_with(*statuses).timeline()), HELD)


@pytest.mark.parametrize("statuses", [(500, 500, 500), (401, 503), (401, 401, 200), (None, None, None)])
def test_anything_else_from_then_on_is_a_violation(statuses: tuple[int | None, ...]) -> None:
    assert is_(requests_get_401(refused_with(*statuses).timeline()), VIOLATED, "instead of 401")


def test_two_requests_that_fail_otherwise_may_be_the_loss_that_is_not_noticed_yet() -> None:
    assert is_(requests_get_401(refused_with(500, 500).timeline()), INCONCLUSIVE, "often enough")


def test_each_node_has_to_be_asked() -> None:
    forged = Forged().both_down().asks(LONG_AFTER_S, "ann", 401)
    assert is_(requests_get_401(forged.timeline()), INCONCLUSIVE, "fin-b")


def test_people_who_are_cached_are_not_meant() -> None:
    forged = refused_with(401, 401).asks(1500, "cid", by="a").asks(LONG_AFTER_S + 5, "cid", 200)
    assert is_(requests_get_401(forged.timeline()), HELD)
