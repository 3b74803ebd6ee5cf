"""Forged journals of a CTI fail-over, as they would be seen from outside: for tests of whatever reads one."""

from pathlib import Path

from chaos.journal import (
    About,
    CallSeen,
    CtiSeen,
    CtiStep,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    Journal,
    PresenceSeen,
    RestExchange,
    SteadyState,
    Step,
    SwitchAct,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
    Timeline,
)
from chaos.verdicts import Bound, Evidence, Outcome, Span, Verdict

NODES = ("fin-a.mock.test", "fin-b.mock.test")
AGENTS = {"1001001": NODES[0], "1001002": NODES[1], "1001003": NODES[0]}
LOST_S = 32.4
BACK_S = 71.2
END_S = 148.0


def held(clause: str, reason: str, *evidence: Evidence) -> Verdict:
    return Verdict(clause, Outcome.HELD, reason, evidence)


def violated(clause: str, reason: str, *evidence: Evidence) -> Verdict:
    return Verdict(clause, Outcome.VIOLATED, reason, evidence)


def inconclusive(clause: str, reason: str, *evidence: Evidence) -> Verdict:
    return Verdict(clause, Outcome.INCONCLUSIVE, reason, evidence)


def timed(clause: str, what: str, measured: Span, bound: Bound, *evidence: Evidence) -> Verdict:
    return Verdict(clause, bound.judge(measured), f"{what} was measured", evidence, measured, bound)


class Forger:
    """Writes a journal whose clock is moved by hand; what was sown at any time is written in the order of time."""

    def __init__(self, path: Path | None = None) -> None:
        self._at_s = 0.0
        self._sown: list[tuple[float, int, type, dict[str, object]]] = []
        self._path = path

    def sow(self, at_s: float, kind: type, **seen: object) -> None:
        self._sown.append((at_s, len(self._sown), kind, seen))

    def reap(self, *, until_s: float = float("inf")) -> Timeline:
        journal = Journal(self._path, lambda: self._at_s)
        for at_s, _, kind, seen in sorted(self._sown, key=lambda one: one[:2]):
            if at_s <= until_s:
                self._at_s = at_s
                journal.record(kind(**seen))
        journal.close()
        return journal.timeline()


def fail_over(path: Path | None = None, *, title: str = "Both sides refuse, then B is back") -> Timeline:
    """Side A is reset and refuses, B refuses twice and then accepts; calls, polls and events go on all the time."""
    forged = Forger(path)
    forged.sow(
        0.0,
        Header,
        experiment="gap-b-back",
        title=title,
        lab="mock",
        deployment="mock",
        release="12.6(2)",
        started="2026-11-22T15:00:00+00:00",
        clock="virtual",
        seed=20261122,
        heartbeat_interval_s=5.0,
        nodes=NODES,
    )
    _story(forged)
    _cti(forged)
    _clients(forged)
    _switch(forged)
    forged.sow(END_S, Ended)
    return forged.reap()


def _story(forged: Forger) -> None:
    forged.sow(3.2, SteadyState, when="before", ok=True)
    forged.sow(4.0, Step, title="a call before the fail-over")
    forged.sow(LOST_S, Step, title="side A is lost, both sides refuse")
    forged.sow(48.0, Step, title="in the gap: that call ends, another one begins and ends, an agent becomes ready")
    forged.sow(52.5, Step, title="in the gap: every resource is asked for at both nodes")
    forged.sow(68.0, Step, title="side B accepts again, side A still refuses")
    forged.sow(102.0, Step, title="every resource is asked for again, and states change at the switch")
    spans = (("a-sessions-refused", 30.0, 140.0), ("b-sessions-refused", 30.1, 68.0), ("a-sessions-reset", 32.4, 139.0))
    for fault, from_s, to_s in spans:
        forged.sow(from_s, FaultSeen, fault=fault, phase=FaultPhase.INJECTING)
        forged.sow(from_s + 0.02, FaultSeen, fault=fault, phase=FaultPhase.INJECTED)
        bitten_s = 34.5 if fault == "b-sessions-refused" else 32.5 if fault == "a-sessions-reset" else 37.0
        forged.sow(bitten_s, FaultSeen, fault=fault, phase=FaultPhase.BITTEN, detail="2 session(s) on side A ended")
        forged.sow(to_s - 0.01, FaultSeen, fault=fault, phase=FaultPhase.HELD, detail="nothing says otherwise")
        forged.sow(to_s, FaultSeen, fault=fault, phase=FaultPhase.ROLLING_BACK)
        forged.sow(to_s + 0.03, FaultSeen, fault=fault, phase=FaultPhase.ROLLED_BACK)
        forged.sow(to_s + 2.0, FaultSeen, fault=fault, phase=FaultPhase.LIFTED, detail="connections reach the relay")
    forged.sow(146.0, SteadyState, when="after", ok=True)


