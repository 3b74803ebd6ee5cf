"""`finesse-chaos mock up`: the mock deployment in real time, in a process of its own, for people and foreign clients.

It is a lab like any other: it comes with proxies that Finesse's administration points at, and with an inventory of a
live lab, whose secrets stand in files of their own. What no console can do, the lab's commands in that inventory do
over the mock's control (`chaos/mock/control/`), and so does the page for people.
"""

import asyncio
import contextlib
import gc
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from chaos import clock
from chaos.clients.toxiproxy import Toxiproxy
from chaos.errors import ChaosError, InventoryError, UsageError
from chaos.inventory import MOCK_ORDERS, Host, Inventory, MockOptions, Secret, dump, load, resolved
from chaos.run.console import result_console
from chaos.run.interrupts import until_told_to_stop
from chaos.run.launcher import Launched, MockNotStarted, launch
from chaos.run.mock_control import CONTROL_VARIABLE
from chaos.run.scratch import scratch
from chaos.toxiproxy import AddressError, ToxiproxyServer
from chaos.toxiproxy.errors import ApiError

if TYPE_CHECKING:
    from chaos.mock.control.view import LinkState
    from chaos.mock.finesse import FinesseNode

PROXY_PORT, CONTROL_PORT = 8474, 8475
# A node tries its CTI servers every two seconds; one that is not in service by then will not be soon.
IN_SERVICE_S = 20.0
# In the folder of a mock: its lock says that the mock is up.
_MARK = ".mock-up"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the mock is to be. block: the first three parts of its loopback addresses. for_s: None is until it is told to
    stop. tomcat_start_s: None as documented. fast: consoles answer and Windows services change almost at once.
    loop: asyncio, uvloop or auto. has_page: serve the page for people.
    """

    block: str = "127.0.10"
    defects: Sequence[str] = ()
    for_s: float | None = None
    tomcat_start_s: float | None = None
    fast: bool = False
    loop: str = "asyncio"
    has_page: bool = False


def serve(inventory: Path, folder: Path | None, wanted: Wanted) -> None:
    """Run until Ctrl-C, SIGTERM, SIGHUP, or so many seconds. Raises InventoryError, MockNotStarted, UsageError."""
    loaded = load(inventory, os.environ)
    if not re.fullmatch(r"127(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){2}", wanted.block):
        raise UsageError(
            f"--block {wanted.block} is not the beginning of a loopback address: give for instance 127.0.10"
        )
    if loaded.deployment != "mock":
        raise InventoryError(f"{inventory} describes a live lab; `mock up` starts what has deployment: mock")
    loaded = demanding(loaded)
    with scratch("mock-") if folder is None else _made(folder) as place:
        clock.run(_serve(loaded, place, wanted), virtual=False, kind=wanted.loop)
    result_console().print("the mock has ended")


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[Path]:
    """Absolute: the inventory that is written there is read relative to itself, and maybe from another folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--folder {folder} cannot be made: {error.strerror}") from error
    with _alone_in(folder):
        yield folder.absolute()


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """That folder is this mock's alone, by a lock of the kernel's, which ends with its holder, even a killed one.

    Raises UsageError: another mock is up there, whose CA and passwords would be written over.
    """
    with contextlib.ExitStack() as stack:
        try:
            import fcntl

            # Of a file, not of the folder: that one is locked by a run which leaves its artefacts there.
            place = os.open(folder / _MARK, os.O_CREAT | os.O_RDWR, 0o600)
            stack.callback(os.close, place)
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"--folder {folder} is in use by another `mock up`, whose CA, passwords and inventory stand there: end "
                "that one, or name a folder of its own for this one"
            ) from None
        except (ImportError, OSError):
            pass  # Windows; a file system that has no locks, or takes no file: then what is written there says so
        yield


def demanding(inventory: Inventory) -> Inventory:
    """That mock, which demands reasons as a Finesse does, unless the inventory says whether it is to."""
    options = inventory.mock or MockOptions()
    if options.variants.reasons_required is not None:
        return inventory
    variants = options.variants.model_copy(update={"reasons_required": True})
    return inventory.model_copy(update={"mock": options.model_copy(update={"variants": variants})})


async def _serve(loaded: Inventory, folder: Path, wanted: Wanted) -> None:
    async with contextlib.AsyncExitStack() as stack:
        servers: list[ToxiproxyServer] = []

        async def links_first(inventory: Inventory) -> None:
            """A node that looks for side A or the primary AWDB before its proxy is there goes to the other one."""
            server = ToxiproxyServer(host=inventory.publisher.dial, port=PROXY_PORT)
            stack.push_async_callback(server.stop)
            try:
                await server.start()
                client = Toxiproxy(server.api_url)
                for name, link in inventory.links.items():
                    if link.listen and link.upstream:
                        await client.create(name, link.listen, link.upstream)
            except (ChaosError, OSError) as error:
                raise MockNotStarted(_no_room(error, wanted.block)) from error
            servers.append(server)

        launched = await launch(
            loaded,
            defects=wanted.defects,
            folder=folder,
            block=wanted.block,
            tomcat_start_s=wanted.tomcat_start_s,
            fast=wanted.fast,
            before=links_first,
        )
        await _serving(launched, servers[0], folder, wanted)


