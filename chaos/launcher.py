"""Starts the built-in mock for an inventory that asks for one, and fills in where everything of it listens.

Each host gets a loopback address of its own and the documented ports, as on a network. Where the machine has only one
loopback address (macOS, some containers), all hosts share it and get free ports.
"""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, UsageError
from chaos.inventory import Inventory, resolved
from chaos.mock.blueprint import At, Blueprint, NodePlan, Person
from chaos.mock.cti_server.pair import Variant
from chaos.mock.defects import Defect

if TYPE_CHECKING:
    from chaos.mock.deployment import Deployment

CONSOLE_USER = "administrator"


class MockNotStarted(ChaosError):
    """The mock deployment could not be started; says which address and why."""


@dataclass
class Launched:
    """A running mock. inventory: as given, with everything filled in. deployment: for tests of the harness only."""

    inventory: Inventory
    deployment: "Deployment"
    folder: Path
    _own_folder: bool

    async def stop(self) -> None:
        await self.deployment.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def defects_named(names: Sequence[str]) -> frozenset[Defect]:
    """Defects by name. Raises UsageError: there is none of that name."""
    known = {defect.value: defect for defect in Defect}
    for name in names:
        if name not in known:
            raise UsageError(f"the mock has no defect {name!r}; it has: {', '.join(sorted(known))}")
    return frozenset(known[name] for name in names)


async def launch(
    inventory: Inventory, *, defects: Sequence[str] = (), folder: Path | None = None, block: str | None = None
) -> Launched:
    """Start a mock for this inventory on the running loop.

    folder: where its CA goes (None: a temporary one, removed by `stop`). block: the first three parts of its loopback
    addresses, "127.0.10" for instance (None: one that is free). Raises MockNotStarted, UsageError.
    """
    from chaos.mock.deployment import Deployment

    places = Places(block)
    blueprint = _blueprint(inventory, places, defects_named(defects))
    deployment = Deployment(blueprint)
    own_folder = folder is None
    folder = folder or Path(tempfile.mkdtemp(prefix="finesse-chaos-"))
    try:
        deployment.write_authority(folder / "ca.pem")
        await deployment.start()
    except BaseException as error:
        await deployment.stop()
        if own_folder:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        raise MockNotStarted(f"the mock could not be started: {error}; is another one running there?") from error
    filled = resolved(inventory, _filled(inventory, blueprint, deployment, folder / "ca.pem"))
    return Launched(filled, deployment, folder, own_folder)


class Places:
    """Addresses and ports for the mock's hosts, in the order in which they are asked for."""

    def __init__(self, block: str | None) -> None:
        self._block = block or _free_block()
        self._numbers = iter(range(1, 255))

    def host(self) -> str:
        """The next host's address."""
        return "127.0.0.1" if self._block is None else f"{self._block}.{next(self._numbers)}"

    def at(self, address: str, port: int) -> At:
        return At(address, port if self._block is not None else _free_port(address))


def _free_block() -> str | None:
    """A block of loopback addresses that nobody listens on; None where there is only one address."""
    for _ in range(64):
        block = f"127.{64 + secrets.randbelow(128)}.{secrets.randbelow(256)}"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            try:
                trial.bind((f"{block}.1", 8445))
            except OSError:
                continue
            return block
    return None


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind((address, 0))
        return int(trial.getsockname()[1])


def _blueprint(inventory: Inventory, places: Places, defects: frozenset[Defect]) -> Blueprint:
    nodes = []
    for node in inventory.finesse_nodes():
        address = node.address or places.host()
        nodes.append(
            NodePlan(
                node.host,
                https=places.at(address, node.https_port),
                xmpp=places.at(address, node.xmpp_port),
                ssh=places.at(address, node.ssh.port if node.ssh else 22 if os.geteuid() == 0 else 2222),
            )
        )
    if inventory.cti.b is None:
        raise UsageError("the mock is a duplex deployment: give cti.b a host")
    sides = [places.at(server.address or places.host(), server.port) for server in (inventory.cti.a, inventory.cti.b)]
    proxies = places.host()
    listens = [
        _listen(inventory, name, places, proxies, at) for name, at in zip(("cti-a", "cti-b"), sides, strict=True)
    ]
    mock = inventory.mock
    console = next((node.ssh for node in inventory.finesse_nodes() if node.ssh), None)
    return Blueprint(
        nodes=tuple(nodes),
        cti_a=sides[0],
        cti_b=sides[1],
        finesse_cti_a=listens[0],
        finesse_cti_b=listens[1],
        people=tuple(
            Person(a.id, a.login, a.password.reveal(os.environ), a.extension, a.team, a.supervisor)
            for a in inventory.agents
        ),
        admin=(inventory.admin.user, inventory.admin.password.reveal(os.environ)),
        console=(
            console.user if console else CONSOLE_USER,
            console.password.reveal(os.environ) if console and console.password else secrets.token_hex(8),
        ),
        peripheral_id=inventory.peripheral_id,
        cti_version=inventory.cti_protocol,
        variant=Variant(mock.cti_variant) if mock else Variant.BOTH_ACCEPT,
        defects=defects,
    )


def _listen(inventory: Inventory, name: str, places: Places, address: str, server: At) -> At:
    """Where Finesse finds that CTI side: at its link's proxy, or at the server itself if there is no link."""
    link = inventory.links.get(name)  # type: ignore[call-overload]
    if link is None:
        return server
    at = link.listen_at
    return At(at.host, at.port) if at else places.at(address, server.port)


def _filled(inventory: Inventory, blueprint: Blueprint, deployment: "Deployment", ca: Path) -> dict[str, object]:
    values: dict[str, object] = {"tls.ca": ca}
    for key, plan in zip(("publisher", "subscriber"), blueprint.nodes, strict=False):
        values[f"{key}.address"] = plan.https.address
        values[f"{key}.https_port"] = plan.https.port
        values[f"{key}.xmpp_port"] = plan.xmpp.port
        values[f"{key}.ssh"] = {
            "port": plan.ssh.port,
            "user": blueprint.console[0],
            "password": blueprint.console[1],
            "host_key": deployment.host_keys[plan.host].public,
        }
    for side, at in (("a", blueprint.cti_a), ("b", blueprint.cti_b)):
        values[f"cti.{side}.address"] = at.address
        values[f"cti.{side}.port"] = at.port
    for name, listen, server in (
        ("cti-a", blueprint.finesse_cti_a, blueprint.cti_a),
        ("cti-b", blueprint.finesse_cti_b, blueprint.cti_b),
    ):
        if name in inventory.links:
            values[f"links.{name}.listen"] = str(listen)
            values[f"links.{name}.upstream"] = str(server)
    return values
