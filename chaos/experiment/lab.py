"""A lab under test: links in place, relays, agents at work, the telephone at the switch. Opened once for a session.

A mock and a live lab look alike from here: there is an inventory, and nothing else.
"""

import asyncio
import contextlib
import functools
import itertools
from collections.abc import Mapping
from typing import Any

from chaos.clients.command import LabCommand, Stoppable
from chaos.clients.console import Console, ConsoleExchange, console_of
from chaos.clients.cti import CtiClient
from chaos.clients.devtools import Devtools
from chaos.clients.events import SECOND, EventStream
from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.clients.toxiproxy import Toxiproxy
from chaos.clock import now
from chaos.errors import ChaosError, InventoryError, RollbackFailed, UsageError
from chaos.faults.awdb_relay import AwdbRelay
from chaos.faults.link import PlacedAwdbLink, PlacedLink
from chaos.faults.relay import CtiRelay
from chaos.inventory import Agent, Endpoint, FinesseNode, Inventory, endpoint, public_names, secrets_of
from chaos.journal import OUR_CLIENT, ConsoleSaid, Journal
from chaos.network import own_address
from chaos.redaction import KNOWN, Redactor
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktop import PlainDesktop
from chaos.subjects.desktops import BrowserDesktop
from chaos.subjects.phones import IpPhone
from chaos.subjects.signed_on import SignedOnDesktop
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import UndoLog
from chaos.waits import Waits
from chaos.wire import finesse

# Spare agents wait this long for an answer: longer than any database time-out, whose end is what they are to see.
SPARE_PATIENCE_S = 90.0
# A browser answers when a page has loaded.
_BROWSER_PATIENCE_S = 30.0
# For hanging up, all clients at the same time.
_LEAVE_WITHIN_S = 20.0


class LabNotReady(ChaosError):
    """The lab could not be brought to where an experiment can begin; nothing was judged."""


