"""From a file to an `Inventory`, or to one error that says everything that is wrong with it.

Order: bytes, YAML tree, each section by its model, then the rules across sections on whatever could be read. Only when
all that is right, and somebody is going to use the lab, is what it refers to looked at (`chaos.inventory.material`).
"""

import difflib
import functools
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from chaos import clock
from chaos.errors import InventoryError, UsageError
from chaos.inventory.fieldtypes import REFUSAL, WrittenFloat, WrittenInt
from chaos.inventory.files import NO_SUCH_FILE, NotReadable, read_small
from chaos.inventory.material import problems_outside
from chaos.inventory.model import Inventory
from chaos.inventory.rules import problems_of
from chaos.inventory.secret import Secret
from chaos.inventory.yamltree import Loc, Mark, Problem, Tree, read_tree, shown

MAX_BYTES = 256 * 1024

ECHO = "default_factory_not_called"
"""Type of pydantic's error for a default that could not be derived because of another error beside it."""

_EXAMPLE = "start from what `finesse-chaos inventory example` prints"


def load(path: str | Path, env: Mapping[str, str] | None = None, *, healing: bool = False) -> Inventory:
    """Read an inventory file. Without `env` that file is opened and nothing else: no socket, no secret, no certificate.

    env: the lab is going to be used; secrets (in this environment, or in files) and the CA are looked at too. healing:
    only for healing, which needs less of them. Relative paths become absolute, from the inventory's folder. Raises
    InventoryError naming every problem at once, each with file:line:column, key path, what was expected, what was
    found, and a remedy.
    """
    path = Path(path)
    tree = read_tree(_text_of(path))
    problems = list(tree.problems)
    inventory = None
    if tree.readable:
        inventory, found = _inventory_of(tree.data, path.absolute().parent)
        problems += found
    if inventory is not None and env is not None and not problems:
        problems += problems_outside(inventory, env, clock.real_now(), healing=healing)
    if problems or inventory is None:
        raise InventoryError(_report(str(path), tree, problems))
    return inventory


def check(inventory: Inventory, *, source: str = "inventory") -> Inventory:
    """Apply the rules across sections to an inventory made in code, and return it. Raises InventoryError."""
    problems = list(problems_of(inventory))
    if problems:
        raise InventoryError(_report(source, None, problems))
    return inventory


def resolved(inventory: Inventory, updates: Mapping[str, object]) -> Inventory:
    """A copy with the values at dotted key paths replaced, validated like a file; the launcher of a mock fills in
    addresses so.

    updates: `{"publisher.address": "127.0.1.1", "links.cti-a.listen": "127.0.3.1:42027", "agents": (…), …}`.
    Raises UsageError: no such key path. InventoryError: the result breaks a rule.
    """
    nested: dict[str, Any] = {}
    for key_path, value in updates.items():
        *parents, last = key_path.split(".")
        branch = nested
        for parent in parents:
            branch = branch.setdefault(parent, {})
            if not isinstance(branch, dict):
                raise UsageError(f"{key_path}: a part of it is already replaced as a whole")
        branch[last] = value
    try:
        return check(Inventory.model_validate(_merged(inventory, nested, ())))
    except ValidationError as error:
        problems = _problems(error.errors(include_url=False))
        raise InventoryError(_report("inventory", None, problems)) from None


def _merged(old: Any, updates: Mapping[str, Any], at: Loc) -> Any:
    """`old` as plain fields with `updates` laid over it; a value that is no mapping replaces."""
    fields = (
        {name: getattr(old, name) for name in old.model_fields_set} if isinstance(old, BaseModel) else dict(old or {})
    )
    known = [*type(old).model_fields] if isinstance(old, BaseModel) else _keys_at(at)
    for key, value in updates.items():
        loc = (*at, key)
        if known and key not in known:
            raise UsageError(f"an inventory has no key {_dotted(loc)}, only {', '.join(known)}")
        before = getattr(old, key, None) if isinstance(old, BaseModel) else fields.get(key)
        fields[key] = _merged(before, value, loc) if isinstance(value, dict) else value
    return fields


