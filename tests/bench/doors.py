"""`python -m tests.bench.doors [2000]`: what a crowd at the doors of a `mock up` costs, and whether heartbeats wait.

The mock is a process of its own with so many agents. As many clients open a session each, a third by TCP with TLS, by
BOSH and by WebSocket, and sign their agents in by REST; before that, 500 others sign in by REST alone, all at once. All
that time a CTI client of its own process beats four times a second. Clients are bytes on sockets, so that they cost
little beside the mock, with which they share the processors: its own processor time is what is compared.
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import re
import resource
import ssl
import struct
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from chaos import clock
from chaos.errors import UsageError
from chaos.run.descriptors import raise_limit
from tests.inventory.labs import REPOSITORY

BLOCK = "127.0.111"
A, B, PG_A = f"{BLOCK}.1", f"{BLOCK}.2", f"{BLOCK}.3"
HOSTS = {A: "fin-a.mock.test", B: "fin-b.mock.test"}
AT_ONCE = 500
# Clients have machines of their own: here one process is all of them, and no slower than 30 s from TCP to its session.
JOINING_AT_ONCE = 200
BEAT_S = 0.25
GIVEN_BACK_S = 80.0
LIMIT_S = 120.0
READ_BYTES = 1 << 16
_DESCRIPTORS_EACH = 2
_OF_OURS = 200


@dataclass
class Crowd:
    """Who is there. tls: trusts the mock's CA. streams: what is open, by door."""

    tls: ssl.SSLContext
    streams: list[asyncio.StreamWriter] = field(default_factory=list)


def agent_id(n: int) -> str:
    return str(1001001 + n)


def inventory(folder: Path, count: int) -> Path:
    """The built-in mock with so many agents, none of whom signs on."""
    head, rest = (REPOSITORY / "inventories/mock.yaml").read_text(encoding="utf-8").split("\nagents:\n")
    rows = (f"  - {{id: {agent_id(n)}, password: p, extension: {200001 + n}}}\n" for n in range(count))
    path = folder / "crowd.yaml"
    path.write_text(f"{head}\nagents:\n{''.join(rows)}{rest[rest.index('outside_number') :]}", encoding="utf-8")
    return path


def processor_s(pid: int) -> float:
    """What that process has used until now."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """The memory that it has now."""
    (line,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(line) / 1024


# Bytes


async def until(reader: asyncio.StreamReader, *words: bytes) -> bytes:
    """Read until one of them has come. Raises EOFError, TimeoutError."""
    got = b""
    async with asyncio.timeout(LIMIT_S):
        while not any(word in got for word in words):
            more = await reader.read(READ_BYTES)
            if not more:
                raise EOFError(got[-200:])
            got += more
    return got


async def connect(crowd: Crowd, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(LIMIT_S):
        reader, writer = await asyncio.open_connection(host, port, ssl=crowd.tls, server_hostname=HOSTS[host])
    crowd.streams.append(writer)
    return reader, writer


def plain(agent: str) -> str:
    return base64.b64encode(f"\0{agent}\0p".encode()).decode()


AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{}</auth>"
BIND = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
HERE = "<presence xmlns='jabber:client'/>"
FINESSE = b"finesse@"
LENGTH = re.compile(rb"Content-Length: (\d+)")
SID = re.compile(rb"""\ssid=["']([^"']+)""")


async def by_tcp(crowd: Crowd, host: str, agent: str) -> None:
    """A session by TCP with TLS from the first byte, until `finesse` is there."""
    reader, writer = await connect(crowd, host, 5223)
    opened = (
        f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{HOSTS[host]}' "
        "version='1.0'>"
    ).encode()
    for sent, awaited in (
        (opened, b"</stream:features>"),
        (AUTH.format(plain(agent)).encode(), b"<success"),
        (opened, b"</stream:features>"),
        (BIND.encode(), b"</iq>"),
        (HERE.encode(), FINESSE),
    ):
        writer.write(sent)
        await until(reader, awaited)


async def by_websocket(crowd: Crowd, host: str, agent: str) -> None:
    """A session by WebSocket at Tomcat's port."""
    reader, writer = await connect(crowd, host, 8445)
    writer.write(
        f"GET /ws/ HTTP/1.1\r\nHost: {HOSTS[host]}:8445\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: xmpp\r\n\r\n".encode()
    )
    await until(reader, b"\r\n\r\n")
    opened = f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{HOSTS[host]}' version='1.0'/>"
    for sent, awaited in (
        (opened, b"features>"),
        (AUTH.format(plain(agent)), b"<success"),
        (opened, b"features>"),
        (BIND, b"</iq>"),
        (HERE, FINESSE),
    ):
        writer.write(frame(sent.encode()))
        await until(reader, awaited)


def frame(text: bytes) -> bytes:
    """A masked text frame, its mask all zeros."""
    size = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE]) + struct.pack(">H", len(text))
    return b"\x81" + size + b"\0\0\0\0" + text


