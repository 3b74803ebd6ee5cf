"""What is said to go on while something is waited for."""

import pytest

from chaos.experiment.waiting import doing_in
from chaos.journal import FaultPhase, FaultSeen, Journal


@pytest.mark.parametrize("phase", FaultPhase)
def test_every_phase_of_a_fault_can_be_said_also_that_it_did_not_bite(phase: FaultPhase) -> None:
    journal = Journal(None, lambda: 0.0)
    journal.record(FaultSeen(fault="cut", phase=phase, of_kind="CutLink", target="cti-a"))
    assert "cut" in doing_in(journal)
