"""A link that falls silent: connections stay, and nothing comes through."""

from dataclasses import dataclass

from chaos.clients.toxiproxy import NotFound, Toxic
from chaos.faults.base import Field
from chaos.faults.cti_proofs import ENDS, came_into, companion_heard, companion_is_mute, open_sessions, reaches_relay
from chaos.faults.link import AnyLink, PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import CtiSeen, CtiStep, FaultPhase, FaultSeen, Heard, LinkSeen, Timeline

# The silence of a link decides when three heartbeats are over: a look in each interval of the shortest that is in use.
LOOK_EVERY_S = 2.5
# What a proxy had read already when it fell silent may still arrive.
ON_ITS_WAY_S = 0.5
# Whoever comes to a server asks it for a session at once.
_SPEAKS_S = 2.0
_MISSED_BY_OURS = 2

_STREAMS = ("upstream", "downstream")


def _toxic(stream: str) -> Toxic:
    return Toxic("timeout", stream, f"finesse-chaos-silence-{stream}", 1.0, {"timeout": 0})


async def silence(link: AnyLink) -> None:
    """Drop what comes either way, of connections there are and of those to come."""
    for stream in _STREAMS:
        await link.proxies.add_toxic(link.name, _toxic(stream))


async def unsilence(link: AnyLink) -> None:
    """Pass data again; the connections that were silenced are closed by it. Safe twice."""
    for stream in _STREAMS:
        try:
            await link.proxies.remove_toxic(link.name, _toxic(stream).name)
        except NotFound:
            continue  # it had not been added, or is gone already


def still_silent(seen: LinkSeen | None) -> str | None:
    """Why a link is not silent, None if it is as far as its proxy server says, or has said nothing yet."""
    if seen is None:
        return None
    missing = [stream for stream in _STREAMS if _toxic(stream).name not in seen.toxics]
    if not missing and seen.enabled:
        return None
    what = f"passes what goes {' and '.join(missing)}" if missing else "is switched off"
    return f"the proxy of {seen.link} {what} at {seen.at_s:.3f} s"


@dataclass(frozen=True, slots=True)
class SilentLink(CtiLinkFault):
    """Data are dropped both ways on one side, for new connections too; closing is still seen.

    Its rollback is not neutral: removing the toxics closes the connections that they silenced (a socket failure, see
    CTI-05), so close the observation window first.
    """

    @property
    def name(self) -> str:
        return f"{self.side}-link-silent"

    @property
    def bites_within_s(self) -> float:
        return 60.0

    @property
    def accompanied(self) -> str | None:
        return self.link

    @property
    def look_every_s(self) -> float:
        return LOOK_EVERY_S

    async def look_again(self, field: Field) -> None:
        await self.link_seen(field)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The proxy passes data again, or the relay behind it has heard something."""
        seen = still_silent(self.last_link_seen(timeline, from_s))
        if seen is not None:
            return seen
        # Its end says nothing: the server closes a session that it hears no more of, and closing is passed on.
        answered = [one for one in companion_heard(timeline, self.link, from_s) if one.heard is Heard.CONFIRMED]
        if answered:
            return f"a heartbeat of ours was confirmed at {answered[0].at_s:.3f} s"
        heard = timeline.of(
            CtiSeen,
            lambda one: one.side == self.side and one.step in (CtiStep.OPEN_REQ, CtiStep.HEARTBEAT_REQ),
            from_s=from_s + ON_ITS_WAY_S,
        )
        if heard:
            return f"{heard[0].step.value} came through at {heard[0].at_s:.3f} s"
        return companion_is_mute(timeline, self.link, from_s, field.heartbeat_interval_s)

    async def inject(self, field: Field) -> None:
        await silence(self._placed(field))

    async def mend(self, link: PlacedLink) -> None:
        await unsilence(link)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Each session that stood open has missed the heartbeat that was due, while nobody had closed it; or, if none
        did, somebody came, and nothing of what they said came through. What came through while it was being injected,
        or was on its way as it was, says nothing. A session that its node has given up sooner proves nothing either:
        then our own one on the same link, which stands, has to have missed two heartbeats in a row."""
        injected = came_into(timeline, self.name, FaultPhase.INJECTED, from_s)
        if injected is None:
            return None
        standing = open_sessions(timeline, self.side, injected.at_s)
        if not standing:
            return self._nobody_heard(timeline, injected)
        overdue_s = injected.at_s + 1.5 * field.heartbeat_interval_s
        since = timeline.of(
            CtiSeen,
            lambda seen: seen.connection in standing and seen.number > injected.number,
            from_s=injected.at_s,
            to_s=overdue_s,
        )
        given_up = [seen for seen in since if seen.step is CtiStep.CLOSED_BY_CLIENT]
        heard = [
            seen
            for seen in since
            if (seen.step in ENDS and seen not in given_up)
            or (seen.step is CtiStep.HEARTBEAT_REQ and seen.at_s > injected.at_s + ON_ITS_WAY_S)
        ]
        if heard or timeline.end_s < overdue_s or (given_up and not self._ours_missed(timeline, injected.at_s)):
            return None
        return f"no heartbeat of {len(standing)} session(s) came through until {overdue_s:.3f} s"

    def _ours_missed(self, timeline: Timeline, from_s: float) -> bool:
        ours = [one.heard for one in companion_heard(timeline, self.link, from_s)]
        return len(ours) >= _MISSED_BY_OURS and set(ours) == {Heard.MISSED}

    def _nobody_heard(self, timeline: Timeline, injected: FaultSeen) -> str | None:
        steps = timeline.of(CtiSeen, lambda seen: seen.side == self.side, from_s=injected.at_s)
        spoke = {seen.connection for seen in steps if seen.step is CtiStep.OPEN_REQ}
        came = [seen for seen in steps if seen.step is CtiStep.ATTEMPT and seen.number > injected.number]
        mute = [seen for seen in came if seen.connection not in spoke and timeline.end_s >= seen.at_s + _SPEAKS_S]
        if not mute:
            return None
        return f"who came to side {self.side.upper()} at {mute[0].at_s:.3f} s was not heard for {_SPEAKS_S:g} s"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
