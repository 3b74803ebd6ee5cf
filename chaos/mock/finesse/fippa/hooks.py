"""Where the IP Phone Agent asks how to behave: each method does what the documents say, unless a defect bites."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chaos.mock.defects import Axis, Break
from chaos.mock.defects.hooks import Hooks
from chaos.mock.defects.ippa import PhoneDefect
from chaos.mock.finesse.fippa.logic import ATTEMPTS, TRY_S, Seen
from chaos.wire.phone import CONTENT_TYPE, SoftKey, Text


class Reason(StrEnum):
    """What is down."""

    WEBAPP = "webapp"
    NOTIFICATION = "notification"
    CTI = "cti"


class Look(StrEnum):
    """How a broken one looks at the other node."""

    SYSTEM_INFO = "SystemInfo"
    PAGE = "page"
    XMPP = "XMPP"


_LOOKS = {
    Look.SYSTEM_INFO: PhoneDefect.ALTERNATE_IS_POLLED,
    Look.PAGE: PhoneDefect.ALTERNATE_PAGE_IS_FETCHED,
    Look.XMPP: PhoneDefect.ALTERNATE_XMPP_IS_TRIED,
}
_OTHER_WORDS = "Please wait."
_TRIGGER = {
    Seen.TOLD_OUT: (PhoneDefect.TOLD_OUT_IGNORED, PhoneDefect.TOLD_OUT_NOTICED_LATE),
    Seen.XMPP_LOST: (PhoneDefect.XMPP_LOSS_IGNORED, PhoneDefect.XMPP_LOSS_NOTICED_LATE),
}
_REASON = {
    Reason.WEBAPP: (PhoneDefect.DEAF_TO_WEBAPP, PhoneDefect.LATE_WITHOUT_WEBAPP),
    Reason.NOTIFICATION: (PhoneDefect.DEAF_TO_NOTIFICATION, PhoneDefect.LATE_WITHOUT_NOTIFICATION),
    Reason.CTI: (PhoneDefect.DEAF_TO_SLOW_CTI, PhoneDefect.LATE_WITHOUT_CTI),
}
_STUCK = {
    Reason.WEBAPP: PhoneDefect.STUCK_AFTER_WEBAPP,
    Reason.NOTIFICATION: PhoneDefect.STUCK_AFTER_NOTIFICATION,
}
_LOSSES = tuple(one for one in PhoneDefect if one.scope.counted.startswith("losses"))


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss that a phone's session is in: whose, by which trigger, because of what, since when. limit_s: after which
    time it is given up whatever was tried, None: that is a matter of tries alone (IPPA-03, IPPA-12)."""

    user: str
    trigger: Seen
    reason: Reason
    bites: Mapping[PhoneDefect, Break]
    began_s: float = 0.0
    limit_s: float | None = None


