"""`finesse-chaos explore` and `replay`: schedules of faults that nobody wrote, and single ones again."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.commands.durations import Duration
from chaos.commands.paced import paced
from chaos.commands.places import Address, Place
from chaos.commands.suites import REPORTS
from chaos.run.bundled import MOCK, inventory_file
from chaos.run.exits import EXIT_HELD, EXIT_INCONCLUSIVE, EXIT_VIOLATED, status_of_run

if TYPE_CHECKING:
    from chaos.explore.exploring import Explored
    from chaos.explore.playing import Result

_NUMBERS = 200


@click.command()
@click.argument("what", nargs=-1, metavar="[FAMILY]...")
@click.option("--for", "for_s", type=Duration(), help="so long, for instance 30m or 8h")
@click.option("--schedules", type=click.IntRange(1, 10_000_000), help=f"so many (default: {_NUMBERS}, or --for)")
@click.option("--seed", type=int, help="what is drawn from (default: random, printed)")
@click.option("--workers", type=click.IntRange(1, 256), help="processes (default: one for each core)")
@click.option("--scheduler", type=Address(), metavar="ADDRESS", help="a Dask scheduler whose workers play instead")
@click.option("-i", "--inventory", type=Place(), default=MOCK, show_default=True, help="a mock's")
@click.option("--folder", type=Place(), help="where artefacts go (default: a new one in reports/)")
@click.option("--mock-defect", multiple=True, metavar="NAME[@AXIS=VALUE,…]", help="switch a defect on (repeatable)")
def explore(
    what: tuple[str, ...],
    for_s: float | None,
    schedules: int | None,
    seed: int | None,
    workers: int | None,
    scheduler: str | None,
    inventory: Path,
    folder: Path | None,
    mock_defect: tuple[str, ...],
) -> None:
    """Draw schedules of faults, play them on the mock, and judge each by every check; of some families, or of all.

    First every single fault, then every ordered pair of a loss and a second fault at each moment of the fail-over, then
    three at a time. What violates a clause is kept with its journal, and the first of each clause is made small: a
    schedule.yaml for `finesse-chaos replay`.

    Exit status: 0 nothing was found, 1 something was, 3 some could not be played or nothing could be judged, 130 it was
    interrupted.
    """
    from chaos.errors import UsageError
    from chaos.explore.schedule import FAMILIES
    from chaos.inventory import load

    # What may be wrong is looked at before seconds of processor time go into what plays.
    unknown = [one for one in what if one.upper() not in FAMILIES]
    if unknown:
        raise UsageError(f"'{unknown[0]}' has no schedules: name some of {', '.join(FAMILIES)}, or nothing for all")
    loaded = load(inventory_file(inventory), os.environ)
    if loaded.deployment != "mock":
        raise UsageError(f"{loaded.name} is a live lab: schedules are explored on a mock; `replay` plays one on a lab")
    from chaos.clock import stopwatch
    from chaos.explore.exploring import Explorer, Plan, cluster, processes
    from chaos.run.asked import alone_in, run_options

    options = run_options(
        inventory=loaded, reports=Path(REPORTS).absolute(), folder=folder, seed=seed, defects=mock_defect
    )
    number = schedules if schedules is not None or for_s is not None else _NUMBERS
    families = tuple(one.upper() for one in what)
    plan = Plan(options.seed, loaded, families, tuple(options.defects), number)
    hands = cluster(scheduler) if scheduler else processes(workers or os.cpu_count() or 1)
    several = "" if hands.width == 1 else "s"
    click.echo(f"seed {options.seed}, {hands.width} worker{several}, artefacts in {options.folder}")
    with alone_in(options.folder), stopwatch() as passed_s:
        is_due = paced(passed_s)

        def tell(result: "Result") -> None:
            for line in _lines(result, options.folder, options.seed):
                click.echo(line)
            # The first one, too: whoever has begun it wants to see that it plays.
            if is_due() or len(explorer.explored.results) == 1:
                click.echo(f"{_counted(explorer.explored)} in {passed_s():.0f} s")

        explorer = Explorer(plan, hands, tell)
        try:
            explorer.explore(lambda: for_s is not None and passed_s() >= for_s)
        finally:
            _leave(explorer.explored, options.folder, families, plan.seed)
            click.echo(f"{_counted(explorer.explored)} in {passed_s():.0f} s: {options.folder / 'explored.md'}")
    sys.exit(_status(explorer.explored))


def _counted(explored: "Explored") -> str:
    several = "" if len(explored.results) == 1 else "s"
    verb = "violates" if len(explored.found) == 1 else "violate"
    parts = [f"{len(explored.results)} schedule{several}", f"{len(explored.found)} {verb} a clause"]
    if explored.silent:
        parts.append(f"{len(explored.silent)} showed nothing")
    if explored.unsteady:
        parts.append(f"{len(explored.unsteady)} did so only once (a bug of the harness)")
    if explored.broken or explored.lost:
        parts.append(f"{len(explored.broken) + len(explored.lost)} could not be played to their end")
    return ", ".join(parts)


def _status(explored: "Explored") -> int:
    if explored.found:
        return EXIT_VIOLATED
    # Where nothing was seen to hold, either, nobody has looked.
    blind = not any(one.held for one in explored.results)
    return EXIT_INCONCLUSIVE if explored.broken or explored.lost or blind else EXIT_HELD


def _lines(result: "Result", folder: Path, seed: int) -> list[str]:
    """What a result is worth saying, and its files, written as soon as it has come."""
    from chaos.explore import file

    if not result.violations:
        return []
    name = f"{'-'.join(result.clauses)}-{result.number}".lower()
    there = folder / "found"
    first = result.violations[0]
    text = file.written(result.small or result.schedule, str(first), seed)
    _keep(there / f"{name}.yaml", text.encode(), seed)
    _keep(there / f"{name}.jsonl", result.journal, seed)
    if result.small is None:
        return [f"{name}: {first}"]
    return [f"{name}: made small: {result.small} → {there / f'{name}.yaml'}"]


def _leave(explored: "Explored", folder: Path, families: tuple[str, ...], seed: int) -> None:
    from chaos.explore.coverage import page
    from chaos.explore.kinds import EXPLORED

    _keep(folder / "explored.md", page(explored.results, families, seed, explored.lost).encode(), seed)
    summary = {
        "seed": seed,
        "schedules": len(explored.results),
        "lab_s": round(explored.lab_s, 3),
        "found": {str(one.number): list(one.clauses) for one in explored.found},
        "broken": {str(one.number): one.error for one in explored.broken},
        "silent": [one.number for one in explored.silent],
        "unsteady": explored.unsteady,
        "lost": explored.lost,
    }
    _keep(folder / EXPLORED, (json.dumps(summary, indent=1) + "\n").encode(), seed)


def _keep(path: Path, content: bytes, seed: int) -> None:
    """Raises EvidenceError: there is no room for it."""
    from chaos.errors import EvidenceError

    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise EvidenceError(
            f"{path} cannot be written: {error.strerror or error}; make room there, then explore again with --seed "
            f"{seed}"
        ) from None


@click.command()
@click.argument("schedules", nargs=-1, required=True, type=Place(), metavar="SCHEDULE.yaml...")
@click.option("-i", "--inventory", type=Place(), default=MOCK, show_default=True)
@click.option("--seed", type=int, help="what is drawn from where a file names no seed (default: random, printed)")
@click.option("--folder", type=Place(), help="where artefacts go (default: a new one in reports/)")
@click.option("--real-time", is_flag=True, help="an ordinary clock for the mock too")
@click.option("--mock-defect", multiple=True, metavar="NAME[@AXIS=VALUE,…]", help="switch a defect on (repeatable)")
def replay(
    schedules: tuple[Path, ...],
    inventory: Path,
    seed: int | None,
    folder: Path | None,
    real_time: bool,
    mock_defect: tuple[str, ...],
) -> None:
    """Play schedules again, each from its file or all of a folder's, on the mock or on a lab, and judge them.

    On the mock a schedule that explore has kept is played as it was then, byte for byte in its journal but for the
    header. On a lab moments come when they are seen, so it is as like the first time as a lab can be. What was judged
    stands in replay.md and replay.json, too; `finesse-chaos rejudge` judges the journals again.

    Exit status: 0 nothing is violated, 1 something is, 3 something could not be played or nothing could be judged, 4
    the lab is not restored, 130 it was interrupted.
    """
    from chaos.inventory import load

    paths = [one for path in schedules for one in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    if not paths:
        raise click.UsageError(f"{schedules[0]} holds no schedule: name a file, or a folder with *.yaml")
    loaded = load(inventory_file(inventory), os.environ)
    from chaos.explore import file

    wanted = {path.stem: file.load(path) for path in paths}
    if len(wanted) < len(paths):
        raise click.UsageError("two of these files have the same name, by which their journals are told apart")
    from chaos.clock import stopwatch
    from chaos.explore.judgements import Judgements, gather, judged_as
    from chaos.explore.kinds import Kind
    from chaos.explore.playing import quiet_proxies
    from chaos.explore.replaying import replays
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
    replayed = Judgements(Kind.REPLAY, options.seed)
    with alone_in(options.folder), quiet_proxies(), stopwatch() as passed_s:
        session = ChaosSession(options, click.echo)
        try:
            gather(replays(session, wanted), replayed, options.folder, click.echo, paced(passed_s))
        finally:
            session.close()
    sys.exit(status_of_run(judged_as(replayed), not_restored=session.not_restored is not None))
