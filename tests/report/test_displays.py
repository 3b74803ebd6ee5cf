"""What IP phones showed is drawn as their displays, from a journal alone."""

import re
from xml.etree import ElementTree

from chaos.history.desktops import CTI
from chaos.journal import Timeline
from chaos.report.displays import SHOWN_MAX, displays, displays_svg
from tests.report.forged import fail_over
from tests.verdicts.handsets import Handset
from tests.verdicts.phone_stories import RETURNS


def _texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_each_screen_stands_once_with_its_time_its_words_and_its_keys() -> None:
    timeline = Handset(CTI).play(RETURNS)
    shown = displays(timeline, "ann")
    assert [one.screen.unavailable for one in shown] == [False, False, True, False, False, False, False]
    assert (shown[2].from_s, shown[2].to_s) == (25.0, 75.0), "the same screen twice in a row is one"
    texts = _texts(displays_svg(timeline))
    assert "IP phone of ann, SEP1" in texts
    assert "fin-a: 25.0 … 75.0 s" in texts
    assert {"Retry", "Exit"} <= set(texts)


def test_a_screen_on_which_nothing_can_be_done_is_marked_by_more_than_its_colour() -> None:
    svg = displays_svg(Handset(CTI).play(RETURNS))
    assert len(re.findall(r'<rect class="v x"', svg)) == 1
    assert len(re.findall(r'<rect class="l i"', svg)) >= 2


def test_what_nobody_could_see_and_what_is_too_much_is_counted() -> None:
    flips = "\n".join(f"{30 + n} shows {'home' if n % 2 else 'sign-in'}" for n in range(40))
    texts = _texts(displays_svg(Handset(CTI).play(flips)))
    assert sum(" … " in words for words in texts) == SHOWN_MAX
    assert "26 more stand in the journal: later, or for less than 0.1 s" in texts


def test_where_nobody_has_a_phone_nothing_is_drawn() -> None:
    assert displays_svg(fail_over()) == ""
    assert displays_svg(Timeline(())) == ""
