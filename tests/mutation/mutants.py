"""Small changes of source code: a comparison, a constant, a call left out, an order, an argument. Pure.

A mutant is a piece of the source that is replaced by another; everything else stays as it is, comments and lines
included, so that a survivor can be read where it stands. It is known by its file, its function, and the source of what
was changed as Python itself would write it, and not by its line: it stays the same when something above it grows.

What would be the same program, or one that no lab meets, is not made: it would survive and say nothing. `sparing` knows
which that is.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise

from tests.mutation import sparing

_COMPARED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COUNTED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_LEFT_OUT = "pass"
SHOWN_CHARS = 100


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change. was, became: normalized source. start, end: the bytes that are replaced by `text`."""

    file: str
    line: int
    function: str
    kind: str
    was: str
    became: str
    start: int
    end: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by."""
        return (self.file, self.function, self.was, self.became)

    def applied(self, source: bytes) -> bytes:
        """The source with this change."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def __str__(self) -> str:
        place = f"{self.file}:{self.line} in {self.function or 'the module'}"
        return f"{place}: {_short(self.was)}  →  {_short(self.became)}  ({self.kind})"


def _short(source: str) -> str:
    line = " ".join(source.split())
    return line if len(line) <= SHOWN_CHARS else f"{line[:SHOWN_CHARS]} …"


def mutants(source: bytes, file: str, *, told: Collection[str] = ()) -> list[Mutant]:
    """Every mutant of this source, by its place. told: hooks that a break alone listens to, see `product.told`."""
    found = list(_Finder(source, file, told).of(ast.parse(source)))
    return sorted(found, key=lambda one: (one.start, one.end, one.became))


