"""What a run leaves in its folder: the summary, the clause map, the pages, and what leads to the latest run."""

import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from chaos.inventory import Inventory, Timing
from chaos.journal import Header, Timeline
from chaos.nights.waivers import became_of
from chaos.redaction import KNOWN
from chaos.report import (
    Judged,
    Summary,
    build_html,
    floor_page,
    front_page,
    junit,
    mark_known,
    print_map,
    recoveries,
    redact_results,
    summarize,
    tools_folder,
    write_run_files,
    write_summary,
)
from chaos.run.again import Replay
from chaos.run.keeping import history_of, keep_the_last
from chaos.run.options import RunOptions
from chaos.run.session import ChaosSession

RESULTS = "allure-results"
PAGE = "report.html"
SUMMARY = "summary.json"
JUNIT = "junit.xml"
FRONT, FLOOR = "front.md", "agents.md"
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell of a run that is over.

    session: None if nothing was played or loaded. wanted: clauses that were asked for; untested: those of them that no
    suite has a test for. started: ISO 8601. wall_s: real seconds since then. ended: why it ended before every test had
    judged; "" if all of them have.
    """

    options: RunOptions
    session: ChaosSession | None
    rows: Sequence[Judged]
    replayed: Replay
    wanted: Sequence[str]
    untested: Sequence[str]
    started: str
    today: date
    wall_s: float
    ended: str = ""

    @property
    def timelines(self) -> list[Timeline]:
        return self.session.timelines() if self.session else []


def header_of(timelines: Sequence[Timeline]) -> Header | None:
    """Of the lab that these were played on."""
    return timelines[0].header if timelines else None


def release_of(timelines: Sequence[Timeline], inventory: Inventory | None) -> str:
    """As the journals have it, else the inventory; "" if neither is there."""
    header = header_of(timelines)
    return header.release if header else (inventory.release if inventory else "")


def leave_behind(run: Told, results: Path, console: Console, *, page: bool) -> Path:
    """Write everything, print the clause map, and give the file to be read first. results: of Allure. page: whether its
    HTML page is wanted, too. Raises OSError."""
    folder = run.options.folder
    summary = summary_of(run)
    write_summary(summary, folder / SUMMARY)
    (folder / JUNIT).write_text(junit(summary), encoding="utf-8")
    _be_latest(run.options)
    write_run_files(results, summary, pages=_written_pages(summary, run))
    mark_known(results, run.rows)
    redact_results(results, KNOWN)
    console.print()
    print_map(summary, console)
    left = _html(summary, run.options, results) if page else "the HTML page was not wanted (--no-page)"
    if isinstance(left, Path):
        _be_latest(run.options)  # once more: a copy has the page too
    else:
        console.print(f"no HTML page: {left}", soft_wrap=True, highlight=False)
    if run.options.keep is not None and run.options.rejudge is None:
        for trouble in keep_the_last(folder, run.options.keep):
            console.print(trouble, soft_wrap=True, highlight=False, markup=False)
    return left if isinstance(left, Path) else folder / SUMMARY


def summary_of(run: Told) -> Summary:
    """The run in figures. What journals say of the lab outweighs options and inventory: it may be judged again."""
    from chaos.run.catalogue_map import defects_by_clause

    options, session, inventory = run.options, run.session, run.options.inventory
    header, release = header_of(run.timelines), release_of(run.timelines, run.options.inventory)
    return summarize(
        run.rows,
        defects_by_clause() if header is None or header.deployment == "mock" else {},
        seed=header.seed if header else options.seed,
        clock=header.clock if header else ("virtual" if options.virtual else "real"),
        lab_s=round(session.lab_s, 3) if session else 0.0,
        wall_s=round(run.wall_s, 3),
        lab=header.lab if header else (inventory.name if inventory else ""),
        release=release,
        wanted=run.wanted,
        untested=run.untested,
        started=run.started,
        seeded=run.replayed.seeded,
        replay=[KNOWN.told(word) for word in run.replayed.arguments],
        deployment=header.deployment if header else (inventory.deployment if inventory else ""),
        nodes=header.nodes if header else (),
        played=session.played if session else (),
        recoveries=recoveries(session.histories(), _probe_interval_s(inventory)) if session else (),
        waivers=became_of(options.waivers, run.rows, release, run.today),
        ended=run.ended,
        changed=_in_short(session.not_restored) if session and session.not_restored else "",
    )


def _in_short(why: str) -> str:
    """What it is; what to do about it, behind a semicolon, is told on the console."""
    return KNOWN.told(why.strip().splitlines()[0].partition(";")[0].rstrip("."))


def _html(summary: Summary, options: RunOptions, results: Path) -> Path | str:
    # A night is the product's: what was judged again, or broken by ourselves, is none.
    ours = options.rejudge or options.defects or options.faults_do_nothing
    past = None if ours else history_of(options.folder, summary.lab)
    page, tools = options.folder / PAGE, tools_folder(options.env)
    return build_html(results, page, tools, title=summary.headline(), history=past)


def _written_pages(summary: Summary, run: Told) -> dict[str, Path]:
    """The front page and what agents saw, by title: beside `summary.json`, and in the report."""
    texts = {
        "Front page": (FRONT, front_page(summary, run.rows)),
        "What agents saw": (FLOOR, floor_page(run.timelines)),
    }
    for name, text in texts.values():
        (run.options.folder / name).write_text(text, encoding="utf-8")
    return {title: run.options.folder / name for title, (name, _) in texts.items()}


def _probe_interval_s(inventory: Inventory | None) -> float:
    """Of the lab that was played against; its default where only journals are known."""
    return (inventory.timing if inventory is not None else Timing()).probe_interval_s


def _be_latest(options: RunOptions) -> None:
    """`latest` beside the run's folder leads to it: a link where the system has links, else a copy of the summary."""
    folder = options.folder
    if options.rejudge is not None or not folder.name.isdigit():
        return  # what was judged again is no later run, and a folder that the user chose lies anywhere
    latest = folder.parent / LATEST
    fresh = folder.parent / f".{LATEST}-{os.getpid()}"
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.name, target_is_directory=True)
        fresh.replace(latest)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)  # a folder of that name stands where the link was to go
        latest.mkdir(exist_ok=True)
        for name in (SUMMARY, PAGE):
            if (folder / name).exists():
                shutil.copyfile(folder / name, latest / name)
