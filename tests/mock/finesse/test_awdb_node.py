"""A node whose users are in the AWDB, as clients see it: REST, streams, settings, the desktop's words."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from chaos import clock
from chaos.mock.defects import AwdbDefect, Defect
from chaos.mock.finesse.desktop import HOME, INVALID, NOTICE, SIGN_IN, TIMED_OUT
from chaos.wire.finesse import parse_api_errors, parse_enterprise_database_config, parse_system_config
from chaos.wire.ged188.values import AgentState
from tests.mock.finesse.awdb_lab import HALF_HOUR_S, AwdbLab, awdb_lab
from tests.mock.finesse.lab import OTHER, PASSWORDS, Watcher

HOST_AND_PORT = "<host>h</host><port>1</port>"
DATABASE_ERROR = (500, "Internal Server Error", "DB_RUNTIME_EXCEPTION")
SETTINGS = ("SystemConfig", "EnterpriseDatabaseConfig", "ClusterConfig")
Story = Callable[[AwdbLab], Coroutine[Any, Any, None]]


def play(story: Story, *defects: str, **changes: Any) -> None:
    async def scene() -> None:
        async with awdb_lab(defects=frozenset(defects), **changes) as made:
            await story(made)

    clock.run(scene(), virtual=True)


async def both_gone(made: AwdbLab) -> None:
    await made.databases.path_a.cut()
    await made.databases.path_b.cut()


def error_of(response: httpx.Response) -> tuple[int, str | None, str | None]:
    error = parse_api_errors(response.content).errors[0]
    return response.status_code, error.error_type, error.error_message


# --- requests --------------------------------------------------------------------------------------------------------


def test_both_edges_of_the_half_hour_show_in_the_answers_of_rest() -> None:
    async def story(made: AwdbLab) -> None:
        async with made.rest("1101") as client:
            began_s = clock.now()
            assert (await client.get("/finesse/api/User/1101")).status_code == 200
            await both_gone(made)
            await asyncio.sleep(began_s + HALF_HOUR_S - 0.001 - clock.now())
            made.credentials._cache._slides = False  # else this very request would begin the time anew
            assert (await client.get("/finesse/api/User/1101")).status_code == 200
            await asyncio.sleep(0.001)
            errors = [error_of(await client.get("/finesse/api/User/1101")) for _ in range(3)]
            unauthorized = (401, "Authorization Failure", "UNAUTHORIZED")
            assert errors == [DATABASE_ERROR, unauthorized, unauthorized]

    play(story)


def test_a_request_that_failed_for_another_reason_is_not_remembered() -> None:
    async def story(made: AwdbLab) -> None:
        assert await made.status("1101", "Dialog/4711") == 404
        assert await made.status("1101", "User/1102") == 401
        await both_gone(made)
        assert [await made.status("1101") for _ in range(2)] == [500, 401]

    play(story)


def test_the_database_that_seemed_up_costs_a_500_after_its_time_out_and_the_retry_is_answered() -> None:
    async def story(made: AwdbLab) -> None:
        assert await made.status("1101") == 200
        made.databases.path_a.silent = True
        began_s = clock.now()
        async with made.rest("1102") as client:
            failed = error_of(await client.get("/finesse/api/User/1102"))
        assert (failed, clock.now() - began_s) == (DATABASE_ERROR, 10.0)
        assert await made.status("1102") == 200
        assert clock.now() - began_s == 10.0

    play(story)


def test_with_both_gone_nobody_who_is_not_cached_gets_in() -> None:
    async def story(made: AwdbLab) -> None:
        assert await made.status("1101") == 200
        await both_gone(made)
        assert [await made.status(user) for user in ("1101", "1102", "1102", "1101")] == [200, 500, 401, 200]

    play(story)


def test_a_database_that_is_down_is_no_wrong_password_and_five_of_them_lock() -> None:
    async def story(made: AwdbLab) -> None:
        await both_gone(made)
        assert [await made.status("1101") for _ in range(6)] == [500] + [401] * 5  # at first only one has failed
        await made.databases.path_a.open()
        await made.databases.path_b.open()
        assert await made.status("1101") == 200
        for _ in range(5):
            assert await made.status("1101", password="guess") == 401
        assert await made.status("1101") == 401  # cached, and locked all the same
        await asyncio.sleep(300)
        assert await made.status("1101") == 200

    play(story)


def test_system_info_needs_no_database_and_does_not_wait_for_one() -> None:
    async def story(made: AwdbLab) -> None:
        made.databases.path_a.silent = True
        waiting = asyncio.create_task(made.status("1101"))
        await asyncio.sleep(3)
        async with made.lab.rest(None) as client:
            assert (await client.get("/finesse/api/SystemInfo")).status_code == 200
        assert clock.now() < 10
        assert await waiting == 500

    play(story)


def test_while_failing_over_no_request_is_processed_and_events_are_published() -> None:
    async def story(made: AwdbLab) -> None:
        ann = await made.lab.client()
        await ann.sign_in("2001")
        made.databases.path_b.silent = True
        await made.databases.path_a.cut()
        failing_over = asyncio.create_task(made.status("1102"))
        await asyncio.sleep(2)
        began_s = clock.now()
        request = asyncio.create_task(ann.state("READY"))
        await asyncio.sleep(2)
        ann.xmpp.clear()
        made.lab.peripheral.agents.set_state("1101", AgentState.AVAILABLE)
        await ann.xmpp.until(lambda: ann.xmpp.states() == ["READY"])
        assert clock.now() - began_s == pytest.approx(2.0)
        assert not request.done()
        assert (await request).status_code == 202
        assert clock.now() - began_s == pytest.approx(8.0)
        assert await failing_over == 500

    play(story)


def test_the_defect_stops_events_while_no_database_answers_and_nothing_else() -> None:
    async def story(made: AwdbLab) -> None:
        ann = await made.lab.client()
        await ann.sign_in("2001")
        await both_gone(made)
        ann.xmpp.clear()
        made.lab.peripheral.agents.set_state("1101", AgentState.AVAILABLE)
        await asyncio.sleep(5)
        assert ann.xmpp.updates == []
        assert "<state>READY</state>" in (await ann.get("User/1101")).text
        await made.databases.path_a.open()
        await made.databases.path_b.open()
        await made.status("1102")
        made.lab.peripheral.agents.set_state("1101", AgentState.NOT_READY)
        await ann.xmpp.until(lambda: ann.xmpp.states() == ["NOT_READY"])

    play(story, AwdbDefect.EVENTS_STOP_WITH_DATABASE)


def test_a_stream_uses_the_cache_but_does_not_fill_it() -> None:
    async def story(made: AwdbLab) -> None:
        port = made.lab.node.notification.port
        first = Watcher("1101", "one")
        await first.arrive(port)
        await both_gone(made)
        refused = Watcher("1101", "two")
        refused.connect("127.0.0.1", port)
        await refused.until(lambda: bool({"failed_auth", "disconnected"} & set(refused.trouble)))
        await made.databases.path_a.open()
        await made.databases.path_b.open()
        assert [await made.status("1101") for _ in range(2)][-1] == 200
        await both_gone(made)
        again = Watcher("1101", "three")
        await again.arrive(port)
        for watcher in (first, refused, again):
            await watcher.leave()

    play(story)


def test_a_restart_of_tomcat_forgets_cached_users_and_closes_the_connection() -> None:
    async def story(made: AwdbLab) -> None:
        assert await made.status("1101") == 200
        await made.lab.node.tomcat.stop()
        await asyncio.sleep(0.1)
        assert made.databases.primary.database.clients == 0
        await both_gone(made)
        await made.lab.node.tomcat.start()
        await made.lab.node.until_in_service()
        assert await made.status("1101") in (401, 500)
        await made.lab.node.tomcat.die()

    play(story)


def test_the_401_defect_answers_500_without_any_database_and_401_to_a_wrong_password() -> None:
    async def story(made: AwdbLab) -> None:
        assert await made.status("1101", password="guess") == 401
        await both_gone(made)
        assert {await made.status("1102") for _ in range(2)} == {500}

    play(story, AwdbDefect.UNAUTHORIZED_IS_500)


# --- settings --------------------------------------------------------------------------------------------------------


def test_the_administrator_reads_and_changes_all_settings_on_the_primary_node() -> None:
    async def story(made: AwdbLab) -> None:
        async with made.rest("admin") as client:
            texts = {}
            for name in SETTINGS:
                answer = await client.get(f"/finesse/api/{name}")
                assert answer.status_code == 200
                texts[name] = answer.text
            shown = parse_enterprise_database_config(texts["EnterpriseDatabaseConfig"])
            assert (shown.database_name, shown.username, shown.password) == ("ucce_awdb", "fin", "")
            assert shown.port == made.databases.path_a.at.port
            assert shown.backup_port == made.databases.path_b.at.port
            for name, text in texts.items():
                assert (await client.put(f"/finesse/api/{name}", content=text)).status_code == 200
            saved = made.lab.administration.database
            assert saved is not None
            assert (saved.primary, saved.secondary) == (made.databases.path_a.at, made.databases.path_b.at)
            assert saved.password == "db-secret"
        assert [await made.status("1101", name) for name in SETTINGS] == [401] * 3

    play(story)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<host>h</host><port>1433</port>", (400, "Parameter Missing", "DatabaseName Parameter missing")),
        ("<port>1433</port><databaseName>d</databaseName>", (400, "Parameter Missing", "Host Parameter missing")),
        ("<host>h h</host><port>1433</port>", (400, "Invalid Input", "Invalid 'host' specified")),
        ("<host>h</host><port>70000</port>", (400, "Invalid Input", "Invalid 'port' specified")),
        ("<host>h</host>", (400, "Parameter Missing", "Port Parameter missing")),
        (f"{HOST_AND_PORT}<backupPort>2</backupPort>", (400, "Parameter Missing", "BackupHost Parameter missing")),
        (f"{HOST_AND_PORT}<backupHost>h</backupHost>", (400, "Invalid Input", "Invalid 'backupHost' specified")),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_and_change_nothing(body: str, told: tuple[int, str, str]) -> None:
    if "databaseName" not in body and "Name" not in told[2]:
        body += "<databaseName>d</databaseName>"
    text = f"<EnterpriseDatabaseConfig>{body}<username>u</username></EnterpriseDatabaseConfig>"

    async def story(made: AwdbLab) -> None:
        before = made.lab.administration.database
        async with made.rest("admin") as client:
            answer = await client.put("/finesse/api/EnterpriseDatabaseConfig", content=text)
        assert error_of(answer) == told
        assert made.lab.administration.database is before

    play(story)


def test_the_secondary_node_forbids_settings_to_administrators_only() -> None:
    async def story(made: AwdbLab) -> None:
        for user, status in (("admin", 403), ("1101", 401)):
            assert [await made.status(user, name) for name in SETTINGS] == [status] * 3

    play(story, host=OTHER, primary_host="fin-a.lab.example", secondary_host=OTHER)


def test_a_secondary_that_is_taken_out_of_the_settings_is_not_used_after_the_restart() -> None:
    async def story(made: AwdbLab) -> None:
        async with made.rest("admin") as client:
            port = made.databases.path_a.at.port
            text = (
                f"<EnterpriseDatabaseConfig><host>127.0.0.1</host><port>{port}</port>"
                "<databaseName>ucce_awdb</databaseName><username>fin</username></EnterpriseDatabaseConfig>"
            )
            assert (await client.put("/finesse/api/EnterpriseDatabaseConfig", content=text)).status_code == 200
        await made.lab.node.tomcat.stop()
        await made.lab.node.tomcat.start()
        await made.lab.node.until_in_service()
        assert await made.status("1101") == 200
        await made.databases.path_a.cut()
        assert [await made.status("1102") for _ in range(3)] == [401] * 3

    play(story)


async def settings_seen(made: AwdbLab) -> tuple[int, int, str | None]:
    """Statuses of reading and of changing SystemConfig without any database, and what is saved then."""
    async with made.rest("admin") as client:
        text = (await client.get("/finesse/api/SystemConfig")).text
        await both_gone(made)
        read = await client.get("/finesse/api/SystemConfig")
        changed = text.replace("<peripheralId>5000<", "<peripheralId>5001<")
        assert changed != text
        written = await client.put("/finesse/api/SystemConfig", content=changed)
        assert (read.status_code == 200) == (parse_system_config(text) == _config(read))
    return read.status_code, written.status_code, str(made.lab.administration.cti.peripheral_id)


def _config(response: httpx.Response) -> object:
    return parse_system_config(response.content) if response.status_code == 200 else None


@pytest.mark.parametrize(
    ("defects", "seen"),
    [
        ((), (500, 500, "5000")),
        ((AwdbDefect.SETTINGS_READABLE_WITHOUT_DATABASE,), (200, 500, "5000")),
        ((AwdbDefect.SETTINGS_WRITABLE_WITHOUT_DATABASE,), (500, 200, "5001")),
    ],
)
def test_without_any_database_settings_are_out_of_reach_but_for_their_defects(
    defects: tuple[Defect, ...], seen: tuple[int, int, str]
) -> None:
    async def story(made: AwdbLab) -> None:
        assert await settings_seen(made) == seen

    play(story, *defects)


@pytest.mark.parametrize(
    ("defects", "seen"),
    [((), (500, 401)), ((AwdbDefect.SETTINGS_READABLE_WITHOUT_DATABASE,), (200, 401))],
)
def test_the_same_holds_when_the_administrator_is_no_longer_cached(
    defects: tuple[Defect, ...], seen: tuple[int, int]
) -> None:
    async def story(made: AwdbLab) -> None:
        async with made.rest("admin") as client:
            text = (await client.get("/finesse/api/SystemConfig")).text
            await both_gone(made)
            await asyncio.sleep(HALF_HOUR_S)
            read = await client.get("/finesse/api/SystemConfig")
            written = await client.put("/finesse/api/SystemConfig", content=text)
            assert (read.status_code, written.status_code) == seen

    play(story, *defects)


@pytest.mark.parametrize(
    "defect", [AwdbDefect.SETTINGS_READABLE_WITHOUT_DATABASE, AwdbDefect.SETTINGS_WRITABLE_WITHOUT_DATABASE]
)
def test_the_defects_of_the_settings_open_nothing_while_there_is_a_database(defect: Defect) -> None:
    async def story(made: AwdbLab) -> None:
        assert await made.status("admin", "SystemConfig") == 200
        async with made.rest("admin", "guess") as client:
            assert (await client.get("/finesse/api/SystemConfig")).status_code == 401
            assert (await client.put("/finesse/api/SystemConfig", content="<SystemConfig/>")).status_code == 401
        assert await made.status("1101", "SystemConfig") == 401

    play(story, defect)


# --- the desktop's words ---------------------------------------------------------------------------------------------


def desktop(made: AwdbLab) -> httpx.AsyncClient:
    client = made.lab.rest(None)
    client.timeout = httpx.Timeout(60.0)
    client.follow_redirects = True
    return client


async def sign_in(client: httpx.AsyncClient, user: str = "1101", extension: str = "", password: str = "") -> str:
    fields = {"user": user, "password": password or PASSWORDS[user], "extension": extension}
    return (await client.post(SIGN_IN, data=fields)).text


def test_somebody_signs_in_at_the_desktop_and_changes_state() -> None:
    async def story(made: AwdbLab) -> None:
        ann = await made.lab.client()
        async with desktop(made) as client:
            assert 'name="password"' in (await client.get(SIGN_IN)).text
            page = await sign_in(client, extension="2001")
            assert '<p id="user">1101</p>' in page
            await ann.xmpp.until(lambda: "NOT_READY" in ann.xmpp.states())
            page = (await client.post(HOME, data={"state": "READY"})).text
            assert '<p id="notice" role="alert"></p>' in page
            await ann.xmpp.until(lambda: "READY" in ann.xmpp.states())
            assert (await client.get(NOTICE)).text == ""
            assert "Invalid" in (await client.post(HOME, data={"state": "NAPPING"})).text

    play(story)


def test_a_wrong_password_and_a_lost_database_show_the_same_words_at_sign_in() -> None:
    async def story(made: AwdbLab) -> None:
        async with desktop(made) as client:
            assert INVALID in await sign_in(client, password="guess")
            assert INVALID in await sign_in(client, password="<script>")
            await both_gone(made)
            for _ in range(2):
                page = await sign_in(client)
                assert INVALID in page
                assert 'name="password"' in page

    play(story)


def test_a_sign_in_at_the_desktop_is_a_request_that_is_remembered() -> None:
    async def story(made: AwdbLab) -> None:
        async with desktop(made) as client:
            await sign_in(client)
        await both_gone(made)
        assert await made.status("1101") == 200

    play(story)


def test_whoever_is_signed_in_reads_that_the_operation_timed_out() -> None:
    async def story(made: AwdbLab) -> None:
        async with desktop(made) as client:
            await sign_in(client)
            await both_gone(made)
            await asyncio.sleep(HALF_HOUR_S)
            page = (await client.post(HOME, data={"state": "READY"})).text
            assert f'<p id="notice" role="alert">{TIMED_OUT}</p>' in page
            assert TIMED_OUT in (await client.get(HOME)).text
            assert (await client.get(NOTICE)).text == TIMED_OUT

    play(story)


@pytest.mark.parametrize(
    ("defect", "sign_in_changes"),
    [(AwdbDefect.SIGN_IN_SAYS_SOMETHING_ELSE, True), (AwdbDefect.NOTICE_SAYS_SOMETHING_ELSE, False)],
)
def test_each_defect_of_the_words_changes_its_own_words_only(defect: Defect, sign_in_changes: bool) -> None:
    async def story(made: AwdbLab) -> None:
        async with desktop(made) as client, desktop(made) as other:
            assert INVALID in await sign_in(client, password="guess")
            await sign_in(client)
            await both_gone(made)
            await asyncio.sleep(HALF_HOUR_S)
            notice = (await client.post(HOME, data={"state": "READY"})).text
            assert (TIMED_OUT in notice) is sign_in_changes
            assert (INVALID in await sign_in(other)) is not sign_in_changes

    play(story, defect)


def test_the_pages_take_what_strangers_send() -> None:
    async def story(made: AwdbLab) -> None:
        async with desktop(made) as client:
            assert 'name="password"' in (await client.get(HOME)).text
            client.cookies.set("JSESSIONID", "x" * 500)
            assert 'name="password"' in (await client.get(NOTICE)).text
            assert INVALID in (await client.post(SIGN_IN, data={})).text
            assert "&lt;b&gt;" in (await client.post(SIGN_IN, data={"user": "<b>", "password": "x"})).text
            files = {"user": ("name", b"1101"), "password": ("name", b"secret1")}
            assert INVALID in (await client.post(SIGN_IN, files=files)).text
            too_long = await client.post(SIGN_IN, data={"user": "u" * 400_000})
            assert too_long.status_code == 400

    play(story)


def test_there_are_so_many_desktop_sessions_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.mock.finesse.desktop.SESSIONS_MAX", 3)

    async def story(made: AwdbLab) -> None:
        async with desktop(made) as client:
            await sign_in(client)
            oldest = client.cookies["JSESSIONID"]
            client.follow_redirects = False
            for _ in range(3):
                client.cookies.clear()
                await sign_in(client)
            assert (await client.get(HOME)).status_code == 200
            client.cookies.clear()
            client.cookies.set("JSESSIONID", oldest)
            assert (await client.get(HOME)).status_code == 303

    play(story)
