"""The lines of an undo log on disk, and reading them. Strict: what is not exactly a line of ours is not guessed at.

{"undo-log": 2, "lab": {"marks": […], "hosts": […]}}                       twice, so that one bad line costs no lab
{"undo": 1, "entry": {"kind": "service", "host": …, "service": …, "state": "STARTED"}}
{"kept": 1}
{"done": 1}
{"struck": 7}                                                              line 7 was looked at by a person
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chaos.undo.entries import Entry, Undo
from chaos.undo.whose import LabIdentity

Number = Annotated[int, Field(ge=1)]
_SHOWN_CHARS = 100


class Line(BaseModel):
    """One line of a log."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_by_name=True, serialize_by_alias=True)

    def bytes(self) -> bytes:
        return (
            self.model_dump_json(fallback=dict, warnings=False).encode() + b"\n"
        )  # a toxic's attributes are a mappingproxy


class Header(Line):
    version: Literal[2] = Field(default=2, alias="undo-log")
    lab: LabIdentity


class Owed(Line):
    undo: Number
    entry: Entry


class Kept(Line):
    kept: Number


class Done(Line):
    done: Number


class Struck(Line):
    struck: Number


_KINDS: Mapping[str, type[Line]] = {"undo-log": Header, "undo": Owed, "kept": Kept, "done": Done, "struck": Struck}
_ANY = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that nobody can read. why: in words, with what stands in it."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a log says. owed: entries by their numbers, oldest first; lines: where each stands.

    lab: whose it is, NOBODY if no header can be read. whole: how many bytes of it are whole lines; what follows is
    torn. last: the highest number so far.
    """

    lab: LabIdentity
    owed: Mapping[int, Undo]
    lines: Mapping[int, int]
    unreadable: tuple[Unreadable, ...]
    whole: int
    last: int


def read(data: bytes) -> Contents:
    """The contents of a log's bytes; raises nothing, whatever they are."""
    whole = data.rfind(b"\n") + 1
    lab = LabIdentity.NOBODY
    owed: dict[int, Undo] = {}
    lines: dict[int, int] = {}
    unreadable: dict[int, Unreadable] = {}  # by line
    last = 0
    for at, line in enumerate(data[:whole].split(b"\n")[:-1], 1):
        match _read_line(line):
            case Header(lab=known):
                lab = lab.joined(known)
            case Owed(undo=number, entry=entry):
                last = max(last, number)
                owed[number], lines[number] = entry, at
            case Kept():
                continue
            case Done(done=number):
                owed.pop(number, None)
                if number in lines:
                    unreadable.pop(lines[number], None)
            case Struck(struck=struck):
                unreadable.pop(struck, None)
                for number in [number for number, line_of in lines.items() if line_of == struck]:
                    owed.pop(number, None)
            case str(why):
                unreadable[at] = Unreadable(at, why)
                if unread := _number_in(line):
                    last = max(last, unread)
                    lines[unread] = at
    return Contents(lab, owed, lines, tuple(unreadable.values()), whole, last)


def _read_line(line: bytes) -> Line | str:
    """The line, or why it cannot be read."""
    shown = line[:_SHOWN_CHARS].decode("utf-8", errors="replace")
    try:
        keys = _ANY.validate_json(line)
        kind = next((model for key, model in _KINDS.items() if key in keys), None)
        if kind is None:
            return f"it is no line of an undo log: {shown!r}"
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"it makes no sense ({where + ': ' if where else ''}{first['msg']}): {shown!r}"


def _number_in(line: bytes) -> int | None:
    """The number of an entry that this version cannot read, so that who can may strike it."""
    try:
        number = _ANY.validate_json(line).get("undo")
    except ValidationError:
        return None
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None
