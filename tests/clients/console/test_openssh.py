"""Both drivers against a server that we did not write: OpenSSH, with shell scripts that imitate VOS and `sc.exe`."""

from pathlib import Path

import pytest

from chaos import clock
from chaos.clients.console import ConsoleExchange, VosConsole, WindowsConsole
from chaos.clients.console.errors import HostKeyRefused, LoginRefused, UnknownProcess, UnknownService
from chaos.mock.consoles import ServerKey
from chaos.wire.console.service import ServiceLine, ServiceState
from tests.clients.console.private_sshd import KEY, NOTIFICATION, PASSWORD, TOMCAT, prepared, sshd, why_not

CG = "Cisco ICM acme CG1A"
pytestmark = pytest.mark.skipif(why_not() != "", reason=why_not() or "-")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def vos_console(port: int, seen: list[ConsoleExchange] | None = None, **changes: str) -> VosConsole:
    told = {"password": PASSWORD, "host_key": KEY.public} | changes
    return VosConsole(
        "127.0.0.1",
        port,
        "vos",
        told["password"],
        told["host_key"],
        deadline_s=30.0,
        settle_s=20.0,
        poll_s=0.1,
        record=(lambda _: None) if seen is None else seen.append,
    )


@pytest.mark.parametrize(
    "switches", [(), ("narrow", "pager"), pytest.param(("narrow", "pager", "late"), marks=pytest.mark.slow)]
)
def test_services_of_a_vos_on_openssh_are_stopped_and_started(place: Path, switches: tuple[str, ...]) -> None:
    for switch in switches:
        (place / switch).touch()
    seen: list[ConsoleExchange] = []

    async def play() -> None:
        async with sshd(place) as port, vos_console(port, seen) as console:
            assert ServiceLine("Cisco DRF Primary", ServiceState.STOPPED, "X") in await console.services()
            stopped = await console.stop(NOTIFICATION)
            assert stopped == ServiceLine(NOTIFICATION, ServiceState.STOPPED, "Commanded Out of Service")
            assert (await console.start(NOTIFICATION)).state is ServiceState.STARTED
            assert (await console.restart(TOMCAT)).state is ServiceState.STARTED
            with pytest.raises(UnknownService):
                await console.stop("Cisco Tomcat")

    clock.run(play(), virtual=False)
    assert f"{TOMCAT}|STARTED|" in (place / "services").read_text()
    assert PASSWORD not in repr(seen)
    (last_action,) = (exchange for exchange in seen if "restart" in exchange.sent)
    assert last_action.received.rstrip().removesuffix("admin:").rstrip().endswith("[STARTING]"), (
        "this node's transcript ends too early on purpose"
    )


def test_openssh_lets_nobody_in_with_a_wrong_password_or_key(place: Path) -> None:
    async def play() -> None:
        async with sshd(place) as port:
            async with vos_console(port, password="wrong") as console:
                with pytest.raises(LoginRefused):
                    await console.services()
            async with vos_console(port, host_key=ServerKey.generate().public) as console:
                with pytest.raises(HostKeyRefused, match="has changed"):
                    await console.services()

    clock.run(play(), virtual=False)


def test_a_host_with_several_keys_is_asked_for_the_pinned_kind(place: Path) -> None:
    other = ServerKey.generate("ssh-rsa")
    (place / "other").write_text(other.private)
    (place / "other").chmod(0o600)
    (place / "config").write_text((place / "config").read_text() + f"HostKey {place}/other\n")

    async def play() -> None:
        async with sshd(place) as port:
            for key in (KEY, other):
                async with vos_console(port, host_key=key.public) as console:
                    assert await console.services()

    clock.run(play(), virtual=False)


def test_keyboard_interactive_of_openssh_is_answered(place: Path) -> None:
    if not Path("/etc/pam.d/sshd").exists():
        pytest.skip("keyboard-interactive at sshd needs PAM's file for it")
    config = (place / "config").read_text().replace("UsePAM no", "UsePAM yes")
    (place / "config").write_text(config + "PasswordAuthentication no\nKbdInteractiveAuthentication yes\n")

    async def play() -> None:
        async with sshd(place) as port, vos_console(port) as console:
            assert await console.services()

    clock.run(play(), virtual=False)


def test_services_of_a_windows_host_on_openssh_are_stopped_and_started(place: Path) -> None:
    async def play() -> None:
        async with sshd(place) as port:
            console = WindowsConsole(
                "127.0.0.1", port, "win", PASSWORD, KEY.public, settle_s=20.0, poll_s=0.1, deadline_s=30.0
            )
            async with console:
                assert [line.name for line in await console.services()] == ["BFE", CG]
                assert (await console.stop("*CG1A")).state is ServiceState.STOPPED
                assert (await console.stop(CG)).state is ServiceState.STOPPED
                assert (await console.start(CG)).state is ServiceState.STARTED
                assert (await console.start(CG)).state is ServiceState.STARTED
                assert (await console.restart(CG)).state is ServiceState.STARTED
                with pytest.raises(UnknownService):
                    await console.stop("Cisco ICM acme CG2A")

    clock.run(play(), virtual=False)


def test_a_process_of_a_windows_host_on_openssh_is_ended_and_an_error_is_read_from_its_other_stream(
    place: Path,
) -> None:
    async def play() -> None:
        async with sshd(place) as port:
            console = WindowsConsole("127.0.0.1", port, "win", PASSWORD, KEY.public, poll_s=0.1, deadline_s=30.0)
            async with console:
                assert await console.kill("ctisvr.exe") == (1234,)
                await console.stop(CG)
                with pytest.raises(UnknownProcess, match="is its service started"):
                    await console.kill("ctisvr.exe")

    clock.run(play(), virtual=False)
