"""What becomes of agents whose clients are gone: seen on the CTI server's side, and by clients of foreign make."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chaos import clock
from chaos.mock.finesse import NodeOptions
from chaos.mock.finesse.doors.session import XmppSession
from chaos.mock.peripheral import AgentStateChanged
from chaos.wire.ged188 import AgentState
from tests.mock.finesse.lab import Client, Lab, lab

LEAVE = "<presence type='unavailable'/>"
Told = list[tuple[float, str, str, int]]


def now_s() -> float:
    return asyncio.get_running_loop().time()


def told_of(found: Lab) -> Told:
    """What the switch tells of agents from now on: seconds from now, agent, state, reason."""
    heard: Told = []
    from_s = now_s()

    def hear(event: Any) -> None:
        if isinstance(event, AgentStateChanged):
            agent = event.agent
            heard.append((round(now_s() - from_s, 1), agent.agent_id, agent.state.name, agent.reason))

    found.peripheral.subscribe(hear)
    return heard


async def says_goodbye(client: Client) -> None:
    client.xmpp.send_raw(LEAVE)


async def ends_its_stream(client: Client) -> None:
    client.xmpp.send_raw("</stream:stream>")


async def drops(client: Client) -> None:
    await client.xmpp.leave()


async def falls_silent(client: Client) -> None:
    assert client.xmpp.transport is not None
    client.xmpp.transport.pause_reading()


def play(story: Callable[[Lab, Client], Awaitable[None]], options: NodeOptions | None = None) -> None:
    async def main() -> None:
        async with lab(options=options) as found:
            client = await found.client()
            await client.sign_in("2001")
            await story(found, client)

    clock.run(main(), virtual=True)


@pytest.mark.parametrize("goes", [says_goodbye, ends_its_stream, drops])
def test_who_goes_is_logged_out_by_force_after_a_minute(goes: Callable[[Client], Awaitable[None]]) -> None:
    """DESKTOP-03, DESKTOP-05, and DESKTOP-01 for what the CTI server makes of it."""

    async def story(found: Lab, client: Client) -> None:
        heard = told_of(found)
        await goes(client)
        await asyncio.sleep(59.9)
        assert heard == []
        await asyncio.sleep(60)
        assert heard == [(60.0, "1101", "NOT_READY", 50002)]

    play(story)


def test_who_falls_silent_is_noticed_within_two_minutes_and_logged_out_a_minute_later() -> None:
    """DESKTOP-02, DESKTOP-04."""

    async def story(found: Lab, client: Client) -> None:
        heard = told_of(found)
        await falls_silent(client)
        await asyncio.sleep(300)
        assert [one[1:] for one in heard] == [("1101", "NOT_READY", 50002)]
        assert 170 < heard[0][0] <= 180

    play(story)


@pytest.mark.parametrize("late_s", [75.61, 122.3, 10350.268, 86400.7])
def test_who_falls_silent_is_looked_at_twice_whatever_the_clock_says(
    late_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer that is due may find the time short by a float's last digit, and must not be set for that again."""
    looks: list[float] = []
    look = XmppSession._look

    def counted(session: XmppSession, pinged: bool) -> None:
        looks.append(now_s())
        assert len(looks) < 5000
        look(session, pinged)

    async def story(found: Lab, client: Client) -> None:
        await asyncio.sleep(late_s)
        for pause_s in (0.1, 0.37, 1.013, 0.0007):
            await asyncio.sleep(pause_s)
            client.xmpp.send_raw(" ")
        await falls_silent(client)
        before = len(looks)
        await asyncio.sleep(300)
        assert len(looks) - before <= 3

    monkeypatch.setattr(XmppSession, "_look", counted)
    play(story)


@pytest.mark.parametrize(("back_s", "ends"), [(59.0, 0), (61.0, 1)])
def test_who_is_back_within_a_minute_is_not_logged_out(back_s: float, ends: int) -> None:
    """DESKTOP-11, both edges."""

    async def story(found: Lab, client: Client) -> None:
        heard = told_of(found)
        await drops(client)
        await asyncio.sleep(back_s)
        await found.client()
        await asyncio.sleep(200)
        assert len(heard) == ends

    play(story)


def test_who_has_another_client_is_not_gone() -> None:
    async def story(found: Lab, client: Client) -> None:
        await found.client(resource="other")
        heard = told_of(found)
        await drops(client)
        await asyncio.sleep(200)
        assert heard == []

    play(story)


def test_who_is_on_a_call_is_logged_out_after_it() -> None:
    """DESKTOP-13: not before its end."""

    async def story(found: Lab, client: Client) -> None:
        found.peripheral.agents.login("1102", "secret2", "2002")
        call = found.peripheral.calls.make("2001", "2002")
        found.peripheral.calls.answer(call.call_id, "2002")
        heard = told_of(found)
        await drops(client)
        await asyncio.sleep(90)
        assert heard == []
        found.peripheral.calls.clear_call(call.call_id, "2001")
        await asyncio.sleep(1)
        assert (90.0, "1101", "NOT_READY", 50002) in heard

    play(story)


def test_out_of_service_nobody_is_waited_for_and_a_wait_ends_in_nothing() -> None:
    async def story(found: Lab, client: Client) -> None:
        other = await found.client("1102")
        await other.sign_in("2002")
        for agent_id in ("1101", "1102"):  # a Not Ready of theirs would have a reason by the lost CTI session, too
            found.peripheral.agents.set_state(agent_id, AgentState.AVAILABLE)
        heard = told_of(found)
        await drops(client)
        await asyncio.sleep(55)
        await found.b.die()
        await found.a.die()
        await asyncio.sleep(1)
        await drops(other)
        await asyncio.sleep(30)
        await found.a.start()
        await found.node.until_in_service()
        await asyncio.sleep(200)
        assert heard == []

    play(story)


def test_a_notification_service_that_restarts_logs_nobody_out() -> None:
    async def story(found: Lab, client: Client) -> None:
        heard = told_of(found)
        await found.node.notification.stop()
        await found.node.notification.start()
        await asyncio.sleep(200)
        assert heard == []

    play(story)


def test_a_request_that_finds_nobody_signed_in_does_no_harm() -> None:
    """DESKTOP-06: race 1."""

    async def story(found: Lab, client: Client) -> None:
        await client.state("LOGOUT")
        await asyncio.sleep(1)
        heard = told_of(found)
        await says_goodbye(client)
        await asyncio.sleep(200)
        assert heard == []
        await client.put("User/1101", "<User><state>LOGIN</state><extension>2001</extension></User>")
        await asyncio.sleep(1)
        assert heard[-1][1:] == ("1101", "NOT_READY", 0)

    play(story)


def test_whose_cti_client_is_back_is_not_ready_for_the_lost_connection() -> None:
    """DESKTOP-09, DESKTOP-10: Not Ready at once, Ready at his next change to Not Ready."""

    async def story(found: Lab, client: Client) -> None:
        other = await found.client("1102")
        await other.sign_in("2002")
        await other.state("READY")
        await asyncio.sleep(1)
        heard = told_of(found)
        await found.a.die()
        await found.node.until_in_service()
        await asyncio.sleep(10)
        assert [one[1:] for one in heard] == [("1101", "NOT_READY", 50002)]
        assert "<code>50002</code>" in (await client.get("User/1101")).text
        await other.state("NOT_READY")
        await asyncio.sleep(1)
        assert heard[-1][1:] == ("1102", "NOT_READY", 50002)
        await other.state("READY")
        await other.state("NOT_READY")
        await asyncio.sleep(1)
        assert heard[-1][1:] == ("1102", "NOT_READY", 0)

    play(story)
