"""AWDB-04 on forged journals: good, bad in one place only, and short."""

from dataclasses import replace

import pytest

from chaos.journal import AwdbSeen, AwdbStep, RestExchange, Screen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import no_awdb_is_asked_before_the_cache_expires as not_asked
from chaos.verdicts.awdb.asks import ADMINISTRATOR_REQUESTS, AGENT_REQUESTS
from tests.verdicts.awdb_forged import ADMINS, NODES, PEOPLE, Forged, holds_everywhere, is_, verdict

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
GET, PUT, POST = "GET User/{id}", "PUT User/{id}", "POST User/{id}/Dialogs"
SERIES = (
    [one for one in AGENT_REQUESTS if one.startswith("GET")] * 3,
    [one for one in AGENT_REQUESTS if one.startswith("PUT")] * 5,
    [one for one in AGENT_REQUESTS if one.startswith("POST")] * 10,
    [one.partition(" ")[2] for one in ADMINISTRATOR_REQUESTS] * 4,
)
Odd = tuple[str, str, int]


def cached(
    odd: Odd | None = None, *, side: str = "a", deaf: bool = False, met: str = "reset", page: str = ""
) -> Forged:
    """An agent and the administrator of each node are authenticated by the primary, and ask many times; the primary is
    lost, and they ask again; just before the end of the half hour, and long after it.

    odd: node, request, and the how manieth of them makes Finesse ask that side. deaf: no control is heard. page: the
    node at which his sign-in to the desktop does so.
    """
    forged = Forged().looks(1, 100).looks(102, 3900, met, "open")
    counts: dict[tuple[str, str], int] = {}

    def ask(at_s: float, node: str, request: str, *, admin: bool = False, by: str = "") -> None:
        key = (node, f"administrator {request}" if admin else request)
        counts[key] = counts.get(key, 0) + 1
        by = side if odd == (*key, counts[key]) else by
        forged.asks(at_s, ADMINS[node] if admin else PEOPLE[node][0], 200, request, by=by)

    def hear(at_s: float, node: str, by: str) -> None:
        if not deaf:
            forged.hears(at_s, node, by)

    for n, node in enumerate(NODES):
        forged.asks(10 + n, PEOPLE[node][0], 200, by="a").asks(12 + n, ADMINS[node], 200, "GET Users", by="a")
        forged.asks(14 + n, PEOPLE[node][1], 200, by="a")
        for from_s, in_use in ((20.0 + 40 * n, "a"), (110.0 + 40 * n, "b")):
            hear(from_s, node, in_use)
            for k, requests in enumerate(SERIES):
                for m, request in enumerate(requests):
                    ask(from_s + 1 + 8 * k + m / 4, node, request, admin=k == 3)
            forged.shows(from_s + 32, PEOPLE[node][0], Screen.SIGN_IN, None, ok=True)
            if page == node:
                forged.traffic(from_s + 32.001, in_use)
            hear(from_s + 34, node, in_use)
        at_s = 1800.0 + 10 + n - 1
        hear(at_s - 5, node, "b")
        for k, request in enumerate((GET, PUT, POST)):
            ask(at_s + k / 10, node, request)
        ask(at_s + 2, node, "GET Users", admin=True)
        hear(at_s + 20, node, "b")
        # The agent has succeeded with something just before the end.
        for k, request in enumerate((GET, PUT, POST)):
            ask(3700.0 + 10 * n + k, node, request, by="b")
            # None of these may succeed, or the next one would be cached.
            last = forged.lines[-1]
            assert isinstance(last, RestExchange)
            forged.lines[-1] = replace(last, status=404)
        ask(3704.0 + 10 * n, node, "GET Users", admin=True, by="b")
    return forged


@pytest.mark.parametrize("node", NODES)
def test_an_awdb_that_is_asked_at_the_sign_in_page_of_one_node_is_a_violation(node: str) -> None:
    found = verdict(not_asked, cached(page=node), back_to_the_primary())
    assert is_(found, VIOLATED, "at the sign-in page, whose credentials were cached")
    assert {one.cell["node"] for one in found.findings if one.outcome is VIOLATED} == {node}


def test_about_who_is_not_cached_an_awdb_is_asked_at_the_sign_in_page() -> None:
    forged = cached().traffic(3800.001, "b").shows(3800, "cid", Screen.SIGN_IN, None, ok=True)
    assert is_(verdict(not_asked, forged, back_to_the_primary()), HELD)


