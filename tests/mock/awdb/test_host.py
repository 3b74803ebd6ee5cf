"""An AW host: its database over TCP, its Distributor, and how both come and go."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chaos import clock
from chaos.mock.awdb import AwHost, DatabaseOptions
from chaos.mock.service import ServiceState
from chaos.wire.awdb import (
    Authenticate,
    Authenticated,
    Found,
    Hello,
    Lookup,
    Refused,
    Role,
    Welcome,
    secret_of,
)
from tests.mock.awdb.client import ACCOUNT, HELLO, central, client, database


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        await scene()
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(whole(), virtual=True)


def test_a_person_is_found_by_id_and_by_name_with_the_right_secret_only() -> None:
    async def scene() -> None:
        async with database() as served, client(served) as one:
            assert await one.greet() == Welcome("aw-a.lab.example", True, 1)
            for number, (user, password, good, role) in enumerate(
                [
                    ("1101", "secret1", True, Role.AGENT),
                    ("ann", "secret1", True, Role.AGENT),
                    ("1101", "secret2", False, Role.AGENT),
                    ("bob", "secret2", True, Role.SUPERVISOR),
                    ("admin", "admin-secret", True, Role.ADMINISTRATOR),
                    ("nobody", "", False, Role.NONE),
                    ("' or 1=1 --", "secret1", False, Role.NONE),
                    ("1101\0", "secret1", False, Role.NONE),
                ]
            ):
                question = Authenticate(number, user, secret_of(password))
                assert await one.ask(question) == Authenticated(number, good, role)
            assert await one.ask(Lookup(99, "admin")) == Found(99, Role.ADMINISTRATOR)
            assert [asked.user for asked in served.asked][:2] == ["1101", "ann"]

    play(scene)


def test_questions_of_one_packet_are_answered_in_order() -> None:
    async def scene() -> None:
        async with database() as served, client(served) as one:
            one.send(HELLO, Lookup(1, "1101"), Lookup(2, "1102"))
            answers = [await one.next() for _ in range(3)]
            assert answers[1:] == [Found(1, Role.AGENT), Found(2, Role.SUPERVISOR)]

    play(scene)


@pytest.mark.parametrize(
    "hello",
    [
        Hello("other_awdb", "fin", secret_of("db-secret")),
        Hello("ucce_awdb", "sa", secret_of("db-secret")),
        Hello("ucce_awdb", "fin", secret_of("guess")),
    ],
)
def test_who_has_no_account_is_refused_and_hung_up_on(hello: Hello) -> None:
    async def scene() -> None:
        async with database() as served, client(served) as one:
            assert isinstance(await one.ask(hello), Refused)
            assert await one.next() is None
            assert clock.now() == 0.0

    play(scene)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x12\x01\x00\x2f" + b"\0" * 5000,
        b"x" * 10_000,
        b'{"type":"lookup","id":1,"user":"a"}\n',
    ],
)
def test_garbage_is_reset_at_once_and_harms_nobody_else(garbage: bytes) -> None:
    async def scene() -> None:
        async with database() as served, client(served) as good, client(served) as bad:
            await good.greet()
            bad.writer.write(garbage)
            assert await bad.next() is None
            assert await good.ask(Lookup(1, "1101")) == Found(1, Role.AGENT)
            assert clock.now() == 0.0

    play(scene)


def test_a_second_hello_and_an_answer_from_a_client_are_garbage() -> None:
    async def scene() -> None:
        async with database() as served:
            for message in (HELLO, Found(1, Role.AGENT)):
                async with client(served) as one:
                    await one.greet()
                    assert await one.ask(message) is None

    play(scene)


def test_who_says_nothing_is_reset_when_his_time_is_over_and_a_greeted_one_never() -> None:
    async def scene() -> None:
        async with database(DatabaseOptions(login_s=15.0)) as served, client(served) as good, client(served) as dumb:
            await good.greet()
            assert await dumb.next() is None
            assert clock.now() == 15.0
            await asyncio.sleep(3600)
            assert await good.ask(Lookup(1, "1101")) == Found(1, Role.AGENT)

    play(scene)


def test_more_clients_than_it_takes_are_turned_away() -> None:
    async def scene() -> None:
        async with database(DatabaseOptions(clients_max=2)) as served, client(served) as one, client(served) as two:
            await one.greet()
            await two.greet()
            async with client(served) as three:
                assert await three.ask(HELLO) is None
            assert served.clients == 2

    play(scene)


def test_a_client_that_does_not_read_is_dropped_and_cannot_delay_the_end() -> None:
    async def scene() -> None:
        async with database() as served, client(served) as deaf, client(served) as good:
            await good.greet()
            await deaf.greet()
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            for _ in range(200):
                deaf.send(*(Lookup(n, "1101") for n in range(500)))
                await asyncio.sleep(0)
            assert await good.ask(Lookup(1, "1101")) == Found(1, Role.AGENT)
            await served.stop()
            assert clock.now() <= 1.0

    play(scene)


def test_an_orderly_stop_closes_and_death_resets() -> None:
    async def scene() -> None:
        async with database() as served, client(served) as one:
            await one.greet()
            await served.stop()
            assert await one.reader.read() == b""
            await served.start()
            async with client(served) as two:
                await two.greet()
                await served.die()
                with pytest.raises(ConnectionResetError):
                    await two.reader.read()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(served.host, served.port)

    play(scene)


@pytest.mark.parametrize("end", ["stop", "die"])
def test_a_database_comes_back_with_its_content_and_at_its_port(end: str) -> None:
    async def scene() -> None:
        async with database(DatabaseOptions(start_s=8.0, stop_s=3.0)) as served:
            port = served.port
            await getattr(served, end)()
            assert served.revision == 0
            await served.start()
            assert (served.port, served.revision) == (port, 1)
            async with client(served) as one:
                await one.greet()
                answer = await one.ask(Authenticate(1, "1101", secret_of("secret1")))
                assert answer == Authenticated(1, True, Role.AGENT)

    play(scene)


def host() -> AwHost:
    return AwHost("aw-b.lab.example", central(), ACCOUNT, port=0)


def test_the_services_have_their_windows_names() -> None:
    async def scene() -> None:
        assert list(host().services) == ["MSSQLSERVER", "Cisco ICM ucce Distributor"]

    play(scene)


def test_without_its_distributor_a_database_serves_what_was_copied_last_and_says_so() -> None:
    async def scene() -> None:
        people = central()
        one = AwHost("aw-b.lab.example", people, ACCOUNT, port=0)
        await one.start()
        await one.distributor.stop()
        people.change_password("1101", "changed")
        async with client(one.database) as asker:
            assert await asker.greet() == Welcome("aw-b.lab.example", False, 1)
            assert await asker.ask(Authenticate(1, "1101", secret_of("secret1"))) == Authenticated(1, True, Role.AGENT)
            await one.distributor.start()
            assert await asker.ask(Authenticate(2, "1101", secret_of("secret1"))) == Authenticated(2, False, Role.AGENT)
            people.change_password("1101", "again")
            assert await asker.ask(Authenticate(3, "1101", secret_of("again"))) == Authenticated(3, True, Role.AGENT)
        await one.stop()

    play(scene)


def test_a_database_that_starts_later_is_brought_in_step_by_a_distributor_that_runs() -> None:
    async def scene() -> None:
        people = central()
        one = AwHost("aw-b.lab.example", people, ACCOUNT, port=0)
        await one.start()
        await one.database.die()
        people.change_password("1101", "changed")
        assert one.distributor.state is ServiceState.STARTED
        await one.database.start()
        assert one.database.revision == people.revision == 2
        await one.distributor.die()
        people.change_password("1101", "again")
        assert one.database.revision == 2
        await one.stop()
        assert not people.watchers
        assert not one.database.watchers

    play(scene)


def test_a_database_that_was_never_copied_to_knows_nobody() -> None:
    async def scene() -> None:
        one = host()
        await one.database.start()
        async with client(one.database) as asker:
            assert await asker.greet() == Welcome("aw-b.lab.example", False, 0)
            assert await asker.ask(Authenticate(1, "1101", secret_of("secret1"))) == Authenticated(1, False, Role.NONE)
        await one.stop()

    play(scene)


def test_a_port_that_is_taken_leaves_the_service_stopped_and_nothing_open() -> None:
    async def scene() -> None:
        async with database() as served:
            other = AwHost("aw-b.lab.example", central(), ACCOUNT, port=served.port)
            with pytest.raises(OSError, match="in use"):
                await other.start()
            assert other.database.state is ServiceState.STOPPED

    play(scene)
