"""The command `finesse-chaos`. Heavy parts are imported by the sub-command that needs them.

Exit status of `run` and `rejudge`: 0 every clause HELD, 1 one VIOLATED, 2 wrong usage or inventory (nothing touched),
3 something INCONCLUSIVE (or interrupted), 4 the lab could not be restored.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos import __version__
from chaos.exits import EXIT_NOT_RESTORED, EXIT_USAGE

if TYPE_CHECKING:
    import pytest

SUITES = "suites"


def main() -> None:
    """The entry point: errors that we raise on purpose are one message, never a traceback."""
    from chaos.errors import ChaosError

    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except ChaosError as error:
        click.echo(f"finesse-chaos: {error}", err=True)
        sys.exit(EXIT_USAGE)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Chaos tests for Cisco Finesse: break a lab pair (or the built-in mock) and judge the documented clauses."""


@cli.command()
@click.argument("what", nargs=-1, metavar="[FAMILY|CLAUSE]...")
@click.option("-i", "--inventory", required=True, type=click.Path(path_type=Path), help="the lab, or the mock")
@click.option("--folder", type=click.Path(path_type=Path), help="where artefacts go (default: a new one in reports/)")
@click.option("--seed", type=int, help="the seed of every random choice (default: random, printed)")
@click.option("--real-time", is_flag=True, help="an ordinary clock for the mock too")
@click.option("--no-faults", is_flag=True, help="leave the injectors out, to see that nothing is held then")
@click.option("--mock-defect", multiple=True, metavar="NAME", help="switch a defect of the mock on (repeatable)")
@click.option("--no-page", is_flag=True, help="build no HTML page at the end")
@click.option("--suites", type=click.Path(path_type=Path), help="the suites' folder (default: ./suites)")
def run(
    what: tuple[str, ...],
    inventory: Path,
    folder: Path | None,
    seed: int | None,
    real_time: bool,
    no_faults: bool,
    mock_defect: tuple[str, ...],
    no_page: bool,
    suites: Path | None,
) -> None:
    """Play experiments and judge clauses: all of them, a family (CTI) or single clauses (CTI-04)."""
    from chaos.inventory import load
    from chaos.launcher import defects_named

    load(inventory)
    defects_named(mock_defect)
    arguments = ["--inventory", str(inventory)]
    arguments += ["--run-folder", str(folder)] if folder else []
    arguments += ["--chaos-seed", str(seed)] if seed is not None else []
    arguments += ["--real-time"] if real_time else []
    arguments += ["--no-faults"] if no_faults else []
    arguments += ["--no-page"] if no_page else []
    for name in mock_defect:
        arguments += ["--mock-defect", name]
    _pytest(what, suites, arguments)


@cli.command()
@click.argument("run_folder", type=click.Path(path_type=Path), metavar="RUN")
@click.argument("what", nargs=-1, metavar="[FAMILY|CLAUSE]...")
@click.option("--folder", type=click.Path(path_type=Path), help="where artefacts go (default: a new one in reports/)")
@click.option("--no-page", is_flag=True, help="build no HTML page at the end")
@click.option("--suites", type=click.Path(path_type=Path), help="the suites' folder (default: ./suites)")
def rejudge(run_folder: Path, what: tuple[str, ...], folder: Path | None, no_page: bool, suites: Path | None) -> None:
    """Judge the journals of a saved run again, for instance after a check was mended. Plays nothing."""
    arguments = ["--rejudge", str(run_folder)]
    arguments += ["--run-folder", str(folder)] if folder else []
    arguments += ["--no-page"] if no_page else []
    _pytest(what, suites, arguments)


@cli.command()
@click.option("--suites", type=click.Path(path_type=Path), help="the suites' folder (default: ./suites)")
def clauses(suites: Path | None) -> None:
    """The clause catalogue, and by which tests and defects each clause is covered."""
    from chaos.catalogue_map import print_catalogue

    print_catalogue(_suites(suites))


@cli.group()
def mock() -> None:
    """The built-in deployment."""


@mock.command()
@click.option(
    "-i",
    "--inventory",
    type=click.Path(path_type=Path),
    default=Path("inventories/mock.yaml"),
    show_default=True,
    help="what to start",
)
@click.option("--folder", type=click.Path(path_type=Path), help="where its CA, passwords and inventory go")
@click.option("--block", default="127.0.10", show_default=True, help="first three parts of its loopback addresses")
@click.option("--defect", multiple=True, metavar="NAME", help="switch a defect on (repeatable)")
@click.option("--for", "for_s", type=float, metavar="SECONDS", help="stop after so long (default: at Ctrl-C)")
@click.option(
    "--tomcat-start",
    "tomcat_start_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="how long Finesse's Tomcat takes to start (default: as documented, 32)",
)
@click.option("--fast", is_flag=True, help="consoles answer and Windows services change at once")
def up(
    inventory: Path,
    folder: Path | None,
    block: str,
    defect: tuple[str, ...],
    for_s: float | None,
    tomcat_start_s: float | None,
    fast: bool,
) -> None:
    """Run it in real time on documented ports, one loopback address a host, and print the inventory to use with it."""
    from chaos.mock_up import serve

    serve(inventory, folder, block, defect, for_s, tomcat_start_s, fast)


