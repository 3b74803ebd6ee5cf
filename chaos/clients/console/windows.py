"""Driver of Windows services and processes over OpenSSH: `sc.exe` and `taskkill`, an exec request for each command."""

import asyncio
import fnmatch
import functools
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from chaos import clock
from chaos.clients.console import errors
from chaos.clients.console.boundary import Door, within
from chaos.clients.console.exchange import ConsoleExchange, Recorder, ignore, without_secrets
from chaos.clients.console.reach import reach
from chaos.clients.console.session import SshSession
from chaos.wire.console import windows
from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError, excerpt
from chaos.wire.console.windows import KillOutcome, ScError, ScService

# A server has a few hundred services; more pages than this are no listing.
_PAGES_MAX = 50

# The order has been followed already, or the service is just doing something: what is read next decides.
_NO_REFUSAL = (ScError.ALREADY_RUNNING, ScError.NOT_STARTED, ScError.CANNOT_ACCEPT_CONTROL, ScError.NO_TIMELY_ANSWER)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a command printed, stdout before stderr. exit_status: None if it is not known."""

    text: str
    exit_status: int | None


class WindowsConsole:
    """Services of one Windows host, as far as their names fit `pattern` (shell wildcards, letter case ignored).

    Wherever a name is asked for, a pattern may stand that fits exactly one service, `Cisco ICM * CG1A` for instance.
    Times and errors as in `VosConsole`.
    """

    def __init__(
        self,
        address: str,
        port: int,
        user: str,
        password: str | None,
        host_key: str,
        *,
        host: str = "",
        key_file: Path | None = None,
        passphrase: str | None = None,
        old_algorithms: bool = False,
        pattern: str = "*",
        deadline_s: float = 60.0,
        settle_s: float = 300.0,
        poll_s: float = 1.0,
        record: Recorder = ignore,
    ) -> None:
        self._door = Door(
            host or address, address, port, user, password, host_key, key_file, passphrase, old_algorithms, True
        )
        self._pattern = pattern
        self._deadline_s = deadline_s
        self._settle_s = settle_s
        self._poll_s = poll_s
        self._record = record
        self._turn = asyncio.Lock()
        self._session: SshSession | None = None
        self._refused: errors.LoginRefused | None = None
        self._found: dict[str, str] = {}

    async def __aenter__(self) -> "WindowsConsole":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def services(self) -> tuple[ServiceLine, ...]:
        """The host's services whose name or display name fits the pattern."""
        return tuple(service.line for service in await self._listed() if _fits(service, self._pattern))

    async def find(self, name: str) -> str:
        """The one service's exact name. name: a name, a display name or a pattern. Raises UnknownService.

        What was found is kept as long as the connection, and until a service is there no more: every order and every
        look asks for it, and listing a server's services takes it a second.
        """
        if name not in self._found:
            exact = await self._sought(name)
            self._found |= {name: exact, exact: exact}
        return self._found[name]

    async def _sought(self, name: str) -> str:
        listed = [service for service in await self._listed() if _fits(service, self._pattern)]
        exact = [
            service for service in listed if name.casefold() in (service.name.casefold(), service.display.casefold())
        ]
        found = exact or [service for service in listed if _fits(service, name)]
        if len(found) == 1:
            return found[0].name
        said = "several services that fit" if found else "no service that fits"
        names = ", ".join(f"'{service.name}'" for service in (found or listed)[:20]) or "none"
        raise errors.UnknownService(f"{self._door.place} has {said} '{name}'; of interest are: {names}")

    async def service(self, name: str) -> ServiceLine:
        """One service's state now. Raises UnknownService."""
        return await self._query(await self.find(name))

    async def dependents(self, name: str) -> tuple[ServiceLine, ...]:
        """The services that need this one, in the order in which they have to be stopped, with their states."""
        exact = await self.find(name)
        reply = await self._run(windows.dependents_command(exact))
        error = windows.error_number(reply.text, reply.exit_status)
        if error is not None:
            raise self._refusal("list the dependents of", exact, error)
        return tuple(service.line for service in windows.parse_dependents(reply.text))

    async def stop(self, name: str) -> ServiceLine:
        """Stop a service and wait until its state is STOPPED; no error if it is already.

        Raises ActionRefused: others that run depend on it (see `dependents`), or we may not.
        """
        return await self._act("stop", await self.find(name), ServiceState.STOPPED)

    async def start(self, name: str) -> ServiceLine:
        """Start a service and wait until its state is STARTED; no error if it is already."""
        return await self._act("start", await self.find(name), ServiceState.STARTED)

    async def restart(self, name: str) -> ServiceLine:
        """Stop, wait for STOPPED, start, wait for STARTED."""
        exact = await self.find(name)
        await self._act("stop", exact, ServiceState.STOPPED)
        return await self._act("start", exact, ServiceState.STARTED)

    async def kill(self, image: str) -> tuple[int, ...]:
        """End every process of that program at once, as a crash would; the numbers that they had.

        image: the plain file name, `ctisvr.exe`. Raises UnknownProcess, ActionRefused, TranscriptError.
        """
        reply = await self._run(windows.kill_command(image))
        answer = windows.parse_kill(image, reply.text, reply.exit_status)
        match answer.outcome:
            case KillOutcome.TERMINATED:
                return answer.pids
            case KillOutcome.NOT_FOUND:
                raise errors.UnknownProcess(f"no process '{image}' runs on {self._door.place}; is its service started?")
            case KillOutcome.REFUSED:
                raise errors.ActionRefused(
                    f"{self._door.place} did not end '{image}' (exit status {reply.exit_status}): "
                    f"{excerpt(reply.text)}; log in as an administrator of that host"
                )

    async def processes(self, image: str) -> tuple[int, ...]:
        """The numbers of that program's processes, none if it does not run. Raises TranscriptError."""
        reply = await self._run(windows.tasks_command(image))
        return windows.parse_tasks(image, reply.text, reply.exit_status)

    async def close(self) -> None:
        """End the connection. Safe twice."""
        async with self._turn:
            await self._drop()

    async def _act(self, verb: str, name: str, target: ServiceState) -> ServiceLine:
        return await reach(
            target,
            functools.partial(self._query, name),
            functools.partial(self._ordered, verb, name),
            doing=f"{verb} '{name}'",
            place=self._door.place,
            settle_s=self._settle_s,
            poll_s=self._poll_s,
        )

    async def _ordered(self, verb: str, name: str) -> str | None:
        """One `sc.exe start` or `stop`. Raises ActionRefused, UnknownService: it will not be followed."""
        reply = await self._run(windows.service_command(verb, name))
        error = windows.error_number(reply.text, reply.exit_status)
        if error is None or error in _NO_REFUSAL:
            return None
        raise self._refusal(verb, name, error)

    def _refusal(self, verb: str, name: str, error: int) -> Exception:
        if error == ScError.NO_SUCH_SERVICE:
            self._found.clear()
            return errors.UnknownService(f"{self._door.place} has no service '{name}' any more (error {error})")
        text = windows.ERROR_TEXTS[ScError(error)] if error in windows.ERROR_TEXTS else "see 'net helpmsg'"
        remedies = {
            ScError.ACCESS_DENIED: "; log in as an administrator of that host",
            ScError.DEPENDENTS_RUNNING: f'; stop them first: sc.exe enumdepend "{name}"',
            ScError.SERVICE_DISABLED: f'; sc.exe config "{name}" start= demand',
        }
        remedy = remedies[ScError(error)] if error in list(remedies) else ""
        return errors.ActionRefused(f"{self._door.place} did not {verb} '{name}': error {error}, {text}{remedy}")

    async def _query(self, name: str) -> ServiceLine:
        reply = await self._run(windows.service_command("query", name))
        error = windows.error_number(reply.text, reply.exit_status)
        if error is not None:
            raise self._refusal("query", name, error)
        services = windows.parse_blocks(reply.text).services
        if len(services) != 1 or services[0].name.casefold() != name.casefold():
            raise TranscriptError(f"the answer about '{name}' is one about something else: {excerpt(reply.text)}")
        return services[0].line

    async def _listed(self) -> list[ScService]:
        listed: list[ScService] = []
        resume: int | None = 0
        for _ in range(_PAGES_MAX):
            reply = await self._run(windows.list_command(resume or 0))
            error = windows.error_number(reply.text, reply.exit_status)
            if error == ScError.ACCESS_DENIED:
                raise self._refusal("query", "all services", error)
            page = windows.parse_blocks(reply.text)
            listed += page.services
            if page.resume is None:
                return listed
            if page.resume <= (resume or 0):
                break
            resume = page.resume
        raise TranscriptError(f"the listing of {self._door.place} never ends: {excerpt(reply.text)}")

    async def _run(self, command: str) -> _Reply:
        """Run one command on the connection, logging in if there is none; a broken one ends the connection."""
        async with self._turn:
            session = await self._opened()
            started_s, reply = clock.now(), _Reply("", None)
            try:
                async with within(self._door, self._deadline_s, f"'{command}'"):
                    said = await session.execute(command)
                text = windows.decoded(said.out) + windows.decoded(said.err)
                reply = _Reply(without_secrets(text, self._door.secrets), said.exit_status)
                return reply
            except BaseException:
                await self._drop()
                raise
            finally:
                self._record(ConsoleExchange(self._door.host, command, reply.text, started_s, clock.now()))

    async def _opened(self) -> SshSession:
        """The connection, made if there is none; a refused login is not tried a second time."""
        if self._session is not None and self._session.is_open:
            return self._session
        await self._drop()
        if self._refused is not None:
            raise self._refused
        try:
            self._session = await SshSession.open(self._door, self._deadline_s)
        except errors.LoginRefused as error:
            self._refused = error
            raise
        return self._session

    async def _drop(self) -> None:
        session, self._session = self._session, None
        self._found.clear()
        if session is not None:
            await session.close()


def _fits(service: ScService, pattern: str) -> bool:
    return any(
        fnmatch.fnmatchcase(name.casefold(), pattern.casefold()) for name in (service.name, service.display) if name
    )
