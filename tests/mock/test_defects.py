"""The list of defects is complete."""

import re

from chaos.mock.defects import DEFECTS, Defect


def test_every_defect_is_described_and_breaks_one_clause() -> None:
    assert set(DEFECTS) == set(Defect)
    for info in DEFECTS.values():
        assert re.fullmatch(r"[A-Z]+-\d\d", info.clause)
        assert info.what


def test_every_clause_about_servers_has_a_defect_that_breaks_it() -> None:
    broken = {info.clause for info in DEFECTS.values()}
    assert broken >= {f"CTI-{number:02}" for number in range(1, 12)}
    assert broken >= {f"AWDB-{number:02}" for number in range(1, 13)}
