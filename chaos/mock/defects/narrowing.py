"""A defect narrowed: as text, read and checked, and whether an occasion falls under it. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from chaos.errors import UsageError
from chaos.mock.defects.axes import COUNTING, ROUTES, TIMING, VALUES, Axis, Value
from chaos.mock.defects.catalogue import ALIASES, DEFECTS
from chaos.mock.defects.defect import Defect

_COUNT = re.compile(r"[1-9][0-9]{0,5}")
_SECONDS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)s")


class BadBreak(UsageError):
    """This is no defect, or not one that can be narrowed so. Says which part, and what would do."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """words: per axis, what the occasion must be one of. numbers: per axis, a count, or seconds."""

    words: Mapping[Axis, frozenset[str]] = field(default_factory=dict)
    numbers: Mapping[Axis, float] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((frozenset(self.words.items()), frozenset(self.numbers.items())))

    def parts(self) -> Iterator[str]:
        """`axis=value` for each axis, in the order of the axes."""
        for axis in Axis:
            if axis in self.words:
                yield f"{axis}={'+'.join(sorted(self.words[axis]))}"
            elif axis in self.numbers:
                unit = "s" if VALUES[axis] is Value.SECONDS else ""
                yield f"{axis}={self.numbers[axis]:g}{unit}"

    def takes(self, facts: Mapping[Axis, Iterable[str]], since_s: float | None) -> bool:
        """Does the occasion fall under it, its count apart? facts: per axis, what the occasion is, in any of its
        names. since_s: how long that lasts of which the defect says so."""
        if any(allowed.isdisjoint(facts.get(axis, ())) for axis, allowed in self.words.items()):
            return False
        within_s, beyond_s = self.numbers.get(Axis.WITHIN), self.numbers.get(Axis.BEYOND)
        if since_s is None:
            return within_s is None and beyond_s is None
        return not (within_s is not None and since_s > within_s) and not (beyond_s is not None and since_s <= beyond_s)

    def counts(self) -> bool:
        """Does it matter how many occasions there were?"""
        return not COUNTING.isdisjoint(self.numbers)

    def falls_on(self, number: int) -> bool:
        """Is the so-many-th occasion, from 1 on, one of those that it means?"""
        first, after, every = (self.numbers.get(axis) for axis in (Axis.FIRST, Axis.AFTER, Axis.EVERY))
        return (
            (first is None or number <= first)
            and (after is None or number > after)
            and (every is None or number % every == 0)
        )


@dataclass(frozen=True, slots=True)
class Break:
    """One way to break the mock: a defect, narrowed or not. `str` gives the text that `parse_break` reads."""

    defect: Defect
    narrowing: Narrowing = field(default_factory=Narrowing)

    def __str__(self) -> str:
        parts = ",".join(self.narrowing.parts())
        return f"{self.defect.value}@{parts}" if parts else self.defect.value

    def takes(self, facts: Mapping[Axis, Iterable[str]], since_s: float | None) -> bool:
        """Does the occasion fall under it, its count apart? As of `Narrowing`."""
        known = [axis for axis in self.defect.only if any(facts.get(axis, ()))]
        possible = not any(self.defect.only[axis].isdisjoint(facts[axis]) for axis in known)
        return possible and self.narrowing.takes(facts, since_s)

    def number(self, axis: Axis) -> float:
        """A figure of how bad it is: as narrowed, else the defect's own."""
        return self.narrowing.numbers.get(axis, self.defect.figures.get(axis, 0.0))


def parse_break(text: str, *, meant: Callable[[str, Iterable[str]], str] = lambda name, known: "") -> Break:
    """Read `name` or `name@axis=value,…`. meant: what to add about a name that is not known. Raises BadBreak."""
    name, at, rest = ALIASES.get(text, text).partition("@")
    if name not in DEFECTS:
        names = sorted({*DEFECTS, *ALIASES})
        guess = meant(name, names)
        others = "" if guess else "; `finesse-chaos clauses` lists them"
        raise BadBreak(f"the mock has no defect {name!r}{guess}{others}")
    if at and not rest:
        raise BadBreak(f"{text!r} ends with its '@': write axes after it (node=b,verb=PUT), or leave it out")
    defect = DEFECTS[name]
    words: dict[Axis, frozenset[str]] = {}
    numbers: dict[Axis, float] = {}
    for part in rest.split(",") if rest else ():
        axis, value = _part(defect, part)
        if axis in words or axis in numbers:
            raise BadBreak(f"{defect.value!r} is narrowed by {axis.value!r} twice: join words by '+' (verb=PUT+POST)")
        if VALUES[axis] is Value.WORDS:
            words[axis] = _words(defect, axis, value)
        else:
            numbers[axis] = _number(defect, axis, value)
    made = Break(defect, Narrowing(MappingProxyType(words), MappingProxyType(numbers)))
    _check_possible(made)
    return made


