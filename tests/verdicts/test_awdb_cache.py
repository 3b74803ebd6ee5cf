"""AWDB-02 and AWDB-03 on forged journals: good, bad in one place only, and short."""

from collections.abc import Callable

import pytest

from chaos.journal import Screen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import cached_users_stay_authenticated as stay
from chaos.verdicts.awdb import credentials_are_cached_for_half_an_hour as half_an_hour
from chaos.verdicts.awdb.asks import ADMINISTRATOR_REQUESTS, AGENT_REQUESTS
from tests.verdicts.awdb_forged import ADMINS, NODES, PEOPLE, Forged, holds_everywhere, is_, verdict

HELD, VIOLATED, INCONCLUSIVE = Outcome.HELD, Outcome.VIOLATED, Outcome.INCONCLUSIVE
VERBS = {"GET": "GET User/{id}", "PUT": "PUT User/{id}", "POST": "POST User/{id}/Dialogs"}
Change = Callable[[Forged], object]

# --- AWDB-02 ---------------------------------------------------------------------------------------------------------

BEGUN_S, DARK_S, END_S = 10.0, 60.0, 1900.0


def dark(order: str = "secondary first", cached_by: str = "GET") -> Forged:
    """Both AWDBs are lost from a minute on, in that order."""
    forged = Forged(experiment=f"{order}, {cached_by}").look(1)
    first, second = ("reset", "open") if order == "primary first" else ("open", "reset")
    return forged.look(DARK_S - 1, first, second).looks(DARK_S, END_S, "reset", "reset")


def edges(
    order: str = "secondary first",
    cached_by: str = "GET",
    *,
    before: dict[tuple[str, str], int] | None = None,
    after: dict[tuple[str, str], int] | None = None,
    life_s: float = 1800.0,
    early_s: float = 1.0,
    late_s: float = 1.0,
) -> Forged:
    """Two agents and the administrator of each node are authenticated at 10 s; one of them asks by every verb just
    before the end of half an hour, the other just after it. before, after: (node, ask): an odd status."""
    forged = dark(order, cached_by)
    for n, node in enumerate(NODES):
        early, late, _ = PEOPLE[node]
        for k, who in enumerate((early, late, ADMINS[node])):
            request = "GET Users" if who == ADMINS[node] else VERBS[cached_by]
            forged.asks(BEGUN_S + n * 10 + k / 10, who, 200, request, by="a")
            forged.asks(DARK_S + 5 + n * 10 + k / 10, who, 404 if k else 200, "GET Dialog/{id}")
        base_s = BEGUN_S + n * 10
        for k, (verb, request) in enumerate(VERBS.items()):
            ask = f"agent {verb}"
            status = (before or {}).get((node, ask), 404)
            forged.asks(base_s + life_s - early_s + k / 100, early, status, request.replace("User/", "Dialog/"))
            status = (after or {}).get((node, ask), 401)
            forged.asks(base_s + 0.1 + life_s + late_s + k / 100, late, status, request)
        is_before = cached_by == "GET"
        at_s = base_s + 0.2 + life_s + (-early_s if is_before else late_s)
        odd = (before if is_before else after) or {}
        forged.asks(at_s, ADMINS[node], odd.get((node, "administrator"), 404 if is_before else 401), "GET Users")
    return forged


WHOLE = [("secondary first", "GET"), ("primary first", "PUT"), ("primary first", "POST")]


def test_good_just_before_and_lapsed_just_after_is_half_an_hour() -> None:
    found = verdict(half_an_hour, *(edges(*one) for one in WHOLE))
    assert holds_everywhere(found)
    assert found.measured is not None
    assert found.bound is not None


ASKS = ["agent GET", "agent PUT", "agent POST", "administrator"]


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("ask", ASKS)
def test_lapsed_just_before_at_one_node_for_one_verb_is_too_short(node: str, ask: str) -> None:
    """There it was served a moment before, so it is not the cache as such that is of no use."""
    odd = edges(before={(node, ask): 401}).asks(100, PEOPLE[node][0], 404, VERBS.get(ask[6:], VERBS["GET"]))
    odd.asks(101, ADMINS[node], 200, "GET Users").asks(DARK_S + 40, PEOPLE[node][0], 400, VERBS["POST"])
    odd.asks(DARK_S + 41, PEOPLE[node][0], 400, VERBS["PUT"])
    assert is_(verdict(half_an_hour, odd), VIOLATED, "lapsed just before")


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("ask", ASKS[:3])
@pytest.mark.parametrize("status", [200, 404])
def test_good_just_after_at_one_node_for_one_verb_is_too_long(node: str, ask: str, status: int) -> None:
    assert is_(verdict(half_an_hour, edges(after={(node, ask): status})), VIOLATED, "still good just after")


