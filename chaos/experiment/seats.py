"""What people do at desktops in browsers and at IP phones, beside those at work. Nothing here is judged."""

from collections.abc import Sequence
from contextlib import suppress

from chaos.clients.cti import CallRef, SwitchError
from chaos.errors import EvidenceError
from chaos.experiment.stage import Stage
from chaos.inventory import FinesseNode
from chaos.subjects.agent import WorkingAgent
from chaos.subjects.desktops import BrowserDesktop
from chaos.subjects.phones import IpPhone
from chaos.wire.ged188 import AgentState

# Until the switch has done what was asked of it, and a phone shows that.
DONE_S = 3.5
# Until a phone has shown a call, and that it is over.
CALLED_S = 4.0

Desks = Sequence[BrowserDesktop]


# --- at desktops -----------------------------------------------------------------------------------------------------


async def sit_down(
    stage: Stage, people: Sequence[WorkingAgent], node: FinesseNode, *, by_turns: int | None = None
) -> Desks:
    """Each opens the desktop of that node and signs in. by_turns: their event streams come over BOSH and over WebSocket
    by turns, from the first (0) or the second of these on (1); None: all come over the same.

    Raises EvidenceError: somebody did not come in.
    """
    for agent in people:
        await stage.until_not_awaited(agent)
    by_socket = [by_turns is not None and (n + by_turns) % 2 == 1 for n in range(len(people))]
    desks = [await stage.browser(agent, by_socket=odd) for agent, odd in zip(people, by_socket, strict=True)]
    for desk in desks:
        if not (await desk.open(node) and await desk.sign_in()):
            raise EvidenceError(f"{desk.id} could not sign in at the desktop of {node.host}")
    return desks


async def prove_sight(desks: Desks) -> None:
    """Every screen is made to show something, which has to be seen."""
    for desk in desks:
        await desk.control()


async def go_home(stage: Stage, desks: Desks) -> None:
    """Everybody hangs up, closes the browser, and is signed out at the switch: of whoever was left signed in, the next
    story would not be told in what state he is."""
    for desk in desks:
        for call in await stage.switch.calls_at(desk.agent.extension):
            await stage.switch.clear(desk.id, call)
    for desk in desks:
        await desk.close()
    for desk in desks:
        with suppress(SwitchError):  # who is signed out already is at home
            await stage.switch.set_agent_state(desk.id, AgentState.NOT_READY)
            await stage.switch.set_agent_state(desk.id, AgentState.LOGOUT, password=desk.password)


# --- at IP phones ----------------------------------------------------------------------------------------------------


async def take_phone(
    stage: Stage, agent: WorkingAgent, node: FinesseNode, *, guest: WorkingAgent | None = None
) -> IpPhone:
    """His phone, at which he has signed in and is Ready. guest: signs in and out there before him.

    Raises EvidenceError: he did not come in.
    """
    await stage.until_not_awaited(agent)
    phone = await stage.phone(agent)
    if await phone.open(node) and not phone.asks_to_sign_in:
        await leave_phone(stage, phone)  # a run that was cut short may have left it signed in
    if guest is not None and await phone.open(node):
        await lends_phone(stage, phone, guest)
    if not (await phone.open(node) and await phone.sign_in()):
        raise EvidenceError(f"{phone.id} could not sign in at his phone at {node.host}")
    await works_at_phone(stage, phone)
    return phone


async def works_at_phone(stage: Stage, phone: IpPhone) -> None:
    """He becomes Not Ready, then Ready, and the switch is asked each time what came of it.

    The switch makes him Ready first: who is Not Ready already would not show that the first thing he asks for is done.
    """
    with suppress(SwitchError):
        await stage.switch.set_agent_state(phone.id, AgentState.AVAILABLE)
    await stage.watch(DONE_S)
    await pauses_at_phone(stage, phone)
    await phone.press("Ready")
    await stage.watch(DONE_S)
    await stage.switch.look_at(phone.id)


async def pauses_at_phone(stage: Stage, phone: IpPhone) -> None:
    """He becomes Not Ready."""
    if await phone.press("NotReady"):
        await phone.pick()
    await stage.watch(DONE_S)
    await stage.switch.look_at(phone.id)


