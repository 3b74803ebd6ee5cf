"""The central configuration, which the Distributors copy into their AWDBs; in the product the Logger holds it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from chaos.wire.awdb import Role, secret_of


@dataclass(frozen=True, slots=True)
class Record:
    """A person. secret: digest of the password, see `chaos.wire.awdb.secret_of`."""

    user_id: str
    login_name: str
    secret: str = field(repr=False)
    role: Role = Role.AGENT


class Central:
    """People, and a revision that grows with each change. watchers: called after each change."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = {record.user_id: record for record in records}
        self.revision = 1
        self.watchers: list[Callable[[], None]] = []

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(self._records.values())

    def change_password(self, user_id: str, password: str) -> None:
        """As an administrator of Unified CCE does. Raises KeyError: there is no such person."""
        self._records[user_id] = replace(self._records[user_id], secret=secret_of(password))
        self.revision += 1
        for watcher in tuple(self.watchers):
            watcher()
