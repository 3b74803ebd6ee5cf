"""AWDB-07 on forged journals: good, bad in one place only, and short."""

import pytest

from chaos.journal import About, AwdbSeen, EventSeen, StreamChange, StreamState, SwitchAct, TeamFollowed, TeamSeen
from chaos.verdicts import Outcome
from chaos.verdicts.awdb import no_request_is_processed_but_events_are_told as check
from chaos.verdicts.awdb.asks import ADMINISTRATOR_REQUESTS, AGENT_REQUESTS
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
REQUESTS = [*AGENT_REQUESTS, *ADMINISTRATOR_REQUESTS]
ACTS = [SwitchAct.SET_STATE, SwitchAct.MAKE_CALL, SwitchAct.SET_DATA, SwitchAct.CLEAR]


def failing_over(
    served: tuple[str, str] | None = None,
    served_after_s: float = 1.0,
    mute: tuple[str, SwitchAct] | None = None,
    late: bool = False,
    controls: str = "before after",
    both_in_one: bool = False,
    acts: bool = True,
    requests: bool = True,
    deaf: str = "",
    untold: str = "",
    follow: bool = True,
    late_s: float | None = 6.0,
    waits: bool = True,
    shows: tuple[str, ...] = ("READY",),
) -> Forged:
    """At each node a stranger's request makes it try to connect for 10 s; meanwhile an agent and the administrator, who
    are cached, ask for everything, and something happens to another agent, to the stranger, who is told by BOSH, and to
    one more, who is told over WebSocket.

    served: node and request that are answered meanwhile. mute: node and act that are not told, or told afterwards.
    both_in_one: two attempts, one after the other, within one request. deaf: somebody who is told nothing meanwhile.

    waits: the one more has a request waiting. late_s: after the request something happens to the stranger once more.
    shows: the states, one after the other, that the one more is told while being Ready.
    follow: who something happens to follows the team, of which untold is told nothing meanwhile.
    """
    forged = Forged().look(1).looks(40, 400, "silence", "silence")
    for n, node in enumerate(NODES):
        colleague, worker, stranger = PEOPLE[node]
        forged.opens_stream(0.5, stranger, "bosh")  # who is at work did so before
        more = ONE_MORE[node]
        forged.opens_stream(0.5, more, "websocket")
        for m, who in enumerate((worker, stranger, more)):
            for k, act in enumerate(ACTS):
                if "before" in controls:
                    forged.happens(5 + n + 10 * m + k / 10, who, act, told_s=5 + n + 10 * m + k / 10 + 0.05)
                if "after" in controls:
                    at_s = 100 + 100 * n + 10 * m + k / 10
                    forged.happens(at_s, who, act, told_s=at_s + 0.05)
        forged.asks(1.5 + n / 4, more, 200, by="a")
        forged.asks(2 + n, colleague, 200, by="a").asks(3 + n, ADMINS[node], 200, "GET Users", by="a")
        at_s = 60.0 + 100 * n
        forged.asks(at_s, stranger, 401, took_s=21.0 if both_in_one else 10.5)
        forged.traffic(at_s + 0.1, "b", lasts_s=10.0)
        if waits:
            forged.asks(at_s + 1.5, more, 404, "GET Dialog/{id}", took_s=9.0)
        if both_in_one:
            forged.traffic(at_s + 10.2, "a", lasts_s=10.0)
        for k, request in enumerate(REQUESTS if requests else ()):
            who = ADMINS[node] if request.startswith("administrator") else colleague
            took_s = served_after_s if served == (node, request) else 9.5
            forged.asks(at_s + 1 + k / 100, who, 200, request.removeprefix("administrator "), took_s=took_s)
        for k, act in enumerate(ACTS if acts else ()):
            told_s: float | None = at_s + 2.05 + k / 10
            if mute == (node, act):
                told_s = at_s + 12 if late else None
            forged.happens(at_s + 2 + k / 10, worker, act, told_s=told_s)
        for who in (worker, stranger, more) if acts and follow else ():
            forged.lines.append(TeamFollowed(at_s=1.0, node=node, agent=who, team="7", leads=False))
            for told_s in (5.06 + n, *((at_s + 2.06,) if who != untold else ()), 100.06 + 100 * n):
                forged.lines.append(TeamSeen(at_s=told_s, node=node, agent=who, of=worker, state="READY"))
        forged.is_at_the_switch(1.0, more)
        if shows:
            forged.happens(at_s + 3.4, more, SwitchAct.SET_STATE, told_s=at_s + 3.45)
            forged.is_at_the_switch(at_s + 3.4, more, "AVAILABLE")
            forged.lines += [
                EventSeen(at_s=at_s + 3.5 + k / 10, node=node, agent=more, source="", about=About.USER,
                          event="PUT", user_state=state)
                for k, state in enumerate(shows)
            ]  # fmt: skip
        for m, who in enumerate((stranger, more)):
            for k, act in enumerate(ACTS):
                told_s = None if who == deaf else at_s + 3.05 - m / 2 + k / 10
                forged.happens(at_s + 3 - m / 2 + k / 10, who, act, told_s=told_s)
        if late_s is not None:
            told_s = None if stranger == deaf else at_s + late_s + 0.05
            forged.happens(at_s + late_s, stranger, SwitchAct.HOLD, told_s=told_s)
    return forged


