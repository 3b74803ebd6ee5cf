"""A violated clause is told in words: what, since when, where, who, why and how to have it again."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from chaos.history import Evidence
from chaos.journal import (
    KINDS,
    About,
    CtiSeen,
    CtiStep,
    EventSeen,
    Header,
    Observation,
    PhoneScreen,
    RestExchange,
    StateAsked,
    StreamChange,
    StreamState,
    SwitchAgentSeen,
    Timeline,
)
from chaos.report.components import ACTORS, SEEN
from chaos.report.diverged import OURS, evidence_in_order
from chaos.report.explained import Explained, explained
from chaos.verdicts import CLAUSES, Bound, Outcome, Span, Verdict, finding
from chaos.verdicts.axes import AXES
from chaos.verdicts.checks import CHECKS
from chaos.verdicts.finding import Finding
from chaos.verdicts.grid import Cell, grid, nodes
from chaos.verdicts.ruling import ruled

A, B = "fin-a.lab.example", "fin-b.lab.example"
MOMENTS = ("first", "middle")
ASKS = ("GET User", "GET Dialogs")
GRID = grid(node=nodes, ask=ASKS, moment=MOMENTS)


def header(experiment: str) -> Header:
    return Header(
        number=1, experiment=experiment, title="A trial", lab="lab", deployment="live", release="12.6(2)", started="",
        clock="real", seed=1, heartbeat_interval_s=5.0, nodes=(A, B),
    )  # fmt: skip


def journal(experiment: str, *seen: Observation) -> Timeline:
    return Timeline([header(experiment), *seen])


def answer(number: int, at_s: float, node: str, status: int, agent: str = "1001001") -> RestExchange:
    return RestExchange(
        number=number,
        at_s=at_s,
        sent_s=at_s - 0.01,
        node=node,
        agent=agent,
        resource="GET User",
        path="",
        status=status,
    )


def notice(number: int, at_s: float, node: str, status: str = "OUT_OF_SERVICE") -> EventSeen:
    return EventSeen(
        number=number, at_s=at_s, node=node, agent="1001001", about=About.SYSTEM, event="PUT", source="",
        system_status=status,
    )  # fmt: skip


def against(seen: RestExchange, began: EventSeen, moment: str = "first", ask: str = "GET User") -> Finding:
    """As a check has it that cites what is wrong first and the frame behind it."""
    return stamped(
        finding.violated(
            Cell.of(node=seen.node, ask=ask, moment=moment),
            f"{seen.node}: in the gap a request was not answered with 503",
            Evidence.of(seen, f"{seen.agent} GET User → {seen.status}"),
            Evidence.of(began, f"{began.node}: OUT_OF_SERVICE notice"),
        )
    )


def stamped(one: Finding, experiment: str = "first") -> Finding:
    return Finding(
        one.cell, one.outcome, one.reason, one.evidence, one.measured, one.bound, one.from_s, one.to_s,
        one.rests_on_faults, one.is_absence, experiment,
    )  # fmt: skip


def good(node: str, ask: str, moment: str) -> Finding:
    return stamped(finding.held(Cell.of(node=node, ask=ask, moment=moment), "503"))


def told(findings: Sequence[Finding], *timelines: Timeline, clause: str = "CTI-06", again: str = "") -> Explained:
    shown = explained(ruled(clause, GRID, header("first"), findings), timelines, again)
    assert shown is not None
    return shown


FORCED = StateAsked(
    number=4, at_s=75.0, side="a", connection=1, client=f"Finesse/{A}", agent="1001001", state="LOGOUT",
    reason_code=255, forced=True,
)  # fmt: skip
ALL_GOOD = [good(node, ask, moment) for node in (A, B) for ask in ASKS for moment in MOMENTS]
BEGAN_A, BEGAN_B = notice(2, 31.0, A), notice(3, 31.0, B)


def test_what_held_needs_no_explanation() -> None:
    assert explained(ruled("CTI-06", GRID, header("first"), ALL_GOOD), [journal("first")]) is None


def test_what_agents_noticed_names_the_experiment_of_which_it_is_told_though_others_failed_too() -> None:
    wrong = answer(4, 31.5, A, 200)
    both = [against(wrong, BEGAN_A), stamped(against(wrong, BEGAN_A), "second")]
    shown = told(both, *(Timeline([header(name), BEGAN_A, wrong]) for name in ("first", "second")))
    assert shown.seen.endswith("in first and second")
    assert shown.agents.startswith("In first: Agents at fin-a were told that the server is out of service")


def test_one_bad_node_is_named_as_the_only_one_and_the_other_as_judged() -> None:
    wrong = answer(4, 31.5, A, 200)
    rest = [one for one in ALL_GOOD if one.cell["node"] == B or one.cell["ask"] == "GET Dialogs"]
    shown = told([against(wrong, BEGAN_A), *rest], journal("first", BEGAN_A, BEGAN_B, wrong))
    assert shown.where == "fin-a only (fin-b held in 4 of its 4 cells); agents 1001001 (1 finding)"
    assert "look at that node's service" in shown.likely


def test_a_node_that_nobody_judged_is_not_said_to_have_held() -> None:
    wrong = answer(4, 31.5, A, 200)
    assert "fin-b was not judged" in told([against(wrong, BEGAN_A)], journal("first", BEGAN_A, wrong)).where


def test_both_nodes_are_named_where_both_fail_though_the_verdict_rests_on_the_first() -> None:
    wrong = [answer(4, 31.5, A, 200), answer(5, 31.6, B, 200, "1001002")]
    findings = [against(wrong[0], BEGAN_A), against(wrong[1], BEGAN_B)]
    shown = told(findings, journal("first", BEGAN_A, BEGAN_B, *wrong))
    assert shown.where == "at fin-a and fin-b (both nodes); agents 1001001 (1 finding), 1001002 (1 finding)"
    assert shown.seen.startswith("in the gap a request was not answered with 503 (2 findings)")
    assert "at every node alike" in shown.likely


def test_the_first_divergence_is_what_went_wrong_first_not_the_notice_that_every_look_cites() -> None:
    wrong = [answer(7, 31.5, A, 200), answer(5, 31.5, A, 200, "1001003"), answer(9, 40.0, A, 200)]
    findings = [against(one, BEGAN_A, moment) for one, moment in zip(wrong, ("first", "first", "middle"), strict=True)]
    shown = told(findings, journal("first", BEGAN_A, wrong[1], wrong[0], wrong[2]))
    assert shown.since == "31.500 s: 1001003 GET User → 200 (in first, line 5 of its journal)"


def test_a_check_that_cites_the_frame_first_and_the_wrong_thing_last_is_understood_all_the_same() -> None:
    left = StreamChange(
        number=4, at_s=10.0, node=A, agent="1001001", transport="xmpp", state=StreamState.LEFT, reason="drop"
    )
    wrong = answer(6, 75.0, A, 200)
    one = finding.violated(Cell.of(node=A), f"{A}: wrong", Evidence.of(left, "leaves"), Evidence.of(wrong, "is there"))
    assert told([stamped(one)], journal("first", left, wrong)).since.startswith("75.000 s: is there")


def test_where_something_did_not_come_the_divergence_says_since_when_it_was_to_come() -> None:
    left = StreamChange(
        number=4, at_s=10.0, node=A, agent="1001001", transport="xmpp", state=StreamState.LEFT, reason="drop"
    )
    one = finding.missed(Cell.of(node=A), f"{A} never asks for a forced logout", Evidence.of(left, "leaves"))
    shown = told([stamped(one)], journal("first", left), clause="DESKTOP-05")
    assert shown.since == (
        f"nothing came that was to come from 10.000 s on, in first: {A} never asks for a forced logout"
    )
    assert "did not come" in shown.likely
    assert shown.where.endswith("agents 1001001 (1 finding)"), "whose it is that was to come is known by its cause"


def test_what_did_not_come_blames_whose_doing_it_is_and_nothing_that_it_was_to_come_of() -> None:
    one = finding.missed(Cell.of(by=A), "nothing becomes of 1001001", Evidence.of(FORCED, "asks to log 1001001 out"))
    shown = told([stamped(one)], journal("first", FORCED), clause="DESKTOP-18")
    assert shown.since.startswith("nothing came that was to come from 75.000 s on")
    assert shown.likely.startswith("the CTI server, which carries a forced logout out")
    assert "did not come" in shown.likely
    assert shown.where.endswith("agents 1001001 (1 finding)"), "whose it is that was to come is known by its cause"


def test_an_answer_that_is_wrong_is_blamed_and_not_the_request_that_it_answers() -> None:
    states = [
        SwitchAgentSeen(number=5, at_s=75.0, agent="1001001", state="NOT_READY", reason_code=7),
        SwitchAgentSeen(number=6, at_s=80.0, agent="1001001", state="AVAILABLE"),
    ]
    cited = [Evidence.of(FORCED, "asks"), *(Evidence.of(seen, f"the switch: {seen.state}") for seen in states)]
    one = finding.violated(Cell.of(by=A), "1001001 is NOT_READY 7", *cited)
    shown = told([stamped(one)], journal("first", FORCED, *states), clause="DESKTOP-18")
    assert shown.since == "75.000 s: the switch: NOT_READY (in first, line 5 of its journal)"
    assert "an agent's state as the switch itself tells it" in shown.likely


def test_what_findings_that_hold_cite_too_did_not_diverge() -> None:
    wrong, later = answer(5, 31.5, A, 200), answer(9, 90.0, A, 503)
    bad = finding.violated(Cell.of(node=A), "wrong", Evidence.of(wrong, "200"), Evidence.of(later, "503 again"))
    good = finding.held(Cell.of(node=B), "right", Evidence.of(later, "503 again"))
    shown = told([stamped(bad), stamped(good)], journal("first", wrong, later))
    assert shown.since.startswith("31.500 s: 200")


def test_what_a_check_cites_as_its_frame_did_not_diverge_though_it_came_later() -> None:
    wrong = EventSeen(number=5, at_s=31.5, node=A, agent="1001001", about=About.USER, event="PUT", source="")
    opened = CtiSeen(number=9, at_s=58.0, side="b", connection=2, step=CtiStep.OPEN_CONF, client=f"Finesse/{A}")
    cited = (Evidence.of(wrong, "User PUT"), Evidence.frame(opened, "a CTI session opened again"))
    shown = told([stamped(finding.violated(Cell.of(node=A), "published", *cited))], journal("first", wrong, opened))
    assert shown.since.startswith("31.500 s: User PUT")


def test_reasons_that_differ_in_agent_and_seconds_alone_are_told_once() -> None:
    wrong = [answer(4, 31.5, A, 200), answer(5, 41.5, A, 200, "1001002")]
    findings = [
        stamped(
            finding.violated(Cell.of(node=A), f"{seen.agent} waits from 3.5 to {seen.at_s} s", Evidence.of(seen, ""))
        )
        for seen in wrong
    ]
    assert (
        told(findings, journal("first", *wrong)).seen
        == "an agent waits from 3.5 to 31.5 s, the first time (2 findings); in first"
    )
    assert (
        told(findings[:1], journal("first", *wrong)).seen == "an agent waits from 3.5 to 31.5 s (1 finding); in first"
    )


def test_seconds_that_are_alike_everywhere_are_told_and_the_others_as_a_span() -> None:
    wrong = [answer(4, 31.5, A, 200), answer(5, 41.5, A, 200, "1001002")]
    findings = [
        stamped(finding.violated(Cell.of(node=A), f"not within 15 s, but {seen.at_s} s", Evidence.of(seen, "")))
        for seen in wrong
    ]
    shown = told(findings, journal("first", *wrong))
    assert shown.seen == "not within 15 s, but 31.5 to 41.5 s (2 findings); in first"


def test_reasons_that_differ_in_what_a_calendar_says_are_told_once() -> None:
    wrong = [answer(4, 31.5, A, 200), answer(5, 41.5, A, 200, "1001002")]
    findings = [
        stamped(
            finding.violated(
                Cell.of(node=A),
                f"{seen.agent} is shown stateChangeTime: 2026-03-02T09:06:4{n}.795Z, and not {n} to 90 s from it",
                Evidence.of(seen, ""),
            )
        )
        for n, seen in enumerate(wrong)
    ]
    told_ = "an agent is shown stateChangeTime: (a time), and not 0 to 90 s from it (2 findings); in first"
    assert told(findings, journal("first", *wrong)).seen == told_


def test_who_is_named_in_the_words_is_concerned_and_not_who_did_what_came_before() -> None:
    """A phone did not sign out; the last thing that was seen before was somebody else's."""
    before = [answer(4, 31.5, A, 200, "1001002"), answer(5, 32.0, A, 200, "1001001")]
    one = finding.missed(Cell.of(node=A), f"1001002 cannot sign out at {A}", Evidence.of(before[1], "before"))
    shown = told([stamped(one)], journal("first", *before))
    assert shown.where.endswith("agents 1001002 (1 finding)")


