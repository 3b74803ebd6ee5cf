"""Whether an experiment's journal can be trusted at all: was it whole, did its faults bite, did they lift?"""

from collections import Counter
from dataclasses import replace

from chaos.journal import FaultPhase, FaultSeen, Lateness, SteadyState, Timeline


def story_of(timeline: Timeline) -> Timeline:
    """The timeline until the last fault begins to be rolled back: what comes after is our own mending.

    How late the loop was is noted from time to time; the first such note after the end speaks of the story too.
    """
    mending = max(
        (n for n, seen in enumerate(timeline) if isinstance(seen, FaultSeen) and seen.phase is FaultPhase.ROLLING_BACK),
        default=len(timeline),
    )
    story = list(timeline.observations[: mending + 1])
    late = next((seen for seen in timeline.observations[mending + 1 :] if isinstance(seen, Lateness)), None)
    if late is not None:
        story.append(replace(late, at_s=story[-1].at_s))
    return Timeline(tuple(story), torn=timeline.torn)


def _without(timeline: Timeline, phase: FaultPhase, *, lies_in_wait: bool) -> list[str]:
    """Names of the faults that did not come into that phase each time that they were injected."""
    faults = timeline.of(FaultSeen, lambda seen: seen.lies_in_wait is lies_in_wait)
    injected = Counter(seen.fault for seen in faults if seen.phase is FaultPhase.INJECTING)
    reached = Counter(seen.fault for seen in faults if seen.phase is phase)
    names = dict.fromkeys(seen.fault for seen in faults)
    return [name for name in names if reached[name] < max(1, injected[name])]


def baseless(timeline: Timeline) -> tuple[str, ...]:
    """Why nothing at all may be judged from this journal; empty if something may.

    What a single fault failed to prove is held against what rests on it (see `chaos.verdicts.witness`).
    """
    doubts = [] if timeline.of(FaultSeen) else ["no fault was injected"]
    before = timeline.of(SteadyState, lambda seen: seen.when == "before")
    if not any(seen.ok for seen in before):
        missing = ", ".join(before[-1].missing) if before else "it was not looked for"
        doubts.append(f"there was no steady state before it: {missing}")
    return tuple(doubts)


def unproven(timeline: Timeline) -> tuple[str, ...]:
    """Why nothing may be judged from this journal; empty if it may. A fault that did not bite proves nothing."""
    doubts: list[str] = []
    if not timeline.of(FaultSeen):
        doubts.append("no fault was injected")
    idle = _without(timeline, FaultPhase.BITTEN, lies_in_wait=False)
    doubts += [f"fault {fault} never proved that it bit" for fault in idle]
    before = timeline.of(SteadyState, lambda seen: seen.when == "before")
    if not any(seen.ok for seen in before):
        missing = ", ".join(before[-1].missing) if before else "it was not looked for"
        doubts.append(f"there was no steady state before it: {missing}")
    return tuple(doubts)


def unfinished(timeline: Timeline) -> tuple[str, ...]:
    """Why a HELD from this journal would be too much; empty if it would not."""
    doubts: list[str] = []
    ended = timeline.ended
    if ended is None or timeline.torn:
        doubts.append("the journal breaks off" + (" in the middle of a line" if timeline.torn else ""))
    elif ended.error is not None:
        doubts.append(f"the experiment was cut short: {ended.error}")
    idle = _without(timeline, FaultPhase.BITTEN, lies_in_wait=True)
    doubts += [f"fault {fault} never proved that it bit" for fault in idle]
    loose = [fault for waits in (False, True) for fault in _without(timeline, FaultPhase.HELD, lies_in_wait=waits)]
    doubts += [f"fault {fault} never proved that it held until its rollback" for fault in loose]
    left = [fault for waits in (False, True) for fault in _without(timeline, FaultPhase.LIFTED, lies_in_wait=waits)]
    doubts += [f"fault {fault} never proved that it lifted" for fault in left]
    after = timeline.of(SteadyState, lambda seen: seen.when == "after")
    if not any(seen.ok for seen in after):
        missing = ", ".join(after[-1].missing) if after else "it was not looked for"
        doubts.append(f"the steady state did not come back: {missing}")
    return tuple(doubts)


def clock_error_s(timeline: Timeline) -> float:
    """How far two times of this journal may be off: 0 on the virtual clock, else the worst lateness seen."""
    if timeline.header.clock == "virtual":
        return 0.0
    return max((seen.worst_s for seen in timeline.of(Lateness)), default=0.05)
