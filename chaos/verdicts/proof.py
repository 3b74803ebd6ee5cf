"""Whether an experiment's journal can be trusted at all: was it whole, did its faults bite, did they lift?"""

from chaos.journal import FaultPhase, FaultSeen, Lateness, SteadyState, Timeline


def story_of(timeline: Timeline) -> Timeline:
    """The timeline until the last fault begins to be rolled back: what comes after is our own mending."""
    mending = max(
        (n for n, seen in enumerate(timeline) if isinstance(seen, FaultSeen) and seen.phase is FaultPhase.ROLLING_BACK),
        default=len(timeline),
    )
    return Timeline(tuple(timeline.observations[: mending + 1]), torn=timeline.torn)


def unproven(timeline: Timeline) -> tuple[str, ...]:
    """Why nothing may be judged from this journal; empty if it may. A fault that did not bite proves nothing."""
    doubts: list[str] = []
    injected = dict.fromkeys(seen.fault for seen in timeline.of(FaultSeen))
    bitten = {seen.fault for seen in timeline.of(FaultSeen, lambda seen: seen.phase is FaultPhase.BITTEN)}
    if not injected:
        doubts.append("no fault was injected")
    doubts += [f"fault {fault} never proved that it bit" for fault in injected if fault not in bitten]
    before = timeline.of(SteadyState, lambda seen: seen.when == "before")
    if not any(seen.ok for seen in before):
        missing = ", ".join(before[-1].missing) if before else "it was not looked for"
        doubts.append(f"there was no steady state before it: {missing}")
    return tuple(doubts)


def unfinished(timeline: Timeline) -> tuple[str, ...]:
    """Why a HELD from this journal would be too much; empty if it would not."""
    doubts: list[str] = []
    ended = timeline.ended
    if ended is None:
        doubts.append("the journal breaks off" + (" in the middle of a line" if timeline.torn else ""))
    elif ended.error is not None:
        doubts.append(f"the experiment was cut short: {ended.error}")
    lifted = {seen.fault for seen in timeline.of(FaultSeen, lambda seen: seen.phase is FaultPhase.LIFTED)}
    injected = dict.fromkeys(seen.fault for seen in timeline.of(FaultSeen))
    doubts += [f"fault {fault} never proved that it lifted" for fault in injected if fault not in lifted]
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
