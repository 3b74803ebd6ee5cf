"""A CTI session of our own that goes the same way as Finesse's, and says what a fault looks like from that side.

What the relay did is not yet what Finesse got: between them is a proxy, which may make an orderly close of a reset, or
deliver what we meant to withhold. A companion is broken with the sessions that it keeps company, and notes what it
hears: so a fault is proven from the far side as well.
"""

import asyncio
import contextlib

from chaos.errors import InjectFailed, PeerError
from chaos.faults.link import PlacedLink
from chaos.faults.relay_orders import COMPANION
from chaos.journal import CompanionHeard, Heard, Journal
from chaos.wire import ged188

_OPEN_WITHIN_S = 10.0
_IDLE_S = 300
_PIECE_BYTES = 4096


class Companion:
    """Open it before the fault, let it beat from when the fault is in force, close it after the rollback."""

    def __init__(self, link: PlacedLink, journal: Journal, *, peripheral_id: int, version: int) -> None:
        self._link = link
        self._journal = journal
        self._peripheral_id = peripheral_id
        self._version = version
        self._decoder = ged188.Decoder(version)
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._unanswered = 0

    async def open(self) -> None:
        """Raises InjectFailed: no session of ours is let in, so nobody could say what a fault looks like there."""
        host, _, port = self._link.listen.rpartition(":")
        try:
            async with asyncio.timeout(_OPEN_WITHIN_S):
                reader, self._writer = await asyncio.open_connection(host.strip("[]"), int(port))
                self._writer.write(ged188.encode(self._opening(), self._version))
                await self._opened(reader)
        except (TimeoutError, OSError, PeerError) as error:
            await self.close()
            why = str(error) or "no answer"
            raise InjectFailed(
                f"a companion of Finesse's sessions on {self._link.name} was not let in: {why}"
            ) from error
        self._heard(Heard.OPENED)
        self._tasks.append(asyncio.create_task(self._listen(reader)))

    def beat(self, interval_s: float) -> None:
        """Send a heartbeat at every interval from now on, the first after one."""
        self._tasks.append(asyncio.create_task(self._beats(interval_s)))

    async def close(self) -> None:
        """Leave; nothing is noted any more. Safe twice."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _opening(self) -> ged188.OpenReq:
        return ged188.OpenReq(
            invoke_id=1,
            version_number=self._version,
            idle_timeout=_IDLE_S,
            peripheral_id=self._peripheral_id,
            services_requested=ged188.Service.ALL_EVENTS,
            client_id=COMPANION,
            client_password=b"",
        )

    async def _opened(self, reader: asyncio.StreamReader) -> None:
        while True:
            data = await reader.read(_PIECE_BYTES)
            if not data:
                raise ConnectionResetError("closed without an answer")
            for message in self._decoder.feed(data):
                if isinstance(message, ged188.FailureConf):
                    raise PeerError(f"the CTI server refused it: {message.status}")
                if isinstance(message, ged188.OpenConf):
                    return

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        ended = Heard.CLOSED
        try:
            while data := await reader.read(_PIECE_BYTES):
                for message in self._decoder.feed(data):
                    if isinstance(message, ged188.HeartbeatConf) and self._unanswered:
                        self._unanswered = 0
                        self._heard(Heard.CONFIRMED)
        except OSError:
            ended = Heard.RESET
        except PeerError:
            return  # it can follow the server no longer, and says nothing more
        self._heard(ended)

    async def _beats(self, interval_s: float) -> None:
        for number in range(2, 1 << 31):
            await asyncio.sleep(interval_s)
            if self._unanswered:
                self._heard(Heard.MISSED)
            writer = self._writer
            if writer is None or writer.transport.is_closing():
                return
            self._unanswered += 1
            writer.write(ged188.encode(ged188.HeartbeatReq(invoke_id=number), self._version))

    def _heard(self, what: Heard) -> None:
        self._journal.observe(CompanionHeard(link=self._link.name, heard=what))
