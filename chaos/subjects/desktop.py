"""A person at a desktop that consists of plain pages: fills in forms, and reads what the page says.

The product's own desktop is a program in a browser, and this is none: it is for a deployment that serves the same
screens as forms without script. What a page means is not known here, only what it shows: an element with the role
`alert`, and whether it asks for a password.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from chaos.clients.http import HttpTransport
from chaos.inventory import Agent, FinesseNode
from chaos.journal import DesktopShown, Journal, Screen
from chaos.wire.finesse import UserState

SIGN_IN = "/desktop/sign-in"
HOME = "/desktop/home"
PAGE_BYTES_MAX = 1 << 20


@dataclass
class Page:
    """What a person sees of a page. alert: its warning, None if it has none or an empty one; asks_password: whether it
    has a field for one; action: where its form goes, None if it has no form."""

    alert: str | None = None
    asks_password: bool = False
    action: str | None = None
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Reads one page; anything that is no HTML is a page that shows nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._alert: str | None = None
        self._texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form" and self.page.action is None:
            self.page.action = values.get("action") or ""
        elif tag == "input" and values.get("name"):
            self.page.fields[values.get("name") or ""] = values.get("value") or ""
            self.page.asks_password |= values.get("type") == "password"
        if values.get("role") == "alert" and self._alert is None:
            self._alert = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._alert:
            self._alert = None

    def handle_data(self, data: str) -> None:
        if self._alert is not None:
            self._texts.append(data)
            self.page.alert = " ".join("".join(self._texts).split()) or None


def read_page(text: str) -> Page:
    """What a page shows. Never raises for what is no HTML."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page


class PlainDesktop:
    """One person at one node's desktop; keeps the session from `sign_in` on. What a node does never raises.

    was_good: called when something went through that takes good credentials.
    """

    def __init__(
        self,
        agent: Agent,
        node: FinesseNode,
        password: str,
        journal_of: Callable[[], Journal | None],
        *,
        tls: ssl.SSLContext,
        timeout_s: float,
        was_good: Callable[[], None] = lambda: None,
    ) -> None:
        self._was_good = was_good
        self._was_in = False
        self.agent = agent
        self.node = node
        self._password = password
        self._journal_of = journal_of
        self._timeout_s = timeout_s
        host = f"[{node.dial}]" if ":" in node.dial else node.dial
        self._client = httpx.AsyncClient(
            transport=HttpTransport(tls),
            base_url=f"https://{host}:{node.https_port}",
            headers={"Host": f"{node.host}:{node.https_port}"},
            timeout=timeout_s,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def sign_in(self, *, by_name: bool = False) -> bool:
        """Fill in the sign-in page, without a telephone; whether the desktop came up. What it shows is recorded.

        by_name: with the login name instead of the agent's id, if it has one.
        """
        user = (self.agent.login if by_name else None) or self.agent.id
        page = await self._submitted(SIGN_IN, {"user": user, "password": self._password}, Screen.SIGN_IN)
        return page is not None and not page.asks_password and page.alert is None

    async def ask_for(self, state: UserState) -> bool:
        """Ask for a state, as the signed-in person; whether no notice came of it."""
        page = await self._submitted(HOME, {"state": str(state)}, Screen.NOTICE)
        return page is not None and page.alert is None

    async def _submitted(self, path: str, entered: dict[str, str], screen: Screen) -> Page | None:
        journal = self._journal_of()
        asked_s = journal.moment_s() if journal is not None else 0.0
        page = None
        form = await self._exchange("GET", path, None)
        if form is not None and form.action is not None:
            asks_password = form.asks_password
            page = await self._exchange("POST", form.action or path, {**form.fields, **entered})
            # A session that has lapsed leads from the desktop to the sign-in page: that is no notice to its user.
            if screen is Screen.NOTICE and asks_password:
                page = None
        ok = page is not None and page.alert is None and not page.asks_password
        if ok:
            self._was_good()
        self._was_in |= ok
        opens = page is not None and not self._was_in and await self._is_open()
        if journal is not None and journal is self._journal_of():
            journal.observe(
                DesktopShown(
                    node=self.node.host,
                    agent=self.agent.id,
                    screen=screen,
                    asked_s=asked_s,
                    ok=ok,
                    text=page.alert if page is not None else None,
                    came=page is not None,
                    opens=opens,
                )
            )
        return page

    async def _is_open(self) -> bool:
        """Whether the desktop comes up without a sign-in; else it leads to the page for that."""
        page = await self._exchange("GET", HOME, None)
        return page is not None and page.action is not None and not page.asks_password

    async def _exchange(self, method: str, path: str, form: dict[str, str] | None) -> Page | None:
        """The page at the end of all redirections; None if none came."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.request(
                    method,
                    path,
                    data=form,
                    follow_redirects=True,
                    extensions={"sni_hostname": self.node.host},
                )
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError):
            return None
        if len(answer.content) > PAGE_BYTES_MAX or "html" not in answer.headers.get("content-type", ""):
            return None
        return read_page(answer.text)
