"""The notification service: by slixmpp, and by literal bytes."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import slixmpp

from chaos import clock
from chaos.mock.finesse import Checked, FixedCredentials, NodeOptions
from chaos.mock.finesse.notification import NotificationService
from tests.mock.finesse.lab import HOST, PASSWORDS, Watcher, assert_nothing_runs, node_config, tasks_of_the_mock, tls

NODE = "/finesse/api/User/1101"
UPDATE = (
    b"<Update><data></data><event>PUT</event><requestId></requestId><source>/finesse/api/User/1101</source></Update>"
)
HEADER = (
    b"<?xml version='1.0'?><stream:stream to='anything.example' version='1.0' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams'>"
)


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


@asynccontextmanager
async def service(credentials: Any = None, **options: Any) -> AsyncIterator[NotificationService]:
    made = NotificationService(
        node_config(),
        ssl_context=tls()[0],
        credentials=credentials or FixedCredentials(PASSWORDS),
        options=NodeOptions(**options),
    )
    await made.start()
    assert tasks_of_the_mock(), "the check for what is left would find nothing"
    try:
        yield made
    finally:
        await made.stop()
        await assert_nothing_runs()


class Bytes:
    """A client that sends exactly what it is told, and reads until a pattern has come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.got = b""

    @classmethod
    async def connect(cls, port: int) -> "Bytes":
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls()[1], server_hostname=HOST))

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def until(self, pattern: bytes) -> bytes:
        async with asyncio.timeout(60):
            while not (found := re.search(pattern, self.got, re.DOTALL)):
                data = await self.reader.read(65536)
                assert data, f"closed; got {self.got!r}"
                self.got += data
        self.got = self.got[found.end() :]
        return found.group()

    async def until_closed(self) -> bytes:
        async with asyncio.timeout(60):
            while data := await self.reader.read(65536):
                self.got += data
        return self.got

    async def sign_in(self, user: str = "1101", password: str | None = None, resource: str = "raw") -> None:
        self.send(HEADER)
        await self.until(rb"<mechanism>PLAIN</mechanism></mechanisms></stream:features>")
        self.send(auth(user, PASSWORDS[user] if password is None else password))
        await self.until(rb"<success[^>]*/>")
        self.send(HEADER)
        await self.until(rb"</stream:features>")
        self.send(
            b"<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>%s</resource></bind></iq>"
            % resource.encode()
        )
        await self.until(rb"<jid>[^<]*</jid></bind></iq>")

    async def close(self) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def auth(user: str, password: str) -> bytes:
    secret = base64.b64encode(f"\0{user}\0{password}".encode())
    return b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>" % secret


def test_a_foreign_client_signs_in_sees_finesse_come_and_go_and_gets_its_events() -> None:
    async def main() -> None:
        async with service() as made:
            made.set_finesse(True)
            ann = Watcher("1101", "one")
            await ann.arrive(made.port)
            assert ann.finesse == ["available"]
            made.publish(NODE, UPDATE, ["1101"])
            made.publish("/finesse/api/User/1102", UPDATE, ["1102"])
            await ann.until(lambda: len(ann.updates) == 1)
            made.set_finesse(False)
            await ann.until(lambda: ann.finesse == ["available", "unavailable"])
            made.set_finesse(True)
            await ann.until(lambda: ann.finesse[-1] == "available")
            assert len(ann.updates) == 1
            pinged = await ann.plugin["xep_0199"].ping(slixmpp.JID(HOST))
            assert pinged < 1
            info = await ann.plugin["xep_0030"].get_info(jid=slixmpp.JID(f"pubsub.{HOST}"))
            assert ("pubsub", "service", None, "Publish-Subscribe service") in info["disco_info"]["identities"]
            await ann.leave()

    play(main())


def test_a_bad_password_is_not_authorized() -> None:
    async def main() -> None:
        async with service() as made:
            ann = Watcher("1101", "one", password="wrong")
            ann.connect("127.0.0.1", made.port)
            await ann.until(lambda: "failed_auth" in ann.trouble)
            assert made.clients == ()
            await ann.leave()

    play(main())


def test_a_second_client_with_the_same_full_jid_ends_the_first_with_conflict() -> None:
    async def main() -> None:
        async with service() as made:
            made.set_finesse(True)
            old = await Bytes.connect(made.port)
            await old.sign_in()
            new = await Bytes.connect(made.port)
            await new.sign_in()
            assert b"<conflict xmlns=" in await old.until_closed()
            assert made.clients == (f"1101@{HOST}/raw",)
            new.send(b"<presence/>")
            await new.until(rb'<presence [^>]*from="finesse@[^>]*>')
            await new.close()

    play(main())


