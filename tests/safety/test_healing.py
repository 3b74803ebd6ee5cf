"""Undoing what a log owes of services and settings, against scripted consoles; the report, and the command."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from chaos import clock
from chaos.clients.console.errors import (
    ActionRefused,
    ConsoleLost,
    ConsoleSilent,
    LoginRefused,
    StateNotReached,
    UnknownService,
)
from chaos.clients.rest import Answer
from chaos.clock import now
from chaos.commands.cli import cli
from chaos.errors import UsageError
from chaos.inventory import load
from chaos.safety.healing import REPORT, HandHealing, heal
from chaos.safety.identity import identity_of
from chaos.safety.places import OVERRIDE, make_own_folder, place_of
from chaos.undo.entries import MarkLeft, ProxyAsFound, RestartDue, ServiceAsFound, SystemConfigAsFound, UndoLog
from chaos.undo.file import FILE, FileUndoLog
from chaos.undo.hands import OwnHands
from chaos.undo.performers import Patience
from chaos.undo.undoing import Healing, undo_all
from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError
from chaos.wire.finesse import SystemConfig, parse_system_config
from tests.inventory.labs import LIVE, REPOSITORY, written
from tests.safety.healers import BRISK, UPSTREAM, inventory, log_with, served, virtual

STARTED, STOPPED, STARTING, STOPPING = (
    ServiceState.STARTED,
    ServiceState.STOPPED,
    ServiceState.STARTING,
    ServiceState.STOPPING,
)


class ScriptedConsole:
    """A console whose services change in `change_s`. orders: what it was told, with everybody's order kept."""

    def __init__(self, orders: list[str], host: str, **states: ServiceState) -> None:
        self.orders = orders
        self.host = host
        self.states = dict(states)
        self.change_s = 1.0
        self.troubles: list[Exception] = []
        self.hangs = False
        self.refuses = 0

    async def service(self, name: str) -> ServiceLine:
        await asyncio.sleep(0.01)
        if self.hangs:
            await asyncio.sleep(10_000)
        if self.troubles:
            raise self.troubles.pop(0)
        return ServiceLine(name, self.states[name])

    async def _to(self, name: str, passing: ServiceState, state: ServiceState, order: str) -> ServiceLine:
        if self.refuses:
            self.refuses -= 1
            raise ActionRefused("Executed command unsuccessfully")
        self.orders.append(f"{order} {name} on {self.host}")
        self.states[name] = passing
        await asyncio.sleep(self.change_s)
        self.states[name] = state
        return ServiceLine(name, state)

    async def start(self, name: str) -> ServiceLine:
        return await self._to(name, STARTING, STARTED, "start")

    async def stop(self, name: str) -> ServiceLine:
        return await self._to(name, STOPPING, STOPPED, "stop")

    async def restart(self, name: str) -> ServiceLine:
        return await self._to(name, STARTING, STARTED, "restart")


class ScriptedAdmin:
    """Finesse's administration: the settings, and whether its node is in service."""

    def __init__(self, orders: list[str], config: SystemConfig) -> None:
        self.orders = orders
        self.config = config
        self.in_service: Callable[[], bool] = lambda: True
        self.status = 200

    async def get(self, resource: str, path: str) -> Answer:
        await asyncio.sleep(0.01)
        if not self.in_service():
            return Answer(503, None, None)
        return Answer(self.status, None, self.config if self.status == 200 else None)

    async def send(self, method: str, resource: str, path: str, body: bytes) -> Answer:
        self.orders.append(f"{method} {resource}")
        self.config = parse_system_config(body)
        return Answer(200, None, None)


class ScriptedHands:
    def __init__(self, *consoles: ScriptedConsole, admin: ScriptedAdmin | None = None) -> None:
        self._consoles = {console.host: console for console in consoles}
        self._admin = admin

    def console(self, host: str) -> ScriptedConsole:
        return self._consoles[host]

    def admin(self) -> ScriptedAdmin:
        assert self._admin is not None
        return self._admin


async def healed(log: UndoLog, hands: ScriptedHands, patience: Patience = BRISK) -> Healing:
    return await undo_all(log, cast("OwnHands", hands), patience=patience)


