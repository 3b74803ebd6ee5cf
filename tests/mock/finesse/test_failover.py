"""A node before the real mock CTI servers, seen through clients of foreign make."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from chaos import clock
from chaos.mock.defects import CtiDefect, Defect
from chaos.mock.finesse import Address, FinesseNode, FixedCredentials
from chaos.wire.finesse import Dialog, Update
from chaos.wire.ged188.values import AgentState
from tests.mock.finesse.lab import OTHER, PASSWORDS, Client, Lab, Watcher, lab, node_config, tls

AGENT_CALL = (
    "<Dialog><requestedAction>MAKE_CALL</requestedAction>"
    "<fromAddress>2001</fromAddress><toAddress>{}</toAddress></Dialog>"
)
RESOURCES = ("User/1101", "User/1101/Dialogs", "User/1101/ReasonCodes?category=NOT_READY", "Dialog/1")


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def both_down(found: Lab) -> None:
    await found.b.die()
    await found.a.die()


async def gap(found: Lab, client: Client) -> None:
    """Lose both sides, and wait until the client knows."""
    before = client.xmpp.statuses().count("OUT_OF_SERVICE")
    await both_down(found)
    await client.xmpp.until(lambda: client.xmpp.statuses().count("OUT_OF_SERVICE") > before)


async def back(found: Lab) -> None:
    await found.b.start()
    await found.node.until_in_service()
    await asyncio.sleep(0.1)


def action(name: str, device: str) -> str:
    return (
        f"<Dialog><targetMediaAddress>{device}</targetMediaAddress><requestedAction>{name}</requestedAction></Dialog>"
    )


def data(value: str) -> str:
    return (
        "<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>UPDATE_CALL_DATA</requestedAction>"
        f"<mediaProperties><callvariables><CallVariable><name>callVariable3</name><value>{value}</value>"
        "</CallVariable></callvariables></mediaProperties></Dialog>"
    )


async def talking(found: Lab) -> tuple[Client, Client, str]:
    """Two agents in a call, by REST."""
    ann, bob = await found.client("1101"), await found.client("1102")
    await ann.sign_in("2001")
    await bob.sign_in("2002")
    assert (await ann.post("User/1101/Dialogs", AGENT_CALL.format("2002"), "call-1")).status_code == 202
    await bob.xmpp.until(lambda: bool(bob.xmpp.dialog_events()))
    dialog_id = bob.xmpp.dialog_events()[0][1]
    assert (await bob.put(f"Dialog/{dialog_id}", action("ANSWER", "2002"), "call-2")).status_code == 202
    await ann.xmpp.until(lambda: ann.xmpp.states()[-1] == "TALKING")
    await bob.xmpp.until(lambda: bob.xmpp.states()[-1] == "TALKING")
    return ann, bob, dialog_id


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
            assert _variable(changed[0], 2) == "changed"
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


def _variable(update: Update, index: int) -> str | None:
    assert isinstance(update.payload, Dialog)
    assert update.payload.media_properties is not None
    assert update.payload.media_properties.call_variables is not None
    return update.payload.media_properties.call_variables[index].value


class Deafening:
    """A relay that can keep from the node what the CTI server says, while the server goes on hearing the node.

    Silence in both directions would not do: after 20 s without a client message the server itself resets.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.withhold: Callable[[int], bool] = lambda number: False
        self.answers = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Deafening":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        ways = (self._copy(reader, back, heard=True), self._copy(there, writer, heard=False))
        tasks = {asyncio.get_running_loop().create_task(way) for way in ways}
        self._tasks |= tasks
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        back.transport.abort()
        writer.transport.abort()
        await asyncio.wait(tasks)
        self._tasks -= tasks

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, heard: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                beat = not heard and len(data) == 12 and data[7] == 6
                self.answers += beat
                if heard or not self.withhold(self.answers):
                    writer.write(data)


@asynccontextmanager
async def before_relay(*defects: str) -> AsyncIterator[tuple[Lab, Deafening, Client]]:
    """A lab whose node reaches side A through a relay, and an agent who is signed in."""
    async with lab(defects=defects) as found, Deafening(found.a.port) as relay:
        found.administration.cti = replace(found.administration.cti, a=Address("127.0.0.1", relay.port))
        await found.node.tomcat.stop()
        await found.node.tomcat.start()
        await found.node.until_in_service()
        ann = await found.client()
        await ann.sign_in("2001")
        yield found, relay, ann


async def until_heartbeat(relay: Deafening, number: int) -> float:
    """Wait for the n-th answer of the server; loop time."""
    while relay.answers < number:  # noqa: ASYNC110 – the relay has no event to wait for
        await asyncio.sleep(0.01)
    return now_s()


