"""What a sound product is free to do: how far each freedom goes, and that it takes nothing else with it."""

import asyncio

import pytest

from chaos.mock.finesse import NodeOptions
from chaos.mock.finesse.awdb_choice import AwdbHost
from chaos.mock.finesse.awdb_link import AwdbOptions
from chaos.mock.finesse.credentials import Checked
from chaos.wire.finesse import User
from chaos.wire.ged188.values import AgentState
from tests.mock.finesse.awdb_lab import checked_there, databases
from tests.mock.finesse.failing_over import back, gap, now_s, play, talking
from tests.mock.finesse.lab import lab


@pytest.mark.parametrize("everything", [False, True])
def test_after_a_gap_the_latest_state_is_told_if_it_changed_or_to_everybody_if_the_product_does_so(
    everything: bool,
) -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(tells_everything=everything)) as found:
            ann, bob, dialog_id = await talking(found)
            cid = await found.client("1103")
            await gap(found, ann)
            for client in (ann, bob, cid):
                client.xmpp.clear()
            found.peripheral.calls.hold(int(dialog_id), "2001")
            await back(found)
            assert ann.xmpp.states() == ["HOLD"]
            assert bob.xmpp.states() == (["TALKING"] if everything else [])
            assert cid.xmpp.states() == (["LOGOUT"] if everything else [])
            for client in (ann, bob):
                told = [u.source for _, _, u in client.xmpp.updates if not isinstance(u.payload, User)]
                assert told.count(f"/finesse/api/Dialog/{dialog_id}") == 1
            assert (await ann.get(f"Dialog/{dialog_id}")).status_code == 200

    play(main())


def test_a_node_that_pauses_before_it_dials_says_at_once_that_it_is_out_of_service() -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(dial_pause_s=2.0)) as found:
            ann = await found.client()
            await ann.sign_in("2001")
            ann.xmpp.clear()
            start_s = now_s()
            await found.a.die()
            await ann.xmpp.until(lambda: "OUT_OF_SERVICE" in ann.xmpp.statuses())
            assert now_s() - start_s < 0.1
            assert (await ann.get("User/1101")).status_code == 503
            await asyncio.sleep(1.8)
            assert not found.b.connections
            await ann.xmpp.until(lambda: "IN_SERVICE" in ann.xmpp.statuses())
            assert now_s() - start_s == pytest.approx(2.0, abs=0.1)

    play(main())


def test_a_node_that_takes_long_to_load_is_out_of_service_meanwhile_and_tells_what_happened_in_all_that_time() -> None:
    async def main() -> None:
        async with lab(options=NodeOptions(loading_s=90.0), start=False) as found:
            await found.node.start()
            await found.node.until_in_service(120.0)
            ann = await found.client()
            await ann.sign_in("2001")
            ann.xmpp.clear()
            start_s = now_s()
            await found.a.die()
            await ann.xmpp.until(lambda: "OUT_OF_SERVICE" in ann.xmpp.statuses())
            await asyncio.sleep(60.0)
            assert len(found.b.sessions) == 1
            found.peripheral.agents.set_state("1101", AgentState.AVAILABLE)
            assert (await ann.get("User/1101")).status_code == 503
            assert ann.xmpp.states() == []
            await ann.xmpp.until(lambda: ann.xmpp.states() == ["NOT_READY", "READY"])
            assert ann.xmpp.statuses() == ["OUT_OF_SERVICE", "IN_SERVICE"]
            assert now_s() - start_s == pytest.approx(90.0, abs=0.5)

    play(main())


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_request_may_try_both_databases_and_cached_users_wait_until_it_has(attempts: int) -> None:
    async def main() -> None:
        options = AwdbOptions(attempts=attempts)
        async with databases() as both, checked_there(both, options=options) as credentials:
            for user, password in (("1101", "secret1"), ("1102", "secret2")):
                assert await credentials.check(user, password) is Checked.GOOD
                credentials.succeeded(user, password, asked_s=now_s())
            await both.path_a.cut()
            both.path_b.silent = True
            start_s = now_s()
            asking = asyncio.create_task(credentials.check("1103", "secret3"))
            await asyncio.sleep(1.0)
            waiting = asyncio.create_task(credentials.check("1101", "secret1"))
            await asyncio.sleep(8.0)
            await both.path_a.open()
            asked, waited = await asyncio.gather(asking, waiting)
            assert now_s() - start_s == pytest.approx(10.0, abs=0.1)
            assert asked is (Checked.GOOD if attempts == 2 else Checked.FAILED)
            assert waited is Checked.GOOD
            assert credentials.link.connected_to is (AwdbHost.PRIMARY if attempts == 2 else None)

    play(main())


def test_each_question_may_have_a_connection_of_its_own_to_the_database_that_answered_last() -> None:
    async def main() -> None:
        options = AwdbOptions(keeps=False)
        async with databases() as both, checked_there(both, options=options) as credentials:
            for user, password in (("1101", "secret1"), ("1102", "secret2")):
                assert await credentials.check(user, password) is Checked.GOOD
                await asyncio.sleep(0.1)
                assert credentials.link.connected_to is None
            assert both.path_a.connections == 2
            await both.path_a.cut()
            assert await credentials.check("1103", "secret3") is Checked.FAILED  # it had not noticed
            assert await credentials.check("1103", "secret3") is Checked.GOOD
            await both.path_a.open()
            assert await credentials.check("1101", "secret1") is Checked.GOOD
            assert (both.path_a.connections, both.path_b.connections) == (2, 2)

    play(main())
