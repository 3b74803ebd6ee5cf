"""Which AWDB a node turns to next. Pure.

Theory of operation
-------------------
A node keeps one connection, to the database it uses. It begins with the primary. When a connection is lost, the next
one is tried at the other host; when an attempt fails, the next attempt goes to the other host again. An attempt is made
when a request needs a database and there is no connection: one attempt a request, so a request that fails is to be
repeated (AWDB-05, AWDB-06, AWDB-12). A connection that works is kept: nothing leads back to the primary but a loss of
the secondary or a start of Tomcat; the failover chapter is silent about that.

A secondary is a target only if it is configured and its Distributor runs (AWDB-01). Whether it runs is learned from
the database itself, as it answers the Hello: our reading, since the chapter does not say how Finesse knows. Of the
primary no Distributor is asked for: the chapter asks for none, and a database without it still serves.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum


class AwdbHost(Enum):
    """An AWDB by its place in Finesse's administration."""

    PRIMARY = "primary"
    SECONDARY = "secondary"

    @property
    def other(self) -> "AwdbHost":
        return AwdbHost.SECONDARY if self is AwdbHost.PRIMARY else AwdbHost.PRIMARY


@dataclass(frozen=True, slots=True)
class Choice:
    """known: hosts that may be tried. next: the one that is. in_vain: those that were tried in vain since one last
    answered."""

    known: frozenset[AwdbHost]
    next: AwdbHost = AwdbHost.PRIMARY
    in_vain: frozenset[AwdbHost] = frozenset()

    @property
    def exhausted(self) -> bool:
        """Was every known host tried in vain since one last answered? Only then none can be reached: that a connection
        was lost once says little about its host now."""
        return self.in_vain >= self.known


def hosts_to_try(configured: Collection[AwdbHost]) -> Choice:
    """Where a node begins."""
    return Choice(frozenset(configured))


def after_loss(choice: Choice, host: AwdbHost) -> Choice:
    """The connection to `host` is lost."""
    return replace(choice, next=_other(choice, host))


def after_failure(choice: Choice, host: AwdbHost) -> Choice:
    """An attempt at `host` has failed."""
    return replace(choice, next=_other(choice, host), in_vain=choice.in_vain | {host})


def after_success(choice: Choice) -> Choice:
    """An attempt has succeeded."""
    return replace(choice, in_vain=frozenset())


def may_serve(host: AwdbHost, *, distributor: bool) -> bool:
    """Is a database that answered one to be used? distributor: what it said about its host's Distributor."""
    return host is AwdbHost.PRIMARY or distributor


def _other(choice: Choice, host: AwdbHost) -> AwdbHost:
    return host.other if host.other in choice.known else host
