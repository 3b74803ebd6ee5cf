"""Desktops in browsers, from their network logs and what they showed: each fail-over of each desktop.

Theory of operation. A desktop is at home where it signed in last, by hand or by itself. Its log tells when one of the
three triggers reached it (an event, finesse gone, a BOSH request that failed), at whom it looked, when it asked for
BOSH, signed in, or read its data again. A fail-over lasts from a trigger to the next one after its outcome, or until
somebody does something at the desktop. What the browser says is ordered as the journal has it; times are its own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaos.history.browsers import by_agent
from chaos.history.evidence import Evidence
from chaos.history.faults import FaultSpan, fault_spans
from chaos.history.gaps import IN_SERVICE
from chaos.history.history import History, fact
from chaos.journal import (
    RENDERS,
    BoshPart,
    DesktopAct,
    DesktopActed,
    DesktopNotice,
    DesktopRequested,
    Observation,
    SwitchLooked,
)

EVENT, BOSH, PRESENCE = "event", "bosh", "presence"
TOMCAT, WEBAPP, NOTIFICATION, CTI, BLOCKED = (
    "Tomcat",
    "Webapp",
    "Notification Service",
    "both CTI servers",
    "BOSH alone",
)
REASONS = (TOMCAT, WEBAPP, NOTIFICATION, CTI, BLOCKED)
STATES = ("Not Ready", "Ready", "Talking")

_STATE_OF = {"NOT_READY": STATES[0], "AVAILABLE": STATES[1], "TALKING": STATES[2]}
# The words are not documented. What a notice has to say is: that the connection is lost, that there is one again.
_LOST = re.compile(r"(lost|no) (the )?connection|connection\b.*\b(lost|broken|interrupted)|disconnected", re.IGNORECASE)
_BACK = re.compile(r"reconnected|connected again|connection\b.*\b(restored|re-?established)", re.IGNORECASE)
LEAVES = (DesktopAct.OPEN, DesktopAct.SIGN_IN, DesktopAct.CLOSE, DesktopAct.BACK, DesktopAct.CRASH, DesktopAct.REFRESH)
_MEETS = {EVENT: "is told OUT_OF_SERVICE", BOSH: "loses its BOSH connection", PRESENCE: "is told that finesse is gone"}
_PLACES = ("publisher", "subscriber")
# A BOSH answer that comes, and what comes over a WebSocket.
_COMES = (200, 101)
TOKENS, _LOGOUT = "GET sso/token", "POST logout"
# What a desktop reads again once it is back.
OWN_DATA = frozenset({"GET User/{id}", "GET User/{id}/Dialogs"})
# Nothing is asked for any more because of what was seen so long ago, or told so long ago (ours).
_PEACE_S, _UPON_S = 3.0, 2.0
# What was asked for once might have been late; twice is a habit (ours).
_HABIT = 2
# A desktop counts its token's last seconds down one by one (ours).
_TICK_S = 1.0
# Whoever has loaded the other server's page looks at its SystemInfo once more within this time (ours).
_COMES_IN_S = 1.0


def says_lost(text: str) -> bool:
    """Whether a notice says that the connection is lost."""
    return _LOST.search(text) is not None


def says_back(text: str) -> bool:
    """Whether a notice says that the desktop has reconnected."""
    return _BACK.search(text) is not None


def named(text: str, nodes: Sequence[str]) -> frozenset[str]:
    """Which of these nodes a notice names, by its whole name or by the first part of it."""
    words = set(re.findall(r"[\w-]+(?:\.[\w-]+)*", text.lower()))
    return frozenset(node for node in nodes if {node.lower(), node.lower().partition(".")[0]} & words)


@dataclass(frozen=True, slots=True)
class Move:
    """One try to go to the other server. seen: what it asked there, SystemInfo apart, until the next try. is_out: as it
    came in, SystemInfo said there that this server is not in service any more."""

    seen: tuple[DesktopRequested, ...]
    is_out: bool = False

    @property
    def begins(self) -> DesktopRequested:
        return self.seen[0]

    @property
    def is_refused(self) -> bool:
        """That server did not let the desktop in: something that it asked for there failed, or it had gone out of
        service by then. Of what is turned down with 4xx it is to blame itself."""
        return self.is_out or any(one.status is None or one.status >= 500 for one in self.seen)


def _parted(asked: Sequence[DesktopRequested], begins: Sequence[int]) -> list[tuple[DesktopRequested, ...]]:
    """The requests of each try, which begin at these places."""
    return [tuple(asked[n:end]) for n, end in pairwise([*begins, len(asked)])]


@dataclass(frozen=True, slots=True)
class FailOver:
    """One desktop's, from its trigger on.

    node: the current server then. reason: of REASONS, as the faults in force have it; None: of none that is known.
    state: of STATES, as the switch had it last. seen, notices: what the browser told from the trigger to `until_s`.
    nth: how many fail-overs the same page has had, this one counted. before_s: when the one before was over. habits:
    what of their agents' data desktops ask for in peace, too, as a gadget does that looks again and again.
    """

    agent: str
    node: str
    trigger: str
    triggered: DesktopRequested
    reason: str | None
    state: str | None
    until_s: float
    seen: tuple[DesktopRequested, ...]
    notices: tuple[DesktopNotice, ...]
    nth: int = 1
    before_s: float | None = None
    habits: frozenset[str] = frozenset()

    @property
    def stream(self) -> str:
        """Over what its event stream came: "BOSH" or "WebSocket"."""
        return self.triggered.resource

    @property
    def trigger_s(self) -> float:
        return self.triggered.ended_s

    def looks(self, node: str | None = None) -> tuple[DesktopRequested, ...]:
        """At SystemInfo of the current server, or of that node."""
        wanted = self.node if node is None else node
        return tuple(one for one in self.seen if one.resource == "GET SystemInfo" and one.node == wanted)

    @property
    def moves(self) -> tuple[Move, ...]:
        """Every try to go to the other server, up to the one that went through. Each begins with a page there."""
        asked = [one for one in self.seen if one.node not in (self.node, "") and one.resource != "GET SystemInfo"]
        begins = [n for n, one in enumerate(asked) if n == 0 or one.resource == "page"]
        tries = (Move(some, self._is_out(some[0])) for some in _parted(asked, begins))
        last = self.sign_in.number if self.sign_in is not None else float("inf")
        return tuple(one for one in tries if one.begins.number <= last)

    def _is_out(self, begins: DesktopRequested) -> bool:
        return any(
            look.number > begins.number
            and look.sent_s - begins.ended_s < _COMES_IN_S
            and look.system_status not in (None, IN_SERVICE)
            for look in self.looks(begins.node)
        )

    def move_after(self, look: DesktopRequested) -> Move | None:
        """The first try to go to the other server after that look."""
        return next((one for one in self.moves if one.begins.number > look.number), None)

    @property
    def alternate_looks(self) -> tuple[DesktopRequested, ...]:
        """At SystemInfo of the other server, from when the logic began until it goes there, if it does. Where it was
        before, and once it comes in there, it may look for purposes of its own."""
        comes_in = [one.begins for one in self.moves]
        end = self.goes.number if self.goes is not None else float("inf")
        begun_s = self.begun_s if self.begun_s is not None else self.trigger_s
        return tuple(
            one
            for one in self.seen
            if one.resource == "GET SystemInfo"
            and one.node not in (self.node, "")
            and one.number < end
            and one.sent_s >= begun_s
            and not any(move.number < one.number and one.sent_s - move.ended_s < _COMES_IN_S for move in comes_in)
        )

    @property
    def goes(self) -> DesktopRequested | None:
        """The first thing that it asks of the other server, SystemInfo apart, when it goes there in the end; None where
        it did not, or was let in at no try."""
        moves = self.moves
        if self.sign_in is not None:
            return moves[-1].begins
        return next((one.begins for one in moves if not one.is_refused), None)

    @property
    def first_look(self) -> DesktopRequested | None:
        """At the current server, with which the logic begins. Whoever looks once his BOSH connection is mended, and has
        no doubt since, only makes sure."""
        look = next(iter(self.looks()), None)
        if look is None or self.mended is None:
            return look
        since = [one for one in self.seen if one.node == self.node and one.number > self.mended.number]
        return look if any(_is_doubt(one) for one in since) else None

    @property
    def mended(self) -> DesktopRequested | None:
        """The attempt of the XMPP library that brought the lost BOSH connection back, before any look at the server: if
        the logic begins afterwards, it is for something else."""
        if self.trigger != BOSH:
            return None
        look = next(iter(self.looks()), None)
        own = [one for one in self.seen if one.node == self.node and (look is None or one.number < look.number)]
        return next((one for one in own if one.part is BoshPart.OPEN and "session" in one.told), None)

    @property
    def begun_s(self) -> float | None:
        """When the logic began: at the trigger, or after the XMPP library's attempts, which the first look shows."""
        if self.trigger != BOSH:
            return self.trigger_s
        return self.first_look.sent_s if self.first_look is not None else None

    @property
    def attempts(self) -> tuple[DesktopRequested, ...]:
        """BOSH connections that were asked for of the current server before the first look at it."""
        end = self.first_look.number if self.first_look is not None else None
        return tuple(
            one
            for one in self.seen
            if one.part is BoshPart.OPEN and one.node == self.node and (end is None or one.number < end)
        )

    @property
    def sign_in(self) -> DesktopRequested | None:
        """At the other server, by itself, that went through."""
        return next(
            (
                one
                for one in self.seen
                if one.wanted == "LOGIN" and one.node not in (self.node, "") and one.status in range(200, 300)
            ),
            None,
        )

    @property
    def read(self) -> DesktopRequested | None:
        """The agent's data at the current server, again. What the page asks for all along says nothing before that
        server is there."""
        return next(
            (
                one
                for one in self.seen
                if _is_own_data(one, self.node) and (one.resource not in self.habits or self._is_there_before(one))
            ),
            None,
        )

    def _is_there_before(self, read: DesktopRequested) -> bool:
        """Whether the current server was seen in service before that, and an event stream that was lost is back."""
        if self.mended is not None and self.mended.ended_s <= read.sent_s:
            return True
        before = [one for one in self.seen if one.node == self.node and one.ended_s <= read.sent_s]
        looks = (one for one in before if one.resource == "GET SystemInfo" and one.system_status == IN_SERVICE)
        look = next(looks, None)
        if look is None:
            return False
        if self.trigger != BOSH and not any(trigger_of(one) == BOSH for one in before):
            return True
        opened = (one for one in before if one.part is BoshPart.OPEN and "session" in one.told)
        return any(one.sent_s >= look.ended_s for one in opened)

    @property
    def returned_s(self) -> float | None:
        """When it showed that it is back at the current server: it reads its data, or says so. None: it did not."""
        moved_s = self.sign_in.ended_s if self.sign_in is not None else float("inf")
        signs = [self.read.sent_s] if self.read is not None else []
        signs += [one.shown_s for one in self.notices if says_back(one.text)]
        found = min(signs, default=float("inf"))
        return found if found < moved_s else None

    @property
    def solved_s(self) -> float | None:
        """When it was over: moved or returned; None while it lasts."""
        ends = [one for one in (self.returned_s, self.sign_in.sent_s if self.sign_in else None) if one is not None]
        return min(ends, default=None)

    def cited(self) -> Evidence:
        return Evidence.frame(self.triggered, f"the desktop of {self.agent} at {self.node} {_MEETS[self.trigger]}")


