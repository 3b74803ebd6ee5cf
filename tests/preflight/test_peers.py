"""Peers that are no lab: refusing, silent, without TLS, with somebody else's certificate, or talking garbage.

Each is found and told apart from the others within its deadline; nothing is raised.
"""

import datetime
import socket
import ssl
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from chaos import clock
from chaos.preflight import State, Survey
from chaos.preflight.finesse import clock_look
from chaos.wire.finesse import SystemInfo, write_system_info
from tests.preflight.lab import Rig, is_bad, peer, play, row

GARBAGE = bytes(range(256)) * 64
REST, XMPP = "fin-a.mock.test: REST", "fin-a.mock.test: XMPP"


def closed_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def test_a_refusing_a_silent_and_a_plain_port_are_told_apart(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> dict[str, str]:
        said = {}
        look = {"publisher__address": "127.0.0.1", "publisher__host": "localhost"}
        async with peer(None) as (_, silent), peer(GARBAGE) as (_, plain):
            for name, port in (("refused", closed_port()), ("silent", silent), ("plain", plain)):
                began_s = clock.now()
                found = await rig.look(["localhost: REST", "localhost: clock"], publisher__https_port=port, **look)
                assert clock.now() - began_s <= 15
                said[name] = is_bad(found, "localhost: REST")
                assert row(found, "localhost: clock").finding.state is State.SKIPPED
        return said

    said = play(tmp_path, scene)
    assert "refuses connections" in said["refused"]
    assert "says nothing: no TLS handshake within 5 s" in said["silent"]
    assert "does not speak TLS" in said["plain"]


def test_a_host_that_answers_nothing_at_all_is_silent_after_the_connect_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(3600)

    async def scene(rig: Rig) -> tuple[Survey, float]:
        began_s = clock.now()
        with monkeypatch.context() as patch:
            patch.setattr("chaos.preflight.doors.asyncio.open_connection", never)
            found = await rig.look([REST, "aw-a.mock.test: AWDB", "fin-a.mock.test: SSH", "fin-a.mock.test: console"])
        return found, clock.now() - began_s

    found, took_s = play(tmp_path, scene)
    assert "silent for 5 s: no answer at all" in is_bad(found, REST)
    assert "silent for 5 s" in is_bad(found, "aw-a.mock.test: AWDB")
    assert row(found, "fin-a.mock.test: console").finding.state is State.SKIPPED
    assert 5 <= took_s < 6


def test_a_name_that_nobody_knows_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: Any, *arguments: Any, **more: Any) -> Any:
        if host == "aw-a.mock.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *arguments, **more)

    known = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    nameless = {"deployment": "mock", "links.awdb-a.upstream": None, "awdb.primary.address": None}
    found = play(tmp_path, lambda rig: rig.look_at_changed(["aw-a.mock.test: AWDB"], nameless))
    told = is_bad(found, "aw-a.mock.test: AWDB")
    assert "does not resolve on this machine" in told
    assert "'address'" in told


# --- certificates ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _tls_peer(authority: trustme.CA, name: str, **more: Any) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **more).configure_cert(context)
    async with peer(None, tls=context) as address:
        yield address


def _trust(rig: Rig, authority: trustme.CA) -> None:
    """As an owner does: one more certificate in the lab's file."""
    ca = Path(str(rig.inventory.tls.ca))
    ca.write_bytes(ca.read_bytes() + authority.cert_pem.bytes())


def _presented(tmp_path: Path, name: str, *, trusted: bool = True, **more: Any) -> Survey:
    """What is found where the publisher presents a certificate like this one."""

    async def scene(rig: Rig) -> Survey:
        authority = trustme.CA()
        if trusted:
            _trust(rig, authority)
        async with _tls_peer(authority, name, **more) as (host, port):
            return await rig.look([REST], publisher__address=host, publisher__https_port=port)

    return play(tmp_path, scene)


def test_a_good_certificate_is_good(tmp_path: Path) -> None:
    assert row(_presented(tmp_path, "fin-a.mock.test"), REST).finding.state is State.OK


def test_another_ca_is_not_trusted_and_the_remedy_shows_the_certificate(tmp_path: Path) -> None:
    told = is_bad(_presented(tmp_path, "fin-a.mock.test", trusted=False), REST)
    assert "is not vouched for by" in told
    assert "openssl s_client -connect" in told


def test_an_expired_certificate_is_called_expired(tmp_path: Path) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    told = is_bad(_presented(tmp_path, "fin-a.mock.test", not_after=past), REST)
    assert "has expired" in told
    assert "renew it" in told


def test_a_certificate_that_expires_soon_is_worth_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.preflight.doors.wall_now", clock.real_now)  # TLS goes by no other calendar
    soon = clock.real_now() + datetime.timedelta(days=5, hours=1)
    finding = row(_presented(tmp_path, "fin-a.mock.test", not_after=soon), REST).finding
    assert finding.state is State.WARN
    assert "5 days left" in finding.seen


def test_a_certificate_of_another_name_is_told_with_its_names(tmp_path: Path) -> None:
    told = is_bad(_presented(tmp_path, "elsewhere.mock.test"), REST)
    assert "is for elsewhere.mock.test, not for fin-a.mock.test" in told
    assert "check_hostname" in told


