"""The folder of a run: whether anything can be kept there is known before anything is played."""

import errno
import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from chaos.errors import UsageError
from chaos.run.asked import run_options


@pytest.mark.skipif(sys.platform != "linux", reason="a folder of the kernel's, in which not even root can write")
def test_a_folder_in_which_nothing_can_be_written_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"no folder for artefacts can be made at /proc/self: .*; name another one"):
        run_options(inventory=None, reports=Path("reports"), folder="/proc/self")


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system on which folders can be made, and nothing else."""

    def no_room(**_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", no_room)


@pytest.mark.usefixtures("full")
def test_where_there_is_no_room_nothing_is_left(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for folder in (None, tmp_path / "new", own):
        with pytest.raises(UsageError, match=r"No space left on device; name another one with --folder"):
            run_options(inventory=None, reports=tmp_path / "reports", folder=folder)
    assert sorted(tmp_path.rglob("*")) == [own, tmp_path / "reports"]


def test_nothing_is_left_of_looking_for_room(tmp_path: Path) -> None:
    assert list(run_options(inventory=None, reports=tmp_path).folder.iterdir()) == []
