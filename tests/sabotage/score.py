"""One line a saboteur, and the score: how many were seen through, how many clauses were believed all the same."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.sabotage.playing import Outcome, play
from tests.sabotage.saboteurs import SABOTEURS, Saboteur


def chosen(words: Sequence[str], part: slice, sample: int | None, seed: int) -> list[Saboteur]:
    """Those whose name holds one of these words, or that have such a clause resting on them; all if there are none."""
    every = [one for one in SABOTEURS.values() if not words or any(_fits(one, word) for word in words)]
    every = every[part]
    if sample is not None:
        every = random.Random(seed).sample(every, min(sample, len(every)))
    return every


def run(saboteurs: Sequence[Saboteur], root: Path, at_once: int, say: Callable[[str], None], *, keep: bool) -> int:
    """Play them and tell; 0 if every one of them was seen through."""
    outcomes = []
    for outcome in play(saboteurs, root, at_once=at_once, keep=keep):
        outcomes.append(outcome)
        say(line(outcome))
    seen_through = [outcome for outcome in outcomes if not outcome.troubles]
    believed = [word.split()[1] for outcome in outcomes for word in outcome.believed]
    say(
        f"{len(seen_through)} of {len(outcomes)} saboteurs were seen through; "
        f"{believed.count('HELD')} HELD and {believed.count('VIOLATED')} VIOLATED rest on what was broken"
    )
    return 0 if len(seen_through) == len(outcomes) else 1


def line(outcome: Outcome) -> str:
    what = "; ".join(outcome.troubles) or "seen through"
    return f"{outcome.saboteur.name:64} {outcome.wall_s:5.1f} s  {what}"


def _fits(one: Saboteur, word: str) -> bool:
    return word.casefold() in one.name.casefold() or word.upper() in one.rests
