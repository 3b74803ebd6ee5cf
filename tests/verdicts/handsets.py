"""Forged timelines of IP phones, in lines of their own: what a phone showed, and what was done there.

25 shows unavailable           a screen: unavailable, sign-in, home, away, wait, services, error; keys=Retry+Exit, menu
30 presses Retry [in-vain]     a soft key
30 picks Lunch                 an item of a menu
40 opens fin-b [in-vain]       the service of that node
41 sends fin-b [in-vain]       the form is filled in
43 switch AVAILABLE            the switch was asked for the agent's state
43 switch-tells LOGOUT         it told of it by itself; "NOT_READY 10": for which reason
43 wants fin-a NOT_READY       that node asks a CTI server for this state of her; "forced": of whose client is gone
44 calls 7                     he has call 7, whose data are set; `shows call 7` shows them, `shows call 7 at=fin-b`
48 hangs-up 7                  it is over
30 asks fin-b [SEP2]           the phone asks that node for a page, of that phone's
30 pushed fin-b                the phone is sent there
70 mends                       the fault begins to be taken away; `mends 2` the second one
72 probe IN                    somebody asked fin-a for SystemInfo: OUT, IN
5 marks fin-b                  we asked that node on purpose, and its log has it; `marks fin-b unseen`: it has not
20 log fin-b fin-a SystemInfo  its log has a request of that node, `itself`, or `ann`, who is her phone
20 table fin-b                 its table of connections was looked at; `table fin-b fin-a:5223` has that one
                              and `table fin-b - 0` has nobody at all
"""

from typing import Any

from chaos.history import History
from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP
from chaos.history.phones import BOTH
from chaos.journal import (
    About,
    DoorAsked,
    DoorHeld,
    DoorMarked,
    DoorsRead,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    Journal,
    Observation,
    PhoneAct,
    PhoneActed,
    PhonePushed,
    PhoneRequested,
    PhoneScreen,
    RestExchange,
    StateAsked,
    SteadyState,
    Step,
    StreamChange,
    StreamState,
    SwitchAct,
    SwitchActed,
    SwitchAgentSeen,
    SwitchLooked,
    Timeline,
)
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.ruling import found

A, B = "fin-a", "fin-b"
_FAULTS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    **{
        what: ("StoppedService", f"publisher/Cisco Finesse {what}", (("role", "publisher"),))
        for what in (TOMCAT, NOTIFICATION)
    },
    WEBAPP: ("StoppedByCommand", "command/webapp-publisher", (("command", "webapp-publisher"),)),
    CTI: ("LonelyNode", "cti/fin-a", (("hosts", "('fin-a',)"),)),
}
_SCREENS: dict[str, dict[str, Any]] = {
    "unavailable": {
        "page": "text",
        "text": "The service is unavailable",
        "unavailable": True,
        "keys": ("Retry", "Exit"),
    },
    "sign-in": {"page": "input", "fields": ("id", "password", "extension"), "keys": ("SignIn", "Exit")},
    "home": {"page": "text", "text": "State: READY", "keys": ("Ready", "NotReady")},
    "away": {"page": "text", "text": "State: NOT_READY", "keys": ("Ready", "NotReady")},
    "menu": {"page": "menu", "text": "Lunch", "keys": ("Select", "Back")},
    "wait": {"page": "text", "text": "Please wait", "keys": ("Retry", "Exit")},
    "services": {"page": "services"},
    "error": {"page": "error", "text": "HTTP Error[10]"},
}


