"""`finesse-chaos clauses`: the catalogue, and what covers it."""

from pathlib import Path

import click

from chaos.run.bundled import suites_folder


@click.command()
@click.option("--suites", type=click.Path(path_type=Path), help="another suites' folder than ours")
def clauses(suites: Path | None) -> None:
    """The clause catalogue, and by which tests and defects each clause is covered."""
    from chaos.run.catalogue_map import print_catalogue

    print_catalogue(suites_folder(suites))
