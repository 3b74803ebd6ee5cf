"""What the Webapp asks as it catches up after a gap: whether, when and how each change of it is told (CTI-09)."""

from collections.abc import Mapping
from dataclasses import replace

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.hooks import Fact
from chaos.mock.defects.narrowing import Break
from chaos.mock.finesse.hooks.acts import acts_between
from chaos.mock.finesse.hooks.conferences import ConferenceHooks
from chaos.mock.finesse.hooks.events import Send
from chaos.mock.finesse.screen import Change, Kind, Screen
from chaos.wire.finesse import (
    CallVariable,
    Dialog,
    DialogState,
    MediaProperties,
    ParticipantState,
    User,
    UserState,
)

WRAP_UP = "wrapUp"
_IN_CALL = (UserState.TALKING, UserState.HOLD, UserState.RESERVED)
NO_CALL = "16000000"
"""The id of a call that never was: below all that the switch gives."""

_LOST: Mapping[Kind, Defect] = {
    Kind.USER: CtiDefect.GAP_STATE_LOST,
    Kind.APPEARED: CtiDefect.GAP_CALL_START_LOST,
    Kind.GONE: CtiDefect.GAP_CALL_END_LOST,
}


class CatchingUpHooks(ConferenceHooks):
    """Asked for each change that is found after a gap."""

    def publishes_of_gap(self, change: Change, before: Screen, send: Send) -> None:
        """Publish a change of the gap: it is told its agent, at once and as it is (CTI-09, CTI-10).

        before: what the agent's clients were shown before the gap.
        """
        if not self._breaks or not self._reconnected:
            send(change)
            return
        self._remember(change)
        facts = self._facts_of(change, _known(change, before))
        if change.kind in _LOST and self._of_gap(_LOST[change.kind], facts):
            return
        if self._others_did(change, before) and self._of_gap(CtiDefect.GAP_CONTROL_UNTOLD_OTHERS, facts):
            return
        was = {**facts, Axis.STATE: str(before.user.state)}
        if change.kind is Kind.USER and self._of_gap(CtiDefect.STATE_OUTLIVES_GAP, was):
            return
        altered = self._altered(change, before, facts)
        if altered is None:
            return
        if self._of_gap(CtiDefect.GAP_CHANGES_MISDIRECTED, facts):
            altered = replace(altered, agent_id=self._somebody_else(altered.agent_id))
        if altered.kind is Kind.CHANGED and self._of_gap(CtiDefect.GAP_CHANGE_AS_NEW_CALL, facts):
            send(Change(Kind.GONE, altered.agent_id, replace(altered.document, state=DialogState.DROPPED)))
            altered = replace(altered, kind=Kind.APPEARED)
        late = self._of_gap(CtiDefect.GAP_CHANGES_LATE, facts)
        if change.kind is Kind.USER and self._of_gap(CtiDefect.TELLS_OF_NOTHING, facts):
            send(Change(Kind.GONE, change.agent_id, Dialog(id=NO_CALL, state=DialogState.DROPPED)))
        if late is not None:
            self._later(late.number(Axis.LATE), lambda: send(altered))
        else:
            send(altered)

    @staticmethod
    def _others_did(change: Change, before: Screen) -> bool:
        """Is it about a call of which the agent's own part is as it was?"""
        old, new, own = _known(change, before), change.document, before.user.extension
        if not isinstance(old, Dialog) or not isinstance(new, Dialog):
            return False
        parts = [{party.state for party in one.participants or () if party.media_address == own} for one in (old, new)]
        return bool(own) and parts[0] == parts[1]

    def _of_gap(self, defect: Defect, facts: Mapping[Axis, Fact]) -> Break | None:
        return self._bites(defect, key=self._losses, facts=facts)

    def _somebody_else(self, agent_id: str) -> str:
        others = list(self._past)
        return others[(others.index(agent_id) + 1) % len(others)] if agent_id in others else agent_id

    def _altered(self, change: Change, before: Screen, facts: Mapping[Axis, Fact]) -> Change | None:
        """The change as a break has it; None: nothing of it is left to be told."""
        if isinstance(change.document, User):
            return replace(change, document=self._altered_user(change.document, before.user, facts))
        if change.kind is Kind.APPEARED:
            return replace(change, document=self._without_data(change.document, facts))
        old = _known(change, before)
        if change.kind is Kind.GONE:
            others = change.document.participants or ()
            goes_on = any(party.state != ParticipantState.DROPPED for party in others)
            if goes_on and self._of_gap(CtiDefect.GAP_LEFT_CALL_STANDS, facts):
                return None
            is_up = old is not None and self._of_gap(CtiDefect.GAP_END_AS_CHANGE, facts)
            return replace(change, kind=Kind.CHANGED, document=old or change.document) if is_up else change
        if not isinstance(old, Dialog):
            return change
        new = self._with_data(self._with_parties(change.document, old, facts), old, facts)
        return None if new == old else replace(change, document=new)

    def _altered_user(self, new: User, old: User, facts: Mapping[Axis, Fact]) -> User:
        in_call = new.state in _IN_CALL and not new.pending_state
        if in_call and self._of_gap(CtiDefect.PENDING_INVENTED, {**facts, Axis.STATE: str(new.state)}):
            return replace(new, pending_state=UserState.READY)
        return old if self._of_gap(CtiDefect.GAP_STATE_OLD, facts) else new

    def _without_data(self, new: Dialog, facts: Mapping[Axis, Fact]) -> Dialog:
        if new.media_properties is None or not self._has(CtiDefect.GAP_START_WITHOUT_DATA):
            return new
        told = new.media_properties
        for variable in _differing(MediaProperties(), told):
            if self._of_gap(CtiDefect.GAP_START_WITHOUT_DATA, {**facts, Axis.VARIABLE: _axis_word(variable)}):
                told = _restored(told, MediaProperties(), variable)
        return replace(new, media_properties=told)

    def _with_parties(self, new: Dialog, old: Dialog, facts: Mapping[Axis, Fact]) -> Dialog:
        """The dialog with its parties, whom a break may tell as they were."""
        acts = acts_between(old, new) - {"data"}
        if acts and self._of_gap(CtiDefect.GAP_CONTROL_LOST, {**facts, Axis.ACT: acts}):
            return replace(new, participants=old.participants, state=old.state)
        return new

    def _with_data(self, new: Dialog, old: Dialog, facts: Mapping[Axis, Fact]) -> Dialog:
        """The dialog with its call data, of which a break may tell some as they were, or under a wrong name."""
        told, known = new.media_properties, old.media_properties
        if told is None or known is None or told == known:
            return new
        for variable in _differing(known, told):
            if self._of_gap(CtiDefect.GAP_CALL_DATA_LOST, {**facts, Axis.VARIABLE: _axis_word(variable)}):
                told = _restored(told, known, variable)
        if self._of_gap(CtiDefect.GAP_DATA_SHIFTED, facts):
            told = replace(told, call_variables=_shifted(told.call_variables or ()))
        return replace(new, media_properties=told)