def test_waiting_requests_and_flowing_events_are_as_documented() -> None:
    assert holds_everywhere(verdict(check, failing_over()))


@pytest.mark.parametrize(
    ("shows", "expected"),
    [
        (("READY",), HELD),
        (("READY", "READY"), HELD),  # told again
        (("NOT_READY", "READY"), HELD),  # what was before came first
        (("READY", "NOT_READY"), VIOLATED),
        (("NOT_READY",), VIOLATED),
        ((), INCONCLUSIVE),  # nothing stood for as long as it takes to be told
    ],
)
def test_who_is_told_something_else_than_is_so_meanwhile_is_told_nothing(
    shows: tuple[str, ...], expected: Outcome
) -> None:
    found = verdict(check, failing_over(shows=shows))
    assert found.outcome is expected, found.reason
    if expected is VIOLATED:
        assert is_(found, VIOLATED, "that the state is NOT_READY, when it is READY", "shown what is so")


@pytest.mark.parametrize(("who", "by"), [("eve", "BOSH"), ("fay", "BOSH"), ("gus", "WebSocket"), ("ida", "WebSocket")])
def test_who_is_told_nothing_meanwhile_by_one_door_alone_is_a_violation(who: str, by: str) -> None:
    found = verdict(check, failing_over(deaf=who))
    assert is_(found, VIOLATED, "told no event while failing over", f"stream {by}")
    assert {one.cell.get("stream") for one in found.findings if one.outcome is VIOLATED} == {by}


@pytest.mark.parametrize(("who", "by"), [("eve", "BOSH"), ("gus", "WebSocket"), ("cid", "XMPP")])
def test_who_alone_is_told_nothing_of_his_team_meanwhile_is_a_violation(who: str, by: str) -> None:
    found = verdict(check, failing_over(untold=who))
    assert is_(found, VIOLATED, f"told {who} nothing of its team while failing over", f"team {by}")


def test_who_has_a_request_waiting_is_told_as_well() -> None:
    found = verdict(check, failing_over(deaf="gus"))
    bad = [one for one in found.findings if one.outcome is VIOLATED]
    assert {(one.cell.get("node"), one.cell.get("waits")) for one in bad} == {("fin-a", "a request of his own")}
    told = [one for one in verdict(check, failing_over(waits=False, deaf="gus")).findings if one.outcome is VIOLATED]
    assert {one.cell.get("waits") for one in told} == {None}


def test_where_nobody_may_follow_a_team_there_is_nothing_to_look_at() -> None:
    forged = failing_over()
    forged.lines = [line for line in forged.lines if not isinstance(line, TeamFollowed | TeamSeen)]
    found = verdict(check, forged)
    assert is_(found, HELD)
    assert {state.outcome for state in found.grid if state.cell.get("team")} == {"UNFIT"}


@pytest.mark.parametrize(("late_s", "expected"), [(6.0, HELD), (4.0, INCONCLUSIVE), (None, INCONCLUSIVE)])
def test_an_attempt_that_lasts_has_to_be_looked_at_after_some_seconds(late_s: float | None, expected: Outcome) -> None:
    found = verdict(check, failing_over(late_s=late_s))
    assert is_(found, expected, *(() if expected is HELD else ("lasted some seconds",)))


def test_a_node_whose_attempts_are_short_has_none_that_last() -> None:
    short = failing_over(late_s=None)
    short.lines = [line for line in short.lines if not isinstance(line, AwdbSeen)]
    for n in range(len(NODES)):
        short.traffic(60.1 + 100 * n, "b", lasts_s=6.0)
    cells = [state for state in verdict(check, short).grid if state.cell.get("lasted")]
    assert [state.outcome for state in cells] == ["UNFIT", "UNFIT"]


@pytest.mark.parametrize(("door", "by"), [("bosh", "BOSH"), ("websocket", "WebSocket")])
def test_without_a_client_by_that_door_nobody_knows_what_such_are_told(door: str, by: str) -> None:
    forged = failing_over()
    forged.lines = [line for line in forged.lines if getattr(line, "transport", "") != door]
    assert is_(verdict(check, forged), INCONCLUSIVE, f"stream {by}")


