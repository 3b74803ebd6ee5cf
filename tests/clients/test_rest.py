"""The REST client: whatever a node does ends as an answer and an observation, and nothing escapes."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache

import pytest
import trustme

from chaos import clock
from chaos.clients.rest import Answer, FinesseRest
from chaos.clock import now
from chaos.inventory import FinesseNode
from chaos.journal import Journal, RestExchange
from chaos.wire.finesse import ApiErrors, SystemInfo

HOST = "fin-a.lab.example"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
INFO = b"<SystemInfo><status>IN_SERVICE</status><ctiHeartbeatInterval>5</ctiHeartbeatInterval></SystemInfo>"
TIMEOUT_S = 10.0
# The name of the tasks that are the test's own.
SERVER = "the scripted server"


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


def _server_tls(*names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority().issue_cert(*names).configure_cert(context)
    return context


@cache
def _client_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _authority().configure_trust(context)
    return context


def _reply(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/xml", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _answers(raw: bytes, *, then_closes: bool = True) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        if then_closes:
            writer.close()
        else:
            await reader.read()

    return handle


async def _is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    await asyncio.sleep(3600.0)


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


@contextlib.asynccontextmanager
async def _serving(handle: Handler, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name(SERVER)
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handle(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _asked(
    handle: Handler, *, tls: ssl.SSLContext | None = None, journal: bool = True
) -> tuple[Answer, list[RestExchange], float]:
    """One GET of SystemInfo: the answer, what was recorded, and how long it took."""

    async def main() -> tuple[Answer, list[RestExchange], float]:
        kept = Journal(None, now) if journal else None
        async with _serving(handle, tls or _server_tls(HOST)) as port:
            node = FinesseNode(host=HOST, address="127.0.0.1", https_port=port)
            rest = FinesseRest(node, lambda: kept, tls=_client_tls(), timeout_s=TIMEOUT_S, agent="1001001")
            from_s = now()
            try:
                answer = await rest.get("SystemInfo", "SystemInfo")
            finally:
                await rest.close()
            return answer, kept.timeline().of(RestExchange) if kept else [], now() - from_s

    return clock.run(main(), virtual=True)


def test_a_document_is_read_and_recorded() -> None:
    answer, seen, _ = _asked(_answers(_reply("200 OK", INFO)))
    assert isinstance(answer.document, SystemInfo)
    assert len(seen) == 1
    assert (seen[0].node, seen[0].agent, seen[0].resource) == (HOST, "1001001", "GET SystemInfo")
    assert (seen[0].status, seen[0].failure, seen[0].system_status) == (200, None, "IN_SERVICE")
    assert seen[0].heartbeat_interval_s == 5.0


@pytest.mark.parametrize(
    ("headers", "dated_s"),
    [
        (["Date: Sun, 06 Nov 1994 08:49:37 GMT"], 784111777),
        (["Date: yesterday"], None),
        (["Date: Sun, 06 Nov 99999 08:49:37 GMT"], None),
        ([], None),
    ],
)
def test_an_answer_is_numbered_and_says_when_it_was_made(headers: list[str], dated_s: int | None) -> None:
    _, seen, _ = _asked(_answers(_reply("200 OK", INFO, *headers)))
    assert [(one.nth, one.dated_s) for one in seen] == [(1, dated_s)]


def test_a_request_without_an_answer_is_numbered_too() -> None:
    _, seen, _ = _asked(_closes)
    assert [(one.nth, one.dated_s) for one in seen] == [(1, None)]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (INFO, "SystemInfo"),
        (b"<Dialogs/>", "Dialogs"),
        (b"<User><loginId>1</loginId></User>", "User"),
        (b"<ConnectedUsersInfo/>", "ConnectedUsersInfo"),
        (b"<></>", ""),
        (b"", ""),
    ],
)
def test_what_a_good_answer_brings_is_recorded_by_its_name(body: bytes, name: str) -> None:
    _, seen, _ = _asked(_answers(_reply("200 OK", body)))
    assert seen[0].document == name
    _, seen, _ = _asked(_answers(_reply("503 Service Unavailable", body)))
    assert seen[0].document is None


def test_an_error_document_is_an_answer_with_its_type() -> None:
    body = (
        b"<ApiErrors><ApiError><ErrorType>Server Out Of Service</ErrorType>"
        b"<ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage></ApiError></ApiErrors>"
    )
    answer, seen, _ = _asked(_answers(_reply("503 Service Unavailable", body)))
    assert answer.status == 503
    assert isinstance(answer.document, ApiErrors)
    assert (seen[0].error_type, seen[0].error_message) == ("Server Out Of Service", "SERVER_OUT_OF_SERVICE")


def test_of_several_errors_of_one_document_none_is_left_out() -> None:
    """A node that named its database first was said to have answered something else than Service Unavailable."""
    errors = (("Internal Server Error", "DB_RUNTIME_EXCEPTION"), ("Service Unavailable", "SERVER_OUT_OF_SERVICE"))
    one = "<ApiError><ErrorType>{}</ErrorType><ErrorData/><ErrorMessage>{}</ErrorMessage></ApiError>"
    body = f"<ApiErrors>{''.join(one.format(*error) for error in (*errors, errors[0]))}</ApiErrors>".encode()
    _, seen, _ = _asked(_answers(_reply("503 Service Unavailable", body)))
    assert seen[0].error_type == "Internal Server Error + Service Unavailable"
    assert seen[0].error_message == "DB_RUNTIME_EXCEPTION + SERVER_OUT_OF_SERVICE"


@pytest.mark.parametrize(
    ("handle", "failure"),
    [
        (_is_silent, "timeout"),
        (_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", then_closes=False), "timeout"),
        (_resets, "reset"),
        (_closes, "reset"),
        (_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), "reset"),
        (_answers(b"SSH-2.0-OpenSSH_9.6\r\n"), "reset"),
        (_answers(b"\x00\xff" * 500), "reset"),
        (_answers(_reply("200 OK", b"not gzip", "Content-Encoding: gzip")), "protocol"),
    ],
    ids=["silence", "half-and-silence", "reset", "close", "half", "ssh", "bytes", "encoding"],
)
def test_what_is_no_answer_has_a_word_for_it(handle: Handler, failure: str) -> None:
    answer, seen, took_s = _asked(handle)
    assert (answer.status, answer.failure, answer.document) == (None, failure, None)
    assert [(one.status, one.failure) for one in seen] == [(None, failure)]
    assert took_s <= TIMEOUT_S + 0.001


@pytest.mark.parametrize(
    "body", [b"<SystemInfo><status>", b"\x00\x01\x02", b"<html><body>Apache Tomcat<br></body></html>", b"   ", b"{}"]
)
def test_an_answer_with_garbage_has_a_status_and_no_document(body: bytes) -> None:
    answer, seen, _ = _asked(_answers(_reply("200 OK", body)))
    assert (answer.status, answer.failure, answer.document) == (200, None, None)
    assert seen[0].status == 200


def test_an_entity_bomb_is_not_expanded() -> None:
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><SystemInfo><status>&b;</status></SystemInfo>'
    )
    answer, _, _ = _asked(_answers(_reply("200 OK", bomb)))
    assert (answer.status, answer.document) == (200, None)


def test_an_answer_that_never_ends_is_given_up_in_time() -> None:
    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\n \r\n")
            await asyncio.sleep(1.0)

    answer, _, took_s = _asked(drips)
    assert answer.failure == "timeout"
    assert took_s == pytest.approx(TIMEOUT_S, abs=0.01)


def test_a_certificate_of_another_name_is_a_failure_of_tls() -> None:
    answer, seen, _ = _asked(_answers(_reply("200 OK", INFO)), tls=_server_tls("elsewhere.example"))
    assert answer.failure == seen[0].failure == "tls"


def test_a_certificate_of_another_authority_is_a_failure_of_tls() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(HOST).configure_cert(context)
    answer, _, _ = _asked(_answers(_reply("200 OK", INFO)), tls=context)
    assert answer.failure == "tls"


def test_a_port_that_speaks_no_tls_is_no_answer() -> None:
    async def main() -> Answer:
        async with _serving(_answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None) as port:
            node = FinesseNode(host=HOST, address="127.0.0.1", https_port=port)
            rest = FinesseRest(node, lambda: None, tls=_client_tls(), timeout_s=TIMEOUT_S)
            try:
                return await rest.get("SystemInfo", "SystemInfo")
            finally:
                await rest.close()

    answer = clock.run(main(), virtual=True)
    assert answer.status is None
    assert answer.failure in ("tls", "refused", "reset", "timeout")


def test_nobody_there_is_refused() -> None:
    async def main() -> Answer:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        rest = FinesseRest(
            FinesseNode(host=HOST, address="127.0.0.1", https_port=port),
            lambda: None,
            tls=_client_tls(),
            timeout_s=TIMEOUT_S,
        )
        try:
            return await rest.get("SystemInfo", "SystemInfo")
        finally:
            await rest.close()

    assert clock.run(main(), virtual=True).failure == "refused"


def test_without_a_journal_it_answers_all_the_same() -> None:
    answer, seen, _ = _asked(_answers(_reply("200 OK", INFO)), journal=False)
    assert answer.status == 200
    assert not seen


def test_a_request_that_began_before_the_journal_is_recorded_from_its_beginning() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(5.0)
        writer.write(_reply("200 OK", INFO))
        writer.close()

    async def main() -> list[RestExchange]:
        kept: list[Journal] = []
        async with _serving(slow, _server_tls(HOST)) as port:
            node = FinesseNode(host=HOST, address="127.0.0.1", https_port=port)
            rest = FinesseRest(node, lambda: kept[0] if kept else None, tls=_client_tls(), timeout_s=TIMEOUT_S)
            asking = asyncio.ensure_future(rest.get("SystemInfo", "SystemInfo"))
            await asyncio.sleep(3.0)
            kept.append(Journal(None, now))
            await asking
            await rest.close()
        return kept[0].timeline().of(RestExchange)

    seen = clock.run(main(), virtual=True)
    assert [(round(one.sent_s, 3), round(one.at_s, 3)) for one in seen] == [(0.0, 2.0)]