def test_each_clause_has_a_part_of_the_product_whose_doing_it_is() -> None:
    assert set(ACTORS) == {row.id for row in CLAUSES}


def test_each_axis_of_every_grid_is_explained_in_words() -> None:
    axes = {axis for checks in CHECKS.values() for check in checks for axis in check.grid.axes}
    assert axes == set(AXES)


def test_the_run_s_first_experiment_has_the_first_divergence_whatever_its_own_clock_says() -> None:
    early, late = answer(4, 12.0, A, 200), answer(4, 31.5, A, 200)
    findings = [stamped(against(early, notice(2, 11.0, A)), "second"), against(late, BEGAN_A)]
    shown = told(findings, journal("first", BEGAN_A, late), journal("second", notice(2, 11.0, A), early))
    assert shown.since.startswith("31.500 s")
    assert "in first and second" in shown.seen


def test_the_failing_cells_are_named_axis_by_axis() -> None:
    wrong = [answer(4, 31.5, A, 200), answer(5, 31.6, B, 200)]
    rest = [one for one in ALL_GOOD if one.cell["ask"] == "GET Dialogs"]
    shown = told([against(wrong[0], BEGAN_A), against(wrong[1], BEGAN_B), *rest], journal("first", *wrong))
    assert shown.cells == (
        "2 of 8 (a cell is one case that has to hold; cases differ in ask, moment and node; "
        "each may have been looked at many times, and each look is one finding)"
    )
    assert shown.failing == (
        "ask (who asks, and what for): GET User (1 of 2)",
        "moment (when, during the fail-over or after it): first (1 of 2)",
        "node: all 2",
    )
    assert "only for “GET User” (ask, who asks, and what for: 1 of 2; the others held)" in shown.likely


