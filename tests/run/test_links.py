"""`finesse-chaos links`: what a lab's administration points at is there, also after a proxy server came back empty."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import trustme
from click.testing import CliRunner

from chaos import clock
from chaos.clients import link_proxies
from chaos.clients.toxiproxy import ProxyState, Toxic, Toxiproxy
from chaos.commands.cli import cli
from chaos.errors import UsageError
from chaos.inventory import load
from chaos.preflight import survey
from chaos.safety import mark
from chaos.safety.identity import identity_of
from chaos.safety.places import OVERRIDE, make_folder, place_of
from chaos.undo.entries import ProxyAsFound
from chaos.undo.file import FileUndoLog
from tests.inventory.labs import LIVE, written
from tests.toxiproxy import go_server

T = TypeVar("T")
IN_TIME_S = 30.0
UPSTREAM_A, UPSTREAM_B = "10.0.0.21:42027", "10.0.0.22:43027"


def now_(work: Awaitable[T]) -> T:
    async def main() -> T:
        return await work

    return clock.run(main(), virtual=False)


class Bench:
    """A live lab's inventory, a proxy server that runs elsewhere, and the command."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder = folder
        self.api_port, self.port_a, self.port_b = (go_server.free_port() for _ in range(3))
        self.api = f"http://127.0.0.1:{self.api_port}"
        self.env = {**os.environ, OVERRIDE: str(folder / "state"), "BOSS": "x", "VOS": "x"}
        self._command = [part.replace("PORT", str(self.api_port)) for part in command]
        self._running: contextlib.ExitStack = contextlib.ExitStack()
        text = LIVE.replace("proxy: local", "proxy: bench").replace("http://10.0.0.6:8474", self.api)
        text = text.replace("10.0.0.5:42027", f"127.0.0.1:{self.port_a}")
        text = text.replace("10.0.0.5:43027", f"127.0.0.1:{self.port_b}").replace("  local: {}\n", "")
        self.inventory = written(folder, text)

    def start(self) -> None:
        self._running.enter_context(go_server.running(self._command, self.api_port))

    def stop(self) -> None:
        self._running.close()

    def wanted(self) -> dict[str, ProxyState]:
        return {
            "cti-a": ProxyState("cti-a", f"127.0.0.1:{self.port_a}", UPSTREAM_A, True),
            "cti-b": ProxyState("cti-b", f"127.0.0.1:{self.port_b}", UPSTREAM_B, True),
        }

    def there(self) -> dict[str, ProxyState]:
        return now_(Toxiproxy(self.api).proxies())

    def links(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "chaos", "links", *arguments, "-i", str(self.inventory)]
        return subprocess.run(
            command, env=self.env, capture_output=True, text=True, timeout=IN_TIME_S, check=False, cwd=self.folder
        )

    @contextlib.contextmanager
    def staying(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        command = [sys.executable, "-u", "-m", "chaos", "links", *arguments, "-i", str(self.inventory)]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True, cwd=self.folder) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(params=["embedded", pytest.param("go", marks=pytest.mark.timeout(go_server.BUILD_S + 60))])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "go":
        try:
            command = [str(go_server.built()), "-host", "127.0.0.1", "-port", "PORT"]
        except go_server.Missing as why:
            pytest.skip(f"the Go Toxiproxy was not tested: {why}")
    else:
        command = [sys.executable, "-m", "chaos", "proxy", "--host", "127.0.0.1", "--port", "PORT"]
    made = Bench(tmp_path, command)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + IN_TIME_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_up_makes_the_proxies_and_down_takes_them_away(bench: Bench) -> None:
    first = bench.links("up")
    assert (first.returncode, first.stderr) == (0, "")
    assert f"cti-a: made at {bench.api}, listens at 127.0.0.1:{bench.port_a}, leads to {UPSTREAM_A}" in first.stdout
    assert bench.there() == bench.wanted()
    assert bench.links("up").stdout.count(": is there, ") == 2
    down = bench.links("down")
    assert down.returncode == 0
    assert "reaches nobody now" in down.stdout
    assert bench.there() == {}
    assert bench.links("down").stdout.count(": is not there") == 2


def test_up_puts_right_what_is_there_and_touches_no_other(bench: Bench) -> None:
    async def spoil() -> ProxyState:
        proxies = Toxiproxy(bench.api)
        await proxies.create("cti-a", f"127.0.0.1:{bench.port_a}", "127.0.0.1:9", enabled=False)
        await proxies.add_toxic("cti-a", Toxic("timeout", name="left-over"))
        return await proxies.create("somebodys", "127.0.0.1:0", "127.0.0.1:9")

    other = now_(spoil())
    up = bench.links("up")
    assert up.returncode == 0, up.stderr
    assert "cti-a: was otherwise; put right" in up.stdout
    assert bench.there() == {**bench.wanted(), "somebodys": other}
    assert bench.links("down").returncode == 0
    assert bench.there() == {"somebodys": other}


def test_what_cannot_be_made_is_said_with_the_reason_and_the_others_are_made(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", bench.port_a)):
        up = bench.links("up")
        assert up.returncode == 5
        assert "cti-a: " in up.stderr
        assert "address already in use" in up.stderr
        assert set(bench.there()) >= {"cti-b"}


def test_a_server_that_does_not_answer_is_said_so(bench: Bench) -> None:
    bench.stop()
    up = bench.links("up")
    assert up.returncode == 5
    assert f"no answer from the Toxiproxy server at {bench.api}" in up.stderr


def test_kept_proxies_are_made_anew_when_their_server_came_back_empty(bench: Bench) -> None:
    with bench.staying("up", "--keep") as process:
        until(lambda: len(bench.there()) == 2, "made at first")
        bench.stop()
        bench.start()
        until(lambda: bench.there() == bench.wanted(), "made anew")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=IN_TIME_S)
        assert process.returncode == 0
        assert "cti-a: had gone; made anew" in out
        assert bench.there() == bench.wanted(), "they outlive the command"


