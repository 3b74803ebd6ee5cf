"""CTI-08: what SystemInfo says, once a node is back, of the CTI servers that it uses."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from chaos.history import Evidence, History
from chaos.history.history import fact
from chaos.journal import RestExchange
from chaos.verdicts import bounds
from chaos.verdicts.cti.failover import LATER, SYSTEM_INFO, FailOver, after, fail_overs
from chaos.verdicts.finding import Finding, violated

_IN_USE = "ctiServers"


def servers_misshown(history: History, one: FailOver) -> Iterator[Finding]:
    """The CTI server that it shows in use is another one than while the node had its session on the other side.

    Releases before 12.6 show none; which of them is which is the product's affair.
    """
    shown = _shown(history).get(one.node, {})
    mine, others = shown.get(one.back, {}), shown.get(one.lost, {})
    for pattern, seen in mine.items() if one.lost != one.back else ():
        if pattern in others and one.back_s < seen.sent_s < one.next_s:
            lines = [Evidence.of(two, f"{SYSTEM_INFO} → in use: {pattern}") for two in (others[pattern], seen)]
            said = f"{one.node} shows the same CTI server in use on either side"
            yield violated(after(one, ask=SYSTEM_INFO, moment=LATER), said, *lines, *one.gap.cited())


@fact
def _shown(history: History) -> Mapping[str, Mapping[str, Mapping[str, RestExchange]]]:
    """Node → the side of its session, long enough after it was back → what was shown in use, with an answer each."""
    found: dict[str, dict[str, dict[str, RestExchange]]] = {}
    for one in fail_overs(history):
        if one.gap.back_s is None or not one.back:
            continue
        for seen in history.of(
            RestExchange,
            lambda seen, one=one: seen.node == one.node and seen.resource == SYSTEM_INFO and seen.status == 200,  # type: ignore[misc]
            from_s=one.gap.back_s + bounds.RESYNC_S,
            to_s=one.next_s,
        ):
            pattern = dict(seen.more).get(_IN_USE)
            if pattern and seen.sent_s > one.gap.back_s + bounds.RESYNC_S:
                found.setdefault(one.node, {}).setdefault(one.back, {}).setdefault(pattern, seen)
    return MappingProxyType(found)
