"""What the code of the CTI servers asks: what a new session is told, and what a telephone may do. Both sides share it.

A defect stands here only because the product cannot do by itself what breaks the clause: a node learns of nothing but
by its CTI server.
"""

from collections.abc import Iterable, Mapping

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.defects.hooks import Hooks
from chaos.mock.defects.narrowing import Break


class SwitchDefects(Hooks):
    """places: `a` or `b` of each node, by the name under which its CTI sessions introduce themselves."""

    def __init__(
        self,
        breaks: Iterable[Break] = (),
        *,
        names: Mapping[str, frozenset[str]] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(breaks, names=names)
        self._places = places or {}

    def tells_ghost(self, client: str, gap: object) -> bool:
        """Is a new session told of a call that was up only while its client had none? It is not (CTI-10).

        gap: tells this absence of the client from others.
        """
        facts = {Axis.NODE: self._places.get(client, "a")}
        return self._bites(Defect.GHOST_CALL, key=(client, gap), facts=facts) is not None

    def phone_works(self, call_id: int, device: str, act: str) -> bool:
        """Does the telephone work on a conference that is older than the newest session? It does (CTI-11).

        device: the telephone's number. act: hold, retrieve, drop.
        """
        facts = {Axis.ACT: act, Axis.AGENT: self._agent(device)}
        return not self._bites(Defect.CONFERENCE_FREEZES_PHONE, key=call_id, facts=facts)