def _no_room(error: Exception, block: str) -> str:
    """Why its proxies cannot listen, with the address, and where there may be room. Pure."""
    why = error.listening if isinstance(error, AddressError) else str(error)
    return (
        f"the mock could not be started: its proxies cannot listen: {why}; is another one running there? Then give "
        f"this one addresses of its own: --block {next_block(block)}"
    )


def next_block(block: str) -> str:
    """The block of loopback addresses after that one, and after the last the first: "127.0.11" after "127.0.10"."""
    _, second, third = map(int, block.split("."))
    after = (second * 256 + third + 1) % 65536
    return f"127.{after // 256}.{after % 256}"


async def _serving(launched: Launched, proxies: ToxiproxyServer, folder: Path, wanted: Wanted) -> None:
    from chaos.mock.control.control import Control
    from chaos.mock.control.server import ControlServer

    control = ControlServer(Control(launched.deployment, ProxiedLinks(proxies)), has_page=wanted.has_page)
    try:
        await control.start(launched.inventory.publisher.dial, CONTROL_PORT)
        await _in_service(launched)
        # Beside the loop: 2,000 agents are 2,000 files, and seconds in which nobody's heartbeat would be answered.
        path = await asyncio.to_thread(_written, launched.inventory, proxies.api_url, folder, control.url)
        _settle()
        told = asyncio.ensure_future(until_told_to_stop(wanted.for_s))
        try:
            await asyncio.sleep(0)  # whoever is told how to stop it is heard at once
            page = control.url if wanted.has_page else None
            await asyncio.to_thread(_say, launched, proxies.api_url, path, page, how_it_ends(wanted.for_s))
            await told
        finally:
            told.cancel()
    finally:
        await control.stop()
        await launched.stop()


async def _in_service(launched: Launched) -> None:
    """Who is told that the mock is up finds it in service, unless a defect or a proxy keeps it from that."""
    nodes = launched.deployment.nodes.values()
    with contextlib.suppress(TimeoutError):
        await asyncio.gather(*(node.until_in_service(IN_SERVICE_S) for node in nodes))


def _settle() -> None:
    """What is there by now stays: the collector need not look through it again each time that it looks through all.

    It takes a fifth of a second with 2,000 agents, in which no heartbeat is answered.
    """
    gc.collect()
    gc.freeze()


class ProxiedLinks:
    """The links of a mock, as its control sees them: proxies in the server beside it."""

    def __init__(self, server: ToxiproxyServer) -> None:
        self._registry = server.registry

    def shown(self) -> Iterator["LinkState"]:
        from chaos.mock.control.view import LinkState

        for name, proxy in sorted(self._registry.proxies.items()):
            state = "whole" if proxy.enabled else "cut"
            yield LinkState(name, proxy.listen, proxy.upstream, state, tuple(one.name for one in proxy.entries()))

    async def cut(self, name: str) -> None:
        await self._set(name, enabled=False)

    async def mend(self, name: str) -> None:
        await self._set(name, enabled=True)

    async def _set(self, name: str, *, enabled: bool) -> None:
        if name not in self._registry.proxies:
            raise KeyError(name)
        try:
            await self._registry.update(name, json.dumps({"enabled": enabled}).encode())
        except ApiError as error:
            raise UsageError(error.text) from error


def _written(inventory: Inventory, api_url: str, folder: Path, control_url: str) -> Path:
    """The file of the running mock's inventory as a live lab's. Raises UsageError."""
    path = folder / "inventory.yaml"
    try:
        path.write_text(dump(as_live(inventory, api_url, folder, control_url)), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}; give another --folder") from error
    return path