class Handset:
    """Ann is signed in at her phone at fin-a from second 1 on; at second 10 the node is lost."""

    def __init__(self, reason: str = CTI, *, doors: tuple[str, ...] = ()) -> None:
        """doors: the nodes whose records can be read."""
        self._doors = doors
        self._at_s = 0.0
        self._journal = Journal(None, lambda: self._at_s)
        self._kinds = (NOTIFICATION, CTI) if reason == BOTH else tuple(reason.split(" & "))
        self._numbers = {"screen": 0, "request": 0, "push": 0, "mark": 0}
        self._node = A

    def play(
        self, text: str, *, lasts_s: float = 130.0, before: str = "", bites: bool = True, meanwhile: str = ""
    ) -> Timeline:
        """before: lines of before the fault. meanwhile: lines of between it and the loss."""
        self._see(
            Header,
            experiment="forged",
            title="A forged timeline",
            lab="forged",
            deployment="mock",
            release="12.6(2)",
            started="2026-11-22T15:00:00+00:00",
            clock="virtual",
            seed=1,
            heartbeat_interval_s=5.0,
            nodes=(A, B),
            extensions=(("ann", "2001"),),
            doors=self._doors,
        )
        self._see(SteadyState, when="before", ok=True)
        self._at_s = 1.0
        self._opens(A)
        self._shows("home")
        self._sends(A)
        for line in before.splitlines():
            at, what, *more = line.split()
            self._at_s = float(at)
            getattr(self, "_" + what.replace("-", "_"))(*more)
        self._at_s = 9.0
        for kind in self._kinds:
            self._fault(kind, FaultPhase.INJECTING, FaultPhase.INJECTED, *((FaultPhase.BITTEN,) if bites else ()))
        for line in meanwhile.splitlines():
            at, what, *more = line.split()
            self._at_s = float(at)
            getattr(self, "_" + what.replace("-", "_"))(*more)
        self._at_s = 10.0
        if bites:
            self._tells(*self._kinds)
        mended = 0
        for at, what, *more in sorted((line.split() for line in text.splitlines() if line.strip()), key=_at):
            self._at_s = float(at)
            if what == "mends":
                self._mends(self._kinds[mended])
                mended += 1
            else:
                getattr(self, "_" + what.replace("-", "_"))(*more)
        self._at_s = lasts_s
        for kind in self._kinds[mended:]:
            self._mends(kind)
        self._see(Step, title="the end")
        self._see(SteadyState, when="after", ok=True)
        self._see(Ended)
        return self._journal.timeline()

    def _see(self, kind_: type[Observation], /, **seen: Any) -> None:
        self._journal.record(kind_(**seen))

    def _fault(self, what: str, *phases: FaultPhase) -> None:
        kind, target, parameters = _FAULTS[what]
        for phase in phases:
            self._see(FaultSeen, fault=what, phase=phase, of_kind=kind, target=target, parameters=parameters)

    def _mends(self, what: str) -> None:
        self._fault(what, FaultPhase.HELD, FaultPhase.ROLLING_BACK, FaultPhase.ROLLED_BACK, FaultPhase.LIFTED)

    def _again(self, reason: str) -> None:
        """The same node is lost once more, and stays so."""
        kind = reason.replace("-", " ")
        self._fault(kind, FaultPhase.INJECTING, FaultPhase.INJECTED, FaultPhase.BITTEN)
        self._tells(kind)

    def _tells(self, *kinds: str) -> None:
        """Somebody else notices: his event stream ends, or tells it."""
        if kinds == (NOTIFICATION,):
            self._see(StreamChange, node=A, agent="eve", transport="xmpp", state=StreamState.DISCONNECTED)
        else:
            self._says(A, "OUT_OF_SERVICE")

    def _next(self, what: str) -> int:
        self._numbers[what] += 1
        return self._numbers[what]

    def _shows(self, screen: str, *more: str) -> None:
        told: dict[str, Any] = dict(_SCREENS["home" if screen == "call" else screen])
        if screen == "call":
            told["text"] = f"State: TALKING\n{_of(more[0])}"
        node = self._node
        for one in more:
            name, _, value = one.partition("=")
            if name == "keys":
                told["keys"] = tuple(value.split("+"))
            elif name == "at":
                node = value
            elif name == "hosts":
                told["hosts"] = (value,)
        self._see(PhoneScreen, agent="ann", device="SEP1", node=node, nth=self._next("screen"), **told)

    def _says(self, node: str, status: str) -> None:
        """Somebody there is told so."""
        told = {"source": "xmpp", "about": About.SYSTEM, "event": "PUT", "system_status": status}
        self._see(EventSeen, node=node, agent="bob", **told)

    def _act(self, act: PhoneAct, *, ok: bool = True, detail: str | None = None) -> None:
        about = {"agent": "ann", "device": "SEP1", "node": self._node, "begun_s": self._at_s}
        self._see(PhoneActed, act=act, ok=ok, detail=detail, **about)

    def _presses(self, key: str, vain: str = "") -> None:
        self._act(PhoneAct.PRESS, ok=not vain, detail=key)

    def _picks(self, item: str) -> None:
        self._act(PhoneAct.PICK, detail=item)

    def _opens(self, node: str, vain: str = "") -> None:
        self._node = node
        self._shows("error" if vain else "sign-in")
        self._act(PhoneAct.OPEN, ok=not vain, detail=node)

    def _sends(self, node: str, vain: str = "") -> None:
        self._node = node
        self._act(PhoneAct.SEND, ok=not vain, detail="SignIn")

    def _mistypes(self, node: str, vain: str = "") -> None:
        self._node = node
        self._act(PhoneAct.SEND_WRONG, ok=not vain)

    def _lends(self, node: str, vain: str = "") -> None:
        self._node = node
        self._act(PhoneAct.SEND_FOR_ANOTHER, ok=not vain, detail="carl")

    def _leaves(self) -> None:
        self._shows("services")
        self._act(PhoneAct.LEAVE)

    def _calls(self, number: str) -> None:
        self._see(
            SwitchActed,
            act=SwitchAct.SET_DATA,
            agent="ann",
            ok=True,
            call_id=number,
            value=f"callVariable1={_of(number)}",
        )

    def _hangs_up(self, number: str) -> None:
        self._see(SwitchActed, act=SwitchAct.CLEAR, agent="ann", ok=True, call_id=number)

    def _switch(self, state: str) -> None:
        self._see(SwitchLooked, agent="ann", state=state)

    def _switch_tells(self, state: str, reason: str | None = None) -> None:
        self._see(SwitchAgentSeen, agent="ann", state=state, reason_code=None if reason is None else int(reason))

    def _asks(self, node: str, device: str = "{device}") -> None:
        self._see(
            PhoneRequested,
            agent="ann",
            device="SEP1",
            node=node,
            path=f"/fippa/{device}/screen",
            sent_s=self._at_s,
            pushed=True,
            request=self._next("request"),
            status=200,
        )

    def _pushed(self, node: str) -> None:
        self._see(PhonePushed, agent="ann", device="SEP1", hosts=(node,), let_in=True, push=self._next("push"))

    def _misses(self, what: str) -> None:
        """Something of the phone was not seen."""
        self._next(what)

    def _marks(self, node: str, unseen: str = "") -> None:
        mark = f"mark-{self._next('mark')}"
        self._see(DoorMarked, node=node, mark=mark, sent_s=self._at_s, ok=True)
        if not unseen:
            self._line(node, "", "GET /finesse/api/SystemInfo", mark=mark)

    def _log(self, node: str, came_from: str, resource: str = "SystemInfo") -> None:
        if came_from == "ann":
            self._line(node, "", "GET /fippa/{device}/screen", device="SEP1")
        else:
            self._line(node, came_from, f"GET /finesse/api/{resource}")

    def _line(self, node: str, came_from: str, asked: str, **more: str) -> None:
        # The node's clock is 1,000,000 s before ours, and its log has whole seconds.
        said_s = float(int(self._at_s)) + 1_000_000.0
        self._see(DoorAsked, node=node, came_from=came_from, asked=asked, status=200, said_s=said_s, **more)
        self._see(DoorsRead, node=node, what="log", noted=1)

    def _table(self, node: str, held: str = "", others: str = "2") -> None:
        if is_held := held not in ("", "-"):
            far, _, port = held.partition(":")
            about: dict[str, Any] = {"node": node, "far": far, "port": int(port), "far_port": 40000, "table": node}
            self._see(DoorHeld, state="TIME_WAIT", **about)
        self._see(DoorsRead, node=node, what="connections", noted=int(is_held), others=int(others))

    def _wants(self, node: str, state: str, forced: str = "") -> None:
        self._see(
            StateAsked,
            side="a",
            connection=1,
            client=node,
            agent="ann",
            state=state,
            reason_code=0,
            forced=bool(forced),
        )

    def _probe(self, status: str) -> None:
        self._see(
            RestExchange,
            node=A,
            agent=None,
            resource="GET SystemInfo",
            path="/finesse/api/SystemInfo",
            sent_s=self._at_s,
            status=200,
            system_status="IN_SERVICE" if status == "IN" else "OUT_OF_SERVICE",
        )


def _of(number: str) -> str:
    """The data of that call."""
    return f"of-call-{number}"


def _at(line: list[str]) -> float:
    return float(line[0])


def findings(check: Check, text: str, reason: str = CTI, *, lasts_s: float = 130.0, before: str = "") -> list[Finding]:
    """What the check finds there."""
    return found(check, History(Handset(reason).play(text, lasts_s=lasts_s, before=before)))


def outcomes(check: Check, text: str, reason: str = CTI, *, lasts_s: float = 130.0, before: str = "") -> set[Outcome]:
    return {one.outcome for one in findings(check, text, reason, lasts_s=lasts_s, before=before)}
