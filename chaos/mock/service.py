"""What everything in the mock shares that starts, stops and dies by itself."""

import asyncio
from abc import ABC, abstractmethod
from enum import Enum


class ServiceState(Enum):
    """Life of a service as its console shows it."""

    STOPPED = "Stopped"
    STARTING = "Starting"
    STARTED = "Started"
    STOPPING = "Stopping"


class Service(ABC):
    """One service of the mock deployment.

    name: as a console names it. start_s, stop_s: how long starting and stopping take on the loop's clock.
    `start` and `stop` take turns and are safe to call twice; `die` does not wait, and ends a start or stop under way.
    """

    def __init__(self, name: str, *, start_s: float = 0.0, stop_s: float = 0.0) -> None:
        self.name = name
        self.start_s = start_s
        self.stop_s = stop_s
        self._state = ServiceState.STOPPED
        self._turn = asyncio.Lock()
        self._died = asyncio.Event()

    @property
    def state(self) -> ServiceState:
        """Where the service stands now."""
        return self._state

    async def start(self) -> None:
        """Bring the service up; it serves when this returns, unless it died meanwhile.

        Raises OSError: a port is taken; the service is then stopped.
        """
        async with self._turn:
            if self._state is ServiceState.STARTED:
                return
            self._died.clear()
            self._enter(ServiceState.STARTING)
            await self._pause(self.start_s)
            if self.state is not ServiceState.STARTING:  # it died meanwhile
                return
            try:
                await self._open()
            except BaseException:
                await self._kill()
                self._enter(ServiceState.STOPPED)
                raise
            if self._state is not ServiceState.STARTING:  # it died while opening
                await self._kill()
                return
            self._enter(ServiceState.STARTED)

    async def stop(self) -> None:
        """Bring the service down in good order."""
        async with self._turn:
            if self._state is not ServiceState.STARTED:
                return
            self._died.clear()
            self._enter(ServiceState.STOPPING)
            await self._close()
            await self._pause(self.stop_s)
            if self.state is ServiceState.STOPPING:  # it did not die meanwhile
                self._enter(ServiceState.STOPPED)

    async def die(self) -> None:
        """End as a killed process does: sockets are reset, nobody is told."""
        self._died.set()
        was, self._state = self._state, ServiceState.STOPPED
        await self._kill()
        if was is not ServiceState.STOPPED:
            self._changed()

    def _enter(self, state: ServiceState) -> None:
        if state is not self._state:
            self._state = state
            self._changed()

    async def _pause(self, duration_s: float) -> None:
        if duration_s <= 0:
            return
        try:
            async with asyncio.timeout(duration_s):
                await self._died.wait()
        except TimeoutError:
            return

    def _changed(self) -> None:  # noqa: B027 – a hook that most services need not fill
        """Called after each change of state."""

    @abstractmethod
    async def _open(self) -> None:
        """Open the sockets and start serving."""

    @abstractmethod
    async def _close(self) -> None:
        """Say goodbye where the protocol has a word for it, close everything, await every task."""

    @abstractmethod
    async def _kill(self) -> None:
        """Reset everything at once, without goodbye. Safe when nothing is open."""
