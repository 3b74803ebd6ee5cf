"""What was judged of journals of schedules, one after the other: as values, in words, as a file and as a page.

Stretches of a soak and schedules that are replayed are judged alike, each by every check. `soak.json` or `replay.json`
is there from the beginning on, whatever becomes of whoever plays: it also says of what the journals in that folder are.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from chaos.errors import ChaosError, EvidenceError, UsageError
from chaos.explore.judging import Judged, Violation
from chaos.explore.kinds import Kind
from chaos.explore.schedule import broken_in
from chaos.history import History
from chaos.history.gaps import gaps
from chaos.journal import Step, Timeline
from chaos.redaction import KNOWN
from chaos.verdicts import Outcome

_SAID_MAX = 3


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one journal. name: its own. fail_overs: how often a node was out of service. held: clauses of which
    something was seen to hold. faults: what was broken in it, where and when. violations: without their evidence,
    so that memory does not grow with the hours. trouble: why it is not whole. remarks: in words."""

    name: str
    lab_s: float = 0.0
    fail_overs: int = 0
    held: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    trouble: str | None = None
    remarks: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """None: it was played to its end and showed nothing, neither for nor against any clause."""
        if self.violations:
            return Outcome.VIOLATED
        if self.trouble is not None:
            return Outcome.INCONCLUSIVE
        return Outcome.HELD if self.held else None


@dataclass
class Judgements:
    """All of a folder, in the order in which they were played. is_whole: whether it was played to its end."""

    kind: Kind
    seed: int
    rows: list[Judgement] = field(default_factory=list)
    is_whole: bool = False

    @property
    def lab_s(self) -> float:
        return sum(one.lab_s for one in self.rows)

    @property
    def fail_overs(self) -> int:
        return sum(one.fail_overs for one in self.rows)

    @property
    def held(self) -> list[str]:
        """Clauses of which something was seen to hold in any of them."""
        return sorted({clause for one in self.rows for clause in one.held})


def judgement(name: str, timeline: Timeline, found: Judged, remarks: Sequence[str] = ()) -> Judgement:
    """Of a journal, and of what every check found in it."""
    why = timeline.ended.error if timeline.ended is not None else "its journal breaks off"
    return Judgement(
        name,
        timeline.end_s,
        len(gaps(History(timeline))),
        found.held,
        tuple(replace(one, evidence=()) for one in found.violations),
        None if why is None else f"cut short: {why}",
        tuple(remarks),
        broken_in(step.title for step in timeline.of(Step)),
    )


def not_played(name: str, error: ChaosError) -> Judgement:
    """Of what has no journal."""
    return Judgement(name, trouble=f"could not be played: {KNOWN.told(str(error))}")


def said(one: Judgement) -> list[str]:
    """Lines for people: remarks, the first few violations of each clause, and what it came to."""
    lines = list(one.remarks)
    for clause in dict.fromkeys(each.clause for each in one.violations):
        own = [each for each in one.violations if each.clause == clause]
        lines += [f"VIOLATED {each}" for each in own[:_SAID_MAX]]
        if len(own) > _SAID_MAX:
            lines.append(f"and {len(own) - _SAID_MAX} more of {clause}")
    if one.trouble is not None:
        lines.append(one.trouble)
    elif one.outcome is None:
        lines.append("could not be judged: no check can speak about it")
    elif one.outcome is Outcome.HELD:
        lines.append(f"nothing is violated; something of {', '.join(one.held)} was seen to hold")
    return [f"{one.name}: {line}" for line in lines]


def is_worth_a_word(one: Judgement) -> bool:
    """Among many, most of which held, and some of which showed nothing."""
    return bool(one.violations or one.trouble or one.remarks)


def counted(all_of_them: Judgements) -> str:
    """One line: how many there are, and what became of them."""
    kind, rows, times = all_of_them.kind, all_of_them.rows, all_of_them.fail_overs
    by_outcome = Counter(one.outcome for one in rows)
    order = (Outcome.VIOLATED, Outcome.INCONCLUSIVE, Outcome.HELD, None)
    told = ", ".join(f"{by_outcome[one]} {one or 'showed nothing'}" for one in order if by_outcome[one])
    return (
        f"{len(rows)} {kind.one if len(rows) == 1 else kind.many}, {_lasted(all_of_them.lab_s)} of the lab's time: "
        f"{told or 'none was judged'}; nodes were out of service {times} time{'' if times == 1 else 's'}"
    )


