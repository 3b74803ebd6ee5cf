"""`finesse-chaos plan`: what a run would play on a lab, and how long it would take. Nothing is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chaos.experiment import Experiment
from chaos.inventory import Inventory
from chaos.run.bundled import suites_folder
from chaos.run.fitness import ClauseTest
from chaos.run.forked import labs_at_once
from chaos.run.lengths import Length, dealt, duration, in_all, untimed


@dataclass(frozen=True)
class Planned:
    """One experiment. clauses: whose tests it is played for. unfit: why this lab cannot host it, None if it can."""

    name: str
    title: str
    clauses: tuple[str, ...]
    length: Length | None
    unfit: str | None


def planned(tests: Sequence[ClauseTest], inventory: Inventory, lengths: Mapping[str, Length]) -> list[Planned]:
    """Every experiment that these tests want, in the order in which it would be played. Pure."""
    wanted: dict[str, tuple[Experiment, list[str]]] = {}
    for test in tests:
        for experiment in test.experiments:
            wanted.setdefault(experiment.name, (experiment, []))[1].append(test.clause)
    # A mock is made whole by its launcher: it hosts everything.
    is_mock = inventory.deployment == "mock"
    return [
        Planned(
            name,
            experiment.title,
            tuple(dict.fromkeys(clauses)),
            lengths.get(name),
            None if is_mock else experiment.unfit(inventory),
        )
        for name, (experiment, clauses) in wanted.items()
    ]


def print_plan(plan: Sequence[Planned], inventory: Inventory, console: Console, *, virtual: bool) -> None:
    """The experiments with their lengths, what cannot be played and why, and all of it in one line, last."""
    fit = [one for one in plan if one.unfit is None]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Experiment", overflow="fold")
    table.add_column("About", no_wrap=True, justify="right")
    table.add_column("Known from", no_wrap=True)
    table.add_column("Clauses", overflow="fold")
    for one in fit:
        length = duration(one.length.waited_s) if one.length is not None else "?"
        table.add_row(Text(one.name), length, _source(one.length), Text(", ".join(one.clauses)))
    if fit:
        console.print(table)
    for one in plan:
        if one.unfit is not None:
            console.print(Text(f"{one.name} cannot be played on this lab: {one.unfit}"), soft_wrap=True)
    clock = "virtual clock" if virtual else "real clock"
    console.print(
        Text(f"{inventory.name}, Finesse {inventory.release}, {clock}: {whole(fit, inventory, virtual=virtual)}"),
        soft_wrap=True,
    )


def whole(fit: Sequence[Planned], inventory: Inventory, *, virtual: bool) -> str:
    """The run in one line. On a lab that was never played the mock is all that is known: how it recovers is not."""
    lengths = {one.name: one.length for one in fit if one.length is not None}
    names = [one.name for one in fit]
    clauses = len({clause for one in fit for clause in one.clauses})
    many = f"{clauses} clause{'s' if clauses != 1 else ''} by {len(fit)} experiment{'s' if len(fit) != 1 else ''}"
    at_once = labs_at_once(len(dealt(names, suites_folder()))) if virtual else 1
    said = f"{many}, {in_all(names, lengths, at_once)}"
    foreign = sum(length.runs == 0 for length in lengths.values())
    if virtual:
        return said + untimed(list(lengths.values()))
    if not foreign:
        return said
    most_s = sum(length.waited_s for length in lengths.values()) + foreign * inventory.timing.recovery_timeout_s
    return f"{said}; at most {duration(most_s)} if the lab needs its recovery_timeout_s after each"


def _source(length: Length | None) -> str:
    if length is None:
        return "–"
    return f"{length.runs} of its runs" if length.runs > 1 else "its last run" if length.runs else "the mock"