def test_good_long_after_is_too_long_as_well() -> None:
    forged = edges().asks(BEGUN_S + 1880, "cid", 200)
    assert is_(verdict(half_an_hour, forged), VIOLATED, "more than half an hour")


def test_how_long_a_cache_of_no_use_lasts_cannot_be_seen() -> None:
    forged = dark().asks(10, "ann", 200, by="a").asks(70, "ann", 401).asks(1809, "ann", 401)
    assert is_(verdict(half_an_hour, forged), INCONCLUSIVE, "see AWDB-03")
    assert is_(verdict(stay, forged), VIOLATED, "though cached")


@pytest.mark.parametrize("one", WHOLE)
def test_each_order_of_loss_and_each_verb_that_caches_has_to_be_looked_at(one: tuple[str, str]) -> None:
    assert is_(
        verdict(half_an_hour, *(edges(*other) for other in WHOLE if other != one)), INCONCLUSIVE, "nobody looked"
    )


def test_both_edges_must_have_been_looked_at_closely() -> None:
    far = [edges(*one, early_s=30.0, late_s=40.0) for one in WHOLE]
    assert is_(verdict(half_an_hour, *far), INCONCLUSIVE)


def test_somebody_who_may_have_been_cached_before_tells_nothing_of_the_near_edge() -> None:
    """The first request made Finesse ask nobody: its credentials are older than it."""
    forged = dark().asks(10, "ann", 200).asks(70, "ann", 200).asks(1809, "ann", 401)
    assert is_(verdict(half_an_hour, forged), INCONCLUSIVE)


def test_what_was_asked_about_settings_says_nothing_of_when_somebody_was_authenticated() -> None:
    forged = dark().asks(10, "admin-a", 200, "GET SystemConfig", by="a").asks(70, "admin-a", 200, "GET Users")
    forged.asks(1809, "admin-a", 401, "GET Users")
    assert is_(verdict(half_an_hour, forged), INCONCLUSIVE)


def test_lateness_beyond_the_margin_leaves_it_open_who_was_good() -> None:
    forged = Forged(clock="real").look(1).looks(DARK_S, END_S, "reset", "reset").asks(10, "ann", 200, by="a")
    forged.asks(100, "ann", 200).asks(1809.5, "ann", 401).late(12.0, 0.7).late(1812.0, 0.7)
    assert is_(verdict(half_an_hour, forged), INCONCLUSIVE)


def test_margins_grow_with_the_lateness_that_was_seen() -> None:
    """A harness that is late looks farther from the edge, and it counts as near all the same."""
    forged = Forged(clock="real").look(1).looks(DARK_S, END_S, "reset", "reset").asks(10, "ann", 200, by="a")
    forged.asks(100, "ann", 200).asks(10 + 1800 - 6.5, "ann", 200).late(12.0, 0.9).late(1808.0, 0.9)
    found = verdict(half_an_hour, forged)
    assert [one.cell["edge"] for one in found.findings if one.outcome is HELD] == ["just before"]


# Whether a request prolongs the half hour


def prolonged(**status: int) -> Forged:
    """Four people succeed with something five minutes after they were authenticated, by different verbs at both nodes,
    and ask once more after half an hour from the first, and within one from the second."""
    forged = dark()
    for n, (who, verb) in enumerate((("ann", "GET"), ("bob", "PUT"), ("cid", "POST"), ("dan", "GET"))):
        forged.asks(10 + n, who, 200, by="a").asks(300 + n, who, 200, VERBS[verb])
        forged.asks(1850 + n, who, status.get(who, status["all"]), "GET Dialog/{id}")
    return forged


@pytest.mark.parametrize("status", [404, 401])
def test_a_request_may_prolong_the_time_or_not(status: int) -> None:
    assert not [one for one in verdict(half_an_hour, prolonged(all=status)).findings if one.outcome is VIOLATED]


