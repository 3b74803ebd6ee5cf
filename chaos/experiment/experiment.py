"""An experiment: a name and a story, played once; several clause tests judge its journal."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.inventory import AT_WORK_LEAST, Inventory

if TYPE_CHECKING:
    from chaos.experiment.stage import Stage

# Those whom stories are about; how many are at work, the inventory says.
AT_WORK = AT_WORK_LEAST

Story = Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """name: also its journal's file name. title: one sentence for the report.

    story: injects faults and does what has to happen meanwhile; it judges nothing. lingers: whether the CTI sessions
    are to be made so that breaking them resets them; awdb_lingers: so it is with connections to AWDBs that are made
    from its beginning on. agents: how many people it needs. needs: further reasons why a lab cannot host it, None from
    each if it can.

    spare: how many people it needs besides those at work, for whom nothing but the story asks. quiet: what goes on is
    looked at with few probes, and none of them is a request of an agent's, which would refresh what is measured.
    polls: whether agents look at their own state and calls from time to time; False where the story has them do so.

    seed: what is drawn from, None: the run's. drawn_as: the name that goes into what is drawn, None: its own.
    """

    name: str
    title: str
    story: Story
    lingers: bool = True
    awdb_lingers: bool = False
    agents: int = 2
    spare: int = 0
    quiet: bool = False
    polls: bool = True
    needs: tuple[Callable[[Inventory], str | None], ...] = field(default=())
    seed: int | None = None
    drawn_as: str | None = None

    def unfit(self, inventory: Inventory) -> str | None:
        """Why this lab cannot host it, None if it can."""
        if len(inventory.agents) < self.agents:
            return f"{self.agents} agents are needed, {len(inventory.agents)} are named"
        named, at_work = len(inventory.agents), inventory.at_work
        if named < at_work + self.spare and self.spare:
            return f"{at_work} agents at work and {self.spare} spare ones are needed, {named} are named"
        return next((reason for need in self.needs if (reason := need(inventory)) is not None), None)


def needs_link(name: str) -> Callable[[Inventory], str | None]:
    """A need of an experiment: that link."""

    def look(inventory: Inventory) -> str | None:
        return None if name in inventory.links else f"the inventory has no link {name}"

    return look


def needs_outside_number(inventory: Inventory) -> str | None:
    """A need of an experiment: a number that answers and is no agent's."""
    return None if inventory.outside_number else "the inventory names no outside_number that answers"


def needs_awdb_pair(inventory: Inventory) -> str | None:
    """A need of an experiment: two AWDBs behind links."""
    if inventory.awdb is None or inventory.awdb.secondary is None:
        return "the inventory names no pair of AWDBs"
    return needs_link("awdb-a")(inventory) or needs_link("awdb-b")(inventory)


def needs_browsers(inventory: Inventory) -> str | None:
    """A need of an experiment: browsers for desktops."""
    if inventory.browsers is not None or inventory.deployment == "mock":
        return None
    return "the inventory names no browsers: give browsers.devtools"


def needs_single_sign_on(each: int, least_s: float) -> Callable[[Inventory], str | None]:
    """A need of an experiment: so many people for each node with refresh tokens that live longer than that."""

    def look(inventory: Inventory) -> str | None:
        sso, wanted = inventory.sso, each * len(inventory.finesse_nodes())
        if sso is None:
            return "the inventory names nobody who signs in by single sign-on: give sso"
        if len(sso.agents) < wanted:
            return f"{wanted} agents of single sign-on are needed, {len(sso.agents)} are named: give sso.agents"
        if sso.refresh_token_s < least_s:
            return (
                f"refresh tokens live {sso.refresh_token_s:g} s, and more than {least_s:g} s are needed for both "
                "warnings: set more in Cisco Identity Service, and say so as sso.refresh_token_s"
            )
        return None

    return look


# So long somebody waits at an IP phone and presses nothing: a screen for an unavailable server that goes away meanwhile
# is a violation, unless the phone was signed out for its idleness.
PHONE_IDLE_S = 300.0


def needs_phones(each: int) -> Callable[[Inventory], str | None]:
    """A need of an experiment: so many IP phones for each node, on lines of spare agents."""

    def look(inventory: Inventory) -> str | None:
        if inventory.deployment == "mock" and inventory.phones is None:
            return None
        spare = {agent.extension for agent in inventory.agents[inventory.at_work :]}
        found = [one for one in inventory.phones.devices if one.extension in spare] if inventory.phones else []
        wanted = each * len(inventory.finesse_nodes())
        idle_s = inventory.phones.inactivity_s if inventory.phones else None
        if idle_s is not None and idle_s < PHONE_IDLE_S:
            return (
                f"IP phones are signed out after {idle_s:g} s without a key, and {PHONE_IDLE_S:g} s are needed: "
                "disable that time-out or raise it, and say so as phones.inactivity_s"
            )
        if len(found) >= wanted:
            return None
        return f"{wanted} IP phones on lines of spare agents are needed, {len(found)} are named: give phones.devices"

    return look


def needs_plain_desktop(inventory: Inventory) -> str | None:
    """A need of an experiment: a desktop that can be read without a browser, which only the mock has."""
    if inventory.deployment == "mock":
        return None
    return "the desktop of a live lab is a program in a browser, and this harness drives no browser yet"
