"""What a browser's network log is read as, from literal bytes."""

from typing import Any

import pytest

from chaos.journal import BoshPart, DesktopRequested
from chaos.subjects.network_log import Sent, requested

HOSTS = ("fin-a.lab.example", "fin-b.lab.example")
API = "https://fin-a.lab.example:8445/finesse/api"
BOSH = "https://fin-a.lab.example:7443/http-bind/"
BODY = '<body xmlns="http://jabber.org/protocol/httpbind" rid="7"{}>{}</body>'


def sent(method: str, url: str, body: str = "") -> Sent:
    return Sent.of({"requestId": "1", "timestamp": 4.0, "request": {"method": method, "url": url, "postData": body}})


def seen(asked: Sent, body: str = "", *, status: int | None = 200, failure: str | None = None) -> DesktopRequested:
    more: dict[str, Any] = {"status": status, "failure": failure, "body": body.encode()}
    return requested("ann", asked, HOSTS, sent_s=4.0, ended_s=5.0, **more)


def test_a_system_info_is_read_with_its_status() -> None:
    found = seen(sent("GET", f"{API}/SystemInfo"), "<SystemInfo><status>OUT_OF_SERVICE</status></SystemInfo>")
    assert (found.node, found.resource, found.system_status) == (HOSTS[0], "GET SystemInfo", "OUT_OF_SERVICE")


def test_the_document_that_asks_is_known_by_its_path_and_by_that_of_the_gadget_in_it() -> None:
    def document(url: object) -> str | None:
        request = {"method": "GET", "url": f"{API}/SystemInfo"}
        return Sent.of({"requestId": "1", "timestamp": 4.0, "request": request, "documentURL": url}).document

    page = "https://fin-a.lab.example:8445/desktop/container"
    frame = "https://fin-a.lab.example:8445/gadgets/ifr?st=secret&url=https%3A%2F%2Fx%3A8443%2Ffiles%2Fcalls.xml"
    assert document(f"{page}/?locale=en_US") == "/desktop/container/"
    assert document(frame) == "/gadgets/ifr of /files/calls.xml"
    assert [document(url) for url in (None, "", 5)] == [None] * 3


def test_a_sign_in_is_a_put_with_the_state_that_it_asks_for() -> None:
    found = seen(sent("PUT", f"{API}/User/1001", "<User><state>LOGIN</state></User>"), status=202)
    assert (found.resource, found.wanted, found.status) == ("PUT User/{id}", "LOGIN", 202)


def test_calls_are_read_without_ids_and_a_users_state_with_it() -> None:
    calls = seen(sent("GET", f"{API}/User/1001/Dialogs"), "<Dialogs/>")
    user = seen(sent("GET", f"{API}/User/1001"), "<User><state>NOT_READY</state></User>")
    assert (calls.resource, user.resource, user.user_state) == (
        "GET User/{id}/Dialogs",
        "GET User/{id}",
        "NOT_READY",
    )


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ('to="fin-a" wait="30"', BoshPart.OPEN),
        ('sid="x"', BoshPart.GO_ON),
        ('sid="x" type="terminate"', BoshPart.END),
    ],
)
def test_what_a_bosh_request_is_stands_in_its_body(attributes: str, part: BoshPart) -> None:
    assert sent("POST", BOSH, BODY.format(" " + attributes, "")).part is part


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ('<presence xmlns="jabber:client" from="finesse@fin-a/x" type="unavailable"/>', ("finesse unavailable",)),
        ('<presence xmlns="jabber:client" from="finesse@fin-a/x"/>', ("finesse available",)),
        ('<presence xmlns="jabber:client" from="1002@fin-a/x" type="unavailable"/>', ()),
        (
            '<message xmlns="jabber:client"><event xmlns="http://jabber.org/protocol/pubsub#event"><items><item>'
            '<notification xmlns="urn:xmpp:push:0">&lt;Update&gt;&lt;data&gt;&lt;systemInfo&gt;&lt;status&gt;'
            "OUT_OF_SERVICE&lt;/status&gt;&lt;/systemInfo&gt;&lt;/data&gt;&lt;/Update&gt;</notification></item>"
            "</items></event></message>",
            ("OUT_OF_SERVICE",),
        ),
    ],
)
def test_what_a_bosh_answer_brings_is_told_in_words(inner: str, told: tuple[str, ...]) -> None:
    going_on = sent("POST", BOSH, BODY.format(' sid="x"', ""))
    found = seen(going_on, BODY.format("", inner))
    assert found.told == told


def test_an_answer_that_ends_a_session_says_so_and_an_empty_one_nothing() -> None:
    going_on = sent("POST", BOSH, BODY.format(' sid="x"', ""))
    assert seen(going_on, BODY.format("", "")).told == ()
    assert seen(going_on, '<body xmlns="http://jabber.org/protocol/httpbind" type="terminate"/>').told == ("terminate",)
    assert seen(going_on, status=None, failure="net::ERR_CONNECTION_RESET").failure == "net::ERR_CONNECTION_RESET"


@pytest.mark.parametrize(("number", "read"), [("17", 17), ("2048.17", 17), ("9A4F0C2E", None), ("", None)])
def test_a_request_is_numbered_as_its_browser_does(number: str, read: int | None) -> None:
    one = sent("GET", f"{API}/SystemInfo")
    more: dict[str, Any] = {"status": 200, "failure": None, "body": b"", "number": number}
    assert requested("ann", one, HOSTS, sent_s=4.0, ended_s=5.0, **more).request == read


def test_other_hosts_are_no_node_and_a_look_of_ours_is_marked() -> None:
    page = seen(sent("GET", "https://elsewhere.example/desktop/container"))
    look = seen(sent("GET", f"{API}/SystemInfo?finesse-chaos-look"), "garbage")
    assert (page.node, page.resource) == ("", "page")
    assert (look.is_look, look.system_status) == (True, None)


def test_nothing_of_a_body_is_kept() -> None:
    typed = sent("POST", BOSH, BODY.format(' sid="x"', "<auth>c2VjcmV0</auth>"))
    assert "c2VjcmV0" not in repr(typed)


@pytest.mark.parametrize(
    ("body", "lasts_s"),
    [
        ('{"token": "secret", "refresh_token_expires_in": 900}', 900.0),
        ('{"token": "secret"}', None),
        ('{"token": "secret", "refresh_token_expires_in": "soon"}', None),
        ('{"refresh_token_expires_in": NaN}', None),
        ('{"refresh_token_expires_in": 1e999}', None),
        (f'{{"refresh_token_expires_in": {"9" * 400}}}', None),
        ("[]", None),
        ("[" * 100_000, None),
        ("<html/>", None),
    ],
)
def test_an_answer_with_tokens_is_read_for_how_long_they_are_good_and_for_nothing_else(
    body: str, lasts_s: float | None
) -> None:
    asked = sent("GET", "https://fin-a.lab.example:8445/desktop/sso/token?code=secret&state=secret")
    assert asked.needs_body
    found = seen(asked, body)
    assert (found.resource, found.lasts_s) == ("GET sso/token", lasts_s)
    assert "secret" not in repr(found)


def test_a_logout_is_known_by_its_path_wherever_a_product_has_it() -> None:
    found = seen(sent("POST", "https://fin-a.lab.example:8445/desktop/sso/forced-logout"), status=202)
    assert found.resource == "POST logout"
    assert seen(sent("GET", "https://fin-a.lab.example:8445/desktop/logout.html")).resource == "page"
