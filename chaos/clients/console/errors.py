"""What can go wrong at a console. Nothing else leaves these clients, but for `InventoryError` on a malformed pin."""

from chaos.errors import FaultError, PeerError
from chaos.wire.console.service import ServiceLine, ServiceState


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


class HostKeyRefused(ConsoleError):
    """The host's key is not pinned, or not the pinned one. Nothing was sent, the password least of all."""


class LoginRefused(ConsoleError):
    """User or password was not accepted, by no method that the host offers."""


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
