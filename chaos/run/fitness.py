"""What can be judged on a lab: one judgement for preflight, which foretells it, and the run, which acts on it. Pure.

A clause test plays experiments. A lab may be unable to host some of them (its inventory lacks a link, a console, an
agent), and preflight may have found something that speaks against the clause itself (a service that stands still).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaos.experiment import Experiment
from chaos.inventory import Inventory
from chaos.preflight import Finding, Row, State, Survey


@dataclass(frozen=True, slots=True)
class ClauseTest:
    """One test of a clause, and what is played for it."""

    clause: str
    name: str
    experiments: tuple[Experiment, ...]


@dataclass(frozen=True, slots=True)
class Fitness:
    """reason: why nothing of it can be judged on this lab; None: something can. not_hosted: experiments that the lab
    cannot host, name → reason."""

    reason: str | None
    not_hosted: Mapping[str, str]


def fitness(experiments: Iterable[Experiment], inventory: Inventory, against: str | None = None) -> Fitness:
    """What a lab can host of a test that plays these. against: what preflight found against the clause."""
    wanted = {experiment.name: experiment.unfit(inventory) for experiment in experiments}
    not_hosted = {name: reason for name, reason in wanted.items() if reason is not None}
    return Fitness(nothing_left(wanted.keys(), not_hosted) or against, not_hosted)


def nothing_left(wanted: Iterable[str], not_hosted: Mapping[str, str]) -> str | None:
    """The reasons, if none of the experiments that are wanted can be hosted; None if one can, or none is wanted."""
    names = set(wanted)
    if not names or names - not_hosted.keys():
        return None
    return "; ".join(dict.fromkeys(not_hosted.values()))


def foretold(tests: Sequence[ClauseTest], inventory: Inventory, found: Survey) -> Survey:
    """The survey with what the lab cannot host: of a clause nothing (bad), or only some of its experiments (warn)."""
    of_clause: dict[str, list[Fitness]] = {}
    for test in tests:
        fit = fitness(test.experiments, inventory, found.reason(test.clause))
        of_clause.setdefault(test.clause, []).append(fit)
    rows: dict[tuple[State, str], tuple[list[str], list[str]]] = {}
    for clause, fits in of_clause.items():
        if found.reason(clause) is not None:
            continue  # which says enough
        state = State.BAD if all(fit.reason for fit in fits) else State.WARN
        for name, reason in {name: why for fit in fits for name, why in fit.not_hosted.items()}.items():
            clauses, names = rows.setdefault((state, reason), ([], []))
            clauses += [clause] if clause not in clauses else []
            names += [name] if name not in names else []
    return found.with_rows(_row(inventory, *key, *value) for key, value in rows.items())


def _row(inventory: Inventory, state: State, reason: str, clauses: list[str], names: list[str]) -> Row:
    partly = state is State.WARN
    seen = f"{', '.join(names)} cannot be played"
    seen += f": of {', '.join(clauses)} only a part can be judged" if partly else ""
    finding = Finding(state, seen, "add to the inventory what is missing, if the lab has it")
    return Row(f"inventory{' (in part)' if partly else ''}: {reason}", inventory.name, tuple(clauses), finding, 0.0)