# --- Services ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [STARTED, STOPPED])
@pytest.mark.parametrize("now_is", [STARTED, STOPPED])
def test_a_service_is_put_back_once_and_only_if_it_differs(found: ServiceState, now_is: ServiceState) -> None:
    async def story() -> None:
        console = ScriptedConsole([], "aw", db=now_is)
        for _ in range(2):
            log = await log_with(ServiceAsFound("aw", "db", found))
            assert (await healed(log, ScriptedHands(console))).ok
            assert console.states["db"] is found
            assert not log.owed()
        expected = [] if found is now_is else ["start db on aw" if found is STARTED else "stop db on aw"]
        assert console.orders == expected

    virtual(story())


def test_an_order_of_the_dead_that_comes_late_is_undone_too() -> None:
    """Whoever died may have sent its order just before: the service still runs when it is first looked at."""

    async def story() -> None:
        console = ScriptedConsole([], "aw", db=STARTED)
        log = await log_with(ServiceAsFound("aw", "db", STARTED))
        late = asyncio.get_running_loop().call_later(1.2, lambda: asyncio.ensure_future(console.stop("db")))
        assert (await healed(log, ScriptedHands(console))).ok
        assert late.when() < now()
        assert console.orders == ["stop db on aw", "start db on aw"]
        assert console.states["db"] is STARTED

    virtual(story())


def test_a_service_in_the_middle_of_a_change_is_waited_for() -> None:
    async def story() -> None:
        console = ScriptedConsole([], "aw", db=STOPPING)
        asyncio.get_running_loop().call_later(4.0, lambda: console.states.update(db=STOPPED))
        log = await log_with(ServiceAsFound("aw", "db", STARTED))
        assert (await healed(log, ScriptedHands(console))).ok
        assert console.orders == ["start db on aw"]

    virtual(story())


def test_services_of_one_host_go_in_reverse_order_and_hosts_at_the_same_time() -> None:
    async def story() -> None:
        orders: list[str] = []
        one = ScriptedConsole(orders, "one", web=STOPPED, xmpp=STOPPED)
        other = ScriptedConsole(orders, "other", db=STOPPED)
        log = await log_with(
            ServiceAsFound("one", "web", STARTED),
            ServiceAsFound("one", "xmpp", STARTED),
            ServiceAsFound("other", "db", STARTED),
        )
        began_s = now()
        assert (await healed(log, ScriptedHands(one, other))).ok
        assert [order for order in orders if "one" in order] == ["start xmpp on one", "start web on one"]
        assert now() - began_s < 2.5  # three starts of 1 s

    virtual(story())


def test_a_console_that_was_left_busy_is_tried_again_and_a_refused_password_is_not() -> None:
    async def story() -> None:
        console = ScriptedConsole([], "aw", db=STOPPED)
        console.troubles = [ConsoleLost("too many sessions"), ConsoleLost("too many sessions")]
        log = await log_with(ServiceAsFound("aw", "db", STARTED))
        assert (await healed(log, ScriptedHands(console))).ok
        trouble = LoginRefused("wrong password")
        console.troubles = [trouble, ConsoleLost("it was asked again")]
        log = await log_with(ServiceAsFound("aw", "db", STARTED))
        assert (await healed(log, ScriptedHands(console))).words() == [f"REMAINS: service 'db' on aw: {trouble}"]
        assert log.owed()

    virtual(story())