def test_of_values_that_nobody_judged_nothing_is_said_to_have_held() -> None:
    wrong = answer(4, 31.5, A, 200)
    rest = [one for one in ALL_GOOD if one.cell["moment"] == "first"]
    shown = told([against(wrong, BEGAN_A), *rest], journal("first", wrong))
    assert "only for “first” (moment, when, during the fail-over or after it: 1 of 2; the others were not judged)" in (
        shown.likely
    )


def test_what_is_wrong_of_a_whole_part_counts_all_cells_of_it() -> None:
    wrong = answer(4, 31.5, A, 200)
    one = stamped(
        finding.violated(Cell.of(node=A, ask="GET User"), "a stranger is answered", Evidence.of(wrong, "200"))
    )
    shown = told([one, *ALL_GOOD], journal("first", wrong))
    assert shown.cells.startswith("2 of 8 (a cell is one case")
    assert shown.failing[0] == "ask (who asks, and what for): GET User (1 of 2)"


def test_what_is_wrong_beside_all_cells_is_not_none_of_them_without_a_word() -> None:
    wrong = answer(4, 31.5, A, 200)
    one = stamped(finding.violated(Cell.of(node="of nobody"), "a stranger is answered", Evidence.of(wrong, "200")))
    shown = told([one, *ALL_GOOD], journal("first", wrong))
    assert shown.cells.startswith("0 of 8 (a cell is one case")
    assert shown.cells.endswith("none of these was seen to fail; what failed lies outside of them: node of nobody)")


