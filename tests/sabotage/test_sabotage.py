"""What of ours is broken is seen through: a sample of real runs, and journals from which something is missing."""

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.history import History
from chaos.history.hearing import deaf
from chaos.history.relays import awdb_blind, cti_blind
from chaos.history.telephone import telephone_missed
from chaos.journal import AwdbSeen, CtiSeen, Observation, SwitchCallSeen, Timeline, load
from chaos.verdicts import CLAUSES
from tests.sabotage.saboteurs import SABOTEURS
from tests.suites.runs import finesse_chaos, play
from tests.wall.playing import ROOT

# Each of these was believed once.
SAMPLE = (
    "consoles: say STOPPED of a Distributor that runs",
    "CTI relay: one attempt in twenty unseen",
    "AWDB relays: do not see attempts",
)


def test_every_saboteur_names_clauses_that_there_are() -> None:
    known = {clause.id for clause in CLAUSES} | {"CTI", "AWDB", "CLIENT"}
    for saboteur in SABOTEURS.values():
        assert saboteur.rests or saboteur.plays
        assert {*saboteur.rests, *saboteur.plays} <= known, saboteur.name
    assert len(SABOTEURS) >= 100


@pytest.mark.parametrize("name", SAMPLE)
def test_a_saboteur_is_seen_through(name: str) -> None:
    """In a process of its own, which forks while it has one thread."""
    command = (sys.executable, "-m", "tests.wall", "--sabotage", "--at-once", "1", name)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 saboteurs were seen through; 0 HELD and 0 VIOLATED" in done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sabotage") / "run"
    assert play("CTI-11", "AWDB-01", "--seed", "7", folder=folder).status == 0
    return folder


@pytest.fixture(scope="module")
def journals(run: Path) -> dict[str, Timeline]:
    return {path.stem: load(path) for path in sorted((run / "journals").glob("*.jsonl"))}


def without(timeline: Timeline, gone: Observation) -> History:
    return History(Timeline((seen for seen in timeline if seen is not gone), torn=timeline.torn))


def some(timeline: Timeline, kind: type[Observation], of_them: int) -> Iterator[Observation]:
    yield from random.Random(7).sample(timeline.of(kind), of_them)


def test_a_whole_journal_is_believed(journals: dict[str, Timeline]) -> None:
    for timeline in journals.values():
        history = History(timeline)
        assert (cti_blind(history), awdb_blind(history), telephone_missed(history), deaf(history)) == (None,) * 4


def test_most_of_what_a_relay_or_our_telephone_missed_is_noticed(journals: dict[str, Timeline]) -> None:
    """One line of a journal at a time: what is left over belies its absence. (Not every line has a witness.)"""
    gaps, refused = journals["gaps-by-heartbeats"], journals["distributor-stopped"]
    cti = [cti_blind(without(gaps, gone)) for gone in some(gaps, CtiSeen, 12)]
    awdb = [awdb_blind(without(refused, gone)) for gone in some(refused, AwdbSeen, 48)]
    assert sum(why is not None for why in cti) >= 9, cti
    assert sum(why is not None for why in awdb) >= 16, awdb
    for happening in ("held", "begin"):
        left = Timeline(
            (seen for seen in gaps if not isinstance(seen, SwitchCallSeen) or seen.happening != happening), torn=False
        )
        assert telephone_missed(History(left)) is not None, happening


def damaged(lines: list[bytes], dice: random.Random) -> list[bytes]:
    """The lines of a journal, damaged at one random place."""
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    made = list(lines)
    match dice.randrange(6):
        case 0:
            del made[at:]
        case 1:
            del made[at]
        case 2:
            made.insert(other, made[at])
        case 3:
            made[at], made[other] = made[other], made[at]
        case 4:
            bit = dice.randrange(8 * len(made[at]))
            flipped = bytearray(made[at])
            flipped[bit // 8] ^= 1 << bit % 8
            made[at] = bytes(flipped)
        case _:
            half = made[at][: len(made[at]) // 2]
            made[at] = dice.choice((b"null", b"3", b'"x"', b"[" * 5000, b'{"kind":"Ended"}', half))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_journal_is_never_held_and_never_a_traceback(run: Path, tmp_path: Path, seed: int) -> None:
    """`finesse_chaos` looks for tracebacks; what was damaged is AWDB-01's."""
    dice = random.Random(seed)
    copy = tmp_path / "run"
    (copy / "journals").mkdir(parents=True)
    for path in run.glob("*.json"):
        (copy / path.name).write_bytes(path.read_bytes())
    for path in (run / "journals").glob("*.jsonl"):
        content = path.read_bytes()
        if path.stem == "secondary-unreachable":
            lines = content.splitlines()
            changed = damaged(lines, dice)
            content = content if changed == lines else b"".join(line + b"\n" for line in changed)
            assert changed != lines
        (copy / "journals" / path.name).write_bytes(content)
    ran = finesse_chaos("rejudge", str(copy), folder=copy)
    assert ran.status not in (0, 1), ran.said
    # Of its reasons one may be that it would have been HELD but for what is damaged.
    verdicts = re.findall(r"^ *AWDB-01 +(\w+)", ran.said, re.MULTILINE)
    assert verdicts
    assert "HELD" not in verdicts, ran.said


def test_hundreds_of_damages_are_all_refused_by_whoever_reads(run: Path, tmp_path: Path) -> None:
    from chaos.journal import JournalError

    content = (run / "journals" / "secondary-unreachable.jsonl").read_bytes()
    lines, dice, path = content.splitlines(), random.Random(11), tmp_path / "one.jsonl"
    for _ in range(400):
        changed = damaged(lines, dice)
        if changed == lines:
            continue
        path.write_bytes(b"".join(line + b"\n" for line in changed))
        try:
            timeline = load(path)
        except JournalError:
            continue
        assert timeline.ended is None, "a damaged journal was read as a whole one"


def test_a_journal_with_another_number_is_noticed(journals: dict[str, Timeline]) -> None:
    """Only a relay that saw every connection numbers them without a hole."""
    timeline = journals["gaps-by-heartbeats"]
    moved = Timeline(
        (replace(seen, connection=seen.connection + 1000) if isinstance(seen, AwdbSeen) else seen for seen in timeline),
        torn=False,
    )
    assert "was never noted" in (cti_blind(History(moved)) or "")