def _text_of(path: Path) -> str:
    def refuse(expected: str, found: str, remedy: str, at: Mark = Mark(1, 1)) -> InventoryError:  # noqa: B008
        return InventoryError(_report(str(path), None, [Problem((), expected, found, remedy, at)]))

    try:
        raw = read_small(path, MAX_BYTES).data
    except NotReadable as error:
        remedy = f"check the path, or {_EXAMPLE}" if error.found == NO_SUCH_FILE else error.remedy
        raise refuse("an inventory file", error.found, remedy) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        at = Mark(before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        remedy = "save the file as UTF-8"
        raise refuse("UTF-8 text", f"byte 0x{raw[error.start]:02x}", remedy, at) from None


def _inventory_of(data: Any, base: Path) -> tuple[Inventory | None, list[Problem]]:
    """The inventory, if it is whole, and all problems of models and rules."""
    try:
        inventory = Inventory.model_validate(data, context={"base": base})
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = _problems(details)
        if isinstance(data, dict):
            problems += _rules_on_the_rest(data, base, details)
        return None, problems
    problems = list(problems_of(inventory))
    return (None if problems else inventory), problems


def _rules_on_the_rest(data: dict[str, Any], base: Path, details: Sequence[ErrorDetails]) -> Iterator[Problem]:
    """Rules across sections, on the sections (and single agents and links) that are well-formed.

    Unknown keys are dropped, so that a stray one does not hide what else is wrong around it.
    """
    unknown = {one["loc"] for one in details if one["type"] == "extra_forbidden"}
    wrong = [one["loc"] for one in details if one["loc"] not in unknown]
    broken = {str(loc[0]) for loc in wrong if loc and not _is_item(loc)}
    broken |= {str(loc[0]) for loc in map(_meant, unknown) if len(loc) == 1}
    bad_items = {loc[:2] for loc in wrong if _is_item(loc) and loc[0] not in broken}
    kept_agents: list[int] = []
    sections: dict[str, Any] = {}
    for name, value in data.items():
        if name in broken or name not in Inventory.model_fields:
            continue
        value = _without(value, unknown, (name,))
        if name == "agents":
            kept_agents = [index for index in range(len(value)) if (name, index) not in bad_items]
            value = [value[index] for index in kept_agents]
        elif name == "links":
            value = {key: item for key, item in value.items() if (name, key) not in bad_items}
        sections[name] = value

    def in_file(loc: Loc) -> Loc:
        return ("agents", kept_agents[int(loc[1])], *loc[2:]) if loc[0] == "agents" and len(loc) > 1 else loc

    values: dict[str, Any] = {}
    for name, section in sections.items():
        try:
            values[name] = _section_type(name).validate_python(section, context={"base": base})
        except ValidationError as error:
            # A model's own rule, which was not asked as long as there was an unknown key beside it.
            broken.add(name)
            for one in error.errors(include_url=False):
                one["loc"] = in_file((name, *one["loc"]))
                beside = [key for key in unknown if key[:-1] == one["loc"]]
                if not any(_meant(key) or _in_a_secret(one["loc"]) for key in beside):
                    yield _problem(one)
    draft = Inventory.model_construct(_fields_set=set(values), **values)
    for problem in problems_of(draft, broken=frozenset(broken)):
        yield replace(problem, loc=in_file(problem.loc))


@functools.cache
def _section_type(name: str) -> TypeAdapter[Any]:
    field = Inventory.model_fields[name]
    # Fewer agents than a lab needs may be left over; how many there were was counted before.
    constraints: Sequence[Any] = () if name == "agents" else field.metadata
    annotation: Any = field.annotation
    for constraint in constraints:
        annotation = Annotated[annotation, constraint]
    return TypeAdapter(annotation)


def _is_item(loc: Loc) -> bool:
    return len(loc) > 1 and loc[0] in ("agents", "links")


def _without(value: Any, unknown: set[Loc], loc: Loc) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, unknown, (*loc, key)) for key, item in value.items() if (*loc, key) not in unknown}
    if isinstance(value, list):
        return [_without(item, unknown, (*loc, index)) for index, item in enumerate(value)]
    return value


