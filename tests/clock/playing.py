"""What tests of the clock share: a virtual run, real time that is bounded, and hogs beside."""

import contextlib
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from chaos import clock

ROOT = Path(__file__).parents[2]

BESIDE = pytest.mark.parametrize("beside", [0, 3], ids=["alone", "three hogs beside"])


@contextlib.contextmanager
def real_time(at_most_s: float) -> Any:
    """Other work shares this machine, so the limit is generous; the figures are the benchmark's."""
    began_s = time.monotonic()
    yield
    assert time.monotonic() - began_s < at_most_s


def virtually(main: Coroutine[Any, Any, Any]) -> Any:
    return clock.run(main, virtual=True)
