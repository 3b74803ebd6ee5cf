"""A browser is closed, left by Back, or crashes, with an agent signed in at the desktop in it."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.errors import InjectFailed
from chaos.faults.base import Browsing, Fault, Field
from chaos.journal import DesktopAct, DesktopActed, StreamChange, StreamState, Timeline

TRANSPORT = "BOSH"


class LeavingBrowser(StrEnum):
    """How: the first two say goodbye as well as a page can, the third says nothing."""

    CLOSED = "browser-closed"
    BACK = "browser-back"
    CRASHED = "browser-crashed"


_ACTS = {
    LeavingBrowser.CLOSED: DesktopAct.CLOSE,
    LeavingBrowser.BACK: DesktopAct.BACK,
    LeavingBrowser.CRASHED: DesktopAct.CRASH,
}


@dataclass(frozen=True, slots=True)
class LeftBrowser(Fault):
    """The only client by which a node knows of that agent is the desktop in his browser, and that leaves. Rollback
    opens it again and signs in, which is neutral to nobody: it is what ends the agent's absence.
    """

    agent: str
    how: LeavingBrowser

    @property
    def name(self) -> str:
        return f"{self.how}-of-{self.agent}"

    @property
    def target(self) -> str:
        return f"client.{self.agent}"

    async def inject(self, field: Field) -> None:
        desk = self._desk(field)
        if desk.node is None:
            raise InjectFailed(f"agent {self.agent} has no desktop that could be left")
        # Before it is done: what comes of it may be told before the browser has confirmed it.
        self._note(field, desk, StreamState.LEFT)
        await {
            LeavingBrowser.CLOSED: desk.close,
            LeavingBrowser.BACK: desk.back,
            LeavingBrowser.CRASHED: desk.crash,
        }[self.how]()

    async def rollback(self, field: Field) -> None:
        desk = field.browsers.get(self.agent)
        if desk is None or desk.node is None or not self._is_away(field):
            return  # it never left; or the lab has closed all browsers, and nobody is to come back
        if self.how is LeavingBrowser.BACK:
            await desk.close()
        if await desk.open(desk.node) and await desk.sign_in():
            self._note(field, desk, StreamState.CONNECTED)

    def _is_away(self, field: Field) -> bool:
        noted = field.journal.timeline().of(
            StreamChange, lambda one: one.agent == self.agent and one.transport == TRANSPORT
        )
        return bool(noted) and noted[-1].state is StreamState.LEFT

    def _note(self, field: Field, desk: Browsing, state: StreamState) -> None:
        assert desk.node is not None
        reason = self.how.value if state is StreamState.LEFT else None
        change = StreamChange(node=desk.node.host, agent=self.agent, transport=TRANSPORT, state=state, reason=reason)
        field.journal.observe(change)

    def _acted(self, timeline: Timeline, act: DesktopAct, from_s: float) -> list[DesktopActed]:
        return timeline.of(
            DesktopActed, lambda one: one.agent == self.agent and one.act is act and one.ok, from_s=from_s
        )

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        done = self._acted(timeline, _ACTS[self.how], from_s)
        return f"the browser of {self.agent} confirmed it at {done[0].at_s:.3f} s" if done else None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        done = self._acted(timeline, DesktopAct.SIGN_IN, from_s)
        if self.agent not in field.browsers:
            return f"all browsers are closed, that of {self.agent}, too"
        return f"{self.agent} is signed in at the desktop again since {done[0].at_s:.3f} s" if done else None

    def _desk(self, field: Field) -> Browsing:
        if self.agent not in field.browsers:
            raise InjectFailed(f"nobody has opened a browser for {self.agent}")
        return field.browsers[self.agent]
