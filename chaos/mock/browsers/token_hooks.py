"""Where a desktop's code asks how to behave about its refresh token, see `hooks`."""

from chaos.mock.browsers.tokens import COUNTDOWN_S, Due
from chaos.mock.defects import Axis, Break
from chaos.mock.defects.hooks import Fact, Hooks
from chaos.mock.defects.tokens import TokenDefect as D

_WARNED = {Due.TEN_MINUTES: "10", Due.FIVE_MINUTES: "5"}
_SHIFTS = {
    Due.TEN_MINUTES: ((D.WARNING_LATE, 1), (D.WARNING_EARLY, -1)),
    Due.FIVE_MINUTES: ((D.WARNING_LATE, 1), (D.WARNING_EARLY, -1)),
    Due.ZERO: ((D.ZERO_LATE, 1), (D.ZERO_EARLY, -1)),
}
AGAIN_S = 60.0
GONE_S = 1.0
FLASH_S = 0.4
_NEVER_S = 3600.0


class TokenHooks(Hooks):
    """Of one page. cookie: how the browser's cookies were when its user signed on: fresh, stale or cleared."""

    cookie = ""
    sign_on = "first"
    """Of which kind its user's sign-on was: see Axis.SIGN_ON."""

    state = ""
    """The agent's, as the page was told it last."""

    is_reloaded = False
    """Whether it is a page that was loaded again, with its user signed in."""

    is_seeking = False
    """Whether the page looks for a server in service."""

    has_moved = False
    """Whether the page has gone to another server since its user signed in."""

    def due_s(self, due: Due, at_s: float) -> float:
        """When something is noticed to be due: then (DESKTOP-15, DESKTOP-17)."""
        if due is Due.ZERO and (self._stays_behind(D.ZERO_STAYS_BEHIND) or self._forgets(D.ZERO_FORGOTTEN)):
            return at_s + _NEVER_S
        for defect, sign in _SHIFTS.get(due, ()):
            one = self._token(defect, due)
            if one is not None:
                return at_s + sign * one.number(Axis.LATE)
        return at_s

    def counts_from_s(self) -> int:
        """How many seconds before the end the countdown begins: 60 (DESKTOP-16); 0: it never does."""
        if self._token(D.COUNTDOWN_MISSING) or self._stays_behind(D.COUNTDOWN_STAYS_BEHIND):
            return 0
        if self._forgets(D.COUNTDOWN_FORGOTTEN):
            return 0
        early, late = self._token(D.COUNTDOWN_EARLY), self._token(D.COUNTDOWN_LATE)
        more = round(early.number(Axis.LATE)) if early else -round(late.number(Axis.LATE)) if late else 0
        return COUNTDOWN_S + more

    def counted(self, left_s: int) -> int | None:
        """What the countdown shows: the seconds that are left (DESKTOP-16); None: what it showed before."""
        stops, skips = self._token(D.COUNTDOWN_STOPS), self._token(D.COUNTDOWN_SKIPS)
        if stops is not None and left_s < stops.number(Axis.LATE):
            return None
        if skips is not None and left_s % round(skips.number(Axis.TIMES)) == 0:
            return None
        off = self._token(D.COUNTDOWN_IS_OFF)
        return left_s + (round(off.number(Axis.LATE)) if off else 0)

    def number_stands_s(self) -> float | None:
        """How long a number of the countdown stands: until the next one comes, None (DESKTOP-16)."""
        return FLASH_S if self._token(D.COUNTDOWN_FLASHES) else None

    def warned(self, due: Due, minutes: int) -> int | None:
        """Of how many minutes a warning speaks: those that are left (DESKTOP-15); None: it is not shown."""
        if self._token(D.WARNING_MISSING, due) or self._stays_behind(D.WARNINGS_STAY_BEHIND):
            return None
        if (self.is_seeking and self._token(D.WARNINGS_PAUSE)) or self._forgets(D.WARNINGS_FORGOTTEN):
            return None
        return minutes - 2 if self._token(D.WARNING_SAYS_OTHERWISE, due) else minutes

    def shown_for_s(self, due: Due) -> float | None:
        """How long a warning stays: until it is closed, or another one comes (DESKTOP-15), which is None."""
        return GONE_S if self._token(D.WARNING_VANISHES, due) else None

    def warns_again_s(self, due: Due) -> float | None:
        """So long after a warning it appears once more: it does not (DESKTOP-15)."""
        return AGAIN_S if self._token(D.WARNING_OUT_OF_TURN, due) else None

    def tells_old_server(self) -> bool:
        """Is the forced logout asked of the server from which it has moved? It is not (DESKTOP-14)."""
        return self._stays_behind(D.EXPIRY_TOLD_TO_OLD_SERVER)

    def _forgets(self, defect: D) -> bool:
        return self.is_reloaded and self._token(defect) is not None

    def _stays_behind(self, defect: D) -> bool:
        return self.has_moved and self._token(defect) is not None

    def tells_expiry(self) -> bool:
        """Does the desktop ask for the forced logout? It does (DESKTOP-14)."""
        return self._token(D.EXPIRY_NOT_TOLD) is None

    def tells_with_first_token(self) -> bool:
        """Does it ask for that with the first access token that it had? With the one that is good (DESKTOP-17)."""
        return self._token(D.ZERO_WITH_FIRST_TOKEN) is not None

    def waits_for_call(self) -> bool:
        """Does it wait for the end of a call at zero? It does not (DESKTOP-17)."""
        return self._token(D.ZERO_WAITS_FOR_CALL) is not None

    def stays(self) -> bool:
        """Does the desktop go on at zero? It does not, somebody has to sign in (DESKTOP-17)."""
        return self._token(D.ZERO_STAYS) is not None

    def comes_back_s(self) -> float | None:
        """So long after zero it signs the agent in again by itself: it does not, somebody has to, None (DESKTOP-17)."""
        if self._token(D.ZERO_COMES_BACK):
            return 0.0
        later = self._token(D.ZERO_COMES_BACK_LATER)
        return None if later is None else later.number(Axis.LATE)

    def is_final(self) -> bool:
        """Is nobody let in any more? Whoever signs in is (DESKTOP-17)."""
        return self._token(D.ZERO_IS_FINAL) is not None

    def _token(self, defect: D, due: Due | None = None) -> Break | None:
        if not self._has(defect):
            return None
        facts: dict[Axis, Fact] = {
            Axis.COOKIE: self.cookie,
            Axis.SIGN_ON: self.sign_on,
            Axis.STATE: self.state,
        }
        if due in _WARNED:
            facts[Axis.WARNING] = _WARNED[due]
        return self._bites(defect, facts=facts)
