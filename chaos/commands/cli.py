"""The command `finesse-chaos` and its sub-commands."""

import click

from chaos import __version__
from chaos.commands.clauses import clauses
from chaos.commands.compare import compare
from chaos.commands.explore import explore, replay
from chaos.commands.heal import heal
from chaos.commands.install_report import install_report
from chaos.commands.inventory import inventory
from chaos.commands.links import links
from chaos.commands.mock import mock
from chaos.commands.plan import plan
from chaos.commands.preflight import preflight
from chaos.commands.proxy import proxy
from chaos.commands.rejudge import rejudge
from chaos.commands.run import run
from chaos.commands.soak import soak


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Chaos tests for Cisco Finesse: break a lab pair (or the built-in mock) and judge the documented clauses."""


for command in (
    run,
    rejudge,
    compare,
    explore,
    replay,
    soak,
    clauses,
    plan,
    preflight,
    heal,
    links,
    mock,
    proxy,
    inventory,
    install_report,
):
    cli.add_command(command)
