"""What a defect is: a name, the clause that it breaks, and where it can be narrowed."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from chaos.mock.defects.axes import LOSSES, WORDS, Axis
from chaos.mock.defects.scopes import Scope

Allowed = tuple[str, ...] | None
"""Words that may stand on an axis; None where it takes no words, or any name."""


class Defect(StrEnum):
    """One way in which a product could break a clause. The value is its name on a command line.

    clause: the id of the one clause it breaks. what: what the broken product does, in one line. axes: where it can be
    narrowed, with the words that may stand there. only: of these, where it shows under no other words even when it is
    not narrowed. figures: how bad it is, unless narrowed.
    """

    clause: str
    what: str
    scope: Scope
    axes: Mapping[Axis, Allowed]
    only: Mapping[Axis, frozenset[str]]
    figures: Mapping[Axis, float]

    def __new__(
        cls,
        name: str,
        clause: str,
        scope: Scope,
        what: str,
        words: Mapping[Axis, Allowed] | None = None,
        how_bad: Mapping[Axis, float] | None = None,
    ) -> "Defect":
        made = str.__new__(cls, name)
        made._value_ = name
        made.clause, made.what, made.scope = clause, what, scope
        bad = dict(how_bad or {})
        of_scope = {axis: WORDS.get(axis) for axis in scope.axes}
        if Axis.LOSS in of_scope:
            of_scope[Axis.LOSS] = LOSSES[clause.partition("-")[0]]
        made.only = MappingProxyType({axis: frozenset(allowed or ()) for axis, allowed in (words or {}).items()})
        made.axes = MappingProxyType({**of_scope, **dict.fromkeys(bad), **(words or {})})
        made.figures = MappingProxyType(bad)
        return made
