"""What becomes of what a client sends: answered as RFC 6120 has it, taken to its addressee, or refused."""

import asyncio
import base64
import re

import pytest

from chaos import clock
from chaos.mock.finesse import FixedCredentials
from tests.mock.finesse.lab import HOST
from tests.mock.finesse.test_notification import HEADER, NODE, UPDATE, Bytes, auth, play, service

ME = f"1101@{HOST}/raw"


@pytest.mark.parametrize(
    "asked",
    [
        "type='get'><ping xmlns='urn:xmpp:ping'/>",
        "type='get'><query xmlns='jabber:iq:roster'/>",
        "type='get'><query xmlns='http://jabber.org/protocol/disco#info'/>",
        "type='get'><query xmlns='http://jabber.org/protocol/disco#items'/>",
        "type='get'><query xmlns='jabber:iq:version'/>",
        "type='set'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>",
        "type='odd'>",
    ],
)
@pytest.mark.parametrize("to", [None, HOST, f"1101@{HOST}"])
def test_an_answer_comes_from_whom_was_asked_and_from_nobody_if_nobody_was_named(asked: str, to: str | None) -> None:
    """RFC 6120, 8.1.2.1. Some clients wait for ever if it comes from anybody else."""

    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            addressed = "" if to is None else f"to='{to}' "
            client.send(f"<iq id='x' {addressed}{asked}</iq>".encode())
            start = await client.until(rb"<iq [^>]*>")
            assert b'id="x"' in start
            assert (b"from=" in start) == (to is not None)
            assert to is None or f' from="{to}"'.encode() in start
            assert f' to="{ME}"'.encode() in start
            await client.close()

    play(main())


REFUSED = [
    ("<message to='nobody@fin-a.lab.example'><body>x</body></message>", b"message", b"service-unavailable"),
    ("<message to='1102@fin-a.lab.example/gone' type='normal'/>", b"message", b"service-unavailable"),
    ("<message to='finesse@fin-a.lab.example'/>", b"message", b"service-unavailable"),
    ("<message to='1101@fin-a.lab.example' type='groupchat'/>", b"message", b"service-unavailable"),
    ("<message to='a@else.example'/>", b"message", b"remote-server-not-found"),
    ("<message to='@'/>", b"message", b"jid-malformed"),
    ("<presence to='room@conference.fin-a.lab.example/me'/>", b"presence", b"remote-server-not-found"),
    ("<presence to='1102@fin-a.lab.example'/>", b"presence", b"service-unavailable"),
    ("<presence to='1102@fin-a.lab.example' type='subscribe'/>", b"presence", b"not-allowed"),
    ("<presence to='finesse@fin-a.lab.example' type='unsubscribe'/>", b"presence", b"not-allowed"),
    ("<presence type='subscribe'/>", b"presence", b"bad-request"),
    ("<iq type='get' to='1102@fin-a.lab.example/gone'><x xmlns='y'/></iq>", b"iq", b"service-unavailable"),
    ("<iq type='get' to='finesse@fin-a.lab.example'><x xmlns='y'/></iq>", b"iq", b"service-unavailable"),
    ("<iq type='get' to='1102@fin-a.lab.example'><x xmlns='y'/></iq>", b"iq", b"service-unavailable"),
    (
        "<iq type='get'><query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>",
        b"iq",
        b"item-not-found",
    ),
    (
        "<iq type='get' to='fin-a.lab.example'>"
        "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/></iq>",
        b"iq",
        b"item-not-found",
    ),
    ("<iq type='get' to='proxy.fin-a.lab.example'><x xmlns='y'/></iq>", b"iq", b"remote-server-not-found"),
    ("<iq type='get'><vCard xmlns='vcard-temp'/></iq>", b"iq", b"service-unavailable"),
]


@pytest.mark.parametrize(("sent", "name", "condition"), REFUSED)
def test_what_reaches_nobody_is_refused_and_never_swallowed(sent: str, name: bytes, condition: bytes) -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(sent.replace(" ", " id='x' ", 1).encode())
            answer = await client.until(rb'<%s type="error" id="x".*?</%s>' % (name, name))
            assert b"<" + condition + b" " in answer
            assert f' to="{ME}"'.encode() in answer
            await client.close()

    play(main())


