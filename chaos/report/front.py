"""Two pages of a run for people in a hurry, as Markdown: the front page, and what agents saw. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.journal import Header, Timeline
from chaos.report.judged import Judged
from chaos.report.noticed import listed, noticed
from chaos.report.summary import CellRow, ClauseRow, Summary
from chaos.report.together import Companion, follows_from
from chaos.verdicts import SECTIONS, Outcome
from chaos.verdicts.verdict import UNJUDGED

# More of them are no news.
_NEAREST_MAX = 10
_VALUES_MAX = 4
_REASONS_MAX = 2
_COLUMNS = (Outcome.HELD.value, Outcome.VIOLATED.value, Outcome.INCONCLUSIVE.value, "UNFIT", "NOT RUN")


@dataclass(frozen=True)
class Near:
    """How near a timed clause came to an edge of its bound. margin: part of the bound's width; below 0: missed."""

    clause: str
    margin: float
    measured: str
    bound: str


def front_page(summary: Summary, rows: Sequence[Judged]) -> str:
    """The conclusion, the lab, what failed, families, what was not judged, and what came nearest to its bound."""
    findings = summary.findings()
    parts = [
        f"# {summary.headline()}",
        *([f"**{_cell(findings)}**"] if findings else []),
        f"Lab {_cell(summary.lab)}, Finesse {_cell(summary.release)}, seed {summary.seed}, {summary.clock} clock; "
        f"{summary.lab_s:.1f} s of the lab's time were played in {summary.wall_s:.1f} s of real time; started "
        f"{summary.started or 'at an unknown time'}. All other times are the lab's.",
        *_failed(summary),
        *_waivers(summary),
        *_families(summary),
        *_not_judged(summary),
        *_nearest(rows),
    ]
    return "\n\n".join(parts) + "\n"


def floor_page(timelines: Sequence[Timeline]) -> str:
    """What agents saw, a paragraph an experiment, in the order played; for people who run the floor."""
    parts = ["# What agents saw", "In each experiment, by its journal alone; times are the lab's, from its beginning."]
    for timeline in timelines:
        for header in timeline.of(Header)[:1]:
            parts += [f"## {_cell(header.title)}", _cell(" ".join(noticed(timeline))), f"({_cell(header.experiment)})"]
    return "\n\n".join(parts) + "\n"


def nearest(rows: Sequence[Judged]) -> list[Near]:
    """The timed clauses that held, the one with the least margin first."""
    timed = [
        Near(row.clause, verdict.bound.margin(verdict.measured), str(verdict.measured), str(verdict.bound))
        for row in rows
        if (verdict := row.verdict) is not None and verdict.outcome is Outcome.HELD
        if verdict.measured is not None and verdict.bound is not None
    ]
    return sorted(timed, key=lambda one: one.margin)


def _waivers(summary: Summary) -> Iterator[str]:
    """What somebody has to do something about stands first."""
    if summary.waivers:
        yield "## Waivers"
        ordered = sorted(summary.waivers, key=lambda one: not one.is_loud)
        yield "\n".join(
            f"- {f'**{one.state.upper()}** ' if one.is_loud else ''}{_cell(one.said)}. {_cell(one.reason)}"
            for one in ordered
        )


def _failed(summary: Summary) -> Iterator[str]:
    if len(summary.groups) > 1:
        yield (
            "More than one thing is wrong, or one thing shows in more than one way. What goes together stands under "
            "one title; what is the nearest to a cause stands first: look there first."
        )
    names = {id(told): one.name for one, told in summary.violated()}
    noticed_under: dict[str, str] = {}
    for group in summary.groups:
        told = group.first
        yield f"## {group.name} is violated: {_cell(names[id(told)])}"
        lines = []
        for label, text in told.lines():
            if label == "agents noticed":
                before = noticed_under.setdefault(text, told.clause)
                text = text if before == told.clause else f"as under {before}"
            lines.append(f"- **{label}**: {_told(label, text)}")
        lines += [f"- **with it**: {_with(one, names[id(one.told)])}" for one in group.others]
        yield "\n".join(lines)


def _with(one: Companion, name: str) -> str:
    """One that goes with another, in a line: its own page has the rest."""
    told = one.told
    cells = told.cells.partition(" (")[0]
    seen = f"{told.short or 'violated'}{f'; {cells} cells' if cells else ''}"
    return f"**{told.clause}** ({_cell(name)}): {_cell(seen)}. {_cell(one.why[:1].upper() + one.why[1:])}."


def _told(label: str, text: str) -> str:
    """A command stands as it is typed."""
    return f"`{text}`" if label == "play it again" and "`" not in text else _cell(text)


