"""The checks of CTI-01 … CTI-11: journal in, verdict out.

A check raises EvidenceError where too little was seen; whoever calls it makes that INCONCLUSIVE.
"""

from chaos.verdicts.cti.changes import gap_call_leaves_no_event, gap_changes_are_published
from chaos.verdicts.cti.conference import conference_is_survived
from chaos.verdicts.cti.gap import RESOURCES, answers_and_publishes_again, no_events_in_the_gap, requests_get_503
from chaos.verdicts.cti.links import (
    alternates_until_success,
    b_is_tried_once_before_a,
    fails_over_to_b,
    only_a_is_tried,
)
from chaos.verdicts.cti.loss import (
    misses_are_tolerated,
    silence_is_loss_after_three_misses,
    three_misses_are_loss,
)
from chaos.verdicts.cti.sockets import socket_failure_is_loss_at_once

__all__ = [
    "RESOURCES",
    "alternates_until_success",
    "answers_and_publishes_again",
    "b_is_tried_once_before_a",
    "conference_is_survived",
    "fails_over_to_b",
    "gap_call_leaves_no_event",
    "gap_changes_are_published",
    "misses_are_tolerated",
    "no_events_in_the_gap",
    "only_a_is_tried",
    "requests_get_503",
    "silence_is_loss_after_three_misses",
    "socket_failure_is_loss_at_once",
    "three_misses_are_loss",
]
