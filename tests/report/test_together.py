"""Of several clauses that one thing violates that stands first which says what it is."""

import pytest

from chaos.history.desktops import CTI, NOTIFICATION, TOMCAT, WEBAPP
from chaos.report.explained import Explained
from chaos.report.summary import CellRow, ClauseRow, TestRow
from chaos.report.together import COMES_OF, SPEAKS_OF, arranged, follows_from
from chaos.verdicts import CLAUSES
from chaos.verdicts.checks import CHECKS

A, B = "gone fin-a", "gone fin-b"
REASONS = (TOMCAT, WEBAPP, CTI)


def told(
    clause: str,
    *places: str,
    seen: int = 1,
    fails: dict[str, tuple[str, ...]] | None = None,
    spared: dict[str, tuple[str, ...]] | None = None,
    at_s: float = 1.0,
) -> Explained:
    """As `explained` makes it. seen: how often, which is what ranks come to. at_s: since when it does not hold."""
    return Explained(
        clause, "", "", "", "", "", "", "", (), "",
        short="wrong", rank=(-seen,), fails=fails or {}, spared=spared or {}, places=places or (A, B),
        began={"gone": at_s},
    )  # fmt: skip


def only(clause: str, axis: str, *values: str, of: tuple[str, ...] = REASONS, seen: int = 9) -> Explained:
    """One that fails for these values and has held for the others."""
    others = tuple(value for value in of if value not in values)
    return told(clause, seen=seen, fails={axis: values}, spared={axis: others})


def order(*some: Explained) -> list[list[str]]:
    return [[one.clause for one in group.all] for group in arranged(some)]


def test_what_is_seen_most_often_comes_first_where_nothing_else_decides() -> None:
    assert order(told("CTI-06", A, seen=1), told("CTI-10", B, seen=2)) == [["CTI-10"], ["CTI-06"]]


def test_what_fails_for_one_reason_alone_is_that_reason_s_clause() -> None:
    wide = (only("CLIENT-02", "reason", WEBAPP), only("CLIENT-03", "reason", WEBAPP))
    group = arranged([*wide, told("CLIENT-18")])[0]
    assert [one.clause for one in group.all] == ["CLIENT-18", "CLIENT-02", "CLIENT-03"]
    assert group.others[0].why == f"it fails only for reason {WEBAPP}, which is what CLIENT-18 speaks of"


def test_what_fails_for_every_reason_is_not_that_of_one() -> None:
    everywhere = told("CLIENT-02", seen=9, fails={"reason": REASONS}, spared={"reason": ()})
    assert order(everywhere, told("CLIENT-18"))[0][0] == "CLIENT-02"


def test_what_fails_for_another_reason_too_is_not_that_of_one() -> None:
    assert order(only("CLIENT-02", "reason", WEBAPP, CTI), told("CLIENT-18"))[0][0] == "CLIENT-02"


def test_a_reason_that_takes_another_with_it_fails_with_that_one() -> None:
    """A desktop that is stuck without the webapp is so without Tomcat, which takes the webapp with it."""
    some = (only("CLIENT-02", "reason", TOMCAT, WEBAPP), told("CLIENT-17", seen=2), told("CLIENT-18", seen=3))
    assert order(*some) == [["CLIENT-18", "CLIENT-02", "CLIENT-17"]]
    without = (only("CLIENT-02", "reason", TOMCAT), told("CLIENT-17", seen=2))
    assert order(*without) == [["CLIENT-17", "CLIENT-02"]]


def test_reasons_that_have_nothing_in_common_are_none_s_alone() -> None:
    """A desktop that gives up after a while does so wherever nobody is to be had for so long."""
    some = (only("CLIENT-02", "reason", WEBAPP, CTI), told("CLIENT-18", seen=2), told("CLIENT-20", seen=3))
    assert order(*some)[0][0] == "CLIENT-02"


def test_of_a_single_step_and_the_one_case_in_which_it_fails_either_may_be_meant() -> None:
    step = only("CLIENT-14", "reason", CTI, seen=2)
    (group,) = arranged([step, told("CLIENT-20"), only("CLIENT-02", "reason", CTI, seen=9)])
    assert (group.name, group.with_it) == ("CLIENT-14 or CLIENT-20", ["CLIENT-02"])


def test_who_does_not_move_and_is_not_signed_in_there_has_failed_at_one_step() -> None:
    steps = (only("CLIENT-04", "reason", CTI, seen=3), only("CLIENT-14", "reason", CTI, seen=2))
    (group,) = arranged([*steps, told("CLIENT-20")])
    assert group.name == "CLIENT-04 or CLIENT-14 or CLIENT-20"


def test_of_several_steps_the_case_in_which_they_all_fail_is_meant() -> None:
    steps = (only("CLIENT-13", "reason", TOMCAT), only("CLIENT-14", "reason", TOMCAT))
    (group,) = arranged([*steps, told("CLIENT-17")])
    assert (group.name, group.with_it) == ("CLIENT-17", ["CLIENT-13", "CLIENT-14"])


def test_two_clauses_of_the_same_case_are_both_named() -> None:
    shown = only("IPPA-01", "reason", NOTIFICATION, of=(NOTIFICATION, WEBAPP), seen=9)
    (group,) = arranged([shown, told("IPPA-11"), told("IPPA-07", seen=2)])
    assert (group.name, group.with_it) == ("IPPA-07 or IPPA-11", ["IPPA-01"])


def test_of_two_that_may_come_of_each_other_that_is_the_source_which_was_wrong_first() -> None:
    """Who never looks at the other server moves there unseen; who has moved looks no more."""
    assert order(told("CLIENT-13", seen=9, at_s=116.3), told("CLIENT-03", at_s=31.3)) == [["CLIENT-03", "CLIENT-13"]]
    assert order(told("CLIENT-13", at_s=31.3), told("CLIENT-03", seen=9, at_s=116.3)) == [["CLIENT-13", "CLIENT-03"]]


