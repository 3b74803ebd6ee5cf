"""What a node asks on its way to the AWDB pair: which host is tried, whether at all, and whether it may serve."""

from collections.abc import Mapping
from typing import Any

from chaos.mock.defects.awdb import AwdbDefect
from chaos.mock.defects.axes import WORDS, Axis
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.defects.narrowing import Break
from chaos.mock.finesse.awdb_choice import AwdbHost
from chaos.mock.finesse.hooks.story import NodeStory


class DatabaseHooks(NodeStory):
    """Asked by `AwdbLink`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tomcat_began()

    # What the product tells

    def tomcat_began(self) -> None:
        """Tomcat has just started: no database was tried yet, and nobody is cached."""
        self._database_lost: AwdbHost | None = None
        self._database_loss = ""
        self._database_lost_s = 0.0
        self._outages = 0
        self._attempts_since_loss = 0
        self._in_vain_s: float | None = None
        self._failed_at_once = 0
        self._met_unfit = False
        self._losses_of_database: dict[AwdbHost, tuple[str, float]] = {}
        self._trying_s: float | None = None
        self._in_use: AwdbHost | None = None
        self._found_fit: set[AwdbHost] = set()
        self._found_unfit: set[AwdbHost] = set()
        self._silent: AwdbHost | None = None
        self._met_silence: set[str] = set()
        self._held_up: list[str] = []
        self._used_s = 0.0
        self._primary_lacks_distributor = False
        self._tried_on = 0

    def database_lost(self, host: AwdbHost, how: str) -> None:
        """The database in use is lost. how: reset, closed, silent."""
        self._losses_of_database[host] = how, self._now_s()
        self._in_use = None
        self._silent = host if how == "silent" else None
        self._met_silence.clear()
        self._is_missed(host, how)

    def attempt_failed(self, host: AwdbHost, how: str, *, exhausted: bool) -> None:
        """A database was tried in vain. how: refused, closed, silent. exhausted: each one was, since one answered."""
        self._is_missed(host, how)
        if exhausted:
            self._in_vain_s = self._now_s()

    def _is_missed(self, host: AwdbHost, how: str) -> None:
        if not self._cut_off:
            self._outages += 1
            self._database_lost, self._database_loss = host, how
            self._database_lost_s = self._now_s()
            self._attempts_since_loss = self._failed_at_once = 0
            self._in_vain_s = None

    def database_found(self, host: AwdbHost) -> None:
        """A database is in use."""
        self._database_lost = self._in_vain_s = None
        self._in_use = host
        self._tried_on = 0

    def began_to_try(self) -> None:
        """A request begins to try databases."""
        self._trying_s = self._now_s()

    def has_tried(self) -> None:
        """It has found one, or gives up."""
        self._trying_s = None

    # What narrowings ask

    @property
    def _cut_off(self) -> bool:
        """Is the node without a database, as far as it was noticed?"""
        return self._database_lost is not None

    def _cut_off_for_s(self) -> float:
        return self._now_s() - self._database_lost_s

    def _cut_off_bites(self, defect: Defect, facts: Mapping[Axis, Fact], *key: object) -> Break | None:
        if not self._cut_off:
            return None
        facts = {Axis.LOSS: self._database_loss, **facts}
        return self._bites(defect, since_s=self._cut_off_for_s(), key=(self._outages, *key), facts=facts)

    def _trying_bites(self, defect: Defect, facts: Mapping[Axis, Fact]) -> Break | None:
        if self._trying_s is None:
            return None
        return self._bites(defect, since_s=self._now_s() - self._trying_s, key=self._outages, facts=facts)

    # What the product asks

    def host_to_try(self, proper: AwdbHost, *, former: bool, exhausted: bool) -> AwdbHost:
        """The database that is tried: by turns both that are configured (AWDB-01, AWDB-05, AWDB-06).

        former: there is no secondary, but one was configured once. exhausted: each one was tried in vain already.
        """
        if not self._breaks or not self._cut_off:
            return proper
        self._met_unfit = False
        self._attempts_since_loss += 1
        facts: dict[Axis, Fact] = {Axis.LOSS: self._database_loss}
        if proper is AwdbHost.SECONDARY and self._cut_off_bites(AwdbDefect.STAYS_WITH_PRIMARY, facts):
            return AwdbHost.PRIMARY
        # By turns, as if it were configured still.
        in_turn = former and self._attempts_since_loss % 2
        if in_turn and self._cut_off_bites(AwdbDefect.UNCONFIGURED_SECONDARY_USED, facts):
            return AwdbHost.SECONDARY
        # The host of this defect is the one that is tried, not one that must be in use.
        facts[Axis.HOST] = tuple(WORDS[Axis.HOST] or ())
        if exhausted and (one := self._cut_off_bites(AwdbDefect.REPEATS_WITH_ONE_HOST, facts)):
            return next(iter(AwdbHost(word) for word in one.narrowing.words.get(Axis.HOST, ())), AwdbHost.PRIMARY)
        return proper

    def knocks(self, *, former: bool) -> bool:
        """Is a secondary that was configured once connected to, beside the one that is tried? It is not (AWDB-01)."""
        return former and self._cut_off_bites(AwdbDefect.KNOCKS_AT_UNCONFIGURED_SECONDARY, {}) is not None

    def tries_now(self) -> bool:
        """Does this request make the node try to reach a database? Each one does (AWDB-06, AWDB-12)."""
        if not self._cut_off:
            return True
        host = self._database_lost
        assert host is not None
        at_once = self._bites(AwdbDefect.RETRY_FAILS_AT_ONCE, facts={Axis.HOST: host.value})
        if at_once is not None and self._failed_at_once < at_once.number(Axis.TIMES):
            self._failed_at_once += 1
            return False
        if self._in_vain_s is None:
            return True
        if self._cut_off_bites(AwdbDefect.REQUEST_DOES_NOT_TRY, {}):
            return False
        one = self._cut_off_bites(AwdbDefect.GIVES_UP_AFTER_FIRST_REQUEST, {})
        return one is None or self._now_s() >= self._in_vain_s + one.number(Axis.LATE)

    def shares_attempts(self) -> bool:
        """Does who has waited for another one's attempt, which was in vain, make none himself? He does (AWDB-06)."""
        return self._bites(AwdbDefect.SHARES_ATTEMPTS) is not None

    def may_serve(self, proper: bool, host: AwdbHost, *, distributor: bool = True) -> bool:
        """Is a database that has answered one to be used? proper: as the prerequisites have it (AWDB-01). distributor:
        does the one of its host run?"""
        if host is AwdbHost.PRIMARY:
            self._primary_lacks_distributor = not distributor
        elif self._primary_lacks_distributor and self._bites(AwdbDefect.PRIMARY_DISTRIBUTOR_COUNTS):
            return False
        if proper:
            if host in self._found_unfit and self._bites(AwdbDefect.UNFIT_SECONDARY_SHUNNED, key=self._outages):
                return False
            self._found_fit.add(host)
            return True
        self._met_unfit = True
        self._found_unfit.add(host)
        known = (AwdbDefect.KNOWN_SECONDARY_USED,) if host in self._found_fit else ()
        unprepared = (AwdbDefect.UNPREPARED_SECONDARY_USED, *known)
        return any(self._bites(defect, key=self._outages) for defect in unprepared)

    def turns_again(self, host: AwdbHost) -> bool:
        """Does one more question that fails on a connection that is lost already turn it to another database? It does
        not (AWDB-12)."""
        return self._bites(AwdbDefect.TURNS_FOR_EACH_FAILURE, facts={Axis.HOST: host.value}) is not None

    def turns_back(self, host: AwdbHost) -> bool:
        """Is the connection to that database given up before the next question, and the one that was lost before tried
        again? It is not, as long as nothing ends it (AWDB-05)."""
        used_s, self._used_s = self._used_s, self._now_s()
        if not used_s or host.other not in self._losses_of_database:
            return False
        one = self._bites(AwdbDefect.TURNS_BACK, facts={Axis.HOST: host.value})
        return one is not None and self._now_s() - used_s > one.number(Axis.LATE)

    def tries_on(self, host: AwdbHost) -> bool:
        """Is the other database tried, too, before the next question to the one in use? It is not: a node tries
        until it can connect to one (AWDB-06)."""
        if not self._outages:
            return False
        one = self._bites(AwdbDefect.TRIES_ON, facts={Axis.HOST: host.value})
        if one is None or self._tried_on >= one.number(Axis.TIMES):
            return False
        self._tried_on += 1
        return True

    def failure_counts(self) -> int:
        """As how many wrong passwords a question counts that a silent database did not answer: none (AWDB-12)."""
        if self._database_lost is None or self._database_loss != "silent":
            return 0
        one = self._bites(AwdbDefect.TIME_OUTS_LOCK_OUT, facts={Axis.HOST: self._database_lost.value})
        return 0 if one is None else int(one.number(Axis.TIMES))

    def _asks_at_page(self) -> bool:
        """Is somebody being checked at the sign-in page?"""
        return False

    def question_timeout_s(self, host: AwdbHost, proper_s: float) -> float:
        """How long an answer of the database in use is waited for: the database time-out (AWDB-12)."""
        one = self._bites(AwdbDefect.FIRST_REQUEST_HANGS, facts={Axis.HOST: host.value})
        return proper_s if one is None else proper_s + one.number(Axis.LATE)

    def notices_silence(self, host: AwdbHost, unanswered: int, *, of_settings: bool) -> bool:
        """Is a database noticed as lost after so many questions in a row without an answer? It is (AWDB-12).

        of_settings: the last one was whether somebody may have settings.
        """
        if self._asks_at_page() and self._bites(AwdbDefect.PAGE_OVERLOOKS_SILENCE, facts={Axis.HOST: host.value}):
            return False
        if of_settings and self._bites(AwdbDefect.SETTINGS_OVERLOOK_SILENCE, facts={Axis.HOST: host.value}):
            return False
        one = self._bites(AwdbDefect.RETRY_TIMES_OUT_TOO, facts={Axis.HOST: host.value})
        return one is None or unanswered > one.number(Axis.TIMES)
