"""The SSH libraries cost a third of a second each to import: only who opens a console pays."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("room", "library"), [("chaos.clients.console", "paramiko"), ("chaos.mock.consoles", "asyncssh")]
)
def test_the_room_is_imported_without_its_ssh_library(room: str, library: str) -> None:
    code = f"import sys, {room}; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
