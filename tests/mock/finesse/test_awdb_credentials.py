"""Credentials against both databases: cache, choice of host, time-out, fail-over, silence, garbage."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from chaos import clock
from chaos.mock.defects import AwdbDefect
from chaos.mock.finesse import Checked
from chaos.mock.finesse.awdb_choice import AwdbHost
from chaos.mock.finesse.awdb_connection import AwdbConnection, ConnectionEnded
from chaos.mock.finesse.awdb_credentials import AwdbCredentials
from chaos.mock.finesse.awdb_link import AwdbOptions
from chaos.wire.awdb import Hello
from tests.mock.finesse.awdb_lab import HALF_HOUR_S, Databases, checked_there, databases
from tests.mock.finesse.lab import PASSWORDS, assert_nothing_runs

GOOD, BAD, UNAVAILABLE, FAILED = Checked.GOOD, Checked.BAD, Checked.UNAVAILABLE, Checked.FAILED


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        await scene()
        await assert_nothing_runs()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(whole(), virtual=True)


async def ask(credentials: AwdbCredentials, user: str = "1101") -> tuple[Checked, float]:
    """The outcome of a request to the API, and how long it took."""
    began_s = clock.now()
    checked = await credentials.check(user, PASSWORDS[user])
    if checked is GOOD:
        credentials.succeeded(user, PASSWORDS[user], asked_s=began_s)
    return checked, clock.now() - began_s


async def tried_in_vain(credentials: AwdbCredentials, user: str = "1101") -> bool:
    """Does it take one request at each host to learn that none can be reached?"""
    return [(await ask(credentials, user))[0] for _ in range(3)] == [FAILED, UNAVAILABLE, UNAVAILABLE]


def scene_with(
    story: Callable[[Databases, AwdbCredentials], Coroutine[Any, Any, None]],
    *defects: str,
    duplex: bool = True,
    former: bool = False,
    options: AwdbOptions | None = None,
) -> None:
    async def scene() -> None:
        async with (
            databases(duplex=duplex, former=former) as both,
            checked_there(both, defects=defects, options=options) as credentials,
        ):
            await story(both, credentials)

    play(scene)


# --- asking and remembering ------------------------------------------------------------------------------------------


def test_the_primary_is_asked_once_and_then_not_before_the_half_hour_is_over() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        assert await ask(credentials) == (GOOD, 0.0)
        assert both.asked == (1, 0)
        await asyncio.sleep(HALF_HOUR_S - 0.001)
        assert await credentials.check("1101", "secret1") is GOOD
        assert both.asked == (1, 0)
        await asyncio.sleep(0.001)
        assert await credentials.check("1101", "secret1") is GOOD
        assert both.asked == (2, 0)

    scene_with(story)


@pytest.mark.parametrize(
    ("defect", "life_s"),
    [(None, 1800.0), ("cache-29-minutes", 1740.0), ("cache-lasts@minutes=31", 1860.0)],
)
def test_with_both_databases_gone_credentials_are_good_to_the_last_millisecond(
    defect: str | None, life_s: float
) -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        await both.path_b.cut()
        await asyncio.sleep(life_s - 0.001)
        assert await credentials.check("1101", "secret1") is GOOD
        await asyncio.sleep(0.001)
        assert await tried_in_vain(credentials)

    scene_with(story, *([defect] if defect else []))


@pytest.mark.parametrize(("slides", "good_s"), [(True, 2799.999), (False, 1799.999)])
def test_whether_the_time_slides_is_an_option(slides: bool, good_s: float) -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await asyncio.sleep(1000)
        await ask(credentials)
        await asyncio.sleep(good_s - 1000)
        assert both.asked == (1, 0)
        await credentials.check("1101", "secret1")
        assert both.asked == (1, 0)
        await asyncio.sleep(0.001)
        await credentials.check("1101", "secret1")
        assert both.asked == (2, 0)

    scene_with(story, options=AwdbOptions(cache_slides=slides))


def test_only_what_succeeded_is_remembered_and_a_wrong_password_is_never_good() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        assert await credentials.check("1101", "secret1") is GOOD  # a stream's sign-in, say: no request to the API
        assert await credentials.check("1101", "secret1") is GOOD
        assert both.asked == (2, 0)
        await ask(credentials)
        assert await credentials.check("1101", "guess") is BAD
        assert await credentials.check("1101" * 100, "guess") is BAD
        assert await credentials.check("1101\0", "secret1") is BAD
        assert await credentials.check("1101", "secret1") is GOOD
        assert both.asked == (5, 0)

    scene_with(story)


def test_a_changed_password_is_noticed_when_the_old_one_is_no_longer_cached() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.central.change_password("1101", "changed")
        assert await credentials.check("1101", "secret1") is GOOD
        assert await credentials.check("1101", "changed") is GOOD
        await asyncio.sleep(HALF_HOUR_S)
        assert await credentials.check("1101", "secret1") is BAD

    scene_with(story)


def test_the_database_says_who_is_an_administrator() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        assert not credentials.is_administrator("admin")
        for user, administrator in (("admin", True), ("1101", False)):
            assert (await ask(credentials, user))[0] is GOOD
            assert credentials.is_administrator(user) is administrator
            assert await credentials.consult(user) is (GOOD if administrator else BAD)
        await both.path_a.cut()
        await both.path_b.cut()
        assert await credentials.check("admin", PASSWORDS["admin"]) is GOOD
        assert [await credentials.consult("admin") for _ in range(2)] == [FAILED, UNAVAILABLE]

    scene_with(story)


def test_a_start_forgets_everybody_and_reads_the_settings_anew() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await credentials.stop()
        assert await credentials.check("1101", "secret1") is UNAVAILABLE
        credentials._administration.database = replace(both.settings, password="wrong")
        credentials.start()
        assert await credentials.check("1101", "secret1") is FAILED  # the primary refuses the account
        assert await credentials.check("1101", "secret1") is UNAVAILABLE  # and so does the secondary
        assert both.asked == (1, 0)

    scene_with(story)


# --- fail-over -------------------------------------------------------------------------------------------------------


def test_a_reset_primary_is_noticed_at_once_and_the_next_request_goes_to_the_secondary() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        assert credentials.link.connected_to is None
        assert await ask(credentials, "1102") == (GOOD, 0.0)
        assert both.asked == (1, 1)
        assert credentials.link.connected_to is AwdbHost.SECONDARY

    scene_with(story)


def test_a_silent_primary_costs_one_request_its_time_out_and_the_retry_succeeds_at_the_secondary() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_a.silent = True
        assert await ask(credentials, "1102") == (FAILED, 10.0)
        assert await ask(credentials, "1102") == (GOOD, 0.0)
        assert (credentials.link.connected_to, both.asked) == (AwdbHost.SECONDARY, (1, 1))
        await asyncio.sleep(0.1)
        assert both.primary.database.clients == 0

    scene_with(story)


def test_a_slow_database_that_answers_within_the_time_out_is_no_loss() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        answer = both.primary.database.answer
        late: list[asyncio.TimerHandle] = []

        def slowly(question: Any) -> Any:
            for session in both.primary.database._sessions:
                late.append(asyncio.get_running_loop().call_later(9.999, session._send, answer(question)))
            return replace(answer(question), id=question.id + 1)  # an answer that nobody waits for

        both.primary.database.answer = slowly  # type: ignore[method-assign]
        assert await ask(credentials) == (GOOD, 9.999)
        assert credentials.link.connected_to is AwdbHost.PRIMARY

    scene_with(story)


def test_each_request_makes_one_attempt_by_turns_until_one_database_answers() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        await both.path_b.cut()
        seen = []
        for _ in range(4):
            seen.append((credentials.link._choice.next, (await ask(credentials, "1102"))[0]))
        assert [host for host, _ in seen] == [AwdbHost.SECONDARY, AwdbHost.PRIMARY] * 2
        assert [checked for _, checked in seen] == [FAILED] + [UNAVAILABLE] * 3
        assert credentials.link.attempts == 5
        await both.path_a.open()
        assert (await ask(credentials, "1102"))[0] is UNAVAILABLE  # the turn of the secondary
        assert (await ask(credentials, "1102"))[0] is GOOD
        assert credentials.link.connected_to is AwdbHost.PRIMARY
        assert len(credentials.link._connections) == 1

    scene_with(story)


def test_a_start_without_primary_finds_the_secondary_at_the_second_request() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await both.path_a.cut()
        assert await ask(credentials) == (FAILED, 0.0)
        assert await ask(credentials) == (GOOD, 0.0)
        assert credentials.link.connected_to is AwdbHost.SECONDARY

    scene_with(story)


def test_a_connection_that_works_is_kept_though_the_primary_is_back() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        await ask(credentials, "1102")
        await both.path_a.open()
        await asyncio.sleep(HALF_HOUR_S)
        await ask(credentials, "1102")
        assert (credentials.link.connected_to, both.asked) == (AwdbHost.SECONDARY, (1, 2))
        await both.path_b.cut()
        assert (await ask(credentials))[0] is GOOD
        assert credentials.link.connected_to is AwdbHost.PRIMARY

    scene_with(story)


def test_a_stopped_and_a_killed_database_are_noticed_like_a_cut() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.primary.database.stop()
        await asyncio.sleep(0.1)
        assert await ask(credentials, "1102") == (GOOD, 0.0)
        await both.primary.database.start()
        await both.secondary.database.die()
        await asyncio.sleep(0.1)
        assert await ask(credentials, "1103") == (GOOD, 0.0)
        assert both.asked == (2, 1)

    scene_with(story)


def test_a_secondary_is_no_target_while_its_distributor_does_not_run() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.secondary.distributor.stop()
        await both.path_a.cut()
        assert [(await ask(credentials, "1102"))[0] for _ in range(4)] == [FAILED] + [UNAVAILABLE] * 3
        await asyncio.sleep(0.1)
        assert (both.asked, both.secondary.database.clients) == ((1, 0), 0)
        await both.secondary.distributor.start()
        assert GOOD in [(await ask(credentials, "1102"))[0] for _ in range(2)]

    scene_with(story)


def test_a_primary_without_its_distributor_goes_on_serving() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await both.primary.distributor.stop()
        assert await ask(credentials) == (GOOD, 0.0)
        assert both.asked == (1, 0)

    scene_with(story)


def test_an_unconfigured_secondary_is_never_tried() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        assert [(await ask(credentials, "1102"))[0] for _ in range(3)] == [UNAVAILABLE] * 3
        assert (both.path_b.connections, both.asked) == (0, (1, 0))

    scene_with(story, duplex=False, former=True)


def test_while_an_attempt_lasts_cached_users_wait_and_no_longer() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_b.silent = True
        await both.path_a.cut()
        failing_over = asyncio.create_task(ask(credentials, "1102"))
        await asyncio.sleep(3)
        assert await ask(credentials) == (GOOD, 7.0)
        assert await failing_over == (FAILED, 10.0)
        assert await ask(credentials) == (GOOD, 0.0)

    scene_with(story)


def test_before_the_loss_is_noticed_cached_users_are_served() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_a.silent = True
        waiting = asyncio.create_task(ask(credentials, "1102"))
        await asyncio.sleep(3)
        assert await ask(credentials) == (GOOD, 0.0)
        assert await waiting == (FAILED, 10.0)

    scene_with(story)


def test_many_requests_at_once_share_the_connection_that_the_first_one_makes() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        outcomes = await asyncio.gather(*(ask(credentials, user) for user in ("1101", "1102", "1103") * 20))
        assert set(outcomes) == {(GOOD, 0.0)}
        assert both.path_a.connections == credentials.link.attempts == 1

    scene_with(story)


def test_requests_that_queue_for_an_attempt_give_up_within_their_time_outs() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        both.path_a.silent = both.path_b.silent = True
        outcomes = await asyncio.gather(*(ask(credentials, "1101") for _ in range(30)))
        assert {checked for checked, _ in outcomes} <= {UNAVAILABLE, FAILED}
        assert max(took_s for _, took_s in outcomes) <= 20.0
        both.path_b.silent = False
        assert GOOD in [(await ask(credentials))[0] for _ in range(2)]

    scene_with(story)


def test_losing_the_connection_fails_every_question_under_way() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_a.silent = True
        waiting = [asyncio.create_task(ask(credentials, user)) for user in ("1102", "1103")]
        await asyncio.sleep(4)
        await both.path_a.cut()
        assert await asyncio.gather(*waiting) == [(FAILED, 4.0)] * 2
        assert (await ask(credentials, "1102"))[0] is GOOD

    scene_with(story)


def test_a_stop_ends_attempts_and_questions_under_way_and_leaves_no_connection() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_a.silent = True
        asking = asyncio.create_task(ask(credentials, "1102"))
        await asyncio.sleep(1)
        connections = tuple(credentials.link._connections)
        await credentials.stop()
        assert [one.closed.done() for one in connections] == [True]
        assert await asking == (FAILED, 1.0)
        credentials.start()
        attempt = asyncio.create_task(ask(credentials, "1102"))
        await asyncio.sleep(1)
        await credentials.stop()
        assert (await attempt)[0] is not GOOD
        await asyncio.sleep(0.1)
        assert both.primary.database.clients == 0
        await credentials.stop()

    scene_with(story)


def test_an_attempt_from_before_a_restart_says_nothing_about_what_comes_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def no_answer(*_: object) -> None:
        """As a network that swallows the first packet."""
        await asyncio.sleep(3600)

    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(asyncio.get_running_loop(), "create_connection", no_answer)
            attempt = asyncio.create_task(ask(credentials))
            await asyncio.sleep(1)
            await credentials.stop()
            credentials.start()
            assert await attempt == (FAILED, 10.0)
        assert await ask(credentials) == (GOOD, 0.0)
        assert credentials.link.connected_to is AwdbHost.PRIMARY

    scene_with(story)


def test_a_connection_that_is_given_up_before_it_is_made_is_reset_when_it_is() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        ends: list[object] = []
        connection = AwdbConnection(ends.append)
        connection.give_up()
        at = both.path_a.at
        await asyncio.get_running_loop().create_connection(lambda: connection, at.host, at.port)
        with pytest.raises(ConnectionEnded):
            await connection.greet(Hello("ucce_awdb", "fin", ""))
        await asyncio.sleep(0.1)
        assert (ends, both.primary.database.clients) == ([], 0)

    scene_with(story)


def test_a_cancelled_request_leaves_the_way_free_for_the_next() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        both.path_a.silent = True
        asking = [asyncio.create_task(ask(credentials, "1102")) for _ in range(3)]
        await asyncio.sleep(1)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        both.path_a.silent = False
        assert await ask(credentials) == (GOOD, 0.0)

    scene_with(story)


@pytest.mark.parametrize("host", ["a" * 64, "no-such-host.invalid"])
def test_a_primary_whose_name_leads_nowhere_costs_an_attempt(host: str) -> None:
    async def scene() -> None:
        async with databases() as both:
            both.settings = replace(both.settings, primary=replace(both.settings.primary, host=host))
            async with checked_there(both) as credentials:
                assert (await ask(credentials))[0] is FAILED
                assert (await ask(credentials))[0] is GOOD

    play(scene)


# --- a peer that is no database --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "wasted_s"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", 0.0),
        (b'{"type":"found","id":1,"role":"agent"}\n', 10.0),  # an answer that nobody waits for, then silence
        (b'{"type":"lookup","id":1,"user":"a"}\n', 0.0),
        (b'{"type":"refused","reason":"no"}\n', 0.0),
        (b'{"type":"welcome","host":"a","distributor":true,"revision":1}\n' * 2, 0.0),
        (b"x" * 5000, 0.0),
        (b"x" * 50, 10.0),
        (b"", 0.0),
    ],
)
def test_a_peer_that_speaks_garbage_or_hangs_up_costs_an_attempt_and_nothing_else(said: bytes, wasted_s: float) -> None:
    async def scene() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(said)
            if not said:
                writer.close()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with databases() as both:
            both.settings = replace(
                both.settings, primary=replace(both.settings.primary, port=server.sockets[0].getsockname()[1])
            )
            async with checked_there(both) as credentials:
                assert await ask(credentials) == (FAILED, wasted_s)
                assert (await ask(credentials))[0] is GOOD
                assert both.asked[1] >= 1
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.1)

    async def whole() -> None:
        await scene()
        await assert_nothing_runs()

    clock.run(whole(), virtual=True)


# --- defects ---------------------------------------------------------------------------------------------------------


def test_an_unprepared_secondary_is_used_by_its_defect_only() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.secondary.distributor.stop()
        await both.path_a.cut()
        assert await ask(credentials, "1102") == (GOOD, 0.0)

    scene_with(story, AwdbDefect.UNPREPARED_SECONDARY_USED)


def test_an_unconfigured_secondary_is_used_by_its_defect_only() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        assert await ask(credentials, "1102") == (GOOD, 0.0)
        assert both.asked == (1, 1)

    scene_with(story, AwdbDefect.UNCONFIGURED_SECONDARY_USED, duplex=False, former=True)


def test_cache_needs_database_loses_cached_users_with_both_databases_and_not_before() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await asyncio.sleep(60)
        await ask(credentials)
        assert both.asked == (1, 0)
        await both.path_a.cut()
        assert (await ask(credentials))[0] is GOOD
        await both.path_b.cut()
        assert await tried_in_vain(credentials)

    scene_with(story, AwdbDefect.CACHE_NEEDS_DATABASE)


def test_asks_every_time_asks_and_still_lives_without_a_database() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        for _ in range(3):
            await ask(credentials)
        assert both.asked == (3, 0)
        await both.path_a.cut()
        await both.path_b.cut()
        assert (await ask(credentials))[0] is GOOD
        assert await tried_in_vain(credentials, "1102")

    scene_with(story, AwdbDefect.ASKS_EVERY_TIME)


def test_stays_with_primary_never_reaches_the_secondary() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        assert [(await ask(credentials, "1102"))[0] for _ in range(3)] == [FAILED, UNAVAILABLE, UNAVAILABLE]
        assert both.path_b.connections == 0
        await both.path_a.open()
        assert (await ask(credentials, "1102"))[0] is GOOD

    scene_with(story, AwdbDefect.STAYS_WITH_PRIMARY)


def test_gives_up_after_first_request_makes_no_attempt_for_five_seconds_once_both_are_gone() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        await both.path_b.cut()
        assert [(await ask(credentials, "1102"))[0] for _ in range(2)] == [FAILED, UNAVAILABLE]
        attempts = credentials.link.attempts
        await both.path_b.open()
        await asyncio.sleep(4.999)
        assert (await ask(credentials, "1102"))[0] is UNAVAILABLE
        assert credentials.link.attempts == attempts
        await asyncio.sleep(0.001)
        assert (await ask(credentials, "1102"))[0] is GOOD

    scene_with(story, AwdbDefect.GIVES_UP_AFTER_FIRST_REQUEST)


def test_repeats_with_one_host_tries_both_and_then_the_primary_only() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        await both.path_a.cut()
        await both.path_b.cut()
        assert [(await ask(credentials, "1102"))[0] for _ in range(2)] == [FAILED, UNAVAILABLE]
        await both.path_b.open()
        assert {(await ask(credentials, "1102"))[0] for _ in range(4)} == {UNAVAILABLE}
        await both.path_a.open()
        assert (await ask(credentials, "1102"))[0] is GOOD

    scene_with(story, AwdbDefect.REPEATS_WITH_ONE_HOST)


def test_answers_while_failing_over_does_not_let_cached_users_wait() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_b.silent = True
        await both.path_a.cut()
        failing_over = asyncio.create_task(ask(credentials, "1102"))
        await asyncio.sleep(3)
        assert await ask(credentials) == (GOOD, 0.0)
        assert await failing_over == (FAILED, 10.0)

    scene_with(story, AwdbDefect.ANSWERS_WHILE_FAILING_OVER)


def test_retry_times_out_too_costs_two_requests_and_then_fails_over() -> None:
    async def story(both: Databases, credentials: AwdbCredentials) -> None:
        await ask(credentials)
        both.path_a.silent = True
        outcomes = [await ask(credentials, "1102") for _ in range(3)]
        assert outcomes == [(FAILED, 10.0), (FAILED, 10.0), (GOOD, 0.0)]
        both.path_b.silent = True
        assert await ask(credentials, "1103") == (FAILED, 10.0)
        both.path_b.silent = False
        assert await ask(credentials, "1103") == (GOOD, 0.0)
        both.path_b.silent = True
        await asyncio.sleep(HALF_HOUR_S)
        assert [(await ask(credentials, "1103"))[0] for _ in range(2)] == [FAILED] * 2

    scene_with(story, AwdbDefect.RETRY_TIMES_OUT_TOO)
