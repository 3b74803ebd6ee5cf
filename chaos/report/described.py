"""What opens a test's page: the clause in words, what was judged and played, and the picture, as HTML. Pure."""

import html
import re
from collections.abc import Iterator

from chaos.journal import Header, Timeline
from chaos.report.judged import Judged
from chaos.report.noticed import noticed
from chaos.verdicts import Clause

# What would end an attribute or an address, or mean something in either.
_ESCAPED = {letter: f"%{ord(letter):02X}" for letter in "%#\"'<>&\\\n\r\t`"}  # "%" first: it stands in the others
# In a narrower place it is scrolled: letters would become smaller than 10 px.
_WIDTH_MIN_PX = 800
_ADDRESS = "data:image/svg+xml,"
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def description(judged: Judged, about: Clause, timeline: Timeline | None, picture: str = "", displays: str = "") -> str:
    """What should happen, how it was judged and where it was played, with the pictures (SVG) below: the time line, and
    what IP phones showed."""
    parts = [f"<p><b>{_text(label)}</b> {told}</p>" for label, told in _paragraphs(judged, about, timeline)]
    if picture:
        parts.append(_image(picture, _alternative(judged, timeline)))
    if displays:
        parts.append(_image(displays, f"The displays of the IP phones in {judged.experiment}, one after the other."))
    return "\n".join(parts)


def _image(svg: str, alternative: str) -> str:
    return (
        f'<p><img alt="{_text(alternative)}" src="{picture_address(svg)}" '
        f'style="display:block;width:100%;min-width:{_WIDTH_MIN_PX}px;max-width:1100px;height:auto"></p>'
    )


def picture_address(svg: str) -> str:
    """The picture as an address that holds all of it."""
    for letter, escaped in _ESCAPED.items():  # a sixteenth of what `str.translate` takes for a picture of 100 kB
        svg = svg.replace(letter, escaped)
    return _ADDRESS + svg


def _alternative(judged: Judged, timeline: Timeline | None) -> str:
    """Of the picture, for whoever cannot see it: the words above say what it shows."""
    verdict = f"; {judged.clause} {judged.verdict.outcome}" if judged.verdict is not None else ""
    length = f", {timeline.end_s:.1f} s of the lab's time" if timeline is not None else ""
    return f"Timeline of {judged.experiment}{length}{verdict}. What it shows is said in the text and the steps."


def _paragraphs(judged: Judged, about: Clause, timeline: Timeline | None) -> Iterator[tuple[str, str]]:
    """(label, HTML)."""
    if judged.explained is not None:
        yield f"{judged.clause} is violated.", ""
        for label, told in judged.explained.lines():
            shown = f"<code>{_text(told)}</code>" if label == "play it again" else _text(told)
            yield f"{label[:1].upper()}{label[1:]}.", shown
    yield "What should happen.", _text(judged.title or judged.name)
    if judged.explained is not None:
        yield from _played(timeline)
        return
    seen_by = f" {_seen_by(about.seen_by)}" if about.seen_by else ""
    yield f"Clause {about.id}", _text(f"(section “{about.section}”). {about.text}{seen_by}")
    verdict = judged.verdict
    if verdict is None:
        yield "Not judged.", _text(judged.unfit or "no reason given")
    else:
        figures = f" Measured: {verdict.measured}." if verdict.measured is not None else ""
        figures += f" Bound: {verdict.bound}." if verdict.bound is not None else ""
        yield "How it was judged.", _text(f"{verdict.outcome}: {verdict.reason}.{figures}")
    yield from _played(timeline)
    if timeline is not None and next(iter(timeline.of(Header)), None) is not None:
        yield "What agents saw.", _text(" ".join(noticed(timeline)))


def _played(timeline: Timeline | None) -> Iterator[tuple[str, str]]:
    played = next(iter(timeline.of(Header)), None) if timeline is not None else None
    if timeline is not None and played is not None:
        yield (
            "What was played.",
            _text(
                f"{played.title} ({played.experiment}), on lab {played.lab}, release {played.release}, "
                f"{played.clock} clock, seed {played.seed}. It took {timeline.end_s:.1f} s of the lab's time. All "
                "times and durations on this page are the lab's, from the experiment's beginning."
            ),
        )


def _seen_by(short: str) -> str:
    """The catalogue's shorthand for how a clause is judged, in words: O for what is observed, B for a bound."""
    kind, colon, rest = short.partition(": ")
    if kind == "O" and colon:
        return f"What is looked at: {rest}."
    if kind == "B":
        return f"It has a bound: {rest}." if rest else "It has a bound."
    return f"It is judged by: {short}."


def _text(text: str) -> str:
    """Plain text for HTML, without what HTML cannot hold."""
    return html.escape(_UNFIT.sub("\ufffd", text))
