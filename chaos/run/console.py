"""Where results are printed: on a terminal as wide as that is; piped, wrapped nowhere and without frames."""

import sys
from collections.abc import Sequence

from rich.console import Console, ConsoleRenderable, RenderHook
from rich.table import Table
from rich.text import Text

# Wider than any line of ours.
_UNWRAPPED = 1_000_000
_BETWEEN = "   "
# A column is as wide as its cells, but for those that are longer than that: a sentence would push all that follows it
# hundreds of columns away in every row.
_PADDED_MAX = 32


def result_console() -> Console:
    """Rich takes a pipe for a terminal of 80 columns; whoever searches what is piped looks for whole lines."""
    if sys.stdout.isatty():
        return Console()
    console = Console(width=_UNWRAPPED)
    console.push_render_hook(_Lines())
    return console


class _Lines(RenderHook):
    """A table is its rows, a line each."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_as_lines(one) if isinstance(one, Table) else one for one in renderables]


def _as_lines(table: Table) -> Text:
    title = [_plain(table.title)] if table.title else []
    head = [_plain(column.header) for column in table.columns]
    rows = [[_plain(cell) for cell in row] for row in zip(*(column.cells for column in table.columns), strict=True)]
    return Text("\n".join([*title, *lines_of([head, *rows])]))


def lines_of(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines without blanks at their ends, their columns below one another where they are narrow. Pure."""
    widths = [min(_PADDED_MAX, max(map(len, column))) for column in zip(*rows, strict=True)]
    return [_BETWEEN.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _plain(cell: object) -> str:
    """A cell of several lines is one line: a row is."""
    text = cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain
    return ", ".join(text.splitlines())
