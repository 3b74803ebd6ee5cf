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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from chaos.errors import UsageError
from chaos.inventory import Release
from chaos.inventory.files import NotReadable, read_small
from chaos.inventory.yamltree import Tree, read_document, told
from chaos.report import Judged
from chaos.report.known import APPLIED, LAPSED, NO_CELL, NOT_JUDGED, NOT_NEEDED, OTHER_RELEASE, WaiverRow
from chaos.verdicts import CLAUSES, Outcome, Verdict

_SIZE_MAX = 1024 * 1024
_KEYS = ("clause", "cell", "release", "reason", "ticket", "expires")
_EVERYWHERE = "all"
_CHOICES: Mapping[str, Sequence[str]] = {"clause": [clause.id for clause in CLAUSES], "release": get_args(Release)}
_SHOWN_MAX = 20

# The waiver's place in the list, the key at which something is wrong ("": the whole of it), and what.
Wrong = tuple[int, str, str]


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
    """The waivers of that text. Raises UsageError: all that is wrong, a line each."""
    tree = read_document(text, name, "a file of waivers")
    document = _as_text(tree.data)
    if not isinstance(document, dict) or list(document) != ["waivers"] or not isinstance(document["waivers"], list):
        raise UsageError(f"{name} holds no waivers: it begins with 'waivers:' and a list, see docs/nights.md")
    raws: list[Any] = document["waivers"]
    wrong = [(n, key, said) for n, raw in enumerate(raws) for key, said in _wrong_in(raw)]
    found = () if wrong else tuple(_waiver(raw, f"{name}, waiver {n}") for n, raw in enumerate(raws, 1))
    for n, one in enumerate(found):
        twin = next((at for at, other in enumerate(found[:n]) if _same(one, other)), None)
        if twin is not None:
            same = f" is the same as waiver {twin + 1} ({one.clause}, {one.where}): remove one of the two"
            wrong.append((n, "", same))
    if wrong:
        raise UsageError(_told_of(wrong, name, tree))
    return found


def _told_of(wrong: Sequence[Wrong], name: str, tree: Tree) -> str:
    """With the line and column of each; of several, how many they are."""
    lines = []
    for n, key, said in wrong[:_SHOWN_MAX]:
        at = tree.place(("waivers", n, *([key] if key else [])), on_key=bool(key))
        lines.append(f"{name}:{at.line}:{at.column}: waiver {n + 1}{said}")
    if len(wrong) > _SHOWN_MAX:
        lines.append(f"… and {len(wrong) - _SHOWN_MAX} more")
    return lines[0] if len(wrong) == 1 else "\n".join([f"{name}: {len(wrong)} problems; nothing was touched", *lines])


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


def _wrong_in(raw: object) -> Iterator[tuple[str, str]]:
    """What is wrong in a waiver, in words, each with the key at which it stands, "" for the whole of it."""
    if not isinstance(raw, dict):
        yield "", f" is {told(raw)}: give {', '.join(_KEYS)}"
        return
    unknown = [key for key in raw if key not in _KEYS]
    for key in unknown:
        yield key, f" has no key {key[:80]!r}{_meant(key, _KEYS)}: it takes {', '.join(_KEYS)}"
    misspelt = {near for key in unknown for near in _near(key, _KEYS)}
    for key in _KEYS:
        if raw.get(key) not in (None, "", {}):
            yield from ((key, said) for said in _wrong_value(key, raw[key]))
        elif key in raw or key not in misspelt:  # a key that is misspelt is told above, and not told to be missing, too
            remedy = "; for the whole clause say 'cell: all'" if key == "cell" else ""
            yield key if key in raw else "", f" has no {key}: give {', '.join(_KEYS)}{remedy}"


def _wrong_value(key: str, value: object) -> Iterator[str]:
    if key == "cell":
        if _cell(value) is None:
            yield f": cell is {told(value)}: give axes with their values, {{node: fin-b}}, or 'all'"
    elif key == "expires":
        if _day(value) is None:
            yield f": expires is {told(value)}, which is no day: write it like 2026-12-31"
    elif not isinstance(value, str) or not value.strip():
        yield f": {key} is {told(value)}: give a text"
    elif key in _CHOICES and _text(value) not in _CHOICES[key]:
        known = _CHOICES[key]
        yield f": there is no {key} {value[:80]!r}{_meant(_text(value), known)}; one of {_some(known)}"


def _waiver(raw: dict[str, Any], place: str) -> Waiver:
    """One in which nothing is wrong."""
    cell, expires = _cell(raw["cell"]), _day(raw["expires"])
    assert cell is not None
    assert expires is not None
    texts = {key: _text(raw[key]) for key in ("clause", "release", "reason", "ticket")}
    return Waiver(place, cell=cell, expires=expires, **texts)


def _text(value: str) -> str:
    return " ".join(value.split())


def _some(known: Sequence[str]) -> str:
    return ", ".join(known) if len(known) <= 8 else f"{known[0]} … {known[-1]}, see `finesse-chaos clauses`"


def _cell(value: object) -> tuple[tuple[str, str], ...] | None:
    """None: it is no cell."""
    if value == _EVERYWHERE:
        return ()
    if not isinstance(value, dict) or any(isinstance(item, dict | list) for item in value.values()):
        return None
    return tuple(sorted((str(axis), str(item)) for axis, item in value.items()))


def _day(value: object) -> date | None:
    """None: it is no day."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _meant(value: str, known: Sequence[str]) -> str:
    return "".join(f" (did you mean {near}?)" for near in _near(value, known))


def _near(value: str, known: Sequence[str]) -> list[str]:
    """The likeliest of these, if one is like it, whatever the letters."""
    by_lower = {one.lower(): one for one in known}
    return [by_lower[one] for one in difflib.get_close_matches(value.lower(), by_lower, n=1)]


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
