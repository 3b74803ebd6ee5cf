"""The transport under httpx: connections kept, nothing sent twice, each end as httpx's own transport tells it."""

import asyncio
import contextlib
import gc
import http.server
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache

import httpx
import pytest
import trustme
from aiohttp import web

from chaos import clock
from chaos.clients.http import AnswerTooLarge, HttpSession, HttpTransport

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


def _server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert("localhost").configure_cert(context)
    return context


def _client_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _authority().configure_trust(context)
    return context


class Scripted:
    """A server that does the next thing of its script at each request; `heard`: the requests of each connection."""

    def __init__(self, *script: Handler | bytes) -> None:
        self.script = list(script)
        self.heard: list[list[bytes]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard: list[bytes] = []
        self.heard.append(heard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while self.script and not writer.is_closing():
                heard.append(await reader.readuntil(b"\r\n\r\n"))
                act = self.script.pop(0)
                if isinstance(act, bytes):
                    writer.write(act)
                else:
                    await act(reader, writer)
        if not writer.is_closing():
            writer.close()


@contextlib.asynccontextmanager
async def scripted(*script: Handler | bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    peer = Scripted(*script)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await peer.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    peer.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?b"
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def client(tls: ssl.SSLContext | None = None, **options: object) -> AsyncIterator[httpx.AsyncClient]:
    transport = HttpTransport(tls, **options)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(5.0, connect=2.0)) as one:
        yield one


async def _closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in OK:
        writer.write(bytes([byte]))
        await asyncio.sleep(4.0)


def _ends(raw: bytes) -> Handler:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        writer.close()

    return act


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_connection_is_kept_from_one_request_to_the_next(is_secure: bool) -> None:
    async def main() -> None:
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        async with (
            scripted(OK, chunked, OK, tls=_server_tls() if is_secure else None) as peer,
            client(_client_tls()) as us,
        ):
            for _ in range(3):
                answer = await us.get(peer.url, extensions={"sni_hostname": "localhost"})
                assert (answer.status_code, answer.text, answer.http_version) == (200, "hi", "HTTP/1.1")
            assert [len(requests) for requests in peer.heard] == [3]
            assert peer.heard[0][0].startswith(b"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:")

    clock.run(main(), virtual=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_connects_on_uvloop_which_knows_fewer_options(host: str) -> None:
    """`mock up --loop uvloop` ended with a TypeError."""
    pytest.importorskip("uvloop")

    async def main() -> None:
        async with scripted(OK) as peer, client() as one:
            assert (await one.get(peer.url.replace("127.0.0.1", host))).text == "hi"

    clock.run(main(), virtual=False, kind="uvloop")


def test_requests_at_the_same_time_have_connections_of_their_own() -> None:
    async def main() -> None:
        async with scripted(*[OK] * 8) as peer, client() as us:
            await asyncio.gather(*(us.get(peer.url) for _ in range(4)))
            await asyncio.gather(*(us.get(peer.url) for _ in range(4)))
            assert sorted(len(requests) for requests in peer.heard) == [2, 2, 2, 2]

    clock.run(main(), virtual=True)


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"what nobody asked for",
        _ends(OK),
        _ends(b"HTTP/1.1 200 OK\r\n\r\nhi"),
    ],
)
def test_a_connection_that_is_of_no_further_use_is_not_used(first: Handler | bytes) -> None:
    async def main() -> None:
        async with scripted(first, OK) as peer, client() as us:
            assert (await us.get(peer.url)).text == "hi"
            assert (await us.get(peer.url)).text == "hi"
            assert [len(requests) for requests in peer.heard] == [1, 1]

    clock.run(main(), virtual=True)


def test_a_connection_that_was_ended_while_it_was_idle_is_not_used() -> None:
    async def ends_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await asyncio.sleep(6.0)
        writer.close()

    async def main() -> None:
        async with scripted(ends_later, OK) as peer, client() as us:
            await us.get(peer.url)
            await asyncio.sleep(10.0)
            await us.get(peer.url)
            assert [len(requests) for requests in peer.heard] == [1, 1]

    clock.run(main(), virtual=True)


@pytest.mark.parametrize(("idle_s", "connections"), [(14.0, 1), (16.0, 2)])
def test_a_connection_that_was_idle_for_long_is_not_used(idle_s: float, connections: int) -> None:
    async def main() -> None:
        async with scripted(OK, OK) as peer, client() as us:
            await us.get(peer.url)
            await asyncio.sleep(idle_s)
            await us.get(peer.url)
            assert len(peer.heard) == connections

    clock.run(main(), virtual=True)


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (_closes, httpx.RemoteProtocolError),
        (_ends(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"), httpx.RemoteProtocolError),
        (b"garbage\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20000, httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", AnswerTooLarge),
        (_resets, httpx.NetworkError),
        (_is_silent, httpx.ReadTimeout),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_request_that_ends_badly_ends_as_httpx_has_it_and_is_never_sent_twice(
    act: Handler | bytes, expected: type[Exception], is_first: bool, is_secure: bool
) -> None:
    async def main() -> None:
        script = [act, OK] if is_first else [OK, act, OK]
        tls = _server_tls() if is_secure else None
        async with scripted(*script, tls=tls) as peer, client(_client_tls(), answer_bytes_max=1000) as us:
            about = {"sni_hostname": "localhost"}
            if not is_first:
                await us.get(peer.url, extensions=about)
            with pytest.raises(expected) as ended:
                await us.get(peer.url, extensions=about)
            assert isinstance(ended.value, httpx.RequestError)
            assert ended.value.request.url == peer.url
            assert sum(len(requests) for requests in peer.heard) == len(script) - 1
            assert (await us.get(peer.url, extensions=about)).status_code == 200

    clock.run(main(), virtual=True)


def test_silence_is_counted_anew_at_each_byte() -> None:
    async def main() -> None:
        async with scripted(_drips) as peer, client() as us:
            began_s = clock.now()
            assert (await us.get(peer.url)).text == "hi"
            assert clock.now() - began_s == pytest.approx(4.0 * (len(OK) - 1))

    clock.run(main(), virtual=True)


def test_a_port_where_nobody_listens_refuses() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with client() as us:
            with pytest.raises(httpx.ConnectError) as refused:
                await us.get(f"http://127.0.0.1:{port}/")
            assert isinstance(refused.value.__cause__, ConnectionRefusedError)

    clock.run(main(), virtual=True)


def test_a_certificate_that_is_not_trusted_is_told_as_such() -> None:
    async def main() -> None:
        async with scripted(OK, tls=_server_tls()) as peer, client(_client_tls()) as us:
            with pytest.raises(httpx.ConnectError) as refused:  # it is localhost's, and 127.0.0.1 is asked for
                await us.get(peer.url)
            assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)

    clock.run(main(), virtual=True)


def test_a_handshake_that_is_not_answered_ends_in_time_and_leaves_no_socket() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            async with client(_client_tls()) as us:
                began_s = clock.now()
                with pytest.raises(httpx.ConnectTimeout):
                    await us.get(f"https://127.0.0.1:{listening.getsockname()[1]}/")
                assert clock.now() - began_s == pytest.approx(2.0)

    clock.run(main(), virtual=True)
    gc.collect()  # a socket that was left open would warn now, and a warning is an error


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_request_that_is_cancelled_anywhere_leaves_no_socket(is_secure: bool) -> None:
    async def main() -> None:
        tls = _server_tls() if is_secure else None
        async with scripted(*[OK] * 100, tls=tls) as peer:
            for turns in range(40):
                async with client(_client_tls()) as us:
                    task = asyncio.ensure_future(us.get(peer.url, extensions={"sni_hostname": "localhost"}))
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            assert any(peer.heard)

    clock.run(main(), virtual=False)
    gc.collect()


def test_https_without_a_context_and_other_schemes_are_refused() -> None:
    async def main() -> None:
        async with client() as us:
            for url in ("https://127.0.0.1:1/", "ftp://127.0.0.1:1/"):
                with pytest.raises(httpx.UnsupportedProtocol):
                    await us.get(url)

    clock.run(main(), virtual=True)


def test_a_header_that_would_make_two_requests_of_one_is_not_sent() -> None:
    async def main() -> None:
        async with scripted(OK) as peer, client() as us:
            with pytest.raises(httpx.LocalProtocolError):
                await us.get(peer.url, headers={"requestId": "a\r\nX: y"})
            assert peer.heard == []

    clock.run(main(), virtual=True)


def test_a_session_sends_what_httpx_s_own_client_sends_and_keeps_cookies_as_it_does() -> None:
    async def main() -> None:
        found = b"HTTP/1.1 302 Found\r\nSet-Cookie: one=1; Path=/\r\nSet-Cookie: two=2\r\nLocation: /b\r\n"
        forgets = b"HTTP/1.1 200 OK\r\nSet-Cookie: one=; Path=/; Max-Age=0\r\n"
        script = [found + b"Content-Length: 0\r\n\r\n", OK, forgets + b"Content-Length: 0\r\n\r\n", OK]
        heard = []
        for is_ours in (True, False):
            async with scripted(*script, tls=_server_tls()) as peer:
                base = peer.url.removesuffix("a?b")
                fields = {"Host": "fin-a:8445", "User-Agent": "x"}
                session = HttpSession(base, tls=_client_tls(), fields=fields, connect_s=2.0, read_s=5.0)
                theirs = httpx.AsyncClient(transport=HttpTransport(_client_tls()), base_url=base, headers=fields)
                for body in (None, b"<User/>", None, b""):
                    method, more = ("GET" if body is None else "PUT"), {"requestId": "r", "Authorization": "Basic YTpi"}
                    if is_ours:
                        answer = await session.request(method, "a?b", fields=more, content=body, sni="localhost")
                    else:
                        about = {"sni_hostname": "localhost"}
                        answer = await theirs.request(method, "a?b", headers=more, content=body, extensions=about)
                    assert answer.status_code in (200, 302)
                await session.aclose()
                await theirs.aclose()
                lines = [sorted(line.lower() for line in request.split(b"\r\n")) for request in peer.heard[0]]
                heard.append(lines)
        assert heard[0] == heard[1]
        assert [any(b"cookie:" in line for line in lines) for lines in heard[0]] == [False, True, True, True]

    clock.run(main(), virtual=True)


class _Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "17")
        self.end_headers()

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def python_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join(5.0)


def test_it_gets_on_with_the_standard_library_s_server() -> None:
    async def main() -> None:
        with python_server() as url:
            async with client() as us:
                for size in (0, 1, 100_000):
                    answer = await us.put(url, content=b"x" * size)
                    assert (answer.status_code, len(answer.content)) == (201, size)
                assert (await us.head(url)).content == b""
                assert (await us.delete(url)).status_code == 204
                assert (await us.get(url)).status_code == 501  # it has no GET

    clock.run(main(), virtual=False)


def test_it_gets_on_with_aiohttp_over_tls() -> None:
    async def streams(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_compression()
        await response.prepare(request)
        for _ in range(3):
            await response.write(b"abc" * 1000)
        return response

    async def main() -> None:
        application = web.Application()
        application.router.add_get("/", streams)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "localhost", 0, ssl_context=_server_tls())
        await site.start()
        port = runner.addresses[0][1]
        async with client(_client_tls()) as us:
            for _ in range(2):
                answer = await us.get(f"https://localhost:{port}/")
                assert answer.headers["content-encoding"] in ("gzip", "deflate")
                assert answer.text == "abc" * 3000
        await runner.cleanup()

    clock.run(main(), virtual=False)
