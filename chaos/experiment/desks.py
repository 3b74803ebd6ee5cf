"""What people sit at besides their clients: plain desktops, desktops in browsers, IP phones. Made when a story asks."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from chaos.clients.devtools import Devtools
from chaos.clients.tls import client_context
from chaos.errors import InventoryError
from chaos.inventory import Agent, Inventory
from chaos.journal import Journal
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktop import PlainDesktop
from chaos.subjects.desktops import BrowserDesktop
from chaos.subjects.phones import IpPhone
from chaos.subjects.signed_on import SignedOnDesktop

# Spare agents wait this long for an answer: longer than any database time-out, whose end is what they are to see.
SPARE_PATIENCE_S = 90.0
# For hanging up, all clients at the same time.
LEAVE_WITHIN_S = 20.0
# A browser answers when a page has loaded.
_BROWSER_PATIENCE_S = 30.0


class Desks:
    """browsers: desktops that stand open, by agent, the first of each. phones: that are on, by agent."""

    def __init__(self, inventory: Inventory, env: Mapping[str, str], journal_of: Callable[[], Journal | None]) -> None:
        self._inventory, self._env, self._journal_of = inventory, env, journal_of
        self.browsers: dict[str, BrowserDesktop] = {}
        self._others: dict[tuple[str, int], BrowserDesktop] = {}
        self.phones: dict[str, IpPhone] = {}
        self._plain: list[PlainDesktop] = []
        self._sat: dict[str, BrowserDesktop] = {}
        self._devtools: dict[str, Devtools] = {}

    def desktop(self, agent: WorkingAgent) -> PlainDesktop:
        """An agent's desktop, not signed in; it lives until the lab is left."""
        timing = self._inventory.timing

        desktop = PlainDesktop(
            agent.agent,
            agent.node,
            agent.agent.password.reveal(self._env),
            self._journal_of,
            tls=client_context(self._inventory),
            timeout_s=max(timing.request_timeout_s, SPARE_PATIENCE_S),
            was_good=agent.rest.was_let_in,
        )
        self._plain.append(desktop)
        return desktop

    async def browser(self, agent: WorkingAgent, *, by_socket: bool = False) -> BrowserDesktop:
        """A browser for that agent's desktop, not opened; it lives until the experiment is over. by_socket: as of
        Stage.

        Raises InventoryError: the lab has no browsers. BrowserError: they cannot be driven.
        """
        devtools = await self._driven(by_socket=by_socket)

        desktop = self.browsers[agent.id] = self._sat[agent.id] = BrowserDesktop(
            agent.agent,
            self._inventory.finesse_nodes(),
            agent.agent.password.reveal(self._env),
            devtools,
            self._journal_of,
            was_good=agent.rest.was_let_in,
        )
        return desktop

    def left_s(self, agent: str) -> float | None:
        """When that person closed the last desktop in a browser, in whatever experiment; None: never, or it is open."""
        return self._sat[agent].left_s if agent in self._sat else None

    async def signed_on(self, agent: Agent, *, window: int = 1) -> SignedOnDesktop:
        """As `browser`, for somebody who signs in by single sign-on; cookies are his own. window: as of Stage."""
        desktop = SignedOnDesktop(
            agent,
            self._inventory.finesse_nodes(),
            agent.password.reveal(self._env),
            await self._driven(),
            self._journal_of,
            window=window,
        )
        if window == 1:
            self.browsers[agent.id] = desktop
        else:
            self._others[agent.id, window] = desktop
        return desktop

    async def _driven(self, *, by_socket: bool = False) -> Devtools:
        browsers = self._inventory.browsers
        if browsers is None:
            raise InventoryError("the inventory names no browsers: give browsers.devtools")
        url = browsers.websocket if by_socket and browsers.websocket is not None else browsers.devtools
        if url not in self._devtools:
            timeout_s = max(self._inventory.timing.request_timeout_s, _BROWSER_PATIENCE_S)
            devtools = Devtools(url, timeout_s=timeout_s)
            await devtools.open()
            self._devtools[url] = devtools
        return self._devtools[url]

    async def close_browsers(self) -> None:
        """Whatever browsers are open are closed as their users would. Safe twice."""
        browsers = (*self.browsers.values(), *self._others.values())
        self.browsers.clear()
        self._others.clear()
        await asyncio.gather(*(browser.end() for browser in browsers))

    async def phone(self, agent: WorkingAgent) -> IpPhone:
        """The IP phone of that agent's line, switched on; it lives until the experiment is over.

        Raises InventoryError: there is none, or its address cannot be listened on.
        """
        phones = self._inventory.phones
        found = (
            next((one for one in phones.devices if one.extension == agent.agent.extension), None) if phones else None
        )
        if phones is None or found is None:
            raise InventoryError(f"the inventory names no phone with extension {agent.agent.extension}: give phones")

        made = IpPhone(
            found,
            agent.agent,
            self._inventory.finesse_nodes(),
            self._inventory.phone_services(),
            agent.agent.password.reveal(self._env),
            (phones.account.user, phones.account.password.reveal(self._env)),
            self._journal_of,
            unavailable=phones.unavailable,
            tls=client_context(self._inventory),
            timeout_s=self._inventory.timing.request_timeout_s,
            was_good=agent.rest.was_let_in,
        )
        await made.start()
        self.phones[agent.id] = made
        return made

    async def close_phones(self) -> None:
        """Whatever phones are on are switched off. Safe twice."""
        phones = tuple(self.phones.values())
        self.phones.clear()
        await asyncio.gather(*(phone.close() for phone in phones))

    async def end(self) -> None:
        """The experiment is over: browsers and phones are closed. Safe twice."""
        await self.close_browsers()
        await self.close_phones()

    async def close(self) -> None:
        """The lab is left: phones, browsers, and plain desktops. Safe twice."""
        await self.close_phones()
        devtools, self._devtools = tuple(self._devtools.values()), {}
        if devtools:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_WITHIN_S):
                    await self.close_browsers()
                    await asyncio.gather(*(one.close() for one in devtools))
        plain, self._plain = self._plain, []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await asyncio.gather(*(one.close() for one in plain), return_exceptions=True)
