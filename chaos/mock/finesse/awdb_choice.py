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

from chaos.mock.defects import Defect


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
    answered; cut_off: whether one was lost or tried in vain since then."""

    known: frozenset[AwdbHost]
    next: AwdbHost = AwdbHost.PRIMARY
    in_vain: frozenset[AwdbHost] = frozenset()
    cut_off: bool = False

    @property
    def exhausted(self) -> bool:
        """Was every known host tried in vain since one last answered? Only then none can be reached: that a connection
        was lost once says little about its host now."""
        return self.in_vain >= self.known


def hosts_to_try(configured: Collection[AwdbHost], *, former: bool, defects: Collection[Defect]) -> Choice:
    """Where a node begins. former: a secondary was configured once."""
    known = set(configured)
    if former and Defect.UNCONFIGURED_SECONDARY_USED in defects:
        known.add(AwdbHost.SECONDARY)
    if Defect.STAYS_WITH_PRIMARY in defects:
        known = {AwdbHost.PRIMARY}
    return Choice(frozenset(known))


def after_loss(choice: Choice, host: AwdbHost) -> Choice:
    """The connection to `host` is lost."""
    return replace(choice, next=_other(choice, host), cut_off=True)


def after_failure(choice: Choice, host: AwdbHost, defects: Collection[Defect] = ()) -> Choice:
    """An attempt at `host` has failed."""
    choice = replace(choice, next=_other(choice, host), in_vain=choice.in_vain | {host}, cut_off=True)
    if choice.exhausted and Defect.REPEATS_WITH_ONE_HOST in defects:
        return replace(choice, next=AwdbHost.PRIMARY)
    return choice


def after_success(choice: Choice) -> Choice:
    """An attempt has succeeded."""
    return replace(choice, in_vain=frozenset(), cut_off=False)


def may_serve(host: AwdbHost, *, distributor: bool, defects: Collection[Defect]) -> bool:
    """Is a database that answered one to be used? distributor: what it said about its host's Distributor."""
    return host is AwdbHost.PRIMARY or distributor or Defect.UNPREPARED_SECONDARY_USED in defects


def gives_up(choice: Choice, defects: Collection[Defect]) -> bool:
    """Are no more attempts made for a while?"""
    return len(choice.known) > 1 and choice.exhausted and Defect.GIVES_UP_AFTER_FIRST_REQUEST in defects


def _other(choice: Choice, host: AwdbHost) -> AwdbHost:
    return host.other if host.other in choice.known else host
