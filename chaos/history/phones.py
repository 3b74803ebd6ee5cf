"""IP phones, from what they showed, asked and were sent: each loss of its server at each phone.

Theory of operation. An agent is at a phone where he signed in last, until he leaves the service. When a fault takes
that node, the phone itself shows nothing for a while; so the moment of the loss is taken from others who watch the same
node: the event OUT_OF_SERVICE, the absence of the user finesse, a stream that ended. When the node was back is known
between the last look that found it out of service and the first that did not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP, reason_of
from chaos.history.evidence import Evidence
from chaos.history.faults import FaultSpan, fault_spans
from chaos.history.gaps import IN_SERVICE, OUT_OF_SERVICE, gaps
from chaos.history.history import History, fact
from chaos.history.screens import STATE, truth
from chaos.journal import (
    About,
    EventSeen,
    Observation,
    PhoneAct,
    PhoneActed,
    PhonePushed,
    PhoneRequested,
    PhoneScreen,
    PresenceSeen,
    RestExchange,
    StreamChange,
    StreamState,
)

BOTH = "Notification Service and both CTI servers"
REASONS = (WEBAPP, NOTIFICATION, CTI, BOTH)
SERVICES, ERROR = "services", "error"
RETRY = "Retry"
EXIT = "Exit"

# Faults of one loss are injected so soon after each other; that a service has stopped may take a console as long.
_TOGETHER_S = 15.0
# A phone's server looks at itself every 5 s: after twice that it has seen its own return (ours).
_SETTLED_S = 10.0

# Three tries 5 s apart and what each of them may take are over after that time (ours).
_THREE_TRIES_S = 22.0

_LEAVES = ("Exit", "SignOut")
_KEYS = (PhoneAct.PRESS, PhoneAct.PICK)
# A path has {device} for the phone's own; what CUCM calls an IP phone is "SEP" and its MAC address.
_OF_A_PHONE = re.compile(r"/SEP[0-9A-F]{12}\b", re.IGNORECASE)

_Seen = PhoneActed | PhoneRequested | PhonePushed | PhoneScreen


def asks_to_sign_in(screen: PhoneScreen) -> bool:
    """Whether it is a form for who signs in."""
    return screen.page == "input" and "password" in screen.fields


@dataclass(frozen=True, slots=True)
class PhoneLoss:
    """One loss of its server at one phone.

    reason: of REASONS, or TOMCAT. lost: what told somebody else first that the node is lost; None: nothing did.
    mending_s: when the last of its faults began to be taken away, infinite if none was. half_s: from when to when only
    one of two was. out_s, in_s: after that, the last look that found the node out of service, and the first that found
    it in service; in_s is None if none did. until_s: the next loss at that phone, or the end. seen: what this phone
    told meanwhile. nth: how many losses this phone has had since the agent opened the service, this one counted. went:
    how often its agent has gone over to another server by hand before. state: the agent's when it began, by the
    switch's word, None if it was not asked. first_back: of several faults, whose service was mended first.
    """

    agent: str
    node: str
    reason: str
    lost: Observation | None
    lost_s: float
    mending_s: float
    half_s: tuple[float, float] | None
    out_s: float
    in_s: float | None
    until_s: float
    seen: tuple[_Seen, ...]
    nth: int = 1
    went: int = 0
    state: str | None = None
    first_back: str | None = None

    @property
    def screens(self) -> tuple[PhoneScreen, ...]:
        return tuple(one for one in self.seen if isinstance(one, PhoneScreen) and not one.control)

    @property
    def acts(self) -> tuple[PhoneActed, ...]:
        return tuple(one for one in self.seen if isinstance(one, PhoneActed))

    @property
    def message(self) -> PhoneScreen | None:
        """The first screen that says that the server is unavailable, before the agent leaves."""
        return next(iter(self.messages), None)

    @property
    def messages(self) -> tuple[PhoneScreen, ...]:
        """All that say so before he leaves; not what a key that he pressed is refused with, be it in such words."""
        told = (one for one in self.after(float("-inf")) if one.unavailable)
        return tuple(one for one in told if not self._refuses_a_key(one))

    def _refuses_a_key(self, screen: PhoneScreen) -> bool:
        """Whether the agent's own key brought it, other than the message's own Retry: what is shown stands before the
        act, and is asked for by the phone without having been told to."""
        keys = (act for act in self.acts if act.act in _KEYS and act.detail != RETRY)
        by_key = any(act.begun_s <= screen.at_s <= act.at_s for act in keys)
        asked = [one for one in self.seen if isinstance(one, PhoneRequested) and one.number < screen.number]
        return by_key and bool(asked) and not asked[-1].pushed

    @property
    def left(self) -> PhoneActed | None:
        """The agent signs out, or leaves the service: by its key, or by the phone's own."""
        return next(
            (
                one
                for one in self.acts
                if one.act is PhoneAct.LEAVE or (one.act is PhoneAct.PRESS and one.detail in _LEAVES)
            ),
            None,
        )

    @property
    def opened(self) -> PhoneActed | None:
        """The agent opens the service of the other node."""
        return next(
            (one for one in self.acts if one.act is PhoneAct.OPEN and one.detail not in (None, self.node)), None
        )

    @property
    def stays_until_s(self) -> float:
        """When the agent leaves, or the end of what is known of this loss."""
        return self.left.begun_s if self.left is not None else self.until_s

    @property
    def watched_s(self) -> float:
        """How long it was in force, and the phone there."""
        return min(self.mending_s, self.stays_until_s) - self.lost_s

    def stray(self, from_s: float, to_s: float) -> PhoneRequested | None:
        """The first page of another phone that this one was led to, before its agent leaves."""
        until_s = min(to_s, self.stays_until_s)
        asked = (one for one in self.seen if isinstance(one, PhoneRequested) and from_s <= one.sent_s < until_s)
        return next((one for one in asked if _OF_A_PHONE.search(one.path)), None)

    def after(self, at_s: float) -> tuple[PhoneScreen, ...]:
        """Screens from then on, before the agent leaves."""
        until_s = self.stays_until_s
        return tuple(one for one in self.screens if at_s <= one.at_s < until_s)

    @property
    def back(self) -> PhoneScreen | None:
        """The first screen after the message, and after mending began, that says something else."""
        if self.message is None:
            return None
        return next((one for one in self.after(self.mending_s) if not one.unavailable), None)

    def cited(self) -> Evidence:
        what = f"{self.node} is lost: {self.reason}"
        return Evidence(self.lost_s, what, self.lost.number if self.lost is not None else None, is_frame=True)


