"""What is the case for an agent, and what its clients are shown of it: by the switch, by events, by answers.

Theory of operation. A *screen* is a flat table: aspect → value. Aspects are the agent's state, each call at its device,
in each call the state of each agent's device, and each piece of call data. So the switch's word, a client's events and
its answers become three rows of the same kind, each a list of steps, and can be compared aspect by aspect at any time.
Devices that are no agent's are left out: the switch tells nothing of their own state.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chaos.history.history import History, fact
from chaos.journal import (
    About,
    CallSeen,
    EventSeen,
    Observation,
    RestExchange,
    SwitchAgentSeen,
    SwitchCallSeen,
    SwitchLooked,
)

# The switch's words, and Finesse's.
STATES = MappingProxyType(
    {
        "AVAILABLE": "READY",
        "NOT_READY": "NOT_READY",
        "LOGOUT": "LOGOUT",
        "WORK_READY": "WORK_READY",
        "WORK_NOT_READY": "WORK",
        "RESERVED": "RESERVED",
        "TALKING": "TALKING",
        "HOLD": "HOLD",
    }
)
_CONNECTIONS = MappingProxyType(
    {
        "INITIATE": "INITIATED",
        "ALERTING": "ALERTING",
        "CONNECT": "ACTIVE",
        "QUEUED": "ACTIVE",
        "HOLD": "HELD",
        "FAIL": "FAILED",
    }
)
_SAME = MappingProxyType({"INITIATING": "INITIATED"})
_GONE = frozenset({"NULL", "DROPPED"})


@dataclass(frozen=True, slots=True, order=True)
class Aspect:
    """One thing that a client is shown. what: "state", "call", "party" or "data". name: the device, or the variable."""

    what: str
    call_id: str = ""
    name: str = ""

    def __str__(self) -> str:
        return {
            "state": "the state",
            "call": f"call {self.call_id}",
            "party": f"{self.name} in call {self.call_id}",
            "data": f"{self.name} of call {self.call_id}",
        }[self.what]


STATE = Aspect("state")
UP = "up"

Screen = Mapping[Aspect, str]


@dataclass(frozen=True, slots=True)
class Step:
    """From then on the screen is this, until the next step. seen: what changed it."""

    at_s: float
    screen: Screen
    seen: Observation


@dataclass(frozen=True)
class Row:
    """The steps of one agent, in order."""

    steps: tuple[Step, ...]

    def at(self, at_s: float) -> Step | None:
        """The step that holds at that time, None before the first."""
        n = bisect_right(self.steps, at_s, key=lambda step: step.at_s)
        return self.steps[n - 1] if n else None

    def between(self, from_s: float, to_s: float) -> Sequence[Step]:
        """The steps taken after `from_s`, up to `to_s`."""
        first = bisect_right(self.steps, from_s, key=lambda step: step.at_s)
        last = bisect_right(self.steps, to_s, key=lambda step: step.at_s)
        return self.steps[first:last]


def changed(before: Screen, after: Screen) -> tuple[Aspect, ...]:
    """The aspects in which two screens differ, in order."""
    return tuple(sorted(aspect for aspect in before.keys() | after.keys() if before.get(aspect) != after.get(aspect)))


@fact
def devices(history: History) -> Mapping[str, str]:
    """Device → the agent who works there."""
    return MappingProxyType({device: agent for agent, device in history.header.extensions})


@fact
def truth(history: History, agent: str) -> Row:
    """What is the case for that agent, by the switch's own word; it begins when the switch is first asked about it."""
    return _truths(history).get(agent, Row(()))


@fact
def _truths(history: History) -> Mapping[str, Row]:
    """All agents at once: an event about a call concerns everybody in it."""
    switch = _Switch(devices(history))
    rows: dict[str, list[Step]] = {}
    for seen in history.story:
        if not isinstance(seen, SwitchLooked | SwitchAgentSeen | SwitchCallSeen):
            continue
        for agent in switch.takes(seen):
            steps = rows.setdefault(agent, [])
            screen = switch.screen(agent)
            if not steps or steps[-1].screen != screen:
                steps.append(Step(seen.at_s, screen, seen))
    return MappingProxyType({agent: Row(tuple(steps)) for agent, steps in rows.items()})


