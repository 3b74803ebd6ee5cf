"""An experiment's story as nested steps with the lab's times, read out of its journal. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.journal import FaultPhase, FaultSeen, Observation, SteadyState, Step, SwitchAct, SwitchActed, Timeline


@dataclass(frozen=True)
class Span:
    """Something that lasted from start_s to end_s of the lab's clock. ok: whether it went as the experiment needs."""

    title: str
    start_s: float
    end_s: float
    ok: bool = True
    children: tuple["Span", ...] = ()


_WORTH_A_STEP_S = 0.1
# More acts at a stretch than these are told as one step.
_ACTS_MAX = 4

# What a fault's phase is called, and the phases that it is measured from (the latest of them before it).
_PHASES: dict[FaultPhase, tuple[str, tuple[FaultPhase, ...], bool]] = {
    FaultPhase.INJECTED: ("injected", (FaultPhase.INJECTING,), True),
    FaultPhase.BITTEN: ("has bitten", (FaultPhase.INJECTED,), True),
    FaultPhase.NOT_BITTEN: ("never proved that it bit", (FaultPhase.INJECTED,), False),
    FaultPhase.ROLLED_BACK: ("rolled back", (FaultPhase.ROLLING_BACK,), True),
    FaultPhase.LIFTED: ("has lifted", (FaultPhase.ROLLED_BACK,), True),
    FaultPhase.NOT_LIFTED: ("never proved that it lifted", (FaultPhase.ROLLED_BACK,), False),
    FaultPhase.FAILED: ("failed", (FaultPhase.ROLLING_BACK, FaultPhase.INJECTING), False),
}


def story(timeline: Timeline) -> tuple[Span, ...]:
    """Steady state, the steps in order with faults and switch acts inside them, steady state again."""
    parts = _parts(timeline)
    following = [*parts[1:], None]
    spans = [_filled(part, after, timeline) for part, after in zip(parts, following, strict=False)]
    return (*spans, *_ending(timeline))


def act_text(act: SwitchActed) -> str:
    """One act at the switch in a few words, for instance "2001: make-call 2002 (call 7)"."""
    words = [f"{act.agent}: {act.act}"]
    if act.value is not None:
        words.append(act.value)
    if act.call_id is not None:
        words.append(f"(call {act.call_id})")
    if not act.ok:
        words.append(f"– refused: {act.detail or 'no reason given'}")
    return " ".join(words)


@dataclass(frozen=True)
class _Part:
    """A stretch of the journal, from its observation number `first` to before the next part's."""

    title: str
    first: int
    start_s: float
    ok: bool = True


def _parts(timeline: Timeline) -> list[_Part]:
    """The story's top level. Observations are counted, since many may fall on one instant of a virtual clock."""
    parts: list[_Part] = []
    for number, seen in enumerate(timeline):
        if isinstance(seen, Step):
            parts.append(_Part(seen.title, number, seen.at_s))
        elif isinstance(seen, SteadyState) and seen.when == "before":
            parts.append(_Part(_steady_text("Steady state before", seen), 0, 0.0, seen.ok))
            parts.append(_Part("The lab is watched", number + 1, seen.at_s))
        elif isinstance(seen, SteadyState):
            first, start_s = _after_the_last_act(timeline, number)
            parts.append(_Part(_steady_text("Steady state after", seen), first, start_s, seen.ok))
    return [part for part in parts if part.title != "The lab is watched" or _is_watched(part, parts, timeline)]


def _is_watched(part: _Part, parts: Sequence[_Part], timeline: Timeline) -> bool:
    """Whether time passed between the steady state and what came next."""
    following = [other.start_s for other in parts if other is not part and other.first >= part.first]
    return min(following, default=timeline.end_s) >= part.start_s + _WORTH_A_STEP_S


def _after_the_last_act(timeline: Timeline, before: int) -> tuple[int, float]:
    """Number and time of what follows the last thing that was done before observation number `before`."""
    last, at_s = 0, 0.0
    for number, seen in enumerate(timeline.observations[:before]):
        if isinstance(seen, (FaultSeen, SwitchActed, Step)):
            last, at_s = number + 1, seen.at_s
    return last, at_s


def _steady_text(what: str, seen: SteadyState) -> str:
    return f"{what}: it holds" if seen.ok else f"{what}: missing {', '.join(seen.missing) or 'something'}"


def _filled(part: _Part, following: _Part | None, timeline: Timeline) -> Span:
    """The part with what happened in it."""
    end_s = timeline.end_s if following is None else following.start_s
    inside = timeline.observations[part.first : None if following is None else following.first]
    children = tuple(_children(inside, timeline.of(FaultSeen)))
    ok = part.ok and all(child.ok for child in children)
    return Span(part.title, part.start_s, max(part.start_s, end_s), ok, children)


def _ending(timeline: Timeline) -> tuple[Span, ...]:
    """A last step for a story that was not played, or not recorded, to its end."""
    ended = timeline.ended
    if ended is not None and ended.error is not None:
        return (Span(f"Cut short: {ended.error}", ended.at_s, ended.at_s, ok=False),)
    if ended is None and len(timeline):
        return (Span("The journal breaks off here", timeline.end_s, timeline.end_s, ok=False),)
    return ()


def _children(inside: Sequence[Observation], faults: Sequence[FaultSeen]) -> Iterator[Span]:
    acts: list[SwitchActed] = []
    for seen in inside:
        if isinstance(seen, SwitchActed):
            acts.append(seen)
        elif isinstance(seen, FaultSeen) and seen.phase in _PHASES:
            yield from _at_the_switch(acts)
            acts = []
            words, since, ok = _PHASES[seen.phase]
            detail = f" – {seen.detail}" if seen.detail else ""
            yield Span(f"Fault {seen.fault} {words}{detail}", _since_s(seen, since, faults), seen.at_s, ok)
    yield from _at_the_switch(acts)


def _at_the_switch(acts: Sequence[SwitchActed]) -> Iterator[Span]:
    """What was done there: single acts, or, of many at a stretch, how many of each kind. The journal has them all."""
    if len(acts) <= _ACTS_MAX:
        for act in acts:
            yield Span(f"At the switch: {act_text(act)}", act.at_s, act.at_s, _went_well(act))
        return
    counts = Counter(str(act.act) for act in acts).most_common()
    refused = sum(not act.ok for act in acts)
    words = f"At the switch, {len(acts)} acts: " + ", ".join(f"{count} × {kind}" for kind, count in counts)
    if refused:
        words += f"; {refused} of them refused"
    yield Span(words, acts[0].at_s, acts[-1].at_s, all(map(_went_well, acts)))


def _went_well(act: SwitchActed) -> bool:
    """A call that is to be cleared and is gone already is cleared."""
    return act.ok or act.act is SwitchAct.CLEAR


def _since_s(seen: FaultSeen, phases: Sequence[FaultPhase], faults: Sequence[FaultSeen]) -> float:
    """When the phase began that ended with `seen`; its own time if that was not noted."""
    begun = [one.at_s for one in faults if one.fault == seen.fault and one.phase in phases and one.at_s <= seen.at_s]
    return begun[-1] if begun else seen.at_s
