"""Heartbeats, silence, closing, garbage, floods, and the life of a server."""

import asyncio
import socket
from dataclasses import replace

import pytest

from chaos.errors import UsageError
from chaos.mock.cti_server import CtiServer, Role
from chaos.mock.service import ServiceState
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Status, UnknownMessage
from tests.mock.cti_server.client import OPEN, Stage, play


def now_s() -> float:
    return asyncio.get_running_loop().time()


def test_a_heartbeat_is_answered_at_once_with_its_invoke_id() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        client.raw, started_s = b"", now_s()
        client.send(bytes.fromhex("00000004 00000005 02030405"))
        await client.next()
        assert client.raw == bytes.fromhex("00000004 00000006 02030405")
        assert now_s() == started_s

    play(scene)


def test_a_heartbeat_does_not_wait_until_another_client_is_through_with_all_its_requests() -> None:
    """Each of them takes time, and only a few are carried out in one turn of the loop."""

    async def scene(stage: Stage) -> None:
        server = await stage.started()
        busy, beating = await stage.session(server), await stage.session(server)
        query = bytes.fromhex("00000019 00000024 00000065 00001388 00000000 ffffffff 0005 0005 3130303100")
        busy.send(query * 2000)
        await busy.writer.drain()
        beating.send(bytes.fromhex("00000004 00000005 02030405"))
        await beating.until(wire.HeartbeatConf)
        came = len(busy._reader._buffer)  # type: ignore[attr-defined]
        assert came < 2000 * 42 / 2
        for _ in range(2000):
            await busy.until(wire.QueryAgentStateConf)

    play(scene)


def test_silence_for_exactly_the_idle_timeout_resets_without_notice() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        client = await stage.session(server, idle_timeout=20)
        heard_s = now_s()
        await asyncio.sleep(19.999)
        assert len(server.sessions) == 1
        assert await client.ending() == ("reset", [])
        assert now_s() - heard_s == pytest.approx(20.0, abs=1e-9)
        assert not server.sessions

    play(scene)


def test_any_message_counts_against_silence_and_half_a_message_does_not() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started(), idle_timeout=20)
        await asyncio.sleep(19)
        client.send(wire.QueryAgentStateReq(6, 5000, agent_id="1001"))
        asked_s = now_s()
        await client.next()
        await asyncio.sleep(15)
        client.send(b"\0\0\0\4\0\0\0\5\0")
        assert (await client.ending())[0] == "reset"
        assert now_s() - asked_s == pytest.approx(20.0, abs=1e-9)

    play(scene)


@pytest.mark.parametrize("never", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_session_without_idle_timeout_may_be_silent_for_hours(never: int) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        client = await stage.session(server, idle_timeout=never)
        await asyncio.sleep(7200)
        assert await client.told() == []

    play(scene)


def test_a_client_that_never_opens_is_reset() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started(open_limit_s=30))
        connected_s = now_s()
        assert await client.ending() == ("reset", [])
        assert now_s() - connected_s == pytest.approx(30.0, abs=1e-9)

    play(scene)


def test_close_req_is_confirmed_and_who_does_not_hang_up_is_reset() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(close_limit_s=5)
        client = await stage.session(server)
        client.send(bytes.fromhex("00000008 00000007 04050607 00000000"))
        assert await client.next() == wire.CloseConf(0x04050607)
        assert server.sessions == ()
        closed_s = now_s()
        client.send(wire.HeartbeatReq(9))
        assert await client.ending() == ("reset", [])
        assert now_s() - closed_s == pytest.approx(5.0, abs=1e-9)

    play(scene)


def test_several_requests_may_be_outstanding_in_one_segment_or_in_many() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        queries = [wire.QueryAgentStateReq(n, 5000, agent_id="1001") for n in range(10, 20)]
        data = b"".join(wire.encode(query) for query in queries)
        client.send(data)
        answers = [await client.next() for _ in queries]
        for at in range(0, len(data), 7):
            client.send(data[at : at + 7])
            await asyncio.sleep(0.01)
        again = [await client.next() for _ in queries]
        assert answers == again
        assert [getattr(answer, "invoke_id", None) for answer in answers] == list(range(10, 20))

    play(scene)


def test_a_client_that_leaves_in_the_middle_of_a_message_disturbs_nobody() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        other, client = await stage.session(server), await stage.session(server)
        client.send(wire.encode(OPEN)[:20])
        await client.hang_up()
        assert await other.told() == []
        assert len(server.sessions) == 1

    play(scene)


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ("00000006 00000005 02030405 0000", wire.FailureConf(0x02030405, Status.INVALID_MESSAGE_LENGTH)),
        ("00000002 00000005 0203", wire.FailureEvent(Status.INVALID_MESSAGE_LENGTH)),
        ("00000005 00000024 00000007 00", wire.FailureConf(7, Status.BAD_MESSAGE_FORMAT)),
        ("00000004 000000f2 00000008", wire.FailureConf(8, Status.FUNCTION_NOT_AVAILABLE)),
        ("00000004 00009999 00000009", wire.FailureConf(9, Status.INVALID_REQUEST_TYPE)),
        ("00000004 00000006 0000000a", wire.FailureConf(10, Status.INVALID_REQUEST_TYPE)),
        ("00000000 00009999", wire.FailureEvent(Status.INVALID_REQUEST_TYPE)),
    ],
)
def test_a_message_that_makes_no_sense_is_refused_and_the_session_goes_on(frame: str, answer: object) -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.session(await stage.started())
        client.send(bytes.fromhex(frame))
        assert await client.next() == answer
        assert await client.told() == []

    play(scene)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\0\0\x30\xcd\0\0\0\3"])
