"""Faults that take a server from desktops: one node alone without CTI servers, a way that is blocked in a browser."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from chaos.faults.answered_way import AnsweredWay
from chaos.faults.base import Fault
from chaos.faults.blocked_way import BlockedWay
from chaos.faults.injection import injected
from chaos.faults.lonely_node import LonelyNode
from chaos.history import FaultSpan, History
from chaos.history.faults import fault_spans
from chaos.inventory import load
from chaos.journal import CtiSeen, CtiStep, Journal, Step
from chaos.subjects.desktops import BrowserDesktop
from tests.experiment.labs import MOCK, OpenLab, in_lab
from tests.faults.test_link_faults import _ready

A, B = "fin-a.mock.test", "fin-b.mock.test"
WHO = "1001028"

Seat = Callable[[OpenLab, BrowserDesktop], Awaitable[object]]


def played(fault: Fault, meanwhile: Seat, *, does_nothing: bool = False) -> FaultSpan:
    """That fault for a minute, somebody at the publisher's desktop; what is done after eight seconds."""

    async def story(on: OpenLab) -> FaultSpan:
        journal, field = await _ready(on)
        (agent,) = [one for one in on.lab.spare if one.id == WHO]
        desk = await on.lab.desks.browser(agent)
        assert await desk.open(on.lab.inventory.publisher)
        assert await desk.sign_in()
        field = replace(field, browsers=on.lab.desks.browsers, faults_do_nothing=does_nothing)
        async with injected(fault, field) as under_way:
            await under_way.bite()
            await asyncio.sleep(8.0)
            await meanwhile(on, desk)
            await asyncio.sleep(52.0)
        await desk.close()
        return next(span for span in fault_spans(History(journal.timeline())) if span.name == fault.name)

    return in_lab(story)


async def nothing(_: OpenLab, __: BrowserDesktop) -> None:
    return None


async def accept(on: OpenLab, _: BrowserDesktop) -> None:
    for side in ("a", "b"):
        on.lab.links[f"cti-{side}"].relay.accept()


async def let_out(_: OpenLab, desk: BrowserDesktop) -> None:
    await desk.block(())


async def let_answer(_: OpenLab, desk: BrowserDesktop) -> None:
    await desk.answer((), ())


FAULTS = [
    LonelyNode((A,)),
    LonelyNode((A, B)),
    LonelyNode((A,), briefly=True),
    BlockedWay((WHO,), A),
    BlockedWay((WHO,), B, bosh=True),
    BlockedWay((WHO,), B, api=True),
    AnsweredWay((WHO,), B, bosh=True),
    AnsweredWay((WHO,), B, api=True),
    AnsweredWay((WHO,), B, bosh=True, sign_in=True),
    LonelyNode((B,), silently=True),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_it_bites_holds_and_lifts(fault: Fault) -> None:
    span = played(fault, nothing)
    assert span.bit is not None
    assert span.held is not None, span.broke_off
    assert span.lifted is not None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_that_does_nothing_does_not_bite(fault: Fault) -> None:
    assert played(fault, nothing, does_nothing=True).bit is None


@pytest.mark.parametrize(
    ("fault", "meanwhile"),
    [
        (FAULTS[0], accept),
        (FAULTS[1], accept),
        (FAULTS[3], let_out),
        (FAULTS[4], let_out),
        (FAULTS[6], let_answer),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_one_that_is_undone_early_has_not_held_and_says_since_when(fault: Fault, meanwhile: Seat) -> None:
    span = played(fault, meanwhile)
    assert span.held is None
    assert span.broke_off is not None
    assert span.in_force_until_s <= span.injecting_s + 60.0


def test_one_lonely_node_leaves_the_other_its_session() -> None:
    async def story(on: OpenLab, _: BrowserDesktop) -> None:
        clients = {one.client or "" for link in on.lab.links.values() for one in link.relay.sessions()}
        assert not any(A in client for client in clients)
        assert any(B in client for client in clients)

    played(LonelyNode((A,)), story)


@pytest.mark.parametrize(
    ("comes", "until_s", "bit"),
    [
        ([], 41.9, False),
        ([], 42.1, True),
        ([("b", CtiStep.REFUSED)], 41.9, False),
        ([("b", CtiStep.REFUSED)], 42.1, True),
        ([("b", CtiStep.REFUSED), ("a", CtiStep.REFUSED)], 41.9, True),
        ([("b", CtiStep.OPEN_CONF)], 42.1, False),
    ],
)
def test_a_node_that_does_not_come_back_is_lonely_all_the_same(
    comes: list[tuple[str, CtiStep]], until_s: float, bit: bool
) -> None:
    """Its session has ended at 2 s, and it had no other one; whoever comes to both sides was seen to be refused."""
    fault, at_s = LonelyNode((A,)), [2.0]
    journal = Journal(None, lambda: at_s[0])
    journal.record(CtiSeen(side="a", connection=1, step=CtiStep.CLOSED_BY_RELAY, client=A))
    for connection, (side, step) in enumerate(comes, 2):
        at_s[0] += 1.0
        journal.record(CtiSeen(side=side, connection=connection, step=step, client=A))
    at_s[0] = until_s
    journal.record(Step(title="later"))

    async def field(on: OpenLab) -> bool:
        return fault.bitten(journal.timeline(), 0.0, on.field(journal)) is not None

    assert in_lab(field) is bit


def test_two_ways_blocked_in_one_browser_are_opened_one_by_one() -> None:
    async def story(on: OpenLab, desk: BrowserDesktop) -> None:
        before = desk.blocked
        journal = on.lab.journal
        assert journal is not None
        field = replace(on.field(journal), browsers=on.lab.desks.browsers)
        async with injected(BlockedWay((WHO,), A, bosh=True), field):
            assert set(desk.blocked) > set(before)
        assert desk.blocked == before

    played(BlockedWay((WHO,), B), story)


def test_a_lab_without_browsers_or_links_cannot_host_them() -> None:
    lab = load(MOCK)
    assert BlockedWay((WHO,), A).unfit(lab) is not None
    assert LonelyNode((A,)).unfit(lab.model_copy(update={"links": {}})) is not None
    assert LonelyNode((A,)).unfit(lab) is None
