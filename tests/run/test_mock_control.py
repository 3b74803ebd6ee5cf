"""The client of a `mock up`'s control: addresses that are none, and somebody else who answers there."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaos.errors import UsageError
from chaos.run.exits import EXIT_USAGE, status_of_error
from chaos.run.mock_control import NoControl, NotDone, control_url, order_service, service_state


@pytest.mark.parametrize(
    "url",
    ["x", "file:///etc/passwd", "http://[::1/x/", "http://127.0.0.1:99999/x/", "http://127.0.0.1:x/x/", "http:///"],
)
def test_what_is_no_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError, match="FINESSE_CHAOS_MOCK is no address as `mock up` writes it"):
        service_state(url, "cti-a")


def test_a_name_that_no_host_can_have_is_where_nobody_answers() -> None:
    with pytest.raises(NoControl, match="no mock answers at"):
        service_state("http://\u0663.1/x/", "cti-a")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "control").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="control is no text"):
        control_url(tmp_path, {})


@contextmanager
def answering(status: int, body: bytes, refusal: bytes | None = None) -> Iterator[str]:
    """Somebody who says the same to everything, or refuses every order with 409 and that; his address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            if refusal is None:
                self.do_GET()
                return
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(409)
            self.send_header("Content-Length", str(len(refusal)))
            self.end_headers()
            self.wfile.write(refusal)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [200, 409])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b"{}", b"5", b'{"nodes": 5}', b'{"nodes": [{}]}', b"[" * 100_000]
)
def test_somebody_else_at_that_address_is_no_mock(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        with pytest.raises(NoControl, match="is no mock"):
            service_state(url, "cti-a")
        with pytest.raises(NoControl, match="is no mock"):
            order_service(url, "cti-a", "stop")


STATE = (
    b'{"nodes": [{"services": [{"id": "tomcat-publisher", "state": "Started"}]}], "sides": [{"services": [{"id": '
    b'"cti-a", "state": "Stopped"}]}], "databases": []}'
)


@pytest.mark.parametrize("order", [None, "stop", "kill"])
def test_a_service_that_there_is_not_is_wrong_usage_and_those_that_there_are_are_named(order: str | None) -> None:
    def asked(url: str) -> str:
        return service_state(url, "nonsuch") if order is None else order_service(url, "nonsuch", order)

    with answering(200, STATE, b'{"said": "there is no such service"}') as url, pytest.raises(UsageError) as wrong:
        asked(url)
    assert str(wrong.value) == "there is no service 'nonsuch'; there are tomcat-publisher, cti-a"
    assert status_of_error(wrong.value) == EXIT_USAGE


def test_an_order_that_is_refused_for_a_service_that_there_is_is_no_wrong_usage() -> None:
    words = "it is starting: wait for that"
    with answering(200, STATE, b'{"said": "%s"}' % words.encode()) as url, pytest.raises(NotDone, match=words):
        order_service(url, "cti-a", "stop")
