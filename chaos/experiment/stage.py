"""What a story has at hand: people, the telephone, faults, and waiting with deadlines."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from statistics import median

from chaos.clients.cti import CtiClient
from chaos.clients.events import EventStream
from chaos.clients.rest import FinesseRest
from chaos.clock import now
from chaos.errors import EvidenceError, UsageError
from chaos.experiment import casting
from chaos.experiment.draws import Draws
from chaos.experiment.lab import Lab
from chaos.experiment.waiting import JournalUntil, See, doing_in
from chaos.faults.base import Fault, Field
from chaos.faults.injection import Injected, injected
from chaos.history import History
from chaos.history.awdb_traffic import in_use
from chaos.history.gaps import IN_SERVICE
from chaos.inventory import Agent, FinesseNode, Inventory, Transport
from chaos.journal import (
    About,
    CtiSeen,
    CtiStep,
    EventSeen,
    Journal,
    Lateness,
    Observation,
    RestExchange,
    Step,
    SwitchCallSeen,
)
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktop import PlainDesktop
from chaos.subjects.desktops import BrowserDesktop
from chaos.subjects.node_doors import NodeDoors
from chaos.subjects.phones import IpPhone
from chaos.subjects.signed_on import SignedOnDesktop

# Half an hour, as the failover chapter has it, and more than a minute besides: what is judged there must not depend on
# the edge, see bounds.CACHE_GONE_S.
FORGOTTEN_AFTER_S = 31 * 60.0 + 10.0
# DESKTOP-03, -05: a forced logout comes 60 s after a client is gone, and later than this has been carried out (ours).
AWAITED_S = 66.0
# Wrong passwords in a row that nobody is locked out for: it takes five.
WRONG_IN_A_ROW = 3
# The kinds of events that Finesse publishes of agents and calls.
CONTROL_KINDS = (
    (About.USER, "PUT"),
    (About.DIALOG, "PUT"),
    (About.DIALOGS, "POST"),
    (About.DIALOGS, "DELETE"),
    (About.SYSTEM, "PUT"),
    (About.TEAM, "PUT"),
)


def send_controls(agents: Iterable[WorkingAgent]) -> None:
    """These agents send themselves one event of each kind."""
    for agent in agents:
        for about, event in CONTROL_KINDS:
            agent.events.send_control(about, event)


# So many of the last ones tell how fast a node answers.
_LAST_REQUESTS = 20
# What everybody sends itself comes back well within this time.
HEARD_WITHIN_S = 2.0
# So long before it is due and after it was answered a heartbeat may still meet what is injected.
_BEAT_S = 0.25


class Stage:
    """One experiment's view of the lab. Times are seconds of the lab's clock."""

    def __init__(self, lab: Lab, journal: Journal, field: Field, draws: Draws) -> None:
        self._lab = lab
        self._journal = journal
        self._field = field
        self._until = JournalUntil(journal, lab.waits)
        self._draws = draws
        self._nodes = casting.drawn_nodes(lab.inventory.finesse_nodes(), len(lab.agents), draws)
        self._agents = casting.by_turns(lab.agents, self._nodes, draws)
        self._doors: dict[str, NodeDoors | None] = {}
        self._marks = 0
        self._wrong: dict[str, int] = {}  # wrong passwords in a row, by agent

    @property
    def inventory(self) -> Inventory:
        return self._lab.inventory

    @property
    def agents(self) -> Sequence[WorkingAgent]:
        """People at work, by turns at the nodes in their order here; who comes first at each is drawn."""
        return self._agents

    @property
    def nodes(self) -> Sequence[FinesseNode]:
        """The Finesse nodes; which comes first is drawn."""
        return self._nodes

    @property
    def admin(self) -> FinesseRest:
        """The administration of the pair."""
        if self._lab.admin is None:
            raise UsageError("the lab has no administration: open it first")
        return self._lab.admin

    @property
    def administrators(self) -> Sequence[Administrator]:
        """The administrator at each node, in the order of the nodes here."""
        return tuple(self._lab.administrators[node.host] for node in self._nodes)

    @property
    def probes(self) -> Sequence[FinesseRest]:
        """Who asks each node in nobody's name."""
        return self._lab.probes

    def is_at_publisher(self, administrator: Administrator) -> bool:
        """Whether settings can be saved there."""
        return administrator.node.host == self.inventory.publisher.host

    async def fresh(self, each: int) -> Sequence[Sequence[WorkingAgent]]:
        """Spare people whose credentials are cached nowhere: so many rows, each of one person at each node.

        Whoever succeeded with something less than half an hour ago is waited for; an account that the harness has not
        used yet is taken to be fresh, which the traffic to the AWDB shows or not. Among those that have lapsed the ones
        whose password was never found good come first, in case a product caches that, too.
        """
        rows = casting.fresh(self._lab.spare, self.nodes, each)
        await self.until_lapsed(*(one for row in rows for one in row))
        return rows

    @property
    def spare_at_each_node(self) -> int:
        """How many spare people there are at the node that has fewest."""
        return min(sum(one.node.host == node.host for one in self._lab.spare) for node in self.nodes)

    @property
    def spare(self) -> Sequence[WorkingAgent]:
        """People for whom nothing but the story asks."""
        return self._lab.spare

    def lapsed(self) -> Sequence[WorkingAgent]:
        """Spare people whom a node cannot have cached any more, without waiting for anybody."""
        return [one for one in self._lab.spare if self._last_good_s(one) + FORGOTTEN_AFTER_S <= now()]

    def desks(self, each: int, *, logged_out: int = 0) -> Sequence[Sequence[WorkingAgent]]:
        """Spare people for desks that are left, per node in the order of the nodes here: so many whom the CTI server
        then makes Not Ready (LOAD 0), and after them so many whom it logs out (LOAD 1), or none where there are fewer.

        They are taken from the inventory's end, where nobody looks for fresh ones first.
        """
        return casting.desks(self._lab.spare, self.nodes, each, logged_out)

    def one_at_each_node(self) -> Sequence[WorkingAgent]:
        """One spare person at each node, from the end as with `desks`, of any LOAD; nobody where a node has none."""
        return casting.one_at_each(self._lab.spare, self.nodes)

    def elsewhere(self, agent: WorkingAgent) -> WorkingAgent:
        """The same person with clients at another node; nothing of it is open, and it is closed with the lab."""
        return self._lab.elsewhere(agent)

    def by_name(self, agent: WorkingAgent) -> WorkingAgent | None:
        """The same person at the same node, who asks by the login name, which a product caches apart from the id; None
        where there is no other name. When it was let in last is not known of the person."""
        return self._lab.by_name(agent)

    def by_door(self, agent: WorkingAgent, transport: Transport) -> WorkingAgent:
        """The same person at the same node, told of events by that kind of door."""
        return self._lab.by_door(agent, transport)

    def second_client(self, agent: WorkingAgent) -> EventStream:
        """Another event stream of the same person at the same node, as a second window has it; closed with the lab."""
        return self._lab.second_client(agent)

    async def until_lapsed(self, *people: "WorkingAgent | Administrator") -> None:
        """Let time pass until nobody's credentials can be cached any more, whoever else waits for that meanwhile."""
        last_s = max((self._last_good_s(one) for one in people), default=float("-inf"))
        left_s = max(0.0, last_s + FORGOTTEN_AFTER_S - now())
        with self._lab.waits.on("credentials to be forgotten", left_s):
            await asyncio.sleep(left_s)

    async def until_not_awaited(self, person: WorkingAgent) -> None:
        """Let time pass until no node can still wait for a client of that person's to be back: the forced logout in
        which that ends would meet whatever he is at by then."""
        left = [at_s for at_s in self._lab.left_s(person.id) if at_s is not None]
        due_s = max(left, default=float("-inf")) + AWAITED_S
        with self._lab.waits.on("a forced logout that may be due", max(0.0, due_s - now())):
            await asyncio.sleep(max(0.0, due_s - now()))

    async def until_idle(self, person: "WorkingAgent | Administrator", idle_s: float) -> None:
        """Let time pass until the person's last request that succeeded is so old."""
        left_s = max(0.0, self._last_good_s(person) + idle_s - now())
        with self._lab.waits.on("credentials to be forgotten", left_s):
            await asyncio.sleep(left_s)

    def _last_good_s(self, person: "WorkingAgent | Administrator") -> float:
        """When a request of that person's succeeded last at that node; minus infinity if none did."""
        good = [person.rest.last_good_s, *self._lab.good_s(person.node.host, person.id)]
        if person.node.host == self.inventory.publisher.host and isinstance(person, Administrator):
            good.append(self.admin.last_good_s)  # faults ask and change settings in the same name
        return max((at_s for at_s in good if at_s is not None), default=float("-inf"))

    async def hear(self, *hosts: str) -> None:
        """At each of these nodes (none: at all) make Finesse ask an AWDB, by a wrong password of somebody at work.

        A control: that our relays hear that node, and which AWDB it uses. Whoever is in line to be locked out is let in
        first.
        """
        for host in hosts or [node.host for node in self.nodes]:
            there = [one for one in self.agents if one.node.host == host]
            someone = min(there, key=lambda one: self._wrong.get(one.id, 0))
            if self._wrong.get(someone.id, 0) >= WRONG_IN_A_ROW:
                for one in there:
                    answer = await one.user()
                    if answer.status is not None and answer.status < 300:
                        self._wrong.pop(one.id, None)
            self._wrong[someone.id] = self._wrong.get(someone.id, 0) + 1
            await someone.ask_wrongly()

    async def look_at_awdbs(self) -> None:
        """Look at both AWDB links at the same time, and note what is met there."""
        await asyncio.gather(*(link.looked_at(self._journal) for link in self._lab.awdb.values()))

    @property
    def margin_s(self) -> float:
        """How far from an edge somebody has to look so as to be on one side of it: 1 s, and more as late as we were."""
        late = self._journal.timeline().of(Lateness)
        return 1.0 + 4 * max((seen.worst_s for seen in late), default=0.0)

    def needed_s(self, host: str, requests: int) -> float:
        """What so many requests to that node take, one after the other, if they take twice as long as the last ones:
        who has to be done by an edge begins so much earlier."""
        asked = self._journal.timeline().of(RestExchange, lambda seen: seen.node == host)[-_LAST_REQUESTS:]
        return 2 * requests * median([seen.at_s - seen.sent_s for seen in asked] or [0.0])

    async def look_at_switch(self) -> None:
        """Ask the switch what is the case for everybody at work."""
        for agent in self.agents:
            await self.switch.look_at(agent.id)

    async def look(self) -> None:
        """Ask the switch what is the case for everybody at work, and have them ask what they are shown."""
        await self.look_at_switch()
        for agent in self.agents:
            await agent.user()
            await agent.dialogs()

    def heard_of_at(self, device: str, from_s: float) -> Sequence[str]:
        """The ids of the calls at that telephone of which the switch has told since then."""
        told = self._journal.timeline().of(SwitchCallSeen, lambda seen: seen.device == device, from_s=from_s)
        return tuple(dict.fromkeys(seen.call_id for seen in told))

    def send_controls(self, times: int = 1) -> None:
        """Everybody at work sends itself events of each kind, only to be heard."""
        for _ in range(times):
            send_controls(self.agents)

    def desktop(self, agent: WorkingAgent) -> PlainDesktop:
        """The agent's desktop, at the node that the agent uses; closed with the lab."""
        return self._lab.desks.desktop(agent)

    def seats(self, each: int, *, turn: int = 0) -> Sequence[Sequence[WorkingAgent]]:
        """So many spare people for each node, who sit at desktops in browsers: whom other experiments need last. turn:
        experiments of another one have others, as far as there are any."""
        people = casting.in_turn(tuple(reversed(self._lab.spare)), each * len(self.nodes), turn)
        return casting.shared_out(people, self.nodes, each, "spare agents")

    async def browser(self, agent: WorkingAgent, *, by_socket: bool = False) -> BrowserDesktop:
        """A browser for that agent's desktop, not opened yet; closed with the experiment. by_socket: one whose desktops
        have their event stream over WebSocket, if the lab has such and others."""
        return await self._lab.desks.browser(agent, by_socket=by_socket)

    def signing_on(self, each: int) -> Sequence[Sequence[Agent]]:
        """So many people for each node who sign in by single sign-on. Raises UsageError: there are fewer."""
        people = self.inventory.sso.agents if self.inventory.sso is not None else ()
        return casting.shared_out(people, self.nodes, each, "agents who sign in by single sign-on")

    async def signed_on(self, agent: Agent, *, window: int = 1) -> SignedOnDesktop:
        """A browser with cookies of its own for that agent's desktop, not opened yet; closed with the experiment.
        window: which of his it is, where he has several."""
        return await self._lab.desks.signed_on(agent, window=window)

    def people_at_phones(self, each: int) -> Sequence[Sequence[WorkingAgent]]:
        """So many spare people for each node whose line is an IP phone's. Raises UsageError: there are fewer."""
        phones = self.inventory.phones
        lines = {one.extension for one in phones.devices} if phones is not None else set()
        people = [one for one in reversed(self._lab.spare) if one.agent.extension in lines]
        return casting.shared_out(people, self.nodes, each, "spare agents who have IP phones")

    async def phone(self, agent: WorkingAgent) -> IpPhone:
        """The IP phone of that agent's line, switched on; switched off with the experiment."""
        return await self._lab.desks.phone(agent)

    def doors(self, host: str) -> NodeDoors | None:
        """That node's own records of who came to it; None where they cannot be read."""
        if host not in self._doors:
            self._doors[host] = self._lab.doors(host)
        return self._doors[host]

    def next_mark(self) -> str:
        """A name for a request that is to be found again, which no other one has."""
        self._marks += 1
        header = self._journal.timeline().header
        return f"{header.experiment}-{''.join(filter(str.isdigit, header.started))}-{self._marks}"

    def now_s(self) -> float:
        """Seconds since the experiment began, as the journal counts."""
        return self._journal.now_s()

    async def until_s(self, at_s: float) -> None:
        """Let time pass until then, in seconds since the experiment began; not at all if that is over."""
        await asyncio.sleep(max(0.0, at_s - self._journal.now_s()))

    @property
    def switch(self) -> CtiClient:
        """The switch's own view and a hand on its telephones, past Finesse."""
        if self._lab.switch is None:
            raise UsageError("the lab has no telephone: open it first")
        return self._lab.switch

    @property
    def heartbeat_interval_s(self) -> float:
        return self._lab.heartbeat_interval_s

    async def until_between_heartbeats(self, side: str) -> None:
        """Until no session's heartbeat on that side is being answered, or is just about to be: of one that meets a
        silence half way nobody can say whether it was answered."""
        while (wait_s := self._heartbeat_over_in_s(side)) > 0.0:
            await self.watch(wait_s)

    def _heartbeat_over_in_s(self, side: str) -> float:
        at_s, interval_s = self._journal.now_s(), self.heartbeat_interval_s
        beats = self._journal.timeline().of(
            CtiSeen,
            lambda seen: seen.side == side and seen.step is CtiStep.HEARTBEAT_CONF,
            from_s=at_s - 2 * interval_s,
        )
        last_s = {seen.connection: seen.at_s for seen in beats}
        if self._is_asked(side, at_s - self.confirms_within_s(side) - 2 * _BEAT_S):
            return _BEAT_S
        due_s = [one for beat_s in last_s.values() for one in (beat_s, beat_s + interval_s)]
        return max((one + 2 * _BEAT_S - at_s for one in due_s if abs(one - at_s) < _BEAT_S), default=0.0)

    def _is_asked(self, side: str, from_s: float) -> bool:
        """Whether a heartbeat since then was not confirmed yet."""
        beats = self._journal.timeline().of(CtiSeen, lambda seen: seen.side == side, from_s=from_s)
        asked = {(seen.connection, seen.invoke_id) for seen in beats if seen.step is CtiStep.HEARTBEAT_REQ}
        return bool(asked - {(one.connection, one.invoke_id) for one in beats if one.step is CtiStep.HEARTBEAT_CONF})

    def confirms_within_s(self, side: str) -> float:
        """How long that side's CTI server took at most to confirm a heartbeat in this story; 0 if it was not asked."""
        asked_s: dict[tuple[int, int | None], float] = {}
        took_s = 0.0
        for seen in self._journal.timeline().of(CtiSeen, lambda seen: seen.side == side):
            beat = (seen.connection, seen.invoke_id)
            if seen.step is CtiStep.HEARTBEAT_REQ:
                asked_s[beat] = seen.at_s
            elif seen.step is CtiStep.HEARTBEAT_CONF and beat in asked_s:
                took_s = max(took_s, seen.at_s - asked_s.pop(beat))
        return took_s

    @property
    def side_in_use(self) -> str:
        """The CTI side on which a node opened its newest session: "a" or "b"."""
        opened = self._journal.timeline().of(
            CtiSeen, lambda seen: not seen.is_ours and seen.step in (CtiStep.STANDING, CtiStep.OPEN_CONF)
        )
        return opened[-1].side if opened else "a"

    def longest_pause_s(self, from_s: float) -> float:
        """What lay at most between two attempts of one node to open a CTI session since then; 0 without two."""
        tried_s: dict[str | None, list[float]] = {}
        for seen in self._journal.timeline().of(CtiSeen, from_s=from_s):
            if seen.step is CtiStep.OPEN_REQ and not seen.is_ours:
                tried_s.setdefault(seen.client, []).append(seen.at_s)
        return max((b - a for each in tried_s.values() for a, b in itertools.pairwise(each)), default=0.0)

    def way_back_s(self, host: str, from_s: float) -> tuple[Sequence[float], float] | None:
        """How that node came back from a loss at that moment, in seconds from then on: its attempts to open a CTI
        session, and when it told that it is in service; None if it has not, or does not name itself to CTI servers."""
        seen = self._journal.timeline()
        tried = seen.of(CtiSeen, lambda one: one.step is CtiStep.OPEN_REQ and host in (one.client or ""), from_s=from_s)
        back = seen.of(EventSeen, lambda one: one.node == host and one.system_status == IN_SERVICE, from_s=from_s)
        if not tried or not back:
            return None
        return [one.at_s - from_s for one in tried if one.at_s <= back[0].at_s], back[0].at_s - from_s

    def awdb_in_use(self, host: str) -> str | None:
        """The side whose AWDB answered that node last: "a" or "b"; None if it was not heard to ask."""
        return in_use(History(self._journal.timeline()), host, self.now_s())

    def step(self, title: str) -> None:
        """Note that a step of the story begins."""
        self._journal.record(Step(title=title))

    @asynccontextmanager
    async def fault(self, fault: Fault) -> AsyncIterator[Injected]:
        """Inject, and roll back whatever happens. Raises Unfit's kin from the fault; FaultError."""
        async with injected(fault, self._field) as under_way:
            yield under_way

    async def bite(self, *faults: Injected) -> None:
        """Wait until each of these has proven that it bit. Raises EvidenceError: one has not, the rest is in vain."""
        for fault in faults:
            if await fault.bite() is None:
                raise EvidenceError(f"fault {fault.fault.name} did not bite within {fault.fault.bites_within_s:g} s")

    async def watch(self, for_s: float) -> None:
        """Let time pass while clients look on."""
        with self._lab.waits.on(doing_in(self._journal), for_s):
            await asyncio.sleep(for_s)

    async def pause(self, about_s: float) -> None:
        """Let about as much time pass: nothing depends on how long it is."""
        pause_s = self._draws.pause_s(about_s)
        with self._lab.waits.on(doing_in(self._journal), pause_s):
            await asyncio.sleep(pause_s)

    async def until_seen(self, what: str, see: See, *, within_s: float, from_s: float | None = None) -> None:
        """Wait until `see` has found what it looks for, in what is recorded from now on, or was from `from_s` on.

        Raises EvidenceError: it does not in time; the story ends there.
        """
        if from_s is not None:
            for seen in self._journal.timeline().observations:
                if seen.at_s >= from_s and see(seen) is not None:
                    return
        if await self._until.seen(see, within_s) is None:
            raise EvidenceError(f"not seen within {within_s:g} s: {what}")

    async def until_told(
        self, *statuses: str, within_s: float, nodes: Sequence[str] = (), from_s: float | None = None
    ) -> None:
        """Wait until every node's clients have been told these, one after the other, by event or answer, from now on.

        from_s: or from that time on, which may be over: a loss may be told while its fault is still being injected.
        """
        since_s = self._journal.now_s() if from_s is None else from_s
        left = {node: list(statuses) for node in nodes or [node.host for node in self.inventory.finesse_nodes()]}

        def see(seen: Observation) -> str | None:
            # An answer to what was asked before may be older than what is waited for.
            is_old = isinstance(seen, RestExchange) and seen.sent_s < since_s
            if isinstance(seen, EventSeen | RestExchange) and not is_old:
                wanted = left.get(seen.node)
                if wanted and seen.system_status == wanted[0]:
                    wanted.pop(0)
            return None if any(left.values()) else "told"

        what = f"{', then '.join(statuses)} from {', '.join(sorted(left))}"
        try:
            await self.until_seen(what, see, within_s=within_s, from_s=from_s)
        except EvidenceError:
            # Either nobody was told, or nobody hears: this tells the one from the other.
            self.send_controls()
            await asyncio.sleep(HEARD_WITHIN_S)
            raise

    async def until_attempts(self, count: int, *, within_s: float, host: str = "") -> None:
        """Wait until each Finesse node that is seen trying has tried so often to open a CTI session, or the one
        with that name."""
        nodes = 1 if host else len(self.inventory.finesse_nodes())
        tries: dict[str, set[int]] = {}

        def see(seen: Observation) -> str | None:
            if isinstance(seen, CtiSeen) and seen.client is not None and not seen.is_ours and host in seen.client:
                tries.setdefault(seen.client, set()).add(seen.connection)
                # Where all nodes go by one name they are waited for together.
                wanted = {nodes: count, 1: count * nodes}.get(len(tries), 0)
                if wanted and all(len(connections) >= wanted for connections in tries.values()):
                    return f"{count} attempts"
            return None

        await self.until_seen(f"{count} attempts of each of {nodes} nodes", see, within_s=within_s)
