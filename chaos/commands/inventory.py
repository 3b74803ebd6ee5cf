"""`finesse-chaos inventory`: what one needs to describe a lab."""

import click


@click.group()
def inventory() -> None:
    """The description of a lab."""


@inventory.command()
def example() -> None:
    """Print a live lab's inventory, fully commented: finesse-chaos inventory example > my-lab.yaml"""
    from chaos.run.bundled import example_inventory

    click.echo(example_inventory(), nl=False)