def test_garbage_is_answered_once_and_ends_that_connection_only(garbage: bytes, opened: bool) -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        other = await stage.session(server)
        client = await (stage.session(server) if opened else stage.client(server))
        started_s = now_s()
        client.send(garbage)
        how, said = await client.ending()
        assert how == "closed"
        assert said == [wire.FailureEvent(Status.INVALID_MESSAGE_LENGTH)]
        assert now_s() == started_s
        assert await other.told() == []
        assert server.connections == 1

    play(scene)


def test_a_client_that_does_not_read_is_reset_and_others_are_served() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(write_limit=10_000)
        other = await stage.session(server)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await loop.sock_connect(deaf, (server.host, server.port))
            await loop.sock_sendall(deaf, wire.encode(OPEN))
            flood = b"".join(wire.encode(wire.QueryAgentStateReq(n, 5000, agent_id="1001")) for n in range(1000))

            async def pour() -> None:
                while True:
                    await loop.sock_sendall(deaf, flood)

            with pytest.raises(ConnectionError):
                await asyncio.wait_for(pour(), 60)
        assert len(server.sessions) == 1
        assert await other.told() == []

    play(scene)


def test_one_client_too_many_is_reset() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(clients_max=2)
        first, _ = await stage.session(server), await stage.session(server)
        assert (await (await stage.client(server)).ending())[0] == "reset"
        await first.hang_up()
        await stage.session(server)
        assert server.connections == 2

    play(scene)


def test_an_unknown_message_before_open_req_is_refused_too() -> None:
    async def scene(stage: Stage) -> None:
        client = await stage.client(await stage.started())
        client.send(UnknownMessage(0x9999, b"\0\0\0\1"))
        assert await client.next() == wire.FailureConf(1, Status.SESSION_NOT_OPEN)

    play(scene)


# The life of a server


def test_an_orderly_stop_says_server_offline_and_closes() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        client = await stage.session(server)
        silent = await stage.client(server)
        client.raw = b""
        await server.stop()
        assert server.state is ServiceState.STOPPED
        assert (await client.ending())[0] == "closed"
        assert client.raw == bytes.fromhex("00000004 00000002 0000000f")
        assert await silent.ending() == ("closed", [])
        await refused(server)

    play(scene)


def test_without_goodbye_a_stop_just_closes() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(goodbye=False)
        client = await stage.session(server)
        await server.stop()
        assert await client.ending() == ("closed", [])

    play(scene)


def test_dying_resets_everybody_and_refuses_the_next() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        clients = [await stage.session(server), await stage.client(server)]
        died_s = now_s()
        await server.die()
        assert now_s() == died_s
        assert [await client.ending() for client in clients] == [("reset", [])] * 2
        await refused(server)

    play(scene)


def test_a_server_comes_back_on_the_same_port_with_the_same_peripheral() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started()
        port = server.port
        call_id = stage.talk()
        for end in (server.die, server.stop):
            client = await stage.session(server)
            await end()
            await client.hang_up()
            await server.start()
            assert server.port == port
        client = await stage.session(server)
        answer = await client.ask(wire.SnapshotCallReq(0, 5000, call_id))
        assert isinstance(answer, wire.SnapshotCallConf)

    play(scene)


def test_the_port_is_known_from_the_first_start_on() -> None:
    async def scene(stage: Stage) -> None:
        server = stage.server()
        with pytest.raises(UsageError, match="no port"):
            _ = server.port
        await server.set_role(Role.STANDBY)
        assert server.role is Role.ACTIVE
        await server.start()
        assert server.port > 0

    play(scene)


def test_a_port_that_is_taken_leaves_the_server_stopped() -> None:
    async def scene(stage: Stage) -> None:
        first = await stage.started()
        second = CtiServer(first.side, stage.peripheral, port=first.port)
        with pytest.raises(OSError, match="in use"):
            await second.start()
        assert second.state is ServiceState.STOPPED

    play(scene)


def test_a_goodbye_that_is_not_read_does_not_hold_up_a_stop_for_long() -> None:
    async def scene(stage: Stage) -> None:
        server = await stage.started(close_limit_s=5, write_limit=1 << 22)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await loop.sock_connect(deaf, (server.host, server.port))
            await loop.sock_sendall(deaf, wire.encode(replace(OPEN, idle_timeout=0xFFFFFFFF)))
            beat = wire.encode(wire.QueryAgentStateReq(1, 5000, agent_id="1001"))
            for _ in range(10):  # asyncio looks through all that is unsent at each write: many more take long
                await loop.sock_sendall(deaf, beat * 1000)
                await asyncio.sleep(0)
            assert len(server.sessions) == 1
            asked_s = now_s()
            await server.stop()
            assert now_s() - asked_s == pytest.approx(5.0, abs=1e-9)
            assert server.connections == 0

    play(scene)


def test_a_connection_that_is_just_being_accepted_does_not_outlive_the_server() -> None:
    async def scene(stage: Stage) -> None:
        server = stage.server()
        for end in (server.stop, server.die):
            await server.start()
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as client:
                client.setblocking(False)
                await asyncio.get_running_loop().sock_connect(client, (server.host, server.port))
                await end()
                assert asyncio.all_tasks() == {asyncio.current_task()}
                assert server.connections == 0

    play(scene)


async def refused(server: CtiServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(server.host, server.port)
