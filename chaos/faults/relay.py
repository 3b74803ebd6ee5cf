"""The CTI relay: a transparent TCP relay before a CTI server that understands GED-188 framing.

Theory of operation
-------------------
A client (a Finesse node, by way of its proxy) connects to the relay, the relay connects to the CTI server. Bytes go on
untouched and at once, in whatever pieces they come; a FIN is passed on as a FIN, a reset as a reset; a side that does
not read stops the other from sending. Beside that stream each direction is followed frame by frame, and what matters
is recorded in the journal that is current at that moment: experiments change, sessions live on.

Every connection gets a running number over all relays and exactly one end in the journal: REFUSED, SERVER_DOWN,
CLOSED_BY_CLIENT, CLOSED_BY_SERVER or CLOSED_BY_RELAY (`detail`: "fin" or "reset"); the first one counts. Only who is
refused by silence has another end after REFUSED: his own, once he gives the attempt up.

Bytes are kept back in one case only: while heartbeat confirmations are to be withheld, the first bytes of a frame from
the server wait until it is clear that they are none (8 bytes of header), or until the confirmation is whole (12 bytes).

Frames that are not known are passed on and stepped over. Bytes that are no frame (TLS, for instance) are noted once a
direction and passed on; from there on that direction is not followed any more, because nothing in the protocol marks
where a message begins, and nothing that rests on it may be judged: each later journal begins by saying so.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from chaos.errors import UsageError
from chaos.faults.relay_base import Cut, TcpRelay
from chaos.faults.relay_connection import Connection
from chaos.faults.relay_frames import fingerprint, name_of
from chaos.faults.relay_orders import Orders, Refusal, Refusing, Session
from chaos.journal import CtiSeen, CtiStep, Journal, StateAsked
from chaos.wire.ged188 import ForcedFlag, SetAgentStateReq, Status

__all__ = ["CtiRelay", "Cut", "Refusal", "Session", "fingerprint"]


class CtiRelay(TcpRelay[Connection]):
    """The relay before one CTI server.

    side: "a" or "b", as it stands in the journal. listen, upstream: (host, port); port 0 listens on any.
    journal_of: the journal of the moment; None: nothing is recorded. connections: running numbers that relays share.

    All orders are safe twice; those that last are taken back by `accept`, `pass_heartbeats` and `unsilence`.
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
        super().__init__(f"the CTI relay of side {side}", listen=listen, upstream=upstream, connections=connections)
        self.side = side
        self._journal_of = journal_of
        self._steps: Counter[CtiStep] = Counter()
        self.orders = Orders()

    def sessions(self) -> tuple[Session, ...]:
        """The sessions that are open now: confirmed by the server, and closed by nobody yet."""
        return tuple(each.session() for each in self._open.values() if each.since_s is not None and not each.ended)

    def counts(self) -> Mapping[CtiStep, int]:
        """How often each step was seen since the relay was made, whether or not there was a journal."""
        return Counter(self._steps)

    # -- orders ------------------------------------------------------------------------------------------------------

    def withhold(self, pattern: str, *, new_sessions: bool = True, only: Sequence[str] = ()) -> None:
        """Withhold heartbeat confirmations by pattern: "x" withheld, "." passed, everything after it passed.

        Every connection counts for itself, from this order on, the confirmations that answer a heartbeat (also a
        FAILURE_CONF that does so); new_sessions: also those that connect later, from their first one; only: of those
        there are, clients with one of these in their names. Every other byte passes. Replaces the order before. Raises
        UsageError: the pattern is empty or has other letters.
        """
        if not pattern or set(pattern) - {"x", "."}:
            raise UsageError(
                f"withhold({pattern!r}): give a pattern of x (withheld) and . (passed), for instance 'x.xx'"
            )
        self._set_plans(all_=False, now=pattern, new=pattern if new_sessions else "", only=only)

    def withhold_all(self) -> None:
        """Withhold every heartbeat confirmation, of new connections too, until `pass_heartbeats`."""
        self._set_plans(all_=True, now="", new="")

    def pass_heartbeats(self) -> None:
        """Withhold no more. What was withheld stays dropped."""
        self._set_plans(all_=False, now="", new="")

    def refuse(
        self,
        times: int | None,
        how: Refusal,
        *,
        status: Status = Status.CTI_SERVER_OFFLINE,
        only: Sequence[str] = (),
    ) -> None:
        """Refuse new sessions, at their OPEN_REQ, until `accept`; open sessions stay. Every attempt is still recorded.

        times: how often *each client* is refused, told apart by `fingerprint`: "refused once" means once for every
            Finesse node. None: always. Clients that stay unknown (TCP_RESET, no OPEN_REQ) count together as one.
        only: those whose name has one of these in it; none: everybody.
        status: what FAILURE answers. Replaces the order before, and counts anew.
        Raises UsageError: times below 1.
        """
        if times is not None and times < 1:
            raise UsageError(f"refuse(times={times}): give 1 or more, or None for always")
        self.orders.refusing = Refusing(how, times, status, tuple(only))

    def accept(self) -> None:
        """Refuse no more; a connection that waits to be refused goes through."""
        self.orders.refusing = None
        for connection in tuple(self._open.values()):
            connection.proceed()

    def cut(self, how: Cut, *, only: Sequence[str] = ()) -> None:
        """Cut every connection there is, or those of clients with one of these in their names, at both ends; new ones
        are accepted."""
        for connection in tuple(self._open.values()):
            if only and not any(one in (connection.name or "") for one in only):
                continue
            connection.end(CtiStep.CLOSED_BY_RELAY, how.value)
            connection.reset() if how is Cut.RESET else connection.leave()

    def silence(self) -> None:
        """Pass no byte and no close in either direction, of connections there are and of those to come.

        New connections are accepted and recorded, the server hears nothing of them. What was sent into the silence is
        never delivered, because `unsilence` resets these connections.
        """
        self.orders.silent = True
        for connection in self._open.values():
            connection.mute()

    def unsilence(self) -> None:
        """End the silence. Connections that it hit are reset at both ends: after a partition they are of no use."""
        self.orders.silent = False
        for connection in tuple(self._open.values()):
            connection.end_mute()

    # -- what connections ask --------------------------------------------------------------------------------------

    def note(self, connection: Connection, step: CtiStep, invoke_id: int | None, detail: str | None) -> None:
        self._steps[step] += 1
        journal = self._journal_of()
        if journal is not None:
            journal.observe(
                CtiSeen(
                    side=self.side,
                    connection=connection.number,
                    step=step,
                    client=connection.name,
                    invoke_id=invoke_id,
                    detail=detail,
                )
            )

    def note_asked(self, connection: Connection, request: SetAgentStateReq) -> None:
        journal = self._journal_of()
        if journal is not None:
            journal.observe(
                StateAsked(
                    side=self.side,
                    connection=connection.number,
                    client=connection.name,
                    agent=request.agent_id or None,
                    state=name_of(request.agent_state),
                    reason_code=request.event_reason_code,
                    forced=request.forced_flag == ForcedFlag.FORCE,
                    device=request.agent_instrument or None,
                )
            )

    def _arrival(self) -> asyncio.Protocol:
        return Connection(self).client

    def _set_plans(self, *, all_: bool, now: str, new: str, only: Sequence[str] = ()) -> None:
        self.orders.withhold_all = all_
        self.orders.plan_of_new = new
        for connection in self._open.values():
            is_meant = not only or any(one in (connection.name or "") for one in only)
            connection.plan = now if is_meant else ""
            connection.pass_if_undecided()
