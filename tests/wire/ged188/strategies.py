"""Hypothesis strategies for messages, derived from the layouts: every field that a version carries gets a value."""

from dataclasses import fields
from functools import cache
from typing import Any

from hypothesis import strategies as st

from chaos.wire.ged188 import ControlFailure, FailureConf, Message, NamedArray, NamedVariable, OpenReq, Status
from chaos.wire.ged188.fields import META, Entries, Fixed, Named, Number, Raw, Spec, Text, Variables
from chaos.wire.ged188.layout import members
from chaos.wire.ged188.registry import CLASSES

RANGES = {"B": (0, 0xFF), "H": (0, 0xFFFF), "I": (0, 0xFFFFFFFF), "i": (-(2**31), 2**31 - 1)}


def words(limit: int) -> st.SearchStrategy[str]:
    """Latin-1 without NUL, short or just as long as a field with this limit holds."""
    letters = st.characters(min_codepoint=1, max_codepoint=255)
    return st.text(letters, max_size=min(limit - 1, 8)) | st.sampled_from(["x", "é"]).map(lambda c: c * (limit - 1))


def _numbers(code: str, numbers: Any) -> st.SearchStrategy[int]:
    low, high = RANGES[code]
    plain = st.integers(low, high) | st.sampled_from([low, high])
    return (
        plain if numbers is None else plain.map(lambda n: numbers.get(n, n)) | st.sampled_from(list(numbers.values()))
    )


def _row(entry: type[Any]) -> st.SearchStrategy[Any]:
    # The head of an entry is always there, else two entries could not be told apart.
    inner = {name: value_of(spec) for name, spec in members(entry)}
    head = members(entry)[0][0]
    return st.builds(entry, **{**inner, head: inner[head].filter(lambda value: value is not None)})


def _named(entry: type[Any]) -> st.SearchStrategy[Any]:
    if entry is NamedArray:
        return st.builds(NamedArray, index=st.integers(0, 255), name=words(33), value=words(211))
    return st.builds(NamedVariable, name=words(33), value=words(211))


def value_of(spec: Spec) -> st.SearchStrategy[Any]:
    match spec:
        case Fixed(truth=True):
            return st.booleans()
        case Fixed(counts=counts) if counts:
            return st.none() | st.integers(100, 0xFFFF)
        case Fixed(code, numbers):
            return _numbers(code, numbers)
        case Number(counts=counts) if counts:
            return st.none() | st.integers(100, 0xFFFF)
        case Number(_, code, numbers):
            return st.none() | _numbers(code, numbers)
        case Text(_, limit):
            return st.none() | words(limit)
        case Raw(_, limit):
            return st.none() | st.binary(max_size=limit)
        case Variables(_, limit):
            return st.tuples(*[st.none() | words(limit)] * 10)
        case Named(_, entry):
            return st.lists(_named(entry), max_size=3).map(tuple)
        case Entries(entry, most):
            return st.lists(_row(entry), max_size=min(most, 4)).map(tuple)


def messages(cls: type[Message], version: int) -> st.SearchStrategy[Message]:
    """Any message of this class that a session of `version` can carry."""
    return _messages(cls.TYPE, version)


@cache
def _messages(kind: int, version: int) -> st.SearchStrategy[Message]:
    cls = CLASSES[kind]
    if cls is FailureConf:
        return failures()
    declared = {f.name: f.metadata[META] for f in fields(cls) if META in f.metadata}
    known = {name: value_of(spec) for name, spec in declared.items() if getattr(spec, "since", 0) <= version}
    if issubclass(cls, OpenReq):
        known["version_number"] = st.just(version)
    if not cls.EXACT:
        # Tag 0 belongs to no field, and a one-byte head can carry it, too.
        known["extra"] = st.lists(st.tuples(st.just(0), st.binary(max_size=20)), max_size=2).map(tuple)
    return st.builds(cls, **known)


def failures() -> st.SearchStrategy[Message]:
    invoke, error = st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF)
    status: st.SearchStrategy[int] = st.sampled_from(list(Status)) | st.integers(200, 0xFFFFFFFF)
    code: st.SearchStrategy[int] = st.sampled_from(list(ControlFailure)) | st.integers(2000, 0xFFFF)
    return st.builds(FailureConf, invoke, status) | st.builds(FailureConf, invoke, st.none(), code, error)
