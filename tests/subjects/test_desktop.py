"""The desktop of plain pages: what is read of a page, and what becomes of one that is none."""

import pytest

from chaos.journal import DesktopShown, Screen
from chaos.subjects.desktop import Page, read_page
from chaos.wire.finesse import UserState
from tests.experiment.labs import OpenLab, in_lab


def test_a_sign_in_page_is_read_as_a_person_reads_it() -> None:
    page = read_page(
        '<form action="/go"><input name="user" value="ann&amp;co"><input name="password" type="password"></form>'
        '<p role="alert">Invalid <b>user ID</b>\n or password</p><p>else</p>'
    )
    assert page == Page("Invalid user ID or password", True, "/go", {"user": "ann&co", "password": ""})


@pytest.mark.parametrize("text", ["", "plain text", '<p role="alert">  </p>', "<p role=alert></p><p>x</p>", "<<<>&#;"])
def test_a_page_that_shows_nothing_shows_nothing(text: str) -> None:
    page = read_page(text)
    assert (page.alert, page.asks_password, page.action) == (None, False, None)


def test_only_the_first_form_is_filled_in() -> None:
    assert read_page('<form action="/a"></form><form action="/b"></form>').action == "/a"


def shown(on: OpenLab) -> list[DesktopShown]:
    assert on.lab.journal is not None
    return on.lab.journal.timeline().of(DesktopShown)


def test_a_person_signs_in_and_asks_for_a_state_and_what_the_pages_show_is_recorded() -> None:
    async def story(on: OpenLab) -> None:
        on.journal()
        somebody = on.lab.spare[0]
        desktop = on.lab.desks.desktop(somebody)
        assert not await desktop.ask_for(UserState.NOT_READY), "nobody is signed in"
        assert await desktop.sign_in()
        stranger, entered = shown(on)
        assert (stranger.screen, stranger.ok, stranger.text) == (Screen.NOTICE, False, None)
        assert (entered.screen, entered.ok, entered.text) == (Screen.SIGN_IN, True, None)
        assert (entered.agent, entered.node) == (somebody.id, somebody.node.host)
        assert stranger.at_s < entered.asked_s < entered.at_s

    in_lab(story)


def test_a_wrong_password_is_told_in_the_words_of_the_page() -> None:
    async def story(on: OpenLab) -> None:
        on.journal()
        desktop = on.lab.desks.desktop(on.lab.spare[0])
        desktop._password = "wrong"
        assert not await desktop.sign_in()
        assert shown(on)[0].text == "Invalid user ID or password"

    in_lab(story)


def test_a_node_that_is_not_there_shows_nothing_and_nothing_is_raised() -> None:
    async def story(on: OpenLab) -> None:
        on.journal()
        somebody = on.lab.spare[0]
        await on.mock.nodes[somebody.node.host].tomcat.stop()
        assert not await on.lab.desks.desktop(somebody).sign_in()
        assert (shown(on)[0].ok, shown(on)[0].text) == (False, None)

    in_lab(story)