def test_every_available_resource_of_the_bare_jid_gets_an_event_and_one_before_its_presence_gets_none() -> None:
    async def main() -> None:
        async with service() as made:
            one, two = await Bytes.connect(made.port), await Bytes.connect(made.port)
            await one.sign_in(resource="one")
            await two.sign_in(resource="two")
            one.send(b"<presence><priority>0</priority></presence>")
            await one.until(rb'<presence [^>]*type="unavailable"[^>]*/>')
            made.publish(NODE, UPDATE, ["1101"])
            message = await one.until(rb"<message.*?</message>")
            assert f'to="1101@{HOST}"'.encode() in message
            assert b"&lt;Update&gt;" in message
            assert f'from="pubsub.{HOST}"'.encode() in message
            two.send(b"<iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>")
            await two.until(rb'<iq type="result" id="p1"')
            assert b"<message" not in two.got
            await one.close()
            await two.close()

    play(main())


def test_an_explicit_subscription_adds_a_copy_to_the_full_jid_until_it_is_ended() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(b"<presence/>")
            jid = f"1101@{HOST}/raw"
            for verb in ("subscribe", "unsubscribe"):
                client.send(
                    f"<iq type='set' to='pubsub.{HOST}' id='{verb}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                    f"<{verb} node='/finesse/api/Team/5001/Users' jid='{jid}'/></pubsub></iq>".encode()
                )
                await client.until(rb'<iq type="result" id="%s"' % verb.encode())
                made.publish("/finesse/api/Team/5001/Users", UPDATE, [])
                if verb == "subscribe":
                    message = await client.until(rb"<message.*?</message>")
                    assert f'to="{jid}"'.encode() in message
            client.send(b"<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
            await client.until(rb'id="p"')
            assert b"<message" not in client.got
            await client.close()

    play(main())


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ("<iq type='get' id='x'><query xmlns='jabber:iq:version'/></iq>", b"service-unavailable"),
        ("<iq type='get' id='x' to='else.example'><ping xmlns='urn:xmpp:ping'/></iq>", b"remote-server-not-found"),
        ("<iq type='set' id='x'/>", b"bad-request"),
        ("<iq type='odd' id='x'/>", b"bad-request"),
        (
            "<iq type='set' id='x' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            "<subscribe node='/nowhere' jid='1101@fin-a.lab.example/raw'/></pubsub></iq>",
            b"item-not-found",
        ),
        (
            "<iq type='set' id='x' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            "<subscribe node='/finesse/api/User/1102' jid='1102@fin-a.lab.example'/></pubsub></iq>",
            b"bad-request",
        ),
        *(
            (
                "<iq type='set' id='x' to='pubsub.fin-a.lab.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                f"<subscribe node='/finesse/api/{silent}' jid='1101@fin-a.lab.example/raw'/></pubsub></iq>",
                b"item-not-found",
            )
            for silent in ("Queue/5000", "User/9999/Queues", "Team/9999/Users", "User/9999", "User/9999/Dialogs")
        ),
        (
            "<iq type='get' id='x' to='pubsub.fin-a.lab.example'>"
            "<query xmlns='http://jabber.org/protocol/disco#info' node='/nowhere'/></iq>",
            b"item-not-found",
        ),
        ("<iq type='get' id='x'><ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/></iq>", b"bad-request"),
    ],
)
def test_what_is_not_served_is_answered_with_an_error(asked: str, condition: bytes) -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(asked.encode())
            answer = await client.until(rb'<iq type="error" id="x".*?</iq>')
            assert b"<" + condition + b" " in answer
            await client.close()

    play(main())


