"""A VOS admin CLI as a Finesse node has it: list, start, stop and restart services, with the quirks behind switches.

Theory of operation: start and stop are carried out by the deployment; while one is under way the CLI prints
a status line at each look. An action goes on when the operator hangs up: the node's service manager carries it out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.mock.consoles.control import Account, ServerKey, ServiceControl, VisitorLog
from chaos.mock.consoles.terminal import LINE, Terminal
from chaos.wire.console import doors, vos
from chaos.wire.console.service import ServiceLine, ServiceState

if TYPE_CHECKING:
    from chaos.mock.consoles.host import Process, SshHost

PLATFORM = tuple(
    ServiceLine(name, ServiceState.STARTED)
    for name in (
        "System SSH",
        "Name Service Cache",
        "Entropy Monitoring Daemon",
        "Cisco SCSI Watchdog",
        "Service Manager",
    )
)
_HARDWARE = (
    "VMware Installation:",
    "\t2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz",
    "\tDisk 1: 146GB, Partitions aligned",
    "\t8192 Mbytes RAM",
)
# What an OpenSSH 5.3, as in old releases, shares with nobody's defaults today.
_OLD_CIPHERS = ("aes128-cbc", "aes256-cbc", "3des-cbc")
_OLD_MACS = ("hmac-sha1",)
_OLD_KEX = ("diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1")
ACCESS_LOG = "webproxy/access.log"
_BOLD, _PLAIN, _ERASE = "\x1b[1m", "\x1b[0m", "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class VosVariants:
    """In what releases and nodes differ, and how long things take.

    banner_s: from login to the welcome text. list_s: how long the service manager thinks about a listing.
    status_every_s: interval of an action's status lines. columns: the terminal's width whatever the client asked for.
    pager: listings page unless `set cli pagination off` was said, as long outputs do anyhow. confirm: actions ask
    first, in that form. version: as `show version` has it.
    session_limit: concurrent shells; the next one is told so and let go. aligned: brackets in one column.
    old_ciphers: only CBC ciphers and SHA-1 digests are offered; old_kex: only SHA-1 key exchange.
    bad_name: what the CLI says to an unknown service name (no source prints the real text).
    """

    banner_s: float = 8.0
    list_s: float = 1.0
    status_every_s: float = 2.0
    prompt_after_newline: bool = False
    interactive_only: bool = False
    pager: bool = False
    page_lines: int = 20
    escapes: bool = False
    columns: int | None = None
    confirm: vos.Confirmation | None = None
    version: str = "12.6.2.10000-1"
    aligned: bool = False
    session_limit: int = 10
    primary: bool = True
    old_ciphers: bool = False
    old_kex: bool = False
    bad_name: str = "Invalid service name"


class MockVos:
    """The SSH console of one Finesse node. `start`, `stop`; both ends of every session are closed by `stop`."""

    def __init__(
        self,
        host_key: ServerKey,
        accounts: Sequence[Account],
        services: ServiceControl,
        variants: VosVariants | None = None,
        visitors: VisitorLog | None = None,
    ) -> None:
        self._key = host_key
        self._accounts = tuple(accounts)
        self.services = services
        self.variants = variants or VosVariants()
        self.visitors = visitors
        self.shells = 0
        self._host: SshHost | None = None
        self._actions: set[asyncio.Task[None]] = set()

    async def start(self, address: str, port: int) -> int:
        """Listen; port 0 picks one. Returns the port. Raises OSError: it is taken."""
        from chaos.mock.consoles.host import SshHost

        self._host = SshHost(
            self._key,
            self._accounts,
            self._session,
            interactive_only=self.variants.interactive_only,
            version="OpenSSH_8.0",
            algorithms=_algorithms(self.variants),
        )
        return await self._host.start(address, port)

    async def stop(self) -> None:
        """Close everything; an action under way is given up."""
        host, self._host = self._host, None
        if host is not None:
            await host.stop()
        for action in self._actions:
            action.cancel()
        await asyncio.gather(*self._actions, return_exceptions=True)
        self._actions.clear()

    def act(self, work: Awaitable[None]) -> "asyncio.Task[None]":
        """Carry out an action on the node's account, not on the session's."""

        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name="VOS service action")
        self._actions.add(task)
        return task

    def forget(self, action: "asyncio.Task[None]") -> None:
        """An action's end was seen by the session that asked for it."""
        self._actions.discard(action)

    async def _session(self, process: "Process") -> None:
        if process.command is not None:  # an exec request gets one line, then nothing; only a shell works
            process.stdout.write(f"{vos.STARTING_UP}\r\n".encode())
            while await process.stdin.read(65536):
                pass
            return
        if self.shells >= self.variants.session_limit:
            process.stdout.write(b"The maximum number of CLI sessions has been reached.\r\n")
            process.exit(1)
            return
        self.shells += 1
        try:
            await _Cli(self, process).run()
        finally:
            self.shells -= 1


