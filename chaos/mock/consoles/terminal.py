"""A raw terminal over SSH: it echoes what it reads itself, so that the bytes are those of a real one.

What was typed ahead is echoed as it is read, but sent together: a packet for each character of a pasted megabyte would
keep the loop, and with it everybody's heartbeats, for minutes. Whoever does not read what is printed is not read.
"""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaos.mock.consoles.host import Process

CTRL_C, BACKSPACES = "\x03", "\x08\x7f"
_CTRL_D = "\x04"
LINE = 4095
"""What a line may have: a terminal's MAX_CANON of Linux. What is typed beyond is neither kept nor echoed."""


class Terminal:
    """Of one session. columns: after so many characters a typed line goes on below, as readline has it; None: never.

    encoding: of what is printed.
    """

    def __init__(self, process: "Process", *, columns: int | None = None, encoding: str = "utf-8") -> None:
        self._process = process
        self._columns, self._encoding = columns, encoding
        self._typed = ""
        self._echoed: list[str] = []

    def write(self, text: str) -> None:
        self._process.stdout.write("".join((*self._echoed, text)).encode(self._encoding))
        self._echoed.clear()

    def echo(self, text: str) -> None:
        """Print it with what is printed next, or before more is waited for."""
        self._echoed.append(text)

    def say(self, *lines: str) -> None:
        self.write("".join(f"{line}\r\n" for line in lines))

    async def key(self) -> str:
        """The next character typed. Raises ConnectionError at the end."""
        import asyncssh

        while not self._typed:
            if self._echoed:
                self.write("")
            try:
                await self._process.stdout.drain()
                await asyncio.sleep(0)  # there may be more to read at once, for ever
                data = await self._process.stdin.read(128)
            except asyncssh.TerminalSizeChanged:
                continue
            except (asyncssh.BreakReceived, asyncssh.SignalReceived):
                data = CTRL_C.encode()
            if not data:
                raise ConnectionError("the operator has gone")
            self._typed += data.decode("utf-8", errors="replace")
        key, self._typed = self._typed[0], self._typed[1:]
        return key

    async def read_line(self, prompt: str) -> str | None:
        """Read one line behind a prompt that stands there already; None at Ctrl-D on an empty line."""
        line, column = "", len(prompt)
        while True:
            key = await self.key()
            if key in "\r\n":
                self.say("")
                return line.strip()
            if key == CTRL_C:
                self.write(f"^C\r\n{prompt}")
                line, column = "", len(prompt)
            elif key == _CTRL_D and not line:
                return None
            elif key in BACKSPACES and line:
                line, column = line[:-1], column - 1
                self.echo("\b \b")
            elif key.isprintable() and len(line) < LINE:
                line, column = line + key, column + 1
                self.echo(key)
                if self._columns is not None and column >= self._columns:
                    self.echo(" \r")
                    column = 0
