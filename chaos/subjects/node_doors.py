"""A node's own records of who came to its doors, read at its console: its access log, and its table of connections.

An absence there counts only between two requests of ours that the log has: `mark` makes one. The log's clock is the
node's, and is told against ours by the same marks.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from chaos.clients.console import VosConsole
from chaos.clients.console.errors import ActionRefused, ConsoleError
from chaos.clients.rest import FinesseRest
from chaos.inventory import FinesseNode
from chaos.journal import ITSELF, DoorAsked, DoorHeld, DoorMarked, DoorsRead, Journal
from chaos.wire.console import doors as wire
from chaos.wire.console.service import TranscriptError

LOG, CONNECTIONS = "log", "connections"
LOCAL = "127.0.0.1"
MARK = "finesse-chaos-door"
# In the clear, and with TLS: Tomcat's and the notification service's (port utilization guides).
XMPP_PORTS = (5222, 5223, 7071, 7443)
PORTS = (80, 443, 8082, 8445, *XMPP_PORTS)

_MARKED = re.compile(rf"{MARK}-[\w-]+")
_DEVICE = re.compile(r"/fippa/([^/?]+)")


class NodeDoors:
    """Of one node. rest: asks it in nobody's name. log: of its web proxy, below `activelog`. nodes: all of the lab."""

    def __init__(
        self,
        node: FinesseNode,
        nodes: Sequence[FinesseNode],
        console: VosConsole,
        rest: FinesseRest,
        log: str,
        journal_of: Callable[[], Journal | None],
    ) -> None:
        self.node, self._nodes = node, nodes
        self._console, self._rest, self._log = console, rest, log
        self._journal_of = journal_of
        self._names: Mapping[str, str] | None = None
        self._marks: list[str] = []
        self._told = 0

    async def mark(self, name: str) -> None:
        """Ask the node for something on purpose. name: of this mark, which no other one of this lab has had."""
        mark = f"{MARK}-{name}"
        journal = self._journal_of()
        sent_s = journal.now_s() if journal is not None else 0.0
        answer = await self._rest.get("SystemInfo", f"SystemInfo?by={mark}")
        self._marks.append(mark)
        if journal is not None:
            journal.observe(DoorMarked(node=self.node.host, mark=mark, sent_s=sent_s, ok=answer.status is not None))

    async def read_log(self) -> None:
        """Note what its log has since the first mark, as far as it was not noted before. What fails is noted, too."""
        names = await self._known()
        theirs = "|".join(f"^{re.escape(address)}\\b" for address in names)
        text, failure = await self._said(lambda: wire.search_command(self._log, f"{MARK}|/fippa/|{theirs}"))
        journal = self._journal_of()
        if journal is None:
            return
        lines = wire.read_log(text)
        begins = [n for n, line in enumerate(lines) if self._marks and self._marks[0] in line.path]
        since = lines[begins[-1] :] if begins else ()
        new, self._told = since[self._told :], max(self._told, len(since))
        for line in new:
            journal.observe(self._asked(line, names.get(line.came_from, "")))
        journal.observe(DoorsRead(node=self.node.host, what=LOG, failure=failure, noted=len(new)))

    async def read_connections(self) -> None:
        """Note which connections of other nodes its table has: to its own doors, and of its own to theirs."""
        names = await self._known()
        text, failure = await self._said(lambda: wire.CONNECTIONS_COMMAND)
        journal = self._journal_of()
        if journal is None:
            return
        table = wire.read_connections(text)
        held = [made for one in table if (made := self._held(one, names.get(one.far[0], ""))) is not None]
        for made in held:
            journal.observe(made)
        others = sum(one.near[1] in XMPP_PORTS and one.far[0] not in names for one in table)
        journal.observe(
            DoorsRead(node=self.node.host, what=CONNECTIONS, failure=failure, noted=len(held), others=others)
        )

    def _held(self, one: wire.Connection, far: str) -> DoorHeld | None:
        """None: it is none of another node's, or to no door. far: the name of the node at its other end."""
        if far in ("", ITSELF):
            return None
        here, there = one.near[1], one.far[1]
        if here not in PORTS and there not in PORTS:
            return None
        is_ours = here in PORTS
        return DoorHeld(
            node=self.node.host if is_ours else far,
            far=far if is_ours else self.node.host,
            port=here if is_ours else there,
            far_port=there if is_ours else here,
            state=one.state,
            table=self.node.host,
        )

    def _asked(self, line: wire.LogLine, came_from: str) -> DoorAsked:
        device = _DEVICE.search(line.path)
        mark = _MARKED.search(line.path)
        path = line.path.partition("?")[0]
        if device is not None:
            path = path.replace(device[1], quote("{device}", safe="{}"), 1)
        return DoorAsked(
            node=self.node.host,
            came_from=came_from,
            asked=f"{line.method} {path}",
            status=line.status,
            said_s=line.said_s,
            device=device[1] if device is not None else None,
            mark=mark[0] if mark is not None else None,
        )

    async def _said(self, command: Callable[[], str]) -> tuple[str, str | None]:
        """What the console says, and why it does not."""
        try:
            return await self._console.said(command()), None
        except (ActionRefused, ConsoleError, TranscriptError) as error:
            return "", str(error)

    async def _known(self) -> Mapping[str, str]:
        """The nodes of this lab by their addresses, this one as ITSELF."""
        if self._names is None:
            names = {LOCAL: ITSELF}
            for node in self._nodes:
                name = ITSELF if node.host == self.node.host else node.host
                names |= dict.fromkeys(await _addresses(node), name)
            self._names = names
        return self._names


async def _addresses(node: FinesseNode) -> Sequence[str]:
    """As the inventory has it, else as its name is resolved here; none if it is not."""
    if node.address is not None:
        return (node.address,)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(node.host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(dict.fromkeys(wire.plain(str(at[4][0])) for at in found))
