"""Nodes and subscriptions of the publish-subscribe service. Pure.

Automatic subscriptions are not stored: whoever a publication is for gets it by his bare JID. Explicit ones are kept
for the life of the node, whatever is restarted, but belong to this node alone (Finesse developer guide, Subscription
Management and Subscription Persistence).
"""

from collections.abc import Iterable, Iterator

from chaos.mock.finesse.config import UserRecord
from chaos.wire.xmpp import JID, Subscription

SUBSCRIPTIONS_MAX = 1000

SYSTEM_INFO = "/finesse/api/SystemInfo"


def team_node(team_id: str) -> str:
    """Where those hear of a team's agents who asked to."""
    return f"/finesse/api/Team/{team_id}/Users"


def queue_node(queue: str) -> str:
    """Where those hear of a queue's statistics who asked to."""
    return f"/finesse/api/Queue/{queue}"


def nodes(users: Iterable[UserRecord]) -> frozenset[str]:
    """All nodes that something may be published on, and User/ID/Queues, where that would be another list of queues,
    which does not change here. Each team has one queue, of its own number."""
    users = tuple(users)
    own = {name for user in users for name in automatic_nodes(user.login_id)}
    own |= {f"/finesse/api/User/{user.login_id}/Queues" for user in users}
    teams = {user.team_id for user in users}
    return frozenset(own | set(map(team_node, teams)) | set(map(queue_node, teams)) | {SYSTEM_INFO})


def automatic_nodes(user: str) -> tuple[str, ...]:
    """Nodes to which an agent is subscribed without asking."""
    own = f"/finesse/api/User/{user}"
    return (own, f"{own}/Dialogs", f"{own}/Dialogs/Media", f"{own}/Media/1", SYSTEM_INFO)


class Subscriptions:
    """Explicit subscriptions: who wants which node."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[str, JID]] = {}

    def add(self, node: str, jid: JID) -> bool:
        """Subscribe; False if this JID has too many already."""
        if sum(str(jid) in jids for jids in self._by_node.values()) >= SUBSCRIPTIONS_MAX:
            return False
        self._by_node.setdefault(node, {})[str(jid)] = jid
        return True

    def remove(self, node: str, jid: JID) -> bool:
        """Unsubscribe; False if there was no such subscription."""
        return self._by_node.get(node, {}).pop(str(jid), None) is not None

    def to(self, node: str) -> tuple[JID, ...]:
        """Who gets what is published on the node."""
        return tuple(self._by_node.get(node, {}).values())

    def of(self, user: JID, node: str | None = None) -> Iterator[Subscription]:
        """Subscriptions of this user's JIDs, automatic ones first; of one node if it is named."""
        for name in automatic_nodes(user.local or ""):
            if node in (None, name):
                yield Subscription(name, str(user.bare))
        for name, jids in self._by_node.items():
            if node in (None, name):
                yield from (Subscription(name, text) for text, jid in jids.items() if jid.bare == user.bare)
