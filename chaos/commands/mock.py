"""`finesse-chaos mock up`: the built-in deployment for people and foreign clients."""

import os
import sys
from pathlib import Path

import click

from chaos.commands.durations import Seconds
from chaos.commands.loops import loop_option
from chaos.commands.places import Place
from chaos.run.bundled import MOCK, inventory_file


@click.group()
def mock() -> None:
    """The built-in deployment."""


@mock.command()
@click.option(
    "-i",
    "--inventory",
    type=Place(),
    default=MOCK,
    show_default=True,
    help="what to start",
)
@click.option("--folder", type=Place(), help="where its CA, passwords and inventory go")
@click.option("--block", default="127.0.10", show_default=True, help="first three parts of its loopback addresses")
@click.option("--defect", multiple=True, metavar="NAME[@AXIS=VALUE,…]", help="switch a defect on (repeatable)")
@click.option("--for", "for_s", type=Seconds(), metavar="SECONDS", help="stop after so long (default: at Ctrl-C)")
@click.option(
    "--tomcat-start",
    "tomcat_start_s",
    type=Seconds(),
    metavar="SECONDS",
    help="how long Finesse's Tomcat takes to start (default: as documented, 32)",
)
@loop_option("asyncio")
@click.option(
    "--web/--no-web",
    default=None,
    help="serve a page that shows the mock and steers it, at a secret address (default: if this is a terminal)",
)
@click.option("--fast", is_flag=True, help="consoles answer and Windows services change at once")
def up(
    inventory: Path,
    folder: Path | None,
    block: str,
    defect: tuple[str, ...],
    for_s: float | None,
    tomcat_start_s: float | None,
    loop: str,
    fast: bool,
    web: bool | None,
) -> None:
    """Run it in real time on documented ports, one loopback address a host, and write the inventory to use with it."""
    from chaos.run.mock_up import Wanted, serve

    has_page = sys.stdout.isatty() if web is None else web
    serve(inventory_file(inventory), folder, Wanted(block, defect, for_s, tomcat_start_s, fast, loop, has_page))


@mock.command()
@click.argument("name")
@click.argument("order", required=False, type=click.Choice(["start", "stop", "kill"]))
@click.option("--folder", type=Place(), help="of the `mock up`, where its secrets are")
def service(name: str, order: str | None, folder: Path | None) -> None:
    """Show a service of a `mock up`, or have it started, stopped or killed: webapp-publisher, cti-a, awdb-primary …

    Without --folder, FINESSE_CHAOS_MOCK in the environment says where the mock's control is. An order may be under way
    still when this ends.
    """
    from chaos.run.mock_control import control_url, order_service, service_state

    url = control_url(folder, os.environ)
    click.echo(service_state(url, name) if order is None else order_service(url, name, order))
