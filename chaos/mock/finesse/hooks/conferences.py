"""What the Webapp asks about conferences that it read incompletely, and about who left one (CTI-11)."""

from dataclasses import replace
from functools import partial

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.cti import CtiDefect
from chaos.mock.defects.defect import Defect
from chaos.mock.finesse.hooks.events import EVENTS, Send
from chaos.mock.finesse.hooks.requests import RequestHooks
from chaos.mock.finesse.screen import Change, Kind, Screen
from chaos.mock.finesse.view import View
from chaos.wire.finesse import Dialog, DialogState, SystemStatus, UserState

REFUSED, ACCEPTED = 400, 202
_AT_DESKTOP = ((CtiDefect.CONFERENCE_REFUSED_AT_DESKTOP, REFUSED), (CtiDefect.CONFERENCE_ASKED_IN_VAIN, ACCEPTED))
CONFERENCE = 2
"""So many parties a call has that is none."""
SETTLED_S = 1.0
"""So long after an agent dropped off a conference, what he is told belongs to that still."""


class ConferenceHooks(RequestHooks):
    """Asked whenever what clients are shown is drawn anew."""

    def _began(self) -> None:
        super()._began()
        self._conferences: dict[tuple[str, str], Dialog] = {}
        self._left_s: dict[str, float] = {}

    @property
    def redraws_all(self) -> bool:
        """Can what is drawn of an agent change by an event that does not concern him? Only with a break."""
        return bool(self._breaks)

    def drawn(self, login_id: str, drawn: Screen, shown: Screen | None, view: View) -> Screen:
        """What one agent's clients are shown now: what was drawn (CTI-11). shown: what they were shown last."""
        if not self._breaks or shown is None:
            return drawn
        if self._reconnected:
            drawn = self._misplaced(login_id, drawn)
        for dialog_id, old in shown.dialogs.items():
            call = view.calls.get(int(dialog_id))
            if call is not None and call.incomplete:
                self._conferences[login_id, dialog_id] = old
            if dialog_id in drawn.dialogs or (login_id, dialog_id) not in self._conferences:
                continue
            if self._about(CtiDefect.CONFERENCE_STUCK, login_id):
                drawn = replace(drawn, dialogs={**drawn.dialogs, dialog_id: old})
            else:
                self._left_s.setdefault(login_id, self._now_s())
        if login_id in self._left_s and self._about(CtiDefect.AFTER_CONFERENCE_TALKING, login_id):
            drawn = replace(drawn, user=replace(drawn.user, state=UserState.TALKING))
        if login_id in self._left_s and self._about(CtiDefect.SECOND_CONFERENCE_INCOMPLETE, login_id):
            drawn = replace(drawn, dialogs={key: _inside(one, view) for key, one in drawn.dialogs.items()})
        return drawn

    def _misplaced(self, login_id: str, drawn: Screen) -> Screen:
        """With addresses that are not right (CTI-09)."""
        if self._about(CtiDefect.WRONG_EXTENSION, login_id):
            drawn = replace(drawn, user=replace(drawn.user, extension=""))
        if drawn.dialogs and self._about(CtiDefect.WRONG_ADDRESSES, login_id):
            swapped = {
                dialog_id: replace(one, from_address=one.to_address, to_address=one.from_address)
                for dialog_id, one in drawn.dialogs.items()
            }
            drawn = replace(drawn, dialogs=swapped)
        return drawn

    def shown(self, login_id: str, proper: Screen) -> Screen:
        proper = super().shown(login_id, proper)
        for (agent, dialog_id), old in self._conferences.items():
            gone = agent == login_id and dialog_id not in proper.dialogs
            if gone and self._about(CtiDefect.CONFERENCE_STUCK_IN_REST, login_id):
                proper = replace(proper, dialogs={**proper.dialogs, dialog_id: old})
        if login_id in self._left_s and self._about(CtiDefect.AFTER_CONFERENCE_TALKING_IN_REST, login_id):
            proper = replace(proper, user=replace(proper.user, state=UserState.TALKING))
        return proper

    def known_by_id(self, login_id: str, proper: Screen) -> Screen:
        """The calls that the agent is shown who asks for one by its id: those that he has (CTI-11)."""
        for (agent, dialog_id), old in self._conferences.items():
            gone = agent == login_id and dialog_id not in proper.dialogs
            if gone and self._about(CtiDefect.CONFERENCE_STUCK_BY_ID, login_id):
                proper = replace(proper, dialogs={**proper.dialogs, dialog_id: old})
        request = self._served()
        ghost = self._ghosts.get(request.number) if request is not None else None
        if request is None or ghost is None or ghost.defect is not CtiDefect.GHOST_BY_ID:
            return proper
        known = Dialog(id=request.number, state=DialogState.DROPPED)
        return replace(proper, dialogs={request.number: known, **proper.dialogs})

    async def refusal(self, status: SystemStatus) -> int | None:
        proper, request = await super().refusal(status), self._served()
        if proper is None and request is not None:
            for agent in self._agent(request.user):
                if request.resource == "Dialog" and self._is_in(agent, request.number):
                    for defect, answer in _AT_DESKTOP:
                        if self._about(defect, agent):
                            return answer
            gone = next((one for one in self._agent(request.user) if one in self._left_s), None)
            if gone is not None and self._now_s() > self._left_s[gone] + SETTLED_S:
                return REFUSED if self._about(CtiDefect.AFTER_CONFERENCE_REFUSED, gone) else None
        return proper

    def drop_status(self, login_id: str, dialog_id: str) -> int | None:
        """With what a desktop that is to drop off a call is answered instead; None: it is done (CTI-11)."""
        if not self._breaks or not self._is_in(login_id, dialog_id):
            return None
        if self._about(CtiDefect.CONFERENCE_DROP_REFUSED, login_id):
            return REFUSED
        return ACCEPTED if self._about(CtiDefect.CONFERENCE_DROP_IN_VAIN, login_id) else None

    def _is_in(self, agent: str, dialog_id: str) -> bool:
        """Is it a conference that was read incompletely, and that the agent has not left?"""
        return (agent, dialog_id) in self._conferences and agent not in self._left_s

    def publishes(self, change: Change, send: Send) -> None:
        super().publishes(change, send)
        if not self._breaks or change.kind is not Kind.GONE or not isinstance(change.document, Dialog):
            return
        if (change.agent_id, change.document.id or "") not in self._conferences:
            return
        facts = {Axis.AGENT: self._agent(change.agent_id)}
        if (again := self._bites(CtiDefect.CONFERENCE_TOLD_AGAIN, facts=facts)) is not None:
            for one in (replace(change, kind=Kind.CHANGED), change):
                self._later(again.number(Axis.LATE), partial(send, one))

    def _hides(self, change: Change) -> bool:
        agent_id = change.agent_id
        if isinstance(change.document, Dialog) and change.kind is Kind.GONE:
            conference = (agent_id, change.document.id or "") in self._conferences
            if conference and self._about(CtiDefect.CONFERENCE_END_NOT_TOLD, agent_id):
                return True
        left_s = self._left_s.get(agent_id)
        just_left = left_s is not None and self._now_s() < left_s + SETTLED_S
        if just_left and change.kind is Kind.USER and self._about(CtiDefect.STATE_AFTER_CONFERENCE_UNTOLD, agent_id):
            return True
        if left_s is None or self._now_s() < left_s + SETTLED_S:
            return super()._hides(change)
        facts = {Axis.AGENT: self._agent(agent_id), Axis.EVENT: frozenset({EVENTS[change.kind]})}
        return self._bites(CtiDefect.AFTER_CONFERENCE_MUTE, key=agent_id, facts=facts) is not None or super()._hides(
            change
        )

    def _about(self, defect: Defect, login_id: str) -> bool:
        return self._bites(defect, facts={Axis.AGENT: self._agent(login_id)}) is not None


def _inside(dialog: Dialog, view: View) -> Dialog:
    """A conference without parties of no agent."""
    parties = dialog.participants or ()
    inside = tuple(one for one in parties if one.media_address in view.extensions())
    return replace(dialog, participants=inside) if len(parties) > CONFERENCE else dialog