def test_of_two_that_are_seen_as_often_the_one_whose_own_cells_fail_is_nearer() -> None:
    """A node that never tries side B "tries it 0 times before side A", too, where nobody refuses: beside the grid."""
    wrong = answer(4, 31.5, A, 200)
    beside = stamped(finding.violated(Cell.of(node="of nobody"), "tried 0 times", Evidence.of(wrong, "200")))
    own = stamped(finding.missed(Cell.of(node=A, ask="GET User"), "never tried", Evidence.of(wrong, "200")))
    seen = journal("first", wrong)
    assert told([own, *ALL_GOOD], seen).rank < told([beside, *ALL_GOOD], seen).rank


def test_what_a_screen_says_in_several_lines_is_told_on_one() -> None:
    wrong = answer(4, 31.5, A, 200)
    one = finding.violated(Cell.of(node=A), "it shows “Ready\nAlma”", Evidence.of(wrong, ""))
    assert told([stamped(one)], journal("first", wrong)).short == "it shows “Ready Alma” (at fin-a)"


def test_what_is_wrong_at_the_other_node_is_told_of_that_one() -> None:
    wrong = answer(4, 31.5, B, 200)
    one = finding.violated(Cell.of(node=A), f"{B} shows 1001001 otherwise", Evidence.of(wrong, f"{B} shows 200"))
    shown = told([stamped(one)], journal("first", wrong))
    assert shown.seen.startswith("the other node shows an agent otherwise (1 finding)")


