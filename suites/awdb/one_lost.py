"""Experiments in which one AWDB is lost: with the other one there, and with a prerequisite of the other one missing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from chaos.experiment import Experiment, Stage, needs_plain_desktop
from chaos.faults.base import Fault
from chaos.faults.cut_awdb_link import CutAwdbLink
from chaos.faults.refused_awdb import RefusedAwdb
from chaos.faults.silent_awdb_link import SilentAwdbLink
from chaos.faults.stopped_distributor import StoppedDistributor
from chaos.faults.stopped_service import StoppedService
from chaos.faults.unconfigured_secondary_awdb import UnconfiguredSecondaryAwdb
from chaos.history.awdb_links import SIDES
from chaos.inventory import Inventory
from chaos.subjects.administrator import Administrator
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktop import PlainDesktop
from chaos.verdicts import bounds
from chaos.verdicts.awdb.settings import ON_THE_PUBLISHER
from suites.awdb.asking import (
    GET,
    NOBODYS,
    PAIR,
    PAUSE_S,
    POST,
    PUT,
    SIGN_IN,
    TRIES,
    Person,
    ask_in_vain,
    ask_until_let_in,
    listening,
    until_let_in,
    was_let_in,
)

SQL_SERVER = "MSSQLSERVER"

# --- a prerequisite is missing ---------------------------------------------------------------------------------------


def _no_fail_over(
    name: str, title: str, missing: Fault, *, again: bool = False, falls_silent: bool = False
) -> Experiment:
    """again: and once more, after the secondary was used, as long as nothing was missing. falls_silent: the primary
    does, after it has refused."""

    async def story(stage: Stage) -> None:
        stage.step(title)
        async with stage.fault(missing) as prepared:
            await stage.bite(prepared)
            signing_in, calling = await stage.fresh(2)
            async with stage.fault(RefusedAwdb("a")) as lost:
                stage.step("the primary AWDB is lost; agents without cached credentials ask, and the administrator")
                await stage.bite(lost)
                await stage.look_at_awdbs()
                for one, other, administrator in zip(signing_in, calling, stage.administrators, strict=True):
                    await stage.hear(one.node.host)
                    for someone, request in ((one, SIGN_IN), (other, PUT), (other, POST)):
                        await ask_in_vain(someone, request, 2 * len(SIDES))  # at either AWDB twice
                    await _opens_in_vain(stage, one)
                    await _administrator_asks_in_vain(stage, administrator)
                    await stage.hear(one.node.host)
                stage.step("whoever else is not cached asks")
                chosen = {one.id for one in (*signing_in, *calling)}
                await _others_ask_in_vain(stage, [one for one in stage.lapsed() if one.id not in chosen])
                await stage.look_at_awdbs()
            stage.step("the primary AWDB is back, and the same people ask again")
            for one, other, administrator in zip(signing_in, calling, stage.administrators, strict=True):
                # By none of these is anybody cached: the next of these experiments has to meet everybody uncached.
                await ask_until_let_in(one, GET)
                await ask_until_let_in(other, PUT)
                await ask_until_let_in(administrator, NOBODYS)
            if falls_silent:
                await _falls_silent(stage, calling)
        if again:
            await _use_both(stage, calling)
            stage.step(f"{title}, though the secondary was used before")
            async with stage.fault(missing) as prepared:
                await stage.bite(prepared)
                async with stage.fault(RefusedAwdb("a")) as lost:
                    await stage.bite(lost)
                    await stage.look_at_awdbs()
                    for one in calling:
                        await stage.hear(one.node.host)
                        for request in (PUT, POST):
                            await ask_in_vain(one, request, 2 * len(SIDES))
                        await stage.hear(one.node.host)
                    await stage.look_at_awdbs()
                for one in calling:
                    await ask_until_let_in(one, PUT)

    def fit(inventory: Inventory) -> str | None:
        return missing.unfit(inventory)

    return Experiment(name, title, story, spare=4, quiet=True, needs=(*PAIR, fit))


async def _falls_silent(stage: Stage, people: Sequence[WorkingAgent]) -> None:
    """Whoever asks waits for an answer: by what comes of an attempt nothing else may be tried."""
    await stage.hear()
    async with stage.fault(SilentAwdbLink("a")) as lost:
        stage.step("the primary AWDB falls silent; agents without cached credentials ask")
        await stage.bite(lost)
        await stage.look_at_awdbs()
        for one in people:
            await ask_in_vain(one, PUT, 2 * len(SIDES))
        await stage.look_at_awdbs()
    for one in people:
        await ask_until_let_in(one, PUT)
    await stage.hear()


async def _use_both(stage: Stage, people: Sequence[WorkingAgent]) -> None:
    """Each node goes to the secondary, and back to the primary."""
    for side in SIDES:
        stage.step(f"AWDB {side} is lost for a moment, and nothing is missing")
        await stage.look_at_awdbs()
        await _use_the_other(stage, side, people)


async def _use_the_other(stage: Stage, side: str, people: Sequence[WorkingAgent]) -> None:
    """While that one is lost. By what they ask for nobody is cached."""
    async with stage.fault(RefusedAwdb(side)) as lost:
        await stage.bite(lost)
        await stage.look_at_awdbs()
        for one in people:
            await ask_until_let_in(one, PUT)
            await stage.hear(one.node.host)
        await stage.look_at_awdbs()


async def _others_ask_in_vain(stage: Stage, others: Sequence[WorkingAgent]) -> None:
    """Whom a product lets in must not depend on who it is. They stay uncached, so that nobody has to wait for them."""
    for node in stage.nodes:
        await stage.hear(node.host)
        for one in (one for one in others if one.node.host == node.host):
            await ask_in_vain(one, PUT, len(SIDES))  # at either AWDB once
        await stage.hear(node.host)
        await stage.look_at_awdbs()


async def _opens_in_vain(stage: Stage, someone: WorkingAgent) -> None:
    """An event stream, and the desktop, at either AWDB once."""
    for _ in SIDES:
        async with listening([someone]):
            pass
    for _ in SIDES if can_be_read(stage) else ():
        await stage.desktop(someone).sign_in()


async def _administrator_asks_in_vain(stage: Stage, administrator: Administrator) -> None:
    """He may be cached at the publisher, where settings are read and changed in his name; then for these, or half an
    hour later."""
    if not was_let_in(await administrator.ask(NOBODYS)):
        await ask_in_vain(administrator, NOBODYS)
        return
    read = [await administrator.read("SystemConfig") for _ in range(bounds.TRIES_IN_VAIN)]
    if any(map(was_let_in, read)):
        stage.step("the administrator is cached still: half an hour passes")
        await stage.until_lapsed(administrator)
        await stage.look_at_awdbs()
        await ask_in_vain(administrator, NOBODYS)


SECONDARY_UNREACHABLE = _no_fail_over(
    "secondary-unreachable", "Finesse cannot connect to the secondary AWDB, and the primary is lost", CutAwdbLink("b")
)
SECONDARY_UNCONFIGURED = _no_fail_over(
    "secondary-unconfigured",
    "No secondary AWDB is configured, and the primary is lost",
    UnconfiguredSecondaryAwdb(),
    falls_silent=True,
)
DISTRIBUTOR_STOPPED = _no_fail_over(
    "distributor-stopped",
    "The Distributor of the secondary AWDB stands still, and the primary is lost",
    StoppedDistributor("awdb.secondary"),
    again=True,
)

_OWN_DISTRIBUTOR = StoppedDistributor("awdb.primary")


async def _its_own_distributor_stands_still(stage: Stage) -> None:
    (people,) = await stage.fresh(1)
    stage.step("the Distributor of the primary AWDB stands still, which is no prerequisite")
    async with stage.fault(_OWN_DISTRIBUTOR) as stopped:
        await stage.bite(stopped)
        await _use_both(stage, people)  # so that each node has heard of it
        stage.step("the primary AWDB is lost")
        await _use_the_other(stage, "a", people)


OWN_DISTRIBUTOR_STOPPED = Experiment(
    "own-distributor-stopped", "The Distributor of the primary AWDB stands still, and the primary is lost",
    _its_own_distributor_stands_still, spare=2, quiet=True, needs=(*PAIR, _OWN_DISTRIBUTOR.unfit),
)  # fmt: skip

# --- the other one is there ------------------------------------------------------------------------------------------

# Each way of asking is the first after a loss of each AWDB once, by turns, since the way back to the primary leads over
# a loss of the secondary. Agents who are let in by a GET of their own are cached then, and need to be fresh each time;
# the other requests succeed for nobody, and nothing is cached by them.
_FRESH = "fresh"
_ROUNDS = (
    ("a", _FRESH), ("b", "GET"), ("a", "PUT"), ("b", "PUT"), ("a", "POST"), ("b", "POST"),
    ("a", "administrator"), ("b", "administrator"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _ByTurns:
    """requests: which one agents send for each way of asking. everybody: what whoever else is not cached asks for as
    well, by the id and by the login name, once at either AWDB. settings: they are asked for in the end, by which the
    administrator is cached: in the last one, or the next would wait for half an hour. entries:
    whoever is not cached opens an event stream, and the desktop, by either AWDB. pages: by a sign-in to the desktop a
    node meets the loss of each, and by two requests at once. resets: connections that are lost are reset, not closed.
    """

    lose: Callable[[str], Fault]
    requests: Mapping[str, str]
    everybody: tuple[str, str] | None = None
    settings: bool = False
    entries: bool = False
    pages: bool = False
    resets: bool = False

    async def story(self, stage: Stage) -> None:
        newcomers, others, *more = await stage.fresh(2 + len(SIDES) * (self.entries or self.pages) + self.pages)
        together = more.pop() if self.pages else ()
        await self._first_of_all(stage, others)
        for n, (side, ask) in enumerate(_ROUNDS):
            people: Sequence[Person] = stage.administrators
            if ask != "administrator":
                people = newcomers if ask == _FRESH else others
            else:
                await stage.until_lapsed(*people)
            request = self.requests.get(ask, NOBODYS)
            async with self._lost(stage, side, "the other one is there"):
                stage.step("people without cached credentials ask, and try again if it fails")
                let_in = [await ask_until_let_in(one, request) for one in people]
                if self.entries and n < len(SIDES):
                    await _come_in(stage, more[n])
                if self.everybody and n < len(SIDES):
                    await _others_ask(stage, {one.id for one in (*newcomers, *others)}, *self.everybody)
                    await _ask_later(stage, others)
            if self.entries and n == len(SIDES) - 1:
                await _come_in(stage, [someone for row in more for someone in row])  # a control, by the other one
            for one, was in zip(people, let_in, strict=True):
                if not was:
                    await ask_until_let_in(one, request)
        if self.pages:
            await self._meet_it_otherwise(stage, more, list(zip(others, together, strict=True)))
        for side in SIDES if self.settings else ():
            async with self._lost(stage, side, "settings are read and saved by the other one"):
                await _settings_are_asked_for(stage)

    @asynccontextmanager
    async def _lost(self, stage: Stage, side: str, what: str) -> AsyncIterator[None]:
        """The AWDB in use is lost, as looks at both show before what is done meanwhile and after it."""
        stage.step(f"AWDB {side} is in use; it is lost, and {what}")
        await stage.hear()
        await stage.look_at_awdbs()
        async with stage.fault(self.lose(side)) as lost:
            await stage.bite(lost)
            await stage.look_at_awdbs()
            yield
            await stage.look_at_awdbs()

    async def _first_of_all(self, stage: Stage, people: Sequence[WorkingAgent]) -> None:
        """Nodes use the primary AWDB, by connections that will be lost as is meant: those that stand from before will
        not be reset."""
        await stage.hear()
        if self.resets:
            await _lead_to(stage, "b", self.lose("a"), people)
        if self.resets or any(stage.awdb_in_use(one.node.host) not in ("a", None) for one in people):
            await _lead_to(stage, "a", self.lose("b"), people)

    async def _meet_it_otherwise(
        self, stage: Stage, rows: Sequence[Sequence[WorkingAgent]], pairs: Sequence[tuple[WorkingAgent, WorkingAgent]]
    ) -> None:
        """Not by a single request: by a sign-in to the desktop (rows: of whom, by the AWDB that is lost), and by two
        requests at once (pairs: of whom, by node)."""
        for side, people in zip(SIDES, rows, strict=True) if can_be_read(stage) else ():
            desktops = [stage.desktop(one) for one in people]
            async with self._lost(stage, side, "somebody signs in to the desktop"):
                for desktop in desktops:
                    await _sign_in(desktop)
                await stage.hear()
            for desktop in desktops:
                await desktop.sign_in()
        for side in SIDES:
            async with self._lost(stage, side, "two at each node ask at once, one of them for two things"):
                for two in pairs:
                    # A product that counts time-outs as wrong passwords locks out whoever meets two.
                    await asyncio.gather(*(ask_until_let_in(one, GET) for one in two), ask_until_let_in(two[1], PUT))

    def unfit(self, inventory: Inventory) -> str | None:
        return self.lose("a").unfit(inventory) or self.lose("b").unfit(inventory)


def _by_turns(name: str, title: str, turns: _ByTurns) -> Experiment:
    spare = 10 if turns.pages else 8 if turns.entries else 4
    needs = (*PAIR, turns.unfit)
    return Experiment(name, title, turns.story, awdb_lingers=turns.resets, spare=spare, quiet=True, needs=needs)


def can_be_read(stage: Stage) -> bool:
    """Whether this lab's desktop is a page that can be read."""
    return needs_plain_desktop(stage.inventory) is None


