"""Where a desktop's code asks how to behave: each method does what the documents say, unless a defect bites."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum

from chaos.mock.browsers import tables
from chaos.mock.browsers.asking import FETCH_S
from chaos.mock.browsers.logic import ATTEMPTS, TRIGGERS, Order, Phase, Polls, Seen, decide
from chaos.mock.browsers.token_hooks import TokenHooks
from chaos.mock.defects import Axis, Break
from chaos.mock.defects.client import ClientDefect
from chaos.mock.defects.hooks import Fact

BRIEFLY_S = 0.2
IMPATIENT_S = 2.0
HUNG_MAX = 3
DEAF_PRIORITY = -1
"""RFC 6121, 8.5.2.1: whoever is available with a negative priority is sent nothing that goes to his bare address."""
SIGNED_IN_AGAIN_S = 10.0


class Look(Enum):
    """How a server is looked at."""

    PROPER = "its SystemInfo"
    PAGE = "its page"
    ELSEWHERE = "the other server's SystemInfo"
    NONE = "not at all"


class DesktopHooks(TokenHooks):
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
        self._returned_s: float | None = None
        self._moved_s: float | None = None
        self._heard_s = float("-inf")
        self._is_half_read = False
        self._written_off_in = -1  # fail-over in which the other server was
        self._unreadable_in: dict[ClientDefect, int] = {}  # in which fail-over
        self._is_mended = False  # its event stream, by the XMPP library
        self._answered: bool | None = None
        self._is_answered = True
        self._was_refused = self._is_turned_away = False
        self._said_s = float("-inf")
        self._requested: dict[int, int] = {}  # requests for BOSH, by fail-over
        self._refused_in = -1  # fail-over in which a sign-in to BOSH was
        self._looks: dict[ClientDefect, int] = {}
        self._looks_of_this: dict[tuple[ClientDefect, int], int] = {}  # by fail-over

    def signed_in(self, user: str, server: str) -> None:
        """Somebody has signed in by hand."""
        self._user, self._node = user, self._places.get(server, "")

    def is_at(self, server: str) -> None:
        """Another server is the current one from now on."""
        before, self._node = self._node, self._places.get(server, "")
        if before not in ("", self._node):
            self.has_moved, self._moved_s = True, self._now_s()

    def hears(self) -> None:
        """An event of the agent has come."""
        self._heard_s = self._now_s()

    def decide(self, phase: Phase, seen: Seen) -> tuple[Phase, tuple[Order, ...]]:
        """What comes of it: what the table says (CLIENT-06 to -08, CLIENT-10, CLIENT-11, CLIENT-13, CLIENT-14)."""
        if phase is Phase.WORKING and seen in TRIGGERS:
            self._episode += 1
            self._trigger, self._since_s = tables.TRIGGER_WORDS[seen], self._now_s()
            self._answered = None
            if self._does(tables.IGNORED[seen], counted=self._user) or self._is_soon(tables.IGNORED_SOON[seen]):
                return phase, ()
            if self._is_soon(tables.IGNORED_AFTER_MOVE[seen], since_s=self._moved_s):
                return phase, ()
            if self._is_soon(tables.IGNORED_AMID[seen], since_s=self._heard_s):
                return phase, ()
            if self._is_mended and self._does(tables.IGNORED_ONCE_MENDED[seen], counted=self._user):
                return phase, ()
        if seen in (Seen.BOSH_UP, Seen.MOVED):
            self._is_mended = phase is Phase.RETRYING
        if phase is not Phase.WORKING and self._breaks and self._does_not_end(seen):
            return phase, ()
        for defect, instead in tables.INSTEAD.get((phase, seen), ()):
            if self._does(defect):
                return instead
        self._was_refused = seen is Seen.MOVE_FAILED or (self._was_refused and phase is not Phase.WORKING)
        self._is_turned_away = self._is_turned_away or seen is Seen.MOVE_FAILED
        is_gone = self._was_refused and (phase, seen) == (Phase.SEEKING, Seen.ALTERNATE_DOWN)
        if is_gone and self._does(ClientDefect.GIVES_UP_WHEN_THAT_GOES):
            return Phase.SEEKING, (Order.STOP,)
        if (phase, seen) == (Phase.SEEKING, Seen.CURRENT_DOWN) and self._asks_the_silent():
            return Phase.CONNECTING, (Order.CONNECT_BOSH,)
        is_refused = self._refused_in == self._episode and seen is Seen.CURRENT_IN_SERVICE
        if is_refused and phase is Phase.SEEKING and self._does(ClientDefect.BOSH_GIVEN_UP_ONCE_REFUSED):
            return phase, ()
        following = decide(phase, seen)
        if Order.RETURN in following[1]:
            self._returned_s = self._now_s()
        return following

    def told(self, what: str, words: str) -> tuple[str | None, float]:
        """The notice, None for none, and how late it comes: at once (CLIENT-01, CLIENT-05). what: lost, back, moved."""
        if what == "moved" and self._does(ClientDefect.MOVE_TOLD_AS_RETURN, counted=self._user):
            return words.replace("connected", "reconnected"), 0.0
        if what == "lost" and any(self._does(defect) for defect in tables.SILENT.get(self._trigger, ())):
            return None, 0.0
        if what == "lost" and self._is_soon(ClientDefect.LOSS_NOT_SHOWN_SOON):
            return None, 0.0
        for defect, text in zip(tables.WORDS.get(what, ()), (None, tables.OTHER_WORDS, words), strict=False):
            one = self._does(defect, counted=self._user)
            if one is not None:
                return text, one.number(Axis.LATE)
        return words, 0.0

    def named(self, what: str, server: str, alternate: str) -> str:
        """The server that the notice names: the one that it is about (CLIENT-01, CLIENT-05)."""
        defect = tables.OF_ANOTHER.get(what)
        return alternate if defect is not None and self._does(defect, counted=self._user) else server

    def stands_s(self, what: str) -> float | None:
        """After which time the notice is taken away by itself: never, None (CLIENT-01, CLIENT-05)."""
        defect = tables.BRIEF.get(what)
        return BRIEFLY_S if defect is not None and self._does(defect, counted=self._user) else None

    def attempts_left(self, so_far: int) -> int:
        """How many attempts count as made once BOSH is there again: none (CLIENT-16)."""
        return so_far if self._does(ClientDefect.ATTEMPTS_ADD_UP) else 0

    def attempts_at(self, server: str, alternate: str | None) -> str:
        """At which server the XMPP library tries to reconnect: at the current one, also where it has moved to, and
        `alternate` is the server that it has left (CLIENT-15)."""
        if not self.has_moved or alternate is None:
            return server
        return alternate if self._does(ClientDefect.OLD_SERVER_TRIED, counted=self._user) else server

    def shows_at_once(self) -> bool:
        """Whether it says that the connection is lost as it begins to look: it does (CLIENT-01)."""
        return self._does(ClientDefect.LOSS_SHOWN_ONCE_DOWN) is None

    def begins_anew(self) -> bool:
        """Whether another trigger has it begin to look anew: it goes on as before (CLIENT-09)."""
        return self._does(ClientDefect.LOOKS_BEGIN_ANEW) is not None

    def counts(self, took_s: float) -> bool:
        """Whether an attempt of the XMPP library that failed after so long counts: each does (CLIENT-16)."""
        return took_s < FETCH_S or self._does(ClientDefect.HUNG_ATTEMPT_UNCOUNTED) is None

    def counts_turned_down(self, so_far: int, attempts: int) -> int:
        """How many of these attempts count as made, as one was turned down by an answer: all of them (CLIENT-16)."""
        if self._does(ClientDefect.TURNED_DOWN_UNCOUNTED):
            return so_far - 1
        return attempts if self._does(ClientDefect.TURNED_DOWN_IS_FINAL) else so_far

    def goes_to_former(self) -> bool:
        """Whether it asks the server that it has left, as its stream is lost, and goes there: never (CLIENT-15)."""
        return self.has_moved and self._does(ClientDefect.OLD_SERVER_ASKED, counted=self._user) is not None

    def connects_bosh(self) -> bool:
        """Whether it requests a BOSH connection of the server to which it moves: it does (CLIENT-14)."""
        return self._does(ClientDefect.MOVES_WITHOUT_BOSH) is None

    def attempts(self) -> int:
        """Of the XMPP library, before the desktop is disconnected: three (CLIENT-16)."""
        one = self._does(ClientDefect.OTHER_ATTEMPTS)
        return ATTEMPTS if one is None else round(one.number(Axis.TIMES))

    def looks_early(self, so_far: int) -> bool:
        """Whether the other server is looked at after so many attempts: it is not before the last one (CLIENT-16)."""
        is_last = so_far == ATTEMPTS - 1
        return is_last and self._does(ClientDefect.ALTERNATE_LOOKED_AT_EARLY) is not None

    def attempt_counts(self, nth: int) -> bool:
        """Whether the nth attempt, which has brought BOSH back, has mended the loss: it has (CLIENT-16)."""
        return nth < ATTEMPTS or self._does(ClientDefect.LAST_ATTEMPT_IN_VAIN) is None

    def polls(self, proper: Polls) -> Polls:
        """When both servers are looked at: every 10 s (CLIENT-09, CLIENT-12)."""
        current = self._does(ClientDefect.CURRENT_CHECKED_OTHERWISE)
        alternate = self._does(ClientDefect.ALTERNATE_CHECKED_OTHERWISE)
        late = self._does(ClientDefect.ALTERNATE_CHECKED_LATE)
        if late is not None:
            proper = replace(proper, alternate_s=proper.alternate_s + late.number(Axis.LATE))
        if current is not None:
            proper = replace(proper, period_s=current.number(Axis.LATE))
        return proper if alternate is None else replace(proper, alternate_period_s=alternate.number(Axis.LATE))

    def next_polls(self, proper: Polls, *, current: bool, alternate: bool) -> Polls:
        """As `polls`, after these looks."""
        one = self._does(ClientDefect.CURRENT_CHECKS_SLOW_DOWN) if current else None
        if one is not None:
            proper = replace(proper, period_s=proper.period_s + one.number(Axis.LATE))
        other = self._does(ClientDefect.ALTERNATE_CHECKS_SLOW_DOWN) if alternate else None
        if other is not None:
            proper = replace(proper, alternate_period_s=proper.alternate_period_s + other.number(Axis.LATE))
        rests = self._does(ClientDefect.ALTERNATE_CHECK_RESTS) if self._is_turned_away else None
        self._is_turned_away = False
        return proper if rests is None else replace(proper, alternate_s=proper.alternate_s + rests.number(Axis.LATE))

    def waits_for_answer(self, *, current: bool) -> bool:
        """Whether the next look comes a period after its answer, not after the look (CLIENT-09, -12)."""
        which = ClientDefect.CURRENT_CHECK_WAITS if current else ClientDefect.ALTERNATE_CHECK_WAITS
        return self._does(which) is not None

    def gives_up_hung(self, hung: int) -> bool:
        """Whether the current server is left alone after so many looks that hung: it never is (CLIENT-02)."""
        return hung >= HUNG_MAX and self._does(ClientDefect.GIVES_UP_WHEN_HUNG) is not None

    def waits_for_current(self) -> bool:
        """Whether the other server's turn is left out while the current one has not answered: it is not (CLIENT-12)."""
        return self._does(ClientDefect.ALTERNATE_WAITS_FOR_CURRENT) is not None

    def takes_unreadable(self, *, current: bool) -> bool:
        """Whether an answer that is no SystemInfo is taken for one that says IN_SERVICE: it says nothing, and is no
        reason to look no more (CLIENT-02, CLIENT-03, CLIENT-09, CLIENT-12)."""
        taken, ends = tables.UNREADABLE[current]
        if self._does(ends):
            self._unreadable_in[ends] = self._episode
        return self._does(taken) is not None

    def _looks_no_more(self, *, current: bool) -> bool:
        return self._unreadable_in.get(tables.UNREADABLE[current][1]) == self._episode

    def current_look(self) -> Look:
        """How the current server is looked at this time: by its SystemInfo, each time (CLIENT-02, CLIENT-09)."""
        if self._does(ClientDefect.CURRENT_NOT_CHECKED) or self._skips(ClientDefect.CURRENT_CHECK_SKIPPED):
            return Look.NONE
        if self._has_ended(ClientDefect.CURRENT_CHECKS_END) or self._looks_no_more(current=True):
            return Look.NONE
        if self._does(ClientDefect.CURRENT_CHECKED_ELSEWHERE):
            return Look.ELSEWHERE
        return Look.PAGE if self._does(ClientDefect.CURRENT_CHECKED_BY_PAGE) else Look.PROPER

    def alternate_look(self) -> Look:
        """How the other server is looked at this time: by its SystemInfo, each time (CLIENT-03, CLIENT-12)."""
        if self._does(ClientDefect.ALTERNATE_NOT_CHECKED) or self._skips(ClientDefect.ALTERNATE_CHECK_SKIPPED):
            return Look.NONE
        left = tables.LEFT.get((self._trigger, bool(self._answered)))
        if self._has_ended(ClientDefect.ALTERNATE_CHECKS_END) or (left is not None and self._has_ended(left)):
            return Look.NONE
        if self._looks_no_more(current=False):
            return Look.NONE
        return Look.PAGE if self._does(ClientDefect.ALTERNATE_CHECKED_BY_PAGE) else Look.PROPER

    def last_look_is_elsewhere(self) -> bool:
        """Whether the one more look is at another server than the current one: it is not (CLIENT-13)."""
        return self._does(ClientDefect.LAST_LOOK_ELSEWHERE) is not None

    def trigger_late_s(self, seen: Seen) -> float:
        """How late a trigger is noticed: at once (CLIENT-06 to CLIENT-08)."""
        return self._late_s(tables.LATE.get(seen), counted=self._user)

    def seeks(self) -> bool:
        """Whether it looks for a server after a trigger: it does (CLIENT-06 to CLIENT-08)."""
        told_only = tables.TOLD_ONLY.get(self._trigger)  # data that are refused send it seeking without any trigger
        return told_only is None or self._does(told_only, counted=self._user) is None

    def bosh_late_s(self) -> float:
        """How late a BOSH connection is requested of a server in service: at once (CLIENT-10)."""
        return self._late_s(ClientDefect.BOSH_REQUESTED_LATE)

    def refresh_late_s(self) -> float:
        """How late the data are read again: at once (CLIENT-11)."""
        return self._late_s(ClientDefect.DATA_REFRESHED_LATE)

    def told_again_s(self, what: str) -> float | None:
        """How long after a return the notice of the loss comes again: it does not, None (CLIENT-05)."""
        one = self._does(ClientDefect.LOSS_SHOWN_AGAIN, counted=self._user) if what == "back" else None
        return None if one is None else one.number(Axis.LATE)

    def returns_early(self) -> bool:
        """Whether it says that it has reconnected before BOSH is: it does not (CLIENT-05)."""
        return self._does(ClientDefect.RETURN_SHOWN_EARLY) is not None

    def reads_elsewhere(self) -> bool:
        """Whether the data are read again at the other server: they are not (CLIENT-11)."""
        return self._does(ClientDefect.DATA_READ_ELSEWHERE) is not None

    def is_present(self) -> bool:
        """Whether it is present at the server to which it moves: it is (CLIENT-14)."""
        return self._does(ClientDefect.NOT_PRESENT_THERE, counted=self._user) is None

    def present_late_s(self) -> float | None:
        """How long after its stream there stands it is present: at once, None (CLIENT-14)."""
        one = self._does(ClientDefect.PRESENT_LATE_THERE, counted=self._user)
        return None if one is None else one.number(Axis.LATE)

    def priority_there(self) -> int:
        """With which priority it is present at the server to which it moves: 0, so that events come (CLIENT-14)."""
        return DEAF_PRIORITY if self._does(ClientDefect.HEARS_NOTHING_THERE, counted=self._user) else 0

    def priority_again(self) -> int:
        """… and where it requests BOSH again: 0 (CLIENT-10)."""
        return DEAF_PRIORITY if self._episode and self._does(ClientDefect.BOSH_BRINGS_NOTHING) else 0

    def signs_out_s(self) -> float | None:
        """How long after it has moved it signs the agent out: never, None (CLIENT-04)."""
        one = self._does(ClientDefect.SIGNS_OUT_LATER, counted=self._user)
        return None if one is None else one.number(Axis.LATE)

    def leaves_again(self) -> bool:
        """Whether it ends its session there at once: it does not (CLIENT-04)."""
        return self._does(ClientDefect.LEAVES_AGAIN, counted=self._user) is not None

    def drops_stream_s(self) -> float | None:
        """How long after it has moved it lets its event stream go: never, None (CLIENT-14)."""
        one = self._does(ClientDefect.STREAM_DROPPED_THERE, counted=self._user)
        return None if one is None else one.number(Axis.LATE)

    def move_late_s(self) -> float:
        """How late it moves: at once (CLIENT-14)."""
        return self._late_s(ClientDefect.MOVES_LATE)

    def sign_in_late_s(self) -> float:
        """How late the agent is signed in where it has moved to: at once (CLIENT-04)."""
        return self._late_s(ClientDefect.SIGNS_IN_LATE)

    def requests_bosh_again(self) -> bool:
        """Whether it requests a BOSH connection once more when it has one: it does not (CLIENT-10)."""
        return self._does(ClientDefect.BOSH_REQUESTED_AGAIN) is not None

    def sign_in_extension(self, proper: str) -> str:
        """At which telephone it signs the agent in where it has moved to: at his (CLIENT-04)."""
        is_off = self._does(ClientDefect.SIGNS_IN_ELSEWHERE, counted=self._user)
        return f"{proper[:-1]}{(int(proper[-1]) + 1) % 10}" if is_off and proper[-1:].isdecimal() else proper

    def requests_sign_in(self) -> bool:
        """Whether it asks the other server to sign the agent in: it does (CLIENT-04)."""
        return self._does(ClientDefect.SIGNS_IN_WITHOUT_REQUEST) is None

    def requests_elsewhere(self) -> bool:
        """Whether BOSH is requested of the other server: of the current one (CLIENT-10)."""
        return self._does(ClientDefect.BOSH_REQUESTED_ELSEWHERE) is not None

    def reads_half_early(self) -> bool:
        """Whether a part of the data is read before BOSH is requested: none is (CLIENT-11)."""
        self._is_half_read = self._does(ClientDefect.DATA_READ_HALF_EARLY) is not None
        return self._is_half_read

    def takes_for_loss(self, state: str) -> bool:
        """Whether an event that the agent is in that state is taken for a loss: none is (CLIENT-08)."""
        return state == "READY" and self._does(ClientDefect.READY_IS_LOSS) is not None

    def signs_in_though_back(self) -> bool:
        """Whether the agent is signed in at the other server though the current one is back: he is not (CLIENT-13)."""
        return self._does(ClientDefect.SIGNS_IN_THOUGH_BACK) is not None

    def tries_amid_logic_s(self) -> float | None:
        """How long after the logic has begun the XMPP library tries once more by itself: never, None (CLIENT-16)."""
        one = self._does(ClientDefect.ATTEMPT_AMID_LOGIC)
        return None if one is None else one.number(Axis.LATE)

    def requests_once_more_s(self) -> float | None:
        """How long after a request for BOSH in vain it is made once more, without a look: never, None (CLIENT-10)."""
        one = self._does(ClientDefect.BOSH_REQUESTED_ONCE_MORE)
        if one is None:
            return None
        self._requested[self._episode] = self._requested.get(self._episode, 0) + 1
        return one.number(Axis.LATE) if self._requested[self._episode] == 2 else None

    def counts_refused(self, so_far: int) -> int:
        """How many of these attempts count as made, as the sign-in of one was refused: all of them (CLIENT-16)."""
        self._refused_in = self._episode
        return so_far - 1 if self._does(ClientDefect.REFUSED_ATTEMPT_UNCOUNTED) else so_far

    def takes_for_lost(self, *, turned_down: bool) -> bool:
        """Whether an event stream that has ended is lost: it is (CLIENT-07). turned_down: its last request was answered
        by an error."""
        return not turned_down or self._does(ClientDefect.ANSWERED_LOSS_IGNORED, counted=self._user) is None

    def makes_ready(self) -> bool:
        """Whether it makes the agent Ready where it has moved to: it does not (CLIENT-04)."""
        return self._does(ClientDefect.MAKES_READY_THERE, counted=self._user) is not None

    def looks_double(self) -> bool:
        """Whether it begins to look a second time beside the first, not let in by the other server: no (CLIENT-09)."""
        return self._does(ClientDefect.LOOKS_DOUBLE_IN_VAIN) is not None

    def bosh_unchecked(self) -> bool:
        """Whether BOSH counts as connected without a look at it: it does not (CLIENT-10)."""
        return self._does(ClientDefect.BOSH_UNCHECKED) is not None

    def requests_bosh_doubly(self) -> bool:
        """Whether two BOSH connections are requested at a time: one is (CLIENT-10)."""
        return self._does(ClientDefect.BOSH_REQUESTED_DOUBLY) is not None

    def is_too_late(self, took_s: float, *, current: bool) -> bool:
        """Whether an answer that took so long counts for nothing: it does not matter (CLIENT-02, CLIENT-03)."""
        which = ClientDefect.LATE_ANSWER_OF_CURRENT if current else ClientDefect.LATE_ANSWER_OF_ALTERNATE
        return took_s > IMPATIENT_S and self._does(which) is not None

    def last_look_waits(self, took_s: float) -> bool:
        """Whether the one more look's answer is waited for: it is (CLIENT-13)."""
        return took_s <= IMPATIENT_S or self._does(ClientDefect.LAST_LOOK_IMPATIENT) is None

    def takes_for_finesse(self) -> bool:
        """Whether somebody else who goes is taken for finesse: he is not (CLIENT-08)."""
        return self._does(ClientDefect.ANYBODY_IS_FINESSE) is not None

    def is_available(self, status: str | None) -> bool:
        """Whether the alternate is taken to be there: if it says IN_SERVICE (CLIENT-03). status: None, no answer."""
        if status is not None and self._does(ClientDefect.ALTERNATE_TAKEN_UNSEEN):
            return True
        if status is not None and status != "IN_SERVICE" and self._does(ClientDefect.ALTERNATE_WRITTEN_OFF):
            self._written_off_in = self._episode
        if self._written_off_in == self._episode:
            return False
        return status == "IN_SERVICE" and not self._does_not_believe()

    def goes_on(self, answered: bool) -> bool:
        """Whether it goes on looking after this answer of the current server, or none: it does (CLIENT-17 to -20)."""
        self._answered = answered and self._answered is not False
        self._is_answered = answered
        defect = tables.STUCK.get((self._trigger, answered))
        return defect is None or self._does(defect) is None

    def goes_there(self) -> bool:
        """Whether it goes to a server that is available: it does (CLIENT-04)."""
        return self._does(ClientDefect.NOT_TAKEN_THERE, counted=self._user) is None

    def signs_in_by_itself(self) -> bool:
        """Whether it signs the agent in at the alternate: it does (CLIENT-04)."""
        return self._does(ClientDefect.ASKS_TO_SIGN_IN) is None

    def signs_in_again_s(self) -> float | None:
        """So long after it has moved the agent is signed in once more: he is not (CLIENT-04), which is None."""
        return SIGNED_IN_AGAIN_S if self._does(ClientDefect.SIGNS_IN_TWICE, counted=self._user) else None

    def refreshed(self, proper: tuple[str, ...]) -> tuple[str, ...]:
        """What is read again when the server is back: everything (CLIENT-11). Of a sign-in, too, which is no return."""
        if not self._episode:
            return proper
        if self._is_half_read:
            self._is_half_read, proper = False, proper[1:]
        names = {"": "User", "/Dialogs": "Dialogs"}
        defect = ClientDefect.DATA_NOT_REFRESHED
        return tuple(one for one in proper if self._does(defect, facts={Axis.RESOURCE: names[one]}) is None)

    def goes_back(self) -> tuple[str, float] | None:
        """What it does at the failed server, and how often it looks whether that is back: nothing (CLIENT-15)."""
        for defect, what in tables.AFTERWARDS.items():
            one = self._does(defect, counted=self._user)
            if one is not None:
                return what, one.number(Axis.LATE)
        return None

    # Inside

    def _does_not_end(self, seen: Seen) -> bool:
        """Whether what ends a fail-over is not noticed: it always is (CLIENT-17 to -20)."""
        key = (self._trigger, bool(self._answered))
        defect = (
            tables.NO_RETURN.get(key)
            if seen in tables.FOUND
            else tables.NO_MOVE.get(key)
            if seen is Seen.ALTERNATE_UP
            else None
        )
        return defect is not None and self._does(defect) is not None

    def _does_not_believe(self) -> bool:
        """Whether it takes a server that is in service for down as yet: it does not (CLIENT-03)."""
        one = self._does(ClientDefect.ALTERNATE_BELIEVED_LATE)
        if one is None:
            return False
        if self._said_s < self._since_s:
            self._said_s = self._now_s()
        return self._now_s() - self._said_s < one.number(Axis.LATE)

    def _asks_the_silent(self) -> bool:
        """Whether BOSH is requested of a server that has answered nothing just now: it is not (CLIENT-10)."""
        is_silent = self._trigger == "bosh" and not self._is_answered
        return is_silent and self._does(ClientDefect.BOSH_REQUESTED_UNANSWERED) is not None

    def _is_soon(self, defect: ClientDefect, *, since_s: float | None = None) -> bool:
        """Whether the desktop came back so shortly before that a trigger counts for nothing, or is not shown.
        since_s: when it came in where it has moved to, in place of that."""
        begun_s = self._returned_s if since_s is None else since_s
        if begun_s is None or not self._has(defect):
            return False
        since_s = self._now_s() - begun_s
        late_s = next(one.number(Axis.LATE) for one in self._breaks[defect])
        return since_s < late_s and self._does(defect, counted=self._user) is not None

    def _skips(self, defect: ClientDefect) -> bool:
        """Each so-many-th time."""
        one = self._does(defect)
        if one is None:
            return False
        self._looks[defect] = self._looks.get(defect, 0) + 1
        return self._looks[defect] % round(one.number(Axis.TIMES)) == 0

    def _has_ended(self, defect: ClientDefect) -> bool:
        """After so many in this fail-over."""
        one = self._does(defect)
        if one is None:
            return False
        so_far = self._looks_of_this.get((defect, self._episode), 0)
        self._looks_of_this[defect, self._episode] = so_far + 1
        return so_far >= round(one.number(Axis.TIMES))

    def _late_s(self, defect: ClientDefect | None, *, counted: object = None) -> float:
        one = None if defect is None else self._does(defect, counted=counted)
        return 0.0 if one is None else one.number(Axis.LATE)

    def _does(
        self, defect: ClientDefect, *, counted: object = None, facts: Mapping[Axis, Fact] | None = None
    ) -> Break | None:
        if not self._has(defect):
            return None
        key = counted if counted is not None else self._episode
        return self._bites(defect, since_s=self._now_s() - self._since_s, key=key, facts=facts)

    def _always(self) -> dict[Axis, Fact]:
        return {Axis.NODE: self._node, Axis.AGENT: self._agent(self._user), Axis.TRIGGER: self._trigger}
