"""An agent's client leaves, in one of the ways in which clients do."""

from dataclasses import dataclass

from chaos.clients.events import EventStream, Leaving
from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field
from chaos.journal import ClientProbed, StreamChange, StreamState, Timeline

# A client that has gone is noticed at once, or in silence after a ping of ours that nobody answers.
_BITES_WITHIN_S = 15.0
_LOOK_EVERY_S = 30.0
ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class LeftClient(Fault):
    """The event stream of that agent, by which alone his node knows of him, leaves as `how` says. Rollback has it come
    back, which is neutral to nobody: it is what ends the agent's absence.

    Whether it is gone is asked by another client at the same node, again and again.
    """

    agent: str
    how: Leaving

    @property
    def name(self) -> str:
        return f"client-of-{self.agent}-{self.how}"

    @property
    def target(self) -> str:
        return f"client.{self.agent}"

    @property
    def bites_within_s(self) -> float:
        return _BITES_WITHIN_S

    @property
    def look_every_s(self) -> float | None:
        return _LOOK_EVERY_S

    async def inject(self, field: Field) -> None:
        stream = self._stream(field)
        if not stream.is_open:
            raise InjectFailed(f"agent {self.agent} has no client at {stream.node.host} that could leave")
        await stream.leave(self.how)

    async def rollback(self, field: Field) -> None:
        stream = self._stream(field)
        if not stream.is_open:
            await stream.open()
        await self.look_again(field)

    async def look_again(self, field: Field) -> None:
        """Have another client at that node ask for this one."""
        stream = self._stream(field)
        there = (one for one in field.streams.values() if one.node == stream.node and one.is_open)
        other = next((one for one in there if one is not stream), None)
        outcome = None if other is None else await other.ping(stream.jid)
        if outcome is not None:
            field.journal.observe(ClientProbed(node=stream.node.host, agent=self.agent, outcome=outcome))

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """It left, and somebody else found it gone."""
        left = timeline.of(StreamChange, self._is_left, from_s=from_s)
        looks = [one for one in self._looks(timeline, from_s) if one.outcome != ANSWERED]
        if not left or not looks:
            return None
        asked = f"asked for at {looks[0].at_s:.3f} s, there was {looks[0].outcome}"
        return f"the client of {self.agent} left at {left[0].at_s:.3f} s; {asked}"

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        there = [one for one in self._looks(timeline, from_s) if one.outcome == ANSWERED]
        return f"the client of {self.agent} answered at {there[0].at_s:.3f} s" if there else None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        there = [one for one in self._looks(timeline, from_s) if one.outcome == ANSWERED]
        return f"the client of {self.agent} answered at {there[0].at_s:.3f} s" if there else None

    def _is_left(self, seen: StreamChange) -> bool:
        return seen.agent == self.agent and seen.state is StreamState.LEFT and seen.reason == self.how.value

    def _looks(self, timeline: Timeline, from_s: float) -> list[ClientProbed]:
        return timeline.of(ClientProbed, lambda seen: seen.agent == self.agent, from_s=from_s)

    def _stream(self, field: Field) -> EventStream:
        if self.agent not in field.streams:
            raise InjectFailed(f"no agent {self.agent} is known here")
        return field.streams[self.agent]
