"""Toxiproxy's contract of toxics, against the embedded server on both clocks and against the Go original."""

import asyncio

import pytest

from tests.toxiproxy.lab import EOF, RST, Lab, Play, Wire


async def _received_after(lab: Lab, receiver: Wire, count: int, since_s: float, expected_s: float) -> None:
    await receiver.receive(count)
    assert lab.took(since_s, expected_s), lab.now() - since_s


# --- toxics ----------------------------------------------------------------------------------------------------------


def test_latency_delays_each_chunk_from_its_arrival(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=300)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(b"a")
        await asyncio.sleep(0.1)
        client.send(b"b")
        await _received_after(lab, server, 1, began_s, 0.3)
        await _received_after(lab, server, 1, began_s, 0.4)
        began_s = lab.now()
        server.send(b"c")
        await _received_after(lab, client, 1, began_s, 0)
        began_s = lab.now()
        await client.close()
        assert await server.ending() == EOF
        assert lab.took(began_s, 0)

    play(scenario)


def test_latency_delays_much_data_as_a_whole_and_does_not_throttle_it(play: Play) -> None:
    """What is on its way waits side by side: 8 MB under a delay of a second take a second, not eight."""

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=1000)
        client, server = await lab.pair(port)
        story = bytes(range(256)) * 31_250
        began_s = lab.now()
        client.send(story)
        assert await server.is_silent(0.9)
        assert await server.receive(len(story)) == story
        took_s = lab.now() - began_s
        assert 0.999 <= took_s <= (1.001 if lab.exact else 2.0)

    play(scenario)


def test_latency_holds_1024_chunks_and_then_stalls_the_sender(play: Play) -> None:
    """Its memory is bounded: what it holds, and what four socket buffers hold, is far below what is sent."""

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=60_000)
        client, _ = await lab.pair(port)
        client.send(bytes(100_000_000))
        assert await client.is_silent(1.5)
        assert 20_000_000 < client.writer.transport.get_write_buffer_size() < 99_000_000

    play(scenario)


def test_latencies_add_up_and_jitter_stays_within_its_bounds(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=100)
        for name, attributes in (("second", {"latency": 100}), ("third", {"latency": 100, "jitter": 100})):
            await lab.ask(
                "POST",
                "/proxies/p/toxics",
                {"name": name, "type": "latency", "stream": "upstream", "attributes": attributes},
            )
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(b"a")
        await server.receive(1)
        assert 0.2 - 0.001 <= lab.now() - began_s <= 0.4 + (0.001 if lab.exact else 0.35)

    play(scenario)


@pytest.mark.parametrize("how", ["update", "remove"])
def test_changing_or_removing_latency_releases_a_waiting_chunk(play: Play, how: str) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("latency", latency=3000)
        client, server = await lab.pair(port)
        client.send(b"a")
        assert await server.is_silent(0.1)
        began_s = lab.now()
        await (
            lab.ask("DELETE", path) if how == "remove" else lab.ask("PATCH", path, {"attributes": {"latency": 2900}})
        )
        await _received_after(lab, server, 1, began_s, 0)

    play(scenario)


