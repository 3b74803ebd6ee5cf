"""BOSH and WebSocket by literal bodies and frames, over HTTP clients that are not ours."""

import asyncio
import base64
import re
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

import aiohttp
import httpx
import pytest

from chaos import clock
from chaos.mock.finesse import Checked, FixedCredentials
from chaos.mock.finesse.notification import NotificationService
from tests.mock.finesse.lab import HOST, PASSWORDS, lab, tls
from tests.mock.finesse.test_notification import NODE, UPDATE, Bytes, play, service

PLAIN = base64.b64encode(b"\x001101\0secret1").decode()
AUTH = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{PLAIN}</auth>"
BIND = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>web</resource></bind></iq>"
FRAMES_OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='any.example' version='1.0'/>"
PATHS = ["/http-bind", "/http-bind/"]


class Bosh:
    """A BOSH client that sends exactly what it is told."""

    def __init__(self, base: str, path: str = "/http-bind/") -> None:
        self.http = httpx.AsyncClient(base_url=base, verify=tls()[1], timeout=200.0)
        self.path, self.rids, self.sid = path, count(1_000_000_000), ""
        self.got = ""

    async def post(self, text: str) -> str:
        response = await self.http.post(self.path, content=text, headers={"Content-Type": "text/xml; charset=utf-8"})
        assert response.status_code == 200, response
        assert response.headers["content-type"] == "text/xml; charset=utf-8"
        assert response.headers["access-control-allow-origin"] == "*"
        self.got += response.text
        return response.text

    async def ask(self, inner: str = "", attributes: str = "", rid: int | None = None) -> str:
        number = next(self.rids) if rid is None else rid
        given = f"rid='{number}' sid='{self.sid}' {attributes}"
        return await self.post(f"<body xmlns='http://jabber.org/protocol/httpbind' {given}>{inner}</body>")

    async def open(self, terms: str = "hold='1' wait='60' ver='1.6'") -> str:
        text = await self.post(
            f"<body xmlns='http://jabber.org/protocol/httpbind' rid='{next(self.rids)}' to='any.example' {terms} "
            "xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' xml:lang='en'/>"
        )
        self.sid = re.findall(r'sid="(\w+)"', text)[0]
        return text

    async def sign_in(self, terms: str = "hold='1' wait='60' ver='1.6'") -> None:
        assert "<mechanism>PLAIN</mechanism>" in await self.open(terms)
        assert "<success " in await self.ask(AUTH)
        assert "<bind " in await self.ask(attributes="xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'")
        assert f"<jid>1101@{HOST}/web</jid>" in await self.ask(BIND)

    async def until(self, pattern: str) -> str:
        async with asyncio.timeout(300):
            while not (found := re.search(pattern, self.got, re.DOTALL)):
                await self.ask()
        self.got = self.got[found.end() :]
        return found.group()


@asynccontextmanager
async def bosh(made: NotificationService, path: str = "/http-bind/") -> AsyncIterator[Bosh]:
    client = Bosh(f"https://127.0.0.1:{made.web.port}", path)
    try:
        yield client
    finally:
        await client.http.aclose()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "terms", ["hold='1' wait='60' ver='1.6'", "hold='1' wait='30' ver='1.9'", "hold='2' ver='1.11'"]
)
def test_a_bosh_client_signs_in_and_gets_presence_and_events(path: str, terms: str) -> None:
    async def main() -> None:
        async with service() as made, bosh(made, path) as client:
            made.set_finesse(True)
            await client.sign_in(terms)
            client.got = await client.ask("<presence><priority>0</priority></presence>")
            await client.until(rf'<presence xmlns="jabber:client" from="finesse@{HOST}/finesse"')
            polling = asyncio.create_task(client.ask())
            await asyncio.sleep(1)
            began_s = clock.now()
            made.publish(NODE, UPDATE, ["1101"])
            text = await polling
            assert clock.now() == began_s
            assert "&lt;Update&gt;" in text
            assert f'to="1101@{HOST}"' in text

    play(main())


