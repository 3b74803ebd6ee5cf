"""A schedule's file: short YAML, written by `explore`, read by `replay`, and by hand if somebody likes.

schedule: 1
found: CTI-09 …            # what it was found by; read by people
seed: 4711                 # what is drawn from as it is played again
begin: [talking, talking, ready, not-ready]
seats: [desktops]          # others sit there, one at each node
acts:
  - {break: sessions-reset, side: a, at: {when: start, then_s: 1.2}, for_s: 0.5}
  - {do: data, who: 1, at: {when: opened, nth: 2}}
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chaos.errors import UsageError
from chaos.explore.schedule import (
    AT_WORK,
    ROLES,
    SEAT_OF,
    SEATED,
    Act,
    Break,
    Do,
    Doing,
    Moment,
    Schedule,
    Seat,
    State,
    When,
)
from chaos.inventory.files import NotReadable, read_small
from chaos.inventory.yamltree import Loc, Tree, read_document, told
from chaos.run.selection import did_you_mean

SIZE_MAX = 64 * 1024
_FORM = 1
_ACTS_MAX = 50


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Moment(_Strict):
    when: When = When.START
    nth: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    then_s: Annotated[float, Field(ge=0.0, le=3600.0, allow_inf_nan=False, strict=True)] = 0.0


class _Break(_Strict):
    break_: Annotated[str, Field(alias="break")]
    side: Literal["a", "b", "in-use", "other"]
    at: _Moment = _Moment()
    for_s: Annotated[float, Field(ge=0.0, le=3600.0, allow_inf_nan=False, strict=True)] = 10.0


class _Do(_Strict):
    do: Doing
    who: Annotated[int, Field(ge=1, le=AT_WORK, strict=True)]
    at: _Moment = _Moment()


class _File(_Strict):
    schedule: Literal[1]
    found: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**64, strict=True)] | None = None
    begin: Annotated[tuple[State, ...], Field(min_length=AT_WORK, max_length=AT_WORK)] = (State.NOT_READY,) * AT_WORK
    seats: tuple[Seat, ...] = ()
    acts: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_ACTS_MAX)]


@dataclass(frozen=True, slots=True)
class Filed:
    """What a file holds. seed: what is drawn from as it is played again, None if it does not say."""

    schedule: Schedule
    seed: int | None = None


def written(schedule: Schedule, found: str = "", seed: int | None = None) -> str:
    """The text of its file. found: what it was found by, for people."""
    shape: dict[str, Any] = {"schedule": _FORM}
    if found:
        shape["found"] = found
    if seed is not None:
        shape["seed"] = seed
    shape["begin"] = [state.value for state in schedule.begin]
    if schedule.seats:
        shape["seats"] = [seat.value for seat in schedule.seats]
    shape["acts"] = [_act(act) for act in schedule.acts]
    return yaml.safe_dump(shape, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)


def _act(act: Act) -> dict[str, Any]:
    at: dict[str, Any] = {"when": act.at.when.value}
    if act.at.nth != 1:
        at["nth"] = act.at.nth
    if act.at.then_s:
        at["then_s"] = act.at.then_s
    if isinstance(act, Break):
        return {"break": act.fault, "side": act.side, "at": at, "for_s": act.for_s}
    return {"do": act.do.value, "who": act.who, "at": at}


def load(path: Path) -> Filed:
    """What is in that file. Raises UsageError: it cannot be read, or is none; with key, value and remedy."""
    try:
        text = read_small(path, SIZE_MAX).data.decode("utf-8-sig")
    except NotReadable as error:
        raise UsageError(f"{path}: expected a schedule's file, found {error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    return read(text, str(path))


def read(text: str, name: str = "the schedule") -> Filed:
    """What is in that text. Raises UsageError."""
    tree = read_document(text, name, "a schedule")
    data = tree.data
    if not isinstance(data, dict) or "schedule" not in data:
        raise UsageError(f"{name} holds no schedule: it begins with 'schedule: {_FORM}' (see `finesse-chaos explore`)")
    try:
        whole = _File.model_validate(data)
    except ValidationError as error:
        raise UsageError(_said(error, (), name, tree)) from None
    from chaos.explore.grammar import FAULTS  # all that plays: only a file that is one is worth that wait

    acts = tuple(_act_of(raw, number, name, tree) for number, raw in enumerate(whole.acts))
    for number, act in enumerate(acts):
        seat = FAULTS[act.fault].seat if isinstance(act, Break) else SEAT_OF.get(act.do)
        if seat is not None and seat not in whole.seats:
            raise _wrong(name, tree, ("acts", number), f" needs somebody who sits there: add 'seats: [{seat.value}]'")
        if isinstance(act, Do) and seat is not None and act.who > SEATED:
            place = ("acts", number, "who")
            raise _wrong(name, tree, place, f" is {act.who}: at {seat.value} there are 1 to {SEATED}")
        if act.at.when in (When.BEGUN, When.OVER) and act.at.nth > len(acts):
            place = ("acts", number, "at")
            raise _wrong(name, tree, place, f" is '{act.at.when.value}' of act {act.at.nth}, and there are {len(acts)}")
    for number in range(len(acts)):
        if _waits_for_itself(acts, number):
            at = acts[number].at
            said = f" is '{at.when.value}' of act {at.nth}, which waits for this one, and neither would ever come: "
            remedy = "count one from something else, for instance 'start'"
            raise _wrong(name, tree, ("acts", number, "at"), said + remedy)
    return Filed(Schedule(acts, whole.begin, tuple(dict.fromkeys(whole.seats))), whole.seed)


def _waits_for_itself(acts: Sequence[Act], number: int) -> bool:
    """Whether that act waits for one that waits, by however many others, for it."""
    waits_for = number
    for _ in acts:
        at = acts[waits_for].at
        if at.when not in (When.BEGUN, When.OVER) or at.nth > len(acts):
            return False
        waits_for = at.nth - 1
        if waits_for == number:
            return True
    return False  # of a circle that others go round


def _act_of(raw: dict[str, Any], number: int, name: str, tree: Tree) -> Act:
    shape = _Break if "break" in raw else _Do
    place = ("acts", number)
    if not {"break", "do"} & raw.keys():
        raise _wrong(name, tree, place, ": has neither 'break' nor 'do': say what is broken, or what somebody does")
    try:
        one = shape.model_validate(raw)
    except ValidationError as error:
        raise UsageError(_said(error, place, name, tree, shape)) from None
    at = Moment(one.at.when, one.at.nth, one.at.then_s)
    if isinstance(one, _Do):
        return Do(one.do, one.who, at)
    from chaos.explore.grammar import CTI_FAULTS, FAULTS

    if one.break_ not in FAULTS:
        known = ", ".join(FAULTS)
        raise _wrong(name, tree, (*place, "break"), f" is '{one.break_}', which is no kind of fault: one of {known}")
    if one.side in ROLES and one.break_ not in CTI_FAULTS:
        raise _wrong(name, tree, (*place, "side"), f" is '{one.side}', which only a CTI server's can be: say a or b")
    return Break(one.break_, one.side, at, one.for_s)


def _said(error: ValidationError, place: Loc, name: str, tree: Tree, shape: type[BaseModel] = _File) -> str:
    """The one thing that is worth saying first. A key that is not known stands before one that is missing: it is most
    often the same, misspelt."""
    problems = error.errors(include_url=False)
    first = next((one for one in problems if one["type"] == "extra_forbidden"), problems[0])
    loc = (*place, *(part for part in first["loc"] if isinstance(part, str | int)))
    if first["type"] == "extra_forbidden":
        known = _keys(_Moment if loc[-2:-1] == ("at",) else shape)
        remedy = did_you_mean(str(loc[-1]), known) or f"; the keys here are {', '.join(known)}"
        return str(_wrong(name, tree, loc, f" is no key that is known here{remedy}", on_key=True))
    if first["type"] == "missing":
        return str(_wrong(name, tree, loc, " is missing"))
    return str(_wrong(name, tree, loc, f": {first['msg']}, found {told(first['input'])}"))


def _keys(shape: type[BaseModel]) -> list[str]:
    return [field.alias or key for key, field in shape.model_fields.items()]


def _wrong(name: str, tree: Tree, loc: Loc, said: str, *, on_key: bool = False) -> UsageError:
    """What is said of that place, with line and column."""
    at = tree.place(loc, on_key=on_key)
    return UsageError(f"{name}:{at.line}:{at.column}: {_where(loc)}{said}")


def _where(loc: Loc) -> str:
    """ "act 2", "act 2: at.when", "seats 1", "begin": counted from 1, as people count, and as `nth` counts acts."""
    parts = [f" {part + 1}" if isinstance(part, int) else f".{part}" for part in loc]
    shown = "".join(parts).removeprefix(".")
    return re.sub(r"^acts (\d+)\.?", lambda act: f"act {act[1]}" + ": " * (act.end() < len(shown)), shown) or "the file"