async def by_bosh(crowd: Crowd, host: str, agent: str) -> None:
    """A session by BOSH, one connection, whose last request is left with the server."""
    reader, writer = await connect(crowd, host, 7443)
    sid, rid = "", 1_000_000

    async def ask(attributes: str, content: str = "") -> bytes:
        nonlocal rid
        rid += 1
        body = f"<body rid='{rid}'{sid} xmlns='http://jabber.org/protocol/httpbind' {attributes}>{content}</body>"
        head = f"POST /http-bind/ HTTP/1.1\r\nHost: {HOSTS[host]}:7443\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        async with asyncio.timeout(LIMIT_S):
            answered = await reader.readuntil(b"\r\n\r\n")
            return await reader.readexactly(int(LENGTH.findall(answered)[0]))

    opened = await ask(
        f"to='{HOSTS[host]}' ver='1.9' wait='60' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'"
    )
    sid = f" sid='{SID.findall(opened)[0].decode()}'"
    got = await ask("", AUTH.format(plain(agent)))
    assert b"<success" in got, got
    await ask(f"to='{HOSTS[host]}' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'")
    assert b"jid>" in await ask("", BIND)
    got = await ask("", HERE)
    while FINESSE not in got:
        got = await ask("")
    rid += 1
    body = f"<body rid='{rid}'{sid} xmlns='http://jabber.org/protocol/httpbind'/>"
    head = f"POST /http-bind/ HTTP/1.1\r\nHost: {HOSTS[host]}:7443\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())


