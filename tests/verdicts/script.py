"""Forged timelines, written like a script: at what second who saw what.

One line an observation, in any order, `#` begins a comment:

    10.0  fault reset injecting           a fault's phase; "waits" behind it: it lies in wait
    0     steady before ok                or: steady after missing
    0     fin-a a stands                  a CTI session that stood open on side A; closing it: is-reset, closes, …
    10.1  fin-a b refused                 one attempt with its outcome: opens, refused, unanswered, down, dangles
                                          (no outcome yet), nameless (it never said whose it was), says-nothing (and
                                          left of itself)
    5     fin-a a beat                    a confirmed heartbeat of the session; miss: the confirmation was withheld
    10.2  fin-a says OUT                  the SystemInfo notice, to all its agents; IN likewise
    10.3  fin-a shows IN                  the same by REST; "clock=2027-01-15T08:00:00Z": what it takes the time for,
                                          "beat=success": what became of its last heartbeat, "primary=fin-a": which
                                          node it calls the primary one
    10.4  ann hears OUT                   the notice to one agent only; "ann hears READY": her state; "ann hears POST 7
                                          ACTIVE 2001=HELD x=1": a call event with a party and a variable;
                                          "from=2001 to=2002": its addresses, "may=HOLD+DROP": what its parties may
                                          do, "callType=OUT"; "ann hears READY at=2001 why=10 team=Sales since=noon":
                                          her extension, reason, team and when her state began, "next=WORK": what comes
                                          then; "mark=1": of a request; "reason-id=16": by which a reason is asked for,
                                          "label=Lunch-break": what it is called;
                                          "source=/finesse/api/User/2001": where the event comes from
    0.2   ann follows Sales               as its supervisor; "alone": as anybody
    10.4  ann team cid READY              she was told, as one who follows the team, of cid's state; "why=10": its
                                          reason
    11    admin fin-a asks GET Users 503  a request of the administrator's; "200 lists=ann:READY": whom it brings
    11    ann asks GET User/{id} 503      a REST request; "for=3.5": it took so long; failures by name: timeout;
                                          "work": it was to change something; "wants=state=READY", "mark=1": what, and
                                          the mark that its events bear; "of=7": its call; "user=bob": about whom;
                                          "brings=Users": its document,
                                          "like=abc": a mark of what it says
    11    ann is READY                    GET User showed her state;  "ann sees 7" or "ann sees nothing": her calls
    12    ann does set-state AVAILABLE    at the switch; "ann does clear 7"; "ann fails hold 7": the switch refused;
                                          "ann does make-call 7 =2002": call 7, to that number
    12    switch ann AVAILABLE            the switch reported her state, "NOT_READY 10": why, "TALKING next=WORK";
                                          "switch 7 cleared"
    12    ann stream lost                 her event stream
    12    end-of 7 2001                   the call is over at that device
    12    switch 7 2001 HOLD              … of one connection of it; "switch 7 data x=1": call data were told
    12    looked ann TALKING 7            the switch was asked: her state and her calls, as last reported
    12    ann sends User PUT 1            a control to herself, with its number; "ann gets User PUT 1": it came back
    12    ann leaves drop                 her client leaves: goodbye, end, drop, silence; "ann leaves drop
                                          bosh": one that comes so; "ann returns"; "ann
                                          moves fin-b": she has one there, "ann moves fin-a two": a second one;
                                          "ann shown fin-b READY": what that node shows
    12    ann told gone                   another client of hers is told that the first one is; "ann told there"
    72    fin-a wants ann LOGOUT 255      the node asks the CTI server for her state, with that code; "at=2003": at
                                          that telephone, "unforced"
    13    late 0.3                        how late the loop woke
    200   end                             or: end cut short

`ours` is the harness's own CTI client. Agents: ann (2001) and cid (2003) work at fin-a, bob (2002) and dan (2004) at
fin-b; 5550100 is nobody's.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chaos.history import History
from chaos.history.absences import deaf_to_logouts
from chaos.history.relays import awdb_blind, cti_blind
from chaos.history.telephone import telephone_missed
from chaos.journal import (
    OUR_CLIENT,
    WORK,
    About,
    CallSeen,
    ControlSent,
    CtiSeen,
    CtiStep,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    Journal,
    Lateness,
    Observation,
    PresenceSeen,
    RestExchange,
    StateAsked,
    SteadyState,
    StreamChange,
    StreamState,
    SwitchAct,
    SwitchActed,
    SwitchAgentSeen,
    SwitchCallSeen,
    SwitchLooked,
    TeamFollowed,
    TeamSeen,
    Timeline,
)
from chaos.verdicts import Verdict
from chaos.verdicts.check import Check
from chaos.verdicts.ruling import judged as judged_on

NODES = ("fin-a", "fin-b")
AGENTS = {"ann": "fin-a", "bob": "fin-b", "cid": "fin-a", "dan": "fin-b"}
DEVICES = {"ann": "2001", "bob": "2002", "cid": "2003", "dan": "2004"}
OUTSIDE = "5550100"
_NUMBERS = (*DEVICES.values(), OUTSIDE)
LOGGED_OUT = ("cid", "dan")
INTERVAL_S = 5.0

_STATUS = {"OUT": "OUT_OF_SERVICE", "IN": "IN_SERVICE"}
_OUTCOMES = {
    "opens": (CtiStep.OPEN_REQ, CtiStep.OPEN_CONF),
    "refused": (CtiStep.OPEN_REQ, CtiStep.REFUSED),
    "rejected": (CtiStep.OPEN_REQ, CtiStep.REJECTED),
    "down": (CtiStep.OPEN_REQ, CtiStep.SERVER_DOWN),
    "dangles": (CtiStep.OPEN_REQ,),
    "unanswered": (CtiStep.OPEN_REQ, CtiStep.REFUSED),
    "nameless": (),
    "says-nothing": (CtiStep.CLOSED_BY_CLIENT,),
}
_ON_SESSION = {
    "is-reset": CtiStep.CLOSED_BY_RELAY,
    "closes": CtiStep.CLOSED_BY_CLIENT,
    "is-closed": CtiStep.CLOSED_BY_SERVER,
    "miss": CtiStep.HEARTBEAT_WITHHELD,
    "beat": CtiStep.HEARTBEAT_CONF,
    "garbage": CtiStep.GARBAGE,
}
# What a fault of that name is: its class, its target, its parameters.
FAULTS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "reset": ("BrokenSessions", "cti-a", (("reset", "True"),)),
    "closed": ("BrokenSessions", "cti-a", (("reset", "False"),)),
    "reset-b": ("BrokenSessions", "cti-b", (("reset", "True"),)),
    "cut": ("CutLink", "cti-a", ()),
    "cut-b": ("CutLink", "cti-b", ()),
    "silent": ("SilentLink", "cti-a", ()),
    "slow-b": ("SlowLink", "cti-b", (("latency_s", "3.0"),)),
    "alone": ("LonelyNode", "cti/fin-a", ()),
    "lonely": ("LonelyNode", "cti/fin-a+fin-b", ()),
    "killed": ("KilledProcess", "cti.a", ()),
    "b-refused": ("RefusedSessions", "cti-b", (("how", "reset"),)),
    "withheld-b": ("WithheldHeartbeats", "cti-b", (("pattern", "xxx"),)),
    "stopped-a": ("StoppedService", "cti.a/Cisco ICM * CG*", ()),
    "webapp": ("StoppedByCommand", "command/webapp-publisher", ()),
    "away": ("LeftClient", "client.ann", (("how", "drop"),)),
    "simplex": ("UnconfiguredBSide", "", ()),
    "no-awdb": ("RefusedAwdb", "awdb-a", ()),
    **{
        f"withheld-{pattern}": ("WithheldHeartbeats", "cti-a", (("pattern", pattern),))
        for pattern in ("xx", "x.xx", "xx.xx.xx", "xxx", "x.xxx", "xx.xxx")
    },
}
_API = "/finesse/api/"
_CALL_EVENTS = ("POST", "PUT", "DELETE")


class Script:
    """Reads a script and plays it into a journal whose clock it moves by hand."""

    def __init__(self, *, nodes: tuple[str, ...], clock: str) -> None:
        self._at_s = 0.0
        self._journal = Journal(None, lambda: self._at_s)
        self._nodes = nodes
        self._connections = 0
        self._sessions: dict[tuple[str, str], int] = {}
        self._states: dict[str, str] = {}
        self._calls: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
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
            heartbeat_interval_s=INTERVAL_S,
            nodes=nodes,
            agents=tuple(AGENTS.items()),
            extensions=tuple(DEVICES.items()),
            logged_out=LOGGED_OUT,
        )

    def play(self, text: str) -> Timeline:
        lines = [line.partition("#")[0].split() for line in text.splitlines()]
        for at, *words in sorted((line for line in lines if line), key=lambda line: float(line[0])):
            self._at_s = float(at)
            self._line(words)
        return self._journal.timeline()

    def _see(self, kind: Callable[..., Observation], **seen: Any) -> None:
        self._journal.record(kind(**seen))

    def _line(self, words: list[str]) -> None:
        who, *rest = words
        plain: dict[str, Callable[..., None]] = {
            "fault": self._fault,
            "steady": self._steady,
            "switch": self._switch,
            "late": self._late,
            "looked": self._looked,
            "admin": self._admin,
            "end-of": self._end_of,
        }
        if who in plain:
            plain[who](*rest)
        elif who == "end":
            self._see(Ended, error=" ".join(rest) or None)
        elif rest[0] in ("a", "b"):
            self._cti(who, *rest)
        elif rest[0] == "wants":
            self._wants(who, *rest[1:])
        elif rest[0] in ("says", "shows"):
            self._status(who, *rest)
        else:
            getattr(self, f"_agent_{rest[0]}")(who, *rest[1:])

    def _fault(self, name: str, phase: str, waits: str = "") -> None:
        of_kind, target, parameters = FAULTS.get(name, ("", "", ()))
        self._see(
            FaultSeen,
            fault=name,
            phase=FaultPhase(phase),
            lies_in_wait=waits == "waits",
            of_kind=of_kind,
            target=target,
            parameters=parameters,
        )

    def _steady(self, when: str, how: str) -> None:
        self._see(SteadyState, when=when, ok=how == "ok", missing=() if how == "ok" else ("fin-a is not in service",))

    def _late(self, worst_s: str) -> None:
        self._see(Lateness, worst_s=float(worst_s))

    def _switch(self, who: str, what: str, *more: str) -> None:
        if who in AGENTS:
            self._states[who] = what
            codes = [int(word) for word in more if word.isdecimal()]
            pending = next((word.removeprefix("next=") for word in more if word.startswith("next=")), None)
            code = codes[0] if codes else None
            self._see(SwitchAgentSeen, agent=who, state=what, reason_code=code, pending=pending)
        elif what == "data":
            data = tuple((name, value) for name, _, value in (word.partition("=") for word in more))
            self._calls.setdefault(who, ({}, {}))[1].update(data)
            self._see(SwitchCallSeen, call_id=who, happening="data-update", variables=data)
        elif what in _NUMBERS:
            (state,) = more
            self._calls.setdefault(who, ({}, {}))[0][what] = state
            happening = "established" if state == "CONNECT" else "other"
            self._see(SwitchCallSeen, call_id=who, happening=happening, device=what, state=state)
        else:
            self._see(SwitchCallSeen, call_id=who, happening=what)

    def _looked(self, who: str, state: str = "") -> None:
        calls = tuple(
            CallSeen(call_id=call_id, state="", parties=tuple(parties.items()), variables=tuple(data.items()))
            for call_id, (parties, data) in self._calls.items()
            if parties.get(DEVICES[who], "NULL") != "NULL"
        )
        self._see(SwitchLooked, agent=who, state=state or self._states.get(who, "NOT_READY"), calls=calls)

    def _admin(self, node: str, _: str, method: str, resource: str, answer: str, *more: str) -> None:
        status = {"status": int(answer)} if answer.isdigit() else {"failure": answer}
        self._rest(node, None, f"{method} {resource}", **status, **_brought(more))

    def _agent_sends(self, agent: str, about: str, event: str, number: str) -> None:
        kind = {"about": About(about.lower()), "event": event, "request_id": f"control-{number}"}
        self._see(ControlSent, node=AGENTS[agent], agent=agent, **kind)

    def _agent_gets(self, agent: str, about: str, event: str, number: str) -> None:
        kind = {"about": About(about.lower()), "event": event, "request_id": f"control-{number}"}
        self._see(EventSeen, node=AGENTS[agent], agent=agent, source="control", control=True, **kind)

    def _cti(self, who: str, side: str, what: str) -> None:
        client = f"{OUR_CLIENT}-probe/" if who == "ours" else who
        if what in _ON_SESSION:
            connection = self._sessions[who, side]
            self._see(CtiSeen, side=side, connection=connection, step=_ON_SESSION[what], client=client)
            return
        self._connections += 1
        where = {"side": side, "connection": self._connections}
        if what in ("stands", "opens", "dangles", "unanswered"):
            self._sessions[who, side] = self._connections
        if what == "stands":
            self._see(CtiSeen, **where, step=CtiStep.STANDING, client=client)
            return
        self._see(CtiSeen, **where, step=CtiStep.ATTEMPT)
        for step in _OUTCOMES[what]:
            detail = "silence" if what == "unanswered" and step is CtiStep.REFUSED else None
            self._see(CtiSeen, **where, step=step, client=None if what == "says-nothing" else client, detail=detail)

    def _status(self, node: str, how: str, status: str, *words: str) -> None:
        if how == "shows":
            names = {"clock": "currentTimestamp", "beat": "lastCTIHeartbeatStatus", "primary": "primaryNode"}
            more = tuple((names[name], said) for name, _, said in (word.partition("=") for word in words))
            self._rest(node, None, "GET SystemInfo", status=200, system_status=_STATUS[status], more=more)
            return
        for agent, home in AGENTS.items():
            if home == node:
                self._agent_hears(agent, status)

    def _agent_hears(self, agent: str, what: str, *more: str) -> None:
        at = [word for word in more if word.startswith("node=")]
        more = tuple(word for word in more if word not in at)
        node = at[0].removeprefix("node=") if at else AGENTS[agent]
        event: dict[str, Any] = {"node": node, "agent": agent, "event": "PUT"}
        marks = [word for word in more if word.startswith("mark=")]
        if marks:
            event["request_id"] = f"{WORK}{marks[0].removeprefix('mark=')}"
            more = tuple(word for word in more if word not in marks)
        source, more = _sent_from(more)
        if what == "failure":  # of a request, after it was answered
            self._see(EventSeen, about=About.ERRORS, source=source or f"{_API}User/{agent}/Dialogs", **event)
        elif what in _STATUS:
            self._see(EventSeen, about=About.SYSTEM, source="SystemInfo", system_status=_STATUS[what], **event)
        elif what in _CALL_EVENTS:
            about = About.DIALOG if what == "PUT" else About.DIALOGS
            source = source or f"{_API}{f'Dialog/{more[0]}' if what == 'PUT' else f'User/{agent}/Dialogs'}"
            self._see(EventSeen, about=about, source=source, calls=(_call(*more),), **{**event, "event": what})
        else:
            source = source or f"{_API}User/{agent}"
            self._see(EventSeen, about=About.USER, source=source, user_state=what, **_place(more), **event)

    def _agent_asks(self, agent: str, method: str, resource: str, answer: str, *more: str) -> None:
        took_s = next((float(word[4:]) for word in more if word.startswith("for=")), 0.0)
        status = {"status": int(answer)} if answer.isdigit() else {"failure": answer}
        given = dict(word.split("=", 1) for word in more if "=" in word)
        mark: dict[str, Any] = {"request_id": f"{WORK}{given.get('mark', '1')}"} if "work" in more else {}
        wanted = tuple(tuple(word.removeprefix("wants=").split("=")) for word in more if word.startswith("wants="))
        about = {"path": f"Dialog/{given['of']}"} if "of" in given else {}
        about = {"path": f"User/{given['user']}"} if "user" in given else about
        self._rest(
            AGENTS[agent],
            agent,
            f"{method} {resource}",
            took_s=took_s,
            wrong_password="wrongly" in more,
            wanted=wanted,
            **status,
            **mark,
            **about,
            **_brought(more),
        )

    def _agent_is(self, agent: str, state: str, *more: str) -> None:
        self._rest(AGENTS[agent], agent, "GET User/{id}", status=200, user_state=state, **_place(more))

    def _agent_sees(self, agent: str, *calls: str) -> None:
        """Her calls as GET Dialogs showed them: each its number, or number:device=STATE+x=1."""
        shown = (
            () if calls == ("nothing",) else tuple(_call(*call.replace(":", "+ACTIVE+").split("+")) for call in calls)
        )
        self._rest(AGENTS[agent], agent, "GET User/{id}/Dialogs", status=200, calls=shown)

    def _rest(self, node: str, agent: str | None, resource: str, *, took_s: float = 0.0, **seen: Any) -> None:
        asked = {"node": node, "agent": agent, "resource": resource, "path": resource}
        self._see(RestExchange, sent_s=self._journal.now_s() - took_s, **{**asked, **seen})

    def _agent_does(self, agent: str, act: str, *more: str) -> None:
        self._act(agent, act, more, ok=True)

    def _agent_fails(self, agent: str, act: str, *more: str) -> None:
        self._act(agent, act, more, ok=False)

    def _act(self, agent: str, act: str, more: tuple[str, ...], *, ok: bool) -> None:
        call = next((word for word in more if word.isdigit()), None)
        value = next((word.removeprefix("=").replace("+", " ") for word in more if not word.isdigit()), None)
        if act == SwitchAct.CONSULT:
            call, value = None, more[0]
        detail = None if ok else "refused by the switch"
        self._see(SwitchActed, act=SwitchAct(act), agent=agent, ok=ok, call_id=call, value=value, detail=detail)

    def _end_of(self, call: str, device: str) -> None:
        self._see(SwitchCallSeen, call_id=call, happening="end", device=device, state="NULL")

    def _wants(self, node: str, agent: str, state: str, code: str = "0", more: str = "") -> None:
        at = more.removeprefix("at=") if more.startswith("at=") else None
        where: dict[str, Any] = {"side": "a", "connection": 1, "client": node, "device": at}
        is_forced = code == "255" and more != "unforced"
        self._see(StateAsked, agent=agent, state=state, reason_code=int(code), forced=is_forced, **where)

    def _agent_leaves(self, agent: str, how: str, transport: str = "xmpp") -> None:
        self._see(
            StreamChange, node=AGENTS[agent], agent=agent, transport=transport, state=StreamState.LEFT, reason=how
        )

    def _agent_returns(self, agent: str) -> None:
        self._agent_moves(agent, AGENTS[agent])

    def _agent_moves(self, agent: str, node: str, transport: str = "xmpp") -> None:
        self._see(StreamChange, node=node, agent=agent, transport=transport, state=StreamState.CONNECTED)

    def _agent_loses(self, agent: str, node: str) -> None:
        gone = {"transport": "xmpp", "state": StreamState.DISCONNECTED}
        self._see(StreamChange, node=node, agent=agent, **gone)

    def _agent_team(self, agent: str, of: str, state: str, why: str = "") -> None:
        code = int(why.removeprefix("why=")) if why else None
        self._see(TeamSeen, node=AGENTS[agent], agent=agent, of=of, state=state, reason_code=code)

    def _agent_follows(self, agent: str, team: str, how: str = "") -> None:
        self._see(TeamFollowed, node=AGENTS[agent], agent=agent, team=team, leads=how != "alone")

    def _agent_told(self, agent: str, what: str) -> None:
        self._see(PresenceSeen, node=AGENTS[agent], agent=agent, of=agent, available=what == "there")

    def _agent_shown(self, agent: str, node: str, state: str, *more: str) -> None:
        self._rest(node, agent, "GET User/{id}", status=200, user_state=state, **_place(more))

    def _agent_stream(self, agent: str, state: str) -> None:
        became = StreamState.DISCONNECTED if state == "lost" else StreamState.CONNECTED
        self._see(StreamChange, node=AGENTS[agent], agent=agent, transport="xmpp", state=became)


def _sent_from(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What follows "source=", "" if nothing does, and the other words."""
    told = [word.removeprefix("source=") for word in words if word.startswith("source=")]
    return (told[0] if told else ""), tuple(word for word in words if not word.startswith("source="))