def test_bandwidth_limits_the_rate_and_goes_in_steps_of_100_ms(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("bandwidth", rate=10)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(bytes(5000))
        await _received_after(lab, server, 1000, began_s, 0.1)
        assert await server.is_silent(0.05)
        await _received_after(lab, server, 4000, began_s, 0.5)

    play(scenario)


def test_a_stalled_bandwidth_heals_without_loss(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        path = await lab.toxic("bandwidth", rate=0)
        client.send(b"held")
        assert await server.is_silent(0.2)
        began_s = lab.now()
        await lab.ask("DELETE", path)
        assert await server.receive(4) == b"held"
        assert lab.took(began_s, 0)
        server.send(b"alive")
        assert await client.receive(5) == b"alive"

    play(scenario)


def test_a_stalled_bandwidth_withholds_a_close_until_it_heals(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        path = await lab.toxic("bandwidth", rate=0)
        client.send(b"held")
        await asyncio.sleep(0.05)
        await client.close()
        assert await server.is_silent(0.2)
        await lab.ask("DELETE", path)
        assert await server.receive(4) == b"held"
        assert await server.ending() == EOF

    play(scenario)


def test_timeout_0_discards_for_ever_but_lets_a_close_pass(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("timeout", timeout=0)
        client, server = await lab.pair(port)
        client.send(b"lost")
        assert await server.is_silent(0.3)
        server.send(b"back")
        assert await client.receive(4) == b"back"
        await client.close()
        assert await server.some() == b""

    play(scenario)


def test_timeout_closes_after_silence_and_each_chunk_restarts_it(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("timeout", timeout=400)
        client, server = await lab.pair(port)
        for _ in range(4):
            client.send(b"chatter")
            assert await server.is_silent(0.2)
        began_s = lab.now() - 0.2
        assert await server.some() == b""
        assert lab.took(began_s, 0.4)
        assert await client.ending() == EOF

    play(scenario)


@pytest.mark.parametrize("how", ["remove", "reset"])
def test_removing_timeout_closes_its_connections(play: Play, how: str) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("timeout", timeout=0)
        client, server = await lab.pair(port)
        server.send(b"x")  # the original accepts before it has put its toxics in place
        assert await client.receive(1) == b"x"
        await (lab.ask("DELETE", path) if how == "remove" else lab.ask("POST", "/reset"))
        assert await server.ending() == EOF
        assert await client.ending() == EOF

    play(scenario)


def test_slow_close_delays_the_end_in_its_direction_only(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slow_close", delay=300)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(b"x")
        await client.close()
        await _received_after(lab, server, 1, began_s, 0)
        assert await server.ending() == EOF
        assert lab.took(began_s, 0.3)
        client, server = await lab.pair(port)
        began_s = lab.now()
        await server.close()
        assert await client.ending() == EOF
        assert lab.took(began_s, 0)

    play(scenario)


def test_removing_slow_close_during_the_delay_closes_at_once(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("slow_close", delay=4000)
        client, server = await lab.pair(port)
        await client.close()
        assert await server.is_silent(0.1)
        began_s = lab.now()
        await lab.ask("DELETE", path)
        assert await server.ending() == EOF
        assert lab.took(began_s, 0)

    play(scenario)


def test_reset_peer_resets_new_connections_after_the_first_chunk(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("reset_peer", timeout=200)
        client, server = await lab.pair(port)
        assert await client.is_silent(0.3)
        began_s = lab.now()
        client.send(b"never arrives")
        assert await client.ending() == RST
        assert lab.took(began_s, 0.2)
        assert await server.ending() == RST

    play(scenario)


def test_reset_peer_ends_older_connections_with_eof(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        await lab.toxic("reset_peer", timeout=100)
        began_s = lab.now()
        client.send(b"x")
        assert await server.some() == b""
        assert lab.took(began_s, 0.1)
        assert await client.ending() == EOF

    play(scenario)


def test_reset_peer_without_toxicity_makes_a_cut_a_reset(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("reset_peer", toxicity=0)
        client, server = await lab.pair(port)
        client.send(b"passes")
        assert await server.receive(6) == b"passes"
        await lab.ask("PATCH", "/proxies/p", {"enabled": False})
        assert await client.ending() == RST
        assert await server.ending() == RST

    play(scenario)


def test_slicer_cuts_chunks_and_pauses_after_each_piece(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slicer", average_size=10, delay=50_000)
        client, server = await lab.pair(port)
        began_s = lab.now()
        client.send(bytes(range(40)))
        pieces = [await server.some() for _ in range(4)]
        assert b"".join(pieces) == bytes(range(40))
        assert [len(piece) for piece in pieces] == [10, 10, 10, 10]
        assert lab.took(began_s, 0.15)

    play(scenario)


def test_slicer_passes_much_in_small_pieces_and_everybody_else_is_served_meanwhile(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slicer", stream="downstream", average_size=10)
        client, server = await lab.pair(port)
        story = bytes(range(256)) * 1200
        server.send(story)
        assert (await lab.ask("GET", "/version")).status == 200
        other, its_server = await lab.pair(port)
        other.send(b"and another client")
        assert await its_server.receive(18) == b"and another client"
        assert await client.receive(len(story)) == story

    play(scenario)


@pytest.mark.parametrize("kind", ["latency", "slicer", "bandwidth"])
@pytest.mark.parametrize("how", ["update", "remove", "neighbour"])
def test_a_toxic_that_changes_while_data_are_in_flight_loses_and_reorders_nothing(
    play: Play, kind: str, how: str
) -> None:
    attributes = {
        "latency": {"latency": 150},
        "slicer": {"average_size": 700, "delay": 300},
        "bandwidth": {"rate": 4000},
    }
    changed = {"latency": {"latency": 20}, "slicer": {"average_size": 5000}, "bandwidth": {"rate": 90_000}}

    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic(kind, stream="upstream", **attributes[kind])
        client, server = await lab.pair(port)
        story = b"".join(number.to_bytes(4, "big") for number in range(400_000))

        async def change() -> None:
            await asyncio.sleep(0.05)
            for _ in range(3):
                if how == "neighbour":
                    await lab.toxic("noop")
                    await lab.ask("DELETE", "/proxies/p/toxics/noop_upstream")
                elif how == "update":
                    await lab.ask("PATCH", path, {"attributes": changed[kind]})
                else:
                    await lab.ask("DELETE", path)
                    await lab.toxic(kind, stream="upstream", **changed[kind])
                await asyncio.sleep(0.03)

        async with asyncio.TaskGroup() as group:
            group.create_task(change())
            for start in range(0, len(story), 100_000):
                client.send(story[start : start + 100_000])
                await asyncio.sleep(0.01)
            assert await server.receive(len(story), within_s=60) == story
        await client.close()
        assert await server.ending() == EOF

    play(scenario)


@pytest.mark.parametrize("count", [99, 100, 101])
def test_limit_data_closes_when_so_many_bytes_have_passed(play: Play, count: int) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("limit_data", bytes=100)
        client, server = await lab.pair(port)
        client.send(bytes(count))
        assert len(await server.receive(min(count, 100))) == min(count, 100)
        if count < 100:
            assert await server.is_silent(0.1)
        else:
            assert await server.some() == b""
            assert await client.ending() == EOF

    play(scenario)


@pytest.mark.parametrize("limit", [0, -5])
def test_limit_data_of_0_or_less_closes_at_the_first_chunk(play: Play, limit: int) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("limit_data", bytes=limit)
        client, server = await lab.pair(port)
        assert await server.is_silent(0.1)
        client.send(b"x")
        assert await server.some() == b""

    play(scenario)


def test_limit_data_counts_from_when_it_was_added_and_goes_on_counting_when_changed(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        client, server = await lab.pair(port)
        client.send(bytes(50))
        await server.receive(50)
        path = await lab.toxic("limit_data", bytes=1000)
        client.send(bytes(60))
        await server.receive(60)
        await lab.ask("PATCH", path, {"attributes": {"bytes": 100}})
        client.send(bytes(60))
        assert len(await server.receive(40)) == 40
        assert await server.some() == b""

    play(scenario)


def test_noop_changes_nothing(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        path = await lab.toxic("noop")
        client, server = await lab.pair(port)
        client.send(b"x")
        assert await server.receive(1) == b"x"
        await lab.ask("DELETE", path)
        client.send(b"y")
        assert await server.receive(1) == b"y"

    play(scenario)


def test_toxicity_0_never_bites_and_one_half_bites_some_connections(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("limit_data", toxicity=0, bytes=0)
        await lab.ask(
            "POST", "/proxies/p/toxics", {"type": "limit_data", "name": "half", "stream": "upstream", "toxicity": 0.5}
        )
        passed = 0
        for _ in range(40):
            client, server = await lab.pair(port)
            client.send(b"x")
            passed += await server.some() == b"x"
            client.writer.transport.abort()
            server.writer.transport.abort()
        assert 6 <= passed <= 34  # fails by chance once in a million

    play(scenario)


def test_a_toxic_works_on_connections_that_are_older_than_it(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        client, server = await lab.pair(await lab.proxy())
        path = await lab.toxic("latency", stream="downstream", latency=200)
        began_s = lab.now()
        server.send(b"x")
        await _received_after(lab, client, 1, began_s, 0.2)
        await lab.ask("DELETE", path)
        began_s = lab.now()
        server.send(b"x")
        await _received_after(lab, client, 1, began_s, 0)

    play(scenario)


def test_lossy_silence_can_withhold_closes_too(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("slow_close", delay=60_000)
        await lab.toxic("timeout", timeout=0)
        client, server = await lab.pair(port)
        client.send(b"lost")
        await client.close()
        assert await server.is_silent(0.3)
        await lab.ask("DELETE", "/proxies/p/toxics/timeout_upstream")
        assert await server.ending() == EOF

    play(scenario)


@pytest.mark.parametrize("how", ["add", "remove"])
def test_a_neighbour_that_comes_or_goes_releases_the_chunk_that_waits(play: Play, how: str) -> None:
    async def scenario(lab: Lab) -> None:
        port = await lab.proxy()
        await lab.toxic("latency", latency=4000)
        if how == "remove":
            await lab.toxic("noop")
        client, server = await lab.pair(port)
        client.send(b"held")
        assert await server.is_silent(0.1)
        began_s = lab.now()
        await (lab.toxic("noop") if how == "add" else lab.ask("DELETE", "/proxies/p/toxics/noop_upstream"))
        await _received_after(lab, server, 4, began_s, 0)

    play(scenario)


def test_what_was_sent_before_a_close_arrives_however_slow_the_reader(play: Play) -> None:
    async def scenario(lab: Lab) -> None:
        client, server = await lab.pair(await lab.proxy())
        server.writer.transport.pause_reading()  # type: ignore[attr-defined]
        data = bytes(range(256)) * 64_000
        client.send(data)
        client.writer.write_eof()
        await asyncio.sleep(0.2)
        server.send(b"the other direction goes on meanwhile")
        assert await client.receive(37) == b"the other direction goes on meanwhile"
        server.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert await server.receive(len(data)) == data
        assert await server.some() == b""
        assert await client.ending() == EOF

    play(scenario)
