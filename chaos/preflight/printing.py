"""A survey for people: what is wrong and how to mend it first, then what was seen, then which clauses can be judged.

Words, not colours, carry the meaning; problems are set without frames, so that a key or a command can be copied whole.
"""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chaos.preflight.finding import Row, State, Survey
from chaos.verdicts import drawn_together

_STYLES = {State.OK: "green", State.WARN: "yellow", State.BAD: "bold red", State.SKIPPED: "dim"}
_INDENT = 9


def print_survey(survey: Survey, console: Console, *, untested: Iterable[str] = ()) -> None:
    """untested: clauses that were left out because no test judges them."""
    problems = survey.problems()
    console.print(f"preflight of {survey.lab}, Finesse {survey.release}, {survey.at}", style="bold", highlight=False)
    for row in problems:
        _print_problem(row, console)
    if problems:
        console.print()
    _print_rest([row for row in survey.rows if row not in problems], console)
    _print_clauses(survey, console)
    left = tuple(untested)
    if left:
        _print_words(f"no test judges yet: {drawn_together(left)}", console)
    counts = {state: sum(1 for row in survey.rows if row.finding.state is state) for state in State}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    console.print(f"{len(survey.rows)} checks: {said}. {_changed(survey.made)}", highlight=False)


def _changed(made: Sequence[str]) -> str:
    if not made:
        return "Nothing was changed on the lab."
    what = "a missing proxy was" if len(made) == 1 else "missing proxies were"
    return f"Nothing was changed on the lab, but that {what} made: {', '.join(made)}."


def _print_problem(row: Row, console: Console) -> None:
    finding = row.finding
    head = Text.assemble((f"{finding.state.upper():<{_INDENT}}", _STYLES[finding.state]), (row.check, "bold"))
    if row.about not in row.check:
        head.append(f" ({row.about})")
    console.print()
    console.print(head)
    _print_words(finding.seen, console)
    if finding.remedy:
        _print_words(f"to fix it: {finding.remedy}", console)


def _print_words(text: str, console: Console) -> None:
    """Indented and wrapped at words; what is indented itself, a key to be copied for instance, is left whole."""
    for line in text.split("\n"):
        if line.startswith("  "):
            console.print(" " * _INDENT + line.strip(), soft_wrap=True, highlight=False, markup=False)
        else:
            console.print(Padding(Text(line), (0, 0, 0, _INDENT), expand=False))


def _print_rest(rows: list[Row], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("", no_wrap=True)
    table.add_column("check", overflow="fold", ratio=2)
    table.add_column("seen", overflow="fold", ratio=3)
    for state in (State.SKIPPED, State.OK):
        for row in rows:
            if row.finding.state is state:
                style = _STYLES[state]
                table.add_row(Text(state.value, style=style), Text(row.check), Text(row.finding.seen))
    if table.row_count:
        console.print(table)


def _print_clauses(survey: Survey, console: Console) -> None:
    fit, unfit = survey.fit(), survey.unfit()
    console.print("clauses that can be judged on this lab:", style="bold")
    _print_words(drawn_together(fit) or "none", console)
    if not unfit:
        return
    console.print("clauses that cannot:", style="bold")
    by_checks: dict[str, list[str]] = {}
    for clause in unfit:
        by_checks.setdefault("; ".join(row.check for row in survey.against(clause)), []).append(clause)
    for checks, clauses in by_checks.items():
        _print_words(f"{drawn_together(clauses)} because of {checks} (see above)", console)