def test_nothing_is_kept_while_a_run_has_the_lab(bench: Bench) -> None:
    """A run deletes and makes a proxy that it cannot change otherwise; nobody may come in between."""

    async def marked() -> None:
        alive_s = clock.wall_now().timestamp()
        upstream = f"elsewhere.alive-{alive_s:.0f}.finesse-chaos.invalid:9"
        await Toxiproxy(bench.api).create(
            f"{mark.PREFIX}host-1-20260101T000000Z", "127.0.0.1:0", upstream, enabled=False
        )

    with bench.staying("up", "--keep"):
        until(lambda: len(bench.there()) == 2, "made at first")
        now_(marked())
        time.sleep(1)
        now_(Toxiproxy(bench.api).delete("cti-a"))
        time.sleep(7)
        assert "cti-a" not in bench.there()


def test_a_lab_in_use_is_left_alone(bench: Bench) -> None:
    async def marked() -> None:
        alive_s = clock.wall_now().timestamp()
        upstream = f"elsewhere.alive-{alive_s:.0f}.finesse-chaos.invalid:9"
        await Toxiproxy(bench.api).create(
            f"{mark.PREFIX}host-1-20260101T000000Z", "127.0.0.1:0", upstream, enabled=False
        )

    now_(marked())
    for verb in ("up", "down"):
        refused = bench.links(verb)
        assert refused.returncode == 5
        assert "used by process 1 on host" in refused.stderr
        assert len(bench.there()) == 1


def test_what_a_dead_run_owes_is_undone_first(bench: Bench) -> None:
    """It led cti-a to its relay, and the server came back empty since."""
    inventory = load(bench.inventory, bench.env, healing=True)

    async def died() -> None:
        identity = await identity_of(inventory)
        folder = place_of(bench.env).folder_of(identity)
        make_folder(folder)
        log = FileUndoLog(folder, identity)
        await log.before(ProxyAsFound(bench.api, "cti-a", bench.wanted()["cti-a"]))
        log.close()

    now_(died())
    up = bench.links("up")
    assert up.returncode == 0, up.stderr
    assert bench.there() == bench.wanted()
    assert "made anew: it had gone" in up.stdout


def test_a_mock_and_a_lab_without_links_are_wrong_usage(tmp_path: Path) -> None:
    for text, what in (
        (LIVE.replace("deployment: live", "deployment: mock"), "built-in mock"),
        (LIVE.split("links:")[0] + "admin:" + LIVE.split("admin:")[1], "has no links"),
    ):
        path = written(tmp_path, text)
        ran = subprocess.run(
            [sys.executable, "-m", "chaos", "links", "up", "-i", str(path)],
            env={**os.environ, "BOSS": "x", "VOS": "x", OVERRIDE: str(tmp_path / "state")},
            capture_output=True,
            text=True,
            timeout=IN_TIME_S,
            check=False,
        )
        assert ran.returncode == 2
        assert what in ran.stderr


def test_an_embedded_server_serves_the_links_until_ctrl_c_and_the_lab_is_in_use_meanwhile(tmp_path: Path) -> None:
    made = Bench(tmp_path, [])
    text = made.inventory.read_text(encoding="utf-8").replace(
        f'api: "{made.api}"', f'api: "{made.api}", embedded: true'
    )
    made.inventory.write_text(text, encoding="utf-8")

    def is_up() -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", made.port_b), timeout=1).close()
            return True
        return False

    with made.staying("up") as process:
        until(is_up, "served")
        assert made.there() == made.wanted()
        second = made.links("up")
        assert second.returncode == 5
        assert "used by `finesse-chaos links`, process " in second.stderr
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=IN_TIME_S)
        assert process.returncode == 0
        assert "lives as long as this command" in out
    assert not is_up()


def test_preflight_makes_what_is_missing_and_asks_to_look_again(bench: Bench) -> None:
    trustme.CA().cert_pem.write_to_path(str(bench.folder / "ca.pem"))
    (bench.folder / "secrets").mkdir()
    (bench.folder / "secrets" / "agents").write_text("x", encoding="utf-8")
    inventory = load(bench.inventory, bench.env, healing=True)
    only = ("link cti-a: proxy", "link cti-b: proxy")

    async def looked() -> dict[str, str]:
        found = await survey(inventory, bench.env, only=only)
        return {row.check: row.finding.seen for row in found.rows}

    first = now_(looked())
    assert bench.there() == bench.wanted()
    assert all("was missing and has been made" in seen for seen in first.values()), first
    assert all(seen.startswith("proxy at ") for seen in now_(looked()).values())


def test_a_wildcard_address_is_the_same_as_a_server_shows_it() -> None:
    wanted = ProxyState("p", "0.0.0.0:5", "u:1", True)
    for shown in ("[::]:5", "0.0.0.0:5", ":5"):
        assert link_proxies.is_wanted(ProxyState("p", shown, "u:1", True), wanted)
    for other in ("127.0.0.1:5", "[::]:6"):
        assert not link_proxies.listens_as(ProxyState("p", other, "u:1", True), wanted)
    assert not link_proxies.is_wanted(ProxyState("p", "[::]:5", "u:1", False), wanted)


@pytest.mark.parametrize("order", ["up", "down"])
def test_the_built_in_mock_has_no_links_that_stay_and_is_known_by_its_name(order: str) -> None:
    said = CliRunner().invoke(cli, ["links", order, "-i", "mock"])
    assert isinstance(said.exception, UsageError)
    assert "a built-in mock's links come and go with its run" in str(said.exception)
