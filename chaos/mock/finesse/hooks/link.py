"""What the CTI link asks: which sides there are and in what order they are tried, what is a loss, and when it shows."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from itertools import count
from typing import Any

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.finesse.config import Address, Side
from chaos.mock.finesse.hooks.story import NodeStory

FIRST_ROUND = 2
"""Attempts of the first round: the other side, then the lost one."""
RETRY_S = 2.0
"""Between two sessions that nobody needs, as between two attempts."""


class LinkHooks(NodeStory):
    """Asked by `CtiLink`, and by the Webapp as it makes one."""

    def _began(self) -> None:
        super()._began()
        self._sessions = 0
        self._session_side, self._session_s = Side.A, 0.0
        self._missed: list[bool] = []

    def known_sides(self, configured: Mapping[Side, Address], former_b: Address | None) -> dict[Side, Address]:
        """The sides whose addresses the link is given: those that are configured (CTI-01)."""
        known = dict(configured)
        if Side.B not in known and former_b is not None and self._has(Defect.UNCONFIGURED_SIDE_TRIED):
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
        lost, loss = self._lost if self._in_gap else None, self._losses
        both = len(known) > 1
        if lost and both and self._bites(Defect.A_AGAIN_BEFORE_B, number=loss):
            yield lost
        elif lost and both and self._bites(Defect.B_TWICE_IN_FIRST_ROUND, number=loss):
            yield lost.other
        previous: Side | None = None
        for number, tried in enumerate(proper, 1):
            side = self._other_side(tried, previous, known, number, lost)
            previous = side
            yield side
            late = lost and both and number > FIRST_ROUND
            if late and self._try(Defect.LATER_ROUNDS_TWICE, number - FIRST_ROUND, side):
                yield side

    def _other_side(
        self, side: Side, previous: Side | None, known: Mapping[Side, Address], number: int, lost: Side | None
    ) -> Side:
        """The side that is tried instead of `side`; the same without a defect."""
        if self._try(Defect.NEVER_FAILS_OVER, number, side):
            return Side.A
        # The B side that was configured once takes its turn as if it were configured still.
        if previous is Side.A and Side.B in known and self._try(Defect.UNCONFIGURED_SIDE_TRIED, number, side):
            return Side.B
        return side

    def _try(self, defect: Defect, number: int, side: Side) -> bool:
        since_s = self._gap_lasts_s() if self._in_gap else 0.0
        return self._bites(defect, number=number, since_s=since_s, facts={Axis.SIDE: side.value}) is not None

    def after_success(self, open_in_vain: Callable[[Side], Awaitable[None]]) -> Iterator[Coroutine[Any, Any, None]]:
        """Work that goes on once a session is in service: none (CTI-03).

        open_in_vain: opens a session at that side that nobody needs, and drops it.
        """
        if self._reconnected and self._has(Defect.KEEPS_TRYING_AFTER_SUCCESS):
            yield self._keep_trying(open_in_vain)

    async def _keep_trying(self, open_in_vain: Callable[[Side], Awaitable[None]]) -> None:
        assert self._back is not None
        other = self._back.other
        for number in count(1):
            await asyncio.sleep(RETRY_S)
            if self._bites(Defect.KEEPS_TRYING_AFTER_SUCCESS, number=number, since_s=self._back_for_s()):
                await open_in_vain(other)

    # Heartbeats

    def session_opened(self, side: Side) -> None:
        """A session is open at that side: its heartbeats begin."""
        self._sessions += 1
        self._session_side, self._session_s = side, self._now_s()
        self._missed = []

    def heartbeat_due(self, unanswered: int, *, needed: int) -> bool:
        """A heartbeat is due. Is the link lost? It is when so many in a row are unanswered (CTI-04).

        unanswered: heartbeats since the last answer.
        """
        if not self._breaks:
            return unanswered >= needed
        self._missed.append(unanswered > 0)
        if self._beats(Defect.MISSES_ACCUMULATE) and sum(self._missed) >= needed:
            return True
        if self._beats(Defect.TWO_MISSES_ARE_LOSS):
            needed -= 1
        elif self._beats(Defect.FOUR_MISSES_NEEDED):
            needed += 1
        return unanswered >= needed

    def _beats(self, defect: Defect) -> bool:
        since_s, side = self._now_s() - self._session_s, self._session_side.value
        return self._bites(defect, number=self._sessions, since_s=since_s, facts={Axis.SIDE: side}) is not None

    def loss_shows_after_s(self, side: Side, how: str) -> float:
        """How long after the loss of a session in service the node does anything about it: at once (CTI-05)."""
        bites = self._bites(
            Defect.SOCKET_LOSS_WAITS,
            number=self._losses + 1,
            facts={Axis.LOST: side.value, Axis.LOSS: how},
        )
        return bites.number(Axis.LATE) if bites else 0.0
