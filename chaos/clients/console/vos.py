"""Driver of the VOS admin CLI: list, stop, start, restart services of a Finesse node."""

import asyncio
import contextlib
from types import TracebackType

from chaos import clock
from chaos.clients.console import errors
from chaos.clients.console.boundary import Door, within
from chaos.clients.console.exchange import ConsoleExchange, Recorder, ignore, without_secret
from chaos.clients.console.login import METHODS, Method
from chaos.clients.console.session import Shell, SshSession
from chaos.wire.console import vos
from chaos.wire.console.service import ServiceLine, ServiceState
from chaos.wire.console.vos import Action
from chaos.wire.console.vos_dialogue import Done, Need, Order, Send, VosDialogue

# Some confirmations swallow characters that come faster.
_PACE_S = 0.05
# How long a node may take to end the session after `exit`.
_GOODBYE_S = 10.0


class VosConsole:
    """One console session of one node, opened at the first use; calls take turns on it.

    deadline_s: for the login (banner included), and for each command to come back to the prompt.
    settle_s: how long a service may take to reach its state after an action. poll_s: interval of looking.
    All on the loop's clock. Every method raises errors of `chaos.clients.console.errors`, and TranscriptError for what
    is no VOS; after a broken exchange the session is closed, and the next call opens a new one. What an action that
    ended in an error has done is not known: look.
    A node allows few sessions: share one console of a node among all who need it.
    """

    def __init__(
        self,
        address: str,
        port: int,
        user: str,
        password: str,
        host_key: str,
        *,
        host: str = "",
        deadline_s: float = 180.0,
        settle_s: float = 600.0,
        poll_s: float = 2.0,
        record: Recorder = ignore,
    ) -> None:
        self._door = Door(host or address, address, port, user, password, host_key)
        self._deadline_s = deadline_s
        self._settle_s = settle_s
        self._poll_s = poll_s
        self._record = record
        self._turn = asyncio.Lock()
        self._session: SshSession | None = None
        self._methods: tuple[Method, ...] = METHODS
        self._shell: Shell | None = None

    async def __aenter__(self) -> "VosConsole":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def services(self) -> tuple[ServiceLine, ...]:
        """What `utils service list` says now."""
        text = await self._command(vos.LIST_COMMAND)
        return vos.parse_service_list(text).services

    async def service(self, name: str) -> ServiceLine:
        """One service's line. Raises UnknownService."""
        listed = await self.services()
        for line in listed:
            if line.name == name:
                return line
        raise errors.UnknownService(
            f"{self._door.place} lists no service '{name}'; it has: {', '.join(line.name for line in listed)}"
        )

    async def stop(self, name: str) -> ServiceLine:
        """Stop a service and wait until it is listed as STOPPED; nothing is done if it is already.

        Raises UnknownService, ActionRefused, StateNotReached.
        """
        return await self._act(Action.STOP, name)

    async def start(self, name: str) -> ServiceLine:
        """Start a service and wait until it is listed as STARTED; nothing is done if it is already."""
        return await self._act(Action.START, name)

    async def restart(self, name: str) -> ServiceLine:
        """Restart a service and wait until it is listed as STARTED."""
        return await self._act(Action.RESTART, name)

    async def wait_until(self, name: str, state: ServiceState, within_s: float) -> ServiceLine:
        """Look until the service is listed in that state. Raises StateNotReached, UnknownService."""
        until_s = clock.now() + within_s
        while True:
            line = await self.service(name)
            if line.state is state:
                return line
            if clock.now() + self._poll_s > until_s:
                raise errors.StateNotReached(self._door.place, line, state, within_s)
            await asyncio.sleep(self._poll_s)

    async def close(self) -> None:
        """Leave with `exit`, so that the node does not count the session any longer. Safe twice."""
        async with self._turn:
            if self._shell is not None:
                with contextlib.suppress(errors.ConsoleError):
                    await self._leave(self._shell)
            await self._drop()

    async def _act(self, action: Action, name: str) -> ServiceLine:
        before = await self.service(name)
        if before.state is action.target and action is not Action.RESTART:
            return before
        text = await self._command(vos.action_command(action, name), confirm=True)
        refusal = vos.failure(text)
        if refusal is not None:
            line = await self.service(name)
            if line.state in (ServiceState.STOPPED, ServiceState.STARTED) and line.state is not action.target:
                raise errors.ActionRefused(f"{self._door.place} did not {action.value} '{name}': {refusal}")
        return await self.wait_until(name, action.target, self._settle_s)

    async def _command(self, command: str, *, confirm: bool = False) -> str:
        async with self._turn:
            shell = await self._opened()
            return await self._hold(shell, VosDialogue.command(command, confirm=confirm), f"'{command}'")

    async def _opened(self) -> Shell:
        """The shell at its prompt; logs in if there is none."""
        if self._shell is not None and self._shell.is_open:
            return self._shell
        await self._drop()
        self._session = await SshSession.open(self._door, self._deadline_s, self._methods)
        self._methods = (self._session.method,)
        try:
            async with within(self._door, self._deadline_s, "opening a shell"):
                shell = await self._session.shell()
        except BaseException:
            await self._drop()
            raise
        await self._hold(shell, VosDialogue.login(), "showing its prompt")
        self._shell = shell
        return shell

    async def _hold(self, shell: Shell, dialogue: VosDialogue, doing: str) -> str:
        """Hold one dialogue to its end, record it, and give the answer; a broken dialogue ends the session."""
        typed: list[str] = []
        started_s = clock.now()
        try:
            async with within(self._door, self._deadline_s, doing, lambda: self._clean(dialogue.said)):
                return self._clean(await self._carry_out(shell, dialogue, typed, doing))
        except BaseException:
            await self._drop()
            raise
        finally:
            self._record(
                ConsoleExchange(self._door.host, "".join(typed), self._clean(dialogue.said), started_s, clock.now())
            )

    async def _carry_out(self, shell: Shell, dialogue: VosDialogue, typed: list[str], doing: str) -> str:
        orders = dialogue.start()
        while True:
            for order in orders:
                match order:
                    case Done(text):
                        return text
                    case Send():
                        typed.append(order.text)
                        await _type(shell, order)
            orders = await self._next_orders(shell, dialogue, orders[-1], doing)

    async def _next_orders(self, shell: Shell, dialogue: VosDialogue, last: Order, doing: str) -> tuple[Order, ...]:
        quiet_s = last.quiet_s if isinstance(last, Need) else None
        data = await shell.receive(quiet_s)
        if data is None:
            return dialogue.quiet()
        if not data:
            said = self._clean(dialogue.said).strip()[-200:]
            raise errors.ConsoleLost(f"{self._door.place} ended the session while {doing}; it said at last {said!r}")
        return dialogue.receive(data)

    async def _leave(self, shell: Shell) -> None:
        async with within(self._door, _GOODBYE_S, "ending the session"):
            await shell.send("exit\n")
            while await shell.receive():
                pass

    async def _drop(self) -> None:
        session, self._session, self._shell = self._session, None, None
        if session is not None:
            await session.close()

    def _clean(self, text: str) -> str:
        return without_secret(text, self._door.password)


async def _type(shell: Shell, order: Send) -> None:
    if not order.paced:
        await shell.send(order.text)
        return
    for char in order.text:
        await asyncio.sleep(_PACE_S)
        await shell.send(char)
