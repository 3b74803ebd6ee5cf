"""What each desktop's browser told – requests, notices, and what was done at it –, and whether it is to be believed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chaos.history.history import History, fact
from chaos.journal import BoshPart, DesktopAct, DesktopActed, DesktopNotice, DesktopRequested, Observation

# Of the requests of a browser that was closed so many may still have been under way.
_ON_THE_WAY = 6


@fact
def by_desktop(history: History) -> Mapping[tuple[str, int], tuple[Observation, ...]]:
    """What was seen of each desktop, by agent and window."""
    found: dict[tuple[str, int], list[Observation]] = {}
    for seen in history.story:
        if isinstance(seen, DesktopRequested | DesktopNotice | DesktopActed):
            found.setdefault((seen.agent, seen.window), []).append(seen)
    return MappingProxyType({desktop: tuple(_let_in(about)) for desktop, about in found.items()})


@fact
def by_agent(history: History) -> Mapping[str, tuple[Observation, ...]]:
    """The same of each agent's first one."""
    return MappingProxyType({agent: about for (agent, window), about in by_desktop(history).items() if window == 1})


def _let_in(about: Sequence[Observation]) -> Iterator[Observation]:
    """An event stream to which nobody is let in is none: what asked for it has brought no session."""
    for n, seen in enumerate(about):
        if isinstance(seen, DesktopRequested) and seen.part is BoshPart.OPEN and _is_refused(seen, about[n + 1 :]):
            yield replace(seen, told=(*(word for word in seen.told if word != "session"), "refused"))
        else:
            yield seen


def _is_refused(opened: DesktopRequested, later: Sequence[Observation]) -> bool:
    """Whether the sign-in to that stream is refused, before another one is asked for there."""
    for seen in later:
        if isinstance(seen, DesktopRequested) and seen.node == opened.node and seen.resource == opened.resource:
            if seen.part is BoshPart.OPEN and not seen.is_look:
                return False
            if "refused" in seen.told:
                return True
    return False


@fact
def desktops_blind(history: History) -> str | None:
    """Why what browsers tell is not to be believed: a control was not seen, or a request or notice is missing."""
    for (agent, _), about in by_desktop(history).items():
        for sitting in _sittings(about):
            why = _hole(agent, sitting) or _deaf(agent, sitting)
            if why is not None:
                return why
    return None


def _sittings(about: Sequence[Observation]) -> list[list[Observation]]:
    """What one browser told, each from its opening to its closing."""
    found: list[list[Observation]] = [[]]
    for seen in about:
        found[-1].append(seen)
        if isinstance(seen, DesktopActed) and seen.act in (DesktopAct.CLOSE, DesktopAct.CRASH):
            found.append([])
    return found


def _hole(agent: str, about: Sequence[Observation]) -> str | None:
    """A browser numbers its requests, our observer in the page what that shows: none of both may be missing."""
    requests = {seen.request for seen in about if isinstance(seen, DesktopRequested) and seen.request is not None}
    missing = sorted(set(range(1, max(requests, default=0) - _ON_THE_WAY)) - requests)
    if missing:
        return f"the network log of {agent} lacks request {missing[0]}"
    shown = {seen.nth for seen in about if isinstance(seen, DesktopNotice) and seen.nth is not None}
    unseen = sorted(set(range(1, max(shown, default=0))) - shown)
    return f"notice {unseen[0]} on the screen of {agent} was not seen" if unseen else None


def _deaf(agent: str, about: Sequence[Observation]) -> str | None:
    """Each control was seen on the screen, and in the log as a look of ours."""
    shown = {one.text for one in about if isinstance(one, DesktopNotice) and one.control}
    has_looked, has_asked = False, False
    for seen in about:
        if isinstance(seen, DesktopRequested):
            has_looked, has_asked = has_looked or seen.is_look, True
        elif isinstance(seen, DesktopNotice) and seen.control:
            has_looked = False  # what is asked for comes right after what is shown
        elif isinstance(seen, DesktopActed) and seen.act is DesktopAct.CONTROL and seen.ok:
            if seen.detail not in shown:
                return f"the screen of {agent} was not seen to show what we made it show"
            if not has_looked:
                return f"the network log of {agent} lacks what we made its browser ask for"
        elif isinstance(seen, DesktopActed) and seen.act is DesktopAct.SIGN_IN and seen.ok and not has_asked:
            return f"the network log of {agent} is empty"
    return None
