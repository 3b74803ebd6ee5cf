"""The checks of CTI-01 … CTI-11.

A check raises EvidenceError where too little was seen; whoever calls it makes that INCONCLUSIVE.
"""

from chaos.verdicts.cti.back import answers_and_publishes_again
from chaos.verdicts.cti.conference import a_conference_is_survived
from chaos.verdicts.cti.failover import ADMIN_ASKS, AGENT_ASKS
from chaos.verdicts.cti.gap import no_events_in_the_gap, requests_get_503
from chaos.verdicts.cti.ghosts import a_call_of_the_gap_leaves_no_trace
from chaos.verdicts.cti.links import fails_over_to_b, only_a_is_tried
from chaos.verdicts.cti.loss import (
    misses_are_tolerated,
    silence_is_loss_after_three_misses,
    three_misses_are_loss,
)
from chaos.verdicts.cti.sockets import socket_failure_is_loss_at_once
from chaos.verdicts.cti.truth import clients_show_the_truth
from chaos.verdicts.cti.turns import alternates_until_success, b_is_tried_once_before_a
from chaos.verdicts.cti.unprovoked import confirmed_sessions_are_kept

__all__ = [
    "ADMIN_ASKS",
    "AGENT_ASKS",
    "a_call_of_the_gap_leaves_no_trace",
    "a_conference_is_survived",
    "alternates_until_success",
    "answers_and_publishes_again",
    "b_is_tried_once_before_a",
    "clients_show_the_truth",
    "confirmed_sessions_are_kept",
    "fails_over_to_b",
    "misses_are_tolerated",
    "no_events_in_the_gap",
    "only_a_is_tried",
    "requests_get_503",
    "silence_is_loss_after_three_misses",
    "socket_failure_is_loss_at_once",
    "three_misses_are_loss",
]
