"""An agent at an IP phone: opens a service, reads the screen, presses soft keys, fills in forms; and the phone itself,
which takes orders from whoever controls it.

The phone is emulated, the same for a mock and a lab: it knows the objects of IP phone services and nothing of Finesse.
What becomes of it is up to the pages that it is given. Whatever it shows is an observation, its own errors too.
"""

import asyncio
import base64
import binascii
import hmac
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx
from aiohttp import web

from chaos.clients.http import AnswerTooLarge, HttpTransport
from chaos.errors import InventoryError, PeerError
from chaos.inventory import Agent, FinesseNode, Phone
from chaos.journal import Journal, PhoneAct, PhoneActed, PhonePushed, PhoneRequested, PhoneScreen
from chaos.wire import phone as wire

SERVICES = "services"
ERROR = "error"
_ORDER_BYTES_MAX = 16 * 1024
_REDIRECTS_MAX = 3
# As a 7965 asks; nobody answers differently for it, as far as is known.
_HEADERS = {
    "Accept": "x-CiscoIPPhone/*;version=5.0.0, text/*",
    "Accept-Language": "en",
    "Accept-Charset": "utf-8",
    "User-Agent": "Allegro-Software-WebClient/4.34",
    "x-CiscoIPPhoneModelName": "CP-7965G",
    "x-CiscoIPPhoneDisplay": "320, 222, 16, C",
    "x-CiscoIPPhoneSDKVersion": "8.0.1",
}
# What a phone shows by itself when a service is sick: by how the request ended.
_OWN = {"refused": "HTTP Error[10]", "reset": "HTTP Error[10]", "timeout": "HTTP Error[10]", "tls": "Host Not Found"}
_BY_STATUS = {404: "File Not Found", 500: "HTTP connection failed", 503: "Server Busy!"}


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
        self._nodes = {node.host: node for node in nodes}
        self._services, self.password, self._account = services, password, account
        self._journal_of, self._was_good = journal_of, was_good
        self._unavailable = re.compile(unavailable, re.IGNORECASE)
        self._transport = HttpTransport(tls, answer_bytes_max=wire.OBJECT_BYTES_MAX)
        self._timeout_s = timeout_s
        self._runner: web.AppRunner | None = None
        self._page: wire.Page | None = None
        self._url = ""
        self._screens = self._requests = self._pushes = self._controls = 0
        self._is_off_hook = False
        self._waiting: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
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
        application = web.Application(client_max_size=_ORDER_BYTES_MAX)
        application.router.add_post(wire.EXECUTE_PATH, self._execute)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        at = self.phone.listen_at
        try:
            await web.TCPSite(self._runner, at.host, at.port).start()
        except OSError as error:
            await self.close()
            raise InventoryError(
                f"phone {self.phone.device}: {at.host}:{at.port} cannot be listened on: {error.strerror}; give it an "
                "address of this machine that is free, and CUCM the same"
            ) from error
        self._show(SERVICES, None, "")

    async def close(self) -> None:
        """Switch it off. Safe twice. Raises what an order ended with that nobody has heard of: a bug of ours."""
        runner, self._runner = self._runner, None
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if runner is not None:
            await runner.cleanup()
        await self._transport.aclose()
        self._raise_what_failed()

    # What a person does

    @property
    def keys(self) -> tuple[str, ...]:
        """The soft keys that it shows, by name."""
        return () if self._page is None else tuple(key.name for key in self._page.keys)

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
        typed = {"id": self.agent.id, "password": self.password, "extension": self.agent.extension}

        async def send() -> bool:
            page = self._page
            if not isinstance(page, wire.Input):
                return False
            key = next((one for one in page.keys if one.url == "SoftKey:Submit"), None)
            if key is None:
                return False
            url, query = wire.submission(page, typed)
            good = await self._go(url + ("&" if "?" in url else "?") + urlencode(query))
            if good and not isinstance(self._page, wire.Input):
                self._was_good()
                return True
            return False

        return await self._acted(PhoneAct.SEND, send, "SignIn")

    async def leave(self) -> bool:
        """The phone's own key: back to the menu of its services, whatever a page says."""

        async def go() -> bool:
            self._show(SERVICES, None, "")
            return True

        return await self._acted(PhoneAct.LEAVE, go)

    async def off_hook(self) -> bool:
        """Take the handset: orders that may wait do so from now on."""
        self._is_off_hook = True
        return await self._acted(PhoneAct.OFF_HOOK, _yes)

    async def on_hook(self) -> bool:
        """Put it down: what waited is done."""
        self._is_off_hook = False

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
            journal.record(
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
        for _ in range(_REDIRECTS_MAX):
            body, error, elsewhere = await self._fetched(url, pushed=pushed)
            if elsewhere is None:
                break
            url = elsewhere
        host = urlsplit(url).hostname or ""
        if body is None:
            self._show(ERROR, None, host, error)
            return False
        try:
            made = wire.read(body)
        except wire.BadPhoneObject:
            self._show(ERROR, None, host, "XML Error[4]")
            return False
        except (wire.UnknownPhoneObject, PeerError):
            self._show(ERROR, None, host, "XML Error[5]")
            return False
        if isinstance(made, wire.Execute):
            return await self._carried_out(made)
        if isinstance(made, wire.Response | wire.Failure):
            self._show(ERROR, None, host, "XML Error[5]")
            return False
        self._url = url
        self._show(type(made).__name__.lower(), made, host)
        return True

    async def _fetched(self, url: str, *, pushed: bool) -> tuple[bytes | None, str, str | None]:
        """The page; else what the phone says about that; or where it is led."""
        parts = urlsplit(url)
        host, journal = parts.hostname or "", self._journal_of()
        self._requests += 1
        number, sent_s = self._requests, journal.now_s() if journal is not None else 0.0
        status, failure, body, elsewhere = await self._asked(url, host)
        if journal is not None and journal is self._journal_of():
            journal.record(
                PhoneRequested(
                    agent=self.id,
                    device=self.phone.device,
                    node=host if host in self._nodes else "",
                    path=parts.path.replace(f"/{quote(self.phone.device)}", "/{device}"),
                    sent_s=sent_s,
                    pushed=pushed,
                    request=number,
                    status=status,
                    failure=failure,
                )
            )
        if elsewhere is not None:
            return None, "HTTP Error[8]", urljoin(url, elsewhere)
        if status == 200:
            return body, "", None
        return None, _OWN.get(failure or "") or _BY_STATUS.get(status or 0, "HTTP Error[8]"), None

    async def _asked(self, url: str, host: str) -> tuple[int | None, str | None, bytes, str | None]:
        node = self._nodes.get(host)
        try:
            named = httpx.URL(url)
            at = named.copy_with(host=node.dial) if node is not None else named
            request = httpx.Request(
                "GET",
                at,
                headers={**_HEADERS, "Host": named.netloc.decode("ascii")},
                extensions={
                    "timeout": {"connect": self._timeout_s / 2, "read": self._timeout_s},
                    "sni_hostname": host,
                },
            )
            async with asyncio.timeout(2 * self._timeout_s):
                response = await self._transport.handle_async_request(request)
                response.read()
        except AnswerTooLarge as large:
            return large.status, "too-large", b"", None
        except (TimeoutError, httpx.TimeoutException):
            return None, "timeout", b"", None
        except httpx.ConnectError as error:
            return None, "tls" if isinstance(error.__cause__, ssl.SSLError) else "refused", b"", None
        except ssl.SSLError:
            return None, "tls", b"", None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return None, "reset", b"", None
        if response.status_code in (301, 302, 303, 307):
            return response.status_code, None, b"", response.headers.get("location")
        return response.status_code, None, response.content, None

    def _show(self, kind: str, page: wire.Page | None, host: str, text: str = "") -> None:
        self.kind, self._page, self.node = kind, page, host if host in self._nodes else ""
        self._record_screen(kind, page, text)
        self._changed.set()

    def _record_screen(self, kind: str, page: wire.Page | None, text: str, *, control: bool = False) -> None:
        journal = self._journal_of()
        if journal is None:
            return
        self._screens += 1
        words = text or (page.text if isinstance(page, wire.Text) else "")
        title, prompt = (page.title, page.prompt) if page is not None else ("", "")
        journal.record(
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
                hosts=_hosts(page),
                unavailable=kind == "text" and self.is_unavailable_text(f"{title}\n{prompt}\n{words}"),
                control=control,
            )
        )

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

    async def _execute(self, request: web.Request) -> web.StreamResponse:
        let_in = self._may_control(request.headers.get("Authorization", ""))
        order: wire.Execute | None = None
        form = await request.post() if let_in else {}
        text = form.get(wire.FORM_FIELD)
        if isinstance(text, str):
            try:
                made = wire.read(text.encode())
            except PeerError:
                made = None
            order = made if isinstance(made, wire.Execute) else None
        self._pushes += 1
        journal = self._journal_of()
        if journal is not None:
            hosts = tuple(urlsplit(one.url).hostname or "" for one in order.items if not one.is_uri) if order else ()
            journal.record(
                PhonePushed(agent=self.id, device=self.phone.device, hosts=hosts, let_in=let_in, push=self._pushes)
            )
        if not let_in:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="phone"'})
        if order is None:
            return _answer(wire.Failure(1))
        task = asyncio.get_running_loop().create_task(self._ordered(order))
        self._tasks.add(task)
        task.add_done_callback(self._order_done)
        return _answer(wire.Response(tuple(wire.ResponseItem(one.url, wire.SUCCESS, "Success") for one in order.items)))

    async def _ordered(self, order: wire.Execute) -> None:
        await self._carried_out(order)

    def _order_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and self._failed is None:
            self._failed = task.exception()

    def _raise_what_failed(self) -> None:
        """Nobody waits for an order: whoever uses the phone next hears that one died."""
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed

    async def _carried_out(self, order: wire.Execute) -> bool:
        good = True
        for item in order.items:
            if item.is_uri:
                good = await self._uri(item.url) and good
            elif item.priority == 0 or not self._is_off_hook:
                good = await self._go(item.url, pushed=True) and good
            elif item.priority == 1:
                self._waiting.append(item.url)
        return good

    def _may_control(self, authorization: str) -> bool:
        kind, _, told = authorization.partition(" ")
        try:
            said = base64.b64decode(told, validate=True)
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(said, ":".join(self._account).encode())


def _answer(made: wire.PhoneObject) -> web.Response:
    return web.Response(body=wire.write(made), content_type=wire.CONTENT_TYPE, charset="utf-8")


def _hosts(page: wire.Page | None) -> tuple[str, ...]:
    """Whom the keys, items and form of a page lead to, each once."""
    urls = [key.url for key in page.keys] if page is not None else []
    if isinstance(page, wire.Menu):
        urls += [item.url for item in page.items]
    elif isinstance(page, wire.Input):
        urls.append(page.url)
    return tuple(dict.fromkeys(host for url in urls if (host := urlsplit(url).hostname)))


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False