def test_of_two_that_are_seen_as_often_what_was_seen_is_nearer_than_what_did_not_come() -> None:
    """A desktop that asks to sign in (CLIENT-04) does not look at the other server any more, either (CLIENT-03)."""
    page = answer(4, 31.5, A, 200)
    unlooked = stamped(finding.missed(Cell.of(node=A), "does not look", Evidence.of(page, "")))
    gone = stamped(finding.violated(Cell.of(node=A), "does not sign in", Evidence.of(page, "")))
    seen = journal("first", page)
    assert told([unlooked], seen, clause="CLIENT-03").rank > told([gone], seen, clause="CLIENT-04").rank


def test_a_notice_of_service_that_never_came_is_nearer_than_all_that_is_judged_by_it() -> None:
    """Without it a gap has no end, and whatever is published after it was published in the gap (CTI-07)."""
    kinds = grid(node=nodes, event=("User PUT", "SystemInfo PUT"))
    seen = [answer(number, 30.0 + number, A, 200) for number in (4, 5, 6)]
    published = [
        stamped(finding.violated(Cell.of(node=A, event="User PUT"), "published", Evidence.of(one, ""))) for one in seen
    ]
    never = stamped(finding.missed(Cell.of(node=A, event="SystemInfo PUT"), "never told", Evidence.of(seen[0], "")))
    ranks = []
    for clause, findings in (("CTI-07", published), ("CTI-08", [never])):
        shown = explained(ruled(clause, kinds, header("first"), findings), [journal("first", *seen)])
        assert shown is not None
        ranks.append(shown.rank)
    assert ranks[1] < ranks[0]


def test_of_two_that_are_alike_the_one_that_the_documents_tell_first_is_nearer() -> None:
    page = answer(4, 31.5, A, 200)
    gone = stamped(finding.violated(Cell.of(node=A), "wrong", Evidence.of(page, "")))
    one, other = (told([gone], journal("first", page), clause=clause).rank for clause in ("CTI-08", "CTI-09"))
    assert one < other


def test_a_time_outside_its_bound_is_told_with_its_figures() -> None:
    seen = [answer(4, 31.5, A, 200), answer(5, 44.5, A, 200), answer(6, 58.5, A, 200)]
    bound, cell = Bound(9, 11, "CLIENT-12"), Cell.of(node=A)
    findings = []
    for first, last in itertools.pairwise(seen):
        took_s = last.at_s - first.at_s
        cited = (Evidence.of(first, ""), Evidence.of(last, ""))
        what = "1001001: looks at the other server"
        findings.append(stamped(finding.timed(cell, what, Span(took_s, took_s), bound, *cited)))
    shown = told(findings, journal("first", *seen))
    assert shown.seen.startswith("looks at the other server: 13.000 to 14.000 s (allowed: 9 … 11 s) (2 findings)")
    assert told(findings[:1], journal("first", *seen)).short == (
        "looks at the other server: 13.000 s (allowed: 9 … 11 s) (at fin-a)"
    )


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (answer(4, 31.5, A, 200), "an answer of Finesse's REST API"),
        (
            CtiSeen(number=4, at_s=31.5, side="a", connection=1, step=CtiStep.ATTEMPT, client=f"Finesse/{A}"),
            "between Finesse and the CTI server",
        ),
        (
            EventSeen(number=4, at_s=31.5, node=A, agent="1", about=About.USER, event="PUT", source=""),
            "an event that a client got from Finesse",
        ),
    ],
)
def test_the_likely_part_is_that_whose_doing_it_is_and_where_the_wrong_thing_was_seen_is_said(
    seen: Observation, why: str
) -> None:
    one = stamped(finding.violated(Cell.of(node=A), "wrong", Evidence.of(seen, "this")))
    likely = told([one], journal("first", seen)).likely
    assert likely.startswith("Finesse's REST API (Cisco Finesse Tomcat), while Finesse fails over; the wrong thing")
    assert why in likely


