"""CTI-07 to CTI-09 on forged timelines: what is told of a team, what comes after a call, and when a state began."""

from datetime import UTC, datetime

import pytest

from chaos.verdicts import Outcome, cti
from tests.verdicts.failing_over import STORY, outcome

HELD, VIOLATED = Outcome.HELD, Outcome.VIOLATED
AGAIN, TRUTH, SILENT = cti.answers_and_publishes_again, cti.clients_show_the_truth, cti.no_events_in_the_gap
_STATES = ("READY", "NOT_READY", "TALKING", "HOLD", "LOGOUT")


def _followed(story: str) -> str:
    """The story in which ann is told of cid's states, too, as one who follows the team."""
    lines = []
    for line in story.splitlines():
        lines.append(line)
        at_s, *words = line.split()
        if words[:2] == ["cid", "hears"] and words[2] in _STATES:
            lines.append(f"{float(at_s) + 0.01:.2f} ann team cid {words[2]}")
    return "\n".join(lines)


TEAM = _followed(STORY)


def _but(text: str, *, left_out: str) -> str:
    assert left_out in text, left_out
    return "\n".join(line for line in text.splitlines() if line != left_out)


@pytest.mark.parametrize("check", [AGAIN, TRUTH, SILENT])
def test_what_is_told_of_a_team_as_before_is_no_violation(check: object) -> None:
    assert outcome(check, text=TEAM) is HELD  # type: ignore[arg-type]


def test_a_state_of_somebody_in_the_team_that_is_not_told_any_more_is_a_violation() -> None:
    assert outcome(AGAIN, text=_but(TEAM, left_out="71.11 ann team cid NOT_READY")) is VIOLATED
    # Himself he is told of it all the same.
    assert outcome(AGAIN, text=STORY) is HELD


def test_a_state_that_somebody_in_the_team_came_to_in_the_gap_is_to_be_told_after_it() -> None:
    assert outcome(TRUTH, text=_but(TEAM, left_out="50.31 ann team cid READY")) is VIOLATED
    late = TEAM.replace("50.31 ann team cid READY", "55.00 ann team cid READY")
    assert outcome(TRUTH, text=late) is HELD


def test_whoever_was_not_told_all_of_a_team_before_the_loss_is_owed_nothing() -> None:
    text = _but(_but(TEAM, left_out="1.61 ann team cid NOT_READY"), left_out="71.11 ann team cid NOT_READY")
    assert outcome(AGAIN, text=text) is HELD


@pytest.mark.parametrize("at_s", ["10.6", "30.0", "49.0"])
def test_what_is_told_of_a_team_in_the_gap_is_a_violation(at_s: str) -> None:
    assert outcome(SILENT, f"{at_s} ann team cid NOT_READY", text=TEAM) is VIOLATED


@pytest.mark.parametrize("at_s", ["10.45", "50.15"])
def test_what_is_told_of_a_team_just_before_the_gap_or_after_it_is_none(at_s: str) -> None:
    assert outcome(SILENT, f"{at_s} ann team cid NOT_READY", text=TEAM) is HELD


# --- what comes after a call -----------------------------------------------------------------------------------------

BEFORE = ("3.2 switch cid TALKING", "4.0 switch cid TALKING next=WORK_NOT_READY", "4.1 cid hears TALKING next=WORK")
AFTER = "75.0 switch cid TALKING next=WORK_READY"


def test_what_comes_after_a_call_is_to_be_told_after_a_fail_over_as_before_it() -> None:
    assert outcome(AGAIN, *BEFORE, AFTER, "75.1 cid hears TALKING next=WORK_READY") is HELD
    assert outcome(AGAIN, *BEFORE, AFTER) is VIOLATED
    assert outcome(AGAIN, *BEFORE, AFTER, "75.1 cid hears TALKING next=WORK") is VIOLATED


def test_a_product_that_never_tells_what_comes_after_a_call_owes_it_to_nobody() -> None:
    assert outcome(AGAIN, *BEFORE[:2], AFTER) is HELD
    assert outcome(AGAIN, AFTER) is HELD


# --- since when ------------------------------------------------------------------------------------------------------


def _stamped(story: str, *, from_s: float = 0.0, off_s: float = 0.0, agent: str = "cid") -> str:
    """The story in which that agent's User events tell when the state began; off_s: too late, from then on."""
    lines = []
    for line in story.splitlines():
        at_s, *words = line.split()
        if words[:2] == [agent, "hears"] and words[2] in _STATES:
            moment_s = 1_800_000_000 + float(at_s) - 0.1 + (off_s if float(at_s) >= from_s else 0.0)
            line += f" since={_written(moment_s)}"
        lines.append(line)
    return "\n".join(lines)


def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("check", [AGAIN, TRUTH])
@pytest.mark.parametrize(("off_s", "expected"), [(0.0, HELD), (-3.0, HELD), (-3600.0, VIOLATED), (30.0, VIOLATED)])
def test_a_state_that_began_after_the_gap_is_told_to_have_begun_then(
    check: object, off_s: float, expected: Outcome
) -> None:
    text = _stamped(STORY, from_s=60.0, off_s=off_s)
    assert outcome(check, text=text) is expected  # type: ignore[arg-type]


def test_a_node_whose_clock_is_an_hour_off_all_the_time_is_not_blamed() -> None:
    assert outcome(AGAIN, text=_stamped(STORY, off_s=3600.0)) is HELD


def test_a_time_that_is_told_no_more_is_a_violation() -> None:
    whole, bare = _stamped(STORY).splitlines(), STORY.splitlines()
    text = "\n".join(one if float(one.split()[0]) < 60.0 else other for one, other in zip(whole, bare, strict=True))
    assert outcome(AGAIN, text=text) is VIOLATED
