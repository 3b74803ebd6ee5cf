"""One verb of one resource, and what is known of a request once it was admitted."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from chaos.mock.finesse.callers import Caller
from chaos.mock.finesse.config import UserRecord


class Who(Enum):
    """Who may ask. Source: "Security Constraints" of each API in the Finesse developer guide.

    ANYBODY: without credentials. USER: whoever has good ones. SELF: the user of the address. OWN: he and
    administrators. LED: these and supervisors of his team. TEAM: who belongs to the team of the address, and
    administrators. SUPERVISOR: a supervisor or an administrator. ADMINISTRATOR: on either node. PRIMARY: an
    administrator, and on CCE on the primary node only. CONFIGURING: as PRIMARY, and the database itself must say that
    he is one.
    """

    ANYBODY = "anybody"
    USER = "user"
    SELF = "self"
    OWN = "own"
    LED = "led"
    TEAM = "team"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    PRIMARY = "primary"
    CONFIGURING = "configuring"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was admitted.

    params: the variable parts of its address, decoded. caller: None where nobody has to say who he is. record: the user
    of the address, where there is one.
    """

    request: web.Request
    params: Mapping[str, str]
    caller: Caller | None = None
    record: UserRecord | None = None

    @property
    def by(self) -> Caller:
        """Who asks, where somebody has to."""
        assert self.caller is not None
        return self.caller

    @property
    def user(self) -> UserRecord:
        """The user of the address, where there is one."""
        assert self.record is not None
        return self.record


Answer = Callable[[Asked], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """path: below the API's root; every second part of it is variable, in braces, or fixed.

    admits_itself: the answer looks at credentials itself, by the same rules.
    """

    verb: str
    path: str
    who: Who
    answer: Answer
    admits_itself: bool = False
