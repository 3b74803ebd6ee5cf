"""What was seen, and the facts that are worked out from it once. Pure: a journal in, facts out.

Faults (proofs), experiments (waits), verdicts and report read this room; it knows none of them, and judges nothing.
"""

from chaos.history.evidence import Evidence
from chaos.history.faults import FaultSpan
from chaos.history.history import History, fact
from chaos.history.lateness import Late

__all__ = ["Evidence", "FaultSpan", "History", "Late", "fact"]
