"""AWDB-05, of settings, on forged journals: good, bad in one place only, and short."""

import pytest

from chaos.verdicts import Outcome
from chaos.verdicts.awdb import a_retry_of_settings_succeeds as retried
from chaos.verdicts.awdb import settings_are_open_by_the_other_awdb as opens
from tests.verdicts.awdb_forged import Forged, holds_everywhere, is_, verdict, violated_at

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
SETTINGS = ("SystemConfig", "EnterpriseDatabaseConfig", "ClusterConfig")
REQUESTS = [f"{verb} {name}" for name in SETTINGS for verb in ("GET", "PUT")]
Odd = tuple[str, str, int]


def each_lost(odd: Odd | None = None, *, met: str = "reset", status: int = 500, tries: int = 4) -> Forged:
    """Each AWDB is lost once, and each setting read and saved by the other one. odd: side, request, and how many of its
    tries fail with that status, of so many at most."""
    forged = Forged()
    for n, request in enumerate(REQUESTS):
        forged.asks(2 + n, "admin-a", 200, request, by="a")
    for n, (side, other) in enumerate((("a", "b"), ("b", "a"))):
        at_s = 20.0 + 200 * n
        a, b = (met, "open") if side == "a" else ("open", met)
        forged.look(at_s).looks(at_s + 5, at_s + 150, a, b).look(at_s + 155)
        for k, request in enumerate(REQUESTS):
            failures = odd[2] if odd is not None and odd[:2] == (side, request) else 0
            for m in range(min(failures, tries)):
                forged.asks(at_s + 10 + 20 * k + m, "admin-a", status, request, tried=side)
            if failures < tries:
                forged.asks(at_s + 10 + 20 * k + failures, "admin-a", 200, request, by=other)
    return forged


def test_settings_that_can_be_read_and_changed_by_the_other_awdb_are_as_documented() -> None:
    assert holds_everywhere(verdict(opens, each_lost()))


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("status", [401, 500])
def test_one_setting_that_is_out_of_reach_by_one_awdb_is_a_violation(side: str, request_: str, status: int) -> None:
    found = verdict(opens, each_lost((side, request_, 9), status=status))
    assert is_(found, VIOLATED, request_.partition(" ")[2], "could not be")
    assert len(violated_at(found)) == 1


@pytest.mark.parametrize(
    ("failures", "met", "expected"),
    [(1, "reset", HELD), (2, "reset", VIOLATED), (1, "silence", HELD), (2, "silence", HELD), (9, "silence", VIOLATED)],
)
def test_a_retry_is_enough_where_the_loss_could_not_be_overlooked(failures: int, met: str, expected: Outcome) -> None:
    assert verdict(opens, each_lost(("a", "GET SystemConfig", failures), met=met)).outcome is expected


def test_two_tries_are_too_few_to_say_that_settings_are_out_of_reach() -> None:
    found = verdict(opens, each_lost(("a", "GET SystemConfig", 9), tries=2))
    assert is_(found, INCONCLUSIVE, "2 time(s) only")


def test_each_run_of_tries_is_looked_at_by_itself() -> None:
    """What was let in once is refused the next time."""
    forged = each_lost()
    for n in range(3):
        forged.asks(160 + n, "admin-a", 500, "GET SystemConfig", tried="a")
    assert is_(verdict(opens, forged), VIOLATED, "SystemConfig could not be read")


def test_what_is_let_in_at_no_other_time_blames_nobody() -> None:
    forged = Forged().look(1).looks(10, 100, "reset", "open")
    for n in range(4):
        forged.asks(20 + n, "admin-a", 401, "GET SystemConfig", tried="a")
    assert any("at any other time" in one.reason for one in verdict(opens, forged).findings)
    assert not violated_at(verdict(opens, forged))


def test_a_node_that_is_out_of_service_looks_at_nobody() -> None:
    assert verdict(opens, each_lost(("a", "GET SystemConfig", 9), status=503)).outcome is INCONCLUSIVE


def test_settings_need_not_be_had_at_the_other_node_nor_by_an_agent() -> None:
    forged = each_lost()
    for n in range(4):
        forged.asks(160 + n, "admin-b", 401, "GET SystemConfig").asks(165 + n, "ann", 401, "GET SystemConfig")
    assert holds_everywhere(verdict(opens, forged))


def test_neither_a_missing_prerequisite_nor_an_other_awdb_that_is_lost_too_blames_the_node() -> None:
    unfit = each_lost(("a", "GET SystemConfig", 9)).fault(0, 500, "StoppedDistributor", "awdb.secondary")
    assert not violated_at(verdict(opens, unfit))
    both = each_lost(("a", "GET SystemConfig", 9)).look(30.5, "reset", "reset")
    assert not violated_at(verdict(opens, both))


# --- AWDB-12 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "tries", "expected"), [(0, 4, HELD), (1, 4, HELD), (2, 4, VIOLATED), (9, 4, VIOLATED), (9, 1, HELD)]
)
@pytest.mark.parametrize("request_", ["GET SystemConfig", "PUT ClusterConfig"])
def test_a_silent_loss_costs_an_administrator_one_request(
    request_: str, failures: int, tries: int, expected: Outcome
) -> None:
    found = verdict(retried, each_lost(("b", request_, failures), met="silence", tries=tries))
    assert found.outcome is expected, found.reason
    assert holds_everywhere(found) if expected is HELD else is_(found, VIOLATED, "tried again", "lost secondary")


def test_a_retry_in_vain_of_another_loss_is_no_matter_of_silence() -> None:
    assert not verdict(retried, each_lost(("a", "GET SystemConfig", 9), met="reset")).findings


def test_a_retry_of_what_was_never_let_in_blames_nobody() -> None:
    forged = Forged().look(1).looks(10, 100, "silence", "open")
    for n in range(4):
        forged.asks(20 + n, "admin-a", 401, "GET SystemConfig", tried="a")
    assert not violated_at(verdict(retried, forged))