def back_to_the_primary(along: int = 0, *, times: int = 3, before: int = 0) -> Forged:
    """The secondary is lost, long after; whose credentials have lapsed is asked about at the primary. Long after that
    somebody asks while nobody is cached, and so often once somebody else is.

    along, before: so many more questions are asked then, and when nobody is cached."""
    forged = Forged().look(1).looks(2050, 2200, "open", "reset")
    for n, node in enumerate(NODES):
        forged.asks(10 + n, PEOPLE[node][0], 200, by="a").hears(2090 + n, node)
        forged.asks(2100 + n, PEOPLE[node][0], 200, by="a").hears(2110 + n, node)
        at_s, nobodys = 5000.0 + 50 * n, "PUT Dialog/{id}"
        forged.asks(at_s, PEOPLE[node][0], 404, nobodys, by="a" * (1 + before))
        forged.asks(at_s + 1, PEOPLE[node][1], 200, by="a")
        for k in range(times):
            forged.asks(at_s + 2 + k, PEOPLE[node][0], 404, nobodys, by="a" * (1 + along))
    return forged


@pytest.mark.parametrize(
    ("along", "times", "before", "expected"),
    [(0, 3, 0, HELD), (1, 3, 0, VIOLATED), (1, 2, 0, HELD), (1, 3, 1, HELD), (0, 3, 1, HELD)],
)
def test_asking_about_others_along_with_who_is_not_cached_is_a_violation(
    along: int, times: int, before: int, expected: Outcome
) -> None:
    found = verdict(not_asked, cached(), back_to_the_primary(along, times=times, before=before))
    assert found.outcome is expected, found.reason
    assert ("when others were cached: about them, too" in found.reason) is (expected is VIOLATED)


def test_nobody_is_asked_about_cached_credentials_and_somebody_is_afterwards() -> None:
    assert holds_everywhere(verdict(not_asked, cached(), back_to_the_primary()))


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("request_", [*AGENT_REQUESTS, *ADMINISTRATOR_REQUESTS])
def test_one_kind_of_request_at_one_node_that_asks_is_a_violation(node: str, request_: str) -> None:
    found = verdict(not_asked, cached((node, request_, 2)), back_to_the_primary())
    assert is_(found, VIOLATED, "whose credentials were cached")
    assert found.findings[0].cell["node"] == node
    assert found.findings[0].cell["request"] == request_


@pytest.mark.parametrize("nth", [1, 3, 6, 7, 10, 13, 20])
@pytest.mark.parametrize("side", ["a", "b"])
def test_the_nth_request_that_asks_whichever_awdb_is_a_violation(nth: int, side: str) -> None:
    assert is_(verdict(not_asked, cached(("fin-b", POST, nth), side=side)), VIOLATED, "an AWDB was asked about bob")


def test_only_trying_to_connect_is_asking_too() -> None:
    forged = cached()
    forged.asks(200, "ann", 200, tried="a")
    assert is_(verdict(not_asked, forged, back_to_the_primary()), VIOLATED, "an AWDB was asked about ann")


def test_not_being_asked_after_they_have_lapsed_is_a_violation() -> None:
    forged = back_to_the_primary().hears(2119, "fin-a").asks(2120, "cid", 200).hears(2121, "fin-a")
    forged.asks(15, "cid", 200, by="a")
    assert is_(verdict(not_asked, forged), VIOLATED, "no AWDB was asked about cid")


def test_silence_of_a_relay_that_did_not_hear_the_node_before_and_after_shows_nothing() -> None:
    found = verdict(not_asked, cached(deaf=True), back_to_the_primary())
    assert is_(found, INCONCLUSIVE, "silence shows nothing")


@pytest.mark.parametrize("met", ["silence", "refused"])
def test_silence_where_finesse_may_ask_without_being_seen_shows_nothing(met: str) -> None:
    """A silent link drops what is asked before it reaches a relay, and a cut one refuses before a relay is reached."""
    assert is_(verdict(not_asked, cached(met=met), back_to_the_primary()), INCONCLUSIVE)


def test_a_finesse_that_talks_to_its_awdb_unasked_cannot_be_blamed_for_traffic() -> None:
    forged = cached(("fin-a", GET, 2)).traffic(900, "b")
    assert is_(verdict(not_asked, forged, back_to_the_primary()), INCONCLUSIVE, "is open")


def test_talk_before_the_steady_state_is_that_of_event_streams_and_excuses_nothing() -> None:
    forged = cached(("fin-a", GET, 2))
    forged.lines.append(AwdbSeen(at_s=-1.0, side="a", connection=1, step=AwdbStep.ASKED))
    assert is_(verdict(not_asked, forged, back_to_the_primary()), VIOLATED)


def test_traffic_while_somebody_else_asks_at_that_node_is_nobodys() -> None:
    forged = cached(("fin-a", GET, 2)).asks(21, "eve", 200, took_s=3.0)
    found = verdict(not_asked, forged, back_to_the_primary())
    assert not [one for one in found.findings if one.outcome is VIOLATED]
    assert any("at whose request is open" in one.reason for one in found.findings)