class _Finder:
    def __init__(self, source: bytes, file: str, told: Collection[str]) -> None:
        self._file, self._told = file, told
        self._offsets = [0]
        for line in source.splitlines(keepends=True):
            self._offsets.append(self._offsets[-1] + len(line))
        self._siblings: dict[str, list[str]] = {}

    def of(self, tree: ast.Module) -> Iterator[Mutant]:
        for node in ast.walk(tree):
            if _is_member(node):
                assert isinstance(node, ast.Attribute)
                assert isinstance(node.value, ast.Name)
                names = self._siblings.setdefault(node.value.id, [])
                if node.attr not in names:
                    names.append(node.attr)
        yield from self._block(tree.body, "")

    # Statements

    def _block(self, body: list[ast.stmt], function: str) -> Iterator[Mutant]:
        for statement in body:
            yield from self._statement(statement, function)
        for statement, following in pairwise(body):
            if any(sparing.tells_breaks(one, self._told) for one in (statement, following)):
                continue
            if _may_swap(statement) and _may_swap(following) and sparing.order_matters(statement, following):
                yield self._swapped(statement, following, function)

    def _statement(self, node: ast.stmt, function: str) -> Iterator[Mutant]:
        if sparing.is_spared(node, self._told):
            return
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{function}.{node.name}" if function else node.name
            if not isinstance(node, ast.ClassDef):
                if _is_abstract(node):
                    return
                yield from self._expressions([node.args.defaults, node.args.kw_defaults], inner)
            yield from self._block(node.body, inner)
            return
        if function and _may_be_left_out(node, function):
            yield self._made(node, function, "left out", _LEFT_OUT, _LEFT_OUT)
        if isinstance(node, ast.If):
            yield self._expression(node.test, ast.UnaryOp(ast.Not(), node.test), function, "condition")
        for field, value in ast.iter_fields(node):
            if field in ("body", "orelse", "finalbody") and isinstance(value, list):
                yield from self._block(value, function)
            elif field in ("handlers", "cases"):
                for one in value:
                    yield from self._expressions(getattr(one, "guard", None), function)
                    yield from self._block(one.body, function)
            elif field not in ("annotation", "type_comment", "decorator_list", "msg"):
                yield from self._expressions(value, function)

    def _swapped(self, first: ast.stmt, second: ast.stmt, function: str) -> Mutant:
        was = f"{ast.unparse(first)}; {ast.unparse(second)}"
        became = f"{ast.unparse(second)}; {ast.unparse(first)}"
        start, end = self._at(first)[0], self._at(second)[1]
        return Mutant(self._file, first.lineno, function, "order", was, became, start, end, became)

    # Expressions

    def _expressions(self, value: object, function: str) -> Iterator[Mutant]:
        if isinstance(value, list):
            for one in value:
                yield from self._expressions(one, function)
        elif isinstance(value, ast.JoinedStr):
            return  # where a text is put together there are no places of its own for the parts
        elif isinstance(value, ast.AST) and not sparing.carries_breaks(value):
            if isinstance(value, ast.expr):
                yield from self._of_expression(value, function)
            for _, inner in ast.iter_fields(value):
                yield from self._expressions(inner, function)

    def _of_expression(self, node: ast.expr, function: str) -> Iterator[Mutant]:
        for kind, became in self._changes(node):
            yield self._expression(node, became, function, kind)

    def _changes(self, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        match node:
            case ast.Compare(ops=[op]) if type(op) in _COMPARED:
                yield "comparison", ast.Compare(node.left, [_COMPARED[type(op)]()], node.comparators)
            case ast.BoolOp(op=op):
                yield "condition", ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
                yield from (("condition", _without(node, number)) for number in range(len(node.values)))
            case ast.UnaryOp(op=ast.Not()):
                yield "condition", node.operand
            case ast.IfExp():
                yield "condition", ast.IfExp(node.test, node.orelse, node.body)
            case ast.BinOp(op=op) if type(op) in _COUNTED:
                yield "arithmetic", ast.BinOp(node.left, _COUNTED[type(op)](), node.right)
            case ast.Constant():
                yield from (("constant", ast.Constant(value)) for value in _other_values(node.value))
            case ast.Attribute(value=ast.Name(id=owner)) if _is_member(node):
                names = self._siblings[owner]
                if len(names) > 1:
                    other = names[(names.index(node.attr) + 1) % len(names)]
                    yield "constant", ast.Attribute(node.value, other, ast.Load())
            case ast.Call():
                yield from (("argument", made) for made in _calls(node))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                yield from (("condition", made) for made in _unfiltered(node))

    def _expression(self, node: ast.expr, became: ast.expr, function: str, kind: str) -> Mutant:
        text = ast.unparse(ast.fix_missing_locations(deepcopy(became)))
        return self._made(node, function, kind, text, f"({text})")

    def _made(self, node: ast.stmt | ast.expr, function: str, kind: str, became: str, text: str) -> Mutant:
        start, end = self._at(node)
        return Mutant(self._file, node.lineno, function, kind, ast.unparse(node), became, start, end, text)

    def _at(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._offsets[node.lineno - 1] + node.col_offset,
            self._offsets[node.end_lineno - 1] + node.end_col_offset,
        )


def _is_abstract(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Is there nothing in it but words?"""
    return all(sparing.is_a_text(one) for one in node.body)


def _is_member(node: ast.AST) -> bool:
    """Does it look like a member of an enumeration: Phase.UP?"""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id[:1].isupper()
        and node.attr.isupper()
    )


def _calls_something(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return False
    return isinstance(node.value.value if isinstance(node.value, ast.Await) else node.value, ast.Call)


def _sets_an_attribute(node: ast.stmt) -> bool:
    if isinstance(node, ast.AugAssign):
        return True
    return isinstance(node, ast.Assign) and all(isinstance(one, ast.Attribute) for one in node.targets)


def _may_be_left_out(node: ast.stmt, function: str) -> bool:
    """What an object is made of is not left out: everything after it would end at once."""
    begins = function.rpartition(".")[2] == "__init__"
    return _calls_something(node) or (_sets_an_attribute(node) and not begins) or isinstance(node, ast.Delete)


def _may_swap(node: ast.stmt) -> bool:
    return _calls_something(node) or _sets_an_attribute(node)


def _without(node: ast.BoolOp, number: int) -> ast.expr:
    left = [value for at, value in enumerate(node.values) if at != number]
    return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def _other_values(value: object) -> Iterator[bool | int | float | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str) and not value:
        yield "mutant"
    elif isinstance(value, str) and value.isprintable() and " " not in value:
        yield ""


def _calls(node: ast.Call) -> Iterator[ast.Call]:
    """The call with its first two arguments swapped, and without each of its named ones."""
    plain = not any(isinstance(one, ast.Starred) for one in node.args[:2])
    if len(node.args) > 1 and plain and sparing.arguments_differ(node):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    for number, keyword in enumerate(node.keywords):
        if keyword.arg is not None and not sparing.carries_breaks(keyword):
            left = [one for at, one in enumerate(node.keywords) if at != number]
            yield ast.Call(node.func, node.args, left)


def _unfiltered(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[ast.expr]:
    """The comprehension with one of its filters left out."""
    for number, generator in enumerate(node.generators):
        for at in range(len(generator.ifs)):
            made = deepcopy(node)
            del made.generators[number].ifs[at]
            yield made
