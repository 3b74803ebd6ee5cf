"""A link that can be broken: a Toxiproxy proxy, and behind it a relay of ours, between Finesse and a server."""

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

from chaos.clients.toxiproxy import ProxyState, Toxic, Toxiproxy, ToxiproxyError
from chaos.errors import InventoryError, PeerError
from chaos.faults.awdb_relay import PROBE, PROBE_OPEN, AwdbRelay
from chaos.faults.relay import CtiRelay
from chaos.faults.relay_base import TcpRelay
from chaos.journal import OUR_CLIENT, Journal, LinkProbed, LinkSeen, ProbeLeft
from chaos.undo.entries import ProxyAsFound, UndoLog, proxy_thing
from chaos.undo.proxy import Restart, put_back
from chaos.undo.undoing import put_right
from chaos.wire import ged188

# Toxiproxy sets linger on a connection when it is made while this toxic is there, even at toxicity 0: from then on
# whatever closes the connection resets it, towards both ends.
LINGER = Toxic("reset_peer", "upstream", "finesse-chaos-linger", 0.0, {"timeout": 0})

_PROBE_STEP_S = 5.0
PROBE_NAME = f"{OUR_CLIENT}-probe"
# For bringing a proxy back that hangs or was lost.
_PUT_BACK_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class _ProxyOnly:
    """What undoing works with where only a proxy is owed."""

    server: Toxiproxy

    def proxies(self, api_url: str) -> Toxiproxy:
        return self.server

    def console(self, host: str) -> NoReturn:
        raise InventoryError(f"a link has no console of {host}")

    def command(self, undo: object) -> NoReturn:
        raise InventoryError("a link has no commands")

    def switch(self) -> NoReturn:
        raise InventoryError("a link has no telephone")

    def devices(self, undo: object) -> NoReturn:
        raise InventoryError("a link has no telephones")

    def awdb_password(self) -> NoReturn:
        raise InventoryError("a link has no password")

    def admin(self) -> NoReturn:
        raise InventoryError("a link has no administration")


@dataclass
class AnyLink:
    """One link of the inventory, once it is in place.

    name: "cti-a" or "awdb-b"; side: "a" or "b". listen: host:port of the proxy, which Finesse is set to. server:
    host:port of the real server. embedded: whether the proxy server is ours, and ends with us; any other one's proxy
    is registered in `undo` before it is changed, and given back as it was found. restart: starts the proxy server
    again, if it is one of ours.
    """

    # Whether connections are to be reset when they are broken, as far as the proxy can tell a reset from a close.
    WANTS_LINGER: ClassVar[bool] = True

    name: str
    side: str
    listen: str
    server: str
    proxies: Toxiproxy
    relay: TcpRelay[Any]
    embedded: bool
    undo: UndoLog = field(default_factory=UndoLog, repr=False)
    restart: Restart | None = field(default=None, repr=False)
    lingers: bool = False

    async def place(self) -> None:
        """Start the relay and lead the proxy to it. A proxy of that name is taken over, and given back by `remove`.

        One that is missing in a server that outlives us is made first as it stands while nobody tests, leading straight
        to the server, and stays so in the end: Finesse's administration points at it.
        """
        await self.relay.start()
        host, port = self.relay.address
        found = await self.proxies.proxy(self.name)
        if not self.embedded:
            found = found or await self.proxies.create(self.name, self.listen, self.server)
            await self.undo.before(ProxyAsFound(self.proxies.api_url, self.name, found))
        if found is None:
            state = await self.proxies.create(self.name, self.listen, f"{host}:{port}")
        else:
            state = await self.proxies.update(self.name, listen=self.listen, upstream=f"{host}:{port}", enabled=True)
        self.listen = state.listen
        await self.linger(self.WANTS_LINGER)

    async def remove(self) -> None:
        """Leave as it was found: our own proxy goes, a found one is put back; safe twice. Raises RollbackFailed."""
        try:
            await put_right(self.undo, _ProxyOnly(self.proxies), [proxy_thing(self.proxies.api_url, self.name)])
        finally:
            await self.relay.stop()

    async def mended(self, mending: Awaitable[None]) -> None:
        """Carry out what mends a fault of the proxy; if the proxy hangs or was lost, bring all of it back.

        That is done too if the server may still carry out what it was told before: what is mended has to stay so.
        Raises RollbackFailed.
        """
        try:
            await mending
            lost = await self.proxies.proxy(self.name) is None or self.proxies.has_unknown_orders(self.name)
        except ToxiproxyError:
            lost = True
        if lost:
            await self.restore()

    async def restore(self, *, may_restart: bool = True) -> None:
        """Bring the proxy back to how `place` left it, whatever has become of it. Raises RollbackFailed."""
        host, port = self.relay.address
        toxics = (LINGER,) if self.lingers else ()
        restart = self.restart if may_restart else None
        placed = ProxyState(self.name, self.listen, f"{host}:{port}", enabled=True, toxics=toxics)
        await put_back(self.proxies, self.name, placed, within_s=_PUT_BACK_WITHIN_S, restart=restart)

    async def seen(self, journal: Journal) -> None:
        """Ask the proxy server how the proxy stands, and note it. Raises ToxiproxyError, PeerError: it is not there."""
        state = await self.proxies.proxy(self.name)
        if state is None:
            raise PeerError(f"the proxy server at {self.proxies.api_url} has no proxy {self.name} any more")
        toxics = tuple(sorted(toxic.name for toxic in state.toxics))
        journal.observe(LinkSeen(link=self.name, enabled=state.enabled, toxics=toxics))

    async def knocked_at(self, journal: Journal) -> None:
        """Connect to the proxy, and no more, and note what came of that: "open", "refused" or "silence"."""
        host, _, port = self.listen.rpartition(":")
        from_s, outcome = journal.now_s(), "open"
        try:
            async with asyncio.timeout(_PROBE_STEP_S):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        except TimeoutError:
            outcome = "silence"
        except OSError as error:
            outcome = "refused" if isinstance(error, ConnectionRefusedError) else "reset"
        journal.observe(LinkProbed(link=self.name, outcome=outcome, took_s=round(journal.now_s() - from_s, 6)))

    async def linger(self, wanted: bool) -> None:
        """Whether connections made from now on are reset (True) or closed (False) when the proxy ends them."""
        if wanted == self.lingers:
            return
        if wanted:
            await self.proxies.add_toxic(self.name, LINGER)
        else:
            await self.proxies.remove_toxic(self.name, LINGER.name)
        self.lingers = wanted