def cited(seen: _Seen) -> Evidence:
    """One of them in words."""
    if isinstance(seen, PhoneScreen):
        keys = f"the keys {', '.join(seen.keys)}" if seen.keys else "no keys"
        words = f"the phone of {seen.agent} shows “{shown(seen)}” and {keys}"
    elif isinstance(seen, PhoneActed):
        words = f"{seen.agent}: {seen.act} {seen.detail or ''}{'' if seen.ok else ', in vain'}"
    elif isinstance(seen, PhoneRequested):
        words = f"the phone of {seen.agent} asks {seen.node or 'nobody'} for {seen.path}: {seen.status or seen.failure}"
    else:
        words = f"the phone of {seen.agent} is sent to {', '.join(seen.hosts) or 'a key'}"
    return Evidence.of(seen, words)


def shown(screen: PhoneScreen) -> str:
    """What can be read on it; if nothing can, which page it is."""
    parts = (" ".join(part.split()) for part in (screen.title, screen.prompt, screen.text) if part)
    return " / ".join(parts) or screen.page


@fact
def phone_losses(history: History) -> tuple[PhoneLoss, ...]:
    """Every loss at every phone, in the order in which they began."""
    found = [loss for agent, seen in by_agent(history).items() for loss in _of_one(history, agent, seen)]
    return tuple(sorted(found, key=lambda one: one.lost_s))


