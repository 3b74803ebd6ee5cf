"""What the desktop's page asks of a node over HTTP: pages, tokens, and REST on Tomcat's port."""

import asyncio
import base64
from dataclasses import dataclass, field
from urllib.parse import urlencode

from chaos.errors import PeerError
from chaos.mock.browsers.fetching import Answer, Fetcher
from chaos.mock.browsers.tokens import Tokens
from chaos.wire import finesse
from chaos.wire.finesse import SystemInfo, UserRequest, UserState

PAGE = "/desktop/container"
GADGET = "/gadgets/ifr?url=https%3A%2F%2Flocalhost%3A8443%2F3rdpartygadget%2Ffiles%2Fcalls.xml"
"""The document of a frame in the page, in which a gadget is."""
TOKEN, FORCED_LOGOUT = "/desktop/sso/token", "/desktop/sso/forced-logout"
FETCH_S = 8.0


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody typed into the sign-in form. is_token: the password is an access token, which nobody typed."""

    user: str
    password: str = field(repr=False)
    extension: str
    is_token: bool = False

    @property
    def authorization(self) -> str:
        if self.is_token:
            return f"Bearer {self.password}"
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


class Asking:
    """Requests to nodes by their names. port: Tomcat's, the same at every node. is_unreadable: whether the last answer
    that was to be a SystemInfo was something else. document: in which frame; "": in the page itself."""

    def __init__(self, fetcher: Fetcher, port: int, document: str = "") -> None:
        self.is_unreadable = False
        self.fetcher, self._port, self._document = fetcher, port, document

    def of_gadget(self) -> "Asking":
        """As what a gadget in this page asks."""
        return Asking(self.fetcher, self._port, GADGET)

    def page(self, server: str) -> str:
        """The address of the desktop there."""
        return f"https://{server}:{self._port}{PAGE}"

    async def has_page(self, server: str) -> bool:
        answer = await self.fetcher.fetch("GET", self.page(server), within_s=FETCH_S)
        return answer.is_good

    async def system_info(self, server: str) -> SystemInfo | None:
        """None: no answer that says anything."""
        answer = await self.rest(server, "GET", "SystemInfo", None)
        try:
            info = finesse.parse_system_info(answer.body) if answer.is_good else None
        except PeerError:
            info = None
        self.is_unreadable = info is None and answer.status is not None
        return info

    async def login(self, server: str, entered: Entered) -> Answer:
        return await self.ask(server, entered, UserState.LOGIN, extension=entered.extension)

    async def ask(self, server: str, entered: Entered, state: UserState, *, extension: str | None = None) -> Answer:
        """For a state."""
        wanted = finesse.write_user_request(UserRequest(state, extension=extension))
        return await self.rest(server, "PUT", f"User/{entered.user}", entered, body=wanted)

    async def rest(
        self, server: str, method: str, resource: str, entered: Entered | None, *, body: bytes = b""
    ) -> Answer:
        """entered: who asks; None: nobody is named."""
        headers = {} if entered is None else {"Authorization": entered.authorization}
        if body:
            headers["Content-Type"] = "application/xml"
        url = f"https://{server}:{self._port}/finesse/api/{resource}"
        return await self.fetcher.fetch(
            method, url, headers=headers, body=body, within_s=FETCH_S, document=self._document
        )

    async def renewed(self, server: str, tokens: Tokens) -> Tokens | None:
        """A new access token. Source: developer guide, Single Sign-On, Refresh Existing Access Token."""
        body = urlencode({"token": tokens.access, "refresh-token": tokens.refresh}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"https://{server}:{self._port}{TOKEN}"
        answer = await self.fetcher.fetch("POST", url, headers=headers, body=body, within_s=FETCH_S)
        return Tokens.read(answer.body, asyncio.get_running_loop().time()) if answer.is_good else None

    async def forced_logout(self, server: str, entered: Entered) -> None:
        """DESKTOP-14, DESKTOP-17: whatever comes of it."""
        headers = {"Authorization": entered.authorization}
        url = f"https://{server}:{self._port}{FORCED_LOGOUT}"
        await self.fetcher.fetch("POST", url, headers=headers, within_s=FETCH_S)
