"""One fail-over as a right product would have it: both nodes lose side A at 10 s, say so at 10.5 s, are back at 50.1 s.

Before it everybody hears of a state, a call and call data. In it ann puts the call with bob on hold and its data
change, cid and dan make calls of which nobody must hear, cid becomes Ready and dan signs out. After it all of that is
told, and everybody goes back to work. Tests leave lines out, put others in, or replace words.
"""

from collections.abc import Iterable, Iterator

from chaos.history import History
from chaos.verdicts import Outcome, cti
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import AGENTS, DEVICES, NODES, alone, framed, played

LASTS_S = 130.0
KINDS = (("User", "PUT"), ("Dialog", "PUT"), ("Dialogs", "POST"), ("Dialogs", "DELETE"))
PAIRS = (("ann", "bob"), ("cid", "dan"))
_ADMIN_OK = {"GET User/{id}", "GET User/{id}/Dialogs", "GET Users", "GET ReasonCodes"}
_OK = {"GET User/{id}", "GET User/{id}/Dialogs", "GET User/{id}/ReasonCodes"}


def controls(at_s: float, start: int) -> Iterator[str]:
    """Everybody sends itself an event of each kind, and gets it."""
    for n, (agent, (about, event)) in enumerate((agent, kind) for agent in AGENTS for kind in KINDS):
        yield f"{at_s} {agent} sends {about} {event} {start + n}"
        yield f"{at_s + 0.1} {agent} gets {about} {event} {start + n}"


def asks(at_s: float, status: int | None) -> Iterator[str]:
    """Everybody asks for everything: answered with that status, or as a node in service does."""
    for agent in AGENTS:
        for ask in cti.AGENT_ASKS:
            yield f"{at_s} {agent} asks {ask} {status or (200 if ask in _OK else 404)}"
    for node in NODES:
        for ask in cti.ADMIN_ASKS:
            usual = 200 if ask in _ADMIN_OK else 403 if "Config" in ask else 404
            yield f"{at_s} admin {node} asks {ask} {status or usual}"
        yield f"{at_s} {node} shows {'IN' if status is None else 'OUT'}"


def state(at_s: float, agent: str, at_switch: str, told: str | None) -> Iterator[str]:
    yield f"{at_s} switch {agent} {at_switch}"
    if told is not None:
        yield f"{at_s + 0.1} {agent} hears {told}"


def call_begins(at_s: float, number: int, caller: str, called: str, *, told: bool = True) -> Iterator[str]:
    """It rings, is answered two seconds later, and both talk."""
    a, b = DEVICES[caller], DEVICES[called]
    yield from (f"{at_s} switch {number} {a} INITIATE", f"{at_s} switch {number} {b} ALERTING")
    yield from (f"{at_s + 2} switch {number} {a} CONNECT", f"{at_s + 2} switch {number} {b} CONNECT")
    for agent in (caller, called):
        yield f"{at_s + 2} switch {agent} TALKING"
        if told:
            yield f"{at_s + 0.1} {agent} hears POST {number} ALERTING {a}=INITIATED {b}=ALERTING"
            yield f"{at_s + 2.1} {agent} hears PUT {number} ACTIVE {a}=ACTIVE {b}=ACTIVE"
            yield f"{at_s + 2.1} {agent} hears TALKING"


def call_data(at_s: float, number: int, people: Iterable[str], data: str, parties: str) -> Iterator[str]:
    yield f"{at_s} switch {number} data {data}"
    for agent in people:
        yield f"{at_s + 0.1} {agent} hears PUT {number} ACTIVE {parties} {data}"


def call_ends(at_s: float, number: int, people: Iterable[str], *, told: bool = True) -> Iterator[str]:
    for agent in people:
        yield f"{at_s} switch {number} {DEVICES[agent]} NULL"
        yield f"{at_s} switch {agent} NOT_READY"
        if told:
            yield f"{at_s + 0.1} {agent} hears DELETE {number} DROPPED"
            yield f"{at_s + 0.1} {agent} hears NOT_READY"


def ghost(at_s: float, number: int, *, answered: bool) -> Iterator[str]:
    """A call of cid's and dan's that is over after a little while."""
    yield from (f"{at_s} switch {number} 2003 INITIATE", f"{at_s} switch {number} 2004 ALERTING")
    if answered:
        yield from (f"{at_s + 0.1} switch {number} 2003 CONNECT", f"{at_s + 0.1} switch {number} 2004 CONNECT")
        yield from (f"{at_s + 0.1} switch cid TALKING", f"{at_s + 0.1} switch dan TALKING")
    yield from call_ends(at_s + 0.2, number, ("cid", "dan"), told=False)


def looks(at_s: float, calls: dict[str, str], states: dict[str, str]) -> Iterator[str]:
    """The switch is asked, and everybody asks what they are shown."""
    for agent in AGENTS:
        yield f"{at_s} looked {agent}"
        yield f"{at_s + 0.2} {agent} is {states.get(agent, 'NOT_READY')}"
        yield f"{at_s + 0.2} {agent} sees {calls.get(agent, 'nothing')}"