@pytest.mark.parametrize(
    "trouble",
    [
        TranscriptError("Broadcast message from admin"),
        UnknownService("it lists no service 'db'; it has: A Cisco DB"),
        ActionRefused("Executed command unsuccessfully"),
        StateNotReached("aw", ServiceLine("db", STOPPING), STARTED, 300.0),
        ConsoleSilent("nothing came"),
        IndexError("tuple index out of range"),
        OSError("no route"),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
def test_whatever_a_console_answers_that_is_no_state_is_asked_again(trouble: Exception) -> None:
    """Case k1: a wall message and 'Executed command unsuccessfully' for some seconds, and Tomcat stayed stopped."""

    async def story() -> None:
        console = ScriptedConsole([], "aw", db=STOPPED)
        console.troubles = [trouble] * 20
        console.refuses = 3
        log = await log_with(ServiceAsFound("aw", "db", STARTED))
        assert (await healed(log, ScriptedHands(console))).ok
        assert console.states["db"] is STARTED

    virtual(story())


def test_a_console_that_never_gives_a_state_remains_with_what_it_said_and_keeps_no_other_from_healing() -> None:
    async def story() -> None:
        mute, well = ScriptedConsole([], "mute", db=STOPPED), ScriptedConsole([], "well", db=STOPPED)
        mute.troubles = [TranscriptError("going down for maintenance")] * 10_000
        log = await log_with(ServiceAsFound("mute", "db", STARTED), ServiceAsFound("well", "db", STARTED))
        began_s = now()
        healing = await healed(log, ScriptedHands(mute, well))
        assert now() - began_s <= BRISK.service_s + 1.0
        assert well.states["db"] is STARTED
        assert "going down for maintenance" in healing.remains()[0]

    virtual(story())


def test_a_performer_that_does_not_let_go_is_left_behind_at_its_deadline() -> None:
    """Case x5: whatever an exchange with somebody outside does, healing is bounded."""

    class Stubborn(ScriptedConsole):
        async def service(self, name: str) -> ServiceLine:
            while True:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(3_000)
                    return ServiceLine(name, STARTED)

    async def story() -> None:
        stubborn, well = Stubborn([], "stubborn", db=STOPPED), ScriptedConsole([], "well", db=STOPPED)
        log = await log_with(ServiceAsFound("stubborn", "db", STARTED), ServiceAsFound("well", "db", STARTED))
        began_s = now()
        healing = await healed(log, ScriptedHands(stubborn, well))
        assert now() - began_s <= BRISK.service_s + 10.0
        assert well.states["db"] is STARTED
        assert len(healing.remains()) == 1
        await asyncio.sleep(4_000)

    virtual(story())


def test_who_waits_is_told_every_second_what_is_still_undone_and_for_how_long_at_most() -> None:
    """Case k2: 302 s of silence while a service stopped."""

    async def story() -> None:
        console = ScriptedConsole([], "aw", db=STOPPING)
        asyncio.get_running_loop().call_later(20.0, lambda: console.states.update(db=STOPPED))
        log = await log_with(ServiceAsFound("aw", "db", STARTED))
        told: list[str] = []
        healing = await undo_all(log, cast("OwnHands", ScriptedHands(console)), patience=BRISK, say=told.append)
        assert healing.ok
        assert len(told) >= 20
        assert "service 'db' on aw (STOPPING), for 5 s, at most 25 s more" in told[4]

    virtual(story())


def test_a_mark_goes_last_and_stays_while_anything_remains() -> None:
    async def story() -> None:
        async with served() as (_, proxies):
            await proxies.create("finesse-chaos-lease-x-1-20261128T025004Z", "127.0.0.1:0", UPSTREAM, enabled=False)
            mark = MarkLeft(proxies.api_url, "finesse-chaos-lease-x-1-20261128T025004Z")
            log = await log_with(mark, RestartDue("gone", "Tomcat"))
            healing = await undo_all(log, OwnHands(inventory(), {}), patience=BRISK)
            assert len(healing.remains()) == 2
            assert await proxies.proxy(mark.name) is not None
            await log.done("restart of 'Tomcat' on gone")
            assert (await undo_all(log, OwnHands(inventory(), {}), patience=BRISK)).ok
            assert await proxies.proxy(mark.name) is None

    virtual(story())


def test_a_console_that_hangs_holds_up_nothing_but_itself() -> None:
    async def story() -> None:
        hung, well = ScriptedConsole([], "hung", db=STOPPED), ScriptedConsole([], "well", db=STOPPED)
        hung.hangs = True
        log = await log_with(ServiceAsFound("hung", "db", STARTED), ServiceAsFound("well", "db", STARTED))
        began_s = now()
        healing = await healed(log, ScriptedHands(hung, well))
        assert now() - began_s == pytest.approx(BRISK.service_s, abs=1.0)
        assert well.states["db"] is STARTED
        assert [one.thing for one in healing.undone if not one.ok] == ["service 'db' on hung"]
        assert len(log.owed()) == 1

    virtual(story())


def test_all_of_it_is_bounded_too() -> None:
    async def story() -> None:
        hung = ScriptedConsole([], "hung", a=STOPPED, b=STOPPED, c=STOPPED)
        hung.hangs = True
        log = await log_with(*(ServiceAsFound("hung", name, STARTED) for name in "abc"))
        began_s = now()
        healing = await healed(log, ScriptedHands(hung))
        assert now() - began_s == pytest.approx(BRISK.all_s, abs=1.0)  # not three times service_s
        assert len(healing.undone) == 3
        assert not any(one.ok for one in healing.undone)

    virtual(story())


BOTH = SystemConfig("10.0.0.1", 42027, "10.0.0.1", 43027, 5000, False)

NO_B = SystemConfig("10.0.0.1", 42027, None, None, 5000, False)


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_settings_come_after_the_services_that_serve_them_and_restarts_last() -> None:
    """The harness died in the middle of a restart: Tomcat stands still, and only a running one takes the settings."""

    async def story() -> None:
        orders: list[str] = []
        node = ScriptedConsole(orders, "fin", tomcat=STOPPED)
        admin = ScriptedAdmin(orders, NO_B)
        admin.in_service = lambda: node.states["tomcat"] is STARTED
        log = await log_with(SystemConfigAsFound(BOTH), RestartDue("fin", "tomcat"))
        assert (await healed(log, ScriptedHands(node, admin=admin))).ok
        assert orders == ["start tomcat on fin", "PUT SystemConfig", "restart tomcat on fin"]
        assert admin.config == BOTH
        assert not log.owed()

    virtual(story())


def test_settings_as_they_were_found_are_not_saved_again() -> None:
    async def story() -> None:
        admin = ScriptedAdmin([], BOTH)
        log = await log_with(SystemConfigAsFound(BOTH))
        assert (await healed(log, ScriptedHands(admin=admin))).ok
        assert admin.orders == []

    virtual(story())


def test_a_publisher_that_refuses_or_never_serves_is_said_to_remain() -> None:
    async def story() -> None:
        admin = ScriptedAdmin([], NO_B)
        admin.status = 401
        log = await log_with(SystemConfigAsFound(BOTH))
        assert "refuses its administrator" in (await healed(log, ScriptedHands(admin=admin))).words()[0]
        admin.in_service = lambda: False
        began_s = now()
        assert "not as it was found after" in (await healed(log, ScriptedHands(admin=admin))).words()[0]
        assert now() - began_s == pytest.approx(BRISK.settings_s, abs=1.0)

    virtual(story())


def test_no_node_is_restarted_while_the_settings_are_still_changed() -> None:
    """It would read them, and nobody would owe it another restart."""

    async def story() -> None:
        node = ScriptedConsole([], "fin", tomcat=STARTED)
        admin = ScriptedAdmin(node.orders, NO_B)
        admin.status = 401
        log = await log_with(SystemConfigAsFound(BOTH), RestartDue("fin", "tomcat"))
        hands = ScriptedHands(node, admin=admin)
        healing = await healed(log, hands)
        assert node.orders == []
        assert [one.ok for one in healing.undone] == [False, False]
        admin.status = 200
        assert (await healed(log, hands)).ok
        assert node.orders == ["PUT SystemConfig", "restart tomcat on fin"]

    virtual(story())


def test_a_node_that_does_not_come_up_keeps_settings_and_restart_owed() -> None:

    async def story() -> None:
        node = ScriptedConsole([], "fin", tomcat=STOPPED)
        node.hangs = True
        admin = ScriptedAdmin([], NO_B)
        admin.in_service = lambda: False
        log = await log_with(SystemConfigAsFound(BOTH), RestartDue("fin", "tomcat"))
        healing = await healed(log, ScriptedHands(node, admin=admin))
        assert len([one for one in healing.undone if not one.ok]) == 2
        assert len(log.owed()) == 2
        assert node.orders == []

    virtual(story())


# --- The report -------------------------------------------------------------------------------------------------------


def test_what_was_healed_stands_beside_the_log_and_an_unreadable_line_remains(tmp_path: Path) -> None:
    async def story() -> None:
        async with served() as (_, proxies):
            log = FileUndoLog(tmp_path)
            await log.before(ProxyAsFound(proxies.api_url, "cti-a", None))
            log.close()
            with (tmp_path / FILE).open("a") as file:
                file.write('{"undo": 2, "entry": {"kind": "coffee machine"}}\n')
            log = FileUndoLog(tmp_path)
            healing = await heal(log, inventory(), {}, by="hand", patience=BRISK)
            log.close()
            assert not healing.ok
            assert "coffee machine" in healing.words()[0]

    virtual(story())
    report = json.loads((tmp_path / REPORT).read_text())
    assert (report["by"], report["ok"], len(report["undone"]), len(report["unreadable"])) == ("hand", False, 1, 1)
    again = FileUndoLog(tmp_path)
    again.close()
    assert (len(again.owed()), len(again.unreadable)) == (0, 1)


def test_a_log_that_owes_nothing_needs_no_report(tmp_path: Path) -> None:
    async def story() -> None:
        log = FileUndoLog(tmp_path)
        assert (await heal(log, inventory(), {}, by="hand")).ok
        log.close()

    virtual(story())
    assert not (tmp_path / REPORT).exists()


ONE = {"thing": "proxy cti-a", "ok": True, "words": "was put back"}


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ({"by": "reaper", "ok": True, "undone": [ONE, ONE]}, "by the reaper: 2 things undone"),
        ({"by": "next run", "ok": True, "undone": [ONE]}, "by the run after: 1 thing undone"),
        (
            {"by": "hand", "ok": False, "undone": [ONE, {**ONE, "ok": False}]},
            "by hand: 1 thing undone, and not all of it",
        ),
        ({"by": "a stranger", "ok": True, "undone": []}, None),
        ({"by": "reaper", "ok": True, "undone": 3}, None),
    ],
)
def test_who_finds_nothing_owed_is_told_who_healed_the_lab_and_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: dict[str, object], says: str | None
) -> None:
    """After the reaper had healed it, heal said "nothing is owed", as of a lab that nobody had ever broken."""
    path, env = written(tmp_path, LIVE), {OVERRIDE: str(tmp_path / "state")}
    monkeypatch.setenv(OVERRIDE, env[OVERRIDE])
    make_own_folder(folder := place_of(env).folder_of(asyncio.run(identity_of(load(path)))))
    lines = [{"began": "2026-11-28T02:00:00+00:00", "by": "hand", "ok": True, "undone": []}]
    lines.append({"began": "2026-11-29T03:04:05+00:00", **last})
    (folder / REPORT).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = CliRunner().invoke(cli, ["heal", "-i", str(path)])
    more = f"; it was last healed at 2026-11-29T03:04:05+00:00, {says}" if says else ""
    assert (done.exit_code, done.output) == (0, f"nothing is owed to this lab{more}\n")


