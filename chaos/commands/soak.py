"""`finesse-chaos soak`: a day of service with a fail-over every quarter of an hour."""

import os
import sys
from pathlib import Path

import click

from chaos.commands.durations import Duration
from chaos.commands.places import Place
from chaos.commands.suites import REPORTS
from chaos.run.bundled import MOCK, inventory_file
from chaos.run.exits import status_of_run


@click.command()
@click.argument("for_s", type=Duration(), metavar="LENGTH")
@click.option("--every", "every_s", type=Duration(), default="15m", show_default=True, help="a fail-over so often")
@click.option("-i", "--inventory", type=Place(), default=MOCK, show_default=True)
@click.option("--seed", type=int, help="what is drawn from (default: random, printed)")
@click.option("--folder", type=Place(), help="where artefacts go (default: a new one in reports/)")
@click.option("--real-time", is_flag=True, help="an ordinary clock for the mock too")
@click.option("--mock-defect", multiple=True, metavar="NAME[@AXIS=VALUE,…]", help="switch a defect on (repeatable)")
def soak(
    for_s: float,
    every_s: float,
    inventory: Path,
    seed: int | None,
    folder: Path | None,
    real_time: bool,
    mock_defect: tuple[str, ...],
) -> None:
    """Keep a deployment in service for LENGTH (24h), with a fail-over drawn from the seed ever so often.

    Every stretch is judged by every check, on the mock in virtual time, on a lab in its own. Their verdicts stand in
    soak.md and soak.json, from the beginning on; `finesse-chaos rejudge` judges the journals again.

    Exit status: 0 nothing is violated, 1 something is, 3 something could not be played or judged, 4 the lab is not
    restored, 130 it was interrupted.
    """
    from chaos.errors import UsageError
    from chaos.explore.schedule import EVERY_S_MIN
    from chaos.inventory import load

    # What may be wrong is looked at before seconds of processor time go into what plays.
    if every_s < EVERY_S_MIN:
        raise UsageError(
            f"--every {every_s:g}s is shorter than a fail-over and what follows: at least {EVERY_S_MIN:g}s"
        )
    loaded = load(inventory_file(inventory), os.environ)
    from chaos.clock import stopwatch
    from chaos.commands.paced import paced
    from chaos.explore.judgements import Judgements, counted, gather, judged_as
    from chaos.explore.kinds import Kind
    from chaos.explore.playing import quiet_proxies
    from chaos.explore.soaking import stretches
    from chaos.run.asked import alone_in, run_options
    from chaos.run.session import ChaosSession

    options = run_options(
        inventory=loaded,
        inventory_name=str(inventory),
        reports=Path(REPORTS).absolute(),
        folder=folder,
        seed=seed,
        real_time=real_time,
        defects=mock_defect,
    )
    click.echo(f"seed {options.seed}, artefacts in {options.folder}")
    soaked = Judgements(Kind.SOAK, options.seed)
    with alone_in(options.folder), quiet_proxies(), stopwatch() as passed_s:
        # On the virtual clock a stretch takes some two seconds: what became of them is said, not that each begins.
        session = ChaosSession(options) if options.virtual else ChaosSession(options, click.echo)
        try:
            gather(stretches(session, for_s, every_s), soaked, options.folder, click.echo, paced(passed_s))
        finally:
            session.close()
            if session.interrupted is not None and options.virtual:
                click.echo(session.interrupted)
            click.echo(f"{counted(soaked)}; {passed_s():.0f} s: {soaked.kind.page_in(options.folder)}")
    sys.exit(status_of_run(judged_as(soaked), not_restored=session.not_restored is not None))
