"""The Go original and its client: found, or built once into the repository's cache, and run."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

VERSION = "2.12.0"
MODULE = "github.com/Shopify/toxiproxy/v2"
CACHE = Path(__file__).parents[2] / ".cache" / f"toxiproxy-{VERSION}"
BUILD_S = 300.0


class Missing(Exception):
    """There is no Go server here, with the reason."""


def built(program: str = "server") -> Path:
    """The Go server, or its `cli`, built once into the repository's cache. Raises Missing."""
    binary = CACHE / (f"{program}.exe" if os.name == "nt" else program)
    if binary.exists():
        return binary
    go = shutil.which("go")
    if go is None:
        raise Missing("there is no `go` to build it with")
    CACHE.mkdir(parents=True, exist_ok=True)
    # Tests run in several processes: one of them may build it while another one starts it.
    with tempfile.TemporaryDirectory(dir=CACHE) as place:
        built = subprocess.run(
            [go, "install", f"-ldflags=-X {MODULE}.Version={VERSION}", f"{MODULE}/cmd/{program}@v{VERSION}"],
            env={**os.environ, "GOBIN": place},
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            check=False,
        )
        if built.returncode != 0:
            raise Missing(f"building it failed: {built.stderr.strip()[-300:]}")
        (Path(place) / binary.name).replace(binary)
    return binary


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A server process that listens on that port of 127.0.0.1; killed in the end."""
    environment = {**os.environ, "LOG_LEVEL": "fatal"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            _wait_until_it_listens(port, process)
            yield process
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
