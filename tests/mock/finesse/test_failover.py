"""A node before the real mock CTI servers, seen through clients of foreign make."""

import asyncio
from dataclasses import replace

import pytest

from chaos.mock.defects import CtiDefect
from chaos.mock.finesse import Address, FinesseNode, FixedCredentials
from chaos.wire.ged188.values import AgentState
from tests.mock.finesse.failing_over import (
    AGENT_CALL,
    action,
    back,
    before_relay,
    gap,
    now_s,
    play,
    silent_loss,
    talking,
    until_heartbeat,
    variable,
)
from tests.mock.finesse.lab import OTHER, PASSWORDS, Watcher, lab, node_config, tls

RESOURCES = ("User/1101", "User/1101/Dialogs", "User/1101/ReasonCodes?category=NOT_READY", "Dialog/1")


def test_an_agent_call_by_rest_is_told_to_both_agents_with_the_request_ids_of_their_own_requests() -> None:
    async def main() -> None:
        async with lab() as found:
            ann, bob, dialog_id = await talking(found)
            for name in ("HOLD", "RETRIEVE", "DROP"):
                assert (await ann.put(f"Dialog/{dialog_id}", action(name, "2001"), name)).status_code == 202
            await bob.xmpp.until(lambda: bob.xmpp.dialog_events()[-1][0] == "DELETE")
            await ann.xmpp.until(lambda: len(ann.xmpp.states()) == 5)
            assert ann.xmpp.dialog_events() == bob.xmpp.dialog_events() == [("POST", dialog_id), ("DELETE", dialog_id)]
            ids = [u.request_id for _, _, u in ann.xmpp.updates if u.request_id]
            assert ids == ["sign-in", "call-1", "HOLD", "RETRIEVE", "DROP"]
            assert [u.request_id for _, _, u in bob.xmpp.updates if u.request_id] == ["sign-in", "call-2"]
            assert ann.xmpp.states() == ["NOT_READY", "TALKING", "HOLD", "TALKING", "NOT_READY"]
            assert [u.source for _, _, u in bob.xmpp.updates if str(u.source).startswith("/finesse/api/Dialog/")]
            assert (await ann.get("User/1101/Dialogs")).text.count("<Dialog>") == 0

    play(main())


def test_a_reset_socket_is_a_loss_at_once_and_b_takes_over() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            ann.xmpp.clear()
            start_s = now_s()
            await found.a.die()
            await ann.xmpp.until(lambda: len(ann.xmpp.updates) == 2)
            assert ann.xmpp.statuses() == ["OUT_OF_SERVICE", "IN_SERVICE"]
            assert now_s() - start_s < 0.1
            assert len(found.b.sessions) == 1
            info = (await ann.get("SystemInfo")).text
            assert "<lastCTIHeartbeatStatus>success<" in info

    play(main())


def test_both_nodes_of_a_pair_show_the_same_agents_and_calls_and_fail_over_each_for_itself() -> None:
    async def main() -> None:
        async with lab() as found:
            second = FinesseNode(
                node_config(host=OTHER),
                ssl_context=tls(OTHER)[0],
                credentials=FixedCredentials(PASSWORDS),
                administration=found.administration,
            )
            await second.start()
            await second.until_in_service()
            ann, bob, dialog_id = await talking(found)
            bob_there = Watcher("1102", "there", OTHER)
            await bob_there.arrive(second.notification.port)
            assert (await ann.put(f"Dialog/{dialog_id}", action("HOLD", "2001"), "mine")).status_code == 202
            await bob_there.until(lambda: len(bob_there.updates) == 1)
            assert bob_there.updates[0][2].request_id == ""
            assert (
                bob_there.updates[0][2].source == bob.xmpp.updates[-1][2].source == f"/finesse/api/Dialog/{dialog_id}"
            )
            await found.a.die()
            await ann.xmpp.until(lambda: ann.xmpp.statuses() == ["OUT_OF_SERVICE", "IN_SERVICE"])
            await bob_there.until(lambda: bob_there.statuses() == ["OUT_OF_SERVICE", "IN_SERVICE"])
            assert len(found.b.sessions) == 2
            assert second.webapp.system_info().xmpp_domain == OTHER
            await bob_there.leave()
            await second.die()

    play(main())


def test_a_session_ended_by_the_server_is_a_loss() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await found.a.stop()
            await ann.xmpp.until(lambda: ann.xmpp.statuses() == ["OUT_OF_SERVICE", "IN_SERVICE"])

    play(main())


def test_during_the_gap_every_resource_but_system_info_is_503_and_nothing_is_published() -> None:
    async def main() -> None:
        async with lab() as found:
            ann = await found.client()
            await ann.sign_in("2001")
            await gap(found, ann)
            ann.xmpp.clear()
            for path in RESOURCES:
                answer = await ann.get(path)
                assert (answer.status_code, "SERVER_OUT_OF_SERVICE" in answer.text) == (503, True), path
            assert (await ann.state("READY")).status_code == 503
            assert (await ann.post("User/1101/Dialogs", AGENT_CALL.format("2002"))).status_code == 503
            found.peripheral.agents.set_state("1101", AgentState.AVAILABLE)
            info = await ann.get("SystemInfo")
            assert (info.status_code, "<status>OUT_OF_SERVICE</status>" in info.text) == (200, True)
            await asyncio.sleep(30)
            assert ann.xmpp.updates == []
            await back(found)
            assert ann.xmpp.statuses() == ["IN_SERVICE"]
            assert ann.xmpp.states() == ["READY"]
            assert (await ann.get("User/1101")).text.count("<state>READY</state>") == 1
            assert (await ann.state("NOT_READY", "later")).status_code == 202
            await ann.xmpp.until(lambda: ann.xmpp.states() == ["READY", "NOT_READY"])
            assert ann.xmpp.updates[-1][2].request_id == "later"

    play(main())


