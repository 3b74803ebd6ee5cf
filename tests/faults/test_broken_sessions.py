"""What Finesse's end of a session sees when it is broken: a reset or a close, through the proxy, of either make."""

import asyncio
import itertools

import pytest

from chaos import clock
from chaos.clients.toxiproxy import Toxiproxy
from chaos.clock import now
from chaos.faults.link import PlacedLink
from chaos.faults.relay import CtiRelay, Cut
from chaos.journal import Journal
from chaos.toxiproxy import ToxiproxyServer
from chaos.wire.ged188 import HeartbeatConf, HeartbeatReq, OpenConf, OpenReq
from tests.faults.relaying import Wire, open_req
from tests.toxiproxy.conftest import go_api  # noqa: F401 – the Go server is a fixture over there

WAYS = [(Cut.RESET, "reset"), (Cut.CLOSE, "fin")]


async def _endings(proxies: Toxiproxy, how: Cut, *, sessions: int = 3) -> list[str]:
    """Open sessions through proxy and relay, break them all, and tell how each ended at the client."""
    journal = Journal(None, now)
    wires: list[Wire] = []

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        wires.append(wire)
        request = await wire.receive()
        assert isinstance(request, OpenReq)
        wire.send(OpenConf(request.invoke_id))
        beat = await wire.receive()
        assert isinstance(beat, HeartbeatReq)
        wire.send(HeartbeatConf(beat.invoke_id))
        await wire.ending()
        await wire.close()

    server = await asyncio.start_server(serves, "127.0.0.1", 0)
    relay = CtiRelay(
        "a",
        listen=("127.0.0.1", 0),
        upstream=server.sockets[0].getsockname(),
        journal_of=lambda: journal,
        connections=itertools.count(1),
    )
    link = PlacedLink("cti-a", "a", "127.0.0.1:0", "unused:1", proxies, relay, embedded=False)
    await link.place()
    try:
        if how is Cut.CLOSE:
            await link.linger(False)
        host, _, port = link.listen.rpartition(":")
        clients = [Wire(*await asyncio.open_connection(host, int(port))) for _ in range(sessions)]
        for number, client in enumerate(clients):
            client.send(open_req(f"fin-{number}"))
            assert isinstance(await client.receive(), OpenConf)
            client.send(HeartbeatReq(7))
            assert await client.receive() == HeartbeatConf(7)
        relay.cut(how)
        ends = [await client.ending() for client in clients]
        for client in clients:
            await client.close()
        return ends
    finally:
        await link.remove()
        for wire in wires:
            await wire.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(("how", "ending"), WAYS)
@pytest.mark.parametrize("virtual", [True, False], ids=["virtual", "real"])
def test_it_arrives_through_our_proxy(how: Cut, ending: str, virtual: bool) -> None:
    async def main() -> list[str]:
        proxies = ToxiproxyServer(host="127.0.0.1", port=0)
        await proxies.start()
        try:
            return await _endings(Toxiproxy(proxies.api_url), how)
        finally:
            await proxies.stop()

    assert clock.run(main(), virtual=virtual) == [ending] * 3


@pytest.mark.timeout(360)
@pytest.mark.parametrize(("how", "ending"), WAYS)
def test_it_arrives_through_the_go_proxy(how: Cut, ending: str, go_api: tuple[str, int]) -> None:  # noqa: F811
    host, port = go_api
    assert clock.run(_endings(Toxiproxy(f"http://{host}:{port}"), how), virtual=False) == [ending] * 3