def cited(seen: DesktopRequested) -> Evidence:
    """A request in words."""
    end = f"HTTP {seen.status}" if seen.status is not None else seen.failure
    more = f", {seen.system_status}" if seen.system_status else ""
    return Evidence(seen.sent_s, f"{seen.agent}: {seen.resource} at {seen.node}: {end}{more}", seen.number or None)


@fact
def fail_overs(history: History) -> tuple[FailOver, ...]:
    """Every fail-over of every desktop, in the order of its trigger."""
    found: list[FailOver] = []
    for agent, seen in by_agent(history).items():
        found += _of_one(history, agent, seen)
    return tuple(sorted(found, key=lambda one: one.triggered.number))


def _of_one(history: History, agent: str, about: Sequence[Observation]) -> list[FailOver]:
    found: list[FailOver] = []
    home: str | None = None
    begins: int | None = None
    nth = 0
    token: DesktopRequested | None = None
    cookies: str | None = None
    habits, about = _habits(history), _without_gadgets(history, about)

    def end(until: int, until_s: float) -> None:
        nonlocal begins, home, nth
        if begins is not None and home is not None and begins < until:
            before_s = found[-1].solved_s if nth else None
            nth += 1
            found.append(_made(history, agent, home, about[begins:until], until_s, nth, before_s, habits))
            home = found[-1].sign_in.node if found[-1].sign_in is not None else home
        begins = None

    for n, seen in enumerate(about):
        if isinstance(seen, DesktopActed) and seen.act in LEAVES:
            end(_begun(about, n, seen.begun_s), seen.begun_s)
            nth = 0
            if seen.act is DesktopAct.SIGN_IN and seen.ok:
                home = seen.node
            elif seen.act is not DesktopAct.REFRESH or not seen.ok:  # a page that is loaded again stays where it is
                home = None
            continue
        if isinstance(seen, DesktopActed) and seen.act is DesktopAct.COOKIES:
            cookies = seen.detail if seen.ok else None
        if not isinstance(seen, DesktopRequested):
            continue
        if seen.resource == TOKENS and (seen.lasts_s is not None or token is None):
            token = seen
        # Of an older sign-on's cookies a token may end early; without any it has its full life.
        if _is_out_of_time(seen, token, history.header.refresh_token_s if cookies == "0" else None):
            end(_begun(about, n, seen.sent_s), seen.sent_s)
        elif home is not None and trigger_of(seen) is not None:
            if begins is None:
                begins = n if seen.node == home else None
            else:
                so_far = _made(history, agent, home, about[begins:n], seen.ended_s, habits=habits)
                at = so_far.sign_in.node if so_far.sign_in is not None else home
                if so_far.solved_s is not None and seen.node == at:
                    end(n, seen.ended_s)
                    begins = n
    end(len(about), history.story.end_s)
    return found


