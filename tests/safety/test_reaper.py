"""Lease, guard and reaper with real processes: who has a lab, and who heals it when a harness dies."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
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
from chaos.inventory import Inventory, load
from chaos.safety.guard import Guard, NoGuard, guard_for
from chaos.safety.healing import REPORT, WAIT_S, HandHealing, last_healed
from chaos.safety.identity import identity_of
from chaos.safety.lease import HEALS, RUNS, LabInUse, Lease
from chaos.safety.places import OVERRIDE, Place, make_own_folder, place_of
from chaos.safety.reaper import NoReaper, Reaper
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import MarkLeft, ProxyAsFound, RestartDue, UndoLog
from chaos.undo.file import FILE, FileUndoLog
from chaos.undo.whose import LabIdentity
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
    place: Place
    identity: LabIdentity
    proxies: Toxiproxy
    found: ProxyState

    @property
    def folder(self) -> Path:
        return self.place.folder_of(self.identity)

    async def lease(self, doing: str, wait_s: float = 0.0) -> Lease:
        return await Lease.take(self.place, self.identity, doing, wait_s=wait_s)

    def log(self) -> FileUndoLog:
        make_own_folder(self.folder)
        return FileUndoLog(self.folder, self.identity)

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
    env = {**os.environ, OVERRIDE: str(tmp_path / "state"), "BOSS": SECRET, "VOS": SECRET}
    server = ToxiproxyServer(port=0)
    await server.start()
    try:
        proxies = Toxiproxy(server.api_url)
        path = written(tmp_path, LIVE.replace("http://10.0.0.6:8474", server.api_url))
        inventory = load(path)
        found = await proxies.create("cti-a", "127.0.0.1:0", "127.0.0.1:9")
        yield Bench(path, inventory, env, place_of(env), await identity_of(inventory), proxies, found)
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


def lose_machine(process: asyncio.subprocess.Process, reaper: int) -> None:
    """Both die at once: a harness that runs on meanwhile puts another reaper in the place of the dead one."""
    process.send_signal(signal.SIGSTOP)
    os.kill(reaper, signal.SIGKILL)
    process.kill()


def real(story: Coroutine[Any, Any, None]) -> None:
    clock.run(story, virtual=False)


async def until_free(on: Bench) -> None:
    """Wait until nobody has the lab."""
    (await on.lease(HEALS, DEADLINE_S)).give_up()


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
            assert {FILE, REPORT} <= {path.name for path in files}
            assert all(SECRET.encode() not in path.read_bytes() for path in files)

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
            held = await on.lease(RUNS)
            make_own_folder(on.folder)
            with on.place.lock_of(sorted(on.identity.marks)[0]).open("rb+") as not_held, pytest.raises(NoReaper):
                await Reaper.start(on.folder, on.inventory, on.env, [not_held.fileno()], place=on.place)
            held.give_up()

    real(story())


@slow
def test_a_reaper_that_dies_is_replaced_and_the_lab_is_still_healed(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            guard = Guard(on.inventory, on.env)
            await guard.open()
            assert guard.reaper is not None
            first = guard.reaper.pid
            os.kill(first, signal.SIGKILL)
            async with asyncio.timeout(DEADLINE_S):
                while guard.reaper.pid == first or not guard.reaper.is_watching():  # noqa: ASYNC110 – a thread replaces it
                    await asyncio.sleep(0.05)
                while not (notices := guard.notices()):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert f"process {guard.reaper.pid} has taken its place" in notices[0]
            second = guard.reaper.pid
            with pytest.raises(LabInUse):
                await on.lease(RUNS)
            await guard.close()
            with pytest.raises(ProcessLookupError):
                os.kill(second, 0)
            await until_free(on)

    real(story())


@slow
def test_a_reaper_that_cannot_be_replaced_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            lost: list[str] = []
            guard = Guard(on.inventory, on.env, lost=lost.append)
            await guard.open()
            assert guard.reaper is not None

            def refuse(*_: object) -> None:
                raise NoReaper("no more processes")

            monkeypatch.setattr("chaos.safety.reaper._Process.started", refuse)
            os.kill(guard.reaper.pid, signal.SIGKILL)
            async with asyncio.timeout(DEADLINE_S):
                while not lost:  # noqa: ASYNC110 – a thread tells it
                    await asyncio.sleep(0.05)
            assert "no more processes" in lost[0]
            assert "nothing heals it now" not in " ".join(guard.last_words())  # nothing is owed
            await guard.close()

    real(story())


@slow
def test_a_reaper_that_can_write_nothing_heals_all_the_same(tmp_path: Path) -> None:
    """A full disk, a quota: neither its note in the lease nor the strike in the log nor its report can be kept."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system cannot limit another process")

    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, reaper):
            resource.prlimit(reaper, resource.RLIMIT_FSIZE, (0, 0))
            process.kill()
            async with asyncio.timeout(DEADLINE_S):
                while not await on.is_as_found():  # noqa: ASYNC110 – another process mends it
                    await asyncio.sleep(0.05)
            await until_free(on)
            assert on.reports() == []
            done = await HandHealing(on.inventory, on.env, lambda _: None).heal()
            assert done.ok, "what is owed is as it was found"

    real(story())


