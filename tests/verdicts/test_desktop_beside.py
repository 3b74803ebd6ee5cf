"""DESKTOP-18 to DESKTOP-21 on forged timelines: what others are shown of whom a forced logout made something else."""

import pytest

from chaos.verdicts import Outcome, desktop
from tests.verdicts.leaving import VIOLATED, said
from tests.verdicts.test_desktop_load import CALL, HUNG_UP, asked

# Bob, who works at the other node, leads the team to which ann and cid belong.
LED = (
    "0.2 bob follows 5001",
    *("0.5 ann hears NOT_READY id=5001", "0.5 cid hears NOT_READY id=5001"),
    *("29 bob team dan READY", "300 bob team dan NOT_READY"),
)
MADE = (*LED, *asked("ann", "AVAILABLE", "NOT_READY 50002"), "60 bob team ann READY")


def outcomes(*lines: str) -> list[Outcome]:
    """But for what he is told himself, of which `test_desktop_shown` speaks."""
    return said(desktop.load_0_says_connection_failure, "80.2 ann hears NOT_READY why=50002", *lines)


@pytest.mark.parametrize(
    ("told", "blamed"),
    [
        ("80.2 bob team ann NOT_READY", False),
        ("79.8 bob team ann NOT_READY", False),
        ("85 bob team ann NOT_READY why=50002", False),
        ("80.2 bob team ann READY", True),
        ("85.2 bob team ann NOT_READY", True),
        ("", True),
    ],
)
def test_who_follows_his_team_is_told_what_has_become_of_him(told: str, blamed: bool) -> None:
    assert (VIOLATED in outcomes(*MADE, told)) is blamed


def test_a_node_that_tells_teams_reasons_tells_this_one() -> None:
    why = "30 bob team cid NOT_READY why=10"
    for told, blamed in (("why=50002", False), ("why=50001", True), ("", True)):
        assert (VIOLATED in outcomes(*MADE, why, f"80.2 bob team ann NOT_READY {told}".rstrip())) is blamed
    # Nothing is owed that only the reason of has changed, nor is the reason of who is logged out.
    idle = (*LED, *asked("ann", "NOT_READY 10", "NOT_READY 50002"), why, "60 bob team ann NOT_READY why=10")
    assert VIOLATED not in outcomes(*idle)
    out = ("1 switch cid AVAILABLE", "80 fin-a wants cid LOGOUT 255", "80.1 switch cid LOGOUT 50002")
    heard = "80.2 cid hears LOGOUT"
    assert VIOLATED not in said(desktop.load_1_logs_out, *LED, *out, why, heard, "80.3 bob team cid LOGOUT")
    assert VIOLATED in said(desktop.load_1_logs_out, *LED, *out, why, heard, "80.3 bob team cid NOT_READY")


@pytest.mark.parametrize(
    "more",
    [
        ("70 bob stream lost",),
        ("70 bob stream lost", "79 bob stream back"),  # a node may tell only what is new since
        ("78 fin-b says OUT", "90 fin-b says IN"),
        ("82 ann does set-state AVAILABLE", "82.1 switch ann AVAILABLE"),  # before it had to be told
    ],
)
def test_who_cannot_hear_of_it_is_not_owed_it(more: tuple[str, ...]) -> None:
    assert VIOLATED not in outcomes(*MADE, *more)


@pytest.mark.parametrize("silent", [LED[3], LED[4]])
def test_who_was_not_heard_to_hear_of_the_team_before_and_after_it_shows_nothing(silent: str) -> None:
    assert VIOLATED in outcomes(*MADE[:-1])
    assert VIOLATED not in outcomes(*(line for line in MADE[:-1] if line != silent))


def test_who_may_not_follow_a_team_is_owed_what_he_was_told_before() -> None:
    alone = ("0.2 bob follows 5001 alone", *MADE[1:])
    assert VIOLATED in outcomes(*alone)
    assert VIOLATED not in outcomes(*alone[:-1])
    # Nor does a supervisor of another team.
    assert VIOLATED not in outcomes("0.2 bob follows 5002", *MADE[1:-1])
    assert VIOLATED in outcomes(*MADE[:-1])


@pytest.mark.parametrize(
    ("at_s", "state", "blamed"),
    [(90.0, "NOT_READY", False), (90.0, "READY", True), (80.5, "READY", False), (90.0, "LOGOUT", True)],
)
def test_lists_of_his_team_show_him_so(at_s: float, state: str, blamed: bool) -> None:
    told = "80.2 bob team ann NOT_READY"
    listed = f"{at_s} bob asks GET Team/{{id}} 200 lists=ann:{state},bob:READY"
    assert (VIOLATED in outcomes(*MADE, told, listed)) is blamed
    assert VIOLATED not in outcomes(*MADE, told, "88 ann does set-state AVAILABLE", listed)


def test_so_it_is_after_a_call_and_on_one() -> None:
    text = ("1 switch cid AVAILABLE", *CALL, "2 switch 7 2003 CONNECT", "80 cid does set-state LOGOUT+255")
    over = (
        "80.1 switch cid LOGOUT 50002",
        HUNG_UP,
        "100 end-of 7 2003",
        "60 bob team cid TALKING",
        "80.2 cid hears LOGOUT",
    )
    assert VIOLATED in said(desktop.load_1_logs_out_on_a_call, *LED, *text, *over)
    assert VIOLATED not in said(desktop.load_1_logs_out_on_a_call, *LED, *text, *over, "80.2 bob team cid LOGOUT")
