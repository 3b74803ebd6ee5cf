"""Starts the built-in mock for an inventory that asks for one, and fills in where everything of it listens.

Each host gets an address of its own and the documented ports, as on a network: on the virtual clock one of the loop's
own network, the same in every run, and in real time a loopback address. Where the machine has only one
loopback address (macOS, some containers), all hosts share it and get free ports.
"""

import errno
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.clients.command import Stoppable
from chaos.errors import LabRefused, UsageError
from chaos.inventory import Inventory, resolved
from chaos.mock.consoles.vos import VosVariants
from chaos.mock.defects import Break, parse_break
from chaos.run.blueprints import blueprint_of
from chaos.run.filling import filled
from chaos.run.orders import orders_to
from chaos.run.places import Places
from chaos.run.scratch import Scratch
from chaos.run.selection import did_you_mean

if TYPE_CHECKING:
    from chaos.mock.deployment import Deployment

Before = Callable[[Inventory], Awaitable[None]]
FAST_CONSOLES = VosVariants(banner_s=0.1, list_s=0.05, status_every_s=0.1)


# So often other ports are looked for when somebody has taken one of them before its server listened.
_PORTS_TAKEN_MAX = 5


class MockNotStarted(LabRefused):
    """The mock deployment could not be started; says which address and why."""


@dataclass
class Launched:
    """A running mock. inventory: as given, with everything filled in. deployment: for tests of the harness only."""

    inventory: Inventory
    deployment: "Deployment"
    folder: Path
    _scratch: Scratch | None

    @property
    def orders(self) -> "Mapping[str, Stoppable]":
        """What the mock does for faults that a lab has commands for."""
        return orders_to(self.deployment)

    async def stop(self) -> None:
        await self.deployment.stop()
        if self._scratch is not None:
            self._scratch.remove()


def breaks_named(texts: Sequence[str]) -> tuple[Break, ...]:
    """Defects by name, narrowed or not. Raises UsageError: there is none of that name, or it cannot be narrowed so."""
    return tuple(parse_break(text, meant=did_you_mean) for text in texts)


async def launch(
    inventory: Inventory,
    *,
    defects: Sequence[str] = (),
    folder: Path | None = None,
    block: str | None = None,
    tomcat_start_s: float | None = None,
    fast: bool = False,
    before: Before | None = None,
) -> Launched:
    """Start a mock for this inventory on the running loop.

    folder: where its CA goes (None: a temporary one, removed by `stop`). block: the first three parts of its loopback
    addresses, "127.0.10" for instance (None: one that is free; on the virtual clock, the loop's own network).
    tomcat_start_s: how long Finesse's Tomcat takes (None: as documented). fast: consoles answer and Windows services
    change almost at once. before: is awaited before anything starts, with the inventory filled in. Raises
    MockNotStarted, UsageError, and what `before` raises.
    """
    for tries_left in reversed(range(_PORTS_TAKEN_MAX)):
        places = Places(block)
        try:
            return await _launched_at(places, inventory, defects, folder, tomcat_start_s, fast, before)
        except MockNotStarted as error:
            # Ports that were free when they were looked for: somebody else was faster, and others are free.
            taken = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
            if not (taken and places.finds_ports and tries_left):
                raise
    raise AssertionError  # the last try has returned or raised


async def _launched_at(
    places: Places,
    inventory: Inventory,
    defects: Sequence[str],
    folder: Path | None,
    tomcat_start_s: float | None,
    fast: bool,
    before: Before | None,
) -> Launched:
    from chaos.mock.deployment import Deployment

    own = inventory.mock.defects if inventory.mock else ()
    blueprint = blueprint_of(inventory, places, breaks_named((*own, *defects)))
    if fast:
        blueprint = replace(
            blueprint,
            vos=replace(FAST_CONSOLES, version=blueprint.vos.version),
            windows_start_s=0.2,
            windows_stop_s=0.1,
        )
    if tomcat_start_s is not None:
        blueprint = replace(blueprint, tomcat_start_s=tomcat_start_s)
    deployment = Deployment(blueprint)
    scratch = None
    if folder is None:
        scratch = Scratch()
        folder = scratch.path
    try:
        _write_authority(deployment, folder / "ca.pem")
        whole = resolved(inventory, filled(inventory, blueprint, deployment.host_keys, folder / "ca.pem"))
        if before is not None:
            await before(whole)
        await deployment.start()
    except BaseException as error:
        await deployment.stop()
        if scratch is not None:
            scratch.remove()
        if not isinstance(error, OSError):
            raise
        raise MockNotStarted(f"the mock could not be started: {error}; is another one running there?") from error
    return Launched(whole, deployment, folder, scratch)


def _write_authority(deployment: "Deployment", path: Path) -> None:
    """Raises UsageError: no other mock is in the way there, as it may be at an address."""
    try:
        deployment.write_authority(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"{path} cannot be written: {why}; make room there, or name another folder") from error
