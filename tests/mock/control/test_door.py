"""Who is let in at the control: browsers are made to ask by pages of others, and by names that lead here."""

import pytest
from multidict import CIMultiDict

from chaos.mock.control.door import HEADERS, is_loopback, is_token, refusal

HOST = "127.0.10.1:8475"


@pytest.mark.parametrize("host", [HOST, "127.0.0.1", "localhost:8475", "LOCALHOST", "[::1]:8475", "127.255.255.254:1"])
def test_loopback_names_are_let_in(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.test:8475",
        "127.0.0.1.evil.test",
        "localhost.evil.test",
        "127.0.0.1@evil.test",
        "evil.test#127.0.0.1",
        "10.0.0.1:8475",
        "0.0.0.0",
        "[::]",
        "127.0.0.1:8475:1",
        "[::1",
        "127.1",
        "2130706433",
        "localhost.",
    ],
)
def test_a_name_that_somebody_may_have_made_to_lead_here_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": f"http://{HOST}"},
        {"Sec-Fetch-Site": "none"},
        {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"},
    ],
)
def test_programs_and_the_page_itself_are_let_in(headers: dict[str, str]) -> None:
    assert refusal(CIMultiDict({"Host": HOST, **headers})) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"https://{HOST}"},
        {"Origin": "http://127.0.10.1:8082"},
        {"Origin": f"http://{HOST}.evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_pages_are_refused_even_those_of_this_machine(headers: dict[str, str]) -> None:
    assert refusal(CIMultiDict({"Host": HOST} | headers)) is not None


def test_a_token_is_compared_whole() -> None:
    assert is_token("abc", "abc")
    assert not any(is_token(one, "abc") for one in ("", "ab", "abcd", "ABC", "ab\xe9", "\udcff"))


def test_no_answer_lets_anything_run_or_load_but_our_own_files() -> None:
    policy = dict(one.split(" ", 1) for one in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert not any(name.startswith("Access-Control") for name in HEADERS)
