"""A run that is not let into its lab: it says so once, and leaves nothing of what it did not do."""

import asyncio
import os
from pathlib import Path

import pytest
import trustme

from chaos import clock
from chaos.inventory import load
from chaos.safety.identity import identity_of
from chaos.safety.lease import RUNS, Lease
from chaos.safety.places import OVERRIDE, place_of
from tests.inventory.labs import LIVE, written
from tests.suites.runs import finesse_chaos


@pytest.mark.parametrize("what", [("CTI-05",), ()], ids=["one", "all"])
def test_a_run_in_a_lab_that_is_in_use_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: tuple[str, ...]
) -> None:
    """It left the lab that it was never in, drew a table of clauses, and said the same sentence three times."""
    path, reports = written(tmp_path, LIVE), tmp_path / "reports"
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "agents").write_text("x", encoding="utf-8")
    (tmp_path / "secrets" / "agents").chmod(0o600)
    for name, value in {OVERRIDE: str(tmp_path / "state"), "BOSS": "x", "VOS": "x"}.items():
        monkeypatch.setenv(name, value)

    async def story() -> None:
        lease = await Lease.take(place_of(os.environ), await identity_of(load(path)), RUNS, wait_s=0.0)
        ran = await clock.in_thread(lambda: finesse_chaos("run", *what, "-i", str(path), folder=reports, cwd=tmp_path))
        lease.give_up()
        assert ran.status == 5, ran.said
        assert ran.said.count(f"used by a run, process {os.getpid()} on ") == 1, ran.said
        for told in ("leaving the lab", "NOT RUN", "report:", "HTML page"):
            assert told not in ran.said
        assert list(reports.iterdir()) == []

    asyncio.run(story())
