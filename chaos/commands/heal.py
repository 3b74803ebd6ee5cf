"""`finesse-chaos heal`: undoes by hand what a run has left changed."""

import sys
from pathlib import Path

import click

from chaos.run.exits import EXIT_NOT_RESTORED


@click.command()
@click.option("-i", "--inventory", required=True, type=click.Path(path_type=Path), help="the live lab")
def heal(inventory: Path) -> None:
    """Undo by hand what a run has left changed that could not undo it itself. Safe at any time, and twice.

    Exit status: 0 the lab is as it was found, 2 wrong inventory, 4 something is still changed, 5 the lab is in use.
    """
    import os

    from chaos import clock
    from chaos.inventory import load
    from chaos.safety.healing import heal_by_hand

    healed = clock.run(heal_by_hand(load(inventory), os.environ, click.echo), virtual=False)
    for line in healed.healing.words():
        click.echo(line)
    if not healed.healing.ok:
        click.echo(f"the lab is still changed; the undo log is in {healed.folder}", err=True)
        sys.exit(EXIT_NOT_RESTORED)
    click.echo("the lab is as it was found" if healed.healing.undone else "nothing is owed to this lab")