def _brought(words: tuple[str, ...]) -> dict[str, Any]:
    given = dict(word.split("=", 1) for word in words if "=" in word)
    brought: dict[str, Any] = {"document": given["brings"]} if "brings" in given else {}
    if "lists" in given:
        brought["listed"] = tuple(tuple(one.split(":")) for one in given["lists"].split(","))
    return brought | ({"more": (("digest", given["like"]),)} if "like" in given else {})


def _place(words: tuple[str, ...]) -> dict[str, Any]:
    """The extension and the reason of a User document."""
    given = dict(word.split("=", 1) for word in words)
    place: dict[str, Any] = {"extension": given["at"]} if "at" in given else {}
    said = {"team": "teamName", "since": "stateChangeTime", "next": "pendingState", "id": "teamId"}
    said |= {"reason-id": "reasonCodeId"}
    more = [(said[name], value) for name, value in given.items() if name in said]
    more += [("label", given["label"].replace("-", " "))] if "label" in given else []
    place |= {"more": tuple(more)}
    return place | ({"reason_code": int(given["why"])} if given.get("why") else {})


_SAID_OF_CALLS = ("callType", "DNIS", "startTime/", "stateChangeTime/", "associatedDialogUri", "secondaryId")
_ADDRESSES = ("from", "to", "may")


