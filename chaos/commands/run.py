"""`finesse-chaos run`: plays experiments and judges clauses."""

import os
from pathlib import Path

import click

from chaos.commands.loops import loop_option
from chaos.commands.places import Place
from chaos.commands.suites import REPORTS, play_by_pytest
from chaos.run.bundled import MOCK, inventory_file, suites_folder
from chaos.run.staying import staying


@click.command()
@click.argument("what", nargs=-1, metavar="[FAMILY|CLAUSE]...")
@click.option(
    "-i",
    "--inventory",
    type=Place(),
    default=MOCK,
    show_default=True,
    help="the lab's inventory, or 'mock' for the built-in one",
)
@click.option("--folder", type=Place(), help="where artefacts go (default: a new one in reports/)")
@click.option("--seed", type=int, help="the seed of every random choice (default: random, printed)")
@click.option("--real-time", is_flag=True, help="an ordinary clock for the mock too")
@loop_option("asyncio")
@click.option("--no-faults", is_flag=True, help="leave the injectors out, to see that nothing is held then")
@click.option("--mock-defect", multiple=True, metavar="NAME[@AXIS=VALUE,…]", help="switch a defect on (repeatable)")
@click.option(
    "--processes",
    type=click.IntRange(1, 2),
    help="of a long run on the mock, at most (default: 2 where there are processors)",
)
@click.option("--strict", is_flag=True, help="what this lab cannot host makes the exit status 3")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="keep the last N runs in reports/ (default: all)")
@click.option("--waivers", type=Place(), help="failures that are known, see docs/nights.md")
@click.option("--no-page", is_flag=True, help="build no HTML page at the end")
@click.option("--suites", type=Place(), help="another suites' folder than ours")
def run(
    what: tuple[str, ...],
    inventory: Path,
    folder: Path | None,
    seed: int | None,
    real_time: bool,
    loop: str,
    no_faults: bool,
    mock_defect: tuple[str, ...],
    processes: int | None,
    strict: bool,
    keep: int | None,
    waivers: Path | None,
    no_page: bool,
    suites: Path | None,
) -> None:
    """Play experiments and judge clauses: all of them, a family (CTI) or single clauses (CTI-04)."""
    from chaos.inventory import load
    from chaos.run.selection import wanted

    wanted(what)
    loaded = load(inventory_file(inventory), os.environ)
    found = suites_folder(suites)
    with staying():  # heavy: whoever has made a mistake is not kept waiting for it
        import pytest  # noqa: F401

        from chaos.run.asked import run_options

    options = run_options(
        inventory=loaded,
        inventory_name=str(inventory),
        reports=Path(REPORTS).absolute(),
        folder=folder,
        seed=seed,
        real_time=real_time,
        loop=loop,
        defects=mock_defect,
        faults_do_nothing=no_faults,
        waivers=waivers,
        keep=keep,
        processes=processes,
    )
    play_by_pytest(found, what, options, page=not no_page, strict=strict)
