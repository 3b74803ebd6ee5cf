"""YAML text to plain data with the place of every key and value.

Theory of operation: the tree is built from PyYAML's events rather than by its loader, for four reasons. Positions:
every problem is reported with line and column. All of them: a duplicate key or an unknown tag is noted, and reading
goes on. Safety: depth and size are counted while building, aliases with what they stand for, so that neither deep
nesting nor an alias bomb costs anything. And scalars follow YAML 1.2's core schema: `22:22` and `no` are text, not 1342
and false, and a number keeps its spelling, so that extension 0123 survives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from chaos.errors import UsageError
from chaos.inventory.fieldtypes import WrittenFloat, WrittenInt

MAX_NODES = 50_000
MAX_DEPTH = 32

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Mark:
    """A place in the file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `at` overrides the place that `loc` has in the tree."""

    loc: Loc
    expected: str
    found: str
    remedy: str
    at: Mark | None = None
    on_key: bool = False


@dataclass
class Tree:
    """The document: whether it could be read, its data, where each key and value stands, and what was wrong already."""

    readable: bool = False
    data: Any = None
    keys: dict[Loc, Mark] = field(default_factory=dict)
    values: dict[Loc, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, loc: Loc, *, on_key: bool = False) -> Mark:
        """Where `loc` stands, or the nearest thing around it."""
        while loc:
            first, second = (self.keys, self.values) if on_key else (self.values, self.keys)
            if (mark := first.get(loc) or second.get(loc)) is not None:
                return mark
            loc, on_key = loc[:-1], True
        return self.values.get((), Mark(1, 1))


@dataclass
class _Node:
    """A finished YAML node: plain data, its size with aliases expanded, and the places inside it, relative to
    itself."""

    mark: Mark
    data: Any = None
    size: int = 1
    items: list[tuple[str | int, Mark, "_Node"]] = field(default_factory=list)
    anchor: str | None = None
    is_mapping: bool = False
    is_sequence: bool = False
    pending: "_Node | None" = None


class _Stop(Exception):
    """Reading cannot go on; the problem has been noted."""


def read_document(text: str, name: str, kind: str) -> Tree:
    """The tree of a document of another kind than an inventory. kind: "a schedule". Raises UsageError: it is no YAML or
    something in it is no plain YAML, with place and remedy."""
    tree = read_tree(text)
    if text.strip() and tree.problems:
        one = tree.problems[0]
        at = one.at or tree.place(one.loc, on_key=one.on_key)
        remedy = one.remedy.replace("an inventory", kind).replace("inventory", kind.split()[-1])
        raise UsageError(f"{name}:{at.line}:{at.column}: expected {one.expected}, found {one.found}; {remedy}")
    return tree


def told(value: Any) -> str:
    """What was found, fit for a message: of what is no scalar only what it is, since it may be large, or a secret."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return repr(str(value).lower())  # as it is written
    text = value.text if isinstance(value, WrittenInt | WrittenFloat) else str(value)
    return "nothing" if value is None else repr(shown(text))


def read_tree(text: str) -> Tree:
    """Parse `text`. Never raises for what stands in it: see `problems` of the answer."""
    tree = Tree()
    builder = _Builder(tree)
    try:
        root = builder.build(yaml.parse(text, Loader=yaml.SafeLoader))
    except _Stop:
        return tree
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
        tree.problems.append(Problem((), "YAML", _harmless(error.problem), _yaml_remedy(error.problem), at))
        return tree
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        at = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        tree.problems.append(Problem((), "printable text", "a control character", "remove it from the file", at))
        return tree
    except (ValueError, OverflowError, yaml.YAMLError):
        # chr() inside PyYAML's scanner: an escape such as "\UFFFFFFFF" that is no character
        tree.problems.append(
            Problem((), "YAML", "an escape that is no character", "look for \\x, \\u or \\U in quotes")
        )
        return tree
    if root is None:
        tree.problems.append(
            Problem((), "an inventory", "an empty file", "start from what `finesse-chaos inventory example` prints")
        )
        return tree
    tree.data, tree.readable = root.data, True
    _place(tree, root, ())
    return tree


def _place(tree: Tree, node: _Node, loc: Loc) -> None:
    tree.values[loc] = node.mark
    for key, mark, child in node.items:
        tree.keys[*loc, key] = mark
        _place(tree, child, (*loc, key))


