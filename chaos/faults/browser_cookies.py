"""Browsers with cookies that an older sign-on left, with none, or with none any more."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field, KeepsCookies
from chaos.inventory import Inventory
from chaos.journal import DesktopAct, DesktopActed, Timeline


class Cookies(StrEnum):
    """How a browser's cookies are when somebody signs on."""

    FRESH = "fresh"  # it never had any
    STALE = "stale"  # those of an older sign-on are left
    CLEARED = "cleared"  # those of an older sign-on were left, and have been cleared


@dataclass(frozen=True, slots=True)
class BrowserCookies(Fault):
    """The browsers of these agents, whose windows are closed, have such cookies from now on. What is stale was left by
    the agents themselves, in an older sign-on; it is not made here. Rollback clears all, which no sign-on notices that
    has its tokens.
    """

    agents: tuple[str, ...]
    how: Cookies

    @property
    def name(self) -> str:
        return f"{self.how}-cookies-of-{'-'.join(self.agents)}"

    @property
    def target(self) -> str:
        return f"browsers/cookies/{'+'.join(self.agents)}"

    def unfit(self, inventory: Inventory) -> str | None:
        if inventory.browsers is None:
            return "the inventory names no browsers: give browsers.devtools"
        named = {agent.id for agent in inventory.sso.agents} if inventory.sso is not None else set()
        return next((f"no agent {one} signs in by single sign-on" for one in self.agents if one not in named), None)

    async def inject(self, field: Field) -> None:
        for agent in self.agents:
            browser = field.browsers.get(agent)
            if not isinstance(browser, KeepsCookies):
                raise InjectFailed(f"nobody has a browser of his own for {agent}")
            if self.how is Cookies.CLEARED:
                await browser.clear_cookies()
            await browser.count_cookies()

    async def rollback(self, field: Field) -> None:
        for agent in self.agents:
            browser = field.browsers.get(agent)
            if isinstance(browser, KeepsCookies):
                await browser.clear_cookies()
                await browser.count_cookies()

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        counts = self._counts(timeline, from_s)
        wanted = self.how is Cookies.STALE
        if not all(found is not None and (found > 0) is wanted for found in counts.values()):
            return None
        cleared = timeline.of(DesktopActed, lambda seen: seen.act is DesktopAct.CLEAR and seen.ok, from_s=from_s)
        had = {seen.agent for seen in cleared if seen.detail not in (None, "0")}
        if self.how is Cookies.CLEARED and not had.issuperset(self.agents):
            return None
        said = ", ".join(f"{agent} has {found}" for agent, found in counts.items())
        return f"cookies were counted: {said}"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        if any(found != 0 for found in self._counts(timeline, from_s).values()):
            return None
        return f"no cookies are left of {', '.join(self.agents)}"

    def _counts(self, timeline: Timeline, from_s: float) -> dict[str, int | None]:
        """How many each of them had last; None: nobody could count them."""
        found: dict[str, int | None] = dict.fromkeys(self.agents)
        for seen in timeline.of(
            DesktopActed, lambda one: one.act is DesktopAct.COOKIES and one.window == 1, from_s=from_s
        ):
            if seen.agent in found and seen.detail is not None and seen.detail.isdecimal():
                found[seen.agent] = int(seen.detail) if seen.ok else None
        return found
