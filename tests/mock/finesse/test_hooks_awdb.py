"""What a broken node does about databases: which is tried and when, what is cached, and what is said without any."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from chaos import clock
from chaos.mock.finesse.awdb_choice import AwdbHost
from chaos.mock.finesse.credentials import Checked
from chaos.mock.finesse.hooks import NodeDefects
from tests.mock.finesse.lab import node_defects

PRIMARY, SECONDARY = AwdbHost.PRIMARY, AwdbHost.SECONDARY
GOOD, BAD, UNAVAILABLE, FAILED = Checked.GOOD, Checked.BAD, Checked.UNAVAILABLE, Checked.FAILED
HALF_HOUR_S = 1800.0


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def cut_off(*texts: str, how: str = "reset", host: AwdbHost = PRIMARY) -> NodeDefects:
    """A node that has lost the database it used."""
    hooks = node_defects(*texts)
    hooks.database_found(host)
    hooks.database_lost(host, how)
    return hooks


def asks(hooks: NodeDefects, verb: str = "GET", path: str = "User/1101", user: str = "1101") -> NodeDefects:
    hooks.request_came(verb, f"/finesse/api/{path}", user)
    return hooks


# --- which database is tried -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("gap-500", "SPSPSP"),
        ("stays-with-primary", "PPPPPP"),
        ("stays-with-primary@first=2", "PPPPSP"),
        ("stays-with-primary@loss=silent", "SPSPSP"),
        ("stays-with-primary@node=b", "SPSPSP"),
        ("repeats-with-one-host", "SPPPPP"),
        ("repeats-with-one-host@host=secondary", "SPSSSS"),
        ("repeats-with-one-host@after=2", "SPSPPP"),
    ],
)
def test_the_hosts_take_turns_but_for_the_break(text: str, tried: str) -> None:
    async def main() -> None:
        hooks, hosts = cut_off(text), []
        for number in range(6):
            turn = PRIMARY if number % 2 else SECONDARY
            hosts.append(hooks.host_to_try(turn, former=False, exhausted=number >= 2))
            hooks.attempt_failed(hosts[-1], "refused", exhausted=number >= 1)
        assert "".join(host.value[0].upper() for host in hosts) == tried

    play(main())


def test_a_secondary_that_was_configured_once_takes_turns_by_its_defect() -> None:
    async def main() -> None:
        for text, tried in (("unconfigured-secondary-used", "SPSP"), ("unconfigured-secondary-used@after=1", "PPSP")):
            hooks = cut_off(text)
            hosts = [hooks.host_to_try(PRIMARY, former=True, exhausted=False) for _ in range(4)]
            assert "".join(host.value[0].upper() for host in hosts) == tried, text
            assert hooks.host_to_try(PRIMARY, former=False, exhausted=False) is PRIMARY

    play(main())


def test_a_node_that_has_lost_nothing_tries_as_it_should() -> None:
    hooks = node_defects("stays-with-primary", "retry-fails-at-once", "request-does-not-try")
    assert hooks.host_to_try(SECONDARY, former=False, exhausted=True) is SECONDARY
    assert hooks.tries_now()


def test_a_secondary_that_is_not_fit_serves_by_its_defect_from_the_named_attempt_on() -> None:
    async def main() -> None:
        hooks = cut_off("unprepared-secondary-used@after=1")
        assert [hooks.may_serve(proper, SECONDARY) for proper in (True, False, False)] == [True, False, True]
        assert not cut_off("gap-500").may_serve(False, SECONDARY)
        other = cut_off("primary-distributor-counts")
        for runs in (True, False, True):
            assert other.may_serve(True, PRIMARY, distributor=runs)
            assert other.may_serve(True, SECONDARY) is runs

    play(main())


def test_a_secondary_that_was_once_found_fit_serves_by_its_defect_until_tomcat_is_restarted() -> None:
    async def main() -> None:
        hooks = cut_off("known-secondary-used")
        assert not hooks.may_serve(False, SECONDARY)
        assert hooks.may_serve(True, PRIMARY)
        assert not hooks.may_serve(False, SECONDARY)
        assert hooks.may_serve(True, SECONDARY)
        assert hooks.may_serve(False, SECONDARY)
        hooks.tomcat_began()
        assert not hooks.may_serve(False, SECONDARY)

    play(main())


@pytest.mark.parametrize(
    ("text", "tries"),
    [
        ("gap-500", [True] * 4),
        ("gives-up-after-first-request@late=60s", [False] * 3 + [True]),
        ("request-does-not-try@every=2", [True, False, True, False]),
        ("request-does-not-try@verb=PUT", [True] * 4),
        ("retry-fails-at-once", [False, True, True, True]),
        ("retry-fails-at-once@times=3", [False, False, False, True]),
        ("retry-fails-at-once@host=secondary", [True] * 4),
    ],
)
def test_a_request_tries_but_for_the_break(text: str, tries: list[bool]) -> None:
    async def main() -> None:
        hooks = asks(cut_off(text))
        hooks.attempt_failed(SECONDARY, "refused", exhausted=False)
        hooks.attempt_failed(PRIMARY, "refused", exhausted=True)
        seen = []
        for _ in range(4):
            await asyncio.sleep(16.0)
            seen.append(hooks.tries_now())
        assert seen == tries

    play(main())


def test_silence_is_noticed_and_waited_for_as_documented_but_for_the_break() -> None:
    async def main() -> None:
        hooks = node_defects("retry-times-out-too@host=secondary,times=2", "first-request-hangs@host=primary,late=80s")
        assert [hooks.notices_silence(PRIMARY, number, of_settings=False) for number in (1, 2, 3)] == [True, True, True]
        assert [hooks.notices_silence(SECONDARY, number, of_settings=False) for number in (1, 2, 3)] == [
            False,
            False,
            True,
        ]
        assert [hooks.question_timeout_s(host, 10.0) for host in AwdbHost] == [90.0, 10.0]

    play(main())


# --- the cache -------------------------------------------------------------------------------------------------------


class Asking:
    """Counts what the database is asked about one user."""

    def __init__(self, answer: Checked = GOOD) -> None:
        self.answer, self.asked, self.looked_up = answer, 0, 0

    async def ask(self) -> Checked:
        self.asked += 1
        return self.answer

    async def look_up(self) -> Checked:
        self.looked_up += 1
        return GOOD


async def cached(hooks: NodeDefects, of: Asking, verb: str = "GET", *, connected: bool = True) -> Checked:
    asks(hooks, verb)
    return await hooks.cached("1101", of.ask, of.look_up, connected=connected)


@pytest.mark.parametrize(
    ("text", "asked", "looked_up"),
    [
        ("gap-500", 0, 0),
        ("asks-every-time", 6, 0),
        ("asks-every-time@every=3", 2, 0),
        ("asks-every-time@verb=PUT", 3, 0),
        ("asks-every-time@beyond=1200s", 1, 0),
        ("asks-every-time@agent=1102", 0, 0),
        ("looks-up-every-time@after=4", 0, 2),
    ],
)
def test_no_database_hears_of_a_cached_user_but_by_the_break(text: str, asked: int, looked_up: int) -> None:
    async def main() -> None:
        hooks, of = node_defects(text), Asking()
        hooks.kept("1101", of.ask)
        for number in range(6):
            await asyncio.sleep(300.0 if number else 0.0)
            assert await cached(hooks, of, "PUT" if number % 2 else "GET") is GOOD
        assert (of.asked, of.looked_up) == (asked, looked_up)

    play(main())


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        ("gap-500", [GOOD, GOOD]),
        ("cache-needs-database", [UNAVAILABLE, UNAVAILABLE]),
        ("cache-needs-database@verb=PUT+POST", [GOOD, UNAVAILABLE]),
        ("cache-needs-database@first=1", [UNAVAILABLE, GOOD]),
        ("cache-needs-database@beyond=900s", [GOOD, GOOD]),
    ],
)
def test_cached_credentials_are_good_without_a_database_but_for_the_break(text: str, checked: list[Checked]) -> None:
    async def main() -> None:
        hooks, of = node_defects(text), Asking(UNAVAILABLE)
        hooks.kept("1101", of.ask)
        seen = [await cached(hooks, of, verb, connected=False) for verb in ("GET", "PUT")]
        assert seen == checked

    play(main())


def test_a_cached_user_is_asked_about_in_the_background_by_its_defect_while_tomcat_runs() -> None:
    async def main() -> None:
        hooks, of = node_defects("asks-in-background@minutes=10"), Asking()
        hooks.kept("1101", of.ask)
        await asyncio.sleep(601.0)
        assert of.asked == 1
        hooks.kept("1101", of.ask)
        await hooks.tomcat_ended()
        await asyncio.sleep(601.0)
        assert of.asked == 1

    play(main())


@pytest.mark.parametrize(
    ("text", "life_s"),
    [
        ("gap-500", [HALF_HOUR_S, HALF_HOUR_S, HALF_HOUR_S]),
        ("cache-lasts@minutes=20", [1200.0, 1200.0, 1200.0]),
        ("cache-lasts@verb=PUT,minutes=5", [HALF_HOUR_S, 300.0, HALF_HOUR_S]),
        ("cache-lasts@by=administrator,minutes=10", [HALF_HOUR_S, HALF_HOUR_S, 600.0]),
        ("not-cached@resource=Users", [HALF_HOUR_S, HALF_HOUR_S, None]),
        ("not-cached@verb=PUT", [HALF_HOUR_S, None, HALF_HOUR_S]),
    ],
)
def test_a_request_makes_its_credentials_good_for_half_an_hour_but_for_the_break(
    text: str, life_s: list[float | None]
) -> None:
    async def main() -> None:
        hooks = node_defects(text)
        requests = (("GET", "User/1101", "1101"), ("PUT", "User/1101", "1101"), ("GET", "Users", "admin"))
        assert [
            asks(hooks, verb, path, user).cache_life_s(user, HALF_HOUR_S) for verb, path, user in requests
        ] == life_s

    play(main())


def test_only_a_request_that_succeeded_counts_but_for_its_defect() -> None:
    async def main() -> None:
        for text, counts in (("gap-500", [True, False]), ("failures-prolong@verb=POST", [True, True])):
            hooks = asks(node_defects(text), "POST", "User/1101/Dialogs")
            assert [hooks.succeeded(proper) for proper in (True, False)] == counts
            assert not asks(hooks).succeeded(False)

    play(main())


def test_what_the_cache_holds_is_remembered_but_for_the_break() -> None:
    async def main() -> None:
        of = Asking()
        hooks = node_defects("cache-holds-few@people=2")
        for user in ("1101", "1102", "1103"):
            hooks.kept(user, of.ask)
        assert [hooks.remembers(user) for user in ("1101", "1102", "1103")] == [False, True, True]
        hooks.kept("1101", of.ask)
        assert [hooks.remembers(user) for user in ("1101", "1102", "1103")] == [True, False, True]

        hooks = node_defects("cache-lost-with-database@host=secondary,loss=reset")
        hooks.kept("1101", of.ask)
        await asyncio.sleep(1.0)
        hooks.database_lost(PRIMARY, "reset")
        assert hooks.remembers("1101")
        hooks.database_lost(SECONDARY, "silent")
        assert hooks.remembers("1101")
        hooks.database_lost(SECONDARY, "reset")
        assert not hooks.remembers("1101")
        await asyncio.sleep(1.0)
        hooks.kept("1101", of.ask)
        assert hooks.remembers("1101")

        hooks = node_defects("wrong-password-forgets")
        hooks.kept("1101", of.ask)
        hooks.not_known("1101")
        assert not hooks.remembers("1101")
        hooks.kept("1101", of.ask)
        assert hooks.remembers("1101")

    play(main())


# --- what a check comes to -------------------------------------------------------------------------------------------


def test_what_the_secondary_says_is_taken_but_for_its_defects() -> None:
    async def main() -> None:
        for text, seen in (
            ("gap-500", [GOOD, GOOD]),
            ("secondary-refuses@first=1", [BAD, GOOD]),
            ("secondary-fails", [FAILED, FAILED]),
            ("secondary-refuses-names", [GOOD, GOOD]),
            ("secondary-refuses-supervisors", [GOOD, GOOD]),
        ):
            hooks = node_defects(text)
            hooks.database_found(PRIMARY)
            assert hooks.checked("1101", GOOD, duplex=True, leads=False) is GOOD
            hooks.database_found(SECONDARY)
            assert [hooks.checked("1101", GOOD, duplex=True, leads=False) for _ in range(2)] == seen, text

    play(main())


def test_nobody_is_let_in_whom_no_database_knows_but_by_the_break() -> None:
    async def main() -> None:
        for text, alone, both in (
            ("gap-500", UNAVAILABLE, UNAVAILABLE),
            ("lets-in-without-secondary", GOOD, UNAVAILABLE),
            ("lets-in-unchecked", GOOD, GOOD),
        ):
            hooks = cut_off(text)
            assert hooks.checked("1101", UNAVAILABLE, duplex=False, leads=False) is alone, text
            assert hooks.checked("1101", UNAVAILABLE, duplex=True, leads=False) is both, text
            assert hooks.checked("1101", BAD, duplex=True, leads=False) is BAD, text

    play(main())


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("gap-500", [401, 401, 401]),
        ("401-is-500@verb=PUT", [401, 500, 401]),
        ("401-is-500@by=administrator", [401, 401, 500]),
        ("401-is-503@resource=User", [503, 503, 401]),
        ("401-is-403@every=3", [401, 401, 403]),
    ],
)
def test_requests_without_a_database_get_401_but_for_the_break(text: str, statuses: list[int]) -> None:
    async def main() -> None:
        hooks, seen = cut_off(text), []
        for verb, path, user in (("GET", "User/1101", "1101"), ("PUT", "User/1101", "1101"), ("GET", "Users", "admin")):
            seen.append(await asks(hooks, verb, path, user).status_without_database())
        assert seen == statuses
        assert clock.now() == 0.0

    play(main())


def test_who_signs_out_is_forgotten_by_its_defect_until_he_is_cached_again() -> None:
    async def main() -> None:
        for text, remembered in (("sign-out-forgets", False), ("not-cached", True)):
            hooks, of = node_defects(text), Asking()
            hooks.kept("1101", of.ask)
            assert hooks.remembers("1101")
            hooks.signs_out("1101")
            assert hooks.remembers("1101"), "nothing has come of it yet"
            hooks.kept("1101", of.ask)
            assert hooks.remembers("1101") is remembered
            hooks.kept("1101", of.ask)
            assert hooks.remembers("1101")

    play(main())


def test_what_supervisors_ask_of_others_without_a_database_gets_500_by_its_defect() -> None:
    async def main() -> None:
        hooks, seen = cut_off("led-401-is-500@verb=PUT"), []
        for verb, path, user in (
            ("PUT", "User/1102", "1101"), ("PUT", "User/1101", "1101"), ("GET", "User/1102", "1101"),
            ("PUT", "User/1102", "admin"), ("PUT", "Dialog/7", "1101"),
        ):  # fmt: skip
            seen.append(await asks(hooks, verb, path, user).status_without_database())
        assert seen == [500, 401, 401, 401, 401]

    play(main())


def test_a_request_hangs_by_its_defect() -> None:
    async def main() -> None:
        assert await asks(cut_off("401-hangs@late=120s")).status_without_database() == 401
        assert clock.now() == 120.0

    play(main())


def test_settings_are_open_by_their_defects_at_the_named_try_for_one_resource_each() -> None:
    async def main() -> None:
        hooks = cut_off("settings-readable-without-database@after=1", "settings-saved-though-refused")
        read = [asks(hooks, "GET", name, "admin").opens_settings() for name in ("SystemConfig", "ClusterConfig") * 2]
        assert read == [False, False, True, True]
        assert not asks(hooks, "PUT", "SystemConfig", "admin").opens_settings()
        assert hooks.saves_though_refused()
        hooks.database_found(PRIMARY)
        assert not asks(hooks, "GET", "SystemConfig", "admin").opens_settings()
        assert not hooks.saves_though_refused()

    play(main())


def test_pages_have_other_words_by_their_defects_for_the_named_person_and_try() -> None:
    async def main() -> None:
        hooks = cut_off("sign-in-says-something-else@after=1", "notice-missing@agent=1102", "sign-in-lets-in@after=2")
        assert [hooks.sign_in_words("1101", "wrong") for _ in range(2)] == ["wrong", "The database is not available"]
        assert [hooks.notice_words(user, "READY", "timed out") for user in ("1101", "1102")] == ["timed out", ""]
        assert [hooks.signs_in("1101") for _ in range(3)] == [False, False, True]
        assert cut_off("sign-in-says-nothing").sign_in_words("1101", "wrong") == ""
        assert cut_off("notice-says-invalid").notice_words("1101", "READY", "late") == "Invalid user ID or password"
        assert node_defects("sign-in-says-nothing").sign_in_words("1101", "wrong") == "wrong"

    play(main())


def test_cached_users_wait_while_a_database_is_being_tried_but_for_the_break() -> None:
    async def main() -> None:
        waited = []

        async def settled() -> None:
            waited.append(clock.now())

        hooks = node_defects("answers-while-failing-over@verb=GET")
        hooks.began_to_try()
        for verb in ("GET", "PUT"):
            await asks(hooks, verb).may_wait(settled)
        assert len(waited) == 1

    play(main())


def test_who_waited_while_failing_over_is_forgotten_by_its_defect_only() -> None:
    async def main() -> None:
        async def settled() -> None:
            await asyncio.sleep(10.0)

        for text, comes in (("forgets-who-waited@verb=GET", False), ("forgets-who-waited@verb=PUT", True)):
            hooks = node_defects(text)
            hooks.began_to_try()
            waiting = asyncio.ensure_future(asks(hooks, "GET").may_wait(settled))
            await asyncio.sleep(60.0)
            assert waiting.done() is comes, text
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    play(main())


def test_some_are_not_known_at_the_secondary_by_the_defects() -> None:
    async def main() -> None:
        for text, user, leads, seen in (
            ("secondary-refuses-names", "anna", False, BAD),
            ("secondary-refuses-names", "admin", False, GOOD),
            ("secondary-refuses-supervisors", "1101", True, BAD),
        ):
            hooks = node_defects(text)
            hooks.database_found(PRIMARY)
            assert hooks.checked(user, GOOD, duplex=True, leads=leads) is GOOD
            hooks.database_found(SECONDARY)
            assert hooks.checked(user, GOOD, duplex=True, leads=leads) is seen, (text, user)

    play(main())


def test_only_the_first_of_two_at_once_is_cached_by_the_defect() -> None:
    async def main() -> None:
        for text, seen in (("gap-500", [GOOD, GOOD]), ("cache-one-at-a-time", [GOOD, UNAVAILABLE])):
            hooks = asks(node_defects(text))

            async def unavailable() -> Checked:
                return UNAVAILABLE

            both = [hooks.cached("1101", unavailable, unavailable, connected=False) for _ in range(2)]
            assert await asyncio.gather(*both) == seen, text

    play(main())
