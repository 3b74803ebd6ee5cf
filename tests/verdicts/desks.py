"""Forged timelines of desktops, in lines of their own: what a browser's log and screen would have told.

10 told OUT                    an event with OUT_OF_SERVICE came by BOSH
10 told gone                   finesse is unavailable
10 bosh fails                  a request of the BOSH session failed
13 tries fails / tries opens   a BOSH connection is asked for at the current server, in vain or not; "fails 8": took 8 s
13 is-turned-down 503          … and answered by that status, or by "terminate"
13 is-not-let-in               … and there, but the sign-in to it is refused
20 looks fin-a OUT             SystemInfo was asked for: OUT, IN, fails, or nothing of the kind
10 shows Lost connection …     a notice
20 gadget-looks fin-a OUT      … by a gadget in its page; "frame-looks": in another frame of it
20 may-look fin-b              its browser asks whether SystemInfo may be asked for there, a preflight request
25 goes fin-b                  the page of that node is loaded
25 opens fin-b                 a BOSH connection is asked for at that node, and there; "fails-to-open fin-b": in vain
25 signs-in fin-b 202 2001     PUT User with LOGIN, its answer, and the telephone that it names, if any
25 reads fin-b User            GET User, or Dialogs; "fails": nothing answers; "503": that answer
25 asks-for fin-b READY 202    PUT User with that state, and its answer
25 signs-out fin-b             PUT User with LOGOUT, which is accepted
40 lives fin-b                 an answer of the BOSH session there that brought nothing
40 is-present fin-b            … that brought finesse's presence
40 hears fin-b                 … that brought an event of the agent
39 switch AVAILABLE            the switch tells that the agent is so
30 lifts                       the fault is taken away by then, and not at the end
80 injects                     it is there once more
40 leaves-session fin-b        the desktop ends its BOSH session there
25 tokens fin-b 800            tokens of single sign-on are handed out, for so long; without a time: not told
1 cookies 0                    so many cookies were left in the browser
825 logs-out fin-b             the desktop asks for the logout that is none of the API's
10 others-are-told fin-a OUT   somebody else's client was told so; gone: that finesse is
12 connects fin-a              that node has a CTI session again
11 tries-cti fin-a             that node tried a CTI server, and was refused
50 probe fin-a IN              somebody else asked that node for SystemInfo: OUT, IN, or fails
"""

from typing import Any

from chaos.history import History
from chaos.history.desktops import BLOCKED, CTI, NOTIFICATION, STATES, TOMCAT, WEBAPP
from chaos.journal import (
    RENDERS,
    About,
    BoshPart,
    CtiSeen,
    CtiStep,
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    Journal,
    Observation,
    PresenceSeen,
    RestExchange,
    SteadyState,
    Step,
    SwitchAgentSeen,
    SwitchLooked,
    Timeline,
)
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found

NODES = ("fin-a", "fin-b")
LOST, BACK = "Lost connection to fin-a.", "Successfully reconnected to fin-a."
_STATUS = {"OUT": "OUT_OF_SERVICE", "IN": "IN_SERVICE"}
_TOLD = {"OUT": "OUT_OF_SERVICE", "gone": "finesse unavailable"}
_SWITCH = dict(zip(STATES, ("NOT_READY", "AVAILABLE", "TALKING"), strict=True))
IN_SILENCE = "both CTI servers, in silence"
REFUSED = "net::ERR_CONNECTION_REFUSED"

_FAULTS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    **{
        what: ("StoppedService", f"publisher/Cisco Finesse {what}", (("role", "publisher"),))
        for what in (TOMCAT, NOTIFICATION)
    },
    WEBAPP: ("StoppedByCommand", "command/webapp-publisher", (("command", "webapp-publisher"),)),
    CTI: ("LonelyNode", "cti/fin-a", (("hosts", "('fin-a',)"),)),
    IN_SILENCE: ("LonelyNode", "cti/fin-a", (("hosts", "('fin-a',)"), ("silently", "True"))),
    BLOCKED: ("BlockedWay", "browsers/fin-a", (("agents", "('ann',)"), ("host", "fin-a"), ("bosh", "True"))),
}