def _is_out_of_time(seen: DesktopRequested, token: DesktopRequested | None, full_s: float | None) -> bool:
    """Whether this is the desktop's logout for a refresh token that is at its end, and not one of its own accord: what
    it had at that server is over then (DESKTOP-17). token: the answer that brought it; None: it has none. full_s: how
    long it is good where that does not say it; None: that is not known."""
    if token is None or seen.resource != _LOGOUT:
        return False
    lasts_s = token.lasts_s if token.lasts_s is not None else full_s
    return lasts_s is None or seen.sent_s >= token.ended_s + lasts_s - _TICK_S


def _begun(about: Sequence[Observation], done: int, begun_s: float) -> int:
    """Where what came of an act of ours begins, which was noted as `done`."""
    until = done
    while until and about[until - 1].at_s >= begun_s:
        until -= 1
    return until


def _is_doubt(seen: DesktopRequested) -> bool:
    """Whether it shows that the server may be lost: a trigger, or something that it did not, or could not, answer."""
    return (
        trigger_of(seen) is not None or seen.status is None or seen.status >= 500 or "OUT" in (seen.system_status or "")
    )


def renders_a_gadget(document: str | None) -> bool:
    """Whether it is one in the desktop's page that a container renders a gadget in."""
    return document is not None and RENDERS in document


