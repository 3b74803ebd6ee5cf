"""CTI fail-over: Finesse loses its CTI server, and finds one again.

Source: Cisco Finesse Administration Guide, chapter "Cisco Finesse Failover Mechanisms", section "CTI Failover".
"""

import pytest

from chaos.plugin import Judge
from chaos.verdicts import cti
from suites.cti import experiments as on


@pytest.mark.clause("CTI-06")
@pytest.mark.plays(*on.GAPS, on.LONG_B_BACK)
def test_every_request_in_the_gap_is_answered_with_503(judge: Judge) -> None:
    """While failing over, Finesse answers every client request with 503; SystemInfo alone tells why."""
    judge(cti.requests_get_503)


@pytest.mark.clause("CTI-07")
@pytest.mark.plays(*on.GAPS, on.LONG_B_BACK)
def test_no_event_is_published_in_the_gap(judge: Judge) -> None:
    """While failing over, Finesse publishes nothing, whatever happens at the switch meanwhile."""
    judge(cti.no_events_in_the_gap)


@pytest.mark.clause("CTI-08")
@pytest.mark.plays(*on.GAPS)
def test_requests_and_events_work_again_after_the_gap(judge: Judge) -> None:
    """Once reconnected to either side, Finesse says so, answers requests and publishes events."""
    judge(cti.answers_and_publishes_again)


@pytest.mark.clause("CTI-09")
@pytest.mark.plays(*on.GAPS)
def test_what_happened_in_the_gap_is_told_after_it_and_clients_show_the_truth(judge: Judge) -> None:
    """What became of agents, calls and call data during the fail-over is published once it is over."""
    judge(cti.clients_show_the_truth)


@pytest.mark.clause("CTI-10")
@pytest.mark.plays(*on.GAPS)
def test_a_call_wholly_inside_the_gap_leaves_no_trace(judge: Judge) -> None:
    """A call that began and ended during the fail-over is never published."""
    judge(cti.a_call_of_the_gap_leaves_no_trace)


@pytest.mark.clause("CTI-11")
@pytest.mark.plays(on.GAPS_BY_HEARTBEATS)
def test_a_conference_survives_and_its_end_puts_the_desktop_right(judge: Judge) -> None:
    """A conference with an outside party may look incomplete after the fail-over; the phone works on, and once the
    agent has dropped off, the desktop is right again."""
    judge(cti.a_conference_is_survived)
