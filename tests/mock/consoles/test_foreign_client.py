"""The mock consoles serve a client that we did not write: OpenSSH's."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from chaos import clock
from chaos.mock.consoles import MockVos, MockWindows, ServerKey, VosVariants, WindowsVariants
from chaos.wire.console.service import ServiceState
from chaos.wire.console.vos import QUESTIONS, Confirmation
from tests.mock.consoles.lab import OPERATOR, TOMCAT, FakeServices, vos_lab

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh here (Debian: openssh-client)")
LIMIT_S = 30.0


async def ssh(place: Path, key: ServerKey, port: int, typed: str, *words: str) -> tuple[int, str]:
    """Run OpenSSH's client with the pinned key; its exit code and what it printed."""
    (place / "known").write_text(f"[127.0.0.1]:{port} {key.public}\n")
    (place / "ask").write_text(f"#!/bin/sh\necho '{OPERATOR.password}'\n")
    (place / "ask").chmod(0o700)
    options = ["StrictHostKeyChecking=yes", f"UserKnownHostsFile={place}/known", "LogLevel=ERROR"]
    process = await asyncio.create_subprocess_exec(
        "ssh",
        *(part for option in options for part in ("-o", option)),
        *("-F", "none", "-p", str(port), *words[:1], f"{OPERATOR.user}@127.0.0.1", *words[1:]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": "/usr/bin:/bin", "SSH_ASKPASS": str(place / "ask"), "SSH_ASKPASS_REQUIRE": "force", "HOME": "/"},
    )
    async with asyncio.timeout(LIMIT_S):
        out, _ = await process.communicate(typed.encode())
    return process.returncode or 0, out.decode()


def test_an_operator_lists_and_stops_services_with_openssh(tmp_path: Path) -> None:
    key, services = ServerKey.generate(), FakeServices(stop_s=0.3)

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], services, VosVariants(banner_s=0.1, list_s=0.1, status_every_s=0.1))
        port = await node.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, f"utils service stop {TOMCAT}\nutils service list\nexit\n", "-tt")
        finally:
            await node.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 0
    assert services.states[TOMCAT] is ServiceState.STOPPED
    assert "Welcome to the Platform Command Line Interface" in out
    assert f"admin:utils service stop {TOMCAT}\r\n" in out
    assert f"{TOMCAT}[STOPPING]  \r\n" in out
    assert f"{TOMCAT}[STOPPED]  Commanded Out of Service\r\n" in out


def test_an_operator_pages_corrects_himself_and_changes_his_mind(tmp_path: Path) -> None:
    key = ServerKey.generate()
    typed = "utils servicee\x7f list page\n qfoo\nutils service stop\x03set cli pagination off\n\x04"

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], FakeServices(), VosVariants(banner_s=0.1, list_s=0.1, page_lines=3))
        port = await node.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, typed, "-tt")
        finally:
            await node.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 0
    assert out.count("Press <enter> for 1 line") == 2
    assert "Primary Node" not in out, "he left the listing with q"
    assert "admin:foo\r\nNo valid command entered\r\n" in out
    assert "admin:utils service stop^C\r\nadmin:set cli pagination off\r\n" in out


def test_an_exec_request_gets_one_line_and_no_console(tmp_path: Path) -> None:
    key = ServerKey.generate()

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], FakeServices())
        port = await node.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, "", "-T", "utils service list")
        finally:
            await node.stop()

    _, out = clock.run(play(), virtual=False)
    assert out == "Command Line Interface is starting up, please wait ...\r\n"


def test_an_operator_gets_the_exit_code_of_sc_with_openssh(tmp_path: Path) -> None:
    key = ServerKey.generate()

    async def play() -> tuple[int, str]:
        host = MockWindows(key, [OPERATOR], FakeServices(), WindowsVariants(reply_s=0.0))
        port = await host.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, "", "-T", 'sc.exe query "Nobody"')
        finally:
            await host.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 1060 % 256, "OpenSSH's client keeps eight bits of the exit code"
    assert "FAILED 1060:\r\n" in out


@pytest.mark.parametrize(
    ("form", "yes", "no"),
    [
        (Confirmation.WORD, "yes", "y"),
        (Confirmation.WORD, "yes", "YES"),
        (Confirmation.LETTER, "y", "n"),
        (Confirmation.ENTER, "", "q"),
    ],
    ids=["word", "letter case", "letter", "enter"],
)
def test_an_operator_who_is_asked_back_has_to_answer_in_that_form(
    tmp_path: Path, form: Confirmation, yes: str, no: str
) -> None:
    key, services = ServerKey.generate(), FakeServices(stop_s=0.0)
    order = f"utils service stop {TOMCAT}\n"
    refuse = no if form is Confirmation.ENTER else f"{no}\n"

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], services, VosVariants(banner_s=0.1, list_s=0.1, confirm=form))
        port = await node.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, f"{order}{refuse}{order}{yes}\nexit\n", "-tt")
        finally:
            await node.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 0
    assert out.count(QUESTIONS[form].strip()) == 2
    assert services.log == [f"stop {TOMCAT}"]


