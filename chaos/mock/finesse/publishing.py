"""What clients of a node are shown, and how they are told that it changed.

Theory of operation
-------------------
After each message of the CTI server the screens of all agents are drawn anew, and the differences to what clients last
saw are published. Out of service the view and the screens stand still. After a gap a fresh view is put in, and the same
comparison publishes what happened in the gap. So the node's answers, its events and its catching up all come from one
picture, and that from CTI messages alone.

Events wait until the answer to the request that caused them is written: clients see 202 first.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from chaos.clock import wall_now
from chaos.mock.finesse import documents, screen
from chaos.mock.finesse.config import NodeConfig, ReasonRecord, UserRecord
from chaos.mock.finesse.failures import out_of_service
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.notification import NotificationService
from chaos.mock.finesse.pubsub import SYSTEM_INFO, team_node
from chaos.mock.finesse.screen import Change, Kind, Painter, Screen
from chaos.mock.finesse.view import View
from chaos.mock.tasks import report_failure
from chaos.wire.finesse import (
    ApiErrors,
    Dialog,
    DialogState,
    MobileAgent,
    ParticipantState,
    SystemInfo,
    Update,
    UpdateEvent,
    User,
    write_update,
)
from chaos.wire.ged188.fields import Message

ANSWER_LIMIT_S = 0.5

Answered = asyncio.Event
"""Set by whoever writes the answer of a request, once it is written."""


class Publishing:
    """The screens of one run of the Webapp, and the queue of what is to be taken in.

    view: what is known of agents and calls. is_serving: asked before anything is told of a change. tells_everything:
    after a gap, what has not changed, too. view_changed: told when something was taken in.
    """

    def __init__(
        self,
        config: NodeConfig,
        notification: NotificationService,
        defects: NodeDefects,
        *,
        reasons: Sequence[ReasonRecord],
        is_serving: Callable[[], bool],
        tells_everything: bool = False,
        view_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._view_changed = view_changed
        self._tells_everything = tells_everything
        self._notification, self._defects, self._is_serving = notification, defects, is_serving
        self._records = config.users
        self._places = {record.login_id: place for place, record in enumerate(config.users)}
        self._painter = Painter(reasons)
        self._mobile: dict[str, MobileAgent] = {}
        self._inbox: asyncio.Queue[Message | Callable[[], None] | None] = asyncio.Queue()
        self._pump: asyncio.Task[None] | None = None
        self._request_ids: dict[tuple[str, ...], str] = {}
        self._unanswered: dict[Answered, None] = {}
        self.view = View()
        self.screens: dict[str, Screen] = {}
        self.screens = self._drawn()

    # Life

    def start(self) -> None:
        """Take in what is told from now on."""
        self._pump = asyncio.get_running_loop().create_task(self._take_in())
        self._pump.add_done_callback(report_failure)

    async def stop(self) -> None:
        """Nothing is taken in or told any more."""
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    # From the CTI link

    def take(self, message: Message) -> None:
        """The CTI server told something."""
        self._inbox.put_nowait(message)

    def begin_anew(self, view: View) -> None:
        """A session was loaded: this is what is now. Nothing is told before `catch_up`."""
        self.forget_waiting()
        self._mobile.clear()
        self.view = view

    def forget_waiting(self) -> None:
        """What was told and not yet taken in belongs to a session that is over."""
        while not self._inbox.empty():
            self._inbox.get_nowait()

    def reached_by(self, login_id: str, mobile: MobileAgent | None) -> None:
        """How an agent who signs in is reached, if he is a mobile one. The CTI server does not tell it: a node knows it
        of who signed in here, until a session is lost (developer guide, User—Get User)."""
        self._mobile.pop(login_id, None)
        if mobile is not None:
            self._mobile[login_id] = mobile

    def forget_requests(self) -> None:
        """No event is the result of a request that is under way now."""
        self._request_ids.clear()

    # From requests

    def expect(self, key: tuple[str, ...], request_id: str) -> None:
        """The next such change is the result of this request."""
        self._request_ids[key] = request_id

    def expect_nothing(self, key: tuple[str, ...]) -> None:
        """The request has failed."""
        self._request_ids.pop(key, None)
        if self._defects.tells_of_pending(key[1]):
            self.publish_refusal(key[1])

    def after(self, answered: Answered, work: Callable[[], None] | None) -> None:
        """Hold events back until the answer is written, then do this, behind what the server told before."""
        self._unanswered[answered] = None
        self._inbox.put_nowait(work)

    # Telling

    def announce(self, info: SystemInfo, only: Iterable[str] | None) -> None:
        """Tell these users how the node is; None: everybody."""
        update = Update(UpdateEvent.PUT, SYSTEM_INFO, "", info)
        self._notification.publish(SYSTEM_INFO, write_update(update), only)

    def catch_up(self, *, after_gap: bool) -> None:
        """Publish what changed since clients were last told something."""
        new = self._drawn()
        for login_id, shown in new.items():
            old = self.screens[login_id]
            found: Iterable[Change] = screen.changes(login_id, old, shown, self.view)
            if after_gap and self._tells_everything:
                found = screen.with_unchanged(found, login_id, shown)
            for change in found:
                if after_gap:
                    self._defects.publishes_of_gap(change, old, self.publish_change)
                else:
                    self.publish_change(change)
        self.screens = new

    def everything(self) -> Iterable[Change]:
        """What clients were last shown, as if all of it had changed."""
        for login_id, shown in self.screens.items():
            yield from screen.with_unchanged((), login_id, shown)

    def publish_change(self, change: Change) -> None:
        """Publish it, whatever state the node is in; an agent's change to whoever has subscribed to his team, too."""
        mark = self._defects.mark(change, self._request_ids.pop(_key(change), ""))
        update = change.update(mark, self._defects.source(change))
        self._notification.publish(change.node, write_update(update), (change.agent_id,))
        if isinstance(change.document, User) and change.document.team_id is not None:
            node = team_node(change.document.team_id)
            if self._notification.has_subscribers(node) and self._defects.tells_team(change):
                summary = self._defects.told_to_team(change.agent_id, documents.user_summary(change.document))
                told = replace(update, payload=summary)
                self._notification.publish(node, write_update(told), ())

    def tell_unchanged(self, login_id: str, key: tuple[str, ...]) -> None:
        """A request that changed nothing still gets its event."""
        if key in self._request_ids and self._is_serving():
            change = Change(Kind.USER, login_id, self.screens[login_id].user)
            if self._defects.tells_unchanged(change):
                self._defects.publishes(change, self.publish_change)

    def tell_failure(self, errors: ApiErrors, login_id: str, source: str, request_id: str) -> None:
        """A request failed after it was answered."""
        if self._is_serving():
            send = partial(self._publish_failure, errors, login_id, source, request_id)
            self._defects.publishes_failure(login_id, send)

    def publish_refusal(self, login_id: str) -> None:
        """Publish that a request of this agent was refused, whatever state the node is in."""
        self._publish_failure(out_of_service().errors, login_id, f"/finesse/api/User/{login_id}", "")

    def _publish_failure(self, errors: ApiErrors, login_id: str, source: str, request_id: str) -> None:
        node = f"/finesse/api/User/{login_id}" + ("" if source.endswith(f"/User/{login_id}") else "/Dialogs")
        update = Update(UpdateEvent.PUT, source, request_id, errors)
        self._notification.publish(node, write_update(update), (login_id,))

    # Inside

    async def _take_in(self) -> None:
        while True:
            item = await self._inbox.get()
            await asyncio.sleep(0)  # a request whose answer came just before this event goes first
            await self._answers_written()
            if isinstance(item, Message):
                if self.view.apply(item, wall_now()):
                    self._tell_changes()
                    self._view_changed()
            elif item is not None:
                item()

    async def _answers_written(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_LIMIT_S):
                for answered in tuple(self._unanswered):
                    await answered.wait()
        self._unanswered.clear()

    def _tell_changes(self) -> None:
        """Tell what the last event has changed. A broken product may show anybody anything, at any time."""
        if not self._is_serving():
            return
        for record in self._records if self._defects.redraws_all else self._concerned():
            login_id = record.login_id
            shown, old = self._screen(record), self.screens[login_id]
            if shown == old:
                continue
            self.screens[login_id] = shown
            for change in screen.changes(login_id, old, shown, self.view):
                self._defects.publishes(change, self.publish_change)
            if self._defects.tells_call_is_over(login_id, shown):
                self._tell_over(old)
            if self._defects.tells_without(login_id, shown):
                self._tell_without(old)
            if self._defects.tells_as_dropped(login_id, shown):
                self._tell_dropped(old)

    def _tell_over(self, gone: Screen) -> None:
        """What a sound product never does (DESKTOP-21)."""
        for login_id, shown in self.screens.items():
            for dialog_id in shown.dialogs.keys() & gone.dialogs.keys():
                self.publish_change(Change(Kind.GONE, login_id, documents.ended(shown.dialogs[dialog_id])))

    def _tell_without(self, gone: Screen) -> None:
        """What a sound product never does either (DESKTOP-21)."""
        for login_id, shown in self.screens.items():
            for dialog_id in shown.dialogs.keys() & gone.dialogs.keys():
                dialog = shown.dialogs[dialog_id]
                parties = tuple(
                    replace(one, state=ParticipantState.DROPPED) if one.media_address == gone.user.extension else one
                    for one in dialog.participants or ()
                )
                self.publish_change(Change(Kind.CHANGED, login_id, replace(dialog, participants=parties)))

    def _tell_dropped(self, gone: Screen) -> None:
        """Nor this: all that is in it is right, but for its own state (DESKTOP-21)."""
        for login_id, shown in self.screens.items():
            for dialog_id in shown.dialogs.keys() & gone.dialogs.keys():
                dialog = replace(shown.dialogs[dialog_id], state=DialogState.DROPPED)
                self.publish_change(Change(Kind.CHANGED, login_id, dialog))

    def _concerned(self) -> list[UserRecord]:
        places = (self._places[login_id] for login_id in self.view.concerned if login_id in self._places)
        return [self._records[place] for place in sorted(places)]

    def _drawn(self) -> dict[str, Screen]:
        return {record.login_id: self._screen(record) for record in self._records}

    def _screen(self, record: UserRecord) -> Screen:
        drawn = self._painter.screen(record, self.view)
        mobile = self._mobile.get(record.login_id)
        if mobile is not None and drawn.user.extension:
            drawn = replace(drawn, user=replace(drawn.user, mobile_agent=mobile))
        return self._defects.drawn(record.login_id, drawn, self.screens.get(record.login_id), self.view)


def _key(change: Change) -> tuple[str, ...]:
    """Which request this change may be the result of."""
    if change.kind in (Kind.CHANGED, Kind.GONE):
        assert isinstance(change.document, Dialog)
        return (Kind.CHANGED.name, change.agent_id, change.document.id or "")
    return (change.kind.name, change.agent_id)
