"""What was explored, as grids: fault × moment, fault × what people were doing. Pure; every empty cell says why."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from chaos.explore.drawing import PAIRS, PHASES, SEAT_PHASES, known_kinds, known_seats
from chaos.explore.grammar import CTI_FAULTS
from chaos.explore.playing import Result
from chaos.explore.schedule import ROLES, Break, When

_START = "start"


def moment_of(act: Break) -> str:
    """The column of an act: what its moment counts from."""
    return act.at.when.value


def columns(families: Sequence[str] = ()) -> list[str]:
    """What moments of these families count from."""
    phases = (*PHASES, *SEAT_PHASES) if known_seats(families) else PHASES
    return list(dict.fromkeys([_START, *(phase.when.value for phase in phases), When.MESSAGE.value, When.BEAT.value]))


def by_moment(results: Iterable[Result]) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """How often each fault was played at each moment, and how often it was to be and came to nothing."""
    played: Counter[tuple[str, str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    for result in results:
        for number, act in enumerate(result.schedule.acts, 1):
            if isinstance(act, Break):
                cell = f"{act.fault}, {act.place}", moment_of(act)
                (missed if number in result.missed else played)[cell] += 1
    return played, missed


def by_state(results: Iterable[Result]) -> Counter[tuple[str, str]]:
    """How often each fault was played while two people were in these states."""
    return Counter(
        (f"{act.fault}, {act.place}", " & ".join(state.value for state in pair))
        for result in results
        for act in result.schedule.breaks
        for pair in {result.schedule.begin[:2], result.schedule.begin[2:]}
    )


def page(results: Sequence[Result], families: Sequence[str] = ()) -> str:
    """Both grids as Markdown."""
    rows = [
        f"{kind}, {Break(kind, side).place}"
        for kind in known_kinds(families)
        for side in ("a", "b", *(ROLES if kind in CTI_FAULTS else ()))
    ]
    played, missed = by_moment(results)
    states = [" & ".join(state.value for state in pair) for pair in PAIRS]
    with_states = by_state(results)
    lines = ["# What was explored", "", f"{len(results)} schedules.", "", "## Fault × moment", ""]
    lines += _table(rows, columns(families), lambda row, column: _cell(played[row, column], missed[row, column]))
    lines += ["", "A number: so many times. (n): its moment did not come, or another fault was in its way, n times."]
    lines += ["–: the numbers that were played hold none; more would."]
    lines += ["Side A of what is a node's is the publisher. Links, CTI servers and AWDBs are shared by both nodes."]
    lines += ["", "## Fault × what two people were doing", ""]
    lines += _table(rows, states, lambda row, column: _cell(with_states[row, column], 0))
    return "\n".join(lines) + "\n"


def _cell(played: int, missed: int) -> str:
    if played:
        return str(played)
    return f"({missed})" if missed else "–"


def _table(rows: Sequence[str], columns: Sequence[str], cell: Callable[[str, str], str]) -> list[str]:
    head = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    return [*head, *(f"| {row} | " + " | ".join(cell(row, column) for column in columns) + " |" for row in rows)]
