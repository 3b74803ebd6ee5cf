"""Heartbeats that are not confirmed, exactly those that are meant."""

from dataclasses import dataclass

from chaos.faults.base import Field
from chaos.faults.cti_proofs import came_into, companion_heard, companion_is_mute, open_sessions
from chaos.faults.link import PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import CtiSeen, CtiStep, FaultPhase, Heard, Timeline

_MARKS = {CtiStep.HEARTBEAT_WITHHELD: "x", CtiStep.HEARTBEAT_CONF: "."}

_HEARD = {Heard.MISSED: "x", Heard.CONFIRMED: "."}


@dataclass(frozen=True, slots=True)
class WithheldHeartbeats(CtiLinkFault):
    """Confirmations of the sessions on one side are withheld by `pattern`: "x" withheld, "." passed, then all pass.

    Counted for each session by itself. Everything else on the link passes.
    """

    pattern: str = "xxx"

    @property
    def name(self) -> str:
        return f"{self.side}-heartbeats-withheld-{self.pattern}"

    @property
    def accompanied(self) -> str | None:
        return self.link

    @property
    def bites_within_s(self) -> float:
        return 60.0

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Another confirmation was withheld or passed than was meant, or the relay can no longer tell them apart."""
        marks: dict[int, str] = {}
        for seen in timeline.of(CtiSeen, lambda one: one.side == self.side, from_s=from_s):
            if seen.connection not in open_sessions(timeline, self.side, from_s):
                continue
            if seen.step is CtiStep.GARBAGE:
                return f"the relay can follow {seen.client} no longer: {seen.detail}"
            if seen.step in _MARKS and seen.detail is None:
                marks[seen.connection] = marks.get(seen.connection, "") + _MARKS[seen.step]
        for connection, done in marks.items():
            meant = self.pattern.ljust(len(done), ".")[: len(done)]
            if done != meant:
                return f"connection {connection} had confirmations withheld as {done}, not as {meant}"
        heard = [_HEARD[one.heard] for one in companion_heard(timeline, self.link, from_s) if one.heard in _HEARD]
        meant = self.pattern.ljust(len(heard), ".")[: len(heard)]
        if "".join(heard) != meant:
            return f"a session of ours had its heartbeats answered as {''.join(heard)}, not as {meant}"
        return companion_is_mute(timeline, self.link, from_s, field.heartbeat_interval_s)

    async def inject(self, field: Field) -> None:
        self._placed(field).relay.withhold(self.pattern, new_sessions=False)

    async def mend(self, link: PlacedLink) -> None:
        link.relay.pass_heartbeats()

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Each session that stood open as the order was given has missed a confirmation, or else one that was about to
        be opened then."""
        injected = came_into(timeline, self.name, FaultPhase.INJECTED, from_s)
        withheld = timeline.of(
            CtiSeen,
            lambda seen: seen.side == self.side and seen.step is CtiStep.HEARTBEAT_WITHHELD and not seen.is_ours,
            from_s=from_s,
        )
        missed = {seen.connection for seen in withheld}
        if injected is None or not missed or open_sessions(timeline, self.side, injected.at_s) - missed:
            return None
        return f"{len(withheld)} confirmation(s) withheld from {len(missed)} session(s) by {withheld[-1].at_s:.3f} s"
