"""A foreign client in a process of its own, which tells what it sees in lines of JSON."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chaos.wire.finesse import Update, User, parse_update
from tests.mock.finesse.lab import HOST, PASSWORDS, Lab, authority

LIMIT_S = 60.0
LINE_BYTES_MAX = 256 * 1024


class Foreign:
    """A running client. told: all that it has said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []
        self.chat = ""

    async def until(self, holds: Callable[[], bool]) -> None:
        """Read on until that holds; what the client said stands in the failure otherwise."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(LIMIT_S):
                while not holds():
                    line = await self.process.stdout.readline()
                    assert line, f"the client has ended: {self.told} {self.chat}"
                    if not line.startswith(b"{"):  # libraries chat, too
                        self.chat += line.decode()
                        continue
                    self.told.append(json.loads(line))
                    assert self.told[-1]["what"] != "failed", self.told
        except TimeoutError:
            raise AssertionError(f"the client told this and no more: {self.told} {self.chat}") from None

    def has(self, what: str) -> bool:
        """Has it said that?"""
        return any(told["what"] == what for told in self.told)

    def events(self) -> list[tuple[str, str, Update]]:
        """Node, addressee and content of each event that it got."""
        told = [one for one in self.told if one["what"] == "event"]
        return [(one["node"], one["to"], parse_update(one["text"])) for one in told]

    def states(self, node: str) -> list[str]:
        """The states in events of that node."""
        found = (update.payload for of, _, update in self.events() if of == node)
        return [str(user.state) for user in found if isinstance(user, User)]

    async def leave(self) -> None:
        """Tell it to leave, and see that it does so in good order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.until(lambda: self.has("left"))
        async with asyncio.timeout(LIMIT_S):
            assert await self.process.wait() == 0


@asynccontextmanager
async def running(command: Sequence[str], folder: Path, environment: dict[str, str]) -> AsyncIterator[Foreign]:
    """Run it; it is gone at the end, whatever happens."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    try:
        yield Foreign(process)
    finally:
        if process.returncode is None:
            process.kill()
        async with asyncio.timeout(LIMIT_S):
            await process.wait()
        process._transport.close()  # type: ignore[attr-defined]


async def story(made: Lab, client: Foreign, user: str = "1101") -> None:
    """Sign in, session, subscription, and each change of state by REST as an event, twice: bare JID and full one."""
    node = f"/finesse/api/User/{user}"
    gone = asyncio.Event()
    made.node.notification.presence_watchers.append(lambda who, how: None if how is None or who != user else gone.set())
    await client.until(lambda: client.has("ready"))
    full, finesse = f"{user}@{HOST}/foreign", f"finesse@{HOST}/finesse"
    assert {"what": "session", "jid": full} in client.told
    # Told beside what was subscribed to: who reads on several threads may say "ready" first.
    await client.until(lambda: any(one["what"] == "presence" and one["from"] == finesse for one in client.told))
    async with made.rest(user) as rest:

        async def put(body: str) -> None:
            headers = {"Content-Type": "application/xml"}
            response = await rest.put(node, content=f"<User>{body}</User>", headers=headers)
            assert response.status_code == 202, response.text

        await put("<state>LOGIN</state><extension>2001</extension>")
        await client.until(lambda: client.states(node)[-2:] == ["NOT_READY"] * 2)
        await put("<state>READY</state>")
        await client.until(lambda: client.states(node)[-2:] == ["READY"] * 2)
    assert {to for of, to, _ in client.events() if of == node} == {f"{user}@{HOST}", full}
    assert made.node.notification.clients == (full,)
    await client.leave()
    async with asyncio.timeout(LIMIT_S):
        await gone.wait()
    assert not made.node.notification.clients


def asked(service: str, user: str = "1101", **more: Any) -> str:
    """What a client is told to do."""
    told = {"service": service, "domain": HOST, "user": user, "password": PASSWORDS[user], "resource": "foreign"}
    return json.dumps({**told, **more})


def write_authority(folder: Path) -> Path:
    """The lab's CA, for clients that take it from a file."""
    path = folder / "ca.pem"
    authority().cert_pem.write_to_path(str(path))
    return path
