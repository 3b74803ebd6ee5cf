"""Two pages of a run for people in a hurry, as Markdown: the front page, and what agents saw. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.journal import Header, Timeline
from chaos.report.judged import Judged
from chaos.report.noticed import noticed
from chaos.report.summary import ClauseRow, Summary
from chaos.verdicts import SECTIONS, Outcome

# More of them are no news.
_NEAREST_MAX = 10
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
    parts = [
        f"# {summary.conclusion()}",
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
    """The timed clauses, the one with the least margin first."""
    timed = [
        Near(row.clause, verdict.bound.margin(verdict.measured), str(verdict.measured), str(verdict.bound))
        for row in rows
        if (verdict := row.verdict) is not None and verdict.measured is not None and verdict.bound is not None
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
    violated = summary.violated()
    if len({told.clause for _, told in violated}) > 1:
        yield (
            "Several clauses are violated, and one cause often violates more than one. That which was seen most often "
            "not to hold, each thing counted once, stands first: look there first."
        )
    for one, told in violated:
        yield f"## {told.clause} is violated: {_cell(one.name)}"
        yield "\n".join(f"- **{label}**: {_told(label, text)}" for label, text in told.lines())


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
    told = [
        f"- **{row.id}** {row.verdict}: {_cell(row.reason)}"
        for row in summary.clauses
        if row.verdict not in (Outcome.HELD, Outcome.VIOLATED)
    ]
    told += [
        f"- **{row.id}**: {row.unfit_cells} of {sum(row.cells.values())} cells are unfit for this lab: {_unfit(row)}"
        for row in summary.clauses
        if row.unfit_cells and row.verdict in (Outcome.HELD, Outcome.VIOLATED)
    ]
    told += [f"- **{id}**: it was asked for, and no test judges it" for id in summary.untested]
    yield "## Not judged, and why"
    yield "\n".join(told) or "All that was asked for was judged."


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