async def silent_loss(*defects: str) -> tuple[float, list[int]]:
    """Seconds from the last answered heartbeat to OUT_OF_SERVICE, and how a PUT fared meanwhile."""
    async with before_relay(*defects) as (_, relay, ann):
        last_answer_s = await until_heartbeat(relay, 2)
        assert "<lastCTIHeartbeatStatus>success<" in (await ann.get("SystemInfo")).text
        relay.withhold = lambda number: True
        statuses = [(await ann.state("READY")).status_code]
        await ann.xmpp.until(lambda: "OUT_OF_SERVICE" in ann.xmpp.statuses())
        return now_s() - last_answer_s, statuses


def test_a_silent_link_is_lost_fifteen_seconds_after_the_first_unanswered_heartbeat_with_500_before() -> None:
    async def main() -> None:
        elapsed_s, statuses = await silent_loss()
        assert statuses == [500]
        assert elapsed_s == pytest.approx(20.0, abs=0.05)

    play(main())


@pytest.mark.parametrize(
    ("defect", "expected_s"),
    [(CtiDefect.TWO_MISSES_ARE_LOSS, 15.0), (CtiDefect.FOUR_MISSES_NEEDED, 25.0), (CtiDefect.MISSES_ACCUMULATE, 20.0)],
)
def test_a_defect_of_counting_moves_the_moment_of_loss_or_leaves_it(defect: Defect, expected_s: float) -> None:
    async def main() -> None:
        elapsed_s, _ = await silent_loss(defect)
        assert elapsed_s == pytest.approx(expected_s, abs=0.05)

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


