"""The Finesse web application: the only CTI client of the node, and the one that publishes events.

Theory of operation
-------------------
`CtiLink` keeps one session to a CTI server. What the server tells goes into a `View`; after each message the screens
of all agents are drawn anew and the differences to what clients last saw are published. Out of service the view and
the screens stand still and nothing is published. After a new session a fresh view is loaded, IN_SERVICE is announced,
and the same comparison publishes what happened in the gap. So the node's requests, its events and its catching up all
come from one picture, and that from CTI messages alone.

Events wait until the answer to the request that caused them is written: clients see 202 first.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from chaos.clock import wall_now
from chaos.mock.defects import Defect
from chaos.mock.finesse import commands, documents, link, screen
from chaos.mock.finesse.administration import Administration, CtiSettings
from chaos.mock.finesse.config import Address, NodeConfig, NodeOptions, Side, UserRecord
from chaos.mock.finesse.cti_link import CtiLink, CtiLost, CtiSilent, report_failure
from chaos.mock.finesse.failures import ApiFailure, asynchronous, internal_error, invalid, is_refusal, out_of_service
from chaos.mock.finesse.loading import Loading
from chaos.mock.finesse.notification import NotificationService
from chaos.mock.finesse.screen import Change, Kind, Painter, Screen
from chaos.mock.finesse.turns import TooMany, Turns
from chaos.mock.finesse.view import Agent, View
from chaos.mock.service import Service, ServiceState
from chaos.wire.finesse import (
    ApiErrors,
    CtiServer,
    Dialog,
    DialogRequest,
    HeartbeatStatus,
    Node,
    SystemInfo,
    SystemStatus,
    Update,
    UpdateEvent,
    User,
    UserRequest,
    write_update,
)
from chaos.wire.ged188.errors import EncodeError
from chaos.wire.ged188.fields import Message

NAME = "Cisco Finesse Webapp"
SYSTEM_INFO = "/finesse/api/SystemInfo"
ANSWER_LIMIT_S = 0.5
GAP_EVENT_INTERVAL_S = 1.0
XMPP_PORT = 5222

Answered = asyncio.Event
"""Set by whoever writes the answer of a request, once it is written."""


class Webapp(Service):
    """The application of one node.

    administration: where settings are read at each start. notification: what it publishes through.
    status_watchers: called after each change between in and out of service, once everything is published.
    rest_port: Tomcat's, as SystemInfo tells it.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        administration: Administration,
        notification: NotificationService,
        options: NodeOptions,
        defects: frozenset[Defect],
    ) -> None:
        super().__init__(NAME)
        self.config, self.options, self.defects = config, options, defects
        self._administration, self._notification = administration, notification
        self._records = {record.login_id: record for record in config.users}
        self.status_watchers: list[Callable[[SystemStatus], None]] = []
        self.rest_port = config.rest_port
        notification.state_watchers.append(self._review)
        self._reset()

    def _reset(self) -> None:
        """As a process that has just begun: nothing known, nothing shown."""
        self._settings: CtiSettings = self._administration.cti
        self._link: CtiLink | None = None
        self._loading: Loading | None = None
        self._view = View()
        self._painter = Painter(self.config.reasons)
        self._screens: dict[str, Screen] = {}
        self._stuck: set[str] = set()
        self._screens = self._draw(self._records.values())
        self._losses = 0
        self._after_cti_gap = False
        self._announced = SystemStatus.OUT_OF_SERVICE
        self._served_before = False
        self._inbox: asyncio.Queue[Message | Callable[[], None] | None] = asyncio.Queue()
        self._pump: asyncio.Task[None] | None = None
        self._request_ids: dict[tuple[str, ...], str] = {}
        self._unanswered: set[Answered] = set()
        self._turns = Turns(self.options.queue_limit)
        self._gap_timer: asyncio.TimerHandle | None = None

    # What is asked by REST

    @property
    def status(self) -> SystemStatus:
        """Does this node serve clients?"""
        return self._announced if self.state is ServiceState.STARTED else SystemStatus.OUT_OF_SERVICE

    @property
    def in_gap(self) -> bool:
        """Is it up, has served before, and is out of service now?"""
        return self._served_before and self.status is SystemStatus.OUT_OF_SERVICE

    @property
    def reconnected(self) -> bool:
        """Has it come back from a fail-over since it was started?"""
        return self._losses > 0 and self.status is SystemStatus.IN_SERVICE

    def record(self, name: str) -> UserRecord | None:
        """The user with this id or login name."""
        found = self._records.get(name)
        return found or next((record for record in self._records.values() if record.login_name == name), None)

    def user(self, login_id: str) -> User:
        """The User document of a configured user."""
        return self._screens[login_id].user

    def users(self) -> tuple[User, ...]:
        """All User documents."""
        return tuple(shown.user for shown in self._screens.values())

    def clients(self) -> tuple[str, ...]:
        """Full JIDs of the users who are connected to this node."""
        return self._notification.clients

    def dialogs(self, login_id: str) -> tuple[Dialog, ...]:
        """The dialogs of a configured user."""
        return tuple(self._screens[login_id].dialogs.values())

    def dialog(self, login_id: str, dialog_id: str) -> Dialog:
        """One dialog of a user. Raises ApiFailure: he has no such dialog."""
        found = self._screens[login_id].dialogs.get(dialog_id) if login_id in self._screens else None
        if found is None:
            raise ApiFailure(404, "Dialog Not Found", "Invalid dialogId specified for dialog", dialog_id)
        return found

    async def put_user(
        self, login_id: str, request: UserRequest, *, password: str, request_id: str, answered: Answered
    ) -> None:
        """Change a user's state. Returns when it is to be answered with 202. Raises ApiFailure."""
        async with self._in_turn(f"User/{login_id}"):
            command = commands.agent_state(
                request,
                login_id,
                self._view.agents.get(login_id, Agent()),
                password=password,
                reasons=self.config.reasons,
                peripheral_id=self._settings.peripheral_id,
            )
            key = (Kind.USER.name, login_id)
            if command is not None:
                await self._control(command, key, request_id, answered, on_call=None)
            else:
                self._request_ids[key] = request_id
            if command is None or self._screens[login_id].user.state == request.state:
                self._after(answered, lambda: self._tell_unchanged(login_id, key))

    async def make_call(self, login_id: str, request: DialogRequest, *, request_id: str, answered: Answered) -> None:
        """Make a call. As `put_user`."""
        async with self._in_turn(f"User/{login_id}/Dialogs"):
            agent = self._view.agents.get(login_id, Agent())
            command = commands.make_call(request, agent, peripheral_id=self._settings.peripheral_id)
            key = (Kind.APPEARED.name, login_id)
            await self._control(command, key, request_id, answered, on_call=f"/finesse/api/User/{login_id}/Dialogs")

    async def act(
        self, login_id: str, dialog_id: str, request: DialogRequest, *, request_id: str, answered: Answered
    ) -> None:
        """Act on a dialog. As `put_user`."""
        async with self._in_turn(f"Dialog/{dialog_id}"):
            self.dialog(login_id, dialog_id)
            agent = self._view.agents.get(login_id, Agent())
            call = self._view.calls.get(int(dialog_id))
            if call is None:
                raise ApiFailure(404, "Dialog Not Found", "Invalid dialogId specified for dialog", dialog_id)
            command = commands.act(request, call, agent, self._view, peripheral_id=self._settings.peripheral_id)
            key = (Kind.CHANGED.name, login_id, dialog_id)
            await self._control(command, key, request_id, answered, on_call=f"/finesse/api/Dialog/{dialog_id}")

    def system_info(self) -> SystemInfo:
        """SystemInfo as of now; of a Webapp that is down, too, for Tomcat answers it."""
        config, up = self.config, self._link
        return SystemInfo(
            status=self.status,
            current_timestamp=documents.stamp(wall_now()),
            deployment_type="UCCE",
            last_heartbeat_status=(
                HeartbeatStatus.SUCCESS if up is not None and up.is_heard else HeartbeatStatus.FAILURE
            ),
            last_heartbeat_ms=self._last_beat_ms(),
            cti_version=self.options.cti_version,
            cti_heartbeat_interval_s=round(self.options.heartbeat_interval_s),
            cti_maintenance_mode="",
            cti_maintenance_s=-1,
            finesse_maintenance_mode="",
            finesse_maintenance_s=-1,
            license="",
            peripheral_id=self._settings.peripheral_id,
            primary_node=self._node(config.primary_host),
            secondary_node=self._node(config.secondary_host) if config.secondary_host else None,
            system_auth_mode="NON_SSO",
            timezone_offset_min=0,
            xmpp_domain=config.host,
            xmpp_pubsub_domain=f"pubsub.{config.host}",
            cti_servers=tuple(self._cti_server(side, at) for side, at in self._settings.sides().items()),
        )

    # Service

    async def _open(self) -> None:
        self._reset()
        loop = asyncio.get_running_loop()
        self._pump = loop.create_task(self._take_in())
        self._pump.add_done_callback(report_failure)
        self._link = CtiLink(
            self.config.host,
            self._sides(),
            self._settings.peripheral_id,
            options=self.options,
            defects=self.defects,
            hosts=self.config.hosts,
            owner=self,
        )
        self._link.start()
        self._notification.set_finesse(True)

    async def _close(self) -> None:
        self._notification.set_finesse(False)
        if self._link is not None:
            await self._link.stop()
        await self._finish()

    async def _kill(self) -> None:
        self._notification.set_finesse(False)
        if self._link is not None:
            await self._link.die()
        await self._finish()

    async def _finish(self) -> None:
        if self._gap_timer is not None:
            self._gap_timer.cancel()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        self._link = self._pump = None

    def _changed(self) -> None:
        self._review()

    def _sides(self) -> dict[Side, Address]:
        settings = self._settings
        sides = settings.sides()
        known = link.sides_to_try(sides, former_b=settings.former_b is not None, defects=self.defects)
        if Side.B in known and settings.b is None and settings.former_b is not None:
            sides[Side.B] = settings.former_b
        return {side: sides[side] for side in known}

    # The link

    def link_opened(self) -> None:
        assert self._link is not None
        asked, timeout_s = self._link, self.options.load_timeout_s
        self._loading = Loading(
            lambda message: asked.request(message, timeout_s),
            before=self._view,
            agents=tuple(self._records),
            peripheral_id=self._settings.peripheral_id,
        )

    async def load(self) -> None:
        assert self._loading is not None
        await self._loading.run(wall_now)

    def link_up(self, side: Side) -> None:
        assert self._loading is not None
        loading, self._loading = self._loading, None
        self._drain()
        self._view = loading.view
        self._review()
        for message in loading.news():
            self._inbox.put_nowait(message)

    def link_lost(self) -> None:
        self._loading = None
        self._drain()
        self._request_ids.clear()
        self._losses += 1
        self._after_cti_gap = True
        self._review()

    def link_event(self, message: Message) -> None:
        if self._loading is not None:
            self._loading.event(message)
        else:
            self._inbox.put_nowait(message)

    def _drain(self) -> None:
        while not self._inbox.empty():
            self._inbox.get_nowait()

    # In and out of service

    def _review(self) -> None:
        """Announce a change of service, and catch up when it is back."""
        serving = (
            self.state is ServiceState.STARTED
            and self._link is not None
            and self._link.is_up
            and self._notification.state is ServiceState.STARTED
        )
        status = SystemStatus.IN_SERVICE if serving else SystemStatus.OUT_OF_SERVICE
        if status is self._announced:
            return
        self._announced = status
        if serving:
            self._back_in_service()
        elif self.state is ServiceState.STARTED:
            self._announce()
            if Defect.GAP_EVENTS in self.defects:
                self._gap_event()
        for watcher in tuple(self.status_watchers):
            watcher(status)

    def _back_in_service(self) -> None:
        after_gap, self._after_cti_gap = self._after_cti_gap, False
        self._served_before = True
        if not (after_gap and Defect.NO_IN_SERVICE_NOTICE in self.defects):
            self._announce()
        self._catch_up(after_gap=after_gap)

    def _announce(self) -> None:
        update = Update(UpdateEvent.PUT, SYSTEM_INFO, "", self.system_info())
        self._notification.publish(SYSTEM_INFO, write_update(update), None)

    def _catch_up(self, *, after_gap: bool) -> None:
        """Publish what changed since clients were last told something."""
        new = self._draw(self._records.values())
        for login_id, shown in new.items():
            old = self._screens[login_id]
            found: Iterable[Change] = screen.changes(login_id, old, shown, self._view)
            if after_gap:
                found = screen.after_gap(found, old, self.defects)
            for change in found:
                self._tell(change)
        self._screens = new

    def _gap_event(self) -> None:
        """A defect: User events while out of service."""
        if not self.in_gap:
            return
        for login_id, shown in self._screens.items():
            self._tell(Change(Kind.USER, login_id, shown.user))
        self._gap_timer = asyncio.get_running_loop().call_later(GAP_EVENT_INTERVAL_S, self._gap_event)

    # Events

    async def _take_in(self) -> None:
        while True:
            item = await self._inbox.get()
            await asyncio.sleep(0)  # a request whose answer came just before this event goes first
            await self._answers_written()
            if isinstance(item, Message):
                if self._view.apply(item, wall_now()):
                    self._tell_changes()
            elif item is not None:
                item()

    async def _answers_written(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_LIMIT_S):
                for answered in tuple(self._unanswered):
                    await answered.wait()
        self._unanswered.clear()

    @property
    def _mute(self) -> bool:
        """A defect: nothing that happens after a fail-over is published."""
        return self.reconnected and Defect.MUTE_AFTER_RECONNECT in self.defects

    @property
    def _may_tell(self) -> bool:
        return self.status is SystemStatus.IN_SERVICE and not self._mute

    def _tell_changes(self) -> None:
        if self.status is not SystemStatus.IN_SERVICE:
            return
        for login_id, shown in self._draw(self._records.values()).items():
            old = self._screens[login_id]
            if shown == old:
                continue
            self._screens[login_id] = shown
            for change in () if self._mute else screen.changes(login_id, old, shown, self._view):
                self._tell(change)

    def _tell_unchanged(self, login_id: str, key: tuple[str, ...]) -> None:
        """A request that changed nothing still gets its event."""
        if key in self._request_ids and self._may_tell:
            self._tell(Change(Kind.USER, login_id, self._screens[login_id].user))

    def _tell(self, change: Change) -> None:
        update = change.update(self._request_ids.pop(_key(change), ""))
        self._notification.publish(change.node, write_update(update), (change.agent_id,))

    def _tell_failure(self, errors: ApiErrors, login_id: str, source: str, request_id: str) -> None:
        if not self._may_tell:
            return
        node = f"/finesse/api/User/{login_id}" + ("" if source.endswith(f"/User/{login_id}") else "/Dialogs")
        update = Update(UpdateEvent.PUT, source, request_id, errors)
        self._notification.publish(node, write_update(update), (login_id,))

    def _draw(self, records: Iterable[UserRecord]) -> dict[str, Screen]:
        return {record.login_id: self._screen(record) for record in records}

    def _screen(self, record: UserRecord) -> Screen:
        drawn = self._painter.screen(record, self._view)
        if Defect.CONFERENCE_STUCK in self.defects:
            drawn = self._with_stuck(record.login_id, drawn)
        return drawn

    def _with_stuck(self, login_id: str, drawn: Screen) -> Screen:
        """A defect: a conference that was read incompletely never leaves the screen."""
        shown = self._screens.get(login_id)
        for dialog_id, old in shown.dialogs.items() if shown else ():
            call = self._view.calls.get(int(dialog_id))
            if call is not None and call.incomplete:
                self._stuck.add(dialog_id)
            if dialog_id in self._stuck and dialog_id not in drawn.dialogs:
                drawn = Screen(drawn.user, {**drawn.dialogs, dialog_id: old})
        return drawn

    # Requests that need CTI

    async def _control(
        self, command: Message, key: tuple[str, ...], request_id: str, answered: Answered, *, on_call: str | None
    ) -> None:
        """Send a request to the CTI server and wait for its word."""
        if self._link is None:
            raise out_of_service()
        self._request_ids[key] = request_id
        try:
            conf = await self._link.request(command, self.options.cti_reply_s)
        except CtiSilent:
            self._request_ids.pop(key, None)
            raise internal_error() from None
        except CtiLost:
            self._request_ids.pop(key, None)
            raise out_of_service() if self.status is SystemStatus.OUT_OF_SERVICE else internal_error() from None
        except EncodeError as error:
            self._request_ids.pop(key, None)
            raise invalid(error.field) from None
        if is_refusal(conf):
            self._request_ids.pop(key, None)
            source = on_call or f"/finesse/api/User/{key[1]}"
            errors = asynchronous(conf, on_call=on_call is not None)
            self._after(answered, lambda: self._tell_failure(errors, key[1], source, request_id))
        else:
            self._after(answered, None)

    def _after(self, answered: Answered, work: Callable[[], None] | None) -> None:
        """Hold events back until the answer is written, then do this, behind what the server told before."""
        self._unanswered.add(answered)
        self._inbox.put_nowait(work)

    @asynccontextmanager
    async def _in_turn(self, key: str) -> AsyncIterator[None]:
        try:
            async with self._turns.turn(key):
                if self.status is not SystemStatus.IN_SERVICE:  # it may have changed while we waited
                    raise out_of_service()
                yield
        except TooMany:
            raise out_of_service() from None

    # Small change

    def _last_beat_ms(self) -> int | None:
        at_s = self._link.last_beat_s if self._link is not None else None
        if at_s is None:
            return None
        ago_s = asyncio.get_running_loop().time() - at_s
        return round((wall_now().timestamp() - ago_s) * 1000)

    def _node(self, host: str) -> Node:
        # Both nodes of a pair use the same ports.
        return Node(host, self.rest_port, XMPP_PORT, self._notification.port)

    def _cti_server(self, side: Side, at: Address) -> CtiServer:
        up = self._link
        active = up is not None and up.is_up and up.side is side
        since_s = up.up_since_s if up is not None and active else None
        return CtiServer(at.host, 0 if since_s is None else int(asyncio.get_running_loop().time() - since_s), active)


def _key(change: Change) -> tuple[str, ...]:
    """Which request this change may be the result of."""
    if change.kind in (Kind.CHANGED, Kind.GONE):
        assert isinstance(change.document, Dialog)
        return (Kind.CHANGED.name, change.agent_id, change.document.id or "")
    return (change.kind.name, change.agent_id)
