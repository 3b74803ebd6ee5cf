"""A console is waited for by events: no thread waits, so nothing depends on when one comes back."""

from collections.abc import Callable
from typing import Any

import pytest

from chaos import clock
from chaos.clients.console.boundary import Door
from chaos.clients.console.session import SshSession
from chaos.mock.consoles import ServerKey
from chaos.mock.consoles.host import Process, SshHost
from tests.mock.consoles.lab import OPERATOR

KEY = ServerKey.generate()


async def _echo(process: Process) -> None:
    if process.command is not None:
        process.stdout.write(process.command.encode())
        process.exit(0)
        return
    process.stdout.write(await process.stdin.readline())


def test_logging_in_opening_and_sending_leave_no_thread_waiting_for_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[Callable[[], Any]] = []
    run = clock.VirtualLoop.run_passing

    def noted(self: clock.VirtualLoop, call: Callable[[], Any]) -> Any:
        waited.append(call)
        return run(self, call)

    monkeypatch.setattr(clock.VirtualLoop, "run_passing", noted)

    async def main() -> tuple[bytes, bytes | None]:
        host = SshHost(KEY, [OPERATOR], _echo, interactive_only=False, version="SSH-2.0-test")
        port = await host.start("127.0.0.1", 0)
        session = await SshSession.open(
            Door("host.test", "127.0.0.1", port, OPERATOR.user, OPERATOR.password, host_key=KEY.public), 60.0
        )
        try:
            executed = await session.execute("show status")
            shell = await session.shell()
            await shell.send("utils service list\n")
            return executed.out, await shell.receive()
        finally:
            await session.close()
            await host.stop()

    assert clock.run(main(), virtual=True) == (b"show status", b"utils service list\n")
    assert waited == []
