"""The page of the wall is the record of all that was played: it can be read again."""

from pathlib import Path

from tests.wall import score
from tests.wall.breaks import BREAKS
from tests.wall.playing import LAWFUL


def test_a_page_is_read_as_it_was_written(tmp_path: Path) -> None:
    texts = [text for some in BREAKS.values() for text in some]
    known = {texts[0]: "VIOLATED", texts[1]: "HELD", texts[2]: "INCONCLUSIVE (no occasion)"}
    known |= dict.fromkeys(LAWFUL, "HELD")
    page = score.page(known)
    assert score.read(page) == known
    assert score.page(score.read(page)) == page


def test_what_was_played_here_goes_before_what_the_page_says(tmp_path: Path) -> None:
    first, second = BREAKS["CTI-01"][:2]
    page, own = tmp_path / "defects.md", tmp_path / "wall.json"
    page.write_text(score.page({first: "HELD", second: "VIOLATED"}), encoding="utf-8")
    assert score.load(own, page) == {first: "HELD", second: "VIOLATED"}
    score.save(own, {first: "VIOLATED"})
    assert score.load(own, page) == {first: "VIOLATED", second: "VIOLATED"}


def test_the_page_of_this_checkout_is_what_would_be_written() -> None:
    text = score.PAGE.read_text(encoding="utf-8")
    assert score.page(score.read(text)) == text
