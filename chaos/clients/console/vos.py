"""Driver of the VOS admin CLI: list, stop, start, restart services of a Finesse node."""

import asyncio
import contextlib
import functools
from pathlib import Path
from types import TracebackType

from chaos import clock
from chaos.clients.console import errors
from chaos.clients.console.boundary import Door, within
from chaos.clients.console.exchange import ConsoleExchange, Recorder, ignore, without_secrets
from chaos.clients.console.reach import reach
from chaos.clients.console.session import Shell, SshSession
from chaos.wire.console import vos
from chaos.wire.console.service import OutOfStep, ServiceLine, ServiceState, TranscriptError, excerpt
from chaos.wire.console.vos import Action
from chaos.wire.console.vos_dialogue import (
    QUIET_S,
    AsksBack,
    Done,
    IsWhole,
    Need,
    Order,
    Send,
    VosDialogue,
    never_whole,
)

# Some confirmations swallow characters that come faster.
_PACE_S = 0.05
# How long a node may take to end the session after `exit`; whoever heals a lab or leaves it at Ctrl-C waits for it.
_GOODBYE_S = 1.5
# A session that is out of step is left for a new one; more often than this, it is not the session.
_READ_TRIES = 3

DEPENDENTS = {"Cisco Finesse Notification Service": ("Cisco Finesse Tomcat",)}
"""Services that have to be stopped before, and started after, another one; in the order of stopping.

Source: Cisco Finesse Administration Guide 12.6(1), maintenance: stop Tomcat, stop the Notification Service, start the
Notification Service, start Tomcat.
"""


