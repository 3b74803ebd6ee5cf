"""One connection through the CTI relay: both of its ends, where it stands, and what the orders mean for it."""

from collections.abc import Callable
from typing import Protocol

from chaos.faults.relay_base import NAME_S, WAITING_BYTES_MAX, Cut, End, word_for
from chaos.faults.relay_frames import (
    FROM_CLIENT,
    FROM_SERVER,
    Follower,
    failure_of,
    fingerprint,
    invoke_id_of,
    name_of,
    parsed,
)
from chaos.faults.relay_orders import Orders, Refusal, Refusing, Session
from chaos.faults.relay_passage import Passage, Phase
from chaos.journal import CtiStep
from chaos.wire.ged188 import FailureConf, FailureEvent, MessageType, OpenReq, SetAgentStateReq, encode
from chaos.wire.ged188.layout import NEWEST

# Heartbeats without an answer that a connection remembers; a client gives up after three.
_UNANSWERED_MAX = 256


class Relay(Protocol):
    """What a connection needs of its relay."""

    upstream: tuple[str, int]
    orders: Orders

    def arrived(self, connection: "Connection") -> int:
        """Take the connection on; its running number."""

    def note(self, connection: "Connection", step: CtiStep, invoke_id: int | None, detail: str | None) -> None:
        """Record a step."""

    def note_asked(self, connection: "Connection", request: SetAgentStateReq) -> None:
        """Record that its client asks for an agent's state."""

    def forget(self, number: int) -> None:
        """Nothing is left of it."""


