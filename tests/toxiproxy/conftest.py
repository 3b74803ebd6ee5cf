"""The servers under test: ours on both clocks, and the Go original where Go is at hand."""

import contextlib
import functools
from collections.abc import Iterator

import pytest

from tests.toxiproxy import go_server
from tests.toxiproxy.go_server import BUILD_S
from tests.toxiproxy.lab import Play, play_embedded, play_foreign


@pytest.fixture(scope="session")
def go_api() -> Iterator[tuple[str, int]]:
    """A running Go server, shared: a test begins without proxies."""
    with _running() as api:
        yield api


@pytest.fixture
def go_api_alone(go_api: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """A Go server of one test's own, which it may leave in any state."""
    with _running() as api:
        yield api


@contextlib.contextmanager
def _running() -> Iterator[tuple[str, int]]:
    try:
        binary = go_server.built()
    except go_server.Missing as why:
        pytest.skip(f"the Go Toxiproxy was not tested: {why}")
    port = go_server.free_port()
    with go_server.running([str(binary), "-host", "127.0.0.1", "-port", str(port), "-proxy-metrics"], port):
        yield "127.0.0.1", port


@pytest.fixture(
    params=[
        "embedded-virtual",
        "embedded-real",
        "embedded-uvloop",
        pytest.param("go", marks=pytest.mark.timeout(BUILD_S + 60)),
    ]
)
def play(request: pytest.FixtureRequest) -> Play:
    """Plays a scenario against one of the servers; every test that asks for it runs against each."""
    if request.param == "go":
        return functools.partial(play_foreign, api=request.getfixturevalue("go_api"))
    if request.param == "embedded-uvloop":
        pytest.importorskip("uvloop")
        return functools.partial(play_embedded, virtual=False, loop="uvloop")
    return functools.partial(play_embedded, virtual=request.param == "embedded-virtual")