def test_a_trigger_that_starts_nothing_stands_before_all_that_comes_of_it() -> None:
    some = (only("CLIENT-02", "reason", WEBAPP, seen=9), told("CLIENT-18", seen=5), told("CLIENT-08", seen=1))
    assert order(*some)[0][0] == "CLIENT-08"


def test_settings_that_only_administrators_reach_are_their_clause_s_and_not_the_cache_s() -> None:
    cache = only("AWDB-02", "ask", "administrator", of=("administrator", "agent GET"), seen=11)
    assert order(cache, told("AWDB-09")) == [["AWDB-09", "AWDB-02"]]
    everybody = told("AWDB-02", seen=11, fails={"ask": ("administrator", "agent GET")}, spared={"ask": ()})
    assert order(everybody, told("AWDB-09"))[0][0] == "AWDB-02"


def test_a_cache_that_lapses_early_is_one_that_does_not_last_and_not_one_that_does_not_count() -> None:
    late = told("AWDB-03", seen=5, fails={"turn": ("just before the end",)})
    at_once = told("AWDB-03", seen=1, fails={"turn": ("first request",)})
    asked = told("AWDB-04", seen=99)
    assert order(told("AWDB-02", seen=1), late, asked) == [["AWDB-02", "AWDB-03", "AWDB-04"]]
    assert order(told("AWDB-02", seen=5), at_once, asked) == [["AWDB-03", "AWDB-02", "AWDB-04"]]


def test_what_was_seen_where_its_source_was_not_is_no_effect_of_it() -> None:
    elsewhere = told("IPPA-01", "other fin-b", seen=9)
    assert order(told("IPPA-04", A, seen=1), elsewhere) == [["IPPA-01"], ["IPPA-04"]]
    assert order(told("IPPA-04", A, B, seen=1), told("IPPA-01", A, seen=9)) == [["IPPA-04", "IPPA-01"]]


def test_two_that_may_come_of_each_other_are_told_by_their_ranks() -> None:
    some = (told("CLIENT-02", seen=2), told("CLIENT-04", seen=1), told("CLIENT-20", seen=3))
    assert sorted(order(*some)[0]) == ["CLIENT-02", "CLIENT-04", "CLIENT-20"]
    assert order(*some)[0][0] == "CLIENT-04"


def test_all_of_them_are_there_once_whatever_the_table_says() -> None:
    some = [told(row.id, seen=number) for number, row in enumerate(CLAUSES)]
    arranged_ = [one for group in arranged(some) for one in group.all]
    assert sorted(one.clause for one in arranged_) == sorted(row.id for row in CLAUSES)


def test_the_tables_name_clauses_and_axes_that_there_are() -> None:
    known = {row.id for row in CLAUSES}
    assert set(COMES_OF) | {source.clause for sources in COMES_OF.values() for source in sources} <= known
    assert not [id for id, sources in COMES_OF.items() if id in {source.clause for source in sources}]
    for id, case in SPEAKS_OF.items():
        assert {id, *case.wide} <= known
        axes = [check.grid.axes.get(case.axis, ()) for wide in case.wide for check in CHECKS[wide]]
        values = {value for one in axes if not callable(one) for value in one}
        assert case.values <= values, f"none of {sorted(case.wide)} has these on the axis {case.axis!r}"


def row(clause: str, *cells: dict[str, str], outcome: str = "UNJUDGED") -> ClauseRow:
    grid = tuple(CellRow(at, outcome, "", 0) for at in cells)
    test = TestRow("s::x", "x", "", "INCONCLUSIVE", "", None, None, grid)
    return ClauseRow(clause, "", "INCONCLUSIVE", "", None, None, ("s::x",), (), (test,))


@pytest.mark.parametrize(
    ("clause", "reason", "follows"),
    [("CLIENT-04", WEBAPP, "CLIENT-18"), ("CLIENT-04", CTI, ""), ("IPPA-01", WEBAPP, "")],
)
def test_what_cannot_be_judged_where_another_fails_follows_from_it(clause: str, reason: str, follows: str) -> None:
    groups = arranged([told("CLIENT-18"), only("CLIENT-02", "reason", WEBAPP)])
    assert follows_from(row(clause, {"reason": reason}), groups) == follows


def test_what_fails_everywhere_explains_only_what_it_has_to_hold_for() -> None:
    """A logout during a call at both nodes is no reason why nobody looked at how somebody left there."""
    whole = told("DESKTOP-13", fails={"node": ("fin-a", "fin-b")}, spared={"node": ()})
    assert follows_from(row("DESKTOP-03", {"node": "fin-a", "how": "end"}), arranged([whole])) == ""
    led_away = told("IPPA-04", fails={"node": ("fin-a", "fin-b")}, spared={"node": ()})
    assert follows_from(row("IPPA-08", {"node": "fin-a", "first": "x"}), arranged([led_away])) == "IPPA-04"


def test_what_has_no_axis_in_common_with_a_violated_one_follows_from_nothing() -> None:
    groups = arranged([told("CLIENT-18"), only("CLIENT-02", "reason", WEBAPP)])
    assert follows_from(row("CLIENT-04", {"again": WEBAPP}, {"again": CTI}), groups) == ""
    assert follows_from(row("CLIENT-04", {"again": WEBAPP}), groups) == "CLIENT-18", (
        "for the second time it went down, too"
    )
    assert follows_from(row("CLIENT-04", {"stream": "BOSH"}), groups) == ""
    assert follows_from(row("CLIENT-04"), groups) == ""
