"""The record of what was said at a console."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chaos.redaction import Redactor


@dataclass(frozen=True, slots=True)
class ConsoleExchange:
    """One command and its answer.

    host: the host's name in the inventory. sent: what was typed, line ends included; empty for a login. received: what
    the host said, without control sequences, as far as it came. started_s, ended_s: on the run's clock.
    Passwords are in none of these.
    """

    host: str
    sent: str
    received: str
    started_s: float
    ended_s: float


Recorder = Callable[[ConsoleExchange], None]


def ignore(exchange: ConsoleExchange) -> None:
    """The recorder of those who keep no record."""


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, should a host ever repeat one. A password like "1" stays where it is a figure:
    what a console says is acted upon."""
    return Redactor(secrets).told(text)
