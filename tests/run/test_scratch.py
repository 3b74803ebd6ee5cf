"""Temporary folders: nobody's is taken away while its process lives, and a killed one's is by whoever comes next."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chaos.errors import UsageError
from chaos.run.scratch import PREFIX, Scratch, scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no lock of this kind")
HOLDER = """
import sys
from chaos.errors import UsageError
from chaos.run.scratch import Scratch
print(Scratch("mock-").path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_where_no_folder_can_be_made_the_place_can_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(UsageError, match=r"no temporary folder can be made: No such file or directory; .* TMPDIR"):
        Scratch()


def test_a_folder_goes_with_its_block() -> None:
    with scratch("mock-") as folder:
        (folder / "secret").write_text("x")
        assert folder.name.startswith(f"{PREFIX}mock-")
    assert not folder.exists()


def test_removing_one_is_safe_twice() -> None:
    one = Scratch()
    one.remove()
    one.remove()
    assert not one.path.exists()


def test_a_killed_process_s_folder_is_taken_away_by_the_next_one_and_nobody_else_s(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    (folder / "secrets").mkdir()
    unmarked, elsewhere = tmp_path / f"{PREFIX}unmarked", tmp_path / "elsewhere"
    unmarked.mkdir()
    elsewhere.mkdir()
    (elsewhere / ".held").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    with scratch():
        assert folder.is_dir(), "its process lives"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with scratch() as own:
        assert not folder.exists()
        assert own.is_dir()
    assert unmarked.is_dir(), "its maker has not marked it yet, or is not ours"
    assert (elsewhere / ".held").exists(), "what a link leads to is somebody else's"
