"""What agents noticed is told from a journal alone, with its figures."""

import pytest

from chaos.history.desktops import CTI, STATES
from chaos.journal import DesktopNotice, Observation, SteadyState, SwitchAgentSeen, SwitchCallSeen, Timeline
from chaos.report.noticed import _spread, listed, noticed, outages, short_names
from tests.report.forged import BACK_S, LOST_S, fail_over
from tests.report.test_explained import A, B, answer, journal, notice
from tests.verdicts.desk_stories import MOVES, RETURNS
from tests.verdicts.desks import Forger
from tests.verdicts.handsets import Handset
from tests.verdicts.phone_stories import RETURNS as RETURNS_TO_PHONE


def _told(*seen: Observation) -> str:
    return " ".join(noticed(journal("first", *seen)))


def test_a_fail_over_is_told_with_its_stretch_its_refusals_and_its_failures() -> None:
    text = " ".join(noticed(fail_over()))
    assert "Agents at fin-a were told that the server is out of service for 38.9 s." in text
    assert "requests were refused with 503, from 3" in text
    assert "1 request got no answer (1 timeout), first at 53.0 s." in text
    assert "1 request was answered with 500." in text


def test_a_node_that_does_not_come_back_is_told_so() -> None:
    assert _told(notice(2, 31.0, A)) == (
        "Agents at fin-a were told that the server is out of service from 31.0 s on, to the end."
    )


def test_what_was_told_before_the_steady_state_is_no_outage_of_the_experiment() -> None:
    """Nodes that are restarted so that an experiment can begin were counted: "told out of service 3 times"."""
    before = [notice(2, 0.02, A), notice(3, 6.0, A, "IN_SERVICE"), notice(4, 7.0, B), answer(5, 7.5, B, 503)]
    steady = [SteadyState(number=6, at_s=8.0, when="before", ok=False, missing=("fin-b",))]
    steady += [SteadyState(number=7, at_s=14.0, when="before", ok=True)]
    after = [notice(8, 15.5, A), notice(9, 23.5, A, "IN_SERVICE"), notice(10, 14.0, B, "IN_SERVICE")]
    after.sort(key=lambda seen: seen.at_s)
    assert _told(*before, *steady, *after) == ("Agents at fin-a were told that the server is out of service for 8.0 s.")
    assert "2 times" in _told(*before, *steady[:1], *after), "nothing is left out of what was never steady"


def test_nodes_that_went_alike_are_told_of_together() -> None:
    seen = [notice(2, 1.0, A), notice(3, 1.0, B), notice(4, 9.0, A, "IN_SERVICE"), notice(5, 9.0, B, "IN_SERVICE")]
    assert _told(*seen) == "Agents at fin-a and fin-b were told that the server is out of service for 8.0 s."


@pytest.mark.parametrize(
    ("outs_s", "told"),
    [
        ([(1.0, 9.0), (20.0, 28.0)], "2 times, for 8.0 s each."),
        ([(1.0, 9.0), (20.0, 20.0)], "2 times, for 8.0 s and less than 0.1 s."),
        ([(1.0, 1.0), (2.0, 2.0), (20.0, 24.0)], "3 times, for less than 0.1 s (2 times) and 4.0 s."),
    ],
)
def test_outages_of_one_node_are_counted_and_none_is_told_as_no_time(
    outs_s: list[tuple[float, float]], told: str
) -> None:
    """It said "for 0.0 s and 0.0 s"."""
    seen = [
        notice(number, at_s, A, status)
        for number, (at_s, status) in enumerate(
            (
                (at_s, status)
                for out_s, in_s in outs_s
                for at_s, status in ((out_s, "OUT_OF_SERVICE"), (in_s, "IN_SERVICE"))
            ),
            2,
        )
    ]
    assert _told(*seen) == f"Agents at fin-a were told that the server is out of service {told}"


def test_an_answer_in_the_gap_is_news_and_one_that_straddles_its_edge_is_not() -> None:
    gap = [notice(2, 10.0, A), notice(9, 20.0, A, "IN_SERVICE")]
    inside, edge = answer(5, 12.0, A, 200), answer(3, 10.005, A, 200)
    assert "1 request was answered although the server was out of service, first at 12.0 s" in _told(
        gap[0], inside, gap[1]
    )
    assert "although" not in _told(gap[0], edge, gap[1])
    assert "although" not in _told(gap[0], answer(5, 12.0, B, 200), gap[1])


