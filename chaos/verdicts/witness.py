"""Whether whoever says VIOLATED was fit to see: no lateness of ours, other looks answered, the fault as claimed.

A correct product must not be blamed because our own machine slept, the network between us and a node was gone, or a
fault of ours did half of what it says. Missing fitness makes a finding INCONCLUSIVE, with the reason.
"""

from collections.abc import Iterator

from chaos.history import History, fact
from chaos.history.faults import fault_spans, slow_links, stops
from chaos.history.lateness import clock_error_s
from chaos.journal import CtiSeen, CtiStep, RestExchange
from chaos.verdicts.finding import Finding
from chaos.verdicts.outcome import Outcome

# A loop that wakes later than this may have missed what it waited for (ours: less than any bound that is judged).
LATE_S = 1.0
# Lateness shortly before a stretch still explains what is missing in it.
NEAR_S = 5.0


def witnessed(history: History, finding: Finding) -> Finding:
    """The finding, or INCONCLUSIVE where whoever saw it was not fit to."""
    if finding.outcome is Outcome.INCONCLUSIVE:
        return finding
    why = next(_doubts(history, finding), None)
    return finding if why is None else finding.doubted(why)


def _doubts(history: History, finding: Finding) -> Iterator[str]:
    from_s, to_s = finding.stretch
    if finding.rests_on_faults:
        yield from _half_faults(history, from_s, to_s)
    if finding.outcome is not Outcome.VIOLATED:
        return
    late_s = clock_error_s(history, from_s - NEAR_S, to_s + NEAR_S)
    if late_s > LATE_S:
        yield f"the harness itself was up to {late_s:.1f} s late near it"
    if finding.minds_delay:
        yield from _delays(history, from_s, to_s)
    node = finding.cell.get("node")
    if node is not None and not _is_away(history, node):
        yield from _blind(history, node, from_s, to_s)


def _half_faults(history: History, from_s: float, to_s: float) -> Iterator[str]:
    for span in fault_spans(history):
        # One that lies in wait can be missed by a product that never comes its way; then that is what is to be said.
        if span.bit is None and not span.lies_in_wait and span.injecting_s < to_s:
            yield f"fault {span.name} never proved that it bit"
        broke = span.broke_off
        if broke is not None and span.in_force_until_s <= to_s:
            yield f"fault {span.name} was not in force as claimed: {broke.detail}"
    lost = _lost_connections(history)
    if lost and lost[0].at_s <= to_s:
        yield f"the relay of side {lost[0].side.upper()} could no longer follow a connection at {lost[0].at_s:.1f} s"


def _delays(history: History, from_s: float, to_s: float) -> Iterator[str]:
    """What a CTI server said had not reached the node when the relay had seen it, by a fault of ours."""
    for span in slow_links(history):
        over_s = span.rolled_back_s if span.rolled_back_s is not None else float("inf")
        if span.injecting_s <= to_s and from_s - NEAR_S <= over_s:
            yield f"fault {span.name} kept back what CTI servers said near it"


@fact  # asked for by each of a run's thousands of findings
def _lost_connections(history: History) -> tuple[CtiSeen, ...]:
    """Where the relay could no longer follow one of the product's."""
    return tuple(history.whole.of(CtiSeen, lambda seen: seen.step is CtiStep.GARBAGE and not seen.is_ours))


def _is_away(history: History, node: str) -> bool:
    return any(stops(history, span, node) for span in fault_spans(history))


def _blind(history: History, node: str, from_s: float, to_s: float) -> Iterator[str]:
    """No answer at all came from that node to this machine for so long, though several were asked for."""
    looks = history.whole.of(RestExchange, lambda seen: seen.node == node, from_s=from_s - NEAR_S, to_s=to_s + NEAR_S)
    run: list[RestExchange] = []
    for seen in looks:
        # What broke the HTTP exchange itself, not what an HTTP answer said.
        run = [*run, seen] if seen.status is None else []
        if len(run) >= 2 and any(one.resource == "GET SystemInfo" for one in run):
            yield (
                f"nothing that this machine asked of {node} was answered from {run[0].sent_s:.1f} to "
                f"{run[-1].at_s:.1f} s, SystemInfo neither: the way there may have been gone"
            )
            return
