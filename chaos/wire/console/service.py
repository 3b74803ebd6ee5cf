"""A service as a console shows it: the words that the VOS and the Windows transcripts share."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.errors import PeerError


class TranscriptError(PeerError):
    """A console said something that is no transcript of the command which was sent."""


class OutOfStep(TranscriptError):
    """What came cannot be told from the answer to another command: nothing of that session may be read on."""


class ServiceState(StrEnum):
    """States of a service. UNKNOWN: a word or a number that no document names; the line's reason holds it."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    STOPPING = "STOPPING"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service in a listing.

    name: as the console prints it, blanks inside it kept.
    reason: the rest of the line, `Commanded Out of Service` for instance; empty if there was none.
    """

    name: str
    state: ServiceState
    reason: str = ""


def excerpt(text: str, limit: int = 120) -> str:
    """The end of a transcript for a message: one line, control characters shown, at most `limit` characters."""
    flat = " ".join(text.split())
    shown = flat if len(flat) <= limit else "…" + flat[-limit:]
    return repr(shown)
