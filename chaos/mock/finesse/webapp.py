"""The Finesse web application: the only CTI client of the node, and the one that publishes events.

Theory of operation
-------------------
`CtiLink` keeps one session to a CTI server. A session that is open is loaded into a fresh view, then the node is in
service: IN_SERVICE is announced, `Publishing` tells what changed meanwhile, and goes on with each message. When the
session is lost, OUT_OF_SERVICE is announced, and nothing more is told until the next one is loaded. `Control` carries
out what clients ask of the CTI server.
"""

from collections.abc import Callable, Sequence
from functools import partial

from chaos.clock import wall_now
from chaos.mock.finesse.administration import Administration, CtiSettings
from chaos.mock.finesse.config import NodeConfig, NodeOptions, ReasonRecord, Side, UserRecord
from chaos.mock.finesse.control import Control, no_dialog
from chaos.mock.finesse.cti_link import CtiLink, CtiLost
from chaos.mock.finesse.doors.session import GoneHow
from chaos.mock.finesse.forced_logout import ForcedLogouts
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.loading import Loading
from chaos.mock.finesse.notification import NotificationService
from chaos.mock.finesse.publishing import Publishing
from chaos.mock.finesse.queue_notices import QueueNotices
from chaos.mock.finesse.resources import shown
from chaos.mock.finesse.resources.catalogue import REASON_CODE
from chaos.mock.finesse.screen import Screen
from chaos.mock.finesse.system_info import system_info
from chaos.mock.service import Service, ServiceState
from chaos.wire.finesse import Dialog, SystemInfo, SystemStatus, User
from chaos.wire.ged188.fields import Message
from chaos.wire.xml import serialise

NAME = "Cisco Finesse Webapp"


