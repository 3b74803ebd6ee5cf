"""Every key of an inventory is read by somebody: one that nothing reads is a promise that is not kept.

The proof is mypy's: which attribute of which class each expression of the harness reads. A plain search for names would
prove nothing, since `host`, `port` and `name` are everywhere. Validation inside the room is no reading.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from chaos.inventory import hosts, mocks, model, people, secret, section, ways
from tests.inventory.labs import REPOSITORY

pytest.importorskip("mypy.build")

# Key of a class: which method or rule of the room reads it for everybody else.
READ_WITHIN = {
    ("Inventory", "disposable"): "a rule refuses a live lab without it",
    ("Host", "address"): "Host.dial",
    ("CtiServer", "address"): "Host.dial",
    ("AwHost", "address"): "Host.dial",
    ("Cti", "a"): "Inventory.cti_servers",
    ("Secret", "env"): "Secret.reveal",
    ("Secret", "file"): "Secret.reveal",
    ("Secret", "literal"): "Secret.reveal",
    ("Phone", "listen"): "Phone.listen_at",
    ("Phones", "services"): "Inventory.phone_services",
    ("FinesseNode", "access_log"): "Inventory.access_log",
}
# These start a mock, from an inventory that need not be a live lab's.
OF_MOCKS = tuple(f"chaos/run/{file}.py" for file in ("launcher", "blueprints", "places", "filling", "mock_up"))
# A rule refuses `mock` in a live lab.
ONLY_OF_MOCKS = ("MockOptions", "MockVariants", "Inventory.mock")

Place = tuple[int, int, str]


def keys() -> Iterator[tuple[str, str, str]]:
    """Class, key, and the class that declares it."""
    for room in (model, section, hosts, ways, people, mocks, secret):
        for name, one in vars(room).items():
            if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == room.__name__:
                for key in one.model_fields:
                    declares = next(base for base in one.__mro__ if key in inspect.get_annotations(base))
                    yield name, key, declares.__name__


def test_no_section_stands_where_its_keys_are_not_looked_for() -> None:
    def below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    assert {one.__name__ for one in below(section.Model)} <= {name for name, _, _ in keys()} | {"Host"}


def places(*files: Path) -> set[Place]:
    """Where an attribute of that name is read in these files."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add((node.lineno, node.col_offset, node.attr))
    return found


@cache
def reads() -> dict[tuple[str, str], frozenset[Place]]:
    """Class and attribute → where it is read, in the whole package."""
    from mypy import build
    from mypy.modulefinder import BuildSource
    from mypy.nodes import MemberExpr
    from mypy.options import Options
    from mypy.types import Instance, UnionType, get_proper_type

    options = Options()
    options.export_types, options.preserve_asts, options.incremental = True, True, False
    options.follow_imports, options.ignore_missing_imports = "skip", True  # other packages' types tell nothing here
    files = sorted((REPOSITORY / "chaos").rglob("*.py"))
    names = [".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__") for file in files]
    result = build.build([BuildSource(str(file), name) for file, name in zip(files, names, strict=True)], options)
    found: dict[tuple[str, str], set[Place]] = {}
    for node in result.types:
        if not isinstance(node, MemberExpr) or node.expr not in result.types:
            continue
        owner = get_proper_type(result.types[node.expr])
        for one in map(get_proper_type, owner.items if isinstance(owner, UnionType) else [owner]):
            if isinstance(one, Instance):
                place = (node.line, node.column, node.name)
                found.setdefault((one.type.name, node.name), set()).add(place)
    return {key: frozenset(where) for key, where in found.items()}


def read_outside(room: set[Place], *classes: str, key: str) -> bool:
    """Whether that key of one of these classes is read anywhere but at these places."""
    return any(reads().get((one, key), frozenset()) - room for one in classes)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_key_is_read_outside_its_room() -> None:
    room = places(*(REPOSITORY / "chaos" / "inventory").glob("*.py"))
    unread = [
        f"{name}.{key}"
        for name, key, declared in keys()
        if not read_outside(room, name, declared, key=key) and (declared, key) not in READ_WITHIN
    ]
    assert not unread, unread


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_key_that_a_live_lab_may_have_is_read_by_more_than_what_starts_a_mock() -> None:
    files = [*(REPOSITORY / "chaos" / "inventory").glob("*.py"), *(REPOSITORY / name for name in OF_MOCKS)]
    room = places(*files)
    unread = [
        f"{name}.{key}"
        for name, key, declared in keys()
        if not {name, f"{name}.{key}"}.intersection(ONLY_OF_MOCKS)
        and not read_outside(room, name, declared, key=key)
        and (declared, key) not in READ_WITHIN
    ]
    assert not unread, unread


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_proof_can_fail() -> None:
    """A key that nobody reads is found: `literal` is read by its own room alone."""
    room = places(*(REPOSITORY / "chaos" / "inventory").glob("*.py"))
    assert not read_outside(room, "Secret", key="literal")
    assert read_outside(room, "Agent", key="team")
    assert not read_outside(set(), "Agent", key="nickname")
