"""From an inventory to a console: the one place that knows which keys of `ssh` go where."""

from collections.abc import Mapping
from typing import Any

from chaos.clients.console.exchange import Recorder, ignore
from chaos.clients.console.vos import VosConsole
from chaos.clients.console.windows import WindowsConsole
from chaos.errors import InventoryError
from chaos.inventory import Host, Inventory

Console = VosConsole | WindowsConsole


def console_of(
    host: Host,
    inventory: Inventory,
    env: Mapping[str, str],
    *,
    poll_s: float | None = None,
    record: Recorder = ignore,
) -> Console:
    """The console of that host, not opened yet. env: where secrets are looked up. poll_s: None for the usual interval.

    Raises InventoryError: the host has no ssh, or a secret is missing.
    """
    ssh = host.ssh
    if ssh is None:
        raise InventoryError(f"the inventory says no way to open a console on {host.host}: give it ssh")
    about: dict[str, Any] = {} if poll_s is None else {"poll_s": poll_s}
    kind: type[VosConsole] | type[WindowsConsole] = VosConsole if ssh.kind == "vos" else WindowsConsole
    return kind(
        host.dial,
        ssh.port,
        ssh.user,
        ssh.password.reveal(env) if ssh.password else None,
        ssh.host_key or "",
        host=host.host,
        key_file=ssh.key_file,
        passphrase=ssh.key_passphrase.reveal(env) if ssh.key_passphrase else None,
        old_algorithms=ssh.old_algorithms,
        deadline_s=inventory.timing.console_timeout_s,
        settle_s=inventory.timing.service_timeout_s,
        record=record,
        **about,
    )