class Forger:
    """Ann sits at the desktop of fin-a, signed in, from second 1 on; at second 10 the fault is there."""

    def __init__(self, reason: str, state: str, *, refresh_token_s: float | None = None) -> None:
        self._at_s = 0.0
        self._journal = Journal(None, lambda: self._at_s)
        self._requests = 0
        self._reason, self._state = reason, state
        self._is_lifted = False
        self._refresh_token_s = refresh_token_s

    def play(self, text: str, *, lasts_s: float, clock: str = "virtual") -> Timeline:
        self._see(
            Header,
            experiment="forged",
            title="A forged timeline",
            lab="forged",
            deployment="mock",
            release="12.6(2)",
            started="2026-11-22T15:00:00+00:00",
            clock=clock,
            seed=1,
            extensions=(("ann", "2001"),),
            heartbeat_interval_s=5.0,
            nodes=NODES,
            refresh_token_s=self._refresh_token_s,
        )
        self._see(SteadyState, when="before", ok=True)
        self._at_s = 1.0
        self._asks("fin-a", "page")
        self._acts(DesktopAct.OPEN)
        self._acts(DesktopAct.SIGN_IN)
        self._see(SwitchLooked, agent="ann", state=_SWITCH[self._state])
        self._at_s = 9.0
        self._injects()
        lines = [line.split() for line in text.splitlines() if line.strip()]
        for at, what, *more in sorted(lines, key=lambda line: float(line[0])):
            self._at_s = float(at)
            getattr(self, "_" + what.replace("-", "_"))(*more)
        self._at_s = lasts_s
        if not self._is_lifted:
            self._lifts()
        self._see(Step, title="the end")
        self._see(SteadyState, when="after", ok=True)
        self._see(Ended)
        return self._journal.timeline()

    def _see(self, kind: type[Observation], **seen: Any) -> None:
        self._journal.record(kind(**seen))

    def _acts(self, act: DesktopAct, **more: Any) -> None:
        told = {"agent": "ann", "node": "fin-a", "ok": True, "begun_s": self._at_s, **more}
        self._see(DesktopActed, act=act, **told)

    def _leaves(self, act: str) -> None:
        """We have her leave, and what comes of that is noted before it is."""
        if act != "close":
            self._asks("fin-a", "page")
        self._acts(DesktopAct(act))

    def _injects(self) -> None:
        self._is_lifted = False
        for phase in (FaultPhase.INJECTING, FaultPhase.INJECTED, FaultPhase.BITTEN):
            self._fault(phase)

    def _lifts(self) -> None:
        self._is_lifted = True
        for phase in (FaultPhase.HELD, FaultPhase.ROLLING_BACK, FaultPhase.ROLLED_BACK, FaultPhase.LIFTED):
            self._fault(phase)

    def _fault(self, phase: FaultPhase) -> None:
        kind, target, parameters = _FAULTS[self._reason]
        self._see(FaultSeen, fault="fault", phase=phase, of_kind=kind, target=target, parameters=parameters)

    def _asks(self, node: str, resource: str, **more: Any) -> None:
        self._requests += 1
        page = {"document": "/desktop/container"}
        asked = {"agent": "ann", "node": node, "resource": resource, "request": self._requests, **page}
        times = {"sent_s": self._at_s, "ended_s": self._at_s}
        self._see(DesktopRequested, **{**times, **asked, "status": 200, **more})

    def _told(self, what: str, node: str = "fin-a") -> None:
        self._asks(node, "BOSH", part=BoshPart.GO_ON, told=(_TOLD[what],))

    def _bosh(self, _: str) -> None:
        self._asks("fin-a", "BOSH", part=BoshPart.GO_ON, status=None, failure=REFUSED)

    def _tries(self, how: str, took_s: str = "0") -> None:
        end: dict[str, Any] = {"told": ("session",)} if how == "opens" else {"status": None, "failure": REFUSED}
        self._asks("fin-a", "BOSH", part=BoshPart.OPEN, sent_s=self._at_s - float(took_s), **end)

    def _is_turned_down(self, how: str) -> None:
        end: dict[str, Any] = {"told": ("terminate",)} if how == "terminate" else {"status": int(how)}
        self._asks("fin-a", "BOSH", part=BoshPart.OPEN, **end)

    def _is_not_let_in(self) -> None:
        self._tries("opens")
        self._asks("fin-a", "BOSH", part=BoshPart.GO_ON, told=("refused",))

    def _fails_to_open(self, node: str) -> None:
        self._asks(node, "BOSH", part=BoshPart.OPEN, status=None, failure=REFUSED)

    def _opens(self, node: str) -> None:
        self._asks(node, "BOSH", part=BoshPart.OPEN, told=("session",))

    def _looks(self, node: str, status: str, took_s: str = "0") -> None:
        """took_s: how long the answer has taken that comes now."""
        end: dict[str, Any] = {"status": None, "failure": REFUSED}
        if status == "nothing":
            end = {}
        elif status != "fails":
            end = {"system_status": _STATUS[status]}
        self._asks(node, "GET SystemInfo", sent_s=self._at_s - float(took_s), **end)

    def _gadget_looks(self, node: str, status: str, document: str = f"/gadgets/ifr{RENDERS}/files/x.xml") -> None:
        self._asks(node, "GET SystemInfo", system_status=_STATUS[status], document=document)

    def _frame_looks(self, node: str, status: str) -> None:
        self._gadget_looks(node, status, "/desktop/frame")

    def _may_look(self, node: str) -> None:
        self._asks(node, "OPTIONS SystemInfo")

    def _shows(self, *words: str) -> None:
        self._see(DesktopNotice, agent="ann", text=" ".join(words), shown_s=self._at_s)

    def _goes(self, node: str) -> None:
        self._asks(node, "page")

    def _signs_in(self, node: str, status: str, extension: str | None = None) -> None:
        self._asks(node, "PUT User/{id}", wanted="LOGIN", status=int(status), extension=extension)

    def _asks_for(self, node: str, state: str, status: str = "202") -> None:
        self._asks(node, "PUT User/{id}", wanted=state, status=int(status))

    def _reads(self, node: str, what: str, how: str = "") -> None:
        end: dict[str, Any] = {"status": None, "failure": REFUSED} if how == "fails" else {}
        end = {"status": int(how)} if how.isdecimal() else end
        if what == "User":
            self._asks(node, "GET User/{id}", **({} if end else {"user_state": "NOT_READY"}), **end)
        else:
            self._asks(node, "GET User/{id}/Dialogs", **end)

    def _lives(self, node: str) -> None:
        self._asks(node, "BOSH", part=BoshPart.GO_ON)

    def _signs_out(self, node: str) -> None:
        self._asks(node, "PUT User/{id}", wanted="LOGOUT", status=202)

    def _hears(self, node: str) -> None:
        self._asks(node, "BOSH", part=BoshPart.GO_ON, told=("User",))

    def _switch(self, state: str) -> None:
        self._see(SwitchAgentSeen, agent="ann", state=state)

    def _leaves_session(self, node: str) -> None:
        self._asks(node, "BOSH", part=BoshPart.END)

    def _tokens(self, node: str, lasts_s: str | None = None) -> None:
        self._asks(node, "GET sso/token", lasts_s=None if lasts_s is None else float(lasts_s))

    def _cookies(self, count: str) -> None:
        self._acts(DesktopAct.COOKIES, detail=count)

    def _logs_out(self, node: str) -> None:
        self._asks(node, "POST logout")

    def _is_present(self, node: str) -> None:
        self._asks(node, "BOSH", part=BoshPart.GO_ON, told=("finesse available",))

    def _probe(self, node: str, status: str) -> None:
        about = {"node": node, "agent": None, "resource": "GET SystemInfo", "path": "SystemInfo"}
        end = {"failure": "refused"} if status == "fails" else {"status": 200, "system_status": _STATUS[status]}
        self._see(RestExchange, sent_s=self._at_s, **about, **end)

    def _others_are_told(self, node: str, what: str) -> None:
        if what == "gone":
            self._see(PresenceSeen, node=node, agent="bob", of="finesse", available=False)
        else:
            told = {"source": "/finesse/api/SystemInfo", "event": "PUT", "system_status": _STATUS[what]}
            self._see(EventSeen, node=node, agent="bob", about=About.SYSTEM, **told)

    def _connects(self, node: str) -> None:
        self._see(CtiSeen, side="b", connection=2, step=CtiStep.ATTEMPT)
        for step in (CtiStep.OPEN_REQ, CtiStep.OPEN_CONF):
            self._see(CtiSeen, side="b", connection=2, step=step, client=node)

    def _tries_cti(self, node: str) -> None:
        self._see(CtiSeen, side="b", connection=1, step=CtiStep.ATTEMPT)
        for step in (CtiStep.OPEN_REQ, CtiStep.REFUSED):
            self._see(CtiSeen, side="b", connection=1, step=step, client=node)

    def _closes(self) -> None:
        self._acts(DesktopAct.CLOSE)

    def _control(self, *seen: str) -> None:
        if "shown" in seen:
            self._see(DesktopNotice, agent="ann", text="control", shown_s=self._at_s, control=True)
        if "asked" in seen:
            self._asks("fin-a", "GET SystemInfo", is_look=True, system_status="OUT_OF_SERVICE")
        self._acts(DesktopAct.CONTROL, detail="control")

    def _skips(self) -> None:
        """A request that the log lacks."""
        self._requests += 1


def findings(
    check: Check,
    text: str,
    *,
    reason: str = CTI,
    state: str = STATES[0],
    lasts_s: float = 300.0,
    clock: str = "virtual",
    refresh_token_s: float | None = None,
) -> list[Finding]:
    """What that check finds in a timeline of these lines."""
    forger = Forger(reason, state, refresh_token_s=refresh_token_s)
    return found(check, History(forger.play(text, lasts_s=lasts_s, clock=clock)))


def outcomes(check: Check, text: str, **more: Any) -> set[Outcome]:
    return {finding.outcome for finding in findings(check, text, **more)}


def every(seconds: float, from_s: float, until_s: float, line: str) -> str:
    """That line again and again."""
    count = round((until_s - from_s) / seconds)
    return "\n".join(f"{from_s + n * seconds:g} {line}" for n in range(count + 1))