def test_where_all_come_over_http_nobody_is_told_by_xmpp() -> None:
    forged = failing_over()
    forged.transport = "websocket"
    found = verdict(check, forged)
    assert is_(found, HELD)
    assert {state.outcome for state in found.grid if "XMPP" in (state.cell.get("stream"), state.cell.get("team"))} == {
        "UNFIT"
    }


def test_a_node_that_tries_both_within_one_request_is_as_documented_too() -> None:
    assert holds_everywhere(verdict(check, failing_over(both_in_one=True)))


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("request_", REQUESTS)
def test_one_kind_of_request_that_one_node_processes_meanwhile_is_a_violation(node: str, request_: str) -> None:
    found = verdict(check, failing_over((node, request_)))
    assert is_(found, VIOLATED, "processed a request")
    assert len(violated_at(found)) == 1


@pytest.mark.parametrize(("after_s", "who", "expected"), [
    (2.0, "ann", VIOLATED), (9.0, "ann", VIOLATED), (10.2, "ann", HELD), (2.0, "cid", HELD), (0.5, "ann", HELD),
])  # fmt: skip
def test_what_is_done_meanwhile_though_its_answer_waits_is_a_violation(
    after_s: float, who: str, expected: Outcome
) -> None:
    """The requests come from 61 s on, and the attempt is given up at 70.1 s."""
    found = verdict(check, failing_over().wants(60 + after_s, "fin-a", who, "NOT_READY"))
    assert found.outcome is expected, found.reason


# What is asked for, and what the switch says before and after it has been done.
WORK = {
    "POST User/{id}/Dialogs": ({"action": "MAKE_CALL"}, "", "8"),
    "PUT Dialog/{id}": ({"action": "UPDATE_CALL_DATA", "callVariable2": "new"}, "7", "7"),
    "PUT User/{id}": ({"state": "READY"}, "", ""),
}


def work(request: str, done_s: float, by: str = "") -> Forged:
    """That is asked for while fin-a tries to connect, from 60.1 s to 70.1 s. by: somebody does something then."""
    wanted, before, after = WORK[request]
    forged = failing_over(follow=False).is_at_the_switch(50.0, "ann", call=before, callVariable2="old")
    forged.asks(64.0, "ann", 202, request, took_s=6.5, wanted=wanted, path="Dialog/7")
    state = "AVAILABLE" if "state" in wanted else "NOT_READY"
    forged.is_at_the_switch(done_s, "ann", state, call=after, callVariable2="new")
    return forged.happens(done_s, "cid", SwitchAct.SET_STATE, told_s=done_s + 0.05) if by else forged


@pytest.mark.parametrize("request_", WORK)
@pytest.mark.parametrize(("done_s", "by", "expected"), [
    (64.5, "", VIOLATED), (69.0, "", VIOLATED), (70.6, "", HELD), (66.0, "somebody", HELD), (63.5, "", HELD),
])  # fmt: skip
def test_work_that_is_done_at_the_switch_though_its_answer_waits_is_a_violation(
    request_: str, done_s: float, by: str, expected: Outcome
) -> None:
    found = verdict(check, work(request_, done_s, by))
    assert found.outcome is expected, found.reason
    assert not violated_at(found) or is_(found, VIOLATED, "did what was asked for")


def test_a_request_that_nobody_answers_long_after_the_attempt_is_a_violation() -> None:
    """Whoever waits while a node fails over is answered once it has."""
    forged = failing_over()
    forged.asks(61.5, ADMINS["fin-a"], None, "GET Users", took_s=90.0)
    assert is_(verdict(check, forged), VIOLATED, "left a request waiting")


def test_a_request_that_may_have_waited_for_another_attempt_blames_nobody() -> None:
    forged = failing_over().traffic(90.0, "a", lasts_s=10.0)
    forged.asks(61.5, ADMINS["fin-a"], None, "GET Users", took_s=90.0)
    assert holds_everywhere(verdict(check, forged))


def test_an_answer_as_the_attempt_is_given_up_shows_nothing() -> None:
    found = verdict(check, failing_over(("fin-a", "PUT Dialog/{id}"), served_after_s=8.5))
    assert is_(found, INCONCLUSIVE, "given up already")


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("late", [False, True])
def test_one_kind_of_event_that_one_node_does_not_tell_meanwhile_is_a_violation(
    node: str, act: SwitchAct, late: bool
) -> None:
    found = verdict(check, failing_over(mute=(node, act), late=late))
    assert is_(found, VIOLATED, "told no event")
    assert len(violated_at(found)) == 1


