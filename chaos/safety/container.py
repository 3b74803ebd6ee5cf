"""Where no reaper can outlive the harness: in a container whose first process is the harness itself.

The kernel ends every process of a PID namespace together with its first one. There the reaper dies in the same moment
as the harness, whatever it does, and a lab stays broken. Such a start is refused. Where the first process is somebody
else's who may end when we do (a shell, a small init), that cannot be known from here, and it is said.
"""

import os
from pathlib import Path

from chaos.errors import LabRefused

# The kernel's own number of the first PID namespace of a machine (PROC_PID_INIT_INO).
_MACHINES_OWN = "pid:[4026531836]"
# Inits that end with their only child, and nothing else.
_END_WITH_CHILD = {"tini", "docker-init", "dumb-init", "catatonit", "tini-static"}
# Inits that never end by themselves.
_STAY = {"systemd", "init", "launchd", "pause"}

REMEDY = (
    "start the container with a first process that stays (sleep infinity, for instance) and run the harness in it by "
    "docker exec, or run it outside of a container"
)


class NoReaperHere(LabRefused):
    """The harness would take its reaper with it. Nothing was touched."""


def require_outliving(proc: Path = Path("/proc")) -> str | None:
    """Raises NoReaperHere. Otherwise a doubt in words, None if there is none."""
    pid, parent = os.getpid(), os.getppid()
    first = _name_of(1, proc)
    if pid == 1:
        raise NoReaperHere(
            "this process is the first one of its container (PID 1): when it dies the kernel ends every other process "
            f"there, so that no reaper could heal the lab; {REMEDY}"
        )
    if not _is_container(proc):
        return None
    if parent == 1 and first in _END_WITH_CHILD:
        raise NoReaperHere(
            f"the first process of this container, {first}, ends with this one, and the kernel then ends every other "
            f"process there, so that no reaper could heal the lab; {REMEDY}"
        )
    if first in _STAY or not _descends_from_first(parent, proc):
        return None
    return (
        f"the first process of this container is '{first}': should it end when this run does, it takes the reaper with "
        "it, and the lab is healed only by the next run or by finesse-chaos heal"
    )


def _is_container(proc: Path) -> bool:
    try:
        return os.readlink(proc / "self/ns/pid") != _MACHINES_OWN
    except OSError:
        return False


def _descends_from_first(pid: int, proc: Path) -> bool:
    """Whether the first process is among our ancestors: whoever was let in from outside (docker exec) has none."""
    for _ in range(64):
        if pid <= 1:
            return pid == 1
        try:
            pid = int((proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return True
    return True


def _name_of(pid: int, proc: Path) -> str:
    try:
        return (proc / str(pid) / "comm").read_text().strip()
    except OSError:
        return "?"
