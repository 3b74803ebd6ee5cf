"""The mock consoles serve a client that we did not write: OpenSSH's."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from chaos import clock
from chaos.mock.appliance import VOS_PLATFORM, WINDOWS_PLATFORM, HostServices
from chaos.mock.consoles import MockVos, MockWindows, ServerKey, VosVariants, WindowsVariants
from chaos.mock.consoles.terminal import LINE
from chaos.mock.service import Service
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


def test_a_pasted_file_keeps_nobody_from_his_turn_and_is_cut_as_a_terminal_cuts_it(tmp_path: Path) -> None:
    # Each character had a packet of its own and no turn of the loop between two: 300 kB kept everybody for minutes.
    key = ServerKey.generate()
    typed = "~" * 300_000 + "\nshow version\nexit\n"
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], FakeServices(), VosVariants(banner_s=0.1))
        port = await node.start("127.0.0.1", 0)
        counting = asyncio.create_task(count())
        try:
            return await ssh(tmp_path, key, port, typed, "-tt")
        finally:
            counting.cancel()
            await node.stop()

    code, out = clock.run(play(), virtual=False)
    assert code == 0
    assert out.count("~") == LINE
    assert out.endswith("admin:exit\r\n")
    assert "Active Master Version" in out
    assert turns > 300_000 / 1024


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


def on_windows(place: Path, *commands: str) -> tuple[list[tuple[int, str]], HostServices]:
    """A PG host of two services, one of whose programs runs: what OpenSSH's client got for each command, in turn."""
    key, gateway = ServerKey.generate(), Idle("Cisco ICM ucce CG1A")
    services = HostServices({gateway.name: gateway}, WINDOWS_PLATFORM, images={"ctisvr.exe": gateway.name})

    async def play() -> list[tuple[int, str]]:
        await gateway.start()
        host = MockWindows(key, [OPERATOR], services, WindowsVariants(reply_s=0.0))
        port = await host.start("127.0.0.1", 0)
        try:
            return [await ssh(place, key, port, "", "-T", command) for command in commands]
        finally:
            await host.stop()
            await services.close()

    return clock.run(play(), virtual=False), services


class Idle(Service):
    """A service that does nothing."""

    async def _open(self) -> None:
        return

    async def _close(self) -> None:
        return

    async def _kill(self) -> None:
        return


def test_services_are_found_by_name_with_and_without_quotes_and_listed_by_state(tmp_path: Path) -> None:
    answers, _ = on_windows(
        tmp_path,
        "sc query W32Time",
        'sc.exe queryex "Cisco ICM ucce CG1A"',
        "sc stop W32Time",
        "sc query state= inactive",
        "sc query",
        "sc frobnicate",
    )
    assert answers[0][1].count("SERVICE_NAME") == 1
    assert "SERVICE_NAME: W32Time" in answers[0][1]
    assert re.search(r"STATE +: 4  RUNNING[\s\S]*PID +: \d+", answers[1][1])
    assert "3  STOP_PENDING" in answers[2][1]
    assert re.findall("SERVICE_NAME: (.*)\r", answers[3][1]) == ["W32Time"]
    assert "W32Time" not in answers[4][1]
    assert "Cisco ICM ucce CG1A" in answers[4][1]
    assert answers[5] == (1639 % 256, "\r\nERROR:  Unrecognized command\r\n\r\n")


@pytest.mark.parametrize(
    "command",
    ["taskkill /F /IM ctisvr.exe", 'taskkill /im "CTISVR.EXE" /t /f', "taskkill.exe /F /PID 4712"],
    ids=["plain", "other order", "by number"],
)
def test_a_process_is_found_and_ended_in_every_form_of_the_command(tmp_path: Path, command: str) -> None:
    answers, services = on_windows(
        tmp_path,
        "tasklist",
        'tasklist /FI "PID eq 4712" /FO CSV',
        "taskkill /F /PID 1000",
        command,
        "tasklist",
        command,
    )
    assert re.search(r"Image Name +PID [\s\S]*ctisvr\.exe +4712 Services", answers[0][1])
    assert answers[1][1].splitlines()[1] == '"ctisvr.exe","4712","Services","0","12,345 K"'
    assert answers[2][0] == 1, "a service's own process is not ended, and nobody is told that it was"
    assert (answers[3][0], "has been terminated." in answers[3][1]) == (0, True)
    assert "No tasks are running" in answers[4][1]
    assert (answers[5][0], "not found." in answers[5][1]) == (128, True)
    assert services.images() == []


@pytest.mark.parametrize("command", ["taskkill /F", "taskkill /IM", "taskkill /X", "tasklist /FO XML", "tasklist /Z"])
def test_a_wrong_use_of_a_program_is_told_as_that(tmp_path: Path, command: str) -> None:
    ((status, said),), _ = on_windows(tmp_path, command)
    assert status == 1
    assert said.startswith("ERROR: Invalid ")


def test_numbers_that_no_process_has_are_answered_like_others(tmp_path: Path) -> None:
    long = "9" * 5000  # more than Python reads as a number: the connection was closed on it
    answers, _ = on_windows(
        tmp_path, f"taskkill /F /PID {long}", f"sc query state= all ri= {long}", f'tasklist /FI "PID eq {long}"', "ver"
    )
    assert [status for status, _ in answers] == [128, 0, 0, 0]
    assert answers[0][1].startswith("ERROR: The process ")
    assert "SERVICE_NAME: W32Time" in answers[1][1]
    assert "No tasks are running" in answers[2][1]


def test_what_an_operator_stops_of_the_platform_is_shown_as_stopped_and_what_cannot_be_is_refused(
    tmp_path: Path,
) -> None:
    key, services = ServerKey.generate(), HostServices({}, VOS_PLATFORM)
    typed = "utils service stop Cisco CDP\nutils service stop Cisco Web Proxy Service\nutils service list\nexit\n"

    async def play() -> tuple[int, str]:
        node = MockVos(key, [OPERATOR], services, VosVariants(banner_s=0.1, list_s=0.1, status_every_s=0.1))
        port = await node.start("127.0.0.1", 0)
        try:
            return await ssh(tmp_path, key, port, typed, "-tt")
        finally:
            await node.stop()

    _, out = clock.run(play(), virtual=False)
    assert "Cisco CDP[STOPPING]  \r\nCisco CDP[STOPPED]  \r\n" in out
    assert "Cisco CDP[STOPPED]  Commanded Out of Service\r\n" in out
    assert "so it cannot be stopped\r\nExecuted command unsuccessfully\r\n" in out
    assert "Cisco Web Proxy Service[STARTED]\r\n" in out


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
