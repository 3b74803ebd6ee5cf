"""CTI-11 on forged timelines: a fail-over from 10.5 s to 20 s in the middle of ann's conference, call 7."""

import pytest

from chaos.run.session import judged
from chaos.verdicts import Outcome, Verdict, cti
from tests.verdicts.script import each_node, framed, played, verdict, without

LASTS_S = 120.0
GOOD = (
    each_node("0 NODE a stands\n10 NODE a is-reset\n10.5 NODE says OUT\n19 NODE b opens\n20 NODE says IN")
    + """
2 ann does make-call 7 2002
3 bob does answer 7
4 ann does conference 7
4.1 ann sees 7
4.2 switch ann TALKING
25 ann sees 7
50 switch ann HOLD
50 ann does hold 7
52 switch ann TALKING
52 ann does retrieve 7
54 switch ann NOT_READY
54 ann does clear 7
90 ann sees nothing
90.1 ann is NOT_READY
"""
)


def said(*more: str, but: tuple[str, str] | None = None) -> Verdict:
    text = "\n".join([GOOD, *more])
    if but is not None:
        assert but[0] in text, but
        text = text.replace(*but)
    return verdict(cti.conference_is_survived, text, lasts_s=LASTS_S)


def test_a_phone_that_works_on_and_a_desktop_that_is_exact_after_the_drop_are_right() -> None:
    assert said().outcome is Outcome.HELD


@pytest.mark.parametrize("shown", ["25 ann sees nothing", "25 ann sees 7 8", "25 ann sees 9"])
def test_whatever_is_shown_between_the_fail_over_and_the_drop_is_documented(shown: str) -> None:
    assert said(but=("25 ann sees 7", shown)).outcome is Outcome.HELD


@pytest.mark.parametrize("act", ["hold", "retrieve", "clear"])
def test_a_phone_operation_that_fails_after_the_fail_over_is_a_violation(act: str) -> None:
    assert said(but=(f"ann does {act} 7", f"ann fails {act} 7")).outcome is Outcome.VIOLATED


@pytest.mark.parametrize("act", ["hold", "retrieve", "clear"])
def test_a_phone_operation_that_was_not_tried_is_inconclusive(act: str) -> None:
    assert said(but=(f"ann does {act} 7", "ann does set-state NOT_READY")).outcome is Outcome.INCONCLUSIVE


def test_an_operation_that_failed_before_the_fail_over_or_on_another_phone_is_not_judged() -> None:
    assert said("5 ann fails hold 7", "50 bob fails hold 7").outcome is Outcome.HELD


def test_a_conference_that_stays_on_the_desktop_is_a_violation() -> None:
    assert said(but=("90 ann sees nothing", "90 ann sees 7")).outcome is Outcome.VIOLATED
    assert said("100 ann sees 7").outcome is Outcome.VIOLATED
    assert said("60 ann sees 7").outcome is Outcome.HELD  # it may take as long as a resync


@pytest.mark.parametrize("state", ["TALKING", "READY", "HOLD", "LOGOUT"])
def test_a_wrong_state_on_the_desktop_after_the_drop_is_a_violation(state: str) -> None:
    assert said(but=("90.1 ann is NOT_READY", f"90.1 ann is {state}")).outcome is Outcome.VIOLATED


def test_the_state_that_the_switch_reports_is_the_true_one() -> None:
    text = GOOD.replace("54 switch ann NOT_READY", "54 switch ann AVAILABLE").replace(
        "ann is NOT_READY", "ann is READY"
    )
    assert verdict(cti.conference_is_survived, text, lasts_s=LASTS_S).outcome is Outcome.HELD
    wrap_up = GOOD.replace("54 switch ann NOT_READY", "54 switch ann WORK_NOT_READY")
    assert verdict(cti.conference_is_survived, wrap_up, lasts_s=LASTS_S).outcome is Outcome.VIOLATED
    unknown = GOOD.replace("54 switch ann NOT_READY", "54 switch ann UNKNOWN")
    assert verdict(cti.conference_is_survived, unknown, lasts_s=LASTS_S).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "line",
    [
        "4 ann does conference 7",
        "90 ann sees nothing",
        "90.1 ann is NOT_READY",
        "54 switch ann NOT_READY",
        "20 fin-a says IN",
        "10.5 fin-a says OUT",
    ],
)
def test_what_was_not_seen_leaves_it_open(line: str) -> None:
    assert said(but=(line, "")).outcome is Outcome.INCONCLUSIVE


def test_a_conference_that_came_after_the_fail_over_is_no_case_of_it() -> None:
    assert said(but=("4 ann does conference 7", "15 ann does conference 7")).outcome is Outcome.INCONCLUSIVE


def test_the_fail_over_of_the_agent_s_own_node_counts() -> None:
    """fin-b is told late and never comes back; ann works at fin-a."""
    assert said(but=("20 fin-b says IN", "")).outcome is Outcome.HELD


def test_missing_one_observation_never_makes_a_good_story_a_violation() -> None:
    timeline = played(framed(GOOD, lasts_s=LASTS_S))
    for gone in timeline:
        found = judged("CTI-11", cti.conference_is_survived, without(timeline, gone))
        assert found.outcome is not Outcome.VIOLATED, (gone, found)
