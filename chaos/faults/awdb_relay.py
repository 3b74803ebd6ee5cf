"""The AWDB relay: a transparent TCP relay before an AWDB, which sees how often and when it is asked, not what.

What Finesse and its database say to one another is encrypted on a real lab, so the relay knows no framing. It passes
bytes at once, a FIN as a FIN, a reset as a reset, and records attempts, what became of them, each change of direction
(the client asks, the server answers) and the end. Connections get running numbers and exactly one end in the journal:
REFUSED, SERVER_DOWN, CLOSED_BY_CLIENT, CLOSED_BY_SERVER or CLOSED_BY_RELAY; the first one counts.

A connection that begins with PROBE is ours: it proves that the way to the relay is whole, and the relay answers
whether the AWDB accepts connections. The AWDB itself never sees a byte of it.
"""

import asyncio
from collections.abc import Callable, Iterator

from chaos.faults.relay_base import NAME_S, WAITING_BYTES_MAX, Cut, End, TcpRelay, word_for
from chaos.faults.relay_passage import Passage, Phase
from chaos.journal import OUR_CLIENT, AwdbSeen, AwdbStep, Journal

PROBE = f"{OUR_CLIENT} probe\n".encode()
PROBE_OPEN = b"open\n"
PROBE_DOWN = b"server-down\n"

# After such a pause a client that sends again asks anew, though nobody answered it: it may be trying once more.
ASKS_ANEW_S = 1.0


class AwdbRelay(TcpRelay["AwdbConnection"]):
    """The relay before the AWDB of `side` ("a": the primary, "b": the secondary).

    listen, upstream: (host, port); port 0 listens on any. journal_of: the journal of the moment; None: nothing is
    recorded. connections: running numbers that relays share. Orders are safe twice; `accept` takes `refuse` back.
    """

    def __init__(
        self,
        side: str,
        *,
        listen: tuple[str, int],
        upstream: tuple[str, int],
        journal_of: Callable[[], Journal | None],
        connections: Iterator[int],
    ) -> None:
        super().__init__(f"the AWDB relay of side {side}", listen=listen, upstream=upstream, connections=connections)
        self.side = side
        self.refuses = False
        self._journal_of = journal_of

    def refuse(self) -> None:
        """Reset new connections, once they have said something or after 1 s, until `accept`; they are recorded."""
        self.refuses = True

    def accept(self) -> None:
        """Refuse no more; a connection that waits to be refused goes through."""
        self.refuses = False
        for connection in tuple(self._open.values()):
            connection.proceed()

    def cut(self, how: Cut) -> None:
        for connection in tuple(self._open.values()):
            connection.cut(how)

    def standing(self) -> tuple[int, ...]:
        """Connections that the AWDB has accepted and nobody has closed yet; none of ours."""
        return tuple(number for number, each in self._open.items() if each.stands)

    def note(self, connection: "AwdbConnection", step: AwdbStep, size: int | None, detail: str | None) -> None:
        journal = self._journal_of()
        if journal is not None:
            journal.observe(
                AwdbSeen(
                    side=self.side,
                    connection=connection.number,
                    step=step,
                    size=size,
                    detail=detail,
                    is_ours=connection.is_ours,
                )
            )

    def _arrival(self) -> asyncio.Protocol:
        return AwdbConnection(self).client


