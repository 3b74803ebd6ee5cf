"""A peripheral with a clock moved by hand, and everything it told."""

import heapq
import itertools
from collections.abc import Callable

from chaos.mock.peripheral import (
    AgentConfig,
    AgentStateChanged,
    CallEvent,
    ConnectionId,
    Event,
    Load,
    Peripheral,
    PeripheralConfig,
)
from chaos.wire.ged188 import AgentState

OUTSIDE = "95551234"


class Clock:
    """Time and timers, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, run: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (self.now_s + delay_s, next(self._order), run))

    def pass_s(self, duration_s: float) -> None:
        end_s = self.now_s + duration_s
        while self._timers and self._timers[0][0] <= end_s:
            self.now_s, _, run = heapq.heappop(self._timers)
            run()
        self.now_s = end_s


class Stage:
    """Agents 1001 to 1004 (phones 2001 to 2004; 1004 has LOAD 1) and a phone 2009 that is nobody's."""

    def __init__(self) -> None:
        self.clock = Clock()
        configs = tuple(
            AgentConfig(f"100{n}", "secret", f"200{n}", load=Load.LOGOUT if n == 4 else Load.NOT_READY)
            for n in (1, 2, 3, 4)
        )
        self.peripheral = Peripheral(
            PeripheralConfig(configs, devices=("2009",), first_call_id=1),
            now=self.clock.now,
            call_later=self.clock.call_later,
        )
        self.agents, self.calls = self.peripheral.agents, self.peripheral.calls
        self.told: list[Event] = []
        self.peripheral.subscribe(self.told.append)

    def ready(self, *numbers: int) -> None:
        """Sign agents in and make them Ready."""
        for n in numbers:
            self.agents.login(f"100{n}", "secret", f"200{n}")
            self.agents.set_state(f"100{n}", AgentState.AVAILABLE)
        self.told.clear()

    def talk(self) -> ConnectionId:
        """1001 and 1002 are Ready, then 2001 calls 2002 and is answered."""
        self.ready(1, 2)
        made = self.calls.make("2001", "2002")
        self.calls.answer(made.call_id, "2002")
        self.told.clear()
        return made

    def conference(self) -> int:
        """1001, 1002 and an outside party in one call; its id."""
        first = self.talk().call_id
        second = self.calls.consult(first, "2001", OUTSIDE).call_id
        self.clock.pass_s(2)
        self.calls.conference(first, second, "2001")
        self.told.clear()
        return first

    def state(self, n: int) -> tuple[str, int]:
        """What agent n shows: state and reason."""
        agent = self.agents.get(f"100{n}")
        assert agent is not None
        return agent.state.name, agent.reason

    def call_events(self) -> list[str]:
        """What was told of calls, as `Kind call device state`."""
        return [
            f"{type(event).__name__} {event.call_id} {event.device} {event.local_state.name}"
            for event in self.told
            if isinstance(event, CallEvent)
        ]

    def agent_events(self) -> list[tuple[str, str, int]]:
        """What was told of agents: id, state, reason."""
        return [
            (event.agent.agent_id, event.agent.state.name, event.agent.reason)
            for event in self.told
            if isinstance(event, AgentStateChanged)
        ]
