"""Port 5222: in the clear until STARTTLS, and a password only behind it, unless the insecure port is switched on."""

import asyncio

import pytest

from chaos import clock
from chaos.mock.finesse import NodeOptions
from tests.mock.finesse.lab import HOST, Client, Watcher, lab, tls
from tests.mock.finesse.test_notification import HEADER, NODE, UPDATE, Bytes, auth, play, service

STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


async def in_the_clear(port: int) -> Bytes:
    return Bytes(*await asyncio.open_connection("127.0.0.1", port))


def test_slixmpp_signs_in_by_starttls_and_gets_its_events() -> None:
    async def main() -> None:
        async with service() as made:
            made.set_finesse(True)
            ann = Watcher("1101", "one")
            ann.enable_starttls, ann.enable_direct_tls = True, False
            await ann.arrive(made.starttls_port)
            assert made.clients == (f"1101@{HOST}/one",)
            made.publish(NODE, UPDATE, ["1101"])
            await ann.until(lambda: len(ann.updates) == 1)
            await ann.leave()

    play(main())


def test_slixmpp_by_starttls_sees_its_agent_change_state() -> None:
    async def main() -> None:
        async with lab() as made:
            ann = Watcher("1101", "one")
            ann.enable_starttls, ann.enable_direct_tls = True, False
            await ann.arrive(made.node.notification.starttls_port)
            client = Client("1101", made.rest("1101"), ann)
            made.opened.append(client)
            await client.sign_in("2001")
            assert (await client.state("READY")).status_code == 202
            await ann.until(lambda: ann.states()[-1] == "READY")

    play(main())


def test_systeminfo_tells_the_ports_that_really_listen() -> None:
    async def main() -> None:
        async with lab() as made:
            info = made.node.webapp.system_info()
            ports = (made.node.notification.starttls_port, made.node.notification.port)
            assert info.primary_node is not None
            assert (info.primary_node.xmpp_port, info.primary_node.xmpp_secure_port) == ports
            for port in ports:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()

    play(main())


def test_without_tls_no_password_is_asked_for_and_none_taken() -> None:
    async def main() -> None:
        async with service() as made:
            client = await in_the_clear(made.starttls_port)
            client.send(HEADER)
            offered = await client.until(rb"<stream:features>.*</stream:features>")
            assert offered == (
                b'<stream:features><starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls>'
                b"</stream:features>"
            )
            client.send(auth("1101", "secret1"))
            await client.until(rb"<failure [^>]*><encryption-required")
            await client.close()

    play(main())


def test_the_insecure_port_takes_passwords_in_the_clear_as_older_nodes_did() -> None:
    async def main() -> None:
        async with service(insecure_xmpp=True) as made:
            client = await in_the_clear(made.starttls_port)
            client.send(HEADER)
            offered = await client.until(rb"<stream:features>.*</stream:features>")
            assert b"<starttls " in offered
            assert b"<required/>" not in offered
            client.send(auth("1101", "secret1"))
            await client.until(rb"<success")
            await client.close()

    play(main())


def test_what_was_sent_in_the_clear_behind_starttls_does_not_count_as_sent_within_it() -> None:
    async def main() -> None:
        async with service() as made:
            client = await in_the_clear(made.starttls_port)
            client.send(HEADER + STARTTLS + HEADER + auth("1101", "secret1"))
            await client.until(rb"<proceed[^>]*/>")
            await client.writer.start_tls(tls()[1], server_hostname=HOST)
            client.send(HEADER)
            offered = await client.until(rb"<stream:features>.*</stream:features>")
            assert offered == (
                b'<stream:features><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism>'
                b"</mechanisms></stream:features>"
            )
            client.send(STARTTLS)
            assert b"<not-authorized" in await client.until_closed()
            await client.close()

    play(main())


@pytest.mark.parametrize("ends", ["stop", "die"])
@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x00\x05", b"not TLS at all\r\n\r\n"])
def test_a_client_that_never_ends_its_handshake_keeps_nobody_waiting(ends: str, said: bytes) -> None:
    async def main() -> None:
        async with service() as made:
            client = await in_the_clear(made.starttls_port)
            client.send(HEADER + STARTTLS)
            await client.until(rb"<proceed[^>]*/>")
            client.send(said)
            await asyncio.sleep(0.1)
            await (made.stop() if ends == "stop" else made.die())
            try:
                assert b"<" not in await client.until_closed()
            except ConnectionError:
                assert ends == "die"
            await client.close()

    play(main())


def test_a_handshake_that_goes_on_for_ever_is_given_up() -> None:
    async def main() -> None:
        async with service() as made:
            client = await in_the_clear(made.starttls_port)
            client.send(HEADER + STARTTLS)
            await client.until(rb"<proceed[^>]*/>")
            began_s = asyncio.get_running_loop().time()
            await client.until_closed()
            assert asyncio.get_running_loop().time() - began_s <= NodeOptions().xmpp_login_s
            await client.close()

    play(main())


class Segments(asyncio.Protocol):
    """What comes, as it comes."""

    def __init__(self) -> None:
        self.read: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.read.append(data)


def test_a_client_in_the_clear_that_reads_a_segment_a_step_is_told_the_header_first_and_then_the_features() -> None:
    """As Openfire does it; such clients take the second segment for the answer to their next step, or wait for it."""

    async def main() -> None:
        async with lab(options=NodeOptions(insecure_xmpp=True)) as made:
            port = made.node.notification.starttls_port
            transport, client = await asyncio.get_running_loop().create_connection(Segments, "127.0.0.1", port)
            for asked in (HEADER, auth("1101", "secret1"), HEADER, b"</stream:stream>"):
                transport.write(asked)
                await asyncio.sleep(1)
            transport.close()
        words = (b"<stream:stream", b"</stream:features>", b"<success", b"<stream:stream", b"</stream:features>")
        assert len(client.read) == len(words) + 1, client.read
        assert all(word in segment for word, segment in zip(words, client.read, strict=False)), client.read
        assert client.read[-1] == b"</stream:stream>"

    clock.run(main(), virtual=True)


def test_what_a_client_sends_ahead_is_answered_in_order() -> None:
    """Header, sign-in and header in one go: nothing overtakes the features that wait."""
    wrong = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='NONE'/>"

    async def main() -> None:
        async with lab(options=NodeOptions(insecure_xmpp=True)) as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.node.notification.starttls_port)
            writer.write(HEADER + wrong + b"</stream:stream>")
            told = (await reader.read()).decode()
            writer.close()
        order = [told.index(word) for word in ("<stream:stream", "features>", "<failure", "</stream:stream>")]
        assert order == sorted(order)

    clock.run(main(), virtual=True)