def _part(defect: Defect, part: str) -> tuple[Axis, str]:
    name, equals, value = part.partition("=")
    axis = next((axis for axis in defect.axes if axis.value == name), None)
    if axis is None:
        ours = ", ".join(axis.value for axis in Axis if axis in defect.axes) or "no axis at all"
        known = "can not be narrowed by" if name in set(Axis) else "knows no axis"
        raise BadBreak(f"defect {defect.value!r} {known} {name!r}: it takes {ours}")
    if not equals or not value:
        raise BadBreak(
            f"{axis.value!r} of defect {defect.value!r} has no value: write {axis.value}={_example(defect, axis)}"
        )
    return axis, value


def _words(defect: Defect, axis: Axis, value: str) -> frozenset[str]:
    allowed = defect.axes[axis]
    found = value.split("+")
    for word in found:
        if not word or (allowed is not None and word not in allowed):
            may = "the id or login name of an agent" if allowed is None else ", ".join(allowed)
            raise BadBreak(f"{axis.value}={word} can never be with defect {defect.value!r}: {axis.value} is {may}")
    return frozenset(found)


def _number(defect: Defect, axis: Axis, value: str) -> float:
    if VALUES[axis] is Value.COUNT:
        if not _COUNT.fullmatch(value):
            raise BadBreak(f"{axis.value}={value} of defect {defect.value!r} is no count: write {axis.value}=3")
        return int(value)
    matched = _SECONDS.fullmatch(value)
    if matched is None or float(matched.group(1)) <= 0:
        raise BadBreak(f"{axis.value}={value} of defect {defect.value!r} is no time: write seconds, {axis.value}=3s")
    return float(matched.group(1))


def _example(defect: Defect, axis: Axis) -> str:
    if VALUES[axis] is Value.WORDS:
        return next(iter(defect.axes[axis] or ("1001001",)))
    return "3" if VALUES[axis] is Value.COUNT else "3s"


def _check_possible(made: Break) -> None:
    """Raises BadBreak: no occasion can ever fall under this."""
    words, numbers = made.narrowing.words, made.narrowing.numbers
    first, after, every = (numbers.get(axis) for axis in (Axis.FIRST, Axis.AFTER, Axis.EVERY))
    within_s, beyond_s = (numbers.get(axis) for axis in sorted(TIMING, reverse=True))
    why = None
    if first is not None and after is not None and after >= first:
        why = f"the first {first:g} occasions are over after {after:g}"
    elif first is not None and every is not None and every > first:
        why = f"there is no {every:g}th among the first {first:g} occasions"
    elif within_s is not None and beyond_s is not None and beyond_s >= within_s:
        why = f"nothing lasts longer than {beyond_s:g} s and not longer than {within_s:g} s"
    elif Axis.VERB in words and not any(words[Axis.VERB] & ROUTES[name] for name in _resources(made)):
        why = f"no such resource takes {'+'.join(sorted(words[Axis.VERB]))}"
    elif Axis.AGENT in words and words.get(Axis.BY) == frozenset({"administrator"}):
        why = "an administrator is no agent"
    elif Axis.STATE in words and "user" not in words.get(Axis.EVENT, {"user"}):
        why = "only events about users tell a state"
    elif Axis.ACT in words and "dialog-changed" not in words.get(Axis.EVENT, {"dialog-changed"}):
        why = "only a dialog that changed tells what was done to it"
    if why is not None:
        raise BadBreak(f"{str(made)!r} can never show: {why}")


def _resources(made: Break) -> Iterable[str]:
    allowed = made.defect.axes.get(Axis.RESOURCE) or tuple(ROUTES)
    return made.narrowing.words.get(Axis.RESOURCE, frozenset(allowed))