def _cti(forged: Forger) -> None:
    connection = 10
    for n, node in enumerate(NODES):
        client = f"Finesse/{node}/ucce"
        forged.sow(0.0, CtiSeen, side="a", connection=n, step=CtiStep.STANDING, client=client)
        _beats(forged, "a", n, client, 1.0 + n, LOST_S)
        ended_s = LOST_S + 0.01 * n
        step = CtiStep.CLOSED_BY_RELAY
        forged.sow(ended_s, CtiSeen, side="a", connection=n, step=step, client=client, detail="reset")
        for k in range(7):
            at_s, side = LOST_S + 2.0 + 5.0 * k + n * 0.3, "ba"[k % 2]
            connection += 1
            _attempt(forged, at_s, side, connection, client, accepted=False)
        connection += 1
        _attempt(forged, BACK_S + n * 0.3, "b", connection, client, accepted=True)
        _beats(forged, "b", connection, client, BACK_S + 5.0 + n, END_S)
    ours = "finesse-chaos-phone"
    forged.sow(0.0, CtiSeen, side="a", connection=7, step=CtiStep.STANDING, client=ours)
    _beats(forged, "a", 7, ours, 2.5, END_S)


def _beats(forged: Forger, side: str, connection: int, client: str, from_s: float, to_s: float) -> None:
    at_s, invoke_id = from_s, 1
    while at_s < to_s:
        seen = {"side": side, "connection": connection, "client": client, "invoke_id": invoke_id}
        forged.sow(at_s, CtiSeen, step=CtiStep.HEARTBEAT_REQ, **seen)
        forged.sow(at_s + 0.001, CtiSeen, step=CtiStep.HEARTBEAT_CONF, **seen)
        at_s, invoke_id = at_s + 5.0, invoke_id + 1


def _attempt(forged: Forger, at_s: float, side: str, connection: int, client: str, *, accepted: bool) -> None:
    forged.sow(at_s, CtiSeen, side=side, connection=connection, step=CtiStep.ATTEMPT)
    forged.sow(at_s, CtiSeen, side=side, connection=connection, step=CtiStep.OPEN_REQ, client=client)
    step = CtiStep.OPEN_CONF if accepted else CtiStep.REFUSED
    forged.sow(at_s + 0.002, CtiSeen, side=side, connection=connection, step=step, client=client)


def _clients(forged: Forger) -> None:
    told = {NODES[0]: (LOST_S + 0.1, BACK_S + 0.2), NODES[1]: (LOST_S + 0.15, BACK_S + 0.5)}
    for n, node in enumerate(NODES):
        out_s, in_s = told[node]
        for k in range(int(END_S)):
            at_s = k + 0.5 * n + 0.01
            status = "OUT_OF_SERVICE" if out_s <= at_s < in_s else "IN_SERVICE"
            look = {"node": node, "agent": None, "resource": "GET SystemInfo", "path": "SystemInfo"}
            forged.sow(at_s, RestExchange, sent_s=at_s - 0.01, status=200, system_status=status, **look)
    for n, (agent, node) in enumerate(AGENTS.items()):
        out_s, in_s = told[node]
        for at_s, status in ((out_s, "OUT_OF_SERVICE"), (in_s, "IN_SERVICE")):
            seen = {"node": node, "agent": agent, "event": "PUT", "source": "/finesse/api/SystemInfo"}
            forged.sow(at_s, EventSeen, about=About.SYSTEM, system_status=status, **seen)
        for k in range(int(END_S / 5)):
            at_s = 5.0 * k + 1.2 * n + 0.3
            code = 503 if out_s <= at_s < in_s else 200
            who = {"node": node, "agent": agent, "resource": "GET User/{id}", "path": f"User/{agent}"}
            forged.sow(at_s, RestExchange, sent_s=at_s - 0.02, status=code, **who)
        _events(forged, agent, node, in_s)
    late = {"node": NODES[0], "agent": "1001001", "resource": "PUT User/{id}", "path": "User/1001001"}
    forged.sow(LOST_S + 0.05, RestExchange, sent_s=LOST_S, status=500, **late)
    forged.sow(53.0, RestExchange, sent_s=51.0, failure="timeout", **late)
    forged.sow(103.0, RestExchange, sent_s=102.9, status=202, **late)
    forged.sow(104.0, RestExchange, sent_s=103.9, status=401, **late)