class VosConsole:
    """One console session of one node, opened at the first use; calls take turns on it.

    deadline_s: for the login (banner included), for each listing, and for the silence in an action's transcript.
    settle_s: how long a service may take to reach its state after an action. poll_s: interval of looking.
    All on the loop's clock. Every method raises errors of `chaos.clients.console.errors`, and TranscriptError for what
    is no VOS; after a broken exchange the session is closed, and the next call opens a new one. What an action that
    ended in an error has done is not known: look. A refused login is not tried a second time, which could lock the
    account. A node allows few sessions: share one console of a node among all who need it.
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
        deadline_s: float = 180.0,
        settle_s: float = 600.0,
        poll_s: float = 2.0,
        record: Recorder = ignore,
    ) -> None:
        self._door = Door(
            host or address, address, port, user, password, host_key, key_file, passphrase, old_algorithms
        )
        self._deadline_s = deadline_s
        self._settle_s = settle_s
        self._poll_s = poll_s
        self._record = record
        self._turn = asyncio.Lock()
        self._session: SshSession | None = None
        self._shell: Shell | None = None
        self._heard_s = 0.0
        self._alone_s = 0.0
        self._shows_whole = False
        self._refused: errors.LoginRefused | None = None

    async def __aenter__(self) -> "VosConsole":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def services(self) -> tuple[ServiceLine, ...]:
        """What `utils service list` says now; a line that cannot be read is one of an UNKNOWN service."""
        listed = await self._listed()
        unread = (ServiceLine(text, ServiceState.UNKNOWN, "cannot be read") for text in listed.unread)
        return (*listed.services, *unread)

    async def service(self, name: str) -> ServiceLine:
        """One service's line. Raises UnknownService."""
        listed = await self._listed()
        line = listed.find(name)
        if line is not None:
            return line
        raise errors.UnknownService(
            f"{self._door.place} lists no service '{name}'; it has: {', '.join(one.name for one in listed.services)}"
        )

    async def find(self, name: str) -> str:
        """The exact name, which is the name: an appliance's services are called the same everywhere."""
        return name

    async def dependents(self, name: str) -> tuple[ServiceLine, ...]:
        """The services that have to be stopped before this one, in that order, with their states."""
        wanted = DEPENDENTS.get(name, ())
        return tuple([await self.service(one) for one in wanted])

    async def said(self, command: str) -> str:
        """What the node says to a command that changes nothing. Raises ActionRefused."""
        text = await self._command(command, within_s=self._deadline_s)
        refusal = vos.failure(text)
        if refusal is not None:
            raise errors.ActionRefused(f"{self._door.place} did not do '{command}': {refusal}")
        return text

    async def stop(self, name: str) -> ServiceLine:
        """Stop a service and wait until it is listed as STOPPED; nothing is done if it is already.

        Raises UnknownService, ActionRefused, StateNotReached.
        """
        return await self._act(Action.STOP, name)

    async def start(self, name: str) -> ServiceLine:
        """Start a service and wait until it is listed as STARTED; nothing is done if it is already."""
        return await self._act(Action.START, name)

    async def restart(self, name: str) -> ServiceLine:
        """Restart a service and wait until it is listed as STARTED.

        If it cannot be told whether the restart was carried out, the service is stopped and started.
        """
        await self.service(name)
        try:
            refusal = await self._ordered(Action.RESTART, name)
        except errors.ConsoleError as error:
            if not errors.may_pass(error):
                raise
            await self.stop(name)
        else:
            if refusal is not None:
                raise errors.ActionRefused(f"{self._door.place} did not restart '{name}': {refusal}")
        return await self.start(name)

    async def close(self) -> None:
        """Leave with `exit`, so that the node does not count the session any longer. Safe twice."""
        async with self._turn:
            if self._shell is not None:
                with contextlib.suppress(errors.ConsoleError):
                    await self._leave(self._shell)
            await self._drop()

    async def _act(self, action: Action, name: str) -> ServiceLine:
        return await reach(
            action.target,
            functools.partial(self.service, name),
            functools.partial(self._ordered, action, name),
            doing=f"{action.value} '{name}'",
            place=self._door.place,
            settle_s=self._settle_s,
            poll_s=self._poll_s,
        )

    async def _ordered(self, action: Action, name: str) -> str | None:
        """Type the action and wait for its prompt, however long that takes; why the node says no, if it does."""
        text = await self._command(vos.action_command(action, name), confirm=True, within_s=self._settle_s)
        return vos.failure(text)

    async def _listed(self) -> vos.ServiceList:
        for _ in range(_READ_TRIES - 1):
            with contextlib.suppress(errors.OutOfStep):
                return await self._list_once()
        return await self._list_once()

    async def _list_once(self) -> vos.ServiceList:
        text = await self._command(vos.LIST_COMMAND, is_whole=vos.is_whole_list, within_s=self._deadline_s)
        try:
            listed = vos.parse_service_list(text)
            is_whole = vos.is_whole_list(text)
            if self._shows_whole and not is_whole:
                raise OutOfStep(f"the answer to '{vos.LIST_COMMAND}' is not whole: {excerpt(text)}")
        except TranscriptError as error:
            async with self._turn:
                await self._drop()  # whatever that was, its rest may still be on its way
            if isinstance(error, OutOfStep):
                raise errors.OutOfStep(f"{self._door.place} is out of step: {error}") from None
            raise
        self._shows_whole = is_whole
        return listed

    async def _command(
        self, command: str, *, confirm: bool = False, is_whole: IsWhole = never_whole, within_s: float
    ) -> str:
        async with self._turn:
            shell = await self._opened()
            alone_s = max(0.0, self._heard_s + self._alone_s - clock.now())
            dialogue = VosDialogue.command(command, confirm=confirm, is_whole=is_whole, quiet_s=alone_s)
            return await self._hold(shell, dialogue, f"'{command}'", within_s)

    async def _opened(self) -> Shell:
        """The shell at its prompt; logs in if there is none."""
        if self._shell is not None and self._shell.is_open:
            return self._shell
        await self._drop()
        if self._refused is not None:
            raise self._refused
        try:
            self._session = await SshSession.open(self._door, self._deadline_s)
        except errors.LoginRefused as error:
            self._refused = error
            raise
        try:
            async with within(self._door, self._deadline_s, "opening a shell"):
                shell = await self._session.shell()
        except BaseException:
            await self._drop()
            raise
        await self._hold(shell, VosDialogue.login(), "showing its prompt", self._deadline_s)
        self._shell = shell
        return shell

    async def _hold(self, shell: Shell, dialogue: VosDialogue, doing: str, within_s: float) -> str:
        """Hold one dialogue to its end, record it, and give the answer; a broken dialogue ends the session."""
        typed: list[str] = []
        started_s = clock.now()
        try:
            async with within(self._door, within_s, doing, lambda: self._clean(dialogue.said)):
                return self._clean(await self._carry_out(shell, dialogue, typed, doing))
        except OutOfStep as error:
            self._alone_s = QUIET_S
            await self._drop()
            raise errors.OutOfStep(f"{self._door.place} is out of step: {self._clean(str(error))}") from None
        except AsksBack as error:
            await self._drop()
            raise errors.LoginAsksBack(
                f"{self._door.place} shows no prompt: {self._clean(str(error))}; log in once as '{self._door.user}' by "
                "hand, and give it what it asks for"
            ) from None
        except BaseException:
            await self._drop()
            raise
        finally:
            self._heard_s = clock.now()
            if dialogue.is_talkative:
                self._alone_s = QUIET_S
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
        if quiet_s == 0.0 and not shell.has_more():
            return dialogue.quiet()
        async with within(self._door, self._deadline_s, doing, lambda: self._clean(dialogue.said)):
            data = await shell.receive(quiet_s)
        if data is None:
            return dialogue.quiet()
        if not data:
            said = self._clean(dialogue.said).strip()[-200:]
            raise errors.ConsoleLost(f"{self._door.place} ended the session while {doing}; it said at last {said!r}")
        return dialogue.receive(data)

    async def _leave(self, shell: Shell) -> None:
        async with within(self._door, _GOODBYE_S, "ending the session"):
            await shell.send(f"exit{vos.ENTER_KEY}")
            while await shell.receive():
                pass

    async def _drop(self) -> None:
        session, self._session, self._shell = self._session, None, None
        if session is not None:
            await session.close()

    def _clean(self, text: str) -> str:
        return without_secrets(text, self._door.secrets)


async def _type(shell: Shell, order: Send) -> None:
    if not order.paced:
        await shell.send(order.text)
        return
    for char in order.text:
        await asyncio.sleep(_PACE_S)
        await shell.send(char)
