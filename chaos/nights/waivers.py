"""Waivers: failures that are known, for a clause, a cell, a release, with a reason, a ticket and a last day.

    waivers:
      - clause: CTI-06
        cell: {node: fin-b.example.com}   # or: all
        release: 12.6(2)
        reason: Queue statistics are answered in the gap
        ticket: FIN-1234
        expires: 2026-12-31

A waiver never turns a verdict into HELD: what is VIOLATED stays so, in pytest and in every report, and is called known.
It applies while all of a test's violations lie in cells that waivers name. One that has lapsed applies to nothing and
is told loudly, as is one that is not needed any more, or names no cell of its clause's grid.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from chaos.errors import UsageError
from chaos.inventory import Release
from chaos.inventory.files import NotReadable, read_small
from chaos.inventory.yamltree import read_document, told
from chaos.report import Judged
from chaos.report.known import APPLIED, LAPSED, NO_CELL, NOT_JUDGED, NOT_NEEDED, OTHER_RELEASE, WaiverRow
from chaos.verdicts import CLAUSES, Outcome, Verdict

_SIZE_MAX = 1024 * 1024
_KEYS = ("clause", "cell", "release", "reason", "ticket", "expires")
_EVERYWHERE = "all"


@dataclass(frozen=True)
class Waiver:
    """place: "FILE, waiver 2". cell: (axis, value); () for the whole clause. expires: the last day that it applies."""

    place: str
    clause: str
    cell: tuple[tuple[str, str], ...]
    release: str
    reason: str
    ticket: str
    expires: date

    def in_force(self, release: str, today: date) -> bool:
        return self.release == release and today <= self.expires

    def covers(self, cell: Iterable[tuple[str, str]]) -> bool:
        """Whether a violation at that cell is the one that is known."""
        return set(self.cell) <= set(cell)

    @property
    def where(self) -> str:
        return ", ".join(f"{axis} {value}" for axis, value in self.cell) or "everywhere"


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Raises UsageError: the file cannot be read, or something in it is wrong; with its place, the value, a remedy."""
    try:
        text = read_small(path, _SIZE_MAX).data.decode("utf-8-sig")
    except NotReadable as error:
        raise UsageError(f"waivers {path}: {error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"waivers {path}: it is not UTF-8 text; save it as UTF-8") from None
    return parsed(text, str(path))


def parsed(text: str, name: str) -> tuple[Waiver, ...]:
    """The waivers of that text. Raises UsageError."""
    document = _as_text(read_document(text, name, "a file of waivers").data)
    if not isinstance(document, dict) or list(document) != ["waivers"] or not isinstance(document["waivers"], list):
        raise UsageError(f"{name} holds no waivers: it begins with 'waivers:' and a list, see docs/nights.md")
    found = tuple(_waiver(raw, f"{name}, waiver {n}") for n, raw in enumerate(document["waivers"], 1))
    for n, one in enumerate(found):
        twin = next((other for other in found[:n] if _same(one, other)), None)
        if twin is not None:
            raise UsageError(
                f"{one.place} is the same as {twin.place} ({one.clause}, {one.where}): remove one of the two"
            )
    return found


def _as_text(data: Any) -> Any:
    """All of it is text, as it was written: no release becomes a number."""
    if isinstance(data, dict):
        return {str(key): _as_text(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_as_text(value) for value in data]
    if isinstance(data, bool):
        return str(data).lower()
    return "" if data is None else getattr(data, "text", str(data))


def _same(one: Waiver, other: Waiver) -> bool:
    return (one.clause, set(one.cell), one.release) == (other.clause, set(other.cell), other.release)


def _waiver(raw: object, place: str) -> Waiver:
    if not isinstance(raw, dict):
        raise UsageError(f"{place} is {told(raw)}: give {', '.join(_KEYS)}")
    for key in raw:
        if key not in _KEYS:
            raise UsageError(
                f"{place} has no key {str(key)[:80]!r}{_meant(str(key), _KEYS)}: it takes {', '.join(_KEYS)}"
            )
    for key in _KEYS:
        if raw.get(key) in (None, "", {}):
            remedy = "; for the whole clause say 'cell: all'" if key == "cell" else ""
            raise UsageError(f"{place} has no {key}: give {', '.join(_KEYS)}{remedy}")
    texts = {key: _text(raw[key], key, place) for key in ("clause", "release", "reason", "ticket")}
    _known(texts["clause"], [clause.id for clause in CLAUSES], "clause", place)
    _known(texts["release"], get_args(Release), "release", place)
    return Waiver(place, cell=_cell(raw["cell"], place), expires=_day(raw["expires"], place), **texts)


def _text(value: Any, key: str, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{place}: {key} is {told(value)}: give a text")
    return " ".join(value.split())


def _known(value: str, known: Sequence[str], key: str, place: str) -> None:
    if value not in known:
        raise UsageError(f"{place}: there is no {key} {value[:80]!r}{_meant(value, known)}; one of {_some(known)}")


def _some(known: Sequence[str]) -> str:
    return ", ".join(known) if len(known) <= 8 else f"{known[0]} … {known[-1]}, see `finesse-chaos clauses`"


def _cell(value: object, place: str) -> tuple[tuple[str, str], ...]:
    if value == _EVERYWHERE:
        return ()
    if not isinstance(value, dict) or any(isinstance(item, dict | list) for item in value.values()):
        raise UsageError(f"{place}: cell is {told(value)}: give axes with their values, {{node: fin-b}}, or 'all'")
    return tuple(sorted((str(axis), str(item)) for axis, item in value.items()))


def _day(value: object, place: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{place}: expires is {told(value)}, which is no day: write it like 2026-12-31") from None


def _meant(value: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(value, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def known_issues(verdict: Verdict, waivers: Sequence[Waiver], release: str, today: date) -> tuple[str, ...]:
    """The tickets under which everything that is wrong is known; () if something is not, or nothing is wrong."""
    if verdict.outcome is not Outcome.VIOLATED:
        return ()
    forced = [one for one in waivers if one.clause == verdict.clause and one.in_force(release, today)]
    wrong = [finding.cell.at for finding in verdict.findings if finding.outcome is Outcome.VIOLATED] or [()]
    if not all(any(one.covers(cell) for one in forced) for cell in wrong):
        return ()
    covering = (one for one in forced if any(one.covers(cell) for cell in wrong))
    return tuple(dict.fromkeys(f"{one.ticket} (until {one.expires})" for one in covering))


def became_of(waivers: Sequence[Waiver], rows: Sequence[Judged], release: str, today: date) -> tuple[WaiverRow, ...]:
    """What became of each waiver in a run."""
    return tuple(_row(one, *_state(one, rows, release, today)) for one in waivers)


def _state(one: Waiver, rows: Sequence[Judged], release: str, today: date) -> tuple[str, str]:
    verdicts = [row.verdict for row in rows if row.clause == one.clause and row.verdict is not None]
    grid = [dict(state.cell.at) for verdict in verdicts for state in verdict.grid]
    wrong = [
        finding.cell.at
        for verdict in verdicts
        for finding in verdict.findings
        if finding.outcome is Outcome.VIOLATED and one.covers(finding.cell.at)
    ]
    if one.release != release:
        return OTHER_RELEASE, f"it is for release {one.release}, and this lab has {release}"
    if today > one.expires:
        what = f"{one.clause} is VIOLATED there, and counts" if wrong else "nothing is VIOLATED there: strike it"
        renew = f"; renew 'expires' of {one.place}, or mend what {one.ticket} says" if wrong else ""
        return LAPSED, f"it LAPSED on {one.expires}: {what}{renew}"
    if not verdicts:
        return NOT_JUDGED, f"{one.clause} was not judged in this run"
    misspelt = _no_cell(one, grid)
    if misspelt is not None and not wrong:
        return NO_CELL, f"it applies to nothing: {misspelt}; correct {one.place}"
    if wrong:
        return APPLIED, f"{one.clause} is VIOLATED there, which is known"
    return NOT_NEEDED, f"nothing is VIOLATED there any more: strike {one.place}"


def _no_cell(one: Waiver, grid: Sequence[dict[str, str]]) -> str | None:
    """What of the waiver's cell no grid has; None if there is such a cell, or nothing to tell by."""
    if not grid or any(all(cell.get(axis) == value for axis, value in one.cell) for cell in grid):
        return None
    for axis, value in one.cell:
        values = list(dict.fromkeys(cell[axis] for cell in grid if axis in cell))
        if not values:
            axes = list(dict.fromkeys(axis for cell in grid for axis in cell))
            return f"the grid of {one.clause} has no axis '{axis}'{_meant(axis, axes)}; it has {', '.join(axes)}"
        if value not in values:
            return f"'{axis}' is never '{value}'{_meant(value, values)}; it is one of {', '.join(values[:12])}"
    return f"no cell is at {one.where}"


def _row(one: Waiver, state: str, said: str) -> WaiverRow:
    where = f"at {one.where}" if one.cell else one.where
    sentence = f"waiver of {one.clause} {where} ({one.ticket}): {said}"
    expires = one.expires.isoformat()
    return WaiverRow(one.clause, dict(one.cell), one.release, one.reason, one.ticket, expires, state, sentence)
