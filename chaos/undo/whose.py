"""Whose lab it is: what a lab is known by, whatever its inventory is called and however it was edited since.

A lab is its machines. Each has several *marks*: the key that its SSH server proves itself with, the certificate that
its web server shows, and, weaker, the address at which it is found. Two inventories that share one mark speak of the
same lab. What an undo log owes is bound to the marks, and a host that an entry names is found again by its key, even if
the inventory calls it by another name today.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict, with_config

_STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class KnownHost:
    """One host as the inventory had it. key: the fingerprint of its SSH host key, None if none is pinned.

    at: where its console is dialled, "10.0.0.11:22"; where it has none, where its service is.
    """

    name: str
    key: str | None
    at: str


@with_config(_STRICT)
@dataclass(frozen=True, slots=True)
class LabIdentity:
    """What a lab is known by. marks: in words, "ssh SHA256:…"; see `chaos.safety.identity`."""

    NOBODY: ClassVar["LabIdentity"]

    marks: frozenset[str] = frozenset()
    hosts: tuple[KnownHost, ...] = ()

    def overlaps(self, other: "LabIdentity") -> bool:
        """Whether both are the same lab: one mark in common is enough."""
        return not self.marks.isdisjoint(other.marks)

    def joined(self, other: "LabIdentity") -> "LabIdentity":
        """What is known by either."""
        return LabIdentity(self.marks | other.marks, tuple(dict.fromkeys((*self.hosts, *other.hosts))))


LabIdentity.NOBODY = LabIdentity()


def now_called(name: str, then: LabIdentity, today: LabIdentity) -> str | None:
    """What today's inventory calls the host that was called `name` then; None if it has no such host any more.

    A key outweighs a name: whoever swaps two names in an inventory has not swapped the machines. A name outweighs an
    address, and is believed even if the key is another one: a host that was installed anew has lost its key.
    """
    known = [host for host in then.hosts if host.name == name]
    keys = {host.key for host in known if host.key}
    places = {host.at for host in known}
    return _first(
        (host.name for host in today.hosts if host.key in keys),
        (host.name for host in today.hosts if host.name == name),
        (host.name for host in today.hosts if host.at in places),
    )


def _first(*ways: Iterable[str]) -> str | None:
    return next((name for way in ways for name in way), None)
