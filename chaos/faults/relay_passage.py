"""What every connection through a relay of ours does: it waits, is dialled on, passes bytes, and ends."""

import asyncio
from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

from chaos.faults.relay_base import DIAL_S, LEAVE_S, NAME_S, End, word_for


class Phase(Enum):
    """Where a connection stands."""

    WAITING = auto()  # to be refused or not, as its first bytes will tell; the server does not know of it
    DIALLING = auto()
    PASSING = auto()
    DOWN = auto()  # the server did not accept; the first bytes may still tell whose attempt it was
    LEAVING = auto()  # we have closed our halves and wait for the peers to close theirs
    GONE = auto()


class Door(Protocol):
    """What a connection needs of its relay."""

    upstream: tuple[str, int]

    def forget(self, number: int) -> None:
        """Nothing is left of it."""


D = TypeVar("D", bound=Door)


class Passage(ABC, Generic[D]):
    """One client connection and its way to the server. number: from 1, once it has arrived."""

    def __init__(self, relay: D) -> None:
        self.number = 0
        self.ended = False
        self.client = End(self)
        self.server: End | None = None
        self.dialling: asyncio.Task[None] | None = None
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._phase = Phase.DIALLING
        self._timer: asyncio.TimerHandle | None = None
        self._down_because = ""

    @abstractmethod
    def made(self, end: End) -> None:
        """An end is connected."""

    @abstractmethod
    def data(self, end: End, data: bytes) -> None:
        """Bytes have come."""

    @abstractmethod
    def eof(self, end: End) -> bool:
        """A peer has closed its half. True: keep ours open."""

    @abstractmethod
    def lost(self, end: End, error: Exception | None) -> None:
        """A peer's connection is no more: by a reset (error), or because we closed it."""

    @abstractmethod
    def _is_named(self) -> bool:
        """Whether nothing more is to be learnt of whose attempt it was."""

    @abstractmethod
    def _give_up(self) -> None:
        """The server did not accept it."""

    @property
    def _is_over(self) -> bool:
        return self._phase in (Phase.LEAVING, Phase.GONE)

    def _dial(self) -> None:
        self._stop_timer()
        self._phase = Phase.DIALLING
        self.server = End(self)
        self.dialling = self._loop.create_task(self._dialled(self.server))

    async def _dialled(self, end: End) -> None:
        try:
            async with asyncio.timeout(DIAL_S):
                await self._loop.create_connection(lambda: end, *self._relay.upstream)
        except TimeoutError:
            self._server_is_down("timeout")
        except (OSError, UnicodeError, OverflowError) as error:
            self._server_is_down(word_for(error))
        finally:
            self.dialling = None
            if end.transport is None:
                self.server = None
            self._forget_if_over()

    def _server_is_down(self, why: str) -> None:
        if self._phase is not Phase.DIALLING:
            return
        self.server = None
        self._down_because = why
        self._phase = Phase.DOWN
        if self._is_named():
            self._give_up()
        else:  # a moment more for the first bytes: whose attempt this was matters
            self._timer = self._loop.call_later(NAME_S, self._give_up)

    def _close_if_both_have(self, end: End, other: End) -> None:
        if other.eof_in:
            self._phase = Phase.GONE
            other.close()
            end.close()

    def leave(self) -> None:
        """Close our halves, and wait a little for the peers to close theirs, so that they read what is on its way."""
        if self._is_over:
            return
        self._stop_timer()
        self._phase = Phase.LEAVING
        if self.dialling is not None:
            self.dialling.cancel()
        for end in self._ends():
            end.resume()
            end.finish()
            if end.eof_in:
                end.close()
        self._timer = self._loop.call_later(LEAVE_S, self.reset)

    def reset(self) -> None:
        """Reset both ends."""
        self._stop_timer()
        self._phase = Phase.GONE
        if self.dialling is not None:
            self.dialling.cancel()
        for end in self._ends():
            end.reset()
        self._forget_if_over()

    def _part(self, is_client: bool, error: Exception | None) -> None:
        """One end is no more: the other one goes as it went."""
        other = self.server if is_client else self.client
        self._phase = Phase.GONE
        self._stop_timer()
        if is_client and self.dialling is not None:
            self.dialling.cancel()
        if other is not None:
            other.reset() if error is not None else other.close()

    def _ends(self) -> tuple[End, ...]:
        return (self.client,) if self.server is None else (self.client, self.server)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget_if_over(self) -> None:
        if self.dialling is None and all(end.lost for end in self._ends()):
            self._stop_timer()
            self._relay.forget(self.number)
