"""The journal's file: one JSON line an observation, flushed as it is seen; load gives back what was saved, or says why
it cannot be trusted.

    {"kind":"Step","at_s":1.5,"number":7,"title":"…","chain":"9f86d081884c7d65"}

Theory of operation: a journal is evidence, so it is whole or says so. Its lines are numbered from 1, begin with a
Header and close with an Ended; each ends with a hash of itself and of the line before, so that a line that was dropped,
doubled, swapped or changed is noticed at once. That is a seal against accidents and careless hands, not against
somebody who computes it anew. The header's date is not sealed: but for it, two plays of one seed are the same. Reading
is strict: fields, types, order of times, nothing unknown, a limit on size.
"""

import errno
import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from chaos.errors import ChaosError
from chaos.journal.observations.base import Observation
from chaos.journal.observations.course import Header
from chaos.journal.observations.kinds import KINDS
from chaos.journal.timeline import Timeline
from chaos.redaction import KNOWN, Redactor

O = TypeVar("O", bound=Observation)  # noqa: E741  (the field's letter for an observation)

_TICK_S = 1e-6
_CHAIN = b',"chain":"'
# The one thing in which two plays of the same seed differ; were it sealed, all of their lines would.
_STARTED = re.compile(rb',"started":"[^"]*"')
_BEGINS = re.compile(rb'\{"kind":"(\w+)",')
_TAIL = len(_CHAIN) + 16 + len(b'"}')
# A day of service at a busy lab is some 100 MB; one line holds a console's answer at most, which has its own limit.
_FILE_BYTES_MAX = 2 << 30
_LINE_BYTES_MAX = 16 << 20


class JournalError(ChaosError):
    """A journal's file cannot be read, or is not what was written; names file, line and what is wrong."""


class Journal:
    """Writes observations to `path` (None: memory only) and keeps them; the clock is `now`, zeroed at construction.

    Times ascend strictly: what shares an instant is set apart by a microsecond each, in the order in which it was seen,
    so that before and after never depend on how exact a clock is. redactor: blots out what must not appear in any
    artefact (None: what this process knows); it is blotted out of what is kept, too, so that what is judged now is what
    is judged again.

    trouble: why the file is not whole (a full disk), None if it is. Noting never raises for that: whoever notes may be
    rolling a fault back, and no note is worth a broken lab. Whoever judges asks.
    """

    def __init__(self, path: Path | None, now: Callable[[], float], *, redactor: Redactor | None = None) -> None:
        self._now = now
        self._zero_s = now()
        self._last_s = 0.0
        self._timeline = Timeline()
        self._watchers: list[Callable[[Observation], None]] = []
        self._redactor = redactor or KNOWN
        self._chain = b""
        self._counts: Counter[str] = Counter()
        self.trouble: str | None = None
        try:
            self._file = None if path is None else path.open("wb")
        except OSError as error:
            raise JournalError(f"{path}: cannot be written: {error.strerror}; give another --folder") from error

    def now_s(self) -> float:
        """Seconds since this journal began; never before what was recorded last."""
        return max(self._last_s, round(self._now() - self._zero_s, 6))

    def moment_s(self) -> float:
        """A time of its own, now: after everything that was recorded, before everything that will be."""
        at_s = self.now_s()
        if len(self._timeline) and at_s <= self._last_s:
            at_s = round(self._last_s + _TICK_S, 6)
        self._last_s = at_s
        return at_s

    def nth(self, kind: type[Observation]) -> int:
        """The how manieth of its kind is on its way into this journal, from 1: for observers who count what reaches
        them before anything is made of it, so that what is lost or told twice from there on shows."""
        self._counts[kind.__name__] += 1
        return self._counts[kind.__name__]

    def observe(self, seen: O) -> O:
        """Count what an observer saw, then note it."""
        self.nth(type(seen))
        return self.record(seen)

    def counted(self) -> tuple[tuple[str, int], ...]:
        """How many of each kind were on their way, by its name, as far as their observers count."""
        return tuple(sorted(self._counts.items()))

    def on_clock(self, loop_s: float) -> float:
        """A reading of the loop's clock as seconds of this journal."""
        return round(loop_s - self._zero_s, 6)

    def record(self, seen: O) -> O:
        """Note one observation, now; the result is that observation with its time and number.

        Whoever notes what he sees of a lab, and not the course of an experiment, counts it: `observe`, or `nth`.
        """
        observation = replace(seen, at_s=self.moment_s(), number=len(self._timeline) + 1)
        line = _line(observation)
        # One look at a line for all secrets: a lab has dozens, and a run writes tens of thousands of lines.
        if self._redactor.may_tell(line):
            observation = self._told(observation)
            line = _line(observation)
        self._timeline.add(observation)
        if self._file is not None and self.trouble is None:
            try:
                self._file.write(self._sealed(line))
                self._file.flush()
            except OSError as error:
                self.trouble = f"{self._file.name}: cannot be written: {error.strerror or error}; give another --folder"
        for watcher in tuple(self._watchers):
            watcher(observation)
        return observation

    def watch(self, watcher: Callable[[Observation], None]) -> Callable[[], None]:
        """Call `watcher` with every observation from now on; the result takes it off again."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def timeline(self) -> Timeline:
        """What has been seen so far; it goes on growing with this journal."""
        return self._timeline

    def close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:  # what it had not written yet
                self.trouble = self.trouble or f"{self._file.name}: cannot be written: {error.strerror or error}"

    def _sealed(self, line: bytes) -> bytes:
        self._chain = _sealed(self._chain, line[:-1])
        return line[:-1] + _CHAIN + self._chain + b'"}\n'

    def _told(self, observation: O) -> O:
        """The same without secrets. Its texts alone are looked through: a password "1" must not tear numbers apart. A
        header says what was played where, in our words and the inventory's: no peer has a part in it."""
        if isinstance(observation, Header):
            return observation
        adapter = _adapter(type(observation))
        before = adapter.dump_python(observation)
        after = self._redactor.told_in(before)
        told: O = observation if after == before else adapter.validate_python(after)
        return told