@dataclass
class PlacedLink(AnyLink):
    """The link to a CTI server."""

    relay: CtiRelay

    async def probe(self, peripheral_id: int, version: int, name: str = PROBE_NAME) -> str:
        """Go through proxy and relay as a CTI client would: open, one heartbeat, close. What came of it, in words.

        Leaves its trace in the relay's observations, which is what a proof of lifting reads. Never raises for the peer.
        """
        host, _, port = self.listen.rpartition(":")
        try:
            async with asyncio.timeout(3 * _PROBE_STEP_S):
                return await _probe(host.strip("[]"), int(port), peripheral_id, version, name)
        except TimeoutError:
            return "silence"
        except (OSError, PeerError, asyncio.IncompleteReadError) as error:
            return f"{type(error).__name__}: {error}"


@dataclass
class PlacedAwdbLink(AnyLink):
    """The link to an AWDB."""

    WANTS_LINGER = False  # a database closes in good order after each answer, which must not become a reset

    relay: AwdbRelay

    async def probe(self) -> str:
        """Go through proxy and relay up to the AWDB's door: an outcome of LinkProbed. Never raises for the peer."""
        host, _, port = self.listen.rpartition(":")
        try:
            async with asyncio.timeout(_PROBE_STEP_S):
                return await _probe_awdb(host.strip("[]"), int(port))
        except TimeoutError:
            return "silence"
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "reset"

    async def looked_at(self, journal: Journal) -> None:
        """Probe, and note what came of it."""
        from_s = journal.now_s()
        try:
            outcome = await self.probe()
        except asyncio.CancelledError:
            # Its attempt stands in the journal: as nobody's it would make every other one there doubtful.
            journal.observe(ProbeLeft(link=self.name, took_s=round(journal.now_s() - from_s, 6)))
            raise
        journal.observe(LinkProbed(link=self.name, outcome=outcome, took_s=round(journal.now_s() - from_s, 6)))


async def _probe_awdb(host: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(PROBE)
        word = await reader.readline()
        if not word:
            return "reset"
        return "open" if word == PROBE_OPEN else "server-down"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _probe(host: str, port: int, peripheral_id: int, version: int, name: str) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        decoder = ged188.Decoder(version)
        opening = ged188.OpenReq(
            invoke_id=1,
            version_number=version,
            idle_timeout=60,
            peripheral_id=peripheral_id,
            services_requested=ged188.Service.ALL_EVENTS,
            client_id=name,
            client_password=b"",
        )
        writer.write(ged188.encode(opening, version))
        answer = await _next(reader, decoder, ged188.OpenConf, ged188.FailureConf)
        if isinstance(answer, ged188.OpenConf):
            writer.write(ged188.encode(ged188.HeartbeatReq(invoke_id=2), version))
            answer = await _next(reader, decoder, ged188.HeartbeatConf, ged188.FailureConf)
            writer.write(ged188.encode(ged188.CloseReq(invoke_id=3, status=0), version))
            await _next(reader, decoder, ged188.CloseConf)
        return type(answer).__name__
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _next(reader: asyncio.StreamReader, decoder: ged188.Decoder, *kinds: type[ged188.Message]) -> object:
    """The next message of one of these kinds. Raises ConnectionResetError: the peer closed before it came."""
    while True:
        data = await reader.read(4096)
        if not data:
            raise ConnectionResetError("closed without an answer")
        for message in decoder.feed(data):
            if isinstance(message, kinds):
                return message
