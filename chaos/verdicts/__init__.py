"""The verdicts: the clause catalogue, bounds, and checks that read journals and say what they prove. Pure."""

from chaos.history import Evidence
from chaos.verdicts.bound import Bound, Span
from chaos.verdicts.catalogue import CLAUSES, SECTIONS, Clause, clause, drawn_together
from chaos.verdicts.outcome import Outcome
from chaos.verdicts.verdict import Verdict, worst

__all__ = [
    "CLAUSES",
    "SECTIONS",
    "Bound",
    "Clause",
    "Evidence",
    "Outcome",
    "Span",
    "Verdict",
    "clause",
    "drawn_together",
    "worst",
]