@cli.command()
@click.option("-i", "--inventory", required=True, type=click.Path(path_type=Path), help="the live lab")
def heal(inventory: Path) -> None:
    """Undo by hand what a run has left changed that could not undo it itself. Safe at any time, and twice.

    Exit status: 0 the lab is as it was found, 2 wrong inventory or the lab is in use, 4 something remains.
    """
    import os

    from chaos import clock
    from chaos.healing import heal_by_hand
    from chaos.inventory import load

    healed = clock.run(heal_by_hand(load(inventory), os.environ, click.echo), virtual=False)
    for line in healed.healing.words():
        click.echo(line)
    if not healed.healing.ok:
        click.echo(f"the lab is still changed; the undo log is in {healed.folder}", err=True)
        sys.exit(EXIT_NOT_RESTORED)
    click.echo("the lab is as it was found" if healed.healing.undone else "nothing is owed to this lab")


@cli.command()
@click.argument("what", nargs=-1, metavar="[FAMILY|CLAUSE]...")
@click.option("-i", "--inventory", required=True, type=click.Path(path_type=Path), help="the lab, or the mock")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="write it as JSON, too")
@click.option("--all-agents", is_flag=True, help="ask spare agents as well; AWDB clauses then wait for half an hour")
@click.option("--suites", type=click.Path(path_type=Path), help="the suites' folder (default: ./suites)")
def preflight(
    what: tuple[str, ...], inventory: Path, json_file: Path | None, all_agents: bool, suites: Path | None
) -> None:
    """Look at a lab without changing anything: what is wrong, how to mend it, which clauses can be judged on it.

    Exit status: 0 all of them, 1 some of them cannot, 2 wrong usage or inventory, 3 none of them can.
    """
    from chaos.preflight_command import preflight as look
    from chaos.selection import wanted

    # Clauses that were not asked for by name, and that no test judges, are no reason to call a lab unfit.
    tested_in = None if what else _suites(suites)
    sys.exit(look(inventory, wanted(what), tested_in, json_file, spare_too=all_agents))


@cli.command()
@click.option("--host", default="localhost", show_default=True, help="where the API listens")
@click.option("--port", default=8474, show_default=True, type=click.IntRange(0, 65535))
@click.option("--config", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="JSON array of proxies")
@click.option("--seed", type=int, help="seed of the toxicity draws")
@click.option("--proxy-metrics", is_flag=True, help="Prometheus counters of the proxies at /metrics")
@click.option("--runtime-metrics", is_flag=True, help="Prometheus figures of the process at /metrics")
def proxy(
    host: str, port: int, config: Path | None, seed: int | None, proxy_metrics: bool, runtime_metrics: bool
) -> None:
    """Run the embedded Toxiproxy server alone; it speaks Toxiproxy's HTTP API."""
    from chaos import clock
    from chaos.errors import UsageError
    from chaos.interrupts import serve_until_told
    from chaos.toxiproxy import AddressError, serve

    served = serve(
        host,
        port,
        config=config,
        seed=seed,
        proxy_metrics=proxy_metrics,
        runtime_metrics=runtime_metrics,
        on_ready=lambda server: click.echo(f"Toxiproxy API on {server.api_url}; Ctrl-C stops it"),
    )
    try:
        clock.run(serve_until_told(served), virtual=False)
    except AddressError as error:
        raise UsageError(f"the API cannot listen on {host}:{port}: {error}; give another --host or --port") from error
    click.echo("stopped")


def _suites(given: Path | None) -> Path:
    """The suites' folder. Raises UsageError: there is none."""
    from chaos.errors import UsageError

    found = given or Path(SUITES)
    if not found.is_dir():
        raise UsageError(f"there is no folder {found}: run this beside the project's suites, or give --suites DIR")
    return found


def _pytest(what: tuple[str, ...], suites: Path | None, arguments: list[str]) -> None:
    """Run the suites' tests of these families and clauses under our plugin."""
    import pytest

    from chaos.selection import wanted

    clause_ids = wanted(what)
    folder = _suites(suites)
    selected = ["--clauses", ",".join(clause_ids)] if what else []
    # This command has imported `chaos` before pytest could rewrite its asserts; it has none that pytest should explain.
    quiet = ["-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"]
    options = ["-p", "no:cacheprovider", "--no-header", "-q", *quiet, *arguments, *selected]
    ending = _Ending()
    pytest.main([str(folder), *options], plugins=[ending])
    sys.exit(ending.status())


class _Ending:
    """The exit status of a run, as our plugin has set it: what pytest returns for wrong usage means a broken lab."""

    def __init__(self) -> None:
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: "pytest.Session") -> None:
        self._session = session

    def status(self) -> int:
        """Wrong usage if no session has begun: nothing was touched then."""
        return EXIT_USAGE if self._session is None else int(self._session.exitstatus)


if __name__ == "__main__":
    main()
