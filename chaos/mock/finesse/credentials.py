"""Who may use the node: the check of a password, and the lock-out after wrong ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Checked(Enum):
    """Outcome of a credential check.

    UNAVAILABLE: nobody could say, because no database can be reached. FAILED: nobody could say, because the database
    that seemed to be up gave no answer; to try again may help.
    """

    GOOD = "good"
    BAD = "bad"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class Credentials(Protocol):
    """Checks passwords. Both REST and the notification service ask it; what stands behind it is the deployment's.

    Tomcat starts and stops it; while it is stopped, nothing can be checked.
    """

    def start(self) -> None:
        """Tomcat starts: what was remembered is forgotten, settings are read anew."""

    async def stop(self) -> None:
        """Tomcat has stopped: whatever is open is closed. Safe twice."""

    async def check(self, user: str, password: str) -> Checked:
        """Is this the user's password?"""

    def succeeded(self, user: str, password: str, *, asked_s: float) -> None:
        """A request to the API has succeeded with these credentials. asked_s: when it came, on the loop's clock."""

    async def consult(self, user: str) -> Checked:
        """Is this an administrator, by whoever has the last word on it, and not by what is remembered?"""

    def is_administrator(self, user: str) -> bool:
        """May this user call the configuration API?"""


@dataclass(frozen=True)
class FixedCredentials:
    """Passwords known in advance. passwords: user to password, administrators included."""

    passwords: Mapping[str, str]
    administrators: frozenset[str] = frozenset()

    def start(self) -> None:
        """Nothing to read."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def check(self, user: str, password: str) -> Checked:
        return Checked.GOOD if self.passwords.get(user) == password else Checked.BAD

    def succeeded(self, user: str, password: str, *, asked_s: float) -> None:
        """Nothing to remember: it is all known."""

    async def consult(self, user: str) -> Checked:
        return Checked.GOOD if user in self.administrators else Checked.BAD

    def is_administrator(self, user: str) -> bool:
        return user in self.administrators


class Lockout:
    """Blocks a user after wrong passwords in a row.

    wrong_passwords: how many block. lockout_s: for how long. now: loop time in seconds.
    Source: Finesse developer guide, "User – Sign In to Finesse": five, five minutes.
    """

    def __init__(self, *, wrong_passwords: int, lockout_s: float, now: Callable[[], float]) -> None:
        self._limit = wrong_passwords
        self._lockout_s = lockout_s
        self._now = now
        self._wrong: dict[str, int] = {}
        self._until_s: dict[str, float] = {}

    def is_locked(self, user: str) -> bool:
        """Is this user blocked now? A block that has lapsed is forgotten."""
        until_s = self._until_s.get(user)
        if until_s is None:
            return False
        if self._now() < until_s:
            return True
        del self._until_s[user]
        return False

    def wrong(self, user: str) -> None:
        """One more wrong password."""
        count = self._wrong.get(user, 0) + 1
        if count < self._limit:
            self._wrong[user] = count
            return
        self._wrong.pop(user, None)
        self._until_s[user] = self._now() + self._lockout_s

    def right(self, user: str) -> None:
        """A good password ends the row."""
        self._wrong.pop(user, None)