def trigger_of(seen: DesktopRequested) -> str | None:
    """Which trigger this answer is, if it is one."""
    if seen.part is not BoshPart.GO_ON or seen.failure == "net::ERR_ABORTED":
        return None
    if seen.status not in _COMES or "terminate" in seen.told:
        return BOSH
    if "OUT_OF_SERVICE" in seen.told:
        return EVENT
    return PRESENCE if "finesse unavailable" in seen.told else None


def _made(
    history: History,
    agent: str,
    node: str,
    about: Sequence[Observation],
    until_s: float,
    nth: int = 1,
    before_s: float | None = None,
    habits: frozenset[str] = frozenset(),
) -> FailOver:
    triggered = about[0]
    assert isinstance(triggered, DesktopRequested)
    trigger = trigger_of(triggered)
    assert trigger is not None
    return FailOver(
        agent=agent,
        node=node,
        trigger=trigger,
        triggered=triggered,
        reason=reason_at(history, agent, node, triggered.at_s),
        state=state_at(history, agent, triggered.at_s),
        until_s=until_s,
        seen=tuple(one for one in about[1:] if isinstance(one, DesktopRequested) and _is_the_pages(one)),
        notices=tuple(one for one in about[1:] if isinstance(one, DesktopNotice) and not one.control),
        nth=nth,
        before_s=before_s,
        habits=habits,
    )


def _is_the_pages(one: DesktopRequested) -> bool:
    """Whether the page asked for it: a look is ours, and whether it may ask another origin its browser asks by itself
    (CORS, the preflight request)."""
    return not one.is_look and not one.resource.startswith("OPTIONS ")


def _is_own_data(one: DesktopRequested, node: str) -> bool:
    return one.resource in OWN_DATA and one.node == node and one.status == 200


def _stirs(seen: Observation) -> bool:
    """Whether it is a notice, or an act of ours that loads a page; others only look."""
    if isinstance(seen, DesktopNotice):
        return not seen.control
    return isinstance(seen, DesktopActed) and seen.act in LEAVES


@fact
def _habits(history: History) -> frozenset[str]:
    """What of the agent's data desktops ask for in peace: what one page does, each does."""
    everybody = (_without_gadgets(history, about) for about in by_agent(history).values())
    asked = Counter(resource for about in everybody for resource in _asked_in_peace(about))
    return frozenset(resource for resource, times in asked.items() if times >= _HABIT)


