"""An agent's client that leaves, in each way, and comes back; and one that does not leave."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from chaos.clients.events import EventStream, Leaving
from chaos.faults.base import Field
from chaos.faults.injection import injected
from chaos.faults.left_client import LeftClient
from chaos.history import FaultSpan, History
from chaos.history.absences import absences
from chaos.history.faults import fault_spans
from chaos.journal import ClientProbed, Journal, StateAsked
from tests.experiment.labs import OpenLab, in_lab
from tests.faults.test_link_faults import _ready


def played(how: Leaving, *, for_s: float = 70.0, back_early: bool = False) -> Journal:
    """The fault for so long; back_early: the client comes back by itself after half of it."""
    found: list[Journal] = []

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        agent = on.lab.agents[0]
        field = _with_streams(on, field)
        async with injected(LeftClient(agent.id, how), field) as under_way:
            assert await under_way.bite() is not None
            await asyncio.sleep(for_s / 2)
            if back_early:
                await agent.events.open()
            await asyncio.sleep(for_s / 2)
        found.append(journal)

    in_lab(story)
    return found[0]


def _with_streams(on: OpenLab, field: Field) -> Field:
    return replace(field, streams={one.id: one.events for one in on.lab.agents})


def span_of(journal: Journal) -> FaultSpan:
    (span,) = fault_spans(History(journal.timeline()))
    return span


@pytest.mark.parametrize("how", [Leaving.SILENCE, Leaving.SLOW])
def test_a_client_that_is_silent_says_nothing_however_long_it_was_there(how: Leaving) -> None:
    """slixmpp's blank every five minutes, 300 s after the connection, made a node wait for two minutes more."""
    found: list[Journal] = []

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        agent = on.lab.agents[0]
        await asyncio.sleep(240.0)
        async with injected(LeftClient(agent.id, how), _with_streams(on, field)) as under_way:
            assert await under_way.bite() is not None
            await asyncio.sleep(190.0)
        found.append(journal)

    in_lab(story)
    timeline = found[0].timeline()
    (left,) = absences(History(timeline))
    asked = [seen.at_s - left.left_s for seen in timeline.of(StateAsked) if seen.state == "LOGOUT"]
    assert len(asked) == 1
    assert asked[0] <= 180.0


@pytest.mark.parametrize("how", list(Leaving))
def test_a_client_that_leaves_is_found_gone_and_back(how: Leaving) -> None:
    journal = played(how)
    span = span_of(journal)
    assert span.bit is not None
    assert span.held is not None
    assert span.lifted is not None
    outcomes = [seen.outcome for seen in journal.timeline().of(ClientProbed)]
    assert outcomes[0] == ("silence" if how in (Leaving.SILENCE, Leaving.SLOW) else "gone")
    assert outcomes[-1] == "answered"
    (absence,) = absences(History(journal.timeline()))
    assert absence.how == how
    assert absence.back_s == float("inf")  # what comes after the rollback has begun is our own mending


@pytest.mark.parametrize("how", [Leaving.GOODBYE, Leaving.DROP])
def test_a_client_whose_server_chose_its_resource_is_asked_for_by_that(
    how: Leaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 6120, 7.7: asked for by the name that it wanted, it was gone before it left, and gone when it was back."""
    numbers = itertools.count(1)
    monkeypatch.setattr("chaos.mock.finesse.doors.session.requested_resource", lambda _: f"bound-{next(numbers)}")
    span = span_of(played(how))
    assert span.bit is not None
    assert span.held is not None
    assert span.lifted is not None


def test_a_client_that_comes_back_by_itself_was_not_away() -> None:
    span = span_of(played(Leaving.DROP, back_early=True))
    assert span.held is None
    assert span.broke_off is not None


def test_a_client_that_does_not_leave_never_proves_that_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stays(stream: EventStream, how: Leaving) -> None:
        return None

    monkeypatch.setattr(EventStream, "leave", stays)
    found: list[FaultSpan] = []

    async def story(on: OpenLab) -> None:
        journal, field = await _ready(on)
        async with injected(LeftClient(on.lab.agents[0].id, Leaving.DROP), _with_streams(on, field)) as under_way:
            assert await under_way.bite() is None
        found.append(span_of(journal))

    in_lab(story)
    assert found[0].bit is None
    assert found[0].held is None


def test_the_relay_tells_of_the_forced_logout_that_comes_of_it() -> None:
    journal = played(Leaving.GOODBYE)
    (asked,) = [seen for seen in journal.timeline().of(StateAsked) if seen.state == "LOGOUT"]
    assert (asked.reason_code, asked.forced, asked.side) == (255, True, "a")
    assert asked.client == "fin-a.mock.test"
