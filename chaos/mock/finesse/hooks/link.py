"""What the CTI link asks: which sides there are and in what order they are tried, what is a loss, and when it shows."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from itertools import count
from typing import Any

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.defects.narrowing import Break
from chaos.mock.finesse.config import Address, Side
from chaos.mock.finesse.hooks.story import NodeStory

ASKED_LATELY_S = 5.0
"""What was asked of a CTI server so shortly before its loss was asked just before."""
FIRST_ROUND = 2
"""Attempts of the first round: the other side, then the lost one."""
RETRY_S = 2.0
"""Between two sessions that nobody needs, as between two attempts."""

READING_S = 0.5
"""Agents and calls are still being read so long after a session was opened, where the CTI server takes its time."""

OpenInVain = Callable[[Side], Awaitable[None]]
"""Opens a session at that side that nobody needs, and drops it; or connects there, and leaves without a word."""

_OF_FORMER = (CtiDefect.UNCONFIGURED_SIDE_TRIED, CtiDefect.KNOCKS_AT_UNCONFIGURED_SIDE)


class LinkHooks(NodeStory):
    """Asked by `CtiLink`, and by the Webapp as it makes one."""

    _lives = 0

    def _began(self) -> None:
        super()._began()
        self._sessions = 0
        self._session_side, self._session_s = Side.A, 0.0
        self._missed: list[bool] = []
        self._carries_misses = False
        self._sent_s: dict[int, float] = {}
        self._is_simplex = False
        self._waited = False
        self._tried = 0
        self._failed = ""

    # What the product tells

    def attempt_in_vain(self, *, overdue: bool) -> None:
        """An attempt was turned down, or got no answer in time."""
        super().attempt_in_vain(overdue=overdue)
        self._failed = "overdue" if overdue else "refused"

    # Which side is tried

    def known_sides(self, configured: Mapping[Side, Address], former_b: Address | None) -> dict[Side, Address]:
        """The sides whose addresses the link is given: those that are configured (CTI-01)."""
        known = dict(configured)
        self._is_simplex = Side.B not in known
        self._lives += 1
        if Side.B not in known and former_b is not None and any(self._has(one) for one in _OF_FORMER):
            known[Side.B] = former_b
        return known

    def attempts(self, proper: Iterator[Side], known: Mapping[Side, Address]) -> Iterator[Side]:
        """The sides in the order in which they are tried: as documented (CTI-01, CTI-02, CTI-03).

        known: every side that has an address. The loss that is to be mended was told before.
        """
        if not self._breaks:
            return proper
        return self._astray(proper, known)

    def _astray(self, proper: Iterator[Side], known: Mapping[Side, Address]) -> Iterator[Side]:
        lost, loss, self._tried = self._lost if self._in_gap else None, self._losses, 0
        self._failed = ""
        both = len(known) > 1
        if lost is Side.A and both and self._bites(CtiDefect.A_AGAIN_BEFORE_B, number=loss):
            yield lost
        if lost is Side.A and both and self._waited and self._bites(CtiDefect.A_FIRST_AMID_REQUESTS, number=loss):
            yield lost
        previous: Side | None = None
        for number, tried in enumerate(proper, 1):
            side = self._in_turn(tried, previous, known, number)
            later = number - FIRST_ROUND if lost and both else 0
            if later > 0 and self._try(CtiDefect.SKIPS_A_TURN, later, side):
                side = side.other
            previous, self._tried = side, number
            yield side
            facts: dict[Axis, Fact] = {Axis.FAILED: self._failed}
            first_b = lost is Side.A and both and number == 1
            if first_b and self._bites(CtiDefect.B_TWICE_IN_FIRST_ROUND, number=loss, facts=facts):
                yield side
            if later > 0 and self._try(CtiDefect.LATER_ROUNDS_TWICE, later, side):
                yield side

    def _in_turn(self, side: Side, previous: Side | None, known: Mapping[Side, Address], number: int) -> Side:
        """The side that is tried when it is the turn of `side`: that one."""
        if self._try(CtiDefect.NEVER_FAILS_OVER, number, side):
            return Side.A
        if self._lives > 1 and self._try(CtiDefect.RESTART_LOSES_B, number, side):
            return Side.A
        # The B side that was configured once takes its turn as if it were configured still.
        if previous is Side.A and Side.B in known and self._try(CtiDefect.UNCONFIGURED_SIDE_TRIED, number, side):
            return Side.B
        return side

    def _try(self, defect: Defect, number: int, side: Side) -> Break | None:
        since_s = self._gap_lasts_s() if self._in_gap else 0.0
        return self._bites(
            defect, number=number, since_s=since_s, facts={Axis.SIDE: side.value, Axis.FAILED: self._failed}
        )

    def beside(self, side: Side, open_in_vain: OpenInVain, knock: OpenInVain) -> Iterator[Coroutine[Any, Any, None]]:
        """What is tried while the attempt at that side is under way: nothing (CTI-01, CTI-02)."""
        first = self._in_gap and self._tried == 1 and side is Side.B and self._lost is Side.A
        if first and self._bites(CtiDefect.A_BESIDE_B, number=self._losses):
            yield _awaited(open_in_vain(Side.A))
        if first and self._bites(CtiDefect.KNOCKS_AT_A_BESIDE_B, number=self._losses):
            yield _awaited(knock(Side.A))
        if self._is_simplex and self._in_gap and self._try(CtiDefect.KNOCKS_AT_UNCONFIGURED_SIDE, self._tried, side):
            yield _awaited(knock(Side.B))

    def pause_s(self, side: Side, proper_s: float, *, sides: int) -> float:
        """How long the link waits after an attempt at that side has failed: as it always does (CTI-01, CTI-03).

        sides: how many are configured.
        """
        one: Break | None = None
        is_alone = self._in_gap and any(peer.has_session for peer in self.peers)
        beside_peer = CtiDefect.GIVES_UP_BESIDE_PEER if sides == 1 else CtiDefect.STOPS_TRYING_BESIDE_PEER
        if is_alone and (given_up := self._try(beside_peer, self._tried, side)) is not None:
            one = given_up
        elif sides == 1:
            one = self._try(CtiDefect.GIVES_UP_WITHOUT_B, self._tried, side)
        elif self._tried >= FIRST_ROUND:
            one = self._try(CtiDefect.STOPS_TRYING, self._tried - FIRST_ROUND + 1, side)
        return proper_s if one is None else one.number(Axis.LATE)

    def while_read(self, side: Side, knock: OpenInVain) -> Iterator[Coroutine[Any, Any, None]]:
        """Work that goes on while agents and calls are being read over a session at that side: no other (CTI-03)."""
        if self._in_gap and self._has(CtiDefect.KNOCKS_WHILE_READ):
            yield self._knock_while_read(side, knock)

    async def _knock_while_read(self, side: Side, knock: OpenInVain) -> None:
        await asyncio.sleep(READING_S)
        at = {Axis.SIDE: side.value}
        if self._in_gap and self._opened_s is not None and self._bites(CtiDefect.KNOCKS_WHILE_READ, facts=at):
            await knock(side.other)

    def after_success(self, open_in_vain: OpenInVain, knock: OpenInVain) -> Iterator[Coroutine[Any, Any, None]]:
        """Work that goes on once a session is in service: none (CTI-03)."""
        for defect, tries in (
            (CtiDefect.KEEPS_TRYING_AFTER_SUCCESS, open_in_vain),
            (CtiDefect.KNOCKS_AFTER_SUCCESS, knock),
        ):
            if self._reconnected and self._has(defect):
                yield self._keep_trying(defect, tries)

    async def _keep_trying(self, defect: CtiDefect, tries: OpenInVain) -> None:
        assert self._back is not None
        other = self._back.other
        for number in count(1):
            await asyncio.sleep(RETRY_S)
            if self._bites(defect, number=number, since_s=self._back_for_s()):
                await tries(other)

    # What is a loss

    def session_opened(self, side: Side) -> None:
        """A session is open at that side: its heartbeats begin."""
        super().session_opened(side)
        self._sessions += 1
        self._session_side, self._session_s = side, self._now_s()
        self._missed = []

    def heartbeat_interval_s(self, proper_s: float) -> float:
        """How long after a heartbeat the next one goes out: as SystemInfo says (CTI-04)."""
        one = self._beats(CtiDefect.SLOW_HEARTBEATS)
        return proper_s if one is None else proper_s + one.number(Axis.LATE)

    def heartbeat_due(self, unanswered: int, *, needed: int) -> bool:
        """A heartbeat is due. Is the link lost? It is when so many in a row are unanswered (CTI-04).

        unanswered: heartbeats since the last answer.
        """
        if not self._breaks:
            return unanswered >= needed
        if not self._missed and self._carries_misses and self._beats(CtiDefect.MISSES_CARRIED_OVER):
            self._carries_misses = False
            return True
        self._carries_misses = unanswered >= needed
        self._missed.append(unanswered > 0)
        if self._beats(CtiDefect.MISSES_NEVER_ARE_LOSS):
            return False
        if self._beats(CtiDefect.MISSES_ACCUMULATE) and sum(self._missed) >= needed:
            return True
        if self._beats(CtiDefect.ONE_ANSWER_IS_NOT_ENOUGH) and _misses_since_two_answers(self._missed) >= needed:
            return True
        if self._beats(CtiDefect.TWO_MISSES_ARE_LOSS):
            needed -= 1
        elif self._beats(CtiDefect.FOUR_MISSES_NEEDED):
            needed += 1
        return unanswered >= needed

    def counts_as_answer(self) -> bool:
        """Does a message that is no heartbeat's confirmation count as one? It does not (CTI-04)."""
        return self._beats(CtiDefect.OTHER_TRAFFIC_COUNTS) is not None

    def request_unanswered(self, *, missed: int) -> bool:
        """A request got no answer in time. Is the link lost? It is not, whatever heartbeats are unanswered (CTI-04)."""
        at_such_a_time = (
            (missed > 0, CtiDefect.UNANSWERED_REQUEST_IS_LOSS),
            (missed == 0, CtiDefect.REQUEST_IN_VAIN_IS_LOSS),
            (missed > 2, CtiDefect.REQUEST_IN_VAIN_COUNTS),
        )
        return any(so and self._beats(defect) is not None for so, defect in at_such_a_time)

    def heartbeat_sent(self, invoke_id: int) -> None:
        """A heartbeat goes out."""
        self._sent_s = {**self._sent_s, invoke_id: self._now_s()} if self._breaks else {}

    def answer_counts(self, invoke_id: int) -> bool:
        """Does the answer to that heartbeat count? It does, as long as it comes at all (CTI-04)."""
        sent_s = self._sent_s.pop(invoke_id, None)
        one = None if sent_s is None else self._beats(CtiDefect.LATE_ANSWERS_ARE_MISSES)
        return one is None or sent_s is None or self._now_s() - sent_s <= one.number(Axis.LATE)

    def _beats(self, defect: Defect) -> Break | None:
        since_s, side = self._now_s() - self._session_s, self._session_side.value
        return self._bites(defect, number=self._sessions, since_s=since_s, facts={Axis.SIDE: side})

    def gives_up_read(self, side: Side) -> bool:
        """Is a session given up once agents and calls have been read over it? It is in service then (CTI-01)."""
        return self._in_gap and self._bites(CtiDefect.GIVES_UP_READ_B, facts={Axis.SIDE: side.value}) is not None

    def loss_shows_after_s(self, side: Side, how: str, *, missed: int = 0, waits: bool = False) -> float:
        """How long after the loss of a session in service the node does anything about it: at once (CTI-04, CTI-05).

        missed: heartbeats in a row that were not answered when the next one was due. waits: so does a request.
        """
        self._waited = waits
        amid = [CtiDefect.SOCKET_LOSS_WAITS_AMID_MISSES] if missed > 0 else []
        if waits:
            amid.append(CtiDefect.SOCKET_LOSS_WAITS_FOR_ANSWERS)
        if self._now_s() - self._asked_s <= ASKED_LATELY_S:
            amid.append(CtiDefect.SOCKET_LOSS_WAITS_AMID_REQUESTS)
        for defect in (CtiDefect.SOCKET_LOSS_WAITS, CtiDefect.SILENCE_NOTICED_LATE, *amid):
            # It is asked before the loss is told, of which the rest of the story speaks only then.
            order = frozenset(self._order_of_next())
            facts: dict[Axis, Fact] = {Axis.LOST: side.value, Axis.LOSS: how, Axis.ORDER: order}
            one = self._bites(defect, number=self._losses + 1, facts=facts)
            if one is not None:
                return one.number(Axis.LATE)
        return 0.0


def _misses_since_two_answers(missed: list[bool]) -> int:
    """Misses since two heartbeats in a row were answered."""
    count_of, answers = 0, 0
    for one in reversed(missed):
        answers = 0 if one else answers + 1
        if answers == 2:
            break
        count_of += one
    return count_of


async def _awaited(work: Awaitable[None]) -> None:
    await work