def test_a_harness_that_is_the_first_process_of_its_container_is_refused_with_the_reason(tmp_path: Path) -> None:
    """The kernel would end the reaper together with it."""
    unshare = shutil.which("unshare")
    trial = [unshare or "", "--pid", "--fork", "true"]
    if unshare is None or subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip("this system gives us no PID namespace")

    async def story() -> None:
        async with bench(tmp_path) as on:
            harness = [sys.executable, "-m", "tests.safety.guarded", str(on.path), on.proxies.api_url]
            process = await asyncio.create_subprocess_exec(
                *trial[:3], *harness, stderr=asyncio.subprocess.PIPE, env=on.env, cwd=REPOSITORY
            )
            async with asyncio.timeout(DEADLINE_S):
                _, said = await process.communicate()
            assert b"NoReaperHere" in said
            assert b"PID 1" in said
            assert b"docker exec" in said
            assert await on.is_as_found()

    real(story())


# --- The guard --------------------------------------------------------------------------------------------------------


def test_a_run_is_refused_while_another_one_lives_and_told_who(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on, harness(on) as (process, _):
            began_s = now()
            with pytest.raises(LabInUse, match=f"used by a run, process {process.pid} on .*, since 20"):
                await Guard(on.inventory, on.env).open()
            with pytest.raises(LabInUse):
                await HandHealing(on.inventory, on.env, lambda _: None).heal()
            # Each is sure after 2 s; a reaper would have been waited for for far longer than a busy machine may add.
            assert now() - began_s < WAIT_S / 20
            assert not await on.is_as_found()  # whoever was refused has touched nothing
            process.kill()
            await on.until_healed()
            assert "by the reaper: " in (last_healed(on.env, on.identity) or "")
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
                lose_machine(process, reaper)
            assert not await on.is_as_found()
            said: list[str] = []
            guard = Guard(on.inventory, on.env, said.append)
            await guard.open()
            assert await on.is_as_found()
            assert any("healing it first" in line for line in said)
            assert [type(undo) for undo in guard.undo.owed()] == [MarkLeft]
            await guard.close()
            await guard.close()
            assert [report["by"] for report in on.reports()] == ["next run"]

    real(story())


@slow
def test_what_a_lost_machine_left_is_healed_by_hand_once_and_twice(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            async with harness(on) as (process, reaper):
                lose_machine(process, reaper)
            for owed in (2, 0):  # the proxy and the mark
                done = await HandHealing(on.inventory, on.env, lambda _: None).heal()
                assert done.ok
                assert sum(len(healing.undone) for healing in done.healings) == owed
                assert await on.is_as_found()

    real(story())


def test_a_run_refuses_a_lab_that_cannot_be_healed_and_says_what_remains(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as on:
            lease = await on.lease(RUNS)
            log = on.log()
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
        guard = guard_for(mock, {OVERRIDE: str(tmp_path)})
        assert isinstance(guard, NoGuard)
        await guard.open()
        assert type(guard.undo) is UndoLog
        await guard.close()

    clock.run(story(), virtual=True)
    assert list(tmp_path.iterdir()) == []