def as_live(inventory: Inventory, api_url: str, folder: Path, control_url: str | None = None) -> Inventory:
    """The running mock as the inventory of a live lab; every password goes into a file of its own, readable by us.

    control_url: of the mock's control, with its token; None: the lab has no commands.
    """

    def kept(name: str, secret: str) -> Secret:
        path = folder / "secrets" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(secret + "\n", encoding="utf-8")
        path.chmod(0o600)
        return Secret(file=path)

    values: dict[str, object] = {
        "deployment": "live",
        "mock": None,
        "disposable": True,
        "max_foreign_agents": 0,
        "proxies": {link.proxy: {"api": api_url} for link in inventory.links.values()},
        "admin.password": kept("admin", inventory.admin.password.reveal({})),
        "agents": tuple(
            agent.model_copy(update={"password": kept(f"agent-{agent.id}", agent.password.reveal({}))}).model_dump()
            for agent in inventory.agents
        ),
    }
    if inventory.sso is not None:
        values["sso.agents"] = tuple(
            {
                "id": agent.id,
                "login": agent.login,
                "extension": agent.extension,
                "team": agent.team,
                "password": kept(f"agent-{agent.id}", agent.password.reveal({})),
            }
            for agent in inventory.sso.agents
        )
    if inventory.awdb is not None and inventory.awdb.account is not None:
        values["awdb.account.password"] = kept("awdb", inventory.awdb.account.password.reveal({}))
    if inventory.phones is not None:
        values["phones.account.password"] = kept("phones", inventory.phones.account.password.reveal({}))
    if control_url is not None:
        where = kept("control", control_url)
        values["commands"] = {name: _command(name, where) for name in MOCK_ORDERS}
    for (key, *more), host in inventory.hosts():
        if host.ssh is not None and host.ssh.password is not None:
            values[".".join((key, *more, "ssh", "password"))] = kept(f"ssh-{host.host}", host.ssh.password.reveal({}))
    return resolved(inventory, values)


def _command(service: str, where: Secret) -> dict[str, object]:
    """What stops a service that no console lists. The address has the control's token: it is a secret.

    A service on its way is not there yet, whichever way it goes.
    """
    program = [sys.executable, "-m", "chaos", "mock", "service", service]
    return {
        "stop": [*program, "stop"],
        "start": [*program, "start"],
        "state": program,
        "stopped": "Stopped|Starting",
        "started": "Started|Stopping",
        "env": {CONTROL_VARIABLE: where},
    }


def doors_of(node: "FinesseNode") -> tuple[str, ...]:
    """The further ways to a node's notification service."""
    notification = node.notification
    doors = [f"REST {port}, too" for port in node.tomcat.further_ports]
    doors += [
        f"XMPP with STARTTLS {notification.starttls_port}",
        f"BOSH {notification.web.port} and {node.tomcat.port}, /http-bind/",
        f"WebSocket {notification.web.port} and {node.tomcat.port}, /ws/",
    ]
    if node.webapp.options.insecure_xmpp:
        doors.append(f"BOSH and WebSocket in the clear {notification.web.clear_port}")
    return tuple(doors)


def _console_row(table: Table, host: Host) -> None:
    if host.ssh is not None:
        table.add_row("", host.dial, f"SSH {host.ssh.port}, user {host.ssh.user}")


def how_it_ends(for_s: float | None) -> str:
    """The last words of who is up. Pure."""
    return "Ctrl-C stops it" if for_s is None else f"it stops by itself after {for_s:g} s; Ctrl-C stops it before"


def _say(launched: Launched, api_url: str, path: Path, page: str | None, end: str) -> None:
    console = result_console()
    inventory = launched.inventory
    table = Table("host", "address", "what", title="the mock is up")
    for node in inventory.finesse_nodes():
        table.add_row(node.host, node.dial, f"REST {node.https_port}, XMPP over TLS {node.xmpp_port}")
        for what in doors_of(launched.deployment.nodes[node.host]):
            table.add_row("", node.dial, what)
        _console_row(table, node)
    for server in inventory.cti_servers():
        table.add_row(server.host, server.dial, f"CTI (GED-188) {server.port}")
        _console_row(table, server)
    for host in inventory.aw_hosts():
        table.add_row(host.host, host.dial, f"AWDB {host.port}")
        _console_row(table, host)
    for name, link in inventory.links.items():
        table.add_row(f"link {name}", str(link.listen), f"proxy to {link.upstream}")
    table.add_row("proxies", "", api_url)
    if inventory.browsers is not None:
        table.add_row("browsers", "", inventory.browsers.devtools)
        table.add_row("browsers, by WebSocket", "", inventory.browsers.websocket or "")
    console.print(table)
    console.print(f"CA certificate: {escape(str(inventory.tls.ca))}", soft_wrap=True)
    agents = ", ".join(f"{agent.id} at {agent.extension}" for agent in inventory.agents)
    console.print(f"agents: {agents}; their passwords: {escape(str(path.parent / 'secrets'))}", soft_wrap=True)
    console.print(f"its inventory, as of a live lab: {escape(str(path))}", soft_wrap=True)
    console.print(f"use it with: finesse-chaos run -i {escape(str(path))}", soft_wrap=True)
    if page is not None:
        console.print(f"see and steer it in a browser: {escape(page)}", soft_wrap=True)
    console.print(end)