async def sign_in(crowd: Crowd, host: str, n: int) -> float:
    """An agent's sign-in by REST on a connection of its own, which is kept; how long it took."""
    with clock.stopwatch() as elapsed_s:
        reader, writer = await connect(crowd, host, 8445)
        body = f"<User><state>LOGIN</state><extension>{200001 + n}</extension></User>"
        basic = base64.b64encode(f"{agent_id(n)}:p".encode()).decode()
        writer.write(
            f"PUT /finesse/api/User/{agent_id(n)} HTTP/1.1\r\nHost: {HOSTS[host]}:8445\r\n"
            f"Authorization: Basic {basic}\r\n"
            f"Content-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        got = await until(reader, b"\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 202"), got
        return elapsed_s()


DOORS: Sequence[Callable[[Crowd, str, str], Awaitable[None]]] = (by_tcp, by_bosh, by_websocket)


# Heartbeats, in a process of their own


async def beat(path: Path) -> None:
    """A CTI client at side A that beats until it is ended, and writes how long each answer took, a line each."""
    reader, writer = await asyncio.open_connection(PG_A, 42027)
    floats = b"".join(struct.pack(">HH", tag, len(text)) + text for tag, text in ((1, b"bench\0"), (2, b"\0")))
    fixed = struct.pack(">11I", 1, 24, 0xFFFFFFFF, 0xFFFFFFFF, 0x10, 0, 0, 0, 0, 0, 0)
    writer.write(struct.pack(">II", len(fixed + floats), 3) + fixed + floats)
    await answer(reader)
    with path.open("w", encoding="ascii") as told:
        for invoke in itertools.count(2):
            with clock.stopwatch() as elapsed_s:
                writer.write(struct.pack(">III", 4, 5, invoke))
                while await answer(reader) != (6, struct.pack(">I", invoke)):
                    pass
                told.write(f"{elapsed_s():.4f}\n")
            told.flush()
            await asyncio.sleep(BEAT_S)


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The type and the body of the next message."""
    length, kind = struct.unpack(">II", await reader.readexactly(8))
    return kind, await reader.readexactly(length)


# The story


async def measure(pid: int, folder: Path, count: int) -> dict[str, object]:
    """What it costs that mock."""
    crowd = Crowd(ssl.create_default_context(cafile=str(folder / "mock/ca.pem")))
    told: dict[str, object] = {}
    for host in HOSTS:
        await in_service(crowd, host)
    used_s = processor_s(pid)
    with clock.stopwatch() as elapsed_s:
        took = await asyncio.gather(*(sign_in(crowd, A, n) for n in range(AT_ONCE)))
        told["500 sign-ins at once, wall s"] = round(elapsed_s(), 2)
    told["worst of them, s"] = round(max(took), 2)
    told["mock's processor s for them"] = round(processor_s(pid) - used_s, 2)
    leave(crowd)
    await asyncio.sleep(10.0)
    empty_mb, used_s = resident_mb(pid), processor_s(pid)
    sessions = Crowd(crowd.tls)
    with clock.stopwatch() as elapsed_s:
        at_once = asyncio.Semaphore(JOINING_AT_ONCE)
        await asyncio.gather(*(join(sessions, n, at_once) for n in range(count)))
        told[f"{count} sessions and their agents signed in, wall s"] = round(elapsed_s(), 2)
    told["mock's processor s for it"] = round(processor_s(pid) - used_s, 2)
    await asyncio.sleep(10.0)
    full_mb = resident_mb(pid)
    told["MB before, with them"] = [round(empty_mb), round(full_mb)]
    told["MB each"] = round((full_mb - empty_mb) / count, 3)
    used_s = processor_s(pid)
    await asyncio.sleep(20.0)
    told["mock's processor share while they are there"] = round((processor_s(pid) - used_s) / 20.0, 3)
    leave(sessions)
    await asyncio.sleep(GIVEN_BACK_S)
    told["MB 80 s after they left"] = round(resident_mb(pid))
    return told


async def join(crowd: Crowd, n: int, at_once: asyncio.Semaphore) -> None:
    """A session by the door whose turn it is, at either node, and its agent's sign-in."""
    host = (A, B)[n % 2]
    async with at_once:
        await DOORS[n % len(DOORS)](crowd, host, agent_id(n))
        await sign_in(crowd, host, n)


def leave(crowd: Crowd) -> None:
    for writer in crowd.streams:
        writer.transport.abort()
    crowd.streams.clear()


def mock_up(path: Path, folder: Path) -> list[str]:
    """The command that starts it."""
    up = [sys.executable, "-m", "chaos", "mock", "up", "-i", str(path), "--folder", str(folder / "mock"), "--no-web"]
    return [*up, "--block", BLOCK, "--tomcat-start", "0", "--fast"]


async def in_service(crowd: Crowd, host: str) -> None:
    """Wait until that node is."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            reader, writer = await connect(crowd, host, 8445)
            writer.write(f"GET /finesse/api/SystemInfo HTTP/1.1\r\nHost: {HOSTS[host]}\r\n\r\n".encode())
            if b">IN_SERVICE<" in await until(reader, b"</SystemInfo>"):
                return
            await asyncio.sleep(1.0)


def started(command: Sequence[str], until_word: str) -> subprocess.Popen[str]:
    """A process that has said that word."""
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if until_word in line:
            return process
    raise UsageError(f"{command[:4]} ended before it said {until_word!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--loop", default="asyncio", help="the mock's")
    parser.add_argument("--beat", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.beat is not None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            asyncio.run(beat(asked.beat))
        return 0
    raise_limit(_OF_OURS + asked.count * _DESCRIPTORS_EACH * 2, f"{asked.count} clients", "ask for fewer clients")
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-doors-") as name:
        folder = Path(name)
        path, beats = inventory(folder, max(asked.count, AT_ONCE)), folder / "beats"
        mock = started([*mock_up(path, folder), "--loop", asked.loop], "Ctrl-C")
        beating = subprocess.Popen([sys.executable, "-m", "tests.bench.doors", "--beat", str(beats)], cwd=REPOSITORY)
        try:
            told = asyncio.run(measure(mock.pid, folder, asked.count))
        finally:
            for process in (beating, mock):
                process.terminate()
                process.wait(30)
        late = sorted(float(line) for line in beats.read_text(encoding="ascii").split())
    told["heartbeats answered"] = len(late)
    told["ms: median, 99 %, worst"] = [
        round(1000 * one, 1) for one in (median(late), late[-len(late) // 100], late[-1])
    ]
    told["largest MB of this process"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
