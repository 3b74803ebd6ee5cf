"""What strangers may send: the node goes on serving, and says no more than the protocols let it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos import clock
from tests.mock.finesse.lab import lab, tls
from tests.mock.finesse.test_notification import HEADER, Bytes, service

PIECES = st.sampled_from(
    [
        HEADER,
        b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADExMDEAc2VjcmV0MQ==</auth>",
        b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AAA=</auth>",
        b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>",
        b"<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        b"<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>a\x01</resource></bind></iq>",
        b"<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        b"<iq/>",
        b"<presence type='subscribe' to='finesse@fin-a.lab.example'/>",
        b"<presence><priority>999</priority></presence>",
        b"<message to='x@y'><body>hi</body></message>",
        b"</stream:stream>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"\x00\xff",
        b"   ",
    ]
)


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, min_size=1, max_size=12))
def test_no_order_of_stanzas_keeps_the_notification_service_from_serving_the_next_client(pieces: list[bytes]) -> None:
    async def main() -> None:
        async with service(xmpp_login_s=5.0) as made:
            stranger = await Bytes.connect(made.port)
            stranger.send(b"".join(pieces))
            await asyncio.sleep(0.1)
            good = await Bytes.connect(made.port)
            await good.sign_in("1102")
            await good.close()
            await stranger.close()

    play(main())


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01",
        b"GET / HTTP/1.0\r\n\r\n",
        b"PUT /finesse/api/User/1101 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"\x00" * 4096,
        b"",
    ],
)
def test_tomcat_survives_bytes_that_are_no_request_inside_tls_and_outside(sent: bytes) -> None:
    async def main() -> None:
        async with lab() as found, found.rest("1101") as good:
            for context in (None, tls()[1]):
                reader, writer = await asyncio.open_connection("127.0.0.1", found.node.tomcat.port, ssl=context)
                writer.write(sent)
                await asyncio.sleep(0.1)
                writer.transport.abort()
                await asyncio.sleep(0)
                del reader
            assert (await good.get("/finesse/api/User/1101")).status_code == 200

    play(main())


@pytest.mark.parametrize(
    "body",
    [
        "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>{long}</toAddress></Dialog>",
        "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>\u4e2d</toAddress></Dialog>",
        "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>2002</toAddress>"
        "<mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>{long}</value></CallVariable>"
        "</callvariables></mediaProperties></Dialog>",
        "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>2002</toAddress>"
        "<mediaProperties><callvariables><CallVariable><name>{long}</name><value>x</value></CallVariable>"
        "</callvariables></mediaProperties></Dialog>",
    ],
)
def test_what_does_not_fit_into_a_cti_message_is_a_bad_request(body: str) -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            answer = await ann.post("User/1101/Dialogs", body.replace("{long}", "9" * 200))
            assert answer.status_code == 400
            assert (await ann.state("READY")).status_code == 202

    play(main())


@pytest.mark.parametrize("size", [300_000, 1_000_000, 6_000_000])
def test_a_body_that_is_too_long_is_refused(size: int) -> None:
    """And nobody is left behind who would read on for it."""

    async def main() -> None:
        async with lab() as found, found.rest("1101") as client:
            answer = await client.put("/finesse/api/User/1101", content=b" " * size)
            assert answer.status_code == 400

    play(main())


def test_a_request_id_with_anything_odd_in_it_is_escaped_or_dropped() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            await ann.state("READY", "<&'\">")
            await ann.xmpp.until(lambda: len(ann.xmpp.updates) == 2)
            assert ann.xmpp.updates[-1][2].request_id == "<&'\">"
            await ann.state("NOT_READY", "x" * 2000)
            await ann.xmpp.until(lambda: len(ann.xmpp.updates) == 3)
            assert ann.xmpp.updates[-1][2].request_id == ""

    play(main())
