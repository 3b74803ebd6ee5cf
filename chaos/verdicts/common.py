"""One verdict over several nodes or people."""

from collections.abc import Sequence

from chaos.verdicts.verdict import Outcome, Verdict, inconclusive, worst


def each(clause: str, verdicts: Sequence[Verdict], all_held: str) -> Verdict:
    """One verdict over several nodes: the worst; if all held, one sentence with everybody's evidence."""
    if not verdicts:
        return inconclusive(clause, "nobody was there to be judged")
    found = worst(verdicts)
    if found.outcome is not Outcome.HELD:
        return found
    slowest = max((one for one in verdicts if one.measured), key=_latest_s, default=found)
    evidence = tuple(dict.fromkeys(item for verdict in verdicts for item in verdict.evidence))
    return Verdict(clause, Outcome.HELD, all_held, evidence, slowest.measured, slowest.bound)


def _latest_s(verdict: Verdict) -> float:
    return verdict.measured.hi_s if verdict.measured else 0.0
