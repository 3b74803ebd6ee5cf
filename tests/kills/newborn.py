"""One process that a nursery has forked, and the nursery itself, as the tests see them."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from chaos.clock import now

PATIENCE_S = 120.0


class Newborn:
    """A forked process. said: its lines so far; said_s: when each came, on the loop's clock. ended: its exit status, a
    signal's number if negative."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = 0
        self.said: list[str] = []
        self.said_s: list[float] = []
        self.ended: int | None = None
        self._writer = writer
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                words = line.decode(errors="replace").rstrip("\n")
                if not self.pid and words.startswith("pid "):
                    self.pid = int(words.split()[1])
                elif words.startswith("ended ") and words.split()[1].lstrip("-").isdigit():
                    self.ended = int(words.split()[1])
                elif words:
                    self.said.append(words)
                    self.said_s.append(now())
                async with self._news:
                    self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    def tell(self, words: str) -> None:
        self._writer.write(words.encode())

    def kill(self, number: signal.Signals) -> None:
        if self.ended is None and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def until_said(self, text: str) -> str | None:
        """The line in which it says that; None if it ends without. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            while True:
                found = next((line for line in self.said if text in line), None)
                if found is not None or self._reading.done() or self.ended is not None:
                    return found
                await self._news.wait()

    async def until_born(self) -> None:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: self.pid or self._reading.done())

    async def gone(self) -> int:
        """Its exit status. Raises TimeoutError."""
        await asyncio.wait({self._reading}, timeout=PATIENCE_S)  # whoever gives up waiting does not stop the reading
        if not self._reading.done():
            raise TimeoutError(f"process {self.pid} is still there; it said at last: {self.said[-3:]}")
        self._writer.close()
        assert self.ended is not None, self.said
        return self.ended


class Nursery:
    """A running nursery."""

    def __init__(self, path: Path, log: Path) -> None:
        self.path = path
        self.log = log

    async def born(self, play: str, arguments: list[str], env: Mapping[str, str]) -> Newborn:
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        writer.write(json.dumps({"play": play, "arguments": arguments, "env": dict(env)}).encode() + b"\n")
        newborn = Newborn(reader, writer)
        await newborn.until_born()
        return newborn


@contextlib.asynccontextmanager
async def nursery(folder: Path) -> AsyncIterator[Nursery]:
    """Start one; it ends with us."""
    path, log = folder / "nursery.sock", folder / "nursery.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kills.nursery", str(path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=Path(__file__).parents[2],
        )
    assert process.stdin is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not path.exists():
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield Nursery(path, log)
    finally:
        process.stdin.close()
        await process.wait()
