"""What a verdict has to cover: axes with their values, and the cells that lie between them.

A statement like "every request gets 503" is true of a space – nodes × requests × moments of the gap – and not of the
one point at which somebody looked. A clause's grid says of which; a finding says at which cell something was seen.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.errors import UsageError
from chaos.journal import Header

Values = Sequence[str] | Callable[[Header], Sequence[str]]
"""The values of an axis: the same everywhere, or as this lab has them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of a space, or a part of it where an axis is missing: (axis, value) in the axes' alphabetical order."""

    at: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(**at: str) -> "Cell":
        return Cell(tuple(sorted((axis, str(value)) for axis, value in at.items())))

    def __getitem__(self, axis: str) -> str:
        return dict(self.at)[axis]

    def get(self, axis: str) -> str | None:
        return dict(self.at).get(axis)

    def __str__(self) -> str:
        return ", ".join(f"{axis} {value}" for axis, value in self.at) or "everywhere"


Unfit = Callable[[Header, Cell, Mapping[str, str]], str | None]
"""Why a lab cannot host a cell, None if it can. The mapping: experiments that it could not host, with the reason."""


@dataclass(frozen=True)
class Grid:
    """The cells that a clause has to be looked at in.

    axes: name → values. pairs: which axes are to be crossed with each other, where crossing all of them would be large:
    then a cell is a point of one of these groups, and a finding fills each that it lies in; () crosses all.
    unfit: which cells this lab cannot host. allowed: which combinations exist at all (a test, True for those).
    """

    axes: Mapping[str, Values]
    pairs: tuple[tuple[str, ...], ...] = ()
    unfit: Unfit | None = None
    allowed: Callable[[Cell], bool] | None = None

    def __post_init__(self) -> None:
        for axis in itertools.chain.from_iterable(self.pairs):
            if axis not in self.axes:
                raise UsageError(f"the grid has no axis {axis!r}; it has {', '.join(self.axes)}")

    def cells(self, header: Header) -> tuple[Cell, ...]:
        """All of them on this lab, in order; those that it cannot host, too."""
        groups = self.pairs or (tuple(self.axes),)
        return tuple(dict.fromkeys(cell for group in groups for cell in self._crossed(header, group)))

    def lacks(self, header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
        """Why this lab cannot host the cell, None if it can. not_hosted: experiments, with the reason."""
        return self.unfit(header, cell, not_hosted) if self.unfit else None

    def _crossed(self, header: Header, axes: Iterable[str]) -> Iterator[Cell]:
        names = tuple(axes)
        for values in itertools.product(*(self._values(header, axis) for axis in names)):
            cell = Cell.of(**dict(zip(names, values, strict=True)))
            if self.allowed is None or self.allowed(cell):
                yield cell

    def _values(self, header: Header, axis: str) -> Sequence[str]:
        values = self.axes[axis]
        return values(header) if callable(values) else values


def grid(
    *,
    pairs: tuple[tuple[str, ...], ...] = (),
    unfit: Unfit | None = None,
    allowed: Callable[[Cell], bool] | None = None,
    **axes: Values,
) -> Grid:
    """`grid(node=nodes, ask=REQUESTS, moment=("first second", "middle", "end"))`."""
    return Grid(axes, pairs, unfit, allowed)


def made_by(axis: str, experiments: Mapping[str, str]) -> Unfit:
    """A cell is unfit where its value on that axis is made by one experiment, and the lab cannot host that.

    experiments: value → the experiment's name; values that are not named can always be had.
    """

    def lacks(_: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
        return not_hosted.get(experiments.get(cell.get(axis) or "", ""))

    return lacks


def any_of(*reasons: Unfit | None) -> Unfit:
    """A cell is unfit where any of these says so."""

    def lacks(header: Header, cell: Cell, not_hosted: Mapping[str, str]) -> str | None:
        found = (unfit(header, cell, not_hosted) for unfit in reasons if unfit is not None)
        return next((reason for reason in found if reason is not None), None)

    return lacks


def nodes(header: Header) -> Sequence[str]:
    """The axis of Finesse nodes."""
    return header.nodes


@dataclass(frozen=True, slots=True)
class CellState:
    """What came of one cell: its findings' outcomes, or why this lab cannot host it."""

    cell: Cell
    outcome: str
    """HELD, VIOLATED, INCONCLUSIVE, UNJUDGED (nobody looked) or UNFIT."""
    reason: str = ""
    findings: tuple[int, ...] = field(default=())
    """Places of its findings among the verdict's."""
