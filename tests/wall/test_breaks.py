"""The table of breaks is what it says: texts that can be read, each of its clause, and enough of them."""

from chaos.mock.defects import DEFECTS, parse_break
from chaos.verdicts import CLAUSES
from chaos.verdicts.checks import CHECKS
from tests.wall.breaks import BREAKS, NOTICED_BY_NOBODY

ALL = [text for texts in BREAKS.values() for text in texts]


def test_each_break_can_be_read_and_breaks_the_clause_that_it_stands_under() -> None:
    for clause, texts in BREAKS.items():
        assert {parse_break(text).defect.clause for text in texts} == {clause}


def test_no_break_stands_twice() -> None:
    assert len({parse_break(text) for text in ALL}) == len(ALL)


def test_every_clause_about_servers_has_three_defects_and_every_defect_a_break() -> None:
    judged = {
        clause.id for clause in CLAUSES if clause.family in ("CTI", "AWDB", "CLIENT", "IPPA") or clause.id in CHECKS
    }
    assert BREAKS.keys() == judged
    for clause, texts in BREAKS.items():
        assert len({parse_break(text).defect for text in texts}) >= 3, clause
    assert {parse_break(text).defect for text in ALL} == set(DEFECTS.values())
    assert len(ALL) >= 150


def test_what_nobody_noticed_once_stands_on_the_wall() -> None:
    assert len(NOTICED_BY_NOBODY) == 12
    assert set(NOTICED_BY_NOBODY.values()) <= set(ALL)