# --- garbage ---------------------------------------------------------------------------------------------------------


def test_everything_that_talks_garbage_is_found_bad_within_its_deadline(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, float]:
        async with peer(GARBAGE, host="0.0.0.0") as (_, port):
            changes: dict[str, object] = {}
            for number, section in enumerate(("publisher", "cti.a", "cti.b", "awdb.primary"), 1):
                changes[f"{section}.ssh.port"] = port
                changes[f"{section}.address"] = f"127.0.0.{number}"
            changes |= {"publisher.https_port": port, "publisher.xmpp_port": port, "cti.a.port": port}
            changes |= {"cti.b.port": port, "awdb.primary.port": port, "proxies.local.api": f"http://127.0.0.1:{port}"}
            for link in rig.inventory.links:
                changes[f"links.{link}.upstream"] = None
            began_s = clock.now()
            return await rig.look_at_changed(None, {"deployment": "mock"} | changes), clock.now() - began_s

    found, took_s = play(tmp_path, scene)
    for check in (REST, XMPP, "pg-a.mock.test: console", "CTI side A", "CTI side B", "CTI telephone", "proxies: local"):
        is_bad(found, check)
    assert "GED-188" in is_bad(found, "CTI side A")
    assert "SSH" in is_bad(found, "pg-a.mock.test: console")
    assert not any("broke" in one.finding.seen for one in found.rows), "foreign exceptions have words of their own"
    assert took_s < 300
    assert found.fit() == ()


def test_a_silent_cti_server_and_a_silent_console_end_at_their_deadlines(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, float]:
        async with peer(None) as (host, port):
            changes: dict[str, object] = {"deployment": "mock", "links.cti-a.upstream": None}
            changes |= {"cti.a.address": host, "cti.a.port": port, "cti.a.ssh.port": port}
            began_s = clock.now()
            found = await rig.look_at_changed(["CTI side A", "CTI telephone", "pg-a.mock.test: console"], changes)
            return found, clock.now() - began_s

    found, took_s = play(tmp_path, scene)
    assert "no answer within 10 s" in is_bad(found, "CTI side A")
    assert "within 120 s" in is_bad(found, "pg-a.mock.test: console")
    assert row(found, "CTI telephone").finding.state is State.OK
    assert took_s < 140


def _http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (_http(b"<html/>"), State.BAD, "HTTP 200 with something else"),
        (_http(b"", "502 Bad Gateway"), State.BAD, "HTTP 502"),
        (_http(b"<!DOCTYPE a [<!ENTITY b 'c'>]><SystemInfo/>"), State.BAD, "something else"),
        (GARBAGE, State.BAD, "no answer"),
        (_http(write_system_info(SystemInfo(status="PARTIAL"))), State.BAD, "PARTIAL"),
    ],
    ids=["html", "502", "entities", "garbage", "unknown status"],
)
def test_a_web_server_that_is_no_finesse_is_no_finesse(tmp_path: Path, answer: bytes, state: State, said: str) -> None:
    async def scene(rig: Rig) -> Survey:
        authority = trustme.CA()
        _trust(rig, authority)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("fin-a.mock.test").configure_cert(context)
        async with peer(answer, tls=context) as (host, port):
            return await rig.look(
                ["fin-a.mock.test: in service", "administrator", "agents: passwords"],
                publisher__address=host,
                publisher__https_port=port,
            )

    found = play(tmp_path, scene)
    assert row(found, "fin-a.mock.test: in service").finding.state is state
    assert said in is_bad(found, "fin-a.mock.test: in service")
    assert row(found, "administrator").finding.state is State.SKIPPED


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_a_node_whose_clock_is_off_is_told_how_far_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ahead() -> datetime.datetime:
        return clock.wall_now() - datetime.timedelta(seconds=90)

    monkeypatch.setattr("chaos.preflight.finesse.wall_now", ahead)
    found = play(tmp_path, lambda rig: rig.look(["fin-a.mock.test: clock"]))
    finding = row(found, "fin-a.mock.test: clock").finding
    assert finding.state is State.WARN
    assert finding.seen.startswith("+90.001 ± 0.001 s")  # a stamp has milliseconds: it lies half of one ahead
    assert "NTP" in finding.remedy
    assert not found.unfit(), "no verdict leans on a node's clock"


NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("shown", "offset_s", "uncertainty_s"),
    [
        ("2026-01-01T12:00:05.000Z", 5.0005 - 0.2, 0.2005),
        ("2026-01-01T12:00:05Z", 5.5 - 0.2, 0.7),
        ("2026-01-01T13:00:00.000+01:00", 0.0005 - 0.2, 0.2005),
    ],
)
def test_half_the_round_trip_and_the_resolution_are_the_offsets_uncertainty(
    shown: str, offset_s: float, uncertainty_s: float
) -> None:
    look = clock_look(shown, NOON, NOON + datetime.timedelta(seconds=0.4))
    assert look is not None
    assert look.offset_s == pytest.approx(offset_s)
    assert look.uncertainty_s == pytest.approx(uncertainty_s)


@pytest.mark.parametrize("shown", ["", "yesterday", "2026-01-01T12:00:05", "99999-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_read_is_none(shown: str) -> None:
    assert clock_look(shown, NOON, NOON) is None
