"""What can go wrong at a console.

Nothing else leaves these clients, but for `TranscriptError` on an answer that is no state, and `InventoryError` on a
malformed pin or a key file that cannot be used. `may_pass` tells what is worth another try from what never will be.
"""

from chaos.errors import FaultError, PeerError
from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError


class ConsoleError(PeerError):
    """A console could not be used as documented."""


class ConsoleUnreachable(ConsoleError):
    """No TCP connection: refused, no route, unknown name."""


class ConsoleSilent(ConsoleError):
    """Nothing, or not enough, was said before the deadline. What was sent before may have been carried out."""


class ConsoleLost(ConsoleError):
    """The connection or the session ended in the middle. What was sent before may have been carried out."""


class ConsoleGarbled(ConsoleError):
    """The peer does not speak SSH, or no SSH that both sides know."""


class OutOfStep(ConsoleError):
    """What came cannot be told from the answer to another command. The session was closed: nothing of it is read on."""


class NeverLetIn(ConsoleError):
    """We are not let in, and asking again changes nothing; for a password it would even lock the account."""


class HostKeyRefused(NeverLetIn):
    """The host's key is not pinned, or not the pinned one. Nothing was sent, the password least of all."""


class LoginRefused(NeverLetIn):
    """User, key or password was not accepted, by no method that the host offers."""


class LoginAsksBack(NeverLetIn):
    """The host wants something at login that only a person can give: a new password, a yes to its terms."""


class NoCommonAlgorithm(NeverLetIn):
    """Host and installed SSH library share no algorithm, or only such as the inventory does not allow."""


class UnknownService(ConsoleError):
    """The host lists no such service, or a pattern fits several."""


class UnknownProcess(ConsoleError):
    """No process of that program runs on the host."""


class ActionRefused(FaultError):
    """The host said that it did not carry out the action."""


class StateNotReached(FaultError):
    """A service is not in the wanted state within the time. `last`: its last line in the listing."""

    def __init__(self, host: str, last: ServiceLine, wanted: ServiceState, within_s: float) -> None:
        reason = f" ({last.reason})" if last.reason else ""
        super().__init__(
            f"service '{last.name}' on {host} is {last.state}{reason} instead of {wanted} after {within_s:g} s; "
            "look at it on the host's console, or allow more time"
        )
        self.last = last
        self.wanted = wanted


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed later: the host is busy, restarting, or said something in between.

    False for what only a person can mend: a host key, an account, a key file, an algorithm.
    """
    if isinstance(error, NeverLetIn):
        return False
    return isinstance(error, ConsoleError | TranscriptError | ActionRefused | StateNotReached | OSError)
