"""What a lost connection is called: whose words blame nobody, and whose do."""

import pytest

from chaos.history import History
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.ruling import found
from tests.verdicts.script import alone, framed, played

HELD, VIOLATED = Outcome.HELD, Outcome.VIOLATED
GAP = """
0 fin-a a stands
0 fin-b a stands
1 ann asks PUT User/{id} 202 wants=state=LOGIN
2 switch ann NOT_READY 10
3 ann hears NOT_READY why=10 label=Lunch
20 fin-a a is-reset
20.1 fin-a says OUT
22 fin-a b opens
23 fin-a says IN
24 switch ann NOT_READY 50002
"""


def said(event: str, answer: str) -> list[Outcome]:
    lines = f"24 ann hears NOT_READY why=50002{event}\n35 ann is NOT_READY why=50002{answer}"
    text = framed(GAP + lines, lasts_s=100.0, fault="away")
    return sorted(one.outcome for one in found(alone(desktop.not_ready_says_why), History(played(text))))


@pytest.mark.parametrize(
    ("event", "answer", "outcomes"),
    [
        ("Connection-Failure", "Connection-Failure", {HELD}),
        ("", "", {HELD}),
        ("Verbindung-verloren", "Verbindung-verloren", {HELD}),
        ("Device-Error", "Device-Error", {HELD, VIOLATED}),
        ("Not-Ready---System-Reset", "Connection-Failure", {HELD, VIOLATED}),
        ("Lunch", "Lunch", {HELD, VIOLATED}),
        ("Connection-Failure", "Verbindung-verloren", {HELD, VIOLATED}),
    ],
)
def test_a_lost_connection_under_the_name_of_another_reason_is_a_violation(
    event: str, answer: str, outcomes: set[Outcome]
) -> None:
    assert set(said(*(f" label={one}" if one else "" for one in (event, answer)))) == outcomes
