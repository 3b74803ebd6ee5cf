"""A fault from its injection to its rollback, undone whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chaos.errors import EvidenceError, InjectFailed, RollbackFailed, Unfit
from chaos.faults.base import Fault, Field
from chaos.faults.companion import Companion
from chaos.faults.watching import watched
from chaos.journal import FaultPhase
from chaos.undo.undoing import to_the_end

# The longest that undoing one fault may take, settings and restarts and all; see Patience in chaos.undo.performers.
_ROLLED_BACK_WITHIN_S = 1260.0


@dataclass
class Injected:
    """A fault that is under way; `bite` waits for its proof and notes it, once."""

    fault: Fault
    field: Field
    from_s: float
    proof: str | None = None
    is_noted: bool = False

    async def bite(self, within_s: float | None = None) -> str | None:
        """The proof that it bit, None if it did not in time. Noted in the journal either way.

        within_s: how long to wait for it; as long as the fault says if None.
        """
        if self.proof is None:
            self.proof = await self.field.until(
                lambda timeline: self.fault.bitten(timeline, self.from_s, self.field),
                self.fault.bites_within_s if within_s is None else within_s,
            )
            phase = FaultPhase.NOT_BITTEN if self.proof is None else FaultPhase.BITTEN
            self.is_noted = True
            self.field.journal.record(self.fault.seen(phase, self.proof))
        return self.proof


@asynccontextmanager
async def injected(fault: Fault, field: Field) -> AsyncIterator[Injected]:
    """The fault, from injection to rollback; what was not proven inside is looked for once more before the rollback.

    While it lasts somebody looks whether it is in force. Raises Unfit: this lab cannot host it, nothing was touched;
    InjectFailed; RollbackFailed: the lab is still broken.
    """
    journal = field.journal
    reason = fault.unfit(field.inventory)
    if reason is not None:
        raise Unfit(f"{fault.name}: {reason}")

    def note(phase: FaultPhase, detail: str | None = None) -> float:
        return journal.record(fault.seen(phase, detail)).at_s

    under_way = Injected(fault, field, from_s=note(FaultPhase.INJECTING))
    companion = _companion(fault, field)
    patience_s = 0.0  # after a crash or Ctrl-C the lab is healed at once; only a whole run waits for the last proof
    try:
        if not field.faults_do_nothing:
            try:
                if companion is not None:
                    await companion.open()
                await fault.inject(field)
                if companion is not None:
                    companion.beat(field.heartbeat_interval_s)
            except Exception as error:
                note(FaultPhase.FAILED, str(error))
                raise InjectFailed(f"{fault.name} could not be injected: {error}") from error
        async with watched(fault, field, note(FaultPhase.INJECTED)):
            yield under_way
            await under_way.bite()
        patience_s = fault.lifts_within_s
    except EvidenceError:
        # The story ended early, since what it waited for did not come. That may be the very thing that is to be said of
        # the product, and whoever says it has to know that the fault was there.
        if not under_way.is_noted:
            await under_way.bite(within_s=0.0)
        patience_s = fault.lifts_within_s
        raise
    finally:
        from_s = note(FaultPhase.ROLLING_BACK)
        try:
            if companion is not None:
                await companion.close()
        finally:  # whatever becomes of the companion, the fault is undone
            await to_the_end(_roll_back(fault, field, note))
        note(FaultPhase.ROLLED_BACK)
        proof = await field.until(lambda timeline: fault.lifted(timeline, from_s, field), patience_s)
        note(FaultPhase.NOT_LIFTED if proof is None else FaultPhase.LIFTED, proof)


def _companion(fault: Fault, field: Field) -> Companion | None:
    link = field.links.get(fault.accompanied or "")
    if link is None:
        return None
    inventory = field.inventory
    return Companion(link, field.journal, peripheral_id=inventory.peripheral_id, version=inventory.cti_protocol)


async def _roll_back(fault: Fault, field: Field, note: Callable[[FaultPhase, str | None], float]) -> None:
    """Undo, and once more if that failed: the second try meets a lab in which half of it is done."""
    for last_try in (False, True):
        try:
            async with asyncio.timeout(_ROLLED_BACK_WITHIN_S):
                await fault.rollback(field)
        except Exception as error:
            note(FaultPhase.FAILED, str(error))
            if last_try:
                said = str(error) or f"not within {_ROLLED_BACK_WITHIN_S:g} s"
                raise RollbackFailed(
                    f"{fault.name} could not be rolled back: {said}; the lab is still broken, repair it by hand"
                ) from error
        else:
            return
