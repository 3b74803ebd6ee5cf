"""File descriptors: counted before a run, so that a crowd does not find out one by one that there are none left."""

import sys
from typing import Final

from chaos.errors import UsageError
from chaos.inventory import Inventory

_OF_A_LAB: Final = 400
"""For listening, proxies, relays, consoles, CTI and database connections, files, and what Python keeps open itself."""
_OF_AN_AGENT: Final = 4
"""An event stream, and as many connections to REST as requests of one agent are under way at the same time."""


def needed(inventory: Inventory) -> int:
    """How many a run keeps open at most, about. In a mock both ends of each connection are in this process."""
    ends = 2 if inventory.deployment == "mock" else 1
    return _OF_A_LAB + ends * _OF_AN_AGENT * len(inventory.agents)


def make_room(inventory: Inventory) -> None:
    """Raise this process's limit as far as a run on this lab needs. Raises UsageError: the system allows fewer."""
    raise_limit(needed(inventory), f"{len(inventory.agents)} agents", "name fewer agents")


def raise_limit(want: int, who: str, instead: str) -> None:
    """Let this process open so many. who, instead: who needs them, and what else helps, for the error.

    Raises UsageError: the system allows fewer.
    """
    if sys.platform == "win32":
        return  # sockets are no descriptors there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= want:
        return
    if hard != resource.RLIM_INFINITY and hard < want:
        raise UsageError(
            f"{who} need about {want} file descriptors, this process may have {hard}: raise "
            f"the hard limit (`ulimit -Hn {want}` as root), or {instead}; nothing was changed"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (want, hard))
