"""The lane of IP phones: what stands on each display, and what was done there."""

from collections.abc import Iterator, Sequence

from chaos.journal import PhoneAct, PhoneActed, PhoneRequested, PhoneScreen, Timeline
from chaos.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY, VERMILION
from chaos.report.marks import Bar, Lane, Mark, Row, Shape

_DONE = {PhoneAct.CONTROL, PhoneAct.ON_HOOK, PhoneAct.OFF_HOOK}


def phones(timeline: Timeline) -> Iterator[Lane]:
    """One row an agent; nothing where nobody had a phone."""
    agents = dict.fromkeys(seen.agent for seen in timeline.of(PhoneScreen))
    if agents:
        yield Lane("IP phones", tuple(_row(timeline, agent) for agent in agents))


def _row(timeline: Timeline, agent: str) -> Row:
    screens = timeline.of(PhoneScreen, lambda seen: seen.agent == agent and not seen.control)
    acts = timeline.of(PhoneActed, lambda seen: seen.agent == agent and seen.act not in _DONE)
    vain = timeline.of(PhoneRequested, lambda seen: seen.agent == agent and seen.status != 200)
    marks = [Mark(one.at_s, Shape.UP, BLUE, f"{one.at_s:.3f} s: {one.act} {one.detail or ''}".rstrip()) for one in acts]
    marks += [
        Mark(
            one.at_s, Shape.CROSS, VERMILION, f"{one.at_s:.3f} s: {one.path} at {one.node}: {one.failure or one.status}"
        )
        for one in vain
    ]
    return Row(agent, tuple(sorted(marks, key=lambda one: one.at_s)), tuple(_displays(screens, timeline.end_s)))


def _displays(screens: Sequence[PhoneScreen], end_s: float) -> Iterator[Bar]:
    """From each screen to the next one; the words of a display stand in its hint."""
    for screen, until_s in zip(screens, [*(one.at_s for one in screens[1:]), end_s], strict=True):
        if until_s - screen.at_s > 0:
            words = " / ".join(part for part in (screen.title, screen.prompt, screen.text) if part) or screen.page
            keys = f" [{'] ['.join(screen.keys)}]" if screen.keys else ""
            hint = f"{screen.at_s:.3f} … {until_s:.3f} s {screen.node}: {words}{keys}"
            is_bad = screen.unavailable or screen.page == "error"
            yield Bar(screen.at_s, until_s, _colour(screen), _short(screen), hint, is_hatched=is_bad)


def _short(screen: PhoneScreen) -> str:
    if screen.unavailable:
        return "unavailable"
    return "sign-in" if "password" in screen.fields else screen.prompt or screen.text or screen.page


def _colour(screen: PhoneScreen) -> str:
    if screen.unavailable or screen.page == "error":
        return VERMILION
    if screen.page == "services":
        return GREY
    return ORANGE if screen.page == "input" else SKY if screen.page == "menu" else GREEN
