"""The SSH server under a mock console: accounts, methods, and a coroutine for each session. Imports asyncssh."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncssh

from chaos.mock.consoles.control import Account, ServerKey

Process = asyncssh.SSHServerProcess[bytes]
Handler = Callable[[Process], Awaitable[None]]

# As OpenSSH's LoginGraceTime.
_LOGIN_GRACE_S = 120.0


class SshHost:
    """One listening SSH server. handler: runs once for each shell or exec request."""

    def __init__(
        self,
        key: ServerKey,
        accounts: Sequence[Account],
        handler: Handler,
        *,
        interactive_only: bool,
        version: str,
        algorithms: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """algorithms: `kex_algs`, `encryption_algs`, `mac_algs` for a server that offers only these."""
        self._key = asyncssh.import_private_key(key.private)
        self._passwords = {account.user: account.password for account in accounts}
        self._handler = handler
        self._interactive_only = interactive_only
        self._version = version
        self._algorithms = dict(algorithms or {})
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: dict[asyncssh.SSHServerConnection, None] = {}
        self._sessions: dict[asyncio.Task[None], object] = {}

    async def start(self, address: str, port: int) -> int:
        """Listen; returns the port. Raises OSError: the port is taken."""
        listening = asyncio.ensure_future(
            asyncssh.listen(
                address,
                port,
                server_factory=self._login,
                server_host_keys=[self._key],
                encoding=None,
                line_editor=False,
                login_timeout=_LOGIN_GRACE_S,
                server_version=self._version,
                gss_host=None,
                agent_forwarding=False,
                **self._algorithms,
            )
        )
        try:
            self._acceptor = await asyncio.shield(listening)
        except asyncio.CancelledError:
            # Cancelled in its last step, `listen` would leave a port that listens and that nobody can close.
            with contextlib.suppress(OSError):
                (await listening).close()
            raise
        return self._acceptor.get_port()

    async def stop(self) -> None:
        """Stop listening, hang up on everybody, end every session. Safe twice."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        sessions = list(self._sessions)
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        for connection in connections:
            await connection.wait_closed()
        if acceptor is not None:
            await acceptor.wait_closed()

    def _login(self) -> "asyncssh.SSHServer":
        return _Login(
            self._passwords, self._connections, self._hang_up, self._run, interactive_only=self._interactive_only
        )

    def _hang_up(self, connection: object) -> None:
        """The client has gone: its sessions end, as processes do at SIGHUP."""
        for session, of in self._sessions.items():
            if of is connection:
                session.cancel()

    async def _run(self, process: Process) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions[task] = process.get_extra_info("connection")
        try:
            await self._handler(process)
        except (BrokenPipeError, ConnectionError, asyncssh.Error):
            return  # the client has gone
        finally:
            self._sessions.pop(task, None)
            process.close()


class _Session(asyncssh.SSHServerProcess[bytes]):
    """A shell or an exec request. There are no subsystems: neither files (scp, sftp) nor any other."""

    def __init__(self, run: Handler) -> None:
        super().__init__(run, sftp_factory=None, sftp_version=3, allow_scp=False)

    def subsystem_requested(self, subsystem: str) -> bool:
        return False


class _Login(asyncssh.SSHServer):
    """Who gets in, and how."""

    def __init__(
        self,
        passwords: dict[str, str],
        connections: dict[asyncssh.SSHServerConnection, None],
        hang_up: Callable[[object], None],
        run: Handler,
        *,
        interactive_only: bool,
    ) -> None:
        self._passwords = passwords
        self._connections = connections
        self._hang_up = hang_up
        self._run = run
        self._interactive_only = interactive_only
        self._connection: asyncssh.SSHServerConnection | None = None
        self._user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections[conn] = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.pop(self._connection, None)
            self._hang_up(self._connection)

    def session_requested(self) -> "asyncssh.SSHServerSession[bytes]":
        return _Session(self._run)

    def begin_auth(self, username: str) -> bool:
        self._user = username
        return True

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return not self._interactive_only

    def validate_password(self, username: str, password: str) -> bool:
        return self._passwords.get(username) == password

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, Sequence[tuple[str, bool]]]:
        self._user = username
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return len(responses) == 1 and self.validate_password(self._user, responses[0])
