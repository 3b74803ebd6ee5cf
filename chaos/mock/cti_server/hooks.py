"""What the code of the CTI servers asks: what a new session is told, and what a telephone may do. Both sides share it.

A defect stands here only because the product cannot do by itself what breaks the clause: a node learns of nothing but
by its CTI server.
"""

from collections.abc import Iterable, Mapping

from chaos.mock.defects.axes import DIALOG_EVENTS, Axis
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.hooks import Fact, Hooks
from chaos.mock.defects.narrowing import Break
from chaos.mock.peripheral import CallEvent, Conferenced, DataUpdate, Established, Held, Retrieved, Transferred
from chaos.mock.peripheral.calls import EndedCall

_GHOSTS = (CtiDefect.GHOST_CALL, CtiDefect.LATE_GHOST_CALL, CtiDefect.GHOST_END)
_ACTS: Mapping[type[CallEvent], str] = {
    Established: "answer",
    Held: "hold",
    Retrieved: "retrieve",
    Conferenced: "join",
    Transferred: "join",
    DataUpdate: "data",
}


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
        self.ghosts: dict[str, Break] = {}
        """Calls that were made up, by the id of their dialog, with the break that says what of them is to be told."""

    def ghost_told_after_s(self, client: str, ended: EndedCall, gap: object) -> float | None:
        """How long after it was opened a session is told of a call that was up only while its client had none: never,
        which is None (CTI-10).

        gap: tells this absence of the client from others.
        """
        if not self._breaks:
            return None
        facts: dict[Axis, Fact] = {
            Axis.NODE: self._places.get(client, "a"),
            Axis.ACT: {_ACTS[type(event)] for event in ended.told if type(event) in _ACTS},
            Axis.AGENT: {name for event in ended.told for name in self._agent(event.device)},
            Axis.EVENT: DIALOG_EVENTS,
        }
        for defect in _GHOSTS:
            one = self._bites(defect, key=(client, gap), facts=facts)
            if one is not None:
                self.ghosts[str(ended.call_id)] = one
                return one.number(Axis.LATE)
        return None

    def phone_works(self, call_id: int, device: str, act: str) -> bool:
        """Does the telephone work on a conference that is older than the newest session? It does (CTI-11).

        device: the telephone's number. act: hold, retrieve, drop.
        """
        facts = {Axis.ACT: act, Axis.AGENT: self._agent(device)}
        return not self._bites(CtiDefect.CONFERENCE_FREEZES_PHONE, key=call_id, facts=facts)
