"""Lease, guard and reaper with real processes: who has a lab, and who heals it when a harness dies."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chaos import clock
from chaos.clients.toxiproxy import ProxyState, Toxiproxy
from chaos.clock import now
from chaos.errors import RollbackFailed
from chaos.inventory import Inventory, load, resolved
from chaos.safety.guard import Guard, NoGuard, guard_for
from chaos.safety.healing import REPORT, heal_by_hand
from chaos.safety.lease import HEALS, RUNS, LabInUse, Lease, NoLease, lab_folder, state_folder
from chaos.safety.reaper import NoReaper, Reaper
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import ProxyAsFound, RestartDue, UndoLog
from chaos.undo.file import FILE, FileUndoLog
from tests.inventory.labs import LIVE, REPOSITORY, written

DEADLINE_S = 40.0
# Each of these starts two or three Python processes.
slow = pytest.mark.slow
SECRET = "correct-horse-battery"


@dataclass
class Bench:
    """A lab of which only the proxy server is real. env: with secrets and a state folder of its own."""

    path: Path
    inventory: Inventory
    env: dict[str, str]
    folder: Path
    proxies: Toxiproxy
    found: ProxyState

    async def is_as_found(self) -> bool:
        return await self.proxies.proxy("cti-a") == self.found

    def reports(self) -> list[dict[str, Any]]:
        path = self.folder / REPORT
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def until_healed(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not self.reports():  # noqa: ASYNC110 – another process writes them
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    path = written(tmp_path, LIVE)
    inventory = load(path)
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "BOSS": SECRET, "VOS": SECRET}
    server = ToxiproxyServer(port=0)
    await server.start()
    try:
        proxies = Toxiproxy(server.api_url)
        found = await proxies.create("cti-a", "127.0.0.1:0", "127.0.0.1:9")
        yield Bench(path, inventory, env, lab_folder(inventory, env), proxies, found)
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def harness(on: Bench) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A harness in a session of its own, at the moment when it owes something; and its reaper's pid."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.safety.guarded", str(on.path), on.proxies.api_url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=on.env,
        cwd=REPOSITORY,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE_S):
            words = (await process.stdout.readline()).split()
        assert words[0] == b"ready"
        yield process, int(words[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def real(story: Coroutine[Any, Any, None]) -> None:
    clock.run(story, virtual=False)


async def until_free(on: Bench) -> None:
    """Wait until nobody has the lab."""
    (await Lease.take(on.folder, HEALS, wait_s=DEADLINE_S)).give_up()


# --- The reaper -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, *(pytest.param(one, marks=slow) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))],
)
def test_the_reaper_survives_what_kills_the_whole_group_of_the_harness_and_heals(
    tmp_path: Path, number: signal.Signals
) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, reaper):
            assert not await on.is_as_found()
            assert os.getsid(reaper) == reaper
            os.killpg(process.pid, number)
            await on.until_healed()
            assert await on.is_as_found()
            assert [(report["by"], report["ok"]) for report in on.reports()] == [("reaper", True)]
            await until_free(on)

    real(story())


@slow
def test_the_reaper_does_not_heed_sigterm_while_the_harness_lives(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, reaper):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(reaper, number)
            process.kill()
            await on.until_healed()
            assert await on.is_as_found()
            await until_free(on)

    real(story())


def test_after_an_orderly_end_the_reaper_goes_and_touches_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, reaper):
            assert process.stdin is not None
            process.stdin.write(b"leave\n")
            async with asyncio.timeout(DEADLINE_S):
                assert await process.wait() == 0
            with pytest.raises(ProcessLookupError):
                os.kill(reaper, 0)
            assert await on.is_as_found()
            assert on.reports() == []
            await until_free(on)

    real(story())


@slow
def test_secrets_are_in_no_argument_no_file_and_no_report(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, reaper):
            arguments = [Path(f"/proc/{pid}/cmdline") for pid in (process.pid, reaper)]
            assert all(SECRET.encode() not in path.read_bytes() for path in arguments if path.exists())
            process.kill()
            await on.until_healed()
            await until_free(on)
            files = [path for path in on.folder.iterdir() if path.is_file()]
            assert {"inventory.yaml", FILE, REPORT} <= {path.name for path in files}
            assert all(SECRET.encode() not in path.read_bytes() for path in files)
            assert on.folder.stat().st_mode & 0o077 == 0

    real(story())


@slow
def test_a_reaper_that_cannot_get_ready_is_an_error_before_anything_is_touched(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            broken = {**on.env, "PYTHONHOME": "/nowhere"}
            with pytest.raises(NoReaper, match="did not get ready"):
                await Guard(on.inventory, broken).open()
            assert await on.is_as_found()
            await until_free(on)

    real(story())


@slow
def test_a_reaper_without_the_lease_does_not_get_ready(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            held = await Lease.take(on.folder, RUNS, wait_s=0.0)
            with (on.folder / "other").open("w+") as other, (on.folder / "lease").open("rb+") as not_held:
                assert other
                with pytest.raises(NoReaper):
                    await Reaper.start(on.folder, on.inventory, on.env, not_held.fileno())
            held.give_up()

    real(story())


# --- The guard --------------------------------------------------------------------------------------------------------


def test_a_run_is_refused_while_another_one_lives_and_told_who(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, _):
            began_s = now()
            with pytest.raises(LabInUse, match=f"used by a run, process {process.pid} on .*, since 20"):
                await Guard(on.inventory, on.env).open()
            with pytest.raises(LabInUse):
                await heal_by_hand(on.inventory, on.env, lambda _: None)
            assert now() - began_s < 5.0
            assert not await on.is_as_found()  # whoever was refused has touched nothing
            process.kill()
            await on.until_healed()
            await until_free(on)

    real(story())


@slow
def test_a_run_that_comes_while_the_reaper_heals_waits_for_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, _):
            process.kill()
            said: list[str] = []
            guard = Guard(on.inventory, on.env, said.append)
            await guard.open()
            assert await on.is_as_found()
            assert len(on.reports()) == 1
            await guard.close()
            await until_free(on)

    real(story())


@slow
def test_what_a_lost_machine_left_is_healed_first_by_the_next_run(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            async with harness(on) as (process, reaper):
                os.kill(reaper, signal.SIGKILL)
                process.kill()
            assert not await on.is_as_found()
            said: list[str] = []
            guard = Guard(on.inventory, on.env, said.append)
            await guard.open()
            assert await on.is_as_found()
            assert "healing it first" in said[0]
            assert guard.undo.owed() == ()
            await guard.close()
            await guard.close()
            assert [report["by"] for report in on.reports()] == ["next run"]

    real(story())


@slow
def test_what_a_lost_machine_left_is_healed_by_hand_once_and_twice(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            async with harness(on) as (process, reaper):
                os.kill(reaper, signal.SIGKILL)
                process.kill()
            for changed in (1, 0):
                done = await heal_by_hand(on.inventory, on.env, lambda _: None)
                assert done.healing.ok
                assert len(done.healing.undone) == changed
                assert await on.is_as_found()

    real(story())


def test_a_run_refuses_a_lab_that_cannot_be_healed_and_says_what_remains(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            lease = await Lease.take(on.folder, RUNS, wait_s=0.0)
            log = FileUndoLog(on.folder)
            await log.before(RestartDue("a.host.that.is.gone", "Cisco Finesse Tomcat"))
            log.close()
            lease.give_up()
            with pytest.raises(RollbackFailed, match=r"the inventory has no host a\.host\.that\.is\.gone"):
                await Guard(on.inventory, on.env).open()
            await until_free(on)
            again = FileUndoLog(on.folder)
            again.close()
            assert len(again.owed()) == 1

    real(story())


@slow
def test_what_is_owed_when_a_run_ends_is_healed_on_leaving(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            guard = Guard(on.inventory, on.env)
            await guard.open()
            await guard.undo.before(ProxyAsFound(on.proxies.api_url, "cti-a", on.found))
            await on.proxies.update("cti-a", enabled=False)
            await guard.close()
            assert await on.is_as_found()
            assert [report["by"] for report in on.reports()] == ["run"]

    real(story())


@slow
def test_what_a_run_could_not_heal_itself_is_left_for_a_hand_and_not_for_its_reaper(tmp_path: Path) -> None:
    """The user has been told what remains; somebody may be mending it by now."""

    async def story() -> None:
        async with bench(tmp_path) as on:
            guard = Guard(on.inventory, on.env)
            await guard.open()
            await guard.undo.before(RestartDue("a.host.that.is.gone", "Cisco Finesse Tomcat"))
            with pytest.raises(RollbackFailed, match="REMAINS"):
                await guard.close()
            await until_free(on)
            assert [report["by"] for report in on.reports()] == ["run"]

    real(story())


def test_a_lab_that_ends_with_us_needs_no_lease_and_no_reaper(tmp_path: Path) -> None:
    mock = load(REPOSITORY / "inventories" / "mock.yaml")

    async def story() -> None:
        guard = guard_for(mock, {"XDG_STATE_HOME": str(tmp_path)})
        assert isinstance(guard, NoGuard)
        await guard.open()
        assert type(guard.undo) is UndoLog
        await guard.close()

    clock.run(story(), virtual=True)
    assert list(tmp_path.iterdir()) == []


# --- The lease --------------------------------------------------------------------------------------------------------


def test_a_lab_has_one_folder_whatever_else_its_inventory_says(tmp_path: Path) -> None:
    inventory = load(written(tmp_path, LIVE))
    env = {"XDG_STATE_HOME": str(tmp_path)}
    same = resolved(inventory, {"release": "12.5(1)", "timing.probe_interval_s": 2.0})
    other = resolved(inventory, {"cti.a.address": "10.0.0.99", "links.cti-a.upstream": "10.0.0.99:42027"})
    assert lab_folder(same, env) == lab_folder(inventory, env)
    assert lab_folder(other, env) != lab_folder(inventory, env)
    assert lab_folder(inventory, env).parent == tmp_path / "finesse-chaos"


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/finesse-chaos"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/finesse-chaos"),
        ({"HOME": "/h"}, "/h/.local/state/finesse-chaos"),
    ],
)
def test_state_is_kept_where_the_user_keeps_it(env: dict[str, str], folder: str) -> None:
    assert state_folder(env) == Path(folder)


def test_a_lease_lapses_when_it_is_given_up_whatever_the_file_says(tmp_path: Path) -> None:
    async def story() -> None:
        first = await Lease.take(tmp_path, RUNS, wait_s=0.0)
        with pytest.raises(LabInUse):
            await Lease.take(tmp_path, RUNS, wait_s=0.0)
        first.give_up()
        first.give_up()
        (tmp_path / "lease").write_text("{")
        (await Lease.take(tmp_path, HEALS, wait_s=0.0)).give_up()

    real(story())


def test_somebody_who_heals_is_waited_for_as_long_as_asked(tmp_path: Path) -> None:
    async def story() -> None:
        first = await Lease.take(tmp_path, HEALS, wait_s=0.0)
        with pytest.raises(LabInUse, match="healed by"):
            await Lease.take(tmp_path, RUNS, wait_s=0.5)
        told: list[str] = []
        asyncio.get_running_loop().call_later(0.5, first.give_up)
        second = await Lease.take(tmp_path, RUNS, wait_s=DEADLINE_S, waiting=told.append)
        second.give_up()
        assert len(told) == 1

    real(story())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoLease, match="set XDG_STATE_HOME"):
        real(_take(tmp_path / "file" / "lab"))


async def _take(folder: Path) -> None:
    (await Lease.take(folder, RUNS, wait_s=0.0)).give_up()
