"""The identity service's doors and a node's `/desktop/sso/…`, by a browser that follows where it is led."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chaos import clock
from chaos.inventory import load
from chaos.mock.browsers.cookies import CookieJar
from chaos.mock.browsers.fetching import Answer, Fetcher
from chaos.run.launcher import launch
from tests.mock.browsers.lab import ROOT, A

NODE = f"https://{A}:8445"
POST = b"POST /ids/v1/oauth/token HTTP/1.1\r\nHost: x\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded"
Browse = Callable[..., Awaitable[tuple[Answer, str]]]


def browsing(work: Callable[[Browse], Awaitable[None]]) -> None:
    """Play that with a browser at a mock of two nodes."""

    async def main() -> None:
        inventory = load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}})
        launched = await launch(inventory, fast=True)
        mock = launched.deployment
        nobody: Callable[..., None] = lambda *_: None  # noqa: E731
        (server, _), _ = mock.browsers
        browser = Fetcher(server.names, server.tls, CookieJar(), nobody, nobody)

        async def browse(method: str, url: str, **form: str) -> tuple[Answer, str]:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
            return await browser.follow(method, url, headers=headers, body=urlencode(form).encode(), within_s=8.0)

        try:
            await asyncio.gather(*(node.until_in_service() for node in mock.nodes.values()))
            await work(browse)
        finally:
            browser.drop()
            await launched.stop()

    clock.run(main(), virtual=True)


def test_the_test_of_single_sign_on_leads_to_the_form_and_back_and_says_who_it_was() -> None:
    async def work(browse: Browse) -> None:
        form, where = await browse("GET", f"{NODE}/desktop/sso/test")
        assert (form.status, urlsplit(where).port) == (200, 8553)
        assert parse_qs(urlsplit(where).query)["redirect_uri"] == [f"{NODE}/desktop/sso/test"]
        page, where = await browse("POST", where, username="1001101", password="mock-abel")
        assert (page.status, urlsplit(where).path) == (200, "/desktop/sso/test")
        assert b"Single sign-on succeeded for 1001101" in page.body
        again, _ = await browse("GET", f"{NODE}/desktop/sso/test")
        assert b"succeeded for 1001101" in again.body, "nobody is asked twice"

    browsing(work)


def test_a_test_with_a_code_that_nobody_gave_fails_in_words() -> None:
    async def work(browse: Browse) -> None:
        answer, _ = await browse("GET", f"{NODE}/desktop/sso/test?code=x&state=<y>")
        assert answer.status == 401
        assert b"Single sign-on failed: invalid_state" in answer.body

    browsing(work)


@pytest.mark.parametrize(
    ("sent", "answered", "within_s"),
    [
        (
            POST + FORM + b"\r\nContent-Length: 9\r\n\r\ngrant",
            b"408 ",
            22.0,
        ),
        (POST, b"", 30.0),
        (
            POST + b"Connection: close\r\nContent-Length: 3\r\nContent-Type: multipart/form-data; boundary=\r\n\r\nabc",
            b"400 ",
            1.0,
        ),
    ],
)
def test_half_a_request_and_odd_forms_are_refused_by_the_identity_service(
    sent: bytes, answered: bytes, within_s: float
) -> None:
    async def main() -> None:
        launched = await launch(load(ROOT / "inventories/mock.yaml").model_copy(update={"links": {}}), fast=True)
        mock = launched.deployment
        try:
            (server, _), _ = mock.browsers
            place = next(at for (host, _), at in server.names.items() if host.startswith("ids."))
            reader, writer = await asyncio.open_connection(*place, ssl=server.tls, server_hostname="ids.mock.test")
            writer.write(sent)
            async with asyncio.timeout(within_s):
                got = await reader.read()
            assert got.partition(b" ")[2].startswith(answered)
            assert bool(got) is bool(answered)
            writer.transport.abort()
        finally:
            await launched.stop()

    clock.run(main(), virtual=True)