def test_a_poll_lasts_as_long_as_was_agreed_and_a_client_that_stops_polling_is_gone() -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as client:
            heard: list[tuple[float, str, bool]] = []
            made.presence_watchers.append(lambda user, gone: heard.append((clock.now(), user, gone is None)))
            await client.sign_in("hold='1' wait='20' ver='1.6'")
            await client.ask("<presence/>")
            began_s = clock.now()
            assert "<presence" not in await client.ask()
            assert clock.now() - began_s == pytest.approx(20, abs=0.01)
            await asyncio.sleep(60)
            assert [(user, there) for _, user, there in heard] == [("1101", True), ("1101", False)]
            assert heard[-1][0] - began_s == pytest.approx(50, abs=0.01)
            assert 'condition="item-not-found"' in await client.ask()

    play(main())


def test_a_request_that_is_sent_again_gets_the_same_answer_and_is_not_worked_on_twice() -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as client:
            await client.sign_in()
            rid = next(client.rids)
            ping = "<iq type='get' id='once'><ping xmlns='urn:xmpp:ping'/></iq>"
            first, second = await client.ask(ping, rid=rid), await client.ask(ping, rid=rid)
            assert first == second
            assert 'id="once"' in first
            held = next(client.rids)
            one, other = (asyncio.create_task(client.ask(rid=held)) for _ in range(2))
            await asyncio.sleep(1)
            made.publish(NODE, UPDATE, ["1101"])
            await client.ask("<presence/>")
            assert await one == await other

    play(main())


def test_an_event_whose_answer_was_lost_with_its_connection_is_got_by_sending_the_request_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as client:
            await client.sign_in()
            await client.ask("<presence/>")
            rid = next(client.rids)
            lost = asyncio.create_task(client.ask(rid=rid))
            await asyncio.sleep(1)
            lost.cancel()
            await asyncio.gather(lost, return_exceptions=True)
            await asyncio.sleep(1)
            made.publish(NODE, UPDATE, ["1101"])
            await asyncio.sleep(1)
            assert "&lt;Update&gt;" in await client.ask(rid=rid)
            assert "&lt;Update&gt;" not in await client.ask()

    play(main())
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_goodbyes_bad_requests_and_strangers() -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as client:
            await client.sign_in()
            await client.ask("<presence/>")
            assert 'type="terminate"' in await client.ask("<presence type='unavailable'/>", "type='terminate'")
            assert made.clients == ()
            assert 'condition="bad-request"' in await client.post("<html/>")
            client.sid = "none"
            assert 'condition="item-not-found"' in await client.ask()
            preflight = await client.http.options("/http-bind/")
            assert preflight.headers["access-control-allow-headers"] == "Content-Type"
            assert (await client.http.get("/http-bind/")).status_code == 405
            assert (await client.http.post("/http-bind/", content=b"x" * 100_000)).status_code in (200, 413)

    play(main())


