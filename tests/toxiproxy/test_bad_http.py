"""What comes to the embedded server's API and is not HTTP: one line in the log, and the next request is answered."""

import asyncio
import contextlib
import gzip
import logging

import pytest

from chaos.toxiproxy import api
from tests.toxiproxy.lab import Lab, play_embedded

_POST = b"POST /proxies HTTP/1.1\r\nHost: x\r\n"
GARBAGE = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nonsense": b"nonsense\r\n\r\n",
    "HTTP 9": b"GET / HTTP/9.9\r\n\r\n",
    "HTTP 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a header without a colon": b"GET /version HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    "a NUL": b"GET /version HTTP/1.1\r\nHost: x\x00y\r\n\r\n",
    "a long header": b"GET /version HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET /version HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    "a path in Latin": b"GET /v\xe9rsion HTTP/1.1\r\nHost: x\r\n\r\n",
    "a length in letters": _POST + b"Content-Length: abc\r\n\r\n{}",
    "a length below zero": _POST + b"Content-Length: -5\r\n\r\n{}",
    "two lengths": _POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    "no chunk": _POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "half a body": _POST + b"Content-Length: 50\r\n\r\n{}",
    "a second request": b"GET /version HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n",
}


@pytest.mark.parametrize("how", ["write_eof", "abort"])
@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_is_not_http_at_the_api_is_one_line_in_the_log_and_the_next_request_is_answered(
    garbage: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(lab: Lab) -> None:
        reader, writer = await asyncio.open_connection(*lab.api)
        writer.write(GARBAGE[garbage])
        if how == "abort":
            await asyncio.sleep(0.05)
            writer.transport.abort()
        else:
            writer.write_eof()
            with contextlib.suppress(ConnectionResetError):
                async with asyncio.timeout(5):
                    await reader.read()
            writer.close()
        assert (await lab.ask("GET", "/version")).status == 200

    with caplog.at_level(logging.DEBUG):
        play_embedded(scenario, virtual=True)
    found = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(found) == 1, caplog.text
    assert found[0].message.startswith("a request to the API was not understood: ")
    assert "\n" not in found[0].message
    assert len(found[0].message) < 300
    assert not any(record.exc_info for record in caplog.records)


def test_a_compressed_body_is_read_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """As the original does; 100 MB of zeros in a body of 100 kB stay 100 kB."""
    bomb = gzip.compress(bytes(100_000_000))

    async def scenario(lab: Lab) -> None:
        answer = await lab.ask("POST", "/proxies", bomb, Content_Encoding="gzip")
        assert (answer.status, answer.json["error"]) == (
            400,
            "bad request body: invalid character '\\x1f' looking for beginning of value",
        )

    play_embedded(scenario, virtual=False)
    assert not caplog.records


def test_a_bug_of_ours_in_the_api_still_shows_its_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.ask("GET", "/proxies")).status == 500

    monkeypatch.setattr(api, "text_of", None)
    play_embedded(scenario, virtual=True)
    assert [record.exc_info is not None for record in caplog.records] == [True]