PUBSUB = "to='pubsub.fin-a.lab.example'"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("type='get'><query xmlns='jabber:iq:roster'/>", b'<item jid="finesse@fin-a.lab.example" name="finesse"'),
        ("type='set'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>", b'type="result"'),
        (
            "type='get' to='fin-a.lab.example'><query xmlns='http://jabber.org/protocol/disco#info'/>",
            b'<identity category="server" type="im"',
        ),
        (
            "type='get' to='fin-a.lab.example'><query xmlns='http://jabber.org/protocol/disco#items'/>",
            b'<item jid="pubsub.fin-a.lab.example"',
        ),
        (
            f"type='get' {PUBSUB}><query xmlns='http://jabber.org/protocol/disco#items'/>",
            b'node="/finesse/api/User/1101"',
        ),
        (
            f"type='get' {PUBSUB}><query xmlns='http://jabber.org/protocol/disco#info' node='/finesse/api/User/1101'/>",
            b'<identity category="pubsub" type="leaf"',
        ),
        (f"type='get' {PUBSUB}><ping xmlns='urn:xmpp:ping'/>", b'type="result"'),
        (
            f"type='get' {PUBSUB}><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscriptions/></pubsub>",
            b'<subscription node="/finesse/api/User/1101" jid="1101@fin-a.lab.example" subscription="subscribed"',
        ),
        (
            f"type='set' {PUBSUB}><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='x'/></pubsub>",
            b"<feature-not-implemented",
        ),
        (f"type='set' {PUBSUB}><pubsub xmlns='http://jabber.org/protocol/pubsub'/>", b"<bad-request"),
        (
            f"type='set' {PUBSUB}><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            "<unsubscribe node='/finesse/api/User/1101' jid='1101@fin-a.lab.example'/></pubsub>",
            b'<error type="cancel"><unexpected-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>'
            b'<not-subscribed xmlns="http://jabber.org/protocol/pubsub#errors"/></error>',
        ),
        (
            f"type='set' {PUBSUB}><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            "<subscribe node='/finesse/api/User/1101' jid='1102@fin-a.lab.example/x'/></pubsub>",
            b'<error type="modify"><bad-request xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>'
            b'<invalid-jid xmlns="http://jabber.org/protocol/pubsub#errors"/></error>',
        ),
        (
            f"type='set' {PUBSUB}><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            "<subscribe node='/finesse/api/User/1101' jid='@'/></pubsub>",
            b"<jid-malformed",
        ),
    ],
)
def test_what_clients_ask_of_the_server_and_of_the_pubsub_service(asked: str, answered: bytes) -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(f"<iq id='x' {asked}</iq>".encode())
            answer = await client.until(rb"<iq [^>]*/>|<iq.*?</iq>")
            assert answered in answer
            assert b'id="x"' in answer
            await client.close()

    play(main())


@pytest.mark.parametrize(
    ("sent", "condition"),
    [
        ("<presence/>", b"not-authorized"),
        ("<iq type='get' id='x'><ping xmlns='urn:xmpp:ping'/></iq>", b"not-allowed"),
        (
            "<iq type='set' id='x'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            "<resource>\x7f</resource></bind></iq>",
            b"bad-request",
        ),
    ],
)
def test_before_bind_nothing_else_is_served(sent: str, condition: bytes) -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            client.send(HEADER + auth("1101", "secret1") + HEADER)
            await client.until(rb"<bind ")
            client.send(sent.encode())
            await client.until(b"<" + condition + b" ")
            await client.close()

    play(main())


@pytest.mark.parametrize(
    ("sent", "condition"), [("<odd xmlns='urn:x'/>", b"unsupported-stanza-type"), ("</stream:stream>", b"</stream:")]
)
def test_a_stanza_of_no_known_kind_and_a_goodbye_end_the_stream(sent: str, condition: bytes) -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(b"<iq type='result' id='r'/>")
            client.send(sent.encode())
            assert condition in await client.until_closed()
            await client.close()

    play(main())