async def until_ended(reader: asyncio.StreamReader) -> bytes:
    """What came before the connection ended, whichever way."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_half_a_request_is_not_waited_for_for_ever() -> None:
    async def main() -> None:
        async with service() as made:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", made.web.port, ssl=tls()[1], server_hostname=HOST
            )
            began_s = clock.now()
            writer.write(b"POST /http-bind/ HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n<body")
            assert await until_ended(reader) == b""
            assert clock.now() - began_s == pytest.approx(30.0, abs=0.1)
            writer.transport.abort()

    play(main())


def test_a_wrong_password_and_a_client_that_never_signs_in_over_bosh() -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as client:
            await client.open()
            wrong = base64.b64encode(b"\x001101\0wrong").decode()
            assert "<not-authorized/>" in (await client.ask(AUTH.replace(PLAIN, wrong))).replace(
                ' xmlns="urn:ietf:params:xml:ns:xmpp-sasl"', ""
            )
            text = await client.ask()
            assert 'condition="remote-stream-error"' in text
            assert "<connection-timeout " in text

    play(main())


def test_what_comes_while_a_password_is_checked_waits_for_it() -> None:
    class Slow(FixedCredentials):
        async def check(self, user: str, password: str) -> Checked:
            await asyncio.sleep(3)
            return await super().check(user, password)

    async def main() -> None:
        async with service(Slow(PASSWORDS)) as made, bosh(made) as client:
            await client.open("hold='2' ver='1.6'")
            asked = [(AUTH, ""), ("", "xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'"), (BIND, "")]
            asks = [asyncio.create_task(client.ask(*one)) for one in asked]
            freed, told = await asyncio.gather(*asks[:2])
            assert "<success" not in freed, "more than was agreed was held"
            assert re.search(f"<success .*<bind .*<jid>1101@{HOST}/web</jid>", told)
            asks[2].cancel()
            await asyncio.gather(asks[2], return_exceptions=True)

    play(main())


@pytest.mark.parametrize("ends", ["stop", "die"])
def test_when_the_service_goes_a_poll_ends(ends: str) -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as client:
            await client.sign_in()
            polling = asyncio.create_task(client.ask())
            await asyncio.sleep(1)
            if ends == "stop":
                await made.stop()
                assert "<system-shutdown " in await polling
            else:
                await made.die()
                with pytest.raises(httpx.TransportError):
                    await polling

    play(main())


def test_a_second_client_with_the_same_full_jid_by_another_door_ends_the_first_with_conflict() -> None:
    async def main() -> None:
        async with service() as made, bosh(made) as old, websocket(made) as new:
            await old.sign_in()
            polling = asyncio.create_task(old.ask())
            await asyncio.sleep(1)
            await new.sign_in()
            text = await polling
            assert "<conflict " in text
            assert 'condition="remote-stream-error"' in text
            assert made.clients == (f"1101@{HOST}/web",)

    play(main())


class Frames:
    """A WebSocket client that sends exactly what it is told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.got: list[str] = []

    async def send(self, text: str) -> None:
        await self.socket.send_str(text)

    async def until(self, pattern: str) -> str:
        async with asyncio.timeout(300):
            while True:
                message = await self.socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, (message, self.got)
                self.got.append(message.data)
                if re.search(pattern, message.data, re.DOTALL):
                    return str(message.data)

    async def sign_in(self, resource: str = "web") -> None:
        await self.send(FRAMES_OPEN)
        await self.until(rf'^<open xmlns="[^"]*framing" from="{HOST}" id="\w+" xml:lang="en" version="1.0"/>$')
        await self.until(r'^<stream:features xmlns:stream="[^"]*"><mechanisms .*PLAIN')
        await self.send(AUTH)
        await self.until(r"^<success ")
        await self.send(FRAMES_OPEN)
        await self.until("^<open ")
        await self.until("<bind ")
        await self.send(BIND.replace("web", resource))
        await self.until(rf'^<iq xmlns="jabber:client" type="result" id="b">.*<jid>1101@{HOST}/{resource}</jid>')


@asynccontextmanager
async def websocket(
    made: NotificationService, path: str = "/ws/", port: int | None = None, **changes: Any
) -> AsyncIterator[Frames]:
    async with aiohttp.ClientSession() as session:
        given: dict[str, Any] = {"protocols": ("xmpp",), "ssl": tls()[1], **changes}
        async with session.ws_connect(f"https://127.0.0.1:{port or made.web.port}{path}", **given) as socket:
            assert socket.protocol == "xmpp"
            yield Frames(socket)