class _Cli:
    """One shell."""

    def __init__(self, node: MockVos, process: "Process") -> None:
        self._node = node
        self._variants = node.variants
        self._process = process
        self._paging = node.variants.pager
        self._pagination = True
        self._terminal = Terminal(process, columns=node.variants.columns or process.get_terminal_size()[0] or 80)

    async def run(self) -> None:
        self._terminal.say(vos.STARTING_UP)
        await asyncio.sleep(self._variants.banner_s)
        self._terminal.say("", vos.WELCOME, "", *_HARDWARE, "")
        if self._variants.prompt_after_newline:
            while await self._terminal.key() not in "\r\n":
                pass
        while (line := await self._read_line()) is not None:
            if line in ("exit", "quit"):
                break
            await self._carry_out(line)
        self._process.exit(0)

    async def _read_line(self) -> str | None:
        """Prompt, and read one line with its echo; None at Ctrl-D on an empty line."""
        self._terminal.write(f"\r\x1b[K{vos.PROMPT}" if self._variants.escapes else vos.PROMPT)
        return await self._terminal.read_line(vos.PROMPT)

    async def _carry_out(self, line: str) -> None:
        words = line.split()
        if not words:
            return
        if words[:3] == ["utils", "service", "list"] and words[3:] in ([], ["page"]):
            await self._list(paged=self._paging or words[3:] == ["page"])
        elif words[:2] == ["utils", "service"] and len(words) > 3 and words[2] in ("start", "stop", "restart"):
            await self._act(vos.Action(words[2]), " ".join(words[3:]))
        elif words[:3] == ["set", "cli", "pagination"] and words[3:] in (["on"], ["off"]):
            self._paging = self._pagination = words[3] == "on"
        elif words[:2] == ["show", "version"] and words[2:] in ([], ["active"], ["inactive"]):
            self._terminal.say(*vos.format_version(self._variants.version, active=words[2:] != ["inactive"]))
        elif words[:3] == ["file", "search", "activelog"] and len(words) == 5:
            self._search(words[3], words[4])
        elif words == doors.CONNECTIONS_COMMAND.split() and self._node.visitors is not None:
            lines = self._node.visitors.table()
            await (self._page(lines) if self._paging else self._show(lines))
        elif words == ["show", "tech", "dbstateinfo"]:
            lines = vos.format_database_state()
            await (self._page(lines) if self._pagination else self._show(lines))
        else:
            self._terminal.say(vos.INVALID)
        self._terminal.say("")

    async def _list(self, *, paged: bool) -> None:
        listing = vos.format_service_list(self._node.services.list(), platform=PLATFORM, primary=self._variants.primary)
        if self._variants.aligned:
            listing = [_aligned(line) for line in listing]
        self._terminal.say(listing[0])
        await asyncio.sleep(self._variants.list_s)
        await (self._page(listing[1:]) if paged else self._show(listing[1:]))

    def _search(self, path: str, pattern: str) -> None:
        visitors = self._node.visitors
        found = visitors.search(path, pattern) if visitors is not None and path == ACCESS_LOG else None
        self._terminal.say(
            *(found if found is not None else ("The file is not found, or that is no pattern", vos.FAILED))
        )

    async def _show(self, lines: Sequence[str]) -> None:
        self._terminal.say(*lines)

    async def _page(self, lines: Sequence[str]) -> None:
        room = self._variants.page_lines
        for line in lines:
            if not room:
                self._terminal.write(f"{_BOLD}{vos.PAGER_LINES}{_PLAIN}")
                while (key := await self._terminal.key()) not in " \r\nq":
                    pass
                self._terminal.write(_ERASE)
                if key == "q":
                    return
                room = self._variants.page_lines if key == " " else 1
            self._terminal.say(line)
            room -= 1

    async def _act(self, action: vos.Action, name: str) -> None:
        control = self._node.services
        if name not in [line.name for line in control.list()]:
            self._terminal.say(f"{self._variants.bad_name}: {name}", vos.FAILED)
            return
        if self._variants.confirm is not None and not await self._confirmed(self._variants.confirm):
            return
        if action is vos.Action.RESTART:
            self._terminal.say(vos.RESTART_WARNING)
        self._terminal.say(vos.MANAGER_RUNNING)
        steps: dict[vos.Action, tuple[Callable[[str], Awaitable[None]], ...]] = {
            vos.Action.START: (control.start,),
            vos.Action.STOP: (control.stop,),
            vos.Action.RESTART: (control.stop, control.start),
        }

        async def work() -> None:
            for step in steps[action]:
                await step(name)

        await self._follow(name, action, self._node.act(work()))

    async def _confirmed(self, form: vos.Confirmation) -> bool:
        """Ask in that form; only the whole word of the same letter case is a yes."""
        self._terminal.write(vos.QUESTIONS[form])
        answer = ""
        while (key := await self._terminal.key()) not in "\r\n":
            answer = (answer + key)[:LINE]
            self._terminal.echo(key)
            if form is vos.Confirmation.ENTER:  # any other key is a no
                break
        self._terminal.say("")
        return answer == form.value[0].strip()

    async def _follow(self, name: str, action: vos.Action, work: "asyncio.Task[None]") -> None:
        """A status line at each look until the action is over; then, as the real one, what became of it.

        Each state on the way is shown at least once, however fast the service was: the real service manager looks
        before it waits, and nothing stops within one look there.
        """
        ahead = list(vos.ON_THE_WAY[action])
        while True:
            done, _ = await asyncio.wait({work}, timeout=self._variants.status_every_s)
            if done:
                break
            state = self._state(name)
            while ahead and state is not ahead[0] and state in ahead:
                self._terminal.say(vos.format_status(name, ahead.pop(0)))
            self._terminal.say(vos.format_status(name, state))
            if ahead and state is ahead[0]:
                ahead.pop(0)
        self._node.forget(work)
        try:
            await work
        except (OSError, ChaosError) as error:
            self._terminal.say(f"{name}: {error}", vos.FAILED)
            return
        self._terminal.say(*(vos.format_status(name, state) for state in ahead))
        self._terminal.say(vos.format_status(name, self._state(name)))
        if action.target is ServiceState.STARTED:
            await asyncio.sleep(self._variants.status_every_s)
            self._terminal.say(vos.format_status(name, self._state(name)))

    def _state(self, name: str) -> ServiceState:
        return next((line.state for line in self._node.services.list() if line.name == name), ServiceState.UNKNOWN)


def _algorithms(variants: VosVariants) -> dict[str, Sequence[str]]:
    ciphers = {"encryption_algs": _OLD_CIPHERS, "mac_algs": _OLD_MACS} if variants.old_ciphers else {}
    return {**ciphers, "kex_algs": _OLD_KEX} if variants.old_kex else {**ciphers}


def _aligned(line: str) -> str:
    name, bracket, rest = line.rpartition("[")
    return f"{name.rstrip():<45}{bracket}{rest}" if bracket else line