def work(at_s: float, number: int) -> Iterator[str]:
    """Everybody becomes Ready and Not Ready, and has a call with data."""
    for n, (caller, called) in enumerate(PAIRS):
        for agent in (caller, called):
            yield from state(at_s, agent, "AVAILABLE", "READY")
            yield from state(at_s + 1, agent, "NOT_READY", "NOT_READY")
        yield from call_begins(at_s + 2, number + n, caller, called)
        talking = f"{DEVICES[caller]}=ACTIVE {DEVICES[called]}=ACTIVE"
        yield from call_data(at_s + 5, number + n, (caller, called), f"callVariable1={at_s}", talking)
        yield from call_ends(at_s + 7, number + n, (caller, called))


def _lines() -> Iterator[str]:
    for node in NODES:
        yield from (f"0 {node} a stands", f"10 {node} a is-reset", f"11 {node} b refused", f"50 {node} b opens")
        yield from (f"10.5 {node} says OUT", f"50.1 {node} says IN")
    yield from (f"0.1 looked {agent} NOT_READY" for agent in AGENTS)
    yield from controls(0.5, 1)
    yield from work(0.5, 60)
    yield from call_begins(7.6, 7, "ann", "bob")
    yield from _the_gap()
    yield from _after_it()


def _the_gap() -> Iterator[str]:
    yield from asks(10.8, 503)
    yield "10.9 switch 7 data callVariable1=early"
    yield from ghost(10.9, 8, answered=True)
    yield from controls(12.0, 101)
    yield from asks(28.0, 503)
    yield "30 switch 7 data callVariable1=late callVariable2=new"
    yield from ("30.5 switch 7 2001 HOLD", "30.5 switch ann HOLD")
    yield from ghost(31.0, 9, answered=False)
    for agent in ("cid", "dan"):
        yield from (f"32 switch {agent} AVAILABLE", f"33 switch {agent} NOT_READY")
    yield from controls(34.0, 201)
    yield "44 switch 7 data callVariable2=last"
    yield from ghost(45.0, 10, answered=True)
    yield from ("46 switch cid AVAILABLE", "46 switch dan LOGOUT")
    yield from asks(47.0, 503)


HELD_CALL = "7:2001=HELD+2002=ACTIVE+callVariable1=late+callVariable2=last"


def _after_it() -> Iterator[str]:
    told = HELD_CALL.replace("7:", "").replace("+", " ")
    for agent in ("ann", "bob"):
        yield f"50.3 {agent} hears PUT 7 ACTIVE {told}"
    yield from ("50.3 ann hears HOLD", "50.3 cid hears READY", "50.3 dan hears LOGOUT")
    yield from asks(50.6, None)
    yield from controls(51.0, 301)
    states = {"ann": "HOLD", "bob": "TALKING", "cid": "READY", "dan": "LOGOUT"}
    yield from looks(62.0, {"ann": HELD_CALL, "bob": HELD_CALL}, states)
    yield from call_ends(64.0, 7, ("ann", "bob"))
    yield from (*state(65.0, "cid", "NOT_READY", "NOT_READY"), *state(65.0, "dan", "NOT_READY", "NOT_READY"))
    yield from work(70.0, 70)
    yield from asks(85.0, None)
    yield from controls(90.0, 401)
    yield from looks(100.0, {}, {})


STORY = "\n".join(_lines())


def without(*words: str) -> str:
    """The story without every line that has any of these words; each must be there."""
    lines = STORY.splitlines()
    for word in words:
        assert any(word in line for line in lines), word
    return "\n".join(line for line in lines if not any(word in line for word in words))


def instead(old: str, new: str, text: str = STORY) -> str:
    assert old in text, old
    return text.replace(old, new)


def findings(check: Check, text: str = STORY, *, clock: str = "virtual") -> list[Finding]:
    """What it finds in the story as far as it lasts."""
    kept = "\n".join(line for line in text.splitlines() if line.strip() and float(line.split()[0]) <= LASTS_S)
    return found(alone(check), History(played(framed(kept, lasts_s=LASTS_S), clock=clock)))


def outcome(check: Check, *more: str, text: str = STORY, clock: str = "virtual") -> Outcome:
    """The weightiest of what it finds: of the story, or of `text`, with something more in it."""
    outcomes = [finding.outcome for finding in findings(check, "\n".join((text, *more)), clock=clock)]
    return next(one for one in (Outcome.VIOLATED, Outcome.INCONCLUSIVE, Outcome.HELD) if one in outcomes)


def at(check: Check, *more: str, text: str = STORY, **cell: str) -> Outcome | None:
    """The weightiest of what it finds at that part of its grid; None if nothing."""
    there = [
        finding.outcome
        for finding in findings(check, "\n".join((text, *more)))
        if all(finding.cell.get(axis) == value for axis, value in cell.items())
    ]
    return next((one for one in (Outcome.VIOLATED, Outcome.INCONCLUSIVE, Outcome.HELD) if one in there), None)
