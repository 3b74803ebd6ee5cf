"""The clause catalogue: complete, in order, and each clause in its section."""

import re
from collections import Counter

import pytest

from chaos.verdicts import CLAUSES, clause
from chaos.verdicts.catalogue import SECTIONS


def test_all_clauses_are_there_numbered_without_gap_and_in_order() -> None:
    sizes = {"CTI": 11, "AWDB": 12, "CLIENT": 20, "DESKTOP": 22, "IPPA": 12}
    assert [one.id for one in CLAUSES] == [f"{name}-{n:02}" for name, size in sizes.items() for n in range(1, size + 1)]
    assert len(CLAUSES) == 77
    assert Counter(one.family for one in CLAUSES) == sizes


def test_every_clause_says_something_of_its_own_and_names_its_section() -> None:
    texts = [one.text for one in CLAUSES]
    assert len(set(texts)) == len(texts)
    for one in CLAUSES:
        assert re.match(r"[A-Z].{20,}[.)]$", one.text, re.DOTALL), one
        assert one.section == SECTIONS[one.family]


def test_a_clause_is_found_by_its_id_and_an_unknown_one_is_refused() -> None:
    assert clause("CTI-04").text.startswith("Loss is declared after three")
    with pytest.raises(KeyError):
        clause("CTI-12")