@pytest.mark.parametrize("path", ["/ws", "/ws/"])
def test_a_websocket_client_signs_in_and_gets_presence_and_events(path: str) -> None:
    async def main() -> None:
        async with service() as made, websocket(made, path) as client:
            made.set_finesse(True)
            await client.sign_in()
            await client.send(" ")
            await client.send("<presence/>")
            await client.until(rf'^<presence xmlns="jabber:client" from="finesse@{HOST}')
            made.publish(NODE, UPDATE, ["1101"])
            assert "&lt;Update&gt;" in await client.until('^<message xmlns="jabber:client"')
            await client.socket.ping()
            await client.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
            await client.until('id="p"')
            await client.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
            await client.until("^<close ")
            assert (await client.socket.receive()).type is aiohttp.WSMsgType.CLOSE
            await asyncio.sleep(0.1)
            assert made.clients == ()

    play(main())


@pytest.mark.parametrize(
    ("sent", "condition"),
    [
        ("<iq", "not-well-formed"),
        ("<presence/>", "not-authorized"),
        ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "not-well-formed"),
        (b"\0", "bad-format"),
        (FRAMES_OPEN.replace(" version='1.0'", ""), "unsupported-version"),
    ],
)
def test_what_is_no_frame_ends_in_a_stream_error(sent: str | bytes, condition: str) -> None:
    async def main() -> None:
        async with service() as made, websocket(made) as client:
            await (client.send(sent) if isinstance(sent, str) else client.socket.send_bytes(sent))
            await client.until(rf"^<stream:error xmlns:stream=.*<{condition} ")
            await client.until("^<close ")
            assert "<open " in client.got[0]

    play(main())


def test_a_frame_that_is_too_long_ends_the_connection_and_another_subprotocol_is_refused() -> None:
    async def main() -> None:
        async with service() as made:
            async with websocket(made) as client:
                await client.sign_in()
                await client.send("<message>" + "x" * 70_000 + "</message>")
                assert (await client.socket.receive()).type is aiohttp.WSMsgType.CLOSE
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                async with websocket(made, protocols=("chat",)):
                    pass
            assert caught.value.status == 400

    play(main())


HANDSHAKE = (
    "GET /ws/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    ("here", "there", "answer"),
    [
        ("", "", b"HTTP/1.1 101 "),
        ("Version: 13", "Version: 8", b"HTTP/1.1 400 "),
        ("Version: 13", "Version: 7", b"HTTP/1.1 400 "),
        ("Version: 13", "Version: \u00b2", b"HTTP/1.1 400 "),
        ("Sec-WebSocket-Version: 13\r\n", "", b"HTTP/1.1 400 "),
        ("HTTP/1.1", "HTTP/1.0", b"HTTP/1.0 400 "),
    ],
    ids=["as it is", "draft 8", "draft 7", "no number", "no version", "HTTP/1.0"],
)
def test_a_handshake_of_another_version_is_refused_with_the_one_that_is_spoken(
    here: str, there: str, answer: bytes
) -> None:
    async def main() -> None:
        async with service() as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.web.port, ssl=tls()[1])
            writer.write(HANDSHAKE.replace(here, there).encode() if here else HANDSHAKE.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            writer.transport.abort()
            assert head.startswith(answer)
            assert (b"\r\nSec-WebSocket-Version: 13\r\n" in head) is (b" 400 " in answer)

    play(main())


@pytest.mark.parametrize("early_bytes", [1, 3, 20, 1000])
def test_a_client_in_a_hurry_is_understood(early_bytes: int) -> None:
    """Who sends ahead of the answer breaks RFC 6455, 4.1, of which no server has to take notice."""
    text = FRAMES_OPEN.encode()
    frame = bytes([0x81, 0xFE]) + len(text).to_bytes(2) + bytes(4) + text  # masked, with zeros

    async def main() -> None:
        async with service() as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.web.port, ssl=tls()[1])
            writer.write(HANDSHAKE.encode() + frame[:early_bytes])
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame[early_bytes:])
            await reader.readuntil(b"<mechanism>PLAIN</mechanism>")
            writer.transport.abort()

    play(main())