@pytest.mark.parametrize("controls", ["", "before", "after"])
def test_an_observer_that_was_not_heard_to_hear_before_and_after_shows_nothing(controls: str) -> None:
    found = verdict(check, failing_over(mute=("fin-a", ACTS[0]), controls=controls))
    assert is_(found, INCONCLUSIVE, "silence shows nothing")


def test_a_deaf_observer_blames_nobody() -> None:
    forged = failing_over()
    forged.lines = [line for line in forged.lines if not isinstance(line, EventSeen)]
    assert is_(verdict(check, forged), INCONCLUSIVE, "silence shows nothing")


def test_a_stream_that_was_lost_blames_nobody() -> None:
    forged = failing_over(mute=("fin-b", ACTS[1]))
    lost = StreamChange(
        at_s=161.0, node="fin-b", agent=PEOPLE["fin-b"][1], transport="xmpp", state=StreamState.DISCONNECTED
    )
    forged.lines.append(lost)
    assert is_(verdict(check, forged), INCONCLUSIVE, "was not up all the time")


def test_an_event_that_was_caused_at_the_very_end_shows_nothing() -> None:
    forged = failing_over(acts=False).happens(69.8, PEOPLE["fin-a"][1], SwitchAct.SET_STATE, told_s=None)
    assert not violated_at(verdict(check, forged))


def test_requests_and_events_both_have_to_be_looked_at() -> None:
    assert is_(verdict(check, failing_over(acts=False)), INCONCLUSIVE, "event User")
    assert is_(verdict(check, failing_over(requests=False)), INCONCLUSIVE, "request GET User/{id}")


def test_an_attempt_that_fails_at_once_leaves_no_time_to_look() -> None:
    forged = Forged().look(1).looks(40, 400, "reset", "reset").asks(60, "eve", 401, tried="b").asks(61, "ann", 200)
    assert is_(verdict(check, forged), INCONCLUSIVE, "nobody looked")


def test_an_attempt_that_may_be_the_other_nodes_blames_nobody() -> None:
    """At that time strangers ask at both nodes."""
    forged = failing_over(("fin-a", "GET User/{id}")).asks(59, "fay", 401, took_s=20.0)
    found = verdict(check, forged)
    assert not [cell for cell in violated_at(found) if "fin-a" in cell]


STATE_S = (5.0, 62.0, 100.0)  # before the attempt at fin-a, during it, and after it


def followed(*told: float, who: str = "ann", lost: bool = False) -> Forged:
    """That agent of fin-a follows the team, and is told of cid's states at these of the times."""
    forged = failing_over()
    forged.lines.append(TeamFollowed(at_s=1.0, node="fin-a", agent=who, team="7", leads=False))
    for at_s in told:
        seen = TeamSeen(at_s=at_s + 0.06, node="fin-a", agent=who, of="cid", state="READY")
        forged.lines.append(seen)
    if lost:
        state = StreamState.DISCONNECTED
        forged.lines.append(StreamChange(at_s=70.0, node="fin-a", agent=who, transport="tcp", state=state))
    return forged


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (STATE_S, HELD),
        ((5.0, 100.0), VIOLATED),
        ((5.0,), HELD),  # nor afterwards: that is no matter of the attempt
        ((100.0,), HELD),
        ((), HELD),
        ((5.0, 100.0, 71.0), VIOLATED),  # once the attempt had been given up
    ],
)
def test_who_follows_a_team_is_told_of_it_while_failing_over(told: tuple[float, ...], expected: Outcome) -> None:
    found = verdict(check, followed(*told))
    assert found.outcome is expected, found.reason


def test_a_follower_whose_stream_was_lost_blames_nobody() -> None:
    assert verdict(check, followed(5.0, 100.0, lost=True)).outcome is not VIOLATED


@pytest.mark.parametrize(
    ("at_s", "told_s", "expected"),
    [
        (62.5, 63.0, HELD),
        (62.5, 68.9, HELD),  # slowly, but while the attempt lasted
        (62.5, 70.05, VIOLATED),  # the attempt is given up at 70.1 s
        (67.5, 70.05, INCONCLUSIVE),  # it may just as well have taken so long
        (68.5, 69.4, HELD),
    ],
)
def test_what_is_told_as_the_attempt_is_given_up_has_waited_for_that(
    at_s: float, told_s: float, expected: Outcome
) -> None:
    forged = failing_over(acts=False)
    for n, node in enumerate(NODES):
        for k, act in enumerate(ACTS):
            shown_s = told_s if (node, act) == ("fin-a", SwitchAct.CLEAR) else at_s + 0.3
            forged.happens(at_s + 100 * n + k / 100, PEOPLE[node][1], act, told_s=shown_s + 100 * n)
    found = verdict(check, forged)
    assert found.outcome is expected, found.reason