class Lab:
    """Everything that experiments share. `journal` is the journal of the moment, None between experiments.
    `is_gone`: the last experiment waited in vain for a steady state.

    env: where secrets that the inventory names are looked up. undo: where what would outlive us is registered before
    it is changed; None: in memory, for a lab that ends with us. waits: where whatever waits notes for what.
    """

    def __init__(
        self,
        inventory: Inventory,
        env: Mapping[str, str],
        *,
        faults_do_nothing: bool = False,
        undo: UndoLog | None = None,
        orders: Mapping[str, Stoppable] | None = None,
        waits: Waits | None = None,
    ) -> None:
        self.inventory = inventory
        self._orders = dict(orders or {})
        self.undo = undo or UndoLog()
        self.faults_do_nothing = faults_do_nothing
        self.journal: Journal | None = None
        self.is_gone = False
        self.links: dict[str, PlacedLink] = {}
        self.awdb: dict[str, PlacedAwdbLink] = {}
        self.agents: tuple[WorkingAgent, ...] = ()
        self.spare: tuple[WorkingAgent, ...] = ()
        self.probes: tuple[FinesseRest, ...] = ()
        self.switch: CtiClient | None = None
        self.admin: FinesseRest | None = None
        self.administrators: dict[str, Administrator] = {}
        self.waits = waits or Waits()
        self.consoles: dict[str, Console] = {}
        self.commands: dict[str, Stoppable] = {}
        self.heartbeat_interval_s = 5.0
        self._env = env
        self._desktops: list[PlainDesktop] = []
        self.browsers: dict[str, BrowserDesktop] = {}
        self._devtools: Devtools | None = None
        self.phones: dict[str, IpPhone] = {}
        self._more: list[WorkingAgent | EventStream] = []
        self._domains: Mapping[str, str] = {}
        self._servers: list[ToxiproxyServer] = []
        self._connections = itertools.count(1)

    def journal_of(self) -> Journal | None:
        return self.journal

    def redactor(self) -> Redactor:
        """Blots out what must not appear in any artefact. Raises InventoryError: a secret cannot be found."""
        for _, secret in secrets_of(self.inventory):
            secret.reveal(self._env)  # which tells KNOWN
        KNOWN.publish(*public_names(self.inventory))
        return KNOWN

    @property
    def awdb_password(self) -> str:
        """Finesse's own at the AWDB, "" if the inventory does not name its account."""
        account = self.inventory.awdb.account if self.inventory.awdb else None
        return account.password.reveal(self._env) if account is not None else ""

    async def open(self) -> None:
        """Put the links in place and everybody to work. Raises LabNotReady, FaultError, InventoryError."""
        await self.reach()
        await self.place_links()
        domains = self._domains = await self._nodes_in_service()
        self.switch = CtiClient(
            [(server.dial, server.port) for server in self.inventory.cti_servers()],
            peripheral_id=self.inventory.peripheral_id,
            journal_of=self.journal_of,
            protocol=self.inventory.cti_protocol,
            client_id=f"{OUR_CLIENT}-phone",
            extensions={agent.id: agent.extension for agent in self.inventory.everybody()},
        )
        nodes = itertools.cycle(self.inventory.finesse_nodes())
        tls = client_context(self.inventory)
        people = tuple(
            WorkingAgent(
                agent,
                node,
                agent.password.reveal(self._env),
                domains[node.host],
                self.journal_of,
                tls=tls,
                timeout_s=SPARE_PATIENCE_S if n >= self.inventory.at_work else self.inventory.timing.request_timeout_s,
                transport=self.inventory.transport if n < self.inventory.at_work else self.inventory.leaving_transport,
            )
            for n, (agent, node) in enumerate(zip(self.inventory.agents, nodes, strict=False))
        )
        at_work = self.inventory.at_work
        self.agents, self.spare = people[:at_work], people[at_work:]

    async def reach(self) -> None:
        """Make the clients that faults and probes need, without touching anything. Raises InventoryError."""
        self.redactor()
        tls = client_context(self.inventory)
        timeout_s = self.inventory.timing.request_timeout_s
        self.probes = tuple(
            FinesseRest(node, self.journal_of, tls=tls, timeout_s=timeout_s) for node in self.inventory.finesse_nodes()
        )
        password = self.inventory.admin.password.reveal(self._env)
        self.admin = FinesseRest(
            self.inventory.publisher,
            self.journal_of,
            tls=tls,
            timeout_s=timeout_s,
            user=self.inventory.admin.user,
            password=password,
        )
        # Preflight has just read settings there in this name, by a client of its own.
        self.admin.last_good_s = now()
        self.administrators = {
            node.host: self._administrator(node, password) for node in self.inventory.finesse_nodes()
        }
        self.consoles = {
            host.host: console_of(host, self.inventory, self._env, record=self._console_said)
            for _, host in self.inventory.hosts()
            if host.ssh is not None
        }
        self.commands = self._orders | {
            name: LabCommand(name, command, self._env, record=self._console_said)
            for name, command in self.inventory.commands.items()
        }

    async def close(self) -> None:
        """Leave the lab: agents' streams, telephone, links. Safe twice, and after half an `open`.

        Raises RollbackFailed: a proxy could not be put back; everything else was left.
        """
        # The links first: they are what we have changed, and whoever presses Ctrl-C waits for that.
        links = (*self.links.values(), *self.awdb.values())
        removed = await asyncio.gather(*(link.remove() for link in links), return_exceptions=True)
        remains = [str(error) or repr(error) for error in removed if isinstance(error, BaseException)]
        await self.close_phones()
        if self._devtools is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE_WITHIN_S):
                    await self.close_browsers()
                    await self._devtools.close()
            self._devtools = None
        clients: list[Any] = [*self.agents, *self.spare, *self._desktops, *self._more, *self.probes]
        clients += self.consoles.values()
        clients += [client for client in (self.admin, self.switch) if client is not None]
        clients += [one.rest for one in self.administrators.values()]
        try:
            async with asyncio.timeout(_LEAVE_WITHIN_S):
                await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
        except TimeoutError:
            pass  # a peer that does not let go of its connection is no damage to the lab
        for server in self._servers:
            await server.stop()
        self.agents, self.probes, self.switch, self.admin, self.links, self._servers = (), (), None, None, {}, []
        self.administrators = {}
        self.consoles, self.awdb, self.spare, self._desktops, self._more = {}, {}, (), [], []
        if remains:
            raise RollbackFailed("; ".join(remains))

    def _administrator(self, node: FinesseNode, password: str) -> Administrator:
        rest = FinesseRest(
            node,
            self.journal_of,
            tls=client_context(self.inventory),
            timeout_s=max(self.inventory.timing.request_timeout_s, SPARE_PATIENCE_S),
            user=self.inventory.admin.user,
            password=password,
        )
        return Administrator(node, rest, awdb_password=self.awdb_password)

    def cached(self) -> tuple[tuple[str, str, float], ...]:
        """Whose credentials may be cached, as far as we have used them: node, who, and how long ago that succeeded."""
        clients = [(one.node.host, one.id, one.rest) for one in (*self.agents, *self.spare)]
        clients += [(host, one.id, one.rest) for host, one in self.administrators.items()]
        if self.admin is not None:
            clients.append((self.admin.node.host, "administrator", self.admin))
        return tuple(
            (host, who, round(now() - rest.last_good_s, 6))
            for host, who, rest in clients
            if rest.last_good_s is not None
        )

    def desktop(self, agent: WorkingAgent) -> PlainDesktop:
        """An agent's desktop, not signed in; it lives until the lab is left."""
        timing = self.inventory.timing

        def was_good() -> None:
            agent.rest.last_good_s = agent.rest.last_let_in_s = now()

        desktop = PlainDesktop(
            agent.agent,
            agent.node,
            agent.agent.password.reveal(self._env),
            self.journal_of,
            tls=client_context(self.inventory),
            timeout_s=max(timing.request_timeout_s, SPARE_PATIENCE_S),
            was_good=was_good,
        )
        self._desktops.append(desktop)
        return desktop

    async def browser(self, agent: WorkingAgent) -> BrowserDesktop:
        """A browser for that agent's desktop, not opened; it lives until the experiment is over.

        Raises InventoryError: the lab has no browsers. BrowserError: they cannot be driven.
        """
        devtools = await self._driven()

        def was_good() -> None:
            agent.rest.last_good_s = agent.rest.last_let_in_s = now()

        desktop = self.browsers[agent.id] = BrowserDesktop(
            agent.agent,
            self.inventory.finesse_nodes(),
            agent.agent.password.reveal(self._env),
            devtools,
            self.journal_of,
            was_good=was_good,
        )
        return desktop

    async def signed_on(self, agent: Agent) -> SignedOnDesktop:
        """As `browser`, for somebody who signs in by single sign-on; cookies are his own."""
        desktop = self.browsers[agent.id] = SignedOnDesktop(
            agent,
            self.inventory.finesse_nodes(),
            agent.password.reveal(self._env),
            await self._driven(),
            self.journal_of,
        )
        return desktop

    async def _driven(self) -> Devtools:
        if self.inventory.browsers is None:
            raise InventoryError("the inventory names no browsers: give browsers.devtools")
        if self._devtools is None:
            timeout_s = max(self.inventory.timing.request_timeout_s, _BROWSER_PATIENCE_S)
            self._devtools = Devtools(self.inventory.browsers.devtools, timeout_s=timeout_s)
            await self._devtools.open()
        return self._devtools

    async def close_browsers(self) -> None:
        """Whatever browsers are open are closed as their users would. Safe twice."""
        browsers = tuple(self.browsers.values())
        self.browsers.clear()
        await asyncio.gather(*(browser.end() for browser in browsers))

    def elsewhere(self, agent: WorkingAgent) -> WorkingAgent:
        """The same person with clients of his own at another node; nothing of it is open. Raises UsageError."""
        node = next((one for one in self.inventory.finesse_nodes() if one.host != agent.node.host), None)
        if node is None:
            raise UsageError("the lab has one node only")
        other = WorkingAgent(
            agent.agent,
            node,
            agent.password,
            self._domains[node.host],
            self.journal_of,
            tls=client_context(self.inventory),
            timeout_s=self.inventory.timing.request_timeout_s,
            transport=agent.events.transport,
        )
        self._more.append(other)
        return other

    def second_client(self, agent: WorkingAgent) -> EventStream:
        """Another event stream of the same person at the same node; not open."""
        other = EventStream(
            agent.node,
            agent.agent,
            agent.password,
            self._domains[agent.node.host],
            self.journal_of,
            tls=client_context(self.inventory),
            timeout_s=self.inventory.timing.request_timeout_s,
            transport=agent.events.transport,
            resource=SECOND,
        )
        self._more.append(other)
        return other

    async def phone(self, agent: WorkingAgent) -> IpPhone:
        """The IP phone of that agent's line, switched on; it lives until the experiment is over.

        Raises InventoryError: there is none, or its address cannot be listened on.
        """
        phones = self.inventory.phones
        found = (
            next((one for one in phones.devices if one.extension == agent.agent.extension), None) if phones else None
        )
        if phones is None or found is None:
            raise InventoryError(f"the inventory names no phone with extension {agent.agent.extension}: give phones")

        def was_good() -> None:
            agent.rest.last_good_s = agent.rest.last_let_in_s = now()

        made = IpPhone(
            found,
            agent.agent,
            self.inventory.finesse_nodes(),
            self.inventory.phone_services(),
            agent.agent.password.reveal(self._env),
            (phones.account.user, phones.account.password.reveal(self._env)),
            self.journal_of,
            unavailable=phones.unavailable,
            tls=client_context(self.inventory),
            timeout_s=self.inventory.timing.request_timeout_s,
            was_good=was_good,
        )
        await made.start()
        self.phones[agent.id] = made
        return made

    async def close_phones(self) -> None:
        """Whatever phones are on are switched off. Safe twice."""
        phones = tuple(self.phones.values())
        self.phones.clear()
        await asyncio.gather(*(phone.close() for phone in phones))

    def _console_said(self, exchange: ConsoleExchange) -> None:
        if self.journal is not None:
            self.journal.record(
                ConsoleSaid(
                    host=exchange.host,
                    sent=exchange.sent,
                    received=exchange.received,
                    sent_s=self.journal.on_clock(exchange.started_s),
                )
            )

    async def place_links(self) -> None:
        """Put a relay into each link. Raises FaultError, InventoryError; `close` takes away what is in place."""
        clients: dict[str, tuple[Toxiproxy, bool]] = {}
        for name, link in self.inventory.links.items():
            if link.proxy not in clients:
                clients[link.proxy] = await self._toxiproxy(link.proxy)
            server = self.inventory.link_target(name)
            if server is None or link.listen is None:
                continue
            upstream = link.upstream_at or endpoint(f"{server.dial}:{server.port}")
            relay_at = link.relay_at or Endpoint(own_address(), 0)
            family, _, side = name.partition("-")
            relay: dict[str, Any] = {
                "listen": (relay_at.host, relay_at.port),
                "upstream": (upstream.host, upstream.port),
                "journal_of": self.journal_of,
                "connections": self._connections,
            }
            proxies, embedded = clients[link.proxy]
            about = (name, side, link.listen, f"{upstream.host}:{upstream.port}", proxies)
            restart = functools.partial(self._restart, proxies) if embedded else None
            if family == "cti":
                self.links[name] = PlacedLink(*about, CtiRelay(side, **relay), embedded, self.undo, restart)
                await self.links[name].place()
            else:
                self.awdb[name] = PlacedAwdbLink(*about, AwdbRelay(side, **relay), embedded, self.undo, restart)
                await self.awdb[name].place()

    async def _toxiproxy(self, name: str) -> tuple[Toxiproxy, bool]:
        wanted = self.inventory.proxies[name]
        if not wanted.embedded:
            if wanted.api is None:
                raise InventoryError(f"proxies.{name} has no api address: give api: http://host:8474")
            return Toxiproxy(wanted.api), False
        at = endpoint(wanted.api.removeprefix("http://")) if wanted.api else Endpoint(own_address(), 0)
        server = ToxiproxyServer(host=at.host, port=at.port)
        await server.start()
        self._servers.append(server)
        return Toxiproxy(server.api_url), True

    async def _restart(self, proxies: Toxiproxy) -> None:
        """Start a proxy server of our own that hangs again, and make the proxies of all links through it anew."""
        for server in self._servers:
            if server.api_url == proxies.api_url:
                await server.stop()
                await server.start()
        for link in (*self.links.values(), *self.awdb.values()):
            if link.proxies is proxies:
                await link.restore(may_restart=False)

    async def _nodes_in_service(self) -> dict[str, str]:
        """Wait until every node is in service; their XMPP domains by host. Raises LabNotReady."""
        domains: dict[str, str] = {}
        for probe in self.probes:
            said = "nothing"
            deadline_s = now() + self.inventory.timing.recovery_timeout_s
            try:
                async with asyncio.timeout(self.inventory.timing.recovery_timeout_s):
                    while probe.node.host not in domains:
                        answer = await probe.get("SystemInfo", "SystemInfo")
                        info = answer.document
                        if isinstance(info, finesse.SystemInfo):
                            said = str(info.status)
                            if info.status == finesse.SystemStatus.IN_SERVICE:
                                domains[probe.node.host] = info.xmpp_domain or probe.node.host
                                self.heartbeat_interval_s = float(info.cti_heartbeat_interval_s or 5)
                                break
                        else:
                            said = answer.failure or f"HTTP {answer.status}"
                        with self.waits.on(f"{probe.node.host} to be in service", deadline_s - now()):
                            await asyncio.sleep(self.inventory.timing.probe_interval_s)
            except TimeoutError:
                raise LabNotReady(
                    f"{probe.node.host} was not in service within {self.inventory.timing.recovery_timeout_s:g} s; "
                    f"SystemInfo last said {said}. Does its administration point at the proxies "
                    f"({', '.join(link.listen for link in (*self.links.values(), *self.awdb.values()))})?"
                ) from None
        return domains
