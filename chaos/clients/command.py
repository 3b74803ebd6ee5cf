"""The lab's own commands: programs of this machine that stop, start and show what no console can.

Theory of operation: each runs without a shell, in a session of its own, so that whatever it starts can be ended with
it. Its time is limited, and so is what it may print; who is cancelled ends it. The state is what `state` prints, never
what `stop` and `start` say of themselves. On a virtual clock a command costs no time: it is not of that world.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chaos import clock
from chaos.clients.console.errors import ConsoleError, NeverLetIn
from chaos.clients.console.exchange import ConsoleExchange, Recorder, ignore, without_secrets
from chaos.clients.console.reach import reach
from chaos.inventory import Command
from chaos.wire.console.service import ServiceLine, ServiceState, excerpt

LIMIT_BYTES = 64 * 1024
# What a command finds in its environment besides what the inventory names.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
# After the end of a command: how long what it has printed is waited for, should a child keep its output open.
_LAST_WORDS_S = 0.5
# Between asking a process group to end and ending it.
_KILL_AFTER_S = 0.5
_POLL_S = 1.0


class CommandFailed(ConsoleError):
    """A command did not end in time, printed too much, or its output is no state."""


class CommandNotRun(NeverLetIn):
    """The program is not there, or may not be run."""


class Stoppable(Protocol):
    """What no console can stop: by a command of the lab, or by an order to the mock. place: as records name it.

    written: the command as the undo log keeps it, "" where there is none. The methods are those of `LabCommand`.
    """

    @property
    def place(self) -> str: ...

    @property
    def written(self) -> str: ...

    async def service(self, name: str = "") -> ServiceLine: ...

    async def stop(self, name: str = "") -> ServiceLine: ...

    async def start(self, name: str = "") -> ServiceLine: ...


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    status: int


class LabCommand:
    """One entry of the inventory's `commands`, as something that is started or stopped.

    It looks as a console does: `service`, `stop` and `start` take the name, which is the entry's. env: where PATH and
    secrets are looked up. Raises InventoryError: a secret that `env` of the entry names is missing.
    """

    def __init__(
        self,
        name: str,
        command: Command,
        env: Mapping[str, str],
        *,
        poll_s: float = _POLL_S,
        record: Recorder = ignore,
    ) -> None:
        self.name = name
        self._command = command
        self._secrets = tuple(secret.reveal(env) for secret in command.env.values() if not secret.is_literal)
        self._env = {key: env[key] for key in _PASSED_ON if key in env}
        self._env |= {key: secret.reveal(env, is_setting=secret.is_literal) for key, secret in command.env.items()}
        self._poll_s = poll_s
        self._record = record
        self._turn = asyncio.Lock()

    @property
    def place(self) -> str:
        return f"command '{self.name}'"

    @property
    def written(self) -> str:
        return self._command.written

    async def service(self, name: str = "") -> ServiceLine:
        """What `state` says now, STARTED or STOPPED. Raises CommandFailed: neither, or both; CommandNotRun."""
        answer = await self._run(self._command.state, "state")
        if answer.status != 0:
            raise CommandFailed(f"{self.place}: 'state' ended with {answer.status}: {excerpt(answer.text)}")
        lines = [line.strip() for line in answer.text.splitlines()]
        fits = [
            state
            for state, pattern in (
                (ServiceState.STOPPED, self._command.stopped),
                (ServiceState.STARTED, self._command.started),
            )
            if any(re.fullmatch(pattern, line, re.IGNORECASE) for line in lines)
        ]
        if len(fits) != 1:
            what = "both 'stopped' and 'started'" if fits else "neither 'stopped' nor 'started'"
            raise CommandFailed(f"{self.place}: what 'state' printed fits {what}: {excerpt(answer.text)}")
        return ServiceLine(self.name, fits[0])

    async def stop(self, name: str = "") -> ServiceLine:
        """Stop it and wait until `state` says so; nothing is run if it says so already.

        Raises ActionRefused, StateNotReached, CommandFailed, CommandNotRun.
        """
        return await self._act("stop", self._command.stop, ServiceState.STOPPED)

    async def start(self, name: str = "") -> ServiceLine:
        """Start it and wait until `state` says so; nothing is run if it says so already."""
        return await self._act("start", self._command.start, ServiceState.STARTED)

    async def _act(self, verb: str, argv: Sequence[str], target: ServiceState) -> ServiceLine:
        async def give() -> str | None:
            answer = await self._run(argv, verb)
            return None if answer.status == 0 else f"it ended with {answer.status}: {excerpt(answer.text)}"

        return await reach(
            target,
            self.service,
            give,
            doing=f"'{verb}'",
            place=self.place,
            settle_s=self._command.settle_s,
            poll_s=self._poll_s,
        )

    async def _run(self, argv: Sequence[str], doing: str) -> _Answer:
        """Run one program to its end. Raises CommandFailed, CommandNotRun; when cancelled it has ended."""
        async with self._turn:
            started_s, said = clock.now(), bytearray()
            try:
                status = await self._run_to_its_end(argv, doing, said)
            finally:
                text = without_secrets(said.decode("utf-8", errors="replace"), self._secrets)
                sent = without_secrets(" ".join(argv), self._secrets)
                self._record(ConsoleExchange(self.place, sent, text, started_s, clock.now()))
            return _Answer(text, status)

    async def _run_to_its_end(self, argv: Sequence[str], doing: str, said: bytearray) -> int:
        process = await self._started(argv, doing)
        ended = asyncio.ensure_future(clock.in_thread(process.wait))
        try:
            async with asyncio.timeout(self._command.timeout_s):
                await self._listen(process, ended, doing, said)
                return await asyncio.shield(ended)
        except TimeoutError:
            raise CommandFailed(
                f"{self.place}: '{doing}' did not end within {self._command.timeout_s:g} s and was killed; "
                f"it said at last {excerpt(said.decode(errors='replace'))}"
            ) from None
        finally:
            await _end(process, ended)

    async def _started(self, argv: Sequence[str], doing: str) -> "subprocess.Popen[bytes]":
        def start() -> "subprocess.Popen[bytes]":
            return subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )

        starting = asyncio.ensure_future(clock.at_once(start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting})
            if starting.exception() is None:
                process = starting.result()
                await _end(process, asyncio.ensure_future(clock.in_thread(process.wait)))
            raise
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise CommandNotRun(
                f"{self.place}: '{doing}' cannot be run: {argv[0]}: {why}; correct it in the inventory, or its mode"
            ) from None

    async def _listen(
        self, process: "subprocess.Popen[bytes]", ended: "asyncio.Future[int]", doing: str, said: bytearray
    ) -> None:
        """Read what it prints until it has ended."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
        try:
            reading = asyncio.ensure_future(_read(reader, said))
            try:
                either: set[asyncio.Future[Any]] = {reading, ended}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():  # a child of its own may keep the output open for good
                    await asyncio.wait({reading}, timeout=_LAST_WORDS_S)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        finally:
            transport.close()
        if len(said) > LIMIT_BYTES:
            raise CommandFailed(f"{self.place}: '{doing}' printed more than {LIMIT_BYTES} bytes and was killed")


async def _read(reader: asyncio.StreamReader, said: bytearray) -> None:
    while len(said) <= LIMIT_BYTES and (piece := await reader.read(4096)):
        said += piece


async def _end(process: "subprocess.Popen[bytes]", ended: "asyncio.Future[int]") -> None:
    """End its whole process group, unless it has ended by itself, and wait for it. Raises nothing."""
    if not ended.done() and process.poll() is None:
        for number in (signal.SIGTERM, signal.SIGKILL):  # both: its children may be deaf where it was not
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            await asyncio.wait({ended}, timeout=_KILL_AFTER_S)
    await asyncio.wait({ended})
    if process.stdout is not None:
        process.stdout.close()
