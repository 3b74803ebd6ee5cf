"""The journal's file: one JSON line an observation, flushed as it is seen; load gives back what was saved."""

import json
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from chaos.errors import ChaosError
from chaos.journal.observations import KINDS, Observation
from chaos.journal.timeline import Timeline

O = TypeVar("O", bound=Observation)  # noqa: E741  (the field's letter for an observation)

HIDDEN = "•••"
_TICK_S = 1e-6


class JournalError(ChaosError):
    """A journal's file cannot be read; names file, line and what is wrong."""


class Journal:
    """Writes observations to `path` (None: memory only) and keeps them; the clock is `now`, zeroed at construction.

    Times ascend strictly: what shares an instant is set apart by a microsecond each, in the order in which it was seen,
    so that before and after never depend on how exact a clock is. secrets: strings that must not appear in any
    artefact; they are written as dots wherever they occur.
    """

    def __init__(self, path: Path | None, now: Callable[[], float], *, secrets: Iterable[str] = ()) -> None:
        self._now = now
        self._zero_s = now()
        self._last_s = 0.0
        self._seen: list[Observation] = []
        self._watchers: list[Callable[[Observation], None]] = []
        self._secrets = tuple(sorted((secret for secret in secrets if secret), key=len, reverse=True))
        self._file = None if path is None else path.open("w", encoding="utf-8", errors="backslashreplace")

    def now_s(self) -> float:
        """Seconds since this journal began; never before what was recorded last."""
        return max(self._last_s, round(self._now() - self._zero_s, 6))

    def moment_s(self) -> float:
        """A time of its own, now: after everything that was recorded, before everything that will be."""
        at_s = self.now_s()
        if self._seen and at_s <= self._last_s:
            at_s = round(self._last_s + _TICK_S, 6)
        self._last_s = at_s
        return at_s

    def on_clock(self, loop_s: float) -> float:
        """A reading of the loop's clock as seconds of this journal."""
        return round(loop_s - self._zero_s, 6)

    def record(self, kind: Callable[..., O], **seen: Any) -> O:
        """Note one observation of that kind, now."""
        observation = kind(at_s=self.moment_s(), **seen)
        self._seen.append(observation)
        if self._file is not None:
            self._file.write(self._line(observation))
            self._file.flush()
        for watcher in tuple(self._watchers):
            watcher(observation)
        return observation

    def watch(self, watcher: Callable[[Observation], None]) -> Callable[[], None]:
        """Call `watcher` with every observation from now on; the result takes it off again."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def timeline(self) -> Timeline:
        """What has been seen so far."""
        return Timeline(tuple(self._seen))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _line(self, observation: Observation) -> str:
        line = json.dumps({"kind": type(observation).__name__, **_plain(observation)}, ensure_ascii=False)
        for secret in self._secrets:
            line = line.replace(json.dumps(secret, ensure_ascii=False)[1:-1], HIDDEN)
        return line + "\n"


def load(path: Path) -> Timeline:
    """Read a journal back. A torn last line is left out and noted.

    Raises JournalError: the file is missing, or a line other than the last is not one of ours.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}; name a run's folder or a .jsonl file") from error
    torn = lines.pop() != ""
    seen: list[Observation] = []
    for number, line in enumerate(lines, 1):
        try:
            seen.append(_typed(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError(f"{path}:{number}: not a line of a journal: {error}; was the file edited?") from error
    return Timeline(tuple(seen), torn=torn)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def _typed(line: dict[str, Any]) -> Observation:
    name = line.pop("kind")
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"unknown kind {name!r}")
    hints = _hints(kind)
    unknown = line.keys() - hints.keys()
    if unknown:
        raise ValueError(f"{name} has no field {sorted(unknown)[0]!r}")
    return kind(**{key: _value(hints[key], value) for key, value in line.items()})


def _hints(kind: type) -> dict[str, Any]:
    """The kind's field types, resolved once."""
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind)
    return _HINTS[kind]


_HINTS: dict[type, dict[str, Any]] = {}


def _value(hint: Any, value: Any) -> Any:
    """`value` from JSON as `hint` wants it: tuples, enums, nested dataclasses; anything else must be of the type."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _value(next(choice for choice in typing.get_args(hint) if choice is not type(None)), value)
    if origin is tuple:
        kinds = typing.get_args(hint)
        each = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else kinds
        return tuple(_value(item_hint, item) for item_hint, item in zip(each, value, strict=True))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return hint(**{key: _value(_hints(hint)[key], item) for key, item in value.items()})
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise TypeError(f"{value!r} is not a {hint.__name__}")
    return value
