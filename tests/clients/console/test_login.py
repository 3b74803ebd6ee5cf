"""Signing in at OpenSSH: keys and passphrases, one failure for one wrong password, questions that nobody may answer."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import paramiko
import pytest

from chaos import clock
from chaos.clients.console import VosConsole, WindowsConsole, errors
from chaos.clients.console.keyfile import read_key
from chaos.errors import ChaosError, InventoryError
from chaos.mock.consoles import ServerKey
from tests.clients.console.private_sshd import KEY, PASSWORD, logged, prepared, reconfigured, sshd, why_not

on_openssh = pytest.mark.skipif(why_not() != "", reason=why_not() or "-")
PASSPHRASE = "open sesame 4 this test"
NOT_THIS_ONE = "Wr0ng-for-this-test"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def made_key(folder: Path, kind: str, passphrase: str, *options: str) -> Path:
    """A key of ours, made by ssh-keygen; its public half is known to nobody yet."""
    path = folder / f"key-{kind}-{len(list(folder.iterdir()))}"
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path), *options]
    subprocess.run(command, check=True, timeout=60)
    return path


def known(place: Path, key: Path) -> Path:
    """Let the server know that key."""
    with (place / "authorized").open("a") as file:
        file.write(key.with_suffix(".pub").read_text() if key.suffix else Path(f"{key}.pub").read_text())
    return key


def console(
    port: int,
    *,
    host_key: str = KEY.public,
    old_algorithms: bool = False,
    password: str | None = None,
    key: Path | None = None,
    passphrase: str | None = None,
) -> VosConsole:
    return VosConsole(
        "127.0.0.1", port, "vos", password, host_key,
        host="fin-a", old_algorithms=old_algorithms, key_file=key, passphrase=passphrase, deadline_s=30.0,
    )  # fmt: skip


def refused(place: Path, **door: object) -> tuple[ChaosError, list[str]]:
    """What is said when nobody is let in, twice; and the server's log."""

    async def play() -> ChaosError:
        async with sshd(place) as port, console(port, **door) as asked:  # type: ignore[arg-type]
            with pytest.raises(ChaosError) as caught:
                await asked.services()
            with pytest.raises(type(caught.value)):
                await asked.services()
            assert not errors.may_pass(caught.value)
            return caught.value

    error = clock.run(play(), virtual=False)
    return error, (place / "log").read_text().splitlines()


# --- keys


@on_openssh
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["bare", "with passphrase"])
def test_a_key_opens_the_console(place: Path, kind: str, passphrase: str) -> None:
    key = known(place, made_key(place, kind, passphrase))

    async def play() -> None:
        async with sshd(place) as port, console(port, key=key, passphrase=passphrase or None) as asked:
            assert await asked.services()

    clock.run(play(), virtual=False)
    assert logged(place, "Accepted publickey") == 1
    assert logged(place, "Failed") == 0


@on_openssh
def test_a_windows_host_is_opened_by_a_key_too(place: Path) -> None:
    key = known(place, made_key(place, "ed25519", PASSPHRASE))

    async def play() -> None:
        async with sshd(place) as port:
            asked = WindowsConsole(
                "127.0.0.1", port, "win", None, KEY.public, key_file=key, passphrase=PASSPHRASE, deadline_s=30.0
            )
            async with asked:
                assert await asked.services()

    clock.run(play(), virtual=False)


@on_openssh
def test_a_password_stands_in_for_a_key_that_the_host_does_not_know(place: Path) -> None:
    key = made_key(place, "ed25519", "")

    async def play() -> None:
        async with sshd(place) as port, console(port, key=key, password=PASSWORD) as asked:
            assert await asked.services()

    clock.run(play(), virtual=False)


