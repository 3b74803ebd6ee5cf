"""`finesse-chaos plan`: what a run would play on a lab, and how long it would take."""

import os
from pathlib import Path

import click

from chaos.commands.places import Place
from chaos.commands.suites import REPORTS, alone
from chaos.run.bundled import MOCK, inventory_file, suites_folder


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
@click.option("--real-time", is_flag=True, help="an ordinary clock for the mock too")
@click.option("--suites", type=Place(), help="another suites' folder than ours")
def plan(what: tuple[str, ...], inventory: Path, real_time: bool, suites: Path | None) -> None:
    """What `run` would play on this lab, and how long it would take. Nothing is touched."""
    from chaos.errors import UsageError
    from chaos.inventory import load
    from chaos.run.console import result_console
    from chaos.run.lengths import lengths_for
    from chaos.run.options import is_virtual
    from chaos.run.plan import tests_in
    from chaos.run.planning import planned, print_plan
    from chaos.run.selection import no_test_judges, wanted

    clauses = wanted(what)
    lab = load(inventory_file(inventory), os.environ)
    folder = suites_folder(suites)
    tests = [test for test in tests_in(folder, alone(folder)) if test.clause in clauses]
    if not tests:
        raise UsageError(no_test_judges(clauses))
    virtual = is_virtual(lab, real_time)
    lengths = lengths_for(lab, folder, Path(REPORTS).absolute(), virtual=virtual)
    print_plan(planned(tests, lab, lengths), lab, result_console(), virtual=virtual)