class Attempts:
    """A port that takes down when somebody connects, and hangs up."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def open(self, port: int = 0) -> "Attempts":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.times_s.append(now_s())
        writer.close()


async def attempts_after_loss(*defects: str, duplex: bool = True, former_b: bool = False) -> str:
    """Sides in the order in which they were tried in the first 20 s after losing A, both turning everybody away."""
    async with lab(defects=defects, duplex=duplex, former_b=former_b) as found:
        port_a, port_b = found.a.port, found.b.port
        await found.b.die()
        b = await Attempts().open(port_b)
        found.a.watchers.append(lambda: None)
        a = Attempts()
        dying = asyncio.get_running_loop().create_task(found.a.die())
        await dying
        a = await a.open(port_a)
        await asyncio.sleep(20)
        await a.close()
        await b.close()
        tried = [(time_s, "A") for time_s in a.times_s] + [(time_s, "B") for time_s in b.times_s]
        return "".join(side for _, side in sorted(tried))


@pytest.mark.parametrize(
    ("defects", "begins"),
    [
        ((), "BABABA"),
        ((CtiDefect.B_TWICE_IN_FIRST_ROUND,), "BBABAB"),
        ((CtiDefect.A_AGAIN_BEFORE_B,), "ABABAB"),
        ((CtiDefect.LATER_ROUNDS_TWICE,), "BABBAABB"),
        ((CtiDefect.NEVER_FAILS_OVER,), "AAAAAA"),
    ],
)
def test_the_sides_are_tried_in_the_documented_order_unless_a_defect_changes_it(
    defects: tuple[str, ...], begins: str
) -> None:
    async def main() -> None:
        tried = await attempts_after_loss(*defects)
        # The first attempt may meet A's port before the test has taken it over; it is then not seen.
        assert tried.startswith((begins, begins[1:] if begins[0] == "A" else begins))

    play(main())


@pytest.mark.parametrize(("defects", "sides"), [((), {"A"}), ((CtiDefect.UNCONFIGURED_SIDE_TRIED,), {"A", "B"})])
def test_without_a_configured_b_side_b_is_never_tried_unless_by_defect(
    defects: tuple[str, ...], sides: set[str]
) -> None:
    async def main() -> None:
        assert set(await attempts_after_loss(*defects, duplex=False, former_b=True)) == sides

    play(main())


def test_a_defect_keeps_opening_sessions_at_the_other_side_after_a_fail_over_and_only_then() -> None:
    async def main() -> None:
        async with lab(defects=[CtiDefect.KEEPS_TRYING_AFTER_SUCCESS]) as found:
            port = found.b.port
            await found.b.die()
            b = await Attempts().open(port)
            await asyncio.sleep(20)
            assert b.times_s == []
            await b.close()
            await found.b.start()
            port = found.a.port
            await found.a.die()
            a = await Attempts().open(port)
            await found.node.until_in_service()
            await asyncio.sleep(20)
            assert len(a.times_s) >= 5
            assert len(found.b.sessions) == 1
            await a.close()

    play(main())


def test_a_defect_notices_a_failed_socket_after_three_intervals_only() -> None:
    async def main() -> None:
        async with lab(defects=[CtiDefect.SOCKET_LOSS_WAITS]) as found:
            ann = await found.client()
            start_s = now_s()
            await found.a.die()
            await ann.xmpp.until(lambda: "OUT_OF_SERVICE" in ann.xmpp.statuses())
            assert now_s() - start_s == pytest.approx(15.0, abs=0.05)

    play(main())


@pytest.mark.parametrize(
    ("defect", "statuses"),
    [
        (None, (503, 503, 503)),
        ("gap-answers-dialogs", (200, 503, 503)),
        ("gap-500@verb=PUT", (503, 500, 503)),
    ],
)
def test_a_defect_of_the_gap_answers_one_request_otherwise(defect: str | None, statuses: tuple[int, int, int]) -> None:
    async def main() -> None:
        async with lab(defects=[defect] if defect else []) as found:
            ann = await found.client()
            await ann.sign_in("2001")
            await gap(found, ann)
            seen = (
                (await ann.get("User/1101/Dialogs")).status_code,
                (await ann.state("READY")).status_code,
                (await ann.get("User/1101")).status_code,
            )
            assert seen == statuses
            await back(found)
            assert (await ann.get("User/1101/Dialogs")).status_code == 200

    play(main())


def test_a_defect_publishes_user_events_in_the_gap_and_stops_after_it() -> None:
    async def main() -> None:
        async with lab(defects=[CtiDefect.GAP_EVENTS]) as found:
            ann = await found.client()
            await ann.sign_in("2001")
            ann.xmpp.clear()
            await gap(found, ann)
            await asyncio.sleep(5)
            assert len(ann.xmpp.states()) >= 5
            await back(found)
            await asyncio.sleep(2)  # and what the switch tells of the lost connection (DESKTOP-09)
            ann.xmpp.clear()
            await asyncio.sleep(5)
            assert ann.xmpp.updates == []

    play(main())


async def after_reconnect(*defects: str) -> tuple[list[str], list[str], int]:
    """Notices and states seen by a client whose agent changed state in and after the gap, and GET Dialogs."""
    async with lab(defects=defects) as found:
        ann = await found.client()
        await ann.sign_in("2001")
        ann.xmpp.clear()
        await gap(found, ann)
        found.peripheral.agents.set_state("1101", AgentState.AVAILABLE)
        await back(found)
        await asyncio.sleep(2)
        await ann.state("NOT_READY")
        await asyncio.sleep(1)
        assert "<state>NOT_READY</state>" in (await ann.get("User/1101")).text
        return ann.xmpp.statuses(), ann.xmpp.states(), (await ann.get("User/1101/Dialogs")).status_code


@pytest.mark.parametrize(
    ("defects", "notices", "states", "dialogs"),
    [
        ((), ["OUT_OF_SERVICE", "IN_SERVICE"], ["READY", "NOT_READY"], 200),
        ((CtiDefect.MUTE_AFTER_RECONNECT,), ["OUT_OF_SERVICE", "IN_SERVICE"], ["READY"], 200),
        (
            ("still-503-after-reconnect",),
            ["OUT_OF_SERVICE", "IN_SERVICE"],
            ["READY", "NOT_READY"],
            503,
        ),
        ((CtiDefect.NO_IN_SERVICE_NOTICE,), ["OUT_OF_SERVICE"], ["READY", "NOT_READY"], 200),
        ((CtiDefect.GAP_STATE_LOST,), ["OUT_OF_SERVICE", "IN_SERVICE"], ["NOT_READY"], 200),
    ],
)
def test_a_defect_after_the_reconnection_takes_one_thing_away(
    defects: tuple[str, ...], notices: list[str], states: list[str], dialogs: int
) -> None:
    async def main() -> None:
        assert await after_reconnect(*defects) == (notices, states, dialogs)

    play(main())


async def calls_after_gap(*defects: str) -> tuple[list[str], list[str | None]]:
    """What is published about calls that ended, began and changed their data in a gap."""
    async with lab(defects=defects) as found:
        ann, _, first = await talking(found)
        calls = found.peripheral.calls
        calls.hold(int(first), "2001")
        second = calls.make("2001", "2003")
        calls.answer(second.call_id, "2003")
        await ann.xmpp.until(lambda: len(ann.xmpp.dialog_events()) == 2)
        await asyncio.sleep(0.1)
        await gap(found, ann)
        ann.xmpp.clear()
        calls.clear_connection(int(first), "2001")
        calls.set_data(second.call_id, {3: "changed"})
        calls.hold(second.call_id, "2001")
        third = calls.make("2001", "2002")
        await back(found)
        names = {first: "first", str(second.call_id): "second", str(third.call_id): "third"}
        events = [f"{event} {names[dialog_id]}" for event, dialog_id in ann.xmpp.dialog_events()]
        changed = [_variable(u, 2) for _, _, u in ann.xmpp.updates if isinstance(u.payload, Dialog)]
        return events, changed


@pytest.mark.parametrize(
    ("defects", "events", "data"),
    [
        ((), ["DELETE first", "POST third"], ["changed"]),
        ((CtiDefect.GAP_CALL_START_LOST,), ["DELETE first"], ["changed"]),
        ((CtiDefect.GAP_CALL_END_LOST,), ["POST third"], ["changed"]),
        ((CtiDefect.GAP_CALL_DATA_LOST,), ["DELETE first", "POST third"], [""]),
    ],
)
def test_a_defect_of_catching_up_leaves_out_one_kind_of_change(
    defects: tuple[str, ...], events: list[str], data: list[str]
) -> None:
    async def main() -> None:
        assert await calls_after_gap(*defects) == (events, data)

    play(main())


@pytest.mark.parametrize(
    ("text", "at_once", "later"),
    [
        (None, set(), set()),
        ("ghost-call", {"POST", "DELETE"}, {"POST", "DELETE"}),
        ("ghost-call@node=b", set(), set()),
        ("ghost-call@event=dialog-new", {"POST"}, {"POST"}),
        ("ghost-call@agent=b.baker", set(), set()),
        ("ghost-call@act=data", set(), set()),
        ("ghost-end", {"DELETE"}, {"DELETE"}),
        ("late-ghost-call@late=10s", set(), {"POST", "DELETE"}),
    ],
)
def test_a_call_that_lies_inside_the_gap_shows_only_when_the_server_tells_of_ghosts(
    text: str | None, at_once: set[str], later: set[str]
) -> None:
    async def main() -> None:
        async with lab(defects=[text] if text else []) as found:
            ann = await found.client()
            await ann.sign_in("2001")
            await gap(found, ann)
            inside = found.peripheral.calls.make("2001", "2002")
            found.peripheral.calls.clear_connection(inside.call_id, "2001")
            await back(found)
            await asyncio.sleep(1)
            assert {event for event, _ in ann.xmpp.dialog_events()} == at_once
            assert (await ann.get("User/1101/Dialogs")).text.count("<Dialog>") == 0
            await asyncio.sleep(15)
            assert {event for event, _ in ann.xmpp.dialog_events()} == later

    play(main())


@pytest.mark.parametrize(
    ("text", "shown", "ended", "last_state", "next_call"),
    [
        (None, 0, True, "NOT_READY", True),
        ("conference-stuck", 1, False, "NOT_READY", True),
        ("conference-stuck@node=b", 0, True, "NOT_READY", True),
        ("conference-stuck-in-rest", 1, True, "NOT_READY", True),
        ("conference-end-not-told", 0, False, "NOT_READY", True),
        ("after-conference-talking", 0, True, "TALKING", True),
        ("after-conference-mute", 0, True, "NOT_READY", False),
        ("after-conference-mute@event=user", 0, True, "NOT_READY", True),
    ],
)
def test_who_drops_off_a_conference_is_shown_without_it_but_for_the_break(
    text: str | None, shown: int, ended: bool, last_state: str, next_call: bool
) -> None:
    async def main() -> None:
        async with lab(defects=[text] if text else []) as found:
            ann, _, first = await talking(found)
            calls = found.peripheral.calls
            second = calls.consult(int(first), "2001", "0015551234")
            await asyncio.sleep(5)
            calls.conference(int(first), second.call_id, "2001")
            await asyncio.sleep(1)
            await gap(found, ann)
            await back(found)
            calls.clear_connection(int(first), "2001")
            await asyncio.sleep(2)
            assert (await ann.get("User/1101/Dialogs")).text.count("<Dialog>") == shown
            assert (("DELETE", first) in ann.xmpp.dialog_events()) is ended
            assert f"<state>{last_state}</state>" in (await ann.get("User/1101")).text
            after = calls.make("2001", "2003")
            await asyncio.sleep(1)
            assert (("POST", str(after.call_id)) in ann.xmpp.dialog_events()) is next_call

    play(main())
