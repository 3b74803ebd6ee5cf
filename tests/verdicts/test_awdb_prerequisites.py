"""AWDB-01 on forged journals: good, bad in one place only, and short."""

import pytest

from chaos.journal import FaultPhase, FaultSeen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import there_is_no_fail_over_without_prerequisites as no_fail_over
from chaos.verdicts.awdb.prerequisites import (
    MISSING,
    NO_DISTRIBUTOR,
    NOT_CONFIGURED,
    NOT_ITS_OWN,
    NOT_REACHED,
    USED_BEFORE,
)
from tests.verdicts.awdb_forged import ADMINS, NODES, PEOPLE, Forged, holds_everywhere, is_, verdict

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
REQUESTS = ("GET User/{id}", "PUT User/{id}", "POST User/{id}/Dialogs")
KINDS = {
    NOT_CONFIGURED: ("UnconfiguredSecondaryAwdb", ""),
    NOT_REACHED: ("CutAwdbLink", "awdb-b"),
    NO_DISTRIBUTOR: ("StoppedDistributor", "awdb.secondary"),
}
# Who asks what, at each node: an agent the three, the administrator one of his own.
ASKED = [(PEOPLE[node][0], request) for node in NODES for request in REQUESTS] + [
    (ADMINS[node], "GET User/{id}") for node in NODES
]


def lost_without(
    missing: str,
    odd: tuple[str, str] | None = None,
    *,
    nth: int = 2,
    by: str = "b",
    tries: int = 3,
    later: bool = True,
    used_s: float | None = 2.0,
) -> Forged:
    """The primary is lost from 10 to 90 s; everybody asks some times in vain, and is let in later. odd: who is let in
    by the secondary with which request, at which try. used_s: when the secondary was in use, if its Distributor is what
    is missing."""
    forged = Forged(experiment=missing).fault(5, 100, *KINDS[missing])
    for n, node in enumerate(NODES if used_s is not None and missing == NO_DISTRIBUTOR else ()):
        forged.asks((used_s or 0.0) + n / 10, PEOPLE[node][1], 404, "GET Dialog/{id}", by="b")
    secondary = "refused" if missing == NOT_REACHED else "open"
    forged.looks(1, 8, b="open" if missing != NOT_REACHED else secondary).looks(10, 90, "reset", secondary, 20.0)
    forged.look(95, "open", secondary)
    for n, (who, request) in enumerate(ASKED):
        for k in range(tries):
            at_s = 12 + 5 * n + k
            if (who, request) == odd and k == nth:
                forged.asks(at_s, who, 200, request, by=by)
            else:
                forged.asks(at_s, who, 401, request, tried="a")
    for n, who in enumerate(dict.fromkeys(who for who, _ in ASKED) if later else ()):
        forged.asks(96 + n / 10, who, 200, by="a")
    return forged


def met_again(
    status: int = 404, *, tries: int = 3, there: str = "open", mends_s: float = 60.0, of: str = "secondary"
) -> Forged:
    """The Distributor ran again at 60 s; then the primary is lost, and somebody at each node asks: in vain, unless he
    is let in by the secondary at his second try. of: whose Distributor it is."""
    forged = Forged(experiment=f"{of} met again").fault(5, mends_s, "StoppedDistributor", f"awdb.{of}")
    forged.looks(1, 70).looks(80, 130, "reset", there, 20.0).look(135)
    for n, node in enumerate(NODES):
        for k in range(tries):
            is_good = status == 404 and k == 1
            forged.asks(90 + 5 * n + k, PEOPLE[node][0], status if is_good else 401, "PUT User/{id}", by="b")
            if is_good:
                break
        forged.asks(140 + n, PEOPLE[node][0], 200, by="a")
    return forged


def without_its_own(status: int = 404, *, tries: int = 3, there: str = "open", mends_s: float = 150.0) -> Forged:
    """The same with the primary's Distributor, which stands still all the time."""
    return met_again(status, tries=tries, there=there, mends_s=mends_s, of="primary")


def test_the_distributor_of_the_primary_is_no_prerequisite() -> None:
    found = verdict(no_fail_over, without_its_own(401))
    assert is_(found, VIOLATED, "though it lacks nothing")
    assert {(one.cell["node"], one.cell["met"]) for one in found.findings if one.outcome is VIOLATED} == {
        (node, NOT_ITS_OWN) for node in NODES
    }


