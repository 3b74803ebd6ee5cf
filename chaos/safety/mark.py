"""The mark that other machines see: a proxy of our name in each proxy server that outlives us.

A lease is a lock of one machine. Two machines meet in the lab's own proxy server, so whoever has the lab leaves a proxy
there that is switched off, leads nowhere, and says in its name who it is; its upstream says when it was last alive:

    finesse-chaos-lease-HOST-PID-20261128T025004Z        upstream PLACE.alive-1795834800.finesse-chaos.invalid:9

PLACE is the name of the folder with the locks (see `chaos.safety.places`): who shares it knows from its locks whether
the holder lives, and a mark of our own place that we meet while we hold the lease is left over. A mark of another place
is believed while it is refreshed; after `STALE_S` without that it is *stale*. A run starts beside neither: what a dead
machine left behind is healed there, or the mark is taken away by `heal` once somebody has seen that this is right.
Not covered: a lab without an outside proxy server, and a machine whose clock is wrong by more than STALE_S.
"""

import asyncio
import contextlib
import os
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaos.clients.toxiproxy import NotFound, Toxiproxy, ToxiproxyError
from chaos.clock import wall_now
from chaos.inventory import Inventory
from chaos.safety.places import Place
from chaos.undo.entries import MarkLeft, UndoLog

PREFIX = "finesse-chaos-lease-"
REFRESH_S = 30.0
STALE_S = 600.0
# Real seconds: whether another machine has the lab is asked before anything else, and a dead server is found soon.
_CALL_S = 3.0
_NAME = re.compile(rf"{PREFIX}(?P<host>.+)-(?P<pid>\d+)-(?P<since>\d{{8}}T\d{{6}}Z)")
_UPSTREAM = re.compile(r"(?P<place>\w+)\.alive-(?P<alive>\d+)\.finesse-chaos\.invalid:9")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that somebody has left. silent_s: since when it was not refreshed, by this machine's clock."""

    api_url: str
    name: str
    place: str
    silent_s: float

    @property
    def is_stale(self) -> bool:
        return self.silent_s > STALE_S

    def __str__(self) -> str:
        match = _NAME.fullmatch(self.name)
        who = f"process {match['pid']} on {match['host']} since {match['since']}" if match else self.name
        if not self.is_stale:
            return f"used by {who} (proxy {self.name} at {self.api_url}, alive {self.silent_s:.0f} s ago)"
        return (
            f"marked by {who}, which has given no sign of life for {self.silent_s / 60:.0f} min (proxy {self.name} at "
            f"{self.api_url}): what it changed is in the undo log of that machine, so run finesse-chaos heal there; if "
            "that machine is gone for good, finesse-chaos heal here takes the mark away"
        )


def api_urls(inventory: Inventory) -> tuple[str, ...]:
    """The proxy servers that outlive us, each once."""
    return tuple(dict.fromkeys(one.api for one in inventory.proxies.values() if one.api and not one.embedded))


async def marks_in(api_url: str) -> list[Mark]:
    """The marks in that proxy server. Raises ToxiproxyError."""
    shown = await Toxiproxy(api_url, timeout_s=_CALL_S).proxies()
    wall_s = wall_now().timestamp()
    marks = []
    for name, proxy in shown.items():
        if name.startswith(PREFIX):
            match = _UPSTREAM.fullmatch(proxy.upstream)
            alive_s = float(match["alive"]) if match else 0.0
            marks.append(Mark(api_url, name, match["place"] if match else "", max(0.0, wall_s - alive_s)))
    return marks


async def found_in(inventory: Inventory) -> list[Mark]:
    """The marks in all proxy servers that outlive us, as far as they answer."""
    found = await asyncio.gather(*(marks_in(url) for url in api_urls(inventory)), return_exceptions=True)
    return [mark for one in found if isinstance(one, list) for mark in one]


async def others(inventory: Inventory, place: Place) -> tuple[list[Mark], list[Mark]]:
    """Marks of other places, and left-over ones of ours. Who asks holds the lease."""
    marks = await found_in(inventory)
    return [mark for mark in marks if mark.place != place.name], [mark for mark in marks if mark.place == place.name]


def new_name() -> str:
    """The name of a mark of this process, from now on."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:64] or "unknown"
    return f"{PREFIX}{host}-{os.getpid()}-{wall_now():%Y%m%dT%H%M%SZ}"


async def leave(inventory: Inventory, place: Place, undo: UndoLog) -> list[str]:
    """Leave a mark in each proxy server, and owe it. What could not be marked, in words; a run goes on without."""
    troubles = []
    name = new_name()
    for api_url in api_urls(inventory):
        mark = MarkLeft(api_url, name)
        await undo.before(mark)
        try:
            proxies = Toxiproxy(api_url, timeout_s=_CALL_S)
            await proxies.create(name, "127.0.0.1:0", _upstream(place), enabled=False)
        except ToxiproxyError as error:
            # The proxy was not made, or is made when the server wakes up: it stays owed, and goes with the rest.
            troubles.append(f"other machines will not see that the lab is in use: {error}")
            if await _is_unreachable(api_url):
                await undo.done(mark.thing)
    return troubles


async def _is_unreachable(api_url: str) -> bool:
    """Whether nobody is there at all, so that nothing can have been made."""
    parts = urlsplit(api_url)
    try:
        async with asyncio.timeout(_CALL_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except TimeoutError:
        return False
    except OSError:
        return True
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return False


async def refresh(marks: list[MarkLeft], place: Place) -> None:
    """Say in each mark that its holder lives. A mark that is gone is not made anew; raises nothing."""
    for mark in marks:
        with contextlib.suppress(ToxiproxyError):
            await Toxiproxy(mark.api_url, timeout_s=_CALL_S).update(mark.name, upstream=_upstream(place))


async def take_away(marks: list[Mark]) -> list[str]:
    """Remove these marks; what was done, in words. One that is gone by now was owed, and went with the rest."""
    words = []
    for mark in marks:
        try:
            await Toxiproxy(mark.api_url, timeout_s=_CALL_S).delete(mark.name)
            words.append(f"took away a mark that was left over: {mark.name} at {mark.api_url}")
        except NotFound:
            continue
        except ToxiproxyError as error:
            words.append(f"the mark {mark.name} at {mark.api_url} could not be taken away: {error}")
    return words


def _upstream(place: Place) -> str:
    return f"{place.name}.alive-{wall_now().timestamp():.0f}.finesse-chaos.invalid:9"
