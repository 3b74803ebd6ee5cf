"""Two CTI servers as one duplex installation: who is active when."""

import asyncio
from enum import Enum
from functools import partial

from chaos.errors import UsageError
from chaos.mock.cti_server.options import Role
from chaos.mock.cti_server.server import CtiServer
from chaos.mock.service import ServiceState
from chaos.wire.ged188 import Status

AGREE_S = 5.0
"""So long clients may take to agree to a change of sides, and then to leave. Source: as `CtiPair.hand_over`."""
GOING = frozenset({ServiceState.STOPPING, ServiceState.STOPPED})


class Variant(Enum):
    """How the two sides share the work."""

    BOTH_ACCEPT = "both-accept"
    ACTIVE_STANDBY = "active-standby"


class CtiPair:
    """Side A and side B.

    BOTH_ACCEPT: either serves whoever connects. ACTIVE_STANDBY: one is active, the other turns clients away (how: its
    option `standby_answer`) and becomes active `switch_over_s` after the active one stopped or died, or after no client
    had a session with it for `idle_switch_s`. The side that starts first is active at once, one that comes back is
    standby. Before an orderly stop clients that stand by on the other side are asked (`hand_over`).
    Source: Finesse administration guide, "Test Connection"; CCE solution design guide on a CTI server without clients.
    """

    def __init__(
        self,
        a: CtiServer,
        b: CtiServer,
        *,
        variant: Variant = Variant.BOTH_ACCEPT,
        idle_switch_s: float = 20.0,
        switch_over_s: float = 2.0,
    ) -> None:
        if a.state is not ServiceState.STOPPED or b.state is not ServiceState.STOPPED:
            raise UsageError("a pair must be made before its servers start; stop them first")
        self.a, self.b = a, b
        self.variant = variant
        self.idle_switch_s = idle_switch_s
        self.switch_over_s = switch_over_s
        self._active: CtiServer | None = None
        self._switch: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._resting = False
        self._leaving = False
        if variant is Variant.ACTIVE_STANDBY:
            for server in (a, b):
                server.role_at_start = partial(self._role_at_start, server)
                server.watchers.append(self._look)
                server.before_stop = partial(self._leave, server)

    @property
    def active(self) -> CtiServer | None:
        """The active side; None between two, and where both accept."""
        return self._active

    async def start(self) -> None:
        """Start A, then B."""
        await self.a.start()
        await self.b.start()

    async def stop(self) -> None:
        """Stop both in good order, B first, without a switch."""
        await self._rest()
        await self.b.stop()
        await self.a.stop()

    async def die(self) -> None:
        """Kill both, without a switch."""
        await self._rest()
        await self.b.die()
        await self.a.die()

    async def hand_over(self) -> bool:
        """A planned change of sides: the active side asks its clients, the other takes over, and the first one ends
        its sessions (status 110). False: a client has refused, and nothing has changed.

        Raises UsageError: there is no other side that could take over.
        Source: CTI Server Message Reference Guide 24, active and standby sessions.
        """
        active = self._active
        other = self.b if active is self.a else self.a
        if active is None or other.state is not ServiceState.STARTED:
            raise UsageError("one side must be active and the other one started; start it first")
        if not await active.agrees_to_leave(AGREE_S):
            return False
        self._active = other
        await other.set_role(Role.ACTIVE)
        await active.left(AGREE_S)
        await active.set_role(Role.STANDBY, Status.SERVER_IN_MAINTENANCE_MODE)
        self._look()
        return True

    async def _leave(self, server: CtiServer) -> None:
        """The active side is to be stopped: clients that stand by on the other side are taken over first, if they
        agree. If they do not, the stop goes on, and they are told as everybody is."""
        other = self.b if server is self.a else self.a
        wanted = server is self._active and other.state is ServiceState.STARTED and server.is_stood_by
        if not wanted or self._leaving:
            return
        self._leaving = True
        try:
            await self.hand_over()
        finally:
            self._leaving = False

    def _role_at_start(self, server: CtiServer) -> Role:
        self._resting = False
        if self._active is None and self._switch is None:
            self._active = server
        return Role.ACTIVE if self._active is server else Role.STANDBY

    def _look(self) -> None:
        """Something changed at a side: draw the consequences."""
        if self._resting:
            return
        if self._active is not None and self._active.state in GOING:
            self._active = None
        if self._active is None and self._switch is None:
            successor = next((side for side in (self.a, self.b) if side.state is ServiceState.STARTED), None)
            if successor is not None:
                self._switch = asyncio.get_running_loop().create_task(self._hand_over(successor))
        self._watch_idleness()

    def _watch_idleness(self) -> None:
        active = self._active
        if active is None or active.state is not ServiceState.STARTED or active.sessions:
            self._stop_idle_watch()
        elif self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(self.idle_switch_s, self._idle_too_long, active)

    def _idle_too_long(self, server: CtiServer) -> None:
        self._idle = None
        other = self.b if server is self.a else self.a
        if server is self._active and other.state is ServiceState.STARTED:
            self._active = None
            self._switch = asyncio.get_running_loop().create_task(self._hand_over(other, demote=server))
        self._look()

    async def _hand_over(self, server: CtiServer, demote: CtiServer | None = None) -> None:
        if demote is not None:
            await demote.set_role(Role.STANDBY)
        await asyncio.sleep(self.switch_over_s)
        if server.state is ServiceState.STARTED:
            self._active = server
            await server.set_role(Role.ACTIVE)
        self._switch = None
        self._look()

    def _stop_idle_watch(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def _rest(self) -> None:
        self._resting = True
        self._active = None
        self._stop_idle_watch()
        if self._switch is not None:
            self._switch.cancel()
            await asyncio.gather(self._switch, return_exceptions=True)
            self._switch = None
