"""`finesse-chaos heal`: undoes by hand what a run has left changed."""

import sys
from pathlib import Path

import click

from chaos.commands.places import Place
from chaos.run.exits import EXIT_INTERRUPTED, EXIT_NOT_RESTORED


@click.command()
@click.option("-i", "--inventory", required=True, type=Place(), help="the live lab")
@click.option(
    "--strike",
    metavar="LOG:LINE",
    help="strike a line of the undo log, as a message names it: what it speaks of was put right by hand",
)
def heal(inventory: Path, strike: str | None) -> None:
    """Undo by hand what a run has left changed that could not undo it itself. Safe at any time, and twice.

    It finds what is owed to this lab by its machines' keys and addresses, whatever the inventory is called today.

    Exit status: 0 the lab is as it was found, 2 wrong inventory, 4 something remains, 5 the lab is in use, 130 it was
    interrupted, and the lab is as it was found.
    """
    import os

    from chaos import clock
    from chaos.inventory import load
    from chaos.run.bundled import inventory_file
    from chaos.run.interrupts import Interrupts
    from chaos.safety.healing import HandHealing

    # Without a look at its secrets: one that is missing keeps what needs it from being undone, and nothing else.
    healing = HandHealing(load(inventory_file(inventory)), os.environ, click.echo)
    command = f"finesse-chaos heal -i {inventory}"

    def last_words() -> list[str]:
        owed = healing.last_words()
        return [*owed, f"go on with: {command}"] if owed else []

    interrupts = Interrupts(
        click.echo, still=healing.still, last_words=last_words, what_goes_on="what is being healed is healed to its end"
    )
    interrupts.install()
    try:
        with clock.runner(virtual=False) as runner:
            if strike is not None:
                interrupts.run(runner, healing.strike(strike))
                click.echo(f"{strike} was struck")
            healed = interrupts.run(runner, healing.heal(), doing="healing")
    except KeyboardInterrupt:
        owed = last_words()
        for line in owed:
            click.echo(line, err=True)
        healed_first = healing.open and not owed
        click.echo(f"interrupted{'; the lab is as it was found' if healed_first else ''}", err=True)
        sys.exit(EXIT_NOT_RESTORED if owed else EXIT_INTERRUPTED)
    finally:
        interrupts.restore()
    if not healed.ok:
        logs = ", ".join(str(log) for log in healed.logs)
        click.echo(f"the lab is still changed; what is owed stands in {logs}", err=True)
        sys.exit(EXIT_NOT_RESTORED)
    before = f"; {healed.before}" if healed.before is not None else ""
    click.echo("the lab is as it was found" if healed.healings else f"nothing is owed to this lab{before}")
