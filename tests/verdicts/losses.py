"""What tests of lost CTI sessions share: attempts, heartbeats and losses in words, and what a check says of them."""

from collections.abc import Iterable

from chaos.history import History
from chaos.verdicts import Outcome, cti
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import alone, framed, played

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE

ALONE = ("fin-a",)

BOTH = ("fin-a", "fin-b")

TICK_S = 1e-6


def findings(
    check: Check, text: str, *, fault: str = "reset", lasts_s: float = 100.0, nodes: Iterable[str] = BOTH,
    clock: str = "virtual", more: str = "",
) -> list[Finding]:  # fmt: skip
    story = framed(text, lasts_s=lasts_s, fault=fault) + more
    return found(alone(check), History(played(story, nodes=tuple(nodes), clock=clock)))


def said(check: Check, text: str, **how: object) -> set[Outcome]:
    """The outcomes that there are among the findings."""
    return {finding.outcome for finding in findings(check, text, **how)}  # type: ignore[arg-type]


def beats(node: str, pattern: str, *, from_s: float) -> str:
    """Heartbeats every 5 s: x withheld, . confirmed."""
    return "\n".join(f"{from_s + 5 * n} {node} a {'miss' if beat == 'x' else 'beat'}" for n, beat in enumerate(pattern))


def both_beat(pattern: str) -> str:
    return "\n".join(
        f"0 {node} a stands\n" + beats(node, pattern, from_s=from_s) for node, from_s in (("fin-a", 2), ("fin-b", 3))
    )


def lost_after(declared_s: float, *, misses: str = "xxx", told_s: float | None = None) -> str:
    """One node; its first confirmation is withheld at 12 s."""
    told_s = declared_s + 0.1 if told_s is None else told_s
    return "0 fin-a a stands\n" + "\n".join(
        [beats("fin-a", "." + misses, from_s=7), f"{declared_s} fin-a a closes", f"{told_s} fin-a says OUT"]
    )


KEPT = "0 fin-a a stands\n10 fin-a a is-reset\n10.1 fin-a says OUT\n10.5 fin-a b opens\n11 fin-a says IN"


def slow(until_s: float = 50.0, *, bites: bool = True) -> str:
    """Confirmations on side B come late from 12 s on."""
    begun = "12 fault slow-b injecting\n12 fault slow-b injected" + ("\n18 fault slow-b bitten" if bites else "")
    end = f"{until_s} fault slow-b held\n" if bites else ""
    over = f"{until_s + 1} fault slow-b rolled-back\n{until_s + 1} fault slow-b lifted"
    return f"{begun}\n{end}{until_s} fault slow-b rolling-back\n{over}"


def late(*lines: str) -> set[tuple[bool, Outcome]]:
    """Of each session on side B: whether that is its cell, and what was found."""
    found_ = findings(cti.confirmed_sessions_are_kept, "\n".join((KEPT, *lines)), lasts_s=60, nodes=ALONE)
    return {(one.cell.get("answers") is not None, one.outcome) for one in found_ if one.cell["side"] == "b"}
