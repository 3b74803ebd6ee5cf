"""What makes the silence of a node evidence: that our relays heard it, shortly before and shortly after."""

from bisect import bisect_left, bisect_right

from chaos.history import Evidence, History
from chaos.history.awdb_traffic import heard_times_s
from chaos.verdicts import bounds

Controls = tuple[Evidence, Evidence]


def heard_around(history: History, node: str, from_s: float, to_s: float) -> Controls | None:
    """That the relays heard that node ask an AWDB within reach before and after that time; None if they did not."""
    times_s = heard_times_s(history, node)
    before = bisect_left(times_s, from_s) - 1
    after = bisect_right(times_s, to_s)
    if before < 0 or after >= len(times_s):
        return None
    if from_s - times_s[before] > bounds.CONTROL_S or times_s[after] - to_s > bounds.CONTROL_S:
        return None
    text = f"a relay hears {node} ask an AWDB"
    return Evidence(times_s[before], f"{text}, before"), Evidence(times_s[after], f"{text}, after")


def unheard(node: str) -> str:
    return f"no relay was seen to hear {node} within {bounds.CONTROL_S:g} s before and after: silence shows nothing"