def test_the_lines_have_the_source_and_the_command_and_own_up_to_a_seeded_defect() -> None:
    wrong = answer(4, 31.5, A, 200)
    verdict = ruled("CTI-06", GRID, header("first"), [against(wrong, BEGAN_A)])
    shown = explained(verdict, [journal("first", BEGAN_A, wrong)], "finesse-chaos run CTI-06 --seed 1", ["gap-answers"])
    assert shown is not None
    lines = dict(shown.lines())
    assert list(lines)[:4] == ["seeded defect", "expected", "seen", "first divergence"]
    assert "gap-answers" in lines["seeded defect"]
    assert "“CTI Failover”, CTI-06" in lines["expected"]
    assert lines["play it again"] == "finesse-chaos run CTI-06 --seed 1"
    assert "seeded defect" not in dict(told([against(wrong, BEGAN_A)], journal("first", wrong)).lines())


@pytest.mark.parametrize(
    ("bound", "at"),
    [(Bound(0, 1, "x"), "31.000 s: it began at 30.000 s and ended at 45.000 s; 30.000 … 31.000 s was allowed"),
     (Bound(20, 21, "x"), "45.000 s: it began at 30.000 s and ended at 45.000 s; 50.000 … 51.000 s was allowed")],
)  # fmt: skip
def test_a_wrong_time_diverges_when_its_bound_is_passed_or_when_it_ends_too_early(bound: Bound, at: str) -> None:
    began, ended = notice(3, 30.0, A), notice(9, 45.0, A, "IN_SERVICE")
    cited = (Evidence.of(began, "it begins"), Evidence.of(ended, "it ends"))
    wrong = stamped(finding.timed(Cell.of(node=A), "time", Span(15.0, 15.0), bound, *cited))
    shown = told([wrong], journal("first", began, ended))
    assert shown.since == f"{at} (in first, lines 3, 9 of its journal)"


def test_a_verdict_without_findings_is_explained_by_its_reason() -> None:
    shown = explained(Verdict("CTI-05", Outcome.VIOLATED, "never noticed", measured=Span(20.0, 21.0)), [])
    assert shown is not None
    assert shown.seen == "never noticed; measured 20.000 … 21.000 s"
    assert dict(shown.lines()).keys() >= {"expected", "seen", "where", "likely"}


def test_the_same_at_both_nodes_is_told_once_wherever_the_reason_names_the_node() -> None:
    findings = [stamped(finding.violated(Cell.of(node=node), f"{node} tried side B 0 times")) for node in (A, B)]
    assert told(findings, journal("first")).seen == "a node tried side B 0 times (2 findings); in first"


def test_evidence_is_complete_once_each_and_in_the_order_of_time_and_line() -> None:
    wrong = [answer(9, 31.5, A, 200), answer(5, 31.5, B, 200)]
    verdict = ruled("CTI-06", GRID, header("first"), [against(wrong[0], BEGAN_A), against(wrong[1], BEGAN_A)])
    assert [item.number for item in evidence_in_order(verdict)] == [2, 5, 9]
    assert str(verdict).index("OUT_OF_SERVICE") < str(verdict).index("→ 200")


# What we look at ourselves, or what only says how far a journal can be trusted: no part of the product does that.
LOOKS = (
    "AwdbSeen", "ClientProbed", "CompanionHeard", "ConsoleSaid", "DoorMarked", "DoorsRead", "Ended", "Lateness",
    "LinkProbed", "LinkSeen", "ProbeLeft", "ServiceSeen", "TeamFollowed",
)  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind not in OURS])
def test_every_kind_that_the_product_brings_about_is_of_some_component(kind: type[Observation]) -> None:
    assert kind in SEEN or kind.__name__ in LOOKS, f"say in report/components.py what a wrong {kind.__name__} means"


def test_a_wrong_screen_of_a_phone_is_the_ip_phone_agents() -> None:
    shown = PhoneScreen(
        number=2, at_s=30.0, agent="1001001", device="SEP1", node=A, page="menu", nth=3, text="Signed in"
    )
    wrong = finding.violated(Cell.of(node=A), "the phone does not show it", Evidence.of(shown, "Signed in"))
    verdict = ruled("IPPA-01", grid(node=nodes), header("phones"), [replace(wrong, experiment="phones")])
    told = explained(verdict, [journal("phones", shown)])
    assert told is not None
    assert told.likely.startswith("the Finesse IP Phone Agent")
    assert "what the phone's display showed" in told.likely
