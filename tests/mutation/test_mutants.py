"""Mutants: what is changed, that nothing else is, and by what each is known."""

import ast
from pathlib import Path

import pytest

from tests.mutation.explained import Explained, explained
from tests.mutation.mutants import mutants
from tests.mutation.product import MUTATED, ROOT, files


def changes(source: str) -> list[tuple[str, str, str]]:
    """Kind, was, became of every mutant in the body of a function."""
    text = "def f(self, a, b, c):\n" + "".join(f"    {line}\n" for line in source.splitlines())
    return [(one.kind, one.was, one.became) for one in mutants(text.encode(), "f.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("return a < b", [("comparison", "a < b", "a <= b")]),
        ("return a is b", [("comparison", "a is b", "a is not b")]),
        ("return a not in b", [("comparison", "a not in b", "a in b")]),
        ("return a + b", [("arithmetic", "a + b", "a - b")]),
        ("return 3", [("constant", "3", "4")]),
        ("return True", [("constant", "True", "False")]),
        ("return 'word'", [("constant", "'word'", "''")]),
        ("return ''", [("constant", "''", "'mutant'")]),
        ("return 'two words'", []),
        ("return f'{a + 1}'", []),
        ("return not a", [("condition", "not a", "a")]),
        (
            "return a and b",
            [("condition", "a and b", "a"), ("condition", "a and b", "a or b"), ("condition", "a and b", "b")],
        ),
        ("return a if b else c", [("condition", "a if b else c", "c if b else a")]),
        ("return f(a, b)", [("argument", "f(a, b)", "f(b, a)")]),
        ("return f(a, k=b)", [("argument", "f(a, k=b)", "f(a)")]),
        ("return [x for x in a if b]", [("condition", "[x for x in a if b]", "[x for x in a]")]),
        ("a.do()", [("left out", "a.do()", "pass")]),
        ("self.x = a", [("left out", "self.x = a", "pass")]),
        ("x = a", []),
        ("x: int = a", []),
        ("raise Error(a, b)", [("argument", "Error(a, b)", "Error(b, a)")]),
    ],
)
def test_each_kind_of_change_is_found(source: str, expected: list[tuple[str, str, str]]) -> None:
    assert changes(source) == expected


def test_two_statements_in_a_row_are_swapped() -> None:
    assert ("order", "a.do(); b.do()", "b.do(); a.do()") in changes("a.do()\nb.do()")


def test_a_member_of_an_enumeration_becomes_another_one_that_the_file_knows() -> None:
    found = changes("self.f(Phase.UP, Phase.DOWN)")
    assert ("constant", "Phase.UP", "Phase.DOWN") in found
    assert ("constant", "Phase.DOWN", "Phase.UP") in found


def test_a_condition_of_an_if_is_turned_round() -> None:
    source = b"def f(a, b):\n    if a:\n        return b\n"
    assert [(one.kind, one.was, one.became) for one in mutants(source, "f.py")] == [("condition", "a", "not a")]


def test_an_object_is_still_made_of_everything() -> None:
    source = b"class C:\n    def __init__(self):\n        self.x = a\n        self.start()\n"
    assert [one.was for one in mutants(source, "f.py") if one.kind == "left out"] == ["self.start()"]


def test_a_mutant_changes_its_own_bytes_only_and_keeps_lines_and_comments() -> None:
    source = "def f(a):\n    # größer\n    return (a <  # why\n        'ü') and a\n".encode()
    for one in mutants(source, "f.py"):
        changed = one.applied(source)
        assert changed.startswith(source[: one.start])
        assert changed.endswith(source[one.end :])
        ast.parse(changed)
    comparison = next(one for one in mutants(source, "f.py") if one.kind == "comparison")
    assert (comparison.line, comparison.function) == (3, "f")


def test_a_mutant_is_known_by_what_it_changes_and_not_by_its_line() -> None:
    before, after = b"def f(a):\n    return a < 1\n", b"# more\n\n\ndef f(a):\n    return a <  1\n"
    assert {one.key for one in mutants(before, "f.py")} == {one.key for one in mutants(after, "f.py")}


def test_mutants_of_the_mock_can_be_compiled_and_differ_from_it() -> None:
    """Not all of some thousands, which takes a minute: each twentieth, and so every kind in every file."""
    paths = files()
    assert {path.parts[2] for path in paths} == set(MUTATED)
    looked_at = 0
    for path in paths:
        source = (ROOT / path).read_bytes()
        same = ast.dump(ast.parse(source))
        for one in mutants(source, str(path))[::20]:
            assert ast.dump(ast.parse(one.applied(source))) != same, one
            looked_at += 1
    assert looked_at > 200


def test_every_explanation_is_about_a_mutant_that_there_is(tmp_path: Path) -> None:
    known = {one.key for path in files() for one in mutants((ROOT / path).read_bytes(), str(path))}
    for explanation in explained():
        assert explanation.key in known, f"nothing in the mock is changed so any more: {explanation}"
        assert explanation.why


def test_an_explanation_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "explained.toml"
    path.write_text('[[survivor]]\nfile = "a"\nfunction = "f"\nwas = "1"\nbecame = "2"\nallowed = true\nwhy = "so"\n')
    assert explained(path) == [Explained("a", "f", "1", "2", allowed=True, why="so")]
    path.write_text('[[survivor]]\nfile = "a"\nfunction = "f"\nwas = "1"\nbecame = "2"\nallowed = true\nwhy = ""\n')
    with pytest.raises(ValueError, match="says no reason"):
        explained(path)
