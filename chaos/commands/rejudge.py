"""`finesse-chaos rejudge`: judges a saved run's journals again."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from chaos.commands.paced import paced
from chaos.commands.places import Place
from chaos.commands.suites import REPORTS, play_by_pytest
from chaos.run.bundled import suites_folder
from chaos.run.staying import staying

if TYPE_CHECKING:
    from chaos.explore.kinds import Kind


@click.command()
@click.argument("run_folder", type=Place(), metavar="RUN")
@click.argument("what", nargs=-1, metavar="[FAMILY|CLAUSE]...")
@click.option("--folder", type=Place(), help="where artefacts go (default: a new one in reports/)")
@click.option("--strict", is_flag=True, help="what that lab could not host makes the exit status 3")
@click.option("--waivers", type=Place(), help="failures that are known, see docs/nights.md")
@click.option("--no-page", is_flag=True, help="build no HTML page at the end")
@click.option("--suites", type=Place(), help="another suites' folder than ours")
def rejudge(
    run_folder: Path,
    what: tuple[str, ...],
    folder: Path | None,
    strict: bool,
    waivers: Path | None,
    no_page: bool,
    suites: Path | None,
) -> None:
    """Judge the journals of a saved run again, for instance after a check was mended. Plays nothing.

    Without FAMILY or CLAUSE: those that the run itself was asked for. Journals of a soak or a replay are judged as they
    were then, each by every check.
    """
    from chaos.errors import UsageError
    from chaos.explore.kinds import is_exploration, kind_in
    from chaos.run.again import judged_in
    from chaos.run.selection import wanted

    if is_exploration(run_folder):
        found = run_folder / "found"
        again = f"`finesse-chaos replay {found}` plays and judges it again" if found.is_dir() else "it found nothing"
        raise UsageError(f"{run_folder} is an exploration, which keeps the journals of what it found alone: {again}")
    kind = kind_in(run_folder)
    if kind is not None:
        wrong = {"--strict": strict, "--waivers": waivers, "--suites": suites}
        _rejudge_schedules(kind, run_folder, folder, what, [name for name, given in wrong.items() if given])
    what = what or judged_in(run_folder)
    wanted(what)
    with staying():
        import pytest  # noqa: F401

        from chaos.run.asked import run_options
    found = suites_folder(suites)
    options = run_options(
        inventory=None, rejudge=run_folder, reports=Path(REPORTS).absolute(), folder=folder, waivers=waivers
    )
    play_by_pytest(found, what, options, page=not no_page, strict=strict)


def _rejudge_schedules(
    kind: "Kind", saved: Path, folder: Path | None, what: tuple[str, ...], wrong: list[str]
) -> NoReturn:
    """Judge what a soak or a replay has left, and leave with its status. wrong: options that say nothing of it.

    Raises UsageError.
    """
    from chaos.errors import UsageError
    from chaos.run.selection import wanted

    clauses = wanted(what)
    if wrong:
        raise UsageError(
            f"{saved} holds a {kind.value}, each {kind.one} of which is judged by every check: leave {wrong[0]} out"
        )
    from chaos.clock import stopwatch
    from chaos.explore.judgements import begun, counted, gather, judged_as
    from chaos.explore.rejudging import rejudgements
    from chaos.run.asked import alone_in, run_options
    from chaos.run.exits import status_of_run

    again = begun(kind, saved)
    options = run_options(inventory=None, rejudge=saved, reports=Path(REPORTS).absolute(), folder=folder)
    click.echo(f"judging the {kind.value} in {saved} again, artefacts in {options.folder}")
    with alone_in(options.folder), stopwatch() as passed_s:
        rows = rejudgements(saved, clauses)
        gather(rows, again, options.folder, click.echo, paced(passed_s), is_whole=again.is_whole)
    click.echo(f"{counted(again)}: {kind.page_in(options.folder)}")
    sys.exit(status_of_run(judged_as(again)))