class Webapp(Service):
    """The application of one node.

    administration: where settings are read at each start. notification: what it publishes through.
    status_watchers: called after each change between in and out of service, once everything is published.
    view_watchers: called when something was taken in from the CTI server. rest_port: Tomcat's, as SystemInfo tells it.
    has_served: whether it was ever in service. control: what clients ask of the CTI server.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        administration: Administration,
        notification: NotificationService,
        options: NodeOptions,
        defects: NodeDefects,
    ) -> None:
        super().__init__(NAME)
        self.config, self.options, self._defects = config, options, defects
        self._administration, self._notification = administration, notification
        self._records = {record.login_id: record for record in config.users}
        self.status_watchers: list[Callable[[SystemStatus], None]] = []
        self.view_watchers: list[Callable[[], None]] = []
        self.rest_port = config.rest_port
        self.has_served = False
        notification.state_watchers.append(self._review)
        notification.presence_watchers.append(self._presence_changed)
        self._reset()

    def _reset(self) -> None:
        """As a process that has just begun: nothing known, nothing shown."""
        self._settings: CtiSettings = self._administration.cti
        self._link: CtiLink | None = None
        self._loading: Loading | None = None
        self._after_cti_gap = False
        self._announced = SystemStatus.OUT_OF_SERVICE
        self._defects.process_began()
        self._publishing = Publishing(
            self.config,
            self._notification,
            self._defects,
            reasons=self._administration.catalogue.reasons,
            is_serving=self._is_serving,
            tells_everything=self.options.tells_everything,
            view_changed=self._view_changed,
        )
        self._queue_notices = QueueNotices(
            self._notification,
            shown=lambda team: serialise(shown.queue(team, self.teams()[team], self.users_of(team), root="queue")),
            queues=tuple(self.teams()),
            is_serving=self._is_serving,
            defects=self._defects,
        )
        self._forced_logouts = ForcedLogouts(
            self._records,
            wait_s=self.options.forced_logout_s,
            peripheral_id=self._settings.peripheral_id,
            view=lambda: self._publishing.view,
            is_serving=self._is_serving,
            is_there=self._notification.is_available,
            ask=self._ask,
            defects=self._defects,
            break_session=lambda: None if self._link is None else self._link.lose(),
        )
        self.control = Control(
            self._publishing,
            link=lambda: self._link,
            is_serving=self._is_serving,
            reasons=self._administration.catalogue.reasons,
            peripheral_id=self._settings.peripheral_id,
            reply_s=self.options.cti_reply_s,
            queue_limit=self.options.queue_limit,
            carried_out=self._defects.carried_out,
            drop_status=self._defects.drop_status,
            refuses_unchanged=lambda is_so: self._defects.refuses_unchanged(is_so=is_so),
        )

    # What is asked by REST

    @property
    def status(self) -> SystemStatus:
        """Does this node serve clients?"""
        return self._announced if self.state is ServiceState.STARTED else SystemStatus.OUT_OF_SERVICE

    def records(self) -> tuple[UserRecord, ...]:
        """Everybody who is configured."""
        return tuple(self._records.values())

    def record(self, name: str) -> UserRecord | None:
        """The user with this id or login name."""
        found = self._records.get(name)
        return found or next((record for record in self._records.values() if record.login_name == name), None)

    def teams(self) -> dict[str, str]:
        """The teams: names by id."""
        return {record.team_id: record.team_name for record in self._records.values()}

    def members(self, team: str) -> tuple[UserRecord, ...]:
        """Who belongs to that team."""
        return tuple(record for record in self._records.values() if record.team_id == team)

    def users_of(self, team: str) -> list[User]:
        """The User documents of a team."""
        return [self.user(record.login_id) for record in self.members(team)]

    def team(self, team: str) -> list[User]:
        """The same, as a list of the team shows them."""
        return [self._defects.in_team(user) for user in self.users_of(team)]

    def signed_in_at(self, extension: str) -> UserRecord | None:
        """Who is signed in at that phone."""
        agents = self._publishing.view.agents.items()
        found = next((login_id for login_id, agent in agents if agent.extension == extension), None)
        return self._records.get(found) if found is not None else None

    def user(self, login_id: str) -> User:
        """The User document of a configured user."""
        return self._shown(login_id).user

    def users(self) -> tuple[User, ...]:
        """All User documents."""
        return tuple(self._shown(login_id).user for login_id in self._records)

    def reasons(self) -> Sequence[ReasonRecord]:
        """The reason codes that are configured."""
        return self._administration.catalogue.reasons

    def wants_reason(self, record: UserRecord, state: str) -> bool:
        """Does he have to name a reason for it, since his team has some?"""
        if not self.options.reasons_required:
            return False
        had = self._administration.catalogue.of_team(record.team_id, REASON_CODE)
        return any(one.category == state and one.reason_id in had for one in self.reasons())

    @property
    def is_serving(self) -> bool:
        return self._is_serving()

    def force_out(self, login_id: str) -> None:
        """A configured user's desktop says that his refresh token has expired."""
        self._forced_logouts.expired(login_id)

    def asked(self, name: str) -> None:
        """Somebody with good credentials has made a request."""
        record = self.record(name)
        if record is not None and self.state is ServiceState.STARTED:
            self._forced_logouts.asked(record.login_id)

    def is_unreadable(self, login_id: str) -> bool:
        """Can a configured user not be shown? He can, unless a product is broken."""
        return self._forced_logouts.is_unreadable(login_id)

    def clients(self) -> tuple[str, ...]:
        """Full JIDs of the users who are connected to this node."""
        return self._notification.clients

    def dialogs(self, login_id: str) -> tuple[Dialog, ...]:
        """The dialogs of a configured user."""
        return tuple(self._shown(login_id).dialogs.values())

    def dialog(self, login_id: str, dialog_id: str) -> Dialog:
        """One dialog of a user. Raises ApiFailure: he has no such dialog."""
        shown = self._defects.known_by_id(login_id, self._shown(login_id)) if login_id in self._records else None
        if shown is None or dialog_id not in shown.dialogs:
            raise no_dialog(dialog_id)
        return shown.dialogs[dialog_id]

    def _shown(self, login_id: str) -> Screen:
        shown = self._defects.shown(login_id, self._publishing.screens[login_id])
        return self._defects.shown_of_lost(login_id, shown, is_home=self._forced_logouts.has_met(login_id))

    def info_status(self) -> int | None:
        """The status with which SystemInfo is refused; None, unless a product is broken."""
        return self._defects.info_status()

    def system_info_shown(self) -> SystemInfo:
        """SystemInfo as it is shown to who asks; of a Webapp that is down, too, for Tomcat answers it."""
        return self._defects.node_shown(
            self.system_info(self._defects.status_told(self._defects.status_shown(self.status)))
        )

    def system_info(self, status: SystemStatus | None = None) -> SystemInfo:
        """SystemInfo as of now, or with another status."""
        return system_info(
            status or self.status,
            self.config,
            self.options,
            self._settings,
            self._link,
            rest_port=self.rest_port,
            auth_mode=self.config.auth_mode,
            xmpp_ports=(self._notification.starttls_port, self._notification.port),
        )

    # Service

    async def _open(self) -> None:
        self._reset()
        self._publishing.start()
        configured = self._settings.sides()
        self._link = CtiLink(
            self.config.host,
            tuple(configured),
            self._defects.known_sides(configured, self._settings.former_b),
            self._settings.peripheral_id,
            options=self.options,
            defects=self._defects,
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
        self._defects.process_ended()
        self._queue_notices.stop()
        await self._forced_logouts.stop()
        await self._publishing.stop()
        self._link = None

    def _changed(self) -> None:
        self._review()

    # The link

    def link_opened(self) -> None:
        assert self._link is not None
        asked, timeout_s = self._link, self.options.load_timeout_s
        self._loading = Loading(
            lambda message: asked.request(message, timeout_s),
            before=self._publishing.view,
            agents=tuple(self._records),
            peripheral_id=self._settings.peripheral_id,
        )

    async def load(self) -> None:
        assert self._loading is not None
        await self._loading.run(wall_now)

    def link_up(self, side: Side) -> None:
        assert self._loading is not None
        loading, self._loading = self._loading, None
        self._publishing.begin_anew(loading.view)
        self._review()
        for message in loading.news():
            self._publishing.take(message)

    def link_lost(self) -> None:
        self._loading = None
        self._publishing.forget_waiting()
        self._publishing.forget_requests()
        self._after_cti_gap = True
        self._review()

    def link_event(self, message: Message) -> None:
        if self._loading is not None:
            self._loading.event(message)
            self._defects.heard_while_reading(message)
        else:
            self._publishing.take(message)

    def link_answer(self, message: Message) -> None:
        if self._loading is not None:
            self._loading.answer(message)

    async def _ask(self, request: Message) -> Message:
        if self._link is None:
            raise CtiLost
        return await self._link.request(request, self.options.cti_reply_s)

    def _view_changed(self) -> None:
        self._forced_logouts.view_changed()
        self._queue_notices.view_changed()
        for watcher in tuple(self.view_watchers):
            watcher()

    # Presence

    def _presence_changed(self, user: str, gone: GoneHow | None) -> None:
        """Heard by a Webapp that runs, from a notification service that does."""
        if self.state is not ServiceState.STARTED or self._notification.state is not ServiceState.STARTED:
            return
        if gone is None:
            self._forced_logouts.client_came(user)
            self._defects.client_came(user)
        else:
            self._forced_logouts.client_went(user, gone)

    # In and out of service

    def _is_serving(self) -> bool:
        return self.status is SystemStatus.IN_SERVICE

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
        self.has_served = self.has_served or serving
        if serving:
            self._back_in_service()
        elif self.state is ServiceState.STARTED:
            self._defects.announces_loss(
                self._publishing.screens, partial(self._publishing.announce, self.system_info())
            )
            self._defects.went_out_of_service(self._publishing)
        for watcher in tuple(self.status_watchers):
            watcher(status)

    def _back_in_service(self) -> None:
        after_gap, self._after_cti_gap = self._after_cti_gap, False
        self._defects.announces_return(self._records, partial(self._publishing.announce, self.system_info()))
        self._publishing.catch_up(after_gap=after_gap)
