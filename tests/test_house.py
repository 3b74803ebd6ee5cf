"""How the project's own tests run."""

import subprocess
import sys

import pytest

from tests.suites.runs import ROOT, environment

ASKS = "import signal; print([signal.getsignal(one).name for one in (signal.SIGHUP, signal.SIGTERM)])"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
@pytest.mark.parametrize(("prepared", "heard"), [("", "SIG_IGN"), ("give_children_their_signals()", "SIG_DFL")])
def test_under_nohup_what_a_test_starts_hears_its_signals_all_the_same(prepared: str, heard: str) -> None:
    parent = f"""
import subprocess, sys
from tests.conftest import give_children_their_signals
{prepared}
subprocess.run([sys.executable, "-c", {ASKS!r}], check=True)
"""
    ignoring = ("sh", "-c", 'trap "" HUP TERM; exec "$0" -c "$1"', sys.executable, parent)
    done = subprocess.run(
        ignoring, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == f"['{heard}', '{heard}']\n", done.stderr
