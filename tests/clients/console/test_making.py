"""From an inventory to a console: every key of `ssh` gets where it belongs."""

from pathlib import Path

import pytest

from chaos.clients.console import VosConsole, WindowsConsole, console_of
from chaos.errors import InventoryError
from chaos.inventory import Inventory, load
from tests.inventory.labs import LIVE, host_key

KEYED = "ssh: {user: admin, key_file: keys/mine, key_passphrase: {env: OPEN}, old_algorithms: true, port: 2222, "


def lab(tmp_path: Path, text: str) -> Inventory:
    (tmp_path / "lab.yaml").write_text(text)
    return load(tmp_path / "lab.yaml")


def test_a_key_its_passphrase_and_old_algorithms_reach_the_console_and_no_password_is_made_up(tmp_path: Path) -> None:
    text = LIVE.replace("ssh: {user: admin, password: {env: VOS}, ", KEYED)
    inventory = lab(tmp_path, text + "timing: {console_timeout_s: 33, service_timeout_s: 44}\n")
    made = console_of(inventory.publisher, inventory, {"OPEN": "sesame"})
    assert isinstance(made, VosConsole)
    door = made._door
    assert (door.key_file, door.passphrase, door.password) == (tmp_path / "keys/mine", "sesame", None)
    assert (door.old_algorithms, door.port, door.host_key) == (True, 2222, host_key())
    assert (made._deadline_s, made._settle_s) == (33.0, 44.0)
    assert "sesame" not in repr(door)


def test_a_windows_host_gets_a_windows_console(tmp_path: Path) -> None:
    ssh = f"ssh: {{user: LAB\\chaos, password: {{env: AW}}, host_key: {host_key(body=bytes(35) + b'x')}}}"
    text = LIVE.replace("primary: {host: aw-a.lab.example}", f"primary: {{host: aw-a.lab.example, {ssh}}}")
    inventory = lab(tmp_path, text)
    assert inventory.awdb is not None
    made = console_of(inventory.awdb.primary, inventory, {"AW": "secret"})
    assert isinstance(made, WindowsConsole)
    assert made._door.is_windows


def test_a_host_without_ssh_or_with_a_secret_that_is_missing_is_told(tmp_path: Path) -> None:
    inventory = lab(tmp_path, LIVE)
    with pytest.raises(InventoryError, match=r"no way to open a console on fin-b\.lab\.example: give it ssh"):
        console_of(inventory.finesse_nodes()[1], inventory, {})
    with pytest.raises(InventoryError, match="VOS"):
        console_of(inventory.publisher, inventory, {})