def _problems(details: Sequence[ErrorDetails]) -> list[Problem]:
    """All errors but echoes: defaults that could not be derived, and keys missing because they are misspelled."""
    meant = {_meant(one["loc"]) for one in details if one["type"] == "extra_forbidden"}
    real = (one for one in details if one["type"] != ECHO)
    return [_problem(one) for one in real if one["type"] != "missing" or one["loc"] not in meant]


def _meant(unknown: Loc) -> Loc:
    """The key path that an unknown one is probably a misspelling of, or an empty one."""
    near = _did_you_mean(str(unknown[-1]), _keys_at(unknown[:-1]))
    return (*unknown[:-1], near) if near else ()


def _problem(details: ErrorDetails) -> Problem:
    """One pydantic error in our words."""
    loc: Loc = details["loc"]
    kind, given, context = details["type"], details.get("input"), details.get("ctx", {})
    on_key = bool(loc) and loc[-1] == "[key]"
    if on_key:
        loc = loc[:-1]
    key = str(loc[-1]) if loc else ""
    if kind == "missing":
        remedy = f"add '{key}: {_EXAMPLES.get(key, '…')}'"
        return Problem(loc, f"a key '{key}'", "nothing", remedy)
    if kind == "extra_forbidden":
        known = _keys_at(loc[:-1])
        if _in_a_secret(loc[:-1]):  # `password: {hunter2}` has the secret as its key
            return Problem(
                loc[:-1], "{env: NAME} or {file: PATH}", "another key (not shown)", "name where the secret is"
            )
        meant = _did_you_mean(key, known)
        remedy = f"did you mean '{meant}'?" if meant else f"the keys here are {', '.join(known)}"
        if key == "<<":
            remedy = "merge keys are not used: write the values out"
        return Problem(loc, "a key that is known here", f"'{shown(key)}'", remedy, on_key=True)
    if kind == REFUSAL:
        expected, remedy = context["expected"], context["remedy"]
    else:
        expected, remedy = _in_words(kind, given, context, details["msg"])
    return Problem(loc, expected, _found(loc, given, kind), remedy, on_key=on_key)


_EXAMPLES = {
    "name": "lab-1",
    "release": "12.6(2)",
    "publisher": "{host: fin-a.lab.example}",
    "cti": "{a: {host: pg-a.lab.example}, b: {host: pg-b.lab.example}}",
    "admin": "{user: administrator, password: {env: FINESSE_ADMIN_PASSWORD}}",
    "agents": "[{id: 1001001, password: {env: NAME}, extension: 1001001}, …]",
    "host": "fin-a.lab.example",
    "user": "administrator",
    "password": "{env: NAME}",
    "proxy": "local",
    "id": "1001001",
    "extension": "1001001",
}

_SHAPES = {
    "model_type": ("a mapping", "write 'key: value' lines under it, indented"),
    "model_attributes_type": ("a mapping", "write 'key: value' lines under it, indented"),
    "dict_type": ("a mapping", "write 'name: value' lines under it, indented, or remove the key"),
    "tuple_type": ("a list", "write one '- …' line for each"),
}

_WORDS = {
    **_SHAPES,
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
        ("a whole number", "write digits alone, without quotes"),
    ),
    **dict.fromkeys(
        ("float_type", "float_parsing", "finite_number"),
        ("a number", "write digits, at most with a point, without quotes"),
    ),
    **dict.fromkeys(
        ("bool_type", "bool_parsing"), ("true or false", "write true or false, in small letters and without quotes")
    ),
    **dict.fromkeys(
        ("path_type", "path_parsing"), ("the path of a file", "write one path, relative to the inventory or absolute")
    ),
    "string_type": ("text", "put it in quotes if it is meant as text"),
    **dict.fromkeys(
        ("string_too_short", "too_short"), ("something", "write the value, or remove the key if it is optional")
    ),
}


