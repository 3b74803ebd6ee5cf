"""The client against the embedded server, against the Go one, and against servers that misbehave."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import toxiproxy
from toxiproxy.api import APIConsumer

from chaos import clock
from chaos.clients.toxiproxy import (
    Conflict,
    NotFound,
    ProxyState,
    Rejected,
    ServerFailed,
    Toxic,
    Toxiproxy,
    ToxiproxyError,
    Unreachable,
)
from chaos.errors import FaultError, UsageError
from chaos.toxiproxy import ToxiproxyServer
from tests.toxiproxy import conftest as toxiproxy_fixtures

go_api = toxiproxy_fixtures.go_api

Use = Callable[[Toxiproxy], Awaitable[None]]
Play = Callable[[Use], None]


@pytest.fixture(params=["embedded-virtual", "embedded-real", pytest.param("go", marks=pytest.mark.timeout(360))])
def play(request: pytest.FixtureRequest) -> Play:
    """Runs a story with a client of one of the servers, which has no proxies at its beginning."""
    if request.param == "go":
        host, port = request.getfixturevalue("go_api")
        return lambda use: clock.run(_with_running(use, f"http://{host}:{port}"), virtual=False)
    return lambda use: clock.run(_with_embedded(use), virtual=request.param == "embedded-virtual")


async def _with_embedded(use: Use) -> None:
    server = ToxiproxyServer(port=0, seed=1)
    await server.start()
    try:
        await use(Toxiproxy(server.api_url))
    finally:
        await server.stop()


async def _with_running(use: Use, api_url: str) -> None:
    client = Toxiproxy(api_url)
    for name in await client.proxies():
        await client.delete(name)
    await use(client)


def test_a_proxy_is_created_changed_and_deleted(play: Play) -> None:
    async def use(client: Toxiproxy) -> None:
        assert await client.version() == "2.12.0"
        made = await client.create("p", "127.0.0.1:0", "127.0.0.1:1")
        assert made == ProxyState("p", made.listen, "127.0.0.1:1", True, ())
        assert not made.listen.endswith(":0")
        assert await client.proxy("p") == made
        assert await client.proxies() == {"p": made}
        assert (await client.update("p", enabled=False)).enabled is False
        assert (await client.update("p", upstream="127.0.0.1:2")).upstream == "127.0.0.1:2"
        assert (await client.update("p", enabled=True)).listen == made.listen
        await client.delete("p")
        assert await client.proxy("p") is None

    play(use)


def test_a_toxic_is_added_changed_and_removed(play: Play) -> None:
    async def use(client: Toxiproxy) -> None:
        await client.create("p", "127.0.0.1:0", "127.0.0.1:1", enabled=False)
        added = await client.add_toxic("p", Toxic("latency", attributes={"latency": 5}))
        assert added == Toxic("latency", "downstream", "latency_downstream", 1.0, {"latency": 5, "jitter": 0})
        changed = await client.update_toxic("p", "latency_downstream", attributes={"jitter": 2}, toxicity=0.5)
        assert changed == Toxic("latency", "downstream", "latency_downstream", 0.5, {"latency": 5, "jitter": 2})
        await client.add_toxic("p", Toxic("timeout", "upstream", "mine"))
        state = await client.proxy("p")
        assert state is not None
        assert [toxic.name for toxic in state.toxics] == ["mine", "latency_downstream"]
        await client.remove_toxic("p", "mine")
        await client.reset()
        state = await client.proxy("p")
        assert state is not None
        assert (state.enabled, state.toxics) == (True, ())

    play(use)


def test_populate_is_the_servers_own(play: Play) -> None:
    async def use(client: Toxiproxy) -> None:
        assert await client.populate([]) == ()
        wanted = [ProxyState(name, "127.0.0.1:0", "127.0.0.1:1", True) for name in ("a", "b")]
        made = await client.populate(wanted)
        assert [proxy.name for proxy in made] == ["a", "b"]
        assert await client.populate(made) == made
        with pytest.raises(ServerFailed, match="missing port in address"):
            await client.populate([ProxyState("c", "bad", "127.0.0.1:1", True)])

    play(use)


def test_each_refusal_is_an_error_of_its_own(play: Play) -> None:
    async def use(client: Toxiproxy) -> None:
        busy = (await client.create("p", "127.0.0.1:0", "127.0.0.1:1")).listen
        await client.add_toxic("p", Toxic("noop"))
        refusals: list[tuple[type[ToxiproxyError], Awaitable[object]]] = [
            (Conflict, client.create("p", "127.0.0.1:0", "127.0.0.1:1")),
            (Conflict, client.add_toxic("p", Toxic("noop"))),
            (NotFound, client.update("q", enabled=True)),
            (NotFound, client.delete("q")),
            (NotFound, client.add_toxic("q", Toxic("noop"))),
            (NotFound, client.update_toxic("p", "q", toxicity=1)),
            (NotFound, client.remove_toxic("p", "q")),
            (Rejected, client.add_toxic("p", Toxic("nonsense"))),
            (Rejected, client.add_toxic("p", Toxic("latency", "sideways"))),
            (Rejected, client.create("r", "127.0.0.1:0", "")),
            (ServerFailed, client.create("r", busy, "127.0.0.1:1")),
        ]
        for expected, call in refusals:
            with pytest.raises(expected) as refused:
                await call
            assert str(refused.value)
        assert "address already in use" in str(refused.value)

    play(use)


@pytest.mark.parametrize("name", ["with blank", "a?b=c", "50%", "%2F", "é#", "a&b+c"])
def test_odd_names_reach_their_proxy_and_toxic(play: Play, name: str) -> None:
    async def use(client: Toxiproxy) -> None:
        await client.create(name, "127.0.0.1:0", "127.0.0.1:1")
        assert (await client.add_toxic(name, Toxic("noop", name=name))).name == name
        await client.update_toxic(name, name, toxicity=0)
        await client.remove_toxic(name, name)
        assert (await client.update(name, enabled=False)).name == name
        await client.delete(name)

    play(use)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b"])
def test_names_that_no_address_reaches_are_refused_before_anything_is_sent(name: str) -> None:
    async def main() -> None:
        client = Toxiproxy("http://127.0.0.1:1")
        for call in (
            lambda: client.proxy(name),
            lambda: client.create(name, "127.0.0.1:0", "u:1"),
            lambda: client.update(name, enabled=True),
            lambda: client.delete(name),
            lambda: client.add_toxic(name, Toxic("noop")),
            lambda: client.remove_toxic("p", name),
            lambda: client.update_toxic("p", name, toxicity=1),
            lambda: client.populate([ProxyState(name, "127.0.0.1:0", "u:1", True)]),
        ):
            with pytest.raises(Rejected, match="cannot be part of an address"):
                await call()

    clock.run(main(), virtual=True)


def test_two_servers_are_driven_at_once_and_the_library_itself_is_untouched() -> None:
    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            servers = [ToxiproxyServer(port=0) for _ in range(2)]
            for server in servers:
                await server.start()
                stack.push_async_callback(server.stop)
            clients = [Toxiproxy(server.api_url) for server in servers]

            async def fill(client: Toxiproxy, prefix: str, number: int) -> None:
                name = f"{prefix}{number}"
                await client.create(name, "127.0.0.1:0", "127.0.0.1:1")
                await client.add_toxic(name, Toxic("noop"))

            async with asyncio.TaskGroup() as group:
                for number in range(12):
                    group.create_task(fill(clients[0], "left", number))
                    group.create_task(fill(clients[1], "right", number))
            for client, prefix in zip(clients, ("left", "right"), strict=True):
                found = await client.proxies()
                assert set(found) == {f"{prefix}{number}" for number in range(12)}
                assert all(len(proxy.toxics) == 1 for proxy in found.values())

    clock.run(main(), virtual=True)
    assert (APIConsumer.host, APIConsumer.port) == ("127.0.0.1", 8474)
    assert toxiproxy.server.APIConsumer is toxiproxy.proxy.APIConsumer is APIConsumer


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def use(client: Toxiproxy) -> None:
        assert await client.proxies() == {}

    clock.run(_with_embedded(use), virtual=True)


@contextlib.asynccontextmanager
async def _canned(answer: bytes | None) -> AsyncIterator[Toxiproxy]:
    """A client of a server that gives one answer to everything, or none at all."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is not None:
            writer.write(answer)
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    try:
        yield Toxiproxy(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=0.3)
    finally:
        server.close()
        await asyncio.sleep(0)


