"""A call as somebody sees it, a client of Finesse or the switch."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """A call as a client was shown it, or as the switch described it.

    parties: (address, state); variables: (name, value), the wrap-up reason among them as "wrapUpReason". calling,
    called: the addresses that it leads from and to, as a client was shown them; None if it was not. actions: (address,
    what its party may do, in alphabetical order), for parties of which a document said so. more: what else it said of
    the call, (name, value).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}  # for whoever reads a journal back

    call_id: str
    state: str
    parties: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    calling: str | None = None
    called: str | None = None
    actions: tuple[tuple[str, str], ...] = ()
    more: tuple[tuple[str, str], ...] = ()
