"""Services for console tests: they take their time on the loop's clock, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chaos.clients.console import ConsoleExchange, VosConsole
from chaos.errors import InjectFailed
from chaos.mock.consoles import Account, MockVos, ServerKey, VosVariants
from chaos.wire.console.service import ServiceLine, ServiceState

OPERATOR = Account("administrator", "T0p-secret:word")
TOMCAT = "Cisco Finesse Tomcat"
NOTIFICATION = "Cisco Finesse Notification Service"


@dataclass
class FakeServices:
    """A host's services. start_s, stop_s: how long each change takes. broken: names that refuse to start."""

    names: tuple[str, ...] = ("A Cisco DB", NOTIFICATION, TOMCAT, "Cisco Tomcat", "Cisco Tomcat Stats Servlet")
    start_s: float = 10.0
    stop_s: float = 4.0
    broken: frozenset[str] = frozenset()
    log: list[str] = field(default_factory=list)
    states: dict[str, ServiceState] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = dict.fromkeys(self.names, ServiceState.STARTED) | self.states

    def list(self) -> Sequence[ServiceLine]:
        return [ServiceLine(name, state, self.reasons.get(name, "")) for name, state in self.states.items()]

    async def start(self, name: str) -> None:
        self.log.append(f"start {name}")
        self.states[name] = ServiceState.STARTING
        await asyncio.sleep(self.start_s)
        if name in self.broken:
            self.states[name] = ServiceState.STOPPED
            raise InjectFailed(f"{name} did not come up")
        self.states[name] = ServiceState.STARTED
        self.reasons.pop(name, None)

    async def stop(self, name: str) -> None:
        self.log.append(f"stop {name}")
        self.states[name] = ServiceState.STOPPING
        await asyncio.sleep(self.stop_s)
        self.states[name] = ServiceState.STOPPED
        self.reasons[name] = "Commanded Out of Service"


@asynccontextmanager
async def vos_lab(
    key: ServerKey,
    services: FakeServices,
    variants: VosVariants | None = None,
    *,
    password: str = OPERATOR.password,
    host_key: str | None = None,
    deadline_s: float = 180.0,
    settle_s: float = 600.0,
    poll_s: float = 2.0,
    old_algorithms: bool = False,
    record: Callable[[ConsoleExchange], None] = lambda exchange: None,
) -> AsyncIterator[VosConsole]:
    """A mock node and a console on it; both are closed at the end."""
    node = MockVos(key, [OPERATOR], services, variants)
    port = await node.start("127.0.0.1", 0)
    console = VosConsole(
        "127.0.0.1",
        port,
        OPERATOR.user,
        password,
        key.public if host_key is None else host_key,
        host="finesse-a",
        deadline_s=deadline_s,
        settle_s=settle_s,
        poll_s=poll_s,
        old_algorithms=old_algorithms,
        record=record,
    )
    try:
        async with console:
            yield console
        await asyncio.sleep(0.1)  # on a virtual clock: until the hang-up has reached the node
        assert node.shells == 0, "the driver left a session behind"
    finally:
        await node.stop()
