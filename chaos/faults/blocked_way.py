"""A browser's way to one node, or to its event stream or its API alone, is blocked in the browser: the lab does not
notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaos.clients.devtools import BrowserError
from chaos.errors import InjectFailed
from chaos.faults.base import Browsing, Fault, Field
from chaos.inventory import Inventory
from chaos.journal import DesktopRequested, Timeline

BLOCKED = "net::ERR_BLOCKED_BY_CLIENT"
BOSH_PORT = 7443


def without(blocked: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """What is still blocked without these, each of which may be there twice."""
    left = list(blocked)
    for pattern in patterns:
        if pattern in left:
            left.remove(pattern)
    return left


@dataclass(frozen=True, slots=True)
class BlockedWay(Fault):
    """New requests of these agents' browsers to that node fail in the browser; what is under way goes on to its end.

    A WebSocket that stands is ended by the mock's browsers; Chrome leaves it, and nothing comes of the fault then.

    host: the node's name. bosh: only its event stream is blocked, and the node answers everything else. api: only what
    the node answers is, and its event stream goes on.
    """

    LOOK_EVERY_S: ClassVar[float] = 15.0

    agents: tuple[str, ...]
    host: str
    bosh: bool = False
    api: bool = False

    @property
    def name(self) -> str:
        what = "event-stream" if self.bosh else "api" if self.api else "way"
        return f"{what}-to-{self.host}-blocked-for-{'-'.join(self.agents)}"

    @property
    def target(self) -> str:
        return f"browsers/{self.host}"

    def unfit(self, inventory: Inventory) -> str | None:
        if inventory.browsers is None:
            return "the inventory names no browsers: give browsers.devtools"
        named = {agent.id for agent in inventory.everybody()}
        return next((f"there is no agent {one}" for one in self.agents if one not in named), None)

    @property
    def patterns(self) -> tuple[str, ...]:
        if self.api:
            return (f"https://{self.host}*/finesse/api/*",)
        if not self.bosh:
            return (f"https://{self.host}*", f"wss://{self.host}*")
        return (f"https://{self.host}:{BOSH_PORT}/*", f"https://{self.host}*/http-bind*", f"wss://{self.host}*")

    def _look_at(self, field: Field) -> str:
        if self.bosh:
            return f"https://{self.host}:{BOSH_PORT}/http-bind/"
        node = next(node for node in field.inventory.finesse_nodes() if node.host == self.host)
        return f"{node.base_url}/finesse/api/SystemInfo"

    async def inject(self, field: Field) -> None:
        for agent in self.agents:
            browser = field.browsers.get(agent)
            if browser is None:
                raise InjectFailed(f"nobody has opened a browser for {agent}")
            await self._break(browser)
        await self.look_again(field)

    async def rollback(self, field: Field) -> None:
        for agent in self.agents:
            browser = field.browsers.get(agent)
            if browser is not None:
                await self._mend(browser)
        await self.look_again(field)

    async def _break(self, browser: Browsing) -> None:
        await browser.block((*browser.blocked, *self.patterns))

    async def _mend(self, browser: Browsing) -> None:
        await browser.block(without(browser.blocked, self.patterns))

    def _is_met(self, look: DesktopRequested) -> bool:
        """Whether that look of ours has met it."""
        return look.failure == BLOCKED

    @property
    def look_every_s(self) -> float | None:
        return self.LOOK_EVERY_S

    async def look_again(self, field: Field) -> None:
        for agent in self.agents:
            browser = field.browsers.get(agent)
            if browser is not None:
                try:
                    await browser.look(self._look_at(field))
                except BrowserError:
                    continue  # then there is no look, and no proof

    def _looks(self, timeline: Timeline, from_s: float) -> dict[str, list[DesktopRequested]]:
        found: dict[str, list[DesktopRequested]] = {agent: [] for agent in self.agents}
        resource = "BOSH" if self.bosh else "GET SystemInfo"
        for seen in timeline.of(DesktopRequested, lambda one: one.is_look and one.node == self.host, from_s=from_s):
            if seen.agent in found and seen.resource == resource:
                found[seen.agent].append(seen)
        return found

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        looks = self._looks(timeline, from_s)
        if not all(seen and self._is_met(seen[-1]) for seen in looks.values()):
            return None
        return f"the browsers of {', '.join(self.agents)} do not get through to {self.host}"

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        for agent, looks in self._looks(timeline, from_s).items():
            through = next((seen for seen in looks if not self._is_met(seen)), None)
            if through is not None:
                return f"the browser of {agent} was let out to {self.host} at {through.sent_s:.3f} s"
        return None

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """They are let out again, whatever the node answers; a browser that is closed has no way to block."""
        looks = self._looks(timeline, from_s)
        open_ = [agent for agent in self.agents if agent in field.browsers]
        if not all(looks[agent] and not self._is_met(looks[agent][-1]) for agent in open_):
            return None
        return f"the browsers of {', '.join(open_) or 'nobody'} get out to {self.host} again"
