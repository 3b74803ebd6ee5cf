"""Windows services and processes over OpenSSH as `sc.exe`, `taskkill` and `tasklist` show them.

An exec request gets the answer and the exit code; a shell is `cmd.exe`, which knows no other programs than these.
"""

import asyncio
import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.mock.consoles.control import Account, DependencyControl, ProcessControl, ServerKey, ServiceControl
from chaos.mock.consoles.terminal import Terminal
from chaos.wire.console.service import ServiceLine, ServiceState
from chaos.wire.console.windows import (
    KillOutcome,
    ScError,
    ScService,
    format_block,
    format_dependents,
    format_error,
    format_kill,
    format_listing,
    format_tasks,
)

if TYPE_CHECKING:
    from chaos.mock.consoles.host import Process, SshHost

_COMMAND = re.compile(r"sc(?:\.exe)?\s+(?P<verb>query|start|stop|enumdepend)\b\s*(?P<rest>.*)", re.IGNORECASE)
_TASKS = re.compile(r'tasklist(?:\.exe)? +/FI +"IMAGENAME eq (?P<image>[^"]+)" +/FO +CSV +/NH', re.IGNORECASE)
_KILL = re.compile(r'taskkill(?:\.exe)? +/F +/IM +"(?P<image>[^"]+)"', re.IGNORECASE)
_WITHIN = re.compile(r"cmd(?:\.exe)?\s+/c\s+(?P<command>.*)", re.IGNORECASE)
_EXIT = re.compile(r"exit(?:\s+(?:/b\s+)?(?P<status>\d{1,9}))?", re.IGNORECASE)
_VERSION = "Microsoft Windows [Version 10.0.17763.5329]"
_WELCOME = (_VERSION, "(c) 2018 Microsoft Corporation. All rights reserved.", "")
_PID = 4712
_PENDING = (ServiceState.STARTING, ServiceState.STOPPING)


@dataclass(frozen=True, slots=True)
class WindowsVariants:
    """How hosts differ. elevated: whether the accounts may control services. reply_s: how long each answer takes.

    posix_status: a shell in between cuts exit codes to eight bits. page_services: listings stop after so many with
    "more data", as a small buffer makes them. localised: labels and words as another language has them. encoding: of
    what is printed, UTF-16 where some shells are in between.
    """

    elevated: bool = True
    reply_s: float = 0.2
    posix_status: bool = False
    page_services: int | None = None
    interactive_only: bool = False
    localised: bool = False
    encoding: str = "utf-8"


