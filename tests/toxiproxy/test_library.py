"""The library toxiproxy-python, unmodified, as a peer that we did not write."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator

import pytest
import toxiproxy
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from chaos import clock
from chaos.toxiproxy import ToxiproxyServer


@pytest.fixture(autouse=True)
def _library_address() -> Iterator[None]:
    """The library keeps its address in a class: put it back."""
    before = APIConsumer.host, APIConsumer.port
    yield
    APIConsumer.host, APIConsumer.port = before


def _with_library(use: Callable[[toxiproxy.Toxiproxy, int], None]) -> None:
    """Run `use` in a thread against an embedded server; it also gets the port of a server that says 'ready'."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ready")
        await reader.read()
        writer.close()

    async def main() -> None:
        upstream = await asyncio.start_server(greet, "127.0.0.1", 0)
        server = ToxiproxyServer(port=0, seed=1)
        await server.start()
        library = toxiproxy.Toxiproxy()
        library.update_api_consumer(*server.address)
        try:
            await clock.in_thread(use, library, upstream.sockets[0].getsockname()[1])
        finally:
            await server.stop()
            upstream.close()

    clock.run(main(), virtual=False)


def _greeting(listen: str) -> tuple[bytes, float]:
    host, _, port = listen.rpartition(":")
    began_s = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=5) as client:
        return client.recv(100), time.monotonic() - began_s


def test_proxies_are_created_found_disabled_and_destroyed() -> None:
    def use(library: toxiproxy.Toxiproxy, port: int) -> None:
        assert library.running()
        assert library.version() == b'{"version": "2.12.0"}\n'
        proxy = library.create(name="p", upstream=f"127.0.0.1:{port}")
        assert _greeting(proxy.listen)[0] == b"ready"
        assert library.get_proxy("p").upstream == f"127.0.0.1:{port}"
        assert library.get_proxy("q") is None
        with proxy.down():
            assert not library.get_proxy("p").enabled
            with pytest.raises(ConnectionRefusedError):
                _greeting(proxy.listen)
        assert _greeting(proxy.listen)[0] == b"ready"
        assert proxy.destroy()
        assert library.proxies() == {}

    _with_library(use)


def test_its_exceptions_come_from_our_status_codes() -> None:
    def use(library: toxiproxy.Toxiproxy, port: int) -> None:
        proxy = library.create(name="p", upstream="127.0.0.1:1")
        with pytest.raises(ProxyExists):
            library.create(name="p", upstream="127.0.0.1:1")
        with pytest.raises(ProxyExists):
            APIConsumer.post("/proxies", json={"name": "p", "upstream": "u:1"})
        with pytest.raises(InvalidToxic):
            proxy.add_toxic(type="latency", stream="sideways")
        with pytest.raises(InvalidToxic):
            proxy.add_toxic(type="nonsense")
        with pytest.raises(NotFound):
            APIConsumer.get("/nonsense")
        proxy.destroy()
        with pytest.raises(NotFound):
            proxy.enable()

    _with_library(use)


def test_toxics_are_added_bite_and_are_removed_one_by_one_or_by_reset() -> None:
    def use(library: toxiproxy.Toxiproxy, port: int) -> None:
        proxy = library.create(name="p", upstream=f"127.0.0.1:{port}", listen="127.0.0.1:0")
        proxy.add_toxic(type="latency", attributes={"latency": 150})
        proxy.add_toxic(type="latency", name="more", attributes={"latency": 100, "jitter": 0})
        assert set(proxy.toxics()) == {"latency_downstream", "more"}
        assert proxy.get_toxic("more").attributes == {"latency": 100, "jitter": 0}
        greeting, took_s = _greeting(proxy.listen)
        assert greeting == b"ready"
        assert 0.24 <= took_s <= 1
        assert proxy.destroy_toxic("more")
        assert set(proxy.toxics()) == {"latency_downstream"}
        proxy.disable()
        assert library.reset()
        assert proxy.toxics() == {}
        assert _greeting(proxy.listen)[1] < 0.2

    _with_library(use)


def test_its_own_populate_creates_and_replaces() -> None:
    def use(library: toxiproxy.Toxiproxy, port: int) -> None:
        wanted = [{"name": name, "upstream": "127.0.0.1:1", "listen": "127.0.0.1:0"} for name in ("a", "b")]
        first = library.populate(wanted)
        assert [proxy.name for proxy in first] == ["a", "b"]
        same = [{"name": proxy.name, "upstream": proxy.upstream, "listen": proxy.listen} for proxy in first]
        assert library.populate(same) == []
        same[0]["upstream"] = "127.0.0.1:2"
        assert [proxy.name for proxy in library.populate(same)] == ["a"]
        library.destroy_all()
        assert library.proxies() == {}

    _with_library(use)
