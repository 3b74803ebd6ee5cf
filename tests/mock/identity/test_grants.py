"""What the Identity Service decides: whose cookie, code and refresh token it is, and until when."""

import itertools
from collections.abc import Mapping

import pytest

from chaos.mock.defects import parse_break
from chaos.mock.identity.grants import CLEARED, FRESH, GrantRefused, Lifetimes, SignOn, SignOns
from chaos.mock.identity.hooks import IdentityHooks
from chaos.mock.identity.tokens import AccessTokens

LIFE = Lifetimes(refresh_s=900.0, access_s=300.0, code_s=60.0)
BACK = "https://fin-a.lab.example:8445/desktop/sso/token"


def sign_ons(*defects: str) -> SignOns:
    ids = itertools.count(1)
    hooks = IdentityHooks([parse_break(one) for one in defects], places={"fin-a": "a", "fin-b": "b"})
    return SignOns(LIFE, new_id=lambda: f"id{next(ids)}", defects=hooks)


def by_code(made: SignOns, sign_on: SignOn, now_s: float) -> Mapping[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": made.code(sign_on, BACK, now_s),
        "redirect_uri": BACK,
    }


def refused(made: SignOns, asked: Mapping[str, str], now_s: float) -> str:
    with pytest.raises(GrantRefused) as error:
        made.grant(asked, now_s)
    return error.value.error


def test_a_refresh_token_ends_a_full_life_after_its_sign_on_however_often_it_is_used() -> None:
    made = sign_ons()
    sign_on = made.begin("ann", 100.0, node="fin-a")
    first = made.grant(by_code(made, sign_on, 100.0), 110.0)
    assert (first.user, first.left_s) == ("ann", 890.0)
    renewal = {"grant_type": "refresh_token", "refresh_token": first.refresh_token}
    assert made.grant(renewal, 700.0).left_s == 300.0
    assert made.grant(renewal, 999.0).refresh_token == first.refresh_token
    assert refused(made, renewal, 1000.0) == "invalid_grant"


def test_whoever_comes_with_a_cookie_gets_tokens_of_the_sign_on_that_it_names() -> None:
    made = sign_ons()
    older = made.begin("ann", 0.0, node="fin-a")
    assert made.of(older.cookie, 899.0) is older
    assert made.grant(by_code(made, older, 500.0), 500.0).left_s == 400.0
    assert made.of(older.cookie, 900.0) is None
    assert made.of("", 1.0) is None


def test_whoever_comes_without_begins_a_new_one_of_a_full_life() -> None:
    made = sign_ons()
    assert made.begin("ann", 0.0, node="fin-a").kind == FRESH
    anew = made.begin("ann", 500.0, node="fin-a")
    assert (anew.kind, anew.end_s) == (CLEARED, 1400.0)
    assert made.begin("bob", 500.0, node="fin-a").kind == FRESH
    assert made.begin("ann", 2000.0, node="fin-a").kind == FRESH


def test_a_code_is_good_once_for_a_minute_and_at_one_address() -> None:
    made = sign_ons()
    sign_on = made.begin("ann", 0.0, node="fin-a")
    asked = by_code(made, sign_on, 0.0)
    assert refused(made, {**asked, "redirect_uri": BACK + "/"}, 1.0) == "invalid_grant"
    assert refused(made, asked, 1.0) == "invalid_grant", "a code that was tried is spent"
    assert refused(made, by_code(made, sign_on, 0.0), 61.0) == "invalid_grant"
    made.grant(asked := by_code(made, sign_on, 0.0), 60.0)
    assert refused(made, asked, 60.0) == "invalid_grant"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "guessed"}, "invalid_grant"),
    ],
)
def test_what_cannot_be_granted_is_refused_in_the_words_of_rfc_6749(asked: Mapping[str, str], error: str) -> None:
    assert refused(sign_ons(), asked, 0.0) == error


@pytest.mark.parametrize(
    ("defect", "node", "end_s"),
    [
        ("remembers-without-cookie", "fin-a", 900.0),
        ("remembers-without-cookie@node=b", "fin-a", 1400.0),
        ("end-of-somebody-else", "fin-a", 900.0),
        ("token-too-short@late=30s", "fin-b", 1370.0),
        ("token-too-short@cookie=fresh", "fin-b", 1400.0),
    ],
)
def test_broken_services_let_a_token_end_early(defect: str, node: str, end_s: float) -> None:
    made = sign_ons(defect)
    if "short" not in defect:
        made.begin("ann", 0.0, node="fin-b")
        made.begin("bob", 10.0, node="fin-b")
    else:
        made.begin("ann", 490.0, node="fin-a")
    last = made.begin("ann", 500.0, node=node)
    assert last.end_s == end_s


def test_a_withdrawn_token_is_refused_before_its_end() -> None:
    made = sign_ons("token-withdrawn@after=1")
    token = made.begin("ann", 0.0, node="fin-a").refresh_token
    renewal = {"grant_type": "refresh_token", "refresh_token": token}
    assert made.grant(renewal, 10.0).left_s == 890.0
    assert refused(made, renewal, 20.0) == "invalid_grant"


def test_a_token_of_cleared_cookies_outlives_the_older_sign_on_unless_the_service_is_broken() -> None:
    for defects, answer in (((), None), (("withdrawn-with-older",), "invalid_grant")):
        made = sign_ons(*defects)
        made.begin("ann", 0.0, node="fin-a")
        anew = made.begin("ann", 500.0, node="fin-a")
        renewal = {"grant_type": "refresh_token", "refresh_token": anew.refresh_token}
        assert made.grant(renewal, 899.0).left_s == 501.0
        if answer is None:
            assert made.grant(renewal, 901.0).left_s == 499.0
        else:
            assert refused(made, renewal, 901.0) == answer


def test_an_access_token_says_whose_it_is_until_it_expires_and_nobody_elses_is_good() -> None:
    now_s = 1000.0
    tokens = AccessTokens("ids.lab.example", now=lambda: now_s)
    made = tokens.make("ann", 300.0)
    assert tokens.user_of(made) == "ann"
    assert tokens.user_of(made[:-4] + "AAAA") is None
    assert tokens.user_of("") is None
    assert tokens.user_of("x" * 10_000) is None
    assert AccessTokens("ids.lab.example", now=lambda: now_s).user_of(made) is None, "another key"
    now_s = 1301.0
    assert tokens.user_of(made) is None
