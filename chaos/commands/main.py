"""The entry point of the command `finesse-chaos`.

Exit statuses stand in `chaos.run.exits`.
"""

import signal
import sys

import click

from chaos import __version__
from chaos.commands.clauses import clauses
from chaos.commands.heal import heal
from chaos.commands.install_report import install_report
from chaos.commands.inventory import inventory
from chaos.commands.mock import mock
from chaos.commands.preflight import preflight
from chaos.commands.proxy import proxy
from chaos.commands.rejudge import rejudge
from chaos.commands.run import run
from chaos.run.exits import EXIT_INTERRUPTED, EXIT_USAGE, status_of_error


def main() -> None:
    """The entry point: errors that we raise on purpose are one message, never a traceback."""
    from chaos.errors import ChaosError

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)  # SIGTERM is what Ctrl-C is: wind up, then leave
        cli(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except ChaosError as error:
        click.echo(f"finesse-chaos: {error}", err=True)
        sys.exit(status_of_error(error))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Chaos tests for Cisco Finesse: break a lab pair (or the built-in mock) and judge the documented clauses."""


for command in (run, rejudge, clauses, preflight, heal, mock, proxy, inventory, install_report):
    cli.add_command(command)
