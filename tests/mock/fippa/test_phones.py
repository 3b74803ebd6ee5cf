"""The IP Phone Agent of the mock, as an IP phone shows it."""

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from chaos.journal import PhonePushed, PhoneRequested
from chaos.subjects.phone_pages import Fetched, _refresh
from chaos.subjects.phones import IpPhone
from chaos.wire.phone import Execute, ExecuteItem, write
from tests.mock.fippa.lab import A, B, Desk, at_phones


async def sign_in(desk: Desk, number: int = 0, host: str = A) -> IpPhone:
    phone = await desk.phone(number)
    assert await phone.open(desk.node(host))
    assert phone.asks_to_sign_in
    assert await phone.sign_in()
    assert await phone.until(lambda one: "SignOut" in one.keys, within_s=2.0)
    return phone


def test_an_agent_signs_in_goes_ready_sees_a_call_and_signs_out() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        assert phone.keys == ("Ready", "NotReady", "SignOut")
        assert await phone.press("Ready")
        await asyncio.sleep(1.0)
        assert "SignOut" not in phone.keys
        assert await phone.press("NotReady")
        assert phone.kind == "menu"
        assert await phone.pick()
        await asyncio.sleep(1.0)
        assert await phone.press("SignOut")
        assert await phone.pick()
        assert phone.asks_to_sign_in
        assert await phone.press("Exit")
        assert phone.kind == "services"
        assert any("READY" in one.text for one in desk.screens())
        assert all(one.let_in for one in desk.journal.timeline().of(PhonePushed))

    at_phones(story)


def test_a_wrong_password_asks_again() -> None:
    async def story(desk: Desk) -> None:
        phone = await desk.phone(password="wrong")
        await phone.open(desk.node())
        assert not await phone.sign_in()
        assert phone.asks_to_sign_in

    at_phones(story)


def test_a_lost_notification_service_is_shown_after_three_tries_and_its_return_by_the_sign_in_screen() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        node, loop = desk.mock.nodes[A], asyncio.get_running_loop()
        began_s = loop.time()
        await node.notification.stop()
        assert await phone.until(lambda one: one.is_unavailable, within_s=30.0)
        assert loop.time() - began_s == pytest.approx(15.0, abs=0.5)
        assert phone.keys == ("Retry", "Exit")
        await asyncio.sleep(30.0)
        assert await phone.press("Retry")
        assert phone.is_unavailable
        await node.notification.start()
        assert await phone.until(lambda one: one.asks_to_sign_in, within_s=6.0)
        assert await phone.sign_in()
        assert {one.node for one in desk.journal.timeline().of(PhoneRequested)} == {A}

    at_phones(story)


@pytest.mark.parametrize(("lasts_s", "shown"), [(12.0, False), (20.0, True)])
def test_a_web_application_that_is_back_soon_is_not_missed(lasts_s: float, shown: bool) -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        webapp = desk.mock.nodes[A].webapp
        await webapp.stop()
        await asyncio.sleep(lasts_s)
        await webapp.start()
        await asyncio.sleep(10.0)
        assert any(one.unavailable for one in desk.screens()) is shown
        assert phone.asks_to_sign_in is shown

    at_phones(story)


def test_without_tomcat_the_phone_shows_its_own_error_and_the_agent_goes_on_at_the_other_node_by_hand() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        await desk.mock.nodes[A].tomcat.stop()
        assert not await phone.press("Ready")
        assert phone.kind == "error"
        assert desk.screens()[-1].text == "HTTP Error[10]"
        await phone.leave()
        assert await phone.open(desk.node(B))
        assert await phone.sign_in()
        assert await phone.press("Ready")

    at_phones(story)


def test_nobody_else_may_push_to_a_phone() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        at = phone.phone.listen_at
        reader, writer = await asyncio.open_connection(at.host, at.port)
        body = urlencode({"XML": write(Execute((ExecuteItem("Init:Services"),))).decode()}).encode()
        writer.write(
            b"POST /CGI/Execute HTTP/1.1\r\nHost: phone\r\nAuthorization: Basic eDp5\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        assert (await reader.readline()).split()[1] == b"401"
        writer.close()
        assert phone.kind == "text"

    at_phones(story)


def test_before_12_5_phones_use_http() -> None:
    async def story(desk: Desk) -> None:
        assert desk.inventory.phone_services()[A] == f"http://{A}:8082/fippa"
        await sign_in(desk)

    at_phones(story, release="12.0(1)")


def test_an_order_that_dies_of_a_bug_of_ours_is_heard_of_by_whoever_uses_the_phone_next() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)

        async def dies(*_: object, **__: object) -> Fetched:
            raise ZeroDivisionError("in a page")

        phone._pages.fetch = dies  # type: ignore[method-assign]
        await desk.mock.nodes[A].notification.stop()
        await asyncio.sleep(30.0)  # the node orders the phone to fetch another page
        with pytest.raises(ZeroDivisionError, match="in a page"):
            await phone.leave()

    at_phones(story)


