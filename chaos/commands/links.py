"""`finesse-chaos links`: the proxies that a lab's administration points at."""

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.commands.places import Place

if TYPE_CHECKING:
    from chaos.run.links import Links

_INVENTORY = click.option("-i", "--inventory", required=True, type=Place(), help="the live lab")


@click.group()
def links() -> None:
    """The proxies in a lab's links, while nobody tests: what Finesse's administration points at is there."""


@links.command()
@_INVENTORY
@click.option("--keep", is_flag=True, help="stay, and make anew what is missing after a proxy server was started again")
def up(inventory: Path, keep: bool) -> None:
    """Make the proxies of all links, leading straight to their servers, and put right those that are there.

    They stay. For an embedded proxy server, which lives in this command's process, the command stays as well.

    Exit status: 0 done, 2 wrong inventory, 4 an earlier run's changes remain, 5 a proxy could not be made or somebody
    uses the lab.
    """
    links = _links(inventory)
    _do(links, links.up(keep=keep))


@links.command()
@_INVENTORY
def down(inventory: Path) -> None:
    """Take the proxies of all links away. Exit status as of `links up`."""
    links = _links(inventory)
    _do(links, links.down())


def _links(inventory: Path) -> "Links":
    import os

    from chaos.inventory import load
    from chaos.run.bundled import inventory_file
    from chaos.run.links import Links

    return Links(load(inventory_file(inventory), os.environ, healing=True), os.environ, click.echo)


def _do(links: "Links", work: Coroutine[None, None, None]) -> None:
    """To its end, or until a signal like Ctrl-C. Raises KeyboardInterrupt: something was still to be done."""
    from chaos import clock
    from chaos.run.interrupts import serve_until_told

    ended = False

    async def to_its_end() -> None:
        nonlocal ended
        await work
        ended = True

    clock.run(serve_until_told(to_its_end()), virtual=False)
    if not ended and not links.stays:
        raise KeyboardInterrupt