class PhoneHooks(Hooks):
    """Of one node. place: `a` or `b`. homes: where each agent was signed in last at a phone, shared by both nodes."""

    def __init__(
        self,
        breaks: Iterable[Break] = (),
        *,
        place: str = "",
        names: Mapping[str, frozenset[str]] | None = None,
        homes: dict[str, str] | None = None,
        fellows: list["PhoneHooks"] | None = None,
    ) -> None:
        super().__init__(breaks, names=names)
        self._place = place
        self._homes = {} if homes is None else homes
        self._fellows = [] if fellows is None else fellows
        self._fellows.append(self)
        self.beside: Callable[[bool], None] = lambda out: None
        self._idle: set[str] = set()
        self._idle_once: set[str] = set()
        self._retries: dict[str, int] = {}
        self._tries: dict[str, int] = {}
        self._pressed_s: dict[str, float] = {}
        self._without_exit: set[str] = set()
        self._blind: set[str] = set()
        self._kept: set[str] = set()
        self._without_reasons: set[str] = set()
        self._otherwise: set[str] = set()
        self._misplaced: set[str] = set()
        self._standing: dict[str, str | None] = {}
        self._lost: set[str] = set()
        self._shown_s: dict[str, float] = {}
        self._back_s: dict[str, float] = {}
        self._unpushed: set[str] = set()
        self._without_data: set[str] = set()
        self._staying: set[str] = set()
        self._retried: set[str] = set()
        self._told_out_s: dict[str, float] = {}
        self._blinked: set[str] = set()
        self._at: dict[str, list[str]] = {}
        self._came_in: list[str] = []
        self._told_back: set[str] = set()

    def _always(self) -> dict[Axis, str | Iterable[str]]:
        return {Axis.NODE: self._place}

    def _one(self, defect: PhoneDefect, user: str) -> Break | None:
        return self._bites(defect, key=user, facts={Axis.AGENT: self._agent(user)}) if self._breaks else None

    # Losses

    def loses(self, user: str, trigger: Seen, reason: Reason) -> Loss:
        """A session met a trigger: which breaks of losses show in this one."""
        self._lost.add(user)
        self._retried.discard(user)
        self._shown_s.pop(user, None)
        self._retries.pop(user, None)
        self._tries.pop(user, None)
        self._pressed_s.pop(user, None)
        self._without_exit.discard(user)
        found = {defect: self._one(defect, user) for defect in _LOSSES} if self._breaks else {}
        bites = {one: bites for one, bites in found.items() if bites is not None}
        limit = bites.get(PhoneDefect.PHONE_GIVES_UP_BY_TIME)
        if limit is None and reason is Reason.CTI:
            limit = self._one(PhoneDefect.CTI_HAS_A_LIMIT, user)
        limit_s = None if limit is None else limit.number(Axis.LATE)
        return Loss(user, trigger, reason, bites, asyncio.get_running_loop().time(), limit_s)

    def noticed_late_s(self, loss: Loss) -> float | None:
        """How late it begins to try: at once (IPPA-06, IPPA-07, IPPA-10 to IPPA-12); None: never."""
        if self._breaks and self._is_passed_over(loss):
            return None
        for ignored, late in (_TRIGGER[loss.trigger], _REASON[loss.reason]):
            if self._one(ignored, loss.user):
                return None
            one = self._one(late, loss.user)
            if one is not None:
                return one.number(Axis.LATE)
        return 0.0

    def _is_passed_over(self, loss: Loss) -> bool:
        """Is it not noticed because of one before? None is passed over (IPPA-06, IPPA-07)."""
        if loss.trigger is Seen.XMPP_LOST:
            return loss.user in self._blinked and self._one(PhoneDefect.DEAF_AFTER_SHORT_LOSS, loss.user) is not None
        now_s = asyncio.get_running_loop().time()
        before_s, self._told_out_s[loss.user] = self._told_out_s.get(loss.user), now_s
        one = self._one(PhoneDefect.SOON_AGAIN_IGNORED, loss.user) if before_s is not None else None
        return one is not None and before_s is not None and now_s - before_s < one.number(Axis.LATE)

    def is_over(self, loss: Loss) -> None:
        """That one was over before it was shown."""
        if loss.trigger is Seen.XMPP_LOST:
            self._blinked.add(loss.user)

    def tries_after_key(self, loss: Loss | None, tries: int) -> int:
        """How many tries were in vain once the agent has pressed a key: as many as before (IPPA-03)."""
        return 0 if loss is not None and PhoneDefect.KEY_BEGINS_TRIES_ANEW in loss.bites else tries

    def try_s(self, loss: Loss, *, is_shown: bool, tries: int) -> float:
        """Between two tries: 5 s (IPPA-03). is_shown: as unavailable, already. tries: so many were in vain so far."""
        if is_shown and PhoneDefect.PHONE_TRIES_SELDOM in loss.bites:
            return 2 * TRY_S
        if not is_shown and loss.limit_s is not None:
            return loss.limit_s
        uneven = loss.bites.get(PhoneDefect.PHONE_TRIES_UNEVENLY)
        if uneven is not None and not is_shown:
            return TRY_S + (tries - 1) * uneven.number(Axis.LATE)
        slow, quick = (loss.bites.get(one) for one in (PhoneDefect.PHONE_TRIES_SLOWLY, PhoneDefect.PHONE_TRIES_QUICKLY))
        late_s = 0.0 if slow is None else slow.number(Axis.LATE)
        return TRY_S + late_s - (0.0 if quick is None else quick.number(Axis.LATE))

    def looks_elsewhere(self, loss: Loss) -> tuple[Look, ...]:
        """What of the other node is looked at with a try: nothing (IPPA-04)."""
        if not self._breaks:
            return ()
        since_s = asyncio.get_running_loop().time() - loss.began_s
        key, facts = (loss.user, loss.began_s), {Axis.AGENT: self._agent(loss.user)}
        return tuple(
            look for look, defect in _LOOKS.items() if self._bites(defect, key=key, since_s=since_s, facts=facts)
        )

    def attempts(self, loss: Loss) -> int:
        """In vain, before the server is unavailable: three (IPPA-03, IPPA-07, IPPA-12)."""
        for defect in (PhoneDefect.PHONE_GIVES_UP_EARLY, PhoneDefect.PHONE_GIVES_UP_LATE):
            if (one := loss.bites.get(defect)) is not None:
                return round(one.number(Axis.TIMES))
        if loss.limit_s is not None:
            return 1
        if loss.trigger is Seen.XMPP_LOST and self._has(PhoneDefect.XMPP_NOT_RETRIED):
            return 1 if self._one(PhoneDefect.XMPP_NOT_RETRIED, loss.user) else ATTEMPTS
        if loss.reason is Reason.CTI and self._has(PhoneDefect.FAST_CTI_IS_SHOWN):
            return 1 if self._one(PhoneDefect.FAST_CTI_IS_SHOWN, loss.user) else ATTEMPTS
        return ATTEMPTS

    def tries_at_first(self, loss: Loss, so_far: int) -> int:
        """How many tries count as in vain when a loss begins: none (IPPA-03). so_far: those of a loss that was over
        before it was shown."""
        return so_far if PhoneDefect.PHONE_TRIES_ADD_UP in loss.bites and so_far < ATTEMPTS else 0

    def is_in_service(self, loss: Loss, in_service: bool, *, tries: int) -> bool:
        """What a poll of SystemInfo makes of its answer: what that says (IPPA-06). tries: so many were in vain."""
        is_last = in_service and loss.trigger is Seen.TOLD_OUT and tries == ATTEMPTS - 1
        if is_last and self._one(PhoneDefect.LAST_POLL_IGNORED, loss.user):
            return False
        if in_service or loss.trigger is not Seen.TOLD_OUT or not self._has(PhoneDefect.ANY_ANSWER_IS_GOOD):
            return in_service
        return self._one(PhoneDefect.ANY_ANSWER_IS_GOOD, loss.user) is not None

    def is_connected(self, loss: Loss, xmpp_up: bool) -> bool:
        """What a try makes of an XMPP connection that stands: it is there again (IPPA-07)."""
        is_lost = xmpp_up and loss.trigger is Seen.XMPP_LOST
        return xmpp_up and not (is_lost and self._one(PhoneDefect.XMPP_RETURN_IGNORED, loss.user))

    # The unavailable screen

    def unavailable(self, loss: Loss | None, page: Text, alternate: str | None) -> Text:
        """The words, and the keys Retry and Exit (IPPA-01, IPPA-04). alternate: the service of the other node."""
        if loss is None or not loss.bites:
            return page
        keys = page.keys
        self._shown_s.setdefault(loss.user, asyncio.get_running_loop().time())
        if PhoneDefect.UNAVAILABLE_WITHOUT_RETRY in loss.bites:
            keys = tuple(key for key in keys if key.name != "Retry")
        if PhoneDefect.UNAVAILABLE_WITHOUT_EXIT in loss.bites or loss.user in self._without_exit:
            keys = tuple(key for key in keys if key.name != "Exit")
        if PhoneDefect.RETRY_LEADS_NOWHERE in loss.bites:
            keys = tuple(replace(key, url=f"{key.url}-not") if key.name == "Retry" else key for key in keys)
        if PhoneDefect.RETRY_LEADS_TO_ALTERNATE in loss.bites and alternate:
            keys = tuple(replace(key, url=alternate) if key.name == "Retry" else key for key in keys)
        if PhoneDefect.ALTERNATE_OFFERED in loss.bites and alternate:
            keys = (*keys, SoftKey("Other", alternate, 3))
        text = _OTHER_WORDS if PhoneDefect.UNAVAILABLE_SHOWN_OTHERWISE in loss.bites else page.text
        return replace(page, text=text, keys=keys)

    def shows_unavailable(self, loss: Loss, device: str, *, talks: bool, picks: bool, is_first: bool) -> bool:
        """Whether the screen is shown: it is (IPPA-01). talks: the agent is on a call. picks: he has a list of reasons
        before him. is_first: his phone is the first that signed in."""
        if PhoneDefect.UNAVAILABLE_UNTOLD_AFTER_OTHERS in loss.bites and len(set(self._at.get(device, ()))) > 1:
            return False
        if not is_first and PhoneDefect.UNAVAILABLE_TOLD_TO_FIRST_PHONE in loss.bites:
            return False
        if picks and PhoneDefect.UNAVAILABLE_HIDDEN_BY_LIST in loss.bites:
            return False
        if talks and PhoneDefect.UNAVAILABLE_HIDDEN_BY_CALL in loss.bites:
            return False
        return PhoneDefect.UNAVAILABLE_NOT_SHOWN not in loss.bites

    def sent_elsewhere(self, loss: Loss, alternate: str | None, query: str) -> str | None:
        """Where at the other node the phone is sent: nowhere, None (IPPA-04, IPPA-05). query: signs in there."""
        if PhoneDefect.PHONE_FAILS_OVER in loss.bites and alternate:
            return f"{alternate}?{query}"
        return f"{alternate}/screen" if PhoneDefect.PHONE_SENT_TO_ALTERNATE in loss.bites and alternate else None

    def refreshes(self, loss: Loss | None, base: str, alternate: str | None) -> str | None:
        """The header Refresh of the screen: none (IPPA-04, IPPA-09). alternate: the service of the other node."""
        if loss is None:
            return None
        if alternate and (one := loss.bites.get(PhoneDefect.REFRESH_LEADS_TO_ALTERNATE)) is not None:
            return f"{round(one.number(Axis.LATE))}; url={alternate}"
        one = loss.bites.get(PhoneDefect.REFRESH_LEADS_HOME)
        return None if one is None else f"{round(one.number(Axis.LATE))}; url={base}/home"

    def content_type(self, loss: Loss | None) -> str:
        """As what the screen is sent: as what phones read objects of (IPPA-01)."""
        wrong = loss is not None and PhoneDefect.UNAVAILABLE_SENT_AS_HTML in loss.bites
        return "text/html" if wrong else CONTENT_TYPE

    def sent(self, loss: Loss | None, page: bytes) -> bytes:
        """What is sent of the screen: what a phone can read (IPPA-01)."""
        if loss is not None and PhoneDefect.UNAVAILABLE_IS_NO_XML in loss.bites:
            return page.replace(b"</Text>", b"</text>")
        return page

    def exit_fails(self, loss: Loss | None) -> bool:
        """Whether Exit is a page that there is not: it is one (IPPA-05)."""
        return loss is not None and self._one(PhoneDefect.EXIT_FAILS, loss.user) is not None

    def exit_leaves(self, loss: Loss | None) -> bool:
        """Whether Exit leaves the service: it does (IPPA-05)."""
        return loss is None or PhoneDefect.EXIT_DOES_NOT_LEAVE not in loss.bites

    def goes_away_s(self, loss: Loss) -> float | None:
        """After which time the screen goes away though all is down: never, None (IPPA-09)."""
        one = loss.bites.get(PhoneDefect.UNAVAILABLE_GOES_AWAY)
        return None if one is None else one.number(Axis.LATE)

    def retry_leads(self, loss: Loss) -> str | None:
        """What Retry shows while all is down: the same again, None (IPPA-09); else "home" or "sign-in"."""
        if PhoneDefect.RETRY_LEADS_HOME in loss.bites:
            return "home"
        if PhoneDefect.RETRIES_LEAD_HOME in loss.bites:
            self._retries[loss.user] = self._retries.get(loss.user, 0) + 1
            return "home" if self._retries[loss.user] > 1 else None
        return "sign-in" if PhoneDefect.RETRY_LEADS_TO_SIGN_IN in loss.bites else None

    def hides_later(self, loss: Loss | None) -> bool:
        """Whether what is fetched later, while all is down, is the home screen: it is the same again (IPPA-01)."""
        shown_s = None if loss is None else self._shown_s.get(loss.user)
        if loss is None or shown_s is None:
            return False
        late = asyncio.get_running_loop().time() - shown_s >= 60.0
        return PhoneDefect.UNAVAILABLE_ONCE in loss.bites or (
            late and PhoneDefect.UNAVAILABLE_FOR_A_MINUTE in loss.bites
        )

    def reopening_leads_home(self, loss: Loss | None) -> bool:
        """Whether who opens the service again while all is down is shown his home screen: he is not (IPPA-09)."""
        return loss is not None and PhoneDefect.REOPENING_LEADS_HOME in loss.bites

    # The return

    def tries_on(self, loss: Loss) -> bool:
        """Whether it goes on trying once the server is unavailable: it does (IPPA-02, IPPA-10, IPPA-11)."""
        if PhoneDefect.SERVER_NOT_CHECKED_AGAIN in loss.bites:
            return False
        if PhoneDefect.SERVER_CHECKED_FOR_A_MINUTE in loss.bites:
            self._tries[loss.user] = self._tries.get(loss.user, 0) + 1
            return self._tries[loss.user] <= round(60.0 / TRY_S)
        if (limit := loss.bites.get(PhoneDefect.SERVER_CHECKED_FOR)) is not None:
            return asyncio.get_running_loop().time() - loss.began_s < 60.0 * limit.number(Axis.MINUTES)
        stuck = _STUCK.get(loss.reason)
        return stuck is None or self._one(stuck, loss.user) is None

    def retried(self, loss: Loss) -> None:
        """Somebody has pressed Retry in vain."""
        self._retried.add(loss.user)
        if PhoneDefect.EXIT_GOES_AFTER_RETRY in loss.bites:
            self._without_exit.add(loss.user)
        if PhoneDefect.RETRY_PAUSES_CHECKS in loss.bites:
            self._pressed_s[loss.user] = asyncio.get_running_loop().time()

    def tries_now(self, loss: Loss) -> bool:
        """Whether it tries when a try is due, whatever key was pressed: it does (IPPA-02)."""
        one = loss.bites.get(PhoneDefect.RETRY_PAUSES_CHECKS)
        pressed_s = self._pressed_s.get(loss.user)
        if one is None or pressed_s is None:
            return True
        return asyncio.get_running_loop().time() - pressed_s >= one.number(Axis.LATE)

    def is_back(self, loss: Loss, in_service: bool, xmpp_up: bool) -> bool:
        """Whether both are back: SystemInfo and XMPP (IPPA-08)."""
        return xmpp_up and (in_service or PhoneDefect.HALF_BACK_IS_ENOUGH in loss.bites)

    def return_late_s(self, loss: Loss, *, talks: bool) -> float | None:
        """How late the return is shown: at once (IPPA-02); None: when somebody presses a key. talks: he has a call."""
        if PhoneDefect.RETURN_NOT_PUSHED in loss.bites:
            return None
        if talks and PhoneDefect.RETURN_HIDDEN_BY_CALL in loss.bites:
            return None
        if loss.user in self._retried and PhoneDefect.RETURN_UNTOLD_AFTER_RETRY in loss.bites:
            return None
        one = loss.bites.get(PhoneDefect.RETURN_PUSHED_LATE)
        return 0.0 if one is None else one.number(Axis.LATE)

    def is_told_back(self, loss: Loss) -> None:
        """The return is shown to him now."""
        self._back_s[loss.user] = asyncio.get_running_loop().time()
        self._told_back.add(loss.user)

    def tells_one(self, loss: Loss) -> bool:
        """Whether the return is told to the phone that signed in first, whosever it is: it is not (IPPA-02)."""
        return PhoneDefect.RETURN_TOLD_TO_FIRST_PHONE in loss.bites

    def sends_to_another(self, loss: Loss) -> bool:
        """Whether the return sends a phone to the page of another phone: it does not (IPPA-08)."""
        return PhoneDefect.PUSHED_ANOTHER_PAGE in loss.bites

    def pushes_by(self, loss: Loss) -> str | None:
        """With which authorization the return is pushed: the right one, None (IPPA-02)."""
        return "Basic eDp5" if PhoneDefect.RETURN_PUSHED_IN_VAIN in loss.bites else None

    def asks_to_sign_in(self, loss: Loss) -> bool:
        """Whether the agent has to sign in again: he has (IPPA-08)."""
        if loss.reason is Reason.NOTIFICATION and self._one(PhoneDefect.SILENT_AFTER_NOTIFICATION, loss.user):
            return False
        return PhoneDefect.RESUMES_SILENTLY not in loss.bites

    def signs_out_later(self, loss: Loss | None) -> bool:
        """Whether who has left is signed out once this server is back: he is not (IPPA-05)."""
        return loss is not None and PhoneDefect.OLD_SERVER_SIGNS_OUT in loss.bites

    def forgets(self, loss: Loss | None) -> bool:
        """Whether a phone that has left is no longer looked after: it is not (IPPA-05)."""
        return loss is None or PhoneDefect.PHONE_IS_CALLED_BACK not in loss.bites

    def asks_at_return(self, loss: Loss) -> tuple[Look, ...]:
        """What of the other node is looked at once its own is back: nothing (IPPA-04)."""
        return (Look.SYSTEM_INFO,) if PhoneDefect.ALTERNATE_ASKED_AT_RETURN in loss.bites else ()

    def asks_when_over(self, loss: Loss) -> tuple[Look, ...]:
        """The same of a loss that was over before it was shown (IPPA-04)."""
        return (Look.PAGE,) if PhoneDefect.ALTERNATE_ASKED_WHEN_OVER in loss.bites else ()

    def is_shown(self, loss: Loss) -> None:
        """The message is shown. At the other node nobody is shown anything of it (IPPA-10, IPPA-11)."""
        out = PhoneDefect.OTHERS_SHOWN_WEBAPP in loss.bites and loss.reason is Reason.WEBAPP
        in_ = PhoneDefect.OTHERS_SIGNED_OUT in loss.bites and loss.reason is Reason.NOTIFICATION
        for fellow in self._fellows if out or in_ else ():
            if fellow is not self:
                fellow.beside(out)

    def sets_state_later(self, loss: Loss | None) -> bool:
        """Whether who has left is made Not Ready once this server is back: he is not (IPPA-05)."""
        return loss is not None and PhoneDefect.OLD_SERVER_SETS_STATE in loss.bites

    def works_on(self, loss: Loss, *, changed: bool, is_idle: bool) -> bool:
        """Whether nothing comes of a loss that was over before it was shown: nothing does (IPPA-12). changed: state or
        calls of the agent are not those that his phone shows. is_idle: he is Not Ready."""
        if loss.reason is not Reason.CTI:
            return True
        if self._one(PhoneDefect.FAST_CTI_ASKS_TO_SIGN_IN, loss.user):
            return False
        if is_idle and self._one(PhoneDefect.FAST_CTI_ASKS_WHO_IS_IDLE, loss.user):
            return False
        return not (changed and self._one(PhoneDefect.FAST_CTI_ASKS_WHO_CHANGED, loss.user))

    # Signing in

    def lets_in_while_lost(self, user: str) -> bool:
        """Whether somebody is let in while the node is out of service: nobody is (IPPA-09)."""
        return self._one(PhoneDefect.LOST_SERVICE_LETS_IN, user) is not None

    def takes_any_password(self, user: str) -> bool:
        """Whether another password than his will do: it will not (IPPA-05)."""
        elsewhere = self._homes.get(user, self._place) != self._place
        return elsewhere and self._one(PhoneDefect.ALTERNATE_TAKES_ANY_PASSWORD, user) is not None

    def lets_in_at(self, device: str, user: str) -> bool:
        """Whether it matters who was at that phone before, or waits at others: it does not (IPPA-08)."""
        before = self._at.setdefault(device, [])
        others = before[-1:] not in ([], [user]) and before[-1] in self._lost
        if others and self._one(PhoneDefect.OTHERS_REFUSED_AFTER_RETURN, user):
            return False
        is_later = user in [one for one in self._came_in if one in self._told_back][1:]
        if is_later and self._one(PhoneDefect.SIGN_INS_BY_TURNS, user):
            return False
        before.append(user)
        self._came_in = [*(one for one in self._came_in if one != user), user]
        self._told_back.discard(user)
        return True

    def lets_in(self, user: str) -> bool:
        """Whether good credentials are enough: they are (IPPA-05, IPPA-08)."""
        for some in (self._idle, self._idle_once, self._blind, self._kept, self._without_reasons, self._otherwise):
            some.discard(user)
        for some in (self._unpushed, self._without_data, self._staying):
            some.discard(user)
        elsewhere = self._homes.get(user, self._place) != self._place
        if elsewhere and self._one(PhoneDefect.ALTERNATE_REFUSES, user):
            return False
        if user in self._lost and self._one(PhoneDefect.REFUSES_AFTER_RETURN, user):
            return False
        late = self._one(PhoneDefect.REFUSES_AT_FIRST_AFTER_RETURN, user) if user in self._back_s else None
        if late is not None and asyncio.get_running_loop().time() - self._back_s[user] < late.number(Axis.LATE):
            return False
        if elsewhere and self._one(PhoneDefect.ALTERNATE_IS_IDLE, user):
            self._idle.add(user)
        if user in self._lost and self._one(PhoneDefect.IDLE_AFTER_RETURN, user):
            self._idle.add(user)
        if user in self._lost and self._one(PhoneDefect.IDLE_AT_FIRST_AFTER_RETURN, user):
            self._idle_once.add(user)
        if elsewhere and self._one(PhoneDefect.ALTERNATE_HIDES_CALLS, user):
            self._blind.add(user)
        if elsewhere and self._one(PhoneDefect.ALTERNATE_PUTS_ELSEWHERE, user):
            self._misplaced.add(user)
        if elsewhere and self._one(PhoneDefect.ALTERNATE_KEEPS_SIGNED_IN, user):
            self._kept.add(user)
        if user in self._lost and self._one(PhoneDefect.CALL_HIDDEN_AFTER_RETURN, user):
            self._blind.add(user)
        if user in self._lost and self._one(PhoneDefect.STATES_UNPUSHED_AFTER_RETURN, user):
            self._unpushed.add(user)
        if user in self._lost and self._one(PhoneDefect.DATA_HIDDEN_AFTER_RETURN, user):
            self._without_data.add(user)
        if user in self._lost and self._one(PhoneDefect.NO_SIGN_OUT_AFTER_RETURN, user):
            self._staying.add(user)
        self._standing.pop(user, None)
        if user in self._lost and self._one(PhoneDefect.STATE_STANDS_AFTER_RETURN, user):
            self._standing[user] = None
        if user in self._lost and self._one(PhoneDefect.NO_REASONS_AFTER_RETURN, user):
            self._without_reasons.add(user)
        if user in self._lost and self._one(PhoneDefect.ANOTHER_REASON_AFTER_RETURN, user):
            self._otherwise.add(user)
        self._homes[user] = self._place
        return True

    def extension(self, user: str, proper: str) -> str:
        """At which telephone somebody is signed in: the one that was entered (IPPA-05)."""
        is_off = user in self._misplaced and proper[-1:].isdecimal()
        return f"{proper[:-1]}{(int(proper[-1]) + 5) % 10}" if is_off else proper

    def changes_state(self, user: str, state: str) -> bool:
        """Whether a state that is asked for is asked of the CTI server: it is (IPPA-05, IPPA-08)."""
        if user in self._idle_once:
            self._idle_once.discard(user)
            return False
        return user not in self._idle and not (state == "LOGOUT" and user in self._kept)

    def takes_reason(self, user: str) -> bool:
        """Whether the reason that is asked for is the one that was picked: it is (IPPA-08)."""
        return user not in self._otherwise

    def shows_reasons(self, user: str) -> bool:
        """Whether the lists of reasons have any: they have (IPPA-08)."""
        return user not in self._without_reasons

    def shown_state(self, user: str, state: str) -> str:
        """In which state the home screen shows him: in the one that he is in (IPPA-08)."""
        if user not in self._standing:
            return state
        if self._standing[user] is None and state != "LOGOUT":
            self._standing[user] = state
        return self._standing[user] or state

    def shows_calls(self, user: str) -> bool:
        """Whether the home screen has the data of calls: it has (IPPA-05, IPPA-08)."""
        return user not in self._blind

    def pushes_states(self, user: str) -> bool:
        """Whether another state is pushed to his phone: it is (IPPA-08)."""
        return user not in self._unpushed

    def home(self, user: str, page: Text) -> Text:
        """The home screen, with the data of calls and all keys (IPPA-08)."""
        if user in self._without_data:
            lines = page.text.split("\n")
            first = next((n for n, line in enumerate(lines) if line.startswith("Call: ")), len(lines) - 1)
            page = replace(page, text="\n".join(lines[: first + 1]))
        if user in self._staying:
            page = replace(page, keys=tuple(key for key in page.keys if key.name != "SignOut"))
        return page
