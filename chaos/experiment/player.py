"""Plays an experiment: steady state, story with its faults, steady state again; all of it into one journal."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from chaos.clients.cti import CtiClient
from chaos.clients.events import PING_INTERVAL_S
from chaos.clients.rest import FinesseRest
from chaos.clock import is_virtual, now, order_within_an_instant, real_now
from chaos.errors import ChaosError, EvidenceError, PeerError, RollbackFailed
from chaos.experiment.draws import Draws
from chaos.experiment.experiment import AT_WORK, Experiment
from chaos.experiment.lab import Lab
from chaos.experiment.stage import Stage, send_controls
from chaos.experiment.steady import brought_about
from chaos.experiment.waiting import JournalUntil, first_of
from chaos.faults.base import Field
from chaos.journal import AwdbSeen, AwdbStep, CtiSeen, CtiStep, Ended, Header, Journal, JournalError, Lateness, Timeline
from chaos.subjects.agent import WorkingAgent

# How long a steady state is waited for if it did not come the last time.
GONE_S = 30.0
# Agents look at their own state and calls this much less often than the harness asks for SystemInfo.
_AGENT_EVERY = 5
# A quiet experiment lasts longer than half an hour, and its times are those of its own requests. Its links to AWDBs are
# looked at as often: what is claimed of a fault there must have been seen in between, see bounds.LINK_LOOK_S.
_QUIET_EVERY_S = 60.0
# Clients send themselves something to hear so often, whatever is played: nobody knows when silence is going to count.
_CONTROLS_EVERY_S = 30.0
# The crowd: whoever is at work besides those whom stories are about. It loads a lab as its desktops would, and hears
# itself often enough for silence to count, see CLOSE_S in `history/hearing.py`.
_CROWD_EVERY_S = 120.0
_CROWD_CONTROLS_EVERY_S = 60.0
# Our telephone tries both CTI servers again so soon after neither took it.
_HEAR_AGAIN_S = 2.0
_LATENESS_STEP_S = 0.25
_LATENESS_EVERY_S = 5.0

Look = Callable[[], Awaitable[None]]


async def play(experiment: Experiment, lab: Lab, path: Path | None, *, seed: int) -> Timeline:
    """The experiment's timeline. What goes wrong in it is in its journal, and makes verdicts INCONCLUSIVE.

    Raises RollbackFailed: the lab is still broken. JournalError: the journal could not be kept.
    asyncio.CancelledError passes, after the rollback.
    """
    seed = seed if experiment.seed is None else experiment.seed
    journal = lab.journal = Journal(path, now, redactor=lab.redactor())
    error: str | None = "interrupted"
    try:
        _open_with(journal, experiment, lab, seed)
        draws = Draws(seed if is_virtual() else None, experiment.drawn_as or experiment.name)
        order_within_an_instant(draws.of("order within an instant"))
        error = await _played(experiment, lab, journal, draws)
    except RollbackFailed as failure:
        error = str(failure)
        raise
    except Exception as bug:
        error = f"{type(bug).__name__}: {bug}"
        raise
    finally:
        journal.record(Ended(error=error, counted=journal.counted()))
        lab.journal = None
        journal.close()
    if journal.trouble is not None:
        raise JournalError(journal.trouble)  # what was judged could not be judged again
    return journal.timeline()


def _open_with(journal: Journal, experiment: Experiment, lab: Lab, seed: int) -> None:
    journal.record(
        Header(
            experiment=experiment.name,
            title=experiment.title,
            lab=lab.inventory.name,
            deployment=lab.inventory.deployment,
            release=lab.inventory.release,
            started=real_now().isoformat(timespec="seconds"),
            clock="virtual" if is_virtual() else "real",
            seed=seed,
            heartbeat_interval_s=lab.heartbeat_interval_s,
            nodes=tuple(node.host for node in lab.inventory.finesse_nodes()),
            agents=tuple((agent.id, agent.node.host) for agent in lab.agents),
            spare=tuple((agent.id, agent.node.host) for agent in lab.spare),
            extensions=tuple((agent.id, agent.extension) for agent in lab.inventory.everybody()),
            logged_out=tuple(agent.id for agent in lab.inventory.everybody() if agent.load == 1),
            links=tuple(lab.inventory.links),
            consoles=tuple(".".join(role) for role, host in lab.inventory.hosts() if host.ssh is not None),
            doors=tuple(node.host for node in lab.inventory.finesse_nodes() if lab.inventory.access_log(node)),
            faults_do_nothing=lab.faults_do_nothing,
            cached=lab.cached(),
            is_new=lab.inventory.deployment == "mock",
            streams=lab.inventory.streams,
            transport=lab.inventory.transport,
            request_ids=lab.inventory.request_ids,
            refresh_token_s=lab.inventory.sso.refresh_token_s if lab.inventory.sso is not None else None,
        )
    )
    for link in lab.links.values():
        for session in link.relay.sessions():
            journal.observe(
                CtiSeen(side=link.side, connection=session.connection, step=CtiStep.STANDING, client=session.client)
            )
            for whose in session.deaf_to:
                journal.observe(
                    CtiSeen(
                        side=link.side,
                        connection=session.connection,
                        step=CtiStep.GARBAGE,
                        client=session.client,
                        detail=f"from the {whose}, before this experiment",
                    )
                )
    for awdb in lab.awdb.values():
        for connection in awdb.relay.standing():
            journal.observe(AwdbSeen(side=awdb.side, connection=connection, step=AwdbStep.STANDING))


async def _played(experiment: Experiment, lab: Lab, journal: Journal, draws: Draws) -> str | None:
    """Why it was cut short, None if it was played to its end."""
    recovery_s = lab.inventory.timing.recovery_timeout_s
    try:
        await _linger(lab, experiment.lingers)
        await _linger_at_awdbs(lab, experiment.awdb_lingers)
        # A lab that did not come back for the last experiment is not waited for as long again for each that is left.
        if not await brought_about(lab, journal, "before", within_s=GONE_S if lab.is_gone else recovery_s):
            lab.is_gone = True
            return "there was no steady state to begin with"
        lab.is_gone = False
        field = Field(
            inventory=lab.inventory,
            journal=journal,
            links=lab.links,
            heartbeat_interval_s=lab.heartbeat_interval_s,
            until=JournalUntil(journal, lab.waits),
            admin=lab.admin,
            consoles=lab.consoles,
            commands=lab.commands,
            awdb=lab.awdb,
            awdb_password=lab.awdb_password,
            browsers=lab.desks.browsers,
            streams={one.id: one.events for one in (*lab.agents, *lab.spare)},
            faults_do_nothing=lab.faults_do_nothing,
            undo=lab.undo,
        )
        await lab.may_call()
        await _look_at_switch(lab)
        # Heartbeats go on all the time; the story begins anywhere between two.
        await asyncio.sleep(draws.phase_s("begin of the story", lab.heartbeat_interval_s, otherwise_s=0.0))
        async with _looking_on(lab, journal, experiment, draws):
            try:
                await experiment.story(Stage(lab, journal, field, draws))
            finally:
                await lab.desks.end()
                await lab.send_home()
    except RollbackFailed:
        raise
    except asyncio.CancelledError:
        await lab.hang_up()
        raise
    except ChaosError as error:
        await brought_about(lab, journal, "after", within_s=recovery_s)
        return str(error)
    await brought_about(lab, journal, "after", within_s=recovery_s)
    return None


async def _look_at_switch(lab: Lab) -> None:
    """What is the case at the switch when the story begins: what is told later only says what becomes of that."""
    if lab.switch is None:
        return
    with suppress(PeerError):  # whoever needs to know finds nothing, and says so
        for agent in lab.agents:
            await lab.switch.look_at(agent.id)


async def _hear_again(lab: Lab, switch: CtiClient) -> None:
    """A telephone that has lost its server goes to the other one, or back, and asks how everybody is meanwhile.

    Left to whoever works it next, it would hear nothing until then, and its silence would look as if nothing happened.
    """
    while True:
        await switch.until_lost()
        if not await switch.open():
            await asyncio.sleep(_HEAR_AGAIN_S)
            continue
        for agent in (*(one.id for one in lab.agents), *lab.desks.browsers, *lab.desks.phones):
            with suppress(PeerError):  # lost again, or nobody that the switch knows
                await switch.look_at(agent)


async def _linger(lab: Lab, wanted: bool) -> None:
    """Have the sessions made so that they will be reset, or closed, when they are broken: that takes new sessions."""
    for link in lab.links.values():
        if link.lingers != wanted:
            await link.linger(wanted)
            await link.proxies.update(link.name, enabled=False)
            await link.proxies.update(link.name, enabled=True)


async def _linger_at_awdbs(lab: Lab, wanted: bool) -> None:
    """The same of connections to AWDBs, but for those that stand: no node is to lose its AWDB before the story."""
    for link in lab.awdb.values():
        await link.linger(wanted)


@asynccontextmanager
async def _looking_on(lab: Lab, journal: Journal, experiment: Experiment, draws: Draws) -> AsyncIterator[None]:
    """Probes that run beside a story: SystemInfo of each node, each agent's state and calls, and our own lateness.

    Raises EvidenceError: a probe has died, of a bug of ours; the story is ended then, since nobody looks on any more.
    """
    every_s = _QUIET_EVERY_S if experiment.quiet else lab.inventory.timing.probe_interval_s
    agents = lab.agents if experiment.polls and not experiment.quiet else ()
    looks: list[tuple[str, Look]] = []
    for n, probe in enumerate(lab.probes):
        what = f"looking at SystemInfo of {probe.node.host}"
        offset_s = draws.phase_s(what, every_s, otherwise_s=every_s * n / len(lab.probes))
        look = partial(_repeat, _system_info(probe), every_s, offset_s)
        looks.append((what, look))
    for n, agent in enumerate(agents):
        what = f"looking at agent {agent.id}"
        round_s = every_s * _AGENT_EVERY if n < AT_WORK else max(_CROWD_EVERY_S, every_s * _AGENT_EVERY)
        offset_s = draws.phase_s(what, round_s, otherwise_s=round_s * (n + 0.5) / len(agents))
        look = partial(_repeat, _state_or_calls(agent), round_s / 2, offset_s)
        looks.append((what, look))
    controls_s = _QUIET_EVERY_S if experiment.quiet else _CONTROLS_EVERY_S
    for what, people, controls_every_s in (
        ("having clients hear themselves", lab.agents[:AT_WORK], controls_s),
        ("having the crowd's clients hear themselves", lab.agents[AT_WORK:], max(controls_s, _CROWD_CONTROLS_EVERY_S)),
    ):
        if people:
            looks.append((what, partial(_repeat, _controls(people), controls_every_s, 0.0)))
    for awdb in lab.awdb.values() if experiment.quiet else ():
        looks.append((f"looking at {awdb.name}", partial(_repeat, partial(awdb.looked_at, journal), every_s, 0.0)))
    if lab.switch is not None:
        looks.append(("keeping our telephone's session", partial(_hear_again, lab, lab.switch)))
    for agent in lab.agents:
        agent.events.ping_every_s = _QUIET_EVERY_S if experiment.quiet else PING_INTERVAL_S
    if not is_virtual():
        looks.append(("measuring our own lateness", partial(_lateness, journal)))
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_owned(what, look)) for what, look in looks]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as died:
        raise first_of(died) from died


async def _owned(what: str, look: Look) -> None:
    try:
        await look()
    except Exception as bug:
        raise EvidenceError(f"{what} ended by {type(bug).__name__}: {bug}; nobody looked on from then on") from bug


async def _repeat(look: Look, interval_s: float, offset_s: float) -> None:
    await asyncio.sleep(offset_s)
    while True:
        due_s = now() + interval_s
        await look()
        await asyncio.sleep(max(0.0, due_s - now()))


def _system_info(probe: FinesseRest) -> Look:
    async def look() -> None:
        await probe.get("SystemInfo", "SystemInfo")

    return look


def _state_or_calls(agent: WorkingAgent) -> Look:
    """By turns, half a round apart: an agent's connection is then never idle for so long that it is given up, and to
    open one costs more than to ask."""
    turns = itertools.cycle((agent.user, agent.dialogs))

    async def look() -> None:
        await next(turns)()

    return look


def _controls(people: Sequence[WorkingAgent]) -> Look:
    async def look() -> None:
        send_controls(people)

    return look


async def _lateness(journal: Journal) -> None:
    """How late the loop wakes: what a real-time journal cannot know more exactly. A long sleep is noted at once."""
    while True:
        worst_s, since_s, until_s = 0.0, journal.now_s(), now() + _LATENESS_EVERY_S
        while now() < until_s and worst_s < _LATENESS_STEP_S:
            due_s = now() + _LATENESS_STEP_S
            await asyncio.sleep(_LATENESS_STEP_S)
            worst_s = max(worst_s, now() - due_s)
        journal.record(Lateness(worst_s=round(worst_s, 6), since_s=since_s))
