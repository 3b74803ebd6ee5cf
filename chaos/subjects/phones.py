"""An agent at an IP phone: opens a service, reads the screen, presses soft keys, fills in forms; and the phone itself,
which takes orders from whoever controls it.

The phone is emulated, the same for a mock and a lab: it knows the objects of IP phone services and nothing of Finesse.
What becomes of it is up to the pages that it is given. Whatever it shows is an observation, its own errors too.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

from chaos.errors import InventoryError
from chaos.inventory import Agent, FinesseNode, Phone
from chaos.journal import Journal, PhoneAct, PhoneActed, PhoneScreen
from chaos.subjects.phone_orders import PhoneOrders
from chaos.subjects.phone_pages import PageFetcher
from chaos.wire import phone as wire

SERVICES = "services"
ERROR = "error"
NOBODYS = "no-password-of-anybody"


class IpPhone:
    """One phone, at which one agent works. What a node does never raises.

    services: the URL of each node's service by its host, as CUCM has it, before `/#DEVICENAME#`. unavailable: what the
    words of a screen for an unavailable server match. Raises nothing; `start` raises InventoryError.
    """

    def __init__(
        self,
        phone: Phone,
        agent: Agent,
        nodes: Sequence[FinesseNode],
        services: Mapping[str, str],
        password: str,
        account: tuple[str, str],
        journal_of: Callable[[], Journal | None],
        *,
        unavailable: str,
        tls: ssl.SSLContext,
        timeout_s: float,
        was_good: Callable[[], None] = lambda: None,
    ) -> None:
        self.phone, self.agent = phone, agent
        self._hosts = frozenset(node.host for node in nodes)
        self._services, self.password = services, password
        self._journal_of, self._was_good = journal_of, was_good
        self._unavailable = re.compile(unavailable, re.IGNORECASE)
        self._pages = PageFetcher(phone, agent, nodes, journal_of, tls=tls, timeout_s=timeout_s)
        self._orders = PhoneOrders(phone, agent, account, journal_of, self._carried_out)
        self._page: wire.Page | None = None
        self._url = ""
        self._screens = self._controls = 0
        self.is_off_hook = False
        self._waiting: list[str] = []
        self._refresh: tuple[int, str] | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._failed: BaseException | None = None
        self._changed = asyncio.Event()
        self.kind = SERVICES
        self.node = ""

    @property
    def id(self) -> str:
        return self.agent.id

    # Its life

    async def start(self) -> None:
        """Take orders from now on. Raises InventoryError: its address cannot be listened on."""
        try:
            await self._orders.start()
        except InventoryError:
            await self._pages.close()
            raise
        self._show(SERVICES, None, "")

    async def close(self) -> None:
        """Switch it off. Safe twice. Raises what an order ended with that nobody has heard of: a bug of ours."""
        await self._orders.close()
        refreshing = self._refreshing
        if refreshing is not None:
            refreshing.cancel()
            await asyncio.gather(refreshing, return_exceptions=True)
        await self._pages.close()
        self._raise_what_failed()

    def _raise_what_failed(self) -> None:
        self._orders.raise_what_failed()
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed

    # What a person does

    @property
    def keys(self) -> tuple[str, ...]:
        """The soft keys that it shows, by name."""
        return () if self._page is None else tuple(key.name for key in self._page.keys)

    @property
    def words(self) -> str:
        """All the words of what it shows now, keys and fields left out."""
        page = self._page
        return (
            "" if page is None else f"{page.title}\n{page.prompt}\n{page.text if isinstance(page, wire.Text) else ''}"
        )

    async def open(self, node: FinesseNode) -> bool:
        """Pick that node's service in the phone's menu."""
        url = f"{self._services[node.host]}/{quote(self.phone.device)}"
        return await self._acted(PhoneAct.OPEN, lambda: self._go(url), node.host)

    async def press(self, key: str) -> bool:
        """A soft key, by its name."""
        return await self._acted(PhoneAct.PRESS, lambda: self._pressed(key), key)

    async def pick(self, item: str | None = None) -> bool:
        """An item of the menu that is shown, by its name; None: the first one."""
        page = self._page
        found = [one for one in page.items if item in (None, one.name)] if isinstance(page, wire.Menu) else []
        return await self._acted(
            PhoneAct.PICK, lambda: self._go(found[0].url) if found else _no(), found[0].name if found else item
        )

    async def sign_in(self) -> bool:
        """Fill in whatever the form asks for, and send it; whether the form is gone then."""

        async def send() -> bool:
            good = await self._sent(self.agent.id, self.password)
            if good:
                self._was_good()
            return good

        return await self._acted(PhoneAct.SEND, send, "SignIn")

    async def mistype(self) -> bool:
        """The same with a password that is nobody's."""
        return await self._acted(PhoneAct.SEND_WRONG, lambda: self._sent(self.agent.id, NOBODYS))

    async def lend(self, another: str, password: str) -> bool:
        """The same, filled in by another agent, who signs in at this phone's extension."""
        return await self._acted(PhoneAct.SEND_FOR_ANOTHER, lambda: self._sent(another, password), another)

    async def _sent(self, agent: str, password: str) -> bool:
        """Whether the form that was filled in so is gone then."""
        typed = {"id": agent, "password": password, "extension": self.agent.extension}
        page = self._page
        if not isinstance(page, wire.Input):
            return False
        key = next((one for one in page.keys if one.url == "SoftKey:Submit"), None)
        if key is None:
            return False
        url, query = wire.submission(page, typed)
        good = await self._go(url + ("&" if "?" in url else "?") + urlencode(query))
        return good and not isinstance(self._page, wire.Input)

    async def leave(self) -> bool:
        """The phone's own key: back to the menu of its services, whatever a page says."""

        async def go() -> bool:
            self._show(SERVICES, None, "")
            return True

        return await self._acted(PhoneAct.LEAVE, go)

    async def off_hook(self) -> bool:
        """Take the handset: orders that may wait do so from now on."""
        self.is_off_hook = True
        return await self._acted(PhoneAct.OFF_HOOK, _yes)

    async def on_hook(self) -> bool:
        """Put it down: what waited is done."""
        self.is_off_hook = False

        async def go() -> bool:
            waiting, self._waiting = self._waiting, []
            for url in waiting:
                await self._go(url, pushed=True)
            return True

        return await self._acted(PhoneAct.ON_HOOK, go)

    async def control(self) -> bool:
        """Make it show something, only to be seen: what was not seen then was not seen before, either."""
        self._controls += 1
        text = f"finesse-chaos-control-{self.phone.device}-{self._controls}"

        async def go() -> bool:
            self._record_screen(SERVICES, None, text, control=True)
            return True

        return await self._acted(PhoneAct.CONTROL, go, text)

    async def until(self, sign: Callable[["IpPhone"], bool], *, within_s: float) -> bool:
        """Wait until it shows that; whether it did."""
        try:
            async with asyncio.timeout(within_s):
                while not sign(self):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _acted(self, act: PhoneAct, work: Callable[[], Awaitable[bool]], detail: str | None = None) -> bool:
        self._raise_what_failed()
        journal = self._journal_of()
        begun_s = journal.now_s() if journal is not None else 0.0
        ok = await work()
        if journal is not None and journal is self._journal_of():
            journal.observe(
                PhoneActed(
                    act=act,
                    agent=self.id,
                    device=self.phone.device,
                    node=self.node,
                    ok=ok,
                    begun_s=begun_s,
                    detail=detail,
                )
            )
        return ok

    async def _pressed(self, key: str) -> bool:
        page = self._page
        found = next((one for one in page.keys if one.name == key), None) if page is not None else None
        if found is None:
            return False
        if found.url.startswith(("http://", "https://")):
            return await self._go(found.url)
        return await self._uri(found.url)

    async def _uri(self, uri: str) -> bool:
        """What a phone does by itself; of these only leaving changes what it shows."""
        if uri in ("SoftKey:Exit", "Init:Services", "Key:Services"):
            self._show(SERVICES, None, "")
            return True
        if uri == "SoftKey:Update" and self._url:
            return await self._go(self._url)
        return uri.startswith(("SoftKey:", "Key:"))

    # What the phone does

    async def _go(self, url: str, *, pushed: bool = False) -> bool:
        """Fetch that page and show it; errors are shown, too. Whether a page or an order came."""
        got = await self._pages.fetch(url, pushed=pushed)
        if got.made is None:
            self._show(ERROR, None, got.host, got.error)
            return False
        if isinstance(got.made, wire.Execute):
            return await self._carried_out(got.made)
        self._url = got.url
        self._refresh = got.refresh
        self._show(type(got.made).__name__.lower(), got.made, got.host)
        return True

    def _show(self, kind: str, page: wire.Page | None, host: str, text: str = "") -> None:
        self.kind, self._page, self.node = kind, page, host if host in self._hosts else ""
        self._refresh = self._refresh if page is not None else None
        self._refreshes_later()
        self._record_screen(kind, page, text)
        self._changed.set()

    def _record_screen(self, kind: str, page: wire.Page | None, text: str, *, control: bool = False) -> None:
        journal = self._journal_of()
        if journal is None:
            return
        self._screens += 1
        words = text or (page.text if isinstance(page, wire.Text) else "")
        title, prompt = (page.title, page.prompt) if page is not None else ("", "")
        journal.observe(
            PhoneScreen(
                agent=self.id,
                device=self.phone.device,
                node=self.node,
                page=kind,
                nth=self._screens,
                title=title,
                prompt=prompt,
                text=words,
                keys=self.keys if page is not None else (),
                fields=tuple(one.parameter for one in page.items) if isinstance(page, wire.Input) else (),
                items=tuple(one.name for one in page.items) if isinstance(page, wire.Menu) else (),
                hosts=_hosts(page, None if self._refresh is None else self._refresh[1]),
                unavailable=kind == "text" and self.is_unavailable_text(f"{title}\n{prompt}\n{words}"),
                control=control,
            )
        )

    def _refreshes_later(self) -> None:
        """What the page before said of when to go where is over."""
        refreshing = self._refreshing
        if refreshing is not None and refreshing is not asyncio.current_task():
            refreshing.cancel()
        self._refreshing = None
        if self._refresh is not None:
            after_s, url = self._refresh
            self._refreshing = asyncio.get_running_loop().create_task(self._refreshed(after_s, url))
            self._refreshing.add_done_callback(self._refresh_done)

    async def _refreshed(self, after_s: float, url: str) -> None:
        await asyncio.sleep(after_s)
        await self._go(url, pushed=True)

    def _refresh_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and self._failed is None:
            self._failed = task.exception()

    def is_unavailable_text(self, words: str) -> bool:
        """Whether these words say that the server is unavailable."""
        return self._unavailable.search(words) is not None

    @property
    def is_unavailable(self) -> bool:
        """Whether that is what it shows."""
        page = self._page
        return isinstance(page, wire.Text) and self.is_unavailable_text(f"{page.title}\n{page.prompt}\n{page.text}")

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether it shows a form with a password."""
        page = self._page
        return isinstance(page, wire.Input) and any(one.is_secret for one in page.items)

    # Orders

    async def _carried_out(self, order: wire.Execute) -> bool:
        good = True
        for item in order.items:
            if item.is_uri:
                good = await self._uri(item.url) and good
            elif item.priority == 0 or not self.is_off_hook:
                good = await self._go(item.url, pushed=True) and good
            elif item.priority == 1:
                self._waiting.append(item.url)
        return good


def _hosts(page: wire.Page | None, refresh: str | None) -> tuple[str, ...]:
    """Whom the keys, items and form of a page lead to, each once, and its refreshing."""
    urls = [key.url for key in page.keys] if page is not None else []
    urls += [] if refresh is None else [refresh]
    if isinstance(page, wire.Menu):
        urls += [item.url for item in page.items]
    elif isinstance(page, wire.Input):
        urls.append(page.url)
    return tuple(dict.fromkeys(host for url in urls if (host := urlsplit(url).hostname)))


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False
