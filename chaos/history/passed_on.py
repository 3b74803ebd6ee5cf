"""What a node asked its CTI server for though it had turned the request down: as our CTI relays saw it on its way."""

from chaos.history.asking import is_taken
from chaos.history.evidence import Evidence
from chaos.history.history import History
from chaos.history.sessions import clients_of
from chaos.journal import RestExchange, StateAsked

# So long after a request was turned down it may still be passed on (ours); people who ask by hand take longer breaks.
_AFTER_S = 1.0


def passed_on(history: History, node: str, agent: str, from_s: float, to_s: float) -> Evidence | None:
    """As `asked_for`, while a request of his was under way that was turned down, or just after it."""
    return asked_for(history, node, agent, from_s, to_s + _AFTER_S)


def asked_for(
    history: History, node: str, agent: str, from_s: float, until_s: float, *, taken_by_s: float = float("inf")
) -> Evidence | None:
    """That node's request for a state of that agent that nothing else explains: it is none by force, and no request of
    his was taken about then. None if there was none. taken_by_s: what was answered later counts for nothing."""
    own = clients_of(history, node)
    asked = history.of(
        StateAsked,
        lambda seen: seen.agent == agent and seen.client in own and not seen.forced,
        from_s=from_s,
        to_s=until_s,
    )
    taken = history.of(RestExchange, is_taken, agent=agent, from_s=from_s - _AFTER_S, to_s=taken_by_s)
    if not asked or any(seen.sent_s <= until_s for seen in taken):
        return None
    return Evidence.of(asked[0], f"{node} asked its CTI server for {asked[0].state} of {agent}")
