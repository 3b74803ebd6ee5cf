"""Whether clients hear: what was done only to be heard, and whether it was.

Theory of operation. Silence is evidence only from somebody who is known to hear. Each client sends events to itself
through the node's notification service (`ControlSent`): they come back on the way of Finesse's own, in a gap too, and
whatever loses the one loses the other. Besides, everything that happens to agents at the switch before a node loses its
CTI server for the first time has to be told; after that, what is missing may be the product's doing. One control that
is missing means that this run's clients do not hear all; then nothing may rest on what they did not hear.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.history.evidence import Evidence
from chaos.history.faults import fault_spans
from chaos.history.gaps import gaps
from chaos.history.happenings import NOTICE, STOOD_S, tellers, told_as_before
from chaos.history.history import History, fact
from chaos.history.people import at_work, homes, streams_lost
from chaos.history.telephone import switch_has_news
from chaos.journal import About, ControlSent, EventSeen

# What happens at the switch in service is told within this time (ours: events take well below a second).
TOLD_S = 5.0
# How far a control may be from what it is to vouch for (ours: the longest fail-over that guides quote, and less than
# its half on either side).
CLOSE_S = 90.0

_NAMES = {About.USER: "User", About.DIALOG: "Dialog", About.DIALOGS: "Dialogs", About.SYSTEM: "SystemInfo"}


@dataclass(frozen=True, slots=True)
class Control:
    """Something that was to be heard by that agent's client. heard: the event, None if it never came."""

    agent: str
    kind: str
    at_s: float
    heard: EventSeen | None
    what: str
    number: int | None

    def cited(self) -> Evidence:
        if self.heard is None:
            return Evidence(self.at_s, f"{self.agent} did not hear: {self.what}", self.number)
        return Evidence.of(self.heard, f"{self.agent} heard: {self.what}")


@fact
def controls(history: History) -> tuple[Control, ...]:
    """Every control of the journal, in order of time; those of the last seconds, which may be under way, left out.

    What clients send themselves, all along; and what happens at the switch before the first loss, all of which a node
    in order tells. Where that is missing nobody knows whether the client is deaf, or a fail-over before this journal
    began has broken the product: its own journal says so, this one says nothing.
    """
    found = [*_sent(history), *(one for agent in at_work(history) for one in _happened(history, agent))]
    return tuple(sorted(found, key=lambda one: one.at_s))


def _sent(history: History) -> Iterator[Control]:
    heard = {seen.request_id: seen for seen in history.whole.of(EventSeen, lambda seen: seen.control)}
    if not heard:
        return  # this lab's notification service passes nothing on; that is no deafness
    for seen in history.of(ControlSent, to_s=history.story.end_s - TOLD_S):
        if streams_lost(history, [seen.agent], from_s=seen.at_s, to_s=seen.at_s + TOLD_S):
            continue  # it went down with its stream, which is known
        kind = f"{_NAMES.get(seen.about, seen.about)} {seen.event}"
        event = heard.get(seen.request_id)
        yield Control(seen.agent, kind, seen.at_s, event, f"its own {kind}", seen.number)


@fact
def _sent_by(history: History) -> Mapping[tuple[str, str], Sequence[Control]]:
    """Each agent's own controls of each kind."""
    found: dict[tuple[str, str], list[Control]] = {}
    for one in _sent(history):
        found.setdefault((one.agent, one.kind), []).append(one)
    return found


def _happened(history: History, agent: str) -> Iterator[Control]:
    until_s = first_loss_s(history) - TOLD_S
    for one, event in tellers(history, agent, TOLD_S).items():
        if one.at_s < until_s and one.until_s - one.at_s >= STOOD_S:
            # Whoever is told what was before is not deaf: of what it hears otherwise this says nothing.
            if event is None and told_as_before(history, one):
                continue
            yield Control(agent, one.kind, one.at_s, event, str(one), one.seen.number)


@fact
def first_loss_s(history: History) -> float:
    """Until when everything is to be told: the first fault of this journal, or its first gap, or the story's end."""
    begins = [span.injecting_s for span in fault_spans(history)]
    return min([*begins, *(gap.told_s for gap in gaps(history))], default=history.story.end_s)


@fact
def deaf(history: History) -> str | None:
    """Why nothing may rest on what this run's clients did not hear; None if they heard everything that was for them."""
    return switch_has_news(history) or deaf_clients(history)


@fact
def deaf_clients(history: History) -> str | None:
    """The same where our telephone at the switch is not asked for its word."""
    return _missed(history, controls(history))


@fact
def deaf_to_notices(history: History) -> str | None:
    """The same of notices of SystemInfo alone."""
    return _missed(history, tuple(one for one in controls(history) if one.kind == NOTICE))


def _missed(history: History, whole: Sequence[Control]) -> str | None:
    missing = [one for one in whole if one.heard is None]
    if not missing:
        return None
    first = missing[0]
    return (
        f"the clients do not hear all: {len(missing)} of {len(whole)} controls did not come through, first at "
        f"{first.at_s:.3f} s to {first.agent} at {homes(history).get(first.agent)} ({first.what})"
    )


@fact
def heard_before(history: History, agent: str, kind: str, at_s: float) -> Control | None:
    """The last control of that agent and kind that it heard before, close enough to vouch for it; None if none is."""
    before = [one for one in _of(history, agent, kind) if one.at_s <= at_s and at_s - one.at_s <= CLOSE_S]
    return before[-1] if before else None


@fact
def heard_after(history: History, agent: str, kind: str, at_s: float) -> Control | None:
    """The first such control after it."""
    after = [one for one in _of(history, agent, kind) if one.at_s >= at_s and one.at_s - at_s <= CLOSE_S]
    return after[0] if after else None


@fact
def _of(history: History, agent: str, kind: str) -> tuple[Control, ...]:
    """What that agent heard of that kind: its own controls, and what happened at the switch and was told."""
    own = [one for one in _sent_by(history).get((agent, kind), ()) if one.heard is not None]
    told = [
        Control(agent, kind, one.at_s, event, str(one), one.seen.number)
        for one, event in tellers(history, agent, TOLD_S).items()
        if one.kind == kind and event is not None
    ]
    return tuple(sorted([*own, *told], key=lambda one: one.at_s))