def _known(change: Change, before: Screen) -> User | Dialog | None:
    if isinstance(change.document, User):
        return before.user
    return before.dialogs.get(change.document.id or "")


def _shifted(variables: tuple[CallVariable, ...]) -> tuple[CallVariable, ...]:
    """Each value under the next one's name."""
    return tuple(replace(one, value=variables[number - 1].value) for number, one in enumerate(variables))


def _differing(old: MediaProperties, new: MediaProperties) -> list[str]:
    """Names of the call data that differ; one that is empty does not differ from one that is not there."""
    before = {one.name: one.value for one in old.call_variables or ()}
    names = [one.name or "" for one in new.call_variables or () if before.get(one.name, "") != one.value]
    return names + [WRAP_UP] * (old.wrap_up_reason != new.wrap_up_reason)


def _axis_word(variable: str) -> str:
    """A call variable in the words of a narrowing: those that an administrator named are `named`."""
    return variable if variable == WRAP_UP or variable.startswith("callVariable") else "named"


def _restored(new: MediaProperties, old: MediaProperties, variable: str) -> MediaProperties:
    """With this one as it was: empty if it was not there."""
    if variable == WRAP_UP:
        return replace(new, wrap_up_reason=old.wrap_up_reason)
    before = {one.name: one.value for one in old.call_variables or ()}
    return replace(
        new,
        call_variables=tuple(
            replace(one, value=before.get(one.name, "")) if one.name == variable else one
            for one in new.call_variables or ()
        ),
    )