@on_openssh
def test_a_host_that_wants_both_gets_the_key_and_then_the_password(place: Path) -> None:
    key = known(place, made_key(place, "ed25519", ""))
    reconfigured(place, "AuthenticationMethods publickey,password")

    async def play() -> None:
        async with sshd(place) as port, console(port, key=key, password=PASSWORD) as asked:
            assert await asked.services()

    clock.run(play(), virtual=False)
    assert logged(place, "Partial publickey") == 1


@on_openssh
def test_a_key_that_the_host_does_not_know_is_told_and_no_empty_password_is_tried(place: Path) -> None:
    key = made_key(place, "ed25519", "")
    error, log = refused(place, key=key)
    assert isinstance(error, errors.LoginRefused)
    assert "does not know the key, and takes publickey, password" in str(error)
    assert "let the host know the public key of" in str(error)
    assert not [line for line in log if "password" in line.casefold()]


PEM = ("-m", "PEM")
FAULTY: list[tuple[str, Sequence[str], str, str | None, str]] = [
    ("ed25519", (), PASSPHRASE, None, "is protected by a passphrase: give ssh.key_passphrase"),
    ("ed25519", (), PASSPHRASE, "another", "the passphrase does not open it"),
    ("rsa", PEM, PASSPHRASE, None, "is protected by a passphrase"),
    ("rsa", PEM, PASSPHRASE, "another", "the passphrase does not open it"),
    ("ecdsa", PEM, PASSPHRASE, None, "is protected by a passphrase"),
]


@pytest.mark.parametrize(("kind", "options", "passphrase", "given", "said"), FAULTY)
def test_a_key_that_its_passphrase_does_not_open_is_told(
    tmp_path: Path, kind: str, options: Sequence[str], passphrase: str, given: str | None, said: str
) -> None:
    key = made_key(tmp_path, kind, passphrase, *options)
    with pytest.raises(InventoryError, match=said) as caught:
        clock.run(read_key(key, given), virtual=False)
    assert str(key) in str(caught.value)
    assert clock.run(read_key(key, passphrase), virtual=False)


def test_what_is_no_private_key_of_ours_is_told(tmp_path: Path) -> None:
    key = made_key(tmp_path, "ed25519", "")

    def said(path: Path) -> str:
        with pytest.raises(InventoryError) as caught:
            clock.run(read_key(path, None), virtual=False)
        return str(caught.value)

    (public := Path(f"{key}.pub")).chmod(0o600)
    assert "holds no private key" in said(public)
    putty = tmp_path / "key.ppk"
    putty.write_text("PuTTY-User-Key-File-3: ssh-ed25519\n")
    putty.chmod(0o600)
    assert "puttygen" in said(putty)
    cut = tmp_path / "cut"
    cut.write_text(key.read_text()[:100])
    cut.chmod(0o600)
    assert "it is damaged" in said(cut)
    key.chmod(0o644)
    assert "can be read by others: chmod 600" in said(key)
    assert "no such file" in said(tmp_path / "nowhere")
    assert "a directory; name the file itself" in said(tmp_path)
    subprocess.run(["mkfifo", str(tmp_path / "pipe")], check=True)
    assert "a pipe; name the file itself" in said(tmp_path / "pipe")


# --- one failed sign-in for one wrong password


@on_openssh
def test_one_wrong_password_is_one_failed_sign_in(place: Path) -> None:
    error, log = refused(place, password=NOT_THIS_ONE)
    assert isinstance(error, errors.LoginRefused)
    assert "user or password is wrong" in str(error)
    assert NOT_THIS_ONE not in str(error)
    assert len([line for line in log if line.startswith("Failed")]) == 1
    assert len([line for line in log if line.startswith("Connection from")]) == 1


def with_pam(place: Path, *lines: str) -> None:
    if not Path("/etc/pam.d/sshd").exists():
        pytest.skip("keyboard-interactive at sshd needs PAM's file for it")
    reconfigured(place, "UsePAM yes", "KbdInteractiveAuthentication yes", *lines, without="UsePAM")


