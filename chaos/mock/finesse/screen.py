"""What clients last saw, and what has to be published so that they see what is. Pure.

Events and the catching up after a fail-over are the same thing: the difference between two screens (CTI-09). A call
that lies wholly between them leaves no trace (CTI-10).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from chaos.mock.finesse import documents
from chaos.mock.finesse.config import ReasonRecord, UserRecord
from chaos.mock.finesse.view import Agent, View
from chaos.wire.finesse import Dialog, DialogsChange, Payload, Update, UpdateEvent, User

NOBODY = Agent()
"""An agent of whom nothing was ever told."""


class Kind(Enum):
    """What a change is about."""

    USER = "user"
    APPEARED = "dialog appeared"
    CHANGED = "dialog changed"
    GONE = "dialog gone"


@dataclass(frozen=True, slots=True)
class Screen:
    """What one agent's clients are shown. dialogs: by dialog id, oldest first."""

    user: User
    dialogs: Mapping[str, Dialog] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One event to be published to one agent's clients."""

    kind: Kind
    agent_id: str
    document: User | Dialog

    @property
    def source(self) -> str:
        """The `source` of its Update."""
        if self.kind is Kind.USER:
            return f"/finesse/api/User/{self.agent_id}"
        if self.kind is Kind.CHANGED:
            assert isinstance(self.document, Dialog)
            return f"/finesse/api/Dialog/{self.document.id}"
        return f"/finesse/api/User/{self.agent_id}/Dialogs"

    @property
    def node(self) -> str:
        """The node it is published on."""
        return f"/finesse/api/User/{self.agent_id}" + ("" if self.kind is Kind.USER else "/Dialogs")

    def update(self, request_id: str = "", source: str | None = None) -> Update:
        """Its notification. source: None for its own."""
        event = {Kind.APPEARED: UpdateEvent.POST, Kind.GONE: UpdateEvent.DELETE}.get(self.kind, UpdateEvent.PUT)
        payload: Payload = self.document
        if self.kind in (Kind.APPEARED, Kind.GONE):
            assert isinstance(self.document, Dialog)
            payload = DialogsChange((self.document,))
        return Update(event, self.source if source is None else source, request_id, payload)


def screen_of(record: UserRecord, view: View, reasons: Sequence[ReasonRecord]) -> Screen:
    """What an agent's clients ought to see now."""
    agent = view.agents.get(record.login_id, NOBODY)
    calls = view.calls_at(agent.extension) if agent.extension else ()
    return Screen(
        documents.user(record, agent, reasons),
        {str(call.call_id): documents.dialog(call, view) for call in calls},
    )


class Painter:
    """Draws screens, and keeps each as long as nothing has changed that it shows: most events concern few agents."""

    def __init__(self, reasons: Sequence[ReasonRecord]) -> None:
        self._reasons = reasons
        self._drawn: dict[str, tuple[object, Screen]] = {}

    def screen(self, record: UserRecord, view: View) -> Screen:
        """As `screen_of`."""
        agent = view.agents.get(record.login_id, NOBODY)
        calls = view.calls_at(agent.extension) if agent.extension else ()
        # What a party may do depends on its other calls, too, and how it is named on who is signed in.
        others = tuple(view.calls_at(device) for call in calls for device in call.parties)
        shown = (agent, calls, others, view.extensions() if calls else None)
        kept = self._drawn.get(record.login_id)
        if kept is None or kept[0] != shown:
            kept = self._drawn[record.login_id] = (shown, screen_of(record, view, self._reasons))
        return kept[1]


def changes(agent_id: str, before: Screen, after: Screen, view: View) -> Iterator[Change]:
    """What must be told this agent's clients, in order."""
    if before.user != after.user:
        yield Change(Kind.USER, agent_id, after.user)
    for dialog_id, old in before.dialogs.items():
        if dialog_id not in after.dialogs:
            yield from _gone(agent_id, dialog_id, old, view, before.user.extension or "")
    for dialog_id, new in after.dialogs.items():
        shown = before.dialogs.get(dialog_id)
        if shown is None:
            yield Change(Kind.APPEARED, agent_id, new)
        elif shown != new:
            yield Change(Kind.CHANGED, agent_id, new)


def _gone(agent_id: str, dialog_id: str, old: Dialog, view: View, extension: str) -> Iterator[Change]:
    """The last look at a dialog, if anything is known of it, then its removal."""
    call = view.calls.get(int(dialog_id))
    if call is None:
        yield Change(Kind.GONE, agent_id, documents.ended(old))
        return
    last = documents.dialog(call, view)
    if last != old:
        yield Change(Kind.CHANGED, agent_id, last)
    yield Change(Kind.GONE, agent_id, documents.left(last, old, extension))


def with_unchanged(found: Iterable[Change], agent_id: str, shown: Screen) -> Iterator[Change]:
    """These changes, then whatever is on the screen and was not among them."""
    told = set()
    for change in found:
        told.add(change.document.id if isinstance(change.document, Dialog) else None)
        yield change
    if None not in told:
        yield Change(Kind.USER, agent_id, shown.user)
    for dialog_id, dialog in shown.dialogs.items():
        if dialog_id not in told:
            yield Change(Kind.CHANGED, agent_id, dialog)