def _events(forged: Forger, agent: str, node: str, in_s: float) -> None:
    user = {"node": node, "agent": agent, "event": "PUT", "source": f"/finesse/api/User/{agent}", "about": About.USER}
    for at_s, state in ((6.1, "TALKING"), (in_s + 0.4, "READY"), (104.1, "READY"), (135.1, "NOT_READY")):
        forged.sow(at_s, EventSeen, user_id=agent, user_state=state, **user)
    call = CallSeen(call_id="17", state="ACTIVE", parties=(("2001", "ACTIVE"), ("2002", "ACTIVE")))
    dialogs = {"node": node, "agent": agent, "source": f"/finesse/api/User/{agent}/Dialogs", "about": About.DIALOGS}
    forged.sow(6.0, EventSeen, event="POST", calls=(call,), **dialogs)
    forged.sow(in_s + 0.3, EventSeen, event="DELETE", calls=(call,), **dialogs)
    forged.sow(0.2, PresenceSeen, node=node, agent=agent, of="finesse", available=True)


def _switch(forged: Forger) -> None:
    acts = (
        (5.0, SwitchAct.MAKE_CALL, "1001001", "17", "2002"),
        (6.0, SwitchAct.ANSWER, "1001002", "17", None),
        (48.1, SwitchAct.CLEAR, "1001001", "17", None),
        (50.2, SwitchAct.MAKE_CALL, "1001001", "18", "2002"),
        (50.3, SwitchAct.ANSWER, "1001002", "18", None),
        (52.3, SwitchAct.CLEAR, "1001001", "18", None),
        (52.4, SwitchAct.SET_STATE, "1001002", None, "AVAILABLE"),
        (52.4, SwitchAct.SET_STATE, "1001003", None, "AVAILABLE"),
        (104.0, SwitchAct.SET_STATE, "1001001", None, "AVAILABLE"),
        (135.0, SwitchAct.SET_STATE, "1001001", None, "NOT_READY"),
    )
    for at_s, act, agent, call_id, value in acts:
        forged.sow(at_s, SwitchActed, act=act, agent=agent, ok=True, call_id=call_id, value=value)
        if call_id is None:
            forged.sow(at_s, SwitchAgentSeen, agent=agent, state=value)
        else:
            forged.sow(at_s, SwitchCallSeen, call_id=call_id, happening=str(act))


def timed_verdict(clause: str = "CTI-04") -> Verdict:
    """A verdict with a figure and evidence from `fail_over`."""
    return timed(
        clause,
        "fin-a.mock.test: loss declared after 3 misses",
        Span(15.0, 15.0),
        Bound(12.5, 17.5, "CTI-04: three intervals; ± half an interval (ours)"),
        Evidence(LOST_S, "Finesse/fin-a.mock.test/ucce: confirmation withheld"),
        Evidence(LOST_S + 0.1, "fin-a.mock.test: OUT_OF_SERVICE notice"),
        Evidence(LOST_S + 2.0, "Finesse/fin-a.mock.test/ucce tried side B: was refused or ended without a session"),
        Evidence(BACK_S, "a CTI session opened again"),
        Evidence(BACK_S + 0.2, "fin-a.mock.test: IN_SERVICE notice"),
        Evidence(None, "both nodes were watched to the end"),
    )
