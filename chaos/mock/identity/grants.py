"""What Cisco Identity Service decides: whose single sign-on a cookie, a code or a token is, and until when. Pure: the
time is an input.

Theory of operation. Who proves to the identity provider who he is begins a *sign-on*, which a cookie of his browser
names from then on. It has one refresh token, which ends a fixed time after the sign-on began, however often access
tokens are renewed by it. Who comes with the cookie of a sign-on that still lives is not asked again: he gets codes, and
so tokens, of that one, which end when it ends. That is how a cookie that was left behind lets a refresh token expire
early (failover chapter, Desktop Behavior, note; DESKTOP-22). The chapter does not say how it comes about: this is ours.

Grants and errors are those of RFC 6749, sections 4.1.3, 6 and 5.2. There are two of each that matter: a table, since
what libraries have for this (oauthlib's server, authlib's) brings a framework's requests, clients and storage along.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaos.mock.identity.hooks import IdentityHooks

FRESH, STALE, CLEARED = "fresh", "stale", "cleared"

INVALID_REQUEST, INVALID_GRANT, UNSUPPORTED = "invalid_request", "invalid_grant", "unsupported_grant_type"


class GrantRefused(Exception):
    """error: of RFC 6749, section 5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """As set in the service's administration; the defaults are the product's, as far as is known. Seconds."""

    refresh_s: float = 36_000.0
    access_s: float = 3_600.0
    code_s: float = 60.0


@dataclass(frozen=True, slots=True)
class SignOn:
    """One person's single sign-on. cookie: names it. kind: FRESH, or CLEARED where another one of his still lived, and
    his browser did not say so. node: through which it began."""

    user: str
    node: str
    kind: str
    cookie: str
    refresh_token: str
    begun_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant is good for. left_s: how long the refresh token is still good."""

    user: str
    refresh_token: str
    left_s: float


class SignOns:
    """All that live. new_id: makes cookies, codes and tokens that nobody guesses."""

    def __init__(self, lifetimes: Lifetimes, *, new_id: Callable[[], str], defects: IdentityHooks) -> None:
        self.lifetimes = lifetimes
        self._new_id, self._defects = new_id, defects
        self._by_cookie: dict[str, SignOn] = {}
        self._by_token: dict[str, SignOn] = {}
        self._codes: dict[str, tuple[SignOn, str, float]] = {}

    def of(self, cookie: str, now_s: float) -> SignOn | None:
        """The one that this cookie names, if it still lives."""
        self._forget(now_s)
        return self._by_cookie.get(cookie)

    def begin(self, user: str, now_s: float, *, node: str) -> SignOn:
        """He has proved who he is. node: whose desktop sent him."""
        self._forget(now_s)
        older = [one for one in self._by_cookie.values() if one.user == user]
        kind = CLEARED if older else FRESH
        others = [one.end_s for one in self._by_cookie.values() if one.user != user]
        elsewhere = [one.end_s for one in older if one.node != node]
        end_s = self._defects.end_s(
            user,
            node,
            kind,
            now_s + self.lifetimes.refresh_s,
            own=older[-1].end_s if older else None,
            others=others[-1] if others else None,
            elsewhere=elsewhere[-1] if elsewhere else None,
        )
        made = SignOn(user, node, kind, self._new_id(), self._new_id(), now_s, end_s)
        self._by_cookie[made.cookie] = self._by_token[made.refresh_token] = made
        return made

    def code(self, sign_on: SignOn, redirect_uri: str, now_s: float) -> str:
        """A code for it, good once, for a while, at that address."""
        code = self._new_id()
        self._codes[code] = (sign_on, redirect_uri, now_s + self.lifetimes.code_s)
        return code

    def grant(self, asked: Mapping[str, str], now_s: float) -> Granted:
        """What the token endpoint is asked for, by the names of RFC 6749. Raises GrantRefused."""
        self._forget(now_s)
        kind = asked.get("grant_type")
        if kind is None:
            raise GrantRefused(INVALID_REQUEST)
        find = {"authorization_code": self._of_code, "refresh_token": self._of_refresh_token}.get(kind)
        if find is None:
            raise GrantRefused(UNSUPPORTED)
        sign_on = find(asked, now_s)
        return Granted(sign_on.user, sign_on.refresh_token, sign_on.end_s - now_s)

    def _of_code(self, asked: Mapping[str, str], now_s: float) -> SignOn:
        if "code" not in asked:
            raise GrantRefused(INVALID_REQUEST)
        sign_on, redirect_uri, until_s = self._codes.pop(asked["code"], (None, "", 0.0))
        if sign_on is None or now_s > until_s or redirect_uri != asked.get("redirect_uri"):
            raise GrantRefused(INVALID_GRANT)
        return sign_on

    def _of_refresh_token(self, asked: Mapping[str, str], now_s: float) -> SignOn:
        if "refresh_token" not in asked:
            raise GrantRefused(INVALID_REQUEST)
        sign_on = self._by_token.get(asked["refresh_token"])
        if sign_on is None or not self._defects.honours(sign_on.user, sign_on.node, sign_on.kind):
            raise GrantRefused(INVALID_GRANT)
        return sign_on

    def _withdraw_with(self, over: SignOn) -> None:
        """What a sound service never does: another one of the same person ends with that one (DESKTOP-22)."""
        for cookie, one in tuple(self._by_cookie.items()):
            if one.user == over.user and self._defects.ends_with_older(one.user, one.node, one.kind):
                del self._by_cookie[cookie], self._by_token[one.refresh_token]

    def _forget(self, now_s: float) -> None:
        """Whatever is over, and codes that nobody fetched."""
        for cookie, one in tuple(self._by_cookie.items()):
            if one.end_s <= now_s and cookie in self._by_cookie:
                del self._by_cookie[cookie], self._by_token[one.refresh_token]
                self._withdraw_with(one)
        for code, (one, _, until_s) in tuple(self._codes.items()):
            if until_s < now_s or one.end_s <= now_s:
                del self._codes[code]
