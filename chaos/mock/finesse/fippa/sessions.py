"""A phone's session with the IP Phone Agent, and what was entered there."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from chaos.mock.finesse.fippa.hooks import Loss
from chaos.mock.finesse.fippa.logic import Phase


@dataclass
class PhoneSession:
    """One phone. base: the address of its pages, as it asked for them. known: what was entered so far. shown: state and
    calls as its home screen has them. has_worked: it has shown him signed in. picks: a list of reasons came last.
    """

    device: str
    base: str
    known: dict[str, str] = field(default_factory=dict, repr=False)
    phase: Phase = Phase.SIGNED_OUT
    loss: Loss | None = None
    tries: int = 0
    words: str = ""
    shown: object = None
    is_sent_home: bool = False
    has_worked: bool = False
    picks: bool = False
    watch: "asyncio.Task[None] | None" = None
    idle: asyncio.TimerHandle | None = None

    @property
    def user(self) -> str:
        return self.known.get("id", "")


FIELDS = ("id", "password", "extension")


def entered(request: web.Request) -> dict[str, str]:
    return {name: request.query[name] for name in FIELDS if request.query.get(name)}
