"""The event stream: opened, lost and refused by whatever a notification service does; slixmpp leaves nothing behind."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from chaos import clock
from chaos.clients.events import EventStream, event_fields
from chaos.clients.tls import client_context
from chaos.clock import now
from chaos.inventory import Agent, FinesseNode, Secret, Transport
from chaos.journal import About, ControlSent, EventSeen, Journal, PresenceSeen, StreamChange, StreamState, TeamSeen
from tests.clients.test_rest import HOST, SERVER, Handler, _client_tls, _server_tls, _serving
from tests.experiment.labs import OpenLab, in_lab

TIMEOUT_S = 10.0
DOORS: tuple[Transport, ...] = ("tcp", "bosh", "websocket")
by_every_door = pytest.mark.parametrize("door", DOORS)


async def _alone(work: Awaitable[None]) -> None:
    """Do it; afterwards no task is there that was not there before."""
    before = asyncio.all_tasks()
    await work
    for _ in range(5):
        await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if task.get_name() != SERVER}
    assert not left, left


def _stream(port: int, journal: Journal, door: Transport = "tcp") -> EventStream:
    node = FinesseNode(host=HOST, address="127.0.0.1", xmpp_port=port, web_port=port)
    agent = Agent(id="1001001", password=Secret(literal=SecretStr("secret")), extension="2001")
    return EventStream(
        node, agent, "secret", HOST, lambda: journal, tls=_client_tls(), timeout_s=TIMEOUT_S, transport=door
    )


def _tried(
    handle: Handler, door: Transport = "tcp", *, host: str = HOST, plain: bool = False
) -> tuple[bool, list[StreamChange], float]:
    """One attempt to open a stream: whether it opened, what was recorded, and how long it took."""

    async def main() -> tuple[bool, list[StreamChange], float]:
        journal = Journal(None, now)
        async with _serving(handle, None if plain else _server_tls(host)) as port:
            stream = _stream(port, journal, door)
            opened: list[bool] = []
            from_s = now()

            async def attempt() -> None:
                opened.append(await stream.open())
                await stream.close()
                await stream.close()

            await _alone(attempt())
            return opened[0], journal.timeline().of(StreamChange), now() - from_s

    return clock.run(main(), virtual=True)


def _says(data: bytes, *, then_closes: bool = False) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if not then_closes:
            await reader.read()
            await asyncio.sleep(3600.0)

    return handle


STREAM = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    b"id='1' from='fin-a.lab.example' version='1.0'>"
)
MECHANISMS = (
    b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
    b"</stream:features>"
)
NOT_AUTHORIZED = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"


@by_every_door
@pytest.mark.parametrize(
    "handle",
    [
        _says(b""),
        _says(b"", then_closes=True),
        _says(STREAM),
        _says(STREAM + b"<this is not XML"),
        _says(b"HTTP/1.1 400 Bad Request\r\n\r\n", then_closes=True),
        _says(b"\x00\xff\xfe" * 100),
        _says(STREAM + MECHANISMS + NOT_AUTHORIZED),
        _says(STREAM + MECHANISMS, then_closes=True),
        _says(STREAM + b"</stream:stream>", then_closes=True),
    ],
    ids=["silence", "close", "half", "no-xml", "http", "bytes", "not-authorized", "close-in-sasl", "end-of-stream"],
)
def test_what_comes_to_no_session_is_a_failed_stream_within_its_time(handle: Handler, door: Transport) -> None:
    opened, seen, took_s = _tried(handle, door)
    assert not opened
    assert [one.state for one in seen] == [StreamState.FAILED]
    assert seen[0].reason
    assert took_s <= TIMEOUT_S + 6.0


@by_every_door
def test_a_certificate_of_another_name_is_a_failed_stream(door: Transport) -> None:
    opened, seen, _ = _tried(_says(b""), door, host="elsewhere.example")
    assert not opened
    assert [one.state for one in seen] == [StreamState.FAILED]


@by_every_door
def test_a_port_without_tls_is_a_failed_stream(door: Transport) -> None:
    opened, seen, _ = _tried(_says(STREAM + MECHANISMS), door, plain=True)
    assert not opened
    assert [one.state for one in seen] == [StreamState.FAILED]


@by_every_door
def test_nobody_there_is_a_failed_stream(door: Transport) -> None:
    async def main() -> None:
        journal = Journal(None, now)
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        stream = _stream(port, journal, door)

        async def attempt() -> None:
            assert not await stream.open()

        await _alone(attempt())
        assert [one.state for one in journal.timeline().of(StreamChange)] == [StreamState.FAILED]

    clock.run(main(), virtual=True)


@by_every_door
def test_an_attempt_that_is_cancelled_leaves_nothing(door: Transport) -> None:
    async def main() -> None:
        journal = Journal(None, now)
        async with _serving(_says(STREAM), _server_tls(HOST)) as port:
            stream = _stream(port, journal, door)

            async def attempt() -> None:
                opening = asyncio.ensure_future(stream.open())
                await asyncio.sleep(2.0)
                opening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await opening
                await stream.close()

            await _alone(attempt())

    clock.run(main(), virtual=True)


# --- at the mock ------------------------------------------------------------------------------------------------------


def _at_mock(story: Callable[[OpenLab, Journal], Awaitable[None]], door: Transport = "tcp") -> None:
    async def main(on: OpenLab) -> None:
        await story(on, on.journal())

    in_lab(main, transport=door)


@by_every_door
def test_a_control_comes_back_like_an_event_and_says_that_it_is_none_of_finesses(door: Transport) -> None:
    async def story(on: OpenLab, journal: Journal) -> None:
        agent, other = on.lab.agents[0], on.lab.agents[2]
        agent.events.send_control(About.USER, "PUT")
        assert not journal.timeline().of(ControlSent)  # there was no stream to send it on
        assert await agent.events.open()
        assert await other.events.open()
        kinds = [(About.USER, "PUT"), (About.DIALOG, "PUT"), (About.DIALOGS, "POST"), (About.DIALOGS, "DELETE")]
        for about, event in kinds:
            agent.events.send_control(about, event)
        await asyncio.sleep(1.0)
        sent = journal.timeline().of(ControlSent)
        heard = journal.timeline().of(EventSeen, lambda seen: seen.control)
        assert [(seen.about, seen.event) for seen in heard] == kinds
        assert [seen.request_id for seen in heard] == [seen.request_id for seen in sent]
        assert {seen.agent for seen in heard} == {agent.id}

    _at_mock(story, door)


@by_every_door
def test_whoever_follows_the_team_hears_of_the_others_until_the_stream_is_closed(door: Transport) -> None:
    async def story(on: OpenLab, journal: Journal) -> None:
        agent, other = on.lab.agents[0], on.lab.agents[2]
        subscriptions = on.mock.nodes[agent.node.host].notification
        team = "/finesse/api/Team/5001/Users"
        assert await agent.events.open()
        await agent.follow_team()
        await asyncio.sleep(1.0)
        assert subscriptions.has_subscribers(team)
        await other.sign_in()
        await asyncio.sleep(2.0)
        told = journal.timeline().of(TeamSeen)
        heard = journal.timeline().of(EventSeen)
        assert [seen.nth for seen in told] == list(range(1, len(told) + 1))
        assert [seen.nth for seen in heard] == list(range(1, len(heard) + 1))
        assert {(seen.agent, seen.of, seen.state) for seen in told} == {(agent.id, other.id, "NOT_READY")}
        assert not journal.timeline().of(EventSeen, lambda seen: seen.user_id == other.id)  # which it is not about
        agent.events.send_control(About.TEAM, "PUT")
        await asyncio.sleep(1.0)
        assert [seen.control for seen in journal.timeline().of(EventSeen)] == [True]
        await agent.events.close()
        await asyncio.sleep(1.0)
        assert not subscriptions.has_subscribers(team)

    _at_mock(story, door)


@by_every_door
def test_whoever_follows_its_queues_hears_their_statistics_until_the_stream_is_closed(door: Transport) -> None:
    async def story(on: OpenLab, journal: Journal) -> None:
        agent, other = on.lab.agents[0], on.lab.agents[2]
        subscriptions = on.mock.nodes[agent.node.host].notification
        queue = "/finesse/api/Queue/5001"
        assert await agent.events.open()
        await agent.follow_queues()
        assert subscriptions.has_subscribers(queue)
        await other.sign_in()
        await asyncio.sleep(12.0)
        told = journal.timeline().of(EventSeen, lambda seen: seen.source == queue)
        assert [(seen.about, seen.event, seen.agent) for seen in told] == [(About.OTHER, "PUT", agent.id)]
        await agent.events.close()
        await asyncio.sleep(1.0)
        assert not subscriptions.has_subscribers(queue)

    _at_mock(story, door)


@by_every_door
def test_an_agent_sees_its_events_and_finesses_presence(door: Transport) -> None:
    async def story(on: OpenLab, journal: Journal) -> None:
        agent = on.lab.agents[0]
        assert await agent.events.open()
        await agent.sign_in()
        await asyncio.sleep(2.0)
        states = [seen.user_state for seen in journal.timeline().of(EventSeen, lambda seen: seen.about is About.USER)]
        assert states[-1] == "NOT_READY"
        items = [seen.item for seen in journal.timeline().of(EventSeen)]
        assert all(items)
        assert len(set(items)) == len(items)  # by which one that is delivered again would be known
        present = journal.timeline().of(PresenceSeen)
        assert {(seen.of, seen.available) for seen in present} >= {("finesse", True)}
        assert [seen.state for seen in journal.timeline().of(StreamChange)] == [StreamState.CONNECTED]

    _at_mock(story, door)


@by_every_door
def test_a_service_that_dies_is_a_lost_stream_and_one_that_is_back_is_found_again(door: Transport) -> None:
    async def story(on: OpenLab, journal: Journal) -> None:
        agent = on.lab.agents[0]
        assert await agent.events.open()
        notification = on.mock.nodes[agent.node.host].notification
        await notification.stop()
        await asyncio.sleep(2.0)
        assert not agent.events.is_open
        assert not await agent.events.open()
        await notification.start()
        await asyncio.sleep(60.0)
        assert await agent.events.open()
        states = [seen.state for seen in journal.timeline().of(StreamChange, lambda seen: seen.agent == agent.id)]
        assert states[:2] == [StreamState.CONNECTED, StreamState.DISCONNECTED]
        assert states[-1] is StreamState.CONNECTED

    _at_mock(story, door)


@by_every_door
def test_a_wrong_password_is_a_failed_stream(door: Transport) -> None:
    async def story(on: OpenLab, journal: Journal) -> None:
        right = on.lab.agents[0]
        wrong = EventStream(
            right.node,
            right.agent,
            "not it",
            right.node.host,
            lambda: journal,
            tls=_tls_of(on),
            timeout_s=TIMEOUT_S,
            transport=door,
        )
        assert not await wrong.open()
        shown = journal.timeline().of(StreamChange)
        assert [one.state for one in shown] == [StreamState.FAILED]
        assert "not" in (shown[0].reason or "")

    _at_mock(story, door)


def _tls_of(on: OpenLab) -> ssl.SSLContext:
    return client_context(on.lab.inventory)


@pytest.mark.parametrize("payload", [None, "", "not XML", "<Update>", "<Update/>", "<other/>", "<Update><data>"])
def test_a_payload_that_makes_no_sense_is_kept_as_an_excerpt(payload: str | None) -> None:
    fields = event_fields(payload)
    assert fields["about"] is About.OTHER
    EventSeen(at_s=0.0, node="n", agent="a", **fields)


@pytest.mark.parametrize("base", ["", "https://fin-a.mock.test:8445", "HTTPS://[::1", "http://fin-a"])
def test_the_source_of_an_event_is_a_path_however_it_is_addressed(base: str) -> None:
    update = f"<Update><data/><event>PUT</event><source>{base}/finesse/api/User/1001</source></Update>"
    assert event_fields(update)["source"] == "/finesse/api/User/1001"
