"""Every error that this project raises on purpose. A leaf: it imports nothing of `chaos`.

What the product under test does is never an exception here: a 503, a reset or a silence is an observation.
A message names the object, the value and the remedy.
"""


class ChaosError(Exception):
    """Base of all errors that are raised on purpose."""


class InventoryError(ChaosError):
    """The lab is described wrongly. Nothing was touched."""


class Unfit(ChaosError):
    """This lab cannot host the fault or the experiment: the test is skipped, with this reason."""


class LabRefused(ChaosError):
    """This lab is not used now: somebody else uses it, or nothing could be judged on it. Nothing was touched."""


class FaultError(ChaosError):
    """A fault could not be handled as asked."""


class InjectFailed(FaultError):
    """The fault was not injected. Its rollback has run or will run."""


class RollbackFailed(FaultError):
    """The lab is still broken: the session stops, and the command exits with 4."""


class PeerError(ChaosError):
    """The peer broke the protocol. Codecs raise it, clients record it."""


class UsageError(ChaosError):
    """We were used wrongly: a bug of ours or of a caller."""


class UnexpectedStep(UsageError):
    """A decision table has no row for what happened."""

    def __init__(self, phase: object, seen: object) -> None:
        super().__init__(f"no step is defined for {seen!r} in phase {phase!r}")
        self.phase = phase
        self.seen = seen


class EvidenceError(ChaosError):
    """Too little was seen to judge: the verdict is INCONCLUSIVE, with this reason."""