def test_there_is_nothing_to_heal_of_a_built_in_mock() -> None:
    mock = load(REPOSITORY / "inventories" / "mock.yaml")
    with pytest.raises(UsageError, match="ends with its run"):
        virtual(cast("Coroutine[Any, Any, None]", HandHealing(mock, {}, lambda _: None).heal()))


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_remains_and_leaves_with_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, str(tmp_path / "state"))
    path = written(tmp_path, LIVE)
    command = ["heal", "-i", str(path)]
    done = CliRunner().invoke(cli, command)
    assert (done.exit_code, done.output) == (0, "nothing is owed to this lab\n")

    async def owe() -> Path:
        identity = await identity_of(load(path))
        folder = place_of({OVERRIDE: str(tmp_path / "state")}).folder_of(identity)
        make_own_folder(folder)
        log = FileUndoLog(folder, identity)
        await log.before(RestartDue("a.host.that.is.gone", "Cisco Finesse Tomcat"))
        log.close()
        return folder

    folder = clock.run(owe(), virtual=True)
    for _ in range(2):
        done = CliRunner().invoke(cli, command)
        assert done.exit_code == 4
        assert "REMAINS: restart of 'Cisco Finesse Tomcat' on a.host.that.is.gone" in done.output
        assert f"what is owed stands in {folder / FILE}" in done.output
