"""Where no reaper can outlive the harness, as /proc tells it."""

import os
from pathlib import Path

import pytest

from chaos.safety import container
from chaos.safety.container import NoReaperHere, require_outliving

HOST, CONTAINER = "pid:[4026531836]", "pid:[4026532999]"


def proc_of(folder: Path, namespace: str, first: str, parents: dict[int, int]) -> Path:
    """A /proc: the name of process 1, and whose child each process is."""
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/pid").symlink_to(namespace)
    for pid, parent in {1: 0, **parents}.items():
        (folder / str(pid)).mkdir()
        (folder / str(pid) / "stat").write_text(f"{pid} (a (strange) name) S {parent} 1 1")
        (folder / str(pid) / "comm").write_text(first if pid == 1 else "sh")
    return folder


@pytest.fixture
def as_process(monkeypatch: pytest.MonkeyPatch) -> object:
    def be(pid: int, parent: int) -> None:
        monkeypatch.setattr(os, "getpid", lambda: pid)
        monkeypatch.setattr(os, "getppid", lambda: parent)

    return be


@pytest.mark.parametrize(
    ("pid", "parent", "first"), [(1, 0, "python"), (7, 1, "tini"), (7, 1, "docker-init")], ids=lambda value: str(value)
)
def test_who_would_take_the_reaper_along_is_refused(
    tmp_path: Path, as_process: object, pid: int, parent: int, first: str
) -> None:
    assert callable(as_process)
    as_process(pid, parent)
    with pytest.raises(NoReaperHere, match="docker exec"):
        require_outliving(proc_of(tmp_path, CONTAINER, first, {7: parent} if pid != 1 else {}))


@pytest.mark.parametrize(
    ("parent", "namespace", "first", "parents", "is_doubtful"),
    [
        (20, CONTAINER, "sh", {20: 1}, True),
        (20, CONTAINER, "systemd", {20: 1}, False),
        (0, CONTAINER, "sleep", {}, False),
        (20, CONTAINER, "sleep", {20: 0}, False),
        (20, HOST, "sh", {20: 1}, False),
    ],
)
def test_who_may_outlive_us_is_not_refused_but_doubted(
    tmp_path: Path,
    as_process: object,
    parent: int,
    namespace: str,
    first: str,
    parents: dict[int, int],
    is_doubtful: bool,
) -> None:
    assert callable(as_process)
    as_process(7, parent)
    doubt = require_outliving(proc_of(tmp_path, namespace, first, parents))
    assert (doubt is not None) is is_doubtful
    assert doubt is None or first in doubt


def test_a_system_without_proc_is_no_container(tmp_path: Path) -> None:
    assert container.require_outliving(tmp_path) is None
