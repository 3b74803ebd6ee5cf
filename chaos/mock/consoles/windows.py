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
    format_tasks,
)

if TYPE_CHECKING:
    from chaos.mock.consoles.host import Process, SshHost

_PROGRAM = re.compile(r'"?(?P<program>sc|tasklist|taskkill|ver)(?:\.exe)?"?(?:\s+(?P<rest>.*))?', re.IGNORECASE)
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_FILTER = re.compile(r"(?P<what>IMAGENAME|PID) +eq +(?P<value>.+)", re.IGNORECASE)
_VERBS = ("query", "queryex", "start", "stop", "enumdepend")
_WITHIN = re.compile(r"cmd(?:\.exe)?\s+/c\s+(?P<command>.*)", re.IGNORECASE)
_EXIT = re.compile(r"exit(?:\s+(?:/b\s+)?(?P<status>\d{1,9}))?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,10}")  # of a process, which has 32 bits; Python reads no more than 4,300 digits
_VERSION = "Microsoft Windows [Version 10.0.17763.5329]"
_WELCOME = (_VERSION, "(c) 2018 Microsoft Corporation. All rights reserved.", "")
_PID = 4712  # of the first program; a service's own process has another number
# ERROR_INVALID_COMMAND_LINE, with which sc.exe leaves after its usage.
_WRONG_USAGE = 1639
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
        found = _PROGRAM.fullmatch(command.strip())
        if found is None:
            program = command.strip().split(" ", 1)[0]
            said = f"'{program}' is not recognized as an internal or external command,"
            return [said, "operable program or batch file."], 1
        words = [quoted or plain for quoted, plain in _WORD.findall(found["rest"] or "")]
        match found["program"].lower():
            case "ver":
                return ["", _VERSION], 0
            case "taskkill":
                return await self._taskkill(words)
            case "tasklist":
                return self._tasklist(words)
        return await self._sc(words)

    async def _sc(self, words: list[str]) -> tuple[list[str], int]:
        verb, rest = words[0].lower() if words else "", words[1:]
        if verb not in _VERBS:
            return ["", "ERROR:  Unrecognized command", ""], _WRONG_USAGE
        looking = verb in ("query", "queryex")
        if looking and (not rest or re.match(r"\w+=", rest[0])):
            return self._listing(" ".join(rest).lower(), numbered=verb == "queryex"), 0
        if not rest:
            return ["", "DESCRIPTION:", f"        sc {verb} needs the name of a service.", ""], _WRONG_USAGE
        line = next((line for line in self.services.list() if line.name.casefold() == rest[0].casefold()), None)
        if line is None:
            call = "EnumQueryServicesStatus:OpenService" if looking else "OpenService"
            return format_error(call, ScError.NO_SUCH_SERVICE), ScError.NO_SUCH_SERVICE
        if looking:
            return format_block(_block(line), pid=self._pid(line) if verb == "queryex" else None), 0
        if verb == "enumdepend":
            return format_dependents(
                [ScService(one.name, one.name, one.state) for one in self._dependents(line.name)]
            ), 0
        return await self._control(verb, line)

    def _listing(self, options: str, *, numbered: bool) -> list[str]:
        """options: `state= all|inactive`, else services that run are listed; `ri= N` goes on at that index."""
        asked = re.search(r"\bstate= *(\w+)", options)
        stopped = {"all": (True, False), "inactive": (True,)}.get(asked[1] if asked else "", (False,))
        lines = [line for line in self.services.list() if (line.state is ServiceState.STOPPED) in stopped]
        resume = re.search(r"\bri= *(\d{1,9})\b", options)
        first = int(resume[1]) if resume else 0
        last = first + (self.variants.page_services or len(lines))
        more = [f"Enum: more data, need 2048 bytes start resume at index {last}"] if last < len(lines) else []
        blocks = [
            format_block(ScService(line.name, line.name, line.state), pid=self._pid(line) if numbered else None)
            for line in lines[first:last]
        ]
        return [*(text for block in blocks for text in block), *more]

    async def _control(self, verb: str, line: ServiceLine) -> tuple[list[str], int]:
        error = self._refusal(verb, line)
        if error is not None:
            call = "OpenService" if error == ScError.ACCESS_DENIED else "ControlService"
            return format_error("StartService" if verb == "start" else call, error), error
        self._act(self.services.start(line.name) if verb == "start" else self.services.stop(line.name))
        pending = ServiceState.STARTING if verb == "start" else ServiceState.STOPPING
        return format_block(_block(line, pending), pid=self._pid(line) if verb == "start" else None), 0

    def _images(self) -> dict[str, int]:
        """The programs that run, each with its process number."""
        running = self.services.images() if isinstance(self.services, ProcessControl) else ()
        return {image: _PID + 4 * number for number, image in enumerate(sorted(running))}

    def _pid(self, line: ServiceLine) -> int:
        """As `queryex` shows it: the service's own process, not the program that does its work."""
        return 1000 + 4 * [one.name for one in self.services.list()].index(line.name)

    async def _taskkill(self, words: list[str]) -> tuple[list[str], int]:
        """`/IM image` or `/PID number`, several of each, `/F` and `/T` wherever they stand."""
        asked: list[tuple[str, str]] = []
        rest = iter(words)
        for word in rest:
            option = word.lower()
            if option in ("/im", "/pid"):
                value = next(rest, "")
                if not value:
                    return [f"ERROR: Invalid syntax. Value expected for '{word}'."], 1
                asked.append((option, value))
            elif option not in ("/f", "/t"):
                return [f"ERROR: Invalid argument/option - '{word}'."], 1
        if not asked:
            return ["ERROR: Invalid syntax. Neither /FI nor /PID nor /IM were specified."], 1
        lines: list[str] = []
        status = 0
        for option, value in asked:
            said, one = await self._kill(value, numbered=option == "/pid")
            lines, status = [*lines, *said], status or one
        return lines, status

    async def _kill(self, asked: str, *, numbered: bool) -> tuple[list[str], int]:
        """asked: an image, as it is shown again in the answer, or the number of its process."""
        running = self._images()
        image = {str(pid) if numbered else image: image for image, pid in running.items()}.get(asked.casefold())
        services = {str(self._pid(line)) for line in self.services.list() if line.state is not ServiceState.STOPPED}
        if (numbered and asked in services) or (image is not None and not self.variants.elevated):
            outcome = KillOutcome.REFUSED  # a service's own process, the Node Manager, is not ended here
        elif image is None:
            outcome = KillOutcome.NOT_FOUND
        else:
            killed = isinstance(self.services, ProcessControl) and await self.services.kill(image)
            outcome = KillOutcome.TERMINATED if killed else KillOutcome.NOT_FOUND
        if numbered:
            is_number = _NUMBER.fullmatch(asked) is not None
            return format_kill("" if is_number else asked, outcome, int(asked) if is_number else _PID), outcome.value
        return format_kill(asked, outcome, running.get(image or "", _PID)), outcome.value

    def _tasklist(self, words: list[str]) -> tuple[list[str], int]:
        """`/FO CSV|TABLE`, `/NH`, and filters by image and number."""
        tasks = self._images()
        layout, header = "table", True
        rest = iter(words)
        for word in rest:
            option = word.lower()
            value = next(rest, "") if option in ("/fo", "/fi") else ""
            chosen = _FILTER.fullmatch(value)
            if option == "/nh":
                header = False
            elif option == "/fo" and value.lower() in ("csv", "table"):
                layout = value.lower()
            elif option == "/fi" and chosen is not None:
                by_number = chosen["what"].lower() == "pid"
                wanted = chosen["value"].strip().casefold()
                tasks = {image: pid for image, pid in tasks.items() if wanted == (str(pid) if by_number else image)}
            else:
                return [f"ERROR: Invalid argument/option - '{value or word}'."], 1
        return format_tasks(list(tasks.items()), csv=layout == "csv", header=header), 0

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