def test_a_frame_that_is_not_masked_ends_the_connection() -> None:
    async def main() -> None:
        async with service() as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.web.port, ssl=tls()[1])
            writer.write(HANDSHAKE.encode())
            await reader.readuntil(b"\r\n\r\n")
            text = FRAMES_OPEN.encode()
            writer.write(bytes([0x81, len(text)]) + text)
            assert await reader.read() == b"\x88\x02" + (1002).to_bytes(2)
            writer.transport.abort()
            async with websocket(made) as next_one:
                await next_one.sign_in()

    play(main())


@pytest.mark.parametrize("ends", ["stop", "die"])
def test_when_the_service_goes_a_websocket_ends(ends: str) -> None:
    async def main() -> None:
        async with service() as made, websocket(made) as client:
            await client.sign_in()
            ending = asyncio.create_task(made.stop() if ends == "stop" else made.die())
            if ends == "stop":
                await client.until("<system-shutdown ")
                await client.until("^<close ")
            else:
                message = await client.socket.receive()
                assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
            await client.socket.close()
            await ending

    play(main())


def test_a_websocket_that_goes_without_a_word_is_noticed_at_once_and_a_silent_one_after_two_minutes() -> None:
    async def main() -> None:
        async with service() as made:
            async with websocket(made) as client:
                await client.sign_in()
                assert client.socket._response.connection is not None
                assert client.socket._response.connection.transport is not None
                client.socket._response.connection.transport.abort()
                await asyncio.sleep(0.1)
                assert made.clients == ()
            async with websocket(made) as client:
                await client.sign_in()
                began_s = clock.now()
                await client.until("<connection-timeout ")
                assert clock.now() - began_s == pytest.approx(120, abs=0.1)

    play(main())


def test_the_doors_are_on_tomcats_port_too_and_answer_502_while_the_service_is_down() -> None:
    async def main() -> None:
        async with lab() as made:
            port = made.node.tomcat.port
            client = Bosh(f"https://127.0.0.1:{port}")
            await client.sign_in()
            async with websocket(made.node.notification, port=port) as frames:
                await frames.sign_in()
            await client.http.aclose()
            await made.node.notification.stop()
            async with made.rest(None) as rest:
                assert (await rest.post("/http-bind/", content="x")).status_code == 502
                assert (await rest.get("/ws/")).status_code == 502

    play(main())


def test_a_websocket_on_tomcats_port_ends_with_tomcat() -> None:
    async def main() -> None:
        async with lab() as made:
            async with websocket(made.node.notification, port=made.node.tomcat.port) as frames:
                await frames.sign_in()
                await made.node.tomcat.stop()
                assert (await frames.socket.receive()).type is not aiohttp.WSMsgType.TEXT
            assert made.node.notification.clients == ()

    play(main())


def test_in_the_clear_only_where_the_node_is_insecure() -> None:
    async def main() -> None:
        async with service() as made:
            assert made.web.clear_port == 0, "a port was taken"
        async with service(insecure_xmpp=True) as made:
            client = Bosh(f"http://127.0.0.1:{made.web.clear_port}")
            await client.sign_in()
            await client.http.aclose()

    play(main())


@pytest.mark.parametrize("door", ["tcp", "websocket"])
def test_a_session_costs_little_memory(door: str) -> None:
    """Both ends of it; 2,000 of them are to fit in a small machine. asyncio alone would take 512 KiB for them."""
    sessions, limit_bytes = 20, 150 * 1024

    async def main() -> None:
        async with service() as made, AsyncExitStack() as stack:

            async def arrive(number: int) -> None:
                if door == "websocket":
                    await (await stack.enter_async_context(websocket(made))).sign_in(f"web{number}")
                    return
                client = await Bytes.connect(made.port)
                stack.push_async_callback(client.close)
                await client.sign_in(resource=f"raw{number}")

            await arrive(0)
            tracemalloc.start()
            try:
                for number in range(sessions):
                    await arrive(number + 1)
                assert len(made.clients) == sessions + 1
                assert tracemalloc.get_traced_memory()[0] / sessions < limit_bytes
            finally:
                tracemalloc.stop()

    play(main())
