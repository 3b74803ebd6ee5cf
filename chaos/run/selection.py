"""Which clauses a user names: families and single ids, in any letter case."""

import difflib
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
                f"{name!r} is no family and no clause{_meant(name)}: "
                f"give one of {', '.join(sorted(families))}, or an id like CTI-04"
            )
        chosen |= matches
    return tuple(clause.id for clause in CLAUSES if clause.id in chosen or not chosen)


def no_test_judges(clauses: Iterable[str]) -> str:
    """What to say of clauses that were asked for and have no test."""
    return f"no test judges {', '.join(clauses)}; `finesse-chaos clauses` lists which test judges what"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that names the likeliest known names, to be put into a message; empty if none is like it. Who has
    written it in other letters has it nearly right."""
    by_lower = {one.lower(): one for one in known}
    close = [by_lower[one] for one in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _meant(name: str) -> str:
    return did_you_mean(name.upper(), [clause.id for clause in CLAUSES] + sorted({one.family for one in CLAUSES}))