@fact
def by_agent(history: History) -> Mapping[str, tuple[_Seen, ...]]:
    """What each agent's phone told."""
    found: dict[str, list[_Seen]] = {}
    for seen in history.story:
        if isinstance(seen, PhoneActed | PhoneRequested | PhonePushed | PhoneScreen):
            found.setdefault(seen.agent, []).append(seen)
    return MappingProxyType({agent: tuple(seen) for agent, seen in found.items()})


def _of_one(history: History, agent: str, seen: Sequence[_Seen]) -> Iterator[PhoneLoss]:
    begun = _begun(history, seen)
    before: PhoneLoss | None = None
    went, is_kept = 0, False
    for n, (node, spans) in enumerate(begun):
        until_s = begun[n + 1][1][0].injecting_s if n + 1 < len(begun) else history.story.end_s
        made = _made(history, agent, node, spans, until_s, seen)
        # A phone that has not seen its server back since, or not for long, may still count from the loss before.
        is_told_apart = before is None or (before.in_s or float("inf")) + _SETTLED_S <= spans[0].injecting_s
        stays = before is not None and before.node == node and before.left is None
        went += before is not None and before.opened is not None
        made = replace(made, nth=before.nth + 1 if before is not None and stays else 1, went=went)
        # What nobody was told of has taken nothing from the phone, or nobody knows when; and who went elsewhere while a
        # service was still stopping is not there to lose it.
        is_lost = made.lost is not None and not _went(seen, node, spans[0].injecting_s, made.lost_s)
        is_told_apart = is_told_apart and not (is_kept or _is_elsewhere(history, node, seen, spans[0].injecting_s))
        # A node that did not hear that he has left it goes on with his phone, unless its Tomcat has forgotten him.
        is_kept = is_kept or (made.reason != TOMCAT and made.left is not None and not made.left.ok)
        if is_lost and is_told_apart and made.reason and not _was_out(history, node, spans[0].injecting_s):
            yield made
        before = made


def _went(seen: Sequence[_Seen], node: str, from_s: float, to_s: float) -> bool:
    """Whether the agent left the service of that node, or opened the other one, between the two."""
    acts = [one for one in seen if isinstance(one, PhoneActed) and from_s <= one.at_s < to_s]
    return any(
        one.act is PhoneAct.LEAVE or (one.act is PhoneAct.OPEN and one.detail not in (None, node)) for one in acts
    )


def _is_elsewhere(history: History, node: str, seen: Sequence[_Seen], at_s: float) -> bool:
    """Whether another node has his phone still, since his screen there had no key Exit when he wanted to leave: who
    goes by the phone's own key has told the service nothing, and it goes on with his phone, until its Tomcat stops."""
    left: dict[str, float] = {}
    for n, act in enumerate(seen):
        if not isinstance(act, PhoneActed) or act.begun_s >= at_s or act.node in (None, node):
            continue
        if act.act is PhoneAct.PRESS and act.detail == "Exit":
            shown = [one for one in seen[:n] if isinstance(one, PhoneScreen) and one.at_s <= act.begun_s]
            left.pop(act.node, None)
            if not act.ok and shown and "Exit" not in shown[-1].keys:
                left[act.node] = act.begun_s
    stopped = [span for span in fault_spans(history) if span.injecting_s < at_s]
    return any(
        not any(span.injecting_s >= left_s and reason_of(history, span, other) == TOMCAT for span in stopped)
        for other, left_s in left.items()
    )


def _was_out(history: History, node: str, at_s: float) -> bool:
    """Whether the node was out of service already, or just before, for another reason: that is what its phones saw."""
    from_s = at_s - _SETTLED_S
    told = history.of(
        EventSeen, lambda one: (one.node, one.system_status) == (node, OUT_OF_SERVICE), from_s=from_s, to_s=at_s
    )
    looks = history.of(
        RestExchange, lambda one: (one.node, one.system_status) == (node, OUT_OF_SERVICE), from_s=from_s, to_s=at_s
    )
    return bool(told or looks)


