"""AWDB-05 and AWDB-12 on forged journals: good, bad in one place only, and short."""

from dataclasses import replace

import pytest

from chaos.journal import AwdbSeen, AwdbStep, LinkProbed, Screen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import a_retry_succeeds as retry
from chaos.verdicts.awdb import finesse_goes_to_the_other_awdb as goes
from chaos.verdicts.awdb.asks import AGENT_REQUESTS, ASKERS
from chaos.verdicts.awdb.desktop import INVALID
from tests.verdicts.awdb_forged import (
    ADMINS,
    NODES,
    ONE_MORE,
    PEOPLE,
    Forged,
    holds_everywhere,
    is_,
    verdict,
    violated_at,
)

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
MET = {"cut": "refused", "refused": "reset", "stopped": "server-down", "silent": "silence"}
GETS, PUTS = AGENT_REQUESTS[:5], AGENT_REQUESTS[5:7]
Odd = tuple[str, str, str, str]


def by_turns(
    odd: Odd | None = None,
    *,
    failures: int = 9,
    loss: str | None = None,
    took_s: float = 10.0,
    is_followed: bool = True,
) -> Forged:
    """Each AWDB is lost in each way, by turns, and each way of asking is the first that meets it at each node: it fails
    once where the loss is silent, and is let in by the other AWDB then. odd: node, loss, side and ask that fail so
    often instead. loss: only losses of that kind. is_followed: after each silent one somebody else asks, too."""
    forged, at_s, n = Forged(), 10.0, 0
    for how, met in MET.items():
        for ask in ASKERS:
            for side, other in (("a", "b"), ("b", "a")):
                n += 1
                if loss not in (None, how):
                    continue
                forged.look(at_s)
                for node in NODES:
                    forged.hears(at_s + 1 + NODES.index(node), node, side)
                down = {side: met, other: "open"}
                forged.look(at_s + 5, **down)
                for k, node in enumerate(NODES):
                    fails = failures if odd == (node, how, side, ask) else how == "silent"
                    who = ADMINS[node] if ask == "administrator" else PEOPLE[node][0]
                    request = _request(ask, n)
                    for m in range(min(int(fails), 4)):
                        forged.asks(at_s + 6 + 60 * k + 12 * m, who, 500, request, took_s=took_s)
                    if fails < 4:
                        forged.asks(at_s + 6 + 60 * k + 50, who, 404, request, by=other)
                    if how == "silent" and is_followed:
                        forged.asks(at_s + 6 + 60 * k + 51, PEOPLE[node][1], 404, GETS[0], by=other)
                forged.look(at_s + 70, **down).look(at_s + 125, **down)
                at_s += 130
    for node in NODES:
        forged.asks(at_s, PEOPLE[node][0], 200, by="a").asks(at_s + 1, ADMINS[node], 200, "GET Users", by="a")
    return forged


