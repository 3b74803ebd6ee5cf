"""A whole lab for tests: the mock deployment with our links before it, on a virtual clock."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chaos import clock
from chaos.clock import now
from chaos.experiment import Lab
from chaos.experiment.waiting import JournalUntil
from chaos.faults.base import Field
from chaos.inventory import Transport, load
from chaos.journal import OUR_CLIENT, Journal
from chaos.mock.deployment import Deployment
from chaos.run.launcher import Launched, launch

T = TypeVar("T")
MOCK = Path(__file__).parents[2] / "inventories" / "mock.yaml"


@dataclass
class OpenLab:
    """A lab that is open, and the mock behind it, whose truth only tests may look at."""

    lab: Lab
    launched: Launched

    @property
    def mock(self) -> Deployment:
        return self.launched.deployment

    def journal(self) -> Journal:
        """A journal that everything is written to from now on."""
        self.lab.journal = Journal(None, now)
        return self.lab.journal

    def nodes_at(self, link: str) -> int:
        """How many of Finesse's sessions stand on that link; probes of our own do not count."""
        sessions = self.lab.links[link].relay.sessions()
        return sum(not (one.client or "").startswith(OUR_CLIENT) for one in sessions)

    async def until_nodes_at(self, link: str, count: int) -> None:
        """Wait until so many are there; the journal of the moment tells when to look."""
        assert self.lab.journal is not None
        if self.nodes_at(link) < count:  # it is not the journal that says so, so each observation is a reason to look
            until = JournalUntil(self.lab.journal)
            assert await until.seen(lambda _: "there" if self.nodes_at(link) >= count else None, 120.0)

    def field(self, journal: Journal) -> Field:
        """What faults may touch, as the player makes it."""
        lab = self.lab
        return Field(
            inventory=lab.inventory,
            journal=journal,
            links=lab.links,
            heartbeat_interval_s=lab.heartbeat_interval_s,
            until=JournalUntil(journal),
            admin=lab.admin,
            consoles=lab.consoles,
            commands=lab.commands,
            undo=lab.undo,
        )


@asynccontextmanager
async def opened(
    *, defects: Sequence[str] = (), faults_do_nothing: bool = False, transport: Transport = "tcp"
) -> AsyncIterator[OpenLab]:
    """The mock of inventories/mock.yaml and a lab on it, whose clients hear events by that door."""
    launched = await launch(load(MOCK).model_copy(update={"transport": transport}), defects=defects)
    lab = Lab(launched.inventory, {}, faults_do_nothing=faults_do_nothing, orders=launched.orders)
    try:
        await lab.open()
        yield OpenLab(lab, launched)
    finally:
        await lab.close()
        await launched.stop()


def in_lab(story: Callable[[OpenLab], Awaitable[T]], *, defects: Sequence[str] = (), transport: Transport = "tcp") -> T:
    """Run a story in a lab of its own; afterwards no task is left."""

    async def main() -> T:
        async with opened(defects=defects, transport=transport) as lab:
            return await story(lab)

    return clock.run(main(), virtual=True)
