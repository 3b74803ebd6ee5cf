"""Whether an experiment's journal can be trusted at all: was it whole, did its faults bite, did they lift?"""

from collections import Counter

from chaos.journal import FaultPhase, FaultSeen, SteadyState, Timeline


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


def unfinished(timeline: Timeline) -> tuple[str, ...]:
    """Why a HELD from this journal would be too much; empty if it would not."""
    doubts = list(cut_short(timeline))
    if timeline.ended is None or timeline.torn:
        doubts.append("the journal breaks off" + (" in the middle of a line" if timeline.torn else ""))
    idle = [fault for waits in (False, True) for fault in _without(timeline, FaultPhase.BITTEN, lies_in_wait=waits)]
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


def cut_short(timeline: Timeline) -> tuple[str, ...]:
    """Why the experiment did not come to its end, by its own word; empty if it did, or says nothing."""
    error = timeline.ended.error if timeline.ended is not None else None
    return () if error is None else (f"the experiment was cut short: {error}",)
