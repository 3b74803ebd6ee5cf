"""Forged journals of the AWDB family: who asked when, what was seen on the links meanwhile, what came of it.

ann, cid and eve are at fin-a, bob, dan and fay at fin-b; "admin-a" and "admin-b" are the administrator there. gus is
one more at fin-a, ida at fin-b.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from chaos.history import History
from chaos.journal import (
    OTHERWISE,
    AwdbSeen,
    AwdbStep,
    CtiSeen,
    CtiStep,
    DesktopShown,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    Lateness,
    LinkProbed,
    Observation,
    RestExchange,
    Screen,
    StateAsked,
    SteadyState,
    StreamChange,
    StreamState,
    SwitchAct,
    SwitchActed,
    SwitchAgentSeen,
    SwitchLooked,
    Timeline,
)
from chaos.journal import About as EventAbout
from chaos.journal import CallSeen as Call
from chaos.verdicts import Outcome, Verdict
from chaos.verdicts.check import Check
from chaos.verdicts.ruling import judged
from tests.verdicts.script import alone

NODES = ("fin-a", "fin-b")
AT = {"ann": "fin-a", "cid": "fin-a", "eve": "fin-a", "admin-a": "fin-a"} | {
    "bob": "fin-b", "dan": "fin-b", "fay": "fin-b", "admin-b": "fin-b",
    "gus": "fin-a", "ida": "fin-b",
}  # fmt: skip
PEOPLE = {"fin-a": ("ann", "cid", "eve"), "fin-b": ("bob", "dan", "fay")}
ONE_MORE = {"fin-a": "gus", "fin-b": "ida"}
DEVICES = {who: f"20{n:02d}" for n, who in enumerate(AT)}
ADMINS = {"fin-a": "admin-a", "fin-b": "admin-b"}
TICK_S = 1e-6


@dataclass
class Forged:
    """Builds a journal; every method takes seconds first. Lines may be given in any order."""

    lines: list[Observation] = field(default_factory=list)
    nodes: tuple[str, ...] = NODES
    clock: str = "virtual"
    deployment: str = "mock"
    experiment: str = "forged"
    connections: int = 100
    cached: tuple[tuple[str, str, float], ...] = ()
    is_new: bool = False
    transport: str = "tcp"

    # -- what is built -----------------------------------------------------------------------------------------------

    def timeline(self, *, whole: bool = True) -> Timeline:
        """whole: with a steady state and a proven fault around it, and an end."""
        header = Header(
            experiment=self.experiment,
            title="",
            lab="none",
            deployment=self.deployment,
            release="12.6(2)",
            started="",
            clock=self.clock,
            seed=1,
            heartbeat_interval_s=5.0,
            nodes=self.nodes,
            agents=tuple((who, AT[who]) for node in self.nodes for who in PEOPLE[node][1:]),
            extensions=tuple((who, DEVICES[who]) for node in self.nodes for who in (*PEOPLE[node], ONE_MORE[node])),
            spare=tuple((who, node) for node in self.nodes for who in (PEOPLE[node][0], ONE_MORE[node])),
            cached=self.cached,
            is_new=self.is_new,
            transport=self.transport,
        )
        last_s = max((line.at_s for line in self.lines), default=0.0) + 1.0
        frame: list[Observation] = [header]
        if whole:
            frame += [
                SteadyState(at_s=0.0, when="before", ok=True),
                *_phases("frame", "NothingHappens", "", 0.0, last_s),
            ]
            frame += [SteadyState(at_s=last_s + 1, when="after", ok=True), Ended(at_s=last_s + 2)]
        lines = sorted([*frame, *self.lines], key=lambda line: line.at_s)
        return Timeline(replace(line, number=n) for n, line in enumerate(lines, 1))

    def history(self) -> History:
        return History(self.timeline())

    # -- links and faults --------------------------------------------------------------------------------------------

    def look(self, at_s: float, a: str = "open", b: str = "open") -> "Forged":
        """What probes of both links meet at that time."""
        for side, met in (("a", a), ("b", b)):
            self.lines.append(LinkProbed(at_s=at_s, link=f"awdb-{side}", outcome=met, took_s=0.0))
        return self

    def looks(self, from_s: float, to_s: float, a: str = "open", b: str = "open", every_s: float = 60.0) -> "Forged":
        """The same again and again, at both ends of that time, and in between."""
        at_s = from_s
        while at_s < to_s:
            self.look(at_s, a, b)
            at_s += every_s
        return self.look(to_s, a, b)

    def fault(self, from_s: float, to_s: float, kind: str, target: str) -> "Forged":
        self.lines += _phases(f"{kind}-{target}-{from_s:g}", kind, target, from_s, to_s)
        return self

    # -- people ------------------------------------------------------------------------------------------------------

    def asks(
        self,
        at_s: float,
        who: str,
        status: int | None = 200,
        request: str = "GET User/{id}",
        *,
        by: str = "",
        tried: str = "",
        took_s: float = 0.01,
        wrong: bool = False,
        mark: str = "",
        otherwise: bool = False,
        wanted: Mapping[str, str] = MappingProxyType({}),
        path: str = "",
    ) -> "Forged":
        """A request sent at that time. by: the sides that answered Finesse meanwhile; tried: those it tried in vain.
        mark: of the document that it brought; otherwise: it saves other settings. wanted: what is asked for."""
        step_s = took_s / 10
        for n, side in enumerate(tried):
            self.traffic(at_s + (1 + n) * step_s, side, answered=False)
        for n, side in enumerate(by):
            self.traffic(at_s + (1 + len(tried) + n) * step_s, side)
        self.lines.append(
            RestExchange(
                at_s=at_s + took_s,
                sent_s=at_s,
                node=AT[who],
                agent=None if who.startswith("admin") else who,
                resource=request,
                path=path,
                status=status,
                failure=None if status else "timeout",
                wrong_password=wrong,
                more=(("digest", mark),) if mark else (),
                wanted=((OTHERWISE, ""),) if otherwise else tuple(wanted.items()),
            )
        )
        return self

    def hears(self, at_s: float, node: str, side: str = "a", *, answered: bool = True) -> "Forged":
        """A control: somebody's wrong password makes that node ask an AWDB."""
        by, tried = (side, "") if answered else ("", side)
        return self.asks(at_s, PEOPLE[node][2], 401, wrong=True, by=by, tried=tried)

    def traffic(self, at_s: float, side: str, *, answered: bool = True, lasts_s: float | None = None) -> "Forged":
        """One connection: an attempt that is asked and answered, or refused, or (lasts_s) given up by Finesse then."""
        self.connections += 1
        steps = [(0.0, AwdbStep.ATTEMPT)]
        if lasts_s is not None:
            steps.append((lasts_s, AwdbStep.CLOSED_BY_CLIENT))
        elif answered:
            steps += [
                (TICK_S, AwdbStep.ASKED),
                (2 * TICK_S, AwdbStep.ANSWERED),
                (3 * TICK_S, AwdbStep.CLOSED_BY_CLIENT),
            ]
        else:
            steps.append((2 * TICK_S, AwdbStep.REFUSED))
        for offset_s, step in steps:
            self.lines.append(AwdbSeen(at_s=at_s + offset_s, side=side, connection=self.connections, step=step))
        return self

    def shows(
        self,
        at_s: float,
        who: str,
        screen: Screen,
        text: str | None,
        *,
        ok: bool = False,
        came: bool = True,
        opens: bool = False,
    ) -> "Forged":
        self.lines.append(
            DesktopShown(
                at_s=at_s + 0.01,
                asked_s=at_s,
                node=AT[who],
                agent=who,
                screen=screen,
                ok=ok,
                text=text,
                came=came,
                opens=opens,
            )
        )
        return self

    def opens_stream(
        self, at_s: float, who: str, door: str = "xmpp", *, took_s: float = 0.1, ok: bool = True
    ) -> "Forged":
        """Somebody opens an event stream by that door, or is refused."""
        state = StreamState.CONNECTED if ok else StreamState.FAILED
        self.lines.append(
            StreamChange(at_s=at_s + took_s, node=AT[who], agent=who, transport=door, state=state, asked_s=at_s)
        )
        return self

    def is_in(self, at_s: float, who: str, state: str) -> "Forged":
        """The switch says in which state somebody is."""
        self.lines.append(SwitchAgentSeen(at_s=at_s, agent=who, state=state))
        return self

    def wants(self, at_s: float, node: str, who: str, state: str, *, forced: bool = False) -> "Forged":
        """That node asks the CTI server for a state. Each node has a session, by its name."""
        if not any(isinstance(line, CtiSeen) for line in self.lines):
            for n, name in enumerate(self.nodes):
                self.lines.append(CtiSeen(at_s=0.0, side="a", connection=n, step=CtiStep.STANDING, client=name))
        asked = StateAsked(
            at_s=at_s,
            side="a",
            connection=self.nodes.index(node),
            client=node,
            agent=who,
            state=state,
            reason_code=0,
            forced=forced,
        )
        self.lines.append(asked)
        return self

    # -- the switch --------------------------------------------------------------------------------------------------

    def happens(self, at_s: float, who: str, act: SwitchAct, *, told_s: float | None) -> "Forged":
        """Something is done at the switch; told_s: when the event reached the agent, None if it never did."""
        value = "AVAILABLE" if act is SwitchAct.SET_STATE else None
        call = None if act is SwitchAct.SET_STATE else "7"
        self.lines.append(SwitchActed(at_s=at_s, act=act, agent=who, ok=True, value=value, call_id=call))
        if told_s is None:
            return self
        about: dict[str, object] = {"about": EventAbout.USER, "event": "PUT", "user_state": "READY"}
        if call is not None:
            event = {SwitchAct.MAKE_CALL: "POST", SwitchAct.CLEAR: "DELETE"}.get(act, "PUT")
            about = {"about": EventAbout.DIALOGS, "event": event, "calls": (Call(call_id=call, state="ACTIVE"),)}
        self.lines.append(EventSeen(at_s=told_s, node=AT[who], agent=who, source="", **about))  # type: ignore[arg-type]
        return self

    def is_at_the_switch(
        self, at_s: float, who: str, state: str = "NOT_READY", call: str = "", **data: str
    ) -> "Forged":
        """The switch says how that agent is. call: the one that he has, with these data."""
        calls = (
            (Call(call_id=call, state="ACTIVE", parties=((DEVICES[who], "CONNECT"),), variables=tuple(data.items())),)
            if call
            else ()
        )
        self.lines.append(SwitchLooked(at_s=at_s, agent=who, state=state, calls=calls))
        return self

    def late(self, at_s: float, worst_s: float) -> "Forged":
        """How late the loop woke in the 5 s before."""
        self.lines.append(Lateness(at_s=at_s, worst_s=worst_s, since_s=at_s - 5.0))
        return self


