"""Many people at once: nobody is turned away, and whoever waits for a database is not let in one a turn of the loop."""

import asyncio
import contextlib
import ssl

from chaos import clock
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.doors import listener
from chaos.mock.finesse.doors.listener import GREETED_AT_ONCE, PLACE_S, Listener, a_place
from tests.mock.finesse.awdb_lab import awdb_lab
from tests.mock.finesse.lab import HOST, PASSWORDS, authority


def test_who_dawdles_over_a_handshake_keeps_nobody_out() -> None:
    async def stay() -> None:
        async with a_place():
            await asyncio.sleep(60.0)

    async def main() -> None:
        dawdling = [asyncio.create_task(stay()) for _ in range(GREETED_AT_ONCE)]
        await asyncio.sleep(0)
        before_s = asyncio.get_running_loop().time()
        async with a_place():
            assert asyncio.get_running_loop().time() - before_s == PLACE_S
        for task in dawdling:
            task.cancel()
        await asyncio.gather(*dawdling, return_exceptions=True)
        async with (
            asyncio.timeout(0),
            contextlib.AsyncExitStack() as stack,
        ):  # each was freed once, and no more than once
            for _ in range(GREETED_AT_ONCE):
                await stack.enter_async_context(a_place())

    clock.run(main(), virtual=True)


def test_more_clients_than_places_are_all_greeted() -> None:
    async def main() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority().issue_cert(HOST).configure_cert(context)
        trusting = ssl.create_default_context()
        authority().configure_trust(trusting)
        door = Listener(asyncio.Protocol, context)
        port = door.open("127.0.0.1", 0)

        async def come() -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=HOST)
            writer.transport.abort()

        async with asyncio.timeout(listener.HANDSHAKE_S):
            await asyncio.gather(*(come() for _ in range(GREETED_AT_ONCE + 20)))
        await door.close_door()
        await door.end(reset=True)

    clock.run(main(), virtual=False)


def test_who_waits_while_a_database_is_sought_is_let_in_with_all_others_once_it_is_found() -> None:
    """600 who sign in at a node's first request were let in one a turn of the loop, and the last of them too late."""

    async def main() -> None:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with awdb_lab() as made:
            assert made.credentials.link.connected_to is None
            counting = asyncio.create_task(count())
            checked = await asyncio.gather(*(made.credentials.check("1101", PASSWORDS["1101"]) for _ in range(600)))
            counting.cancel()
            assert set(checked) == {Checked.GOOD}
            assert made.credentials.link.attempts == 1
            assert turns < 100

    clock.run(main(), virtual=False)


def test_a_turn_that_its_owner_did_not_live_to_take_goes_to_the_next() -> None:
    async def main() -> None:
        async with awdb_lab() as made:
            await made.databases.path_a.cut()
            await made.databases.path_b.cut()
            asked = [asyncio.create_task(made.credentials.check(f"u{n}", "p")) for n in range(6)]
            await asyncio.sleep(0)
            asked[1].cancel()
            asked[3].cancel()
            ended = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(one, asyncio.CancelledError) for one in ended] == [n in (1, 3) for n in range(6)]
            assert made.credentials.link.attempts == 4
            await made.databases.path_a.open()
            good = [await made.credentials.check("1101", PASSWORDS["1101"]) for _ in range(2)]
            assert Checked.GOOD in good

    clock.run(main(), virtual=True)
