"""DESKTOP-14 to DESKTOP-17 on forged timelines: one person at two desktops of two nodes, each with its own token."""

from dataclasses import replace

import pytest

from chaos.history import History
from chaos.history.tokens import token_lives
from chaos.journal import CtiSeen, CtiStep, DesktopActed, DesktopNotice, DesktopRequested, StateAsked
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from tests.verdicts.test_desktop_tokens import (
    END_S,
    HELD,
    SOUND,
    VIOLATED,
    Line,
    findings,
    forged,
    is_logout,
    later,
    request,
)

LATER_S = 100.0
AT_WORK = request(END_S - 90.0, "GET User/{id}")
CHECKS = (
    desktop.forwards_the_forced_logout,
    desktop.warns_ten_and_five_minutes_before,
    desktop.counts_the_last_minute_down,
    desktop.logs_out_at_zero,
)


def second(lines: list[Line]) -> list[Line]:
    """The same so much later, at fin-b."""
    found: list[Line] = [(0.0, CtiSeen(side="a", connection=2, step=CtiStep.STANDING, client="fin-b"))]
    for at_s, seen in later(lines, LATER_S):
        match seen:
            case StateAsked():
                found.append((at_s, replace(seen, connection=2, client="fin-b")))
            case DesktopActed() | DesktopRequested():
                found.append((at_s, replace(seen, window=2, node="fin-b")))
            case DesktopNotice():
                found.append((at_s, replace(seen, window=2)))
    return found


def outcomes(check: Check, first: list[Line], other: list[Line]) -> set[tuple[str | None, Outcome]]:
    told = findings(check, [*first, *second(other)], over_s=END_S + LATER_S + 30.0)
    return {(one.cell.get("node"), one.outcome) for one in told}


@pytest.mark.parametrize("check", CHECKS)
def test_each_of_two_desktops_goes_by_its_own_token(check: Check) -> None:
    both = [*SOUND, AT_WORK]
    assert outcomes(check, both, both) == {("fin-a", HELD), ("fin-b", HELD)}


def test_the_logout_of_one_is_not_that_of_the_other() -> None:
    both = [*SOUND, AT_WORK]
    silent = [line for line in both if not is_logout(line[1])]
    untold = [line for line in both if not isinstance(line[1], StateAsked)]
    for other in (silent, untold):
        assert outcomes(desktop.forwards_the_forced_logout, both, other) == {("fin-a", HELD), ("fin-b", VIOLATED)}
        assert outcomes(desktop.forwards_the_forced_logout, other, both) == {("fin-a", VIOLATED), ("fin-b", HELD)}
    assert outcomes(desktop.logs_out_at_zero, both, silent) == {("fin-a", HELD), ("fin-b", VIOLATED)}


def test_nothing_is_said_of_a_desktop_that_does_not_go_on_beside_another_one() -> None:
    silent = [line for line in SOUND if not is_logout(line[1])]
    assert outcomes(desktop.logs_out_at_zero, silent, [*SOUND, AT_WORK]) == {("fin-b", HELD)}
    lives = token_lives(History(forged([*SOUND, *second(SOUND)], over_s=END_S + LATER_S + 30.0)))
    assert {(life.window, life.node) for life in lives} == {(1, "fin-a"), (2, "fin-b")}
