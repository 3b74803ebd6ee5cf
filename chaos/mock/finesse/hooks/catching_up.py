"""What the Webapp asks as it catches up after a gap, and as it draws what clients are shown of a conference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.catalogue import Defect
from chaos.mock.finesse.hooks.story import NodeStory
from chaos.mock.finesse.screen import Change, Kind, Screen
from chaos.mock.finesse.view import View
from chaos.wire.finesse import Dialog, MediaProperties, User

_LOST: Mapping[Kind, Defect] = {
    Kind.USER: Defect.GAP_STATE_LOST,
    Kind.APPEARED: Defect.GAP_CALL_START_LOST,
    Kind.GONE: Defect.GAP_CALL_END_LOST,
}


class CatchingUpHooks(NodeStory):
    """Asked once after each gap, before what happened in it is told."""

    def _began(self) -> None:
        super()._began()
        self._stuck: set[tuple[str, str]] = set()

    def of_the_gap(self, found: Iterable[Change], before: Screen) -> Iterable[Change]:
        """What is told of the changes that one agent's screen underwent in the gap: all of them (CTI-09)."""
        return found if not self._breaks or not self._reconnected else self._astray_of_gap(found, before)

    def _astray_of_gap(self, found: Iterable[Change], before: Screen) -> Iterator[Change]:
        for change in found:
            facts = {Axis.AGENT: self._agent(change.agent_id)}
            if isinstance(change.document, User):
                facts[Axis.STATE] = frozenset({str(change.document.state)})
            if change.kind in _LOST and self._bites(_LOST[change.kind], key=self._losses, facts=facts):
                continue
            if change.kind is not Kind.CHANGED:
                yield change
                continue
            assert isinstance(change.document, Dialog)
            old = before.dialogs.get(change.document.id or "")
            new = change.document if old is None else self._with_data(change.document, old, facts)
            if new != old:
                yield replace(change, document=new)

    def _with_data(self, new: Dialog, old: Dialog, facts: Mapping[Axis, frozenset[str]]) -> Dialog:
        """The dialog with its call data, of which a break may tell some as they were."""
        told, known = new.media_properties, old.media_properties
        if told is None or known is None or told == known:
            return new
        for variable in _differing(known, told):
            if self._bites(
                Defect.GAP_CALL_DATA_LOST, key=self._losses, facts={**facts, Axis.VARIABLE: _axis_word(variable)}
            ):
                told = _restored(told, known, variable)
        return replace(new, media_properties=told)

    # Conferences

    def drawn(self, login_id: str, drawn: Screen, shown: Screen | None, view: View) -> Screen:
        """What one agent's clients are shown now: what was drawn (CTI-11). shown: what they were shown last."""
        if shown is None or not self._has(Defect.CONFERENCE_STUCK):
            return drawn
        for dialog_id, old in shown.dialogs.items():
            call = view.calls.get(int(dialog_id))
            if call is not None and call.incomplete:
                self._stuck.add((login_id, dialog_id))
            if dialog_id in drawn.dialogs or (login_id, dialog_id) not in self._stuck:
                continue
            if self._bites(Defect.CONFERENCE_STUCK, facts={Axis.AGENT: self._agent(login_id)}):
                drawn = Screen(drawn.user, {**drawn.dialogs, dialog_id: old})
        return drawn


WRAP_UP = "wrapUp"


def _differing(old: MediaProperties, new: MediaProperties) -> list[str]:
    """Names of the call data that differ."""
    before = {one.name: one.value for one in old.call_variables or ()}
    names = [one.name or "" for one in new.call_variables or () if before.get(one.name) != one.value]
    return names + [WRAP_UP] * (old.wrap_up_reason != new.wrap_up_reason)


def _axis_word(variable: str) -> str:
    """A call variable in the words of a narrowing: those that an administrator named are `named`."""
    return variable if variable == WRAP_UP or variable.startswith("callVariable") else "named"


def _restored(new: MediaProperties, old: MediaProperties, variable: str) -> MediaProperties:
    """With this one as it was, which may be not at all."""
    if variable == WRAP_UP:
        return replace(new, wrap_up_reason=old.wrap_up_reason)
    before = {one.name: one for one in old.call_variables or ()}
    told = (before.get(one.name) if one.name == variable else one for one in new.call_variables or ())
    return replace(new, call_variables=tuple(one for one in told if one is not None))
