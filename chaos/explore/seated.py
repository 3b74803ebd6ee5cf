"""Those who sit at desktops in browsers and at IP phones while a schedule is played: one at each node."""

from collections.abc import Awaitable, Callable

from chaos.errors import UsageError
from chaos.experiment import Stage, seats
from chaos.explore.schedule import SEATED, Doing, Seat
from chaos.inventory import FinesseNode
from chaos.subjects.desktops import BrowserDesktop
from chaos.subjects.phones import IpPhone
from chaos.wire.ged188 import AgentState

# At a desktop nothing shows at once what was made of a state.
_SHOWN_S = 2.0
# From the end of everything until desktops and phones have looked at each server, and decided.
DECIDED_S = 45.0


class Seated:
    """Who sits where. desks, phones: by their node, in the order of the inventory; none where nobody sits."""

    def __init__(self, stage: Stage, wanted: tuple[Seat, ...]) -> None:
        self._stage, self._wanted = stage, wanted
        self._nodes = stage.inventory.finesse_nodes()
        self.desks: list[BrowserDesktop] = []
        self.phones: list[IpPhone] = []

    def desks_of(self, host: str) -> tuple[str, ...]:
        """Who sat down at a desktop of that node, by id."""
        return tuple(desk.id for desk, node in zip(self.desks, self._nodes, strict=False) if node.host == host)

    async def come(self) -> None:
        """Everybody comes and signs in: the first Ready, the second Not Ready. Raises EvidenceError, UsageError."""
        at_desks = [row[0] for row in self._stage.seats(1)] if Seat.DESKTOP in self._wanted else []
        for agent, node in zip(at_desks, self._nodes, strict=False):
            self.desks += await seats.sit_down(self._stage, [agent], node)
        if Seat.PHONE in self._wanted:
            each = 2 if at_desks else 1
            taken = {agent.id for agent in at_desks}
            people = [one for row in self._stage.people_at_phones(each) for one in row if one.id not in taken]
            if len(people) < SEATED:
                raise UsageError(f"{SEATED} people with IP phones are needed besides those at desktops")
            for agent, node in zip(people, self._nodes, strict=False):
                self.phones.append(await seats.take_phone(self._stage, agent, node))
        if self.desks:
            await self._stage.switch.set_agent_state(self.desks[0].id, AgentState.AVAILABLE)
        await self._look()

    async def decide(self) -> None:
        """Time for everybody's desktop and phone to find their server again; then they are looked at."""
        if self.desks or self.phones:
            await self._stage.watch(DECIDED_S)
            await self._look()

    async def go(self) -> None:
        """Everybody is at home again."""
        await seats.go_home(self._stage, self.desks)
        for phone in self.phones:
            await seats.leave_phone(self._stage, phone)

    async def _look(self) -> None:
        await seats.prove_sight(self.desks)
        for phone in self.phones:
            await phone.control()
        for who in [*(desk.id for desk in self.desks), *(phone.id for phone in self.phones)]:
            await self._stage.switch.look_at(who)

    async def do(self, what: Doing, who: int) -> None:
        """One of them does something. Raises EvidenceError, PeerError."""
        if what in _AT_DESKTOP:
            await _AT_DESKTOP[what](self._stage, self.desks[who - 1], self._nodes[who - 1])
        else:
            await _AT_PHONE[what](self._stage, self.phones[who - 1], self._nodes[-who])


async def _open(stage: Stage, desk: BrowserDesktop, node: FinesseNode) -> None:
    await desk.close()
    if await desk.open(node):
        await desk.sign_in()
        await desk.control()


async def _press(stage: Stage, phone: IpPhone, key: str) -> None:
    if await phone.press(key) and phone.kind == "menu":
        await phone.pick()
    await stage.watch(_SHOWN_S)
    await stage.switch.look_at(phone.id)


async def _sign_in(stage: Stage, phone: IpPhone, other: FinesseNode) -> None:
    if phone.asks_to_sign_in and await phone.sign_in():
        await seats.works_at_phone(stage, phone)


_AT_DESKTOP: dict[Doing, Callable[[Stage, BrowserDesktop, FinesseNode], Awaitable[object]]] = {
    Doing.CLOSE_BROWSER: lambda stage, desk, node: desk.close(),
    Doing.LEAVE_PAGE: lambda stage, desk, node: desk.back(),
    Doing.REFRESH: lambda stage, desk, node: desk.refresh(),
    Doing.CRASH_BROWSER: lambda stage, desk, node: desk.crash(),
    Doing.OPEN_BROWSER: _open,
}
_AT_PHONE: dict[Doing, Callable[[Stage, IpPhone, FinesseNode], Awaitable[object]]] = {
    Doing.PRESS_READY: lambda stage, phone, other: _press(stage, phone, "Ready"),
    Doing.PRESS_NOT_READY: lambda stage, phone, other: _press(stage, phone, "NotReady"),
    Doing.RETRY: lambda stage, phone, other: phone.press("Retry"),
    Doing.GO_OVER: seats.goes_over_by_hand,
    Doing.SIGN_IN_AT_PHONE: _sign_in,
}
