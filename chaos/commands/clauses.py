"""`finesse-chaos clauses`: the catalogue, and what covers it."""

from pathlib import Path

import click

from chaos.commands.places import Place
from chaos.run.bundled import suites_folder


@click.command()
@click.option("--suites", type=Place(), help="another suites' folder than ours")
@click.option("--json", "as_json", is_flag=True, help="for machines: one JSON document")
def clauses(suites: Path | None, as_json: bool) -> None:
    """The clause catalogue, and by which tests and defects each clause is covered."""
    from chaos.run.catalogue_map import catalogue_json, print_catalogue

    if as_json:
        click.echo(catalogue_json(suites_folder(suites)))
    else:
        print_catalogue(suites_folder(suites))