def _call(call_id: str, state: str = "ACTIVE", *more: str) -> CallSeen:
    pairs = [(name, value) for name, _, value in (word.partition("=") for word in more)]
    parties = tuple(pair for pair in pairs if pair[0] in _NUMBERS)
    given = dict(pairs)
    # "startTime/2003=…": of that party.
    said = tuple((name.replace("/", " of "), value) for name, value in pairs if name.startswith(_SAID_OF_CALLS))
    actions = tuple((device, given["may"].replace("+", " ")) for device, _ in parties if "may" in given)
    variables = tuple(
        pair for pair in pairs if pair not in parties and not pair[0].startswith((*_SAID_OF_CALLS, *_ADDRESSES))
    )
    return CallSeen(
        call_id=call_id,
        state=state,
        parties=parties,
        variables=variables,
        calling=given.get("from"),
        called=given.get("to"),
        actions=actions,
        more=said,
    )


def played(text: str, *, nodes: tuple[str, ...] = NODES, clock: str = "virtual") -> Timeline:
    """The timeline of a script."""
    return Script(nodes=nodes, clock=clock).play(text)


def each_node(text: str) -> str:
    """The same lines for both nodes: NODE stands for each, AGENT for an agent there."""
    return "\n".join(
        text.replace("NODE", node).replace("AGENT", agent) for node, agent in (("fin-a", "ann"), ("fin-b", "bob"))
    )