@pytest.mark.parametrize(
    "forged",
    [without_its_own(401, tries=2), without_its_own(401, there="reset"), without_its_own(401, mends_s=92.0)],
)
def test_while_that_is_not_shown_or_may_be_over_it_shows_nothing(forged: Forged) -> None:
    assert verdict(no_fail_over, forged).outcome is not VIOLATED


def test_it_has_to_be_looked_at() -> None:
    found = verdict(no_fail_over, *map(lost_without, MISSING), met_again())
    assert is_(found, INCONCLUSIVE, "the primary's Distributor does not run")


def test_a_secondary_that_lacks_nothing_any_more_is_used() -> None:
    found = verdict(no_fail_over, met_again(401))
    assert is_(found, VIOLATED, "though nothing is missing any more")
    assert {one.cell["node"] for one in found.findings if one.outcome is VIOLATED} == set(NODES)


@pytest.mark.parametrize(
    "forged",
    [met_again(), met_again(401, tries=2), met_again(401, there="reset"), met_again(401, mends_s=120.0)],
)
def test_who_gives_up_or_asks_before_shows_nothing_against_it(forged: Forged) -> None:
    assert verdict(no_fail_over, forged).outcome is not VIOLATED


def test_nobody_authenticated_until_the_primary_is_back_is_no_fail_over() -> None:
    assert holds_everywhere(verdict(no_fail_over, *map(lost_without, MISSING), met_again(), without_its_own()))


@pytest.mark.parametrize("used_s", [None, 96.9])
def test_it_has_to_be_seen_of_a_secondary_that_was_used_before_it_lacked_anything(used_s: float | None) -> None:
    """One that is used afterwards only, as all is there again, shows nothing of that."""
    found = verdict(
        no_fail_over, *(lost_without(missing, used_s=used_s) for missing in MISSING), met_again(), without_its_own()
    )
    assert is_(found, INCONCLUSIVE, "used the secondary was used before")
    assert {str(state.cell.get("used")) for state in found.grid if state.outcome != "HELD"} == {USED_BEFORE}


@pytest.mark.parametrize("odd", ASKED)
@pytest.mark.parametrize("missing", [NOT_CONFIGURED, NO_DISTRIBUTOR])
def test_one_person_let_in_by_the_secondary_at_one_node_by_one_verb_is_a_fail_over(
    missing: str, odd: tuple[str, str]
) -> None:
    found = verdict(no_fail_over, lost_without(missing, odd))
    assert is_(found, VIOLATED, f"although {missing}")
    assert {one.cell["missing"] for one in found.findings if one.outcome is VIOLATED} == {missing}


def test_a_secondary_that_answers_though_its_link_is_cut_belies_the_cut() -> None:
    assert is_(verdict(no_fail_over, lost_without(NOT_REACHED, ASKED[0])), INCONCLUSIVE)


def test_a_fault_that_was_not_in_force_blames_nobody() -> None:
    """The console said STOPPED falsely, or somebody started the service again: a look found that out."""
    forged = lost_without(NO_DISTRIBUTOR, ASKED[0])
    name = f"StoppedDistributor-{KINDS[NO_DISTRIBUTOR][1]}-5"
    slipped = FaultSeen(
        at_s=11.0,
        fault=name,
        phase=FaultPhase.NOT_HELD,
        of_kind="StoppedDistributor",
        target="awdb.secondary",
        in_force_s=5.0,
        detail="it runs",
    )
    forged.lines.append(slipped)
    assert is_(verdict(no_fail_over, forged), INCONCLUSIVE)


def test_traffic_while_somebody_asks_at_the_other_node_too_is_nobodys() -> None:
    forged = lost_without(NO_DISTRIBUTOR, ASKED[0]).asks(14 - 0.005, "bob", 401, took_s=0.02)
    assert is_(verdict(no_fail_over, forged), INCONCLUSIVE)


def test_a_secondary_that_is_not_configured_is_not_even_connected_to_by_whichever_node() -> None:
    """Of one that is configured nothing is said: it has to be asked, by our reading, whether its Distributor runs."""
    for missing, outcome in ((NOT_CONFIGURED, VIOLATED), (NO_DISTRIBUTOR, INCONCLUSIVE)):
        forged = lost_without(missing).asks(91, ASKED[0][0], 401, tried="b")
        found = verdict(no_fail_over, forged)
        assert is_(found, outcome), missing


def test_somebody_who_is_not_let_in_at_any_other_time_proves_nothing() -> None:
    found = verdict(no_fail_over, *[lost_without(missing, later=False) for missing in MISSING])
    assert is_(found, INCONCLUSIVE, "at any other time")


