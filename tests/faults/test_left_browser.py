"""A desktop's browser that is closed, left by Back, or crashes; and one that stays."""

import asyncio
from dataclasses import replace

import pytest

from chaos.faults.injection import injected
from chaos.faults.left_browser import LeavingBrowser, LeftBrowser
from chaos.history import FaultSpan, History
from chaos.history.absences import absences
from chaos.history.faults import fault_spans
from chaos.journal import DesktopAct, DesktopActed, Journal, StreamChange, StreamState
from tests.experiment.labs import OpenLab, in_lab
from tests.faults.test_link_faults import _ready

WHO = "1001028"


def played(how: LeavingBrowser, *, does_nothing: bool = False) -> Journal:
    async def story(on: OpenLab) -> Journal:
        journal, field = await _ready(on)
        (agent,) = [one for one in on.lab.spare if one.id == WHO]
        desk = await on.lab.desks.browser(agent)
        assert await desk.open(on.lab.inventory.publisher)
        assert await desk.sign_in()
        field = replace(field, browsers=on.lab.desks.browsers, faults_do_nothing=does_nothing)
        async with injected(LeftBrowser(WHO, how), field) as under_way:
            await under_way.bite()
            await asyncio.sleep(30.0)
        await desk.close()
        return journal

    return in_lab(story)


def span_of(journal: Journal) -> FaultSpan:
    (span,) = fault_spans(History(journal.timeline()))
    return span


@pytest.mark.parametrize("how", list(LeavingBrowser))
def test_it_leaves_once_and_is_signed_in_again_at_the_end(how: LeavingBrowser) -> None:
    journal = played(how)
    span, timeline = span_of(journal), journal.timeline()
    assert span.bit is not None
    assert span.held is not None
    assert span.lifted is not None
    assert [seen.state for seen in timeline.of(StreamChange, lambda seen: seen.agent == WHO)] == [
        StreamState.LEFT,
        StreamState.CONNECTED,
    ]
    assert len(timeline.of(DesktopActed, lambda seen: seen.act is DesktopAct.SIGN_IN and seen.ok)) == 2
    (absence,) = [one for one in absences(History(timeline)) if one.agent == WHO]
    assert absence.how == how


def test_one_that_does_nothing_does_not_bite() -> None:
    journal = played(LeavingBrowser.CLOSED, does_nothing=True)
    assert span_of(journal).bit is None
    assert not [one for one in absences(History(journal.timeline())) if one.agent == WHO]
