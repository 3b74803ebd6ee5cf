"""A browser's cookies as a fault: it bites when they are as claimed, and not otherwise; none are left behind."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from chaos.faults.browser_cookies import BrowserCookies, Cookies
from chaos.faults.injection import injected
from chaos.history import FaultSpan, History
from chaos.history.faults import fault_spans
from chaos.inventory import load
from chaos.journal import DesktopAct, DesktopActed
from chaos.subjects.signed_on import SignedOnDesktop
from tests.experiment.labs import MOCK, OpenLab, in_lab
from tests.faults.test_link_faults import _ready

ABEL = "1001101"

Before = Callable[[SignedOnDesktop, OpenLab], Awaitable[object]]


async def never_opened(_: SignedOnDesktop, __: OpenLab) -> None:
    return None


async def signed_on_and_closed(desk: SignedOnDesktop, on: OpenLab) -> None:
    assert await desk.open(on.lab.inventory.publisher)
    assert await desk.sign_in()
    await desk.close()


def played(how: Cookies, before: Before, *, does_nothing: bool = False) -> tuple[FaultSpan, list[DesktopActed]]:
    async def story(on: OpenLab) -> tuple[FaultSpan, list[DesktopActed]]:
        journal, field = await _ready(on)
        assert on.lab.inventory.sso is not None
        desk = await on.lab.desks.signed_on(on.lab.inventory.sso.agents[0])
        await before(desk, on)
        field = replace(field, browsers=on.lab.desks.browsers, faults_do_nothing=does_nothing)
        async with injected(BrowserCookies((ABEL,), how), field) as under_way:
            await under_way.bite()
        timeline = journal.timeline()
        return fault_spans(History(timeline))[-1], timeline.of(DesktopActed)

    return in_lab(story)


@pytest.mark.parametrize(
    ("how", "before", "bites"),
    [
        (Cookies.FRESH, never_opened, True),
        (Cookies.FRESH, signed_on_and_closed, False),
        (Cookies.STALE, signed_on_and_closed, True),
        (Cookies.STALE, never_opened, False),
        (Cookies.CLEARED, signed_on_and_closed, True),
        (Cookies.CLEARED, never_opened, False),
    ],
)
def test_it_bites_where_cookies_are_as_it_says_and_lifts_with_none_left(
    how: Cookies, before: Before, bites: bool
) -> None:
    span, acts = played(how, before)
    assert (span.bit is not None) is bites
    assert span.lifted is not None
    assert [act.detail for act in acts if act.act is DesktopAct.COOKIES][-1] == "0"


def test_one_that_does_nothing_does_not_bite() -> None:
    assert played(Cookies.CLEARED, signed_on_and_closed, does_nothing=True)[0].bit is None


def test_people_who_do_not_sign_on_so_and_a_lab_without_browsers_cannot_host_it() -> None:
    lab = load(MOCK)
    assert BrowserCookies((ABEL,), Cookies.FRESH).unfit(lab) is not None, "browsers are the launcher's to name"
    assert BrowserCookies(("1001001",), Cookies.FRESH).unfit(lab.model_copy(update={"browsers": object()})) is not None
    assert BrowserCookies((ABEL,), Cookies.FRESH).unfit(lab.model_copy(update={"browsers": object()})) is None
