"""Who came in otherwise than by a request to the API: by the desktop's sign-in page, or for an event stream."""

from dataclasses import dataclass

from chaos.history.asking import asked
from chaos.history.awdb_traffic import Heard, connections, talks_unasked
from chaos.history.evidence import Evidence
from chaos.history.history import History, fact
from chaos.journal import AwdbSeen, AwdbStep, DesktopShown, Screen, StreamChange, StreamState

EVENT_STREAM, SIGN_IN_PAGE = KINDS = ("event stream", "sign-in page")
_SPOKEN = (AwdbStep.ATTEMPT, AwdbStep.ASKED, AwdbStep.ANSWERED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One try. ok: he was let in. text: what the sign-in page said, None if nothing; came: it came at all."""

    kind: str
    node: str
    agent: str
    from_s: float
    to_s: float
    ok: bool
    number: int
    text: str | None = None
    came: bool = True

    def cited(self) -> Evidence:
        said = f" (“{self.text}”)" if self.text else ""
        how = "is let in" if self.ok else f"is turned away{said}" if self.came else "is shown nothing"
        return Evidence(self.from_s, f"{self.node}: {self.agent}, by the {self.kind}, {how}", self.number or None)


@fact
def entries(history: History) -> tuple[Entry, ...]:
    """All of them, in order. An event stream that we did not ask for, or whose asking was not noted, is none."""
    found = [
        Entry(SIGN_IN_PAGE, one.node, one.agent, one.asked_s, one.at_s, one.ok, one.number, one.text, one.came)
        for one in history.of(DesktopShown, lambda seen: seen.screen is Screen.SIGN_IN)
    ]
    found += [
        Entry(EVENT_STREAM, one.node, one.agent, one.asked_s, one.at_s, one.state is StreamState.CONNECTED, one.number)
        for one in history.of(StreamChange, lambda seen: seen.state in (StreamState.CONNECTED, StreamState.FAILED))
        if one.asked_s is not None
    ]
    return tuple(sorted(found, key=lambda one: one.from_s))


def heard_at(history: History, entry: Entry) -> Heard:
    """What was seen on the AWDB links meanwhile, as far as it may be that node's."""
    known = connections(history)
    seen = [
        one
        for one in history.of(AwdbSeen, from_s=entry.from_s, to_s=entry.to_s)
        if one.step in _SPOKEN
        and not known[one.connection].is_ours
        and known[one.connection].node in (None, entry.node)
    ]
    is_certain = all(known[one.connection].node == entry.node for one in seen) and _is_alone(history, entry)
    return Heard(tuple(seen), is_certain and not talks_unasked(history, entry.node))


def _is_alone(history: History, entry: Entry) -> bool:
    """Whether its node had nothing else under way meanwhile."""
    others = [(one.node, one.sent_s, one.at_s) for one in asked(history)]
    others += [(one.node, one.from_s, one.to_s) for one in entries(history) if one is not entry]
    others += [
        (one.node, one.asked_s, one.at_s)
        for one in history.of(DesktopShown, lambda seen: seen.screen is not Screen.SIGN_IN)
    ]
    return not any(node == entry.node and from_s < entry.to_s and to_s > entry.from_s for node, from_s, to_s in others)
