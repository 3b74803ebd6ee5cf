"""An experiment: a name and a story, played once; several clause tests judge its journal."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.inventory import Inventory

if TYPE_CHECKING:
    from chaos.experiment.stage import Stage

Story = Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """name: also its journal's file name. title: one sentence for the report.

    story: injects faults and does what has to happen meanwhile; it judges nothing. lingers: whether the CTI sessions
    are to be made so that breaking them resets them. agents: how many people it needs. needs: further reasons why a
    lab cannot host it, None from each if it can.
    """

    name: str
    title: str
    story: Story
    lingers: bool = True
    agents: int = 2
    needs: tuple[Callable[[Inventory], str | None], ...] = field(default=())

    def unfit(self, inventory: Inventory) -> str | None:
        """Why this lab cannot host it, None if it can."""
        if len(inventory.agents) < self.agents:
            return f"it needs {self.agents} agents, the inventory names {len(inventory.agents)}"
        return next((reason for need in self.needs if (reason := need(inventory)) is not None), None)


def needs_link(name: str) -> Callable[[Inventory], str | None]:
    """A need of an experiment: that link."""

    def look(inventory: Inventory) -> str | None:
        return None if name in inventory.links else f"the inventory has no link {name}"

    return look


def needs_outside_number(inventory: Inventory) -> str | None:
    """A need of an experiment: a number that answers and is no agent's."""
    return None if inventory.outside_number else "the inventory names no outside_number that answers"