def test_call_end_start_and_data_in_the_gap_are_published_afterwards_and_a_call_inside_it_is_not() -> None:
    async def main() -> None:
        async with lab() as found:
            ann, bob, first = await talking(found)
            await gap(found, ann)
            ann.xmpp.clear()
            calls = found.peripheral.calls
            calls.clear_connection(int(first), "2001")
            inside = calls.make("2001", "2002")
            calls.clear_connection(inside.call_id, "2001")
            second = calls.make("2001", "2003")
            calls.answer(second.call_id, "2003")
            await back(found)
            assert ann.xmpp.dialog_events() == [("DELETE", first), ("POST", str(second.call_id))]
            await gap(found, ann)
            ann.xmpp.clear()
            calls.set_data(second.call_id, {3: "changed"})
            await found.a.start()
            await found.node.until_in_service()
            await asyncio.sleep(0.1)
            changed = [u for _, node, u in ann.xmpp.updates if node.endswith("/Dialogs")]
            assert [(str(u.event), u.source) for u in changed] == [("PUT", f"/finesse/api/Dialog/{second.call_id}")]
            assert variable(changed[0], 2) == "changed"
            assert bob.xmpp.dialog_events()[-1] == ("DELETE", first)

    play(main())


def test_a_conference_with_an_outside_party_is_incomplete_after_a_fail_over_until_the_agent_is_off_it() -> None:
    async def main() -> None:
        async with lab() as found:
            ann, bob, dialog_id = await talking(found)
            consult = (
                "<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>CONSULT_CALL</requestedAction>"
                "<toAddress>0015551234</toAddress></Dialog>"
            )
            assert (await ann.put(f"Dialog/{dialog_id}", consult)).status_code == 202
            await asyncio.sleep(5)
            assert (await ann.put(f"Dialog/{dialog_id}", action("CONFERENCE", "2001"))).status_code == 202
            await asyncio.sleep(1)
            shown = (await ann.get(f"Dialog/{dialog_id}")).text
            assert shown.count("<Participant>") == 3
            assert (await ann.get("User/1101/Dialogs")).text.count("<Dialog>") == 1
            await gap(found, ann)
            await back(found)
            shown = (await ann.get(f"Dialog/{dialog_id}")).text
            assert "0015551234" not in shown.replace("<dialedNumber>0015551234</dialedNumber>", "")
            assert (await ann.put(f"Dialog/{dialog_id}", action("HOLD", "2001"))).status_code == 202
            assert (await ann.put(f"Dialog/{dialog_id}", action("RETRIEVE", "2001"))).status_code == 202
            assert (await ann.put(f"Dialog/{dialog_id}", action("DROP", "2001"))).status_code == 202
            await ann.xmpp.until(lambda: ann.xmpp.dialog_events()[-1] == ("DELETE", dialog_id))
            assert (await ann.get("User/1101/Dialogs")).text.count("<Dialog>") == 0
            assert bob.xmpp.dialog_events()[-1] != ("DELETE", dialog_id)

    play(main())


def test_a_silent_link_is_lost_fifteen_seconds_after_the_first_unanswered_heartbeat_with_500_before() -> None:
    async def main() -> None:
        elapsed_s, statuses = await silent_loss()
        assert statuses == [500]
        assert elapsed_s == pytest.approx(20.0, abs=0.05)

    play(main())


@pytest.mark.parametrize(("defects", "lost"), [((), False), ((CtiDefect.MISSES_ACCUMULATE,), True)])
def test_a_miss_an_answer_and_two_misses_are_no_loss_unless_misses_accumulate(
    defects: tuple[str, ...], lost: bool
) -> None:
    async def main() -> None:
        async with before_relay(*defects) as (_, relay, ann):
            await until_heartbeat(relay, 1)
            relay.withhold = lambda number: number in (2, 4, 5)
            await until_heartbeat(relay, 5)
            await asyncio.sleep(20)
            assert ("OUT_OF_SERVICE" in ann.xmpp.statuses()) is lost

    play(main())


def test_a_peer_that_speaks_garbage_is_a_lost_socket() -> None:
    async def main() -> None:
        async with lab(start=False) as found:

            async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"\xff" * 64)
                await reader.read()
                writer.close()

            server = await asyncio.start_server(babble, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            found.administration.cti = replace(found.administration.cti, a=Address("127.0.0.1", port))
            await found.node.start()
            start_s = now_s()
            await found.node.until_in_service()
            assert now_s() - start_s == pytest.approx(2.0, abs=0.05)
            assert len(found.b.sessions) == 1
            server.close()
            await server.wait_closed()

    play(main())
