"""What the desktop's pages ask: with which words they tell that credentials cannot be checked."""

from chaos.mock.defects.awdb import AwdbDefect
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.finesse.hooks.databases import DatabaseHooks

NO_DATABASE = "The database is not available"
FAILED = "The request failed"
INVALID = "Invalid user ID or password"


class PageHooks(DatabaseHooks):
    """Asked by `DesktopPages` when no database can be asked."""

    def signs_in(self, user: str) -> bool:
        """Does the sign-in page let somebody in whom nobody has checked? It does not (AWDB-08)."""
        return self._page(AwdbDefect.SIGN_IN_LETS_IN, user)

    def opens(self, user: str) -> bool:
        """Can whom the sign-in page has turned away go on to the desktop? He cannot (AWDB-08)."""
        return self._page(AwdbDefect.SIGN_IN_OPENS, user)

    def does_it_all_the_same(self, user: str, state: str) -> bool:
        """Is what somebody asked for at the desktop done, though it says that it timed out? It is not (AWDB-10)."""
        return self._page(AwdbDefect.DONE_THOUGH_TIMED_OUT, user, state)

    def sign_in_words(self, user: str, proper: str) -> str:
        """What the sign-in page says: the words for a wrong password (AWDB-08)."""
        if self._page(AwdbDefect.SIGN_IN_SAYS_NOTHING, user):
            return ""
        return NO_DATABASE if self._page(AwdbDefect.SIGN_IN_SAYS_SOMETHING_ELSE, user) else proper

    def notice_words(self, user: str, state: str, proper: str) -> str:
        """What the desktop tells somebody who is signed in and in that state: "Operation timed out" (AWDB-10)."""
        if self._page(AwdbDefect.NOTICE_MISSING, user, state):
            return ""
        if self._page(AwdbDefect.NOTICE_SAYS_INVALID, user, state):
            return INVALID
        return FAILED if self._page(AwdbDefect.NOTICE_SAYS_SOMETHING_ELSE, user, state) else proper

    def _page(self, defect: Defect, user: str, state: str = "") -> bool:
        facts: dict[Axis, Fact] = {Axis.AGENT: self._agent(user), Axis.STATE: state}
        return self._cut_off_bites(defect, facts, user) is not None
