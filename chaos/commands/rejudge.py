"""`finesse-chaos rejudge`: judges a saved run's journals again."""

from pathlib import Path

import click

from chaos.commands.suites import REPORTS, play_by_pytest
from chaos.run.bundled import suites_folder
from chaos.run.staying import staying


@click.command()
@click.argument("run_folder", type=click.Path(path_type=Path), metavar="RUN")
@click.argument("what", nargs=-1, metavar="[FAMILY|CLAUSE]...")
@click.option("--folder", type=click.Path(path_type=Path), help="where artefacts go (default: a new one in reports/)")
@click.option("--strict", is_flag=True, help="what that lab could not host makes the exit status 3")
@click.option("--waivers", type=click.Path(path_type=Path), help="failures that are known, see docs/nights.md")
@click.option("--no-page", is_flag=True, help="build no HTML page at the end")
@click.option("--suites", type=click.Path(path_type=Path), help="another suites' folder than ours")
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

    Without FAMILY or CLAUSE: those that the run itself was asked for.
    """
    from chaos.run.again import judged_in
    from chaos.run.selection import wanted

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
