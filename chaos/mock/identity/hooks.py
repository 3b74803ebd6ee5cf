"""Where the Identity Service asks how to behave: each method does what the documents say, unless a defect bites."""

from collections.abc import Iterable, Mapping

from chaos.mock.defects import Axis, Break
from chaos.mock.defects.hooks import Fact, Hooks
from chaos.mock.defects.tokens import TokenDefect


class IdentityHooks(Hooks):
    """names: every name of each agent, by each of them. places: `a` or `b` by a node's host."""

    def __init__(
        self,
        breaks: Iterable[Break] = (),
        *,
        names: Mapping[str, frozenset[str]] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(breaks, names=names)
        self._places = places or {}

    def end_s(
        self,
        user: str,
        node: str,
        cookie: str,
        proper_s: float,
        *,
        own: float | None,
        others: float | None,
        elsewhere: float | None,
    ) -> float:
        """When a refresh token of a new sign-on ends: a full life after it began (DESKTOP-22).

        own: when an older one of the same person ends that still lives; others: the latest one of somebody else;
        elsewhere: the latest one of the same person that began at another node.
        """
        if own is not None and self._does(TokenDefect.REMEMBERS_WITHOUT_COOKIE, user, node, cookie):
            return own
        if elsewhere is not None and self._does(TokenDefect.REMEMBERS_ANOTHER_NODE, user, node, cookie):
            return elsewhere
        if others is not None and self._does(TokenDefect.END_OF_SOMEBODY_ELSE, user, node, cookie):
            return others
        short = self._does(TokenDefect.TOKEN_TOO_SHORT, user, node, cookie)
        return proper_s - (short.number(Axis.LATE) if short else 0.0)

    def honours(self, user: str, node: str, cookie: str) -> bool:
        """Is a refresh token that has not ended good for a new access token? It is (DESKTOP-22)."""
        return self._does(TokenDefect.TOKEN_WITHDRAWN, user, node, cookie) is None

    def ends_with_older(self, user: str, node: str, cookie: str) -> bool:
        """Is a refresh token withdrawn when an older one of the same person has ended? It is not (DESKTOP-22)."""
        return self._does(TokenDefect.WITHDRAWN_WITH_OLDER, user, node, cookie) is not None

    def _does(self, defect: TokenDefect, user: str, node: str, cookie: str) -> Break | None:
        if not self._has(defect):
            return None
        facts: dict[Axis, Fact] = {
            Axis.AGENT: self._agent(user),
            Axis.NODE: self._places.get(node, ""),
            Axis.COOKIE: cookie,
        }
        return self._bites(defect, facts=facts)
