"""The score of the suites against the wall, and the page that shows it: docs/defects.md."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from chaos.mock.defects import Axis, parse_break
from chaos.mock.defects.axes import MEANING
from tests.wall.breaks import BREAKS
from tests.wall.playing import CRASHED, LAWFUL, Outcome

CAUGHT = "VIOLATED"
UNSEEN = "no occasion"
"""After a verdict: nothing that was played gave the break an occasion to show."""
UNPLAYED = "not played"
# Lines of the page: a break with its verdict, and what a sound product is free to do.
_BREAK = re.compile(r"\| `(?P<name>[^`]+)` \| .* \| (?P<verdict>[^|]+) \|")
_VARIANT = re.compile(r"- (?P<name>.+) \(`mock\.variants: .*?`\): (?P<verdict>.+)")
PAGE = Path(__file__).parents[2] / "docs" / "defects.md"

_HEAD = """\
# Defects of the mock, and what catches them

Written by `scripts/wall`; do not edit. Each line is one way to break the mock, as `--mock-defect` takes it, played
against the clause that it breaks. It is *caught* if that clause's own tests call the mock VIOLATED. Whatever is not is
a survivor: INCONCLUSIVE is honest and yet not caught, HELD is a wrong green, and *no occasion* says why: nothing that
the clause's tests play made the break show.
"""


def load(path: Path, page: Path = PAGE) -> dict[str, str]:
    """Verdicts of earlier runs, by the break's or variant's name: those on the page, and over them this checkout's own.

    The page goes from one checkout to the next, the runs of one do not."""
    known = read(page.read_text(encoding="utf-8")) if page.exists() else {}
    own: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {**known, **own}


def read(text: str) -> dict[str, str]:
    """The verdicts on a page as `page` writes it."""
    rows = (_BREAK.fullmatch(line) or _VARIANT.fullmatch(line) for line in text.splitlines())
    return {row["name"]: row["verdict"] for row in rows if row is not None and row["verdict"] != UNPLAYED}


def save(path: Path, known: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def verdict_of(outcome: Outcome) -> str:
    """In one word: of a break, its own clause's; of a sound mock, HELD, or what is not."""
    if outcome.name not in LAWFUL and not outcome.name.startswith("clean "):
        return outcome.own() + ("" if outcome.shown else f" ({UNSEEN})")
    return ", ".join(outcome.noticed()) or ("HELD" if outcome.verdicts else CRASHED)


def survivors(known: Mapping[str, str], texts: Iterable[str]) -> list[str]:
    """Those that their own clause did not call VIOLATED."""
    return [text for text in texts if known.get(text) != CAUGHT]


def percent(known: Mapping[str, str], texts: Iterable[str]) -> float:
    """How many of them are caught, of a hundred."""
    all_of = list(texts)
    return 100.0 * (1 - len(survivors(known, all_of)) / len(all_of)) if all_of else 100.0


def page(known: Mapping[str, str]) -> str:
    """docs/defects.md for these verdicts, one for every break and every variant."""
    every = [text for texts in BREAKS.values() for text in texts]
    left = survivors(known, every)
    played = [text for text in every if text in known]
    caught = len(played) - len(survivors(known, played))
    lines = [_HEAD, f"**{caught} of {len(played)} that were played are caught ({percent(known, played):.1f} %);", ""]
    lines[-2] += (
        f" {len(every) - len(played)} of {len(every)} have not been played yet.** A verdict is that of the last time."
    )
    lines += ["| clause | caught | played | of |", "|---|---|---|---|"]
    for clause, texts in BREAKS.items():
        here = [text for text in texts if text in known]
        lines.append(f"| {clause} | {len(here) - len(survivors(known, here))} | {len(here)} | {len(texts)} |")
    lines += ["", "## Survivors", ""]
    lines += [f"- {parse_break(text).defect.clause} `{text}`: {known[text]}" for text in left if text in known]
    lines += [] if caught < len(played) else ["None of those that were played."]
    lines += ["", "## What a sound product is free to do", "", "All of it must be HELD.", ""]
    lines += [f"- {name} (`mock.variants: {LAWFUL[name]}`): {known.get(name, UNPLAYED)}" for name in LAWFUL]
    lines += ["", "## The wall", ""]
    for clause, texts in BREAKS.items():
        lines += ["", f"### {clause}", "", "| break | what the product does | the clause is |", "|---|---|---|"]
        lines += [f"| `{text}` | {_what(text)} | {known.get(text, UNPLAYED)} |" for text in texts]
    lines += ["", "## Axes", "", "| axis | meaning |", "|---|---|"]
    lines += [f"| `{axis}` | {MEANING[axis]} |" for axis in Axis]
    return "\n".join(lines) + "\n"


def _what(text: str) -> str:
    made = parse_break(text)
    scope = made.defect.scope
    parts = [f"{MEANING[axis]} ({_value(part)})" for axis, part in _parts(text)]
    timed = {Axis.WITHIN, Axis.BEYOND} & made.narrowing.numbers.keys()
    since = f", counted from {scope.since}" if timed else ""
    return made.defect.what + (": " + "; ".join(parts) if parts else "") + since


def _parts(text: str) -> list[tuple[Axis, str]]:
    return [(Axis(part.partition("=")[0]), part) for part in parse_break(text).narrowing.parts()]


def _value(part: str) -> str:
    return part.partition("=")[2].replace("+", ", ")