def is_out(history: History, node: str, at_s: float) -> bool:
    """Whether that node was out of service then, or just back, or a fault of ours was about it: who goes there need not
    be let in."""
    gone = [(gap.told_s, gap.back_s) for gap in gaps(history) if gap.node == node]
    gone += [
        (span.injecting_s, span.rolled_back_s)
        for span in fault_spans(history)
        if reason_of(history, span, node) is not None
    ]
    return any(from_s <= at_s and (to_s is None or at_s <= to_s + _SETTLED_S) for from_s, to_s in gone)


def _begun(history: History, seen: Sequence[_Seen]) -> list[tuple[str, list[FaultSpan]]]:
    """The faults that took the node at which the agent was signed in, those of one loss together."""
    found: list[tuple[str, list[FaultSpan]]] = []
    forgotten_s = 0.0
    for span in sorted(fault_spans(history), key=lambda one: one.injecting_s):
        node = home_at(seen, forgotten_s, span.injecting_s)
        reason = None if node is None else reason_of(history, span, node)
        if node is None or reason not in (TOMCAT, WEBAPP, NOTIFICATION, CTI):
            continue
        if reason == TOMCAT:
            forgotten_s = span.injecting_s
        if found and found[-1][0] == node and _are_one(found[-1][1], span):
            found[-1][1].append(span)
        else:
            found.append((node, [span]))
    return found


def _are_one(spans: Sequence[FaultSpan], span: FaultSpan) -> bool:
    """Whether a fault belongs to that loss: it began soon after the others were there, and while one of them was in
    force."""
    there_s = max(one.injecting_s if one.injected_s is None else one.injected_s for one in spans)
    is_soon = span.injecting_s - there_s <= _TOGETHER_S
    return is_soon and any(one.rolling_back_s is None or one.rolling_back_s > span.injecting_s for one in spans)


def _meet(spans: Sequence[FaultSpan]) -> bool:
    """Whether all of them were in force at once, and long enough for three tries: where one is mended before, it is
    open whether the phone's server was lost once or twice, and by what its tries were in vain."""
    there_s = max(float("inf") if one.injected_s is None else one.injected_s for one in spans)
    tried_s = there_s + _THREE_TRIES_S
    return len(spans) == 1 or all(one.rolling_back_s is None or one.rolling_back_s >= tried_s for one in spans)


def home_at(seen: Sequence[_Seen], from_s: float, at_s: float) -> str | None:
    """Where the agent is signed in at the phone then; what was before `from_s` died with its Tomcat."""
    home: str | None = None
    for one in seen:
        if one.at_s > at_s:
            break
        if one.at_s < from_s:
            continue
        if isinstance(one, PhoneActed) and one.act is PhoneAct.SEND and one.ok:
            home = one.node
        elif isinstance(one, PhoneScreen) and not one.control and (one.page == SERVICES or asks_to_sign_in(one)):
            home = None
    return home


def _together(reasons: Iterable[str | None]) -> str:
    """What several faults of one loss are together; without Tomcat nothing else counts. "" for what has no name."""
    found = set(reasons)
    if TOMCAT in found:
        return TOMCAT
    if len(found) == 1:
        return found.pop() or ""
    return BOTH if found == {NOTIFICATION, CTI} else ""