def _lasted(lab_s: float) -> str:
    """Ten minutes are not 0.2 h."""
    return f"{lab_s / 3600:.1f} h" if lab_s >= 3600 else f"{lab_s / 60:.0f} min"


def judged_as(all_of_them: Judgements) -> set[Outcome]:
    """What they come to together. A stretch of many may show nothing; a schedule that was asked for may not."""
    outcomes = {one.outcome for one in all_of_them.rows}
    is_blind = None in outcomes if all_of_them.kind is Kind.REPLAY else not all_of_them.held
    return {one for one in outcomes if one is not None} | ({Outcome.INCONCLUSIVE} if is_blind else set())


def page(all_of_them: Judgements) -> str:
    """All of them as Markdown."""
    lines = [
        f"# What was judged: a {all_of_them.kind.value}",
        "",
        f"Seed {all_of_them.seed}. {counted(all_of_them)}.",
        "",
    ]
    if not all_of_them.is_whole:
        lines += ["It was not played to its end: this is what was judged until then.", ""]
    lines += [f"Something held of {', '.join(all_of_them.held) or 'nothing'}.", ""]
    head = (all_of_them.kind.one, "verdict", "lab's time, s", "nodes were out of service", "faults")
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [
        f"| {one.name} | {one.outcome or '–'} | {one.lab_s:.0f} | {one.fail_overs} | {'; '.join(one.faults) or '–'} |"
        for one in all_of_them.rows
    ]
    worth = [line for one in all_of_them.rows if is_worth_a_word(one) for line in said(one)]
    return "\n".join([*lines, "", *(f"- {line}" for line in worth)]).rstrip("\n") + "\n"


def document(all_of_them: Judgements) -> dict[str, object]:
    """The same, for machines."""
    return {
        "seed": all_of_them.seed,
        "is_whole": all_of_them.is_whole,
        "lab_s": round(all_of_them.lab_s, 3),
        "fail_overs": all_of_them.fail_overs,
        "held": all_of_them.held,
        all_of_them.kind.many: [_row(one) for one in all_of_them.rows],
    }


def gather(
    rows: Iterable[Judgement],
    into: Judgements,
    folder: Path,
    say: Callable[[str], None],
    is_due: Callable[[], bool],
    *,
    is_whole: bool = True,
) -> None:
    """Take each as it comes, and have it on disk whenever `is_due`, and at the end, which may be an interrupt. What is
    worth a word is said: of a soak, of which most is not, how many there are. is_whole: whether these are all that were
    to be played."""
    write(into, folder)
    try:
        for one in rows:
            into.rows.append(one)
            if into.kind is not Kind.SOAK or is_worth_a_word(one):
                for line in said(one):
                    say(line)
            if is_due():
                write(into, folder)
                say(counted(into))
        into.is_whole = is_whole
    finally:
        write(into, folder)


def _row(one: Judgement) -> dict[str, object]:
    return {
        "name": one.name,
        "verdict": one.outcome,
        "lab_s": round(one.lab_s, 3),
        "fail_overs": one.fail_overs,
        "faults": list(one.faults),
        "held": list(one.held),
        "violated": [str(each) for each in one.violations],
        "trouble": one.trouble,
        "remarks": list(one.remarks),
    }


def begun(kind: Kind, folder: Path) -> Judgements:
    """As it lies there, but for what was judged: to judge it again. Raises UsageError: it cannot be read."""
    path = kind.file_in(folder)
    try:
        left = json.loads(path.read_text(encoding="utf-8"))
        return Judgements(kind, int(left["seed"]), is_whole=bool(left["is_whole"]))
    except (OSError, ValueError, RecursionError, OverflowError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not what a {kind.value} leaves ({type(error).__name__}: {error})") from None


def write(all_of_them: Judgements, folder: Path) -> None:
    """File and page, each whole or not at all. Raises EvidenceError: they cannot be written."""
    texts = {
        all_of_them.kind.file_in(folder): json.dumps(document(all_of_them), ensure_ascii=False, indent=1) + "\n",
        all_of_them.kind.page_in(folder): page(all_of_them),
    }
    for path, text in texts.items():
        unfinished = path.with_name(path.name + ".new")
        try:
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(path)
        except OSError as error:
            raise EvidenceError(
                f"{path} cannot be written: {error.strerror or error}; make room there, then `finesse-chaos rejudge "
                f"{folder}` judges what was played"
            ) from None