def test_traffic_of_the_other_nodes_connection_is_not_this_nodes() -> None:
    """Both nodes have something under way, but the connection has been the other node's alone before."""
    forged = Forged().looks(1, 200).asks(10, "ann", 200, by="a").asks(11, "bob", 200, by="a").hears(15, "fin-a")
    forged.asks(20, "ann", 200, took_s=1.0).asks(20.5, "dan", 401, by="a").hears(25, "fin-a")
    found = verdict(not_asked, forged)
    assert not [one for one in found.findings if one.outcome is VIOLATED]


def test_links_without_any_traffic_are_not_where_finesse_goes() -> None:
    forged = Forged().looks(1, 2000).asks(10, "ann", 200).asks(100, "ann", 200).asks(1999, "ann", 200)
    assert is_(verdict(not_asked, forged), INCONCLUSIVE, "nobody looked")


def test_nine_in_a_row_are_not_many() -> None:
    forged = cached()
    posts = [line for line in forged.lines if isinstance(line, RestExchange) and line.resource == POST]
    for line in [one for one in posts if one.node == "fin-a" and one.sent_s < 200][:4]:
        forged.lines.remove(line)
    more = [one for one in posts if one.node == "fin-a" and 100 < one.sent_s < 200]
    for line in more[:3]:
        forged.lines.remove(line)
    found = verdict(not_asked, forged, back_to_the_primary())
    assert is_(found, INCONCLUSIVE, "agent POST, node fin-a, when many in a row")


def now_and_then(*asked_s: float, late_s: float = 3.0, close: bool = False, quiet: int = 2) -> Forged:
    """ann is authenticated, and asks at 100, 140 and 180 s, with nothing else about; an AWDB is asked so long after
    each of the times given, at nobody's request. close: a control is made 5 s before each of hers. quiet: so many
    other questions there are."""
    forged = Forged().look(1).looks(2, 300).asks(10, "ann", 200, by="a").hears(220, "fin-a")
    for n in range(quiet - 2):
        forged.hears(60 + n * 15, "fin-a")
    for at_s, request in ((100.0, GET), (140.0, PUT), (180.0, POST)):
        forged.asks(at_s, "ann", 200, request)
        if close:
            forged.hears(at_s - 5, "fin-a")
    for at_s in asked_s:
        forged.traffic(at_s + late_s, "a")
    return forged


@pytest.mark.parametrize(
    ("forged", "blamed"),
    [
        (now_and_then(100, 140, 180), True),
        (now_and_then(140, 180, late_s=8), True),
        (now_and_then(140), False),  # once may be by chance
        (now_and_then(100, 140, 180, late_s=12), False),  # too late to come of it
        (now_and_then(100, 140, 180, close=True), False),  # it has used a connection just before
        (now_and_then(100, 140, 180, close=True, quiet=3), True),  # but nothing follows other uses
        (now_and_then(100, 140, 180, close=True, quiet=3).traffic(228, "a"), False),  # something does
        (now_and_then(100, 140, 180, 240), False),  # it does so at other times, too
    ],
)
def test_an_awdb_that_is_asked_soon_after_the_answers_of_who_is_cached_is_a_violation(
    forged: Forged, blamed: bool
) -> None:
    found = verdict(not_asked, forged)
    assert found.outcome is (VIOLATED if blamed else INCONCLUSIVE), found.reason
    assert ("had been answered" in found.reason) is blamed


_SUCCEEDS_S, _FAILS_S = (10.0, 47.0, 101.0, 230.0), (30.0, 70.0, 150.0, 200.0)


@pytest.mark.parametrize(
    ("echoes_s", "expected"),
    [
        ([at_s + 600.0 for at_s in _SUCCEEDS_S], True),
        ([at_s + 600.0 + n / 100 for n, at_s in enumerate(_SUCCEEDS_S)], True),
        ([at_s + 600.0 for at_s in _SUCCEEDS_S[:3]] + [900.0], False),  # one success is not echoed
        ([at_s + 600.0 for at_s in (*_SUCCEEDS_S, *_FAILS_S)], False),  # whatever comes is: a connection's use
        ([400.0 + 20.0 * n for n in range(40)], False),  # at times of its own
        ([at_s + 600.0 + 3 * n for n, at_s in enumerate(_SUCCEEDS_S)], False),
        ([], False),
    ],
)
def test_a_question_after_the_same_time_for_each_success_alone_is_asked_because_of_it(
    echoes_s: list[float], expected: bool
) -> None:
    forged = Forged()
    for n, at_s in enumerate(_SUCCEEDS_S):
        forged.asks(at_s, "ann", 200, by="" if n else "a")
    for at_s in _FAILS_S:
        forged.asks(at_s, "ann", 404, "GET Dialog/{id}")
    for at_s in echoes_s:
        forged.traffic(at_s, "a")
    forged.asks(1300.0, "ann", 404, "GET Dialog/{id}")
    found = [one for one in verdict(not_asked, forged).findings if "after each success" in one.reason]
    assert bool(found) is expected