async def _come_in(stage: Stage, people: Sequence[WorkingAgent]) -> None:
    """Each opens an event stream, and the desktop, until he is let in."""
    stage.step("others who are not cached open an event stream, and the desktop")
    for someone in people:
        for n in range(TRIES):
            if n:
                await stage.watch(PAUSE_S)
            async with listening([someone]):
                if someone.events.is_open:
                    break
        if can_be_read(stage):
            await _sign_in(stage.desktop(someone))


async def _ask_later(stage: Stage, people: Sequence[WorkingAgent]) -> None:
    """When nobody has needed an AWDB for some time: the one that was found is in use still."""
    stage.step("some time later others ask who are not cached")
    await stage.watch(1.2 * bounds.AWDB_LATER_S)
    await stage.look_at_awdbs()
    for someone in people:
        await ask_until_let_in(someone, GET)


async def _sign_in(desktop: PlainDesktop) -> None:
    for n in range(TRIES):
        if n:
            await asyncio.sleep(PAUSE_S)
        if await desktop.sign_in():
            break


async def _lead_to(stage: Stage, side: str, loses: Fault, people: Sequence[WorkingAgent]) -> None:
    """Nodes that use the other AWDB go to that one, or they would not meet its loss: whoever keeps no connection stays
    where he was let in last."""
    stage.step(f"the other AWDB is lost for a moment, so that AWDB {side} is in use")
    async with stage.fault(loses) as lost:
        await stage.bite(lost)
        for one in people:
            await ask_until_let_in(one, PUT)
            await stage.hear(one.node.host)
    await stage.look_at_awdbs()


