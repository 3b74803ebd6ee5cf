"""The list of defects is complete and consistent."""

import re

from chaos.mock.defects import ALIASES, DEFECTS, Axis, parse_break
from chaos.mock.defects.axes import COUNTING, MEANING, ROUTES, TIMING, VALUES, WORDS, Value
from tests.mock.finesse.awdb_lab import AwdbLab
from tests.mock.finesse.test_awdb_node import play


def test_every_defect_is_described_and_breaks_one_clause() -> None:
    for defect in DEFECTS.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", defect.value)
        assert re.fullmatch(r"[A-Z]+-\d\d", defect.clause)
        assert defect.what


def test_every_clause_about_servers_has_a_defect_that_breaks_it() -> None:
    broken = {defect.clause for defect in DEFECTS.values()}
    assert broken >= {f"CTI-{number:02}" for number in range(1, 12)}
    assert broken >= {f"AWDB-{number:02}" for number in range(1, 13)}


def test_every_axis_says_what_it_means_and_what_stands_on_it() -> None:
    assert set(MEANING) == set(VALUES) == set(Axis)
    assert set(WORDS) == {axis for axis in Axis if VALUES[axis] is Value.WORDS}


def test_a_scope_that_can_be_timed_or_counted_says_from_when_and_what() -> None:
    for defect in DEFECTS.values():
        scope = defect.scope
        assert bool(scope.since) >= bool(scope.axes & TIMING), defect
        assert bool(scope.counted) >= bool(scope.axes & COUNTING), defect


def test_a_defect_allows_on_an_axis_only_what_the_axis_knows() -> None:
    for defect in DEFECTS.values():
        for axis, allowed in defect.axes.items():
            if VALUES[axis] is Value.WORDS and axis is not Axis.AGENT:
                assert allowed is not None
                assert set(allowed) <= set(WORDS[axis] or ()), (defect, axis)
        assert set(defect.figures) <= set(defect.axes)


def test_every_name_of_old_still_stands_for_a_defect() -> None:
    for name, text in ALIASES.items():
        assert parse_break(name) == parse_break(text)


def test_the_resources_that_can_be_named_are_among_those_that_tomcat_serves() -> None:
    async def story(made: AwdbLab) -> None:
        served: dict[str, set[str]] = {}
        for route in made.lab.node.tomcat.routes:
            name = [part for part in route.path.split("/") if not part.startswith("{")][-1]
            served.setdefault(name, set()).add(route.verb)
        assert "SystemInfo" not in ROUTES
        for name, verbs in ROUTES.items():
            # Whoever answers GET answers HEAD.
            assert verbs - {"HEAD"} <= served[name], name

    play(story)
