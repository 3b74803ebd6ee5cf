"""Mutants: what is changed, that nothing else is, and by what each is known."""

import ast

import pytest

from tests.mutation.mutants import mutants
from tests.mutation.product import MUTATED, ROOT, files, is_hooks, told


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


def swapped(source: str) -> bool:
    return any(kind == "order" for kind, _, _ in changes(source))


@pytest.mark.parametrize(
    "source",
    [
        "a.do()\nb.do()",
        "await a.do()\nb.do()",
        "self.x = a\nself.y = self.x",
        "self.y = self.x\nself.x = a",
        "self.x = a\nself.x += 1",
        "self.x = a\nself.do()",
    ],
)
def test_two_statements_in_a_row_are_swapped_if_somebody_can_tell(source: str) -> None:
    assert swapped(source)


@pytest.mark.parametrize(
    "source",
    [
        "self.x = a\nself.y = b",
        "a.do()\na.do()",
        "self._tasks.add(a)\na.start()",
        "self._cancel(a)\nself._cancel(b)",
        "self.x = a\nb.do()",
        "router.add_get(a, b)\nrouter.add_put(a, c)",
    ],
)
def test_the_order_of_what_is_the_same_either_way_is_left(source: str) -> None:
    assert not swapped(source)


@pytest.mark.parametrize(
    "source",
    [
        "assert a < b",
        "'words'",
        "former = a is None and b.former_b is not None",
        "return a.now or a.former_b",
        "return f(former_secondary=a or b.former_secondary)",
        "self.was_reset = a is not None\nself.do(self._how(not a))",
        "return 'reset' if a.was_reset else 'closed'",
        "x = cast(a, b)",
        "return max(a, b)",
        "return isinstance(a, b)",
    ],
)
def test_what_is_the_same_program_or_exists_for_breaks_alone_is_left(source: str) -> None:
    assert [one for one in changes(source) if one != ("left out", "self.do(self._how(not a))", "pass")] == []


@pytest.mark.parametrize(
    "source",
    [
        "class Phase(Enum):\n    UP = 'up'\n",
        "Ask = Callable[['Message'], None]\n",
        "__all__ = ['f']\n",
        "x: str = field(repr=False)\n",
    ],
)
def test_words_for_readers_and_type_checkers_are_left(source: str) -> None:
    assert mutants(source.encode(), "f.py") == []


def test_what_breaks_are_told_is_left_and_what_they_are_asked_is_not() -> None:
    source = b"def f(self, a, b):\n    self._defects.lost(a, not b)\n    self._defects.publishes(a, b)\n"
    found = mutants(source, "f.py", told={"lost"})
    assert [(one.kind, one.was) for one in found] == [
        ("left out", "self._defects.publishes(a, b)"),
        ("argument", "self._defects.publishes(a, b)"),
    ]


def test_hooks_that_do_or_answer_something_are_the_products() -> None:
    hooks = told()
    assert {"session_lost", "database_found", "has_tried"} <= hooks
    assert not {"publishes", "announces_loss", "may_wait", "heartbeat_due", "kept", "publishes_of_gap"} & hooks
    assert not any(is_hooks(path) for path in files())


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