@pytest.mark.parametrize("status", [(404, 401), (401, 404)])
@pytest.mark.parametrize("who", ["ann", "bob", "cid"])
def test_but_it_does_the_one_or_the_other_everywhere_and_by_every_verb(status: tuple[int, int], who: str) -> None:
    found = verdict(half_an_hour, prolonged(all=status[0], **{who: status[1]}), edges())
    assert is_(found, VIOLATED, "prolonged by a", who)


@pytest.mark.parametrize(("first", "then"), [
    ("GET SystemConfig", "GET ClusterConfig"), ("GET SystemConfig", "GET Users"), ("GET Users", "GET ClusterConfig"),
])  # fmt: skip
def test_what_is_asked_about_settings_says_nothing_of_the_half_hour(first: str, then: str) -> None:
    """They may have cached him anew, and about them an AWDB may be asked whoever is cached."""
    forged, admin = Forged().looks(1, 2100).asks(10, "admin-a", 200, "GET Users", by="a"), "admin-a"
    forged.hears(90, "fin-a").asks(300, admin, 200, "GET Users").hears(301, "fin-a")
    forged.hears(1990, "fin-a").asks(2000, admin, 200, first, by="a").asks(2001, admin, 200, then, by="a")
    forged.asks(2002, admin, 200, "GET Users").hears(2010, "fin-a")
    found = verdict(half_an_hour, forged).findings
    assert not any("prolonged by" in one.reason for one in found)


def test_what_failed_in_between_and_a_wrong_password_must_not_prolong_it() -> None:
    forged = dark().asks(10, "ann", 200, by="a").asks(300, "ann", 404, "GET Dialog/{id}")
    forged.asks(301, "ann", 401, wrong=True).asks(1811, "ann", 404, "GET Dialog/{id}")
    assert is_(verdict(half_an_hour, forged), VIOLATED, "still good just after")


# With an AWDB there it is seen by the traffic who is cached


def with_one_there(*, before: str = "", after: str = "a") -> Forged:
    """The sides that Finesse asks just before the end, and just after it; controls around all of it."""
    forged = Forged().looks(1, 1900).asks(10, "ann", 200, by="a").asks(11, "cid", 200, by="a")
    forged.hears(90, "fin-a").asks(100, "ann", 200).hears(101, "fin-a")
    forged.hears(1805, "fin-a").asks(1809, "ann", 200, by=before).asks(1812, "cid", 200, by=after)
    return forged.hears(1815, "fin-a")


def test_with_an_awdb_there_it_is_seen_by_the_traffic() -> None:
    found = verdict(half_an_hour, with_one_there())
    assert {(one.cell["edge"], str(one.outcome)) for one in found.findings} == {
        ("just before", "HELD"), ("just after", "HELD"),
    }  # fmt: skip


def test_nobody_asked_just_after_is_too_long_and_somebody_asked_just_before_too_short() -> None:
    assert is_(verdict(half_an_hour, with_one_there(after="")), VIOLATED, "still good just after")
    assert is_(verdict(half_an_hour, with_one_there(before="a")), VIOLATED, "lapsed just before")


def test_an_awdb_that_refuses_is_no_cache_that_lapsed() -> None:
    """Silence of the relays counts only if they heard that node before and after."""
    forged = with_one_there(after="")
    forged.lines = [line for line in forged.lines if getattr(line, "sent_s", 0.0) != 1815]
    forged.lines = [line for line in forged.lines if not 1815 <= line.at_s <= 1816]
    assert is_(verdict(half_an_hour, forged), INCONCLUSIVE, "cannot be told")


# --- AWDB-03 ---------------------------------------------------------------------------------------------------------

ADMINISTRATOR_GETS = [one.partition(" ")[2] for one in ADMINISTRATOR_REQUESTS]


AFTER_SIGN_OUT = 99


