"""What was explored, as grids: fault × moment, fault × what people were doing. Pure; every empty cell says why."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from chaos.explore.drawing import PAIRS, PHASES, SEAT_PHASES, known_kinds, known_seats
from chaos.explore.grammar import CTI_FAULTS
from chaos.explore.playing import Result
from chaos.explore.schedule import FAMILIES, ROLES, Break, When

_START = "start"
_NONE = "–"


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


def counted(results: Sequence[Result], lost: Sequence[int] = ()) -> str:
    """ "5 schedules: 1 VIOLATED, 4 HELD". lost: numbers that nobody could play."""
    outcomes = Counter(_outcome_of(one) for one in results) + Counter({"lost with their workers": len(lost)})
    told = ", ".join(f"{outcomes[one]} {one}" for one in _OUTCOMES if outcomes[one])
    many = f"{len(results) + len(lost)} schedule{'' if len(results) + len(lost) == 1 else 's'}"
    return f"{many}: {told}" if told else many


_OUTCOMES = ("VIOLATED", "could not be played to their end", "HELD", "showed nothing", "lost with their workers")


def _outcome_of(one: Result) -> str:
    violated, cut_short, held, nothing, _ = _OUTCOMES
    return violated if one.violations else cut_short if one.error is not None else held if one.held else nothing


def page(
    results: Sequence[Result], families: Sequence[str] = (), seed: int | None = None, lost: Sequence[int] = ()
) -> str:
    """Both grids as Markdown."""
    rows = [
        f"{kind}, {Break(kind, side).place}"
        for kind in known_kinds(families)
        for side in ("a", "b", *(ROLES if kind in CTI_FAULTS else ()))
    ]
    played, missed = by_moment(results)
    states = [" & ".join(state.value for state in pair) for pair in PAIRS]
    with_states = by_state(results)
    of_seed = "" if seed is None else f"Seed {seed}. "
    of_families = ", ".join(families) or f"all ({', '.join(FAMILIES)})"
    lines = ["# What was explored", "", f"{of_seed}Families: {of_families}. {counted(results, lost)}.", ""]
    lines += ["## Fault × moment", ""]
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
    return f"({missed})" if missed else _NONE


def _table(rows: Sequence[str], columns: Sequence[str], cell: Callable[[str, str], str]) -> list[str]:
    """Rows in which there is nothing are named below it, in one line."""
    filled = {row: [cell(row, column) for column in columns] for row in rows}
    empty = [row for row, cells in filled.items() if set(cells) <= {_NONE}]
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    lines += [f"| {row} | " + " | ".join(cells) + " |" for row, cells in filled.items() if row not in empty]
    return [*lines, "", f"In no cell ({len(empty)} of {len(rows)}): {_by_kind(rows, empty)}."] if empty else lines


def _by_kind(rows: Sequence[str], empty: Sequence[str]) -> str:
    """ "link-slow; link-cut (side A, side B)": with its places where others of that kind have a row."""
    told = []
    for kind in dict.fromkeys(row.partition(", ")[0] for row in empty):
        own = [row for row in rows if row.partition(", ")[0] == kind]
        places = [row.partition(", ")[2] for row in own if row in empty]
        told.append(kind if len(places) == len(own) else f"{kind} ({', '.join(places)})")
    return "; ".join(told)