def _families(summary: Summary) -> Iterator[str]:
    if not summary.clauses:
        return
    shown = [column for column in _COLUMNS if any(row.verdict == column for row in summary.clauses)]
    yield "## Clauses by family"
    lines = [f"| family | clauses | {' | '.join(shown)} | cells that held |", "|" + "---|" * (len(shown) + 3)]
    for family in dict.fromkeys(_family(row) for row in summary.clauses):
        own = [row for row in summary.clauses if _family(row) == family]
        counts = " | ".join(str(sum(row.verdict == column for row in own)) for column in shown)
        cells, held = (sum(values) for values in zip(*(_held(row) for row in own), strict=True))
        title = f"{family}: {SECTIONS.get(family, '')}".rstrip(": ")
        lines.append(f"| {title} | {len(own)} | {counts} | {f'{held:,} of {cells:,}' if cells else '–'} |")
    yield "\n".join(lines)
    yield (
        "A cell is one case of which a clause speaks: one node, one kind of request, one moment, one agent's state, "
        "and so on. A clause is HELD only if each of its cells was seen to hold, and VIOLATED if it was once seen not "
        "to hold."
    )


def _family(row: ClauseRow) -> str:
    return row.id.partition("-")[0]


def _held(row: ClauseRow) -> tuple[int, int]:
    return sum(row.cells.values()), row.cells.get(Outcome.HELD.value, 0)


def _not_judged(summary: Summary) -> Iterator[str]:
    """Each with its reason; those with the same one together, and what follows from a violated clause behind that."""
    same: dict[str, list[str]] = {}
    for row in summary.clauses:
        if row.verdict in (Outcome.HELD, Outcome.VIOLATED):
            if row.unfit_cells:
                of = f"{row.unfit_cells} of {sum(row.cells.values())}"
                same.setdefault(f": {of} cells are unfit for this lab: {_unfit(row)}", []).append(row.id)
            continue
        follows = follows_from(row, summary.groups)
        reason = f"follows from {follows}: the cases that are left are such in which that fails" if follows else ""
        same.setdefault(f" {row.verdict}: {_cell(reason or _in_short(row))}", []).append(row.id)
    for id in summary.untested:
        same.setdefault(": asked for, and no test judges it", []).append(id)
    yield "## Not judged, and why"
    yield "\n".join(f"- **{listed(ids)}**{why}" for why, ids in same.items()) or "All that was asked for was judged."


def _in_short(row: ClauseRow) -> str:
    """Its reason, each part of it once; of cells that nobody looked at, in what they are alike."""
    parts = list(dict.fromkeys(row.reason.split("; ")))
    left = [cell for one in row.details for cell in one.grid if cell.outcome == UNJUDGED]
    if not left or not any("were not judged" in part for part in parts):
        more = [f"and {len(parts) - _REASONS_MAX} more like these"] if len(parts) > _REASONS_MAX + 1 else []
        return "; ".join([*parts[:_REASONS_MAX], *more] if more else parts)
    first = next(number for number, part in enumerate(parts) if "were not judged" in part)
    total = sum(row.cells.values())
    return "; ".join(
        [*parts[:first], f"{len(left)} of {total} cells were not judged, nobody looked there: {_alike(left)}"]
    )


def _alike(cells: Sequence[CellRow]) -> str:
    """ "node fin-a and fin-b, reason Webapp": the values that they have, axis by axis."""
    axes = dict.fromkeys(axis for cell in cells for axis in cell.at)
    told = []
    for axis in axes:
        values = list(dict.fromkeys(cell.at[axis] for cell in cells if axis in cell.at))
        more = [f"{len(values) - _VALUES_MAX} more"] if len(values) > _VALUES_MAX else []
        told.append(f"{axis} {listed([*values[:_VALUES_MAX], *more])}")
    return ", ".join(told)


def _unfit(row: ClauseRow) -> str:
    reasons = dict.fromkeys(cell.reason for one in row.details for cell in one.grid if cell.outcome == "UNFIT")
    return _cell("; ".join(reasons))


def _nearest(rows: Sequence[Judged]) -> Iterator[str]:
    near = nearest(rows)
    if not near:
        return
    yield "## Nearest to an edge of its bound"
    lines = ["| clause | margin (of the bound's width) | measured | bound |", "|---|---|---|---|"]
    lines += [
        f"| {one.clause} | {one.margin:.1%} | {_cell(one.measured)} | {_cell(one.bound)} |"
        for one in near[:_NEAREST_MAX]
    ]
    if len(near) > _NEAREST_MAX:
        lines.append(f"| and {len(near) - _NEAREST_MAX} more, farther away | | | |")
    yield "\n".join(lines)


def _cell(text: str) -> str:
    """Plain text for Markdown, in a table or outside: what would be markup stands as it is."""
    return "".join("\\" + letter if letter in "\\`*_{}[]<>#|~" else letter for letter in " ".join(text.split()))
