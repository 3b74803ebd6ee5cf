"""The servers under test: ours on both clocks, and the Go original where Go is at hand."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toxiproxy.lab import Play, play_embedded, play_foreign

VERSION = "2.12.0"
MODULE = "github.com/Shopify/toxiproxy/v2"
CACHE = Path(__file__).parents[2] / ".cache" / f"toxiproxy-{VERSION}"
BUILD_S = 300.0


def _built_server() -> Path:
    """The Go server, built once into the repository's cache. Skips with the reason where that is impossible."""
    binary = CACHE / ("server.exe" if os.name == "nt" else "server")
    if binary.exists():
        return binary
    go = shutil.which("go")
    if go is None:
        pytest.skip("the Go Toxiproxy was not tested: there is no `go` to build it with")
    CACHE.mkdir(parents=True, exist_ok=True)
    built = subprocess.run(
        [go, "install", f"-ldflags=-X {MODULE}.Version={VERSION}", f"{MODULE}/cmd/server@v{VERSION}"],
        env={**os.environ, "GOBIN": str(CACHE)},
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    if built.returncode != 0:
        pytest.skip(f"the Go Toxiproxy was not tested: building it failed: {built.stderr.strip()[-300:]}")
    return binary


@pytest.fixture(scope="session")
def go_api() -> Iterator[tuple[str, int]]:
    """A running Go server, shared: a test begins without proxies."""
    with _running(_built_server()) as api:
        yield api


@pytest.fixture
def go_api_alone(go_api: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """A Go server of one test's own, which it may leave in any state."""
    with _running(_built_server()) as api:
        yield api


@contextlib.contextmanager
def _running(binary: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(binary), "-host", "127.0.0.1", "-port", str(port), "-proxy-metrics"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "LOG_LEVEL": "fatal"}) as process:
        try:
            _wait_until_it_listens(port, process)
            yield "127.0.0.1", port
        finally:
            process.kill()


def _wait_until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@pytest.fixture(
    params=["embedded-virtual", "embedded-real", pytest.param("go", marks=pytest.mark.timeout(BUILD_S + 60))]
)
def play(request: pytest.FixtureRequest) -> Play:
    """Plays a scenario against one of the servers; every test that asks for it runs against each."""
    if request.param == "go":
        return functools.partial(play_foreign, api=request.getfixturevalue("go_api"))
    return functools.partial(play_embedded, virtual=request.param == "embedded-virtual")
