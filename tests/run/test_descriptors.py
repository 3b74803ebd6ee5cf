"""A lab with a crowd: its descriptors are counted beforehand, and made room for or refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from chaos.inventory import load
from chaos.run.descriptors import needed
from tests.inventory.labs import REPOSITORY

pytest.importorskip("resource", reason="this system has no rlimits")

MOCK = REPOSITORY / "inventories" / "mock.yaml"
PLAY = """
import resource, sys
from chaos.errors import UsageError
from chaos.inventory import load
from chaos.run.descriptors import make_room
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
try:
    make_room(load(sys.argv[3]))
except UsageError as error:
    print(error)
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def crowd(folder: Path, count: int) -> Path:
    """The mock with so many agents."""
    head, rest = MOCK.read_text().split("\nagents:\n")
    rows = (f"  - {{id: {1001001 + n}, password: p, extension: {200001 + n}}}\n" for n in range(count))
    path = folder / "crowd.yaml"
    path.write_text(f"{head}\nagents:\n{''.join(rows)}{rest[rest.index('outside_number') :]}")
    return path


def played(soft: int, hard: int, inventory: Path) -> str:
    asked = [sys.executable, "-c", PLAY, str(soft), str(hard), str(inventory)]
    return subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_limit_is_raised_as_far_as_is_needed_and_no_further(tmp_path: Path) -> None:
    want = needed(load(crowd(tmp_path, 400)))
    assert want > 1024
    assert played(1024, 8192, tmp_path / "crowd.yaml") == f"({want}, 8192)\n"
    assert played(1024, 8192, MOCK) == "(1024, 8192)\n"


def test_a_crowd_that_the_system_does_not_allow_is_refused_with_figures_and_the_remedy(tmp_path: Path) -> None:
    said = played(1024, 2048, crowd(tmp_path, 400))
    assert said.startswith(
        "400 agents need about 3600 file descriptors, this process may have 2048: raise the hard limit"
    )
    assert said.endswith("(1024, 2048)\n")
