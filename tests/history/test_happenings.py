"""Which event told what happened at the switch."""

from chaos.history import History
from chaos.history.happenings import tellers
from tests.verdicts.script import framed, played

STORY = """
1 looked ann NOT_READY
9 fin-a a opens
10 fin-a a is-reset
10.1 fin-a says OUT
11 switch ann AVAILABLE
12 switch ann NOT_READY
13 fin-a b opens
13.1 fin-a says IN
13.2 ann hears NOT_READY
14 switch ann AVAILABLE
14.1 ann hears READY
15 switch ann NOT_READY
15.1 ann hears NOT_READY
16 switch ann AVAILABLE
16.1 ann hears READY
"""


def _told(text: str) -> list[tuple[float, float | None]]:
    history = History(played(framed(text, lasts_s=30.0)))
    found = tellers(history, "ann", 5.0).items()
    return [(round(one.at_s, 2), None if event is None else round(event.at_s, 2)) for one, event in found]


def test_what_happened_in_a_gap_takes_no_event_from_what_happens_after_it() -> None:
    """Found by a lawful variant: the gap's own state took the event of the next like it, and so on to the end."""
    told = dict(_told(STORY))
    assert told[12.0] == 13.2
    assert (told[14.0], told[15.0], told[16.0]) == (14.1, 15.1, 16.1)


def test_an_event_that_is_missing_after_the_gap_is_missing() -> None:
    told = dict(_told(STORY.replace("15.1 ann hears NOT_READY\n", "")))
    assert (told[14.0], told[15.0], told[16.0]) == (14.1, None, 16.1)