@fact
def _gadgets(history: History) -> frozenset[str]:
    """Documents in a desktop's page whose looks at SystemInfo are none of a desktop that looks for a server: nobody was
    signed in from their frames, and they ask for it in peace, too; or they render a gadget, and the desktop's own
    document asks for it as well."""
    in_peace: Counter[str] = Counter()
    asked: set[str] = set()
    own: set[str] = set()
    for about in by_agent(history).values():
        by = [seen for seen in about if isinstance(seen, DesktopRequested) and seen.document and not seen.is_look]
        own |= {seen.document or "" for seen in by if seen.wanted}
        asked |= {seen.document or "" for seen in by if seen.resource == "GET SystemInfo"}
        in_peace.update(_looked_in_peace(about))
    has_looked = bool(own & asked)
    return frozenset(
        document
        for document in asked - own
        if in_peace[document] >= _HABIT or (has_looked and renders_a_gadget(document))
    )


def _looked_in_peace(about: Sequence[Observation]) -> Iterator[str]:
    """By which documents SystemInfo was asked for, before the desktop had any reason to doubt its server: once there is
    one, whatever looks at it may be the logic."""
    stirred_s = float("-inf")
    for seen in about:
        if not isinstance(seen, DesktopRequested):
            stirred_s = seen.at_s if _stirs(seen) else stirred_s
        elif seen.is_look:
            continue
        elif _is_doubt(seen):
            return
        elif seen.resource != "GET SystemInfo":
            stirred_s = seen.ended_s if seen.wanted or seen.part is BoshPart.OPEN else stirred_s
        elif seen.document is not None and seen.sent_s - stirred_s >= _PEACE_S:
            yield seen.document


def _without_gadgets(history: History, about: Sequence[Observation]) -> list[Observation]:
    """Without the looks at SystemInfo that are a gadget's."""
    gadgets = _gadgets(history)
    return [
        seen
        for seen in about
        if not (isinstance(seen, DesktopRequested) and seen.resource == "GET SystemInfo" and seen.document in gadgets)
    ]


def _asked_in_peace(about: Sequence[Observation]) -> Iterator[str]:
    """Before or after it lost a server, and not upon an event."""
    stirred_s = told_s = float("-inf")
    for seen in about:
        if not isinstance(seen, DesktopRequested):
            stirred_s = seen.at_s if _stirs(seen) else stirred_s
        elif _is_own_data(seen, seen.node):
            if seen.sent_s - stirred_s >= _PEACE_S and seen.sent_s - told_s >= _UPON_S:
                yield seen.resource
        elif seen.is_look:
            continue
        elif _is_doubt(seen) or seen.wanted or seen.part is BoshPart.OPEN or seen.resource == "GET SystemInfo":
            stirred_s = seen.ended_s
        elif "User" in seen.told:
            told_s = seen.ended_s


def state_at(history: History, agent: str, at_s: float) -> str | None:
    looked = history.whole.of(SwitchLooked, lambda seen: seen.agent == agent, to_s=at_s)
    return _STATE_OF.get(looked[-1].state) if looked else None


def reason_at(history: History, agent: str, node: str, at_s: float) -> str | None:
    found = {
        reason
        for span in fault_spans(history)
        if span.injecting_s <= at_s and (span.rolled_back_s is None or at_s <= span.rolled_back_s)
        for reason in (reason_of(history, span, node, agent),)
        if reason is not None
    }
    return found.pop() if len(found) == 1 else None


def is_lost_in_silence(history: History, one: FailOver) -> bool:
    """Whether the sessions of its server with the CTI servers were not reset then, but nothing answered any more."""
    return any(
        span.parameter("silently") == "True"
        and span.injecting_s <= one.triggered.at_s
        and (span.rolled_back_s is None or one.triggered.at_s <= span.rolled_back_s)
        and reason_of(history, span, one.node) == one.reason == CTI
        for span in fault_spans(history)
    )


def reason_of(history: History, span: FaultSpan, node: str, agent: str | None = None) -> str | None:
    """For which of REASONS that fault takes that node from its desktops, or from that agent's; None: for none."""
    role = _PLACES[history.nodes.index(node)] if node in history.nodes[: len(_PLACES)] else ""
    place, _, what = span.target.partition("/")
    if span.kind == "StoppedService" and place == role:
        return next((one for one in (TOMCAT, NOTIFICATION) if what == f"Cisco Finesse {one}"), None)
    if span.kind == "StoppedByCommand" and what == f"webapp-{role}":
        return WEBAPP
    if span.kind == "LonelyNode" and node in what.split("+"):
        return CTI
    if span.kind in ("BlockedWay", "AnsweredWay") and what == node and span.parameter("bosh") == "True":
        return BLOCKED if agent is None or f"'{agent}'" in (span.parameter("agents") or "") else None
    return None
