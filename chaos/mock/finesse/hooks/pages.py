"""What the desktop's pages ask: the words with which they tell that credentials cannot be checked."""

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.finesse.hooks.databases import DatabaseHooks

NO_DATABASE = "The database is not available"
FAILED = "The request failed"


class PageHooks(DatabaseHooks):
    """Asked by `DesktopPages`."""

    def sign_in_words(self, user: str, proper: str) -> str:
        """What the sign-in page says when no database can be asked: the words for a wrong password (AWDB-08)."""
        return NO_DATABASE if self._page(Defect.SIGN_IN_SAYS_SOMETHING_ELSE, user) else proper

    def notice_words(self, user: str, proper: str) -> str:
        """What the desktop tells somebody who is signed in: that the operation timed out (AWDB-10)."""
        return FAILED if self._page(Defect.NOTICE_SAYS_SOMETHING_ELSE, user) else proper

    def _page(self, defect: Defect, user: str) -> bool:
        facts = {Axis.AGENT: self._agent(user)}
        return self._bites(defect, since_s=self._cut_off_for_s(), key=(self._outages, user), facts=facts) is not None
