"""What a reader of a terminal would see of a byte stream, as far as the VOS admin CLI needs it.

Bytes come in any pieces; half an escape sequence or half a UTF-8 character waits for the rest. A carriage return goes
to the start of the line and what follows overwrites it, so that an erased pager leaves nothing; a cursor position
begins a new line. The screen has no width: a line that the peer did not break stays one line.
"""

import codecs
import re

from chaos.wire.console.service import TranscriptError

# Far above any listing; a peer that never stops talking ends here, neither in our memory nor in our time: what is laid
# over a line costs as much as the line is long.
LIMIT_CHARS = 500_000
LIMIT_COLUMNS = 4_000
# Whoever writes so many blanks over something wipes a line for a message of his own, as `wall` does.
_WIPE_COLUMNS = 20

_CSI = re.compile(r"\x1b\[([0-?]*)[ -/]*([@-~])")
_OSC = re.compile(r"\x1b\][^\x07\x1b]{0,255}(?:\x07|\x1b\\)")
_OTHER = re.compile(r"\x1b(?:[()#%][0-~]|[0-Z\\^-~])")
# What is still short of a whole sequence: ESC, an unfinished CSI, an unfinished charset choice, an unfinished title.
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[()#%]|\][^\x07\x1b]{0,255}\x1b?)?\Z")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]+")


class Screen:
    """Lines of a terminal, built up from bytes.

    lines: finished lines. current: the line the cursor is on. plain: everything printable with its line ends,
    nothing overwritten, no escape sequence: the record of what was said.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current = ""
        self._column = 0
        self._plain: list[str] = []
        self._size = 0
        self._pending = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    @property
    def plain(self) -> str:
        return "".join(self._plain)

    @property
    def text(self) -> str:
        """All lines as a reader sees them now, the current one last."""
        return "\n".join([*self.lines, self.current])

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises TranscriptError beyond LIMIT_CHARS, or beyond LIMIT_COLUMNS in one line."""
        text = self._pending + self._decoder.decode(data)
        self._pending = ""
        self._size += len(data)
        if self._size > LIMIT_CHARS:
            raise TranscriptError(f"the console sent more than {LIMIT_CHARS} bytes in answer to one command")
        at = 0
        while at < len(text):
            at = self._take(text, at)

    def _take(self, text: str, at: int) -> int:
        if run := _PLAIN.match(text, at):
            self._print(run.group())
            return run.end()
        if text[at] == "\x1b":
            return self._escape(text, at)
        self._control(text[at])
        return at + 1

    def _print(self, run: str) -> None:
        if len(run) >= _WIPE_COLUMNS and run.isspace() and self.current[self._column :].strip():
            self._new_line()  # what was wiped stays readable, so that nobody takes its rest for a line of its own
        line, column = self.current, self._column
        if column + len(run) > LIMIT_COLUMNS:
            raise TranscriptError(f"the console sent a line of more than {LIMIT_COLUMNS} columns")
        self.current = line[:column].ljust(column) + run + line[column + len(run) :]
        self._column = column + len(run)
        self._plain.append(run)

    def _control(self, char: str) -> None:
        if char == "\n":
            self._new_line()
        elif char == "\r":
            self._column = 0
        elif char == "\b":
            self._column = max(0, self._column - 1)
        elif char == "\t":
            self._print("\t")

    def _new_line(self) -> None:
        self.lines.append(self.current)
        self.current = ""
        self._column = 0
        self._plain.append("\n")

    def _escape(self, text: str, at: int) -> int:
        if csi := _CSI.match(text, at):
            self._csi(csi.group(1), csi.group(2))
            return csi.end()
        if other := _OSC.match(text, at) or _OTHER.match(text, at):
            return other.end()
        if _UNFINISHED.match(text, at):
            self._pending = text[at:]
            return len(text)
        return at + 1  # an escape character that begins nothing

    def _csi(self, parameters: str, final: str) -> None:
        count = int(parameters) if parameters.isdigit() and len(parameters) < 4 else 1
        if final == "K":
            self.current = self.current[: self._column] if parameters in ("", "0") else ""
        elif final == "D":
            self._column = max(0, self._column - count)
        elif final == "C":
            self._column += count
        elif final in "HfJ" and self.current:
            self._new_line()
