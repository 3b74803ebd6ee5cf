"""Credentials that are good for a while without asking. Pure: times are handed in, seconds of one clock."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class _Entry:
    password: str = field(repr=False)
    until_s: float


class CredentialCache:
    """slides: whether a later request begins a user's time anew."""

    def __init__(self, *, slides: bool) -> None:
        self._slides = slides
        self._entries: dict[str, _Entry] = {}

    def knows(self, user: str, password: str, *, now_s: float) -> bool:
        """Are these credentials good now? At the end of their time they no longer are."""
        entry = self._entries.get(user)
        if entry is None:
            return False
        if now_s >= entry.until_s:
            del self._entries[user]
            return False
        return entry.password == password

    def holds(self, user: str, *, now_s: float) -> bool:
        """Are any credentials of his good now?"""
        entry = self._entries.get(user)
        return entry is not None and now_s < entry.until_s

    def keep(self, user: str, password: str, *, asked_s: float, life_s: float) -> None:
        """A request of that time has succeeded with these credentials, which are good so long from it on (AWDB-02)."""
        entry = self._entries.get(user)
        until_s = asked_s + life_s
        if entry is not None and entry.password == password and asked_s < entry.until_s:
            until_s = max(entry.until_s, until_s) if self._slides else entry.until_s
        self._entries[user] = _Entry(password, until_s)

    def clear(self) -> None:
        self._entries.clear()