def test_an_error_is_never_answered_by_an_error() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(b"<message to='nobody@fin-a.lab.example' type='error'/><presence to='a@b' type='error'/>")
            client.send(b"<iq type='error' id='e' to='1102@fin-a.lab.example/x'/><iq type='result' id='r' to='@'/>")
            client.send(b"<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
            await client.until(rb'<iq type="result" id="p"')
            assert client.got.count(b"error") == 0
            await client.close()

    play(main())


def test_iqs_messages_and_directed_presence_reach_another_client_with_the_senders_name() -> None:
    async def main() -> None:
        async with service() as made:
            ann, bob = await Bytes.connect(made.port), await Bytes.connect(made.port)
            await ann.sign_in("1101")
            await bob.sign_in("1102")
            bob.send(b"<presence/>")
            await bob.until(rb'<presence [^>]*from="finesse@')
            for sent in ("<iq type='get' id='q' to='{}/raw'><x xmlns='y'/></iq>", "<presence to='{}'/>"):
                ann.send(sent.format(f"1102@{HOST}").encode())
                got = await bob.until(rb"<(iq|presence) [^>]*1101@[^>]*>")
                assert f'from="{ME}"'.encode() in got
            bob.send(f"<iq type='result' id='q' to='{ME}'/>".encode())
            assert f'from="1102@{HOST}/raw"'.encode() in await ann.until(rb'<iq [^>]*id="q"[^>]*>')
            for to in (f"1102@{HOST}", f"1102@{HOST}/raw", f"1102@{HOST}/elsewhere"):
                ann.send(f"<message type='chat' to='{to}'><body>hello</body></message>".encode())
                assert f'from="{ME}"'.encode() in await bob.until(rb"<message .*?</message>")
            await ann.close()
            await bob.close()

    play(main())


def test_presence_reaches_ones_other_clients_with_all_that_is_in_it_and_who_comes_is_told_of_those_who_are_there() -> (
    None
):
    """RFC 6121, 4.2.2, 4.5.2 and 4.7.3. As libpurple sends it: its capabilities did not come through."""
    caps = (
        '<c xmlns="http://jabber.org/protocol/caps" node="http://pidgin.im/" hash="sha-1" '
        'ver="E3dqWktjXWQyzx7OxofOJ5cmX/g="/>'
    )

    async def main() -> None:
        async with service() as made:
            first, second = await Bytes.connect(made.port), await Bytes.connect(made.port)
            await first.sign_in(resource="finch")
            first.send(f"<presence id='p'><show>dnd</show><priority>1</priority>{caps}</presence>".encode())
            whole = f"<show>dnd</show><priority>1</priority>{caps}<"
            own = f'<presence id="p" from="1101@{HOST}/finch" to="1101@{HOST}/%s">{whole}'
            await first.until(re.escape((own % "finch").encode()))
            await second.sign_in(resource="raw")
            second.send(b"<presence><priority>0</priority></presence>")
            await second.until(re.escape((own % "raw").encode()))
            await first.until(rb'<presence from="1101@[^"]*/raw"')
            second.send(f"<presence to='1101@{HOST}/finch' type='probe'/>".encode())
            await second.until(re.escape((own % "raw").encode()))
            second.send(b"<presence/>")
            await second.until(rb'<presence from="1101@[^"]*/raw"')
            assert b"finch" not in second.got, "told once"
            first.send(b"<presence type='unavailable'><status>lunch</status></presence>")
            await second.until(rb'<presence type="unavailable" from="1101@[^"]*/finch" [^>]*><status>lunch</status>')
            await first.close()
            await second.close()

    play(main())


def test_finesse_answers_probes_and_subscriptions_and_strangers_do_not() -> None:
    async def main() -> None:
        async with service() as made:
            made.set_finesse(True)
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(f"<presence to='finesse@{HOST}' type='probe'/>".encode())
            assert b"type=" not in await client.until(rb'<presence [^>]*from="finesse@[^>]*/>')
            client.send(f"<presence to='finesse@{HOST}' type='subscribe'/>".encode())
            await client.until(rb'<presence type="subscribed" from="finesse@')
            client.send(f"<presence to='1102@{HOST}' type='probe'/>".encode())
            await client.until(rb'<presence type="unsubscribed" from="1102@')
            client.send(f"<presence to='1101@{HOST}/other' type='probe'/>".encode())
            await client.until(rb'<presence type="unavailable" from="1101@[^>]*other"')
            client.send(b"<presence><priority>3</priority></presence>")
            client.send(f"<presence to='1101@{HOST}' type='probe'/>".encode())
            await client.until(rb"<priority>3</priority>.*<priority>3</priority>")
            await client.close()

    play(main())


@pytest.mark.parametrize("name", ["a.agent", "A.Agent", "1101@else.example", f"a.agent@{HOST}"])
def test_who_signs_in_by_his_login_name_is_the_agent_and_gets_his_events(name: str) -> None:
    async def main() -> None:
        credentials = FixedCredentials(dict.fromkeys(("a.agent", "A.Agent", "1101"), "secret1"))
        async with service(credentials) as made:
            client = await Bytes.connect(made.port)
            await client.sign_in(name, "secret1")
            assert made.clients == (ME,)
            client.send(b"<presence/>")
            await client.until(rb'<presence [^>]*from="finesse@')
            made.publish(NODE, UPDATE, ["1101"])
            await client.until(rb"<message .*?</message>")
            await client.close()

    play(main())


def test_addresses_that_are_made_of_a_login_name_are_for_that_agent() -> None:
    async def main() -> None:
        async with service(FixedCredentials({"a.agent": "secret1"})) as made:
            client = await Bytes.connect(made.port)
            await client.sign_in("a.agent", "secret1")
            client.send(b"<presence/>")
            await client.until(rb'<presence [^>]*from="finesse@')
            client.send(
                f"<iq type='set' to='pubsub.{HOST}' id='s'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                f"<subscribe node='{NODE}' jid='a.agent@{HOST}/raw'/></pubsub></iq>".encode()
            )
            assert f'jid="{ME}" subscription="subscribed"'.encode() in await client.until(rb'<iq [^>]*id="s".*?</iq>')
            made.publish(NODE, UPDATE, [])
            assert f'to="{ME}"'.encode() in await client.until(rb"<message .*?</message>")
            client.send(f"<message to='A.Agent@{HOST}'><body>to myself</body></message>".encode())
            await client.until(rb"to myself")
            await client.close()

    play(main())


def test_a_roster_cannot_be_changed() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            client.send(b"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>")
            await client.until(rb'<iq type="error" id="r".*<not-allowed ')
            await client.close()

    play(main())


@pytest.mark.parametrize(("acts_as", "good"), [("1101", True), (f"1101@{HOST}", True), ("1102", False)])
def test_nobody_acts_as_anybody_else(acts_as: str, good: bool) -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            secret = base64.b64encode(f"{acts_as}\0{1101}\0secret1".encode()).decode()
            client.send(
                HEADER + f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>".encode()
            )
            await client.until(rb"<success" if good else rb"<failure [^>]*><invalid-authzid")
            await client.close()

    play(main())


def test_a_client_that_has_gone_silent_is_pinged_and_gone_within_two_minutes() -> None:
    """It is noticed although its connection stays, as after a browser's crash: DESKTOP-02."""

    async def main() -> None:
        async with service() as made:
            heard: list[tuple[float, str, bool]] = []
            made.presence_watchers.append(lambda user, gone: heard.append((clock.now(), user, gone is None)))
            silent, alive = await Bytes.connect(made.port), await Bytes.connect(made.port)
            for user, client in (("1101", silent), ("1102", alive)):
                await client.sign_in(user)
                client.send(b"<presence/>")
                await client.until(rb'<presence [^>]*from="finesse@')
            began_s = clock.now()
            for _ in range(4):
                await asyncio.sleep(30)
                ping = await alive.until(rb'<iq type="get" id="\w+"[^>]*><ping ')
                number = ping.split(b'"')[3]
                alive.send(b"<iq type='error' id='%s'/>" % number)
            got = await silent.until_closed()
            assert got.count(b'<ping xmlns="urn:xmpp:ping"') == 1
            assert b"<connection-timeout " in got
            gone_s, user, there = heard[-1]
            assert (user, there) == ("1101", False)
            assert gone_s - began_s == pytest.approx(120.0, abs=0.1)
            assert clock.now() - began_s > 200
            assert made.clients == (f"1102@{HOST}/raw",)
            await silent.close()
            await alive.close()

    play(main())


def test_blanks_are_signs_of_life() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            await client.sign_in()
            for _ in range(20):
                await asyncio.sleep(50)
                client.send(b" ")
            client.send(b"<iq type='get' id='x'><query xmlns='jabber:iq:roster'/></iq>")
            await client.until(rb'id="x"')
            assert b"<ping" not in client.got
            await client.close()

    play(main())


def test_a_second_stream_header_where_none_is_due_ends_the_stream() -> None:
    async def main() -> None:
        async with service() as made:
            client = await Bytes.connect(made.port)
            client.send(HEADER + auth("1101", "secret1") + HEADER + b"<odd/>")
            assert b"<not-authorized" in await client.until_closed()
            await client.close()

    play(main())