class _Switch:
    """The switch as told so far: agents' states, connections' states, call data. An agent counts once it was asked."""

    def __init__(self, owners: Mapping[str, str]) -> None:
        self._owners = owners
        self._device_of = {agent: device for device, agent in owners.items()}
        self._states: dict[str, str] = {}
        self._calls: dict[str, dict[str, str]] = {}
        self._data: dict[str, dict[str, str]] = {}

    def takes(self, seen: Observation) -> Iterable[str]:
        """Take it in; the agents for whom it may make a difference."""
        match seen:
            case SwitchLooked():
                return self._looked(seen)
            case SwitchAgentSeen():
                if seen.agent not in self._states or seen.state not in STATES:
                    return ()  # LOGIN is a step on the way, not a state
                self._states[seen.agent] = seen.state
                return (seen.agent,)
            case SwitchCallSeen():
                return self._call(seen)
        return ()

    def _looked(self, seen: SwitchLooked) -> Iterable[str]:
        device = self._device_of.get(seen.agent)
        if device is None:
            return ()
        self._states[seen.agent] = seen.state
        there = {call.call_id for call in seen.calls}
        touched = {seen.agent}
        for call_id in [one for one, parties in self._calls.items() if device in parties and one not in there]:
            touched |= self._leaves(call_id, device)
        for call in seen.calls:
            parties = {name: state for name, state in call.parties if name in self._owners and state not in _GONE}
            # A conference's snapshot may leave parties out; who was told to be in it is, until told otherwise.
            self._calls[call.call_id] = {**self._calls.get(call.call_id, {}), **parties}
            self._data.setdefault(call.call_id, {}).update(call.variables)
            touched |= self._in(call.call_id)
        return touched & self._states.keys()

    def _call(self, seen: SwitchCallSeen) -> Iterable[str]:
        before = self._in(seen.call_id)
        if seen.device in self._owners and seen.device is not None and seen.state is not None:
            if seen.state in _GONE:
                before |= self._leaves(seen.call_id, seen.device)
            else:
                self._calls.setdefault(seen.call_id, {})[seen.device] = seen.state
        if seen.variables:
            self._data.setdefault(seen.call_id, {}).update(seen.variables)
        return (before | self._in(seen.call_id)) & self._states.keys()

    def _leaves(self, call_id: str, device: str) -> set[str]:
        parties = self._calls.get(call_id, {})
        touched = self._in(call_id)
        parties.pop(device, None)
        if not parties:
            self._calls.pop(call_id, None)
            self._data.pop(call_id, None)
        return touched

    def _in(self, call_id: str) -> set[str]:
        return {self._owners[device] for device in self._calls.get(call_id, {})}

    def screen(self, agent: str) -> Screen:
        device = self._device_of.get(agent)
        screen = {STATE: STATES.get(self._states[agent], self._states[agent])}
        for call_id, parties in self._calls.items():
            if device not in parties:
                continue
            screen[Aspect("call", call_id)] = UP
            for party, state in parties.items():
                screen[Aspect("party", call_id, party)] = _CONNECTIONS.get(state, state)
            screen |= {Aspect("data", call_id, name): value for name, value in self._data.get(call_id, {}).items()}
        return MappingProxyType({aspect: value for aspect, value in screen.items() if value})


def is_signed_out(history: History, agent: str, at_s: float) -> bool:
    """Whether nobody is signed in there, by the switch's word: what becomes of calls at that device is told to nobody,
    or told all the same; the guides do not say."""
    step = truth(history, agent).at(at_s)
    return step is not None and step.screen.get(STATE) == "LOGOUT"


@fact
def told(history: History, agent: str) -> Row:
    """What that agent's events show: each User event sets its state, each event of a call what is shown of that."""
    owners = devices(history)
    first = next(iter(truth(history, agent).steps), None)
    if first is None:
        return Row(())
    # In the steady state everything has been told.
    steps = [first]
    for seen in history.of(EventSeen, lambda seen: not seen.control, agent=agent, from_s=first.at_s):
        screen = _after(steps[-1].screen, seen, owners)
        if screen is not None:
            steps.append(Step(seen.at_s, screen, seen))
    return Row(tuple(steps))


def _after(screen: Screen, event: EventSeen, owners: Mapping[str, str]) -> Screen | None:
    """The screen once that event has come; None if the event is about neither state nor calls."""
    if event.about is About.USER and event.user_state is not None:
        return MappingProxyType({**screen, STATE: event.user_state})
    if event.about not in (About.DIALOG, About.DIALOGS):
        return None
    ids = {call.call_id for call in event.calls}
    left = {aspect: value for aspect, value in screen.items() if aspect.call_id not in ids}
    own = next((device for device, agent in owners.items() if agent == event.agent), None)
    for call in () if event.event == "DELETE" else event.calls:
        left.update(shown(call, own, owners))
    return MappingProxyType(left)


def asked_about(answer: RestExchange) -> str | None:
    """Of whom it asks: of the agent whose id is in the path, as administrators and supervisors do; else of who asks."""
    words = answer.path.partition("?")[0].split("/")
    return words[1] if words[0] == "User" and len(words) > 1 else answer.agent


def answered(history: History, answer: RestExchange, agent: str | None = None) -> Screen | None:
    """What an answer shows of an agent: its state, or its calls; None if it shows neither.

    agent: whose state is looked for in a list of users.
    """
    if answer.listed and agent is not None:
        return {STATE: dict(answer.listed)[agent]}
    if answer.status != 200 or not answer.resource.startswith(("GET User/{id}", "GET Dialog/{id}")):
        return None
    if answer.user_state is not None:
        return {STATE: answer.user_state}
    if answer.calls is None:
        return None
    owners = devices(history)
    own = next((device for device, agent in owners.items() if agent == asked_about(answer)), None)
    return {aspect: value for call in answer.calls for aspect, value in shown(call, own, owners)}


def shown(call: CallSeen, own: str | None, owners: Mapping[str, str]) -> Iterator[tuple[Aspect, str]]:
    """What a document shows of a call to the agent at `own`; nothing once it says that the agent's part is over."""
    states = dict(call.parties)
    is_left = own is not None and bool(states) and states.get(own, "NULL") in _GONE
    if call.state in _GONE or is_left:
        return
    yield Aspect("call", call.call_id), UP
    for device, state in call.parties:
        if device in owners and state not in _GONE:
            yield Aspect("party", call.call_id, device), _SAME.get(state, state)
    for name, value in call.variables:
        if value:
            yield Aspect("data", call.call_id, name), value
