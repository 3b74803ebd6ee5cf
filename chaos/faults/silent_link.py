"""A link that falls silent: connections stay, and nothing comes through."""

from dataclasses import dataclass

from chaos.clients.toxiproxy import NotFound, Toxic
from chaos.faults.base import Field
from chaos.faults.cti_proofs import ENDS, open_sessions, reaches_relay
from chaos.faults.link import AnyLink, PlacedLink
from chaos.faults.link_fault import CtiLinkFault
from chaos.journal import CtiSeen, CtiStep, Timeline

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

    async def inject(self, field: Field) -> None:
        await silence(self._placed(field))

    async def mend(self, link: PlacedLink) -> None:
        await unsilence(link)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """Each session that stood open has missed the heartbeat that was due, while nobody had closed it."""
        standing = open_sessions(timeline, self.side, from_s)
        overdue_s = from_s + 1.5 * field.heartbeat_interval_s
        heard = timeline.of(
            CtiSeen,
            lambda seen: seen.connection in standing and seen.step in (CtiStep.HEARTBEAT_REQ, *ENDS),
            from_s=from_s,
            to_s=overdue_s,
        )
        if not standing or heard or timeline.end_s < overdue_s:
            return None
        return f"no heartbeat of {len(standing)} session(s) came through until {overdue_s:.3f} s"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return reaches_relay(timeline, self.side, from_s)
