"""What all hooks have in common: which breaks are switched on in a part of the deployment, and which of them bite.

Theory of operation
-------------------
The product's code asks an object of named methods at the places where a product could break a clause, and goes on with
what it is told. Each method says what happens in a sound product, and returns that unless a break bites. Whether one
does is decided here: by its words, its times and its counts. Occasions are counted for each break on its own, and only
those that fall under its words and times. Without any break a hook costs one look into an empty table.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Final

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect
from chaos.mock.defects.narrowing import Break

Fact = str | Iterable[str]

LOG = logging.getLogger("chaos.mock.defects")
"""Told of each break once, when it shows for the first time: one that never does was not given the occasion."""


class Hooks:
    """breaks: those that are switched on. names: every name of each agent, by each of his names."""

    def __init__(self, breaks: Iterable[Break] = (), *, names: Mapping[str, frozenset[str]] | None = None) -> None:
        found: dict[Defect, tuple[Break, ...]] = {}
        for one in breaks:
            found[one.defect] = (*found.get(one.defect, ()), one)
        self._breaks: Final = found
        self._names: Final = names or {}
        self._occasions: dict[tuple[Break, object], int] = {}
        self._shown: set[Break] = set()

    def _has(self, defect: Defect) -> bool:
        """Is it switched on at all, narrowed or not?"""
        return defect in self._breaks

    def _bites(
        self,
        defect: Defect,
        *,
        since_s: float | None = None,
        key: object = None,
        number: int | None = None,
        facts: Mapping[Axis, Fact] | None = None,
    ) -> Break | None:
        """The break of that defect that shows on this occasion, if one does.

        since_s: what the defect's scope times. key: what the occasions are counted by; number: which one it is, if
        the caller counts them. facts: what the occasion is, beside what is always known.
        """
        breaks = self._breaks.get(defect)
        if breaks is None:
            return None
        known = {axis: _words(fact) for axis, fact in {**self._always(), **(facts or {})}.items()}
        for one in breaks:
            if one.takes(known, since_s) and self._falls(one, key, number):
                if one not in self._shown:
                    self._shown.add(one)
                    LOG.info("%s", one)
                return one
        return None

    def _always(self) -> dict[Axis, Fact]:
        """What is known on every occasion."""
        return {}

    def _agent(self, name: str) -> frozenset[str]:
        """Every name of this agent."""
        return self._names.get(name, frozenset({name}))

    def _falls(self, one: Break, key: object, number: int | None) -> bool:
        if not one.narrowing.counts():
            return True
        if number is None:
            number = self._occasions[one, key] = self._occasions.get((one, key), 0) + 1
        return one.narrowing.falls_on(number)

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()


def _words(fact: Fact) -> frozenset[str]:
    return frozenset((fact,)) if isinstance(fact, str) else frozenset(fact)