def _request(ask: str, n: int) -> str:
    if ask == "agent GET":
        return GETS[n // 2 % 5] if n != 2 else GETS[4]
    if ask == "agent PUT":
        return PUTS[n % 2]
    return "POST User/{id}/Dialogs" if ask == "agent POST" else "GET User/{id}"


def covering() -> list[Forged]:
    """The way through all losses; and each other resource of an agent's once more, so that all have had their turn."""
    more = Forged(experiment="resources")
    for n, request in enumerate(AGENT_REQUESTS):
        at_s = 10.0 + 40 * n
        side, other = ("a", "b") if n % 2 == 0 else ("b", "a")
        more.look(at_s)
        for k, node in enumerate(NODES):
            more.hears(at_s + 1 + k, node, side)
        more.look(at_s + 5, **{side: "reset", other: "open"})
        for k, node in enumerate(NODES):
            more.asks(at_s + 6 + k, PEOPLE[node][0], 404, request, by=other)
        more.look(at_s + 10, **{side: "reset", other: "open"})
    return [by_turns(), more, coming_in(), later()]


def later(
    status: int = 404, *, tried: str = "", by: str | None = None, after_s: float = 40.0, wrong: bool = False,
    guessed: int | None = 401, is_known: bool = True,
) -> Forged:  # fmt: skip
    """Each AWDB falls silent, by turns; at each node somebody is let in by the other one, and so long after that
    somebody asks (wrong: with a wrong password), at whose request these are tried in vain, and that one answers.
    guessed: how a wrong password ends that is sent after all of that, by somebody who is_known."""
    forged = Forged(experiment="later")
    for n, (side, other) in enumerate((("a", "b"), ("b", "a"))):
        at_s = 10.0 + 200 * n
        forged.look(at_s)
        for k, node in enumerate(NODES):
            forged.hears(at_s + 1 + k, node, side)
        for look_s in (5, 60, 120):
            forged.look(at_s + look_s, **{side: "silence", other: "open"})
        for k, node in enumerate(NODES):
            forged.asks(at_s + 6 + k, PEOPLE[node][0], 500, GETS[3])
            forged.asks(at_s + 8 + k, PEOPLE[node][0], 404, GETS[3], by=other)
            answers = other if by is None else by
            asks_s, met = at_s + 8 + k + after_s, side if tried else ""
            forged.asks(asks_s, ONE_MORE[node], status, GETS[3], tried=met, by=answers, wrong=wrong)
            if status != 404:
                forged.asks(asks_s + 10, ONE_MORE[node], 404, GETS[3], by=other)
            forged.asks(at_s + 100 + k, PEOPLE[node][2], guessed, wrong=True, by=other)
            if is_known:
                forged.asks(at_s + 150 + k, PEOPLE[node][2], 404, GETS[3], by=other)
        forged.asks(at_s + 140, PEOPLE[NODES[0]][0], 404, GETS[3], by=other)
    return forged


@pytest.mark.parametrize(
    ("guessed", "is_known", "expected"),
    [(401, True, HELD), (200, True, VIOLATED), (200, False, VIOLATED), (401, False, INCONCLUSIVE),
     (500, True, INCONCLUSIVE), (None, True, INCONCLUSIVE)],
)  # fmt: skip
def test_a_wrong_password_that_the_other_awdb_takes_is_a_violation(
    guessed: int | None, is_known: bool, expected: Outcome
) -> None:
    found = verdict(goes, *covering()[:-1], later(guessed=guessed, is_known=is_known))
    assert is_(found, expected, *(("with a wrong password",) if expected is VIOLATED else ()))


@pytest.mark.parametrize(
    ("forged", "expected"),
    [
        (later(), HELD),
        (later(tried="lost"), HELD),  # it was let in by the other one all the same
        (later(500, tried="lost", by=""), VIOLATED),
        (later(401, tried="lost", by="", wrong=True), HELD),  # whatever it made of that
        (later(500, tried="lost", by="", wrong=True), VIOLATED),
        (later(500, by=""), HELD),  # not by the lost one
        (later(after_s=5.0), INCONCLUSIVE),
    ],
)
def test_a_node_that_turns_back_to_the_lost_awdb_is_a_violation(forged: Forged, expected: Outcome) -> None:
    for check, others in ((goes, covering()[:-1]), (retry, [by_turns(loss="silent"), coming_in(), at_once()])):
        found = verdict(check, *others, forged)
        if expected is HELD:
            assert not [one for one in found.findings if "turned back" in one.reason]
        else:
            words = "turned back to" if expected is VIOLATED else "then some time later"
            assert is_(found, expected, words)


def coming_in(
    met: str = "silence", fails: int = 1, *, streams: int = 0, words: str = INVALID, by: str | None = None
) -> Forged:
    """Each AWDB is lost, by turns; at each node somebody signs in to the desktop, so often in vain, which is the
    first thing that is asked there. Then he opens an event stream, so often in vain. by: which AWDB is asked meanwhile,
    if not the other one."""
    forged = Forged(experiment="coming in")
    for n, (side, other) in enumerate((("a", "b"), ("b", "a"))):
        at_s = 10.0 + 150 * n
        forged.look(at_s)
        for k, node in enumerate(NODES):
            forged.hears(at_s + 1 + k, node, side)
        forged.look(at_s + 5, **{side: met, other: "open"})
        for k, node in enumerate(NODES):
            who, first_s = ONE_MORE[node], at_s + 10 + 20 * k
            for m in range(min(fails, 4)):
                forged.shows(first_s + 2 * m, who, Screen.SIGN_IN, words)
            if fails < 4:
                forged.traffic(first_s + 9.001, by or other).shows(first_s + 9, who, Screen.SIGN_IN, None, ok=True)
            for m in range(min(streams, 4)):
                forged.opens_stream(first_s + 10 + m, who, ok=False)
            if streams < 4:
                forged.traffic(first_s + 15.01, by or other).opens_stream(first_s + 15, who)
        forged.look(at_s + 60, **{side: met, other: "open"}).look(at_s + 100)
        for k, node in enumerate(NODES):
            forged.shows(at_s + 110 + k, ONE_MORE[node], Screen.SIGN_IN, None, ok=True)
            forged.opens_stream(at_s + 120 + k, ONE_MORE[node])
    return forged


def at_once(fails: int = 1, *, apart_s: float = 0.0, second: int | None = 500) -> Forged:
    """Each AWDB falls silent, by turns; at each node two people ask at once, so often in vain, and are let in then. One
    of them asks for a second thing meanwhile, which ends so at first; None: he does not."""
    forged = Forged(experiment="at once")
    for n, (side, other) in enumerate((("a", "b"), ("b", "a"))):
        at_s = 10.0 + 200 * n
        forged.look(at_s)
        for k, node in enumerate(NODES):
            forged.hears(at_s + 1 + k, node, side)
        forged.look(at_s + 5, **{side: "silence", other: "open"})
        for k, node in enumerate(NODES):
            for m, who in enumerate((PEOPLE[node][0], ONE_MORE[node])):
                asks_s = at_s + 6 + 60 * k + m * (0.5 + apart_s)
                for one in range(fails):
                    forged.asks(asks_s + 11 * one, who, 500, GETS[3], took_s=10.0)
                forged.asks(asks_s + 11 * fails, who, 404, GETS[3], by=other)
                if m == 1 and second is not None and fails:
                    forged.asks(asks_s + 0.1, who, second, PUTS[0], took_s=10.0, by=other if second == 404 else "")
                    forged.asks(asks_s + 11 * fails + 0.5, who, 404, PUTS[0], by=other)
        forged.look(at_s + 70, **{side: "silence", other: "open"}).look(at_s + 130, **{side: "silence", other: "open"})
        for k, node in enumerate(NODES):
            forged.asks(at_s + 140 + k, PEOPLE[node][0], 404, GETS[3], by=other)
    return forged


@pytest.mark.parametrize(("fails", "apart_s", "expected"), [
    (0, 0.0, INCONCLUSIVE), (1, 0.0, HELD), (1, 20.0, INCONCLUSIVE), (2, 0.0, VIOLATED),
])  # fmt: skip
def test_of_two_that_meet_a_loss_at_once_the_retry_of_each_succeeds(
    fails: int, apart_s: float, expected: Outcome
) -> None:
    forged = at_once(fails, apart_s=apart_s, second=None if apart_s else 500)
    found = verdict(retry, by_turns(loss="silent"), coming_in(), forged, later())
    assert is_(found, expected, *(("two at once",) if expected is INCONCLUSIVE else ()))


def test_who_has_met_two_time_outs_has_to_be_seen_to_come_in() -> None:
    others = (by_turns(loss="silent"), coming_in(), later())
    assert is_(verdict(retry, *others, at_once(second=None)), INCONCLUSIVE, "then after two time-outs")
    assert holds_everywhere(verdict(retry, *others, at_once()))
    one_fails = verdict(retry, *others, at_once(second=404))
    assert any("no more than one failed" in one.reason for one in one_fails.findings)


@pytest.mark.parametrize(("met", "fails", "streams", "expected"), [
    ("reset", 1, 1, HELD), ("reset", 2, 0, VIOLATED), ("reset", 0, 2, VIOLATED), ("reset", 4, 0, VIOLATED),
    ("silence", 1, 1, HELD), ("silence", 2, 2, HELD), ("silence", 4, 0, VIOLATED), ("silence", 0, 4, VIOLATED),
])  # fmt: skip
def test_by_the_sign_in_page_and_for_event_streams_the_other_awdb_is_asked_too(
    met: str, fails: int, streams: int, expected: Outcome
) -> None:
    found = verdict(goes, by_turns(), covering()[1], coming_in(met, fails, streams=streams))
    assert (found.outcome is VIOLATED) is (expected is VIOLATED), found.reason


@pytest.mark.parametrize(("fails", "expected"), [(0, HELD), (1, HELD), (2, VIOLATED), (4, VIOLATED)])
def test_a_retry_at_the_sign_in_page_succeeds_as_well(fails: int, expected: Outcome) -> None:
    found = verdict(retry, by_turns(loss="silent"), coming_in(fails=fails), at_once(), later())
    assert is_(found, expected, *(("sign in to the desktop, in vain",) if expected is VIOLATED else ()))


def test_other_words_of_the_sign_in_page_and_another_awdb_show_nothing() -> None:
    for forged in (coming_in(fails=4, words="The extension is in use"), coming_in(by="x")):
        for check in (goes, retry):
            assert not [one for one in verdict(check, forged).findings if one.outcome is VIOLATED]
    assert is_(verdict(retry, by_turns(loss="silent"), coming_in("reset", 0)), INCONCLUSIVE, "ask sign-in page")


def test_whoever_is_let_in_by_the_other_awdb_shows_that_the_node_went_there() -> None:
    assert holds_everywhere(verdict(goes, *covering()))


@pytest.mark.parametrize("loss", MET)
@pytest.mark.parametrize("failures", [1, 2])
def test_of_a_loss_that_cannot_be_overlooked_a_node_needs_one_request_to_go_to_the_other_awdb(
    loss: str, failures: int
) -> None:
    late = by_turns((NODES[0], loss, "a", "agent PUT"), failures=failures)
    expected = VIOLATED if failures > 1 and loss != "silent" else HELD
    assert (verdict(goes, late, covering()[1]).outcome is VIOLATED) is (expected is VIOLATED)


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("loss", MET)
@pytest.mark.parametrize("ask", ["agent GET", "agent PUT", "administrator"])
def test_a_node_that_lets_nobody_in_after_one_way_of_losing_one_of_them(
    node: str, side: str, loss: str, ask: str
) -> None:
    odd = (node, loss, side, ask)
    found = verdict(goes, by_turns(odd, loss=loss))
    assert is_(found, VIOLATED, "was not authenticated")
    assert all(f"node {node}" in cell and f"loss {loss}" in cell for cell in violated_at(found))
    assert is_(verdict(retry, by_turns(odd, loss=loss)), VIOLATED, "in vain")


@pytest.mark.parametrize("loss", MET)
def test_each_way_of_losing_one_has_to_be_looked_at(loss: str) -> None:
    left = [by_turns(loss=one) for one in MET if one != loss]
    assert is_(verdict(goes, *left), INCONCLUSIVE, f"loss {loss}")


def test_a_prerequisite_that_may_be_missing_excuses_everybody() -> None:
    odd = by_turns(("fin-a", "cut", "a", "agent GET"), loss="cut")
    odd.fault(0, 2000, "StoppedDistributor", "awdb.secondary")
    assert is_(verdict(goes, odd), INCONCLUSIVE)


def test_an_other_awdb_that_was_not_seen_to_be_there_excuses_everybody() -> None:
    forged = by_turns(("fin-a", "cut", "a", "agent GET"), loss="cut")
    forged.lines = [one for one in forged.lines if not (isinstance(one, LinkProbed) and one.link == "awdb-b")]
    found = verdict(goes, forged)
    assert "was not authenticated" not in found.reason


def primary_lost(met: str = "silence") -> Forged:
    """fin-a uses the primary, which is lost."""
    return Forged().look(1).hears(2, "fin-a").looks(10, 130, met, "open")


def test_one_failure_is_not_enough_to_say_that_a_node_does_not_go() -> None:
    forged = primary_lost("reset").asks(20, "ann", 401, tried="a").asks(140, "ann", 200, by="a")
    assert is_(verdict(goes, forged), INCONCLUSIVE, "nobody looked")
    assert any("1 time(s)" in one.reason for one in verdict(goes, forged).findings)


def test_somebody_who_is_not_let_in_at_any_other_time_blames_nobody() -> None:
    forged = primary_lost("reset")
    for n in range(4):
        forged.asks(20 + n, "ann", 401, tried="a")
    assert is_(verdict(goes, forged), INCONCLUSIVE)
    assert any("at any other time" in one.reason for one in verdict(goes, forged).findings)


def test_being_let_in_without_asking_the_other_awdb_shows_nothing() -> None:
    found = verdict(goes, primary_lost().asks(20, "ann", 200))
    assert not [one for one in found.findings if one.outcome is HELD]


def test_only_the_first_request_after_a_loss_makes_a_node_move() -> None:
    """Who comes after it, or after a wrong password, shows nothing of that way of asking."""
    found = verdict(goes, primary_lost().hears(15, "fin-a", "b").asks(20, "ann", 404, "PUT Dialog/{id}", by="b"))
    assert [one.cell.get("ask") for one in found.findings if one.outcome is HELD] == [None]


# AWDB-12


def test_a_retry_that_is_let_in_by_the_other_awdb_is_as_documented() -> None:
    found = verdict(retry, by_turns(loss="silent"), coming_in(), at_once(), later())
    assert holds_everywhere(found)
    assert found.bound is not None
    assert found.measured is not None


def test_a_node_that_tries_both_within_one_request_is_as_documented_too() -> None:
    found = verdict(retry, primary_lost().asks(20, "ann", 200, tried="a", by="b", took_s=20.0))
    assert [str(one.cell) for one in found.findings if one.outcome is HELD] == [
        "ask agent GET, lost primary, node fin-a, request GET User/{id}"
    ]


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("ask", ASKERS)
def test_one_node_that_needs_two_retries_after_one_loss_is_a_violation(node: str, side: str, ask: str) -> None:
    found = verdict(retry, by_turns((node, "silent", side, ask), failures=2, loss="silent"))
    assert is_(found, VIOLATED, "tried again, in vain")
    assert all(f"ask {ask}" in cell and f"node {node}" in cell for cell in violated_at(found))


def test_a_retry_in_vain_counts_however_the_awdb_was_lost() -> None:
    forged = by_turns(("fin-b", "stopped", "a", "agent PUT"), failures=2, loss="stopped")
    assert is_(verdict(retry, forged), VIOLATED, "in vain")


def test_a_loss_with_notice_fills_no_cell() -> None:
    assert is_(verdict(retry, *(by_turns(loss=one) for one in MET if one != "silent")), INCONCLUSIVE, "nobody met")


def test_somebody_who_did_not_try_again_shows_nothing() -> None:
    forged = primary_lost().asks(20, "ann", None).asks(140, "ann", 200, by="a")
    assert is_(verdict(retry, forged), INCONCLUSIVE)
    assert any("did not try again" in one.reason for one in verdict(retry, forged).findings)


def test_an_answer_later_than_any_database_time_out_is_a_violation() -> None:
    forged = primary_lost().asks(20, "ann", 500, took_s=61.0).asks(85, "ann", 200, by="b")
    assert is_(verdict(retry, forged), VIOLATED, "outside the bound")


@pytest.mark.parametrize(("took_s", "expected"), [(59.0, INCONCLUSIVE), (61.0, VIOLATED)])
def test_a_request_that_nobody_answers_counts_though_what_finesse_does_later_is_nobodys(
    took_s: float, expected: Outcome
) -> None:
    forged = primary_lost().asks(20, "ann", None, took_s=took_s).traffic(82, "b").asks(85, "ann", 200, by="b")
    assert is_(verdict(retry, forged), expected)


def test_time_in_which_we_were_late_ourselves_is_not_held_against_anybody() -> None:
    forged = primary_lost().asks(20, "ann", 500, took_s=61.0).asks(85, "ann", 200, by="b").late(82, 3.0)
    forged.clock = "real"
    assert is_(verdict(retry, forged), INCONCLUSIVE)


@pytest.mark.parametrize("check", [goes, retry])
def test_people_who_were_cached_do_not_count(check: object) -> None:
    forged = primary_lost().asks(5, "ann", 200, by="a").asks(20, "ann", 200)
    assert not verdict(check, forged).findings  # type: ignore[arg-type]


@pytest.mark.parametrize("check", [goes, retry])
def test_a_loss_that_ended_before_it_should_blames_nobody(check: object) -> None:
    """A probe met silence at 10 s, and an open link at 20 s: what was asked after 10 s may have met either."""
    forged = Forged().look(1).hears(2, "fin-a").look(10, "silence").look(20)
    for n in range(4):
        forged.asks(12 + n, "ann", 500)
    forged.look(60).asks(65, "ann", 200)
    assert not verdict(check, forged).findings  # type: ignore[arg-type]


OPENS = (AwdbStep.ATTEMPT, AwdbStep.ASKED, AwdbStep.ANSWERED)


def comes_next(status: int, request: str = GETS[0], *, stands: bool = True, served: bool = True) -> Forged:
    """fin-a has lost the primary in silence; ann met that, and her retry was let in by the secondary, if `served`. Then
    cid asks, whom that AWDB answers, too: on the connection that `stands`, or on a new one."""
    forged = primary_lost().asks(20, "ann", 500, tried="a", took_s=10.0)
    forged.asks(31, "ann", 404 if served else 500, GETS[0], by="b")
    connection = forged.connections
    forged.lines = [one for one in forged.lines if not (isinstance(one, AwdbSeen) and _closes(one, connection))]
    forged.connections += 0 if stands else 1
    for n, step in enumerate((AwdbStep.ASKED, AwdbStep.ANSWERED) if stands else OPENS):
        forged.lines.append(AwdbSeen(at_s=40.001 + 0.001 * n, side="b", connection=forged.connections, step=step))
    forged.asks(40, "cid", status, request)
    for n, who in enumerate(("ann", "cid")):
        forged.asks(140 + n, who, 200, by="a")
    return forged


def _closes(seen: AwdbSeen, connection: int) -> bool:
    return seen.connection == connection and seen.step is AwdbStep.CLOSED_BY_CLIENT


NEXT_ONE = "though the secondary AWDB was in use already"


@pytest.mark.parametrize(("status", "request_"), [(500, GETS[0]), (401, GETS[0]), (401, PUTS[0])])
def test_whoever_comes_after_the_loss_was_noticed_need_not_try_again(status: int, request_: str) -> None:
    assert is_(verdict(retry, comes_next(status, request_)), VIOLATED, NEXT_ONE)


@pytest.mark.parametrize("loss", ["silence", "reset"])
def test_whoever_is_turned_away_once_by_the_awdb_that_is_in_use_is_not_let_in_by_it(loss: str) -> None:
    """Though he is at his next try."""
    forged = comes_next(401).asks(45, "cid", 404, GETS[0], by="b")
    forged.lines = [
        replace(one, outcome=loss) if isinstance(one, LinkProbed) and one.outcome == "silence" else one
        for one in forged.lines
    ]
    assert is_(verdict(goes, forged), VIOLATED, NEXT_ONE)


def test_what_may_have_another_reason_is_nothing_against_the_next_one() -> None:
    let_in = comes_next(404)
    by_cti = comes_next(500, PUTS[0])
    by_new_connection = comes_next(500, stands=False)
    not_noticed = comes_next(500, served=False)
    locked_out = comes_next(401)
    for n in range(5):
        locked_out.asks(4 + n / 10, "cid", 401, wrong=True)
    for forged in (let_in, by_cti, by_new_connection, not_noticed, locked_out):
        forged.asks(45, "cid", 404, GETS[0], by="b")
        for check in (retry, goes):
            assert not any(NEXT_ONE in one.reason for one in verdict(check, forged).findings)


def test_somebody_has_to_come_next() -> None:
    assert is_(verdict(retry, by_turns(loss="silent", is_followed=False)), INCONCLUSIVE, "then the next")


def refused_again(
    *statuses: int, who: str = "cid", wrong: int = 2, others: bool = True, resource: str = GETS[0], noticed: bool = True
) -> Forged:
    """fin-a has lost the primary in silence; the secondary serves ann, then `who`, who was let in before, ends so, and
    then eve is served by it. wrong: so many wrong passwords of his met the loss."""
    forged = primary_lost().asks(5, who, 200, by="a").asks(6, who, 200, resource)
    for n in range(wrong):
        forged.asks(10.5 + n / 10, who, 500, wrong=True)
    forged.asks(20, "ann", 500, tried="a", took_s=10.0).asks(31, "ann", 404, GETS[0], by="b" if noticed else "")
    for n, status in enumerate(statuses):
        forged.asks(35 + n, who, status, resource)
    if others:
        forged.asks(50, "eve", 404, GETS[0], by="b")
    return forged


@pytest.mark.parametrize("wrong", [0, 2, 4])
def test_whoever_is_refused_again_and_again_though_others_are_served_is_locked_out(wrong: int) -> None:
    assert is_(verdict(retry, refused_again(401, 401, 401, wrong=wrong)), VIOLATED, "refused cid again and again")


@pytest.mark.parametrize(
    "forged",
    [
        refused_again(401, 401, 401, wrong=5),
        refused_again(401, 401, 200),
        refused_again(401, 401, 200, 401),
        refused_again(500, 500, 500),  # says nothing of him
        refused_again(401, 401, 401, others=False),
        refused_again(401, 401, 401, noticed=False),
    ],
)
def test_what_may_have_another_reason_locks_nobody_out(forged: Forged) -> None:
    assert not any("again and again" in one.reason for one in verdict(retry, forged).findings)
