"""XMPP servers of foreign make, as Debian has them, in processes of their own with folders and ports of their own."""

import asyncio
import datetime
import os
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

HOST = "fin-a.lab.example"
USERS = ("1001001", "1001002")
PASSWORD = "se cr&t"
UP_S = 60.0
END_S = 15.0
# Erlang's timers end after some weeks, and ejabberd 23.01 sets one for the end of its certificate.
DAYS = 10


@dataclass
class Server:
    """tcp: XMPP with TLS from the first byte. web: BOSH at /http-bind, WebSocket at /ws. tls: a client's context."""

    tcp: int
    web: int
    tls: ssl.SSLContext
    process: asyncio.subprocess.Process

    async def die(self) -> None:
        """As a killed process. Safe twice."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


Started = Callable[[Path], AbstractAsyncContextManager[Server]]


def needed(name: str) -> str:
    """Where that program is. Skips the test if it is not there."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@asynccontextmanager
async def prosody(folder: Path) -> AsyncIterator[Server]:
    """Prosody with the users of USERS."""
    program = needed("prosody")
    tcp, web, tls = *_ports(), _certified(folder)
    accounts = folder / "data" / HOST.replace("-", "%2d").replace(".", "%2e") / "accounts"
    accounts.mkdir(parents=True)
    for user in USERS:
        (accounts / f"{user}.dat").write_text(f'return {{ ["password"] = "{PASSWORD}"; }};\n')
    configuration = folder / "prosody.cfg.lua"
    configuration.write_text(f"""
run_as_root = true
pidfile = "{folder}/pid"
data_path = "{folder}/data"
certificates = "{folder}"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
modules_enabled = {{ "saslauth", "tls", "roster", "disco", "ping", "bosh", "websocket" }}
modules_disabled = {{ "s2s" }}
authentication = "internal_plain"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ }}
http_ports = {{ }}
c2s_direct_tls_ports = {{ {tcp} }}
https_ports = {{ {web} }}
http_paths = {{ bosh = "/http-bind", websocket = "/ws" }}
http_default_host = "{HOST}"
ssl = {{ certificate = "{folder}/cert.pem", key = "{folder}/key.pem" }}
https_ssl = ssl
c2s_direct_tls_ssl = ssl
VirtualHost "{HOST}"
""")
    async with _running([program, "--config", str(configuration), "-F"], folder, {}, tcp, web, tls) as server:
        yield server


@asynccontextmanager
async def ejabberd(folder: Path) -> AsyncIterator[Server]:
    """ejabberd with the users of USERS. Without a node's name, so that it needs no daemon of Erlang's that stays."""
    needed("ejabberdctl")
    erl = needed("erl")
    libraries = _libraries()
    if libraries is None:
        pytest.skip("ejabberd's libraries are not below /usr/lib")
    tcp, web, tls = *_ports(), _certified(folder)
    configuration = folder / "ejabberd.yml"
    configuration.write_text(f"""
hosts: ["{HOST}"]
loglevel: warning
certfiles: ["{folder}/both.pem"]
auth_method: internal
acme: {{ auto: false }}
listen:
  - {{ port: {tcp}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true }}
  - port: {web}
    ip: "127.0.0.1"
    module: ejabberd_http
    tls: true
    request_handlers: {{ "/http-bind": mod_bosh, "/ws": ejabberd_http_ws }}
access_rules: {{ c2s: {{ allow: all }} }}
modules: {{ mod_bosh: {{ }}, mod_ping: {{ }}, mod_roster: {{ }}, mod_disco: {{ }} }}
""")
    made = ", ".join(f'ejabberd_auth:try_register(<<"{user}">>, <<"{HOST}">>, <<"{PASSWORD}">>)' for user in USERS)
    options = f"""-mnesia dir '"{folder}/spool"' -ejabberd config '"{configuration}"' quiet true"""
    options += f""" log_path '"{folder}/ejabberd.log"' -s ejabberd"""
    shell = f"exec {erl} -noinput {options} -eval '{{ok, _}} = application:ensure_all_started(ejabberd), {made}.'"
    environment = {"HOME": str(folder), "ERL_LIBS": str(libraries.parent), "EJABBERD_CONFIG_PATH": str(configuration)}
    async with _running(["/bin/sh", "-c", shell], folder, environment, tcp, web, tls) as server:
        yield server


@asynccontextmanager
async def _running(
    command: list[str], folder: Path, more: dict[str, str], tcp: int, web: int, tls: ssl.SSLContext
) -> AsyncIterator[Server]:
    log = folder / "log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=os.environ | more, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
    server = Server(tcp, web, tls, process)
    try:
        await _up(server, folder)
        yield server
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_S)
        except TimeoutError:
            await server.die()


def _libraries() -> Path | None:
    """Where Debian has ejabberd's."""
    return next(iter(Path("/usr/lib").glob("*/ejabberd-*")), None)


def _said(folder: Path) -> str:
    """What the server has logged, its end."""
    return "\n".join(path.read_text(errors="replace")[-4000:] for path in sorted(folder.glob("*log")))


async def _up(server: Server, folder: Path) -> None:
    """Wait until both ports answer in TLS."""
    try:
        async with asyncio.timeout(UP_S):
            for port in (server.tcp, server.web):
                while not await _answers(port, server.tls):
                    if server.process.returncode is not None:
                        raise AssertionError(f"it has ended:\n{_said(folder)}")
                    await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"it does not listen within {UP_S:g} s:\n{_said(folder)}") from None


async def _answers(port: int, tls: ssl.SSLContext) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=HOST)
    except OSError:
        return False
    writer.transport.abort()  # a server need not answer the end of TLS
    return True


def _certified(folder: Path) -> ssl.SSLContext:
    """Write a certificate for the host there; a client's context that trusts it."""
    authority = trustme.CA()
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=DAYS)
    made = authority.issue_cert(HOST, not_after=until)
    chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
    for name, content in (("cert", chain), ("key", made.private_key_pem.bytes())):
        (folder / f"{name}.pem").write_bytes(content)
    (folder / "both.pem").write_bytes(chain + made.private_key_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


def _ports() -> tuple[int, int]:
    """Two that are free now."""
    with socket.socket() as one, socket.socket() as other:
        for trial in (one, other):
            trial.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
