"""The boundary of these clients: what is foreign is turned into our errors here, and every wait gets its deadline."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from chaos.clients.console import errors
from chaos.errors import ChaosError


@dataclass(frozen=True, slots=True)
class Door:
    """Where a console is and how one gets in. host: its name in the inventory. host_key: the pinned public key."""

    host: str
    address: str
    port: int
    user: str
    password: str = field(repr=False)
    host_key: str

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
        return errors.LoginRefused(
            f"{door.place} did not let user '{door.user}' in: {said}; check the account in the inventory "
            "(a VOS console wants the platform administrator, not the application's)"
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return errors.NoCommonAlgorithm(
            f"{door.place} and the installed paramiko {paramiko.__version__} have no algorithm in common: {said}; "
            "for a host that only knows SHA-1 key exchange or ssh-rsa keys install 'paramiko<5'"
        )
    if hung_up or isinstance(error, EOFError | OSError | paramiko.ChannelException):
        return errors.ConsoleLost(f"{door.place} ended the connection while {doing}: {said}")
    return errors.ConsoleGarbled(f"{door.place} does not speak SSH as expected while {doing}: {said}")


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
