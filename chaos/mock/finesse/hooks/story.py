"""What a node has been through, as far as narrowings ask for it: losses, ways back, and the request that is served."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.hooks import Fact, Hooks
from chaos.mock.defects.narrowing import Break
from chaos.mock.finesse.config import Side

SOON_S = 10.0
"""A fail-over that begins so soon after another one follows on it."""

_PATH = re.compile(r"/finesse/api/([A-Za-z]+)(?:/([^/]+)(?:/([A-Za-z]+))?)?/?")


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks, in the words of a narrowing. number: the first id of its path, "" if there is none."""

    verb: str
    resource: str
    user: str
    number: str


# The request that the running task serves: so nothing in the product has to hand it on to what is asked meanwhile.
_SERVED: ContextVar[Request | None] = ContextVar("request", default=None)


def resource_of(path: str) -> str:
    """The resource of a path of the API: its last word that is no id; "" for any other path."""
    matched = _PATH.fullmatch(path)
    return "" if matched is None else matched.group(3) or matched.group(1)


def _number_of(path: str) -> str:
    matched = _PATH.fullmatch(path)
    return "" if matched is None else matched.group(2) or ""


class NodeStory(Hooks):
    """The story of one node.

    place: `a` is the publisher, `b` the subscriber. administrators: their user names. ghosts: calls that a break made
    up, by dialog id, as whoever makes them up fills it.
    """

    def __init__(
        self,
        breaks: Iterable[Break] = (),
        *,
        place: str = "a",
        names: Mapping[str, frozenset[str]] | None = None,
        administrators: Iterable[str] = (),
        ghosts: Mapping[str, Break] | None = None,
    ) -> None:
        super().__init__(breaks, names=names)
        self._place = place
        self._administrators = frozenset(administrators)
        self._ghosts: Mapping[str, Break] = {} if ghosts is None else ghosts
        self.peers: tuple[NodeStory, ...] = ()
        """The other nodes of the deployment, once all are there."""
        self._began()

    def _began(self) -> None:
        self._doors: dict[str, tuple[str, str]] = {}  # by which a user's last client went, and by which he is back
        self._news_sent_s: dict[str, float] = {}  # when something was last sent to him
        self._request_s: dict[str, float] = {}  # when something was last asked for in his name
        self._logged_out: set[str] = set()  # who was logged out by force before
        self._lost_s: dict[str, float] = {}  # when he was last told to be so for a lost connection
        self._left_first: dict[str, float] = {}  # when a client of his went that was not the last one
        self._shown_idle: dict[str, float] = {}  # until when somebody is shown Not Ready though he has signed out
        self._after_call: set[str] = set()  # whom a lost connection made something else when a call was over
        self._losses = 0
        self._lost: Side | None = None
        self._loss = ""
        self._told_s = 0.0
        self._back: Side | None = None
        self._back_s = 0.0
        self._soon_again = False
        self._found_in_gap = 0
        self._opened_s: float | None = None
        self._asked_s = float("-inf")

    # What the product tells

    def process_began(self) -> None:
        """The Webapp's process has just begun, and remembers nothing."""
        self._began()

    def session_lost(self, side: Side, how: str) -> None:
        """A session in service was lost. how: reset, closed, silent, ended."""
        self._losses += 1
        self._soon_again = self._is_soon_again()
        self._found_in_gap = 0
        self._lost, self._loss, self._back = side, how, None
        self._told_s = self._now_s()

    def session_opened(self, side: Side) -> None:
        """A session is open at that side; whether it will be in service remains to be seen."""
        self._found_in_gap += 1
        self._opened_s = self._now_s()

    def attempt_in_vain(self, *, overdue: bool) -> None:
        """An attempt was turned down, or got no answer in time; or its session was lost before it was in service."""
        self._opened_s = None

    def session_found(self, side: Side) -> None:
        """A session is in service."""
        self._back, self._back_s, self._opened_s = side, self._now_s(), None

    def request_came(self, verb: str, path: str, user: str) -> None:
        """The running task serves this request from now on."""
        if self._breaks:
            _SERVED.set(Request(verb, resource_of(path), user, _number_of(path)))

    # What narrowings ask

    @property
    def has_session(self) -> bool:
        """Is a session of its in service?"""
        return self._back is not None

    @property
    def _in_gap(self) -> bool:
        """Is a session that was in service lost, and none found since?"""
        return self._lost is not None and self._back is None

    @property
    def _reconnected(self) -> bool:
        """Has the node come back from a fail-over?"""
        return self._lost is not None and self._back is not None

    def _always(self) -> dict[Axis, Fact]:
        facts: dict[Axis, Fact] = {Axis.NODE: self._place}
        if self._lost is not None:
            facts |= {Axis.LOST: self._lost.value, Axis.LOSS: self._loss, Axis.ORDER: self._order()}
            if self._back is not None:
                facts[Axis.BACK] = self._back.value
        request = _SERVED.get()
        if request is not None:
            administrator = request.user in self._administrators
            facts |= {
                Axis.VERB: request.verb,
                Axis.RESOURCE: request.resource,
                Axis.BY: "administrator" if administrator else "agent",
                Axis.AGENT: self._agent(request.user),
            }
        return facts

    def _is_soon_again(self) -> bool:
        """Would a loss now follow on another fail-over?"""
        return self._reconnected and self._back_for_s() <= SOON_S

    def _order(self) -> frozenset[str]:
        """How this fail-over follows on others, in the words of a narrowing."""
        words = (
            ("again", self._losses > 1),
            ("soon-again", self._soon_again),
            ("half-way", self._found_in_gap > (0 if self._in_gap and self._opened_s is None else 1)),
        )
        return frozenset(word for word, is_so in words if is_so)

    def _order_of_next(self) -> Iterator[str]:
        """As `_order`, of a loss that is not told yet."""
        if self._losses > 0:
            yield "again"
        if self._is_soon_again():
            yield "soon-again"

    def _gap_lasts_s(self) -> float:
        return self._now_s() - self._told_s

    def _back_for_s(self) -> float:
        return self._now_s() - self._back_s

    def _is_led(self, request: Request) -> bool:
        """Does an agent ask about somebody else?"""
        about_users = request.resource in ("User", "Dialogs") and request.user not in self._administrators
        return about_users and self._agent(request.user).isdisjoint(self._agent(request.number))

    @staticmethod
    def _served() -> Request | None:
        """The request that the running task serves."""
        return _SERVED.get()
