"""A process that dies as in a crash, and is started again by its guardian, the Node Manager."""

import asyncio
from dataclasses import dataclass

from chaos.clients.console import WindowsConsole
from chaos.clock import now
from chaos.errors import InjectFailed
from chaos.faults.base import Field
from chaos.faults.cti_proofs import at_once_s, sessions_ended
from chaos.faults.relay_orders import COMPANION
from chaos.faults.service_fault import ServiceFault, host_of
from chaos.inventory import Host, Inventory
from chaos.journal import ConsoleSaid, CtiSeen, CtiStep, Timeline
from chaos.wire.console.service import ServiceState
from chaos.wire.console.windows import KillOutcome, kill_command, parse_kill

# Programs whose death and return can be seen from outside, and the component in their service's name. Source: Unified
# ICM/CCE Serviceability Guide, list of processes.
_COMPONENTS = {"ctisvr.exe": "CG*"}
_SERVED = (CtiStep.HEARTBEAT_CONF, CtiStep.REJECTED)
_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class KilledProcess(ServiceFault):
    """The process of `image` ("ctisvr.exe") on the host of `role` ("cti.a" or "cti.b") is ended at once.

    The service, which is the Node Manager, runs on and starts the process again; where that takes longer than
    `back_within_s`, rollback restarts the service. Bites only on the side that Finesse has sessions with. A side that
    comes back as the inactive one and refuses TCP cannot be told from a dead one: it is restarted for nothing, and
    never proven to have lifted. Source: Unified ICM/CCE Serviceability Guide, Node Manager.
    """

    image: str
    back_within_s: float = 120.0

    @property
    def name(self) -> str:
        return f"{self.role} {self.image} killed".replace(" ", "-").lower()

    @property
    def _side(self) -> str:
        return self.role.rpartition(".")[2]

    @property
    def _link(self) -> str:
        return self.role.replace(".", "-")

    def pattern(self, host: Host) -> str:
        instance = host.ssh.instance if host.ssh and host.ssh.instance else "*"
        return f"Cisco ICM {instance} {_COMPONENTS[self.image]}"

    def unfit(self, inventory: Inventory) -> str | None:
        if self.image not in _COMPONENTS or self._link not in ("cti-a", "cti-b"):
            known = ", ".join(_COMPONENTS)
            return f"whether {self.image} of {self.role} died cannot be seen; it can of {known} of cti.a or cti.b"
        if self._link not in inventory.links:
            return f"the inventory has no link {self._link}: its relay is where the end of {self.image} is seen"
        return ServiceFault.unfit(self, inventory)  # super() does not know a class that slots made anew

    async def change(self, field: Field, host: str, service: str) -> None:
        console = field.consoles[host]
        if not isinstance(console, WindowsConsole):
            raise InjectFailed(f"the console of {host} cannot end a process")
        await console.kill(self.image)

    async def rollback(self, field: Field) -> None:
        """Wait for the Node Manager; restart the service if it does nothing; strike the debt."""
        owed = await self.owed(field)
        if owed is None:
            await self.look(field, *await self._place(field))
            await self._serves(field)
            return
        console = field.consoles[owed.host]
        if await self.look(field, owed.host, owed.service) is ServiceState.STARTED and not await self._is_back(field):
            await console.restart(owed.service)
        await field.put_right(owed.thing)
        await self._is_back(field)
        await self.look(field, owed.host, owed.service)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The console said that it ended the process, and Finesse's sessions there have ended."""
        host = host_of(self.role, field.inventory)
        command = kill_command(self.image)
        said = timeline.of(
            ConsoleSaid,
            lambda seen: host is not None and seen.host == host.host and seen.sent == command,
            from_s=from_s,
            to_s=at_once_s(timeline, self.name, from_s),
        )
        killed = [one for one in said if parse_kill(self.image, one.received).outcome is KillOutcome.TERMINATED]
        ended = sessions_ended(timeline, self._side, self.name, from_s)
        if not killed or ended is None:
            return None
        return f"the console of {killed[-1].host} ended {self.image} at {killed[-1].at_s:.3f} s; {ended}"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        """The server itself answered; that only the relay did, and met nobody behind it, will not do."""
        served = timeline.of(CtiSeen, lambda seen: seen.side == self._side and seen.step in _SERVED, from_s=from_s)
        if not served:
            return None
        client = served[0].client or "a client"
        return f"the server of side {self._side.upper()} answered {client} at {served[0].at_s:.3f} s"

    async def _is_back(self, field: Field) -> bool:
        """Probe until the server answers, at most for `back_within_s`."""
        until_s = now() + self.back_within_s
        while not await self._serves(field):
            if now() + _AGAIN_S > until_s:
                return False
            await asyncio.sleep(_AGAIN_S)
        return True

    async def _serves(self, field: Field) -> bool:
        """One probe: did the server itself answer it?"""
        from_s = field.journal.now_s()
        await field.links[self._link].probe(field.inventory.peripheral_id, field.inventory.cti_protocol, COMPANION)
        return self.lifted(field.journal.timeline(), from_s, field) is not None
