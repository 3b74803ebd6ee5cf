"""What a run leaves behind: its folder, the clause map, and what pytest says at the end.

The plugin registers one RunReport; tests tell it what they judged.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.clock import stopwatch
from chaos.errors import InventoryError, UsageError
from chaos.inventory import Inventory, load
from chaos.plugin import (
    EXIT_HELD,
    EXIT_INCONCLUSIVE,
    EXIT_NOT_RESTORED,
    EXIT_USAGE,
    EXIT_VIOLATED,
    clause_of,
    new_seed,
    run_folder,
)
from chaos.session import ChaosSession, RunOptions
from chaos.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from chaos.experiment import Experiment
    from chaos.journal import Timeline

RESTORED = "the lab was restored"


class RunReport:
    """One run's bookkeeping, as a pytest plugin of its own."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.session: ChaosSession | None = None
        self.options = _options(config)
        self.verdicts: dict[str, list[Verdict]] = {}
        self._unfit: dict[str, str] = {}
        self._watch = stopwatch()
        self._elapsed_s = self._watch.__enter__()

    def progress(self, text: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"  {text}")

    def judged(self, item: pytest.Item, verdict: Verdict, timeline: Timeline) -> None:
        self.verdicts.setdefault(verdict.clause, []).append(verdict)

    def unfit(self, item: pytest.Item, experiment: Experiment, reason: str) -> None:
        self._unfit[item.nodeid] = reason

    def could_not_play(self, item: pytest.Item, experiment: Experiment, reason: str) -> None:
        self.verdicts.setdefault(clause_of(item), []).append(Verdict(clause_of(item), Outcome.INCONCLUSIVE, reason))

    def is_unfit(self, item: pytest.Item) -> bool:
        return item.nodeid in self._unfit

    def pytest_report_header(self) -> list[str]:
        clock = "virtual" if self.options.virtual else "real"
        what = self.options.rejudge or (self.options.inventory.name if self.options.inventory else "?")
        return [f"finesse-chaos: {what}, seed {self.options.seed}, {clock} clock, artefacts in {self.options.folder}"]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        session.exitstatus = self.exit_status(exitstatus)

    def exit_status(self, pytest_status: int) -> int:
        outcomes = {verdict.outcome for verdicts in self.verdicts.values() for verdict in verdicts}
        if self.session is not None and self.session.not_restored:
            return EXIT_NOT_RESTORED
        if Outcome.VIOLATED in outcomes:
            return EXIT_VIOLATED
        if pytest_status == EXIT_USAGE and not outcomes:
            return EXIT_USAGE
        if Outcome.INCONCLUSIVE in outcomes or pytest_status != pytest.ExitCode.OK:
            return EXIT_INCONCLUSIVE
        return EXIT_HELD


def _options(config: pytest.Config) -> RunOptions:
    option = config.option
    inventory: Inventory | None = None
    try:
        if option.inventory and not option.rejudge:
            inventory = load(option.inventory)
        folder = Path(option.run_folder) if option.run_folder else run_folder(config.rootpath / "reports")
        folder.mkdir(parents=True, exist_ok=True)
        return RunOptions(
            folder=folder.resolve(),
            seed=option.chaos_seed if option.chaos_seed is not None else new_seed(),
            inventory=inventory,
            rejudge=Path(option.rejudge) if option.rejudge else None,
            real_time=option.real_time,
            defects=tuple(option.mock_defect),
            faults_do_nothing=option.no_faults,
            env=dict(os.environ),
        )
    except (InventoryError, UsageError) as error:
        pytest.exit(str(error), returncode=EXIT_USAGE)