@on_openssh
@pytest.mark.parametrize("also_passwords", [True, False], ids=["beside passwords", "alone"])
def test_one_wrong_answer_to_keyboard_interactive_is_one_failed_sign_in(place: Path, also_passwords: bool) -> None:
    with_pam(place, f"PasswordAuthentication {'yes' if also_passwords else 'no'}")
    error, log = refused(place, password=NOT_THIS_ONE)
    assert "user or password is wrong" in str(error)
    assert len([line for line in log if line.startswith("PAM: Authentication failure")]) == 1
    assert len([line for line in log if line.startswith("Failed")]) <= 1
    assert len([line for line in log if line.startswith("Connection from")]) == 1


@on_openssh
def test_a_host_that_takes_keyboard_interactive_only_is_told_to_who_has_a_key(place: Path) -> None:
    with_pam(place, "PasswordAuthentication no", "PubkeyAuthentication no")
    error, _ = refused(place, key=made_key(place, "ed25519", ""))
    assert "it takes keyboard-interactive only, and the inventory has a key; give ssh.password" in str(error)


@on_openssh
def test_a_host_that_takes_keys_only_is_told_to_who_has_a_password(place: Path) -> None:
    reconfigured(place, "PasswordAuthentication no", "KbdInteractiveAuthentication no")
    error, log = refused(place, password=PASSWORD)
    assert "it takes publickey only, and the inventory has a password; give ssh.key_file" in str(error)
    assert not [line for line in log if line.startswith("Failed")]


# --- questions that a password does not answer (k9)


@on_openssh
def test_a_password_that_has_to_be_changed_is_told_and_not_typed_blindly(place: Path) -> None:
    with_pam(place, "PasswordAuthentication no")
    shadow = (place / "shadow").read_text().splitlines()
    expired = [line.replace(":19000:", ":0:") if line.startswith("vos:") else line for line in shadow]
    (place / "shadow").write_text("\n".join(expired) + "\n")
    (place / "pam").write_text(
        "auth required pam_unix.so\naccount required pam_unix.so\npassword required pam_unix.so\n"
        "session required pam_permit.so\n"
    )
    error, _ = refused(place, password=PASSWORD)
    assert isinstance(error, errors.LoginAsksBack)
    assert "log in once as 'vos' by hand" in str(error)
    assert (place / "shadow").read_text().count(":0:") == 1, "nobody has changed it"


# --- old appliances


@on_openssh
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("by_key", [False, True], ids=["password", "key"])
def test_a_node_with_sha_1_alone_is_used_where_that_is_allowed_and_the_library_can(place: Path, by_key: bool) -> None:
    """As Finesse 11.6 and 12.0 may offer it: key exchange and host key with SHA-1, and nothing better."""
    old = ServerKey.generate("ssh-rsa")
    (place / "key").write_text(old.private)
    reconfigured(
        place,
        "KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1",
        "HostKeyAlgorithms ssh-rsa",
        "Ciphers aes128-cbc",
        "MACs hmac-sha1",
        "PubkeyAcceptedAlgorithms +ssh-rsa",
    )
    key = known(place, made_key(place, "rsa", "")) if by_key else None
    can = "diffie-hellman-group14-sha1" in paramiko.Transport._kex_info  # type: ignore[attr-defined]

    async def play(*, allowed: bool) -> None:
        door = {"password": None if by_key else PASSWORD, "key": key, "host_key": old.public}
        async with sshd(place) as port, console(port, **door, old_algorithms=allowed) as asked:  # type: ignore[arg-type]
            if allowed and can:
                assert await asked.services()
                return
            with pytest.raises(errors.NoCommonAlgorithm) as caught:
                await asked.services()
            assert not errors.may_pass(caught.value)
            assert ("ssh.old_algorithms: true" in str(caught.value)) is not allowed
            assert ("install 'paramiko>=4,<5'" in str(caught.value)) is not can

    clock.run(play(allowed=False), virtual=False)
    clock.run(play(allowed=True), virtual=False)