def cached(odd: tuple[str, str, int] | None = None, status: int = 401, *, a: str = "reset", b: str = "reset") -> Forged:
    """One agent and the administrator of each node are authenticated, both AWDBs are lost, and they ask a lot; another
    agent has signed out before.

    odd: node, request and the how manieth of them is answered with that status; AFTER_SIGN_OUT is the other's.
    """
    forged = Forged().look(1).looks(60, 1900, a, b)
    counts: dict[tuple[str, str], int] = {}

    def ask(at_s: float, node: str, request: str, proper: int = 200) -> None:
        who = ADMINS[node] if request.startswith("administrator") else PEOPLE[node][0]
        counts[node, request] = counts.get((node, request), 0) + 1
        is_odd = odd == (node, request, counts[node, request])
        forged.asks(at_s, who, status if is_odd else proper, request.removeprefix("administrator "))

    for n, node in enumerate(NODES):
        forged.asks(10 + n, PEOPLE[node][0], 200, by="a").asks(12 + n, ADMINS[node], 200, "GET Users", by="a")
        at_s = 70.0 + 100 * n
        requests = [*AGENT_REQUESTS, *ADMINISTRATOR_REQUESTS]
        for k, request in enumerate(requests):
            ask(at_s + k, node, request)
        for k, request in enumerate((*VERBS.values(), ADMINISTRATOR_REQUESTS[0])):
            who = ADMINS[node] if request.startswith("administrator") else PEOPLE[node][0]
            forged.asks(at_s + 20 + 4 * k, who, 401, request.removeprefix("administrator "), wrong=True)
            ask(at_s + 21 + 4 * k, node, request)
            forged.asks(at_s + 22 + 4 * k, who, 404, "GET Dialog/{id}")
            ask(at_s + 23 + 4 * k, node, request)
            ask(at_s + 23.5 + 4 * k, node, request)
        for k, request in enumerate(VERBS.values()):
            ask(1808 + n + k / 10, node, request)
        leaver = PEOPLE[node][1]
        forged.shows(18 + n, leaver, Screen.SIGN_IN, None, ok=True).shows(
            1000 + n, leaver, Screen.SIGN_IN, None, ok=True
        )
        forged.opens_stream(20 + n, PEOPLE[node][0]).opens_stream(1000 + n, PEOPLE[node][0])
        forged.asks(14 + n, leaver, 202, "PUT User/{id}", by="a", wanted={"state": "LOGOUT"})
        for k, request in enumerate(VERBS.values()):
            is_odd = odd == (node, request, AFTER_SIGN_OUT)
            forged.asks(at_s + 60 + k, leaver, status if is_odd else 400, request)
    return forged


def test_cached_people_are_let_in_without_any_awdb() -> None:
    assert holds_everywhere(verdict(stay, cached(), in_silence()))


def in_silence(status: int = 200, *, trying: bool = False, tried: str = "ba") -> Forged:
    """Both AWDBs are silent; at each node a stranger has made it try those in vain. Then somebody asks who is cached:
    while it tries once more, if `trying`."""
    forged = Forged(experiment="in silence").looks(1, 8).looks(60, 400, "silence", "silence")
    for n, node in enumerate(NODES):
        known, stranger, _ = PEOPLE[node]
        forged.asks(3 + n, known, 200, by="a")
        for k, side in enumerate((*tried, *("b" if trying else ""))):
            at_s = 100 + 80 * n + 12 * k
            forged.asks(at_s, stranger, 401, took_s=10.5).traffic(at_s + 0.1, side, lasts_s=10.0)
        forged.asks(100 + 80 * n + 12 * len(tried) + 2, known, status, took_s=0.02)
    return forged


@pytest.mark.parametrize(("forged", "expected"), [
    (in_silence(401), VIOLATED), (in_silence(500), VIOLATED),
    (in_silence(401, trying=True), INCONCLUSIVE), (in_silence(401, tried="b"), INCONCLUSIVE),
])  # fmt: skip
def test_cached_people_are_let_in_as_well_where_both_fell_silent(forged: Forged, expected: Outcome) -> None:
    assert is_(verdict(stay, cached(), forged), expected)


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("request_", [*AGENT_REQUESTS, *ADMINISTRATOR_REQUESTS])
@pytest.mark.parametrize("status", [401, 500, None])
def test_one_kind_of_request_turned_away_at_one_node_is_a_violation(node: str, request_: str, status: int) -> None:
    assert is_(verdict(stay, cached((node, request_, 1), status)), VIOLATED, "though cached")


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, AFTER_SIGN_OUT])
@pytest.mark.parametrize("verb", VERBS)
def test_the_nth_request_turned_away_is_a_violation(verb: str, nth: int) -> None:
    assert is_(verdict(stay, cached(("fin-b", VERBS[verb], nth))), VIOLATED, "though cached")


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_an_event_stream_that_is_refused_to_who_is_cached_is_a_violation(who: str) -> None:
    found = verdict(stay, cached().opens_stream(1100, who, ok=False))
    assert is_(found, VIOLATED, f"{who} at", "was not let in to an event stream, though cached")


