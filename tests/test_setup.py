"""`scripts/setup`: the Python that somebody names is taken, or none is; nothing here needs the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What it is asked for is answered as its own: another version than that of the environment; it can make no environment.
OTHER = f"""#!/bin/sh
case "$*" in
    *base_prefix*) echo "3.99 /elsewhere" ;;
    "-m venv"*) exit 7 ;;
    *) exec {sys.executable} "$@" ;;
esac
"""


def set_up(tmp_path: Path, python: str) -> "subprocess.CompletedProcess[str]":
    """In a folder that has an environment of this Python, up to date."""
    (tmp_path / "scripts").mkdir(parents=True)
    for name in ("scripts/setup", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    wanted = "".join((tmp_path / name).read_text(encoding="utf-8") for name in ("requirements.lock", "pyproject.toml"))
    (tmp_path / ".venv" / "finesse-chaos.stamp").write_text(f"{tmp_path}\n{wanted}", encoding="utf-8")
    return subprocess.run(
        ["sh", str(tmp_path / "scripts" / "setup")],
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_up_to_date_is_left_as_it_is(tmp_path: Path) -> None:
    for python in ("", sys.executable):
        done = set_up(tmp_path / f"with-{bool(python)}", python)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_python_that_was_named_and_is_none_is_refused_and_no_other_is_taken(tmp_path: Path) -> None:
    done = set_up(tmp_path, "/nowhere/python3.13")
    assert done.returncode == 1
    assert "PYTHON=/nowhere/python3.13 is no Python 3.11 or later with venv: name another one, or none" in done.stderr
    assert (tmp_path / ".venv" / "finesse-chaos.stamp").exists(), "what was there still works"


def test_an_environment_of_another_python_than_the_one_that_is_named_is_made_anew(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text(OTHER, encoding="utf-8")
    other.chmod(0o755)
    done = set_up(tmp_path / "checkout", str(other))
    assert done.returncode == 7
    assert f"setting up .venv with {other}, " in done.stderr
