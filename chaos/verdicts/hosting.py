"""Which experiments fill a cell, as on the mock: where a lab can host none of them, it cannot host the cell. Pure.

A grid knows of some cells by itself what they take (`grid.made_by`). Of all others it is measured: a whole run on the
mock, which hosts everything, says which of a test's own experiments filled which cell. Without that a lab with few
agents would be told for ever that nobody looked there.
"""

from collections.abc import Mapping, Sequence

from chaos.verdicts.grid import Cell

Filling = Mapping[str, frozenset[str]]
"""Place of a cell → the experiments, of those that the test names, that fill it on the mock."""
ANY_NODE = "*"


def place(at: Mapping[str, str], nodes: Sequence[str]) -> str:
    """A cell in words that are the same on every lab: what one node fills, the other does, too. nodes: their hosts."""
    return ", ".join(f"{axis} {_anywhere(value, nodes)}" for axis, value in sorted(at.items()))


def _anywhere(value: str, nodes: Sequence[str]) -> str:
    for node in nodes:
        value = value.replace(node, ANY_NODE)
    return value


def not_to_be_filled(cell: Cell, nodes: Sequence[str], filling: Filling, not_hosted: Mapping[str, str]) -> str | None:
    """Why nothing that this lab can host would fill the cell; None if something would, or nobody knows.

    not_hosted: the test's experiments that it cannot host, with the reason.
    """
    by = filling.get(place(dict(cell.at), nodes), frozenset())
    if not by or by - not_hosted.keys():
        return None
    return "; ".join(dict.fromkeys(not_hosted[name] for name in sorted(by)))
