"""Whether an experiment's journal can be trusted at all: was it whole, did its faults bite, did they lift?"""

from collections import Counter

from chaos.journal import FaultPhase, FaultSeen, SteadyState, Timeline


def _without(timeline: Timeline, phase: FaultPhase) -> list[str]:
    """Names of the faults that did not come into that phase each time that they were injected."""
    faults = timeline.of(FaultSeen)
    injected = Counter(seen.fault for seen in faults if seen.phase is FaultPhase.INJECTING)
    reached = Counter(seen.fault for seen in faults if seen.phase is phase)
    names = dict.fromkeys(seen.fault for seen in faults)
    return [name for name in names if reached[name] < max(1, injected[name])]


def _unsteady(timeline: Timeline, when: str) -> str | None:
    """What was missing from the steady state then; None if it was seen to hold."""
    looks = timeline.of(SteadyState, lambda seen: seen.when == when)
    if any(seen.ok for seen in looks):
        return None
    return ", ".join(looks[-1].missing) if looks else "it was not looked for"


def baseless(timeline: Timeline) -> tuple[str, ...]:
    """Why nothing at all may be judged from this journal; empty if something may.

    What a single fault failed to prove is held against what rests on it (see `chaos.verdicts.witness`).
    """
    doubts = [] if timeline.of(FaultSeen) else ["no fault was injected"]
    missing = _unsteady(timeline, "before")
    if missing is not None:
        doubts.append(f"there was no steady state before it: {missing}")
    return tuple(doubts)


_PROOFS = {
    FaultPhase.BITTEN: "bit",
    FaultPhase.HELD: "held until its rollback",
    FaultPhase.LIFTED: "lifted",
}


def unfinished(timeline: Timeline) -> tuple[str, ...]:
    """Why a HELD from this journal would be too much; empty if it would not."""
    doubts = list(cut_short(timeline))
    if timeline.ended is None or timeline.torn:
        doubts.append("the journal breaks off" + (" in the middle of a line" if timeline.torn else ""))
    for phase, proof in _PROOFS.items():
        doubts += [f"fault {fault} never proved that it {proof}" for fault in _without(timeline, phase)]
    missing = _unsteady(timeline, "after")
    if missing is not None:
        doubts.append(f"the steady state did not come back: {missing}")
    return tuple(doubts)


def cut_short(timeline: Timeline) -> tuple[str, ...]:
    """Why the experiment did not come to its end, by its own word; empty if it did, or says nothing."""
    error = timeline.ended.error if timeline.ended is not None else None
    return () if error is None else (f"the experiment was cut short: {error}",)