@pytest.mark.parametrize("version", ["urn:xmpp:sm:2", "urn:xmpp:sm:3"])
def test_who_asks_for_stream_management_that_nobody_offered_goes_on_without(version: str) -> None:
    """XEP-0198, 3 and 5: `failed`, and the stream is as it was."""

    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            for asked in (
                f"<enable xmlns='{version}' resume='true'/>",
                f"<resume xmlns='{version}' h='1' previd='x'/>",
            ):
                client.send(asked.encode())
                await client.until(f'<failed xmlns="{version}"><feature-not-implemented [^>]*/></failed>'.encode())
            client.send(b"<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
            await client.until(rb'type="result" id="p"')
            await client.close()

    play(main())


def test_whoever_speaks_a_later_version_is_answered_with_ours() -> None:
    """RFC 6120, 4.7.5."""

    async def main() -> None:
        async with service() as made:
            for version in (b"1.1", b"2.0", b"10.3"):
                client = await Bytes.connect(made.port)
                client.send(HEADER.replace(b"version='1.0'", b"version='%s'" % version))
                assert b'version="1.0"' in await client.until(rb"<stream:stream [^>]*>")
                await client.until(rb"</stream:features>")
                await client.close()

    play(main())


@pytest.mark.parametrize(
    ("sent", "condition"),
    [
        (b"hello\r\n", b"not-well-formed"),
        (b"<html></html>", b"bad-format"),
        (HEADER + b"<iq", None),
        (HEADER + b"<iq type='get' id='x'/>", b"not-authorized"),
        (HEADER + b"<!DOCTYPE x>", b""),
        (
            HEADER + b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + b"A" * 80000,
            b"policy-violation",
        ),
        (HEADER.replace(b"jabber:client", b"jabber:server"), b"invalid-namespace"),
        (HEADER.replace(b"version='1.0' xmlns=", b"xmlns="), b"unsupported-version"),
        (HEADER.replace(b"version='1.0'", b"version='0.9'"), b"unsupported-version"),
        (HEADER.replace(b"version='1.0'", b"version='x'"), b"unsupported-version"),
    ],
)
def test_garbage_ends_in_a_stream_error_and_silence_in_a_time_out(sent: bytes, condition: bytes | None) -> None:
    async def main() -> None:
        async with service(xmpp_login_s=30.0) as made:
            client = await Bytes.connect(made.port)
            start_s = clock.now()
            client.send(sent)
            got = await client.until_closed()
            assert b"<stream:error>" in got
            assert got.endswith(b"</stream:stream>")
            if condition is None:
                assert b"<connection-timeout " in got
                assert clock.now() - start_s == pytest.approx(30.0, abs=0.1)
            else:
                assert condition in got
            await client.close()

    play(main())


def test_other_mechanisms_are_refused_and_plain_goes_on_by_challenge_and_in_one_burst() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            client.send(HEADER + b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>bg==</auth>")
            await client.until(rb"<failure [^>]*><invalid-mechanism")
            client.send(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>")
            await client.until(rb"<challenge")
            secret = base64.b64encode(b"\x001101\0secret1")
            client.send(b"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</response>" % secret + HEADER)
            await client.until(rb"<success")
            header = await client.until(rb"<stream:stream[^>]*>")
            assert f'from="{HOST}"'.encode() in header
            await client.close()

    play(main())


def test_five_refusals_end_the_stream() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            client.send(HEADER + auth("1101", "wrong") * 6)
            got = await client.until_closed()
            assert got.count(b"<not-authorized") == 5
            assert b"<policy-violation " in got
            await client.close()

    play(main())


def test_a_check_that_nobody_can_make_is_a_temporary_failure() -> None:
    class Nobody(FixedCredentials):
        async def check(self, user: str, password: str) -> Checked:
            await asyncio.sleep(3)
            return Checked.UNAVAILABLE

    async def main() -> None:
        async with service(Nobody(PASSWORDS)) as made:
            client = await Bytes.connect(made.port)
            client.send(HEADER + auth("1101", "secret1"))
            await client.until(rb"<temporary-auth-failure")
            client.send(auth("1101", "secret1"))
            await client.close()

    play(main())


def test_a_stop_says_system_shutdown_and_a_death_resets_and_the_port_stays_the_same() -> None:
    async def main() -> None:
        async with service() as made:
            port = made.port
            client = await Bytes.connect(port)
            await client.sign_in()
            stopping = asyncio.get_running_loop().create_task(made.stop())
            got = await client.until_closed()
            assert b"<system-shutdown " in got
            await client.close()
            await stopping
            with pytest.raises(ConnectionRefusedError):
                await Bytes.connect(port)
            await made.start()
            assert made.port == port
            client = await Bytes.connect(port)
            await client.sign_in()
            await made.die()
            with pytest.raises(ConnectionResetError):
                await client.until_closed()
            await client.close()

    play(main())


def test_a_client_stuck_in_its_handshake_does_not_outlive_the_service() -> None:
    async def main() -> None:
        async with service() as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            await asyncio.sleep(0.1)
            await made.stop()
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    play(main())


def test_a_client_that_does_not_read_is_dropped() -> None:
    async def main() -> None:
        async with service(xmpp_buffer_bytes=64 * 1024) as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(b"<presence/>")
            await client.until(rb"<presence")
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            for _ in range(400):
                made.publish(NODE, UPDATE * 200, ["1101"])
                await asyncio.sleep(0)
            assert made.clients == ()
            await client.close()

    play(main())


def test_watchers_hear_of_a_users_first_client_and_of_his_last_one_leaving() -> None:
    async def main() -> None:
        async with service() as made:
            heard: list[tuple[str, bool]] = []
            made.presence_watchers.append(lambda user, gone: heard.append((user, gone is None)))
            clients = [await Bytes.connect(made.port) for _ in range(2)]
            for client, resource in zip(clients, ("one", "two"), strict=True):
                await client.sign_in(resource=resource)
                client.send(b"<presence/>")
                await client.until(rb'<presence [^>]*from="finesse@')
            await clients[0].close()
            await asyncio.sleep(0.1)
            assert heard == [("1101", True)]
            clients[1].send(b"<presence type='unavailable'/>")
            await asyncio.sleep(0.1)
            assert heard == [("1101", True), ("1101", False)]
            await clients[1].close()

    play(main())
