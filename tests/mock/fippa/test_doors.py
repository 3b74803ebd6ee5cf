"""What a node's own records say of who came to it: the IP Phone Agent's polls, ours, and a broken one's."""

import asyncio

import pytest

from chaos.clients.console import VosConsole, console_of
from chaos.clients.rest import FinesseRest
from chaos.clients.tls import client_context
from chaos.inventory import FinesseNode
from chaos.journal import ITSELF, DoorAsked, DoorHeld, DoorsRead
from chaos.subjects.node_doors import NodeDoors
from tests.mock.fippa.lab import A, B, Desk, at_phones
from tests.mock.fippa.test_phones import sign_in


def _doors(desk: Desk, host: str, node: FinesseNode | None = None) -> NodeDoors:
    node = node or desk.node(host)
    console = console_of(node, desk.inventory, {})
    assert isinstance(console, VosConsole)
    rest = FinesseRest(node, lambda: desk.journal, tls=client_context(desk.inventory), timeout_s=5.0)
    desk.clients += [console, rest]
    log = desk.inventory.access_log(node)
    assert log is not None
    return NodeDoors(node, desk.inventory.finesse_nodes(), console, rest, log, lambda: desk.journal)


def _asked(desk: Desk, node: str, came_from: str) -> list[DoorAsked]:
    return desk.journal.timeline().of(DoorAsked, lambda one: (one.node, one.came_from) == (node, came_from))


def test_a_node_has_its_polls_and_our_marks_in_its_log_and_the_other_one_has_nothing_of_it() -> None:
    async def story(desk: Desk) -> None:
        await sign_in(desk)
        doors = [_doors(desk, A), _doors(desk, B)]
        for one in doors:
            await one.mark("1")
        await desk.mock.nodes[A].webapp.stop()
        await asyncio.sleep(31.0)
        for one in doors:
            await one.mark("2")
            await one.read_log()
            await one.read_connections()
        polls = _asked(desk, A, ITSELF)
        assert [one.asked for one in polls] == 6 * ["GET /finesse/api/SystemInfo"]
        assert [one.said_s - polls[0].said_s for one in polls] == [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]
        assert {one.device for one in _asked(desk, A, "") if one.device} == {desk.phones[0].phone.device}
        assert [one.mark for one in _asked(desk, B, "")] == ["finesse-chaos-door-1", "finesse-chaos-door-2"]
        assert not _asked(desk, B, A)
        assert not desk.journal.timeline().of(DoorHeld)
        assert all(one.failure is None for one in desk.journal.timeline().of(DoorsRead))

    at_phones(story)


@pytest.mark.parametrize(
    ("defect", "asked", "port"),
    [
        ("alternate-is-polled", {"GET /finesse/api/SystemInfo"}, 8445),
        ("alternate-page-is-fetched", {"GET /fippa/{device}/screen"}, 8445),
        ("alternate-xmpp-is-tried", set(), 5223),
    ],
)
def test_whoever_looks_at_the_other_node_is_in_its_log_or_in_a_table(defect: str, asked: set[str], port: int) -> None:
    async def story(desk: Desk) -> None:
        await sign_in(desk)
        here, there = _doors(desk, A), _doors(desk, B)
        await there.mark("1")
        await desk.mock.nodes[A].webapp.stop()
        await asyncio.sleep(6.0)
        await there.read_log()
        await here.read_connections()
        assert {one.asked for one in _asked(desk, B, A)} == asked
        held = desk.journal.timeline().of(DoorHeld)
        assert {(one.node, one.far, one.port, one.state, one.table) for one in held} == {(B, A, port, "TIME_WAIT", A)}
        await asyncio.sleep(60.0)
        await desk.mock.nodes[A].webapp.start()
        await asyncio.sleep(61.0)
        await here.read_connections()
        assert len(desk.journal.timeline().of(DoorHeld)) == len(held), "it stands for a minute"

    at_phones(story, defects=(f"{defect}@first=1",))


def test_a_log_that_is_not_there_and_a_lab_that_says_so() -> None:
    async def story(desk: Desk) -> None:
        node = desk.node(A).model_copy(update={"access_log": "desktop/no.log"})
        doors = _doors(desk, A, node)
        await doors.mark("1")
        await doors.read_log()
        assert "did not do 'file search activelog desktop/no.log" in (
            desk.journal.timeline().of(DoorsRead)[0].failure or ""
        )
        assert desk.inventory.access_log(node.model_copy(update={"access_log": None})) is None

    at_phones(story)


def test_before_12_6_a_node_has_no_web_proxy_that_could_note_anything() -> None:
    async def story(desk: Desk) -> None:
        assert desk.inventory.access_log(desk.node(A)) is None

    at_phones(story, release="12.5(1)")