@pytest.mark.parametrize(
    ("state", "code", "told"),
    [
        ("NOT_READY", 50002, "1 agent was made Not Ready – Connection Failure, first at 5.0 s."),
        ("LOGOUT", 255, "1 agent was logged out by force (code 255), first at 5.0 s."),
        ("NOT_READY", 1, "Nothing that agents would have noticed was seen."),
    ],
)
def test_states_that_a_lost_connection_leaves_are_told(state: str, code: int, told: str) -> None:
    assert _told(SwitchAgentSeen(number=2, at_s=5.0, agent="1001001", state=state, reason_code=code)) == told


def test_calls_that_outlive_the_gap_and_calls_inside_it_are_told_apart() -> None:
    gap = [notice(2, 10.0, A), notice(9, 20.0, A, "IN_SERVICE")]
    calls = [(5.0, "1"), (11.0, "2"), (15.0, "2"), (25.0, "1")]
    seen = [SwitchCallSeen(number=n, at_s=at_s, call_id=id, happening="x") for n, (at_s, id) in enumerate(calls)]
    text = _told(*sorted([*gap, *seen], key=lambda one: one.at_s))
    assert "1 call went on through it. 1 call began and ended while the server was out of service." in text


def test_a_desktop_s_notices_are_told_and_those_that_we_made_are_not() -> None:
    shown = DesktopNotice(number=2, at_s=1.0, agent="1", text="Lost connection", shown_s=1.0)
    ours = DesktopNotice(number=3, at_s=2.0, agent="1", text="control", shown_s=2.0, control=True)
    assert _told(shown, ours) == "The desktop of 1 agent showed “Lost connection”."


def test_notices_that_are_too_many_to_be_quoted_are_counted() -> None:
    texts = {"Lost connection": 3, "Trying fin-a": 3, "Connected to fin-b": 2, "Connected to fin-a": 1, "Slow": 1}
    notices = [
        DesktopNotice(number=2, at_s=1.0, agent=str(agent), text=text, shown_s=1.0)
        for text, agents in texts.items()
        for agent in range(agents)
    ]
    text = _told(*notices)
    assert text.count("“") == 3
    assert text.endswith(
        "The desktop of 2 agents showed “Connected to fin-b”. The desktop of 1 agent showed 2 other notices, too."
    )


def test_how_long_desktops_were_without_a_server_is_told_with_its_spread() -> None:
    desk = Forger(CTI, STATES[0])
    text = " ".join(noticed(desk.play(f"{RETURNS}\n200 told OUT\n200 looks fin-a OUT", lasts_s=300.0)))
    assert "Desktops lost their server 2 times, and were without one for" in text
    assert "0 of these ended at the other server" in text
    assert "1 desktop had found no server when last seen." in text
    assert "Cisco quotes 50 to 110 s" in text
    moved = " ".join(noticed(Forger(CTI, STATES[0]).play(MOVES, lasts_s=300.0)))
    assert "1 of these ended at the other server" in moved


def test_a_spread_is_of_what_was_measured() -> None:
    assert _spread([3.0]) == "3.0 s"
    assert _spread([1.0, 2.0, 30.0]) == "2.0 s (median), 30.0 s (95 %), 30.0 s (worst)"
    assert _spread([float(n) for n in range(1, 101)]) == "50.5 s (median), 95.0 s (95 %), 100.0 s (worst)"


def test_how_long_phones_said_so_is_told() -> None:
    text = " ".join(noticed(Handset().play(RETURNS_TO_PHONE)))
    assert "1 IP phone showed that the server is unavailable." in text
    assert "Phones showed it for 50.0 s, and then asked their agents to sign in again." in text


def test_the_known_outages_are_those_of_the_notices() -> None:
    found = {one.node: (one.from_s, one.to_s) for one in outages(fail_over())}
    assert found["fin-a.mock.test"] == pytest.approx((LOST_S + 0.1, BACK_S + 0.2))
    assert outages(Timeline()) == []


def test_names_are_short_where_that_is_enough() -> None:
    assert short_names(("fin-a.x", "fin-b.x")) == {"fin-a.x": "fin-a", "fin-b.x": "fin-b"}
    assert short_names(("fin.x", "fin.y")) == {"fin.x": "fin.x", "fin.y": "fin.y"}
    assert [listed(some) for some in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "nobody",
        "a",
        "a and b",
        "a, b and c",
    ]