def _http(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


def calls(client: Toxiproxy) -> list[Callable[[], Awaitable[object]]]:
    return [
        client.version,
        client.proxies,
        lambda: client.proxy("p"),
        lambda: client.create("p", "127.0.0.1:0", "u:1"),
        lambda: client.update("p", enabled=True),
        lambda: client.delete("p"),
        lambda: client.add_toxic("p", Toxic("noop")),
        lambda: client.update_toxic("p", "t", toxicity=1),
        lambda: client.remove_toxic("p", "t"),
        client.reset,
        lambda: client.populate([]),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (_http("503 Service Unavailable", "<html><head><title>Timeout</title></head></html>"), ServerFailed),
        (_http("500 Internal Server Error", '{"error":"no","status":500}'), ServerFailed),
        (_http("403 Forbidden", "User agent not allowed\n"), ServerFailed),
        (_http("302 Found", ""), ServerFailed),
        (b"", Unreachable),
        (b"\x00\x01nonsense\r\n\r\n", Unreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", Unreachable),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Unreachable),
    ],
)
def test_a_server_that_fails_is_a_typed_error_for_every_call(answer: bytes, expected: type[ToxiproxyError]) -> None:
    async def main() -> None:
        async with _canned(answer) as client:
            for call in calls(client):
                with pytest.raises(expected):
                    await call()

    clock.run(main(), virtual=True)


def test_a_server_that_says_nothing_is_given_up_after_the_time_out() -> None:
    async def main() -> None:
        async with _canned(None) as client:
            for call in calls(client):
                began_s = clock.now()
                with pytest.raises(Unreachable, match="timed out"):
                    await call()
                assert 0.25 <= clock.now() - began_s <= 1.5

    clock.run(main(), virtual=False)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "null",
        "5",
        '"text"',
        "[]",
        "{}",
        '{"p":5}',
        '{"p":{"name":"p"}}',
        '{"proxies":[5]}',
        '{"proxies":5}',
        '{"name":"p","listen":"l","upstream":"u","enabled":"yes","toxics":[]}',
        '{"name":"p","listen":"l","upstream":"u","enabled":true,"toxics":5}',
        '{"name":"t","type":"noop","stream":"s","toxicity":"x","attributes":{}}',
        '{"name":"t","type":"noop","stream":"s","toxicity":1,"attributes":{"a":[]}}',
    ],
)
def test_garbage_in_an_answer_never_escapes_as_a_foreign_exception(body: str) -> None:
    async def main() -> None:
        async with _canned(_http("200 OK", body)) as client:
            for call in calls(client):
                with contextlib.suppress(ToxiproxyError):  # some calls do not look at the body
                    await call()
            for call in calls(client)[2:3] + calls(client)[4:5] + calls(client)[7:8]:
                with pytest.raises(ServerFailed):
                    await call()

    clock.run(main(), virtual=True)


@pytest.mark.parametrize(
    ("text", "version"),
    [('{"version": "2.12.0"}\n', "2.12.0"), ('{"version": "2.6.0"}\\n', "2.6.0"), ("2.1.4", "2.1.4")],
)
def test_versions_are_read_in_each_form_that_servers_have_given_them(text: str, version: str) -> None:
    async def main() -> None:
        async with _canned(_http("200 OK", text)) as client:
            assert await client.version() == version

    clock.run(main(), virtual=True)


def test_a_server_that_is_not_there_is_unreachable_and_says_where() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        async def main() -> None:
            for call in calls(Toxiproxy(url)):
                with pytest.raises(Unreachable, match=url):
                    await call()

        clock.run(main(), virtual=True)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8474", "ftp://x:1", "http://", "http://x:1/api", "http://x:1?y"])
def test_a_wrong_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(UsageError, match="http://host:port"):
        Toxiproxy(url)


def test_all_errors_are_fault_errors() -> None:
    assert issubclass(ToxiproxyError, FaultError)
    assert all(issubclass(kind, ToxiproxyError) for kind in (Unreachable, ServerFailed, NotFound, Conflict, Rejected))