class AwdbConnection(Passage[AwdbRelay]):
    """One client connection and its way to the server."""

    def __init__(self, relay: AwdbRelay) -> None:
        super().__init__(relay)
        self.is_ours = False
        self._named = False  # the first bytes have told whether it is ours
        self._waiting = bytearray()  # from the client, until the server has accepted and it is named
        self._turn: End | None = None
        self._last_s = 0.0
        self._passed = 0

    @property
    def stands(self) -> bool:
        return self._phase is Phase.PASSING and not self.ended and not self.is_ours

    # -- orders ------------------------------------------------------------------------------------------------------

    def proceed(self) -> None:
        """The order to refuse was taken back."""
        if self._phase is Phase.WAITING:
            self._dial()

    def cut(self, how: Cut) -> None:
        self._end(AwdbStep.CLOSED_BY_RELAY, how.value)
        self.reset() if how is Cut.RESET else self.leave()

    # -- the way to the server ---------------------------------------------------------------------------------------

    def made(self, end: End) -> None:
        if end is self.client:
            self.number = self._relay.arrived(self)
            self._note(AwdbStep.ATTEMPT)
            if self._relay.refuses:
                self._phase = Phase.WAITING
                self._timer = self._loop.call_later(NAME_S, self._refuse)
            else:
                self._dial()
        elif self._phase is not Phase.DIALLING:
            end.reset()
        else:
            self._phase = Phase.PASSING
            self._note(AwdbStep.ACCEPTED)
            self.client.resume()
            self._forward()
            if self.client.eof_in and not self.is_ours:
                end.finish()

    def _is_named(self) -> bool:
        return self._named or self.client.eof_in

    def _give_up(self) -> None:
        self._end(AwdbStep.SERVER_DOWN, self._down_because)
        if self.is_ours:
            self._answer_probe(PROBE_DOWN)
        else:
            self.reset()

    def _refuse(self) -> None:
        self._end(AwdbStep.REFUSED, Cut.RESET.value)
        self.reset()

    # -- bytes -------------------------------------------------------------------------------------------------------

    def data(self, end: End, data: bytes) -> None:
        over = self._is_over
        if over or (self.is_ours and end is self.client):
            return
        if end is not self.client:
            self._count(end, len(data))
            self.client.write(data)
            return
        self._waiting += data
        if not self._named and not self._name():
            return
        if not self.is_ours:
            self._count(end, len(data))
        if self._phase is Phase.WAITING:
            self._refuse()
        elif self._phase is Phase.DOWN:
            self._give_up()
        else:
            self._forward()

    def _name(self) -> bool:
        """Whether the first bytes tell whose connection it is."""
        first = bytes(self._waiting[: len(PROBE)])
        if len(first) < len(PROBE) and PROBE.startswith(first):
            return False
        self._named = True
        self.is_ours = first == PROBE
        return True

    def _forward(self) -> None:
        if self._phase is not Phase.PASSING or self.server is None:
            if len(self._waiting) > WAITING_BYTES_MAX:
                self.client.pause()
        elif self.is_ours:
            self._answer_probe(PROBE_OPEN)
        elif self._named:
            self.server.write(bytes(self._waiting))
            self._waiting.clear()

    def _answer_probe(self, word: bytes) -> None:
        self._end(AwdbStep.CLOSED_BY_RELAY, Cut.CLOSE.value)
        self.client.write(word)
        self.leave()

    def _count(self, end: End, size: int) -> None:
        """Note when the direction changes, or a client asks again after a pause."""
        now_s = self._loop.time()
        self._passed += size
        if end is not self._turn or (end is self.client and now_s - self._last_s >= ASKS_ANEW_S):
            self._note(AwdbStep.ASKED if end is self.client else AwdbStep.ANSWERED, size=size)
        self._turn, self._last_s = end, now_s

    # -- the end -----------------------------------------------------------------------------------------------------

    def eof(self, end: End) -> bool:
        """A peer has closed its half. True: keep ours open."""
        if self._is_over:
            return False
        self._end(AwdbStep.CLOSED_BY_CLIENT if end is self.client else AwdbStep.CLOSED_BY_SERVER, Cut.CLOSE.value)
        if self._phase in (Phase.WAITING, Phase.DOWN):
            self._phase = Phase.GONE
            self._stop_timer()
            return False
        other = self.server if end is self.client else self.client
        if self._phase is Phase.PASSING and other is not None:
            if end is self.client and self._waiting and self.server is not None:
                self.server.write(bytes(self._waiting))  # less than a probe's mark, and nothing more will come
                self._waiting.clear()
            other.finish()
            self._close_if_both_have(end, other)
        return True

    def lost(self, end: End, error: Exception | None) -> None:
        """A peer's connection is no more: by a reset (error), or because we closed it."""
        is_client = end is self.client
        if error is not None:
            self._end(AwdbStep.CLOSED_BY_CLIENT if is_client else AwdbStep.CLOSED_BY_SERVER, word_for(error))
        if self._phase is not Phase.LEAVING and (is_client or self.server is not None):
            self._part(is_client, error)
        self._forget_if_over()

    def _note(self, step: AwdbStep, *, size: int | None = None, detail: str | None = None) -> None:
        self._relay.note(self, step, size, detail)

    def _end(self, step: AwdbStep, detail: str) -> None:
        """Record how it ended; the first one counts."""
        if not self.ended:
            self.ended = True
            self._note(step, size=self._passed, detail=detail)