@pytest.mark.parametrize(
    ("who", "at_s", "door", "a", "why"),
    [
        ("ann", 1100, "bosh", "reset", "opened no event stream with an AWDB there, either"),
        ("ann", 1100, "xmpp", "silence", "while an attempt to reach an AWDB may have lasted"),
        ("ann", 1820, "xmpp", "reset", ""),  # no longer cached
        ("eve", 1100, "xmpp", "reset", ""),  # never was
    ],
)
def test_an_event_stream_that_is_refused_otherwise_blames_nobody(
    who: str, at_s: float, door: str, a: str, why: str
) -> None:
    found = verdict(stay, cached(a=a).opens_stream(at_s, who, door, ok=False))
    assert not [one for one in found.findings if one.outcome is VIOLATED]
    assert any(why in one.reason for one in found.findings if one.outcome is INCONCLUSIVE) is bool(why)


WORDS = "Invalid user ID or password"


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("words", [WORDS, "Operation timed out"])
def test_a_sign_in_page_that_turns_away_who_is_cached_is_a_violation(node: str, words: str) -> None:
    found = verdict(stay, cached().shows(1100, PEOPLE[node][1], Screen.SIGN_IN, words))
    assert is_(found, VIOLATED, f"{PEOPLE[node][1]} at {node}", "was turned away by the sign-in page, though cached")


@pytest.mark.parametrize(
    ("who", "at_s", "words", "a", "why"),
    [
        (1, 1100, "The server is not in service", "reset", "perhaps for another reason"),
        (1, 1100, None, "reset", "perhaps for another reason"),
        (1, 1100, WORDS, "silence", "while an attempt to reach an AWDB may have lasted"),
        (1, 1830, WORDS, "reset", ""),  # no longer cached, if the half hour counts from the first time
        (2, 1100, WORDS, "reset", ""),  # never was
    ],
)
def test_a_sign_in_page_that_turns_somebody_away_otherwise_blames_nobody(
    who: int, at_s: float, words: str | None, a: str, why: str
) -> None:
    found = verdict(stay, cached(a=a).shows(at_s, PEOPLE["fin-a"][who], Screen.SIGN_IN, words))
    assert not [one for one in found.findings if one.outcome is VIOLATED]
    assert any(why in one.reason for one in found.findings if one.outcome is INCONCLUSIVE) is bool(why)


def test_whose_wrong_password_is_refused_is_not_blamed_on_the_cache() -> None:
    assert not [one for one in verdict(stay, cached()).findings if one.outcome is not HELD]


def test_turned_away_while_an_attempt_to_reach_an_awdb_may_last_shows_nothing() -> None:
    forged = cached(("fin-a", "GET User/{id}", 1), a="silence")
    assert is_(verdict(stay, forged), INCONCLUSIVE)


def test_a_loss_that_was_belied_in_between_blames_nobody() -> None:
    """The fault lifted early: a probe met an open link soon after the last one that met none."""
    forged = cached(("fin-a", "GET User/{id}", 1)).look(72, "open", "reset").look(69, "reset", "reset")
    found = verdict(stay, forged)
    assert found.outcome is not VIOLATED


def test_people_whose_authentication_was_not_seen_show_nothing() -> None:
    forged = Forged().looks(60, 400, "reset", "reset").asks(10, "ann", 200).asks(100, "ann", 401)
    assert is_(verdict(stay, forged), INCONCLUSIVE)


def test_without_a_time_in_which_both_were_lost_there_is_nothing_to_judge() -> None:
    forged = Forged().looks(60, 400, "reset", "open").asks(10, "ann", 200, by="a").asks(100, "ann", 401)
    assert is_(verdict(stay, forged), INCONCLUSIVE, "nobody looked")