class MockWindows:
    """The SSH console of one Windows host."""

    def __init__(
        self,
        host_key: ServerKey,
        accounts: Sequence[Account],
        services: ServiceControl,
        variants: WindowsVariants | None = None,
    ) -> None:
        self._key = host_key
        self._accounts = tuple(accounts)
        self.services = services
        self.variants = variants or WindowsVariants()
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
            version="OpenSSH_for_Windows_9.5",
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

    async def _session(self, process: "Process") -> None:
        terminal = Terminal(process, encoding=self.variants.encoding)
        if process.command is None:
            status = await self._shell(terminal, str(process.get_extra_info("username")))
        else:
            status = await self._carry_out(process.command, terminal)
        process.exit(status % 256 if self.variants.posix_status else status)

    async def _shell(self, terminal: Terminal, user: str) -> int:
        """`cmd.exe`, until `exit` or the end of what is typed: its exit code."""
        prompt = f"C:\\Users\\{user}>"
        terminal.say(*_WELCOME)
        status = 0
        while True:
            terminal.write(prompt)
            try:
                line = await terminal.read_line(prompt)
            except ConnectionError:
                return status
            if line is not None and (leaving := _EXIT.fullmatch(line)):
                return int(leaving["status"] or status)
            if line:
                status = await self._carry_out(line, terminal)
                terminal.say("")

    async def _carry_out(self, command: str, terminal: Terminal) -> int:
        """Print the command's answer; its exit code."""
        await asyncio.sleep(self.variants.reply_s)
        lines, status = await self._answer(command)
        text = "".join(f"{line}\r\n" for line in lines)
        terminal.write(_in_german(text) if self.variants.localised else text)
        return status

    async def _answer(self, command: str) -> tuple[list[str], int]:
        """What the command prints, and its exit code."""
        if within := _WITHIN.fullmatch(command.strip()):
            command = within["command"].strip()
            if command[:1] == command[-1:] == '"':  # cmd takes the outer quotes off
                command = command[1:-1]
        if command.strip().lower() == "ver":
            return ["", _VERSION], 0
        if killing := _KILL.fullmatch(command.strip()):
            return await self._kill(killing["image"])
        if asking := _TASKS.fullmatch(command.strip()):
            runs = isinstance(self.services, ProcessControl) and self.services.runs(asking["image"])
            return format_tasks(asking["image"], [_PID] if runs else []), 0
        found = _COMMAND.fullmatch(command.strip())
        if found is None:
            program = command.split(" ", 1)[0]
            said = f"'{program}' is not recognized as an internal or external command,"
            return [said, "operable program or batch file."], 1
        verb, rest = found["verb"].lower(), found["rest"].strip()
        if verb == "query" and not rest.startswith('"'):
            return self._listing(rest), 0
        name = rest.partition('" ')[0].strip('"')
        line = next((line for line in self.services.list() if line.name.casefold() == name.casefold()), None)
        if line is None:
            call = "EnumQueryServicesStatus:OpenService" if verb == "query" else "OpenService"
            return format_error(call, ScError.NO_SUCH_SERVICE), ScError.NO_SUCH_SERVICE
        if verb == "query":
            return format_block(_block(line)), 0
        if verb == "enumdepend":
            return format_dependents(
                [ScService(one.name, one.name, one.state) for one in self._dependents(line.name)]
            ), 0
        return await self._control(verb, line)

    def _listing(self, options: str) -> list[str]:
        services = [ScService(line.name, line.name, line.state) for line in self.services.list()]
        resume = re.search(r"\bri= *(\d+)", options)
        first = int(resume[1]) if resume else 0
        last = first + (self.variants.page_services or len(services))
        more = [f"Enum: more data, need 2048 bytes start resume at index {last}"] if last < len(services) else []
        return [*format_listing(services[first:last]), *more]

    async def _control(self, verb: str, line: ServiceLine) -> tuple[list[str], int]:
        error = self._refusal(verb, line)
        if error is not None:
            call = "OpenService" if error == ScError.ACCESS_DENIED else "ControlService"
            return format_error("StartService" if verb == "start" else call, error), error
        self._act(self.services.start(line.name) if verb == "start" else self.services.stop(line.name))
        pending = ServiceState.STARTING if verb == "start" else ServiceState.STOPPING
        return format_block(_block(line, pending), pid=_PID if verb == "start" else None), 0

    async def _kill(self, image: str) -> tuple[list[str], int]:
        outcome = KillOutcome.REFUSED
        if self.variants.elevated:
            killed = isinstance(self.services, ProcessControl) and await self.services.kill(image)
            outcome = KillOutcome.TERMINATED if killed else KillOutcome.NOT_FOUND
        return format_kill(image, outcome, _PID), outcome.value

    def _dependents(self, name: str) -> list[ServiceLine]:
        names = self.services.dependents(name) if isinstance(self.services, DependencyControl) else ()
        lines = {line.name: line for line in self.services.list()}
        return [lines[one] for one in names if one in lines]

    def _refusal(self, verb: str, line: ServiceLine) -> ScError | None:
        state = line.state
        if not self.variants.elevated:
            return ScError.ACCESS_DENIED
        if verb == "start":
            return None if state is ServiceState.STOPPED else ScError.ALREADY_RUNNING
        if state in _PENDING:
            return ScError.CANNOT_ACCEPT_CONTROL
        if state is ServiceState.STARTED and any(
            one.state is not ServiceState.STOPPED for one in self._dependents(line.name)
        ):
            return ScError.DEPENDENTS_RUNNING
        return ScError.NOT_STARTED if state is ServiceState.STOPPED else None

    def _act(self, work: Awaitable[None]) -> None:
        """Carry out in the background, as the service control manager does; a failure shows in the state alone."""

        async def run() -> None:
            try:
                await work
            except (OSError, ChaosError):
                return

        task = asyncio.create_task(run(), name="Windows service action")
        self._actions.add(task)
        task.add_done_callback(self._actions.discard)


def _block(line: ServiceLine, state: ServiceState | None = None) -> ScService:
    return ScService(line.name, "", state or line.state)


def _in_german(text: str) -> str:
    words = (
        ("FAILED", "FEHLER"),
        ("SUCCESS: The process", "ERFOLGREICH: Der Prozess"),
        ("ERROR: The process", "FEHLER: Der Prozess"),
        ("with PID", "mit PID"),
        ("has been terminated", "wurde beendet"),
        ("could not be terminated", "konnte nicht beendet werden"),
        ("not found", "wurde nicht gefunden"),
        ("Reason:", "Ursache:"),
        ("DISPLAY_NAME", "ANZEIGENAME"),
        ("SERVICE_NAME", "DIENSTNAME"),
        ("        TYPE ", "        TYP  "),
        ("        STATE ", "        STATUS"),
        ("RUNNING", "WIRD AUSGEFÜHRT"),
        ("STOPPED", "BEENDET"),
        ("Access is denied.", "Zugriff verweigert"),
    )
    for english, german in words:
        text = text.replace(english, german)
    return text
