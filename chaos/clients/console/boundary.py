"""The boundary of these clients: what is foreign is turned into our errors here, and every wait gets its deadline."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chaos.clients.console import errors
from chaos.errors import ChaosError


@dataclass(frozen=True, slots=True)
class Door:
    """Where a console is and how one gets in.

    host: its name in the inventory. password: None or "" if there is none; an empty one is never handed over. host_key:
    the pinned public key. key_file, passphrase: our own key. old_algorithms: whether SHA-1 and CBC are offered.
    """

    host: str
    address: str
    port: int
    user: str
    password: str | None = field(repr=False)
    host_key: str
    key_file: Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    old_algorithms: bool = False
    is_windows: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated."""
        return tuple(secret for secret in (self.password, self.passphrase) if secret)

    @property
    def place(self) -> str:
        return (
            f"{self.host} ({self.address}:{self.port})" if self.host != self.address else f"{self.address}:{self.port}"
        )


@contextlib.contextmanager
def boundary(door: Door, doing: str, hung_up: Callable[[], bool] = bool) -> Iterator[None]:
    """Turn what paramiko, its cryptography or the socket raise into our errors.

    hung_up: whether the peer has ended the connection; whatever paramiko makes of that, it is a loss.
    Broad on purpose: paramiko re-raises whatever its thread stumbled over, and that depends on the peer's bytes.
    """
    try:
        yield
    except (ChaosError, asyncio.CancelledError):
        raise
    except Exception as error:
        raise _mapped(door, doing, error, hung_up=hung_up()) from error


def _mapped(door: Door, doing: str, error: Exception, *, hung_up: bool) -> errors.ConsoleError:
    import paramiko

    said = str(error) or ("it hung up" if isinstance(error, EOFError) else type(error).__name__)
    if isinstance(error, paramiko.AuthenticationException):
        return errors.LoginRefused(f"{door.place} did not let user '{door.user}' in: {said}; check the account")
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return errors.NoCommonAlgorithm(
            f"{door.place} and we have no algorithm in common: {said}; {_remedy(door, said)}"
        )
    if hung_up or isinstance(error, EOFError | OSError | paramiko.ChannelException):
        return errors.ConsoleLost(f"{door.place} ended the connection while {doing}: {said}")
    return errors.ConsoleGarbled(f"{door.place} does not speak SSH as expected while {doing}: {said}")


def _remedy(door: Door, said: str) -> str:
    """What to do about a host that shares no algorithm with us; it is probably an old appliance."""
    import paramiko

    steps = []
    if not door.old_algorithms:
        steps.append("allow it what old appliances (11.6, 12.0) need: ssh.old_algorithms: true")
    is_of_sha1 = not any(word in said for word in ("cipher", "mac"))
    if is_of_sha1 and "diffie-hellman-group14-sha1" not in paramiko.Transport._kex_info:  # type: ignore[attr-defined]
        steps.append(
            f"the installed paramiko {paramiko.__version__} has no SHA-1 key exchange and no ssh-rsa any more: "
            "install 'paramiko>=4,<5' beside finesse-chaos"
        )
    return "; ".join(steps) or "see what its SSH server offers: ssh -vv"


@contextlib.asynccontextmanager
async def within(door: Door, deadline_s: float, doing: str, said: Callable[[], str] = str) -> AsyncIterator[None]:
    """A deadline on the loop's clock. Raises ConsoleSilent when it has passed; said: what has come so far."""
    try:
        async with asyncio.timeout(deadline_s) as deadline:
            yield
    except TimeoutError as error:
        if not deadline.expired():
            raise errors.ConsoleLost(f"{door.place} timed out while {doing}: {error}") from error
        so_far = said().strip()
        tail = f"; it said at last {so_far[-200:]!r}" if so_far else "; it said nothing"
        raise errors.ConsoleSilent(f"{door.place} did not finish {doing} within {deadline_s:g} s{tail}") from None