def _made(
    history: History, agent: str, node: str, spans: Sequence[FaultSpan], until_s: float, seen: Sequence[_Seen]
) -> PhoneLoss:
    reason = _together(reason_of(history, span, node) for span in spans) if _meet(spans) else ""
    begun_s = spans[0].injecting_s
    ends = sorted(span.rolling_back_s if span.rolling_back_s is not None else float("inf") for span in spans)
    lost = _lost(history, node, reason, begun_s, ends[-1])
    out_s, in_s = _return(history, node, ends[-1], until_s)
    # Whatever takes the node out of service again, the phone may see it.
    again = (gap.told_s for gap in gaps(history) if in_s is not None and gap.node == node and gap.told_s > in_s)
    until_s = min([until_s, *again])
    halves = sorted(spans, key=lambda one: one.rolling_back_s or float("inf"))
    half_s = first_back = None
    if len(halves) > 1 and halves[0].rolled_back_s is not None:
        half_s, first_back = (halves[0].rolled_back_s, ends[-1]), reason_of(history, halves[0], node)
    lost_s = lost.at_s if lost is not None else begun_s
    known = truth(history, agent).at(lost_s)
    return PhoneLoss(
        agent=agent,
        node=node,
        reason=reason,
        lost=lost,
        lost_s=lost_s,
        mending_s=ends[-1],
        half_s=half_s,
        out_s=out_s,
        in_s=in_s,
        until_s=until_s,
        seen=tuple(one for one in seen if lost_s <= one.at_s <= until_s),
        state=None if known is None else known.screen.get(STATE),
        first_back=first_back,
    )


def _lost(history: History, node: str, reason: str, from_s: float, to_s: float) -> Observation | None:
    """What told somebody first: an event, the user finesse, the end of a stream. Of a notification service that stops
    no event tells: one that says OUT_OF_SERVICE then is of another fault."""
    signs: list[Observation] = []
    out = history.of(
        EventSeen,
        lambda one: one.node == node and one.about is About.SYSTEM and one.system_status == OUT_OF_SERVICE,
        from_s=from_s,
        to_s=to_s,
    )
    signs += [] if reason == NOTIFICATION else out[:1]
    signs += history.of(
        PresenceSeen,
        lambda one: one.node == node and one.of == "finesse" and not one.available,
        from_s=from_s,
        to_s=to_s,
    )[:1]
    signs += history.of(
        StreamChange,
        lambda one: one.node == node and one.state in (StreamState.DISCONNECTED, StreamState.FAILED),
        from_s=from_s,
        to_s=to_s,
    )[:1]
    return min(signs, key=lambda one: one.at_s, default=None)


def _return(history: History, node: str, from_s: float, to_s: float) -> tuple[float, float | None]:
    looks = history.of(
        RestExchange, lambda one: one.node == node and one.system_status is not None, from_s=from_s, to_s=to_s
    )
    told = history.of(
        EventSeen,
        lambda one: one.node == node and one.about is About.SYSTEM and one.system_status == IN_SERVICE,
        from_s=from_s,
        to_s=to_s,
    )
    good = [one for one in looks if one.system_status == IN_SERVICE and one.sent_s >= from_s]
    there = [one.at_s for one in (*good[:1], *told[:1])]
    in_s = min(there, default=None)
    out = [one.sent_s for one in looks if one.system_status == OUT_OF_SERVICE and (in_s is None or one.at_s < in_s)]
    return max([from_s, *out]), in_s


@fact
def phones_blind(history: History) -> str | None:
    """Why what phones tell is not to be believed: something that they number is missing, or a control was not seen."""
    for agent, seen in by_agent(history).items():
        for what, numbers in (
            ("screen", [one.nth for one in seen if isinstance(one, PhoneScreen)]),
            ("request", [one.request for one in seen if isinstance(one, PhoneRequested)]),
            ("order", [one.push for one in seen if isinstance(one, PhonePushed)]),
        ):
            missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
            if missing:
                return f"{what} {missing[0]} of the phone of {agent} was not seen"
        shown = {one.text for one in seen if isinstance(one, PhoneScreen) and one.control}
        for one in seen:
            if isinstance(one, PhoneActed) and one.act is PhoneAct.CONTROL and one.detail not in shown:
                return f"the phone of {agent} was not seen to show what we made it show"
    return None