def framed(text: str, *, lasts_s: float, fault_at_s: float = 10.0, fault: str = "reset") -> str:
    """With a steady state around it, a fault that bit, held and lifted, and an end.

    The fault is over by `lasts_s`, when the story ends; what is written for later is our own mending.
    """
    return f"""
        0 steady before ok
        {fault_at_s} fault {fault} injecting
        {text}
        {fault_at_s} fault {fault} injected
        {fault_at_s} fault {fault} bitten
        {lasts_s - 0.001} fault {fault} held
        {lasts_s} fault {fault} rolling-back
        {lasts_s + 1} fault {fault} rolled-back
        {lasts_s + 1} fault {fault} lifted
        {lasts_s + 2} steady after ok
        {lasts_s + 3} end
    """


def without(timeline: Timeline, gone: Observation) -> Timeline:
    """As if that one observation had been missed."""
    return Timeline(tuple(seen for seen in timeline.observations if seen is not gone), torn=timeline.torn)


# What these look for in a whole run is not in a forged timeline.
WHOLE_RUNS = (cti_blind, awdb_blind, telephone_missed, deaf_to_logouts)


def alone(check: Check) -> Check:
    """The check without the relays' word: forged timelines hold what it looks at, not all that relays see."""
    return replace(check, rests_on=tuple(doubt for doubt in check.rests_on if doubt not in WHOLE_RUNS))


def ruling(
    check: Check, text: str, *, lasts_s: float, nodes: tuple[str, ...] = NODES, clock: str = "virtual"
) -> Verdict:
    """What a run would say that has this one journal."""
    return judged_on("CTI-00", alone(check), [History(played(framed(text, lasts_s=lasts_s), nodes=nodes, clock=clock))])
