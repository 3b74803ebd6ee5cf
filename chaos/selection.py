"""Which clauses a user names: families and single ids, in any letter case."""

from collections.abc import Iterable

from chaos.errors import UsageError
from chaos.verdicts import CLAUSES


def wanted(names: Iterable[str]) -> tuple[str, ...]:
    """The ids of these families and clauses, in the catalogue's order; all of them if nothing is named.

    Raises UsageError: no family and no clause is called so.
    """
    families = {clause.family for clause in CLAUSES}
    chosen: set[str] = set()
    for name in names:
        matches = {clause.id for clause in CLAUSES if name.upper() in (clause.id, clause.family)}
        if not matches:
            raise UsageError(
                f"{name!r} is no family and no clause: give one of {', '.join(sorted(families))}, or an id like CTI-04"
            )
        chosen |= matches
    return tuple(clause.id for clause in CLAUSES if clause.id in chosen or not chosen)
