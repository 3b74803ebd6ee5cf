"""What a node asks on its way to the AWDB pair: which host is tried, whether at all, and whether it may serve."""

from typing import Any

from chaos.mock.defects.axes import WORDS, Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.finesse.awdb_choice import AwdbHost
from chaos.mock.finesse.hooks.story import NodeStory


class DatabaseHooks(NodeStory):
    """Asked by `AwdbLink`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tomcat_began()

    def tomcat_began(self) -> None:
        """Tomcat has just started: no database was tried yet, and nobody is cached."""
        self._database_lost: AwdbHost | None = None
        self._database_loss = ""
        self._database_lost_s = 0.0
        self._outages = 0
        self._attempts_since_loss = 0
        self._in_vain_s: float | None = None

    def database_lost(self, host: AwdbHost, how: str) -> None:
        """The database in use is lost. how: reset, closed, silent."""
        if not self._cut_off:
            self._outages += 1
            self._database_lost, self._database_loss = host, how
            self._database_lost_s = self._now_s()
            self._attempts_since_loss = 0
            self._in_vain_s = None

    def attempt_failed(self, host: AwdbHost, how: str, *, exhausted: bool) -> None:
        """A database was tried in vain. how: refused, closed, silent. exhausted: each one was, since one answered."""
        self.database_lost(host, how)
        if exhausted:
            self._in_vain_s = self._now_s()

    def database_found(self) -> None:
        """A database is in use."""
        self._database_lost = self._in_vain_s = None

    @property
    def _cut_off(self) -> bool:
        """Is the node without a database, as far as it was noticed?"""
        return self._database_lost is not None

    def _cut_off_for_s(self) -> float:
        return self._now_s() - self._database_lost_s

    def host_to_try(self, proper: AwdbHost, *, former: bool, exhausted: bool) -> AwdbHost:
        """The database that is tried: by turns both that are configured (AWDB-01, AWDB-05, AWDB-06).

        former: there is no secondary, but one was configured once. exhausted: each one was tried in vain already.
        """
        if not self._breaks or not self._cut_off:
            return proper
        self._attempts_since_loss += 1
        facts: dict[Axis, Fact] = {Axis.LOSS: self._database_loss}
        since_s, number = self._cut_off_for_s(), self._attempts_since_loss
        if proper is AwdbHost.SECONDARY and self._bites(
            Defect.STAYS_WITH_PRIMARY, since_s=since_s, key=self._outages, facts=facts
        ):
            return AwdbHost.PRIMARY
        # By turns, as if it were configured still.
        if former and number % 2 and self._bites(Defect.UNCONFIGURED_SECONDARY_USED, key=self._outages):
            return AwdbHost.SECONDARY
        # The host of this defect is the one that is tried, not one that must be in use.
        facts[Axis.HOST] = tuple(WORDS[Axis.HOST] or ())
        if exhausted and (one := self._bites(Defect.REPEATS_WITH_ONE_HOST, key=self._outages, facts=facts)):
            return next(iter(AwdbHost(word) for word in one.narrowing.words.get(Axis.HOST, ())), AwdbHost.PRIMARY)
        return proper

    def tries_now(self) -> bool:
        """Does this request make the node try to reach a database? Each one does (AWDB-06)."""
        if self._in_vain_s is None:
            return True
        one = self._bites(Defect.GIVES_UP_AFTER_FIRST_REQUEST, key=self._outages)
        return one is None or self._now_s() >= self._in_vain_s + one.number(Axis.LATE)

    def may_serve(self, proper: bool) -> bool:
        """Is a database that has answered one to be used? proper: as the prerequisites have it (AWDB-01)."""
        return proper or self._bites(Defect.UNPREPARED_SECONDARY_USED, key=self._outages) is not None

    def notices_silence(self, host: AwdbHost, unanswered: int) -> bool:
        """Is a database noticed as lost after so many questions in a row without an answer? It is (AWDB-12)."""
        one = self._bites(Defect.RETRY_TIMES_OUT_TOO, facts={Axis.HOST: host.value})
        return one is None or unanswered > one.number(Axis.TIMES)
