"""A lab under test: links in place, relays, agents at work, the telephone at the switch. Opened once for a session.

A mock and a live lab look alike from here: there is an inventory, and nothing else.
"""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chaos.clients.command import LabCommand, Stoppable
from chaos.clients.console import Console, ConsoleExchange, VosConsole, console_of
from chaos.clients.cti import CtiClient
from chaos.clients.events import SECOND, EventStream
from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.clock import now
from chaos.errors import ChaosError, RollbackFailed, UsageError
from chaos.experiment.desks import LEAVE_WITHIN_S, SPARE_PATIENCE_S, Desks
from chaos.experiment.links import PlacedLinks
from chaos.inventory import FinesseNode, Inventory, Transport, public_names, secrets_of
from chaos.journal import OUR_CLIENT, ConsoleSaid, Journal
from chaos.redaction import KNOWN, Redactor
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.node_doors import NodeDoors
from chaos.undo.entries import CALLS, NoCallAsFound, UndoLog
from chaos.undo.performers import calls_ended
from chaos.waits import Waits
from chaos.wire import finesse

# Whoever presses Ctrl-C waits no longer than this for telephones.
HANG_UP_WITHIN_S = 5.0


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
        self._placed = PlacedLinks(inventory, self.journal_of, self.undo)
        self.links, self.awdb = self._placed.cti, self._placed.awdb
        self.desks = Desks(inventory, env, self.journal_of)
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
        self._more: list[WorkingAgent | EventStream] = []
        self._domains: Mapping[str, str] = {}

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

    async def may_call(self) -> None:
        """Calls are going to be made; from now on they are owed an end. Raises UndoNotKept."""
        await self.undo.before(NoCallAsFound(tuple(agent.extension for agent in self.inventory.everybody())))

    async def hang_up(self) -> bool:
        """End whatever call is left, within a short time; whether none is left. With people at the telephone the next
        preflight would take them for people at work, and refuse the lab."""
        owed = self.undo.find(CALLS)
        if not isinstance(owed, NoCallAsFound) or self.switch is None:
            return False
        with suppress(TimeoutError, ChaosError), self.waits.on("calls to be over", HANG_UP_WITHIN_S):
            async with asyncio.timeout(HANG_UP_WITHIN_S):
                await self.switch.open()
                await calls_ended(self.switch, owed.devices, lambda _: None)
                return True
        return False

    async def close(self) -> None:
        """Leave the lab: agents' streams, telephone, links. Safe twice, and after half an `open`.

        Raises RollbackFailed: a proxy could not be put back; everything else was left.
        """
        # The links first: they are what we have changed, and whoever presses Ctrl-C waits for that.
        remains = await self._placed.remove()
        await self.desks.close()
        # Whoever broke a story off has hung up before; what was on its way then is there by now.
        if await self.hang_up():
            await self.undo.done(CALLS)
        clients: list[Any] = [*self.agents, *self.spare, *self._more, *self.probes]
        clients += self.consoles.values()
        clients += [client for client in (self.admin, self.switch) if client is not None]
        clients += [one.rest for one in self.administrators.values()]
        try:
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
        except TimeoutError:
            pass  # a peer that does not let go of its connection is no damage to the lab
        await self._placed.stop()
        self.agents, self.spare, self.probes, self.switch, self.admin = (), (), (), None, None
        self.administrators, self.consoles, self._more = {}, {}, []
        if remains:
            raise RollbackFailed("; ".join(remains))

    async def send_home(self) -> None:
        """Close what a story that was broken off left open, but for the streams of those who are at work: a client that
        stayed there unseen would keep its agent from the logout that another story waits for."""
        streams = [one.events if isinstance(one, WorkingAgent) else one for one in (*self.spare, *self._more)]
        with suppress(TimeoutError):  # a node that does not let go of them must not hold up what else is to be undone
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await asyncio.gather(*(one.close() for one in streams if one.is_open), return_exceptions=True)

    async def place_links(self) -> None:
        """Put a relay into each link. Raises FaultError, InventoryError; `close` takes away what is in place."""
        await self._placed.place()

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
        more = [one for one in self._more if isinstance(one, WorkingAgent)]
        clients = [(one.node.host, one.id, one.rest) for one in (*self.agents, *self.spare, *more)]
        clients += [(host, one.id, one.rest) for host, one in self.administrators.items()]
        if self.admin is not None:
            clients.append((self.admin.node.host, "administrator", self.admin))
        return tuple(
            (host, who, round(now() - rest.last_good_s, 6))
            for host, who, rest in clients
            if rest.last_good_s is not None
        )

    def good_s(self, host: str, who: str) -> Iterator[float | None]:
        """When requests of that person's succeeded last at that node, by each client that he has had there besides."""
        there = (one for one in self._more if isinstance(one, WorkingAgent))
        return (one.rest.last_good_s for one in there if (one.node.host, one.id) == (host, who))

    def left_s(self, who: str) -> Iterator[float | None]:
        """When each client that person has had was there last, at whatever node."""
        yield self.desks.left_s(who)
        for one in (*self.agents, *self.spare, *self._more):
            stream = one.events if isinstance(one, WorkingAgent) else one
            if stream.agent.id == who:
                yield stream.left_s

    def elsewhere(self, agent: WorkingAgent) -> WorkingAgent:
        """The same person with clients of his own at another node; nothing of it is open. Raises UsageError."""
        node = next((one for one in self.inventory.finesse_nodes() if one.host != agent.node.host), None)
        if node is None:
            raise UsageError("the lab has one node only")
        return self._once_more(agent, node)

    def by_name(self, agent: WorkingAgent) -> WorkingAgent | None:
        """The same person at the same node, who asks by the login name; None where that is the id."""
        return None if agent.agent.login == agent.id else self._once_more(agent, agent.node, agent.agent.login)

    def by_door(self, agent: WorkingAgent, transport: Transport) -> WorkingAgent:
        """The same person at the same node, told of events by that kind of door; not open."""
        return self._once_more(agent, agent.node, transport=transport)

    def _once_more(
        self, agent: WorkingAgent, node: FinesseNode, user: str = "", *, transport: Transport | None = None
    ) -> WorkingAgent:
        other = WorkingAgent(
            agent.agent,
            node,
            agent.password,
            self._domains[node.host],
            self.journal_of,
            tls=client_context(self.inventory),
            timeout_s=self.inventory.timing.request_timeout_s,
            transport=transport or agent.events.transport,
            user=user,
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

    def doors(self, host: str) -> NodeDoors | None:
        """That node's own records of who came to it; None where its console cannot read them."""
        nodes = self.inventory.finesse_nodes()
        node = next(one for one in nodes if one.host == host)
        log, console = self.inventory.access_log(node), self.consoles.get(host)
        probe = next((one for one in self.probes if one.node.host == host), None)
        if log is None or probe is None or not isinstance(console, VosConsole):
            return None
        return NodeDoors(node, nodes, console, probe, log, self.journal_of)

    def _console_said(self, exchange: ConsoleExchange) -> None:
        if self.journal is not None:
            self.journal.observe(
                ConsoleSaid(
                    host=exchange.host,
                    sent=exchange.sent,
                    received=exchange.received,
                    sent_s=self.journal.on_clock(exchange.started_s),
                )
            )

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
                    f"({self._placed.listens()})?"
                ) from None
        return domains
