"""Tomcat as a web server: half requests, clients that leave, web sessions, the ports beside 8445."""

import asyncio
import gzip
import logging
import ssl
from base64 import b64encode
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from chaos import clock
from chaos.mock.finesse import NodeOptions
from chaos.mock.finesse.doors.patience import LOOK_S, REQUEST_S
from tests.mock.finesse.lab import Lab, lab, tls

AUTHORIZATION = b"Authorization: Basic " + b64encode(b"1101:secret1") + b"\r\n"
SIGN_IN = b"<User><state>LOGIN</state><extension>2001</extension></User>"
HEAD = b"PUT /finesse/api/User/1101 HTTP/1.1\r\nHost: x\r\n" + AUTHORIZATION + b"Content-Length: 61\r\n\r\n"
GET = b"GET /finesse/api/User/1101 HTTP/1.1\r\nHost: x\r\n" + AUTHORIZATION + b"\r\n"


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client does is no error of ours."""
    caplog.set_level(logging.WARNING)
    yield
    assert [record.getMessage() for record in caplog.records] == []


async def opened(made: Lab, *, port: int | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context: ssl.SSLContext | None = tls()[1]
    return await asyncio.open_connection("127.0.0.1", port or made.node.tomcat.port, ssl=context)


@pytest.mark.parametrize("half", [b"", b"GET", b"GET /finesse/api/SystemInfo HTTP/1.1\r\nHost: x\r\n", HEAD[:-2]])
def test_half_a_request_ends_its_connection_after_twenty_seconds(half: bytes) -> None:
    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            start_s = clock.now()
            writer.write(half)
            assert await reader.read() == b""
            assert REQUEST_S <= clock.now() - start_s <= REQUEST_S + LOOK_S + 1
            writer.transport.abort()

    play(main())


def test_a_request_that_comes_in_drops_has_no_more_time_than_one_that_stops() -> None:
    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            start_s = clock.now()

            async def drip() -> None:
                for number in range(len(GET)):
                    writer.write(GET[number : number + 1])
                    await asyncio.sleep(1)

            dripping = asyncio.create_task(drip())
            assert await reader.read() == b""
            assert clock.now() - start_s <= REQUEST_S + LOOK_S + 1
            dripping.cancel()
            writer.transport.abort()

    play(main())


@pytest.mark.parametrize("half", [b"", SIGN_IN[:20]])
def test_half_a_body_is_answered_with_408_and_the_end_of_the_connection(half: bytes) -> None:
    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            start_s = clock.now()
            writer.write(HEAD + half)
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert b"<ErrorType>Request Timeout</ErrorType>" in answer
            assert REQUEST_S <= clock.now() - start_s <= REQUEST_S + 2
            writer.transport.abort()

    play(main())


def test_a_connection_that_is_kept_may_be_idle_for_long_and_is_served_again() -> None:
    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            for _ in range(3):
                writer.write(GET)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                await asyncio.sleep(300)
            writer.transport.abort()

    play(main())


@pytest.mark.parametrize(
    "sent",
    [
        GET,
        GET * 20,
        HEAD + SIGN_IN,
        HEAD + SIGN_IN[:10],
        HEAD,
        HEAD.replace(b"PUT", b"FOO"),
        HEAD.replace(b"Content-Length: 61", b"Transfer-Encoding: chunked") + b"5\r\n<User\r\n",
    ],
)
@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.1])
def test_whoever_leaves_leaves_no_trace(sent: bytes, after_s: float) -> None:
    async def main() -> None:
        async with lab() as made:
            for _ in range(3):
                _, writer = await opened(made)
                writer.write(sent)
                await asyncio.sleep(after_s)
                writer.transport.abort()
            await asyncio.sleep(30)
            async with made.rest("1102") as client:
                assert (await client.get("/finesse/api/User/1102")).status_code == 200

    play(main())


def test_whoever_leaves_before_the_cti_server_has_answered_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with lab() as made:

            async def slow(*_: object, **__: object) -> None:
                await asyncio.sleep(1)

            monkeypatch.setattr(made.node.webapp.control, "put_user", slow)
            _, writer = await opened(made)
            writer.write(HEAD + SIGN_IN)
            await asyncio.sleep(0.5)
            writer.transport.abort()
            await asyncio.sleep(5)

    play(main())


@pytest.mark.parametrize(
    "sent",
    [
        HEAD.replace(b"Content-Length: 61", b"Transfer-Encoding: chunked") + b"zz\r\n",
        HEAD.replace(b"Content-Length: 61", b"Content-Length: 5\r\nContent-Length: 6"),
        HEAD.replace(b"Content-Length: 61", b"Content-Length: -1"),
        HEAD.replace(b"Content-Length: 61", b"Content-Length: 60\r\nContent-Encoding: gzip") + SIGN_IN,
        GET.replace(b"Host: x", b"Host: \xff"),
        GET.replace(b"HTTP/1.1", b"HTTP/9.9"),
        GET.replace(b"GET", b"NONSENSE"),
        GET.replace(b"/finesse", b"finesse"),
        GET.replace(b"1101", "Ä".encode()),
        GET.replace(b"1101", b"\xc4"),
        GET.replace(b"1101", b"11 01"),
        GET.replace(b"GET", b"get"),
        GET + GET.replace(b"GET", b"FOO"),
        GET + GET.replace(b"1101", b"\xc4"),
        GET.replace(b"Host: x", b"X: " + b"y" * 20_000),
        GET.replace(b"User/1101", b"User/" + b"1" * 20_000),
    ],
)
def test_a_request_that_http_does_not_know_is_a_client_error(sent: bytes) -> None:
    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            writer.write(sent)
            line = await reader.readline()
            assert line.split()[1][:1] in (b"4", b"2"), line
            writer.transport.abort()

    play(main())


@pytest.mark.parametrize("door", ["REST", "who is nobody", "REST in the clear", "BOSH", "no such page"])
@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd"])
@pytest.mark.parametrize("body", [b"nogzip", gzip.compress(SIGN_IN)], ids=["no gzip", "packed"])
def test_a_request_is_not_unpacked_and_packed_bytes_are_no_document(door: str, coding: bytes, body: bytes) -> None:
    # None of the servers that Finesse is made of does; aiohttp did, and failed once more after it had answered.
    fields = b"Host: x\r\nConnection: close\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n" % (coding, len(body))
    put, post = b"PUT /finesse/api/User/1101 HTTP/1.1\r\n" + fields, b"POST /http-bind/ HTTP/1.1\r\n" + fields
    sent, expected = {
        "REST": (put + AUTHORIZATION, b"400"),
        "who is nobody": (put, b"401"),
        "REST in the clear": (put, b"302"),
        "BOSH": (post, b"200"),  # with condition="bad-request"
        "no such page": (post.replace(b"http-bind", b"nothing"), b"404"),
    }[door]

    async def main() -> None:
        async with lab(clear_ports=(8082,)) as made:
            port = {"REST in the clear": 8082, "BOSH": made.node.notification.web.port}.get(door, made.node.tomcat.port)
            context = None if door == "REST in the clear" else tls()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writer.write(sent + b"\r\n" + body)
            answer = await reader.read()
            assert answer.split()[1] == expected, answer
            writer.transport.abort()

    play(main())


def test_a_sign_in_opens_a_web_session_with_which_no_password_is_needed() -> None:
    async def main() -> None:
        async with lab() as made, made.rest("1101") as ann, made.rest(None) as nobody:
            assert "Set-Cookie" not in (await ann.get("/finesse/api/User/1101")).headers
            answer = await ann.put("/finesse/api/User/1101", content=SIGN_IN)
            cookie = answer.headers["Set-Cookie"]
            token = cookie.partition(";")[0]
            assert token.startswith("JSESSIONID=")
            assert "Path=/finesse" in cookie
            again = await ann.put("/finesse/api/User/1101", content=SIGN_IN)
            assert (again.status_code, "Set-Cookie" in again.headers) == (202, False)
            got = [
                (await nobody.get("/finesse/api/User/1101", headers=headers)).status_code
                for headers in ({"Cookie": token}, {}, {"Cookie": "JSESSIONID=0"})
            ]
            assert got == [200, 401, 401]
            other = await nobody.get("/finesse/api/User/1102", headers={"Cookie": token})
            assert other.status_code == 401
            spoilt = {"Cookie": token, "Authorization": "Basic " + b64encode(b"1101:wrong").decode()}
            assert (await nobody.get("/finesse/api/User/1101", headers=spoilt)).status_code == 401
            await made.node.tomcat.stop()
            await made.node.tomcat.start()
            await made.node.until_in_service()
            assert (await nobody.get("/finesse/api/User/1101", headers={"Cookie": token})).status_code == 401

    play(main())


async def in_the_clear(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent.replace(b"Host: x", b"Host: fin-a.lab.example:%d\r\nConnection: close" % port))
    answer = await reader.read()
    writer.transport.abort()
    return answer


def test_the_short_port_serves_and_the_clear_ones_lead_to_tls() -> None:
    async def main() -> None:
        async with lab(short_ports=(443,), clear_ports=(80, 8082)) as made:
            assert made.node.tomcat.further_ports == (443, 80, 8082)
            reader, writer = await opened(made, port=443)
            writer.write(GET)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            writer.transport.abort()
            for port in (80, 8082):
                answer = await in_the_clear(port, GET.replace(b"User/1101", b"User/1101?a=b"))
                assert answer.startswith(b"HTTP/1.1 302 ")
                assert b"\r\nLocation: https://fin-a.lab.example/finesse/api/User/1101?a=b\r\n" in answer
            await made.node.tomcat.stop()
            for port in (443, 80, 8082):
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection("127.0.0.1", port)
            await made.node.tomcat.start()
            assert made.node.tomcat.further_ports == (443, 80, 8082)

    play(main())


@pytest.mark.parametrize("typed", ["/desktop", "/desktop/", "//desktop", "/desktop?locale=en_US"])
def test_who_types_the_desktops_address_is_led_to_its_page(typed: str) -> None:
    async def main() -> None:
        async with lab() as made, made.rest(None) as client:
            url = client.base_url.copy_with(raw_path=typed.encode())
            led = await client.send(client.build_request("GET", url))
            assert (led.status_code, led.headers["Location"]) == (302, "/desktop/container")
            assert "<form" in (await client.get(led.headers["Location"])).text

    play(main())


def test_before_12_5_the_clear_ports_serve() -> None:
    async def main() -> None:
        async with lab(clear_ports=(80, 8082), redirects=False):
            for port in (80, 8082):
                assert (await in_the_clear(port, GET)).startswith(b"HTTP/1.1 200 ")

    play(main())


@pytest.mark.parametrize(
    ("allowed", "origin", "answered"),
    [
        ((), "https://my.page", None),
        (("https://my.page",), "https://my.page", "https://my.page"),
        (("https://my.page",), "https://other.page", None),
        (("*",), "https://other.page", "https://other.page"),
    ],
)
def test_a_page_of_another_origin_is_let_in_where_it_is_allowed(
    allowed: tuple[str, ...], origin: str, answered: str | None
) -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(cors_origins=allowed)) as made, made.rest("1101") as ann:
            preflight = {
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "authorization,requestid",
            }
            asked = await ann.options("/finesse/api/User/1101", headers=preflight)
            assert asked.status_code == 200
            assert asked.headers.get("Access-Control-Allow-Origin") == answered
            allows = answered is not None
            assert ("PUT" in asked.headers.get("Access-Control-Allow-Methods", "")) is allows
            assert ("requestid" in asked.headers.get("Access-Control-Allow-Headers", "")) is allows
            for answer in (
                await ann.put("/finesse/api/User/1101", content=SIGN_IN, headers={"Origin": origin}),
                await ann.get("/finesse/api/User/1102", headers={"Origin": origin}),
            ):
                assert answer.headers.get("Access-Control-Allow-Origin") == answered
            assert "Access-Control-Allow-Origin" not in (await ann.get("/finesse/api/User/1101")).headers

    play(main())


@pytest.mark.parametrize(
    "sent",
    [
        GET,
        b"GET /finesse/api/SystemInfo HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
        b"BREW /finesse/api/SystemInfo HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /desktop/container HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS /http-bind/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"this is no HTTP\r\n\r\n",
    ],
)
def test_no_door_says_what_it_is_made_of(sent: bytes) -> None:
    """Neither Tomcat nor Openfire sends a Server header as they are shipped, and Python is not what a node runs."""

    async def main() -> None:
        async with lab() as made:
            for port in (made.node.tomcat.port, made.node.notification.web.port):
                reader, writer = await opened(made, port=port)
                writer.write(sent)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                assert head.startswith((b"http/1.0 ", b"http/1.1 "))
                assert b"\r\nserver:" not in head
                assert b"aiohttp" not in head
                assert b"python" not in head
                writer.transport.abort()

    play(main())


FORM = b"Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"Content-Type: multipart/form-data; boundary=", b"abc"),
        (b"Content-Type: multipart/form-data; boundary=x", b"abc"),
        (FORM + b"; charset=klingon", b"user=\xff"),
        (FORM, b"&" * 5000 + b"a=b" * 5000),
        (b"Content-Type: text/plain", b"user=1101"),
    ],
)
def test_a_form_that_is_none_has_no_fields(kind: bytes, body: bytes) -> None:
    """It was an error of ours: 500, and a traceback in the log."""

    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            head = b"POST /desktop/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + kind
            writer.write(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
            writer.transport.abort()

    play(main())


def test_half_a_form_is_answered_with_408() -> None:
    async def main() -> None:
        async with lab() as made:
            reader, writer = await opened(made)
            writer.write(
                b"POST /desktop/sign-in HTTP/1.1\r\nHost: x\r\n" + FORM + b"\r\nContent-Length: 50\r\n\r\nuser="
            )
            start_s = clock.now()
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            assert REQUEST_S <= clock.now() - start_s <= REQUEST_S + 2
            writer.transport.abort()

    play(main())
