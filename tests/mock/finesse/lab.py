"""A small lab for the tests: one node before the real mock CTI servers, and clients that are not ours."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx
import slixmpp
import trustme

from chaos.mock.cti_server import CtiServer
from chaos.mock.cti_server import Side as CtiSide
from chaos.mock.cti_server.hooks import SwitchDefects
from chaos.mock.defects import Break, parse_break
from chaos.mock.finesse import (
    Address,
    Administration,
    Credentials,
    CtiSettings,
    FinesseNode,
    FixedCredentials,
    NodeConfig,
    NodeOptions,
    UserRecord,
)
from chaos.mock.finesse.administration import DatabaseSettings
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.peripheral import AgentConfig, Peripheral, PeripheralConfig
from chaos.wire.finesse import DialogsChange, Update, UpdateEvent, User, parse_update

HOST = "fin-a.lab.example"
OTHER = "fin-b.lab.example"
PASSWORDS = {"1101": "secret1", "1102": "secret2", "1103": "secret3", "admin": "admin-secret"}
LIMIT_S = 60.0


@lru_cache
def authority() -> trustme.CA:
    """The lab's own CA."""
    return trustme.CA()


@lru_cache
def tls(host: str = HOST) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Server and client contexts of a host; made once, since making them is slow."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(host, "127.0.0.1", "localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(client)
    return server, client


def node_defects(*texts: str, ghosts: Mapping[str, Break] | None = None) -> NodeDefects:
    """What the lab's node asks, with these defects."""
    names = {agent.agent_id: frozenset({agent.agent_id, agent.login_name}) for agent in agents()}
    return NodeDefects(map(parse_break, texts), names=names, administrators=("admin",), ghosts=ghosts)


def agents() -> tuple[AgentConfig, ...]:
    return (
        AgentConfig("1101", "secret1", "2001", "Ann", "Agent", "a.agent"),
        AgentConfig("1102", "secret2", "2002", "Bob", "Baker", "b.baker"),
        AgentConfig("1103", "secret3", "2003", "Cid", "Cook", "c.cook"),
    )


def node_config(**changes: Any) -> NodeConfig:
    users = tuple(UserRecord(a.agent_id, a.login_name, a.first_name, a.last_name) for a in agents())
    base: dict[str, Any] = {
        "host": HOST,
        "primary_host": HOST,
        "secondary_host": OTHER,
        "listen": "127.0.0.1",
        "users": users,
        "rest_port": 0,
        "xmpp_port": 0,
        "starttls_port": 0,
        "web_port": 0,
        "web_clear_port": 0,
    }
    return NodeConfig(**{**base, **changes})