def test_a_transcript_shows_every_state_on_the_way_however_fast_the_service_is(tmp_path: Path) -> None:
    key, services = ServerKey.generate(), FakeServices(start_s=0.0, stop_s=0.0)

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], services, VosVariants(banner_s=0.1, list_s=0.1, status_every_s=0.1))
        port = await node.start("127.0.0.1", 0)
        try:
            typed = f"utils service restart {TOMCAT}\nutils service stop {TOMCAT}\nexit\n"
            return await ssh(tmp_path, key, port, typed, "-tt")
        finally:
            await node.stop()

    _, out = clock.run(play(), virtual=False)
    states = re.findall(re.escape(TOMCAT) + r"\[(\w+)\]", out)
    assert states == ["STOPPING", "STARTING", "STARTED", "STARTED", "STOPPING", "STOPPED"]


def test_an_operator_reads_the_version_and_pages_through_a_long_output(tmp_path: Path) -> None:
    key = ServerKey.generate()

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], FakeServices(), VosVariants(banner_s=0.1, version="12.6.2.10000-7"))
        port = await node.start("127.0.0.1", 0)
        try:
            # A page, a line, the rest away; then all of it without a pager.
            long = "show tech dbstateinfo\n"
            typed = f"show version active\nshow version inactive\n{long} \nq" + f"set cli pagination off\n{long}exit\n"
            return await ssh(tmp_path, key, port, typed, "-tt")
        finally:
            await node.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 0
    assert "Active Master Version: 12.6.2.10000-7\r\n" in out
    assert "Inactive Master Version: Not Installed\r\n" in out
    assert out.count("Press <enter> for 1 line") == 3
    first, _, rest = out.partition("set cli pagination off")
    assert first.count("  chunk ") == 20 - 3 + 20 + 1
    assert rest.count("  chunk ") == 96


def test_our_driver_pages_through_a_long_output_by_itself() -> None:
    async def play() -> str:
        async with vos_lab(ServerKey.generate(), FakeServices(), VosVariants(banner_s=0.1)) as console:
            return await console._command("show tech dbstateinfo", within_s=60.0)

    text = clock.run(play(), virtual=True)
    assert text.count("  chunk ") == 96
    assert "Press <enter>" not in text


@pytest.mark.parametrize("terminal", ["-T", "-tt"])
def test_an_operator_types_at_a_windows_host(tmp_path: Path, terminal: str) -> None:
    """Without a command, OpenSSH on Windows starts cmd.exe."""
    key, services = ServerKey.generate(), FakeServices(names=("Cisco ICM ucce CG1A",), stop_s=0.1)
    typed = (
        'nonsense\r\n\r\nver\nsc.exe stop "Cisco ICM ucce CG1B"\x7f\x7fA"\r'
        'cmd /c "sc query "Cisco ICM ucce CG1A""\nEXIT 7\n'
    )

    async def play() -> tuple[int, str]:
        host = MockWindows(key, [OPERATOR], services, WindowsVariants(reply_s=0.3))
        port = await host.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, typed, terminal)
        finally:
            await host.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 7
    prompt = f"C:\\Users\\{OPERATOR.user}>"
    assert out.startswith("Microsoft Windows [Version ")
    assert f"{prompt}nonsense\r\n'nonsense' is not recognized as an internal or external command,\r\n" in out
    assert f"{prompt}ver\r\n\r\nMicrosoft Windows [Version " in out
    assert re.findall(r"STATE +: \d+  (\w+)", out) == ["STOP_PENDING", "STOPPED"]
    assert services.log == ["stop Cisco ICM ucce CG1A"]


def test_an_operator_who_leaves_a_windows_host_without_a_word_leaves_nothing_behind(tmp_path: Path) -> None:
    key = ServerKey.generate()

    async def play() -> tuple[int, str]:
        host = MockWindows(key, [OPERATOR], FakeServices(), WindowsVariants(reply_s=0.0))
        port = await host.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, 'sc.exe query "Nobody"\n', "-T")
        finally:
            await host.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 1060 % 256, "cmd.exe ends with the exit code of its last command"
    assert "FAILED 1060:" in out


@pytest.mark.parametrize("console", [MockVos, MockWindows])
@pytest.mark.parametrize("subsystem", ["sftp", "netconf", "powershell"])
def test_there_are_no_subsystems(tmp_path: Path, console: type[MockVos] | type[MockWindows], subsystem: str) -> None:
    """Files are fetched by `file get` on a node, and any other subsystem must not be a shell by another name."""
    key = ServerKey.generate()

    async def play() -> tuple[int, str]:
        host = console(key, [OPERATOR], FakeServices())
        port = await host.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, "", "-s", subsystem)
        finally:
            await host.stop()

    code, out = clock.run(play(), virtual=False)
    assert (code, out.strip()) == (255, "subsystem request failed on channel 0")
