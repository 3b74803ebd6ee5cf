"""`finesse-chaos install-report`: the generator of a run's HTML page, once for a user."""

import os
import sys

import click

from chaos.run.exits import EXIT_USAGE


@click.command("install-report")
def install_report() -> None:
    """Install the generator of the HTML page (Allure; needs Node 20 or later and the network), once for this user.

    Runs do without it: they leave Allure results, a summary and the journals. Exit status: 0 it is there, 2 it is not.
    """
    from chaos.report import install_tool, tools_folder

    tools = tools_folder(os.environ)
    reason = install_tool(tools)
    if reason is not None:
        click.echo(f"no HTML page: {reason}", err=True)
        sys.exit(EXIT_USAGE)
    click.echo(f"the report generator is in {tools}")
