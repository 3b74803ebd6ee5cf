"""Where the foreign clients are that `scripts/foreign` installs, and why a test must do without one."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PINS = {"node": HERE / "node" / "package-lock.json", "java": HERE / "java" / "pom.xml", "go": HERE / "go" / "go.sum"}
HASH_CHARS = 12


def part(kind: str) -> Path:
    """The folder of the clients of `node`, `java` or `go`. Skips the test if there is none, or not what runs them."""
    if kind != "go" and shutil.which(kind) is None:  # Go's are programs by themselves
        pytest.skip(f"{kind} is not installed")
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    version = hashlib.sha256(PINS[kind].read_bytes()).hexdigest()[:HASH_CHARS]
    folder = base / "finesse-chaos" / f"foreign-{kind}-{version}"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: scripts/foreign installs it")
    return folder