class Connection(Passage[Relay]):
    """One client connection and its way to the server."""

    def __init__(self, relay: Relay) -> None:
        super().__init__(relay)
        self.name: str | None = None
        self.plan = ""  # what to withhold of the confirmations to come
        self.since_s: float | None = None
        self._muted = False
        self._unanswered_open = False
        self._waiting = bytearray()  # from the client, until the server has accepted
        self._open_id: int | None = None
        self._version = NEWEST
        self._unanswered: dict[int, int] = {}
        self._up = Follower(FROM_CLIENT, self._client_frame, self._on_garbage("client"), lambda: False)
        self._down = Follower(FROM_SERVER, self._server_frame, self._on_garbage("server"), self._is_armed)

    def session(self) -> Session:
        return Session(self.number, self.name, self.since_s or 0.0, self.deaf_to)

    @property
    def deaf_to(self) -> tuple[str, ...]:
        """Whose bytes cannot be followed any more: "client", "server"."""
        return tuple(whose for whose, way in (("client", self._up), ("server", self._down)) if way.is_deaf)

    def note(self, step: CtiStep, invoke_id: int | None = None, detail: str | None = None) -> None:
        self._relay.note(self, step, invoke_id, detail)

    def end(self, step: CtiStep, detail: str | None = None) -> None:
        """Record how it ended; the first one counts."""
        if not self.ended:
            self.ended = True
            self.note(step, detail=detail)

    # -- the way to the server ---------------------------------------------------------------------------------------

    def made(self, end: End) -> None:
        if end is self.client:
            self._arrived()
        elif self._phase is not Phase.DIALLING:
            end.reset()
        else:
            self._phase = Phase.PASSING
            if not self._muted:
                end.write(bytes(self._waiting))
                self._waiting.clear()
                self.client.resume()
                if self.client.eof_in:
                    end.finish()

    def _arrived(self) -> None:
        self.number = self._relay.arrived(self)
        self.plan = self._relay.orders.plan_of_new
        self.note(CtiStep.ATTEMPT)
        refusing = self._relay.orders.refusing
        if self._relay.orders.silent:
            self._phase = Phase.WAITING
            self._muted = True
        elif refusing is None:
            self._dial()
        elif refusing.how is Refusal.TCP_RESET:
            self._refuse(refusing) if refusing.is_due(None) else self._dial()
        else:
            self._phase = Phase.WAITING
            self._timer = self._loop.call_later(NAME_S, self._unnamed)

    def proceed(self) -> None:
        """The order to refuse was taken back, or does not concern this client. Whoever was left without an answer has
        been refused: nothing comes of that attempt any more."""
        if self._unanswered_open:
            self.end(CtiStep.CLOSED_BY_RELAY, Cut.RESET.value)
            self.reset()
        elif self._phase is Phase.WAITING and not self._muted:
            self._dial()

    def _is_named(self) -> bool:
        return self.name is not None or self._muted or self.client.eof_in

    def _give_up(self) -> None:
        self.end(CtiStep.SERVER_DOWN, self._down_because)
        if not self._muted:
            self.reset()

    def _unnamed(self) -> None:
        refusing = self._relay.orders.refusing
        if refusing is not None and refusing.is_due(None):
            self._refuse(refusing)
        else:
            self.proceed()

    def _refuse(self, refusing: Refusing) -> None:
        refusing.done[self.name] += 1
        if refusing.how is Refusal.SILENCE and self._open_id is not None:
            self._stop_timer()
            self._unanswered_open = True
            self.note(CtiStep.REFUSED, None, refusing.how.value)
            return
        named = refusing.how is Refusal.FAILURE and self._open_id is not None
        self.end(CtiStep.REFUSED, f"{refusing.how} {name_of(refusing.status)}" if named else refusing.how.value)
        if refusing.how in (Refusal.RESET, Refusal.TCP_RESET):
            self.reset()
            return
        if named and self._open_id is not None:
            self.client.write(encode(FailureConf(self._open_id, refusing.status)))
        if self.server is not None:
            self.server.reset()
        self.leave()

    # -- bytes -------------------------------------------------------------------------------------------------------

    def data(self, end: End, data: bytes) -> None:
        if self._is_over:
            return
        passed = (self._up if end is self.client else self._down).feed(data)
        if self._muted or self._is_over or self._phase is Phase.DOWN:
            return
        if end is not self.client:
            self.client.write(passed)
        elif self._phase is Phase.PASSING and self.server is not None:
            self.server.write(passed)
        else:
            self._waiting += passed
            if len(self._waiting) > WAITING_BYTES_MAX:
                self.client.pause()

    def _client_frame(self, kind: int, frame: bytes, whole: bool) -> bool:
        if self._is_over:
            return False
        invoke_id = invoke_id_of(frame)
        if kind == MessageType.HEARTBEAT_REQ:
            if len(self._unanswered) < _UNANSWERED_MAX:
                self._unanswered[invoke_id] = self._unanswered.get(invoke_id, 0) + 1
            self.note(CtiStep.HEARTBEAT_REQ, invoke_id)
        elif kind == MessageType.SET_AGENT_STATE_REQ:
            self._on_state_asked(frame)
        else:
            self._on_open_req(invoke_id, frame)
        return False

    def _on_state_asked(self, frame: bytes) -> None:
        """What goes into a silence reaches nobody."""
        request = parsed(frame, self._version)
        if isinstance(request, SetAgentStateReq) and not self._muted:
            self._relay.note_asked(self, request)

    def _on_open_req(self, invoke_id: int, frame: bytes) -> None:
        request = parsed(frame)
        if isinstance(request, OpenReq):
            self.name, self._version = fingerprint(request), request.version_number
            detail = f"protocol {request.version_number}, idle {request.idle_timeout} s"
        else:
            detail = f"unreadable: {request}"
        self._open_id = invoke_id
        self.note(CtiStep.OPEN_REQ, invoke_id, detail)
        refusing = self._relay.orders.refusing
        if self._muted:
            return
        if self._phase is Phase.DOWN:
            self._give_up()
        elif refusing is not None and refusing.how is not Refusal.TCP_RESET and refusing.is_due(self.name):
            self._refuse(refusing)
        else:
            self.proceed()

    def _server_frame(self, kind: int, frame: bytes, whole: bool) -> bool:
        """Record a frame from the server; True: it is to be dropped. What goes into a silence reaches nobody."""
        if kind == MessageType.FAILURE_EVENT:
            message = parsed(frame)
            status = name_of(message.status) if isinstance(message, FailureEvent) else str(message)
            self._note_unless_muted(CtiStep.FAILURE_EVENT, None, status)
            return False
        invoke_id = invoke_id_of(frame)
        if kind == MessageType.HEARTBEAT_CONF or (kind == MessageType.FAILURE_CONF and invoke_id in self._unanswered):
            return self._on_confirmation(kind, invoke_id, frame, whole)
        if kind == MessageType.OPEN_CONF and not self._muted:
            self.since_s = self._loop.time()
            self.note(CtiStep.OPEN_CONF, invoke_id)
        elif kind == MessageType.FAILURE_CONF and invoke_id == self._open_id and self.since_s is None:
            self._note_unless_muted(CtiStep.REJECTED, invoke_id, failure_of(frame))
        return False

    def _on_confirmation(self, kind: int, invoke_id: int, frame: bytes, whole: bool) -> bool:
        if invoke_id not in self._unanswered:
            self._note_unless_muted(CtiStep.HEARTBEAT_CONF, invoke_id, "answers no heartbeat")
            return False
        self._unanswered[invoke_id] -= 1
        if not self._unanswered[invoke_id]:
            del self._unanswered[invoke_id]
        if self._muted:
            self.note(CtiStep.HEARTBEAT_WITHHELD, invoke_id, "silence")
            return False
        if whole and self._take():
            self.note(CtiStep.HEARTBEAT_WITHHELD, invoke_id)
            return True
        if kind == MessageType.HEARTBEAT_CONF:
            self.note(CtiStep.HEARTBEAT_CONF, invoke_id)
        else:
            self.note(CtiStep.FAILURE_EVENT, invoke_id, f"answer to a heartbeat: {failure_of(frame)}")
        return False

    def _note_unless_muted(self, step: CtiStep, invoke_id: int | None, detail: str) -> None:
        if not self._muted:
            self.note(step, invoke_id, detail)

    def _is_armed(self) -> bool:
        return self._relay.orders.withhold_all or "x" in self.plan

    def _take(self) -> bool:
        """Whether the confirmation that has come is to be withheld; one step of the plan is used up."""
        if self._relay.orders.withhold_all:
            return True
        turn, self.plan = self.plan[:1], self.plan[1:]
        return turn == "x"

    def pass_if_undecided(self) -> None:
        """Pass on what was kept back, if nothing is to be withheld any more."""
        if not self._is_armed() and self._phase is Phase.PASSING and not self._muted:
            self.client.write(self._down.release())

    def _on_garbage(self, whose: str) -> Callable[[int, bytes], None]:
        def found(offset: int, excerpt: bytes) -> None:
            self.note(CtiStep.GARBAGE, detail=f"from the {whose}, at byte {offset}: {excerpt.hex(' ')}")

        return found

    # -- silence and the end -----------------------------------------------------------------------------------------

    def mute(self) -> None:
        """Pass nothing from now on. Both peers are read on, so that their closing is seen when it happens."""
        if self._is_over or self._phase is Phase.DOWN:
            return
        self._stop_timer()
        self._muted = True
        for end in self._ends():
            end.resume()

    def end_mute(self) -> None:
        if self._muted:
            self.end(CtiStep.CLOSED_BY_RELAY, Cut.RESET.value)
            self.reset()

    def eof(self, end: End) -> bool:
        """A peer has closed its half. True: keep ours open."""
        if self._is_over:
            return False
        self.end(CtiStep.CLOSED_BY_CLIENT if end is self.client else CtiStep.CLOSED_BY_SERVER, "fin")
        other = self.server if end is self.client else self.client
        if self._muted:
            return True
        if self._phase is Phase.PASSING and other is not None:
            if end is not self.client:
                other.write(self._down.release())
            other.finish()
            self._close_if_both_have(end, other)
        elif self._phase in (Phase.WAITING, Phase.DOWN):
            self._phase = Phase.GONE
            self._stop_timer()
            return False
        return True

    def lost(self, end: End, error: Exception | None) -> None:
        """A peer's connection is no more: by a reset (error), or because we closed it."""
        is_client = end is self.client
        if error is not None:
            why = word_for(error)
            self.end(CtiStep.CLOSED_BY_CLIENT if is_client else CtiStep.CLOSED_BY_SERVER, why)
        is_wanted = not self._muted and self._phase is not Phase.LEAVING
        if is_wanted and (is_client or self.server is not None):
            self._part(is_client, error)
        self._forget_if_over()

    def leave(self) -> None:
        if not self._is_over:
            self._muted = False
        super().leave()

    def reset(self) -> None:
        """Reset both ends."""
        self._muted = False
        super().reset()