def _in_words(kind: str, given: Any, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    """Expected and remedy for one of pydantic's own errors."""
    if kind == "literal_error":
        choices = [text or number for text, number in re.findall(r"'([^']*)'|(\d+)", context["expected"])]
        meant = _did_you_mean(str(given), choices)
        return f"one of {', '.join(choices)}", f"did you mean '{meant}'?" if meant else "choose one of these"
    if kind in ("too_long", "string_too_long"):
        of = "items" if isinstance(given, list | tuple | Mapping) else "characters"
        return f"at most {context['max_length']} {of}", "shorten it"
    for bound, sign in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if bound in context:
            return f"a number of {sign} {context[bound]}", "write a number in that range"
    return _WORDS.get(kind, (message[:1].lower() + message[1:], "correct the value"))


_SECRETISH = re.compile(r"pass|secret|token|pwd", re.IGNORECASE)


def _in_a_secret(loc: Loc) -> bool:
    return any(_SECRETISH.search(str(key)) for key in loc)


def _found(loc: Loc, given: Any, kind: str) -> str:
    """What stood there; never the text of anything that may be a secret, nor of a scalar where a whole section
    belongs."""
    if given is None:
        return "nothing"
    if isinstance(given, Mapping | BaseModel):
        return "a mapping"
    if isinstance(given, list | tuple):
        return f"a list of {len(given)}"
    hidden = _in_a_secret(loc) or kind in _SHAPES or "@" in str(given)
    if hidden:
        return "a single value (not shown)"
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, WrittenInt | WrittenFloat):
        return shown(given.text)
    return f"'{shown(str(given))}'"


def _did_you_mean(key: str, known: Sequence[str]) -> str:
    """The nearest of `known`, or an empty text."""
    return _nearest(key.casefold().replace(" ", "_")[:80], tuple(known))


# A key is asked about three times, and a file may have 20,000 that nobody knows.
@functools.lru_cache(maxsize=32_768)
def _nearest(key: str, known: tuple[str, ...]) -> str:
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(key, folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def _keys_at(loc: Loc) -> list[str]:
    """The keys that a mapping at `loc` of an inventory may have; empty where names are free."""
    here: Any = Inventory
    for key in loc:
        if isinstance(here, type) and issubclass(here, BaseModel):
            if key not in here.model_fields:
                return []
            here = _inner(here.model_fields[str(key)].annotation)
        else:
            here = _inner(typing.get_args(here)[1] if typing.get_origin(here) is dict else typing.get_args(here)[0])
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [name for name in here.model_fields if not (here is Secret and name == "literal")]
    return []


def _inner(annotation: Any) -> Any:
    """The model or container inside `X | None` and `Annotated[X, …]`."""
    if hasattr(annotation, "__metadata__"):
        return _inner(annotation.__origin__)
    if type(None) in typing.get_args(annotation):
        return _inner(next(arg for arg in typing.get_args(annotation) if arg is not type(None)))
    return annotation


_MAX_SHOWN = 50
_MAX_PATH = 8


def _report(source: str, tree: Tree | None, problems: Sequence[Problem]) -> str:
    """The whole error text: a headline, then two lines a problem in the order of the file."""
    placed = [(one.at or (tree.place(one.loc, on_key=one.on_key) if tree else None), one) for one in problems]
    placed.sort(key=lambda pair: (pair[0].line, pair[0].column) if pair[0] else (0, 0))
    source = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in source)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"{source}: {count}; nothing was touched"]
    for mark, one in placed[:_MAX_SHOWN]:
        where = f"{source}:{mark.line}:{mark.column}: " if mark else ""
        path = f"{_dotted(one.loc)}: " if one.loc else ""
        lines += [f"{where}{path}expected {one.expected}, found {one.found}", f"    {one.remedy}"]
    if len(placed) > _MAX_SHOWN:
        lines.append(f"… and {len(placed) - _MAX_SHOWN} more")
    return "\n".join(lines)


def _dotted(loc: Loc) -> str:
    """`agents[1].extension`; of a path that no inventory has, the beginning."""
    if len(loc) > _MAX_PATH:
        return f"{_dotted(loc[:_MAX_PATH])} …"
    text = ""
    for key in loc:
        text += f"[{key}]" if isinstance(key, int) else f".{shown(key)}" if text else shown(key)
    return text
