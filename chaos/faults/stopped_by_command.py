"""What no console can stop, stopped by the lab's own command: a web application, a network card of a hypervisor."""

from dataclasses import dataclass

from chaos.clients.command import Stoppable
from chaos.errors import InjectFailed
from chaos.faults.base import Fault, Field
from chaos.inventory import Inventory
from chaos.journal import ServiceSeen, Timeline
from chaos.undo.entries import CommandAsFound, command_thing
from chaos.wire.console.service import ServiceState


@dataclass(frozen=True, slots=True)
class StoppedByCommand(Fault):
    """What the inventory's command of that name stops is stopped by it, and started again at the end; in the built-in
    mock, what its order of that name stops.

    That it is stopped is what its `state` says; what Finesse makes of it has to be seen by whoever plays it.
    """

    command: str

    @property
    def name(self) -> str:
        return f"{self.command}-stopped-by-command".lower()

    @property
    def target(self) -> str:
        return f"command/{self.command}"

    def unfit(self, inventory: Inventory) -> str | None:
        if self.command in inventory.commands or self.command in inventory.orders:
            return None
        return f"the inventory has no commands.{self.command}: say there how the lab stops it, starts it, and shows it"

    @property
    def bites_within_s(self) -> float:
        return 60.0

    @property
    def lifts_within_s(self) -> float:
        return 600.0

    async def inject(self, field: Field) -> None:
        command = self._command(field)
        found = await self._look(field)
        if found is not ServiceState.STARTED:
            raise InjectFailed(f"{command.place} says {found.value}; start it, the lab is not in order")
        await field.undo.before(CommandAsFound(self.command, found, command.written))
        await command.stop()
        await self._look(field)

    async def rollback(self, field: Field) -> None:
        """Start it again if it is ours to start, and look at it. Raises RollbackFailed."""
        await field.put_right(command_thing(self.command))
        await self._look(field)

    @property
    def look_every_s(self) -> float | None:
        return 15.0

    async def look_again(self, field: Field) -> None:
        await self._look(field)

    def slipped(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        left = [seen for seen in self._states(timeline, from_s) if seen.state != ServiceState.STOPPED]
        return f"its command said {left[0].state} at {left[0].at_s:.3f} s" if left else None

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self._read_back(timeline, from_s, ServiceState.STOPPED)

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return self._read_back(timeline, from_s, ServiceState.STARTED)

    def _command(self, field: Field) -> Stoppable:
        if self.command not in field.commands:
            raise InjectFailed(f"the inventory has no command '{self.command}'")
        return field.commands[self.command]

    async def _look(self, field: Field) -> ServiceState:
        """Ask the command, and note what it says."""
        command = self._command(field)
        line = await command.service()
        field.journal.observe(ServiceSeen(host=command.place, service=line.name, state=line.state.value))
        return line.state

    def _states(self, timeline: Timeline, from_s: float) -> list[ServiceSeen]:
        place = command_thing(self.command)
        return timeline.of(ServiceSeen, lambda seen: seen.host == place, from_s=from_s)

    def _read_back(self, timeline: Timeline, from_s: float, state: ServiceState) -> str | None:
        """A proof: the last thing that it said since then is this state."""
        seen = self._states(timeline, from_s)
        if not seen or seen[-1].state != state.value:
            return None
        return f"{seen[-1].host} says {state.value} at {seen[-1].at_s:.3f} s"
