"""Where a desktop's code asks how to behave: each method does what the documents say, unless a defect bites."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chaos.mock.browsers.logic import ATTEMPTS, TRIGGERS, Order, Phase, Polls, Seen, decide
from chaos.mock.defects import Axis, Break
from chaos.mock.defects.client import ClientDefect
from chaos.mock.defects.hooks import Fact, Hooks

_TRIGGER_WORDS = {Seen.TOLD_OUT: "event", Seen.BOSH_LOST: "bosh", Seen.FINESSE_GONE: "presence"}
_IGNORED = {
    Seen.TOLD_OUT: ClientDefect.EVENT_IGNORED,
    Seen.BOSH_LOST: ClientDefect.BOSH_LOSS_IGNORED,
    Seen.FINESSE_GONE: ClientDefect.PRESENCE_IGNORED,
}
# (phase, seen) → what a defect makes of it.
_INSTEAD: Mapping[tuple[Phase, Seen], tuple[tuple[ClientDefect, tuple[Phase, tuple[Order, ...]]], ...]] = {
    (Phase.SEEKING, Seen.CURRENT_DOWN): (
        (ClientDefect.BOSH_REQUESTED_UNASKED, (Phase.CONNECTING, (Order.CONNECT_BOSH,))),
    ),
    (Phase.SEEKING, Seen.CURRENT_IN_SERVICE): (
        (ClientDefect.BOSH_NOT_REQUESTED, (Phase.SEEKING, ())),
        (ClientDefect.IN_SERVICE_IS_ENOUGH, (Phase.WORKING, (Order.RETURN,))),
    ),
    (Phase.SEEKING, Seen.ALTERNATE_UP): ((ClientDefect.NO_LAST_LOOK, (Phase.MOVING, (Order.SIGN_IN,))),),
    (Phase.LAST_LOOK, Seen.CURRENT_READY): ((ClientDefect.LAST_LOOK_IGNORED, (Phase.MOVING, (Order.SIGN_IN,))),),
    (Phase.LAST_LOOK, Seen.CURRENT_IN_SERVICE): (
        (ClientDefect.LAST_LOOK_IGNORED, (Phase.MOVING, (Order.SIGN_IN,))),
        (ClientDefect.BOSH_NOT_REQUESTED, (Phase.MOVING, (Order.SIGN_IN,))),
    ),
    (Phase.LAST_LOOK, Seen.CURRENT_DOWN): ((ClientDefect.STAYS_THOUGH_DOWN, (Phase.SEEKING, ())),),
    (Phase.LAST_CONNECTING, Seen.BOSH_FAILED): ((ClientDefect.STAYS_THOUGH_DOWN, (Phase.SEEKING, ())),),
}
_WORDS = {
    "lost": (ClientDefect.LOSS_NOT_SHOWN, ClientDefect.LOSS_SHOWN_OTHERWISE, ClientDefect.LOSS_SHOWN_LATE),
    "back": (ClientDefect.RETURN_NOT_SHOWN, ClientDefect.RETURN_SHOWN_OTHERWISE, ClientDefect.RETURN_SHOWN_LATE),
}
_OTHER_WORDS = "Please wait."
_STUCK = {
    ("presence", False): ClientDefect.STUCK_WITHOUT_TOMCAT,
    ("presence", True): ClientDefect.STUCK_WITHOUT_WEBAPP,
    ("bosh", True): ClientDefect.STUCK_WITHOUT_NOTIFICATION,
    ("event", True): ClientDefect.STUCK_WITHOUT_CTI,
}


class DesktopHooks(Hooks):
    """Of one page. names: every name of each agent, by each of them. places: `a` or `b` by a node's host."""

    def __init__(
        self,
        breaks: Iterable[Break] = (),
        *,
        names: Mapping[str, frozenset[str]] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(breaks, names=names)
        self._places = places or {}
        self._user, self._node = "", ""
        self._trigger = ""
        self._episode = 0
        self._since_s = 0.0

    def signed_in(self, user: str, server: str) -> None:
        """Somebody has signed in by hand."""
        self._user, self._node = user, self._places.get(server, "")

    def is_at(self, server: str) -> None:
        """Another server is the current one from now on."""
        self._node = self._places.get(server, "")

    def decide(self, phase: Phase, seen: Seen) -> tuple[Phase, tuple[Order, ...]]:
        """What comes of it: what the table says (CLIENT-06 to -08, CLIENT-10, CLIENT-11, CLIENT-13, CLIENT-14)."""
        if phase is Phase.WORKING and seen in TRIGGERS:
            self._episode += 1
            self._trigger, self._since_s = _TRIGGER_WORDS[seen], self._now_s()
            if self._does(_IGNORED[seen], counted=self._user):
                return phase, ()
        for defect, instead in _INSTEAD.get((phase, seen), ()):
            if self._does(defect):
                return instead
        return decide(phase, seen)

    def told(self, what: str, words: str) -> tuple[str | None, float]:
        """The notice, None for none, and how late it comes: at once (CLIENT-01, CLIENT-05). what: lost, back, moved."""
        for defect, text in zip(_WORDS.get(what, ()), (None, _OTHER_WORDS, words), strict=False):
            one = self._does(defect, counted=self._user)
            if one is not None:
                return text, one.number(Axis.LATE)
        return words, 0.0

    def attempts(self) -> int:
        """Of the XMPP library, before the desktop is disconnected: three (CLIENT-16)."""
        one = self._does(ClientDefect.OTHER_ATTEMPTS)
        return ATTEMPTS if one is None else round(one.number(Axis.TIMES))

    def polls(self, proper: Polls) -> Polls:
        """When both servers are looked at: every 10 s (CLIENT-09, CLIENT-12)."""
        current = self._does(ClientDefect.CURRENT_CHECKED_OTHERWISE)
        alternate = self._does(ClientDefect.ALTERNATE_CHECKED_OTHERWISE)
        if current is not None:
            proper = replace(proper, period_s=current.number(Axis.LATE))
        return proper if alternate is None else replace(proper, alternate_period_s=alternate.number(Axis.LATE))

    def looks_at_current(self) -> bool:
        """Whether this look takes place: each does (CLIENT-02)."""
        return self._does(ClientDefect.CURRENT_NOT_CHECKED) is None

    def looks_at_alternate(self) -> bool:
        """Whether this look takes place: each does (CLIENT-03)."""
        return self._does(ClientDefect.ALTERNATE_NOT_CHECKED) is None

    def is_available(self, status: str | None) -> bool:
        """Whether the alternate is taken to be there: if it says IN_SERVICE (CLIENT-03). status: None, no answer."""
        if status is not None and self._does(ClientDefect.ALTERNATE_TAKEN_UNSEEN):
            return True
        return status == "IN_SERVICE"

    def goes_on(self, answered: bool) -> bool:
        """Whether it goes on looking after this answer of the current server, or none: it does (CLIENT-17 to -20)."""
        defect = _STUCK.get((self._trigger, answered))
        return defect is None or self._does(defect) is None

    def signs_in_by_itself(self) -> bool:
        """Whether it signs the agent in at the alternate: it does (CLIENT-04)."""
        return self._does(ClientDefect.ASKS_TO_SIGN_IN) is None

    def refreshed(self, proper: tuple[str, ...]) -> tuple[str, ...]:
        """What is read again when the server is back: everything (CLIENT-11). Of a sign-in, too, which is no return."""
        if not self._episode:
            return proper
        names = {"": "User", "/Dialogs": "Dialogs"}
        defect = ClientDefect.DATA_NOT_REFRESHED
        return tuple(one for one in proper if self._does(defect, facts={Axis.RESOURCE: names[one]}) is None)

    def goes_back_after_s(self) -> float | None:
        """How often it looks whether the failed server is there again, to go back to it: never (CLIENT-15)."""
        one = self._does(ClientDefect.GOES_BACK, counted=self._user)
        return None if one is None else one.number(Axis.LATE)

    # Inside

    def _does(
        self, defect: ClientDefect, *, counted: object = None, facts: Mapping[Axis, Fact] | None = None
    ) -> Break | None:
        if not self._has(defect):
            return None
        key = counted if counted is not None else self._episode
        return self._bites(defect, since_s=self._now_s() - self._since_s, key=key, facts=facts)

    def _always(self) -> dict[Axis, Fact]:
        return {Axis.NODE: self._node, Axis.AGENT: self._agent(self._user), Axis.TRIGGER: self._trigger}
