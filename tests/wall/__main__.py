"""`python -m tests.wall`: play breaks of the mock against the suites, and say which of them were caught."""

import argparse
import random
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from chaos import clock
from chaos.mock.defects import BadBreak
from chaos.run.exits import EXIT_USAGE
from chaos.run.launcher import breaks_named
from tests.wall import score
from tests.wall.breaks import BREAKS
from tests.wall.playing import LAWFUL, ROOT, Outcome, play_breaks, play_clean, play_lawful

RESULTS = ROOT / "reports" / "wall.json"
AT_LEAST = 95.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/wall", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("what", nargs="*", metavar="CLAUSE|BREAK", help="only these (default: all of them)")
    parser.add_argument("--left", action="store_true", help="only those that no earlier run has played")
    parser.add_argument("--part", type=_part, default=slice(None), metavar="K/N", help="only the K-th of N parts")
    parser.add_argument("--sample", type=int, metavar="M", help="only so many, chosen by the seed")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="of the sample; it is printed")
    parser.add_argument("--at-once", type=int, default=2, help="processes at once")
    parser.add_argument("--families", action="store_true", help="play a break's whole family, not its clause alone")
    parser.add_argument("--at-least", type=float, default=AT_LEAST, help="fail if fewer of a hundred are caught")
    parser.add_argument("--lawful", action="store_true", help="play what a sound product is free to do, and no break")
    parser.add_argument("--clean", type=int, metavar="N", help="play the sound mock so often, and no break")
    parser.add_argument("--sabotage", action="store_true", help="break what is ours instead (WHAT: words of its name)")
    parser.add_argument("--keep", metavar="DIR", help="with --sabotage: leave the runs there")
    parser.add_argument("--write", action="store_true", help="write docs/defects.md, from this run and earlier ones")
    wanted = parser.parse_args()
    if not (wanted.sabotage or wanted.clean or wanted.lawful) and (wrong := _wrong(wanted.what)):
        sys.stderr.write(f"scripts/wall: {wrong}\n")
        return EXIT_USAGE
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-wall-") as folder, clock.stopwatch() as elapsed_s:
        root = Path(folder)
        if wanted.sabotage:
            status = _sabotaged(wanted, root)
        else:
            status = _sound(wanted, root) if wanted.clean or wanted.lawful else _broken(wanted, root)
        _say(f"in {elapsed_s():.0f} s")
    if wanted.write:
        score.PAGE.write_text(score.page(score.load(RESULTS)), encoding="utf-8")
        _say(f"{score.PAGE.relative_to(ROOT)} is written")
    return status


def _sound(wanted: argparse.Namespace, root: Path) -> int:
    """Whatever is not HELD of a sound mock is a wrong blame."""
    if wanted.clean:
        outcomes = play_clean(wanted.clean, root, at_once=wanted.at_once)
    else:
        outcomes = play_lawful(LAWFUL, root, at_once=wanted.at_once)
    known = _told(outcomes)
    blamed = [name for name, verdict in known.items() if verdict != "HELD"]
    _say(f"{len(known) - len(blamed)} of {len(known)} runs of a sound mock are HELD throughout")
    return 1 if blamed else 0


def _sabotaged(wanted: argparse.Namespace, root: Path) -> int:
    """Whatever of ours is broken, nothing that rests on it may be judged."""
    from tests.sabotage.score import chosen, run

    if wanted.sample is not None:
        _say(f"seed {wanted.seed}")
    saboteurs = chosen(wanted.what, wanted.part, wanted.sample, wanted.seed)
    root = Path(wanted.keep).resolve() if wanted.keep else root
    return run(saboteurs, root, wanted.at_once, _say, keep=bool(wanted.keep))


def _broken(wanted: argparse.Namespace, root: Path) -> int:
    texts = _chosen(wanted)
    known = _told(play_breaks(texts, root, at_once=wanted.at_once, families=wanted.families))
    for text in score.survivors(known, texts):
        _say(f"survivor: {text}: {known.get(text)}")
    caught = score.percent(known, texts)
    _say(f"{len(texts) - len(score.survivors(known, texts))} of {len(texts)} are caught ({caught:.1f} %)")
    return 0 if caught >= wanted.at_least else 1


def _part(text: str) -> slice:
    """K/N: every N-th from the K-th on."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"'{text}' is no part: name one as 2/5, the second of five")
    return slice(int(number) - 1, None, int(of))


def _wrong(words: Sequence[str]) -> str:
    """What is wrong with the first of these that is neither a clause's id nor a break; "" if all are one."""
    for word in words:
        if word.upper() not in BREAKS:
            try:
                breaks_named([word])
            except BadBreak as error:
                return str(error)
    return ""


def _chosen(wanted: argparse.Namespace) -> list[str]:
    every = [text for texts in BREAKS.values() for text in texts]
    if wanted.what:
        named = {word.upper() for word in wanted.what}
        every = [text for clause in BREAKS if clause in named for text in BREAKS[clause]]
        every += [word for word in wanted.what if word.upper() not in BREAKS]
    if wanted.left:
        played = score.load(RESULTS)
        every = [text for text in every if text not in played]
    every = every[wanted.part]
    if wanted.sample is not None:
        _say(f"seed {wanted.seed}")
        every = random.Random(wanted.seed).sample(every, min(wanted.sample, len(every)))
    return every


def _told(outcomes: Iterator[Outcome]) -> dict[str, str]:
    """Say each outcome as it comes, and keep it."""
    known: dict[str, str] = {}
    for outcome in outcomes:
        verdict = known[outcome.name] = score.verdict_of(outcome)
        others = ", ".join(outcome.noticed())
        _say(f"{verdict:27}{outcome.name:62} {outcome.wall_s:5.1f} s  {others}  {outcome.why[:160]}".rstrip())
        score.save(RESULTS, {**score.load(RESULTS), **known})
    return known


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
