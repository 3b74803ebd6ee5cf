"""`finesse-chaos preflight`: looks at a lab, and changes nothing there but that it makes missing proxies."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.commands.places import Place
from chaos.commands.suites import alone
from chaos.run.bundled import MOCK, inventory_file, suites_folder

if TYPE_CHECKING:
    from chaos.run.fitness import ClauseTest


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
@click.option("--json", "json_file", type=Place(dir_okay=False), help="write it as JSON, too")
@click.option("--all-agents", is_flag=True, help="ask spare agents as well; AWDB clauses then wait for half an hour")
@click.option("--suites", type=Place(), help="another suites' folder than ours")
def preflight(
    what: tuple[str, ...], inventory: Path, json_file: Path | None, all_agents: bool, suites: Path | None
) -> None:
    """Look at a lab: what is wrong, how to fix it, which clauses can be judged on it. Only missing proxies are made.

    Exit status: 0 all of them, 3 some of them cannot, 5 none of them can; 2 wrong usage or inventory.
    """
    from chaos.run.plan import tests_in
    from chaos.run.selection import wanted
    from chaos.run.surveying import look

    clauses = wanted(what)

    def tests() -> "list[ClauseTest]":
        folder = suites_folder(suites)
        return tests_in(folder, alone(folder))

    sys.exit(look(inventory_file(inventory), clauses, tests, json_file, spare_too=all_agents))
