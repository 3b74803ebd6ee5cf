"""What a story has at hand: people, the telephone, faults, and waiting with deadlines."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chaos.clients.cti import CtiClient
from chaos.clients.rest import FinesseRest
from chaos.clock import now
from chaos.errors import EvidenceError, UsageError
from chaos.experiment.lab import Lab
from chaos.experiment.waiting import JournalUntil, See
from chaos.faults.base import Fault, Field, Injected, injected
from chaos.inventory import Inventory
from chaos.journal import CtiSeen, EventSeen, Journal, Observation, RestExchange, Step
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktop import PlainDesktop

# Half an hour, as the failover chapter has it, and a minute more.
FORGOTTEN_AFTER_S = 31 * 60.0


class Stage:
    """One experiment's view of the lab. Times are seconds of the lab's clock."""

    def __init__(self, lab: Lab, journal: Journal, field: Field) -> None:
        self._lab = lab
        self._journal = journal
        self._field = field
        self._until = JournalUntil(journal)
        self.kept: bytes | None = None
        """A document that the story read and will save again as it is."""

    @property
    def inventory(self) -> Inventory:
        return self._lab.inventory

    @property
    def agents(self) -> Sequence[WorkingAgent]:
        """People at work, in the inventory's order, by turns at one node and the other."""
        return self._lab.agents

    @property
    def admin(self) -> FinesseRest:
        """The administration of the pair."""
        if self._lab.admin is None:
            raise UsageError("the lab has no administration: open it first")
        return self._lab.admin

    async def fresh(self, count: int) -> Sequence[WorkingAgent]:
        """Spare people whose credentials are cached nowhere, by turns at one node and the other.

        Whoever was asked for something less than half an hour ago is waited for; an account that the harness has not
        used yet is taken to be fresh, which the traffic to the AWDB shows or not.
        """
        chosen: list[WorkingAgent] = []
        for n in range(count):
            nodes = self.inventory.finesse_nodes()
            left = [one for one in self._lab.spare if one not in chosen]
            at_node = [one for one in left if one.node.host == nodes[n % len(nodes)].host] or left
            if not at_node:
                raise UsageError(
                    f"the lab has {len(self._lab.spare)} spare agents, {count} are needed: say so as `spare`"
                )
            chosen.append(min(at_node, key=_last_good_s))
        await asyncio.sleep(max(0.0, max(map(_last_good_s, chosen)) + FORGOTTEN_AFTER_S - now()))
        return chosen

    async def until_good(self, agent: WorkingAgent, age_s: float) -> None:
        """Let time pass until the agent's last request that succeeded is so old."""
        good_s = agent.rest.last_good_s
        if good_s is not None:
            await asyncio.sleep(max(0.0, good_s + age_s - now()))

    def desktop(self, agent: WorkingAgent) -> PlainDesktop:
        """The agent's desktop, at the node that the agent uses; closed with the lab."""
        return self._lab.desktop(agent)

    async def probe_awdb(self, link: str) -> None:
        """Go through the proxy of an AWDB link, and note what came of it."""
        await self._lab.awdb[link].looked_at(self._journal)

    def now_s(self) -> float:
        """Seconds since the experiment began, as the journal counts."""
        return self._journal.now_s()

    async def until_s(self, at_s: float) -> None:
        """Let time pass until then, in seconds since the experiment began; not at all if that is over."""
        await asyncio.sleep(max(0.0, at_s - self._journal.now_s()))

    @property
    def phone(self) -> CtiClient:
        """The switch's own view and a hand on its telephones, past Finesse."""
        if self._lab.phone is None:
            raise UsageError("the lab has no telephone: open it first")
        return self._lab.phone

    @property
    def heartbeat_interval_s(self) -> float:
        return self._lab.heartbeat_interval_s

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
        await asyncio.sleep(for_s)

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
        await self.until_seen(what, see, within_s=within_s, from_s=from_s)

    async def until_attempts(self, count: int, *, within_s: float) -> None:
        """Wait until each Finesse node that is seen trying has tried at least so often to open a CTI session."""
        nodes = len(self.inventory.finesse_nodes())
        tries: dict[str, set[int]] = {}

        def see(seen: Observation) -> str | None:
            if isinstance(seen, CtiSeen) and seen.client is not None and not seen.is_ours:
                tries.setdefault(seen.client, set()).add(seen.connection)
                if len(tries) >= nodes and all(len(connections) >= count for connections in tries.values()):
                    return f"{count} attempts"
            return None

        await self.until_seen(f"{count} attempts of each of {nodes} nodes", see, within_s=within_s)


def _last_good_s(agent: WorkingAgent) -> float:
    return agent.rest.last_good_s if agent.rest.last_good_s is not None else float("-inf")