def load(path: Path) -> Timeline:
    """Read a journal back. A torn last line is left out and noted.

    Raises JournalError: the file is missing, or it is not, line for line, what a journal of ours has written.
    """
    try:
        lines = _plain(path).split(b"\n")
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}; name a run's folder or a .jsonl file") from error
    torn = lines.pop() != b""
    timeline = Timeline(torn=torn)
    chain = b""
    last_s = float("-inf")
    for number, line in enumerate(lines, 1):
        try:
            chain = _unsealed(chain, line)
            seen = _typed(line)
            _in_order(seen, number, last_s, timeline)
        except ValueError as error:
            raise JournalError(
                f"{path}:{number}: not what a journal of ours has written here: {error}; was the file edited, mixed "
                "up, or written by another release? play the experiment again"
            ) from error
        timeline.add(seen)
        last_s = seen.at_s
    return timeline


def _plain(path: Path) -> bytes:
    """All of it. A pipe would have us wait for its writer, and a device never ends. Raises OSError, JournalError."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        found = os.fstat(file)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise JournalError(f"{path}: no plain file, but a pipe or a device: no journal of ours")
        if found.st_size > _FILE_BYTES_MAX:
            raise JournalError(f"{path}: longer than {_FILE_BYTES_MAX >> 20} MB: no journal of ours")
        with open(file, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(file)


def _in_order(seen: Observation, number: int, last_s: float, before: Timeline) -> None:
    """Raises ValueError: this line cannot follow what was read before."""
    if seen.number != number:
        raise ValueError(f"it is number {seen.number}, and line {number}")
    if seen.at_s <= last_s:
        raise ValueError(f"its time {seen.at_s} s is not after {last_s} s")
    if number > 1 and isinstance(seen, Header):
        raise ValueError("a journal has one header, its first line")
    if before.ended is not None:
        raise ValueError("the journal had ended before")


def _sealed(chain: bytes, line: bytes) -> bytes:
    if not chain:
        line = _STARTED.sub(b"", line, count=1)
    return hashlib.blake2b(chain + line, digest_size=8).hexdigest().encode()


def _unsealed(chain: bytes, line: bytes) -> bytes:
    """The line's own hash. Raises ValueError: it has none, or one of another line or place."""
    if len(line) > _LINE_BYTES_MAX:
        raise ValueError(f"longer than {_LINE_BYTES_MAX >> 20} MB")
    tail = line[-_TAIL:]
    if len(line) <= _TAIL or not tail.startswith(_CHAIN) or not tail.endswith(b'"}'):
        raise ValueError("it does not end with its hash")
    written = tail[len(_CHAIN) : -2]
    if _sealed(chain, line[:-_TAIL]) != written:
        raise ValueError("its hash does not follow from it and the line before")
    return written


# --- observations as JSON, by pydantic, strict ------------------------------------------------------------------------

_CONFIG = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
_ADAPTERS: dict[type[Observation], TypeAdapter[Any]] = {}
_READERS: dict[str, TypeAdapter[list[Any]]] = {}


def _adapter(kind: type[Observation]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _line(observation: Observation) -> bytes:
    kind = type(observation)
    return b'{"kind":"' + kind.__name__.encode() + b'",' + bytes(_adapter(kind).serializer.to_json(observation)[1:])


def _reader(name: str) -> TypeAdapter[list[Any]]:
    """Of a list of that kind: for a dataclass by itself pydantic takes no configuration."""
    if name not in _READERS:
        _READERS[name] = TypeAdapter(list[KINDS[name]], config=_CONFIG)  # type: ignore[valid-type]  # known by its name
    return _READERS[name]


def _typed(line: bytes) -> Observation:
    """Raises ValueError: the line, which ends with a hash, is not an observation."""
    begins = _BEGINS.match(line)
    name = begins[1].decode() if begins is not None else ""
    if begins is None or name not in KINDS:
        raise ValueError(f"its kind is {name!r}" if begins is not None else "it does not begin with its kind")
    try:
        seen, *more = _reader(name).validate_json(b"[{" + line[begins.end() : -_TAIL] + b"}]")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or name
        raise ValueError(f"{name}, {where}: {first['msg']}") from error
    if more:
        raise ValueError("there is more than one in it")
    found: Observation = seen
    return found
