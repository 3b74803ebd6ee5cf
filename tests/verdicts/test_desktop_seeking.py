"""DESKTOP-15 on forged timelines: desktops that look for a server when a warning is due."""

import pytest

from chaos.history import History
from chaos.journal import About, EventSeen
from chaos.verdicts import Outcome, desktop
from chaos.verdicts.check import Check
from chaos.verdicts.finding import Finding
from chaos.verdicts.ruling import found
from tests.verdicts.test_desktop_tokens import END_S, HELD, SOUND, VIOLATED, Line, forged, says, without


def findings(check: Check, lines: list[Line]) -> list[Finding]:
    return found(check, History(forged(lines)))


def told(at_s: float, status: str) -> Line:
    return at_s, EventSeen(
        node="fin-a",
        agent="ann",
        about=About.SYSTEM,
        event="PUT",
        source="/finesse/api/SystemInfo",
        system_status=status,
    )


@pytest.mark.parametrize(("shows", "outcome"), [(True, HELD), (False, VIOLATED)])
def test_a_desktop_that_looks_for_a_server_warns_all_the_same(shows: bool, outcome: Outcome) -> None:
    lines = SOUND if shows else without(says(" 5 minutes"))
    out = [told(END_S - 320.0, "OUT_OF_SERVICE"), told(END_S - 280.0, "IN_SERVICE")]
    judged = findings(desktop.warns_ten_and_five_minutes_before, [*lines, *out])
    assert [one.outcome for one in judged if one.cell.get("meanwhile")] == [outcome]
    # What comes just before it, or after it, is another matter.
    late = [told(END_S - 302.0, "OUT_OF_SERVICE"), told(END_S - 280.0, "IN_SERVICE")]
    judged = findings(desktop.warns_ten_and_five_minutes_before, [*lines, *late])
    assert not any(one.cell.get("meanwhile") for one in judged)