@pytest.mark.parametrize(
    ("header", "goes"),
    [("20; url=/fippa/X", (20, f"https://{A}/fippa/X")), ("5", (5, f"https://{A}/old")), ("0", None), ("soon", None)],
)
def test_a_page_may_say_when_it_is_to_be_fetched_again_and_where(header: str, goes: tuple[int, str] | None) -> None:
    assert _refresh(header, f"https://{A}/old") == goes


def test_a_phone_goes_by_itself_where_its_page_says_unless_it_shows_another_one_by_then() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        fetch, there = phone._pages.fetch, f"https://{B}:8445/fippa/{phone.phone.device}"

        async def refreshing(url: str, *, pushed: bool) -> Fetched:
            return replace(await fetch(url, pushed=pushed), refresh=None if B in url else (20, there))

        phone._pages.fetch = refreshing  # type: ignore[method-assign]
        await phone.press("NotReady")
        await asyncio.sleep(19.0)
        await phone.press("Back")  # the twenty seconds begin anew
        assert desk.screens()[-1].hosts == (A, B)
        await asyncio.sleep(19.0)
        assert phone.node == A
        await asyncio.sleep(2.0)
        assert phone.node == B
        last = desk.journal.timeline().of(PhoneRequested)[-1]
        assert (last.node, last.pushed) == (B, True)

    at_phones(story)


def test_a_phone_that_asks_for_nothing_for_the_time_of_inactivity_has_to_sign_in_again() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        for key in ("NotReady", "Back", "NotReady", "Back"):
            await asyncio.sleep(100.0)
            assert await phone.press(key), "whoever presses a key is not idle"
        await asyncio.sleep(119.0)
        assert not phone.asks_to_sign_in
        await asyncio.sleep(2.0)
        assert phone.asks_to_sign_in

    at_phones(story, inactivity_s=120.0)


def test_without_that_time_out_a_phone_may_be_idle_for_an_hour() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        await asyncio.sleep(3600.0)
        assert "SignOut" in phone.keys

    at_phones(story)


def test_a_phone_that_shows_its_services_is_not_shown_a_sign_in_that_nobody_wants() -> None:
    async def story(desk: Desk) -> None:
        phone = await desk.phone()
        await phone.open(desk.node())
        await phone.leave()
        await asyncio.sleep(300.0)
        assert phone.kind == "services"

    at_phones(story, inactivity_s=120.0)


def test_the_data_of_a_call_are_on_the_phone_while_it_is_there_before_a_loss_and_at_the_other_node() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        switch = await desk.telephone()
        call = await switch.make_call(phone.id, desk.inventory.outside_number or "")
        await asyncio.sleep(1.0)
        await switch.set_call_data(call, {"callVariable1": "gold"})
        assert await phone.until(lambda one: "gold" in one.words, within_s=2.0)
        await phone.off_hook()
        await desk.mock.nodes[A].notification.stop()
        assert await phone.until(lambda one: one.is_unavailable, within_s=16.0), "with the handset off the hook, too"
        assert "gold" not in phone.words
        assert await phone.press("Exit")
        assert await phone.open(desk.node(B))
        assert await phone.sign_in()
        assert "gold" in phone.words
        await switch.clear(phone.id, call)
        assert await phone.until(lambda one: "gold" not in one.words, within_s=2.0)
        await phone.on_hook()

    at_phones(story)


def test_what_is_not_sent_as_an_object_of_phones_is_shown_as_plain_text() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        await desk.mock.nodes[A].webapp.stop()
        await asyncio.sleep(20.0)
        assert (phone.is_unavailable, phone.keys) == (True, ())
        shown = desk.screens()[-1]
        assert (shown.page, shown.title, shown.keys) == ("text", "", ())
        assert shown.text.startswith("<?xml")

    at_phones(story, defects=("unavailable-sent-as-html",))


def test_an_order_that_may_wait_is_carried_out_when_the_handset_is_put_down() -> None:
    async def story(desk: Desk) -> None:
        phone = await sign_in(desk)
        base = f"https://{A}:8445/fippa/{phone.phone.device}"
        shown = len(desk.screens())
        await phone.off_hook()
        await phone._carried_out(Execute((ExecuteItem(f"{base}/reasons", 1),)))
        await phone._carried_out(Execute((ExecuteItem(f"{base}/screen", 2),)))
        assert len(desk.screens()) == shown, "one waits, the other is dropped"
        await phone.on_hook()
        assert phone.kind == "menu"

    at_phones(story)