class _Builder:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.stack: list[_Node] = []
        self.anchors: dict[str, _Node] = {}
        self.root: _Node | None = None
        self.documents = 0

    def note(self, mark: Mark, expected: str, found: str, remedy: str) -> None:
        self.tree.problems.append(Problem(self.loc(), expected, found, remedy, mark))

    def loc(self) -> Loc:
        """Key path of the innermost open node, for a problem's text."""
        path: list[str | int] = []
        for node in self.stack:
            if node.is_sequence:
                path.append(len(node.items))
            elif node.pending is not None:
                path.append(_key_text(node.pending))
        return tuple(path)

    def build(self, events: Iterator[Any]) -> _Node | None:
        for event in events:
            mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
            match event:
                case yaml.DocumentStartEvent():
                    self.document(mark)
                case yaml.AliasEvent():
                    self.add(self.aliased(str(event.anchor), mark))
                case yaml.ScalarEvent():
                    self.add(self.scalar(event, mark), event.anchor)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self.open(event, mark)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self.close()
                case _:
                    pass
        return self.root

    def document(self, mark: Mark) -> None:
        self.documents += 1
        if self.documents > 1:
            self.note(mark, "one document", "a second one ('---')", "keep one inventory per file")
            raise _Stop

    def open(self, event: Any, mark: Mark) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self.note(mark, f"at most {MAX_DEPTH} levels", "deeper nesting", "an inventory needs six")
            raise _Stop
        self.check_tag(event, mark)
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Node(mark, {} if mapping else [], 1, [], event.anchor, mapping, not mapping))

    def close(self) -> None:
        node = self.stack.pop()
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        self.add(node)

    def aliased(self, anchor: str, mark: Mark) -> _Node:
        if anchor in self.anchors:
            return self.anchors[anchor]
        inside_itself = any(node.anchor == anchor for node in self.stack)
        found = "an alias inside its own anchor" if inside_itself else "an alias without an anchor before it"
        self.note(mark, "an alias to an earlier anchor", found, "write the value out, or quote it if '*' is meant")
        return _Node(mark)

    def scalar(self, event: Any, mark: Mark) -> _Node:
        self.check_tag(event, mark)
        text = event.value
        if _HALF.search(text):
            self.note(mark, "text", "an escape that is half a character", "write the character itself")
            text = _HALF.sub("\N{REPLACEMENT CHARACTER}", text)
        # implicit[0]: a plain scalar, whose type its text decides. A quoted one is text.
        return _Node(mark, resolve(text) if event.implicit[0] else text)

    def check_tag(self, event: Any, mark: Mark) -> None:
        if event.tag not in (None, "!"):
            self.note(
                mark,
                "plain YAML",
                "a tag ('!…')",
                "tags are not used: remove it, or quote a value that begins with '!'",
            )

    def add(self, node: _Node, anchor: str | None = None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = self.root or node
            return
        parent = self.stack[-1]
        if parent.is_sequence:
            self.adopt(parent, len(parent.items), node.mark, node)
            parent.data.append(node.data)
        elif parent.pending is None:
            parent.pending = node
        else:
            self.entry(parent, parent.pending, node)
            parent.pending = None

    def adopt(self, parent: _Node, key: str | int, mark: Mark, node: _Node) -> None:
        parent.size += node.size
        if parent.size > MAX_NODES:
            remedy = "an alias repeats all it stands for: write out what is needed"
            self.note(mark, f"at most {MAX_NODES} values", "more, counting aliases", remedy)
            raise _Stop
        parent.items.append((key, mark, node))

    def entry(self, parent: _Node, key_node: _Node, node: _Node) -> None:
        key = _key_text(key_node)
        parent.pending = None
        if key_node.is_mapping or key_node.is_sequence:
            self.note(key_node.mark, "a name as key", "a list or mapping as key", "write 'name: value'")
        elif key in parent.data:
            first = next(mark for name, mark, _ in parent.items if name == key)
            problem = Problem(
                (*self.loc(), key), "each key once", f"a second '{shown(key)}', the first is in line {first.line}",
                "remove one of the two", key_node.mark,
            )  # fmt: skip
            self.tree.problems.append(problem)
        else:
            self.adopt(parent, key, key_node.mark, node)
            parent.data[key] = node.data


def _key_text(node: _Node) -> str:
    data = node.data
    if isinstance(data, WrittenInt | WrittenFloat):
        return data.text
    if isinstance(data, bool):
        return "true" if data else "false"
    return data if isinstance(data, str) else "null"


_HALF = re.compile(r"[\ud800-\udfff]")
_INT = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")
_SPECIAL = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    "true": True,
    "false": False,
}


def resolve(text: str) -> Any:
    """The value of a plain scalar, by YAML 1.2's core schema and more strictly: a boolean has one spelling, and
    not-a-number and infinity, which nothing here takes, stay text."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INT.fullmatch(text):
        return WrittenInt(int(text, 0 if text[:2] in ("0o", "0x") else 10), text)
    if _FLOAT.fullmatch(text):
        return WrittenFloat(float(text), text)
    return text


def shown(value: str) -> str:
    """`value` fit for a one-line message: short, printable, encodable."""
    cut = value if len(value) <= 60 else value[:57] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


_REMEDIES = (
    ("\\t", "indent with blanks, not tabs"),
    ("could not find expected ':'", "a key needs ': ' after it, and its neighbours the same indentation"),
    ("mapping values are not allowed", "quote a value that contains ': ', and check the indentation"),
    ("expected <block end>", "check the indentation of this line and of the ones above"),
    ("found unexpected end of stream", "close the quote or bracket opened before"),
    ("expected ',' or", "close the bracket, and put a comma between its items"),
    ("cannot start any token", "quote a value that begins with this character"),
)


def _yaml_remedy(problem: str | None) -> str:
    return next(
        (remedy for sign, remedy in _REMEDIES if problem and sign in problem), "correct the YAML here or just above"
    )


def _harmless(problem: str | None) -> str:
    """PyYAML's words without names out of the file: an unquoted secret may have been taken for an alias or a tag."""
    said = re.sub(r"(alias|anchor|tag handle|name) '.*", r"\1", problem or "something else", flags=re.DOTALL)
    return said.removeprefix("found ")
