"""Undoing what a log owes of proxies: against a real Toxiproxy server, and against one that hangs."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from chaos import clock
from chaos.clients.toxiproxy import ProxyState, Toxic, Toxiproxy
from chaos.clock import now
from chaos.errors import RollbackFailed
from chaos.faults.cut_link import CutLink
from chaos.faults.link import PlacedLink
from chaos.faults.relay import CtiRelay
from chaos.faults.silent_link import SilentLink
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import ProxyAsFound
from chaos.undo.hands import OwnHands
from chaos.undo.proxy import put_back
from chaos.undo.undoing import undo_all
from tests.safety.healers import BRISK, RELAY, UPSTREAM, inventory, log_with, served, virtual

SLOW = Toxic("latency", "upstream", "slow", 0.5, {"latency": 7, "jitter": 0})

OURS = Toxic("timeout", "downstream", "finesse-chaos-silence", 1.0, {"timeout": 0})

Harm = Callable[[Toxiproxy], Awaitable[object]]


async def led_elsewhere(proxies: Toxiproxy) -> None:
    await proxies.update("cti-a", upstream=RELAY)


async def silenced(proxies: Toxiproxy) -> None:
    await proxies.add_toxic("cti-a", OURS)


async def cut(proxies: Toxiproxy) -> None:
    await proxies.update("cti-a", enabled=False)


async def toxic_gone(proxies: Toxiproxy) -> None:
    await proxies.remove_toxic("cti-a", "slow")
    await silenced(proxies)
    await led_elsewhere(proxies)


async def toxic_changed(proxies: Toxiproxy) -> None:
    await proxies.update_toxic("cti-a", "slow", attributes={"latency": 8})


async def gone(proxies: Toxiproxy) -> None:
    await proxies.delete("cti-a")


async def nothing(proxies: Toxiproxy) -> None:
    return None


HARMS: tuple[Harm, ...] = (led_elsewhere, silenced, cut, toxic_gone, toxic_changed, gone, nothing)


# --- Proxies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("harm", "toxics"),
    [(harm, (SLOW,)) for harm in HARMS] + [(harm, ()) for harm in HARMS if harm not in (toxic_gone, toxic_changed)],
    ids=lambda value: getattr(value, "__name__", f"{len(value)} toxics" if isinstance(value, tuple) else None),
)
@pytest.mark.parametrize("enabled", [True, False])
def test_a_proxy_is_put_back_as_it_was_found_and_no_other_is_touched(
    harm: Harm, enabled: bool, toxics: tuple[Toxic, ...]
) -> None:
    async def story() -> None:
        async with served() as (_, proxies):
            await proxies.create("cti-a", "127.0.0.1:0", UPSTREAM)
            await proxies.create("somebodys", "127.0.0.1:0", UPSTREAM)
            await proxies.add_toxic("somebodys", OURS)
            for toxic in toxics:
                await proxies.add_toxic("cti-a", toxic)
            await proxies.update("cti-a", enabled=enabled)
            found = await proxies.proxies()
            await harm(proxies)
            log = await log_with(ProxyAsFound(proxies.api_url, "cti-a", found["cti-a"]))
            for _ in range(2):
                hands = OwnHands(inventory(), {})
                healing = await undo_all(log, hands, patience=BRISK)
                assert healing.ok, healing
                assert await proxies.proxies() == found
            assert not log.owed()
            again = await put_back(proxies, "cti-a", found["cti-a"], within_s=3.0)
            assert again == "is as it was found"

    virtual(story())


def test_toxics_come_back_in_the_order_in_which_they_were_found() -> None:
    """Data go through them in that order."""
    later = Toxic("latency", "upstream", "later", 1.0, {"latency": 1, "jitter": 0})

    async def story() -> None:
        async with served() as (_, proxies):
            await proxies.create("cti-a", "127.0.0.1:0", UPSTREAM)
            await proxies.add_toxic("cti-a", SLOW)
            await proxies.add_toxic("cti-a", later)
            found = await proxies.proxy("cti-a")
            await proxies.remove_toxic("cti-a", "slow")
            await proxies.add_toxic("cti-a", SLOW)
            done = await put_back(proxies, "cti-a", found, within_s=3.0)
            assert await proxies.proxy("cti-a") == found
            assert done == "was put back"  # without being deleted

    virtual(story())


@pytest.mark.parametrize("made", [True, False])
def test_a_proxy_that_had_not_been_there_is_removed(made: bool) -> None:
    async def story() -> None:
        async with served() as (_, proxies):
            if made:
                await proxies.create("cti-a", "127.0.0.1:0", UPSTREAM)
            log = await log_with(ProxyAsFound(proxies.api_url, "cti-a", None))
            assert (await undo_all(log, OwnHands(inventory(), {}), patience=BRISK)).ok
            assert await proxies.proxies() == {}

    virtual(story())


def test_a_proxy_as_it_was_found_keeps_its_connections() -> None:
    async def story() -> None:
        async with served() as (_, proxies):
            kept: list[asyncio.StreamWriter] = []
            peer = await asyncio.start_server(lambda _, writer: kept.append(writer), "127.0.0.1", 0)
            port = peer.sockets[0].getsockname()[1]
            found = await proxies.create("cti-a", "127.0.0.1:0", f"127.0.0.1:{port}")
            reader, writer = await asyncio.open_connection("127.0.0.1", int(found.listen.rpartition(":")[2]))
            await put_back(proxies, "cti-a", found, within_s=3.0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5.0):
                    await reader.read(1)
            peer.close()
            for one in (writer, *kept):
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()
            await peer.wait_closed()

    virtual(story())


def test_proxies_of_a_server_that_came_back_empty_are_made_anew() -> None:
    async def story() -> None:
        async with served() as (server, proxies):
            await proxies.create("cti-a", "127.0.0.1:0", UPSTREAM)
            await proxies.add_toxic("cti-a", SLOW)
            found = await proxies.proxies()
            await server.stop()

            async def back() -> None:
                await asyncio.sleep(1.5)
                await server.start()

            starting = asyncio.create_task(back())
            log = await log_with(ProxyAsFound(proxies.api_url, "cti-a", found["cti-a"]))
            healing = await undo_all(log, OwnHands(inventory(), {}), patience=BRISK)
            await starting
            assert healing.ok
            assert "made anew" in healing.words()[0]
            assert await proxies.proxies() == found

    virtual(story())


def test_a_server_that_stays_away_is_said_to_remain_and_stays_owed() -> None:
    async def story() -> None:
        async with served() as (server, proxies):
            found = await proxies.create("cti-a", "127.0.0.1:0", UPSTREAM)
            other = ToxiproxyServer(port=0)
            await other.start()
            log = await log_with(
                ProxyAsFound(proxies.api_url, "cti-a", found), ProxyAsFound(other.api_url, "cti-b", None)
            )
            await server.stop()
            began_s = now()
            healing = await undo_all(log, OwnHands(inventory(), {}), patience=BRISK)
            await other.stop()
            assert not healing.ok
            assert now() - began_s <= 2 * BRISK.proxy_s
            assert [undo.thing for undo in log.owed()] == [f"proxy cti-a at {proxies.api_url}"]
            assert healing.words()[0].startswith(f"REMAINS: proxy cti-a at {proxies.api_url}: ")
            assert "Restart that Toxiproxy server" in healing.words()[0]

    virtual(story())


def test_a_server_that_hangs_is_given_up_within_its_time() -> None:
    """It accepts, and never answers: what a Toxiproxy does whose proxy waits for a peer that reads no more."""

    async def story() -> None:
        kept: list[asyncio.StreamWriter] = []
        hung = await asyncio.start_server(lambda _, writer: kept.append(writer), "127.0.0.1", 0)
        api_url = f"http://127.0.0.1:{hung.sockets[0].getsockname()[1]}"
        found = ProxyState("cti-a", "127.0.0.1:1", UPSTREAM, True)
        began_s = now()
        with pytest.raises(RollbackFailed, match="could not be put back"):
            await put_back(Toxiproxy(api_url, timeout_s=0.2), "cti-a", found, within_s=1.5)
        assert now() - began_s < 3.0
        hung.close()
        for one in kept:
            one.close()
            with contextlib.suppress(OSError):
                await one.wait_closed()
        await hung.wait_closed()

    clock.run(story(), virtual=False)


def test_a_server_of_our_own_that_hangs_is_started_again() -> None:
    async def story() -> None:
        async with served() as (server, proxies):
            found = await proxies.create("cti-a", "127.0.0.1:0", UPSTREAM)
            await server.stop()
            done = await put_back(proxies, "cti-a", found, within_s=3.0, restart=server.start)
            assert "made anew" in done
            assert await proxies.proxy("cti-a") == found

    virtual(story())


@pytest.mark.parametrize("fault", [CutLink("a"), SilentLink("a")], ids=lambda fault: str(fault.name))
@pytest.mark.parametrize("server_is_ours", [True, False])
def test_a_rollback_whose_proxy_was_lost_meanwhile_brings_it_back_as_it_was_placed(
    fault: CutLink | SilentLink, server_is_ours: bool
) -> None:
    async def story() -> None:
        async with served() as (server, proxies):
            relay = CtiRelay(
                "a", listen=("127.0.0.1", 0), upstream=("127.0.0.1", 9), journal_of=lambda: None, connections=count(1)
            )
            link = PlacedLink("cti-a", "a", "127.0.0.1:0", UPSTREAM, proxies, relay, server_is_ours)
            await link.place()
            placed = await proxies.proxy("cti-a")
            if server_is_ours:
                await server.stop()  # as dead as one that hangs; the lab knows how to start it again
                link.restart = server.start
            else:
                await proxies.delete("cti-a")  # somebody has started it again: it came back empty
            await link.mended(fault.mend(link))
            assert await proxies.proxy("cti-a") == placed
            await link.remove()

    virtual(story())
