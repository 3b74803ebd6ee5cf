"""Named switches, each breaking one clause, so that tests can prove that the suites notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Defect(StrEnum):
    """One way in which a product could break a clause. The value is the name on a command line."""

    UNCONFIGURED_SIDE_TRIED = "unconfigured-side-tried"
    NEVER_FAILS_OVER = "never-fails-over"
    B_TWICE_IN_FIRST_ROUND = "b-twice-in-first-round"
    A_AGAIN_BEFORE_B = "a-again-before-b"
    LATER_ROUNDS_TWICE = "later-rounds-twice"
    KEEPS_TRYING_AFTER_SUCCESS = "keeps-trying-after-success"
    TWO_MISSES_ARE_LOSS = "two-misses-are-loss"
    FOUR_MISSES_NEEDED = "four-misses-needed"
    MISSES_ACCUMULATE = "misses-accumulate"
    SOCKET_LOSS_WAITS = "socket-loss-waits"
    GAP_ANSWERS_DIALOGS = "gap-answers-dialogs"
    GAP_500 = "gap-500"
    GAP_EVENTS = "gap-events"
    MUTE_AFTER_RECONNECT = "mute-after-reconnect"
    STILL_503_AFTER_RECONNECT = "still-503-after-reconnect"
    NO_IN_SERVICE_NOTICE = "no-in-service-notice"
    GAP_STATE_LOST = "gap-state-lost"
    GAP_CALL_START_LOST = "gap-call-start-lost"
    GAP_CALL_END_LOST = "gap-call-end-lost"
    GAP_CALL_DATA_LOST = "gap-call-data-lost"
    GHOST_CALL = "ghost-call"
    CONFERENCE_STUCK = "conference-stuck"
    CONFERENCE_FREEZES_PHONE = "conference-freezes-phone"


@dataclass(frozen=True, slots=True)
class DefectInfo:
    """clause: the id of the one clause it breaks. what: what the broken product does, in one line."""

    clause: str
    what: str


DEFECTS: Mapping[Defect, DefectInfo] = MappingProxyType(
    {
        Defect.UNCONFIGURED_SIDE_TRIED: DefectInfo("CTI-01", "no B side is configured, yet a B it once knew is tried"),
        Defect.NEVER_FAILS_OVER: DefectInfo("CTI-01", "a B side is configured, yet only A is ever tried"),
        Defect.B_TWICE_IN_FIRST_ROUND: DefectInfo("CTI-02", "after losing A, B is tried twice before A"),
        Defect.A_AGAIN_BEFORE_B: DefectInfo("CTI-02", "after losing A, A is tried again before B"),
        Defect.LATER_ROUNDS_TWICE: DefectInfo("CTI-03", "from the second round on each side is tried twice in a row"),
        Defect.KEEPS_TRYING_AFTER_SUCCESS: DefectInfo("CTI-03", "attempts go on after one has succeeded"),
        Defect.TWO_MISSES_ARE_LOSS: DefectInfo("CTI-04", "two missed heartbeats are taken for a loss"),
        Defect.FOUR_MISSES_NEEDED: DefectInfo("CTI-04", "three missed heartbeats are not yet taken for a loss"),
        Defect.MISSES_ACCUMULATE: DefectInfo("CTI-04", "a miss, an answer and two misses are taken for a loss"),
        Defect.SOCKET_LOSS_WAITS: DefectInfo(
            "CTI-05", "a failed socket is noticed after three heartbeat intervals only"
        ),
        Defect.GAP_ANSWERS_DIALOGS: DefectInfo("CTI-06", "GET Dialogs is answered with 200 while failing over"),
        Defect.GAP_500: DefectInfo("CTI-06", "PUT User is answered with 500 all through the fail-over"),
        Defect.GAP_EVENTS: DefectInfo("CTI-07", "User events are published while out of service"),
        Defect.MUTE_AFTER_RECONNECT: DefectInfo("CTI-08", "after reconnecting, what happens later is not published"),
        Defect.STILL_503_AFTER_RECONNECT: DefectInfo("CTI-08", "after reconnecting, requests still get 503"),
        Defect.NO_IN_SERVICE_NOTICE: DefectInfo("CTI-08", "after reconnecting, IN_SERVICE is not announced"),
        Defect.GAP_STATE_LOST: DefectInfo("CTI-09", "an agent state changed in the gap is not published afterwards"),
        Defect.GAP_CALL_START_LOST: DefectInfo("CTI-09", "a call begun in the gap is not published afterwards"),
        Defect.GAP_CALL_END_LOST: DefectInfo("CTI-09", "the end of a call in the gap is not published afterwards"),
        Defect.GAP_CALL_DATA_LOST: DefectInfo("CTI-09", "call data changed in the gap are not published afterwards"),
        Defect.GHOST_CALL: DefectInfo("CTI-10", "a new session is told of calls that ended in the last two minutes"),
        Defect.CONFERENCE_STUCK: DefectInfo("CTI-11", "the dialog stays after the agent dropped off the conference"),
        Defect.CONFERENCE_FREEZES_PHONE: DefectInfo(
            "CTI-11", "after a new session, phone operations on a conference are refused"
        ),
    }
)
"""Every defect, with the clause whose own test must catch it."""
