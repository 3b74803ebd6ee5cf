"""`finesse-chaos compare`: two runs of one lab held against each other."""

import sys
from pathlib import Path

import click

from chaos.commands.places import Place


@click.command()
@click.argument("before", type=Place(), metavar="RUN")
@click.argument("after", type=Place(), metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="for machines: one JSON document")
@click.option("--markdown", "as_markdown", is_flag=True, help="for a CI job's page")
def compare(before: Path, after: Path, as_json: bool, as_markdown: bool) -> None:
    """What changed from the first run to the second: verdicts, grids, and timings through the nights up to the second.

    Exit status: 0 nothing got worse; 1 a clause is VIOLATED that was not, or at more cells, or a timing has drifted; 3
    something was judged and is no longer; 2 wrong usage.
    """
    from chaos.nights.comparison import compared
    from chaos.nights.saved import nights_beside, saved_run
    from chaos.nights.told import as_json as document
    from chaos.nights.told import markdown, plain
    from chaos.run.exits import EXIT_HELD, EXIT_INCONCLUSIVE, EXIT_VIOLATED

    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown are two forms of one answer: give one of them")
    for path in (before, after):
        _require_run(path)
    earlier, later = saved_run(before), saved_run(after)
    nights, unread = nights_beside(later)
    found = compared(earlier, later, nights, unread)
    click.echo(document(found) if as_json else markdown(found) if as_markdown else plain(found))
    sys.exit(EXIT_VIOLATED if found.is_worse else EXIT_INCONCLUSIVE if found.says_less else EXIT_HELD)


def _require_run(path: Path) -> None:
    """Raises UsageError: a soak, a replay or an exploration is there; the first two have journals and no summary, as if
    they were broken off."""
    from chaos.errors import UsageError
    from chaos.explore.kinds import is_exploration, kind_in

    kind = kind_in(path)
    what = f"a {kind.value}" if kind else "an exploration" if is_exploration(path) else None
    if what is not None:
        raise UsageError(
            f"{path} is {what}: `compare` takes runs; name the folder of a run, for instance reports/latest"
        )