def _phases(name: str, kind: str, target: str, from_s: float, to_s: float) -> list[Observation]:
    whole = (
        (from_s, FaultPhase.INJECTING), (from_s, FaultPhase.INJECTED), (from_s, FaultPhase.BITTEN),
        (to_s, FaultPhase.HELD), (to_s, FaultPhase.ROLLING_BACK), (to_s, FaultPhase.ROLLED_BACK),
        (to_s, FaultPhase.LIFTED),
    )  # fmt: skip
    return [FaultSeen(at_s=at_s, fault=name, phase=phase, of_kind=kind, target=target) for at_s, phase in whole]


def verdict(check: Check, *forged: Forged) -> Verdict:
    """What a run would say that had played these."""
    return judged("AWDB-00", alone(check), [one.history() for one in forged])


def is_(found: Verdict, outcome: Outcome, *words: str) -> bool:
    """Whether the verdict has that outcome, and says these words."""
    text = f"{found}\n{found.reason}"
    assert found.outcome is outcome, text
    for word in words:
        assert word in text, text
    return True


def holds_everywhere(found: Verdict) -> bool:
    """Whether every cell was looked at, and holds."""
    open_cells = [f"{state.cell}: {state.outcome} {state.reason}" for state in found.grid if state.outcome != "HELD"]
    assert not open_cells, "\n".join(open_cells)
    return is_(found, Outcome.HELD)


def violated_at(found: Verdict) -> set[str]:
    """The cells of its findings that are violations."""
    return {str(one.cell) for one in found.findings if one.outcome is Outcome.VIOLATED}


def only(values: Iterable[str]) -> str:
    """The one value there is."""
    (value,) = set(values)
    return value