@dataclass
class Client:
    """Everything that one agent's clients see: REST by httpx, events by slixmpp."""

    user: str
    rest: httpx.AsyncClient
    xmpp: "Watcher"

    async def put(self, path: str, body: str, request_id: str = "") -> httpx.Response:
        headers = {"Content-Type": "application/xml", **({"requestId": request_id} if request_id else {})}
        return await self.rest.put(f"/finesse/api/{path}", content=body, headers=headers)

    async def post(self, path: str, body: str, request_id: str = "") -> httpx.Response:
        headers = {"Content-Type": "application/xml", **({"requestId": request_id} if request_id else {})}
        return await self.rest.post(f"/finesse/api/{path}", content=body, headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.rest.get(f"/finesse/api/{path}")

    async def sign_in(self, extension: str) -> None:
        body = f"<User><state>LOGIN</state><extension>{extension}</extension></User>"
        response = await self.put(f"User/{self.user}", body, "sign-in")
        assert response.status_code == 202, response.text
        await self.xmpp.until(lambda: self.xmpp.states()[-1:] == ["NOT_READY"])

    async def state(self, state: str, request_id: str = "") -> httpx.Response:
        return await self.put(f"User/{self.user}", f"<User><state>{state}</state></User>", request_id)


class Watcher(slixmpp.ClientXMPP):
    """An XMPP client of foreign make that keeps every Update with its time."""

    def __init__(self, user: str, resource: str, domain: str = HOST, password: str | None = None) -> None:
        secret = PASSWORDS[user] if password is None else password
        super().__init__(f"{user}@{domain}/{resource}", secret, ssl_context=tls()[1])
        self.enable_starttls = False
        self.enable_direct_tls = True
        self.register_plugin("xep_0199")
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0060")
        self.updates: list[tuple[float, str, Update]] = []
        self.finesse: list[str] = []
        self.trouble: list[str] = []
        self.seen = asyncio.Event()
        self.add_event_handler("session_start", self._started)
        self.add_event_handler("message", lambda _: None)
        self.add_event_handler("changed_status", self._presence)
        self.add_event_handler("presence_unavailable", self._presence)
        for name in ("stream_error", "failed_auth", "disconnected", "connection_failed"):
            self.add_event_handler(name, lambda _, name=name: self._note(name))
        self.register_handler(
            slixmpp.xmlstream.handler.Callback(
                "updates", slixmpp.xmlstream.matcher.MatchXPath("{jabber:client}message"), self._message
            )
        )

    def reschedule_connection_attempt(self) -> None:
        """Never try again by itself."""
        self._current_connection_attempt = None

    async def arrive(self, port: int) -> None:
        self.connect("127.0.0.1", port)
        await self.until(lambda: bool(self.finesse))

    async def leave(self) -> None:
        transport = self.transport
        if transport is not None:
            transport.abort()
        self.cancel_connection_attempt()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task = getattr(self, "_run_out_filters", None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, holds: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        async with asyncio.timeout(limit_s):
            while not holds():
                self.seen.clear()
                await self.seen.wait()

    def states(self) -> list[str]:
        return [str(u.payload.state) for _, _, u in self.updates if isinstance(u.payload, User)]

    def dialog_events(self) -> list[tuple[str, str]]:
        return [
            (str(u.event), str(u.payload.dialogs[0].id))
            for _, _, u in self.updates
            if isinstance(u.payload, DialogsChange)
        ]

    def statuses(self) -> list[str]:
        return [str(getattr(u.payload, "status", "")) for _, node, u in self.updates if node.endswith("SystemInfo")]

    def clear(self) -> None:
        self.updates.clear()

    async def _started(self, _: object) -> None:
        await self.get_roster()
        self.send_presence(ppriority=0)

    def _note(self, what: str) -> None:
        self.trouble.append(what)
        self.seen.set()

    def _presence(self, presence: Any) -> None:
        if presence["from"].user == "finesse":
            kind = "unavailable" if presence["type"] == "unavailable" else "available"
            if self.finesse[-1:] != [kind]:
                self.finesse.append(kind)
        self.seen.set()

    def _message(self, message: Any) -> None:
        items = message.xml.find(".//{http://jabber.org/protocol/pubsub#event}items")
        if items is not None:
            text = next(e.text for e in items.iter() if e.tag.endswith("notification"))
            update = parse_update(text or "")
            self.updates.append((asyncio.get_running_loop().time(), items.get("node", ""), update))
            assert isinstance(update.event, UpdateEvent)
        self.seen.set()


@dataclass
class Lab:
    """One node, two CTI servers, one peripheral."""

    peripheral: Peripheral
    a: CtiServer
    b: CtiServer
    administration: Administration
    node: FinesseNode
    opened: list[Client] = field(default_factory=list)

    async def client(self, user: str = "1101", resource: str = "harness") -> Client:
        watcher = Watcher(user, resource)
        await watcher.arrive(self.node.notification.port)
        rest = self.rest(user)
        client = Client(user, rest, watcher)
        self.opened.append(client)
        return client

    def rest(self, user: str | None, password: str | None = None) -> httpx.AsyncClient:
        auth = None if user is None else (user, PASSWORDS.get(user, "") if password is None else password)
        base = f"https://127.0.0.1:{self.node.tomcat.port}"
        return httpx.AsyncClient(base_url=base, auth=auth, verify=tls()[1], timeout=30.0)


@asynccontextmanager
async def lab(
    *,
    defects: Iterable[str] = (),
    duplex: bool = True,
    former_b: bool = False,
    options: NodeOptions | None = None,
    start: bool = True,
    database: DatabaseSettings | None = None,
    credentials: Callable[[Administration, NodeDefects], Credentials] | None = None,
    **changes: Any,
) -> AsyncIterator[Lab]:
    """defects: texts. database, credentials: for nodes that authenticate elsewhere than in a table of their own."""
    loop = asyncio.get_running_loop()
    switch = SwitchDefects(map(parse_break, defects), places={HOST: "a"})
    config = PeripheralConfig(agents())
    peripheral = Peripheral(config, now=loop.time, call_later=loop.call_later, policy=switch)
    asked = node_defects(*defects, ghosts=switch.ghosts)
    a, b = (CtiServer(side, peripheral, defects=switch) for side in CtiSide)
    await a.start()
    await b.start()
    address_a, address_b = Address("127.0.0.1", a.port), Address("127.0.0.1", b.port)
    settings = CtiSettings(address_a, address_b if duplex else None, former_b=address_b if former_b else None)
    administration = Administration(settings, secondary_host=OTHER, database=database)
    fixed = FixedCredentials(PASSWORDS, frozenset({"admin"}))
    node = FinesseNode(
        node_config(**changes),
        ssl_context=tls()[0],
        credentials=credentials(administration, asked) if credentials else fixed,
        administration=administration,
        options=options,
        defects=asked,
    )
    made = Lab(peripheral, a, b, administration, node)
    try:
        if start:
            await node.start()
            await node.until_in_service()
        yield made
    finally:
        for client in made.opened:
            await client.xmpp.leave()
            await client.rest.aclose()
        await node.stop()
        await a.stop()
        await b.stop()
        await assert_nothing_runs()


def tasks_of_the_mock() -> list[asyncio.Task[Any]]:
    """Tasks that run code of the mock's Finesse or of the server under its Tomcat."""
    found = []
    for task in asyncio.all_tasks():
        coroutine = task.get_coro()
        code = getattr(coroutine, "cr_code", None)
        if code is not None and ("mock/finesse" in code.co_filename or "aiohttp/web" in code.co_filename):
            found.append(task)
    return [task for task in found if "tests" not in task.get_coro().cr_code.co_filename]  # type: ignore[union-attr]


async def assert_nothing_runs() -> None:
    """No task of ours is left, once what has ended was looked at by the loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert tasks_of_the_mock() == []
