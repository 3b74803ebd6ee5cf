"""An experiment's story as nested steps with the lab's times, read out of its journal. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chaos.journal import Ended, FaultPhase, FaultSeen, Observation, SteadyState, Step, SwitchActed, Timeline


@dataclass(frozen=True)
class Span:
    """Something that lasted from start_s to end_s of the lab's clock. ok: whether it went as the experiment needs."""

    title: str
    start_s: float
    end_s: float
    ok: bool = True
    children: tuple["Span", ...] = ()


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
    return tuple(_filled(part, timeline) for part in parts)


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


def _parts(timeline: Timeline) -> list[Span]:
    """The story's top level: each part lasts until the next one begins."""
    marks: list[tuple[float, str, bool]] = []
    steady = timeline.of(SteadyState)
    before = [seen for seen in steady if seen.when == "before"]
    after = [seen for seen in steady if seen.when != "before"]
    if before:
        marks.append((0.0, _steady_text("Steady state before", before[-1]), before[-1].ok))
    if before and not any(seen.at_s < before[-1].at_s for seen in timeline.of(Step)):
        first = min((seen.at_s for seen in timeline.of(Step)), default=timeline.end_s)
        if first > before[-1].at_s:
            marks.append((before[-1].at_s, "The lab is watched", True))
    marks += [(seen.at_s, seen.title, True) for seen in timeline.of(Step)]
    if after:
        begun_s = max((seen.at_s for seen in timeline.of(FaultSeen) if seen.at_s <= after[-1].at_s), default=0.0)
        begun_s = max(begun_s, *(mark[0] for mark in marks)) if marks else begun_s
        marks.append((begun_s, _steady_text("Steady state after", after[-1]), after[-1].ok))
    ends = [mark[0] for mark in marks[1:]] + [timeline.end_s]
    parts = [
        Span(title, start_s, max(start_s, end_s), ok) for (start_s, title, ok), end_s in zip(marks, ends, strict=True)
    ]
    ended = timeline.ended
    if ended is not None and ended.error is not None:
        parts.append(Span(f"Cut short: {ended.error}", ended.at_s, ended.at_s, ok=False))
    elif ended is None and len(timeline):
        parts.append(Span("The journal breaks off here", timeline.end_s, timeline.end_s, ok=False))
    return parts


def _steady_text(what: str, seen: SteadyState) -> str:
    return f"{what}: it holds" if seen.ok else f"{what}: missing {', '.join(seen.missing) or 'something'}"


def _filled(part: Span, timeline: Timeline) -> Span:
    """The part with what happened in it: an observation belongs to the last part that had begun."""
    inside = [seen for seen in timeline if _belongs(seen, part)]
    children = tuple(_children(inside, timeline.of(FaultSeen)))
    return replace(part, ok=part.ok and all(child.ok for child in children), children=children)


def _belongs(seen: Observation, part: Span) -> bool:
    if isinstance(seen, Ended):
        return False
    return part.start_s <= seen.at_s < part.end_s


def _children(inside: Sequence[Observation], faults: Sequence[FaultSeen]) -> Iterable[Span]:
    for seen in inside:
        if isinstance(seen, SwitchActed):
            yield Span(f"At the switch: {act_text(seen)}", seen.at_s, seen.at_s, seen.ok)
        elif isinstance(seen, FaultSeen) and seen.phase in _PHASES:
            words, since, ok = _PHASES[seen.phase]
            detail = f" – {seen.detail}" if seen.detail else ""
            yield Span(f"Fault {seen.fault} {words}{detail}", _since_s(seen, since, faults), seen.at_s, ok)


def _since_s(seen: FaultSeen, phases: Sequence[FaultPhase], faults: Sequence[FaultSeen]) -> float:
    """When the phase began that ended with `seen`; its own time if that was not noted."""
    begun = [one.at_s for one in faults if one.fault == seen.fault and one.phase in phases and one.at_s <= seen.at_s]
    return begun[-1] if begun else seen.at_s
