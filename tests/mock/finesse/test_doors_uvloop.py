"""The doors on uvloop, whose TLS is its own: `mock up --loop uvloop`."""

import asyncio

import pytest

from chaos import clock
from tests.mock.finesse.lab import Client, Watcher, lab
from tests.mock.finesse.test_web_doors import Bosh, websocket


@pytest.mark.parametrize("starttls", [False, True])
def test_slixmpp_sees_its_agent_change_state(starttls: bool) -> None:
    pytest.importorskip("uvloop")

    async def main() -> None:
        async with lab() as made:
            notification = made.node.notification
            ann = Watcher("1101", "one")
            ann.enable_starttls, ann.enable_direct_tls = starttls, not starttls
            await ann.arrive(notification.starttls_port if starttls else notification.port)
            client = Client("1101", made.rest("1101"), ann)
            made.opened.append(client)
            await client.sign_in("2001")

    clock.run(main(), virtual=False, kind="uvloop")


def test_bosh_and_websocket_clients_sign_in_and_a_death_of_the_service_ends_them() -> None:
    pytest.importorskip("uvloop")

    async def main() -> None:
        async with lab() as made:
            notification = made.node.notification
            client = Bosh(f"https://127.0.0.1:{notification.web.port}")
            await client.sign_in()
            async with websocket(notification) as frames:
                await frames.sign_in("other")
                assert len(notification.clients) == 2
                async with asyncio.timeout(20):
                    await notification.die()
                    assert (await frames.socket.receive()).data is None
            assert not notification.clients
            await client.http.aclose()

    clock.run(main(), virtual=False, kind="uvloop")
