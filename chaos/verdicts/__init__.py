"""The verdicts: the clause catalogue, bounds, and checks that read a journal and say what it proves. Pure."""

from chaos.history import Evidence
from chaos.verdicts.bound import Bound, Span
from chaos.verdicts.catalogue import CLAUSES, Clause, clause
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.proof import clock_error_s, story_of, unfinished, unproven
from chaos.verdicts.verdict import (
    Verdict,
    held,
    inconclusive,
    tempered,
    timed,
    violated,
    worst,
)

__all__ = [
    "CLAUSES",
    "Bound",
    "Clause",
    "Evidence",
    "Outcome",
    "Span",
    "Verdict",
    "clause",
    "clock_error_s",
    "held",
    "inconclusive",
    "story_of",
    "tempered",
    "timed",
    "unfinished",
    "unproven",
    "violated",
    "worst",
]
