"""The steady state: what must hold before an experiment, is brought about if it does not, and must hold after it."""

import asyncio
import itertools

from chaos.clock import now
from chaos.errors import PeerError
from chaos.experiment.lab import Lab
from chaos.faults.link import PlacedLink
from chaos.faults.relay_base import Cut
from chaos.journal import OUR_CLIENT, Journal, SteadyState
from chaos.subjects.agent import WorkingAgent
from chaos.wire.finesse import DialogsChange, SystemInfo, SystemStatus, User, UserState
from chaos.wire.ged188 import AgentState

# So often people are asked to sign in at their desktops before it is done for them.
AT_THE_DESKTOP = 3


async def brought_about(lab: Lab, journal: Journal, when: str, *, within_s: float) -> bool:
    """Bring the steady state about and note whether it holds, at most `within_s` seconds later."""
    deadline_s = now() + within_s
    for tries in itertools.count(1):
        missing = await _missing(lab, tries)
        if not missing or now() >= deadline_s:
            journal.record(SteadyState(when=when, ok=not missing, missing=tuple(missing)))
            return not missing
        with lab.waits.on(f"the steady state, since {missing[0]}", deadline_s - now()):
            await asyncio.sleep(lab.inventory.timing.probe_interval_s)
    raise AssertionError  # it is counted for ever


async def _missing(lab: Lab, tries: int) -> list[str]:
    """What does not hold yet. While a node is down nobody else is asked: each of them would run into a time-out."""
    missing = [*await _awdbs(lab), *await _nodes(lab)]
    return missing or [
        *await _sessions_on_side_a(lab),
        *await _switch(lab),
        *await _agents(lab, by_telephone=tries > AT_THE_DESKTOP),
    ]


async def _nodes(lab: Lab) -> list[str]:
    missing = []
    for probe in lab.probes:
        info = (await probe.get("SystemInfo", "SystemInfo")).document
        if not isinstance(info, SystemInfo) or info.status != SystemStatus.IN_SERVICE:
            missing.append(f"{probe.node.host} is not in service")
    return missing


async def _sessions_on_side_a(lab: Lab) -> list[str]:
    """Each node has a CTI session on side A; who has one on side B only is sent back by breaking it there.

    A session on both sides is fine: current releases keep one in reserve.
    """
    a, b = lab.links.get("cti-a"), lab.links.get("cti-b")
    if a is None:
        return []
    on_a = _clients(a)
    want = len(lab.inventory.finesse_nodes())
    if len(on_a) >= want:
        return []
    strayed = _clients(b) - on_a if b is not None else set()
    if b is not None and strayed:
        await b.proxies.update(b.name, enabled=False)
        await b.proxies.update(b.name, enabled=True)
        return [f"{len(strayed)} node(s) have their CTI session on side B"]
    return [f"{len(on_a)} of {want} nodes have a CTI session on side A"]


def _clients(link: PlacedLink) -> set[str]:
    """Finesse nodes that have a session through this link; our own probes do not count. Before protocol 24 nodes do not
    say which they are, and all go by one name: then each session is another one's."""
    theirs = [one for one in link.relay.sessions() if not (one.client or "").startswith(OUR_CLIENT)]
    names = {one.client for one in theirs}
    return {f"{one.client} {one.connection if len(names) == 1 else ''}" for one in theirs}


async def _awdbs(lab: Lab) -> list[str]:
    """Each AWDB accepts connections through its proxy, and nobody clings to the secondary.

    After a fail-over the secondary may be kept for good; breaking those connections lets the next one be made anew.
    """
    if "awdb-a" in lab.awdb and "awdb-b" in lab.awdb and lab.awdb["awdb-b"].relay.standing():
        lab.awdb["awdb-b"].relay.cut(Cut.RESET)
    found = {name: await link.probe() for name, link in lab.awdb.items()}
    return [f"a probe of {name} met {outcome}" for name, outcome in found.items() if outcome != "open"]


async def _switch(lab: Lab) -> list[str]:
    if lab.switch is None or lab.switch.is_open:
        return []
    await lab.switch.open()
    return [] if lab.switch.is_open else ["no CTI server accepts the harness's telephone"]


async def _agents(lab: Lab, *, by_telephone: bool) -> list[str]:
    """Everybody hears, is signed in and Not Ready, and has no call.

    by_telephone: a node that does not do this for its people is passed by. What it does not do is for the story to see.
    """
    missing = []
    for agent in lab.agents:
        if not agent.events.is_open and not await agent.events.open():
            missing.append(f"agent {agent.id} has no event stream at {agent.node.host}")
        user = (await agent.user()).document
        state = user.state if isinstance(user, User) else None
        if state in (UserState.LOGOUT, None):
            await agent.sign_in()
            missing.append(f"agent {agent.id} is signed out")
        elif state != UserState.NOT_READY:
            await agent.set_state(UserState.NOT_READY)
            missing.append(f"agent {agent.id} is {state}")
        if missing and by_telephone:
            missing += await _work_by_telephone(lab, agent, state)
        calls = (await agent.dialogs()).document
        if isinstance(calls, DialogsChange) and calls.dialogs:
            missing.append(f"agent {agent.id} is still shown call {calls.dialogs[0].id}")
        missing += await _hang_up(lab, agent.agent.extension)
    return missing


async def _work_by_telephone(lab: Lab, agent: WorkingAgent, state: str | None) -> list[str]:
    """Have the switch sign that agent in, or make it Not Ready."""
    if lab.switch is None or not lab.switch.is_open or state == UserState.NOT_READY:
        return []
    wanted = AgentState.LOGIN if state in (UserState.LOGOUT, None) else AgentState.NOT_READY
    try:
        await lab.switch.set_agent_state(agent.id, wanted, password=agent.password)
    except PeerError as error:
        return [f"the switch does not do it either: {error}"]
    return []


async def _hang_up(lab: Lab, extension: str) -> list[str]:
    """End whatever call is left at a device, at the switch; a switch that does not is what is missing."""
    if lab.switch is None or not lab.switch.is_open:
        return []
    try:
        left = await lab.switch.calls_at(extension)
        for call in left:
            await lab.switch.clear(extension, call)
    except PeerError as error:
        return [f"calls at {extension} could not be ended: {error}"]
    return [f"call {call.call_id} was left at {extension}" for call in left]
