"""What is not changed: changes that would make the same program, or one that no deployment of ours can meet. Pure.

- Words for readers, for a type checker, or for whoever debugs: docstrings, aliases of types, casts, `assert`,
  `__all__`, the values of an enumeration (its members are told apart by themselves), `repr=False`.
- What exists only to carry breaks: a side or a database that was configured once (`former_b`, `former_secondary`), how
  a connection ended in the words of a narrowing (`was_reset`, `_how`), and hooks by which the product merely tells the
  breaks what goes on. Hooks that answer, or do the work, are the product's.
- The order of two statements if neither reads what the other writes and not both can be told apart from outside.
- Arguments that may come in any order.
"""

import ast
from collections.abc import Collection, Iterator

BREAKS_ALONE = frozenset({"former", "former_b", "former_secondary", "how", "was_reset", "_how", "_was_reset"})
HOOKS = "_defects"
"""The attribute by which the product asks its hooks."""
_ANY_ORDER = frozenset({"max", "min", "gather"})
_TYPES = frozenset({"cast", "isinstance", "TypeVar"})
# Keeping books inside the process: which of two comes first cannot be seen, unless they share a value.
_BOOKS = ("cancel", "add", "append", "discard", "pop", "clear", "setdefault", "update", "extend")


def is_a_text(node: ast.stmt) -> bool:
    """A docstring, or an ellipsis."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_spared(node: ast.stmt, told: Collection[str]) -> bool:
    """Is nothing changed in this statement?"""
    if is_a_text(node) or isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.ClassDef):
        return any(name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag") for name in _names(node.bases))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name in BREAKS_ALONE
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        if _writes_for_breaks(node) or any(_name(one) == "__all__" for one in targets):
            return True
        if isinstance(value, ast.Subscript):  # an alias: Callable[[int], str]
            return isinstance(value.value, ast.Name) and value.value.id[:1].isupper() and not value.value.id.isupper()
    return tells_breaks(node, told)


def tells_breaks(node: ast.stmt, told: Collection[str]) -> bool:
    """Does this only tell a break what goes on? told: such hooks."""
    if isinstance(node, ast.Assign):
        return _writes_for_breaks(node)
    if not isinstance(node, ast.Expr):
        return False
    call = node.value.value if isinstance(node.value, ast.Await) else node.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in told:
        return False
    owner = call.func.value
    return (isinstance(owner, ast.Attribute) and owner.attr == HOOKS) or (
        isinstance(owner, ast.Name) and owner.id == HOOKS.strip("_")
    )


def carries_breaks(node: ast.AST) -> bool:
    """Is this an expression that exists for breaks: `was or former_b`, `former=…`? Of a call, its parts are."""
    match node:
        case ast.keyword():
            return node.arg in BREAKS_ALONE or node.arg == "repr"
        case ast.BoolOp():
            return any(isinstance(one, ast.Attribute | ast.Name) and _name(one) in BREAKS_ALONE for one in node.values)
        case ast.IfExp():
            return _name(node.test) in BREAKS_ALONE
        case ast.Call():
            return _name(node.func) in BREAKS_ALONE
        case ast.Attribute() | ast.Name():
            return _name(node) in BREAKS_ALONE
    return False


def _writes_for_breaks(node: ast.Assign | ast.AnnAssign) -> bool:
    """Are all that are written for breaks? With others beside them in one statement, these are the product's."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return all(_name(one) in BREAKS_ALONE or _is_of_hooks(one) for one in targets)


def _is_of_hooks(node: ast.expr) -> bool:
    """`self._defects.state`: what the hooks are told by an assignment. A tuple, if all of it is."""
    if isinstance(node, ast.Tuple):
        return all(map(_is_of_hooks, node.elts))
    return isinstance(node, ast.Attribute) and _name(node.value) == HOOKS


def arguments_differ(node: ast.Call) -> bool:
    """Does it matter which of the first two arguments comes first?"""
    name = _name(node.func)
    return name not in _ANY_ORDER | _TYPES and ast.dump(node.args[0]) != ast.dump(node.args[1])


def order_matters(first: ast.stmt, second: ast.stmt) -> bool:
    """May somebody see which of the two comes first?

    Two calls: unless one of them keeps books only. An assignment: if the other statement reads or writes what it
    writes, or is a call of the object's own that may read it.
    """
    if ast.dump(first) == ast.dump(second):
        return False
    if set(_written(first)) & {*_read(second), *_written(second)} or set(_written(second)) & set(_read(first)):
        return True
    calls = [_called(one) for one in (first, second)]
    if all(call is not None for call in calls):
        return not any(_keeps_books(call) for call in calls if call is not None)
    if all(call is None for call in calls):
        return False
    call = next(call for call in calls if call is not None)
    return _is_own(call) and not _keeps_books(call)


def _called(node: ast.stmt) -> ast.Call | None:
    if not isinstance(node, ast.Expr):
        return None
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    return value if isinstance(value, ast.Call) else None


def _keeps_books(call: ast.Call) -> bool:
    name = _name(call.func).lstrip("_")
    return name in _BOOKS or name.startswith(("cancel", "add_"))


def _is_own(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "self"
    )


def _written(node: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    for target in targets:
        for one in target.elts if isinstance(target, ast.Tuple) else [target]:
            yield ast.unparse(one)


def _read(node: ast.stmt) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute | ast.Name) and isinstance(one.ctx, ast.Load):
            yield ast.unparse(one)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _names(nodes: Collection[ast.expr]) -> list[str]:
    return [_name(node) for node in nodes]