async def takes_call(stage: Stage, phone: IpPhone) -> CallRef | None:
    """He takes the handset and calls the outside; the call gets data that no other one has, for his phone to show.

    None: the lab has no number that answers, or the switch did not do it, which is recorded.
    """
    number = stage.inventory.outside_number
    if number is None:
        return None
    await phone.off_hook()
    try:
        call = await stage.switch.make_call(phone.id, number)
        await stage.watch(DONE_S)
        await stage.switch.set_call_data(call, {"callVariable1": f"of-call-{call.call_id}"})
    except SwitchError:
        return None
    await stage.watch(CALLED_S)
    await stage.switch.look_at(phone.id)
    return call


async def hangs_up(stage: Stage, phone: IpPhone) -> None:
    """Whatever calls there are at his line end, and the handset is put down."""
    with suppress(SwitchError):
        for call in await stage.switch.calls_at(phone.agent.extension):
            await stage.switch.clear(phone.id, call)
    await phone.on_hook()
    await stage.watch(CALLED_S)
    await stage.switch.look_at(phone.id)


async def works_and_talks(stage: Stage, phone: IpPhone) -> None:
    """Who has just signed in: a call that was there goes on, and ends; another call; and he is Ready in the end."""
    await stage.watch(CALLED_S)
    await hangs_up(stage, phone)
    await takes_call(stage, phone)
    await hangs_up(stage, phone)
    await works_at_phone(stage, phone)


async def goes_over_by_hand(stage: Stage, phone: IpPhone, other: FinesseNode, *, mistypes: bool = False) -> None:
    """Out of the service, into the other one, and to work there. mistypes: at first with another password."""
    if not await phone.press("Exit") or phone.kind != "services":
        await phone.leave()
    if not await phone.open(other):
        return
    if mistypes and not await phone.mistype() and not phone.asks_to_sign_in:
        await phone.open(other)
    if await phone.sign_in():
        await works_and_talks(stage, phone)


async def signs_in_anew(stage: Stage, phone: IpPhone, node: FinesseNode) -> None:
    """Signed out, and in again at the same node, to work there: who is signed in at the switch already, as he is after
    a loss, is not put anywhere by a sign-in."""
    await leave_phone(stage, phone)
    if await phone.open(node) and await phone.sign_in():
        await works_and_talks(stage, phone)


async def comes_back_by_hand(stage: Stage, phone: IpPhone, node: FinesseNode) -> None:
    """Signed out where he is, and in again where he was before: a service that he left signed in would go on showing
    its pages."""
    await leave_phone(stage, phone)
    if await phone.open(node) and await phone.sign_in():
        await works_at_phone(stage, phone)


async def lends_phone(stage: Stage, phone: IpPhone, to: WorkingAgent) -> None:
    """Somebody else signs in at a phone that asks for it, and out again."""
    if await phone.lend(to.id, to.password):
        await stage.watch(DONE_S)
        await stage.switch.look_at(to.id)
        if await phone.press("SignOut") and phone.kind == "menu":
            await phone.pick()
        await stage.watch(DONE_S)
    if not phone.asks_to_sign_in:  # it could not be done at the phone: then past it
        with suppress(SwitchError):
            await stage.switch.set_agent_state(to.id, AgentState.LOGOUT, password=to.password)
        await stage.watch(DONE_S)


async def leave_phone(stage: Stage, phone: IpPhone) -> None:
    """Not Ready, signed out, out of the service; no call is left at his line."""
    if phone.is_off_hook:
        await hangs_up(stage, phone)
    for key in ("NotReady", "SignOut"):
        if await phone.press(key) and phone.kind == "menu":
            await phone.pick()
            await stage.watch(DONE_S)
        await stage.switch.look_at(phone.id)
    if not phone.asks_to_sign_in:  # it could not be done at the phone: then past it
        for state in (AgentState.NOT_READY, AgentState.LOGOUT):
            await stage.switch.set_agent_state(phone.id, state, password=phone.password)
            await stage.watch(DONE_S)
    await phone.press("Exit")
    await phone.control()
