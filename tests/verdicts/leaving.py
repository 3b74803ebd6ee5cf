"""What tests of the DESKTOP clauses on forged timelines share. Ann and bob are of LOAD 0, cid and dan of LOAD 1."""

from chaos.history import History
from chaos.verdicts import Outcome
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.script import alone, framed, played

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
STAND = "0 fin-a a stands\n0 fin-b a stands\n"


def findings(check: Check, *lines: str, lasts_s: float = 400.0) -> list[Finding]:
    text = STAND + "\n".join(lines)
    return found(alone(check), History(played(framed(text, lasts_s=lasts_s, fault="away"))))


def said(check: Check, *lines: str, lasts_s: float = 400.0) -> list[Outcome]:
    return [finding.outcome for finding in findings(check, *lines, lasts_s=lasts_s)]