async def _settings_are_asked_for(stage: Stage) -> None:
    """Each is read, and saved as it is: on settings the AWDB may be asked anew, whoever is cached. Whoever is refused
    tries again. Each twice, for what is let in once need not be the next time."""
    (administrator,) = (one for one in stage.administrators if stage.is_at_publisher(one))
    for setting in ON_THE_PUBLISHER * 2:
        await until_let_in(partial(administrator.read, setting))
        await until_let_in(partial(administrator.save, setting))
    await stage.hear()


async def _others_ask(stage: Stage, chosen: Collection[str], by_id: str, by_name: str) -> None:
    """Whom an AWDB lets in must not depend on who it is, nor on by which of his names he asks. By what they ask for
    nobody is cached."""
    stage.step("whoever else is not cached asks, by the id and by the login name")
    for one in stage.lapsed():
        if one.id not in chosen:
            await ask_until_let_in(one, by_id)
            named = stage.by_name(one)
            if named is not None:
                await ask_until_let_in(named, by_name)


def _stopped(side: str) -> Fault:
    return StoppedService({"a": "awdb.primary", "b": "awdb.secondary"}[side], SQL_SERVER)


# Over the four ways of losing an AWDB every resource has its turn.
CUT_OFF = _by_turns(
    "awdb-cut-off", "One AWDB is cut off, the other one is there",
    _ByTurns(CutAwdbLink, {_FRESH: SIGN_IN, "GET": GET, "PUT": PUT, "POST": POST}),
)  # fmt: skip
REFUSING = _by_turns(
    "awdb-refusing", "One AWDB refuses, the other one is there",
    _ByTurns(
        RefusedAwdb,
        {_FRESH: "GET User/{id}/Dialogs", "GET": "GET ReasonCode/{id}", "PUT": "PUT Dialog/{id}", "POST": POST},
        everybody=(PUT, "PUT Dialog/{id}"), entries=True, resets=True,
    ),
)  # fmt: skip
SILENT = _by_turns(
    "awdb-silent", "One AWDB falls silent, the other one is there",
    _ByTurns(
        SilentAwdbLink, {_FRESH: SIGN_IN, "GET": GET, "PUT": PUT, "POST": POST},
        everybody=(GET, GET), settings=True, pages=True,
    ),
)  # fmt: skip
SQL_SERVER_STOPPED = _by_turns(
    "sql-server-stopped", "SQL Server of one AWDB is stopped, the other one is there",
    _ByTurns(_stopped, {_FRESH: "GET User/{id}/ReasonCodes", "GET": GET, "PUT": PUT, "POST": POST}),
)  # fmt: skip
