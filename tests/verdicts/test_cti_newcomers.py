"""CTI-08 on forged timelines: who opens a desktop only once a node is back is told what happens to him."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.journal import (
    About,
    ControlSent,
    EventSeen,
    Observation,
    StreamChange,
    StreamState,
    SwitchAgentSeen,
    SwitchLooked,
    Timeline,
)
from chaos.verdicts import Outcome
from chaos.verdicts.cti.failover import fail_overs
from chaos.verdicts.cti.newcomers import newcomers_untold
from tests.verdicts.failing_over import LASTS_S, STORY
from tests.verdicts.script import framed, played

EVE = "eve"
CAME_S = 85.0
READY_S = 95.0


def _stream(at_s: float, state: StreamState, node: str = "fin-a") -> StreamChange:
    return StreamChange(at_s=at_s, node=node, agent=EVE, transport="xmpp", state=state)


def _told(at_s: float, state: str) -> EventSeen:
    return EventSeen(
        at_s=at_s, node="fin-a", agent=EVE, about=About.USER, event="PUT", source="", user_id=EVE, user_state=state
    )


def _newcomer(
    *told: EventSeen, came_s: float = CAME_S, ready_s: float = READY_S, node: str = "fin-a", left_s: float = 115.0
) -> list[Observation]:
    """Eve, who works at that node if at any, signs in there, and is Ready and Not Ready."""
    return [
        SwitchLooked(at_s=came_s - 1.0, agent=EVE, state="LOGOUT", calls=()),
        _stream(came_s, StreamState.CONNECTED, node),
        SwitchAgentSeen(at_s=ready_s - 1.0, agent=EVE, state="NOT_READY"),
        SwitchAgentSeen(at_s=ready_s, agent=EVE, state="AVAILABLE"),
        SwitchAgentSeen(at_s=ready_s + 2.0, agent=EVE, state="NOT_READY"),
        _stream(left_s, StreamState.LEFT, node),
        *told,
    ]


def _untold(*more: Observation, spare: tuple[tuple[str, str], ...] = ((EVE, "fin-a"),)) -> list[str]:
    """What is found, as of a lab with these spare people."""
    timeline = played(framed(STORY, lasts_s=LASTS_S))
    header, story = timeline.header, list(timeline)[1:]
    every = sorted((*story, *more), key=lambda seen: seen.at_s)
    header = replace(header, spare=spare, extensions=((EVE, "2005"), *header.extensions))
    numbered = (replace(seen, number=n) for n, seen in enumerate((header, *every), 1))
    history = History(Timeline(numbered))
    found = [finding for one in fail_overs(history) for finding in newcomers_untold(history, one)]
    assert all(finding.outcome is Outcome.VIOLATED for finding in found)
    return [str(finding.evidence[0]) for finding in found]


TOLD = (_told(94.1, "NOT_READY"), _told(95.1, "READY"), _told(97.1, "NOT_READY"))


def test_who_came_after_the_notice_and_is_told_everything_is_no_violation() -> None:
    assert _untold(*_newcomer(*TOLD)) == []


@pytest.mark.parametrize("missing", [1, 2])
def test_each_state_that_is_not_told_is_one(missing: int) -> None:
    assert len(_untold(*_newcomer(*(one for n, one in enumerate(TOLD) if n != missing)))) == 1


def test_who_came_while_the_node_was_out_of_service_is_owed_the_same_once_it_is_back() -> None:
    assert _untold(*_newcomer(*TOLD, came_s=30.0)) == []
    assert len(_untold(*_newcomer(came_s=30.0))) == 3
    # In the gap nothing is published, and what it has left to tell takes a while.
    assert _untold(*_newcomer(came_s=30.0, ready_s=40.0)) == []
    assert _untold(*_newcomer(came_s=30.0, ready_s=54.0)) == []


def test_a_state_that_is_told_too_late_is_one() -> None:
    assert len(_untold(*_newcomer(TOLD[0], _told(100.5, "READY"), _told(101.5, "NOT_READY")))) == 1


@pytest.mark.parametrize(
    "seen",
    [
        _newcomer(came_s=92.5),  # it has just connected, and may not be known yet
        _newcomer(came_s=9.0, left_s=129.0),  # it was there before, and is judged as who stayed
        _newcomer(left_s=98.5),  # it left before it had to be told
        _newcomer(node="fin-b"),  # it is at another node than its own
    ],
    ids=["just-connected", "was-there", "has-left", "elsewhere"],
)
def test_nothing_is_owed_to_who_was_not_there_well_and_long_enough(seen: list[Observation]) -> None:
    assert _untold(*seen) == []


def test_nothing_is_owed_to_whom_the_lab_does_not_name_as_spare() -> None:
    assert _untold(*_newcomer(), spare=()) == []


def test_nothing_rests_on_a_newcomer_where_clients_do_not_hear_all() -> None:
    lost = ControlSent(at_s=86.0, node="fin-a", agent=EVE, about=About.USER, event="PUT", request_id="control-eve")
    assert _untold(*_newcomer(), lost) == []
