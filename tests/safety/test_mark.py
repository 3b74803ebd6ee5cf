"""The mark that other machines see, in a real proxy server."""

import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos import clock
from chaos.clients.toxiproxy import Toxiproxy
from chaos.inventory import Inventory, load
from chaos.safety import mark
from chaos.safety.guard import Guard
from chaos.safety.healing import HandHealing
from chaos.safety.identity import identity_of
from chaos.safety.lease import LabInUse
from chaos.safety.places import OVERRIDE, Place, make_own_folder, place_of
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import MarkLeft, UndoLog
from chaos.undo.file import FileUndoLog
from tests.inventory.labs import LIVE, written

SINCE = "finesse-chaos-lease-bench-77-20261128T025004Z"


def real(story: Coroutine[Any, Any, None]) -> None:
    clock.run(story, virtual=False)


@contextlib.asynccontextmanager
async def bench(tmp_path: Path) -> AsyncIterator[tuple[Inventory, dict[str, str], Place, Toxiproxy]]:
    server = ToxiproxyServer(port=0)
    await server.start()
    try:
        inventory = load(written(tmp_path, LIVE.replace("http://10.0.0.6:8474", server.api_url)))
        env = {OVERRIDE: str(tmp_path / "state"), "BOSS": "x", "VOS": "x"}
        yield inventory, env, place_of(env), Toxiproxy(server.api_url)
    finally:
        await server.stop()


async def left_by_another_machine(proxies: Toxiproxy, silent_s: float) -> None:
    alive_s = clock.wall_now().timestamp() - silent_s
    upstream = f"elsewhere.alive-{alive_s:.0f}.finesse-chaos.invalid:9"
    await proxies.create(SINCE, "127.0.0.1:0", upstream, enabled=False)


def test_a_mark_is_left_switched_off_refreshed_and_owed(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as (inventory, _, place, proxies):
            undo = UndoLog()
            assert await mark.leave(inventory, place, undo) == []
            (owed,) = undo.owed()
            assert isinstance(owed, MarkLeft)
            shown = await proxies.proxy(owed.name)
            assert shown is not None
            assert not shown.enabled
            assert owed.name.startswith(mark.PREFIX)
            other = replace(place, name="another")
            (seen,), _ = await mark.others(inventory, other)
            assert not seen.is_stale
            _, (own,) = await mark.others(inventory, place)
            assert own.name == owed.name
            await proxies.update(owed.name, upstream=shown.upstream.replace(place.name, "old"))
            await mark.refresh([owed], place)
            assert (await mark.marks_in(proxies.api_url))[0].place == place.name

    real(story())


@pytest.mark.parametrize(
    ("silent_s", "words"),
    [(20.0, "used by process 77 on bench since 20261128T025004Z"), (1200.0, "no sign of life for 20 min")],
)
def test_a_run_starts_beside_no_mark_of_another_machine_and_says_whose_it_is(
    tmp_path: Path, silent_s: float, words: str
) -> None:
    async def story() -> None:
        async with bench(tmp_path) as (inventory, env, _, proxies):
            await left_by_another_machine(proxies, silent_s)
            with pytest.raises(LabInUse, match=words) as caught:
                await Guard(inventory, env).open()
            assert ("finesse-chaos heal here takes the mark away" in str(caught.value)) is (silent_s > mark.STALE_S)
            assert await proxies.proxy(SINCE) is not None

    real(story())


def test_heal_takes_a_stale_mark_away_and_leaves_a_living_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as (inventory, env, _, proxies):
            await left_by_another_machine(proxies, 20.0)
            with pytest.raises(LabInUse):
                await HandHealing(inventory, env, lambda _: None).heal()
            assert await proxies.proxy(SINCE) is not None
            await proxies.delete(SINCE)
            await left_by_another_machine(proxies, 1200.0)
            said: list[str] = []
            assert (await HandHealing(inventory, env, said.append).heal()).ok
            assert await proxies.proxy(SINCE) is None
            assert SINCE in said[0]

    real(story())


@pytest.mark.parametrize("is_owed", [True, False])
def test_a_mark_that_a_dead_run_has_left_is_said_to_go_once(tmp_path: Path, is_owed: bool) -> None:
    """What was owed "was taken away", and then was taken away once more as left over."""

    async def story() -> None:
        async with bench(tmp_path) as (inventory, env, place, proxies):
            undo = UndoLog()
            await mark.leave(inventory, place, undo)
            (owed,) = undo.owed()
            assert isinstance(owed, MarkLeft)
            if is_owed:
                identity = await identity_of(inventory)
                make_own_folder(folder := place.folder_of(identity))
                log = FileUndoLog(folder, identity)
                await log.before(owed)
                log.close()
            said: list[str] = []
            assert (await HandHealing(inventory, env, said.append).heal()).ok
            assert await proxies.proxy(owed.name) is None
            assert len([line for line in said if owed.name in line]) == 1, said

    real(story())


def test_a_proxy_server_that_is_not_there_costs_the_mark_and_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as (inventory, _, place, _):
            pass
        undo = UndoLog()
        (said,) = await mark.leave(inventory, place, undo)
        assert "other machines will not see" in said
        assert undo.owed() == ()
        assert await mark.others(inventory, place) == ([], [])

    real(story())
