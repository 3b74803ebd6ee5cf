"""Forged timelines of the AWDB family: who asked when, what was seen on the links meanwhile, what came of it."""

from dataclasses import dataclass, field

from chaos.journal import (
    About,
    AwdbSeen,
    AwdbStep,
    DesktopShown,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    LinkProbed,
    Observation,
    RestExchange,
    Screen,
    SwitchAct,
    SwitchActed,
    Timeline,
)
from chaos.verdicts import Outcome, Verdict

NODES = ("fin-a", "fin-b")
AT = {"ann": "fin-a", "bob": "fin-b", "cid": "fin-a", "dan": "fin-b"}
TICK_S = 1e-6


@dataclass
class Forged:
    """Builds a timeline; every method takes seconds first. Lines may be given in any order."""

    lines: list[Observation] = field(default_factory=list)
    connections: int = 100

    def timeline(self, end_s: float = 4000.0, *, clock: str = "virtual", nodes: tuple[str, ...] = NODES) -> Timeline:
        header = Header(
            at_s=0.0,
            experiment="forged",
            title="",
            lab="none",
            deployment="mock",
            release="12.6(2)",
            started="",
            clock=clock,
            seed=1,
            heartbeat_interval_s=5.0,
            nodes=nodes,
        )
        last = FaultSeen(at_s=end_s, fault="the-story-ends", phase=FaultPhase.INJECTED)
        return Timeline(tuple(sorted([header, *self.lines, last], key=lambda line: line.at_s)))

    def probe(self, at_s: float, side: str, outcome: str) -> "Forged":
        self.lines.append(LinkProbed(at_s=at_s, link=f"awdb-{side}", outcome=outcome, took_s=0.0))
        return self

    def both_down(self, at_s: float = 10.0, outcome: str = "refused") -> "Forged":
        return self.probe(at_s, "a", outcome).probe(at_s, "b", outcome)

    def rolls_back(self, at_s: float, fault: str) -> "Forged":
        self.lines.append(FaultSeen(at_s=at_s, fault=fault, phase=FaultPhase.ROLLING_BACK))
        return self

    def asks(
        self,
        at_s: float,
        agent: str | None,
        status: int | None = 200,
        *,
        by: str = "",
        tried: str = "",
        took_s: float = 0.01,
        resource: str = "GET User/{id}",
        failure: str | None = None,
    ) -> "Forged":
        """A request sent at that time. by: the sides that answered Finesse meanwhile; tried: those it tried in vain."""
        node = AT.get(agent or "", "fin-a")
        step_s = took_s / 10
        for n, side in enumerate(tried):
            self.traffic(at_s + (1 + n) * step_s, side, answered=False)
        for n, side in enumerate(by):
            self.traffic(at_s + (1 + len(tried) + n) * step_s, side)
        self.lines.append(
            RestExchange(
                at_s=at_s + took_s,
                sent_s=at_s,
                node=node,
                agent=agent,
                resource=resource,
                path="",
                status=status,
                failure=failure,
            )
        )
        return self

    def traffic(self, at_s: float, side: str, *, answered: bool = True, lasts_s: float | None = None) -> "Forged":
        """One connection: an attempt that is asked and answered, or refused, or (lasts_s) given up by Finesse then."""
        self.connections += 1
        steps = [(0.0, AwdbStep.ATTEMPT), (TICK_S, AwdbStep.ASKED)]
        if lasts_s is not None:
            steps.append((lasts_s, AwdbStep.CLOSED_BY_CLIENT))
        else:
            steps.append((2 * TICK_S, AwdbStep.ANSWERED if answered else AwdbStep.REFUSED))
        for offset_s, step in steps:
            self.lines.append(AwdbSeen(at_s=at_s + offset_s, side=side, connection=self.connections, step=step))
        return self

    def shows(self, at_s: float, agent: str, screen: Screen, text: str | None, *, ok: bool = False) -> "Forged":
        self.lines.append(
            DesktopShown(at_s=at_s + 0.01, asked_s=at_s, node=AT[agent], agent=agent, screen=screen, ok=ok, text=text)
        )
        return self

    def becomes(self, at_s: float, agent: str, state: str, *, told_s: float | None) -> "Forged":
        """At the switch; told_s: when the event reached the agent, None if it never did."""
        act = SwitchAct.SET_STATE
        self.lines.append(SwitchActed(at_s=at_s, act=act, agent=agent, ok=True, value=state))
        if told_s is not None:
            shown = {"AVAILABLE": "READY"}.get(state, state)
            self.lines.append(
                EventSeen(
                    at_s=told_s, node=AT[agent], agent=agent, about=About.USER, event="PUT", source="", user_state=shown
                )
            )
        return self


def is_(verdict: Verdict, outcome: Outcome, *words: str) -> bool:
    """Whether the verdict has that outcome, and says these words."""
    text = str(verdict)
    assert verdict.outcome is outcome, text
    for word in words:
        assert word in text, text
    return True