def test_somebody_who_was_let_in_unasked_is_cached_and_proves_nothing() -> None:
    found = verdict(no_fail_over, *[lost_without(missing, ASKED[0], by="") for missing in MISSING])
    assert is_(found, INCONCLUSIVE, "cached, perhaps")


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize(("is_new", "cached_s", "outcome"), [
    (True, None, VIOLATED), (False, None, INCONCLUSIVE), (False, 1900.0, VIOLATED), (True, 1000.0, INCONCLUSIVE),
])  # fmt: skip
def test_somebody_who_cannot_be_cached_and_is_let_in_unasked_is_let_in_by_nobody(
    missing: str, is_new: bool, cached_s: float | None, outcome: Outcome
) -> None:
    forged = (
        lost_without(missing, ASKED[0], by="").hears(11, "fin-a", answered=False).hears(30, "fin-a", answered=False)
    )
    forged.is_new = is_new
    forged.cached = () if cached_s is None else (("fin-a", "ann", cached_s),)
    assert is_(verdict(no_fail_over, forged), outcome)


def test_two_tries_are_too_few() -> None:
    assert is_(verdict(no_fail_over, *[lost_without(m, tries=2) for m in MISSING]), INCONCLUSIVE, "2 time(s) only")


@pytest.mark.parametrize("missing", MISSING)
def test_each_prerequisite_has_to_be_looked_at(missing: str) -> None:
    left = [*(lost_without(one) for one in MISSING if one != missing), met_again(), without_its_own()]
    open_cells = 10 if missing == NO_DISTRIBUTOR else 8  # where it alone is looked at after the secondary was used
    assert is_(verdict(no_fail_over, *left), INCONCLUSIVE, f"missing {missing}", f"{open_cells} of 30 cells")


def test_a_primary_that_was_not_looked_at_for_long_was_perhaps_not_lost() -> None:
    """One look before, none until the end: what was in between is open."""
    forged = Forged().fault(5, 400, *KINDS[NO_DISTRIBUTOR]).look(10, "reset").look(300, "reset")
    for k in range(3):
        forged.asks(100 + k, "ann", 200, by="b")
    found = verdict(no_fail_over, forged)
    assert is_(found, INCONCLUSIVE)


def test_a_node_that_is_out_of_service_has_turned_nobody_away() -> None:
    forged = Forged().fault(5, 100, *KINDS[NOT_CONFIGURED]).looks(10, 90, "reset")
    for k in range(4):
        forged.asks(20 + k, "ann", 503)
    forged.asks(95, "ann", 200)
    assert is_(verdict(no_fail_over, forged), INCONCLUSIVE, "0 time(s) only")


def opened(missing: str = NO_DISTRIBUTOR, *, ok: bool = True, side: str = "b", besides: bool = False) -> Forged:
    """Somebody opens an event stream of node a while that is missing, and an AWDB is asked then."""
    forged, who = lost_without(missing), PEOPLE[NODES[0]][1]
    forged.opens_stream(80.0, who, ok=ok, took_s=0.2)
    if side:
        forged.traffic(80.1, side)
    if besides:
        forged.asks(80.05, PEOPLE[NODES[0]][2], 401, tried="a")
    return forged


def test_an_event_stream_that_the_secondary_lets_in_is_a_fail_over_to_it() -> None:
    found = verdict(no_fail_over, *(opened() if one == NO_DISTRIBUTOR else lost_without(one) for one in MISSING))
    assert is_(found, VIOLATED, "by the event stream and the secondary AWDB", NO_DISTRIBUTOR)


@pytest.mark.parametrize(
    "forged",
    [
        opened(ok=False),  # it was asked in vain
        opened(side=""),  # by what he was let in is not known: perhaps his credentials are kept elsewhere
        opened(side="a"),
        opened(besides=True),  # it may have been asked about somebody else
    ],
    ids=["refused", "unasked", "primary", "crowded"],
)
def test_an_event_stream_that_may_have_been_let_in_otherwise_blames_nobody(forged: Forged) -> None:
    assert verdict(no_fail_over, forged).outcome is not VIOLATED


def test_an_event_stream_with_nothing_missing_may_be_let_in_by_the_secondary() -> None:
    forged = lost_without(NO_DISTRIBUTOR).opens_stream(3.0, PEOPLE[NODES[0]][1]).traffic(3.05, "b")
    assert verdict(no_fail_over, forged).outcome is not VIOLATED
