"""Access tokens: JSON Web Tokens that the Identity Service signs and Finesse can check by itself.

They are signed and checked by joserfc, which the makers of Authlib keep: what goes wrong in such code goes wrong
silently. Its registry takes the time from a clock of ours. The algorithm is the one of the developer guide's example.
"""

from collections.abc import Callable
from functools import cached_property

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ALGORITHM = "RS256"
KEY_BITS = 2048
TOKEN_CHARS_MAX = 4096


class AccessTokens:
    """issuer: the service's name. now: wall time in seconds since 1970."""

    def __init__(self, issuer: str, *, now: Callable[[], float]) -> None:
        self._issuer, self._now = issuer, now
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            exp={"essential": True},
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
        )

    @cached_property
    def _key(self) -> RSAKey:
        """Made when it is first needed: that takes up to a third of a second, and most labs never ask for a token."""
        return RSAKey.generate_key(KEY_BITS)

    def make(self, user: str, life_s: float) -> str:
        """One for that user."""
        now_s = self._now()
        claims = {"iss": self._issuer, "sub": user, "iat": int(now_s), "exp": int(now_s + life_s)}
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def user_of(self, token: str) -> str | None:
        """Whose it is; None if it is nobody's, or not good any more."""
        if len(token) > TOKEN_CHARS_MAX:
            return None
        try:
            read = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            self._claims.validate(read.claims)
        except (JoseError, ValueError):
            return None
        return str(read.claims["sub"])
